//! The pictures of the README: the real console on the real demo, at a time that fixes every id and every age.

use super::super::support::{Sandbox, Terminal, needs, picture};

/// The moment at which the demo of the pictures plays.
const AT: &str = "2025-11-20T09:00:00Z";

fn demo(sandbox: &Sandbox, rows: u16) -> Terminal {
    let console = sandbox.console("", 120, rows, &["demo", "--dir", "demo", "--at", AT]);
    console.wait_for("ledger ok");
    console
}

/// Looks for the proposal that would halve a memory limit, and waits until its preview is there.
fn find_checkout(console: &Terminal) {
    console.keys("/rightsize<enter>");
    console.wait_for("why     checkout is over-provisioned");
}

#[test]
fn the_queue() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let console = demo(&sandbox, 38);
    console.wait_for("web-sg: close ingress to the world");
    console.keys("jj");
    picture::holds("screenshots/queue.svg", &console.wait_for("why     checkout is over-provisioned"));
}

#[test]
fn a_review() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let console = demo(&sandbox, 44);
    find_checkout(&console);
    console.keys("<enter>");
    console.wait_for("changed last 47 days ago");
    // Colours of the syntax come after the text.
    let view = console.wait_until("colours", |view| {
        view.has("livenessProbe:") && view.style_of("livenessProbe").fgcolor() != view.style_of("3 files").fgcolor()
    });
    picture::holds("screenshots/review.svg", &view);
}

#[test]
fn a_batch() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let console = demo(&sandbox, 40);
    console.keys("b");
    picture::holds("screenshots/batch.svg", &console.wait_for("y sign and send"));
}

#[test]
fn a_rejection() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let console = demo(&sandbox, 28);
    find_checkout(&console);
    console.keys("x");
    console.wait_for("the lesson appears here");
    console.keys("Never<space>lower<space>a<space>memory<space>limit<space>of<space>checkout<space>without<space>35");
    console.keys(" days of peak data. The month-end peak is twice the 7-day one: INC-213.");
    console.wait_for("INC-213.");
    console.wait_for("[L-001");
    console.keys("<tab>");
    picture::holds("screenshots/reject.svg", &console.wait_for("> the rule it should keep"));
}

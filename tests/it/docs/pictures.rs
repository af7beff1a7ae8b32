//! The pictures of the README: the real console on the real demo, at a time that fixes every id and every age.

use super::super::support::{Sandbox, Terminal, View, needs, picture};

/// The moment at which the demo of the pictures plays.
const AT: &str = "2025-11-20T09:00:00Z";

fn demo(sandbox: &Sandbox, rows: u16) -> Terminal {
    let console = sandbox.console("", 120, rows, &["demo", "--dir", "demo", "--at", AT]);
    console.wait_for("ledger ok");
    console.wait_for("low ones are clean");
    console
}

/// Opens the fold of two agents who want the same, and goes to the first of them.
fn open_fold(console: &Terminal) {
    console.keys("jjz");
    console.wait_for("· checkout-limi");
    console.keys("j");
    console.wait_for(">  H · rightsize");
}

/// Whether these keys of YAML are on the screen in one colour, which is not that of plain text.
fn coloured(view: &View, keys: &[&str]) -> bool {
    let colour = |key: &str| view.style_of(key).fgcolor();
    keys.iter().all(|key| view.has(key) && colour(key) == colour(keys[0]) && colour(key) != colour("3 files +4 -4"))
}

#[test]
fn the_queue() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let console = demo(&sandbox, 38);
    console.wait_for("web-sg: close ingress to the world");
    open_fold(&console);
    let view = console.wait_until("what was read", |view| view.has("before  4Gi: maria") && view.has("read just now"));
    picture::holds("screenshots/queue.svg", &view);
}

#[test]
fn a_review() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let console = demo(&sandbox, 50);
    open_fold(&console);
    console.keys("<enter>");
    console.wait_for("changed last 47 days ago");
    // What went wrong before comes after it, from a process of its own.
    console.wait_for("same field INC-213");
    // Colours of the syntax come after the text, file by file and side by side.
    let keys =
        ["livenessProbe", "memory: 4Gi", "memory: 2Gi", "orbit.example/memory: 4Gi", "orbit.example/memory: 2Gi"];
    let view = console.wait_until("colours of the syntax", |view| coloured(view, &keys));
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
    picture::holds("screenshots/batch.svg", &console.wait_for("y sign and send 26"));
}

#[test]
fn a_rejection() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let console = demo(&sandbox, 28);
    console.keys("/rightsize<enter>");
    console.wait_for("“right-size checkout, saves about $90/month”");
    console.keys("x");
    console.wait_for("REJECT  rightsize-checkout");
    console.keys("Never lower a memory limit of checkout without 35 days of peak data.");
    console.keys(" The month-end peak is twice the 7-day one: INC-213.");
    console.wait_for("[L-001");
    console.keys("<tab>");
    picture::holds("screenshots/reject.svg", &console.wait_for("> the rule it should keep"));
}

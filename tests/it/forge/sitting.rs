//! What a sitting leaves behind: what is owed to GitHub is kept, said, and told once by whoever comes next.

use std::path::PathBuf;

use super::deciding::{adopted, kinds};
use super::{Desk, SHOP, at};
use crate::console::{eventually, leave, sign};
use crate::support::github::{Fault, Wrong};
use crate::support::{Sandbox, needs};

const REVIEWS: &str = "POST /repos/{}/{}/pulls/{}/reviews";
const COMMENTS: &str = "POST /repos/{}/{}/issues/{}/comments";

/// The folder in which what is owed is kept.
fn state(desk: &Desk<'_>) -> PathBuf {
    let folders = std::fs::read_dir(desk.sandbox.home().join(".local/state/countersign")).expect("a folder");
    let mut folders = folders.flatten().map(|folder| folder.path()).filter(|folder| folder.join("pin.json").exists());
    folders.next().expect("the state of the shop")
}

fn reviews(desk: &Desk<'_>) -> Vec<usize> {
    let world = desk.github.world();
    world.repos[SHOP].pulls.values().map(|pull| pull.reviews.len()).collect()
}

#[test]
fn whoever_leaves_while_github_is_told_waits_for_one_post_and_the_rest_stays_owed() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, _) = adopted(&sandbox, 4);
    let values = ("apps/web/values.yaml", "replicas: 4\nimage: web:1.0\n");
    let other = desk.propose(&shop, SHOP, "agent/infra/more", values);
    let (held, gate) = Fault::held(REVIEWS);
    desk.github.fault(held);
    let mut terminal = sandbox.console("", 120, 40, &[SHOP]);
    terminal.wait_for("5 pending");
    terminal.wait_gone("being looked into");
    terminal.keys("b");
    terminal.wait_for("y sign and send 4");
    sign(&terminal, "y", "4 approvals in");
    terminal.keys("S");
    let posting =
        || desk.github.requests().iter().any(|request| request.method == "POST" && request.path.ends_with("/reviews"));
    eventually("a post is under way", posting);
    // What is decided meanwhile is on the disk at once.
    terminal.keys("x");
    terminal.wait_for("REJECT");
    terminal.keys("Say who asked for it.");
    terminal.wait_for("[L-001");
    sign(&terminal, "<ctrl-s>", "1 rejection in");
    let rejected = |file: &PathBuf| std::fs::read_to_string(file).is_ok_and(|text| text.contains("Say who asked"));
    eventually("it is kept", || sandbox.kept("outbox").iter().any(rejected));
    terminal.keys("<ctrl-c>");
    gate.open_for(1);
    terminal.wait_for("1 decision is in the ledger, and GitHub was not told of all that follows");
    assert!(terminal.wait_end().success(), "{}", terminal.view());
    assert_eq!(reviews(&desk).iter().sum::<usize>(), 1, "one post was under way");
    assert_eq!((kinds(&shop), sandbox.kept("posts").len()), (vec!["genesis".to_owned(), "approve".to_owned()], 1));
    // Nothing is lost, and nothing is told twice.
    desk.github.mend();
    let _ = desk.run(SHOP, &["hold", &at(&shop, other, "agent/infra/more"), "-m", "Wait.", "--yes"]).succeeds();
    assert_eq!(reviews(&desk), [1, 1, 1, 1, 0]);
    assert_eq!(kinds(&shop), ["genesis", "approve", "merge", "hold"]);
    desk.sound(SHOP);
}

#[test]
fn whoever_leaves_while_another_process_tells_github_does_not_wait_for_it() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, _) = adopted(&sandbox, 2);
    let mut terminal = sandbox.console("", 120, 40, &[SHOP]);
    terminal.wait_for("2 pending");
    terminal.wait_gone("being looked into");
    let lock = std::fs::File::create(state(&desk).join("posts.lock")).expect("a lock");
    lock.lock().expect("locked");
    terminal.keys("b");
    terminal.wait_for("y sign and send 2");
    sign(&terminal, "y", "2 approvals in");
    terminal.keys("S");
    eventually("it is in the ledger", || kinds(&shop).len() == 2);
    terminal.keys("<ctrl-c>");
    terminal.wait_for("1 decision is in the ledger, and GitHub was not told of all that follows");
    assert!(terminal.wait_end().success(), "{}", terminal.view());
    assert_eq!((reviews(&desk), sandbox.kept("posts").len()), (vec![0, 0], 1));
}

#[test]
fn what_is_still_owed_is_not_forgotten_while_another_console_is_at_it() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 2);
    desk.github.fault(Fault::status(COMMENTS, 403, "Resource not accessible by personal access token"));
    let _ = desk.run(SHOP, &["ask", &at(&shop, open[0].0, &open[0].1), "-m", "Why now?", "--yes"]).exits(3);
    let terminal = sandbox.console("", 120, 40, &[SHOP]);
    terminal.wait_for("is in the ledger, and not on GitHub");
    terminal.wait_gone("fetching");
    let lock = std::fs::File::create(state(&desk).join("posts.lock")).expect("a lock");
    lock.lock().expect("locked");
    // What is new is there once all that was fetched is read.
    let values = ("apps/web/values.yaml", "replicas: 4\nimage: web:1.0\n");
    desk.propose(&shop, SHOP, "agent/infra/more", values);
    eventually("it is read anew", || {
        // Nothing is read twice at once.
        terminal.keys("r");
        terminal.view().has("3 pending")
    });
    terminal.keys("!");
    terminal.wait_for("and not on GitHub");
    leave(terminal);
}

#[test]
fn what_cannot_be_kept_as_owed_is_told_by_the_next_all_the_same() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 2);
    let _ = desk.list(SHOP, &[]);
    let posts = state(&desk).join("posts");
    let _ = std::fs::remove_dir_all(&posts);
    std::fs::write(posts, "in the way").expect("a file");
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let ran = desk.run(SHOP, &["approve", &at(&shop, open[0].0, &open[0].1), "--yes"]).exits(3);
    assert!(ran.stderr.contains("what GitHub has to be told could not be kept: "), "{ran}");
    assert!(ran.stderr.contains("mend that folder; until GitHub was told, the decision stays in the outbox"), "{ran}");
    desk.github.mend();
    let ran = desk.run(SHOP, &["hold", &at(&shop, open[1].0, &open[1].1), "-m", "Wait.", "--yes"]).succeeds();
    assert!(desk.github.world().pull(SHOP, open[0].0).merged.is_some(), "{ran}");
    assert_eq!((kinds(&shop).len(), sandbox.kept("outbox").len()), (4, 0), "{ran}");
    desk.sound(SHOP);
}

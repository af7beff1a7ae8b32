//! What has landed: it shows as it landed, and no decision undoes it.

use super::{Sandbox, agent, page};
use crate::support::Commit;

#[test]
fn a_landed_row_is_what_it_was_when_it_landed() {
    let sandbox = Sandbox::new();
    let (origin, maria, _) = sandbox.pair();
    let one = page(&origin, "one");
    let before = maria.proposal(&one);
    let _ = maria.run(&["approve", &origin.at(&one), "--yes"]).succeeds();
    // Later the policy gets stricter, and others change the same file, so that merging it again would conflict.
    origin.commit("main", Commit::new("By hand").file("docs/one.md", "other\n"));
    let after = maria.proposal(&one);
    assert_eq!(after["state"], "merged", "{after}");
    for member in ["tier", "files", "additions", "deletions", "change_id", "result", "summary", "round"] {
        assert_eq!(after[member], before[member], "{member}: {after}");
    }
    assert_eq!(after["ruling"]["approvals"], serde_json::json!({ "have": 1, "need": 1, "by": ["maria"] }), "{after}");
    assert_eq!(after["ruling"]["outcome"], "satisfied");
    let ran = maria.run(&["list", "--all"]).succeeds();
    assert!(ran.stdout.contains("landed as") && !ran.stdout.contains("rebase"), "{ran}");
    let ran = maria.run(&["show", &one]).succeeds();
    assert!(ran.stdout.contains("docs/one.md  +1 -0") && !ran.stdout.contains("rebase"), "{ran}");
    assert_eq!(super::queue(&maria).iter().filter(|(id, _)| *id == one).count(), 0);
}

#[test]
fn no_decision_is_made_on_what_has_landed() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    let _ = maria.run(&["approve", &origin.at(&one), "--yes"]).succeeds();
    // The other one reached main by somebody's hand.
    origin.commit("main", agent("By hand").file("docs/two.md", "text\n"));
    let before = origin.refs();
    for (branch, why) in [(&one, "merged already"), (&two, "has all of it already")] {
        let at = origin.at(branch);
        for words in [
            &["reject", &at, "-m", "No.", "--yes"][..],
            &["hold", &at, "-m", "No.", "--yes"],
            &["ask", &at, "-m", "Why?", "--yes"],
            &["approve", &at, "--yes"],
        ] {
            let ran = maria.run(words).exits(1);
            assert!(ran.stderr.contains(why), "{words:?}\n{ran}");
            assert!(!ran.stdout.contains("merged    "), "{ran}");
        }
        let ran = maria.run(&["reject", &at, "-m", "No.", "--yes", "--json"]).exits(1);
        assert!(ran.json()["plan"]["dropped"][0]["why"].as_str().is_some_and(|said| said.contains(why)), "{ran}");
    }
    assert_eq!(origin.refs(), before);
    let row = maria.proposal(&two);
    assert_eq!((&row["state"], &row["clean"]), (&"merged".into(), &false.into()), "{row}");
    assert!(!row.to_string().contains("rebase"), "{row}");
    let _ = maria.run(&["ledger", "verify"]).succeeds();
}

//! What the program asks of GitHub, and what it does when GitHub does not answer.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Desk, SHOP, at};
use crate::console::{eventually, leave};
use crate::support::github::{Fault, Response, Wrong};
use crate::support::{Commit, Repo, Sandbox, needs};

/// Repositories of one console, and pull requests of all of them.
const REPOS: usize = 9;
const PULLS: usize = 300;

#[test]
fn nine_repositories_with_three_hundred_pull_requests_are_few_questions() {
    let sandbox = Sandbox::new();
    let (desk, _) = Desk::new(&sandbox);
    let names: Vec<String> = (0..REPOS).map(|at| format!("acme/r{at}")).collect();
    for (at, name) in names.iter().enumerate() {
        let count = PULLS / REPOS + usize::from(at < PULLS % REPOS);
        crate::github::propose(&desk.github, &desk.repo(name), name, count);
    }
    let arguments: Vec<&str> = names.iter().map(String::as_str).collect();
    let open = |arguments: &[&str], expected: usize| -> BTreeMap<String, usize> {
        desk.github.count();
        let terminal = sandbox.console("", 120, 40, arguments);
        terminal.wait_for("300 pending");
        terminal.wait_gone("being looked into");
        // What is on the screen was known before anybody was asked.
        eventually("each is asked", || desk.github.requests().len() >= expected);
        terminal.wait_gone("fetching");
        leave(terminal);
        desk.github.count()
    };
    let (cold, warm) = (open(&arguments, 2 * REPOS), open(&arguments, REPOS));
    let (mark, list) = ("GET /repos/{}/{}/pulls".to_owned(), "POST /graphql".to_owned());
    assert_eq!(cold, BTreeMap::from([(mark.clone(), REPOS), (list, REPOS)]));
    assert_eq!(warm, BTreeMap::from([(mark, REPOS)]), "each is asked whether anything changed, and nothing has");
    assert!(desk.github.most_at_once() <= 4, "{}", desk.github.most_at_once());
    desk.token_is_nowhere();
}

#[test]
fn while_github_is_down_the_ledger_goes_on_and_github_is_told_later() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let branches = ["agent/infra/one", "agent/infra/two"];
    for (place, branch) in branches.into_iter().enumerate() {
        desk.propose(&shop, SHOP, branch, (&format!("docs/{place}.md"), "text\n"));
    }
    assert_eq!(desk.list(SHOP, &[]).len(), 2);
    for (wrong, said) in [
        (Fault::at("*", Wrong::Refused), "cannot be reached"),
        (Fault::status("*", 401, "Bad credentials"), "refused the token"),
        (Fault::status("*", 502, "Bad Gateway"), "failed with 502"),
        (Fault::status("*", 403, "Resource not accessible by personal access token"), "may not"),
    ] {
        desk.github.fault(wrong);
        desk.github.count();
        let ran = desk.run(SHOP, &["list"]).succeeds();
        let asked = desk.github.count();
        assert!(said != "cannot be reached" || asked.keys().eq(["GET /repos/{}/{}/pulls"]), "once for all: {asked:?}");
        assert!(ran.stdout.contains("#1") && ran.stderr.contains(said), "{said}: {ran}");
        desk.github.mend();
    }
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let ran = desk.run(SHOP, &["approve", &at(&shop, 1, branches[0]), "--yes"]).exits(3);
    assert!(ran.stderr.contains("GitHub was not told all that is in the ledger"), "{ran}");
    assert!(ran.stdout.contains("recorded  #1  not on GitHub: ") && ran.stdout.contains("tries it again"), "{ran}");
    let kinds = || shop.entries().iter().map(|entry| entry["kind"].clone()).collect::<Vec<_>>();
    assert_eq!(kinds(), ["genesis", "approve"]);
    desk.github.mend();
    let ran = desk.run(SHOP, &["hold", &at(&shop, 2, branches[1]), "-m", "Wait.", "--yes"]).succeeds();
    assert!(ran.stderr.contains("#1 was merged as ") && !ran.stderr.contains("warning"), "{ran}");
    assert_eq!(kinds(), ["genesis", "approve", "merge", "hold"]);
    desk.sound(SHOP);
    desk.token_is_nowhere();
}

#[test]
fn what_github_limits_is_owed_with_all_that_follows() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let branches = ["agent/infra/one", "agent/infra/two", "agent/infra/three"];
    for (place, branch) in branches.into_iter().enumerate() {
        desk.propose(&shop, SHOP, branch, (&format!("docs/{place}.md"), "text\n"));
    }
    let comments = |number: u64| desk.github.world().pull(SHOP, number).comments.len();
    let ask = |place: usize| {
        let named = at(&shop, place as u64 + 1, branches[place]);
        desk.run(SHOP, &["ask", &named, "-m", "Why now?", "--yes"])
    };
    let limited = crate::support::github::refusal(429, "Too many requests").with("Retry-After", 3_000);
    desk.github.fault(Fault::at("POST /repos/{}/{}/issues/{}/comments", Wrong::Answer(limited)));
    for (place, owed) in [(0, 0), (1, 1)] {
        let ran = ask(place).exits(3);
        let wanted = format!("recorded  #{}  not on GitHub: GitHub wants to be left alone", place + 1);
        assert!(ran.stdout.contains(&wanted) && ran.stdout.contains("tries it again by itself"), "{ran}");
        assert_eq!(ran.stderr.matches("in the ledger, and not on GitHub").count(), owed, "{ran}");
    }
    desk.github.mend();
    let ran = ask(2).succeeds();
    assert_eq!([comments(1), comments(2), comments(3)], [1, 1, 1], "{ran}");
    assert_eq!(ran.stderr.matches("GitHub was told of entry").count(), 2, "{ran}");
    desk.sound(SHOP);
}

#[test]
fn a_branch_without_a_pull_request_is_looked_at_and_not_approved() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let branch = "agent/infra/bare";
    shop.propose(branch, "Say it better", &[("docs/bare.md", "text\n")]);
    let rows = desk.run(SHOP, &["list"]).succeeds();
    assert!(rows.stdout.contains("(no pull request)") && !rows.stdout.contains("clean"), "{rows}");
    let named = format!("{branch}@{}", shop.rev(branch));
    let before = shop.entries().len();
    let ran = desk.run(SHOP, &["approve", &named, "--yes"]).exits(1);
    assert!(ran.stderr.contains("a forge merges pull requests: open one for it"), "{ran}");
    assert_eq!(shop.entries().len(), before, "nothing is signed that cannot come to pass");
    desk.github.count();
    let _ = desk.run(SHOP, &["hold", &named, "-m", "Wait.", "--yes"]).succeeds();
    assert_eq!((shop.entries().len(), desk.writes()), (before + 1, vec![]), "nobody is there to be told");
}

#[test]
fn a_head_that_moves_after_it_was_looked_at_is_neither_approved_nor_merged() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let branch = "agent/infra/one";
    let number = desk.propose(&shop, SHOP, branch, ("docs/one.md", "text\n"));
    let seen = at(&shop, number, branch);
    // Between review and merge somebody pushes: GitHub has the review on the commit that was seen, and merges nothing.
    let other = shop.propose("agent/infra/other", "Another", &[("docs/one.md", "something else\n")]);
    desk.github.fault(Fault::moves("PUT /repos/{}/{}/pulls/{}/merge", &shop, branch, &other));
    let ran = desk.run(SHOP, &["approve", &seen, "--yes"]).exits(3);
    assert!(ran.stdout.contains("its head is another than was decided on"), "{ran}");
    assert!(desk.github.world().pull(SHOP, number).merged.is_none());
    desk.github.mend();
    let ran = desk.run(SHOP, &["approve", &seen, "--yes"]).exits(1);
    assert!(ran.stderr.contains("moved"), "{ran}");
    desk.sound(SHOP);
}

/// Has lessons wait in a pull request of their own.
fn ask_for_lessons(desk: &Desk<'_>, shop: &Repo<'_>) {
    let policy = shop.show("main", ".countersign/policy.yaml") + "memory_via: pull_request\n";
    let commit = Commit::new("Ask for lessons").by("maria", "maria@corp.example");
    shop.commit("people/lessons", commit.file(".countersign/policy.yaml", policy));
    let own = desk.github.open(SHOP, "people/lessons", "maria-k", "Ask for lessons", "");
    let _ = desk.run(SHOP, &["approve", &at(shop, own, "people/lessons"), "--yes"]).succeeds();
}

#[test]
fn what_fails_after_github_was_told_is_said_as_that() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    ask_for_lessons(&desk, &shop);
    let branches = ["agent/infra/one", "agent/infra/two"];
    let [one, two] =
        [0, 1].map(|place| desk.propose(&shop, SHOP, branches[place], (&format!("docs/{place}.md"), "text\n")));
    // Neither may she open a pull request, nor is the ledger's branch open for what was merged.
    desk.github.fault(Fault::status(
        "POST /repos/{}/{}/pulls",
        403,
        "Resource not accessible by personal access token",
    ));
    let ran = desk.run(SHOP, &["reject", &at(&shop, one, branches[0]), "-m", "Ask first.", "--yes"]).succeeds();
    assert!(ran.stdout.contains(&format!("rejected  #{one}")), "{ran}");
    assert!(ran.stderr.contains("no pull request was opened for the lessons that wait: "), "{ran}");
    let closed = "#!/bin/sh\ncase $1 in */ledger) ! git cat-file commit $3 | grep -q '\"kind\":\"merge\"';; esac\n";
    let hook = sandbox.write("forge/acme/shop.git/hooks/update", closed);
    std::fs::set_permissions(hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    let ran = desk.run(SHOP, &["approve", &at(&shop, two, branches[1]), "--yes"]).succeeds();
    assert!(ran.stdout.contains(&format!("merged    #{two}")), "{ran}");
    assert!(ran.stderr.contains("what was merged on GitHub is not recorded yet: "), "{ran}");
    assert!(!ran.stderr.contains("GitHub was not told"), "{ran}");
}

#[test]
fn what_was_merged_as_something_else_is_not_called_merged() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let text = (1..=30).map(|line| format!("line {line}\n")).collect::<Vec<_>>().concat();
    for (moves, said) in [(true, "is not what was approved"), (false, "main does not have that")] {
        let sandbox = Sandbox::new();
        let (desk, shop) = Desk::new(&sandbox);
        desk.adopt(&shop, SHOP);
        let branch = "agent/infra/lines";
        shop.commit("main", Commit::new("Lines").file("docs/lines.md", &text));
        let number = desk.propose(&shop, SHOP, branch, ("docs/lines.md", &text.replace("line 2\n", "line two\n")));
        if moves {
            // Just before the merge somebody changes another line of the same file.
            let other = Commit::new("Other").file("docs/lines.md", text.replace("line 28\n", "line 28x\n"));
            let to = shop.commit("side", other);
            desk.github.fault(Fault::moves("PUT /repos/{}/{}/pulls/{}/merge", &shop, "main", &to));
        } else {
            let sha = "0123456789012345678901234567890123456789";
            let done = Response::json(200, &json!({ "sha": sha, "merged": true }));
            desk.github.fault(Fault::at("PUT /repos/{}/{}/pulls/{}/merge", Wrong::Answer(done)));
        }
        let ran = desk.run(SHOP, &["approve", &at(&shop, number, branch), "--yes"]).exits(3);
        assert!(!ran.stdout.contains("merged    ") && ran.stdout.contains(said), "{ran}");
        assert!(ran.stdout.contains("ledger verify"), "{ran}");
    }
}

#[test]
fn a_dry_run_tells_github_nothing_that_is_owed() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let branches = ["agent/infra/one", "agent/infra/two"];
    let ids = [0, 1].map(|place| desk.propose(&shop, SHOP, branches[place], (&format!("docs/{place}.md"), "text\n")));
    let _ = desk.list(SHOP, &[]);
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let _ = desk.run(SHOP, &["approve", &at(&shop, ids[0], branches[0]), "--yes"]).exits(3);
    desk.github.mend();
    desk.github.count();
    for decide in [&["hold", "-m", "Wait."][..], &["approve"]] {
        let named = at(&shop, ids[1], branches[1]);
        let ran = desk.run(SHOP, &[decide, &[&named, "--dry-run"]].concat()).succeeds();
        assert_eq!(desk.writes(), Vec::<String>::new(), "{ran}");
    }
    assert_eq!(shop.entries().len(), 2);
    assert!(desk.github.world().pull(SHOP, ids[0]).merged.is_none());
}

#[test]
fn a_comment_whose_answer_was_lost_is_found_whatever_the_clocks_say() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    // The GitHub of the tests lives a year ago.
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let number = desk.propose(&shop, SHOP, "agent/infra/one", ("docs/one.md", "text\n"));
    desk.github.fault(Fault::at("POST /repos/{}/{}/issues/{}/comments", Wrong::Lost).times(1));
    let _ = desk.run(SHOP, &["hold", &at(&shop, number, "agent/infra/one"), "-m", "Wait.", "--yes"]).succeeds();
    assert_eq!(desk.github.world().pull(SHOP, number).comments.len(), 1);
}

#[test]
fn a_merge_is_tried_again_where_its_target_moved_just_then() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let number = desk.propose(&shop, SHOP, "agent/infra/one", ("docs/one.md", "text\n"));
    let moved = "Base branch was modified. Review and try the merge again.";
    desk.github.fault(Fault::status("PUT /repos/{}/{}/pulls/{}/merge", 405, moved).times(2));
    desk.github.count();
    let ran = desk.run(SHOP, &["approve", &at(&shop, number, "agent/infra/one"), "--yes"]).succeeds();
    assert!(ran.stdout.contains(&format!("merged    #{number}")), "{ran}");
    assert_eq!(desk.github.count().get("PUT /repos/{}/{}/pulls/{}/merge"), Some(&3));
    desk.sound(SHOP);
}

#[test]
fn lessons_are_offered_to_the_target_though_their_pull_request_lands_elsewhere() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    ask_for_lessons(&desk, &shop);
    shop.git(&["branch", "elsewhere", "main"]);
    for (place, lesson) in ["Ask first.", "Keep pages short."].into_iter().enumerate() {
        let branch = format!("agent/infra/{place}");
        let number = desk.propose(&shop, SHOP, &branch, (&format!("docs/{place}.md"), "text\n"));
        let _ = desk.run(SHOP, &["reject", &at(&shop, number, &branch), "-m", lesson, "--yes"]).succeeds();
        let mut world = desk.github.world();
        let now = world.tick();
        let pulls = world.repos.get_mut(SHOP).expect("the shop").pulls.values_mut();
        let offered = pulls.filter(|pull| pull.head == "countersign/memory" && pull.base == "main").collect::<Vec<_>>();
        assert_eq!(offered.len(), 1, "{place}");
        for pull in offered {
            (pull.base, pull.retargeted, pull.updated) = ("elsewhere".into(), Some(now), now);
        }
    }
}

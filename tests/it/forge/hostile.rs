//! Attacks that were tried: races, other persons, other hosts, and answers that come late or in part. Each says what it shows.

use std::time::Duration;

use serde_json::json;

use super::deciding::kinds;
use super::persons::{AGENT, ONE, as_other, hold_on, is_merged, item, merges, only, page, recorded, with};
use super::{Desk, SHOP, at};
use crate::support::github::{Fault, Response, Wrong};
use crate::support::{Commit, Ran, Sandbox, needs};

const REVIEWS: &str = "POST /repos/{}/{}/pulls/{}/reviews";
const MERGE: &str = "PUT /repos/{}/{}/pulls/{}/merge";
const PULL: &str = "GET /repos/{}/{}/pulls/{}";
const RUNS: &str = "GET /repos/{}/{}/commits/{}/check-runs";

/// GitHub's API says that the ledger moved (a hold is there), and git shows it as it was: a replica that lags, or another console of this
/// host that began to fetch before it moved.
#[test]
fn a_ledger_that_git_does_not_show_yet_is_not_passed_over() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let one = page(&desk, &shop, "a");
    let held = shop.forge_on(
        &shop.rev("countersign/ledger"),
        "sam",
        json!({ "kind": "hold", "note": "Stop.", "items": [item(&shop, &one)] }),
    );
    let there = json!({ "name": "countersign/ledger", "commit": { "sha": held.0 }, "protected": false });
    desk.github.fault(Fault::at("GET /repos/{}/{}/branches/{}", Wrong::Answer(Response::json(200, &there))));
    let ran = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]);
    assert!(!is_merged(&desk, one.0), "{ran}");
}

/// Maria opened it (an agent made its commits), and hers is the only approval, so that it needs another person's. Somebody merges it
/// on the page.
#[test]
fn what_its_opener_alone_approved_is_not_recorded() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    shop.propose("agent/infra/hers", "Change docs", &[("docs/hers.md", "Mine.\n")]);
    let number = desk.github.open(SHOP, "agent/infra/hers", "maria-k", "Change docs", "");
    let waiting = page(&desk, &shop, "w");
    // GitHub lets her not review her own.
    let ran = desk.run(SHOP, &["approve", &at(&shop, number, "agent/infra/hers"), "--yes"]).exits(3);
    assert!(!is_merged(&desk, number), "{ran}");
    merges(&desk, number, &[]);
    let ran = hold_on(&desk, &shop, &waiting);
    let verified = desk.run(SHOP, &["ledger", "verify", "--json"]).json();
    assert!(!recorded(&shop).contains(&format!("#{number}")), "{ran}\n{verified}");
    assert_eq!(verified["unapproved_total"], 1, "{verified}");
}

/// Agents that policy knows by their branches alone: whose change it was is known where landed changes are judged, too.
#[test]
fn what_an_agent_of_a_branch_proposed_is_recorded_once_merged() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let scoped = r#"[{ name: infra, match: { branches: ["agent/infra/**"] }, scope: ["docs/**"] }, { name: web, match: { branches: ["agent/web/**"] }, scope: ["apps/**"] }]"#;
    let plain = r#"[{ name: infra, match: { branches: ["agent/infra/**"] } }]"#;
    let tiers = "{ low: { approvals: 1, batch: true }, medium: { approvals: 2 }, high: { approvals: 1 } }";
    let rules = "rules: [{ name: docs, only_paths: [\"docs/**\"], tier: low }]\n";
    for (agents, tiers, more) in [(scoped, ONE, ""), (plain, tiers, rules)] {
        let sandbox = Sandbox::new();
        let (desk, shop) = with(&sandbox, "[ledger]", tiers, agents, more);
        let one = page(&desk, &shop, "a");
        let ran = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]);
        let verified = desk.run(SHOP, &["ledger", "verify", "--json"]).json();
        let known = recorded(&shop).contains(&format!("#{}", one.0));
        assert!(is_merged(&desk, one.0) && known, "{ran}\n{verified}");
    }
}

/// Ada is an admin and may not sign merges: she leaves them to others.
#[test]
fn who_may_not_record_a_merge_does_not_fill_the_ledger() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let (one, other) = (page(&desk, &shop, "a"), page(&desk, &shop, "b"));
    only(&desk, &["merge"]);
    let _ = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]).exits(3);
    merges(&desk, one.0, &[]);
    let before = kinds(&shop).len();
    let arguments = ["hold", &at(&shop, other.0, &other.1), "-m", "Wait.", "--yes"];
    let ran = as_other(&desk, "ada", "ada-l", &arguments, Duration::from_secs(30));
    let after = kinds(&shop).len();
    assert!(after <= before + 2, "{} entries more\n{ran}", after - before);
}

/// Ada holds something: the ledger would give her entry no effect.
#[test]
fn who_may_not_decide_is_not_told_that_it_was_done() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let one = page(&desk, &shop, "a");
    let arguments = ["hold", &at(&shop, one.0, &one.1), "-m", "Wait.", "--yes"];
    let ran = as_other(&desk, "ada", "ada-l", &arguments, Duration::from_secs(60));
    let stands = desk.list(SHOP, &[]).into_iter().find(|it| it["id"] == format!("#{}", one.0)).expect("it");
    assert!(ran.code != Some(0) || stands["state"] == "held", "{ran}\n{stands}");
}

/// The agent's text, as a squash on the page takes it over, names another entry: neither commit nor entry could be changed later.
#[test]
fn a_message_that_names_any_entry_does_not_spoil_the_ledger() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let (one, other) = (page(&desk, &shop, "a"), page(&desk, &shop, "b"));
    only(&desk, &["merge"]);
    let _ = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]).exits(3);
    only(&desk, &["squash"]);
    let text = "Because.\n\nCountersign-Entry: 00000000000000000000000000000000";
    merges(&desk, one.0, &[("merge_method", "squash"), ("commit_message", text)]);
    let _ = hold_on(&desk, &shop, &other).succeeds();
    let verified = desk.run(SHOP, &["ledger", "verify", "--json"]).json();
    assert_eq!(verified["mismatches"], json!([]), "{verified}");
}

/// Of one pull request GitHub answers nothing but 502.
#[test]
fn a_pull_request_that_github_cannot_show_stops_no_other() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let pages = ["a", "b", "c"].map(|name| page(&desk, &shop, name));
    let sick = || desk.github.fault(Fault::status(PULL, 502, "Bad Gateway").times(4));
    sick();
    let ids = [0, 1].map(|place: usize| at(&shop, pages[place].0, &pages[place].1));
    let first = desk.run(SHOP, &["approve", &ids[0], &ids[1], "--yes"]);
    desk.github.mend();
    sick();
    let second = desk.run(SHOP, &["ask", &at(&shop, pages[2].0, &pages[2].1), "-m", "Why?", "--yes"]);
    assert!(is_merged(&desk, pages[1].0), "{first}\n{second}");
}

/// GitHub merged it, and git cannot be asked just then: that main does not have it is not known.
#[test]
fn what_git_did_not_tell_is_not_said_to_be_missing() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let (one, other) = (page(&desk, &shop, "a"), page(&desk, &shop, "b"));
    let breaks = ["config", "uploadpack.allowFilter", "odd"].map(str::to_owned).to_vec();
    desk.github.fault(Fault::at(MERGE, Wrong::Meanwhile(shop.path(), breaks)).times(1));
    let ran = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]);
    shop.git(&["config", "uploadpack.allowFilter", "true"]);
    assert!(is_merged(&desk, one.0), "{ran}");
    let again = hold_on(&desk, &shop, &other);
    assert!(recorded(&shop).contains(&format!("#{}", one.0)), "{ran}\n{again}");
    assert!(!ran.stdout.contains("does not have that"), "{ran}\n{again}");
}

/// A required check turns red while a batch is posted.
#[test]
fn a_check_that_fails_during_a_batch_stops_what_is_not_merged_yet() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "checks: { required: [ci] }\n");
    let pages = ["a", "b"].map(|name| page(&desk, &shop, name));
    let run = |conclusion: &str| json!({ "id": 1, "name": "ci", "status": "completed", "conclusion": conclusion, "app": { "slug": "ci" } });
    for (_, branch) in &pages {
        let head = shop.rev(branch);
        desk.github.world().repos.get_mut(SHOP).expect("it").checks.insert(head, vec![run("success")]);
    }
    let red = json!({ "total_count": 1, "check_runs": [run("failure")] });
    desk.github.fault(Fault::at(RUNS, Wrong::Answer(Response::json(200, &red))).after(4));
    let ids = pages.each_ref().map(|(number, branch)| at(&shop, *number, branch));
    let ran = desk.run(SHOP, &["approve", &ids[0], &ids[1], "--yes"]);
    assert!(!is_merged(&desk, pages[1].0), "{ran}\n{:?}", desk.github.count());
}

/// Somebody pushes to main between the review and the merge, in a file that it changes, too: what would land is another change than
/// was approved.
#[test]
fn a_target_that_moved_in_the_same_file_is_looked_at_before_the_merge() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let text = |first: &str, last: &str| {
        let middle = (0..30).map(|at| format!("line {at}\n")).collect::<Vec<_>>().concat();
        format!("{first}\n{middle}{last}\n")
    };
    shop.commit("main", Commit::new("Long").file("docs/long.md", text("first", "last")));
    let number = desk.propose(&shop, SHOP, "agent/infra/long", ("docs/long.md", &text("FIRST", "last")));
    let main = shop.rev("main");
    let moved =
        shop.commit("elsewhere", Commit::new("By hand").from("main").file("docs/long.md", text("first", "LAST")));
    assert_eq!(shop.rev("main"), main);
    desk.github.fault(Fault::moves(REVIEWS, &shop, "main", &moved).times(1));
    let ran = desk.run(SHOP, &["approve", &at(&shop, number, "agent/infra/long"), "--yes"]);
    assert!(!is_merged(&desk, number), "{ran}");
}

/// The folder in which what is owed is kept.
fn state(desk: &Desk<'_>) -> std::path::PathBuf {
    let folders = std::fs::read_dir(desk.sandbox.home().join(".local/state/countersign")).expect("a folder");
    let mut folders = folders.flatten().map(|folder| folder.path()).filter(|folder| folder.join("pin.json").exists());
    folders.next().expect("the state of the shop")
}

/// Two commands of one host, each with a decision of its own: whoever comes first posts both, and each tells of its own.
#[test]
fn what_another_process_posted_is_told_by_whoever_decided_it() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let pages = ["a", "b"].map(|name| page(&desk, &shop, name));
    let _ = desk.list(SHOP, &[]);
    desk.github.fault(Fault::status(MERGE, 405, "Pull Request is not mergeable"));
    // Both have recorded what they decided before either posts.
    let lock = std::fs::File::create(state(&desk).join("posts.lock")).expect("a lock");
    lock.lock().expect("locked");
    let ids = pages.each_ref().map(|(number, branch)| at(&shop, *number, branch));
    let rans: Vec<Ran> = std::thread::scope(|scope| {
        let commands = ids.each_ref().map(|id| {
            let mut command = sandbox.countersign("");
            command.args(["--repo", SHOP, "approve", id, "--yes"]);
            command
        });
        let running = commands.map(|mut command| scope.spawn(move || Ran::of(&mut command)));
        let owed = || sandbox.kept("posts").len() == 2;
        for _ in 0..600 {
            if owed() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(owed(), "both are owed");
        lock.unlock().expect("unlocked");
        running.into_iter().map(|one| one.join().expect("it ends")).collect()
    });
    for ran in &rans {
        assert!(ran.code == Some(3) && ran.stdout.contains("cannot merge it as it is"), "{}\n{}", rans[0], rans[1]);
    }
}

/// An entry that is owed was taken back (`void`).
#[test]
fn an_entry_that_was_taken_back_stops_no_other() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let (one, other) = (page(&desk, &shop, "a"), page(&desk, &shop, "b"));
    let _ = desk.list(SHOP, &[]);
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let _ = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]).exits(3);
    desk.github.mend();
    let entries = shop.entries();
    let id = entries.last().expect("an entry")["id"].clone();
    let _ = shop.forge("sam", json!({ "kind": "void", "about": [id] }));
    let first = desk.run(SHOP, &["approve", &at(&shop, other.0, &other.1), "--yes"]);
    assert!(is_merged(&desk, other.0), "{first}");
}

/// The token may read and not write: that is found out by two posts, and not by all, twice a command.
#[test]
fn a_token_that_may_not_write_is_not_tried_for_each_of_a_batch() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let pages = ["a", "b", "c", "d", "e", "f"].map(|name| page(&desk, &shop, name));
    let waiting = page(&desk, &shop, "w");
    desk.github.fault(Fault::status(REVIEWS, 403, "Resource not accessible by personal access token"));
    let ids = pages.each_ref().map(|(number, branch)| at(&shop, *number, branch));
    let arguments: Vec<&str> = ["approve", "--yes"].into_iter().chain(ids.iter().map(String::as_str)).collect();
    let _ = desk.run(SHOP, &arguments).exits(3);
    let first = desk.github.count();
    let _ = hold_on(&desk, &shop, &waiting);
    let second = desk.github.count();
    let writes = |count: &std::collections::BTreeMap<String, usize>| count.get(REVIEWS).copied().unwrap_or(0);
    assert!(writes(&first) <= 2 && writes(&second) <= 2, "{first:?}\n{second:?}");
}

/// Two persons at one account of a jump host: what maria decided while GitHub was down is told when she comes back.
#[test]
fn what_one_person_owes_is_not_forgotten_for_another() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let (one, other, last) = (page(&desk, &shop, "a"), page(&desk, &shop, "b"), page(&desk, &shop, "c"));
    let _ = desk.list(SHOP, &[]);
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let id = at(&shop, one.0, &one.1);
    let first = desk.run(SHOP, &["reject", &id, "-m", "No.", "--no-lesson", "--yes"]).exits(3);
    desk.github.mend();
    let becomes = |name: &str, login: &str| {
        let key = sandbox.path(format!("keys/{name}")).to_string_lossy().into_owned();
        for (setting, value) in [("user.signingKey", key.as_str()), ("user.name", name)] {
            sandbox.git("", &["config", "--global", setting, value]);
        }
        desk.github.token(super::TOKEN, login);
    };
    becomes("sam", "sam-h");
    let second = hold_on(&desk, &shop, &other);
    becomes("maria", "maria-k");
    let third = hold_on(&desk, &shop, &last);
    assert!(!desk.github.world().pull(SHOP, one.0).reviews.is_empty(), "{first}\n{second}\n{third}");
}

/// What is owed was promised to be tried again. At the next command GitHub does not tell its list, or its checks, for a moment.
#[test]
fn a_merge_that_is_owed_survives_a_moment_in_which_github_does_not_tell() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let lists = ("[ledger, github]", "", "GET /repos/{}/{}/pulls");
    let checks = ("[ledger]", "checks: { required: [ci] }\n", RUNS);
    for (from, more, route) in [lists, checks] {
        let sandbox = Sandbox::new();
        let (desk, shop) = with(&sandbox, from, ONE, AGENT, more);
        let (one, other, last) = (page(&desk, &shop, "a"), page(&desk, &shop, "b"), page(&desk, &shop, "c"));
        let run =
            json!({ "id": 1, "name": "ci", "status": "completed", "conclusion": "success", "app": { "slug": "ci" } });
        desk.github.world().repos.get_mut(SHOP).expect("it").checks.insert(shop.rev(&one.1), vec![run]);
        let _ = desk.list(SHOP, &[]);
        desk.github.fault(Fault::status(REVIEWS, 403, "You have exceeded a secondary rate limit."));
        let first = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]).exits(3);
        desk.github.mend();
        desk.github.fault(Fault::status(route, 502, "Bad Gateway"));
        let second = hold_on(&desk, &shop, &other);
        desk.github.mend();
        let third = hold_on(&desk, &shop, &last);
        assert!(is_merged(&desk, one.0), "{route}:\n{first}\n{second}\n{third}");
    }
}

/// A change of policy and another proposal, approved one after the other while GitHub was down: the second is judged by the new policy.
#[test]
fn what_changes_the_policy_lands_alone_also_where_it_was_owed() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let two = "{ low: { approvals: 2 }, medium: { approvals: 2 }, high: { approvals: 2 } }";
    let policy = shop.show("main", ".countersign/policy.yaml").replace(ONE, two);
    shop.commit("people/stricter", Commit::new("Stricter").file(".countersign/policy.yaml", policy));
    let own = desk.github.open(SHOP, "people/stricter", "infra-lead", "Stricter", "");
    let (one, last) = (page(&desk, &shop, "a"), page(&desk, &shop, "z"));
    let _ = desk.list(SHOP, &[]);
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let _ = desk.run(SHOP, &["approve", &at(&shop, own, "people/stricter"), "--yes"]).exits(3);
    let _ = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]).exits(3);
    desk.github.mend();
    let ran = hold_on(&desk, &shop, &last);
    let verified = desk.run(SHOP, &["ledger", "verify", "--json"]).json();
    assert!(is_merged(&desk, own), "{ran}");
    assert!(verified["ok"] == true && verified["unapproved_total"] == 0, "{ran}\n{verified}");
}

/// Two proposals change the same file in different places, and were approved one after the other while GitHub was down: the second
/// would land as another change than was approved.
#[test]
fn what_lands_before_it_is_counted_also_where_both_were_owed() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = with(&sandbox, "[ledger]", ONE, AGENT, "");
    let text = |first: &str, last: &str| {
        let middle = (0..30).map(|at| format!("line {at}\n")).collect::<Vec<_>>().concat();
        format!("{first}\n{middle}{last}\n")
    };
    shop.commit("main", Commit::new("Long").file("docs/long.md", text("first", "last")));
    let one = desk.propose(&shop, SHOP, "agent/infra/one", ("docs/long.md", &text("FIRST", "last")));
    let two = desk.propose(&shop, SHOP, "agent/infra/two", ("docs/long.md", &text("first", "LAST")));
    let last = page(&desk, &shop, "z");
    let _ = desk.list(SHOP, &[]);
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let _ = desk.run(SHOP, &["approve", &at(&shop, one, "agent/infra/one"), "--yes"]).exits(3);
    let _ = desk.run(SHOP, &["approve", &at(&shop, two, "agent/infra/two"), "--yes"]).exits(3);
    desk.github.mend();
    let ran = hold_on(&desk, &shop, &last);
    assert!(!(is_merged(&desk, one) && is_merged(&desk, two)), "{ran}");
}

/// The agent has switched GitHub's auto-merge on: a review of the first of two persons would be leave enough.
#[test]
fn a_review_is_no_leave_for_what_github_merges_by_itself() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let two = "{ low: { approvals: 2 }, medium: { approvals: 2 }, high: { approvals: 2 } }";
    let (desk, shop) = with(&sandbox, "[ledger]", two, AGENT, "");
    let (one, other) = (page(&desk, &shop, "a"), page(&desk, &shop, "b"));
    desk.github.world().pull(SHOP, one.0).auto_merge = true;
    let both = [at(&shop, one.0, &one.1), at(&shop, other.0, &other.1)];
    let ran = desk.run(SHOP, &["approve", &both[0], &both[1], "--yes"]).succeeds();
    let reviews = |number: u64| desk.github.world().pull(SHOP, number).reviews.len();
    assert_eq!((reviews(one.0), reviews(other.0)), (0, 1), "{ran}");
    let later = hold_on(&desk, &shop, &other);
    assert!(later.stderr.contains("GitHub is set to merge it by itself"), "{later}");
    assert_eq!(reviews(one.0), 0, "{later}");
    // Once it is on no more, or policy is satisfied, what is owed is told.
    desk.github.world().pull(SHOP, one.0).auto_merge = false;
    let path = format!("/repos/{SHOP}/issues/{}/labels", one.0);
    assert_eq!(desk.github.act("sam-h", "POST", &path, &json!({ "labels": ["by-hand"] })).0, 200);
    let later = page(&desk, &shop, "c");
    let ran = hold_on(&desk, &shop, &later);
    assert_eq!(reviews(one.0), 1, "{ran}");
}

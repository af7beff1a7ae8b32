//! `doctor`: what GitHub would get in the way of, what is prevented there, and what is only detected.

use serde_json::{Value, json};

use super::{Desk, SHOP, TOKEN};
use crate::support::github::{Fault, Response, Wrong};
use crate::support::{Ran, Sandbox};

/// The routes that are asked.
const USER: &str = "GET /user";
const REPO: &str = "GET /repos/{}/{}";

/// A line of the answer: whether it is good, what was found, and what to do.
#[track_caller]
fn line(ran: &Ran, what: &str) -> (Option<bool>, String, String) {
    let document = ran.json();
    let found = document["checks"].as_array().expect("checks").iter().find(|check| check["what"] == what);
    let found = found.unwrap_or_else(|| panic!("no line about {what}\n{ran}"));
    let text = |name: &str| found[name].as_str().expect("a text").to_owned();
    (found["ok"].as_bool(), text("found"), text("next"))
}

/// Demands how a line stands, with words of what was found and of what to do.
#[track_caller]
fn says(ran: &Ran, what: &str, ok: Option<bool>, found: &str, next: &str) {
    let (is, said, then) = line(ran, what);
    assert!(is == ok && said.contains(found) && then.contains(next), "{what}: {is:?} {said:?} {then:?}\n{ran}");
    assert!(is == Some(true) || !then.is_empty(), "{what} says what to do next\n{ran}");
}

fn doctor(desk: &Desk<'_>) -> Ran {
    let ran = desk.run(SHOP, &["doctor", "--json"]);
    assert_eq!(ran.code, Some(i32::from(ran.json()["ok"] != true)), "{ran}");
    assert!(!ran.to_string().contains(TOKEN), "{ran}");
    ran
}

/// Gives a branch these rules.
fn ruled(desk: &Desk<'_>, branch: &str, rules: &[Value]) {
    let mut world = desk.github.world();
    let repo = world.repos.get_mut(SHOP).expect("the repository");
    repo.rulesets.insert(branch.into(), rules.to_vec());
}

#[test]
fn all_is_well_with_a_repository_that_is_set_up() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    desk.github.world().tokens.get_mut(TOKEN).expect("the token").scopes = "repo, workflow".into();
    let rule = |kind: &str| json!({ "type": kind });
    ruled(&desk, "countersign/ledger", &["update", "deletion", "non_fast_forward"].map(rule));
    let ran = doctor(&desk);
    assert_eq!(ran.code, Some(0), "{ran}");
    says(&ran, "token", Some(true), "token, of maria-k; GitHub names no day", "");
    says(&ran, "API", Some(true), "of 5000 requests (core) are left", "");
    says(&ran, "git access", Some(true), "answers", "");
    says(&ran, "login", Some(true), "maria is maria-k on GitHub", "");
    says(&ran, "reading", Some(true), "can be read", "");
    says(&ran, "permissions", Some(true), "it can review and merge", "");
    says(&ran, "merge method", Some(true), "squash is allowed", "");
    says(&ran, "target branch", Some(true), "detected, not prevented", "protect main");
    says(&ran, "ledger branch", Some(true), "only some may add to it, nobody rewrites or deletes it", "");
    says(&ran, "posts", Some(true), "everything", "");
    let text = desk.run(SHOP, &["doctor"]).succeeds();
    for words in ["ok   token ", "note target branch", "       next: protect main on GitHub"] {
        assert!(text.stdout.contains(words), "{words}\n{text}");
    }
    desk.token_is_nowhere();
}

#[test]
fn before_it_is_adopted_nothing_is_in_the_way() {
    let sandbox = Sandbox::new();
    let (desk, _shop) = Desk::new(&sandbox);
    desk.signs();
    let ran = doctor(&desk);
    assert_eq!(ran.code, Some(0), "{ran}");
    says(&ran, "login", Some(true), "no policy in force", "writes `github: LOGIN` beside whoever runs it");
    says(&ran, "ledger branch", Some(true), "not there yet", "");
}

#[test]
fn a_token_that_is_refused_or_speaks_for_nobody_is_said() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    desk.github.fault(Fault::status(USER, 401, "Bad credentials"));
    let ran = doctor(&desk);
    says(&ran, "token", Some(false), "refused the token from", "make a new token and write it to");
    says(&ran, "GitHub", None, "were not asked for with a token that is refused", "run doctor again");
    desk.github.mend();
    desk.github.fault(Fault::status(USER, 403, "Resource not accessible by integration"));
    let ran = doctor(&desk);
    says(&ran, "token", Some(false), "speaks for no account", "a token of the account that reviews");
    says(&ran, "repository", Some(true), "default branch main", "");
    // None at all: what git has is looked at all the same.
    sandbox.write("home/token", "");
    let ran = doctor(&desk);
    says(&ran, "token", Some(false), "has no token in it", "");
    says(&ran, "ledger", Some(true), "1 entry", "");
}

#[test]
fn a_token_that_ends_soon_is_said() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let expires = |at: &str| {
        desk.github.mend();
        let me = Response::json(200, &json!({ "login": "maria-k", "type": "User" }));
        let me = me.with("github-authentication-token-expiration", at);
        desk.github.fault(Fault::at(USER, Wrong::Answer(me)));
        doctor(&desk)
    };
    says(&expires("2199-01-01 00:00:00 UTC"), "token", Some(true), "until 2199-01-01", "");
    let ran = expires("2025-02-01 09:00:00 UTC");
    says(&ran, "token", Some(true), "expires 2025-02-01 09:00 UTC", "make a new token");
    // A token without scopes tells nothing of what it may.
    says(&ran, "permissions", None, "GitHub tells nobody", "Pull requests and Contents: read and write");
}

#[test]
fn what_the_token_may_not_is_said() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    says(&doctor(&desk), "permissions", Some(true), "without the scope workflow", "give it the scope workflow");
    desk.github.world().tokens.get_mut(TOKEN).expect("the token").scopes = "read:org".into();
    says(&doctor(&desk), "permissions", Some(false), "[read:org]: it can neither review nor merge", "scope repo");
    let facts = json!({
        "full_name": SHOP, "default_branch": "main", "archived": false,
        "permissions": { "admin": false, "push": false, "pull": true },
    });
    desk.github.fault(Fault::at(REPO, Wrong::Answer(Response::json(200, &facts))));
    let ran = doctor(&desk);
    says(&ran, "permissions", Some(false), "may read and not write", "the role Write");
    says(&ran, "merge method", None, "did not say whether squash is allowed", "merge: merge");
    desk.github.mend();
    desk.github.fault(Fault::status("GET /repos/{}/{}/commits/{}/check-runs", 403, "Resource not accessible"));
    says(&doctor(&desk), "reading", Some(false), "checks of acme/shop: the token from", "give it access");
    // To who may not see a repository it is not there; git may still reach it.
    desk.github.world().hidden.insert(("maria-k".into(), SHOP.into()));
    let ran = doctor(&desk);
    says(&ran, "repository", Some(false), "not found, or the token", "check the name");
    says(&ran, "git access", Some(true), "answers", "");
    says(&ran, "GitHub", None, "were not asked for", "");
}

#[test]
fn where_github_does_not_answer_nothing_is_good() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let ran = doctor(&desk);
    says(&ran, "token", None, "cannot be reached", "check the network and HTTPS_PROXY");
    says(&ran, "GitHub", None, "because it does not answer", "");
    says(&ran, "API", Some(false), "cannot be reached", "check the network and HTTPS_PROXY");
    let ran = desk.run(SHOP, &["--offline", "doctor", "--json"]).succeeds();
    says(&ran, "GitHub", None, "was not asked", "leave --offline out");
    says(&ran, "ledger", Some(true), "1 entry", "");
    desk.github.mend();
    let reset = jiff::Timestamp::now().as_second() + 600;
    let limited = crate::support::github::refusal(403, "API rate limit exceeded").with("X-RateLimit-Remaining", 0);
    let limited = limited.with("X-RateLimit-Reset", reset).with("X-RateLimit-Limit", 5_000);
    desk.github.fault(Fault::at(REPO, Wrong::Answer(limited.with("X-RateLimit-Resource", "core"))));
    says(&doctor(&desk), "repository", None, "budget of requests is used up", "run doctor again after");
}

#[test]
fn another_account_than_the_persons_is_said() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    desk.github.token(TOKEN, "acme-bot");
    let ran = doctor(&desk);
    says(
        &ran,
        "login",
        Some(false),
        "you sign as maria, who is maria-k on GitHub, and the token is acme-bot's",
        "github: acme-bot",
    );
}

#[test]
fn how_the_repository_merges_is_held_against_policy() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    desk.github.world().repos.get_mut(SHOP).expect("it").methods = vec!["merge"];
    says(&doctor(&desk), "merge method", Some(false), "policy merges by squash", "write `merge: merge`");
    desk.github.world().repos.get_mut(SHOP).expect("it").methods = vec!["merge", "squash"];
    let methods = json!({ "required_approving_review_count": 0, "allowed_merge_methods": ["merge"] });
    ruled(&desk, "main", &[json!({ "type": "pull_request", "parameters": methods })]);
    says(&doctor(&desk), "merge method", Some(false), "policy merges by squash", "write `merge: merge`");
    ruled(&desk, "main", &[json!({ "type": "merge_queue" })]);
    says(&doctor(&desk), "merge method", Some(false), "merge queue", "merge on the page");
    desk.github.world().moved.insert("acme/shop".into(), "acme/store".into());
    let store = desk.repo("acme/store");
    drop(store);
    let found = "acme/shop is acme/store now, and nothing waits here under the old name";
    says(&doctor(&desk), "repository", Some(true), found, "name it acme/store");
    let facts = json!({ "full_name": SHOP, "default_branch": "main", "archived": true });
    desk.github.fault(Fault::at(REPO, Wrong::Answer(Response::json(200, &facts))));
    says(&doctor(&desk), "repository", Some(false), "archived", "unarchive");
}

#[test]
fn a_protected_target_says_what_is_prevented_and_where_lessons_would_be_refused() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let reviews = json!({ "required_approving_review_count": 2 });
    let checks = json!({ "required_status_checks": [{ "context": "ci" }] });
    ruled(
        &desk,
        "main",
        &[
            json!({ "type": "pull_request", "parameters": reviews }),
            json!({ "type": "required_status_checks", "parameters": checks }),
            json!({ "type": "required_signatures" }),
        ],
    );
    let ran = doctor(&desk);
    says(
        &ran,
        "target branch",
        Some(false),
        "main: pull requests with 2 approvals; checks ci; signed commits (GitHub signs",
        "memory_via: pull_request",
    );
    // Of what only admins are shown nothing is known.
    ruled(&desk, "main", &[]);
    desk.github.world().repos.get_mut(SHOP).expect("it").protected.insert("main".into(), 1);
    desk.github.fault(Fault::status("GET /repos/{}/{}/branches/{}/protection", 404, "Not Found"));
    says(&doctor(&desk), "target branch", None, "to admins alone is not known", "ask an admin");
    desk.github.mend();
    desk.github.fault(Fault::status("GET /repos/{}/{}/branches/{}", 502, "Bad Gateway"));
    says(&doctor(&desk), "target branch", None, "failed with 502", "try again later");
}

#[test]
fn who_may_move_the_ledger_is_said() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let rules = |kinds: &[&str]| {
        let rules: Vec<Value> = kinds.iter().map(|kind| json!({ "type": kind })).collect();
        ruled(&desk, "countersign/ledger", &rules);
        doctor(&desk)
    };
    let note = |kinds: &[&str], found: &str, next: &str| says(&rules(kinds), "ledger branch", Some(true), found, next);
    note(&[], "whoever may write to the repository can rewrite and delete it, too", "block force pushes");
    note(&["update"], "those who may update it can rewrite and delete it", "block force pushes");
    note(
        &["deletion", "non_fast_forward"],
        "rewriting and deleting it is prevented; whoever may write",
        "restrict updates",
    );
    note(&["required_signatures"], "whose signatures GitHub verifies", "as a signing key");
    says(
        &rules(&["pull_request"]),
        "ledger branch",
        Some(false),
        "every decision would be refused",
        "leave countersign/ledger out",
    );
}

#[test]
fn what_github_was_not_told_is_said() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let number = desk.propose(&shop, SHOP, "agent/infra/docs", ("docs/a.md", "1\ntwo\nthree\n"));
    desk.github.fault(Fault::status("POST /repos/{}/{}/pulls/{}/reviews", 502, "Bad Gateway"));
    let approve = desk.run(SHOP, &["approve", &super::at(&shop, number, "agent/infra/docs"), "--yes"]);
    let ran = doctor(&desk);
    says(&ran, "posts", Some(false), "GitHub was not told of 1 entry", "the next console or command that decides");
    drop(approve);
}

#[test]
fn what_waits_under_the_name_that_a_repository_had_is_said() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let number = desk.propose(&shop, SHOP, "agent/infra/docs", ("docs/a.md", "1\ntwo\nthree\n"));
    desk.github.fault(Fault::status("POST /repos/{}/{}/pulls/{}/reviews", 502, "Bad Gateway"));
    let _ = desk.run(SHOP, &["approve", &super::at(&shop, number, "agent/infra/docs"), "--yes"]).exits(3);
    {
        let mut world = desk.github.world();
        let mut repo = world.repos.remove(SHOP).expect("the repository");
        "acme/store".clone_into(&mut repo.name);
        world.repos.insert("acme/store".into(), repo);
        world.moved.insert(SHOP.into(), "acme/store".into());
        let now = world.tick();
        world.pull("acme/store", number).updated = now;
    }
    let ran = desk.run(SHOP, &["list"]).succeeds();
    assert!(ran.stderr.contains("it is acme/store now, and GitHub leads there"), "{ran}");
    let found = "acme/shop is acme/store now, and under the old name alone are kept: 1 untold entry";
    says(&doctor(&desk), "repository", Some(false), found, "open it as acme/shop");
    // By the old name what is owed is still told.
    desk.github.mend();
    let ran = desk.run(SHOP, &["approve", "--tier", "low", "--yes"]);
    assert!(desk.github.world().pull("acme/store", number).merged.is_some(), "{ran}");
}

#[test]
fn a_repository_that_git_cannot_fetch_is_looked_at_by_its_api() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    let settings = std::fs::read_to_string(sandbox.path("home/.config/countersign/config.toml")).expect("settings");
    sandbox.write("home/.config/countersign/config.toml", settings.replace("/forge/", "/nowhere/"));
    drop(shop);
    let ran = doctor(&desk);
    says(&ran, "git access", Some(false), "could not be fetched", "git_url");
    says(&ran, "repository", Some(true), "default branch main", "");
}

//! Nothing is taken for told that GitHub did not tell, and nothing is asked for again that it told.

use serde_json::{Value, json};

use super::persons::{hold_on, is_merged, page};
use super::{Desk, SHOP, at};
use crate::support::github::{Fault, Response, Wrong};
use crate::support::{Commit, Repo, Sandbox, needs};

/// How often a question that nobody answers is asked.
const ATTEMPTS: usize = 4;

/// Lets approvals on the page count, and sam's among them.
fn counts_pages(desk: &Desk<'_>, shop: &Repo<'_>) {
    let adopted = shop.show("main", ".countersign/policy.yaml");
    let id = adopted.split('"').find(|part| part.len() == 32).expect("an id in the policy");
    let policy = format!(
        r#"version: 1
ledger: {{ id: "{id}", ref: countersign/ledger }}
protect: [main]
people:
  - {{ name: maria, emails: [maria@corp.example], github: maria-k, roles: [approve, admin] }}
  - {{ name: sam, emails: [sam@corp.example], github: sam-h, roles: [approve] }}
agents: [{{ name: infra, match: {{ branches: ["agent/infra/**"], authors: ["infra-bot[bot]"] }} }}]
tiers: {{ low: {{ approvals: 1 }}, medium: {{ approvals: 1 }}, high: {{ approvals: 1 }} }}
approvals: {{ self: never, from: [ledger, github] }}
"#
    );
    let commit = Commit::new("Two persons").by("maria", "maria@corp.example");
    shop.commit("people/two", commit.file(".countersign/policy.yaml", policy));
    let own = desk.github.open(SHOP, "people/two", "maria-k", "Two persons", "");
    let ran = desk.run(SHOP, &["approve", &at(shop, own, "people/two"), "--yes"]).succeeds();
    assert!(is_merged(desk, own), "{ran}");
}

/// An answer of GraphQL that leaves out what there is.
fn partial(errors: &Value) -> Fault {
    let page = json!({ "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": [null] });
    let answer = json!({ "data": { "repository": { "pullRequests": page } }, "errors": errors });
    Fault::at("POST /graphql", Wrong::Answer(Response::json(200, &answer)))
}

/// The next question would be answered by a 304, for an hour.
#[test]
fn what_was_left_out_is_asked_for_again() {
    for errors in [json!([{ "message": "Something went wrong while executing your query." }]), json!([])] {
        let sandbox = Sandbox::new();
        let (desk, shop) = Desk::new(&sandbox);
        let _ = page(&desk, &shop, "a");
        desk.github.fault(partial(&errors));
        let first = desk.run(SHOP, &["list"]);
        assert!(first.stderr.contains("GitHub left some of it out"), "{first}");
        // Where GitHub does not answer then, it is said of what is known.
        desk.github.mend();
        desk.github.fault(Fault::at("*", Wrong::Refused));
        let second = desk.run(SHOP, &["list"]);
        assert!(second.stderr.contains("GitHub left some of it out"), "{second}");
        desk.github.mend();
        let third = desk.run(SHOP, &["list"]);
        assert!(third.stdout.contains("#1") && !third.stderr.contains("left some of it out"), "{third}");
    }
}

/// What is owed of one that is not in such an answer is posted once GitHub tells of it.
#[test]
fn what_github_left_out_once_is_not_forgotten() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let (one, other) = (page(&desk, &shop, "a"), page(&desk, &shop, "b"));
    let _ = desk.list(SHOP, &[]);
    desk.github.fault(Fault::at("*", Wrong::Refused));
    let first = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]).exits(3);
    desk.github.mend();
    std::fs::remove_dir_all(sandbox.home().join(".cache/countersign/github")).expect("the cache");
    desk.github.fault(partial(&json!([{ "message": "Something went wrong while executing your query." }])));
    let second = hold_on(&desk, &shop, &other);
    desk.github.mend();
    let third = hold_on(&desk, &shop, &other);
    assert!(is_merged(&desk, one.0), "{first}\n{second}\n{third}");
}

/// One that cannot be read is named by every command, also where nothing changed, until it can be.
#[test]
fn what_cannot_be_read_is_said_every_time() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    let _ = page(&desk, &shop, "a");
    let (odd, _) = page(&desk, &shop, "b");
    desk.github.world().pull(SHOP, odd).base = "../../evil".into();
    for _ in 0..2 {
        let ran = desk.run(SHOP, &["list"]);
        assert!(ran.stdout.contains("#1") && ran.stderr.contains("#2"), "{ran}");
    }
    desk.github.count();
    let _ = desk.run(SHOP, &["list"]);
    assert_eq!(desk.github.count().get("POST /graphql"), None, "nothing changed");
    {
        let mut world = desk.github.world();
        let now = world.tick();
        let pull = world.pull(SHOP, odd);
        (pull.base, pull.updated) = ("main".into(), now);
    }
    let ran = desk.run(SHOP, &["list"]);
    assert!(ran.stdout.contains("#2") && !ran.stderr.contains("cannot be read"), "{ran}");
}

/// The ledger needs git alone: who decides waits for a GitHub that is away once, and not at each step.
#[test]
fn a_silent_github_is_waited_for_once_while_deciding() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let one = page(&desk, &shop, "a");
    let _ = desk.list(SHOP, &[]);
    desk.github.fault(Fault::at("*", Wrong::Refused));
    desk.github.count();
    let ran = desk.run(SHOP, &["approve", &at(&shop, one.0, &one.1), "--yes"]).exits(3);
    let asked = desk.github.count();
    assert_eq!(asked, [("GET /repos/{}/{}/pulls".to_owned(), ATTEMPTS)].into(), "{ran}");
}

/// A host that crashes may leave files empty that were written just then. The next fetch mends them.
#[test]
fn a_mirror_that_a_crash_spoilt_is_mended() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    let (one, _) = page(&desk, &shop, "a");
    let before = desk.run(SHOP, &["list"]).succeeds();
    assert!(before.stdout.contains(&format!("#{one}")), "{before}");
    let mirror = sandbox.path("home/.cache/countersign/mirrors/127.0.0.1/acme/shop.git");
    for file in ["refs/remotes/origin/main", "refs/remotes/origin/countersign/ledger", "config", "HEAD"] {
        let path = mirror.join(file);
        assert!(path.is_file(), "{file}");
        std::fs::write(&path, "").expect("an empty file");
        let spoilt = ["main", "HEAD"].iter().any(|end| file.ends_with(end));
        if spoilt {
            let ran = desk.run(SHOP, &["list", "--offline"]).exits(2);
            assert!(ran.stderr.contains("is spoilt here") && ran.stderr.contains("leave --offline out"), "{ran}");
        }
        let ran = desk.run(SHOP, &["list"]).succeeds();
        assert_eq!((&ran.stdout, ran.stderr.contains("again: what is kept")), (&before.stdout, spoilt), "{ran}");
        assert!(!ran.stderr.contains("ALARM") && !ran.stderr.contains("warning"), "{ran}");
    }
}

/// What was merged on the page without approval stays so: each command would ask for its reviews again, for ever.
#[test]
fn what_nobody_approved_is_not_asked_about_by_every_command() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    counts_pages(&desk, &shop);
    let pages = ["a", "b", "c"].map(|name| page(&desk, &shop, name));
    let [approved, held, waiting] = ["x", "y", "w"].map(|name| page(&desk, &shop, name));
    let _ = hold_on(&desk, &shop, &held).succeeds();
    let review = json!({ "event": "APPROVE", "body": "Fine.", "commit_id": shop.rev(&approved.1) });
    let path = format!("/repos/{SHOP}/pulls/{}/reviews", approved.0);
    assert_eq!(desk.github.act("sam-h", "POST", &path, &review).0, 200);
    for (number, _) in pages.iter().chain([&approved, &held]) {
        let path = format!("/repos/{SHOP}/pulls/{number}/merge");
        assert_eq!(desk.github.act("infra-lead", "PUT", &path, &json!({})).0, 200);
    }
    let _ = hold_on(&desk, &shop, &waiting).succeeds();
    let merges = |shop: &Repo<'_>| shop.entries().iter().filter(|entry| entry["kind"] == "merge").count();
    let recorded = merges(&shop);
    desk.github.count();
    let _ = desk.run(SHOP, &["withdraw", &format!("#{}", waiting.0), "--yes"]).succeeds();
    let asked = desk.github.count();
    let reviews = asked.get("GET /repos/{}/{}/pulls/{}/reviews").copied().unwrap_or(0);
    assert!(reviews < pages.len(), "{asked:?}");
    assert_eq!((recorded, merges(&shop)), (2, 2), "that of the policy, and what was approved");
    // A cache that is lost costs questions alone.
    std::fs::remove_dir_all(sandbox.home().join(".cache/countersign")).expect("the cache");
    let _ = hold_on(&desk, &shop, &waiting).succeeds();
    assert!(desk.github.count().get("GET /repos/{}/{}/pulls/{}/reviews").is_some_and(|asked| *asked >= pages.len()));
}

/// An agent makes events by adding and removing a label. Where REST is all there is, what is too much to be read once is not read again.
#[test]
fn pull_requests_with_many_events_do_not_eat_the_budget() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.adopt(&shop, SHOP);
    counts_pages(&desk, &shop);
    desk.github.world().graphql = false;
    let numbers = ["a", "b", "c"].map(|name| page(&desk, &shop, name).0);
    let labelled: Vec<Value> =
        (0..100).map(|id| json!({ "id": id, "event": "labeled", "created_at": "2025-01-06T12:00:00Z" })).collect();
    let next = format!("<{}/repos/{SHOP}/issues/2/events?per_page=100&page=2>; rel=\"next\"", desk.github.address());
    let answer = Response::json(200, &json!(labelled)).with("Link", next);
    desk.github.fault(Fault::at("GET /repos/{}/{}/issues/{}/{}", Wrong::Answer(answer)));
    let events = || {
        desk.github.count();
        assert!(desk.list(SHOP, &[]).len() >= numbers.len());
        desk.github.count().get("GET /repos/{}/{}/issues/{}/{}").copied().unwrap_or(0)
    };
    assert_eq!((events(), events()), (numbers.len() * 5, 0), "five pages of each, once");
    {
        let mut world = desk.github.world();
        let now = world.tick();
        world.pull(SHOP, numbers[1]).updated = now;
    }
    assert_eq!(events(), 5, "what changed is asked about");
}

//! Reading: the queue of a repository on GitHub is its pull requests and the branches of agents.

use super::deciding::adopted;
use super::{Desk, SHOP, at, lands};
use crate::support::github::{Fault, Wrong};
use crate::support::{Ran, Sandbox, needs};

#[test]
fn pull_requests_are_listed_and_shown() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.propose(&shop, SHOP, "agent/infra/fewer", ("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n"));
    shop.propose("agent/infra/branch", "A branch alone", &[("docs/a.md", "1\ntwo\nthree\n")]);
    let list = desk.list(SHOP, &[]);
    let ids: Vec<&str> = list.iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, ["#1", "agent/infra/branch"], "the branch of a pull request is no proposal of its own");
    let shown = desk.run(SHOP, &["show", "#1"]).succeeds();
    for words in ["replicas 3 → 1", "It is idle."] {
        assert!(shown.stdout.contains(words), "{shown}");
    }
    // What moves is seen, and what was closed is gone.
    lands(&shop, "docs/b.md", "new\n");
    desk.github.act("sam", "PATCH", "/repos/acme/shop/pulls/1", &serde_json::json!({ "state": "closed" }));
    assert_eq!(desk.list(SHOP, &[]).len(), 1);
    desk.token_is_nowhere();
}

#[test]
fn several_repositories_of_a_forge_and_of_this_host_are_one_queue() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    let infra = desk.repo("acme/infra");
    let local = sandbox.origin();
    desk.propose(&shop, SHOP, "agent/infra/fewer", ("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n"));
    desk.propose(&infra, "acme/infra", "agent/infra/more", ("apps/web/values.yaml", "replicas: 9\nimage: web:1.0\n"));
    local.propose("agent/infra/docs", "Say it better", &[("docs/a.md", "1\ntwo\nthree\n")]);
    let terminal = sandbox.console("", 120, 40, &["acme/shop", "acme/infra", "origin.git"]);
    terminal.wait_for("3 pending");
    let view = terminal.wait_gone("looking into");
    for text in ["shop#1", "infra#1", "origin:docs", "replicas 3 → 1", "replicas 3 → 9"] {
        assert!(view.has(text), "{text}\n{view}");
    }
    terminal.keys("/shop#1<enter><enter>");
    terminal.wait_for("It is idle.");
    drop(terminal);
    desk.token_is_nowhere();

    // The next console shows what was listed before anybody answers, and says when nobody does.
    drop(desk);
    let terminal = sandbox.console("", 120, 40, &["acme/shop"]);
    let view = terminal.wait_for("! offline");
    assert!(view.has("#1") && view.has("replicas 3 → 1"), "{view}");
}

#[test]
fn a_search_names_the_repositories_and_is_remembered() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    let infra = desk.repo("acme/infra");
    desk.propose(&shop, SHOP, "agent/infra/fewer", ("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n"));
    desk.propose(&infra, "acme/infra", "agent/infra/more", ("apps/web/values.yaml", "replicas: 9\nimage: web:1.0\n"));
    desk.set("search = \"org:acme\"\n");
    for _ in 0..2 {
        let terminal = sandbox.console("home", 120, 40, &[]);
        let view = terminal.wait_for("2 pending");
        assert!(view.has("shop#1") && view.has("infra#1"), "{view}");
    }
    let searches = desk
        .github
        .requests()
        .iter()
        .filter(|request| String::from_utf8_lossy(&request.body).contains("FoundPullRequests"))
        .count();
    assert_eq!(searches, 1, "the second console knew");
}

#[test]
fn drafts_authors_and_labels_are_left_out_where_the_settings_say_so() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    for (at, branch) in ["one", "two", "three"].into_iter().enumerate() {
        let branch = format!("agent/infra/{branch}");
        desk.propose(&shop, SHOP, &branch, (&format!("docs/{at}.md"), "text\n"));
    }
    desk.github.world().pull(SHOP, 1).draft = true;
    desk.github.world().pull(SHOP, 2).labels.push("infra".into());
    let ids = |desk: &Desk<'_>| {
        let list = desk.list(SHOP, &[]);
        list.iter().map(|one| one["id"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&desk), ["#1", "#2", "#3"]);
    desk.set("drafts = false\n");
    assert_eq!(ids(&desk), ["#2", "#3"]);
    desk.set("labels = [\"infra\"]\n");
    assert_eq!(ids(&desk), ["#2"]);
    desk.set("authors = [\"somebody\"]\n");
    assert!(ids(&desk).is_empty());
}

#[test]
fn a_branch_that_is_called_like_a_pull_request_is_none() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 2);
    shop.propose("#1", "Something else", &[("docs/else.md", "x\n")]);
    // Whoever may push a branch must not be able to keep people from deciding.
    let ran = desk.run(SHOP, &["hold", &at(&shop, open[0].0, &open[0].1), "-m", "Wait.", "--yes"]).succeeds();
    assert!(ran.stdout.contains("held      #1"), "{ran}");
    // What its author does not call ready is not approved, and in no batch.
    desk.github.world().pull(SHOP, 2).draft = true;
    let rows = desk.run(SHOP, &["list"]).succeeds();
    assert!(rows.stdout.contains("(a draft)") && !rows.stdout.contains("clean"), "{rows}");
    let ran = desk.run(SHOP, &["approve", &at(&shop, open[1].0, &open[1].1), "--yes"]).exits(1);
    assert!(ran.stderr.contains("it is a draft"), "{ran}");
    let _ = desk.run(SHOP, &["approve", "--tier", "low", "--yes"]).exits(1);
    assert!(desk.github.world().pull(SHOP, 2).reviews.is_empty());
}

#[test]
fn what_is_owed_is_found_from_another_cache() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 2);
    desk.github.fault(Fault::at("PUT /repos/{}/{}/pulls/{}/merge", Wrong::Refused));
    let _ = desk.run(SHOP, &["approve", &at(&shop, open[0].0, &open[0].1), "--yes"]).exits(3);
    desk.github.mend();
    let mut command = sandbox.countersign("");
    command.args(["--repo", SHOP, "hold", &at(&shop, open[1].0, &open[1].1), "-m", "Wait.", "--yes"]);
    let ran = Ran::of(command.env("XDG_CACHE_HOME", sandbox.path("elsewhere"))).succeeds();
    assert!(desk.github.world().pull(SHOP, 1).merged.is_some(), "{ran}");
    desk.sound(SHOP);
}

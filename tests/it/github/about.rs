//! Whose token it is, what is said of a repository, and Enterprise servers, whose APIs are elsewhere.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::io::git::process::Git;
use countersign::io::github::{
    Client, Connection, Filter, Host, ListingCache, Lookup, Secret, Source, Token, TokenSource, identity, repository,
    rules,
};
use countersign::model::Oid;
use countersign::model::forge::{AccountKind, BranchRule, BranchRules};
use jiff::SignedDuration;
use serde_json::json;

use super::{ALWAYS, SHOP, TOKEN, client, forge, list, noon, propose};
use crate::console::eventually;
use crate::support::Sandbox;
use crate::support::github::{Fault, GitHub, Response, Wrong, refusal};

#[test]
fn a_token_says_whose_it_is() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let found = identity(&client(&github), ALWAYS).unwrap();
    assert_eq!((found.account.login.as_str(), found.account.kind), ("maria-k", AccountKind::User));
    assert_eq!((found.scopes, found.expires), (Some(vec!["repo".to_owned()]), None));
    // An app's own token.
    github.fault(Fault::status("GET /user", 403, "Resource not accessible by integration"));
    assert_eq!(identity(&client(&github), ALWAYS).unwrap_err().status(), Some(403));
}

/// A source whose token is in a file, unless a variable of the environment has one.
fn source(sandbox: &Sandbox, github: &GitHub, variable: fn(&str) -> Option<String>) -> Source {
    let file = sandbox.write("token", TOKEN);
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let host = Host::parse(github.address()).unwrap();
    let lookup = Lookup { variable, git: Git::new(&sandbox.path("")), file: Some(file) };
    let cache = ListingCache::of(&sandbox.path("cache"), &host, &SHOP);
    let connection = Arc::new(Connection::new(host, lookup, super::at(noon())));
    Source::new(SHOP.clone(), connection, Filter::default(), cache)
}

/// What a lookup of a token waits for, and whether it is at it.
static GATE: Mutex<()> = Mutex::new(());
static LOOKING: AtomicBool = AtomicBool::new(false);

/// The token comes from another program, and the first frame of each repository asks what is left of the budget.
#[test]
fn nobody_waits_for_a_token_to_see_what_is_known() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let slow = |_: &str| {
        LOOKING.store(true, Ordering::SeqCst);
        drop(GATE.lock());
        None
    };
    let source = source(&sandbox, &github, slow);
    let shut = GATE.lock().unwrap();
    std::thread::scope(|scope| {
        let found = scope.spawn(|| source.connection().client().is_ok());
        eventually("the token is looked for", || LOOKING.load(Ordering::SeqCst));
        let (told, tell) = channel();
        let source = &source;
        scope.spawn(move || told.send((source.budget().is_none(), source.connection().opened().is_none())));
        let seen = tell.recv_timeout(Duration::from_secs(30));
        drop(shut);
        assert_eq!((seen, found.join().unwrap()), (Ok((true, true)), true));
    });
    assert!(source.connection().opened().is_some());
}

/// All but the list itself, which somebody may ask for at any time.
#[test]
fn who_does_not_answer_is_not_asked_for_more_in_the_same_minute() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    github.fault(Fault::at("*", Wrong::Refused));
    let source = source(&sandbox, &github, |_| None);
    let error = source.refresh(noon(), ALWAYS).unwrap_err();
    assert_eq!(source.is_down(), Some(error.clone()));
    github.mend();
    github.count();
    assert_eq!(source.connection().me(ALWAYS).unwrap_err(), error);
    assert_eq!(source.facts(ALWAYS).unwrap_err(), error);
    assert_eq!(source.landed("main", &BTreeSet::new(), ALWAYS).unwrap_err(), error);
    assert_eq!((source.login(ALWAYS), github.count().len()), (None, 0));
    source.refresh(noon(), ALWAYS).unwrap();
    assert_eq!(source.connection().me(ALWAYS).unwrap().login, "maria-k");
    assert!(source.facts(ALWAYS).is_ok() && source.is_whole());
}

/// REST would be two questions for each head, of a GitHub that has just failed over one.
#[test]
fn checks_that_graphql_does_not_tell_just_now_are_unknown() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 30);
    let source = source(&sandbox, &github, |_| None);
    source.refresh(noon(), ALWAYS).unwrap();
    let heads: Vec<Oid> = source.pulls().iter().map(|pull| pull.head.oid).collect();
    let ask = || {
        github.count();
        source.ask_checks(&heads, noon(), SignedDuration::ZERO, ALWAYS);
        let known = source.checks().heads.values().filter(|checks| checks.found().is_some()).count();
        (known, github.count())
    };
    let graphql = "POST /graphql".to_owned();
    assert_eq!(ask(), (30, [(graphql.clone(), 2)].into()));
    for response in
        [Response::json(200, &json!({ "errors": [{ "message": "Something went wrong." }] })), refusal(502, "")]
    {
        github.fault(Fault::at("POST /graphql", Wrong::Answer(response)));
        let (known, asked) = ask();
        assert_eq!((known, asked.keys().collect::<Vec<_>>()), (0, vec![&graphql]));
        github.mend();
    }
    github.world().graphql = false;
    let (known, asked) = ask();
    assert_eq!((known, asked.values().sum::<usize>()), (30, 1 + 2 * 30));
}

#[test]
fn whose_a_token_is_is_asked_once_and_not_where_nobody_is_to_be_asked() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    assert_eq!(source(&sandbox, &github, |_| None).silent().login(ALWAYS), None);
    assert_eq!(github.requests().len(), 0);
    let source = source(&sandbox, &github, |_| None);
    for _ in 0..2 {
        assert_eq!(source.login(ALWAYS).as_deref(), Some("maria-k"), "though nothing was asked before");
    }
    assert_eq!(github.requests().len(), 1);
}

#[test]
fn a_repository_says_how_it_merges() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    github.world().repos.get_mut("acme/shop").unwrap().methods = vec!["squash"];
    github.world().moved.insert("acme/old".into(), "acme/shop".into());
    let client = client(&github);
    for name in ["acme/shop", "acme/old"] {
        let facts = repository(&client, &name.parse().unwrap(), ALWAYS).unwrap();
        assert_eq!((facts.repo, facts.default_branch.as_str()), (SHOP.clone(), "main"));
        assert_eq!(
            (facts.merge, facts.squash, facts.push, facts.admin),
            (Some(false), Some(true), Some(true), Some(false))
        );
    }
    github.world().hidden.insert(("maria-k".into(), "acme/shop".into()));
    assert_eq!(repository(&client, &SHOP, ALWAYS).unwrap_err().status(), Some(404));
}

#[test]
fn a_branch_says_what_it_asks_for() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let client = client(&github);
    assert_eq!(rules(&client, &SHOP, "main", ALWAYS).unwrap(), BranchRules::default());
    {
        let mut world = github.world();
        let repo = world.repos.get_mut("acme/shop").unwrap();
        repo.protected.insert("release/1".into(), 2);
        let checks = json!({ "required_status_checks": [{ "context": "countersign" }] });
        repo.rulesets.insert(
            "release/1".into(),
            vec![
                json!({ "type": "non_fast_forward" }),
                json!({ "type": "required_status_checks", "parameters": checks }),
            ],
        );
    }
    let found = rules(&client, &SHOP, "release/1", ALWAYS).unwrap();
    assert_eq!((found.approvals, found.checks), (Some(2), vec!["countersign".to_owned()]));
    assert_eq!(found.also.into_iter().collect::<Vec<_>>(), [BranchRule::NoForce, BranchRule::NoDeletion]);
    // Who may not read the protection still reads the rules.
    github.fault(Fault::status(
        "GET /repos/{}/{}/branches/{}/protection",
        403,
        "Must have admin rights to Repository.",
    ));
    let found = rules(&super::client(&github), &SHOP, "release/1", ALWAYS).unwrap();
    assert_eq!((found.approvals, found.also.len()), (None, 1));
}

#[test]
fn an_enterprise_server_has_its_apis_below_a_path() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 120);
    let host = Host::parse(&format!("{}/api/v3", github.address())).unwrap();
    let token = Token { secret: Secret::new(TOKEN).unwrap(), source: TokenSource::Gh };
    let client = Client::new(host, token, &super::at(noon())).unwrap();
    for graphql in [true, false] {
        github.world().graphql = graphql;
        assert_eq!(list(&client, None, noon()).pulls.len(), 120);
    }
    let paths: std::collections::BTreeSet<String> = github.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths.into_iter().collect::<Vec<_>>(), ["/api/graphql", "/api/v3/repos/acme/shop/pulls"]);
}

//! Listing: what is open, in few requests, and what changed since in fewer.

use std::collections::BTreeMap;

use countersign::io::github::{Filter, Host, ListingCache, search};
use countersign::model::forge::{AccountKind, Mergeable, PullState, ReviewDecision};
use jiff::SignedDuration;

use super::{ALWAYS, SHOP, branch, branches, client, forge, list, noon, propose};
use crate::support::github::{Fault, GitHub, Pull, Response, Wrong};
use crate::support::{Commit, Repo, Sandbox};

const PROBE: &str = "GET /repos/{}/{}/pulls";
const GRAPHQL: &str = "POST /graphql";

fn requests(github: &GitHub) -> (usize, usize) {
    let count = github.count();
    let of = |route: &str| count.get(route).copied().unwrap_or(0);
    assert_eq!(of(PROBE) + of(GRAPHQL), count.values().sum::<usize>(), "{count:?}");
    (of(PROBE), of(GRAPHQL))
}

#[test]
fn a_pull_request_is_told_as_it_is() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let sha = repo.propose("agent/replicas", "less", &[("a.yaml", "a: 2\n")]);
    let number = github.open("acme/shop", "agent/replicas", "infra-bot[bot]", "Halve it", "## Why\n\nCheaper.");
    {
        let mut world = github.world();
        let pull = world.pull("acme/shop", number);
        (pull.draft, pull.labels) = (true, vec!["infra".into(), "cost".into()]);
        world.repos.get_mut("acme/shop").unwrap().protected.insert("main".into(), 1);
    }
    for graphql in [true, false] {
        github.world().graphql = graphql;
        let listing = list(&client(&github), None, noon());
        assert!(listing.problems.is_empty() && !listing.cut);
        let [pull] = &listing.pulls[..] else { panic!("{listing:?}") };
        assert_eq!((pull.repo.to_string().as_str(), pull.number), ("acme/shop", number));
        assert_eq!((pull.title.as_str(), pull.body.as_str()), ("Halve it", "## Why\n\nCheaper."));
        assert_eq!((pull.author.login.as_str(), pull.author.kind), ("infra-bot[bot]", AccountKind::App));
        assert_eq!((pull.head.branch.as_str(), pull.head.oid.to_string()), ("agent/replicas", sha.clone()));
        assert_eq!((pull.base.branch.as_str(), pull.base.oid.to_string()), ("main", repo.rev("main")));
        assert!(pull.draft && pull.state == PullState::Open && !pull.from_fork());
        assert_eq!(pull.labels, ["infra", "cost"]);
        assert_eq!(pull.url.as_deref(), Some("https://github.com/acme/shop/pull/1"));
        // A REST list does not tell: unknown, not none.
        assert_eq!(pull.mergeable, graphql.then_some(Mergeable::Clean));
        assert_eq!(pull.review, graphql.then_some(ReviewDecision::Required));
        assert_eq!(pull.comments, graphql.then_some(0));
    }
}

#[test]
fn all_labels_are_told_that_a_pull_request_can_have() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 1);
    github.world().pull("acme/shop", 1).labels = (0..100).map(|number| format!("label {number}")).collect();
    for graphql in [true, false] {
        github.world().graphql = graphql;
        let listing = list(&client(&github), None, noon());
        assert_eq!(listing.pulls[0].labels.len(), 100, "by GraphQL: {graphql}");
    }
}

#[test]
fn a_listing_that_did_not_change_is_one_conditional_request() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 120);
    let cold = list(&client(&github), None, noon());
    assert_eq!((cold.pulls.len(), requests(&github)), (120, (1, 3)));
    // Another start of the program, with what was kept.
    let cache = ListingCache::of(&sandbox.path("cache"), &Host::parse(github.address()).unwrap(), &SHOP);
    cache.keep(&cold).unwrap();
    let known = cache.load(&SHOP).unwrap();
    assert_eq!(known, cold);
    let again = client(&github);
    let later = noon() + SignedDuration::from_mins(5);
    let warm = list(&again, Some(&known), later);
    assert_eq!((warm.pulls, warm.fetched, requests(&github)), (cold.pulls, later, (1, 0)));
    assert_eq!(again.budgets().first().map(|budget| budget.remaining), Some(5_000 - 1), "it cost nothing");
}

#[test]
fn what_changed_is_read_and_the_rest_is_kept() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 120);
    let client = client(&github);
    let before = list(&client, None, noon());
    requests(&github);
    // A push, a close, a new one.
    let moved = repo.propose("agent/0003", "again", &[("f3.yaml", "x: 2\n")]);
    github.world().look_at_git();
    {
        let mut world = github.world();
        let now = world.tick();
        let pull = world.pull("acme/shop", 50);
        (pull.open, pull.updated) = (false, now);
    }
    repo.propose("agent/new", "new", &[("new.yaml", "x: 1\n")]);
    github.open("acme/shop", "agent/new", "infra-bot[bot]", "New", "");
    let after = list(&client, Some(&before), noon());
    assert_eq!(requests(&github), (1, 1));
    let numbers = |listing: &countersign::io::github::Listing| {
        let mut numbers: Vec<u64> = listing.pulls.iter().map(|pull| pull.number).collect();
        numbers.sort_unstable();
        numbers
    };
    let wanted: Vec<u64> = (1..=121).filter(|number| *number != 50).collect();
    assert_eq!(numbers(&after), wanted);
    assert_eq!((after.pulls[0].number, after.pulls[1].number), (121, 4), "the last change first");
    assert_eq!(after.pulls[1].head.oid.to_string(), moved);
    // After an hour all of it is read anew.
    let late = noon() + SignedDuration::from_mins(61);
    assert_eq!((numbers(&list(&client, Some(&after), late)), requests(&github)), (wanted.clone(), (1, 3)));
    // As it is where the clock was ahead when it was read.
    let early = noon() - SignedDuration::from_mins(61);
    assert_eq!((numbers(&list(&client, Some(&after), early)), requests(&github)), (wanted, (1, 3)));
}

#[test]
fn a_list_that_is_too_long_is_not_read_whole_at_each_change() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 1);
    {
        let mut world = github.world();
        let one = world.pull("acme/shop", 1).clone();
        let pulls = &mut world.repos.get_mut("acme/shop").unwrap().pulls;
        // The one of the smallest number changed last.
        pulls.extend(
            (2..=1_005).map(|number| (number, Pull { number, updated: one.updated - number as i64, ..one.clone() })),
        );
    }
    let close = |numbers: std::ops::RangeInclusive<u64>| {
        let mut world = github.world();
        let now = world.tick();
        numbers.for_each(|number| {
            let pull = world.pull("acme/shop", number);
            (pull.open, pull.updated) = (false, now);
        });
    };
    let client = client(&github);
    let cold = list(&client, None, noon());
    assert_eq!((cold.pulls.len(), cold.cut, requests(&github)), (1_000, true, (1, 25)));
    assert_eq!((list(&client, Some(&cold), noon()).cut, requests(&github)), (true, (1, 0)), "nothing changed");
    // One leaves, and one that was left out changes.
    close(500..=500);
    {
        let mut world = github.world();
        let now = world.tick();
        world.pull("acme/shop", 1_003).updated = now;
    }
    let warm = list(&client, Some(&cold), noon());
    assert_eq!((warm.pulls.len(), warm.pulls[0].number, warm.cut, requests(&github)), (1_000, 1_003, true, (1, 1)));
    // Where many left, those that were left out come in.
    close(1..=102);
    let last = list(&client, Some(&warm), noon());
    assert_eq!((last.pulls.len(), last.cut, requests(&github)), (902, false, (1, 3 + 23)));
}

#[test]
fn without_graphql_rest_answers() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 120);
    github.world().graphql = false;
    let client = client(&github);
    let listing = list(&client, None, noon());
    assert_eq!((listing.pulls.len(), requests(&github)), (120, (1 + 2, 1)));
    assert_eq!(list(&client, Some(&listing), noon()).pulls, listing.pulls);
    assert_eq!(requests(&github), (1, 0));
}

#[test]
fn a_server_that_gives_up_is_asked_for_less() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 30);
    github.fault(Fault::at(GRAPHQL, Wrong::Answer(Response { status: 502, ..Response::default() })).times(4));
    let listing = list(&client(&github), None, noon());
    assert_eq!((listing.pulls.len(), requests(&github)), (30, (1, 4 + 2)));
}

/// What GitHub answers where a question took it too long.
fn given_up() -> Response {
    let words = "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug. \
                 Please include `0:0:0:0:0` when reporting this issue.";
    Response::json(200, &serde_json::json!({ "data": null, "errors": [{ "message": words }] }))
}

#[test]
fn what_graphql_gives_up_in_a_200_is_asked_for_in_smaller_parts_and_not_over_rest() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 30);
    // Twice at each size, as what is silent.
    github.fault(Fault::at(GRAPHQL, Wrong::Answer(given_up())).times(4));
    let client = client(&github);
    let listing = list(&client, None, noon());
    assert_eq!((listing.pulls.len(), requests(&github)), (30, (1, 4 + 3)));
    assert!(listing.pulls.iter().all(|pull| pull.opinions.is_some()), "REST would not tell");
    github.fault(Fault::at(GRAPHQL, Wrong::Answer(given_up())));
    let hour = SignedDuration::from_hours(1);
    let error = countersign::io::github::refresh(&client, &SHOP, None, noon(), hour, ALWAYS).unwrap_err();
    assert!(error.may_pass() && error.to_string().contains("Something went wrong"), "{error}");
    assert_eq!(requests(&github), (1, 6));
}

#[test]
fn a_schema_without_what_is_asked_for_is_no_graphql() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 3);
    let message = "Field 'latestOpinionatedReviews' doesn't exist on type 'PullRequest'";
    for error in [
        serde_json::json!({ "path": ["query"], "extensions": { "code": "undefinedField" }, "message": message }),
        serde_json::json!({ "message": message }),
    ] {
        github.mend();
        let body = serde_json::json!({ "errors": [error] });
        github.fault(Fault::at(GRAPHQL, Wrong::Answer(Response::json(200, &body))));
        let listing = list(&client(&github), None, noon());
        assert_eq!((listing.pulls.len(), requests(&github)), (3, (1 + 1, 1)));
    }
}

#[test]
fn a_page_that_breaks_off_is_asked_for_again_and_a_list_is_never_half() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 60);
    github.fault(Fault::at(GRAPHQL, Wrong::Truncated(500)).after(1).times(1));
    let client = client(&github);
    assert_eq!((list(&client, None, noon()).pulls.len(), requests(&github)), (60, (1, 3)));
    github.fault(Fault::at(GRAPHQL, Wrong::Lost).after(1));
    let hour = SignedDuration::from_hours(1);
    let error = countersign::io::github::refresh(&client, &SHOP, None, noon(), hour, ALWAYS).unwrap_err();
    assert!(error.may_pass(), "{error}");
}

#[test]
fn what_the_server_left_out_is_said() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let body = serde_json::json!({
        "data": { "repository": { "pullRequests": { "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": [null] } } },
        "errors": [{ "type": "FORBIDDEN", "message": "Resource protected by organization SAML enforcement." }],
    });
    github.fault(Fault::at(GRAPHQL, Wrong::Answer(Response::json(200, &body))));
    let listing = list(&client(&github), None, noon());
    assert!(listing.pulls.is_empty());
    assert!(listing.problems[0].what.ends_with("SAML enforcement."), "{:?}", listing.problems);
}

#[test]
fn odd_pull_requests_cost_no_other() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 4);
    {
        let mut world = github.world();
        // Its fork was deleted, its author too; another has a branch that git would not have.
        let pull = world.pull("acme/shop", 1);
        (pull.fork, pull.title) = (Some(String::new()), "\u{1b}[2J\u{202e}".repeat(1_000));
        pull.body = Some("x".repeat(100_000));
        world.pull("acme/shop", 2).base = "../../evil".into();
        world.pull("acme/shop", 3).author = "not a login\n".into();
    }
    for graphql in [true, false] {
        github.world().graphql = graphql;
        let listing = list(&client(&github), None, noon());
        let find = |number| listing.pulls.iter().find(|pull| pull.number == number);
        let first = find(1).unwrap();
        assert!(first.from_fork() && first.head.repo.is_none() && first.title.len() <= 1_024);
        assert_eq!((first.body.len(), first.body_cut), (64 << 10, true));
        assert!(find(2).is_none() && find(4).is_some());
        assert_eq!(find(3).unwrap().author.login, "ghost");
        let [problem] = &listing.problems[..] else { panic!("{:?}", listing.problems) };
        assert!(problem.place.contains("#2") && problem.what.contains("no name of a branch"), "{problem:?}");
    }
}

#[test]
fn filters_choose() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 3);
    {
        let mut world = github.world();
        world.pull("acme/shop", 1).labels = vec!["Infra".into()];
        (world.pull("acme/shop", 2).draft, world.pull("acme/shop", 2).author) = (true, "maria-k".into());
        world.pull("acme/shop", 3).head = "feature/x/y".into();
    }
    repo.git(&["branch", "feature/x/y", "agent/0002"]);
    let listing = list(&client(&github), None, noon());
    let chosen = |filter: Filter| {
        let mut numbers: Vec<u64> =
            listing.pulls.iter().filter(|pull| filter.admits(pull)).map(|pull| pull.number).collect();
        numbers.sort_unstable();
        numbers
    };
    let pattern = |text| vec![Filter::pattern(text).unwrap()];
    assert_eq!(chosen(Filter::default()), [1, 2, 3]);
    assert_eq!(chosen(Filter { authors: vec!["Infra-Bot[bot]".into()], ..Filter::default() }), [1, 3]);
    assert_eq!(chosen(Filter { apps_only: true, ..Filter::default() }), [1, 3]);
    assert_eq!(chosen(Filter { labels: vec!["other".into(), "infra".into()], ..Filter::default() }), [1]);
    assert_eq!(chosen(Filter { branches: pattern("agent/*"), ..Filter::default() }), [1, 2]);
    assert_eq!(chosen(Filter { branches: pattern("feature/*"), ..Filter::default() }), [0; 0]);
    assert_eq!(chosen(Filter { branches: pattern("feature/**"), ..Filter::default() }), [3]);
    assert_eq!(chosen(Filter { targets: pattern("release/*"), ..Filter::default() }), [0; 0]);
    assert_eq!(chosen(Filter { no_drafts: true, ..Filter::default() }), [1, 3]);
}

#[test]
fn a_search_finds_repositories_with_graphql_and_without() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 2);
    let other: Repo<'_> = sandbox.bare("infra.git");
    other.commit("main", Commit::new("begin").file("a", "a\n"));
    for name in ["acme/infra", "acme/nothing-open", "else/where"] {
        github.repo(name, &other);
    }
    propose(&github, &other, "acme/infra", 120);
    let client = client(&github);
    let (rest, wanted) = ("GET /search/issues".to_owned(), ["acme/infra", "acme/shop"]);
    for (graphql, asked) in [
        (true, BTreeMap::from([(GRAPHQL.to_owned(), 2)])),
        (false, BTreeMap::from([(GRAPHQL.to_owned(), 1), (rest.clone(), 2)])),
    ] {
        github.world().graphql = graphql;
        github.count();
        let found = search(&client, "org:acme author:infra-bot[bot]", ALWAYS).unwrap();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), wanted);
        assert_eq!(github.count(), asked);
        assert!(search(&client, "org:acme label:none", ALWAYS).unwrap().is_empty());
    }
    assert!(search(&client, &"x".repeat(2_000), ALWAYS).is_err());
}

#[test]
fn nine_repositories_with_three_hundred_pull_requests() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let names: Vec<String> = (0..9).map(|at| format!("acme/r{at}")).collect();
    branches(&repo, 300);
    for name in &names {
        github.repo(name, &repo);
    }
    for at in 0..300 {
        github.open(&names[at % 9], &branch(at), "infra-bot[bot]", "x", "y");
    }
    let client = client(&github);
    let hour = SignedDuration::from_hours(1);
    let all = |known: &[countersign::io::github::Listing]| -> Vec<_> {
        let one = |(at, name): (usize, &String)| {
            let name = name.parse().unwrap();
            countersign::io::github::refresh(&client, &name, known.get(at), noon(), hour, ALWAYS).unwrap()
        };
        names.iter().enumerate().map(one).collect()
    };
    let cold = all(&[]);
    assert_eq!(cold.iter().map(|listing| listing.pulls.len()).sum::<usize>(), 300);
    assert_eq!(requests(&github), (9, 9));
    all(&cold);
    assert_eq!(requests(&github), (9, 0));
}

#[test]
fn what_the_cache_holds_is_of_one_host_and_repository() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 1);
    let listing = list(&client(&github), None, noon());
    let base = sandbox.path("cache");
    let host = Host::parse(github.address()).unwrap();
    let cache = ListingCache::of(&base, &host, &SHOP);
    assert_eq!(cache.load(&SHOP), None);
    cache.keep(&listing).unwrap();
    for (host, name) in [(&Host::default(), "acme/shop"), (&host, "acme/shop2")] {
        assert_eq!(ListingCache::of(&base, host, &name.parse().unwrap()).load(&SHOP), None);
    }
    let good = std::fs::read(cache.path()).unwrap();
    std::fs::write(cache.path(), &good[..good.len() - 1]).unwrap();
    assert_eq!(cache.load(&SHOP), None);
    cache.clear().unwrap();
    cache.clear().unwrap();
}

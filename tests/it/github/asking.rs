//! How the client asks: with the right headers, conditionally, within its budget, and never further than its origin.

use std::time::Duration;

use countersign::io::github::{Changed, GitHubError};

use super::{ALWAYS, TOKEN, at, client, forge, noon, propose};
use crate::support::Sandbox;
use crate::support::github::{Fault, Response, Wrong};

const USER: &str = "GET /user";

#[test]
fn a_request_says_who_asks_and_in_what_version() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let client = client(&github);
    assert_eq!(client.read("/user", "the account").wait(ALWAYS).unwrap().status, 200);
    let request = github.requests().remove(0);
    let all = |name: &str| -> Vec<&str> {
        request.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(all("authorization"), [format!("Bearer {TOKEN}")]);
    assert_eq!(all("user-agent"), [concat!("countersign/", env!("CARGO_PKG_VERSION"))]);
    assert_eq!(all("accept"), ["application/vnd.github+json"]);
    assert_eq!(all("x-github-api-version"), ["2022-11-28"]);
}

#[test]
fn what_did_not_change_is_not_sent_again_and_costs_nothing() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 1);
    let client = client(&github);
    let read = || client.read("/repos/acme/shop/pulls/1", "it").wait(ALWAYS).unwrap();
    let (first, second) = (read(), read());
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    assert_eq!(client.budgets()[0].remaining, 4_999);
    let conditional = github.requests().iter().filter(|request| request.header("if-none-match").is_some()).count();
    assert_eq!(conditional, 1);
    github.world().pull("acme/shop", 1).title = "Another".into();
    assert!(!std::sync::Arc::ptr_eq(&first, &read()));
    let mark = read().header("etag").map(str::to_owned);
    let changed = client.changed("/repos/acme/shop/pulls/1", mark.as_deref(), "it", ALWAYS).unwrap();
    assert!(matches!(changed, Changed::No));
}

#[test]
fn a_renamed_repository_is_found_and_a_foreign_one_is_not_followed() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 1);
    github.world().moved.insert("acme/old".into(), "acme/shop".into());
    let client = client(&github);
    assert_eq!(client.read("/repos/acme/old/pulls/1", "it").wait(ALWAYS).unwrap().status, 200);
    github.count();
    for address in ["https://evil.example/user", "//evil.example/user"] {
        let elsewhere = Response { status: 302, ..Response::default() }.with("Location", address);
        github.fault(Fault::at(USER, Wrong::Answer(elsewhere)).times(1));
        let error = client.read("/user", "the account").wait(ALWAYS).unwrap_err();
        assert!(matches!(error, GitHubError::Refused { status: 302, .. }), "{error}");
    }
    let circle = Response { status: 301, ..Response::default() }.with("Location", "/user");
    github.fault(Fault::at(USER, Wrong::Answer(circle)));
    let error = client.read("/user", "the account").wait(ALWAYS).unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
    assert_eq!(github.count()[USER], 2 + 4);
}

#[test]
fn a_push_between_two_requests_is_seen_by_the_second() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    propose(&github, &repo, "acme/shop", 1);
    let client = client(&github);
    let route = "GET /repos/{}/{}/pulls/{}";
    let read = || client.read("/repos/acme/shop/pulls/1", "it").wait(ALWAYS).unwrap().body.clone();
    let (before, main) = (read(), repo.rev("main"));
    github.fault(Fault::moves(route, &repo, &super::branch(0), &main).times(1));
    let after = String::from_utf8(read()).unwrap();
    assert!(after.contains(&format!("\"sha\":\"{main}\"")) && before != after.as_bytes());
    assert_eq!(repo.rev("refs/pull/1/head"), main);
}

#[test]
fn at_most_four_reads_are_under_way() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    github.fault(Fault::at(USER, Wrong::Late(Duration::from_millis(150))));
    let client = client(&github);
    let readings: Vec<_> = (0..12).map(|at| client.read(&format!("/user?{at}"), "it")).collect();
    for reading in readings {
        reading.wait(ALWAYS).unwrap();
    }
    assert_eq!(github.most_at_once(), 4);
}

#[test]
fn a_question_that_nobody_waits_for_is_broken_off() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    github.fault(Fault::at(USER, Wrong::Silence(Duration::from_secs(20))).times(4));
    let client = client(&github);
    let began = std::time::Instant::now();
    for _ in 0..4 {
        assert_eq!(client.read("/user", "it").wait(&|| false).unwrap_err(), GitHubError::Stopped);
    }
    // Their places are free again at once.
    assert_eq!(client.read("/user", "it").wait(ALWAYS).unwrap().status, 200);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_used_up_budget_is_left_alone_until_it_is_filled() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    github.world().budget = 1;
    let client = client(&github);
    client.read("/user", "it").wait(ALWAYS).unwrap();
    let budget = client.budgets().remove(0);
    assert_eq!((budget.resource.as_str(), budget.limit, budget.remaining), ("core", 1, 0));
    let read = || client.read("/rate_limit?x=1", "it").wait(ALWAYS).unwrap_err();
    assert!(matches!(read(), GitHubError::Limited { until, .. } if until > jiff::Timestamp::now()));
    github.count();
    assert!(read().to_string().contains("until"));
    assert!(github.count().is_empty(), "nothing is sent before it is filled");
}

#[test]
fn a_secondary_limit_is_about_everything() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let words = r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes."}"#;
    for retry_after in [Some(90), None] {
        github.mend();
        let mut limited = Response { status: 403, body: words.into(), ..Response::default() };
        if let Some(seconds) = retry_after {
            limited = limited.with("Retry-After", seconds);
        }
        github.fault(Fault::at(USER, Wrong::Answer(limited)));
        github.count();
        let client = super::client_with(&github, &at(noon()));
        let until = noon() + jiff::SignedDuration::from_secs(retry_after.unwrap_or(60));
        for path in ["/user", "/rate_limit", "/repos/acme/shop"] {
            let error = client.read(path, "it").wait(ALWAYS).unwrap_err();
            assert!(matches!(error, GitHubError::Limited { until: at, .. } if at == until), "{path}: {error}");
        }
        assert_eq!(github.count().values().sum::<usize>(), 1);
    }
}

#[test]
fn a_short_wait_that_is_asked_for_is_kept_by_all() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let limited = crate::support::github::refusal(429, "slow down").with("Retry-After", 3);
    github.fault(Fault::at("GET /rate_limit", Wrong::Answer(limited)).times(1));
    let client = client(&github);
    let told = std::sync::atomic::AtomicBool::new(false);
    // Others ask as fast as they can. Once one was told to wait, they do, and no clock has to be believed for it: however busy
    // the machine is, a wait that is kept shows as an answer that took long.
    let longest = std::thread::scope(|scope| {
        scope.spawn(|| {
            client.read("/rate_limit", "it").wait(ALWAYS).unwrap();
            told.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        let mut longest = Duration::ZERO;
        while !told.load(std::sync::atomic::Ordering::SeqCst) {
            let began = std::time::Instant::now();
            client.read("/user", "it").wait(ALWAYS).unwrap();
            longest = longest.max(began.elapsed());
        }
        longest
    });
    assert!(longest >= Duration::from_secs(1), "the others waited too: {longest:?}");
    assert_eq!(github.count()["GET /rate_limit"], 2);
}

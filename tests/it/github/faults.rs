//! Every fault has one error that says what happened, why, and what to do next; reads are asked again where that may help.

use std::time::Duration;

use countersign::io::github::{Client, GitHubError, Patience, Setup};
use serde_json::json;

use super::{ALWAYS, client, forge, hasty};
use crate::support::Sandbox;
use crate::support::github::{Fault, GitHub, Response, Wrong, refusal};

const PULLS: &str = "GET /repos/{}/{}/pulls";

fn read(client: &Client) -> Result<u16, GitHubError> {
    client.read("/repos/acme/shop/pulls", "the pull requests of acme/shop").wait(ALWAYS).map(|answer| answer.status)
}

/// The error that an answer makes, and how often it was asked for.
fn answered(github: &GitHub, client: &Client, response: Response) -> (String, usize) {
    github.mend();
    github.count();
    github.fault(Fault::at(PULLS, Wrong::Answer(response)));
    let error = read(client).unwrap_err();
    (error.to_string(), github.count()[PULLS])
}

#[test]
fn refusals_say_what_to_do() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let client = client(&github);
    let host = "127.0.0.1";
    let what = "the pull requests of acme/shop";
    let sso = "required; url=https://github.com/orgs/acme/sso?authorization_request=x";
    for (response, wanted) in [
        (
            refusal(401, "Bad credentials"),
            format!(
                "{host} refused the token from GH_TOKEN (Bad credentials): it may have expired or been revoked; make a new token and set GH_TOKEN to it"
            ),
        ),
        (
            refusal(403, "Resource protected by organization SAML enforcement.").with("X-GitHub-SSO", sso),
            format!(
                "{what}: the organisation wants the token from GH_TOKEN authorised for single sign-on; open https://github.com/orgs/acme/sso?authorization_request=x"
            ),
        ),
        (
            refusal(403, "Resource not accessible by personal access token")
                .with("X-Accepted-GitHub-Permissions", "pull_requests=read"),
            format!(
                "{what}: the token from GH_TOKEN may not (Resource not accessible by personal access token); it needs the permissions pull_requests=read"
            ),
        ),
        (
            refusal(403, "Must have admin rights").with("X-Accepted-OAuth-Scopes", "repo").with("X-OAuth-Scopes", ""),
            format!(
                "{what}: the token from GH_TOKEN may not (Must have admin rights); it needs the scope repo, and has none"
            ),
        ),
        (
            refusal(404, "Not Found"),
            format!(
                "{what}: not found, or the token from GH_TOKEN cannot see it; check the name, and that the token has access"
            ),
        ),
        (
            refusal(405, "Pull Request is not mergeable"),
            format!("{what}: {host} refused with 405: Pull Request is not mergeable"),
        ),
        (
            refusal(409, "Head branch was modified. Review and try the merge again."),
            format!("{what}: {host} refused with 409: Head branch was modified. Review and try the merge again."),
        ),
        (refusal(422, "Validation Failed"), format!("{what}: {host} refused with 422: Validation Failed")),
    ] {
        assert_eq!(answered(&github, &client, response), (wanted, 1), "asked once");
    }
}

#[test]
fn servers_that_fail_are_asked_four_times() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let client = client(&github);
    let html = Response { status: 502, body: b"<html>Unicorn!</html>".to_vec(), ..Response::default() };
    let (error, count) = answered(&github, &client, html);
    assert!(error.contains("failed with 502 (Bad Gateway)") && count == 4, "{error} {count}");
    github.mend();
    github.fault(Fault::status(PULLS, 500, "Server Error").times(3));
    assert_eq!(read(&client), Ok(200));
}

#[test]
fn connections_that_break_are_made_again() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    super::propose(&github, &repo, "acme/shop", 2);
    let client = client(&github);
    for wrong in [Wrong::Refused, Wrong::Lost, Wrong::Truncated(10)] {
        github.mend();
        github.fault(Fault::at(PULLS, wrong.clone()).times(2));
        assert_eq!(read(&client), Ok(200), "{wrong:?}");
    }
    github.fault(Fault::at("GET /user", Wrong::Truncated(3)));
    let error = client.read("/user", "it").wait(ALWAYS).unwrap_err();
    assert!(matches!(error, GitHubError::Unreachable { .. }) && error.may_pass(), "{error}");
}

#[test]
fn silence_ends_and_is_asked_once_more() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let client = hasty(&github);
    github.fault(Fault::at(PULLS, Wrong::Silence(Duration::from_secs(30))));
    let error = read(&client).unwrap_err();
    assert!(matches!(error, GitHubError::TimedOut { .. }) && error.may_pass(), "{error}");
    assert_eq!(github.count()[PULLS], 2);
}

#[test]
fn an_answer_that_drips_ends_as_well() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    super::propose(&github, &repo, "acme/shop", 3);
    github.fault(Fault::at(PULLS, Wrong::Drip(Duration::from_millis(20))));
    let patience = Patience { whole: Duration::from_millis(600), ..super::brisk() };
    let client = super::client_with(&github, &Setup { patience, ..Setup::default() });
    let began = std::time::Instant::now();
    let error = read(&client).unwrap_err();
    assert!(matches!(error, GitHubError::TimedOut { .. }), "{error}");
    assert_eq!(github.count()[PULLS], 2);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_so() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let client = client(&github);
    read(&client).unwrap();
    drop(github);
    let error = read(&client).unwrap_err();
    assert!(error.to_string().starts_with("127.0.0.1 cannot be reached: "), "{error}");
}

#[test]
fn an_answer_without_end_is_not_read() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let endless = Response { status: 200, body: vec![b' '; (32 << 20) + 1], ..Response::default() };
    let (error, count) = answered(&github, &client(&github), endless);
    assert_eq!(
        (error.as_str(), count),
        ("the pull requests of acme/shop: the answer is larger than 32 MiB and was not read", 1)
    );
}

#[test]
fn errors_of_graphql_come_in_a_200() {
    let sandbox = Sandbox::new();
    let (github, _repo) = forge(&sandbox);
    let client = client(&github);
    let ask = || client.query::<serde_json::Value>("query PullRequests { x }", &json!({}), "it", ALWAYS).unwrap_err();
    for (kind, message, wanted) in [
        ("NOT_FOUND", "Could not resolve", "it: not found, or the token from GH_TOKEN cannot see it"),
        ("FORBIDDEN", "Resource not accessible", "it: the token from GH_TOKEN may not (Resource not accessible)"),
        ("INSUFFICIENT_SCOPES", "needs read:org", "it: the token from GH_TOKEN may not (needs read:org)"),
        ("SOMETHING", "Something \u{1b}[31mwent wrong", "it: 127.0.0.1 answered: Something <U+001B>[31mwent wrong"),
    ] {
        let body = json!({ "data": null, "errors": [{ "type": kind, "message": message }] });
        github.mend();
        github.fault(Fault::at("POST /graphql", Wrong::Answer(Response::json(200, &body))));
        let error = ask().to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
    github.mend();
    github.fault(Fault::at("POST /graphql", Wrong::Answer(Response::json(200, &json!({ "data": null })))));
    assert!(ask().to_string().contains("neither data nor errors"));
    github.mend();
    github.count();
    github.fault(Fault::at("POST /graphql", Wrong::Answer(Response { status: 502, ..Response::default() })));
    assert_eq!((ask().status(), github.count()["POST /graphql"]), (Some(502), 4), "a query reads, and is asked again");
}

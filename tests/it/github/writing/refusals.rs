//! The table, row by row: how the pull request is and what GitHub answers, to a reason with its words and its next step.

use std::fmt::Write as _;
use std::time::Duration;

use countersign::engine::NextStep;
use countersign::io::github::{Refused, Why};
use countersign::ledger::EntryKind;
use serde_json::json;

use super::super::{branch, hasty};
use super::{CLOSE, COMMENT, MERGE, PULL, REVIEW, Sandbox, client, decided, forge, make, question, rejection, writes};
use crate::support::github::{Fault, GitHub, Response, Wrong, refusal};
use crate::support::{Commit, Repo};

/// A 422 as GitHub writes it.
fn invalid(why: &str) -> Response {
    Response::json(422, &json!({ "message": "Unprocessable Entity", "errors": [why], "status": "422" }))
}

/// Asks for the merge of one pull request after something happened; answers the refusal, and what was sent.
fn merge_after(happens: impl FnOnce(&GitHub, &Repo<'_>)) -> (Refused, Vec<String>) {
    after(EntryKind::Approve, 1, happens)
}

fn after(kind: EntryKind, at: usize, happens: impl FnOnce(&GitHub, &Repo<'_>)) -> (Refused, Vec<String>) {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let (orders, _) = decided(&github, &repo, kind, &|entry| {
        if kind == EntryKind::Reject { rejection(entry) } else { question(entry) }
    });
    happens(&github, &repo);
    let refused = make(&client(&github), &orders[at]).unwrap_err();
    (refused, writes(&github))
}

fn close(github: &GitHub) {
    github.world().pull("acme/shop", 1).open = false;
}

fn another_head(repo: &Repo<'_>) {
    repo.git(&["update-ref", &format!("refs/heads/{}", branch(0)), "main"]);
    repo.propose(&branch(0), "another", &[("f0.yaml", "x: 3\n")]);
}

#[test]
fn what_is_known_not_to_work_is_not_sent() {
    let nothing = Vec::<String>::new;
    let (refused, sent) = merge_after(|github, _| close(github));
    assert_eq!((refused.why, refused.next(), sent), (Why::Closed, NextStep::Refresh, nothing()));
    let (refused, sent) = merge_after(|_, repo| another_head(repo));
    assert_eq!((refused.why, refused.next(), sent), (Why::HeadMoved, NextStep::Refresh, nothing()));
    let (refused, sent) = after(EntryKind::Approve, 0, |_, repo| another_head(repo));
    assert_eq!((refused.why, sent), (Why::HeadMoved, nothing()), "an approval of what was not seen");
    let (refused, sent) = after(EntryKind::Reject, 1, |_, repo| another_head(repo));
    assert_eq!((refused.why, sent), (Why::HeadMoved, nothing()), "nothing is closed unseen");
    let (refused, sent) = merge_after(|github, _| github.world().pull("acme/shop", 1).draft = true);
    assert_eq!((refused.why, sent), (Why::Draft, nothing()));
    let (refused, sent) = merge_after(|github, repo| {
        let body = json!({ "sha": repo.rev(&branch(0)), "merge_method": "squash", "commit_title": "On the page" });
        assert_eq!(github.act("tom-b", "PUT", "/repos/acme/shop/pulls/1/merge", &body).0, 200);
    });
    assert_eq!((refused.why, sent), (Why::Merged, nothing()));
}

#[test]
fn what_github_refuses_by_itself_is_told() {
    let (refused, _) = after(EntryKind::Approve, 0, |github, _| {
        github.world().pull("acme/shop", 1).author = "maria-k".into();
    });
    assert_eq!((refused.why, refused.next()), (Why::Own, NextStep::Page));
    let (refused, _) = after(EntryKind::Approve, 0, |github, _| {
        github.act("maria-k", "POST", "/repos/acme/shop/pulls/1/reviews", &json!({ "body": "later" }));
    });
    assert_eq!((refused.why, refused.next()), (Why::PendingReview, NextStep::Settle));
    let (refused, _) = merge_after(|_, repo| {
        repo.commit("main", Commit::new("conflict").file("f0.yaml", "x: 7\n"));
    });
    assert_eq!((refused.why, refused.next()), (Why::NotMergeable, NextStep::Refresh));
    let (refused, _) = merge_after(|github, _| {
        github.world().repos.get_mut("acme/shop").unwrap().protected.insert("main".into(), 2);
    });
    assert_eq!((refused.why, refused.next()), (Why::ReviewsMissing, NextStep::Approve));
    let (refused, _) = merge_after(|github, _| {
        github.world().repos.get_mut("acme/shop").unwrap().methods = vec!["merge"];
    });
    assert_eq!((refused.why, refused.next()), (Why::Method, NextStep::Approve));
}

#[test]
fn what_happens_between_reading_and_writing_is_told_as_it_is() {
    // The head moves after it was read: GitHub refuses the merge, and says so.
    let (refused, sent) = merge_after(|github, repo| {
        let to = repo.commit("elsewhere", Commit::new("more").from("main").file("f0.yaml", "x: 9\n"));
        github.fault(Fault::moves(MERGE, repo, &branch(0), &to));
    });
    assert_eq!((refused.why, refused.next(), sent), (Why::HeadMoved, NextStep::Refresh, vec![MERGE.to_owned()]));
    assert!(refused.said.contains("409"), "{refused}");
    let (refused, _) = merge_after(|github, _| {
        github.fault(Fault::status(PULL, 404, "Not Found").after(1));
        github.world().repos.get_mut("acme/shop").unwrap().methods.clear();
    });
    assert_eq!(refused.why, Why::Method, "what cannot be read again leaves GitHub's own answer");
}

/// Rows of the table that only the answer tells: which act, the answer, the reason, the next step.
fn rows() -> Vec<(&'static str, Response, Why, NextStep)> {
    use NextStep::{Again, Approve, Later, Page, Refresh, Settle, Token};
    let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    vec![
        (REVIEW, refusal(401, "Bad credentials"), Why::Token, Token),
        (REVIEW, refusal(403, "Resource not accessible by personal access token"), Why::Forbidden, Token),
        (MERGE, refusal(403, "Repository was archived so is read-only."), Why::Archived, Page),
        (COMMENT, refusal(403, "Unable to create comment because issue is locked."), Why::Locked, Settle),
        (COMMENT, refusal(404, "Not Found"), Why::NotFound, Token),
        (COMMENT, refusal(410, "Issues has been disabled in this repository."), Why::Invalid, Page),
        (CLOSE, refusal(404, "Not Found"), Why::NotFound, Token),
        (MERGE, refusal(405, "Base branch was modified. Review and try the merge again."), Why::BaseMoved, Again),
        (MERGE, refusal(405, "Required status check \"ci\" is expected."), Why::ChecksMissing, Approve),
        (MERGE, refusal(405, "Waiting on code owner review from acme/leads."), Why::ReviewsMissing, Approve),
        (MERGE, refusal(405, "Changes were requested by a reviewer."), Why::ReviewsMissing, Approve),
        (MERGE, refusal(405, "Squash merges are not allowed on this repository."), Why::Method, Approve),
        (MERGE, refusal(405, "Changes must be made through the merge queue"), Why::Queue, Page),
        (MERGE, refusal(405, "Pull Request is not mergeable"), Why::NotMergeable, Refresh),
        (MERGE, refusal(409, "Head branch was modified. Review and try the merge again."), Why::HeadMoved, Refresh),
        (MERGE, refusal(409, "Merge conflict"), Why::NotMergeable, Refresh),
        (REVIEW, invalid("Can not approve your own pull request"), Why::Own, Page),
        (REVIEW, invalid("User can only have one pending review per pull request"), Why::PendingReview, Settle),
        (REVIEW, invalid("Commit is not part of the pull request"), Why::HeadMoved, Refresh),
        (REVIEW, refusal(422, "The commit_id is not valid"), Why::HeadMoved, Refresh),
        (REVIEW, invalid("lock prevents review: conversation is locked"), Why::Locked, Settle),
        (CLOSE, invalid("something of tomorrow"), Why::Invalid, Page),
        (REVIEW, refusal(429, "Too many").with("Retry-After", 60), Why::Limited, Later),
        (REVIEW, refusal(403, secondary).with("Retry-After", 60), Why::Limited, Later),
        (REVIEW, refusal(403, secondary), Why::Limited, Later),
        (MERGE, refusal(403, "API rate limit exceeded").with("X-RateLimit-Remaining", 0), Why::Limited, Later),
        (MERGE, refusal(500, "Server Error"), Why::Unanswered, Again),
        (REVIEW, Response { status: 502, body: b"<html>".to_vec(), ..Response::default() }, Why::Unanswered, Again),
        (MERGE, Response::json(200, &json!({ "merged": false, "sha": null })), Why::Unanswered, Again),
        (COMMENT, Response { status: 201, body: b"<html>".to_vec(), ..Response::default() }, Why::Unanswered, Again),
    ]
}

#[test]
fn every_answer_has_its_reason_and_its_next_step() {
    let mut table = String::new();
    for (route, answer, why, next) in rows() {
        let (kind, at) = match route {
            REVIEW => (EntryKind::Approve, 0),
            MERGE => (EntryKind::Approve, 1),
            COMMENT => (EntryKind::Ask, 0),
            _ => (EntryKind::Reject, 1),
        };
        let told = String::from_utf8_lossy(&answer.body).into_owned();
        let (refused, sent) = after(kind, at, |github, _| github.fault(Fault::at(route, Wrong::Answer(answer))));
        assert_eq!((refused.why, refused.next()), (why, next), "{route}: {told}");
        let times = if why == Why::BaseMoved { 3 } else { 1 };
        assert_eq!(sent, vec![route; times], "{told}");
        assert!(why != Why::Limited || refused.said.contains("until"), "{told}");
        // Limits end at a time of the test's own.
        let (act, words) = (route.rsplit('/').find(|part| *part != "{}").unwrap_or(route), refused.to_string());
        let words = words.split(" until ").next().unwrap_or(&words);
        let _ = writeln!(table, "{act}: {words}\n  next: {}", next.words());
    }
    insta::assert_snapshot!(table);
}

#[test]
fn remarks_on_lines_that_github_does_not_show_go_into_the_text() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let (orders, _) = decided(&github, &repo, EntryKind::Reject, &rejection);
    github.fault(Fault::at(REVIEW, Wrong::Answer(invalid("Line could not be resolved"))).times(1));
    assert!(!make(&client(&github), &orders[0]).expect("a post").before);
    let mut world = github.world();
    let pull = world.pull("acme/shop", 1);
    let body = pull.reviews[0]["body"].as_str().expect("a text");
    assert!(pull.remarks.is_empty() && body.contains("`f0.yaml:1`: Not this."), "{body}");
}

#[test]
fn an_objection_to_a_commit_that_was_pushed_away_is_one_to_what_is_there_now() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let (orders, _) = decided(&github, &repo, EntryKind::Reject, &rejection);
    another_head(&repo);
    assert!(!make(&client(&github), &orders[0]).expect("a post").before);
    assert_eq!(writes(&github), [REVIEW, REVIEW], "GitHub took it the second time");
    assert!(make(&client(&github), &orders[0]).expect("the same post").before);
    let review = github.world().pull("acme/shop", 1).reviews[0].clone();
    assert_eq!(
        (review["state"].as_str(), review["commit_id"].as_str()),
        (Some("CHANGES_REQUESTED"), Some(&*repo.rev(&branch(0))))
    );
    let body = review["body"].as_str().expect("a text");
    assert!(body.contains("`f0.yaml:1`: Not this.") && body.contains(orders[0].head.short(12).as_str()), "{body}");
}

/// Lost answers of every kind, for what was done and for what was not.
fn lost() -> Vec<(Wrong, bool)> {
    vec![
        (Wrong::Lost, true),
        (Wrong::Truncated(10), true),
        (Wrong::Silence(Duration::from_secs(30)), true),
        (Wrong::Refused, false),
    ]
}

#[test]
fn an_answer_that_was_lost_is_found_by_reading_and_never_sent_again() {
    for (kind, at, route) in [
        (EntryKind::Approve, 0, REVIEW),
        (EntryKind::Approve, 1, MERGE),
        (EntryKind::Ask, 0, COMMENT),
        (EntryKind::Reject, 1, CLOSE),
    ] {
        for (wrong, done) in lost() {
            let sandbox = Sandbox::new();
            let (github, repo) = forge(&sandbox);
            let (orders, _) = decided(&github, &repo, kind, &|entry| {
                if kind == EntryKind::Reject { rejection(entry) } else { question(entry) }
            });
            github.fault(Fault::at(route, wrong.clone()).times(1));
            let client = hasty(&github);
            match make(&client, &orders[at]) {
                Ok(posted) => assert!(done && !posted.before, "{route} {wrong:?}"),
                Err(refused) => assert!(!done && refused.why == Why::Unanswered, "{route} {wrong:?}: {refused}"),
            }
            assert_eq!(writes(&github), [route], "{wrong:?}");
            assert_eq!(make(&client, &orders[at]).expect("a post").before, done, "{route} {wrong:?}");
        }
    }
}

#[test]
fn where_nothing_can_be_read_it_is_not_known() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let (orders, _) = decided(&github, &repo, EntryKind::Ask, &question);
    github.fault(Fault::at(COMMENT, Wrong::Lost));
    github.fault(Fault::at(PULL, Wrong::Refused).after(1));
    let client = client(&github);
    let refused = make(&client, &orders[0]).unwrap_err();
    assert_eq!((refused.why, refused.next()), (Why::Unknown, NextStep::Again));
    github.mend();
    assert!(make(&client, &orders[0]).expect("the post").before, "it was posted all the same");
}

//! What a forge says of a proposal, made fit for screens: failed checks, reviews, replies.
//!
//! All of it is somebody's word. Checks and reviews are a forge's; remarks of the account that opened a pull request are the
//! agent's, and claims like all that it says. Nothing here lowers anything.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::forge::{
    Account, AccountKind, Check, CheckState, Checks, ChecksState, PullRequest, Remark, Review, ReviewState,
};
use crate::model::text::{count, printable, single_line, truncate};
use crate::model::{
    CheckLine, ChecksReport, ForgeReport, Known, Oid, Problem, RemarkLine, Remarks, ReviewLine, Reviews,
};

/// Checks of a kind that are listed.
const CHECKS: usize = 50;
/// Reviews, and remarks, that are kept.
const SAID: usize = 50;
/// How many of those are an agent's or a program's at least, where it said that many.
const OTHERS: usize = 10;
/// Characters of a text that are kept.
const TEXT: usize = 2_000;
/// Columns of a name, a label or a summary.
const LINE: usize = 200;
/// Labels that are kept.
const LABELS: usize = 50;

/// What was read from a forge, part by part.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    /// The head that is looked at.
    pub head: Oid,
    /// The pull request; `None` for what is none.
    pub pull: Option<&'a PullRequest>,
    /// The checks of the head.
    pub checks: &'a Known<Checks>,
    /// The reviews, oldest first.
    pub reviews: &'a Known<Vec<Review>>,
    /// The remarks, oldest first.
    pub remarks: &'a Known<Vec<Remark>>,
    /// Since when remarks were asked for.
    pub since: Option<Timestamp>,
    /// What could not be read.
    pub problems: &'a [Problem],
}

/// What it comes to. `is_agent` says whether an account is known to be an agent's; that which opened it always counts as one.
#[must_use]
pub fn report(read: &Read<'_>, is_agent: &dyn Fn(&Account) -> bool) -> ForgeReport {
    let opener = |account: &Account| read.pull.is_some_and(|pull| pull.author.login == account.login);
    let own = |account: &Account| opener(account) || is_agent(account);
    let labels = read.pull.iter().flat_map(|pull| &pull.labels);
    ForgeReport {
        url: read.pull.and_then(|pull| pull.url.clone()),
        draft: read.pull.map(|pull| pull.draft),
        labels: labels.take(LABELS).map(|label| line(label)).collect(),
        mergeable: read.pull.and_then(|pull| pull.mergeable),
        checks: read.checks.as_ref().map(ChecksReport::of),
        reviews: read.reviews.as_ref().map(|all| reviews(all, read.head, &own)),
        remarks: read.remarks.as_ref().map(|all| remarks(all, read.since, &own)),
        problems: read.problems.iter().map(|problem| line(&format!("{}: {}", problem.place, problem.what))).collect(),
    }
}

fn line(text: &str) -> String {
    truncate(&single_line(text), LINE).into_owned()
}

/// A text, line by line fit for a terminal, and whether there was more of it. The mark of our own posts is nothing to read.
fn told(text: &str) -> (String, bool) {
    let rest = text.trim_start().strip_prefix("<!-- countersign ").and_then(|rest| rest.split_once("-->"));
    let text = rest.map_or(text, |(_, rest)| rest).trim();
    let kept: String = text.chars().take(TEXT).collect();
    let lines: Vec<_> = kept.lines().map(|line| printable(line.trim_end()).replace("<U+0009>", "    ")).collect();
    (lines.join("\n"), kept.len() < text.len())
}

/// Whether a person said it, as far as a forge tells that.
fn is_person(account: &Account, own: &dyn Fn(&Account) -> bool) -> bool {
    account.kind == AccountKind::User && !own(account)
}

/// What is shown of too much, in the order in which it was said: what ranks first and is newest. What is no person's, which the first
/// half of the rank says, never takes the place of what is, but for [`OTHERS`].
fn kept<'a, T>(all: &[&'a T], rank: impl Fn(usize, &T) -> (bool, bool)) -> Vec<&'a T> {
    let mut places: Vec<usize> = (0..all.len()).collect();
    places.sort_by_key(|at| (rank(*at, all[*at]), Reverse(*at)));
    let (persons, others) = places.split_at(places.partition_point(|at| !rank(*at, all[*at]).0));
    let persons = &persons[..persons.len().min(SAID - others.len().min(OTHERS))];
    let others = &others[..others.len().min(SAID - persons.len())];
    let shown: BTreeSet<usize> = persons.iter().chain(others).copied().collect();
    shown.into_iter().map(|at| all[at]).collect()
}

fn reviews(all: &[Review], head: Oid, own: &dyn Fn(&Account) -> bool) -> Reviews {
    // GitHub makes an empty one around remarks on lines, and one that is being written is nobody's word yet.
    let says = |review: &&Review| match review.state {
        ReviewState::Pending => false,
        ReviewState::Commented => !review.body.trim().is_empty(),
        ReviewState::Approved | ReviewState::ChangesRequested | ReviewState::Dismissed => true,
    };
    let said: Vec<&Review> = all.iter().filter(says).collect();
    let mut heard = BTreeSet::new();
    let mut last = BTreeSet::new();
    for (at, review) in said.iter().enumerate().rev().filter(|(_, one)| one.state != ReviewState::Commented) {
        if heard.insert(&review.author.login) {
            last.insert(at);
        }
    }
    let shown = kept(&said, |at, review| (!is_person(&review.author, own), !last.contains(&at)));
    let more = said.len() - shown.len();
    let line = |review: &&Review| ReviewLine {
        by: line(&review.author.login),
        own: own(&review.author),
        state: review.state,
        commit: review.commit,
        of_head: review.commit == Some(head),
        at: review.submitted,
        text: told(&review.body).0,
        url: review.url.clone(),
    };
    Reviews { reviews: shown.iter().map(line).collect(), more }
}

fn remarks(all: &[Remark], since: Option<Timestamp>, own: &dyn Fn(&Account) -> bool) -> Remarks {
    let said: Vec<&Remark> = all.iter().collect();
    let shown = kept(&said, |_, remark| (!is_person(&remark.author, own), false));
    let more = said.len() - shown.len();
    let (agents, others): (Vec<&Remark>, Vec<&Remark>) = shown.into_iter().partition(|remark| own(&remark.author));
    let said = agents.into_iter().chain(others).map(|remark| {
        let (text, cut) = told(&remark.body);
        let place = remark.place.as_ref();
        RemarkLine {
            by: line(&remark.author.login),
            own: own(&remark.author),
            path: place.map(|place| line(&place.path)),
            line: place.and_then(|place| place.line),
            at: remark.created,
            text,
            cut,
            url: remark.url.clone(),
        }
    });
    Remarks { since, remarks: said.collect(), more }
}

impl ChecksReport {
    /// How the checks of a head stand.
    #[must_use]
    pub fn of(checks: &Checks) -> Self {
        let of = |state| checks.all.iter().filter(move |check| check.state == state);
        let lines = |state| of(state).take(CHECKS).map(CheckLine::of).collect();
        Self {
            state: checks.state(),
            total: checks.all.len(),
            failed: lines(CheckState::Failed),
            failed_total: of(CheckState::Failed).count(),
            pending: lines(CheckState::Pending),
            pending_total: of(CheckState::Pending).count(),
            cut: checks.cut,
        }
    }

    /// `2 of 5 checks failed: lint, test`; `all 5 checks passed`; `no check was reported`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let total = count(self.total, "check");
        let names = |lines: &[CheckLine]| {
            let names: Vec<&str> = lines.iter().take(3).map(|check| check.name.as_str()).collect();
            names.join(", ") + if lines.len() > names.len() { ", …" } else { "" }
        };
        let text = match self.state {
            ChecksState::Failed if self.total == 1 => format!("the one check failed: {}", names(&self.failed)),
            ChecksState::Failed => format!("{} of {total} failed: {}", self.failed_total, names(&self.failed)),
            ChecksState::Pending if self.pending_total > 0 => {
                format!("{} of {total} not ended: {}", self.pending_total, names(&self.pending))
            }
            ChecksState::Pending => format!("{total} passed"),
            ChecksState::None => return "no check was reported".to_owned(),
            ChecksState::Passed if self.total == 1 => "the one check passed".to_owned(),
            ChecksState::Passed => format!("all {total} passed"),
        };
        if self.cut { format!("{text}; not all could be read") } else { text }
    }
}

impl CheckLine {
    fn of(check: &Check) -> Self {
        Self {
            name: line(&check.name),
            app: check.app.as_deref().map(line),
            word: line(&check.word),
            summary: line(&check.summary),
            url: check.url.clone(),
        }
    }

    /// `check lint: failure, 3 errors`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let summary = if self.summary.is_empty() { String::new() } else { format!(", {}", self.summary) };
        format!("check {}: {}{summary}", self.name, self.word)
    }
}

impl ReviewLine {
    /// `sam approved this commit`, `sam wants changes, on an older commit (ab12cd34)`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let said = match self.state {
            ReviewState::Approved => " approved",
            ReviewState::ChangesRequested => " wants changes",
            ReviewState::Commented | ReviewState::Pending => " commented",
            ReviewState::Dismissed => "'s review was dismissed",
        };
        let on = match self.commit {
            _ if self.of_head => "this commit".to_owned(),
            Some(commit) => format!("another commit ({})", commit.short(8)),
            None => "a commit that is not known any more".to_owned(),
        };
        let own = if self.own { ", which counts for nothing: it is the agent's own" } else { "" };
        format!("{}{said}, on {on}{own}", self.by)
    }
}

impl RemarkLine {
    /// Who said it, and about what: `infra-bot[bot] on apps/web.yaml:12`.
    #[must_use]
    pub fn heading(&self) -> String {
        match (&self.path, self.line) {
            (Some(path), Some(line)) => format!("{} on {path}:{line}", self.by),
            (Some(path), None) => format!("{} on {path}", self.by),
            (None, _) => self.by.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::forge::ReviewPlace;

    fn account(login: &str) -> Account {
        Account { login: login.into(), kind: AccountKind::User }
    }

    fn check(name: &str, state: CheckState) -> Check {
        let url = Some("https://ci.example/1".to_owned());
        Check {
            name: name.into(),
            app: None,
            state,
            word: format!("{state:?}").to_lowercase(),
            summary: "3 errors".into(),
            url,
        }
    }

    fn checks(all: &[(&str, CheckState)], cut: bool) -> Checks {
        Checks { commit: Oid::ZERO, all: all.iter().map(|(name, state)| check(name, *state)).collect(), cut }
    }

    #[test]
    fn checks_in_a_line() {
        use CheckState::{Failed, Passed, Pending};
        for (all, cut, wanted) in [
            (&[][..], false, "no check was reported"),
            (&[("ci", Passed)], false, "the one check passed"),
            (&[("ci", Passed), ("lint", Passed)], false, "all 2 checks passed"),
            (&[("ci", Failed)], false, "the one check failed: ci"),
            (&[("ci", Passed)], true, "1 check passed; not all could be read"),
            (&[("ci", Passed), ("lint", Pending)], false, "1 of 2 checks not ended: lint"),
            (&[("a", Failed), ("b", Failed), ("c", Failed), ("d", Failed)], false, "4 of 4 checks failed: a, b, c, …"),
            (
                &[("a\u{1b}[2J", Failed), ("b", Pending)],
                true,
                "1 of 2 checks failed: a<U+001B>[2J; not all could be read",
            ),
        ] {
            assert_eq!(ChecksReport::of(&checks(all, cut)).sentence(), wanted);
        }
        let report = ChecksReport::of(&checks(&[("lint", Failed)], false));
        assert_eq!(report.failed[0].sentence(), "check lint: failed, 3 errors");
        assert_eq!(report.failed[0].url.as_deref(), Some("https://ci.example/1"));
        let many: Vec<(&str, CheckState)> = vec![("x", Failed); 60];
        let report = ChecksReport::of(&checks(&many, false));
        assert_eq!((report.failed.len(), report.failed_total), (CHECKS, 60), "bounded, and counted whole");
    }

    fn remark(login: &str, second: i64, body: &str) -> Remark {
        let at = Timestamp::from_second(second).unwrap();
        Remark {
            id: 1,
            author: account(login),
            body: body.into(),
            created: at,
            updated: at,
            place: None,
            answers: None,
            url: None,
        }
    }

    #[test]
    fn the_agents_replies_come_first_and_act_on_nothing() {
        let on = ReviewPlace { path: "apps/\u{202e}web.yaml".into(), line: Some(12), old: false, commit: None };
        let all = [
            remark("sam", 1, "Why?"),
            Remark { place: Some(on), ..remark("bot", 2, "Because.\n\u{1b}[2JTrust me.\r\n") },
            remark("maria", 3, "<!-- countersign 00 7 comment -->\nWho reads it?"),
            remark("bot", 4, &"x".repeat(3_000)),
        ];
        let told = remarks(&all, None, &|account| account.login == "bot");
        let said: Vec<(String, &str)> =
            told.remarks.iter().map(|one| (one.heading(), &one.text[..one.text.len().min(30)])).collect();
        assert_eq!(said[0].0, "bot on apps/<U+202E>web.yaml:12");
        assert_eq!(said[0].1, "Because.\n<U+001B>[2JTrust me.");
        assert_eq!((said[1].0.as_str(), told.remarks[1].cut, told.remarks[1].text.len()), ("bot", true, TEXT));
        assert_eq!(said[2], ("sam".to_owned(), "Why?"));
        assert_eq!(said[3], ("maria".to_owned(), "Who reads it?"));
        assert_eq!(told.more, 0);
    }

    #[test]
    fn of_too_many_the_newest_stay() {
        let all: Vec<Remark> =
            (0..80).map(|at| remark(if at < 40 { "bot" } else { "sam" }, at, &at.to_string())).collect();
        let told = remarks(&all, None, &|account| account.login == "bot");
        assert_eq!((told.remarks.len(), told.more), (50, 30));
        assert_eq!((told.remarks[0].text.as_str(), told.remarks[10].text.as_str()), ("30", "40"), "persons first");
        let loud: Vec<Remark> = (0..80).map(|at| remark("sam", at, &at.to_string())).collect();
        let told = remarks(&loud, None, &|account| account.login == "bot");
        assert_eq!((told.remarks.len(), told.remarks[0].text.as_str()), (50, "30"), "all that there is room for");
    }

    #[test]
    fn everybodys_last_opinion_is_shown_whatever_was_said_since() {
        let review = |id: u64, login: &str, state| Review {
            id,
            author: account(login),
            state,
            commit: None,
            body: id.to_string(),
            submitted: None,
            url: None,
        };
        let mut all = vec![review(0, "sam", ReviewState::Approved), review(1, "sam", ReviewState::ChangesRequested)];
        all.extend((2..70).map(|id| review(id, "jo", ReviewState::Commented)));
        all.extend((70..140).map(|id| review(id, "bot", ReviewState::Approved)));
        let told = reviews(&all, Oid::ZERO, &|account| account.login == "bot");
        let said: Vec<&str> = told.reviews.iter().map(|one| one.text.as_str()).collect();
        assert_eq!((said.len(), said[0], said[1], said[40], told.more), (50, "1", "31", "130", 90));
    }

    #[test]
    fn reviews_say_on_which_commit() {
        let head: Oid = "1111111111111111111111111111111111111111".parse().unwrap();
        let review = |login: &str, state, commit, body: &str| Review {
            id: 1,
            author: account(login),
            state,
            commit,
            body: body.into(),
            submitted: None,
            url: None,
        };
        let all = [
            review("sam", ReviewState::Approved, Some(Oid::ZERO), ""),
            review("sam", ReviewState::Commented, Some(head), " "),
            review("sam", ReviewState::Approved, Some(head), ""),
            review("jo", ReviewState::ChangesRequested, None, "No."),
            review("jo", ReviewState::Pending, Some(head), "draft"),
            review("bot", ReviewState::Approved, Some(head), ""),
        ];
        let reviews = reviews(&all, head, &|account| account.login == "bot");
        let said: Vec<String> = reviews.reviews.iter().map(ReviewLine::sentence).collect();
        assert_eq!(
            said,
            [
                "sam approved, on another commit (00000000)",
                "sam approved, on this commit",
                "jo wants changes, on a commit that is not known any more",
                "bot approved, on this commit, which counts for nothing: it is the agent's own",
            ]
        );
    }
}

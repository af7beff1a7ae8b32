//! What persons say of a pull request on GitHub itself, as far as policy lets it count: `approvals.from: [ledger, github]`.
//!
//! A login is a string that a forge tells, and the forge's word is all that stands behind it. So only that counts of which
//! nothing is in doubt: the account of one person who may approve, neither an agent's nor the one that opened it, on exactly
//! the head that is judged. Whose commits these are, and how many such words a tier takes, is asked where approvals are counted.

use jiff::Timestamp;

use super::checked::NOREPLY;
use super::{Agent, Person, Policy, Reviewed, Role};
use crate::model::Oid;
use crate::model::forge::{Account, AccountKind, Dismissal, Opinion, PullRequest, ReviewState};

/// What counts of what was said on GitHub.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnGitHub {
    /// Who approves this head.
    pub approvals: Vec<Reviewed>,
    /// Who wants changes of this head, or may want them: nobody but the speaker takes that back.
    pub objections: Vec<Reviewed>,
    /// When somebody last wanted changes of another head, and has said nothing else since: what was approved before is not new.
    pub wanted_before: Option<Timestamp>,
    /// Whether GitHub did not tell, so that somebody may want changes.
    pub unknown: bool,
}

/// What counts of what was said of `head`, by person, each once. What tells an entry that the ledger has (`told`) is heard there, or
/// not at all.
#[must_use]
pub fn on_github(policy: &Policy, pull: &PullRequest, head: Oid, told: &dyn Fn(&Opinion) -> bool) -> OnGitHub {
    let mut found = OnGitHub::default();
    if !policy.from_github {
        return found;
    }
    let Some(opinions) = &pull.opinions else { return OnGitHub { unknown: true, ..found } };
    for opinion in opinions.iter().filter(|opinion| is_last(opinion, opinions)) {
        if told(opinion) {
            continue;
        }
        let (Some(person), Some(at)) = (speaker(policy, pull, &opinion.author), opinion.at) else { continue };
        let wants = wants_changes(opinion);
        if opinion.commit != Some(head) {
            found.wanted_before = found.wanted_before.max(Some(at).filter(|_| wants));
            continue;
        }
        let said = Reviewed { person: person.name.clone(), login: opinion.author.login.clone(), commit: head, at };
        match opinion.state {
            // Said of what would have landed elsewhere.
            ReviewState::Approved if pull.retargeted.is_some_and(|moved| at <= moved) => {}
            ReviewState::Approved => found.approvals.push(said),
            _ if wants => found.objections.push(said),
            _ => {}
        }
    }
    found.approvals.retain(|said| found.wanted_before.is_none_or(|wanted| said.at > wanted));
    found
}

/// Whether changes are wanted. Whoever may write dismisses a review, an agent too: it stands unless its own author took it back,
/// or it was known to be a yes.
fn wants_changes(opinion: &Opinion) -> bool {
    let by_its_author = |dismissal: &Dismissal| dismissal.by.login.eq_ignore_ascii_case(&opinion.author.login);
    let harmless = |dismissal: &Dismissal| dismissal.said == ReviewState::Approved || by_its_author(dismissal);
    match opinion.state {
        ReviewState::ChangesRequested => true,
        ReviewState::Dismissed => !opinion.dismissed.as_ref().is_some_and(harmless),
        ReviewState::Approved | ReviewState::Commented | ReviewState::Pending => false,
    }
}

/// Whether nobody's later opinion takes its place; of two at the same moment a yes is not the last.
fn is_last(opinion: &Opinion, all: &[Opinion]) -> bool {
    let own = all.iter().filter(|other| other.author.login.eq_ignore_ascii_case(&opinion.author.login));
    let after = |other: &Opinion| {
        let same = other.at == opinion.at && opinion.state == ReviewState::Approved;
        other.at > opinion.at || same && other.state != ReviewState::Approved
    };
    !own.into_iter().any(after)
}

/// The person whose word a review by this account is.
fn speaker<'p>(policy: &'p Policy, pull: &PullRequest, account: &Account) -> Option<&'p Person> {
    let opened = account.login.eq_ignore_ascii_case(&pull.author.login);
    if opened || account.kind != AccountKind::User || is_agent(policy, &account.login) {
        return None;
    }
    person_by_login(policy, &account.login).filter(|person| person.has(Role::Approve))
}

/// Whether an account is an agent's, by its login or by the address that GitHub makes up for it.
pub(super) fn is_agent(policy: &Policy, login: &str) -> bool {
    login.ends_with("[bot]") || policy.agents.iter().any(|agent| is_account_of(agent, login))
}

/// Whether an account is, by policy, an agent's or another person's than this one's, so that nothing is said with it in the name of
/// this one.
#[must_use]
pub fn is_anothers(policy: &Policy, login: &str, person: &str) -> bool {
    policy.agents.iter().any(|agent| is_account_of(agent, login))
        || policy.people.iter().any(|other| other.name != person && other.has_login(login))
}

/// Whether an account is this agent's: by its login, or by an address that a server would make up for it, on any host that policy names.
pub(super) fn is_account_of(agent: &Agent, login: &str) -> bool {
    let authors = &agent.matcher.authors;
    let domains = authors.patterns().iter().filter_map(|pattern| pattern.rsplit_once('@')).map(|(_, domain)| domain);
    let domains = domains.filter(|domain| domain.to_ascii_lowercase().starts_with(NOREPLY));
    let made_up = |domain: &str| authors.matches(format!("{login}@{domain}").as_str().into());
    authors.matches(login.into()) || made_up(&format!("{NOREPLY}github.com")) || domains.into_iter().any(made_up)
}

/// The one person whose login this is; nobody's where two claim it.
pub(super) fn person_by_login<'p>(policy: &'p Policy, login: &str) -> Option<&'p Person> {
    let theirs = |person: &&Person| person.has_login(login);
    let mut found = policy.people.iter().filter(theirs);
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntryId;
    use crate::model::forge::{PullEnd, PullState};
    use crate::policy::parse;

    const POLICY: &str = r#"version: 1
people:
  - { name: maria, emails: [maria@corp.example], github: maria-k, roles: [approve, admin] }
  - { name: sam, emails: [sam@corp.example], github: Sam-H }
  - { name: ada, emails: [ada@corp.example], github: ada, roles: [admin] }
  - { name: robot, emails: [robot@corp.example], github: acme-robot }
  - { name: relay, emails: [relay@corp.example], github: relay }
  - { name: mirror, emails: [mirror@corp.example], github: mirror }
agents:
  - name: infra
    match:
      branches: ["agent/**"]
      authors: ["acme-robot", "relay@users.noreply.github.com", "*mirror@Users.noreply.ghe.corp.example"]
approvals: { from: [ledger, github] }
"#;

    fn policy() -> Policy {
        parse(POLICY, "policy.yaml").unwrap()
    }

    fn head() -> Oid {
        "0123456789012345678901234567890123456789".parse().unwrap()
    }

    fn user(login: &str) -> Account {
        Account { login: login.into(), kind: AccountKind::User }
    }

    fn opinion(login: &str, state: ReviewState, second: i64) -> Opinion {
        let at = jiff::Timestamp::from_second(1_700_000_000 + second).ok();
        Opinion { author: user(login), state, commit: Some(head()), at, tells: None, dismissed: None }
    }

    fn pull(author: &str, opinions: Option<Vec<Opinion>>) -> PullRequest {
        let repo: crate::model::forge::RepoName = "acme/shop".parse().unwrap();
        let end = |branch: &str| PullEnd { branch: branch.into(), oid: head(), repo: Some(repo.clone()) };
        let now = jiff::Timestamp::UNIX_EPOCH;
        PullRequest {
            number: 12,
            node_id: String::new(),
            title: String::new(),
            body: String::new(),
            body_cut: false,
            author: user(author),
            head: end("agent/a"),
            base: end("main"),
            draft: false,
            state: PullState::Open,
            labels: Vec::new(),
            created: now,
            updated: now,
            mergeable: None,
            review: None,
            comments: None,
            url: None,
            opinions,
            retargeted: None,
            auto_merge: false,
            repo: repo.clone(),
        }
    }

    /// An opinion that somebody dismissed.
    fn undone(said: ReviewState, by: &str) -> Opinion {
        Opinion { dismissed: Some(Dismissal { by: user(by), said }), ..opinion("sam-h", ReviewState::Dismissed, 0) }
    }

    /// Who approves, and who wants changes.
    fn said(policy: &Policy, pull: &PullRequest) -> (Vec<String>, Vec<String>) {
        let names = |said: Vec<Reviewed>| said.into_iter().map(|one| one.person).collect();
        let found = on_github(policy, pull, head(), &|_| false);
        (names(found.approvals), names(found.objections))
    }

    #[test]
    fn a_review_is_the_word_of_one_person_on_one_commit() {
        use ReviewState::{Approved, ChangesRequested, Commented, Dismissed, Pending};
        let one = |login, state| vec![opinion(login, state, 0)];
        let with = |change: fn(&mut Opinion)| {
            let mut opinion = opinion("sam-h", Approved, 0);
            change(&mut opinion);
            vec![opinion]
        };
        let twice = |first, second| vec![opinion("sam-h", first, 1), opinion("SAM-H", second, 2)];
        let none: &[&str] = &[];
        for (what, opinions, approves, objects) in [
            ("a person", one("sam-h", Approved), &["sam"][..], none),
            ("in any case", one("SAM-H", Approved), &["sam"], none),
            ("who wants changes", one("sam-h", ChangesRequested), none, &["sam"][..]),
            ("a remark", one("sam-h", Commented), none, none),
            ("dismissed by nobody knows whom", one("sam-h", Dismissed), none, &["sam"]),
            ("a no that an agent dismissed", vec![undone(ChangesRequested, "acme-robot")], none, &["sam"]),
            ("a no that another person dismissed", vec![undone(ChangesRequested, "maria-k")], none, &["sam"]),
            ("a no that was taken back", vec![undone(ChangesRequested, "SAM-H")], none, none),
            ("a yes that was dismissed", vec![undone(Approved, "maria-k")], none, none),
            ("of nobody who counts", one("somebody", Dismissed), none, none),
            ("begun", one("sam-h", Pending), none, none),
            ("of another commit", with(|it| it.commit = Some(Oid::ZERO)), none, none),
            ("of no commit", with(|it| it.commit = None), none, none),
            ("never submitted", with(|it| it.at = None), none, none),
            ("an app by that name", with(|it| it.author.kind = AccountKind::App), none, none),
            ("an account that is gone", with(|it| it.author.kind = AccountKind::Other), none, none),
            ("unknown", one("sam", Approved), none, none),
            ("who may not", one("ada", Approved), none, none),
            ("who may not object", one("ada", ChangesRequested), none, none),
            ("an agent's", one("acme-robot", Approved), none, none),
            ("an agent's, by its address", one("relay", Approved), none, none),
            ("an agent's, by its address at another host", one("mirror", Approved), none, none),
            ("an agent's objection", one("acme-robot", ChangesRequested), none, none),
            ("who opened it", one("maria-k", Approved), none, none),
            ("in any case, too", one("Maria-K", Approved), none, none),
            ("a no after a yes", twice(Approved, ChangesRequested), none, &["sam"]),
            ("a yes after a no", twice(ChangesRequested, Approved), &["sam"], none),
            ("dismissed after a yes", twice(Approved, Dismissed), none, &["sam"]),
            ("a yes after one was dismissed", twice(Dismissed, Approved), &["sam"], none),
        ] {
            for opinions in [opinions.clone(), opinions.into_iter().rev().collect()] {
                let pull = pull("maria-k", Some(opinions));
                let (yes, no) = said(&policy(), &pull);
                assert_eq!(
                    (yes, no),
                    (
                        approves.iter().map(ToString::to_string).collect(),
                        objects.iter().map(ToString::to_string).collect()
                    ),
                    "{what}"
                );
                let closed = Policy { from_github: false, ..policy() };
                assert_eq!(on_github(&closed, &pull, head(), &|_| false), OnGitHub::default(), "{what}");
            }
        }
    }

    #[test]
    fn changes_wanted_of_an_earlier_head_are_remembered() {
        let of = |state, commit: Option<Oid>, login: &str| {
            let opinion = Opinion { commit, ..opinion(login, state, 0) };
            on_github(&policy(), &pull("x", Some(vec![opinion])), head(), &|_| false)
        };
        let earlier = of(ReviewState::ChangesRequested, Some(Oid::ZERO), "sam-h");
        assert!(earlier.wanted_before.is_some() && earlier.objections.is_empty());
        assert!(of(ReviewState::ChangesRequested, None, "sam-h").wanted_before.is_some(), "the commit may be gone");
        assert!(
            of(ReviewState::Dismissed, Some(Oid::ZERO), "sam-h").wanted_before.is_some(),
            "nobody tells who dismissed it"
        );
        for other in [
            of(ReviewState::ChangesRequested, Some(head()), "sam-h"),
            of(ReviewState::Approved, Some(Oid::ZERO), "sam-h"),
            of(ReviewState::Dismissed, Some(Oid::ZERO), "somebody"),
            of(ReviewState::ChangesRequested, Some(Oid::ZERO), "somebody"),
        ] {
            assert!(other.wanted_before.is_none(), "{other:?}");
        }
    }

    #[test]
    fn what_was_approved_before_another_head_was_refused_is_not_new() {
        for (second, approvals) in [(9, 0), (10, 0), (11, 1)] {
            let no = Opinion { commit: Some(Oid::ZERO), ..opinion("maria-k", ReviewState::ChangesRequested, 10) };
            let pull = pull("x", Some(vec![no, opinion("sam-h", ReviewState::Approved, second)]));
            let found = on_github(&policy(), &pull, head(), &|_| false);
            assert_eq!((found.approvals.len(), found.objections.len()), (approvals, 0), "{second}");
        }
    }

    #[test]
    fn a_yes_and_a_no_at_once_are_a_no() {
        let both = [ReviewState::Approved, ReviewState::ChangesRequested].map(|state| opinion("sam-h", state, 0));
        assert_eq!(said(&policy(), &pull("x", Some(both.to_vec()))), (vec![], vec!["sam".to_owned()]));
    }

    #[test]
    fn what_the_ledger_has_is_heard_there() {
        let entry = EntryId::from_bytes([7; 16]);
        for state in [ReviewState::Approved, ReviewState::ChangesRequested] {
            let told = Opinion { tells: Some(entry), ..opinion("sam-h", state, 0) };
            let pull = pull("x", Some(vec![told]));
            assert_eq!(on_github(&policy(), &pull, head(), &|said| said.tells == Some(entry)), OnGitHub::default());
            assert_ne!(on_github(&policy(), &pull, head(), &|_| false), OnGitHub::default(), "it may not have arrived");
        }
    }

    #[test]
    fn a_yes_to_another_target_is_none_to_this_one() {
        let said = |state, moved: i64| {
            let retargeted = jiff::Timestamp::from_second(1_700_000_000 + moved).ok();
            let pull = PullRequest { retargeted, ..pull("x", Some(vec![opinion("sam-h", state, 10)])) };
            let found = on_github(&policy(), &pull, head(), &|_| false);
            found.approvals.len() + found.objections.len()
        };
        for (state, moved, counted) in [
            (ReviewState::Approved, 9, 1),
            (ReviewState::Approved, 10, 0),
            (ReviewState::Approved, 11, 0),
            (ReviewState::ChangesRequested, 11, 1),
        ] {
            assert_eq!(said(state, moved), counted, "{state:?} {moved}");
        }
    }

    #[test]
    fn a_login_of_two_persons_is_nobodys() {
        let mut policy = policy();
        policy.people[2] =
            Person { github: Some("sam-h".into()), roles: vec![Role::Approve], ..policy.people[2].clone() };
        let yes = vec![opinion("sam-h", ReviewState::Approved, 0)];
        assert_eq!(said(&policy, &pull("x", Some(yes))), (vec![], vec![]));
    }

    #[test]
    fn nothing_is_said_with_the_account_of_another() {
        for (login, person, wanted) in [
            ("maria-k", "maria", false),
            ("sam-h", "maria", true),
            ("SAM-H", "maria", true),
            ("acme-robot", "maria", true),
            ("acme-robot", "robot", true),
            ("relay", "maria", true),
            ("somebody", "maria", false),
        ] {
            assert_eq!(is_anothers(&policy(), login, person), wanted, "{login} {person}");
        }
    }

    #[test]
    fn what_was_not_told_is_not_none() {
        let pull = pull("x", None);
        let heard = |policy: &Policy| !on_github(policy, &pull, head(), &|_| false).unknown;
        assert!(!heard(&policy()) && heard(&Policy { from_github: false, ..policy() }));
    }
}

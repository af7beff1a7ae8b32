//! Required checks: what policy and the forge want green on the head of what lands. Unknown is not green.

use crate::model::forge::{Check, CheckState, Checks};
use crate::model::text::single_line;
use crate::model::{Known, Place, Reason};
use crate::policy::approvals::needs;
use crate::policy::{CheckFacts, Policy};

/// What is open of required checks.
pub(super) struct Open {
    /// What is needed: one for each check that policy or the forge names.
    pub reasons: Vec<Reason>,
    /// The same in a few words each, and whether it is unknown what the forge asks for.
    pub words: Known<Vec<String>>,
}

/// What stands against a round. What a forge asks for and did not tell keeps a round from being clean; the forge itself keeps it
/// from being merged.
pub(super) fn open(policy: &Policy, facts: Option<CheckFacts<'_>>) -> Open {
    let mut open = Open { reasons: Vec::new(), words: Known::Known(Vec::new()) };
    let Some(facts) = facts else { return open };
    for required in &policy.checks {
        open.look(&required.name, facts.of_head, required.at.clone());
    }
    match facts.asked {
        Known::Known(names) => {
            let own = |name: &String| policy.checks.iter().any(|required| required.name == *name);
            for name in names.iter().filter(|name| !own(name)) {
                open.look(name, facts.of_head, Place::BuiltIn);
            }
        }
        Known::Unknown(_) => open.say("required checks not known".to_owned()),
        Known::Indexing => open.words = Known::Indexing,
    }
    open
}

impl Open {
    fn look(&mut self, name: &str, of_head: &Known<Checks>, at: Place) {
        let name = single_line(name);
        let (text, words) = match of_head {
            Known::Known(checks) => match not_green(checks, &name) {
                Some(why) => (format!("checks: {name} has not passed: {why}"), format!("check {name}: {why}")),
                None => return,
            },
            Known::Unknown(why) => {
                (format!("checks: {name} is not known: {}", single_line(why)), format!("check {name} not known"))
            }
            Known::Indexing => {
                self.words = Known::Indexing;
                (format!("checks: {name} was not asked for yet"), String::new())
            }
        };
        self.reasons.push(needs("checks", text, at));
        self.say(words);
    }

    fn say(&mut self, words: String) {
        if let Known::Known(all) = &mut self.words {
            all.push(words);
        }
    }
}

/// Why a check of this name is not green. All of that name must be: whoever adds another that passes hides none that failed.
fn not_green(checks: &Checks, name: &str) -> Option<String> {
    let mut named = checks.all.iter().filter(|check| single_line(&check.name) == name).peekable();
    let reported = named.peek().is_some();
    let worst = |state: CheckState| match state {
        CheckState::Failed => 0,
        CheckState::Pending => 1,
        CheckState::Passed => 2,
    };
    match named.min_by_key(|check| worst(check.state)) {
        Some(Check { state: CheckState::Failed | CheckState::Pending, word, .. }) => Some(single_line(word)),
        Some(_) if !checks.cut => None,
        _ if reported || checks.cut => Some("not all checks could be read".to_owned()),
        _ => Some("nobody reported it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Oid;
    use crate::policy::RequiredCheck;

    fn check(name: &str, state: CheckState, word: &str) -> Check {
        Check { name: name.into(), app: None, state, word: word.into(), summary: String::new(), url: None }
    }

    fn of(all: &[(&str, CheckState, &str)], cut: bool) -> Known<Checks> {
        let all = all.iter().map(|(name, state, word)| check(name, *state, word)).collect();
        Known::Known(Checks { commit: Oid::ZERO, all, cut })
    }

    /// What is needed where policy asks for `ci` and the forge for these.
    fn said(asked: Known<&[&str]>, of_head: &Known<Checks>) -> (Vec<String>, Known<Vec<String>>) {
        let at = Place::File { line: 3, column: 5 };
        let policy = Policy { checks: vec![RequiredCheck { name: "ci".into(), at }], ..crate::policy::built_in() };
        let asked = asked.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let open = open(&policy, Some(CheckFacts { asked: &asked, of_head }));
        (open.reasons.iter().map(|reason| format!("{} {}", reason.text, reason.at)).collect(), open.words)
    }

    #[test]
    fn what_is_required_must_be_known_to_be_green() {
        use CheckState::{Failed, Passed, Pending};
        let at = "policy.yaml:3:5";
        for (of_head, wanted) in [
            (of(&[("ci", Passed, "success"), ("other", Failed, "failure")], false), None),
            (of(&[("ci", Failed, "timed_out")], false), Some("ci has not passed: timed_out")),
            (of(&[("ci", Pending, "in_progress")], false), Some("ci has not passed: in_progress")),
            (of(&[("ci", Passed, "success"), ("ci", Failed, "failure")], false), Some("ci has not passed: failure")),
            (of(&[("ci", Pending, "queued"), ("ci", Failed, "failure")], false), Some("ci has not passed: failure")),
            (of(&[("CI", Passed, "success")], false), Some("ci has not passed: nobody reported it")),
            (of(&[("ci", Passed, "success")], true), Some("ci has not passed: not all checks could be read")),
            (of(&[], true), Some("ci has not passed: not all checks could be read")),
            (Known::Unknown("403\u{1b}[2J".into()), Some("ci is not known: 403<U+001B>[2J")),
            (Known::Indexing, Some("ci was not asked for yet")),
        ] {
            let (reasons, words) = said(Known::Known(&[]), &of_head);
            let wanted: Vec<String> = wanted.iter().map(|text| format!("checks: {text} {at}")).collect();
            assert_eq!(reasons, wanted, "{of_head:?}");
            let asked = !matches!(of_head, Known::Indexing);
            assert_eq!(words.found().map(Vec::len), asked.then_some(wanted.len()), "{of_head:?}");
        }
    }

    #[test]
    fn what_the_forge_asks_for_is_added() {
        let green = of(&[("ci", CheckState::Passed, "success")], false);
        let (reasons, words) = said(Known::Known(&["ci", "lint"]), &green);
        assert_eq!(reasons, ["checks: lint has not passed: nobody reported it built-in"]);
        assert_eq!(words, Known::Known(vec!["check lint: nobody reported it".to_owned()]));
        let not_known = Known::Known(vec!["required checks not known".to_owned()]);
        for (asked, wanted) in [(Known::Unknown("502".to_owned()), not_known), (Known::Indexing, Known::Indexing)] {
            assert_eq!(said(asked, &green), (vec![], wanted), "the forge asks for them itself");
        }
    }
}

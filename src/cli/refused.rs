//! Why nothing is left of a decision, told where errors are told, with what to do instead.

use crate::engine::{Dropped, Plan};
use crate::io::workspace::Situation;
use crate::model::{DecisionKind, Place, State, text};

use super::CliError;
use super::output::Output;

/// The refusal of a plan of which every item was left out. Of several, each is told on a line of its own first.
pub fn nothing(situation: &Situation, plan: &Plan, output: &mut Output) -> CliError {
    let kind = plan.intents.first().map_or(DecisionKind::Approve, |intent| intent.kind);
    match plan.dropped.as_slice() {
        [] => CliError::refused("no proposal was named", "name one as ID@HEAD"),
        [one] => {
            let id = text::printable(&one.subject.proposal);
            CliError::refused(format!("{} {id}: {}", cannot(kind), why(one)), next(kind, one, state(situation, one)))
        }
        several => {
            for one in several {
                output.remark(format!("left out  {}  {}", text::printable(&one.subject.proposal), why(one)));
            }
            let what = format!("{} any of {} proposals", cannot(kind), several.len());
            CliError::refused(what, "`countersign show ID` says how each of them stands")
        }
    }
}

const fn cannot(kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Approve => "cannot approve",
        DecisionKind::Reject => "cannot reject",
        DecisionKind::Hold => "cannot hold",
        DecisionKind::Ask => "cannot ask about",
        DecisionKind::Withdraw => "cannot withdraw from",
    }
}

fn why(dropped: &Dropped) -> String {
    let at = dropped.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
    format!("{}{at}", text::single_line(&dropped.why))
}

fn state(situation: &Situation, dropped: &Dropped) -> Option<State> {
    let found = situation.queue().into_iter().find(|queued| queued.proposal.id == dropped.subject.proposal);
    found.map(|queued| queued.standing.state)
}

/// What to do instead; `state` is that of the proposal, where it is there.
fn next(kind: DecisionKind, dropped: &Dropped, state: Option<State>) -> String {
    let id = text::printable(&dropped.subject.proposal);
    match (kind, state, &dropped.at) {
        (_, None, _) => "`countersign list --all` shows what there is".into(),
        (_, Some(State::Merged), _) => "it is done; `countersign list` shows what is pending".into(),
        (DecisionKind::Withdraw, ..) => format!("`countersign show {id}` says how it stands, and by whom"),
        (_, Some(State::Conflict), _) => {
            format!("have it rebased: `countersign ask {id}@HEAD -m \"Rebase, please.\"`, or reject it")
        }
        (_, _, Some(Place::File { .. })) => {
            format!("`countersign policy explain {id}` says what policy wants; reject it, or change the policy")
        }
        _ => format!("`countersign show {id}` says how it stands"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Oid, Subject};

    #[test]
    fn every_refusal_has_a_next_step() {
        let dropped = |at| Dropped {
            subject: Subject {
                repo: String::new(),
                proposal: "agent/x\u{1b}".into(),
                head: Oid::from_bytes([0; 20]),
                change_id: None,
            },
            summary: String::new(),
            why: "no\nway".into(),
            at,
        };
        let written = dropped(Some(Place::File { line: 3, column: 5 }));
        let plain = dropped(None);
        assert_eq!(why(&written), "no way (policy.yaml:3:5)");
        for (kind, dropped, state, said) in [
            (DecisionKind::Approve, &written, Some(State::Blocked), "policy explain agent/x<U+001B>"),
            (DecisionKind::Approve, &plain, Some(State::Conflict), "countersign ask agent/x<U+001B>@HEAD"),
            (DecisionKind::Reject, &plain, Some(State::Merged), "it is done"),
            (DecisionKind::Withdraw, &plain, Some(State::Pending), "by whom"),
            (DecisionKind::Hold, &plain, None, "list --all"),
            (DecisionKind::Hold, &plain, Some(State::Pending), "countersign show"),
        ] {
            let next = next(kind, dropped, state);
            assert!(next.contains(said), "{kind} {state:?}: {next}");
        }
    }
}

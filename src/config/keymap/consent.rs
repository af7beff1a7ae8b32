//! The keys that consent: a habit, a held key or a second press must never sign.

use super::load::Draft;
use crate::config::chord::{Chord, Code};
use crate::model::Problem;

/// The actions that consent, each with the actions that open its sheet.
pub(super) const CONSENTS: [(&str, &[&str]); 2] =
    [("confirm", &["approve", "batch", "withdraw", "init"]), ("send", &["reject", "hold", "comment"])];

/// Takes bindings out that make consent too easy, and says why.
pub(super) fn guard<'a>(drafts: Vec<Draft<'a>>, problems: &mut Vec<Problem>) -> Vec<Draft<'a>> {
    let mut bad: Vec<usize> = Vec::new();
    for (consents, openers) in CONSENTS {
        for (at, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.binding.action == consents) {
            if let Some(why) = habitual(&draft.binding.chords, consents) {
                bad.push(at);
                problems.push(draft.problem(why, "choose a key that nobody presses by habit, such as y or ctrl-s"));
                continue;
            }
            let opener = drafts.iter().position(|other| {
                openers.contains(&other.binding.action.as_str()) && draft.follows_from(&other.binding.chords)
            });
            if let Some(opener) = opener {
                let (blamed, other) = if drafts[opener].is_users() { (opener, at) } else { (at, opener) };
                bad.push(blamed);
                problems.push(twice(&drafts[blamed], &drafts[other]));
            }
        }
    }
    drafts.into_iter().enumerate().filter(|(at, _)| !bad.contains(at)).map(|(_, draft)| draft).collect()
}

fn habitual(chords: &[Chord], action: &str) -> Option<String> {
    let [only] = chords else { return None };
    match only.code {
        Code::Enter | Code::Char(' ') => Some(format!("`{}` may not {action}", only.label())),
        Code::Char(_) if action == "send" && only.typed().is_some() => {
            Some(format!("`{}` is typed into the text, so it may not {action}", only.label()))
        }
        _ => None,
    }
}

fn twice(blamed: &Draft<'_>, other: &Draft<'_>) -> Problem {
    let (mine, theirs) = (&blamed.binding.action, &other.binding.action);
    let what = format!("{} means {mine} and {theirs}: pressed twice it would sign unseen", blamed.label());
    blamed.problem(what, format!("choose a chord for {mine} that does not {theirs}"))
}

impl Draft<'_> {
    /// Whether holding or repeating the last key of `opener` would press this binding.
    fn follows_from(&self, opener: &[Chord]) -> bool {
        opener.last().is_some_and(|last| self.binding.chords.iter().all(|chord| chord == last))
    }
}

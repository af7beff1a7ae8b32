//! From what a person types to a proposal: for reading a unique part is enough, for deciding the full id, and without a
//! terminal the head that was seen.

use std::io::BufRead as _;
use std::num::NonZero;
use std::sync::Mutex;

use crate::io::checks;
use crate::io::evidence::queue::Look;
use crate::io::git::past;
use crate::io::workspace::{Scope, Situation, Workspace};
use crate::model::{Queued, text};

use super::output::Output;
use super::session::{self, Session};
use super::{CliError, Exit};

/// A proposal as typed: `ID` or `ID@HEAD`, split at the last `@` that 12 to 40 hexadecimal digits follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The id.
    pub id: String,
    /// The digits of the head, lower case.
    pub head: Option<String>,
}

impl Typed {
    /// Splits what was typed.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let is_head = |head: &str| (12..=40).contains(&head.len()) && head.bytes().all(|b| b.is_ascii_hexdigit());
        match typed.rsplit_once('@') {
            Some((id, head)) if is_head(head) => Self { id: id.to_owned(), head: Some(head.to_ascii_lowercase()) },
            _ => Self { id: typed.to_owned(), head: None },
        }
    }
}

/// The ids that were typed, or where that is `-`, those of standard input, one a line.
pub fn typed(ids: &[String]) -> Result<Vec<Typed>, CliError> {
    if !ids.iter().any(|id| id == "-") {
        return Ok(ids.iter().map(|id| Typed::parse(id)).collect());
    }
    if ids.len() > 1 {
        return Err(CliError::usage("`-` stands for all ids", "give them all on standard input, or none"));
    }
    let lines = std::io::stdin().lock().lines().collect::<Result<Vec<_>, _>>()?;
    let named: Vec<Typed> = lines.iter().map(|line| line.trim()).filter(|l| !l.is_empty()).map(Typed::parse).collect();
    if named.is_empty() {
        return Err(CliError::refused("standard input names no proposal", "write one ID or ID@HEAD a line"));
    }
    Ok(named)
}

/// The one id that was typed, or that standard input has.
pub fn typed_one(id: &str) -> Result<Typed, CliError> {
    let mut all = typed(&[id.to_owned()])?;
    match (all.pop(), all.len()) {
        (Some(one), 0) => Ok(one),
        (_, more) => {
            let what = format!("standard input names {} proposals, and this command takes one", more + 1);
            Err(CliError::usage(what, "run it for each of them"))
        }
    }
}

/// Reads the repository, in which `names` are proposals even if no pattern matches them.
pub fn situation(session: &Session, workspace: &Workspace, names: &[String]) -> Result<Situation, CliError> {
    session.read(workspace, &Scope { extra: names, ..Scope::default() })
}

/// Looks into those proposals that are wanted: without that none is clean. On a terminal one sees how far.
pub fn look_into(
    session: &Session,
    workspace: &Workspace,
    situation: &mut Situation,
    wanted: &dyn Fn(&Queued) -> bool,
    output: &mut Output,
) {
    let lacking = {
        let output = Mutex::new(&mut *output);
        let progress = |done: usize, total: usize| {
            if let Ok(mut output) = output.lock() {
                output.progress(&format!("looking into {done} of {total}"));
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let brought = session.bring_evidence(workspace, situation, wanted);
        let look = Look { wanted, threads, progress: &progress, still: &|| true };
        brought.and(session.whole(workspace, || workspace.look_into(situation, &look)).1)
    };
    workspace.ask_checks(situation, &checks::matter, checks::LOOKING, &|| true);
    situation.problems.extend(lacking.err().map(|error| session::unbrought(&error)));
    output.progress("");
}

/// Those that are clean unless something is found.
#[must_use]
pub fn harmless(queued: &Queued) -> bool {
    queued.standing.harmless
}

/// Adds what the ledger knows to be decided and whose branch is not read any more.
pub fn recall(workspace: &Workspace, situation: &mut Situation) -> Result<(), CliError> {
    if let Some(view) = &situation.view {
        let present = &situation.proposals;
        let (gone, problems) = past::read(&workspace.repository, &situation.target, view, present)?;
        situation.proposals.extend(gone);
        situation.problems.extend(problems);
    }
    Ok(())
}

/// The proposal that a part of its name means; anything but exactly one is an error that lists what there is.
pub fn by_part<'a>(queue: &'a [Queued], typed: &Typed) -> Result<&'a Queued, CliError> {
    // A branch may end like a head does.
    let whole = typed.head.as_ref().map(|head| format!("{}@{head}", typed.id));
    if let Some(found) = queue.iter().find(|queued| whole.as_ref() == Some(&queued.proposal.id)) {
        return Ok(found);
    }
    let exact = queue.iter().find(|queued| queued.proposal.id == typed.id);
    let parts: Vec<&Queued> = queue.iter().filter(|queued| queued.proposal.id.contains(&typed.id)).collect();
    let found = match (exact, parts.as_slice()) {
        (Some(exact), _) => exact,
        (None, [one]) => one,
        (None, []) => return Err(unknown(&typed.id)),
        (None, several) => {
            let names: Vec<_> = several.iter().take(5).map(|queued| text::printable(&queued.proposal.id)).collect();
            let what = format!("`{}` could be any of {} proposals", text::printable(&typed.id), several.len());
            return Err(CliError { exit: Exit::Refused, what, next: format!("say which: {}", names.join(", ")) });
        }
    };
    check_head(found, typed)?;
    Ok(found)
}

/// The proposal with exactly this name, for deciding. Without a terminal the head must be named, and be the present one.
pub fn to_decide(queue: &[Queued], typed: &Typed, interactive: bool) -> Result<Queued, CliError> {
    let found = queue.iter().find(|queued| queued.proposal.id == typed.id);
    let part = || by_part(queue, &Typed { head: None, ..typed.clone() }).map_or_else(|error| error, in_full);
    let found = found.ok_or_else(part)?;
    if typed.head.is_none() && !interactive {
        let what =
            format!("without a terminal a decision names the head that was seen: {}@HEAD", text::printable(&typed.id));
        let next = format!("{}@{}", text::printable(&typed.id), found.proposal.head.short(12));
        return Err(CliError::usage(what, format!("if you have looked at the present one, write {next}")));
    }
    check_head(found, typed)?;
    Ok(found.clone())
}

/// A part of a name is enough for looking, and too little for deciding.
fn in_full(meant: &Queued) -> CliError {
    let name = text::printable(&meant.proposal.id);
    CliError::usage("a decision names the whole proposal", format!("if you mean {name}, write that"))
}

fn unknown(id: &str) -> CliError {
    CliError::refused(
        format!("there is no proposal `{}`", text::printable(id)),
        "`countersign list --all` shows what there is",
    )
}

fn check_head(found: &Queued, typed: &Typed) -> Result<(), CliError> {
    let now = found.proposal.head.to_string();
    match &typed.head {
        Some(head) if !now.starts_with(head.as_str()) => Err(CliError::refused(
            format!("the head of {} moved: it is {} now", text::printable(&found.proposal.id), &now[..12]),
            "look at the new round, and decide on that",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_what_follows_the_last_at() {
        for (typed, id, head) in [
            ("agent/x/1", "agent/x/1", None),
            ("agent/x/1@0123456789ab", "agent/x/1", Some("0123456789ab")),
            ("agent/x@y@0123456789AB", "agent/x@y", Some("0123456789ab")),
            ("agent/x@12345678901", "agent/x@12345678901", None),
            ("agent/x@0123456789abz", "agent/x@0123456789abz", None),
        ] {
            assert_eq!(Typed::parse(typed), Typed { id: id.into(), head: head.map(str::to_owned) });
        }
    }
}

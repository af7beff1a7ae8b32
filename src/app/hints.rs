//! The last line of the screen, and the lines above the list that want a look: what works here, what waits, what is wrong.

use super::actions::{Action, ActionInfo};
use super::overlay::Overlay;
use super::queue::{Counts, Marked};
use super::sheet::Sheet;
use super::status::Status;
use super::{App, count};
use crate::config::{Context, sequence_label};
use crate::engine::{LedgerHealth, Snapshot};
use crate::model::{DecisionKind, Stage};

/// What the last line shows.
#[derive(Debug)]
pub enum HintBar<'a> {
    /// A begun chord: what it can become.
    Begun {
        /// The chords so far.
        keys: String,
        /// The keys that go on, and what each would do.
        next: Vec<(String, &'static str)>,
    },
    /// The answer to the last key.
    Status(&'a Status),
    /// Decisions that leave soon.
    Leaving {
        /// How many proposals, and what: `28 approvals`.
        what: String,
        /// Seconds.
        seconds: i64,
        /// The key that takes them back.
        undo: String,
        /// The key that sends them now.
        send: String,
    },
    /// The line of a search.
    Find,
    /// What works here: decisions, then moves.
    Hints {
        /// What comes first: `3 marked`.
        lead: Option<String>,
        /// Decisions; a blocked one has its reason.
        decisions: Vec<Hint>,
        /// The rest.
        moves: Vec<Hint>,
        /// The keys of help and palette.
        more: Vec<Hint>,
    },
}

/// An entry of the hint bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The key.
    pub key: String,
    /// What it does.
    pub label: String,
    /// Why it does not work now.
    pub blocked: Option<String>,
}

/// Entries of the hint bar beside help and palette.
const MOST: usize = 8;

/// What the last line shows now.
#[must_use]
pub fn bar(app: &App) -> HintBar<'_> {
    if !app.pending.is_empty() {
        return begun(app);
    }
    if let Some(status) = &app.status {
        return HintBar::Status(status);
    }
    if let Some(Overlay::Find(_)) = &app.overlay {
        return HintBar::Find;
    }
    if let Some(leaving) = leaving(app).filter(|_| app.sheet.is_none() && app.overlay.is_none()) {
        return leaving;
    }
    hints(app)
}

fn begun(app: &App) -> HintBar<'_> {
    let found = app.keymap.continuations(app.context().stack(), &app.pending);
    let next = found.into_iter().filter_map(|binding| {
        let info = Action::from_name(&binding.action)?.info();
        Some((sequence_label(&binding.chords[app.pending.len()..]), info.label))
    });
    HintBar::Begun { keys: sequence_label(&app.pending), next: next.collect() }
}

fn leaving(app: &App) -> Option<HintBar<'_>> {
    let seconds = app.outbox.seconds_left(app.now)?;
    let intents: Vec<_> = app.outbox.waiting().iter().flat_map(|plan| &plan.intents).collect();
    let proposals = app.outbox.waiting().iter().map(|plan| plan.items.len()).sum();
    let kind = intents.first().map_or(DecisionKind::Approve, |intent| intent.kind);
    let same = intents.iter().all(|intent| intent.kind == kind);
    let what = count(proposals, if same { noun(kind) } else { "decision" });
    let key = |action| label(app, Context::Queue, action).unwrap_or_default();
    Some(HintBar::Leaving { what, seconds, undo: key(Action::Undo), send: key(Action::SendNow) })
}

const fn noun(kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Approve => "approval",
        DecisionKind::Reject => "rejection",
        DecisionKind::Hold => "hold",
        DecisionKind::Ask => "question",
        DecisionKind::Withdraw => "withdrawal",
    }
}

/// The first key of an action in a context.
#[must_use]
pub fn label(app: &App, context: Context, action: Action) -> Option<String> {
    app.keymap.label(context.stack(), action.name())
}

fn hint(app: &App, action: Action) -> Option<Hint> {
    let info: &ActionInfo = action.info();
    let key = label(app, app.context(), action)?;
    Some(Hint { key, label: name_here(app, action).unwrap_or_else(|| info.label.to_owned()), blocked: None })
}

/// What an action is called with what lies on top, where that is clearer than its label.
fn name_here(app: &App, action: Action) -> Option<String> {
    match (action, &app.sheet) {
        (Action::Confirm, Some(Sheet::Approve(sheet))) if sheet.kind == DecisionKind::Withdraw => {
            Some("sign and withdraw".to_owned())
        }
        (Action::Confirm, Some(Sheet::Approve(sheet))) => {
            let aside = if sheet.resend.is_some() && app.asks.send.is_some() { "step aside, " } else { "" };
            // A number only where it is that of a plan.
            let number = sheet.planning.ready().map_or_else(String::new, |plan| format!(" {}", plan.items.len()));
            Some(format!("{aside}sign and send{number}"))
        }
        (Action::Confirm, Some(Sheet::Init(sheet))) if sheet.wants.is_some() => {
            Some("step aside, write and sign it".to_owned())
        }
        (Action::Confirm, Some(Sheet::Init(_))) => Some("write and sign it".to_owned()),
        (Action::Send, Some(Sheet::Comment(_))) => Some("keep".to_owned()),
        (Action::Send, Some(Sheet::Write(_))) => Some("sign and send".to_owned()),
        (Action::Close, Some(Sheet::Write(_))) => Some("keep the draft".to_owned()),
        (Action::Close, None) if app.review.is_some() && app.overlay.is_none() => Some("queue".to_owned()),
        _ => None,
    }
}

fn hints(app: &App) -> HintBar<'_> {
    use Action as A;
    let (decisions, moves): (&[Action], &[Action]) = match (app.context(), &app.sheet) {
        (Context::Queue | Context::Everywhere, _) if app.queue.marking() => {
            (&[A::Approve, A::Reject, A::Hold], &[A::Mark, A::Range, A::Unmark, A::Open])
        }
        (Context::Queue | Context::Everywhere, _) => {
            (&[A::Approve, A::Reject, A::Hold], &[A::Open, A::Mark, A::Batch, A::Find, A::Sort])
        }
        (Context::Review, _) => {
            (&[A::Approve, A::Reject, A::Hold], &[A::ReadOn, A::NextHunk, A::NextFile, A::Comment, A::Close])
        }
        (Context::Confirm, Some(Sheet::Init(_))) => (&[A::Confirm], &[A::Close]),
        (Context::Confirm, _) => (&[A::Confirm], &[A::LeaveOut, A::Open, A::Fold, A::AsText, A::Close]),
        (Context::Write, Some(Sheet::Comment(_))) => (&[A::Send], &[A::Close]),
        (Context::Write, _) => (&[A::Send], &[A::NextField, A::Toggle, A::Close]),
        (Context::Page, _) => (&[], &[A::Down, A::PageDown, A::Top, A::Bottom, A::Close]),
        (Context::Find | Context::Palette, _) => (&[], &[A::Accept, A::Close]),
    };
    let decisions: Vec<Hint> = decisions.iter().filter_map(|action| decision(app, *action)).collect();
    let room = MOST - decisions.len().min(MOST);
    let working = moves.iter().filter(|action| (action.info().disabled)(app).is_none());
    let moves = working.filter_map(|action| hint(app, *action)).take(room).collect();
    let more = [A::Help, A::Palette].into_iter().filter(|action| action.works_in(app.context()));
    HintBar::Hints { lead: lead(app), decisions, moves, more: more.filter_map(|action| hint(app, action)).collect() }
}

fn lead(app: &App) -> Option<String> {
    if app.context() != Context::Queue {
        return None;
    }
    if app.queue.ranging() {
        return Some(format!("{} in range:", app.queue.range().len()));
    }
    let Marked { all, above, below, hidden } = app.queue.where_marked(app.list_height());
    let what = match all {
        0 => return None,
        1 => app.queue.selection().first()?.label.clone(),
        _ => all.to_string(),
    };
    let away = [(above, "above"), (below, "below"), (hidden, "not shown")];
    let away: Vec<String> =
        away.iter().filter(|(number, _)| *number > 0).map(|(number, place)| format!(", {number} {place}")).collect();
    Some(format!("{what} marked{}:", away.concat()))
}

fn decision(app: &App, action: Action) -> Option<Hint> {
    let blocked = (action.info().disabled)(app);
    Some(Hint { blocked, ..hint(app, action)? })
}

/// A line above the list that wants a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The sign at its beginning: `!` for what is wrong, `=` for what can be done.
    pub sign: char,
    /// What it says.
    pub text: String,
    /// The key that leads on, and what it does.
    pub key: Option<(String, &'static str)>,
}

/// What came to the target and was not recorded, where that is worth a line: without a ledger nothing ever is, so there only
/// what flips.
fn watched(snapshot: &Snapshot) -> Option<String> {
    let watch = snapshot.watch.found()?;
    let wanted = snapshot.stage != Stage::Look || !watch.flipping.is_empty();
    watch.sentence(&snapshot.target).filter(|_| wanted)
}

/// The lines above the list, the most urgent first.
#[must_use]
pub fn notices(app: &App) -> Vec<Notice> {
    let key = |action: Action, word| Some((label(app, Context::Queue, action)?, word));
    let mut notices = Vec::new();
    let repos = app.repos();
    for snapshot in repos.iter() {
        let alarm = match &snapshot.ledger {
            LedgerHealth::Alarm { what, .. } => Some(format!("the ledger: {what}")),
            _ => None,
        };
        for text in alarm.into_iter().chain(watched(snapshot)) {
            let text = repos.prefix(&snapshot.repo) + &text;
            notices.push(Notice { sign: '!', text, key: key(Action::Problems, "look") });
        }
    }
    if !app.outbox.kept().is_empty() {
        let items = app.outbox.kept().iter().map(|intent| intent.items.len()).sum();
        let kept = count(items, "decision");
        let (why, does) = match &app.asks.send {
            Some(wants) => (format!(": {wants}"), "asks for it here"),
            None => (String::new(), "shows them; u drops them"),
        };
        let text = format!("{kept} not sent, kept{why}");
        notices.push(Notice { sign: '!', text, key: key(Action::SendNow, does) });
    }
    if let Some(wants) = app.asks.fetch.values().next() {
        notices.push(Notice { sign: '!', text: wants.clone(), key: key(Action::Refresh, "asks for it here") });
    }
    let found =
        || repos.iter().flat_map(|snapshot| &snapshot.problems).chain(&app.problems).chain(app.owed.values().flatten());
    let problems = found().count();
    if problems > 0 {
        let text = match found().next() {
            Some(one) if problems == 1 => format!("{}: {}", one.place, one.what),
            _ => count(problems, "problem"),
        };
        notices.push(Notice { sign: '!', text, key: key(Action::Problems, "look") });
    }
    let counts = app.queue.counts();
    // The line is there from the start: what is found must not push the list about.
    if counts.harmless > 1 {
        let Counts { clean, low, unlooked, .. } = counts;
        let (text, batch) = match clean {
            _ if unlooked > 0 => (format!("{low} low ones: being looked into before any is called clean"), false),
            0 => (format!("none of the {low} low ones is clean: each says why"), false),
            clean if clean == low => (format!("all {low} low ones are clean: one look at a list, one signature"), true),
            1 => (format!("one of the {low} low ones is clean"), true),
            clean => (format!("{clean} of the {low} low ones are clean: one look at a list, one signature"), true),
        };
        notices.push(Notice { sign: '=', text, key: key(Action::Batch, "batch").filter(|_| batch) });
    }
    if counts.all() == 0
        && !app.queue.entries().is_empty()
        && let Some(done) = app.sitting.said()
    {
        let text = format!("nothing waits for you any more: {done}");
        notices.push(Notice { sign: '=', text, key: key(Action::Leave, "leave") });
    }
    notices
}

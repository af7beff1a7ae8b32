//! Why an action cannot be done now. The action table names one of these for every action; the hint bar and the palette
//! show what it answers, and pressing the key says it.

use super::sheet::Sheet;
use super::{App, JobKey, Meant};
use crate::engine::LedgerHealth;
use crate::model::text::single_line;
use crate::model::{Known, Landing, Outcome, Queued, State};

type Why = Option<String>;

fn unless(allowed: bool, why: impl FnOnce() -> String) -> Why {
    (!allowed).then(why)
}

pub(super) fn never(_: &App) -> Why {
    None
}

pub(super) fn nothing_here(app: &App) -> Why {
    unless(app.sheet.is_some() || app.review.is_some() || app.queue.current().is_some(), || "no proposal here".into())
}

pub(super) fn no_page(app: &App) -> Why {
    match app.under_cursor() {
        None => Some("no proposal here".into()),
        Some(queued) => unless(queued.proposal.page().is_some(), || "it has no page: it is a branch".into()),
    }
}

pub(super) fn nothing_listed(app: &App) -> Why {
    unless(!app.queue.entries().is_empty(), || "the queue is empty".into())
}

pub(super) fn nothing_marked(app: &App) -> Why {
    unless(app.queue.marking(), || "nothing is marked".into())
}

pub(super) fn nothing_alike(app: &App) -> Why {
    unless(app.queue.current().is_some_and(|entry| app.queue.has_alike(entry)), || "nothing here does the same".into())
}

pub(super) fn nothing_to_search(app: &App) -> Why {
    match &app.review {
        Some(_) => not_read(app),
        None => nothing_listed(app),
    }
}

pub(super) fn no_search(app: &App) -> Why {
    let searching = app.review.as_ref().map_or(app.queue.filter.active(), |review| !review.search.is_empty());
    unless(searching, || "nothing is searched for".into())
}

pub(super) fn no_fold(app: &App) -> Why {
    match (&app.sheet, &app.review) {
        (Some(Sheet::Approve(sheet)), _) => unless(sheet.on_fold(), || "nothing like it here".into()),
        (_, Some(_)) => not_read(app),
        (_, None) => unless(app.queue.on_fold(), || "no identical changes here".into()),
    }
}

pub(super) fn not_read(app: &App) -> Why {
    let review = app.review.as_ref();
    unless(review.is_some_and(|review| review.opened.is_some()), || match review {
        Some(review) if review.failure.is_some() => "it could not be opened".into(),
        _ => "it is still being read".into(),
    })
}

pub(super) fn no_history(app: &App) -> Why {
    not_read(app).or_else(|| match &app.review.as_ref()?.opened.as_ref()?.evidence.provenance {
        Known::Known(_) => None,
        Known::Indexing => Some("the history is being indexed".into()),
        Known::Unknown(why) => Some(format!("the history is not known: {}", single_line(why))),
    })
}

pub(super) fn no_incidents(app: &App) -> Why {
    not_read(app).or_else(|| {
        let known = app.review.as_ref()?.opened.as_ref()?.evidence.incidents.found();
        unless(known.is_some(), || "what happened before is not known yet".into())
    })
}

pub(super) fn no_line(app: &App) -> Why {
    not_read(app).or_else(|| unless(app.review.as_ref()?.line().is_some(), || "not on a line of text".into()))
}

pub(super) fn no_batch(app: &App) -> Why {
    if app.queue.counts().clean == 0 {
        return Some("no low proposal is clean".into());
    }
    nobody(app)
}

/// Why this person cannot decide anything. Before there is a ledger, deciding offers to start it.
fn nobody(app: &App) -> Why {
    let snapshot = app.here();
    match (&snapshot.ledger, &snapshot.me) {
        (LedgerHealth::Alarm { .. }, _) => Some("the ledger raises an alarm: see `!`".into()),
        (LedgerHealth::None, _) | (_, Some(_)) => None,
        (_, None) => Some("no key of yours is in allowed_signers".into()),
    }
}

fn undecided(app: &App, queued: &Queued) -> Why {
    let decided = app.queue.decided(&queued.proposal.name())?;
    Some(format!("{decided} has not left yet"))
}

pub(super) fn approve(app: &App) -> Why {
    match app.meant() {
        Meant::Nothing => Some("no proposal here".into()),
        Meant::One(one) => unapprovable(app, one).or_else(|| undecided(app, one)).or_else(|| nobody(app)),
        Meant::Many => nobody(app),
    }
}

fn unapprovable(app: &App, queued: &Queued) -> Why {
    let ruling = &queued.standing.ruling;
    match (&queued.proposal.landing, ruling.outcome) {
        (Landing::NeedsRebase(_), _) => Some("needs a rebase".into()),
        (Landing::Unreadable(_), _) => Some("cannot be read".into()),
        (Landing::Landed, _) => Some("has landed".into()),
        (_, Outcome::Denied | Outcome::Error) => {
            let verb = if ruling.outcome == Outcome::Denied { "denied" } else { "policy error" };
            let at = ruling.reasons.iter().find(|reason| is_block(reason.effect));
            Some(at.map_or_else(|| verb.to_owned(), |reason| format!("{verb}: {}, {}", reason.rule, reason.at)))
        }
        (_, Outcome::Pending) => {
            let me = app.here().me.as_ref()?;
            let mine = ruling.approvals.by.contains(me);
            mine.then(|| format!("you have; {} of {} people", ruling.approvals.have, ruling.approvals.need))
        }
        (_, Outcome::Satisfied) => None,
    }
}

const fn is_block(effect: crate::model::Effect) -> bool {
    matches!(effect, crate::model::Effect::Deny | crate::model::Effect::Error)
}

pub(super) fn object(app: &App) -> Why {
    match app.meant() {
        Meant::Nothing => Some("no proposal here".into()),
        Meant::One(one) => undecided(app, one).or_else(|| nobody(app)),
        Meant::Many => nobody(app),
    }
}

pub(super) fn withdraw(app: &App) -> Why {
    let one = match app.meant() {
        Meant::Nothing => return Some("no proposal here".into()),
        Meant::Many => return Some("one at a time".into()),
        Meant::One(one) => one,
    };
    let me = app.here().me.as_deref();
    let approved = me.is_some_and(|me| one.standing.ruling.approvals.by.iter().any(|by| by == me));
    let objected = matches!(one.standing.state, State::Held | State::Asked | State::Rejected);
    unless(approved || objected, || "nothing of yours to take back".into())
        .or_else(|| undecided(app, one))
        .or_else(|| nobody(app))
}

pub(super) fn nothing_waits(app: &App) -> Why {
    let waits = !app.outbox.waiting().is_empty() || !app.outbox.kept().is_empty();
    unless(waits, || if app.outbox.sending() { "it has left".into() } else { "nothing waits to leave".into() })
}

pub(super) fn ledger_is_there(app: &App) -> Why {
    unless(app.here().ledger == LedgerHealth::None, || "the ledger is there".into())
        .or_else(|| unless(!app.jobs.waits_for(JobKey::Init), || "it is being started".into()))
}

pub(super) fn no_plan(app: &App) -> Why {
    match &app.sheet {
        Some(Sheet::Init(sheet)) => unless(sheet.offer.is_some(), || "still working it out".into()),
        Some(sheet) => sheet.plan().and_then(|planning| {
            if planning.pending() {
                return Some("the plan is being made".into());
            }
            unless(planning.ready().is_some(), || "nothing in it can be done".into())
        }),
        None => None,
    }
}

pub(super) fn fixed(app: &App) -> Why {
    match &app.sheet {
        Some(Sheet::Approve(sheet)) => unless(sheet.resend.is_none(), || "it is sent as it was decided".into()),
        _ => Some("nothing to leave out".into()),
    }
}

pub(super) fn cannot_send(app: &App) -> Why {
    match &app.sheet {
        Some(Sheet::Write(sheet)) if !sheet.says_something() => Some("write what the agent should know".into()),
        Some(Sheet::Write(sheet)) => sheet.planning.failure().map(|failure| failure.what.clone()),
        _ => None,
    }
}

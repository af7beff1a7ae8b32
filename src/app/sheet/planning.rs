//! The plan of a sheet: asked for, shown, and asked for again when anything changed.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Consent;
use crate::app::message::Command;
use crate::engine::{Failure, Plan};
use crate::model::Intent;

/// How long a text must be still before the plan for it is made.
const STILL_FOR: SignedDuration = SignedDuration::from_millis(200);

/// The plan that a sheet shows and confirms.
#[derive(Debug, Default)]
pub struct Planning {
    consent: Consent,
    /// The question that is open, or was answered last.
    ticket: u64,
    /// What was asked about last.
    asked: Vec<Intent>,
    answered: bool,
    /// When to ask again; `None` while the plan is of what the sheet says.
    due: Option<Timestamp>,
    shown: Option<Result<Arc<Plan>, Failure>>,
    /// How the plan changed underneath; empty where that cannot be said in words.
    changed: Option<String>,
}

impl Planning {
    /// Asks for the plan of these decisions, at once. `ticket` must be new.
    pub fn ask(&mut self, ticket: u64, intents: Vec<Intent>) -> Command {
        self.consent.disarm();
        self.ticket = ticket;
        self.answered = false;
        self.due = None;
        self.changed = None;
        self.asked.clone_from(&intents);
        Command::Preview { ticket, intents }
    }

    /// The sheet says nothing that could be planned.
    pub fn nothing(&mut self) {
        self.consent.disarm();
        *self = Self { consent: self.consent, ticket: self.ticket, answered: true, ..Self::default() };
    }

    /// Asks again about the same decisions, because the world has changed.
    pub fn ask_again(&mut self, ticket: u64) -> Option<Command> {
        if self.asked.is_empty() || self.due.is_some() {
            return None;
        }
        self.ticket = ticket;
        self.answered = false;
        Some(Command::Preview { ticket, intents: self.asked.clone() })
    }

    /// The sheet says something else now; the plan for it is due once it is still.
    pub fn edited(&mut self, now: Timestamp) {
        self.consent.disarm();
        self.due = now.checked_add(STILL_FOR).ok();
    }

    /// When the plan is due.
    #[must_use]
    pub const fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Takes an answer; late ones are not taken. Consent starts again unless the plan does what the shown one did.
    pub fn answer(&mut self, ticket: u64, plan: Result<Arc<Plan>, Failure>) {
        if ticket != self.ticket {
            return;
        }
        self.answered = true;
        match (&self.shown, &plan) {
            (Some(Ok(old)), Ok(new)) if old.agrees_with(new) && old.memory == new.memory => {}
            (Some(Ok(old)), Ok(new)) => {
                let same = old.intents == new.intents;
                self.changed = same.then(|| old.difference(new).unwrap_or_default());
                self.consent.disarm();
            }
            _ => self.consent.disarm(),
        }
        self.shown = Some(plan);
    }

    /// Shows a plan that replaces the one that was confirmed, and how it differs.
    pub fn replace(&mut self, plan: Arc<Plan>, how: String) {
        self.consent.disarm();
        self.asked.clone_from(&plan.intents);
        self.shown = Some(Ok(plan));
        self.answered = true;
        self.changed = Some(how);
    }

    /// A frame with the sheet is on the terminal. It counts only if it showed the plan that can be confirmed.
    pub fn flushed(&mut self, at: Timestamp) {
        if self.ready().is_some() {
            self.consent.flushed(at);
        }
    }

    /// Another key was pressed.
    pub fn disarm(&mut self) {
        self.consent.disarm();
    }

    /// The confirming key was pressed: the plan, if it counts.
    pub fn confirm(&mut self, at: Timestamp) -> Option<Arc<Plan>> {
        let armed = self.consent.confirm(at);
        let plan = self.ready()?.clone();
        armed.then_some(plan)
    }

    /// The plan, if it is of what the sheet says now and does anything.
    #[must_use]
    pub fn ready(&self) -> Option<&Arc<Plan>> {
        let current = self.answered && self.due.is_none();
        self.plan().filter(|plan| current && !plan.items.is_empty())
    }

    /// The plan that was shown last, be it of what the sheet says now or not.
    #[must_use]
    pub fn plan(&self) -> Option<&Arc<Plan>> {
        self.shown.as_ref()?.as_ref().ok()
    }

    /// Why there is no plan.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.shown.as_ref()?.as_ref().err()
    }

    /// Whether a plan is still to come.
    #[must_use]
    pub const fn pending(&self) -> bool {
        !self.answered || self.due.is_some()
    }

    /// How the plan changed underneath, if it did and has not been confirmed since.
    #[must_use]
    pub fn changed(&self) -> Option<&str> {
        self.changed.as_deref()
    }
}

//! Sheets: what lies over a screen until a person has decided, or steps back.

mod approve;
mod consent;
mod planning;
mod scope;
mod write;

pub use approve::{ApproveSheet, Candidate};
pub use consent::{ARMED_AFTER, Consent};
pub use planning::Planning;
pub use scope::{scopes, scopes_of};
pub use write::{CommentSheet, ENDS, Field, WriteSheet, YET_TO_COME};

use jiff::Timestamp;

use super::RepoId;
use super::text_field::TextField;
use crate::config::Context;
use crate::engine::InitOffer;

/// A sheet.
#[derive(Debug)]
pub enum Sheet {
    /// Approve, withdraw, send what was kept.
    Approve(Box<ApproveSheet>),
    /// Reject, hold, ask.
    Write(Box<WriteSheet>),
    /// A remark on a line.
    Comment(Box<CommentSheet>),
    /// Start the ledger.
    Init(Box<InitSheet>),
}

/// Rows that the list of the approve sheet has on a screen of this height: the rest is its head, the item under the cursor, what
/// is left out, and the hint bar.
#[must_use]
pub const fn rows_for_items(height: u16) -> u16 {
    let rest = if height < 30 { 12 } else { 15 };
    if height > rest + 3 { height - rest } else { 3 }
}

/// The offer to start the ledger.
#[derive(Debug, Default)]
pub struct InitSheet {
    /// What it would write; `None` while that is worked out.
    pub offer: Option<Box<InitOffer>>,
    /// Of which repository.
    pub repo: RepoId,
    /// The first line that is drawn.
    pub top: usize,
    /// What git wanted to ask when it was confirmed; it is asked for at the terminal the next time.
    pub wants: Option<String>,
    consent: Consent,
}

impl InitSheet {
    /// The offer of a repository, which is yet to be worked out.
    #[must_use]
    pub fn of(repo: RepoId) -> Self {
        Self { repo, ..Self::default() }
    }

    /// The offer once more, because git wanted to ask something.
    #[must_use]
    pub fn asking(repo: RepoId, offer: Box<InitOffer>, wants: String) -> Self {
        Self { repo, offer: Some(offer), wants: Some(wants), ..Self::default() }
    }

    /// The confirming key was pressed: the offer, if it counts.
    pub fn confirm(&mut self, at: Timestamp) -> Option<Box<InitOffer>> {
        let armed = self.consent.confirm(at);
        self.offer.clone().filter(|_| armed)
    }
}

impl Sheet {
    /// Where keys are read.
    #[must_use]
    pub const fn context(&self) -> Context {
        match self {
            Self::Approve(_) | Self::Init(_) => Context::Confirm,
            Self::Write(_) | Self::Comment(_) => Context::Write,
        }
    }

    /// The name of the repository that it decides about; `None` where that is of what lies below.
    #[must_use]
    pub fn repo(&self) -> Option<&str> {
        let subject = match self {
            Self::Approve(sheet) => &sheet.candidates.first()?.subject,
            Self::Write(sheet) => &sheet.items.first()?.subject,
            Self::Comment(_) | Self::Init(_) => return None,
        };
        Some(&subject.repo)
    }

    /// Its plan, if it has one.
    pub fn planning(&mut self) -> Option<&mut Planning> {
        match self {
            Self::Approve(sheet) => Some(&mut sheet.planning),
            Self::Write(sheet) => Some(&mut sheet.planning),
            Self::Comment(_) | Self::Init(_) => None,
        }
    }

    /// Its plan, if it has one, to be looked at.
    #[must_use]
    pub fn plan(&self) -> Option<&Planning> {
        match self {
            Self::Approve(sheet) => Some(&sheet.planning),
            Self::Write(sheet) => Some(&sheet.planning),
            Self::Comment(_) | Self::Init(_) => None,
        }
    }

    /// The text that keys go to, if the cursor is in one.
    pub fn text(&mut self) -> Option<&mut TextField> {
        match self {
            Self::Write(sheet) => sheet.text(),
            Self::Comment(sheet) => Some(&mut sheet.text),
            Self::Approve(_) | Self::Init(_) => None,
        }
    }

    /// A frame with the sheet is on the terminal.
    pub fn flushed(&mut self, at: Timestamp) {
        match self {
            Self::Init(sheet) if sheet.offer.is_some() => sheet.consent.flushed(at),
            _ => {
                if let Some(planning) = self.planning() {
                    planning.flushed(at);
                }
            }
        }
    }

    /// A key was pressed that does not confirm.
    pub fn disarm(&mut self) {
        match self {
            Self::Init(sheet) => sheet.consent.disarm(),
            _ => {
                if let Some(planning) = self.planning() {
                    planning.disarm();
                }
            }
        }
    }
}

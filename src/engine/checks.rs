//! What a forge said of checks, as far as it was asked: soft facts, which stand against a round and lower nothing.

use std::collections::HashMap;

use crate::model::forge::Checks;
use crate::model::{Known, Oid, Proposal};
use crate::policy::CheckFacts;

/// What a forge said of checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeChecks {
    /// The names that its protection asks for, by the full name of the target.
    pub asked: HashMap<String, Known<Vec<String>>>,
    /// The checks of heads.
    pub heads: HashMap<Oid, Known<Checks>>,
    /// What is known of what other targets ask for.
    pub unasked: Known<Vec<String>>,
    /// What is known of the checks of other heads.
    pub unread: Known<Checks>,
}

impl ForgeChecks {
    /// Where a forge tells of them, and cannot be asked.
    #[must_use]
    pub fn unknown(why: &str) -> Self {
        let (unasked, unread) = (Known::Unknown(why.to_owned()), Known::Unknown(why.to_owned()));
        Self { asked: HashMap::new(), heads: HashMap::new(), unasked, unread }
    }

    /// Where no forge tells of checks: none is asked for, and none is known.
    #[must_use]
    pub fn nowhere() -> Self {
        let (unasked, unread) = (Known::Known(Vec::new()), Known::Unknown(NOWHERE.to_owned()));
        Self { asked: HashMap::new(), heads: HashMap::new(), unasked, unread }
    }

    /// Where a forge tells of them, and was not asked yet.
    #[must_use]
    pub fn unasked() -> Self {
        let (unasked, unread) = (Known::Indexing, Known::Indexing);
        Self { asked: HashMap::new(), heads: HashMap::new(), unasked, unread }
    }

    /// What is known of the checks of a proposal.
    #[must_use]
    pub fn of(&self, proposal: &Proposal) -> CheckFacts<'_> {
        CheckFacts {
            asked: self.asked.get(&proposal.target.refname).unwrap_or(&self.unasked),
            of_head: self.heads.get(&proposal.head).unwrap_or(&self.unread),
        }
    }
}

/// What is said of a required check without a forge.
const NOWHERE: &str = "no forge tells of checks here";

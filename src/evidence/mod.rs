//! Evidence: what is known about a round, each kind a pure function of its inputs.
//!
//! [`reasoning`] reads what the agent says. Everything it returns is a claim: it is shown after *says*, compared with what
//! was found, and never taken for a fact. [`provenance`] says where values come from. [`incidents`] are what went wrong
//! before. [`signals`] are computed from how files and their values moved. [`reach`] follows a change to clusters, services
//! and users of its names. [`forge`] is what a forge says of it. [`cost`] prices what is touched, before and after, and [`claims`] holds what the agent says against
//! all that. The [`Inventory`] is what the target's config documents say as a whole, which cost and reach are read from.

mod agent;
pub mod claims;
pub mod cost;
mod findings;
pub mod forge;
pub mod incidents;
mod inventory;
pub mod provenance;
pub mod reach;
pub mod reasoning;
pub mod signals;
mod telling;
pub mod turn;

pub use agent::agent_hint;
pub use inventory::Inventory;

use crate::model::field::FieldReport;
use crate::model::{Claims, Cost, ForgeReport, IncidentEvidence, Known, Provenance, Reach};
use signals::SignalReport;

/// What was found about a round, part by part; each may be known, unknown or still being made.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What changes in the values of config documents.
    pub fields: Known<FieldReport>,
    /// Where the values come from that it overwrites.
    pub provenance: Known<Provenance>,
    /// What the agent says, held against the change.
    pub claims: Known<Claims>,
    /// What it costs.
    pub cost: Known<Cost>,
    /// What happened the last time somebody touched what it touches.
    pub incidents: Known<IncidentEvidence>,
    /// The warnings.
    pub signals: Known<SignalReport>,
    /// Where it lands, and who feels it.
    pub reach: Known<Reach>,
    /// What the forge says: checks, reviews, remarks.
    pub forge: Known<ForgeReport>,
    /// What was not there of what it is gathered from, so that what was found need not be all.
    pub lacks: Option<String>,
}

impl Evidence {
    /// Nothing is known yet.
    pub const PENDING: Self = Self {
        fields: Known::Indexing,
        provenance: Known::Indexing,
        claims: Known::Indexing,
        cost: Known::Indexing,
        incidents: Known::Indexing,
        signals: Known::Indexing,
        reach: Known::Indexing,
        forge: Known::Indexing,
        lacks: None,
    };

    /// Says with each part that something it is gathered from was not there.
    pub fn without(&mut self, what: &str) {
        self.lacks = Some(what.to_owned());
        let add = |missing: &mut Option<String>| match missing {
            Some(other) if other.contains(what) => {}
            Some(other) => *other = format!("{other}; {what}"),
            None => *missing = Some(what.to_owned()),
        };
        let all = [
            self.provenance.found_mut().map(|found| &mut found.missing),
            self.claims.found_mut().map(|found| &mut found.missing),
            self.incidents.found_mut().map(|found| &mut found.missing),
            self.signals.found_mut().map(|found| &mut found.missing),
            self.reach.found_mut().map(|found| &mut found.missing),
        ];
        all.into_iter().flatten().for_each(add);
    }

    /// Nothing can be known of what is read from objects, and why; what a forge says comes from elsewhere.
    #[must_use]
    pub fn unknown(why: &str) -> Self {
        Self {
            fields: Known::Unknown(why.to_owned()),
            provenance: Known::Unknown(why.to_owned()),
            claims: Known::Unknown(why.to_owned()),
            cost: Known::Unknown(why.to_owned()),
            incidents: Known::Unknown(why.to_owned()),
            signals: Known::Unknown(why.to_owned()),
            reach: Known::Unknown(why.to_owned()),
            forge: Known::Indexing,
            lacks: None,
        }
    }
}

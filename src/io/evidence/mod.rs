//! Gathers what is found about a round: reads what the pure parts of [`crate::evidence`] work on, and asks them.
//!
//! One file a part. What cannot be read makes its own part unknown, with the reason, and no other.

pub mod beside;
mod cost;
pub mod earlier;
pub mod forge;
pub mod history;
mod hostile;
pub mod incidents;
mod provenance;
pub mod queue;
pub mod reach;
mod rejected;
mod signals;
pub mod unusual;
mod values;
pub mod watch;

use std::sync::Arc;
use std::time::Duration;

use self::incidents::Gathered;
use self::provenance::Origins;
use self::values::Histories;
use super::git::store::{Store, StoreError, UNFETCHED, Writes};
use super::index::{IndexError, Request, View};
use super::inventory;
use super::workspace::{Situation, Workspace};
use crate::diff::Document;
use crate::diff::fields::field_report;
use crate::evidence::cost::Prices;
use crate::evidence::{Evidence, Inventory};
use crate::model::field::FieldReport;
use crate::model::{Known, Landing, Oid, Proposal, Queued, text};

/// How long another process that makes the index is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What evidence is gathered from, for the proposals of one situation. One for each thread.
pub struct Scene<'a> {
    /// The repository.
    pub workspace: &'a Workspace,
    /// What it looks like.
    pub situation: &'a Situation,
    /// The proposals and how they stand.
    pub queue: &'a [Queued],
    /// Its objects.
    pub store: Store,
    /// Its history; without it provenance and signals are not known.
    pub view: Known<View>,
    /// What went wrong before.
    pub past: Arc<Gathered>,
    /// What the target's config documents say.
    pub inventory: Known<Arc<Inventory>>,
    /// What things cost; the error says where the price list is wrong.
    pub prices: Result<Prices, String>,
    histories: Histories,
    origins: Origins,
}

/// A proposal, and what it changes.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    /// The proposal.
    pub proposal: &'a Proposal,
    /// Its lines.
    pub document: &'a Document,
    /// Its values.
    pub fields: &'a FieldReport,
}

impl Workspace {
    /// Brings the history index up to this tip of the target; waits for another process that does. `asked` says whether the
    /// tip was asked of the remote just now. `progress` is told how many commits were read.
    pub fn history(&self, tip: Oid, asked: bool, progress: &dyn Fn(usize)) -> Result<View, IndexError> {
        let (repository, now) = (&self.repository, self.clock.now());
        let asked = asked || repository.remote.is_none();
        self.index.update(&Request { repository, tip, now, asked, patience: PATIENCE }, progress)
    }
}

impl<'a> Scene<'a> {
    /// Reads what the evidence of all proposals shares.
    pub fn new(
        workspace: &'a Workspace,
        situation: &'a Situation,
        queue: &'a [Queued],
        view: Known<View>,
    ) -> Result<Self, StoreError> {
        let store = workspace.repository.store(Writes::InMemory)?;
        let past = workspace.past.gather(workspace, situation, &view);
        let tree = store.tree_of(situation.target.tip);
        let inventory = tree.and_then(|tree| workspace.inventories.of(&store, tree)).into();
        let prices = cost::prices(&store, situation);
        let (histories, origins) = (Histories::default(), Origins::default());
        Ok(Self { workspace, situation, queue, store, view, past, inventory, prices, histories, origins })
    }

    /// Everything that is found about a proposal, whose difference is `document`.
    #[must_use]
    pub fn evidence(&self, proposal: &Proposal, document: &Document) -> Evidence {
        if let Some(why) = unfit(&proposal.landing) {
            // What went wrong before is told by its files, which are known; so is what it says.
            let none = FieldReport::default();
            let looked = Looked { proposal, document, fields: &none };
            let (incidents, signals) = (self.incidents(&looked), self.signals_of_unfit(&looked, &why));
            return Evidence { incidents, signals, ..Evidence::unknown(&why) };
        }
        let fields = field_report(document);
        let looked = Looked { proposal, document, fields: &fields };
        let mut evidence = match self.elsewhere(proposal) {
            Some(why) => self.evidence_elsewhere(&looked, &why),
            None => self.evidence_here(&looked),
        };
        // What was missing for one is remembered as unreadable for those that follow.
        if self.past.lacks || self.store.lacked() > 0 {
            evidence.without(UNFETCHED);
        }
        evidence.fields = Known::Known(fields);
        evidence
    }

    /// Why history and inventory are those of another branch than the one that it lands on.
    fn elsewhere(&self, proposal: &Proposal) -> Option<String> {
        let (own, other) = (&self.situation.target, &proposal.target);
        (own.refname != other.refname).then(|| {
            let [own, other] = [own, other].map(|target| text::single_line(target.branch()));
            format!("it lands on {other}, and history and files are read for {own} alone")
        })
    }

    /// What is known of one that lands on another branch: what it says, and what went wrong with the same files.
    fn evidence_elsewhere(&self, looked: &Looked<'_>, why: &str) -> Evidence {
        let (incidents, signals) = (self.incidents(looked), self.signals_of_unfit(looked, why));
        Evidence { incidents, signals, ..Evidence::unknown(why) }
    }

    fn evidence_here(&self, looked: &Looked<'_>) -> Evidence {
        let (provenance, signals) = (self.provenance(looked), self.signals(looked));
        let incidents = self.incidents(looked);
        let (cost, claims) = self.cost_and_claims(looked);
        let reach = self.reach(looked);
        let claims = Known::Known(claims);
        let fields = Known::Unknown("it was not looked at yet".to_owned());
        let forge = Known::Indexing;
        Evidence { fields, provenance, claims, cost, incidents, signals, reach, forge, lacks: None }
    }

    /// What the target's config documents would say once a proposal has landed.
    #[must_use]
    pub fn inventory_after(&self, proposal: &Proposal) -> Option<Inventory> {
        let before = self.inventory.found()?;
        Some(inventory::after(&self.store, before, proposal.diff()?))
    }
}

/// Why nothing of what would land can be known, where nothing can.
fn unfit(landing: &Landing) -> Option<String> {
    match landing {
        Landing::Clean(_) => None,
        Landing::NeedsRebase(_) => Some("it does not merge, so it is not known what would change".to_owned()),
        Landing::Landed => Some("it has landed, and is a part of the history itself".to_owned()),
        Landing::Unreadable(why) => Some(format!("it cannot be read: {why}")),
    }
}

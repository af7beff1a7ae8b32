//! Whether a rejected round changed a value that a proposal changes too: read from the objects of its head, as long as those are
//! here. What became of them later is told by nobody, so that a rejection whose objects are gone is about what the ledger says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Scene;
use super::incidents::named;
use crate::diff::fields::field_report;
use crate::evidence::turn::{is_positional, same_document};
use crate::io::git::open;
use crate::model::field::{FieldChange, FieldReport};
use crate::model::{ChangeId, Incident, IncidentSource, TreeDiff};

/// Files of a rejected round whose values are compared.
const FILES: usize = 30;
/// Changed values of one that are compared.
const FIELDS: usize = 500;
/// Rounds whose values are kept for the next proposal.
const KEPT: usize = 500;

/// What rejected rounds changed, by their change ids: those name the bytes before and after, so that it holds for good.
pub(super) type RejectedValues = Mutex<HashMap<ChangeId, Arc<[FieldChange]>>>;

impl Scene<'_> {
    /// Why a rejection is about the same field: the first one that both change. `None` where the incident is none, or its
    /// objects are gone.
    pub(super) fn rejected_too(&self, incident: &Incident, report: &FieldReport) -> Option<String> {
        let IncidentSource::Entry { entry, proposal } = &incident.source else { return None };
        let view = self.situation.view.as_ref()?;
        let rounds = self.workspace.rejected.of(&self.store, view, self.situation.target.tip);
        let is_it = |(rejected, _): &(&crate::evidence::signals::Rejected, &TreeDiff)| {
            rejected.entry == *entry && rejected.proposal == *proposal
        };
        let (_, diff) = rounds.iter().map(|round| (&round.rejected, &round.diff)).find(is_it)?;
        let theirs = self.rejected_values(diff);
        let own = report.fields.iter().filter(|field| !field.path.0.is_empty()).take(FIELDS);
        let same = |own: &&FieldChange| theirs.iter().any(|theirs| is_same(own, theirs));
        own.into_iter().find(same).map(|field| format!("what was rejected changed {}", named(field)))
    }

    fn rejected_values(&self, diff: &TreeDiff) -> Arc<[FieldChange]> {
        if diff.files.len() > FILES {
            return Arc::default();
        }
        let kept = || self.workspace.past.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept().get(&diff.change_id) {
            return Arc::clone(known);
        }
        if self.store.hold_sides(diff).is_err() {
            // It may come: nothing is kept of it.
            return Arc::default();
        }
        let read = open::changes(&self.workspace.repository, diff, 0).map(|document| field_report(&document).fields);
        let read: Arc<[FieldChange]> = read.unwrap_or_default().into_iter().take(FIELDS).collect();
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(diff.change_id, Arc::clone(&read));
        read
    }
}

/// Whether two changes are of one field. What only its place in a list names is the same as long as the same stands there.
fn is_same(own: &FieldChange, theirs: &FieldChange) -> bool {
    (&own.file, &own.path) == (&theirs.file, &theirs.path)
        && same_document(&own.document, &theirs.document)
        && (!is_positional(&own.path) || own.before == theirs.before)
}

//! Whether a rejected round changed a value that a proposal changes too: read from the objects of its head, as long as those are
//! here. What became of them later is told by nobody, so that a rejection whose objects are gone is about what the ledger says.
//!
//! A rejection is about an object, not about the file that it lies in: whoever moves the file proposes the same again.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BStr, ByteSlice as _};

use super::earlier::Round;
use super::incidents::named;
use super::{Looked, Scene};
use crate::diff::Document;
use crate::diff::fields::{field_report, value_at};
use crate::evidence::Inventory;
use crate::evidence::signals::ValuePrint;
use crate::evidence::turn::{SameField, is_beside, same_document, same_field, same_object};
use crate::io::git::open;
use crate::model::field::{FieldChange, FieldOp};
use crate::model::{ChangeId, Closeness, IncidentHit, IncidentSource, TreeDiff};

/// Files of a rejected round whose values are compared.
const FILES: usize = 100;
/// Changed values of one that are compared.
const FIELDS: usize = 500;
/// Rounds whose values are kept for the next proposal.
const KEPT: usize = 500;

/// What a rejected round did to values.
#[derive(Debug, Default)]
pub(super) struct Rejection {
    /// The changed values, bounded.
    fields: Vec<FieldChange>,
    /// All of them as a digest, wherever their files lie; `None` where they do not say all.
    print: Option<ValuePrint>,
}

/// What rejected rounds changed, by their change ids: those name the bytes before and after, so that it holds for good.
pub(super) type RejectedValues = Mutex<HashMap<ChangeId, Arc<Rejection>>>;

/// The paths that files had which a proposal moves, by the paths that they have then.
struct Renames<'d>(HashMap<&'d BStr, &'d BStr>);

impl<'d> Renames<'d> {
    fn of(document: &'d Document) -> Self {
        let moved = |file: &'d crate::diff::FileSummary| Some((file.path.as_bstr(), file.old_path.as_ref()?.as_bstr()));
        Self(document.files().iter().filter_map(moved).collect())
    }

    fn before(&self, file: &BStr) -> Option<&'d BStr> {
        self.0.get(file).copied()
    }
}

/// What a proposal changes, ready to be held against what was rejected.
pub(super) struct Again<'s> {
    scene: &'s Scene<'s>,
    looked: Looked<'s>,
    renames: Renames<'s>,
    /// The values by their paths, bounded.
    fields: HashMap<String, Vec<&'s FieldChange>>,
    print: Option<ValuePrint>,
    after: OnceCell<Option<Inventory>>,
}

impl<'s> Again<'s> {
    pub fn of(scene: &'s Scene<'s>, looked: &Looked<'s>) -> Self {
        let renames = Renames::of(looked.document);
        let print = ValuePrint::wherever(looked.fields, |file| renames.before(file));
        let mut fields: HashMap<String, Vec<&FieldChange>> = HashMap::new();
        for field in looked.fields.fields.iter().filter(|field| !field.path.0.is_empty()).take(FIELDS) {
            fields.entry(field.path.to_string()).or_default().push(field);
        }
        Self { scene, looked: *looked, renames, fields, print, after: OnceCell::new() }
    }

    /// The name of the first of the values that a rejected round changed too.
    fn same(&self, rejection: &Rejection) -> Option<String> {
        rejection.fields.iter().find_map(|theirs| {
            let own = self.fields.get(&theirs.path.to_string()).map(Vec::as_slice).unwrap_or_default();
            let is_it = |own: &&&FieldChange| match same_field(own, self.renames.before(own.file.as_bstr()), theirs) {
                Some(SameField::Here) => true,
                Some(SameField::Elsewhere) => !self.stays(theirs),
                None => false,
            };
            own.iter().find(is_it).map(|own| named(own)).or_else(|| self.written_anew(theirs))
        })
    }

    /// The name of a rejected value that a whole object brings, which is written down a second time.
    fn written_anew(&self, theirs: &FieldChange) -> Option<String> {
        let brings = |own: &&FieldChange| {
            let value = own.after.as_ref().and_then(|object| value_at(object, &theirs.path.0));
            let same =
                same_object(&own.document, &theirs.document) && value.is_some() && value != theirs.before.as_ref();
            same && (is_beside(own.file.as_bstr(), theirs.file.as_bstr()) || !self.stays(theirs))
        };
        let whole = self.looked.fields.fields.iter().filter(|own| own.path.0.is_empty() && own.op == FieldOp::Added);
        let own = whole.take(FIELDS).find(brings)?;
        Some(named(&FieldChange { path: theirs.path.clone(), ..own.clone() }))
    }

    /// Whether a round did the same to the same values, wherever they lie now.
    pub fn does_the_same(&self, round: &Round) -> bool {
        let rejection = self.scene.rejected_values(&round.diff);
        let own: BTreeSet<&BStr> = self.looked.fields.fields.iter().map(|field| field.file.as_bstr()).collect();
        let is_own = |file: &BStr| {
            let moved = || self.renames.0.values().any(|before| *before == file);
            moved() || own.iter().any(|own| is_beside(own, file))
        };
        self.print.is_some()
            && self.print == rejection.print
            && rejection.fields.iter().all(|theirs| is_own(theirs.file.as_bstr()) || !self.stays(theirs))
    }

    /// Whether the object of a rejected change still lies where it lay: then the one of its name that is proposed is another.
    fn stays(&self, theirs: &FieldChange) -> bool {
        let after = self.after.get_or_init(|| self.scene.inventory_after(self.looked.proposal));
        let documents = after.as_ref().and_then(|after| after.file(theirs.file.as_bstr()));
        documents.is_some_and(|all| all.iter().any(|one| same_document(&one.name, &theirs.document)))
    }
}

impl Scene<'_> {
    /// Calls the rejections whose round changed a value that is changed again by that, also those that have nothing else in
    /// common with the proposal.
    pub(super) fn compare_rejections(&self, hits: &mut Vec<IncidentHit>, looked: &Looked<'_>) {
        let Some(view) = self.situation.view.as_ref() else { return };
        let rounds = self.workspace.rejected.of(&self.store, view, self.situation.target.tip);
        if rounds.is_empty() {
            return;
        }
        let again = Again::of(self, looked);
        for round in rounds.iter() {
            let Some(field) = again.same(&self.rejected_values(&round.diff)) else { continue };
            let why = format!("what was rejected changed {field}");
            let is_it = |source: &IncidentSource| {
                matches!(source, IncidentSource::Entry { entry, proposal }
                    if *entry == round.rejected.entry && *proposal == round.rejected.proposal)
            };
            if let Some(hit) = hits.iter_mut().find(|hit| is_it(&hit.incident.source)) {
                if hit.closeness != Closeness::Field {
                    (hit.closeness, hit.why) = (Closeness::Field, why);
                }
            } else if let Some(incident) = self.past.past.incidents().iter().find(|one| is_it(&one.source)) {
                let (incident, closeness) = (Arc::clone(incident), Closeness::Field);
                hits.push(IncidentHit { incident, closeness, why, words: Vec::new() });
            }
        }
    }

    fn rejected_values(&self, diff: &TreeDiff) -> Arc<Rejection> {
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
        let read = open::changes(&self.workspace.repository, diff, 0).map(|document| {
            let (report, renames) = (field_report(&document), Renames::of(&document));
            let print = ValuePrint::wherever(&report, |file| renames.before(file));
            let told = report.fields.into_iter().filter(|field| !field.path.0.is_empty());
            Rejection { fields: told.take(FIELDS).collect(), print }
        });
        let read = Arc::new(read.unwrap_or_default());
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(diff.change_id, Arc::clone(&read));
        read
    }
}

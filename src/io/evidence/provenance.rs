//! Where the values come from that a proposal overwrites, and who changed its files before.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice as _};
use jiff::Timestamp;

use super::values::{FileHistory, MOVES};
use super::{Looked, Scene};
use crate::diff::fields::value_at;
use crate::evidence::provenance::{Environments, FIELDS, Trail, Twin, chosen, said_repair, same_of};
use crate::evidence::turn::is_positional;
use crate::io::index::{IndexError, View};
use crate::model::field::{FieldChange, FieldOp};
use crate::model::{
    FieldOrigin, Known, Moment, Oid, PastChange, PastCommit, PastTouch, Provenance, Repair, Sibling, Undoing, ValueSet,
};

/// Commits that are listed.
const COMMITS: usize = 20;
/// Files whose commits are looked for: a change of more is no question of the history of one file.
const FILES: usize = 500;
/// Changes of a file whose values are looked at for the origin of a field.
const STEPS: usize = 48;
/// Other environments that are shown for a field, and changes that are looked at for since when.
const SIBLINGS: usize = 4;
const SIBLING_STEPS: usize = 16;
/// Commits that take others back which are known.
const REVERTS: usize = 5_000;

/// What all origins share, made when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Origins {
    environments: OnceCell<Environments>,
    undone: OnceCell<HashMap<Oid, PastCommit>>,
}

impl Scene<'_> {
    /// Where the values come from that it overwrites, and who changed its files before.
    pub(super) fn provenance(&self, looked: &Looked<'_>) -> Known<Provenance> {
        self.ask(|view| {
            let mut missing: Vec<String> = view.coverage().missing.clone().into_iter().collect();
            let wanted = chosen(&looked.fields.fields);
            let all = looked.fields.fields.iter().filter(|field| field.op != FieldOp::Moved).count();
            if all > wanted.len() {
                missing.push(format!("of {all} fields the origins of {FIELDS} were looked for"));
            }
            let fields = self.origins(view, looked, &wanted)?;
            let files = past_changes(view, looked)?;
            Ok(Provenance { fields, files, missing: (!missing.is_empty()).then(|| missing.join("; ")) })
        })
    }

    /// The origins of fields, in their order; those of one file are followed together.
    fn origins(
        &self,
        view: &View,
        looked: &Looked<'_>,
        wanted: &[&FieldChange],
    ) -> Result<Vec<FieldOrigin>, IndexError> {
        let mut origins = Vec::with_capacity(wanted.len());
        for field in wanted {
            let path = before_of(looked, field);
            let history = self.history_of(view, path.as_bstr())?;
            let mut trail = Trail::new(field);
            let steps = self.follow(&history, &mut trail, STEPS);
            let mut sets = Vec::with_capacity(trail.turns.len());
            for (step, value) in &trail.turns {
                let touch = &history.touches[*step];
                sets.push(self.value_set(view, touch, value.clone())?);
            }
            let overwritten = field.op != FieldOp::Added && !sets.is_empty();
            let earlier = sets.split_off(usize::from(overwritten));
            let set = sets.pop();
            let missing = missing(view, &history, &trail, steps, set.is_some() || field.op == FieldOp::Added);
            origins.push(FieldOrigin {
                file: field.file.clone(),
                document: field.document.clone(),
                path: field.path.clone(),
                lines: field.lines,
                set,
                earlier,
                siblings: self.siblings(view, field)?,
                missing,
            });
        }
        Ok(origins)
    }

    /// Feeds a trail until it knows enough; answers how many changes were looked at.
    fn follow(&self, history: &FileHistory, trail: &mut Trail<'_>, most: usize) -> usize {
        let most = most.min(history.touches.len());
        for step in 0..most {
            if trail.is_over() {
                return step;
            }
            match &history.readings(self, step + 1)[step] {
                Ok(moves) => trail.feed(step, moves),
                Err(_) => trail.stop("a version of the file before cannot be read as values"),
            }
        }
        most
    }

    fn value_set(
        &self,
        view: &View,
        touch: &PastTouch,
        value: Option<serde_json::Value>,
    ) -> Result<ValueSet, IndexError> {
        // What a merge brought, somebody made.
        let brought = if touch.commit.parents > 1 { view.brought(touch)? } else { None };
        let commit = brought.as_ref().unwrap_or(touch.commit.as_ref());
        Ok(ValueSet {
            value,
            commit: commit.oid,
            author: commit.author.name.clone(),
            // Its own date, which its maker chose, is held within what was observed, or it is said to be no more than that.
            at: commit.authored.map_or_else(|| touch.commit.moment(), |said| touch.commit.seen.held(said)),
            subject: commit.subject.clone(),
            repairs: self.repair(view, commit)?,
        })
    }

    /// What a commit put right: the incident that it names, what it takes back, or that it is a fix.
    fn repair(&self, view: &View, commit: &PastCommit) -> Result<Option<Repair>, IndexError> {
        // Subjects are bounded in the index, and incidents are named further down.
        let message = self.store.commit(commit.oid).map(|commit| commit.message).unwrap_or_default();
        if let Some(record) = self.past.past.named_in(&message) {
            return Ok(Some(Repair::Incident { id: record.id.clone(), title: record.title.clone() }));
        }
        if commit.undoes.is_some() {
            let of = self.undone(view)?.get(&commit.oid);
            let by = of.and(commit.undoes.as_ref()).and_then(Undoing::by);
            return Ok(Some(Repair::Revert { of: of.map(|of| of.oid), subject: of.map(|of| of.subject.clone()), by }));
        }
        Ok(said_repair(if message.is_empty() { &commit.subject } else { &message }))
    }

    /// What the commits that take others back took back, as far as it was found.
    fn undone(&self, view: &View) -> Result<&HashMap<Oid, PastCommit>, IndexError> {
        if let Some(known) = self.origins.undone.get() {
            return Ok(known);
        }
        let reverts = view.reverts(REVERTS)?.into_iter();
        let found = reverts.filter_map(|revert| Some((revert.commit.oid, PastCommit::clone(revert.of.as_deref()?))));
        let found = found.collect();
        Ok(self.origins.undone.get_or_init(|| found))
    }

    /// The same field in other environments, and since when it is so there.
    fn siblings(&self, view: &View, field: &FieldChange) -> Result<Vec<Sibling>, IndexError> {
        let Some(inventory) = self.inventory.found() else { return Ok(Vec::new()) };
        // A place in a list is another thing elsewhere, and of a whole document no value can be told in a line.
        if is_positional(&field.path) || field.path.0.is_empty() {
            return Ok(Vec::new());
        }
        let environments = self.origins.environments.get_or_init(|| Environments::of(inventory));
        let mut siblings = Vec::new();
        for twin in environments.twins(field.file.as_bstr(), &field.document) {
            let Some(document) = inventory.file(twin.file.as_bstr()).and_then(|all| same_of(all, &field.document))
            else {
                continue;
            };
            let value = value_at(&document.value, &field.path.0).cloned();
            // Where two environments set different things, that one does not set this says nothing of most fields.
            if value.is_none() && siblings.len() >= SIBLINGS / 2 {
                continue;
            }
            let own = FieldChange { document: document.name.clone(), before: value.clone(), ..field.clone() };
            let since = if value.is_some() { self.since(view, twin, &own)? } else { None };
            siblings.push(Sibling { environment: twin.environment.clone(), file: twin.file.clone(), value, since });
            if siblings.len() >= SIBLINGS {
                break;
            }
        }
        Ok(siblings)
    }

    fn since(&self, view: &View, twin: &Twin, field: &FieldChange) -> Result<Option<Moment>, IndexError> {
        let history = self.history_of(view, twin.file.as_bstr())?;
        let mut trail = Trail::new(field);
        for step in 0..SIBLING_STEPS.min(history.touches.len()) {
            if let Ok(moves) = &history.readings(self, step + 1)[step] {
                trail.feed(step, moves);
            }
            if let Some((step, _)) = trail.turns.first() {
                return Ok(Some(history.touches[*step].commit.moment()));
            }
        }
        Ok(None)
    }
}

/// Who changed the files before.
fn past_changes(view: &View, looked: &Looked<'_>) -> Result<Vec<PastChange>, IndexError> {
    let files = looked.proposal.diff().map(|diff| diff.files.as_slice()).unwrap_or_default();
    let paths: Vec<_> = files.iter().take(FILES).map(|file| &file.path).collect();
    let change = |(commit, paths): (Arc<PastCommit>, Vec<BString>)| PastChange {
        commit: commit.oid,
        author: commit.author.name.clone(),
        date: commit.authored.or(commit.committed).unwrap_or(Timestamp::UNIX_EPOCH),
        subject: commit.subject.clone(),
        files: paths.iter().map(ToString::to_string).collect(),
    };
    Ok(view.commits_on(&paths, COMMITS)?.into_iter().map(change).collect())
}

/// The path that a field's file had on the target: another one where its object moves.
fn before_of<'l>(looked: &Looked<'l>, field: &'l FieldChange) -> Cow<'l, BStr> {
    let moved = looked.fields.fields.iter().find(|other| {
        other.op == FieldOp::Moved
            && other.path.0.is_empty()
            && (&other.file, &other.document) == (&field.file, &field.document)
    });
    match moved.and_then(|moved| moved.before.as_ref()).and_then(serde_json::Value::as_str) {
        Some(path) => BString::from(path).into(),
        None => field.file.as_bstr().into(),
    }
}

/// What cannot be known of an origin.
fn missing(view: &View, history: &Rc<FileHistory>, trail: &Trail<'_>, steps: usize, found: bool) -> Option<String> {
    if let Some(lost) = trail.lost {
        return Some(lost.to_owned());
    }
    if found || trail.is_over() {
        return None;
    }
    let whole = steps >= history.touches.len() && !history.is_cut();
    match (whole, &view.coverage().missing) {
        (true, Some(why)) => Some(why.clone()),
        (true, None) => Some("no commit of the target's own line set it".to_owned()),
        (false, _) => Some(format!("the last {} changes of the file left it alone", steps.min(MOVES))),
    }
}

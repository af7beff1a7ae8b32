//! How a path and its values moved on the target, read as far back as somebody asks.

use std::cell::{Cell, Ref, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use bstr::{BStr, BString};

use super::Scene;
use crate::io::index::{IndexError, View};
use crate::io::values::{Pair, Reading};
use crate::model::PastTouch;

/// Changes of one path that are known, the newest.
pub(super) const MOVES: usize = 500;
/// Changes whose values are read at once.
const BATCH: usize = 8;
/// Paths at which a file was before that are followed, where it came unchanged from another one.
const RENAMES: usize = 3;
/// Files of a commit among which the one is looked for that a file was before.
const TOUCHED: usize = 500;
/// Changes that are kept for the proposals that follow.
const KEPT: usize = 20_000;

/// How one path moved on the target, newest first.
#[derive(Debug)]
pub(super) struct FileHistory {
    path: BString,
    /// The changes.
    pub touches: Vec<PastTouch>,
    readings: RefCell<Vec<Reading>>,
}

/// The histories that proposals asked for: those of one queue touch the same files.
#[derive(Debug, Default)]
pub(super) struct Histories {
    files: RefCell<HashMap<BString, Rc<FileHistory>>>,
    kept: Cell<usize>,
}

impl FileHistory {
    /// Whether there may be older changes than those that are known.
    pub fn is_cut(&self) -> bool {
        self.touches.len() >= MOVES
    }

    /// What the newest changes did to values, at least `count` of them where there are so many.
    pub fn readings(&self, scene: &Scene<'_>, count: usize) -> Ref<'_, [Reading]> {
        let done = self.readings.borrow().len();
        let wanted = count.min(self.touches.len());
        if wanted > done {
            let end = wanted.next_multiple_of(BATCH).min(self.touches.len());
            let pairs: Vec<Pair> =
                self.touches[done..end].iter().rev().map(|touch| (touch.before, touch.after)).collect();
            let mut read = scene.workspace.values.of(&scene.store, self.path.as_ref(), &pairs);
            read.reverse();
            self.readings.borrow_mut().extend(read);
        }
        Ref::map(self.readings.borrow(), Vec::as_slice)
    }
}

impl Scene<'_> {
    /// How a path moved on the target; where it came unchanged from another path, how that moved before.
    pub(super) fn history_of(&self, view: &View, path: &BStr) -> Result<Rc<FileHistory>, IndexError> {
        if let Some(known) = self.histories.files.borrow().get(path) {
            return Ok(Rc::clone(known));
        }
        let mut touches = newest_first(view, path)?;
        for _ in 0..RENAMES {
            let Some(before) = moved_from(view, &touches)? else { break };
            let older = newest_first(view, before.path.as_ref())?;
            let place = before.commit.place;
            if let Some(last) = touches.last_mut() {
                last.before = before.before;
            }
            touches.extend(older.into_iter().filter(|touch| touch.commit.place < place));
        }
        touches.truncate(MOVES);
        let history = Rc::new(FileHistory { path: path.to_owned(), touches, readings: RefCell::default() });
        self.histories.keep(&history);
        Ok(history)
    }
}

impl Histories {
    fn keep(&self, history: &Rc<FileHistory>) {
        let kept = self.kept.get() + history.touches.len();
        let mut files = self.files.borrow_mut();
        if kept > KEPT {
            files.clear();
        }
        self.kept.set(if kept > KEPT { history.touches.len() } else { kept });
        files.insert(history.path.clone(), Rc::clone(history));
    }
}

fn newest_first(view: &View, path: &BStr) -> Result<Vec<PastTouch>, IndexError> {
    let mut touches = view.moves_of(path, MOVES)?;
    touches.reverse();
    Ok(touches)
}

/// The path that the first commit of a file took the same content from.
fn moved_from(view: &View, touches: &[PastTouch]) -> Result<Option<PastTouch>, IndexError> {
    let Some(first) = touches.last().filter(|first| first.before.is_none() && touches.len() < MOVES) else {
        return Ok(None);
    };
    let Some(content) = first.after else { return Ok(None) };
    let beside = view.paths_of(first.commit.oid, TOUCHED)?;
    let is_it = |touch: &PastTouch| touch.after.is_none() && touch.before.is_some_and(|side| side.oid == content.oid);
    Ok(beside.into_iter().find(is_it))
}

//! [`Stack`] on a repository's object database.

use std::sync::Arc;

use crate::diff::Edits;
use crate::engine::Stack;
use crate::model::{Mode, Oid, TreeDiff};
use crate::policy::MergeMethod;

use super::proposals::side_bytes;
use super::store::{BLOB_LIMIT, Store, StoreError};

/// Stacks merges on the target's tip.
#[derive(Debug)]
pub struct TreeStack<'a> {
    store: &'a Store,
    /// The target's tip and, for merge commits, the heads that the top contains by then.
    onto: Vec<Oid>,
    top: Oid,
    method: MergeMethod,
    offered: Option<(Oid, Oid)>,
}

impl<'a> TreeStack<'a> {
    /// Starts on `tip`.
    pub fn new(store: &'a Store, tip: Oid, method: MergeMethod) -> Result<Self, StoreError> {
        Ok(Self { store, onto: vec![tip], top: store.tree_of(tip)?, method, offered: None })
    }

    fn merge(&mut self, head: Oid) -> Result<TreeDiff, StoreError> {
        let base = self.store.merge_base(head, &self.onto)?;
        let base_tree = self.store.tree_of(base)?;
        let result = self.store.merge_trees(base_tree, self.top, self.store.tree_of(head)?)?;
        self.offered = Some((head, result));
        self.store.diff(self.top, result)
    }
}

impl Stack for TreeStack<'_> {
    fn offer(&mut self, head: Oid) -> Result<Arc<TreeDiff>, String> {
        self.offered = None;
        self.merge(head).map(Arc::new).map_err(|error| error.to_string())
    }

    fn edits(&self, diff: &TreeDiff) -> Result<Edits, String> {
        if let (Some((head, _)), Some(tip)) = (self.offered, self.onto.first()) {
            self.store.make_again(diff, *tip, head).map_err(|error| error.to_string())?;
        }
        let mut edits = Edits::default();
        for change in &diff.files {
            let read = |side| side_bytes(self.store, side).map_err(|error| error.to_string());
            edits.add(change, &read(change.old)?, &read(change.new)?);
        }
        Ok(edits)
    }

    fn accept(&mut self) {
        if let Some((head, result)) = self.offered.take() {
            self.top = result;
            if self.method == MergeMethod::Merge {
                self.onto.push(head);
            }
        }
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let read = || -> Result<Option<Vec<u8>>, StoreError> {
            // A folder that is a link, or a file: nothing can be written under it.
            for (at, _) in path.match_indices('/') {
                if self.store.entry(self.top, &path[..at])?.is_some() {
                    return Err(StoreError::Git(format!("{} is no folder", &path[..at])));
                }
            }
            match self.store.entry(self.top, path)? {
                None => Ok(None),
                Some(side) if matches!(side.mode, Mode::File | Mode::Executable) => {
                    self.store.blob(side.oid, BLOB_LIMIT).map(Some)
                }
                Some(_) => Err(StoreError::Git(format!("{path} is a link, not a plain file"))),
            }
        };
        read().map_err(|error| error.to_string())
    }
}

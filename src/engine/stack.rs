//! Merging proposals on top of each other, as the engine sees it.

use std::sync::Arc;

use crate::diff::Edits;
use crate::model::{Oid, TreeDiff};

/// Merges in landing order. The shell implements it on the object database; it is the only thing that the engine asks of
/// the outside, and it answers from content addresses alone.
pub trait Stack {
    /// Merges `head` onto what was accepted so far. The difference is from the top to the result; an error is a sentence
    /// for people: why it needs a rebase, or what could not be read.
    fn offer(&mut self, head: Oid) -> Result<Arc<TreeDiff>, String>;

    /// The lines that a difference removes and adds, hunk by hunk, wherever they stand.
    fn edits(&self, diff: &TreeDiff) -> Result<Edits, String>;

    /// Makes the result of the last offer the new top.
    fn accept(&mut self);

    /// The bytes of the plain file at `path` on top; `None` where there is none.
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, String>;
}

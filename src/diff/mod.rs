//! From two trees to rows on a screen: the change id, the contents, the lines that differ, and one row model for every view.
//!
//! Pure: the shell reads the blobs and hands them in as [`FileInput`]s, fans the [`comparisons`] out over threads if it
//! likes, and joins the results in a [`Document`]. Nothing is stored per row, and asking for a row, its text or its changed
//! words costs the same in the first file and in the thousandth.
//!
//! Everything here keeps bytes as they are. What an agent wrote becomes fit for a terminal in [`display_line`], in
//! [`summary()`] and where a [`Note`] prints; paths in a [`FileSummary`] are raw.

mod added;
mod alike;
mod budget;
mod change_id;
pub mod checkout;
mod comparison;
mod content;
mod display;
mod document;
mod edits;
pub mod fields;
mod file;
mod find;
mod highlight;
mod histogram;
mod layout;
mod line_diff;
mod lines;
mod markdown;
mod myers;
mod notes;
mod rename;
mod row;
mod seen;
mod slide;
mod summary;
mod syntax_role;
mod travel;
mod words;

pub use change_id::change_id;
pub use comparison::{Comparison, comparisons};
pub use content::{Content, is_binary};
pub use display::{Marks, Span, SpanKind, Window, display_line};
pub use document::{CONTEXT, Document, PlacedFact};
pub use edits::Edits;
pub use file::{FileDiff, FileInput, FileKind, FileSummary};
pub use find::hits;
pub use highlight::{Highlighter, Roles};
pub use line_diff::{Change, LineDiff, line_stats};
pub use lines::Lines;
pub use rename::pair_renames;
pub use row::{Fact, FactRow, FileRow, FoldRow, LineKind, LineRow, Note, NoteRow, Row};
pub use seen::{seen_digest, seen_mark};
pub use summary::{FoldKey, fold_key, summary, with_counts};
pub use syntax_role::SyntaxRole;
pub use travel::{Anchor, Expand, HunkPlace};

//! One proposal, opened: the diff, the questions, the files, and what a person has done with them so far.

mod colours;
mod facts;
mod found;
pub(super) mod found_pages;
pub(super) mod last_time;
mod questions;
mod seen;
pub(in crate::app) mod told;
mod tree;

pub use colours::Colours;
pub use questions::{Question, answered, because, confidence, effect, lines, next_answer};
pub use seen::{SeenLines, next_unseen};
pub use tree::{Tree, TreeRow};

use jiff::Timestamp;

use super::age::ago;
use super::geometry::Pane;
use crate::diff::{Document, Expand, LineRow, Row};
use crate::engine::{Failure, Opened};
use crate::evidence::Evidence;
use crate::model::{Answers, Comment, CommentSide, ForgeReport, Known, Queued, Subject};
use crate::policy::MergeMethod;

/// Rows that stay between the cursor and the edge of the diff, where there is room.
const MARGIN: usize = 5;
/// Columns by which long lines scroll.
pub const SIDEWAYS: usize = 16;
/// Lines by which a fold gives way at each end.
const MORE: u32 = 10;

/// An opened proposal.
#[derive(Debug)]
pub struct Review {
    /// The round.
    pub subject: Subject,
    /// The proposal as it was when it was opened.
    pub queued: Queued,
    /// Its short name.
    pub short: String,
    /// What was read of it; `None` while it is being read.
    pub opened: Option<Opened>,
    /// Why it could not be opened.
    pub failure: Option<Failure>,
    /// The pane that has the focus.
    pub pane: Pane,
    /// The first row of the questions that is drawn.
    pub questions_top: usize,
    /// The file that the cursor of the file list is on.
    pub file: usize,
    /// The changed files as a tree.
    pub tree: Tree,
    /// The columns of the widest line number.
    pub number_width: usize,
    /// What stands around it in the list.
    pub around: Around,
    /// What is searched for.
    pub search: String,
    /// Syntax colours, as far as they are known.
    pub colours: Colours,
    cursor: usize,
    top: usize,
    left: usize,
}

/// What stands around a proposal in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Short names of proposals that make the same change.
    pub twins: Vec<String>,
    /// Short names of proposals that change the same files.
    pub neighbours: Vec<String>,
    /// Its place in the list, from 1, and how many there are.
    pub place: Option<(usize, usize)>,
    /// What has become of this round since it was opened: a newer one is there, or it is gone.
    pub stale: Option<&'static str>,
}

/// What the rest of the console knows that the questions show.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The answers so far.
    pub answers: Answers,
    /// The remarks so far.
    pub comments: &'a [Comment],
    /// The target branch.
    pub target: &'a str,
    /// How proposals land.
    pub merge: MergeMethod,
    /// What the team wants first, as policy says it.
    pub priorities: Option<&'a str>,
    /// The time.
    pub now: Timestamp,
}

impl Facts<'_> {
    /// How long ago something was, in words.
    #[must_use]
    pub fn ago(&self, then: Timestamp) -> String {
        ago(then, self.now)
    }
}

impl Review {
    /// A proposal that is being opened.
    #[must_use]
    pub fn new(subject: Subject, queued: Queued, short: String) -> Self {
        Self {
            subject,
            queued,
            short,
            opened: None,
            failure: None,
            pane: Pane::Diff,
            questions_top: 0,
            file: 0,
            tree: Tree::default(),
            number_width: 1,
            around: Around::default(),
            search: String::new(),
            colours: Colours::default(),
            cursor: 0,
            top: 0,
            left: 0,
        }
    }

    /// Takes what was read of it.
    pub fn take(&mut self, opened: Opened) {
        let document = &opened.document;
        let sides = (0..document.files().len()).flat_map(|file| [(file, CommentSide::Old), (file, CommentSide::New)]);
        let lines = sides.map(|(file, side)| document.lines(file, side).len()).max().unwrap_or(0);
        self.number_width = lines.max(1).ilog10() as usize + 1;
        self.tree = Tree::of(document);
        self.opened = Some(opened);
        self.failure = None;
    }

    /// Takes what was found about it; facts come under their changes, and the cursor stays where it is.
    pub fn learn(&mut self, evidence: Evidence, now: Timestamp) {
        let facts = facts::facts(&evidence, now);
        if let Some(opened) = &mut self.opened {
            let forge = std::mem::replace(&mut opened.evidence.forge, Known::Indexing);
            opened.evidence = evidence;
            if matches!(opened.evidence.forge, Known::Indexing) {
                // What a forge says comes by itself.
                opened.evidence.forge = forge;
            }
        }
        self.relay(|document, _| document.set_facts(&facts));
    }

    /// What the forge says of it.
    pub fn hear(&mut self, report: Known<ForgeReport>) {
        if let Some(opened) = &mut self.opened {
            opened.evidence.forge = report;
        }
    }

    /// The diff, if it has been read.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        self.opened.as_ref().map(|opened| &opened.document)
    }

    /// The row of the cursor.
    #[must_use]
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// The first row that is drawn.
    #[must_use]
    pub const fn top(&self) -> usize {
        self.top
    }

    /// The first column of the text that is drawn.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    fn last(&self) -> usize {
        self.document().map_or(0, Document::row_count).saturating_sub(1)
    }

    /// Puts the cursor on a row.
    pub fn go_to(&mut self, row: usize) {
        self.cursor = row.min(self.last());
        if let Some(file) = self.document().and_then(|document| document.file_of(self.cursor)) {
            self.file = file;
        }
    }

    /// Puts the cursor on a row and the row a third down the pane, so that what follows is in view.
    pub fn show(&mut self, row: usize, height: usize) {
        self.go_to(row);
        if row < self.top + 2 || row + height / 3 >= self.top + height {
            self.top = row.saturating_sub(height / 4);
        }
    }

    /// Moves the cursor by so many rows; stops at the ends.
    pub fn step(&mut self, by: isize) {
        self.go_to(self.cursor.saturating_add_signed(by));
    }

    /// Moves the cursor to the last row.
    pub fn to_bottom(&mut self) {
        self.go_to(self.last());
    }

    /// Scrolls sideways.
    pub fn sideways(&mut self, forward: bool) {
        self.left = if forward { self.left + SIDEWAYS } else { self.left.saturating_sub(SIDEWAYS) };
    }

    /// Scrolls sideways until this column is the first.
    pub const fn scroll_to_column(&mut self, column: usize) {
        self.left = column;
    }

    /// Scrolls so that the cursor is among `height` rows, with a margin.
    pub fn scroll_into(&mut self, height: usize) {
        let margin = MARGIN.min(height.saturating_sub(1) / 2);
        let low = (self.cursor + margin + 1).saturating_sub(height);
        let high = self.cursor.saturating_sub(margin);
        self.top = self.top.clamp(low.min(high), high);
        self.top = self.top.min((self.last() + 1).saturating_sub(height));
    }

    /// Does something that changes which rows there are, and keeps the cursor on what it was on.
    fn relay(&mut self, change: impl FnOnce(&mut Document, usize)) {
        let Some(opened) = &mut self.opened else { return };
        let (cursor, top) = (self.cursor, self.top);
        let anchor = opened.document.anchor(cursor);
        change(&mut opened.document, cursor);
        if let Some(anchor) = anchor {
            let row = opened.document.row_of(&anchor);
            self.top = row.saturating_sub(cursor - top.min(cursor));
            self.go_to(row);
        }
    }

    /// Shows ten more lines at both ends of the fold that is nearest.
    pub fn more_context(&mut self) {
        self.relay(|document, row| {
            document.expand(row, Expand::Both(MORE));
        });
    }

    /// Hides all extra lines again.
    pub fn less_context(&mut self) {
        self.relay(|document, _| document.set_context(crate::diff::CONTEXT));
    }

    /// Folds the file under the cursor, or opens it again.
    pub fn toggle_file(&mut self) {
        self.relay(|document, row| {
            if let Some(file) = document.file_of(row) {
                document.fold_file(file, !document.is_folded(file));
            }
        });
    }

    /// Opens what the cursor is on: a fold, or a folded file. Says whether there was anything to open.
    pub fn open_here(&mut self) -> bool {
        match self.document().and_then(|document| document.row(self.cursor)) {
            Some(Row::Fold(_)) => self.relay(|document, row| {
                document.expand(row, Expand::Whole);
            }),
            Some(Row::File(_)) => self.toggle_file(),
            _ => return false,
        }
        true
    }

    /// The line of text under the cursor.
    #[must_use]
    pub fn line(&self) -> Option<LineRow> {
        match self.document()?.row(self.cursor)? {
            Row::Line(line) => Some(line),
            _ => None,
        }
    }

    /// A remark on the line under the cursor, its text empty.
    #[must_use]
    pub fn comment_here(&self) -> Option<(Comment, String)> {
        let document = self.document()?;
        let line = self.line()?;
        let file = String::from_utf8_lossy(&document.files().get(line.file)?.path).into_owned();
        let text = crate::model::text::printable_bytes(&document.text(&line)[..document.text(&line).len().min(400)]);
        Some((Comment { file, side: line.side(), line: line.number(), text: String::new() }, text))
    }

    /// The sides of the files, and their lines, that these rows show and that have no colours yet.
    #[must_use]
    pub fn uncoloured(&self, rows: std::ops::Range<usize>) -> Option<(usize, CommentSide, std::ops::Range<u32>)> {
        let document = self.document()?;
        let lines = rows.filter_map(|row| match document.row(row)? {
            Row::Line(line) => Some((line.file, line.side(), line.number().checked_sub(1)?)),
            _ => None,
        });
        self.colours.first_missing(lines)
    }
}

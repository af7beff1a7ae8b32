//! All files of a proposal as one scroll of rows.

use std::ops::Range;
use std::sync::OnceLock;

use bstr::{BString, ByteSlice as _};

use super::file::{FileDiff, FileInput, FileSummary};
use super::layout::{Layout, Shown};
use super::row::{Fact, LineKind, LineRow, Row};
use super::{Lines, comparisons, seen_mark};
use crate::model::{ChangeId, CommentSide};

/// How many equal lines are shown around a change unless the reader asks for more.
pub const CONTEXT: u32 = 3;

/// The diff of a proposal: every row of every file, found in logarithmic time, with nothing stored per row.
#[derive(Debug, Default)]
pub struct Document {
    pub(super) files: Vec<FileDiff>,
    pub(super) summaries: Vec<FileSummary>,
    pub(super) views: Vec<View>,
    /// The first row of each file and, last, the number of rows.
    pub(super) starts: Vec<usize>,
}

/// A fact, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFact {
    /// The file, as it is called after the change.
    pub path: BString,
    /// The side of the line.
    pub side: CommentSide,
    /// The line, from 1.
    pub line: u32,
    /// The fact.
    pub fact: Fact,
}

/// How one file is shown at present.
#[derive(Debug)]
pub(super) struct View {
    pub(super) shown: Vec<Shown>,
    folded: bool,
    /// What is known of its changes, by change.
    pub(super) facts: Vec<(u32, Fact)>,
    pub(super) layout: Layout,
}

impl View {
    /// A file with so many lines around every change.
    fn new(diff: &FileDiff, context: u32, folded: bool, facts: Vec<(u32, Fact)>) -> Self {
        let gaps = diff.changes.len() + 1;
        let around =
            |gap| Shown { top: if gap == 0 { 0 } else { context }, bottom: if gap + 1 == gaps { 0 } else { context } };
        let shown: Vec<Shown> = (0..gaps).map(around).collect();
        Self { layout: Layout::new(diff, &shown, &facts, folded), shown, folded, facts }
    }
}

impl Document {
    /// Joins files, in the order in which they are to be shown.
    #[must_use]
    pub fn new(files: Vec<FileDiff>, context: u32) -> Self {
        let views = files.iter().map(|diff| View::new(diff, context, false, Vec::new())).collect();
        let summaries = files.iter().map(|diff| diff.summary.clone()).collect();
        let mut document = Self { files, summaries, views, starts: Vec::new() };
        document.index();
        document
    }

    /// Pairs renames, compares every file and joins them: all in one, on the calling thread.
    #[must_use]
    pub fn build(inputs: Vec<FileInput>, context: u32) -> Self {
        let files = comparisons(inputs).iter().map(|comparison| comparison.compute(context)).collect();
        Self::new(files, context)
    }

    /// What the headers show, one a file.
    #[must_use]
    pub fn files(&self) -> &[FileSummary] {
        &self.summaries
    }

    /// Added lines as git counts them without renames.
    #[must_use]
    pub fn additions(&self) -> u32 {
        self.files.iter().map(|diff| diff.unpaired().additions).sum()
    }

    /// Deleted lines as git counts them without renames.
    #[must_use]
    pub fn deletions(&self) -> u32 {
        self.files.iter().map(|diff| diff.unpaired().deletions).sum()
    }

    /// Changed lines that have a row, folded or not: what a reader can see, and less than git counts where files moved.
    #[must_use]
    pub fn changed_lines(&self) -> u32 {
        self.summaries.iter().map(|file| file.stats.additions + file.stats.deletions).sum()
    }

    /// How many rows there are.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Row `row`; past the end the last one. `None` where there are no rows at all.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<Row> {
        let row = row.min(self.row_count().checked_sub(1)?);
        let file = self.file_of(row)?;
        let View { layout, facts, .. } = &self.views[file];
        layout.row(&self.files[file], facts, file, (row - self.starts[file]) as u32)
    }

    /// The bytes of a line row without the line ending.
    #[must_use]
    pub fn text(&self, row: &LineRow) -> &[u8] {
        self.lines(row.file, row.side()).bytes().get(row.range.clone()).unwrap_or_default()
    }

    /// The text of one side of a file, cut into lines; empty where there is none.
    #[must_use]
    pub fn lines(&self, file: usize, side: CommentSide) -> &Lines {
        static NONE: OnceLock<Lines> = OnceLock::new();
        self.files.get(file).map_or_else(|| NONE.get_or_init(Lines::default), |diff| diff.lines(side))
    }

    /// Which parts of a changed line to emphasise, as ranges into [`Document::text`]. Empty where the line has no
    /// counterpart or nearly all of it changed.
    #[must_use]
    pub fn words(&self, row: &LineRow) -> Vec<Range<usize>> {
        let (Some(diff), Some(change)) = (self.files.get(row.file), row.change) else { return Vec::new() };
        diff.words(change, row.side(), row.number().saturating_sub(1))
    }

    /// The seen mark of a changed line; `None` for an equal one.
    #[must_use]
    pub fn mark(&self, row: &LineRow, change_id: &ChangeId) -> Option<[u8; 32]> {
        row.change?;
        let summary = self.summaries.get(row.file)?;
        let path = match (row.kind, &summary.old_path) {
            (LineKind::Removed, Some(old)) => old,
            _ => &summary.path,
        };
        let line = self.lines(row.file, row.side()).line(row.number().checked_sub(1)?);
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        Some(seen_mark(path.as_bstr(), row.side(), row.number(), change_id, text))
    }

    /// Which file a row belongs to; past the end the last one.
    #[must_use]
    pub fn file_of(&self, row: usize) -> Option<usize> {
        let last = self.files.len().checked_sub(1)?;
        Some(self.starts.partition_point(|start| *start <= row).saturating_sub(1).min(last))
    }

    /// The row of a file's header; past the last file the number of rows.
    #[must_use]
    pub fn header_of(&self, file: usize) -> usize {
        self.starts.get(file).copied().unwrap_or_else(|| self.row_count())
    }

    /// Folds a file to its header, or opens it again.
    pub fn fold_file(&mut self, file: usize, folded: bool) {
        if let Some(view) = self.views.get_mut(file) {
            view.folded = folded;
            self.lay_out(file);
        }
    }

    /// Whether a file is folded to its header.
    #[must_use]
    pub fn is_folded(&self, file: usize) -> bool {
        self.views.get(file).is_some_and(|view| view.folded)
    }

    /// Shows so many equal lines around every change, and takes every expansion back.
    pub fn set_context(&mut self, context: u32) {
        for (diff, view) in self.files.iter().zip(&mut self.views) {
            *view = View::new(diff, context, view.folded, std::mem::take(&mut view.facts));
        }
        self.index();
    }

    /// Puts facts under the changes that they are about, in place of those that were there. Each is about a line of a side (from
    /// 1) of the file with this path; one that is about no changed line is left out.
    pub fn set_facts(&mut self, facts: &[PlacedFact]) {
        for (diff, view) in self.files.iter().zip(&mut self.views) {
            let own = facts.iter().filter(|fact| fact.path == diff.summary.path);
            let placed = own.filter_map(|placed| {
                let change = diff.change_at(placed.side, placed.line)?;
                Some((change as u32, placed.fact.clone()))
            });
            view.facts = placed.collect();
            view.facts.sort_by_key(|(change, _)| *change);
            view.layout = Layout::new(diff, &view.shown, &view.facts, view.folded);
        }
        self.index();
    }

    pub(super) fn lay_out(&mut self, file: usize) {
        let view = &mut self.views[file];
        view.layout = Layout::new(&self.files[file], &view.shown, &view.facts, view.folded);
        self.index();
    }

    fn index(&mut self) {
        self.starts.clear();
        self.starts.push(0);
        let mut rows = 0;
        for view in &self.views {
            rows += view.layout.rows as usize;
            self.starts.push(rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use bstr::BStr;
    use proptest::prelude::*;

    use super::*;
    use crate::diff::{Anchor, Content, Expand, FileKind, HunkPlace, Note};
    use crate::model::{FileChange, Mode, Oid, Side};

    fn content(text: Option<&[u8]>) -> Content {
        text.map_or(Content::Absent, |text| Content::classify(Mode::File, text))
    }

    fn side(text: &[u8]) -> Side {
        use sha2::{Digest as _, Sha256};
        let mut oid = [0; 20];
        oid.copy_from_slice(&Sha256::digest(text)[..20]);
        Side { mode: Mode::File, oid: Oid::from_bytes(oid) }
    }

    fn input(path: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> FileInput {
        let change = FileChange { path: path.into(), old: old.map(side), new: new.map(side) };
        FileInput { change, old: content(old), new: content(new) }
    }

    fn document(files: &[(&str, Option<&str>, Option<&str>)]) -> Document {
        let input = |(path, old, new): &(&str, Option<&str>, Option<&str>)| {
            input(path, old.map(str::as_bytes), new.map(str::as_bytes))
        };
        Document::build(files.iter().map(input).collect(), CONTEXT)
    }

    fn numbered(lines: Range<u32>) -> String {
        lines.fold(String::new(), |text, n| text + &n.to_string() + "\n")
    }

    /// Every row as a short text.
    fn drawn(document: &Document) -> Vec<String> {
        let number = |line: Option<u32>| line.map_or_else(String::new, |line| line.to_string());
        (0..document.row_count())
            .filter_map(|row| document.row(row))
            .map(|row| match row {
                Row::File(row) => {
                    format!("{}{}", document.files()[row.file].path, if row.folded { " folded" } else { "" })
                }
                Row::Note(row) => format!("({})", row.note),
                Row::Fold(row) => format!("~{} from {} {}", row.lines, row.old, row.new),
                Row::Fact(row) => format!("={} {}", row.change, row.fact.text),
                Row::Line(row) => {
                    let sign = match row.kind {
                        LineKind::Equal => ' ',
                        LineKind::Removed => '-',
                        LineKind::Added => '+',
                    };
                    let text = String::from_utf8_lossy(document.text(&row));
                    format!("{},{}{sign}{text}", number(row.old), number(row.new))
                }
            })
            .collect()
    }

    #[test]
    fn rows_of_a_change() {
        let old = numbered(1..21);
        let new = old.replace("10\n", "ten\n");
        assert_eq!(
            drawn(&document(&[("a", Some(&old), Some(&new))])),
            [
                "a",
                "~6 from 1 1",
                "7,7 7",
                "8,8 8",
                "9,9 9",
                "10,-10",
                ",10+ten",
                "11,11 11",
                "12,12 12",
                "13,13 13",
                "~7 from 14 14"
            ]
        );
    }

    #[test]
    fn facts_stand_under_the_change_that_they_are_about() {
        let old = numbered(1..41);
        let new = old.replace("\n10\n", "\nten\n").replace("\n30\n", "\nthirty\nmore\n");
        let mut document = document(&[("a", Some(&old), Some(&new))]);
        let rows = document.row_count();
        let fact = |side, line, text: &str| PlacedFact {
            path: "a".into(),
            side,
            line,
            fact: Fact { text: text.to_owned(), warns: false },
        };
        let facts = [
            fact(CommentSide::New, 31, "second"),
            fact(CommentSide::Old, 10, "first"),
            fact(CommentSide::New, 10, "and"),
            fact(CommentSide::New, 2, "nowhere"),
        ];
        document.set_facts(&facts);
        let shown = drawn(&document);
        let at = |text: &str| shown.iter().position(|row| row == text).unwrap();
        assert_eq!(document.row_count(), rows + 3);
        assert_eq!((at("=0 first"), at("=0 and")), (at(",10+ten") + 1, at(",10+ten") + 2));
        assert_eq!(at("=1 second"), at(",31+more") + 1);
        assert_eq!(document.next_hunk(at("=0 and")), Some(at("30,-30")));
        document.set_context(0);
        assert!(drawn(&document).contains(&"=1 second".to_owned()));
        document.set_facts(&[]);
        document.set_context(CONTEXT);
        assert_eq!(document.row_count(), rows);
    }

    #[test]
    fn remarks_stand_where_they_belong() {
        assert_eq!(
            drawn(&document(&[("a", Some("x"), Some("y"))])),
            ["a", "1,-x", "(no newline at end of file)", ",1+y", "(no newline at end of file)"]
        );
        assert_eq!(
            drawn(&document(&[("a", Some("x\nz"), Some("y\nz"))])),
            ["a", "1,-x", ",1+y", "2,2 z", "(no newline at end of file)"]
        );
        assert_eq!(
            drawn(&document(&[("a", Some("x\r\n"), Some("y\r\n"))])),
            ["a", "(CRLF line endings)", "1,-x", ",1+y"]
        );
        assert_eq!(drawn(&document(&[("a", Some("x\r\n"), Some("x\n"))])), ["a", "1,-x\r", ",1+x"]);
        assert_eq!(drawn(&document(&[("a", None, Some(""))])), ["a", "(empty file)"]);
        assert_eq!(drawn(&document(&[("a", None, Some("a\0b"))])), ["a", "(binary: 3 bytes)"]);
    }

    #[test]
    fn files_that_moved_are_one() {
        let old = numbered(1..30);
        let new = old.replace("\n7\n", "\nseven\n");
        let document =
            document(&[("b/x", Some(&old), None), ("a/x", None, Some(&new)), ("z", Some("1\n"), Some("2\n"))]);
        assert_eq!(document.files().len(), 2);
        let file = &document.files()[0];
        assert_eq!((file.kind, file.path.as_bstr()), (FileKind::Renamed, BStr::new("a/x")));
        assert_eq!(file.old_path.as_deref().map(BStr::new), Some(BStr::new("b/x")));
        assert!(
            matches!(document.row(1), Some(Row::Note(row)) if matches!(row.note, Note::Renamed { similarity: 80.. }))
        );
        // git counts without pairing; what is drawn is less.
        assert_eq!((document.additions(), document.deletions()), (30, 30));
        assert_eq!(document.changed_lines(), 4);
    }

    #[test]
    fn folds_open_by_steps() {
        let old = numbered(1..101);
        let new = old.replace("\n20\n", "\nx\n").replace("\n80\n", "\ny\n");
        let mut document = document(&[("a", Some(&old), Some(&new))]);
        let fold =
            |document: &Document| drawn(document).iter().position(|row| row.starts_with('~') && !row.contains("~16"));
        let at = fold(&document).unwrap();
        assert_eq!(drawn(&document)[at], "~53 from 24 24");
        assert_eq!(document.expand(at, Expand::Top(10)), 10);
        assert_eq!(document.expand(at, Expand::Bottom(10)), 10);
        assert_eq!(drawn(&document)[fold(&document).unwrap()], "~33 from 34 34");
        assert_eq!(document.expand(fold(&document).unwrap(), Expand::Whole), 33);
        // From a line the nearest fold opens, those below first.
        let below = document.row_count() - 1;
        assert_eq!(document.expand(below - 4, Expand::Both(2)), 4);
        document.set_context(0);
        assert_eq!(
            drawn(&document),
            ["a", "~19 from 1 1", "20,-20", ",20+x", "~59 from 21 21", "80,-80", ",80+y", "~20 from 81 81"]
        );
        document.fold_file(0, true);
        assert_eq!(drawn(&document), ["a folded"]);
        assert!(document.is_folded(0));
        assert_eq!(document.expand(0, Expand::Whole), 0);
    }

    #[test]
    fn moving_by_hunks_and_files() {
        let old = numbered(1..101);
        let new = old.replace("\n20\n", "\nx\n").replace("\n23\n", "\nz\n").replace("\n80\n", "\ny\n");
        let document =
            document(&[("a", Some(&old), Some(&new)), ("b", None, Some("\0")), ("c", Some("1\n"), Some("2\n"))]);
        let mut stops = Vec::new();
        let mut row = 0;
        while let Some(next) = document.next_hunk(row) {
            stops.push(next);
            row = next;
        }
        let rows = drawn(&document);
        assert_eq!(stops.iter().map(|row| rows[*row].as_str()).collect::<Vec<_>>(), ["20,-20", "80,-80", "b", "1,-1"]);
        assert_eq!(document.prev_hunk(stops[3]), Some(stops[2]));
        assert_eq!(document.prev_hunk(stops[1]), Some(stops[0]));
        assert_eq!(document.prev_hunk(stops[0]), None);
        let place = |row| document.hunk_of(row).map(|HunkPlace { number, of }| (number, of));
        assert_eq!((place(0), place(stops[0]), place(stops[1])), (Some((1, 2)), Some((1, 2)), Some((2, 2))));
        assert_eq!(place(rows.iter().position(|row| row.starts_with("~50")).unwrap()), Some((2, 2)));
        assert_eq!((place(stops[2]), place(stops[3])), (None, Some((1, 1))));
        assert_eq!(document.next_file(0), Some(document.header_of(1)));
        assert_eq!(document.prev_file(stops[0]), Some(0));
        assert_eq!(document.prev_file(document.header_of(2)), Some(document.header_of(1)));
        assert_eq!((document.prev_file(0), document.next_file(stops[3])), (None, None));
    }

    #[test]
    fn words_and_marks() {
        let document = document(&[("a", Some("memory: 4Gi\n"), Some("memory: 2Gi\n"))]);
        let lines: Vec<LineRow> = (0..document.row_count())
            .filter_map(|row| document.row(row))
            .filter_map(|row| if let Row::Line(line) = row { Some(line) } else { None })
            .collect();
        let emphasised = |line: &LineRow| {
            document.words(line).into_iter().map(|word| document.text(line)[word].to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(emphasised(&lines[0]), [b"4Gi"]);
        assert_eq!(emphasised(&lines[1]), [b"2Gi"]);
        let id = ChangeId::from_bytes([7; 32]);
        let mark = seen_mark("a".into(), CommentSide::Old, 1, &id, b"memory: 4Gi");
        assert_eq!(document.mark(&lines[0], &id), Some(mark));
    }

    #[test]
    fn an_empty_document() {
        let mut document = Document::new(Vec::new(), CONTEXT);
        assert_eq!((document.row_count(), document.row(0), document.file_of(0)), (0, None, None));
        assert_eq!((document.next_hunk(0), document.prev_file(0), document.hunk_of(0)), (None, None, None));
        assert_eq!(
            (document.find("x".into(), 0, true), document.anchor(0), document.expand(0, Expand::Whole)),
            (None, None, 0)
        );
        assert_eq!(document.row_of(&Anchor::File(3)), 0);
        assert!(document.lines(0, CommentSide::Old).is_empty());
    }

    #[test]
    fn shared_between_threads() {
        const fn sync<T: Send + Sync>() {}
        sync::<Document>();
        sync::<crate::diff::Comparison>();
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![
            5 => (0u8..9).prop_map(|n| format!("line {n}").into_bytes()),
            1 => Just(b"".to_vec()),
            1 => Just(b"\xff\xfe".to_vec()),
            1 => Just("日本 X".as_bytes().to_vec()),
        ];
        let ending = prop_oneof![4 => Just(&b"\n"[..]), 1 => Just(&b"\r\n"[..])];
        (proptest::collection::vec(line, 0..60), ending, any::<bool>()).prop_map(|(lines, ending, open)| {
            let mut text: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), ending].concat()).collect();
            if open {
                text.truncate(text.len().saturating_sub(ending.len()));
            }
            text
        })
    }

    /// Both sides of a file.
    type Sides = (Option<Vec<u8>>, Option<Vec<u8>>);

    fn files() -> impl Strategy<Value = Vec<Sides>> {
        let file = (proptest::option::weighted(0.8, text()), proptest::option::weighted(0.8, text()));
        proptest::collection::vec(
            file.prop_filter("one side is there", |file| file.0.is_some() || file.1.is_some()),
            0..5,
        )
    }

    fn from_files(files: &[Sides]) -> Document {
        let inputs = files
            .iter()
            .enumerate()
            .map(|(at, (old, new))| input(&format!("file{at}"), old.as_deref(), new.as_deref()));
        // Without rename pairing, so that file `n` is file `n`.
        Document::new(inputs.map(|input| FileDiff::compute(input, CONTEXT)).collect(), CONTEXT)
    }

    fn expand_all(document: &mut Document) {
        let mut row = 0;
        while row < document.row_count() {
            if matches!(document.row(row), Some(Row::Fold(_))) {
                document.expand(row, Expand::Whole);
            }
            row += 1;
        }
    }

    /// Both sides of a file, put together from its rows.
    fn rebuilt(document: &Document, file: usize) -> (Vec<u8>, Vec<u8>) {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        let ending: &[u8] = if document.files()[file].crlf { b"\r\n" } else { b"\n" };
        let mut last = LineKind::Equal;
        for row in document.header_of(file)..document.header_of(file + 1) {
            match document.row(row) {
                Some(Row::Line(line)) => {
                    last = line.kind;
                    let text = [document.text(&line), ending].concat();
                    if line.kind != LineKind::Added {
                        old.extend_from_slice(&text);
                    }
                    if line.kind != LineKind::Removed {
                        new.extend_from_slice(&text);
                    }
                }
                Some(Row::Note(note)) if matches!(note.note, Note::NoNewline(_)) => {
                    if last != LineKind::Added {
                        old.truncate(old.len() - ending.len());
                    }
                    if last != LineKind::Removed {
                        new.truncate(new.len() - ending.len());
                    }
                }
                _ => {}
            }
        }
        (old, new)
    }

    proptest! {
        #[test]
        fn rows_rebuild_both_sides(files in files()) {
            let mut document = from_files(&files);
            expand_all(&mut document);
            for (at, (old, new)) in files.iter().enumerate() {
                // Equal sides have no rows.
                if old != new {
                    let (old, new) = (old.clone().unwrap_or_default(), new.clone().unwrap_or_default());
                    prop_assert_eq!(rebuilt(&document, at), (old, new));
                }
            }
        }

        #[test]
        fn counts_are_those_of_the_rows(files in files()) {
            let mut document = from_files(&files);
            let count = |document: &Document, kind| (0..document.row_count())
                .filter(|row| matches!(document.row(*row), Some(Row::Line(line)) if line.kind == kind)).count() as u32;
            for context in [0, 1, 3, 100] {
                document.set_context(context);
                prop_assert_eq!(document.additions(), count(&document, LineKind::Added));
                prop_assert_eq!(document.deletions(), count(&document, LineKind::Removed));
                prop_assert_eq!(document.changed_lines(), document.additions() + document.deletions());
            }
        }

        #[test]
        fn any_walk_keeps_the_rows_whole(
            files in files(),
            steps in proptest::collection::vec((any::<u16>(), 0u8..6, 0u32..20), 0..20),
        ) {
            let mut document = from_files(&files);
            for (row, step, lines) in steps {
                let row = usize::from(row) % (document.row_count() + 2);
                match step {
                    0 => { document.expand(row, Expand::Top(lines)); }
                    1 => { document.expand(row, Expand::Bottom(lines)); }
                    2 => { document.expand(row, Expand::Both(lines)); }
                    3 => { document.expand(row, Expand::Whole); }
                    4 => document.fold_file(lines as usize, row.is_multiple_of(2)),
                    _ => document.set_context(lines),
                }
                assert_whole(&document);
            }
        }

        #[test]
        fn finds_what_a_scan_finds(files in files(), from in any::<u16>(), forward: bool, needle in "[a-z0-9 X]{1,4}") {
            let document = from_files(&files);
            let rows = document.row_count();
            let has = |row: usize| {
                let text = match document.row(row) {
                    Some(Row::Line(line)) => document.text(&line).to_vec(),
                    Some(Row::File(file)) => document.files()[file.file].path.to_vec(),
                    Some(Row::Note(note)) => note.note.to_string().into_bytes(),
                    _ => Vec::new(),
                };
                if needle.contains('X') { text.contains_str(&needle) } else { text.to_ascii_lowercase().contains_str(&needle) }
            };
            let from = usize::from(from) % rows.max(1);
            let scan = (1..=rows).map(|step| if forward { (from + step) % rows } else { (from + rows - step) % rows }).find(|row| has(*row));
            prop_assert_eq!(document.find(needle.as_bytes().as_bstr(), from, forward), scan);
        }
    }

    /// Rows, files, hunks and anchors agree with each other everywhere.
    fn assert_whole(document: &Document) {
        assert_eq!(document.header_of(document.files().len()), document.row_count());
        for row in 0..document.row_count() {
            let shown = document.row(row).unwrap();
            assert_eq!(Some(shown.file()), document.file_of(row));
            assert_eq!(matches!(shown, Row::File(_)), document.header_of(shown.file()) == row);
            let back = document.row_of(&document.anchor(row).unwrap());
            assert_eq!(back, if matches!(shown, Row::Note(_)) { document.header_of(shown.file()) } else { row });
            if let Some(HunkPlace { number, of }) = document.hunk_of(row) {
                assert!((1..=of).contains(&number));
            }
            if let Row::Line(line) = &shown {
                let text = document.text(line);
                assert!(document.words(line).iter().all(|word| word.end <= text.len()));
                assert_eq!(line.change.is_some(), line.kind != LineKind::Equal);
            }
            assert!(document.next_hunk(row).is_none_or(|next| next > row));
            assert!(document.prev_hunk(row).is_none_or(|before| before < row));
        }
    }
}

//! Every changed line finds its explanation here, or is listed as unexplained: no byte is hidden.
//!
//! The check in [`super::apply`] has proved that the edits are all that changed in meaning. What changed in lines that no edit
//! covers is therefore cosmetic, and this module says of which kind, with one exception: comments that tools obey.

use std::collections::HashSet;
use std::ops::Range;

use bstr::ByteSlice as _;

use super::edit::{Edit, EditKind};
use super::node::Span;
use super::parsed::Parsed;
use super::tails::{Marks, Tails};
use crate::diff::{Change, Lines as Text};
use crate::model::field::{CosmeticKind, LineSpan, Lines};

/// One side of a file.
pub(super) struct Side<'s> {
    pub text: &'s Text,
    pub parsed: &'s Parsed<'s>,
    /// What edits and whole documents account for.
    pub covered: Cover,
}

/// Lines (from 0) that are accounted for: sorted runs that do not touch.
#[derive(Debug, Default)]
pub(super) struct Cover(Vec<Range<u32>>);

impl Cover {
    pub fn new(mut runs: Vec<Range<u32>>) -> Self {
        runs.sort_unstable_by_key(|run| run.start);
        let mut merged: Vec<Range<u32>> = Vec::with_capacity(runs.len());
        for run in runs {
            match merged.last_mut() {
                Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
                _ => merged.push(run),
            }
        }
        Self(merged)
    }

    fn has(&self, line: u32) -> bool {
        let at = self.0.partition_point(|run| run.end <= line);
        self.0.get(at).is_some_and(|run| run.contains(&line))
    }
}

/// The lines (from 0) of a span.
pub(super) fn rows(text: &Text, span: Span) -> Range<u32> {
    let last = span.end.max(span.start + 1) - 1;
    match (text.line_at(span.start as usize), text.line_at(last as usize)) {
        (Some(first), Some(last)) => first..last + 1,
        (Some(first), None) => first..text.len(),
        _ => text.len().saturating_sub(1)..text.len(),
    }
}

/// The same as people count them; `None` for no lines.
pub(super) fn numbered(rows: &Range<u32>) -> Option<LineSpan> {
    (rows.start < rows.end).then(|| LineSpan(rows.start + 1, rows.end))
}

/// What a line is that no field accounts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Cosmetic(CosmeticKind),
    /// Why it is unexplained.
    Open(&'static str),
}

/// What could not be told from the fields alone.
const OBEYED: &str = "a comment that tools obey";

/// Explains what the edits leave of the changed lines.
pub(super) fn explain(
    changes: &[Change],
    [old, new]: [&Side<'_>; 2],
    edits: &[Edit<'_, '_>],
    marks: Marks,
) -> Vec<(Rest, Lines)> {
    let mut reader = Reader { changes, sides: [old, new], marks, said: None };
    let mut found = Vec::new();
    for change in changes {
        let before = reader.rest(0, change.old.clone());
        let after = reader.rest(1, change.new.clone());
        found.extend(joined(before, after));
    }
    let in_place = edits.iter().filter(|edit| matches!(edit.kind, EditKind::Modified | EditKind::Rewritten));
    for edit in in_place {
        if let (Some(before), Some(after)) = (edit.before, edit.after) {
            found.extend(reader.beside(rows(old.text, before.span), rows(new.text, after.span)));
        }
    }
    found
}

/// Runs of one kind on both sides of a change become one.
fn joined(before: Vec<(Rest, Range<u32>)>, after: Vec<(Rest, Range<u32>)>) -> Vec<(Rest, Lines)> {
    let mut after: Vec<Option<(Rest, Range<u32>)>> = after.into_iter().map(Some).collect();
    let mut found = Vec::new();
    for (rest, rows) in before {
        let partner = after.iter_mut().find(|other| other.as_ref().is_some_and(|(kind, _)| *kind == rest));
        let partner = partner.and_then(Option::take).and_then(|(_, rows)| numbered(&rows));
        found.push((rest, Lines { before: numbered(&rows), after: partner }));
    }
    let alone = after.into_iter().flatten();
    found.extend(alone.map(|(rest, rows)| (rest, Lines { before: None, after: numbered(&rows) })));
    found
}

struct Reader<'s> {
    sides: [&'s Side<'s>; 2],
    changes: &'s [Change],
    marks: Marks,
    /// What the changed lines of each side say, once somebody asks.
    said: Option<[Said<'s>; 2]>,
}

/// The changed lines of a side.
struct Said<'s> {
    tails: Tails,
    whole: HashSet<&'s [u8]>,
    /// Without any whitespace.
    squeezed: HashSet<Vec<u8>>,
    code: HashSet<&'s [u8]>,
    comments: HashSet<&'s [u8]>,
}

impl<'s> Said<'s> {
    fn of(side: &'s Side<'s>, rows: impl Iterator<Item = u32>, marks: Marks) -> Self {
        let tails = Tails::of(side.text, side.parsed);
        let mut said = Self {
            tails,
            whole: HashSet::new(),
            squeezed: HashSet::new(),
            code: HashSet::new(),
            comments: HashSet::new(),
        };
        for row in rows {
            let line = side.text.line(row);
            let (code, comment) = said.tails.cut(side.text, row, marks);
            said.whole.insert(line);
            said.squeezed.insert(squeezed(line));
            said.code.insert(code);
            said.comments.insert(comment);
        }
        said
    }
}

impl<'s> Reader<'s> {
    fn said(&mut self) -> &[Said<'s>; 2] {
        let ([old, new], changes, marks) = (self.sides, self.changes, self.marks);
        self.said.get_or_insert_with(|| {
            [
                Said::of(old, changes.iter().flat_map(|change| change.old.clone()), marks),
                Said::of(new, changes.iter().flat_map(|change| change.new.clone()), marks),
            ]
        })
    }

    /// The lines of a run that no edit covers, by what they are.
    fn rest(&mut self, side: usize, rows: Range<u32>) -> Vec<(Rest, Range<u32>)> {
        let mut found: Vec<(Rest, Range<u32>)> = Vec::new();
        for row in rows {
            if self.sides[side].covered.has(row) {
                continue;
            }
            let rest = self.kind(side, row);
            match found.last_mut() {
                Some((last, rows)) if *last == rest && rows.end == row => rows.end += 1,
                _ => found.push((rest, row..row + 1)),
            }
        }
        found
    }

    fn kind(&mut self, side: usize, row: u32) -> Rest {
        let (text, marks) = (self.sides[side].text, self.marks);
        let line = text.line(row);
        if line.trim_ascii().is_empty() {
            return Rest::Cosmetic(CosmeticKind::Whitespace);
        }
        let said = self.said();
        let other = &said[1 - side];
        let (code, comment) = said[side].tails.cut(text, row, marks);
        let same_comment = other.comments.contains(comment);
        let kind = if code.is_empty() {
            CosmeticKind::Comment
        } else if other.whole.contains(line) {
            CosmeticKind::Order
        } else if other.squeezed.contains(&squeezed(line)) {
            CosmeticKind::Whitespace
        } else if other.code.contains(code) {
            // The same in front of the comment: it is another, or came or went.
            CosmeticKind::Comment
        } else {
            CosmeticKind::Format
        };
        if !same_comment && is_obeyed(comment) {
            return Rest::Open(OBEYED);
        }
        Rest::Cosmetic(kind)
    }

    /// Comments on the lines of a value that changed, where they changed as well.
    fn beside(&mut self, old: Range<u32>, new: Range<u32>) -> Option<(Rest, Lines)> {
        let marks = self.marks;
        let suspicious = |text: &Text, rows: &Range<u32>| {
            rows.clone().any(|row| marks.iter().any(|mark| text.line(row).contains_str(mark)))
        };
        let texts = [self.sides[0].text, self.sides[1].text];
        if !suspicious(texts[0], &old) && !suspicious(texts[1], &new) {
            return None;
        }
        let said = self.said();
        let comments = |side: usize, rows: &Range<u32>| -> Vec<&[u8]> {
            let cut = rows.clone().map(|row| said[side].tails.cut(texts[side], row, marks).1);
            cut.filter(|comment| !comment.is_empty()).collect()
        };
        let (before, after) = (comments(0, &old), comments(1, &new));
        if before == after {
            return None;
        }
        let obeyed = before.iter().chain(&after).any(|comment| is_obeyed(comment));
        let rest = if obeyed { Rest::Open(OBEYED) } else { Rest::Cosmetic(CosmeticKind::Comment) };
        Some((rest, Lines { before: numbered(&old), after: numbered(&new) }))
    }
}

/// A line without any whitespace.
fn squeezed(line: &[u8]) -> Vec<u8> {
    line.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect()
}

/// Whether a comment is an instruction to a program: markers of image automation and of kpt, Renovate's annotations, switched
/// off scanners, interpreters.
fn is_obeyed(comment: &[u8]) -> bool {
    const MARKERS: [&str; 19] = [
        "$imagepolicy",
        "$openapi",
        "$setter",
        "kpt-set:",
        "kpt-merge:",
        "renovate:",
        "renovate=",
        "x-release-please",
        "checkov:skip",
        "trivy:ignore",
        "tfsec:ignore",
        "kics-scan",
        "nosec",
        "nosemgrep",
        "pragma: allowlist",
        "gitleaks:allow",
        "#cloud-config",
        "# syntax=",
        "ignore-lint",
    ];
    comment.starts_with(b"#!") || MARKERS.iter().any(|marker| comment.contains_str(marker))
}

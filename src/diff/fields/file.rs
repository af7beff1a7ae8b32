//! One file: its documents on both sides, and what became of them.

use std::collections::HashSet;
use std::rc::Rc;

use bstr::{BString, ByteSlice as _};

use super::compare::compare;
use super::edit::{Edit, Site};
use super::format::Format;
use super::known::{Turned, known};
use super::lines::{Cover, Rest, Side, explain, numbered, rows};
use super::moves::Moves;
use super::node::{Kind, Node};
use super::objects::{self, Pairing};
use super::parsed::{Document, Parsed};
use super::patches::Targets;
use super::secret::Secrecy;
use super::{apply, pin, publish};
use crate::diff::{FileDiff, FileKind, Note};
use crate::model::Mode;
use crate::model::field::{
    Beside, Cosmetic, CosmeticKind, DocumentName, FieldChange, FieldOp, FieldPath, FieldReport, Lines, Unexplained,
};

/// A file read as values, if it can be.
#[derive(Debug)]
pub struct FileValues<'d> {
    diff: &'d FileDiff,
    reading: Reading<'d>,
}

#[derive(Debug)]
enum Reading<'d> {
    /// No line changed.
    Unchanged,
    /// Lines, and why.
    Lines(String),
    /// Values on both sides.
    Values(Box<Values<'d>>),
}

#[derive(Debug)]
struct Values<'d> {
    format: Format,
    old: Parsed<'d>,
    new: Parsed<'d>,
    pairing: Pairing,
}

/// A document that is there before and after, compared.
struct Compared<'n, 'd> {
    old: (&'n FileDiff, &'n Document<'d>),
    new: &'n Document<'d>,
    edits: Vec<Edit<'n, 'd>>,
    /// It came from another file, or its file moved.
    moved: bool,
}

impl<'d> FileValues<'d> {
    /// Reads both sides of a file.
    #[must_use]
    pub fn read(diff: &'d FileDiff) -> Self {
        let renamed = diff.summary.kind == FileKind::Renamed;
        let reading = if diff.changes.is_empty() && !renamed {
            Reading::Unchanged
        } else {
            values(diff).map_or_else(Reading::Lines, |values| Reading::Values(Box::new(values)))
        };
        Self { diff, reading }
    }

    /// Documents that are only there before.
    pub(super) fn gone(&self) -> Vec<(usize, &Node<'d>)> {
        let Reading::Values(values) = &self.reading else { return Vec::new() };
        values.pairing.gone.iter().map(|at| (*at, &values.old.documents[*at].root)).collect()
    }

    /// Documents that are only there after.
    pub(super) fn come(&self) -> Vec<(usize, &Node<'d>)> {
        let Reading::Values(values) = &self.reading else { return Vec::new() };
        values.pairing.come.iter().map(|at| (*at, &values.new.documents[*at].root)).collect()
    }

    /// What changed in the file at `at`, once it is known what moved between `files`.
    #[must_use]
    pub fn report(files: &[Self], moves: &Moves, at: usize) -> FieldReport {
        let Some(file) = files.get(at) else { return FieldReport::default() };
        let mut writer = Writer { files, moves, diff: file.diff, report: FieldReport::default(), known: Rc::default() };
        writer.remarks(matches!(file.reading, Reading::Values(_)));
        match &file.reading {
            Reading::Unchanged => {}
            Reading::Lines(why) => writer.lines(why),
            Reading::Values(values) => {
                let documents = values.old.documents.iter().chain(&values.new.documents);
                writer.known = Rc::new(known(file.diff.summary.path.as_bstr(), documents));
                let compared = compared(files, moves, at, values);
                let true_to_both = compared.iter().all(|one| apply::leads(&one.old.1.root, &one.edits, &one.new.root));
                if true_to_both {
                    writer.values(values, at, &compared);
                } else {
                    writer.lines("the field changes that were found do not add up");
                }
            }
        }
        writer.report
    }
}

/// Reads both sides, or says why they stay lines.
fn values(diff: &FileDiff) -> Result<Values<'_>, String> {
    let special =
        |side: Option<crate::model::Side>| side.is_some_and(|side| !matches!(side.mode, Mode::File | Mode::Executable));
    if special(diff.summary.old) || special(diff.summary.new) {
        return Err("not a plain file".to_owned());
    }
    let path = diff.summary.path.as_bstr();
    let without = if Format::is_template(path) { "a template" } else { "a format without fields" };
    let format = Format::of(path).ok_or(without)?;
    if diff.notes.iter().any(|note| matches!(note, Note::Lfs { .. })) {
        return Err("a pointer of Git LFS".to_owned());
    }
    let old = format.read(diff.old.bytes()).map_err(|refusal| format!("before: {}", refusal.why))?;
    let new = format.read(diff.new.bytes()).map_err(|refusal| format!("after: {}", refusal.why))?;
    let pairing = objects::pair(&old.documents, &new.documents);
    Ok(Values { format, old, new, pairing })
}

/// Compares the documents of the file at `at` with what they were.
fn compared<'n, 'd>(
    files: &'n [FileValues<'d>],
    moves: &Moves,
    at: usize,
    values: &'n Values<'d>,
) -> Vec<Compared<'n, 'd>> {
    let diff = files[at].diff;
    let renamed = diff.summary.kind == FileKind::Renamed;
    let one = |file: &'n FileDiff, old: &'n Document<'d>, new: &'n Document<'d>, moved| Compared {
        old: (file, old),
        new,
        edits: compare(&old.root, &new.root),
        moved,
    };
    let pairs = values.pairing.pairs.iter();
    let mut found: Vec<Compared<'n, 'd>> =
        pairs.map(|(old, new)| one(diff, &values.old.documents[*old], &values.new.documents[*new], renamed)).collect();
    for new in &values.pairing.come {
        let Some((file, old)) = moves.from((at, *new)) else { continue };
        if let Reading::Values(others) = &files[file].reading {
            found.push(one(files[file].diff, &others.old.documents[old], &values.new.documents[*new], true));
        }
    }
    found
}

/// Puts the report of one file together.
struct Writer<'w, 'd> {
    files: &'w [FileValues<'d>],
    moves: &'w Moves,
    diff: &'d FileDiff,
    report: FieldReport,
    /// Texts that are secret wherever they stand in the file.
    known: Rc<HashSet<String>>,
}

impl Writer<'_, '_> {
    fn secrecy(&self, root: &Node<'_>) -> Secrecy {
        Secrecy::of(self.diff.summary.path.as_bstr(), root).knowing(&self.known, None)
    }

    /// Of a document that came or went: it may have been a Secret of the same name, or become one.
    fn one_sided(&self, op: FieldOp, root: &Node<'_>) -> Secrecy {
        let (place, came) = match op {
            FieldOp::Added => (self.moves.was_secret(root), true),
            _ => (self.moves.becomes_secret(root), false),
        };
        let secret = place.and_then(|(file, at)| {
            let Reading::Values(values) = &self.files[file].reading else { return None };
            let side = if came { &values.old } else { &values.new };
            Some(Rc::new(Turned::of(&side.documents[at].root)))
        });
        self.secrecy(root).knowing(&self.known, secret)
    }

    fn file(&self) -> BString {
        self.diff.summary.path.clone()
    }

    fn unexplained(&mut self, lines: Lines, why: &str) {
        let file = self.file();
        self.report.unexplained.push(Unexplained { file, lines, why: why.to_owned() });
    }

    /// What has no lines. That a file moved is a field change where it has values.
    fn remarks(&mut self, has_values: bool) {
        for note in &self.diff.notes {
            match note {
                Note::Crlf | Note::Coarse | Note::NoNewline(_) => {}
                Note::Renamed { .. } if has_values => {}
                note => self.unexplained(Lines::default(), &note.to_string()),
            }
        }
    }

    /// Every changed line, unexplained.
    fn lines(&mut self, why: &str) {
        for change in &self.diff.changes {
            let lines = Lines { before: numbered(&change.old), after: numbered(&change.new) };
            self.unexplained(lines, why);
        }
    }

    fn values(&mut self, values: &Values<'_>, at: usize, compared: &[Compared<'_, '_>]) {
        let moves = self.moves;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for one in compared {
            self.document(one);
            let here = std::ptr::eq(one.old.0, self.diff);
            let span = |site: Option<Site<'_, '_>>| site.map(|site| site.span);
            for edit in &one.edits {
                before.extend(span(edit.before).filter(|_| here).map(|span| rows(&self.diff.old, span)));
                after.extend(span(edit.after).map(|span| rows(&self.diff.new, span)));
            }
        }
        for old in &values.pairing.gone {
            let document = &values.old.documents[*old];
            before.push(rows(&self.diff.old, document.region));
            if moves.to((at, *old)).is_none() {
                self.whole(FieldOp::Removed, document);
            }
        }
        for new in &values.pairing.come {
            let document = &values.new.documents[*new];
            after.push(rows(&self.diff.new, document.region));
            if moves.from((at, *new)).is_none() {
                self.whole(FieldOp::Added, document);
            }
        }
        self.report.fields.sort_by_key(|field| {
            let line = field.lines.after.or(field.lines.before).map_or(0, |span| span.0);
            (field.document.index, line)
        });
        let old = Side { text: &self.diff.old, parsed: &values.old, covered: Cover::new(before) };
        let new = Side { text: &self.diff.new, parsed: &values.new, covered: Cover::new(after) };
        let here = compared.iter().filter(|one| std::ptr::eq(one.old.0, self.diff));
        let edits: Vec<Edit<'_, '_>> = here.flat_map(|one| one.edits.iter().cloned()).collect();
        let rests = explain(&self.diff.changes, [&old, &new], &edits, values.format.marks());
        for (rest, lines) in rests {
            self.rest(rest, lines);
        }
    }

    fn rest(&mut self, rest: Rest, lines: Lines) {
        let file = self.file();
        match rest {
            Rest::Cosmetic(kind) => self.report.cosmetic.push(Cosmetic { file, kind, lines }),
            Rest::Open(why) => self.unexplained(lines, why),
        }
    }

    /// A document that is there on both sides.
    fn document(&mut self, one: &Compared<'_, '_>) {
        let (was, old) = one.old;
        let name = objects::name(one.new);
        if one.moved {
            let path = was.summary.old_path.as_ref().unwrap_or(&was.summary.path);
            let mut field = self.field(name.clone(), FieldPath::default(), FieldOp::Moved);
            field.before = Some(path.to_string().into());
            field.after = Some(self.diff.summary.path.to_string().into());
            field.lines = Lines {
                before: numbered(&rows(&was.old, old.region)),
                after: numbered(&rows(&self.diff.new, one.new.region)),
            };
            self.report.fields.push(field);
        }
        // A Secret that becomes something else was one.
        let secrecy = self.secrecy(&old.root).or(self.secrecy(&one.new.root));
        let targets = (Targets::of(&old.root), Targets::of(&one.new.root));
        for edit in &one.edits {
            // Lines of another file would point at wrong ones of this; that it moved says where all of it was.
            let here = std::ptr::eq(was, self.diff);
            let lines = Lines {
                before: edit.before.filter(|_| here).and_then(|site| numbered(&rows(&was.old, site.span))),
                after: edit.after.and_then(|site| numbered(&rows(&self.diff.new, site.span))),
            };
            let Some(op) = publish::op(edit.kind) else {
                self.rest(Rest::Cosmetic(CosmeticKind::Format), lines);
                continue;
            };
            let said = publish::values(edit, &secrecy);
            let field = self.field(name.clone(), publish::path(&edit.steps, &secrecy), op);
            self.report.fields.push(FieldChange {
                before: said.before,
                after: said.after,
                before_number: said.numbers.0,
                after_number: said.numbers.1,
                percent: said.percent,
                unit: said.unit,
                is_capacity: said.is_capacity,
                beside: Beside {
                    option: edit.option().map(str::to_owned),
                    comment_versions: pin::versions(edit, [&was.old, &self.diff.new]),
                    patched: targets
                        .1
                        .find(&edit.steps, true)
                        .or_else(|| targets.0.find(&edit.steps, false))
                        .map(str::to_owned),
                    holds_secret: said.holds_secret,
                },
                lines,
                ..field
            });
        }
    }

    /// A document that came or went; one without anything in it is no more than its line.
    fn whole(&mut self, op: FieldOp, document: &Document<'_>) {
        if document.root.tag.is_none() && document.root.scalar().is_some_and(|scalar| scalar.kind == Kind::Null) {
            let lines = match op {
                FieldOp::Added => Lines { before: None, after: numbered(&rows(&self.diff.new, document.region)) },
                _ => Lines { before: numbered(&rows(&self.diff.old, document.region)), after: None },
            };
            return self.rest(Rest::Cosmetic(CosmeticKind::Format), lines);
        }
        let mut field = self.field(objects::name(document), FieldPath::default(), op);
        let (value, is_capacity) = publish::whole(&document.root, &self.one_sided(op, &document.root));
        let value = Some(value);
        field.is_capacity = is_capacity;
        if op == FieldOp::Added {
            field.after = value;
            field.lines.after = numbered(&rows(&self.diff.new, document.region));
        } else {
            field.file = self.diff.summary.old_path.as_ref().unwrap_or(&self.diff.summary.path).clone();
            field.before = value;
            field.lines.before = numbered(&rows(&self.diff.old, document.region));
        }
        self.report.fields.push(field);
    }

    fn field(&self, document: DocumentName, path: FieldPath, op: FieldOp) -> FieldChange {
        FieldChange::of(self.file(), document, path, op)
    }
}

//! Rigs for the tests of this folder: files from texts, reports as short lines.

use std::fmt::Write as _;

use super::report_of;
use crate::diff::{CONTEXT, Content, FileDiff, FileInput, LineDiff, comparisons};
use crate::model::field::{FieldChange, FieldOp, FieldReport, LineSpan, Lines, Unit};
use crate::model::{FileChange, Mode, Oid, Side};

/// A path with both its texts.
pub type Sides<'t> = (&'t str, Option<&'t [u8]>, Option<&'t [u8]>);

pub fn input((path, old, new): &Sides<'_>) -> FileInput {
    use sha2::{Digest as _, Sha256};
    let side = |text: &[u8]| {
        let mut oid = [0; 20];
        oid.copy_from_slice(&Sha256::digest(text)[..20]);
        Side { mode: Mode::File, oid: Oid::from_bytes(oid) }
    };
    let content = |text: Option<&[u8]>| text.map_or(Content::Absent, |text| Content::classify(Mode::File, text));
    let change = FileChange { path: (*path).into(), old: old.map(side), new: new.map(side) };
    FileInput { change, old: content(*old), new: content(*new) }
}

/// The report over several files.
pub fn report_over(files: &[Sides<'_>]) -> FieldReport {
    let compared = comparisons(files.iter().map(input).collect());
    let diffs: Vec<FileDiff> = compared.iter().map(|one| one.compute(CONTEXT)).collect();
    report_of(&diffs.iter().collect::<Vec<_>>())
}

/// The report over one file that changed.
pub fn report(path: &str, before: &str, after: &str) -> FieldReport {
    report_over(&[(path, Some(before.as_bytes()), Some(after.as_bytes()))])
}

fn lines(lines: Lines) -> String {
    let span = |span: Option<LineSpan>| match span {
        Some(LineSpan(first, last)) if first == last => first.to_string(),
        Some(LineSpan(first, last)) => format!("{first}-{last}"),
        None => String::new(),
    };
    format!("@{}|{}", span(lines.before), span(lines.after))
}

fn field(field: &FieldChange) -> String {
    let name = &field.document;
    let mut text = match (&name.kind, &name.name) {
        (Some(kind), Some(object)) => format!("{kind} {object} "),
        (Some(kind), None) => format!("{kind} "),
        _ => String::new(),
    };
    let sign = match field.op {
        FieldOp::Added => "+",
        FieldOp::Removed => "-",
        FieldOp::Modified => "",
        FieldOp::Moved => "~",
    };
    let _ = write!(text, "{sign}{}", field.path);
    let value = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let (before, after) = (value(&field.before), value(&field.after));
    let said = match field.op {
        FieldOp::Added => format!(" {after}"),
        FieldOp::Removed => format!(" {before}"),
        FieldOp::Modified => format!(" {before} → {after}"),
        FieldOp::Moved if field.path.0.is_empty() => format!(" {before} → {after}"),
        FieldOp::Moved => String::new(),
    };
    text.push_str(&said);
    let number =
        |number: Option<rust_decimal::Decimal>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    if let Some(unit) = field.unit.filter(|unit| *unit != Unit::Count && (field.percent.is_some() || field.is_capacity))
    {
        let _ = write!(text, " ({} → {} {unit:?})", number(field.before_number), number(field.after_number));
    }
    let capacity = if field.is_capacity { " capacity" } else { "" };
    format!("{text}{capacity} {}", lines(field.lines))
}

/// A report as short lines: fields, then what is cosmetic, then what is unexplained.
pub fn shown(report: &FieldReport) -> Vec<String> {
    let mut shown: Vec<String> = report.fields.iter().map(field).collect();
    shown.extend(report.cosmetic.iter().map(|one| format!("{:?} {}", one.kind, lines(one.lines))));
    shown.extend(report.unexplained.iter().map(|one| format!("? {} {}", one.why, lines(one.lines))));
    shown
}

/// What a change of one YAML file says.
pub fn yaml(before: &str, after: &str) -> Vec<String> {
    shown(&report("a.yaml", before, after))
}

/// Changed lines that the report does not list anywhere.
pub fn unlisted(report: &FieldReport, before: &str, after: &str) -> Vec<String> {
    let all: Vec<Lines> = report.fields.iter().map(|one| one.lines).collect::<Vec<_>>();
    let cosmetic = report.cosmetic.iter().map(|one| one.lines);
    let all: Vec<Lines> =
        all.into_iter().chain(cosmetic).chain(report.unexplained.iter().map(|one| one.lines)).collect();
    let within = |span: Option<LineSpan>, line: u32| span.is_some_and(|span| (span.0..=span.1).contains(&(line + 1)));
    let mut missing = Vec::new();
    for change in LineDiff::compute(before.as_bytes(), after.as_bytes()).changes {
        let gone = change.old.filter(|line| !all.iter().any(|lines| within(lines.before, *line)));
        missing.extend(gone.map(|line| format!("-{line}")));
        let come = change.new.filter(|line| !all.iter().any(|lines| within(lines.after, *line)));
        missing.extend(come.map(|line| format!("+{line}")));
    }
    missing
}

//! `diff ID --fields`: what a proposal changes in the values of config documents.

use serde::Serialize;
use serde_json::Value;

use crate::diff::fields::differing;
use crate::model::field::{
    Cosmetic, CosmeticKind, DocumentName, FieldChange, FieldOp, FieldReport, LineSpan, Lines, Unexplained,
};
use crate::model::text;

use super::output::Output;
use super::{CliError, Exit};

/// The most columns of a value that a line shows; `--json` has all of it.
const VALUE: usize = 60;

/// `diff --fields --json` (stable; scripts depend on it).
#[derive(Debug, Serialize)]
pub struct FieldsJson<'a> {
    complete: bool,
    fields: &'a [FieldChange],
    cosmetic: &'a [Cosmetic],
    unexplained: &'a [Unexplained],
}

impl<'a> FieldsJson<'a> {
    /// A report.
    #[must_use]
    pub const fn new(report: &'a FieldReport) -> Self {
        let FieldReport { fields, cosmetic, unexplained } = report;
        Self {
            complete: report.complete(),
            fields: fields.as_slice(),
            cosmetic: cosmetic.as_slice(),
            unexplained: unexplained.as_slice(),
        }
    }
}

/// Prints a report, as one document or as lines for people.
pub fn print(report: &FieldReport, json: bool, output: &mut Output) -> Result<Exit, CliError> {
    if json {
        output.document(&FieldsJson::new(report))?;
        return Ok(Exit::Done);
    }
    let mut file = None;
    for field in &report.fields {
        if file != Some(&field.file) {
            output.line(text::printable_bytes(&field.file));
            file = Some(&field.file);
        }
        output.line(format!("  {}", line(field)));
    }
    for one in &report.cosmetic {
        let kind = match one.kind {
            CosmeticKind::Order => "order",
            CosmeticKind::Comment => "comment",
            CosmeticKind::Whitespace => "whitespace",
            CosmeticKind::Format => "format",
        };
        output.line(format!("{kind}: {}{}", text::printable_bytes(&one.file), places(one.lines)));
    }
    for one in &report.unexplained {
        output.line(format!("unexplained: {}{}  {}", text::printable_bytes(&one.file), places(one.lines), one.why));
    }
    Ok(Exit::Done)
}

/// `Deployment shop/web  spec.replicas  3 → 1  (-66.67 %)`.
fn line(field: &FieldChange) -> String {
    let path = field.path.to_string();
    let parts = [object(&field.document), text::printable(&path).into_owned(), change(field)];
    let percent = field.percent.map(|percent| format!("({percent:+} %)"));
    let parts = parts.into_iter().chain(percent).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("  ")
}

fn object(name: &DocumentName) -> String {
    let Some(kind) = &name.kind else { return String::new() };
    let place = match (&name.namespace, &name.name) {
        (Some(namespace), Some(name)) => format!(" {namespace}/{name}"),
        (None, Some(name)) => format!(" {name}"),
        _ => String::new(),
    };
    text::single_line(&format!("{kind}{place}"))
}

fn change(field: &FieldChange) -> String {
    let (before, after) = (field.before.as_ref().map(value), field.after.as_ref().map(value));
    match (field.op, before, after) {
        (FieldOp::Added, _, Some(after)) => format!("added: {after}"),
        (FieldOp::Removed, Some(before), _) => format!("removed: {before}"),
        (FieldOp::Moved, Some(before), Some(after)) if field.path.0.is_empty() => format!("moved: {before} → {after}"),
        (FieldOp::Moved, ..) => "moved".to_owned(),
        (FieldOp::Modified, Some(_), Some(_)) => modified(field),
        (_, before, after) => format!("{} → {}", before.unwrap_or_default(), after.unwrap_or_default()),
    }
}

/// `3 → 1`; of longer values the part that differs.
fn modified(field: &FieldChange) -> String {
    let (before, after) = (field.before.as_ref().unwrap_or(&Value::Null), field.after.as_ref().unwrap_or(&Value::Null));
    let shown = (value(before), value(after));
    let hidden = [before, after].iter().any(|value| **value == crate::model::field::masked());
    let is_text = |value: &Value| value.is_string();
    let (before, after) = match (is_text(before), is_text(after)) {
        _ if hidden => shown,
        // `"true" → true` is a change.
        (true, false) | (false, true) => (quoted(before), quoted(after)),
        _ if shown.0 == shown.1 => differing(before, after, VALUE).unwrap_or((quoted(before), quoted(after))),
        _ => shown,
    };
    format!("{before} → {after}")
}

/// A value as JSON has it, in few columns.
fn quoted(value: &Value) -> String {
    text::truncate(&text::single_line(&value.to_string()), VALUE).into_owned()
}

/// A value in few columns.
fn value(value: &Value) -> String {
    if *value == crate::model::field::masked() {
        return "(masked)".to_owned();
    }
    let shown = match value {
        Value::String(said) if !said.is_empty() => text::single_line(said),
        other => text::single_line(&other.to_string()),
    };
    text::truncate(&shown, VALUE).into_owned()
}

/// `:12-14 → :12`, of the sides that have lines.
fn places(lines: Lines) -> String {
    let span = |LineSpan(first, last): LineSpan| {
        if first == last { format!(":{first}") } else { format!(":{first}-{last}") }
    };
    match (lines.before.map(span), lines.after.map(span)) {
        (Some(before), Some(after)) if before == after => after,
        (Some(before), Some(after)) => format!("{before} →{after}"),
        (Some(before), None) => format!("{before} (removed)"),
        (None, Some(after)) => after,
        (None, None) => String::new(),
    }
}

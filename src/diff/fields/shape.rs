//! What kind of thing a change does, so that changes of one kind can be folded and approved together.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use bstr::ByteSlice as _;

use super::label::{is_switch, name, version, version_kind};
use super::version::Bump;
use crate::model::field::{CosmeticKind, FieldChange, FieldOp, FieldReport, masked};
use crate::model::text;

/// More kinds of change than this are counted instead of named.
const NAMED: usize = 3;

/// What changes have in common that do the same kind of thing: `image tag, patch version up`. Two of one shape differ in
/// where and in numbers, never in kind or direction. Prints in words that are fit for a terminal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    kinds: BTreeSet<String>,
}

impl Shape {
    /// The shape of a change.
    #[must_use]
    pub fn of(report: &FieldReport) -> Self {
        let mut kinds: BTreeSet<String> = report.fields.iter().map(kind).collect();
        // Beside fields, what is cosmetic is no kind of its own: chart bumps come with comments or without.
        if kinds.is_empty() {
            kinds.extend(report.cosmetic.iter().map(|one| cosmetic(one.kind).to_owned()));
        }
        kinds.extend(report.unexplained.iter().map(|one| open(&one.file)));
        Self { kinds }
    }

    /// Whether it names all its kinds; a number of kinds says nothing of them.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.kinds.len() <= NAMED
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kinds.len() > NAMED {
            return write!(f, "{} kinds of change", self.kinds.len());
        }
        for (at, kind) in self.kinds.iter().enumerate() {
            write!(f, "{}{kind}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

const fn cosmetic(kind: CosmeticKind) -> &'static str {
    match kind {
        CosmeticKind::Order => "order only",
        CosmeticKind::Comment => "comments only",
        CosmeticKind::Whitespace => "whitespace only",
        CosmeticKind::Format => "notation only",
    }
}

/// Files without fields, by what they are.
fn open(path: &bstr::BString) -> String {
    let name = path.rsplit_str("/").next().unwrap_or(path);
    match name.rsplit_once_str(".").map(|(_, extension)| extension) {
        Some(b"md" | b"txt" | b"rst" | b"adoc") => "docs".to_owned(),
        Some(extension) => format!("lines in .{}", text::single_line(&extension.to_str_lossy())),
        None => format!("lines in {}", text::single_line(&name.to_str_lossy())),
    }
}

/// The kind of one field change.
pub(super) fn kind(field: &FieldChange) -> String {
    let whole = field.path.0.is_empty();
    if let Some(moved) = version(field) {
        let what = match version_kind(field) {
            "image" => "image tag",
            "chart" => "chart",
            "action" => "action",
            _ => "version",
        };
        return format!("{what}, {}", bump(moved.bump()));
    }
    let object = || field.document.kind.as_deref().map_or_else(|| "file".to_owned(), text::single_line);
    // Our own kinds have a comma: no key can be called as one of them.
    let name = if whole { object() } else { name(field) }.replace([',', ';'], " ");
    if [&field.before, &field.after].into_iter().flatten().any(|value| *value == masked()) {
        return format!("secret value, {}", done(field.op));
    }
    if field.op != FieldOp::Modified {
        return format!("{name} {}", done(field.op));
    }
    if is_switch(field) {
        let on = field.after == Some(serde_json::Value::Bool(true));
        return format!("{name} {}", if on { "on" } else { "off" });
    }
    match field.before_number.zip(field.after_number).map(|(before, after)| after.cmp(&before)) {
        Some(Ordering::Greater) => format!("{name} up"),
        Some(Ordering::Less) => format!("{name} down"),
        _ => format!("{name} changed"),
    }
}

const fn done(op: FieldOp) -> &'static str {
    match op {
        FieldOp::Added => "added",
        FieldOp::Removed => "removed",
        FieldOp::Modified => "replaced",
        FieldOp::Moved => "moved",
    }
}

const fn bump((bump, order): (Bump, Ordering)) -> &'static str {
    match (bump, order) {
        (Bump::Major, Ordering::Greater) => "major version up",
        (Bump::Minor, Ordering::Greater) => "minor version up",
        (Bump::Patch, Ordering::Greater) => "patch version up",
        (Bump::Major, _) => "major version down",
        (Bump::Minor, _) => "minor version down",
        (Bump::Patch, _) => "patch version down",
        (Bump::Build, _) => "same version, other build",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::report;
    use super::*;

    #[test]
    fn shapes_are_kinds_not_places() {
        for (before, after, shape) in [
            ("image: a/b:1.2.3\n", "image: a/b:1.2.4\n", "image tag, patch version up"),
            ("image: {tag: v2.0.0}\n", "image: {tag: v1.9.9}\n", "image tag, major version down"),
            ("image: a/b:1.2.3\n", "image: c/b:1.2.4\n", "image changed"),
            ("chart: {version: 1.2.3}\n", "chart: {version: 1.3.0}\n", "chart, minor version up"),
            ("replicas: 3\n", "replicas: 2\n", "replicas down"),
            ("resources: {limits: {memory: 1Gi}}\n", "resources: {limits: {memory: 2Gi}}\n", "memory limit up"),
            ("backup: {enabled: true}\n", "backup: {enabled: false}\n", "backup off"),
            ("password: a\n", "password: b\n", "secret value, replaced"),
            ("a: 1\n", "a: 1\nb: 2\n", "b added"),
            (
                "\"image tag, patch version\": 1\n",
                "\"image tag, patch version\": 2\n",
                "image tag  patch version changed",
            ),
            ("a: 1 # x\n", "a: 1 # y\n", "comments only"),
            ("a: 1\nb: 1\nc: 1\nd: 1\n", "a: 2\nb: 2\nc: 2\nd: 2\n", "4 kinds of change"),
        ] {
            assert_eq!(Shape::of(&report("a.yaml", before, after)).to_string(), shape, "{before} {after}");
        }
        assert_eq!(Shape::of(&report("a.md", "x\n", "y\n")).to_string(), "docs");
    }
}

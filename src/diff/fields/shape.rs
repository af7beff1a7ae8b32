//! What kind of thing a change does, so that changes of one kind can be folded and approved together.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use bstr::ByteSlice as _;
use serde_json::Value;

use super::label::{choice, generic_name, is_command, is_long, is_switch, option, version, version_kind};
use super::version::{Bump, VersionChange, is_id};
use crate::model::field::{CosmeticKind, FieldChange, FieldOp, FieldReport, PathStep, masked};
use crate::model::text;

/// More kinds of change than this are counted instead of named.
const NAMED: usize = 3;

/// What changes have in common that do the same kind of thing: `image tag, patch version up`. Two of one shape differ in
/// where and in numbers, never in kind or direction. Prints in words that are fit for a terminal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    kinds: BTreeSet<String>,
    /// Its kinds do not say all that happens: texts of several lines, words of a command.
    opaque: bool,
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
        Self { kinds, opaque: report.fields.iter().any(is_opaque) }
    }

    /// Whether it says all that others of the same shape do: it names its kinds, and no text of several lines is another, which
    /// may be about anything.
    #[must_use]
    pub fn tells_all(&self) -> bool {
        self.kinds.len() <= NAMED && !self.opaque
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

/// Whether a name and a direction leave out what matters: a text of several lines, a word of a command without its option.
fn is_opaque(field: &FieldChange) -> bool {
    let text = is_long(field.before.as_ref()) || is_long(field.after.as_ref());
    // `sh -c "…"`
    let says = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).is_some_and(|said| said.contains(' '));
    let script = says(&field.before) || says(&field.after);
    text || field.beside.holds_secret
        || is_patch(field)
        || is_command(field) && (script || option(field).is_none() && version(field).is_none())
}

/// Whether a field is a whole patch: one that could not be read as the document that it is, or that came or went. It may do
/// anything.
fn is_patch(field: &FieldChange) -> bool {
    match field.path.0.as_slice() {
        [.., PathStep::Key(list), _, PathStep::Key(key)] => key == "patch" && list.starts_with("patches"),
        [.., PathStep::Key(list), _] => list.starts_with("patches"),
        [.., PathStep::Key(key)] => key.starts_with("patches"),
        _ => false,
    }
}

/// The kind of one field change.
pub(super) fn kind(field: &FieldChange) -> String {
    if let Some(moved) = version(field) {
        return version_moved(field, &moved);
    }
    // Our own kinds have a comma: no key can be called as one of them.
    let name = if field.path.0.is_empty() { object(field) } else { generic_name(field) }.replace([',', ';'], " ");
    let hidden = [&field.before, &field.after].into_iter().flatten().any(|value| *value == masked());
    if hidden && !field.beside.holds_secret {
        return format!("secret value, {}", done(field.op));
    }
    if field.op != FieldOp::Modified {
        let value = field.after.as_ref().or(field.before.as_ref());
        return match (value, choice(field, field.after.as_ref()).or_else(|| choice(field, field.before.as_ref()))) {
            (Some(Value::Bool(on)), _) => format!("{name} {} {}", switched(*on), done(field.op)),
            (_, Some(chosen)) => format!("{name} {chosen} {}", done(field.op)),
            _ => format!("{name} {}", done(field.op)),
        };
    }
    if is_switch(field) {
        return format!("{name} {}", switched(field.after == Some(Value::Bool(true))));
    }
    if let Some((before, after)) = choice(field, field.before.as_ref()).zip(choice(field, field.after.as_ref())) {
        return format!("{name} {before} → {after}");
    }
    format!("{name} {}", direction(field))
}

const fn switched(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// Which way a value went.
fn direction(field: &FieldChange) -> &'static str {
    // A revision has no amount, but an order.
    let whole = || field.before.as_ref()?.as_i64().zip(field.after.as_ref()?.as_i64());
    let ordered = || whole().filter(|_| field.path.last_key() == Some("revision"));
    let order = field.before_number.zip(field.after_number).map(|(before, after)| after.cmp(&before));
    match order.or_else(|| ordered().map(|(before, after)| after.cmp(&before))) {
        Some(Ordering::Greater) => "up",
        Some(Ordering::Less) => "down",
        _ => "changed",
    }
}

/// What came or went as a whole: the kind of an object; a file by its name, since nothing else says what it is for.
fn object(field: &FieldChange) -> String {
    let name = || field.file.rsplit_str("/").next().unwrap_or(&field.file).to_str_lossy().into_owned();
    let said = match &field.document.kind {
        Some(kind) => kind.clone(),
        None if field.file.starts_with(b".github/workflows/") => "workflow".to_owned(),
        None => format!("file {}", name()),
    };
    text::single_line(&said)
}

fn version_moved(field: &FieldChange, moved: &VersionChange) -> String {
    let what = match version_kind(field) {
        "image" => "image tag",
        "chart" => "chart",
        "action" if moved.by_comment => "action commit",
        "action" if is_id(&moved.after) => "action",
        "action" => "action tag",
        _ => "version",
    };
    let by = if moved.by_comment { " by its comment" } else { "" };
    let ids = is_id(&moved.before) || is_id(&moved.after);
    match moved.bump() {
        (Bump::Other, _) if ids => format!("{what}, other commit"),
        moved => format!("{what}, {}{by}", bump(moved)),
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
        (Bump::Exactness, Ordering::Greater) => "more exact version",
        (Bump::Exactness, _) => "less exact version",
        (Bump::PreRelease, Ordering::Less) => "pre-release down",
        (Bump::PreRelease, _) => "pre-release up",
        (Bump::Build, _) => "same version, other build",
        (Bump::Other, _) => "other name",
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
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let pinned = |id: &str, comment: &str| format!("steps:\n- uses: x/y@{id}{comment}\n");
        for (before, after, shape) in [
            (pinned(&a, " # v4.7.1"), pinned(&b, " # v4.8.0"), "action commit, minor version up by its comment"),
            (pinned(&a, " # v39.1.1"), pinned(&b, " # v39.1.2"), "action commit, patch version up by its comment"),
            (pinned(&a, " # v4"), pinned(&b, " # v4"), "action, other commit"),
            (pinned(&a, ""), pinned(&b, ""), "action, other commit"),
            (pinned("v3", ""), pinned("v4", ""), "action tag, major version up"),
        ] {
            assert_eq!(Shape::of(&report("a.yaml", &before, &after)).to_string(), shape, "{before} {after}");
        }
        assert_eq!(Shape::of(&report("a.md", "x\n", "y\n")).to_string(), "docs");
    }

    #[test]
    fn shapes_have_what_makes_a_change_another() {
        for (before, after, shape, tells_all) in [
            ("required_seed_days: 5.1\n", "required_seed_days: 10.1\n", "required_seed_days up", true),
            ("d: {nodes: {revision: 19}}\n", "d: {nodes: {revision: 23}}\n", "revision up", true),
            ("image: {tag: 1.0.0-beta5}\n", "image: {tag: 1.0.0-beta6}\n", "image tag, pre-release up", true),
            ("image: {tag: 14.9}\n", "image: {tag: 14}\n", "image tag, less exact version", true),
            ("image: {tag: edge}\n", "image: {tag: nightly}\n", "image tag, other name", true),
            ("a: {x: 1}\n", "a: {x: 1, type: emptyDir}\n", "type emptyDir added", true),
            ("a: {type: emptyDir}\n", "a: {type: hostPath}\n", "type emptyDir → hostPath", true),
            ("p: {x: 1}\n", "p: {x: 1, enabled: false}\n", "p off added", true),
            ("p: {x: 1}\n", "p: {x: 1, enabled: true}\n", "p on added", true),
            (
                "permissions: {packages: read}\n",
                "permissions: {packages: read, contents: write}\n",
                "permission contents write added",
                true,
            ),
            ("dns: {x: 1}\n", "dns: {x: 1, options: [a]}\n", "dns options added", true),
            ("args: [--a, --b=1]\n", "args: [--a]\n", "args --b removed", true),
            ("args: [--ctx, \"4\"]\n", "args: [--ctx, \"3\"]\n", "args --ctx changed", true),
            ("args: [-c, a b]\n", "args: [-c, a c]\n", "args changed", false),
            ("args: [serve]\n", "args: [delete]\n", "args changed", false),
            ("resources: [./a/pvc.yaml, ./b]\n", "resources: [./b]\n", "resource pvc.yaml removed", true),
            ("resources: [./a/pvc.yaml, ./b]\n", "resources: [./a/pvc.yaml]\n", "resource folder removed", true),
            ("hashes: [a, b]\n", "hashes: [a, c]\n", "hash changed", true),
            ("c: |\n  a\n  b\n", "c: |\n  a\n  d\n", "c changed", false),
            ("x: 1\n", "x: 1\nc: |\n  a\n  b\n", "c added", false),
        ] {
            let found = Shape::of(&report("a.yaml", before, after));
            assert_eq!((found.to_string().as_str(), found.tells_all()), (shape, tells_all), "{before} {after}");
        }
    }

    #[test]
    fn new_files_are_called_by_what_they_are() {
        for (path, shape) in
            [(".github/workflows/x.yaml", "workflow added"), (".github/release.yaml", "file release.yaml added")]
        {
            let found = super::super::testing::report_over(&[(path, None, Some(b"a: 1\n"))]);
            assert_eq!(Shape::of(&found).to_string(), shape, "{path}");
        }
    }
}

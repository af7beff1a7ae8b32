//! A change in one line of words, read from its fields: what a row of the queue says.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bstr::{BStr, ByteSlice as _};

use super::deed;
use super::label::{is_long, name, object, of_file, option, subject, value, values, version, version_kind, versions};
use super::shape::kind;
use super::version::VersionChange;
use super::weight::{REST, weight};
use crate::model::field::{CosmeticKind, DocumentName, FieldChange, FieldOp, FieldReport, PathStep, masked};
use crate::model::text;

/// More fields than this are counted instead of named.
const NAMED: usize = 3;
/// The most columns of those that are named only because they are the first.
const FITTING: usize = 60;

/// What a change does, in words that are fit for a terminal: `checkout: memory limit 4Gi → 2Gi (-50 %)`,
/// `postgres 16.3 → 17.0 in 3 places`, `web: comments only`. `None` where there are no fields, and not all of it is cosmetic.
#[must_use]
pub fn headline(report: &FieldReport) -> Option<String> {
    if report.fields.is_empty() {
        return report.cosmetic_only().then(|| cosmetic(report));
    }
    let said = deed::of_all(&report.fields)
        .or_else(|| one_version(&report.fields))
        .or_else(|| whole_objects(&report.fields))
        .or_else(|| secrets(&report.fields))
        .unwrap_or_else(|| by_subject(&report.fields));
    Some(said + deed::beside_list(&report.fields) + &beside(report))
}

/// Whether a file is text for people, by its name.
#[must_use]
pub fn is_prose(path: &BStr) -> bool {
    [".md", ".txt", ".rst", ".adoc"].iter().any(|end| path.ends_with_str(end))
}

/// `, docs` or `, silence.sh unexplained`: what the fields leave out.
fn beside(report: &FieldReport) -> String {
    let files = report.unexplained.iter().map(|one| one.file.as_bstr()).filter(|file| !is_prose(file));
    let open: BTreeSet<&BStr> = files.collect();
    match (open.first(), open.len()) {
        (None, _) if report.unexplained.is_empty() => String::new(),
        (None, _) => ", docs".to_owned(),
        (Some(file), 1) => format!(", {} unexplained", file_name(file)),
        (_, many) => format!(", {many} files unexplained"),
    }
}

/// The last part of a path, fit for a terminal.
fn file_name(path: &BStr) -> String {
    text::single_line(&path.rsplit_str("/").next().unwrap_or(path).to_str_lossy())
}

/// `gateway: comments and order only`.
fn cosmetic(report: &FieldReport) -> String {
    let kinds: BTreeSet<CosmeticKind> = report.cosmetic.iter().map(|one| one.kind).collect();
    let word = |kind: &CosmeticKind| match kind {
        CosmeticKind::Order => "order",
        CosmeticKind::Comment => "comments",
        CosmeticKind::Whitespace => "whitespace",
        CosmeticKind::Format => "notation",
    };
    let subjects: BTreeSet<String> = report.cosmetic.iter().map(|one| of_file(&one.file.to_str_lossy())).collect();
    format!("{}: {} only", names(&subjects), kinds.iter().map(word).collect::<Vec<_>>().join(" and "))
}

/// One version that moved, in one place or several.
fn one_version(fields: &[FieldChange]) -> Option<String> {
    let moved: Vec<_> = fields.iter().map(version).collect::<Option<_>>()?;
    let first = moved.first()?;
    if moved.iter().any(|other| (&other.before, &other.after) != (&first.before, &first.after)) {
        return None;
    }
    let subjects: BTreeSet<String> = fields.iter().map(subject).collect();
    let kinds: BTreeSet<&str> = fields.iter().map(version_kind).collect();
    let kind = if kinds.len() == 1 { kinds.first().copied().unwrap_or("version") } else { "version" };
    let images: BTreeSet<&Option<String>> = moved.iter().map(|version| &version.image).collect();
    let what = match (images.first(), subjects.len()) {
        (Some(Some(image)), _) if images.len() == 1 => text::single_line(image),
        _ => format!("{}: {kind}", names(&subjects)),
    };
    let places = if fields.len() > 1 { format!(" in {} places", fields.len()) } else { String::new() };
    Some(format!("{what} {}{places}", steps(first)))
}

/// `1.2.3 → 1.2.4`; `main, new digest` where only what stands behind the name is another.
fn steps(moved: &VersionChange) -> String {
    match versions(&moved.before, &moved.after) {
        (before, after) if before == after => format!("{before}, new digest"),
        (before, after) if moved.by_comment => format!("{before} → {after} by its comment"),
        (before, after) => format!("{before} → {after}"),
    }
}

/// Objects that came, went or moved.
fn whole_objects(fields: &[FieldChange]) -> Option<String> {
    let first = fields.first()?;
    let whole = |field: &&FieldChange| field.path.0.is_empty() && field.op != FieldOp::Modified;
    let wholes: Vec<&FieldChange> = fields.iter().filter(whole).collect();
    let op = wholes.first().map(|field| field.op)?;
    if wholes.len() < fields.len() || wholes.iter().any(|field| field.op != op) {
        return None;
    }
    let done = done(op);
    // What holds a list together says less than what is in it.
    let objects: Vec<&FieldChange> =
        fields.iter().filter(|field| field.document.kind.as_deref() != Some("List")).collect();
    let (first, number) = objects.first().map_or((first, fields.len()), |first| (*first, objects.len()));
    let more = match number - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let folder = first.file.rsplit_once_str("/").map(|(folder, _)| text::single_line(&folder.to_str_lossy()));
    match (&first.document.kind, folder) {
        // A folder of the same name may have been there before.
        (None, Some(folder)) if number == 1 => Some(format!("{} {done} in {folder}", file_name(first.file.as_bstr()))),
        (None, _) => Some(format!("{}{more} {done}", file_name(first.file.as_bstr()))),
        (Some(_), _) => Some(format!("{}{more} {done}", object(first))),
    }
}

/// Values of one secret, which nobody may see.
fn secrets(fields: &[FieldChange]) -> Option<String> {
    let hidden =
        |field: &FieldChange| [&field.before, &field.after].into_iter().flatten().any(|value| *value == masked());
    let one = fields.iter().all(|field| subject(field) == subject(&fields[0]) && !field.beside.holds_secret);
    if !one || !fields.iter().all(hidden) {
        return None;
    }
    let first = fields.first()?;
    let done = match (first.op, fields.iter().all(|field| field.op == first.op)) {
        (FieldOp::Added, true) => "added",
        (FieldOp::Removed, true) => "removed",
        (FieldOp::Modified, true) => "replaced",
        _ => "changed",
    };
    Some(format!("{}: {} {done}", object(first), text::count(fields.len(), "secret value")))
}

/// Fields that change in the same way.
struct Group<'f> {
    said: String,
    weight: u8,
    fields: usize,
    subjects: BTreeSet<String>,
    objects: HashSet<(&'f BStr, &'f DocumentName)>,
}

impl Group<'_> {
    /// `replicas 3 → 5 in 2 places`.
    fn text(&self) -> String {
        if self.fields > 1 { format!("{} in {} places", self.said, self.fields) } else { self.said.clone() }
    }

    /// With what it is about.
    fn whole(&self) -> String {
        format!("{}: {}", names(&self.subjects), self.text())
    }
}

fn groups(fields: &[FieldChange]) -> Vec<Group<'_>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for field in fields {
        let said = change(field);
        let at = *places.entry(said.clone()).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Group { said, weight: u8::MAX, fields: 0, subjects: BTreeSet::new(), objects: HashSet::new() });
        }
        let group = &mut groups[at];
        group.weight = group.weight.min(weight(field));
        group.fields += 1;
        group.subjects.insert(subject(field));
        group.objects.insert((field.file.as_bstr(), &field.document));
    }
    groups.sort_by_key(|group| group.weight);
    groups
}

/// `web`, `staging, web`, `web and 3 more`.
fn names(subjects: &BTreeSet<String>) -> String {
    let first = subjects.first().map(String::as_str).unwrap_or_default();
    match subjects.len() {
        0 | 1 => first.to_owned(),
        2 => subjects.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        many => format!("{first} and {} more", many - 1),
    }
}

/// Fields by what they do, and what they are about.
fn by_subject(fields: &[FieldChange]) -> String {
    let groups = groups(fields);
    let subjects: BTreeSet<String> = groups.iter().flat_map(|group| group.subjects.iter().cloned()).collect();
    if subjects.len() == 1 || groups.len() <= NAMED && groups.iter().all(|group| group.subjects == subjects) {
        return format!("{}: {}", names(&subjects), together(&groups));
    }
    if groups.len() < NAMED {
        return groups.iter().map(Group::whole).collect::<Vec<_>>().join("; ");
    }
    let heavy = groups.iter().take(NAMED - 1);
    let named = heavy.take_while(|group| group.weight < REST && group.subjects == groups[0].subjects).count();
    let rest = counted(&groups[named..]);
    let said = groups[..named].iter().map(Group::text).collect::<Vec<_>>().join(", ");
    match named {
        0 => alike(fields, &subjects).unwrap_or_else(|| match fitting(&groups) {
            0 => rest,
            _ => format!("{}, and {}", groups[0].whole(), counted(&groups[1..])),
        }),
        _ => format!("{}: {said}, and {rest}", names(&groups[0].subjects)),
    }
}

/// `3 fields in 2 objects`.
fn counted(groups: &[Group<'_>]) -> String {
    let objects: HashSet<_> = groups.iter().flat_map(|group| &group.objects).collect();
    let fields = groups.iter().map(|group| group.fields).sum();
    format!("{} in {}", text::count(fields, "field"), text::count(objects.len(), "object"))
}

/// Fields of one or two kinds, whatever their values.
fn alike(fields: &[FieldChange], subjects: &BTreeSet<String>) -> Option<String> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for field in fields {
        *kinds.entry(kind(field)).or_default() += 1;
    }
    let said = |(kind, count): (&String, &usize)| format!("{kind} in {}", text::count(*count, "place"));
    let all = kinds.iter().map(said).collect::<Vec<_>>().join(", ");
    (kinds.len() < NAMED).then(|| format!("{}: {all}", names(subjects)))
}

/// What is done to one object, or to several alike.
fn together(groups: &[Group<'_>]) -> String {
    let said = |groups: &[Group<'_>]| groups.iter().map(Group::text).collect::<Vec<_>>().join(", ");
    let (named, rest) = match groups.iter().filter(|group| group.weight < REST).count() {
        _ if groups.len() <= NAMED => groups.split_at(groups.len()),
        heavy => groups.split_at(heavy.min(NAMED - 1)),
    };
    let fields = |groups: &[Group<'_>]| groups.iter().map(|group| group.fields).sum::<usize>();
    let more = text::count(fields(rest), "field");
    match (named, rest) {
        (named, []) => said(named),
        ([], _) => match fitting(rest) {
            0 => more,
            first => format!("{} and {} more", said(&rest[..first]), fields(&rest[first..])),
        },
        (named, _) => format!("{} and {more}", said(named)),
    }
}

/// How many of the first groups are short enough to be named where none weighs more than the others.
fn fitting(groups: &[Group<'_>]) -> usize {
    let columns = groups.iter().take(NAMED - 1).scan(0, |sum, group| {
        *sum += group.text().chars().count();
        Some(*sum)
    });
    columns.take_while(|sum| *sum <= FITTING).count()
}

/// `memory limit 4Gi → 2Gi (-50 %)`.
fn change(field: &FieldChange) -> String {
    if let Some(moved) = version(field) {
        let name = moved.image.as_deref().map_or_else(|| version_kind(field).to_owned(), text::single_line);
        return format!("{name} {}", steps(&moved));
    }
    let whole = || field.document.kind.as_deref().map_or_else(|| file_name(field.file.as_bstr()), text::single_line);
    let name = if field.path.0.is_empty() { whole() } else { name(field) };
    let plain = |said: &Option<serde_json::Value>| said.as_ref().map(value).unwrap_or_default();
    let hidden = field.before == Some(masked()) || field.after == Some(masked());
    if let Some(said) = deed::of_patch(field, &name) {
        return said;
    }
    let parts = deed::unfolded(field, NAMED);
    if !parts.is_empty() {
        return parts.iter().map(change).collect::<Vec<_>>().join(", ");
    }
    match field.op {
        FieldOp::Moved => format!("{name} moved"),
        FieldOp::Modified if field.beside.holds_secret => format!("{name} edited (masked, a secret is in it)"),
        FieldOp::Removed | FieldOp::Added if !hidden && says_itself(field) => format!("{name} {}", done(field.op)),
        FieldOp::Removed
            if is_item(field) && !hidden || field.before.as_ref().is_some_and(serde_json::Value::is_boolean) =>
        {
            format!("{name} {} removed", plain(&field.before))
        }
        FieldOp::Removed => format!("{name} removed"),
        FieldOp::Added if hidden || field.path.0.is_empty() => format!("{name} added"),
        FieldOp::Added if is_long(field.after.as_ref()) => format!("{name} added"),
        FieldOp::Added if field.after == Some(serde_json::Value::Null) => format!("{name} added"),
        FieldOp::Added if field.after.as_ref().is_some_and(|value| value.is_object() || value.is_array()) => {
            format!("{name} added")
        }
        FieldOp::Added => format!("{name} {} added", plain(&field.after)),
        FieldOp::Modified if is_long(field.before.as_ref()) || is_long(field.after.as_ref()) => {
            format!("{name} edited")
        }
        FieldOp::Modified if hidden => format!("{name} replaced"),
        FieldOp::Modified => {
            let Some((before, after)) = field.before.as_ref().zip(field.after.as_ref()).and_then(|(a, b)| values(a, b))
            else {
                return format!("{name} edited");
            };
            let percent =
                field.percent.filter(|_| field.is_capacity && field.unit != Some(crate::model::field::Unit::Count));
            let percent = percent.map(|percent| format!(" ({:+} %)", percent.round())).unwrap_or_default();
            format!("{name} {before} → {after}{percent}")
        }
    }
}

const fn done(op: FieldOp) -> &'static str {
    match op {
        FieldOp::Added => "added",
        FieldOp::Removed => "removed",
        FieldOp::Moved | FieldOp::Modified => "moved",
    }
}

/// Whether it is an option without a value, which is its name: `--verbose`.
fn says_itself(field: &FieldChange) -> bool {
    let said = field.after.as_ref().or(field.before.as_ref()).and_then(serde_json::Value::as_str);
    option(field).is_some_and(|option| Some(option.as_str()) == said)
}

/// Whether it is an item of a list that is one word or number.
fn is_item(field: &FieldChange) -> bool {
    let short = field.before.as_ref().is_some_and(|value| !value.is_object() && !value.is_array());
    short && !is_long(field.before.as_ref()) && matches!(field.path.0.last(), Some(PathStep::Index(_)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::report_over;
    use super::*;

    fn deployment(name: &str, image: &str, more: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  containers:\n  - name: app\n    \
             image: {image}\n{more}"
        )
    }

    fn said(files: &[(&str, Option<String>, Option<String>)]) -> String {
        let bytes = |text: &'_ Option<String>| text.clone().map(String::into_bytes);
        let owned: Vec<_> = files.iter().map(|(path, old, new)| (*path, bytes(old), bytes(new))).collect();
        let sides: Vec<_> = owned.iter().map(|(path, old, new)| (*path, old.as_deref(), new.as_deref())).collect();
        headline(&report_over(&sides)).unwrap_or_default()
    }

    fn values(old: &str, new: &str) -> String {
        said(&[("apps/loki/values.yaml", Some(old.into()), Some(new.into()))])
    }

    #[test]
    fn headlines() {
        let limits = |memory: &str| format!("    resources: {{limits: {{memory: {memory}}}}}\n");
        let web = |image: &str, more: &str| Some(deployment("web", image, more));
        let file = |old: Option<String>, new: Option<String>| said(&[("apps/web/deployment.yaml", old, new)]);
        for (found, expected) in [
            (file(web("a:1", &limits("4Gi")), web("a:1", &limits("2Gi"))), "web: memory limit 4Gi → 2Gi (-50 %)"),
            (file(web("x.io/a/b:1.2.3", ""), web("x.io/a/b:1.2.4", "")), "b 1.2.3 → 1.2.4"),
            (file(None, web("a:1", "")), "Deployment web added"),
            (file(web("a:1", ""), None), "Deployment web removed"),
            (file(web("a:1", "# x\n"), web("a:1", "# y\n")), "web: comments only"),
            (values("replicas: 3\n", "replicas: 5\n"), "loki: replicas 3 → 5"),
            (values("backup: {enabled: true}\n", "backup: {enabled: false}\n"), "loki: backup on → off"),
            (values("retention: 7d\n", "retention: 14d\n"), "loki: retention 7d → 14d (+100 %)"),
            (values("password: a\n", "password: b\n"), "loki: 1 secret value replaced"),
            (values("a: 1\n", "a: 1\nb: {c: x}\n"), "loki: c x added"),
            (values("a: 1\nb: 1\nc: 1\nd: 1\n", "a: 2\nb: 2\nc: 2\nd: 2\n"), "loki: a 1 → 2, b 1 → 2 and 2 more"),
            (
                values("a: 1\nb: 1\nc: 1\nreplicas: 4\n", "a: 2\nb: 2\nc: 2\nreplicas: 2\n"),
                "loki: replicas 4 → 2 and 3 fields",
            ),
            (values("- a: {{ x }}\n", "- a: {{ y }}\n"), ""),
            (
                values("a: {tag: v1.2}\nb: {tag: v1.2}\nc: {n: 1}\n", "a: {tag: v1.3}\nb: {tag: v1.3}\nc: {n: 2}\n"),
                "loki: image v1.2 → v1.3 in 2 places, n 1 → 2",
            ),
            (
                values(
                    "url: https://x.io/dashboards/15759/revisions/39\n",
                    "url: https://x.io/dashboards/15759/revisions/40\n",
                ),
                "loki: url …/39 → …/40",
            ),
            (
                values(&format!("uses: a/b@{}\n", "a".repeat(40)), &format!("uses: a/b@{}\n", "b".repeat(40))),
                "b aaaaaaaaaaaa → bbbbbbbbbbbb",
            ),
            (
                values("image: {tag: main@sha256:aa}\nn: 1\n", "image: {tag: main@sha256:bb}\nn: 2\n"),
                "loki: image main, new digest, n 1 → 2",
            ),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_changed_is_told_before_what_moved() {
        let claim = |size: &str, class: &str| {
            let spec = format!("storageClassName: {class}, resources: {{requests: {{storage: {size}}}}}");
            format!("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data}}\nspec: {{{spec}}}\n")
        };
        let old = claim("1Gi", "fast");
        for (new, expected) in [
            (old.clone(), "PersistentVolumeClaim data moved"),
            (claim("2Gi", "fast"), "data: storage request 1Gi → 2Gi (+100 %), PersistentVolumeClaim moved"),
            (claim("1Gi", "slow"), "data: storageClassName fast → slow, PersistentVolumeClaim moved"),
        ] {
            assert_eq!(said(&[("a.yaml", Some(old.clone()), None), ("b.yaml", None, Some(new))]), expected);
        }
    }

    #[test]
    fn counts_name_what_they_count() {
        let text = |n: u8| format!("retries: {n}\ntimeout: {n}s\na: {n}\nb: {n}\nc: {n}\n");
        assert_eq!(values(&text(3), &text(5)), "loki: retries 3 → 5, timeout 3s → 5s and 3 more");
        let long = |n: u8| ["a", "b", "c", "d", "e"].map(|at| format!("{}{at}: {n}\n", "key".repeat(18))).concat();
        assert_eq!(values(&long(3), &long(5)), "loki: 5 fields");
        let file = |n: u8| Some(format!("x{n}: 1\ny{n}: 1\nz{n}: 1\n"));
        let many = said(&[("a.yaml", file(0), file(1)), ("b.yaml", file(2), file(3))]);
        assert_eq!(many, "a: x0 removed, and 11 fields in 2 objects");
    }

    #[test]
    fn a_text_with_a_secret_in_it_is_edited_and_not_replaced() {
        let text = |mode: &str| format!("app.conf: |\n  password=hunter2\n  mode={mode}\n");
        let found = super::super::testing::report("loki/values.yaml", &text("a"), &text("b"));
        assert_eq!(headline(&found).as_deref(), Some("loki: app.conf edited (masked, a secret is in it)"));
        let shape = super::super::Shape::of(&found);
        assert_eq!((shape.to_string().as_str(), shape.tells_all()), ("app.conf changed", false));
        let json = serde_json::to_value(&found.fields[0]).expect("it is JSON");
        assert_eq!((&json["holds_secret"], &json["after"]), (&true.into(), &masked()));
    }

    #[test]
    fn headlines_of_what_stands_in_lists_and_texts() {
        for (found, expected) in [
            (values("files:\n- ./a.yaml\n- ./b.yaml\n", "files:\n- ./a.yaml\n"), "loki: file ./b.yaml removed"),
            (values("steps:\n- uses: a/b@v2\n- x: 1\n", "steps:\n- uses: a/b@v3\n- x: 1\n"), "b v2 → v3"),
            (values("a: 1\n", "---\n---\na: 1\n"), "loki: notation only"),
            (
                values(
                    &format!("uses: a/b@{} # v4.7.1\n", "a".repeat(40)),
                    &format!("uses: a/b@{} # v4.8.0\n", "b".repeat(40)),
                ),
                "b v4.7.1 → v4.8.0 by its comment",
            ),
            (values("seed_days: 5.1\n", "seed_days: 10.1\n"), "loki: seed_days 5.1 → 10.1"),
            (values("d: {nodes: {revision: 19}}\n", "d: {nodes: {revision: 23}}\n"), "loki: nodes revision 19 → 23"),
            (values("- {name: b}\n- {name: b}\n", "- {name: a}\n- {name: b}\n- {name: b}\n"), "loki: item a added"),
            (values("a: \"true\"\n", "a: true\n"), "loki: a \"true\" → true"),
            (values("args: [--ctx, \"8\"]\n", "args: [--ctx, \"4\"]\n"), "loki: args --ctx 8 → 4"),
            (values("args: [--a]\n", "args: [--a, --quiet]\n"), "loki: args --quiet added"),
            (values("c: |\n  a\n  b\n", "c: |\n  a\n  d\n  e\n"), "loki: c edited"),
            (
                values(
                    "a: 1\nb: 1\nc: 1\nd: 1\n",
                    "a: 2\nb: 2\nc: 2\nd: 2\nalerts: {automerge: true}\npod: {securityContext: {runAsUser: 0}}\n",
                ),
                "loki: alerts automerge on added, runAsUser 0 added and 4 fields",
            ),
            (values("description: a\nfor: 1m\n", "description: b\nfor: 5m\n"), "loki: for 1m → 5m, description a → b"),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn objects_are_those_of_the_fields_that_are_left() {
        let web = |name: &str, count: u8, image: &str, x: u8| {
            Some(deployment(name, image, "") + &format!("  replicas: {count}\n  x: {x}\n  y: {x}\n"))
        };
        let (a, b) = (web("a", 4, "a:1", 1), web("b", 2, "a:1", 1));
        let found = said(&[("a.yaml", a.clone(), web("a", 2, "a:1", 1)), ("b.yaml", b, web("b", 2, "a:1", 2))]);
        assert_eq!(found, "a: replicas 4 → 2, and 2 fields in 1 object");
        // Two objects of one name are two.
        let found = said(&[("x/a.yaml", a.clone(), web("a", 4, "a:1", 2)), ("y/a.yaml", a, web("a", 2, "a:1", 3))]);
        assert_eq!(found, "a: replicas 4 → 2 and 4 fields");
    }

    #[test]
    fn what_is_new_or_unread_is_called_by_its_name() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(said(&[(".github/release.yaml", None, some("a: 1\n"))]), "release.yaml added in .github");
        let script = "tools/silence.sh";
        let beside = said(&[("a.yaml", some("a: 1\n"), some("a: 2\n")), (script, None, some("#!/bin/sh\n"))]);
        assert_eq!(beside, "a: a 1 → 2, silence.sh unexplained");
    }

    #[test]
    fn one_version_is_one_however_it_is_found() {
        let version = |v: &str| Some(format!("k3s_release: \"v1.28.{v}+k3s2\"\n"));
        let plain = |v: &str| Some(format!("version: \"v1.28.{v}+k3s2\"\n"));
        let found = said(&[("a/all.yaml", version("3"), version("4")), ("a/one.yaml", plain("3"), plain("4"))]);
        assert_eq!(found, "all, one: version v1.28.3+k3s2 → v1.28.4+k3s2 in 2 places");
    }

    #[test]
    fn headlines_over_several_files() {
        let names = ["a", "b", "c", "d"];
        let hosts = |kind: &str| {
            let paths: Vec<String> = names.iter().map(|name| format!("{name}/x-{name}.yaml")).collect();
            let text = |name: &str, host: &str| Some(format!("{kind}: {host}.{name}.io\n"));
            let files: Vec<_> = paths
                .iter()
                .zip(names)
                .map(|(path, name)| (path.as_str(), text(name, "old"), text(name, "new")))
                .collect();
            said(&files)
        };
        assert_eq!(hosts("host"), "x-a and 3 more: host changed in 4 places");
        let chart = |version: &str| Some(format!("spec: {{chart: {{spec: {{version: {version}}}}}}}\n"));
        let both =
            |a: &str, b: &str| said(&[("a/x.yaml", chart("1.2.3"), chart(a)), ("b/x.yaml", chart("1.2.3"), chart(b))]);
        assert_eq!(both("1.2.4", "1.2.4"), "x: chart 1.2.3 → 1.2.4 in 2 places");
        assert_eq!(both("1.2.4", "1.3.0"), "x: chart 1.2.3 → 1.2.4, chart 1.2.3 → 1.3.0");
        let docs = said(&[
            ("a/x.yaml", chart("1.2.3"), chart("1.2.4")),
            ("README.md", Some("a\n".into()), Some("b\n".into())),
        ]);
        assert_eq!(docs, "x: chart 1.2.3 → 1.2.4, docs");
    }
}

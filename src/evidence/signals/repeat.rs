//! Repeats: what a person has refused before, and what goes against a lesson that stands.

use bstr::BString;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

use super::direction::Forbidden;
use crate::model::field::{DocumentName, FieldChange, FieldReport};
use crate::model::text::{printable, single_line, truncate};
use crate::model::{EntryId, Oid, ReasonCode, Scope};

/// Columns of somebody's words within a sentence.
const QUOTED: usize = 80;

/// In what a round is like one that was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Like {
    /// The same change, byte for byte.
    Change,
    /// The same values of the same objects.
    Values,
    /// Another round of the same name.
    Name,
}

/// A rejection that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// In what this is like it.
    pub like: Like,
    /// The proposal that was rejected.
    pub proposal: String,
    /// Its head.
    pub head: Oid,
    /// Who rejected it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<ReasonCode>,
    /// What that person said.
    pub note: Option<String>,
    /// The entry that says so.
    pub entry: EntryId,
}

impl Rejected {
    fn sentence(&self, this: &str) -> String {
        let name = if self.proposal == this { String::new() } else { format!(" as {}", printable(&self.proposal)) };
        let like = match self.like {
            Like::Change => ", the same change",
            Like::Values => ", the same values",
            Like::Name => "",
        };
        let note = self.note.as_deref().map(|note| format!(": {}", quoted(note))).unwrap_or_default();
        format!("rejected by {} on {}{name}{like}{note}", printable(&self.by), self.at.strftime("%Y-%m-%d"))
    }
}

/// A lesson that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taught {
    /// `L-007`.
    pub label: String,
    /// The reviewer's sentence.
    pub text: String,
    /// What it is about.
    pub scope: Scope,
    /// Who taught it.
    pub by: String,
    /// When.
    pub since: Date,
    /// The entry that taught it.
    pub entry: EntryId,
}

/// A lesson that a round goes against, as far as its words tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Against {
    /// The lesson.
    #[serde(flatten)]
    pub lesson: Taught,
    /// The fields that go the way that it forbids; none where it is about the files as such.
    pub fields: Vec<String>,
    /// The files, in path order; lossily as UTF-8 in JSON.
    #[serde(serialize_with = "lossy")]
    pub files: Vec<BString>,
}

impl Against {
    fn sentence(&self) -> String {
        let Taught { label, text, by, since, .. } = &self.lesson;
        format!("against {label}: {} ({}, {since})", quoted(text), printable(by))
    }
}

/// What was refused before, or goes against what was taught.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repeat {
    /// The proposal.
    #[serde(skip)]
    pub proposal: String,
    /// The rejections, the closest first, the last one of those first.
    pub rejected: Vec<Rejected>,
    /// The lessons, in their order.
    pub lessons: Vec<Against>,
}

impl Repeat {
    /// The signal, if there is anything to repeat.
    #[must_use]
    pub fn of(proposal: &str, mut rejected: Vec<Rejected>, lessons: Vec<Against>) -> Option<Self> {
        rejected.sort_by_key(|one| (one.like, std::cmp::Reverse(one.at)));
        let none = rejected.is_empty() && lessons.is_empty();
        (!none).then(|| Self { proposal: proposal.to_owned(), rejected, lessons })
    }

    /// The files that lessons are about, in path order.
    pub(super) fn paths(&self) -> &[BString] {
        self.lessons.first().map(|against| against.files.as_slice()).unwrap_or_default()
    }

    pub(super) fn sentence(&self) -> String {
        let rejected = self.rejected.first().map(|one| one.sentence(&self.proposal));
        let lesson = self.lessons.first().map(Against::sentence);
        let said: Vec<String> = rejected.into_iter().chain(lesson).collect();
        let more = (self.rejected.len() + self.lessons.len()).saturating_sub(said.len());
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        said.join("; ") + &more
    }

    pub(super) fn told(&self) -> Vec<String> {
        let rejected = self.rejected.iter().map(|one| one.sentence(&self.proposal));
        rejected.chain(self.lessons.iter().map(Against::sentence)).collect()
    }
}

/// Whether a change goes against a lesson. `covered` are the changed files that its scope covers, where it is a file or a
/// folder.
#[must_use]
pub fn against(lesson: Taught, covered: Vec<BString>, report: &FieldReport) -> Option<Against> {
    let forbidden = Forbidden::of(&lesson.text);
    let name = |field: &FieldChange| format!("{} {}", object(&field.document, &field.file), field.path);
    if let Scope::Field(scope) = &lesson.scope {
        let meant = report.fields.iter().filter(|field| is_meant(scope, field) && forbidden.forbids(field));
        let (fields, mut files): (Vec<String>, Vec<BString>) =
            meant.map(|field| (name(field), field.file.clone())).unzip();
        files.dedup();
        return (!fields.is_empty()).then_some(Against { lesson, fields, files });
    }
    if covered.is_empty() {
        return None;
    }
    let within = || report.fields.iter().filter(|field| covered.contains(&field.file));
    let fields: Vec<String> = within().filter(|field| forbidden.forbids(field)).map(name).collect();
    // Where there are no values its direction cannot be compared; the files are what it is about.
    let applies = !fields.is_empty() || within().next().is_none() || !forbidden.has_direction();
    applies.then_some(Against { lesson, fields, files: covered })
}

/// Whether `OBJECT PATH` means this field, or one that it is in. The object may be written with its namespace or without it, or
/// as the file.
fn is_meant(scope: &str, field: &FieldChange) -> bool {
    let Some((object, path)) = scope.trim().rsplit_once(' ') else { return false };
    let DocumentName { kind, namespace, name, .. } = &field.document;
    let object = object.trim();
    let is_object = match (kind, name) {
        (Some(kind), Some(name)) => {
            let full = namespace.as_ref().map(|space| format!("{kind} {space}/{name}"));
            object == format!("{kind} {name}") || full.is_some_and(|full| object == full)
        }
        _ => false,
    };
    let own = field.path.to_string();
    let is_path = own.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    (is_object || field.file == object) && is_path
}

fn object(name: &DocumentName, file: &BString) -> String {
    match (&name.kind, &name.namespace, &name.name) {
        (Some(kind), Some(space), Some(name)) => format!("{kind} {space}/{name}"),
        (Some(kind), None, Some(name)) => format!("{kind} {name}"),
        _ => file.to_string(),
    }
}

fn quoted(words: &str) -> String {
    format!("“{}”", truncate(&single_line(words), QUOTED))
}

fn lossy<S: Serializer>(paths: &[BString], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Content, Document, FileInput, fields::field_report};
    use crate::model::{FileChange, Mode, Side};

    fn report(path: &str, old: &str, new: &str) -> FieldReport {
        let side = |byte| Some(Side { mode: Mode::File, oid: Oid::from_bytes([byte; 20]) });
        let change = FileChange { path: path.into(), old: side(1), new: side(2) };
        let content = |text: &str| Content::classify(Mode::File, text.as_bytes().to_vec());
        let input = FileInput { change, old: content(old), new: content(new) };
        field_report(&Document::build(vec![input], 3))
    }

    fn lesson(scope: &str, text: &str) -> Taught {
        Taught {
            label: "L-003".into(),
            text: text.into(),
            scope: scope.parse().expect("a scope"),
            by: "sam".into(),
            since: jiff::civil::date(2026, 3, 2),
            entry: "5f2c0123456789abcdef0123456789ab".parse().expect("an id"),
        }
    }

    fn rejected(like: Like, proposal: &str, at: &str) -> Rejected {
        Rejected {
            like,
            proposal: proposal.into(),
            head: Oid::ZERO,
            by: "sam".into(),
            at: at.parse().expect("a time"),
            reason: None,
            note: Some("The month's end\nis twice that.".into()),
            entry: "5f2c0123456789abcdef0123456789ab".parse().expect("an id"),
        }
    }

    #[test]
    fn a_lesson_is_held_against_what_goes_its_way() {
        let object = |replicas: u8| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {{replicas: {replicas}}}\n"
            )
        };
        let (down, up) = (report("a/web.yaml", &object(3), &object(1)), report("a/web.yaml", &object(1), &object(3)));
        let never = "Never lower replicas.";
        for (scope, text, lowers, raises) in [
            ("field:Deployment shop/web spec.replicas", never, true, false),
            ("field:Deployment web spec", never, true, false),
            ("field:a/web.yaml spec.replicas", "Ask first.", true, true),
            ("field:Deployment shop/web spec.replica", never, false, false),
            ("field:Deployment shop/api spec.replicas", never, false, false),
            ("field:nonsense", never, false, false),
            ("file:a/web.yaml", never, true, false),
            ("file:a/web.yaml", "Ask first.", true, true),
            ("folder:a/**", "Never raise the memory limit.", false, false),
        ] {
            let covered = || if scope.starts_with("field") { Vec::new() } else { vec!["a/web.yaml".into()] };
            let found = |report| against(lesson(scope, text), covered(), report).is_some();
            assert_eq!((found(&down), found(&up)), (lowers, raises), "{scope} {text}");
        }
        assert!(against(lesson("file:b", never), Vec::new(), &down).is_none(), "it is about another file");
        let prose = report("a/README.md", "one\n", "two\n");
        assert!(against(lesson("folder:a/**", never), vec!["a/README.md".into()], &prose).is_some());
    }

    #[test]
    fn it_says_who_and_when() {
        let change = rejected(Like::Change, "agent/other", "2026-02-03T09:00:00Z");
        let name = rejected(Like::Name, "agent/this", "2026-02-04T09:00:00Z");
        let files = vec!["a".into()];
        let against = Against { lesson: lesson("file:a", "Never lower it."), fields: Vec::new(), files };
        let repeat = Repeat::of("agent/this", vec![name, change], vec![against]).expect("a repeat");
        assert_eq!(
            repeat.told(),
            [
                "rejected by sam on 2026-02-03 as agent/other, the same change: “The month's end is twice that.”",
                "rejected by sam on 2026-02-04: “The month's end is twice that.”",
                "against L-003: “Never lower it.” (sam, 2026-03-02)",
            ]
        );
        assert!(repeat.sentence().ends_with("(sam, 2026-03-02); and 1 more"), "{}", repeat.sentence());
        assert_eq!(Repeat::of("x", Vec::new(), Vec::new()), None);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(scope in "\\PC{0,40}", text in "\\PC{0,80}") {
            let lesson = Taught { scope: Scope::Field(scope), ..lesson("file:a", &text) };
            let report = report("a.yaml", "a: 1\nb: 2\n", "a: 2\nb: 1\n");
            let _ = against(lesson, Vec::new(), &report).map(|found| Repeat::of("a", Vec::new(), vec![found]).map(|r| r.told()));
        }
    }
}

//! Whether the members of an entry fit its kind: the one place where that is decided, for writers and readers alike.

use super::{Entry, EntryKind, FormFault, Item, LessonRecord, VERSION};
use crate::model::{Oid, text};

/// The longest lesson, in characters: one sentence, since an agent reads it every time.
const LESSON_CHARS: usize = 500;

/// What a kind allows and asks for.
struct Shape {
    items: Need,
    refs: Need,
    merge: Need,
    about: Need,
    note: Need,
    lesson: Need,
}

/// Whether a member belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Never,
    May,
    Must,
}

/// The table of kinds.
const fn shape(kind: EntryKind) -> Shape {
    use Need::{May, Must, Never};
    let none = Shape { items: Never, refs: Never, merge: Never, about: Never, note: May, lesson: Never };
    match kind {
        EntryKind::Genesis => Shape { refs: Must, ..none },
        EntryKind::Approve => Shape { items: Must, refs: May, merge: May, ..none },
        EntryKind::Reject => Shape { items: Must, refs: May, lesson: May, ..none },
        EntryKind::Hold => Shape { items: Must, refs: May, ..none },
        EntryKind::Ask => Shape { items: Must, refs: May, note: Must, ..none },
        EntryKind::Withdraw => Shape { items: May, refs: May, about: May, ..none },
        EntryKind::Override => Shape { items: Must, refs: May, merge: May, note: Must, ..none },
        EntryKind::Merge => Shape { items: Must, refs: May, merge: Must, about: May, ..none },
        EntryKind::Lesson => Shape { refs: May, about: May, lesson: May, ..none },
        EntryKind::Observe => Shape { items: May, about: May, ..none },
        EntryKind::Revert => Shape { items: May, refs: May, merge: May, about: Must, ..none },
        EntryKind::Verify | EntryKind::Void => Shape { about: Must, ..none },
        EntryKind::Reset => Shape { refs: May, about: May, note: Must, ..none },
    }
}

impl Entry {
    /// Whether its members fit its kind and its texts and names are of a form that can be kept. Writers call it before
    /// they sign, readers after they parse.
    pub fn check(&self) -> Result<(), FormFault> {
        self.faults().map_or(Ok(()), |fault| Err(FormFault::Shape(fault)))
    }

    fn faults(&self) -> Option<String> {
        self.head_fault()
            .or_else(|| self.member_fault())
            .or_else(|| self.items.iter().find_map(|item| self.item_fault(item)))
            .or_else(|| self.refs_fault())
            .or_else(|| self.lesson.as_ref().and_then(lesson_fault))
    }

    /// What every entry has.
    fn head_fault(&self) -> Option<String> {
        if self.v != VERSION {
            return Some(format!("its format is version {}; this program reads version {VERSION}", self.v));
        }
        if self.at.subsec_nanosecond() != 0 {
            return Some("`at` has a fraction of a second".to_owned());
        }
        if self.by.is_empty() || self.by.chars().any(text::is_active) {
            return Some("`by` is not a name".to_owned());
        }
        let genesis = self.kind == EntryKind::Genesis;
        if genesis != (self.repo == self.id) {
            return Some("`repo` is the genesis' id, and equals `id` only there".to_owned());
        }
        None
    }

    /// Which members are there.
    fn member_fault(&self) -> Option<String> {
        let shape = shape(self.kind);
        let note = self.note.as_ref().is_some_and(|note| !note.trim().is_empty());
        if self.note.is_some() && !note {
            return Some("`note` is empty".to_owned());
        }
        let landed = self.items.iter().filter(|item| item.merge.is_some()).count();
        let members = [
            ("items", shape.items, !self.items.is_empty()),
            ("refs", shape.refs, !self.refs.is_empty()),
            ("merge", shape.merge, landed > 0),
            ("about", shape.about, !self.about.is_empty()),
            ("note", shape.note, note),
            ("lesson", shape.lesson, self.lesson.is_some()),
            ("reason", if self.kind == EntryKind::Reject { Need::Must } else { Need::Never }, self.reason.is_some()),
            ("demo", if self.kind == EntryKind::Genesis { Need::May } else { Need::Never }, self.demo),
        ];
        let bad = members.into_iter().find_map(|(name, need, there)| match need {
            Need::Must if !there => Some(format!("a {} needs `{name}`", self.kind)),
            Need::Never if there => Some(format!("a {} has no `{name}`", self.kind)),
            _ => None,
        });
        bad.or_else(|| self.choice_fault(landed))
    }

    /// What the table cannot say: one of several members, or all of one.
    fn choice_fault(&self, landed: usize) -> Option<String> {
        match self.kind {
            EntryKind::Merge if landed < self.items.len() => Some("a merge has items that did not land".to_owned()),
            EntryKind::Withdraw if self.items.is_empty() && self.about.is_empty() => {
                Some("a withdraw names neither a proposal nor an entry".to_owned())
            }
            EntryKind::Lesson if self.refs.is_empty() && self.lesson.is_none() => {
                Some("a lesson neither teaches nor moves a memory section".to_owned())
            }
            EntryKind::Genesis if self.refs.len() != 1 => {
                Some("a genesis names one ref: the default branch".to_owned())
            }
            _ => None,
        }
    }

    fn item_fault(&self, item: &Item) -> Option<String> {
        let name = text::truncate(&text::single_line(&item.proposal), 60).into_owned();
        if item.proposal.is_empty() {
            return Some("an item names no proposal".to_owned());
        }
        if !is_branch(&item.target) {
            return Some(format!("the target of {name} is not a branch"));
        }
        let binds = item.merge.is_some() || matches!(self.kind, EntryKind::Approve);
        if binds && item.change_id.is_none() {
            return Some(format!("{name} is approved or merged without a change id"));
        }
        if item.seen.as_ref().is_some_and(|seen| !is_digest(&seen.digest) || seen.drawn > seen.total) {
            return Some(format!("`seen` of {name} is not a count and a digest"));
        }
        None
    }

    fn refs_fault(&self) -> Option<String> {
        for (index, update) in self.refs.iter().enumerate() {
            let name = text::truncate(&text::single_line(&update.refname), 60).into_owned();
            if !is_branch(&update.refname) {
                return Some(format!("`refs` names {name}, which is not a branch"));
            }
            if update.new == Oid::ZERO {
                return Some(format!("`refs` deletes {name}"));
            }
            if self.refs[..index].iter().any(|earlier| earlier.refname == update.refname) {
                return Some(format!("`refs` names {name} twice"));
            }
        }
        None
    }
}

/// A full branch name without anything that acts on a terminal.
fn is_branch(name: &str) -> bool {
    name.strip_prefix("refs/heads/").is_some_and(|rest| !rest.is_empty()) && !name.chars().any(text::is_active)
}

/// The hexadecimal form of a SHA-256.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn lesson_fault(lesson: &LessonRecord) -> Option<String> {
    if lesson.text.trim().is_empty() || lesson.text.contains(['\n', '\r']) {
        return Some("a lesson is one line of text".to_owned());
    }
    if lesson.text.chars().count() > LESSON_CHARS {
        return Some(format!("a lesson has at most {LESSON_CHARS} characters"));
    }
    if !is_plain_path(&lesson.into) {
        return Some("a lesson goes into a plain file outside .countersign and .github".to_owned());
    }
    None
}

/// A relative path that stays in the repository and out of what steers it.
fn is_plain_path(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let plain = |part: &&str| !part.is_empty() && *part != "." && *part != ".." && !part.eq_ignore_ascii_case(".git");
    !path.contains('\\')
        && !path.chars().any(text::is_active)
        && parts.iter().all(plain)
        && !matches!(parts.first(), Some(&(".countersign" | ".github")) | None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::RefUpdate;
    use crate::ledger::testing::{id, item, merged, moved, time};
    use crate::model::{ReasonCode, Seen};

    /// Takes something away from an entry, or adds something to it.
    type Change = fn(&mut Entry);

    /// An entry of each kind with exactly what it needs.
    fn least(kind: EntryKind) -> Entry {
        let genesis = kind == EntryKind::Genesis;
        let mut entry = Entry::new(kind, id(if genesis { "genesis" } else { "e" }), id("genesis"), time(0), "maria");
        let shape = shape(kind);
        if shape.items == Need::Must {
            entry.items.push(item("a", "h", "c"));
        }
        if shape.merge == Need::Must {
            entry.items[0] = merged(item("a", "h", "c"), "p", "m", &[]);
        }
        if shape.refs == Need::Must {
            entry.refs.push(moved("p", "m"));
        }
        if shape.about == Need::Must || kind == EntryKind::Withdraw {
            entry.about.push(id("x"));
        }
        if shape.note == Need::Must {
            entry.note = Some("n".to_owned());
        }
        entry.reason = (kind == EntryKind::Reject).then_some(ReasonCode::Unsafe);
        entry.lesson = (kind == EntryKind::Lesson).then(lesson);
        entry
    }

    fn lesson() -> LessonRecord {
        LessonRecord {
            text: "Ask first.".to_owned(),
            scope: "file:a".parse().unwrap(),
            expires: jiff::civil::date(2027, 1, 1),
            into: "docs/AGENTS.md".to_owned(),
        }
    }

    const ALL: [EntryKind; 14] = [
        EntryKind::Genesis,
        EntryKind::Approve,
        EntryKind::Reject,
        EntryKind::Hold,
        EntryKind::Ask,
        EntryKind::Withdraw,
        EntryKind::Override,
        EntryKind::Merge,
        EntryKind::Lesson,
        EntryKind::Observe,
        EntryKind::Verify,
        EntryKind::Revert,
        EntryKind::Void,
        EntryKind::Reset,
    ];

    #[test]
    fn every_kind_has_a_least_entry_and_needs_all_of_it() {
        for kind in ALL {
            assert_eq!(least(kind).check(), Ok(()), "{kind}");
            let shape = shape(kind);
            let lacks: [(Need, Change); 4] = [
                (shape.items, |e| e.items.clear()),
                (shape.refs, |e| e.refs.clear()),
                (shape.about, |e| e.about.clear()),
                (shape.note, |e| e.note = None),
            ];
            for (need, take) in lacks {
                let mut entry = least(kind);
                take(&mut entry);
                assert_eq!(
                    entry.check().is_err(),
                    need == Need::Must || entry_says_nothing(&entry),
                    "{kind}: {entry:?}"
                );
            }
        }
    }

    fn entry_says_nothing(entry: &Entry) -> bool {
        entry.kind == EntryKind::Withdraw && entry.about.is_empty()
    }

    #[test]
    fn members_that_do_not_belong_are_refused() {
        for kind in ALL {
            let shape = shape(kind);
            let adds: [(Need, Change); 6] = [
                (shape.items, |e| e.items.push(item("b", "h", "c"))),
                (shape.about, |e| e.about.push(id("y"))),
                (shape.lesson, |e| e.lesson = Some(lesson())),
                (if kind == EntryKind::Reject { Need::May } else { Need::Never }, |e| {
                    e.reason = Some(ReasonCode::NotNow);
                }),
                (if kind == EntryKind::Genesis { Need::May } else { Need::Never }, |e| e.demo = true),
                (shape.note, |e| e.note = Some("n".to_owned())),
            ];
            for (index, (need, add)) in adds.into_iter().enumerate() {
                let mut entry = least(kind);
                add(&mut entry);
                let unlanded = kind == EntryKind::Merge && index == 0;
                assert_eq!(entry.check().is_err(), need == Need::Never || unlanded, "{kind}: {index}");
            }
        }
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        let spoilt: [(&str, Change); 16] = [
            ("fraction", |e| e.at += jiff::SignedDuration::from_millis(1)),
            ("not a name", |e| e.by = "ma\u{200b}ria".to_owned()),
            ("not a name", |e| e.by.clear()),
            ("names no proposal", |e| e.items[0].proposal.clear()),
            ("not a branch", |e| e.items[0].target = "main".to_owned()),
            ("not a branch", |e| e.items[0].target = "refs/tags/v1".to_owned()),
            ("without a change id", |e| e.items[0].change_id = None),
            ("not a count", |e| e.items[0].seen = Some(Seen { drawn: 2, total: 1, digest: "a".repeat(64) })),
            ("not a count", |e| e.items[0].seen = Some(Seen { drawn: 1, total: 1, digest: "A".repeat(64) })),
            ("not a branch", |e| e.refs.push(RefUpdate { refname: "HEAD".to_owned(), ..moved("a", "b") })),
            ("deletes", |e| e.refs.push(RefUpdate { new: Oid::ZERO, ..moved("a", "b") })),
            ("twice", |e| e.refs = vec![moved("a", "b"), moved("b", "c")]),
            ("`note` is empty", |e| e.note = Some(" \n".to_owned())),
            ("equals `id` only there", |e| e.repo = e.id),
            ("has no `lesson`", |e| e.lesson = Some(lesson())),
            ("version 7", |e| e.v = 7),
        ];
        for (text, spoil) in spoilt {
            let mut entry = least(EntryKind::Approve);
            spoil(&mut entry);
            let error = entry.check().expect_err(text).to_string();
            assert!(error.contains(text), "{text}: {error}");
        }
    }

    #[test]
    fn lessons_are_one_line_into_a_plain_file() {
        let with = |spoil: fn(&mut LessonRecord)| {
            let mut entry = least(EntryKind::Reject);
            let mut record = lesson();
            spoil(&mut record);
            entry.lesson = Some(record);
            entry.check().is_ok()
        };
        assert!(with(|_| {}));
        assert!(with(|l| l.into = ".agents/rules.md".to_owned()));
        let bad: [fn(&mut LessonRecord); 10] = [
            |l| l.text = "two\nlines".to_owned(),
            |l| l.text = "  ".to_owned(),
            |l| l.text = "x".repeat(501),
            |l| l.into.clear(),
            |l| l.into = "/etc/passwd".to_owned(),
            |l| l.into = "../AGENTS.md".to_owned(),
            |l| l.into = "a/.GIT/hooks/x".to_owned(),
            |l| l.into = ".countersign/policy.yaml".to_owned(),
            |l| l.into = ".github/workflows/ci.yml".to_owned(),
            |l| l.into = "a\\b".to_owned(),
        ];
        for (index, spoil) in bad.into_iter().enumerate() {
            assert!(!with(spoil), "{index}");
        }
    }
}

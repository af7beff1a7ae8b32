//! What has to be said about a file before its lines, or instead of them.

use std::sync::Arc;

use super::{Content, Note};
use crate::model::{CommentSide, FileChange, Mode};

/// The remarks about a file, in the order of their rows.
pub(super) fn notes(change: &FileChange, old: &Content, new: &Content) -> Vec<Note> {
    let mut notes = Vec::new();
    notes.extend(mode_note(change));
    notes.extend(link_note(old, new));
    notes.extend(submodule_note(old, new));
    notes.extend(size_note(old, new));
    notes.extend(unread_note(CommentSide::Old, old));
    notes.extend(unread_note(CommentSide::New, new));
    if matches!((old.lines(), new.lines()), (Some(old), Some(new)) if old.is_empty() && new.is_empty()) {
        notes.push(Note::Empty);
    }
    notes
}

/// Whether an entry is a file, whatever its permissions.
pub(super) const fn is_plain(mode: Mode) -> bool {
    matches!(mode, Mode::File | Mode::Executable)
}

fn mode_note(change: &FileChange) -> Option<Note> {
    match (change.old.map(|side| side.mode), change.new.map(|side| side.mode)) {
        (Some(old), Some(new)) if is_plain(old) && is_plain(new) && old != new => Some(Note::Mode { old, new }),
        (Some(old), Some(new)) if old != new => Some(Note::Retyped { old, new }),
        (Some(Mode::Executable), None) | (None, Some(Mode::Executable)) => Some(Note::Kind(Mode::Executable)),
        _ => None,
    }
}

fn link_note(old: &Content, new: &Content) -> Option<Note> {
    let target = |side: &Content| match side {
        Content::Symlink(target) => Some(Arc::clone(target)),
        _ => None,
    };
    let (old, new) = (target(old), target(new));
    (old.is_some() || new.is_some()).then_some(Note::SymlinkTarget { old, new })
}

fn submodule_note(old: &Content, new: &Content) -> Option<Note> {
    let commit = |side: &Content| match side {
        Content::Submodule(oid) => Some(*oid),
        _ => None,
    };
    let (old, new) = (commit(old), commit(new));
    (old.is_some() || new.is_some()).then_some(Note::Submodule { old, new })
}

/// The sizes of what is not shown as text.
fn size_note(old: &Content, new: &Content) -> Option<Note> {
    let size = |side: &Content| match side {
        Content::Text(bytes) => Some(bytes.len() as u64),
        Content::Binary { size } | Content::Lfs { size, .. } | Content::TooLarge { size } => Some(*size),
        Content::Symlink(_) | Content::Submodule(_) | Content::Missing(_) | Content::Absent => None,
    };
    let any = |test: fn(&Content) -> bool| test(old) || test(new);
    let sizes = (size(old), size(new));
    if any(|side| matches!(side, Content::Binary { .. })) {
        Some(Note::Binary { old: sizes.0, new: sizes.1 })
    } else if any(|side| matches!(side, Content::Lfs { .. })) {
        Some(Note::Lfs { old: sizes.0, new: sizes.1 })
    } else {
        None
    }
}

fn unread_note(side: CommentSide, content: &Content) -> Option<Note> {
    match content {
        Content::TooLarge { size } => Some(Note::TooLarge { side, size: *size }),
        Content::Missing(why) => Some(Note::Missing { side, why: why.as_str().into() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Oid, Side};

    fn side(mode: impl Into<Option<Mode>>) -> Option<Side> {
        mode.into().map(|mode| Side { mode, oid: Oid::EMPTY_TREE })
    }

    fn text(text: &str) -> Content {
        Content::Text(text.as_bytes().into())
    }

    #[test]
    fn remarks() {
        let link = |target: &str| Content::Symlink(target.as_bytes().into());
        for (old, new, said) in [
            ((side(Mode::File), text("a\n")), (side(Mode::File), text("b\n")), ""),
            ((None, Content::Absent), (side(Mode::File), text("b\n")), ""),
            ((None, Content::Absent), (side(Mode::Executable), text("b\n")), "program"),
            ((None, Content::Absent), (side(Mode::File), text("")), "empty file"),
            ((side(Mode::File), text("a\n")), (side(Mode::Executable), text("a\n")), "mode 100644 → 100755"),
            ((side(Mode::File), text("a\n")), (side(Mode::Symlink), link("b")), "file → symlink; symlink: b"),
            ((side(Mode::Symlink), link("a")), (side(Mode::Symlink), link("b")), "symlink: a → b"),
            (
                (side(Mode::File), text("a\n")),
                (side(Mode::File), Content::Binary { size: 7 }),
                "binary: 2 bytes → 7 bytes",
            ),
            (
                (side(Mode::Submodule), Content::Submodule(Oid::EMPTY_TREE)),
                (None, Content::Absent),
                "submodule: 4b825dc642cb",
            ),
            (
                (side(Mode::File), Content::Missing("no such object".to_owned())),
                (side(Mode::File), Content::TooLarge { size: 40_000_000 }),
                "old side cannot be read: no such object; new side too large to show: 40.0 MB",
            ),
        ] {
            let change = FileChange { path: "x".into(), old: old.0, new: new.0 };
            let notes: Vec<String> = notes(&change, &old.1, &new.1).iter().map(ToString::to_string).collect();
            assert_eq!(notes.join("; "), said);
        }
    }
}

//! What a change does, in our words, from the tree difference alone.

use bstr::{BStr, ByteSlice as _};

use super::notes::is_plain;
use crate::model::text::printable_bytes;
use crate::model::{FileChange, LineStats, Mode, Oid, Side, TreeDiff};

/// The headline of a change, fit for a terminal: `kubernetes/apps/web/helmrelease.yaml +1 -1` for one file,
/// `3 files in apps/checkout +9 -4` for several, with words for what is more than an edit:
/// `web/logo.png binary`, `3 files in apps (1 added, 2 deleted) +12 -40`, `a/x.yaml → b/x.yaml renamed`.
///
/// `stats` is the sum over all files; its `binary` says that some file is.
#[must_use]
pub fn summary(diff: &TreeDiff, stats: LineStats) -> String {
    let files = diff.files.as_slice();
    let said = match files {
        [] => return "no change".to_owned(),
        [file] => one(file, stats),
        [a, b] if moved(a, b).is_some() => moved(a, b).unwrap_or_default(),
        _ => several(files, stats),
    };
    match counts(stats) {
        Some(counts) => format!("{said} {counts}"),
        None => said,
    }
}

/// `+1 -1`; nothing where no line changed.
fn counts(stats: LineStats) -> Option<String> {
    match (stats.additions, stats.deletions) {
        (0, 0) => None,
        (additions, 0) => Some(format!("+{additions}")),
        (0, deletions) => Some(format!("-{deletions}")),
        (additions, deletions) => Some(format!("+{additions} -{deletions}")),
    }
}

/// A path and what happened to it.
fn one(file: &FileChange, stats: LineStats) -> String {
    let mut words = vec![printable_bytes(&file.path)];
    words.extend(nature(file));
    words.extend(event(file).map(str::to_owned));
    if stats.binary {
        words.push("binary".to_owned());
    }
    words.join(" ")
}

/// What kind of entry it is, where that is not a plain file.
fn nature(file: &FileChange) -> Option<String> {
    let mode = |side: Option<Side>| side.map(|side| side.mode);
    match (mode(file.old), mode(file.new)) {
        (Some(Mode::Submodule), Some(Mode::Submodule)) => {
            let oid = |side: Option<Side>| side.map_or_else(String::new, |side| side.oid.short(8));
            Some(format!("submodule {} → {}", oid(file.old), oid(file.new)))
        }
        (Some(old), Some(new)) if is_plain(old) && is_plain(new) => None,
        (Some(old), Some(new)) if old != new => Some(format!("{} → {}", kind(old), kind(new))),
        (Some(one), _) | (None, Some(one)) if !is_plain(one) => Some(kind(one).to_owned()),
        _ => None,
    }
}

const fn kind(mode: Mode) -> &'static str {
    match mode {
        Mode::File | Mode::Executable => "file",
        Mode::Symlink => "symlink",
        Mode::Submodule => "submodule",
    }
}

/// What happened to a file, where it is more than an edit.
fn event(file: &FileChange) -> Option<&'static str> {
    match (file.old, file.new) {
        (None, _) => Some("added"),
        (_, None) => Some("deleted"),
        (Some(old), Some(new)) => mode_event(old.mode, new.mode),
    }
}

const fn mode_event(old: Mode, new: Mode) -> Option<&'static str> {
    match (old, new) {
        (Mode::File, Mode::Executable) => Some("made executable"),
        (Mode::Executable, Mode::File) => Some("no longer executable"),
        _ => None,
    }
}

/// Two changes that are one file which moved and stayed as it was.
fn moved(a: &FileChange, b: &FileChange) -> Option<String> {
    let (old, new) = match (a.old, a.new, b.old, b.new) {
        (Some(old), None, None, Some(new)) if old == new => (a, b),
        (None, Some(new), Some(old), None) if old == new => (b, a),
        _ => return None,
    };
    Some(format!("{} → {} renamed", printable_bytes(&old.path), printable_bytes(&new.path)))
}

/// How many files, where, and what happened to those that were not just edited.
fn several(files: &[FileChange], stats: LineStats) -> String {
    let count = |test: fn(&FileChange) -> bool| files.iter().filter(|file| test(file)).count();
    let (added, deleted) = (count(|file| file.old.is_none()), count(|file| file.new.is_none()));
    let place = places(files);
    let events = [
        (added, "added"),
        (deleted, "deleted"),
        (count(|file| nature(file).is_some()), "not plain files"),
        (
            count(|file| matches!((file.old, file.new), (Some(a), Some(b)) if mode_event(a.mode, b.mode).is_some())),
            "with another mode",
        ),
    ];
    let mut words: Vec<String> =
        events.iter().filter(|(count, _)| *count > 0).map(|(count, event)| format!("{count} {event}")).collect();
    if stats.binary {
        words.push("some binary".to_owned());
    }
    match words.as_slice() {
        [] => format!("{} files{place}", files.len()),
        [_] if added == files.len() => format!("{added} files added{place}"),
        [_] if deleted == files.len() => format!("{deleted} files deleted{place}"),
        _ => format!("{} files{place} ({})", files.len(), words.join(", ")),
    }
}

/// Places that are named where no folder holds all files; what else there is, is counted.
const NAMED: usize = 2;

/// ` in apps/checkout`, or, where no folder holds them all, ` in apps/checkout, docs and 2 more`: for each folder of the root
/// the deepest one that holds its files, the fullest first; a file of the root by its name.
fn places(files: &[FileChange]) -> String {
    let folder = common_folder(files);
    if !folder.is_empty() {
        return format!(" in {}", printable_bytes(folder));
    }
    let top = |file: &FileChange| file.path.find_byte(b'/').map(|at| file.path[..at].to_owned());
    let mut groups: Vec<&[FileChange]> = files.chunk_by(|a, b| top(a).is_some() && top(a) == top(b)).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let name = |group: &&[FileChange]| match group {
        [one] if top(one).is_none() => printable_bytes(&one.path),
        group => printable_bytes(common_folder(group)),
    };
    let named: Vec<String> = groups.iter().take(NAMED).map(name).collect();
    let more = match groups.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(" in {}{more}", named.join(", "))
}

/// The deepest folder that holds all files; empty for the root.
fn common_folder(files: &[FileChange]) -> &BStr {
    let folder = |file: &'_ FileChange| file.path.rfind_byte(b'/').unwrap_or(0);
    let Some(first) = files.first() else { return BStr::new("") };
    let end = files.iter().fold(folder(first), |end, file| {
        let shared = first.path[..end].iter().zip(&file.path[..folder(file)]).take_while(|(a, b)| a == b).count();
        let whole = |path: &[u8]| path.get(shared).is_none_or(|byte| *byte == b'/');
        if whole(&first.path) && whole(&file.path) {
            shared
        } else {
            first.path[..shared].rfind_byte(b'/').unwrap_or(0)
        }
    });
    first.path[..end].as_bstr()
}

/// Equal for changes that do the same to the same contents, wherever the files lie: the queue folds by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoldKey(Vec<[Option<(&'static str, Oid)>; 2]>);

/// The fold key of a change: which contents, with their modes, became which. Paths are left out; how often counts.
#[must_use]
pub fn fold_key(diff: &TreeDiff) -> FoldKey {
    let side = |side: Option<Side>| side.map(|side| (side.mode.octal(), side.oid));
    let mut pairs: Vec<_> = diff.files.iter().map(|file| [side(file.old), side(file.new)]).collect();
    pairs.sort_unstable();
    FoldKey(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::change_id;

    fn entry(byte: u8, mode: impl Into<Option<Mode>>) -> Option<Side> {
        mode.into().map(|mode| Side { mode, oid: Oid::from_bytes([byte; 20]) })
    }

    fn side(mode: Mode, byte: u8) -> Option<Side> {
        entry(byte, mode)
    }

    fn file(byte: u8) -> Option<Side> {
        entry(byte, Mode::File)
    }

    fn diff(files: &[(&str, Option<Side>, Option<Side>)]) -> TreeDiff {
        let files: Vec<FileChange> =
            files.iter().map(|(path, old, new)| FileChange { path: (*path).into(), old: *old, new: *new }).collect();
        TreeDiff { old: Oid::ZERO, new: Oid::EMPTY_TREE, change_id: change_id(&files), files }
    }

    const fn lines(additions: u32, deletions: u32) -> LineStats {
        LineStats { additions, deletions, binary: false }
    }

    const BINARY: LineStats = LineStats { additions: 0, deletions: 0, binary: true };

    #[test]
    fn one_file() {
        for (old, new, stats, said) in [
            (file(1), file(2), lines(1, 1), "apps/web.yaml +1 -1"),
            (None, file(2), lines(12, 0), "apps/web.yaml added +12"),
            (file(1), None, lines(0, 12), "apps/web.yaml deleted -12"),
            (None, file(2), lines(0, 0), "apps/web.yaml added"),
            (file(1), side(Mode::Executable, 1), lines(0, 0), "apps/web.yaml made executable"),
            (side(Mode::Executable, 1), file(2), lines(1, 0), "apps/web.yaml no longer executable +1"),
            (file(1), file(2), BINARY, "apps/web.yaml binary"),
            (None, file(2), BINARY, "apps/web.yaml added binary"),
            (side(Mode::Symlink, 1), side(Mode::Symlink, 2), lines(1, 1), "apps/web.yaml symlink +1 -1"),
            (file(1), side(Mode::Symlink, 2), lines(1, 9), "apps/web.yaml file → symlink +1 -9"),
            (
                side(Mode::Submodule, 0xab),
                side(Mode::Submodule, 0xcd),
                lines(1, 1),
                "apps/web.yaml submodule abababab → cdcdcdcd +1 -1",
            ),
            (None, side(Mode::Submodule, 1), lines(1, 0), "apps/web.yaml submodule added +1"),
        ] {
            assert_eq!(summary(&diff(&[("apps/web.yaml", old, new)]), stats), said);
        }
    }

    #[test]
    fn several_files() {
        let edit = |path| (path, file(1), file(2));
        for (files, stats, said) in [
            (vec![], lines(0, 0), "no change"),
            (vec![edit("apps/a/x"), edit("apps/a/y")], lines(9, 4), "2 files in apps/a +9 -4"),
            (vec![edit("apps/a/x"), edit("apps/ab/y")], lines(9, 4), "2 files in apps +9 -4"),
            (vec![edit("apps/a/x"), edit("apps/a/y"), edit("docs/z")], lines(9, 4), "3 files in apps/a, docs +9 -4"),
            (
                vec![edit("README.md"), edit("a/x"), edit("b/x"), edit("c/x")],
                lines(1, 1),
                "4 files in README.md, a and 2 more +1 -1",
            ),
            (vec![edit("apps/a/x"), edit("apps/a.yaml")], lines(9, 4), "2 files in apps +9 -4"),
            (vec![edit("apps/x"), edit("lib/y")], lines(9, 4), "2 files in apps, lib +9 -4"),
            (vec![edit("x"), edit("y")], lines(9, 4), "2 files in x, y +9 -4"),
            (vec![edit("a/b/c/x"), edit("a/b/c/d/y"), edit("a/b/z")], lines(1, 0), "3 files in a/b +1"),
            (
                vec![edit("a/x"), ("a/y", None, file(3)), ("a/z", file(4), None)],
                lines(12, 40),
                "3 files in a (1 added, 1 deleted) +12 -40",
            ),
            (vec![("a/y", None, file(3)), ("a/z", None, file(4))], lines(12, 0), "2 files added in a +12"),
            (vec![("a/y", file(3), None), ("a/z", file(4), None)], lines(0, 12), "2 files deleted in a -12"),
            (vec![("a/y", file(3), None), ("b/z", None, file(3))], lines(3, 3), "a/y → b/z renamed +3 -3"),
            (
                vec![edit("a/x"), edit("a/y")],
                LineStats { additions: 1, deletions: 0, binary: true },
                "2 files in a (some binary) +1",
            ),
        ] {
            assert_eq!(summary(&diff(&files), stats), said);
        }
    }

    #[test]
    fn paths_are_made_printable() {
        let said = summary(&diff(&[("a/\u{202e}x\n", file(1), file(2))]), lines(1, 1));
        assert_eq!(said, "a/<U+202E>x<U+000A> +1 -1");
    }

    #[test]
    fn folds_the_same_change_in_other_places() {
        let a = diff(&[("staging/x", file(1), file(2))]);
        let b = diff(&[("production/y", file(1), file(2))]);
        let twice = diff(&[("a", file(1), file(2)), ("b", file(1), file(2))]);
        assert_eq!(fold_key(&a), fold_key(&b));
        assert_ne!(fold_key(&a), fold_key(&twice));
        assert_ne!(fold_key(&a), fold_key(&diff(&[("x", file(1), file(3))])));
        assert_ne!(fold_key(&a), fold_key(&diff(&[("x", file(1), side(Mode::Executable, 2))])));
    }
}

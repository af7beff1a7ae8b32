//! Names that git refuses to check out, or that mean something else to the next program than they show.
//!
//! git itself would read such a tree, merge it and push it; only a checkout stops (read-cache.c, `verify_path`; `git fsck`:
//! hasDot, hasDotdot, hasDotgit, gitmodulesSymlink). So they are refused before they land. All of it holds on every host: a
//! name that is harmless on Linux is `.git` on the colleague's Mac.

use bstr::{BStr, ByteSlice as _};

use crate::model::Mode;

/// Why git refuses to check `path` out with this mode; `None` where it does not.
#[must_use]
pub fn refused(path: &BStr, mode: Mode) -> Option<&'static str> {
    let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    if let Some(why) = parts.iter().find_map(|part| refused_part(part)) {
        return Some(why);
    }
    let link = matches!(mode, Mode::Symlink | Mode::Submodule);
    if link && parts.last().is_some_and(|name| is_gitmodules(name)) {
        return Some("`.gitmodules` is a link, and git reads no settings through one");
    }
    let first = parts.first().copied().unwrap_or_default();
    if (link || parts.len() == 1) && visible(first).eq_ignore_ascii_case(b".countersign") {
        return Some("`.countersign` and what lies in it are plain folders and files");
    }
    None
}

/// Why git refuses a name at any depth.
#[must_use]
pub fn refused_part(name: &[u8]) -> Option<&'static str> {
    if name.is_empty() {
        Some("it has an empty name")
    } else if name == b"." || name == b".." {
        Some("`.` and `..` are folders already")
    } else if name.contains(&0) || name.contains(&b'/') {
        Some("a name has a slash or a zero byte in it")
    } else if is_git(name) {
        Some("git keeps its own files under that name")
    } else {
        None
    }
}

/// Whether some file system takes the name for `.git`: in any case, with characters that HFS+ ignores, or as NTFS shortens it
/// and drops dots, spaces and streams at its end. A backslash is a separator there.
fn is_git(name: &[u8]) -> bool {
    let ntfs = |part: &[u8]| {
        let rest = strip(part, b".git").or_else(|| strip(part, b"git~1"));
        rest.is_some_and(ends_ntfs)
    };
    visible(name).eq_ignore_ascii_case(b".git") || name.split(|byte| *byte == b'\\').any(ntfs)
}

/// The same for `.gitmodules`, whose short names on NTFS are `GITMOD~1` to `~4`, and `GI7EBA~1` where those are taken.
fn is_gitmodules(name: &[u8]) -> bool {
    let short = |part: &[u8]| {
        let tail = strip(part, b"gitmod~").or_else(|| strip(part, b"gi7eba~"));
        tail.and_then(|tail| tail.split_first()).is_some_and(|(digit, end)| digit.is_ascii_digit() && ends_ntfs(end))
    };
    let long = |part: &[u8]| strip(part, b".gitmodules").is_some_and(ends_ntfs);
    visible(name).eq_ignore_ascii_case(b".gitmodules")
        || name.split(|byte| *byte == b'\\').any(|part| long(part) || short(part))
}

/// What follows a prefix, compared without case.
fn strip<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, tail) = name.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

/// Whether NTFS ignores all of an ending: dots and spaces, up to the name of a stream.
fn ends_ntfs(tail: &[u8]) -> bool {
    let stream = tail.iter().position(|byte| *byte == b':').unwrap_or(tail.len());
    tail[..stream].iter().all(|byte| matches!(byte, b'.' | b' '))
}

/// The name without the characters that HFS+ ignores (utf8.c, `next_hfs_char`).
fn visible(name: &[u8]) -> Vec<u8> {
    let ignored = |c: &char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    if name.is_ascii() {
        return name.to_vec();
    }
    name.to_str_lossy().chars().filter(|c| !ignored(c)).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_refuses_are_known() {
        for path in [
            "",
            ".",
            "..",
            "a/..",
            "a/./b",
            "a//b",
            "/a",
            "a/",
            ".git",
            ".GIT",
            "a/.Git/hooks/x",
            ".git\u{200c}",
            ".\u{200d}g\u{feff}it",
            "git~1",
            "GIT~1/x",
            ".git ",
            ".git.",
            ".git . .",
            ".git::$INDEX_ALLOCATION",
            ".git:x",
            "a\\.git\\hooks",
            "x\\git~1",
            ".countersign",
            ".Countersign",
            ".counter\u{200c}sign",
        ] {
            assert!(refused(path.into(), Mode::File).is_some(), "{path:?}");
        }
        for path in [
            ".gitignore",
            ".github/x",
            ".gitmodules",
            ".gitattributes",
            "git",
            "git~2",
            "git~10",
            ".gitx",
            "...",
            "..a",
            "a.git",
            "x.git/config",
            ".git-blame-ignore-revs",
            "a\\b",
            ".git\u{e9}",
            ".countersign/policy.yaml",
            "a/.countersign",
            "gitmod~1",
        ] {
            assert_eq!(refused(path.into(), Mode::File), None, "{path:?}");
        }
    }

    #[test]
    fn links_may_not_stand_in_for_settings() {
        for path in [
            ".gitmodules",
            ".GitModules",
            ".gitmodules ",
            ".gitmodules::$DATA",
            "gitmod~1",
            "GI7EBA~1",
            "a/.gitmodules",
            ".countersign",
            ".countersign/policy.yaml",
            ".COUNTERSIGN/x",
            ".gitmodules\u{200f}",
        ] {
            for mode in [Mode::Symlink, Mode::Submodule] {
                assert!(refused(path.into(), mode).is_some(), "{path:?}");
            }
        }
        assert_eq!(refused("docs/link".into(), Mode::Symlink), None);
        assert_eq!(refused("vendor/lib".into(), Mode::Submodule), None);
    }
}

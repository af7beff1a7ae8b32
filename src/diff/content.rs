//! One side of a changed file as far as it can be shown: text, or why there is none.

use std::sync::Arc;

use bstr::ByteSlice as _;

use crate::model::{Mode, Oid};

/// How many bytes git looks at for a NUL before it calls a file binary (`buffer_is_binary` of its documentation).
const BINARY_WINDOW: usize = 8000;

/// A pointer file of Git LFS is smaller than this by its specification.
const MAX_LFS_POINTER: usize = 1024;

/// What one side of a changed path holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Lines; not necessarily UTF-8.
    Text(Arc<[u8]>),
    /// A NUL among the first 8,000 bytes.
    Binary {
        /// Bytes.
        size: u64,
    },
    /// A symbolic link's target, as raw bytes.
    Symlink(Arc<[u8]>),
    /// The commit that a submodule is at.
    Submodule(Oid),
    /// A pointer of Git LFS, which stands for bytes that are not in git.
    Lfs {
        /// The hexadecimal SHA-256 of the bytes it stands for.
        oid: String,
        /// How many bytes it stands for.
        size: u64,
        /// The pointer file itself.
        pointer: Arc<[u8]>,
    },
    /// Larger than [`Content::MAX_TEXT`], or of more lines than [`Content::MAX_LINES`]; its lines are not shown.
    TooLarge {
        /// Bytes.
        size: u64,
    },
    /// It could not be read, and why.
    Missing(String),
    /// This side does not exist: the file is added or deleted.
    Absent,
}

impl Content {
    /// The largest file, in bytes, whose lines are read and compared: 32 MiB.
    pub const MAX_TEXT: u64 = 32 << 20;

    /// The most lines that a file may have to be shown: 1,048,576.
    pub const MAX_LINES: usize = 1 << 20;

    /// What the bytes of a blob with this mode are.
    ///
    /// A submodule has no blob: use [`Content::Submodule`]; bytes that claim to be one are [`Content::Missing`].
    #[must_use]
    pub fn classify(mode: Mode, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into();
        let size = bytes.len() as u64;
        match mode {
            _ if size > Self::MAX_TEXT => Self::TooLarge { size },
            Mode::Submodule => Self::Missing("a submodule has a commit of another repository, not a file".to_owned()),
            _ if is_binary(&bytes) => Self::Binary { size },
            _ if bytes.find_iter(b"\n").nth(Self::MAX_LINES).is_some() => Self::TooLarge { size },
            Mode::Symlink => Self::Symlink(bytes),
            Mode::File | Mode::Executable => match lfs_pointer(&bytes) {
                Some((oid, size)) => Self::Lfs { oid, size, pointer: bytes },
                None => Self::Text(bytes),
            },
        }
    }

    /// The bytes whose lines are compared, as git has them: a submodule is the line `Subproject commit OID`, a side that is
    /// not there is empty. `None` where there are no lines.
    #[must_use]
    pub fn lines(&self) -> Option<Arc<[u8]>> {
        match self {
            Self::Text(bytes) | Self::Symlink(bytes) | Self::Lfs { pointer: bytes, .. } => Some(Arc::clone(bytes)),
            Self::Submodule(oid) => Some(format!("Subproject commit {oid}\n").into_bytes().into()),
            Self::Absent => Some(Arc::default()),
            Self::Binary { .. } | Self::TooLarge { .. } | Self::Missing(_) => None,
        }
    }
}

/// Whether git would call these bytes binary.
#[must_use]
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(BINARY_WINDOW).any(|&byte| byte == 0)
}

/// The object id and size of a version 1 pointer of Git LFS; `None` for anything else.
///
/// The specification wants `version` first, the other keys in order, one `key value` a line, each ended by a newline.
fn lfs_pointer(bytes: &[u8]) -> Option<(String, u64)> {
    if bytes.len() >= MAX_LFS_POINTER {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let mut lines = text.split('\n');
    let version = lines.next()?.strip_prefix("version ")?;
    if !matches!(version, "https://git-lfs.github.com/spec/v1" | "https://hawser.github.com/spec/v1") {
        return None;
    }
    let pairs: Vec<(&str, &str)> = lines.map(|line| line.split_once(' ')).collect::<Option<_>>()?;
    let value = |key| pairs.iter().find(|pair| pair.0 == key).map(|pair| pair.1);
    let oid = value("oid")?.strip_prefix("sha256:")?;
    let hexadecimal = oid.len() == 64 && oid.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let size = value("size")?.parse().ok()?;
    (hexadecimal && pairs.is_sorted_by(|a, b| a.0 < b.0)).then(|| (oid.to_owned(), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OID: &str = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";

    fn text(bytes: &[u8]) -> Content {
        Content::Text(bytes.into())
    }

    #[test]
    fn binary_is_a_nul_in_the_first_8000_bytes() {
        let mut late = vec![b'a'; 8001];
        late[8000] = 0;
        assert_eq!(Content::classify(Mode::File, late.clone()), text(&late));
        late[7999] = 0;
        assert_eq!(Content::classify(Mode::Executable, late), Content::Binary { size: 8001 });
        assert_eq!(Content::classify(Mode::File, b"caf\xe9\xff\n".as_slice()), text(b"caf\xe9\xff\n"));
        assert_eq!(Content::classify(Mode::File, b"".as_slice()), text(b""));
    }

    #[test]
    fn links_are_their_targets() {
        let target = b"../a\xff";
        assert_eq!(Content::classify(Mode::Symlink, target.as_slice()), Content::Symlink(target.as_slice().into()));
        assert_eq!(Content::classify(Mode::Symlink, b"a\0b".as_slice()), Content::Binary { size: 3 });
        assert!(matches!(Content::classify(Mode::Submodule, b"x".as_slice()), Content::Missing(_)));
    }

    #[test]
    fn size_is_bounded() {
        let bytes = vec![b'a'; Content::MAX_TEXT as usize + 1];
        assert_eq!(Content::classify(Mode::File, bytes), Content::TooLarge { size: Content::MAX_TEXT + 1 });
        let lines = b"\n".repeat(Content::MAX_LINES + 1);
        assert!(matches!(Content::classify(Mode::File, &lines[1..]), Content::Text(_)));
        assert!(matches!(Content::classify(Mode::File, lines), Content::TooLarge { .. }));
    }

    #[test]
    fn lfs_pointers() {
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12345\n");
        let Content::Lfs { oid, size, .. } = Content::classify(Mode::File, pointer.as_bytes()) else {
            panic!("not a pointer")
        };
        assert_eq!((oid.as_str(), size), (OID, 12345));
        for bad in [
            pointer.replace("v1", "v2"),
            pointer.replace("sha256:", "md5:"),
            pointer.replace("12345", "-1"),
            pointer.trim_end().to_owned(),
            pointer.replace('\n', "\r\n"),
            pointer.replace(OID, "4D7A"),
            format!("{pointer}more\n"),
            format!("version https://git-lfs.github.com/spec/v1\nsize 1\noid sha256:{OID}\n"),
        ] {
            assert_eq!(Content::classify(Mode::File, bad.as_bytes()), text(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn lines_are_those_of_git() {
        let oid = Oid::from_bytes([0xab; 20]);
        assert_eq!(
            Content::Submodule(oid).lines().as_deref(),
            Some(format!("Subproject commit {}\n", "ab".repeat(20)).as_bytes())
        );
        assert_eq!(Content::Absent.lines().as_deref(), Some(&b""[..]));
        assert_eq!(Content::Binary { size: 1 }.lines(), None);
    }
}

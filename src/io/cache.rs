//! The proposals that were read last, kept for the first frame of the next console.
//!
//! A plain file, replaced as a whole: it is read once, from end to end, and 350 proposals are a few milliseconds of it. A
//! database would be slower at that and could be neither checked nor thrown away as simply.
//!
//! It can be deleted at any time, and is never believed: what is in it reaches the screen through
//! [`Workspace::glance`](super::workspace::Workspace::glance) alone, is replaced by what the objects say a moment later, and
//! never reaches a reading that something is opened or decided by. So its place is the only thing that it is asked about:
//! a file that is not the user's own, too large, of another version, cut short or altered counts as none.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};

use crate::model::Proposal;

use super::state::{hexadecimal, repository_key};

/// Raised when the same objects are read in another way than before; a new version of the program starts anew too.
const FORMAT: &str = concat!("countersign ", env!("CARGO_PKG_VERSION"), " proposals 4");
/// Bytes of a file that is read or written: some 100,000 changed files.
const LIMIT: u64 = 32 << 20;

/// The cache of one repository.
#[derive(Debug, Clone)]
pub struct Cache {
    file: PathBuf,
}

impl Cache {
    /// The cache of the repository at `git_dir`, as its remote of that name has it, below the user's cache folder `base`.
    #[must_use]
    pub fn of(base: &Path, git_dir: &Path, remote: Option<&str>) -> Self {
        Self { file: base.join(repository_key(git_dir, remote)).join("proposals") }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// What was kept; nothing where there is no file, or none that can be used.
    #[must_use]
    pub fn load(&self) -> Vec<Arc<Proposal>> {
        let body = read_own(&self.file, LIMIT, FORMAT);
        body.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default()
    }

    /// Keeps these proposals and forgets all others. Where that fails the next console begins without them.
    pub fn keep(&self, proposals: &[Arc<Proposal>]) -> io::Result<()> {
        let body = serde_json::to_vec(proposals)?;
        if body.len() as u64 > LIMIT {
            return self.clear();
        }
        if begins_with(&self.file, header(FORMAT, &body).as_bytes()) {
            Ok(())
        } else {
            replace(&self.file, FORMAT, &body)
        }
    }

    /// Forgets everything.
    pub fn clear(&self) -> io::Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// What a file of the cache folder holds, if it is the user's own, of this format, not too large, and as it was written.
pub(super) fn read_own(file: &Path, limit: u64, format: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    open_own(file, limit).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    let start = bytes.iter().position(|byte| *byte == b'\n')? + 1;
    let whole = bytes.starts_with(header(format, &bytes[start..]).as_bytes());
    whole.then(|| bytes.split_off(start))
}

/// Replaces a file of the cache folder, made where it is not.
pub(super) fn replace(file: &Path, format: &str, body: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(header(format, body).as_bytes())?;
    new.write_all(body)?;
    // Not synced: what a crash leaves is whole or does not match its digest.
    new.persist(file)?;
    Ok(())
}

fn begins_with(file: &Path, header: &[u8]) -> bool {
    let mut begin = vec![0; header.len()];
    open_own(file, LIMIT).is_ok_and(|mut file| file.read_exact(&mut begin).is_ok()) && begin == header
}

/// Opens a file if it is a plain one that nobody else could have written; a link or a pipe in its place is refused.
fn open_own(file: &Path, limit: u64) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(file)?;
    let found = file.metadata()?;
    let own = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0;
    if found.is_file() && own && found.len() <= limit { Ok(file) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// The first line of a file: whose it is, and the digest of the rest.
fn header(format: &str, body: &[u8]) -> String {
    format!("{format} {}\n", hexadecimal(&Sha256::digest(body)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use bstr::BString;

    use super::*;
    use crate::model::{
        ChangeId, Contributor, FileChange, Landing, LineStats, Mode, Oid, Side, Target, TreeDiff, Words,
    };

    fn proposal(id: &str, path: &[u8]) -> Arc<Proposal> {
        let oid = |byte| Oid::from_bytes([byte; 20]);
        let side = |byte| Some(Side { mode: Mode::Executable, oid: oid(byte) });
        let files = vec![FileChange { path: BString::from(path), old: side(1), new: None }];
        let someone = Contributor { name: "A \u{1b}[31m".into(), email: "a@example.org".into() };
        Arc::new(Proposal {
            id: id.into(),
            repo: "home".into(),
            agent: "a".into(),
            title: "t \"quoted\"\n".into(),
            messages: vec!["m".into()],
            note: Some("n".into()),
            pull: None,
            contributors: vec![someone.clone()],
            author: someone,
            target: Target { refname: "refs/heads/main".into(), tip: oid(2) },
            base: Some(oid(3)),
            head: oid(4),
            landing: Landing::Clean(Arc::new(TreeDiff {
                old: oid(5),
                new: oid(6),
                files,
                change_id: ChangeId::from_bytes([7; 32]),
            })),
            stats: Some(LineStats { additions: 1, deletions: 2, binary: false }),
            words: Some(Words { headline: "w: a → b".into(), shape: "a changed".into(), whole: true }),
            created: jiff::Timestamp::UNIX_EPOCH,
            updated: jiff::Timestamp::from_second(1_700_000_000).unwrap(),
        })
    }

    fn cache() -> (tempfile::TempDir, Cache) {
        let base = tempfile::tempdir().unwrap();
        let cache = Cache::of(&base.path().join("deep"), Path::new("/a/b.git"), None);
        (base, cache)
    }

    #[test]
    fn what_was_kept_is_there_and_nothing_else() {
        let (_base, cache) = cache();
        assert!(cache.load().is_empty());
        cache.clear().unwrap();
        let odd = proposal("agent/b", b"not \xff text");
        for kept in [vec![proposal("agent/a", b"x/y.yaml"), odd], vec![proposal("agent/c", b"z")], Vec::new()] {
            cache.keep(&kept).unwrap();
            assert_eq!(cache.load(), kept);
        }
    }

    #[test]
    fn it_is_private_and_not_written_again_for_nothing() {
        let (_base, cache) = cache();
        let kept = [proposal("agent/a", b"x")];
        cache.keep(&kept).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(cache.path()), mode(cache.path().parent().unwrap())), (0o600, 0o700));
        let inode = || fs::metadata(cache.path()).unwrap().ino();
        let before = inode();
        cache.keep(&kept).unwrap();
        assert_eq!(inode(), before);
    }

    #[test]
    fn a_file_that_is_not_as_it_was_written_counts_as_none() {
        let (_base, cache) = cache();
        cache.keep(&[proposal("agent/a", b"x")]).unwrap();
        let good = fs::read(cache.path()).unwrap();
        for at in 0..good.len() {
            let mut altered = good.clone();
            altered[at] ^= 1;
            for bad in [&altered[..], &good[..at]] {
                fs::write(cache.path(), bad).unwrap();
                assert!(cache.load().is_empty(), "byte {at}");
            }
        }
        fs::write(cache.path(), &good).unwrap();
        assert_eq!(cache.load().len(), 1);
    }

    #[test]
    fn a_file_that_others_could_have_written_counts_as_none() {
        let (base, cache) = cache();
        cache.keep(&[proposal("agent/a", b"x")]).unwrap();
        let set = |mode| fs::set_permissions(cache.path(), fs::Permissions::from_mode(mode)).unwrap();
        for mode in [0o620, 0o602] {
            set(mode);
            assert!(cache.load().is_empty(), "{mode:o}");
        }
        set(0o600);
        let elsewhere = base.path().join("elsewhere");
        fs::rename(cache.path(), &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, cache.path()).unwrap();
        assert!(cache.load().is_empty(), "a link");
        fs::remove_file(cache.path()).unwrap();
        fs::create_dir(cache.path()).unwrap();
        assert!(cache.load().is_empty(), "a folder");
    }

    #[test]
    fn a_file_too_large_is_not_read() {
        let (_base, cache) = cache();
        cache.keep(&[]).unwrap();
        File::options().write(true).open(cache.path()).unwrap().set_len(LIMIT + 1).unwrap();
        assert!(cache.load().is_empty());
    }
}

//! The state folder: drafts, the outbox of unsigned intents, and pins. Fsynced files, one a thing, so that a crash, a full
//! disk or a lost connection loses nothing that was acknowledged. Not a cache: it must not be deleted.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::model::forge::RepoName;
use crate::model::{EntryId, Intent, Oid, Problem};

use super::fault;

/// The files of one repository in the state folder.
#[derive(Debug, Clone)]
pub struct StateFolder {
    folder: PathBuf,
    /// Posts that are owed and could not be kept: as long as this process runs, they are.
    unkept: Arc<Mutex<BTreeSet<EntryId>>>,
}

/// What a console remembers of a ledger, so that another one in its place is an alarm and not a new start.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The genesis entry's id.
    pub genesis: EntryId,
    /// The ledger's branch.
    pub branch: String,
    /// The highest ledger tip seen.
    pub tip: Oid,
    /// Where the ledger's last move of the target that was seen to have arrived ended: one that is gone again was not cut in
    /// two by a crash, somebody moved the branch back.
    #[serde(default)]
    pub landed: Option<Oid>,
}

impl StateFolder {
    /// The folder of the repository at `git_dir`, as its remote of that name has it, below the user's state folder `base`.
    /// Every remote has a queue and a ledger of its own; one whose URL changes stays the one that it was.
    #[must_use]
    pub fn of(base: &Path, git_dir: &Path, remote: Option<&str>) -> Self {
        Self { folder: base.join(repository_key(git_dir, remote)), unkept: Arc::default() }
    }

    /// The folder beside this one of a repository on a forge: wherever its mirror is, and however its name is written, it is one.
    #[must_use]
    pub fn of_forge(&self, host: &str, repo: &RepoName) -> Self {
        // No path begins with a zero.
        let name = format!("\0{}\0{}", host.to_ascii_lowercase(), repo.to_string().to_ascii_lowercase());
        let key = hexadecimal(&Sha256::digest(name)[..8]);
        Self { folder: self.folder.with_file_name(key), unkept: Arc::default() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Forgets everything about a repository that is made anew.
    pub fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Keeps an intent until it is sent. When this returns, it is on the disk.
    pub fn keep_intent(&self, intent: &Intent) -> io::Result<()> {
        self.write("outbox", &intent.id.to_string(), intent)?;
        fault::point("after-keep")
    }

    /// Forgets an intent: it was sent, or taken back. One of which a forge is owed more than could be kept stays until that was told:
    /// whoever finds it in the ledger owes it anew.
    pub fn drop_intent(&self, id: EntryId) -> io::Result<()> {
        if self.unkept().contains(&id) {
            return Ok(());
        }
        fault::point("before-drop")?;
        self.remove("outbox", &id.to_string())?;
        fault::point("after-drop")
    }

    /// Whether an intent is on the disk.
    #[must_use]
    pub fn has_intent(&self, id: EntryId) -> bool {
        self.folder.join("outbox").join(format!("{id}.json")).exists()
    }

    /// The intents that wait, oldest first; files that cannot be read are problems.
    #[must_use]
    pub fn outbox(&self) -> (Vec<Intent>, Vec<Problem>) {
        let (mut intents, mut problems) = (Vec::new(), Vec::new());
        let paths = self.files("outbox").unwrap_or_else(|error| {
            problems.push(Problem {
                place: self.folder.join("outbox").display().to_string(),
                what: format!("unsent decisions, if there are any, cannot be read: {error}"),
                next: "make the folder readable".into(),
            });
            Vec::new()
        });
        for path in paths {
            match read_json::<Intent>(&path) {
                Ok(intent) => intents.push(intent),
                Err(error) => problems.push(Problem {
                    place: path.display().to_string(),
                    what: format!("an unsent decision cannot be read: {error}"),
                    next: "look at the file, decide again, and delete it".into(),
                }),
            }
        }
        intents.sort_by_key(|intent| (intent.at, intent.id));
        (intents, problems)
    }

    /// Remembers that the forge has to be told of an entry; where that cannot be written, until the process ends.
    pub fn keep_post(&self, entry: EntryId) -> io::Result<()> {
        self.unkept().insert(entry);
        self.write("posts", &entry.to_string(), &entry)?;
        self.unkept().remove(&entry);
        Ok(())
    }

    /// The forge was told, or cannot be.
    pub fn drop_post(&self, entry: EntryId) -> io::Result<()> {
        if self.unkept().remove(&entry) {
            self.remove("outbox", &entry.to_string())?;
        }
        self.remove("posts", &entry.to_string())
    }

    /// The entries that the forge has to be told of. A file's name says which; what became of its contents is beside the point.
    #[must_use]
    pub fn posts(&self) -> BTreeSet<EntryId> {
        let files = self.files("posts").unwrap_or_default();
        let named = files.iter().filter_map(|path| path.file_stem()?.to_str()?.parse().ok());
        named.chain(self.unkept().iter().copied()).collect()
    }

    fn unkept(&self) -> MutexGuard<'_, BTreeSet<EntryId>> {
        self.unkept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a draft under `key` (any text; it is hashed into a file name).
    pub fn keep_draft<T: Serialize>(&self, key: &str, draft: &T) -> io::Result<()> {
        self.write("drafts", &file_key(key), draft)
    }

    /// The draft under `key`, if there is one that can be read.
    #[must_use]
    pub fn draft<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        read_json(&self.folder.join("drafts").join(format!("{}.json", file_key(key)))).ok()
    }

    /// All drafts that can be read.
    #[must_use]
    pub fn drafts<T: DeserializeOwned>(&self) -> Vec<T> {
        self.files("drafts").unwrap_or_default().iter().filter_map(|path| read_json(path).ok()).collect()
    }

    /// Forgets the draft under `key`.
    pub fn drop_draft(&self, key: &str) -> io::Result<()> {
        self.remove("drafts", &file_key(key))
    }

    /// What was pinned of the ledger, if anything was. A pin that cannot be read is an error: it is not the same as none.
    pub fn pin(&self) -> io::Result<Option<Pin>> {
        match read_json(&self.folder.join("pin.json")) {
            Ok(pin) => Ok(Some(pin)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Pins the ledger.
    pub fn set_pin(&self, pin: &Pin) -> io::Result<()> {
        self.write("", "pin", pin)
    }

    fn files(&self, kind: &str) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(self.folder.join(kind)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<PathBuf>>>()?;
        paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
        paths.sort();
        Ok(paths)
    }

    /// Writes beside, syncs, renames, syncs the folder: after a crash there is the old file or the new one.
    fn write<T: Serialize>(&self, kind: &str, name: &str, value: &T) -> io::Result<()> {
        let folder = self.folder.join(kind);
        let write = || {
            fs::create_dir_all(&folder)?;
            let mut file = tempfile::NamedTempFile::new_in(&folder)?;
            serde_json::to_writer_pretty(&mut file, value)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(folder.join(format!("{name}.json")))?;
            File::open(&folder)?.sync_all()
        };
        write().map_err(|error: io::Error| {
            io::Error::new(error.kind(), format!("{} cannot be written: {error}", folder.display()))
        })
    }

    fn remove(&self, kind: &str, name: &str) -> io::Result<()> {
        let folder = self.folder.join(kind);
        match fs::remove_file(folder.join(format!("{name}.json"))) {
            Ok(()) => File::open(&folder)?.sync_all(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The name of a repository's folder below the user's state and cache folders: hexadecimal, of its place and its remote.
pub(super) fn repository_key(git_dir: &Path, remote: Option<&str>) -> String {
    let canonical = git_dir.canonicalize().unwrap_or_else(|_| git_dir.to_owned());
    let mut hash = Sha256::new_with_prefix(canonical.as_os_str().as_encoded_bytes());
    if let Some(remote) = remote {
        // No path has a zero in it.
        hash.update(b"\0");
        hash.update(remote);
    }
    hexadecimal(&hash.finalize()[..8])
}

fn file_key(key: &str) -> String {
    hexadecimal(&Sha256::digest(key.as_bytes())[..16])
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DecisionKind;

    fn intent(id: u8) -> Intent {
        Intent {
            id: EntryId::from_bytes([id; 16]),
            kind: DecisionKind::Hold,
            items: Vec::new(),
            reason: None,
            note: Some("wait".into()),
            comments: Vec::new(),
            lesson: None,
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_is_kept_is_there_until_it_is_dropped() {
        let base = tempfile::tempdir().unwrap();
        let state = StateFolder::of(base.path(), Path::new("/a/b.git"), None);
        assert_eq!(state.outbox().0, []);
        state.keep_intent(&intent(2)).unwrap();
        state.keep_intent(&intent(1)).unwrap();
        assert_eq!(state.outbox().0, [intent(1), intent(2)]);
        state.drop_intent(intent(1).id).unwrap();
        state.drop_intent(intent(1).id).unwrap();
        assert_eq!(state.outbox().0, [intent(2)]);
    }

    #[test]
    fn a_broken_file_is_a_problem_and_loses_nothing_else() {
        let base = tempfile::tempdir().unwrap();
        let state = StateFolder::of(base.path(), Path::new("/a/b.git"), None);
        state.keep_intent(&intent(1)).unwrap();
        fs::write(state.path().join("outbox/half.json"), "{").unwrap();
        let (intents, problems) = state.outbox();
        assert_eq!((intents.len(), problems.len()), (1, 1));
    }

    #[test]
    fn what_a_forge_is_owed_is_never_lost_in_silence() {
        let base = tempfile::tempdir().unwrap();
        let state = StateFolder::of(base.path(), Path::new("/a/b.git"), None);
        let ids = [1, 2].map(|byte| EntryId::from_bytes([byte; 16]));
        for id in ids {
            state.keep_post(id).unwrap();
        }
        // A full disk leaves an empty file.
        fs::write(state.path().join("posts").join(format!("{}.json", ids[0])), "").unwrap();
        assert_eq!(state.posts(), BTreeSet::from(ids));
        state.drop_post(ids[0]).unwrap();
        assert_eq!(state.posts(), BTreeSet::from([ids[1]]));
        // Where nothing can be written, this process remembers.
        let blocked = StateFolder::of(base.path(), Path::new("/c.git"), None);
        fs::write(blocked.path(), "in the way").unwrap();
        assert!(blocked.keep_post(ids[0]).is_err());
        assert_eq!(blocked.posts(), BTreeSet::from([ids[0]]));
        // Or its decision stays until it was told.
        let half = StateFolder::of(base.path(), Path::new("/d.git"), None);
        half.keep_intent(&intent(1)).unwrap();
        fs::write(half.path().join("posts"), "in the way").unwrap();
        assert!(half.keep_post(ids[0]).is_err());
        half.drop_intent(ids[0]).unwrap();
        assert!(half.has_intent(ids[0]));
        let _ = half.drop_post(ids[0]);
        assert!(!half.has_intent(ids[0]) && half.posts().is_empty());
    }

    #[test]
    fn a_repository_on_a_forge_is_one_wherever_its_mirror_is() {
        let base = Path::new("/state");
        let of = |mirror: &str, host: &str, name: &str| {
            let state = StateFolder::of(base, Path::new(mirror), Some("origin"));
            state.of_forge(host, &name.parse().unwrap()).path().to_owned()
        };
        let one = of("/cache/a.git", "github.com", "acme/shop");
        assert_eq!(of("/elsewhere/b.git", "GitHub.com", "Acme/Shop"), one);
        assert_ne!(of("/cache/a.git", "github.com", "acme/shops"), one);
        assert_ne!(of("/cache/a.git", "github.corp", "acme/shop"), one);
        assert!(one.starts_with(base));
    }
}

//! The unusual: what an agent touches that it never touched before.

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice as _};
use serde::{Serialize, Serializer};

use crate::model::text::{printable, printable_bytes};

/// Commits that an agent must have landed before anything is unusual for it: of the bots of two real repositories 6 % of the commits
/// from 20 to 50 are unusual, 3 % of those to 100, and 0.7 % after that.
pub const COMMITS: usize = 50;
/// Names that are listed of each kind.
const LISTED: usize = 10;

/// What an agent touched before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Habits {
    /// Commits that landed.
    pub commits: usize,
    folders: BTreeSet<BString>,
    types: BTreeSet<BString>,
    kinds: BTreeSet<String>,
    /// Config files that it changed and that are still there.
    files: usize,
}

impl Habits {
    /// Those of an agent of which so many commits landed.
    #[must_use]
    pub fn of(commits: usize) -> Self {
        Self { commits, ..Self::default() }
    }

    /// Takes in a path that a landed commit changed.
    pub fn path(&mut self, path: &BStr) {
        self.folders.extend(folders(path).map(BString::from));
        self.types.insert(file_type(path));
    }

    /// Takes in whether a path that it changed is a config file that is still there.
    pub fn still_there(&mut self, is: bool) {
        self.files += usize::from(is);
    }

    /// Whether enough of what it changed is still there to tell the kinds that it touches.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.files >= COMMITS
    }

    /// Takes in a kind of Kubernetes object of a file that it changed and that is still there.
    pub fn kind(&mut self, kind: &str) {
        if !self.kinds.contains(kind) {
            self.kinds.insert(kind.to_owned());
        }
    }
}

/// What is unusual about a change; known, and perhaps nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Unusual {
    /// Commits of the agent that it is compared with.
    pub commits: usize,
    /// Folders at the top, or one below, in which it never changed a file; lossily as UTF-8 in JSON.
    #[serde(serialize_with = "lossy")]
    pub folders: Vec<BString>,
    /// Ends of file names, or whole names, that it never changed; lossily as UTF-8 in JSON.
    #[serde(serialize_with = "lossy")]
    pub types: Vec<BString>,
    /// Kinds of Kubernetes objects that the target has, in files none of which it changed.
    pub kinds: Vec<String>,
}

impl Unusual {
    /// Compares a change with what its agent touched before; `kinds` are those of its objects that the target has elsewhere.
    /// The error says why nothing can be said.
    pub fn of<'a>(
        habits: &Habits,
        paths: impl Iterator<Item = &'a BStr>,
        kinds: impl Iterator<Item = &'a str>,
    ) -> Result<Self, String> {
        if habits.commits < COMMITS {
            return Err(match habits.commits {
                0 => "no commit of this agent has landed".to_owned(),
                1 => "one commit of this agent has landed, which is no habit".to_owned(),
                few => format!("{few} commits of this agent have landed, which is no habit"),
            });
        }
        let mut found = Self { commits: habits.commits, ..Self::default() };
        for path in paths {
            if let Some(folder) = folders(path).find(|folder| !habits.folders.contains::<BStr>(folder)) {
                put(&mut found.folders, folder.into());
            }
            let of_type = file_type(path);
            if !habits.types.contains(&of_type) {
                put(&mut found.types, of_type);
            }
        }
        for kind in kinds.filter(|kind| !habits.kinds.contains(*kind)) {
            put(&mut found.kinds, kind.to_owned());
        }
        Ok(found)
    }

    /// Whether anything is.
    #[must_use]
    pub const fn any(&self) -> bool {
        !self.folders.is_empty() || !self.types.is_empty() || !self.kinds.is_empty()
    }

    pub(super) fn sentence(&self) -> String {
        let list = |names: Vec<String>| names.join(", ");
        let bytes = |names: &[BString]| list(names.iter().map(|name| printable_bytes(name)).collect());
        let kinds: Vec<String> = self.kinds.iter().map(|kind| printable(kind).into_owned()).collect();
        let parts =
            [("folder", bytes(&self.folders)), ("file type", bytes(&self.types)), ("objects of the kind", list(kinds))];
        let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<String> = parts.map(|(what, names)| format!("{what} {names}")).collect();
        format!("this agent never touched in {} commits: {}", self.commits, parts.join("; "))
    }
}

fn put<T: PartialEq>(list: &mut Vec<T>, name: T) {
    if list.len() < LISTED && !list.contains(&name) {
        list.push(name);
    }
}

/// The folder at the top, and the one below it: what is deeper comes and goes with every application.
fn folders(path: &BStr) -> impl Iterator<Item = &BStr> {
    path.find_iter(b"/").take(2).map(|end| path[..end].as_bstr())
}

/// The end of a file's name (`.yaml`), or the name where it has none. Names of hidden files count whole.
fn file_type(path: &BStr) -> BString {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    match name.rfind_byte(b'.') {
        Some(at) if at > 0 => name[at..].into(),
        _ => name.into(),
    }
}

fn lossy<S: Serializer>(names: &[BString], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(names.iter().map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habits(commits: usize) -> Habits {
        let mut habits = Habits::of(commits);
        for path in ["apps/web/prod/values.yaml", "apps/api/kustomization.yaml", "README.md"] {
            habits.path(path.into());
        }
        habits.kind("Deployment");
        habits
    }

    fn found(path: &str, kind: &str) -> Unusual {
        Unusual::of(&habits(COMMITS), [BStr::new(path)].into_iter(), [kind].into_iter()).expect("habits")
    }

    #[test]
    fn only_what_is_new_in_kind_is_unusual() {
        for (path, kind, says) in [
            ("apps/web/staging/values.yaml", "Deployment", ""),
            ("apps/api/other.yaml", "Deployment", ""),
            ("CHANGES.md", "Deployment", ""),
            ("apps/new/values.yaml", "Deployment", "folder apps/new"),
            ("clusters/prod/values.yaml", "Deployment", "folder clusters"),
            ("apps/web/Dockerfile", "Deployment", "file type Dockerfile"),
            ("apps/web/.env", "Deployment", "file type .env"),
            ("apps/web/run.sh", "Secret", "file type .sh; objects of the kind Secret"),
        ] {
            let found = found(path, kind);
            assert_eq!(found.any(), !says.is_empty(), "{path}");
            assert!(found.sentence().ends_with(says), "{path}: {}", found.sentence());
        }
    }

    #[test]
    fn few_commits_are_no_habit() {
        let path = || [BStr::new("x")].into_iter();
        let why = Unusual::of(&habits(COMMITS - 1), path(), std::iter::empty()).expect_err("no habit");
        assert_eq!(why, "49 commits of this agent have landed, which is no habit");
    }

    proptest::proptest! {
        #[test]
        fn is_bounded(paths in proptest::collection::vec("[a-z./]{0,12}", 0..60), kinds in proptest::collection::vec("\\PC{0,6}", 0..60)) {
            let paths = paths.iter().map(|path| BStr::new(path.as_str()));
            let found = Unusual::of(&habits(99), paths, kinds.iter().map(String::as_str)).expect("habits");
            proptest::prop_assert!([found.folders.len(), found.types.len(), found.kinds.len()].iter().all(|n| *n <= LISTED));
            let _ = found.sentence();
        }
    }
}

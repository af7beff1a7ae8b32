//! The files of a tree that somebody asks for, by name; nothing is read of them.

use bstr::{BStr, BString, ByteSlice as _};

use crate::model::{Mode, Oid, Side};

use super::store::{Store, StoreError, cooked, raw};

/// Entries of a tree that are looked at; the largest repositories of the field have 100,000 files.
const MAX_ENTRIES: usize = 1_000_000;
/// Folders within folders.
const MAX_DEPTH: usize = 128;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Paths and what is there, plain files alone, in no order.
    pub files: Vec<(BString, Side)>,
    /// Whether every folder could be looked into.
    pub whole: bool,
}

impl Store {
    /// The plain files of a tree whose paths are wanted. A folder that cannot be read is passed over.
    pub fn files(&self, tree: Oid, wanted: impl Fn(&BStr) -> bool) -> Result<Found, StoreError> {
        let repo = self.raw_repository();
        // The root must be there; what is missing below it is told apart.
        repo.find_tree(raw(tree)).map_err(|error| self.lost(&error, tree))?;
        let mut found = Found { files: Vec::new(), whole: true };
        let mut folders = vec![(BString::default(), raw(tree), 0)];
        let mut entries = 0;
        while let Some((prefix, oid, depth)) = folders.pop() {
            let Ok(tree) = repo.find_tree(oid) else {
                found.whole = false;
                continue;
            };
            for entry in &tree {
                entries += 1;
                if entries > MAX_ENTRIES {
                    found.whole = false;
                    return Ok(found);
                }
                let mut path = prefix.clone();
                path.extend_from_slice(entry.name_bytes());
                if entry.kind() == Some(git2::ObjectType::Tree) {
                    path.push(b'/');
                    found.whole &= depth < MAX_DEPTH;
                    folders.extend((depth < MAX_DEPTH).then_some((path, entry.id(), depth + 1)));
                } else if let Some(mode @ (Mode::File | Mode::Executable)) = Mode::from_bits(entry.filemode() as u32)
                    && wanted(path.as_bstr())
                {
                    found.files.push((path, Side { mode, oid: cooked(entry.id()) }));
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::process::Git;
    use super::super::store::Writes;
    use super::*;

    #[test]
    fn plain_files_are_found_by_name_whatever_the_names_are() {
        let dir = tempfile::tempdir().unwrap();
        let git = Git::new(dir.path());
        git.run(&["init", "--quiet", "--bare"]).unwrap();
        let import = b"commit refs/heads/main\ncommitter A <a@b> 0 +0000\ndata 1\nx\n\
            M 644 inline a/b/c.md\ndata 1\nx\nM 644 inline \"caf\\351/d.md\"\ndata 1\nx\n\
            M 120000 inline link.md\ndata 1\nx\nM 644 inline e.txt\ndata 1\nx\n";
        git.run_with(&["fast-import", "--quiet"], &[], Some(import)).unwrap();
        let tree: Oid = git.run(&["rev-parse", "main^{tree}"]).unwrap().text().parse().unwrap();
        let store = Store::open(dir.path(), Writes::InMemory).unwrap();
        let mut found = store.files(tree, |path| path.ends_with(b".md")).unwrap();
        found.files.sort_by(|a, b| a.0.cmp(&b.0));
        let paths: Vec<&BStr> = found.files.iter().map(|(path, _)| path.as_bstr()).collect();
        assert_eq!(paths, [BStr::new("a/b/c.md"), BStr::new(b"caf\xe9/d.md")]);
        assert!(found.whole);
        assert!(store.files(Oid::ZERO, |_| true).is_err());
    }
}

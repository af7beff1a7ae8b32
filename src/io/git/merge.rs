//! The hermetic three-way merge of trees: renames off, path by path.
//!
//! libgit2 merges by walking three whole trees, which on a large repository costs more than everything else together. Paths
//! are independent of each other where renames are off and no file stands where another side has a folder, so only what
//! differs is looked at: paths that one side changed are taken over, and libgit2 merges the contents of the rest in trees
//! that hold nothing else. A test compares the results with those of whole merges.

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice as _};

use crate::model::{FileChange, Mode, Oid, Side, TreeDiff};

use super::store::{Store, StoreError, conflict_sentence, cooked, raw};

/// Bytes of a file that is merged on trial.
const TRIAL_LIMIT: usize = 2 << 20;
/// Colliding files that are listed.
const COLLISIONS: usize = 50;

impl Store {
    /// Merges three trees, renames off, and gives the resulting tree.
    pub fn merge_trees(&self, base: Oid, ours: Oid, theirs: Oid) -> Result<Oid, StoreError> {
        if base == ours || ours == theirs {
            return Ok(theirs);
        }
        if base == theirs {
            return Ok(ours);
        }
        let mine = self.changes(base, ours)?;
        let others = self.changes(base, theirs)?;
        if self.is_promised() {
            self.hold_contents(touched(&mine, &others))?;
        }
        if mine.entangled || others.entangled || others.files.iter().any(|change| mine.meets(change.path.as_bstr())) {
            if self.is_promised() {
                // libgit2 writes no tree of whose files one is missing.
                self.hold_contents(self.files(ours, |_| true)?.files.into_iter().map(|(_, side)| side.oid))?;
            }
            return self.merge_whole(base, ours, theirs);
        }
        let both = |change: &&FileChange| mine.at(change.path.as_bstr()).is_some();
        let (shared, own): (Vec<&FileChange>, Vec<&FileChange>) = others.files.iter().partition(both);
        let mut taken: Vec<(&BString, Option<Side>)> = own.iter().map(|change| (&change.path, change.new)).collect();
        let shared: Vec<(&FileChange, &FileChange)> =
            shared.into_iter().filter_map(|other| Some((mine.at(other.path.as_bstr())?, other))).collect();
        let merged = self.merge_contents(&shared)?;
        let differs = |((mine, _), side): &(&(&FileChange, &FileChange), &Option<Side>)| mine.new != **side;
        taken.extend(shared.iter().zip(&merged).filter(differs).map(|((mine, _), side)| (&mine.path, *side)));
        self.with_entries(ours, &taken)
    }

    /// The contents that a merge of these trees, and the difference that it makes to ours, are read from.
    pub(super) fn contents_of_merge(&self, base: Oid, ours: Oid, theirs: Oid) -> Result<Vec<Oid>, StoreError> {
        Ok(touched(&*self.changes(base, ours)?, &*self.changes(base, theirs)?))
    }

    /// Makes the contents of a merge again where they are nowhere: results are computed in memory, so what a merge makes of a
    /// file that both sides changed is gone with the store that made it. `diff` is from the tree of `tip` to the result.
    pub fn make_again(&self, diff: &TreeDiff, tip: Oid, head: Oid) -> Result<(), StoreError> {
        let blob = |side: &Side| side.mode != Mode::Submodule;
        if diff.files.iter().filter_map(|file| file.new).filter(blob).all(|side| self.has(side.oid)) {
            return Ok(());
        }
        let base = self.merge_base(head, &[tip])?;
        self.merge_trees(self.tree_of(base)?, self.tree_of(tip)?, self.tree_of(head)?).map(drop)
    }

    /// The files that two changes of the same tree cannot both have, in path order, bounded: those that would be left to a
    /// person if one landed on the other. Contents that a merge made are made again first ([`Self::make_again`]).
    pub fn collisions(&self, ours: &TreeDiff, theirs: &TreeDiff) -> Result<Vec<BString>, StoreError> {
        let both = |other: &FileChange| {
            let mine = ours.files.binary_search_by(|mine| mine.path.cmp(&other.path)).ok()?;
            ours.files.get(mine).map(|mine| mine.new)
        };
        let shared = theirs.files.iter().filter_map(|other| Some((other, both(other)?)));
        let shared: Vec<_> = shared.filter(|(other, mine)| other.new != *mine).collect();
        let repo = self.raw_repository();
        let odb = repo.odb()?;
        let blobs = shared.iter().flat_map(|(other, mine)| [other.old, other.new, *mine]).flatten();
        for oid in blobs.filter(|side| side.mode != Mode::Submodule).map(|side| side.oid) {
            let (size, _) = odb.read_header(raw(oid)).map_err(|error| self.lost_contents(&error, oid))?;
            if size > TRIAL_LIMIT {
                return Err(StoreError::TooLarge { oid, size: size as u64, limit: TRIAL_LIMIT as u64 });
            }
        }
        let side = |side: fn(&(&FileChange, Option<Side>)) -> Option<Side>| {
            let entries: Vec<_> = shared.iter().map(|pair| (&pair.0.path, side(pair))).collect();
            let tree = self.with_entries(Oid::EMPTY_TREE, &entries)?;
            repo.find_tree(raw(tree)).map_err(|error| self.lost(&error, tree))
        };
        let (base, mine, others) = (side(|pair| pair.0.old)?, side(|pair| pair.1)?, side(|pair| pair.0.new)?);
        let mut options = git2::MergeOptions::new();
        options.find_renames(false);
        let index = repo.merge_trees(&base, &mine, &others, Some(&options))?;
        Ok(conflicting(&index))
    }

    /// The paths that differ between two trees; remembered, since many proposals start from the same base.
    fn changes(&self, old: Oid, new: Oid) -> Result<Arc<Changed>, StoreError> {
        if let Some(known) = self.compared.borrow().get(&(old, new)) {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(Changed::new(self.diff(old, new)?.files));
        self.compared.borrow_mut().insert((old, new), Arc::clone(&found));
        Ok(found)
    }

    /// Merges paths that both sides changed: (our change, their change), in path order. Gives what each path becomes.
    fn merge_contents(&self, shared: &[(&FileChange, &FileChange)]) -> Result<Vec<Option<Side>>, StoreError> {
        if shared.is_empty() {
            return Ok(Vec::new());
        }
        let tree = |side: fn(&(&FileChange, &FileChange)) -> Option<Side>| {
            let entries: Vec<_> = shared.iter().map(|pair| (&pair.0.path, side(pair))).collect();
            self.with_entries(Oid::EMPTY_TREE, &entries)
        };
        let (base, ours, theirs) = (tree(|pair| pair.0.old)?, tree(|pair| pair.0.new)?, tree(|pair| pair.1.new)?);
        let merged = self.merge_whole(base, ours, theirs)?;
        shared.iter().map(|(mine, _)| self.entry_at(merged, mine.path.as_bstr())).collect()
    }

    /// The whole merge, by libgit2.
    fn merge_whole(&self, base: Oid, ours: Oid, theirs: Oid) -> Result<Oid, StoreError> {
        let repo = self.raw_repository();
        let find = |oid| repo.find_tree(raw(oid)).map_err(|e| self.lost(&e, oid));
        let mut options = git2::MergeOptions::new();
        options.find_renames(false);
        let mut index = repo.merge_trees(&find(base)?, &find(ours)?, &find(theirs)?, Some(&options))?;
        if index.has_conflicts() {
            return Err(StoreError::NeedsRebase(conflict_sentence(&index)));
        }
        Ok(cooked(index.write_tree_to(repo)?))
    }

    /// `tree` with these paths set, or removed where there is no side.
    fn with_entries(&self, tree: Oid, entries: &[(&BString, Option<Side>)]) -> Result<Oid, StoreError> {
        let repo = self.raw_repository();
        if tree == Oid::EMPTY_TREE {
            // git knows the empty tree without having it; libgit2 wants the object.
            repo.treebuilder(None)?.write()?;
        }
        let mut update = git2::build::TreeUpdateBuilder::new();
        for (path, side) in entries {
            match side {
                Some(Side { mode, oid }) => update.upsert(path.as_slice(), raw(*oid), file_mode(*mode)),
                None if tree == Oid::EMPTY_TREE => continue,
                None => update.remove(path.as_slice()),
            };
        }
        let tree = repo.find_tree(raw(tree)).map_err(|e| self.lost(&e, tree))?;
        Ok(cooked(update.create_updated(repo, &tree)?))
    }
}

/// Both sides of all that the others changed, and what we made of the same paths.
fn touched(mine: &Changed, others: &Changed) -> Vec<Oid> {
    let at_ours = |other: &FileChange| mine.at(other.path.as_bstr()).and_then(|mine| mine.new);
    let sides = others.files.iter().flat_map(|other| [other.old, other.new, at_ours(other)]).flatten();
    sides.filter(|side| side.mode != Mode::Submodule).map(|side| side.oid).collect()
}

/// The paths of an index that are left to a person, in path order, bounded.
fn conflicting(index: &git2::Index) -> Vec<BString> {
    let Ok(conflicts) = index.conflicts() else { return Vec::new() };
    let entry = |conflict: git2::IndexConflict| conflict.our.or(conflict.their).or(conflict.ancestor);
    let paths = conflicts.filter_map(Result::ok).filter_map(entry).map(|entry| BString::from(entry.path));
    let mut paths: Vec<BString> = paths.take(COLLISIONS).collect();
    paths.sort();
    paths.dedup();
    paths
}

const fn file_mode(mode: Mode) -> git2::FileMode {
    match mode {
        Mode::File => git2::FileMode::Blob,
        Mode::Executable => git2::FileMode::BlobExecutable,
        Mode::Symlink => git2::FileMode::Link,
        Mode::Submodule => git2::FileMode::Commit,
    }
}

/// The paths that differ between two trees. Looked up by halving: one of many proposals changes few paths, and the target,
/// which they all meet, many.
#[derive(Debug)]
pub(super) struct Changed {
    /// In byte order.
    files: Vec<FileChange>,
    /// One of them is a folder of another, so that they are not independent.
    entangled: bool,
}

impl Changed {
    fn new(files: Vec<FileChange>) -> Self {
        let mut changed = Self { files, entangled: false };
        changed.entangled = changed.files.iter().any(|change| changed.is_below(change.path.as_bstr()));
        changed
    }

    fn at(&self, path: &BStr) -> Option<&FileChange> {
        let found = self.files.binary_search_by(|change| change.path.as_bstr().cmp(path)).ok()?;
        self.files.get(found)
    }

    /// Whether a folder of the path is among them.
    fn is_below(&self, path: &BStr) -> bool {
        path.find_iter(b"/").any(|end| self.at(path[..end].as_bstr()).is_some())
    }

    /// Whether a folder of the path is among them, or a path of which this one is a folder.
    fn meets(&self, path: &BStr) -> bool {
        let folder = [path.as_bytes(), b"/"].concat();
        let first = self.files.partition_point(|change| change.path.as_slice() < folder.as_slice());
        self.is_below(path) || self.files.get(first).is_some_and(|change| change.path.starts_with(&folder))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::io::git::store::Writes;

    /// A tree of a few files over a few names, files and folders colliding now and then.
    fn tree(store: &Store, files: &[(usize, u8)]) -> Oid {
        const NAMES: [&str; 6] = ["a", "b/c", "b/d", "b", "e/f/g", "h"];
        let repo = store.raw_repository();
        let mut seen = std::collections::BTreeMap::new();
        for (name, content) in files {
            seen.insert(NAMES[*name % NAMES.len()], *content);
        }
        if seen.contains_key("b/c") || seen.contains_key("b/d") {
            seen.remove("b");
        }
        let mut update = git2::build::TreeUpdateBuilder::new();
        for (name, content) in seen {
            let line = |line| format!("line {line} {}\n", if content == line { "x" } else { "" });
            let text = (0..12).map(line).collect::<Vec<_>>().concat();
            update.upsert(name, repo.blob(text.as_bytes()).unwrap(), git2::FileMode::Blob);
        }
        let empty = repo.treebuilder(None).unwrap().write().unwrap();
        cooked(update.create_updated(repo, &repo.find_tree(empty).unwrap()).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn merges_as_whole_trees_do(
            base in proptest::collection::vec((0_usize..6, 0_u8..12), 0..6),
            ours in proptest::collection::vec((0_usize..6, 0_u8..12), 0..6),
            theirs in proptest::collection::vec((0_usize..6, 0_u8..12), 0..6),
        ) {
            let folder = tempfile::tempdir().unwrap();
            git2::Repository::init_bare(folder.path()).unwrap();
            let store = Store::open(folder.path(), Writes::InMemory).unwrap();
            let [base, ours, theirs] = [&base, &ours, &theirs].map(|files| tree(&store, files));
            let merged = store.merge_trees(base, ours, theirs);
            let whole = store.merge_whole(base, ours, theirs);
            match (merged, whole) {
                (Ok(merged), Ok(whole)) => prop_assert_eq!(merged, whole),
                (Err(StoreError::NeedsRebase(_)), Err(StoreError::NeedsRebase(_))) => {}
                (merged, whole) => prop_assert!(false, "{merged:?} {whole:?}"),
            }
        }
    }
}

//! Bringing what was made in memory to the disk, all at once: many objects as one pack, which the `git` program checks and
//! makes durable as it is configured to; a few as git writes them, one by one.
//!
//! Merges are tried in memory: most of what they make is nothing that anybody will want to have. A file for each of two
//! thousand small objects costs more than everything else that a batch does.

use std::collections::HashSet;

use crate::model::Oid;

use super::repository::LocalRepository;
use super::store::{Store, StoreError, Writes, raw};
use super::write::WriteError;

/// From so many objects on they become a pack, as in git itself (`transfer.unpackLimit`, git-config(1)).
const PACK_FROM: usize = 100;

/// An object to be written, and the last part of its path, by which like is packed with like.
type Made = (git2::Oid, Vec<u8>);

impl Store {
    /// Writes the commits from `tip` down its first parents to `stop`, exclusive, with all that is new in them.
    pub fn keep(&self, repository: &LocalRepository, tip: Oid, stop: Oid) -> Result<(), WriteError> {
        let disk = repository.store(Writes::ToDisk)?;
        let made = self.made(&disk, tip, stop)?;
        if made.len() < PACK_FROM {
            return Ok(self.write_loose(&disk, &made)?);
        }
        let pack = self.pack(&made)?;
        // `--stdin` puts the pack where the repository has its packs, under its final name once it is complete.
        repository.git().run_with(&["index-pack", "--stdin"], &[], Some(&pack))?;
        Ok(())
    }

    /// What is in the commits, and not on the disk.
    fn made(&self, disk: &Self, tip: Oid, stop: Oid) -> Result<Vec<Made>, StoreError> {
        let repo = self.raw_repository();
        let known = disk.raw_repository().odb()?;
        let (mut seen, mut made) = (HashSet::new(), Vec::new());
        let mut next = Some(tip).filter(|tip| *tip != stop);
        while let Some(oid) = next {
            let commit = repo.find_commit(raw(oid)).map_err(|e| StoreError::of(&e, oid))?;
            let parent = commit.parents().next();
            made.push((commit.id(), Vec::new()));
            self.new_in_tree(parent.as_ref().map(git2::Commit::tree_id), commit.tree_id(), &mut seen, &mut made)?;
            next = parent.map(|parent| super::store::cooked(parent.id())).filter(|parent| *parent != stop);
        }
        made.retain(|(oid, _)| !known.exists_ext(*oid, git2::OdbLookupFlags::NO_REFRESH));
        Ok(made)
    }

    /// The trees and blobs that one tree has and another one has not at the same place.
    fn new_in_tree(
        &self,
        old: Option<git2::Oid>,
        new: git2::Oid,
        seen: &mut HashSet<git2::Oid>,
        made: &mut Vec<Made>,
    ) -> Result<(), StoreError> {
        let repo = self.raw_repository();
        let mut open = vec![(old, new, Vec::new())];
        while let Some((old, new, name)) = open.pop() {
            if old == Some(new) || !seen.insert(new) {
                continue;
            }
            made.push((new, name));
            let old = old.and_then(|old| repo.find_tree(old).ok());
            for entry in &repo.find_tree(new)? {
                let before = old.as_ref().and_then(|old| old.get_name_bytes(entry.name_bytes()).map(|e| e.to_owned()));
                let before_id = before.as_ref().map(git2::TreeEntry::id);
                match entry.kind() {
                    _ if before_id == Some(entry.id()) => {}
                    Some(git2::ObjectType::Tree) => open.push((before_id, entry.id(), entry.name_bytes().to_owned())),
                    Some(git2::ObjectType::Blob) if seen.insert(entry.id()) => {
                        made.push((entry.id(), entry.name_bytes().to_owned()));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The last first: what contains comes after what it contains.
    fn write_loose(&self, disk: &Self, made: &[Made]) -> Result<(), StoreError> {
        let (from, to) = (self.raw_repository().odb()?, disk.raw_repository().odb()?);
        for (oid, _) in made.iter().rev() {
            let object = from.read(*oid)?;
            to.write(object.kind(), object.data())?;
        }
        Ok(())
    }

    fn pack(&self, made: &[Made]) -> Result<Vec<u8>, StoreError> {
        let mut builder = self.raw_repository().packbuilder()?;
        builder.set_threads(0);
        for (oid, name) in made {
            builder.insert_object(*oid, std::str::from_utf8(name).ok().filter(|name| !name.contains('\0')))?;
        }
        let mut pack = git2::Buf::new();
        builder.write_buf(&mut pack)?;
        Ok(pack.to_vec())
    }
}

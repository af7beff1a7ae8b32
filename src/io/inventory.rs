//! Reads what all config documents of a tree say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BString, ByteSlice as _};

use super::git::store::{Store, StoreError, UNFETCHED};
use crate::diff::fields::{ConfigDocument, documents, has_values};
use crate::evidence::Inventory;
use crate::model::{Mode, Oid, TreeDiff, text};

/// The largest file that is read, in bytes: a bundle of custom resource definitions says nothing of what runs.
const MAX_FILE: u64 = 512 << 10;
/// Bytes of all files together: values take about ten times the memory of their text.
const MAX_BYTES: usize = 12 << 20;

/// What one text says, or why it cannot be read.
type Reading = Result<Arc<[ConfigDocument]>, String>;

/// What was read, by path and text.
type Readings = HashMap<(BString, Oid), Reading>;

/// The inventories of trees, of which the last is kept: the next tree has most files of it.
#[derive(Debug, Default)]
pub struct Inventories(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    tree: Oid,
    inventory: Arc<Inventory>,
    readings: Readings,
}

impl Inventories {
    /// What the config documents of a tree say. Files that cannot be read are in it with the reason.
    pub fn of(&self, store: &Store, tree: Oid) -> Result<Arc<Inventory>, StoreError> {
        // Held while reading: whoever asks meanwhile wants the same.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_ref().filter(|kept| kept.tree == tree) {
            return Ok(Arc::clone(&kept.inventory));
        }
        let known = kept.take().map(|kept| kept.readings).unwrap_or_default();
        let (inventory, readings, lacks) = read(store, tree, known)?;
        let inventory = Arc::new(inventory);
        // What was not here is looked for the next time: another tree has the same readings, and none of these.
        let tree = if lacks { Oid::EMPTY_TREE } else { tree };
        *kept = Some(Kept { tree, inventory: Arc::clone(&inventory), readings });
        Ok(inventory)
    }
}

/// Also says whether contents were missing that are to come.
fn read(store: &Store, tree: Oid, mut known: Readings) -> Result<(Inventory, Readings, bool), StoreError> {
    let mut found = store.files(tree, has_values)?;
    found.files.sort_by(|a, b| a.0.cmp(&b.0));
    let mut inventory = Inventory::default();
    let mut readings = HashMap::with_capacity(found.files.len());
    let (mut left, mut passed, mut lacking) = (MAX_BYTES, 0, 0);
    for (path, side) in found.files {
        let key = (path.clone(), side.oid);
        let reading = match known.remove(&key) {
            Some(reading) => reading,
            None if left == 0 => {
                passed += 1;
                continue;
            }
            None => match one(store, &path, side.oid, &mut left) {
                Err(error) if error.is_unfetched() => {
                    lacking += 1;
                    inventory.put(path, Err(error.to_string()));
                    continue;
                }
                read => said(read),
            },
        };
        inventory.put(path, reading.clone());
        readings.insert(key, reading);
    }
    let missing = match (found.whole, passed) {
        (true, 0) => None,
        (false, _) => Some("some folders of the target cannot be read".to_owned()),
        (true, passed) => Some(format!("{passed} config files were not read: there are over {} MiB", MAX_BYTES >> 20)),
    };
    let lacks = (lacking > 0).then(|| format!("{}: {UNFETCHED}", text::count(lacking, "config file")));
    let missing: Vec<String> = missing.into_iter().chain(lacks).collect();
    inventory.missing = (!missing.is_empty()).then(|| missing.join("; "));
    Ok((inventory, readings, lacking > 0))
}

fn one(store: &Store, path: &BString, oid: Oid, left: &mut usize) -> Result<Reading, StoreError> {
    let bytes = store.blob(oid, MAX_FILE)?;
    *left = left.saturating_sub(bytes.len());
    Ok(documents(path.as_bstr(), &bytes).map(Arc::from))
}

/// What a file says, or in words why that is not known.
fn said(read: Result<Reading, StoreError>) -> Reading {
    read.map_err(|error| error.to_string())?
}

/// The inventory as a change would leave it.
pub fn after(store: &Store, before: &Inventory, diff: &TreeDiff) -> Inventory {
    let mut after = before.clone();
    let mut unbounded = usize::MAX;
    for change in diff.files.iter().filter(|change| has_values(change.path.as_bstr())) {
        match change.new {
            Some(side) if matches!(side.mode, Mode::File | Mode::Executable) => {
                after.put(change.path.clone(), said(one(store, &change.path, side.oid, &mut unbounded)));
            }
            _ => after.remove(change.path.as_bstr()),
        }
    }
    after
}

//! Which folders are built from which files: kustomizations, with the bases and components that they take in.

use std::collections::HashMap;

use bstr::ByteSlice as _;
use serde_json::Value;

use super::paths::{folder, folders, join};
use crate::diff::fields::ConfigDocument;
use crate::evidence::Inventory;

/// Names of the file that makes a folder a kustomization.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// Keys that list files or folders.
const LISTS: [&str; 10] = [
    "resources",
    "components",
    "bases",
    "crds",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "patchesStrategicMerge",
    "replacements",
];
/// Keys that list maps with a `path`.
const PATHS: [&str; 3] = ["patches", "patchesJson6902", "replacements"];
/// Files and folders that one kustomization takes in.
const MAX_ENTRIES: usize = 5_000;

/// The kustomizations of a repository, and what takes in what.
#[derive(Debug, Default)]
pub(super) struct Kustomizations {
    /// Folders with a kustomization, to its file.
    files: HashMap<String, String>,
    /// Files and folders, to the folders of the kustomizations that take them in.
    users: HashMap<String, Vec<String>>,
}

impl Kustomizations {
    /// Reads all of them.
    pub fn of(inventory: &Inventory) -> Self {
        let mut found = Self::default();
        for (path, documents) in inventory.files() {
            let Ok(path) = path.to_str() else { continue };
            if is_kustomization(path) {
                found.add(path, documents);
            }
        }
        found
    }

    fn add(&mut self, path: &str, documents: &[ConfigDocument]) {
        let own = folder(path);
        self.files.insert(own.to_owned(), path.to_owned());
        let entries = documents.iter().flat_map(|document| entries(&document.value)).take(MAX_ENTRIES);
        for used in entries.filter_map(|entry| join(own, entry)).filter(|used| used != own) {
            let users = self.users.entry(used).or_default();
            if !users.iter().any(|user| user == own) {
                users.push(own.to_owned());
            }
        }
    }

    /// The folders of the kustomizations that take in a file or a folder.
    pub fn users(&self, of: &str) -> &[String] {
        self.users.get(of).map_or(&[], Vec::as_slice)
    }

    /// Whether a folder has a kustomization.
    pub fn has(&self, folder: &str) -> bool {
        self.files.contains_key(folder)
    }

    /// The kustomizations that build a file: those that name it, else the one of the closest folder that has one, which it will
    /// hardly lie below for another reason.
    pub fn builders<'k>(&'k self, file: &'k str) -> Vec<&'k str> {
        if is_kustomization(file) {
            return vec![folder(file)];
        }
        let named = self.users(file);
        if !named.is_empty() {
            return named.iter().map(String::as_str).collect();
        }
        // Also a file of a folder that is named, as those of a chart are.
        folders(file).find(|folder| self.has(folder) || !self.users(folder).is_empty()).into_iter().collect()
    }
}

/// Whether a file makes its folder a kustomization.
pub(super) fn is_kustomization(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    NAMES.contains(&name)
}

/// What a kustomization names, as it is written.
fn entries(value: &Value) -> impl Iterator<Item = &str> {
    let lists = LISTS.iter().filter_map(move |key| value.get(*key)?.as_array()).flatten().filter_map(Value::as_str);
    let paths = PATHS.iter().filter_map(move |key| value.get(*key)?.as_array()).flatten();
    let paths = paths.filter_map(|item| item.get("path")?.as_str());
    let generated = ["configMapGenerator", "secretGenerator"];
    let generated = generated.into_iter().filter_map(move |key| value.get(key)?.as_array()).flatten().flat_map(|one| {
        let lists = ["files", "envs"].into_iter().filter_map(|key| one.get(key)?.as_array()).flatten();
        let named = lists.filter_map(Value::as_str).chain(one.get("env").and_then(Value::as_str));
        // `key=file`.
        named.map(|file| file.split_once('=').map_or(file, |(_, file)| file))
    });
    let charts = value.get("helmCharts").and_then(Value::as_array).into_iter().flatten();
    let charts = charts.flat_map(|chart| {
        let more = chart.get("additionalValuesFiles").and_then(Value::as_array).into_iter().flatten();
        chart.get("valuesFile").into_iter().chain(more).filter_map(Value::as_str)
    });
    lists.chain(paths).chain(generated).chain(charts)
}

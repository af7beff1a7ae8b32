//! Who takes the values of a chart, or variables, from somewhere else: from the keys of a config map, from a file.
//!
//! A text in a config map is a text, until a release reads its values from it. Kubernetes resolves such names while it runs; here
//! they are looked for in all config documents of both sides. A name counts in every namespace, since overlays set those.

use std::collections::BTreeSet;

use bstr::{BStr, ByteSlice as _};
use serde_json::Value;

use super::leaf::in_values_of_text;
use crate::evidence::Inventory;
use crate::model::field::DocumentName;

/// The deepest that is looked.
const DEPTH: usize = 32;
/// The most references that are kept; real repositories have a few dozen.
const MOST: usize = 10_000;
/// Names of the file that makes a folder a kustomization.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// Lists of what a kustomization makes config maps and secrets from.
const GENERATORS: [(&str, &str); 2] = [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")];

/// What becomes of what a key holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// It is read as the values of a chart.
    Values,
    /// It is one value of a chart: `web.replicas`.
    Value(String),
    /// It is put into documents under its name.
    Variable,
}

impl Use {
    /// Whether a value of this key may bear cost where it is put; `None` where it is read as values itself.
    pub(super) fn bears(&self, keys: &[&str], value: &Value) -> Option<bool> {
        match self {
            Self::Values => None,
            Self::Value(path) => Some(in_values_of_text(&path.split('.').collect::<Vec<_>>(), value)),
            Self::Variable => Some(in_values_of_text(keys, value)),
        }
    }
}

/// A reference to an object of values.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reference {
    kind: String,
    name: String,
    /// The key that is read; `None` for all of them.
    key: Option<String>,
    becomes: Use,
}

/// The references of both sides of a change.
#[derive(Debug, Default)]
pub(super) struct Users {
    references: BTreeSet<Reference>,
    /// Files of values that something names, without what leads out of its folder.
    files: BTreeSet<String>,
}

impl Users {
    /// Looks for them in all documents.
    pub fn of(before: &Inventory, after: &Inventory) -> Self {
        let mut users = Self::default();
        before.documents().for_each(|(_, document)| users.walk(&document.value, 0));
        for (path, documents) in after.files() {
            // Both sides share what does not change.
            if before.file(path.as_ref()).is_none_or(|old| !std::ptr::eq(old.as_ptr(), documents.as_ptr())) {
                for document in documents {
                    users.walk(&document.value, 0);
                }
            }
        }
        users
    }

    fn walk(&mut self, value: &Value, depth: usize) {
        if depth > DEPTH || self.references.len() >= MOST || self.files.len() >= MOST {
            return;
        }
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.entry(key, value);
                    self.walk(value, depth + 1);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, depth + 1)),
            _ => {}
        }
    }

    fn entry(&mut self, key: &str, value: &Value) {
        let items = || value.as_array().into_iter().flatten();
        match key {
            "valuesFrom" => items().for_each(|item| self.values(item)),
            "substituteFrom" => items().for_each(|item| self.refer(item, None, Use::Variable)),
            "replacements" => items().for_each(|item| self.refer(&item["source"], None, Use::Variable)),
            "vars" => items().for_each(|item| self.refer(&item["objref"], None, Use::Variable)),
            "valueFiles" | "valuesFiles" | "additionalValuesFiles" => {
                items().filter_map(Value::as_str).for_each(|file| self.file(file));
            }
            "valuesFile" => value.as_str().into_iter().for_each(|file| self.file(file)),
            _ => {}
        }
    }

    /// `{kind, name, valuesKey, targetPath}` of Flux, or `{configMapKeyRef: {name, key}}` of others.
    fn values(&mut self, item: &Value) {
        for (held, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
            if let Some(name) = item[held]["name"].as_str() {
                let key = item[held]["key"].as_str().map(str::to_owned);
                self.keep(kind, name, key, Use::Values);
            }
        }
        let key = item["valuesKey"].as_str().unwrap_or("values.yaml").to_owned();
        let becomes = item["targetPath"].as_str().map_or(Use::Values, |path| Use::Value(path.to_owned()));
        self.refer(item, Some(key), becomes);
    }

    fn refer(&mut self, item: &Value, key: Option<String>, becomes: Use) {
        if let (Some(kind), Some(name)) = (item["kind"].as_str(), item["name"].as_str()) {
            self.keep(kind, name, key, becomes);
        }
    }

    fn keep(&mut self, kind: &str, name: &str, key: Option<String>, becomes: Use) {
        self.references.insert(Reference { kind: kind.to_owned(), name: name.to_owned(), key, becomes });
    }

    fn file(&mut self, named: &str) {
        let parts = named.split('/').filter(|part| !matches!(*part, "" | "." | "..") && !part.starts_with('$'));
        let named = parts.collect::<Vec<_>>().join("/");
        if !named.is_empty() {
            self.files.insert(named);
        }
    }

    /// What becomes of a key of an object; of any of its keys where none is given.
    pub fn uses<'s>(&'s self, kind: &'s str, name: &'s str, key: Option<&'s str>) -> impl Iterator<Item = &'s Use> {
        let is = move |one: &&Reference| {
            let same_key = one.key.as_deref().zip(key).is_none_or(|(one, key)| one == key);
            one.kind == kind && one.name == name && same_key
        };
        self.references.iter().filter(is).map(|one| &one.becomes)
    }

    /// What becomes of a key of this document, where it is an object that holds values.
    pub fn of_object<'s>(&'s self, name: &'s DocumentName, key: Option<&'s str>) -> impl Iterator<Item = &'s Use> {
        let named = name.kind.as_deref().zip(name.name.as_deref());
        named.into_iter().flat_map(move |(kind, name)| self.uses(kind, name, key))
    }

    /// Whether something names this file as one of values.
    pub fn names_file(&self, file: &BStr) -> bool {
        let Ok(file) = file.to_str() else { return false };
        let ends = |named: &String| file.strip_suffix(named).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        self.files.iter().any(ends)
    }

    /// What becomes of a file of which kustomizations make keys of objects.
    pub fn of_file(&self, file: &BStr, sides: [&Inventory; 2]) -> Vec<Use> {
        let Ok(file) = file.to_str() else { return Vec::new() };
        let folders = std::iter::successors(file.rsplit_once('/').map_or(Some(""), |(folder, _)| Some(folder)), |up| {
            (!up.is_empty()).then(|| up.rsplit_once('/').map_or("", |(folder, _)| folder))
        });
        let mut found = Vec::new();
        for folder in folders {
            let path = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            for (side, name) in sides.into_iter().flat_map(|side| KUSTOMIZATIONS.map(|name| (side, name))) {
                let documents = side.file(BStr::new(&path(name))).map(AsRef::as_ref).unwrap_or_default();
                for document in documents {
                    found.extend(self.generated(&document.value, file, folder));
                }
            }
        }
        found
    }

    /// What becomes of a file that the generators of one kustomization take in.
    fn generated(&self, kustomization: &Value, file: &str, folder: &str) -> Vec<Use> {
        let own = file.strip_prefix(folder).unwrap_or(file).trim_start_matches('/');
        let is_own = |named: &str| named.trim_start_matches("./") == own;
        let mut found = Vec::new();
        for (list, kind) in GENERATORS {
            for generator in kustomization[list].as_array().into_iter().flatten() {
                let Some(name) = generator["name"].as_str() else { continue };
                let texts = |key: &str| generator[key].as_array().into_iter().flatten().filter_map(Value::as_str);
                for named in texts("files") {
                    let last = named.rsplit('/').next().unwrap_or(named);
                    let (key, path) = named.split_once('=').unwrap_or((last, named));
                    if is_own(path) {
                        found.extend(self.uses(kind, name, Some(key)).cloned());
                    }
                }
                if texts("envs").chain(generator["env"].as_str()).any(is_own) {
                    found.extend(self.uses(kind, name, None).cloned());
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diff::fields::documents;

    fn inventory(files: &[(&str, &str)]) -> Inventory {
        let mut inventory = Inventory::default();
        for (path, text) in files {
            inventory.put((*path).into(), documents((*path).into(), text.as_bytes()).map(Arc::from));
        }
        inventory
    }

    #[test]
    fn references_are_found_wherever_they_stand() {
        let release = "kind: HelmRelease\nspec: {valuesFrom: [{kind: ConfigMap, name: a}, {kind: ConfigMap, name: b, valuesKey: k, targetPath: web.replicas}]}\n";
        let flux = "kind: Kustomization\nspec: {postBuild: {substituteFrom: [{kind: Secret, name: s}]}}\n";
        let patch = "patches:\n- patch: |\n    kind: Kustomization\n    spec: {postBuild: {substituteFrom: [{kind: ConfigMap, name: p}]}}\n";
        let other = "kind: Release\nspec: {valuesFrom: [{configMapKeyRef: {name: c, key: v}}]}\n";
        let all = inventory(&[("r.yaml", release), ("f.yaml", flux), ("kustomization.yaml", patch), ("o.yaml", other)]);
        let users = Users::of(&all, &Inventory::default());
        for (kind, name, key, expected) in [
            ("ConfigMap", "a", Some("values.yaml"), vec![Use::Values]),
            ("ConfigMap", "a", None, vec![Use::Values]),
            ("ConfigMap", "a", Some("other"), vec![]),
            ("Secret", "a", None, vec![]),
            ("ConfigMap", "b", Some("k"), vec![Use::Value("web.replicas".into())]),
            ("Secret", "s", Some("ANY"), vec![Use::Variable]),
            ("ConfigMap", "p", Some("ANY"), vec![Use::Variable]),
            ("ConfigMap", "c", Some("v"), vec![Use::Values]),
        ] {
            let found: Vec<Use> = users.uses(kind, name, key).cloned().collect();
            assert_eq!(found, expected, "{kind} {name} {key:?}");
        }
    }

    #[test]
    fn files_are_found_through_what_makes_objects_of_them() {
        let own = "configMapGenerator:\n- {name: a, files: [values.yaml=./config/web.yaml, x.conf]}\nsecretGenerator:\n- {name: s, envs: [secret.env]}\n";
        let release = "kind: HelmRelease\nspec: {valuesFrom: [{kind: ConfigMap, name: a}, {kind: Secret, name: s, valuesKey: K, targetPath: k}], chart: {spec: {valuesFiles: [./prod.yaml]}}}\n";
        let all = inventory(&[("app/kustomization.yaml", own), ("app/r.yaml", release)]);
        let users = Users::of(&Inventory::default(), &all);
        let of = |file: &str| users.of_file(file.into(), [&Inventory::default(), &all]);
        assert_eq!(of("app/config/web.yaml"), [Use::Values]);
        assert_eq!(of("app/secret.env"), [Use::Value("k".into())]);
        assert_eq!(of("app/x.conf"), [], "nobody reads that key");
        assert_eq!(of("config/web.yaml"), [], "it is another file");
        assert!(users.names_file("charts/web/prod.yaml".into()) && !users.names_file("notprod.yaml".into()));
    }
}

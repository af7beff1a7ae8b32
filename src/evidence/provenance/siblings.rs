//! The same file, and the same object, in other environments.

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice as _};

use crate::diff::fields::{ConfigDocument, environment_in};
use crate::evidence::Inventory;
use crate::evidence::turn::same_document;
use crate::model::field::DocumentName;

/// Files that are kept for one place: a folder of hundreds of environments names none of them.
const MOST: usize = 64;

/// The config files of a tree by what they are, whatever their environment.
#[derive(Debug, Default)]
pub struct Environments {
    /// By the path with its environment left open.
    files: HashMap<String, Vec<Twin>>,
    /// By the path up to its environment, kind and name.
    objects: HashMap<(String, String, String), Vec<Twin>>,
}

/// A file of another environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// The environment, by the part of the path that tells it.
    pub environment: String,
    /// The file.
    pub file: BString,
}

impl Environments {
    /// Reads an inventory.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        let mut found = Self::default();
        for (path, documents) in inventory.files() {
            let Some(place) = Place::of(path.as_bstr()) else { continue };
            let twin = Twin { environment: place.name().to_owned(), file: path.clone() };
            for document in documents {
                let (Some(kind), Some(name)) = (&document.name.kind, &document.name.name) else { continue };
                let key = (place.front(), kind.clone(), name.clone());
                put(found.objects.entry(key).or_default(), &twin);
            }
            put(found.files.entry(place.open()).or_default(), &twin);
        }
        found
    }

    /// The files of other environments that may hold the document of a file: those of the same name, else those with an
    /// object of the same kind and name.
    #[must_use]
    pub fn twins(&self, path: &BStr, document: &DocumentName) -> Vec<&Twin> {
        let Some(place) = Place::of(path) else { return Vec::new() };
        let named = || {
            let (kind, name) = document.kind.as_ref().zip(document.name.as_ref())?;
            self.objects.get(&(place.front(), kind.clone(), name.clone()))
        };
        let elsewhere =
            |twins: Option<&'_ Vec<Twin>>| twins.is_some_and(|twins| twins.iter().any(|twin| place.is_not(twin)));
        let by_file = self.files.get(&place.open());
        let found = if elsewhere(by_file) { by_file } else { named() };
        found.into_iter().flatten().filter(|twin| place.is_not(twin)).collect()
    }
}

/// The document of another environment that is the same one: by its object, whose namespace may be another there, or by its
/// place in the file.
#[must_use]
pub fn same_of<'d>(documents: &'d [ConfigDocument], wanted: &DocumentName) -> Option<&'d ConfigDocument> {
    let anywhere = DocumentName { namespace: None, ..wanted.clone() };
    let exact = documents.iter().find(|document| same_document(&document.name, wanted));
    exact.or_else(|| documents.iter().find(|document| same_document(&document.name, &anywhere)))
}

fn put(twins: &mut Vec<Twin>, twin: &Twin) {
    if twins.len() < MOST && twins.last() != Some(twin) {
        twins.push(twin.clone());
    }
}

/// A path with the part of it that tells the environment.
struct Place<'p> {
    path: &'p str,
    start: usize,
    end: usize,
}

impl<'p> Place<'p> {
    fn of(path: &'p BStr) -> Option<Self> {
        let path = path.to_str().ok()?;
        let range = environment_in(path)?;
        Some(Self { path, start: range.start, end: range.end })
    }

    fn name(&self) -> &'p str {
        &self.path[self.start..self.end]
    }

    fn is_not(&self, twin: &Twin) -> bool {
        twin.environment != self.name()
    }

    /// What stands before the environment.
    fn front(&self) -> String {
        self.path[..self.start].to_owned()
    }

    /// The path without the environment; a line break is in none.
    fn open(&self) -> String {
        format!("{}\n{}", &self.path[..self.start], &self.path[self.end..])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diff::fields::documents;

    #[test]
    fn the_same_file_and_the_same_object_are_found_elsewhere() {
        let object = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
        let mut inventory = Inventory::default();
        for path in [
            "apps/web/prod/values.yaml",
            "apps/web/staging/values.yaml",
            "apps/cart/staging/values.yaml",
            "overlays/eu-prod/web.yaml",
            "overlays/eu-dev/other.yaml",
            "web/values-prod.yaml",
            "web/values-staging.yaml",
            "web/values.yaml",
        ] {
            inventory.put(path.into(), documents(path.into(), object.as_bytes()).map(Arc::from));
        }
        let environments = Environments::of(&inventory);
        let name = documents("a.yaml".into(), object.as_bytes()).expect("it is YAML").remove(0).name;
        let found = |path: &str| -> Vec<String> {
            environments
                .twins(path.into(), &name)
                .iter()
                .map(|twin| format!("{}: {}", twin.environment, twin.file))
                .collect()
        };
        assert_eq!(found("apps/web/prod/values.yaml"), ["staging: apps/web/staging/values.yaml"]);
        assert_eq!(found("overlays/eu-prod/web.yaml"), ["eu-dev: overlays/eu-dev/other.yaml"], "by its object");
        assert_eq!(found("web/values-prod.yaml"), ["staging: web/values-staging.yaml"]);
        assert_eq!(found("web/values.yaml"), [""; 0]);
    }

    #[test]
    fn a_document_is_the_same_in_another_namespace() {
        let text =
            |space: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: {space}}}\n");
        let read = |space: &str| documents("a.yaml".into(), text(space).as_bytes()).expect("it is YAML");
        let (prod, staging) = (read("prod"), read("staging"));
        assert_eq!(same_of(&staging, &prod[0].name), staging.first());
        assert_eq!(same_of(&staging, &DocumentName::default()), None);
    }
}

//! Where names are used: an index over all documents, made once for each state of the target.

use std::collections::{HashMap, HashSet};

use bstr::ByteSlice as _;

use super::references::{HOST, IMAGE, Reference, bare_image, references};
use crate::diff::fields::ConfigDocument;
use crate::evidence::Inventory;

/// Places of one name that are kept.
const MAX_PLACES: usize = 2_000;

/// Where names are used.
#[derive(Debug, Default)]
pub(super) struct Uses {
    places: HashMap<(String, String), Vec<Place>>,
}

/// A place that uses a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The file.
    pub file: String,
    /// What uses it there.
    pub by: String,
    /// The namespace that is meant, if one is.
    pub namespace: Option<String>,
    /// Whether an object of a cluster uses it.
    pub is_object: bool,
}

/// A name that may be used elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub kind: String,
    pub namespace: Option<String>,
    pub own: String,
}

impl Uses {
    /// Reads all documents.
    pub fn of(inventory: &Inventory) -> Self {
        let namespaces = namespaces(inventory);
        let mut uses = Self::default();
        for (path, document) in inventory.documents() {
            uses.add(&path.to_str_lossy(), document, &namespaces);
        }
        uses
    }

    /// Reads the documents of these files alone.
    pub fn of_files(inventory: &Inventory, files: &[String]) -> Self {
        let namespaces = namespaces(inventory);
        let mut uses = Self::default();
        for file in files {
            for document in inventory.file(file.as_str().into()).into_iter().flat_map(|documents| documents.iter()) {
                uses.add(file, document, &namespaces);
            }
        }
        uses
    }

    fn add(&mut self, file: &str, document: &ConfigDocument, namespaces: &HashSet<&str>) {
        let by = label(document, file);
        let is_object = document.name.kind.is_some() && document.name.name.is_some();
        for Reference { kind, namespace, name } in references(document, namespaces) {
            let places = self.places.entry((kind, name)).or_default();
            if places.len() < MAX_PLACES {
                places.push(Place { file: file.to_owned(), by: by.clone(), namespace, is_object });
            }
        }
    }

    /// The places that use a name, those that may mean another namespace left out.
    pub fn places<'u>(&'u self, name: &'u Name) -> impl Iterator<Item = &'u Place> {
        let found = self.places.get(&(name.kind.clone(), name.own.clone()));
        let same = |place: &&Place| match (&place.namespace, &name.namespace) {
            (Some(meant), Some(own)) => meant == own,
            _ => true,
        };
        found.into_iter().flatten().filter(same)
    }
}

/// The namespaces that documents name.
fn namespaces(inventory: &Inventory) -> HashSet<&str> {
    let named = inventory.documents().flat_map(|(_, document)| {
        let own =
            (document.name.kind.as_deref() == Some("Namespace")).then_some(document.name.name.as_deref()).flatten();
        let built = document.value.get("namespace").and_then(serde_json::Value::as_str);
        [own, document.name.namespace.as_deref(), built]
    });
    named.flatten().collect()
}

/// What a document is called: `Deployment shop/checkout`, else its file.
pub(super) fn label(document: &ConfigDocument, file: &str) -> String {
    match (&document.name.kind, &document.name.name) {
        (Some(kind), Some(_)) => format!("{kind} {}", super::delivery::object_name(document)),
        (Some(kind), None) => kind.clone(),
        (None, _) => file.rsplit_once('/').map_or(file, |(_, name)| name).to_owned(),
    }
}

/// The names under which others may use an object: its own, and that of what comes of it.
pub(super) fn names_of(document: &ConfigDocument) -> Vec<Name> {
    let (Some(kind), Some(own)) = (&document.name.kind, &document.name.name) else { return Vec::new() };
    let named = |kind: &str, name: &str| Name {
        kind: kind.to_owned(),
        namespace: document.name.namespace.clone(),
        own: name.to_owned(),
    };
    let spec = document.value.get("spec");
    let text = |keys: &[&str]| keys.iter().try_fold(spec?, |value, key| value.get(*key))?.as_str();
    let mut names = vec![named(kind, own)];
    match kind.as_str() {
        "ExternalSecret" => names.push(named("Secret", text(&["target", "name"]).unwrap_or(own))),
        "SealedSecret" => names.push(named("Secret", own)),
        "Certificate" => names.extend(text(&["secretName"]).map(|name| named("Secret", name))),
        "Service" | "HelmRelease" | "Deployment" | "StatefulSet" | "DaemonSet" => {
            // Who calls a host must say in which namespace; without it nobody can be told.
            let namespace = text(&["targetNamespace"]).map(str::to_owned).or_else(|| document.name.namespace.clone());
            names.push(Name { namespace, ..named(HOST, own) });
        }
        _ => {}
    }
    names
}

/// The name of an image, however its version is written.
pub(super) fn image(text: &str) -> Option<Name> {
    let name = bare_image(text.trim_start_matches("oci://"));
    let fits = !name.is_empty() && !name.contains([' ', '\n', '{', '$']) && name.len() < 300;
    fits.then(|| Name { kind: IMAGE.to_owned(), namespace: None, own: name.to_owned() })
}

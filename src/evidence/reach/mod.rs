//! Reach: the clusters that a change lands on, the services that it touches, and where else the names that it changes are used.
//!
//! [`Atlas`] is what a state of the target says of that, made once: which folders are built from which files, what brings
//! folders to clusters (Flux, Argo CD), and where names are used. [`Atlas::reach`] follows one change through it. What says
//! something about clusters may itself be changed, so that both sides of such a change are followed. Only the repository is
//! read: what a cluster alone knows (generators, substitutions) is told to be missing, and never guessed.

mod delivery;
mod kustomize;
mod paths;
mod references;
mod routes;
mod sets;
#[cfg(test)]
mod tests;
mod unread;
mod uses;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use routes::{Clusters, Routes};
use uses::{Name, Place, Uses};

use crate::diff::fields::ConfigDocument;
use crate::model::field::{FieldChange, FieldOp, FieldReport};
use crate::model::{ClusterReach, NameUse, Reach, ServiceReach, UsePlace};

use super::Inventory;

/// Changed files that are followed.
const MAX_FILES: usize = 2_000;
/// Changed names that are looked for.
const MAX_NAMES: usize = 200;
/// Names that are listed, and places of each.
const LISTED: (usize, usize) = (30, 12);
/// Characters of a name that is listed.
const MAX_LABEL: usize = 200;

/// A cluster that policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCluster {
    /// Its name.
    pub name: String,
    /// Where policy says so: `policy.yaml:14:3`.
    pub place: String,
    /// Whether policy says by path what lands on it.
    pub by_path: bool,
    /// The addresses of its interface, without a slash at their ends.
    pub endpoints: Vec<String>,
}

/// What policy says of the world.
pub struct Landscape<'a> {
    /// The clusters.
    pub clusters: Vec<NamedCluster>,
    /// Which of them a path is on, by policy.
    pub at: &'a dyn Fn(&str) -> Vec<usize>,
}

impl Landscape<'_> {
    /// The cluster at an address.
    fn cluster_of(&self, server: &str) -> Option<String> {
        let found = self.clusters.iter().find(|cluster| cluster.endpoints.iter().any(|own| own == server));
        found.map(|cluster| cluster.name.clone())
    }
}

/// A change, as far as its reach needs it.
pub struct Change<'a> {
    /// The changed paths, lossily as UTF-8.
    pub files: Vec<String>,
    /// What changes in values.
    pub fields: &'a FieldReport,
    /// The target's documents.
    pub before: &'a Inventory,
    /// The same once it has landed.
    pub after: &'a Inventory,
    /// The services that policy says are touched.
    pub services: Vec<ServiceReach>,
}

/// What a state of the target says of where things land and what is used where.
#[derive(Debug, Default)]
pub struct Atlas {
    routes: Routes,
    uses: Uses,
}

impl Atlas {
    /// Reads all documents.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        Self { routes: Routes::of(inventory), uses: Uses::of(inventory) }
    }

    /// Follows a change.
    #[must_use]
    pub fn reach(&self, change: &Change<'_>, landscape: &Landscape<'_>) -> Reach {
        let after = change.rewrites_routes().then(|| Routes::of(change.after));
        let walk = Walk { atlas: self, after: after.as_ref(), change, landscape };
        let (clusters, lost) = walk.clusters();
        let mut services = change.services.clone();
        services.sort_by_key(|service| !service.critical);
        let names = walk.changed_names();
        let missing = walk.missing(&lost, !names.is_empty());
        Reach { clusters, services, uses: walk.uses(names), missing }
    }
}

impl Change<'_> {
    /// Whether it changes what says where things land.
    fn rewrites_routes(&self) -> bool {
        let says = |inventory: &Inventory, file: &str| {
            inventory.file(file.into()).is_some_and(|documents| documents.iter().any(delivery::delivers))
        };
        self.files
            .iter()
            .any(|file| kustomize::is_kustomization(file) || says(self.before, file) || says(self.after, file))
    }

    /// The documents of a file, of both sides.
    fn documents(&self, file: &str) -> impl Iterator<Item = &ConfigDocument> {
        let sides = [self.before.file(file.into()), self.after.file(file.into())];
        sides.into_iter().flatten().flat_map(|documents| documents.iter())
    }
}

/// One change on its way.
struct Walk<'w> {
    atlas: &'w Atlas,
    /// How files come to clusters once it has landed, if that changes.
    after: Option<&'w Routes>,
    change: &'w Change<'w>,
    landscape: &'w Landscape<'w>,
}

impl Walk<'_> {
    /// The clusters of all files, and the files of which nothing says where they land, though they hold objects.
    fn clusters(&self) -> (Vec<ClusterReach>, Vec<&str>) {
        let (mut found, mut lost) = (BTreeMap::<String, ClusterReach>::new(), Vec::new());
        for file in self.change.files.iter().take(MAX_FILES) {
            let clusters = self.clusters_of(file);
            if clusters.is_empty() && self.change.documents(file).any(is_object) {
                lost.push(file.as_str());
            }
            for (name, why) in clusters {
                let new = ClusterReach { name: name.clone(), why, files: 0 };
                found.entry(name).or_insert(new).files += 1;
            }
        }
        let mut clusters: Vec<ClusterReach> = found.into_values().collect();
        clusters.sort_by_key(|cluster| std::cmp::Reverse(cluster.files));
        (clusters, lost)
    }

    /// What policy says, what the manifests say, and what a changed release says of itself.
    fn clusters_of(&self, file: &str) -> Clusters {
        let mut found = self.routed(file);
        let remote =
            self.change.documents(file).filter(|document| document.name.kind.as_deref() == Some("HelmRelease"));
        for document in remote {
            if let Some(name) = document.value.get("spec").and_then(delivery::kube_config) {
                found.insert(name, uses::label(document, file));
            }
        }
        found
    }

    fn routed(&self, file: &str) -> Clusters {
        let mut found = self.atlas.routes.clusters(file, self.landscape);
        for (name, why) in self.after.map(|after| after.clusters(file, self.landscape)).unwrap_or_default() {
            found.entry(name).or_insert(why);
        }
        let named: Vec<usize> = (self.landscape.at)(file);
        if !named.is_empty() {
            // A cluster without a name is the one that policy names, and others that it knows by path have other paths.
            found.remove(routes::HERE);
            let other = |name: &String| {
                let known = self.landscape.clusters.iter().enumerate().find(|(_, cluster)| cluster.name == *name);
                known.is_some_and(|(at, cluster)| cluster.by_path && !named.contains(&at))
            };
            found.retain(|name, _| !other(name));
        }
        for at in named {
            let cluster = &self.landscape.clusters[at];
            found.entry(cluster.name.clone()).or_insert_with(|| cluster.place.clone());
        }
        found
    }

    /// Where else the changed names are used, those first that are gone, then those that are used the most.
    fn uses(&self, names: BTreeMap<Name, Changed>) -> Vec<NameUse> {
        let changed = Uses::of_files(self.change.after, &self.change.files);
        let own: BTreeSet<&str> = self.change.files.iter().map(String::as_str).collect();
        let mut clusters = HashMap::new();
        let mut found = Vec::new();
        for (name, changed_name) in names {
            let Changed { label, file, gone } = changed_name;
            let elsewhere = self.atlas.uses.places(&name).filter(|place| !own.contains(place.file.as_str()));
            // What the change itself uses it for is in front of the reader, unless nothing is left to be used.
            let own = changed.places(&name).filter(|place| gone && place.by != label);
            let places: BTreeSet<(&str, &str)> = elsewhere
                .chain(own)
                .filter(|place| self.may_share_a_cluster(&file, place, &mut clusters))
                .map(|place| (place.file.as_str(), place.by.as_str()))
                .collect();
            found.extend(listed(&label, &name, gone, &places));
        }
        found.extend(self.shared_folders());
        found.sort_by_key(|used| (!used.gone, std::cmp::Reverse(used.count)));
        // An object may be known by several names.
        found.truncate(LISTED.0);
        found
    }

    /// Whether both could land on one cluster, as far as that is known: what staging uses is not production's, and an object
    /// that is kept and brought nowhere uses nothing.
    fn may_share_a_cluster(&self, file: &str, place: &Place, known: &mut HashMap<String, BTreeSet<String>>) -> bool {
        let mut of = |file: &str| {
            let clusters = known.entry(file.to_owned());
            clusters.or_insert_with(|| self.routed(file).into_keys().collect()).clone()
        };
        let (one, other) = (of(file), of(&place.file));
        one.is_empty() || (other.is_empty() && !place.is_object) || !one.is_disjoint(&other)
    }

    /// The names that change, with the objects that have them.
    fn changed_names(&self) -> BTreeMap<Name, Changed> {
        let mut names = BTreeMap::new();
        for field in &self.change.fields.fields {
            if names.len() >= MAX_NAMES {
                break;
            }
            let file = field.file.to_string();
            let find = |inventory: &'_ Inventory| {
                let documents = inventory.file(file.as_str().into())?;
                documents.iter().find(|document| is_same(document, field)).cloned()
            };
            let (before, after) = (find(self.change.before), find(self.change.after));
            let gone = field.path.0.is_empty() && field.op == FieldOp::Removed && !self.moved(field);
            if let Some(document) = after.as_ref().filter(|_| !gone).or(before.as_ref()) {
                let label = uses::label(document, &file);
                for name in uses::names_of(document) {
                    let changed = Changed { label: label.clone(), file: file.clone(), gone };
                    names.entry(name).or_insert(changed);
                }
            }
            for name in images(field) {
                let label = format!("image {}", name.own);
                names.entry(name).or_insert(Changed { label, file: file.clone(), gone: false });
            }
        }
        names
    }

    /// Whether what is gone here is there under the same name in another changed file.
    fn moved(&self, field: &FieldChange) -> bool {
        let there = |file: &String| self.change.after.file(file.as_str().into());
        self.change
            .files
            .iter()
            .filter_map(there)
            .flat_map(|documents| documents.iter())
            .any(|document| is_same(document, field))
    }

    /// Folders that several take in: bases, components.
    fn shared_folders(&self) -> Vec<NameUse> {
        let routes = self.after.unwrap_or(&self.atlas.routes);
        let folders: BTreeSet<&str> =
            self.change.files.iter().take(MAX_FILES).flat_map(|file| routes.builders(file)).collect();
        let shared = folders.into_iter().filter_map(|folder| {
            let mut users = routes.users(folder);
            // What is kept and brought nowhere takes in nothing.
            users.retain(|(user, _)| !self.routed(user).is_empty());
            let users: BTreeSet<(&str, &str)> = users.iter().map(|(file, by)| (file.as_str(), by.as_str())).collect();
            let used = listed_as(&format!("folder {folder}"), false, &users);
            (users.len() > 1).then_some(used)
        });
        shared.collect()
    }

    fn missing(&self, lost: &[&str], names: bool) -> Option<String> {
        let mut missing: Vec<String> = self.change.before.missing.clone().into_iter().collect();
        let none = self.atlas.routes.is_empty() && self.landscape.clusters.is_empty();
        if let Some(first) = lost.first() {
            missing.push(match (none, lost.len()) {
                (true, _) => {
                    "nothing here says which clusters there are: name them under `clusters` in the policy".to_owned()
                }
                (false, 1) => format!("nothing says where {first} lands"),
                (false, more) => format!("nothing says where {first} and {} more files land", more - 1),
            });
        }
        missing.extend(self.atlas.routes.unread.iter().take(3).cloned());
        missing.extend(self.unread(names));
        let left = self.change.files.len().saturating_sub(MAX_FILES);
        if left > 0 {
            missing.push(format!("{left} more changed files were not followed"));
        }
        (!missing.is_empty()).then(|| missing.join("; "))
    }
}

/// An object whose name is looked for.
struct Changed {
    label: String,
    file: String,
    gone: bool,
}

fn is_object(document: &ConfigDocument) -> bool {
    document.name.kind.is_some() && document.name.name.is_some()
}

fn is_same(document: &ConfigDocument, field: &FieldChange) -> bool {
    let (a, b) = (&document.name, &field.document);
    is_object(document) && (&a.kind, &a.namespace, &a.name) == (&b.kind, &b.namespace, &b.name)
}

/// The images of a changed field, by its values.
fn images(field: &FieldChange) -> impl Iterator<Item = Name> {
    let is_image = matches!(field.path.last_key(), Some("image" | "repository" | "url"));
    let values = [&field.before, &field.after].into_iter().flatten().filter(move |_| is_image);
    let is_url = field.path.last_key() == Some("url");
    values.filter_map(move |value| {
        let text = value.as_str()?;
        (!is_url || text.starts_with("oci://")).then(|| uses::image(text)).flatten()
    })
}

/// A name with the places that use it; nothing where none does.
fn listed(label: &str, name: &Name, gone: bool, places: &BTreeSet<(&str, &str)>) -> Option<NameUse> {
    let of_other = !label.ends_with(&name.own) || !label.starts_with(&name.kind);
    let shown = match (name.kind.as_str(), &name.namespace) {
        (references::IMAGE, _) => label.to_owned(),
        (references::HOST, Some(namespace)) => format!("host {}.{namespace}", name.own),
        (references::HOST, None) => format!("host {}", name.own),
        (kind, Some(namespace)) if of_other => format!("{kind} {namespace}/{}", name.own),
        (kind, None) if of_other => format!("{kind} {}", name.own),
        _ => label.to_owned(),
    };
    (!places.is_empty()).then(|| listed_as(&shown, gone, places))
}

fn listed_as(name: &str, gone: bool, places: &BTreeSet<(&str, &str)>) -> NameUse {
    let short = |text: &str| text.chars().take(MAX_LABEL).collect::<String>();
    let place = |(file, by): &(&str, &str)| UsePlace { file: (*file).to_owned(), by: short(by) };
    NameUse { name: short(name), gone, count: places.len(), places: places.iter().take(LISTED.1).map(place).collect() }
}

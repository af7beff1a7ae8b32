//! From a changed file to the clusters that it lands on: up through kustomizations and deliveries, to the first that names a
//! cluster.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Landscape;
use super::delivery::{self, Delivery, To};
use super::kustomize::Kustomizations;
use super::paths::{cluster_in, folders};
use crate::evidence::Inventory;

/// The cluster of deliveries that name none, as Argo CD calls it.
pub(super) const HERE: &str = "in-cluster";
/// Folders, and deliveries, that one file is followed through.
const MAX_STEPS: usize = 5_000;

/// How files come to clusters.
#[derive(Debug, Default)]
pub(super) struct Routes {
    kustomizations: Kustomizations,
    deliveries: Vec<Delivery>,
    /// Deliveries by their path.
    by_path: HashMap<String, Vec<usize>>,
    /// Deliveries by the file that says so.
    by_file: HashMap<String, Vec<usize>>,
    /// Deliveries whose paths have gaps.
    gapped: Vec<usize>,
    /// What of them cannot be read.
    pub unread: Vec<String>,
}

/// Clusters by name, with what says so.
pub(super) type Clusters = BTreeMap<String, String>;

impl Routes {
    /// Reads all of them.
    pub fn of(inventory: &Inventory) -> Self {
        let (deliveries, unread) = delivery::all(inventory);
        let mut routes = Self { kustomizations: Kustomizations::of(inventory), unread, ..Self::default() };
        for (at, delivery) in deliveries.iter().enumerate() {
            routes.by_file.entry(delivery.file.clone()).or_default().push(at);
            match delivery.path.whole() {
                Some(path) => routes.by_path.entry(path.to_owned()).or_default().push(at),
                None => routes.gapped.push(at),
            }
        }
        routes.deliveries = deliveries;
        routes
    }

    /// Whether nothing is brought anywhere.
    pub fn is_empty(&self) -> bool {
        self.deliveries.is_empty()
    }

    /// The clusters that a file lands on; none where nothing tells.
    pub fn clusters(&self, file: &str, landscape: &Landscape<'_>) -> Clusters {
        let mut found = Clusters::new();
        let is_prose = file.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("md"));
        if is_prose && self.kustomizations.users(file).is_empty() {
            return found;
        }
        // Each delivery, with the first one of its chain, which is the closest to the file.
        let mut first = self.bringing(file);
        if first.is_empty() {
            // Somebody once put it there by hand, and it lands on the cluster whose folder it is in; what lies elsewhere and is
            // brought by nothing may be put away.
            let own = self.by_file.get(file).into_iter().flatten();
            first.extend(own.filter(|at| root(&self.deliveries[**at], landscape) != HERE));
        }
        let mut open: Vec<(usize, usize)> = first.into_iter().map(|at| (at, at)).collect();
        // The narrowest says it best.
        open.sort_by_key(|(at, _)| self.deliveries[*at].path.whole().map_or(0, str::len));
        let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
        while let Some((at, first)) = open.pop() {
            if seen.len() >= MAX_STEPS || seen.contains_key(&at) {
                continue;
            }
            seen.insert(at, first);
            let delivery = &self.deliveries[at];
            if let Some(name) = named(delivery, landscape) {
                found.entry(name).or_insert_with(|| self.why(first));
                continue;
            }
            let before: Vec<usize> = self.bringing(&delivery.file).into_iter().filter(|one| *one != at).collect();
            if before.is_empty() {
                found.entry(root(delivery, landscape)).or_insert_with(|| self.why(first));
            }
            open.extend(before.into_iter().map(|one| (one, first)));
        }
        self.fill(file, &seen, &mut found);
        if found.is_empty() {
            // They bring each other: a cluster that was told once where to begin.
            for (at, first) in seen {
                found.entry(root(&self.deliveries[at], landscape)).or_insert_with(|| self.why(first));
            }
            if found.len() > 1 {
                found.remove(HERE);
            }
        }
        found
    }

    /// Where a gap of a path is filled by the name of a cluster, the file lands on that one: `apps/${CLUSTER}`.
    fn fill(&self, file: &str, seen: &BTreeMap<usize, usize>, found: &mut Clusters) {
        let gapped = seen.keys().map(|at| &self.deliveries[*at].path);
        let names: BTreeSet<&str> = gapped.flat_map(|path| path.filled_by(file)).collect();
        if found.keys().any(|name| names.contains(name.as_str())) {
            found.retain(|name, _| names.contains(name.as_str()));
        }
    }

    fn why(&self, at: usize) -> String {
        self.deliveries[at].says.clone()
    }

    /// The deliveries that bring a file: by a folder that is built from it, or that it lies in.
    fn bringing(&self, file: &str) -> BTreeSet<usize> {
        let mut found: BTreeSet<usize> = BTreeSet::new();
        let mut open: Vec<&str> = self.kustomizations.builders(file);
        open.push(file);
        let mut seen: BTreeSet<&str> = open.iter().copied().collect();
        while let Some(at) = open.pop() {
            self.at(at, &mut found);
            if seen.len() > MAX_STEPS {
                break;
            }
            open.extend(self.kustomizations.users(at).iter().map(String::as_str).filter(|user| seen.insert(user)));
        }
        found
    }

    /// The deliveries whose path is exactly this, or a folder above it that takes in all below: up to the first kustomization,
    /// which takes in what it names.
    fn at(&self, node: &str, found: &mut BTreeSet<usize>) {
        found.extend(self.by_path.get(node).into_iter().flatten());
        for folder in folders(node).take_while(|folder| *folder != node && !self.kustomizations.has(folder)) {
            found.extend(self.by_path.get(folder).into_iter().flatten());
        }
        found.extend(self.gapped.iter().filter(|at| self.deliveries[**at].path.covers(node)));
    }

    /// What takes in a folder or a file: kustomizations by their folders, deliveries by what says so with their files.
    pub fn users(&self, of: &str) -> Vec<(String, String)> {
        let folders = self.kustomizations.users(of).iter().map(|user| (user.clone(), "Kustomization".to_owned()));
        let deliveries = self.by_path.get(of).into_iter().flatten().map(|at| &self.deliveries[*at]);
        folders.chain(deliveries.map(|one| (one.file.clone(), one.says.clone()))).collect()
    }

    /// The folders that are built from a file.
    pub fn builders<'k>(&'k self, file: &'k str) -> Vec<&'k str> {
        self.kustomizations.builders(file)
    }
}

/// The cluster that a delivery names itself.
fn named(delivery: &Delivery, landscape: &Landscape<'_>) -> Option<String> {
    match &delivery.to {
        To::Named(name) => Some(name.clone()),
        To::Server(server) => Some(landscape.cluster_of(server).unwrap_or_else(|| host(server))),
        To::Unknown => Some("not known before it is filled in".to_owned()),
        To::Here => None,
    }
}

/// The cluster of a delivery that nothing else brings: policy's, or that whose folder it is in or brings.
fn root(delivery: &Delivery, landscape: &Landscape<'_>) -> String {
    let by_policy = || (landscape.at)(&delivery.file).first().map(|at| landscape.clusters[*at].name.clone());
    let by_folder = || cluster_in(&delivery.file).or_else(|| cluster_in(delivery.path.whole()?)).map(str::to_owned);
    by_policy().or_else(by_folder).unwrap_or_else(|| HERE.to_owned())
}

/// The host of an address, which is all that is known of a cluster that nobody named.
fn host(server: &str) -> String {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    rest.to_owned()
}

//! Where a proposal lands and who feels it: the atlas of the target is made once, and asked for each proposal.

use std::sync::{Arc, Mutex, PoisonError};

use bstr::ByteSlice as _;

use super::{Looked, Scene};
use crate::evidence::Inventory;
use crate::evidence::reach::{Atlas, Change, Landscape, NamedCluster};
use crate::io::inventory;
use crate::model::{Known, Reach, ServiceReach};
use crate::policy::Policy;

/// The atlas of the last inventory that was asked about.
#[derive(Debug, Default)]
pub struct Atlases(Mutex<Option<(Arc<Inventory>, Arc<Atlas>)>>);

impl Atlases {
    /// The atlas of an inventory.
    #[must_use]
    pub fn of(&self, inventory: &Arc<Inventory>) -> Arc<Atlas> {
        // Held while reading: whoever asks meanwhile wants the same.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, atlas)) = kept.as_ref().filter(|(own, _)| Arc::ptr_eq(own, inventory)) {
            return Arc::clone(atlas);
        }
        let atlas = Arc::new(Atlas::of(inventory));
        *kept = Some((Arc::clone(inventory), Arc::clone(&atlas)));
        atlas
    }
}

impl Scene<'_> {
    /// Where a proposal lands, and who feels it.
    pub(super) fn reach(&self, looked: &Looked<'_>) -> Known<Reach> {
        let before = match &self.inventory {
            Known::Known(before) => before,
            Known::Unknown(why) => return Known::Unknown(why.clone()),
            Known::Indexing => return Known::Indexing,
        };
        let Some(diff) = looked.proposal.diff() else { return Known::Unknown("it does not merge".to_owned()) };
        let policy = self.situation.policy();
        let after = inventory::after(&self.store, before, diff);
        let files: Vec<String> = diff.files.iter().map(|file| file.path.to_string()).collect();
        let services = policy.services.iter().filter_map(|service| {
            let file = diff.files.iter().find(|file| service.files.matches(file.path.as_bstr()))?;
            let (name, file) = (service.name.clone(), file.path.to_string());
            Some(ServiceReach { name, critical: service.critical, file })
        });
        let change = Change { files, fields: looked.fields, before, after: &after, services: services.collect() };
        let on = |file: &str| clusters_at(policy, file);
        let landscape = Landscape { clusters: named(policy), at: &on };
        Known::Known(self.workspace.atlases.of(before).reach(&change, &landscape))
    }
}

/// The clusters that policy puts a path on, by their positions.
fn clusters_at(policy: &Policy, file: &str) -> Vec<usize> {
    let on =
        policy.clusters.iter().map(|cluster| cluster.paths.as_ref().is_some_and(|paths| paths.matches(file.into())));
    on.enumerate().filter(|(_, is_on)| *is_on).map(|(at, _)| at).collect()
}

fn named(policy: &Policy) -> Vec<NamedCluster> {
    let named = policy.clusters.iter().map(|cluster| NamedCluster {
        name: cluster.name.clone(),
        place: cluster.at.to_string(),
        by_path: cluster.paths.is_some(),
        endpoints: cluster.endpoints.clone(),
    });
    named.collect()
}

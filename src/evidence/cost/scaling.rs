//! How many pods there are: what a workload says, and the autoscalers that say otherwise.

use std::cmp::Reverse;

use bstr::BStr;
use rust_decimal::Decimal;
use serde_json::Value;

use super::part::{Count, MOST};
use super::pods::amount;
use crate::diff::fields::ConfigDocument;
use crate::evidence::Inventory;

/// Kinds whose pods an autoscaler can count.
const SCALED: [&str; 6] =
    ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout", "HelmRelease"];

/// An autoscaler.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scaler<'i> {
    path: &'i BStr,
    namespace: Option<&'i str>,
    kind: &'i str,
    name: &'i str,
    count: Count,
}

/// The autoscalers of a tree.
#[derive(Debug)]
pub(super) struct Scalers<'i> {
    inventory: &'i Inventory,
    all: Vec<Scaler<'i>>,
}

impl<'i> Scalers<'i> {
    /// Finds them.
    pub fn of(inventory: &'i Inventory) -> Self {
        let all = inventory.documents().filter_map(|(path, document)| scaler(path.as_ref(), document)).collect();
        Self { inventory, all }
    }

    /// Between how many pods an object has, where an autoscaler says so.
    pub fn of_object(&self, path: &BStr, document: &ConfigDocument) -> Option<Count> {
        let scaler = self
            .all
            .iter()
            .find(|scaler| scaler.names(document) && self.targets(scaler).is_some_and(|(file, _)| file == path))?;
        Some(scaler.count)
    }

    /// What an autoscaler counts the pods of, if it is one: of objects of this name that nearest to it.
    pub fn target_of(&self, path: &BStr, document: &ConfigDocument) -> Option<(&'i BStr, &'i ConfigDocument)> {
        self.targets(&scaler(path, document)?)
    }

    /// An overlay has objects of the same name as the next: an autoscaler is meant for that in its own folder.
    fn targets(&self, scaler: &Scaler<'_>) -> Option<(&'i BStr, &'i ConfigDocument)> {
        let named = self.inventory.documents().filter(|(_, document)| scaler.names(document));
        let near = |path: &BStr| path.iter().zip(scaler.path.iter()).take_while(|(a, b)| a == b).count();
        named.map(|(path, document)| (path.as_ref(), document)).min_by_key(|(path, _)| Reverse(near(path)))
    }
}

impl Scaler<'_> {
    /// Whether it is this object that it counts the pods of; a Helm release makes the object of its name.
    fn names(&self, document: &ConfigDocument) -> bool {
        let name = &document.name;
        let Some(kind) = name.kind.as_deref().filter(|kind| SCALED.contains(kind)) else { return false };
        let same_place = name.namespace.as_deref().zip(self.namespace).is_none_or(|(one, other)| one == other);
        name.name.as_deref() == Some(self.name) && same_place && (kind == self.kind || kind == "HelmRelease")
    }
}

/// A document as an autoscaler.
fn scaler<'i>(path: &'i BStr, document: &'i ConfigDocument) -> Option<Scaler<'i>> {
    let spec = &document.value["spec"];
    // What is not written is what the API server and KEDA's admission put there.
    let (low, high) = match document.name.kind.as_deref()? {
        "HorizontalPodAutoscaler" => (bound(&spec["minReplicas"], 1)?, pods(&spec["maxReplicas"])?),
        "ScaledObject" => (bound(&spec["minReplicaCount"], 0)?, bound(&spec["maxReplicaCount"], 100)?),
        _ => return None,
    };
    let target = &spec["scaleTargetRef"];
    Some(Scaler {
        path,
        namespace: document.name.namespace.as_deref(),
        kind: target["kind"].as_str().unwrap_or("Deployment"),
        name: target["name"].as_str()?,
        count: Count { low: low.min(high), high },
    })
}

fn bound(said: &Value, default: u32) -> Option<Decimal> {
    if said.is_null() { Some(Decimal::from(default)) } else { pods(said) }
}

/// A number of pods.
pub(super) fn pods(said: &Value) -> Option<Decimal> {
    amount(said).filter(|number| number.is_integer() && *number <= MOST)
}

//! Reach: where a change lands, and who feels it.

use serde::Serialize;

/// Where a change lands, and who feels it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// The clusters that it lands on.
    pub clusters: Vec<ClusterReach>,
    /// The services that it touches.
    pub services: Vec<ServiceReach>,
    /// Where else in the repository the changed names are used.
    pub uses: Vec<NameUse>,
    /// What cannot be known of it, and why; `None` where all is known.
    pub missing: Option<String>,
}

/// A cluster that a change lands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClusterReach {
    /// Its name.
    pub name: String,
    /// What says so: `Argo CD Application checkout-prod`, `policy.yaml:14`. Sanitise before showing.
    pub why: String,
    /// How many of the changed files land there.
    pub files: usize,
}

/// A service that a change touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceReach {
    /// Its name in the policy.
    pub name: String,
    /// Whether the policy calls it critical.
    pub critical: bool,
    /// A changed file that belongs to it, lossily as UTF-8.
    pub file: String,
}

/// A changed name and where else it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NameUse {
    /// The object: `ConfigMap shop/checkout-config`. Sanitise before showing.
    pub name: String,
    /// Whether it is gone after the change, so that what uses it has nothing left to use.
    pub gone: bool,
    /// How many places use it.
    pub count: usize,
    /// The places, bounded.
    pub places: Vec<UsePlace>,
}

/// A place that uses a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsePlace {
    /// The file, lossily as UTF-8.
    pub file: String,
    /// What uses it there: `Deployment shop/checkout`. Sanitise before showing.
    pub by: String,
}

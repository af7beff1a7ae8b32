//! What of a change is named first, where not all of it can be.

use super::label::{pointed, version};
use crate::model::field::{DocumentName, FieldChange, FieldOp};

/// The weight of what may go without a name.
pub(super) const REST: u8 = 4;
/// The weight of text for people beside values.
const PROSE: u8 = 5;

/// Lighter is named first: capacity that shrinks, what decides who may do what and who notices, other capacity, versions and
/// whole objects, then the rest.
pub(super) fn weight(field: &FieldChange) -> u8 {
    match field {
        field
            if field.is_capacity && !field.path.0.is_empty() && field.percent.is_some_and(|percent| percent < 0.0) =>
        {
            0
        }
        field if is_grave(field) => 1,
        // Where it stands matters less than what became of it.
        field if field.op == FieldOp::Moved && field.path.0.is_empty() => PROSE,
        field if field.path.0.is_empty() || version(field).is_some() => 3,
        field if field.is_capacity => 2,
        field if is_prose(field) => PROSE,
        _ => REST,
    }
}

/// Keys of what protects, watches or opens something, wherever they stand on the way to a value.
const GRAVE: [&str; 37] = [
    "$patch",
    "allowPrivilegeEscalation",
    "automerge",
    "automountServiceAccountToken",
    "capabilities",
    "containerSecurityContext",
    "defaultPodSecurityContext",
    "expr",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPath",
    "hostUsers",
    "livenessProbe",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "mirrors",
    "networkPolicy",
    "nodePort",
    "parentRefs",
    "permissions",
    "podSecurityContext",
    "port",
    "privileged",
    "probes",
    "readOnlyRootFilesystem",
    "readinessProbe",
    "registries",
    "roleRef",
    "runAsGroup",
    "runAsNonRoot",
    "runAsUser",
    "runs-on",
    "securityContext",
    "serviceAccountName",
    "startupProbe",
    "targetPort",
];

/// Kinds of objects that decide who may do what, and reach what.
const KINDS: [&str; 7] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "NetworkPolicy",
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
];

/// Whether a field decides who may do what, whether anybody notices that something is broken, or what can be reached.
fn is_grave(field: &FieldChange) -> bool {
    let DocumentName { kind, .. } = &field.document;
    let grave_kind = kind.as_deref().is_some_and(|kind| KINDS.contains(&kind));
    let mut keys = field.path.keys();
    // What starts a workflow, and how often.
    let trigger = field.file.starts_with(b".github/workflows/") && keys.next() == Some("on");
    let alert_route = kind.as_deref() == Some("AlertmanagerConfig");
    grave_kind || trigger || alert_route || pointed(&field.path).keys().any(|key| GRAVE.contains(&key))
}

/// Whether a field is text for people.
fn is_prose(field: &FieldChange) -> bool {
    matches!(field.path.last_key(), Some("description" | "summary" | "message" | "title" | "comment"))
}

//! Amounts that bear cost in documents of which it is not known what they start: kept, so that it is known that they changed.

use serde_json::Value;

use super::part::Part;

/// Keys of numbers and names that decide how much there is of something, without case, `-` and `_`.
const AMOUNTS: [&str; 32] = [
    "allocatedstorage",
    "capacity",
    "count",
    "desiredcapacity",
    "desiredcount",
    "desiredsize",
    "disksize",
    "instanceclass",
    "instancecount",
    "instances",
    "instancesize",
    "instancetype",
    "instancetypes",
    "limits",
    "machinetype",
    "maxcapacity",
    "maxreplicas",
    "maxsize",
    "mincapacity",
    "minreplicas",
    "minsize",
    "nodecount",
    "nodetype",
    "numnodes",
    "replicacount",
    "replicas",
    "requests",
    "size",
    "storage",
    "storagesize",
    "vmsize",
    "volumesize",
];
/// What can be switched on without starting anything, by its whole name: `graylog` is no log, and `ruler` no rule.
const WITHOUT_PODS: [&str; 57] = [
    "affinity",
    "alerts",
    "annotations",
    "auth",
    "basicauth",
    "certificate",
    "certificates",
    "dashboard",
    "dashboards",
    "debug",
    "defaultrules",
    "gatewayapi",
    "httproute",
    "httproutes",
    "ingress",
    "ingressclass",
    "ingressclassresource",
    "ingresses",
    "ingressroute",
    "ingressroutes",
    "ini",
    "liveness",
    "livenessprobe",
    "log",
    "logging",
    "logs",
    "networkpolicies",
    "networkpolicy",
    "notifications",
    "oidc",
    "pdb",
    "poddisruptionbudget",
    "podmonitor",
    "podsecuritycontext",
    "podsecuritypolicy",
    "policy",
    "probe",
    "probes",
    "prometheusrule",
    "prometheusrules",
    "psp",
    "rbac",
    "readiness",
    "readinessprobe",
    "route",
    "routes",
    "rules",
    "security",
    "securitycontext",
    "service",
    "serviceaccount",
    "servicemonitor",
    "startup",
    "startupprobe",
    "tls",
    "vmpodscrape",
    "vmservicescrape",
];
/// The most amounts of one document.
const MOST: usize = 200;
/// The deepest that is looked.
const DEPTH: usize = 32;

/// The amounts of an object of a kind without a price.
pub(super) fn of_object(kind: &str, value: &Value) -> Vec<Part> {
    let mut found = Found { of: format!("{kind} has no price here"), switches: false, parts: Vec::new() };
    let path = String::new();
    found.walk(value, &path, 0);
    found.parts
}

/// The amounts of a chart's values but those that are `known`, and what they switch on.
pub(super) fn of_values(values: &Value, known: &[&str]) -> Vec<Part> {
    let of = "what the chart makes of it is not known".to_owned();
    let mut found = Found { of, switches: true, parts: Vec::new() };
    for (key, value) in values.as_object().into_iter().flatten() {
        if !known.contains(&key.as_str()) {
            found.entry(key, value, "", 0);
        } else if matches!(key.as_str(), "persistence" | "service") {
            // Of these what stands at their top is known; there may be more of them below.
            let below = value.as_object().into_iter().flatten().filter(|(_, value)| value.is_object());
            below.for_each(|(name, value)| found.entry(name, value, key, 1));
        }
    }
    found.parts
}

struct Found {
    /// Why what is found has no price.
    of: String,
    /// Whether what is switched on counts.
    switches: bool,
    parts: Vec<Part>,
}

impl Found {
    fn walk(&mut self, value: &Value, path: &str, depth: usize) {
        if depth > DEPTH || self.parts.len() >= MOST {
            return;
        }
        match value {
            Value::Object(entries) => entries.iter().for_each(|(key, value)| self.entry(key, value, path, depth)),
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, path, depth + 1)),
            _ => {}
        }
    }

    fn entry(&mut self, key: &str, value: &Value, path: &str, depth: usize) {
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let plain = plain(key);
        let amount = AMOUNTS.contains(&plain.as_str()) && !value.is_null();
        let switch = self.switches
            && matches!(plain.as_str(), "enabled" | "enable")
            && value.is_boolean()
            && starts(&path.split('.').collect::<Vec<_>>());
        let balancer = self.switches && plain == "type" && value == "LoadBalancer";
        if amount && !value.is_object()
            || matches!(plain.as_str(), "limits" | "requests") && value.is_object()
            || switch
            || balancer
        {
            self.parts.push(Part::Unknown { why: format!("{path}: {}", self.of), witness: value.to_string() });
        } else {
            self.walk(value, &path, depth + 1);
        }
    }
}

fn plain(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '-' | '_')).collect::<String>().to_ascii_lowercase()
}

/// Whether a key is that of an amount.
pub(super) fn is_amount(key: &str) -> bool {
    AMOUNTS.contains(&plain(key).as_str())
}

/// Whether what is switched at a path may start something.
pub(super) fn starts(path: &[&str]) -> bool {
    !path.iter().any(|key| WITHOUT_PODS.contains(&plain(key).as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_are_found_wherever_they_are() {
        let values = json!({
            "replicas": 3,
            "sidecar": { "resources": { "limits": { "memory": "1Gi" } }, "enabled": true },
            "ingress": { "enabled": true },
            "list": [{ "disk_size": 20 }],
        });
        let shown = |parts: Vec<Part>| -> Vec<String> {
            let why = |part| match part {
                Part::Unknown { why, witness } => format!("{}={witness}", why.split(':').next().unwrap_or_default()),
                other => format!("{other:?}"),
            };
            parts.into_iter().map(why).collect()
        };
        assert_eq!(
            shown(of_values(&values, &["replicas"])),
            [r#"sidecar.resources.limits={"memory":"1Gi"}"#, "sidecar.enabled=true", "list.disk_size=20"]
        );
        assert_eq!(of_object("Kafka", &values).len(), 3);
        let deep = (0..1_000).fold(json!({ "size": 1 }), |value, _| json!({ "a": value }));
        assert!(of_object("X", &deep).is_empty());
    }
}

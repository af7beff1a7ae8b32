//! Helm values of the shapes that many charts share. What other values start is not known, and said so.

use serde_json::{Map, Value};

use super::objects::{cron_runs, pod_parts, postgres, replicas, unknown, volume};
use super::part::{Count, Part};
use super::{pods, unclear};

/// What a component of a chart has that is priced.
const COMPONENT: [&str; 4] = ["autoscaling", "replicaCount", "replicas", "resources"];
/// Keys of the library of charts that are read, or start nothing.
const SHAPED: [&str; 15] = [
    "configMaps",
    "controllers",
    "defaultPodOptions",
    "defaultPodOptionsStrategy",
    "global",
    "ingress",
    "networkpolicies",
    "persistence",
    "podMonitor",
    "rbac",
    "route",
    "secrets",
    "service",
    "serviceAccount",
    "serviceMonitor",
];
/// Keys of the plain shape, which are priced.
const PLAIN: [&str; 6] = ["autoscaling", "persistence", "replicaCount", "replicas", "resources", "service"];

/// The parts of a release of a chart.
pub(super) fn of_release(chart: &str, values: &Value, scaled: Option<Count>) -> Vec<Part> {
    let mut parts = shaped(chart, values, scaled).unwrap_or_else(|| plain(values, scaled, true));
    if parts.is_empty() {
        parts.push(unknown("its values do not say what it asks for", chart));
    }
    parts
}

/// The parts of a file of values, whose chart is not known. Such files are laid over one another: what one does not say stands
/// in the next.
pub(super) fn of_file(values: &Value) -> Vec<Part> {
    shaped("", values, None).unwrap_or_else(|| plain(values, None, false))
}

/// Whether values are those of the library of charts that says all that runs.
pub(super) fn is_shaped(values: &Value) -> bool {
    let of_library = |controller: &Value| controller["containers"].as_object().is_some_and(|all| !all.is_empty());
    values["controllers"].as_object().is_some_and(|all| !all.is_empty() && all.values().all(of_library))
}

/// Shapes that say all that runs.
fn shaped(chart: &str, values: &Value, scaled: Option<Count>) -> Option<Vec<Part>> {
    if let Some(controllers) = values["controllers"].as_object().filter(|_| is_shaped(values)) {
        let mut parts: Vec<Part> =
            controllers.values().flat_map(|one| controller(one, &values["defaultPodOptions"], scaled)).collect();
        parts.extend(named(&values["persistence"]).filter_map(persistence));
        parts.extend(
            named(&values["service"]).filter(|service| service["type"] == "LoadBalancer").map(|_| Part::LoadBalancer),
        );
        let rest = values.as_object().into_iter().flatten().filter(|(key, _)| !SHAPED.contains(&key.as_str()));
        let rest: Value = rest.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>().into();
        parts.extend(unclear::of_values(&rest, &[]));
        return Some(parts);
    }
    if chart == "cluster" && values["cluster"]["instances"].is_number() {
        // The chart of CloudNativePG passes these on as they are.
        let mut parts = postgres(&values["cluster"]);
        parts.extend(unclear::of_values(values, &["cluster"]));
        return Some(parts);
    }
    None
}

/// The values of a map.
fn named(map: &Value) -> impl Iterator<Item = &Value> {
    map.as_object().into_iter().flat_map(|map| map.values())
}

/// A controller of the app-template chart (github.com/bjw-s-labs/helm-charts).
fn controller(one: &Value, options: &Value, scaled: Option<Count>) -> Vec<Part> {
    if one["enabled"] == false {
        return Vec::new();
    }
    let enabled = |container: &&Value| container["enabled"] != false;
    let containers: Vec<&Value> = named(&one["containers"]).filter(enabled).collect();
    let inits: Vec<(&Value, bool)> =
        named(&one["initContainers"]).filter(enabled).map(|init| (init, init["restartPolicy"] == "Always")).collect();
    let pod = pods::of_containers(&containers, &inits, &options["resources"]);
    match one["type"].as_str().unwrap_or("deployment") {
        "daemonset" => {
            let why = "it runs on each node, and how many nodes there are is not known";
            let own = &one["pod"];
            let placed = [own, options].map(pods::placement).join(" ");
            vec![unknown(why, &format!("{:?} {placed}", pod.asked))]
        }
        "job" => vec![Part::Once],
        "cronjob" => cron_runs(&one["cronjob"], &one["cronjob"], Ok(pod)),
        kind => match replicas(&one["replicas"], scaled) {
            Ok(count) => {
                let mut parts = pod_parts(Ok(pod), count);
                let claims =
                    one["statefulset"]["volumeClaimTemplates"].as_array().map(Vec::as_slice).unwrap_or_default();
                let claims = claims.iter().filter(|_| kind == "statefulset");
                parts.extend(claims.map(|claim| volume(&claim["size"], claim["storageClass"].as_str(), count)));
                parts
            }
            Err(unknown) => vec![unknown],
        },
    }
}

/// A volume that is claimed for the release; others are there already, or are no volumes.
fn persistence(one: &Value) -> Option<Part> {
    let kind = one["type"].as_str().unwrap_or("persistentVolumeClaim");
    let claimed = matches!(kind, "persistentVolumeClaim" | "pvc") && one["existingClaim"].is_null();
    let sized = claimed && one["enabled"] != false && !one["size"].is_null();
    sized.then(|| volume(&one["size"], class(one), Count::ONE))
}

fn class(one: &Value) -> Option<&str> {
    [&one["storageClass"], &one["storageClassName"]].into_iter().find_map(Value::as_str)
}

/// The shape that `helm create` writes: one workload, at the top.
fn plain(values: &Value, scaled: Option<Count>, alone: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let said = [&values["replicaCount"], &values["replicas"]].into_iter().find(|said| !said.is_null());
    let pod = pods::of_containers(&[values], &[], &Value::Null);
    let asks = pod.asked.is_some() || pod.unreadable.is_some();
    match replicas(said.unwrap_or(&Value::Null), scaled.or_else(|| autoscaled(values))) {
        Ok(count) if asks && (alone || said.is_some()) => parts.extend(pod_parts(Ok(pod), count)),
        Ok(_) if asks => {
            let what = values["resources"].to_string();
            parts.push(unknown("how many pods there are stands elsewhere", &what));
        }
        Ok(count) if said.is_some() || values["autoscaling"]["enabled"] == true => {
            parts.push(unknown("what each pod asks for is not said", &count.words()));
        }
        Ok(_) => {}
        Err(unknown) => parts.push(unknown),
    }
    if values["autoscaling"]["enabled"] == true && scaled.or_else(|| autoscaled(values)).is_none() {
        parts.push(unknown("how many pods its autoscaler allows is not said", &values["autoscaling"].to_string()));
    }
    let kept = &values["persistence"];
    if kept["enabled"] == true && kept["existingClaim"].as_str().is_none_or(str::is_empty) {
        parts.push(match &kept["size"] {
            Value::Null => unknown("the size of its volume is the chart's own", "persistence"),
            size => volume(size, class(kept), Count::ONE),
        });
    }
    if values["service"]["type"] == "LoadBalancer" {
        parts.push(Part::LoadBalancer);
    }
    let mut known = PLAIN.to_vec();
    for (key, own) in values.as_object().into_iter().flatten() {
        if let Some(own) = component(own) {
            known.push(key);
            parts.extend(own);
        }
    }
    parts.extend(unclear::of_values(values, &known));
    parts
}

/// A part of a chart that says both how many pods it has and what each asks for, as `controller` of ingress-nginx does.
fn component(own: &Value) -> Option<Vec<Part>> {
    let said = [&own["replicaCount"], &own["replicas"]].into_iter().find(|said| !said.is_null())?;
    let pod = Some(pods::of_containers(&[own], &[], &Value::Null)).filter(|pod| pod.asked.is_some())?;
    let scaled = autoscaled(own);
    if own["autoscaling"]["enabled"] == true && scaled.is_none() {
        return None;
    }
    let count = replicas(said, scaled).ok()?;
    let mut parts = if own["enabled"] == false { Vec::new() } else { pod_parts(Ok(pod), count) };
    parts.extend(unclear::of_values(own, &COMPONENT));
    Some(parts)
}

fn autoscaled(values: &Value) -> Option<Count> {
    let scaling = &values["autoscaling"];
    let pods = |key: &str| super::scaling::pods(&scaling[key]);
    let (low, high) = (pods("minReplicas")?, pods("maxReplicas")?);
    (scaling["enabled"] == true).then(|| Count { low: low.min(high), high })
}

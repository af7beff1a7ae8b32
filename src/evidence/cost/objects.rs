//! Which parts of a document bear cost.

use bstr::BStr;
use rust_decimal::Decimal;
use serde_json::Value;

use super::part::{Asked, Count, Part};
use super::pods::{self, Partial, Pod};
use super::scaling::{Scalers, pods};
use super::schedule::runs_a_month;
use super::{terraform, unclear, values};
use crate::diff::fields::ConfigDocument;

/// How long a job runs that does not say when it is stopped, in seconds.
const RUN: u32 = 600;
/// Kinds that bear no cost of their own, whatever numbers are in them.
const FREE: [&str; 25] = [
    "ClusterPolicy",
    "ClusterRole",
    "ConfigMap",
    "CustomResourceDefinition",
    "ExternalSecret",
    "GitRepository",
    "HelmRepository",
    "HorizontalPodAutoscaler",
    "HTTPRoute",
    "ImagePolicy",
    "Ingress",
    "LimitRange",
    "Namespace",
    "NetworkPolicy",
    "OCIRepository",
    "PersistentVolume",
    "PodDisruptionBudget",
    "PriorityClass",
    "PrometheusRule",
    "ResourceQuota",
    "ScaledObject",
    "Secret",
    "ServiceMonitor",
    "StorageClass",
    "VerticalPodAutoscaler",
];

/// The parts of a document that bear cost; none where it bears none.
pub(super) fn parts(path: &BStr, document: &ConfigDocument, scalers: &Scalers<'_>) -> Vec<Part> {
    let value = &document.value;
    let Some(kind) = document.name.kind.as_deref() else { return without_kind(path, value) };
    let spec = &value["spec"];
    let scaled = || scalers.of_object(path, document);
    match kind {
        "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "Rollout" => workload(spec, scaled()),
        "Pod" => pod_parts(pods::of_spec(spec), Count::ONE),
        "DaemonSet" => on_each_node(spec),
        "Job" => vec![Part::Once],
        "CronJob" => cron(spec),
        "PersistentVolumeClaim" => vec![claim(spec, Count::ONE)],
        "Service" if spec["type"] == "LoadBalancer" => vec![Part::LoadBalancer],
        "HelmRelease" => values::of_release(chart(spec), &spec["values"], scaled()),
        "Application" => applications(spec),
        "Cluster" if group(document) == "postgresql.cnpg.io" => postgres(spec),
        "ReplicationDestination" | "ReplicationSource" => copies(spec),
        "Service" | "Kustomization" if group(document) != "kustomize.config.k8s.io" => Vec::new(),
        kind if FREE.contains(&kind) => Vec::new(),
        kind => unclear::of_object(kind, value),
    }
}

/// The group of an object's interface.
fn group(document: &ConfigDocument) -> &str {
    let version = document.name.api_version.as_deref().unwrap_or_default();
    version.split_once('/').map_or("", |(group, _)| group)
}

fn without_kind(path: &BStr, value: &Value) -> Vec<Part> {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let is = |ends: &[&[u8]]| ends.iter().any(|end| name.ends_with(end));
    if is(&[b".tf", b".tofu", b".tf.json"]) {
        return terraform::parts(value);
    }
    if is(&[b".tfvars"]) {
        return unclear::of_object("Terraform variables", value);
    }
    if name.starts_with(b"values") && is(&[b".yaml", b".yml"]) {
        return values::of_file(value);
    }
    Vec::new()
}

/// A workload whose pods all run.
fn workload(spec: &Value, scaled: Option<Count>) -> Vec<Part> {
    let count = match replicas(&spec["replicas"], scaled) {
        Ok(count) => count,
        Err(unknown) => return vec![unknown],
    };
    let claims = spec["volumeClaimTemplates"].as_array().map(Vec::as_slice).unwrap_or_default();
    let pod = pods::of_spec(&spec["template"]["spec"]);
    let is_patch = pod.is_err();
    let mut parts = pod_parts(pod, count);
    if is_patch && !spec["replicas"].is_null() {
        // What a patch says of the number counts, although the rest is not here.
        parts.push(unknown("how many pods there are bears cost, and what each asks for is not known", &count.words()));
    }
    parts.extend(claims.iter().map(|template| claim(&template["spec"], count)));
    parts
}

/// How many pods a workload has: what an autoscaler says, else what is written, else one.
pub(super) fn replicas(said: &Value, scaled: Option<Count>) -> Result<Count, Part> {
    if let Some(count) = scaled {
        return Ok(count);
    }
    if said.is_null() {
        return Ok(Count::ONE);
    }
    pods(said).map(Count::of).ok_or_else(|| unknown("how many pods there are cannot be read", &said.to_string()))
}

/// The parts of pods.
pub(super) fn pod_parts(pod: Result<Pod, Partial>, count: Count) -> Vec<Part> {
    let pod = match pod {
        Ok(pod) => pod,
        Err(partial) => return vec![unknown(partial.why, &partial.witness)],
    };
    if let Some(why) = pod.unreadable {
        return vec![unknown(&why, &count.words())];
    }
    let mut parts: Vec<Part> = match pod.asked {
        Some(each) => vec![Part::Pods { count, each }],
        None => vec![unknown("no container says what it asks for", &count.words())],
    };
    let device = |(name, number): (String, Decimal)| Part::Named {
        count: Count { low: count.low * number, high: count.high * number },
        name,
    };
    parts.extend(pod.devices.into_iter().map(device));
    parts
}

/// What cannot be told, and what it is.
pub(super) fn unknown(why: &str, witness: &str) -> Part {
    Part::Unknown { why: why.to_owned(), witness: witness.to_owned() }
}

fn on_each_node(spec: &Value) -> Vec<Part> {
    let witness = match pods::of_spec(&spec["template"]["spec"]) {
        Ok(pod) => {
            let Asked { cpu, memory } = pod.asked.unwrap_or_default();
            let placed = pods::placement(&spec["template"]["spec"]);
            format!("{} {} {placed}", cpu.normalize(), memory.normalize())
        }
        Err(partial) => partial.witness,
    };
    vec![unknown("it runs on each node, and how many nodes there are is not known", &witness)]
}

/// A job that comes up again and again.
fn cron(spec: &Value) -> Vec<Part> {
    let job = &spec["jobTemplate"]["spec"];
    cron_runs(spec, job, pods::of_spec(&job["template"]["spec"]))
}

/// The runs of a schedule; the job says when it is stopped, and how many pods it starts.
pub(super) fn cron_runs(spec: &Value, job: &Value, pod: Result<Pod, Partial>) -> Vec<Part> {
    if spec["suspend"] == true {
        return vec![Part::Suspended];
    }
    let schedule = &spec["schedule"];
    let Some(a_month) = schedule.as_str().and_then(runs_a_month) else {
        return vec![unknown("its schedule cannot be read", &schedule.to_string())];
    };
    let stopped = [&job["activeDeadlineSeconds"], &job["template"]["spec"]["activeDeadlineSeconds"]];
    let stopped = stopped.into_iter().find_map(pods);
    let abreast = pods(&job["parallelism"]).unwrap_or(Decimal::ONE);
    let seconds = stopped.unwrap_or(Decimal::from(RUN));
    let runs = |part| match part {
        Part::Pods { each, .. } => Part::Runs { a_month: a_month * abreast, seconds, assumed: stopped.is_none(), each },
        other => other,
    };
    pod_parts(pod, Count::ONE).into_iter().map(runs).collect()
}

/// A claim of a volume.
pub(super) fn claim(spec: &Value, count: Count) -> Part {
    let said = &spec["resources"]["requests"]["storage"];
    volume(said, spec["storageClassName"].as_str(), count)
}

/// Volumes of a size.
pub(super) fn volume(said: &Value, class: Option<&str>, count: Count) -> Part {
    match pods::bytes(said) {
        Some(bytes) => Part::Volumes { count, bytes, class: class.map(str::to_owned) },
        None => unknown("the size of its volume cannot be read", &said.to_string()),
    }
}

/// The name of a release's chart.
fn chart(spec: &Value) -> &str {
    let named = [&spec["chart"]["spec"]["chart"], &spec["chartRef"]["name"]];
    named.into_iter().find_map(Value::as_str).unwrap_or_default()
}

/// The charts of an Argo CD application.
fn applications(spec: &Value) -> Vec<Part> {
    let more = spec["sources"].as_array().map(Vec::as_slice).unwrap_or_default();
    let charts = std::iter::once(&spec["source"]).chain(more).filter(|source| source["chart"].is_string());
    let of = |source: &Value| match &source["helm"]["values"] {
        Value::String(text) => vec![unknown("its values are a text inside a document", text)],
        // A credential is in it. Whether it changed, its field says.
        Value::Object(_) => vec![unknown("its values are a text inside a document", "")],
        _ => values::of_release(source["chart"].as_str().unwrap_or_default(), &source["helm"]["valuesObject"], None),
    };
    charts.flat_map(of).collect()
}

/// The volumes that `VolSync` makes to copy into, and to keep what it has read.
fn copies(spec: &Value) -> Vec<Part> {
    let methods = ["restic", "rclone", "rsync", "rsyncTLS"].into_iter().map(|method| &spec[method]);
    let of = |method: &Value| {
        let sized = |size: &str, class: &str| {
            let said = &method[size];
            (!said.is_null()).then(|| volume(said, method[class].as_str(), Count::ONE))
        };
        let own = sized("capacity", "storageClassName").filter(|_| method["destinationPVC"].is_null());
        [own, sized("cacheCapacity", "cacheStorageClassName")]
    };
    methods.flat_map(of).flatten().collect()
}

/// A cluster of `CloudNativePG`: each instance has its own volumes.
pub(super) fn postgres(spec: &Value) -> Vec<Part> {
    let count = match replicas(&spec["instances"], None) {
        Ok(count) => count,
        Err(unknown) => return vec![unknown],
    };
    let pod = pods::of_containers(&[spec], &[], &Value::Null);
    let mut parts = pod_parts(Ok(pod), count);
    for storage in [&spec["storage"], &spec["walStorage"]].into_iter().filter(|storage| storage.is_object()) {
        parts.push(volume(&storage["size"], storage["storageClass"].as_str(), count));
    }
    parts
}

//! What a pod asks for, as the scheduler of Kubernetes counts it.
//!
//! <https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers>: the containers
//! and the sidecars together, or the init container that asks for most with the sidecars started before it, whichever is more.
//! A request that is missing follows its limit.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::part::{Asked, MOST};
use crate::diff::fields::quantity;

/// The most bytes that are counted with: a million GiB.
const MOST_BYTES: Decimal = Decimal::from_parts(0, 250_000, 0, false, 0);
/// The most containers of one pod.
const MOST_CONTAINERS: usize = 100;

/// What a pod asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pod {
    /// Of processor and memory; `None` where no container asks for any.
    pub asked: Option<Asked>,
    /// Devices: their names, and how many.
    pub devices: Vec<(String, Decimal)>,
    /// What is written and is no amount.
    pub unreadable: Option<String>,
}

/// Why the containers of a pod cannot be told, and what is said of them: two that say the same ask for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Partial {
    pub why: &'static str,
    pub witness: String,
}

/// What the pod of a `spec` asks for.
pub(super) fn of_spec(spec: &Value) -> Result<Pod, Partial> {
    let list = |key: &str| spec[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let (containers, inits) = (list("containers"), list("initContainers"));
    if containers.is_empty() || containers.iter().any(|container| container["image"].is_null()) {
        // A patch names what it changes and no more.
        let said = |container: &Value| format!("{} {}", container["name"], container["resources"]);
        let all = containers.iter().chain(inits).take(MOST_CONTAINERS).map(said);
        let witness = all.chain([spec["resources"].to_string()]).collect::<Vec<_>>().join("\n");
        return Err(Partial { why: "it is a patch: the rest of it stands elsewhere", witness });
    }
    let own: Vec<&Value> = containers.iter().collect();
    let inits: Vec<(&Value, bool)> =
        inits.iter().map(|init| (init, init["restartPolicy"].as_str() == Some("Always"))).collect();
    Ok(of_containers(&own, &inits, &spec["resources"]))
}

/// On which nodes a pod may run: of what runs on each, that decides how many there are.
pub(super) fn placement(spec: &Value) -> String {
    ["nodeSelector", "affinity", "tolerations"].map(|key| spec[key].to_string()).join(" ")
}

/// What containers ask for together; of init containers it is said whether they are sidecars. What the pod as a whole asks for
/// goes before.
pub(super) fn of_containers(containers: &[&Value], inits: &[(&Value, bool)], whole: &Value) -> Pod {
    let mut pod = Pod::default();
    if containers.len() + inits.len() > MOST_CONTAINERS {
        pod.unreadable = Some(format!("it has over {MOST_CONTAINERS} containers"));
        return pod;
    }
    let cpu = resource("cpu", MOST, containers, inits, whole, &mut pod.unreadable);
    let memory = resource("memory", MOST_BYTES, containers, inits, whole, &mut pod.unreadable);
    if cpu.is_some() || memory.is_some() {
        pod.asked = Some(Asked { cpu: cpu.unwrap_or_default(), memory: memory.unwrap_or_default() });
    }
    pod.devices = devices(containers);
    pod
}

/// How much of a resource a pod takes; `None` where it asks for none.
fn resource(
    name: &str,
    most: Decimal,
    containers: &[&Value],
    inits: &[(&Value, bool)],
    whole: &Value,
    unreadable: &mut Option<String>,
) -> Option<Decimal> {
    let mut read = |resources: &Value| {
        let said = request(resources, name)?;
        let amount = amount(said).filter(|amount| *amount <= most);
        if amount.is_none() {
            *unreadable = Some(format!("{name} of {said} is no amount that can be read"));
        }
        amount
    };
    if let Some(amount) = read(whole) {
        return Some(amount);
    }
    let mut all = containers.iter().filter_map(|container| read(&container["resources"])).collect::<Vec<_>>();
    let (mut sidecars, mut starting) = (Decimal::ZERO, None::<Decimal>);
    for (init, sidecar) in inits {
        let Some(amount) = read(&init["resources"]) else { continue };
        if *sidecar {
            sidecars += amount;
            all.push(amount);
        }
        let with = if *sidecar { sidecars } else { sidecars + amount };
        starting = Some(starting.map_or(with, |most| most.max(with)));
    }
    let running = (!all.is_empty()).then(|| all.into_iter().sum::<Decimal>());
    running.max(starting)
}

/// What is asked for: the request, or the limit where there is none.
fn request<'v>(resources: &'v Value, name: &str) -> Option<&'v Value> {
    let said = |kind: &str| Some(&resources[kind][name]).filter(|said| !said.is_null());
    said("requests").or_else(|| said("limits"))
}

/// An amount that is not negative.
pub(super) fn amount(said: &Value) -> Option<Decimal> {
    let amount = match said {
        Value::String(text) => quantity(text),
        Value::Number(number) => quantity(&number.to_string()),
        _ => None,
    };
    amount.filter(|amount| !amount.is_sign_negative())
}

/// Bytes, as of a volume.
pub(super) fn bytes(said: &Value) -> Option<Decimal> {
    amount(said).filter(|bytes| *bytes <= MOST_BYTES)
}

/// Devices that containers ask for; Kubernetes wants request and limit to be equal.
fn devices(containers: &[&Value]) -> Vec<(String, Decimal)> {
    let of = |container: &&Value| -> Vec<(String, Decimal)> {
        let limits = container["resources"]["limits"].as_object();
        let requests = container["resources"]["requests"].as_object();
        let entries = |map: Option<&Map<String, Value>>| {
            let device = |(name, said): (&String, &Value)| {
                let is_device = name.contains('/') && !name.starts_with("hugepages-");
                is_device.then(|| Some((name.clone(), amount(said).filter(|amount| *amount <= MOST)?))).flatten()
            };
            map.map(|map| map.iter().filter_map(device).collect::<Vec<_>>()).unwrap_or_default()
        };
        Some(entries(limits)).filter(|found| !found.is_empty()).unwrap_or_else(|| entries(requests))
    };
    containers.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(spec: &Value) -> (String, String) {
        let asked = of_spec(spec).unwrap().asked.unwrap_or_default();
        (asked.cpu.normalize().to_string(), (asked.memory / Decimal::from(1 << 20)).normalize().to_string())
    }

    fn container(requests: &Value, limits: &Value) -> Value {
        json!({ "image": "x", "resources": { "requests": requests, "limits": limits } })
    }

    #[test]
    fn a_missing_request_follows_its_limit() {
        for (requests, limits, cpu, mib) in [
            (json!({"cpu": "500m", "memory": "1Gi"}), json!({"memory": "2Gi"}), "0.5", "1024"),
            (json!({"cpu": "500m"}), json!({"memory": "2Gi"}), "0.5", "2048"),
            (json!({}), json!({"cpu": 2, "memory": "128974848"}), "2", "123"),
            (json!({"cpu": 0.1}), Value::Null, "0.1", "0"),
            (json!({"memory": "-1Gi"}), json!({"cpu": "lots"}), "0", "0"),
        ] {
            let spec = json!({ "containers": [container(&requests, &limits)] });
            assert_eq!(asked(&spec), (cpu.to_owned(), mib.to_owned()), "{spec}");
        }
    }

    #[test]
    fn init_containers_count_as_in_kubernetes() {
        let of = |mib: u32, sidecar: bool| {
            let mut container = container(&json!({ "memory": format!("{mib}Mi") }), &Value::Null);
            if sidecar {
                container["restartPolicy"] = json!("Always");
            }
            container
        };
        for (inits, containers, mib) in [
            (vec![of(50, false)], vec![of(100, false), of(200, false)], "300"),
            (vec![of(500, false), of(400, false)], vec![of(100, false), of(200, false)], "500"),
            (vec![of(50, true)], vec![of(100, false)], "150"),
            // The second init container runs beside the sidecar before it.
            (vec![of(50, true), of(300, false)], vec![of(100, false)], "350"),
            (vec![of(300, false), of(50, true)], vec![of(100, false)], "300"),
        ] {
            assert_eq!(asked(&json!({ "initContainers": inits, "containers": containers })).1, mib);
        }
    }

    #[test]
    fn what_cannot_be_told_says_so() {
        assert!(of_spec(&json!({ "containers": [{ "name": "app", "resources": {} }] })).is_err());
        assert!(of_spec(&json!({})).is_err() && of_spec(&Value::Null).is_err());
        assert_eq!(of_spec(&json!({ "containers": [{ "image": "x" }] })).unwrap(), Pod::default());
        let odd = container(&json!({ "memory": "${MEMORY}" }), &Value::Null);
        assert!(of_spec(&json!({ "containers": [odd] })).unwrap().unreadable.is_some());
        let gpu = container(&Value::Null, &json!({ "nvidia.com/gpu": 1 }));
        assert_eq!(
            of_spec(&json!({ "containers": [gpu] })).unwrap().devices,
            [("nvidia.com/gpu".into(), Decimal::ONE)]
        );
    }
}

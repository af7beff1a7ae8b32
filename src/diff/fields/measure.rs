//! What a field measures: its number in base units, whether two notations are the same amount, and whether it decides how
//! much there is of something.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::edit::Step;
use super::node::{Kind, Node, Scalar, Value};
use super::patches;
use super::quantity::{duration, plain, quantity, share, size};
use super::words::words;
use crate::model::field::Unit;

/// The keys on the way to a value, the last one last.
pub(super) type Keys<'k> = [&'k str];

/// Maps whose entries are amounts of a resource, in Kubernetes' workloads, quotas, limit ranges, volumes and autoscalers.
const AMOUNTS: [&str; 11] = [
    "requests",
    "limits",
    "resources",
    "capacity",
    "hard",
    "default",
    "defaultRequest",
    "min",
    "max",
    "minAllowed",
    "maxAllowed",
];

/// What the amount of a resource is counted in; `None` for a field that is no such amount.
fn resource(keys: &Keys<'_>) -> Option<Unit> {
    let [.., parent, key] = keys else { return None };
    if !AMOUNTS.contains(parent) {
        return None;
    }
    // A quota has `requests.cpu`.
    let name = key.rsplit_once('.').filter(|_| *parent == "hard").map_or(*key, |(_, name)| name);
    match name {
        "cpu" => Some(Unit::Cores),
        "memory" | "storage" | "ephemeral-storage" => Some(Unit::Bytes),
        _ if name.starts_with("hugepages-") => Some(Unit::Bytes),
        // Devices, in whole pieces.
        _ if matches!(*parent, "requests" | "limits") && name.contains('/') => Some(Unit::Count),
        _ => None,
    }
}

/// The keys among steps; those of the pointer in place of what an operation of JSON Patch is made of.
pub(super) fn keys<'n>(steps: &[Step<'n, '_>]) -> Vec<&'n str> {
    let (mut keys, mut pointed) = (Vec::with_capacity(steps.len()), false);
    for step in steps {
        match step {
            Step::Item(item) => {
                keys.extend(item.pointer.into_iter().flat_map(patches::keys));
                pointed = item.pointer.is_some();
            }
            Step::Key(_) if pointed => pointed = false,
            Step::Key(key) => keys.push(&*key.text),
        }
    }
    keys
}

/// Whether two scalars that are written differently are the same to whoever reads this field: amounts where Kubernetes reads
/// a quantity, durations where a controller does, shares anywhere. Elsewhere what is written differently is different.
pub(super) fn equal(steps: &[Step<'_, '_>], old: &Scalar<'_>, new: &Scalar<'_>) -> bool {
    let both = |read: fn(&str) -> Option<Decimal>| {
        let (old, new) = (read(&old.text), read(&new.text));
        old.is_some() && old == new
    };
    let keys = keys(steps);
    if resource(&keys).is_some()
        && keys.iter().rev().nth(1).is_some_and(|parent| matches!(*parent, "requests" | "limits"))
    {
        let readable = |scalar: &Scalar<'_>| matches!(scalar.kind, Kind::Text | Kind::Integer | Kind::Float);
        return readable(old) && readable(new) && both(quantity);
    }
    if old.kind != Kind::Text || new.kind != Kind::Text {
        return false;
    }
    let read_as_duration = |key: &&str| matches!(*key, "interval" | "timeout" | "retryInterval" | "refreshInterval");
    (keys.last().is_some_and(read_as_duration) && both(duration)) || both(share)
}

/// The number of a scalar in base units, and what it counts.
pub(super) fn number(keys: &Keys<'_>, scalar: &Scalar<'_>) -> Option<(Decimal, Unit)> {
    let text = &*scalar.text;
    if !matches!(scalar.kind, Kind::Text | Kind::Integer | Kind::Float) || text.len() > 64 {
        return None;
    }
    if let Some(unit) = resource(keys) {
        return quantity(text).map(|number| (number, unit));
    }
    let words = words(keys.last()?);
    if scalar.kind == Kind::Text { of_text(&words, text) } else { of_number(&words, text) }
}

/// Keys that name something by a number: what they become is not more or less of it.
const NAMING: [&str; 24] = [
    "port",
    "ports",
    "id",
    "ids",
    "uid",
    "gid",
    "user",
    "group",
    "version",
    "revision",
    "tag",
    "mode",
    "code",
    "asn",
    "vlan",
    "serial",
    "generation",
    "priority",
    "year",
    "index",
    "number",
    "channel",
    "umask",
    "nodeport",
];

fn of_number(words: &[String], text: &str) -> Option<(Decimal, Unit)> {
    let number = plain(text)?;
    if words.iter().any(|word| NAMING.contains(&word.as_str())) {
        return None;
    }
    let seconds = |factor: i64| Some((number.checked_mul(Decimal::from(factor))?.normalize(), Unit::Seconds));
    match words.last().map(String::as_str) {
        Some("seconds" | "secs" | "sec") => seconds(1),
        Some("minutes" | "mins") => seconds(60),
        Some("hours") => seconds(3_600),
        Some("days") => seconds(86_400),
        Some("milliseconds" | "millis" | "ms") => Some((number.checked_div(Decimal::from(1_000))?, Unit::Seconds)),
        Some("percent" | "percentage") => Some((number, Unit::Percent)),
        Some("bytes") => Some((number, Unit::Bytes)),
        Some("cpu" | "cpus") => Some((number, Unit::Cores)),
        _ => Some((number.normalize(), Unit::Count)),
    }
}

fn of_text(words: &[String], text: &str) -> Option<(Decimal, Unit)> {
    let has = |set: &[&str]| words.iter().any(|word| set.contains(&word.as_str()));
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+')) {
        return None;
    }
    if let Some(share) = share(text) {
        return Some((share, Unit::Percent));
    }
    if words.last().is_some_and(|word| word == "cpu" || word == "cpus") {
        return quantity(text).map(|number| (number, Unit::Cores));
    }
    if words.first().is_some_and(|word| matches!(word.as_str(), "mem" | "memswap" | "shm")) {
        return size(text).map(|number| (number, Unit::Bytes));
    }
    let seconds = || duration(text).map(|seconds| (seconds, Unit::Seconds));
    let timely = [
        "interval",
        "timeout",
        "period",
        "duration",
        "delay",
        "ttl",
        "age",
        "retention",
        "window",
        "expiry",
        "expiration",
        "backoff",
        "wait",
        "resolution",
        "before",
        "after",
        "for",
        "every",
    ];
    if has(&timely)
        && let Some(found) = seconds()
    {
        return Some(found);
    }
    if text.ends_with('i')
        && let Some(number) = quantity(text)
    {
        return Some((number, Unit::Bytes));
    }
    if text.ends_with(['B', 'b'])
        && let Some(number) = size(text)
    {
        return Some((number, Unit::Bytes));
    }
    let sized = ["size", "memory", "storage", "capacity", "buffer", "buffers", "disk", "cache"];
    if has(&sized) && text.ends_with(['k', 'M', 'G', 'T']) {
        return quantity(text).map(|number| (number, Unit::Bytes));
    }
    // `24h` and `10s` are durations anywhere; `5m` and `3d` may be anything.
    if text.ends_with(['h', 's']) || text.contains('h') { seconds() } else { None }
}

/// By how much a number changed, per cent, to two places.
pub(super) fn percent(before: Decimal, after: Decimal) -> Option<f64> {
    let change = after.checked_sub(before)?.checked_div(before.abs())?.checked_mul(Decimal::ONE_HUNDRED)?;
    change.round_dp(2).to_f64()
}

/// Whether a field decides how much there is of something. An entry that came or went as a whole does, if one of its values
/// does.
pub(super) fn is_capacity(keys: &mut Vec<String>, node: &Node<'_>) -> bool {
    if let Some(pointer) = patches::pointer(node) {
        let outer = keys.len();
        keys.extend(patches::keys(pointer).map(str::to_owned));
        // What takes an amount away decides on it too.
        let found = match node.get("value") {
            Some(value) => is_capacity(keys, value),
            None => names_capacity(keys),
        };
        keys.truncate(outer);
        return found;
    }
    match &node.value {
        // `storage: true` says whether, not how much.
        Value::Scalar(scalar) => !matches!(scalar.kind, Kind::Bool(_)) && names_capacity(keys),
        Value::List(items) => names_capacity(keys) || items.iter().any(|item| is_capacity(keys, item)),
        Value::Map(entries) => entries.iter().any(|entry| {
            keys.push(entry.key.text.to_string());
            let found = is_capacity(keys, &entry.node);
            keys.pop();
            found
        }),
    }
}

/// Keys that are capacity wherever they stand, as their words.
const CAPACITY: [&str; 48] = [
    "replicas",
    "min replicas",
    "max replicas",
    "replica count",
    "min replica count",
    "max replica count",
    "idle replica count",
    "instances",
    "instance count",
    "instance type",
    "instance types",
    "instance class",
    "instance size",
    "machine type",
    "machine count",
    "node type",
    "node count",
    "node size",
    "vm size",
    "min nodes",
    "max nodes",
    "num nodes",
    "desired size",
    "desired capacity",
    "desired count",
    "min size",
    "max size",
    "min capacity",
    "max capacity",
    "min count",
    "max count",
    "parallelism",
    "memory size",
    "mem limit",
    "mem reservation",
    "cpus",
    "cpu count",
    "cpu limit",
    "cpu request",
    "memory limit",
    "memory request",
    "shm size",
    "allocated storage",
    "max allocated storage",
    "size limit",
    "disk size",
    "disk size gb",
    "volume size",
];

fn names_capacity(keys: &[String]) -> bool {
    let as_given: Vec<&str> = keys.iter().map(String::as_str).collect();
    if resource(&as_given).is_some() {
        return true;
    }
    let Some(key) = keys.last() else { return false };
    let words = words(key);
    if words.iter().any(|word| word == "retention") || CAPACITY.contains(&words.join(" ").as_str()) {
        return true;
    }
    let parent = keys.len().checked_sub(2).map(|at| keys[at].as_str()).unwrap_or_default();
    match key.as_str() {
        // How many of a workload Kustomize makes.
        "count" if parent == "replicas" => true,
        // A claim or a volume has a size; so may a font.
        "size" | "capacity" => holds_storage(parent),
        "storage" | "storageSize" | "storage_size" => true,
        // Terraform's number of copies.
        "count" => matches!(keys.first().map(String::as_str), Some("resource" | "module")),
        "memory" | "cpu" => parent != "metadata" && parent != "annotations" && parent != "labels",
        _ => false,
    }
}

fn holds_storage(parent: &str) -> bool {
    let words = words(parent);
    let storage = ["storage", "persistence", "volume", "disk", "pvc", "data", "wal", "backup", "block"];
    words.iter().any(|word| storage.iter().any(|kind| word.starts_with(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> Scalar<'_> {
        Scalar { text: text.into(), kind: super::super::plain::kind(text) }
    }

    fn measured(path: &str, text: &str) -> String {
        let keys: Vec<&str> = path.split('/').collect();
        number(&keys, &scalar(text)).map_or_else(|| "-".to_owned(), |(number, unit)| format!("{number} {unit:?}"))
    }

    #[test]
    fn numbers_have_base_units() {
        for (path, text, expected) in [
            ("resources/limits/memory", "4Gi", "4294967296 Bytes"),
            ("resources/requests/cpu", "500m", "0.5 Cores"),
            ("resources/requests/cpu", "2", "2 Cores"),
            ("spec/hard/requests.cpu", "10", "10 Cores"),
            ("resources/limits/nvidia", "1", "1 Count"),
            ("spec/replicas", "3", "3 Count"),
            ("spec/interval", "1h", "3600 Seconds"),
            ("spec/timeout", "5m", "300 Seconds"),
            ("retention", "14d", "1209600 Seconds"),
            ("terminationGracePeriodSeconds", "30", "30 Seconds"),
            ("retention_in_days", "7", "604800 Seconds"),
            ("maxUnavailable", "25%", "25 Percent"),
            ("retentionSize", "50GB", "53687091200 Bytes"),
            ("shared_buffers", "512MB", "536870912 Bytes"),
            ("persistence/size", "10G", "10000000000 Bytes"),
            ("containerPort", "8080", "-"),
            ("runAsUser", "1000", "-"),
            ("tag", "1.2", "-"),
            ("image", "5m", "-"),
            ("schedule", "0 3 * * *", "-"),
            ("x", "1.5", "1.5 Count"),
            ("mem_limit", "512m", "536870912 Bytes"),
            ("enabled", "true", "-"),
        ] {
            assert_eq!(measured(path, text), expected, "{path}: {text}");
        }
    }

    #[test]
    fn capacity_is_known_by_its_name() {
        for (path, expected) in [
            ("spec/replicas", true),
            ("spec/maxReplicas", true),
            ("spec/template/spec/containers/resources/limits/memory", true),
            ("spec/resources/requests/storage", true),
            ("spec/instances", true),
            ("spec/storage/size", true),
            ("values/persistence/config/size", false),
            ("values/persistence/size", true),
            ("retentionPolicy", true),
            ("instance_type", true),
            ("desired_capacity", true),
            ("log/retention_in_days", true),
            ("font/size", false),
            ("replicas/count", true),
            ("tags/count", false),
            ("metadata/labels/memory", false),
            ("spec/image", false),
        ] {
            let keys: Vec<String> = path.split('/').map(str::to_owned).collect();
            assert_eq!(names_capacity(&keys), expected, "{path}");
        }
    }

    #[test]
    fn percent_is_of_what_was() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(percent(number("4"), number("2")), Some(-50.0));
        assert_eq!(percent(number("3"), number("1")), Some(-66.67));
        assert_eq!(percent(number("-2"), number("-1")), Some(50.0));
        assert_eq!(percent(number("0"), number("2")), None);
    }
}

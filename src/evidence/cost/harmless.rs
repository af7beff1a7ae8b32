//! Values of charts that start nothing, whatever they say: images, versions, labels, texts.

use serde_json::Value;

use super::unclear;
use super::unclear::starts;
use crate::model::field::masked;

/// Words of keys below which nothing decides how much runs.
const PARTS: [&str; 27] = [
    "alerts",
    "annotations",
    "args",
    "command",
    "constraints",
    "context",
    "dashboards",
    "datasources",
    "env",
    "hosts",
    "image",
    "images",
    "ingress",
    "labels",
    "lifecycle",
    "monitor",
    "notifications",
    "policy",
    "probe",
    "probes",
    "rbac",
    "route",
    "rules",
    "secret",
    "secrets",
    "strategy",
    "tls",
];
/// Words of the last key of a value that decides nothing about how much runs.
const LAST: [&str; 44] = [
    "account",
    "branch",
    "color",
    "commit",
    "delay",
    "description",
    "digest",
    "domain",
    "duration",
    "email",
    "gid",
    "group",
    "host",
    "hostname",
    "id",
    "image",
    "interval",
    "key",
    "language",
    "level",
    "locale",
    "name",
    "namespace",
    "password",
    "path",
    "period",
    "port",
    "protocol",
    "ref",
    "registry",
    "repository",
    "revision",
    "sha",
    "tag",
    "theme",
    "timeout",
    "timezone",
    "title",
    "token",
    "tz",
    "uid",
    "url",
    "user",
    "version",
];
/// Words of keys that decide how much there is, or what kind of it, whatever else the key says.
const BEARING: [&str; 16] = [
    "capacity", "count", "cpu", "disk", "instance", "machine", "memory", "node", "nodes", "replica", "replicas",
    "shards", "size", "storage", "volume", "workers",
];
/// Words of keys that may decide it where the key is not below a part that starts nothing: kinds of machines by their name or
/// id, how often something runs, how long it is kept.
const KINDS: [&str; 27] = [
    "backup",
    "copies",
    "cron",
    "edition",
    "expiration",
    "flavor",
    "flavour",
    "keep",
    "max",
    "min",
    "mode",
    "offer",
    "parallelism",
    "partitions",
    "plan",
    "pool",
    "preset",
    "profile",
    "retain",
    "retention",
    "scale",
    "scaling",
    "schedule",
    "shape",
    "sku",
    "tier",
    "type",
];
/// Words of keys of parts that are none: a policy of scaling, a rule of retention.
const NO_PART: [&str; 9] =
    ["autoscaling", "backup", "expiration", "hpa", "ilm", "replication", "retention", "scale", "scaling"];
/// Keys that switch on what they stand in.
const SWITCHES: [&str; 7] = ["create", "deploy", "disabled", "enable", "enabled", "install", "installed"];
/// Sizes by name, alone or at the end of a machine's: `large`, `m5.4xlarge`.
const SIZES: [&str; 12] =
    ["huge", "l", "large", "medium", "metal", "micro", "nano", "s", "small", "xl", "xlarge", "xxl"];
/// Characters of a string that is a text.
const TEXT: usize = 48;

/// Whether a key is that of an amount that the model looks at itself.
pub(super) fn amount(key: &str) -> bool {
    unclear::is_amount(key) || key == "autoscaling"
}

/// Whether a value starts nothing, as far as its keys and itself tell.
pub(super) fn is_harmless(keys: &[&str], value: &Value) -> bool {
    let last = keys.last().copied().unwrap_or_default();
    let own = words(last);
    let says = |known: &[&str]| own.iter().any(|word| known.contains(&word.as_str()));
    if says(&BEARING) {
        return false;
    }
    if value.is_boolean() && SWITCHES.contains(&last.to_ascii_lowercase().as_str()) {
        return !starts(keys);
    }
    // `hosts: 3` says how many.
    let above = if value.is_number() { keys.split_last().map_or(keys, |(_, above)| above) } else { keys };
    if *value == masked() || above.iter().any(|key| is_part(key)) {
        return true;
    }
    if says(&KINDS) || value.as_str().is_some_and(is_size) {
        return false;
    }
    match value {
        _ if says(&LAST) => true,
        Value::Bool(_) => !starts(keys),
        Value::String(text) => is_text(text),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        // Without a value that of the chart holds.
        _ => false,
    }
}

/// Whether below a key nothing decides how much runs. Charts that another takes in are called as they are, with a hyphen:
/// `nginx-ingress`.
fn is_part(key: &str) -> bool {
    let words = words(key);
    let told = words.last().is_some_and(|word| PARTS.contains(&word.as_str()));
    told && (words.len() == 1 || !key.contains('-')) && !words.iter().any(|word| NO_PART.contains(&word.as_str()))
}

/// Whether a string is the name of a size: `large`, `db.m5.4xlarge`.
fn is_size(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let last = text.rsplit(['.', '-', '_', ' ']).next().unwrap_or_default();
    let word = last.trim_start_matches(|c: char| c.is_ascii_digit());
    // `5s` is a time, and `eu-l` a place.
    let counted = word.len() < last.len();
    let told = if counted { word.starts_with('x') } else { word.len() > 2 || word == text };
    told && SIZES.contains(&word)
}

/// Whether a document is a word, and no values.
pub(super) const fn word(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

/// Whether a string is for people or programs to read, and no name of a size or amount, nor an object that is started as it is.
fn is_text(text: &str) -> bool {
    let mark = |c: char| c.is_whitespace() || matches!(c, '/' | ':' | '@' | ',' | '.');
    let amounts = text.split([' ', ',', ':', '/']).filter(|part| !part.is_empty()).all(is_amount);
    if text.is_empty() {
        return true;
    }
    if amounts || text.starts_with("${") || text.contains("apiVersion:") {
        return false;
    }
    text.chars().nth(TEXT).is_some() || text.contains(mark)
}

/// Whether a word is an amount: `3`, `-2.5`, `10Gi`, `50%`.
fn is_amount(word: &str) -> bool {
    let number = word.trim_start_matches(['-', '+']).trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    !number.is_empty() && number.parse::<f64>().is_ok()
}

/// The words of a key, in small letters: `nodeSelector` → node, selector.
fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut small = false;
    for c in key.chars() {
        let ends = !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && small;
        if ends && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        small = c.is_ascii_lowercase();
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(path: &str, value: &Value) -> bool {
        is_harmless(&path.split('.').collect::<Vec<_>>(), value)
    }

    #[test]
    fn what_starts_nothing() {
        for (path, value) in [
            // As real releases change them.
            ("image.tag", json!("v1.2.3")),
            ("image.repository", json!("ghcr.io/x/y")),
            ("env.LOG_LEVEL", json!("debug")),
            ("env.MAX_TOKENS", json!(4096)),
            ("ingress.enabled", json!(false)),
            ("serviceMonitor.enabled", json!(true)),
            ("metrics.serviceMonitor.interval", json!("1m")),
            ("rbac.create", json!(true)),
            ("podSecurityContext.runAsUser", json!(1000)),
            ("podAnnotations.a", json!("b")),
            ("livenessProbe.initialDelaySeconds", json!(30)),
            ("dashboards.default.x.gnetId", json!(1860)),
            ("config.url", json!("https://a.example/x")),
            ("server.timezone", json!("Europe/Paris")),
            ("updateStrategy.type", json!("Recreate")),
            ("extraArgs", json!([])),
            ("adminPassword", masked()),
            ("serverName", json!("home")),
            ("bindAddress", json!("10.0.0.1:80")),
            ("timeout", json!("5s")),
            ("secretName", json!("x")),
        ] {
            assert!(judged(path, &value), "{path}: {value}");
        }
    }

    #[test]
    fn what_may_start_something() {
        for (path, value) in [
            // Sizes and kinds by another name.
            ("planName", json!("enterprise")),
            ("skuId", json!("P3v2")),
            ("flavorName", json!("m1.xlarge")),
            ("type", json!("m5.24xlarge")),
            ("class", json!("db.r6g.16xlarge")),
            ("level", json!("xlarge")),
            ("level", json!("2xl")),
            ("name", json!("S")),
            ("profile", json!("extra large")),
            ("profileName", json!("production")),
            ("tierLevel", json!("premium")),
            ("pair", json!("10Gi, 20Gi")),
            ("hosts", json!(30)),
            // How often, and how long.
            ("schedule", json!("* * * * *")),
            ("backupSchedule", json!("0 3 * * *")),
            ("retentionPeriod", json!("30d")),
            ("retentionPolicy.days", json!(30)),
            ("scalingPolicy.top", json!(30)),
            ("deploymentMode", json!("Distributed")),
            // Charts and parts that run, whose names hold a harmless word.
            ("nginx-ingress.enabled", json!(true)),
            ("nginx-ingress.controller.kind", json!("DaemonSet")),
            ("graylog.enabled", json!(true)),
            ("alertmanager.enabled", json!(true)),
            ("ruler.enabled", json!(true)),
            ("monitoring.enabled", json!(true)),
            ("authentik.enabled", json!(true)),
            ("microservices.enabled", json!(true)),
            ("webhook.create", json!(true)),
            // The chart's own value, which nobody sees.
            ("extras", json!(null)),
            (
                "extraObject",
                json!(
                    "apiVersion: apps/v1
kind: Deployment
metadata: {name: more-of-the-same}
"
                ),
            ),
        ] {
            assert!(!judged(path, &value), "{path}: {value}");
        }
    }
}

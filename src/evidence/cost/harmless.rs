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

    #[test]
    fn what_starts_nothing_and_what_may() {
        for (path, value, harmless) in [
            // As real releases change them.
            ("image.tag", json!("v1.2.3"), true),
            ("image.repository", json!("ghcr.io/x/y"), true),
            ("env.LOG_LEVEL", json!("debug"), true),
            ("env.MAX_TOKENS", json!(4096), true),
            ("ingress.enabled", json!(false), true),
            ("serviceMonitor.enabled", json!(true), true),
            ("metrics.serviceMonitor.interval", json!("1m"), true),
            ("rbac.create", json!(true), true),
            ("podSecurityContext.runAsUser", json!(1000), true),
            ("podAnnotations.a", json!("b"), true),
            ("livenessProbe.initialDelaySeconds", json!(30), true),
            ("dashboards.default.x.gnetId", json!(1860), true),
            ("config.url", json!("https://a.example/x"), true),
            ("server.timezone", json!("Europe/Paris"), true),
            ("updateStrategy.type", json!("Recreate"), true),
            ("extraArgs", json!([]), true),
            ("adminPassword", masked(), true),
            ("serverName", json!("home"), true),
            ("bindAddress", json!("10.0.0.1:80"), true),
            ("timeout", json!("5s"), true),
            ("secretName", json!("x"), true),
            // Sizes and kinds by another name.
            ("planName", json!("enterprise"), false),
            ("skuId", json!("P3v2"), false),
            ("flavorName", json!("m1.xlarge"), false),
            ("type", json!("m5.24xlarge"), false),
            ("class", json!("db.r6g.16xlarge"), false),
            ("level", json!("xlarge"), false),
            ("level", json!("2xl"), false),
            ("name", json!("S"), false),
            ("profile", json!("extra large"), false),
            ("profileName", json!("production"), false),
            ("tierLevel", json!("premium"), false),
            ("pair", json!("10Gi, 20Gi"), false),
            ("hosts", json!(30), false),
            // How often, and how long.
            ("schedule", json!("* * * * *"), false),
            ("backupSchedule", json!("0 3 * * *"), false),
            ("retentionPeriod", json!("30d"), false),
            ("retentionPolicy.days", json!(30), false),
            ("scalingPolicy.top", json!(30), false),
            ("deploymentMode", json!("Distributed"), false),
            // Charts and parts that run, whose names hold a harmless word.
            ("nginx-ingress.enabled", json!(true), false),
            ("nginx-ingress.controller.kind", json!("DaemonSet"), false),
            ("graylog.enabled", json!(true), false),
            ("alertmanager.enabled", json!(true), false),
            ("ruler.enabled", json!(true), false),
            ("monitoring.enabled", json!(true), false),
            ("authentik.enabled", json!(true), false),
            ("microservices.enabled", json!(true), false),
            ("webhook.create", json!(true), false),
            // The chart's own value, which nobody sees.
            ("extras", json!(null), false),
            (
                "extraObject",
                json!(
                    "apiVersion: apps/v1
kind: Deployment
metadata: {name: more-of-the-same}
"
                ),
                false,
            ),
        ] {
            let keys: Vec<&str> = path.split('.').collect();
            assert_eq!(is_harmless(&keys, &value), harmless, "{path}: {value}");
        }
    }
}

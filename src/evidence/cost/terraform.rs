//! What Terraform makes: machines by the names of their types, where the price list has them. Terraform's own prices are
//! Infracost's work, whose reports are read.

use rust_decimal::Decimal;
use serde_json::Value;

use super::part::{Count, Part};
use super::scaling::pods;
use super::unclear;

/// Attributes that name a type of machine.
const TYPES: [&str; 6] = ["instance_type", "instance_class", "machine_type", "node_type", "vm_size", "server_type"];
/// Attributes that say how many.
const NUMBERS: [&str; 4] = ["count", "instance_count", "node_count", "desired_size"];
/// Parts of the names of resources that are free at every large cloud.
const FREE: [&str; 6] = ["security_group", "_iam_", "_record", "_policy", "route_table", "subnet"];

/// The parts of a file.
pub(super) fn parts(value: &Value) -> Vec<Part> {
    let mut parts = Vec::new();
    for (kind, named) in value["resource"].as_object().into_iter().flatten() {
        for (name, resource) in named.as_object().into_iter().flatten() {
            match machine(resource) {
                Some(machine) => parts.extend(std::iter::once(machine).chain(beside(kind, name, resource))),
                None if FREE.iter().any(|free| kind.contains(free)) => {}
                None => parts.push(unknown(&format!("{kind} {name}"), resource)),
            }
        }
    }
    for (name, module) in value["module"].as_object().into_iter().flatten() {
        parts.push(unknown(&format!("module {name}"), module));
    }
    for key in ["variable", "locals"] {
        parts.extend(unclear::of_object(&format!("a {key} of Terraform"), &value[key]));
    }
    parts
}

/// What bears cost, or may, and is not known without a report; what only describes it does not count.
fn unknown(what: &str, said: &Value) -> Part {
    let mut said = said.clone();
    if let Some(entries) = said.as_object_mut() {
        entries
            .retain(|key, _| !matches!(key.as_str(), "tags" | "labels" | "description" | "lifecycle" | "depends_on"));
    }
    Part::Unknown {
        why: format!("{what}: what Terraform makes has no price without a report"),
        witness: said.to_string(),
    }
}

/// The amounts of a machine beside its type: disks.
fn beside(kind: &str, name: &str, resource: &Value) -> Vec<Part> {
    let mut rest = resource.clone();
    if let Some(entries) = rest.as_object_mut() {
        entries.retain(|key, _| !TYPES.contains(&key.as_str()) && !NUMBERS.contains(&key.as_str()));
    }
    unclear::of_object(&format!("{kind} {name}"), &rest)
}

/// A machine of a type that is written out, and nothing else that bears cost.
fn machine(resource: &Value) -> Option<Part> {
    let name = TYPES.iter().find_map(|key| resource[*key].as_str())?;
    let said = NUMBERS.iter().map(|key| &resource[*key]).find(|said| !said.is_null());
    let number = said.map_or(Some(Decimal::ONE), pods)?;
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    is_name.then(|| Part::Named { count: Count::of(number), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::fields::documents;

    #[test]
    fn machines_are_known_by_their_type() {
        let text = r#"
resource "aws_instance" "web" {
  count         = 3
  instance_type = "m5.large"
}
resource "aws_db_instance" "db" {
  instance_class = var.class
}
resource "aws_s3_bucket" "b" {
  bucket = "x"
}
"#;
        let read = documents("main.tf".into(), text.as_bytes()).unwrap();
        let found = parts(&read[0].value);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], Part::Named { count: Count::of(Decimal::from(3)), name: "m5.large".into() });
        assert!(
            matches!(&found[1..], [Part::Named { name, .. }, Part::Unknown { .. }] if name == "var.class"),
            "{found:?}"
        );
    }
}

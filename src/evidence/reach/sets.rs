//! The Applications of a set of them, as Argo CD makes it, as far as the repository alone tells: lists, folders and files of it, and
//! products of these. What only the cluster knows stays a gap.

use std::collections::{BTreeMap, BTreeSet};

use bstr::ByteSlice as _;
use serde_json::Value;

use super::paths::{clean, folders};
use crate::evidence::Inventory;

/// Applications of one set that are made.
const MAX_SETS: usize = 500;
/// Depth of a value whose members are parameters.
const MAX_DEPTH: usize = 8;

/// What fills the gaps of one Application, by the names that templates use.
type Parameters = BTreeMap<String, String>;

/// The specs of the Applications that a set makes, and what of it cannot be known. Gaps that nothing fills stay as they are.
pub(super) fn applications(spec: &Value, inventory: &Inventory) -> (Vec<Value>, Option<String>) {
    let Some(template) = spec.get("template").and_then(|template| template.get("spec")) else {
        return (Vec::new(), None);
    };
    let (mut made, mut missing) = (Vec::new(), None);
    for generator in spec.get("generators").and_then(Value::as_array).into_iter().flatten() {
        match parameters(generator, inventory) {
            Ok(sets) => made.extend(sets.iter().take(MAX_SETS).map(|set| filled(template, set))),
            Err(why) => {
                missing = Some(why);
                made.push(template.clone());
            }
        }
        if made.len() >= MAX_SETS {
            made.truncate(MAX_SETS);
            missing = Some(format!("only the first {MAX_SETS} Applications that it makes were read"));
            break;
        }
    }
    (made, missing)
}

fn parameters(generator: &Value, inventory: &Inventory) -> Result<Vec<Parameters>, String> {
    if let Some(elements) = generator.get("list").and_then(|list| list.get("elements")).and_then(Value::as_array) {
        return Ok(elements.iter().take(MAX_SETS).map(flat).collect());
    }
    if let Some(git) = generator.get("git") {
        return of_git(git, inventory);
    }
    if let Some(parts) = generator.get("matrix").and_then(|of| of.get("generators")).and_then(Value::as_array) {
        let mut product = vec![Parameters::new()];
        for part in parts.iter().take(2) {
            let sets = parameters(part, inventory)?;
            let pairs = product.iter().flat_map(|own| sets.iter().map(move |more| (own, more)));
            product = pairs.take(MAX_SETS).map(|(own, more)| own.iter().chain(more).map(pair).collect()).collect();
        }
        return Ok(product);
    }
    let name = generator.as_object().and_then(|members| members.keys().find(|key| *key != "selector"));
    Err(format!("what its generator {} gives is known to the cluster alone", name.map_or("", String::as_str)))
}

fn pair((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

fn of_git(git: &Value, inventory: &Inventory) -> Result<Vec<Parameters>, String> {
    let patterns = |key: &str| git.get(key).and_then(Value::as_array).into_iter().flatten();
    let path = |item: &Value| item.get("path").and_then(Value::as_str).and_then(clean);
    let excludes = |item: &&Value| item.get("exclude").and_then(Value::as_bool) == Some(true);
    let named: Vec<String> = patterns("directories").filter(|item| !excludes(item)).filter_map(path).collect();
    let excluded: Vec<String> = patterns("directories").filter(excludes).filter_map(path).collect();
    if !named.is_empty() {
        let all: BTreeSet<&str> =
            inventory.files().filter_map(|(file, _)| file.to_str().ok()).flat_map(folders).collect();
        let wanted = |folder: &&str| {
            named.iter().any(|one| matches(one, folder)) && !excluded.iter().any(|one| matches(one, folder))
        };
        return Ok(all.into_iter().filter(wanted).take(MAX_SETS).map(of_folder).collect());
    }
    let files: Vec<String> = patterns("files").filter_map(path).collect();
    if files.is_empty() {
        return Err("its git generator names neither folders nor files".to_owned());
    }
    let found = inventory.documents().filter_map(|(file, document)| Some((file.to_str().ok()?, document)));
    let found = found.filter(|(file, _)| files.iter().any(|one| matches(one, file)));
    let sets = found.take(MAX_SETS).map(|(file, document)| {
        let mut set = of_folder(file.rsplit_once('/').map_or("", |(folder, _)| folder));
        set.extend(flat(&document.value));
        set
    });
    Ok(sets.collect())
}

/// Whether a path fits a pattern where `*` stands for a part, or for some of one, and `**` for many.
fn matches(pattern: &str, path: &str) -> bool {
    let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, path) = (parts(pattern), parts(path));
    // Positions of the pattern that the parts read so far can have led to.
    let mut at: BTreeSet<usize> = BTreeSet::from([0]);
    let open = |at: &mut BTreeSet<usize>| {
        for place in at.clone() {
            let many = pattern[place..].iter().take_while(|part| *part == "**").count();
            at.extend((1..=many).map(|step| place + step));
        }
    };
    open(&mut at);
    for part in &path {
        at = at
            .iter()
            .filter_map(|place| {
                let wanted = pattern.get(*place)?;
                if wanted == "**" { Some(*place) } else { super::delivery::fits(wanted, part).then_some(place + 1) }
            })
            .collect();
        open(&mut at);
    }
    at.contains(&pattern.len())
}

/// What the two kinds of templates call a folder.
fn of_folder(folder: &str) -> Parameters {
    let base = folder.rsplit_once('/').map_or(folder, |(_, base)| base);
    let mut set: Parameters = [("path", folder), ("path.path", folder), ("path.basename", base)]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for (at, part) in folder.split('/').enumerate() {
        set.insert(format!("path[{at}]"), part.to_owned());
        set.insert(format!("path.segments[{at}]"), part.to_owned());
    }
    set
}

/// The members of a value by the ways that lead to them: `cluster.name`.
fn flat(value: &Value) -> Parameters {
    let mut flat = Parameters::new();
    let mut open = vec![(String::new(), value, 0)];
    while let Some((name, value, depth)) = open.pop() {
        match value {
            Value::Object(members) if depth < MAX_DEPTH && flat.len() < MAX_SETS => {
                for (key, value) in members {
                    let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                    open.push((name, value, depth + 1));
                }
            }
            Value::String(text) => drop(flat.insert(name, text.clone())),
            Value::Number(_) | Value::Bool(_) => drop(flat.insert(name, value.to_string())),
            _ => {}
        }
    }
    flat
}

/// A template with its gaps filled, as far as they are known.
fn filled(template: &Value, set: &Parameters) -> Value {
    match template {
        Value::String(text) => Value::from(fill(text, set)),
        Value::Array(items) => items.iter().map(|item| filled(item, set)).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), filled(value, set))).collect(),
        other => other.clone(),
    }
}

fn fill(text: &str, set: &Parameters) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, tail)) = rest.split_once("{{") {
        let Some((name, tail)) = tail.split_once("}}") else { break };
        out.push_str(before);
        match set.get(name.trim_matches(['-', ' ']).trim_start_matches('.')) {
            Some(value) => out.push_str(value),
            None => out.extend(["{{", name, "}}"]),
        }
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_match_patterns() {
        for (pattern, path, expected) in [
            ("apps/*", "apps/web", true),
            ("apps/*", "apps/web/prod", false),
            ("apps/*/prod", "apps/web/prod", true),
            ("apps/**", "apps/web/prod", true),
            ("**/prod", "apps/web/prod", true),
            ("apps/web-*", "apps/web-eu", true),
            ("apps/**/config.json", "apps/config.json", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        let many = ["**"; 30].join("/");
        assert!(matches(&many, &["a"; 200].join("/")));
    }

    #[test]
    fn gaps_are_filled_as_far_as_they_are_known() {
        let set = flat(&serde_json::json!({ "cluster": "prod", "url": { "main": "https://x" }, "n": 3 }));
        for (text, expected) in [
            ("{{cluster}}-{{ .n }}", "prod-3"),
            ("{{.url.main}}/a", "https://x/a"),
            ("a/{{other}}/b", "a/{{other}}/b"),
            ("a/{{", "a/{{"),
        ] {
            assert_eq!(fill(text, &set), expected);
        }
    }
}

//! What patches do, and values that came or went with the map around them, in words.

use serde_json::Value;

use super::label::{called, is_long, object, of_file, value};
use crate::model::field::{FieldChange, FieldOp, FieldPath, PathStep, masked};
use crate::model::text;

/// The most numbers of copies that are named.
const NAMED: usize = 3;
/// What a strategic merge is told by.
const DIRECTIVE: &str = "$patch";

/// What all of a change comes to, where one object that a patch deletes is all that it is about.
pub(super) fn of_all(fields: &[FieldChange]) -> Option<String> {
    let (field, said) = fields.iter().find_map(|field| Some((field, deletes(field).filter(|_| is_whole(field))?)))?;
    let patched = &field.beside.patched;
    let alike = |other: &FieldChange| {
        other.file == field.file && other.document == field.document && other.beside.patched == *patched
    };
    (fields.len() == 1 || fields.iter().all(alike))
        .then(|| format!("{}: {said}", of_file(&String::from_utf8_lossy(&field.file))))
}

/// What a field of a patch does; `None` for any other.
pub(super) fn of_patch(field: &FieldChange, name: &str) -> Option<String> {
    deletes(field).or_else(|| operation(field, name))
}

/// ` (the items of its List …)`, where a list of objects cannot be read as those.
pub(super) fn beside_list(fields: &[FieldChange]) -> &'static str {
    let unread = |field: &FieldChange| {
        field.document.kind.as_deref() == Some("List")
            && matches!(field.path.0.first(), Some(PathStep::Key(key)) if key == "items")
    };
    if fields.iter().any(unread) { " (the items of the List are not all objects of their own)" } else { "" }
}

/// Whether a field is that of an object as a whole, and not of something in it.
fn is_whole(field: &FieldChange) -> bool {
    match field.path.0.as_slice() {
        [] => true,
        [PathStep::Key(key)] if key == DIRECTIVE => true,
        [.., PathStep::Key(list)] | [.., PathStep::Key(list), PathStep::Item(_) | PathStep::Index(_)]
            if list.starts_with("patches") =>
        {
            true
        }
        [.., PathStep::Key(patch), PathStep::Key(key)] => patch == "patch" && key == DIRECTIVE,
        [.., PathStep::Key(list), _, PathStep::Key(key)] => list.starts_with("patches") && key == DIRECTIVE,
        _ => false,
    }
}

/// `deletes Deployment checkout`: what a strategic merge takes away, or no longer does.
fn deletes(field: &FieldChange) -> Option<String> {
    let own = field.path.last_key() == Some(DIRECTIVE);
    let deletion = |side: &'_ Option<Value>| {
        let side = side.as_ref()?;
        let said =
            if own { Some(side) } else { patch(side).filter(|_| is_whole(field)).and_then(|one| one.get(DIRECTIVE)) };
        said.filter(|said| *said == "delete")?;
        let of = if own { None } else { patch(side).and_then(named) };
        Some(match field.path.0.split_last() {
            Some((PathStep::Key(_), above)) if !is_whole(field) => called(&FieldPath(above.to_vec())),
            _ => field.beside.patched.as_deref().map(text::single_line).or(of).unwrap_or_else(|| object(field)),
        })
    };
    match (deletion(&field.before), deletion(&field.after)) {
        (None, Some(of)) => Some(format!("deletes {of}")),
        (Some(of), None) => Some(format!("no longer deletes {of}")),
        _ => None,
    }
}

/// The patch in an entry of a list of patches, or in a list of one.
fn patch(value: &Value) -> Option<&Value> {
    let one = match value.as_array().map(Vec::as_slice) {
        Some([one]) => one,
        Some(_) => return None,
        None => value,
    };
    Some(one.get("patch").unwrap_or(one))
}

/// `Deployment checkout`: the object that a patch is written as.
fn named(patch: &Value) -> Option<String> {
    let (kind, name) = (patch.get("kind")?.as_str()?, patch.get("metadata")?.get("name")?.as_str()?);
    Some(text::truncate(&text::single_line(&format!("{kind} {name}")), 60).into_owned())
}

/// What an operation of JSON Patch that came or went does, or did; `None` for any other field. `replicas[web]` of a kustomization
/// is one too, and so is all of that list.
fn operation(field: &FieldChange, name: &str) -> Option<String> {
    let whole = matches!(field.op, FieldOp::Added | FieldOp::Removed);
    let own = field.after.as_ref().or(field.before.as_ref()).filter(|_| whole)?;
    let (name, set) = match field.path.0.as_slice() {
        [.., PathStep::Item(pointer)] if pointer.starts_with('/') => {
            let deed = own.get("op")?.as_str()?;
            (name.to_owned(), own.get("value").filter(|_| deed != "remove"))
        }
        [PathStep::Key(list), PathStep::Item(of)] if list == "replicas" => {
            (format!("replicas of {}", text::single_line(of)), Some(own.get("count")?))
        }
        [PathStep::Key(list)] if list == "replicas" => return counts(field, own),
        _ => return None,
    };
    let plain = set.filter(|value| !value.is_object() && !value.is_array() && !is_long(Some(value)));
    Some(match (field.op, plain) {
        (FieldOp::Removed, Some(plain)) => format!("{name} no longer set to {}", value(plain)),
        (FieldOp::Removed, None) => format!("{name} no longer patched"),
        (_, Some(plain)) => format!("{name} set to {}", value(plain)),
        (_, None) if set.is_some() => format!("{name} set"),
        (_, None) => format!("{name} taken out"),
    })
}

/// `replicas of checkout set to 0`: the numbers of copies that a kustomization sets, as a list that came or went.
fn counts(field: &FieldChange, list: &Value) -> Option<String> {
    let one = |item: &Value| Some((text::single_line(item.get("name")?.as_str()?), value(item.get("count")?)));
    let all: Vec<(String, String)> = list.as_array()?.iter().map(one).collect::<Option<_>>()?;
    let set = if field.op == FieldOp::Removed { "no longer set to" } else { "set to" };
    let named: Vec<String> = all.iter().take(NAMED).map(|(of, count)| format!("of {of} {set} {count}")).collect();
    let more = match all.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!named.is_empty()).then(|| format!("replicas {}{more}", named.join(", ")))
}

/// The values of a map that was empty, or is now, as fields of their own; none where there are more than `most`.
pub(super) fn unfolded(field: &FieldChange, most: usize) -> Vec<FieldChange> {
    let is_empty = |value: &Value| value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
    let full = |value: &Value| value.as_object().is_some_and(|map| !map.is_empty()) && *value != masked();
    let (op, map) = match (&field.before, &field.after) {
        (Some(before), Some(after)) if is_empty(before) && full(after) => (FieldOp::Added, after),
        (Some(before), Some(after)) if full(before) && is_empty(after) => (FieldOp::Removed, before),
        _ => return Vec::new(),
    };
    let mut parts = Vec::new();
    let mut open = vec![(field.path.clone(), map)];
    while let Some((path, value)) = open.pop() {
        if let Some(map) = value.as_object().filter(|map| !map.is_empty() && *value != masked()) {
            let inside = |(key, value)| {
                let mut path = path.clone();
                path.0.push(PathStep::Key(String::clone(key)));
                (path, value)
            };
            open.extend(map.iter().take(most + 1).map(inside).collect::<Vec<_>>().into_iter().rev());
        } else {
            let part = FieldChange::of(field.file.clone(), field.document.clone(), path, op);
            let own = Some(value.clone());
            let (before, after) = if op == FieldOp::Added { (None, own) } else { (own, None) };
            parts.push(FieldChange { before, after, beside: field.beside.clone(), ..part });
        }
        if parts.len() + open.len() > most {
            return Vec::new();
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::headline;
    use super::super::testing::{report, report_over};

    fn told(before: &str, after: &str) -> String {
        headline(&report("apps/shop/kustomization.yaml", before, after)).unwrap_or_default()
    }

    const HEAD: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";

    #[test]
    fn numbers_of_copies_are_told_with_the_list_that_holds_them() {
        let list = |items: &str| format!("{HEAD}replicas: [{items}]\n");
        let one = list("{name: checkout, count: 0}");
        assert_eq!(told(HEAD, &one), "shop: replicas of checkout set to 0");
        assert_eq!(told(&one, HEAD), "shop: replicas of checkout no longer set to 0");
        let four = ["a", "b", "c", "d"].map(|name| format!("{{name: {name}, count: 1}}")).join(", ");
        let said = "shop: replicas of a set to 1, of b set to 1, of c set to 1 and 1 more";
        assert_eq!(told(HEAD, &list(&four)), said);
        assert_eq!(told(HEAD, &list("x")), "shop: replicas added");
    }

    #[test]
    fn what_a_patch_deletes_is_said_so() {
        let object = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: checkout}\n";
        let inline = |rest: &str| {
            let text = format!("    {}\n", format!("{object}{rest}").trim_end().replace('\n', "\n    "));
            format!("{HEAD}patches:\n- patch: |\n{text}")
        };
        let scaled = "spec: {replicas: 3, template: {spec: {containers: [{name: app}, {name: side}]}}}";
        let deleted = "shop: deletes Deployment checkout";
        assert_eq!(told(&inline(scaled), &inline("$patch: delete")), deleted);
        assert_eq!(told(&inline("$patch: delete"), &inline(scaled)), deleted.replace("deletes", "no longer deletes"));
        assert_eq!(told(HEAD, &inline("$patch: delete")), deleted);
        let side = scaled.replace("{name: side}", "{name: side, $patch: delete}");
        assert_eq!(told(&inline(scaled), &inline(&side)), "patch of Deployment checkout: deletes container side");
        let file = format!("{object}$patch: delete\n");
        let added = headline(&report_over(&[("apps/shop/gone.yaml", None, Some(file.as_bytes()))]));
        assert_eq!(added.as_deref(), Some("gone: deletes Deployment checkout"));
    }

    #[test]
    fn maps_that_were_empty_are_told_by_what_is_in_them() {
        let web = |resources: &str| {
            format!(
                "kind: Deployment\napiVersion: apps/v1\nmetadata: {{name: web}}\nspec: {{resources: {resources}}}\n"
            )
        };
        for (from, to, said) in [
            ("{limits: {}}", "{limits: {memory: 1Gi}}", "web: memory limit 1Gi added"),
            ("{}", "{limits: {memory: 1Gi}, requests: {cpu: 1}}", "web: memory limit 1Gi added, cpu request 1 added"),
            ("{limits: {memory: 1Gi}}", "{}", "web: memory limit removed"),
            ("", "{limits: {memory: 1Gi}}", "web: memory limit 1Gi added"),
            ("{}", "{a: 1, b: 2, c: 3, d: 4}", "web: resources 0 values → 4 values"),
        ] {
            assert_eq!(told(&web(from), &web(to)), said, "{from} {to}");
        }
    }

    #[test]
    fn patches_that_swap_places_tell_the_value_that_changed() {
        let patch = |name: &str, replicas: u8| {
            format!(
                "- patch: |\n    kind: Deployment\n    metadata: {{name: {name}}}\n    spec: {{replicas: {replicas}}}\n"
            )
        };
        let list = |patches: [String; 2]| format!("{HEAD}patches:\n{}", patches.concat());
        let said = told(&list([patch("a", 3), patch("b", 3)]), &list([patch("b", 1), patch("a", 3)]));
        assert!(said.contains("replicas 3 → 1") && said.contains("Deployment b"), "{said}");
    }

    #[test]
    fn a_list_whose_items_are_no_objects_says_so() {
        let list = |items: &str| format!("apiVersion: v1\nkind: List\nitems: [{items}]\n");
        let said = told(&list("{a: 1}"), &list("{a: 2}"));
        assert!(said.ends_with(" (the items of the List are not all objects of their own)"), "{said}");
        let pod = |x: u8| list(&format!("{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, x: {x}}}"));
        assert_eq!(told(&pod(1), &pod(2)), "a: x 1 → 2");
    }
}

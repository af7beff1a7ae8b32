//! Fields that may decide how much there is of something in a form that the model does not read: values of charts, what a
//! kustomization takes in, patches, what Argo CD and Flux deploy.
//!
//! The model prices what it knows; what only points at it, or passes it on to something that is not here, may start anything. So a
//! change of it is zero only where it is plainly harmless: an image, a version, a label, a text.

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice as _};
use serde_json::Value;

use super::harmless::{amount, is_harmless, word};
use crate::diff::fields::documents;
use crate::model::field::{DocumentName, FieldChange, FieldOp, FieldReport, PathStep, masked};

/// The deepest that is looked.
const DEPTH: usize = 32;
/// The largest text that is read as values, in bytes.
const MAX_TEXT: usize = 256 << 10;
/// Lists of patches.
const PATCHES: [&str; 3] = ["patches", "patchesJson6902", "patchesStrategicMerge"];
/// What an application's overrides may say that starts nothing.
const NAMING: [&str; 7] =
    ["commonAnnotations", "commonLabels", "images", "namePrefix", "nameSuffix", "namespace", "version"];
/// What a chart makes of its values.
const CHART: &str = "what the chart makes of it is not known";
/// What a patch comes to.
const PATCH: &str = "the patch is not merged with what it is for here";
/// What is taken in from where nothing changes.
const ELSEWHERE: &str = "what it stands for is priced nowhere in this change";

/// The files whose documents come and go as wholes: what points at them is priced with them.
pub(super) struct Whole<'r>(BTreeSet<&'r BStr>);

/// A value, and the keys that lead to it: pointers are taken apart, items of lists passed over.
struct Leaf<'v> {
    keys: Vec<&'v str>,
    value: &'v Value,
}

impl<'r> Whole<'r> {
    pub fn of(report: &'r FieldReport) -> Self {
        Self(report.fields.iter().filter(|field| field.path.0.is_empty()).map(|field| field.file.as_bstr()).collect())
    }

    /// Why a change of this field may bear cost; `None` where it bears none, or the model prices it.
    pub fn doubt(&self, field: &FieldChange) -> Option<&'static str> {
        let form = Form::of(field)?;
        if field.op == FieldOp::Moved {
            // Operations of a patch are done one after the other.
            let ordered = form == Form::Patch && !is_whole_patch(field);
            return ordered.then_some(PATCH);
        }
        let sides = [&field.before, &field.after].map(|side| side.as_ref().map(|value| leaves(field, value)));
        let [before, after] = sides.map(Option::unwrap_or_default);
        before.iter().chain(&after).find_map(|leaf| {
            let differing = || match (&field.before, &field.after) {
                (Some(Value::String(old)), Some(Value::String(new))) => [old.as_str(), new.as_str()],
                _ => [leaf.value.as_str().unwrap_or_default(), ""],
            };
            self.of_leaf(form, &field.file, leaf, &differing)
        })
    }

    fn of_leaf<'t>(
        &self,
        form: Form,
        file: &BString,
        leaf: &Leaf<'_>,
        sides: &dyn Fn() -> [&'t str; 2],
    ) -> Option<&'static str> {
        let keys = leaf.keys.as_slice();
        if matches!(form, Form::Release | Form::Flux) && keys.iter().any(|key| PATCHES.contains(key)) {
            return in_patch(leaf, sides).then_some(PATCH);
        }
        match form {
            Form::Patch => in_patch(leaf, sides).then_some(PATCH),
            Form::Kustomization => self.in_kustomization(file, leaf, sides),
            Form::Release => match keys {
                ["spec", "values", keys @ ..] => in_values(keys, leaf.value).then_some(CHART),
                ["spec", "valuesFrom", ..] => Some(CHART),
                ["spec", "chart", "spec", "chart"] => Some("another chart may ask for more or less"),
                _ => None,
            },
            Form::Values => in_values(keys, leaf.value).then_some(CHART),
            Form::Texts => text_bears(sides(), &in_values_of_text).then_some(CHART),
            Form::Flux => match keys {
                ["spec", "path"] => self.in_folder("".into(), leaf.value),
                ["spec", "components", ..] => self.in_folder(file.as_bstr(), leaf.value),
                ["spec", "sourceRef", "kind" | "name" | "namespace"] => Some(ELSEWHERE),
                // Nothing of these is modelled.
                ["spec", "postBuild", "substitute", keys @ ..] => {
                    let leaf = Leaf { keys: keys.to_vec(), value: leaf.value };
                    in_values_of_text(&leaf).then_some("what it is put into is not known")
                }
                ["spec", "postBuild", "substituteFrom", ..] => Some("what it is put into is not known"),
                _ => None,
            },
            Form::Application => self.in_application(keys, leaf.value, sides),
        }
    }

    /// What a kustomization takes in, and what it does with it.
    fn in_kustomization<'t>(
        &self,
        file: &BString,
        leaf: &Leaf<'_>,
        sides: &dyn Fn() -> [&'t str; 2],
    ) -> Option<&'static str> {
        match leaf.keys.as_slice() {
            ["resources" | "components" | "bases" | "generators" | "transformers", ..] => {
                self.in_folder(file.as_bstr(), leaf.value)
            }
            ["replacements" | "vars" | "replicas", ..] => Some("what it is put into is not known"),
            ["helmCharts" | "helmChartInflationGenerator", "valuesInline", keys @ ..] => {
                in_values(keys, leaf.value).then_some(CHART)
            }
            ["helmCharts" | "helmChartInflationGenerator", rest @ ..] => {
                (!matches!(rest, ["version" | "releaseName" | "namespace" | "repo", ..])).then_some(CHART)
            }
            [list, ..] if PATCHES.contains(list) => in_patch(leaf, sides).then_some(PATCH),
            _ => None,
        }
    }

    /// What an application of Argo CD deploys.
    fn in_application<'t>(
        &self,
        keys: &[&str],
        value: &Value,
        sides: &dyn Fn() -> [&'t str; 2],
    ) -> Option<&'static str> {
        let keys = match keys {
            ["spec", "generators", keys @ ..] => {
                return (!is_harmless(keys, value)).then_some("how many applications come of it is not known");
            }
            ["spec", "template", "spec", "source" | "sources", keys @ ..]
            | ["spec", "source" | "sources", keys @ ..] => keys,
            _ => return None,
        };
        match keys {
            ["helm", "values"] => text_bears(sides(), &in_values_of_text).then_some(CHART),
            ["helm", "valuesObject", keys @ ..] => in_values(keys, value).then_some(CHART),
            ["helm", "parameters" | "fileParameters", keys @ .., "value" | "path"] => {
                (!is_harmless(keys, value)).then_some(CHART)
            }
            ["helm", "valueFiles" | "valuesFiles", ..] => Some(CHART),
            ["kustomize", "patches", ..] => in_patch(&Leaf { keys: keys.to_vec(), value }, sides).then_some(PATCH),
            ["kustomize", key, ..] if NAMING.contains(key) => None,
            ["path"] => self.in_folder("".into(), value),
            ["chart" | "repoURL"] | ["kustomize" | "directory" | "plugin", ..] => Some(ELSEWHERE),
            _ => None,
        }
    }

    /// A file or folder that is taken in: priced only where it comes or goes with what names it.
    fn in_folder(&self, by: &BStr, named: &Value) -> Option<&'static str> {
        let named = named.as_str()?;
        let found = resolve(by, named).is_some_and(|path| self.has(&path));
        (!found && !named.is_empty()).then_some(ELSEWHERE)
    }

    fn has(&self, path: &str) -> bool {
        let files = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
        self.0.contains(BStr::new(path))
            || files.iter().any(|file| self.0.contains(BStr::new(&format!("{path}/{file}"))))
    }
}

/// A path as one from the root; `None` for an address, and for what leads out.
fn resolve(by: &BStr, named: &str) -> Option<String> {
    let by = by.to_str().ok()?;
    if named.contains("://") || named.contains('?') {
        return None;
    }
    let mut parts: Vec<&str> = by.rsplit_once('/').map(|(folder, _)| folder.split('/').collect()).unwrap_or_default();
    for part in named.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The forms that pass on what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A patch, in a list of them or a file of its own.
    Patch,
    /// A kustomization.
    Kustomization,
    /// A release of Helm that Flux installs.
    Release,
    /// A file of values.
    Values,
    /// Values as a text.
    Texts,
    /// A kustomization that Flux applies.
    Flux,
    /// An application of Argo CD, or a set of them.
    Application,
}

impl Form {
    fn of(field: &FieldChange) -> Option<Self> {
        let steps = field.path.0.as_slice();
        let name = field.file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let own = matches!(steps.first(), Some(PathStep::Item(pointer)) if pointer.starts_with('/'));
        let in_list = steps.iter().zip(steps.iter().skip(1)).any(|(list, item)| {
            matches!(list, PathStep::Key(key) if PATCHES.contains(&key.as_str())) && !matches!(item, PathStep::Key(_))
        });
        if own || in_list || field.beside.patched.is_some() {
            return Some(Self::Patch);
        }
        let group = group(&field.document);
        let whole = steps.is_empty();
        Some(match field.document.kind.as_deref() {
            Some("Kustomization") if group.contains("fluxcd.io") => Self::Flux,
            Some("Kustomization" | "Component") if group.contains("kustomize.config") => Self::Kustomization,
            None if matches!(name, b"kustomization.yaml" | b"kustomization.yml" | b"Kustomization") => {
                Self::Kustomization
            }
            Some("Application" | "ApplicationSet") if group == "argoproj.io" => Self::Application,
            Some("HelmRelease") if !whole => Self::Release,
            Some("ConfigMap") if !whole && field.path.last_key().is_some_and(is_values) => Self::Texts,
            None if !whole && name.to_str().is_ok_and(is_values) => Self::Values,
            _ => return None,
        })
    }
}

/// Whether a file of this name holds the values of a chart.
fn is_values(name: &str) -> bool {
    name.starts_with("values") && matches!(name.rsplit_once('.'), Some((_, "yaml" | "yml")))
}

/// The group of an object's interface.
fn group(name: &DocumentName) -> &str {
    name.api_version.as_deref().and_then(|version| version.split_once('/')).map_or("", |(group, _)| group)
}

/// Whether the field is a patch as a whole.
fn is_whole_patch(field: &FieldChange) -> bool {
    matches!(field.path.0.last(), Some(PathStep::Index(_) | PathStep::Item(_)))
        && matches!(field.path.0.iter().rev().nth(1), Some(PathStep::Key(key)) if PATCHES.contains(&key.as_str()))
}

/// The leaves of a side of a field.
fn leaves<'v>(field: &'v FieldChange, value: &'v Value) -> Vec<Leaf<'v>> {
    let mut keys: Vec<&str> = Vec::new();
    let mut listed = "";
    for step in &field.path.0 {
        match step {
            PathStep::Key(key) => {
                listed = key;
                keys.push(key);
            }
            PathStep::Item(pointer) if pointer.starts_with('/') => keys.extend(segments(pointer)),
            PathStep::Item(name) if matches!(listed, "parameters" | "fileParameters") => keys.extend(name.split('.')),
            PathStep::Item(_) | PathStep::Index(_) => {}
        }
    }
    let mut found = Vec::new();
    walk(value, &mut keys, &mut found, 0);
    found
}

fn segments(pointer: &str) -> impl Iterator<Item = &str> {
    pointer.split('/').filter(|part| !part.is_empty())
}

fn walk<'v>(value: &'v Value, keys: &mut Vec<&'v str>, found: &mut Vec<Leaf<'v>>, depth: usize) {
    let known = keys.len();
    match value {
        Value::Object(entries) if depth < DEPTH && !entries.is_empty() && *value != masked() => {
            let pointer = value["path"].as_str().filter(|path| path.starts_with('/') && value["op"].is_string());
            keys.extend(pointer.into_iter().flat_map(segments));
            let named = keys.last().is_some_and(|list| matches!(*list, "parameters" | "fileParameters"));
            keys.extend(value["name"].as_str().filter(|_| named).into_iter().flat_map(|name| name.split('.')));
            for (key, value) in entries.iter().filter(|(key, _)| pointer.is_none() || !matches!(key.as_str(), "path")) {
                keys.push(key);
                walk(value, keys, found, depth + 1);
                keys.pop();
            }
        }
        Value::Array(items) if depth < DEPTH && !items.is_empty() => {
            for item in items {
                walk(item, keys, found, depth + 1);
            }
        }
        value => found.push(Leaf { keys: keys.clone(), value }),
    }
    keys.truncate(known);
}

/// Whether a value of a chart may bear cost that the model does not price.
fn in_values(keys: &[&str], value: &Value) -> bool {
    let modelled = match keys {
        // What the library of many charts says is read whole.
        ["controllers" | "defaultPodOptions" | "persistence" | "service" | "configMaps" | "route", ..] => true,
        keys => keys.iter().any(|key| amount(key)),
    };
    !modelled && !is_harmless(keys, value)
}

/// Whether a value of a chart that is a text inside a document may bear cost: nothing of it is modelled.
fn in_values_of_text(leaf: &Leaf<'_>) -> bool {
    leaf.keys.iter().any(|key| amount(key)) || !is_harmless(&leaf.keys, leaf.value)
}

/// Whether a leaf of a patch may bear cost.
fn in_patch<'t>(leaf: &Leaf<'_>, sides: &dyn Fn() -> [&'t str; 2]) -> bool {
    let Some((last, above)) = leaf.keys.split_last() else { return false };
    let list = leaf.keys.iter().rposition(|key| PATCHES.contains(key));
    let inside = list.map_or(leaf.keys.as_slice(), |at| &leaf.keys[at + 1..]);
    match inside {
        // A file, another target, a text that could not be read as one document.
        ["path" | "target", ..] => return true,
        ["patch"] | [] if list.is_some() => return text_bears(sides(), &patched),
        _ => {}
    }
    let values = above.iter().rposition(|key| matches!(*key, "values" | "valuesObject" | "substitute"));
    match values {
        Some(at) => in_values_of_text(&Leaf { keys: leaf.keys[at + 1..].to_vec(), value: leaf.value }),
        None => patched(leaf) || *last == "op" && leaf.value != "test" && ends_at_whole(above),
    }
}

/// Whether a leaf of an object that is changed may bear cost.
fn patched(leaf: &Leaf<'_>) -> bool {
    let bears = |key: &str| {
        amount(key)
            || matches!(key, "$patch" | "schedule" | "suspend" | "parallelism" | "resources" | "volumeClaimTemplates")
    };
    leaf.keys.iter().any(|key| bears(key)) || leaf.value == "LoadBalancer"
}

/// Whether an operation is on what holds what bears cost.
fn ends_at_whole(keys: &[&str]) -> bool {
    let key = keys.iter().rev().find(|key| !key.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
    key.is_none_or(|key| matches!(*key, "patch" | "spec" | "template" | "containers" | "initContainers" | "values"))
}

/// Whether what differs between two texts that hold documents may bear cost. What cannot be read may.
fn text_bears(sides: [&str; 2], bears: &dyn Fn(&Leaf<'_>) -> bool) -> bool {
    let read = |text: &str| {
        let fits = text.len() <= MAX_TEXT;
        fits.then(|| documents("values.yaml".into(), text.as_bytes()).ok()).flatten()
    };
    let [Some(old), Some(new)] = sides.map(read) else { return true };
    let differ = |one: &Value, other: &Value| {
        let (one, other) = (flat(one), flat(other));
        let known: BTreeSet<(&[&str], String)> =
            other.iter().map(|leaf| (leaf.keys.as_slice(), leaf.value.to_string())).collect();
        one.iter().any(|leaf| bears(leaf) && !known.contains(&(leaf.keys.as_slice(), leaf.value.to_string())))
    };
    let count = old.len().max(new.len());
    let at = |side: &[crate::diff::fields::ConfigDocument], at: usize| {
        side.get(at).map_or(Value::Null, |document| document.value.clone())
    };
    (0..count).any(|index| {
        let (old, new) = (at(&old, index), at(&new, index));
        word(&old) || word(&new) || differ(&old, &new) || differ(&new, &old)
    })
}

fn flat(value: &Value) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    walk(value, &mut Vec::new(), &mut found, 0);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::fields::testing::report_over;

    /// What the first doubt of a change of files is about, if there is one.
    fn doubted(files: &[(&str, &str, &str)]) -> Option<&'static str> {
        let side = |text: &'_ str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
        let owned: Vec<_> = files.iter().map(|(path, old, new)| (*path, side(old), side(new))).collect();
        let sides: Vec<_> = owned.iter().map(|(path, old, new)| (*path, old.as_deref(), new.as_deref())).collect();
        let report = report_over(&sides);
        let whole = Whole::of(&report);
        report.fields.iter().find_map(|field| whole.doubt(field))
    }

    fn headed(kind: &str, spec: &str) -> String {
        let group = match kind {
            "HelmRelease" => "helm.toolkit.fluxcd.io/v2",
            "Kustomization" => "kustomize.toolkit.fluxcd.io/v1",
            _ => "argoproj.io/v1alpha1",
        };
        format!("apiVersion: {group}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n")
    }

    #[test]
    fn values_of_charts_are_zero_only_where_they_are_plainly_harmless() {
        for (from, to, doubtful) in [
            ("workers: 3", "workers: 30", true),
            ("tier: small", "tier: xlarge", true),
            ("tier: small", "tier: small, ha: true", true),
            ("tier: small", "tier: small, cache: {shards: 3}", true),
            ("tier: small", "tier: '${TIER}'", true),
            ("tier: small", "tier: small, image: {tag: v1, pullPolicy: Always}", false),
            ("tier: small", "tier: small, podLabels: {a: b}", false),
            ("tier: small", "tier: small, replicas: 3", false), // the model has it
            ("tag: 1.0", "tag: 1.1", false),
            ("team: a", "team: b", false),
            ("https://a.example", "https://b.example/x", false),
            ("LOG: info", "LOG: debug", false),
            ("timeout: 5s", "timeout: 9s", false),
            ("ingress: {enabled: true", "ingress: {enabled: false", false),
        ] {
            let values = "{tier: small, workers: 3, image: {tag: 1.0}, annotations: {team: a}, baseUrl: https://a.example, env: {LOG: info}, timeout: 5s, ingress: {enabled: true}}";
            let other = values.replace(from, to);
            let release =
                |values: &str| headed("HelmRelease", &format!("{{chart: {{spec: {{chart: foo}}}}, values: {values}}}"));
            let object = |values: &str| {
                headed("Application", &format!("{{source: {{chart: foo, helm: {{valuesObject: {values}}}}}}}"))
            };
            for (path, old, new) in [
                ("a.yaml", release(values), release(&other)),
                ("a.yaml", object(values), object(&other)),
                ("web/values-prod.yaml", values.to_owned(), other.clone()),
            ] {
                assert_eq!(doubted(&[(path, &old, &new)]).is_some(), doubtful, "{path} {from} {to}");
            }
        }
        let library = |env: &str| {
            headed("HelmRelease", &format!("{{values: {{controllers: {{a: {{containers: {{b: {{x: {env}}}}}}}}}}}}}"))
        };
        assert_eq!(doubted(&[("a.yaml", &library("3"), &library("4"))]), None, "that shape is read whole");
    }

    #[test]
    fn what_argo_cd_deploys_is_not_zero() {
        for (spec, from, to, doubtful) in [
            ("{source: {helm: {values: \"replicaCount: 3\\n\"}}}", "3", "30", true),
            ("{source: {helm: {values: \"image: {tag: a}\\nx: 1\"}}}", "tag: a", "tag: b", false),
            ("{source: {helm: {parameters: [{name: replicaCount, value: '3'}]}}}", "'3'", "'30'", true),
            ("{source: {helm: {parameters: [{name: image.tag, value: '3'}]}}}", "'3'", "'30'", false),
            ("{sources: [{helm: {valueFiles: [a.yaml]}}]}", "a.yaml", "b.yaml", true),
            ("{source: {kustomize: {images: ['a:1']}}}", "a:1", "a:2", false),
            ("{source: {kustomize: {replicas: [{name: a, count: 1}]}}}", "count: 1", "count: 5", true),
            ("{source: {path: a}}", "a}}", "b}}", true),
            ("{source: {targetRevision: v1}}", "v1", "v2", false),
            ("{syncPolicy: {automated: {prune: true}}}", "true", "false", false),
        ] {
            let (old, new) = (headed("Application", spec), headed("Application", &spec.replace(from, to)));
            assert_eq!(doubted(&[("a.yaml", &old, &new)]).is_some(), doubtful, "{spec} {to}");
            let spec = format!("{{template: {{spec: {spec}}}}}");
            let (old, new) = (headed("ApplicationSet", &spec), headed("ApplicationSet", &spec.replace(from, to)));
            assert_eq!(doubted(&[("a.yaml", &old, &new)]).is_some(), doubtful, "set {spec} {to}");
        }
        let set = |elements: &str| {
            headed("ApplicationSet", &format!("{{generators: [{{list: {{elements: [{elements}]}}}}]}}"))
        };
        assert!(doubted(&[("a.yaml", &set("{n: 1}"), &set("{n: 1}, {n: 2}"))]).is_some());
    }

    #[test]
    fn what_a_kustomization_takes_in_is_priced_where_it_comes_with_it() {
        let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
        let list = |text: &str| format!("{head}{text}");
        let service = "kind: Service\napiVersion: v1\nmetadata: {name: a}\n";
        let one = list("resources: [e.yaml]\n");
        let two = list("resources: [e.yaml, ./d.yaml]\n");
        assert!(doubted(&[("k/kustomization.yaml", &two, &one)]).is_some());
        assert!(doubted(&[("k/kustomization.yaml", &one, &two)]).is_some());
        assert_eq!(doubted(&[("k/kustomization.yaml", &two, &one), ("k/d.yaml", service, "")]), None);
        assert_eq!(doubted(&[("k/kustomization.yaml", &one, &two), ("k/d.yaml", "", service)]), None);
        for (from, to, doubtful) in [
            ("", "components: [../big]\n", true),
            ("", "bases: [../big]\n", true),
            ("", "patches: [{path: other.yaml}]\n", true),
            ("", "labels: [{pairs: {a: b}}]\n", false),
            ("images: [{name: a, newTag: '1'}]\n", "images: [{name: a, newTag: '2'}]\n", false),
            ("namespace: a\n", "namespace: b\n", false),
            ("replacements: [{source: {fieldPath: a}}]\n", "replacements: [{source: {fieldPath: b}}]\n", true),
        ] {
            assert_eq!(doubted(&[("k/kustomization.yaml", &list(from), &list(to))]).is_some(), doubtful, "{to}");
        }
        let folder = list("resources: [../app]\n");
        assert!(doubted(&[("k/kustomization.yaml", head, &folder)]).is_some());
        assert_eq!(
            doubted(&[("k/kustomization.yaml", head, &folder), ("app/kustomization.yaml", "", &list(""))]),
            None
        );
    }

    #[test]
    fn flux_may_put_in_and_patch_anything() {
        for (old, new, doubtful) in [
            ("{path: ./a}", "{path: ./b}", true),
            ("{path: ./a, interval: 5m}", "{path: ./a, interval: 9m}", false),
            ("{postBuild: {substitute: {REPLICAS: '3'}}}", "{postBuild: {substitute: {REPLICAS: '9'}}}", true),
            ("{postBuild: {substitute: {APP_URL: x}}}", "{postBuild: {substitute: {APP_URL: y}}}", false),
            ("{path: ./a}", "{path: ./a, patches: [{patch: \"a: 1\\nspec: {replicas: 3}\"}]}", true),
        ] {
            let (old, new) = (headed("Kustomization", old), headed("Kustomization", new));
            assert_eq!(doubted(&[("a.yaml", &old, &new)]).is_some(), doubtful, "{new}");
        }
    }

    #[test]
    fn patches_of_any_form_are_not_zero() {
        let object =
            |name: &str, rest: &str| format!("    kind: Deployment\n    metadata: {{name: {name}}}\n    {rest}\n");
        let inline = |text: &str| format!("patches:\n- patch: |\n{text}");
        let two = |rest: &str| {
            let text = object("a", "spec: {replicas: 3}") + "    ---\n" + &object("b", rest);
            inline(&text) + "  target: {labelSelector: x}\n"
        };
        let ops = |lines: &[&str]| inline(&format!("    - {}\n", lines.join("\n    - ")));
        let memory = "{op: add, path: /spec/template/spec/containers/0/resources/limits/memory, value: 2Gi}";
        let more = memory.replace("2Gi", "4Gi");
        let label = "{op: add, path: /metadata/labels/a, value: b}";
        let strategic = inline(&object("a", "spec: {template: {spec: {containers: [{name: x, image: 'a:1'}]}}}"));
        for (old, new, doubtful) in [
            (two("spec: {replicas: 3}"), two("spec: {replicas: 30}"), true),
            (two("x: {labels: {a: b}}"), two("x: {labels: {a: c}}"), false),
            (inline(&object("a", "spec: {paused: true}")), inline(&object("a", "$patch: delete")), true),
            (ops(&[memory, &more]), ops(&[&more, memory]), true),
            (ops(&[label]), ops(&[&label.replace("value: b", "value: c")]), false),
            (ops(&[label]), ops(&[label, "{op: remove, path: /spec/template/spec/containers/1}"]), true),
            (strategic.clone(), strategic.replace("a:1", "a:2"), false),
            (strategic.clone(), strategic.replace("image", "resources: {limits: {cpu: 1}}, image"), true),
        ] {
            assert_eq!(doubted(&[("k/kustomization.yaml", &old, &new)]).is_some(), doubtful, "{old} {new}");
        }
    }

    #[test]
    fn values_in_a_config_map_are_values() {
        let map = |text: &str| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: v}}\ndata: {{values.yaml: '{text}', a.conf: x}}\n"
            )
        };
        assert!(doubted(&[("a.yaml", &map("replicas: 3"), &map("replicas: 30"))]).is_some());
        assert_eq!(doubted(&[("a.yaml", &map("tag: 3"), &map("tag: 30"))]), None);
        assert_eq!(doubted(&[("a.yaml", &map("a: 1"), &map("a: 1").replace("a.conf: x", "a.conf: y"))]), None);
    }
}

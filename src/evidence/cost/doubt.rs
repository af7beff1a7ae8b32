//! Fields that may decide how much there is of something in a form that the model does not read: values of charts, what a
//! kustomization takes in, patches, what Argo CD and Flux deploy, and the config maps and files that such values come from.
//!
//! The model prices what it knows; what only points at it, or passes it on to something that is not here, may start anything. So a
//! change of it is zero only where it is plainly harmless: an image, a version, a label, a text.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use bstr::{BStr, ByteSlice as _};
use serde_json::Value;

use super::harmless::is_harmless;
use super::leaf::{Leaf, PATCHES, in_patch, in_values, in_values_of_text, leaves, of_text, text_bears};
use super::sources::is_same_chart;
use super::users::{Use, Users};
use super::values::is_shaped;
use crate::diff::fields::ConfigDocument;
use crate::evidence::Inventory;
use crate::model::field::{DocumentName, FieldChange, FieldOp, FieldReport, PathStep, masked};
use crate::model::text;

/// What an application's overrides may say that starts nothing.
const NAMING: [&str; 7] =
    ["commonAnnotations", "commonLabels", "images", "namePrefix", "nameSuffix", "namespace", "version"];
/// What a chart makes of its values.
const CHART: &str = "what the chart makes of it is not known";
/// What a patch comes to.
const PATCH: &str = "the patch is not merged with what it is for here";
/// What is taken in from where nothing changes.
const ELSEWHERE: &str = "what it stands for is priced nowhere in this change";
/// What variables come to.
const VARIABLE: &str = "what it is put into is not known";
/// Columns of a version.
const VERSION: usize = 24;
/// What another chart comes to.
const ANOTHER: &str = "another chart may ask for more or less";
/// Lists in which what comes later goes before.
const LAYERS: [&str; 4] = ["substituteFrom", "valueFiles", "valuesFiles", "valuesFrom"];

/// A change as a whole, for what passes its values on.
pub(super) struct Whole<'r> {
    /// The files whose documents come and go as wholes: what points at them is priced with them.
    files: BTreeSet<&'r BStr>,
    before: &'r Inventory,
    after: &'r Inventory,
    /// Who reads values from other objects and files; looked for where something may be read so.
    users: OnceCell<Users>,
}

impl<'r> Whole<'r> {
    pub fn of(report: &'r FieldReport, before: &'r Inventory, after: &'r Inventory) -> Self {
        let files = report.fields.iter().filter(|field| field.path.0.is_empty()).map(|field| field.file.as_bstr());
        Self { files: files.collect(), before, after, users: OnceCell::new() }
    }

    fn users(&self) -> &Users {
        self.users.get_or_init(|| Users::of(self.before, self.after))
    }

    /// Why a change of this field may bear cost; `None` where it bears none, or the model prices it.
    pub fn doubt(&self, field: &FieldChange) -> Option<&'static str> {
        let form = self.form(field)?;
        let sides = [&field.before, &field.after].map(|side| side.as_ref().map(|value| leaves(field, value)));
        let [before, after] = sides.map(Option::unwrap_or_default);
        if field.op == FieldOp::Moved {
            return moved(form, field, &before);
        }
        before.iter().chain(&after).find_map(|leaf| {
            let differing = || match (&field.before, &field.after) {
                (Some(Value::String(old)), Some(Value::String(new))) => [old.as_str(), new.as_str()],
                _ => [leaf.value.as_str().unwrap_or_default(), ""],
            };
            self.of_leaf(form, field, leaf, &differing)
        })
    }

    /// What is taken for granted where a field is said to bear no cost: that another version of a chart, or of other manifests,
    /// asks for what the last one did.
    pub fn assumes(&self, field: &FieldChange) -> Option<String> {
        let keys: Vec<&str> = field.path.keys().collect();
        let is_version = match self.form(field)? {
            Form::Release => matches!(keys.as_slice(), ["spec", "chart", "spec", "version"] | ["spec", "version"]),
            Form::Source => {
                matches!(keys.as_slice(), ["spec", "ref", "tag" | "semver" | "digest" | "commit"] | ["spec", "version"])
            }
            Form::Chart => matches!(keys.as_slice(), ["dependencies", "version"]),
            Form::Kustomization => matches!(keys.as_slice(), ["helmCharts", "version"]),
            Form::Application => keys.last() == Some(&"targetRevision"),
            _ => false,
        };
        let [old, new] = [&field.before, &field.after].map(|side| side.as_ref().map(version));
        let (old, new) = old.zip(new).filter(|_| is_version)?;
        Some(format!("{new} asks for what {old} did"))
    }

    /// Why a file of which no values are known may bear cost: something reads it as those of a chart.
    pub fn doubt_of_file(&self, file: &BStr) -> Option<&'static str> {
        let plain = self.users().of_file(file, [self.before, self.after]);
        plain.first().map(|becomes| if *becomes == Use::Variable { VARIABLE } else { CHART })
    }

    fn of_leaf<'t>(
        &self,
        form: Form,
        field: &FieldChange,
        leaf: &Leaf<'_>,
        sides: &dyn Fn() -> [&'t str; 2],
    ) -> Option<&'static str> {
        let (file, keys) = (&field.file, leaf.keys.as_slice());
        if matches!(form, Form::Release | Form::Flux) && keys.iter().any(|key| PATCHES.contains(key)) {
            return in_patch(leaf, sides).then_some(PATCH);
        }
        match form {
            Form::Operations => Some(PATCH),
            Form::Patch => in_patch(leaf, sides).then_some(PATCH),
            Form::Kustomization => self.in_kustomization(field, leaf, sides),
            Form::Release => self.in_release(field, leaf, sides),
            Form::Values => in_values(false, keys, leaf.value, sides).then_some(CHART),
            Form::Held => self.in_held(field, leaf, sides),
            Form::Source => in_source(keys),
            Form::Chart => matches!(keys, ["dependencies", rest @ ..] if *rest != ["version"]).then_some(CHART),
            Form::Flux => match keys {
                ["spec", "path"] => self.in_folder("".into(), leaf.value),
                ["spec", "components", ..] => self.in_folder(file.as_bstr(), leaf.value),
                ["spec", "sourceRef", "kind" | "name" | "namespace"] => Some(ELSEWHERE),
                // Nothing of these is modelled.
                ["spec", "postBuild", "substitute", keys @ ..] => {
                    in_values_of_text(keys, leaf.value).then_some(VARIABLE)
                }
                ["spec", "postBuild", "substituteFrom", ..] => Some(VARIABLE),
                _ => None,
            },
            Form::Application => self.in_application(keys, leaf.value, sides),
        }
    }

    /// What a release of Flux installs, or the helm controller of K3s.
    fn in_release<'t>(
        &self,
        field: &FieldChange,
        leaf: &Leaf<'_>,
        sides: &dyn Fn() -> [&'t str; 2],
    ) -> Option<&'static str> {
        match leaf.keys.as_slice() {
            ["spec", "values", keys @ ..] => {
                let shaped = || [self.before, self.after].into_iter().any(|side| is_shaped_in(side, field));
                in_values(shaped(), keys, leaf.value, sides).then_some(CHART)
            }
            ["spec", "valuesFrom" | "valuesSecrets", ..]
            | ["spec", "chart", "spec", "valuesFile" | "valuesFiles", ..] => Some(CHART),
            ["spec", "valuesContent"] => text_bears(sides(), true, &of_text).then_some(CHART),
            ["spec", "set", keys @ ..] => in_values_of_text(keys, leaf.value).then_some(CHART),
            ["spec", "chart" | "chartContent" | "repo"] => Some(ANOTHER),
            ["spec", "chart", "spec", "chart"]
            | ["spec", "chartRef", "kind" | "name" | "namespace"]
            | ["spec", "chart", "spec", "sourceRef", "kind" | "name" | "namespace"] => {
                (!is_same_chart(field.file.as_bstr(), &field.document, self.before, self.after)).then_some(ANOTHER)
            }
            _ => None,
        }
    }

    /// What an object or a file holds that something else reads.
    fn in_held<'t>(
        &self,
        field: &FieldChange,
        leaf: &Leaf<'_>,
        sides: &dyn Fn() -> [&'t str; 2],
    ) -> Option<&'static str> {
        let Some(kind) = field.document.kind.as_deref() else {
            let uses = self.users().of_file(field.file.as_bstr(), [self.before, self.after]);
            let values = uses.contains(&Use::Values) || self.users().names_file(field.file.as_bstr());
            let bears = values && in_values(false, &leaf.keys, leaf.value, sides);
            let put = |becomes: &Use| becomes.bears(&leaf.keys, leaf.value).unwrap_or(false);
            return (bears || uses.iter().any(put)).then_some(CHART);
        };
        let ["data" | "stringData" | "binaryData", key, ..] = leaf.keys.as_slice() else { return None };
        // Usual names say so themselves.
        let usual = (kind == "ConfigMap" && is_values(key)).then_some(&Use::Values);
        self.users().of_object(&field.document, Some(key)).chain(usual).find_map(|becomes| {
            let values = || *leaf.value == masked() || text_bears(sides(), true, &of_text);
            let why = if *becomes == Use::Variable { VARIABLE } else { CHART };
            becomes.bears(&[key], leaf.value).unwrap_or_else(values).then_some(why)
        })
    }

    /// What a kustomization makes config maps and secrets from.
    fn in_generator(&self, field: &FieldChange, list: &str, leaf: &Leaf<'_>) -> Option<&'static str> {
        let kind = if list == "configMapGenerator" { "ConfigMap" } else { "Secret" };
        let written = [&field.before, &field.after].into_iter().flatten().find_map(|value| value["name"].as_str());
        let name = match field.path.0.get(1) {
            Some(PathStep::Item(name)) => name.as_str(),
            _ => written?,
        };
        let literal = leaf.value.as_str().and_then(|text| text.split_once('='));
        match (leaf.keys.get(1), literal) {
            (Some(&"literals"), Some((key, value))) => {
                let bears = |becomes: &Use| becomes.bears(&[key], &Value::from(value)).unwrap_or(true);
                self.users().uses(kind, name, Some(key)).any(bears).then_some(CHART)
            }
            (Some(&"options"), _) => None,
            _ => self.users().uses(kind, name, None).next().map(|_| CHART),
        }
    }

    /// What a kustomization takes in, and what it does with it.
    fn in_kustomization<'t>(
        &self,
        field: &FieldChange,
        leaf: &Leaf<'_>,
        sides: &dyn Fn() -> [&'t str; 2],
    ) -> Option<&'static str> {
        match leaf.keys.as_slice() {
            ["resources" | "components" | "bases" | "generators" | "transformers", ..] => {
                self.in_folder(field.file.as_bstr(), leaf.value)
            }
            [list @ ("configMapGenerator" | "secretGenerator"), ..] => self.in_generator(field, list, leaf),
            ["replacements" | "vars" | "replicas", ..] => Some(VARIABLE),
            ["helmCharts" | "helmChartInflationGenerator", "valuesInline", keys @ ..] => {
                in_values_of_text(keys, leaf.value).then_some(CHART)
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
            ["helm", "values"] => text_bears(sides(), true, &of_text).then_some(CHART),
            ["helm", "valuesObject", keys @ ..] => in_values(false, keys, value, sides).then_some(CHART),
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
        self.files.contains(BStr::new(path))
            || files.iter().any(|file| self.files.contains(BStr::new(&format!("{path}/{file}"))))
    }

    /// How a field passes on what it says; `None` where it does not.
    fn form(&self, field: &FieldChange) -> Option<Form> {
        let nth = match field.path.0.first() {
            Some(PathStep::Item(_)) => Some(None),
            Some(PathStep::Index(at)) => Some(Some(*at)),
            _ => None,
        };
        if let Some(at) = nth
            && [self.after, self.before].into_iter().any(|side| is_operations(side, field))
        {
            // Where several are on the same thing, only their places tell them apart, and not what they are about.
            let unnamed = at.is_some() && (field.path.0.len() > 1 || field.op == FieldOp::Moved);
            return Some(if unnamed { Form::Operations } else { Form::Patch });
        }
        Form::of(field).or_else(|| {
            let values = || has_user_of_values(field);
            (field.document.kind.is_none() && !field.path.0.is_empty() && values()).then_some(Form::Held)
        })
    }
}

/// A version as it is written, bounded and fit for a terminal.
fn version(value: &Value) -> String {
    let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text::truncate(&text::single_line(&written), VERSION).into_owned()
}

/// Why something that stands in another place now may bear cost.
fn moved(form: Form, field: &FieldChange, leaves: &[Leaf<'_>]) -> Option<&'static str> {
    let plain = || ["", ""];
    match form {
        // Operations of a patch are done one after the other, and so are patches.
        Form::Operations => Some(PATCH),
        Form::Patch if !is_whole_patch(field) => Some(PATCH),
        Form::Patch => leaves.iter().any(|leaf| in_patch(leaf, &plain)).then_some(PATCH),
        _ if field.path.keys().any(|key| LAYERS.contains(&key)) => Some(CHART),
        _ => None,
    }
}

/// Whether a document is a list of operations of JSON Patch.
fn is_operations(side: &Inventory, field: &FieldChange) -> bool {
    let documents = side.file(field.file.as_bstr()).map(AsRef::as_ref).unwrap_or_default();
    let is = |item: &Value| item["op"].is_string() && item["path"].is_string();
    let documents = documents.iter().filter_map(|document| document.value.as_array());
    documents.into_iter().any(|items| !items.is_empty() && items.iter().all(is))
}

/// Whether the document of a release is of the shape whose values are all read.
fn is_shaped_in(side: &Inventory, field: &FieldChange) -> bool {
    let documents = side.file(field.file.as_bstr()).map(AsRef::as_ref).unwrap_or_default();
    let is = |one: &&ConfigDocument| one.name.kind == field.document.kind && one.name.name == field.document.name;
    documents.iter().find(is).is_some_and(|one| is_shaped(&one.value["spec"]["values"]))
}

/// Whether something may read values from a file without objects: workflows of a forge are read by nothing here.
fn has_user_of_values(field: &FieldChange) -> bool {
    !field.file.starts_with(b".github/")
}

/// What a source of Flux brings.
fn in_source(keys: &[&str]) -> Option<&'static str> {
    match keys {
        ["spec", "url" | "bucketName" | "endpoint" | "path"] | ["spec", "ref", "branch" | "name"] => Some(ELSEWHERE),
        ["spec", "chart"] | ["spec", "sourceRef", "kind" | "name" | "namespace"] => Some(ANOTHER),
        ["spec", "valuesFile" | "valuesFiles", ..] => Some(CHART),
        _ => None,
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
    /// Operations of a patch that nothing but their order tells apart.
    Operations,
    /// A kustomization.
    Kustomization,
    /// A release of Helm that Flux installs, or K3s.
    Release,
    /// A file of values.
    Values,
    /// What others may read as values.
    Held,
    /// Where Flux gets something from.
    Source,
    /// A chart itself.
    Chart,
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
            Some("HelmChart" | "HelmChartConfig") if group.contains("helm.cattle.io") => Self::Release,
            Some("ConfigMap" | "Secret") => Self::Held,
            Some("OCIRepository" | "GitRepository" | "HelmRepository" | "Bucket" | "HelmChart")
                if !whole && group.contains("source.toolkit.fluxcd.io") =>
            {
                Self::Source
            }
            None if matches!(name, b"Chart.yaml" | b"requirements.yaml") => Self::Chart,
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

#[cfg(test)]
mod tests;

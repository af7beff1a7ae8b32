//! What brings folders to clusters: Flux's Kustomizations and instances, Argo CD's Applications and sets of them.

use bstr::ByteSlice as _;
use serde_json::Value;

use super::paths::{clean, is_below};
use super::sets;
use crate::diff::fields::ConfigDocument;
use crate::evidence::Inventory;

/// Deliveries of one repository that are kept.
const MAX_DELIVERIES: usize = 20_000;
/// Paths of one Application.
const MAX_SOURCES: usize = 50;

/// Something that brings a folder, or a file of values, to a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivery {
    /// The file that says so.
    pub file: String,
    /// What says so: `Flux Kustomization flux-system/apps`.
    pub says: String,
    /// The folder or file.
    pub path: Goal,
    /// Where it is brought to.
    pub to: To,
}

/// A cluster, as far as a delivery names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    /// By its name.
    Named(String),
    /// By the address of its interface.
    Server(String),
    /// The one that the delivery itself is on.
    Here,
    /// Which one is filled in later.
    Unknown,
}

/// A path that may have gaps, which are filled in later: `apps/{{name}}/prod`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Goal {
    /// A path.
    Whole(String),
    /// A path whose parts may hold `*`.
    Gaps(Vec<String>),
}

impl Goal {
    /// Reads a path; `None` for one outside the repository.
    pub fn of(path: &str) -> Option<Self> {
        if !has_gap(path) {
            return clean(path).map(Self::Whole);
        }
        let path = clean(&starred(path))?;
        Some(Self::Gaps(path.split('/').map(str::to_owned).collect()))
    }

    /// Whether a file or folder is at this path or below it.
    pub fn covers(&self, path: &str) -> bool {
        match self {
            Self::Whole(own) => is_below(path, own),
            Self::Gaps(parts) => {
                let mut left = path.split('/');
                parts.iter().all(|part| left.next().is_some_and(|name| fits(part, name)))
            }
        }
    }

    /// The parts of a file's path that are gaps here, and nothing else: what would have to be filled in.
    pub fn filled_by<'p>(&self, path: &'p str) -> impl Iterator<Item = &'p str> {
        let parts = match self {
            Self::Gaps(parts) if self.covers(path) => parts.as_slice(),
            Self::Gaps(_) | Self::Whole(_) => &[],
        };
        parts.iter().zip(path.split('/')).filter(|(part, _)| *part == "*").map(|(_, name)| name)
    }

    /// The path, if it has no gaps.
    pub fn whole(&self) -> Option<&str> {
        match self {
            Self::Whole(path) => Some(path),
            Self::Gaps(_) => None,
        }
    }
}

/// Whether a text is completed later, by a template or by Flux.
pub(super) fn has_gap(text: &str) -> bool {
    text.contains("{{") || text.contains("${")
}

/// A text whose gaps are `*`.
fn starred(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = [rest.find("{{"), rest.find("${")].into_iter().flatten().min() {
        out.push_str(&rest[..at]);
        out.push('*');
        let close = if rest[at..].starts_with("{{") { "}}" } else { "}" };
        rest = rest[at..].split_once(close).map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// Whether a name fits a part with stars, each of which stands for anything.
pub(super) fn fits(part: &str, name: &str) -> bool {
    let mut pieces = part.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

/// Whether a document says what is brought where.
pub(super) fn delivers(document: &ConfigDocument) -> bool {
    let (kind, api) = kind_of(document);
    api.contains("fluxcd") && matches!(kind, "Kustomization" | "FluxInstance" | "HelmRelease")
        || api.starts_with("argoproj.io/") && matches!(kind, "Application" | "ApplicationSet")
}

fn kind_of(document: &ConfigDocument) -> (&str, &str) {
    let name = &document.name;
    (name.kind.as_deref().unwrap_or_default(), name.api_version.as_deref().unwrap_or_default())
}

/// All deliveries that a repository writes down, and what of them cannot be read.
pub(super) fn all(inventory: &Inventory) -> (Vec<Delivery>, Vec<String>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for (path, document) in inventory.documents().filter(|(_, document)| delivers(document)) {
        let Ok(file) = path.to_str() else { continue };
        of_document(file, document, inventory, &mut found, &mut unread);
        if found.len() > MAX_DELIVERIES {
            found.truncate(MAX_DELIVERIES);
            unread.push(format!("only the first {MAX_DELIVERIES} deliveries were read"));
            break;
        }
    }
    (found, unread)
}

fn of_document(
    file: &str,
    document: &ConfigDocument,
    inventory: &Inventory,
    found: &mut Vec<Delivery>,
    unread: &mut Vec<String>,
) {
    let Some(spec) = document.value.get("spec") else { return };
    let name = object_name(document);
    match kind_of(document) {
        ("Kustomization", _) => found.extend(kustomization(file, &name, spec)),
        ("FluxInstance", _) => found.extend(instance(file, &name, spec)),
        ("HelmRelease", _) => {
            let spec = spec.get("values").and_then(|values| values.get("instance"));
            found.extend(spec.and_then(|spec| instance(file, &name, spec)));
        }
        ("Application", _) => found.extend(application(file, &format!("Argo CD Application {name}"), spec)),
        _ => {
            let says = format!("Argo CD ApplicationSet {name}");
            let (specs, missing) = sets::applications(spec, inventory);
            unread.extend(missing.map(|why| format!("{says}: {why}")));
            found.extend(specs.iter().flat_map(|spec| application(file, &says, spec)));
        }
    }
}

/// `flux-system/apps`.
pub(super) fn object_name(document: &ConfigDocument) -> String {
    let name = document.name.name.as_deref().unwrap_or("without a name");
    match &document.name.namespace {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    }
}

/// Flux builds the root where no path is written; components are named from there.
fn kustomization(file: &str, name: &str, spec: &Value) -> Vec<Delivery> {
    let path = spec.get("path").and_then(Value::as_str).unwrap_or("./");
    let source = spec.get("sourceRef").and_then(|source| source.get("kind")).and_then(Value::as_str);
    if matches!(source, Some("OCIRepository" | "Bucket")) && clean(path).is_some_and(|path| path.is_empty()) {
        // All of an artifact, which is made of something else.
        return Vec::new();
    }
    let components = spec.get("components").and_then(Value::as_array).into_iter().flatten().take(MAX_SOURCES);
    let components = components.filter_map(|one| Some(format!("{path}/{}", one.as_str()?)));
    let to = kube_config(spec).map_or(To::Here, To::Named);
    let goals = std::iter::once(path.to_owned()).chain(components).filter_map(|path| Goal::of(&path));
    let make =
        |path| Delivery { file: file.to_owned(), says: format!("Flux Kustomization {name}"), path, to: to.clone() };
    goals.map(make).collect()
}

/// An instance of Flux, or the values of the chart that makes one.
fn instance(file: &str, name: &str, spec: &Value) -> Option<Delivery> {
    let path = spec.get("sync")?.get("path")?.as_str()?;
    Some(Delivery { file: file.to_owned(), says: format!("Flux instance {name}"), path: Goal::of(path)?, to: To::Here })
}

/// The cluster of `kubeConfig`, by the secret that opens it: `prod-kubeconfig`.
pub(super) fn kube_config(spec: &Value) -> Option<String> {
    let config = spec.get("kubeConfig")?;
    let name = ["secretRef", "configMapRef"].iter().find_map(|key| config.get(*key)?.get("name")?.as_str())?;
    let bare = ["-kubeconfig", "-kube-config"].iter().find_map(|end| name.strip_suffix(end));
    let bare = bare.or_else(|| name.strip_prefix("kubeconfig-"));
    Some(bare.filter(|bare| !bare.is_empty()).unwrap_or(name).to_owned())
}

fn application(file: &str, says: &str, spec: &Value) -> Vec<Delivery> {
    let to = destination(spec);
    let one = spec.get("source").into_iter();
    let sources = one.chain(spec.get("sources").and_then(Value::as_array).into_iter().flatten());
    let goals = sources.take(MAX_SOURCES).flat_map(goals);
    let make = |path| Delivery { file: file.to_owned(), says: says.to_owned(), path, to: to.clone() };
    goals.map(make).collect()
}

/// The folder of a source, and the files of values beside it or in this repository under another name (`$values/…`).
fn goals(source: &Value) -> Vec<Goal> {
    let path = source.get("path").and_then(Value::as_str);
    let files = source.get("helm").and_then(|helm| helm.get("valueFiles")).and_then(Value::as_array);
    let files = files.into_iter().flatten().filter_map(Value::as_str).take(MAX_SOURCES).filter_map(|file| {
        match file.strip_prefix('$').and_then(|rest| rest.split_once('/')) {
            Some((_, rest)) => Goal::of(rest),
            None => Goal::of(&format!("{}/{file}", path?)),
        }
    });
    path.and_then(Goal::of).into_iter().chain(files).collect()
}

fn destination(spec: &Value) -> To {
    let text = |key: &str| spec.get("destination")?.get(key)?.as_str().filter(|text| !text.is_empty());
    match (text("name"), text("server")) {
        (Some(name), _) if has_gap(name) => To::Unknown,
        (Some("in-cluster"), _) => To::Here,
        (Some(name), _) => To::Named(name.to_owned()),
        (None, Some(server)) if has_gap(server) => To::Unknown,
        (None, Some(server)) if server.trim_end_matches('/').ends_with("//kubernetes.default.svc") => To::Here,
        (None, Some(server)) => To::Server(server.trim_end_matches('/').to_owned()),
        (None, None) => To::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_gaps_match_what_may_fill_them() {
        for (path, file, expected) in [
            ("apps/{{name}}/prod", "apps/web/prod/a.yaml", true),
            ("apps/{{name}}/prod", "apps/web/staging/a.yaml", false),
            ("apps/{{.path.basename}}-{{.env}}", "apps/web-prod/a.yaml", true),
            ("apps/{{.path.basename}}-{{.env}}", "apps/web", false),
            ("./clusters/${CLUSTER}/apps", "clusters/a/apps/b/c.yaml", true),
            ("{{path}}", "anything/below.yaml", true),
            ("apps/web", "apps/web/x", true),
            ("apps/web", "apps/webs/x", false),
            ("a/{{b", "a/c", true),
        ] {
            assert_eq!(Goal::of(path).unwrap().covers(file), expected, "{path} {file}");
        }
        assert_eq!(Goal::of("../x"), None);
    }

    #[test]
    fn clusters_are_named_by_the_secret_that_opens_them() {
        for (name, expected) in [("prod-kubeconfig", "prod"), ("kubeconfig-eu", "eu"), ("hub", "hub")] {
            let spec = serde_json::json!({ "kubeConfig": { "secretRef": { "name": name } } });
            assert_eq!(kube_config(&spec).as_deref(), Some(expected));
        }
    }
}

//! Names of objects, fields and services, compared as people mean them.

/// An object by its name: `Deployment shop/checkout`, `Deployment/checkout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ObjectName<'a> {
    kind: &'a str,
    namespace: Option<&'a str>,
    pub name: &'a str,
}

impl<'a> ObjectName<'a> {
    /// Reads a name: a kind, then a name, perhaps with its namespace.
    #[must_use]
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (kind, rest) = text.split_once([' ', '/'])?;
        let rest = rest.trim();
        let (namespace, name) = rest.split_once('/').map_or((None, rest), |(space, name)| (Some(space), name));
        let fits =
            [kind, name, namespace.unwrap_or("-")].iter().all(|part| !part.is_empty() && !part.contains([' ', '/']));
        fits.then_some(Self { kind, namespace, name })
    }

    /// Whether both mean the same; a namespace that one does not say is any.
    #[must_use]
    pub(super) fn is(self, other: Self) -> bool {
        let space = match (self.namespace, other.namespace) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        self.kind.eq_ignore_ascii_case(other.kind) && self.name == other.name && space
    }
}

/// A field as an incident names it: what it is in, where that is said, and its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldName<'a> {
    /// What it is in.
    pub within: Within<'a>,
    /// The keys on the way; items of lists are passed over.
    pub steps: Vec<String>,
}

/// What a field is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within<'a> {
    /// A file, by its path.
    File(&'a str),
    /// An object.
    Object(ObjectName<'a>),
    /// Nobody says.
    Anything,
}

impl<'a> FieldName<'a> {
    /// Reads `OBJECT PATH`, `FILE PATH` or `PATH`.
    #[must_use]
    pub(super) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let (within, path) = text.rsplit_once(' ').map_or((None, text), |(within, path)| (Some(within.trim()), path));
        let within = match within {
            None => Within::Anything,
            Some(within) if within.contains(' ') || !within.contains('.') => {
                ObjectName::parse(within).map_or(Within::File(within), Within::Object)
            }
            Some(file) => Within::File(file),
        };
        Self { within, steps: steps(path) }
    }
}

/// The keys of a path: `spec.containers[app].image` → spec, containers, image. What is quoted in brackets is a key.
#[must_use]
pub(super) fn steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut rest = path.trim().trim_start_matches('.');
    while !rest.is_empty() && steps.len() < 64 {
        if let Some(inner) = rest.strip_prefix("[\"") {
            let (key, tail) = inner.split_once("\"]").unwrap_or((inner, ""));
            steps.push(key.to_owned());
            rest = tail.trim_start_matches('.');
        } else if let Some(inner) = rest.strip_prefix('[') {
            rest = inner.split_once(']').map_or("", |(_, tail)| tail).trim_start_matches('.');
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(rest[..end].to_owned());
            rest = rest[end..].trim_start_matches('.');
        }
    }
    steps
}

/// Whether a path is the one that an incident names: the same keys, or a part of them that has at least two.
#[must_use]
pub(super) fn same_path(named: &[String], changed: &[String]) -> bool {
    named == changed || (named.len() >= 2 && changed.windows(named.len()).any(|part| part == named))
}

/// Names of folders that stand for no service.
const FOLDERS: [&str; 24] = [
    "all",
    "app",
    "apps",
    "base",
    "charts",
    "cluster",
    "clusters",
    "config",
    "default",
    "dev",
    "docs",
    "infra",
    "infrastructure",
    "kubernetes",
    "main",
    "manifests",
    "overlays",
    "platform",
    "prod",
    "production",
    "services",
    "src",
    "staging",
    "terraform",
];

/// A service as a folder would be called; `None` for names that are every folder's.
#[must_use]
pub(super) fn slug(service: &str) -> Option<String> {
    let words: Vec<&str> = service.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let slug = words.join("-").to_lowercase();
    (slug.len() >= 2 && !FOLDERS.contains(&slug.as_str())).then_some(slug)
}

/// The names of a path that may be a service's: its folders, and the file without its ending.
pub(super) fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').map(|part| part.split_once('.').map_or(part, |(stem, _)| stem)).filter(|part| part.len() >= 2)
}

/// The folder of a path; `None` at the root.
#[must_use]
pub(super) fn folder(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_the_same_as_far_as_they_are_named() {
        for (a, b, expected) in [
            ("Deployment shop/checkout", "deployment shop/checkout", true),
            ("Deployment/checkout", "Deployment shop/checkout", true),
            ("Deployment shop/checkout", "Deployment test/checkout", false),
            ("Deployment shop/checkout", "StatefulSet shop/checkout", false),
            ("Deployment shop/checkout", "Deployment shop/cart", false),
        ] {
            let [a, b] = [a, b].map(|text| ObjectName::parse(text).unwrap());
            assert_eq!(a.is(b), expected, "{a:?} {b:?}");
        }
        assert!(["Deployment", "", "/", "a b c/d"].iter().all(|text| ObjectName::parse(text).is_none()));
    }

    #[test]
    fn fields_say_what_they_are_in() {
        let within = |text| FieldName::parse(text).within;
        assert!(matches!(within("spec.replicas"), Within::Anything));
        assert!(matches!(within("Deployment shop/checkout spec.replicas"), Within::Object(_)));
        assert!(matches!(within("apps/a/values.yaml web.replicas"), Within::File("apps/a/values.yaml")));
    }

    #[test]
    fn paths_are_compared_by_their_keys() {
        assert_eq!(steps("spec.containers[app].image"), ["spec", "containers", "image"]);
        assert_eq!(steps(".metadata.labels[\"a.b/c\"]"), ["metadata", "labels", "a.b/c"]);
        assert_eq!(steps("a[0][\"b"), ["a", "b"]);
        for (named, changed, expected) in [
            ("resources.limits.memory", "spec.containers[app].resources.limits.memory", true),
            ("spec.containers[app].resources", "spec.containers[app].resources.limits.memory", true),
            ("memory", "spec.containers[app].resources.limits.memory", false),
            ("memory", "memory", true),
            ("limits.cpu", "spec.containers[app].resources.limits.memory", false),
        ] {
            assert_eq!(same_path(&steps(named), &steps(changed)), expected, "{named}");
        }
    }

    #[test]
    fn services_as_folders() {
        assert_eq!(slug("API gateway").as_deref(), Some("api-gateway"));
        assert_eq!((slug("Prod"), slug("x")), (None, None));
        let names: Vec<&str> = path_names("databases/staging/authentik-dev.yaml").collect();
        assert_eq!(names, ["databases", "staging", "authentik-dev"]);
    }
}

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
    /// The steps on the way.
    pub steps: Vec<Step>,
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

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A key.
    Key(String),
    /// An item of a list, by its name; `None` for one by its position, which is another tomorrow.
    Item(Option<String>),
}

impl Step {
    fn item(name: &str) -> Self {
        let is_position = name.bytes().all(|b| b.is_ascii_digit());
        Self::Item((!is_position).then(|| name.to_owned()))
    }

    /// Whether a step that an incident names is this one: an item may be written as a key, as in `containers.app.image`.
    fn is(&self, changed: &Self) -> bool {
        match (self, changed) {
            (Self::Key(named), Self::Key(own) | Self::Item(Some(own))) => named == own,
            (named, own) => named == own,
        }
    }
}

/// The steps of a path: `spec.containers[app].image` → spec, containers, the item app, image. What is quoted in brackets is a key,
/// unless it stands behind a list.
#[must_use]
pub(super) fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path.trim().trim_start_matches('.');
    while !rest.is_empty() && steps.len() < 64 {
        if let Some(inner) = rest.strip_prefix("[\"") {
            let (key, tail) = inner.split_once("\"]").unwrap_or((inner, ""));
            steps.push(Step::Key(key.to_owned()));
            rest = tail.trim_start_matches('.');
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (name, tail) = inner.split_once(']').unwrap_or((inner, ""));
            steps.push(Step::item(name));
            rest = tail.trim_start_matches('.');
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Key(rest[..end].to_owned()));
            rest = rest[end..].trim_start_matches('.');
        }
    }
    steps
}

/// How far a changed path is the one that an incident names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    /// It is it, or is in it.
    Same,
    /// What is named is in what changed.
    Within,
}

/// Whether a path is the one that an incident names: the same steps, or a part of them that has at least two keys; or what it is
/// in, counted from the root. Items that are not named are passed over.
#[must_use]
pub(super) fn same_path(named: &[Step], changed: &[Step]) -> Option<Shared> {
    if named.is_empty() {
        return None;
    }
    let keys = named.iter().filter(|step| matches!(step, Step::Key(_))).count();
    let same = (0..changed.len()).any(|from| match along(named, &changed[from..]) {
        Some((Shared::Same, rest)) => keys >= 2 || from == 0 && rest == 0,
        _ => false,
    });
    if same {
        return Some(Shared::Same);
    }
    along(named, changed).map(|(shared, _)| shared).filter(|shared| *shared == Shared::Within)
}

/// Goes along both paths from here; with how many steps of what changed are left.
fn along(named: &[Step], changed: &[Step]) -> Option<(Shared, usize)> {
    let (mut own, mut other) = (named, changed);
    while let Some((first, rest)) = own.split_first() {
        let Some((step, left)) = other.split_first() else {
            let only_positions = own.iter().all(|step| *step == Step::Item(None));
            return Some((if only_positions { Shared::Same } else { Shared::Within }, 0));
        };
        if first.is(step) {
            (own, other) = (rest, left);
        } else if *first == Step::Item(None) {
            own = rest;
        } else if matches!(step, Step::Item(name) if name.is_none() || matches!(first, Step::Key(_))) {
            // At the beginning there is nothing to pass over, and at the end it is another item.
            if own.len() == named.len() || left.is_empty() {
                return None;
            }
            other = left;
        } else {
            return None;
        }
    }
    Some((Shared::Same, other.len()))
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
        let shown = |path: &str| -> Vec<String> {
            let step = |step| match step {
                Step::Key(key) => key,
                Step::Item(name) => format!("[{}]", name.unwrap_or_default()),
            };
            steps(path).into_iter().map(step).collect()
        };
        assert_eq!(shown("spec.containers[app].image"), ["spec", "containers", "[app]", "image"]);
        assert_eq!(shown(".metadata.labels[\"a.b/c\"]"), ["metadata", "labels", "a.b/c"]);
        assert_eq!(shown("a[0][\"b"), ["a", "[]", "b"]);
        let memory = "spec.containers[app].resources.limits.memory";
        let pool = "spec.containers[app].env[POOL].value";
        let (same, within) = (Some(Shared::Same), Some(Shared::Within));
        for (named, changed, expected) in [
            ("resources.limits.memory", memory, same),
            ("spec.containers[app].resources", memory, same),
            ("spec.containers.resources", memory, same),
            ("spec.containers.app.resources.limits", memory, same),
            ("spec.containers[0].resources", memory, same),
            ("containers[web].resources", memory, None),
            ("memory", memory, None),
            ("memory", "memory", same),
            ("limits.cpu", memory, None),
            ("spec.containers[app].env[POOL]", pool, same),
            ("containers.app.env.POOL", pool, same),
            ("containers[app].env[POOL]", "spec.containers[app].env[OTHER].value", None),
            ("spec.containers[app].env[POOL].value", "spec.containers[app].env[POOL]", within),
            (pool, "spec.containers", within),
            (pool, "spec.containers[app]", within),
            (pool, "spec.containers[web]", None),
            ("spec.containers.app.env.POOL", "spec.containers[app].env[LOG]", None),
            (pool, "", within),
            ("", pool, None),
        ] {
            assert_eq!(same_path(&steps(named), &steps(changed)), expected, "{named} {changed}");
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

//! The names that a document uses: of objects, of hosts in a cluster, of images.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::diff::fields::ConfigDocument;

/// Names that one document can use.
const MAX_NAMES: usize = 2_000;
/// Values of one document that are looked at.
const MAX_VALUES: usize = 100_000;
/// Bytes of a text in which hosts are looked for.
const MAX_TEXT: usize = 64 << 10;

/// Keys of maps that name an object by `name`, and its kind where they do not say it.
const BY_MAP: [(&str, &str); 17] = [
    ("configMap", "ConfigMap"),
    ("configMapRef", "ConfigMap"),
    ("configMapKeyRef", "ConfigMap"),
    ("secret", "Secret"),
    ("secretRef", "Secret"),
    ("secretKeyRef", "Secret"),
    ("certSecretRef", "Secret"),
    ("imagePullSecrets", "Secret"),
    ("service", "Service"),
    ("backendRefs", "Service"),
    ("parentRefs", "Gateway"),
    ("issuerRef", "Issuer"),
    ("secretStoreRef", "SecretStore"),
    ("providerRef", "Provider"),
    ("roleRef", "Role"),
    ("eventSources", "Kustomization"),
    ("clusterIssuer", "ClusterIssuer"),
];
/// Keys whose text is the name of an object.
const BY_TEXT: [(&str, &str); 15] = [
    ("serviceName", "Service"),
    ("serviceAccountName", "ServiceAccount"),
    ("serviceAccount", "ServiceAccount"),
    ("secretName", "Secret"),
    ("existingSecret", "Secret"),
    ("existingSecretName", "Secret"),
    ("configMapName", "ConfigMap"),
    ("existingConfigMap", "ConfigMap"),
    ("claimName", "PersistentVolumeClaim"),
    ("existingClaim", "PersistentVolumeClaim"),
    ("volumeName", "PersistentVolume"),
    ("storageClassName", "StorageClass"),
    ("priorityClassName", "PriorityClass"),
    ("ingressClassName", "IngressClass"),
    ("clusterIssuer", "ClusterIssuer"),
];

/// The kind under which hosts of a cluster are kept: `checkout.shop.svc`.
pub(super) const HOST: &str = "host";
/// The kind under which images and charts of registries are kept, without versions.
pub(super) const IMAGE: &str = "image";

/// A name that is used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Reference {
    /// The kind of object.
    pub kind: String,
    /// The namespace, where it is said or follows from where it is used.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// The names that a document uses, each once. `namespaces` are those that there are, which tell hosts from other addresses.
pub(super) fn references(document: &ConfigDocument, namespaces: &HashSet<&str>) -> Vec<Reference> {
    let own = document.name.namespace.as_deref();
    let kind = document.name.kind.as_deref();
    let mut reader = Reader { own, kind, namespaces, found: HashSet::new(), list: Vec::new() };
    let mut open = vec![("", &document.value, 0_usize)];
    let mut left = MAX_VALUES;
    while let Some((key, value, depth)) = open.pop() {
        left -= 1;
        if left == 0 || reader.list.len() >= MAX_NAMES {
            break;
        }
        match value {
            Value::Object(members) => {
                reader.map(key, members, depth);
                open.extend(members.iter().map(|(key, value)| (key.as_str(), value, depth + 1)));
            }
            // What is in a list stands under the key of the list.
            Value::Array(items) => open.extend(items.iter().map(|item| (key, item, depth + 1))),
            Value::String(text) => reader.text(key, text),
            _ => {}
        }
    }
    reader.list
}

struct Reader<'d> {
    own: Option<&'d str>,
    kind: Option<&'d str>,
    namespaces: &'d HashSet<&'d str>,
    found: HashSet<Reference>,
    list: Vec<Reference>,
}

impl Reader<'_> {
    fn add(&mut self, kind: &str, namespace: Option<&str>, name: &str) {
        // A template's gap is nobody's name.
        if name.is_empty() || name.len() > 253 || name.contains(['{', '$', ' ', '\n']) {
            return;
        }
        let namespace = namespace.map(str::to_owned);
        let reference = Reference { kind: kind.to_owned(), namespace, name: name.to_owned() };
        if self.found.insert(reference.clone()) {
            self.list.push(reference);
        }
    }

    fn map(&mut self, key: &str, members: &Map<String, Value>, depth: usize) {
        // The document's own name, and that of what it makes.
        if depth == 0 || matches!(key, "metadata" | "target" | "template") {
            return;
        }
        let text = |key: &str| members.get(key).and_then(Value::as_str);
        let namespace = text("namespace").or(self.own);
        if let (Some(repository), Some(_)) = (text("repository"), text("tag").or_else(|| text("digest"))) {
            let registry = text("registry").map(|registry| format!("{registry}/")).unwrap_or_default();
            self.add(IMAGE, None, bare_image(&format!("{registry}{repository}")));
        }
        let Some(name) = text("name") else { return };
        let by_key = BY_MAP.iter().find(|(known, _)| *known == key).map(|(_, kind)| *kind);
        let volume = match text("type") {
            Some("configMap") => Some("ConfigMap"),
            Some("secret") => Some("Secret"),
            _ => None,
        };
        let same = (key == "dependsOn").then_some(self.kind).flatten();
        if let Some(kind) = text("kind").or(same).or(by_key).or(volume) {
            self.add(kind, namespace, name);
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        if let Some((_, kind)) = BY_TEXT.iter().find(|(known, _)| *known == key) {
            self.add(kind, self.own, text);
        }
        if key == "image" && !text.contains(['\n', ' ']) {
            self.add(IMAGE, None, bare_image(text));
        }
        if let Some(address) = text.strip_prefix("oci://") {
            self.add(IMAGE, None, bare_image(address));
        }
        if text.len() <= MAX_TEXT && (text.contains(".svc") || text.contains("://")) {
            for (name, namespace) in hosts(text, self.namespaces) {
                self.add(HOST, Some(namespace), name);
            }
        }
    }
}

/// An image without its version: `registry:5000/a/b` of `registry:5000/a/b:1.2@sha256:…`.
pub(super) fn bare_image(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// Names and namespaces of the services whose hosts a text names: `checkout.shop.svc`, and `http://checkout.shop:80` where
/// `shop` is a namespace.
fn hosts<'t>(text: &'t str, namespaces: &HashSet<&str>) -> Vec<(&'t str, &'t str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let mut found = Vec::new();
    let mut rest = text;
    let mut after_scheme = false;
    while let Some(from) = rest.find(is_part) {
        after_scheme |= rest[..from].ends_with("://");
        let tail = &rest[from..];
        let end = tail.find(|c| !is_part(c)).unwrap_or(tail.len());
        let parts: Vec<&str> = tail[..end].split('.').collect();
        match parts.iter().position(|part| *part == "svc") {
            Some(at) if at >= 2 => found.push((parts[at - 2], parts[at - 1])),
            None if after_scheme && parts.len() == 2 && namespaces.contains(parts[1]) => {
                found.push((parts[0], parts[1]));
            }
            _ => {}
        }
        after_scheme = false;
        rest = &tail[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::fields::documents;

    fn used(text: &str) -> Vec<String> {
        let read = documents("a.yaml".into(), text.as_bytes()).unwrap();
        let mut used: Vec<String> = read
            .iter()
            .flat_map(|document| references(document, &HashSet::from(["shop"])))
            .map(|one| format!("{} {}/{}", one.kind, one.namespace.unwrap_or_default(), one.name))
            .collect();
        used.sort();
        used
    }

    #[test]
    fn names_are_found_where_manifests_write_them() {
        let text = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: robot
  envFrom:
    - configMapRef: {name: web-config}
    - secretRef: {name: web-secret}
  env:
    - {name: A, valueFrom: {secretKeyRef: {name: keys, key: a}}}
    - {name: URL, value: \"http://cart.shop:8080/x,redis://sessions.shop.svc.cluster.local:6379,https://github.com/a\"}
  volumes:
    - {name: tmp, emptyDir: {}}
    - {name: data, persistentVolumeClaim: {claimName: web-data}}
    - {name: c, configMap: {name: other}}
  image: ghcr.io/a/web:1.2@sha256:abc
  dependsOn: [{name: db}]
  sourceRef: {kind: GitRepository, name: repo, namespace: flux-system}
  rules: [{backend: {service: {name: web-svc, port: {number: 80}}}}]
  templated: {configMapRef: {name: \"${APP}-x\"}}
";
        assert_eq!(
            used(text),
            [
                "ConfigMap shop/other",
                "ConfigMap shop/web-config",
                "Deployment shop/db",
                "GitRepository flux-system/repo",
                "PersistentVolumeClaim shop/web-data",
                "Secret shop/keys",
                "Secret shop/web-secret",
                "Service shop/web-svc",
                "ServiceAccount shop/robot",
                "host shop/cart",
                "host shop/sessions",
                "image /ghcr.io/a/web",
            ]
        );
    }

    #[test]
    fn images_lose_their_versions() {
        for (image, expected) in
            [("a/b:1", "a/b"), ("r:5000/a", "r:5000/a"), ("r:5000/a:1@sha256:x", "r:5000/a"), ("a", "a")]
        {
            assert_eq!(bare_image(image), expected);
        }
    }
}

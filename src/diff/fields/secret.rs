//! Which values are secret, and are shown to nobody: those of Secrets, of files that sops encrypts, and those whose name or
//! form says so. A reference to a secret is none.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;

use bstr::{BStr, ByteSlice as _};

use super::credential;
use super::known::Turned;
use super::naming::{describes, is_value_key, may_name, names_secret, names_secret_map, names_secrets, says_how, tail};
use super::node::{Entry, Kind, Node, Scalar, Value};
use super::patches;
use super::reference::is_reference;
use super::token::is_token;

/// What a document as a whole says of the secrecy of its values.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrecy {
    /// What of it becomes a Secret.
    kept: Kept,
    /// It is, or should be, encrypted by sops.
    of_sops: bool,
    /// It says which secret is kept under which name: `secretKey` is a name there.
    of_names: bool,
    /// Paths to values of blocks of Terraform that say that they are sensitive.
    sensitive: HashSet<Path>,
    /// Paths to Secrets that stand inside of it.
    inner: HashSet<Path>,
    /// The Secret of its name that it was, or becomes.
    turned: Option<Rc<Turned>>,
    /// Texts that are secret wherever they stand in the file.
    known: Rc<HashSet<String>>,
}

/// What of a document becomes a Secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    /// Nothing.
    #[default]
    Nothing,
    /// A patch in it, or it is one.
    Patch,
    /// It is a Secret, or something that becomes one, itself.
    All,
}

impl Secrecy {
    /// Of a document in a file.
    pub fn of(file: &BStr, root: &Node<'_>) -> Self {
        let of_secret = has_secret(root);
        // The rules of sops say what it encrypts, and for whom; they are not encrypted themselves.
        let name = file.rsplit_str("/").next().unwrap_or(file);
        let rules = matches!(name, b".sops.yaml" | b".sops.yml");
        let named = !rules && [".sops.", ".enc.", ".dec."].iter().any(|mark| file.contains_str(mark));
        let of_names = matches!(root.text_at("kind"), Some("ExternalSecret" | "ClusterExternalSecret" | "PushSecret"));
        let encrypted = root.get("sops").is_some_and(|sops| sops.get("mac").is_some() || sops.get("version").is_some());
        // Operations of JSON Patch do not say what they are for; the name of their file may.
        let is_list = matches!(root.value, Value::List(_)) && file.to_ascii_lowercase().contains_str("secret");
        let of_patch = is_list || patches::of_secret(root);
        let kept = match (of_secret, of_patch) {
            (true, _) => Kept::All,
            (false, true) => Kept::Patch,
            (false, false) => Kept::Nothing,
        };
        let mut inner = HashSet::new();
        inner_secrets(root, Path::default(), &mut inner);
        Self { kept, of_sops: named || encrypted, of_names, sensitive: sensitive(root), inner, ..Self::default() }
    }

    /// With what the file tells of its secrets, and the Secret that the document was or becomes.
    pub fn knowing(self, known: &Rc<HashSet<String>>, turned: Option<Rc<Turned>>) -> Self {
        Self { known: Rc::clone(known), turned, ..self }
    }

    /// Whether a Secret is in the document.
    pub fn has_secret(&self) -> bool {
        self.kept != Kept::Nothing || !self.inner.is_empty()
    }

    /// Secret if either is.
    pub fn or(mut self, other: Self) -> Self {
        self.sensitive.extend(other.sensitive);
        self.inner.extend(other.inner);
        Self {
            kept: self.kept.max(other.kept),
            of_sops: self.of_sops || other.of_sops,
            of_names: self.of_names && other.of_names,
            ..self
        }
    }

    /// Whether a value is secret; `keys` lead to it, and `item` is the name of the list's item that it is the value of.
    pub fn hides(&self, keys: &[&str], item: Option<&str>, scalar: &Scalar<'_>) -> bool {
        if matches!(scalar.kind, Kind::Null) || scalar.text.is_empty() {
            return false;
        }
        self.hides_place(keys, item, scalar) || self.known.contains(&*scalar.text) || credential::holds(&scalar.text)
    }

    /// Whether a key is secret itself, the last of these: a credential written into it, or what looks drawn by lot in a Secret.
    pub fn hides_key(&self, keys: &[&str]) -> bool {
        let Some((key, outer)) = keys.split_last() else { return false };
        let in_secret = || !outer.is_empty() && (self.kept == Kept::All && in_secret(outer) || self.in_inner(outer));
        is_drawn_key(key) && in_secret() || hides_name(key)
    }

    /// Whether a value is secret because of where it stands.
    pub fn hides_place(&self, keys: &[&str], item: Option<&str>, scalar: &Scalar<'_>) -> bool {
        let kept = self.kept == Kept::All && in_secret(keys) || self.in_inner(keys) || in_generator(keys);
        let turned = self.turned.as_ref().is_some_and(|turned| turned.hides(keys, &scalar.text));
        if kept || turned || self.of_sops && in_sops(keys) {
            return true;
        }
        if in_patch(keys).is_some_and(|kept| kept != "data" || self.kept != Kept::Nothing) {
            return true;
        }
        if self.of_names && matches!(keys, ["spec", .., "data" | "match", "secretKey"]) {
            return false;
        }
        let in_map = !self.of_names && in_secret_map(keys, scalar);
        if (self.is_sensitive(keys) || in_map || in_many(keys, scalar)) && !is_evaluated(scalar) {
            return true;
        }
        let Some((last, outer)) = keys.split_last() else { return false };
        let is_named = |name: &str| {
            may_name(name) && names_secret(name, scalar.kind == Kind::Text) && !says_how(name, &scalar.text)
        };
        let parent = outer.last().copied();
        let named = if is_value_key(last) {
            [item, parent].into_iter().flatten().any(is_named)
        } else if *last == "default" && keys.first() == Some(&"variable") {
            parent.is_some_and(is_named)
        } else {
            is_named(last)
        };
        named && !matches!(scalar.kind, Kind::Bool(_)) && !is_reference(&scalar.text)
    }

    /// Whether these keys lead to what a Secret keeps that stands inside of the document.
    fn in_inner(&self, keys: &[&str]) -> bool {
        if self.inner.is_empty() {
            return false;
        }
        let mut path = Path::default();
        keys.iter().any(|key| {
            let keeps = matches!(*key, "data" | "stringData" | "encryptedData" | "spec");
            let found = keeps && self.inner.contains(&path);
            path.push(key);
            found
        })
    }

    /// Whether Terraform is told that it is sensitive, or makes a Secret of it.
    fn is_sensitive(&self, keys: &[&str]) -> bool {
        let said = |count: usize| keys.get(..count).is_some_and(|path| self.sensitive.contains(&Path::of(path)));
        matches!(
            keys,
            [
                "resource",
                "kubernetes_secret" | "kubernetes_secret_v1" | "kubernetes_secret_v1_data",
                _,
                "data" | "binary_data" | "data_wo" | "binary_data_wo",
                ..
            ] | [.., "set_sensitive", "value"]
        ) || !self.sensitive.is_empty() && (said(3) || said(4))
    }

    /// Whether a value is a text of several words that is hidden only because a credential is in it: what else changes there is
    /// hidden with it.
    pub fn hides_text(&self, keys: &[&str], item: Option<&str>, scalar: &Scalar<'_>) -> bool {
        let several = scalar.text.trim().contains(char::is_whitespace);
        several && !self.hides_place(keys, item, scalar) && credential::holds(&scalar.text)
    }
}

/// Whether a key, or the name of an item, is more than a name because a credential is in it.
pub(super) fn hides_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
    // A key leads to many values, and is asked about for each.
    let name = credential::start(name, 1 << 10);
    if name.bytes().all(plain) { name.split('/').any(is_token) } else { credential::holds(name) }
}

/// Whether a word looks drawn by lot, as few other values do: capitals, small letters and digits.
pub(super) fn is_drawn(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.bytes().any(|b| is(&b));
    let parts = |b: u8| b.is_ascii_alphanumeric() || b"_-!#$%*+?^~=&@".contains(&b);
    (8..1 << 10).contains(&word.len())
        && word.bytes().all(parts)
        && [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit].into_iter().all(has)
}

/// Whether a key looks so, as no name does: digits stand in several places, and no sign between words.
fn is_drawn_key(key: &str) -> bool {
    let runs =
        credential::start(key, 1 << 10).split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count();
    (12..1 << 10).contains(&key.len()) && runs > 1 && key.bytes().all(|b| b.is_ascii_alphanumeric()) && is_drawn(key)
}

/// A path, as a number that its keys give: documents ask for those to many values, and the keys may be long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Path(u64);

impl Path {
    fn of(keys: &[&str]) -> Self {
        let mut path = Self::default();
        for key in keys {
            path.push(key);
        }
        path
    }

    fn push(&mut self, key: &str) {
        let mut state = DefaultHasher::new();
        (self.0, key.len(), tail(key)).hash(&mut state);
        self.0 = state.finish();
    }
}

/// The paths to values of Terraform's blocks that are said to be sensitive.
fn sensitive(root: &Node<'_>) -> HashSet<Path> {
    let blocks = |kind: &'static str| root.get(kind).map(Node::entries).unwrap_or_default();
    let is_marked = |entry: &&Entry<'_>| {
        entry.node.get("sensitive").and_then(Node::scalar).is_some_and(|said| said.kind == Kind::Bool(true))
    };
    let under = |kind: &'static str, value: &'static str| {
        let marked = blocks(kind).iter().filter(is_marked);
        marked.map(move |entry| Path::of(&[kind, &entry.key.text, value]))
    };
    let parameters = root.get("resource").and_then(|all| all.get("aws_ssm_parameter")).map(Node::entries);
    let secure = parameters.unwrap_or_default().iter().filter(|one| one.node.text_at("type") == Some("SecureString"));
    let secure = secure.map(|one| Path::of(&["resource", "aws_ssm_parameter", &one.key.text, "value"]));
    under("variable", "default").chain(under("output", "value")).chain(secure).collect()
}

/// Whether a value is one of many that are secret: `tokens: [x]`, `secrets.main.stringData.a`, docker's `auths`. What says where
/// they are is not.
fn in_many(keys: &[&str], scalar: &Scalar<'_>) -> bool {
    if matches!(scalar.kind, Kind::Bool(_)) || is_reference(&scalar.text) || keys.contains(&"openAPIV3Schema") {
        return false;
    }
    if matches!(keys, [.., "auths", _, "auth"] | [.., "chpasswd", "list"]) || keys.contains(&"stringData") {
        return true;
    }
    let many = keys.iter().position(|key| names_secrets(key, scalar.kind == Kind::Text));
    matches!(keys, [.., "secrets", _, "data", _])
        || many.is_some_and(|at| !keys[at + 1..].iter().any(|key| is_pointing(key)))
}

/// Whether a value is one of a map of secrets under names of their own: `secret: {a: x}`, `appSecrets: {a: {b: x}}`. What stands
/// there to say where they are, or how they are kept, is not.
fn in_secret_map(keys: &[&str], scalar: &Scalar<'_>) -> bool {
    let map = || keys.iter().position(|key| names_secret_map(key));
    let plain = |at: usize| {
        let inside = &keys[at + 1..];
        !inside.is_empty() && !inside.iter().any(|key| is_pointing(key) || describes(key))
    };
    scalar.kind == Kind::Text
        && map().is_some_and(plain)
        && !keys.contains(&"openAPIV3Schema")
        && !is_reference(&scalar.text)
}

/// Whether a key says that what stands under it is where a secret is, and not what.
fn is_pointing(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let ends = ["ref", "from", "name", "path", "file", "namespace", "url"];
    key.starts_with("existing") || ends.iter().any(|end| key.ends_with(end))
}

/// Whether a value is one only once something has been evaluated, and holds no text of its own.
fn is_evaluated(scalar: &Scalar<'_>) -> bool {
    let text = scalar.text.trim();
    let inside = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    is_reference(inside.unwrap_or(text))
        || scalar.kind == Kind::Expression && !text.contains('"') && !text.starts_with("<<")
}

/// Whether a document is a Secret, or a list with one in it.
fn has_secret(root: &Node<'_>) -> bool {
    is_secret(root) || items(root).iter().any(has_secret)
}

fn is_secret(root: &Node<'_>) -> bool {
    root.text_at("kind").is_some_and(is_secret_kind)
}

/// Whether a kind is that of Secrets.
pub(super) fn is_secret_kind(kind: &str) -> bool {
    ["Secret", "SealedSecret", "SecretList", "SealedSecretList"].iter().any(|own| own.eq_ignore_ascii_case(kind))
}

/// The paths to Secrets inside a document: what a chart is given to add, what an object of another kind is a template of.
fn inner_secrets(node: &Node<'_>, path: Path, found: &mut HashSet<Path>) {
    match &node.value {
        Value::Scalar(_) => {}
        Value::List(items) => items.iter().for_each(|item| inner_secrets(item, path, found)),
        Value::Map(entries) => {
            if path != Path::default() && is_secret(node) {
                found.insert(path);
            }
            for entry in entries.iter().filter(|entry| entry.key.text != "openAPIV3Schema") {
                let mut path = path;
                path.push(&entry.key.text);
                inner_secrets(&entry.node, path, found);
            }
        }
    }
}

/// The objects of a `List`.
fn items<'n, 'a>(root: &'n Node<'a>) -> &'n [Node<'a>] {
    let listed = root.text_at("kind").is_some_and(|kind| kind.ends_with("List"));
    match root.get("items").filter(|_| listed).map(|items| &items.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// Whether these keys lead to what a Secret keeps, or to the copy of it that kubectl writes into an annotation.
fn in_secret(keys: &[&str]) -> bool {
    let listed = keys.iter().take_while(|key| **key == "items").count();
    let own = &keys[listed..];
    matches!(own, ["data" | "stringData" | "encryptedData" | "spec", ..])
        || matches!(keys, [.., "annotations", "kubectl.kubernetes.io/last-applied-configuration"])
}

/// Whether these keys lead to a value of which Kustomize makes a Secret.
fn in_generator(keys: &[&str]) -> bool {
    matches!(keys, ["secretGenerator", .., "literals"])
}

/// What of a Secret a patch gives another value to, if these keys lead there; `data` is that of a `ConfigMap` too.
fn in_patch<'k>(keys: &[&'k str]) -> Option<&'k str> {
    let opened = keys.iter().rposition(|key| matches!(*key, "patch" | "patchesStrategicMerge"));
    let inside = opened.map_or(keys, |at| &keys[at + 1..]);
    inside.first().copied().filter(|key| matches!(*key, "stringData" | "encryptedData" | "data"))
}

/// Whether sops encrypts what these keys lead to. What it leaves readable says who may decrypt, and when it was written.
fn in_sops(keys: &[&str]) -> bool {
    match keys {
        ["sops", .., last] => matches!(*last, "mac" | "enc"),
        // Of a dotenv file: `sops_version`, `sops_age__list_0__map_recipient`.
        [key] if key.starts_with("sops_") => {
            let open = ["_version", "_lastmodified", "_suffix", "_regex", "_recipient"];
            !open.iter().any(|end| key.ends_with(end))
        }
        ["apiVersion" | "kind" | "type" | "metadata", ..] => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{plain, yaml};
    use super::*;

    #[test]
    fn names_say_so() {
        for (name, text, secret) in [
            ("password", "hunter2", true),
            ("password", "1234", true),
            ("DB_PASSWORD_1", "x", true),
            ("clientSecret", "abc", true),
            ("apiKey", "abc", true),
            ("SECRET_KEY", "abc", true),
            ("token", "abc", true),
            ("max_tokens", "4096", false),
            ("token", "30", false),
            ("secretName", "db", false),
            ("existingSecret", "db", false),
            ("passwordKey", "pw", false),
            ("tokenPath", "/x", false),
            ("automountServiceAccountToken", "true", false),
            ("password", "${DB_PASSWORD}", false),
            ("password", "${DB_PASSWORD:=hunter2}", true),
            ("password", "{{ .password }}", false),
            ("token", "${{ secrets.TOKEN }}", false),
            ("token", "${{ secrets.TOKEN || 'hunter2' }}", true),
            ("token", "${{ secrets.TOKEN }}hunter2", true),
            ("secret", "{{$a := split \"/\" .ID}}{{$a._1}}", false),
            ("secret", "{{ .a }}hunter2{{ .b }}", true),
            ("secret", "{{ \"hunter2\" }}", true),
            ("secret", "{{ `hunter2` }}{{ .b }}", true),
            ("secret", "hunter2{{ .b }}", true),
            ("keyboard", "us", false),
            ("image", "ghp_0123456789abcdef0123", true),
            ("x", "ENC[AES256_GCM,data:abc]", true),
            ("tls.key", "-----BEGIN RSA PRIVATE KEY-----\nabc", true),
            ("password", "", false),
            ("password", "$DB_PASSWORD", false),
            ("password", "${DB_PASSWORD:-}", false),
            ("PGPASSWORD", "x", true),
            ("passwordRef", "db", false),
            ("proxy_pass", "http://x", false),
            ("script", "set -e\nexport TOKEN=abc\n", true),
            ("script", "set -e\nexport TOKEN=$1\n", false),
            ("SECRET_KEY_BASE", "x", true),
            ("TS_AUTHKEY", "x", true),
            ("adminPasswordHash", "x", true),
            ("secret_string", "x", true),
            ("passwordSecretRef", "db", false),
            ("max_tokens", "many", false),
            ("tokens", "x", true),
            ("tokens", "30", false),
            ("passwords", "1234", true),
            ("passwords", "true", false),
            ("hook", "https://hooks.slack.com/services/T0/B0/abcdef0123", true),
        ] {
            let scalar = Scalar { text: text.into(), kind: plain::kind(text) };
            assert_eq!(Secrecy::default().hides(&[name], None, &scalar), secret, "{name}: {text}");
        }
        assert!(Secrecy::default().hides(&["env", "value"], Some("DB_PASSWORD"), &Scalar::text("x")));
    }

    #[test]
    fn places_say_so() {
        let text = Scalar::text("x");
        for (keys, secret) in [
            (&["passwords", "a"][..], true),
            (&["tokens", "a", "b"], true),
            (&["tokens", "a", "secretName"], false),
            (&["tokens", "valueFrom", "secretKeyRef", "key"], false),
            (&["spec", "values", "secrets", "main", "stringData", "FOO"], true),
            (&["secrets", "main", "data", "FOO"], true),
            (&["secrets", "main", "enabled"], false),
            (&["spec", "openAPIV3Schema", "properties", "passwords", "type"], false),
            (&["secret", "data"], true),
            (&["secrets", "a"], true),
            (&["spec", "values", "secret", "db", "conn"], true),
            (&["extraSecrets", "a"], true),
            (&["secretEnv", "FOO"], true),
            (&["secrets", "a", "value"], true),
            (&["password", "value"], true),
            (&["chpasswd", "list"], true),
            (&["secrets"], false),
            (&["secret", "name"], false),
            (&["secret", "items", "key"], false),
            (&["secret", "create"], false),
            (&["secret", "labels", "app"], false),
            (&["secret", "annotations", "a/b"], false),
            (&["secret", "mountPath"], false),
            (&["secrets", "db", "file"], false),
            (&["secrets", "db", "environment"], false),
            (&["secrets", "source"], false),
            (&["secrets", "token", "description"], false),
            (&["secrets", "valueFrom"], false),
            (&["tasks", "sync-secrets", "cmd"], false),
            (&["vars", "secrets", "sh"], false),
            (&["imagePullSecrets", "name"], false),
            (&["externalSecrets", "a"], false),
            (&["externalSecret", "remoteRef", "key"], false),
            (&["secretKeyRef", "name"], false),
            (&["passwordPolicy", "minLength"], false),
            (&["password", "existingSecret"], false),
            (&["password", "secretKeyRef", "key"], false),
            (&["auths", "ghcr.io", "auth"], true),
            (&["variable", "db_password", "default"], true),
            (&["variable", "region", "default"], false),
            (&["resource", "kubernetes_secret", "a", "data", "b"], true),
            (&["resource", "kubernetes_config_map", "a", "data", "b"], false),
        ] {
            assert_eq!(Secrecy::default().hides(keys, None, &text), secret, "{keys:?}");
        }
        for reference in ["var.x", "\"${var.x}\""] {
            let scalar = Scalar { text: reference.into(), kind: Kind::Expression };
            assert!(!Secrecy::default().hides(&["resource", "kubernetes_secret", "a", "data", "b"], None, &scalar));
        }
    }

    #[test]
    fn blocks_of_terraform_say_so() {
        let text = "variable \"db\" {\n  sensitive = true\n  default = \"x\"\n}\nvariable \"region\" {\n  default = \"x\"\n}\n\
                    resource \"aws_ssm_parameter\" \"a\" {\n  type = \"SecureString\"\n  value = \"x\"\n}\n\
                    resource \"aws_ssm_parameter\" \"b\" {\n  type = \"String\"\n  value = \"x\"\n}\n";
        let parsed = super::super::hcl::read(text).unwrap();
        let secrecy = Secrecy::of("a.tf".into(), &parsed.documents[0].root);
        let hides = |keys: &[&str]| secrecy.hides(keys, None, &Scalar::text("x"));
        assert!(hides(&["variable", "db", "default"]) && !hides(&["variable", "region", "default"]));
        assert!(hides(&["resource", "aws_ssm_parameter", "a", "value"]));
        assert!(!hides(&["resource", "aws_ssm_parameter", "b", "value"]));
        assert!(!hides(&["variable", "db", "type"]));
    }

    #[test]
    fn documents_say_so() {
        let secrecy = |file: &str, text: &str| {
            let parsed = yaml::read(text).unwrap();
            Secrecy::of(file.into(), &parsed.documents[0].root)
        };
        let text = Scalar::text("x");
        let secret = secrecy("a.yaml", "kind: Secret\n");
        assert!(secret.hides(&["stringData", "a"], None, &text) && !secret.hides(&["metadata", "name"], None, &text));
        for listed in [
            "kind: SecretList\nitems: [{data: {a: x}}]\n",
            "kind: List\nitems: [{kind: List, items: [{kind: Secret}]}]\n",
        ] {
            let keys: &[&str] =
                if listed.contains("SecretList") { &["items", "data", "a"] } else { &["items", "items", "data", "a"] };
            assert!(secrecy("a.yaml", listed).hides(keys, None, &text), "{listed}");
        }
        for (kind, hidden) in
            [("Secret|ConfigMap", true), ("^Sec.*", true), ("ConfigMap|Role", false), ("Deploy.*", false)]
        {
            let patched =
                format!("patches:\n- target: {{kind: \"{kind}\"}}\n  patch: [{{op: add, path: /data/a, value: x}}]\n");
            assert_eq!(
                secrecy("a.yaml", &patched).hides(&["patches", "patch", "data", "a"], None, &text),
                hidden,
                "{kind}"
            );
        }
        let sops = secrecy("a.yaml", "sops: {mac: x}\n");
        assert!(sops.hides(&["a"], None, &text) && sops.hides(&["sops", "mac"], None, &text));
        assert!(!sops.hides(&["sops", "version"], None, &text));
        let inner = secrecy(
            "a.yaml",
            "kind: HelmRelease\nspec: {values: {extraObjects: [{kind: Secret, metadata: {name: a}, data: {a: x}}]}}\n",
        );
        assert!(inner.hides(&["spec", "values", "extraObjects", "data", "a"], None, &text));
        assert!(!inner.hides(&["spec", "values", "extraObjects", "metadata", "name"], None, &text));
        assert!(!inner.hides(&["spec", "values", "others", "data", "a"], None, &text));
        for (target, hidden) in [("name: a", true), ("labelSelector: a=b", true), ("kind: ConfigMap, name: a", false)] {
            let patched =
                format!("patches:\n- target: {{{target}}}\n  patch: [{{op: add, path: /data/a, value: x}}]\n");
            let found = secrecy("a.yaml", &patched).hides(&["patches", "patch", "data", "a"], None, &text);
            assert_eq!(found, hidden, "{target}");
        }
        let rules = secrecy("a/.sops.yaml", "creation_rules: []\n");
        assert!(!rules.hides(&["creation_rules", "path_regex"], None, &text));
        let external = secrecy("a.yaml", "kind: ExternalSecret\n");
        assert!(!external.hides(&["spec", "data", "secretKey"], None, &text));
        assert!(external.hides(&["spec", "target", "template", "data", "token"], None, &text));
        assert!(secret.clone().or(external).hides(&["spec", "data", "secretKey"], None, &text));
        let env = secrecy("a.sops.env", "a: 1\n");
        for (key, hidden) in
            [("sops_version", false), ("sops_age__list_0__map_recipient", false), ("sops_mac", true), ("A", true)]
        {
            assert_eq!(env.hides(&[key], None, &text), hidden, "{key}");
        }
        assert!(secrecy("db.sops.yaml", "a: 1\n").hides(&["a"], None, &text));
        assert!(!secrecy("a.yaml", "kind: ExternalSecret\n").hides(&["spec", "a"], None, &text));
    }
}

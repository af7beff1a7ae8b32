//! Which values are secret, and are shown to nobody: those of Secrets, of files that sops encrypts, and those whose name or
//! form says so. A reference to a secret is none.

use std::collections::HashSet;

use bstr::{BStr, ByteSlice as _};

use super::credential;
use super::naming::{names_secret, names_secrets};
use super::node::{Entry, Kind, Node, Scalar, Value};
use super::patches;
use super::reference::is_reference;

/// What a document as a whole says of the secrecy of its values.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrecy {
    /// What of it becomes a Secret.
    kept: Kept,
    /// It is, or should be, encrypted by sops.
    of_sops: bool,
    /// It says which secret is kept under which name: `secretKey` is a name there.
    of_names: bool,
    /// Paths, their keys joined, to values of blocks of Terraform that say that they are sensitive.
    sensitive: HashSet<String>,
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
        Self { kept, of_sops: named || encrypted, of_names, sensitive: sensitive(root) }
    }

    /// Secret if either is.
    pub fn or(mut self, other: Self) -> Self {
        self.sensitive.extend(other.sensitive);
        Self {
            kept: self.kept.max(other.kept),
            of_sops: self.of_sops || other.of_sops,
            of_names: self.of_names && other.of_names,
            sensitive: self.sensitive,
        }
    }

    /// Whether a value is secret; `keys` lead to it, and `item` is the name of the list's item that it is the value of.
    pub fn hides(&self, keys: &[&str], item: Option<&str>, scalar: &Scalar<'_>) -> bool {
        if matches!(scalar.kind, Kind::Null) || scalar.text.is_empty() {
            return false;
        }
        self.hides_place(keys, item, scalar) || credential::holds(&scalar.text)
    }

    /// Whether a value is secret because of where it stands.
    fn hides_place(&self, keys: &[&str], item: Option<&str>, scalar: &Scalar<'_>) -> bool {
        if self.kept == Kept::All && in_secret(keys) || self.of_sops && in_sops(keys) || in_generator(keys) {
            return true;
        }
        if in_patch(keys).is_some_and(|kept| kept != "data" || self.kept != Kept::Nothing) {
            return true;
        }
        if self.of_names && matches!(keys, ["spec", .., "data" | "match", "secretKey"]) {
            return false;
        }
        if (self.is_sensitive(keys) || in_many(keys, scalar)) && !is_evaluated(scalar) {
            return true;
        }
        let name = match keys.last() {
            Some(&"value") => item.unwrap_or("value"),
            Some(&"default") if matches!(keys, ["variable", ..]) => keys[keys.len() - 2],
            Some(key) => key,
            None => return false,
        };
        scalar.kind != Kind::Bool(true)
            && scalar.kind != Kind::Bool(false)
            && names_secret(name, scalar.kind == Kind::Text)
            && !is_reference(&scalar.text)
    }

    /// Whether Terraform is told that it is sensitive, or makes a Secret of it.
    fn is_sensitive(&self, keys: &[&str]) -> bool {
        let said = |count: usize| keys.get(..count).is_some_and(|path| self.sensitive.contains(&path.join(JOINT)));
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

/// Whether the value behind an option of a command is secret: `--password`, `hunter2`.
pub(super) fn hides_argument(option: &str, value: &Scalar<'_>) -> bool {
    let told = !value.text.is_empty() && !value.text.starts_with('-') && !is_reference(&value.text);
    told && option.starts_with("--") && !option.contains(['=', ' ']) && names_secret(option, value.kind == Kind::Text)
}

/// Between the keys of a path.
const JOINT: &str = "\0";

/// The paths to values of Terraform's blocks that are said to be sensitive.
fn sensitive(root: &Node<'_>) -> HashSet<String> {
    let blocks = |kind: &'static str| root.get(kind).map(Node::entries).unwrap_or_default();
    let is_marked = |entry: &&Entry<'_>| {
        entry.node.get("sensitive").and_then(Node::scalar).is_some_and(|said| said.kind == Kind::Bool(true))
    };
    let under = |kind: &'static str, value: &'static str| {
        let marked = blocks(kind).iter().filter(is_marked);
        marked.map(move |entry| [kind, &entry.key.text, value].join(JOINT))
    };
    let parameters = root.get("resource").and_then(|all| all.get("aws_ssm_parameter")).map(Node::entries);
    let secure = parameters.unwrap_or_default().iter().filter(|one| one.node.text_at("type") == Some("SecureString"));
    let secure = secure.map(|one| ["resource", "aws_ssm_parameter", &one.key.text, "value"].join(JOINT));
    under("variable", "default").chain(under("output", "value")).chain(secure).collect()
}

/// Whether a value is one of many that are secret: `tokens: [x]`, `secrets.main.stringData.a`, docker's `auths`. What says where
/// they are is not.
fn in_many(keys: &[&str], scalar: &Scalar<'_>) -> bool {
    if matches!(scalar.kind, Kind::Bool(_)) || is_reference(&scalar.text) || keys.contains(&"openAPIV3Schema") {
        return false;
    }
    if matches!(keys, [.., "auths", _, "auth"]) || keys.contains(&"stringData") {
        return true;
    }
    let many = keys.iter().position(|key| names_secrets(key, scalar.kind == Kind::Text));
    matches!(keys, [.., "secrets", _, "data", _])
        || many.is_some_and(|at| !keys[at + 1..].iter().any(|key| is_pointing(key)))
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
    matches!(root.text_at("kind"), Some("Secret" | "SealedSecret" | "SecretList" | "SealedSecretList"))
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

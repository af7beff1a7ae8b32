//! Which values are secret, and are shown to nobody: those of Secrets, of files that sops encrypts, and those whose name or
//! form says so. A reference to a secret is none.

use bstr::{BStr, ByteSlice as _};

use super::credential::{self, is_reference, names_secret};
use super::node::{Kind, Node, Scalar, Value};
use super::patches;

/// What a document as a whole says of the secrecy of its values.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Secrecy {
    /// What of it becomes a Secret.
    kept: Kept,
    /// It is, or should be, encrypted by sops.
    of_sops: bool,
    /// It says which secret is kept under which name: `secretKey` is a name there.
    of_names: bool,
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
        let of_secret = is_secret(root) || items(root).iter().any(is_secret);
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
        Self { kept, of_sops: named || encrypted, of_names }
    }

    /// Secret if either is.
    pub fn or(self, other: Self) -> Self {
        Self {
            kept: self.kept.max(other.kept),
            of_sops: self.of_sops || other.of_sops,
            of_names: self.of_names && other.of_names,
        }
    }

    /// Whether a value is secret; `keys` lead to it, and `item` is the name of the list's item that it is the value of.
    pub fn hides(self, keys: &[&str], item: Option<&str>, scalar: &Scalar<'_>) -> bool {
        if matches!(scalar.kind, Kind::Null) || scalar.text.is_empty() {
            return false;
        }
        self.hides_place(keys, item, scalar) || credential::holds(&scalar.text)
    }

    /// Whether a value is secret because of where it stands.
    fn hides_place(self, keys: &[&str], item: Option<&str>, scalar: &Scalar<'_>) -> bool {
        if self.kept == Kept::All && in_secret(keys) || self.of_sops && in_sops(keys) || in_generator(keys) {
            return true;
        }
        if in_patch(keys).is_some_and(|kept| kept != "data" || self.kept != Kept::Nothing) {
            return true;
        }
        if self.of_names && matches!(keys, ["spec", .., "data" | "match", "secretKey"]) {
            return false;
        }
        let name = match keys.last() {
            Some(&"value") => item.unwrap_or("value"),
            Some(key) => key,
            None => return false,
        };
        scalar.kind != Kind::Bool(true)
            && scalar.kind != Kind::Bool(false)
            && names_secret(name, scalar.kind == Kind::Text)
            && !is_reference(&scalar.text)
    }

    /// Whether a value is a text of several words that is hidden only because a credential is in it: what else changes there is
    /// hidden with it.
    pub fn hides_text(self, keys: &[&str], item: Option<&str>, scalar: &Scalar<'_>) -> bool {
        let several = scalar.text.trim().contains(char::is_whitespace);
        several && !self.hides_place(keys, item, scalar) && credential::holds(&scalar.text)
    }
}

/// Whether the value behind an option of a command is secret: `--password`, `hunter2`.
pub(super) fn hides_argument(option: &str, value: &Scalar<'_>) -> bool {
    let told = !value.text.is_empty() && !value.text.starts_with('-') && !is_reference(&value.text);
    told && option.starts_with("--") && !option.contains(['=', ' ']) && names_secret(option, value.kind == Kind::Text)
}

fn is_secret(root: &Node<'_>) -> bool {
    matches!(root.text_at("kind"), Some("Secret" | "SealedSecret"))
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
    let own = keys.strip_prefix(&["items"]).unwrap_or(keys);
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
        ] {
            let scalar = Scalar { text: text.into(), kind: plain::kind(text) };
            assert_eq!(Secrecy::default().hides(&[name], None, &scalar), secret, "{name}: {text}");
        }
        assert!(Secrecy::default().hides(&["env", "value"], Some("DB_PASSWORD"), &Scalar::text("x")));
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
        let sops = secrecy("a.yaml", "sops: {mac: x}\n");
        assert!(sops.hides(&["a"], None, &text) && sops.hides(&["sops", "mac"], None, &text));
        assert!(!sops.hides(&["sops", "version"], None, &text));
        let rules = secrecy("a/.sops.yaml", "creation_rules: []\n");
        assert!(!rules.hides(&["creation_rules", "path_regex"], None, &text));
        let external = secrecy("a.yaml", "kind: ExternalSecret\n");
        assert!(!external.hides(&["spec", "data", "secretKey"], None, &text));
        assert!(external.hides(&["spec", "target", "template", "data", "token"], None, &text));
        assert!(secret.or(external).hides(&["spec", "data", "secretKey"], None, &text));
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

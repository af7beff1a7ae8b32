//! Which values are secret, and are shown to nobody: those of Secrets, of files that sops encrypts, and those whose name or
//! form says so. A reference to a secret is none.

use bstr::{BStr, ByteSlice as _};

use super::node::{Kind, Node, Scalar, Value};
use super::words::words;

/// What a document as a whole says of the secrecy of its values.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Secrecy {
    /// It is a Secret, or something that becomes one.
    of_secret: bool,
    /// It is, or should be, encrypted by sops.
    of_sops: bool,
    /// It says which secret is kept under which name: `secretKey` is a name there.
    of_names: bool,
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
        Self { of_secret, of_sops: named || encrypted, of_names }
    }

    /// Secret if either is.
    pub const fn or(self, other: Self) -> Self {
        Self {
            of_secret: self.of_secret || other.of_secret,
            of_sops: self.of_sops || other.of_sops,
            of_names: self.of_names && other.of_names,
        }
    }

    /// Whether a value is secret; `keys` lead to it, and `item` is the name of the list's item that it is the value of.
    pub fn hides(self, keys: &[&str], item: Option<&str>, scalar: &Scalar<'_>) -> bool {
        if matches!(scalar.kind, Kind::Null) || scalar.text.is_empty() {
            return false;
        }
        if self.of_secret && in_secret(keys) || self.of_sops && in_sops(keys) || in_generator(keys) {
            return true;
        }
        if looks_secret(&scalar.text) {
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

/// Whether a text is a secret by its form.
fn looks_secret(text: &str) -> bool {
    const MARKS: [&str; 3] = ["ENC[AES256", "AGE-SECRET-KEY-", "-----BEGIN AGE ENCRYPTED"];
    const STARTS: [&str; 12] = [
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "sk_live_",
        "AKIA",
        "ASIA",
        "eyJhbGciOi",
        "hvs.",
    ];
    MARKS.iter().any(|mark| text.contains(mark))
        || in_option(text)
        || in_address(text)
        || text.contains("-----BEGIN") && text.contains("PRIVATE KEY")
        || text.len() >= 16 && STARTS.iter().any(|start| text.starts_with(start))
}

/// `--db-password=…`, where it is not taken from somewhere else.
fn in_option(text: &str) -> bool {
    let Some((name, value)) = text.strip_prefix("--").and_then(|rest| rest.split_once('=')) else { return false };
    names_secret(name, true) && !value.is_empty() && !is_reference(value) && !value.contains(['$', '{'])
}

/// `scheme://user:password@host`, where the password is not taken from somewhere else.
fn in_address(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#', ' ', '\n']).next().unwrap_or_default();
    let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
    password.is_some_and(|(_, password)| !password.is_empty() && !password.contains(['$', '{', '<']))
}

/// Whether a name says that its value is secret; `of_text` is whether the value is text.
fn names_secret(name: &str, of_text: bool) -> bool {
    const ALWAYS: [&str; 6] = ["password", "passwd", "passphrase", "pwd", "psk", "pass"];
    const TEXT: [&str; 8] =
        ["secret", "token", "credential", "credentials", "apikey", "apitoken", "secretkey", "privatekey"];
    const KEYS: [&str; 9] =
        ["api", "private", "access", "secret", "encryption", "signing", "master", "license", "auth"];
    let mut words = words(name);
    // `DB_PASSWORD_1`, `token2`.
    while words.last().is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit())) {
        words.pop();
    }
    let Some(last) = words.last().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())) else { return false };
    if ALWAYS.contains(&last) {
        return true;
    }
    let before = words.len().checked_sub(2).map(|at| words[at].as_str()).unwrap_or_default();
    let names_one = matches!(before, "existing" | "pull" | "from" | "create" | "use" | "tls" | "target" | "external");
    of_text && (TEXT.contains(&last) && !names_one || last == "key" && KEYS.contains(&before))
}

/// Whether a text only says where a secret is: `${PASSWORD}`, `${{ secrets.TOKEN }}`, `op://vault/item`. A default makes it
/// more than that.
fn is_reference(text: &str) -> bool {
    let inside = |open: &str, close: &str| {
        let inside = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inside.is_some_and(|name| !name.contains(['$', '{', '}', ':', '=', '"', '\'']))
    };
    let elsewhere = ["op://", "vault:", "ref+", "arn:aws:secretsmanager:"];
    inside("${", "}")
        || inside("${{", "}}")
        || inside("$(", ")")
        || inside("{{", "}}")
        || is_template(text)
        || elsewhere.iter().any(|start| text.starts_with(start))
}

/// Whether a text is nothing but blocks of a template that have no text of their own: `{{ $a := split "/" .Id }}{{ $a._1 }}`.
/// What is in quotes may be the secret, unless it is a single sign.
fn is_template(text: &str) -> bool {
    let mut rest = text;
    while let Some(block) = rest.strip_prefix("{{") {
        let Some((code, behind)) = block.split_once("}}") else { return false };
        let literals = code.split('"').skip(1).step_by(2);
        let short = |literal: &str| literal.len() <= 1 && !literal.bytes().any(|b| b.is_ascii_alphanumeric());
        if code.contains(['`', '\'', '{', '}']) || code.matches('"').count() % 2 == 1 || !literals.clone().all(short) {
            return false;
        }
        rest = behind;
    }
    rest.is_empty() && !text.is_empty()
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

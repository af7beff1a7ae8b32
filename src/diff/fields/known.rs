//! What a file tells of its secrets beyond the places where they stand: the same text at an anchor, in another object, in the
//! `ConfigMap` that a Secret becomes.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bstr::BStr;

use super::naming::said_name;
use super::node::{Node, Scalar, Value};
use super::parsed::Document;
use super::secret::{Secrecy, is_drawn, is_secret_kind};

/// Texts that are secret wherever they stand in a file: what is one where an alias, or its anchor, stands, and what looks drawn by
/// lot in a Secret.
pub(super) fn known<'d, 'a: 'd>(file: &BStr, documents: impl Iterator<Item = &'d Document<'a>>) -> HashSet<String> {
    let mut found = HashSet::new();
    for document in documents {
        let secrecy = Secrecy::of(file, &document.root);
        if document.aliased.is_empty() && !secrecy.has_secret() {
            continue;
        }
        let mut walk = Walk { secrecy: &secrecy, keys: Vec::new(), found: &mut found, aliased: &document.aliased };
        walk.node(&document.root, None);
    }
    found
}

/// Looks through a document for what it hides.
struct Walk<'w, 'n> {
    secrecy: &'w Secrecy,
    keys: Vec<&'n str>,
    aliased: &'w HashSet<String>,
    found: &'w mut HashSet<String>,
}

impl<'n> Walk<'_, 'n> {
    fn node(&mut self, node: &'n Node<'_>, named: Option<&'n str>) {
        match &node.value {
            Value::Scalar(scalar) => self.scalar(scalar, named),
            Value::List(items) => items.iter().for_each(|item| self.node(item, named)),
            Value::Map(entries) => {
                let named = said_name(entries).or(named);
                for entry in entries {
                    self.keys.push(&entry.key.text);
                    self.node(&entry.node, named);
                    self.keys.pop();
                }
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar<'_>, named: Option<&str>) {
        let aliased = self.aliased.contains(&*scalar.text);
        if scalar.text.is_empty() || !self.secrecy.hides_place(&self.keys, named, scalar) {
            return;
        }
        if aliased || is_drawn(&scalar.text) {
            self.found.insert(scalar.text.to_string());
        }
        if let Some(plain) = decoded(&scalar.text).filter(|plain| is_drawn(plain)) {
            self.found.insert(plain);
        }
    }
}

/// What a text stands for in base64.
fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

/// A Secret whose name an object of another kind has on the other side of a change.
#[derive(Debug, Default)]
pub(super) struct Turned {
    keys: HashSet<String>,
    texts: HashSet<String>,
}

impl Turned {
    /// What a Secret keeps.
    pub fn of(secret: &Node<'_>) -> Self {
        let mut turned = Self::default();
        let spec = secret.get("spec").unwrap_or(secret);
        let kept = [secret.get("data"), secret.get("stringData"), spec.get("encryptedData")];
        for entry in kept.into_iter().flatten().flat_map(Node::entries) {
            turned.keys.insert(entry.key.text.to_string());
            let text = entry.node.scalar().map(|scalar| &*scalar.text).filter(|text| !text.is_empty());
            turned.texts.extend(text.map(str::to_owned));
            turned.texts.extend(text.and_then(decoded));
        }
        turned
    }

    /// Whether the object keeps this from when it was a Secret, or will as one: the same key, or the same value.
    pub fn hides(&self, keys: &[&str], text: &str) -> bool {
        match keys {
            ["data" | "binaryData" | "stringData", key, ..] => self.keys.contains(*key) || self.texts.contains(text),
            _ => false,
        }
    }
}

/// Secrets by their names, to find what another object was or becomes.
#[derive(Debug, Default)]
pub(super) struct Secrets<T>(HashMap<String, T>);

impl<T: Copy> Secrets<T> {
    /// Those of these objects that are Secrets.
    pub fn among<'n, 'a: 'n>(objects: impl Iterator<Item = (T, &'n Node<'a>)>) -> Self {
        let secret = |(place, root): (T, &Node<'_>)| {
            let (kind, name) = called(root)?;
            is_secret_kind(kind).then(|| (name.to_owned(), place))
        };
        Self(objects.filter_map(secret).collect())
    }

    /// The Secret that has the name of an object which is none.
    pub fn namesake(&self, root: &Node<'_>) -> Option<T> {
        let (kind, name) = called(root).filter(|_| !self.0.is_empty())?;
        self.0.get(name).copied().filter(|_| !is_secret_kind(kind))
    }
}

fn called<'n>(root: &'n Node<'_>) -> Option<(&'n str, &'n str)> {
    Some((root.text_at("kind")?, root.get("metadata")?.text_at("name")?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{report, report_over};
    use super::super::{documents, value_moves};

    const SECRET: &str = "Zq9xHunter2Zz";

    fn object(kind: &str, name: &str, rest: &str) -> String {
        format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n{rest}")
    }

    /// All that is told of a change: its fields, the history of its values, and the documents on both sides.
    fn told(before: &str, after: &str) -> String {
        let path = "apps/x.yaml";
        let sides = [Some(before.as_bytes()), Some(after.as_bytes())];
        let read = |text: &str| documents(path.into(), text.as_bytes());
        format!(
            "{:?} {:?} {:?} {:?}",
            report(path, before, after),
            value_moves(path.into(), &sides),
            read(before),
            read(after)
        )
    }

    #[test]
    fn what_an_alias_stands_for_is_hidden_at_its_anchor() {
        for (before, after) in [
            ("x: &p zork\ny: a\npassword: *p\n", "x: &p hunter\ny: a\npassword: *p\n"),
            ("password: &p zork\nx: *p\n", "password: &p hunter\nx: *p\n"),
            (
                "x: &p zork\nenv: [{name: API_TOKEN, value: *p}]\n",
                "x: &p hunter\nenv: [{name: API_TOKEN, value: *p}]\n",
            ),
            ("x: &m {a: zork}\ntokens: *m\n", "x: &m {a: hunter}\ntokens: *m\n"),
        ] {
            for (before, after) in [(before, after), (after, before)] {
                let said = told(before, after);
                assert!(!said.contains("hunter") && !said.contains("zork"), "{after}: {said}");
            }
        }
        let said = told("x: &p one\ny: *p\npassword: z\n", "x: &p two\ny: *p\npassword: z\n");
        assert!(said.contains("two"), "{said}");
    }

    #[test]
    fn objects_that_turn_are_hidden_where_they_were_secrets() {
        let secret = object("Secret", "a", &format!("stringData: {{k: {SECRET}, l: mode-a}}\n"));
        let encoded = object("Secret", "a", "data: {k: WnE5eEh1bnRlcjJaeg==}\n");
        let plain = object("ConfigMap", "a", &format!("data: {{other: {SECRET}, level: debug}}\n"));
        let same = object("ConfigMap", "a", "data: {k: anything-Zq9xHunter2Zz, level: debug}\n");
        for (before, after) in [(&secret, &plain), (&encoded, &plain), (&secret, &same)] {
            for (before, after) in [(before, after), (after, before)] {
                let path = "a.yaml";
                let sides = [Some(before.as_bytes()), Some(after.as_bytes())];
                let said = format!("{:?} {:?}", report(path, before, after), value_moves(path.into(), &sides));
                assert!(!said.contains(SECRET) && said.contains("debug"), "{said}");
            }
            // In files of their own too.
            let sides = [("a.yaml", Some(before.as_bytes()), None), ("b.yaml", None, Some(after.as_bytes()))];
            let said = format!("{:?}", report_over(&sides));
            assert!(!said.contains(SECRET), "{said}");
        }
        let other = object("ConfigMap", "b", "data: {k: anything}\n");
        assert!(format!("{:?}", report("a.yaml", &secret, &other)).contains("anything"));
    }

    #[test]
    fn what_looks_drawn_in_a_secret_is_hidden_in_the_whole_file() {
        let secret = object("Secret", "a", &format!("stringData: {{k: {SECRET}, host: db.example.com}}\n"));
        let user = |value: &str| format!("---\n{}", object("Job", "b", &format!("a: {value}\nhost: db.example.com\n")));
        let said = told(&format!("{secret}{}", user(SECRET)), &format!("{secret}{}", user("db.example.com")));
        assert!(!said.contains(SECRET) && said.contains("db.example.com"), "{said}");
    }

    #[test]
    fn keys_and_names_that_are_secrets_are_hidden() {
        let secret = |key: &str| object("Secret", "a", &format!("stringData: {{'{key}': y}}\n"));
        let map = |key: &str| format!("x: {{a: 1, '{key}': 1}}\n");
        let list = |key: &str| format!("x:\n- {{name: a, v: 1}}\n- {{name: '{key}', v: 1}}\n");
        for (before, after) in [
            (secret("a"), secret(SECRET)),
            (map("b"), map("password=Zq9xHunter2Zz")),
            (list("b"), list("password=Zq9xHunter2Zz")),
            (list("password=Zq9xHunter2Zz"), list("password=Zq9xHunter2Zz").replace("v: 1}\n- ", "v: 2}\n- ")),
            ("a: 1\n".to_owned(), "a: 1\n'password=Zq9xHunter2Zz': 1\n'password=Zq9xHunter2Zz': 1\n".to_owned()),
        ] {
            for (before, after) in [(&before, &after), (&after, &before)] {
                let said = told(before, after);
                assert!(!said.contains(SECRET), "{after}: {said}");
            }
        }
        let many =
            told("a: 1\n", &object("Secret", "a", "stringData: {Zq9xHunter2Za: a, Zq9xHunter2Zb: b, tls.crt: c}\n"));
        assert!(many.contains("(masked) 2") && many.contains("tls.crt"), "{many}");
        for key in ["DB_PASSWORD", "tls.key", "googleOAuth2ClientId", ".dockerconfigjson", "AWS_SECRET_ACCESS_KEY"] {
            assert!(told(&secret("a"), &secret(key)).contains(key), "{key}");
        }
    }

    #[test]
    fn names_beside_values_say_so_however_they_are_written() {
        for (before, after) in [
            ("x:\n- {option: password, val: Zq9x}\n", "x:\n- {Name: API_TOKEN, Value: Zq9x}\n"),
            ("x: [{ParameterKey: DbPassword, ParameterValue: Zq9x}]\n", "x: []\n"),
            ("env: [{name: X, value: Zq9x}]\n", "env: [{name: X_SECRET, value: y}]\n"),
            ("args: [-p, old1]\n", "args: [-p, Zq9x]\n"),
            ("args: [redis-cli, -a, b]\n", "args: [redis-cli, -a, Zq9x]\n"),
        ] {
            for (before, after) in [(before, after), (after, before)] {
                let said = format!("{:?}", report("a.yaml", before, after));
                assert!(!said.contains("Zq9x"), "{after}: {said}");
            }
        }
    }

    #[test]
    fn ordinary_values_are_told() {
        let text = "kind: HelmRelease\napiVersion: a/v2\nmetadata: {name: a}\nspec:\n  values:\n    secretName: v1\n    existingSecret: v1\n    \
                    tokenTTL: v1\n    passwordPolicy: {minLength: v1}\n    authMode: v1\n    author: v1\n    keyboard: v1\n    \
                    imagePullSecrets: [{name: v1}]\n    externalSecret: {remoteRef: {key: v1}, secretStoreRef: {name: v1}}\n    \
                    env: [{name: A, valueFrom: {secretKeyRef: {name: v1, key: v1}}}, {name: DB_USER, value: v1}]\n    \
                    secret: {create: true, name: v1, annotations: {a: v1}, type: v1}\n    volumes: [{secret: {secretName: v1, items: [{key: v1, path: v1}]}}]\n    \
                    auth: {enabled: true, provider: v1, existingSecretKey: v1}\n    publicKey: v1\n    secretRef: {name: v1}\n    \
                    args: [--token-ttl, v1, --secret-name, v1, -p, v1, --auth-mode=v1]\n    tls: {secretName: v1}\n    \
                    externalSecrets: {a: v1}\n    apiVersion: v1\n    passwordFile: v1\n    secretProviderClass: v1\n";
        let found = report("a.yaml", text, &text.replace("v1", "v2"));
        assert!(!format!("{found:?}").contains("masked"), "{found:#?}");
        let read = documents("a.yaml".into(), text.as_bytes()).expect("it is YAML").remove(0).value;
        assert!(!read.to_string().contains("masked"), "{read:#}");
    }
}

//! Which document became which: Kubernetes objects by what they are, wherever they went; other documents by their place.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use super::node::{Kind, Node, Value};
use super::parsed::{Document, Parsed};
use crate::model::field::DocumentName;

/// The longest part of an identity that is kept, in characters: Kubernetes allows 253.
const LONGEST: usize = 300;

/// What a Kubernetes object is: kind, namespace and name, and the version of the interface it is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity<'n> {
    pub api_version: &'n str,
    pub kind: &'n str,
    pub namespace: &'n str,
    pub name: &'n str,
}

impl<'n> Identity<'n> {
    /// The identity of an object; `None` for what is none, or has no name.
    pub fn of(root: &'n Node<'_>) -> Option<Self> {
        let metadata = root.get("metadata")?;
        Some(Self {
            api_version: root.text_at("apiVersion")?,
            kind: root.text_at("kind")?,
            namespace: metadata.text_at("namespace").unwrap_or_default(),
            name: metadata.text_at("name").or_else(|| metadata.text_at("generateName"))?,
        })
    }

    /// Without the version, which changes when a controller is upgraded.
    pub const fn unversioned(self) -> (&'n str, &'n str, &'n str) {
        (self.kind, self.namespace, self.name)
    }

    const fn anywhere(self) -> (&'n str, &'n str) {
        (self.kind, self.name)
    }
}

/// How a document is called.
pub(super) fn name(document: &Document<'_>) -> DocumentName {
    let root = &document.root;
    let owned = |text: Option<&str>| text.map(|text| text.chars().take(LONGEST).collect::<String>());
    let metadata = root.get("metadata");
    // Without `kind` these are keys like any others.
    let object = root.text_at("kind").is_some() && root.text_at("apiVersion").is_some();
    let part = |text: Option<&str>| owned(text.filter(|_| object));
    DocumentName {
        api_version: part(root.text_at("apiVersion")),
        kind: part(root.text_at("kind")),
        namespace: part(metadata.and_then(|metadata| metadata.text_at("namespace"))),
        name: part(metadata.and_then(|metadata| metadata.text_at("name"))),
        index: document.index,
    }
}

/// Takes the objects of each `List` out of it, as documents behind what is left of it: to whoever applies the file, they are.
pub(super) fn unlisted(parsed: Parsed<'_>) -> Parsed<'_> {
    if !parsed.documents.iter().any(|document| is_list(&document.root)) {
        return parsed;
    }
    let mut all = Vec::with_capacity(parsed.documents.len());
    for mut document in parsed.documents {
        let items = if is_list(&document.root) { taken_items(&mut document.root) } else { Vec::new() };
        let aliased = Arc::clone(&document.aliased);
        all.push(document);
        all.extend(items.into_iter().map(|root| {
            let aliased = Arc::clone(&aliased);
            Document { region: root.span, root, index: 0, aliased }
        }));
    }
    for (at, document) in all.iter_mut().enumerate() {
        document.index = at;
    }
    Parsed { documents: all }
}

/// Whether a document is a `List` of objects that say what they are, each another.
fn is_list(root: &Node<'_>) -> bool {
    let listed = root.text_at("kind") == Some("List") && root.text_at("apiVersion") == Some("v1");
    let Some(Value::List(items)) = root.get("items").filter(|_| listed).map(|items| &items.value) else { return false };
    let found = unique(items.iter(), |item| Identity::of(item));
    found.len() == items.len()
}

fn taken_items<'a>(root: &mut Node<'a>) -> Vec<Node<'a>> {
    let Value::Map(entries) = &mut root.value else { return Vec::new() };
    let Some(at) = entries.iter().position(|entry| entry.key.text == "items") else { return Vec::new() };
    match entries.remove(at).node.value {
        Value::List(items) => items,
        Value::Scalar(_) | Value::Map(_) => Vec::new(),
    }
}

/// The documents of a file before and after: pairs of positions, and those without a partner.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pairing {
    pub pairs: Vec<(usize, usize)>,
    pub gone: Vec<usize>,
    pub come: Vec<usize>,
}

/// Pairs the documents of one file. An object of another name is another object, even in the same place.
pub(super) fn pair(before: &[Document<'_>], after: &[Document<'_>]) -> Pairing {
    let mut open = Open { gone: (0..before.len()).collect(), come: (0..after.len()).collect(), pairs: Vec::new() };
    let old: Vec<_> = before.iter().map(|document| Identity::of(&document.root)).collect();
    let new: Vec<_> = after.iter().map(|document| Identity::of(&document.root)).collect();
    open.match_by(|at| old[at], |at| new[at]);
    open.match_by(|at| old[at].map(Identity::unversioned), |at| new[at].map(Identity::unversioned));
    open.match_by(|at| old[at].map(Identity::anywhere), |at| new[at].map(Identity::anywhere));
    // What is between two lines of dashes, and nothing else, does not take the place of a document.
    let full = |document: &Document<'_>| document.root.scalar().is_none_or(|scalar| scalar.kind != Kind::Null);
    open.in_order(|at| old[at].is_none() && full(&before[at]), |at| new[at].is_none() && full(&after[at]));
    open.in_order(|at| old[at].is_none(), |at| new[at].is_none());
    open.pairs.sort_unstable();
    let rest = |open: BTreeSet<usize>| open.into_iter().collect();
    Pairing { pairs: open.pairs, gone: rest(open.gone), come: rest(open.come) }
}

struct Open {
    gone: BTreeSet<usize>,
    come: BTreeSet<usize>,
    pairs: Vec<(usize, usize)>,
}

impl Open {
    /// Pairs what has the same identity, if only one on each side has it.
    fn match_by<I: Eq + Hash>(&mut self, old: impl Fn(usize) -> Option<I>, new: impl Fn(usize) -> Option<I>) {
        let olds = unique(self.gone.iter().copied(), old);
        let news = unique(self.come.iter().copied(), new);
        for (identity, old) in olds {
            if let (Some(old), Some(Some(new))) = (old, news.get(&identity)) {
                self.pair(old, *new);
            }
        }
    }

    /// Pairs what has no identity in the order in which it stands.
    fn in_order(&mut self, old: impl Fn(usize) -> bool, new: impl Fn(usize) -> bool) {
        let olds: Vec<usize> = self.gone.iter().copied().filter(|at| old(*at)).collect();
        let news: Vec<usize> = self.come.iter().copied().filter(|at| new(*at)).collect();
        olds.into_iter().zip(news).for_each(|(old, new)| self.pair(old, new));
    }

    fn pair(&mut self, old: usize, new: usize) {
        self.gone.remove(&old);
        self.come.remove(&new);
        self.pairs.push((old, new));
    }
}

/// What has an identity, by it; `None` where several share it.
pub(super) fn unique<T: Copy, I: Eq + Hash>(
    items: impl Iterator<Item = T>,
    identity: impl Fn(T) -> Option<I>,
) -> HashMap<I, Option<T>> {
    let mut found: HashMap<I, Option<T>> = HashMap::new();
    for item in items {
        if let Some(identity) = identity(item) {
            found.entry(identity).and_modify(|only| *only = None).or_insert(Some(item));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::{report, report_over, shown, unlisted};
    use super::super::{headline, yaml};
    use super::*;
    use crate::model::field::LineSpan;

    fn paired(before: &str, after: &str) -> Pairing {
        let (before, after) = (yaml::read(before).unwrap(), yaml::read(after).unwrap());
        pair(&before.documents, &after.documents)
    }

    fn object(kind: &str, name: &str) -> String {
        format!("---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n")
    }

    #[test]
    fn objects_are_known_by_what_they_are() {
        let (a, b, c) = (object("Pod", "a"), object("Pod", "b"), object("Pod", "c"));
        let pairing = paired(&(a.clone() + &b), &(c + &b + &a.replace("v1", "v2")));
        assert_eq!(pairing, Pairing { pairs: vec![(0, 2), (1, 1)], gone: vec![], come: vec![0] });
        let moved = a.replace('{', "{namespace: x, ");
        assert_eq!(paired(&a, &moved).pairs, [(0, 0)]);
    }

    #[test]
    fn two_of_a_kind_are_not_guessed() {
        let a = object("Pod", "a");
        let twice = a.clone() + &a;
        assert_eq!(paired(&twice, &a), Pairing { pairs: vec![], gone: vec![0, 1], come: vec![0] });
    }

    #[test]
    fn other_documents_keep_their_order() {
        assert_eq!(paired("a: 1\n---\nb: 1\n", "a: 2\n").pairs, [(0, 0)]);
        let pairing = paired("a: 1\n", &(object("Pod", "a") + "---\na: 1\n"));
        assert_eq!(pairing, Pairing { pairs: vec![(0, 1)], gone: vec![], come: vec![0] });
    }

    #[test]
    fn objects_of_a_list_are_objects() {
        let item = |name: &str, more: &str| {
            format!("- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {{name: {name}}}\n  spec: {{{more}}}\n")
        };
        let list = |items: &[String]| format!("apiVersion: v1\nkind: List\nitems:\n{}", items.concat());
        let before = list(&[item("a", "replicas: 1"), item("b", "replicas: 3")]);
        let after = list(&[item("b", "replicas: 1"), item("a", "replicas: 1"), item("c", "replicas: 2")]);
        let found = report("apps/x.yaml", &before, &after);
        assert!(found.complete());
        assert_eq!(unlisted(&found, &before, &after), Vec::<String>::new());
        let fields: Vec<String> =
            found.fields.iter().map(|field| format!("{:?} {}", field.document.name, field.path)).collect();
        assert_eq!(fields, ["Some(\"b\") spec.replicas", "Some(\"c\") "]);
        assert!(found.fields.iter().all(|field| field.is_capacity));
        assert_eq!(found.fields[0].lines.after, Some(LineSpan(7, 7)));
        let sides = [("apps/x.yaml", None, Some(before.as_bytes()))];
        assert_eq!(headline(&report_over(&sides)).as_deref(), Some("Deployment a and 1 more added"));
        // Whether it is a list or a file of documents is no matter.
        let files = item("a", "replicas: 1").replacen("- ", "  ", 1)
            + "---\n"
            + &item("b", "replicas: 2").replacen("- ", "  ", 1);
        let said = shown(&report("apps/x.yaml", &before, &files));
        assert!(said.iter().any(|line| line.starts_with("Deployment b spec.replicas 3 → 2 capacity")), "{said:?}");
        let json = "{\n \"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n  {\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"}, \"x\": 1}\n ]\n}\n";
        assert_eq!(shown(&report("x.json", json, &json.replace("\"x\": 1", "\"x\": 2"))), ["Pod a x 1 → 2 @3|3"]);
    }

    #[test]
    fn lists_of_what_is_not_named_stay_whole() {
        let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}, x: 1}\n";
        for more in ["- {x: 1}\n", "- {apiVersion: v1, kind: Pod, metadata: {name: a}, y: 1}\n"] {
            let text = format!("{list}{more}");
            let said = shown(&report("x.yaml", &text, &text.replace("x: 1", "x: 2")));
            assert!(said.iter().all(|line| line.contains("List")), "{said:?}");
        }
        let (empty, one) = ("apiVersion: v1\nkind: List\nitems: []\n", list);
        for (before, after) in [(empty, one), (one, empty)] {
            let found = report("x.yaml", before, after);
            assert!(found.complete() && unlisted(&found, before, after).is_empty(), "{:?}", shown(&found));
        }
    }
}

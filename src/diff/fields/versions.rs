//! What each version of a file did to the values of the version before it, without lines: what the history of a field is
//! read from.

use std::collections::HashSet;
use std::rc::Rc;

use bstr::BStr;
use rust_decimal::Decimal;
use serde_json::Value;

use super::align::KEYS;
use super::compare::compare;
use super::format::Format;
use super::known::{Secrets, Turned, known};
use super::node::{Kind, Node};
use super::parsed::{Document, Parsed};
use super::secret::Secrecy;
use super::{objects, publish};
use crate::model::field::{DocumentName, FieldPath, PathStep};

/// The largest version whose values are compared with others, in bytes: bundles of definitions say nothing that is set by hand.
pub const MAX_VERSION: usize = 512 << 10;
/// Values that one change of a file may move; what moves more is about everything.
const MAX_MOVES: usize = 2_000;

/// What became of a value from one version of a file to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueMove {
    /// Which document of the file.
    pub document: DocumentName,
    /// Where in the document; the root where all of it came or went.
    pub path: FieldPath,
    /// Before, secrets masked; `None` for what came.
    pub before: Option<Value>,
    /// After, secrets masked; `None` for what went.
    pub after: Option<Value>,
    /// Both in base units, where both sides count the same.
    pub numbers: Option<(Decimal, Decimal)>,
    /// Whether it decides how much there is of something.
    pub is_capacity: bool,
}

/// What each version of a file did to the one before it: one answer fewer than there are versions, in their order. `None` is a
/// version in which the file is not there. An error says why values cannot be told.
#[must_use]
pub fn value_moves(path: &BStr, versions: &[Option<&[u8]>]) -> Vec<Result<Vec<ValueMove>, String>> {
    let parsed: Vec<Result<Parsed<'_>, String>> = versions.iter().map(|version| read(path, *version)).collect();
    let between = |pair: &[Result<Parsed<'_>, String>]| match pair {
        [Ok(old), Ok(new)] => moves(path, old, new),
        [Err(why), _] | [_, Err(why)] => Err(why.clone()),
        _ => Ok(Vec::new()),
    };
    parsed.windows(2).map(between).collect()
}

fn read<'a>(path: &BStr, version: Option<&'a [u8]>) -> Result<Parsed<'a>, String> {
    let Some(bytes) = version else { return Ok(Parsed::default()) };
    if bytes.len() > MAX_VERSION {
        return Err(format!("it has over {} KiB", MAX_VERSION >> 10));
    }
    let format = Format::of(path).ok_or_else(|| "a format without fields".to_owned())?;
    format.read(bytes).map_err(|refusal| refusal.why)
}

fn moves(path: &BStr, old: &Parsed<'_>, new: &Parsed<'_>) -> Result<Vec<ValueMove>, String> {
    let pairing = objects::pair(&old.documents, &new.documents);
    let known = Rc::new(known(path, old.documents.iter().chain(&new.documents)));
    let mut found = Vec::new();
    for (before, after) in pairing.pairs {
        edited(path, &old.documents[before], &new.documents[after], &known, &mut found);
        if found.len() > MAX_MOVES {
            return Err(format!("over {MAX_MOVES} values changed at once"));
        }
    }
    let secrets = (Secrets::among(roots(old, &pairing.gone)), Secrets::among(roots(new, &pairing.come)));
    let value = |document: &Document<'_>, others: &Secrets<&Node<'_>>| {
        let turned = others.namesake(&document.root).map(|secret| Rc::new(Turned::of(secret)));
        whole(document, &Secrecy::of(path, &document.root).knowing(&known, turned))
    };
    let gone = pairing.gone.iter().filter_map(|at| value(&old.documents[*at], &secrets.1));
    found.extend(gone.map(|(document, value)| one(document, Some(value), None)));
    let come = pairing.come.iter().filter_map(|at| value(&new.documents[*at], &secrets.0));
    found.extend(come.map(|(document, value)| one(document, None, Some(value))));
    Ok(found)
}

fn roots<'p, 'a>(side: &'p Parsed<'a>, at: &[usize]) -> impl Iterator<Item = (&'p Node<'a>, &'p Node<'a>)> {
    at.iter().map(|at| &side.documents[*at].root).map(|root| (root, root))
}

fn one(document: DocumentName, before: Option<Value>, after: Option<Value>) -> ValueMove {
    ValueMove { document, path: FieldPath::default(), before, after, numbers: None, is_capacity: false }
}

/// The values of a document that is there on both sides. What only stands elsewhere is as it was.
fn edited(
    path: &BStr,
    old: &Document<'_>,
    new: &Document<'_>,
    known: &Rc<HashSet<String>>,
    found: &mut Vec<ValueMove>,
) {
    let secrecy = Secrecy::of(path, &old.root).or(Secrecy::of(path, &new.root)).knowing(known, None);
    let edits = compare(&old.root, &new.root);
    if edits.is_empty() {
        return;
    }
    let document = objects::name(new);
    for edit in edits.iter().filter(|edit| publish::is_change(edit.kind)).take(MAX_MOVES + 1) {
        let said = publish::values(edit, &secrecy);
        found.push(ValueMove {
            document: document.clone(),
            path: publish::path(&edit.steps, &secrecy),
            before: said.before,
            after: said.after,
            numbers: said.numbers.0.zip(said.numbers.1),
            is_capacity: said.is_capacity,
        });
    }
}

/// A document that came or went; one without anything in it is none.
fn whole(document: &Document<'_>, secrecy: &Secrecy) -> Option<(DocumentName, Value)> {
    let empty = document.root.scalar().is_some_and(|scalar| scalar.kind == Kind::Null);
    (!empty).then(|| (objects::name(document), publish::whole(&document.root, secrecy).0))
}

/// The value that steps lead to, in a document as JSON; `None` where there is none.
#[must_use]
pub fn value_at<'v>(root: &'v Value, steps: &[PathStep]) -> Option<&'v Value> {
    steps.iter().try_fold(root, |value, step| match step {
        PathStep::Key(key) => value.get(key),
        PathStep::Index(at) => value.get(at),
        PathStep::Item(name) => value.as_array()?.iter().find(|item| is_called(item, name)),
    })
}

/// Whether an item of a list has this name, under the first key that names it.
fn is_called(item: &Value, name: &str) -> bool {
    KEYS.iter().any(|key| match item.get(key) {
        Some(Value::String(text)) => text == name,
        Some(Value::Number(number)) => number.to_string() == name,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(path: &str, versions: &[Option<&str>]) -> Vec<String> {
        let versions: Vec<Option<&[u8]>> = versions.iter().map(|text| text.map(str::as_bytes)).collect();
        let shown = |one: &ValueMove| {
            let value = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), ToString::to_string);
            format!("{}: {} → {}", one.path, value(&one.before), value(&one.after))
        };
        let told = |moves: Result<Vec<ValueMove>, String>| {
            moves.map_or_else(|why| why, |moves| moves.iter().map(shown).collect::<Vec<_>>().join(", "))
        };
        value_moves(path.into(), &versions).into_iter().map(told).collect()
    }

    #[test]
    fn versions_say_what_they_did() {
        let found = said(
            "a.yaml",
            &[
                None,
                Some("a: 1\n"),
                Some("a: 2 # two\nb: x\n"),
                Some("# a\na: 2\nb: x\n"),
                Some("a: ["),
                Some("a: 1\n"),
                None,
            ],
        );
        assert_eq!(found[..3], [r#": - → {"a":1}"#, r#"a: 1 → 2, b: - → "x""#, ""]);
        assert!(found[3] == found[4] && !found[3].is_empty(), "{found:?}");
        assert_eq!(found[5], r#": {"a":1} → -"#);
        assert_eq!(said("a.md", &[Some("a"), Some("b")]), ["a format without fields"]);
        assert!(said("a.yaml", &[]).is_empty());
    }

    #[test]
    fn secrets_stay_behind() {
        let secret =
            |value: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{k: {value}}}\n");
        let (one, two) = (secret("hunter2"), secret("hunter3"));
        let found = said("a.yaml", &[None, Some(&one), Some(&two)]);
        assert!(!found.concat().contains("hunter") && found[1].contains("masked"), "{found:?}");
    }

    #[test]
    fn numbers_are_told_where_both_sides_have_them() {
        let limit = |value: &str| format!("resources: {{limits: {{memory: {value}}}}}\n");
        let (old, new) = (limit("4Gi"), limit("2Gi"));
        let moves = value_moves("a.yaml".into(), &[Some(old.as_bytes()), Some(new.as_bytes())]);
        let numbers = moves[0].as_ref().expect("values")[0].numbers.expect("numbers");
        assert_eq!((numbers.0, numbers.1), (Decimal::from(4_u64 << 30), Decimal::from(2_u64 << 30)));
    }

    #[test]
    fn steps_lead_to_values() {
        let root =
            json!({ "c": [{ "name": "app", "image": "x" }, { "name": "web" }], "l": [1, 2], "p": [{ "id": 8 }] });
        let key = |key: &str| PathStep::Key(key.into());
        let item = |name: &str| PathStep::Item(name.into());
        for (steps, value) in [
            (vec![key("c"), item("app"), key("image")], Some(json!("x"))),
            (vec![key("l"), PathStep::Index(1)], Some(json!(2))),
            (vec![key("p"), item("8"), key("id")], Some(json!(8))),
            (vec![key("c"), item("db")], None),
            (vec![key("l"), key("x")], None),
            (vec![], Some(root.clone())),
        ] {
            assert_eq!(value_at(&root, &steps).cloned(), value, "{steps:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(texts in proptest::collection::vec("(a|b|:|-| |\n|\\{|\\}|1|kind){0,20}", 0..5)) {
            let versions: Vec<Option<&[u8]>> = texts.iter().map(|text| Some(text.as_bytes())).collect();
            proptest::prop_assert_eq!(value_moves("a.yaml".into(), &versions).len(), texts.len().saturating_sub(1));
        }
    }
}

//! What one landed change of a file did to one field: moves of values are matched with the field by document and path.

use bstr::{BStr, ByteSlice as _};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::diff::fields::{ValueMove, value_at};
use crate::model::field::{DocumentName, FieldChange, FieldPath, PathStep};

/// What became of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// It got another value.
    Value {
        /// Before, secrets masked; `None` where it was not set.
        before: Option<Value>,
        /// After, secrets masked; `None` where it is not set.
        after: Option<Value>,
        /// Both in base units, where both sides count the same.
        numbers: Option<(Decimal, Decimal)>,
    },
    /// Something in it got another value.
    Part,
}

/// What moves of values did to a field; `None` where they left it alone.
#[must_use]
pub fn turn_of(moves: &[ValueMove], document: &DocumentName, path: &FieldPath) -> Option<Turn> {
    moves.iter().filter(|one| same_document(&one.document, document)).find_map(|one| turn(one, path))
}

fn turn(one: &ValueMove, path: &FieldPath) -> Option<Turn> {
    let (moved, wanted) = (one.path.0.as_slice(), path.0.as_slice());
    if moved.len() > wanted.len() {
        return moved.starts_with(wanted).then_some(Turn::Part);
    }
    let rest = wanted.strip_prefix(moved)?;
    let part = |side: &Option<Value>| side.as_ref().and_then(|value| value_at(value, rest)).cloned();
    let (before, after) = (part(&one.before), part(&one.after));
    let numbers = one.numbers.filter(|_| rest.is_empty());
    // Masked values look the same and are not; what came or went with all around it may never have been there.
    let changed = rest.is_empty() || before != after;
    changed.then_some(Turn::Value { before, after, numbers })
}

/// Whether two names mean the same document: the same object, or the same place in the file. A namespace that one does not
/// say is any: overlays set it.
#[must_use]
pub fn same_document(one: &DocumentName, other: &DocumentName) -> bool {
    match (&one.name, &other.name) {
        (None, None) => one.kind == other.kind && one.index == other.index,
        (one_name, other_name) => {
            let space = match (&one.namespace, &other.namespace) {
                (Some(one), Some(other)) => one == other,
                _ => true,
            };
            one_name == other_name && one.kind == other.kind && space
        }
    }
}

/// Whether two names mean the same Kubernetes object, wherever their files lie: kind, name and group are the same, whatever the
/// version, and the namespace where both say one.
#[must_use]
pub fn same_object(one: &DocumentName, other: &DocumentName) -> bool {
    let group = |name: &DocumentName| {
        let version = name.api_version.as_deref().unwrap_or_default();
        version.split_once('/').map_or("", |(group, _)| group).to_owned()
    };
    let is_object = one.kind.is_some() && one.name.is_some();
    is_object && same_document(one, other) && group(one) == group(other)
}

/// Whether two files lie in one folder, or one below the folder of the other.
#[must_use]
pub fn is_beside(one: &BStr, other: &BStr) -> bool {
    let folder = |path: &BStr| path.rfind_byte(b'/').map_or(0, |end| end + 1);
    let (own, theirs) = (&one[..folder(one)], &other[..folder(other)]);
    let below = |outer: &[u8], inner: &[u8]| !outer.is_empty() && inner.starts_with(outer);
    own == theirs || below(own, theirs) || below(theirs, own)
}

/// Where two changes of one field stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameField {
    /// In one file, or in one that moved, or in objects of one name in one folder or below it.
    Here,
    /// In objects of one name in two folders: one object if it moved, two, as for two clusters, if both are there.
    Elsewhere,
}

/// Whether two changes are of one field; `before` is the path that the file of the first had, where it moved. What only its place
/// in a list names is the same as long as the same stands there.
#[must_use]
pub fn same_field(own: &FieldChange, before: Option<&BStr>, other: &FieldChange) -> Option<SameField> {
    if own.path != other.path || is_positional(&own.path) && own.before != other.before {
        return None;
    }
    let here = own.file == other.file || before == Some(other.file.as_bstr());
    if here && same_document(&own.document, &other.document) {
        return Some(SameField::Here);
    }
    let beside = is_beside(own.file.as_bstr(), other.file.as_bstr());
    let place = if beside { SameField::Here } else { SameField::Elsewhere };
    same_object(&own.document, &other.document).then_some(place)
}

/// Whether a path leads through an item that only its place in a list names: what stands there is another one tomorrow.
#[must_use]
pub fn is_positional(path: &FieldPath) -> bool {
    path.0.iter().any(|step| matches!(step, PathStep::Index(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::fields::value_moves;
    use crate::model::field::FieldOp;

    fn key(key: &str) -> PathStep {
        PathStep::Key(key.into())
    }

    fn turned(before: Option<&str>, after: Option<&str>, path: Vec<PathStep>) -> Option<Turn> {
        let bytes = |text: Option<&'static str>| text.map(str::as_bytes);
        let leak = |text: Option<&str>| text.map(|text| &*text.to_owned().leak());
        let moves = value_moves("a.yaml".into(), &[bytes(leak(before)), bytes(leak(after))]).remove(0).expect("values");
        turn_of(&moves, &DocumentName::default(), &FieldPath(path))
    }

    #[test]
    fn fields_are_found_in_what_holds_them_and_by_what_they_hold() {
        let value = |before: Option<i64>, after: Option<i64>| {
            let json = |number: Option<i64>| number.map(Value::from);
            Some((json(before), json(after)))
        };
        let said = |turn: Option<Turn>| match turn? {
            Turn::Value { before, after, .. } => Some((before, after)),
            Turn::Part => None,
        };
        let path = || vec![key("a"), key("b")];
        assert_eq!(said(turned(Some("a: {b: 1, c: 1}"), Some("a: {b: 2, c: 1}"), path())), value(Some(1), Some(2)));
        assert_eq!(said(turned(None, Some("a: {b: 2}"), path())), value(None, Some(2)), "the file came");
        assert_eq!(said(turned(Some("a: {b: 2}"), None, path())), value(Some(2), None), "the file went");
        assert_eq!(turned(Some("a: {b: 1, c: 1}"), Some("a: {b: 1, c: 2}"), path()), None);
        assert_eq!(turned(None, Some("x: 1"), path()), None, "it was never there");
        assert_eq!(turned(Some("a: {b: 1}"), Some("a: {b: 2}"), vec![key("a")]), Some(Turn::Part));
    }

    #[test]
    fn documents_are_known_by_object_or_place() {
        let object = |space: Option<&str>, name: &str, index| DocumentName {
            kind: Some("Deployment".into()),
            namespace: space.map(Into::into),
            name: Some(name.into()),
            index,
            ..DocumentName::default()
        };
        let plain = |index| DocumentName { index, ..DocumentName::default() };
        for (one, other, same) in [
            (object(Some("shop"), "a", 0), object(Some("shop"), "a", 3), true),
            (object(Some("shop"), "a", 0), object(None, "a", 0), true),
            (object(Some("shop"), "a", 0), object(Some("test"), "a", 0), false),
            (object(None, "a", 0), object(None, "b", 0), false),
            (plain(1), plain(1), true),
            (plain(1), plain(2), false),
            (plain(0), object(None, "a", 0), false),
        ] {
            assert_eq!(same_document(&one, &other), same, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_field_is_the_same_wherever_its_object_lies() {
        let field = |file: &str, version: &str, space: Option<&str>, name: Option<&str>| {
            let document = DocumentName {
                api_version: Some(version.into()),
                kind: name.map(|_| "Deployment".into()),
                namespace: space.map(Into::into),
                name: name.map(Into::into),
                index: 0,
            };
            FieldChange::of(file.into(), document, FieldPath(vec![key("replicas")]), FieldOp::Modified)
        };
        let (shop, web) = (Some("shop"), Some("web"));
        for (own, before, other, expected) in [
            (field("p/a", "apps/v1", None, web), None, field("p/a", "apps/v1", None, web), Some(SameField::Here)),
            (field("p/b", "apps/v1beta1", None, web), None, field("p/a", "apps/v1", None, web), Some(SameField::Here)),
            (field("p/q/b", "apps/v1", None, web), None, field("p/a", "apps/v1", shop, web), Some(SameField::Here)),
            (field("b", "apps/v1", shop, web), None, field("p/a", "apps/v1", shop, web), Some(SameField::Elsewhere)),
            (field("q/a", "apps/v1", shop, web), None, field("p/a", "apps/v1", shop, web), Some(SameField::Elsewhere)),
            (
                field("q/b", "apps/v1", None, web),
                Some("p/a"),
                field("p/a", "apps/v1", None, web),
                Some(SameField::Here),
            ),
            (field("p/b", "apps/v1", shop, web), None, field("p/a", "apps/v1", Some("test"), web), None),
            (field("p/b", "other/v1", shop, web), None, field("p/a", "apps/v1", shop, web), None),
            (field("p/b", "", None, None), None, field("p/a", "", None, None), None),
            (field("p/b", "", None, None), Some("p/a"), field("p/a", "", None, None), Some(SameField::Here)),
        ] {
            assert_eq!(same_field(&own, before.map(BStr::new), &other), expected, "{own:?} {other:?}");
        }
        let own = field("a", "apps/v1", None, web);
        let other = FieldChange { path: FieldPath(vec![key("paused")]), ..own.clone() };
        assert_eq!(same_field(&own, None, &other), None);
    }
}

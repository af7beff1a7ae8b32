//! Edits as others see them: paths in words, values as JSON, secrets masked, numbers in base units.

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value as Json};

use super::command::told_items;
use super::edit::{Edit, EditKind, Site, Step};
use super::naming::said_name;
use super::node::{Kind, Node, Scalar, Value};
use super::secret::{Secrecy, hides_name};
use super::{measure, patches, plain};
use crate::model::field::{FieldOp, FieldPath, PathStep, Unit, masked};

/// What happened, of an edit that is a field change.
pub(super) const fn op(kind: EditKind) -> Option<FieldOp> {
    match kind {
        EditKind::Added => Some(FieldOp::Added),
        EditKind::Removed => Some(FieldOp::Removed),
        EditKind::Modified => Some(FieldOp::Modified),
        EditKind::Moved => Some(FieldOp::Moved),
        EditKind::Rewritten => None,
    }
}

/// Whether an edit gives a field another value; what only moved has the one that it had.
pub(super) const fn is_change(kind: EditKind) -> bool {
    matches!(kind, EditKind::Added | EditKind::Removed | EditKind::Modified)
}

/// The steps in words; a step that is a secret itself is not told.
pub(super) fn path<'n>(steps: &[Step<'n, '_>], secrecy: &Secrecy) -> FieldPath {
    let mut keys: Vec<&'n str> = Vec::with_capacity(steps.len());
    let step = |step: &Step<'n, '_>| match step {
        Step::Key(key) => {
            keys.push(&key.text);
            PathStep::Key(if secrecy.hides_key(&keys) { HIDDEN.to_owned() } else { key.text.to_string() })
        }
        Step::Item(item) => match (item.name, item.after.or(item.before)) {
            (Some(name), _) if hides_name(name) => PathStep::Item(HIDDEN.to_owned()),
            (Some(name), _) => PathStep::Item(name.to_owned()),
            (None, at) => PathStep::Index(at.unwrap_or(0)),
        },
    };
    FieldPath(steps.iter().map(step).collect())
}

/// What is told instead of a key that is a secret.
const HIDDEN: &str = "(masked)";

/// What a field change says of its values.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub before: Option<Json>,
    pub after: Option<Json>,
    /// In base units, if both sides that are there count the same.
    pub numbers: (Option<Decimal>, Option<Decimal>),
    pub unit: Option<Unit>,
    pub percent: Option<f64>,
    pub is_capacity: bool,
    /// It is a text that is hidden because a credential is in it.
    pub holds_secret: bool,
}

/// What an edit says of its values. Two that JSON cannot tell apart are shown as they are written.
pub(super) fn values<'n, 'a>(edit: &Edit<'n, 'a>, secrecy: &Secrecy) -> Values {
    let mut keys = measure::keys(&edit.steps);
    let item = edit.steps.iter().rev().find_map(|step| match step {
        Step::Item(item) => Some(item.name),
        Step::Key(_) => None,
    });
    // `{op: add, path: …/env/-, value: {name: DB_PASSWORD, value: …}}`
    let item = edit.named.or(item.flatten());
    let scalar = |site: Option<Site<'n, 'a>>| site.and_then(|site| site.node.scalar());
    let sides = [scalar(edit.before), scalar(edit.after)];
    let holds_secret = sides.into_iter().flatten().any(|scalar| secrecy.hides_text(&keys, item, scalar));
    let mut value = |site: Option<Site<'n, 'a>>| {
        site.map(|site| match site.node.scalar() {
            Some(_) if edit.is_told() => masked(),
            _ => Viewer { keys: &mut keys, secrecy, instead: edit.instead }.json(site.node, item),
        })
    };
    let (mut before, mut after) = (value(edit.before), value(edit.after));
    if edit.kind == EditKind::Modified && before == after && before != Some(masked()) {
        let as_written = |site: Option<Site<'_, '_>>| site.map(|site| Json::from(written(site.node)));
        (before, after) = (as_written(edit.before), as_written(edit.after));
    }
    let hidden = [&before, &after].into_iter().any(|value| *value == Some(masked()));
    let measured = Values { before, after, is_capacity: is_capacity(edit), holds_secret, ..Values::default() };
    if hidden || edit.kind == EditKind::Moved { measured } else { numbered(measured, edit, &keys) }
}

/// With the numbers, if both sides that are there count the same.
fn numbered(values: Values, edit: &Edit<'_, '_>, keys: &[&str]) -> Values {
    let number = |site: Option<Site<'_, '_>>| measure::number(keys, site?.node.scalar()?);
    let (before, after) = (number(edit.before), number(edit.after));
    let (numbers, unit) = match (before, after) {
        (Some((before, one)), Some((after, other))) if one == other => ((Some(before), Some(after)), Some(one)),
        (Some((before, unit)), None) if edit.after.is_none() => ((Some(before), None), Some(unit)),
        (None, Some((after, unit))) if edit.before.is_none() => ((None, Some(after)), Some(unit)),
        _ => ((None, None), None),
    };
    let percent = numbers.0.zip(numbers.1).and_then(|(before, after)| measure::percent(before, after));
    Values { numbers, unit, percent, ..values }
}

fn is_capacity(edit: &Edit<'_, '_>) -> bool {
    if edit.kind == EditKind::Moved {
        return false;
    }
    let mut keys: Vec<String> = measure::keys(&edit.steps).into_iter().map(str::to_owned).collect();
    let sites = [edit.before, edit.after].into_iter().flatten();
    sites.into_iter().any(|site| measure::is_capacity(&mut keys, site.node))
}

/// A whole document as JSON, and whether it decides how much there is of something.
pub(super) fn whole(root: &Node<'_>, secrecy: &Secrecy) -> (Json, bool) {
    let json = Viewer { keys: &mut Vec::new(), secrecy, instead: None }.json(root, None);
    (json, measure::is_capacity(&mut Vec::new(), root))
}

/// Turns values into JSON, what a reader of the types that Kubernetes has takes them for; secrets stay behind.
struct Viewer<'v, 'n> {
    keys: &'v mut Vec<&'n str>,
    secrecy: &'v Secrecy,
    /// Another name of the item that is viewed.
    instead: Option<&'v str>,
}

impl<'n> Viewer<'_, 'n> {
    /// The items of a list; what a program is told as a password is none to be seen.
    fn items(&mut self, items: &'n [Node<'_>]) -> Json {
        let told = told_items(items);
        let one = |(at, item)| if told.contains(&at) { masked() } else { self.json(item, None) };
        Json::Array(items.iter().enumerate().map(one).collect())
    }

    fn hides(&self, item: Option<&str>, scalar: &Scalar<'_>) -> bool {
        let by = |item: Option<&str>| self.secrecy.hides(self.keys, item, scalar);
        by(item) || self.instead.is_some() && by(self.instead)
    }

    /// A value; `item` is the name of the list's item that it belongs to.
    fn json(&mut self, node: &'n Node<'_>, item: Option<&str>) -> Json {
        match &node.value {
            Value::Scalar(scalar) if self.hides(item, scalar) => masked(),
            Value::Scalar(scalar) => scalar_json(scalar),
            Value::List(items) => self.items(items),
            Value::Map(entries) => {
                // `{name: DB_PASSWORD, value: …}`
                let named = said_name(entries).or(item);
                let mut object = Map::with_capacity(entries.len());
                let pointer = patches::pointer(node);
                let outer = self.keys.len();
                let mut hidden = 0;
                for entry in entries {
                    match pointer.filter(|_| entry.key.text == "value") {
                        Some(pointer) => self.keys.extend(patches::keys(pointer)),
                        None => self.keys.push(&entry.key.text),
                    }
                    let key = self.key(&entry.key.text, &mut hidden);
                    object.insert(key, self.json(&entry.node, named));
                    self.keys.truncate(outer);
                }
                Json::Object(object)
            }
        }
    }

    /// How the key is called that the last of the keys is; one that is a secret itself is not told, and counted.
    fn key(&self, key: &str, hidden: &mut usize) -> String {
        if self.keys.last() != Some(&key) || !self.secrecy.hides_key(self.keys) {
            return key.to_owned();
        }
        *hidden += 1;
        if *hidden == 1 { HIDDEN.to_owned() } else { format!("{HIDDEN} {hidden}") }
    }
}

/// A scalar as JSON; a number that JSON cannot hold exactly is its text.
fn scalar_json(scalar: &Scalar<'_>) -> Json {
    let text = &*scalar.text;
    let as_text = || Json::from(text);
    match scalar.kind {
        Kind::Text | Kind::Expression => as_text(),
        Kind::Null => Json::Null,
        Kind::Bool(value) => Json::from(value),
        Kind::Integer => integer(text).unwrap_or_else(as_text),
        Kind::Float => float(text).unwrap_or_else(as_text),
        Kind::Loose => plain::loose_bool(text).map(Json::from).or_else(|| octal(text)).unwrap_or_else(as_text),
    }
}

fn integer(text: &str) -> Option<Json> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().map(Json::from);
    }
    text.parse::<i64>().map(Json::from).or_else(|_| text.parse::<u64>().map(Json::from)).ok()
}

fn float(text: &str) -> Option<Json> {
    Number::from_f64(text.parse().ok()?).map(Json::Number)
}

/// `0644` as YAML 1.1 reads it.
fn octal(text: &str) -> Option<Json> {
    let digits = text.strip_prefix("0o").or_else(|| text.strip_prefix('0'))?;
    u64::from_str_radix(digits, 8).ok().map(Json::from)
}

/// A value as a person would have to write it for this reading.
fn written(node: &Node<'_>) -> String {
    let value = match &node.value {
        Value::Scalar(Scalar { text, kind: Kind::Text }) => Json::from(&**text).to_string(),
        Value::Scalar(scalar) => scalar.text.to_string(),
        Value::List(_) | Value::Map(_) => "…".to_owned(),
    };
    node.tag.as_ref().map_or_else(|| value.clone(), |tag| format!("{tag} {value}"))
}

//! Edits as others see them: paths in words, values as JSON, secrets masked, numbers in base units.

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value as Json};

use super::edit::{Edit, EditKind, Site, Step};
use super::node::{Kind, Node, Scalar, Value};
use super::secret::{Secrecy, hides_argument};
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

/// The steps in words.
pub(super) fn path(steps: &[Step<'_, '_>]) -> FieldPath {
    let step = |step: &Step<'_, '_>| match step {
        Step::Key(key) => PathStep::Key(key.text.to_string()),
        Step::Item(item) => match (item.name, item.after.or(item.before)) {
            (Some(name), _) => PathStep::Item(name.to_owned()),
            (None, at) => PathStep::Index(at.unwrap_or(0)),
        },
    };
    FieldPath(steps.iter().map(step).collect())
}

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
pub(super) fn values<'n, 'a>(edit: &Edit<'n, 'a>, secrecy: Secrecy) -> Values {
    let mut keys = measure::keys(&edit.steps);
    let item = edit.steps.iter().rev().find_map(|step| match step {
        Step::Item(item) => Some(item.name),
        Step::Key(_) => None,
    });
    let item = item.flatten();
    let scalar = |site: Option<Site<'n, 'a>>| site.and_then(|site| site.node.scalar());
    let sides = [scalar(edit.before), scalar(edit.after)];
    let holds_secret = sides.into_iter().flatten().any(|scalar| secrecy.hides_text(&keys, item, scalar));
    let mut value = |site: Option<Site<'n, 'a>>| {
        site.map(|site| match (edit.option(), site.node.scalar()) {
            (Some(option), Some(scalar)) if hides_argument(option, scalar) => masked(),
            _ => Viewer { keys: &mut keys, secrecy }.json(site.node, item),
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
pub(super) fn whole(root: &Node<'_>, secrecy: Secrecy) -> (Json, bool) {
    let json = Viewer { keys: &mut Vec::new(), secrecy }.json(root, None);
    (json, measure::is_capacity(&mut Vec::new(), root))
}

/// Turns values into JSON, what a reader of the types that Kubernetes has takes them for; secrets stay behind.
struct Viewer<'v, 'n> {
    keys: &'v mut Vec<&'n str>,
    secrecy: Secrecy,
}

impl<'n> Viewer<'_, 'n> {
    /// An item of a list; behind an option of a command stands its value.
    fn item(&mut self, items: &'n [Node<'_>], at: usize) -> Json {
        let option = at.checked_sub(1).and_then(|before| items[before].scalar());
        match option.zip(items[at].scalar()) {
            Some((option, value)) if hides_argument(&option.text, value) => masked(),
            _ => self.json(&items[at], None),
        }
    }

    /// A value; `item` is the name of the list's item that it belongs to.
    fn json(&mut self, node: &'n Node<'_>, item: Option<&str>) -> Json {
        match &node.value {
            Value::Scalar(scalar) if self.secrecy.hides(self.keys, item, scalar) => masked(),
            Value::Scalar(scalar) => scalar_json(scalar),
            Value::List(items) => Json::Array((0..items.len()).map(|at| self.item(items, at)).collect()),
            Value::Map(entries) => {
                // `{name: DB_PASSWORD, value: …}`
                let named = node.text_at("name").or_else(|| node.text_at("key")).or(item);
                let mut object = Map::with_capacity(entries.len());
                let pointer = patches::pointer(node);
                let outer = self.keys.len();
                for entry in entries {
                    match pointer.filter(|_| entry.key.text == "value") {
                        Some(pointer) => self.keys.extend(patches::keys(pointer)),
                        None => self.keys.push(&entry.key.text),
                    }
                    object.insert(entry.key.text.to_string(), self.json(&entry.node, named));
                    self.keys.truncate(outer);
                }
                Json::Object(object)
            }
        }
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

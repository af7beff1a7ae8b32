//! Whether a commit of the past changed a value that a proposal changes.

use serde_json::Value;

use crate::diff::fields::ConfigDocument;
use crate::evidence::turn::{is_positional, same_document};
use crate::model::field::{FieldChange, FieldPath, PathStep};

/// Whether the value that `field` changes is another in `after` than it was in `before`: two states of the same file. What
/// only its place in a list names is the same where it still has the value that it got then: another item would hardly.
#[must_use]
pub fn changed_too(before: &[ConfigDocument], after: &[ConfigDocument], field: &FieldChange) -> bool {
    // All of an object is no value.
    if field.path.0.is_empty() {
        return false;
    }
    let [before, after] = [before, after].map(|documents| {
        let own = documents.iter().find(|document| same_document(&document.name, &field.document));
        own.and_then(|document| value_at(&document.value, &field.path))
    });
    let still = || after.is_some() && after == field.before.as_ref();
    before != after && (!is_positional(&field.path) || still())
}

/// The value at a path; `None` where there is none.
fn value_at<'v>(value: &'v Value, path: &FieldPath) -> Option<&'v Value> {
    path.0.iter().try_fold(value, |value, step| match step {
        PathStep::Key(key) => value.get(key),
        PathStep::Index(index) => value.get(*index),
        PathStep::Item(name) => value.as_array()?.iter().find(|item| is_named(item, name)),
    })
}

/// Whether an item of a list has this name: of a list of texts the text itself.
fn is_named(item: &Value, name: &str) -> bool {
    let says = |value: &Value| match value {
        Value::String(text) => text == name,
        Value::Number(number) => number.to_string() == name,
        _ => false,
    };
    match item {
        Value::Object(members) => {
            let named = ["name", "key", "id"].iter().find_map(|key| members.get(*key));
            named.map_or_else(|| members.values().any(says), says)
        }
        text => says(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::fields::documents;
    use crate::model::field::{DocumentName, FieldOp};

    fn field(steps: Vec<PathStep>) -> FieldChange {
        let document = DocumentName { kind: Some("Pod".into()), name: Some("a".into()), ..DocumentName::default() };
        FieldChange::of("a.yaml".into(), document, FieldPath(steps), FieldOp::Modified)
    }

    #[test]
    fn a_value_is_looked_up_by_its_path() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - {name: app, image: \"x:1\"}\n    \
                    - {name: side, image: \"y:1\"}\n  args: [\"--a\"]\n";
        let read = |text: &str| documents("a.yaml".into(), text.as_bytes()).unwrap();
        let key = |text: &str| PathStep::Key(text.into());
        let image = |name: &str| field(vec![key("spec"), key("containers"), PathStep::Item(name.into()), key("image")]);
        let (before, after) = (read(text), read(&text.replace("x:1", "x:2")));
        assert!(changed_too(&before, &after, &image("app")));
        assert!(!changed_too(&before, &after, &image("side")));
        assert!(!changed_too(&before, &after, &field(vec![])));
        assert!(!changed_too(&before, &before, &image("app")));
        let second = field(vec![key("spec"), key("containers"), PathStep::Index(0), key("image")]);
        assert!(!changed_too(&before, &after, &second), "another may stand there by now");
        let still = |value: &str| FieldChange { before: Some(Value::from(value)), ..second.clone() };
        assert!(changed_too(&before, &after, &still("x:2")), "it has the value that it got then");
        assert!(!changed_too(&before, &after, &still("x:1")));
        assert!(changed_too(&[], &after, &image("side")), "it came with the file");
        assert!(!changed_too(&[], &[], &image("side")));
    }
}

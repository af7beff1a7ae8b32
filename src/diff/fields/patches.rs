//! Patches that Kustomize and Flux keep as text inside a document, read as the documents that they are.
//!
//! `patches: [{patch: |- …}]` stands in kustomizations, in Flux's Kustomizations and in the post-renderers of `HelmRelease`s.
//! Whoever reads it parses the text, so its fields are fields. Only literal blocks are opened: their lines are those of the
//! file, and so are the lines of what is in them.

use std::borrow::Cow;

use super::node::{Entry, Kind, Node, Scalar, Span, Value};
use super::yaml;

/// What tells a text that was opened from a map that was always one.
const OPENED: &str = "text";

/// Opens the patches of a document.
pub(super) fn open(text: &str, node: &mut Node<'_>) {
    // Patches inside patches stay text: nobody writes them, and each would be read once more.
    if node.tag.as_deref() == Some(OPENED) {
        return;
    }
    match &mut node.value {
        Value::Scalar(_) => {}
        Value::List(items) => items.iter_mut().for_each(|item| open(text, item)),
        Value::Map(entries) => {
            for entry in entries {
                if entry.key.text == "patches"
                    && let Value::List(items) = &mut entry.node.value
                {
                    for item in items {
                        open_one(text, item);
                    }
                }
                open(text, &mut entry.node);
            }
        }
    }
}

fn open_one(text: &str, item: &mut Node<'_>) {
    let Value::Map(entries) = &mut item.value else { return };
    for entry in entries.iter_mut().filter(|entry| entry.key.text == "patch") {
        if let Some(opened) = opened(text, &entry.node) {
            entry.node = opened;
        }
    }
}

/// The document in a literal block, with the places of its lines in the file; `None` for anything else.
fn opened<'a>(text: &str, node: &Node<'a>) -> Option<Node<'a>> {
    let scalar = node.scalar().filter(|scalar| scalar.kind == Kind::Text && scalar.text.contains('\n'))?;
    let places = places(text, node.span, &scalar.text)?;
    let parsed = yaml::read(&scalar.text).ok()?;
    let [document] = parsed.documents.as_slice() else { return None };
    if document.root.scalar().is_some() {
        return None;
    }
    let starts: Vec<usize> = lines(&scalar.text).map(|(start, _)| start).collect();
    let place = |at: u32| places[starts.partition_point(|start| *start <= at as usize).saturating_sub(1)];
    let mut root = owned(&document.root);
    root.respan(&|span| place(span.start).with(place(span.end.max(span.start + 1) - 1)));
    root.tag = Some(OPENED.into());
    Some(root)
}

/// Lines with the offsets where they begin.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end()))
    })
}

/// Where the lines of a block stand in the file; `None` where they are not literally there.
fn places(text: &str, span: Span, block: &str) -> Option<Vec<Span>> {
    let start = text.get(..span.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let header = text[start..].lines().next()?.trim_end();
    let is_header = header.split_once('#').map_or(header, |(code, _)| code.trim_end()).ends_with(['|', '-', '+']);
    let mut outer = lines(&text[start..]).skip(usize::from(is_header && header.contains('|')));
    let mut places = Vec::new();
    for (_, inner) in lines(block) {
        let (at, line) = outer.next()?;
        if !line.ends_with(inner) {
            return None;
        }
        let indent = line.len() - line.trim_start().len();
        places.push(Span::new(start + at + indent.min(line.len()), start + at + line.len().max(indent + 1)));
    }
    Some(places)
}

/// A copy that does not borrow the block.
fn owned<'a>(node: &Node<'_>) -> Node<'a> {
    let scalar = |scalar: &Scalar<'_>| Scalar { text: Cow::Owned(scalar.text.to_string()), kind: scalar.kind };
    let value = match &node.value {
        Value::Scalar(own) => Value::Scalar(scalar(own)),
        Value::List(items) => Value::List(items.iter().map(owned).collect()),
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|entry| Entry { key: scalar(&entry.key), span: entry.span, node: owned(&entry.node) })
                .collect(),
        ),
    };
    Node { value, tag: node.tag.clone(), span: node.span }
}

#[cfg(test)]
mod tests {
    use super::super::testing::yaml;

    #[test]
    fn fields_of_patches() {
        let text = "kind: Kustomization\npatches:\n  - patch: |-\n      - op: replace\n        path: /spec/replicas\n        \
                    value: 3\n    target:\n      kind: Deployment\n  - patch: |\n      spec:\n        # why\n        \
                    replicas: 1\n        interval: 5m\n  - path: other.yaml\n";
        for (from, to, fields) in [
            ("value: 3", "value: 5", &["patches[0].patch[/spec/replicas].value 3 → 5 @6|6"][..]),
            ("replicas: 1", "replicas: 2", &["patches[1].patch.spec.replicas 1 → 2 capacity @12|12"]),
            ("# why", "# how", &["Comment @11|11"]),
            ("        # why\n", "        # why\n        x: y\n", &["+patches[1].patch.spec.x \"y\" @|12"]),
            (
                "other.yaml",
                "others.yaml",
                &["-patches[2] {\"path\":\"other.yaml\"} @14|", "+patches[2] {\"path\":\"others.yaml\"} @|14"],
            ),
        ] {
            let said = yaml(text, &text.replace(from, to));
            let said: Vec<String> =
                said.iter().map(|line| line.replace("[\"/spec/replicas\"]", "[/spec/replicas]")).collect();
            assert_eq!(said, fields, "{from:?} {to:?}");
        }
        let other = yaml(text, &text.replace("spec:\n", "spec: [\n"));
        assert!(other.iter().all(|line| !line.starts_with('?')), "{other:?}");
    }
}

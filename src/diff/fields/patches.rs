//! Patches that Kustomize and Flux keep as text inside a document, read as the documents that they are.
//!
//! `patches: [{patch: |- …}]`, `patchesJson6902` and `patchesStrategicMerge` stand in kustomizations, in Flux's Kustomizations and
//! in the post-renderers of `HelmRelease`s. Whoever reads them parses the text, so its fields are fields. The lines of a literal
//! block are those of the file, and so are the lines of what is in it; what is in any other text has the lines of all of it.
//! An operation of JSON Patch (RFC 6902) is about what its pointer leads to.

use std::borrow::Cow;
use std::collections::HashMap;

use super::edit::{Item, Step};
use super::node::{Entry, Kind, Node, Scalar, Span, Value};
use super::yaml;

/// What tells a text that was opened from a map that was always one.
const OPENED: &str = "text";
/// The largest text, in bytes, that is opened where its lines are not those of the file.
const FOLDED: usize = 16 << 10;
/// The longest name of what a patch is for, in characters.
const NAME: usize = 120;

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
                if let Value::List(items) = &mut entry.node.value {
                    let opens: fn(&str, &mut Node<'_>) = match &*entry.key.text {
                        "patches" | "patchesJson6902" => open_one,
                        // Kustomize takes objects in the last three as well, written as texts.
                        "patchesStrategicMerge" | "generators" | "transformers" | "validators" => open_text,
                        _ => |_, _| {},
                    };
                    for item in items {
                        opens(text, item);
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
        open_text(text, &mut entry.node);
    }
}

fn open_text(text: &str, node: &mut Node<'_>) {
    if let Some(opened) = opened(text, node) {
        *node = opened;
    }
}

/// The document in a text, with the places of its lines in the file; `None` for anything else.
fn opened<'a>(text: &str, node: &Node<'a>) -> Option<Node<'a>> {
    let scalar = node.scalar().filter(|scalar| scalar.kind == Kind::Text)?;
    let places = places(text, node.span, &scalar.text).filter(|_| scalar.text.contains('\n'));
    if places.is_none() && scalar.text.len() > FOLDED {
        return None;
    }
    let parsed = yaml::read(&scalar.text).ok()?;
    let [document] = parsed.documents.as_slice() else { return None };
    if document.root.scalar().is_some() {
        return None;
    }
    let starts: Vec<usize> = lines(&scalar.text).map(|(start, _)| start).collect();
    let place = |at: u32| match &places {
        Some(places) => places[starts.partition_point(|start| *start <= at as usize).saturating_sub(1)],
        None => node.span,
    };
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

/// The pointer of an operation of JSON Patch; `None` for any other node.
pub(super) fn pointer<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    node.text_at("op")?;
    node.text_at("path").filter(|path| path.starts_with('/'))
}

/// The keys in a pointer.
pub(super) fn keys(pointer: &str) -> impl Iterator<Item = &str> {
    let is_key = |part: &&str| !part.is_empty() && *part != "-" && !part.bytes().all(|b| b.is_ascii_digit());
    pointer.split('/').filter(is_key)
}

/// Lists of patches.
const LISTS: [&str; 3] = ["patches", "patchesJson6902", "patchesStrategicMerge"];

/// What holds lists of patches: the document, its `spec`, or one of its post-renderers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Root,
    Spec,
    Renderer(usize),
}

/// The lists of patches in a document, each with its number among [`LISTS`].
fn lists<'n, 'a>(root: &'n Node<'a>) -> Vec<(Holder, usize, &'n [Node<'a>])> {
    let items = |node: Option<&'n Node<'a>>| match node.map(|node| &node.value) {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    let spec = root.get("spec");
    let renderers = items(spec.and_then(|spec| spec.get("postRenderers"))).iter().enumerate();
    let renderers = renderers.filter_map(|(at, one)| Some((Holder::Renderer(at), one.get("kustomize")?)));
    let holders = [(Holder::Root, root)].into_iter().chain(spec.map(|spec| (Holder::Spec, spec))).chain(renderers);
    let of = |(holder, node): (Holder, &'n Node<'a>)| {
        (0..LISTS.len()).map(move |list| (holder, list, items(node.get(LISTS[list]))))
    };
    holders.flat_map(of).filter(|(_, _, items)| !items.is_empty()).collect()
}

/// What the patches in a document are for, each found once: documents have many edits.
#[derive(Debug, Default)]
pub(super) struct Targets(HashMap<(Holder, usize, usize), String>);

impl Targets {
    pub fn of(root: &Node<'_>) -> Self {
        let mut found = HashMap::new();
        for (holder, list, items) in lists(root) {
            let named = items.iter().enumerate().filter_map(|(at, item)| Some(((holder, list, at), target(item)?)));
            found.extend(named);
        }
        Self(found)
    }

    /// The object that the patch is for to which these steps lead: `Deployment checkout`. `after` is whether the document is that
    /// after the change.
    pub fn find(&self, steps: &[Step<'_, '_>], after: bool) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        let at = |item: &Item<'_>| if after { item.after } else { item.before };
        let (holder, list, item) = match steps {
            [Step::Key(list), Step::Item(item), ..] => (Holder::Root, list, item),
            [
                Step::Key(spec),
                Step::Key(held),
                Step::Item(one),
                Step::Key(_),
                Step::Key(list),
                Step::Item(item),
                ..,
            ] if spec.text == "spec" && held.text == "postRenderers" => (Holder::Renderer(at(one)?), list, item),
            [Step::Key(spec), Step::Key(list), Step::Item(item), ..] if spec.text == "spec" => {
                (Holder::Spec, list, item)
            }
            _ => return None,
        };
        let list = LISTS.iter().position(|own| list.text == *own)?;
        self.0.get(&(holder, list, at(item)?)).map(String::as_str)
    }
}

/// What an item of a list of patches is for: what its `target` says, else the object that it is written as.
pub(super) fn target(item: &Node<'_>) -> Option<String> {
    let said = item.get("target").and_then(|target| named(target, target));
    said.or_else(|| object(item.get("patch").unwrap_or(item)))
}

fn object(node: &Node<'_>) -> Option<String> {
    named(node, node.get("metadata")?)
}

fn named(object: &Node<'_>, name: &Node<'_>) -> Option<String> {
    let said = match (object.text_at("kind"), name.text_at("name")) {
        (Some(kind), Some(name)) => format!("{kind} {name}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => return None,
    };
    Some(said.chars().take(NAME).collect())
}

/// Whether one of the patches in a document is for a Secret.
pub(super) fn of_secret(root: &Node<'_>) -> bool {
    lists(root).into_iter().any(|(_, _, items)| items.iter().any(is_for_secret))
}

/// A target without a kind may be a Secret, unless the patch says what it is.
fn is_for_secret(item: &Node<'_>) -> bool {
    let objects = [Some(item), item.get("target"), item.get("patch")];
    let mut kinds = objects.into_iter().flatten().filter_map(|object| object.text_at("kind")).peekable();
    let open = kinds.peek().is_none() && (item.get("target").is_some() || item.get("patch").is_some());
    open || kinds.any(selects_secret)
}

/// Whether a kind, which is a pattern in a selector, may be that of a Secret.
fn selects_secret(kind: &str) -> bool {
    kind.split(['|', '(', ')', '^', '$']).any(|one| match one.find(['.', '*', '+', '?', '[', '\\', '{']) {
        Some(at) => "Secret".starts_with(&one[..at]) || "SealedSecret".starts_with(&one[..at]),
        None => matches!(one, "Secret" | "SealedSecret"),
    })
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
    use super::super::headline;
    use super::super::testing::{report, shown, unlisted, yaml};

    #[test]
    fn fields_of_patches() {
        let text = "kind: Kustomization\npatches:\n  - patch: |-\n      - op: replace\n        path: /spec/replicas\n        \
                    value: 3\n    target:\n      kind: Deployment\n  - patch: |\n      spec:\n        # why\n        \
                    replicas: 1\n        interval: 5m\n  - path: other.yaml\n";
        for (from, to, fields) in [
            ("value: 3", "value: 5", &["patches[0].patch[/spec/replicas].value 3 → 5 capacity @6|6"][..]),
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

    /// What a change of a kustomization says: its fields and its headline. Every changed line is listed.
    fn told(before: &str, from: &str, to: &str) -> (Vec<String>, String) {
        let after = before.replace(from, to);
        let report = report("apps/shop/kustomization.yaml", before, &after);
        assert!(report.complete(), "{before} {to}: {:?}", shown(&report));
        assert_eq!(unlisted(&report, before, &after), Vec::<String>::new(), "{before} {to}");
        (shown(&report), headline(&report).unwrap_or_default())
    }

    #[test]
    fn patches_say_what_they_change_in_whatever_form_they_are_written() {
        let merged = "    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: checkout}\n    spec:\n      template:\n        spec:\n          containers:\n          - name: app\n            resources: {limits: {memory: 4Gi}}\n";
        let limits = "spec.template.spec.containers[app].resources.limits.memory";
        let halved = "\"4Gi\" → \"2Gi\" (4294967296 → 2147483648 Bytes) capacity";
        for list in ["patches:\n- patch: |-\n", "patchesStrategicMerge:\n- |-\n"] {
            let (fields, headline) = told(&format!("{list}{merged}"), "4Gi", "2Gi");
            let at = if list.contains("patch:") { "patches[0].patch" } else { "patchesStrategicMerge[0]" };
            assert_eq!(fields, [format!("{at}.{limits} {halved} @11|11")]);
            assert_eq!(headline, "patch of Deployment checkout: memory limit 4Gi → 2Gi (-50 %)");
        }
        let target = "  target: {kind: Deployment, name: checkout}\n";
        for (patch, line) in [
            ("|-\n    - op: replace\n      path: /spec/replicas\n      value: 3\n", "5"),
            ("'[{\"op\": \"replace\", \"path\": \"/spec/replicas\", \"value\": 3}]'\n", "2"),
            ("\"- op: replace\\n  path: /spec/replicas\\n  value: 3\"\n", "2"),
            (">-\n    [{\"op\": \"replace\",\n    \"path\": \"/spec/replicas\",\n    \"value\": 3}]\n", "3-5"),
        ] {
            for list in ["patches", "patchesJson6902"] {
                let text = format!("{list}:\n- patch: {patch}{target}");
                let three = if text.contains("value: 3") { "value: 3" } else { "\"value\": 3" };
                let (fields, headline) = told(&text, three, &three.replace('3', "1"));
                let field = format!("{list}[0].patch[\"/spec/replicas\"].value 3 → 1 capacity @{line}|{line}");
                assert_eq!(
                    (fields, &*headline),
                    (vec![field], "patch of Deployment checkout: replicas 3 → 1"),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn operations_that_come_and_go_say_what_they_do() {
        let image = "    - {op: replace, path: /spec/template/spec/containers/0/image, value: x.io/web:1.2}\n";
        let text = format!("patches:\n- target: {{kind: Deployment}}\n  patch: |-\n{image}");
        let more = |operation: &str| format!("{image}    - {operation}\n");
        for (to, said) in [
            (image.replace("1.2", "1.3"), "web 1.2 → 1.3"),
            (more("{op: add, path: /spec/replicas, value: 0}"), "patch of Deployment: replicas set to 0"),
            (more("{op: remove, path: /spec/replicas}"), "patch of Deployment: replicas taken out"),
            (more("{op: add, path: /spec/x, value: {y: 1}}"), "patch of Deployment: x set"),
        ] {
            let (fields, headline) = told(&text, image, &to);
            assert_eq!(headline, said);
            assert_eq!(
                fields.iter().any(|field| field.contains("capacity")),
                to.contains("/spec/replicas"),
                "{fields:?}"
            );
        }
        let file = "- op: replace\n  path: /spec/replicas\n  value: 3\n";
        let report = report("apps/shop/patch-web.yaml", file, &file.replace('3', "1"));
        assert_eq!(shown(&report), ["[\"/spec/replicas\"].value 3 → 1 capacity @3|3"]);
        assert_eq!(headline(&report).as_deref(), Some("patch-web: replicas 3 → 1"));
    }

    #[test]
    fn numbers_of_copies_are_capacity() {
        let text = "replicas:\n- name: checkout\n  count: 3\n";
        let (fields, headline) = told(text, "count: 3", "count: 1");
        assert_eq!(
            (&*fields[0], &*headline),
            ("replicas[checkout].count 3 → 1 capacity @3|3", "checkout: replicas 3 → 1")
        );
        let (fields, headline) = told(text, "count: 3\n", "count: 3\n- name: web\n  count: 2\n");
        assert!(fields[0].contains("capacity"), "{fields:?}");
        assert_eq!(headline, "shop: replicas of web set to 2");
    }

    #[test]
    fn what_cannot_be_opened_stays_a_text_that_tells_nothing() {
        let text = "patches:\n- target: {kind: Pod}\n  patch: \"a: [1, 2\"\n";
        let found = report("kustomization.yaml", text, &text.replace('2', "3"));
        assert_eq!(shown(&found), ["patches[0].patch \"a: [1, 2\" → \"a: [1, 3\" @3|3"]);
        assert!(!super::super::Shape::of(&found).tells_all());
        let found = report("kustomization.yaml", text, &format!("{text}- patch: \"a: 1\"\n"));
        assert!(!super::super::Shape::of(&found).tells_all(), "a patch that came may do anything");
    }

    #[test]
    fn patches_are_for_what_they_name_wherever_they_stand() {
        let patch = "patches:\n- target: {kind: Deployment, name: web}\n  patch: '[{op: add, path: /spec/replicas, value: 3}]'\n";
        let at =
            |lead: &str, indent: &str| format!("{lead}{}\n", patch.trim_end().replace('\n', &format!("\n{indent}")));
        for text in [
            at("", ""),
            at("kind: Kustomization\nspec:\n  ", "  "),
            at("kind: HelmRelease\nspec:\n  postRenderers:\n  - kustomize: {}\n  - kustomize:\n      ", "      "),
        ] {
            let found = report("a.yaml", &text, &text.replace('3', "1"));
            assert_eq!(found.fields[0].beside.patched.as_deref(), Some("Deployment web"), "{text}");
        }
        let (fields, headline) = told("patches: []\n", "patches: []\n", patch);
        assert_eq!((fields.len(), &*headline), (2, "shop: patch of Deployment web added"));
        let elsewhere = at("spec: {patches: [{target: {name: db}}]}\nother:\n  ", "  ");
        let found = report("a.yaml", &elsewhere, &elsewhere.replace('3', "1"));
        assert_eq!((found.fields.len(), &found.fields[0].beside.patched), (1, &None));
    }

    #[test]
    fn secrets_in_patches_are_seen_by_nobody() {
        let object = "patches:\n- patch: |-\n    kind: Secret\n    metadata: {name: a}\n    data: {a: aHVudGVyMg==}\n";
        let operation =
            "patches:\n- target: {kind: Secret}\n  patch: |-\n    - {op: add, path: /data/a, value: aHVudGVyMg==}\n";
        let open = "patches:\n- patch: |-\n    - {op: add, path: /stringData/a, value: aHVudGVyMg==}\n";
        let named = "patches:\n- patch: |-\n    - {op: add, path: /spec/db/password, value: aHVudGVyMg==}\n";
        let nested = format!(
            "kind: HelmRelease\nspec:\n  postRenderers:\n  - kustomize:\n      {}",
            object.replace('\n', "\n      ")
        );
        for text in [object, operation, open, named, nested.trim_end()] {
            for after in [text.replace("Mg==", "Mw=="), "a: 1\n".to_owned(), text.replace("patch: |-", "patch: |")] {
                for (old, new) in [(text, &*after), (&*after, text)] {
                    let said = format!("{:?}", report("kustomization.yaml", old, new));
                    assert!(!said.contains("aHVudGVy"), "{said}");
                }
            }
        }
        let config = "patches:\n- patch: |-\n    kind: ConfigMap\n    data: {a: b}\n";
        assert!(told(config, "a: b", "a: c").0[0].ends_with("\"b\" → \"c\" @4|4"));
    }
}

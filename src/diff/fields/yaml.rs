//! YAML as trees: many documents, anchors and merge keys expanded, everything bounded.
//!
//! The parser is an event stream that holds no more than a line of look-ahead; the trees are built without recursion. What
//! readers could take in two ways (a key that stands twice, a directive, a key that is a map) is refused with its line, and
//! the file is then shown as lines.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, StructureStyle, Tag};

use super::node::{Entry, Kind, Node, Scalar, Span, Value, duplicate};
use super::parsed::{Bounds, Document, Parsed, Refusal};
use super::plain;

/// Reads all documents of a text.
pub(super) fn read(text: &str) -> Result<Parsed<'_>, Refusal> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let base = text.len() - body.len();
    let mut builder = Builder { text: body, has_aliases: body.contains('*'), ..Builder::default() };
    for next in Parser::new_from_str_with_options(body, options()) {
        let (event, span) = next.map_err(|error| broken(&error))?;
        let span = Span::new(span.start.byte_offset().unwrap_or(0), span.end.byte_offset().unwrap_or(0));
        builder.event(event, span)?;
    }
    let mut parsed = builder.parsed;
    if base > 0 {
        parsed.shift(base as u32);
    }
    parsed.close(text.len());
    Ok(parsed)
}

fn options() -> Options {
    granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: Bounds::DEPTH,
        block_nesting_limit: Bounds::DEPTH,
    }
}

fn broken(error: &ScanError) -> Refusal {
    Refusal::at_line(error.marker().line(), format!("not YAML: {}", error.info()))
}

/// A collection whose end has not come.
struct Open<'a> {
    value: Value<'a>,
    key: Option<(Scalar<'a>, Span)>,
    tag: Option<Box<str>>,
    anchor: usize,
    start: Span,
    flow: bool,
}

/// Trees in the making.
#[derive(Default)]
struct Builder<'a> {
    text: &'a str,
    /// Without any, anchors need not be kept.
    has_aliases: bool,
    parsed: Parsed<'a>,
    open: Vec<Open<'a>>,
    /// What aliases can stand for, how large it is and how deep.
    anchors: HashMap<usize, (Node<'a>, usize, usize)>,
    nodes: usize,
    /// Texts in what aliases stand for, of the present document, and which of the anchors they are from.
    aliased: HashSet<String>,
    copied: HashSet<usize>,
    /// Where the present document begins.
    begin: u32,
}

impl<'a> Builder<'a> {
    fn event(&mut self, event: Event<'a>, span: Span) -> Result<(), Refusal> {
        match event {
            Event::DocumentStart(_, Some(_)) => {
                return Err(self.refuse(span, "a YAML directive decides how it is read"));
            }
            Event::DocumentStart(..) => self.begin = if self.parsed.documents.is_empty() { 0 } else { span.start },
            Event::DocumentEnd => {
                self.anchors.clear();
                self.copied.clear();
            }
            Event::Alias(id) => self.alias(id, span)?,
            Event::Scalar(text, style, anchor, tag) => {
                let (kind, tag) = scalar_kind(&text, style, tag.as_deref());
                let node = Node { value: Value::Scalar(Scalar { text, kind }), tag, span: self.trimmed(span) };
                self.finished(node, anchor, span)?;
            }
            Event::SequenceStart(style, anchor, tag) => self.push(Value::List(Vec::new()), style, anchor, tag, span)?,
            Event::MappingStart(style, anchor, tag) => self.push(Value::Map(Vec::new()), style, anchor, tag, span)?,
            Event::SequenceEnd | Event::MappingEnd => self.pop(span)?,
            _ => {}
        }
        Ok(())
    }

    fn refuse(&self, span: Span, why: impl AsRef<str>) -> Refusal {
        Refusal::at_offset(self.text, span.start as usize, why)
    }

    /// Without the line breaks that the parser counts to a scalar.
    fn trimmed(&self, span: Span) -> Span {
        let inside = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        Span { end: span.start + inside.trim_end().len() as u32, ..span }
    }

    fn push(
        &mut self,
        value: Value<'a>,
        style: StructureStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        start: Span,
    ) -> Result<(), Refusal> {
        if self.open.len() >= Bounds::DEPTH {
            return Err(self.refuse(start, "it is nested too deeply"));
        }
        let tag = tag.filter(|tag| tag.core_suffix().is_none()).map(|tag| tag.to_string().into_boxed_str());
        self.open.push(Open { value, key: None, tag, anchor, start, flow: style == StructureStyle::Flow });
        Ok(())
    }

    fn pop(&mut self, end: Span) -> Result<(), Refusal> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        if let Value::Map(entries) = &mut open.value {
            if let Some(entry) = duplicate(entries) {
                let why = format!("the key `{}` stands twice in a map", entry.key.text);
                return Err(self.refuse(entry.span, why));
            }
            self.merge(entries, open.start)?;
        }
        let span = match extent(&open.value) {
            Some(inside) if !open.flow => inside,
            _ => Span { start: open.start.start, end: end.end.max(open.start.start) },
        };
        let node = Node { value: open.value, tag: open.tag, span };
        self.finished(node, open.anchor, open.start)
    }

    /// A node is complete: it is a key, a value, an item or a document.
    fn finished(&mut self, mut node: Node<'a>, anchor: usize, at: Span) -> Result<(), Refusal> {
        self.nodes += 1;
        if self.nodes > Bounds::NODES {
            return Err(self.refuse(at, "it has too many values"));
        }
        if anchor != 0 && self.has_aliases {
            let (size, depth) = (node.weight(), depth(&node));
            self.nodes += size;
            self.anchors.insert(anchor, (node.clone(), size, depth));
        }
        let text = self.text;
        let Some(open) = self.open.last_mut() else {
            let index = self.parsed.documents.len();
            let region = Span::new(self.begin as usize, 0);
            let aliased = Arc::new(std::mem::take(&mut self.aliased));
            self.parsed.documents.push(Document { root: node, index, region, aliased });
            return Ok(());
        };
        match &mut open.value {
            Value::List(items) => {
                if !open.flow {
                    let from = items.last().map_or(open.start.start, |last| last.span.end);
                    node.span.start = dash(text, from.min(node.span.start), node.span.start);
                    node.span.end = node.span.end.max(node.span.start + 1);
                }
                items.push(node);
            }
            Value::Map(entries) => match (open.key.take(), node.value) {
                (None, Value::Scalar(key)) if node.tag.is_none() => open.key = Some((key, node.span)),
                (None, _) => return Err(self.refuse(at, "a key is not a plain word")),
                (Some((key, place)), value) => {
                    // What is not there has no place of its own.
                    let span =
                        if node.span.start == node.span.end { Span { start: place.end, ..place } } else { node.span };
                    let node = Node { value, tag: node.tag, span };
                    entries.push(Entry { key, span: place.with(span), node });
                }
            },
            Value::Scalar(_) => {}
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Refusal> {
        let Some((node, size, depth)) = self.anchors.get(&id) else {
            return Err(self.refuse(span, "an alias stands for what it is inside of"));
        };
        self.nodes += size;
        if self.nodes > Bounds::NODES {
            return Err(self.refuse(span, "its aliases stand for too many values"));
        }
        if self.open.len() + depth > Bounds::DEPTH {
            return Err(self.refuse(span, "its aliases nest too deeply"));
        }
        // What an alias stands for is a value of the place where the alias is; where it is defined, it has fields of its own.
        let mut node = node.clone();
        node.respan(&|_| span);
        if self.copied.insert(id) {
            texts(&node, &mut self.aliased);
        }
        self.finished(node, 0, span)
    }

    /// Takes the entries of merged maps over, those of the map itself first.
    fn merge(&self, entries: &mut Vec<Entry<'a>>, at: Span) -> Result<(), Refusal> {
        let is_merge = |entry: &Entry<'_>| entry.key.kind == Kind::Loose && entry.key.text == "<<";
        let Some(position) = entries.iter().position(is_merge) else { return Ok(()) };
        let mut merged = entries.remove(position);
        merged.node.respan(&|_| merged.span);
        let sources = match merged.node.value {
            Value::List(items) => items,
            value => vec![Node { value, ..merged.node }],
        };
        for source in sources {
            let Value::Map(more) = source.value else { return Err(self.refuse(at, "a merge key has no map")) };
            for mut entry in more {
                entry.span = merged.span;
                if !entries.iter().any(|own| own.key.same(&entry.key)) {
                    entries.push(entry);
                }
            }
        }
        Ok(())
    }
}

/// The texts of the scalars in a node.
fn texts(node: &Node<'_>, found: &mut HashSet<String>) {
    match &node.value {
        Value::Scalar(scalar) => {
            found.insert(scalar.text.to_string());
        }
        Value::List(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Map(entries) => entries.iter().for_each(|entry| texts(&entry.node, found)),
    }
}

/// Where the parts of a block collection begin and end.
fn extent(value: &Value<'_>) -> Option<Span> {
    match value {
        Value::List(items) => Some(items.first()?.span.with(items.last()?.span)),
        Value::Map(entries) => Some(entries.first()?.span.with(entries.last()?.span)),
        Value::Scalar(_) => None,
    }
}

fn depth(node: &Node<'_>) -> usize {
    match &node.value {
        Value::Scalar(_) => 0,
        Value::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Map(entries) => 1 + entries.iter().map(|entry| depth(&entry.node)).max().unwrap_or(0),
    }
}

/// The dash of an item that begins at `start`, behind the item that ends at `from`.
fn dash(text: &str, from: u32, start: u32) -> u32 {
    let before = text.as_bytes().get(from as usize..start as usize).unwrap_or_default();
    let is_dash = |at: &usize| before[*at] == b'-' && before.get(at + 1).is_none_or(u8::is_ascii_whitespace);
    (0..before.len()).rev().find(is_dash).map_or(start, |at| from + at as u32)
}

/// What a scalar is taken for, and the tag that stays.
fn scalar_kind(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> (Kind, Option<Box<str>>) {
    let own = if style == ScalarStyle::Plain { plain::kind(text) } else { Kind::Text };
    match tag {
        None => (own, None),
        Some(tag) if tag.is_yaml_core_schema_tag("str") || tag.parts() == ("", "!") => (Kind::Text, None),
        Some(tag) => (own, Some(tag.to_string().into_boxed_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(node: &Node<'_>) -> String {
        let tag = node.tag.as_deref().map(|tag| format!("{tag} ")).unwrap_or_default();
        let value = match &node.value {
            Value::Scalar(Scalar { text, kind: Kind::Text }) => format!("{text:?}"),
            Value::Scalar(scalar) => scalar.text.to_string(),
            Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
            Value::Map(entries) => {
                let entry = |entry: &Entry<'_>| format!("{}: {}", entry.key.text, shown(&entry.node));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
        };
        tag + &value
    }

    fn all(text: &str) -> Vec<String> {
        read(text).unwrap().documents.iter().map(|document| shown(&document.root)).collect()
    }

    fn refused(text: &str) -> String {
        read(text).err().map(|refusal| refusal.why).unwrap_or_default()
    }

    #[test]
    fn documents_become_trees() {
        for (text, trees) in [
            ("a: 1\nb: [x, 'y', {z: true}]\n", &["{a: 1, b: [\"x\", \"y\", {z: true}]}"][..]),
            ("---\na: |\n  one\n  two\n---\nb:\n", &["{a: \"one\\ntwo\\n\"}", "{b: ~}"]),
            ("\u{feff}a: on\r\nb: 0644\r\n", &["{a: on, b: 0644}"]),
            ("a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  l: 2\n", &["{a: {k: 1}, b: {k: 1}, c: {l: 2, k: 1}}"]),
            ("a: &x {k: 1}\nc:\n  <<: [*x, {m: 2}]\n  k: 0\n", &["{a: {k: 1}, c: {k: 0, m: 2}}"]),
            ("a: !Sub x\nb: !!str 1\nc: !!int '3'\n", &["{a: !Sub \"x\", b: \"1\", c: tag:yaml.org,2002:int \"3\"}"]),
            ("", &[]),
            ("# nothing\n", &[]),
            ("---\n---\na: 1\n...\n", &["~", "{a: 1}"]),
        ] {
            assert_eq!(all(text), trees, "{text:?}");
        }
    }

    #[test]
    fn nodes_know_their_places() {
        let text = "---\nspec:\n  list:\n    # about\n    - name: a\n      image: b:1 # old\n    -\n      name: c\n  text: |\n    one\n\n  none:\n---\nx: 1\n";
        let parsed = read(text).unwrap();
        let spec = parsed.documents[0].root.get("spec").unwrap();
        let slice = |span: Span| &text[span.start as usize..span.end as usize];
        let Value::List(items) = &spec.get("list").unwrap().value else { panic!("a list") };
        assert_eq!(slice(items[0].span), "- name: a\n      image: b:1");
        assert_eq!(slice(items[1].span), "-\n      name: c");
        assert_eq!(slice(spec.entries()[1].span), "text: |\n    one");
        assert_eq!(slice(spec.entries()[2].span), "none");
        assert_eq!(slice(parsed.documents[1].region), "---\nx: 1\n");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for (text, why) in [
            ("a: 1\na: 2\n", "the key `a` stands twice in a map, line 2"),
            ("b: 0\nc:\n  a: 1\n  b: 1\n\n  a: 2\n", "the key `a` stands twice in a map, line 6"),
            ("a: 1\nb: {{ .Values.x }}\n", "a key is not a plain word, line 2"),
            ("%YAML 1.1\n---\na: 1\n", "a YAML directive decides how it is read, line 2"),
            ("a: &x [*x]\n", "an alias stands for what it is inside of, line 1"),
            ("<<: 3\n", "a merge key has no map, line 1"),
        ] {
            assert_eq!(refused(text), why);
        }
        for text in ["a: [1\n", "a:\n\t- b\n", "a: 'x\n", "a: b: c\n", "*x\n", "{{- if .x }}\na: 1\n{{- end }}\n"] {
            assert!(refused(text).starts_with("not YAML: "), "{text:?}: {}", refused(text));
        }
    }

    #[test]
    fn bombs_do_not_go_off() {
        let bomb = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
            text + &format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}]\n", n - 1)
        });
        assert!(refused(&bomb).starts_with("its aliases stand for too many values"), "{}", refused(&bomb));
        // One long text that many aliases stand for is copied for each.
        let copies = format!("a: &a \"{}\\n\"\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(1_000));
        assert!(refused(&copies).starts_with("its aliases stand for too many values"), "{}", refused(&copies));
        let chain = (1..200).fold("a0: &a0 [x]\n".to_owned(), |text, n| text + &format!("a{n}: &a{n} [*a{}]\n", n - 1));
        assert!(refused(&chain).starts_with("its aliases nest too deeply"), "{}", refused(&chain));
        for deep in ["[".repeat(10_000), "- ".repeat(10_000), "{a: ".repeat(10_000), "a:\n".repeat(2)] {
            assert!(!refused(&deep).is_empty());
        }
    }
}

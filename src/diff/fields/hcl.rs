//! HCL (Terraform, `OpenTofu`, Packer, Nomad) as a tree: blocks are maps under their type and labels, and a list where several
//! are called the same. What has to be evaluated (references, calls, templates) is compared as it is written.

use std::borrow::Cow;
use std::collections::HashMap;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block, BlockLabel, Body, Structure};

use super::node::{Entry, Kind, Node, Scalar, Span, Value, duplicate};
use super::parsed::{Parsed, Refusal, Spent};

/// Reads the one document of a text.
pub(super) fn read(text: &str) -> Result<Parsed<'_>, Refusal> {
    let body = hcl_edit::parser::parse_body(text)
        .map_err(|error| Refusal::at_line(error.location().line(), format!("not HCL: {}", error.message())))?;
    let mut reader = Reader { text, spent: Spent::default() };
    let entries = reader.body(&body, 0)?;
    if entries.is_empty() {
        return Ok(Parsed::default());
    }
    let span = Span::new(0, text.len());
    Ok(Parsed::single(Node::new(Value::Map(entries), span), text.len()))
}

struct Reader<'a> {
    text: &'a str,
    spent: Spent,
}

impl<'a> Reader<'a> {
    fn count(&mut self, depth: usize) -> Result<(), Refusal> {
        self.spent.count(depth).map_err(Refusal::new)
    }

    fn body(&mut self, body: &Body, depth: usize) -> Result<Vec<Entry<'a>>, Refusal> {
        self.count(depth)?;
        let mut entries: Vec<Entry<'a>> = Vec::new();
        let mut blocks: Vec<Entry<'a>> = Vec::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let span = of(attribute.span());
                    let node = self.expression(&attribute.value, depth + 1)?;
                    entries.push(Entry { key: Scalar::text(attribute.key.as_str().to_owned()), span, node });
                }
                Structure::Block(block) => blocks.push(self.block(block, depth + 1)?),
            }
        }
        entries.extend(grouped(blocks));
        match duplicate(&entries) {
            Some(entry) => Err(self.twice(entry, "a block")),
            None => Ok(entries),
        }
    }

    fn twice(&self, entry: &Entry<'_>, place: &str) -> Refusal {
        let why = format!("`{}` stands twice in {place}", entry.key.text);
        Refusal::at_offset(self.text, entry.span.start as usize, why)
    }

    /// `resource "aws_instance" "web" { … }` as three maps, one inside the other.
    fn block(&mut self, block: &Block, depth: usize) -> Result<Entry<'a>, Refusal> {
        let span = of(block.span());
        let mut node = Node::new(Value::Map(self.body(&block.body, depth)?), span);
        for label in block.labels.iter().rev() {
            let name = match label {
                BlockLabel::Ident(name) => name.as_str(),
                BlockLabel::String(name) => name.as_str(),
            };
            let key = Scalar::text(name.to_owned());
            node = Node { tag: Some(LABEL.into()), ..Node::new(Value::Map(vec![Entry { key, span, node }]), span) };
        }
        Ok(Entry { key: Scalar::text(block.ident.as_str().to_owned()), span, node })
    }

    fn expression(&mut self, expression: &Expression, depth: usize) -> Result<Node<'a>, Refusal> {
        self.count(depth)?;
        let range = expression.span().unwrap_or_default();
        let span = Span::new(range.start, range.end);
        let as_written = || Cow::Borrowed(self.text.get(range.clone()).unwrap_or_default().trim());
        let (text, kind) = match expression {
            Expression::Null(_) => (as_written(), Kind::Null),
            Expression::Bool(word) => (as_written(), Kind::Bool(**word)),
            Expression::Number(_) => {
                let text = as_written();
                let whole = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                (text, if whole { Kind::Integer } else { Kind::Float })
            }
            Expression::String(text) => (Cow::Owned(text.as_str().to_owned()), Kind::Text),
            Expression::Array(array) => {
                let items = array.iter().map(|item| self.expression(item, depth + 1));
                return Ok(Node::new(Value::List(items.collect::<Result<_, _>>()?), span));
            }
            Expression::Object(object) => return self.object(object, span, depth),
            _ => (as_written(), Kind::Expression),
        };
        Ok(Node::new(Value::Scalar(Scalar { text, kind }), span))
    }

    fn object(&mut self, object: &hcl_edit::expr::Object, span: Span, depth: usize) -> Result<Node<'a>, Refusal> {
        let mut entries = Vec::with_capacity(object.len());
        for (key, value) in object {
            let (range, key) = match key {
                ObjectKey::Ident(name) => (of(name.span()), Scalar::text(name.as_str().to_owned())),
                ObjectKey::Expression(Expression::String(text)) => {
                    (of(text.span()), Scalar::text(text.as_str().to_owned()))
                }
                ObjectKey::Expression(other) => {
                    let range = of(other.span());
                    let text = self.text.get(range.start as usize..range.end as usize).unwrap_or_default();
                    (range, Scalar { text: text.into(), kind: Kind::Expression })
                }
            };
            let node = self.expression(value.expr(), depth + 1)?;
            entries.push(Entry { key, span: range.with(node.span), node });
        }
        match duplicate(&entries) {
            Some(entry) => Err(self.twice(entry, "an object")),
            None => Ok(Node::new(Value::Map(entries), span)),
        }
    }
}

/// The mark of a map that only holds what has a label.
const LABEL: &str = "label";

/// Where something stands.
fn of(range: Option<std::ops::Range<usize>>) -> Span {
    range.map_or_else(Span::default, |range| Span::new(range.start, range.end))
}

/// Puts blocks of one type together: labels beside labels, and those of one name into a list.
fn grouped(blocks: Vec<Entry<'_>>) -> Vec<Entry<'_>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<Entry<'_>>> = Vec::new();
    for block in blocks {
        let place = *places.entry(block.key.text.to_string()).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(block);
    }
    groups.into_iter().filter_map(joined).collect()
}

/// One entry for blocks that are called the same.
fn joined(mut blocks: Vec<Entry<'_>>) -> Option<Entry<'_>> {
    let span = blocks.iter().map(|block| block.span).reduce(Span::with)?;
    let labelled = blocks.iter().all(|block| block.node.tag.is_some());
    if blocks.len() == 1 && !labelled {
        return blocks.pop();
    }
    let key = blocks.first()?.key.clone();
    let nodes = blocks.into_iter().map(|block| block.node);
    let value = if labelled {
        let inside = nodes.flat_map(|node| match node.value {
            Value::Map(entries) => entries,
            Value::Scalar(_) | Value::List(_) => Vec::new(),
        });
        Value::Map(grouped(inside.collect()))
    } else {
        Value::List(nodes.map(|node| Node { tag: None, ..node }).collect())
    };
    Some(Entry { key, span, node: Node::new(value, span) })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{report, shown};

    #[test]
    fn fields_of_hcl() {
        let text = "# net\nresource \"aws_instance\" \"web\" {\n  instance_type = \"m5.large\"\n  count         = 3\n  \
                    ami           = data.x.id\n  ingress {\n    port = 1\n  }\n}\n\nresource \"aws_instance\" \"db\" {}\n";
        for (from, to, fields) in [
            (
                "m5.large",
                "m5.small",
                &["resource.aws_instance.web.instance_type \"m5.large\" → \"m5.small\" capacity @3|3"][..],
            ),
            ("= 3", "= 1", &["resource.aws_instance.web.count 3 → 1 capacity @4|4"]),
            ("data.x.id", "data.y.id", &["resource.aws_instance.web.ami \"data.x.id\" → \"data.y.id\" @5|5"]),
            (
                "data.x.id",
                "\"data.x.id\"",
                &["resource.aws_instance.web.ami \"data.x.id\" → \"\\\"data.x.id\\\"\" @5|5"],
            ),
            ("# net", "// net", &["Comment @1|1"]),
            ("  count         = 3", "  count = 3", &["Whitespace @4|4"]),
            (
                "\"db\" {}",
                "\"cache\" {}",
                &["-resource.aws_instance.db {} @11|", "+resource.aws_instance.cache {} @|11"],
            ),
        ] {
            assert_eq!(shown(&report("a.tf", text, &text.replace(from, to))), fields, "{from:?} {to:?}");
        }
        for (from, to) in [("= 3", "="), ("count ", "ami ")] {
            let broken = shown(&report("a.tf", text, &text.replace(from, to)));
            assert!(broken[0].starts_with("? after: not HCL: "), "{broken:?}");
        }
        let two = text.replace(
            "  ingress {\n    port = 1\n  }\n",
            "  ingress {\n    port = 1\n  }\n  ingress {\n    port = 2\n  }\n",
        );
        assert_eq!(
            shown(&report("a.tf", text, &two)),
            ["resource.aws_instance.web.ingress {\"port\":1} → [{\"port\":1},{\"port\":2}] @6-8|6-11"]
        );
    }
}

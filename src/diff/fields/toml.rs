//! TOML as a tree. A table that is written in several places is one map.

use std::borrow::Cow;
use std::ops::Range;

use toml_edit::{Document, Item, Table, TableLike, Value as Written};

use super::node::{Entry, Kind, Node, Scalar, Span, Value};
use super::parsed::{Parsed, Refusal, Spent};

/// Reads the one document of a text.
pub(super) fn read(text: &str) -> Result<Parsed<'_>, Refusal> {
    let document = Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Refusal::at_offset(text, at, format!("not TOML: {}", error.message()))
    })?;
    let mut reader = Reader { text, spent: Spent::default() };
    let root = reader.table(document.as_table(), 0)?;
    // A file without entries has no document.
    let is_empty = root.entries().is_empty();
    let root = Node { span: Span::new(0, text.len()), ..root };
    Ok(if is_empty { Parsed::default() } else { Parsed::single(root, text.len()) })
}

struct Reader<'a> {
    text: &'a str,
    spent: Spent,
}

impl<'a> Reader<'a> {
    fn count(&mut self, depth: usize) -> Result<(), Refusal> {
        self.spent.count(depth).map_err(Refusal::new)
    }

    fn table(&mut self, table: &Table, depth: usize) -> Result<Node<'a>, Refusal> {
        self.entries(table, table.span(), depth)
    }

    fn entries(&mut self, table: &dyn TableLike, own: Option<Range<usize>>, depth: usize) -> Result<Node<'a>, Refusal> {
        self.count(depth)?;
        let mut entries = Vec::with_capacity(table.len());
        for (name, item) in table.iter() {
            let Some(node) = self.item(item, depth + 1)? else { continue };
            let key = table.key(name).and_then(toml_edit::Key::span);
            let span = key.map_or(node.span, |key| self.joined(key, &node));
            entries.push(Entry { key: Scalar::text(name.to_owned()), span, node });
        }
        let inside = entries.iter().map(|entry| entry.span).reduce(Span::with);
        let own = own.map(|own| Span::new(own.start, own.end));
        let span = own.into_iter().chain(inside).reduce(Span::with).unwrap_or_default();
        Ok(Node::new(Value::Map(entries), span))
    }

    /// A key with its value; the key of a table stands in its header, which is part of the table.
    fn joined(&self, key: Range<usize>, node: &Node<'_>) -> Span {
        let line_start = self.text[..key.start].rfind('\n').map_or(0, |at| at + 1);
        let start = if self.text[line_start..].trim_start().starts_with('[') { line_start } else { key.start };
        Span::new(start, key.end).with(node.span)
    }

    fn item(&mut self, item: &Item, depth: usize) -> Result<Option<Node<'a>>, Refusal> {
        match item {
            Item::None => Ok(None),
            Item::Value(value) => self.value(value, depth).map(Some),
            Item::Table(table) => self.table(table, depth).map(Some),
            Item::ArrayOfTables(tables) => {
                self.count(depth)?;
                let items = tables.iter().map(|table| self.table(table, depth + 1));
                let items = items.collect::<Result<Vec<_>, _>>()?;
                let span = items.iter().map(|item| item.span).reduce(Span::with).unwrap_or_default();
                Ok(Some(Node::new(Value::List(items), span)))
            }
        }
    }

    fn value(&mut self, value: &Written, depth: usize) -> Result<Node<'a>, Refusal> {
        self.count(depth)?;
        let range = value.span().unwrap_or_default();
        let span = Span::new(range.start, range.end);
        let as_written = || Cow::Borrowed(self.text.get(range.clone()).unwrap_or_default());
        let (text, kind) = match value {
            Written::String(text) => (Cow::Owned(text.value().clone()), Kind::Text),
            Written::Integer(number) => (Cow::Owned(number.value().to_string()), Kind::Integer),
            Written::Float(_) => (as_written(), Kind::Float),
            Written::Boolean(word) => (as_written(), Kind::Bool(*word.value())),
            Written::Datetime(_) => (as_written(), Kind::Expression),
            Written::Array(array) => {
                let items = array.iter().map(|item| self.value(item, depth + 1));
                return Ok(Node::new(Value::List(items.collect::<Result<_, _>>()?), span));
            }
            Written::InlineTable(table) => return self.entries(table, Some(range), depth),
        };
        Ok(Node::new(Value::Scalar(Scalar { text, kind }), span))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{report, shown};

    #[test]
    fn fields_of_toml() {
        let text = "a = 1 # one\n\n[b.c]\nd = \"x\"\n\n[[e]]\nname = \"y\"\nf = 1979-05-27\n";
        for (from, to, fields) in [
            ("a = 1", "a = 2", &["a 1 → 2 @1|1"][..]),
            ("# one", "# two", &["Comment @1|1"]),
            ("\"x\"", "'x'", &["Format @4|4"]),
            ("\"x\"", "\"z\"", &["b.c.d \"x\" → \"z\" @4|4"]),
            ("1979-05-27", "1979-05-28", &["e[y].f \"1979-05-27\" → \"1979-05-28\" @8|8"]),
            ("1979-05-27", "\"1979-05-27\"", &["e[y].f \"1979-05-27\" → \"\\\"1979-05-27\\\"\" @8|8"]),
            ("[b.c]\nd = \"x\"\n\n", "", &["-b.c.d \"x\" @3-4|", "Whitespace @5|"]),
            ("[b.c]\nd = \"x\"\n", "[b]\nc = { d = \"x\" }\n", &["Format @3-4|3-4"]),
            ("a = 1", "a = 1_000", &["a 1 → 1000 @1|1"]),
            (
                "a = 1",
                "a = ",
                &["? after: not TOML: string values must be quoted, expected literal string, line 1 @1|1"],
            ),
        ] {
            assert_eq!(shown(&report("a.toml", text, &text.replace(from, to))), fields, "{from:?} {to:?}");
        }
        let item = format!("{text}[[e]]\nname = \"z\"\n");
        assert_eq!(shown(&report("a.toml", text, &item)), ["+e[z] {\"name\":\"z\"} @|9-10"]);
    }
}

//! JSON as a tree, with the comments and trailing commas that tools allow in it.
//!
//! A YAML parser would not do: it reads some JSON with tabs otherwise than JSON does.

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::node::{Entry, Kind, Node, Scalar, Span, Value, duplicate};
use super::parsed::{Parsed, Refusal, Spent};

/// Reads the one document of a text.
pub(super) fn read(text: &str) -> Result<Parsed<'_>, Refusal> {
    let options = ParseOptions { allow_missing_commas: false, ..ParseOptions::default() };
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let ast = parse_to_ast(body, &CollectOptions::default(), &options)
        .map_err(|error| Refusal::at_line(error.line_display(), format!("not JSON: {}", error.kind())))?;
    let Some(value) = ast.value else { return Ok(Parsed::default()) };
    let mut reader = Reader { text: body, spent: Spent::default() };
    let mut parsed = Parsed::single(reader.node(value, 0)?, body.len());
    if body.len() < text.len() {
        parsed.shift((text.len() - body.len()) as u32);
        parsed.close(text.len());
    }
    Ok(parsed)
}

struct Reader<'a> {
    text: &'a str,
    spent: Spent,
}

impl<'a> Reader<'a> {
    fn node(&mut self, ast: Ast<'a>, depth: usize) -> Result<Node<'a>, Refusal> {
        let range = ast.range();
        let span = Span::new(range.start, range.end);
        self.spent.count(depth).map_err(|why| self.refuse(span, why))?;
        let scalar = |text: std::borrow::Cow<'a, str>, kind| Value::Scalar(Scalar { text, kind });
        let value = match ast {
            Ast::StringLit(text) => scalar(text.value, Kind::Text),
            Ast::NumberLit(number) => scalar(number.value.into(), number_kind(number.value)),
            Ast::BooleanLit(word) => scalar(word.value.to_string().into(), Kind::Bool(word.value)),
            Ast::NullKeyword(_) => scalar("null".into(), Kind::Null),
            Ast::Array(array) => {
                let items = array.elements.into_iter().map(|item| self.node(item, depth + 1));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            Ast::Object(object) => {
                let entries = object.properties.into_iter().map(|property| {
                    let span = Span::new(property.range.start, property.range.end);
                    let key = match property.name {
                        ObjectPropName::String(text) => Scalar::text(text.value),
                        ObjectPropName::Word(word) => Scalar::text(word.value),
                    };
                    Ok(Entry { key, span, node: self.node(property.value, depth + 1)? })
                });
                let entries = entries.collect::<Result<Vec<_>, Refusal>>()?;
                if let Some(entry) = duplicate(&entries) {
                    let why = format!("the key `{}` stands twice in an object", entry.key.text);
                    return Err(self.refuse(entry.span, &why));
                }
                Value::Map(entries)
            }
        };
        Ok(Node::new(value, span))
    }

    fn refuse(&self, span: Span, why: &str) -> Refusal {
        Refusal::at_offset(self.text, span.start as usize, why)
    }
}

/// Whole numbers, and those with a fraction or an exponent.
fn number_kind(text: &str) -> Kind {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|b| b.is_ascii_digit()) { Kind::Integer } else { Kind::Float }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{report, shown};

    fn json(before: &str, after: &str) -> Vec<String> {
        shown(&report("a.json", before, after))
    }

    #[test]
    fn fields_of_json() {
        for (before, after, fields) in [
            ("{\"a\": 1}\n", "{\"a\": 2}\n", &["a 1 → 2 @1|1"][..]),
            (
                "{\n  \"a\": 1\n}\n",
                "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": \"x\"\n  }\n}\n",
                &["+b.c \"x\" @|3-5", "Format @2|2"],
            ),
            ("{\"a\":1}\n", "{\n\t\"a\": 1\n}\n", &["Format @1|1-3"]),
            ("{\"a\": 1 /* x */}\n", "{\"a\": 1 /* y */}\n", &["Comment @1|1"]),
            ("// x\n{}\n", "// y\n{}\n", &["Comment @1|1"]),
            ("{\"a\": \"\\u0041\"}\n", "{\"a\": \"A\"}\n", &["Format @1|1"]),
            ("{\"a\": 1}\n", "{\"a\": 1.0}\n", &["a 1 → 1.0 @1|1"]),
            (
                "{\"a\": 1}\n",
                "{\"a\": 1, \"a\": 2}\n",
                &["? after: the key `a` stands twice in an object, line 1 @1|1"],
            ),
            (
                "{\"a\": 1}\n",
                "{\"a\": 1,\n \"a\": 2}\n",
                &["? after: the key `a` stands twice in an object, line 2 @1|1-2"],
            ),
            ("{\"a\": 1}\n", "{\"a\": }\n", &["? after: not JSON: Unexpected close brace, line 1 @1|1"]),
            ("[]\n", "", &["- [] @1|"]),
        ] {
            assert_eq!(json(before, after), fields, "{before:?} {after:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(110) + &"]".repeat(110) + "\n";
        assert!(json("[]\n", &deep)[0].contains("too deeply"));
        assert!(json("[]\n", &"[".repeat(100_000))[0].contains("not JSON"));
    }
}

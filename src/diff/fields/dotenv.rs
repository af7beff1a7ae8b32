//! Files of environment variables: `NAME=value` lines.
//!
//! Readers disagree on quotes and on what follows a value (Docker's `--env-file` takes all of it literally, shells do not).
//! Values are therefore compared as they are written, to the end of the line, and one that goes on over several lines, or a
//! name that stands twice, is refused.

use super::node::{Entry, Kind, Node, Scalar, Span, Value, duplicate};
use super::parsed::{Bounds, Parsed, Refusal};

/// Reads the one document of a text.
pub(super) fn read(text: &str) -> Result<Parsed<'_>, Refusal> {
    let mut entries = Vec::new();
    let mut at = 0;
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        entries.extend(entry(raw, at).map_err(|why| Refusal::at_line(index + 1, why))?);
        at += raw.len();
        if entries.len() > Bounds::NODES {
            return Err(Refusal::new("it has too many values"));
        }
    }
    if let Some(entry) = duplicate(&entries) {
        let why = format!("the name `{}` stands twice", entry.key.text);
        return Err(Refusal::at_offset(text, entry.span.start as usize, why));
    }
    if entries.is_empty() {
        return Ok(Parsed::default());
    }
    Ok(Parsed::single(Node::new(Value::Map(entries), Span::new(0, text.len())), text.len()))
}

/// The variable of a line that begins at `at`, if it has one.
fn entry(raw: &str, at: usize) -> Result<Option<Entry<'_>>, &'static str> {
    let line = raw.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let begin = at + (raw.len() - raw.trim_start().len());
    let assignment = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = assignment.split_once('=').ok_or("not a line of the form NAME=value")?;
    let name = name.trim_end();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')) {
        return Err("not a name of a variable");
    }
    if opens(value.trim_start()) {
        return Err("a value that goes on over several lines");
    }
    let span = Span::new(begin, begin + line.len());
    let value_span = Span::new(begin + line.len() - value.len(), begin + line.len());
    let key = Scalar::text(name);
    let node = Node::new(Value::Scalar(Scalar { text: value.into(), kind: Kind::Text }), value_span);
    Ok(Some(Entry { key, span, node }))
}

/// Whether a value begins with a quote that nothing on its line ends.
fn opens(value: &str) -> bool {
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
    quote.is_some_and(|quote| !value[1..].contains(quote)) || value.ends_with('\\')
}

#[cfg(test)]
mod tests {
    use super::super::testing::{report, shown};

    #[test]
    fn fields_of_variables() {
        let text = "# db\nDB_HOST=a\nexport DB_PASSWORD=x\nREPLICAS=3\n";
        for (from, to, fields) in [
            ("=a", "=b", &["DB_HOST \"a\" → \"b\" @2|2"][..]),
            ("=a", "=\"a\"", &["DB_HOST \"a\" → \"\\\"a\\\"\" @2|2"]),
            ("=a", "=a # x", &["DB_HOST \"a\" → \"a # x\" @2|2"]),
            ("=x", "=y", &["DB_PASSWORD {\"masked\":true} → {\"masked\":true} @3|3"]),
            ("=3", "=2", &["REPLICAS \"3\" → \"2\" capacity @4|4"]),
            ("# db", "# the db", &["Comment @1|1"]),
            ("=a", "='a", &["? after: a value that goes on over several lines, line 2 @2|2"]),
            ("DB_HOST=a", "DB_HOST", &["? after: not a line of the form NAME=value, line 2 @2|2"]),
            ("REPLICAS", "DB_HOST", &["? after: the name `DB_HOST` stands twice, line 4 @4|4"]),
        ] {
            assert_eq!(shown(&report(".env", text, &text.replace(from, to))), fields, "{from:?} {to:?}");
        }
    }
}

//! The front matter of a Markdown file: where it ends, and what it says.

use serde_json::{Map, Value};
use serde_saphyr::Options;
use serde_saphyr::options::MergeKeyPolicy;

/// The most bytes of front matter; a postmortem's has about 400.
const MAX_BYTES: usize = 64 * 1024;
const MAX_DEPTH: usize = 12;
/// The most scalars, lists and maps, those that aliases repeat among them.
const MAX_NODES: usize = 5_000;

/// A file, cut in two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Split<'a> {
    /// The front matter without its fences, and its language.
    pub front: Option<(Language, &'a str)>,
    /// What follows it.
    pub body: &'a str,
    /// Whether a fence is opened and never closed.
    pub open: bool,
}

/// What front matter is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// Between lines of `---`.
    Yaml,
    /// Between lines of `+++`.
    Toml,
}

/// Cuts a file after its front matter. A rule (`---`) that no key follows is a rule.
#[must_use]
pub(super) fn split(text: &str) -> Split<'_> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let none = Split { front: None, body: text, open: false };
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (language, fences): (_, &[&str]) = match first.trim_end() {
        "---" => (Language::Yaml, &["---", "..."]),
        "+++" => (Language::Toml, &["+++"]),
        _ => return none,
    };
    let next = rest.lines().next().unwrap_or_default();
    if language == Language::Yaml && !next.contains(':') && !next.starts_with('#') && !fences.contains(&next.trim_end())
    {
        return none;
    }
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if fences.contains(&line.trim_end()) {
            return Split { front: Some((language, &rest[..at])), body: &rest[at + line.len()..], open: false };
        }
        at += line.len();
        if at > MAX_BYTES {
            break;
        }
    }
    Split { open: true, ..none }
}

/// What front matter says, as a tree; the error is a sentence for people.
pub(super) fn read(language: Language, text: &str) -> Result<Value, String> {
    match language {
        Language::Yaml => yaml(text),
        Language::Toml => toml(text),
    }
}

fn yaml(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str_with_options::<Value>(text, options()).map_err(|error| {
        let line = error.location().map(|at| format!(" (line {})", at.line() + 1)).unwrap_or_default();
        let text = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
        // The place is known; the library says it again at the end.
        let text = text.split(" at line ").next().unwrap_or_default();
        format!("its front matter is not YAML that can be read: {}{line}", start(text))
    })
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 4 * MAX_NODES,
            max_documents: 2,
            max_aliases: 64,
            max_anchors: 64,
            max_total_scalar_bytes: 2 * MAX_BYTES,
            max_recorded_anchor_events: MAX_NODES,
            max_recorded_anchor_bytes: 2 * MAX_BYTES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_NODES,
            max_replay_stack_depth: 4,
        },
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn toml(text: &str) -> Result<Value, String> {
    let table = toml::from_str::<toml::Table>(text)
        .map_err(|error| format!("its front matter is not TOML that can be read: {}", start(error.message())))?;
    Ok(Value::Object(object(table)))
}

fn object(table: toml::Table) -> Map<String, Value> {
    table.into_iter().map(|(key, value)| (key, plain(value))).collect()
}

/// The TOML library bounds how deep values nest, so this ends.
fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(at) => Value::String(at.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        toml::Value::Table(table) => Value::Object(object(table)),
    }
}

/// The start of a library's message, which may quote the file.
fn start(message: &str) -> String {
    message.chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_cut_after_its_front_matter() {
        for (text, front, body, open) in [
            ("---\na: 1\n---\nbody\n", Some((Language::Yaml, "a: 1\n")), "body\n", false),
            ("\u{feff}---\r\na: 1\r\n---\r\nbody", Some((Language::Yaml, "a: 1\r\n")), "body", false),
            ("---\na: 1\n...\nbody", Some((Language::Yaml, "a: 1\n")), "body", false),
            ("---\n---\nbody", Some((Language::Yaml, "")), "body", false),
            ("+++\na = 1\n+++\n", Some((Language::Toml, "a = 1\n")), "", false),
            ("---\n\nA rule above.\n---\n", None, "---\n\nA rule above.\n---\n", false),
            ("---\na: 1\nbody", None, "---\na: 1\nbody", true),
            ("# Title\n---\na: 1\n---\n", None, "# Title\n---\na: 1\n---\n", false),
            ("", None, "", false),
            ("---", None, "---", false),
        ] {
            assert_eq!(split(text), Split { front, body, open }, "{text:?}");
        }
    }

    #[test]
    fn both_languages_give_one_tree() {
        let yaml = read(Language::Yaml, "id: INC-1\ndate: 2025-03-14\nseverity: 2\nservices: [a, b]\n").unwrap();
        let toml = read(Language::Toml, "id = \"INC-1\"\ndate = 2025-03-14\nseverity = 2\nservices = [\"a\", \"b\"]\n")
            .unwrap();
        assert_eq!(yaml, toml);
        assert_eq!(yaml["date"], "2025-03-14");
    }

    #[test]
    fn hostile_front_matter_is_an_error_and_quick() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                    d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";
        for (language, text) in [
            (Language::Yaml, bomb.to_owned()),
            (Language::Yaml, "[".repeat(60_000)),
            (Language::Yaml, "a: 1\na: 2\n".to_owned()),
            (Language::Yaml, "a: 'x".to_owned()),
            (Language::Yaml, "- 1\n".repeat(16_000)),
            (Language::Toml, format!("a = {}", "[".repeat(60_000))),
            (Language::Toml, "a.".repeat(30_000)),
            (Language::Toml, "a = 1\na = 2\n".to_owned()),
        ] {
            let began = std::time::Instant::now();
            let error = read(language, &text).unwrap_err();
            assert!(error.len() < 400 && began.elapsed().as_secs() < 5, "{error}");
        }
    }
}

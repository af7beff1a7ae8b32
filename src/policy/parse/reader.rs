//! Turns nodes into values and collects what is wrong with them, so that a person sees all mistakes at once.

use super::yaml::{Key, Node, Spot, Value};
use crate::model::text::is_active;
use crate::policy::error::quoted;
use crate::policy::{Globs, PolicyError};

/// The most mistakes that are reported; whoever made more has another file in mind.
const MAX_ERRORS: usize = 100;
/// The most patterns in one list.
const MAX_PATTERNS: usize = 500;
/// The longest name, in characters.
const MAX_NAME: usize = 64;

/// Reads nodes of one file.
pub(super) struct Reader<'a> {
    file: &'a str,
    errors: Vec<PolicyError>,
}

/// The entries of a map, whose keys have been checked.
pub(super) struct Fields<'n> {
    pub at: Spot,
    entries: &'n [(Key, Node)],
}

impl<'n> Fields<'n> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(entry, _)| entry.text == key).map(|(_, node)| node)
    }

    /// Where a key stands, or the map where there is no such key.
    pub fn place(&self, key: &str) -> Spot {
        self.entries.iter().find(|(entry, _)| entry.text == key).map_or(self.at, |(entry, _)| entry.at)
    }
}

/// The keys of a map: those that are read, and those of the format that this version does not read yet.
pub struct Keys {
    /// What the map is, for a message: `a rule`.
    pub of: &'static str,
    /// The keys that are read.
    pub known: &'static [&'static str],
    /// The keys that come later; until then each is an error that says so.
    pub later: &'static [&'static str],
}

/// What a pattern is matched against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matched {
    /// Paths from the root of the repository.
    Paths,
    /// Branch names without `refs/heads/`.
    Branches,
    /// A line of text.
    Text,
}

impl<'a> Reader<'a> {
    pub const fn new(file: &'a str) -> Self {
        Self { file, errors: Vec::new() }
    }

    /// What went wrong so far; callers compare two counts to see whether a part was fine.
    pub const fn count(&self) -> usize {
        self.errors.len()
    }

    /// The mistakes, in the order of the file.
    pub fn finish(mut self) -> Vec<PolicyError> {
        self.errors.sort_by_key(|error| (error.line, error.column));
        self.errors.truncate(MAX_ERRORS);
        self.errors
    }

    /// Notes a mistake; an empty hint is none.
    pub fn error(&mut self, at: Spot, message: impl Into<String>, hint: impl Into<String>) {
        let hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        let (message, file) = (message.into(), self.file.to_owned());
        self.errors.push(PolicyError { file, line: at.line, column: at.column, message, hint });
    }

    /// Reads a map and checks its keys.
    pub fn map<'n>(&mut self, node: &'n Node, keys: &Keys) -> Option<Fields<'n>> {
        let Value::Map(entries) = &node.value else {
            self.error(node.at, format!("{} must be a map, not {}", keys.of, node.value.kind()), keys.hint());
            return None;
        };
        for (key, _) in entries {
            self.key(key, keys);
        }
        Some(Fields { at: node.at, entries })
    }

    fn key(&mut self, key: &Key, keys: &Keys) {
        let name = key.text.as_str();
        if keys.known.contains(&name) {
            return;
        }
        if keys.later.contains(&name) {
            let hint = "remove it: what it asks for would not be done";
            return self.error(key.at, format!("`{name}` is not supported by this version yet"), hint);
        }
        let hint = closest(name, keys.known.iter().chain(keys.later)).map_or_else(|| keys.hint(), did_you_mean);
        self.error(key.at, format!("unknown key {} in {}", quoted(name), keys.of), hint);
    }

    /// Notes that a key is missing.
    pub fn missing(&mut self, fields: &Fields, key: &str, hint: &str) {
        self.error(fields.at, format!("`{key}` is missing"), hint);
    }

    fn wrong_type(&mut self, node: &Node, key: &str, wanted: &str, hint: &str) {
        self.error(node.at, format!("`{key}` must be {wanted}, not {}", node.value.kind()), hint);
    }

    /// Reads a list.
    pub fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let Value::List(items) = &node.value else {
            self.wrong_type(node, key, "a list", &format!("write `{key}: [...]`"));
            return &[];
        };
        items
    }

    /// Reads text that is one line and not empty.
    pub fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        let Value::Text(text) = &node.value else {
            self.wrong_type(node, key, "text", quote_hint(&node.value));
            return None;
        };
        if text.trim().is_empty() {
            self.error(node.at, format!("`{key}` is empty"), "write something, or remove the key");
            return None;
        }
        if text.chars().any(is_active) {
            let message = format!("`{key}` holds a line break or an invisible character: {}", quoted(text));
            self.error(node.at, message, "write it as visible characters on one line");
            return None;
        }
        Some(text)
    }

    /// Reads the name of a person, agent or rule.
    pub fn name(&mut self, fields: &Fields, hint: &str) -> Option<String> {
        let Some(node) = fields.get("name") else {
            self.missing(fields, "name", hint);
            return None;
        };
        let name = self.text(node, "name")?;
        if name.trim() != name || name.chars().count() > MAX_NAME {
            let message = format!("{} is not a name", quoted(name));
            self.error(node.at, message, format!("at most {MAX_NAME} characters, no space at its ends"));
            return None;
        }
        Some(name.to_owned())
    }

    /// Reads a whole number from 1 on.
    pub fn number(&mut self, node: &Node, key: &str, most: usize, hint: &str) -> Option<usize> {
        let Value::Integer(number) = node.value else {
            self.wrong_type(node, key, "a whole number", &format!("write it in digits, as in `{key}: 1`"));
            return None;
        };
        let number = number.and_then(|number| usize::try_from(number).ok()).filter(|n| (1..=most).contains(n));
        if number.is_none() {
            self.error(node.at, format!("`{key}` must be from 1 to {most}"), hint);
        }
        number
    }

    /// Reads true or false.
    pub fn flag(&mut self, node: &Node, key: &str) -> Option<bool> {
        let Value::Bool(flag) = node.value else {
            self.wrong_type(node, key, "true or false", &format!("write `{key}: true` or `{key}: false`"));
            return None;
        };
        Some(flag)
    }

    /// Reads one of some words.
    pub fn word<T: Copy>(&mut self, node: &Node, key: &str, words: &[(&str, T)]) -> Option<T> {
        let all = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>();
        let Value::Text(text) = &node.value else {
            self.wrong_type(node, key, &format!("one of {}", all().join(", ")), &meaning(key, words));
            return None;
        };
        let found = words.iter().find(|(word, _)| word == text).map(|(_, value)| *value);
        if found.is_none() {
            let hint = closest(text, all().iter()).map_or_else(|| meaning(key, words), did_you_mean);
            self.error(node.at, format!("`{key}` must be one of {}, not {}", all().join(", "), quoted(text)), hint);
        }
        found
    }

    /// Reads a list of texts, each with its place.
    pub fn texts<'n>(&mut self, node: &'n Node, key: &str) -> Vec<(Spot, &'n str)> {
        let items = self.list(node, key);
        let mut texts = Vec::new();
        for item in items {
            if matches!(item.value, Value::Text(_)) {
                texts.extend(self.text(item, key).map(|text| (item.at, text)));
            } else {
                let message = format!("`{key}` must hold text, not {}", item.value.kind());
                self.error(item.at, message, quote_hint(&item.value));
            }
        }
        texts
    }

    /// Reads a list of patterns; every bad one is a mistake of its own.
    pub fn globs(&mut self, node: &Node, key: &str, matched: Matched) -> Option<Globs> {
        let before = self.count();
        let patterns = self.texts(node, key);
        if patterns.is_empty() && self.count() == before {
            self.error(node.at, format!("`{key}` is empty"), "name a pattern, or remove the key");
        }
        if patterns.len() > MAX_PATTERNS {
            self.error(
                node.at,
                format!("`{key}` has more than {MAX_PATTERNS} patterns"),
                "`{a,b}` joins patterns, and `**` takes folders",
            );
            return None;
        }
        for (at, pattern) in &patterns {
            self.pattern(*at, pattern, matched);
        }
        let patterns: Vec<&str> = patterns.into_iter().map(|(_, pattern)| pattern).collect();
        (self.count() == before).then(|| self.compile(node.at, &patterns, matched)).flatten()
    }

    fn pattern(&mut self, at: Spot, pattern: &str, matched: Matched) {
        let shown = quoted(pattern);
        match (matched, never_matches(pattern, matched)) {
            (_, Some((why, instead))) => self.error(at, format!("{shown} matches nothing: {why}"), instead),
            _ => drop(self.compile(at, &[pattern], matched)),
        }
    }

    fn compile(&mut self, at: Spot, patterns: &[&str], matched: Matched) -> Option<Globs> {
        let globs = if matched == Matched::Text { Globs::text(patterns) } else { Globs::new(patterns) };
        globs
            .map_err(|error| self.error(at, format!("{} is not a glob: {}", quoted(&error.pattern), error.why), PLAIN))
            .ok()
    }
}

/// What puts a bad glob right.
const PLAIN: &str = "close what it opens; what is meant as it is stands in brackets: `[[]`, `[{]`, `[*]`";

/// What the words of a key mean, for whoever wrote another one.
fn meaning<T>(key: &str, words: &[(&str, T)]) -> String {
    match key {
        "gate" => "`none` records and detects, `check` and `hook` say what is to refuse what nobody approved".into(),
        "self" => "`never` asks for another person where the commits are one's own, `allowed` does not".into(),
        "from" => "`ledger` is what is signed here, `github` adds what persons approve on its pages".into(),
        "merge" => "`squash` lands one commit a proposal, `merge` a merge commit".into(),
        "on_reject" => "`keep` leaves the proposal where it is, `close` closes a forge's pull request".into(),
        "memory_via" => {
            "`push` writes lessons with the ledger, `pull_request` leaves them on a branch of their own".into()
        }
        "low" | "medium" | "high" => "`key` takes any key that signs, `touch` one of hardware".into(),
        "tier" | "default_tier" => "what is uncertain is medium, what must be seen by two is high".into(),
        "roles" => "`approve` may decide; `admin` counts where policy and signers change".into(),
        _ => words.first().map(|(word, _)| format!("write `{key}: {word}`")).unwrap_or_default(),
    }
}

/// Why a pattern cannot match any path or branch, and what was meant: a rule that never matches protects nothing.
pub(super) fn never_matches(pattern: &str, matched: Matched) -> Option<(&'static str, String)> {
    let write = |instead: &str| format!("write `{}`", instead.trim_start_matches('/'));
    if matched == Matched::Text {
        return None;
    }
    if let Some(rest) = pattern.strip_prefix('!') {
        return Some(("`!` does not negate here", write(rest)));
    }
    if let Some(rest) = pattern.strip_prefix("refs/heads/").filter(|_| matched == Matched::Branches) {
        return Some(("branches are named without refs/heads/", write(rest)));
    }
    if let Some(rest) = pattern.strip_prefix("./").or_else(|| pattern.strip_prefix('/')) {
        return Some(("names begin at the root, without a slash", write(rest)));
    }
    if let Some(rest) = pattern.strip_suffix('/') {
        return Some(("names do not end in a slash", write(&format!("{rest}/**"))));
    }
    let broken = pattern.contains("//") || pattern.split('/').any(|part| part == ".." || part == ".");
    broken.then(|| ("names have no empty, `.` or `..` part", write(&straight(pattern))))
}

/// A pattern without its empty, `.` and `..` parts, by what they would mean in a path.
fn straight(pattern: &str) -> String {
    let mut parts = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    if parts.is_empty() { "**".to_owned() } else { parts.join("/") }
}

const fn quote_hint(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) | Value::Float(_) | Value::Bool(_) => "put it in quotes",
        _ => "write words on this line, in quotes",
    }
}

impl Keys {
    fn hint(&self) -> String {
        format!("its keys are {}", self.known.join(", "))
    }
}

fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// The word that was probably meant: at most two letters off, and no more than half of them.
fn closest<'w>(text: &str, words: impl Iterator<Item = &'w &'w str>) -> Option<&'w str> {
    let short: String = text.chars().take(MAX_NAME).collect::<String>().to_lowercase();
    let near =
        words.map(|word| (distance(&short, word), *word)).filter(|(off, word)| *off <= 2 && off * 2 <= word.len());
    near.min_by_key(|(off, _)| *off).map(|(_, word)| word)
}

/// How many letters must be added, removed or changed to get from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, c) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (column, d) in to.iter().enumerate() {
            let changed = diagonal + usize::from(c != *d);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        for (text, expected) in
            [("teir", Some("tier")), ("Tier", Some("tier")), ("path", Some("paths")), ("colour", None), ("", None)]
        {
            assert_eq!(closest(text, ["name", "paths", "tier"].iter()), expected, "{text}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn patterns_that_match_nothing() {
        for (pattern, matched, expected) in [
            ("docs/", Matched::Paths, Some("write `docs/**`")),
            ("/docs/**", Matched::Paths, Some("write `docs/**`")),
            ("./docs", Matched::Paths, Some("write `docs`")),
            ("!docs", Matched::Paths, Some("write `docs`")),
            ("a/../b", Matched::Paths, Some("write `b`")),
            ("a//b", Matched::Paths, Some("write `a/b`")),
            ("./a/./b", Matched::Paths, Some("write `a/./b`")),
            ("..", Matched::Paths, Some("write `**`")),
            ("refs/heads/main", Matched::Branches, Some("write `main`")),
            ("refs/heads/main", Matched::Paths, None),
            ("docs/**", Matched::Paths, None),
            ("/x/", Matched::Text, None),
        ] {
            assert_eq!(never_matches(pattern, matched).map(|(_, hint)| hint).as_deref(), expected, "{pattern}");
        }
    }
}

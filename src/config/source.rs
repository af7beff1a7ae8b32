//! A settings file while it is read: its name, its text, and where in it something stands.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::Problem;

/// A TOML table whose keys and values know their place.
pub(super) type Table<'a> = DeTable<'a>;
/// One entry of a [`Table`].
pub(super) type Entry<'t, 'a> = (&'t Spanned<std::borrow::Cow<'a, str>>, &'t Spanned<DeValue<'a>>);

/// One TOML file, as `io` read it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The name to show in messages: `keymap.toml`.
    pub name: &'a str,
    /// The whole text.
    pub text: &'a str,
}

impl<'a> Source<'a> {
    /// A file by its name and text.
    #[must_use]
    pub const fn new(name: &'a str, text: &'a str) -> Self {
        Self { name, text }
    }

    /// Parses as much as can be parsed; every syntax error becomes a problem.
    pub(super) fn parse(&self, problems: &mut Vec<Problem>) -> Table<'a> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let what = error.message().trim().replace('\n', ", ");
            problems.push(self.problem(error.span().unwrap_or(0..0), what, "correct the TOML at this place"));
        }
        table.into_inner()
    }

    /// A problem at a place of this file.
    pub(super) fn problem(&self, at: Range<usize>, what: impl Into<String>, next: impl Into<String>) -> Problem {
        Problem { place: self.place(at.start), what: what.into(), next: next.into() }
    }

    /// `keymap.toml:3:5`, counted from 1, columns in characters.
    fn place(&self, offset: usize) -> String {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }
}

/// The entries of a table in the order of the file: TOML's own order carries no meaning, the writer's does.
pub(super) fn entries<'t, 'a>(table: &'t Table<'a>) -> Vec<Entry<'t, 'a>> {
    let mut all: Vec<Entry<'t, 'a>> = table.iter().collect();
    all.sort_by_key(|(key, _)| key.span().start);
    all
}

/// Keeps the first problem of each place: a value that is not TOML is not also a wrong value.
pub(super) fn first_of_each_place(problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = std::collections::HashSet::new();
    problems.into_iter().filter(|problem| seen.insert(problem.place.clone())).collect()
}

/// What a value is, in words for a message.
pub(super) const fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The known name that is nearest to a mistyped one, if one is near.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance * 5 <= 2 * candidate.chars().count().max(3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace, swap neighbours) from one name to another; a name longer than 64 characters is far from
/// everything.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().take(65).collect(), to.chars().collect());
    if from.len() > 64 {
        return usize::MAX / 8;
    }
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let swapped = (i > 0 && j > 0 && from[i - 1] == *b && to[j - 1] == *a).then(|| rows[i - 1][j - 1] + 1);
            let replaced = rows[i][j] + usize::from(a != b);
            let edited = replaced.min(row[j] + 1).min(rows[i][j + 1] + 1);
            row.push(swapped.map_or(edited, |swapped| swapped.min(edited)));
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

/// How many known names a hint lists; the reference has the rest.
const MOST_NAMES: usize = 12;

/// The hint for an unknown name: the nearest known one, or the first of them.
pub(super) fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    if let Some(near) = nearest(name, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let mut names: Vec<&str> = known.into_iter().take(MOST_NAMES + 1).collect();
    if names.len() > MOST_NAMES {
        names[MOST_NAMES] = "…";
    }
    format!("known: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let source = Source::new("a.toml", "é = 1\n  ü = 2\n");
        for (needle, place) in [("é", "a.toml:1:1"), ("1", "a.toml:1:5"), ("ü", "a.toml:2:3"), ("2", "a.toml:2:7")] {
            assert_eq!(source.place(source.text.find(needle).unwrap()), place);
        }
        assert_eq!(source.place(999), "a.toml:3:1");
    }

    #[test]
    fn every_syntax_error_is_reported_and_the_rest_is_kept() {
        let mut problems = Vec::new();
        let source = Source::new("a.toml", "a = \nb = 2\nb = 3\n= 4\nc = 5\n");
        let table = source.parse(&mut problems);
        assert!(table.contains_key("c"), "{table:?}");
        let places: Vec<&str> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(places, ["a.toml:1:5", "a.toml:3:1", "a.toml:4:1"], "{problems:?}");
    }

    #[test]
    fn near_names_are_offered() {
        assert_eq!(nearest("aprove", ["approve", "reject"]), Some("approve"));
        assert_eq!(nearest("dwon", ["up", "down"]), Some("down"));
        assert_eq!(nearest("zzz", ["approve", "reject"]), None);
        assert_eq!(did_you_mean("zzz", ["approve", "reject"]), "known: approve, reject");
        assert_eq!(nearest(&"x".repeat(9000), ["approve"]), None);
    }
}

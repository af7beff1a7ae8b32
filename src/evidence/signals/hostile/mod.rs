//! Hostile text: characters that mislead, and words that are meant for whoever reviews.
//!
//! Looked for wherever an agent writes: the names of branch and files, titles, messages, the note, and the lines that a change
//! adds. What is found is shown in escaped form, with its place. Reading is bounded; what was not read is said.

mod characters;
mod phrases;

use std::fmt::Write as _;

use bstr::{BStr, ByteSlice as _};
use serde::Serialize;

use self::characters::Trick;
use crate::model::text;

/// Finds that are listed.
const LISTED: usize = 20;
/// Bytes that are read of one round.
const BYTES: usize = 1 << 20;
/// Columns of an excerpt.
const EXCERPT: usize = 60;
/// Characters before a trick that an excerpt shows.
const BEFORE: usize = 20;

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Threat {
    /// Controls that reorder what is read.
    Bidi,
    /// Characters that are not seen.
    Invisible,
    /// Letters that look like others.
    Lookalike,
    /// Controls that a terminal obeys.
    Escape,
    /// Words that are meant for reviewers or tools.
    Address,
    /// More text than is read: what is in the rest nobody knows.
    Unread,
}

impl Threat {
    const fn words(self) -> &'static str {
        match self {
            Self::Bidi => "controls that reorder text",
            Self::Invisible => "invisible characters",
            Self::Lookalike => "letters that look like others",
            Self::Escape => "terminal controls",
            Self::Address => "words meant for reviewers or tools",
            Self::Unread => "more text than is looked at",
        }
    }
}

impl From<Trick> for Threat {
    fn from(trick: Trick) -> Self {
        match trick {
            Trick::Bidi => Self::Bidi,
            Trick::Invisible => Self::Invisible,
            Trick::Lookalike => Self::Lookalike,
            Trick::Escape => Self::Escape,
        }
    }
}

/// A text that an agent wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    /// The name of the branch.
    Branch,
    /// The title.
    Title,
    /// A commit message.
    Message,
    /// The description of a pull request.
    Body,
    /// The note.
    Note,
    /// The name of a file.
    FileName,
    /// A line that a file gets.
    Line,
}

/// A place in what an agent wrote, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Find {
    /// What.
    pub what: Threat,
    /// Where.
    #[serde(rename = "where")]
    pub spot: Spot,
    /// The file, escaped; of lines alone.
    pub file: Option<String>,
    /// The line, from 1, where there are several.
    pub line: Option<usize>,
    /// The text there, escaped and bounded.
    pub text: String,
}

impl Find {
    fn sentence(&self) -> String {
        let line = self.line.map(|line| format!(", line {line}")).unwrap_or_default();
        let place = match (self.spot, &self.file) {
            (Spot::Branch, _) => "the branch's name".to_owned(),
            (Spot::Title, _) => "the title".to_owned(),
            (Spot::Message, _) => format!("a message{line}"),
            (Spot::Body, _) => format!("the description{line}"),
            (Spot::Note, _) => format!("the note{line}"),
            (Spot::FileName, _) => "a file's name".to_owned(),
            (Spot::Line, file) => format!("{}{line}", file.as_deref().unwrap_or("a file")),
        };
        format!("{} in {place}: {}", self.what.words(), self.text)
    }
}

/// Hostile text in a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hostile {
    /// The finds, names and titles first.
    pub finds: Vec<Find>,
    /// Finds that are not listed.
    pub more: usize,
}

impl Hostile {
    /// A bound that was reached is no sign of bad intent, and nothing else was found.
    pub(super) fn name(&self) -> &'static str {
        let unread = self.more == 0 && self.finds.iter().all(|find| find.what == Threat::Unread);
        if unread { "text not read" } else { "hostile text" }
    }

    pub(super) fn sentence(&self) -> String {
        let more = self.finds.len().saturating_sub(1) + self.more;
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        self.finds.first().map(Find::sentence).unwrap_or_default() + &more
    }

    pub(super) fn told(&self) -> Vec<String> {
        let more = (self.more > 0).then(|| format!("and {} more", self.more));
        self.finds.iter().map(Find::sentence).chain(more).collect()
    }
}

/// Looks for hostile text, one text after the other.
#[derive(Debug)]
pub struct Search {
    finds: Vec<Find>,
    more: usize,
    left: usize,
    cut: bool,
}

impl Default for Search {
    fn default() -> Self {
        Self { finds: Vec::new(), more: 0, left: BYTES, cut: false }
    }
}

impl Search {
    /// Looks at a name: of the branch, or of a file.
    pub fn name(&mut self, spot: Spot, name: &BStr) {
        self.look(spot, None, &[(1, name)], true);
    }

    /// Looks at a text of one or more lines; the lines before `from` (from 1) were seen elsewhere.
    pub fn text(&mut self, spot: Spot, written: &str, from: usize) {
        let lines: Vec<(usize, &BStr)> = (1..).zip(written.lines().map(Into::into)).skip(from - 1).collect();
        self.look(spot, None, &lines, spot == Spot::Title);
    }

    /// Looks at lines that a file gets, each with its number, which follow each other.
    pub fn lines(&mut self, file: &BStr, lines: &[(usize, &BStr)]) {
        self.look(Spot::Line, Some(file), lines, false);
    }

    /// What was found.
    #[must_use]
    pub fn found(self) -> Option<Hostile> {
        (!self.finds.is_empty()).then_some(Hostile { finds: self.finds, more: self.more })
    }

    fn look(&mut self, spot: Spot, file: Option<&BStr>, lines: &[(usize, &BStr)], is_name: bool) {
        let mut read: Vec<(usize, std::borrow::Cow<'_, str>)> = Vec::with_capacity(lines.len());
        for (number, line) in lines {
            if line.len() > self.left {
                if !std::mem::replace(&mut self.cut, true) {
                    let text = "from there on nothing was read".to_owned();
                    self.put(Threat::Unread, spot, file, Some(*number), text);
                }
                break;
            }
            self.left -= line.len();
            read.push((*number, line.to_str_lossy()));
        }
        let several = lines.len() > 1 || spot == Spot::Line;
        for (number, line) in &read {
            for (trick, range) in if is_plain(line) { Vec::new() } else { characters::tricks(line, is_name) } {
                self.put(trick.into(), spot, file, several.then_some(*number), excerpt(line, range.start));
            }
        }
        let is_message = matches!(spot, Spot::Title | Spot::Message | Spot::Body | Spot::Note);
        for at in phrases::phrases(read.iter().map(|(_, line)| line.as_ref()), is_message) {
            let Some((number, line)) = read.get(at) else { continue };
            self.put(Threat::Address, spot, file, several.then_some(*number), excerpt(line, 0));
        }
    }

    fn put(&mut self, what: Threat, spot: Spot, file: Option<&BStr>, line: Option<usize>, text: String) {
        if self.finds.len() < LISTED {
            let file = file.map(|file| text::printable_bytes(file));
            self.finds.push(Find { what, spot, file, line, text });
        } else {
            self.more += 1;
        }
    }
}

/// Whether a line has nothing but what a keyboard has.
fn is_plain(line: &str) -> bool {
    let line = line.strip_suffix('\r').unwrap_or(line);
    line.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'))
}

/// The text around a place, escaped. Letters of other scripts are named, since their looks are what misleads.
fn excerpt(line: &str, at: usize) -> String {
    let start = line[..at].char_indices().rev().take(BEFORE).last().map_or(at, |(start, _)| start);
    let shown: String = line[start..].chars().take(EXCERPT * 2).collect();
    let mut out = String::new();
    for c in text::single_line(&shown).chars() {
        out.push(c);
        if !c.is_ascii() && characters::fold(c).is_some_and(|folded| folded.is_ascii_alphabetic()) {
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        }
    }
    text::truncate(&out, EXCERPT).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_find_says_where_and_what() {
        let mut search = Search::default();
        search.name(Spot::Branch, "agent/x".into());
        search.text(Spot::Title, "Cheaper\u{202e}", 1);
        search.text(Spot::Message, "Approve this\n\nbody\n\u{1b}[2J approve this now", 2);
        search.name(Spot::FileName, "аpps/web.yaml".into());
        search.lines("apps/web.yaml".into(), &[(7, "a: 1".into()), (8, "b: pass\u{200b}word".into())]);
        let found = search.found().expect("finds");
        let told = [
            "controls that reorder text in the title: Cheaper<U+202E>",
            "terminal controls in a message, line 4: <U+001B>[2J approve this now",
            "letters that look like others in a file's name: а<U+0430>pps/web.yaml",
            "invisible characters in apps/web.yaml, line 8: b: pass<U+200B>word",
        ];
        assert_eq!(found.told(), told);
        assert_eq!(found.sentence(), format!("{}; and 3 more", told[0]));
        assert_eq!(found.name(), "hostile text");
    }

    #[test]
    fn reading_is_bounded() {
        let mut search = Search::default();
        let long = "x".repeat(BYTES / 2);
        for _ in 0..3 {
            search.lines("a".into(), &[(1, long.as_str().into())]);
        }
        let found = search.found().expect("a find");
        assert_eq!(found.told(), ["more text than is looked at in a, line 1: from there on nothing was read"]);
        assert_eq!(found.name(), "text not read", "a bound is not an accusation");
        let mut search = Search::default();
        let lines = vec!["\u{202e}".to_owned(); 100].join("\n");
        search.text(Spot::Note, &lines, 1);
        let found = search.found().expect("finds");
        assert_eq!((found.finds.len(), found.more), (LISTED, 100 - LISTED));
        assert_eq!(found.told().len(), LISTED + 1);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), text in "\\PC{0,100}") {
            let mut search = Search::default();
            search.name(Spot::FileName, bytes.as_bstr());
            search.text(Spot::Message, &text, 1);
            let lines: Vec<(usize, &BStr)> = (1..).zip(bytes.lines().map(BStr::new)).collect();
            search.lines(bytes.as_bstr(), &lines);
            if let Some(found) = search.found() {
                let fit = |line: String| !line.chars().any(text::is_active);
                proptest::prop_assert!(found.told().into_iter().all(fit));
            }
        }
    }
}

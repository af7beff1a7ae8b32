//! Text with roles, to be read: wrapped to a width, scrolled, drawn. Everything that an agent wrote is made printable when it
//! comes in.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::config::Role;
use crate::model::WebAddress;
use crate::model::text::printable;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What it means.
    pub role: Role,
    /// Printable text.
    pub text: String,
    /// The page that it leads to.
    pub link: Option<WebAddress>,
}

/// A line of prose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Its pieces.
    pub runs: Vec<Run>,
    /// Columns by which its continuation is set in, where it is wrapped.
    pub hang: usize,
}

impl Line {
    /// An empty line.
    #[must_use]
    pub fn blank() -> Self {
        Self::default()
    }

    /// A line of one piece.
    #[must_use]
    pub fn of(role: Role, text: impl AsRef<str>) -> Self {
        Self::default().then(role, text)
    }

    /// With one more piece. What acts in it is shown instead.
    #[must_use]
    pub fn then(mut self, role: Role, text: impl AsRef<str>) -> Self {
        let text = printable(text.as_ref()).into_owned();
        self.runs.push(Run { role, text, link: None });
        self
    }

    /// With one more piece that leads to a page, where there is one.
    #[must_use]
    pub fn linked(self, role: Role, text: impl AsRef<str>, to: Option<&WebAddress>) -> Self {
        let mut line = self.then(role, text);
        if let Some(run) = line.runs.last_mut() {
            run.link = to.cloned();
        }
        line
    }

    /// With continuations set in by so many columns.
    #[must_use]
    pub const fn hanging(mut self, columns: usize) -> Self {
        self.hang = columns;
        self
    }

    /// Its columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.runs.iter().map(|run| run.text.width()).sum()
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// Lines broken between words so that none is wider than `width`; a word that is wider is broken where it must be.
#[must_use]
pub fn wrap(lines: &[Line], width: usize) -> Vec<Cow<'_, Line>> {
    let mut out = Vec::with_capacity(lines.len());
    for line in lines {
        if line.width() <= width {
            out.push(Cow::Borrowed(line));
        } else {
            Breaker::new(line.hang.min(width / 2), width.max(1)).run(line, &mut out);
        }
    }
    out
}

/// How many rows [`wrap`] makes.
#[must_use]
pub fn height(lines: &[Line], width: usize) -> usize {
    wrap(lines, width).len()
}

struct Breaker {
    hang: usize,
    width: usize,
    line: Line,
    used: usize,
}

impl Breaker {
    fn new(hang: usize, width: usize) -> Self {
        Self { hang, width, line: Line::default(), used: 0 }
    }

    fn run(mut self, line: &Line, out: &mut Vec<Cow<'_, Line>>) {
        for run in &line.runs {
            for word in run.text.split_inclusive(' ') {
                self.word(run, word, out);
            }
        }
        if !self.line.runs.is_empty() {
            out.push(Cow::Owned(self.line));
        }
    }

    fn word(&mut self, run: &Run, word: &str, out: &mut Vec<Cow<'_, Line>>) {
        let bare = word.trim_end_matches(' ');
        if self.used + bare.width() > self.width && self.used > self.hang {
            self.break_line(out);
            if bare.is_empty() {
                return;
            }
        }
        if self.used + word.width() <= self.width {
            return self.push(run, word, word.width());
        }
        if self.used + bare.width() <= self.width {
            // The blank that follows would not be seen at the end of a row.
            self.push(run, bare, bare.width());
            self.used = self.width;
            return;
        }
        for grapheme in word.graphemes(true) {
            let columns = grapheme.width();
            if self.used + columns > self.width && self.used > self.hang {
                self.break_line(out);
            }
            self.push(run, grapheme, columns);
        }
    }

    /// Adds a text to the line, in the manner of a piece.
    fn push(&mut self, like: &Run, text: &str, columns: usize) {
        self.used += columns;
        match self.line.runs.last_mut() {
            Some(run) if run.role == like.role && run.link == like.link => run.text.push_str(text),
            _ => self.line.runs.push(Run { role: like.role, text: text.to_owned(), link: like.link.clone() }),
        }
    }

    fn break_line(&mut self, out: &mut Vec<Cow<'_, Line>>) {
        let mut line = std::mem::take(&mut self.line);
        if let Some(run) = line.runs.last_mut() {
            run.text.truncate(run.text.trim_end().len());
        }
        out.push(Cow::Owned(line));
        self.used = 0;
        if self.hang > 0 {
            let blanks = Run { role: Role::Text, text: String::new(), link: None };
            self.push(&blanks, &" ".repeat(self.hang), self.hang);
        }
    }
}

/// At most so many lines of what an agent wrote, each cut at `LINE` characters; says whether something was left out.
#[must_use]
pub fn claim_lines(text: &str, most: usize) -> (Vec<String>, bool) {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
    let shown = lines.by_ref().take(most).map(|line| line.chars().take(LINE).collect()).collect();
    (shown, lines.next().is_some())
}

/// Characters of one line of an agent's text that are shown.
const LINE: usize = 600;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped(text: &str, width: usize, hang: usize) -> Vec<String> {
        wrap(&[Line::of(Role::Text, text).hanging(hang)], width).iter().map(|line| line.text()).collect()
    }

    #[test]
    fn breaks_between_words() {
        assert_eq!(wrapped("one two three", 13, 0), ["one two three"]);
        assert_eq!(wrapped("one two three", 8, 0), ["one two", "three"]);
        assert_eq!(wrapped("one two three", 8, 2), ["one two", "  three"]);
        assert_eq!(wrapped("abcdefghij", 4, 0), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("日本語日本語", 4, 0), ["日本", "語日", "本語"]);
        assert_eq!(wrapped("", 4, 0), [""]);
    }

    #[test]
    fn a_link_is_the_same_on_every_row_that_it_is_broken_into() {
        let page = WebAddress::parse("https://a/b").unwrap();
        let line = Line::of(Role::Text, "see ").linked(Role::Text, "one two", Some(&page)).then(Role::Text, " now");
        let lines = [line];
        let rows = wrap(&lines, 8);
        let linked = |row: &Cow<'_, Line>| {
            row.runs
                .iter()
                .filter(|run| run.link.as_ref() == Some(&page))
                .map(|run| run.text.clone())
                .collect::<String>()
        };
        assert_eq!(rows.iter().map(linked).collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn what_acts_is_shown() {
        assert_eq!(Line::of(Role::Claim, "a\u{1b}[2J\u{202e}").text(), "a<U+001B>[2J<U+202E>");
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_no_word_is_lost(text in "[a-z ]{0,80}", width in 4_usize..30, hang in 0_usize..3) {
            let rows = wrapped(&text, width, hang);
            prop_assert!(rows.iter().all(|row| row.width() <= width));
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&rows.concat()), letters(&text));
        }
    }
}

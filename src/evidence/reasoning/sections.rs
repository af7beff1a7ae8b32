//! From the agent's own lines to the parts: under which heading a line stands, or what its paragraph opens with.

use std::collections::BTreeSet;

use super::key::{self, Key};
use super::markup;
use super::own::Line;

/// What texts say, by key, in their order.
#[derive(Debug, Default)]
pub(super) struct Words(Vec<(Key, String)>);

impl Words {
    /// Everything said under `key`.
    pub(super) fn of(&self, key: Key) -> Option<String> {
        join(self.0.iter().filter(|(at, _)| *at == key).map(|(_, text)| text.clone()).collect())
    }

    /// What is said last under `key`: the newest word on the matter.
    pub(super) fn last(&self, key: Key) -> Option<&str> {
        self.0.iter().rev().find(|(at, _)| *at == key).map(|(_, text)| text.as_str())
    }

    /// Adds what a later text says.
    pub(super) fn append(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

/// What one message says, before it is settled which of it counts.
#[derive(Debug, Default)]
struct Draft {
    /// Under a heading or after `Why:`.
    headed: Vec<(Key, String)>,
    /// Prose, by how its paragraphs open.
    prose: Vec<(Key, String)>,
    /// Under headings that no table knows.
    other: Vec<String>,
}

impl Draft {
    /// Prose counts only where nothing stands under a heading. What an agent tells under headings of its own is mostly
    /// what it did, and counts where nothing else says so.
    fn settle(self) -> Words {
        let Self { headed: mut said, mut prose, other } = self;
        let headed: BTreeSet<Key> = said.iter().map(|(key, _)| *key).collect();
        prose.retain(|(key, _)| !headed.contains(key));
        said.append(&mut prose);
        if said.iter().all(|(key, _)| *key != Key::What) {
            said.extend(other.into_iter().map(|text| (Key::What, text)));
        }
        Words(said)
    }
}

/// Paragraphs of several places, each once: squash messages repeat them.
fn join(mut texts: Vec<String>) -> Option<String> {
    let mut seen = BTreeSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

/// What an open section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Known(Key),
    Other,
}

/// An open section.
#[derive(Debug, Clone, Copy)]
struct Section {
    about: About,
    /// The level of its heading; lines such as `Why:` stand below all headings.
    level: usize,
    /// It ends with its paragraph, and counts like one.
    short: bool,
}

/// A line that is kept; `None` where a paragraph ends.
type Kept = Option<String>;

/// The level of `Why: …`.
const LINE_LEVEL: usize = 7;

/// Reads the lines of one text.
pub(super) fn read(lines: &[Line]) -> Words {
    let mut reader = Reader::default();
    let subjects = is_squash(lines);
    for (at, line) in lines.iter().enumerate() {
        match line {
            Line::Heading { level, title } => reader.heading(*level, title),
            Line::End => reader.open(None),
            Line::Code(code) => reader.keep(code),
            Line::Text(text) if text.is_empty() => reader.blank(),
            // One of the commits of a squash begins; its subject is a title like the first line.
            Line::Text(_) if subjects && is_subject(lines, at) => reader.end_message(),
            Line::Text(text) => reader.text(text),
        }
    }
    reader.end_message();
    reader.words
}

/// Whether a text is the list of commits that a forge writes when it squashes: it begins with `* subject`.
fn is_squash(lines: &[Line]) -> bool {
    let first = lines.iter().position(|line| !matches!(line, Line::Text(text) if text.is_empty()));
    first.is_some_and(|at| is_subject(lines, at))
}

/// Whether the line is `* subject`, alone in its paragraph.
fn is_subject(lines: &[Line], at: usize) -> bool {
    let blank = |at: Option<usize>| {
        at.and_then(|at| lines.get(at)).is_none_or(|line| !matches!(line, Line::Text(text) if !text.is_empty()))
    };
    let starred = matches!(&lines[at], Line::Text(text) if text.starts_with("* ") && opening(text).is_none_or(|opening| !opening.own));
    starred && blank(at.checked_sub(1)) && blank(Some(at + 1))
}

#[derive(Debug, Default)]
struct Reader {
    /// What the messages before this one say.
    words: Words,
    draft: Draft,
    /// The sections that are open, outermost first.
    stack: Vec<Section>,
    /// The lines of the innermost section since it was opened; `None` parts paragraphs.
    kept: Vec<Kept>,
}

impl Reader {
    /// Closes what was kept, and opens a section at its level, or none.
    fn open(&mut self, section: Option<Section>) {
        self.flush();
        let level = section.map_or(0, |section| section.level);
        self.stack.retain(|open| open.level < level);
        self.stack.extend(section);
    }

    /// Closes everything: the text ends, or the next message of a squash begins.
    fn end_message(&mut self) {
        self.open(None);
        self.words.append(std::mem::take(&mut self.draft).settle());
    }

    fn about(&self) -> Option<About> {
        self.stack.last().map(|section| section.about)
    }

    /// Puts what was kept where it belongs.
    fn flush(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        let short = self.stack.last().is_some_and(|section| section.short);
        match self.about() {
            Some(About::Known(Key::Ignored)) => {}
            Some(About::Known(key)) => {
                let said = if short { &mut self.draft.prose } else { &mut self.draft.headed };
                said.extend(worth_keeping(key, &kept).map(|text| (key, text)));
            }
            Some(About::Other) => self.draft.other.extend(worth_keeping(Key::What, &kept)),
            None => self.prose(&kept),
        }
    }

    /// Sorts prose by paragraphs.
    fn prose(&mut self, kept: &[Kept]) {
        let mut before: Option<(Key, &str)> = None;
        for paragraph in kept.split(Option::is_none) {
            let (Some(Some(first)), Some(Some(last))) = (paragraph.first(), paragraph.last()) else { continue };
            let key = match before {
                Some((key, end)) if goes_on(end, first) => key,
                _ => key::of_prose(first),
            };
            before = Some((key, last));
            self.draft.prose.extend(worth_keeping(key, paragraph).map(|text| (key, text)));
        }
    }

    fn heading(&mut self, level: usize, title: &str) {
        let (title, text) = title.split_once(':').map_or((title, ""), |(title, text)| (title, text.trim()));
        let about = match (key::of_heading(title), self.around(level)) {
            // Below settings and work for others nothing is the agent's argument.
            (_, Some(About::Known(Key::Ignored))) => return,
            (Some(key), _) => About::Known(key),
            (None, Some(About::Known(_))) => return self.keep(title),
            (None, _) => About::Other,
        };
        self.open(Some(Section { about, level, short: false }));
        if about == About::Other || key::is_telling(title) {
            self.keep(title);
        }
        if !text.is_empty() {
            self.keep(text);
        }
    }

    /// The section that a heading of this level stands in.
    fn around(&self, level: usize) -> Option<About> {
        self.stack.iter().rev().find(|section| section.level < level).map(|section| section.about)
    }

    fn text(&mut self, line: &str) {
        // In a list of `**Title**: text` the next item without a title belongs to none of them.
        if key::is_list_item(line) && !line.starts_with(' ') {
            self.end_short();
        }
        let ignored = self.around(LINE_LEVEL) == Some(About::Known(Key::Ignored));
        let Some(Opening { key, own, rest }) = opening(line).filter(|_| !ignored) else { return self.keep(line) };
        let short = !own && !rest.is_empty();
        self.open(Some(Section { about: About::Known(key), level: LINE_LEVEL, short }));
        if !rest.is_empty() {
            self.keep(rest);
        }
    }

    fn blank(&mut self) {
        self.end_short();
        self.kept.push(None);
    }

    fn end_short(&mut self) {
        if self.stack.last().is_some_and(|section| section.short) {
            self.flush();
            self.stack.pop();
        }
    }

    fn keep(&mut self, line: &str) {
        self.kept.push(Some(line.to_owned()));
    }
}

/// Whether a paragraph goes on with what the one before it was about: it is set off, or was announced.
fn goes_on(before: &str, first: &str) -> bool {
    first.starts_with([' ', '\t', '|', '`', '~']) || (before.ends_with(':') && key::is_list_item(first))
}

/// A line that opens a section: `Why: …`, `**Why:** …`, `- **Why**: …`, `**Why**`.
struct Opening<'a> {
    key: Key,
    /// It is one of our own five words.
    own: bool,
    rest: &'a str,
}

fn opening(line: &str) -> Option<Opening<'_>> {
    if line.len() - line.trim_start_matches(' ').len() > 3 || line.starts_with('\t') {
        return None;
    }
    let line = line.trim_start();
    let line = ["- ", "* "].iter().find_map(|marker| line.strip_prefix(marker)).unwrap_or(line);
    let (title, rest, bold) =
        bold_title(line).or_else(|| line.split_once(':').map(|(title, rest)| (title, rest, false)))?;
    let own = key::is_own(title);
    // A word of ours opens a section in any case; another's only where it is set off or begins a sentence.
    let told = own || bold || title.starts_with(char::is_uppercase);
    let spaced = bold || rest.is_empty() || rest.starts_with([' ', '\t']);
    let key = key::of_heading(title).filter(|key| told && spaced && *key != Key::Foreign)?;
    let rest = if key::is_telling(title) { line } else { rest };
    Some(Opening { key, own, rest: rest.trim() })
}

/// `**Title**`, `**Title:** text`, `__Title__: text`.
fn bold_title(line: &str) -> Option<(&str, &str, bool)> {
    let mark = ["**", "__"].into_iter().find(|mark| line.starts_with(mark))?;
    let (title, rest) = line[2..].split_once(mark)?;
    let colon = title.ends_with(':') || rest.starts_with(':');
    (colon || rest.trim().is_empty()).then(|| (title.trim_end_matches(':'), rest.trim_start_matches(':'), true))
}

/// What agents and templates leave where they have nothing to say.
const NOTHING: [&str; 10] = ["", "-", "?", "...", "…", "tbd", "tba", "todo", "_no response_", "fill in"];

/// The text of a section; `None` where it says nothing.
fn worth_keeping(key: Key, lines: &[Kept]) -> Option<String> {
    // What is still to be done is a plan, and no evidence.
    let counts = |line: &&str| key != Key::Evidence || !markup::is_open_task(line);
    let lines: Vec<&str> = lines.iter().map(|line| line.as_deref().unwrap_or_default()).filter(counts).collect();
    let start = lines.iter().position(|line| !line.trim().is_empty())?;
    let text = lines[start..].join("\n");
    let text = text.trim_end();
    let short = text.trim().to_lowercase();
    let placeholder = text.starts_with('<') && text.ends_with('>') && !text.contains('\n');
    (!placeholder && !NOTHING.contains(&short.as_str())).then(|| text.to_owned())
}

//! A file that tells of an incident → the incident, and what is wrong with the file.

use bstr::ByteSlice as _;
use jiff::civil::Date;
use serde_json::Value;

use super::front;
use super::mentions;
use super::meta::{Key, Meta};
use super::{date, inline, severity};
use crate::model::{Incident, IncidentKind, IncidentSource, Problem, Tie, TieBy};

/// Bytes of a file that are read. The longest postmortems of the field have about 60 kB.
pub const MAX_FILE: usize = 1 << 20;
/// Bytes of a text that are kept, and searched for names.
const MAX_TEXT: usize = 32 << 10;
/// Incidents of one JSON file that are read.
const MAX_IN_FILE: usize = 1_000;
/// Characters of a title, an id and a service's name.
const MAX_NAME: usize = 200;
/// Characters of a summary.
const MAX_SUMMARY: usize = 400;
/// Names of files in such folders that are no incidents.
const BESIDE: [&str; 5] = ["readme", "index", "template", "_index", "summary"];

/// What a file tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The incidents; more than one only in a JSON file.
    pub incidents: Vec<Incident>,
    /// What is wrong with the file.
    pub problems: Vec<Problem>,
}

impl Told {
    fn problem(&mut self, place: &str, what: impl Into<String>, next: &str) {
        self.problems.push(Problem { place: place.to_owned(), what: what.into(), next: next.to_owned() });
    }
}

/// Reads a file of the target branch that should tell of an incident: Markdown with metadata in front matter, bold lines or
/// a table, or our JSON form. `today` tells which days are yet to come. Never fails, and is linear in the file's size.
#[must_use]
pub fn read(path: &str, bytes: &[u8], today: Date) -> Told {
    let mut told = Told::default();
    let cut = &bytes[..bytes.len().min(MAX_FILE)];
    if cut.len() < bytes.len() {
        let what = format!("it has {} bytes; only the first {MAX_FILE} are read", bytes.len());
        told.problem(path, what, "move logs and pictures out of it");
    }
    // Half a character at the cut is no fault of the file's.
    if cut.to_str().is_err_and(|error| error.valid_up_to() + 4 < cut.len() || cut.len() == bytes.len()) {
        told.problem(path, "it is not UTF-8; what is not is shown as �", "save it as UTF-8");
    }
    let text = cut.to_str_lossy();
    if path.to_ascii_lowercase().ends_with(".json") {
        json(path, &text, today, &mut told);
    } else {
        markdown(path, &text, today, &mut told);
    }
    told
}

fn markdown(path: &str, text: &str, today: Date, told: &mut Told) {
    let split = front::split(text);
    let mut meta = match split.front.map(|(language, front)| front::read(language, front)) {
        None => Meta::default(),
        Some(Ok(tree)) => Meta::of(&tree),
        Some(Err(what)) => {
            told.problem(path, what, "mend it; the rest of the file is read without it");
            Meta::default()
        }
    };
    if split.open {
        told.problem(path, "its front matter is opened and never closed", "close it with the line that opens it");
    }
    meta.under(inline::read(split.body));
    let named = Named::of(path);
    if !meta.tells() && (named.is_beside() || (named.id.is_none() && named.date.is_none())) {
        if !named.is_beside() {
            let next =
                "write `date`, `severity` and `services` in its front matter (see the README), or move it elsewhere";
            told.problem(path, "it says neither when something happened, nor how bad it was, nor to what", next);
        }
        return;
    }
    let read = Reading { path, meta: &meta, body: split.body, named: &named, today };
    let incident = read.incident(told);
    told.incidents.push(incident);
}

/// Our JSON form: an incident, a list of them, or `{"incidents": [...]}`; keys are those of the front matter.
fn json(path: &str, text: &str, today: Date, told: &mut Told) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree: Value = match serde_json::from_str(text) {
        Ok(tree) => tree,
        Err(error) => {
            let what = format!("it is not JSON that can be read: {error}");
            return told.problem(path, what, "mend it, or take it out of the folder");
        }
    };
    let list = tree.get("incidents").unwrap_or(&tree);
    let items: &[Value] = list.as_array().map_or(std::slice::from_ref(list), Vec::as_slice);
    if items.len() > MAX_IN_FILE {
        let what = format!("it has {} incidents; only the first {MAX_IN_FILE} are read", items.len());
        told.problem(path, what, "split it into a file a year");
    }
    let named = Named::of(path);
    for (at, item) in items.iter().take(MAX_IN_FILE).enumerate() {
        let place = if items.len() == 1 { path.to_owned() } else { format!("{path} [{at}]") };
        let meta = Meta::of(item);
        if !meta.tells() {
            told.problem(
                &place,
                "it says neither when something happened, nor how bad it was, nor to what",
                "complete it",
            );
            continue;
        }
        let body = item.get("text").and_then(Value::as_str).unwrap_or_default();
        let own = Named { date: if items.len() == 1 { named.date } else { None }, ..named.clone() };
        let read = Reading { path: &place, meta: &meta, body, named: &own, today };
        let mut incident = read.incident(told);
        incident.source = IncidentSource::File { path: path.to_owned() };
        told.incidents.push(incident);
    }
}

/// What the name of a file says: `2025-03-14-checkout-out-of-memory.md`, `INC-213.md`.
#[derive(Debug, Clone)]
struct Named {
    stem: String,
    date: Option<Date>,
    id: Option<String>,
}

impl Named {
    fn of(path: &str) -> Self {
        let file = path.rsplit('/').next().unwrap_or(path);
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let stem = if stem.is_empty() { file } else { stem };
        Self { stem: stem.to_owned(), date: date::day(stem), id: id_in(stem) }
    }

    fn is_beside(&self) -> bool {
        let name = self.stem.to_ascii_lowercase();
        BESIDE.contains(&name.as_str()) || name.contains("template")
    }

    /// The name in words, without its date.
    fn words(&self) -> String {
        let rest = self.date.and_then(|_| self.stem.get(10..)).unwrap_or(&self.stem);
        let words = rest.replace(['-', '_'], " ");
        if words.trim().is_empty() { self.stem.clone() } else { words.trim().to_owned() }
    }
}

/// One incident that is being read.
struct Reading<'a> {
    path: &'a str,
    meta: &'a Meta,
    body: &'a str,
    named: &'a Named,
    today: Date,
}

impl Reading<'_> {
    fn incident(&self, told: &mut Told) -> Incident {
        let body = start(self.body, MAX_TEXT);
        let heading = body.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim);
        let stated = self.meta.first(Key::Title).or(heading).filter(|title| !title.is_empty());
        let stated = stated.map_or_else(|| self.named.words(), str::to_owned);
        let (in_title, title) = cut_title(&stated);
        let id = self.meta.first(Key::Id).map(str::to_owned).or(in_title).or_else(|| self.named.id.clone());
        let mut mentions = mentions::of(body);
        mentions.files.retain(|file| file != self.path);
        Incident {
            id: short(id.as_deref().unwrap_or(&self.named.stem), MAX_NAME),
            kind: IncidentKind::Record,
            title: short(&title, MAX_NAME),
            date: self.date(told),
            severity: self.severity(told),
            minutes: self.minutes(),
            services: self.meta.all(Key::Services).iter().map(|service| short(service, MAX_NAME)).collect(),
            files: ties(self.meta.all(Key::Files), &mentions.files),
            objects: ties(self.meta.all(Key::Objects), &mentions.objects),
            fields: ties(self.meta.all(Key::Fields), &mentions.fields),
            by: None,
            source: IncidentSource::File { path: self.path.to_owned() },
            summary: self.summary(body),
            text: body.trim().to_owned(),
        }
    }

    /// The day: what the metadata say, else what the name of the file says.
    fn date(&self, told: &mut Told) -> Option<Date> {
        let stated = [Key::Date, Key::Started, Key::Created].map(|key| self.meta.first(key));
        let found = stated.iter().flatten().find_map(|text| date::day(text));
        let found = found.or(self.named.date);
        let first = stated.iter().flatten().next();
        let next = "write it as 2025-03-14";
        match (first, found) {
            (Some(first), None) => {
                told.problem(self.path, format!("its date cannot be read: {}", short(first, 40)), next);
            }
            (None, None) => told.problem(self.path, "it does not say when it happened", "add `date: 2025-03-14`"),
            _ => {}
        }
        // A day's grace: east of Greenwich it is tomorrow already.
        let last = self.today.tomorrow().unwrap_or(Date::MAX);
        if let Some(date) = found.filter(|date| *date > last) {
            told.problem(self.path, format!("its date is yet to come: {date}"), next);
        }
        found.filter(|date| *date <= last)
    }

    fn severity(&self, told: &mut Told) -> Option<crate::model::Severity> {
        let Some(text) = self.meta.first(Key::Severity) else {
            // Statuspage calls it impact, and means one word by it.
            return self.meta.first(Key::Impact).filter(|text| !text.contains(' ')).and_then(severity::read);
        };
        let found = severity::read(text);
        if found.is_none() {
            let what = format!("its severity cannot be read: {}", short(text, 40));
            told.problem(self.path, what, "write a number from 1, the worst, to 5");
        }
        found
    }

    fn minutes(&self) -> Option<u32> {
        let number = self.meta.first(Key::Minutes).and_then(|text| text.parse().ok());
        let stated = number.or_else(|| date::minutes(self.meta.first(Key::Duration)?));
        stated.or_else(|| {
            let start = self.meta.first(Key::Started).or_else(|| self.meta.first(Key::Date))?;
            date::between(start, self.meta.first(Key::Ended)?)
        })
    }

    /// What the metadata call so, else the section that sums up, else the first paragraph.
    fn summary(&self, body: &str) -> String {
        let stated = self.meta.first(Key::Summary).filter(|text| !text.is_empty()).map(str::to_owned);
        let impact = || self.meta.first(Key::Impact).filter(|text| text.contains(' ')).map(str::to_owned);
        let text = stated.or_else(|| section(body)).or_else(impact).unwrap_or_default();
        short(&text.split_whitespace().collect::<Vec<_>>().join(" "), MAX_SUMMARY)
    }
}

/// The first paragraph under a heading that sums up; without such a heading, of the text.
fn section(body: &str) -> Option<String> {
    const SUMS_UP: [&str; 7] =
        ["summary", "executive summary", "tl;dr", "what happened", "description", "impact", "overview"];
    let paragraphs = paragraphs(body);
    let under = |title: &&str| paragraphs.iter().find(|(heading, _)| heading == title);
    SUMS_UP.iter().find_map(under).or(paragraphs.first()).map(|(_, text)| text.clone())
}

/// The first paragraph under each heading that has one, with the heading in small letters.
fn paragraphs(body: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let (mut heading, mut text) = (String::new(), String::new());
    let mut ended = false;
    for line in body.lines().map(str::trim).chain(["#"]) {
        if line.starts_with('#') {
            if !text.is_empty() {
                found.push((std::mem::take(&mut heading), std::mem::take(&mut text)));
            }
            heading = line.trim_matches(['#', ' ', ':']).to_ascii_lowercase();
            ended = false;
        } else if line.is_empty() {
            ended = !text.is_empty();
        } else if !ended && is_prose(line) && text.len() < 4 * MAX_SUMMARY {
            text.push_str(line);
            text.push(' ');
        }
    }
    found
}

/// Whether a line is a sentence's, and not metadata, a list's, a table's or a picture's.
fn is_prose(line: &str) -> bool {
    let marks = ["|", "!", "<", "`", "**", "---", "- ", "* ", "+ ", "> "];
    let named = line.split_once(':').is_some_and(|(name, _)| super::meta::key(name).is_some());
    !named && !marks.iter().any(|mark| line.starts_with(mark))
}

fn ties(stated: &[String], named: &[String]) -> Vec<Tie> {
    let stated = stated.iter().map(|to| Tie { to: to.clone(), by: TieBy::Stated });
    let mut ties: Vec<Tie> = stated.collect();
    for to in named {
        if !ties.iter().any(|tie| tie.to == *to) {
            ties.push(Tie { to: to.clone(), by: TieBy::Text });
        }
    }
    ties
}

/// `INC-213: Checkout was killed` → its id and what happened. What a template puts before a title goes.
fn cut_title(title: &str) -> (Option<String>, String) {
    let mut rest = title.trim();
    let mut id = None;
    loop {
        let before = rest;
        let first = rest.split([' ', ':', ']']).next().unwrap_or_default().trim_start_matches('[');
        if id.is_none()
            && let Some(found) = id_in(first).filter(|found| found.len() == first.len() && *found == first)
        {
            id = Some(found);
            rest = rest.trim_start_matches('[').get(first.len()..).unwrap_or_default();
        }
        rest = rest.trim_start_matches([':', '-', '–', '—', ']', ' ']);
        for word in ["Postmortem", "Post-mortem", "Post mortem", "Post-Mortem", "Incident report", "Incident Report"] {
            let tail = rest.strip_prefix(word).map_or(rest, str::trim_start);
            rest = if tail.starts_with([':', '-', '–', '—']) { tail } else { rest };
        }
        if rest == before {
            let title = if rest.is_empty() { title.trim() } else { rest };
            return (id, title.to_owned());
        }
    }
}

/// The first name like `INC-213` in a text: two to ten letters, a hyphen, digits. In small letters only names that
/// incidents are called by.
pub(super) fn id_in(text: &str) -> Option<String> {
    ids_in(text).next().map(str::to_owned)
}

/// All names like `INC-213` in a text.
pub fn ids_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter_map(id_of_word)
}

/// The name in a word such as `INC-213` or `2025-03-14-inc-213-oom`.
fn id_of_word(word: &str) -> Option<&str> {
    let mut at = 0;
    let mut parts = word.split('-').peekable();
    while let Some(letters) = parts.next() {
        let digits = parts.peek().copied().unwrap_or_default();
        let upper = letters.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && letters.starts_with(|c: char| c.is_ascii_uppercase());
        let known = ["inc", "pm", "incident", "sev"].contains(&letters);
        let numbered = (1..=7).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if (2..=10).contains(&letters.len()) && numbered && (upper || known) {
            return word.get(at..at + letters.len() + 1 + digits.len());
        }
        at += letters.len() + 1;
    }
    None
}

/// The first characters of a text.
pub(super) fn short(text: &str, characters: usize) -> String {
    let mut short: String = text.chars().take(characters + 1).collect();
    if short.chars().count() > characters {
        short.pop();
        short.push('…');
    }
    short
}

/// The first bytes of a text, whole characters.
pub(super) fn start(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = jiff::civil::date(2025, 11, 20);

    fn read_text(path: &str, text: &str) -> Told {
        read(path, text.as_bytes(), TODAY)
    }

    fn said(told: &Told) -> Vec<&str> {
        told.problems.iter().map(|problem| problem.what.as_str()).collect()
    }

    #[test]
    fn titles_lose_what_is_no_title() {
        for (title, id, rest) in [
            ("INC-213: Checkout was killed", Some("INC-213"), "Checkout was killed"),
            ("[INC-213] Checkout", Some("INC-213"), "Checkout"),
            ("Postmortem: INC-7 - Checkout", Some("INC-7"), "Checkout"),
            ("Postmortem of the day", None, "Postmortem of the day"),
            ("UTF-8 broke", Some("UTF-8"), "broke"),
            ("INC-213", Some("INC-213"), "INC-213"),
        ] {
            assert_eq!(cut_title(title), (id.map(str::to_owned), rest.to_owned()), "{title}");
        }
    }

    #[test]
    fn names_of_incidents() {
        let found: Vec<&str> = ids_in("fix INC-213 (see PM2-7, abc-1, pre-INC-9), 2025-03-14-inc-4-x").collect();
        assert_eq!(found, ["INC-213", "PM2-7", "INC-9", "inc-4"]);
    }

    #[test]
    fn dates_that_are_wrong_are_said_so() {
        for (text, date, problems) in [
            ("---\nid: A-1\ndate: 2025-03-14\n---\n", Some("2025-03-14"), &[][..]),
            ("---\nid: A-1\ndate: soon\n---\n", Some("2025-01-02"), &[]),
            ("---\nid: A-1\ndate: 2035-03-14\n---\n", None, &["its date is yet to come: 2035-03-14"]),
            ("---\nid: A-1\ndate: [\n---\n# T\n", Some("2025-01-02"), &["its front matter is not YAML"]),
        ] {
            let told = read_text("docs/postmortems/2025-01-02-x.md", text);
            assert_eq!(told.incidents[0].date.map(|date| date.to_string()).as_deref(), date, "{text}");
            let said = said(&told);
            assert!(
                said.len() == problems.len() && said.iter().zip(problems).all(|(a, b)| a.starts_with(b)),
                "{said:?}"
            );
        }
        let told = read_text("docs/postmortems/x.md", "---\nid: A-1\n---\n");
        assert_eq!(said(&told), ["it does not say when it happened"]);
        let told = read_text("docs/postmortems/x.md", "---\nid: A-1\ndate: 03/04/2025\nseverity: huge\n---\n");
        assert_eq!(said(&told), ["its date cannot be read: 03/04/2025", "its severity cannot be read: huge"]);
    }

    #[test]
    fn what_tells_of_nothing_is_no_incident() {
        assert_eq!(read_text("docs/postmortems/README.md", "# Postmortems\n\nHow we write them."), Told::default());
        assert_eq!(read_text("docs/postmortems/_template.md", "---\ntitle: x\n---\n"), Told::default());
        let told = read_text("docs/postmortems/notes.md", "# Notes\n");
        assert!(told.incidents.is_empty() && told.problems.len() == 1);
        let told = read_text("docs/postmortems/2025-03-14-network-down.md", "It was down.\n");
        assert_eq!(
            (told.incidents[0].title.as_str(), told.incidents[0].summary.as_str()),
            ("network down", "It was down.")
        );
    }

    #[test]
    fn hostile_files_are_read_quickly_and_said_so() {
        let big = "---\nid: A-1\ndate: 2025-03-14\n---\n".to_owned() + &"`a/b.md` | **x** [ spec. \n".repeat(2_500_000);
        let began = std::time::Instant::now();
        let told = read_text("p/a.md", &big);
        assert_eq!((told.incidents[0].id.as_str(), told.problems.len()), ("A-1", 1));
        assert!(told.incidents[0].text.len() <= MAX_TEXT);
        for text in ["**".repeat(1 << 19), "`".repeat(1 << 20), "|".repeat(1 << 20), "#\n".repeat(1 << 19)] {
            let _ = read_text("p/2025-01-01.md", &text);
        }
        let deep = "[".repeat(1 << 20);
        assert!(said(&read_text("p/a.json", &deep))[0].starts_with("it is not JSON"));
        assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    }

    #[test]
    fn bytes_that_are_not_utf8_are_read_and_said_so() {
        let told = read("p/a.md", b"---\nid: A-1\ndate: 2025-03-14\n---\n# Caf\xe9\n", TODAY);
        assert_eq!((told.incidents[0].title.as_str(), told.problems.len()), ("Caf\u{fffd}", 1));
        assert_eq!(read("p/a.json", b"\xff\xfe", TODAY).incidents, []);
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), md: bool) {
            let _ = read(if md { "p/2025-01-01-a.md" } else { "p/a.json" }, &bytes, TODAY);
        }

        #[test]
        fn nothing_panics_on_what_looks_like_an_incident(
            text in "(---\n|\\+\\+\\+\n|date: |severity = |\\*\\*Date:\\*\\* |\\| |2025-03-14|[a-zé:#`./\\[\\] \n-]{1,5}){0,60}"
        ) {
            let _ = read_text("p/2025-01-01-a.md", &text);
        }
    }
}

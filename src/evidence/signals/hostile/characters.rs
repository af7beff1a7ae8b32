//! Characters that are not what they look like: controls that act, invisible ones, letters of another script in a name.
//!
//! What people write in earnest is left alone: emoji and the joiners within them, flags, variants of ideographs, marks of
//! right-to-left text beside right-to-left letters, joiners between letters of scripts that need them.

pub(super) use crate::model::lookalike::fold;
use crate::model::lookalike::{look, style};
use crate::model::text::is_active;

/// A kind of character that misleads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trick {
    /// It reorders what is read.
    Bidi,
    /// It is not seen.
    Invisible,
    /// It looks like another letter.
    Lookalike,
    /// A terminal obeys it.
    Escape,
}

/// Where a trick is in a line: the byte at which it starts, and the one after its end.
pub(super) type Found = (Trick, std::ops::Range<usize>);

/// Tricks in a line without its line ending, the first of each kind. In a name, letters of other styles and words of nothing
/// but look-alikes count too.
pub(super) fn tricks(line: &str, is_name: bool) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut add = |trick, range| {
        if found.iter().all(|(known, _)| *known != trick) {
            found.push((trick, range));
        }
    };
    let right_to_left = line.chars().any(is_right_to_left);
    let mut before = Before::default();
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if let Some(trick) = trick(c, before, next, (is_name, right_to_left)) {
            add(trick, at..at + c.len_utf8());
        }
        before = before.then(c);
    }
    if let Some(range) = lookalike(line, is_name) {
        add(Trick::Lookalike, range);
    }
    found
}

/// What stands before a character.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    last: Option<char>,
    /// Within a flag that is spelled with tags.
    flag: bool,
    /// Variation selectors in a row.
    variations: usize,
}

impl Before {
    fn then(self, c: char) -> Self {
        Self {
            last: Some(c),
            flag: c == '\u{1f3f4}' || (self.flag && is_tag(c)),
            variations: if matches!(c, '\u{fe00}'..='\u{fe0f}') { self.variations + 1 } else { 0 },
        }
    }
}

fn trick(c: char, before: Before, next: Option<char>, (is_name, right_to_left): (bool, bool)) -> Option<Trick> {
    // Hidden text is spelled in selectors, one a byte.
    if matches!(c, '\u{fe00}'..='\u{fe0f}') {
        return (before.variations >= 2).then_some(Trick::Invisible);
    }
    if !is_active(c) {
        return None;
    }
    let stands = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !is_active(c));
    let after = |range: std::ops::RangeInclusive<char>| before.last.is_some_and(|last| range.contains(&last));
    match c {
        '\t' | '\u{c}' => None,
        // The end of a line; within one it takes a terminal back to its start.
        '\r' => next.map(|_| Trick::Escape),
        // Bell, backspace, shifts, escape, delete and C1: what terminals obey. They pass over the rest, which is data in minified
        // scripts.
        '\u{7}' | '\u{8}' | '\u{b}' | '\u{e}' | '\u{f}' | '\u{1b}' | '\u{7f}'..='\u{9f}' => Some(Trick::Escape),
        '\0'..='\u{1f}' => is_name.then_some(Trick::Escape),
        '\u{200e}' | '\u{200f}' | '\u{61c}' => (!right_to_left).then_some(Trick::Bidi),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(Trick::Bidi),
        '\u{200c}' | '\u{200d}' => (!(stands(before.last) && stands(next))).then_some(Trick::Invisible),
        '\u{feff}' if before.last.is_none() => None,
        c if is_tag(c) && before.flag => None,
        '\u{e0100}'..='\u{e01ef}' if after('\u{3400}'..='\u{9fff}') || after('\u{20000}'..='\u{3ffff}') => None,
        '\u{180b}'..='\u{180f}' if after('\u{1800}'..='\u{18af}') => None,
        _ => Some(Trick::Invisible),
    }
}

const fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

const fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}') && c != '\u{61c}'
}

/// The first word that reads as Latin and is not: Latin letters with look-alikes among them. In a name also a word of nothing but
/// look-alikes, where the rest of the name is Latin, and letters of another style.
fn lookalike(line: &str, is_name: bool) -> Option<std::ops::Range<usize>> {
    if line.is_ascii() {
        return None;
    }
    let latin_elsewhere = line.bytes().any(|byte| byte.is_ascii_alphabetic());
    let mut start = 0;
    for (end, c) in line.char_indices().chain([(line.len(), ' ')]) {
        if c.is_alphanumeric() || c == '_' {
            continue;
        }
        let word = line.get(start..end).unwrap_or_default();
        let letters = || word.chars().filter(|c| c.is_alphabetic());
        let latin = letters().filter(char::is_ascii).count();
        let alike = letters().filter(|c| look(*c).is_some()).count();
        let styled = is_name && letters().any(|c| style(c).is_some());
        let reads_latin = alike > 0 && latin + alike == letters().count();
        if styled || (reads_latin && (latin > 0 || (is_name && latin_elsewhere && alike > 1))) {
            return Some(start..end);
        }
        start = end + c.len_utf8();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str, is_name: bool) -> String {
        tricks(line, is_name).iter().map(|(trick, _)| format!("{trick:?}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tricks_are_found_and_honest_text_is_left_alone() {
        for (line, prose, name) in [
            ("plain: text\twith a tab\r", "", ""),
            ("if access_level != \"user\u{202e} \u{2066}// admin\u{2069}\"", "Bidi", "Bidi"),
            ("שלום\u{200f} עולם", "", ""),
            ("mark\u{200f} without letters", "Bidi", "Bidi"),
            ("pass\u{200b}word", "Invisible", "Invisible"),
            ("a\u{200d}b", "Invisible", "Invisible"),
            ("👩\u{200d}💻 and 👨\u{200d}👩\u{200d}👧 and ❤\u{fe0f}\u{200d}🔥", "", ""),
            ("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} flag", "", ""),
            ("hidden\u{e0041}\u{e0042}", "Invisible", "Invisible"),
            ("😀\u{fe0f}\u{fe01}\u{fe02}\u{fe03}", "Invisible", "Invisible"),
            ("می\u{200c}خواهم", "", ""),
            ("葛\u{e0100}城市", "", ""),
            ("日本語 README 中文 한국어 naïve façade", "", ""),
            ("\u{feff}first", "", ""),
            ("not\u{feff}first", "Invisible", "Invisible"),
            ("\u{1b}[2Jgone", "Escape", "Escape"),
            ("good\rbad", "Escape", "Escape"),
            ("c1 \u{9b}31m", "Escape", "Escape"),
            ("minified \u{1}", "", "Escape"),
            ("аpps/web.yaml", "Lookalike", "Lookalike"),
            ("арр/web.yaml", "", "Lookalike"),
            ("Привет, мир: а и о", "", ""),
            ("SQL-запрос к podам", "", ""),
            ("10 μs, Δt, Ωm and πr", "", ""),
            ("ｆｕｌｌ width", "", "Lookalike"),
            ("𝐛𝐨𝐥𝐝 title", "", "Lookalike"),
            ("kubectl аpply -f х.yaml", "Lookalike", "Lookalike"),
        ] {
            assert_eq!(found(line, false), prose, "{line:?}");
            assert_eq!(found(line, true), name, "{line:?} as a name");
        }
    }

    #[test]
    fn a_reader_takes_it_for_latin() {
        let read = |text: &str| text.chars().filter_map(fold).collect::<String>();
        assert_eq!(read("Ig\u{200b}nоre ＰＲＥＶＩＯＵＳ 𝐫ules"), "ignore previous rules");
    }

    proptest::proptest! {
        #[test]
        fn places_are_within_the_line(line in "\\PC{0,80}|[а-яa-z\u{200b}-\u{200f}\u{202e}\u{1b}\r/]{0,40}") {
            for (_, range) in tricks(&line, true) {
                proptest::prop_assert!(line.get(range).is_some_and(|text| !text.is_empty()));
            }
        }
    }
}

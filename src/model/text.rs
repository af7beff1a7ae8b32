//! Text that somebody else wrote, made fit for a terminal, a commit subject or a log line.
//!
//! Everything an agent writes is hostile until shown otherwise: escape sequences that repaint the screen, bidirectional
//! controls that reorder what is read (CVE-2021-42574), zero-width and tag characters that hide words. They are shown, as
//! `<U+202E>`, never obeyed and never dropped: a reader must see that they are there.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// `1 proposal`, `3 proposals`, `3 entries`, `3 days`: a number and a regular noun of our own.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        _ if number == 1 => format!("1 {noun}"),
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {noun}s"),
    }
}

/// Whether a character acts on its surroundings instead of standing for itself.
///
/// Control characters (C0, DEL, C1), Unicode's `Bidi_Control` characters, the invisible ones of the general category Cf that
/// text can hide behind, line and paragraph separators, tags and the supplementary variation selectors. The zero-width
/// joiner and the emoji variation selector are left alone only inside [`printable`], where a grapheme proves their use.
#[must_use]
pub const fn is_active(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Shows active characters instead of letting them act; one line in, one line out.
///
/// Tabs and newlines become `<U+0009>` and `<U+000A>` too: callers that mean to keep them split or expand first
/// (see [`single_line`]). Borrowed where nothing had to change.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) || !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for grapheme in text.graphemes(true) {
        let joined_emoji = joins_emoji(grapheme);
        for c in grapheme.chars() {
            if is_active(c) && !(c == '\u{200d}' && joined_emoji) {
                let _ = write!(out, "<U+{:04X}>", c as u32);
            } else {
                out.push(c);
            }
        }
    }
    Cow::Owned(out)
}

/// Whether a grapheme is a sequence of wide symbols held together by the zero-width joiner, as family emoji are.
fn joins_emoji(grapheme: &str) -> bool {
    grapheme.contains('\u{200d}') && grapheme.split('\u{200d}').all(|part| part.width() == 2)
}

/// [`printable`] for text that may hold line breaks and tabs: they become single spaces, and the ends are trimmed.
#[must_use]
pub fn single_line(text: &str) -> String {
    let words: Vec<&str> = text.split(['\n', '\r', '\t']).map(str::trim).filter(|part| !part.is_empty()).collect();
    printable(&words.join(" ")).into_owned()
}

/// [`printable`] for bytes: what is not UTF-8 is shown as `\xNN`.
#[must_use]
pub fn printable_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&printable(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// At most `columns` terminal columns of a printable text; the last one is `…` where something was cut.
#[must_use]
pub fn truncate(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let mut end = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used >= columns.max(1) {
            break;
        }
        end = start + grapheme.len();
    }
    Cow::Owned(if columns == 0 { String::new() } else { format!("{}…", &text[..end]) })
}

/// Words in brackets by which forges leave checks out.
const SKIPS: [&str; 5] = ["skip ci]", "ci skip]", "no ci]", "skip actions]", "actions skip]"];

/// What precedes the number of something on a forge.
const NUMBERED: [&str; 5] = ["#", "GH-", "/issues/", "/pull/", "/discussions/"];

/// Breaks up what a forge acts on in the message of a commit: mentions, which tell people; references, which closing words
/// make close issues; and the words by which checks are left out. A space comes in between, for all to see.
#[must_use]
pub fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        out.push(c);
        let rest = &text[at + c.len_utf8()..];
        let acts = match c {
            '@' => mentions(&text[..at], rest),
            '[' => SKIPS.iter().any(|words| starts_with(rest, words)),
            '#' | '-' | '/' => rest.starts_with(|next: char| next.is_ascii_digit()) && ends_numbered(&out),
            _ => false,
        };
        if acts {
            out.push(' ');
        }
    }
    out
}

/// Whether an `@` between these is a mention, and no part of an address.
fn mentions(before: &str, rest: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    rest.starts_with(|next: char| next.is_ascii_alphanumeric()) && !before.ends_with(word)
}

fn starts_with(text: &str, words: &str) -> bool {
    text.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words))
}

fn ends_numbered(text: &str) -> bool {
    let ends = |words: &str| {
        let from = text.len().checked_sub(words.len());
        from.and_then(|from| text.get(from..)).is_some_and(|end| end.eq_ignore_ascii_case(words))
    };
    NUMBERED.iter().any(|words| ends(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        for text in ["", "memory: 2Gi", "naïve façade", "日本語", "👩‍💻 ok"] {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn active_characters_are_shown() {
        for (text, shown) in [
            ("\x1b[2Jgone", "<U+001B>[2Jgone"),
            ("a\u{202e}b", "a<U+202E>b"),
            ("pass\u{200b}word", "pass<U+200B>word"),
            ("a\u{200d}b", "a<U+200D>b"),
            ("\u{9b}31m", "<U+009B>31m"),
            ("x\u{e0041}", "x<U+E0041>"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_shown() {
        assert_eq!(printable_bytes(b"caf\xe9/\x07"), "caf\\xe9/<U+0007>");
    }

    #[test]
    fn nouns_follow_their_number() {
        let counted = [0, 1, 2].map(|number| [count(number, "merge"), count(number, "entry")].join(", "));
        assert_eq!(counted, ["0 merges, 0 entries", "1 merge, 1 entry", "2 merges, 2 entries"]);
    }

    #[test]
    fn lines_become_one() {
        assert_eq!(single_line("  a\n\n\tb\r\n"), "a b");
    }

    #[test]
    fn nothing_in_it_makes_a_forge_act() {
        for (text, shown) in [
            ("ping @acme/leads, maria@corp.example", "ping @ acme/leads, maria@corp.example"),
            ("é@team (@x) @@y @ z", "é@ team (@ x) @@ y @ z"),
            ("Fixes #12, closes acme/shop#3; gh-4 GH-x", "Fixes # 12, closes acme/shop# 3; gh- 4 GH-x"),
            ("closes https://github.com/a/b/issues/1", "closes https://github.com/a/b/issues/ 1"),
            ("/pull/2 /Discussions/3 a/b/1", "/pull/ 2 /Discussions/ 3 a/b/1"),
            ("[skip ci] [CI Skip][no ci] [x]", "[ skip ci] [ CI Skip][ no ci] [x]"),
            ("ends @", "ends @"),
            ("ß#", "ß#"),
        ] {
            assert_eq!(inert(text), shown);
            assert_eq!(inert(shown), shown, "once is enough");
        }
    }

    #[test]
    fn cuts_at_columns_not_bytes() {
        assert_eq!(truncate("日本語", 6), "日本語");
        assert_eq!(truncate("日本語", 5), "日本…");
        assert_eq!(truncate("日本語", 4), "日…");
        assert_eq!(truncate("abc", 0), "");
        assert_eq!(truncate("abcdef", 3), "ab…");
    }
}

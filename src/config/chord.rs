//! One key press with its modifiers, and how it is written: `j`, `G`, `ctrl-d`, `space`, `f1`.
//!
//! It knows nothing of a terminal library: `tui` turns what a terminal sends into chords, and a test writes them as text.

use std::fmt;
use std::str::FromStr;

/// The key of a chord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character as typed: `G` is a character of its own, not `g` with a modifier.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, 1 to 24.
    Function(u8),
}

/// The keys that have names, as they are written; the first name of a key is the one that is shown.
const NAMED: [(&str, Code); 22] = [
    ("space", Code::Char(' ')),
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("backtab", Code::BackTab),
    ("backspace", Code::Backspace),
    ("del", Code::Delete),
    ("ins", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pgup", Code::PageUp),
    ("pgdn", Code::PageDown),
    ("return", Code::Enter),
    ("escape", Code::Esc),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
];

/// Control characters that terminals cannot tell from a key of its own.
const TWINS: [(char, &str); 4] = [('i', "tab"), ('m', "enter"), ('[', "esc"), ('h', "backspace")];

/// A key with its modifiers, in the one form in which equal presses are equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord {
    /// The key.
    pub code: Code,
    /// With the control key.
    pub ctrl: bool,
    /// With the alt key.
    pub alt: bool,
    /// With the shift key; never set for characters and [`Code::BackTab`], which carry it in themselves.
    pub shift: bool,
}

impl Chord {
    /// Makes the normal form of a press: shift melts into the character, shift and tab become [`Code::BackTab`].
    #[must_use]
    pub fn new(code: Code, ctrl: bool, alt: bool, shift: bool) -> Self {
        let code = match code {
            Code::Char(c) if shift && !ctrl && c.is_lowercase() => upper(c),
            Code::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
            Code::Tab if shift => Code::BackTab,
            other => other,
        };
        let shift = shift && !matches!(code, Code::Char(_) | Code::BackTab);
        Self { code, ctrl, alt, shift }
    }

    /// A character without modifiers.
    #[must_use]
    pub const fn char(c: char) -> Self {
        Self::key(Code::Char(c))
    }

    /// A key without modifiers.
    #[must_use]
    pub const fn key(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// The character that this chord types into a text field, if it types one.
    #[must_use]
    pub const fn typed(&self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// The short form for hint bars and key tables: `^d`, `space`, `G`.
    #[must_use]
    pub fn label(&self) -> String {
        match self.code {
            Code::Char(c) if self.ctrl && !self.alt && c != ' ' => format!("^{c}"),
            _ => self.to_string(),
        }
    }
}

/// The upper case of a character, where that is one character.
fn upper(c: char) -> Code {
    let mut all = c.to_uppercase();
    match (all.next(), all.next()) {
        (Some(one), None) => Code::Char(one),
        _ => Code::Char(c),
    }
}

impl fmt::Display for Chord {
    /// Writes the form that parses back: `ctrl-d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                f.write_str(name)?;
            }
        }
        match (self.code, NAMED.iter().find(|(_, code)| *code == self.code)) {
            (_, Some((name, _))) => f.write_str(name),
            (Code::Char(c), None) => write!(f, "{c}"),
            (Code::Function(n), None) => write!(f, "f{n}"),
            (_, None) => Ok(()),
        }
    }
}

/// Why a text is not a chord.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ChordError {
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub hint: String,
}

impl ChordError {
    fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        while let Some((held, key)) = rest.split_once('-').filter(|(held, key)| !held.is_empty() && !key.is_empty()) {
            match held {
                "ctrl" => ctrl = true,
                "alt" => alt = true,
                "shift" => shift = true,
                _ => return Err(ChordError::new(format!("unknown modifier `{held}-`"), "write ctrl-, alt- or shift-")),
            }
            rest = key;
        }
        let code = code(rest).ok_or_else(|| unknown_key(rest))?;
        reject_the_unsendable(code, ctrl, shift)?;
        Ok(Self::new(code, ctrl, alt, shift))
    }
}

fn code(text: &str) -> Option<Code> {
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control() && !c.is_whitespace()).then_some(Code::Char(c));
    }
    let function = || {
        let number = text.strip_prefix('f')?.parse().ok()?;
        (1..=24).contains(&number).then_some(Code::Function(number))
    };
    NAMED.iter().find(|(name, _)| *name == text).map(|(_, code)| *code).or_else(function)
}

fn unknown_key(text: &str) -> ChordError {
    if text.is_empty() {
        return ChordError::new("a chord without a key", "write a key such as j, ctrl-d, space or f1");
    }
    let lower = text.to_lowercase();
    if lower != text && code(&lower).is_some() {
        return ChordError::new(format!("unknown key `{text}`"), format!("names are lower case: {lower}"));
    }
    let spaced: Vec<String> = text.chars().take(8).map(String::from).collect();
    let hint = if text.chars().count() <= 3 {
        format!("the keys of a sequence are written apart: {}", spaced.join(" "))
    } else {
        let names: Vec<&str> = NAMED.iter().take(16).map(|(name, _)| *name).collect();
        format!("one character, f1 to f24, or one of {}", names.join(", "))
    };
    ChordError::new(format!("unknown key `{text}`"), hint)
}

/// Refuses what no terminal, or not every terminal, can send apart from another key.
fn reject_the_unsendable(code: Code, ctrl: bool, shift: bool) -> Result<(), ChordError> {
    let Code::Char(c) = code else { return Ok(()) };
    if ctrl && let Some((_, twin)) = TWINS.iter().find(|(twin, _)| *twin == c.to_ascii_lowercase()) {
        return Err(ChordError::new(
            format!("terminals send ctrl-{c} as {twin}"),
            format!("bind {twin}, or choose another letter"),
        ));
    }
    if ctrl && (shift || c.is_ascii_uppercase()) {
        return Err(ChordError::new(
            format!("terminals send ctrl-{c} without its shift"),
            format!("write ctrl-{}", c.to_ascii_lowercase()),
        ));
    }
    if shift {
        return Err(ChordError::new(
            "shift belongs to the character itself",
            format!("write {}", if c.is_lowercase() { c.to_uppercase().to_string() } else { c.to_string() }),
        ));
    }
    Ok(())
}

/// Parses a sequence of chords written apart: `g g`, `] c`, `ctrl-x ctrl-e`.
pub fn parse_sequence(text: &str) -> Result<Vec<Chord>, ChordError> {
    let chords = text.split_whitespace().map(str::parse).collect::<Result<Vec<Chord>, _>>()?;
    if chords.is_empty() {
        return Err(ChordError::new(
            "an empty chord",
            "write a key such as j, `g g` or ctrl-d; the space bar is `space`",
        ));
    }
    if chords.len() > MAX_SEQUENCE {
        return Err(ChordError::new(
            format!("a sequence of {} keys", chords.len()),
            format!("use at most {MAX_SEQUENCE}"),
        ));
    }
    Ok(chords)
}

/// The longest sequence; more is not a shortcut.
const MAX_SEQUENCE: usize = 4;

/// The short form of a sequence: `gg`, `]c`, `^x^e`, `g space`.
#[must_use]
pub fn sequence_label(chords: &[Chord]) -> String {
    let labels: Vec<String> = chords.iter().map(Chord::label).collect();
    let tight = labels.iter().all(|label| label.chars().count() == 1) || chords.iter().all(|chord| chord.ctrl);
    labels.join(if tight { "" } else { " " })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chords_parse_and_print() {
        for (text, chord, label) in [
            ("j", Chord::char('j'), "j"),
            ("G", Chord::char('G'), "G"),
            ("-", Chord::char('-'), "-"),
            ("+", Chord::char('+'), "+"),
            ("!", Chord::char('!'), "!"),
            ("space", Chord::char(' '), "space"),
            ("return", Chord::key(Code::Enter), "enter"),
            ("backtab", Chord::key(Code::BackTab), "backtab"),
            ("shift-tab", Chord::key(Code::BackTab), "backtab"),
            ("f12", Chord::key(Code::Function(12)), "f12"),
            ("ctrl-d", Chord { ctrl: true, ..Chord::char('d') }, "^d"),
            ("ctrl--", Chord { ctrl: true, ..Chord::char('-') }, "^-"),
            ("ctrl-space", Chord { ctrl: true, ..Chord::char(' ') }, "ctrl-space"),
            ("alt-x", Chord { alt: true, ..Chord::char('x') }, "alt-x"),
            ("alt-X", Chord { alt: true, ..Chord::char('X') }, "alt-X"),
            ("shift-up", Chord { shift: true, ..Chord::key(Code::Up) }, "shift-up"),
            ("ctrl-alt-del", Chord { ctrl: true, alt: true, ..Chord::key(Code::Delete) }, "ctrl-alt-del"),
            ("é", Chord::char('é'), "é"),
        ] {
            assert_eq!(text.parse::<Chord>().unwrap(), chord, "{text}");
            assert_eq!(chord.label(), label);
            assert_eq!(chord.to_string().parse::<Chord>().unwrap(), chord, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_with_a_hint() {
        for (text, what, hint) in [
            ("", "a chord without a key", "such as j"),
            ("gg", "unknown key `gg`", "g g"),
            ("Esc", "unknown key `Esc`", "lower case: esc"),
            ("f25", "unknown key `f25`", "apart"),
            ("super-x", "unknown modifier `super-`", "ctrl-, alt- or shift-"),
            ("ctrl-i", "terminals send ctrl-i as tab", "bind tab"),
            ("ctrl-D", "terminals send ctrl-D without its shift", "ctrl-d"),
            ("shift-g", "shift belongs to the character itself", "write G"),
            ("wibble", "unknown key `wibble`", "one character"),
            ("\u{1b}", "unknown key", "apart"),
        ] {
            let error = text.parse::<Chord>().unwrap_err();
            assert!(error.what.contains(what), "{text}: {}", error.what);
            assert!(error.hint.contains(hint), "{text}: {}", error.hint);
        }
    }

    #[test]
    fn sequences_parse_and_are_short() {
        for (text, label) in [("g g", "gg"), ("] c", "]c"), ("ctrl-x ctrl-e", "^x^e"), ("g space", "g space")] {
            assert_eq!(sequence_label(&parse_sequence(text).unwrap()), label);
        }
        assert!(parse_sequence("  ").unwrap_err().what.contains("empty"));
        assert!(parse_sequence("a b c d e").unwrap_err().what.contains("5 keys"));
    }

    #[test]
    fn presses_have_one_form() {
        assert_eq!(Chord::new(Code::Char('g'), false, false, true), Chord::char('G'));
        assert_eq!(Chord::new(Code::Char('G'), false, false, true), Chord::char('G'));
        assert_eq!(Chord::new(Code::Tab, false, false, true), Chord::key(Code::BackTab));
        assert_eq!(Chord::new(Code::BackTab, false, false, true), Chord::key(Code::BackTab));
        assert_eq!(Chord::new(Code::Char('D'), true, false, true), "ctrl-d".parse().unwrap());
        assert_eq!(Chord::new(Code::Char('ß'), false, false, true), Chord::char('ß'));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,12}") {
            if let Ok(chord) = text.parse::<Chord>() {
                prop_assert_eq!(chord.to_string().parse::<Chord>().unwrap(), chord);
            }
            let _ = parse_sequence(&text);
        }
    }
}

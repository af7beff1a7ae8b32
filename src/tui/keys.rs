//! What a terminal sends, as chords and text.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::config::{Chord, Code};

/// The longest paste in bytes; more is no feedback.
const LONGEST_PASTE: usize = 256 * 1024;

/// What a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Pressed a key, or held it down until it repeated.
    Chord(Chord),
    /// Pasted text: one message, and never keys. Lines end with `\n`; there is no other control character but the tab.
    Paste(String),
    /// Gave the terminal so many columns and rows.
    Resize(u16, u16),
}

/// What an event of the terminal means; nothing where it is a key let go, a key that has no name here, or the mouse.
#[must_use]
pub fn input(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => chord(key).map(Input::Chord),
        Event::Paste(text) => Some(Input::Paste(pasted(&text))),
        Event::Resize(columns, rows) => Some(Input::Resize(columns, rows)),
        _ => None,
    }
}

fn chord(key: KeyEvent) -> Option<Chord> {
    let held = |modifier| key.modifiers.contains(modifier);
    if key.modifiers.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META) {
        return None;
    }
    let code = match key.code {
        KeyCode::Char(c) if c.is_control() => return None,
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(number) => Code::Function(number),
        _ => return None,
    };
    Some(Chord::new(code, held(KeyModifiers::CONTROL), held(KeyModifiers::ALT), held(KeyModifiers::SHIFT)))
}

/// Terminals send a carriage return for each line break of a paste.
fn pasted(text: &str) -> String {
    let end = (0..=LONGEST_PASTE.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let lines = text[..end].replace("\r\n", "\n").replace('\r', "\n");
    lines.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_become_chords() {
        let none = KeyModifiers::NONE;
        for (event, chord) in [
            (key(KeyCode::Char('j'), none), "j"),
            (key(KeyCode::Char('G'), KeyModifiers::SHIFT), "G"),
            (key(KeyCode::Char('g'), KeyModifiers::SHIFT), "G"),
            (key(KeyCode::Char(' '), none), "space"),
            (key(KeyCode::Char(' '), KeyModifiers::CONTROL), "ctrl-space"),
            (key(KeyCode::Char('d'), KeyModifiers::CONTROL), "ctrl-d"),
            (key(KeyCode::Char('x'), KeyModifiers::ALT), "alt-x"),
            (key(KeyCode::Enter, none), "enter"),
            (key(KeyCode::BackTab, KeyModifiers::SHIFT), "backtab"),
            (key(KeyCode::Up, KeyModifiers::SHIFT | KeyModifiers::CONTROL), "ctrl-shift-up"),
            (key(KeyCode::F(5), none), "f5"),
            (key(KeyCode::PageDown, none), "pgdn"),
        ] {
            assert_eq!(input(event.clone()), Some(Input::Chord(chord.parse().unwrap())), "{event:?}");
        }
    }

    #[test]
    fn letting_go_and_foreign_keys_mean_nothing() {
        let released = KeyEvent::new_with_kind(KeyCode::Char('y'), KeyModifiers::NONE, KeyEventKind::Release);
        for event in [
            Event::Key(released),
            key(KeyCode::Char('y'), KeyModifiers::SUPER),
            key(KeyCode::CapsLock, KeyModifiers::NONE),
            key(KeyCode::Char('\u{7}'), KeyModifiers::NONE),
            Event::FocusGained,
        ] {
            assert_eq!(input(event.clone()), None, "{event:?}");
        }
    }

    #[test]
    fn a_paste_is_text_and_nothing_else() {
        for (text, kept) in [
            ("two\r\nlines\rhere\n", "two\nlines\nhere\n"),
            ("\x1b[31mred\x07\ttab\u{9b}", "[31mred\ttab"),
            ("naïve 日本", "naïve 日本"),
        ] {
            assert_eq!(input(Event::Paste(text.into())), Some(Input::Paste(kept.into())));
        }
        let Some(Input::Paste(cut)) = input(Event::Paste("é".repeat(LONGEST_PASTE))) else { panic!("not a paste") };
        assert_eq!(cut.len(), LONGEST_PASTE);
    }
}

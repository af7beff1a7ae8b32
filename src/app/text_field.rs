//! A text that a person writes, with readline's keys.

use ratatui_textarea::{CursorMove, Input, Key, TextArea};

use crate::config::{Chord, Code};

/// Characters that a text may have; what is pasted beyond is cut.
const LIMIT: usize = 20_000;

/// A text, a cursor in it, and its keys.
#[derive(Debug, Clone)]
pub struct TextField {
    area: TextArea<'static>,
    single: bool,
}

impl TextField {
    /// A text of any number of lines, with the cursor at its end.
    #[must_use]
    pub fn lines_of(text: &str) -> Self {
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        Self { area, single: false }
    }

    /// A text of one line, with the cursor at its end.
    #[must_use]
    pub fn line_of(text: &str) -> Self {
        Self { single: true, ..Self::lines_of(&text.replace('\n', " ")) }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Its lines; at least one.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// Where the cursor is: line and character, from 0.
    #[must_use]
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// Whether a key edits text or moves in it, so that no keymap may have it.
    #[must_use]
    pub fn takes(&self, chord: &Chord) -> bool {
        if chord.ctrl || chord.alt {
            return false;
        }
        match chord.code {
            Code::Char(_) | Code::Backspace | Code::Delete | Code::Left | Code::Right | Code::Home | Code::End => true,
            Code::Enter | Code::Up | Code::Down => !self.single,
            _ => false,
        }
    }

    /// Takes a key; says whether the text changed.
    pub fn press(&mut self, chord: &Chord) -> bool {
        if let Some(changed) = self.readline(chord) {
            return changed;
        }
        if chord.typed().is_some() && self.full() {
            return false;
        }
        self.takes(chord) && self.area.input_without_shortcuts(input(chord))
    }

    /// Takes pasted text as text; says whether the text changed.
    pub fn paste(&mut self, text: &str) -> bool {
        let room = LIMIT.saturating_sub(self.text().chars().count());
        let text: String = text.replace("\r\n", "\n").replace('\r', "\n").chars().take(room).collect();
        self.area.insert_str(if self.single { text.replace('\n', " ") } else { text })
    }

    fn full(&self) -> bool {
        self.area.lines().iter().map(String::len).sum::<usize>() >= LIMIT
    }

    /// The keys of readline, as bash has them; `None` for a key that is not one of them.
    fn readline(&mut self, chord: &Chord) -> Option<bool> {
        let Code::Char(c) = chord.code else { return None };
        let area = &mut self.area;
        let moved = match (chord.ctrl, chord.alt, c) {
            (true, false, 'a') => CursorMove::Head,
            (true, false, 'e') => CursorMove::End,
            (true, false, 'b') => CursorMove::Back,
            (true, false, 'f') => CursorMove::Forward,
            (true, false, 'p') => CursorMove::Up,
            (true, false, 'n') => CursorMove::Down,
            (false, true, 'b') => CursorMove::WordBack,
            (false, true, 'f') => CursorMove::WordForward,
            (true, false, 'u') => return Some(area.delete_line_by_head()),
            (true, false, 'k') => return Some(area.delete_line_by_end()),
            (true, false, 'w') => return Some(area.delete_word()),
            (true, false, 'd') => return Some(area.delete_next_char()),
            (true, false, 'h') => return Some(area.delete_char()),
            (true, false, 'y') => return Some(area.paste()),
            (true, false, '_' | '7') => return Some(area.undo()),
            (false, true, 'd') => return Some(area.delete_next_word()),
            _ => return None,
        };
        area.move_cursor(moved);
        Some(false)
    }
}

fn input(chord: &Chord) -> Input {
    let key = match chord.code {
        Code::Char(c) => Key::Char(c),
        Code::Enter => Key::Enter,
        Code::Backspace => Key::Backspace,
        Code::Delete => Key::Delete,
        Code::Left => Key::Left,
        Code::Right => Key::Right,
        Code::Up => Key::Up,
        Code::Down => Key::Down,
        Code::Home => Key::Home,
        Code::End => Key::End,
        _ => Key::Null,
    };
    Input { key, ctrl: chord.ctrl, alt: chord.alt, shift: chord.shift }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> TextField {
        let mut field = TextField::lines_of("");
        for key in keys.split_whitespace() {
            field.press(&key.parse().unwrap());
        }
        field
    }

    #[test]
    fn readline_stays_readline() {
        for (keys, text) in [
            ("a b space c ctrl-w", "ab "),
            ("a b c ctrl-u d", "d"),
            ("a b c ctrl-a ctrl-k", ""),
            ("a b ctrl-a c ctrl-e d", "cabd"),
            ("a b ctrl-b c", "acb"),
            ("a b backspace", "a"),
            ("a enter b", "a\nb"),
            ("a b ctrl-w ctrl-y", "ab"),
            ("a space b alt-b c", "a cb"),
        ] {
            assert_eq!(typed(keys).text(), text, "{keys}");
        }
    }

    #[test]
    fn pasted_text_is_text_and_bounded() {
        let mut line = TextField::line_of("");
        line.paste("a\r\nb\rc");
        assert_eq!(line.text(), "a b c");
        let mut lines = TextField::lines_of("");
        lines.paste(&"x".repeat(LIMIT * 2));
        assert_eq!(lines.text().len(), LIMIT);
        lines.press(&Chord::char('y'));
        assert_eq!(lines.text().len(), LIMIT);
    }
}

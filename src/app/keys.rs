//! From a key to an action, by the keymap and what lies on top.

use jiff::Timestamp;

use super::actions::Action;
use super::status::Status;
use super::{App, Command};
use crate::config::{Chord, Code, Step, sequence_label};

impl App {
    /// Takes a key.
    pub(super) fn key(&mut self, chord: Chord, at: Timestamp) -> Vec<Command> {
        self.now = self.now.max(at);
        self.poll.touch(at);
        self.status = None;
        if self.types(&chord) {
            self.leaving = false;
            return self.typed(&chord);
        }
        let stack = self.context().stack();
        let step = self.keymap.step(stack, &self.pending, chord);
        let action = match step {
            Step::Action(name) => Action::from_name(name),
            Step::Pending => {
                self.pending.push(chord);
                self.disarm();
                return Vec::new();
            }
            Step::Unbound => return self.unbound(chord),
        };
        self.pending.clear();
        action.map_or_else(Vec::new, |action| self.press(action, at))
    }

    /// Whether a key edits the text that the cursor is in, and so is nobody else's.
    fn types(&mut self, chord: &Chord) -> bool {
        if !self.pending.is_empty() {
            return false;
        }
        let text = match (&mut self.overlay, &mut self.sheet) {
            (Some(overlay), _) => overlay.text(),
            (None, Some(sheet)) => sheet.text(),
            (None, None) => None,
        };
        text.is_some_and(|text| text.takes(chord))
    }

    /// A key that is bound to nothing: it ends a begun chord, or it may be one of readline's.
    fn unbound(&mut self, chord: Chord) -> Vec<Command> {
        self.leaving = false;
        if !self.pending.is_empty() {
            let begun = std::mem::take(&mut self.pending);
            if chord.code != Code::Esc {
                let keys = sequence_label(&[begun.as_slice(), &[chord]].concat());
                self.status = Some(Status::plain(format!("{keys} is bound to nothing")));
            }
            self.disarm();
            return Vec::new();
        }
        self.typed(&chord)
    }

    /// Does an action, or says why not.
    pub(super) fn press(&mut self, action: Action, at: Timestamp) -> Vec<Command> {
        if !matches!(action, Action::Confirm | Action::Send) {
            self.disarm();
        }
        if action != Action::Leave {
            self.leaving = false;
        }
        if let Some(why) = (action.info().disabled)(self) {
            self.status = Some(Status::warn(format!("{}: {why}", action.info().label)));
            return Vec::new();
        }
        self.act(action, at)
    }

    /// A key that does not confirm takes away what was armed.
    pub(super) fn disarm(&mut self) {
        if let Some(sheet) = &mut self.sheet {
            sheet.disarm();
        }
    }
}

//! The terminal: set-up and restore, input, the screen and its bytes, the loop.

mod clipboard;
mod glyph;
mod inbox;
mod keyboard;
mod keys;
mod links;
mod paint;
mod pen;
#[cfg(test)]
mod promises;
mod run;
mod screen;
mod shift;
mod terminal;

pub use clipboard::copy;
pub use inbox::{Clock, Inbox, Mailbox, mailbox};
pub use keys::{Input, input};
pub use links::takes_links;
pub use run::{Console, Drawn, End, Output};
pub use screen::{Marks, Screen};
pub use terminal::{Terminal, last_words, restore};

#[cfg(test)]
mod tests {
    use crate::app::ACTIONS;
    use crate::config::{Base, Context, Keymap, KnownAction, Source};

    fn actions() -> Vec<KnownAction<'static>> {
        ACTIONS.iter().map(|info| (info.name, info.contexts)).collect()
    }

    #[test]
    fn the_shipped_keymaps_are_without_fault() {
        for base in [Base::Vim, Base::Arrows] {
            assert_eq!(Keymap::load(base, None, &actions()).1, []);
        }
    }

    #[test]
    fn every_action_has_a_key_wherever_it_works() {
        for base in [Base::Vim, Base::Arrows] {
            let (keymap, _) = Keymap::load(base, None, &actions());
            for info in ACTIONS {
                for context in info.contexts {
                    let label = keymap.label(context.stack(), info.name);
                    assert!(label.is_some(), "{base:?}: {} has no key in {context}", info.name);
                }
            }
        }
    }

    #[test]
    fn the_actions_that_consent_are_known_to_the_guard() {
        for (context, consents) in [(Context::Confirm, "confirm"), (Context::Write, "send")] {
            let text = format!("[{context}]\nenter = \"{consents}\"\n");
            let (_, problems) = Keymap::load(Base::Vim, Some(Source::new("keymap.toml", &text)), &actions());
            assert!(problems.iter().any(|problem| problem.what.contains("may not")), "{problems:?}");
        }
    }
}

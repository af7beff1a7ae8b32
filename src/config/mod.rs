//! What a user may set: keys, colours, and a few choices.
//!
//! This layer parses text that `io` has read and touches nothing itself. Every loader returns what it understood and every
//! problem that it met, each with file, line, column and a next step: a setting is never ignored in silence.

mod chord;
mod github;
pub mod keymap;
pub mod settings;
mod source;
pub mod theme;

pub use chord::{Chord, ChordError, Code, parse_sequence, sequence_label};
pub use github::GitHubSettings;
pub use keymap::{Base, Binding, Context, Keymap, KnownAction, Step};
pub use settings::Settings;
pub use source::{Source, nearest};
pub use theme::{ColourChoice, Depth, Ground, LinkMark, Role, Styles, Theme};

//! The terminal: set-up and restore, input, the screen and its bytes, the loop.

mod clipboard;
mod glyph;
mod keys;
mod paint;
mod pen;
mod screen;
mod shift;
mod terminal;

pub use clipboard::copy;
pub use keys::{Input, input};
pub use screen::Screen;
pub use terminal::{Terminal, last_words, restore};

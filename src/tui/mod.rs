//! The terminal: set-up and restore, input, the screen and its bytes, the loop.

mod glyph;
mod paint;
mod pen;
mod screen;
mod shift;

pub use screen::Screen;

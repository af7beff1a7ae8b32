//! A fixture, a string of keys, and the screen that follows; beside the text, a hash of the styles.

mod console;
mod screens;

use console::Console;

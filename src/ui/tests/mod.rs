//! A fixture, a string of keys, and the screen that follows; beside the text, a hash of the styles.

mod chaos;
mod console;
mod screens;
mod states;

use console::Console;

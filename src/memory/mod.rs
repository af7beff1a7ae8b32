//! Memory: what rejections teach, as the managed section of an agent's memory file.
//!
//! The truth is the ledger; the section is a projection of it that everybody renders to the same bytes. [`lessons`] numbers
//! and merges what was taught, [`render()`] writes the section for one file at one moment, [`apply`] puts it into the file
//! without changing another byte, and [`holds`] tells whether a file's section is what the ledger says.
//!
//! The section, line by line, each ending in LF:
//!
//! ```text
//! <!-- BEGIN countersign lessons v1 -->
//! ## Lessons from review
//! - TEXT Scope: SCOPE. [L-NNN YYYY-MM, ID8, until DATE]
//! <!-- END countersign lessons -->
//! ```
//!
//! There is no blank line in it. The section begins with the first byte of the BEGIN line and ends with the last `>` of the
//! END marker; the line end behind it belongs to the file.

mod draft;
mod lesson;
mod render;
mod section;

pub use draft::{default_scope, lesson_from_note, scope_fault};
pub use lesson::{Lesson, lessons};
pub use render::{BEGIN, END, HEADING, MAX_LESSONS, line, render};
pub use section::{MemoryFault, apply, holds, section};

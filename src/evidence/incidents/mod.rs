//! What happened the last time: incidents from files, from the history and from the ledger, and which of them a proposal
//! should remind people of.
//!
//! [`read`] turns a file of the target branch into incidents: Markdown with YAML or TOML front matter, bold lines or a table,
//! or one JSON form. Files are bounded before they are parsed, and nothing fails: what is wrong with a file is a
//! [`Problem`](crate::model::Problem) beside what was understood. [`Past`] puts files, commits and rejections together, and
//! [`Past::hits`] compares them with what a proposal touches: same field, file, object, service, folder, and last words, which
//! are shown. Commits, rejections and changed fields come in as data.

mod commits;
mod date;
mod front;
mod inline;
mod matching;
mod mending;
mod mentions;
mod meta;
mod names;
mod past;
mod record;
mod rejections;
mod severity;
#[cfg(test)]
mod tests;
mod values;
mod words;

pub use commits::{PastCommit, Undone, description_of, request_of, tells, undone, without_request};
pub use matching::{Touched, TouchedField};
pub use mending::{Mending, is_update, mending};
pub use past::{Naming, Past};
pub use record::{MAX_FILE, Told, ids_in as names_in, read};
pub use rejections::PastRejection;
pub use values::changed_too;

//! Git, in two halves: objects and refs are read in process with libgit2; what crosses a network, signs or moves a ref goes
//! through the `git` program.
//!
//! - [`process`]: starts `git`.
//! - [`repository`]: one local repository: where it is, what it is called, its branches and target.
//! - [`store`]: the object database alone, hermetic: no configuration, attributes, drivers or filters.
//! - [`proposals`]: branches of agents become proposals.
//! - [`files`]: the files of a tree, by name.
//! - [`mirror`]: a forge's repository in the cache folder, without the contents that nobody asked for.
//! - [`needs`]: which contents a reading takes.
//! - [`refresh`][]: fetches.
//! - [`shallow`]: where the history of a shallow clone ends.
//! - [`stack`]: merges proposals on top of each other.
//! - [`stream`]: a `git` whose long answer is read while it is written.
//! - [`talk`]: a `git` that answers while it runs.

pub mod files;
mod form;
pub mod keep;
pub mod ledger;
pub mod limits;
pub mod merge;
pub mod mirror;
pub mod needs;
pub mod open;
pub mod past;
pub mod process;
pub mod proposals;
mod pulls;
pub mod refresh;
pub mod repository;
pub mod shallow;
pub mod stack;
pub mod store;
pub mod stream;
pub mod talk;
pub mod verify;
mod whole;
pub mod write;

//! The outside: git, GitHub, the signer, the state folder, files and the clock. Everything here may fail, block and change under
//! one's feet; everything above it is a function of its inputs.

mod adoption;
mod again;
pub mod begun;
pub mod browser;
pub mod cache;
pub mod checks;
pub mod clock;
pub mod contents;
pub mod demo;
pub mod evidence;
pub mod fault;
pub mod fetch;
pub mod git;
pub mod github;
pub mod index;
pub mod init;
pub mod inventory;
pub mod landed;
mod lessons;
pub mod post;
pub mod record;
pub mod recover;
pub mod send;
pub mod sightings;
pub mod signer;
pub mod sought;
pub mod state;
pub mod told;
pub mod values;
pub mod wish;
pub mod workspace;

//! GitHub: pull requests and what is said of them, over its API. What a pull request changes comes from git's objects.
//!
//! One thread with a small tokio runtime has the connections; everybody else calls functions that block and can be cancelled, so
//! that nothing outside this module knows of tokio. Requests are read into our own small structs, because answers are hostile,
//! partial and of many versions: what is missing is `None`, and what cannot be read costs one pull request, never the list.
//! [`limits`] says as a pure function what comes after an answer: nothing here waits without a bound, and only reads are
//! asked again. What is written goes through `write`, one post at a time, and each is an order that only the engine makes.

mod about;
mod answer;
mod asked;
mod cache;
mod client;
mod details;
mod error;
mod filter;
mod found;
mod host;
pub mod limits;
mod listing;
mod raw;
mod refusal;
mod rollup;
mod secret;
mod source;
mod token;
mod wire;
mod write;

pub use about::{identity, protected, readable, repository, rules};
pub use answer::Answer;
pub use cache::ListingCache;
pub use client::{Changed, Client, Reading, Setup};
pub use details::{Details, checks, details};
pub use error::GitHubError;
pub use filter::Filter;
pub use found::{Found, Search, search};
pub use host::{Host, HostError};
pub use listing::{Landed, Listing, MOST, refresh};
pub use raw::{check_run, remark, rest_pull, review, status};
pub use refusal::{Refused, Why};
pub use rollup::rollups;
pub use secret::Secret;
pub use source::{Connection, Lookup, Source};
pub use token::{Surroundings, Token, TokenError, TokenSource};
pub use wire::{Patience, Proxies, Still};
pub use write::{May, Posted, offer, post, post_all};

//! The pull requests that were listed last, kept for the first frame of the next console.
//!
//! A file for each GitHub and repository in the cache folder, replaced as a whole and deletable at any time, with the marks by which
//! GitHub is asked whether anything changed. It is never believed: it is shown with its age, and decided by nothing.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::host::Host;
use super::listing::Listing;
use crate::io::cache::{read_own, replace};
use crate::io::state::hexadecimal;
use crate::model::forge::RepoName;

/// Raised when listings are read in another way than before; a new version of the program starts anew too.
const FORMAT: &str = concat!("countersign ", env!("CARGO_PKG_VERSION"), " pulls 4");
/// Bytes of a file that is read or written: a thousand pull requests with long descriptions.
const LIMIT: u64 = 64 << 20;

/// The cache of one repository's listing.
#[derive(Debug, Clone)]
pub struct ListingCache {
    file: PathBuf,
}

impl ListingCache {
    /// The cache of a repository, below the user's cache folder `base`.
    #[must_use]
    pub fn of(base: &Path, host: &Host, repo: &RepoName) -> Self {
        // GitHub's names know no case; the address tells a server from another at the same name.
        let name = repo.to_string().to_ascii_lowercase();
        let key = hexadecimal(&Sha256::digest(format!("{host} {name}")));
        Self { file: base.join("github").join(format!("{}-{}", name.replace('/', "-"), &key[..16])) }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// What was kept, with the time it is of; nothing where there is no file, or none that can be used.
    #[must_use]
    pub fn load(&self, repo: &RepoName) -> Option<Listing> {
        let body = read_own(&self.file, LIMIT, FORMAT)?;
        serde_json::from_slice::<Listing>(&body).ok().filter(|listing| listing.repo == *repo)
    }

    /// Keeps a listing. Where that fails, the next console asks for everything.
    pub fn keep(&self, listing: &Listing) -> io::Result<()> {
        let body = serde_json::to_vec(listing)?;
        if body.len() as u64 > LIMIT { self.clear() } else { replace(&self.file, FORMAT, &body) }
    }

    /// Forgets it.
    pub fn clear(&self) -> io::Result<()> {
        match std::fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

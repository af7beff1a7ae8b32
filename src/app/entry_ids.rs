//! Fresh ledger ids, without asking the outside: drawn from a secret seed by hashing.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::model::EntryId;

/// An endless supply of ids that nobody can guess who does not know the seed.
pub struct EntryIds {
    seed: [u8; 32],
    drawn: u64,
}

impl EntryIds {
    /// Begins with 32 random bytes (or, in a demo with a fixed time, bytes that follow from it).
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0 }
    }

    /// The next id: the first 128 bits of SHA-256 over the seed and a counter.
    pub fn draw(&mut self) -> EntryId {
        self.drawn += 1;
        let hash = Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        EntryId::from_bytes(id)
    }
}

/// Leaves the seed out.
impl fmt::Debug for EntryIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryIds").field("drawn", &self.drawn).finish_non_exhaustive()
    }
}

//! The two reviewers' keys.
//!
//! They are derived from words in this file, so anybody has them: they are good for a sandbox and for nothing else. Their
//! comment says so. A comment can be dropped, so whoever decides which signers count outside a demo's genesis can compare
//! with [`public_keys`] itself.

use sha2::{Digest as _, Sha256};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{LineEnding, PrivateKey, PublicKey};

use crate::engine::DEMO_KEY_MARK;

use super::DemoError;
use super::cast::{REVIEWERS, Who};

/// The comment of every demo key, by which the engine knows them.
pub(super) const KEY_COMMENT: &str = DEMO_KEY_MARK;

/// A reviewer's key in OpenSSH's formats.
#[derive(Debug, Clone)]
pub(super) struct KeyPair {
    pub(super) private: String,
    pub(super) public: String,
}

/// The key of one reviewer, the same every time.
pub(super) fn pair(who: Who) -> Result<KeyPair, DemoError> {
    let key = private(who)?;
    let private = key.to_openssh(LineEnding::LF)?.to_string();
    Ok(KeyPair { private, public: key.public_key().to_openssh()? })
}

/// The public keys of the demo's reviewers, which must not count outside a demo.
pub fn public_keys() -> Result<Vec<PublicKey>, DemoError> {
    REVIEWERS.into_iter().map(|who| Ok(private(who)?.public_key().clone())).collect()
}

fn private(who: Who) -> Result<PrivateKey, DemoError> {
    let seed = Sha256::digest(format!("{KEY_COMMENT}: {}", who.identity().0));
    let pair = Ed25519Keypair::from_seed(&seed.into());
    Ok(PrivateKey::new(KeypairData::from(pair), KEY_COMMENT)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_marked_distinct_and_the_same_every_time() {
        let (you, sam) = (pair(Who::You).unwrap(), pair(Who::Sam).unwrap());
        assert_ne!(you.public, sam.public);
        assert_eq!(you.private, pair(Who::You).unwrap().private);
        assert!(you.public.ends_with(KEY_COMMENT) && sam.public.ends_with(KEY_COMMENT));
        assert_eq!(public_keys().unwrap().len(), 2);
    }
}

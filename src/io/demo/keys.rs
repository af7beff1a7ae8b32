//! The two reviewers' keys.
//!
//! They are derived from words in this file, so anybody has them: they are good for a sandbox and for nothing else. Their
//! comment says so. A comment can be dropped: outside a demo, `policy::is_demo_key` knows them by their fingerprints.

use sha2::{Digest as _, Sha256};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{LineEnding, PrivateKey};

use super::DemoError;
use super::cast::Who;

/// The comment of every demo key, for people.
pub(super) const KEY_COMMENT: &str = "countersign-demo-only";

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

fn private(who: Who) -> Result<PrivateKey, DemoError> {
    let seed = Sha256::digest(format!("{KEY_COMMENT}: {}", who.identity().0));
    let pair = Ed25519Keypair::from_seed(&seed.into());
    Ok(PrivateKey::new(KeypairData::from(pair), KEY_COMMENT)?)
}

#[cfg(test)]
mod tests {
    use ssh_key::HashAlg;

    use super::super::cast::REVIEWERS;
    use super::*;

    #[test]
    fn keys_are_marked_distinct_and_the_same_every_time() {
        let (you, sam) = (pair(Who::You).unwrap(), pair(Who::Sam).unwrap());
        assert_ne!(you.public, sam.public);
        assert_eq!(you.private, pair(Who::You).unwrap().private);
        assert!(you.public.ends_with(KEY_COMMENT) && sam.public.ends_with(KEY_COMMENT));
    }

    #[test]
    fn keys_are_known_as_the_demos() {
        for who in REVIEWERS {
            let fingerprint = private(who).unwrap().fingerprint(HashAlg::Sha256).to_string();
            assert!(crate::policy::is_demo_key(&fingerprint), "{fingerprint}");
        }
    }
}

//! Whether a commit's signature holds, and whose it is: two questions, kept apart.
//!
//! [`seal`] asks whether some key signed exactly these bytes in git's namespace. That depends on the commit alone, so the
//! shell may compute it on all cores and keep the answer by object id. [`signer`] asks whose key that is by the
//! `allowed_signers` in force, at a time; that depends on the place in the chain and is asked every time.
//!
//! Certificates, and whatever the crate ssh-key cannot read, are left to `ssh-keygen -Y verify`: [`read`](super::read)
//! lists what it needs, and the shell hands the answers in as [`Externals`].

use std::collections::HashMap;

use jiff::Timestamp;
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, SshSig};

use super::{RawCommit, SignatureFault};
use crate::model::{Oid, text};
use crate::policy::{Signer, Signers};

/// The namespace in which git signs (`git-commit-tree(1)`, gpg.format=ssh).
pub const NAMESPACE: &str = "git";

/// The largest RSA modulus, in bits, that the crate rsa verifies; larger keys go to `ssh-keygen`.
const RSA_MAX_BITS: usize = 4096;

/// A signature that holds: this key signed exactly these bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// The key.
    pub key: KeyData,
    /// Whether it is a hardware key that felt a finger (the user-presence flag of FIDO).
    pub touched: bool,
}

impl Seal {
    /// The key's fingerprint, `SHA256:…`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint(HashAlg::Sha256).to_string()
    }
}

/// What in-process verification says of a commit's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealed {
    /// It holds.
    Holds(Seal),
    /// It does not.
    Broken(SignatureFault),
    /// `ssh-keygen` must be asked; why.
    NeedsSshKeygen(String),
}

/// Who signed, by the signers in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The principal of the signer line: an address of a person, or a machine's name.
    pub principal: String,
    /// The key's fingerprint; `None` where `ssh-keygen` judged.
    pub key: Option<String>,
    /// Whether a hardware key felt a finger.
    pub touched: bool,
}

/// A signature that only `ssh-keygen` can judge, with all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The commit of the ledger.
    pub commit: Oid,
    /// The commit of the default branch whose `.countersign/allowed_signers` is in force there.
    pub root: Oid,
    /// The verification time (`-O verify-time=`).
    pub at: Timestamp,
}

/// What the shell has found out beside the chain.
#[derive(Debug, Clone, Default)]
pub struct Externals {
    /// Seals computed before, by commit. Whoever can write here can forge: it lives where only the reader can write.
    pub seals: HashMap<Oid, Sealed>,
    /// What `ssh-keygen` says of a commit under a root: the principal, or why not.
    pub answers: HashMap<(Oid, Oid), Result<String, String>>,
}

/// Whether some key signed exactly these bytes. Pure and slow (a signature check), the same for ever.
#[must_use]
pub fn seal(commit: &RawCommit) -> Sealed {
    let Some(armor) = &commit.signature else {
        return Sealed::Broken(SignatureFault::Missing);
    };
    if !armor.starts_with(b"-----BEGIN SSH SIGNATURE-----\n") {
        let first = armor.split(|byte| *byte == b'\n').next().unwrap_or_default();
        return Sealed::Broken(SignatureFault::NotSsh(text::printable_bytes(&first[..first.len().min(60)])));
    }
    // The armour's own line ends are LF; a CR would be read as one too, and give an entry a second spelling.
    let signature = match SshSig::from_pem(armor) {
        Ok(signature) if !armor.contains(&b'\r') => signature,
        Ok(_) => return Sealed::NeedsSshKeygen("its lines end with CR".to_owned()),
        Err(error) => return Sealed::NeedsSshKeygen(error.to_string()),
    };
    if signature.version() != SshSig::VERSION || !signature.reserved().is_empty() {
        return Sealed::NeedsSshKeygen("a signature of another version".to_owned());
    }
    if signature.namespace() != NAMESPACE {
        let namespace: String = signature.namespace().chars().take(60).collect();
        return Sealed::Broken(SignatureFault::Namespace(text::single_line(&namespace)));
    }
    if let Some(why) = unsupported(signature.public_key()) {
        return Sealed::NeedsSshKeygen(why);
    }
    let key = ssh_key::PublicKey::from(signature.public_key().clone());
    match key.verify(NAMESPACE, &commit.payload, &signature) {
        Ok(()) => Sealed::Holds(Seal { touched: touched(&signature), key: signature.public_key().clone() }),
        Err(_) => Sealed::Broken(SignatureFault::Bad),
    }
}

/// Why a key cannot be judged in process.
fn unsupported(key: &KeyData) -> Option<String> {
    match key {
        KeyData::Rsa(rsa) => {
            let bits = rsa.n.as_positive_bytes().map_or(0, |modulus| modulus.len() * 8);
            (bits > RSA_MAX_BITS).then(|| format!("an RSA key of {bits} bits"))
        }
        KeyData::Ed25519(_) | KeyData::Ecdsa(_) | KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_) => None,
        other => Some(format!("a key of the kind {}", other.algorithm())),
    }
}

/// Whether the signature carries the user-presence flag. ssh-key keeps flags (1 byte) and counter (4) behind the bytes of a
/// FIDO signature; bit 0 of the flags is user presence (`PROTOCOL.u2f` of OpenSSH).
fn touched(signature: &SshSig) -> bool {
    let fido = matches!(signature.algorithm(), Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256);
    let bytes = signature.signature_bytes();
    fido && bytes.len() > 5 && bytes[bytes.len() - 5] & 1 == 1
}

/// Whose key a seal's is, by these signers at this time.
pub fn signer(seal: &Seal, signers: &Signers, at: Timestamp) -> Result<Verified, SignatureFault> {
    let key = seal.fingerprint();
    let mut lines = signers.lines.iter().filter(|line| !line.cert_authority && *line.key.key_data() == seal.key);
    let first = lines.clone().next().ok_or_else(|| SignatureFault::UnknownKey(key.clone()))?;
    if let Some(other) = lines.clone().find(|line| line.principal != first.principal) {
        let (first, second) = (first.principal.clone(), other.principal.clone());
        return Err(SignatureFault::Shared { key, first, second });
    }
    if lines.any(|line| refusal(line, at).is_none()) {
        return Ok(Verified { principal: first.principal.clone(), key: Some(key), touched: seal.touched });
    }
    let why = refusal(first, at).unwrap_or_default();
    Err(SignatureFault::NotAllowed { key, principal: first.principal.clone(), why })
}

/// Why a signer line does not cover a signature in git's namespace at this time.
fn refusal(line: &Signer, at: Timestamp) -> Option<String> {
    let named = |names: &Vec<String>| names.iter().any(|name| name == NAMESPACE || name == "*");
    if !line.namespaces.as_ref().is_none_or(named) {
        return Some(format!("line {} allows other namespaces only", line.line));
    }
    if let Some(from) = line.valid_after.filter(|from| at < *from) {
        return Some(format!("line {} is valid from {from} on, and this is {at}", line.line));
    }
    // OpenSSH still takes the moment itself; refusing it is the stricter reading of "before".
    let until = line.valid_before.filter(|until| at >= *until)?;
    Some(format!("line {} is valid before {until}, and this is {at}", line.line))
}

/// What the chain knows of one commit's signature under one root.
pub(super) fn verify(
    commit: &RawCommit,
    signers: &Signers,
    question: &Question,
    externals: &Externals,
) -> Result<Verified, SignatureFault> {
    let answer = externals.answers.get(&(question.commit, question.root));
    let sealed = externals.seals.get(&commit.oid).cloned().unwrap_or_else(|| seal(commit));
    match (sealed, answer) {
        // Whatever the process finds, a refusal by ssh-keygen stands: a disagreement fails closed.
        (_, Some(Err(why))) => Err(SignatureFault::Refused(text::single_line(why))),
        (Sealed::Holds(seal), Some(Ok(principal))) => {
            let verified = signer(&seal, signers, question.at)?;
            if verified.principal == *principal { Ok(verified) } else { Err(SignatureFault::Bad) }
        }
        (Sealed::Holds(seal), None) => signer(&seal, signers, question.at),
        (Sealed::Broken(fault), _) => Err(fault),
        (Sealed::NeedsSshKeygen(_), Some(Ok(principal))) => {
            Ok(Verified { principal: principal.clone(), key: None, touched: false })
        }
        (Sealed::NeedsSshKeygen(why), None) => Err(SignatureFault::Unresolved(why)),
    }
}

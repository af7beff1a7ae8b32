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
use ssh_key::{HashAlg, SshSig};

use super::armor::{self, FIDO_TRAILER};
use super::{RawCommit, SignatureFault};
use crate::model::{Oid, text};
use crate::policy::{Signer, Signers};

/// The namespace in which git signs (`git-commit-tree(1)`, gpg.format=ssh).
pub const NAMESPACE: &str = Signer::NAMESPACE;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    let signature = match SshSig::from_pem(armor) {
        Ok(signature) if armor::is_canonical(armor, &signature) => signature,
        Ok(_) => return Sealed::NeedsSshKeygen("it is not spelled as ssh-keygen spells signatures".to_owned()),
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

/// Whether the signature carries the user-presence flag: bit 0 of the flags that ssh-key keeps before the counter, behind the
/// bytes of a FIDO signature (`PROTOCOL.u2f` of OpenSSH).
fn touched(signature: &SshSig) -> bool {
    let bytes = signature.signature_bytes();
    let flags = bytes.len().checked_sub(FIDO_TRAILER).and_then(|place| bytes.get(place));
    armor::is_fido(signature) && flags.is_some_and(|flags| flags & 1 == 1)
}

/// Whose key a seal's is, by these signers at this time.
pub fn signer(seal: &Seal, signers: &Signers, at: Timestamp) -> Result<Verified, SignatureFault> {
    match signers.valid_at(&seal.key, at) {
        Some(line) => {
            let key = Some(seal.fingerprint());
            Ok(Verified { principal: line.principal.clone(), key, touched: seal.touched })
        }
        None => Err(refusal(seal, signers, at)),
    }
}

/// Why no signer line says whose key it is.
fn refusal(seal: &Seal, signers: &Signers, at: Timestamp) -> SignatureFault {
    let key = seal.fingerprint();
    let lines: Vec<&Signer> = signers.lines.iter().filter(|line| *line.key.key_data() == seal.key).collect();
    let Some(first) = lines.first() else {
        return SignatureFault::UnknownKey(key);
    };
    let principal = text::single_line(&first.principal);
    if let Some(other) = lines.iter().find(|line| line.principal != first.principal) {
        return SignatureFault::Shared { key, first: principal, second: text::single_line(&other.principal) };
    }
    let why = if !first.is_single() {
        "its principal is not one plain address".to_owned()
    } else if first.cert_authority {
        "it is an authority for certificates".to_owned()
    } else if let Some(from) = first.valid_after.filter(|from| at < *from) {
        format!("it is valid from {from} on, and this is {at}")
    } else if let Some(until) = first.valid_before.filter(|until| at >= *until) {
        format!("it is valid before {until}, and this is {at}")
    } else {
        format!("it may not sign in the namespace `{NAMESPACE}`")
    };
    SignatureFault::NotAllowed { key, principal, line: first.line, why }
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

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};
    use ssh_key::public::SkEd25519;
    use ssh_key::{Algorithm, LineEnding, PrivateKey, PublicKey, Signature, SigningKey};

    use super::*;
    use crate::ledger::testing::{self, commit, key, oid, sealed, time, with_signature};

    /// A commit that was signed by `ssh-keygen -Y sign -n git` of OpenSSH 9.2, with nobody's keys.
    fn fixture(name: &str) -> RawCommit {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ledger");
        let payload = std::fs::read(format!("{folder}/payload")).unwrap();
        let armor = std::fs::read_to_string(format!("{folder}/{name}.sig")).unwrap();
        commit(&with_signature(&payload, &armor))
    }

    fn fixture_key(name: &str) -> PublicKey {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ledger");
        PublicKey::from_openssh(&std::fs::read_to_string(format!("{folder}/{name}.pub")).unwrap()).unwrap()
    }

    #[test]
    fn openssh_signatures_of_every_plain_kind_hold() {
        for name in ["ed25519", "p256", "p384", "p521", "rsa3072"] {
            let Sealed::Holds(seal) = seal(&fixture(name)) else { panic!("{name}: {:?}", seal(&fixture(name))) };
            assert_eq!(seal.key, *fixture_key(name).key_data(), "{name}");
            assert!(!seal.touched, "{name}");
        }
    }

    #[test]
    fn every_kind_has_one_spelling() {
        for name in ["ed25519", "p256", "p384", "p521", "rsa3072"] {
            let good = fixture(name);
            for place in 0..good.signature.as_ref().map_or(0, Vec::len) {
                for mask in [1, 0x20] {
                    let mut flipped = good.clone();
                    if let Some(armor) = &mut flipped.signature {
                        armor[place] ^= mask;
                    }
                    assert!(!matches!(seal(&flipped), Sealed::Holds(_)), "{name}: {mask} at {place}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_judged_in_process_is_left_to_ssh_keygen() {
        for name in ["certificate", "rsa8192"] {
            assert!(matches!(seal(&fixture(name)), Sealed::NeedsSshKeygen(_)), "{name}");
        }
    }

    #[test]
    fn other_signatures_do_not_hold() {
        let payload = fixture("ed25519").payload;
        assert_eq!(seal(&fixture("other-namespace")), Sealed::Broken(SignatureFault::Namespace("file".to_owned())));
        assert_eq!(seal(&commit(&payload)), Sealed::Broken(SignatureFault::Missing));
        let pgp = with_signature(&payload, "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----");
        assert!(matches!(seal(&commit(&pgp)), Sealed::Broken(SignatureFault::NotSsh(_))));
        let mut other = fixture("ed25519");
        other.payload.push(b'\n');
        assert_eq!(seal(&other), Sealed::Broken(SignatureFault::Bad));
        let garbage = "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----";
        assert!(matches!(seal(&commit(&with_signature(&payload, garbage))), Sealed::NeedsSshKeygen(_)));
    }

    fn signed_by<K: SigningKey>(key: &K, message: &[u8]) -> Signature {
        key.try_sign(message).unwrap()
    }

    /// A FIDO signature as OpenSSH's PROTOCOL.u2f describes it, made by a key in memory.
    fn hardware(flags: u8) -> RawCommit {
        let payload = fixture("ed25519").payload;
        let private: PrivateKey = key("hardware");
        let inner = private.public_key().key_data().ed25519().copied().unwrap();
        let public = KeyData::SkEd25519(SkEd25519::new(inner, "ssh:"));
        let message = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, &payload).unwrap();
        let trailer = [flags, 0, 0, 0, 7];
        let signed = [&Sha256::digest("ssh:")[..], &trailer, &Sha256::digest(&message)[..]].concat();
        let data = [signed_by(&private, &signed).as_bytes(), &trailer].concat();
        let signature = Signature::new(Algorithm::SkEd25519, data).unwrap();
        let signature = SshSig::new(public, NAMESPACE, HashAlg::Sha512, signature).unwrap();
        commit(&with_signature(&payload, &signature.to_pem(LineEnding::LF).unwrap()))
    }

    #[test]
    fn a_touch_is_seen_and_bound() {
        for (flags, touch) in [(0x01, true), (0x05, true), (0x00, false), (0x04, false)] {
            let Sealed::Holds(seal) = seal(&hardware(flags)) else { panic!("{flags}") };
            assert_eq!(seal.touched, touch, "{flags}");
        }
    }

    fn holds(name: &str) -> Seal {
        match seal(&commit(&sealed(&fixture("ed25519").payload, &key(name)))) {
            Sealed::Holds(seal) => seal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_is_whose_line_covers_it_at_that_time() {
        let line = |from, until| {
            let mut line = testing::signer("maria");
            (line.valid_after, line.valid_before) = (Some(time(from)), Some(time(until)));
            line
        };
        let signers = Signers { lines: vec![line(10, 20), line(30, 40)] };
        for (at, ok) in [(9, false), (10, true), (19, true), (20, false), (25, false), (30, true), (40, false)] {
            assert_eq!(signer(&holds("maria"), &signers, time(at)).is_ok(), ok, "{at}");
        }
    }

    #[test]
    fn refusals_say_which_line_and_why() {
        type Spoil = fn(&mut Signers);
        let spoilt: [(&str, Spoil); 5] = [
            ("not among the signers", |s| s.lines.remove(0).line = 0),
            ("one key, one person", |s| s.lines[1].key = s.lines[0].key.clone()),
            ("not one plain address", |s| s.lines[0].principal = "*@corp.example".to_owned()),
            ("authority", |s| s.lines[0].cert_authority = true),
            ("namespace", |s| s.lines[0].namespaces = vec!["file".to_owned()]),
        ];
        for (text, spoil) in spoilt {
            let mut signers = Signers { lines: vec![testing::signer("maria"), testing::signer("sam")] };
            spoil(&mut signers);
            let fault = signer(&holds("maria"), &signers, time(0)).expect_err(text).to_string();
            assert!(fault.contains(text), "{text}: {fault}");
        }
    }

    #[test]
    fn a_disagreement_with_ssh_keygen_fails_closed() {
        let signers = Signers { lines: vec![testing::signer("maria")] };
        let plain = commit(&sealed(&fixture("ed25519").payload, &key("maria")));
        let ask = |commit: &RawCommit, answer: Option<Result<&str, &str>>| {
            let question = Question { commit: commit.oid, root: oid("root"), at: time(0) };
            let mut externals = Externals::default();
            if let Some(answer) = answer {
                let answer = answer.map(str::to_owned).map_err(str::to_owned);
                externals.answers.insert((commit.oid, oid("root")), answer);
            }
            verify(commit, &signers, &question, &externals).map(|verified| verified.principal)
        };
        let maria = "maria@corp.example".to_owned();
        assert_eq!(ask(&plain, None), Ok(maria.clone()));
        assert_eq!(ask(&plain, Some(Ok("maria@corp.example"))), Ok(maria.clone()));
        assert!(ask(&plain, Some(Ok("sam@corp.example"))).is_err());
        assert!(ask(&plain, Some(Err("no"))).is_err());
        let certified = fixture("certificate");
        assert!(matches!(ask(&certified, None), Err(SignatureFault::Unresolved(_))));
        assert_eq!(ask(&certified, Some(Ok("maria@corp.example"))), Ok(maria));
        assert!(ask(&certified, Some(Err("no"))).is_err());
    }
}

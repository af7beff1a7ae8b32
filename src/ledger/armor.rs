//! The one armour of a signature: what its parts encode to, as `ssh-keygen` writes it.
//!
//! The crate ssh-key reads some lengths leniently, and its encoder of FIDO ECDSA signatures differs from OpenSSH's. So the
//! encoding of `PROTOCOL.sshsig` is written out here, and a signature in any other spelling is not judged in process.

use ssh_key::public::KeyData;
use ssh_key::{Algorithm, PublicKey, SshSig};

/// Base64 characters on a line (OpenSSH's `sshbuf_dtob64` wraps at 70).
const LINE: usize = 70;

/// Bytes behind a FIDO signature: flags and a counter.
pub(super) const FIDO_TRAILER: usize = 5;

/// Whether an armoured signature is spelled as `ssh-keygen` would spell these parts.
pub(super) fn is_canonical(armor: &[u8], signature: &SshSig) -> bool {
    encoded(signature).is_some_and(|canonical| canonical.as_bytes() == armor)
}

/// Whether a signature is made by a FIDO key.
pub(super) fn is_fido(signature: &SshSig) -> bool {
    matches!(signature.algorithm(), Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256)
}

fn encoded(signature: &SshSig) -> Option<String> {
    let mut blob = b"SSHSIG".to_vec();
    blob.extend_from_slice(&signature.version().to_be_bytes());
    string(&mut blob, &key_blob(signature.public_key())?)?;
    string(&mut blob, signature.namespace().as_bytes())?;
    string(&mut blob, signature.reserved())?;
    string(&mut blob, signature.hash_alg().as_str().as_bytes())?;
    string(&mut blob, &signature_blob(signature)?)?;
    let text = base64(&blob);
    let lines = text.as_bytes().chunks(LINE).map(|line| String::from_utf8_lossy(line));
    let body: String = lines.flat_map(|line| [line, "\n".into()]).collect();
    Some(format!("-----BEGIN SSH SIGNATURE-----\n{body}-----END SSH SIGNATURE-----\n"))
}

fn key_blob(key: &KeyData) -> Option<Vec<u8>> {
    PublicKey::from(key.clone()).to_bytes().ok()
}

fn signature_blob(signature: &SshSig) -> Option<Vec<u8>> {
    let bytes = signature.signature_bytes();
    let split = if is_fido(signature) { bytes.len().checked_sub(FIDO_TRAILER)? } else { bytes.len() };
    let mut blob = Vec::new();
    string(&mut blob, signature.algorithm().as_str().as_bytes())?;
    string(&mut blob, &bytes[..split])?;
    blob.extend_from_slice(&bytes[split..]);
    Some(blob)
}

/// A string of RFC 4251: its length in four bytes, then its bytes.
fn string(out: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    out.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_be_bytes());
    out.extend_from_slice(bytes);
    Some(())
}

/// Base64 of RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }

    #[test]
    fn what_openssh_writes_is_canonical() {
        for name in ["ed25519", "p256", "p384", "p521", "rsa3072", "other-namespace"] {
            let path = format!("{}/tests/fixtures/ledger/{name}.sig", env!("CARGO_MANIFEST_DIR"));
            let armor = std::fs::read(path).unwrap();
            assert!(is_canonical(&armor, &SshSig::from_pem(&armor).unwrap()), "{name}");
        }
    }
}

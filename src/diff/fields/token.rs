//! Words with the form of a key: tokens of well-known services, private keys with and without their header.

use super::credential::start;

/// Whether a text holds a token or a private key, or what `age` or sops has encrypted.
pub(super) fn has_token(text: &str) -> bool {
    text.contains("ENC[AES256") || is_key(text) || text.split(is_no_token).any(is_token)
}

/// Whether there is a private key in a text: with its header, which may be on one line with its body, or only its body.
fn is_key(text: &str) -> bool {
    let begins = |rest: &str| {
        let header = start(rest, HEADER);
        let line = header.lines().next().unwrap_or_default();
        line.contains("PRIVATE KEY") || line.contains("AGE ENCRYPTED")
    };
    let encoded = |rest: &str| {
        let header = start(rest, HEADER);
        PRIVATE.iter().any(|word| header.contains(word))
    };
    // `MII` with its length, then version 0 and a long number, where a public key or a certificate has neither.
    let rsa = |at: usize| at >= 6 && text.as_bytes()[at - 6..].starts_with(b"MII");
    text.split("-----BEGIN").skip(1).any(begins)
        || text.split("LS0tLS1CRUdJTi").skip(1).any(encoded)
        || text.match_indices("IBAAKCA").any(|(at, _)| rsa(at))
        || BODIES.iter().any(|body| text.contains(body))
}

/// How far behind `-----BEGIN` it is said what begins, in bytes.
const HEADER: usize = 64;

/// `PRIVATE`, encoded once more in base64: at each of the three places in a group.
const PRIVATE: [&str; 3] = ["UFJJVkFU", "UklWQVRF", "SVZBVEUg"];

/// What stands near the start of the bodies of private keys, in base64, and nowhere in those of public ones (RFC 5958, RFC 5915,
/// OpenSSH's `PROTOCOL.key`).
const BODIES: [&str; 9] = [
    // PKCS #8: RSA, elliptic curves, Ed25519, and whatever a password encrypts.
    "IBADANBgkqhkiG9w0BAQEFAASC",
    "AgEAMBMGByqGSM49AgEG",
    "AgEAMBAGByqGSM49AgEG",
    "MC4CAQAwBQYDK2VwBCIE",
    "BgkqhkiG9w0BBQ0w",
    // Elliptic curves by themselves.
    "MHcCAQEE",
    "MIGkAgEBBD",
    "MIHcAgEBBEI",
    "b3BlbnNzaC1rZXktdjEA",
];

pub(super) const fn is_no_token(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Whether a word has the form of a well-known token.
pub(super) fn is_token(word: &str) -> bool {
    const STARTS: [&str; 28] = [
        "AGE-SECRET-KEY-",
        "dckr_pat_",
        "dop_v1_",
        "eyJhbGciOi",
        "eyJhdXRocyI6",
        "gho_",
        "ghp_",
        "ghr_",
        "ghs_",
        "ghu_",
        "github_pat_",
        "glpat-",
        "hvb.",
        "hvs.",
        "rk_live_",
        "rk_test_",
        "shpat_",
        "sk-ant-",
        "sk-proj-",
        "sk_live_",
        "sk_test_",
        "tskey-",
        "xapp-",
        "xoxa-",
        "xoxb-",
        "xoxp-",
        "xoxr-",
        "xoxs-",
    ];
    let access = |word: &str| word.len() == 20 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    word.len() >= 16
        && (STARTS.iter().any(|start| word.starts_with(start))
            || word.starts_with("eyJ") && word.contains(".eyJ")
            || word.starts_with("AIza") && word.len() == 39
            || (word.starts_with("AKIA") || word.starts_with("ASIA")) && access(word)
            || is_random(word))
}

/// Whether a word has a start that other words have as well, and looks drawn by lot behind it.
fn is_random(word: &str) -> bool {
    let drawn = |rest: &str, least: usize| {
        let has = |is: fn(&u8) -> bool| rest.bytes().any(|b| is(&b));
        rest.len() >= least && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
    };
    let plain = |rest: &str| rest.bytes().all(|b| b.is_ascii_alphanumeric());
    let one = |start: &str| word.strip_prefix(start).filter(|rest| plain(rest));
    if let Some((id, secret)) = word.strip_prefix("SG.").and_then(|rest| rest.split_once('.')) {
        return id.len() >= 16 && drawn(secret, 16);
    }
    ["npm_", "hf_"].into_iter().filter_map(one).any(|rest| drawn(rest, 20))
        || one("sk-").is_some_and(|rest| drawn(rest, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_keys_are_known_without_their_header() {
        for (text, private) in [
            ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ", true),
            ("  MIIE/wIBADANBgkqhkiG9w0BAQEFAASCBK\n  x", true),
            ("MIIEpAIBAAKCAQEA", true),
            ("MIIJKQIBAAKCAgEA", true),
            ("MHcCAQEEIA", true),
            ("MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0w", true),
            ("MC4CAQAwBQYDK2VwBCIEIA", true),
            ("b3BlbnNzaC1rZXktdjEAAAAABG5vbmU", true),
            ("LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2", true),
            ("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo", true),
            ("LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0t", true),
            ("-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ", true),
            ("-----BEGIN PRIVATE KEY-----", true),
            // A certificate, two public keys.
            ("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM", false),
            ("MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJRTES", false),
            ("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA", false),
            ("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", false),
            ("AAAAC3NzaC1lZDI1NTE5AAAAI", false),
            ("-----BEGIN PUBLIC KEY-----\nPRIVATE KEY", false),
        ] {
            assert_eq!(has_token(text), private, "{text}");
        }
    }
}

//! Names that say that a value is secret: `DB_PASSWORD`, `apiKey`, `tokens`.

use super::words::words;

/// Parts of names that may say so; without any of them a name does not.
const STEMS: [&[u8]; 7] = [b"pass", b"pw", b"psk", b"secret", b"token", b"cred", b"key"];

/// Whether it is worth the while to cut a name into words.
pub(super) fn may_name(name: &str) -> bool {
    let name = name.as_bytes();
    STEMS.iter().any(|stem| name.windows(stem.len()).any(|part| part.eq_ignore_ascii_case(stem)))
}

/// Whether a name says that its value is secret; `of_text` is whether the value is text.
pub(super) fn names_secret(name: &str, of_text: bool) -> bool {
    const TEXT: [&str; 13] = [
        "accountkey",
        "apikey",
        "apitoken",
        "authkey",
        "authtoken",
        "credential",
        "credentials",
        "presharedkey",
        "privatekey",
        "pw",
        "secret",
        "secretkey",
        "token",
    ];
    const KEYS: [&str; 12] = [
        "access",
        "account",
        "api",
        "auth",
        "encryption",
        "license",
        "master",
        "preshared",
        "private",
        "secret",
        "shared",
        "signing",
    ];
    let mut words = words(name);
    // `DB_PASSWORD_1`, `token2`.
    while words.last().is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit())) {
        words.pop();
    }
    // `SECRET_KEY_BASE`, `adminPasswordHash`.
    let stands_for = |words: &[String]| match words {
        [.., name, end] => end == "base" && name == "key" || end == "hash" && names_password(name),
        _ => false,
    };
    if stands_for(&words) {
        words.pop();
    }
    let Some(last) = words.last().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())) else { return false };
    let before = words.len().checked_sub(2).map(|at| words[at].as_str()).unwrap_or_default();
    // nginx's `proxy_pass` says where to.
    if last == "pass" && matches!(before, "proxy" | "fastcgi" | "uwsgi" | "grpc") {
        return false;
    }
    if names_password(last) {
        return true;
    }
    let names_one = matches!(before, "existing" | "pull" | "from" | "create" | "use" | "tls" | "target" | "external");
    // What Terraform calls the value of a secret.
    let is_value = before == "secret" && matches!(last, "string" | "binary" | "data");
    of_text && (TEXT.contains(&last) && !names_one || last == "key" && KEYS.contains(&before) || is_value)
}

/// Whether a word is one for a password, also as in `PGPASSWORD` and `rootpasswd`.
fn names_password(word: &str) -> bool {
    matches!(word, "passphrase" | "pwd" | "psk" | "pass") || word.ends_with("password") || word.ends_with("passwd")
}

/// Whether a name is one for many secrets, so that all below it are; `of_text` is whether the value is text.
pub(super) fn names_secrets(name: &str, of_text: bool) -> bool {
    const COUNTED: [&str; 12] =
        ["budget", "completion", "context", "eos", "input", "max", "min", "num", "output", "special", "stop", "total"];
    if !may_name(name) {
        return false;
    }
    let words = words(name);
    let Some(one) = words.last().and_then(|last| last.strip_suffix('s')) else { return false };
    let before = words.len().checked_sub(2).map(|at| words[at].as_str()).unwrap_or_default();
    let of_many = matches!(one, "password" | "passwd" | "passphrase");
    let keys = one == "key" && matches!(before, "api" | "private" | "secret") || one == "apikey";
    of_many || of_text && (one == "token" && !COUNTED.contains(&before) || keys)
}

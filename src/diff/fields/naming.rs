//! Names that say that a value is secret: `DB_PASSWORD`, `apiKey`, `tokens`.

use super::node::Entry;
use super::words::words;

/// Parts of names that may say so; without any of them a name does not.
const STEMS: [&[u8]; 7] = [b"pass", b"pw", b"psk", b"secret", b"token", b"cred", b"key"];

/// Last words of names that may say so, too common within others to be looked for there.
const ENDS: [&[u8]; 4] = [b"auth", b"sk", b"pat", b"dsn"];

/// Last words of names that say so where the value is text.
const TEXT: [&str; 15] = [
    "accountkey",
    "apikey",
    "apitoken",
    "authkey",
    "authtoken",
    "cred",
    "creds",
    "credential",
    "credentials",
    "presharedkey",
    "privatekey",
    "pw",
    "secret",
    "secretkey",
    "token",
];

/// Words that say so before `key`.
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

/// Whether it is worth the while to cut a name into words.
pub(super) fn may_name(name: &str) -> bool {
    let name = tail(name).as_bytes();
    let digits = name.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    let word = &name[..name.len() - digits];
    let ends = |end: &&[u8]| word.len() >= end.len() && word[word.len() - end.len()..].eq_ignore_ascii_case(end);
    STEMS.iter().any(|stem| name.windows(stem.len()).any(|part| part.eq_ignore_ascii_case(stem)))
        || ENDS.iter().any(ends)
}

/// The end of a name, where it says what it is one for. Names are asked once for each value below them, so that a long one would
/// be read very often.
pub(super) fn tail(name: &str) -> &str {
    const MOST: usize = 100;
    let mut from = name.len().saturating_sub(MOST);
    while !name.is_char_boundary(from) {
        from += 1;
    }
    &name[from..]
}

/// Whether a name says that its value is secret; `of_text` is whether the value is text.
pub(super) fn names_secret(name: &str, of_text: bool) -> bool {
    let mut words = words(tail(name));
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
    // `existingSecretKey`, `existing_password`: where one is.
    if words.first().is_some_and(|first| first == "existing") {
        return false;
    }
    if names_password(last) {
        return true;
    }
    let names_one = matches!(before, "existing" | "pull" | "from" | "create" | "use" | "tls" | "target" | "external");
    // What Terraform calls the value of a secret.
    let is_value = before == "secret" && matches!(last, "string" | "binary" | "data");
    of_text
        && (TEXT.contains(&last) && !names_one
            || last == "key" && KEYS.contains(&before)
            || is_value
            || is_short(name, last, before))
}

/// Whether a name ends in one of the short words that only some names have for a secret: `STRIPE_SK`, `GITHUB_PAT`,
/// `SENTRY_DSN`, `AUTH`.
fn is_short(name: &str, last: &str, before: &str) -> bool {
    let of_environment = !name.bytes().any(|b| b.is_ascii_lowercase());
    match last {
        "dsn" => true,
        "auth" => of_environment,
        "sk" => of_environment && !before.is_empty() || before == "stripe",
        "pat" => of_environment || matches!(before, "access" | "azure" | "devops" | "gh" | "git" | "github" | "gitlab"),
        _ => false,
    }
}

/// Whether the value under a name that may be one for a secret says how, or where, and not what: `AUTH=basic`,
/// `DB_DSN=file:a.db`.
pub(super) fn says_how(name: &str, value: &str) -> bool {
    const WAYS: [&str; 38] = [
        "anonymous",
        "basic",
        "bearer",
        "cert",
        "cram-md5",
        "default",
        "digest",
        "disable",
        "external",
        "form",
        "forms",
        "gssapi",
        "header",
        "htpasswd",
        "internal",
        "jwt",
        "kerberos",
        "ldap",
        "local",
        "login",
        "md5",
        "mtls",
        "native",
        "ntlm",
        "oauth",
        "oauth2",
        "oidc",
        "peer",
        "plain",
        "proxy",
        "saml",
        "scram-sha-256",
        "sso",
        "tls",
        "token",
        "trust",
        "webauthn",
        "xoauth2",
    ];
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let ends = |end: &str| {
        name.len() >= end.len() && name.as_bytes()[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
    };
    let is_path = || value.starts_with(['/', '.', '~']);
    if ends("auth") {
        return is_path() || value.contains("://") || WAYS.iter().any(|way| way.eq_ignore_ascii_case(value));
    }
    // What is in an address for everybody to see is found there; a key stands before the sign.
    ends("dsn") && !value.contains('@') && (is_path() || value.contains([':', ' ']))
}

/// Whether a key is one under which values stand that another names: `{name: DB_PASSWORD, value: …}`.
pub(super) fn is_value_key(key: &str) -> bool {
    const KEYS: [&str; 9] = [
        "content",
        "literal",
        "parametervalue",
        "plaintext",
        "plaintextvalue",
        "stringvalue",
        "val",
        "value",
        "valuestring",
    ];
    KEYS.iter().any(|own| own.eq_ignore_ascii_case(key))
}

/// Whether a key is one under which the name of what stands beside it is said.
pub(super) fn is_name_key(key: &str) -> bool {
    const KEYS: [&str; 14] = [
        "env",
        "field",
        "id",
        "key",
        "name",
        "option",
        "optionname",
        "option_name",
        "param",
        "parameter",
        "parameterkey",
        "setting",
        "var",
        "variable",
    ];
    KEYS.iter().any(|own| own.eq_ignore_ascii_case(key))
}

/// What a map says to be called; of several names one that says that its value is secret.
pub(super) fn said_name<'n>(entries: &'n [Entry<'_>]) -> Option<&'n str> {
    let said = |entry: &'n Entry<'_>| entry.node.scalar().filter(|_| is_name_key(&entry.key.text));
    let mut names = entries.iter().filter_map(said).map(|scalar| &*scalar.text);
    let first = names.clone().next()?;
    Some(names.find(|name| may_name(name) && names_secret(name, true)).unwrap_or(first))
}

/// Whether a key is one for a map of secrets under names of their own: `secret: {a: …}`, `appSecrets`, `secretEnv`.
pub(super) fn names_secret_map(key: &str) -> bool {
    const OWNERS: [&str; 14] = [
        "additional",
        "api",
        "app",
        "common",
        "custom",
        "db",
        "default",
        "env",
        "extra",
        "global",
        "my",
        "service",
        "shared",
        "user",
    ];
    // Asked for every key above every value.
    let end = tail(key);
    if !end.as_bytes().windows(6).any(|part| part.eq_ignore_ascii_case(b"secret")) {
        return false;
    }
    let words = words(end);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["secret" | "secrets"]
        | [.., "secret" | "secrets", "env" | "envs" | "data" | "values" | "literals" | "strings"]
        | [.., "env", "secret"] => true,
        // Others are deeds and references: `sync-secrets`, `imagePullSecrets`.
        [before, "secrets"] => OWNERS.contains(before),
        _ => false,
    }
}

/// Last words of keys under which something is said about a secret.
const DESCRIBING: [&str; 66] = [
    "annotations",
    "backend",
    "bytes",
    "class",
    "cmd",
    "cmds",
    "command",
    "count",
    "create",
    "days",
    "default",
    "desc",
    "description",
    "driver",
    "enabled",
    "engine",
    "environment",
    "external",
    "file",
    "files",
    "from",
    "gid",
    "group",
    "id",
    "image",
    "immutable",
    "interval",
    "items",
    "key",
    "keys",
    "kind",
    "labels",
    "length",
    "metadata",
    "method",
    "mode",
    "name",
    "names",
    "namespace",
    "optional",
    "path",
    "paths",
    "policy",
    "provider",
    "ref",
    "refs",
    "region",
    "replicas",
    "repository",
    "required",
    "role",
    "run",
    "schedule",
    "script",
    "selector",
    "sh",
    "size",
    "source",
    "store",
    "tag",
    "target",
    "ttl",
    "type",
    "uid",
    "vault",
    "version",
];

/// Whether a key says that what stands under it describes a secret, or is where one is: `secretName`, `mountPath`, `labels`.
pub(super) fn describes(key: &str) -> bool {
    let words = words(tail(key));
    let Some(last) = words.last() else { return false };
    words[0] == "existing" || words[0] == "api" && last == "version" || DESCRIBING.contains(&last.as_str())
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
    let words = words(tail(name));
    let Some(one) = words.last().and_then(|last| last.strip_suffix('s')) else { return false };
    let before = words.len().checked_sub(2).map(|at| words[at].as_str()).unwrap_or_default();
    let of_many = matches!(one, "password" | "passwd" | "passphrase");
    let keys = one == "key" && matches!(before, "api" | "private" | "secret") || one == "apikey";
    of_many || of_text && (one == "token" && !COUNTED.contains(&before) || keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, and whether they are of secrets.
    const NAMES: &[(&str, bool)] = &[
        ("AUTH", true),
        ("REGISTRY_AUTH", true),
        ("auth", false),
        ("STRIPE_SK", true),
        ("stripe_sk", true),
        ("SK", false),
        ("locale_sk", false),
        ("disk", false),
        ("DISK", false),
        ("GITHUB_PAT", true),
        ("PAT", true),
        ("pat", false),
        ("githubPat", true),
        ("SENTRY_DSN", true),
        ("sentryDsn", true),
        ("db_creds", true),
        // Names about secrets, which are none.
        ("secretName", false),
        ("secretKeyRef", false),
        ("tokenTTL", false),
        ("tokenExpiry", false),
        ("passwordPolicy", false),
        ("passwordLength", false),
        ("minPasswordLength", false),
        ("authMode", false),
        ("authType", false),
        ("authProvider", false),
        ("existingSecret", false),
        ("existingSecretPasswordKey", false),
        ("existingSecretKey", false),
        ("imagePullSecrets", false),
        ("imagePullSecret", false),
        ("pullSecret", false),
        ("tlsSecret", false),
        ("externalSecret", false),
        ("secretStoreRef", false),
        ("credentialsSecretRef", false),
        ("credentialsFile", false),
        ("author", false),
        ("authority", false),
        ("keyboard", false),
        ("monkey", false),
        ("tokenizer", false),
        ("passenger", false),
        ("bypass", false),
        ("proxy_pass", false),
        ("passthrough", false),
        ("publicKey", false),
        ("sshPublicKey", false),
        ("keyName", false),
        ("keyId", false),
        ("partitionKey", false),
        ("topologyKey", false),
        ("secretary", false),
        ("task", false),
        ("mask", false),
        ("path", false),
        ("pattern", false),
        ("compat", false),
    ];

    #[test]
    fn names_of_secrets() {
        for (name, secret) in NAMES {
            assert_eq!(may_name(name) && names_secret(name, true), *secret, "{name}");
        }
    }

    #[test]
    fn values_that_say_how() {
        for (name, value, how) in [
            ("AUTH", "basic", true),
            ("SMTP_AUTH", "LOGIN", true),
            ("AUTH", "/etc/htpasswd", true),
            ("PROXY_AUTH", "http://auth.x/verify", true),
            ("AUTH", "hunter2", false),
            ("DB_DSN", "file:a.db?mode=ro", true),
            ("DB_DSN", "postgres://db/x", true),
            ("DB_DSN", "host=db dbname=x", true),
            ("SENTRY_DSN", "https://0123abc@o1.ingest.sentry.io/2", false),
            ("DB_DSN", "hunter2", false),
            ("password", "basic", false),
        ] {
            assert_eq!(says_how(name, value), how, "{name}={value}");
        }
    }

    #[test]
    fn maps_of_secrets() {
        for key in ["secret", "secrets", "appSecrets", "secretEnv", "secret_data", "envSecrets", "ENV_SECRET"] {
            assert!(names_secret_map(key), "{key}");
        }
        for key in [
            "imagePullSecrets",
            "existingSecret",
            "externalSecrets",
            "secretName",
            "secretRef",
            "secretKeyRef",
            "useSecrets",
            "tlsSecrets",
            "sync-secrets",
            "secretStores",
            "sectors",
        ] {
            assert!(!names_secret_map(key), "{key}");
        }
        for key in [
            "secretName",
            "mountPath",
            "labels",
            "apiVersion",
            "existingSecret",
            "refreshInterval",
            "defaultMode",
            "tokenTTL",
        ] {
            assert!(describes(key), "{key}");
        }
        for key in ["a", "data", "password", "db", "username", "connection"] {
            assert!(!describes(key), "{key}");
        }
    }
}

//! Texts that hold a credential, whatever they are called: scripts, connection strings, whole config files inside a value.
//!
//! A text is secret as a whole if one is in it. One pass each for words with the form of a key, for addresses, and for
//! `name=value` with a name that says so; looking back and forth from a sign is bounded, so that all of it is linear. What only
//! says where a secret is (`${PASSWORD}`, `{{ .token }}`, `secretName`, `password: ""`) is none.

use super::words::words;

/// The shortest text that can hold one: `pwd=ab`.
const SHORTEST: usize = 6;
/// The longest name and value, in bytes, that are looked at.
const NAME: usize = 64;
const VALUE: usize = 512;

/// Whether a text holds a credential.
pub(super) fn holds(text: &str) -> bool {
    text.len() >= SHORTEST && (key(text) || address(text) || header(text) || assigned(text) || directed(text))
}

/// A private key, or what `age` or sops has encrypted.
fn key(text: &str) -> bool {
    let begins = |rest: &str| {
        let line = rest.lines().next().unwrap_or_default();
        line.len() < 80 && (line.contains("PRIVATE KEY") || line.contains("AGE ENCRYPTED"))
    };
    text.contains("ENC[AES256") || text.split("-----BEGIN").skip(1).any(begins) || text.split(is_no_token).any(is_token)
}

const fn is_no_token(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Whether a word has the form of a well-known token.
fn is_token(word: &str) -> bool {
    const STARTS: [&str; 26] = [
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
        "shpat_",
        "sk-ant-",
        "sk-proj-",
        "sk_live_",
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
            || (word.starts_with("AKIA") || word.starts_with("ASIA")) && access(word))
}

/// `scheme://user:password@host`, where the password is not taken from somewhere else.
fn address(text: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`' | '>' | ')');
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(ends).next().unwrap_or_default();
        let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
        password.is_some_and(|(_, password)| has_word(password) && !password.contains(['$', '{', '<', '%']))
    })
}

/// `Authorization: Bearer …`, `Basic …`.
fn header(text: &str) -> bool {
    let token = |rest: &str| {
        let token = rest.split(|c: char| is_no_token(c) && !matches!(c, '+' | '/' | '=')).next().unwrap_or_default();
        token.len() >= 16 && token.bytes().any(|b| b.is_ascii_digit())
    };
    ["Bearer ", "bearer ", "Basic ", "basic "].iter().any(|scheme| text.split(scheme).skip(1).any(token))
}

/// `name=value` and `name: value`, anywhere, where the name says that the value is secret.
fn assigned(text: &str) -> bool {
    let bytes = text.as_bytes();
    let signs = bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'=' | b':'));
    signs.map(|(at, _)| at).any(|at| Assignment::at(text, at).is_some_and(|one| one.is_secret()))
}

/// A name, a sign, and what stands behind it.
struct Assignment<'t> {
    name: &'t str,
    /// Whether the sign is a colon, as in prose.
    colon: bool,
    /// Whether nothing but punctuation stands before it in its line.
    first: bool,
    /// The rest of the line.
    rest: &'t str,
}

impl<'t> Assignment<'t> {
    /// The assignment whose sign is at an offset; `None` where that is another sign, or the name does not say so.
    fn at(text: &'t str, at: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let (before, after) = (at.checked_sub(1).map(|at| bytes[at]), bytes.get(at + 1).copied());
        let colon = bytes[at] == b':';
        let other = match (colon, before, after) {
            // `::`, `://`, `:=`, `${A:?why}`, `${A:+b}`
            (true, before, after) => before == Some(b':') || matches!(after, Some(b':' | b'/' | b'=' | b'?' | b'+')),
            // Comparisons.
            (false, before, after) => {
                matches!(before, Some(b'=' | b'!' | b'<' | b'>' | b'~')) || matches!(after, Some(b'=' | b'~'))
            }
        };
        if other {
            return None;
        }
        let end = trimmed_end(bytes, at, b" \t:");
        let end = trimmed_end(bytes, end, b"\"'\\");
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let length = bytes[..end].iter().rev().take(NAME).take_while(|byte| is_name(byte)).count();
        let name = text.get(end - length..end)?;
        if !may_name(name) || !names_secret(name, true) {
            return None;
        }
        let around = bytes[..end - length].iter().rev().take(NAME);
        // `kubernetes.io/token: x` is the name of something else.
        let path = end.checked_sub(length + 1).is_some_and(|at| bytes[at] == b'/');
        if colon && path && !names_secret(name, false) {
            return None;
        }
        let mut around = around.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'-' | b'{' | b'\\'));
        let first = around.next().is_none_or(|byte| matches!(byte, b'\n' | b'\r'));
        let rest = text.get(at + 1..)?;
        let rest = rest.strip_prefix('>').unwrap_or(rest);
        let rest = line(rest).trim_start_matches([' ', '\t']);
        // JSON inside a string: `\"password\": \"…\"`.
        let rest = rest.strip_prefix('\\').filter(|rest| rest.starts_with('"')).unwrap_or(rest);
        Some(Self { name, colon, first, rest })
    }

    fn is_secret(&self) -> bool {
        let (value, behind, quoted) = value(self.rest);
        if !has_word(value) || is_reference(value) || is_word(value) || !quoted && is_code(value, behind) {
            return false;
        }
        let number = value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if number && !names_secret(self.name, false) {
            return false;
        }
        // `The token: rotate it.` is prose, as is `password: must be long` behind other words.
        let last = behind.trim_start().is_empty() || behind.starts_with([',', ';', '}', ')', ']', '"', '\'', '\\']);
        let always = names_secret(self.name, false);
        !self.colon || quoted || last || behind.trim_start().starts_with('#') || always && self.first
    }
}

/// The line that a text begins with, as far as values are looked at.
fn line(text: &str) -> &str {
    let mut end = text.len().min(VALUE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].lines().next().unwrap_or_default()
}

/// The end of what stands before an offset, a few of these signs left out.
fn trimmed_end(bytes: &[u8], end: usize, signs: &[u8]) -> usize {
    end - bytes[..end].iter().rev().take(8).take_while(|byte| signs.contains(byte)).count()
}

/// The value that a line begins with, what stands behind it, and whether it is in quotes.
fn value(rest: &str) -> (&str, &str, bool) {
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inside = &rest[1..];
        let (value, behind) = inside.split_once(quote).unwrap_or((inside, ""));
        return (value.trim_end_matches('\\'), behind, true);
    }
    let block = [("{{", "}}"), ("${{", "}}"), ("$${", "}"), ("${", "}"), ("$(", ")")].into_iter();
    let block = block.filter(|(open, _)| rest.starts_with(open)).max_by_key(|(open, _)| open.len());
    let from = block.and_then(|(open, close)| Some(rest[open.len()..].find(close)? + open.len() + close.len()));
    let from = from.unwrap_or(0);
    let ends =
        |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '`' | ')' | ']' | '}' | '&' | '|' | '>');
    let end = rest[from..].find(ends).map_or(rest.len(), |end| from + end);
    (&rest[..end], &rest[end..], false)
}

/// Whether there is more in a value than signs.
fn has_word(value: &str) -> bool {
    value.chars().any(char::is_alphanumeric)
}

/// Whether a value is a type, or none.
fn is_word(value: &str) -> bool {
    const WORDS: [&str; 24] = [
        "await",
        "bool",
        "boolean",
        "bytes",
        "disabled",
        "enabled",
        "false",
        "function",
        "new",
        "nil",
        "no",
        "none",
        "null",
        "object",
        "off",
        "on",
        "optional",
        "required",
        "str",
        "string",
        "text",
        "true",
        "undefined",
        "yes",
    ];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
}

/// Whether a value without quotes is a piece of a program: a call, a path through its variables, a pattern.
fn is_code(value: &str, behind: &str) -> bool {
    const ROOTS: [&str; 12] =
        ["config", "data", "each", "env", "local", "module", "os", "process", "self", "this", "values", "var"];
    if value.starts_with(['(', '[', '{', '<', '\\', '^', '*', '.', '%', '&', '@']) {
        return true;
    }
    let is_path = |path: &str| {
        let mut parts = path.split('.');
        !path.is_empty()
            && parts.all(|part| !part.is_empty() && !part.starts_with(|c: char| c.is_ascii_digit()))
            && path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
    };
    if let Some((called, arguments)) = value.split_once(['(', '['])
        && is_path(called)
    {
        return arguments.contains([')', ']']) || behind.contains([')', ']']);
    }
    let Some((root, rest)) = value.split_once('.') else { return false };
    let last = rest.rsplit('.').next().unwrap_or_default();
    is_path(value) && (ROOTS.contains(&root) || names_secret(last, true) || names_secret(root, true))
}

/// What is told to a program with a blank between: `--password hunter2`, `requirepass hunter2`, `PASSWORD 'hunter2'`.
fn directed(text: &str) -> bool {
    if !text.contains([' ', '\n', '\t']) {
        return false;
    }
    let mut before = ["", ""];
    for word in text.split_ascii_whitespace() {
        let [earlier, name] = before;
        let quoted = word.starts_with(['\'', '"']);
        let by = |word: &str| earlier.eq_ignore_ascii_case(word);
        let told = match name {
            option if option.starts_with("--") => may_name(option) && names_secret(option, true) && is_argument(word),
            "requirepass" | "masterauth" => true,
            name if name.eq_ignore_ascii_case("password") => quoted || netrc(earlier, text),
            name if name.eq_ignore_ascii_case("by") => quoted && by("identified"),
            _ => false,
        };
        let said = word.trim_matches(['\'', '"', ',', ';', '\\', ')']);
        if told && has_word(said) && !is_reference(said) && !said.starts_with(['<', '$', '{', '%']) {
            return true;
        }
        before = [name, word];
    }
    false
}

/// Whether a text is of the form `machine … login … password …`.
fn netrc(earlier: &str, text: &str) -> bool {
    !earlier.is_empty() && text.trim_start().starts_with("machine ")
}

/// Whether a word behind an option is its value, and not the next word of a sentence.
fn is_argument(word: &str) -> bool {
    const WORDS: [&str; 14] =
        ["a", "and", "as", "can", "flag", "for", "from", "if", "in", "is", "must", "option", "or", "to"];
    !word.starts_with('-') && !WORDS.contains(&word)
}

/// Parts of names that may say so; without any of them a name does not.
const STEMS: [&[u8]; 7] = [b"pass", b"pwd", b"psk", b"secret", b"token", b"cred", b"key"];

/// Whether it is worth the while to cut a name into words.
fn may_name(name: &str) -> bool {
    let name = name.as_bytes();
    STEMS.iter().any(|stem| name.windows(stem.len()).any(|part| part.eq_ignore_ascii_case(stem)))
}

/// Whether a name says that its value is secret; `of_text` is whether the value is text.
pub(super) fn names_secret(name: &str, of_text: bool) -> bool {
    const ALWAYS: [&str; 6] = ["password", "passwd", "passphrase", "pwd", "psk", "pass"];
    const TEXT: [&str; 8] =
        ["secret", "token", "credential", "credentials", "apikey", "apitoken", "secretkey", "privatekey"];
    const KEYS: [&str; 9] =
        ["api", "private", "access", "secret", "encryption", "signing", "master", "license", "auth"];
    let mut words = words(name);
    // `DB_PASSWORD_1`, `token2`.
    while words.last().is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit())) {
        words.pop();
    }
    let Some(last) = words.last().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())) else { return false };
    let before = words.len().checked_sub(2).map(|at| words[at].as_str()).unwrap_or_default();
    // nginx's `proxy_pass` says where to.
    if last == "pass" && matches!(before, "proxy" | "fastcgi" | "uwsgi" | "grpc") {
        return false;
    }
    // `PGPASSWORD`, `rootpasswd`.
    if ALWAYS.contains(&last) || last.ends_with("password") || last.ends_with("passwd") {
        return true;
    }
    let names_one = matches!(before, "existing" | "pull" | "from" | "create" | "use" | "tls" | "target" | "external");
    of_text && (TEXT.contains(&last) && !names_one || last == "key" && KEYS.contains(&before))
}

/// Whether a text only says where a secret is: `${PASSWORD}`, `${{ secrets.TOKEN }}`, `op://vault/item`. A default makes it
/// more than that.
pub(super) fn is_reference(text: &str) -> bool {
    let inside = |open: &str, close: &str| {
        let inside = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inside.is_some_and(|name| !name.contains(['$', '{', '}', ':', '=', '"', '\'']))
    };
    // What Flux would put in, were it not for the second sign.
    let text = text.strip_prefix('$').filter(|rest| rest.starts_with("${")).unwrap_or(text);
    let elsewhere = ["op://", "vault:", "ref+", "os.environ/", "arn:aws:secretsmanager:"];
    inside("${", "}")
        || inside("${{", "}}")
        || inside("$(", ")")
        || inside("{{", "}}")
        || is_variable(text)
        || is_placeholder(text)
        || is_template(text)
        || elsewhere.iter().any(|start| text.starts_with(start))
}

/// `$PASSWORD`, `$1`, `${PASSWORD:-}`, `${PASSWORD:?is missing}`, `$(cat /run/secret)`. A word in lower case behind the sign may
/// be the secret, unless it is the name of one.
fn is_variable(text: &str) -> bool {
    let Some(name) = text.strip_prefix('$') else { return false };
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if let Some(inside) = name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let sign = inside.find([':', '-', '?']).unwrap_or(inside.len());
        let (name, more) = inside.split_at(sign);
        let fails = more.strip_prefix(':').unwrap_or(more).starts_with('?');
        return is_name(name) && (fails || matches!(more, "" | ":-" | "-")) && !more.contains('$');
    }
    if let Some(command) = name.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        const READ: [&str; 14] = [
            "<",
            "aws ",
            "az ",
            "bw ",
            "cat ",
            "gcloud ",
            "gh ",
            "head ",
            "jq ",
            "kubectl ",
            "op ",
            "openssl rand",
            "sops ",
            "vault ",
        ];
        return READ.iter().any(|start| command.starts_with(start));
    }
    is_name(name) && (!name.bytes().any(|b| b.is_ascii_lowercase()) || names_secret(name, true))
}

/// `{env:TOKEN}`, `{$TOKEN}`, `{TOKEN}`, `{password}`.
fn is_placeholder(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else { return false };
    let name = ["env:", "env.", "file:", "file.", "$"].iter().find_map(|mark| inside.strip_prefix(mark));
    let plain = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'/'))
    };
    match name {
        Some(name) => plain(name),
        None => plain(inside) && (!inside.bytes().any(|b| b.is_ascii_lowercase()) || names_secret(inside, true)),
    }
}

/// Whether a text is nothing but blocks of a template that have no text of their own: `{{ $a := split "/" .Id }}{{ $a._1 }}`.
/// What is in quotes may be the secret, unless it is a single sign.
fn is_template(text: &str) -> bool {
    let mut rest = text;
    while let Some(block) = rest.strip_prefix("{{") {
        let Some((code, behind)) = block.split_once("}}") else { return false };
        let literals = code.split('"').skip(1).step_by(2);
        let short = |literal: &str| literal.len() <= 1 && !literal.bytes().any(|b| b.is_ascii_alphanumeric());
        if code.contains(['`', '\'', '{', '}']) || code.matches('"').count() % 2 == 1 || !literals.clone().all(short) {
            return false;
        }
        rest = behind;
    }
    rest.is_empty() && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_that_hold_a_credential() {
        for text in [
            "password=hunter2",
            "pass=1234",
            "[db]\nuser = admin\npassword = hunter2\nport = 5432\n",
            "auth:\n  token: abc\n",
            "auth:\n  - token: 'abc def'\n",
            "password: correct horse battery\n",
            "user: admin, password: hunter2",
            "{\"user\": \"a\", \"password\": \"hunter2\"}",
            "{\\\"password\\\":\\\"hunter2\\\"}",
            "input { jdbc { password => \"hunter2\" } }",
            "Server=db;User=a;Password=hunter2;",
            "host=db user=a password=hunter2 dbname=x",
            "#!/bin/sh\nexport DB_PASSWORD=hunter2\nrun\n",
            "PGPASSWORD=hunter2 psql -c 'select 1'",
            "DB_PASSWORD=${DB_PASSWORD:-hunter2}",
            "password=\"{hunter2}\"",
            "spring.datasource.password=hunter2\n",
            "TOKEN=abc123 curl x",
            "curl 'https://x.io/a?access_token=abc123&x=1'",
            "aws_secret_access_key = abcd/efgh+1",
            "app --db-password=hunter2 --port=1",
            "app --db-password hunter2",
            "requirepass hunter2",
            "CREATE USER a WITH PASSWORD 'hunter2';",
            "create user a identified by 'hunter2'",
            "machine x.io login a password hunter2",
            "clone https://user:hunter2@x.io/a.git here",
            "see ftp://x and amqp://a:b@c",
            "Authorization: Bearer abcdef0123456789abcdef",
            "curl -H 'Authorization: Basic dXNlcjpodW50ZXIyMjI='",
            "x\n-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n",
            "x: ENC[AES256_GCM,data:abc]",
            "# age\nAGE-SECRET-KEY-1QQQQQQQQ",
            "use ghp_0123456789abcdef0123 here",
            "github_pat_11AAAAAAA0123456789",
            "(glpat-0123456789abcdefghij)",
            "id AKIAIOSFODNN7EXAMPLE",
            "xoxb-123456789012-abcdef",
            "stripe=sk_live_0123456789abcdef",
            "jwt eyJ0eXAiOiJKV1Qi.eyJzdWIiOiIx.abc",
        ] {
            assert!(holds(text), "{text:?}");
        }
    }

    #[test]
    fn texts_that_do_not() {
        for text in [
            "",
            "password:",
            "password: \"\"\nuser: a\n",
            "password=''",
            "passwordRef: db\nsecretName: db\ntokenPath: /x\n",
            "password_file=/run/secrets/db",
            "password=${DB_PASSWORD}\ntoken: {{ .token }}\n",
            "password=$DB_PASSWORD",
            "password=\"$password\"",
            "password=${DB_PASSWORD:-}",
            "password=${DB_PASSWORD:?is missing}",
            "password=$(cat /run/secrets/db)",
            "password=$1",
            "api_key: $${API_KEY}\nother: 1\n",
            "{\"apiKey\": \"{env:API_KEY}\", \"token\": \"$${TOKEN}\"}",
            "password={password}",
            "model: x\napi_key: os.environ/MINIMAX_API_KEY\n",
            "secret=$(jq -r '.inputs.token_secret' $EVENT_PATH)",
            "TOKEN={{ .Values.token }}\n",
            "TOKEN=${{ secrets.TOKEN }}",
            "if [ \"$password\" == \"\" ]; then",
            "password != x",
            "The token: rotate it every month.",
            "Never write the password: it is kept elsewhere.",
            "token = 30",
            "max_tokens: 4096",
            "password: null\ntoken: none\nsecret: true\n",
            "def f(token: str, password: string): pass",
            "token = os.environ[\"TOKEN\"]",
            "token = getToken()",
            "password: cfg.Password,",
            "password = var.db_password",
            "password = random_password.db.result",
            "regex: password=\\S+",
            "(?i)password=[^&]+",
            "--password <password>",
            "use --token to set it",
            "--password-file /x",
            "app --token $TOKEN --password=${PASSWORD}",
            "proxy_pass http://x:8080/a",
            "proxy_pass=http://x",
            "https://user@x.io/a",
            "https://${USER}:${PASSWORD}@x.io",
            "http://x:8080/a@b:c",
            "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n",
            "Bearer authentication is described below",
            "nginx:1.25@sha256:0123456789abcdef",
            "kubernetes.io/service-account-token: x",
            "key: value\nkeyboard: us\n",
            "monkey=hunter2",
            "sum by (pod) (rate(token_requests_total{a=\"b\"}[5m]))",
            "AKIA is short",
            "{\"a\":\"https://x.io\",\"b\":\"c:d@e\"}",
            "ASIA-PACIFIC-SOUTHEAST-1",
        ] {
            assert!(!holds(text), "{text:?}");
        }
    }

    #[test]
    fn long_texts_take_one_pass() {
        let start = std::time::Instant::now();
        for piece in [
            "password",
            "password=",
            "a://",
            "=",
            "::",
            "\"'",
            "password: ",
            "-----BEGIN",
            "Bearer ",
            "é=",
            "x.password = y.z ",
        ] {
            let text = piece.repeat(4_000_000 / piece.len());
            let _ = holds(&text);
        }
        assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "(password|token|=|:|'|\"|\\$|\\{|\\}|\\(|é| |\n|--|://|@|[a-z]){0,24}") {
            let _ = holds(&text);
        }

        #[test]
        fn a_password_is_found_in_any_text(before in "[a-z\n ]{0,40}", name in "(password|DB_PASSWORD|client-secret|apiKey)", value in "[a-z]{3}[0-9]{3}", after in "(\n[a-z =:]{0,30})?") {
            let (equal, yaml) = (format!("{before}\n{name}={value}{after}"), format!("{before}\n{name}: {value}{after}"));
            prop_assert!(holds(&equal) && holds(&yaml), "{:?}", equal);
        }
    }
}

//! Texts that hold a credential, whatever they are called: scripts, connection strings, whole config files inside a value.
//!
//! A text is secret as a whole if one is in it. One pass each for words with the form of a key, for addresses, and for
//! `name=value` with a name that says so; looking back and forth from a sign is bounded, so that all of it is linear. What only
//! says where a secret is (`${PASSWORD}`, `{{ .token }}`, `secretName`, `password: ""`) is none.

use super::naming::{may_name, names_secret};
use super::reference::is_reference;

/// The shortest text that can hold one: `pwd=ab`.
const SHORTEST: usize = 6;
/// The longest name and value, in bytes, that are looked at.
const NAME: usize = 64;
const VALUE: usize = 512;

/// Whether a text holds a credential.
pub(super) fn holds(text: &str) -> bool {
    let finders = [key, address, source, hashed, hook, manifest, header, assigned, directed];
    text.len() >= SHORTEST && finders.iter().any(|finds| finds(text))
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

/// `scheme://user:password@host`, where the password is not taken from somewhere else.
fn address(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let rest = start(rest).split(ends_address).next().unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        match authority.rsplit_once('@') {
            Some((user, _)) => user_and_password(user),
            // A password with a slash in it; a port is none, nor is what a template puts in its place.
            None => rest.split_once('@').is_some_and(|(user, _)| {
                let own = authority.rsplit_once(':').map(|(_, own)| own);
                let is_port =
                    |own: &str| own.bytes().all(|b| b.is_ascii_digit()) && !own.is_empty() || is_reference(own);
                own.is_some_and(|own| !is_port(own) && !own.starts_with(['$', '{', '%', '<', '[']))
                    && user_and_password(user)
            }),
        }
    })
}

fn ends_address(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '>')
}

/// The start of a text, as far as values are looked at.
fn start(text: &str) -> &str {
    let mut end = text.len().min(VALUE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Whether there is a password in `user:password`. A placeholder is the whole of it, or it is none.
fn user_and_password(user: &str) -> bool {
    // `${USER:-app}:…`
    let named = user.strip_prefix("${").and_then(|rest| rest.split_once('}')).map_or(user, |(_, rest)| rest);
    let formatted = |password: &str| password.len() == 2 && password.starts_with('%');
    let password = named.split_once(':').map(|(_, password)| password);
    password.is_some_and(|password| has_word(password) && !is_reference(password) && !formatted(password))
}

/// `user:password@tcp(host)`, as Go's drivers are told.
fn source(text: &str) -> bool {
    let hits = ["@tcp(", "@unix("].into_iter().flat_map(|sign| text.match_indices(sign));
    hits.into_iter().any(|(at, _)| {
        let before = text.as_bytes()[..at].iter().rev().take(VALUE);
        let length =
            before.take_while(|b| !b.is_ascii_whitespace() && !matches!(**b, b'"' | b'\'' | b'`' | b'(')).count();
        text.get(at - length..at).is_some_and(user_and_password)
    })
}

/// What is kept of a password: `user:$apr1$…`, `$2y$10$…`, `user:{SHA}…`.
fn hashed(text: &str) -> bool {
    let is_hash = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '+' | '=');
    let long = |rest: &str, least: usize| rest.chars().take_while(|c| is_hash(*c)).take(least).count() == least;
    // Compose writes every sign twice.
    let apache = |rest: &str| long(rest.trim_start_matches('$'), 4);
    let crypt = |rest: &str| {
        let rest = rest.strip_prefix('$').unwrap_or(rest);
        let cost = rest.bytes().take(2).take_while(u8::is_ascii_digit).count() == 2;
        cost && rest[2..].strip_prefix('$').is_some_and(|rest| long(rest.trim_start_matches('$'), 8))
    };
    text.split("$apr1$").skip(1).any(apache)
        || ["$2a$", "$2b$", "$2y$"].iter().any(|sign| text.split(sign).skip(1).any(crypt))
        || [":{SHA}", ":{SSHA}"].iter().any(|sign| text.split(sign).skip(1).any(|rest| long(rest, 8)))
}

/// Addresses that let everybody who knows them write to a channel.
fn hook(text: &str) -> bool {
    const HOOKS: [&str; 5] = [
        "hooks.slack.com/services/",
        "hooks.slack.com/workflows/",
        "discord.com/api/webhooks/",
        "discordapp.com/api/webhooks/",
        "webhook.office.com/webhookb2/",
    ];
    let is_path = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '@');
    let long = |rest: &str| rest.chars().take(VALUE).take_while(is_path).take(16).count() == 16;
    HOOKS.iter().any(|hook| text.split(hook).skip(1).any(long))
}

/// A Secret that is written as text, and was not read as the object that it is.
fn manifest(text: &str) -> bool {
    let is_one = |rest: &str| {
        let said = start(rest).trim_start_matches(['"', '\'', '\\', ' ', ':']);
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        rest.starts_with(['"', '\'', '\\', ' ', ':']) && said.strip_prefix("Secret").is_some_and(ends)
    };
    let keeps = ["stringData:", "data:", "stringData\"", "data\"", "stringData\\", "data\\"];
    text.split("kind").skip(1).any(is_one) && keeps.iter().any(|key| text.contains(key))
}

/// `Authorization: Bearer …`, `Basic …`.
fn header(text: &str) -> bool {
    let token = |rest: &str| {
        let token = rest.split(|c: char| is_no_token(c) && !matches!(c, '+' | '/' | '=')).next().unwrap_or_default();
        token.len() >= 16 && token.bytes().any(|b| b.is_ascii_digit())
    };
    ["Bearer ", "bearer ", "Basic ", "basic "].iter().any(|scheme| text.split(scheme).skip(1).any(token))
}

/// `name=value`, `name: value` and `<name>value</name>`, anywhere, where the name says that the value is secret.
fn assigned(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|at| match bytes[at] {
        b'=' | b':' => Assignment::at(text, at).is_some_and(|one| one.is_secret()) || docker(text, at),
        b'>' => element(text, at),
        _ => false,
    })
}

/// The name that ends at an offset.
fn name_before(text: &str, end: usize) -> Option<&str> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = text.as_bytes()[..end].iter().rev().take(NAME).take_while(|byte| is_name(byte)).count();
    text.get(end - length..end)
}

/// Whether a name in XML ends here whose value is secret.
fn element(text: &str, at: usize) -> bool {
    let Some(name) = name_before(text, at).filter(|name| may_name(name) && names_secret(name, true)) else {
        return false;
    };
    let opened = at.checked_sub(name.len() + 1).is_some_and(|at| text.as_bytes()[at] == b'<');
    let value = text.get(at + 1..).map(start).and_then(|rest| rest.split_once("</"));
    opened && value.is_some_and(|(value, _)| has_word(value) && !is_reference(value.trim()) && !is_word(value.trim()))
}

/// `"auth": "dXNlcjpw…"`, as docker keeps the passwords of registries.
fn docker(text: &str, at: usize) -> bool {
    let end = trimmed_end(text.as_bytes(), at, b" \t\"'\\");
    if name_before(text, end) != Some("auth") {
        return false;
    }
    let rest = text.get(at + 1..).map(line).unwrap_or_default().trim_start().trim_start_matches('\\');
    let (value, _, quoted) = value(rest);
    let is_base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let drawn = value.bytes().any(|b| b.is_ascii_uppercase()) && value.bytes().any(|b| b.is_ascii_lowercase());
    quoted && value.len() >= 12 && drawn && value.bytes().all(is_base64)
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
        let name = name_before(text, end)?;
        let length = name.len();
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
        let rest = Some(rest)
            .filter(|_| colon && first)
            .and_then(below)
            .unwrap_or_else(|| line(rest).trim_start_matches([' ', '\t']));
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
    start(text).lines().next().unwrap_or_default()
}

/// The one value in the lines behind a name that stands alone in its own: YAML that is folded, or has its value below.
fn below(text: &str) -> Option<&str> {
    let mut lines = start(text).lines();
    let header = lines.next()?.trim();
    let is_header = header.is_empty() || header.starts_with(['|', '>']) && header.len() <= 3;
    let next = lines.find(|line| !line.trim().is_empty()).filter(|_| is_header)?;
    let value = next.trim_start();
    let value = value.strip_prefix("- ").unwrap_or(value).trim();
    let map = value.contains(": ") || value.ends_with(':') || value.starts_with('#');
    (next.starts_with([' ', '\t']) && !map && !value.contains(' ')).then_some(value)
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
    told(text.split_ascii_whitespace(), text.trim_start().starts_with("machine "))
}

/// Whether one of these words is a password; `netrc` is whether they are `machine … login … password …`.
fn told<'t>(words: impl Iterator<Item = &'t str>, netrc: bool) -> bool {
    let mut before = ["", ""];
    let mut command = Command::default();
    for word in words {
        let [earlier, name] = before;
        let quoted = word.starts_with(['\'', '"']);
        let by = |word: &str| earlier.eq_ignore_ascii_case(word);
        let told = match name {
            option if option.starts_with("--") => may_name(option) && names_secret(option, true) && is_argument(word),
            "requirepass" | "masterauth" => true,
            name if name.eq_ignore_ascii_case("password") => quoted || netrc && !earlier.is_empty(),
            name if name.eq_ignore_ascii_case("by") => quoted && by("identified"),
            _ => false,
        };
        let short = command.told(name, word);
        let said = short.unwrap_or(word).trim_matches(QUOTES);
        if (told || short.is_some()) && is_told(said) {
            return true;
        }
        before = [name, word];
    }
    false
}

/// Whether what is told to a program is more than where to find it.
fn is_told(said: &str) -> bool {
    has_word(said) && !is_reference(said) && !said.starts_with(['<', '$', '{', '%'])
}

/// A program that takes passwords under short options, and how long ago it was named.
#[derive(Debug, Default)]
struct Command<'t> {
    name: &'t str,
    words: usize,
}

impl<'t> Command<'t> {
    /// How many words behind its name are looked at.
    const WORDS: usize = 32;

    /// What a word tells it; `option` is the word before.
    fn told(&mut self, option: &str, word: &'t str) -> Option<&'t str> {
        const CLIENTS: [&str; 10] = [
            "curl",
            "mariadb",
            "mariadb-admin",
            "mariadb-dump",
            "mysql",
            "mysqladmin",
            "mysqldump",
            "redis-cli",
            "sshpass",
            "wget",
        ];
        let name = word.rsplit(['/', '(', '`', '"', '\'']).next().unwrap_or_default();
        if CLIENTS.contains(&name) {
            *self = Self { name, words: 0 };
            return None;
        }
        self.words += 1;
        if self.name.is_empty() || self.words > Self::WORDS {
            return None;
        }
        let behind = |options: &[&str]| options.contains(&option).then_some(word);
        match self.name {
            "curl" | "wget" => {
                let user = behind(&["-u", "--user", "-U", "--proxy-user"]).or_else(|| word.strip_prefix("-u"))?;
                user.trim_matches(QUOTES).split_once(':').map(|(_, password)| password)
            }
            "redis-cli" => behind(&["-a"]),
            "sshpass" => behind(&["-p"]).or_else(|| word.strip_prefix("-p")),
            _ => word.strip_prefix("-p"),
        }
    }
}

/// What may stand around a word of a command.
const QUOTES: [char; 6] = ['\'', '"', ',', ';', '\\', ')'];

/// Whether a word behind an option is its value, and not the next word of a sentence.
fn is_argument(word: &str) -> bool {
    const WORDS: [&str; 14] =
        ["a", "and", "as", "can", "flag", "for", "from", "if", "in", "is", "must", "option", "or", "to"];
    !word.starts_with('-') && !WORDS.contains(&word)
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
    fn texts_of_many_programs_that_hold_one() {
        for text in [
            "postgres://u:p%40ss@db/x",
            "redis://:hunter$1@db/0",
            "redis://:hun/ter2@db/0",
            "postgres://${USER:-app}:hunter2@db",
            "https://u:a${B}@x.io",
            "app:hunter2@tcp(db:3306)/x",
            "DefaultEndpointsProtocol=https;AccountKey=aGVsbG8=;x=y",
            "[Peer]\nPresharedKey = aGVsbG8=\n",
            "[Interface]\nPrivateKey = aGVsbG8=\n",
            "SECRET_KEY_BASE=abc123",
            "export TS_AUTHKEY=abc123",
            "{\"auths\":{\"ghcr.io\":{\"auth\":\"dXNlcjpodW50ZXIy\"}}}",
            "{\\\"auth\\\": \\\"dXNlcjpodW50ZXIy\\\"}",
            "admin:$apr1$hunter2a$abc",
            "admin:$$apr1$$hunter2a$$abc",
            "$2y$10$abcdefghijklmnopqrstuv",
            "a:$$2b$$10$$abcdefghijklmnop",
            "admin:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "https://hooks.slack.com/services/T01AB/B02CD/abcdef123456",
            "https://discord.com/api/webhooks/123456789/abcdefghijk",
            "npm_abcdefghijklmnop0123456789",
            "SG.abcdefghijklmnop12.abcdefghijklmnop123",
            "sk_test_0123456789abcdef",
            "sk-abcdefghijklmnopqrstuvwxyz0123456789",
            "hf_abcdefghijklmnop0123456789",
            "x\npassword:\n  hunter2\n",
            "password: >-\n  hunter2\n",
            "<a><password>hunter2</password></a>",
            "<ApiKey>hunter2</ApiKey>",
            "curl -u admin:hunter2 https://x",
            "curl -s -uadmin:hunter2 https://x",
            "mysql -uroot -phunter2 x",
            "sh -c \"/usr/bin/mysqldump -phunter2\"",
            "redis-cli -a hunter2 ping",
            "apiVersion: v1\nkind: Secret\nstringData:\n  a: hunter2\n",
            "{\"kind\":\"Secret\",\"data\":{\"a\":\"eA==\"}}",
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
    fn texts_of_many_programs_that_do_not() {
        for text in [
            "https://u:${PW}@x.io and https://u:$(PW)@x.io, https://u:%{PW}@x.io",
            "https://u:{{.Password}}@x.io https://u:%s@x.io",
            "https://${HOST}:${PORT}/a@b",
            "https://x:${PORT}/a@b",
            "oci://x.io/a:1.2@sha256:0123456789abcdef",
            "docker://x.io:5000/a@sha256:0123",
            "https://x.io:443/@user/npm:a@1",
            "${U}:${P}@tcp(${H})/x",
            "auth: basic\nauthor: \"SomebodyWhoWrites\"\n",
            "\"auth\": \"/oauth2/start\"",
            "echo $1$2$3",
            "https://hooks.slack.com/services/${HOOK}",
            "npm_config_cache_directory=/x",
            "hf_hub_download_with_cache",
            "sk-learn and sk-short-words-in-a-row-of-many",
            "password:\n  secretKeyRef: a\n",
            "password:\nuser: a\n",
            "secret:\n  name: db\n",
            "<password>${PASSWORD}</password><token></token>",
            "docker run -u 1000:1000 x",
            "curl -u $USER:$PASSWORD https://x",
            "curl -u \"${USER}:${PASSWORD}\" https://x",
            "mysql -u root -p -P 3306",
            "mysql -p$MYSQL_PASSWORD -p\"${PW}\"",
            "mkdir -p/x && cp -pr a b",
            "kind: SecretStore\ndata: x\n",
            "kind: Secret\nname: x\n",
        ] {
            assert!(!holds(text), "{text:?}");
        }
    }

    // A look at the rest of the text for each hit would keep these busy for hours; how long one pass takes is not measured.
    #[test]
    fn long_texts_take_one_pass() {
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
    }

    #[test]
    fn long_texts_of_many_programs_take_one_pass() {
        for piece in [
            "a password ",
            "<password>",
            "u:@tcp(",
            "$2y$10$",
            "{SHA}:",
            "kind: ",
            "\"auth\": \"",
            "curl -u ",
            "hooks.slack.com/services/",
        ] {
            let text = piece.repeat(400_000 / piece.len());
            let _ = holds(&text);
        }
    }

    #[test]
    fn twice_the_text_takes_twice_the_steps() {
        let steps = |times: usize| {
            let text = format!("{}{}", " ".repeat(8 * times), "a password ".repeat(times));
            let mut steps = 0;
            assert!(!told(text.split_ascii_whitespace().inspect(|_| steps += 1), false));
            steps
        };
        assert_eq!((steps(1000), steps(2000), steps(4000)), (2000, 4000, 8000));
        let text = format!("{}{}", " ".repeat(4_000_000), "a password ".repeat(300_000));
        assert!(!holds(&text), "each of the words would read all blanks once more");
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

//! Texts that hold a credential, whatever they are called: scripts, connection strings, whole config files inside a value.
//!
//! A text is secret as a whole if one is in it. One pass each for words with the form of a key, for addresses, and for
//! `name=value` with a name that says so; looking back and forth from a sign is bounded, so that all of it is linear. What only
//! says where a secret is (`${PASSWORD}`, `{{ .token }}`, `secretName`, `password: ""`) is none.

use std::borrow::Cow;

use super::command::directs;
use super::naming::{is_name_key, is_value_key, may_name, names_secret, says_how};
use super::reference::is_reference;
use super::token::{has_token, is_no_token};
use crate::model::lookalike;

/// The shortest text that can hold one: `pwd=ab`.
const SHORTEST: usize = 6;
/// The longest name and value, in bytes, that are looked at.
const NAME: usize = 64;
const VALUE: usize = 512;

/// Whether a text holds a credential.
pub(super) fn holds(text: &str) -> bool {
    let finders = [has_token, address, source, hashed, hook, manifest, header, users, assigned, directs];
    let any = |text: &str| finders.iter().any(|finds| finds(text));
    // A name is what people read: letters that are not seen, or look like others, do not hide it.
    let as_read = || match lookalike::folded(text) {
        Cow::Owned(read) => any(&read),
        Cow::Borrowed(_) => false,
    };
    text.len() >= SHORTEST && (any(text) || as_read())
}

/// `scheme://user:password@host`, where the password is not taken from somewhere else.
fn address(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let rest = start(rest, VALUE).split(ends_address).next().unwrap_or_default();
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

/// The first `most` bytes of a text, or a few less.
pub(super) fn start(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
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
        let said = start(rest, VALUE).trim_start_matches(['"', '\'', '\\', ' ', ':']);
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        rest.starts_with(['"', '\'', '\\', ' ', ':']) && said.strip_prefix("Secret").is_some_and(ends)
    };
    let keeps = ["stringData:", "data:", "stringData\"", "data\"", "stringData\\", "data\\"];
    text.split("kind").skip(1).any(is_one) && keeps.iter().any(|key| text.contains(key))
}

/// `Authorization: Bearer …`, whatever stands there; without that name, `Bearer …` and `Basic …` with what looks like a token.
fn header(text: &str) -> bool {
    let is_part = |c: char| !is_no_token(c) || matches!(c, '+' | '/' | '=' | '~');
    let token = |rest: &str| {
        let token = rest.split(|c: char| !is_part(c)).next().unwrap_or_default();
        token.len() >= 16 && token.bytes().any(|b| b.is_ascii_digit())
    };
    let named = |(at, name): (usize, &str)| {
        let behind = text[at + name.len()..].trim_start_matches([' ', '"', '\'', '\\']);
        behind.strip_prefix([':', '=']).is_some_and(authorizes)
    };
    ["Bearer ", "bearer ", "Basic ", "basic "].iter().any(|scheme| text.split(scheme).skip(1).any(token))
        || ["uthorization", "UTHORIZATION"].iter().any(|name| text.match_indices(name).any(named))
}

/// Whether what stands behind `Authorization:` is a scheme and a token.
fn authorizes(rest: &str) -> bool {
    let rest = start(rest.trim_start_matches([' ', '\t', '"', '\'', '\\', '`']), VALUE);
    let schemes = ["bearer", "token", "basic", "digest", "apikey", "api-key", "key", "bot", "splunk", "sso-key"];
    let is_scheme = |word: &str| schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case(word));
    let Some((_, token)) = rest.split_once([' ', '\t', '=']).filter(|(scheme, _)| is_scheme(scheme)) else {
        return false;
    };
    let token = token.trim_start_matches([' ', '\t', '=', '"', '\'', '\\']);
    let (token, behind, _) = value(line(token));
    // `Authorization: Bearer is set by …` is prose.
    let ends = behind.trim_start();
    let last = ends.is_empty()
        || !ends.starts_with(|c: char| c.is_alphanumeric())
        || token.bytes().any(|b| b.is_ascii_digit());
    last && has_word(token) && !is_reference(token) && !token.starts_with(['<', '$', '{', '%', '[', '('])
}

/// `root:hunter2`, as `chpasswd` is told: by cloud-init in a list, by a shell through a pipe.
fn users(text: &str) -> bool {
    let is_user = |user: &str| {
        !user.is_empty()
            && user.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
    };
    let is_pair = |line: &str| {
        let line = line.trim().trim_start_matches("- ").trim_start_matches("echo ").trim_matches(['"', '\'']);
        let Some((_, password)) = line.split_once(':').filter(|(user, _)| is_user(user)) else { return false };
        let password = password.split(['"', '\'', '|']).next().unwrap_or_default();
        has_word(password)
            && !password.starts_with("//")
            && !password.contains(' ')
            && !is_reference(password)
            && !matches!(password, "R" | "RANDOM")
    };
    text.contains("chpasswd") && text.lines().any(is_pair)
}

/// `name=value`, `name: value`, `<name>value</name>` and `name: DB_PASSWORD, value: …`, anywhere, where the name says that the
/// value is secret.
fn assigned(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut beside = Beside::default();
    (0..bytes.len()).any(|at| match bytes[at] {
        b'=' | b':' => {
            let one = Assignment::at(text, at);
            one.is_some_and(|one| one.names_secret() && one.is_secret() || beside.with(text, at, one))
                || docker(text, at)
        }
        b'>' => element(text, at) || beside.content(text, at),
        b'<' | b'}' | b'{' => {
            beside = Beside::default();
            false
        }
        _ => false,
    })
}

/// What was said last of a pair that stands side by side: `name="password" value="…"`.
#[derive(Debug, Default)]
struct Beside<'t> {
    /// The name, if it is one for a secret.
    name: Option<&'t str>,
    /// The value before its name.
    value: Option<Assignment<'t>>,
}

impl<'t> Beside<'t> {
    /// Whether an assignment completes a pair that is secret.
    fn with(&mut self, text: &'t str, at: usize, one: Assignment<'t>) -> bool {
        if is_name_key(one.name) {
            let (name, ..) = value(one.rest);
            self.name = Some(name).filter(|name| may_name(name) && names_secret(name, true));
            let before = self.value.take().zip(self.name);
            return before.is_some_and(|(value, name)| Assignment { name, ..value }.is_secret());
        }
        if !is_value_key(one.name) {
            return false;
        }
        // Behind its name the value of one pair, before it that of another.
        self.value = Some(one).filter(|_| self.name.is_none() && in_braces(text, at));
        self.name.take().is_some_and(|name| Assignment { name, ..one }.is_secret())
    }

    /// Whether the content of an element with such a name begins here: `<entry key="password">…</entry>`.
    fn content(&mut self, text: &str, at: usize) -> bool {
        self.value = None;
        let Some(name) = self.name.filter(|_| text[..at].ends_with(['"', '\''])) else { return false };
        self.name = None;
        let value = text.get(at + 1..).and_then(|rest| start(rest, VALUE).split_once("</"));
        value.is_some_and(|(value, _)| has_word(value) && !is_reference(value.trim()) && !says_how(name, value.trim()))
    }
}

/// Whether an assignment is one of several on its line, as in an element of XML or an object of JSON.
fn in_braces(text: &str, at: usize) -> bool {
    let before = text.as_bytes()[..at].iter().rev().take(NAME * 4);
    before.take_while(|byte| **byte != b'\n').any(|byte| matches!(byte, b'<' | b'{'))
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
    let value = text.get(at + 1..).and_then(|rest| start(rest, VALUE).split_once("</"));
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
#[derive(Debug, Clone, Copy)]
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
    /// The assignment whose sign is at an offset; `None` where that is another sign, or the name can be none for a secret nor
    /// say that there is one beside it.
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
        // Blanks are those between two signs, so that each is passed over once; a line may begin with its sign.
        let blank: &[u8] = if colon { b" \t" } else { b" \t\r\n" };
        let blanks = bytes[..at].iter().rev().take_while(|byte| blank.contains(byte)).count();
        let end = trimmed_end(bytes, at - blanks, b" \t:");
        let end = trimmed_end(bytes, end, b"\"'\\");
        let name = name_before(text, end)?;
        let length = name.len();
        if !(may_name(name) && names_secret(name, true) || is_name_key(name) || is_value_key(name)) {
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
            .unwrap_or_else(|| line(rest.trim_start_matches([' ', '\t'])));
        // JSON inside a string: `\"password\": \"…\"`.
        let rest = rest.strip_prefix('\\').filter(|rest| rest.starts_with('"')).unwrap_or(rest);
        Some(Self { name, colon, first, rest })
    }

    /// Whether the name says that the value is secret.
    fn names_secret(&self) -> bool {
        names_secret(self.name, true)
    }

    fn is_secret(&self) -> bool {
        let (value, behind, quoted) = value(self.rest);
        if has_default(value) {
            return true;
        }
        if !has_word(value) || is_reference(value) || is_word(value) || !quoted && is_code(value, behind) {
            return false;
        }
        if says_how(self.name, value) {
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
    start(text, VALUE).lines().next().unwrap_or_default()
}

/// The one value in the lines behind a name that stands alone in its own: YAML that is folded, or has its value below.
fn below(text: &str) -> Option<&str> {
    // Lines with nothing in them are passed over, however many.
    let blank = text.len() - text.trim_start().len();
    let text = text[..blank].rfind('\n').map_or(text, |at| &text[at..]);
    let mut lines = start(text, VALUE).lines();
    let header = lines.next()?.trim();
    let is_header = header.is_empty() || header.starts_with(['|', '>']) && header.len() <= 3;
    let next = lines.find(|line| !line.trim().is_empty()).filter(|_| is_header)?;
    let value = next.trim_start();
    let value = value.strip_prefix("- ").unwrap_or(value).trim();
    let map = value.contains(": ") || value.ends_with(':') || value.starts_with('#');
    (next.starts_with([' ', '\t']) && !map && !value.contains(' ')).then_some(value)
}

/// Whether a template has a text of its own where nothing else is given: `{{ default "hunter2" .password }}`,
/// `{{ password | default('hunter2') }}`. Other texts in it are names of what to look up.
fn has_default(value: &str) -> bool {
    let Some(code) = value.split_once("{{").map(|(_, code)| code) else { return false };
    let literal = |rest: &str| {
        let rest = rest.trim_start_matches([' ', '(', '\\']);
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        quote.and_then(|quote| rest[1..].split(quote).next()).is_some_and(has_word)
    };
    ["default", "coalesce", "||", "??"].iter().any(|sign| code.split(sign).skip(1).any(literal)) || literal(code)
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
pub(super) fn has_word(value: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts with a credential in them.
    const HOLDING: &[&str] = &[
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
        "Authorization: Bearer abcdefghijklmnop",
        "authorization: Token x",
        "Proxy-Authorization: Basic abc",
        "curl -H \"Authorization: Bearer hunter2\" x",
        "{\"Authorization\": \"Bearer hunter2\"}",
        "{\\\"Authorization\\\":\\\"Token hunter2\\\"}",
        "Authorization=Bearer hunter2",
        "<property name=\"password\" value=\"hunter2\"/>",
        "<property value=\"hunter2\" name=\"password\"/>",
        "<add key='Db.Password'\n value='hunter2' />",
        "<entry key=\"password\">hunter2</entry>",
        "- name: DB_PASSWORD\n  value: hunter2\n",
        "[{\"name\": \"API_TOKEN\", \"value\": \"hunter2\"}]",
        "password={{ default \"hunter2\" .x }}",
        "password: {{ .x | default \"hunter2\" }}\n",
        "password={{ x | default('hunter2') }}",
        "token={{ \"hunter2\" }}",
        "ALTER ROLE a PASSWORD $$hunter2$$;",
        "pаssword=hunter2",
        "pass\u{200b}word=hunter2",
        "DB_PASSWORD\n  =hunter2",
        "export STRIPE_SK=hunter2",
        "AUTH=hunter2\n",
        "#cloud-config\nchpasswd:\n  list: |\n    root:hunter2\n",
        "echo \"root:hunter2\" | chpasswd",
    ];

    #[test]
    fn texts_that_hold_a_credential() {
        for text in HOLDING {
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

    /// Texts that only speak of one.
    const HARMLESS: &[&str] = &[
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
        "Authorization: Bearer ${TOKEN}",
        "Authorization: Bearer <token>",
        "Authorization: {{ .token }}",
        "The header Authorization: Bearer is set by the proxy",
        "authorization: enabled",
        "--authorization-mode=RBAC",
        "AUTH=basic\nSMTP_AUTH=plain\nREQUIRE_AUTH=true\nAUTH_URL=x\n",
        "DB_DSN=file:a.db\nPATH=/x\nTASK=abc\nDISK=/dev/sda\n",
        "<property name=\"user\" value=\"app\"/><property name=\"password\" value=\"${PW}\"/>",
        "<property name=\"passwordFile\" value=\"/x\"/>",
        "<property name=\"password\"/><property name=\"user\" value=\"x\"/>",
        "- name: DB_PASSWORD\n  valueFrom: {secretKeyRef: {name: db, key: password}}\n- name: A\n  value: x\n",
        "- name: A\n  value: x\n- name: DB_PASSWORD\n  valueFrom: {}\n",
        "password={{ index .Data \"password\" }}",
        "password={{ .x | default .y }}",
        "passwordPolicy:\n  minLength: 8\ntokenTTL: 24h\nauthMode: token\n",
        "imagePullSecrets:\n- name: regcred\nexternalSecret: db\n",
        "run chpasswd for user: root\n",
        "{\"a\":\"https://x.io\",\"b\":\"c:d@e\"}",
        "ASIA-PACIFIC-SOUTHEAST-1",
    ];

    #[test]
    fn texts_that_do_not() {
        for text in HARMLESS {
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
    fn blanks_around_a_sign_are_passed_over_once() {
        let blanks = " ".repeat(1_000_000);
        assert!(holds(&format!("password={blanks}hunter2")) && holds(&format!("password{blanks}=hunter2")));
        assert!(holds(&format!("password:{}  hunter2", "\n".repeat(1_000_000))));
        let signs = format!("x ={}", " ".repeat(1_000)).repeat(2_000);
        assert!(!holds(&format!("password={blanks}")) && !holds(&signs));
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
            "Authorization:",
            "Authorization: Bearer ",
            "name=\"password\" ",
            "value=\"a\" ",
            "<entry key=\"password\">",
            "chpasswd\na: ",
            "={{ default ",
            "password:\n",
            "= ",
            "\n=",
            "IBAAKCA",
            "LS0tLS1CRUdJTi",
            "pаss\u{200b}word: ",
        ] {
            let text = piece.repeat(400_000 / piece.len());
            let _ = holds(&text);
        }
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

//! One line of an OpenSSH `allowed_signers` file.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use ssh_key::PublicKey;

use super::Signer;
use super::error::quoted;

/// What stands between principal and key.
#[derive(Default)]
struct Options {
    cert_authority: bool,
    namespaces: Option<Vec<String>>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
    zoneless: bool,
}

/// The furthest that local time is behind UTC anywhere (UTC-12).
const MOST_BEHIND: SignedDuration = SignedDuration::from_hours(12);
/// The furthest that local time is ahead of UTC anywhere (UTC+14).
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(14);

/// Reads one line: `None` for blank lines and comments, an error where OpenSSH would refuse it, or it is not understood.
pub(super) fn read(text: &str, line: usize) -> Result<Option<Signer>, String> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let (principal, rest) = principal(text)?;
    if rest.is_empty() {
        return Err("a key is missing after the address".to_owned());
    }
    let (options, key) = if let Some(key) = key(rest) {
        (Options::default(), key)
    } else {
        let (options, rest) = split_options(rest)?;
        (options, key(rest).ok_or_else(|| "this is not a public key that can be read".to_owned())?)
    };
    let Options { cert_authority, namespaces, valid_after, valid_before, zoneless } = options;
    if matches!((valid_after, valid_before), (Some(after), Some(before)) if before <= after) {
        return Err("valid-before is not after valid-after".to_owned());
    }
    Ok(Some(Signer {
        principal: principal.to_owned(),
        key,
        cert_authority,
        namespaces: namespaces.unwrap_or_default(),
        valid_after,
        valid_before,
        zoneless,
        line,
    }))
}

/// The first word, which may stand in quotes, and what follows it.
fn principal(text: &str) -> Result<(&str, &str), String> {
    let split = match text.strip_prefix('"') {
        Some(rest) => rest.split_once('"').ok_or_else(|| "a closing quote is missing".to_owned())?,
        None => text.split_once([' ', '\t']).unwrap_or((text, "")),
    };
    if split.0.is_empty() {
        return Err("the address is empty".to_owned());
    }
    Ok((split.0, split.1.trim_start()))
}

/// `TYPE BASE64 [COMMENT]`.
fn key(text: &str) -> Option<PublicKey> {
    let mut words = text.split_ascii_whitespace();
    let (kind, body) = (words.next()?, words.next()?);
    PublicKey::from_openssh(&format!("{kind} {body}")).ok()
}

/// Options up to the first blank outside quotes. A text that does not begin with a known option is taken for a key that
/// cannot be read, which says more than "unknown option `ssh-dss`".
fn split_options(text: &str) -> Result<(Options, &str), String> {
    let mut options = Options::default();
    let mut rest = text.strip_prefix(',').unwrap_or(text);
    if rest.starts_with("ssh-") || rest.starts_with("ecdsa-") || rest.starts_with("sk-") {
        return Ok((options, rest));
    }
    loop {
        rest = options.take(rest)?;
        match rest.strip_prefix(',') {
            Some(next) if !next.starts_with([' ', '\t']) && !next.is_empty() => rest = next,
            Some(_) => return Err("an option is missing after the comma".to_owned()),
            None if rest.is_empty() || rest.starts_with([' ', '\t']) => return Ok((options, rest.trim_start())),
            None => return Err("options must be separated by commas".to_owned()),
        }
    }
}

impl Options {
    /// Reads the first option of `text`; returns what follows it.
    fn take<'a>(&mut self, text: &'a str) -> Result<&'a str, String> {
        let end = text.find(['=', ',', ' ', '\t']).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let name = name.to_ascii_lowercase();
        if name == "cert-authority" {
            self.cert_authority = true;
            return Ok(rest);
        }
        if !matches!(name.as_str(), "namespaces" | "valid-after" | "valid-before") {
            return Err(format!("unknown option {}", quoted(&name)));
        }
        let (value, rest) = rest.strip_prefix('=').and_then(dequote).ok_or_else(|| format!("write {name}=\"…\""))?;
        let again = match name.as_str() {
            "namespaces" => self.namespaces.replace(value.split(',').map(str::to_owned).collect()).is_some(),
            "valid-after" => {
                let time = self.time(&value, MOST_BEHIND)?;
                self.valid_after.replace(time).is_some()
            }
            _ => {
                let time = self.time(&value, -MOST_AHEAD)?;
                self.valid_before.replace(time).is_some()
            }
        };
        if again { Err(format!("{name} stands twice")) } else { Ok(rest) }
    }

    /// A time as OpenSSH writes it. Without a `Z` it is local, which is another moment on each host: `narrow` is added so
    /// that the key is valid for the shortest time that any of them could mean.
    fn time(&mut self, text: &str, narrow: SignedDuration) -> Result<Timestamp, String> {
        let invalid = || format!("{} is not a date: write YYYYMMDDZ or YYYYMMDDHHMMSSZ", quoted(text));
        let digits = text.strip_suffix('Z').unwrap_or(text);
        let local = civil(digits).ok_or_else(invalid)?;
        let utc = jiff::tz::TimeZone::UTC.to_timestamp(local).map_err(|_| invalid())?;
        if digits.len() == text.len() {
            self.zoneless = true;
            return utc.checked_add(narrow).map_err(|_| invalid());
        }
        Ok(utc)
    }
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`.
fn civil(digits: &str) -> Option<DateTime> {
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).map_or(Some(0), |part| part.parse::<i16>().ok());
    let small = |from: usize, to: usize| part(from, to).and_then(|number| i8::try_from(number).ok());
    DateTime::new(part(0, 4)?, small(4, 6)?, small(6, 8)?, small(8, 10)?, small(10, 12)?, small(12, 14)?, 0).ok()
}

/// A quoted value, in which a backslash keeps a quote, and what follows it.
fn dequote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.strip_prefix('"')?.char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[index + 2..])),
            '\\' if matches!(chars.peek(), Some((_, '"'))) => {
                chars.next();
                value.push('"');
            }
            _ => value.push(c),
        }
    }
    None
}

//! What YAML takes a scalar without quotes for.
//!
//! Two readings count, since both are in use on the same files: the core schema of YAML 1.2 (section 10.3.2 of its
//! specification) and the types of YAML 1.1, which Kubernetes, Helm and Ansible still have. Where they disagree, the scalar is
//! [`Kind::Loose`], and is never taken for the same as one that is quoted or written otherwise.

use super::node::Kind;

/// The kind of a scalar without quotes.
pub(super) fn kind(text: &str) -> Kind {
    let Some(first) = text.bytes().next() else { return Kind::Null };
    match first {
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => word(text),
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(text),
        b'<' | b'=' if text.len() <= 2 && matches!(text, "<<" | "=") => Kind::Loose,
        _ => Kind::Text,
    }
}

fn word(text: &str) -> Kind {
    match text {
        "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ if loose_bool(text).is_some() || matches!(text, "y" | "Y" | "n" | "N") => Kind::Loose,
        _ => Kind::Text,
    }
}

/// The words that are true and false in YAML 1.1 alone.
pub(super) fn loose_bool(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Kind {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits(unsigned) {
        // `0644` is octal to some and decimal to others.
        return if unsigned.len() > 1 && unsigned.starts_with('0') { Kind::Loose } else { Kind::Integer };
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return if !hexadecimal.is_empty() && hexadecimal.bytes().all(|b| b.is_ascii_hexdigit()) {
            Kind::Integer
        } else {
            either(text)
        };
    }
    if unsigned.contains('.') && is_float(unsigned) { Kind::Float } else { either(text) }
}

/// `1.5`, `.5`, `1.`, `1.5e+3`, `.inf`: with a point, and with a sign in the exponent, which YAML 1.1 wants.
fn is_float(unsigned: &str) -> bool {
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "+0"));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent = exponent.strip_prefix(['+', '-']).is_some_and(|digits| !digits.is_empty() && all_digits(digits));
    let Some((whole, fraction)) = mantissa.split_once('.') else { return false };
    exponent && all_digits(whole) && all_digits(fraction) && mantissa.len() > 1
}

/// A number or a date to one reading; text else.
fn either(text: &str) -> Kind {
    let b = text.as_bytes();
    let numeric = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'+' | b'-' | b'.' | b':' | b'_' | b'x' | b'o');
    let date = b.len() >= 8 && b[..4].iter().all(u8::is_ascii_digit) && b[4] == b'-';
    // Versions and names begin with digits as well: what is left here must look like a number as a whole.
    let odd = b.iter().all(numeric) && b.iter().any(u8::is_ascii_digit) && !b.contains(&b'-') && looks_odd(text);
    if date && is_date(text) || odd { Kind::Loose } else { Kind::Text }
}

/// `0o17`, `0b1`, `1_000`, `1:30`, `1e3`, and floats with underscores.
fn looks_odd(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let only = |text: &str, set: &str| !text.is_empty() && text.chars().all(|c| set.contains(c));
    let decimal = |text: &str| only(text, "0123456789_");
    if let Some(rest) = unsigned.strip_prefix("0o") {
        return only(rest, "01234567");
    }
    if let Some(rest) = unsigned.strip_prefix("0b") {
        return only(rest, "01_");
    }
    if let Some(rest) = unsigned.strip_prefix("0x") {
        return only(rest, "0123456789abcdefABCDEF_");
    }
    if let Some((head, tail)) = unsigned.split_once(['e', 'E']) {
        let tail = tail.strip_prefix(['+', '-']).unwrap_or(tail);
        return only(head, "0123456789._") && only(tail, "0123456789") && head.matches('.').count() <= 1;
    }
    if unsigned.contains(':') {
        let mut parts = unsigned.split(':');
        return parts.next().is_some_and(decimal)
            && parts.all(|part| only(part, "0123456789.") && part.len() <= 2 || part.contains('.'));
    }
    unsigned.contains('_') && only(unsigned, "0123456789_.") && unsigned.matches('.').count() <= 1
}

/// `2024-01-01`, with a time or without.
fn is_date(text: &str) -> bool {
    let (date, time) = text.split_at(text.find(['T', 't', ' ']).unwrap_or(text.len()));
    let parts: Vec<&str> = date.split('-').collect();
    let number = |part: &&str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
    let clock = |b: u8| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'+' | b'-' | b' ' | b'T' | b't' | b'Z');
    parts.len() == 3 && parts.iter().all(number) && time.bytes().all(clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_are(texts: &[&str], expected: Kind) {
        for text in texts {
            assert_eq!(kind(text), expected, "{text:?}");
        }
    }

    #[test]
    fn kinds_of_plain_scalars() {
        for (kind_is, texts) in [
            (Kind::Null, &["", "~", "null", "Null", "NULL"][..]),
            (Kind::Bool(true), &["true", "True", "TRUE"]),
            (Kind::Bool(false), &["false", "False"]),
            (Kind::Integer, &["0", "3", "-12", "+4", "0x1F", "12345678901234567890"]),
            (Kind::Float, &["1.5", "-.5", "1.", "1.10", "1.5e+3", ".inf", "-.INF", ".nan"]),
        ] {
            all_are(texts, kind_is);
        }
    }

    #[test]
    fn what_readers_disagree_about_is_loose() {
        let loose = "yes No on OFF y N 0644 -01 0o17 0b101 1_000 1:30 190:20:30 1e3 1.5e3 2024-01-01 2001-12-14t21:59:43.10-05:00 << =";
        all_are(&loose.split(' ').collect::<Vec<_>>(), Kind::Loose);
    }

    #[test]
    fn what_only_looks_like_something_is_text() {
        let text = "abc nullable truely oneself 1.2.3 v1 1.2.3.4 10.0.0.0/8 2Gi 500m 1h30m 0xyz - -- + . ... 1-2 12ab e5 2024-01 a:b < 0x 2024-01-01-nightly 127.0.0.1:80";
        all_are(&text.split(' ').collect::<Vec<_>>(), Kind::Text);
    }
}

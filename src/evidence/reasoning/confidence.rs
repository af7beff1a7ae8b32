//! How sure the agent says it is: `0.92 (metrics, 7 days)`, `92 % from metrics`, `high`.

use crate::model::Confidence;

/// The words of a confidence; the error is what is wrong with its number, which then counts as not given.
pub(super) fn read(text: &str) -> (Confidence, Option<String>) {
    let text = text.trim();
    let start = text.trim_start_matches(['*', '_', '`', '~', '≈', ' ']);
    let Some((number, rest)) = number(start) else {
        return (Confidence { value: None, basis: basis(text) }, None);
    };
    let rest = rest.trim_start_matches(['*', '_', '`', ' ']);
    let (value, rest) = scaled(number, rest);
    if (0.0..=1.0).contains(&value) {
        return (Confidence { value: Some(value), basis: basis(rest) }, None);
    }
    let wrong = format!("confidence {} is not between 0 and 1", start[..start.len() - rest.len()].trim());
    (Confidence { value: None, basis: basis(rest) }, Some(wrong))
}

/// A number at the start of a text, and what follows it. Digits, one point or comma, a sign: nothing else is a confidence.
fn number(text: &str) -> Option<(f64, &str)> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let fraction = unsigned[whole..]
        .strip_prefix(['.', ','])
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let length = text.len() - unsigned.len() + whole + if fraction > 0 { 1 + fraction } else { 0 };
    // Words that begin with a digit ("7 days" is a basis, "2nd" an ordinal) are no confidence.
    let rest = &text[length..];
    let word = rest.trim_start_matches(' ').starts_with(char::is_alphabetic) && !rest.trim_start().starts_with("from");
    let digits = text[..length].replace(',', ".");
    if word || whole + fraction == 0 { None } else { Some((digits.parse().ok()?, rest)) }
}

/// A number in the scale that its sign names: percent, "out of ten", else 0 to 1.
fn scaled(number: f64, rest: &str) -> (f64, &str) {
    if let Some(rest) = rest.strip_prefix('%') {
        return (number / 100.0, rest);
    }
    for (scale, whole) in [("/100", 100.0), ("/10", 10.0), ("/5", 5.0), ("/1", 1.0)] {
        if let Some(rest) = rest.strip_prefix(scale).filter(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())) {
            return (number / whole, rest);
        }
    }
    (number, rest)
}

/// What a confidence rests on, without the marks that part it from the number.
fn basis(text: &str) -> String {
    let text = text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '*' | '_' | '`' | ',' | ';' | ':' | '-' | '–' | '—' | '.')
    });
    let inner =
        text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|inner| !inner.contains(['(', ')']));
    let text = inner.unwrap_or(text).trim();
    let lower = text.get(..12).unwrap_or(text).to_ascii_lowercase();
    let lead = ["based on ", "because ", "from "].iter().find(|lead| lower.starts_with(**lead));
    lead.map_or(text, |lead| text[lead.len()..].trim_start()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_and_words() {
        for (text, value, basis) in [
            ("0.92 (metrics, 7 days)", Some(0.92), "metrics, 7 days"),
            ("92% (metrics)", Some(0.92), "metrics"),
            ("92 % from metrics", Some(0.92), "metrics"),
            ("**0.9**: load test", Some(0.9), "load test"),
            ("0,85 — staging", Some(0.85), "staging"),
            ("9/10, from a dry run", Some(0.9), "a dry run"),
            ("~80%", Some(0.8), ""),
            ("1", Some(1.0), ""),
            ("0", Some(0.0), ""),
            (".5", Some(0.5), ""),
            ("100 %", Some(1.0), ""),
            ("high (seen in staging)", None, "high (seen in staging)"),
            ("High.", None, "High"),
            ("7 days of metrics", None, "7 days of metrics"),
            ("nan", None, "nan"),
            ("", None, ""),
            ("0.8 (a) and (b)", Some(0.8), "(a) and (b)"),
            ("0.7\nbased on metrics\nover 7 days", Some(0.7), "metrics\nover 7 days"),
        ] {
            let (confidence, wrong) = read(text);
            assert_eq!((confidence.value, confidence.basis.as_str(), wrong), (value, basis, None), "{text}");
        }
    }

    #[test]
    fn out_of_range_is_a_problem() {
        for (text, basis) in
            [("1.2 (gut)", "gut"), ("120%", ""), ("-0.1", ""), ("92 (metrics)", "metrics"), ("11/10", "")]
        {
            let (confidence, wrong) = read(text);
            assert_eq!((confidence.value, confidence.basis.as_str()), (None, basis), "{text}");
            assert!(wrong.unwrap().contains("not between 0 and 1"), "{text}");
        }
        assert!(read(&"9".repeat(5000)).1.is_some());
    }
}

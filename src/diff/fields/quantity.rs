//! Numbers as people write them: Kubernetes quantities, durations, sizes, shares.

use rust_decimal::Decimal;

/// A Kubernetes quantity in its base unit.
///
/// The grammar is that of <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>: a signed decimal
/// with a suffix of powers of two (`Ki` to `Ei`), of powers of ten (`n` to `E`), or with an exponent (`1e3`, `1E3`).
#[must_use]
pub fn quantity(text: &str) -> Option<Decimal> {
    let (number, suffix) = split(text)?;
    match suffix {
        "Ki" => scaled(number, 1024, 1),
        "Mi" => scaled(number, 1024, 2),
        "Gi" => scaled(number, 1024, 3),
        "Ti" => scaled(number, 1024, 4),
        "Pi" => scaled(number, 1024, 5),
        "Ei" => scaled(number, 1024, 6),
        "" => Some(number),
        "n" => tens(number, -9),
        "u" => tens(number, -6),
        "m" => tens(number, -3),
        "k" => tens(number, 3),
        "M" => tens(number, 6),
        "G" => tens(number, 9),
        "T" => tens(number, 12),
        "P" => tens(number, 15),
        "E" => tens(number, 18),
        _ => tens(number, suffix.strip_prefix(['e', 'E'])?.parse::<i8>().ok()?),
    }
}

/// `512MB`, `50GiB`, `512m`: bytes as databases, Prometheus and Docker read them, all in powers of 1,024.
pub(super) fn size(text: &str) -> Option<Decimal> {
    let (number, suffix) = split(text)?;
    let suffix = suffix.trim_start().to_ascii_lowercase();
    let unit = suffix.strip_suffix('b').unwrap_or(&suffix);
    match unit.strip_suffix('i').unwrap_or(unit) {
        "" => Some(number),
        "k" => scaled(number, 1024, 1),
        "m" => scaled(number, 1024, 2),
        "g" => scaled(number, 1024, 3),
        "t" => scaled(number, 1024, 4),
        "p" => scaled(number, 1024, 5),
        _ => None,
    }
}

/// Seconds of a duration as Go (`1h30m`, `300ms`) and Prometheus (`15d`, `2w`, `1y`) write them; each unit at most once.
///
/// <https://pkg.go.dev/time#ParseDuration>, <https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations>
pub(super) fn duration(text: &str) -> Option<Decimal> {
    if text.len() > 64 {
        return None;
    }
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest.is_empty() {
        return None;
    }
    let mut total = Decimal::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = plain(&rest[..digits])?;
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit() || c == '.').map_or(rest.len(), |at| at + digits);
        let seconds = seconds_of(&rest[digits..unit])?;
        total = total.checked_add(number.checked_mul(seconds)?)?;
        rest = &rest[unit..];
    }
    Some(if text.starts_with('-') { -total } else { total }.normalize())
}

fn seconds_of(unit: &str) -> Option<Decimal> {
    Some(match unit {
        "ns" => Decimal::new(1, 9),
        "us" | "µs" | "μs" => Decimal::new(1, 6),
        "ms" => Decimal::new(1, 3),
        "s" => Decimal::ONE,
        "m" => Decimal::from(60),
        "h" => Decimal::from(3_600),
        "d" => Decimal::from(86_400),
        "w" => Decimal::from(604_800),
        "y" => Decimal::from(31_536_000),
        _ => return None,
    })
}

/// `12.5%`.
pub(super) fn share(text: &str) -> Option<Decimal> {
    plain(text.strip_suffix('%')?.trim_end())
}

/// A decimal without exponent or underscores.
pub(super) fn plain(text: &str) -> Option<Decimal> {
    let (number, suffix) = split(text)?;
    suffix.is_empty().then_some(number)
}

/// A signed decimal and what follows it.
fn split(text: &str) -> Option<(Decimal, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    if number.len() > 28 || !number.bytes().any(|b| b.is_ascii_digit()) || number.matches('.').count() > 1 {
        return None;
    }
    // `1.` and `.5` are quantities as well.
    let number: Decimal = format!("0{}", number.trim_end_matches('.')).parse().ok()?;
    Some((if text.starts_with('-') { -number } else { number }, suffix))
}

fn scaled(number: Decimal, base: u32, power: u32) -> Option<Decimal> {
    let factor = (0..power).try_fold(Decimal::ONE, |factor, _| factor.checked_mul(Decimal::from(base)))?;
    Some(number.checked_mul(factor)?.normalize())
}

fn tens(number: Decimal, power: i8) -> Option<Decimal> {
    if power.unsigned_abs() > 24 {
        return None;
    }
    let factor = (0..power.unsigned_abs()).try_fold(Decimal::ONE, |factor, _| factor.checked_mul(Decimal::TEN))?;
    let result = if power < 0 { number.checked_div(factor) } else { number.checked_mul(factor) };
    Some(result?.normalize())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(value: Option<Decimal>) -> String {
        value.map_or_else(|| "-".to_owned(), |value| value.to_string())
    }

    #[test]
    fn quantities_are_those_of_kubernetes() {
        for (text, value) in [
            ("1", "1"),
            ("500m", "0.5"),
            ("0.1", "0.1"),
            (".5Gi", "536870912"),
            ("2Gi", "2147483648"),
            ("128974848", "128974848"),
            ("129e6", "129000000"),
            ("129M", "129000000"),
            ("123Mi", "128974848"),
            ("1E", "1000000000000000000"),
            ("1E3", "1000"),
            ("1e-3", "0.001"),
            ("100n", "0.0000001"),
            ("-1k", "-1000"),
            ("1.", "1"),
            ("1K", "-"),
            ("1 Gi", "-"),
            ("Gi", "-"),
            ("", "-"),
            ("1e99", "-"),
            ("99999999999Ei", "-"),
            ("1.2.3", "-"),
            ("abc", "-"),
        ] {
            assert_eq!(shown(quantity(text)), value, "{text}");
        }
    }

    #[test]
    fn durations_sizes_and_shares() {
        for (text, value) in [
            ("1h30m", "5400"),
            ("300ms", "0.3"),
            ("15d", "1296000"),
            ("2w", "1209600"),
            ("-1.5h", "-5400"),
            ("1h 30m", "-"),
            ("30", "-"),
            ("h", "-"),
            ("", "-"),
            ("1M", "-"),
        ] {
            assert_eq!(shown(duration(text)), value, "{text}");
        }
        assert_eq!(shown(size("512MB")), "536870912");
        assert_eq!(shown(size("1 GiB")), "1073741824");
        assert_eq!(shown(size("50XB")), "-");
        assert_eq!(shown(share("12.5%")), "12.5");
        assert_eq!(shown(share("%")), "-");
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[-+0-9.eEKMGTPimnu%hdwsyµ ]{0,40}|.{0,20}") {
            let _ = (quantity(&text), size(&text), duration(&text), share(&text), plain(&text));
        }
    }
}

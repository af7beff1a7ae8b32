//! Amounts of money in words: "saves about $90/month", "-30 USD per month", "€1,200/yr", "saves 15 %".
//!
//! Only what has a currency and a time is taken for money, so that ports, versions and shell variables are none; only what has
//! a direction is taken for a change. Everything becomes an amount a month.

use rust_decimal::Decimal;

use crate::model::text;

/// The most amounts that are taken from one text.
const MOST: usize = 8;
/// The most columns of the words around an amount.
const WORDS: usize = 120;
/// The most money that somebody means.
const LARGEST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// What a text says that its change costs or saves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The words, bounded: sanitise before showing.
    pub said: String,
    /// What they come to; negative for savings.
    pub change: Change,
}

/// A change of cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// So much a month.
    Amount {
        /// The amount.
        monthly: Decimal,
        /// The currency's code; `$` for dollars of whatever country.
        currency: &'static str,
    },
    /// So many per cent of what it cost before.
    Percent(Decimal),
}

/// The amounts that lines of text state, each once.
pub(super) fn stated<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<Stated> {
    let mut found: Vec<Stated> = Vec::new();
    for clause in lines.flat_map(clauses).filter(|clause| !tells_of_another(clause)) {
        for change in changes(&tokens(clause)) {
            if found.len() < MOST && found.iter().all(|other| other.change != change) {
                let said = text::truncate(clause.trim(), WORDS).into_owned();
                found.push(Stated { said, change });
            }
        }
    }
    found
}

/// Words by which a clause denies its amount, or speaks of what was or is and not of this change.
const ANOTHER: [&str; 14] = [
    "not",
    "never",
    "won't",
    "doesn't",
    "isn't",
    "cannot",
    "today",
    "currently",
    "already",
    "last",
    "previously",
    "saved",
    "was",
    "were",
];

/// Whether the amounts of a clause are not what this change comes to.
fn tells_of_another(clause: &str) -> bool {
    let words = clause.split(|c: char| !c.is_alphanumeric() && c != '\'').map(str::to_lowercase);
    words.into_iter().any(|word| ANOTHER.contains(&word.as_str()))
}

/// The parts of a line that are about one thing.
fn clauses(line: &str) -> impl Iterator<Item = &str> {
    line.split([';', '|'])
        .flat_map(|part| part.split(". "))
        .flat_map(|part| part.split(", "))
        .flat_map(|part| part.split(" but "))
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(Decimal),
    Word(String),
    Currency(&'static str),
    Minus,
    Plus,
    Percent,
    Slash,
    Other,
}

const SYMBOLS: [(char, &str); 4] = [('$', "$"), ('€', "EUR"), ('£', "GBP"), ('¥', "JPY")];
const CODES: [(&str, &str); 18] = [
    ("usd", "USD"),
    ("us", "US"),
    ("dollar", "$"),
    ("dollars", "$"),
    ("bucks", "$"),
    ("eur", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("gbp", "GBP"),
    ("pounds", "GBP"),
    ("chf", "CHF"),
    ("aud", "AUD"),
    ("cad", "CAD"),
    ("sek", "SEK"),
    ("nok", "NOK"),
    ("dkk", "DKK"),
    ("pln", "PLN"),
    ("inr", "INR"),
];

/// What stands before the sign of dollars that are not those of the United States, and before that of reals.
const ABROAD: [(&str, &str); 9] = [
    ("a", "AUD"),
    ("au", "AUD"),
    ("c", "CAD"),
    ("ca", "CAD"),
    ("nz", "NZD"),
    ("hk", "HKD"),
    ("s", "SGD"),
    ("sg", "SGD"),
    ("r", "BRL"),
];

fn tokens(clause: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = clause;
    while let Some(first) = rest.chars().next() {
        let (token, used) = token(rest, first, tokens.last());
        tokens.extend(token);
        rest = rest.get(used..).unwrap_or_default();
    }
    tokens
}

fn token(rest: &str, first: char, last: Option<&Token>) -> (Option<Token>, usize) {
    let run = |of: fn(char) -> bool| rest.find(|c: char| !of(c)).unwrap_or(rest.len());
    if first.is_ascii_digit() {
        let used = run(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
        let written = rest[..used].trim_end_matches(['.', ',']);
        let thousands = rest[used..].starts_with(['k', 'K']) && !rest[used + 1..].starts_with(char::is_alphanumeric);
        let european =
            matches!(last, Some(Token::Currency("EUR"))) || rest[used..].trim_start().starts_with(['€', 'E']);
        let factor = Decimal::from(if thousands { 1_000 } else { 1 });
        let number = number(written, european).map(|number| Token::Number(number * factor));
        return (Some(number.unwrap_or(Token::Other)), used + usize::from(thousands));
    }
    if first.is_alphabetic() {
        // `v2`, `8Gi` and `x86` are words, whatever digits are in them.
        let used = run(|c| c.is_alphanumeric() || matches!(c, '_' | '\''));
        let word = rest[..used].to_lowercase();
        // `A$30`
        let abroad = ABROAD.iter().find(|(name, _)| *name == word && rest[used..].starts_with('$'));
        if let Some((_, code)) = abroad {
            return (Some(Token::Currency(code)), used + 1);
        }
        let code = CODES.iter().find(|(name, _)| *name == word).map(|(_, code)| Token::Currency(code));
        return (Some(code.unwrap_or(Token::Word(word))), used);
    }
    let symbol = SYMBOLS.iter().find(|(symbol, _)| *symbol == first).map(|(_, code)| Token::Currency(code));
    let token = match first {
        '-' | '−' | '–' => Some(Token::Minus),
        '+' => Some(Token::Plus),
        '%' => Some(Token::Percent),
        '/' => Some(Token::Slash),
        _ if first.is_whitespace() || matches!(first, '~' | '≈' | '*' | '(' | ')' | ':' | '`' | '"') => None,
        _ => Some(Token::Other),
    };
    (symbol.or(token), first.len_utf8())
}

/// `90`, `1,200`, `1200.50`, `1.200,50`; `1.200` in euros is over a thousand.
fn number(written: &str, european: bool) -> Option<Decimal> {
    let (commas, points) = (written.matches(',').count(), written.matches('.').count());
    let grouped = |by: char| {
        written.split(by).skip(1).all(|group| group.len() >= 3 && group.bytes().take(3).all(|b| b.is_ascii_digit()))
    };
    let plain = match (commas, points) {
        (0, 0) => written.to_owned(),
        (_, 1) if commas > 0 && written.rfind('.') > written.rfind(',') => written.replace(',', ""),
        (1, _) if points > 0 && written.rfind(',') > written.rfind('.') => written.replace('.', "").replace(',', "."),
        (_, 0) if grouped(',') => written.replace(',', ""),
        (1, 0) => written.replace(',', "."),
        (0, 1) if european && grouped('.') => written.replace('.', ""),
        (0, 1) => written.to_owned(),
        // A version.
        _ => return None,
    };
    plain.parse().ok().filter(|number: &Decimal| plain.len() <= 20 && *number <= LARGEST)
}

/// What a clause says.
fn changes(tokens: &[Token]) -> Vec<Change> {
    let amounts: Vec<Amount> = (0..tokens.len()).filter_map(|at| amount(tokens, at)).collect();
    let levels: Vec<&Amount> = amounts.iter().filter(|amount| is_level(tokens, amount)).collect();
    if !levels.is_empty() {
        // Where it ends is no change by itself: only with where it began.
        return levels.into_iter().filter_map(|to| fall(tokens, to)).collect();
    }
    let signed = |amount: &Amount| {
        let monthly = amount.monthly * Decimal::from(direction(tokens, amount.start, amount.end)?);
        Some(Change::Amount { monthly, currency: amount.currency })
    };
    let mut found: Vec<Change> = amounts.iter().filter_map(signed).collect();
    found.extend((0..tokens.len()).filter_map(|at| share(tokens, at)));
    found
}

/// Whether an amount is what something costs in the end: `to $35 a month`, and not `saves up to $35 a month`.
fn is_level(tokens: &[Token], amount: &Amount) -> bool {
    let word = |back: usize| match amount.start.checked_sub(back).map(|at| &tokens[at]) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    word(1) == "to" && word(2) != "up"
}

/// The change to an amount from the one before it: `from $58 to $35 a month`. The time may stand at either or at both.
fn fall(tokens: &[Token], to: &Amount) -> Option<Change> {
    let before = (0..to.start).rev().find_map(|at| money(tokens, at))?;
    let (factor, end) = period(tokens, before.end).unwrap_or((to.factor, before.end));
    let same = before.currency == to.currency && end + 1 == to.start;
    let monthly = to.monthly - (before.number * factor).round_dp(2);
    same.then(|| Change::Amount { monthly: monthly.normalize(), currency: to.currency })
}

/// An amount a month and where it stands.
#[derive(Debug)]
struct Amount {
    start: usize,
    end: usize,
    monthly: Decimal,
    /// How often it falls due in a month.
    factor: Decimal,
    currency: &'static str,
}

/// An amount of whatever time, and where it stands.
#[derive(Debug)]
struct Money {
    start: usize,
    end: usize,
    number: Decimal,
    currency: &'static str,
}

/// The amount a month whose number stands at a place.
fn amount(tokens: &[Token], at: usize) -> Option<Amount> {
    let Money { start, end, number, currency } = money(tokens, at)?;
    let (factor, end) = period(tokens, end).or_else(|| Some((adverb(&tokens[..start])?, end)))?;
    Some(Amount { start, end, monthly: (number * factor).round_dp(2).normalize(), factor, currency })
}

/// The amount whose number stands at a place.
fn money(tokens: &[Token], at: usize) -> Option<Money> {
    let Token::Number(number) = tokens[at] else { return None };
    let currency = |at: Option<usize>| match tokens.get(at?)? {
        Token::Currency(code) if *code != "US" => Some(*code),
        _ => None,
    };
    let before = currency(at.checked_sub(1));
    // `US$90`
    let wide = before == Some("$") && at >= 2 && tokens[at - 2] == Token::Currency("US");
    let after = currency(Some(at + 1));
    let (code, start, end) = match (before, after) {
        (Some(code), _) if wide => (if code == "$" { "USD" } else { code }, at - 2, at + 1),
        // `$23 (CAD)`
        (Some("$"), Some(code)) => (code, at - 1, at + 2),
        (Some(code), _) => (code, at - 1, at + 1),
        (None, Some(code)) => (code, at, at + 2),
        (None, None) => return None,
    };
    Some(Money { start, end, number, currency: code })
}

/// How often an amount falls due in a month, where that stands after it, and where it ends.
fn period(tokens: &[Token], end: usize) -> Option<(Decimal, usize)> {
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    // `90 USD more a month`
    let at = if matches!(word(end), "more" | "less" | "extra" | "cheaper" | "total" | "saved") { end + 1 } else { end };
    let unit = match tokens.get(at)? {
        Token::Slash => word(at + 1),
        Token::Word(each) if matches!(each.as_str(), "a" | "an" | "per" | "each" | "every") => word(at + 1),
        Token::Word(adverb) => return Some((times_of(adverb)?, at + 1)),
        _ => return None,
    };
    let factor = match unit {
        "month" | "mo" | "mon" | "mth" | "months" => Decimal::ONE,
        "year" | "yr" | "y" | "annum" => Decimal::ONE / Decimal::from(12),
        "week" | "wk" => Decimal::from(52) / Decimal::from(12),
        "day" | "d" => Decimal::from(365) / Decimal::from(12),
        "hour" | "hr" | "h" => Decimal::from(730),
        _ => return None,
    };
    Some((factor, at + 2))
}

fn times_of(adverb: &str) -> Option<Decimal> {
    Some(match adverb {
        "monthly" => Decimal::ONE,
        "yearly" | "annually" | "annual" => Decimal::ONE / Decimal::from(12),
        "daily" => Decimal::from(365) / Decimal::from(12),
        "hourly" => Decimal::from(730),
        _ => return None,
    })
}

/// `monthly savings of $90`
fn adverb(before: &[Token]) -> Option<Decimal> {
    before.iter().rev().find_map(|token| match token {
        Token::Word(word) => times_of(word),
        _ => None,
    })
}

const DOWN: [&str; 21] = [
    "save",
    "saves",
    "saved",
    "saving",
    "savings",
    "cut",
    "cuts",
    "cutting",
    "reduce",
    "reduces",
    "reduced",
    "reducing",
    "reduction",
    "lower",
    "lowers",
    "lowering",
    "cheaper",
    "less",
    "decrease",
    "decreases",
    "drops",
];
const UP: [&str; 18] = [
    "cost",
    "costs",
    "costing",
    "more",
    "extra",
    "additional",
    "additionally",
    "add",
    "adds",
    "adding",
    "increase",
    "increases",
    "increased",
    "raises",
    "spends",
    "dearer",
    "impact",
    "up",
];
/// Words of what is paid as a whole, which is no change.
const WHOLE: [&str; 9] = ["bill", "budget", "currently", "today", "total", "limit", "threshold", "ceiling", "invoice"];

/// 1 for what costs more, -1 for what costs less; `None` where that is not said.
fn direction(tokens: &[Token], start: usize, end: usize) -> Option<i32> {
    match start.checked_sub(1).map(|at| &tokens[at]) {
        Some(Token::Minus) if start < 2 || !matches!(tokens[start - 2], Token::Number(_)) => return Some(-1),
        Some(Token::Plus) => return Some(1),
        _ => {}
    }
    let has = |tokens: &[Token], words: &[&str]| {
        tokens.iter().any(|token| matches!(token, Token::Word(word) if words.contains(&word.as_str())))
    };
    let within = &tokens[start..tokens.len().min(end + 2)];
    if has(within, &["less", "cheaper", "saved", "saving", "savings", "lower"]) {
        return Some(-1);
    }
    if has(within, &["more", "extra", "dearer"]) {
        return Some(1);
    }
    let before = &tokens[..start];
    if has(before, &DOWN) {
        return Some(-1);
    }
    (has(before, &UP) && !has(before, &WHOLE)).then_some(1)
}

/// What is saved of something that is not money.
const THINGS: [&str; 16] = [
    "memory",
    "cpu",
    "ram",
    "disk",
    "space",
    "time",
    "bandwidth",
    "traffic",
    "storage",
    "power",
    "energy",
    "latency",
    "tokens",
    "size",
    "lines",
    "requests",
];

/// `saves 15 %`, `15% cheaper`, `reduces cost by 15 %`.
fn share(tokens: &[Token], at: usize) -> Option<Change> {
    let (Token::Number(number), Some(Token::Percent)) = (&tokens[at], tokens.get(at + 1)) else { return None };
    let word = |token: &Token, words: &[&str]| matches!(token, Token::Word(word) if words.contains(&word.as_str()));
    let after = tokens.get(at + 2);
    if after.is_some_and(|after| word(after, &["cheaper"])) {
        return Some(Change::Percent(-number));
    }
    let things = tokens[at + 2..].iter().take(3).any(|token| word(token, &THINGS));
    if *number > Decimal::ONE_HUNDRED || things {
        return None;
    }
    let before = &tokens[..at];
    let saves = before.iter().rev().take(3).any(|token| word(token, &["save", "saves", "saving", "saved"]));
    let of_cost = before.iter().any(|token| word(token, &["cost", "costs", "bill", "spend", "spending"]));
    let down = before.iter().any(|token| word(token, &DOWN));
    (saves || of_cost && down).then_some(Change::Percent(-number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(line: &str) -> String {
        let show = |stated: Stated| match stated.change {
            Change::Amount { monthly, currency } => format!("{monthly} {currency}"),
            Change::Percent(percent) => format!("{percent}%"),
        };
        stated(line.lines()).into_iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (line, change) in [
            ("right-size checkout, saves about $90/month", "-90 $"),
            ("-30 USD per month", "-30 USD"),
            ("−30 USD per month", "-30 USD"),
            ("saves €1,200/yr", "-100 EUR"),
            ("saves 1.200 € per year", "-100 EUR"),
            ("saves €1.200,60 a year", "-100.05 EUR"),
            ("Saves US$1.2k annually", "-100 USD"),
            ("saves 15%", "-15%"),
            ("saves roughly 15 % of the bill", "-15%"),
            ("reduces the cost by 12.5%", "-12.5%"),
            ("about 30% cheaper", "-30%"),
            ("About 62 USD more a month.", "62 USD"),
            ("Impact: about 5 USD a month.", "5 USD"),
            ("Impact: saves about 8 USD a month.", "-8 USD"),
            ("Impact: about 19 USD less a month. Backups older than 30 days", "-19 USD"),
            ("costs an extra £40 monthly", "40 GBP"),
            ("monthly savings of $90", "-90 $"),
            ("monthly cost goes down, from $120/month to $90/month", "-30 $"),
            ("cuts the bill from $58 to $35 a month", "-23 $"),
            ("cuts the bill from $58/month to $35/month", "-23 $"),
            ("from $1/hour to $35 a month", "-695 $"),
            ("raises it from €30 a month to €35 a month", "5 EUR"),
            ("saves up to $90/month", "-90 $"),
            ("saves A$30/month", "-30 AUD"),
            ("saves C$30/month", "-30 CAD"),
            ("saves a $30/month machine", "-30 $"),
            ("saves $23 (USD) monthly", "-23 USD"),
            ("adds $0.10/hour", "73 $"),
            ("+$12/mo", "12 $"),
            ("saves 90 dollars each month", "-90 $"),
            ("cuts ~$3/day", "-91.25 $"),
            ("saves $90/month and saves $90/month", "-90 $"),
            ("Saves $20/month, adds $5/month", "-20 $ 5 $"),
            ("**Cost**: -$1,234.50/month", "-1234.5 $"),
        ] {
            assert_eq!(shown(line), change, "{line}");
        }
    }

    #[test]
    fn what_is_no_money_is_none() {
        for line in [
            "listen on $8080",
            "checkout costs $400/month today",
            "last quarter we saved $90/month with another one",
            "This does not save $400/month",
            "update to v1.90.0 ($90)",
            "saves $90",
            "port 90 per month",
            "image 1.2.3 to 1.3.0 saves 90 MB",
            "the bill is 3100 USD per month",
            "we spend 3100 USD per month",
            "budget: costs up to 500 USD per month",
            "saves 15% memory",
            "saves 15 % of the memory",
            "reduces memory by 15%",
            "CPU at 90%",
            "save 3 per day",
            "from 120/month to 90/month",
            "costs $1.2.3/month",
            "USD",
            "$/month",
            "saves $99999999999999999999999999999/month",
            "ratelimit: 90/hour saves requests",
            "$5",
            "reduces the bill to $35/month",
            "cuts it from €58 to $35 a month",
            "cuts it from 3 replicas to $35 a month",
        ] {
            assert_eq!(shown(line), "", "{line}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(line in "\\PC{0,60}", tail in "(saves |costs |from )?[-+]?[$€]?[0-9.,k]{0,30} ?(USD)?(/| per | a )?(month|yr)?( to \\$5/mo)?") {
            let _ = stated(std::iter::once(line.as_str()).chain([tail.as_str()]));
        }
    }
}

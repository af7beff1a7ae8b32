//! Letters that look like others, and characters that are not seen: what a reader takes a text for.

use std::borrow::Cow;

use super::text::is_active;

/// A text as a reader takes it, in lower case, if it is not what it looks like.
#[must_use]
pub fn folded(text: &str) -> Cow<'_, str> {
    let misleads = |c: char| !c.is_ascii() && fold(c) != Some(c);
    if text.is_ascii() || !text.chars().any(misleads) {
        return Cow::Borrowed(text);
    }
    // What ends a line stays, though a terminal obeys it.
    Cow::Owned(text.chars().filter_map(fold).collect())
}

/// A character as a reader takes it: the Latin letter that it looks like; nothing where it is not seen.
#[must_use]
pub fn fold(c: char) -> Option<char> {
    if is_active(c) && !c.is_whitespace() {
        return None;
    }
    Some(look(c).or_else(|| style(c)).unwrap_or(c).to_ascii_lowercase())
}

/// The Latin letter that a Cyrillic, Greek, Armenian or Cherokee one cannot be told from. Those rows of Unicode's
/// `confusables.txt` (UTS 39) whose skeleton is one ASCII letter and which common fonts draw alike; weak likenesses are
/// left out, since they are found in honest words.
#[must_use]
pub const fn look(c: char) -> Option<char> {
    Some(match c {
        'а' => 'a',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ҽ' => 'e',
        'ց' => 'g',
        'һ' | 'հ' => 'h',
        'і' | 'ι' | 'Ꭵ' => 'i',
        'ј' | 'ϳ' => 'j',
        'ӏ' => 'l',
        'ո' => 'n',
        'о' | 'ο' | 'օ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' | 'զ' => 'q',
        'ѕ' => 's',
        'ս' | 'υ' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' => 'w',
        'х' => 'x',
        'у' | 'γ' => 'y',
        'А' | 'Α' | 'Ꭺ' => 'A',
        'В' | 'Β' | 'Ᏼ' => 'B',
        'С' | 'Ϲ' | 'Ꮯ' => 'C',
        'Ꭰ' => 'D',
        'Е' | 'Ε' | 'Ꭼ' => 'E',
        'Ԍ' | 'Ꮐ' => 'G',
        'Н' | 'Η' | 'Ꮋ' => 'H',
        'І' | 'Ι' | 'Ӏ' => 'I',
        'Ј' | 'Ꭻ' => 'J',
        'К' | 'Κ' | 'Ꮶ' => 'K',
        'Ꮮ' => 'L',
        'М' | 'Μ' | 'Ꮇ' => 'M',
        'Ν' => 'N',
        'О' | 'Ο' | 'Օ' => 'O',
        'Р' | 'Ρ' | 'Ꮲ' => 'P',
        'Ԛ' => 'Q',
        'Ꮢ' => 'R',
        'Ѕ' | 'Տ' | 'Ꮪ' => 'S',
        'Т' | 'Τ' | 'Ꭲ' => 'T',
        'Ս' => 'U',
        'Ꮩ' => 'V',
        'Ԝ' | 'Ꮃ' => 'W',
        'Х' | 'Χ' => 'X',
        'Ү' | 'Υ' => 'Y',
        'Ζ' | 'Ꮓ' => 'Z',
        _ => return None,
    })
}

/// The letter of which a full-width or mathematical one is a style.
#[must_use]
pub fn style(c: char) -> Option<char> {
    let code = u32::from(c);
    match code {
        0xff21..=0xff3a => char::from_u32(code - 0xff21 + u32::from('A')),
        0xff41..=0xff5a => char::from_u32(code - 0xff41 + u32::from('a')),
        // Thirteen alphabets of capitals and small letters, one after the other.
        0x1d400..=0x1d6a3 => {
            let place = (code - 0x1d400) % 52;
            let first = if place < 26 { u32::from('A') } else { u32::from('a') - 26 };
            char::from_u32(first + place)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_folded_only_where_they_mislead() {
        for (text, read) in [
            ("password=x", None),
            ("naïve café, 日本語", None),
            ("pаssword=X\ny", Some("password=x\ny")),
            ("pass\u{200b}word=X", Some("password=x")),
            ("ＤＢ_ＰＡＳＳＷＯＲＤ=X", Some("db_password=x")),
        ] {
            assert_eq!(
                matches!(folded(text), Cow::Owned(_)).then(|| folded(text).into_owned()).as_deref(),
                read,
                "{text}"
            );
        }
    }
}

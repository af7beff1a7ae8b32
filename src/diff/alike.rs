//! How much two texts are alike, by the pieces they share.

use std::hash::Hasher as _;

use super::words::words;

/// The pieces of a text without their order: a hash and the bytes it stands for, sorted by hash.
#[derive(Debug, Default)]
pub(super) struct Bag {
    pieces: Vec<(u64, u32)>,
    weight: u64,
}

impl Bag {
    /// The words of a line, blanks left out.
    pub(super) fn of_words(line: &[u8]) -> Self {
        let words = words(line).into_iter().map(|word| &line[word]);
        Self::of(words.filter(|word| !word.iter().all(u8::is_ascii_whitespace)))
    }

    /// The lines of a text.
    pub(super) fn of_lines(text: &[u8]) -> Self {
        Self::of(text.split_inclusive(|byte| *byte == b'\n'))
    }

    fn of<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut pieces: Vec<(u64, u32)> = pieces.map(|piece| (hash(piece), piece.len() as u32)).collect();
        pieces.sort_unstable();
        let weight = pieces.iter().map(|piece| u64::from(piece.1)).sum();
        Self { pieces, weight }
    }

    /// How many bytes its pieces have.
    pub(super) const fn weight(&self) -> u64 {
        self.weight
    }

    /// The bytes of the pieces that both have, of those of the heavier: from 0 to 1.
    pub(super) fn alike(&self, other: &Self) -> f32 {
        let heavier = self.weight.max(other.weight);
        if heavier == 0 { 0.0 } else { self.shared(other) as f32 / heavier as f32 }
    }

    fn shared(&self, other: &Self) -> u64 {
        let (mut mine, mut theirs) = (self.pieces.iter().peekable(), other.pieces.iter().peekable());
        let mut shared = 0;
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => drop(mine.next()),
                std::cmp::Ordering::Greater => drop(theirs.next()),
                std::cmp::Ordering::Equal => {
                    shared += u64::from(a.1);
                    mine.next();
                    theirs.next();
                }
            }
        }
        shared
    }
}

/// The same on every host; a collision makes two texts look more alike, on a screen, and nothing else.
fn hash(piece: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(piece);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_the_heavier() {
        for (a, b, alike) in [
            ("", "", 0.0),
            ("a b", "a b", 1.0),
            ("a b", "b a", 1.0),
            ("a a", "a", 0.5),
            ("aaa b", "aaa c", 0.75),
            ("a", "b", 0.0),
        ] {
            let (a, b) = (Bag::of_words(a.as_bytes()), Bag::of_words(b.as_bytes()));
            assert!((a.alike(&b) - alike).abs() < 1e-6 && (b.alike(&a) - alike).abs() < 1e-6);
        }
        assert!(Bag::of_lines(b"a\nb\n").alike(&Bag::of_lines(b"a\nc\n")) > 0.49);
        assert_eq!(Bag::of_lines(b"a\nb").weight(), 3);
    }
}

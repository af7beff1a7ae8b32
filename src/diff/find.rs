//! Searching in a document: only what is shown, at the speed of memory.

use std::ops::Range;

use bstr::{BStr, ByteSlice as _};

use super::document::Document;

/// Needles, in bytes, are cut here: nobody types more.
const MAX_NEEDLE: usize = 256;

/// How many hits of one line are told.
const MAX_HITS: usize = 1_000;

/// Where in a line hits are looked for, in bytes from its start.
const MAX_LINE: usize = 1 << 16;

/// What is searched for. Without capitals it matches both cases of ASCII letters.
pub(super) struct Needle {
    bytes: Vec<u8>,
    any_case: bool,
}

impl Needle {
    /// `None` for a needle that no row can contain.
    pub(super) fn new(needle: &BStr) -> Option<Self> {
        if needle.is_empty() || needle.contains(&b'\n') {
            return None;
        }
        let bytes = needle[..needle.len().min(MAX_NEEDLE)].to_vec();
        let any_case = !needle.chars().any(char::is_uppercase);
        Some(Self { bytes, any_case })
    }

    /// Where the first hit starts.
    pub(super) fn first(&self, text: &[u8]) -> Option<usize> {
        if !self.any_case {
            return text.find(&self.bytes);
        }
        let set = self.first_letter();
        let mut from = 0;
        while let Some(at) = text[from..].find_byteset(set).map(|at| from + at) {
            if self.is_at(text, at) {
                return Some(at);
            }
            from = at + 1;
        }
        None
    }

    /// Where the last hit starts.
    pub(super) fn last(&self, text: &[u8]) -> Option<usize> {
        if !self.any_case {
            return text.rfind(&self.bytes);
        }
        let set = self.first_letter();
        let mut to = text.len();
        while let Some(at) = text[..to].rfind_byteset(set) {
            if self.is_at(text, at) {
                return Some(at);
            }
            to = at;
        }
        None
    }

    /// Both cases of the first byte.
    fn first_letter(&self) -> [u8; 2] {
        let first = self.bytes[0];
        [first.to_ascii_lowercase(), first.to_ascii_uppercase()]
    }

    fn is_at(&self, text: &[u8], at: usize) -> bool {
        text[at..].get(..self.bytes.len()).is_some_and(|here| here.eq_ignore_ascii_case(&self.bytes))
    }
}

/// Where a needle occurs in the text of a row, without overlaps: for marking what was found.
#[must_use]
pub fn hits(needle: &BStr, text: &[u8]) -> Vec<Range<usize>> {
    let Some(needle) = Needle::new(needle) else { return Vec::new() };
    let text = &text[..text.len().min(MAX_LINE)];
    let mut hits: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(at) = needle.first(&text[from..]).filter(|_| hits.len() < MAX_HITS) {
        hits.push(from + at..from + at + needle.bytes.len());
        from += at + needle.bytes.len();
    }
    hits
}

impl Document {
    /// The next row after (or before) `from` that contains `needle`, going round at the ends; `from` itself comes last. Only
    /// what is shown is searched: lines, remarks and the paths of headers. A needle without capitals matches both cases of
    /// ASCII letters.
    #[must_use]
    pub fn find(&self, needle: &BStr, from: usize, forward: bool) -> Option<usize> {
        let needle = Needle::new(needle)?;
        let rows = self.row_count();
        let from = from.min(rows.checked_sub(1)?);
        let (ahead, behind) = (from + 1..rows, 0..from + 1);
        if forward {
            self.find_in(&needle, ahead, true).or_else(|| self.find_in(&needle, behind, true))
        } else {
            self.find_in(&needle, 0..from, false).or_else(|| self.find_in(&needle, from..rows, false))
        }
    }

    fn find_in(&self, needle: &Needle, rows: Range<usize>, forward: bool) -> Option<usize> {
        if rows.is_empty() {
            return None;
        }
        let files = self.file_of(rows.start)?..self.file_of(rows.end - 1)? + 1;
        let look = |file: usize| {
            let start = self.starts[file];
            let within =
                rows.start.saturating_sub(start) as u32..(rows.end - start).min(self.starts[file + 1] - start) as u32;
            let found = self.views[file].layout.find(&self.files[file], needle, within, forward);
            found.map(|row| start + row as usize)
        };
        if forward { files.clone().find_map(look) } else { files.rev().find_map(look) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smart_case() {
        for (needle, text, found) in [
            ("abc", "xxABc abc", &[2, 6][..]),
            ("Abc", "abc Abc", &[4]),
            ("aa", "aaaaa", &[0, 2]),
            ("ß", "Straße", &[4]),
            ("", "abc", &[]),
            ("a\nb", "a\nb", &[]),
            ("zz", "abc", &[]),
        ] {
            let hits = hits(needle.into(), text.as_bytes());
            assert_eq!(hits.iter().map(|hit| hit.start).collect::<Vec<_>>(), found, "{needle}");
            assert!(hits.iter().all(|hit| hit.len() == needle.len()));
            let first = Needle::new(needle.into()).and_then(|needle| needle.first(text.as_bytes()));
            assert_eq!(first, found.first().copied());
        }
        assert_eq!(Needle::new("abc".into()).unwrap().last(b"ABC abc x"), Some(4));
        assert_eq!(Needle::new("abC".into()).unwrap().last(b"abC abc x"), Some(0));
    }
}

//! A text cut into lines without copying it.

use std::ops::Range;
use std::sync::Arc;

/// A shared text and where its lines start. A clone shares both.
#[derive(Debug, Clone)]
pub struct Lines {
    bytes: Arc<[u8]>,
    /// The start of each line and, last, the end of the text.
    starts: Arc<[u32]>,
}

impl Lines {
    /// Cuts a text after each `\n`; the last line may lack one. What lies behind 4 GiB is not seen: callers bound texts long
    /// before that (see [`super::Content::MAX_TEXT`]).
    #[must_use]
    pub fn new(bytes: Arc<[u8]>) -> Self {
        let seen = &bytes[..bytes.len().min(u32::MAX as usize)];
        let mut starts: Vec<u32> = Vec::with_capacity(seen.len() / 32 + 2);
        starts.push(0);
        starts.extend(memchr_newlines(seen));
        if starts.last().is_some_and(|&last| (last as usize) < seen.len()) {
            starts.push(seen.len() as u32);
        }
        Self { starts: starts.into(), bytes }
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        (self.starts.len() - 1) as u32
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.len() == 1
    }

    /// The whole text.
    #[must_use]
    pub const fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// Where line `index` (from 0) lies in the text, its line ending included; empty past the last line.
    #[must_use]
    pub fn range(&self, index: u32) -> Range<usize> {
        let index = index as usize;
        match (self.starts.get(index), self.starts.get(index + 1)) {
            (Some(&start), Some(&end)) => start as usize..end as usize,
            _ => 0..0,
        }
    }

    /// Line `index` (from 0) with its line ending; empty past the last line.
    #[must_use]
    pub fn line(&self, index: u32) -> &[u8] {
        &self.bytes[self.range(index)]
    }

    /// The line (from 0) that holds a byte of the text; `None` past the end.
    #[must_use]
    pub fn line_at(&self, byte: usize) -> Option<u32> {
        let line = self.starts.partition_point(|start| *start as usize <= byte);
        (line < self.starts.len()).then(|| line as u32 - 1)
    }

    /// All lines with their endings.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        self.starts.windows(2).map(|pair| &self.bytes[pair[0] as usize..pair[1] as usize])
    }

    /// Whether the last line lacks its newline.
    #[must_use]
    pub fn ends_open(&self) -> bool {
        self.bytes.last().is_some_and(|&byte| byte != b'\n')
    }

    /// Whether there are line endings, and each is `\r\n`.
    #[must_use]
    pub fn all_crlf(&self) -> bool {
        let first = self.iter().next().is_some_and(|line| line.ends_with(b"\r\n"));
        first && self.iter().all(|line| line.ends_with(b"\r\n") || !line.ends_with(b"\n"))
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self { bytes: Arc::default(), starts: Arc::from([0]) }
    }
}

/// The offset behind each newline.
fn memchr_newlines(bytes: &[u8]) -> impl Iterator<Item = u32> {
    use bstr::ByteSlice as _;
    bytes.find_iter(b"\n").map(|at| at as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Lines {
        Lines::new(text.into())
    }

    #[test]
    fn cuts_after_newlines() {
        for (text, cut) in [
            (&b""[..], &[][..]),
            (b"\n", &[&b"\n"[..]][..]),
            (b"a", &[b"a"]),
            (b"a\n", &[b"a\n"]),
            (b"a\r\nb\xff", &[b"a\r\n", b"b\xff"]),
            (b"\n\nx\n", &[b"\n", b"\n", b"x\n"]),
        ] {
            let lines = lines(text);
            assert_eq!(lines.iter().collect::<Vec<_>>(), cut);
            assert_eq!(lines.len() as usize, cut.len());
            assert_eq!(lines.is_empty(), cut.is_empty());
            assert!((0..lines.len()).map(|i| lines.line(i)).eq(lines.iter()));
            assert_eq!(lines.line(lines.len()), b"");
            assert_eq!(lines.line(u32::MAX), b"");
            for (at, _) in text.iter().enumerate() {
                assert!(lines.range(lines.line_at(at).unwrap()).contains(&at));
            }
            assert_eq!(lines.line_at(text.len()), None);
        }
    }

    #[test]
    fn endings() {
        assert!(lines(b"a\r\nb\r\n").all_crlf());
        assert!(lines(b"a\r\nb").all_crlf());
        assert!(!lines(b"a").all_crlf());
        assert!(!lines(b"a\r\nb\n").all_crlf());
        assert!(!lines(b"").all_crlf());
        assert!(lines(b"a").ends_open());
        assert!(!lines(b"a\n").ends_open() && !lines(b"").ends_open());
    }
}

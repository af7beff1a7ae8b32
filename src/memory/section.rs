//! The managed section inside a file: found, replaced, appended, and nothing else changed by a byte.
//!
//! Files are bytes: any encoding, any line ends, with or without a byte-order mark or a final line end. A marker counts
//! where it stands alone on its line, white space around it aside.

use bstr::ByteSlice as _;

use super::{BEGIN, END};

/// The byte-order mark of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What every version's BEGIN marker begins with.
const ANY_BEGIN: &str = "<!-- BEGIN countersign lessons";

/// Says why a file's managed section cannot be told, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemoryFault {
    /// Several sections.
    #[error(
        "the markers of the lessons begin twice (lines {first} and {second}): keep one section and delete the other"
    )]
    TwoSections {
        /// The line of the first BEGIN, from 1.
        first: usize,
        /// The line of the second.
        second: usize,
    },
    /// An END that ends nothing.
    #[error("line {line} ends the lessons, and no line before it begins them: delete that line")]
    EndWithoutBegin {
        /// The line, from 1.
        line: usize,
    },
    /// A BEGIN without an END.
    #[error("line {line} begins the lessons, and nothing ends them: write `{END}` on the line after the last lesson")]
    BeginWithoutEnd {
        /// The line, from 1.
        line: usize,
    },
    /// A section of another version of the format.
    #[error("line {line} begins lessons in another format than v1: update countersign, or delete that section")]
    OtherVersion {
        /// The line, from 1.
        line: usize,
    },
}

/// Puts a rendered section into a file, or takes it out of it.
///
/// `file` is what is there (`None`: no file), `section` what [`render`](super::render) gave. A section that is there is
/// replaced in its place; else it is appended after one blank line, in the line ends of the file. Without a `section`, one
/// that is there is removed together with the one blank line before it. Doing it twice changes nothing more.
pub fn apply(file: Option<&[u8]>, section: Option<&str>) -> Result<Vec<u8>, MemoryFault> {
    let file = file.unwrap_or_default();
    Ok(match (find(file)?, section) {
        (Some((start, end)), Some(section)) => [&file[..start], section.as_bytes(), &file[end..]].concat(),
        (Some((start, end)), None) => removed(file, start, end),
        (None, Some(section)) => appended(file, section),
        (None, None) => file.to_vec(),
    })
}

/// The bytes of a file's managed section, from BEGIN to END; `None` where it has none.
pub fn section(file: &[u8]) -> Result<Option<&[u8]>, MemoryFault> {
    Ok(find(file)?.map(|(start, end)| &file[start..end]))
}

/// Whether `after` is `before` with nothing changed but its managed section, which is `section` byte for byte: what a commit
/// that only moves a memory section must be.
#[must_use]
pub fn holds(before: Option<&[u8]>, after: &[u8], section: Option<&str>) -> bool {
    apply(before, section).is_ok_and(|expected| expected == after)
}

/// The byte range of the section.
fn find(file: &[u8]) -> Result<Option<(usize, usize)>, MemoryFault> {
    let mut begin: Option<(usize, usize)> = None;
    let mut found: Option<(usize, usize, usize)> = None;
    for (number, start, line) in lines(file) {
        let text = line.trim();
        if text.starts_with(ANY_BEGIN.as_bytes()) && text.ends_with(b"-->") {
            if let Some(first) = begin.map(|(first, _)| first).or(found.map(|(first, ..)| first)) {
                return Err(MemoryFault::TwoSections { first, second: number });
            }
            if text != BEGIN.as_bytes() {
                return Err(MemoryFault::OtherVersion { line: number });
            }
            begin = Some((number, start + indent(line)));
        } else if text == END.as_bytes() {
            let (first, from) = begin.take().ok_or(MemoryFault::EndWithoutBegin { line: number })?;
            found = Some((first, from, start + indent(line) + END.len()));
        }
    }
    match begin {
        Some((line, _)) => Err(MemoryFault::BeginWithoutEnd { line }),
        None => Ok(found.map(|(_, from, to)| (from, to))),
    }
}

fn indent(line: &[u8]) -> usize {
    line.len() - line.trim_start().len()
}

/// Number (from 1), place and bytes of every line, without a byte-order mark and with its line end.
fn lines(file: &[u8]) -> impl Iterator<Item = (usize, usize, &[u8])> {
    let mut start = if file.starts_with(BOM) { BOM.len() } else { 0 };
    file[start..].lines_with_terminator().enumerate().map(move |(index, line)| {
        let place = start;
        start += line.len();
        (index + 1, place, line)
    })
}

/// The line end that a file uses: that of its last line that has one.
fn line_end(file: &[u8]) -> &'static [u8] {
    let last = file.rfind_byte(b'\n');
    if last.is_some_and(|at| at > 0 && file[at - 1] == b'\r') { b"\r\n" } else { b"\n" }
}

/// Whether bytes end with an empty line, or are empty themselves.
fn ends_blank(bytes: &[u8]) -> bool {
    let end = |bytes: &[u8]| bytes.strip_suffix(b"\n").map(|rest| rest.strip_suffix(b"\r").unwrap_or(rest).len());
    match end(bytes) {
        Some(rest) => rest == 0 || bytes[..rest].ends_with(b"\n"),
        None => bytes.is_empty(),
    }
}

fn appended(file: &[u8], section: &str) -> Vec<u8> {
    let mut out = file.to_vec();
    let text = file.strip_prefix(BOM).unwrap_or(file);
    if !text.is_empty() && !text.ends_with(b"\n") {
        out.extend_from_slice(line_end(text));
    }
    if !ends_blank(text) {
        out.extend_from_slice(line_end(text));
    }
    out.extend_from_slice(section.as_bytes());
    out.push(b'\n');
    out
}

/// The file without its section, without the line end behind it, and without the one blank line before it.
fn removed(file: &[u8], start: usize, end: usize) -> Vec<u8> {
    let rest = &file[end..];
    let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
    let mut head = &file[..start];
    if head.len() > line_end(head).len() && ends_blank(head) {
        head = &head[..head.len() - line_end(head).len()];
    }
    [head, rest].concat()
}

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
/// `file` is what is there (`None`: no file), `section` what [`render`](super::render()) gave. A section that is there is
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &str =
        "<!-- BEGIN countersign lessons v1 -->\n## Lessons from review\n- One.\n<!-- END countersign lessons -->";
    const TWO: &str = "<!-- BEGIN countersign lessons v1 -->\n## Lessons from review\n- One.\n- Two.\n<!-- END countersign lessons -->";

    #[test]
    fn a_section_is_appended_after_one_blank_line() {
        for (file, before) in [
            (None, ""),
            (Some(""), ""),
            (Some("# Agents\n"), "# Agents\n\n"),
            (Some("# Agents"), "# Agents\n\n"),
            (Some("# Agents\n\n"), "# Agents\n\n"),
            (Some("# Agents\n\n\n"), "# Agents\n\n\n"),
            (Some("\n"), "\n"),
            (Some("# Agents\r\n"), "# Agents\r\n\r\n"),
            (Some("# Agents\r\nlast"), "# Agents\r\nlast\r\n\r\n"),
            (Some("# Agents\r\n\r\n"), "# Agents\r\n\r\n"),
            (Some("\u{feff}"), "\u{feff}"),
            (Some("\u{feff}# Agents\n"), "\u{feff}# Agents\n\n"),
        ] {
            let after = apply(file.map(str::as_bytes), Some(ONE)).unwrap();
            assert_eq!(String::from_utf8(after).unwrap(), format!("{before}{ONE}\n"), "{file:?}");
        }
        assert_eq!(apply(None, None).unwrap(), b"");
    }

    #[test]
    fn a_section_is_replaced_where_it_is() {
        for (before, after) in [
            ("", ""),
            ("# A\n\n", "\n# B"),
            ("x\r\n", "\r\ny"),
            ("\u{feff}", "\n"),
            ("\n\n\n", "\n\n\n"),
            ("# A\n", "  \n"),
        ] {
            let file = format!("{before}{ONE}{after}");
            let found = apply(Some(file.as_bytes()), Some(TWO)).unwrap();
            assert_eq!(String::from_utf8(found).unwrap(), format!("{before}{TWO}{after}"));
            assert_eq!(section(file.as_bytes()).unwrap(), Some(ONE.as_bytes()));
        }
    }

    #[test]
    fn an_editor_that_changed_the_line_ends_is_put_right() {
        let file = format!("# A\r\n\r\n{}\r\n# B\r\n", ONE.replace('\n', "\r\n"));
        let after = apply(Some(file.as_bytes()), Some(ONE)).unwrap();
        assert_eq!(String::from_utf8(after).unwrap(), format!("# A\r\n\r\n{ONE}\r\n# B\r\n"));
    }

    #[test]
    fn bytes_that_are_not_text_are_kept() {
        let file = b"\xff\xfe\x00caf\xe9\n".to_vec();
        let after = apply(Some(&file), Some(ONE)).unwrap();
        assert!(after.starts_with(&file));
    }

    #[test]
    fn a_section_can_be_taken_out() {
        for (file, after) in [
            (format!("# A\n\n{ONE}\n"), "# A\n"),
            (format!("# A\n\n{ONE}\n\n# B\n"), "# A\n\n# B\n"),
            (format!("{ONE}\n"), ""),
            (format!("# A\r\n\r\n{ONE}\r\n"), "# A\r\n"),
            (format!("# A\n{ONE}"), "# A\n"),
            ("# A\n".to_owned(), "# A\n"),
        ] {
            assert_eq!(String::from_utf8(apply(Some(file.as_bytes()), None).unwrap()).unwrap(), after, "{file}");
        }
    }

    #[test]
    fn unclear_markers_are_a_fault_that_says_what_to_do() {
        for (file, what) in [
            (format!("{ONE}\n{ONE}\n"), "begin twice (lines 1 and 5): keep one"),
            (format!("{BEGIN}\n{BEGIN}\n{END}\n"), "begin twice (lines 1 and 2)"),
            (format!("x\n{END}\n"), "line 2 ends the lessons, and no line before it begins them: delete"),
            (format!("{ONE}\n{END}\n"), "line 5 ends the lessons"),
            (format!("x\n{BEGIN}\n"), "line 2 begins the lessons, and nothing ends them: write"),
            ("<!-- BEGIN countersign lessons v2 -->\n".to_owned(), "another format than v1"),
        ] {
            let error = apply(Some(file.as_bytes()), Some(ONE)).expect_err(&file).to_string();
            assert!(error.contains(what), "{error}");
            assert_eq!(apply(Some(file.as_bytes()), None).expect_err(&file).to_string(), error);
        }
    }

    #[test]
    fn markers_count_only_alone_on_their_line() {
        let file = format!("We write `{BEGIN}` there.\n");
        assert_eq!(section(file.as_bytes()).unwrap(), None);
    }

    #[test]
    fn a_commit_that_moves_only_the_section_is_told_from_one_that_does_more() {
        let before = format!("# A\n\n{ONE}\n");
        let good = format!("# A\n\n{TWO}\n");
        assert!(holds(Some(before.as_bytes()), good.as_bytes(), Some(TWO)));
        for bad in [good.replace("# A", "# B"), good.replace("- Two", "- Too"), format!("{good}\n")] {
            assert!(!holds(Some(before.as_bytes()), bad.as_bytes(), Some(TWO)), "{bad}");
        }
        assert!(holds(None, format!("{ONE}\n").as_bytes(), Some(ONE)));
    }

    /// Files of any line ends, with blank lines, without a final one, with a byte-order mark.
    fn files() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof!["[ -~]{0,12}", Just(String::new()), Just("é\u{feff}".to_owned())];
        let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("")];
        (any::<bool>(), proptest::collection::vec((line, end), 0..8)).prop_map(|(bom, lines)| {
            let text: String = lines.into_iter().map(|(line, end)| line + end).collect();
            format!("{}{text}", if bom { "\u{feff}" } else { "" }).into_bytes()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn appending_keeps_every_byte_and_is_done_once(file in files()) {
            let once = apply(Some(&file), Some(ONE)).unwrap();
            prop_assert!(once.starts_with(&file));
            prop_assert_eq!(section(&once).unwrap(), Some(ONE.as_bytes()));
            prop_assert_eq!(&apply(Some(&once), Some(ONE)).unwrap(), &once);
            let added = &once[file.len()..];
            prop_assert!(added.len() <= ONE.len() + 5, "{:?}", added);
        }

        #[test]
        fn replacing_keeps_every_byte_outside(before in files(), after in files()) {
            let mut file = before.clone();
            if !file.is_empty() && file != BOM && !file.ends_with(b"\n") {
                file.push(b'\n');
            }
            let start = file.len();
            file.extend_from_slice(ONE.as_bytes());
            file.push(b'\n');
            let end = file.len() - 1;
            file.extend_from_slice(&after);
            let changed = apply(Some(&file), Some(TWO)).unwrap();
            prop_assert_eq!(&changed[..start], &file[..start]);
            prop_assert_eq!(&changed[start..start + TWO.len()], TWO.as_bytes());
            prop_assert_eq!(&changed[start + TWO.len()..], &file[end..]);
            prop_assert_eq!(&apply(Some(&changed), Some(ONE)).unwrap(), &file);
        }

        #[test]
        fn taking_out_twice_is_taking_out_once(before in files(), after in files()) {
            let file = [&before[..], b"\n", ONE.as_bytes(), b"\n", &after].concat();
            let once = apply(Some(&file), None).unwrap();
            prop_assert_eq!(section(&once).unwrap(), None);
            prop_assert_eq!(apply(Some(&once), None).unwrap(), once);
        }
    }
}

//! Seen marks: which changed lines were in frames that a person had before him, as the ledger records it.

use std::fmt::Write as _;

use bstr::BStr;
use sha2::{Digest as _, Sha256};

use super::row::word;
use crate::model::{ChangeId, CommentSide};

/// The mark of one changed line: SHA-256 of `path 0 side 0 line-number 0 change_id 0 text`, where `0` is a zero byte, the
/// side is `old` or `new`, the number (from 1) is decimal, the change id is lower-case hexadecimal, and the text is the line
/// as it is in the file, without its `\n`.
#[must_use]
pub fn seen_mark(path: &BStr, side: CommentSide, line: u32, change_id: &ChangeId, text: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(path);
    hasher.update(format!("\0{}\0{line}\0{change_id}\0", word(side)));
    hasher.update(text);
    hasher.finalize().into()
}

/// The digest over marks that a signed entry carries: SHA-256, in hexadecimal, over the distinct marks in byte order.
#[must_use]
pub fn seen_digest(marks: impl IntoIterator<Item = [u8; 32]>) -> String {
    let mut marks: Vec<[u8; 32]> = marks.into_iter().collect();
    marks.sort_unstable();
    marks.dedup();
    let digest = marks.iter().fold(Sha256::new(), sha2::Digest::chain_update).finalize();
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> ChangeId {
        ChangeId::from_bytes([byte; 32])
    }

    #[test]
    fn a_mark_is_the_digest_of_its_parts() {
        let raw = format!("a/b.yaml\0new\x0042\0{}\0  memory: 2Gi", "07".repeat(32));
        let mark = seen_mark("a/b.yaml".into(), CommentSide::New, 42, &id(7), b"  memory: 2Gi");
        assert_eq!(mark.as_slice(), Sha256::digest(raw).as_slice());
    }

    #[test]
    fn every_part_counts() {
        let base = seen_mark("a".into(), CommentSide::New, 1, &id(1), b"x");
        for other in [
            seen_mark("b".into(), CommentSide::New, 1, &id(1), b"x"),
            seen_mark("a".into(), CommentSide::Old, 1, &id(1), b"x"),
            seen_mark("a".into(), CommentSide::New, 2, &id(1), b"x"),
            seen_mark("a".into(), CommentSide::New, 1, &id(2), b"x"),
            seen_mark("a".into(), CommentSide::New, 1, &id(1), b"x\r"),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn the_digest_knows_no_order() {
        let (a, b) = ([1; 32], [2; 32]);
        assert_eq!(seen_digest([a, b]), seen_digest([b, a, b]));
        assert_ne!(seen_digest([a]), seen_digest([a, b]));
        assert_eq!(seen_digest([]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}

//! The lines that a change adds.

use std::ops::Range;

use super::Document;

impl Document {
    /// Every run of added lines, with the file that gets them: lines of the new side, from 0.
    pub fn added(&self) -> impl Iterator<Item = (usize, Range<u32>)> {
        let runs = |(file, diff): (usize, &super::FileDiff)| {
            let added = diff.changes().iter().map(move |change| (file, change.new.clone()));
            added.filter(|(_, lines)| !lines.is_empty()).collect::<Vec<_>>()
        };
        self.files.iter().enumerate().flat_map(runs)
    }
}

#[cfg(test)]
mod tests {
    use crate::diff::{Content, Document, FileInput};
    use crate::model::{CommentSide, FileChange, Mode, Oid, Side};

    #[test]
    fn added_lines_are_those_of_the_new_side() {
        let side = |byte| Some(Side { mode: Mode::File, oid: Oid::from_bytes([byte; 20]) });
        let content = |text: &str| Content::classify(Mode::File, text.as_bytes().to_vec());
        let change = FileChange { path: "a".into(), old: side(1), new: side(2) };
        let input = FileInput { change, old: content("a\nb\nc\n"), new: content("a\nx\ny\nc\nz\n") };
        let document = Document::build(vec![input], 3);
        let added: Vec<_> = document.added().collect();
        assert_eq!(added, [(0, 1..3), (0, 4..5)]);
        assert_eq!(document.lines(0, CommentSide::New).line(1), b"x\n");
    }
}

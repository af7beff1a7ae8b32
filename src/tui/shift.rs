//! Finds out that a frame is the one before with some rows moved, so that the terminal can move them itself.
//!
//! Views draw whole frames and say nothing about scrolling; rows that are equal to rows of the last frame, only higher or
//! lower, say it. A wrong guess costs bytes, never a wrong picture: the old frame is moved as the terminal's is, and the
//! difference is drawn.

use std::hash::{DefaultHasher, Hasher as _};

use ratatui::buffer::{Buffer, Cell};

/// Rows that moved together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// The first row of the region.
    pub(super) top: u16,
    /// The last row of the region.
    pub(super) bottom: u16,
    /// So many rows up; down where negative.
    pub(super) by: i16,
}

/// Fewer rows saved than this are not worth the sequences.
const WORTHWHILE: i32 = 2;

/// A row as it is compared: by its text alone, since what is drawn in other colours has moved all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    hash: u64,
    blank: bool,
}

impl Shift {
    /// The shift that leaves the least to draw, if there is one worth its bytes.
    pub(super) fn find(old: &Buffer, new: &Buffer) -> Option<Self> {
        let width = usize::from(new.area.width).max(1);
        let changed: Vec<bool> =
            old.content.chunks(width).zip(new.content.chunks(width)).map(|(old, new)| old != new).collect();
        if changed.iter().filter(|changed| **changed).count() <= WORTHWHILE as usize {
            return None;
        }
        let (old, new) = (marks(old, width), marks(new, width));
        let furthest = old.len() as i16 - 1;
        let (saved, shift) = (-furthest..=furthest)
            .filter(|by| *by != 0)
            .filter_map(|by| best_region(&old, &new, &changed, by))
            .max_by_key(|(saved, shift)| (*saved, -shift.by.abs()))?;
        (saved >= WORTHWHILE).then_some(shift)
    }

    /// Moves the rows of a buffer as the terminal moves its own: what is uncovered is blank.
    pub(super) fn apply(self, buffer: &mut Buffer) {
        let width = usize::from(buffer.area.width);
        let region = &mut buffer.content[usize::from(self.top) * width..(usize::from(self.bottom) + 1) * width];
        let cells = usize::from(self.by.unsigned_abs()) * width;
        let uncovered = if self.by > 0 {
            region.rotate_left(cells);
            region.len() - cells..region.len()
        } else {
            region.rotate_right(cells);
            0..cells
        };
        region[uncovered].fill(Cell::EMPTY);
    }
}

/// The region in which a shift saves the most rows, and how many.
fn best_region(old: &[Mark], new: &[Mark], changed: &[bool], by: i16) -> Option<(i32, Shift)> {
    let source = |row: usize| row.checked_add_signed(isize::from(by)).and_then(|row| old.get(row));
    let gain = |row: usize| match source(row) {
        Some(source) if *source == new[row] => i32::from(changed[row] && !new[row].blank),
        Some(_) => -i32::from(!changed[row]),
        None => 0,
    };
    let in_reach = |row: &usize| source(*row).is_some();
    // The run of rows with the largest sum (Kadane).
    let (mut best, mut run, mut start) = ((0, 0, 0), 0, 0);
    for row in (0..new.len()).filter(in_reach) {
        if run <= 0 {
            (run, start) = (0, row);
        }
        run += gain(row);
        if run > best.0 {
            best = (run, start, row);
        }
    }
    let (saved, first, last) = best;
    (saved > 0).then(|| {
        let distance = usize::from(by.unsigned_abs());
        let (top, bottom) = if by > 0 { (first, last + distance) } else { (first - distance, last) };
        let uncovered = if by > 0 { last + 1..bottom + 1 } else { top..first };
        let given_up = uncovered.filter(|row| !changed[*row] && !new[*row].blank).count() as i32;
        (saved - given_up, Shift { top: top as u16, bottom: bottom as u16, by })
    })
}

fn marks(buffer: &Buffer, width: usize) -> Vec<Mark> {
    let mut text = String::with_capacity(width * 2);
    let mut mark = |row: &[Cell]| {
        text.clear();
        for cell in row {
            text.push_str(cell.symbol());
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        Mark { hash: hasher.finish(), blank: text.bytes().all(|byte| byte == b' ') }
    };
    buffer.content.chunks(width).map(&mut mark).collect()
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn frame(rows: &[&str]) -> Buffer {
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 12, rows.len() as u16));
        for (y, row) in rows.iter().enumerate() {
            buffer.set_string(0, y as u16, row, Style::new());
        }
        buffer
    }

    fn found(old: &[&str], new: &[&str]) -> Option<(u16, u16, i16)> {
        Shift::find(&frame(old), &frame(new)).map(|shift| (shift.top, shift.bottom, shift.by))
    }

    #[test]
    fn rows_that_moved_together_are_found() {
        let old = ["head", "a", "b", "c", "d", "e", "foot"];
        for (new, shift) in [
            (["head", "b", "c", "d", "e", "f", "foot"], Some((1, 5, 1))),
            (["head", "z", "a", "b", "c", "d", "foot"], Some((1, 5, -1))),
            (["head", "d", "e", "f", "g", "h", "foot"], Some((1, 5, 3))),
            (["head", "a", "b", "x", "d", "e", "foot"], None),
            (["1", "2", "3", "4", "5", "6", "7"], None),
            (["HEAD", "b", "c", "d", ">e", "f", "foot"], Some((1, 4, 1))),
            (["head", "", "", "", "", "", "foot"], None),
        ] {
            assert_eq!(found(&old, &new), shift, "{new:?}");
        }
        assert_eq!(found(&["a", "a", "a", "a"], &["a", "a", "a", "a"]), None);
        assert_eq!(found(&["", "", "", "x"], &["x", "", "", ""]), None, "one row is not worth it");
    }

    #[test]
    fn applying_it_moves_rows_and_uncovers_blanks() {
        for (by, rows) in [(1, ["a", "c", "d", "", "e"]), (-2, ["a", "", "", "b", "e"]), (3, ["a", "", "", "", "e"])] {
            let mut buffer = frame(&["a", "b", "c", "d", "e"]);
            Shift { top: 1, bottom: 3, by }.apply(&mut buffer);
            assert_eq!(buffer, frame(&rows));
        }
    }
}

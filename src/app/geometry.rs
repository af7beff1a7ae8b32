//! How the screen is divided: numbers that scrolling and drawing must agree on.

use ratatui::layout::Rect;

/// The smallest screen that the console draws on.
pub const SMALLEST: (u16, u16) = (60, 16);
/// From here on the questions of a review stand beside the diff, and the files too.
pub const WIDE: u16 = 180;
/// From this width and height on the questions stand below the diff.
pub const STACKED: (u16, u16) = (100, 30);
/// Rows of the pane below the diff that has not the focus.
pub const SHARE: u16 = 14;

/// Rows of the screen that a page does not have: its title, a blank row, the hint bar.
pub const AROUND_PAGE: u16 = 3;
/// Columns of the screen that a page does not have.
pub const BESIDE_PAGE: u16 = 4;

/// Whether a screen is too small to be drawn on.
#[must_use]
pub const fn too_small(screen: Rect) -> bool {
    screen.width < SMALLEST.0 || screen.height < SMALLEST.1
}

/// The parts of the queue's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueAreas {
    /// The top line.
    pub top: Rect,
    /// Lines that want a look.
    pub notices: Rect,
    /// The names of the columns.
    pub header: Rect,
    /// The list.
    pub list: Rect,
    /// What is known of the proposal under the cursor, below a rule.
    pub preview: Rect,
    /// The hint bar.
    pub hint: Rect,
}

impl QueueAreas {
    /// Divides a screen; so many notices want a line.
    #[must_use]
    pub fn of(screen: Rect, notices: u16) -> Self {
        let preview = match screen.height {
            ..24 => 0,
            24..30 => 3,
            30..36 => 6,
            _ => 8,
        };
        let notices = notices.min(if screen.height < 30 { 1 } else { 2 });
        let mut rows = Rows::new(screen);
        Self {
            top: rows.take(1),
            notices: rows.take(notices),
            header: rows.take(1),
            list: rows.leave(preview + 1),
            preview: rows.take(preview),
            hint: rows.take(1),
        }
    }
}

/// A pane of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The diff.
    #[default]
    Diff,
    /// The five questions.
    Questions,
    /// The changed files.
    Files,
}

/// The parts of a review's screen. A part without rows is not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewAreas {
    /// Who, what, where to.
    pub header: Rect,
    /// The changed files; lies over the diff where there is no room beside it.
    pub files: Rect,
    /// The diff.
    pub diff: Rect,
    /// The five questions.
    pub questions: Rect,
    /// The hint bar.
    pub hint: Rect,
}

impl ReviewAreas {
    /// Divides a screen for the pane that has the focus.
    #[must_use]
    pub fn of(screen: Rect, focus: Pane) -> Self {
        let mut rows = Rows::new(screen);
        let header = rows.take(4);
        let body = rows.leave(1);
        let hint = rows.take(1);
        let none = Rect { height: 0, ..body };
        let (files, diff, questions) = if screen.width >= WIDE {
            beside(body)
        } else if screen.width >= STACKED.0 && screen.height >= STACKED.1 {
            let (diff, questions) = stacked(body, focus);
            (overlay(body, focus), diff, questions)
        } else if focus == Pane::Questions {
            (none, none, body)
        } else {
            (overlay(body, focus), body, none)
        };
        Self { header, files, diff, questions, hint }
    }
}

/// Files, diff and questions from left to right, a column for a line between each.
fn beside(body: Rect) -> (Rect, Rect, Rect) {
    let files = 28;
    let questions = (body.width * 36 / 100).clamp(60, 90);
    let diff = body.width - files - questions - 2;
    let at = |x: u16, width: u16| Rect { x: body.x + x, width, ..body };
    (at(0, files), at(files + 1, diff), at(files + diff + 2, questions))
}

/// The diff above the questions, a row for a line between them; the focus has the larger share.
fn stacked(body: Rect, focus: Pane) -> (Rect, Rect) {
    let small = SHARE.min(body.height / 2);
    let upper = if focus == Pane::Questions { small } else { body.height - small - 1 };
    let lower = body.height - upper - 1;
    (Rect { height: upper, ..body }, Rect { y: body.y + upper + 1, height: lower, ..body })
}

/// The files over the left part of the diff, where they have the focus.
fn overlay(body: Rect, focus: Pane) -> Rect {
    if focus == Pane::Files { Rect { width: (body.width / 2).max(44), ..body } } else { Rect { height: 0, ..body } }
}

/// Cuts a screen into rows from the top.
struct Rows {
    rest: Rect,
}

impl Rows {
    const fn new(rest: Rect) -> Self {
        Self { rest }
    }

    fn take(&mut self, height: u16) -> Rect {
        let height = height.min(self.rest.height);
        let taken = Rect { height, ..self.rest };
        self.rest.y += height;
        self.rest.height -= height;
        taken
    }

    /// Takes all but so many rows.
    fn leave(&mut self, height: u16) -> Rect {
        self.take(self.rest.height.saturating_sub(height))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_list_gets_most_of_the_screen() {
        let list = |width, height, notices| QueueAreas::of(Rect::new(0, 0, width, height), notices).list.height;
        assert_eq!(list(80, 24, 1), 17);
        assert_eq!(list(80, 24, 0), 18);
        assert_eq!(list(120, 40, 2), 27);
    }

    proptest! {
        #[test]
        fn every_part_lies_on_the_screen(width in 60_u16..400, height in 16_u16..200, notices in 0_u16..5, pane in 0..3) {
            let screen = Rect::new(0, 0, width, height);
            let pane = [Pane::Diff, Pane::Questions, Pane::Files][pane as usize];
            let queue = QueueAreas::of(screen, notices);
            let review = ReviewAreas::of(screen, pane);
            for part in [queue.top, queue.notices, queue.header, queue.list, queue.preview, queue.hint, review.header,
                review.files, review.diff, review.questions, review.hint] {
                prop_assert_eq!(part.intersection(screen), part);
            }
            prop_assert!(queue.list.height >= 4);
        }
    }
}

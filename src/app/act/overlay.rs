//! What the actions do on a page, in the palette, on the line of a search.

use jiff::Timestamp;

use crate::app::actions::Action;
use crate::app::geometry::{AROUND_PAGE, BESIDE_PAGE};
use crate::app::overlay::Overlay;
use crate::app::status::Status;
use crate::app::{App, Command};

impl App {
    pub(in crate::app) fn act_overlay(&mut self, action: Action, at: Timestamp) -> Vec<Command> {
        match (&mut self.overlay, action) {
            (Some(Overlay::Find(_)), Action::Close) => self.give_up_search(),
            (_, Action::Close) => self.overlay = None,
            (Some(Overlay::Find(_)), Action::Accept) => self.search(),
            (Some(Overlay::Palette(_)), Action::Accept) => return self.run_from_palette(at),
            (Some(Overlay::Palette(palette)), Action::Down) => palette.step(1),
            (Some(Overlay::Palette(palette)), Action::Up) => palette.step(-1),
            (Some(Overlay::Page(_)), _) => self.scroll_page(action),
            _ => {}
        }
        Vec::new()
    }

    fn scroll_page(&mut self, action: Action) {
        let (width, height) = (self.screen.width, self.screen.height);
        let height = usize::from(height.saturating_sub(AROUND_PAGE)).max(1);
        let page = height.saturating_sub(1).max(1) as isize;
        let by = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::HalfPageDown => page / 2 + 1,
            Action::HalfPageUp => -(page / 2 + 1),
            Action::PageDown => page,
            Action::PageUp => -page,
            Action::Top => isize::MIN,
            Action::Bottom => isize::MAX,
            _ => return,
        };
        if let Some(Overlay::Page(shown)) = &mut self.overlay {
            shown.scroll(by, usize::from(width.saturating_sub(BESIDE_PAGE)), height);
        }
    }

    fn give_up_search(&mut self) {
        let Some(Overlay::Find(find)) = self.overlay.take() else { return };
        match &mut self.review {
            Some(review) => review.search = find.before,
            None => self.queue.set_filter(&find.before),
        }
    }

    fn search(&mut self) {
        let Some(Overlay::Find(find)) = self.overlay.take() else { return };
        let text = find.text.text();
        let height = self.diff_height();
        let Some(review) = &mut self.review else {
            self.queue.set_filter(&text);
            return self.show_preview();
        };
        review.search = text;
        let from = review.cursor();
        let found = review.document().and_then(|document| document.find(review.search.as_str().into(), from, true));
        match found {
            Some(row) => review.show(row, height),
            None if review.search.is_empty() => {}
            None => self.status = Some(Status::warn("found nowhere in the lines that are shown")),
        }
    }

    fn run_from_palette(&mut self, at: Timestamp) -> Vec<Command> {
        let Some(Overlay::Palette(palette)) = self.overlay.take() else { return Vec::new() };
        let Some(info) = palette.found.get(palette.cursor) else { return Vec::new() };
        // Consent needs the key itself: an action that confirms is not run from a list.
        if matches!(info.action, Action::Confirm | Action::Send) {
            self.status = Some(Status::warn("press its key on the sheet itself"));
            return Vec::new();
        }
        self.press(info.action, at)
    }
}

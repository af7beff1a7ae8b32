//! Links, as terminals know them: OSC 8. The addresses that a console has shown keep their numbers, so that a link that stays is
//! not written again.

use std::collections::HashMap;

use ratatui::buffer::Buffer;

use crate::config::LinkMark;
use crate::model::WebAddress;

/// Addresses that are remembered; with more than these the next frame is drawn whole, and they are counted anew.
const MOST: usize = 2_000;

/// Whether the terminal is one that takes links, or at least passes over them, as far as the environment tells. GNU screen passes
/// over none; inside tmux, which has the same `TERM`, they work or are dropped.
#[must_use]
pub fn takes_links(variable: impl Fn(&str) -> Option<String>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    let screen = term.starts_with("screen") && variable("TMUX").is_none();
    !screen && !term.is_empty() && !["dumb", "linux", "vt100", "vt220"].contains(&term.as_str())
}

/// The addresses of a screen, by number.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Whether links are written.
    on: bool,
    known: Vec<WebAddress>,
    places: HashMap<WebAddress, usize>,
}

impl Links {
    pub(super) const fn switch(&mut self, on: bool) {
        self.on = on;
    }

    /// The address of a mark.
    pub(super) fn address(&self, mark: LinkMark) -> Option<&WebAddress> {
        self.known.get(mark.place())
    }

    /// Whether there are too many. Then they are forgotten, and so must be what is shown.
    pub(super) fn overflow(&mut self) -> bool {
        let full = self.known.len() > MOST;
        if full {
            self.known.clear();
            self.places.clear();
        }
        full
    }

    /// Gives the cells of a frame, which count the frame's own links, the numbers of this screen.
    pub(super) fn renumber(&mut self, frame: &mut Buffer, links: &[WebAddress]) {
        if links.is_empty() {
            return;
        }
        let marks: Vec<Option<LinkMark>> = links.iter().map(|address| self.mark(address)).collect();
        for cell in &mut frame.content {
            if let Some(mark) = LinkMark::of(cell.underline_color) {
                cell.underline_color = LinkMark::colour(marks.get(mark.place()).copied().flatten());
            }
        }
    }

    fn mark(&mut self, address: &WebAddress) -> Option<LinkMark> {
        if !self.on {
            return None;
        }
        let next = self.known.len();
        let place = *self.places.entry(address.clone()).or_insert(next);
        if place == next {
            self.known.push(address.clone());
        }
        LinkMark::at(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_that_would_print_links_get_none() {
        for (term, tmux, wanted) in [
            ("xterm-256color", false, true),
            ("tmux-256color", true, true),
            ("screen-256color", true, true),
            ("screen", false, false),
            ("linux", false, false),
            ("dumb", false, false),
            ("", false, false),
        ] {
            let variable = |name: &str| match name {
                "TERM" => Some(term.to_owned()),
                _ => tmux.then(|| "/tmp/tmux".to_owned()),
            };
            assert_eq!(takes_links(variable), wanted, "{term} {tmux}");
        }
    }
}

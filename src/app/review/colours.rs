//! Syntax colours of an opened proposal: asked for where they are seen, in windows, kept while it is open.

use std::collections::HashMap;
use std::ops::Range;

use crate::diff::Roles;
use crate::model::CommentSide;

/// Lines that are asked for at once; a screen and its neighbourhood.
const WINDOW: u32 = 128;

/// The colours that are known.
#[derive(Debug, Default)]
pub struct Colours {
    windows: HashMap<(usize, CommentSide, u32), Window>,
}

/// The colours of some lines.
#[derive(Debug)]
enum Window {
    /// Asked for.
    Asked,
    /// Known; lines beyond the end of the text are not there.
    Known(Vec<Roles>),
}

impl Colours {
    /// The first window among these lines (from 0) that was never asked for.
    pub fn first_missing(
        &self,
        lines: impl IntoIterator<Item = (usize, CommentSide, u32)>,
    ) -> Option<(usize, CommentSide, Range<u32>)> {
        lines.into_iter().map(|(file, side, line)| (file, side, line / WINDOW)).find_map(|key| {
            let start = key.2 * WINDOW;
            (!self.windows.contains_key(&key)).then_some((key.0, key.1, start..start + WINDOW))
        })
    }

    /// Remembers that a window was asked for.
    pub fn asked(&mut self, file: usize, side: CommentSide, lines: &Range<u32>) {
        self.windows.insert((file, side, lines.start / WINDOW), Window::Asked);
    }

    /// Takes the colours of a window.
    pub fn take(&mut self, file: usize, side: CommentSide, from: u32, roles: Vec<Roles>) {
        self.windows.insert((file, side, from / WINDOW), Window::Known(roles));
    }

    /// Forgets what was asked for and never came.
    pub fn forget_asked(&mut self) {
        self.windows.retain(|_, window| matches!(window, Window::Known(_)));
    }

    /// The colours of a line (from 0).
    #[must_use]
    pub fn line(&self, file: usize, side: CommentSide, line: u32) -> &[(Range<usize>, crate::diff::SyntaxRole)] {
        match self.windows.get(&(file, side, line / WINDOW)) {
            Some(Window::Known(roles)) => roles.get((line % WINDOW) as usize).map_or(&[], Vec::as_slice),
            _ => &[],
        }
    }
}

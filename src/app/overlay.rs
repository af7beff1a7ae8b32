//! What lies over a screen and is not a sheet: a page, the palette, the line of a search.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::actions::{ACTIONS, ActionInfo};
use super::prose::{self, Line};
use super::text_field::TextField;
use crate::config::Context;

/// Something over a screen.
#[derive(Debug)]
pub enum Overlay {
    /// Text to read.
    Page(Page),
    /// Everything that can be done.
    Palette(Palette),
    /// The line of a search.
    Find(Find),
}

impl Overlay {
    /// Where keys are read.
    #[must_use]
    pub const fn context(&self) -> Context {
        match self {
            Self::Page(_) => Context::Page,
            Self::Palette(_) => Context::Palette,
            Self::Find(_) => Context::Find,
        }
    }

    /// The text that keys go to, if there is one.
    pub fn text(&mut self) -> Option<&mut TextField> {
        match self {
            Self::Page(_) => None,
            Self::Palette(palette) => Some(&mut palette.text),
            Self::Find(find) => Some(&mut find.text),
        }
    }
}

/// Text to read.
#[derive(Debug)]
pub struct Page {
    /// Its name.
    pub title: String,
    /// Its lines, unwrapped.
    pub lines: Vec<Line>,
    /// The first row that is drawn.
    pub top: usize,
}

impl Page {
    /// A page, from its top.
    #[must_use]
    pub fn new(title: impl Into<String>, lines: Vec<Line>) -> Self {
        Self { title: title.into(), lines, top: 0 }
    }

    /// Scrolls by so many rows; stops at the ends.
    pub fn scroll(&mut self, by: isize, width: usize, height: usize) {
        let last = prose::height(&self.lines, width).saturating_sub(height);
        self.top = self.top.saturating_add_signed(by).min(last);
    }
}

/// The line of a search.
#[derive(Debug)]
pub struct Find {
    /// What is typed.
    pub text: TextField,
    /// What was searched for before; it comes back where the search is given up.
    pub before: String,
}

/// Everything that can be done, narrowed by what is typed.
#[derive(Debug)]
pub struct Palette {
    /// What is typed.
    pub text: TextField,
    /// Where the actions would work.
    pub context: Context,
    /// The actions that match, best first.
    pub found: Vec<&'static ActionInfo>,
    /// Which of them the cursor is on.
    pub cursor: usize,
}

impl Palette {
    /// The palette over a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        let mut palette = Self { text: TextField::line_of(""), context, found: Vec::new(), cursor: 0 };
        palette.narrow();
        palette
    }

    /// Finds the actions that match what is typed.
    pub fn narrow(&mut self) {
        let pattern = Pattern::parse(&self.text.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
        let here = ACTIONS.iter().filter(|info| info.contexts.contains(&self.context));
        let mut found: Vec<(u32, &ActionInfo)> = here
            .filter_map(|info| {
                // A name that matches stands before a sentence that does.
                let name = score(info.name).map(|score| score * 2);
                Some((name.max(score(info.sentence))?, info))
            })
            .collect();
        found.sort_by_key(|(score, info)| (std::cmp::Reverse(*score), info.action));
        self.found = found.into_iter().map(|(_, info)| info).collect();
        self.cursor = 0;
    }

    /// Moves the cursor; stops at the ends.
    pub fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.found.len().saturating_sub(1));
    }
}

//! What the roles look like: themes in TOML, and how they step down to fewer colours.
//!
//! A theme names colours in a palette and gives roles a look; a dotted role refines the one it extends, and a role that a
//! theme leaves out looks like whatever it lies on. Meaning never hangs on colour: every role has a glyph or a word beside
//! it, and the attributes stay where colours go.

mod depth;
mod load;
mod role;

pub use depth::{ColourChoice, Depth};
pub use load::{DARK, LIGHT, PLAIN};
pub use role::Role;

use ratatui::style::{Color, Modifier, Style};

/// The themes that come with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ground {
    /// Light text on a dark ground.
    #[default]
    Dark,
    /// Dark text on a light ground.
    Light,
    /// The terminal's own colours only; says everything with attributes.
    Plain,
}

impl Ground {
    /// The names as they are written.
    pub const NAMES: [&str; 3] = ["dark", "light", "plain"];

    /// The theme of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            "plain" => Some(Self::Plain),
            _ => None,
        }
    }

    /// Dark or light as the variable `COLORFGBG` of some terminals tells (`15;0`: the last number is the ground); dark
    /// where nothing is told.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let told = variable("COLORFGBG").and_then(|value| value.rsplit(';').next()?.parse().ok());
        match told {
            Some(7 | 9..=15) => Self::Light,
            Some(0..=255_u8) | None => Self::Dark,
        }
    }
}

/// A colour, and what to show for it where there are fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Swatch {
    full: Color,
    indexed: Option<Color>,
    ansi: Option<Color>,
}

impl Swatch {
    const fn plain(full: Color) -> Self {
        Self { full, indexed: None, ansi: None }
    }

    fn at(self, depth: Depth) -> Option<Color> {
        let chosen = match depth {
            Depth::None => return None,
            Depth::Sixteen => self.ansi,
            Depth::Indexed => self.indexed,
            Depth::True => None,
        };
        Some(depth.adapt(chosen.unwrap_or(self.full)))
    }
}

/// What a theme says of one role; what it leaves out is the parent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Look {
    fg: Option<Swatch>,
    bg: Option<Swatch>,
    add: Modifier,
    remove: Modifier,
}

impl Look {
    fn over(self, parent: Self) -> Self {
        Self {
            fg: self.fg.or(parent.fg),
            bg: self.bg.or(parent.bg),
            add: (parent.add - self.remove) | self.add,
            remove: (parent.remove - self.add) | self.remove,
        }
    }

    fn style(self, depth: Depth) -> Style {
        let style =
            Style { fg: self.fg.and_then(|fg| fg.at(depth)), bg: self.bg.and_then(|bg| bg.at(depth)), ..Style::new() };
        style.add_modifier(self.add).remove_modifier(self.remove)
    }
}

/// A look for every role, in all depths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// What each role looks like, parents already applied, in the order of [`Role::ALL`].
    looks: Vec<Look>,
    /// The ground that the theme was made for, which it does not paint.
    background: [u8; 3],
    /// The terminal's text colour that goes with that ground.
    foreground: [u8; 3],
}

impl Theme {
    /// How a role is drawn where there are so many colours.
    #[must_use]
    pub fn style(&self, role: Role, depth: Depth) -> Style {
        self.looks[role as usize].style(depth)
    }

    /// All styles for one depth, looked up without work: what views draw with.
    #[must_use]
    pub fn styles(&self, depth: Depth) -> Styles {
        Styles { depth, styles: self.looks.iter().map(|look| look.style(depth)).collect() }
    }
}

/// A theme at one depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Styles {
    depth: Depth,
    styles: Vec<Style>,
}

impl Styles {
    /// How a role is drawn; laid over whatever is beneath.
    #[must_use]
    pub fn of(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// How many colours there are; where there are none, views mark changed words as `[word]`.
    #[must_use]
    pub const fn depth(&self) -> Depth {
        self.depth
    }
}

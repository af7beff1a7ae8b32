//! How many colours the terminal has, and what becomes of a colour there: the one place where that is decided.

use ratatui::style::Color;

/// The colours of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: attributes and glyphs carry everything.
    None,
    /// The sixteen of the terminal's own palette.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    True,
}

/// The user's word about colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourChoice {
    /// As the environment says.
    #[default]
    Auto,
    /// This many, whatever the environment says.
    Exactly(Depth),
    /// At least sixteen, also where the environment says none.
    Always,
}

impl ColourChoice {
    /// The names as they are written.
    pub const NAMES: [&str; 6] = ["auto", "always", "never", "16", "256", "24bit"];

    /// The choice of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "auto" => Self::Auto,
            "always" => Self::Always,
            "never" => Self::Exactly(Depth::None),
            "16" => Self::Exactly(Depth::Sixteen),
            "256" => Self::Exactly(Depth::Indexed),
            "24bit" => Self::Exactly(Depth::True),
            _ => return None,
        })
    }
}

impl Depth {
    /// Decides by the user's word, then `NO_COLOR` (<https://no-color.org>), then `COLORTERM`, then `TERM`.
    ///
    /// `variable` looks one name up in the environment. OpenSSH forwards `TERM` and not `COLORTERM`, so the names of
    /// terminals that are known to have 24 bits count too.
    #[must_use]
    pub fn detect(choice: ColourChoice, variable: impl Fn(&str) -> Option<String>) -> Self {
        match choice {
            ColourChoice::Exactly(depth) => depth,
            ColourChoice::Always => Self::of_terminal(&variable).max(Self::Sixteen),
            ColourChoice::Auto if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) => Self::None,
            ColourChoice::Auto => Self::of_terminal(&variable),
        }
    }

    fn of_terminal(variable: &impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let names = |known: &[&str]| known.iter().any(|name| term.contains(name));
        if term.is_empty() || term == "dumb" || names(&["vt100", "vt220", "-mono", "-m"]) && !names(&["256", "direct"])
        {
            Self::None
        } else if matches!(variable("COLORTERM").as_deref(), Some("truecolor" | "24bit"))
            || names(&["direct", "truecolor", "kitty", "ghostty", "alacritty", "wezterm", "foot", "iterm2"])
        {
            Self::True
        } else if names(&["256"]) {
            Self::Indexed
        } else {
            Self::Sixteen
        }
    }

    /// The colour as this terminal can show it. Without colours everything is [`Color::Reset`].
    #[must_use]
    pub fn adapt(self, colour: Color) -> Color {
        match (self, colour) {
            (Self::None, _) => Color::Reset,
            (Self::Indexed, Color::Rgb(r, g, b)) => Color::Indexed(nearest_indexed([r, g, b])),
            (Self::True | Self::Indexed, _) | (_, Color::Reset) => colour,
            (Self::Sixteen, _) => match rgb(colour) {
                Some(wanted) if !is_ansi(colour) => ANSI[nearest(wanted, 0..16)],
                _ => colour,
            },
        }
    }
}

/// The sixteen colours by number.
const ANSI: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// The names of the sixteen colours in theme files, by number.
const ANSI_NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// What xterm shows for the sixteen colours, by number (`XTerm-col.ad` of xterm).
const ANSI_RGB: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// The steps of xterm's cube of 6 × 6 × 6 colours (`256colres.pl` of xterm).
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The number of a colour among the sixteen, if it is one of them by name or number.
pub(super) fn ansi_number(colour: Color) -> Option<u8> {
    match colour {
        Color::Indexed(number @ 0..16) => Some(number),
        named => ANSI.iter().position(|known| *known == named).map(|number| number as u8),
    }
}

/// One of the sixteen by its name in theme files.
pub(super) fn ansi_named(name: &str) -> Option<Color> {
    ANSI_NAMES.iter().position(|known| *known == name).map(|number| ANSI[number])
}

fn is_ansi(colour: Color) -> bool {
    ansi_number(colour).is_some()
}

/// Red, green and blue of a colour as xterm shows it; `None` for the terminal's own default.
pub(super) fn rgb(colour: Color) -> Option<[u8; 3]> {
    match colour {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(number) => Some(indexed_rgb(number)),
        named => ansi_number(named).map(indexed_rgb),
    }
}

const fn indexed_rgb(number: u8) -> [u8; 3] {
    match number {
        0..16 => ANSI_RGB[number as usize],
        16..232 => {
            let at = number as usize - 16;
            [CUBE[at / 36], CUBE[at / 6 % 6], CUBE[at % 6]]
        }
        232.. => [8 + 10 * (number - 232); 3],
    }
}

/// The nearest of xterm's fixed colours; the sixteen are left out, because users repaint them.
fn nearest_indexed(wanted: [u8; 3]) -> u8 {
    nearest(wanted, 16..256) as u8
}

fn nearest(wanted: [u8; 3], numbers: std::ops::Range<usize>) -> usize {
    numbers.min_by_key(|number| distance(wanted, indexed_rgb(*number as u8))).unwrap_or_default()
}

/// How different two colours look: squares weighted by the mean of red, after Riemersma ("Colour metric", compuphase.com).
fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    let mean = u32::midpoint(one[0].into(), other[0].into());
    let square = |at: usize| u32::from(one[at].abs_diff(other[at])).pow(2);
    (((512 + mean) * square(0)) >> 8) + 4 * square(1) + (((767 - mean) * square(2)) >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(choice: &str, environment: &[(&str, &str)]) -> Depth {
        let look = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Depth::detect(ColourChoice::named(choice).unwrap(), look)
    }

    #[test]
    fn the_environment_is_read_in_order() {
        let xterm = ("TERM", "xterm-256color");
        for (choice, environment, depth) in [
            ("auto", &[xterm][..], Depth::Indexed),
            ("auto", &[xterm, ("COLORTERM", "truecolor")], Depth::True),
            ("auto", &[xterm, ("COLORTERM", "truecolor"), ("NO_COLOR", "1")], Depth::None),
            ("auto", &[xterm, ("NO_COLOR", "")], Depth::Indexed),
            ("auto", &[("TERM", "xterm")], Depth::Sixteen),
            ("auto", &[("TERM", "linux")], Depth::Sixteen),
            ("auto", &[("TERM", "xterm-kitty")], Depth::True),
            ("auto", &[("TERM", "xterm-direct")], Depth::True),
            ("auto", &[("TERM", "tmux-256color")], Depth::Indexed),
            ("auto", &[("TERM", "dumb")], Depth::None),
            ("auto", &[("TERM", "vt100")], Depth::None),
            ("auto", &[("TERM", "xterm-mono")], Depth::None),
            ("auto", &[], Depth::None),
            ("always", &[("NO_COLOR", "1"), xterm], Depth::Indexed),
            ("always", &[("TERM", "dumb")], Depth::Sixteen),
            ("never", &[("COLORTERM", "24bit"), xterm], Depth::None),
            ("16", &[xterm], Depth::Sixteen),
            ("24bit", &[], Depth::True),
        ] {
            assert_eq!(detect(choice, environment), depth, "{choice} {environment:?}");
        }
    }

    #[test]
    fn colours_step_down() {
        for (depth, colour, shown) in [
            (Depth::True, Color::Rgb(1, 2, 3), Color::Rgb(1, 2, 3)),
            (Depth::Indexed, Color::Rgb(255, 0, 0), Color::Indexed(196)),
            (Depth::Indexed, Color::Rgb(8, 8, 8), Color::Indexed(232)),
            (Depth::Indexed, Color::Red, Color::Red),
            (Depth::Indexed, Color::Indexed(245), Color::Indexed(245)),
            (Depth::Sixteen, Color::Rgb(250, 10, 10), Color::LightRed),
            (Depth::Sixteen, Color::Indexed(34), Color::Green),
            (Depth::Sixteen, Color::Indexed(3), Color::Indexed(3)),
            (Depth::Sixteen, Color::Reset, Color::Reset),
            (Depth::None, Color::Rgb(1, 2, 3), Color::Reset),
            (Depth::None, Color::Red, Color::Reset),
        ] {
            assert_eq!(depth.adapt(colour), shown, "{depth:?} {colour:?}");
        }
    }

    #[test]
    fn adapting_twice_changes_nothing() {
        for depth in [Depth::None, Depth::Sixteen, Depth::Indexed, Depth::True] {
            for number in 0..=255 {
                for colour in [Color::Indexed(number), Color::Rgb(number, 255 - number, number / 2)] {
                    assert_eq!(depth.adapt(depth.adapt(colour)), depth.adapt(colour));
                }
            }
        }
    }
}

//! What the roles look like: themes in TOML, and how they step down to fewer colours.
//!
//! A theme names colours in a palette and gives roles a look; a dotted role refines the one it extends, and a role that a
//! theme leaves out looks like whatever it lies on. Meaning never hangs on colour: every role has a glyph or a word beside
//! it, and the attributes stay where colours go.

mod depth;
mod link;
mod load;
mod role;

pub use depth::{ColourChoice, Depth};
pub use link::LinkMark;
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

#[cfg(test)]
mod tests {
    use super::depth::rgb;
    use super::*;
    use crate::config::Source;

    const GROUNDS: [Ground; 3] = [Ground::Dark, Ground::Light, Ground::Plain];

    fn theme(ground: Ground) -> Theme {
        let (theme, problems) = Theme::load(ground, None);
        assert_eq!(problems, [], "{ground:?}");
        theme
    }

    /// Relative luminance of sRGB, after WCAG 2.2.
    fn luminance(colour: [u8; 3]) -> f64 {
        let linear = colour.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The contrast of a style that is drawn over another, on the ground that the theme was made for.
    fn drawn(theme: &Theme, over: Style, style: Style) -> f64 {
        let style = over.patch(style);
        let shown = |colour: Option<Color>, default| colour.and_then(rgb).unwrap_or(default);
        contrast(shown(style.fg, theme.foreground), shown(style.bg, theme.background))
    }

    #[test]
    fn every_text_can_be_read() {
        for ground in GROUNDS {
            let theme = theme(ground);
            for depth in [Depth::Indexed, Depth::True] {
                for role in Role::ALL {
                    let on_ground = drawn(&theme, Style::new(), theme.style(*role, depth));
                    assert!(on_ground >= 4.5, "{ground:?} {depth:?} {}: {on_ground:.2}", role.name());
                }
            }
        }
    }

    #[test]
    fn source_code_can_be_read_on_every_tint() {
        for ground in GROUNDS {
            let theme = theme(ground);
            for depth in [Depth::Indexed, Depth::True] {
                for syntax in Role::ALL.iter().filter(|role| role.name().starts_with("syntax")) {
                    for tint in [Role::DiffAdded, Role::DiffRemoved, Role::DiffContext] {
                        let seen = drawn(&theme, theme.style(tint, depth), theme.style(*syntax, depth));
                        assert!(seen >= 4.5, "{ground:?} {depth:?} {} on {}: {seen:.2}", syntax.name(), tint.name());
                    }
                }
            }
        }
    }

    #[test]
    fn what_must_be_told_apart_looks_different() {
        for ground in [Ground::Dark, Ground::Light] {
            let theme = theme(ground);
            for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
                for (one, other) in [
                    (Role::RiskHigh, Role::RiskLow),
                    (Role::DiffAddedSign, Role::DiffRemovedSign),
                    (Role::DiffAddedWord, Role::DiffAdded),
                    (Role::DiffRemovedWord, Role::DiffRemoved),
                    (Role::DiffAddedWord, Role::DiffRemovedWord),
                    (Role::Claim, Role::Found),
                    (Role::Warn, Role::Text),
                    (Role::Match, Role::Text),
                    (Role::Active, Role::Text),
                ] {
                    assert_ne!(
                        theme.style(one, depth),
                        theme.style(other, depth),
                        "{ground:?} {depth:?} {}",
                        one.name()
                    );
                }
            }
        }
    }

    #[test]
    fn a_focused_row_looks_the_same_whatever_it_holds() {
        for ground in [Ground::Dark, Ground::Light] {
            let styles = theme(ground).styles(Depth::Indexed);
            let row = styles.of(Role::RiskMedium).patch(styles.of(Role::Focus));
            assert_eq!(row, styles.of(Role::People).patch(styles.of(Role::Focus)));
        }
    }

    #[test]
    fn without_colours_attributes_stay() {
        for ground in GROUNDS {
            let theme = theme(ground);
            let styles = theme.styles(Depth::None);
            for role in Role::ALL {
                assert_eq!((styles.of(*role).fg, styles.of(*role).bg), (None, None));
            }
            for role in [Role::Focus, Role::DiffAddedWord, Role::RiskHigh, Role::Title] {
                assert!(!styles.of(role).add_modifier.is_empty(), "{ground:?} {}", role.name());
            }
        }
    }

    #[test]
    fn a_role_refines_its_parent() {
        let text = "[roles]\n\"diff.added\" = { fg = \"red\", bold = true }\n\"diff.added.word\" = { bold = false, italic = true }\n";
        let (theme, problems) = Theme::load(Ground::Plain, Some(Source::new("theme.toml", text)));
        assert_eq!(problems, []);
        let word = theme.style(Role::DiffAddedWord, Depth::Sixteen);
        assert_eq!(word.fg, Some(Color::Red));
        assert_eq!(word.add_modifier, Modifier::ITALIC | Modifier::UNDERLINED, "underline is the inherited theme's");
        assert!(word.sub_modifier.contains(Modifier::BOLD));
    }

    #[test]
    fn the_users_palette_reaches_inherited_roles() {
        let text = "inherits = \"light\"\n[palette]\nred = { 24bit = \"#123456\", 16 = \"blue\" }\n";
        let (theme, problems) = Theme::load(Ground::Dark, Some(Source::new("theme.toml", text)));
        assert_eq!(problems, []);
        assert_eq!(theme.style(Role::RiskHigh, Depth::True).fg, Some(Color::Rgb(0x12, 0x34, 0x56)));
        assert_eq!(theme.style(Role::RiskHigh, Depth::Sixteen).fg, Some(Color::Blue));
        assert_eq!(theme.background, [0xee; 3]);
    }

    #[test]
    fn every_mistake_is_reported_with_place_and_hint() {
        for (text, message) in [
            ("inherits = \"blue\"", "1:12: unknown theme to inherit from; choose dark, light, plain"),
            ("[colours]\n", "1:2: unknown key `colours`; known: inherits, background"),
            ("role = 1", "1:1: unknown key `role`; did you mean `roles`?"),
            ("roles = 1", "1:9: expected a table [roles], found a whole number"),
            ("[roles]\ntexxt = \"red\"", "2:1: unknown role `texxt`; did you mean `text`?"),
            ("[roles]\nquiet = \"gray\"", "2:9: unknown colour `gray`; did you mean `grey`?"),
            ("[roles]\nquiet = \"#12\"", "2:9: not a colour: \"#12\"; write \"#rrggbb\", a number"),
            ("[roles]\nquiet = 256", "2:9: not a colour: 256"),
            ("[roles]\nquiet = { fgg = \"red\" }", "2:11: unknown attribute `fgg`; did you mean `fg`?"),
            ("[roles]\nquiet = { bold = 1 }", "2:18: `bold` is a whole number; write true or false"),
            ("[roles]\nhint.key = { bold = true }", "2:6: unknown attribute `key`; put dotted roles in quotes"),
            ("[palette]\nred = { 256 = 1 }", "2:7: the colour for 24bit is missing; add 24bit"),
            ("[palette]\nred = { 24bit = 1, 8 = 2 }", "2:20: unknown depth `8`; write 24bit, 256 and 16"),
            ("background = \"default\"", "1:14: the default has no value; write \"#rrggbb\""),
        ] {
            let (_, problems) = Theme::load(Ground::Dark, Some(Source::new("theme.toml", text)));
            let lines: Vec<String> = problems.iter().map(|p| format!("{}: {}; {}", p.place, p.what, p.next)).collect();
            assert_eq!(lines.len(), 1, "{text}: {lines:?}");
            assert!(lines[0].starts_with("theme.toml:") && lines[0].contains(message), "{text}: {lines:?}");
        }
    }

    #[test]
    fn the_terminals_ground_is_read() {
        for (told, ground) in [
            (None, Ground::Dark),
            (Some("15;0"), Ground::Dark),
            (Some("0;15"), Ground::Light),
            (Some("0;default;7"), Ground::Light),
            (Some("default"), Ground::Dark),
        ] {
            assert_eq!(Ground::detect(|_| told.map(String::from)), ground, "{told:?}");
        }
    }
}

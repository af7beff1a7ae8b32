//! Theme files become a [`Theme`], or every reason why not.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier};
use toml::Spanned;
use toml::de::DeValue;

use super::depth::{ansi_named, rgb};
use super::{Ground, Look, Role, Swatch, Theme};
use crate::config::source::{Source, Table, did_you_mean, entries, first_of_each_place, kind};
use crate::model::Problem;

/// The theme for dark grounds.
pub const DARK: &str = include_str!("../../../themes/dark.toml");
/// The theme for light grounds.
pub const LIGHT: &str = include_str!("../../../themes/light.toml");
/// The theme that uses attributes only.
pub const PLAIN: &str = include_str!("../../../themes/plain.toml");

/// The keys of a theme file.
const KEYS: [&str; 5] = ["inherits", "background", "foreground", "palette", "roles"];
/// The keys of a role's look.
const ATTRIBUTES: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

impl Ground {
    /// Its file.
    #[must_use]
    pub const fn source(self) -> Source<'static> {
        match self {
            Self::Dark => Source::new("themes/dark.toml", DARK),
            Self::Light => Source::new("themes/light.toml", LIGHT),
            Self::Plain => Source::new("themes/plain.toml", PLAIN),
        }
    }
}

impl Theme {
    /// Lays the user's theme over one that comes with the program.
    ///
    /// The problems are all there are; what they do not touch works. An `inherits` in the user's file wins over the
    /// argument. Colours of the user's palette reach the inherited roles too.
    #[must_use]
    pub fn load(base: Ground, user: Option<Source<'_>>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let own = user.map(|source| (source, source.parse(&mut problems)));
        let base = own.as_ref().and_then(|(source, table)| inherited(*source, table, &mut problems)).unwrap_or(base);
        let shipped = (base.source(), base.source().parse(&mut problems));
        let mut reader = Reader { palette: BTreeMap::new(), problems };
        let files: Vec<(Source<'_>, Table<'_>)> = std::iter::once(shipped).chain(own).collect();
        for (source, table) in &files {
            reader.palette(*source, table);
        }
        let mut theme =
            Self { looks: vec![Look::default(); Role::ALL.len()], background: [0; 3], foreground: [255; 3] };
        for (source, table) in &files {
            reader.file(*source, table, &mut theme);
        }
        theme.settle();
        (theme, first_of_each_place(reader.problems))
    }

    /// Lets every role inherit from its parent; parents stand before their children in the table of roles.
    fn settle(&mut self) {
        for role in Role::ALL {
            if let Some(parent) = role.parent() {
                self.looks[*role as usize] = self.looks[*role as usize].over(self.looks[parent as usize]);
            }
        }
    }
}

fn inherited(source: Source<'_>, table: &Table<'_>, problems: &mut Vec<Problem>) -> Option<Ground> {
    let value = table.get("inherits")?;
    let ground = value.get_ref().as_str().and_then(Ground::named);
    if ground.is_none() {
        let known = format!("choose {}", Ground::NAMES.join(", "));
        problems.push(source.problem(value.span(), "unknown theme to inherit from", known));
    }
    ground
}

/// What is known while files are read, the shipped one first.
struct Reader {
    palette: BTreeMap<String, Swatch>,
    problems: Vec<Problem>,
}

impl Reader {
    fn problem(&mut self, source: Source<'_>, at: std::ops::Range<usize>, what: String, next: impl Into<String>) {
        self.problems.push(source.problem(at, what, next));
    }

    /// The table under a key, or a problem if something else is there.
    fn table<'t, 'a>(&mut self, source: Source<'_>, file: &'t Table<'a>, key: &str) -> Option<&'t Table<'a>> {
        let value = file.get(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            let what = format!("expected a table [{key}], found {}", kind(value.get_ref()));
            self.problem(source, value.span(), what, format!("write [{key}] on a line of its own"));
        }
        table
    }

    fn palette(&mut self, source: Source<'_>, file: &Table<'_>) {
        let Some(table) = self.table(source, file, "palette") else { return };
        for (key, value) in entries(table) {
            if let Some(swatch) = self.swatch(source, value) {
                self.palette.insert(key.get_ref().to_string(), swatch);
            }
        }
    }

    /// A colour of the palette: one colour, or one for each depth.
    fn swatch(&mut self, source: Source<'_>, value: &Spanned<DeValue<'_>>) -> Option<Swatch> {
        let DeValue::Table(table) = value.get_ref() else {
            return self.literal(source, value).map(Swatch::plain);
        };
        let mut depths = [None; 3];
        for (key, value) in entries(table) {
            if let Some(at) = ["24bit", "256", "16"].iter().position(|name| name == key.get_ref()) {
                depths[at] = self.literal(source, value);
            } else {
                let what = format!("unknown depth `{}`", key.get_ref());
                self.problem(source, key.span(), what, "write 24bit, 256 and 16");
            }
        }
        if depths[0].is_none() && !table.contains_key("24bit") {
            self.problem(source, value.span(), "the colour for 24bit is missing".into(), "add 24bit = \"#rrggbb\"");
        }
        depths[0].map(|full| Swatch { full, indexed: depths[1], ansi: depths[2] })
    }

    /// A colour that stands for itself: `#rrggbb`, a number, the name of one of the sixteen, or `default`.
    fn literal(&mut self, source: Source<'_>, value: &Spanned<DeValue<'_>>) -> Option<Color> {
        let colour = match value.get_ref() {
            DeValue::String(text) if text == "default" => Some(Color::Reset),
            DeValue::String(text) => hexadecimal(text).or_else(|| ansi_named(text)),
            DeValue::Integer(number) => number.as_str().parse().ok().map(Color::Indexed),
            _ => None,
        };
        if colour.is_none() {
            let what = format!("not a colour: {}", source.text.get(value.span()).unwrap_or_default());
            let next = "write \"#rrggbb\", a number from 0 to 255, a name such as \"bright-red\", or \"default\"";
            self.problem(source, value.span(), what, next);
        }
        colour
    }

    /// A colour of a role: a name of the palette, or a colour that stands for itself.
    fn colour(&mut self, source: Source<'_>, value: &Spanned<DeValue<'_>>) -> Option<Swatch> {
        if let Some(text) = value.get_ref().as_str() {
            if let Some(swatch) = self.palette.get(text) {
                return Some(*swatch);
            }
            if !text.starts_with('#') && text != "default" && ansi_named(text).is_none() {
                let hint = did_you_mean(text, self.palette.keys().map(String::as_str));
                self.problem(source, value.span(), format!("unknown colour `{text}`"), hint);
                return None;
            }
        }
        self.literal(source, value).map(Swatch::plain)
    }

    fn file(&mut self, source: Source<'_>, file: &Table<'_>, theme: &mut Theme) {
        for (key, value) in entries(file) {
            match key.get_ref().as_ref() {
                "background" => self.ground(source, value, &mut theme.background),
                "foreground" => self.ground(source, value, &mut theme.foreground),
                name if KEYS.contains(&name) => {}
                name => self.problem(source, key.span(), format!("unknown key `{name}`"), did_you_mean(name, KEYS)),
            }
        }
        let Some(table) = self.table(source, file, "roles") else { return };
        for (key, value) in entries(table) {
            let name = key.get_ref().as_ref();
            if let Some(role) = Role::named(name) {
                self.look(source, value, &mut theme.looks[role as usize]);
            } else {
                let hint = did_you_mean(name, Role::ALL.iter().map(|role| role.name()));
                self.problem(source, key.span(), format!("unknown role `{name}`"), hint);
            }
        }
    }

    fn ground(&mut self, source: Source<'_>, value: &Spanned<DeValue<'_>>, ground: &mut [u8; 3]) {
        match self.colour(source, value).map(|swatch| rgb(swatch.full)) {
            Some(Some(colour)) => *ground = colour,
            Some(None) => self.problem(source, value.span(), "the default has no value".into(), "write \"#rrggbb\""),
            None => {}
        }
    }

    /// The look of a role: its text colour alone, or a table.
    fn look(&mut self, source: Source<'_>, value: &Spanned<DeValue<'_>>, look: &mut Look) {
        let DeValue::Table(table) = value.get_ref() else {
            look.fg = self.colour(source, value).or(look.fg);
            return;
        };
        for (key, value) in entries(table) {
            match key.get_ref().as_ref() {
                "fg" => look.fg = self.colour(source, value).or(look.fg),
                "bg" => look.bg = self.colour(source, value).or(look.bg),
                name => match (ATTRIBUTES.iter().find(|(known, _)| *known == name), value.get_ref()) {
                    (Some((_, attribute)), DeValue::Boolean(on)) => {
                        look.add.set(*attribute, *on);
                        look.remove.set(*attribute, !*on);
                    }
                    (Some(_), other) => {
                        let what = format!("`{name}` is {}", kind(other));
                        self.problem(source, value.span(), what, "write true or false");
                    }
                    (None, _) => self.unknown_attribute(source, key, value),
                },
            }
        }
    }

    fn unknown_attribute(
        &mut self,
        source: Source<'_>,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let name = key.get_ref();
        let known = ["fg", "bg"].into_iter().chain(ATTRIBUTES.iter().map(|(known, _)| *known));
        let hint = match value.get_ref() {
            DeValue::Table(_) => format!("put dotted roles in quotes: \"….{name}\" = …"),
            _ => did_you_mean(name, known),
        };
        self.problem(source, key.span(), format!("unknown attribute `{name}`"), hint);
    }
}

fn hexadecimal(text: &str) -> Option<Color> {
    let digits =
        text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some(Color::Rgb(byte(0)?, byte(2)?, byte(4)?))
}

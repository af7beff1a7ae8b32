//! `config.toml`: the few choices that are neither keys nor colours.

use std::time::Duration;

use globset::Glob;
use toml::Spanned;
use toml::de::DeValue;

use super::github::GitHubSettings;
use super::keymap::Base;
use super::source::{Source, did_you_mean, entries, first_of_each_place, kind};
use super::theme::{ColourChoice, Ground};
use crate::model::Problem;

/// The branches of agents, where the user names none: our own convention and the prefixes of known agents.
pub const BRANCHES: [&str; 10] = [
    "agent/**",
    "agents/**",
    "claude/**",
    "codex/**",
    "copilot/**",
    "cursor/**",
    "devin/**",
    "jules/**",
    "renovate/**",
    "dependabot/**",
];

/// The seconds that the undo window may last: shorter is not seen, longer is forgotten.
const UNDO_SECONDS: std::ops::RangeInclusive<u64> = 3..=120;

/// The keys, as they are written.
const KEYS: [&str; 9] =
    ["theme", "keymap", "colour", "links", "branches", "remote", "repositories", "undo_seconds", "github"];

/// A user's choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The theme; `None` follows the terminal's ground.
    pub theme: Option<Ground>,
    /// The keymap that the user's own is laid over.
    pub keymap: Base,
    /// How many colours.
    pub colour: ColourChoice,
    /// Whether terminals that know links are told them.
    pub links: bool,
    /// Globs over branch names: which branches are proposals.
    pub branches: Vec<String>,
    /// The remote; `None` is the only one, else `origin`.
    pub remote: Option<String>,
    /// The repositories that a console is about where none is named and none is around: paths, where `~/` is the home folder, and
    /// `owner/name` on GitHub.
    pub repositories: Vec<String>,
    /// How long a decision waits before it is signed and sent.
    pub undo: Duration,
    /// Where GitHub is, and what of it makes the queue.
    pub github: GitHubSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: None,
            keymap: Base::default(),
            colour: ColourChoice::default(),
            links: true,
            branches: BRANCHES.map(String::from).to_vec(),
            remote: None,
            repositories: Vec::new(),
            undo: Duration::from_secs(8),
            github: GitHubSettings::default(),
        }
    }
}

impl Settings {
    /// Reads the choices over the defaults, with every problem: a key that is unknown or wrong keeps its default.
    #[must_use]
    pub fn load(user: Option<Source<'_>>) -> (Self, Vec<Problem>) {
        let mut settings = Self::default();
        let mut problems = Vec::new();
        let Some(source) = user else { return (settings, problems) };
        let table = source.parse(&mut problems);
        for (key, value) in entries(&table) {
            let name = key.get_ref().as_ref();
            if !KEYS.contains(&name) {
                problems.push(source.problem(key.span(), format!("unknown key `{name}`"), did_you_mean(name, KEYS)));
            } else if name == "github" {
                settings.github = GitHubSettings::load(source, value, &mut problems);
            } else if let Err(wrong) = settings.set(name, value) {
                let what = format!("`{name}` {}", wrong.what);
                problems.push(source.problem(wrong.at.unwrap_or_else(|| value.span()), what, wrong.next));
            }
        }
        (settings, first_of_each_place(problems))
    }

    fn set(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Result<(), Wrong> {
        match name {
            "theme" => self.theme = theme(value)?,
            "keymap" => self.keymap = choice(value, Base::named, &Base::NAMES)?,
            "colour" => self.colour = choice(value, ColourChoice::named, &ColourChoice::NAMES)?,
            "links" => self.links = yes(value)?,
            "branches" => self.branches = globs(value, "write branches = [\"agent/**\"]")?,
            "remote" => self.remote = Some(text(value, "write remote = \"origin\"")?.to_owned()),
            "repositories" => {
                self.repositories = texts(value, "write repositories = [\"~/work/infra\", \"owner/name\"]")?;
            }
            _ => self.undo = seconds(value)?,
        }
        Ok(())
    }
}

/// Why a value cannot be used.
pub(super) struct Wrong {
    pub(super) what: String,
    pub(super) next: String,
    /// The place, where it is not the value as a whole.
    pub(super) at: Option<std::ops::Range<usize>>,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into(), at: None }
    }
}

pub(super) fn text<'t>(value: &'t Spanned<DeValue<'_>>, next: &str) -> Result<&'t str, Wrong> {
    match value.get_ref().as_str() {
        Some("") => Err(Wrong::new("is empty", next)),
        Some(text) => Ok(text),
        None => Err(Wrong::new(format!("is {}", kind(value.get_ref())), next)),
    }
}

fn choice<T>(value: &Spanned<DeValue<'_>>, find: fn(&str) -> Option<T>, names: &[&str]) -> Result<T, Wrong> {
    let next = format!("choose one of \"{}\"", names.join("\", \""));
    let text = text(value, &next)?;
    find(text).ok_or_else(|| Wrong::new(format!("cannot be `{text}`"), next))
}

fn theme(value: &Spanned<DeValue<'_>>) -> Result<Option<Ground>, Wrong> {
    let named = |name: &str| if name == "auto" { Some(None) } else { Ground::named(name).map(Some) };
    choice(value, named, &["auto", "dark", "light", "plain"])
}

pub(super) fn globs(value: &Spanned<DeValue<'_>>, next: &str) -> Result<Vec<String>, Wrong> {
    let list = value.get_ref().as_array().filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| Wrong::new("is not a list of patterns", next))?;
    list.iter().map(|pattern| glob(pattern).map_err(|wrong| Wrong { at: Some(pattern.span()), ..wrong })).collect()
}

/// A list of texts, none of them empty.
pub(super) fn texts(value: &Spanned<DeValue<'_>>, next: &str) -> Result<Vec<String>, Wrong> {
    let list = value.get_ref().as_array().ok_or_else(|| Wrong::new("is not a list", next))?;
    let one = |one| text(one, next).map(str::to_owned).map_err(|wrong| Wrong { at: Some(one.span()), ..wrong });
    list.iter().map(one).collect()
}

pub(super) fn yes(value: &Spanned<DeValue<'_>>) -> Result<bool, Wrong> {
    let wrong = || Wrong::new(format!("is {}", kind(value.get_ref())), "write true or false");
    value.get_ref().as_bool().ok_or_else(wrong)
}

fn glob(value: &Spanned<DeValue<'_>>) -> Result<String, Wrong> {
    let pattern = text(value, "write a pattern such as \"agent/**\"")?;
    match Glob::new(pattern) {
        Ok(_) => Ok(pattern.to_owned()),
        Err(error) => Err(Wrong::new(format!("holds a bad pattern: {}", error.kind()), "correct the pattern")),
    }
}

fn seconds(value: &Spanned<DeValue<'_>>) -> Result<Duration, Wrong> {
    let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
    let seconds = number.filter(|seconds| UNDO_SECONDS.contains(seconds));
    let range = format!("write a whole number from {} to {}", UNDO_SECONDS.start(), UNDO_SECONDS.end());
    seconds.map(Duration::from_secs).ok_or_else(|| Wrong::new("is not a number of seconds in range", range))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> (Settings, Vec<String>) {
        let (settings, problems) = Settings::load(Some(Source::new("config.toml", text)));
        let lines = problems.iter().map(|p| format!("{}: {}; {}", p.place, p.what, p.next)).collect();
        (settings, lines)
    }

    #[test]
    fn no_file_and_an_empty_file_are_the_defaults() {
        assert_eq!(Settings::load(None), (Settings::default(), Vec::new()));
        assert_eq!(load(""), (Settings::default(), Vec::new()));
    }

    #[test]
    fn every_key_is_read() {
        let (settings, problems) = load(
            "theme = \"light\"\nkeymap = \"arrows\"\ncolour = \"256\"\nlinks = false\nbranches = [\"bots/*\"]\nremote = \"up\"\n\
             repositories = [\"~/work/infra\"]\nundo_seconds = 5\n",
        );
        assert_eq!(problems, [""; 0]);
        let expected = Settings {
            theme: Some(Ground::Light),
            keymap: Base::Arrows,
            colour: ColourChoice::named("256").unwrap(),
            links: false,
            branches: vec!["bots/*".into()],
            remote: Some("up".into()),
            repositories: vec!["~/work/infra".into()],
            undo: Duration::from_secs(5),
            github: GitHubSettings::default(),
        };
        assert_eq!(settings, expected);
        assert_eq!(load("theme = \"auto\"").0, Settings::default());
    }

    #[test]
    fn every_mistake_is_reported_with_place_and_hint() {
        for (text, message) in [
            ("tehme = \"dark\"", "config.toml:1:1: unknown key `tehme`; did you mean `theme`?"),
            (
                "theme = \"blue\"",
                "1:9: `theme` cannot be `blue`; choose one of \"auto\", \"dark\", \"light\", \"plain\"",
            ),
            ("theme = 3", "1:9: `theme` is a whole number; choose one of"),
            ("\nkeymap = \"emacs\"", "2:10: `keymap` cannot be `emacs`; choose one of \"vim\", \"arrows\""),
            ("branches = []", "1:12: `branches` is not a list of patterns"),
            ("branches = [\"a\", \"b[\"]", "1:18: `branches` holds a bad pattern: unclosed character class"),
            ("branches = [1]", "1:13: `branches` is a whole number"),
            ("remote = \"\"", "1:10: `remote` is empty"),
            (
                "undo_seconds = 1",
                "1:16: `undo_seconds` is not a number of seconds in range; write a whole number from 3",
            ),
            ("undo_seconds = \"8\"", "1:16: `undo_seconds` is not"),
            ("colour = ", "config.toml:1:"),
        ] {
            let (settings, problems) = load(text);
            assert_eq!(settings, Settings::default(), "{text}");
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].contains(message), "{text}: {problems:?}");
        }
        assert_eq!(load("a = 1\nb = 2\ntheme = 1").1.len(), 3);
    }
}

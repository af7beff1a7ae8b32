//! Keymap files become a checked [`Keymap`], or every reason why not.

use std::ops::Range;

use toml::de::DeValue;

use super::trie::Clash;
use super::{Binding, Context, Keymap, Node};
use crate::config::chord::{parse_sequence, sequence_label};
use crate::config::source::{Entry, Source, Table, did_you_mean, entries, first_of_each_place, kind};
use crate::model::Problem;

/// The keymap with vim's motions; the default.
pub const VIM: &str = include_str!("../../../keymaps/vim.toml");
/// The keymap for arrow keys.
pub const ARROWS: &str = include_str!("../../../keymaps/arrows.toml");

/// An action by its name, and the contexts in which it means something.
pub type KnownAction<'a> = (&'a str, &'a [Context]);

/// The word that takes a chord away.
const NONE: &str = "none";
/// The key that names the base in a keymap file.
const BASE: &str = "base";

/// A keymap that comes with the program, which the user's is laid over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Base {
    /// Vim's motions.
    #[default]
    Vim,
    /// Arrow keys.
    Arrows,
}

impl Base {
    /// The names as they are written.
    pub const NAMES: [&str; 2] = ["vim", "arrows"];

    /// The base of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "vim" => Some(Self::Vim),
            "arrows" => Some(Self::Arrows),
            _ => None,
        }
    }

    /// Its file.
    #[must_use]
    pub const fn source(self) -> Source<'static> {
        match self {
            Self::Vim => Source::new("keymaps/vim.toml", VIM),
            Self::Arrows => Source::new("keymaps/arrows.toml", ARROWS),
        }
    }
}

impl Keymap {
    /// Lays the user's keymap over a base and checks the whole against the names of all actions.
    ///
    /// The problems are all there are; what they do not touch works. A user's chord replaces the base's meaning of the
    /// same chord; `none` takes a chord away; a `base` in the user's file wins over the argument.
    #[must_use]
    pub fn load(base: Base, user: Option<Source<'_>>, actions: &[KnownAction<'_>]) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let (own, base) = user.map_or((Vec::new(), base), |source| {
            let table = source.parse(&mut problems);
            let chosen = chosen_base(source, &table, &mut problems).unwrap_or(base);
            (drafts(source, &table, actions, &mut problems), chosen)
        });
        let source = base.source();
        let mut shipped = drafts(source, &source.parse(&mut problems), actions, &mut problems);
        for draft in own.iter().filter(|draft| draft.binding.action == NONE) {
            if !shipped.iter().any(|other| draft.replaces(other)) {
                let what = format!("nothing is bound to {} in [{}]", draft.label(), draft.binding.context);
                problems.push(draft.problem(what, "remove this line"));
            }
        }
        shipped.retain(|draft| !own.iter().any(|other| other.replaces(draft)));
        let bound = own.into_iter().chain(shipped).filter(|draft| draft.binding.action != NONE).collect();
        let keymap = Self::build(bound, &mut problems);
        (keymap, first_of_each_place(problems))
    }

    fn build(drafts: Vec<Draft<'_>>, problems: &mut Vec<Problem>) -> Self {
        let mut tries = vec![Node::default(); Context::ALL.len()];
        let mut kept: Vec<Draft<'_>> = Vec::with_capacity(drafts.len());
        for draft in drafts {
            match tries[draft.binding.context as usize].insert(&draft.binding.chords, kept.len()) {
                Ok(()) => kept.push(draft),
                Err(clash) => problems.push(draft.clash(clash, &kept)),
            }
        }
        Self { bindings: kept.into_iter().map(|draft| draft.binding).collect(), tries }
    }
}

/// A binding that still knows where it is written.
struct Draft<'a> {
    binding: Binding,
    source: Source<'a>,
    at: Range<usize>,
}

impl Draft<'_> {
    fn label(&self) -> String {
        format!("`{}`", sequence_label(&self.binding.chords))
    }

    fn replaces(&self, other: &Draft<'_>) -> bool {
        self.binding.context == other.binding.context && self.binding.chords == other.binding.chords
    }

    fn problem(&self, what: String, next: impl Into<String>) -> Problem {
        self.source.problem(self.at.clone(), what, next)
    }

    /// The problem of two bindings that cannot both be; it stands at the later line, or at the user's.
    fn clash(&self, clash: Clash, kept: &[Draft<'_>]) -> Problem {
        let (Clash::Same(index) | Clash::Beginning(index) | Clash::Longer(index)) = clash;
        let other = &kept[index];
        let context = self.binding.context;
        let (mine, theirs) = (self.label(), other.label());
        let what = match clash {
            Clash::Same(_) => format!(
                "{mine} is bound twice in [{context}]: to {} and to {}",
                other.binding.action, self.binding.action
            ),
            Clash::Beginning(_) => format!("{theirs} begins {mine} in [{context}], so {mine} can never be typed"),
            Clash::Longer(_) => format!("{mine} begins {theirs} in [{context}], so {theirs} can never be typed"),
        };
        if self.source.name == other.source.name {
            self.problem(what, "choose another chord for one of them")
        } else {
            let spelled: Vec<String> = self.binding.chords.iter().map(ToString::to_string).collect();
            let give_up = format!("choose another chord, or add \"{}\" = \"{NONE}\" to [{context}]", spelled.join(" "));
            other.problem(what, give_up)
        }
    }
}

fn chosen_base(source: Source<'_>, table: &Table<'_>, problems: &mut Vec<Problem>) -> Option<Base> {
    let value = table.get(BASE)?;
    let chosen = value.get_ref().as_str().and_then(Base::named);
    if chosen.is_none() {
        problems.push(source.problem(value.span(), "unknown base", format!("choose {}", Base::NAMES.join(" or "))));
    }
    chosen
}

/// All bindings of a file that can be understood, in the file's order.
fn drafts<'a>(
    source: Source<'a>,
    file: &Table<'_>,
    actions: &[KnownAction<'_>],
    problems: &mut Vec<Problem>,
) -> Vec<Draft<'a>> {
    let mut found = Vec::new();
    for (key, value) in entries(file) {
        match (key.get_ref().as_ref(), value.get_ref()) {
            (BASE, _) => {}
            (name, DeValue::Table(table)) => match Context::named(name) {
                Some(context) => {
                    for entry in entries(table) {
                        match draft(source, context, entry, actions) {
                            Ok(draft) => found.push(draft),
                            Err(problem) => problems.push(problem),
                        }
                    }
                }
                None => problems.push(unknown_context(source, key.span(), name)),
            },
            (name, _) => {
                let what = format!("`{name}` stands outside of a table");
                problems.push(source.problem(key.span(), what, "put it under a context, such as [queue]"));
            }
        }
    }
    found
}

fn unknown_context(source: Source<'_>, at: Range<usize>, name: &str) -> Problem {
    let known = Context::ALL.iter().map(|context| context.name());
    source.problem(at, format!("unknown context [{name}]"), did_you_mean(name, known))
}

fn draft<'a>(
    source: Source<'a>,
    context: Context,
    (key, value): Entry<'_, '_>,
    actions: &[KnownAction<'_>],
) -> Result<Draft<'a>, Problem> {
    let chords = parse_sequence(key.get_ref())
        .map_err(|error| source.problem(key.span(), format!("bad chord: {}", error.what), error.hint))?;
    if matches!(context, Context::Find | Context::Palette)
        && let Some(typed) = chords[0].typed()
    {
        let what = format!("`{typed}` is typed into the text in [{context}]");
        return Err(source.problem(key.span(), what, "use a chord with ctrl or alt, or a key that types nothing"));
    }
    let Some(action) = value.get_ref().as_str() else {
        let what = format!("expected the name of an action, found {}", kind(value.get_ref()));
        return Err(source.problem(value.span(), what, "write \"j\" = \"down\""));
    };
    if action != NONE {
        known(action, context, actions).map_err(|(what, next)| source.problem(value.span(), what, next))?;
    }
    let binding = Binding { context, chords, action: action.to_owned() };
    Ok(Draft { binding, source, at: key.span() })
}

/// Whether an action exists and means something in a context; else what is wrong and a hint.
fn known(action: &str, context: Context, actions: &[KnownAction<'_>]) -> Result<(), (String, String)> {
    let Some((_, works_in)) = actions.iter().find(|(name, _)| *name == action) else {
        let hint = did_you_mean(action, actions.iter().map(|(name, _)| *name));
        return Err((format!("unknown action `{action}`"), hint));
    };
    let counts = |place: &Context| place.stack().contains(&context);
    if works_in.iter().any(counts) {
        return Ok(());
    }
    let places: Vec<&str> = works_in.iter().map(|place| place.name()).collect();
    Err((format!("`{action}` means nothing in [{context}]"), format!("it works in {}", places.join(", "))))
}

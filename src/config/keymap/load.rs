//! Keymap files become a checked [`Keymap`], or every reason why not.

use std::ops::Range;

use toml::de::DeValue;

use super::consent::guard;
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
            let mut own = drafts(source, &table, actions, &mut problems);
            for draft in &mut own {
                draft.users = true;
            }
            (own, chosen)
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
        let bound = guard(bound, &mut problems);
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
        problems.extend(hidden(&kept));
        Self { bindings: kept.into_iter().map(|draft| draft.binding).collect(), tries }
    }
}

/// Sequences that a nearer context keeps from ever being typed, where the user made it so: what begins alike must end alike.
/// The same sequence in a nearer context is what contexts are for.
fn hidden(kept: &[Draft<'_>]) -> Vec<Problem> {
    let everywhere = |draft: &&Draft<'_>| draft.binding.context == Context::Everywhere;
    let mut problems = Vec::new();
    for near in kept.iter().filter(|draft| !everywhere(draft) && !draft.binding.context.typed()) {
        let theirs = kept.iter().filter(everywhere).filter(|far| near.users || far.users);
        problems.extend(theirs.filter_map(|far| near.hides(far)));
    }
    problems
}

/// A binding that still knows where it is written.
pub(super) struct Draft<'a> {
    pub(super) binding: Binding,
    source: Source<'a>,
    at: Range<usize>,
    users: bool,
}

impl Draft<'_> {
    /// Whether the user wrote it.
    pub(super) const fn is_users(&self) -> bool {
        self.users
    }

    pub(super) fn label(&self) -> String {
        format!("`{}`", sequence_label(&self.binding.chords))
    }

    fn replaces(&self, other: &Draft<'_>) -> bool {
        self.binding.context == other.binding.context && self.binding.chords == other.binding.chords
    }

    /// The problem of a binding that counts everywhere and, where this one counts, can never be typed.
    fn hides(&self, far: &Draft<'_>) -> Option<Problem> {
        let (mine, theirs, context) = (self.label(), far.label(), self.binding.context);
        let (own, other) = (&self.binding.chords, &far.binding.chords);
        let what = if own == other {
            return None;
        } else if other.starts_with(own) {
            format!("{mine} in [{context}] begins {theirs} of [{}]", Context::Everywhere)
        } else if own.starts_with(other) {
            format!("{theirs} of [{}] begins {mine} in [{context}]", Context::Everywhere)
        } else {
            return None;
        };
        let what = format!("{what}, so {theirs} ({}) can never be typed there", far.binding.action);
        let users = if self.users { self } else { far };
        Some(users.problem(what, "choose another chord for one of them"))
    }

    pub(super) fn problem(&self, what: String, next: impl Into<String>) -> Problem {
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
        if self.users == other.users {
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
    Ok(Draft { binding, source, at: key.span(), users: false })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Chord, Step};

    const EVERY: &[Context] = &[Context::Queue, Context::Review, Context::Confirm, Context::Page];
    const ACTIONS: &[KnownAction<'_>] = &[
        ("down", EVERY),
        ("top", EVERY),
        ("close", Context::ALL),
        ("open", EVERY),
        ("batch", &[Context::Queue]),
        ("approve", &[Context::Queue, Context::Review]),
        ("reject", &[Context::Queue, Context::Review]),
        ("next-hunk", &[Context::Review]),
        ("confirm", &[Context::Confirm]),
        ("send", &[Context::Write]),
        ("accept", &[Context::Find, Context::Palette]),
    ];

    /// Loads a user's text over a base in which all unknown names of [`ACTIONS`] are no problem of the test.
    fn load(text: &str) -> (Keymap, Vec<String>) {
        let (keymap, problems) = Keymap::load(Base::Vim, Some(Source::new("keymap.toml", text)), ACTIONS);
        let own = problems.into_iter().filter(|problem| problem.place.starts_with("keymap.toml"));
        (keymap, own.map(|p| format!("{}: {}; {}", p.place, p.what, p.next)).collect())
    }

    fn press(keymap: &Keymap, context: Context, keys: &str) -> String {
        let chords = parse_sequence(keys).unwrap();
        let (last, pending) = chords.split_last().unwrap();
        match keymap.step(context.stack(), pending, *last) {
            Step::Action(name) => name.to_owned(),
            Step::Pending => "…".to_owned(),
            Step::Unbound => "-".to_owned(),
        }
    }

    #[test]
    fn chords_lead_to_actions_through_the_contexts() {
        let (keymap, problems) = load("");
        assert_eq!(problems, [""; 0]);
        for (context, keys, action) in [
            (Context::Queue, "j", "down"),
            (Context::Queue, "g", "…"),
            (Context::Queue, "g g", "top"),
            (Context::Queue, "g x", "-"),
            (Context::Queue, "b", "batch"),
            (Context::Review, "b", "-"),
            (Context::Review, "]", "…"),
            (Context::Review, "] c", "next-hunk"),
            (Context::Confirm, "y", "confirm"),
            (Context::Confirm, "enter", "open"),
            (Context::Write, "j", "-"),
            (Context::Write, "ctrl-s", "send"),
            (Context::Find, "q", "-"),
            (Context::Find, "esc", "close"),
        ] {
            assert_eq!(press(&keymap, context, keys), action, "{context} {keys}");
        }
    }

    #[test]
    fn the_users_chords_replace_add_and_take_away() {
        let (keymap, problems) = load(
            "[everywhere]\nj = \"none\"\nm = \"down\"\n[queue]\nb = \"approve\"\nB = \"batch\"\n\"g g\" = \"open\"\n",
        );
        assert_eq!(problems, [""; 0]);
        for (context, keys, action) in [
            (Context::Queue, "j", "-"),
            (Context::Queue, "m", "down"),
            (Context::Queue, "down", "down"),
            (Context::Queue, "b", "approve"),
            (Context::Queue, "B", "batch"),
            (Context::Queue, "g g", "open"),
            (Context::Page, "g g", "top"),
        ] {
            assert_eq!(press(&keymap, context, keys), action, "{context} {keys}");
        }
        assert_eq!(keymap.label(Context::Queue.stack(), "down").as_deref(), Some("m"), "the user's own comes first");
        assert_eq!(keymap.label(Context::Queue.stack(), "top").as_deref(), Some("home"), "gg is hidden in the queue");
        assert_eq!(keymap.label(Context::Page.stack(), "batch"), None);
    }

    #[test]
    fn another_base_can_be_chosen() {
        let (keymap, problems) = load("base = \"arrows\"\n[everywhere]\nj = \"down\"\n");
        assert_eq!(problems, [""; 0]);
        assert_eq!(press(&keymap, Context::Review, "]"), "next-hunk");
        assert_eq!(press(&keymap, Context::Review, "j"), "down");
        assert_eq!(press(&keymap, Context::Review, "k"), "-");
    }

    #[test]
    fn every_mistake_is_reported_with_place_and_hint() {
        for (text, message) in [
            ("base = \"emacs\"", "keymap.toml:1:8: unknown base; choose vim or arrows"),
            ("j = \"down\"", "1:1: `j` stands outside of a table; put it under a context, such as [queue]"),
            ("[quue]\n", "1:2: unknown context [quue]; did you mean `queue`?"),
            ("[queue]\nj = \"dwon\"", "2:5: unknown action `dwon`; did you mean `down`?"),
            ("[queue]\nj = 3", "2:5: expected the name of an action, found a whole number; write \"j\" = \"down\""),
            (
                "[queue]\ngg = \"top\"",
                "2:1: bad chord: unknown key `gg`; the keys of a sequence are written apart: g g",
            ),
            ("[queue]\n\"\" = \"top\"", "2:1: bad chord: an empty chord"),
            ("[page]\nj = \"batch\"", "2:5: `batch` means nothing in [page]; it works in queue"),
            ("[find]\nj = \"accept\"", "2:1: `j` is typed into the text in [find]; use a chord with ctrl or alt"),
            ("[queue]\nctrl-g = \"none\"", "2:1: nothing is bound to `^g` in [queue]; remove this line"),
            ("[queue]\nj = \"down\"\nj = \"open\"", "3:1: duplicate key"),
            (
                "[queue]\nesc = \"close\"\nescape = \"open\"",
                "3:1: `esc` is bound twice in [queue]: to close and to open; choose another chord for one of them",
            ),
            (
                "[queue]\nm = \"down\"\n\"m m\" = \"open\"",
                "3:1: `m` begins `mm` in [queue], so `mm` can never be typed; choose another chord for one of them",
            ),
            (
                "[queue]\n\"m m\" = \"open\"\nm = \"down\"",
                "3:1: `m` begins `mm` in [queue], so `mm` can never be typed",
            ),
            (
                "[everywhere]\ng = \"top\"",
                "2:1: `g` begins `gg` in [everywhere], so `gg` can never be typed; \
                 choose another chord, or add \"g g\" = \"none\" to [everywhere]",
            ),
            (
                "[queue]\ng = \"open\"",
                "2:1: `g` in [queue] begins `gg` of [everywhere], so `gg` (top) can never be typed there; \
                 choose another chord for one of them",
            ),
            ("[everywhere]\n\"b x\" = \"top\"", "2:1: `b` in [queue] begins `bx` of [everywhere]"),
            ("[queue]\n\"j x\" = \"open\"", "2:1: `j` of [everywhere] begins `jx` in [queue], so `j` (down)"),
            (
                "[review]\n\"a a\" = \"open\"",
                "2:1: `a` begins `aa` in [review], so `aa` can never be typed; \
                 choose another chord, or add \"a\" = \"none\" to [review]",
            ),
        ] {
            let (_, problems) = load(text);
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].contains(message), "{text}: {problems:?}");
        }
        assert_eq!(load("base = 1\n[queue]\nj = 1\nk = 2\nqq = 3\n[x]\n").1.len(), 5, "all at once");
    }

    #[test]
    fn consent_is_never_a_habit() {
        for (text, message) in [
            ("[confirm]\nenter = \"confirm\"", "2:1: `enter` may not confirm"),
            ("[confirm]\nspace = \"confirm\"", "2:1: `space` may not confirm"),
            ("[confirm]\na = \"confirm\"", "2:1: `a` means confirm and approve: pressed twice it would sign unseen"),
            ("[queue]\ny = \"batch\"", "2:1: `y` means batch and confirm: pressed twice"),
            ("[queue]\n\"g y\" = \"batch\"", "2:1: `gy` means batch and confirm"),
            ("[confirm]\n\"a a\" = \"confirm\"", "2:1: `aa` means confirm and approve"),
            ("[write]\ns = \"send\"", "2:1: `s` is typed into the text, so it may not send"),
            ("[queue]\nctrl-s = \"reject\"", "2:1: `^s` means reject and send"),
        ] {
            let (_, problems) = load(text);
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].contains(message), "{text}: {problems:?}");
        }
        let (keymap, problems) = load("[confirm]\n\"a y\" = \"confirm\"");
        assert_eq!((problems, press(&keymap, Context::Confirm, "a y")), (vec![], "confirm".to_owned()));
        assert_eq!(
            press(&load("[queue]\ny = \"batch\"").0, Context::Queue, "y"),
            "-",
            "what is refused is not in force"
        );
    }

    #[test]
    fn a_begun_sequence_says_how_it_goes_on() {
        let (keymap, _) = load("[queue]\n\"g b\" = \"batch\"\n");
        let goes_on = |context: Context, keys: &str| {
            let found = keymap.continuations(context.stack(), &parse_sequence(keys).unwrap());
            found.iter().map(|binding| format!("{} {}", binding.label(), binding.action)).collect::<Vec<_>>()
        };
        assert_eq!(goes_on(Context::Queue, "g"), ["gb batch", "gg top"]);
        assert_eq!(goes_on(Context::Review, "]"), ["]c next-hunk"]);
        assert_eq!(goes_on(Context::Queue, "j"), [""; 0]);
    }

    #[test]
    fn what_is_shown_can_be_pressed() {
        for base in [Base::Vim, Base::Arrows] {
            let (keymap, _) = Keymap::load(base, None, ACTIONS);
            for context in Context::ALL {
                for binding in keymap.bindings(*context) {
                    let keys: Vec<String> = binding.chords.iter().map(Chord::to_string).collect();
                    assert_eq!(press(&keymap, *context, &keys.join(" ")), binding.action);
                }
            }
        }
    }
}

//! Which chord means which action, and where.
//!
//! Bindings live in TOML, by context: `keymaps/vim.toml` (the default) and `keymaps/arrows.toml`, and a user's `keymap.toml`
//! over one of them. Loading checks everything and reports everything at once; looking up walks a trie, so that a chord
//! that begins a longer sequence is known to be pending. This module knows the names of actions only as text: the table
//! of actions is `app`'s, and is handed in to be checked against.

mod consent;
mod context;
mod load;
mod trie;

pub use context::Context;
pub use load::{ARROWS, Base, KnownAction, VIM};

use super::chord::{Chord, sequence_label};
use trie::{Branch, Node};

/// One chord or sequence, what it does, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it counts.
    pub context: Context,
    /// The chords, one after the other.
    pub chords: Vec<Chord>,
    /// The name of the action.
    pub action: String,
}

impl Binding {
    /// The short form of the chords, for people: `gg`.
    #[must_use]
    pub fn label(&self) -> String {
        sequence_label(&self.chords)
    }
}

/// What a chord means after the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The sequence is complete and names this action.
    Action(&'a str),
    /// The sequence goes on; [`Keymap::continuations`] says how.
    Pending,
    /// Nothing begins so: the sequence is dropped, or the chord is typed into a text field.
    Unbound,
}

/// All bindings, checked: in no context is a sequence bound twice or the beginning of another.
#[derive(Debug, Clone)]
pub struct Keymap {
    /// The user's own first, then those of the base, each in the order of its file.
    bindings: Vec<Binding>,
    tries: Vec<Node>,
}

impl Keymap {
    /// What `chord` means after `pending`, with the contexts that count now, the nearest first.
    ///
    /// The nearest context that knows the sequence decides.
    #[must_use]
    pub fn step(&self, stack: &[Context], pending: &[Chord], chord: Chord) -> Step<'_> {
        let found = stack.iter().find_map(|context| self.tries[*context as usize].walk(pending)?.branch(chord));
        match found {
            Some(Branch::Action(binding)) => Step::Action(&self.bindings[*binding].action),
            Some(Branch::Node(_)) => Step::Pending,
            None => Step::Unbound,
        }
    }

    /// The bindings that a begun sequence can still become, the nearest context's first: what the hint bar shows.
    #[must_use]
    pub fn continuations(&self, stack: &[Context], pending: &[Chord]) -> Vec<&Binding> {
        let reachable = |binding: &&Binding| self.resolves(stack, binding);
        stack
            .iter()
            .flat_map(|context| self.bindings(*context))
            .filter(|binding| binding.chords.len() > pending.len() && binding.chords.starts_with(pending))
            .filter(reachable)
            .collect()
    }

    /// All bindings of one context, the user's first, else in the order of the file.
    pub fn bindings(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| binding.context == context)
    }

    /// The bindings that reach an action with the contexts that count now, the nearest context's first.
    #[must_use]
    pub fn of_action(&self, stack: &[Context], action: &str) -> Vec<&Binding> {
        stack
            .iter()
            .flat_map(|context| self.bindings(*context))
            .filter(|binding| binding.action == action && self.resolves(stack, binding))
            .collect()
    }

    /// The short form of the first chord that reaches an action now: `gg`; `None` where it has no key.
    #[must_use]
    pub fn label(&self, stack: &[Context], action: &str) -> Option<String> {
        self.of_action(stack, action).first().map(|binding| binding.label())
    }

    /// Whether pressing the chords of a binding does lead to it, and not to what a nearer context makes of them.
    fn resolves(&self, stack: &[Context], binding: &Binding) -> bool {
        let Some((last, before)) = binding.chords.split_last() else { return false };
        let uninterrupted = (0..before.len()).all(|at| self.step(stack, &before[..at], before[at]) == Step::Pending);
        uninterrupted && self.step(stack, before, *last) == Step::Action(&binding.action)
    }
}

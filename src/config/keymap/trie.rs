//! The chords of one context as a tree: a node for every beginning, an action at every end.

use std::collections::BTreeMap;

use crate::config::chord::Chord;

/// What follows a beginning.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    branches: BTreeMap<Chord, Branch>,
}

/// Where one chord leads.
#[derive(Debug, Clone)]
pub(super) enum Branch {
    /// To an action: the index of its binding.
    Action(usize),
    /// To more chords.
    Node(Node),
}

/// Why a sequence cannot be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clash {
    /// The same sequence is the binding of that index.
    Same(usize),
    /// A beginning of it is the binding of that index.
    Beginning(usize),
    /// It is the beginning of the binding of that index.
    Longer(usize),
}

impl Node {
    /// The node that a begun sequence has reached.
    pub(super) fn walk(&self, pending: &[Chord]) -> Option<&Self> {
        pending.iter().try_fold(self, |node, chord| match node.branches.get(chord)? {
            Branch::Node(next) => Some(next),
            Branch::Action(_) => None,
        })
    }

    /// Where one more chord leads.
    pub(super) fn branch(&self, chord: Chord) -> Option<&Branch> {
        self.branches.get(&chord)
    }

    /// Adds a sequence, or says with which binding it clashes and leaves everything as it was.
    pub(super) fn insert(&mut self, chords: &[Chord], binding: usize) -> Result<(), Clash> {
        match chords {
            [] => Ok(()),
            [last] => match self.branches.get(last) {
                Some(Branch::Action(old)) => Err(Clash::Same(*old)),
                Some(Branch::Node(node)) => Err(Clash::Longer(node.any())),
                None => {
                    self.branches.insert(*last, Branch::Action(binding));
                    Ok(())
                }
            },
            [first, rest @ ..] => match self.branches.entry(*first).or_insert_with(|| Branch::Node(Self::default())) {
                Branch::Action(old) => Err(Clash::Beginning(*old)),
                Branch::Node(node) => node.insert(rest, binding),
            },
        }
    }

    /// The first binding below this node; a node is made only for a binding, so there is one.
    fn any(&self) -> usize {
        match self.branches.values().next() {
            Some(Branch::Action(binding)) => *binding,
            Some(Branch::Node(node)) => node.any(),
            None => 0,
        }
    }
}

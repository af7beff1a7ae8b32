//! Objects that left one file for another.

use std::collections::HashMap;

use super::file::FileValues;
use super::known::Secrets;
use super::node::Node;
use super::objects::{Identity, unique};

/// A document: the file and its position there.
pub(super) type Place = (usize, usize);

/// Which object that one file lost is one that another gained. An object is the same if its kind, namespace and name are, and
/// no other has them.
#[derive(Debug, Default)]
pub struct Moves {
    from: HashMap<Place, Place>,
    to: HashMap<Place, Place>,
    /// Secrets that files lost, and those that they gained.
    gone_secrets: Secrets<Place>,
    come_secrets: Secrets<Place>,
}

impl Moves {
    /// Looks through the files of one change.
    #[must_use]
    pub fn between(files: &[FileValues<'_>]) -> Self {
        let gone: Vec<(Place, Identity<'_>)> = all(files, FileValues::gone);
        let come: Vec<(Place, Identity<'_>)> = all(files, FileValues::come);
        let key = |(_, identity): (Place, Identity<'_>)| Some(owned(identity));
        let come = unique(come.into_iter(), key);
        let mut moves = Self {
            gone_secrets: Secrets::among(roots(files, FileValues::gone)),
            come_secrets: Secrets::among(roots(files, FileValues::come)),
            ..Self::default()
        };
        for (identity, old) in unique(gone.into_iter(), key) {
            if let (Some((old, _)), Some(Some((new, _)))) = (old, come.get(&identity)) {
                moves.from.insert(*new, old);
                moves.to.insert(old, *new);
            }
        }
        moves
    }

    /// Where a document that a file gained was before.
    pub(super) fn from(&self, place: Place) -> Option<Place> {
        self.from.get(&place).copied()
    }

    /// Where the Secret was of whose name an object is that a file gained.
    pub(super) fn was_secret(&self, root: &Node<'_>) -> Option<Place> {
        self.gone_secrets.namesake(root)
    }

    /// Where the Secret is of whose name an object was that a file lost.
    pub(super) fn becomes_secret(&self, root: &Node<'_>) -> Option<Place> {
        self.come_secrets.namesake(root)
    }

    /// Where a document that a file lost is now.
    pub(super) fn to(&self, place: Place) -> Option<Place> {
        self.to.get(&place).copied()
    }
}

fn owned(identity: Identity<'_>) -> (String, String, String) {
    let (kind, namespace, name) = identity.unversioned();
    (kind.to_owned(), namespace.to_owned(), name.to_owned())
}

type Roots<'f, 'd> = Vec<(usize, &'f Node<'d>)>;

fn all<'f, 'd>(
    files: &'f [FileValues<'d>],
    side: impl Fn(&'f FileValues<'d>) -> Roots<'f, 'd>,
) -> Vec<(Place, Identity<'f>)> {
    roots(files, side).filter_map(|(place, root)| Some((place, Identity::of(root)?))).collect()
}

fn roots<'f, 'd>(
    files: &'f [FileValues<'d>],
    side: impl Fn(&'f FileValues<'d>) -> Roots<'f, 'd>,
) -> impl Iterator<Item = (Place, &'f Node<'d>)> {
    let of = move |(at, file)| side(file).into_iter().map(move |(index, root)| ((at, index), root));
    files.iter().enumerate().flat_map(of)
}

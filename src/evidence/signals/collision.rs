//! Collisions: other proposals that touch the same files, and whether they can land one after the other.

use bstr::BString;
use serde::{Serialize, Serializer};

use super::words::named;
use crate::model::Oid;
use crate::model::text::{self, count};

/// Files of two proposals that are listed.
const FILES: usize = 20;

/// What merging two proposals on trial showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "trial", rename_all = "snake_case")]
pub enum Trial {
    /// They merge one after the other.
    Merges,
    /// They do not: whichever lands second needs a rebase.
    Conflicts {
        /// The files, in path order, bounded; lossily as UTF-8 in JSON.
        #[serde(serialize_with = "lossy")]
        conflicts: Vec<BString>,
    },
    /// It was not tried, and why.
    Untried {
        /// Why, in our words.
        why: String,
    },
}

/// Another open proposal that touches some of the same files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// Its full name.
    pub proposal: String,
    /// Its head.
    pub head: Oid,
    /// Files in common.
    pub files: usize,
    /// Whether the two can land one after the other.
    #[serde(flatten)]
    pub trial: Trial,
}

/// Other open proposals that cannot land after this one without a rebase, nor this one after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Collision {
    /// Their full names, in name order.
    pub proposals: Vec<String>,
    /// The files, in path order, bounded; lossily as UTF-8 in JSON.
    #[serde(serialize_with = "lossy")]
    pub paths: Vec<BString>,
}

impl Collision {
    /// The signal, if any neighbour conflicts.
    #[must_use]
    pub fn of(neighbours: &[Neighbour]) -> Option<Self> {
        let conflicts = neighbours.iter().filter_map(|neighbour| match &neighbour.trial {
            Trial::Conflicts { conflicts } => Some((neighbour.proposal.clone(), conflicts)),
            Trial::Merges | Trial::Untried { .. } => None,
        });
        let (mut proposals, paths): (Vec<String>, Vec<&Vec<BString>>) = conflicts.unzip();
        proposals.sort();
        let mut paths: Vec<BString> = paths.into_iter().flatten().cloned().collect();
        paths.sort();
        paths.dedup();
        paths.truncate(FILES);
        (!proposals.is_empty()).then_some(Self { proposals, paths })
    }

    pub(super) fn sentence(&self) -> String {
        let names: Vec<&str> = self.proposals.iter().map(String::as_str).collect();
        let second = if names.len() == 1 { "whichever lands second" } else { "whatever lands after the first" };
        format!("conflicts with {}: {second} needs a rebase", named(&names))
    }

    pub(super) fn told(&self) -> Vec<String> {
        let names = self.proposals.iter().map(|name| format!("with {}", text::printable(name)));
        names.chain(self.paths.iter().map(|path| format!("in {}", text::printable_bytes(path)))).collect()
    }
}

impl Neighbour {
    /// What it has in common, in a line that is fit for a terminal.
    #[must_use]
    pub fn sentence(&self) -> String {
        let files = count(self.files, "file");
        let trial = match &self.trial {
            Trial::Merges => "merges beside it".to_owned(),
            Trial::Conflicts { .. } => "conflicts with it".to_owned(),
            Trial::Untried { why } => format!("not tried: {why}"),
        };
        format!("{}: {files} in common, {trial}", text::printable(&self.proposal))
    }
}

fn lossy<S: Serializer>(paths: &[BString], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbour(name: &str, trial: Trial) -> Neighbour {
        Neighbour { proposal: name.into(), head: Oid::ZERO, files: 2, trial }
    }

    fn conflict(path: &str) -> Trial {
        Trial::Conflicts { conflicts: vec![path.into()] }
    }

    #[test]
    fn only_what_really_conflicts_is_a_signal() {
        let untried = Trial::Untried { why: "too many".into() };
        let quiet = [neighbour("a", Trial::Merges), neighbour("b", untried)];
        assert_eq!(Collision::of(&quiet), None);
        assert_eq!(quiet[0].sentence(), "a: 2 files in common, merges beside it");
        assert_eq!(quiet[1].sentence(), "b: 2 files in common, not tried: too many");
        let [one, other] = quiet;
        let all = [neighbour("z", conflict("x")), one, neighbour("c", conflict("x")), other];
        let found = Collision::of(&all).expect("two");
        assert_eq!((found.proposals.as_slice(), found.paths.len()), (&["c".to_owned(), "z".to_owned()][..], 1));
        assert_eq!(found.sentence(), "conflicts with c and z: whatever lands after the first needs a rebase");
        assert_eq!(found.told(), ["with c", "with z", "in x"]);
        let one = Collision::of(&all[..1]).expect("one");
        assert_eq!(one.sentence(), "conflicts with z: whichever lands second needs a rebase");
    }

    #[test]
    fn trials_stand_beside_the_name_in_json() {
        let json = serde_json::to_value(neighbour("a", conflict("x"))).expect("json");
        let head = Oid::ZERO;
        let expected = serde_json::json!(
            { "proposal": "a", "head": head, "files": 2, "trial": "conflicts", "conflicts": ["x"] });
        assert_eq!(json, expected);
    }

    proptest::proptest! {
        #[test]
        fn is_bounded(names in proptest::collection::vec(".{0,8}", 0..60)) {
            let all: Vec<Neighbour> = names.iter().map(|name| neighbour(name, conflict(name))).collect();
            if let Some(found) = Collision::of(&all) {
                proptest::prop_assert!(found.paths.len() <= FILES && found.proposals.len() == all.len());
                let _ = (found.sentence(), found.told());
            }
        }
    }
}

//! Which commit of the target's first-parent chain brought each commit, computed from parents alone: dates lie.

use std::collections::HashMap;

use crate::model::Oid;

/// How a commit came to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landing {
    /// The place of the commit of the first-parent chain that brought it, from 1.
    pub place: u64,
    /// Whether it is on that chain itself.
    pub mainline: bool,
}

/// Places new commits after the `known` places that are there already. What the tip does not reach (its way is cut off by a
/// bound) is older than everything: place 0.
#[must_use]
pub fn land(tip: Oid, commits: &[(Oid, Vec<Oid>)], known: u64) -> Vec<Landing> {
    let by_id: HashMap<Oid, usize> = commits.iter().enumerate().map(|(at, (oid, _))| (*oid, at)).collect();
    let parents = |at: usize| commits[at].1.iter().filter_map(|parent| by_id.get(parent).copied());
    let first = |at: usize| commits[at].1.first().and_then(|parent| by_id.get(parent).copied());
    let mut landings = vec![Landing { place: 0, mainline: false }; commits.len()];
    let chain: Vec<usize> =
        std::iter::successors(by_id.get(&tip).copied(), |at| first(*at)).take(commits.len()).collect();
    for (at, place) in chain.iter().rev().zip(known + 1..) {
        landings[*at] = Landing { place, mainline: true };
    }
    let mut open = Vec::new();
    for at in chain.iter().rev() {
        open.extend(parents(*at));
        while let Some(next) = open.pop() {
            if landings[next].place == 0 {
                landings[next].place = landings[*at].place;
                open.extend(parents(next));
            }
        }
    }
    landings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(letter: char) -> Oid {
        Oid::from_bytes([letter as u8; 20])
    }

    /// `"d:cx c:b x:b"`: d has the parents c and x.
    fn placed(tip: char, graph: &str, known: u64) -> Vec<String> {
        let commits: Vec<(Oid, Vec<Oid>)> = graph
            .split(' ')
            .map(|commit| commit.split_once(':').unwrap())
            .map(|(commit, parents)| (id(commit.chars().next().unwrap()), parents.chars().map(id).collect()))
            .collect();
        let landings = land(id(tip), &commits, known);
        let shown = |landing: &Landing| format!("{}{}", landing.place, if landing.mainline { "*" } else { "" });
        landings.iter().map(shown).collect()
    }

    #[test]
    fn each_commit_has_the_place_of_what_brought_it() {
        for (tip, graph, known, places) in [
            ('c', "c:b b:a a:", 0, "3* 2* 1*"),
            ('c', "c:b b:a", 7, "9* 8*"),
            // A merge brings its side, once.
            ('d', "d:cx c:b x:y y:a b:a a:", 0, "4* 3* 4 4 2* 1*"),
            ('e', "e:dy d:cx c:a x:y y:a a:", 0, "4* 3* 2* 3 3 1*"),
            // An octopus, and a root of its own.
            ('m', "m:abc a: b: c:", 0, "2* 1* 2 2"),
            // A bound cut the way off.
            ('c', "c:b x:y", 0, "1* 0"),
            ('z', "c:b b:", 0, "0 0"),
        ] {
            assert_eq!(placed(tip, graph, known).join(" "), places, "{graph}");
        }
    }

    #[test]
    fn is_linear() {
        let many = 200_000_u32;
        let id = |at: u32| {
            let mut bytes = [0; 20];
            bytes[..4].copy_from_slice(&at.to_be_bytes());
            Oid::from_bytes(bytes)
        };
        let commits: Vec<_> = (0..many).map(|at| (id(at), vec![id(at + 1), id(at + 2)])).collect();
        let landings = land(id(0), &commits, 0);
        assert_eq!(landings.iter().filter(|landing| landing.mainline).count(), many as usize);
    }
}

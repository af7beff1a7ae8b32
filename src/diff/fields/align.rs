//! Which item of a list became which.
//!
//! By name, key or id where all items are maps that have one, each its own; else by content: equal items first, and what is
//! left between two of them pairwise. Never more than `n log n` steps.

use std::collections::HashMap;

use super::node::{Entry, Kind, Node, Value};
use super::patches;
use super::version::VersionChange;

/// The pairs of a list before and after, and how items are called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Alignment {
    /// Positions before and after, in the order before; whether the item left its place among the others.
    pub pairs: Vec<Pair>,
    /// The key whose value names the items, if there is one.
    pub key: Option<&'static str>,
}

/// An item on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub before: usize,
    pub after: usize,
    pub moved: bool,
}

/// What names an item of a list of maps, the most telling first. `name`, `key` and `id` are names anywhere; the others are
/// the merge keys of Kubernetes' own lists and of the commonest custom resources.
pub(super) const KEYS: [&str; 10] =
    ["name", "key", "id", "mountPath", "secretKey", "alert", "record", "containerPort", "topologyKey", "path"];

/// Pairs the items of two lists.
pub(super) fn align(before: &[Node<'_>], after: &[Node<'_>]) -> Alignment {
    for key in KEYS {
        if let (Some(old), Some(new)) = (names(before, key), names(after, key)) {
            return Alignment { pairs: by_name(before, &old, &new, key), key: Some(key) };
        }
    }
    Alignment { pairs: by_content(before, after), key: None }
}

/// The name of an item under a key; of a whole Kubernetes object, none of its parts is the name.
pub(super) fn name<'n>(item: &'n Node<'_>, key: &str) -> Option<&'n str> {
    let scalar = item.get(key)?.scalar()?;
    (scalar.kind != Kind::Null && !scalar.text.is_empty()).then_some(&*scalar.text)
}

/// The position of each name; `None` unless every item is a map that has one of its own.
fn names<'n>(items: &'n [Node<'_>], key: &str) -> Option<HashMap<&'n str, usize>> {
    let mut found = HashMap::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        if found.insert(name(item, key)?, at).is_some() {
            return None;
        }
    }
    Some(found)
}

fn by_name(before: &[Node<'_>], old: &HashMap<&str, usize>, new: &HashMap<&str, usize>, key: &str) -> Vec<Pair> {
    debug_assert_eq!(old.len(), before.len(), "every item has its name");
    let pair = |(at, item): (usize, &Node<'_>)| {
        let after = *new.get(name(item, key)?)?;
        Some(Pair { before: at, after, moved: false })
    };
    let mut pairs: Vec<Pair> = before.iter().enumerate().filter_map(pair).collect();
    mark_moved(&mut pairs);
    pairs
}

fn by_content(before: &[Node<'_>], after: &[Node<'_>]) -> Vec<Pair> {
    let shorter = before.len().min(after.len());
    let head = before.iter().zip(after).take_while(|(old, new)| old.same(new)).count();
    let equal_ends = before.iter().rev().zip(after.iter().rev()).take_while(|(old, new)| old.same(new)).count();
    let tail = equal_ends.min(shorter - head);
    let (old, new) = (&before[head..before.len() - tail], &after[head..after.len() - tail]);
    let mut pairs: Vec<Pair> = (0..head).map(|at| Pair { before: at, after: at, moved: false }).collect();
    let mut middle = equal(old, new);
    by_target(&mut middle, old, new);
    mark_moved(&mut middle);
    let middle = fill(middle, old, new);
    pairs.extend(middle.into_iter().map(|pair| Pair { before: pair.before + head, after: pair.after + head, ..pair }));
    let (old, new) = (before.len() - tail, after.len() - tail);
    pairs.extend((0..tail).map(|at| Pair { before: old + at, after: new + at, moved: false }));
    pairs
}

/// Items that are the same on both sides, each the nth of its kind with the nth.
fn equal(old: &[Node<'_>], new: &[Node<'_>]) -> Vec<Pair> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let mut places: HashMap<u64, Vec<usize>> = HashMap::with_capacity(new.len());
    for (at, item) in new.iter().enumerate().rev() {
        places.entry(item.digest()).or_default().push(at);
    }
    let mut pairs = Vec::new();
    for (at, item) in old.iter().enumerate() {
        let Some(same) = places.get_mut(&item.digest()) else { continue };
        // Two that only share their digest are not the same.
        if same.last().is_some_and(|after| new[*after].same(item)) {
            pairs.extend(same.pop().map(|after| Pair { before: at, after, moved: false }));
        }
    }
    pairs
}

/// Pairs patches without a partner by what they are for, where each is the only one for that.
fn by_target(pairs: &mut Vec<Pair>, old: &[Node<'_>], new: &[Node<'_>]) {
    let mut taken = (vec![false; old.len()], vec![false; new.len()]);
    for pair in &*pairs {
        (taken.0[pair.before], taken.1[pair.after]) = (true, true);
    }
    let (gone, mut come) = (targets(old, &taken.0), targets(new, &taken.1));
    for (target, before) in gone {
        if let (Some(before), Some(Some(after))) = (before, come.remove(&target)) {
            pairs.push(Pair { before, after, moved: false });
        }
    }
    pairs.sort_unstable_by_key(|pair| pair.before);
}

/// What patches are for, each with its position; with none where there are several for it.
fn targets(items: &[Node<'_>], taken: &[bool]) -> HashMap<String, Option<usize>> {
    let mut found = HashMap::new();
    for (at, item) in items.iter().enumerate().filter(|(at, item)| !taken[*at] && item.get("patch").is_some()) {
        if let Some(target) = patches::target(item) {
            found.entry(target).and_modify(|only| *only = None).or_insert(Some(at));
        }
    }
    found
}

/// Marks the fewest items that must have moved: those outside a longest increasing run.
fn mark_moved(pairs: &mut [Pair]) {
    if pairs.is_sorted_by_key(|pair| pair.after) {
        return;
    }
    // Patience: `ends[n]` is the pair that ends the best run of n + 1 pairs, `previous` the one before each in its run.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.iter().enumerate() {
        let place = ends.partition_point(|end| pairs[*end].after < pair.after);
        previous.push(place.checked_sub(1).map(|before| ends[before]));
        if place == ends.len() {
            ends.push(at);
        } else {
            ends[place] = at;
        }
    }
    for pair in &mut *pairs {
        pair.moved = true;
    }
    let mut next = ends.last().copied();
    while let Some(at) = next {
        pairs[at].moved = false;
        next = previous[at];
    }
}

/// Pairs what lies between two neighbours that stayed, in order, as long as it is of one kind.
fn fill(pairs: Vec<Pair>, old: &[Node<'_>], new: &[Node<'_>]) -> Vec<Pair> {
    let mut taken = (vec![false; old.len()], vec![false; new.len()]);
    for pair in &pairs {
        (taken.0[pair.before], taken.1[pair.after]) = (true, true);
    }
    let stayed: Vec<Pair> = pairs.iter().copied().filter(|pair| !pair.moved).collect();
    let mut filled = pairs;
    let mut from = (0, 0);
    let end = Pair { before: old.len(), after: new.len(), moved: false };
    for pair in stayed.into_iter().chain([end]) {
        let gone = (from.0..pair.before).filter(|at| !taken.0[*at]);
        let come = (from.1..pair.after).filter(|at| !taken.1[*at]);
        let alike = gone.zip(come).filter(|(gone, come)| one_kind(&old[*gone], &new[*come]));
        filled.extend(alike.map(|(before, after)| Pair { before, after, moved: false }));
        from = (pair.before + 1, pair.after + 1);
    }
    filled.sort_unstable_by_key(|pair| pair.before);
    filled
}

/// More items than this of a list are not looked for in another.
const SHARED: usize = 32;

/// Whether one item may have become the other: maps without a single equal value are two things.
fn one_kind(old: &Node<'_>, new: &Node<'_>) -> bool {
    match (&old.value, &new.value) {
        (Value::Map(old), Value::Map(_)) => old.is_empty() || shares(old, new),
        (one, two) => std::mem::discriminant(one) == std::mem::discriminant(two),
    }
}

/// Whether a value stands in both maps, at whatever depth, or does in another version.
fn shares(old: &[Entry<'_>], new: &Node<'_>) -> bool {
    old.iter().any(|entry| match (new.get(&entry.key.text), &entry.node.value) {
        (Some(node), Value::Map(inner)) if !inner.is_empty() => shares(inner, node),
        (Some(Node { value: Value::List(new), .. }), Value::List(inner)) => {
            let among = |item: &Node<'_>| new.iter().take(SHARED).any(|other| other.same(item));
            let in_place = |(was, is): (&Node<'_>, &Node<'_>)| match &was.value {
                Value::Map(entries) => shares(entries, is),
                Value::Scalar(_) | Value::List(_) => false,
            };
            inner.is_empty() && new.is_empty()
                || inner.iter().take(SHARED).any(among)
                || inner.iter().zip(new).take(SHARED).any(in_place)
        }
        (Some(node), Value::Scalar(was)) if !node.same(&entry.node) => {
            // Another version of the same thing: `uses: actions/checkout@v3`.
            let is = node.scalar().filter(|is| is.kind == Kind::Text && was.kind == Kind::Text);
            is.and_then(|is| VersionChange::of(&entry.key.text, &was.text, &is.text)).is_some()
        }
        (Some(node), _) => node.same(&entry.node),
        (None, _) => false,
    })
}

//! Names short enough for a column: the last segments of a branch, as few as tell it from all others.

use std::collections::HashMap;

/// The shortest unique form of every name, in the same order: `agent/infra/0001` is `0001` where nothing else ends so.
///
/// Linear in the bytes of the names times their segments. A name given twice stays whole.
#[must_use]
pub fn short_ids(names: &[&str]) -> Vec<String> {
    let mut owners: HashMap<&str, usize> = HashMap::new();
    for name in names {
        for tail in tails(name) {
            *owners.entry(tail).or_default() += 1;
        }
    }
    names.iter().map(|name| tails(name).find(|tail| owners[tail] == 1).unwrap_or(name).to_owned()).collect()
}

/// The ends of a name that begin after a slash, the shortest first, the whole name last.
fn tails(name: &str) -> impl Iterator<Item = &str> {
    let after_slash = name.rmatch_indices('/').map(|(at, _)| &name[at + 1..]);
    after_slash.chain([name]).filter(|tail| !tail.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_few_segments_as_tell_them_apart() {
        for (names, short) in [
            (vec!["agent/infra/0001", "agent/infra/0002"], vec!["0001", "0002"]),
            (vec!["agent/infra/0001", "agent/cost/0001"], vec!["infra/0001", "cost/0001"]),
            (vec!["a/x", "b/a/x", "x"], vec!["a/x", "b/a/x", "x"]),
            (vec!["one", "one"], vec!["one", "one"]),
            (vec!["renovate/web", "renovate/web/"], vec!["web", "web/"]),
            (vec![""], vec![""]),
        ] {
            assert_eq!(short_ids(&names), short);
        }
    }

    #[test]
    fn many_names_cost_little() {
        let names: Vec<String> = (0..20_000).map(|n| format!("agent/a{}/{n:05}", n % 7)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(short_ids(&names).iter().all(|id| id.len() == 5));
    }
}

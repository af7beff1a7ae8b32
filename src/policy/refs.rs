//! Names of branches: what git accepts, and which come before the ledger's.
//!
//! Refs of one push move in name order, and the ledger must move first: a crash then leaves it ahead, never behind.

use super::{Globs, LedgerKey};

/// Ledger branches to propose, the usual one first; each sorts before the one in front of it.
const LEDGERS: [&str; 5] = [
    LedgerKey::DEFAULT_BRANCH,
    "a-countersign/ledger",
    "A-countersign/ledger",
    "0-countersign/ledger",
    "!-countersign/ledger",
];

/// Whether git accepts `name` as a branch (git-check-ref-format(1)).
pub(super) fn is_branch_name(name: &str) -> bool {
    let segment = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.to_ascii_lowercase().ends_with(".lock")
    };
    name.split('/').all(segment)
        && name != "HEAD"
        && name != "@"
        && name.len() <= 200
        && !name.starts_with('-')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c))
}

/// Whether the pattern may match a name that comes before `name`: never says no wrongly.
pub(super) fn may_sort_before(pattern: &str, name: &str) -> bool {
    alternatives(pattern).iter().any(|pattern| {
        let literal = pattern.find(['*', '?', '[', '{', '\\']).map_or(pattern.as_str(), |end| &pattern[..end]);
        // Whatever follows, the shortest that it can match is its literal beginning.
        literal < name
    })
}

/// `{a,b}/c` as `a/c` and `b/c`, where the braces are simple; otherwise the pattern itself.
fn alternatives(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
    match rest.split_once('}') {
        Some((inside, after)) if !inside.contains('{') && !after.contains('{') && !before.contains(['\\', '[']) => {
            inside.split(',').map(|choice| format!("{before}{choice}{after}")).collect()
        }
        _ => vec![pattern.to_owned()],
    }
}

/// A ledger branch that comes before everything `protect` and `default_branch` can name, if there is one to propose.
pub(super) fn ledger_before(protect: &[&str], default_branch: Option<&str>) -> Option<&'static str> {
    let before = |ledger: &str| {
        !protect.iter().any(|pattern| clashes(pattern, ledger)) && default_branch.is_none_or(|branch| ledger < branch)
    };
    LEDGERS.into_iter().find(|ledger| before(ledger))
}

/// Whether a protected pattern cannot live beside this ledger branch: it can come before it, or is the branch itself.
fn clashes(pattern: &str, ledger: &str) -> bool {
    may_sort_before(pattern, ledger) || Globs::new(&[pattern]).is_ok_and(|globs| globs.matches(ledger.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_before_the_ledger() {
        for (pattern, expected) in [
            ("main", false),
            ("release/*", false),
            ("{main,release/*}", false),
            ("{main,apps}", true),
            ("countersign/z", false),
            ("countersign/*", true),
            ("countersign", true),
            ("c*", true),
            ("d*", false),
            ("*", true),
            ("**", true),
            ("[m]ain", true),
            ("archive", true),
            ("Main", true),
        ] {
            assert_eq!(may_sort_before(pattern, "countersign/ledger"), expected, "{pattern}");
        }
    }

    #[test]
    fn another_ledger_is_proposed() {
        assert_eq!(ledger_before(&["main"], Some("main")), Some("countersign/ledger"));
        assert_eq!(ledger_before(&[], Some("apps")), Some("a-countersign/ledger"));
        assert_eq!(ledger_before(&["archive", "B"], None), Some("A-countersign/ledger"));
        assert_eq!(ledger_before(&["*"], None), None);
        assert!(LEDGERS.into_iter().all(is_branch_name));
        assert!(LEDGERS.windows(2).all(|pair| pair[1] < pair[0]));
    }

    #[test]
    fn names_that_git_accepts() {
        for (name, expected) in [
            ("main", true),
            ("countersign/ledger", true),
            ("a..b", false),
            ("a/", false),
            ("/a", false),
            ("-a", false),
            ("a b", false),
            ("a/.b", false),
            ("a.lock", false),
            ("@", false),
            ("a@{b", false),
            ("", false),
            ("é", true),
        ] {
            assert_eq!(is_branch_name(name), expected, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_overlooks_a_name(pattern in "[a-d*?/{},]{1,6}", name in "[a-d/]{1,6}") {
            let Ok(globs) = Globs::new(&[&pattern]) else { return Ok(()) };
            if globs.matches(name.as_str().into()) && name.as_str() < "c/b" {
                proptest::prop_assert!(may_sort_before(&pattern, "c/b"));
            }
        }
    }
}

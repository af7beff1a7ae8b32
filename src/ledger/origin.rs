//! Where a pull request came from, as entries state it: the signer's word, in `soft_facts`.
//!
//! The name of a pull request is its number, which tells neither which agent proposed it nor whose it is. Policy asks for both, and
//! is asked again at the record of its merge and by everybody who verifies it, long after the forge could be. It is the word of
//! the persons whose approvals the merge relies on, and only where they said nothing that of whoever recorded it.

use serde_json::{Map, Value};

use super::{Entry, EntryKind, LedgerView};
use crate::model::EntryId;

/// The member of the facts of a proposal that names the branch of its head.
const BRANCH: &str = "proposal.branch";
/// The one that names the account that opened it.
const OPENER: &str = "proposal.opener";
/// Bytes of a name (GitHub: 255 of a branch); a longer one is not stated, because a part of one is another's.
const LENGTH: usize = 255;

/// Where a pull request came from, as far as that is stated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The branch of its head.
    pub branch: Option<String>,
    /// The login of the account that opened it.
    pub opener: Option<String>,
}

impl Origin {
    /// What is said of a proposal by the entries that its merge relies on, the first that says it; and else by `entry`.
    #[must_use]
    pub fn stated(view: &LedgerView, entry: &Entry, proposal: &str, relies_on: &[EntryId]) -> Self {
        let relied = relies_on.iter().filter_map(|id| view.entry(*id)).map(AsRef::as_ref);
        let recorded = std::iter::once(entry).filter(|entry| entry.kind == EntryKind::Merge);
        relied.chain(recorded).fold(Self::default(), |known, entry| known.or(Self::read(entry, proposal)))
    }

    /// The same, with what another says where this says nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { branch: self.branch.or(other.branch), opener: self.opener.or(other.opener) }
    }

    /// What an entry states of a proposal.
    fn read(entry: &Entry, proposal: &str) -> Self {
        let facts = entry.soft_facts.as_ref().and_then(|facts| facts.get(proposal));
        let text = |name: &str| Some(facts?.get(name)?.as_str()?.to_owned());
        Self { branch: text(BRANCH), opener: text(OPENER) }
    }

    /// The facts that state it.
    #[must_use]
    pub fn facts(&self) -> Map<String, Value> {
        let members = [(BRANCH, &self.branch), (OPENER, &self.opener)].into_iter();
        let fit = |text: &&String| text.len() <= LENGTH;
        members.filter_map(|(name, text)| Some((name.to_owned(), text.as_ref().filter(fit)?.clone().into()))).collect()
    }

    /// Writes it into the facts of a proposal of an entry.
    pub fn state(&self, entry: &mut Entry, proposal: &str) {
        let facts = self.facts();
        if facts.is_empty() {
            return;
        }
        let all = entry.soft_facts.get_or_insert_default();
        let own = all.entry(proposal).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(own) = own {
            own.extend(facts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{Bench, item};

    fn origin(branch: &str, opener: &str) -> Origin {
        Origin { branch: Some(branch.into()), opener: Some(opener.into()) }
    }

    #[test]
    fn what_approvers_say_comes_before_what_is_recorded() {
        let mut bench = Bench::new();
        let mut approve = bench.entry(EntryKind::Approve, "maria");
        approve.items.push(item("#1", "h1", "b"));
        origin("agent/a", "bot").state(&mut approve, "#1");
        bench.push(&approve);
        let mut merge = bench.entry(EntryKind::Merge, "sam");
        origin("agent/b", "sam-h").state(&mut merge, "#1");
        origin("agent/c", "other").state(&mut merge, "#2");
        let view = bench.view();
        let of = |proposal: &str, relies_on: &[EntryId]| Origin::stated(&view, &merge, proposal, relies_on);
        assert_eq!(of("#1", &[approve.id]), origin("agent/a", "bot"));
        assert_eq!(of("#1", &[]), origin("agent/b", "sam-h"));
        assert_eq!(of("#2", &[approve.id]), origin("agent/c", "other"));
        assert_eq!(of("#3", &[approve.id]), Origin::default());
        let own = Origin::stated(&view, &approve, "#1", &[]);
        assert_eq!(own, Origin::default(), "only who relies on an approval, or records a merge, says it");
    }

    #[test]
    fn a_name_that_is_too_long_is_not_stated_in_part() {
        let long = origin(&"b".repeat(LENGTH + 1), &"o".repeat(LENGTH));
        assert_eq!(long.facts().keys().collect::<Vec<_>>(), [OPENER]);
    }

    #[test]
    fn what_is_no_text_says_nothing() {
        let mut bench = Bench::new();
        let mut merge = bench.entry(EntryKind::Merge, "maria");
        for odd in [serde_json::json!({ BRANCH: 1, OPENER: ["x"] }), Value::Null, serde_json::json!("x")] {
            merge.soft_facts.get_or_insert_default().insert("#1".into(), odd);
            assert_eq!(Origin::stated(&bench.view(), &merge, "#1", &[]), Origin::default());
        }
    }
}

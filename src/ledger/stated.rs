//! Approvals that were given on GitHub, as an entry states them: the signer's word, in `soft_facts`.
//!
//! The ledger has to stand alone, and GitHub's answer of that day cannot be asked for again. So the entry that lands something by
//! such an approval names it: who, by which login, on which commit, when. What that is worth is the policy's to say at its place;
//! what a person said in the ledger afterwards takes it back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Entry, Item, LedgerView};
use crate::model::{EntryId, Oid};
use crate::policy::Reviewed;

/// The member of `soft_facts`.
const MEMBER: &str = "github.approvals";
/// Statements of one entry that are read.
const MOST: usize = 10_000;

/// One approval as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    proposal: String,
    person: String,
    login: String,
    commit: Oid,
    at: jiff::Timestamp,
}

/// A stated approval, and who states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The approval.
    pub review: Reviewed,
    /// The entry that states it.
    pub entry: EntryId,
    /// Its signer.
    pub by: String,
}

/// Writes the approvals of proposals into an entry that relies on them.
pub fn state<'a>(entry: &mut Entry, reviews: impl Iterator<Item = (&'a str, &'a Reviewed)>) {
    let statement = |(proposal, review): (&str, &Reviewed)| {
        let Reviewed { person, login, commit, at } = review.clone();
        serde_json::to_value(Statement { proposal: proposal.to_owned(), person, login, commit, at }).ok()
    };
    let statements: Vec<Value> = reviews.filter_map(statement).collect();
    if !statements.is_empty() {
        entry.soft_facts.get_or_insert_default().insert(MEMBER.to_owned(), Value::Array(statements));
    }
}

/// The approvals that may be counted for landing an item of `entry`: stated by it, or by those that it relies on; of exactly its
/// head, and by persons who have said nothing in the ledger since. Each person's once.
#[must_use]
pub fn stated(view: &LedgerView, entry: &Entry, item: &Item, relies_on: &[EntryId]) -> Vec<Stated> {
    let mut found: Vec<Stated> = Vec::new();
    let relied = relies_on.iter().filter(|id| **id != entry.id).filter_map(|id| view.entry(*id));
    for source in std::iter::once(entry).chain(relied.map(AsRef::as_ref)) {
        for review in read(source, &item.proposal) {
            let stands = review.commit == item.head
                && view.last_word(&item.proposal, &review.person).is_none_or(|word| review.at > word)
                && found.iter().all(|other| other.review.person != review.person);
            if stands {
                found.push(Stated { review, entry: source.id, by: source.by.clone() });
            }
        }
    }
    found
}

/// What an entry states of a proposal; what cannot be read states nothing.
fn read(entry: &Entry, proposal: &str) -> Vec<Reviewed> {
    let member = entry.soft_facts.as_ref().and_then(|facts| facts.get(MEMBER)?.as_array());
    let own = |one: &&Value| one.get("proposal").and_then(Value::as_str) == Some(proposal);
    let own = member.into_iter().flatten().take(MOST).filter(own);
    own.filter_map(|one| Statement::deserialize(one).ok())
        .map(|Statement { person, login, commit, at, .. }| Reviewed { person, login, commit, at })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::EntryKind;
    use crate::ledger::testing::{Bench, item, oid, time};

    fn review(person: &str, head: &str, minutes: i64) -> Reviewed {
        Reviewed { person: person.into(), login: format!("{person}-x"), commit: oid(head), at: time(minutes) }
    }

    #[test]
    fn what_is_stated_is_found_for_its_proposal_and_head_alone() {
        let mut bench = Bench::new();
        let mut entry = bench.entry(EntryKind::Approve, "maria");
        let (sam, lee) = (review("sam", "h1", 500), review("lee", "h2", 500));
        state(&mut entry, [("#1", &sam), ("#1", &sam), ("#2", &lee), ("#2", &sam)].into_iter());
        let of = |item: &Item| {
            stated(&bench.view(), &entry, item, &[entry.id]).into_iter().map(|one| one.review).collect::<Vec<_>>()
        };
        assert_eq!(of(&item("#1", "h1", "b")), [sam]);
        assert_eq!(of(&item("#2", "h2", "b")), [lee], "sam's is of another commit");
        assert_eq!(of(&item("#1", "h3", "b")), []);
        assert_eq!(of(&item("#3", "h1", "b")), []);
    }

    #[test]
    fn what_cannot_be_read_states_nothing() {
        let mut bench = Bench::new();
        let (mut entry, item) = (bench.entry(EntryKind::Approve, "maria"), item("#1", "h1", "b"));
        let good = serde_json::json!({ "proposal": "#1", "person": "sam", "login": "s", "commit": oid("h1"), "at": time(500) });
        let mut more = good.clone();
        more["also"] = true.into();
        for (member, count) in [
            (serde_json::json!([good]), 1),
            (serde_json::json!([good, 3, null, "x", {}, [good], more]), 1),
            (serde_json::json!({ "0": good }), 0),
            (serde_json::json!("x"), 0),
            (Value::Null, 0),
        ] {
            entry.soft_facts.get_or_insert_default().insert(MEMBER.into(), member.clone());
            assert_eq!(stated(&bench.view(), &entry, &item, &[]).len(), count, "{member}");
        }
    }
}

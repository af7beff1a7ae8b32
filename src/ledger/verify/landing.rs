//! One landed merge against its entry, its approvals and the policy in force at its place.

use std::sync::Arc;

use super::Evidence;
use crate::ledger::{
    Approval, Entry, EntryKind, Item, LedgerView, MergeRecord, Merged, Objection, Origin, Stated, stated,
};
use crate::model::{Approvals, Effect, EntryId, FileChange, Oid, Outcome, Place, Reason, Ruling, TreeDiff, text};
use crate::policy::Root;

/// A landed commit as the repository has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandingFacts {
    /// Its parents.
    pub parents: Vec<Oid>,
    /// The difference from its first parent's tree to its own, with the change id, computed as for proposals.
    pub diff: Arc<TreeDiff>,
    /// The trailers of its message, in order.
    pub trailers: Vec<(String, String)>,
}

/// Gives landed commits. The shell reads them.
pub trait Landings {
    /// The facts of a commit, or why they cannot be had.
    fn landing(&self, commit: Oid) -> Result<LandingFacts, String>;
}

/// What policy is asked about a landed change.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The root in force at the entry.
    pub root: &'a Root,
    /// The entry that records the merge.
    pub entry: &'a Entry,
    /// The item.
    pub item: &'a Item,
    /// What landed.
    pub facts: &'a LandingFacts,
    /// The approvals that counted at the entry, its own among them.
    pub approvals: &'a [Approval],
    /// The approvals on GitHub that are stated by it, or by the entries that it relies on.
    pub reviews: &'a [Stated],
    /// Where a pull request came from, by the same.
    pub origin: &'a Origin,
}

/// A merge that is being judged.
pub(super) struct Asked<'a> {
    pub entry: &'a Arc<Entry>,
    pub item: &'a Item,
    pub merge: &'a MergeRecord,
    pub root: &'a Arc<Root>,
    /// The ledger up to and with the entry's decisions.
    pub view: &'a LedgerView,
}

impl Asked<'_> {
    /// The approvals on GitHub that it may be counted by.
    pub(super) fn stated(&self) -> Vec<Stated> {
        stated(self.view, self.entry, self.item, &self.merge.relies_on)
    }
}

/// How the checks of a forge's merge stood, as its entry states it, where policy asks for some and they had not passed.
pub(super) fn checks_not_passed<'a>(asked: &Asked<'a>) -> Option<&'a str> {
    let facts = asked.entry.soft_facts.as_ref().filter(|_| asked.entry.kind == EntryKind::Merge)?;
    let state = facts.get(&asked.item.proposal)?.get("checks.state")?.as_str()?;
    (!asked.root.policy.checks.is_empty() && state != "passed").then_some(state)
}

/// Everything that is wrong with a landed merge.
pub(super) fn faults(asked: &Asked<'_>, evidence: &Evidence<'_>) -> Vec<String> {
    let facts = match evidence.landings.landing(asked.merge.commit) {
        Ok(facts) => facts,
        Err(why) => return vec![format!("the commit cannot be read: {why}")],
    };
    let mut faults = recorded(asked, &facts);
    faults.extend(allowed(asked, &facts, evidence));
    faults
}

/// Where the commit is not what the entry says.
fn recorded(asked: &Asked<'_>, facts: &LandingFacts) -> Vec<String> {
    let (item, merge) = (asked.item, asked.merge);
    let parent = facts.parents.first().copied().unwrap_or(Oid::ZERO);
    let mut faults = Vec::new();
    if parent != merge.first_parent {
        faults.push(format!("its first parent is {parent}, and the entry says {}", merge.first_parent));
    }
    if facts.parents.get(1).is_some_and(|second| *second != item.head) || facts.parents.len() > 2 {
        faults.push(format!("it merges something else than the head {}", item.head));
    }
    if facts.diff.new != merge.tree {
        faults.push(format!("its tree is {}, and the entry says {}", facts.diff.new, merge.tree));
    }
    if Some(facts.diff.change_id) != item.change_id {
        let approved = item.change_id.map_or_else(|| "none".to_owned(), |change| change.short(12));
        faults.push(format!("it landed the change {}, and approved is {approved}", facts.diff.change_id.short(12)));
    }
    faults.extend(trailer_fault(asked, facts));
    faults
}

/// An entry that the message of a forge's merge names, and that it does not rely on. A forge takes over what the proposal says, so
/// that it means nothing; ours name an approval that it relies on, the last of those that made it merge.
pub(super) fn strange_entry(asked: &Asked<'_>, evidence: &Evidence<'_>) -> Option<String> {
    let facts = evidence.landings.landing(asked.merge.commit).ok().filter(|_| asked.entry.kind == EntryKind::Merge)?;
    let relied = |name: &&str| asked.merge.relies_on.iter().any(|id| id.to_string() == **name);
    values(&facts, "Countersign-Entry").into_iter().find(|name| !relied(name)).map(str::to_owned)
}

/// The values of the trailers of this name.
fn values<'f>(facts: &'f LandingFacts, name: &str) -> Vec<&'f str> {
    let named = facts.trailers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str()).collect()
}

/// A landing commit names its entry and its proposal. A forge's merge, recorded afterwards, may name neither, or anything.
fn trailer_fault(asked: &Asked<'_>, facts: &LandingFacts) -> Option<String> {
    if asked.entry.kind == EntryKind::Merge {
        return None;
    }
    let proposal = format!("{}@{}", text::printable(&asked.item.proposal), asked.item.head);
    if values(facts, "Countersign-Entry") != [asked.entry.id.to_string()] {
        return Some(format!("its message does not name the entry {} and no other", asked.entry.id));
    }
    (values(facts, "Countersign-Proposal") != [proposal.as_str()])
        .then(|| format!("its message does not name {proposal}"))
}

/// Where approvals, objections or policy at its place did not allow it.
fn allowed(asked: &Asked<'_>, facts: &LandingFacts, evidence: &Evidence<'_>) -> Vec<String> {
    let (item, entry) = (asked.item, asked.entry);
    let Some(change) = item.change_id else { return vec!["the entry names no change".to_owned()] };
    let mut faults = Vec::new();
    let objections = asked.view.objections(&item.proposal, item.head, item.change_id);
    faults.extend(objections.iter().filter(|_| entry.kind != EntryKind::Revert).map(objection_fault));
    let approvals = asked.view.approvals_for(&item.proposal, &item.target, item.head, change);
    faults.extend(unfounded(&asked.merge.relies_on, &approvals));
    match entry.kind {
        EntryKind::Override => return faults,
        EntryKind::Revert => {
            faults.extend(revert_fault(asked, facts, evidence));
            return faults;
        }
        _ => {}
    }
    let reviews = asked.stated();
    let origin = &Origin::stated(asked.view, entry, &item.proposal, &asked.merge.relies_on);
    let question = Question { root: asked.root, entry, item, facts, approvals: &approvals, reviews: &reviews, origin };
    match (evidence.needs)(&question) {
        Ok(ruling) if ruling.outcome == Outcome::Satisfied => {}
        Ok(ruling) => faults.push(ruling_fault(&ruling)),
        Err(why) => faults.push(format!("policy could not be evaluated: {why}")),
    }
    faults
}

/// A revert needs no approval, because it may only be the exact inverse of a merge that it names: of one that persons approved,
/// on the same branch, once, and never of what they are judged by. (The revert of a revert lands something again.)
fn revert_fault(asked: &Asked<'_>, facts: &LandingFacts, evidence: &Evidence<'_>) -> Option<String> {
    let root = |file: &FileChange| {
        let first = file.path.split(|byte| *byte == b'/').next().unwrap_or_default();
        first.eq_ignore_ascii_case(b".countersign")
    };
    if facts.diff.files.iter().any(root) {
        return Some("it reverts a change of .countersign/, and that takes approvals".to_owned());
    }
    let by_persons = |merged: &&Merged| {
        asked.view.entry(merged.entry).is_some_and(|entry| entry.kind != EntryKind::Revert)
            && merged.target == asked.item.target
            && merged.reverted.is_none()
    };
    let named = asked.view.merges().filter(|merged| asked.entry.about.contains(&merged.entry)).filter(by_persons);
    let inverse = |files: &[FileChange]| -> Vec<FileChange> {
        files.iter().map(|f| FileChange { path: f.path.clone(), old: f.new, new: f.old }).collect()
    };
    let mut landed = named.filter_map(|merged| evidence.landings.landing(merged.commit).ok());
    let exact = landed.any(|merge| inverse(&merge.diff.files) == facts.diff.files);
    (!exact).then(|| "it is not the exact inverse of a merge that it names and that still stands".to_owned())
}

fn objection_fault(objection: &Objection) -> String {
    format!(
        "it landed over the objection {} of {}, which nobody had lifted",
        objection.entry.short(8),
        objection.person
    )
}

/// An entry that a merge relies on and that approves nothing of it any more.
fn unfounded(relies_on: &[EntryId], approvals: &[Approval]) -> Option<String> {
    let missing = relies_on.iter().find(|id| !approvals.iter().any(|approval| approval.entry == **id))?;
    Some(format!("it relies on the entry {}, which holds no approval of it", missing.short(8)))
}

fn ruling_fault(ruling: &Ruling) -> String {
    let Approvals { have, need, .. } = ruling.approvals;
    let why: Vec<&str> = ruling
        .reasons
        .iter()
        .filter(|reason| matches!(reason.effect, Effect::Deny | Effect::Error | Effect::Needs | Effect::Builtin))
        .map(|reason| reason.text.as_str())
        .take(3)
        .collect();
    format!("policy did not allow it ({have} of {need} approvals): {}", why.join("; "))
}

/// What policy asks by the tier that the entry records: the approvals of that many persons. It trusts the signer's tier; the
/// shell hands in a function that evaluates the rules on what landed.
pub fn needs_by_recorded_tier(question: &Question<'_>) -> Result<Ruling, String> {
    let need = question.root.policy.tiers.of(question.item.tier).approvals;
    let by: Vec<String> = question.approvals.iter().map(|approval| approval.person.clone()).collect();
    let enough = by.len() >= need;
    let missing = Reason {
        rule: "approvals".to_owned(),
        effect: Effect::Needs,
        text: format!("{} takes the approvals of {need} persons", question.item.tier),
        at: Place::BuiltIn,
    };
    Ok(Ruling {
        outcome: if enough { Outcome::Satisfied } else { Outcome::Pending },
        tier: question.item.tier,
        approvals: Approvals { have: by.len(), need, by, on_github: Vec::new() },
        reasons: if enough { Vec::new() } else { vec![missing] },
    })
}

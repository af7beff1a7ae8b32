//! Whether what landed is what the ledger says.
//!
//! The chain is judged already ([`read`](crate::ledger::read)); here its valid entries are walked once more, each merge is
//! compared with the commit that landed, and asked whether the approvals, objections and policy *at its place* allowed it.
//! Then every commit of the protected branches since the genesis must be accounted for by an entry.

mod landing;
mod report;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use self::landing::{LandingFacts, Landings, Question, needs_by_recorded_tier};
pub use self::report::{BranchReport, FaultReport, Mismatch, Remark, Unapproved, Unfinished, VerifyReport};
use super::{Chain, Checked, Entry, EntryKind, LedgerView, RefUpdate, Stated, Unadopted};
use crate::model::{EntryId, Oid, Ruling, Stage, text};
use crate::policy::Root;

/// A protected branch as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The full name.
    pub refname: String,
    /// Its first-parent commits, oldest first: for the default branch those after the commit that the genesis names, for
    /// another branch those after the first entry that moved it.
    pub commits: Vec<Oid>,
    /// Whether an entry ever moved it. Where none did, the commits are those since the genesis by their own dates.
    pub moved: bool,
}

/// What verification needs beside the chain.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// Landed commits.
    pub landings: &'a dyn Landings,
    /// What policy asks for a landed change at its place.
    pub needs: &'a dyn Fn(&Question<'_>) -> Result<Ruling, String>,
    /// Whether a commit moves nothing but memory sections, to what the ledger up to the entry (the view) renders at the
    /// entry's time; else why not.
    pub memory: &'a dyn Fn(Oid, &Entry, &LedgerView) -> Result<(), String>,
    /// The protected branches.
    pub branches: &'a [Branch],
    /// How far the repository has adopted the product.
    pub stage: Stage,
}

/// Compares a ledger with what landed.
#[must_use]
pub fn verify(chain: &Chain, evidence: &Evidence<'_>) -> VerifyReport {
    let mut walk = Walk::new(chain, evidence);
    for checked in chain.commits() {
        walk.step(checked);
    }
    walk.finish(chain)
}

/// The commits of branches that no entry accounts for, branch by branch, oldest first: all that [`verify`] counts as unapproved.
/// What entries landed is not judged again, so that this costs a walk over the ledger and no more.
#[must_use]
pub fn unaccounted(
    chain: &Chain,
    branches: &[Branch],
    memory: &dyn Fn(Oid, &Entry, &LedgerView) -> Result<(), String>,
) -> Vec<Unapproved> {
    let needs = |_: &Question<'_>| Err(String::new());
    let evidence = Evidence { landings: &Unjudged, needs: &needs, memory, branches, stage: Stage::Record };
    let mut walk = Walk::new(chain, &evidence);
    for checked in chain.commits() {
        walk.step(checked);
    }
    let unapproved = |branch: &Branch| -> Vec<Unapproved> {
        let refname = || branch.refname.clone();
        walk.missing(branch).into_iter().map(|commit| Unapproved { refname: refname(), commit }).collect()
    };
    branches.iter().flat_map(unapproved).collect()
}

/// Landed commits that nobody judges.
struct Unjudged;

impl Landings for Unjudged {
    fn landing(&self, _: Oid) -> Result<LandingFacts, String> {
        Err(String::new())
    }
}

/// The walk over the entries.
struct Walk<'a> {
    evidence: &'a Evidence<'a>,
    view: LedgerView,
    /// For each branch, the place of each of its commits.
    places: HashMap<&'a str, HashMap<Oid, usize>>,
    /// For each branch, where the last entry that arrived left it.
    last: HashMap<String, RefUpdate>,
    /// What entries say and branches do not have, so far.
    pending: Vec<Pending>,
    /// Commits that an entry accounts for, each on its branch.
    accounted: HashSet<(String, Oid)>,
    /// What entries say that their own pushes put on branches.
    brought: Vec<Brought>,
    /// Entries that a void took back.
    voided: HashSet<EntryId>,
    report: VerifyReport,
}

/// A move or a merge that an entry records and that is not on its branch. While nothing later arrived there, the push may
/// just not have finished; after that, somebody rewrote the branch, or the entry lies.
struct Pending {
    entry: EntryId,
    refname: String,
    proposal: String,
    commit: Oid,
    /// Where the move begins; `None` for a merge.
    old: Option<Oid>,
}

/// The commits that one entry's push put on a branch, by their places.
struct Brought {
    entry: EntryId,
    refname: String,
    range: std::ops::Range<usize>,
}

impl<'a> Walk<'a> {
    fn new(chain: &Chain, evidence: &'a Evidence<'a>) -> Self {
        let places = evidence.branches.iter().map(|branch| {
            (branch.refname.as_str(), branch.commits.iter().enumerate().map(|(place, oid)| (*oid, place)).collect())
        });
        let voids = chain.entries().filter(|entry| entry.kind == EntryKind::Void);
        Self {
            evidence,
            view: LedgerView::default(),
            places: places.collect(),
            last: HashMap::new(),
            pending: Vec::new(),
            accounted: HashSet::new(),
            brought: Vec::new(),
            voided: voids.flat_map(|entry| entry.about.iter().copied()).collect(),
            report: empty_report(chain, evidence.stage),
        }
    }

    fn step(&mut self, checked: &Checked) {
        self.view.fold_mut().decide(checked);
        if let (Some(entry), Some(root)) = (checked.valid(), &checked.root) {
            self.remark_policy(entry, root);
            if self.voided.contains(&entry.id) {
                self.landed_though_voided(entry);
            } else {
                self.merges(entry, root);
                entry.refs.iter().for_each(|update| self.follow(entry, update));
            }
        }
        self.view.fold_mut().land(checked);
    }

    /// The merges of an entry: each on its branch, each as recorded, each allowed.
    fn merges(&mut self, entry: &Arc<Entry>, root: &Arc<Root>) {
        for (item, merge) in entry.merges() {
            let proposal = text::single_line(&item.proposal);
            if !self.places.contains_key(item.target.as_str()) {
                let what =
                    format!("{proposal} landed on {}, which is not here to compare", text::single_line(&item.target));
                self.report.remarks.push(Remark { entry: entry.id, what });
            } else if self.place(&item.target, merge.commit).is_none() {
                let (refname, commit) = (item.target.clone(), merge.commit);
                self.pending.push(Pending { entry: entry.id, refname, proposal, commit, old: None });
            } else {
                self.merge(&landing::Asked { entry, item, merge, root, view: &self.view.clone() }, &proposal);
            }
        }
    }

    /// One merge that is on its branch.
    fn merge(&mut self, asked: &landing::Asked<'_>, proposal: &str) {
        self.report.merges += 1;
        self.accounted.insert((asked.item.target.clone(), asked.merge.commit));
        for Stated { review, by, .. } in asked.stated().into_iter().filter(|_| asked.root.policy.from_github) {
            let what = format!(
                "{proposal}: that {} approved it on GitHub, as {}, is the word of {by}",
                review.person, review.login
            );
            self.report.remarks.push(Remark { entry: asked.entry.id, what: text::single_line(&what) });
        }
        if let Some(state) = landing::checks_not_passed(asked) {
            let what = format!("{proposal}: it was merged with its checks {state}, by the word of {}", asked.entry.by);
            self.report.remarks.push(Remark { entry: asked.entry.id, what: text::single_line(&what) });
        }
        if let Some(name) = landing::strange_entry(asked, self.evidence) {
            let what = format!("{proposal}: its message names the entry {name}, which it does not rely on");
            self.report.remarks.push(Remark { entry: asked.entry.id, what: text::single_line(&what) });
        }
        for what in landing::faults(asked, self.evidence) {
            self.mismatch(asked.entry.id, proposal.to_owned(), asked.merge.commit, what);
        }
    }

    /// A ref's move: from where it was left, to where it is found, and everything between is accounted for.
    fn follow(&mut self, entry: &Arc<Entry>, update: &RefUpdate) {
        if !self.places.contains_key(update.refname.as_str()) {
            return;
        }
        let here = self.place(&update.refname, update.new);
        let stays = self.last.get(&update.refname).is_some_and(|last| last.new == update.new);
        if entry.kind != EntryKind::Genesis && here.is_none() && !stays {
            let (refname, old) = (update.refname.clone(), Some(update.old));
            let proposal = String::new();
            self.pending.push(Pending { entry: entry.id, refname, proposal, commit: update.new, old });
            return;
        }
        if let Some(what) = self.discontinuity(update) {
            self.mismatch(entry.id, String::new(), update.new, what);
        }
        self.overtaken(&update.refname);
        let from = self.place(&update.refname, update.old).map_or(0, |old| old + 1);
        self.account(entry, &update.refname, from..here.map_or(from, |here| here + 1));
        self.last.insert(update.refname.clone(), update.clone());
    }

    /// A later move of this branch arrived, so what is still pending there never will.
    fn overtaken(&mut self, refname: &str) {
        let (gone, left) = std::mem::take(&mut self.pending).into_iter().partition(|p| p.refname == refname);
        self.pending = left;
        let gone: Vec<Pending> = gone;
        for pending in gone {
            let what = format!("the ledger says that it is on {refname}, and it is not, though later moves are");
            self.mismatch(pending.entry, pending.proposal, pending.commit, what);
        }
    }

    /// Why an update cannot follow the last one of its ref: it must begin at or after where that ended.
    fn discontinuity(&self, update: &RefUpdate) -> Option<String> {
        let last = self.last.get(&update.refname)?;
        // Several entries of one push all name what the push moves.
        if last.new == update.old || last == update {
            return None;
        }
        let place = |oid: Oid| self.place(&update.refname, oid);
        match (place(last.new), place(update.old)) {
            (Some(left), Some(found)) if left <= found => None,
            (None, Some(_)) => None,
            _ => {
                Some(format!("it moves {} from {}, and the ledger left it at {}", update.refname, update.old, last.new))
            }
        }
    }

    /// Accounts for what an entry's push put on a branch beside its merges: memory sections, and nothing else. What is not
    /// one stays unaccounted; perhaps a later entry of the same push explains it.
    fn account(&mut self, entry: &Arc<Entry>, refname: &str, range: std::ops::Range<usize>) {
        let Some(branch) = self.evidence.branches.iter().find(|branch| branch.refname == refname) else { return };
        if entry.kind != EntryKind::Genesis {
            self.brought.push(Brought { entry: entry.id, refname: refname.to_owned(), range: range.clone() });
        }
        for &commit in branch.commits.get(range).unwrap_or_default() {
            let place = (refname.to_owned(), commit);
            if !self.accounted.contains(&place) && (self.evidence.memory)(commit, entry, &self.view).is_ok() {
                self.accounted.insert(place);
            }
        }
    }

    /// An entry that was voided as unfinished must not have landed.
    fn landed_though_voided(&mut self, entry: &Arc<Entry>) {
        let landed: Vec<Oid> = entry
            .merges()
            .filter(|(item, merge)| self.place(&item.target, merge.commit).is_some())
            .map(|(_, merge)| merge.commit)
            .collect();
        for commit in landed {
            let what = "a void says that this merge never happened, and it is on its branch".to_owned();
            self.mismatch(entry.id, String::new(), commit, what);
        }
    }

    /// An entry that says that it was decided under another policy than the one in force.
    fn remark_policy(&mut self, entry: &Entry, root: &Root) {
        if let Some(policy) = entry.policy.filter(|policy| policy.blob != root.policy_blob) {
            let what =
                format!("it was decided under the policy {}, and {} was in force", policy.blob, root.policy_blob);
            self.report.remarks.push(Remark { entry: entry.id, what });
        }
    }

    fn mismatch(&mut self, entry: EntryId, proposal: String, commit: Oid, what: String) {
        self.report.mismatches.push(Mismatch { entry, proposal, commit, what });
    }

    fn place(&self, refname: &str, commit: Oid) -> Option<usize> {
        self.places.get(refname).and_then(|places| places.get(&commit)).copied()
    }

    /// What is left: faults, pushes that did not finish, commits nobody accounts for, and the verdict.
    fn finish(mut self, chain: &Chain) -> VerifyReport {
        self.view.settle(chain);
        self.unadopted(chain);
        self.report.faults = chain.faults().map(|(checked, fault)| self.fault(checked, &fault.to_string())).collect();
        self.settle_pending();
        self.unexplained();
        self.list_unapproved();
        let report = &mut self.report;
        report.ok = report.alarms.is_empty()
            && report.faults.iter().all(|fault| fault.acknowledged.is_some())
            && report.mismatches.is_empty()
            && (report.unapproved_total == 0 || report.stage != Stage::Enforce);
        self.report
    }

    /// Changes of policy and signers that are not in force. An entry that itself brought one landed what it may not.
    fn unadopted(&mut self, chain: &Chain) {
        for Unadopted { entry, commit, why, own } in chain.unadopted() {
            let what = format!("the .countersign/ at {commit} is not in force: {why}");
            if *own && !self.voided.contains(entry) {
                self.mismatch(*entry, String::new(), *commit, what);
            } else {
                self.report.remarks.push(Remark { entry: *entry, what });
            }
        }
    }

    /// A move that begins where its branch is (or where another pending one ends) can still be finished; any other cannot.
    fn settle_pending(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let ends: HashSet<Oid> = pending.iter().filter(|p| p.old.is_some()).map(|p| p.commit).collect();
        for Pending { entry, refname, proposal, commit, old } in pending {
            let tip = self.tip(&refname);
            if old.is_none_or(|old| tip.is_none_or(|tip| tip == old) || ends.contains(&old)) {
                self.report.unfinished.push(Unfinished { entry, refname, new: commit });
            } else {
                let what = format!("{refname} has moved elsewhere, so this push cannot be finished: void the entry");
                self.mismatch(entry, proposal, commit, what);
            }
        }
    }

    /// Where a branch is.
    fn tip(&self, refname: &str) -> Option<Oid> {
        let branch = self.evidence.branches.iter().find(|branch| branch.refname == refname)?;
        branch.commits.last().copied().or_else(|| self.last.get(refname).map(|last| last.new))
    }

    /// An entry's push is atomic and begins where it says: whatever lies in it is its own doing. What none of the entries of the
    /// push explains was signed for, and not approved.
    fn unexplained(&mut self) {
        for Brought { entry, refname, range } in std::mem::take(&mut self.brought) {
            let Some(branch) = self.evidence.branches.iter().find(|branch| branch.refname == refname) else { continue };
            for &commit in branch.commits.get(range).unwrap_or_default() {
                if !self.accounts_for(branch, commit) {
                    let what = format!("the entry put it on {refname}, and it neither merges nor teaches it");
                    self.mismatch(entry, String::new(), commit, what);
                }
            }
        }
    }

    fn list_unapproved(&mut self) {
        for branch in self.evidence.branches {
            let missing = self.missing(branch);
            self.report.branches.push(BranchReport {
                refname: branch.refname.clone(),
                commits: branch.commits.len(),
                unapproved: missing.len(),
                moved: branch.moved,
            });
            for commit in missing {
                self.report.unapproved_total += 1;
                if self.report.unapproved.len() < VerifyReport::LISTED {
                    self.report.unapproved.push(Unapproved { refname: branch.refname.clone(), commit });
                }
            }
        }
    }

    /// The commits of a branch that no entry accounts for, oldest first.
    fn missing(&self, branch: &Branch) -> Vec<Oid> {
        branch.commits.iter().filter(|commit| !self.accounts_for(branch, **commit)).copied().collect()
    }

    /// Whether an entry accounts for a commit of this branch. What was approved for one branch and then reached another one
    /// without an entry is not: an approval binds its target.
    fn accounts_for(&self, branch: &Branch, commit: Oid) -> bool {
        self.accounted.contains(&(branch.refname.clone(), commit))
    }

    fn fault(&self, checked: &Checked, what: &str) -> FaultReport {
        FaultReport {
            commit: checked.oid,
            id: checked.claimed.as_ref().map(|entry| entry.id),
            by: checked.claimed.as_ref().map(|entry| entry.by.clone()),
            what: what.to_owned(),
            acknowledged: self.view.voided(Entry::name_of_commit(checked.oid)),
        }
    }
}

fn empty_report(chain: &Chain, stage: Stage) -> VerifyReport {
    VerifyReport {
        ok: false,
        stage,
        genesis: chain.genesis().map(|genesis| genesis.id),
        tip: chain.tip(),
        latest: chain.latest(),
        commits: chain.commits().len(),
        entries: chain.entries().count(),
        merges: 0,
        alarms: chain.alarms().iter().map(ToString::to_string).collect(),
        faults: Vec::new(),
        mismatches: Vec::new(),
        unfinished: Vec::new(),
        branches: Vec::new(),
        unapproved: Vec::new(),
        unapproved_total: 0,
        remarks: Vec::new(),
    }
}

#[cfg(test)]
mod tests;

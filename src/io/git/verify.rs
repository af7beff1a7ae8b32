//! What [`ledger::verify()`] needs from a repository: what really landed, what policy asks for it, and the protected branches.

use std::sync::Arc;

use bstr::ByteSlice as _;

use crate::ledger::{
    self, Chain, Entry, Evidence, LandedQuestion, LandingFacts, Landings, LedgerView, ProtectedBranch, VerifyReport,
};
use crate::memory;
use crate::model::{Contributor, Oid, Ruling, Stage};
use crate::policy::{self, Approval, Facts};

use super::repository::LocalRepository;
use super::store::{BLOB_LIMIT, Store, StoreError};

/// Commits of a protected branch that are judged, at most: a bound, not a promise.
const BRANCH_LIMIT: usize = 1_000_000;

/// Compares a judged chain with what landed.
pub fn verify(
    repository: &LocalRepository,
    store: &Store,
    chain: &Chain,
    stage: Stage,
) -> Result<VerifyReport, StoreError> {
    let landings = LandedCommits { store };
    let needs = |question: &LandedQuestion<'_>| needs(store, question);
    let moved = |commit: Oid, entry: &Entry, view: &LedgerView| only_memory(store, commit, entry, view);
    let branches = default_branch(repository, store, chain)?;
    let branches: Vec<ProtectedBranch> = branches.into_iter().collect();
    Ok(ledger::verify(
        chain,
        &Evidence { landings: &landings, needs: &needs, memory: &moved, branches: &branches, stage },
    ))
}

/// The default branch since the commit that the genesis names.
fn default_branch(
    repository: &LocalRepository,
    store: &Store,
    chain: &Chain,
) -> Result<Option<ProtectedBranch>, StoreError> {
    let Some(update) = chain.genesis().and_then(|genesis| genesis.refs.first()) else { return Ok(None) };
    let branch = update.refname.trim_start_matches("refs/heads/");
    let Some(tip) = repository.tip(&repository.tracking(branch))? else { return Ok(None) };
    let line = store.first_parents(tip, update.new, BRANCH_LIMIT)?;
    let mut commits: Vec<Oid> = line.iter().map(|commit| commit.oid).collect();
    if line.last().is_some_and(|oldest| oldest.parents.first() != Some(&update.new)) {
        // A forge merged the offer: the line passes the genesis' commit by, and history before it is not judged either.
        commits.truncate(commits.partition_point(|commit| !store.contains(update.new, *commit).unwrap_or(false)));
    }
    commits.reverse();
    Ok(Some(ProtectedBranch { refname: update.refname.clone(), commits }))
}

/// What really landed.
struct LandedCommits<'a> {
    store: &'a Store,
}

impl Landings for LandedCommits<'_> {
    fn landing(&self, commit: Oid) -> Result<LandingFacts, String> {
        self.read(commit).map_err(|error| error.to_string())
    }
}

impl LandedCommits<'_> {
    fn read(&self, commit: Oid) -> Result<LandingFacts, StoreError> {
        let found = self.store.commit(commit)?;
        let before = match found.parents.first() {
            Some(parent) => self.store.tree_of(*parent)?,
            None => Oid::EMPTY_TREE,
        };
        let diff = Arc::new(self.store.diff(before, found.tree)?);
        Ok(LandingFacts { parents: found.parents, diff, trailers: last_paragraph(&found.message) })
    }
}

/// The `Name: value` lines of a message's last paragraph, which is where a landing commit names its entry.
fn last_paragraph(message: &str) -> Vec<(String, String)> {
    let paragraph = message.trim_end().rsplit("\n\n").next().unwrap_or_default();
    let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.trim_end().to_owned()));
    paragraph.lines().filter_map(pair).collect()
}

/// Policy, evaluated on what landed with the approvals that counted at its place. Own commits that are gone (a squashed
/// head that was collected) leave the landing commit's own names to tell whose change it was.
fn needs(store: &Store, question: &LandedQuestion<'_>) -> Result<Ruling, String> {
    let merge = question.item.merge.as_ref().ok_or("the item did not land")?;
    let own = store.own_commits(merge.first_parent, question.item.head);
    let own = own.or_else(|_| store.commit(merge.commit).map(|commit| vec![commit])).map_err(|e| e.to_string())?;
    let contributors: Vec<Contributor> = match own.as_slice() {
        [only] if only.oid == merge.commit => vec![only.author.clone()],
        own => own.iter().flat_map(|commit| [commit.author.clone(), commit.committer.clone()]).collect(),
    };
    let messages: Vec<String> = own.iter().map(|commit| commit.message.clone()).collect();
    let approvals: Vec<Approval> = question
        .approvals
        .iter()
        .map(|one| Approval { person: one.person.clone(), entry: Some(one.entry), touch: one.touched })
        .collect();
    let facts = Facts {
        stage: Stage::Record,
        proposal: &question.item.proposal,
        target: &question.item.target,
        changes: Some(&question.facts.diff.files),
        contributors: &contributors,
        messages: &messages,
        approvals: &approvals,
        objections: &[],
        repeat: false,
    };
    Ok(policy::evaluate(&question.root.policy, &facts).ruling)
}

/// Whether a commit moves nothing but memory sections, to what the ledger renders at the entry.
fn only_memory(store: &Store, commit: Oid, entry: &Entry, view: &LedgerView) -> Result<(), String> {
    let read = || -> Result<Result<(), String>, StoreError> {
        let found = store.commit(commit)?;
        let Some(parent) = found.parents.first().filter(|_| found.parents.len() == 1) else {
            return Ok(Err("it has not exactly one parent".into()));
        };
        let before = store.tree_of(*parent)?;
        for file in store.diff(before, found.tree)?.files {
            let path = file.path.to_str_lossy();
            let old = file.old.map(|side| store.blob(side.oid, BLOB_LIMIT)).transpose()?;
            let Some(new) = file.new.map(|side| store.blob(side.oid, BLOB_LIMIT)).transpose()? else {
                return Ok(Err(format!("it deletes {path}")));
            };
            let section = memory::render(view, entry.at, &path);
            if !memory::holds(old.as_deref(), &new, section.as_deref()) {
                return Ok(Err(format!("{path} is not what the ledger renders")));
            }
        }
        Ok(Ok(()))
    };
    read().map_err(|error| error.to_string())?
}

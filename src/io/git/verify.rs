//! What [`ledger::verify()`] needs from a repository: what really landed, what policy asks for it, and the protected branches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bstr::ByteSlice as _;
use jiff::Timestamp;

use crate::ledger::{
    self, Chain, Entry, Evidence, LandedQuestion, LandingFacts, Landings, LedgerView, ProtectedBranch, Unapproved,
    VerifyReport,
};
use crate::memory;
use crate::model::{Contributor, Mode, Oid, Ruling, Side, Stage, TreeDiff};
use crate::policy::{self, Approval, Facts, LedgerKey};

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
    let branches = branches(repository, store, chain)?;
    Ok(ledger::verify(
        chain,
        &Evidence { landings: &landings, needs: &needs, memory: &moved, branches: &branches, stage },
    ))
}

/// The commits of the protected branches that no entry accounts for, as [`verify`] counts them.
pub fn unaccounted(repository: &LocalRepository, store: &Store, chain: &Chain) -> Result<Vec<Unapproved>, StoreError> {
    let moved = |commit: Oid, entry: &Entry, view: &LedgerView| only_memory(store, commit, entry, view);
    Ok(ledger::unaccounted(chain, &branches(repository, store, chain)?, &moved))
}

/// What a commit is and changes against its first parent.
pub fn landing(store: &Store, commit: Oid) -> Result<LandingFacts, StoreError> {
    LandedCommits { store }.read(commit)
}

/// What policy says of a landed change, evaluated on its objects.
pub fn allows(store: &Store) -> impl Fn(&LandedQuestion<'_>) -> Result<Ruling, String> + '_ {
    |question| needs(store, question)
}

/// The protected branches: the default branch since the commit that the genesis names, and every other one that an entry
/// moved or that the policy protects, since it left the default branch or, by the dates of its commits, since the genesis.
fn branches(repository: &LocalRepository, store: &Store, chain: &Chain) -> Result<Vec<ProtectedBranch>, StoreError> {
    let Some((genesis, begins)) = chain.genesis().and_then(|entry| Some((entry, entry.refs.first()?))) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let main = tip(repository, &begins.refname)?;
    if let Some(main) = main {
        let commits = since(store, main, begins.new)?;
        found.push(ProtectedBranch { refname: begins.refname.clone(), commits, moved: true });
    }
    let mut moved: BTreeMap<&str, Oid> = BTreeMap::new();
    for update in chain.entries().flat_map(|entry| &entry.refs).filter(|update| update.refname != begins.refname) {
        moved.entry(&update.refname).or_insert(update.old);
    }
    let mut names: BTreeSet<String> = moved.keys().map(|&name| name.to_owned()).collect();
    names.extend(protected(repository, chain, &begins.refname)?);
    for refname in names {
        let Some(tip) = tip(repository, &refname)? else { continue };
        let from = moved.get(refname.as_str()).copied();
        let commits = left(
            store,
            tip,
            from,
            &|oid| main.is_some_and(|main| store.contains(main, oid).unwrap_or(false)),
            genesis.at,
        )?;
        found.push(ProtectedBranch { refname, commits, moved: from.is_some() });
    }
    Ok(found)
}

/// The full names of the branches that the policy in force protects, without the default branch and the ledger.
fn protected(repository: &LocalRepository, chain: &Chain, default: &str) -> Result<Vec<String>, StoreError> {
    let Some(root) = chain.root() else { return Ok(Vec::new()) };
    let ledger = root.policy.ledger.as_ref().map(LedgerKey::full);
    let names = repository.branches(&root.policy.protect, &[])?.0.into_iter();
    let names = names.map(|branch| format!("refs/heads/{}", branch.name));
    Ok(names.filter(|name| name != default && Some(name) != ledger.as_ref()).collect())
}

fn tip(repository: &LocalRepository, refname: &str) -> Result<Option<Oid>, StoreError> {
    repository.tip(&repository.tracking(refname.trim_start_matches("refs/heads/")))
}

/// The first-parent commits of a branch after the commit `from`, oldest first.
fn since(store: &Store, tip: Oid, from: Oid) -> Result<Vec<Oid>, StoreError> {
    let line = store.first_parents(tip, from, BRANCH_LIMIT)?;
    let mut commits: Vec<Oid> = line.iter().map(|commit| commit.oid).collect();
    if line.last().is_some_and(|oldest| oldest.parents.first() != Some(&from)) && from != Oid::ZERO {
        // A forge merged the offer: the line passes the commit by, and history before it is not judged either.
        commits.truncate(commits.partition_point(|commit| !store.contains(from, *commit).unwrap_or(false)));
    }
    commits.reverse();
    Ok(commits)
}

/// The first-parent commits of a branch, oldest first, down to where it left the default branch, or to commits that say they
/// are older than the genesis; at least those after `from`, where the first entry found it.
fn left(
    store: &Store,
    tip: Oid,
    from: Option<Oid>,
    on_default: &dyn Fn(Oid) -> bool,
    genesis: Timestamp,
) -> Result<Vec<Oid>, StoreError> {
    let (mut commits, mut next, mut judged) = (Vec::new(), Some(tip), from.is_none());
    while let Some(oid) = next.filter(|_| commits.len() < BRANCH_LIMIT) {
        let commit = store.commit(oid)?;
        judged |= from == Some(oid);
        if judged && (commit.committed < genesis || on_default(oid)) {
            break;
        }
        next = commit.parents.first().copied();
        commits.push(oid);
    }
    commits.reverse();
    Ok(commits)
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
        .map(|one| Approval::signed(&one.person, one.entry, one.touched))
        .chain(question.reviews.iter().map(|stated| Approval::reviewed(stated.review.clone())))
        .collect();
    let facts = Facts {
        stage: Stage::Record,
        proposal: &question.item.proposal,
        branch: question.origin.branch.as_deref(),
        target: &question.item.target,
        changes: Some(&question.facts.diff.files),
        contributors: &contributors,
        opener: question.origin.opener.as_deref(),
        messages: &messages,
        approvals: &approvals,
        objections: &[],
        unheard: false,
        repeat: false,
        checks: None,
    };
    Ok(policy::evaluate(&question.root.policy, &facts).ruling)
}

/// Whether a commit moves nothing but memory sections against its first parent, to what the ledger renders at the entry; a merge of
/// such commits does, too, where it brings nothing else.
pub fn only_memory(store: &Store, commit: Oid, entry: &Entry, view: &LedgerView) -> Result<(), String> {
    let found = store.commit(commit).map_err(|error| error.to_string())?;
    let Some(parent) = found.parents.first().filter(|_| found.parents.len() <= 2) else {
        return Err("it has neither one parent nor two".into());
    };
    let diff = store.tree_of(*parent).and_then(|before| store.diff(before, found.tree));
    only_sections(store, &diff.map_err(|error| error.to_string())?, entry, view)
}

/// Whether a difference is memory sections and nothing else, and what the ledger renders at the entry.
pub fn only_sections(store: &Store, diff: &TreeDiff, entry: &Entry, view: &LedgerView) -> Result<(), String> {
    for file in &diff.files {
        let path = file.path.to_str_lossy();
        let plain = |side: &Side| matches!(side.mode, Mode::File | Mode::Executable);
        if file.new.as_ref().is_some_and(|new| !plain(new) || file.old.is_some_and(|old| old.mode != new.mode)) {
            return Err(format!("it changes what kind of file {path} is"));
        }
        let read = |side: Side| store.blob(side.oid, BLOB_LIMIT).map_err(|error| error.to_string());
        let old = file.old.map(read).transpose()?;
        let Some(new) = file.new.map(read).transpose()? else { return Err(format!("it deletes {path}")) };
        let section = memory::render(view, entry.at, &path);
        if !memory::holds(old.as_deref(), &new, section.as_deref()) {
            return Err(format!("{path} is not what the ledger renders"));
        }
    }
    Ok(())
}

//! The mutations. Every function here takes a value that only the engine can make ([`Plan`], [`Genesis`]): going around
//! policy is a type error.
//!
//! Order: landing commits and the memory commit are made first (objects without a ref are nothing yet), then the entries
//! are signed, then ledger and target move together, the ledger first, so that a crash can only leave the ledger ahead.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::engine::{Action, Genesis, Landed, Plan, Recording, Recovery, Via, Void, landing_message, memory_message};
use crate::ledger::{self, Entry};
use crate::model::{Contributor, Mode, Oid};
use crate::policy::{LedgerKey, MergeMethod};

use super::super::fault;
use super::super::signer::{self, SigningKey};
use super::process::GitError;
use super::repository::{LocalRepository, OpenError, Remote};
use super::store::{Store, StoreError, Writes, cooked, raw};

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Somebody else moved a ref first: reading again and trying again may help.
    #[error("somebody else was faster, or holds a lock: {0}")]
    Lost(String),
    /// The other side said no.
    #[error("the push was refused: {0}")]
    Refused(String),
    /// A hook of this repository said no, before anything was sent.
    #[error("a hook of this repository (pre-push) declined the push: {0}")]
    Declined(String),
    /// The remote is set up so that a push cannot be all or nothing.
    #[error("{0}")]
    Destination(String),
    /// The clone lacks history.
    #[error(transparent)]
    Lacking(#[from] OpenError),
    /// Signing failed.
    #[error("signing failed: {0}")]
    Signing(GitError),
    /// Files of the work tree are in the way.
    #[error("the target is checked out here and local changes are in the way: {0}")]
    InTheWay(String),
    /// Objects could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// `git` failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The disk, or a fault that a test asked for.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The commits of a plan, made but not yet reachable.
#[derive(Debug, Clone)]
pub struct Commits {
    /// One element for each item of the plan.
    pub landed: Vec<Option<Landed>>,
    /// Where the target ends.
    pub tip: Oid,
    /// Where the lessons wait, as the branch [`MEMORY_BRANCH`], where they are not pushed to the target.
    pub memory: Option<Oid>,
    /// How far the lessons go, where there are any.
    pub lessons: Lessons,
}

/// The branch of lessons that wait for somebody to merge them.
pub const MEMORY_BRANCH: &str = "countersign/memory";

/// How far the lessons of a plan go with its push; the ledger has them anyhow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lessons {
    /// To the target.
    Target,
    /// To [`MEMORY_BRANCH`], where somebody merges them.
    Branch,
    /// No further than the ledger.
    Ledger,
}

/// Makes the landing commits and the memory commit of a plan, and brings them to the disk with all that is new in them.
pub fn commits(
    repository: &LocalRepository,
    store: &Store,
    plan: &Plan,
    (me, at): (&Contributor, Timestamp),
    lessons: Lessons,
) -> Result<Commits, WriteError> {
    let (mut tip, mut memory) = (plan.target.old, None);
    let mut landed = Vec::with_capacity(plan.items.len());
    for item in &plan.items {
        let Action::Merge { diff } = &item.action else {
            landed.push(None);
            continue;
        };
        if plan.via == Via::Forge {
            landed.push(None);
            continue;
        }
        let entry = plan.intents[item.intent].id;
        let message = landing_message(item, entry);
        let (author, parents, authored) = match plan.method {
            MergeMethod::Squash => (&item.author, vec![tip], item.authored),
            MergeMethod::Merge => (me, vec![tip, item.subject.head], at),
        };
        let commit = commit(store, diff.new, &parents, (author, authored), (me, at), &message)?;
        landed.push(Some(Landed { first_parent: tip, commit, tree: diff.new }));
        tip = commit;
    }
    if plan.memory.is_empty() || lessons == Lessons::Ledger {
        store.keep(repository, tip, plan.target.old)?;
    } else {
        let tree = memory_tree(store, plan, store.tree_of(tip)?)?;
        let taught = commit(store, tree, &[tip], (me, at), (me, at), &memory_message(plan))?;
        store.keep(repository, taught, plan.target.old)?;
        if lessons == Lessons::Target {
            tip = taught;
        } else {
            memory = Some(taught);
        }
    }
    fault::point("after-commits")?;
    Ok(Commits { landed, tip, memory, lessons })
}

fn memory_tree(store: &Store, plan: &Plan, top: Oid) -> Result<Oid, WriteError> {
    let files = plan.memory.iter().map(|change| (change.path.as_str(), change.after.as_slice()));
    Ok(tree_with(store, top, files)?)
}

/// The tree `top` with these plain files replaced or added; one that is executable stays so.
fn tree_with<'a>(store: &Store, top: Oid, files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Oid, StoreError> {
    let repo = store.raw_repository();
    let tree = repo.find_tree(raw(top))?;
    let mut update = git2::build::TreeUpdateBuilder::new();
    for (path, bytes) in files {
        let executable = store.entry(top, path)?.is_some_and(|side| side.mode == Mode::Executable);
        let mode = if executable { git2::FileMode::BlobExecutable } else { git2::FileMode::Blob };
        update.upsert(path, repo.blob(bytes)?, mode);
    }
    Ok(cooked(update.create_updated(repo, &tree)?))
}

#[expect(clippy::disallowed_methods, reason = "this is the one writer of landing commits; without a ref it moves none")]
fn commit(
    store: &Store,
    tree: Oid,
    parents: &[Oid],
    author: (&Contributor, Timestamp),
    committer: (&Contributor, Timestamp),
    message: &str,
) -> Result<Oid, StoreError> {
    let repo = store.raw_repository();
    let parents = parents.iter().map(|p| repo.find_commit(raw(*p))).collect::<Result<Vec<_>, _>>()?;
    let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
    let (author, committer) = (signature(author)?, signature(committer)?);
    let tree = repo.find_tree(raw(tree))?;
    Ok(cooked(repo.commit(None, &author, &committer, message, &tree, &parents)?))
}

/// A name as git can store it. Agents choose theirs; what git would refuse or misread is replaced.
fn signature((who, when): (&Contributor, Timestamp)) -> Result<git2::Signature<'static>, StoreError> {
    let clean = |text: &str| -> String {
        let kept = text.chars().filter(|c| !crate::model::text::is_active(*c) && !matches!(c, '<' | '>'));
        let kept: String = kept.take(200).collect();
        if kept.trim().is_empty() { "unknown".to_owned() } else { kept.trim().to_owned() }
    };
    Ok(git2::Signature::new(&clean(&who.name), &clean(&who.email), &git2::Time::new(when.as_second(), 0))?)
}

/// Signs entries on top of `parent`, in order; gives the new tip. The chain is nothing until a ref reaches it.
pub fn sign_entries(
    repository: &LocalRepository,
    key: &SigningKey,
    entries: &[Entry],
    parent: Option<Oid>,
) -> Result<Option<Oid>, WriteError> {
    repository.whole()?;
    fault::point("before-sign")?;
    let git = repository.git();
    // git knows the empty tree without having it, and `git fsck` misses it all the same.
    repository
        .store(Writes::ToDisk)?
        .raw_repository()
        .treebuilder(None)
        .and_then(|tree| tree.write())
        .map_err(StoreError::from)?;
    let mut tip = parent;
    for entry in entries {
        let signed = signer::sign(&git, key, entry.at, &ledger::message(entry), tip).map_err(WriteError::Signing)?;
        tip = Some(signed);
    }
    fault::point("after-sign")?;
    Ok(tip)
}

/// A ref that moves from `old` (nothing, for a new one) to `new`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Move {
    refname: String,
    old: Option<Oid>,
    new: Oid,
}

/// Moves ledger and target as `plan` says: to `entry`, and to what was made for it.
pub fn publish(
    repository: &LocalRepository,
    plan: &Plan,
    ledger: &LedgerKey,
    entry: Oid,
    commits: &Commits,
) -> Result<(), WriteError> {
    let mut moves = vec![Move { refname: ledger.full(), old: Some(plan.ledger_tip), new: entry }];
    if commits.tip != plan.target.old {
        moves.push(Move { refname: plan.target.refname.clone(), old: Some(plan.target.old), new: commits.tip });
    }
    if let Some(new) = commits.memory {
        // The section is rendered whole: what waited there before is in it.
        let old = repository.tip(&repository.tracking(MEMORY_BRANCH))?;
        moves.push(Move { refname: format!("refs/heads/{MEMORY_BRANCH}"), old, new });
    }
    move_refs(repository, &moves)
}

/// Moves the ledger to an entry that records what a forge merged.
pub fn record(
    repository: &LocalRepository,
    key: &SigningKey,
    recording: &Recording,
    ledger: &LedgerKey,
) -> Result<(), WriteError> {
    let entries = std::slice::from_ref(&recording.entry);
    let tip = sign_entries(repository, key, entries, Some(recording.ledger_tip))?.unwrap_or(recording.ledger_tip);
    move_refs(repository, &[Move { refname: ledger.full(), old: Some(recording.ledger_tip), new: tip }])
}

/// Whether this clone shows that the target and the ledger are where a plan moved them: git sees to that after a push, as far
/// as the remote is set up to be fetched so.
#[must_use]
pub fn shows(repository: &LocalRepository, plan: &Plan, ledger: &LedgerKey, entry: Oid, tip: Oid) -> bool {
    let is_at = |branch: &str, new: Oid| repository.tip(&repository.tracking(branch)).is_ok_and(|at| at == Some(new));
    let target = plan.target.refname.trim_start_matches("refs/heads/");
    is_at(&ledger.branch, entry) && is_at(target, tip)
}

/// Refuses a plan whose target is checked out somewhere with local changes in its way, and a remote that is several; call
/// before signing.
pub fn check_way(repository: &LocalRepository, plan: &Plan, store: &Store, tip: Oid) -> Result<(), WriteError> {
    let target = Move { refname: plan.target.refname.clone(), old: Some(plan.target.old), new: tip };
    check_target(repository, store, &target)
}

/// The same for a genesis.
pub fn check_genesis(
    repository: &LocalRepository,
    genesis: &Genesis,
    store: &Store,
    commit: Oid,
) -> Result<(), WriteError> {
    let target = Move { refname: genesis.target.refname.clone(), old: Some(genesis.target.old), new: commit };
    check_target(repository, store, &target)
}

/// Whether the fast-forward that comes last could be made, found out before anything is signed: afterwards the ledger would
/// be ahead until somebody clears the way.
fn check_target(repository: &LocalRepository, store: &Store, target: &Move) -> Result<(), WriteError> {
    if let Some(remote) = &repository.remote {
        return check_destination(repository, remote);
    }
    let Some(old) = target.old.filter(|old| *old != target.new) else { return Ok(()) };
    let Some(worktree) = checked_out(repository, &target.refname)? else { return Ok(()) };
    let git = super::process::Git::new(&worktree);
    let status = git.run(&["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"])?;
    let changed = store.diff(store.tree_of(old)?, store.tree_of(target.new)?)?;
    let touched: Vec<&[u8]> = status.stdout.split(|byte| *byte == 0).filter_map(|line| line.get(3..)).collect();
    let hits = changed.files.iter().filter(|file| touched.contains(&file.path.as_slice()));
    let names: Vec<String> = hits.take(3).map(|file| crate::model::text::printable_bytes(&file.path)).collect();
    if !names.is_empty() {
        return Err(WriteError::InTheWay(names.join(", ")));
    }
    if git.try_run(&["rev-parse", "--verify", "--quiet", "MERGE_HEAD"], &[], None)?.success {
        return Err(WriteError::InTheWay("a merge that was begun and not concluded".into()));
    }
    // git itself judges the rest: a folder in the way of a file, an index that is locked.
    let dry = git.try_run(&["read-tree", "-n", "-m", "-u", "HEAD", &target.new.to_string()], &[], None)?;
    if dry.success {
        return Ok(());
    }
    let said = crate::model::text::single_line(&String::from_utf8_lossy(&dry.stderr));
    // Another git at work in there is soon done; what a crash left is said after a few tries.
    Err(if said.contains(".lock': File exists") { WriteError::Lost(said) } else { WriteError::InTheWay(said) })
}

/// Moves refs, the ledger first: at the remote by one atomic push; here by one transaction, or, where the target is
/// checked out, the ledger and then a fast-forward in that work tree.
fn move_refs(repository: &LocalRepository, moves: &[Move]) -> Result<(), WriteError> {
    repository.whole()?;
    fault::point("before-push")?;
    match &repository.remote {
        Some(remote) => push(repository, remote, moves)?,
        None => move_here(repository, moves)?,
    }
    fault::point("after-push")?;
    Ok(())
}

/// By the remote's name, so that everything holds that the user set up for it, and so that git moves the tracking branches.
fn push(repository: &LocalRepository, remote: &Remote, moves: &[Move]) -> Result<(), WriteError> {
    let mut args: Vec<String> =
        ["push", "--atomic", "--no-follow-tags", "--recurse-submodules=no", "--porcelain"].map(str::to_owned).to_vec();
    // Exactly what was read, or nothing: also a ref that was moved back meanwhile is somebody else's move.
    args.extend(moves.iter().map(|one| {
        let old = one.old.map(|old| old.to_string()).unwrap_or_default();
        format!("--force-with-lease={}:{old}", one.refname)
    }));
    args.extend(["--".to_owned(), remote.name.clone()]);
    args.extend(moves.iter().map(|one| format!("{}:{}", one.new, one.refname)));
    // A mirror takes no refspecs.
    let git = repository.git().with(&format!("remote.{}.mirror", remote.name), "false");
    let output = git.try_run(&args, &[], None)?;
    if output.success {
        return Ok(());
    }
    Err(push_failure(&output))
}

/// Refuses a remote that git would push to in several places, one after the other: some could take it and some not.
fn check_destination(repository: &LocalRepository, remote: &Remote) -> Result<(), WriteError> {
    let listed = repository.git().run(&["remote", "get-url", "--push", "--all", &remote.name])?.text();
    let count = listed.lines().count();
    if count <= 1 {
        return Ok(());
    }
    let name = crate::model::text::printable(&remote.name);
    Err(WriteError::Destination(format!(
        "the remote {name} is pushed to in {count} places, and what lands must land in one"
    )))
}

/// What a failed push means. Porcelain lines start with `!`, after one that says where to; git says `fetch first`,
/// `non-fast-forward`, `stale info` or fails to lock where somebody was faster, and `unpacker error` where the other side
/// could not store what it got (git-push(1), OUTPUT). Without a word of where to, with 1, it was stopped by a hook here.
fn push_failure(output: &super::process::Output) -> WriteError {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let text = format!("{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    let kept: String = text.chars().take(4_000).collect();
    let said = what_was_said(&kept);
    let lost =
        ["fetch first", "non-fast-forward", "stale info", "cannot lock ref", "failed to update ref", "failed to lock"];
    if output.code == Some(1) && !stdout.lines().any(|line| line.starts_with("To ")) {
        WriteError::Declined(own_words(&kept))
    } else if kept.contains("; cannot create 'refs/heads/") {
        // One whose name is a folder of this one's: it stays where it is, however often one tries.
        WriteError::Refused(said)
    } else if lost.iter().any(|word| kept.contains(word)) {
        WriteError::Lost(said)
    } else if kept.contains("[remote rejected]") && !kept.contains("(unpacker error)") {
        WriteError::Refused(said)
    } else {
        WriteError::Git(GitError::Failed { command: "push".into(), code: output.code, stderr: said })
    }
}

/// What a hook here said, without git's own last word.
fn own_words(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let said: Vec<&str> = lines.filter(|line| !line.starts_with("error: failed to push some refs")).collect();
    if said.is_empty() { "it gave no reason".to_owned() } else { crate::model::text::single_line(&said.join("; ")) }
}

/// The words of the other side first, then what git makes of them, each once; all of it where neither is there.
fn what_was_said(text: &str) -> String {
    let theirs = text.lines().filter_map(|line| line.strip_prefix("remote:")).map(str::trim);
    // `!`, what goes where, and why, between tabs.
    let ours = text.lines().filter(|line| line.starts_with('!')).filter_map(|line| line.rsplit('\t').next());
    let mut said: Vec<&str> = Vec::new();
    for part in theirs.chain(ours).filter(|part| !part.is_empty()) {
        if !said.contains(&part) {
            said.push(part);
        }
    }
    crate::model::text::single_line(&if said.is_empty() { text.to_owned() } else { said.join("; ") })
}

fn move_here(repository: &LocalRepository, moves: &[Move]) -> Result<(), WriteError> {
    let (mut transaction, mut forwards) = (Vec::new(), Vec::new());
    for one in moves {
        match checked_out(repository, &one.refname)? {
            Some(worktree) => forwards.push((worktree, one)),
            None => transaction.push(one),
        }
    }
    update_refs(repository, &transaction)?;
    fault::point("between-refs")?;
    for (worktree, one) in forwards {
        let git = super::process::Git::new(&worktree);
        git.run(&["merge", "--ff-only", "--quiet", "--no-verify", &one.new.to_string()])?;
    }
    Ok(())
}

fn update_refs(repository: &LocalRepository, moves: &[&Move]) -> Result<(), WriteError> {
    let mut input = String::from("start\n");
    for one in moves {
        let old = one.old.unwrap_or(Oid::ZERO);
        let _ = writeln!(input, "update {} {} {old}", one.refname, one.new);
    }
    input.push_str("prepare\ncommit\n");
    let output = repository.git().try_run(&["update-ref", "--stdin"], &[], Some(input.as_bytes()))?;
    if output.success {
        return Ok(());
    }
    let said = crate::model::text::single_line(&String::from_utf8_lossy(&output.stderr));
    let lost = ["but expected", "cannot lock ref", "reference already exists"].iter().any(|word| said.contains(word));
    Err(if lost {
        WriteError::Lost(said)
    } else {
        WriteError::Git(GitError::Failed { command: "update-ref".into(), code: output.code, stderr: said })
    })
}

/// The work tree that has the branch checked out, if any has.
fn checked_out(repository: &LocalRepository, refname: &str) -> Result<Option<std::path::PathBuf>, GitError> {
    let output = repository.git().run(&["worktree", "list", "--porcelain", "-z"])?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut worktree = None;
    for line in text.split('\0') {
        if let Some(path) = line.strip_prefix("worktree ") {
            worktree = Some(std::path::PathBuf::from(path));
        } else if line.strip_prefix("branch ") == Some(refname) {
            // One whose folder is gone has nothing that could be left behind.
            return Ok(worktree.filter(|folder| folder.exists()));
        }
    }
    Ok(None)
}

/// Writes the commit that puts policy and signers on the target.
pub fn genesis_commit(store: &Store, genesis: &Genesis, me: &Contributor) -> Result<Oid, WriteError> {
    let top = store.tree_of(genesis.target.old)?;
    let files = genesis.files.iter().map(|(path, text)| (path.as_str(), text.as_bytes()));
    let tree = tree_with(store, top, files)?;
    Ok(commit(store, tree, &[genesis.target.old], (me, genesis.at), (me, genesis.at), &genesis.commit_message())?)
}

/// Creates the ledger and moves the target to the commit with the policy.
pub fn publish_genesis(
    repository: &LocalRepository,
    genesis: &Genesis,
    entry: Oid,
    commit: Oid,
) -> Result<(), WriteError> {
    let moves = [
        Move { refname: genesis.ledger.full(), old: None, new: entry },
        Move { refname: genesis.target.refname.clone(), old: Some(genesis.target.old), new: commit },
    ];
    move_refs(repository, &moves)
}

/// Leaves policy and signers on the branch `countersign/init`, where the target may not be pushed to.
pub fn offer_genesis(
    repository: &LocalRepository,
    genesis: &Genesis,
    entry: Oid,
    commit: Oid,
) -> Result<(), WriteError> {
    let moves = [
        Move { refname: "refs/heads/countersign/init".to_owned(), old: None, new: commit },
        Move { refname: genesis.ledger.full(), old: None, new: entry },
    ];
    move_refs(repository, &moves)
}

/// Makes the move that a crash left undone, and nothing else: the ledger is named so that it is held where it is.
pub fn finish_move(
    repository: &LocalRepository,
    recovery: &Recovery,
    ledger: &LedgerKey,
    store: &Store,
) -> Result<(), WriteError> {
    let target = Move { refname: recovery.refname.clone(), old: Some(recovery.old), new: recovery.new };
    check_target(repository, store, &target)?;
    let tip = recovery.ledger_tip;
    move_refs(repository, &[Move { refname: ledger.full(), old: Some(tip), new: tip }, target])
}

/// Leaves the commit of a move on another branch, where the move itself is refused.
pub fn offer_move(repository: &LocalRepository, recovery: &Recovery, branch: &str) -> Result<(), WriteError> {
    move_refs(repository, &[Move { refname: format!("refs/heads/{branch}"), old: None, new: recovery.new }])
}

/// Takes back a move that cannot be made any more.
pub fn publish_void(
    repository: &LocalRepository,
    void: &Void,
    ledger: &LedgerKey,
    key: &SigningKey,
) -> Result<(), WriteError> {
    let signed = sign_entries(repository, key, std::slice::from_ref(&void.entry), Some(void.ledger_tip))?;
    let moves = [Move { refname: ledger.full(), old: Some(void.ledger_tip), new: signed.unwrap_or(void.ledger_tip) }];
    move_refs(repository, &moves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_other_side_come_first() {
        let text = "To /srv/origin.git\n!\t1a2b:refs/heads/countersign/ledger\t[remote rejected] (pre-receive hook declined)\n\
                    !\t3c4d:refs/heads/main\t[remote rejected] (pre-receive hook declined)\nDone\n\
                    remote: closed for the weekend        \nremote:\nerror: failed to push some refs\n";
        assert_eq!(what_was_said(text), "closed for the weekend; [remote rejected] (pre-receive hook declined)");
        assert_eq!(what_was_said("fatal: \u{1b}[31mno such host\n"), "fatal: <U+001B>[31mno such host");
    }
}

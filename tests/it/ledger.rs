//! The ledger and git agree: what `git commit-tree -S` signs is read and holds, and what holds passes `git verify-commit`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use countersign::ledger::{self, Entry, EntryKind, RawCommit, RefUpdate, Sealed};
use countersign::model::{EntryId, Oid};
use countersign::policy::Signers;
use jiff::Timestamp;

use super::support::{Person, Sandbox, needs};

/// The genesis entry of a ledger of which nothing else exists.
fn genesis(at: i64, by: &str) -> Entry {
    let id = EntryId::from_bytes([7; 16]);
    let at = Timestamp::from_second(at).expect("a time");
    let mut entry = Entry::new(EntryKind::Genesis, id, id, at, by);
    let (refname, new) = ("refs/heads/main".to_owned(), Oid::EMPTY_TREE);
    entry.refs.push(RefUpdate { refname, old: Oid::ZERO, new });
    entry
}

/// Runs git with something on its standard input.
fn git_with_input(sandbox: &Sandbox, args: &[&str], input: &[u8]) -> String {
    let mut git: Command = sandbox.command("git", "ledger.git");
    let mut child = git.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git starts");
    child.stdin.take().expect("a pipe").write_all(input).expect("git reads");
    let output = child.wait_with_output().expect("git ends");
    assert!(output.status.success(), "git {args:?}");
    String::from_utf8(output.stdout).expect("git prints text").trim_end().to_owned()
}

/// Signs an entry as the product does.
fn sign(sandbox: &Sandbox, person: &Person, entry: &Entry) -> Oid {
    let key = format!("user.signingKey={}", person.key.display());
    let date = format!("{} +0000", entry.at.as_second());
    let mut git = sandbox.command("git", "ledger.git");
    git.args(["-c", "gpg.format=ssh", "-c", &key, "-c", "i18n.commitEncoding=UTF-8"]);
    git.args(["-c", &format!("user.name={}", person.name), "-c", &format!("user.email={}", person.email)]);
    git.args(["commit-tree", "-S", &Oid::EMPTY_TREE.to_string()]);
    git.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git starts");
    child.stdin.take().expect("a pipe").write_all(ledger::message(entry).as_bytes()).expect("git reads");
    let output = child.wait_with_output().expect("git ends");
    assert!(output.status.success(), "git commit-tree");
    String::from_utf8(output.stdout).expect("git prints text").trim_end().parse().expect("an object id")
}

fn raw(sandbox: &Sandbox, oid: Oid) -> Vec<u8> {
    let output = sandbox.command("git", "ledger.git").args(["cat-file", "commit", &oid.to_string()]).output();
    output.expect("git cat-file").stdout
}

fn ready() -> Option<(Sandbox, Person)> {
    if needs::missing(&["git", "ssh-keygen"]) {
        return None;
    }
    let sandbox = Sandbox::new();
    let _ = sandbox.bare("ledger.git");
    git_with_input(&sandbox, &["hash-object", "-t", "tree", "-w", "--stdin"], b"");
    let maria = sandbox.person("maria");
    Some((sandbox, maria))
}

#[test]
fn what_git_signs_is_read_and_holds() {
    let Some((sandbox, maria)) = ready() else { return };
    let mut entry = genesis(sandbox.now(), "maria");
    entry.note = Some("héllo \u{202e} \"quoted\"\nsecond line\n".repeat(2_000));
    let oid = sign(&sandbox, &maria, &entry);
    let object = raw(&sandbox, oid);
    let commit = RawCommit::parse(oid, &object);
    assert_eq!(commit.form(true), Ok(()), "{}", String::from_utf8_lossy(&object));
    assert_eq!(ledger::parse_message(&commit.message), Ok(entry.clone()));
    assert_eq!(commit.committer.as_ref().map(|stamp| stamp.time), Some(entry.at));
    let Sealed::Holds(seal) = ledger::signature::seal(&commit) else {
        panic!("{:?}", ledger::signature::seal(&commit))
    };
    let (signers, problems) = Signers::parse(&maria.signer_line());
    assert!(problems.is_empty(), "{problems:?}");
    let verified = ledger::signature::signer(&seal, &signers, entry.at).expect("maria's key");
    assert_eq!(verified.principal, maria.email);
}

#[test]
fn what_is_rebuilt_from_its_parts_passes_git_verify_commit_and_an_edit_does_not() {
    let Some((sandbox, maria)) = ready() else { return };
    let entry = genesis(sandbox.now(), "maria");
    let oid = sign(&sandbox, &maria, &entry);
    let signers = sandbox.write("allowed_signers", maria.signer_line());
    let verify = |oid: &str| {
        let allowed = format!("gpg.ssh.allowedSignersFile={}", signers.display());
        let mut git = sandbox.command("git", "ledger.git");
        git.args(["-c", &allowed, "verify-commit", oid]).stderr(Stdio::null());
        git.status().expect("git verify-commit").success()
    };
    let good = raw(&sandbox, oid);
    assert!(verify(&oid.to_string()));
    for (from, to) in [("\"maria\"", "\"mario\""), ("genesis of", "Genesis of"), ("AAA", "AAB")] {
        let text = String::from_utf8(good.clone()).expect("an object of text");
        assert!(text.contains(from));
        let bad = text.replacen(from, to, 1);
        let edited =
            git_with_input(&sandbox, &["hash-object", "-t", "commit", "-w", "--stdin", "--literally"], bad.as_bytes());
        let commit = RawCommit::parse(edited.parse().expect("an object id"), bad.as_bytes());
        assert!(!matches!(ledger::signature::seal(&commit), Sealed::Holds(_)), "{from}");
        assert!(!verify(&edited), "{from}");
    }
}

//! A push that fails says whose words those are and what to do next, and leaves everything as it was.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::unsigned::fails;
use super::{Repo, Sandbox, page};

/// Writes a program.
fn program(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("a program");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a program");
}

/// A hook of the remote.
fn hook_there(origin: &Repo<'_>, name: &str, text: &str) {
    program(&origin.path().join("hooks").join(name), text);
}

/// A hook of the clone.
fn hook_here(clone: &Repo<'_>, name: &str, text: &str) {
    program(&clone.path().join(".git/hooks").join(name), text);
}

#[test]
fn a_hook_of_the_remote_is_quoted() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    hook_there(&origin, "pre-receive", "printf 'no \\033[2Jway\\n' >&2; exit 1");
    let said = fails(&origin, &maria, &one, 1);
    assert!(said.contains("no <U+001B>[2Jway"), "{said}");
    assert!(said.contains("hint: nothing was written; ask who may push there"), "{said}");
    assert_eq!(sandbox.outbox(), 0);
}

#[test]
fn a_protected_branch_takes_the_ledger_with_it() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let words = "GH006: Protected branch update failed for refs/heads/main.";
    hook_there(&origin, "update", &format!("[ \"$1\" != refs/heads/main ] || {{ echo '{words}' >&2; exit 1; }}"));
    let said = fails(&origin, &maria, &one, 1);
    assert!(said.contains(&format!("the push was refused: {words}")), "{said}");
}

#[test]
fn a_hook_here_that_declines_is_a_refusal_in_its_own_words() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    hook_here(&maria, "pre-push", "echo 'run the \\033[31mtests first'; echo 'and wait' >&2; exit 1");
    let said = fails(&origin, &maria, &one, 1);
    assert!(said.contains("a hook of this repository (pre-push) declined the push: "), "{said}");
    assert!(said.contains("tests first; and wait") && !said.contains('\u{1b}'), "{said}");
    assert!(said.contains("do what the hook asks for") && !said.contains("failed to push some refs"), "{said}");
    hook_here(&maria, "pre-push", "exit 1");
    let said = fails(&origin, &maria, &one, 1);
    assert!(said.contains("declined the push: it gave no reason"), "{said}");
    assert_eq!(sandbox.outbox(), 0);
    hook_here(&maria, "pre-push", "exit 0");
    let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
    let _ = maria.sound();
}

#[test]
fn a_disk_that_is_full_there_may_be_emptied() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let receive = sandbox.path("bin/receive");
    // The signal would end the program before it could say anything; a full disk sends none.
    program(&receive, "trap '' XFSZ; ulimit -f 0; exec git-receive-pack \"$@\"");
    maria.git(&["config", "remote.origin.receivepack", &receive.to_string_lossy()]);
    let said = fails(&origin, &maria, &one, 4);
    assert!(said.contains("File too large") || said.contains("unpacker error"), "{said}");
    assert!(said.contains("nothing was decided"), "{said}");
}

#[test]
fn without_leave_or_a_line_it_can_be_tried_again() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let ssh = sandbox.path("bin/ssh");
    maria.git(&["config", "core.sshCommand", &ssh.to_string_lossy()]);
    // Fetching is by the path still: it is the push alone that fails.
    maria.git(&["config", "remote.origin.pushurl", "ssh://git@host.example/origin.git"]);
    for (words, code) in [
        ("git@host.example: Permission denied (publickey).", 255),
        ("ssh: connect to host host.example port 22: Connection refused", 255),
        ("ssh: Could not resolve hostname host.example: Name or service not known", 255),
        ("ERROR: Repository not found.", 1),
    ] {
        program(&ssh, &format!("echo '{words}' >&2; exit {code}"));
        let said = fails(&origin, &maria, &one, 4);
        assert!(said.contains(words), "{said}");
        assert!(said.contains("hint: nothing was decided; see what it says, and try again"), "{said}");
    }
    assert_eq!(sandbox.outbox(), 0);
}

#[test]
fn somebody_who_is_faster_is_waited_out() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, other) = (page(&origin, "one"), sandbox.path("other"));
    origin.git(&["clone", "--quiet", ".", &other.to_string_lossy()]);
    // While maria's push is under way, main moves on, once.
    let push = "git commit --quiet --allow-empty -m Faster && git push --quiet origin HEAD:main";
    let names = "GIT_AUTHOR_NAME=sam GIT_AUTHOR_EMAIL=s@x GIT_COMMITTER_NAME=sam GIT_COMMITTER_EMAIL=s@x";
    let faster = format!(
        "[ ! -e done ] && touch done && unset $(git rev-parse --local-env-vars) && cd {} && export {names} && {push}\nexit 0",
        other.display()
    );
    hook_here(&maria, "pre-push", &faster);
    let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
    let subjects = origin.git(&["log", "--format=%s", "-2", "main"]);
    assert_eq!(subjects, "Add one\nFaster");
    assert_eq!(super::count(&origin, "approve", &one), 1);
}

#[test]
fn the_url_for_pushing_is_pushed_to_and_one_is_enough() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    // The same repository under another name, as https and ssh are.
    std::os::unix::fs::symlink(origin.path(), sandbox.path("by-another-way.git")).expect("another way");
    let another = sandbox.path("by-another-way.git").to_string_lossy().into_owned();
    maria.git(&["config", "remote.origin.pushurl", &another]);
    hook_here(&maria, "pre-push", "echo \"$2\" >> pushed-to");
    let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
    assert_eq!(std::fs::read_to_string(maria.path().join("pushed-to")).expect("a push"), format!("{another}\n"));
    assert_eq!(maria.rev("origin/main"), origin.rev("main"), "what was pushed shows without asking");
    assert_eq!(maria.rev("origin/countersign/ledger"), origin.rev("countersign/ledger"));
    maria.git(&["config", "--add", "remote.origin.pushurl", &origin.path().to_string_lossy()]);
    let said = fails(&origin, &maria, &two, 2);
    assert!(said.contains("the remote origin is pushed to in 2 places"), "{said}");
    assert!(said.contains("git remote set-url --push"), "{said}");
    assert_eq!(sandbox.outbox(), 0);
    maria.git(&["config", "--unset-all", "remote.origin.pushurl"]);
    let _ = maria.run(&["approve", &two, "--yes"]).succeeds();
    let _ = maria.sound();
}

#[test]
fn a_clone_that_follows_one_branch_sees_what_it_pushed() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    maria.git(&["config", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main"]);
    let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
    assert_eq!(maria.rev("origin/countersign/ledger"), origin.rev("countersign/ledger"));
    assert_eq!(maria.rev("origin/main"), origin.rev("main"));
}

//! Where nothing can be signed, kept or sent: a clear error with the next step, and everything as before.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{Ran, Repo, Sandbox, page};

/// Runs an approval that must fail, and answers what it says.
#[track_caller]
pub(super) fn fails(origin: &Repo<'_>, clone: &Repo<'_>, at: &str, code: i32) -> String {
    let before = origin.refs();
    let ran = clone.run(&["approve", at, "--yes"]).exits(code);
    assert!(ran.stderr.contains("error: ") && ran.stderr.contains("hint: "), "{ran}");
    assert_eq!(origin.refs(), before, "{ran}");
    ran.stderr
}

#[test]
fn a_key_that_cannot_sign_fails_at_once_and_says_so() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let key = sandbox.path("keys/maria");
    let mut lock = sandbox.command("ssh-keygen", "");
    lock.args(["-q", "-p", "-N", "secret", "-f"]).arg(&key);
    let _ = Ran::of(&mut assert_cmd::Command::from_std(lock)).succeeds();
    let started = Instant::now();
    let said = fails(&origin, &maria, &one, 4);
    assert!(said.contains("signing failed") && said.contains("ssh-add"), "{said}");
    assert!(started.elapsed() < Duration::from_secs(30), "it waits for nobody");
    assert_eq!(sandbox.outbox(), 0);
    std::fs::remove_file(&key).expect("the private key");
    let said = fails(&origin, &maria, &one, 4);
    assert!(said.contains("signing failed"), "{said}");
    std::fs::remove_file(key.with_extension("pub")).expect("the public key");
    let said = fails(&origin, &maria, &one, 2);
    assert!(said.contains("no SSH key was found"), "{said}");
    assert!(said.contains(&key.display().to_string()) && said.contains("cannot be read as a key"), "{said}");
    assert!(maria.run(&["doctor"]).exits(1).stdout.contains("no SSH key was found"));
    let _ = maria.run(&["list"]).succeeds();
}

#[test]
fn an_agent_unlocks_the_key() {
    if crate::support::needs::missing(&["ssh-agent", "ssh-add"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let key = sandbox.path("keys/maria");
    let socket = sandbox.path("agent");
    let mut agent = sandbox.command("ssh-agent", "");
    let mut agent = agent.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().expect("the agent starts");
    let deadline = Instant::now() + Duration::from_secs(10);
    while !socket.exists() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    let mut add = sandbox.command("ssh-add", "");
    add.arg("-q").arg(&key).env("SSH_AUTH_SOCK", &socket);
    let _ = Ran::of(&mut assert_cmd::Command::from_std(add)).succeeds();
    // Only the agent has it now, and nobody has to say which key it is.
    std::fs::remove_file(&key).expect("the private key");
    maria.git(&["config", "--unset", "user.signingKey"]);
    let ran = Ran::of(sandbox.countersign(&maria).args(["approve", &one, "--yes"]).env("SSH_AUTH_SOCK", &socket));
    agent.kill().and_then(|()| agent.wait()).expect("the agent ends");
    let _ = ran.succeeds();
    assert_eq!(origin.ledger().len(), 2);
    let _ = maria.sound();
}

#[test]
fn a_full_disk_half_merges_nothing() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let mut landed = false;
    // The signal that comes with the limit is ignored, so that writes fail as they do on a full disk; or it is not, and ends
    // programs that do not catch it.
    for (blocks, trap) in (0..8).map(|blocks| (blocks, "trap '' XFSZ; ")).chain([(0, ""), (1, ""), (2, "")]) {
        let name = format!("full-{blocks}{}", if trap.is_empty() { "-signal" } else { "" });
        let one = page(&origin, &name);
        let before = origin.refs();
        let _ = maria.run(&["list"]).succeeds();
        let script = format!("{trap}ulimit -f \"$1\"; shift; exec \"$@\"");
        let mut shell = sandbox.command("sh", &maria);
        shell.args(["-c", &script, "sh", &blocks.to_string(), crate::support::COUNTERSIGN, "approve", &one, "--yes"]);
        let ran = Ran::of(&mut assert_cmd::Command::from_std(shell));
        if ran.code == Some(0) {
            landed = true;
            assert!(origin.git(&["ls-tree", "-r", "--name-only", "main"]).contains(&name));
        } else {
            assert_eq!(ran.code, Some(4), "{name}: {ran}");
            assert!(ran.stderr.contains("error: ") && ran.stderr.contains("hint: "), "{ran}");
            assert_eq!(origin.refs(), before, "{name}: {ran}");
            let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
        }
        let _ = maria.sound();
    }
    assert!(landed, "with enough room it lands");
    let _ = origin.git(&["fsck", "--strict"]);
}

#[test]
fn a_state_folder_that_cannot_be_used_is_named() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let state = sandbox.home().join(".local/state/countersign");
    let aside = sandbox.home().join("aside");
    std::fs::rename(&state, &aside).expect("the state folder");
    std::fs::write(&state, "a file in its place").expect("a file");
    let said = fails(&origin, &maria, &one, 4);
    assert!(said.contains(".local/state/countersign"), "{said}");
    assert!(maria.run(&["list"]).succeeds().stderr.contains(".local/state/countersign"));
    assert!(maria.run(&["doctor"]).exits(1).stdout.contains("state folder"));
    std::fs::remove_file(&state).expect("the file");
    std::fs::rename(&aside, &state).expect("the state folder");
    // A pin that cannot be read is said, and not taken for none.
    let folder = std::fs::read_dir(&state).expect("a folder").flatten().next().expect("one repository").path();
    std::fs::write(folder.join("pin.json"), "{").expect("a broken pin");
    assert!(maria.run(&["list"]).succeeds().stderr.contains("pin.json"));
    // So is a decision in the outbox that cannot be read.
    std::fs::create_dir_all(folder.join("outbox")).expect("an outbox");
    std::fs::write(folder.join("outbox/half.json"), "{").expect("half a decision");
    assert!(maria.run(&["list"]).succeeds().stderr.contains("half.json"));
}

#[test]
fn a_remote_that_does_not_answer_leaves_what_was_fetched() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let _ = maria.run(&["list"]).succeeds();
    let (here, away) = (origin.path(), sandbox.path("away.git"));
    std::fs::rename(&here, &away).expect("the remote");
    let ran = maria.run(&["list"]).succeeds();
    assert!(ran.stdout.contains("agent/infra/one") && ran.stderr.contains("could not be asked"), "{ran}");
    let ran = maria.run(&["approve", &one, "--yes"]).exits(4);
    assert!(ran.stderr.contains("the remote could not be asked") && ran.stderr.contains("hint: "), "{ran}");
    assert!(maria.run(&["doctor"]).exits(1).stdout.contains("remote"));
    let _ = maria.run(&["list", "--offline"]).succeeds();
    assert_eq!(sandbox.outbox(), 0);
    std::fs::rename(&away, &here).expect("the remote");
    let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
}

#[test]
fn a_lock_that_a_crash_left_is_said() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let lock = origin.path().join("refs/heads/main.lock");
    std::fs::write(&lock, "").expect("a lock");
    let said = fails(&origin, &maria, &one, 4);
    assert!(said.contains("main.lock"), "{said}");
    std::fs::remove_file(&lock).expect("the lock");
    let own = maria.path().join(".git/refs/remotes/origin/main.lock");
    std::fs::write(&own, "").expect("a lock");
    let old = std::fs::File::options().write(true).open(&own).expect("the lock");
    old.set_modified(std::time::SystemTime::now() - Duration::from_secs(600)).expect("an old lock");
    origin.commit("main", crate::support::Commit::new("Meanwhile").file("docs/b.md", "b\n"));
    let said = fails(&origin, &maria, &one, 4);
    assert!(said.contains("main.lock"), "{said}");
    assert!(maria.run(&["doctor"]).exits(1).stdout.contains("main.lock"));
    std::fs::remove_file(&own).expect("the lock");
    let _ = maria.run(&["approve", &one, "--yes"]).succeeds();
}

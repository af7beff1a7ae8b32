//! Starting a ledger: what `init` writes and keeps, and what it does where the remote refuses, or a crash came between.

use super::support::{Commit, Ran, Repo, Sandbox};

/// Makes origin refuse every push to main, as branch protection does.
fn protect(origin: &Repo<'_>) {
    let hook = "#!/bin/sh\nwhile read -r old new ref; do\n  if [ \"$ref\" = refs/heads/main ]; then\n    \
                echo 'main is protected' >&2\n    exit 1\n  fi\ndone\n";
    program(origin, "pre-receive", hook);
}

fn unprotect(origin: &Repo<'_>) {
    std::fs::remove_file(origin.path().join("hooks/pre-receive")).expect("the hook");
}

fn program(origin: &Repo<'_>, hook: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = origin.path().join("hooks").join(hook);
    std::fs::write(&path, text).expect("the hook");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
}

fn with_fault(repo: &Repo<'_>, fault: &str, arguments: &[&str]) -> Ran {
    Ran::of(repo.sandbox().countersign(repo).args(arguments).env("COUNTERSIGN_FAULT", fault))
}

#[test]
fn init_shows_what_it_writes_and_writes_that() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    origin.propose("agent/infra/page", "A page", &[("docs/page.md", "text\n")]);
    origin.propose("agent/infra/fewer", "Fewer", &[("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n")]);
    let maria = sandbox.reviewer(&origin, "maria");
    let before = origin.refs();
    let ran = maria.run(&["init", "--dry-run"]).succeeds();
    assert!(ran.stdout.contains("Today it would say: 0 high, 1 medium, 1 low (1 clean)"), "{ran}");
    let preview = maria.run(&["init", "--dry-run", "--json"]).succeeds().json();
    assert_eq!(preview["tiers"], serde_json::json!({ "high": 0, "medium": 1, "low": 1 }), "{preview}");
    assert_eq!(preview["files"][0]["path"], ".countersign/policy.yaml", "{preview}");
    assert_eq!(origin.refs(), before);
    let _ = maria.run(&["init"]).exits(2);
    assert_eq!(origin.refs(), before);
    let written = maria.run(&["init", "--yes", "--json"]).succeeds().json();
    assert_eq!(written["commit"].as_str(), Some(origin.rev("main").as_str()));
    let policy = origin.show("main", ".countersign/policy.yaml");
    assert!(policy.lines().count() <= 15, "{policy}");
    assert!(policy.contains(written["ledger"].as_str().expect("an id")), "{policy}");
    assert_eq!(origin.show("main", ".countersign/allowed_signers"), sandbox.signer_line("maria"));
    let entries = origin.ledger();
    assert_eq!((entries.len(), &entries[0]["id"]), (1, &written["ledger"]));
    assert_eq!(entries[0]["refs"][0]["new"].as_str(), Some(origin.rev("main").as_str()));
    assert_eq!(origin.rev("main^"), before["refs/heads/main"]);
    let _ = maria.sound();
    let ran = maria.run(&["init", "--yes"]).exits(2);
    assert!(ran.stderr.contains("has a ledger already"), "{ran}");
    let _ = maria.run(&["policy", "lint", ".countersign/policy.yaml"]);
}

#[test]
fn a_policy_that_somebody_wrote_before_is_kept() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let maria = sandbox.reviewer(&origin, "maria");
    let own = "# ours\nversion: 1\npeople:\n  - { name: maria, emails: [maria@corp.example], roles: [approve, admin] }\n\
               tiers: { low: { approvals: 1 }, medium: { approvals: 1 }, high: { approvals: 1 } }\n";
    origin.commit("main", Commit::new("Ours").file(".countersign/policy.yaml", own));
    let _ = maria.run(&["init", "--yes"]).succeeds();
    let policy = origin.show("main", ".countersign/policy.yaml");
    let kept: Vec<&str> = policy.lines().filter(|line| !line.starts_with("ledger:")).collect();
    assert_eq!(kept, own.lines().collect::<Vec<_>>());
    let _ = maria.sound();
}

#[test]
fn a_broken_policy_is_not_written_over() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let maria = sandbox.reviewer(&origin, "maria");
    origin.commit("main", Commit::new("Ours").file(".countersign/policy.yaml", "version: 1\npeople: 7\n"));
    let before = origin.refs();
    let ran = maria.run(&["init", "--yes"]).exits(2);
    assert!(ran.stderr.contains("policy.yaml:2:"), "{ran}");
    assert_eq!(origin.refs(), before);
}

#[test]
fn a_remote_that_refuses_gets_a_branch_to_merge() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let maria = sandbox.reviewer(&origin, "maria");
    protect(&origin);
    let main = origin.rev("main");
    let ran = maria.run(&["init", "--yes"]).exits(1);
    assert!(ran.stderr.contains("merge the branch countersign/init"), "{ran}");
    assert_eq!(origin.rev("main"), main);
    assert_eq!(origin.rev("countersign/init^"), main);
    assert!(maria.run(&["status"]).succeeds().stdout.contains("look"));
    let ran = maria.run(&["approve", "--tier", "low", "--yes"]).exits(2);
    assert!(ran.stderr.contains("countersign init"), "{ran}");
    let refs = origin.refs();
    let _ = maria.run(&["init", "--yes"]).exits(1);
    assert_eq!(origin.refs(), refs, "asking again begins nothing new");
    unprotect(&origin);
    let _ = maria.run(&["init", "--yes"]).succeeds();
    assert_eq!(origin.rev("main"), origin.rev("countersign/init"));
    let _ = maria.sound();
}

#[test]
fn an_offer_that_a_forge_merged_is_adopted() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let maria = sandbox.reviewer(&origin, "maria");
    protect(&origin);
    let _ = maria.run(&["init", "--yes"]).exits(1);
    unprotect(&origin);
    origin.commit("main", Commit::new("Meanwhile").file("docs/b.md", "b\n"));
    let ran = maria.run(&["init", "--yes"]).exits(2);
    assert!(ran.stderr.contains("merge the branch countersign/init"), "{ran}");
    let files =
        [".countersign/policy.yaml", ".countersign/allowed_signers"].map(|f| (f, origin.show("countersign/init", f)));
    let merge = files.iter().fold(Commit::new("Merge").merge("countersign/init"), |c, (path, text)| c.file(path, text));
    origin.commit("main", merge);
    origin.git(&["update-ref", "-d", "refs/heads/countersign/init"]);
    origin.propose("agent/infra/page", "A page", &[("docs/page.md", "text\n")]);
    let _ = maria.run(&["approve", "--tier", "low", "--yes"]).succeeds();
    let report = maria.run(&["ledger", "verify", "--json"]).succeeds().json();
    // The history before the adoption is never judged; what came between, and the merge itself, no entry accounts for.
    assert_eq!((&report["unapproved_total"], &report["merges"]), (&2.into(), &1.into()), "{report}");
    let fresh = origin.clone_to("fresh");
    let _ = fresh.run(&["ledger", "verify"]).succeeds();
}

#[test]
fn a_crash_at_any_step_leaves_nothing_or_something_to_go_on_with() {
    for fault in
        ["after-root", "after-genesis", "before-sign", "after-sign", "before-push", "after-push", "between-refs"]
    {
        for end in ["kill", "fail"] {
            for remote in [true, false] {
                crash(&format!("{fault}:{end}"), remote);
            }
        }
    }
}

fn crash(fault: &str, remote: bool) {
    let sandbox = Sandbox::new();
    let origin = if remote { sandbox.origin() } else { sandbox.init("work") };
    let maria = if remote { sandbox.reviewer(&origin, "maria") } else { sandbox.init("work") };
    if !remote {
        maria.commit("main", Sandbox::first_commit());
        maria.belongs_to(&sandbox.person("maria"));
    }
    let before = origin.refs();
    let ran = with_fault(&maria, fault, &["init", "--yes"]);
    let reached = remote && fault.starts_with("between");
    assert!(ran.code == if fault.ends_with("kill") && !reached { None } else { ran.code }, "{fault}: {ran}");
    if fault.starts_with("before") || fault.starts_with("after-sign") || fault.starts_with("after-root") {
        assert_eq!(origin.refs(), before, "{fault}");
    }
    let again = maria.run(&["init", "--yes"]);
    assert!(again.code == Some(0) || again.stderr.contains("has a ledger already"), "{fault} {remote}: {again}");
    let _ = maria.sound();
    assert_eq!(origin.ledger().len(), 1, "{fault}");
    if !remote {
        assert_eq!(maria.git(&["status", "--porcelain"]), "", "{fault}");
    }
}

#[test]
fn without_a_key_or_a_name_it_says_what_to_do() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let nobody = origin.clone_to("nobody");
    let ran = nobody.run(&["init", "--yes"]).exits(2);
    assert!(ran.stderr.contains("ssh-keygen -t ed25519"), "{ran}");
    let maria = sandbox.person("maria");
    nobody.git(&["config", "countersign.signingKey", &maria.key.to_string_lossy()]);
    let ran = nobody.run(&["init", "--yes"]).exits(2);
    assert!(ran.stderr.contains("user.name"), "{ran}");
    assert_eq!(origin.refs().len(), 1);
}

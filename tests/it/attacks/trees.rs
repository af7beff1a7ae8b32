//! Trees that no git would write: names that it refuses to check out, names twice, names out of order, links in place of
//! settings. They are blocked where they are listed, with the reason, and nothing of them lands.

use super::{Commit, Repo, Sandbox};
use crate::support::Ran;

/// One line of a tree object.
fn line(mode: &str, name: &[u8], id: &str) -> Vec<u8> {
    let id: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&id[at * 2..at * 2 + 2], 16).expect("digits")).collect();
    [mode.as_bytes(), b" ", name, b"\0", &id].concat()
}

/// Writes a tree object as it is, past every check.
fn tree(repo: &Repo<'_>, bytes: Vec<u8>) -> String {
    let mut git = repo.sandbox().git_command(repo);
    git.args(["hash-object", "-w", "-t", "tree", "--literally", "--stdin"]);
    Ran::of(assert_cmd::Command::from_std(git).write_stdin(bytes)).succeeds().stdout.trim_end().to_owned()
}

/// The lines of main's root.
fn root(repo: &Repo<'_>) -> Vec<Vec<u8>> {
    let listing = repo.git(&["ls-tree", "main"]);
    let entry = |text: &str| {
        let (head, name) = text.split_once('\t').expect("a name");
        let words: Vec<&str> = head.split(' ').collect();
        line(words[0].trim_start_matches('0'), name.as_bytes(), words[2])
    };
    listing.lines().map(entry).collect()
}

/// Proposes a tree, and answers the branch.
fn propose(repo: &Repo<'_>, number: usize, tree: &str) -> String {
    let branch = format!("agent/infra/tree-{number}");
    let head = repo.git(&["commit-tree", "-p", "main", "-m", "Harmless", tree]);
    repo.git(&["update-ref", &format!("refs/heads/{branch}"), &head]);
    branch
}

#[test]
fn what_git_refuses_to_check_out_is_blocked_where_it_is_listed() {
    let sandbox = Sandbox::new();
    // No fetch in between: git's own server cannot even send some of these.
    let origin = sandbox.bare("repo.git");
    origin.commit("main", Sandbox::first_commit());
    origin.belongs_to(&sandbox.person("maria"));
    let _ = origin.run(&["init", "--yes"]).succeeds();
    let maria = sandbox.repo("repo.git");
    let blob = origin.rev("main:docs/a.md");
    let docs = origin.rev("main:docs");
    let head = origin.rev("main");
    let (file, folder, link, gitlink) = ("100644", "40000", "120000", "160000");
    let names: &[(&str, &[u8], &str)] = &[
        (file, b".git", &blob),
        (folder, b".git", &docs),
        (file, b".GIT", &blob),
        (folder, b".gIt", &docs),
        (file, b"..", &blob),
        (folder, b"..", &docs),
        (file, b".", &blob),
        (file, b"", &blob),
        (file, b"a/b", &blob),
        (file, b"docs/a.md", &blob),
        (file, ".git\u{200c}".as_bytes(), &blob),
        (folder, ".g\u{200d}it".as_bytes(), &docs),
        (file, b"git~1", &blob),
        (folder, b"GIT~1", &docs),
        (file, b".git ", &blob),
        (file, b".git...", &blob),
        (file, b".git::$INDEX_ALLOCATION", &blob),
        (file, b"x\\.git\\hooks", &blob),
        (link, b".gitmodules", &blob),
        (gitlink, b".gitmodules", &head),
        (link, b".GITMODULES", &blob),
        (link, b"gitmod~1", &blob),
        (link, b".Countersign", &blob),
        (gitlink, b".COUNTERSIGN", &head),
        (gitlink, b".git", &head),
        // Out of order, and twice.
        (file, b"000-late", &blob),
        (file, b"docs", &blob),
        (folder, b"docs", &docs),
        ("100600", b"zz-mode", &blob),
    ];
    // Once the proposal is all that is new; once main has gone on, and it is merged; once it lies one folder deeper.
    for round in 0..3 {
        if round == 1 {
            origin.commit("main", Commit::new("Meanwhile").file("docs/meanwhile.md", "m\n"));
        }
        let before = origin.rev("main");
        let base = if round == 1 { "main^" } else { "main" };
        let mut branches = Vec::new();
        for (number, (mode, name, id)) in names.iter().enumerate() {
            let mut lines = root(&origin);
            let added = line(mode, name, id);
            if round == 2 {
                let inner = tree(&origin, [line(file, b"a", &blob), added].concat());
                lines.push(line(folder, b"zzz", &inner));
            } else {
                lines.push(added);
            }
            let made = tree(&origin, lines.concat());
            let branch = propose(&origin, round * 100 + number, &made);
            if round == 1 {
                let head = origin.git(&["commit-tree", "-p", base, "-m", "Harmless", &made]);
                origin.git(&["update-ref", &format!("refs/heads/{branch}"), &head]);
            }
            // A folder deeper some of them are harmless.
            let deeper = [".Countersign", ".COUNTERSIGN", "docs"];
            if round < 2 || !deeper.iter().any(|one| one.as_bytes() == *name) {
                branches.push((branch, String::from_utf8_lossy(name).into_owned()));
            }
        }
        let listed = maria.proposals(&[]);
        for (branch, name) in &branches {
            let found = listed
                .iter()
                .find(|one| one["id"] == branch.as_str())
                .unwrap_or_else(|| panic!("{round} {name}: {}", maria.run(&["list", "--all"])));
            assert!(found["state"] == "blocked" || found["state"] == "conflict", "{round} {name:?}: {found}");
            assert_eq!(
                (&found["clean"], &found["result"]),
                (&false.into(), &serde_json::Value::Null),
                "{name:?}: {found}"
            );
            let ran = maria.run(&["approve", &origin.at(branch), "--yes"]).exits(1);
            assert!(ran.stderr.contains("cannot approve"), "{ran}");
        }
        assert_eq!(origin.rev("main"), before);
        let said = maria.run(&["list"]).succeeds().stdout;
        assert!(said.contains("names a file that git refuses to check out"), "{said}");
    }
    let _ = maria.run(&["ledger", "verify"]).succeeds();
}

#[test]
fn a_link_in_place_of_the_policy_is_blocked() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let link = Commit::new("Link").by("bot", "bot@bots.example");
    origin.commit("agent/infra/policy", link.symlink(".countersign/policy.yaml", "../docs/a.md"));
    let folder = Commit::new("Link").by("bot", "bot@bots.example").delete(".countersign");
    origin.commit("agent/infra/folder", folder.symlink(".countersign", "docs"));
    for branch in ["agent/infra/policy", "agent/infra/folder"] {
        let proposal = maria.proposal(branch);
        assert_eq!(proposal["state"], "blocked", "{proposal}");
        assert!(
            proposal["ruling"]["reasons"][0]["text"].as_str().is_some_and(|why| why.contains("plain")),
            "{proposal}"
        );
    }
    let _ = maria.run(&["show", "agent/infra/folder"]).succeeds();
}

#[test]
fn a_landed_tree_that_nobody_can_check_out_is_a_mismatch() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let mut lines = root(&origin);
    lines.insert(0, line("100644", b".GIT", &origin.rev("main:docs/a.md")));
    let made = tree(&origin, lines.concat());
    let branch = propose(&origin, 0, &made);
    let (old, own) = (origin.rev("main"), format!("{:032x}", 7));
    let message = format!("Land\n\nCountersign-Entry: {own}\nCountersign-Proposal: {}\n", origin.at(&branch));
    let evil = origin.git(&["commit-tree", "-p", "main", "-m", &message, &made]);
    origin.git(&["update-ref", "refs/heads/main", &evil]);
    let item = origin.landed_item(&branch, &origin.change_id(&evil), &evil, &[&own]);
    let refs = serde_json::json!([{ "ref": "refs/heads/main", "old": old, "new": evil }]);
    origin.forge("maria", serde_json::json!({ "kind": "approve", "id": own, "items": [item], "refs": refs }));
    let ran = maria.run(&["ledger", "verify"]).exits(1);
    assert!(ran.stdout.contains("git refuses to check out"), "{ran}");
}

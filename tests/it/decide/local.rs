//! Repositories without a remote: their own branches move, and a work tree that has the target checked out follows.

use super::{Commit, Repo, Sandbox, agent, page, queue};

/// A repository without a remote, adopted by maria.
fn adopted<'a>(sandbox: &'a Sandbox, repo: Repo<'a>) -> Repo<'a> {
    repo.commit("main", Sandbox::first_commit());
    repo.belongs_to(&sandbox.person("maria"));
    let _ = repo.run(&["init", "--yes"]).succeeds();
    repo
}

/// Runs a deciding command that must not come as far as signing.
#[track_caller]
fn refused_unsigned(repo: &Repo<'_>, arguments: &[&str], code: i32) -> String {
    let before = repo.refs();
    let mut command = repo.sandbox().countersign(repo);
    command.args(arguments).env("COUNTERSIGN_FAULT", "before-sign:kill");
    let ran = crate::support::Ran::of(&mut command).exits(code);
    assert_eq!(repo.refs(), before);
    ran.stderr
}

#[test]
fn a_bare_repository_moves_its_own_branches() {
    let sandbox = Sandbox::new();
    let repo = adopted(&sandbox, sandbox.bare("repo.git"));
    let (one, two) = (page(&repo, "one"), page(&repo, "two"));
    let _ = repo.run(&["approve", "--tier", "low", "--yes"]).succeeds();
    assert_eq!(repo.show("main", "docs/one.md"), "text\n");
    let three = page(&repo, "three");
    let _ = repo.run(&["reject", &repo.at(&three), "-m", "Never write threes.", "--yes"]).succeeds();
    assert!(repo.show("main", "AGENTS.md").contains("Never write threes."));
    assert_eq!(queue(&repo), []);
    assert_eq!(
        (repo.proposal(&one)["state"].as_str(), repo.proposal(&two)["state"].as_str()),
        (Some("merged"), Some("merged"))
    );
    let _ = repo.sound();
    assert_eq!(repo.ledger().len(), 3);
    let _ = repo.git(&["fsck", "--strict"]);
}

#[test]
fn a_work_tree_with_the_target_follows_and_keeps_what_is_not_in_the_way() {
    let sandbox = Sandbox::new();
    let repo = adopted(&sandbox, sandbox.init("repo"));
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "init leaves a clean work tree");
    page(&repo, "one");
    sandbox.write("repo/apps/web/values.yaml", "mine\n");
    sandbox.write("repo/new.txt", "mine\n");
    let _ = repo.run(&["approve", "--tier", "low", "--yes"]).succeeds();
    assert_eq!(repo.git(&["symbolic-ref", "HEAD"]), "refs/heads/main");
    assert_eq!(repo.git(&["status", "--porcelain"]), " M apps/web/values.yaml\n?? new.txt");
    assert_eq!(std::fs::read_to_string(repo.path().join("docs/one.md")).expect("it is there"), "text\n");
    let _ = repo.sound();
}

#[test]
fn what_is_in_the_way_is_refused_before_anything_is_signed() {
    let sandbox = Sandbox::new();
    let repo = adopted(&sandbox, sandbox.init("repo"));
    let one = page(&repo, "one");
    repo.commit("agent/infra/a", agent("Reword").file("docs/a.md", "uno\n"));
    let approve = |branch: &str| vec!["approve".to_owned(), repo.at(branch), "--yes".to_owned()];
    let refused = |branch: &str, code: i32| {
        let arguments = approve(branch);
        refused_unsigned(&repo, &arguments.iter().map(String::as_str).collect::<Vec<_>>(), code)
    };
    let clear = || {
        repo.git(&["reset", "--quiet", "--hard"]);
        repo.git(&["clean", "-qfdx"]);
    };
    sandbox.write("repo/docs/one.md", "mine\n");
    assert!(refused(&one, 1).contains("docs/one.md"));
    clear();
    sandbox.write("repo/docs/one.md/inside", "a folder where the file goes\n");
    assert!(refused(&one, 1).contains("docs/one.md"));
    clear();
    sandbox.write("repo/docs/a.md", "mine\n");
    assert!(refused("agent/infra/a", 1).contains("docs/a.md"));
    repo.git(&["add", "docs/a.md"]);
    assert!(refused("agent/infra/a", 1).contains("docs/a.md"));
    clear();
    sandbox.write("repo/.git/index.lock", "");
    assert!(refused(&one, 4).contains("index.lock"));
    std::fs::remove_file(repo.path().join(".git/index.lock")).expect("the lock");
    sandbox.write("repo/.git/MERGE_HEAD", repo.rev("agent/infra/a") + "\n");
    assert!(refused(&one, 1).contains("merge"));
    std::fs::remove_file(repo.path().join(".git/MERGE_HEAD")).expect("the merge");
    let _ = repo.run(&["approve", &repo.at(&one), "--yes"]).succeeds();
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    // Nothing is checked out for a hold: it is not refused.
    sandbox.write("repo/docs/a.md", "mine\n");
    let _ = repo.run(&["hold", &repo.at("agent/infra/a"), "-m", "Wait.", "--yes"]).succeeds();
    let _ = repo.sound();
}

#[test]
fn init_is_refused_where_its_files_are_in_the_way() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    repo.commit("main", Sandbox::first_commit());
    repo.belongs_to(&sandbox.person("maria"));
    sandbox.write("repo/.countersign/policy.yaml", "mine\n");
    let said = refused_unsigned(&repo, &["init", "--yes"], 1);
    assert!(said.contains(".countersign/policy.yaml"), "{said}");
    std::fs::remove_dir_all(repo.path().join(".countersign")).expect("the folder");
    let _ = repo.run(&["init", "--yes"]).succeeds();
    let _ = repo.sound();
}

#[test]
fn a_work_tree_elsewhere_is_left_alone() {
    let sandbox = Sandbox::new();
    let repo = adopted(&sandbox, sandbox.init("repo"));
    let one = page(&repo, "one");
    repo.git(&["checkout", "--quiet", "-b", "own"]);
    sandbox.write("repo/docs/one.md", "mine\n");
    let _ = repo.run(&["approve", &repo.at(&one), "--yes"]).succeeds();
    assert_eq!(repo.show("main", "docs/one.md"), "text\n");
    assert_eq!(std::fs::read_to_string(repo.path().join("docs/one.md")).expect("it is there"), "mine\n");
    assert_eq!(repo.git(&["status", "--porcelain"]), "?? docs/one.md");
    let _ = repo.sound();
}

#[test]
fn a_linked_work_tree_with_the_target_follows_and_one_whose_folder_is_gone_does_not_matter() {
    let sandbox = Sandbox::new();
    let repo = adopted(&sandbox, sandbox.init("repo"));
    let (one, two) = (page(&repo, "one"), page(&repo, "two"));
    repo.git(&["checkout", "--quiet", "-b", "own"]);
    repo.git(&["worktree", "add", "--quiet", "../linked", "main"]);
    let _ = repo.run(&["approve", &repo.at(&one), "--yes"]).succeeds();
    assert_eq!(sandbox.git("linked", &["status", "--porcelain"]), "");
    assert!(sandbox.path("linked/docs/one.md").exists());
    let _ = sandbox.run("linked", &["list"]).succeeds();
    std::fs::remove_dir_all(sandbox.path("linked")).expect("the linked work tree");
    let _ = repo.run(&["approve", &repo.at(&two), "--yes"]).succeeds();
    assert_eq!(repo.show("main", "docs/two.md"), "text\n");
    let _ = repo.sound();
}

#[test]
fn a_target_that_does_not_exist_yet_is_said() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    let ran = repo.run(&["init", "--yes"]).exits(2);
    assert!(ran.stderr.contains("which branch proposals land on"), "{ran}");
    repo.commit("trunk", Commit::new("Start").file("a", "1\n"));
    repo.belongs_to(&sandbox.person("maria"));
    let _ = repo.run(&["init", "--yes"]).exits(2);
    let _ = repo.run(&["init", "--yes", "--target", "trunk"]).succeeds();
    let _ = repo.run(&["status", "--target", "trunk"]).succeeds();
}

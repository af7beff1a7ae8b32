//! Repositories that cannot be read as they are: said at once, by name, with the next step.

use super::{Repo, Sandbox, page};

#[test]
fn clones_without_all_contents_are_refused_with_the_next_step() {
    let sandbox = Sandbox::new();
    let (origin, _) = sandbox.solo();
    let _ = page(&origin, "one");
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", origin.path().display());
    let clone = |name: &str, options: &[&str]| {
        sandbox.git("", &[&["clone", "--quiet"], options, &[&url, name]].concat());
    };
    clone("blobless", &["--filter=blob:none"]);
    clone("treeless.git", &["--filter=tree:0", "--mirror"]);
    sandbox.git("", &["init", "--quiet", "--object-format=sha256", "sha256"]);
    for (name, what, next) in [
        ("blobless", "partial clone", "full clone"),
        ("treeless.git", "partial clone", "full clone"),
        ("sha256", "SHA-256", "SHA-1"),
    ] {
        refused(&sandbox.repo(name), what, next);
    }
}

#[test]
fn a_reftable_is_refused_with_the_next_step() {
    let sandbox = Sandbox::new();
    let mut git = sandbox.git_command("");
    // git knows the format since 2.45.
    if git.args(["init", "--quiet", "--ref-format=reftable", "reftable"]).output().is_ok_and(|ran| ran.status.success())
    {
        refused(&sandbox.repo("reftable"), "reftable", "--ref-format=files");
    }
}

/// Every command says what is wrong, and ends with the status of wrong usage or configuration.
fn refused(repo: &Repo<'_>, what: &str, next: &str) {
    for words in [
        &["list"][..],
        &["list", "--json"],
        &["status"],
        &["status", "--short"],
        &["doctor"],
        &["ledger", "verify"],
        &["init", "--yes"],
        &["show", "x"],
        &["approve", "agent/infra/one@0123456789ab", "--yes"],
    ] {
        let ran = repo.run(words).exits(2);
        assert!(ran.stderr.contains(what) && ran.stderr.contains(next) && ran.stdout.is_empty(), "{words:?}\n{ran}");
    }
}

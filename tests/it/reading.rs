//! Reading from outside: what `list`, `show` and `diff` say is what git says, of whatever an agent commits, and reading
//! writes nothing.

use sha2::{Digest as _, Sha256};

use super::support::{Commit, Ran, Repo, Sandbox};

/// A repository with a main branch of a few kinds of files.
fn origin(sandbox: &Sandbox) -> Repo<'_> {
    let origin = sandbox.bare("origin.git");
    origin.commit(
        "main",
        Commit::new("Start")
            .file("apps/web/values.yaml", "replicas: 3\nimage: web:1.0\n")
            .file("apps/web/run.sh", "#!/bin/sh\nexit 0\n")
            .file("docs/a.md", "one\r\ntwo\r\nthree")
            .file("logo.png", [0, 1, 2, 255])
            .file("old.txt", "a\nb\nc\n")
            .symlink("current", "apps/web"),
    );
    origin
}

/// The proposals of `list --json`.
fn listed(repo: &Repo<'_>, arguments: &[&str]) -> Vec<serde_json::Value> {
    let ran = repo.run(&[&["list", "--json"], arguments].concat()).succeeds();
    let document = ran.json();
    assert_eq!(document["problems"], serde_json::json!([]), "{ran}");
    document["proposals"].as_array().expect("a list of proposals").clone()
}

/// Lines added, lines deleted and files, as `git diff --numstat` counts them.
fn numstat(repo: &Repo<'_>, old: &str, new: &str) -> (u64, u64, u64) {
    let lines = repo.git(&["diff", "--no-renames", "--histogram", "--numstat", old, new]);
    lines.lines().fold((0, 0, 0), |(added, deleted, files), line| {
        let mut counts = line.split('\t').map(|count| count.parse::<u64>().unwrap_or(0));
        (added + counts.next().unwrap_or(0), deleted + counts.next().unwrap_or(0), files + 1)
    })
}

/// The change id as anybody can recompute it with git and sha256sum.
fn change_id(sandbox: &Sandbox, repo: &Repo<'_>, old: &str, new: &str) -> String {
    let mut git = sandbox.git_command(repo);
    let options = ["--no-replace-objects", "diff-tree", "-r", "-z", "--no-renames", "--ignore-submodules=none"];
    let output = git.args(options).args([old, new]).output().expect("git runs");
    format!("{:x}", Sha256::digest(&output.stdout))
}

#[test]
fn counts_and_change_ids_are_those_of_git() {
    let sandbox = Sandbox::new();
    let origin = origin(&sandbox);
    let by = |message: &str| Commit::new(message).by("infra-bot[bot]", "infra-bot@bots.example");
    let first = origin.rev("main");
    for (branch, commit) in [
        ("agent/infra/fewer", by("Fewer").file("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n")),
        ("agent/infra/mode", by("Mode").program("apps/web/run.sh", "#!/bin/sh\nexit 0\n")),
        ("agent/infra/ends", by("Line ends").file("docs/a.md", "one\ntwo\r\nthree\n")),
        ("agent/infra/binary", by("Logo").file("logo.png", [0, 3, 2])),
        ("agent/infra/moved", by("Moved").delete("old.txt").file("new.txt", "a\nb\nc\n")),
        ("agent/infra/kinds", by("Kinds").delete("logo.png").file("current", "a file\n").submodule("vendor/x", &first)),
        ("agent/infra/odd", by("Odd names").file(b"caf\xe9 \"x\"\t/\n.yaml", "a: 1\n").file("z\u{202e}.md", "")),
    ] {
        origin.commit(branch, commit);
    }
    let proposals = listed(&origin, &[]);
    assert_eq!(proposals.len(), 7);
    for proposal in proposals {
        let tip = proposal["target"]["tip"].as_str().expect("a tip").to_owned() + "^{tree}";
        let (old, new) = (origin.rev(&tip), proposal["result"].as_str().expect("a result"));
        let counted = (proposal["additions"].as_u64(), proposal["deletions"].as_u64(), proposal["files"].as_u64());
        let (added, deleted, files) = numstat(&origin, &old, new);
        assert_eq!(counted, (Some(added), Some(deleted), Some(files)), "{proposal:#}");
        assert_eq!(proposal["change_id"], change_id(&sandbox, &origin, &old, new), "{proposal:#}");
        // A file that becomes a link is two files to git's patches, and one here.
        if !origin.git(&["diff", "--name-status", &old, new]).lines().any(|line| line.starts_with('T')) {
            let patch = origin.git(&["diff", "--find-renames", "--histogram", "--no-color", &old, new]);
            assert_eq!(hunks(&origin.run(&["diff", &id(&proposal)]).succeeds().stdout), hunks(&patch));
        }
        assert_eq!(new, origin.git(&["merge-tree", "--write-tree", "main", &origin.rev(&id(&proposal))]));
    }
}

/// The headers of a patch's hunks, without the function that git names behind them.
fn hunks(patch: &str) -> Vec<String> {
    let headers = patch.lines().filter(|line| line.starts_with("@@ "));
    headers.map(|line| line.split(" @@").next().unwrap_or_default().to_owned()).collect()
}

/// A proposal's full name.
fn id(proposal: &serde_json::Value) -> String {
    proposal["id"].as_str().expect("an id").to_owned()
}

#[test]
fn what_does_not_merge_needs_a_rebase_and_what_has_landed_is_gone() {
    let sandbox = Sandbox::new();
    let origin = origin(&sandbox);
    origin.propose("agent/infra/conflict", "One", &[("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n")]);
    origin.propose("agent/infra/landed", "Two", &[("docs/b.md", "b\n")]);
    origin.commit("main", Commit::new("Meanwhile").file("apps/web/values.yaml", "replicas: 2\nimage: web:1.0\n"));
    origin.commit("main", Commit::new("The same, by hand").file("docs/b.md", "b\n"));
    let open = listed(&origin, &[]);
    assert_eq!(open.iter().map(id).collect::<Vec<_>>(), ["agent/infra/conflict"]);
    assert_eq!((&open[0]["state"], &open[0]["result"]), (&"conflict".into(), &serde_json::Value::Null));
    let mut all: Vec<String> = listed(&origin, &["--all"]).iter().map(id).collect();
    all.sort();
    assert_eq!(all, ["agent/infra/conflict", "agent/infra/landed"]);
    let shown = origin.run(&["show", "agent/infra/landed", "--json"]).succeeds().json();
    assert_eq!((&shown["state"], &shown["result"]), (&"merged".into(), &origin.rev("main^{tree}").into()));
}

#[test]
fn what_an_agent_writes_is_shown_and_never_obeyed() {
    let sandbox = Sandbox::new();
    let origin = origin(&sandbox);
    let head = origin.commit(
        "agent/infra/\u{202e}lmth\u{200b}",
        Commit::new("Harmless\x1b[2J\x1b]0;owned\x07\u{202e}\n\nWhy: \x1b[31mred\x1b[0m and \u{200b}hidden\u{9b}0m")
            .by("infra\x1b[5m", "infra@bots.example")
            .file("docs/\x1b[1mname\n.md", "text \x1b[2J \u{202e}reversed\n"),
    );
    origin.reason(&head, "## Why\n\n\x1b]52;c;aGk=\x07 because\u{2066}\n");
    let name = id(&listed(&origin, &[])[0]);
    for arguments in [vec!["list"], vec!["show", &name], vec!["diff", &name]] {
        let ran = origin.run(&arguments).succeeds();
        let acting = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{200b}\u{2066}".contains(c);
        assert_eq!(ran.stdout.chars().find(|c| acting(*c)), None, "{arguments:?}\n{ran}");
    }
    let json = origin.run(&["show", &name, "--json"]).succeeds();
    assert!(json.json()["reasoning"].is_object(), "{json}");
}

#[test]
fn reading_writes_nothing() {
    let sandbox = Sandbox::new();
    let origin = origin(&sandbox);
    origin.propose("agent/infra/fewer", "Fewer", &[("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n")]);
    let work = origin.clone_to("work");
    let state = |work: &Repo<'_>| {
        (origin.refs(), work.refs(), work.git(&["status", "--porcelain", "--ignored"]), work.git(&["config", "--list"]))
    };
    let before = state(&work);
    for arguments in [vec!["list"], vec!["show", "fewer"], vec!["diff", "fewer"], vec!["list", "--all", "--json"]] {
        let _ = work.run(&arguments).succeeds();
    }
    assert_eq!(state(&work), before);
}

#[test]
fn where_there_is_no_repository_it_says_so() {
    let sandbox = Sandbox::new();
    let ran: Ran = sandbox.run("home", &["list"]);
    assert!(ran.stdout.is_empty() && !ran.stderr.trim().is_empty(), "{ran}");
    let _ = ran.exits(2);
}

#[test]
fn what_is_too_large_to_be_shown_cannot_be_decided_on() {
    let sandbox = Sandbox::new();
    let (origin, maria, _) = sandbox.pair();
    let large = Commit::new("Large")
        .by("infra-bot[bot]", "infra-bot@bots.example")
        .file("docs/log.txt", "a\n".repeat(17 << 20));
    origin.commit("agent/infra/large", large);
    let row = maria.proposal("agent/infra/large");
    assert_eq!(
        (&row["state"], &row["clean"], &row["ruling"]["outcome"]),
        (&"blocked".into(), &false.into(), &"error".into()),
        "{row}"
    );
    assert!(
        row["ruling"]["reasons"][0]["text"].as_str().is_some_and(|text| text.contains("too large to be shown")),
        "{row}"
    );
    let before = origin.refs();
    let ran = maria.run(&["approve", &origin.at("agent/infra/large"), "--yes"]).exits(1);
    assert!(ran.stderr.contains("too large to be shown"), "{ran}");
    assert_eq!(origin.refs(), before);
}

#[test]
fn a_mirror_is_no_place_to_decide_in() {
    let sandbox = Sandbox::new();
    let origin = origin(&sandbox);
    origin.propose("agent/infra/page", "A page", &[("docs/page.md", "text\n")]);
    sandbox.git("", &["clone", "--quiet", "--mirror", "origin.git", "mirror.git"]);
    let mirror = sandbox.repo("mirror.git");
    let ran = mirror.run(&["list"]).exits(2);
    assert!(ran.stderr.contains("a mirror of") && ran.stderr.contains("ordinary clone"), "{ran}");
    mirror.git(&["config", "countersign.remote", "."]);
    assert_eq!(listed(&mirror, &[]).len(), 1);
}

#[test]
fn every_remote_has_a_ledger_of_its_own() {
    let sandbox = Sandbox::new();
    let (_, maria, _) = sandbox.pair();
    let other = sandbox.bare("other.git");
    other.commit("main", Commit::new("Start").file("docs/a.md", "one\n"));
    maria.git(&["remote", "add", "other", &other.path().to_string_lossy()]);
    maria.git(&["fetch", "--quiet", "other"]);
    for _ in 0..2 {
        let status = maria.run(&["status", "--json"]).succeeds().json();
        assert_eq!((&status["stage"], &status["alarm"]), (&"record".into(), &serde_json::Value::Null), "{status}");
        let status = maria.run(&["status", "--json", "--remote", "other"]).succeeds().json();
        assert_eq!((&status["stage"], &status["alarm"]), (&"look".into(), &serde_json::Value::Null), "{status}");
    }
}

#[test]
fn another_repository_in_the_place_of_one_is_an_alarm_that_says_the_way_out() {
    let sandbox = Sandbox::new();
    let (_, maria, _) = sandbox.pair();
    let _ = maria.run(&["status"]).succeeds();
    let place = maria.path();
    std::fs::remove_dir_all(&place).expect("it goes");
    let other = sandbox.bare("other.git");
    other.commit("main", Commit::new("Start").file("docs/a.md", "one\n"));
    let new = other.clone_to(&place.file_name().expect("a name").to_string_lossy());
    let status = new.run(&["status", "--json"]).exits(1).json();
    assert!(status["alarm"].is_string(), "{status}");
    let problem = &status["problems"].as_array().expect("problems")[0];
    assert!(problem["next"].as_str().is_some_and(|next| next.contains("delete this file")), "{status}");
    std::fs::remove_file(problem["where"].as_str().expect("a path")).expect("the pin");
    let _ = new.run(&["status"]).succeeds();
}

//! Approving: batches, what drops out of them, what is refused, and what lands.

use serde_json::json;

use super::{Sandbox, agent, page, queue};
use crate::support::{Ran, Repo};

/// The commits of main since the policy was adopted, oldest first: tree, parents, author, committer, message.
fn landed(origin: &Repo<'_>) -> Vec<[String; 5]> {
    let format = "--format=%T%x00%P%x00%an <%ae>%x00%cn <%ce>%x00%B%x01";
    let adopted = origin.git(&["log", "--format=%H", "--grep=^Adopt Countersign", "main"]);
    let log = origin.git(&["log", "--reverse", "--first-parent", format, &format!("{adopted}..main")]);
    let commit = |record: &str| {
        let fields: Vec<String> = record.trim_start_matches('\n').split('\0').map(str::to_owned).collect();
        <[String; 5]>::try_from(fields).expect("five fields")
    };
    log.split('\u{1}').filter(|record| !record.trim().is_empty()).map(commit).collect()
}

#[test]
fn a_batch_lands_as_git_would_merge_it_and_the_ledger_says_so() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let mut lines: Vec<String> = (1..=40).map(|line| format!("line {line}\n")).collect();
    let mut edit = |at: usize, text: &str| {
        let old = std::mem::replace(&mut lines[at], text.to_owned());
        let all = lines.concat();
        lines[at] = old;
        all
    };
    let branches = ["agent/infra/1-first", "agent/infra/2-same-file", "agent/infra/3-other"];
    origin.commit(
        branches[0],
        agent("First\n\nWhy: it helps\nCountersign-Entry: forged\n").file("docs/long.md", edit(2, "two\n")),
    );
    origin.commit(branches[1], agent("Same file").file("docs/long.md", edit(30, "thirty\n")));
    origin.commit(branches[2], agent("Other").file("docs/b.md", "b\n").delete("docs/a.md"));
    let before = origin.rev("main");
    let ran = maria.run(&["approve", "--tier", "low", "--yes", "--json"]).succeeds();
    assert_eq!(ran.json()["plan"]["entries"], 1, "{ran}");

    let entry = origin.ledger().pop().expect("an entry");
    let id = entry["id"].as_str().expect("an id");
    assert_eq!(entry["refs"], json!([{ "ref": "refs/heads/main", "old": before, "new": origin.rev("main") }]));
    let mut top = before;
    let commits = landed(&origin);
    assert_eq!(commits.len(), 3);
    for (index, (branch, [tree, parents, author, committer, message])) in branches.iter().zip(&commits).enumerate() {
        let head = origin.rev(branch);
        assert_eq!(*tree, origin.git(&["merge-tree", "--write-tree", &top, &head]));
        assert_eq!(*parents, top);
        assert_eq!(author, "infra-bot[bot] <infra-bot@bots.example>");
        assert_eq!(committer, "maria <maria@corp.example>");
        let trailers = format!("\n\nCountersign-Entry: {id}\nCountersign-Proposal: {branch}@{head}\n");
        assert!(message.ends_with(&trailers), "{message}");
        assert!(!message.contains("forged"));
        let item = &entry["items"][index];
        let commit =
            origin.git(&["rev-list", "--first-parent", &format!("{top}..main")]).lines().last().map(str::to_owned);
        let commit = commit.expect("a commit");
        assert_eq!(item["merge"]["commit"], commit);
        assert_eq!((&item["merge"]["tree"], &item["merge"]["first_parent"]), (&json!(tree), &json!(top)));
        assert_eq!(item["merge"]["relies_on"], json!([id]));
        top = commit;
    }
    assert_eq!(queue(&maria), []);
    assert_eq!(maria.sound()["merges"], 3);
    assert_eq!(maria.rev("main"), maria.rev("origin/main~4"), "the local branch is the user's");
}

#[test]
fn a_merge_commit_has_the_head_as_its_second_parent() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let policy = origin.show("main", ".countersign/policy.yaml") + "merge: merge\n";
    origin.commit("people/merges", super::maria("Merge commits").file(".countersign/policy.yaml", policy));
    let _ = maria.run(&["approve", &origin.at("people/merges"), "--yes"]).succeeds();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    origin.commit(&two, agent("More").file("docs/two.md", "more\n"));
    // A branch on top of another one: its merge brings only what is its own.
    origin.commit("agent/infra/upon", agent("Upon").from(&one).file("docs/upon.md", "u\n"));
    let before = origin.rev("main");
    // What stands on another item of the batch would land other lines than were shown: it is looked at again on its own.
    let ran = maria.run(&["approve", "--tier", "low", "--yes"]).exits(3);
    assert!(ran.stdout.contains("left out  agent/infra/upon"), "{ran}");
    let _ = maria.run(&["approve", &origin.at("agent/infra/upon"), "--yes"]).succeeds();
    let commits = landed(&origin);
    let merged = &commits[commits.len() - 3..];
    let mut top = before;
    for (branch, [tree, parents, author, committer, message]) in [&one, &two, "agent/infra/upon"].iter().zip(merged) {
        assert_eq!(*tree, origin.git(&["merge-tree", "--write-tree", &top, branch]));
        assert_eq!(*parents, format!("{top} {}", origin.rev(branch)));
        assert_eq!((author.as_str(), committer.as_str()), ("maria <maria@corp.example>", "maria <maria@corp.example>"));
        assert!(message.contains("\nCountersign-Proposal: "), "{message}");
        let children = origin.git(&["rev-list", "--first-parent", &format!("{top}..main")]);
        top = children.lines().last().expect("a commit").to_owned();
    }
    assert_eq!(queue(&maria), []);
    let _ = maria.sound();
}

#[test]
fn what_conflicts_drops_out_and_the_rest_lands() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    for (name, text) in [("a", "uno\ntwo\nthree\n"), ("b", "eins\ntwo\nthree\n")] {
        origin.propose(&format!("agent/infra/{name}"), "Reword", &[("docs/a.md", text)]);
    }
    page(&origin, "c");
    // What collides is not clean; it is taken by name.
    let _ = maria.run(&["approve", "--tier", "low", "--yes", "--json", "--dry-run"]).succeeds();
    let [a, b, c] = ["a", "b", "c"].map(|name| origin.at(&format!("agent/infra/{name}")));
    let ran = maria.run(&["approve", &a, &b, &c, "--yes", "--json"]).exits(3);
    let (plan, result) = (&ran.json()["plan"], &ran.json()["result"]);
    assert_eq!(plan["dropped"][0]["proposal"], "agent/infra/b", "{ran}");
    assert!(plan["dropped"][0]["why"].as_str().is_some_and(|why| why.contains("docs/a.md")), "{ran}");
    let outcomes: Vec<_> = result["items"].as_array().expect("items").iter().map(|i| &i["outcome"]).collect();
    assert_eq!(outcomes, ["merged", "merged", "dropped"], "{ran}");
    assert_eq!(queue(&maria), [("agent/infra/b".to_owned(), "conflict".to_owned())]);
    assert_eq!(origin.show("main", "docs/a.md"), "uno\ntwo\nthree\n");
    let _ = maria.sound();
}

#[test]
fn what_cannot_be_decided_is_refused_and_changes_nothing() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let old = origin.at(&one);
    origin.commit(&one, agent("More").file("docs/one.md", "more\n"));
    origin.propose("agent/infra/landed", "Nothing new", &[("docs/a.md", "one\ntwo\nthree\n")]);
    let before = origin.refs();
    let refused: [(&[&str], i32, &str); 12] = [
        (&["approve", &old, "--yes"], 1, "moved"),
        (&["reject", &old, "-m", "No", "--yes"], 1, "moved"),
        (&["approve", &one, "--yes"], 2, "names the head"),
        (&["approve", "--tier", "low"], 2, "--yes"),
        (&["approve", "--tier", "high", "--yes"], 1, "no high proposal is clean"),
        (&["approve", "agent/infra/none@0123456789ab", "--yes"], 1, "no proposal"),
        (&["approve", "one@0123456789ab", "--yes"], 2, "the whole proposal"),
        (&["approve", &origin.at("agent/infra/landed"), "--yes"], 1, "has all of it"),
        (&["approve", &format!("{}zz", origin.at(&one)), "--yes"], 1, "no proposal"),
        (&["withdraw", &one, "--yes"], 1, "nothing of yours"),
        (&["hold", &origin.at(&one), "-m", " ", "--yes"], 2, "empty"),
        (&["approve", "main@0123456789ab", "--yes"], 1, "no proposal"),
    ];
    for (arguments, code, says) in refused {
        let ran = maria.run(arguments).exits(code);
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains(says), "{arguments:?}: {says}\n{ran}");
        let ran = maria.run(&[arguments, &["--json"]].concat()).exits(code);
        let said = ran.json();
        assert!(said["error"]["what"].is_string() && said["result"].is_null(), "{ran}");
    }
    assert_eq!(origin.refs(), before);
    assert_eq!(sandbox.outbox(), 0);
}

#[test]
fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let before = origin.refs();
    let ran = maria.run(&["approve", "--tier", "low", "--dry-run"]).succeeds();
    assert!(ran.stdout.contains("1 to merge into main") && ran.stdout.contains(&one), "{ran}");
    let ran = maria.run(&["reject", &origin.at(&one), "-m", "Ask first. Then do.", "--dry-run", "--json"]).succeeds();
    assert_eq!(ran.json()["result"], json!(null), "{ran}");
    assert_eq!((&ran.json()["plan"]["memory"], &ran.json()["plan"]["by"]), (&json!(["AGENTS.md"]), &json!("maria")));
    assert_eq!(origin.refs(), before);
}

#[test]
fn ids_come_from_standard_input_too() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let names = [page(&origin, "one"), page(&origin, "two")];
    let input = format!("\n{}\n  {}  \n\n", origin.at(&names[1]), origin.at(&names[0]));
    let ran =
        Ran::of(sandbox.countersign(&maria).args(["approve", "-", "--yes", "--json"]).write_stdin(input)).succeeds();
    let items = ran.json()["result"]["items"].as_array().expect("items").clone();
    let order: Vec<&str> = items.iter().filter_map(|item| item["proposal"].as_str()).collect();
    assert_eq!(order, [&names[1], &names[0]], "in landing order as given");
    assert_eq!(items[0]["outcome"], "merged");
    let _ = maria.sound();
}

#[test]
fn json_has_the_plan_and_what_became_of_each_item() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let one = page(&origin, "one");
    let change = maria.proposal(&one)["change_id"].clone();
    let ran = maria.run(&["approve", &origin.at(&one), "-m", "fine", "--json"]).succeeds();
    let head = json!(origin.rev(&one));
    let document = ran.json();
    assert_eq!(
        document["plan"],
        json!({
            "by": "maria", "target": "refs/heads/main", "dropped": [], "memory": [], "entries": 1, "problems": [],
            "items": [{
                "proposal": one, "head": head, "change_id": change, "tier": "low", "action": "merge", "missing": 0,
                "summary": "docs/one.md added +1", "decision": "approve",
            }],
        })
    );
    let entry = &origin.ledger()[1];
    assert_eq!(
        document["result"],
        json!({
            "items": [{
                "proposal": one, "head": head, "decision": "approve", "outcome": "merged",
                "commit": origin.rev("main"), "missing": 0, "why": null,
            }],
            "entries": [entry["id"]], "memory": [], "problems": [],
        })
    );
    assert_eq!(entry["note"], "fine");
}

#[test]
fn what_landed_by_another_way_is_only_listed_with_all() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let (one, two) = (page(&origin, "one"), page(&origin, "two"));
    let _ = maria.run(&["approve", &origin.at(&one), "--yes"]).succeeds();
    origin.commit("main", agent("By hand").file("docs/two.md", "text\n"));
    assert_eq!(queue(&maria), []);
    assert_eq!(maria.proposal(&one)["state"], "merged");
    assert_eq!(maria.proposal(&two)["state"], "merged");
    // The agent goes on with a branch that was squashed: only what is new counts.
    origin.commit(&one, agent("More").file("docs/more.md", "more\n"));
    assert_eq!(queue(&maria), [(one.clone(), "pending".to_owned())]);
    let again = maria.proposal(&one);
    assert_eq!((&again["round"], &again["files"]), (&json!(2), &json!(1)));
    let _ = maria.run(&["approve", &origin.at(&one), "--yes"]).succeeds();
    assert_eq!(origin.show("main", "docs/more.md"), "more\n");
    let _ = maria.run(&["ledger", "verify"]).succeeds();
}

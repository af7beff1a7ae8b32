//! A batch of two hundred lands as git merges them, one upon the other; what drops out does so for a reason that git confirms.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Repo, conflicts_without_renames, made_up, merge_tree, real, text};
use crate::support::{Ran, needs};

/// Proposals in a batch, at most.
const BATCH: usize = 200;

#[test]
fn a_batch_of_made_up_history_lands_as_git_merges_it() {
    made_up(approve_as_git_merges);
}

#[test]
fn batches_of_real_histories_land_as_git_merges_them() {
    real(approve_as_git_merges);
}

#[test]
fn a_batch_that_is_killed_when_its_objects_are_written_lands_once_and_whole() {
    made_up(|name, origin| {
        let reviewer = adopted(origin);
        let (chosen, before) = (batch(&reviewer), origin.refs());
        let ran = approve(&reviewer, &chosen, "after-commits:kill");
        assert_eq!((ran.code, origin.refs()), (None, before), "{name}: {ran}");
        let ran = approve(&reviewer, &chosen, "");
        assert_eq!(ran.code, Some(3), "{name}: {ran}");
        let approvals = origin.ledger().iter().filter(|entry| entry["kind"] == "approve").count();
        assert_eq!((approvals, origin.sandbox().outbox()), (1, 0), "{name}");
        let _ = (reviewer.sound(), origin.git(&["fsck", "--strict"]), reviewer.git(&["fsck", "--strict"]));
    });
}

/// A reviewer's clone of a repository that is adopted here. Without a checkout: nobody needs one, and mirrors lack a blob now
/// and then.
fn adopted<'a>(origin: &Repo<'a>) -> Repo<'a> {
    origin.sandbox().git("", &["clone", "--quiet", "--no-checkout", &origin.path().to_string_lossy(), "maria"]);
    let reviewer = origin.sandbox().repo("maria");
    reviewer.belongs_to(&origin.sandbox().person("maria"));
    let _ = reviewer.run(&["init", "--yes"]).succeeds();
    reviewer
}

/// What is high here lands alone for the most part; the rest is what a person clears in one go, as listed.
fn batch(reviewer: &Repo<'_>) -> Vec<Value> {
    let listed = reviewer.proposals(&[]);
    listed.into_iter().filter(|one| one["tier"] != "high").take(BATCH).collect()
}

fn approve(reviewer: &Repo<'_>, chosen: &[Value], fault: &str) -> Ran {
    let ids: Vec<String> = chosen.iter().map(|one| format!("{}@{}", text(one, "id"), text(one, "head"))).collect();
    let mut command = reviewer.sandbox().countersign(reviewer);
    command.env("COUNTERSIGN_FAULT", fault).args(["approve", "-", "--yes", "--json"]);
    Ran::of(command.write_stdin(ids.join("\n")))
}

fn approve_as_git_merges(name: &str, origin: &Repo<'_>) {
    let reviewer = adopted(origin);
    let chosen = batch(&reviewer);
    let (before, stored_before) = (origin.rev("main"), stored(&reviewer));
    let ran = approve(&reviewer, &chosen, "");
    assert!(matches!(ran.code, Some(0 | 3)), "{name}: {ran}");
    let document = ran.json();
    let items = document["result"]["items"].as_array().expect("items");
    let fates: BTreeMap<&str, &Value> = items.iter().map(|item| (text(item, "proposal"), item)).collect();
    assert_eq!(fates.len(), chosen.len(), "{name}: everything has a fate");
    let (mut top, mut dropped) = (before.clone(), BTreeMap::<String, usize>::new());
    for one in &chosen {
        let fate = fates[text(one, "id")];
        match text(fate, "outcome") {
            "merged" => top = lands(origin, &top, one, text(fate, "commit")),
            "dropped" => *dropped.entry(drops(origin, &top, &before, one, text(fate, "why"))).or_default() += 1,
            other => panic!("{name}: {} is {other}", text(one, "id")),
        }
    }
    assert_eq!(origin.rev("main"), top, "{name}: nothing else landed");
    // The entry is written by itself, the batch as one pack.
    let stored_now = stored(&reviewer);
    assert!(stored_now[0] - stored_before[0] < 10 && stored_now[1] == stored_before[1] + 1, "{name}: {stored_now:?}");
    let report = reviewer.sound();
    let gone: usize = dropped.values().sum();
    assert_eq!(report["merges"], chosen.len() - gone, "{name}");
    let share = gone as f64 * 100.0 / chosen.len() as f64;
    needs::say(&format!(
        "{name}: {} of {} merged, {gone} dropped ({share:.1} %): {dropped:?}",
        chosen.len() - gone,
        chosen.len()
    ));
}

/// How many objects are files of their own, and how many packs there are.
fn stored(repo: &Repo<'_>) -> [usize; 2] {
    let counts = repo.git(&["count-objects", "-v"]);
    let count = |name: &str| counts.lines().find_map(|line| line.strip_prefix(name)?.parse().ok()).expect("a count");
    [count("count: "), count("packs: ")]
}

/// A commit is what git makes of the merge on the one before it. Answers the commit.
fn lands(origin: &Repo<'_>, top: &str, one: &Value, commit: &str) -> String {
    let tree = merge_tree(origin, top, text(one, "head")).unwrap_or_else(|| panic!("{} conflicts", text(one, "id")));
    assert_eq!(origin.git(&["show", "-s", "--format=%T %P", commit]), format!("{tree} {top}"), "{}", text(one, "id"));
    commit.to_owned()
}

/// Holds a reason for dropping out to what git says of the merge; answers its kind.
fn drops(origin: &Repo<'_>, top: &str, before: &str, one: &Value, why: &str) -> String {
    let (id, merged) = (text(one, "id"), merge_tree(origin, top, text(one, "head")));
    needs::say(&format!("  {id}: {why}"));
    if why.contains("conflicts") {
        assert!(conflicts_without_renames(origin, before, top, text(one, "head")), "{id}: {why}");
        let kind = if merged.is_none() { "conflicts" } else { "conflicts where renames are not followed" };
        return kind.to_owned();
    }
    let merged = merged.unwrap_or_else(|| panic!("{id}: git conflicts, and it says: {why}"));
    let result = merge_tree(origin, before, text(one, "head")).expect("alone it merges");
    assert_eq!(result, text(one, "result"), "{id}");
    let alone = edits(origin, &format!("{before}^{{tree}}"), &result);
    let stacked = edits(origin, &format!("{top}^{{tree}}"), &merged);
    if stacked.is_empty() {
        assert!(why.contains("all of it already"), "{id}: {why}");
        "has landed with another".to_owned()
    } else if is_part(&stacked, &alone) {
        assert!(why.contains("a part of it already"), "{id}: {why}\n{alone:#?}\n{stacked:#?}");
        "has landed in part".to_owned()
    } else {
        assert_ne!(stacked, alone, "{id}: {why}");
        assert!(why.contains("would change other lines"), "{id}: {why}");
        "changes other lines".to_owned()
    }
}

/// The hunks of a difference, without the places where they stand: what is removed and added in which file.
fn edits(origin: &Repo<'_>, old: &str, new: &str) -> Vec<String> {
    let patch = origin.git(&["diff", "--no-renames", "--histogram", "--unified=0", "--full-index", "--text", old, new]);
    let (mut edits, mut file) = (Vec::<String>::new(), "");
    for line in patch.lines() {
        if let Some(names) = line.strip_prefix("diff --git ") {
            file = names;
            edits.push(file.to_owned());
        } else if line.starts_with("@@") {
            edits.push(format!("{file}\n"));
        } else if !line.starts_with("index ") {
            let last = edits.last_mut().expect("a file comes first");
            last.push('\n');
            last.push_str(line);
        }
    }
    edits
}

/// Whether everything in `part` is in `whole`, in order, and something is left out.
fn is_part(part: &[String], whole: &[String]) -> bool {
    let mut rest = whole.iter();
    part.len() < whole.len() && part.iter().all(|edit| rest.any(|other| other == edit))
}

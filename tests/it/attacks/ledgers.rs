//! Ledgers that are not as they should be, one by one: what the commands say, with which exit status, and that reading them
//! writes nothing.

use serde_json::{Value, json};

use super::{Commit, Repo, Sandbox, page};
use crate::support::Ran;

const LEDGER: &str = "refs/heads/countersign/ledger";

/// What somebody does to the ledger, or to what names it. `maria` has seen it as it was.
type Spoil = fn(&Repo<'_>);

/// How commands answer to a ledger in a state.
struct Case {
    name: &'static str,
    spoil: Spoil,
    /// A word of what `ledger verify` says, which always ends with 1.
    verify: &'static str,
    /// Whether it is an alarm, under which nobody decides, to a clone that has seen the ledger before, and to a fresh one.
    alarm: (bool, bool),
}

fn entry(kind: &str, origin: &Repo<'_>) -> Value {
    let branch = "agent/infra/one";
    let item = json!({
        "proposal": branch, "target": "refs/heads/main", "head": origin.rev(branch), "change_id": origin.change_id(branch),
        "tier": "low", "seen": null, "answers": null, "merge": null,
    });
    json!({ "kind": kind, "items": [item] })
}

fn append(origin: &Repo<'_>, commit: &str) {
    origin.git(&["update-ref", LEDGER, commit]);
}

fn garbage(origin: &Repo<'_>) {
    let made = origin.git(&["commit-tree", "-p", LEDGER, "-m", "hello", "main^{tree}"]);
    append(origin, &made);
}

fn unsigned(origin: &Repo<'_>) {
    let (signed, _) = origin.forge_on(&origin.rev(LEDGER), "maria", entry("hold", origin));
    let raw = origin.git(&["cat-file", "commit", &signed]);
    let kept: Vec<&str> = raw.lines().filter(|line| !line.starts_with("gpgsig") && !line.starts_with(' ')).collect();
    // git cuts the last line break off its own output.
    append(origin, &store(origin, &format!("{}\n", kept.join("\n"))));
}

fn other_namespace(origin: &Repo<'_>) {
    let sandbox = origin.sandbox();
    let (signed, _) = origin.forge_on(&origin.rev(LEDGER), "maria", entry("hold", origin));
    let raw = origin.git(&["cat-file", "commit", &signed]);
    let kept: Vec<&str> = raw.lines().filter(|line| !line.starts_with("gpgsig") && !line.starts_with(' ')).collect();
    let payload = format!("{}\n", kept.join("\n"));
    let file = sandbox.write("payload", &payload);
    let mut sign = sandbox.command("ssh-keygen", "");
    sign.args(["-q", "-Y", "sign", "-n", "file", "-f"]).arg(sandbox.path("keys/maria")).arg(&file);
    let _ = Ran::of(&mut assert_cmd::Command::from_std(sign)).succeeds();
    let armor = std::fs::read_to_string(file.with_extension("sig")).expect("a signature");
    let header = format!("gpgsig {}\n\n", armor.trim_end().replace('\n', "\n "));
    append(origin, &store(origin, &payload.replacen("\n\n", &format!("\n{header}"), 1)));
}

fn store(origin: &Repo<'_>, object: &str) -> String {
    let mut git = origin.sandbox().git_command(origin);
    git.args(["hash-object", "-w", "-t", "commit", "--stdin"]);
    Ran::of(assert_cmd::Command::from_std(git).write_stdin(object.to_owned())).succeeds().stdout.trim_end().to_owned()
}

fn unknown_signer(origin: &Repo<'_>) {
    let _ = origin.sandbox().person("eve");
    let mut held = entry("hold", origin);
    held["by"] = "maria".into();
    origin.forge("eve", held);
}

fn expired(origin: &Repo<'_>) {
    origin.forge("old", entry("hold", origin));
}

fn future(origin: &Repo<'_>) {
    let at = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + 900).expect("a time").to_string();
    let mut held = entry("hold", origin);
    held["at"] = at.into();
    origin.forge("maria", held);
}

fn rewritten(origin: &Repo<'_>) {
    append(origin, &origin.rev("countersign/ledger^"));
}

fn missing(origin: &Repo<'_>) {
    origin.git(&["update-ref", "-d", LEDGER]);
}

fn beheaded(origin: &Repo<'_>) {
    let made = origin.git(&["commit-tree", "-m", "fresh", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"]);
    append(origin, &made);
}

fn other_id(origin: &Repo<'_>) {
    let policy = origin.show("main", ".countersign/policy.yaml");
    let id = policy.split('"').find(|part| part.len() == 32).expect("an id").to_owned();
    let commit = Commit::new("Mine").by("sam", "sam@corp.example");
    origin.commit("main", commit.file(".countersign/policy.yaml", policy.replace(&id, &"7".repeat(32))));
}

const CASES: [Case; 10] = [
    Case { name: "garbage", spoil: garbage, verify: "no effect", alarm: (false, false) },
    Case { name: "unsigned", spoil: unsigned, verify: "it is not signed", alarm: (false, false) },
    Case {
        name: "other namespace",
        spoil: other_namespace,
        verify: "for `file` and not for `git`",
        alarm: (false, false),
    },
    Case { name: "unknown signer", spoil: unknown_signer, verify: "not among the signers", alarm: (false, false) },
    Case { name: "expired key", spoil: expired, verify: "it is valid before 2020", alarm: (false, false) },
    Case { name: "future", spoil: future, verify: "more than five minutes", alarm: (false, false) },
    Case { name: "rewritten", spoil: rewritten, verify: "", alarm: (true, false) },
    Case { name: "missing", spoil: missing, verify: "the ledger is missing", alarm: (true, true) },
    Case { name: "other beginning", spoil: beheaded, verify: "no valid beginning", alarm: (true, true) },
    Case { name: "other id", spoil: other_id, verify: "", alarm: (false, true) },
];

/// Maria, who has seen a ledger of an init, a policy with a person whose key is expired, and a hold.
fn seen(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    let (origin, maria) = sandbox.solo();
    let _ = sandbox.person("old");
    let person = "  - { name: old, emails: [old@corp.example], roles: [approve] }\n";
    let policy =
        origin.show("main", ".countersign/policy.yaml").replacen("people:\n", &format!("people:\n{person}"), 1);
    let line = sandbox.signer_line("old").replace("namespaces", "valid-before=\"20200101Z\",namespaces");
    let signers = origin.show("main", ".countersign/allowed_signers") + &line;
    let commit = Commit::new("One who left").by("bot", "bot@bots.example");
    let commit = commit.file(".countersign/policy.yaml", policy).file(".countersign/allowed_signers", signers);
    origin.commit("people/old", commit);
    let _ = maria.run(&["approve", &origin.at("people/old"), "--yes"]).succeeds();
    let _ = page(&origin, "one");
    let two = page(&origin, "two");
    let _ = maria.run(&["hold", &origin.at(&two), "-m", "Wait.", "--yes"]).succeeds();
    (origin, maria)
}

#[test]
fn a_ledger_in_any_state_is_told_apart_and_reading_it_writes_nothing() {
    for case in CASES {
        let sandbox = Sandbox::new();
        let (origin, maria) = seen(&sandbox);
        (case.spoil)(&origin);
        let fresh = origin.clone_to("fresh");
        fresh.belongs_to(&crate::support::Person {
            name: "maria".into(),
            email: "maria@corp.example".into(),
            key: sandbox.path("keys/maria"),
        });
        for (host, alarm) in [(&fresh, case.alarm.1), (&maria, case.alarm.0)] {
            answers(&origin, host, &case, alarm);
        }
    }
}

fn answers(origin: &Repo<'_>, host: &Repo<'_>, case: &Case, alarm: bool) {
    let name = case.name;
    let refs = origin.refs();
    let ran = host.run(&["status"]);
    assert_eq!((ran.code, ran.stdout.contains("ALARM")), (Some(i32::from(alarm)), alarm), "{name}: {ran}");
    assert_eq!(host.run(&["status", "--short"]).stdout.contains("ALARM"), alarm, "{name}");
    let ran = host.run(&["doctor"]);
    // What was rewritten without a trace, a clone that never saw it cannot know.
    assert!(ran.code == Some(1) || (name == "rewritten" && !alarm), "{name}: {ran}");
    let ran = host.run(&["list"]).succeeds();
    assert!(ran.stdout.contains("agent/infra/one") && !ran.stdout.contains("held by maria\n"), "{name}: {ran}");
    let listed = host.run(&["list", "--json"]).succeeds().json();
    let warned = listed["problems"].to_string().contains("ALARM: ");
    assert_eq!((warned, ran.stderr.contains("ALARM: ")), (alarm, alarm), "{name}: {listed}\n{ran}");
    // It is never a new start, ruled by the built-in default.
    let stage = host.run(&["status", "--json"]).json()["stage"].clone();
    assert_eq!(stage, "record", "{name}");
    if name == "missing" {
        let rows = listed["proposals"].as_array().expect("rows");
        assert!(rows.iter().all(|row| row["ruling"]["outcome"] == "error"), "{name}: {listed}");
        for command in [&["ledger", "log"][..], &["memory", "list"]] {
            let ran = host.run(command).exits(1);
            assert!(ran.stderr.contains("ALARM: "), "{name}: {ran}");
        }
    }
    let ran = host.run(&["ledger", "verify"]);
    let silent = (name == "rewritten" || name == "other id") && !alarm;
    assert_eq!(ran.code, Some(i32::from(!silent)), "{name}: {ran}");
    assert!(ran.stdout.contains(case.verify), "{name}: {ran}");
    let one = host.proposal("agent/infra/one");
    assert_ne!(one["state"], "held", "{name}: a forged hold holds nothing: {one}");
    let words = ["approve", &origin.at("agent/infra/one"), "--yes"];
    let dry = host.run(&[&words[..2], &["--dry-run"]].concat());
    assert_eq!(dry.code, Some(i32::from(alarm)), "{name}: {dry}");
    assert!(!alarm || dry.stderr.contains("nothing can be decided"), "{name}: {dry}");
    assert_eq!(origin.refs(), refs, "{name}: nothing is written");
    if alarm {
        let _ = host.run(&words).exits(1);
        assert_ne!(host.run(&["init", "--yes"]).code, Some(0), "{name}");
        assert_eq!(origin.refs(), refs, "{name}: nothing is written under an alarm");
    }
}

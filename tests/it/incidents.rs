//! What went wrong before, from files, history and ledger of real repositories, as commands say it.

use std::path::PathBuf;

use countersign::evidence::incidents;
use serde_json::{Value, json};

use super::support::{Commit, Ran, Repo, Sandbox, golden, needs};

/// The incidents that `incidents for PATH --json` finds: id, what they have in common, why.
fn last_time(repo: &Repo<'_>, path: &str) -> Vec<(String, String, String)> {
    let document = repo.run(&["incidents", "for", path, "--json"]).succeeds().json();
    assert_eq!(document["missing"], Value::Null, "{document:#}");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let hits = document["hits"].as_array().expect("a list of incidents").iter();
    hits.map(|hit| (text(&hit["id"]), text(&hit["match"]), text(&hit["why"]))).collect()
}

/// The ids alone.
fn ids(repo: &Repo<'_>, path: &str) -> Vec<String> {
    last_time(repo, path).into_iter().map(|(id, _, _)| id).collect()
}

#[test]
fn files_are_read_however_teams_write_them() {
    let folder = golden::project("tests/fixtures/incidents");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let is_told = |file: &PathBuf| file.to_string_lossy().ends_with(".told.json");
    let mut files: Vec<PathBuf> = files.filter(|file| !is_told(file)).collect();
    files.sort();
    assert!(files.len() > 8);
    for file in files {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let told = incidents::read(
            &format!("postmortems/{name}"),
            &std::fs::read(&file).unwrap(),
            jiff::civil::date(2025, 11, 20),
        );
        let made = json!({ "incidents": told.incidents, "problems": told.problems });
        golden::holds(
            &folder.join(format!("{name}.told.json")),
            &(serde_json::to_string_pretty(&made).unwrap() + "\n"),
        );
    }
}

#[test]
fn the_demo_remembers_what_happened_to_its_files() {
    let sandbox = Sandbox::new();
    let _ = sandbox.run("", &["demo", "--no-tui", "--dir", "d", "--at", "2025-11-20T09:00:00Z"]).succeeds();
    let work = sandbox.repo("d/work");
    let document = work.run(&["incidents", "list", "--json"]).succeeds().json();
    assert_eq!((&document["missing"], &document["problems"]), (&Value::Null, &json!([])), "{document:#}");
    let records = document["incidents"].as_array().expect("a list");
    let told: Vec<&Value> = records.iter().filter(|one| one["kind"] == "record").collect();
    assert_eq!(told.len(), 8);
    for one in told {
        assert!(["date", "severity", "minutes"].iter().all(|key| !one[key].is_null()), "{one:#}");
        assert!(
            one["services"][0].is_string() && one["summary"].as_str().is_some_and(|text| text.len() > 20),
            "{one:#}"
        );
    }
    let found = last_time(&work, "apps/checkout/prod/deployment.yaml");
    assert_eq!((found[0].0.as_str(), found[0].1.as_str()), ("INC-213", "file"), "{found:?}");
    assert!(found[0].2.ends_with("which names it, changed apps/checkout/prod/deployment.yaml"), "{found:?}");
    let found = last_time(&work, "tf/net/security_groups.tf");
    assert!(found[0].0 == "INC-226" && found[0].2.starts_with("revert "), "{found:?}");
    let proposal = work.run(&["show", "rightsize-checkout", "--json"]).succeeds().json();
    let evidence = &proposal["evidence"]["incidents"];
    assert_eq!((&evidence["state"], &evidence["hits"][0]["id"]), (&json!("known"), &json!("INC-213")), "{evidence:#}");
    let shown = work.run(&["show", "rightsize-checkout"]).succeeds().stdout;
    assert!(shown.contains("INC-213  Checkout was killed for memory at the peak  (sev 2, 41 min)"), "{shown}");
    let harmless = work.run(&["show", "readme-wording"]).succeeds().stdout;
    assert!(harmless.contains("last time   nothing like it is known: compared with 8 incidents"), "{harmless}");
}

#[test]
fn reverts_and_hasty_fixes_are_remembered() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let web = "apps/web/values.yaml";
    let first = origin.commit("main", Commit::new("web: five (#1)").file(web, "replicas: 5\n"));
    origin.commit("main", Commit::new("web: six (#2)").file(web, "replicas: 6\n"));
    origin
        .commit("main", Commit::new("Revert \"web: six (#2)\" (#3)\n\nReverts corp/ops#2").file(web, "replicas: 5\n"));
    let message = format!("Revert \"web: five (#1)\"\n\nThis reverts commit {first}.\n\nIt broke.");
    let second = origin.commit("main", Commit::new(&message).file(web, "replicas: 3\n"));
    origin.commit("main", Commit::new("hotfix: a").file("prod/web/values.yaml", "replicas: 6\n"));
    let document = origin.run(&["incidents", "for", web, "--json"]).succeeds().json();
    let hits = document["hits"].as_array().expect("a list");
    let undone: Vec<&Value> = hits.iter().map(|hit| &hit["source"]["commit"]["undoes"]).collect();
    assert!(undone.contains(&&json!(first)) && undone.len() == 2, "{document:#}");
    assert!(!undone.contains(&&Value::Null), "found by the number of its request: {document:#}");
    let newest = hits.iter().find(|hit| hit["source"]["commit"]["commit"] == json!(second)).expect("the newest revert");
    assert_eq!((&newest["summary"], &newest["kind"]), (&json!("It broke."), &json!("revert")));
    assert!(ids(&origin, "prod").len() == 1 && ids(&origin, "docs/a.md").is_empty());
}

#[test]
fn rejections_are_remembered_until_they_are_taken_back() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    origin.propose("agent/infra/fewer", "Fewer", &[("apps/web/values.yaml", "replicas: 1\n")]);
    assert_eq!(ids(&maria, "apps/web/values.yaml"), [] as [String; 0]);
    let _ = maria.run(&["reject", &origin.at("agent/infra/fewer"), "-m", "Never below two.", "--yes"]).succeeds();
    let found = last_time(&maria, "apps/web/values.yaml");
    assert_eq!((found[0].0.as_str(), found[0].1.as_str()), ("agent/infra/fewer", "file"), "{found:?}");
    let document = maria.run(&["incidents", "list", "--json"]).succeeds().json();
    let one = &document["incidents"][0];
    assert_eq!((&one["title"], &one["by"]), (&json!("Never below two."), &json!("maria")), "{document:#}");
    let _ = maria.run(&["withdraw", &origin.at("agent/infra/fewer"), "--yes"]).succeeds();
    assert_eq!(ids(&maria, "apps/web/values.yaml"), [] as [String; 0]);
}

/// Rejected without a lesson, under another name, and to another value: the field is what both have in common.
#[test]
fn a_rejection_is_about_the_fields_that_it_refused() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let file = "shop/deployment.yaml";
    origin.commit("main", Commit::new("checkout").file(file, deployment("4Gi", "2g", 80)));
    origin.propose("agent/infra/halve", "Halve it", &[(file, &deployment("2Gi", "2g", 80))]);
    let no = ["reject", &origin.at("agent/infra/halve"), "-m", "It is killed at the peak.", "--no-lesson", "--yes"];
    let _ = maria.run(&no).succeeds();
    origin.propose("agent/infra/third", "Cut it", &[(file, &deployment("3Gi", "2g", 80))]);
    origin.propose("agent/infra/heap", "Heap", &[(file, &deployment("4Gi", "1g", 80))]);
    let hit = |repo: &Repo<'_>, id: &str| {
        let shown = repo.run(&["show", id, "--json"]).succeeds().json();
        shown["evidence"]["incidents"]["hits"][0].clone()
    };
    let third = hit(&maria, "agent/infra/third");
    let why =
        "what was rejected changed Deployment shop/checkout spec.template.spec.containers[app].resources.limits.memory";
    assert_eq!((&third["match"], &third["why"]), (&json!("field"), &json!(why)), "{third:#}");
    let heap = hit(&maria, "agent/infra/heap");
    assert_eq!((&heap["match"], &heap["why"]), (&json!("file"), &json!(format!("what was rejected changed {file}"))));
    // Where its objects are gone, it is about what the ledger says, which is no file here.
    origin.git(&["update-ref", "-d", "refs/heads/agent/infra/halve"]);
    sandbox.git("", &["clone", "--quiet", &format!("file://{}", origin.path().display()), "fresh"]);
    let fresh = sandbox.repo("fresh");
    let document = fresh.run(&["show", "agent/infra/third", "--json"]).succeeds().json();
    let hits = document["evidence"]["incidents"]["hits"].to_string();
    assert!(!hits.contains("what was rejected changed"), "{hits}");
    let all = fresh.run(&["incidents", "list", "--json"]).succeeds().json();
    assert_eq!(all["incidents"][0]["title"], "It is killed at the peak.", "{all:#}");
}

/// A rejection is about an object and its field: whoever moves the file proposes the same again. An object of the same name in
/// another environment is another one.
#[test]
fn a_rejection_follows_what_it_refused_to_another_file() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let web = |memory: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  template:\n    spec:\n      containers:\n        - {{name: app, resources: {{limits: {{memory: {memory}}}}}}}\n"
        )
    };
    let values =
        |size: u8| format!("image: {{tag: '1.0'}}\nqueue: {{length: {size}}}\nlog: {{level: info}}\nhost: a.example\n");
    let (prod, staging) = ("prod/web/deployment.yaml", "staging/web/deployment.yaml");
    let begin = Commit::new("web").file(prod, web("4Gi")).file(staging, web("4Gi")).file("queue/size.yaml", values(9));
    origin.commit("main", begin);
    let refuse = |name: &str, file: &str, text: &str| {
        origin.propose(name, "Save money", &[(file, text)]);
        let no = ["reject", &origin.at(name), "-m", "It is killed at the peak.", "--no-lesson", "--yes"];
        let _ = maria.run(&no).succeeds();
    };
    refuse("agent/infra/halve", prod, &web("2Gi"));
    refuse("agent/infra/short", "queue/size.yaml", &values(3));
    let moved = |name: &str, from: &str, to: &str, text: &str| {
        let commit = Commit::new("Tidy up").by("infra-bot[bot]", "infra-bot@bots.example").from("main");
        origin.commit(name, commit.delete(from).file(to, text));
    };
    moved("agent/infra/same", prod, "prod/apps/web.yaml", &web("2Gi"));
    moved("agent/infra/less", prod, "prod/apps/web.yaml", &web("1Gi"));
    moved("agent/infra/only", prod, "prod/apps/web.yaml", &web("4Gi"));
    moved("agent/infra/shorter", "queue/size.yaml", "lines/length.yaml", &values(2));
    origin.propose("agent/infra/staging", "Halve staging", &[(staging, &web("2Gi"))]);
    // Written down once more, beside it.
    origin.propose("agent/infra/beside", "Halve it", &[("prod/web/limits.yaml", &web("2Gi"))]);
    let holds = |expected: &[(&str, Option<&str>, Option<&str>)]| {
        for (id, field, like) in expected {
            let shown = maria.run(&["show", &format!("agent/infra/{id}"), "--json"]).succeeds().json();
            let evidence = &shown["evidence"];
            let hits = evidence["incidents"]["hits"].as_array().expect("hits").iter();
            let found: Vec<&Value> = hits.filter(|hit| hit["match"] == "field").map(|hit| &hit["id"]).collect();
            assert_eq!(found, field.iter().map(|id| json!(id)).collect::<Vec<_>>().iter().collect::<Vec<_>>(), "{id}");
            let repeat = evidence["signals"]["signals"].as_array().expect("signals");
            let told = repeat.iter().find_map(|one| one["repeat"]["rejected"][0]["like"].as_str());
            assert_eq!(told, *like, "{id}: {evidence:#}");
        }
    };
    let (halve, short) = (Some("agent/infra/halve"), Some("agent/infra/short"));
    holds(&[
        ("same", halve, Some("values")),
        ("less", halve, None),
        ("only", None, None),
        ("shorter", short, None),
        ("staging", None, None),
        ("beside", halve, None),
    ]);
    // Where main itself moved it, the file of the rejection is gone.
    origin.commit("main", Commit::new("Move web").delete(prod).file("prod/all.yaml", web("4Gi")));
    origin.propose("agent/infra/later", "Halve it", &[("prod/all.yaml", &web("2Gi"))]);
    holds(&[("later", halve, Some("values"))]);
}

/// A deployment with a list in a list, an argument that only its place names, and an ingress behind it.
fn deployment(memory: &str, heap: &str, port: u16) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: checkout, namespace: shop}}\nspec:\n  template:\n    spec:\n      \
         containers:\n        - name: side\n          image: side:1\n        - name: app\n          args: [--heap={heap}, -v]\n          \
         resources:\n            limits:\n              memory: {memory}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n\
         metadata: {{name: checkout}}\nspec:\n  rules:\n    - host: a.example\n      paths:\n        - path: /\n          \
         port: {port}\n"
    )
}

/// Three commits mended three values of one file for one incident; each proposal undoes one of them, the last one another.
#[test]
fn the_same_field_is_found_inside_lists_and_whichever_commit_mended_it() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let file = "shop/deployment.yaml";
    let set = |message: &str, (memory, heap, port): (&str, &str, u16)| {
        origin.commit("main", Commit::new(message).file(file, deployment(memory, heap, port)));
    };
    set("checkout", ("2Gi", "1g", 80));
    set("Give checkout more memory\n\nFor INC-213.", ("4Gi", "1g", 80));
    set("hotfix: heap of checkout (INC-213)", ("4Gi", "2g", 80));
    set("Mend the port for INC-213", ("4Gi", "2g", 8080));
    let record = "---\nid: INC-213\ndate: 2025-01-06\n---\n# Checkout was killed\n";
    origin.commit("main", Commit::new("Postmortem of INC-213").file("postmortems/INC-213.md", record));
    for (name, values, matched, field) in [
        (
            "halve",
            ("2Gi", "2g", 8080),
            "field",
            "changed Deployment shop/checkout spec.template.spec.containers[app].resources.limits.memory",
        ),
        (
            "heap",
            ("4Gi", "1g", 8080),
            "field",
            "changed Deployment shop/checkout spec.template.spec.containers[app].args[0]",
        ),
        ("port", ("4Gi", "2g", 81), "field", ".port"),
    ] {
        let branch = format!("agent/infra/{name}");
        origin.propose(&branch, name, &[(file, &deployment(values.0, values.1, values.2))]);
        let shown = origin.run(&["show", &branch, "--json"]).succeeds().json();
        let hit = &shown["evidence"]["incidents"]["hits"][0];
        assert_eq!((&hit["id"], &hit["match"]), (&json!("INC-213"), &json!(matched)), "{name}: {hit:#}");
        assert!(hit["why"].as_str().is_some_and(|why| why.ends_with(field)), "{name}: {hit:#}");
    }
    origin.propose("agent/infra/image", "Side", &[(file, &deployment("4Gi", "2g", 8080).replace("side:1", "side:2"))]);
    let shown = origin.run(&["show", "agent/infra/image", "--json"]).succeeds().json();
    assert_eq!(shown["evidence"]["incidents"]["hits"][0]["match"], "file", "nobody mended that value: {shown:#}");
}

/// A text with a credential in it is masked as a whole, and is still told from the text that it was before.
#[test]
fn the_same_field_is_found_behind_a_mask() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let file = "shop/config.yaml";
    let map = |pool: u8, other: u8| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: shop}}\ndata:\n  app.ini: |\n    password = aeB3xWq9Zk21\n    \
             pool = {pool}\n  other.ini: |\n    password = aeB3xWq9Zk21\n    n = {other}\n"
        )
    };
    origin.commit("main", Commit::new("shop").file(file, map(5, 1)));
    origin.commit("main", Commit::new("hotfix: shop runs out of connections").file(file, map(50, 1)));
    for (name, text, matched) in [("pool", map(5, 1), json!("field")), ("other", map(50, 2), Value::Null)] {
        let branch = format!("agent/infra/{name}");
        origin.propose(&branch, name, &[(file, &text)]);
        let shown = origin.run(&["show", &branch, "--json"]).succeeds();
        assert!(!shown.stdout.contains("aeB3xWq9Zk21"), "{shown}");
        let hit = &shown.json()["evidence"]["incidents"]["hits"][0];
        assert_eq!(hit["match"], matched, "{name}: {hit:#}");
    }
}

#[test]
fn only_the_target_is_believed_and_policy_says_where_else() {
    let sandbox = Sandbox::new();
    let (origin, maria) = sandbox.solo();
    let text = "---\nid: OUT-1\ndate: 2024-03-14\nfiles: [docs/a.md]\n---\n# It was down\n";
    origin.propose("agent/infra/forged", "Forged", &[("docs/postmortems/2024-01-01-x.md", text)]);
    origin.commit("main", Commit::new("Tell").file("ops/down/2024/a.md", text));
    assert_eq!(ids(&maria, "docs/a.md"), [] as [String; 0]);
    let policy = origin.show("main", ".countersign/policy.yaml") + "incidents: [\"ops/down/**/*.md\"]\n";
    let named = Commit::new("Say where incidents are").by("maria", "maria@corp.example");
    origin.commit("people/where", named.file(".countersign/policy.yaml", policy));
    let _ = maria.run(&["approve", &origin.at("people/where"), "--yes"]).succeeds();
    assert_eq!(ids(&maria, "docs/a.md"), ["OUT-1"]);
}

#[test]
fn hostile_files_cost_themselves_and_nothing_else() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let bomb = (1..9).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
        let of = vec![format!("*a{}", n - 1); 9].join(",");
        format!("{text}a{n}: &a{n} [{of}]\n")
    });
    let good = "---\nid: INC-1\ndate: 2024-03-14\nfiles: [docs/a.md]\n---\n# Down\u{1b}[2J\u{202e}\n";
    let mut commit = Commit::new("Postmortems")
        .file("postmortems/2024-big.md", vec![b'x'; 50 << 20])
        .file("postmortems/2024-bytes.md", b"---\nid: INC-2\ndate: 2024-01-01\n---\n# \xff\xfe\n")
        .file("postmortems/2024-bomb.md", format!("---\n{bomb}---\n# INC-3: bomb\n\n**Date:** 2024-01-01\n"))
        .file("postmortems/2024-dates.md", "---\nid: INC-4\ndate: 2999-01-01\n---\n")
        .file(b"postmortems/caf\xe9.md", "---\nid: INC-5\ndate: 2024-01-01\n---\n")
        .file("postmortems/good.md", good)
        .symlink("postmortems/link.md", "/etc/passwd");
    for n in 0..2_500 {
        commit = commit.file(format!("docs/incidents/{n}.md"), format!("---\nid: OLD-{n}\ndate: 2020-01-01\n---\n"));
    }
    origin.commit("main", commit);
    origin.propose("agent/infra/x", "X", &[("docs/a.md", "x\n")]);
    let began = std::time::Instant::now();
    let document = origin.run(&["incidents", "list", "--json"]).succeeds().json();
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    let problems = document["problems"].to_string();
    for told in ["52428800 bytes", "not UTF-8", "not YAML", "yet to come: 2999-01-01", "2506 files"] {
        assert!(problems.contains(told), "{told}: {problems}");
    }
    assert_eq!(document["incidents"].as_array().map(Vec::len), Some(1_999), "{problems}");
    let found = origin.run(&["incidents", "for", "docs/a.md"]).succeeds();
    assert!(found.stdout.contains("INC-1  Down<U+001B>[2J<U+202E>"), "{found}");
    assert!(!found.stdout.contains('\u{1b}') && !found.stderr.contains('\u{1b}'), "{found}");
    let shown: Ran = origin.run(&["show", "agent/infra/x", "--json"]).succeeds();
    assert_eq!(shown.json()["evidence"]["incidents"]["hits"][0]["id"], "INC-1", "{shown}");
}

/// Every revert of a real history that says what it undid is tied to a commit that is there, and found by its files.
#[test]
fn real_reverts_name_what_they_undid() {
    for name in ["onedr0p/home-ops", "joryirving/home-ops"] {
        let Some(real) = needs::corpus(name) else { return };
        let sandbox = Sandbox::new();
        let repo = sandbox.borrow(&real, "real.git");
        let document = repo.run(&["incidents", "list", "--json"]).succeeds().json();
        let all = document["incidents"].as_array().expect("a list");
        let reverts: Vec<&Value> = all.iter().filter(|one| one["kind"] == "revert").collect();
        let known: Vec<&Value> =
            reverts.iter().map(|one| &one["source"]["commit"]["undoes"]).filter(|oid| !oid.is_null()).collect();
        let there = known.iter().filter(|oid| {
            let mut git = sandbox.git_command(&repo);
            git.args(["cat-file", "-e", oid.as_str().expect("an id")]).status().is_ok_and(|status| status.success())
        });
        needs::say(&format!(
            "{name}: {} reverts, {} of a known commit, {} of it there; {}",
            reverts.len(),
            known.len(),
            there.count(),
            document["looked"]
        ));
        assert!(reverts.len() > 100, "{}", reverts.len());
    }
}

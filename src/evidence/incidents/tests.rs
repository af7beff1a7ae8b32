use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::model::{Closeness, EntryId, Incident, IncidentKind, IncidentSource, Oid, ReasonCode};

const TODAY: Date = date(2025, 11, 20);
const CHECKOUT: &str = "apps/checkout/prod/deployment.yaml";

fn record(name: &str, text: &str) -> Incident {
    let told = read(&format!("docs/postmortems/{name}.md"), text.as_bytes(), TODAY);
    assert_eq!(told.problems, []);
    told.incidents.into_iter().next().unwrap()
}

fn oid(digit: char) -> Oid {
    digit.to_string().repeat(40).parse().unwrap()
}

fn commit(digit: char, day: i8, message: &str, files: &[&str]) -> PastCommit {
    PastCommit {
        commit: oid(digit),
        author: "Ann".into(),
        date: date(2025, 3, day).at(10, 0, 0, 0).in_tz("UTC").unwrap().timestamp(),
        message: message.into(),
        names: super::names_in(message).map(str::to_ascii_lowercase).collect(),
        undoes: None,
        files: files.iter().map(|file| (*file).to_owned()).collect(),
        objects: Vec::new(),
        fields: Vec::new(),
    }
}

fn touched(files: &[&str]) -> Touched {
    Touched { files: files.iter().map(|file| (*file).to_owned()).collect(), ..Touched::default() }
}

fn field(file: &str, object: Option<&str>, path: &str) -> TouchedField {
    TouchedField { file: file.into(), object: object.map(str::to_owned), path: path.into() }
}

/// `closeness: why` of each hit.
fn said(past: &Past, touched: &Touched) -> Vec<String> {
    let hits = past.hits(touched, TODAY);
    hits.iter().map(|hit| format!("{} {}: {}", hit.incident.id, hit.closeness.words(), hit.why)).collect()
}

fn oom() -> Incident {
    record(
        "2025-03-14-oom",
        "---\nid: INC-213\nseverity: 2\nservices: [checkout]\nobjects: [Deployment shop/checkout]\n\
         fields: [\"resources.limits.memory\"]\n---\n# Checkout was killed at the peak of a sale\n",
    )
}

#[test]
fn the_closest_thing_in_common_says_why() {
    let memory = "spec.template.spec.containers[app].resources.limits.memory";
    let past = Past::new(vec![oom()], &[commit('9', 14, "fix OOM in checkout\n\nINC-213", &[CHECKOUT])], &[]);
    let with = |files: &[&str], objects: &[&str], fields: Vec<TouchedField>| Touched {
        objects: Some(objects.iter().map(|object| (*object).to_owned()).collect()),
        fields: Some(fields),
        ..touched(files)
    };
    for (touched, expected) in [
        (
            with(&[CHECKOUT], &[], vec![field(CHECKOUT, Some("Deployment shop/checkout"), memory)]),
            Some(
                "same field: its record names Deployment shop/checkout spec.template.spec.containers[app].resources.limits.memory",
            ),
        ),
        (
            with(&[CHECKOUT], &[], vec![field(CHECKOUT, None, "spec.replicas")]),
            Some("same file: commit 9999999, which names it, changed apps/checkout/prod/deployment.yaml"),
        ),
        (
            with(&["x/y.yaml"], &["Deployment shop/checkout"], vec![]),
            Some("same object: its record names Deployment shop/checkout"),
        ),
        (with(&["x/y.yaml"], &[], vec![field("x/y.yaml", Some("Deployment other/cart"), memory)]), None),
        (
            touched(&["apps/checkout/staging/hpa.yaml"]),
            Some("same service: it hit checkout, and its name is in apps/checkout/staging/hpa.yaml"),
        ),
        (touched(&["apps/cart/prod/hpa.yaml"]), None),
        (
            Touched { text: "the sale was killed by the peak".into(), ..touched(&["x/y.yaml"]) },
            Some("same words: both speak of killed, peak, sale"),
        ),
        (
            Touched { services: vec![("Checkout".into(), "x/y.yaml".into())], ..touched(&["x/y.yaml"]) },
            Some("same service: it hit checkout, and x/y.yaml belongs to it"),
        ),
    ] {
        let expected: Vec<String> = expected.iter().map(|why| format!("INC-213 {why}")).collect();
        assert_eq!(said(&past, &touched), expected, "{touched:?}");
    }
    let beside = Past::new(vec![], &[commit('a', 2, "Revert \"x\"", &["tf/net/a.tf"])], &[]);
    assert_eq!(
        said(&beside, &touched(&["tf/net/b.tf"])),
        ["aaaaaaa same folder: it undid a change of tf/net/a.tf, beside tf/net/b.tf"]
    );
    assert_eq!(said(&beside, &touched(&["tf/b.tf", "c.tf"])), [] as [String; 0]);
}

#[test]
fn a_field_that_is_named_ties_its_object() {
    let pool = "spec.template.spec.containers[app].env[POOL]";
    for named in [pool, "spec.template.spec.containers.app.env.POOL", "containers.app.env.POOL"] {
        let incident = record(
            "2025-03-14-pool",
            &format!("---\nid: INC-1\ndate: 2025-03-14\nfields: [\"Deployment shop/a {named}\"]\n---\n# Zzz\n"),
        );
        let past = Past::new(vec![incident], &[], &[]);
        let hit = |path: &str, object: &str| {
            let touched =
                Touched { fields: Some(vec![field("x/y.yaml", Some(object), path)]), ..touched(&["x/y.yaml"]) };
            said(&past, &touched)
        };
        let (own, names) = ("Deployment shop/a", "its record names Deployment shop/a");
        let changed = format!("{pool}.value");
        assert_eq!(hit(&changed, own), [format!("INC-1 same field: {names} {changed}")]);
        assert_eq!(hit(pool, own), [format!("INC-1 same field: {names} {pool}")]);
        assert_eq!(hit("spec.replicas", own), [format!("INC-1 same object: {names}")]);
        assert_eq!(hit(&pool.replace("POOL", "LOG"), own), [format!("INC-1 same object: {names}")]);
        assert_eq!(hit(&changed, "Deployment shop/b"), [] as [String; 0]);
        if !named.starts_with("containers") {
            assert_eq!(hit("", own), [format!("INC-1 same field: {names} {named}")]);
            assert_eq!(hit("spec.template", own), [format!("INC-1 same field: {names} spec.template")]);
        }
    }
}

#[test]
fn a_commit_that_names_an_incident_is_none_of_its_own() {
    let commits = [
        commit('1', 13, "checkout: memory 4Gi to 2Gi (#7)", &[CHECKOUT]),
        commit('2', 14, "Revert \"checkout: memory 4Gi to 2Gi (#7)\" (#8)\n\nINC-213", &[CHECKOUT]),
        PastCommit {
            undoes: Some(oid('1')),
            ..commit('3', 15, "Revert \"checkout: memory 4Gi to 2Gi\"", &["a/b/c.yaml"])
        },
        commit('4', 12, "Revert the thing\n\nReverts owner/name#7", &["a/b/c.yaml"]),
    ];
    let past = Past::new(vec![oom()], &commits, &[]);
    let undone: Vec<_> = past
        .incidents()
        .iter()
        .filter_map(|incident| match incident.source {
            IncidentSource::Commit { commit, undoes, .. } => Some((commit.short(1), undoes.map(|oid| oid.short(1)))),
            _ => None,
        })
        .collect();
    assert_eq!(undone, [("3".into(), Some("1".to_owned())), ("4".into(), None)]);
    assert_eq!(IncidentKind::ALL.map(|kind| past.count(kind)), [1, 3, 0, 0], "that of the incident, too");
    assert_eq!(past.incidents()[0].files.len(), 1);
}

#[test]
fn rejections_are_part_of_the_past() {
    let rejected = PastRejection {
        entry: EntryId::from_bytes([7; 16]),
        proposal: "agent/cost-bot/checkout".into(),
        by: "maria".into(),
        at: "2025-02-03T09:00:00Z".parse().unwrap(),
        reason: Some(ReasonCode::Unsafe),
        note: None,
        lesson: Some(("x".into(), "file:a/b.yaml".parse().unwrap())),
        files: vec![CHECKOUT.into()],
    };
    let past = Past::new(vec![], &[], &[rejected]);
    assert_eq!(
        said(&past, &touched(&[CHECKOUT])),
        [format!("agent/cost-bot/checkout same file: what was rejected changed {CHECKOUT}")]
    );
    assert_eq!(
        said(&past, &touched(&["a/b.yaml"])),
        ["agent/cost-bot/checkout same file: its lesson is about a/b.yaml"]
    );
}

#[test]
fn recent_and_bad_ones_come_first_within_their_kind() {
    let one = |id: &str, day: &str, severity: &str| {
        record(&format!("{day}-x"), &format!("---\nid: {id}\nseverity: {severity}\nfiles: [{CHECKOUT}]\n---\n"))
    };
    let undated = Incident { date: None, ..one("A-5", "2025-11-01", "1") };
    let service = Incident { files: Vec::new(), services: vec!["checkout".into()], ..one("A-6", "2025-11-19", "1") };
    let records = vec![
        one("A-1", "2024-01-01", "1"),
        one("A-2", "2025-11-01", "4"),
        one("A-3", "2025-11-10", "2"),
        one("A-4", "2025-11-12", "4"),
        undated,
        service,
    ];
    let past = Past::new(records, &[], &[]);
    let order: Vec<String> =
        past.hits(&touched(&[CHECKOUT]), TODAY).iter().map(|hit| hit.incident.id.clone()).collect();
    assert_eq!(order, ["A-3", "A-4", "A-2", "A-1", "A-5", "A-6"]);
}

#[test]
fn thousands_of_incidents_are_compared_quickly() {
    let records: Vec<Incident> = (0..5_000)
        .map(|n| {
            let text = format!(
                "---\nid: INC-{n}\nservices: [s{n}]\nfiles: [apps/s{n}/prod/a.yaml]\n---\n# Word{n} of the queue\n"
            );
            record(&format!("2025-01-01-{n}"), &text)
        })
        .collect();
    let commits: Vec<PastCommit> = (0..5_000)
        .map(|n| commit('a', 1, &format!("Revert \"x{n}\"\n\nINC-{}", n * 2), &["apps/s1/prod/b.yaml"]))
        .collect();
    let began = std::time::Instant::now();
    let past = Past::new(records, &commits, &[]);
    let many: Vec<String> = (0..1_000).map(|n| format!("apps/s{n}/prod/a.yaml")).collect();
    let hits = past.hits(&Touched { files: many, ..Touched::default() }, TODAY);
    assert!(hits.len() >= 1_000 && began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

fn incidents() -> impl Strategy<Value = Vec<Incident>> {
    let names = prop::collection::vec("[ab]/[ab]/[abc]\\.yaml", 0..3);
    let one = (names, prop::collection::vec("[abc]{2}", 0..2), prop::option::of(1..28_i8), prop::option::of(1..5_u8));
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let told = all.into_iter().enumerate().map(|(at, (files, services, day, severity))| {
            let tie = |to: String| crate::model::Tie { to, by: crate::model::TieBy::Stated };
            Incident {
                id: format!("I-{at}"),
                files: files.into_iter().map(tie).collect(),
                services,
                date: day.map(|day| date(2025, 6, day)),
                severity: severity.and_then(crate::model::Severity::new),
                ..oom()
            }
        });
        told.collect()
    })
}

proptest! {
    /// Every hit says why, the closest come first, and the same file is never called anything less.
    #[test]
    fn hits_are_in_order_and_say_why(records in incidents(), files in prop::collection::vec("[ab]/[ab]/[abc]\\.yaml", 0..4)) {
        let past = Past::new(records, &[], &[]);
        let touched = Touched { files: files.clone(), ..Touched::default() };
        let hits = past.hits(&touched, TODAY);
        prop_assert!(hits.windows(2).all(|two| two[0].closeness <= two[1].closeness));
        prop_assert!(hits.iter().all(|hit| !hit.why.is_empty()));
        let same = past.incidents().iter().filter(|one| one.files.iter().any(|tie| files.contains(&tie.to))).count();
        prop_assert_eq!(hits.iter().filter(|hit| hit.closeness == Closeness::File).count(), same);
    }
}

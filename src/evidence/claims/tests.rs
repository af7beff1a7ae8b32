use serde_json::json;

use super::*;
use crate::diff::fields::documents;
use crate::evidence::reasoning::own_lines;
use crate::model::field::{DocumentName, FieldChange, FieldPath, PathStep};
use crate::model::{CostSource, Mode, Oid, Side};

fn file(path: &str) -> FileChange {
    let side = Side { mode: Mode::File, oid: "1".repeat(40).parse::<Oid>().unwrap() };
    FileChange { path: path.into(), old: Some(side), new: Some(side) }
}

fn field(path: &str, keys: &[&str], before: serde_json::Value, after: serde_json::Value) -> FieldChange {
    let name = path.split('/').nth(1).map(str::to_owned);
    let document = DocumentName { kind: Some("Deployment".into()), name, ..DocumentName::default() };
    let path_of = FieldPath(keys.iter().map(|key| PathStep::Key((*key).to_owned())).collect());
    FieldChange {
        before: Some(before),
        after: Some(after),
        ..FieldChange::of(path.into(), document, path_of, FieldOp::Modified)
    }
}

fn cost(low: &str, high: &str) -> Known<Cost> {
    let delta = Some(Monthly { low: low.parse().unwrap(), high: high.parse().unwrap() });
    Known::Known(Cost {
        currency: "USD".into(),
        delta,
        before: None,
        after: None,
        percent: Some(-50.0),
        source: CostSource::Nothing,
        objects: Vec::new(),
        unpriced: Vec::new(),
        assumes: None,
        claimed: Vec::new(),
    })
}

fn held(message: &str, files: &[&str], fields: Vec<FieldChange>, cost: &Known<Cost>) -> Claims {
    let files: Vec<FileChange> = files.iter().map(|path| file(path)).collect();
    let report = FieldReport { fields, ..FieldReport::default() };
    claims(&own_lines(&[message.to_owned()], None), &files, &report, cost)
}

#[test]
fn stated_money_is_held_against_the_model() {
    for (said, low, high, verdict) in [
        ("saves about $90/month", "-31", "-31", Verdict::Contradicted),
        ("saves about $90/month", "-74", "-18", Verdict::Contradicted),
        ("saves about $70/month", "-74", "-18", Verdict::Holds),
        ("saves about $40/month", "-31", "-31", Verdict::Holds),
        ("saves $8/month", "-3", "-3", Verdict::Holds),
        ("saves $30/month", "31", "31", Verdict::Contradicted),
        ("costs 62 USD more a month", "0", "0", Verdict::Contradicted),
        ("saves $9/month", "0", "0", Verdict::Holds),
        ("saves 50%", "-31", "-31", Verdict::Holds),
        ("saves 90%", "-31", "-31", Verdict::Contradicted),
        ("saves €90/month", "-31", "-31", Verdict::Unknown),
    ] {
        let found = held(said, &["a.yaml"], Vec::new(), &cost(low, high));
        assert_eq!(found.claims[0].verdict, verdict, "{said} {low}: {}", found.claims[0].found);
    }
    // Settings may save what a model of pods cannot see.
    let mut setting = field("apps/loki/config.yaml", &["retention"], json!("14d"), json!("7d"));
    setting.document.kind = Some("ConfigMap".into());
    let found = held("saves $90/month", &["a.yaml"], vec![setting], &cost("0", "0"));
    assert_eq!(found.claims[0].verdict, Verdict::Unknown);
    let unknown = held("saves $90/month", &["a.yaml"], Vec::new(), &Known::Unknown("no".into()));
    assert_eq!((unknown.claims[0].verdict, unknown.claims[0].found.as_str()), (Verdict::Unknown, "no"));
}

#[test]
fn claims_about_the_whole_are_held_against_the_files() {
    let nothing = cost("0", "0");
    let replicas = || vec![field("apps/web/prod/d.yaml", &["spec", "replicas"], json!(3), json!(1))];
    for (message, files, fields, verdict) in [
        ("docs: more", vec!["README.md", "docs/a.md"], vec![], Verdict::Holds),
        ("docs: more", vec!["README.md", "apps/web/prod/d.yaml"], replicas(), Verdict::Contradicted),
        ("tidy\n\nNo functional changes.", vec!["apps/web/prod/d.yaml"], replicas(), Verdict::Contradicted),
        ("tidy\n\nNo functional changes.", vec!["run.sh"], vec![], Verdict::Unknown),
        ("tidy\n\nNo functional changes.", vec!["README.md"], vec![], Verdict::Holds),
        ("scale\n\nOnly affects staging.", vec!["apps/web/staging/d.yaml", "docs/prod.md"], vec![], Verdict::Holds),
        (
            "scale\n\nOnly affects staging.",
            vec!["apps/web/staging/d.yaml", "apps/web/prod/d.yaml"],
            vec![],
            Verdict::Contradicted,
        ),
        ("scale\n\nstaging only", vec!["apps/web/d.yaml"], vec![], Verdict::Unknown),
    ] {
        let found = held(message, &files, fields, &nothing);
        assert_eq!(found.claims[0].verdict, verdict, "{message} {files:?}: {}", found.claims[0].found);
    }
    // A quoted prompt claims nothing.
    assert!(held("tidy\n\n> docs only, saves $90/month\n", &["a.yaml"], vec![], &nothing).claims.is_empty());
}

#[test]
fn what_the_text_never_names_is_told() {
    let fields = || {
        vec![
            field("apps/checkout/prod/d.yaml", &["spec", "resources", "limits", "memory"], json!("4Gi"), json!("2Gi")),
            field(
                "apps/checkout/prod/d.yaml",
                &["spec", "strategy", "rollingUpdate", "maxUnavailable"],
                json!(0),
                json!(1),
            ),
        ]
    };
    let undeclared = |message: &str, fields: Vec<FieldChange>| -> Vec<String> {
        let found = held(message, &[], fields, &cost("0", "0"));
        found.undeclared.into_iter().map(|one| one.what).collect()
    };
    let hidden = ["Deployment checkout spec.strategy.rollingUpdate.maxUnavailable"];
    assert_eq!(undeclared("right-size checkout\n\nLowers the memory limit.", fields()), hidden);
    // A title alone cannot name everything; how much there is of something it should.
    assert_eq!(undeclared("checkout: lower the memory limit", fields()), [""; 0]);
    let mut capacity = fields();
    capacity[1].is_capacity = true;
    assert_eq!(undeclared("checkout: lower the memory limit", capacity), hidden);
    for message in [
        "checkout\n\nlower the memory limit, and let one pod be unavailable (max-unavailable 1)",
        "checkout: memory limit\n\n```yaml\nmaxUnavailable: 1\n```\n",
        "checkout\n\nmemory, and a new rolling update",
        "tune things",
    ] {
        assert_eq!(undeclared(message, fields()), [""; 0], "{message}");
    }
    // The same field of an object that is not named, where another is.
    let two = || {
        ["checkout", "payments"].map(|app| {
            field(&format!("apps/{app}/prod/d.yaml"), &["spec", "limits", "memory"], json!("4Gi"), json!("1536Mi"))
        })
    };
    assert_eq!(
        undeclared("lower memory\n\nThat of checkout.", two().to_vec()),
        ["Deployment payments spec.limits.memory"]
    );
    for message in
        ["less\n\nmemory of checkout and payments", "less\n\nmemory of all services", "checkout\n\nmemory to 1536Mi"]
    {
        assert_eq!(undeclared(message, two().to_vec()), [""; 0], "{message}");
    }
}

#[test]
fn a_bump_names_what_it_bumps() {
    let image =
        |app: &str| field(&format!("apps/{app}/d.yaml"), &["values", "image", "tag"], json!("1.2.3"), json!("1.3.0"));
    let digest = field("apps/web/d.yaml", &["values", "image", "digest"], json!("sha256:aa"), json!("sha256:bb"));
    let found = held(
        "feat(container): update ghcr.io/x/web ( 1.2.3 → 1.3.0 )",
        &[],
        vec![image("web"), image("other"), digest],
        &cost("0", "0"),
    );
    assert!(found.undeclared.is_empty(), "{:?}", found.undeclared);
}

#[test]
fn documents_are_told_by_their_names() {
    for (path, is) in
        [("README.md", true), ("docs/a/b.conf", true), ("LICENSE", true), ("docs/x.yaml", false), ("a.tf", false)]
    {
        assert_eq!(is_document(path.into()), is, "{path}");
    }
    assert!(documents("a.yaml".into(), b"a: 1").is_ok());
}

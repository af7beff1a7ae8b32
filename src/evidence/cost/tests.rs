use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::diff::fields::documents;
use crate::model::field::{Beside, DocumentName, FieldChange, FieldPath, PathStep};

fn inventory(files: &[(&str, &str)]) -> Inventory {
    let mut inventory = Inventory::default();
    for (path, text) in files {
        inventory.put((*path).into(), documents((*path).into(), text.as_bytes()).map(Arc::from));
    }
    inventory
}

/// Prices that can be added up in the head.
fn prices() -> Prices {
    let ten = Decimal::TEN;
    Prices {
        cpu: ten,
        memory: Decimal::ONE,
        storage: Decimal::new(1, 1),
        load_balancer: Decimal::TWO * ten,
        ..Prices::default()
    }
}

/// What a change of some files costs.
fn priced(before: &[(&str, &str)], after: &[(&str, &str)]) -> Cost {
    let mut paths: Vec<BString> = before.iter().chain(after).map(|(path, _)| BString::from(*path)).collect();
    paths.sort_unstable();
    paths.dedup();
    let changed: Vec<BString> = paths
        .into_iter()
        .filter(|path| {
            let text =
                |side: &[(&str, &str)]| side.iter().find(|(own, _)| path == own).map(|(_, text)| (*text).to_owned());
            text(before) != text(after)
        })
        .collect();
    model(&inventory(before), &inventory(after), &changed, &prices())
}

/// A cost held against fields, of which nothing else is known.
fn held(cost: Cost, report: &FieldReport) -> Cost {
    held_against(cost, report, &Inventory::default(), &Inventory::default(), &prices())
}

/// The delta of a change of one file, or why it is not known.
fn delta(before: &str, after: &str) -> String {
    shown(&priced(&[("a.yaml", before)], &[("a.yaml", after)]))
}

fn shown(cost: &Cost) -> String {
    match cost.delta {
        _ if cost.source == CostSource::Nothing => "nothing".to_owned(),
        Some(delta) if delta.low == delta.high => delta.low.normalize().to_string(),
        Some(delta) => format!("{} to {}", delta.low.normalize(), delta.high.normalize()),
        None => cost.unpriced.join("; "),
    }
}

fn workload(kind: &str, replicas: &str, cpu: &str, memory: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec:\n  {replicas}\n  template:\n    spec:\n      containers:\n        - name: app\n          image: web:1\n          resources: {{requests: {{cpu: {cpu}}}, limits: {{memory: {memory}}}}}\n"
    )
}

fn deployment(replicas: &str, cpu: &str, memory: &str) -> String {
    workload("Deployment", replicas, cpu, memory)
}

const HPA: &str = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: shop}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 3\n  maxReplicas: 12\n";

#[test]
fn workloads_cost_replicas_times_requests() {
    let three = deployment("replicas: 3", "500m", "4Gi");
    for (after, expected) in [
        (deployment("replicas: 3", "500m", "2Gi"), "-6"),
        (deployment("replicas: 5", "500m", "4Gi"), "18"),
        (deployment("replicas: 0", "500m", "4Gi"), "-27"),
        // Missing replicas are one.
        (deployment("paused: false", "500m", "4Gi"), "-18"),
        (three.replace("web:1", "web:2"), "nothing"),
        (three.replace("500m", "0.5"), "nothing"),
        (String::new(), "-27"),
        (three.replace("replicas: 3", "replicas: many"), "Deployment web: how many pods there are cannot be read"),
        (three.replace("4Gi", "'${MEMORY}'"), "Deployment web: memory of \"${MEMORY}\" is no amount that can be read"),
    ] {
        assert_eq!(delta(&three, &after), expected, "{after}");
    }
    assert_eq!(
        delta(&workload("Rollout", "replicas: 1", "1", "1Gi"), &workload("Rollout", "replicas: 2", "1", "1Gi")),
        "11"
    );
}

#[test]
fn an_autoscaler_decides_between_how_many() {
    let old = deployment("replicas: 3", "500m", "4Gi");
    let with = |text: String, scaler: &str| {
        priced(&[("prod/d.yaml", &old), ("prod/hpa.yaml", HPA)], &[("prod/d.yaml", &text), ("prod/hpa.yaml", scaler)])
    };
    assert_eq!(shown(&with(deployment("replicas: 3", "500m", "2Gi"), HPA)), "-24 to -6");
    // What it holds is not moved by what the workload says.
    assert_eq!(shown(&with(deployment("replicas: 5", "500m", "4Gi"), HPA)), "nothing");
    let wider = with(old.clone(), &HPA.replace("12", "20"));
    assert_eq!(shown(&wider), "0 to 72");
    assert_eq!(wider.objects[0].document.name.as_deref(), Some("web"));
    assert_eq!(wider.objects[0].after.as_ref().unwrap().formula, "3 to 20 × (0.5 cores × 10 + 4 GiB × 1)");
    assert_eq!(shown(&with(old.clone(), "")), "-81 to 0");
    let keda = HPA.replace("HorizontalPodAutoscaler", "ScaledObject").replace("autoscaling/v2", "keda.sh/v1alpha1");
    assert_eq!(shown(&with(old.clone(), &keda.replace("min", "x").replace("max", "y"))), "-27 to 792");
}

#[test]
fn an_autoscaler_is_of_the_workload_that_is_nearest() {
    let (prod, staging) = (deployment("replicas: 1", "1", "1Gi"), deployment("replicas: 1", "1", "2Gi"));
    let files = [("web/prod/d.yaml", prod.as_str()), ("web/prod/hpa.yaml", HPA), ("web/staging/d.yaml", prod.as_str())];
    let after =
        [("web/prod/d.yaml", prod.as_str()), ("web/prod/hpa.yaml", HPA), ("web/staging/d.yaml", staging.as_str())];
    assert_eq!(shown(&priced(&files, &after)), "1");
}

#[test]
fn volumes_services_and_jobs_are_priced() {
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {resources: {requests: {storage: 10Gi}}}\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ClusterIP}\n";
    let set = workload("StatefulSet", "replicas: 2", "1", "1Gi")
        + "  volumeClaimTemplates:\n    - {metadata: {name: d}, spec: {resources: {requests: {storage: 10Gi}}}}\n";
    let cron = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: sweep}\nspec:\n  schedule: '@hourly'\n  jobTemplate:\n    spec:\n      activeDeadlineSeconds: 1800\n      template:\n        spec:\n          containers: [{name: a, image: x, resources: {requests: {cpu: 1}}}]\n";
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: once}\nspec: {template: {spec: {containers: [{image: x, resources: {requests: {cpu: 4}}}]}}}\n";
    let copy = "apiVersion: volsync.backube/v1alpha1\nkind: ReplicationDestination\nmetadata: {name: c}\nspec: {restic: {capacity: 5Gi, cacheCapacity: 1Gi}}\n";
    for (before, after, expected) in [
        (claim, claim.replace("10Gi", "30Gi"), "2"),
        (
            claim,
            claim.replace("10Gi", "'${SIZE}'"),
            "PersistentVolumeClaim data: the size of its volume cannot be read",
        ),
        (service, service.replace("ClusterIP", "LoadBalancer"), "20"),
        (&set, set.replace("replicas: 2", "replicas: 3"), "12"),
        (cron, cron.replace("@hourly", "@daily"), "-4.7949"),
        (cron, cron.replace("@hourly", "@never"), "CronJob sweep: its schedule cannot be read"),
        (cron, cron.replace("spec:\n  schedule", "spec:\n  suspend: true\n  schedule"), "-5.0034"),
        ("", job.to_owned(), "0"),
        (copy, copy.replace("5Gi", "25Gi"), "2"),
    ] {
        assert_eq!(delta(before, &after), expected, "{after}");
    }
}

#[test]
fn what_cannot_be_told_is_not_zero() {
    let daemons = workload("DaemonSet", "paused: false", "1", "1Gi");
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n";
    let silent = deployment("replicas: 2", "1", "1Gi").replace("requests: {cpu: 1}, limits: {memory: 1Gi}", "");
    for (before, after, expected) in [
        (
            daemons.clone(),
            daemons.replace("1Gi", "2Gi"),
            "DaemonSet web: it runs on each node, and how many nodes there are is not known",
        ),
        (daemons.clone(), daemons.replace("web:1", "web:2"), "nothing"),
        (
            patch.to_owned(),
            patch.replace('2', "4"),
            "Deployment web: how many pods there are bears cost, and what each asks for is not known",
        ),
        (
            silent.clone(),
            silent.replace("replicas: 2", "replicas: 3"),
            "Deployment web: no container says what it asks for",
        ),
        (silent.clone(), silent.replace("web:1", "web:2"), "nothing"),
    ] {
        assert_eq!(delta(&before, &after), expected, "{after}");
    }
    let kafka = "apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: k}\nspec: {kafka: {replicas: 3}}\n";
    assert_eq!(delta(kafka, &kafka.replace('3', "5")), "Kafka k: spec.kafka.replicas: Kafka has no price here");
    assert!(delta("a: 1", "a: [").starts_with("a.yaml: "));
}

const TEMPLATE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: plex}\nspec:\n  chartRef: {kind: OCIRepository, name: app-template}\n  values:\n    controllers:\n      plex:\n        replicas: 2\n        containers:\n          app:\n            image: {repository: plex, tag: 1.0}\n            resources: {requests: {cpu: 100m}, limits: {memory: 8Gi}}\n    persistence:\n      config: {size: 10Gi}\n      media: {type: nfs, size: 10Ti}\n      old: {existingClaim: plex, size: 1Gi}\n";
const PLAIN: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: grafana}\nspec:\n  chart: {spec: {chart: grafana, version: 7.3.0}}\n  values:\n    replicas: 1\n    persistence: {enabled: true, size: 10Gi}\n    resources: {requests: {cpu: 100m}, limits: {memory: 1Gi}}\n    sidecar: {enabled: true, resources: {limits: {memory: 1Gi}}}\n";

#[test]
fn helm_values_of_known_shapes_are_priced() {
    for (text, from, to, expected) in [
        (TEMPLATE, "8Gi", "4Gi", "-8"),
        (TEMPLATE, "replicas: 2", "replicas: 3", "9"),
        (TEMPLATE, "tag: 1.0", "tag: 1.1", "nothing"),
        (TEMPLATE, "{size: 10Gi}", "{size: 20Gi}", "1"),
        (TEMPLATE, "10Ti", "20Ti", "nothing"),
        (TEMPLATE, "name: plex}\n", "name: flex}\n", "0"),
        (PLAIN, "replicas: 1", "replicas: 2", "2"),
        (PLAIN, "7.3.0", "7.4.0", "nothing"),
        (PLAIN, "size: 10Gi", "size: 20Gi", "1"),
        (
            PLAIN,
            "true, resources: {limits: {memory: 1Gi",
            "true, resources: {limits: {memory: 2Gi",
            "HelmRelease grafana: sidecar.resources.limits: what the chart makes of it is not known",
        ),
        (
            PLAIN,
            "sidecar: {enabled: true",
            "sidecar: {enabled: false",
            "HelmRelease grafana: sidecar.enabled: what the chart makes of it is not known",
        ),
    ] {
        assert_eq!(delta(text, &text.replace(from, to)), expected, "{from} {to}");
    }
    let bare = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: x}\nspec: {chart: {spec: {chart: x, version: 1}}}\n";
    assert_eq!(delta("", bare), "HelmRelease x: its values do not say what it asks for");
    assert_eq!(delta(bare, &bare.replace("version: 1", "version: 2")), "nothing");
}

#[test]
fn parts_of_charts_that_say_it_all_are_priced() {
    let nginx = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: nginx}\nspec:\n  chart: {spec: {chart: ingress-nginx}}\n  values:\n    controller: {replicaCount: 3, resources: {requests: {cpu: 250m}, limits: {memory: 1Gi}}, autoscaling: {enabled: false}}\n";
    assert_eq!(delta(nginx, &nginx.replace("250m", "500m")), "7.5");
    assert_eq!(delta(nginx, &nginx.replace("1Gi", "3Gi")), "6");
    assert_eq!(delta(nginx, &nginx.replace("replicaCount: 3", "replicaCount: 4")), "3.5");
}

#[test]
fn what_a_chart_adds_by_itself_is_not_zero() {
    let of = |values: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web}}\nspec:\n  chart: {{spec: {{chart: web}}}}\n  values: {values}\n"
        )
    };
    let plain = "{replicas: 2, resources: {requests: {cpu: 1}}, autoscaling: {enabled: false}, persistence: {enabled: false}, service: {main: {type: ClusterIP}}, data: {controller: {replicaCount: 1, resources: {requests: {cpu: 1}}, service: {type: ClusterIP}}}}";
    for (from, to, expected) in [
        (
            "autoscaling: {enabled: false",
            "autoscaling: {enabled: true",
            "how many pods its autoscaler allows is not said",
        ),
        ("persistence: {enabled: false", "persistence: {enabled: true", "the size of its volume is the chart's own"),
        ("persistence: {enabled: false", "persistence: {enabled: false, a: {size: 1Gi}", "persistence.a.size"),
        ("main: {type: ClusterIP", "main: {type: LoadBalancer", "service.main.type"),
        ("service: {type: ClusterIP}}}}", "service: {type: LoadBalancer}}}}", "service.type"),
    ] {
        let told = delta(&of(plain), &of(&plain.replace(from, to)));
        assert!(told.contains(expected), "{to}: {told}");
    }
    let raw = TEMPLATE.to_owned() + "    rawResources: {a: {spec: {spec: {replicas: 3}}}}\n";
    assert!(delta(&raw, &raw.replace("replicas: 3", "replicas: 30")).contains("rawResources"));
}

#[test]
fn what_runs_on_each_node_runs_on_as_many_as_it_may() {
    let daemons = workload("DaemonSet", "paused: false", "1", "1Gi");
    let placed = |text: &str| daemons.replace("      containers:", &format!("      {text}\n      containers:"));
    for text in ["nodeSelector: {gpu: 'true'}", "tolerations: [{operator: Exists}]"] {
        assert!(delta(&daemons, &placed(text)).contains("how many nodes"), "{text}");
    }
    let one = workload("Deployment", "replicas: 1", "1", "1Gi");
    assert_eq!(
        delta(&one, &one.replace("      containers:", "      nodeSelector: {gpu: 'true'}\n      containers:")),
        "nothing"
    );
}

#[test]
fn files_of_values_are_priced_where_they_say_it_all() {
    let values = "replicaCount: 2\nresources: {requests: {cpu: 1, memory: 1Gi}}\n";
    let of = |before: &str, after: &str| {
        shown(&priced(&[("web/values-prod.yaml", before)], &[("web/values-prod.yaml", after)]))
    };
    assert_eq!(of(values, &values.replace("replicaCount: 2", "replicaCount: 3")), "11");
    let layered = "resources: {requests: {cpu: 1}}\n";
    let elsewhere = "web/values-prod.yaml: how many pods there are stands elsewhere";
    assert_eq!(of(layered, &layered.replace("cpu: 1", "cpu: 2")), elsewhere);
}

#[test]
fn zero_is_claimed_only_where_no_field_decides_how_much_there_is() {
    let path = FieldPath(vec![PathStep::Key("replicaCount".into())]);
    let field = |is_capacity, op| FieldChange {
        is_capacity,
        ..FieldChange::of("web/app.yaml".into(), DocumentName::default(), path.clone(), op)
    };
    let nothing = priced(&[], &[]);
    let doubted = |field| {
        let report = FieldReport { fields: vec![field], ..FieldReport::default() };
        shown(&held(nothing.clone(), &report))
    };
    assert_eq!(doubted(field(false, FieldOp::Modified)), "nothing");
    assert_eq!(doubted(field(true, FieldOp::Moved)), "nothing");
    let why = "replicaCount in web/app.yaml decides how much there is, in a form that the model does not price";
    assert_eq!(doubted(field(true, FieldOp::Modified)), why);
    let known =
        Cost { source: CostSource::Model { prices: String::new() }, delta: Some(Monthly::of(Decimal::ONE)), ..nothing };
    let report = FieldReport { fields: vec![field(true, FieldOp::Modified)], ..FieldReport::default() };
    assert_eq!(shown(&held(known, &report)), "1", "what was priced stays");
}

#[test]
fn another_version_is_taken_to_ask_for_the_same_and_that_is_said() {
    let told = |path: &str, old: &str, new: &str| {
        let report = crate::diff::fields::testing::report(path, old, new);
        let (before, after) = (inventory(&[(path, old)]), inventory(&[(path, new)]));
        held_against(model(&before, &after, &[path.into()], &prices()), &report, &before, &after, &prices()).sentence()
    };
    let source = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: a}\nspec: {url: oci://a/b, interval: 1h, ref: {tag: 1.9.0}}\n";
    for (path, old, from, to) in [
        ("a.yaml", PLAIN, "7.3.0", "8.0.0"),
        ("a.yaml", source, "1.9.0", "2.0.0"),
        ("web/Chart.yaml", "name: a\ndependencies: [{name: b, version: 1.0.0}]\n", "1.0.0", "2.0.0"),
        ("kustomization.yaml", "helmCharts: [{name: a, version: 1.0.0}]\n", "1.0.0", "2.0.0"),
    ] {
        let said = format!("nothing that bears cost changes, if {to} asks for what {from} did");
        assert_eq!(told(path, old, &old.replace(from, to)), said, "{old}");
    }
    let plain = "nothing that bears cost changes";
    assert_eq!(told("a.yaml", TEMPLATE, &TEMPLATE.replace("tag: 1.0", "tag: 1.1")), plain);
    assert_eq!(told("a.yaml", source, &source.replace("1h", "2h")), plain);
}

#[test]
fn a_patch_or_a_masked_text_is_unknown_whatever_else_is_priced() {
    let known = priced(
        &[("a.yaml", &deployment("replicas: 3", "1", "1Gi"))],
        &[("a.yaml", &deployment("replicas: 6", "1", "1Gi"))],
    );
    assert_eq!(shown(&known), "33");
    let doubted = |field: FieldChange| {
        let report = FieldReport { fields: vec![field], ..FieldReport::default() };
        shown(&held(known.clone(), &report))
    };
    let key = |key: &str| PathStep::Key(key.into());
    let item = |item: &str| PathStep::Item(item.into());
    let field = |path: Vec<PathStep>, beside: Beside| FieldChange {
        is_capacity: true,
        beside,
        ..FieldChange::of("k.yaml".into(), DocumentName::default(), FieldPath(path), FieldOp::Modified)
    };
    let form = "in k.yaml decides how much there is, in";
    let patched = Beside { patched: Some("Deployment web".into()), ..Beside::default() };
    assert_eq!(
        doubted(field(vec![key("patches"), PathStep::Index(0), key("patch"), key("spec"), key("replicas")], patched)),
        format!("replicas {form} a patch of Deployment web that is not merged with it here")
    );
    for path in [vec![item("/spec/replicas"), key("value")], vec![key("replicas"), item("web"), key("count")]] {
        let why = format!("replicas {form} a form that the model does not price");
        assert_eq!(doubted(field(path, Beside::default())), why);
    }
    let masked = Beside { holds_secret: true, ..Beside::default() };
    let text = FieldChange { is_capacity: false, ..field(vec![key("spec"), key("helm"), key("values")], masked) };
    assert_eq!(doubted(text), format!("values {form} a text that is masked"));
    assert_eq!(doubted(field(vec![key("spec"), key("replicas")], Beside::default())), "33");
}

#[test]
fn patches_and_lists_are_never_zero() {
    let spec = "spec: {template: {spec: {containers: [{name: app, resources: {limits: {memory: 4Gi}}}]}}}";
    let merge = format!(
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {{name: web}}\n    {spec}\n"
    );
    let operation = "patches:\n- target: {kind: Deployment, name: web}\n  patch: |-\n    - {op: add, path: /spec/replicas, value: 4Gi}\n";
    let copies = "replicas:\n- {name: web, count: 4Gi}\n";
    let file = "- {op: add, path: /spec/replicas, value: 4Gi}\n";
    let strategic = format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\n{spec}\n");
    let headed = |text: &str| format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{text}");
    for text in
        [merge.clone(), headed(&merge), operation.into(), headed(operation), copies.into(), headed(copies), file.into()]
    {
        let after = text.replace("4Gi", "2");
        let found = priced(&[("kustomization.yaml", &text)], &[("kustomization.yaml", &after)]);
        let report = crate::diff::fields::testing::report("kustomization.yaml", &text, &after);
        let held = held(found, &report);
        assert!(held.delta.is_none() && !held.unpriced.is_empty(), "{text}: {}", shown(&held));
    }
    let found = priced(&[("patch.yaml", &strategic)], &[("patch.yaml", &strategic.replace("4Gi", "2Gi"))]);
    assert!(shown(&found).contains("it is a patch"), "{found:?}");
    let deployment = deployment("replicas: 3", "1", "1Gi");
    let list = |text: &str| format!("apiVersion: v1\nkind: List\nitems:\n- {}", text.trim_end().replace('\n', "\n  "));
    assert_eq!(delta(&list(&deployment), &list(&deployment.replace("replicas: 3", "replicas: 6"))), "33");
}

fn file(text: &str) -> [(&str, &str); 1] {
    [("a.yaml", text)]
}

#[test]
fn what_has_no_price_any_more_is_unknown_and_not_nothing() {
    let web = deployment("replicas: 1", "1", "1Gi");
    let silent = web.replace("requests: {cpu: 1}, limits: {memory: 1Gi}", "");
    let sentence = |before: &[(&str, &str)], after: &[(&str, &str)]| priced(before, after).objects[0].sentence();
    assert!(sentence(&file(&web), &file(&silent)).ends_with("→ unknown"));
    assert!(sentence(&file(&silent), &file(&web)).contains(": unknown → "));
    assert!(sentence(&file(&web), &[]).ends_with("→ nothing"), "it is gone");
    let cron = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {suspend: false, schedule: '@daily', jobTemplate: {spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: 1}}}]}}}}}\n";
    let paused = cron.replace("suspend: false", "suspend: true");
    assert!(sentence(&file(cron), &file(&paused)).ends_with("→ 0.00 = suspended: does not run"));
}

#[test]
fn an_object_that_moves_costs_the_same() {
    let text = deployment("replicas: 3", "1", "1Gi");
    assert_eq!(shown(&priced(&[("a.yaml", &text)], &[("b.yaml", &text)])), "nothing");
    let cost = priced(&[("a.yaml", &text)], &[("a.yaml", &text.replace("replicas: 3", "replicas: 6"))]);
    assert_eq!((cost.percent, cost.before), (Some(100.0), Some(Monthly::of(Decimal::from(33)))));
    assert_eq!(priced(&[], &[("a.yaml", &text)]).percent, None);
}

#[test]
fn terraform_has_prices_by_name() {
    let text = "resource \"aws_instance\" \"web\" {\n  instance_type = \"m5.large\"\n}\n";
    let before = inventory(&[("a.tf", text)]);
    let after = inventory(&[("a.tf", &text.replace("m5.large", "m5.xlarge"))]);
    let changed = [BString::from("a.tf")];
    let cost = model(&before, &after, &changed, &prices());
    assert_eq!((cost.delta, cost.unpriced.len()), (None, 2));
    let mut named = prices();
    named.names.insert("m5.large".into(), Decimal::from(70));
    named.names.insert("m5.xlarge".into(), Decimal::from(140));
    assert_eq!(model(&before, &after, &changed, &named).delta, Some(Monthly::of(Decimal::from(70))));
    let of = |text: &str, from: &str, to: &str| {
        let after = inventory(&[("a.tf", &text.replace(from, to))]);
        shown(&model(&inventory(&[("a.tf", text)]), &after, &changed, &prices()))
    };
    let bucket = "resource \"aws_s3_bucket\" \"b\" {\n  days = 90\n  tags = { a = \"b\" }\n}\n";
    assert!(of(bucket, "90", "30").contains("has no price without a report"));
    assert_eq!(of(bucket, "\"b\" }", "\"c\" }"), "nothing");
    let group = "resource \"aws_security_group\" \"web\" {\n  cidr_blocks = [\"0.0.0.0/0\"]\n}\n";
    assert_eq!(of(group, "0.0.0.0/0", "10.0.0.0/8"), "nothing");
}

/// YAML that looks like manifests, with odd values in them.
fn odd() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "-?[0-9]{1,30}(m|Gi|Ti|e9)?",
        "\\PC{0,8}",
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned())
    ];
    let bases = prop_oneof![
        Just(deployment("replicas: 3", "500m", "4Gi")),
        Just(workload("StatefulSet", "replicas: 1", "1", "1Gi")),
        Just(workload("DaemonSet", "replicas: 1", "1", "1Gi")),
        Just(TEMPLATE.to_owned()),
        Just(PLAIN.to_owned()),
        Just(HPA.to_owned()),
    ];
    let spots = prop::sample::select(vec![
        "3",
        "500m",
        "4Gi",
        "1Gi",
        "10Gi",
        "2",
        "12",
        "web",
        "100m",
        "replicas",
        "resources",
        "spec",
    ]);
    (bases, prop::collection::vec((spots, value), 0..3))
        .prop_map(|(base, changes)| changes.into_iter().fold(base, |text, (from, to)| text.replacen(from, &to, 1)))
}

proptest! {
    #[test]
    fn nothing_makes_it_panic_and_the_way_back_costs_the_opposite(one in odd(), other in odd(), third in odd()) {
        let (before, after) = ([("a.yaml", one.as_str()), ("b.yaml", third.as_str())], [("a.yaml", other.as_str()), ("b.yaml", third.as_str())]);
        let (there, back) = (priced(&before, &after), priced(&after, &before));
        let negated = back.delta.map(|delta| Monthly { low: -delta.high, high: -delta.low });
        prop_assert_eq!(there.delta, negated);
        prop_assert_eq!((there.before, there.after), (back.after, back.before));
        prop_assert!(there.delta.is_none_or(|delta| delta.low <= delta.high));
    }

    #[test]
    fn arbitrary_text_is_no_danger(one in "\\PC{0,80}", other in "(kind|spec|apiVersion|: |\\n|- |[a-z0-9{}]){0,30}") {
        let _ = priced(&[("a.yaml", &one)], &[("a.yaml", &other), ("values.yaml", &one), ("a.tf", &other)]);
    }
}

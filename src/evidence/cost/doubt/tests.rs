use std::sync::Arc;

use super::*;
use crate::diff::fields::documents;
use crate::diff::fields::testing::report_over;

/// What the first doubt of a change of files is about, if there is one.
fn doubted(files: &[(&str, &str, &str)]) -> Option<&'static str> {
    let side = |text: &'_ str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
    let owned: Vec<_> = files.iter().map(|(path, old, new)| (*path, side(old), side(new))).collect();
    let sides: Vec<_> = owned.iter().map(|(path, old, new)| (*path, old.as_deref(), new.as_deref())).collect();
    let report = report_over(&sides);
    let [before, after] = [0, 1].map(|at| {
        let mut inventory = Inventory::default();
        for (path, old, new) in files {
            let text = if at == 0 { old } else { new };
            if !text.is_empty() {
                inventory.put((*path).into(), documents((*path).into(), text.as_bytes()).map(Arc::from));
            }
        }
        inventory
    });
    let whole = Whole::of(&report, &before, &after);
    let of_file = || report.unexplained.iter().find_map(|one| whole.doubt_of_file(one.file.as_bstr()));
    report.fields.iter().find_map(|field| whole.doubt(field)).or_else(of_file)
}

fn headed(kind: &str, spec: &str) -> String {
    let group = match kind {
        "HelmRelease" => "helm.toolkit.fluxcd.io/v2",
        "Kustomization" => "kustomize.toolkit.fluxcd.io/v1",
        _ => "argoproj.io/v1alpha1",
    };
    format!("apiVersion: {group}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n")
}

#[test]
fn values_of_charts_are_zero_only_where_they_are_plainly_harmless() {
    for (from, to, doubtful) in [
        ("workers: 3", "workers: 30", true),
        ("tier: small", "tier: xlarge", true),
        ("tier: small", "tier: small, ha: true", true),
        ("tier: small", "tier: small, cache: {shards: 3}", true),
        ("tier: small", "tier: '${TIER}'", true),
        ("tier: small", "tier: small, image: {tag: v1, pullPolicy: Always}", false),
        ("tier: small", "tier: small, podLabels: {a: b}", false),
        ("tier: small", "tier: small, replicas: 3", false), // the model has it
        ("tag: 1.0", "tag: 1.1", false),
        ("team: a", "team: b", false),
        ("https://a.example", "https://b.example/x", false),
        ("LOG: info", "LOG: debug", false),
        ("timeout: 5s", "timeout: 9s", false),
        ("ingress: {enabled: true", "ingress: {enabled: false", false),
    ] {
        let values = "{tier: small, workers: 3, image: {tag: 1.0}, annotations: {team: a}, baseUrl: https://a.example, env: {LOG: info}, timeout: 5s, ingress: {enabled: true}}";
        let other = values.replace(from, to);
        let release =
            |values: &str| headed("HelmRelease", &format!("{{chart: {{spec: {{chart: foo}}}}, values: {values}}}"));
        let object = |values: &str| {
            headed("Application", &format!("{{source: {{chart: foo, helm: {{valuesObject: {values}}}}}}}"))
        };
        for (path, old, new) in [
            ("a.yaml", release(values), release(&other)),
            ("a.yaml", object(values), object(&other)),
            ("web/values-prod.yaml", values.to_owned(), other.clone()),
        ] {
            assert_eq!(doubted(&[(path, &old, &new)]).is_some(), doubtful, "{path} {from} {to}");
        }
    }
    let library = |env: &str| {
        headed("HelmRelease", &format!("{{values: {{controllers: {{a: {{containers: {{b: {{x: {env}}}}}}}}}}}}}"))
    };
    assert_eq!(doubted(&[("a.yaml", &library("3"), &library("4"))]), None, "that shape is read whole");
}

#[test]
fn what_argo_cd_deploys_is_not_zero() {
    for (spec, from, to, doubtful) in [
        ("{source: {helm: {values: \"replicaCount: 3\\n\"}}}", "3", "30", true),
        ("{source: {helm: {values: \"image: {tag: a}\\nx: 1\"}}}", "tag: a", "tag: b", false),
        ("{source: {helm: {parameters: [{name: replicaCount, value: '3'}]}}}", "'3'", "'30'", true),
        ("{source: {helm: {parameters: [{name: image.tag, value: '3'}]}}}", "'3'", "'30'", false),
        ("{sources: [{helm: {valueFiles: [a.yaml]}}]}", "a.yaml", "b.yaml", true),
        ("{source: {kustomize: {images: ['a:1']}}}", "a:1", "a:2", false),
        ("{source: {kustomize: {replicas: [{name: a, count: 1}]}}}", "count: 1", "count: 5", true),
        ("{source: {path: a}}", "a}}", "b}}", true),
        ("{source: {targetRevision: v1}}", "v1", "v2", false),
        ("{syncPolicy: {automated: {prune: true}}}", "true", "false", false),
    ] {
        let (old, new) = (headed("Application", spec), headed("Application", &spec.replace(from, to)));
        assert_eq!(doubted(&[("a.yaml", &old, &new)]).is_some(), doubtful, "{spec} {to}");
        let spec = format!("{{template: {{spec: {spec}}}}}");
        let (old, new) = (headed("ApplicationSet", &spec), headed("ApplicationSet", &spec.replace(from, to)));
        assert_eq!(doubted(&[("a.yaml", &old, &new)]).is_some(), doubtful, "set {spec} {to}");
    }
    let set =
        |elements: &str| headed("ApplicationSet", &format!("{{generators: [{{list: {{elements: [{elements}]}}}}]}}"));
    assert!(doubted(&[("a.yaml", &set("{n: 1}"), &set("{n: 1}, {n: 2}"))]).is_some());
}

#[test]
fn what_a_kustomization_takes_in_is_priced_where_it_comes_with_it() {
    let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    let list = |text: &str| format!("{head}{text}");
    let service = "kind: Service\napiVersion: v1\nmetadata: {name: a}\n";
    let one = list("resources: [e.yaml]\n");
    let two = list("resources: [e.yaml, ./d.yaml]\n");
    assert!(doubted(&[("k/kustomization.yaml", &two, &one)]).is_some());
    assert!(doubted(&[("k/kustomization.yaml", &one, &two)]).is_some());
    assert_eq!(doubted(&[("k/kustomization.yaml", &two, &one), ("k/d.yaml", service, "")]), None);
    assert_eq!(doubted(&[("k/kustomization.yaml", &one, &two), ("k/d.yaml", "", service)]), None);
    for (from, to, doubtful) in [
        ("", "components: [../big]\n", true),
        ("", "bases: [../big]\n", true),
        ("", "patches: [{path: other.yaml}]\n", true),
        ("", "labels: [{pairs: {a: b}}]\n", false),
        ("images: [{name: a, newTag: '1'}]\n", "images: [{name: a, newTag: '2'}]\n", false),
        ("namespace: a\n", "namespace: b\n", false),
        ("replacements: [{source: {fieldPath: a}}]\n", "replacements: [{source: {fieldPath: b}}]\n", true),
    ] {
        assert_eq!(doubted(&[("k/kustomization.yaml", &list(from), &list(to))]).is_some(), doubtful, "{to}");
    }
    let folder = list("resources: [../app]\n");
    assert!(doubted(&[("k/kustomization.yaml", head, &folder)]).is_some());
    assert_eq!(doubted(&[("k/kustomization.yaml", head, &folder), ("app/kustomization.yaml", "", &list(""))]), None);
}

#[test]
fn flux_may_put_in_and_patch_anything() {
    for (old, new, doubtful) in [
        ("{path: ./a}", "{path: ./b}", true),
        ("{path: ./a, interval: 5m}", "{path: ./a, interval: 9m}", false),
        ("{postBuild: {substitute: {REPLICAS: '3'}}}", "{postBuild: {substitute: {REPLICAS: '9'}}}", true),
        ("{postBuild: {substitute: {APP_URL: x}}}", "{postBuild: {substitute: {APP_URL: y}}}", false),
        ("{path: ./a}", "{path: ./a, patches: [{patch: \"a: 1\\nspec: {replicas: 3}\"}]}", true),
    ] {
        let (old, new) = (headed("Kustomization", old), headed("Kustomization", new));
        assert_eq!(doubted(&[("a.yaml", &old, &new)]).is_some(), doubtful, "{new}");
    }
}

#[test]
fn patches_of_any_form_are_not_zero() {
    let object = |name: &str, rest: &str| format!("    kind: Deployment\n    metadata: {{name: {name}}}\n    {rest}\n");
    let inline = |text: &str| format!("patches:\n- patch: |\n{text}");
    let two = |rest: &str| {
        let text = object("a", "spec: {replicas: 3}") + "    ---\n" + &object("b", rest);
        inline(&text) + "  target: {labelSelector: x}\n"
    };
    let ops = |lines: &[&str]| inline(&format!("    - {}\n", lines.join("\n    - ")));
    let memory = "{op: add, path: /spec/template/spec/containers/0/resources/limits/memory, value: 2Gi}";
    let more = memory.replace("2Gi", "4Gi");
    let label = "{op: add, path: /metadata/labels/a, value: b}";
    let strategic = inline(&object("a", "spec: {template: {spec: {containers: [{name: x, image: 'a:1'}]}}}"));
    for (old, new, doubtful) in [
        (two("spec: {replicas: 3}"), two("spec: {replicas: 30}"), true),
        (two("x: {labels: {a: b}}"), two("x: {labels: {a: c}}"), false),
        (inline(&object("a", "spec: {paused: true}")), inline(&object("a", "$patch: delete")), true),
        (ops(&[memory, &more]), ops(&[&more, memory]), true),
        (ops(&[label]), ops(&[&label.replace("value: b", "value: c")]), false),
        (ops(&[label]), ops(&[label, "{op: remove, path: /spec/template/spec/containers/1}"]), true),
        (strategic.clone(), strategic.replace("a:1", "a:2"), false),
        (strategic.clone(), strategic.replace("image", "resources: {limits: {cpu: 1}}, image"), true),
    ] {
        assert_eq!(doubted(&[("k/kustomization.yaml", &old, &new)]).is_some(), doubtful, "{old} {new}");
    }
}

#[test]
fn values_in_a_config_map_are_values() {
    let map = |text: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: v}}\ndata: {{values.yaml: '{text}', a.conf: x}}\n")
    };
    assert!(doubted(&[("a.yaml", &map("replicas: 3"), &map("replicas: 30"))]).is_some());
    assert_eq!(doubted(&[("a.yaml", &map("tag: 3"), &map("tag: 30"))]), None);
    assert_eq!(doubted(&[("a.yaml", &map("a: 1"), &map("a: 1").replace("a.conf: x", "a.conf: y"))]), None);
}

/// A release that takes in values from `from`, of the chart and the source that are named.
fn reader(from: &str) -> String {
    headed("HelmRelease", &format!("{{chart: {{spec: {{chart: foo}}}}, valuesFrom: [{from}]}}"))
}

#[test]
fn what_a_config_map_holds_counts_where_something_reads_it_as_values() {
    let map = |text: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: v}}\ndata: {{prod.yaml: '{text}', WORKERS: '{text}'}}\n"
        )
    };
    let (old, new) = (map("workers: 3"), map("workers: 30"));
    let flux = headed("Kustomization", "{postBuild: {substituteFrom: [{kind: ConfigMap, name: v}]}}");
    for (other, doubtful) in [
        (reader("{kind: ConfigMap, name: v, valuesKey: prod.yaml}"), true),
        (reader("{kind: ConfigMap, name: v, valuesKey: prod.yaml, targetPath: web.workers}"), true),
        (reader("{kind: ConfigMap, name: v, valuesKey: prod.yaml, targetPath: adminPassword}"), false),
        (reader("{kind: ConfigMap, name: other, valuesKey: prod.yaml}"), false),
        (reader("{kind: Secret, name: v, valuesKey: prod.yaml}"), false),
        (reader("{kind: ConfigMap, name: v, valuesKey: web.yaml}"), false),
        (flux, true),
        (String::new(), false),
    ] {
        let found = doubted(&[("v.yaml", &old, &new), ("r.yaml", &other, &other)]);
        assert_eq!(found.is_some(), doubtful, "{other}");
    }
    let read = reader("{kind: ConfigMap, name: v, valuesKey: prod.yaml}");
    let (old, new) = (map("image: {tag: 1}"), map("image: {tag: 2}"));
    assert_eq!(doubted(&[("v.yaml", &old, &new), ("r.yaml", &read, &read)]), None, "an image starts nothing");
    let secret =
        |text: &str| old.replace("ConfigMap", "Secret").replace("\ndata", "\nstringData").replace("tag: 1", text);
    let read = reader("{kind: Secret, name: v, valuesKey: prod.yaml}");
    assert!(doubted(&[("v.yaml", &secret("a"), &secret("b")), ("r.yaml", &read, &read)]).is_some(), "nobody sees it");
}

#[test]
fn files_that_become_values_are_values() {
    let kustomization = "configMapGenerator: [{name: v, files: [values.yaml=./web.yaml, plain.yaml, a.txt]}]\n";
    let release =
        reader("{kind: ConfigMap, name: v}, {kind: ConfigMap, name: v, valuesKey: a.txt, targetPath: workers}");
    let changed = |file: &str, old: &str, new: &str| {
        doubted(&[
            (file, old, new),
            ("app/kustomization.yaml", kustomization, kustomization),
            ("app/r.yaml", &release, &release),
        ])
    };
    assert!(changed("app/web.yaml", "workers: 3\n", "workers: 30\n").is_some());
    assert_eq!(changed("app/web.yaml", "image: {tag: a}\n", "image: {tag: b}\n"), None);
    assert_eq!(changed("app/plain.yaml", "workers: 3\n", "workers: 30\n"), None, "nobody reads it as values");
    assert!(changed("app/a.txt", "3\n", "30\n").is_some());
    assert_eq!(changed("web.yaml", "workers: 3\n", "workers: 30\n"), None, "it is another file");
    let literal =
        |value: u8| format!("configMapGenerator: [{{name: v, literals: [WORKERS={value}, HOST=a.example]}}]\n");
    let (old, new) = (literal(3), literal(30));
    let flux = headed("Kustomization", "{postBuild: {substituteFrom: [{kind: ConfigMap, name: v}]}}");
    let read = |by: &str, new: &str| doubted(&[("k/kustomization.yaml", &old, new), ("f.yaml", by, by)]).is_some();
    assert!(read(&flux, &new) && !read("", &new) && !read(&flux, &old.replace("a.example", "b.example")));
    let application = headed("Application", "{source: {helm: {valueFiles: [../env/prod.yaml]}}}");
    let named = |file: &str| {
        doubted(&[(file, "workers: 3\n", "workers: 30\n"), ("a.yaml", &application, &application)]).is_some()
    };
    assert!(named("charts/env/prod.yaml") && !named("charts/env/test.yaml"));
}

#[test]
fn another_chart_is_not_zero_and_another_version_is() {
    let release = |spec: &str| headed("HelmRelease", spec);
    let source = |kind: &str, spec: &str| {
        format!("apiVersion: source.toolkit.fluxcd.io/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n")
    };
    let chart = |name: &str| format!("apiVersion: v2\nname: web\nversion: {name}\n");
    for (old, new, doubtful) in [
        (
            release("{chartRef: {kind: OCIRepository, name: a}}"),
            release("{chartRef: {kind: OCIRepository, name: b}}"),
            true,
        ),
        (
            release("{chart: {spec: {chart: a, version: 1.0.0}}}"),
            release("{chart: {spec: {chart: a, version: 2.0.0}}}"),
            false,
        ),
        (release("{chart: {spec: {chart: a}}}"), release("{chart: {spec: {chart: b}}}"), true),
        (
            release("{chart: {spec: {chart: a, sourceRef: {kind: HelmRepository, name: a}}}}"),
            release("{chart: {spec: {chart: a, sourceRef: {kind: HelmRepository, name: b}}}}"),
            true,
        ),
        (
            source("OCIRepository", "{url: oci://a/b, ref: {tag: 1.0}}"),
            source("OCIRepository", "{url: oci://a/b, ref: {tag: 2.0}}"),
            false,
        ),
        (source("OCIRepository", "{url: oci://a/b}"), source("OCIRepository", "{url: oci://a/c}"), true),
        (source("HelmRepository", "{url: a, interval: 1m}"), source("HelmRepository", "{url: a, interval: 9m}"), false),
        (source("HelmRepository", "{url: a}"), source("HelmRepository", "{url: b}"), true),
        (source("GitRepository", "{ref: {branch: main}}"), source("GitRepository", "{ref: {branch: big}}"), true),
        (source("HelmChart", "{chart: a}"), source("HelmChart", "{chart: b}"), true),
    ] {
        assert_eq!(doubted(&[("a.yaml", &old, &new)]).is_some(), doubtful, "{old} {new}");
    }
    let k3s = |text: &str| {
        format!(
            "apiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {{name: a}}\nspec: {{valuesContent: '{text}'}}\n"
        )
    };
    assert!(doubted(&[("a.yaml", &k3s("workers: 3"), &k3s("workers: 30"))]).is_some());
    assert_eq!(doubted(&[("a.yaml", &k3s("tag: a"), &k3s("tag: b"))]), None);
    let with =
        |version: &str, name: &str| chart("1") + &format!("dependencies: [{{name: {name}, version: {version}}}]\n");
    assert_eq!(doubted(&[("web/Chart.yaml", &with("1", "a"), &with("2", "a"))]), None);
    assert!(doubted(&[("web/Chart.yaml", &with("1", "a"), &with("1", "b"))]).is_some());
    assert!(doubted(&[("web/Chart.yaml", &chart("1"), &with("1", "a"))]).is_some());
    assert_eq!(doubted(&[("web/Chart.yaml", &chart("1"), &chart("2"))]), None);
}

#[test]
fn the_order_of_what_goes_before_counts() {
    let memory = |value: &str| format!("{{op: add, path: /spec/template/spec/x, value: {value}}}");
    let list = |items: &[&str]| format!("- {}\n", items.join("\n- "));
    let (small, large, label) = (memory("2Gi"), memory("4Gi"), "{op: add, path: /metadata/labels/a, value: b}");
    let put = "{op: add, path: /spec/replicas, value: 3}";
    for (old, new, doubtful) in [
        (list(&[&small, &large]), list(&[&large, &small]), true),
        (list(&[put, "{op: remove, path: /spec/replicas}"]), list(&["{op: remove, path: /spec/replicas}", put]), true),
        (list(&[put, label]), list(&[label, put]), true),
        (list(&[&small, &large]), list(&[&small, &large.replace('4', "8")]), true),
        (list(&[label]), list(&[&label.replace("value: b", "value: c")]), false),
        ("- {path: a, mode: b}\n- {path: c}\n".into(), "- {path: c}\n- {path: a, mode: b}\n".into(), false),
    ] {
        assert_eq!(doubted(&[("k/ops.yaml", &old, &new)]).is_some(), doubtful, "{old} {new}");
    }
    let patch = |count: u8| {
        format!("- patch: |\n    kind: Deployment\n    metadata: {{name: a}}\n    spec: {{replicas: {count}}}\n")
    };
    let of = |one: u8, other: u8| format!("patches:\n{}{}", patch(one), patch(other));
    assert!(doubted(&[("k/kustomization.yaml", &of(3, 5), &of(5, 3))]).is_some());
    let (one, other) = ("{kind: ConfigMap, name: a}", "{kind: ConfigMap, name: b}");
    let of = |first: &str, second: &str| reader(&format!("{first}, {second}"));
    assert!(doubted(&[("r.yaml", &of(one, other), &of(other, one))]).is_some());
}

#[test]
fn only_charts_of_the_library_are_read_whole() {
    let of = |values: &str| headed("HelmRelease", &format!("{{chart: {{spec: {{chart: foo}}}}, values: {values}}}"));
    let shaped = "{controllers: {a: {containers: {app: {env: {A: 1}}}, tail: 3}}}";
    let plain = "{controllers: {a: {tail: 3}}, persistence: {data: {gb: 3}}}";
    let text = "{extra: \"kind: Service\\nspec: {a: 1}\\n\", config: \"a: 1\\n\"}";
    for (values, from, to, doubtful) in [
        (shaped, "tail: 3", "tail: 30", false),
        (plain, "tail: 3", "tail: 30", true),
        (plain, "gb: 3", "gb: 30", true),
        (text, "Service", "Deployment", true),
        (text, "a: 1}", "replicas: 1}", true),
        (text, "\"a: 1", "\"a: 2", false),
    ] {
        let (old, new) = (of(values), of(&values.replace(from, to)));
        assert_eq!(doubted(&[("a.yaml", &old, &new)]).is_some(), doubtful, "{values} {to}");
    }
}

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::diff::fields::documents;
use crate::model::field::{DocumentName, FieldPath};

/// A repository: `== PATH`, then its text.
fn inventory(text: &str) -> Inventory {
    let mut inventory = Inventory::default();
    for file in text.split("== ").skip(1) {
        let (path, text) = file.split_once('\n').unwrap_or((file, ""));
        let read = documents(path.into(), text.as_bytes()).map(Arc::from);
        inventory.put(path.into(), read);
    }
    inventory
}

fn flux(name: &str, path: &str, more: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\n\
         spec:\n  path: {path}\n{more}---\n"
    )
}

fn argo(name: &str, path: &str, destination: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  \
         source: {{path: {path}}}\n  destination: {{{destination}}}\n---\n"
    )
}

fn nowhere(_: &str) -> Vec<usize> {
    Vec::new()
}

/// `CLUSTER by WHAT` of a file.
fn clusters(inventory: &Inventory, file: &str) -> Vec<String> {
    let landscape = Landscape {
        clusters: vec![NamedCluster {
            name: "eu".into(),
            place: "policy.yaml:9:3".into(),
            by_path: false,
            endpoints: vec!["https://eu.example:6443".into()],
        }],
        at: &nowhere,
    };
    let found = Routes::of(inventory).clusters(file, &landscape);
    found.into_iter().map(|(name, why)| format!("{name} by {why}")).collect()
}

#[test]
fn flux_is_followed_from_a_cluster_to_its_bases() {
    let text = [
        "== clusters/main/apps.yaml\n",
        &flux("cluster-apps", "./apps/main", ""),
        "== clusters/test/apps.yaml\n",
        &flux("cluster-apps", "./apps/test", ""),
        "== apps/main/kustomization.yaml\nresources: [web.yaml, edge.yaml]\n",
        "== apps/main/web.yaml\n",
        &flux("web", "./apps/base/web", "  components: [../../../components/backup]\n"),
        "== apps/main/edge.yaml\n",
        &flux("edge", "./apps/base/edge", "  kubeConfig: {secretRef: {name: edge-kubeconfig}}\n"),
        "== clusters/main/each.yaml\n",
        &flux("each", "./each/${CLUSTER}", ""),
        "== clusters/test/each.yaml\n",
        &flux("each", "./each/${CLUSTER}", ""),
        "== apps/test/web.yaml\n",
        &flux("web", "./apps/base/web", ""),
        "== apps/base/web/kustomization.yaml\nresources: [app.yaml, ../common]\nconfigMapGenerator: [{name: c, files: [x=config/a.json]}]\n",
        "== apps/base/common/kustomization.yaml\nresources: [all.yaml]\n",
        "== components/backup/kustomization.yaml\nkind: Component\nresources: [pvc.yaml]\n",
    ];
    let inventory = inventory(&text.concat());
    let both = ["main by Flux Kustomization flux-system/web", "test by Flux Kustomization flux-system/web"];
    for (file, expected) in [
        ("apps/base/web/app.yaml", &both[..]),
        ("apps/base/web/config/a.json", &both),
        ("apps/base/web/new-and-not-yet-named.yaml", &both),
        ("apps/base/common/all.yaml", &both),
        ("components/backup/pvc.yaml", &both[..1]),
        ("apps/base/edge/app.yaml", &["edge by Flux Kustomization flux-system/edge"]),
        ("apps/main/web.yaml", &["main by Flux Kustomization flux-system/cluster-apps"]),
        ("clusters/main/apps.yaml", &["main by Flux Kustomization flux-system/cluster-apps"]),
        ("each/test/a.yaml", &["test by Flux Kustomization flux-system/each"]),
        ("docs/readme.yaml", &[]),
    ] {
        assert_eq!(clusters(&inventory, file), expected, "{file}");
    }
}

#[test]
fn argo_says_where_things_go() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n  generators:\n    - matrix:\n        \
               generators:\n          - git: {directories: [{path: 'sets/*'}, {path: sets/old, exclude: true}]}\n          - list: {elements: \
               [{env: staging}, {env: prod}]}\n  template: {spec: {source: {path: '{{path}}/{{env}}'}, destination: {name: '{{env}}'}}}\n";
    let cluster = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: far}\nspec:\n  generators: [{clusters: {}}]\n  \
                   template: {spec: {source: {path: 'far/{{name}}'}, destination: {server: '{{server}}'}}}\n";
    let text = [
        "== argo/apps.yaml\n",
        &argo("web", "apps/web/prod", "name: prod"),
        &argo("eu", "apps/eu", "server: 'https://eu.example:6443/'"),
        &argo("us", "apps/us", "server: 'https://us.example'"),
        &argo("here", "apps/here", "server: 'https://kubernetes.default.svc'"),
        "== clusters/hub/argo.yaml\n",
        &argo("argo", "argo", "name: in-cluster"),
        "== sets.yaml\n",
        set,
        "== far.yaml\n",
        cluster,
        "== sets/a/prod/x.yaml\na: 1\n== sets/old/prod/x.yaml\na: 1\n",
    ];
    let inventory = inventory(&text.concat());
    for (file, expected) in [
        ("apps/web/prod/templates/a.yaml", &["prod by Argo CD Application argocd/web"][..]),
        ("apps/eu/a.yaml", &["eu by Argo CD Application argocd/eu"]),
        ("apps/us/a.yaml", &["us.example by Argo CD Application argocd/us"]),
        ("apps/here/a.yaml", &["hub by Argo CD Application argocd/here"]),
        ("argo/apps.yaml", &["hub by Argo CD Application argocd/argo"]),
        ("sets/a/prod/x.yaml", &["prod by Argo CD ApplicationSet all"]),
        ("sets/old/prod/x.yaml", &[]),
        ("far/a/x.yaml", &["not known before it is filled in by Argo CD ApplicationSet far"]),
    ] {
        assert_eq!(clusters(&inventory, file), expected, "{file}");
    }
    let unread = Routes::of(&inventory).unread;
    assert_eq!(unread, ["Argo CD ApplicationSet far: what its generator clusters gives is known to the cluster alone"]);
}

#[test]
fn who_brings_himself_is_where_it_began() {
    let text = [
        "== clusters/prod/flux-system/sync.yaml\n",
        &flux("flux-system", "./clusters/prod", ""),
        "== clusters/prod/apps.yaml\n",
        &flux("apps", "./apps/prod", ""),
        "== a/a.yaml\n",
        &flux("a", "./b", ""),
        "== b/b.yaml\n",
        &flux("b", "./a", ""),
        "== c/kustomization.yaml\nresources: [../d]\n== d/kustomization.yaml\nresources: [../c]\n",
    ];
    let inventory = inventory(&text.concat());
    assert_eq!(clusters(&inventory, "apps/prod/web/a.yaml"), ["prod by Flux Kustomization flux-system/apps"]);
    assert_eq!(clusters(&inventory, "clusters/prod/apps.yaml"), ["prod by Flux Kustomization flux-system/flux-system"]);
    assert_eq!(clusters(&inventory, "a/x.yaml"), ["in-cluster by Flux Kustomization flux-system/b"]);
    assert_eq!(clusters(&inventory, "c/x.yaml"), [] as [String; 0]);
}

fn report(changes: &[(&str, &str, &str, FieldOp)]) -> FieldReport {
    let fields = changes.iter().map(|(file, kind, name, op)| {
        FieldChange::of(
            (*file).into(),
            DocumentName {
                api_version: Some("v1".into()),
                kind: Some((*kind).into()),
                namespace: Some("shop".into()),
                name: Some((*name).into()),
                index: 0,
            },
            FieldPath::default(),
            *op,
        )
    });
    FieldReport { fields: fields.collect(), ..FieldReport::default() }
}

const SHOP: &str = "\
== clusters/prod.yaml
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: prod}
spec: {path: ./prod}
== clusters/staging.yaml
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: staging}
spec: {path: ./staging}
== prod/config.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: {a: b}
== prod/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {envFrom: [{configMapRef: {name: web}}], url: 'http://cart.shop:80'}
== staging/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {envFrom: [{configMapRef: {name: web}}]}
== prod/other.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: other}
spec: {envFrom: [{configMapRef: {name: web}}]}
== prod/cart.yaml
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
== prod/broken.yaml
a: [
";

#[test]
fn uses_are_counted_where_they_can_be_meant() {
    let before = inventory(SHOP);
    let mut after = before.clone();
    after.remove("prod/config.yaml".into());
    let landscape = Landscape { clusters: Vec::new(), at: &nowhere };
    let fields = report(&[
        ("prod/config.yaml", "ConfigMap", "web", FieldOp::Removed),
        ("prod/cart.yaml", "Service", "cart", FieldOp::Modified),
    ]);
    let files = vec!["prod/config.yaml".to_owned(), "prod/cart.yaml".to_owned()];
    let change = Change { files, fields: &fields, before: &before, after: &after, services: Vec::new() };
    let reach = Atlas::of(&before).reach(&change, &landscape);
    let said: Vec<String> = reach
        .uses
        .iter()
        .map(|used| {
            format!("{} {} {}: {} {}", used.name, used.gone, used.count, used.places[0].by, used.places[0].file)
        })
        .collect();
    assert_eq!(
        said,
        [
            "ConfigMap shop/web true 1: Deployment shop/web prod/web.yaml",
            "host cart.shop false 1: Deployment shop/web prod/web.yaml",
        ]
    );
    assert_eq!((reach.clusters[0].name.as_str(), reach.clusters[0].files), ("prod", 2));
    assert_eq!(
        reach.missing.as_deref(),
        Some(
            "prod/broken.yaml cannot be read as values (not YAML: unclosed bracket '[', line 1), so it is not known what it uses"
        )
    );
}

#[test]
fn what_cannot_be_read_is_missed_where_it_could_matter() {
    let text = [
        "== clusters/prod/a.yaml\n",
        &flux("a", "./apps/prod", ""),
        "== clusters/test/a.yaml\n",
        &flux("b", "./apps/test", ""),
        "== apps/prod/web/web.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n== docs/a.toml\na = 1\n",
    ]
    .concat();
    let landscape = Landscape { clusters: Vec::new(), at: &nowhere };
    let (web, toml) = ("apps/prod/web/web.yaml", "docs/a.toml");
    for (file, unread, why, matters) in [
        (web, "apps/prod/web/x.yaml", "a tab", true),
        (web, "apps/prod/kustomization.yaml", "a tab", true),
        (web, "apps/prod/web/deep/er/x.yaml", "a tab", true),
        (web, "apps/prod/cart/x.yaml", "a tab", true),
        (web, "apps/test/cart/x.yaml", "a tab", false),
        (web, "charts/x/templates/a.yaml", "a tab", false),
        (web, "charts/x/templates/a.yaml", "a file is too large to be shown", true),
        (web, "charts/x/templates/a.yaml", "it has over 8 MiB", true),
        (web, "Taskfile.yaml", "a tab", false),
        (web, "kustomization.yaml", "a tab", true),
        (toml, "charts/x/templates/a.yaml", "a file is too large to be shown", false),
        (toml, "apps/prod/web/x.yaml", "a tab", false),
        (toml, "docs/b.toml", "a tab", true),
    ] {
        let mut before = inventory(&text);
        before.put(unread.into(), Err(why.to_owned()));
        let fields = report(&if file == web { vec![(web, "Service", "web", FieldOp::Modified)] } else { vec![] });
        let files = vec![file.to_owned()];
        let change = Change { files, fields: &fields, before: &before, after: &before, services: Vec::new() };
        let missing = Atlas::of(&before).reach(&change, &landscape).missing;
        let told = missing.as_ref().is_some_and(|missing| missing.contains(unread));
        assert_eq!((told, missing.is_some()), (matters, matters), "{file} {unread}: {missing:?}");
    }
}

#[test]
fn policy_names_clusters_by_path() {
    let before = inventory(
        &["== clusters/prod/a.yaml\n", &flux("a", "./apps", ""), "== clusters/test/a.yaml\n", &flux("a", "./apps", "")]
            .concat(),
    );
    let cluster = |name: &str| NamedCluster {
        name: name.into(),
        place: "policy.yaml:9:3".into(),
        by_path: true,
        endpoints: vec![],
    };
    let at = |file: &str| if file.contains("/prod/") { vec![0] } else { vec![] };
    let landscape = Landscape { clusters: vec![cluster("prod"), cluster("test")], at: &at };
    let fields = FieldReport::default();
    for (file, expected) in [("apps/web/prod/a.yaml", &["prod"][..]), ("apps/base/a.yaml", &["prod", "test"])] {
        let change =
            Change { files: vec![file.into()], fields: &fields, before: &before, after: &before, services: Vec::new() };
        let reach = Atlas::of(&before).reach(&change, &landscape);
        let names: Vec<&str> = reach.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
        assert_eq!(names, expected, "{file}");
    }
}

#[test]
fn nothing_is_not_unknown() {
    let before = inventory("== a/web.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n== b.toml\na = 1\n");
    let landscape = Landscape { clusters: Vec::new(), at: &nowhere };
    let fields = FieldReport::default();
    let of = |file: &str| {
        let change =
            Change { files: vec![file.into()], fields: &fields, before: &before, after: &before, services: Vec::new() };
        Atlas::of(&before).reach(&change, &landscape).missing
    };
    assert_eq!(of("b.toml"), None);
    assert!(of("a/web.yaml").is_some_and(|why| why.starts_with("nothing here says which clusters there are")));
}

#[test]
fn large_repositories_are_bounded() {
    let folder = |n: usize| {
        let (next, other) = ((n + 1) % 10_000, (n * 7) % 10_000);
        format!(
            "== k/{n}/kustomization.yaml\nresources: [../{next}, ../{other}, a.yaml]\n== k/{n}/a.yaml\napiVersion: v1\n\
             kind: ConfigMap\nmetadata: {{name: same}}\ndata: {{configMapRef: {{name: same}}}}\n"
        )
    };
    let folders: Vec<String> = (0..10_000).map(folder).collect();
    let deliveries: Vec<String> = (0..2_000).map(|n| flux(&format!("f{n}"), &format!("./k/{n}"), "")).collect();
    let text = format!("{}== f.yaml\n{}", folders.concat(), deliveries.concat());
    let before = inventory(&text);
    let began = std::time::Instant::now();
    let landscape = Landscape { clusters: Vec::new(), at: &nowhere };
    let fields = report(&[("k/5/a.yaml", "ConfigMap", "same", FieldOp::Modified)]);
    let change = Change {
        files: vec!["k/5/a.yaml".into()],
        fields: &fields,
        before: &before,
        after: &before,
        services: Vec::new(),
    };
    let reach = Atlas::of(&before).reach(&change, &landscape);
    assert_eq!(reach.clusters.len(), 1);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

fn word() -> impl Strategy<Value = String> {
    let words = [
        "kind: Kustomization",
        "kind: Application",
        "kind: ApplicationSet",
        "kind: HelmRelease",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1",
        "apiVersion: argoproj.io/v1alpha1",
        "spec:",
        "  path: ../a",
        "  path: ./",
        "  path: '{{a}}/${b'",
        "  source: {path: a/b, helm: {valueFiles: [$v/x, ../y]}}",
        "  destination: {server: '{{x}}'}",
        "  generators: [{git: {directories: [{path: '**'}]}}, {list: {elements: [1, {a: {b: c}}]}}, 7]",
        "  template: {spec: {source: {path: '{{.path[0]}}'}}}",
        "resources: [., ../a, a.yaml, 3]",
        "components: [../b]",
        "metadata: {name: a, namespace: b}",
        "  kubeConfig: {secretRef: {name: -kubeconfig}}",
        "image: a:b@c",
        "url: http://a.svc.b.svc",
        "- configMapRef: {name: a}",
        "---",
        "== a/kustomization.yaml",
        "== b/kustomization.yaml",
        "== a/x.yaml",
        "== x.yaml",
    ];
    proptest::sample::select(words.map(str::to_owned).to_vec())
}

proptest! {
    #[test]
    fn never_panics(lines in proptest::collection::vec(word(), 0..40)) {
        let before = inventory(&format!("== a/a.yaml\n{}\n", lines.join("\n")));
        let landscape = Landscape { clusters: Vec::new(), at: &nowhere };
        let files: Vec<String> = ["a/a.yaml", "a/x.yaml", "x.yaml", "a/kustomization.yaml", ""].map(str::to_owned).to_vec();
        let fields = report(&[("a/x.yaml", "HelmRelease", "a", FieldOp::Removed), ("a/a.yaml", "Kustomization", "a", FieldOp::Modified)]);
        let change = Change { files, fields: &fields, before: &before, after: &Inventory::default(), services: Vec::new() };
        let _ = Atlas::of(&before).reach(&change, &landscape);
    }

    #[test]
    fn never_panics_on_any_text(text in "(?s).{0,200}") {
        let _ = clusters(&inventory(&format!("== a.yaml\n{text}")), &text);
        let _ = delivery::Goal::of(&text).is_some_and(|goal| goal.covers(&text));
    }
}

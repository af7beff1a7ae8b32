use proptest::prelude::*;

use super::testing::{report, report_over, shown, unlisted, yaml};
use super::{apply, compare, yaml as reader};

#[test]
fn values_that_change_are_fields() {
    for (before, after, fields) in [
        ("a: 1\n", "a: 2\n", &["a 1 → 2 @1|1"][..]),
        ("a: 1\nb: x\n", "a: 1\n", &["-b \"x\" @2|"]),
        ("a: 1\n", "a: 1\nb:\n  c: x\n  d: [1]\n", &["+b.c \"x\" @|2-3", "+b.d [1] @|4"]),
        ("a:\n  b: 1\n  c: 2\nd: 0\n", "d: 0\n", &["-a.b 1 @1-2|", "-a.c 2 @3|"]),
        ("a: {}\n", "a:\n  b: 1\n", &["a {} → {\"b\":1} @1|1-2"]),
        ("a:\n", "a:\n  b: 1\n", &["a null → {\"b\":1} @1|1-2"]),
        ("a: 3\n", "a: \"3\"\n", &["a 3 → \"3\" @1|1"]),
        ("a: on\n", "a: 'on'\n", &["a true → \"on\" @1|1"]),
        ("a: yes\n", "a: true\n", &["a \"yes\" → \"true\" @1|1"]),
        ("a: 1.10\n", "a: 1.1\n", &["a \"1.10\" → \"1.1\" @1|1"]),
        ("a: 0644\n", "a: 0600\n", &["a 420 → 384 @1|1"]),
        ("a: !Ref x\n", "a: !Sub x\n", &["a \"!Ref \\\"x\\\"\" → \"!Sub \\\"x\\\"\" @1|1"]),
        ("a: |\n  one\n  two\n", "a: |\n  one\n  2\n", &["a \"one\\ntwo\\n\" → \"one\\n2\\n\" @1-3|1-3"]),
    ] {
        assert_eq!(yaml(before, after), fields, "{before:?} {after:?}");
    }
}

#[test]
fn items_of_lists_are_known_by_name_or_content() {
    for (before, after, fields) in [
        (
            "c:\n- name: a\n  image: x:1\n- name: b\n  image: y:1\n",
            "c:\n- name: b\n  image: y:1\n- name: a\n  image: x:2\n",
            &["~c[a] @2-3|4-5", "c[a].image \"x:1\" → \"x:2\" @3|5"][..],
        ),
        ("c:\n- name: a\n", "c:\n- name: a\n- name: b\n  x: 1\n", &["+c[b] {\"name\":\"b\",\"x\":1} @|3-4"]),
        ("c: [--a=1, --b]\n", "c: [--a=2, --b]\n", &["c[0] \"--a=1\" → \"--a=2\" @1|1"]),
        ("c:\n- x\n- y\n- z\n", "c:\n- y\n- z\n", &["-c[0] \"x\" @2|"]),
        ("c:\n- x\n- y\n", "c:\n- y\n- x\n", &["~c[1] @2|3"]),
        ("c: []\n", "c:\n- x\n", &["+c[0] \"x\" @|2", "Format @1|1"]),
        ("c:\n- x\n", "c: []\n", &["-c[0] \"x\" @2|", "Format @1|1"]),
        ("t:\n- hosts: [a]\n", "t:\n- hosts: [a, b]\n", &["+t[0].hosts[1] \"b\" @|2", "Format @2|"]),
        (
            "t:\n- hosts: [a]\n",
            "t:\n- hosts: [b]\n",
            &["-t[0] {\"hosts\":[\"a\"]} @2|", "+t[0] {\"hosts\":[\"b\"]} @|2"],
        ),
        ("t:\n- [a]\n", "t:\n- [a, b]\n", &["+t[0][1] \"b\" @|2", "Format @2|"]),
        ("p:\n- port: 80\n  protocol: TCP\n", "p:\n- port: 81\n  protocol: TCP\n", &["p[0].port 80 → 81 @2|2"]),
    ] {
        assert_eq!(yaml(before, after), fields, "{before:?} {after:?}");
    }
}

#[test]
fn amounts_are_compared_by_value() {
    let at = |path: &str, value: &str| {
        let keys: Vec<&str> = path.split('.').collect();
        let lead: String = keys.iter().enumerate().map(|(depth, key)| "  ".repeat(depth) + key + ":\n").collect();
        format!("{} {value}\n", lead.trim_end())
    };
    for (path, before, after, line) in [
        (
            "resources.limits.memory",
            "4Gi",
            "2Gi",
            "resources.limits.memory \"4Gi\" → \"2Gi\" (4294967296 → 2147483648 Bytes) capacity @3|3",
        ),
        ("resources.limits.cpu", "1000m", "1", "Format @3|3"),
        ("resources.limits.cpu", "1000m", "\"1\"", "Format @3|3"),
        ("a.cpu", "1000m", "1", "a.cpu \"1000m\" → 1 (1 → 1 Cores) capacity @2|2"),
        ("spec.interval", "60s", "1m", "Format @2|2"),
        ("spec.interval", "1h", "30m", "spec.interval \"1h\" → \"30m\" (3600 → 1800 Seconds) @2|2"),
        ("spec.replicas", "3", "'3'", "spec.replicas 3 → \"3\" capacity @2|2"),
        ("spec.maxUnavailable", "1", "50%", "spec.maxUnavailable 1 → \"50%\" @2|2"),
        ("spec.password", "one", "two", "spec.password {\"masked\":true} → {\"masked\":true} @2|2"),
    ] {
        let found = yaml(&at(path, before), &at(path, after));
        assert!(found.iter().any(|found| found == line), "{path} {before} {after}: {found:?}");
    }
}

#[test]
fn objects_keep_their_names_wherever_they_go() {
    let pod = |name: &str, replicas: u32| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{replicas: {replicas}}}\n"
        )
    };
    let (a, b, b2) = (pod("a", 1), pod("b", 2), pod("b", 4));
    let both = a.clone() + &b;
    assert!(yaml(&both, &(b.clone() + &a)).iter().all(|line| line.starts_with("Order")));
    let moved =
        report_over(&[("a.yaml", Some(both.as_bytes()), Some(a.as_bytes())), ("b.yaml", None, Some(b2.as_bytes()))]);
    assert_eq!(
        shown(&moved),
        ["Deployment b ~ \"a.yaml\" → \"b.yaml\" @6-10|1-5", "Deployment b spec.replicas 2 → 4 capacity @|5"]
    );
    let gone = report_over(&[("a.yaml", Some(both.as_bytes()), Some(a.as_bytes()))]);
    assert_eq!(shown(&gone).len(), 1);
    assert!(shown(&gone)[0].starts_with("Deployment b - {") && shown(&gone)[0].ends_with("capacity @6-10|"));
    let renamed = report_over(&[("x/a.yaml", Some(b.as_bytes()), None), ("y/a.yaml", None, Some(b.as_bytes()))]);
    assert_eq!(shown(&renamed), ["Deployment b ~ \"x/a.yaml\" → \"y/a.yaml\" @1-5|1-5"]);
}

#[test]
fn secrets_are_seen_by_nobody() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: hunter2}\n";
    let env = "env:\n- name: API_TOKEN\n  value: hunter2\n";
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  app.conf: |\n    host=db\n    password=hunter2\n";
    for (file, text) in [
        ("a.yaml", secret),
        ("a.sops.yaml", "b: hunter2\n"),
        ("a.yaml", env),
        ("a.yaml", "db:\n  password: hunter2\n"),
        ("a.yaml", config),
        ("a.yaml", "args: [--password, hunter2]\n"),
        ("a.yaml", "args:\n- --port\n- --db-password\n- hunter2\n"),
        ("a.tf", "resource \"a\" \"b\" {\n  data = <<EOF\ntoken: hunter2\nEOF\n}\n"),
        ("a.json", "{\"script\": \"export TOKEN=hunter2\\nrun\"}\n"),
        (".env", "DSN=\"host=db password=hunter2\"\n"),
    ] {
        for (before, after) in [
            (Some(text.to_owned()), Some(text.replace("hunter2", "hunter23"))),
            (Some(text.to_owned()), Some(text.replace("hunter2", "\"hunter2\""))),
            (Some(text.to_owned()), None),
            (None, Some(text.to_owned())),
            (Some("q: 1\n".to_owned()), Some(text.to_owned())),
        ] {
            let found =
                report_over(&[(file, before.as_ref().map(String::as_bytes), after.as_ref().map(String::as_bytes))]);
            let said = format!("{found:?}");
            assert!(!said.contains("hunter2"), "{file} {before:?} {after:?}: {said}");
            // That something changed is never hidden.
            let listed = !found.fields.is_empty() || !found.cosmetic.is_empty() || !found.complete();
            assert!(listed, "{file}: {text}");
        }
    }
}

#[test]
fn what_is_no_value_is_cosmetic() {
    for (before, after, kinds) in [
        ("a: 1\nb: 2\n", "b: 2\na: 1\n", &["Order @1|", "Order @|2"][..]),
        ("a: 1 # x\n", "a: 1 # y\n", &["Comment @1|1"]),
        ("a: 1 # x\nb: 1\n", "a: 1\nb: 1\n", &["Comment @1|1"]),
        ("a: 1\nb: 1\n", "a: 1 # x\nb: 1\n", &["Comment @1|1"]),
        ("# x\na: 1\n", "a: 1\n", &["Comment @1|"]),
        ("a: 1\n", "\na: 1\n", &["Whitespace @|1"]),
        ("a:\n  b: 1\n", "a:\n    b: 1\n", &["Whitespace @2|2"]),
        ("a: x\n", "a: 'x'\n", &["Format @1|1"]),
        ("a: {b: 1}\n", "a:\n  b: 1\n", &["Format @1|1-2"]),
        ("a: 1\n", "---\na: 1\n", &["Format @|1"]),
        ("a: 1\r\n", "a: 1\n", &["Whitespace @1|1"]),
        ("\u{feff}a: 1\n", "a: 1\n", &["Format @1|1"]),
        ("a: True\n", "a: true\n", &["Format @1|1"]),
        ("a: 1", "a: 1\n", &["Whitespace @1|1"]),
        ("a: '# x'\n", "a: \"# x\"\n", &["Format @1|1"]),
        ("a: 1 # x\n", "a: 2 # y\n", &["a 1 → 2 @1|1", "Comment @1|1"]),
    ] {
        assert_eq!(yaml(before, after), kinds, "{before:?} {after:?}");
    }
}

#[test]
fn what_cannot_be_told_is_unexplained() {
    for (before, after, whys) in [
        (
            "a: {{ .x }}\n",
            "a: {{ .y }}\n",
            "? before: a template, whose values exist once it is rendered (a key is not a plain word, line 1) @1|1",
        ),
        ("a: 1\n", "a: 1\na: 2\n", "? after: the key `a` stands twice in a map, line 2 @|2"),
        (
            "x: 1 # renovate: datasource=docker\n",
            "x: 1 # renovate: datasource=helm\n",
            "? a comment that tools obey @1|1",
        ),
    ] {
        assert_eq!(yaml(before, after), [whys], "{before:?} {after:?}");
    }
    assert_eq!(shown(&report("a.md", "x\n", "y\n")), ["? a format without fields @1|1"]);
    let latin = report_over(&[("a.yaml", Some(b"a: 1\n"), Some(b"a: \xe9\n"))]);
    assert_eq!(shown(&latin), ["? after: not UTF-8, line 1 @1|1"]);
}

#[test]
fn aliases_are_compared_as_what_they_stand_for() {
    let before = "x: &x {k: 1}\ny: &y {k: 2}\na: *x\n";
    assert_eq!(yaml(before, &before.replace("k: 1", "k: 3")), ["x.k 1 → 3 @1|1", "a.k 1 → 3 @3|3"]);
    let other = yaml(before, &before.replace("a: *x", "a: *y"));
    assert_eq!(other, ["a.k 1 → 2 @3|3"]);
    assert_eq!(yaml(before, &before.replace("a: *x", "a: {k: 1}")), ["Format @3|3"]);
    let merged = "x: &x {k: 1}\ny: &y {k: 2}\na:\n  <<: *x\n  l: 0\n";
    assert_eq!(yaml(merged, &merged.replace("<<: *x", "<<: *y")), ["a.k 1 → 2 @4|4"]);
}

/// A YAML text of a few keys and values, so that two of them have much in common.
fn document() -> impl Strategy<Value = String> {
    let scalar =
        prop_oneof!["[abc]", "[0-3]", Just("true".into()), Just("null".into()), Just("'1'".into()), Just("~".into())];
    let flow = scalar.prop_recursive(4, 40, 5, |inner| {
        let key = "[a-e]";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::btree_map(key, inner.clone(), 0..5).prop_map(|entries| {
                let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
                format!("{{{}}}", entries.join(", "))
            }),
            prop::collection::btree_map("[m-p]", inner, 0..4).prop_map(|entries| {
                let entries: Vec<String> =
                    entries.into_iter().map(|(name, value)| format!("{{name: {name}, v: {value}}}")).collect();
                format!("[{}]", entries.join(", "))
            }),
        ]
    });
    prop::collection::btree_map("[a-h]", flow, 0..8).prop_map(|entries| {
        let entry = |(key, value): (String, String)| {
            // Some of it in blocks, so that values have lines of their own.
            match value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(inside) if !inside.contains(['[', '{', ',']) && !inside.is_empty() => {
                    format!("{key}:\n- {inside}\n")
                }
                _ => format!("{key}: {value}\n"),
            }
        };
        entries.into_iter().map(entry).collect()
    })
}

proptest! {
    #[test]
    fn edits_lead_from_before_to_after_and_none_is_idle(before in document(), after in document()) {
        let (old, new) = (reader::read(&before).unwrap(), reader::read(&after).unwrap());
        if let (Some(old), Some(new)) = (old.documents.first(), new.documents.first()) {
            let edits = compare::compare(&old.root, &new.root);
            prop_assert!(apply::leads(&old.root, &edits, &new.root), "{edits:#?}");
            for idle in 0..edits.len() {
                let mut fewer = edits.clone();
                fewer.remove(idle);
                prop_assert!(!apply::leads(&old.root, &fewer, &new.root), "{:#?}", edits[idle]);
            }
        }
    }

    #[test]
    fn no_changed_line_is_hidden(before in document(), after in document()) {
        prop_assume!(before != after && !before.is_empty() && !after.is_empty());
        let found = report("a.yaml", &before, &after);
        prop_assert!(found.complete(), "{:?}", shown(&found));
        prop_assert_eq!(unlisted(&found, &before, &after), Vec::<String>::new());
    }

    #[test]
    fn any_text_has_every_line_listed(before in "[^\\x00]{0,40}", after in "([-a-c:#{}\\[\\]&*!|>'\" \n\t]|\r\n|\n  ){0,40}") {
        for path in ["a.yaml", "a.json", "a.toml", "a.tf", ".env"] {
            let found = report(path, &before, &after);
            prop_assert_eq!(unlisted(&found, &before, &after), Vec::<String>::new(), "{:?}", shown(&found));
        }
    }
}

// What reads its text once more for each value takes hours here; how long one pass takes is not measured.
#[test]
fn hostile_texts_come_to_an_end() {
    let bomb =
        (1..60).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| text + &format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1));
    let merges = (1..1_000)
        .fold("a0: &a0 {k0: 1}\n".to_owned(), |text, n| text + &format!("a{n}: &a{n} {{<<: *a{}, k{n}: 1}}\n", n - 1));
    let numbered = |line: &dyn Fn(u32) -> String| (0..5_000).map(line).collect::<String>();
    for (name, text) in [
        ("bomb", bomb),
        ("merges", merges),
        ("flow", "[".repeat(10_000)),
        ("maps", "{a: ".repeat(10_000)),
        ("blocks", (0..3_000).map(|n| " ".repeat(n % 200) + "a:\n").collect()),
        ("dashes", "- ".repeat(10_000)),
        ("quotes", "a: '".to_owned() + &"x\n ".repeat(50_000)),
        ("long line", "a: ".to_owned() + &"x".repeat(5_000_000)),
        ("comments", "# x\n".repeat(20_000)),
        ("keys", numbered(&|n| format!("k{n}: {n}\n"))),
        ("items", "a:\n".to_owned() + &numbered(&|n| format!("- {n}\n"))),
        ("names", "a:\n".to_owned() + &numbered(&|n| format!("- name: n{n}\n  v: {n}\n"))),
        ("documents", numbered(&|n| format!("---\nkind: A\napiVersion: v1\nmetadata: {{name: n{n}}}\n")[..].into())),
        (
            "list",
            "apiVersion: v1\nkind: List\nitems:\n".to_owned()
                + &numbered(&|n| format!("- {{apiVersion: v1, kind: A, metadata: {{name: n{n}}}}}\n")),
        ),
        (
            "patches",
            numbered(&|n| format!("k{n}: {n}\n"))
                + "patches:\n"
                + &numbered(&|n| {
                    format!("- {{target: {{kind: A}}, patch: '[{{op: add, path: /a/{n}, value: {n}}}]'}}\n")
                }),
        ),
        ("passwords", "a: |\n".to_owned() + &numbered(&|n| format!("  password: ${{P{n}}} {n}\n"))),
        (
            "a long key",
            format!("{{\"{}\": {{", "password".repeat(100_000))
                + &numbered(&|n| format!("\"k{n}\": \"{n}\",\n"))
                + "\"z\": 0}}",
        ),
        (
            "aliases",
            "a: &a Zq9xHunter2Zz\nb:\n".to_owned() + &numbered(&|n| format!("- {{name: PASSWORD{n}, value: *a}}\n")),
        ),
        ("anchors", numbered(&|n| format!("k{n}: &a{n} {n}\n")) + "z: *a1\n"),
        ("50 MB", "a: b\n".repeat(2_000_000)),
        ("nul", "a: \0\n".to_owned()),
    ] {
        for path in ["a.yaml", "a.json", "a.toml", "a.tf", ".env"] {
            let backwards: String = text.lines().rev().fold(String::new(), |out, line| out + line + "\n");
            for after in [text.replacen('1', "2", 1), backwards, String::new()] {
                let found = report(path, &text, &after);
                assert!(found.fields.len() <= 2 * text.len(), "{name}");
            }
        }
    }
}

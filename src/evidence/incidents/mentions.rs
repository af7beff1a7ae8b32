//! What a text names: files, objects, fields. Names are looked for, never guessed: what has no clear form is no name.

/// Names of each kind that are kept.
const MAX_NAMES: usize = 100;
/// The longest name.
const MAX_BYTES: usize = 300;
/// What the path of a field begins with; without one of these, `shop.example.com` would be a field.
const ROOTS: [&str; 6] = ["spec", "data", "stringdata", "metadata", "values", "resources"];

/// What a text names, each once, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mentions {
    /// Paths from the root: `apps/web/values.yaml`.
    pub files: Vec<String>,
    /// Objects, in code alone: `Deployment shop/checkout`.
    pub objects: Vec<String>,
    /// Fields, in code alone: `spec.replicas`.
    pub fields: Vec<String>,
}

/// Looks for names in a Markdown text.
#[must_use]
pub(super) fn of(body: &str) -> Mentions {
    let mut found = Mentions::default();
    for (at, part) in body.split('`').enumerate() {
        if at % 2 == 1 && part.len() <= MAX_BYTES && !part.contains('\n') {
            in_code(part.trim(), &mut found);
        }
        for word in
            part.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"' | '\'' | '<' | '>' | '|'))
        {
            if let Some(path) = path(word) {
                keep(&mut found.files, path);
            }
        }
    }
    found
}

fn keep(names: &mut Vec<String>, name: &str) {
    if names.len() < MAX_NAMES && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

fn in_code(code: &str, found: &mut Mentions) {
    if let Some(root) = code.trim_start_matches('.').split(['.', '[']).next()
        && ROOTS.contains(&root.to_ascii_lowercase().as_str())
        && code.trim_start_matches('.').len() > root.len()
        && !code.contains([' ', '/', '='])
    {
        keep(&mut found.fields, code.trim_end_matches([':', '.']));
    } else if is_object(code) {
        keep(&mut found.objects, code);
    }
}

/// `Deployment shop/checkout`, `Deployment checkout`, `Deployment/checkout`.
fn is_object(code: &str) -> bool {
    let Some((kind, name)) = code.split_once([' ', '/']) else { return false };
    let is_kind = kind.len() > 2
        && kind.starts_with(|c: char| c.is_ascii_uppercase())
        && kind.bytes().all(|b| b.is_ascii_alphanumeric())
        && kind.bytes().any(|b| b.is_ascii_lowercase());
    let is_name = !name.is_empty()
        && name.split('/').count() <= 2
        && name.split('/').all(|part| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        });
    is_kind && is_name
}

/// A word as a path from the root, if it is one: it has a folder and an ending, and no scheme.
fn path(word: &str) -> Option<&str> {
    if word.len() > MAX_BYTES || !word.contains('/') || word.contains("://") {
        return None;
    }
    let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']).trim_start_matches(['*', '_']);
    let word = word.strip_prefix("./").unwrap_or(word);
    // `file.yaml:42` and `file.md#part` name the file.
    let word = word.split(['#', ':']).next().unwrap_or_default();
    let (_, file) = word.rsplit_once('/')?;
    let ending = file.rsplit_once('.').map(|(_, ending)| ending)?;
    let fits = (1..=10).contains(&ending.len())
        && ending.bytes().all(|b| b.is_ascii_alphanumeric())
        && ending.bytes().any(|b| b.is_ascii_alphabetic())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b'+' | b'@'))
        && word.split('/').all(|part| !matches!(part, "" | "." | ".."));
    fits.then_some(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_objects_and_fields_are_named() {
        let found = of(
            "See `apps/web/values.yaml:42` and (docs/runbooks/network.md), [it](./a/b.md#part), apps/web/values.yaml. \
             Not https://x.example/a.html, and/or, 1/2, a/b, /etc/passwd.conf, ../x/y.md, 24/7.5.\n\
             The limit of `Deployment shop/checkout` at `spec.template.spec.containers[app].resources.limits.memory` was 2Gi; \
             `shop.example.com`, `kubectl get pods`, `INC-213`, `spec`.",
        );
        assert_eq!(found.files, ["apps/web/values.yaml", "docs/runbooks/network.md", "a/b.md"]);
        assert_eq!(found.objects, ["Deployment shop/checkout"]);
        assert_eq!(found.fields, ["spec.template.spec.containers[app].resources.limits.memory"]);
    }

    #[test]
    fn names_are_bounded() {
        let text = (0..500).map(|n| format!("a/{n}x.md")).collect::<Vec<_>>().join(" ");
        assert_eq!(of(&text).files.len(), MAX_NAMES);
        assert_eq!(of(&format!("a/{}.md", "x".repeat(400))), Mentions::default());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "([`./a-z:#\\[\\] é]|spec|Kind ){0,60}") {
            let _ = of(&text);
        }
    }
}

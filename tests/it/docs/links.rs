//! Links and paths in the documents lead somewhere.

use std::collections::BTreeSet;

use super::super::support::golden::project;
use super::{DOCUMENTS, text_of};

#[test]
fn links_lead_somewhere() {
    for document in DOCUMENTS {
        let text = text_of(document);
        for link in targets(&text) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let file = if file.is_empty() { document } else { file };
            if file.contains("://") {
                continue;
            }
            assert!(project(file).exists(), "{document} links to {link}, and there is no {file}");
            let headings = anchors(&text_of_any(file));
            assert!(anchor.is_empty() || headings.contains(anchor), "{document} links to {link}: {headings:?}");
        }
    }
}

#[test]
fn paths_in_the_documents_are_there() {
    const OURS: [&str; 8] =
        ["src/", "tests/", "themes/", "keymaps/", "screenshots/", ".ci/", "Cargo.toml", "clippy.toml"];
    for document in DOCUMENTS {
        for span in text_of(document).split('`').skip(1).step_by(2) {
            let is_path = OURS.iter().any(|ours| span.starts_with(ours)) && !span.contains(char::is_whitespace);
            let plain = span.split(['*', '{']).next().unwrap_or(span);
            if is_path {
                let folder = plain.rfind('/').map_or(plain, |end| if plain == span { plain } else { &plain[..end] });
                assert!(project(folder).exists(), "{document} names {span}, and it is not there");
            }
        }
    }
}

/// What `[text](target)` and `![text](target)` lead to.
fn targets(text: &str) -> Vec<String> {
    let after = text.split("](").skip(1);
    after.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

fn text_of_any(file: &str) -> String {
    std::fs::read_to_string(project(file)).unwrap_or_default()
}

/// The anchors that GitHub gives to headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let heading = |line: &str| line.starts_with('#').then(|| line.trim_start_matches('#').trim().to_lowercase());
    let slug = |heading: String| {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    text.lines().filter_map(heading).map(slug).collect()
}

//! What a lesson can be about, and what it says unless the person says otherwise.

use crate::model::{Queued, Scope};

/// The scopes that a rejection of these proposals offers, the default first: the file if there is one, else the deepest
/// common folder; and the other of the two.
#[must_use]
pub fn scopes<'a>(rejected: impl IntoIterator<Item = &'a Queued>) -> Vec<Scope> {
    let mut paths: Vec<String> = rejected
        .into_iter()
        .filter_map(|queued| queued.proposal.diff())
        .flat_map(|diff| &diff.files)
        .map(|file| crate::model::text::printable_bytes(&file.path))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    let folder = Scope::Folder(folder_glob(&paths));
    match paths.as_slice() {
        [only] => vec![Scope::File(only.clone()), folder],
        _ => vec![folder],
    }
}

/// The deepest folder that all paths share, as a glob; `**` where they share none.
fn folder_glob(paths: &[String]) -> String {
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    // Sorted paths: what the first and the last share, all between them share.
    let (Some(first), Some(last)) = (paths.first(), paths.last()) else { return "**".to_owned() };
    let (first, last) = (folder(first), folder(last));
    let shared = first.split_inclusive('/').zip(last.split_inclusive('/')).take_while(|(a, b)| a == b);
    format!("{}**", shared.map(|(segment, _)| segment).collect::<String>())
}

/// The first sentence of a note: what a lesson says unless the person writes another.
#[must_use]
pub fn first_sentence(note: &str) -> String {
    let text = note.split_whitespace().collect::<Vec<_>>().join(" ");
    let end =
        text.match_indices(['.', '!', '?']).find(|(at, _)| matches!(text[at + 1..].chars().next(), None | Some(' ')));
    end.map_or(text.as_str(), |(at, _)| &text[..=at]).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_common_folder() {
        for (paths, glob) in [
            (vec![], "**"),
            (vec!["README.md"], "**"),
            (vec!["apps/web/a.yaml"], "apps/web/**"),
            (vec!["apps/web/a.yaml", "apps/web/b.yaml"], "apps/web/**"),
            (vec!["apps/web/a.yaml", "apps/webhook/b.yaml"], "apps/**"),
            (vec!["apps/web/x/a.yaml", "apps/web/z.yaml"], "apps/web/**"),
            (vec!["a/x", "b/x"], "**"),
        ] {
            let paths: Vec<String> = paths.into_iter().map(str::to_owned).collect();
            assert_eq!(folder_glob(&paths), glob, "{paths:?}");
        }
    }

    #[test]
    fn a_sentence_ends_where_a_sentence_ends() {
        for (note, sentence) in [
            ("", ""),
            ("Never lower it", "Never lower it"),
            ("Never lower it. It was an OOM.", "Never lower it."),
            ("Keep 1.5 Gi at least! Or more.", "Keep 1.5 Gi at least!"),
            ("Two\nlines. More", "Two lines."),
        ] {
            assert_eq!(first_sentence(note), sentence);
        }
    }
}

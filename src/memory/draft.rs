//! Proposals for a lesson: its sentence from what the reviewer wrote, its scope from what the change touches.

use bstr::{BString, ByteSlice as _};

use crate::model::{Scope, text};

/// The longest sentence that is proposed, in characters; a longer one is for the reviewer to shorten.
const SENTENCE_CHARS: usize = 300;

/// Abbreviations behind whose dot a sentence goes on.
const ABBREVIATIONS: [&str; 8] = ["e.g.", "i.e.", "etc.", "cf.", "vs.", "approx.", "no.", "resp."];

/// The first sentence of a note that is no question, as one line: without list marks and a leading "please", with a capital
/// and a full stop. Quoted lines and fenced code are not the reviewer's words. `None` where nothing is left.
#[must_use]
pub fn lesson_from_note(note: &str) -> Option<String> {
    paragraphs(note).iter().find_map(|paragraph| {
        let sentence = sentences(paragraph).find(|sentence| !sentence.ends_with('?'))?;
        imperative(&text::single_line(sentence))
    })
}

/// The reviewer's paragraphs and list items, each as one line.
fn paragraphs(note: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    let mut fenced = false;
    for line in note.lines().map(str::trim) {
        let fence = line.starts_with("```") || line.starts_with("~~~");
        fenced ^= fence;
        let words = line.trim_start_matches(['-', '*', '+', '#']).trim_start();
        let item = words.len() < line.len();
        if line.is_empty() || item || fence || line.starts_with('>') {
            blocks.push(String::new());
        }
        if let Some(block) = blocks.last_mut().filter(|_| !fenced && !fence && !line.starts_with('>')) {
            block.push_str(words);
            block.push(' ');
        }
    }
    blocks
}

/// The sentences of a line. A full stop ends one only before white space, and not behind an abbreviation.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let end = rest.char_indices().find_map(|(at, c)| {
            let end = at + c.len_utf8();
            let stops = matches!(c, '.' | '!' | '?') && rest[end..].chars().next().is_none_or(char::is_whitespace);
            (stops && !abbreviated(&rest[..end])).then_some(end)
        });
        let (sentence, left) = rest.split_at(end.unwrap_or(rest.len()));
        rest = left;
        (!sentence.trim().is_empty()).then_some(sentence.trim_end())
    })
}

fn abbreviated(upto: &str) -> bool {
    let word = upto.rsplit([' ', '(']).next().unwrap_or_default();
    ABBREVIATIONS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// One capitalised line that ends in a full stop; `None` where nothing is left to say.
fn imperative(sentence: &str) -> Option<String> {
    let polite = sentence.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("please "));
    let words = if polite { &sentence[7..] } else { sentence }.trim();
    let short: String = words.chars().take(SENTENCE_CHARS).collect();
    let mut chars = short.chars();
    let first = chars.next()?;
    if !short.chars().any(char::is_alphanumeric) {
        return None;
    }
    let stop = if short.ends_with(['.', '!']) { "" } else { "." };
    Some(format!("{}{}{stop}", first.to_uppercase(), chars.as_str()))
}

/// The scope that is proposed for a change: its file if there is one, else the deepest folder that holds all its files.
#[must_use]
pub fn default_scope(paths: &[BString]) -> Scope {
    match paths {
        [one] => Scope::File(one.to_str_lossy().into_owned()),
        paths => {
            let folder = common_folder(paths).to_str_lossy();
            if folder.is_empty() {
                Scope::Folder("**".to_owned())
            } else {
                Scope::Folder(format!("{}/**", globset::escape(&folder)))
            }
        }
    }
}

/// What is wrong with a scope that a person wrote: it could never hold, and the lesson would be about nothing.
#[must_use]
pub fn scope_fault(scope: &Scope) -> Option<String> {
    let (Scope::File(words) | Scope::Folder(words) | Scope::Field(words)) = scope;
    if words.chars().any(text::is_active) || words.trim() != words {
        return Some("it holds a line break, an invisible character or a space at its end".to_owned());
    }
    match scope {
        Scope::Field(_) => None,
        Scope::File(path) => outside(path),
        Scope::Folder(glob) => outside(glob).or_else(|| {
            let glob = globset::GlobBuilder::new(glob).literal_separator(true).build();
            glob.err().map(|error| format!("it is not a glob: {}", error.kind()))
        }),
    }
}

/// Paths and globs begin at the root of the repository and stay inside.
fn outside(path: &str) -> Option<String> {
    let broken = path.split('/').any(|part| matches!(part, "" | "." | ".."));
    broken.then(|| "paths begin at the root of the repository, and no part is empty, `.` or `..`".to_owned())
}

/// The deepest folder of all paths, without the slash at its end; empty is the root.
fn common_folder(paths: &[BString]) -> &[u8] {
    let folder = |path: &'_ BString| path.rfind_byte(b'/').unwrap_or(0);
    let Some(first) = paths.first() else { return b"" };
    let mut common = &first[..folder(first)];
    for path in paths {
        while !(path.starts_with(common) && (common.is_empty() || path.get(common.len()) == Some(&b'/'))) {
            common = &common[..common.rfind_byte(b'/').unwrap_or(0)];
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_of_a_note_is_the_lesson() {
        for (note, lesson) in [
            ("never lower this limit. INC-213 was an OOM.", Some("Never lower this limit.")),
            (
                "Never lower a limit without\n35 days of peak data",
                Some("Never lower a limit without 35 days of peak data."),
            ),
            ("please keep 2 replicas, e.g. in staging", Some("Keep 2 replicas, e.g. in staging.")),
            ("Why now? Wait for the freeze to end.", Some("Wait for the freeze to end.")),
            ("> the agent's own words\n\nKeep v1.2.3 pinned!", Some("Keep v1.2.3 pinned!")),
            ("- do one thing\n- do another", Some("Do one thing.")),
            ("```\nkubectl get\n```\nRead the docs first.", Some("Read the docs first.")),
            ("Élargir d'abord. Puis réduire.", Some("Élargir d'abord.")),
            ("Why?", None),
            ("  \n\n", None),
            ("...", None),
            ("> quoted only", None),
        ] {
            assert_eq!(lesson_from_note(note).as_deref(), lesson, "{note}");
        }
    }

    #[test]
    fn scopes_that_could_never_hold() {
        for (scope, wrong) in [
            ("file:a/b.yaml", false),
            ("folder:a/**", false),
            ("folder:**", false),
            ("folder:we[[]ird/**", false),
            ("field:Deployment shop/web spec.replicas", false),
            ("folder:[", true),
            ("folder:{a", true),
            ("folder:../**", true),
            ("folder:a//b", true),
            ("file:../../x", true),
            ("file:/etc/passwd", true),
            ("file:a/", true),
            ("file:./a", true),
            ("file:a\nb", true),
            ("file:a ", true),
            ("field:a\u{202e}", true),
        ] {
            let scope: Scope = scope.parse().unwrap();
            assert_eq!(scope_fault(&scope).is_some(), wrong, "{scope}: {:?}", scope_fault(&scope));
            assert_eq!(scope_fault(&default_scope(&["we[ird*]/x".into(), "we[ird*]/y".into()])), None);
        }
    }

    #[test]
    fn a_long_sentence_is_cut() {
        let lesson = lesson_from_note(&"word ".repeat(200)).unwrap();
        assert!(lesson.chars().count() <= SENTENCE_CHARS + 1);
    }

    #[test]
    fn the_scope_is_the_file_or_the_deepest_common_folder() {
        let scope =
            |paths: &[&str]| default_scope(&paths.iter().map(|p| BString::from(*p)).collect::<Vec<_>>()).to_string();
        assert_eq!(scope(&["a/b.yaml"]), "file:a/b.yaml");
        assert_eq!(scope(&["b.yaml"]), "file:b.yaml");
        assert_eq!(scope(&["a/b/c", "a/b/d/e"]), "folder:a/b/**");
        assert_eq!(scope(&["a/bc/x", "a/bd/x"]), "folder:a/**");
        assert_eq!(scope(&["a/b", "a/b/c"]), "folder:a/**");
        assert_eq!(scope(&["ab/x", "a/x"]), "folder:**");
        assert_eq!(scope(&["a/x", "x"]), "folder:**");
        assert_eq!(scope(&[]), "folder:**");
        assert_eq!(scope(&["we[ird*]/x", "we[ird*]/y"]), "folder:we[[]ird[*][]]/**");
    }
}

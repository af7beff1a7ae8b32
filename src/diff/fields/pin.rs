//! Versions that comments give to ids: `uses: actions/checkout@8f4b7f8… # v4.2.0`. A person, or a bot, wrote the comment;
//! nothing proves it.

use super::edit::{Edit, EditKind, Site};
use super::version::{is_id, is_version};
use crate::diff::Lines as Text;

/// What both sides of a change to a pinned id are called; `None` where no side is an id, or one has no name.
pub(super) fn versions(edit: &Edit<'_, '_>, [old, new]: [&Text; 2]) -> Option<[String; 2]> {
    if edit.kind != EditKind::Modified {
        return None;
    }
    let sides = [side(edit.before?, old)?, side(edit.after?, new)?];
    let pinned = sides.iter().any(|side| side.pinned);
    pinned.then(|| sides.map(|side| side.version.to_owned()))
}

struct Pin<'t> {
    version: &'t str,
    /// The version is that of a comment.
    pinned: bool,
}

/// The version of one side: of an id, that of the comment behind it; else its own.
fn side<'t>(site: Site<'t, '_>, text: &'t Text) -> Option<Pin<'t>> {
    let value = &*site.node.scalar()?.text;
    let reference = value.rsplit_once('@').map_or(value, |(_, reference)| reference);
    if !is_id(reference) {
        return is_version(reference).then_some(Pin { version: reference, pinned: false });
    }
    let line = text.line_at((site.node.span.end as usize).checked_sub(1)?)?;
    let behind = text.bytes().get(site.node.span.end as usize..text.range(line).end)?;
    let comment = std::str::from_utf8(behind).ok()?.trim_start_matches(['"', '\'', ' ', '\t']).strip_prefix('#')?;
    let word = comment.split_whitespace().next()?;
    let version = word.strip_prefix("tag=").unwrap_or(word);
    is_version(version).then_some(Pin { version, pinned: true })
}

#[cfg(test)]
mod tests {
    use super::super::testing::report;

    #[test]
    fn comments_name_the_version_of_an_id() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        for (before, after, expected) in [
            (format!("uses: x/y@{a} # v4.7.1"), format!("uses: x/y@{b} # v4.8.0"), Some(["v4.7.1", "v4.8.0"])),
            (format!("uses: \"x/y@{a}\" # tag=v4"), format!("uses: \"x/y@{b}\" # tag=v5"), Some(["v4", "v5"])),
            ("uses: x/y@v3".to_owned(), format!("uses: x/y@{b} # v3.1"), Some(["v3", "v3.1"])),
            (format!("uses: x/y@{a}"), format!("uses: x/y@{b} # v5"), None),
            (format!("uses: x/y@{a} # latest"), format!("uses: x/y@{b} # v5"), None),
            ("uses: x/y@v3 # v9".to_owned(), "uses: x/y@v4 # v9".to_owned(), None),
        ] {
            let found = report("a.yaml", &format!("{before}\n"), &format!("{after}\n"));
            let expected = expected.map(|both| both.map(str::to_owned));
            assert_eq!(found.fields[0].beside.comment_versions, expected, "{before} {after}");
        }
    }
}

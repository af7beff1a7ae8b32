//! Headlines with paths in them, cut where least is lost: the end of a path tells more than its beginning.

use unicode_width::UnicodeWidthStr as _;

use crate::model::text::truncate;

/// A headline in at most so many columns. The first path in it loses folders from its beginning, with `…/` for them; only
/// what then still does not fit is cut at the end.
#[must_use]
pub fn elide(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let Some((start, path, rest)) = first_path(text) else { return truncate(text, columns).into_owned() };
    let head = &text[..start];
    let other = head.width() + rest.width();
    for (slash, _) in path.match_indices('/') {
        let tail = &path[slash..];
        if other + 1 + tail.width() <= columns {
            return format!("{head}…{tail}{rest}");
        }
    }
    let tail = path.rfind('/').map_or(path, |slash| &path[slash + 1..]);
    truncate(&format!("{head}…{tail}{rest}"), columns).into_owned()
}

/// Where the first word with a slash is: its start, itself, and what follows.
fn first_path(text: &str) -> Option<(usize, &str, &str)> {
    let slash = text.find('/')?;
    let start = text[..slash].rfind(' ').map_or(0, |space| space + 1);
    let end = text[slash..].find(' ').map_or(text.len(), |space| slash + space);
    Some((start, &text[start..end], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_beginning() {
        for (text, columns, shown) in [
            ("apps/web/values.yaml", 30, "apps/web/values.yaml"),
            ("kubernetes/apps/web/values.yaml", 20, "…/web/values.yaml"),
            ("3 files in kubernetes/apps/web", 20, "3 files in …/web"),
            ("values.yaml has no folder", 12, "values.yaml…"),
            ("a/very-long-file-name.yaml", 12, "…very-long-…"),
            ("日本/語/名前.yaml", 12, "…/名前.yaml"),
        ] {
            assert_eq!(elide(text, columns), shown);
            assert!(elide(text, columns).width() <= columns);
        }
    }
}

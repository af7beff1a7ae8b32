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

/// Where a file moved, what stayed said once: `ansible/{kubernetes → main}/hosts.yaml`.
#[must_use]
pub fn moved(old: &str, new: &str) -> String {
    let before = |path: &str, at: usize| path.as_bytes().get(at.wrapping_sub(1)) == Some(&b'/');
    let same = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let head = (0..=same).rev().find(|at| before(old, *at)).unwrap_or(0);
    let room = old.len().min(new.len()) - head;
    let end = old.bytes().rev().zip(new.bytes().rev()).take(room).take_while(|(a, b)| a == b).count();
    let tail = (0..=end).rev().find(|len| old.as_bytes().get(old.len() - len) == Some(&b'/')).unwrap_or(0);
    if head + tail == 0 {
        return format!("{old} → {new}");
    }
    let middle = |path: &str| path[head..path.len() - tail].to_owned();
    format!("{}{{{} → {}}}{}", &old[..head], middle(old), middle(new), &old[old.len() - tail..])
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
    fn a_move_says_once_what_stayed() {
        for (old, new, shown) in [
            ("ansible/kubernetes/hosts.yaml", "ansible/main/hosts.yaml", "ansible/{kubernetes → main}/hosts.yaml"),
            ("a/b.yaml", "a/c.yaml", "a/{b.yaml → c.yaml}"),
            ("b/x.yaml", "c/x.yaml", "{b → c}/x.yaml"),
            ("x.yaml", "y.yaml", "x.yaml → y.yaml"),
            ("a/a/x", "a/x", "a/{a/x → x}"),
            ("é/x", "è/x", "{é → è}/x"),
            ("a/x", "a/b/a/x", "a/{x → b/a/x}"),
        ] {
            assert_eq!(moved(old, new), shown);
        }
    }

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

//! Headlines with paths in them, cut where least is lost: the end of a path tells more than its beginning.

use unicode_width::UnicodeWidthStr as _;

use crate::model::text::truncate;

/// A headline in at most so many columns. The first path in it gives way: first the folders at its beginning, which it shares
/// with its neighbours. Where the file is called as its like is in every app (`deployment.yaml`), the folder of the app and the
/// one below it stay, and the middle of the file's name goes next, then what says least: the rest of the name, or a folder that
/// every app has. Only then what is left is cut at the end.
#[must_use]
pub fn elide(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let Some((start, path, rest)) = first_path(text) else { return truncate(text, columns).into_owned() };
    let (head, room) = (&text[..start], columns.saturating_sub(text[..start].width() + rest.width()));
    // What is in a folder is told by its end; a file by the app that it belongs to, too.
    let short = if start == 0 { file(path, room) } else { leading(path, room, 1) };
    let short = short.unwrap_or_else(|| format!("…{}", &path[path.rfind('/').map_or(0, |at| at + 1)..]));
    truncate(&format!("{head}{short}{rest}"), columns).into_owned()
}

/// Folders of a file's path that stay as long as they can: the app's and the one below it.
const FOLDERS: usize = 2;
/// Characters of the file's name that stay before its ending.
const STEM: usize = 4;

/// Names of files that say what kind of thing is in them, as every app has one: which app it is says the folder.
const KINDS: &[&str] = &[
    "application",
    "chart",
    "config",
    "configmap",
    "cronjob",
    "daemonset",
    "deployment",
    "externalsecret",
    "helmrelease",
    "ingress",
    "ks",
    "kustomization",
    "main",
    "namespace",
    "ocirepository",
    "outputs",
    "pvc",
    "readme",
    "release",
    "secret",
    "service",
    "statefulset",
    "terragrunt",
    "values",
    "variables",
];

/// Folders that say as little: every app has them.
const PARTS: &[&str] = &["app", "base", "config", "manifests", "resources", "templates"];

/// Whether the name of the file says only of what kind it is.
fn is_kind(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    KINDS.contains(&name.split('.').next().unwrap_or(&name))
}

/// A file's path in so many columns, if it can be.
fn file(path: &str, room: usize) -> Option<String> {
    if !is_kind(path) {
        return leading(path, room, 1);
    }
    let parent = path.rsplit('/').nth(1).unwrap_or_default();
    let shorter = if PARTS.contains(&parent) { without_parent(&short_name(path)) } else { without_name(path) };
    leading(path, room, FOLDERS + 1)
        .or_else(|| leading(&short_name(path), room, FOLDERS + 1))
        .or_else(|| leading(&shorter, room, FOLDERS + 1))
        .or_else(|| leading(path, room, 1))
}

/// A path without folders at its beginning, at least so many segments left, if that fits.
fn leading(path: &str, room: usize, least: usize) -> Option<String> {
    if path.width() <= room {
        return Some(path.to_owned());
    }
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    let droppable = (slashes.len() + 1).saturating_sub(least);
    let tails = slashes.iter().take(droppable).flat_map(|at| [&path[*at..], &path[at + 1..]]);
    tails.map(|tail| format!("…{tail}")).find(|short| short.width() <= room)
}

/// The path with the middle of the file's name left out: `apps/web/depl….yaml`.
fn short_name(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    if stem.chars().count() <= STEM + 1 {
        return path.to_owned();
    }
    let stem: String = stem.chars().take(STEM).collect();
    let dot = if ending.is_empty() { "" } else { "." };
    format!("{folder}/{stem}…{dot}{ending}")
}

/// The path with `…` for the file's name, which says less than where it is.
fn without_name(path: &str) -> String {
    path.rsplit_once('/').map_or_else(|| path.to_owned(), |(folder, _)| format!("{folder}/…"))
}

/// The path with `…` for the folder that the file is in.
fn without_parent(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        [before @ .., _, name] if !before.is_empty() => format!("{}/…/{name}", before.join("/")),
        _ => path.to_owned(),
    }
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
            ("kubernetes/apps/web/values.yaml", 22, "…/apps/web/values.yaml"),
            (".github/workflows/publish-docs.yaml", 28, "…workflows/publish-docs.yaml"),
            ("kubernetes/apps/web/values.yaml", 20, "…apps/web/valu….yaml"),
            ("apps/catalog/prod/deployment.yaml", 30, "…/catalog/prod/deployment.yaml"),
            ("apps/catalog/prod/deployment.yaml", 29, "…catalog/prod/deployment.yaml"),
            ("apps/catalog/prod/deployment.yaml", 26, "…/catalog/prod/depl….yaml"),
            ("apps/notifications/prod/deployment.yaml", 30, "…notifications/prod/depl….yaml"),
            ("kubernetes/apps/default/home-assistant/app/externalsecret.yaml", 28, "…home-assistant/…/exte….yaml"),
            ("kubernetes/apps/default/home-assistant/app/externalsecret.yaml", 20, "…externalsecret.yaml"),
            ("apps/notifications/prod/deployment.yaml", 24, "…/notifications/prod/…"),
            ("3 files in kubernetes/apps/web", 20, "3 files in …apps/web"),
            ("values.yaml has no folder", 12, "values.yaml…"),
            ("a/very-long-file-name.yaml", 12, "…very-long-…"),
            ("日本/語/名前.yaml", 12, "…/名前.yaml"),
        ] {
            assert_eq!(elide(text, columns), shown);
            assert!(elide(text, columns).width() <= columns);
        }
    }
}

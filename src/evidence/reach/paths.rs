//! Paths as manifests write them: `./apps/web`, `../base`, `apps/web/`; and with gaps, where a template fills them in.

/// A path from the root without `.`, `..`, double slashes and slashes at its ends; the root is empty. `None` for a path that
/// leaves the repository, or is an address.
pub(super) fn clean(path: &str) -> Option<String> {
    join("", path)
}

/// What `path` means in a folder.
pub(super) fn join(folder: &str, path: &str) -> Option<String> {
    if path.contains("://") || path.contains('?') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if path.starts_with('/') {
        parts.clear();
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The folder of a file; empty at the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folders of a file, the closest first, the root last.
pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder(path)), |at| (!at.is_empty()).then(|| folder(at)))
}

/// Whether a file is in a folder, or the folder is the file itself; everything is in the root.
pub(super) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The name behind `clusters/`: that of the cluster that a folder is for.
pub(super) fn cluster_in(path: &str) -> Option<&str> {
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if matches!(part, "clusters" | "cluster")
            && let Some(name) = parts.peek()
            && !name.is_empty()
        {
            // `clusters/prod.yaml` is about it as well; `clusters/kustomization.yaml` is about all.
            let name = name.split('.').next().unwrap_or_default();
            return (!matches!(name, "" | "kustomization" | "base" | "common" | "components" | "README"))
                .then_some(name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_they_are_meant() {
        for (folder, path, expected) in [
            ("", "./kubernetes/apps/", Some("kubernetes/apps")),
            ("a/b", "../base", Some("a/base")),
            ("a", "../../x", None),
            ("a", "https://x/y", None),
            ("a", "github.com/x/y?ref=1", None),
            ("a", "/b", Some("b")),
            ("a", ".", Some("a")),
        ] {
            assert_eq!(join(folder, path).as_deref(), expected, "{folder} {path}");
        }
        assert_eq!(folders("a/b/c.yaml").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert!(is_below("a/b", "a") && is_below("a", "a") && is_below("a", "") && !is_below("ab", "a"));
    }

    #[test]
    fn clusters_have_folders() {
        for (path, expected) in [
            ("kubernetes/clusters/main/apps.yaml", Some("main")),
            ("clusters/prod.yaml", Some("prod")),
            ("clusters/kustomization.yaml", None),
            ("apps/web", None),
            ("clusters", None),
        ] {
            assert_eq!(cluster_in(path), expected, "{path}");
        }
    }
}

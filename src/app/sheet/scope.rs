//! What a lesson can be about: the choices of the reject sheet.

use bstr::{BString, ByteSlice as _};

use crate::memory;
use crate::model::{Queued, Scope, text};

/// Choices that are offered; more are no choice.
const OFFERED: usize = 5;

/// The scopes that a rejection of these proposals offers, the default first (the file if there is one, else the deepest
/// common folder), then its files and their folders.
#[must_use]
pub fn scopes<'a>(rejected: impl IntoIterator<Item = &'a Queued>) -> Vec<Scope> {
    let diffs = rejected.into_iter().filter_map(|queued| queued.proposal.diff());
    scopes_of(diffs.flat_map(|diff| &diff.files).map(|file| file.path.clone()).collect())
}

/// The same for these files.
#[must_use]
pub fn scopes_of(mut paths: Vec<BString>) -> Vec<Scope> {
    paths.sort_unstable();
    paths.dedup();
    let mut scopes = vec![memory::default_scope(&paths)];
    let files = paths.iter().map(|path| Scope::File(text::printable_bytes(path)));
    let folders = paths.iter().filter_map(|path| {
        let folder = path.rfind_byte(b'/').map(|at| &path[..at])?;
        // Two files that do not exist share exactly this folder: the same words as for a common one.
        Some(memory::default_scope(&[BString::from([folder, b"/a"].concat()), BString::from([folder, b"/b"].concat())]))
    });
    for scope in files.chain(folders) {
        if scopes.len() < OFFERED && !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::Made;

    fn offered(paths: &[&str]) -> Vec<String> {
        let made = paths.iter().fold(Made::new("agent/a/1", "a title"), |made, path| made.file(path, "a\n", "b\n"));
        scopes([&made.queued()]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_default_comes_first_then_files_and_folders() {
        assert_eq!(offered(&["apps/web/a.yaml"]), ["file:apps/web/a.yaml", "folder:apps/web/**"]);
        assert_eq!(
            offered(&["apps/web/a.yaml", "docs/b.md"]),
            ["folder:**", "file:apps/web/a.yaml", "file:docs/b.md", "folder:apps/web/**", "folder:docs/**"]
        );
        assert_eq!(offered(&["a", "b", "c", "d", "e", "f", "g"]).len(), OFFERED);
    }
}

//! The changed files as a tree: folders once, files below them.

use bstr::ByteSlice as _;

use crate::diff::{Document, FileSummary};
use crate::model::text::printable_bytes;

/// A row of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeRow {
    /// A folder.
    Folder {
        /// How deep it is set in.
        depth: usize,
        /// Its name; of folders that hold nothing but one folder, all their names.
        name: String,
    },
    /// A file.
    File {
        /// How deep it is set in.
        depth: usize,
        /// Which file of the document.
        file: usize,
        /// Its name.
        name: String,
    },
}

/// The tree of a document.
#[derive(Debug, Default)]
pub struct Tree {
    rows: Vec<TreeRow>,
    /// The row of each file.
    row_of: Vec<usize>,
}

impl Tree {
    /// Lays the files of a document out, in their order; linear in the bytes of their paths.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        Self::of_files(document.files())
    }

    fn of_files(files: &[FileSummary]) -> Self {
        let mut tree = Self::default();
        let mut open: Vec<Vec<u8>> = Vec::new();
        for (file, summary) in files.iter().enumerate() {
            let (folder, name) = match summary.path.rfind_byte(b'/') {
                Some(slash) => (&summary.path[..slash], &summary.path[slash + 1..]),
                None => (&[][..], &summary.path[..]),
            };
            while open.last().is_some_and(|above| !within(folder, above)) {
                open.pop();
            }
            if open.last().is_none_or(|above| above != folder) && !folder.is_empty() {
                let above = open.last().map_or(0, |above| above.len() + 1);
                let name = format!("{}/", printable_bytes(&folder[above..]));
                tree.rows.push(TreeRow::Folder { depth: open.len(), name });
                open.push(folder.to_vec());
            }
            tree.row_of.push(tree.rows.len());
            tree.rows.push(TreeRow::File { depth: open.len(), file, name: printable_bytes(name) });
        }
        tree
    }

    /// Its rows.
    #[must_use]
    pub fn rows(&self) -> &[TreeRow] {
        &self.rows
    }

    /// The row of a file.
    #[must_use]
    pub fn row_of(&self, file: usize) -> usize {
        self.row_of.get(file).copied().unwrap_or(0)
    }
}

/// Whether a folder is another, or lies in it.
fn within(folder: &[u8], above: &[u8]) -> bool {
    folder.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::FileKind;
    use crate::model::LineStats;

    fn drawn(paths: &[&str]) -> Vec<String> {
        let file = |path: &&str| FileSummary {
            path: (*path).into(),
            old_path: None,
            kind: FileKind::Modified,
            old: None,
            new: None,
            stats: LineStats::default(),
            hunks: 0,
            crlf: false,
        };
        let files: Vec<FileSummary> = paths.iter().map(file).collect();
        let tree = Tree::of_files(&files);
        for file in 0..files.len() {
            assert!(matches!(tree.rows()[tree.row_of(file)], TreeRow::File { file: found, .. } if found == file));
        }
        let show = |row: &TreeRow| match row {
            TreeRow::Folder { depth, name } | TreeRow::File { depth, name, .. } => {
                format!("{}{name}", "  ".repeat(*depth))
            }
        };
        tree.rows().iter().map(show).collect()
    }

    #[test]
    fn folders_stand_once() {
        assert_eq!(
            drawn(&[
                "README.md",
                "apps/web/a.yaml",
                "apps/web/b.yaml",
                "apps/web/x/c.yaml",
                "apps/zoo/d.yaml",
                "docs/e.md"
            ]),
            [
                "README.md",
                "apps/web/",
                "  a.yaml",
                "  b.yaml",
                "  x/",
                "    c.yaml",
                "apps/zoo/",
                "  d.yaml",
                "docs/",
                "  e.md"
            ]
        );
    }

    #[test]
    fn a_name_that_begins_like_a_folder_is_not_in_it() {
        assert_eq!(drawn(&["a/b/x", "a/bc/y"]), ["a/b/", "  x", "a/bc/", "  y"]);
    }
}

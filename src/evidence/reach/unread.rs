//! Files of the target that cannot be read as values, where that leaves something about a change open.
//!
//! A template that nobody can read says nothing of a change at the other end of the repository. It does where it lies among the
//! folders of what changes, which it may build or bring somewhere; and where names change, on the same cluster, since it may
//! use them. Where nothing says what such a file is for, only one that is too large to be read may use any name; and where nothing
//! says where the change lands, all of them may.

use std::collections::{BTreeSet, HashSet};

use bstr::ByteSlice as _;

use super::paths::{folder, folders};
use super::{MAX_FILES, Walk, kustomize};
use crate::model::text;

/// Files that cannot be read and are looked at.
const MAX_UNREAD: usize = 1_000;

/// What is said of a file that is past the bounds of what is read.
const PAST_BOUNDS: [&str; 4] = ["too large", "it has over ", "too many values", "too deeply"];

impl Walk<'_> {
    /// What such files leave open; `names` says whether names change that others could use.
    pub(super) fn unread(&self, names: bool) -> Option<String> {
        let all = self.change.before.unread();
        if all.len() > MAX_UNREAD {
            let many = text::count(all.len(), "config file");
            return Some(format!("{many} cannot be read as values, so it is not known what they use"));
        }
        let near = Near::of(&self.change.files);
        let mut clusters = None;
        let mut matter = all.filter(|(path, why)| {
            let shown = path.to_str_lossy();
            near.has(&shown) || (names && self.may_use(&shown, why, clusters.get_or_insert_with(|| self.landing())))
        });
        let (first, why) = matter.next()?;
        let others = matter.count();
        let name = text::printable_bytes(first);
        let reason = text::truncate(&text::single_line(why), 80).into_owned();
        Some(match others {
            0 => format!("{name} cannot be read as values ({reason}), so it is not known what it uses"),
            more => format!(
                "{name} ({reason}) and {} cannot be read as values, so it is not known what they use",
                text::count(more, "more config file")
            ),
        })
    }

    /// The clusters that the change lands on.
    fn landing(&self) -> BTreeSet<String> {
        self.change.files.iter().take(MAX_FILES).flat_map(|file| self.routed(file).into_keys()).collect()
    }

    /// Whether a file may use names of what changes.
    fn may_use(&self, path: &str, why: &str, clusters: &BTreeSet<String>) -> bool {
        let own: BTreeSet<String> = self.routed(path).into_keys().collect();
        let lost = own.is_empty() && PAST_BOUNDS.iter().any(|said| why.contains(said));
        // Where nothing says where the change lands, it may land beside everything.
        lost || clusters.is_empty() || !own.is_disjoint(clusters)
    }
}

/// The folders of what changes.
struct Near<'c> {
    own: HashSet<&'c str>,
    above: HashSet<&'c str>,
}

impl<'c> Near<'c> {
    fn of(files: &'c [String]) -> Self {
        let files = || files.iter().take(MAX_FILES);
        Self {
            own: files().map(|file| folder(file)).collect(),
            above: files().flat_map(|file| folders(file)).collect(),
        }
    }

    /// Whether a file lies in a folder of what changes, below, or above it. The root is above everything, and says nothing of
    /// it but by a kustomization.
    fn has(&self, path: &str) -> bool {
        let at = folder(path);
        let above = self.above.contains(at) && (!at.is_empty() || kustomize::is_kustomization(path));
        above || folders(path).any(|folder| self.own.contains(folder) && (!folder.is_empty() || at.is_empty()))
    }
}

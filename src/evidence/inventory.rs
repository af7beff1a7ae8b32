//! The inventory: what all config documents of a tree say, as values.

use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::{BStr, BString};

use crate::diff::fields::ConfigDocument;

/// All config documents of a tree, by file in path order. Cheap to copy: files are shared.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    files: BTreeMap<BString, Arc<[ConfigDocument]>>,
    /// Files that could not be read as values, and why.
    unread: BTreeMap<BString, String>,
    /// What of the tree was not looked at, and why; `None` where all of it was.
    pub missing: Option<String>,
}

impl Inventory {
    /// Takes what a file says, or why it cannot be read; what it said before is forgotten.
    pub fn put(&mut self, path: BString, documents: Result<Arc<[ConfigDocument]>, String>) {
        self.remove(path.as_ref());
        match documents {
            Ok(documents) => drop(self.files.insert(path, documents)),
            Err(why) => drop(self.unread.insert(path, why)),
        }
    }

    /// Forgets a file.
    pub fn remove(&mut self, path: &BStr) {
        self.files.remove(path);
        self.unread.remove(path);
    }

    /// The documents of a file; `None` where there is no such file, or it cannot be read.
    #[must_use]
    pub fn file(&self, path: &BStr) -> Option<&Arc<[ConfigDocument]>> {
        self.files.get(path)
    }

    /// Why a file could not be read, where it could not.
    #[must_use]
    pub fn refusal(&self, path: &BStr) -> Option<&str> {
        self.unread.get(path).map(String::as_str)
    }

    /// The files that could not be read, with the reason, in path order.
    #[must_use]
    pub fn unread(&self) -> impl ExactSizeIterator<Item = (&BString, &str)> {
        self.unread.iter().map(|(path, why)| (path, why.as_str()))
    }

    /// All files with their documents, in path order.
    pub fn files(&self) -> impl Iterator<Item = (&BString, &[ConfigDocument])> {
        self.files.iter().map(|(path, documents)| (path, documents.as_ref()))
    }

    /// All documents with their files, in path order.
    pub fn documents(&self) -> impl Iterator<Item = (&BString, &ConfigDocument)> {
        self.files().flat_map(|(path, documents)| documents.iter().map(move |document| (path, document)))
    }

    /// The Kubernetes objects of a kind, whatever their version.
    pub fn objects<'i>(&'i self, kind: &'i str) -> impl Iterator<Item = (&'i BString, &'i ConfigDocument)> {
        self.documents().filter(move |(_, document)| document.name.kind.as_deref() == Some(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::fields::documents;

    #[test]
    fn files_replace_what_they_said_before() {
        let mut inventory = Inventory::default();
        let read = |text: &str| documents("a.yaml".into(), text.as_bytes()).map(Arc::from);
        inventory.put("a.yaml".into(), read("kind: Service\napiVersion: v1\nmetadata: {name: web}\n"));
        assert_eq!(inventory.objects("Service").count(), 1);
        inventory.put("a.yaml".into(), read("a: ["));
        assert_eq!(inventory.documents().count(), 0);
        assert!(inventory.refusal("a.yaml".into()).is_some());
        inventory.remove("a.yaml".into());
        assert!(inventory.refusal("a.yaml".into()).is_none());
    }
}

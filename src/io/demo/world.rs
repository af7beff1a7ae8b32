//! The files of the demo's repository while its story is told.
//!
//! An edit that does not fit what is there is an error: the tables of the story are checked by telling it.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::Calendar;
use super::{DemoError, incidents, services};

/// A change of files, as the tables of the story write it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edit {
    /// Writes a new file.
    Put(&'static str, &'static str),
    /// Replaces a text that occurs once in a file.
    Swap(&'static str, &'static str, &'static str),
    /// Adds lines at the end of a file.
    Append(&'static str, &'static str),
    /// Writes the files of a service, both overlays.
    Service(&'static str),
    /// Writes the postmortem of an incident.
    Postmortem(u16),
    /// Raises the last number of the version in the line that begins so.
    Bump(&'static str, &'static str),
}

impl Edit {
    /// What undoes it, for the edits that a revert of the story undoes.
    pub(super) fn inverse(self) -> Result<Self, DemoError> {
        match self {
            Self::Swap(path, from, to) => Ok(Self::Swap(path, to, from)),
            other => Err(DemoError::Story(format!("a revert cannot undo {other:?}"))),
        }
    }
}

/// A version that an edit raised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bumped {
    pub(super) old: String,
    pub(super) new: String,
}

/// The files, and which of them changed since they were last committed.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    files: BTreeMap<String, String>,
    changed: BTreeSet<String>,
}

impl World {
    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Result<&str, DemoError> {
        self.files.get(path).map(String::as_str).ok_or_else(|| DemoError::Story(format!("{path} is not there")))
    }

    /// Applies edits; the answer is the last version that one of them raised.
    pub(super) fn apply(&mut self, edits: &[Edit], calendar: Calendar) -> Result<Bumped, DemoError> {
        let mut bumped = Bumped::default();
        for edit in edits {
            match *edit {
                Edit::Put(path, text) => self.put(path, text.to_owned())?,
                Edit::Swap(path, from, to) => self.swap(path, from, to)?,
                Edit::Append(path, text) => self.append(path, text)?,
                Edit::Service(name) => services::write(name, self)?,
                Edit::Postmortem(id) => incidents::write(id, calendar, self)?,
                Edit::Bump(path, key) => bumped = self.bump(path, key)?,
            }
        }
        Ok(bumped)
    }

    /// Writes a file that is not there yet.
    pub(super) fn put(&mut self, path: &str, text: String) -> Result<(), DemoError> {
        if self.files.contains_key(path) {
            return Err(DemoError::Story(format!("{path} is there already")));
        }
        self.write(path, text);
        Ok(())
    }

    pub(super) fn append(&mut self, path: &str, text: &str) -> Result<(), DemoError> {
        let whole = format!("{}{text}", self.text(path)?);
        self.write(path, whole);
        Ok(())
    }

    /// Replaces what occurs exactly once.
    pub(super) fn swap(&mut self, path: &str, from: &str, to: &str) -> Result<(), DemoError> {
        let text = self.text(path)?;
        let count = text.matches(from).count();
        if count != 1 || from == to {
            return Err(DemoError::Story(format!("{path} has {count} of `{from}`, to become `{to}`")));
        }
        let text = text.replacen(from, to, 1);
        self.write(path, text);
        Ok(())
    }

    /// The version at the end of the first line that begins with `key`.
    pub(super) fn version(&self, path: &str, key: &str) -> Result<String, DemoError> {
        self.version_line(path, key).map(|(_, version)| version.to_owned())
    }

    fn version_line(&self, path: &str, key: &str) -> Result<(&str, &str), DemoError> {
        let line = self.text(path)?.lines().find(|line| line.trim_start().starts_with(key));
        let line = line.ok_or_else(|| DemoError::Story(format!("{path} has no `{key}`")))?;
        Ok((line, line.rsplit([':', ' ', '"']).find(|word| !word.is_empty()).unwrap_or_default()))
    }

    /// Raises the last number of a version.
    pub(super) fn bump(&mut self, path: &str, key: &str) -> Result<Bumped, DemoError> {
        let (_, old) = self.version_line(path, key)?;
        let new =
            old.rsplit_once('.').and_then(|(start, last)| Some(format!("{start}.{}", last.parse::<u32>().ok()? + 1)));
        let new = new.ok_or_else(|| DemoError::Story(format!("{path} has no version in `{old}`")))?;
        let bumped = Bumped { old: old.to_owned(), new };
        self.set_version(path, key, &bumped)?;
        Ok(bumped)
    }

    /// Writes another version into the line that begins with `key`.
    pub(super) fn set_version(&mut self, path: &str, key: &str, bumped: &Bumped) -> Result<(), DemoError> {
        let (line, _) = self.version_line(path, key)?;
        let (line, changed) = (line.to_owned(), line.replace(&bumped.old, &bumped.new));
        self.swap(path, &line, &changed)
    }

    /// The files that changed since the last call, with their texts.
    pub(super) fn take_changes(&mut self) -> Vec<(String, String)> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|path| Some((path.clone(), self.files.get(&path)?.clone()))).collect()
    }

    fn write(&mut self, path: &str, text: String) {
        self.files.insert(path.to_owned(), text);
        self.changed.insert(path.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        let mut world = World::default();
        world.put("a.yaml", "image: registry/x:1.2.9\nversion: \"5.36.0\"\nreplicas: 1\n".to_owned()).unwrap();
        world
    }

    #[test]
    fn changes_are_told_once() {
        let mut world = world();
        world.swap("a.yaml", "replicas: 1", "replicas: 2").unwrap();
        assert_eq!(world.take_changes().len(), 1);
        assert!(world.take_changes().is_empty());
    }

    #[test]
    fn versions_are_raised_at_their_end() {
        let mut world = world();
        let bumped = world.bump("a.yaml", "image: ").unwrap();
        assert_eq!((bumped.old.as_str(), bumped.new.as_str()), ("1.2.9", "1.2.10"));
        assert_eq!(world.bump("a.yaml", "version: ").unwrap().new, "5.36.1");
        assert!(world.text("a.yaml").unwrap().contains("version: \"5.36.1\""));
    }

    #[test]
    fn edits_that_do_not_fit_are_errors() {
        let mut world = world();
        assert!(world.swap("a.yaml", "nothing", "x").is_err());
        assert!(world.swap("a.yaml", "e", "x").is_err());
        assert!(world.swap("b.yaml", "e", "x").is_err());
        assert!(world.put("a.yaml", String::new()).is_err());
        assert!(world.bump("a.yaml", "replicas: ").is_err());
        assert!(Edit::Append("a.yaml", "x").inverse().is_err());
    }
}

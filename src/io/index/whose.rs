//! Asks the index by who made commits, and for the target's own chain.

use std::collections::BTreeSet;

use bstr::BString;
use rusqlite::{OptionalExtension as _, params};

use super::IndexError;
use super::read::{COMMIT, View};
use crate::model::{Contributor, PastCommit};

impl View {
    /// Everybody whom the history names as the author of a commit.
    pub fn authors(&self) -> Result<Vec<Contributor>, IndexError> {
        let mut find = self.db.prepare("SELECT DISTINCT name, email FROM past")?;
        let rows = find.query_map([], |row| Ok(Contributor { name: row.get(0)?, email: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many commits these authors made, merges left out, and the paths that they changed.
    pub fn work_of(&self, authors: &[Contributor]) -> Result<(usize, BTreeSet<BString>), IndexError> {
        let (mut commits, mut paths) = (0, BTreeSet::new());
        let mut count = self.db.prepare("SELECT count(*) FROM past WHERE name = ?1 AND email = ?2 AND parents < 2")?;
        let mut find = self.db.prepare(
            "SELECT DISTINCT f.bytes FROM past p JOIN touch t ON t.past = p.id JOIN path f ON f.id = t.path \
             WHERE p.name = ?1 AND p.email = ?2 AND p.parents < 2",
        )?;
        for author in authors {
            commits += count.query_row(params![author.name, author.email], |row| row.get::<_, usize>(0))?;
            let mut rows = find.query(params![author.name, author.email])?;
            while let Some(row) = rows.next()? {
                paths.insert(BString::from(row.get::<_, Vec<u8>>(0)?));
            }
        }
        Ok((commits, paths))
    }

    /// The newest commits of the target's first-parent chain, newest first, at most `most`.
    pub fn mainline(&self, most: usize) -> Result<Vec<PastCommit>, IndexError> {
        let query = format!(
            "SELECT {COMMIT} FROM past p JOIN landing l USING(id) WHERE l.mainline ORDER BY l.place DESC LIMIT ?"
        );
        let mut find = self.db.prepare(&query)?;
        let rows = find.query_map([most], |row| self.commit_of(row))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Those of these commits that are on the target's first-parent chain, oldest first.
    pub fn on_mainline(&self, commits: &[crate::model::Oid]) -> Result<Vec<PastCommit>, IndexError> {
        let query = format!("SELECT {COMMIT} FROM past p JOIN landing l USING(id) WHERE p.oid = ? AND l.mainline");
        let mut find = self.db.prepare(&query)?;
        let mut found = Vec::with_capacity(commits.len());
        for oid in commits {
            found.extend(find.query_row([oid.as_bytes()], |row| self.commit_of(row)).optional()?);
        }
        found.sort_by_key(|commit| commit.place);
        Ok(found)
    }
}

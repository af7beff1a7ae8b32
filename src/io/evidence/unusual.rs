//! What an agent touched before, from the history index; read once for each agent and tip.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::ByteSlice as _;

use super::history::files_of;
use super::{Looked, Scene};
use crate::evidence::signals::{Habits, Unusual};
use crate::io::git::shallow;
use crate::io::index::{IndexError, View};
use crate::model::{Contributor, Known, Oid};

/// Agents that are remembered; after that all of them are forgotten.
const REMEMBERED: usize = 1_000;

/// What agents touched before, by the tip and whose commits are the agent's.
#[derive(Debug, Default)]
pub struct Past {
    habits: Mutex<HashMap<Whose, Arc<Habits>>>,
    authors: Mutex<Option<(Oid, Arc<[Contributor]>)>>,
}

/// The tip of the history, and whose commits in it.
type Whose = (Oid, Vec<Contributor>);

impl Scene<'_> {
    /// What is unusual about a proposal for its agent.
    pub(super) fn unusual(&self, looked: &Looked<'_>) -> Known<Unusual> {
        let view = match &self.view {
            Known::Known(view) => view,
            Known::Unknown(why) => return Known::Unknown(why.clone()),
            Known::Indexing => return Known::Indexing,
        };
        if let Some(missing) = view.coverage().missing.as_ref().filter(|missing| missing.starts_with(shallow::SHALLOW))
        {
            // What it never touched is a question to all of the history.
            return Known::Unknown(missing.clone());
        }
        let habits = match self.habits(looked, view) {
            Ok(habits) => habits,
            Err(error) => return Known::Unknown(error.to_string()),
        };
        let paths = files_of(looked.proposal).iter().map(|file| file.path.as_bstr());
        let kinds: BTreeSet<&str> =
            looked.fields.fields.iter().filter_map(|field| field.document.kind.as_deref()).collect();
        // Of what it touched and somebody moved since no kind is known, so that a few files that are still there tell nothing; nor
        // does it mean anything to be the first with a kind that the target has not.
        let inventory = self.inventory.found().filter(|_| habits.is_settled());
        let has = |kind: &&str| inventory.is_some_and(|inventory| inventory.objects(kind).next().is_some());
        Unusual::of(&habits, paths, kinds.into_iter().filter(has)).into()
    }

    /// What the agent touched before. Whose commits are the agent's policy says by its authors; of an agent that it does not
    /// know, or knows by its branches alone, they are those of the proposal's own author.
    fn habits(&self, looked: &Looked<'_>, view: &View) -> Result<Arc<Habits>, IndexError> {
        let authors = self.authors(looked, view)?;
        let key = (view.coverage().tip, authors);
        let lock = || self.workspace.habits.habits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(habits) = lock().get(&key) {
            return Ok(Arc::clone(habits));
        }
        let (commits, paths) = view.work_of(&key.1)?;
        let mut habits = Habits::of(commits);
        for path in &paths {
            habits.path(path.as_bstr());
            let documents = self.inventory.found().and_then(|inventory| inventory.file(path.as_bstr()));
            habits.still_there(documents.is_some());
            let kinds = documents.into_iter().flat_map(|documents| documents.iter());
            kinds.filter_map(|document| document.name.kind.as_deref()).for_each(|kind| habits.kind(kind));
        }
        let habits = Arc::new(habits);
        let mut known = lock();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, Arc::clone(&habits));
        Ok(habits)
    }

    fn authors(&self, looked: &Looked<'_>, view: &View) -> Result<Vec<Contributor>, IndexError> {
        let all = self.all_authors(view)?;
        let standing = self.queue.iter().find(|queued| queued.proposal.id == looked.proposal.id);
        let agent = standing.and_then(|queued| self.situation.policy().agent(&queued.standing.agent));
        let Some(known) = agent.map(|agent| &agent.matcher.authors).filter(|authors| !authors.patterns().is_empty())
        else {
            // Bots change their names, and keep their addresses.
            let own = &looked.proposal.author;
            let same = |author: &&Contributor| author.email.eq_ignore_ascii_case(&own.email);
            return Ok(all.iter().filter(same).cloned().collect());
        };
        let is_agent = |author: &Contributor| {
            known.matches(author.name.as_str().into()) || known.matches(author.email.as_str().into())
        };
        Ok(all.iter().filter(|author| is_agent(author)).cloned().collect())
    }

    /// Everybody who made a commit, in order.
    fn all_authors(&self, view: &View) -> Result<Arc<[Contributor]>, IndexError> {
        let tip = view.coverage().tip;
        let mut known = self.workspace.habits.authors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, authors)) = known.as_ref().filter(|(known, _)| *known == tip) {
            return Ok(Arc::clone(authors));
        }
        let mut authors = view.authors()?;
        authors.sort();
        let authors: Arc<[Contributor]> = authors.into();
        *known = Some((tip, Arc::clone(&authors)));
        Ok(authors)
    }
}

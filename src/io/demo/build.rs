//! Tells the story into a repository: the past on main, then what is pending.

use std::collections::HashMap;
use std::path::Path;

use crate::model::Oid;

use super::DemoError;
use super::calendar::Calendar;
use super::cast::Who;
use super::history::{AFTER_STORM, Act, FLIPS, STORM, STORY, Told};
use super::import::{Commit, Import, Mark, Parent};
use super::proposals::{self, ImageUpdate, Pending};
use super::routine;
use super::world::{Bumped, Edit, World};

/// Commits on main before the genesis.
pub(super) const COMMITS: usize = 250;

const MAIN: &str = "refs/heads/main";

/// What was told.
#[derive(Debug)]
pub(super) struct Chronicle {
    pub(super) tip: Oid,
    pub(super) branches: Vec<String>,
}

/// Writes the past and the proposals.
pub(super) fn tell(repository: &Path, calendar: Calendar) -> Result<Chronicle, DemoError> {
    let mut teller = Teller {
        import: Import::start(repository)?,
        calendar,
        world: World::default(),
        tip: None,
        named: HashMap::new(),
    };
    let told = teller.all();
    let finished = teller.import.finish();
    // Where git gave up, its own words come first.
    finished.and(told)
}

/// A commit of the past that can be reverted.
#[derive(Debug, Clone, Copy)]
struct Named {
    mark: Mark,
    subject: &'static str,
    edits: &'static [Edit],
}

struct Teller {
    import: Import,
    calendar: Calendar,
    world: World,
    tip: Option<Mark>,
    named: HashMap<&'static str, Named>,
}

/// A commit of the past, by its moment.
enum Event {
    Story(&'static Told),
    Routine { index: usize, day: u32 },
}

impl Teller {
    fn all(&mut self) -> Result<Chronicle, DemoError> {
        self.past()?;
        let (early, early_tip) = (self.world.clone(), self.tip);
        self.storm()?;
        let tip = self.tip.ok_or_else(|| DemoError::Story("nothing was told".to_owned()))?;
        let mut branches = Vec::new();
        for update in proposals::image_updates() {
            self.image_update(&update, tip)?;
            branches.push(update.branch);
        }
        for pending in proposals::told() {
            let (world, base) = if pending.early { (&early, early_tip.unwrap_or(tip)) } else { (&self.world, tip) };
            let world = world.clone();
            self.pending(pending, world, base)?;
            branches.push(pending.branch.to_owned());
        }
        Ok(Chronicle { tip: self.import.oid(tip)?, branches })
    }

    /// Nine months, in the order of time.
    fn past(&mut self) -> Result<(), DemoError> {
        let count = COMMITS - STORY.len() - STORM.len() - 1;
        let mut events: Vec<(i64, Event)> = STORY
            .iter()
            .map(|told| (self.calendar.at(told.days_ago, told.time.0, told.time.1), Event::Story(told)))
            .collect();
        events.extend((0..count).map(|index| {
            let (at, day) = routine::moment(index, count, self.calendar);
            (at, Event::Routine { index, day })
        }));
        events.sort_by_key(|(at, _)| *at);
        events.into_iter().try_for_each(|(at, event)| match event {
            Event::Story(told) => self.story(told, at),
            Event::Routine { index, day } => self.routine(index, day, at),
        })
    }

    fn story(&mut self, told: &'static Told, at: i64) -> Result<(), DemoError> {
        let merger = told.who.merged_by(told.days_ago);
        match told.act {
            Act::Edit(edits) => {
                self.edit(edits, told.who, merger, at, told.message)?;
            }
            Act::Named(name, edits) => {
                let mark = self.edit(edits, told.who, merger, at, told.message)?;
                let subject = told.message.lines().next().unwrap_or_default();
                self.named.insert(name, Named { mark, subject, edits });
            }
            Act::Revert(name) => self.revert(name, told, at)?,
        }
        Ok(())
    }

    fn revert(&mut self, name: &str, told: &Told, at: i64) -> Result<(), DemoError> {
        let named = self.named.get(name).copied();
        let named = named.ok_or_else(|| DemoError::Story(format!("`{name}` was never told")))?;
        let inverse: Vec<Edit> = named.edits.iter().rev().map(|edit| edit.inverse()).collect::<Result<_, _>>()?;
        let oid = self.import.oid(named.mark)?;
        let message = format!("Revert \"{}\"\n\nThis reverts commit {oid}.\n\n{}", named.subject, told.message);
        self.edit(&inverse, told.who, told.who, at, &message)?;
        Ok(())
    }

    fn routine(&mut self, index: usize, day: u32, at: i64) -> Result<(), DemoError> {
        let routine = routine::act(index, day, self.calendar, &mut self.world)?;
        self.commit(routine.who, routine.who.merged_by(day), at, &routine.message)?;
        Ok(())
    }

    /// What gemini-bot pushed to main, past everybody.
    fn storm(&mut self) -> Result<(), DemoError> {
        for (turn, minute) in STORM.into_iter().enumerate() {
            let (message, edits) = FLIPS[turn % FLIPS.len()];
            let at = self.calendar.at(1, 14, minute) + turn as i64 * 3;
            self.edit(edits, Who::GeminiBot, Who::GeminiBot, at, message)?;
        }
        let Told { time, who, message, act, days_ago } = AFTER_STORM;
        if let Act::Edit(edits) = act {
            self.edit(edits, who, who, self.calendar.at(days_ago, time.0, time.1), message)?;
        }
        Ok(())
    }

    fn edit(&mut self, edits: &[Edit], author: Who, committer: Who, at: i64, message: &str) -> Result<Mark, DemoError> {
        self.world.apply(edits, self.calendar)?;
        self.commit(author, committer, at, message)
    }

    /// Commits to main what changed in the world.
    fn commit(&mut self, author: Who, committer: Who, at: i64, message: &str) -> Result<Mark, DemoError> {
        let files = self.world.take_changes();
        let parent = self.tip.map_or(Parent::None, Parent::Mark);
        let mark = self.import.commit(&Commit { refname: MAIN, parent, author, committer, at, message, files })?;
        self.tip = Some(mark);
        Ok(mark)
    }

    fn image_update(&mut self, update: &ImageUpdate, base: Mark) -> Result<(), DemoError> {
        let mut world = self.world.clone();
        let Bumped { old, new } = world.bump(&update.path, "image: ")?;
        let message = format!("fix(container): update image registry.orbit.example/{} ( {old} ➔ {new} )", update.name);
        self.propose(&update.branch, Who::Renovate, update.permille, &message, world, base)?;
        Ok(())
    }

    fn pending(&mut self, pending: &Pending, mut world: World, base: Mark) -> Result<(), DemoError> {
        world.apply(pending.edits, self.calendar)?;
        let mark = self.propose(pending.branch, pending.who, pending.permille, pending.message, world, base)?;
        let at = self.calendar.since_genesis(pending.permille);
        pending.note.map_or(Ok(()), |note| self.import.note(mark, pending.who, at, note))
    }

    fn propose(
        &mut self,
        branch: &str,
        who: Who,
        permille: i64,
        message: &str,
        mut world: World,
        base: Mark,
    ) -> Result<Mark, DemoError> {
        let commit = Commit {
            refname: &format!("refs/heads/{branch}"),
            parent: Parent::Mark(base),
            author: who,
            committer: who,
            at: self.calendar.since_genesis(permille),
            message,
            files: world.take_changes(),
        };
        self.import.commit(&commit)
    }
}

/// Writes the proposal that changes the policy, on top of the commit that brought it.
pub(super) fn propose_policy(
    repository: &Path,
    tip: Oid,
    policy: String,
    calendar: Calendar,
) -> Result<&'static str, DemoError> {
    let pending = &proposals::RELAX_POLICY;
    let mut import = Import::start(repository)?;
    let commit = Commit {
        refname: &format!("refs/heads/{}", pending.branch),
        parent: Parent::Commit(tip),
        author: pending.who,
        committer: pending.who,
        at: calendar.since_genesis(pending.permille),
        message: pending.message,
        files: vec![(".countersign/policy.yaml".to_owned(), policy)],
    };
    let written = import.commit(&commit).map(|_| pending.branch);
    import.finish().and(written)
}

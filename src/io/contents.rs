//! What a mirror lacks and a queue takes, brought before somebody waits for it. Of a clone nothing is ever missing.

use crate::model::Proposal;
use crate::policy::Globs;

use super::evidence::incidents::USUAL;
use super::git::mirror::{Filled, MirrorError, Watch};
use super::git::needs::{self, Contents};
use super::git::store::{StoreError, Writes};
use super::index::View;
use super::workspace::{Situation, Workspace};

impl Workspace {
    /// Brings what the whole queue is read from: proposals, with branches that a person named, their notes, and the root.
    pub fn bring_queue(&self, extra: &[String], watch: &Watch<'_>) -> Result<Filled, MirrorError> {
        let Some(mirror) = &self.repository.mirror else { return Ok(Filled::default()) };
        let rounds = self.repository.rounds(&self.patterns, extra, self.proposed().as_deref())?;
        let wanted: Vec<_> = self.repository.needs_of_queue(&rounds)?.into_iter().collect();
        mirror.fill(&wanted, watch)
    }

    /// Brings what the evidence of these proposals is gathered from, as far as it can be told before: config documents and incidents
    /// of the target, and what the files that change were before. [`Mirror::whole`](super::git::mirror::Mirror::whole) brings
    /// the rest.
    pub fn bring_evidence(
        &self,
        situation: &Situation,
        proposals: &[&Proposal],
        view: Option<&View>,
        watch: &Watch<'_>,
    ) -> Result<Filled, MirrorError> {
        let Some(mirror) = &self.repository.mirror else { return Ok(Filled::default()) };
        let mut wanted = self.needs_of_target(situation)?;
        let files = proposals.iter().filter_map(|proposal| proposal.diff()).flat_map(|diff| &diff.files);
        let paths: Vec<_> = files.map(|file| file.path.clone()).collect();
        // An index that cannot be asked says so where the evidence is gathered.
        wanted.extend(view.and_then(|view| needs::of_history(view, &paths).ok()).unwrap_or_default());
        let wanted: Vec<_> = wanted.into_iter().collect();
        mirror.fill(&wanted, watch)
    }

    fn needs_of_target(&self, situation: &Situation) -> Result<Contents, StoreError> {
        let store = self.repository.store(Writes::InMemory)?;
        let tip = situation.target.tip;
        let mut wanted = needs::of_inventory(&store, tip)?;
        if let Ok(usual) = Globs::new(&USUAL) {
            wanted.extend(needs::of_incidents(&store, tip, &usual, &situation.policy().incidents)?);
        }
        let cost = &situation.policy().cost;
        for path in [cost.prices.as_deref(), cost.infracost.as_deref()].into_iter().flatten() {
            wanted.extend(store.entry(store.tree_of(tip)?, path)?.map(|side| side.oid));
        }
        Ok(wanted)
    }
}

//! What the last session left: decisions that are in the ledger already, and a move that a crash cut in two.

use crate::engine::{self, RefNow, Unfinished};
use crate::model::{Oid, Problem, text};

use super::git::store::{StoreError, Writes};
use super::git::write::{self, WriteError};
use super::signer;
use super::workspace::{Situation, Workspace};

impl Workspace {
    /// Puts right what can be put right, and says so. Returns whether the repository has to be read again.
    pub fn recover(&self, situation: &Situation) -> Result<(Vec<Problem>, bool), WriteError> {
        let forgotten = self.forget_recorded(situation);
        let Some(unfinished) = self.unfinished(situation)? else { return Ok((Vec::new(), forgotten)) };
        let (Ok(key), Some(ledger)) = (&situation.key, &situation.ledger_key) else {
            return Ok((Vec::new(), forgotten));
        };
        let what = match &unfinished {
            Unfinished::Finish(recovery) => {
                write::finish_move(&self.repository, recovery)?;
                let branch = text::printable(recovery.refname.trim_start_matches("refs/heads/")).into_owned();
                format!(
                    "a push had stopped half way: {branch} is now at {}, as entry {} says",
                    recovery.new.short(12),
                    recovery.entry.short(8)
                )
            }
            Unfinished::Void(void) => {
                write::publish_void(&self.repository, void, ledger, key)?;
                format!(
                    "a push had stopped half way and the target went elsewhere: entry {} is taken back",
                    void.about.short(8)
                )
            }
            Unfinished::Elsewhere(entry) => {
                let next = "open the console on the host that pushed it, which has the commits".to_owned();
                let what = format!("the push of entry {} stopped half way, on another host", entry.short(8));
                return Ok((vec![Problem { place: "ledger".into(), what, next }], forgotten));
            }
        };
        let _ = self.repository.fetch();
        Ok((
            vec![Problem { place: "ledger".into(), what, next: "look at it with `countersign ledger log`".into() }],
            true,
        ))
    }

    /// Intents whose entries are in the ledger were sent; only the answer was lost.
    fn forget_recorded(&self, situation: &Situation) -> bool {
        let Some(view) = &situation.view else { return false };
        let recorded = situation.outbox.iter().filter(|intent| view.entry(intent.id).is_some());
        recorded.fold(false, |_, intent| self.state.drop_intent(intent.id).is_ok())
    }

    fn unfinished(&self, situation: &Situation) -> Result<Option<Unfinished>, StoreError> {
        let Some(view) = situation.view.as_ref().filter(|_| situation.alarm.is_none()) else { return Ok(None) };
        let refname = situation.target.refname.as_str();
        let Some((_, update)) = view.last_move(refname) else { return Ok(None) };
        let now = self.ref_now(update.old, update.new, situation.target.tip)?;
        let by = situation.key.as_ref().map_or("", |key| &key.person.name);
        Ok(engine::unfinished(view, refname, now, by, signer::random_id(), self.clock.seconds()))
    }

    fn ref_now(&self, old: Oid, new: Oid, tip: Oid) -> Result<RefNow, StoreError> {
        let store = self.repository.store(Writes::InMemory)?;
        Ok(match (tip == old, store.has(new)) {
            (true, true) => RefNow::Before,
            (true, false) => RefNow::BeforeElsewhere,
            (false, true) if store.contains(tip, new)? => RefNow::After,
            (false, _) => RefNow::Astray,
        })
    }
}

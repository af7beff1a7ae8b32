//! The sheet that waits for a `y`: approve one or many, take a decision back, send what was kept.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Planning;
use crate::app::does;
use crate::app::queue::key_of;
use crate::diff::FoldKey;
use crate::engine::Plan;
use crate::model::text::single_line;
use crate::model::{
    Answers, DecisionKind, EntryId, Findings, Intent, IntentItem, LineStats, Queued, Seen, Subject, Tier,
};

/// A proposal on the sheet.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// As it was seen.
    pub subject: Subject,
    /// Its short name.
    pub short: String,
    /// What it does, in our words, without the counts of its lines.
    pub summary: String,
    /// What its agent calls it.
    pub title: String,
    /// The agent.
    pub agent: String,
    /// Its tier.
    pub tier: Tier,
    /// Its lines; `None` while they have not been counted.
    pub stats: Option<LineStats>,
    /// How many files it changes.
    pub files: usize,
    /// What was found about it; `None` while that is not known.
    pub findings: Option<Arc<Findings>>,
    /// What of it was on a screen; `None` where it was not opened.
    pub seen: Option<Seen>,
    /// The answers to the five questions.
    pub answers: Answers,
    /// Whether it is part of what will be signed.
    pub included: bool,
    fold: Option<FoldKey>,
}

impl Candidate {
    /// A proposal, with what of it was seen and answered.
    #[must_use]
    pub fn new(queued: &Queued, short: &str, seen: Option<Seen>, answers: Answers) -> Self {
        let proposal = &queued.proposal;
        Self {
            subject: queued.proposal.subject(),
            short: short.to_owned(),
            summary: does(queued),
            title: single_line(&proposal.title),
            agent: queued.standing.agent.clone(),
            tier: queued.standing.ruling.tier,
            stats: proposal.stats,
            files: proposal.diff().map_or(0, |diff| diff.files.len()),
            findings: queued.findings.clone(),
            seen,
            answers,
            included: true,
            fold: key_of(queued),
        }
    }

    /// A proposal that the queue no longer has.
    #[must_use]
    pub fn unknown(item: &IntentItem) -> Self {
        Self {
            subject: item.subject.clone(),
            short: item.subject.proposal.clone(),
            summary: "no longer in the queue".to_owned(),
            title: String::new(),
            agent: String::new(),
            tier: Tier::High,
            stats: None,
            files: 0,
            findings: None,
            seen: item.seen.clone(),
            answers: item.answers,
            included: true,
            fold: None,
        }
    }
}

/// The rows of these candidates: those that fold stand as one, where the first of them stands.
fn folded(candidates: &[Candidate]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut folds: HashMap<&FoldKey, usize> = HashMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let group = candidate.fold.as_ref().map_or(groups.len(), |fold| *folds.entry(fold).or_insert(groups.len()));
        match groups.get_mut(group) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups
}

/// The sheet that waits for a `y`.
#[derive(Debug)]
pub struct ApproveSheet {
    /// What is decided: approve or withdraw.
    pub kind: DecisionKind,
    /// The proposals, in the order in which they are to land.
    pub candidates: Vec<Candidate>,
    /// The plan.
    pub planning: Planning,
    /// Decisions that were made before and have not left: they are sent as they are, or taken back.
    pub resend: Option<Vec<Intent>>,
    /// Proposals that one might look for here and that never joined: their short names, and why.
    pub beside: Vec<(String, String)>,
    groups: Vec<Vec<usize>>,
    cursor: usize,
    top: usize,
}

impl ApproveSheet {
    /// A sheet over these proposals; those that fold in the queue stand as one row.
    #[must_use]
    pub fn new(kind: DecisionKind, candidates: Vec<Candidate>) -> Self {
        let groups = folded(&candidates);
        Self {
            kind,
            candidates,
            planning: Planning::default(),
            resend: None,
            beside: Vec::new(),
            groups,
            cursor: 0,
            top: 0,
        }
    }

    /// The decision as the sheet says it now; `None` where everything is left out.
    #[must_use]
    pub fn intent(&self, id: EntryId, at: Timestamp) -> Option<Intent> {
        let included = self.candidates.iter().filter(|candidate| candidate.included);
        let items: Vec<IntentItem> = included
            .map(|c| IntentItem { subject: c.subject.clone(), seen: c.seen.clone(), answers: c.answers })
            .collect();
        (!items.is_empty()).then(|| Intent {
            id,
            kind: self.kind,
            items,
            reason: None,
            note: None,
            comments: Vec::new(),
            lesson: None,
            at,
        })
    }

    /// The rows: which candidates each stands for.
    #[must_use]
    pub fn groups(&self) -> &[Vec<usize>] {
        &self.groups
    }

    /// The row of the cursor.
    #[must_use]
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// The first row that is drawn.
    #[must_use]
    pub const fn top(&self) -> usize {
        self.top
    }

    /// Moves the cursor; stops at the ends.
    pub fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.groups.len().saturating_sub(1));
    }

    /// Scrolls so that the cursor is among `height` rows.
    pub fn scroll_into(&mut self, height: usize) {
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(height));
    }

    /// Lists what the row under the cursor stands for, one by one; or makes one row of them again.
    pub fn toggle_fold(&mut self) {
        let Some(group) = self.groups.get(self.cursor).cloned() else { return };
        if group.len() > 1 {
            self.groups.splice(self.cursor..=self.cursor, group.into_iter().map(|at| vec![at]));
            return;
        }
        let Some(fold) = group.first().and_then(|at| self.candidates[*at].fold.clone()) else { return };
        let alike = |group: &Vec<usize>| group.iter().all(|at| self.candidates[*at].fold.as_ref() == Some(&fold));
        let first = self.groups.iter().position(alike).unwrap_or(self.cursor);
        let members: Vec<usize> = self.groups.iter().filter(|group| alike(group)).flatten().copied().collect();
        let rest: Vec<Vec<usize>> = self.groups.iter().filter(|group| !alike(group)).cloned().collect();
        self.groups = rest;
        self.groups.insert(first.min(self.groups.len()), members);
        self.cursor = first;
    }

    /// Whether the row under the cursor stands for several, or for one of several alike.
    #[must_use]
    pub fn on_fold(&self) -> bool {
        let Some(group) = self.groups.get(self.cursor) else { return false };
        let fold = |at: &usize| self.candidates[*at].fold.as_ref();
        let own = group.first().and_then(fold);
        own.is_some() && self.candidates.iter().filter(|candidate| candidate.fold.as_ref() == own).count() > 1
    }

    /// What the rows of one group have in common, where that is a shape.
    #[must_use]
    pub fn shape(&self, group: &[usize]) -> Option<&str> {
        match group.first().and_then(|at| self.candidates[*at].fold.as_ref()) {
            Some(FoldKey::Shape(shape)) if group.len() > 1 => Some(shape),
            _ => None,
        }
    }

    /// Leaves the row under the cursor out, or takes it in again.
    pub fn toggle(&mut self) {
        let Some(group) = self.groups.get(self.cursor) else { return };
        let included = group.iter().any(|at| self.candidates[*at].included);
        for at in group {
            self.candidates[*at].included = !included;
        }
    }

    /// The name of the first proposal under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Candidate> {
        self.candidates.get(*self.groups.get(self.cursor)?.first()?)
    }

    /// Whether the plan takes a proposal up, as far as there is one: it is part of the sheet and does not drop out.
    fn takes(&self, candidate: &Candidate) -> bool {
        let drops = |plan: &Arc<Plan>| plan.dropped.iter().any(|dropped| dropped.subject == candidate.subject);
        candidate.included && !self.planning.plan().is_some_and(drops)
    }

    /// What a row counts: those of it that are taken up, else, where it is left out as a whole, all of them.
    #[must_use]
    pub fn counted(&self, group: &[usize]) -> Vec<&Candidate> {
        let all = || group.iter().filter_map(|at| self.candidates.get(*at));
        let taken: Vec<&Candidate> = all().filter(|candidate| self.takes(candidate)).collect();
        if taken.is_empty() { all().collect() } else { taken }
    }

    /// How many proposals are part of it.
    #[must_use]
    pub fn included(&self) -> usize {
        self.candidates.iter().filter(|candidate| candidate.included).count()
    }

    /// The proposals that the plan takes up, as far as there is one: those that are part of it without what drops out.
    pub fn taken(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| self.takes(candidate))
    }
}

//! What comes back from outside. What is for something that is no longer open is dropped.

use std::sync::Arc;

use super::decide::paths_of;
use crate::app::sheet::{InitSheet, Sheet};
use crate::app::status::Status;
use crate::app::{Action, App, Command, Errand, INDEXING, JobKey, LOOKING, Outcome, Progress, RepoId, hints};
use crate::config::Context;
use crate::engine::{Awaits, Failure, Fate, Opened, Plan, Report, SentItem, Snapshot};
use crate::evidence::Evidence;
use crate::model::text::single_line;
use crate::model::{DecisionKind, Problem, Queued};

use crate::app::count;

impl App {
    pub(in crate::app) fn outcome(&mut self, outcome: Outcome) -> Vec<Command> {
        match outcome {
            Outcome::Snapshot(snapshot) => return self.was_read(snapshot),
            Outcome::Recovered(problem) => self.status = Some(Status::done(problem.what)),
            Outcome::CaughtUp { repo, done, problems } => self.caught_up(repo, &done, problems),
            Outcome::Arrived(entries) => {
                self.outbox.arrived(&entries);
                return vec![self.keep_outbox()];
            }
            Outcome::Progress { repo, what, done, total } => {
                self.progress.insert(repo, Progress { what, done, total });
            }
            Outcome::Opened(opened) => self.opened(*opened),
            Outcome::Evidence(subject, evidence) => {
                if let Some(review) = self.review.as_mut().filter(|review| review.subject == subject) {
                    review.learn(*evidence, self.now);
                }
            }
            Outcome::Forge(subject, report) => {
                if let Some(review) = self.review.as_mut().filter(|review| review.subject == subject) {
                    review.hear(*report);
                }
            }
            // Fetching may be under way beside it, and says so itself.
            Outcome::Indexed(repo) => self.done_with(repo, INDEXING),
            Outcome::Learnt(snapshot) => return self.absorb(snapshot),
            Outcome::LookedInto(snapshot) => {
                let repo = self.repos().id(&snapshot.repo);
                self.jobs.answered(JobKey::LookInto(repo));
                self.done_with(repo, LOOKING);
                return self.absorb(snapshot);
            }
            Outcome::Highlighted { part, from, roles } => {
                self.jobs.answered(JobKey::Highlight);
                if let Some(review) = self.review.as_mut().filter(|review| review.subject == part.subject) {
                    review.colours.take(part.file, part.side, from, roles);
                }
            }
            Outcome::Planned { ticket, plan } => self.planned(ticket, plan),
            Outcome::Sent(report) => return self.sent(report),
            Outcome::Changed { plan } => return self.changed(plan),
            Outcome::InitOffered(offer) => {
                self.jobs.answered(JobKey::PreviewInit);
                if let Some(Sheet::Init(sheet)) = &mut self.sheet {
                    sheet.offer = Some(offer);
                }
            }
            Outcome::Started(line) => {
                self.jobs.answered(JobKey::Init);
                self.status = Some(Status::done(line));
            }
            Outcome::Asks { errand, wants } => return self.asked(errand, wants),
            Outcome::Unopened(page, why) => {
                return self.hand_over(&page, &format!("no browser ({}): ", single_line(&why)));
            }
            Outcome::Failed { job, failure } => return self.failed(job, &failure),
        }
        Vec::new()
    }

    fn planned(&mut self, ticket: u64, plan: Result<Arc<Plan>, Failure>) {
        self.jobs.answered(JobKey::Preview);
        if let Some(planning) = self.sheet.as_mut().and_then(Sheet::planning) {
            planning.answer(ticket, plan);
        }
    }

    /// A repository was read; what is not known of its proposals is looked into.
    fn was_read(&mut self, snapshot: Arc<Snapshot>) -> Vec<Command> {
        let repo = self.repos().id(&snapshot.repo);
        self.jobs.answered(JobKey::Refresh(repo));
        self.progress.remove(&repo);
        // What is about to be read again is not looked into before.
        let unknown = !snapshot.kept && snapshot.queue.iter().any(is_open);
        let commands = self.absorb(snapshot);
        commands.into_iter().chain(unknown.then_some(Command::LookInto(repo))).collect()
    }

    fn done_with(&mut self, repo: RepoId, what: &str) {
        if self.progress.get(&repo).is_some_and(|progress| progress.what == what) {
            self.progress.remove(&repo);
        }
    }

    /// A newer snapshot. An open sheet has its plan made again: it may no longer be the one that is shown.
    fn absorb(&mut self, snapshot: Arc<Snapshot>) -> Vec<Command> {
        if snapshot.offline.is_none() {
            self.asks.fetch.remove(&self.repos().id(&snapshot.repo));
        }
        self.queue.absorb(snapshot);
        // What is shown of a proposal is as new as its row.
        self.preview = None;
        self.show_preview();
        self.look_around();
        let ticket = self.next_ticket();
        self.sheet
            .as_mut()
            .and_then(Sheet::planning)
            .and_then(|planning| planning.ask_again(ticket))
            .into_iter()
            .collect()
    }

    fn opened(&mut self, mut opened: Opened) {
        self.jobs.answered(JobKey::Open);
        let about = |sheet: &Sheet| matches!(sheet, Sheet::Write(sheet) if matches!(sheet.items.as_slice(), [one] if one.subject == opened.subject));
        let unmergeable = opened.subject.change_id.is_none();
        if unmergeable && self.sheet.as_ref().is_some_and(about) {
            self.learn_scopes(paths_of(&opened.document));
        }
        let Some(review) = self.review.as_mut().filter(|review| review.subject == opened.subject) else { return };
        let evidence = std::mem::replace(&mut opened.evidence, Evidence::PENDING);
        review.take(opened);
        review.learn(evidence, self.now);
    }

    /// What was owed to a forge was told, or not yet.
    fn caught_up(&mut self, repo: RepoId, done: &[String], problems: Vec<Problem>) {
        let key = hints::label(self, Context::Queue, Action::Problems).unwrap_or_default();
        self.status = match (problems.as_slice(), done) {
            // What is said on the page of problems anyway is said once.
            (problems, []) if self.owed.get(&repo).is_some_and(|known| known == problems) => return,
            ([first, ..], _) => Some(Status::warn(format!("{}: {}; {key} shows more", first.place, first.what))),
            ([], [only]) => Some(Status::done(only.clone())),
            ([], [first, more @ ..]) => Some(Status::done(format!("{first}, and {} more that were owed", more.len()))),
            ([], []) => self.status.take(),
        };
        self.owed.insert(repo, problems);
    }

    /// Decisions were sent. What landed stays grey where it was.
    fn sent(&mut self, report: Box<Report>) -> Vec<Command> {
        self.jobs.answered(JobKey::Send);
        self.outbox.answered(true);
        let mut commands = vec![self.keep_outbox()];
        self.sitting.count(&report);
        for item in &report.items {
            if let Some(fate) = gone(item) {
                self.queue.settle(&item.subject.name(), fate);
            }
            if !matches!(item.fate, Fate::Dropped { .. }) {
                commands.extend(self.desk.drop(&item.subject));
            }
        }
        let key = hints::label(self, Context::Queue, Action::Problems);
        self.status = Some(summary(&report, &key.unwrap_or_default()));
        self.report = Some(report);
        self.unsent_because = None;
        self.asks.send = None;
        commands
    }

    /// The plan is no longer the one that was shown: it is shown again, unless the person is in the middle of something.
    fn changed(&mut self, plan: Arc<Plan>) -> Vec<Command> {
        self.jobs.answered(JobKey::Send);
        let shown = self.outbox.answered(false);
        if self.sheet.is_none() && self.overlay.is_none() && self.review.is_none() {
            let commands = self.send_now();
            if let Some(Sheet::Approve(sheet)) = &mut self.sheet {
                let how = shown.iter().find_map(|shown| shown.difference(&plan));
                sheet.planning.replace(plan, how.unwrap_or_default());
            }
            let keep = self.keep_outbox();
            return commands.into_iter().chain([keep]).collect();
        }
        self.status = Some(Status::warn("nothing was sent: the plan has changed. send-now shows it again"));
        vec![self.keep_outbox()]
    }

    /// git wanted to ask a person: stepping aside is offered, at once unless the person is in the middle of something.
    fn asked(&mut self, errand: Errand, wants: String) -> Vec<Command> {
        match errand {
            Errand::Refresh(repo) => {
                self.asks.fetch.insert(repo, wants);
                Vec::new()
            }
            Errand::Init(repo, offer) => {
                self.jobs.answered(JobKey::Init);
                self.sheet = Some(Sheet::Init(Box::new(InitSheet::asking(repo, offer, wants))));
                Vec::new()
            }
            Errand::Send(_) => {
                self.jobs.answered(JobKey::Send);
                self.outbox.answered(false);
                self.asks.send = Some(wants.clone());
                if self.sheet.is_none() && self.overlay.is_none() && self.review.is_none() {
                    let mut commands = self.send_now();
                    commands.push(self.keep_outbox());
                    return commands;
                }
                let key = hints::label(self, Context::Queue, Action::SendNow).unwrap_or_default();
                self.status =
                    Some(Status::warn(format!("nothing was sent, all is kept: {wants}. {key} asks for it here")));
                vec![self.keep_outbox()]
            }
        }
    }

    fn failed(&mut self, job: JobKey, failure: &Failure) -> Vec<Command> {
        self.jobs.answered(job);
        let line = format!("{}: {}. {}", failure.what, failure.why, failure.next);
        match job {
            JobKey::Open => {
                if let Some(review) = &mut self.review {
                    review.failure = Some(failure.clone());
                }
            }
            JobKey::Refresh(repo) | JobKey::LookInto(repo) => {
                self.progress.remove(&repo);
            }
            JobKey::Highlight => return Vec::new(),
            JobKey::PreviewInit => self.sheet = None,
            JobKey::Send => {
                self.outbox.answered(false);
                self.status = Some(Status::failed(line));
                self.unsent_because = Some(failure.clone());
                return vec![self.keep_outbox()];
            }
            JobKey::Preview | JobKey::Init | JobKey::Keep => {}
        }
        self.status = Some(Status::failed(line));
        Vec::new()
    }
}

/// Why a proposal is no longer in the queue after this; `None` where it still is.
fn gone(item: &SentItem) -> Option<&'static str> {
    match (&item.fate, item.kind) {
        (Fate::Merged { .. }, _) => Some("merged"),
        (Fate::Noted, DecisionKind::Reject) => Some("rejected"),
        _ => None,
    }
}

/// Whether anything of it is not known, or may have changed with time.
fn is_open(queued: &Queued) -> bool {
    queued.findings.is_none() || (queued.standing.harmless && !queued.standing.is_green())
}

/// What became of it all, in a line.
fn summary(report: &Report, key: &str) -> Status {
    let number = |wanted: fn(&Fate) -> bool| report.items.iter().filter(|item| wanted(&item.fate)).count();
    let mut parts = Vec::new();
    for (number, word) in [
        (number(|fate| matches!(fate, Fate::Astray { .. })), "merged NOT AS APPROVED"),
        (number(|fate| matches!(fate, Fate::Merged { .. })), "merged"),
        (number(|fate| matches!(fate, Fate::Recorded { awaits: Awaits::People(_) })), "approved, people still missing"),
        (number(|fate| matches!(fate, Fate::Recorded { awaits: Awaits::Checks })), "approved, checks still missing"),
        (number(|fate| matches!(fate, Fate::Noted)), "recorded"),
        (number(|fate| matches!(fate, Fate::Unposted { .. })), "not on GitHub"),
        (number(|fate| matches!(fate, Fate::Dropped { .. })), "left out"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let undone =
        |item: &SentItem| matches!(item.fate, Fate::Dropped { .. } | Fate::Unposted { .. } | Fate::Astray { .. });
    let dropped = report.items.iter().any(undone);
    let signed = count(report.entries.len(), "signature");
    let line = format!("{}; {signed}; {key} shows each", parts.join(", "));
    if dropped || !report.problems.is_empty() { Status::warn(line) } else { Status::done(line) }
}

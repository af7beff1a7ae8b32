//! From a wish to a sheet, from a sheet to the outbox.

use std::sync::Arc;

use bstr::BString;
use jiff::Timestamp;

use crate::app::queue::{self, Entry};
use crate::app::review::SeenLines;
use crate::app::sheet::{ApproveSheet, Candidate, InitSheet, Sheet, WriteSheet, scopes, scopes_of};
use crate::app::status::Status;
use crate::app::{App, Command, Errand, count};
use crate::diff::Document;
use crate::engine::{LedgerHealth, Plan};
use crate::model::{DecisionKind, Intent, IntentItem, ProposalName, Queued};

impl App {
    /// Offers the clean low proposals as one batch.
    pub(in crate::app) fn batch(&mut self) -> Vec<Command> {
        if self.lacks_ledger() {
            return self.offer_init();
        }
        let clean = self.of_one_repository(self.queue.clean(), |entry| &entry.queued);
        let candidates = clean.iter().map(|entry| self.candidate(&entry.queued, &entry.short)).collect();
        let beside = self.of_one_repository(self.queue.unclean(), |entry| &entry.queued);
        let beside = beside.into_iter().map(beside_it).collect();
        let commands = self.open_plan(DecisionKind::Approve, candidates);
        if let Some(Sheet::Approve(sheet)) = &mut self.sheet {
            sheet.beside = beside;
        }
        commands
    }

    pub(in crate::app) fn approve(&mut self) -> Vec<Command> {
        self.plan_chosen(DecisionKind::Approve)
    }

    pub(in crate::app) fn withdraw(&mut self) -> Vec<Command> {
        self.plan_chosen(DecisionKind::Withdraw)
    }

    fn plan_chosen(&mut self, kind: DecisionKind) -> Vec<Command> {
        if self.lacks_ledger() {
            return self.offer_init();
        }
        let undecided = self.undecided();
        let candidates = undecided.iter().map(|(queued, short)| self.candidate(queued, short)).collect();
        self.open_plan(kind, candidates)
    }

    /// What a decision means, without what was decided on and has not left.
    fn undecided(&self) -> Vec<(&Queued, &str)> {
        let undecided = |(queued, _): &(&Queued, &str)| self.queue.decided(&queued.proposal.name()).is_none();
        self.of_one_repository(self.chosen().into_iter().filter(undecided).collect(), |(queued, _)| queued)
    }

    /// Those of one repository: every ledger has its own entries. The repository is that of the screen if any of these is of
    /// it, else that of the first.
    fn of_one_repository<T>(&self, all: Vec<T>, queued: impl Fn(&T) -> &Queued) -> Vec<T> {
        let repo = |one: &T| queued(one).proposal.repo.clone();
        let here = self.here().repo.clone();
        let wanted = if all.iter().any(|one| repo(one) == here) { Some(here) } else { all.first().map(&repo) };
        all.into_iter().filter(|one| Some(repo(one)) == wanted).collect()
    }

    fn candidate(&self, queued: &Queued, short: &str) -> Candidate {
        let subject = queued.proposal.subject();
        let seen = self.desk.seen(&subject).and_then(SeenLines::record);
        Candidate::new(queued, short, seen, self.desk.answers(&subject))
    }

    fn open_plan(&mut self, kind: DecisionKind, candidates: Vec<Candidate>) -> Vec<Command> {
        self.sheet = Some(Sheet::Approve(Box::new(ApproveSheet::new(kind, candidates))));
        self.ask_plan()
    }

    pub(in crate::app) fn reject(&mut self) -> Vec<Command> {
        self.write(DecisionKind::Reject)
    }

    pub(in crate::app) fn hold(&mut self) -> Vec<Command> {
        self.write(DecisionKind::Hold)
    }

    fn write(&mut self, kind: DecisionKind) -> Vec<Command> {
        if self.lacks_ledger() {
            return self.offer_init();
        }
        let chosen = self.undecided();
        let Some((first, _)) = chosen.first() else { return Vec::new() };
        let draft = self.desk.draft(&first.proposal.subject());
        let kind = match draft.kind {
            Some(DecisionKind::Ask) if kind == DecisionKind::Hold => DecisionKind::Ask,
            _ => kind,
        };
        let items: Vec<IntentItem> = chosen.iter().map(|(queued, _)| self.item(queued)).collect();
        let named = chosen.iter().map(|(queued, short)| ((*short).to_owned(), queued.summary.clone())).collect();
        let offered = scopes(chosen.iter().map(|(queued, _)| *queued));
        // What does not merge shows no files in the list; its head has some all the same.
        let unknown = match chosen.as_slice() {
            [(only, _)] if only.proposal.diff().is_none() => Some(only.proposal.subject()),
            _ => None,
        };
        let sheet = WriteSheet::new(kind, items, named, offered, &draft);
        self.sheet = Some(Sheet::Write(Box::new(sheet)));
        let opened = self.review.as_ref().and_then(|review| review.document()).map(paths_of);
        let open = match (unknown, opened) {
            (Some(_), Some(paths)) => {
                self.learn_scopes(paths);
                None
            }
            (unknown, _) => unknown.map(Command::Open),
        };
        self.ask_plan().into_iter().chain(open).collect()
    }

    /// Takes the files that an opened proposal changes for the scopes of the sheet that is about it.
    pub(in crate::app) fn learn_scopes(&mut self, paths: Vec<BString>) {
        if let Some(Sheet::Write(sheet)) = &mut self.sheet {
            sheet.learn(scopes_of(paths));
            sheet.planning.edited(self.now);
        }
    }

    fn item(&self, queued: &Queued) -> IntentItem {
        let subject = queued.proposal.subject();
        let seen = self.desk.seen(&subject).and_then(SeenLines::record);
        IntentItem { seen, answers: self.desk.answers(&subject), subject }
    }

    fn lacks_ledger(&self) -> bool {
        self.here().ledger == LedgerHealth::None
    }

    /// Shows what starting the ledger would write.
    pub(in crate::app) fn offer_init(&mut self) -> Vec<Command> {
        let repo = self.repos().id(&self.here().repo);
        self.sheet = Some(Sheet::Init(Box::new(InitSheet::of(repo))));
        vec![Command::PreviewInit(repo)]
    }

    /// Asks for the plan of what the sheet says now.
    pub(in crate::app) fn ask_plan(&mut self) -> Vec<Command> {
        let intents = self.intents();
        let ticket = self.next_ticket();
        let Some(planning) = self.sheet.as_mut().and_then(Sheet::planning) else { return Vec::new() };
        if intents.is_empty() {
            planning.nothing();
            return Vec::new();
        }
        vec![planning.ask(ticket, intents)]
    }

    /// The decisions that the sheet says now.
    fn intents(&mut self) -> Vec<Intent> {
        if let Some(Sheet::Approve(sheet)) = &self.sheet
            && let Some(kept) = &sheet.resend
        {
            return kept.clone();
        }
        let (id, at) = (self.ids.draw(), self.now);
        let intent = match &self.sheet {
            Some(Sheet::Approve(sheet)) => sheet.intent(id, at),
            Some(Sheet::Write(sheet)) => sheet.intent(id, at).or_else(|| sheet.sketch(id, at)),
            _ => None,
        };
        intent.into_iter().collect()
    }

    /// Puts a confirmed plan into the undo window. It is on disk before anything else happens.
    pub(in crate::app) fn confirmed(&mut self, plan: Arc<Plan>, at: Timestamp) -> Vec<Command> {
        let mut commands: Vec<Command> = self.save_draft().into_iter().collect();
        let decided: Vec<ProposalName> = plan.items.iter().map(|item| item.subject.name()).collect();
        // What was left out, or was never meant, stays marked if it was: the next decision may mean it. A mark that nobody
        // set would be a trap.
        let marked = self.queue.unmark_these(&decided);
        self.outbox.put(plan, marked, at);
        let aside =
            matches!(&self.sheet, Some(Sheet::Approve(sheet)) if sheet.resend.is_some() && self.asks.send.is_some());
        self.sheet = None;
        self.review = None;
        if let ([one], Some(here)) = (decided.as_slice(), self.queue.current())
            && here.name == *one
        {
            self.queue.step(1);
        }
        self.show_preview();
        commands.push(self.keep_outbox());
        if aside {
            // What is asked for there can be refused there: that is its window.
            let leaving = self.outbox.leave().into_iter();
            commands.extend(leaving.map(|plans| Command::StepAside(Errand::Send(plans))));
        }
        if let Some(sheet) = self.parked.take() {
            commands.extend(self.unpark(sheet));
        }
        commands
    }

    /// Keeps what has not been signed, and shows it in the list.
    pub(in crate::app) fn keep_outbox(&mut self) -> Command {
        self.queue.set_decided(self.outbox.decided());
        Command::KeepOutbox(self.outbox.unsigned())
    }

    /// Takes the last confirmed decisions back, or, where none waits, those that were kept. What was marked for it is marked
    /// again; what a batch offered by itself is not, or the next decision would mean it.
    pub(in crate::app) fn undo(&mut self) -> Vec<Command> {
        let (intents, marked) = match self.outbox.take_back() {
            Some((plan, marked)) => (plan.remaining_intents(), marked),
            None => (self.outbox.drop_kept(), Vec::new()),
        };
        let items: Vec<&IntentItem> = intents.iter().flat_map(|intent| &intent.items).collect();
        if let Some(first) = items.first() {
            self.queue.go_to(&first.subject.name());
            self.still_at = Some(self.now);
        }
        self.queue.mark(marked);
        let what = intents.first().map_or_else(String::new, |intent| intent.kind.to_string());
        self.status =
            Some(Status::done(format!("taken back: {what}, {}; nothing was sent", count(items.len(), "proposal"))));
        vec![self.keep_outbox()]
    }

    /// Sends what waits, at once; what was kept is planned and shown again first.
    pub(in crate::app) fn send_now(&mut self) -> Vec<Command> {
        let leaving = self.outbox.leave();
        if !leaving.is_empty() {
            return leaving.into_iter().map(Command::Send).collect();
        }
        let kept = self.outbox.kept_of_one();
        let candidates = kept.iter().flat_map(|intent| &intent.items).map(|item| self.kept_candidate(item)).collect();
        let kind = kept.first().map_or(DecisionKind::Approve, |intent| intent.kind);
        let mut sheet = ApproveSheet::new(kind, candidates);
        sheet.resend = Some(kept);
        self.sheet = Some(Sheet::Approve(Box::new(sheet)));
        self.ask_plan()
    }

    fn kept_candidate(&self, item: &IntentItem) -> Candidate {
        let Some(entry) = self.queue.find(&item.subject.name()) else { return Candidate::unknown(item) };
        let mut candidate = self.candidate(&entry.queued, &entry.short);
        candidate.subject = item.subject.clone();
        candidate
    }

    /// Goes back to a sheet that waited while one of its proposals was open.
    pub(in crate::app) fn unpark(&mut self, sheet: Sheet) -> Vec<Command> {
        self.sheet = Some(sheet);
        if let Some(Sheet::Approve(sheet)) = &mut self.sheet {
            for candidate in &mut sheet.candidates {
                candidate.seen = self.desk.seen(&candidate.subject).and_then(SeenLines::record);
                candidate.answers = self.desk.answers(&candidate.subject);
                candidate.included &= self.queue.decided(&candidate.subject.name()).is_none();
            }
        }
        self.ask_plan()
    }

    /// Keeps what is written on the open sheet.
    pub(in crate::app) fn save_draft(&mut self) -> Option<Command> {
        let Some(Sheet::Write(sheet)) = &self.sheet else { return None };
        let subject = &sheet.items.first()?.subject;
        let draft = sheet.draft(self.desk.draft(subject));
        self.desk.keep(draft)
    }
}

/// The files of a document, under the names that they have now, or had last.
pub(super) fn paths_of(document: &Document) -> Vec<BString> {
    document.files().iter().map(|file| file.path.clone()).collect()
}

/// A low proposal that does not join a batch, and why.
fn beside_it(entry: &Entry) -> (String, String) {
    let standing = &entry.queued.standing;
    let note = queue::note(standing);
    (entry.short.clone(), if note.is_empty() { standing.state.to_string() } else { note.to_owned() })
}

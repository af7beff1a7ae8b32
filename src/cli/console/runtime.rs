//! Carries the console's commands out: reads on threads of their own, of which only the newest of a kind is answered;
//! writes in order, never dropped: what is sent on one thread, and on another what is kept on the disk, which waits for no network.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::app::{Command, Errand, JobKey, Msg, Outcome, RepoId, TELLING};
use crate::engine::{Draft, Failure, InitOffer, Plan, Refusal};
use crate::io::browser;
use crate::io::git::process::GitError;
use crate::io::init::{Given, InitError, Started};
use crate::io::post;
use crate::io::send::SendError;
use crate::io::state::StateFolder;
use crate::io::workspace::{Scope, Workspace};
use crate::model::{EntryId, Intent, Subject, WebAddress};
use crate::tui::Mailbox;

use super::reads::{Reads, Still};

/// The runtime of one console: its repositories, in the order in which the console has them.
pub struct Runtime {
    repos: Arc<[Arc<Reads>]>,
    newest: HashMap<JobKey, Arc<AtomicU64>>,
    writes: Option<(Sender<Due>, Sender<Keep>)>,
    writers: Vec<JoinHandle<()>>,
    /// Whether the console is being left: nothing new is posted then.
    leaving: Arc<AtomicBool>,
}

/// A write to the outside, in the order in which it was asked for.
enum Write {
    Send(Vec<Arc<Plan>>),
    /// At the terminal, with the console stepped aside.
    Aside(Errand),
    Init(RepoId, Box<InitOffer>),
}

/// A write, and who says that all that was to be kept before is on the disk: a crash in between must find what was decided.
struct Due {
    write: Write,
    kept: Receiver<()>,
}

/// A write to the state folder, in the order in which it was asked for.
enum Keep {
    Outbox(Vec<Intent>),
    Draft(Box<Draft>),
    DropDraft(Subject),
    /// Says that all before it is on the disk.
    Mark(Sender<()>),
}

impl Runtime {
    /// Starts the writing thread. `unsent` is what was in the outboxes at the start.
    pub fn start(
        workspaces: &[Arc<Workspace>],
        offline: bool,
        mailbox: &Mailbox,
        unsent: &[Intent],
    ) -> std::io::Result<Self> {
        let reads = |(at, workspace): (usize, &Arc<Workspace>)| {
            Arc::new(Reads {
                id: RepoId(at),
                workspace: Arc::clone(workspace),
                offline,
                mailbox: mailbox.clone(),
                glanced: AtomicBool::new(false),
                unreachable: Mutex::default(),
            })
        };
        let repos: Arc<[Arc<Reads>]> = workspaces.iter().enumerate().map(reads).collect();
        let (leaving, sent) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let ((to_write, writes), (to_keep, keeps)) = (mpsc::channel(), mpsc::channel());
        let known = repos.iter().map(|reads| ids_of(unsent, &reads.workspace)).collect();
        let writer = Writer { repos: Arc::clone(&repos), sent: Arc::clone(&sent), leaving: Arc::clone(&leaving) };
        let keeper = Keeper { repos: Arc::clone(&repos), known, sent };
        let writers = vec![
            thread::Builder::new().name("writes".into()).spawn(move || writer.run(&writes))?,
            thread::Builder::new().name("keeps".into()).spawn(move || keeper.run(&keeps))?,
        ];
        Ok(Self { repos, newest: HashMap::new(), writes: Some((to_write, to_keep)), writers, leaving })
    }

    /// Starts a command and returns at once; `Quit` waits for the writes.
    pub fn carry_out(&mut self, command: Command) {
        match command {
            Command::Refresh(repo) => self.read(repo, JobKey::Refresh(repo), Reads::refresh),
            Command::LookInto(repo) => self.read(repo, JobKey::LookInto(repo), Reads::look_into),
            Command::Open(subject) => {
                let repo = id_of(&self.repos, &subject);
                self.read(repo, JobKey::Open, move |reads, still| reads.open(&subject, still));
            }
            Command::Highlight(request) => {
                let repo = id_of(&self.repos, &request.part.subject);
                self.read(repo, JobKey::Highlight, move |reads, still| reads.highlight(&request, still));
            }
            Command::Preview { ticket, intents } => {
                let repo = id_of_all(&self.repos, &intents);
                self.read(repo, JobKey::Preview, move |reads, still| reads.preview(ticket, &intents, still));
            }
            Command::PreviewInit(repo) => self.read(repo, JobKey::PreviewInit, Reads::preview_init),
            Command::Send(plans) => self.write(Write::Send(plans)),
            Command::KeepOutbox(intents) => self.keep(Keep::Outbox(intents)),
            Command::SaveDraft(draft) => self.keep(Keep::Draft(draft)),
            Command::DropDraft(subject) => self.keep(Keep::DropDraft(subject)),
            Command::Init(repo, offer) => self.write(Write::Init(repo, offer)),
            Command::StepAside(Errand::Refresh(repo)) => {
                self.read(repo, JobKey::Refresh(repo), move |reads, still| {
                    if catch_unwind(AssertUnwindSafe(|| reads.refresh_asking(still))).is_err() {
                        let _ = reads.mailbox.send(Msg::Outcome(broke(JobKey::Refresh(repo))));
                    }
                    reads.mailbox.back();
                });
            }
            Command::StepAside(errand) => self.write(Write::Aside(errand)),
            Command::Browse(page) => self.browse(page),
            Command::Quit => self.finish(),
            // The loop keeps what concerns the terminal alone to itself.
            Command::Copy(_) | Command::Suspend | Command::Redraw => {}
        }
    }

    /// Reads on a thread of its own. The job is told, whenever it asks, whether it is still the newest of its kind.
    fn read(&mut self, repo: RepoId, key: JobKey, job: impl FnOnce(&Reads, Still<'_>) + Send + 'static) {
        let newest = Arc::clone(self.newest.entry(key).or_default());
        let mine = newest.fetch_add(1, Ordering::SeqCst) + 1;
        let reads = Arc::clone(&self.repos[repo.0]);
        let mailbox = reads.mailbox.clone();
        let spawned = thread::Builder::new().name(format!("{key:?}")).spawn(move || {
            let still = || newest.load(Ordering::SeqCst) == mine;
            if catch_unwind(AssertUnwindSafe(|| job(&reads, &still))).is_err() {
                let _ = reads.mailbox.send(Msg::Outcome(broke(key)));
            }
        });
        if let Err(error) = spawned {
            let failure = Failure {
                what: "it could not be read".into(),
                why: error.to_string(),
                next: "close other programs and try again".into(),
            };
            let _ = mailbox.send(Msg::Outcome(Outcome::Failed { job: key, failure }));
        }
    }

    /// Opens a page on a thread of its own, which waits for as long as the browser takes.
    fn browse(&self, page: WebAddress) {
        let Some(reads) = self.repos.first() else { return };
        let (mailbox, git_dir) = (reads.mailbox.clone(), reads.workspace.repository.git_dir.clone());
        let home = reads.workspace.home.clone().unwrap_or(git_dir);
        let (told, unopened) = (mailbox.clone(), page.clone());
        let work = move || {
            if let Err(error) = browser::open(&home, &page) {
                let _ = mailbox.send(Msg::Outcome(Outcome::Unopened(page, error.to_string())));
            }
        };
        if let Err(error) = thread::Builder::new().name("browser".into()).spawn(work) {
            let _ = told.send(Msg::Outcome(Outcome::Unopened(unopened, error.to_string())));
        }
    }

    fn write(&self, write: Write) {
        if let Some((writes, keeps)) = &self.writes {
            let (done, kept) = mpsc::channel();
            // The threads live as long as the senders.
            let _ = keeps.send(Keep::Mark(done));
            let _ = writes.send(Due { write, kept });
        }
    }

    fn keep(&self, keep: Keep) {
        if let Some((_, keeps)) = &self.writes {
            let _ = keeps.send(keep);
        }
    }

    /// Waits for what is written; of what a forge is told, for the one post that is under way. The rest stays owed.
    fn finish(&mut self) {
        self.leaving.store(true, Ordering::SeqCst);
        self.writes = None;
        for writer in self.writers.drain(..) {
            let _ = writer.join();
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.finish();
    }
}

/// The place of the repository that a proposal is of.
fn id_of(repos: &[Arc<Reads>], subject: &Subject) -> RepoId {
    let named = |reads: &Arc<Reads>| reads.workspace.repository.name == subject.repo;
    RepoId(repos.iter().position(named).unwrap_or_default())
}

/// The place of the repository that decisions are about, which is the same for all of them.
fn id_of_all(repos: &[Arc<Reads>], intents: &[Intent]) -> RepoId {
    intents.iter().flat_map(|intent| &intent.items).next().map_or(RepoId(0), |item| id_of(repos, &item.subject))
}

/// The ids of the intents that are about a repository.
fn ids_of(intents: &[Intent], workspace: &Workspace) -> BTreeSet<EntryId> {
    about(intents, workspace).map(|intent| intent.id).collect()
}

/// The intents that are about a repository.
fn about<'a>(intents: &'a [Intent], workspace: &'a Workspace) -> impl Iterator<Item = &'a Intent> {
    let here = |intent: &&Intent| intent.items.first().is_some_and(|i| i.subject.repo == workspace.repository.name);
    intents.iter().filter(here)
}

/// What is in the ledger. A console that is left while it sends asks for these to be kept, not knowing better yet.
type Sent = Arc<Mutex<BTreeSet<EntryId>>>;

struct Writer {
    repos: Arc<[Arc<Reads>]>,
    sent: Sent,
    leaving: Arc<AtomicBool>,
}

impl Writer {
    /// Writes what it is asked to, in order. One that breaks takes no other with it.
    fn run(self, writes: &Receiver<Due>) {
        for Due { write, kept } in writes {
            let _ = kept.recv();
            let key = match &write {
                Write::Send(_) => JobKey::Send,
                Write::Aside(errand) => errand.key(),
                Write::Init(..) => JobKey::Init,
            };
            let aside = matches!(write, Write::Aside(_));
            if catch_unwind(AssertUnwindSafe(|| self.write(write))).is_err() {
                answer(&self.repos, broke(key));
            }
            if aside {
                mailbox(&self.repos).back();
                self.repos.iter().for_each(|reads| read_again(reads));
            }
        }
    }

    fn write(&self, write: Write) {
        match write {
            Write::Send(plans) => {
                let reads = self.of_plans(&plans);
                self.send(&plans, &reads, &Arc::clone(&reads.workspace));
                read_again(&reads);
            }
            Write::Aside(Errand::Send(plans)) => {
                let reads = self.of_plans(&plans);
                self.send(&plans, &reads, &reads.workspace.asking());
            }
            Write::Aside(Errand::Init(repo, offer)) => {
                self.init(repo, &offer, &self.repos[repo.0].workspace.asking());
            }
            // Reading is the readers'.
            Write::Aside(Errand::Refresh(_)) => {}
            Write::Init(repo, offer) => {
                let reads = Arc::clone(&self.repos[repo.0]);
                self.init(repo, &offer, &reads.workspace);
                read_again(&reads);
            }
        }
    }

    /// The repository that plans are for, which is the same for all of them.
    fn of_plans(&self, plans: &[Arc<Plan>]) -> Arc<Reads> {
        let RepoId(at) = plans.first().map_or(RepoId(0), |plan| id_of_all(&self.repos, &plan.intents));
        Arc::clone(&self.repos[at])
    }

    /// Everything of one sitting goes in one push: the plans' intents are planned together once more.
    fn send(&self, plans: &[Arc<Plan>], reads: &Reads, workspace: &Workspace) {
        let intents: Vec<Intent> = plans.iter().flat_map(|plan| plan.remaining_intents()).collect();
        let shown = match plans {
            [one] => Ok(Arc::clone(one)),
            several => together(&reads.workspace, several, &intents),
        };
        let sent = shown.and_then(|plan| workspace.send(&plan));
        reads.asked_remote(match &sent {
            Err(SendError::Offline(error)) => Some(error.to_string()),
            _ => None,
        });
        let outcome = match sent {
            Ok(mut report) => {
                self.settle(&intents, &workspace.state);
                let progress = |done, total| reads.progress(TELLING, done, total);
                let still = || !self.leaving.load(Ordering::SeqCst);
                workspace.deliver(&mut report, &post::Watch { progress: &progress, still: &still });
                Outcome::Sent(Box::new(report))
            }
            Err(SendError::Changed(plan)) => Outcome::Changed { plan: Arc::from(plan) },
            Err(error) => match wants(error.of_git(), workspace) {
                Some(wants) => Outcome::Asks { errand: Errand::Send(plans.to_vec()), wants },
                None => Outcome::Failed { job: JobKey::Send, failure: Failure::from(&error) },
            },
        };
        answer(&self.repos, outcome);
    }

    /// Remembers what is in the ledger, and takes out of the outbox what was kept there meanwhile.
    fn settle(&self, intents: &[Intent], state: &StateFolder) {
        let mut sent = lock(&self.sent);
        for intent in intents {
            sent.insert(intent.id);
            // One that stays is found in the ledger before it is sent again.
            let _ = state.drop_intent(intent.id);
        }
    }

    fn init(&self, repo: RepoId, shown: &InitOffer, workspace: &Workspace) {
        answer(
            &self.repos,
            match start_ledger(shown, workspace) {
                Ok(Started::Adopted { commit }) => {
                    Outcome::Started(format!("the ledger begins; the policy is {}", commit.short(12)))
                }
                Ok(Started::Offered { .. }) => Outcome::Started(
                    "the remote refused the target: merge the branch countersign/init, then decide".to_owned(),
                ),
                Err(error) => match wants(error.of_git(), workspace) {
                    Some(wants) => Outcome::Asks { errand: Errand::Init(repo, Box::new(shown.clone())), wants },
                    None => Outcome::Failed { job: JobKey::Init, failure: Failure::from(&error) },
                },
            },
        );
    }
}

/// Keeps on the disk what a person wrote and decided, whatever is being sent meanwhile.
struct Keeper {
    repos: Arc<[Arc<Reads>]>,
    /// The intents in the outboxes that are this console's, by repository: those of another one are not touched.
    known: Vec<BTreeSet<EntryId>>,
    sent: Sent,
}

impl Keeper {
    /// Keeps what it is asked to, in order.
    fn run(mut self, keeps: &Receiver<Keep>) {
        for keep in keeps {
            if catch_unwind(AssertUnwindSafe(|| self.keep(keep))).is_err() {
                answer(&self.repos, broke(JobKey::Keep));
            }
        }
    }

    fn keep(&mut self, keep: Keep) {
        match keep {
            Keep::Outbox(intents) => (0..self.repos.len()).for_each(|at| self.outbox(at, &intents)),
            Keep::Draft(draft) => self.done(self.state(&draft.subject).keep_draft(&draft_key(&draft.subject), &draft)),
            // Nobody waits any more where a part broke.
            Keep::Mark(done) => drop(done.send(())),
            Keep::DropDraft(subject) => self.done(self.state(&subject).drop_draft(&draft_key(&subject))),
        }
    }

    fn state(&self, subject: &Subject) -> &StateFolder {
        &self.repos[id_of(&self.repos, subject).0].workspace.state
    }

    /// Keeps what is about one of the repositories.
    fn outbox(&mut self, at: usize, intents: &[Intent]) {
        let reads = Arc::clone(&self.repos[at]);
        let state = &reads.workspace.state;
        // What is being sent comes into the ledger before this, or after it.
        let sent = lock(&self.sent);
        let unsent = || about(intents, &reads.workspace).filter(|intent| !sent.contains(&intent.id));
        let wanted: BTreeSet<EntryId> = unsent().map(|intent| intent.id).collect();
        let gone: Vec<EntryId> = self.known[at].difference(&wanted).copied().collect();
        let kept = unsent().try_for_each(|intent| state.keep_intent(intent));
        let kept = kept.and_then(|()| gone.iter().try_for_each(|id| state.drop_intent(*id)));
        let taken_back = gone.iter().any(|id| !sent.contains(id));
        drop(sent);
        self.done(kept);
        self.known[at] = wanted;
        if taken_back {
            // The rows stand as they did before.
            read_again(&reads);
        }
    }

    /// What a person wrote must not be lost in silence.
    fn done(&self, result: std::io::Result<()>) {
        if let Err(error) = result {
            let failure = Failure {
                what: "what you wrote could not be kept on the disk".into(),
                why: error.to_string(),
                next: "free space or mend the state folder; until then it is only in this console".into(),
            };
            answer(&self.repos, Outcome::Failed { job: JobKey::Keep, failure });
        }
    }
}

/// All repositories answer to the same console.
fn mailbox(repos: &[Arc<Reads>]) -> &Mailbox {
    &repos[0].mailbox
}

fn answer(repos: &[Arc<Reads>], outcome: Outcome) {
    // A console that has ended needs no answer.
    let _ = mailbox(repos).send(Msg::Outcome(outcome));
}

/// What a part that broke left is whole: it is a set of ids.
fn lock(sent: &Sent) -> MutexGuard<'_, BTreeSet<EntryId>> {
    sent.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was written is shown.
fn read_again(reads: &Reads) {
    if let Ok(situation) = reads.workspace.read(&Scope::default()) {
        // A console that has ended needs no answer.
        let _ = reads.mailbox.send(Msg::Outcome(Outcome::Snapshot(reads.shown(&situation))));
    }
}

/// One plan for all that was shown in several; where it does more or less than they did, it is shown first.
fn together(workspace: &Workspace, plans: &[Arc<Plan>], intents: &[Intent]) -> Result<Arc<Plan>, SendError> {
    let situation = workspace.read(&Scope::default())?;
    let whole = workspace.plan(&situation, intents)?;
    let shown: usize = plans.iter().map(|plan| plan.items.len()).sum();
    if whole.items.len() == shown { Ok(Arc::new(whole)) } else { Err(SendError::Changed(Box::new(whole))) }
}

/// Starts the ledger exactly as it was shown, or not at all.
fn start_ledger(shown: &InitOffer, workspace: &Workspace) -> Result<Started, InitError> {
    let situation = workspace.read(&Scope::default())?;
    let given = Given { id: Some(shown.ledger), ..Given::default() };
    let proposed = workspace.propose_init(&situation, &given)?;
    if proposed.offer.files != shown.files {
        let (what, next) = ("what it would write is no longer what was shown", "look at it again");
        return Err(Refusal { what: what.into(), next: next.into() }.into());
    }
    workspace.init(&proposed)
}

/// What git wants of a person, if that is why it failed: at the terminal it was asked for, and did not help.
pub(super) fn wants(error: Option<&GitError>, workspace: &Workspace) -> Option<String> {
    let error = error?;
    match (workspace.repository.asks, error.wish()) {
        (true, None) if error.stopped() => Some("you gave it up".to_owned()),
        (true, wish) => Some(wish?.in_vain().to_owned()),
        (false, wish) => Some(wish?.sentence().to_owned()),
    }
}

/// The answer of a job that panicked. What it said is printed when the console ends.
fn broke(job: JobKey) -> Outcome {
    let what = match job {
        JobKey::Open => "it could not be opened",
        JobKey::Send => "it is not known whether it was sent",
        _ => "it could not be done",
    };
    let failure = Failure {
        what: what.into(),
        why: "a part of the console broke".into(),
        next: "the rest goes on; what broke is said when you leave, please report it".into(),
    };
    Outcome::Failed { job, failure }
}

fn draft_key(subject: &Subject) -> String {
    format!("{}@{}", subject.proposal, subject.head)
}

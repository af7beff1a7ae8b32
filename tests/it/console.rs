//! The console from outside: the real program in a terminal, driven by keys as a person presses them, and plain git to say
//! what became of it.

mod aside;
mod cache;
mod consent;
mod drafts;
mod hostile;
mod journey;
mod leaving;
mod lines;
mod looking;
mod manners;
mod outbox;
mod people;
mod policy;
mod remote;
mod several;

use std::time::{Duration, Instant};

use super::support::{Ran, Repo, Sandbox, Terminal, View, needs};

/// The moment at which demos play here: a Tuesday, long enough ago.
const AT: &str = "2025-06-03T10:00:00Z";
/// How long a person looks at a sheet before signing it: more than the quarter of a second that the console wants.
const LOOK: Duration = Duration::from_millis(450);
/// What the queue of the demo says of itself.
const QUEUE: &str = "45 pending";
/// What it says until it was looked into.
const LOOKING: &str = "being looked into";
/// What the hint bar says once the plan of the demo's batch is made: two of the 29 conflict, and one sets a value that once went
/// wrong.
const BATCH: &str = "y sign and send 26";

/// A demo that has been built, and not opened.
struct Demo {
    sandbox: Sandbox,
}

impl Demo {
    /// Builds one in the folder `demo`; nothing where signing is not possible.
    fn new() -> Option<Self> {
        if needs::missing(&["ssh-keygen"]) {
            return None;
        }
        let sandbox = Sandbox::new();
        let _ = sandbox.run("", &["demo", "--no-tui", "--dir", "demo", "--at", AT]).succeeds();
        Some(Self { sandbox })
    }

    /// One with another undo window, in seconds: as short as it may be, or longer than any test.
    fn with_undo(seconds: u32) -> Option<Self> {
        let demo = Self::new()?;
        demo.sandbox.write("home/.config/countersign/config.toml", format!("undo_seconds = {seconds}\n"));
        Some(demo)
    }

    /// The repository that both reviewers push to.
    fn origin(&self) -> Repo<'_> {
        self.sandbox.repo("demo/origin.git")
    }

    /// The clone of the person at the console.
    fn work(&self) -> Repo<'_> {
        self.sandbox.repo("demo/work")
    }

    /// The clone of the second reviewer.
    fn sam(&self) -> Repo<'_> {
        self.sandbox.repo("demo/sam")
    }

    /// Opens the console and waits for the whole queue.
    fn open(&self) -> Terminal {
        let terminal = self.sandbox.console("demo/work", 120, 40, &[]);
        terminal.wait_for(QUEUE);
        terminal.wait_gone(LOOKING);
        terminal
    }

    /// The same with variables in its environment.
    fn open_with(&self, columns: u16, rows: u16, env: &[(&str, &str)]) -> Terminal {
        let terminal = self.sandbox.terminal("demo/work", columns, rows, &[super::support::COUNTERSIGN], env);
        terminal.wait_for(if columns < 100 { "45:" } else { QUEUE });
        terminal.wait_gone(LOOKING);
        terminal
    }
}

/// Presses the key that signs, as a person does: after a look at the sheet. `then` is on the screen once it counted. Where
/// the machine is slow, the sheet may have come later than it seems; the console says so and wants the key again.
#[track_caller]
pub(super) fn sign(terminal: &Terminal, key: &str, then: &str) -> View {
    for _ in 0..20 {
        terminal.wait_still(LOOK);
        terminal.keys(key);
        let what = format!("`{then}`, or the key wanted again");
        // A plan that is made anew at that moment takes no key, either.
        let again = ["again: it counts once", "the plan is being made"];
        let view = terminal.wait_until(&what, |view| view.has(then) || again.iter().any(|words| view.has(words)));
        if view.has(then) {
            return view;
        }
    }
    panic!("{key} never counted; the screen is\n{}", terminal.view());
}

/// Confirms the batch of the demo: it is in its undo window then.
#[track_caller]
fn batch(terminal: &Terminal) -> View {
    terminal.wait_gone(LOOKING);
    terminal.keys("b");
    terminal.wait_for(BATCH);
    sign(terminal, "y", "26 approvals in")
}

/// Leaves, and demands that the terminal is as it was.
#[track_caller]
pub(super) fn leave(mut terminal: Terminal) {
    terminal.keys("<ctrl-c>");
    let status = terminal.wait_end();
    assert!(status.success(), "{status:?}\n{}", terminal.view());
    assert!(terminal.restored(), "{}", terminal.view());
}

/// Waits for something that no screen shows, such as a file that the program writes.
#[track_caller]
pub(super) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Runs git in a folder of the sandbox, whatever it says.
fn git(sandbox: &Sandbox, folder: &str, arguments: &[&str]) -> Ran {
    let mut git = sandbox.git_command(folder);
    git.args(arguments);
    Ran::of(&mut assert_cmd::Command::from_std(git))
}

//! What a queue of 350 proposals costs to read, and a key in the console that shows it; README.md of this folder names the
//! promise behind each. Plain git is measured beside it, in the same run.

#![expect(clippy::disallowed_methods, clippy::print_stderr, reason = "a benchmark finds and names its input by itself")]

#[expect(unused_imports, reason = "tests use more of the rigs than benchmarks do")]
mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};

use countersign::app::{ACTIONS, App, Msg, Outcome, Start, update};
use countersign::config::{Base, Depth, Ground, Keymap, Settings, Theme, parse_sequence};
use countersign::engine::{Opened, Snapshot};
use countersign::evidence::Evidence;
use countersign::io::clock::Clock;
use countersign::io::git::open;
use countersign::io::git::repository::LocalRepository;
use countersign::io::workspace::{Scope, Workspace};
use countersign::model::Reasoning;
use countersign::policy::Globs;
use countersign::tui::Screen;
use countersign::ui;
use divan::Bencher;
use jiff::{SignedDuration, Timestamp};
use support::Places;

fn main() {
    let read = workspace("queue").read(&Scope::default()).expect("the queue");
    eprintln!(
        "{} proposals; load {}",
        read.proposals.len(),
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default()
    );
    for (what, keys, bytes) in
        [("queue", 1, bytes_of_a_key(&in_the_queue())), ("diff", 1, bytes_of_a_key(&in_the_diff()))]
    {
        eprintln!("bytes for {keys} `j` in the {what}: median {}, most {}", bytes.0, bytes.1);
    }
    divan::main();
}

fn places() -> &'static Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES.get_or_init(Places::new)
}

/// A clone as a program opens it that has just been started.
fn workspace(name: &str) -> Workspace {
    let sandbox = &places().sandbox;
    let repository = LocalRepository::open(&sandbox.path(name), None, None).expect("a clone");
    let patterns = Globs::new(&Settings::default().branches).expect("patterns");
    Workspace::new(repository, &sandbox.path("state"), &sandbox.path("cache"), patterns, Clock::System, None)
}

/// Nothing is known; with rulings. Within 2 × [`git_diff_a_pair`].
#[divan::bench(args = ["queue", "moved"])]
fn list_cold(bencher: Bencher, name: &str) {
    bencher
        .with_inputs(|| workspace(name))
        .bench_values(|here| here.read(&Scope::default()).map(|it| it.queue().len()));
}

/// What the first frame waits for where a console was here before.
#[divan::bench]
fn list_warm(bencher: Bencher) {
    let here = workspace("queue");
    here.keep(&here.read(&Scope::default()).expect("the queue"));
    bencher.with_inputs(|| workspace("queue")).bench_values(|here| here.glance(&|_, _| {}).map(|it| it.queue.len()));
}

/// What is read after each fetch that brought nothing.
#[divan::bench]
fn list_again(bencher: Bencher) {
    let here = workspace("queue");
    bencher.bench(|| here.read(&Scope::default()).map(|it| it.queue().len()));
}

#[divan::bench(sample_count = 3)]
fn git_diff_a_pair(bencher: Bencher) {
    let clone = places().sandbox.repo("queue");
    let heads = clone.git(&["for-each-ref", "--format=%(refname)", "refs/remotes/origin/agent"]);
    bencher.bench(|| {
        heads.lines().map(|head| clone.git(&["diff", "--no-renames", "origin/main", head]).len()).sum::<usize>()
    });
}

/// The proposal of 1,084 files, from objects to rows.
#[divan::bench]
fn open_the_large_diff(bencher: Bencher) {
    let here = workspace("large");
    let read = here.read(&Scope::default()).expect("the large proposal");
    let diff = Arc::clone(read.proposals[0].diff().expect("a difference"));
    bencher
        .bench(|| open::document(&here.repository, &read.proposals[0], &diff, open::CONTEXT).map(|it| it.row_count()));
}

#[divan::bench(sample_count = 3)]
fn git_diff_the_large(bencher: Bencher) {
    let clone = places().sandbox.repo("large");
    let head = format!("origin/{}", support::LARGE);
    bencher.bench(|| clone.git(&["diff", "--histogram", "origin/main", &head]).len());
}

/// A console of 120 × 40 without a terminal, and a message with which it shows something.
struct Bare {
    app: App,
    screen: Screen,
    styles: countersign::config::Styles,
}

impl Bare {
    fn new(snapshot: Snapshot) -> Self {
        let actions: Vec<_> = ACTIONS.iter().map(|info| (info.name, info.contexts)).collect();
        let (app, _) = App::start(Start {
            keymap: Keymap::load(Base::Vim, None, &actions).0,
            repos: vec![Arc::new(snapshot)],
            drafts: Vec::new(),
            unsent: Vec::new(),
            problems: Vec::new(),
            seed: [7; 32],
            undo: SignedDuration::from_secs(8),
            size: (120, 40),
            browser: false,
            now: Timestamp::now(),
        });
        let styles = Theme::load(Ground::Dark, None).0.styles(Depth::True);
        let mut bare = Self { app, screen: Screen::new(120, 40, Depth::True), styles };
        bare.draw();
        bare
    }

    /// The bytes that a terminal would be sent.
    fn draw(&mut self) -> usize {
        let (app, styles) = (&self.app, &self.styles);
        let mut frame = None;
        let bytes = self.screen.frame(|buffer| {
            let drawn = ui::draw(app, styles, buffer);
            frame = Some(drawn.frame);
            drawn.cursor
        });
        let bytes = bytes.len();
        if let Some(frame) = frame {
            let _ = update(&mut self.app, Msg::Flushed { at: Timestamp::now(), frame });
        }
        bytes
    }

    fn press(&mut self, keys: &str) -> usize {
        for chord in parse_sequence(keys).expect("keys") {
            let _ = update(&mut self.app, Msg::Key(chord, Timestamp::now()));
        }
        self.draw()
    }
}

fn in_the_queue() -> Mutex<Bare> {
    let read = workspace("queue").read(&Scope::default()).expect("the queue");
    Mutex::new(Bare::new(read.snapshot("queue", None)))
}

fn in_the_diff() -> Mutex<Bare> {
    let here = workspace("large");
    let only = BTreeSet::from([support::LARGE.to_owned()]);
    let read = here.read(&Scope { only: Some(&only), ..Scope::default() }).expect("the large proposal");
    let mut bare = Bare::new(read.snapshot("large", None));
    bare.press("j enter");
    let proposal = &read.proposals[0];
    let diff = proposal.diff().expect("a difference");
    let opened = Opened {
        subject: proposal.subject(),
        document: open::document(&here.repository, proposal, diff, open::CONTEXT).expect("a document"),
        reasoning: Reasoning::default(),
        trace: Vec::new(),
        evidence: Evidence::unknown(""),
        problems: Vec::new(),
    };
    let _ = update(&mut bare.app, Msg::Outcome(Outcome::Opened(Box::new(opened))));
    bare.press("ctrl-d");
    Mutex::new(bare)
}

/// The median and the most of 200 keys.
fn bytes_of_a_key(bare: &Mutex<Bare>) -> (usize, usize) {
    let mut bare = bare.lock().expect("a console");
    let mut bytes: Vec<usize> = (0..200).map(|_| bare.press("j")).collect();
    bytes.sort_unstable();
    (bytes[100], bytes[199])
}

/// The key, what it does to the state, the frame, its difference to the one before, the frame's way back into the state.
#[divan::bench(args = ["j", "k", "G", "g g", "ctrl-d"])]
fn key_in_the_queue(bencher: Bencher, keys: &str) {
    let bare = in_the_queue();
    bencher.bench(|| bare.lock().expect("a console").press(keys));
}

#[divan::bench(args = ["j", "k", "G", "g g", "ctrl-d", "J"])]
fn key_in_the_large_diff(bencher: Bencher, keys: &str) {
    let bare = in_the_diff();
    bencher.bench(|| bare.lock().expect("a console").press(keys));
}

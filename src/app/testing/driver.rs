//! A person at the keys, and an outside that answers at once.

use jiff::Timestamp;

use super::{Fixture, at, opened, plan_for};
use crate::app::{App, Command, Frame, Msg, Outcome, Start, update};
use crate::config::{Base, Chord, Keymap, parse_sequence};
use crate::engine::Snapshot;
use crate::model::{Intent, Queued};
use std::sync::Arc;

/// A console under test. Keys come half a second apart, and after each a frame is on the terminal.
pub(crate) struct Driver {
    pub(crate) app: App,
    pub(crate) fixture: Fixture,
    /// Everything that was asked of the outside.
    pub(crate) commands: Vec<Command>,
    /// Proposals that the engine would leave out of a plan.
    pub(crate) drop: Vec<&'static str>,
    /// Whether the outside answers; a test that says no answers itself.
    pub(crate) answers: bool,
    millis: i64,
}

impl Driver {
    /// A console of this size over a fixture, its first snapshot read.
    pub(crate) fn open(fixture: Fixture, size: (u16, u16)) -> Self {
        Self::open_with(fixture, size, Vec::new())
    }

    /// The same, with decisions that an earlier console left.
    pub(crate) fn open_with(fixture: Fixture, size: (u16, u16), unsent: Vec<Intent>) -> Self {
        let (app, commands) = App::start(start(vec![Arc::new(fixture.snapshot.clone())], size, unsent));
        let mut driver = Self { app, fixture, commands: Vec::new(), drop: Vec::new(), answers: true, millis: 0 };
        driver.run(commands);
        driver.flush();
        driver
    }

    /// A console over these repositories, which answer only what a test says.
    pub(crate) fn restart(&mut self, repos: Vec<Arc<Snapshot>>) -> &mut Self {
        let (app, commands) = App::start(start(repos, (120, 40), Vec::new()));
        self.app = app;
        self.commands = commands;
        self.flush()
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        at(self.millis)
    }

    /// Presses keys: `jj<space>b`, half a second apart.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        for chord in chords(keys) {
            self.wait(500).press(chord);
            self.flush();
        }
        self
    }

    /// Presses keys with so many milliseconds between them.
    pub(crate) fn keys_every(&mut self, keys: &str, millis: i64) -> &mut Self {
        for chord in chords(keys) {
            self.wait(millis).press(chord);
            self.flush();
        }
        self
    }

    /// Presses a key at this moment; no frame follows.
    pub(crate) fn press(&mut self, chord: Chord) -> &mut Self {
        let now = self.now();
        self.send(Msg::Key(chord, now))
    }

    /// Lets time pass; the console is woken when it asked for it.
    pub(crate) fn wait(&mut self, millis: i64) -> &mut Self {
        let until = self.millis + millis;
        while let Some(wake) = self.app.wakes_at().filter(|wake| *wake <= at(until)) {
            self.millis = self.millis.max(wake.as_millisecond() - at(0).as_millisecond());
            let now = self.now();
            self.send(Msg::Tick(now));
            self.flush();
            if self.app.wakes_at() == Some(wake) {
                break;
            }
        }
        self.millis = until;
        self
    }

    /// A frame of the present state is on the terminal, and showed the rows of a diff that are in view.
    pub(crate) fn flush(&mut self) -> &mut Self {
        let rows = self.app.review.as_ref().map_or(0..0, |review| review.top()..review.top() + 20);
        let frame = Frame { revision: self.app.revision(), rows, ..Frame::default() };
        let at = self.now();
        self.send(Msg::Flushed { at, frame })
    }

    /// Sends a message and lets the outside answer.
    pub(crate) fn send(&mut self, msg: Msg) -> &mut Self {
        let commands = update(&mut self.app, msg);
        self.run(commands);
        self
    }

    /// A newer snapshot arrives.
    pub(crate) fn snapshot(&mut self, snapshot: Snapshot) -> &mut Self {
        self.send(Msg::Outcome(Outcome::Snapshot(Arc::new(snapshot))))
    }

    fn run(&mut self, commands: Vec<Command>) {
        for command in commands {
            self.commands.push(command.clone());
            if let Some(outcome) = self.answer(command).filter(|_| self.answers) {
                self.send(Msg::Outcome(outcome));
            }
        }
    }

    fn answer(&self, command: Command) -> Option<Outcome> {
        match command {
            Command::Refresh(_) => Some(Outcome::Snapshot(Arc::new(self.fixture.snapshot.clone()))),
            Command::Open(subject) => {
                let made = self.fixture.made.iter().find(|made| made.id == subject.proposal)?;
                Some(Outcome::Opened(Box::new(opened(made))))
            }
            Command::Highlight(request) => {
                Some(Outcome::Highlighted { part: request.part, from: request.lines.start, roles: Vec::new() })
            }
            Command::Preview { ticket, intents } => {
                let queue: Vec<Queued> = self.app.repos().queue().cloned().collect();
                let plan = plan_for(&queue, &intents, &self.drop);
                Some(Outcome::Planned { ticket, plan: Ok(Arc::new(plan)) })
            }
            _ => None,
        }
    }

    /// The decisions that were sent.
    pub(crate) fn sent(&self) -> Vec<Intent> {
        let sent = self.commands.iter().filter_map(|command| match command {
            Command::Send(plans) => Some(plans.iter().flat_map(|plan| plan.intents.clone())),
            _ => None,
        });
        sent.flatten().collect()
    }

    /// The last line that answered a key.
    pub(crate) fn status(&self) -> &str {
        self.app.status.as_ref().map_or("", |status| &status.text)
    }
}

fn start(repos: Vec<Arc<Snapshot>>, size: (u16, u16), unsent: Vec<Intent>) -> Start {
    let (keymap, problems) = Keymap::load(Base::Vim, None, &crate::app::actions::known());
    assert_eq!(problems, []);
    Start {
        keymap,
        repos,
        drafts: Vec::new(),
        unsent,
        problems: Vec::new(),
        seed: [3; 32],
        undo: jiff::SignedDuration::from_secs(8),
        size,
        browser: false,
        now: at(0),
    }
}

/// Parses `jj<space>b<ctrl-s>`.
fn chords(keys: &str) -> Vec<Chord> {
    let mut chords = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        if let Some((name, after)) = named.filter(|(name, _)| name.len() > 1) {
            chords.extend(parse_sequence(name).unwrap());
            rest = after;
        } else {
            chords.push(Chord::char(c));
            rest = &rest[c.len_utf8()..];
        }
    }
    chords
}

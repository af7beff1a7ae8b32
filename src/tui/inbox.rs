//! Everything that can wake the console, in one order: keys, pastes, sizes, signals, answers from outside.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event;
use jiff::Timestamp;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::keys::{Input, input};
use super::terminal;
use crate::app::Msg;

/// The clock that stamps keys and frames. Consent is measured by it, so it must run.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Who asks a second time, so much later, that the program end wants it at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// What wakes the console.
#[derive(Debug)]
pub(super) enum Event {
    /// A message for the console's state.
    Msg(Msg),
    /// The program was stopped and runs again.
    Continued,
}

/// Where messages are sent to, from any thread.
#[derive(Debug, Clone)]
pub struct Mailbox(pub(super) Sender<Event>);

impl Mailbox {
    /// Sends a message; false where the console has ended.
    #[must_use = "a console that has ended takes no message"]
    pub fn send(&self, msg: Msg) -> bool {
        self.0.send(Event::Msg(msg)).is_ok()
    }
}

/// Where the console takes its messages from.
#[derive(Debug)]
pub struct Inbox(Receiver<Event>);

/// The two ends of the one channel.
#[must_use]
pub fn mailbox() -> (Mailbox, Inbox) {
    let (sender, receiver) = mpsc::channel();
    (Mailbox(sender), Inbox(receiver))
}

impl Inbox {
    /// The next event; nothing where none comes in time. Without a limit it blocks, and costs nothing.
    pub(super) fn next(&self, within: Option<Duration>) -> Option<Event> {
        let gone = Event::Msg(Msg::Hangup);
        match within {
            None => Some(self.0.recv().unwrap_or(gone)),
            Some(limit) => match self.0.recv_timeout(limit) {
                Ok(event) => Some(event),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(gone),
            },
        }
    }

    /// What is there already.
    pub(super) fn waiting(&self) -> impl Iterator<Item = Event> {
        self.0.try_iter()
    }
}

/// Starts the threads that listen to the terminal and to signals. They end with the program.
pub fn listen(mailbox: &Mailbox, clock: &Clock) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGCONT])?;
    let (signalled, typed, clock) = (mailbox.clone(), mailbox.clone(), Arc::clone(clock));
    thread::Builder::new().name("signals".into()).spawn(move || heed(&mut signals, &signalled))?;
    thread::Builder::new().name("input".into()).spawn(move || read(&typed, &clock))?;
    Ok(())
}

/// Reads the terminal until nobody wants to know, or it is gone. A key has the time at which it was read, not that at which
/// it is taken from the queue.
fn read(mailbox: &Mailbox, clock: &Clock) {
    loop {
        let msg = match event::read().map(input) {
            Ok(Some(Input::Chord(chord))) => Msg::Key(chord, clock()),
            Ok(Some(Input::Paste(text))) => Msg::Paste(text),
            Ok(Some(Input::Resize(columns, rows))) => Msg::Resize(columns, rows),
            Ok(None) => continue,
            Err(_) => Msg::Hangup,
        };
        let gone = matches!(msg, Msg::Hangup);
        if !mailbox.send(msg) || gone {
            return;
        }
    }
}

/// Turns signals into messages. The first that asks for an end lets the console keep everything; a later one, or one that
/// finds no console any more, ends the program at once.
fn heed(signals: &mut Signals, mailbox: &Mailbox) {
    let mut asked: Option<Instant> = None;
    for signal in signals.forever() {
        if signal == SIGCONT {
            // Where nobody is left to hear it there is nothing to draw either.
            let _ = mailbox.0.send(Event::Continued);
            continue;
        }
        let impatient = signal != SIGHUP && asked.is_some_and(|at| at.elapsed() >= PATIENCE);
        if impatient || !mailbox.send(Msg::Hangup) {
            terminal::restore();
            let _ = emulate_default_handler(signal);
        }
        asked.get_or_insert_with(Instant::now);
    }
}

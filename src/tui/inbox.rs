//! Everything that can wake the console, in one order: keys, pastes, sizes, signals, answers from outside.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::keyboard::Keyboard;
use super::terminal::{self, Terminal};
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
    /// What the console had stepped aside for is done.
    Back,
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

    /// Says that what the console stepped aside for is done: the terminal is its own again.
    pub fn back(&self) {
        // A console that has ended wants no terminal.
        let _ = self.0.send(Event::Back);
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
pub(super) fn listen(mailbox: &Mailbox, clock: &Clock) -> std::io::Result<Keyboard> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGCONT, SIGWINCH])?;
    let keyboard = Keyboard::read(mailbox, clock)?;
    let (mailbox, left) = (mailbox.clone(), keyboard.left());
    thread::Builder::new().name("signals".into()).spawn(move || heed(&mut signals, &mailbox, left))?;
    Ok(keyboard)
}

/// Turns signals into messages. The first that asks for an end lets the console keep everything; a later one, or one that
/// finds no console any more, ends the program at once.
fn heed(signals: &mut Signals, mailbox: &Mailbox, left: impl Fn() -> bool) {
    let mut asked: Option<Instant> = None;
    for signal in signals.forever() {
        if signal == SIGWINCH {
            let (columns, rows) = Terminal::size();
            let _ = mailbox.send(Msg::Resize(columns, rows));
            continue;
        }
        // Somebody else has the keyboard: the ctrl-c was his, and reaches us because we started him.
        if signal == SIGINT && left() {
            continue;
        }
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

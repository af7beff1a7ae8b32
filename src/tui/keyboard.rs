//! The keyboard: a thread reads it, and can be told to leave it alone while the terminal is somebody else's.
//!
//! A thread that sits in a read would take the first keys of a passphrase. So it waits for the terminal and for a pipe at
//! once: a byte in the pipe calls it off, and [`Keyboard::leave`] returns when it has let go.
//!
//! crossterm takes it from there, with its feature `use-dev-tty`: its usual source of events waits for edges, and leaves a key
//! lying that comes together with a new size, or behind the first kilobyte.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::event;
use rustix::event::{PollFd, PollFlags, poll};

use super::inbox::{Clock, Mailbox};
use super::keys::{Input, input};
use crate::app::Msg;

/// crossterm does not look at the terminal where it may not wait at all.
const AT_ONCE: Duration = Duration::from_millis(1);
/// Half a paste holds the thread in crossterm; it is not waited for any longer than this.
const LET_GO: Duration = Duration::from_secs(1);

/// What the reading thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ear {
    /// It reads.
    Open,
    /// It was called off and has not answered yet.
    CalledOff,
    /// It reads nothing.
    Shut,
    /// It has ended.
    Gone,
}

#[derive(Debug)]
struct Shared {
    ear: Mutex<Ear>,
    changed: Condvar,
}

impl Shared {
    fn ear(&self) -> MutexGuard<'_, Ear> {
        self.ear.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, ear: Ear) {
        *self.ear() = ear;
        self.changed.notify_all();
    }

    fn wait_while(&self, ear: Ear) {
        let guard = self.ear();
        drop(self.changed.wait_while(guard, |now| *now == ear).unwrap_or_else(PoisonError::into_inner));
    }

    fn let_go(&self) {
        let guard = self.ear();
        drop(self.changed.wait_timeout_while(guard, LET_GO, |now| *now == Ear::CalledOff));
    }
}

/// The keyboard, while a thread reads it.
#[derive(Debug)]
pub struct Keyboard {
    shared: Arc<Shared>,
    wake: PipeWriter,
}

impl Keyboard {
    /// Starts the thread; it ends with the program, or with the terminal.
    pub(super) fn read(mailbox: &Mailbox, clock: &Clock) -> io::Result<Self> {
        let (woken, wake) = io::pipe()?;
        let shared = Arc::new(Shared { ear: Mutex::new(Ear::Open), changed: Condvar::new() });
        let reader = Reader { shared: Arc::clone(&shared), woken, mailbox: mailbox.clone(), clock: Arc::clone(clock) };
        thread::Builder::new().name("input".into()).spawn(move || reader.run())?;
        Ok(Self { shared, wake })
    }

    /// Leaves the keyboard to somebody else; once it returns nobody here takes a key.
    pub(super) fn leave(&mut self) {
        if *self.shared.ear() != Ear::Open {
            return;
        }
        self.shared.set(Ear::CalledOff);
        if self.wake.write_all(b"!").is_ok() {
            self.shared.let_go();
        }
    }

    /// Reads it again.
    pub(super) fn resume(&self) {
        if *self.shared.ear() != Ear::Gone {
            self.shared.set(Ear::Open);
        }
    }

    /// Asks, from any thread, whether the keyboard is somebody else's now.
    pub(super) fn left(&self) -> impl Fn() -> bool + Send + 'static {
        let shared = Arc::clone(&self.shared);
        move || !matches!(*shared.ear(), Ear::Open | Ear::Gone)
    }
}

/// The thread's side.
struct Reader {
    shared: Arc<Shared>,
    woken: PipeReader,
    mailbox: Mailbox,
    clock: Clock,
}

/// What there is to read.
enum Ready {
    Keys,
    Call,
    Hangup,
}

impl Reader {
    /// Reads until nobody wants to know, or the terminal is gone. A key has the time at which it was read, not that at which
    /// it is taken from the queue.
    fn run(mut self) {
        while self.round() {}
        self.shared.set(Ear::Gone);
    }

    /// Waits once; says whether to go on.
    fn round(&mut self) -> bool {
        match self.ready() {
            Ok(Ready::Keys) => self.keys().is_ok_and(|wanted| wanted) || !self.hang_up(),
            Ok(Ready::Call) => {
                let _ = self.woken.read(&mut [0]);
                self.let_go();
                true
            }
            Ok(Ready::Hangup) | Err(_) => !self.hang_up(),
        }
    }

    fn ready(&self) -> io::Result<Ready> {
        let stdin = io::stdin();
        loop {
            let mut ends = [PollFd::new(&self.woken, PollFlags::IN), PollFd::new(&stdin, PollFlags::IN)];
            match poll(&mut ends, None) {
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
                Ok(_) if !ends[0].revents().is_empty() => return Ok(Ready::Call),
                Ok(_) if ends[1].revents().contains(PollFlags::IN) => return Ok(Ready::Keys),
                Ok(_) => return Ok(Ready::Hangup),
            }
        }
    }

    /// Reads nothing until the keyboard is ours again; a call that nobody waits for any more is none.
    fn let_go(&self) {
        if *self.shared.ear() == Ear::CalledOff {
            self.shared.set(Ear::Shut);
            self.shared.wait_while(Ear::Shut);
        }
    }

    /// Takes the keys that are there; says whether anybody wanted them.
    fn keys(&self) -> io::Result<bool> {
        while event::poll(AT_ONCE)? {
            let msg = match input(event::read()?) {
                Some(Input::Chord(chord)) => Msg::Key(chord, (self.clock)()),
                Some(Input::Paste(text)) => Msg::Paste(text),
                // The signal says it at once; here it comes with the next key.
                Some(Input::Resize(..)) | None => continue,
            };
            if !self.mailbox.send(msg) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Says that the terminal is gone; true, for the thread ends with it.
    fn hang_up(&self) -> bool {
        let _ = self.mailbox.send(Msg::Hangup);
        true
    }
}

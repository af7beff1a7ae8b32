//! The terminal: entered once, and left as it was found, however the program ends.
//!
//! It is restored when the value goes, by the panic hook before the message is printed, and by the signal thread when the
//! program must end at once. Nothing else writes to it in between, so that what [`super::Screen`] believes stays true.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::AsFd as _;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

use crossterm::terminal;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};

use super::inbox::{self, Clock, Mailbox};
use super::keyboard::Keyboard;

/// The other screen, no wrapping at the right edge, pastes in brackets, no cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?25l";
/// All of it undone, and whatever a frame may have left open: the synchronized update, the scroll region, the pen.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[r\x1b[m\x1b[?25h\x1b[?2004l\x1b[?7h\x1b[?1049l";
/// What a terminal without a size is taken for.
const USUAL_SIZE: (u16, u16) = (80, 24);

/// Whether the terminal is ours now.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// The thread that draws: its panics end the program, and others are kept for later.
static DRAWS: OnceLock<ThreadId> = OnceLock::new();
/// What other threads said when they panicked while the terminal was ours.
static LAST_WORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static HOOK: Once = Once::new();

/// The terminal while it is ours.
#[derive(Debug)]
pub struct Terminal {
    out: File,
    keyboard: Option<Keyboard>,
    /// How it was when it was lent: a program that is ended while it asks for a passphrase leaves it without an echo.
    lent: Option<Termios>,
}

impl Terminal {
    /// Takes the terminal over and lets panics give it back first.
    ///
    /// Fails where standard input or output is not a terminal.
    pub fn enter() -> io::Result<Self> {
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            return Err(io::Error::other("standard input and output are not a terminal"));
        }
        HOOK.call_once(install_hook);
        DRAWS.get_or_init(|| thread::current().id());
        // Unbuffered: a frame is one write.
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let mut terminal = Self { out, keyboard: None, lent: None };
        terminal.take()?;
        Ok(terminal)
    }

    /// Turns keys and signals into messages from now on.
    pub fn listen(&mut self, mailbox: &Mailbox, clock: &Clock) -> io::Result<()> {
        self.keyboard = Some(inbox::listen(mailbox, clock)?);
        Ok(())
    }

    /// Columns and rows.
    #[must_use]
    pub fn size() -> (u16, u16) {
        terminal::size().ok().filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or(USUAL_SIZE)
    }

    /// Writes everything, also to a terminal that cannot take it all at once.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.out.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Another program (ssh does) may have made the shared terminal non-blocking.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    poll(&mut [PollFd::new(&self.out, PollFlags::OUT)], None)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Gives the terminal back for a while; [`Self::take`] ends it.
    pub fn give(&mut self) {
        if let Some(keyboard) = &mut self.keyboard {
            keyboard.leave();
        }
        restore();
    }

    /// Gives the terminal to a program that we start, and says so there; [`Self::take`] ends it.
    pub fn lend(&mut self, words: &str) {
        self.give();
        self.lent = tcgetattr(io::stdin()).ok();
        // Whoever asks there shows by himself whether the terminal can be written to.
        let _ = self.write(words.as_bytes());
    }

    /// Takes the terminal (again), whatever state somebody left it in. The next frame must be drawn whole.
    pub fn take(&mut self) -> io::Result<()> {
        if let Some(lent) = self.lent.take() {
            tcsetattr(io::stdin(), OptionalActions::Now, &lent)?;
            // What was typed there and not read was meant for somebody else.
            tcflush(io::stdin(), QueueSelector::IFlush)?;
        }
        // The shell may have changed the modes meanwhile; without leaving first, crossterm would believe that they are set.
        terminal::disable_raw_mode()?;
        terminal::enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        self.write(ENTER)?;
        if let Some(keyboard) = &self.keyboard {
            keyboard.resume();
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back if it is ours; from any thread, any number of times.
pub fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        // The terminal may be gone, and then there is nothing to restore.
        let _ = out.write_all(LEAVE).and_then(|()| out.flush());
        let _ = terminal::disable_raw_mode();
    }
}

/// What other threads than the drawing one said in panic, to be printed once the terminal is left.
#[must_use]
pub fn last_words() -> Vec<String> {
    std::mem::take(&mut *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner))
}

fn install_hook() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let draws = DRAWS.get() == Some(&thread::current().id());
        if draws || !ENTERED.load(Ordering::SeqCst) {
            restore();
            print(info);
        } else {
            LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner).push(info.to_string());
        }
    }));
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};

    use super::*;

    /// A size that nobody's terminal has: by it the children below know that the terminal is theirs to ruin.
    const OURS: (u16, u16) = (337, 3);

    /// Runs one of the children below in a terminal of its own, and returns what it wrote there.
    fn in_a_terminal(name: &str) -> String {
        let size = PtySize { cols: OURS.0, rows: OURS.1, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--nocapture", "--exact", &format!("tui::terminal::tests::{name}")]);
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let mut seen = Vec::new();
        // Linux ends the reading side with an error once the other side is closed.
        let _ = reader.read_to_end(&mut seen);
        child.wait().unwrap();
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// Where the terminal was left, and what was printed after that.
    fn after_leaving(seen: &str) -> &str {
        let enter = std::str::from_utf8(ENTER).unwrap();
        let leave = std::str::from_utf8(LEAVE).unwrap();
        let entered = seen.find(enter).unwrap_or_else(|| panic!("never entered: {seen:?}"));
        let left = seen[entered..].find(leave).unwrap_or_else(|| panic!("never left: {seen:?}"));
        let rest = &seen[entered + left + leave.len()..];
        assert!(!rest.contains(leave), "left twice: {seen:?}");
        rest
    }

    #[test]
    fn a_panic_restores_the_terminal_and_then_says_why() {
        let seen = in_a_terminal("child_panics");
        let rest = after_leaving(&seen);
        assert!(rest.contains("the shelf gave way"), "{seen:?}");
        assert!(rest.contains("\r\n"), "line breaks are whole again: {seen:?}");
    }

    #[test]
    fn a_panic_elsewhere_waits_until_the_terminal_is_left() {
        let seen = in_a_terminal("child_panics_elsewhere");
        let rest = after_leaving(&seen);
        assert!(rest.contains("kept: ") && rest.contains("a worker fell"), "{seen:?}");
    }

    /// The terminal, if this is a child that was given one.
    fn ours() -> Option<Terminal> {
        (Terminal::size() == OURS).then(|| Terminal::enter().unwrap())
    }

    #[test]
    fn child_panics() {
        if let Some(_terminal) = ours() {
            panic!("the shelf gave way");
        }
    }

    #[test]
    fn child_panics_elsewhere() {
        let Some(terminal) = ours() else { return };
        thread::spawn(|| panic!("a worker fell")).join().unwrap_err();
        drop(terminal);
        for words in last_words() {
            println!("kept: {words}");
        }
    }
}

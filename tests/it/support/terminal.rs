//! The real program in a pseudo-terminal.
//!
//! A thread reads what the program prints into a screen and answers its questions as an xterm does, at once, whether or
//! not the test is looking. The test waits on that screen with a deadline; nothing here sleeps. A frame that the program
//! draws as one synchronized update is never seen half-drawn.

use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize};

use super::view::View;
use super::{COUNTERSIGN, Sandbox, keys};

/// How long a test waits for something to appear. Long, because it is only ever used up by a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program in a terminal. It is killed when the test lets go of it.
pub struct Terminal {
    shared: Arc<Shared>,
    child: Box<dyn Child + Send + Sync>,
    /// `None` once the line is cut.
    line: Option<Line>,
}

/// Our end of the terminal.
struct Line {
    master: Box<dyn MasterPty + Send>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser<Device>,
    printed: Vec<u8>,
    /// When the last of it came.
    printed_at: Instant,
    /// Nobody wants to read any more.
    cut: bool,
    ended: bool,
}

/// The part of a terminal that talks back.
#[derive(Default)]
struct Device {
    answers: Vec<u8>,
    drawing: bool,
    frames: usize,
    clipboard: Vec<u8>,
}

impl Sandbox {
    /// Opens countersign in a terminal of this size.
    pub fn console(&self, folder: impl AsRef<Path>, columns: u16, rows: u16, arguments: &[&str]) -> Terminal {
        let arguments: Vec<&str> = std::iter::once(COUNTERSIGN).chain(arguments.iter().copied()).collect();
        self.terminal(folder, columns, rows, &arguments, &[])
    }

    /// Opens any program in a 24-bit terminal of this size, with further variables in its environment.
    pub fn terminal(
        &self,
        folder: impl AsRef<Path>,
        columns: u16,
        rows: u16,
        arguments: &[&str],
        env: &[(&str, &str)],
    ) -> Terminal {
        let mut command = CommandBuilder::from_argv(arguments.iter().map(Into::into).collect());
        command.env_clear();
        for (name, value) in self.env() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        for (name, value) in env {
            command.env(name, value);
        }
        command.cwd(self.path(folder));
        Terminal::start(command, columns, rows)
    }
}

impl Terminal {
    fn start(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = portable_pty::native_pty_system().openpty(size(columns, rows)).expect("a pseudo-terminal");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let writer = Arc::new(Mutex::new(pair.master.take_writer().expect("the terminal can be written")));
        let parser = vt100::Parser::new_with_callbacks(rows, columns, 0, Device::default());
        let state =
            Mutex::new(State { parser, printed: Vec::new(), printed_at: Instant::now(), cut: false, ended: false });
        let shared = Arc::new(Shared { state, changed: Condvar::new() });
        let (theirs, answers) = (Arc::clone(&shared), Arc::clone(&writer));
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let Some(reply) = theirs.take(&buffer[..count]) else { break };
                let _ = answers.lock().expect("no test panics while it writes").write_all(&reply);
            }
            drop((reader, answers));
            theirs.end();
        });
        Self { shared, child, line: Some(Line { master: pair.master, writer }) }
    }

    /// Presses keys; see [`keys::bytes`] for the notation.
    #[track_caller]
    pub fn keys(&self, keys: &str) {
        for key in keys::bytes(keys) {
            self.send(&key);
        }
    }

    /// Pastes a text, in brackets if the program asked for that.
    pub fn paste(&self, text: &str) {
        let bracketed = self.shared.lock().parser.screen().bracketed_paste();
        let text = if bracketed { format!("\x1b[200~{text}\x1b[201~") } else { text.to_owned() };
        self.send(text.as_bytes());
    }

    /// Sends bytes as they are.
    pub fn send(&self, bytes: &[u8]) {
        let mut writer = self.line().writer.lock().expect("no test panics while it writes");
        // A program that has gone cannot be typed at; the test finds out by what is on the screen.
        let _ = writer.write_all(bytes).and_then(|()| writer.flush());
    }

    /// Changes the size of the window.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.shared.lock().parser.screen_mut().set_size(rows, columns);
        self.line().master.resize(size(columns, rows)).expect("the terminal can be resized");
    }

    /// Cuts the line as a lost connection does: the terminal is gone while the program runs.
    ///
    /// The program must answer a new size by printing something: that wakes the thread that holds the line open.
    #[track_caller]
    pub fn cut(&mut self) {
        let (rows, columns) = self.view().screen().size();
        self.shared.lock().cut = true;
        self.resize(columns - 1, rows);
        let gone = self.shared.wait(|state| state.ended.then_some(()));
        assert!(gone.is_some(), "waited in vain for the line to fall silent; the screen is\n{}", self.view());
        self.line = None;
    }

    fn line(&self) -> &Line {
        self.line.as_ref().expect("the line is not cut")
    }

    /// Waits until a text is on the screen, and answers the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> View {
        self.wait_until(&format!("`{text}` on the screen"), |view| view.has(text))
    }

    /// Waits until a text is not on the screen any more, and answers the screen.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) -> View {
        self.wait_until(&format!("`{text}` gone from the screen"), |view| !view.has(text))
    }

    /// Waits until the screen is as the test wants it, and answers it; `what` names that for the failure.
    #[track_caller]
    pub fn wait_until(&self, what: &str, wanted: impl Fn(&View) -> bool) -> View {
        let seen = self.shared.wait(|state| {
            let view = View::new(state.parser.screen().clone());
            (!state.parser.callbacks().drawing && wanted(&view)).then_some(view)
        });
        seen.unwrap_or_else(|| panic!("waited in vain for {what}; the screen is\n{}", self.view()))
    }

    /// Waits for the first complete frame after [`Self::frames`] had this value, and answers the screen.
    #[track_caller]
    pub fn wait_frame_after(&self, frames: usize) -> View {
        let seen = self.shared.wait(|state| {
            let later = state.parser.callbacks().frames > frames;
            later.then(|| View::new(state.parser.screen().clone()))
        });
        seen.unwrap_or_else(|| panic!("waited in vain for a frame; the screen is\n{}", self.view()))
    }

    /// Waits until nothing has been printed for so long, as a person looks before the next key, and answers the screen.
    #[track_caller]
    pub fn wait_still(&self, quiet: Duration) -> View {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.lock();
        while !state.ended {
            assert!(Instant::now() < deadline, "waited in vain for a still screen");
            let before = state.printed.len();
            let (later, timeout) =
                self.shared.changed.wait_timeout(state, quiet).expect("no test panics while it looks");
            state = later;
            if timeout.timed_out() && state.printed.len() == before {
                break;
            }
        }
        View::new(state.parser.screen().clone())
    }

    /// The screen as it is now.
    pub fn view(&self) -> View {
        View::new(self.shared.lock().parser.screen().clone())
    }

    /// How many frames the program has drawn as synchronized updates.
    pub fn frames(&self) -> usize {
        self.shared.lock().parser.callbacks().frames
    }

    /// How many bytes the program has printed.
    pub fn received(&self) -> usize {
        self.shared.lock().printed.len()
    }

    /// When the program printed last.
    pub fn printed_at(&self) -> Instant {
        self.shared.lock().printed_at
    }

    /// The most memory that the program has had at once, in bytes (`VmHWM`, proc(5)); nothing where the system does not tell.
    pub fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.process_id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
    }

    /// Everything that the program has printed.
    pub fn printed(&self) -> Vec<u8> {
        self.shared.lock().printed.clone()
    }

    /// What the program put on the clipboard last (OSC 52), still in base64.
    pub fn clipboard(&self) -> Vec<u8> {
        self.shared.lock().parser.callbacks().clipboard.clone()
    }

    /// Whether the terminal is as a shell wants it: main screen, cursor shown, no bracketed paste, lines and echo.
    pub fn restored(&self) -> bool {
        let state = self.shared.lock();
        let screen = state.parser.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste() && self.cooked()
    }

    /// Whether the kernel collects lines and echoes them, read from the terminal's settings.
    fn cooked(&self) -> bool {
        let settings = self.line().master.get_termios().expect("the terminal's settings");
        // By name, because the numbers differ between systems.
        let flags = format!("{:?}", settings.local_flags);
        let names = flags.split(|c: char| !c.is_ascii_alphanumeric());
        ["ICANON", "ECHO"].into_iter().all(|wanted| names.clone().any(|name| name == wanted))
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let id = self.child.process_id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        rustix::process::kill_process(id.expect("a running program"), signal).expect("the signal arrives");
    }

    /// Waits for the program to end.
    #[track_caller]
    pub fn wait_end(&mut self) -> ExitStatus {
        let ended = self.shared.wait(|state| state.ended.then_some(()));
        assert!(ended.is_some(), "waited in vain for the program to end; the screen is\n{}", self.view());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the program is a child") {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "the program goes on without a terminal; the screen was\n{}",
                self.view()
            );
            // Nobody tells us of the end of a child; its terminal is closed, so this is a matter of moments.
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(rustix::process::Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it looks")
    }

    /// Draws what the program printed, and answers what it asked; nothing once the line is cut.
    fn take(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let at = Instant::now();
        let mut state = self.lock();
        if state.cut {
            return None;
        }
        state.printed_at = at;
        state.parser.process(bytes);
        state.printed.extend_from_slice(bytes);
        self.changed.notify_all();
        Some(std::mem::take(&mut state.parser.callbacks_mut().answers))
    }

    fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Looks after every change until there is an answer, the program has ended, or patience has.
    fn wait<T>(&self, look: impl Fn(&State) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.lock();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let found = look(&state);
            if found.is_some() || state.ended || left.is_zero() {
                return found;
            }
            state = self.changed.wait_timeout(state, left).expect("no test panics while it looks").0;
        }
    }
}

impl vt100::Callbacks for Device {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        second: Option<u8>,
        parameters: &[&[u16]],
        last: char,
    ) {
        let number = parameters.first().and_then(|parts| parts.first()).copied().unwrap_or(0);
        let synchronized = parameters.iter().any(|parts| parts.first() == Some(&2026));
        match (first, second, last) {
            (None, None, 'c') => self.answers.extend_from_slice(b"\x1b[?62;22c"),
            (None, None, 'n') if number == 5 => self.answers.extend_from_slice(b"\x1b[0n"),
            (None, None, 'n') if number == 6 => {
                let (row, column) = screen.cursor_position();
                let _ = write!(self.answers, "\x1b[{};{}R", row + 1, column + 1);
            }
            (Some(b'?'), Some(b'$'), 'p') => {
                let _ = write!(self.answers, "\x1b[?{number};{}$y", if number == 2026 { 2 } else { 0 });
            }
            (Some(b'?'), None, 'h') if synchronized => self.drawing = true,
            (Some(b'?'), None, 'l') if synchronized => {
                self.frames += usize::from(self.drawing);
                self.drawing = false;
            }
            _ => {}
        }
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, parameters: &[&[u8]]) {
        match parameters {
            [b"10", b"?"] => self.answers.extend_from_slice(b"\x1b]10;rgb:d5d5/d8d8/dfdf\x1b\\"),
            [b"11", b"?"] => self.answers.extend_from_slice(b"\x1b]11;rgb:1616/1818/1d1d\x1b\\"),
            _ => {}
        }
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.clipboard = data.to_vec();
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

//! The loop: wait for a message, take all that are there, draw once.
//!
//! It owns the terminal and the two frames, and nothing else happens on its thread: what takes time is a command that
//! somebody else carries out, and the answer is a message. With nothing to do it blocks on the channel.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use rustix::process::{Signal, kill_current_process_group};

use super::clipboard::copy;
use super::inbox::{Clock, Event, Inbox};
use super::screen::{Marks, Screen};
use super::terminal::Terminal;
use crate::app::{App, Command, Frame, Msg, update};
use crate::config::Depth;
use crate::io::fault;

/// The most messages that are taken before a frame: a burst of input costs one frame, and no burst starves the screen.
const DRAIN: usize = 256;
/// Frames in a row without a message between them: one more, where a frame itself changed what is to be shown.
const FRAMES: usize = 2;
/// A state that asks for yet another frame gets it this much later.
const SETTLE: Duration = Duration::from_millis(50);
/// A clock that asks to be told the time is told at most this often.
const SHORTEST_TICK: Duration = Duration::from_millis(10);
/// The first frame waits so long for the first answer, so that it shows the list and not that there is none yet.
const FIRST_ANSWER: Duration = Duration::from_millis(60);
/// After asking the shell to stop us we write nothing for so long: the signal takes a moment, and without a shell that could
/// wake us again it never comes.
const STOPPING: Duration = Duration::from_millis(300);

/// What the loop writes to.
pub trait Output {
    /// Writes everything.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Gives the terminal back to the shell.
    fn give(&mut self);
    /// Gives it to a program that is started from here, with words about that.
    fn lend(&mut self, words: &str);
    /// Takes it again.
    fn take(&mut self) -> io::Result<()>;
    /// Columns and rows.
    fn size(&self) -> (u16, u16);
    /// Stops the program, with everything that was started with it, until the shell wakes it.
    fn stop(&mut self);
}

impl Output for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        Self::write(self, bytes)
    }

    fn give(&mut self) {
        Self::give(self);
    }

    fn lend(&mut self, words: &str) {
        Self::lend(self, words);
    }

    fn take(&mut self) -> io::Result<()> {
        Self::take(self)
    }

    fn size(&self) -> (u16, u16) {
        Self::size()
    }

    fn stop(&mut self) {
        // As the terminal itself does it on ctrl-z: the kernel lets it pass where no shell could wake us again.
        let _ = kill_current_process_group(Signal::TSTP);
    }
}

/// What a view drew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// What the frame shows, for the state.
    pub frame: Frame,
    /// What it says beside its cells.
    pub marks: Marks,
}

/// How the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A person left.
    Quit,
    /// The terminal is gone, or the system asked.
    Hangup,
}

/// Whose the terminal is meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Away {
    /// The shell's, until the program is woken; or for a moment, where no shell stops it.
    Stopped,
    /// A program's that we started, until it has ended.
    Aside,
}

/// A running console: its state, its screen, and who draws and carries out.
pub struct Console<O, D, C> {
    app: App,
    screen: Screen,
    output: O,
    draw: D,
    carry_out: C,
    clock: Clock,
    inside_tmux: bool,
    away: Option<Away>,
    end: Option<End>,
    hung_up: bool,
}

impl<O, D, C> Console<O, D, C>
where
    O: Output,
    D: FnMut(&App, &mut Buffer) -> Drawn,
    C: FnMut(Command),
{
    /// A console on a terminal that was entered.
    ///
    /// `draw` fills a blank buffer from the state. `carry_out` starts a command and returns at once; it is never given the
    /// commands that concern the terminal alone (`Copy`, `Redraw`, `Suspend`), and `Quit` is the last one that it is given.
    pub fn new(app: App, output: O, depth: Depth, clock: Clock, inside_tmux: bool, draw: D, carry_out: C) -> Self {
        let (columns, rows) = output.size();
        let screen = Screen::new(columns, rows, depth);
        Self { app, screen, output, draw, carry_out, clock, inside_tmux, away: None, end: None, hung_up: false }
    }

    /// The same with links written as such, or not.
    #[must_use]
    pub fn linking(self, on: bool) -> Self {
        Self { screen: self.screen.linking(on), ..self }
    }

    /// Runs until the end, beginning with the commands that the state began with. A panic goes on once everything is kept.
    pub fn run(mut self, inbox: &Inbox, first: Vec<Command>) -> End {
        let ended = catch_unwind(AssertUnwindSafe(|| self.go_on(inbox, first)));
        ended.unwrap_or_else(|panic| {
            // What broke may break again: then what was kept before is all that there is.
            let _ = catch_unwind(AssertUnwindSafe(|| self.lose()));
            resume_unwind(panic)
        })
    }

    fn go_on(&mut self, inbox: &Inbox, first: Vec<Command>) -> End {
        self.obey(first);
        let mut early = self.wait_for_first_answer(inbox);
        loop {
            if self.show().is_err() {
                self.lose();
            }
            if let Some(end) = self.end {
                return end;
            }
            match early.take().or_else(|| inbox.next(self.patience())) {
                Some(event) => {
                    self.take(event);
                    for event in inbox.waiting().take(DRAIN) {
                        self.take(event);
                    }
                }
                None if self.away == Some(Away::Stopped) => self.come_back(),
                None => self.tell(Msg::Tick((self.clock)())),
            }
        }
    }

    /// Takes answers until everything that was asked for is answered, or it takes too long. What else comes ends the wait, and
    /// is left for after the first frame.
    fn wait_for_first_answer(&mut self, inbox: &Inbox) -> Option<Event> {
        let end = Instant::now() + FIRST_ANSWER;
        while self.app.busy() > 0 {
            match inbox.next(Some(end.saturating_duration_since(Instant::now())))? {
                answer @ Event::Msg(Msg::Outcome(_)) => self.take(answer),
                other => return Some(other),
            }
        }
        None
    }

    /// How long to wait for a message before the time itself is one.
    fn patience(&self) -> Option<Duration> {
        if self.away == Some(Away::Stopped) {
            return Some(STOPPING);
        }
        let until = |at: Timestamp| Duration::try_from(at.duration_since((self.clock)())).unwrap_or_default();
        let tick = self.app.wakes_at().map(|at| until(at).max(SHORTEST_TICK));
        let settle = (self.app.dirty() && self.away.is_none()).then_some(SETTLE);
        tick.into_iter().chain(settle).min()
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Msg(_) if self.end.is_some() => {}
            Event::Msg(msg) => {
                if let Msg::Resize(columns, rows) = msg {
                    self.screen.resize(columns, rows);
                }
                self.hung_up |= matches!(msg, Msg::Hangup);
                self.tell(msg);
            }
            // Whoever was stopped with us goes on asking.
            Event::Continued if self.away == Some(Away::Aside) => {}
            Event::Continued | Event::Back => self.come_back(),
        }
    }

    fn tell(&mut self, msg: Msg) {
        let commands = update(&mut self.app, msg);
        self.obey(commands);
    }

    /// Carries out what concerns the terminal, and hands on the rest.
    fn obey(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Copy(text) => {
                    let sent = copy(&text, self.inside_tmux).map_or(Ok(()), |bytes| self.output.write(&bytes));
                    if sent.is_err() {
                        self.lose();
                    }
                }
                Command::Redraw => {
                    // Tests break the console here.
                    let _ = fault::point("redraw");
                    self.screen.forget();
                }
                Command::Suspend => {
                    self.output.give();
                    self.away = Some(Away::Stopped);
                    self.output.stop();
                }
                Command::StepAside(errand) => {
                    self.output.lend(&format!("\r\n{}\r\n", errand.words()));
                    self.away = Some(Away::Aside);
                    (self.carry_out)(Command::StepAside(errand));
                }
                Command::Quit => {
                    self.end = Some(if self.hung_up { End::Hangup } else { End::Quit });
                    (self.carry_out)(Command::Quit);
                }
                other => (self.carry_out)(other),
            }
        }
    }

    /// Brings the state onto the terminal, and tells it when that was done.
    fn show(&mut self) -> io::Result<()> {
        for _ in 0..FRAMES {
            if self.away.is_some() || self.end.is_some() || !self.app.dirty() {
                break;
            }
            let (app, draw) = (&self.app, &mut self.draw);
            let mut shown = None;
            let bytes = self.screen.frame(|buffer| {
                let drawn = draw(app, buffer);
                shown = Some(drawn.frame);
                drawn.marks
            });
            self.output.write(bytes)?;
            if let Some(frame) = shown {
                self.tell(Msg::Flushed { at: (self.clock)(), frame });
            }
        }
        Ok(())
    }

    /// Takes the terminal again, in whatever state and size it is now.
    fn come_back(&mut self) {
        self.away = None;
        if self.end.is_some() {
            return;
        }
        if self.output.take().is_err() {
            return self.lose();
        }
        let (columns, rows) = self.output.size();
        self.screen.resize(columns, rows);
        self.tell(Msg::Resize(columns, rows));
    }

    /// The terminal cannot be written to any more: everything is kept, and the console ends.
    fn lose(&mut self) {
        if self.end.is_none() && !self.hung_up {
            self.hung_up = true;
            self.tell(Msg::Hangup);
        }
        self.end.get_or_insert(End::Hangup);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use jiff::SignedDuration;
    use ratatui::style::Style;

    use super::*;
    use crate::app::{Errand, Outcome, RepoId, Start};
    use crate::config::{Base, Keymap};
    use crate::engine::Snapshot;
    use crate::policy::built_in;
    use crate::tui::{Mailbox, mailbox};

    /// A terminal of 80 × 24 that notes what is done with it and breaks after so many writes.
    #[derive(Clone, Default)]
    struct Paper {
        notes: Rc<RefCell<Vec<String>>>,
        writes_left: Option<usize>,
    }

    impl Paper {
        fn note(&self, text: impl Into<String>) {
            self.notes.borrow_mut().push(text.into());
        }

        fn notes(&self) -> Vec<String> {
            self.notes.borrow().clone()
        }

        fn frames(&self) -> usize {
            self.notes().iter().filter(|note| note.starts_with("frame")).count()
        }
    }

    impl Output for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
            if let Some(left) = &mut self.writes_left {
                *left = left.checked_sub(1).ok_or(io::ErrorKind::BrokenPipe)?;
            }
            if !bytes.is_empty() {
                let whole = if String::from_utf8_lossy(bytes).contains("[2J") { " whole" } else { "" };
                let copied = bytes.starts_with(b"\x1b]52");
                self.note(if copied { "copied".to_owned() } else { format!("frame{whole}") });
            }
            Ok(())
        }

        fn give(&mut self) {
            self.note("given");
        }

        fn lend(&mut self, _: &str) {
            self.note("lent");
        }

        fn take(&mut self) -> io::Result<()> {
            self.note("taken");
            Ok(())
        }

        fn size(&self) -> (u16, u16) {
            (80, 24)
        }

        fn stop(&mut self) {
            self.note("stopped");
        }
    }

    /// A clock that goes on by a millisecond each time it is read.
    fn clock() -> Clock {
        let millis = AtomicI64::new(1_700_000_000_000);
        Arc::new(move || Timestamp::from_millisecond(millis.fetch_add(1, Ordering::SeqCst)).unwrap())
    }

    fn app(clock: &Clock) -> (App, Vec<Command>) {
        let actions: Vec<_> = crate::app::ACTIONS.iter().map(|info| (info.name, info.contexts)).collect();
        let now = clock();
        App::start(Start {
            keymap: Keymap::load(Base::Vim, None, &actions).0,
            repos: vec![Arc::new(Snapshot::empty("repo", "main", &built_in(), now))],
            drafts: Vec::new(),
            unsent: Vec::new(),
            problems: Vec::new(),
            seed: [7; 32],
            undo: SignedDuration::from_secs(8),
            size: (80, 24),
            browser: false,
            now,
        })
    }

    /// Runs a console over events that are there from the start; draws the number of the state.
    fn run(paper: &Paper, events: impl FnOnce(&Mailbox, &Clock)) -> (End, Vec<String>) {
        let clock = clock();
        let (app, first) = app(&clock);
        let (mailbox, inbox) = mailbox();
        events(&mailbox, &clock);
        // Once the events are read and nobody can send another, the console takes the world as gone.
        drop(mailbox);
        let carried = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&carried);
        let draw = |app: &App, buffer: &mut Buffer| {
            buffer.set_string(0, 0, app.revision().to_string(), Style::new());
            Drawn { frame: Frame { revision: app.revision(), ..Frame::default() }, marks: Marks::default() }
        };
        let carry_out = move |command: Command| {
            let shown = format!("{command:?}");
            sink.borrow_mut().push(shown.split(['(', ' ', '{']).next().unwrap_or_default().to_owned());
        };
        let console = Console::new(app, paper.clone(), Depth::None, clock, false, draw, carry_out);
        let end = console.run(&inbox, first);
        let commands = carried.borrow().clone();
        (end, commands)
    }

    fn press(mailbox: &Mailbox, clock: &Clock, keys: &str) {
        for chord in crate::config::parse_sequence(keys).unwrap() {
            assert!(mailbox.send(Msg::Key(chord, clock())));
        }
    }

    #[test]
    fn a_burst_of_keys_costs_one_frame() {
        let paper = Paper::default();
        let (end, commands) = run(&paper, |mailbox, clock| {
            for _ in 0..50 {
                press(mailbox, clock, "j k j k");
            }
            press(mailbox, clock, "ctrl-c");
        });
        assert_eq!(end, End::Quit);
        assert_eq!(paper.notes(), ["frame whole"], "the first; the burst of 201 keys ended with the console");
        assert_eq!(commands, ["Refresh", "KeepOutbox", "Quit"]);
    }

    #[test]
    fn the_drain_has_an_end() {
        let paper = Paper::default();
        run(&paper, |mailbox, clock| {
            for _ in 0..DRAIN {
                press(mailbox, clock, "j k");
            }
            press(mailbox, clock, "ctrl-c");
        });
        assert_eq!(paper.frames(), 2);
    }

    #[test]
    fn stepping_aside_gives_the_terminal_and_takes_it_whole() {
        let paper = Paper::default();
        let (end, _) = run(&paper, |mailbox, clock| {
            press(mailbox, clock, "ctrl-z j j");
            mailbox.0.send(Event::Continued).unwrap();
            press(mailbox, clock, "ctrl-l");
        });
        assert_eq!(end, End::Hangup, "the mailbox is gone, so is the console");
        assert_eq!(paper.notes(), ["frame whole", "given", "stopped", "taken", "frame whole"]);
    }

    #[test]
    fn aside_for_an_errand_it_waits_for_that_alone() {
        let paper = Paper::default();
        let (end, commands) = run(&paper, |mailbox, clock| {
            let read = Arc::new(Snapshot::empty("repo", "main", &built_in(), clock()));
            assert!(mailbox.send(Msg::Outcome(Outcome::Snapshot(read))));
            let wants = "the remote wants a name and a password".to_owned();
            assert!(mailbox.send(Msg::Outcome(Outcome::Asks { errand: Errand::Refresh(RepoId::default()), wants })));
            press(mailbox, clock, "r");
            mailbox.0.send(Event::Continued).unwrap();
            assert!(mailbox.send(Msg::Resize(100, 30)));
            mailbox.back();
        });
        assert_eq!(end, End::Hangup, "the mailbox is gone, so is the console");
        assert_eq!(paper.notes(), ["frame whole", "lent", "taken", "frame whole"]);
        assert!(commands.contains(&"StepAside".to_owned()), "{commands:?}");
    }

    #[test]
    fn where_no_shell_stops_it_the_console_comes_back_by_itself() {
        let paper = Paper::default();
        let clock = clock();
        let (app, _) = app(&clock);
        let (mailbox, inbox) = mailbox();
        press(&mailbox, &clock, "ctrl-z");
        let notes = paper.clone();
        let mut mailbox = Some(mailbox);
        let draw = move |app: &App, buffer: &mut Buffer| {
            buffer.set_string(0, 0, app.revision().to_string(), Style::new());
            if notes.notes().contains(&"taken".to_owned()) {
                drop(mailbox.take());
            }
            Drawn { frame: Frame { revision: app.revision(), ..Frame::default() }, marks: Marks::default() }
        };
        Console::new(app, paper.clone(), Depth::None, clock, false, draw, |_| {}).run(&inbox, Vec::new());
        assert_eq!(paper.notes(), ["frame whole", "given", "stopped", "taken", "frame whole"]);
    }

    #[test]
    fn a_lost_terminal_keeps_everything_and_ends() {
        for writes in 0..3 {
            let paper = Paper { writes_left: Some(writes), ..Paper::default() };
            let (end, commands) = run(&paper, |mailbox, clock| press(mailbox, clock, "j"));
            assert_eq!(end, End::Hangup);
            assert_eq!(commands[commands.len() - 2..], ["KeepOutbox", "Quit"], "{writes}");
            assert_eq!(commands.iter().filter(|command| *command == "Quit").count(), 1);
        }
    }

    #[test]
    fn a_panic_keeps_everything_and_goes_on() {
        let clock = clock();
        let (app, first) = app(&clock);
        let (_mailbox, inbox) = mailbox();
        let carried = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&carried);
        let draw = |_: &App, _: &mut Buffer| panic!("the shelf gave way");
        let carry_out = move |command: Command| sink.borrow_mut().push(command.key().is_some());
        let console = Console::new(app, Paper::default(), Depth::None, clock, false, draw, carry_out);
        let panic = catch_unwind(AssertUnwindSafe(|| console.run(&inbox, first))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the shelf gave way"));
        assert_eq!(*carried.borrow(), [true, false, false], "it reads; then the outbox is kept, and it quits");
    }

    #[test]
    fn the_system_asks_and_everything_is_kept() {
        let paper = Paper::default();
        let (end, commands) = run(&paper, |mailbox, _| {
            assert!(mailbox.send(Msg::Hangup) && mailbox.send(Msg::Hangup));
        });
        assert_eq!((end, commands), (End::Hangup, vec!["Refresh".into(), "KeepOutbox".into(), "Quit".into()]));
    }

    #[test]
    fn a_new_size_draws_the_whole() {
        let paper = Paper::default();
        run(&paper, |mailbox, clock| {
            for _ in 0..DRAIN {
                press(mailbox, clock, "j");
            }
            assert!(mailbox.send(Msg::Resize(120, 40)));
        });
        assert_eq!(paper.notes(), ["frame whole", "frame whole"]);
    }
}

//! What a person feels: the real program in a terminal, timed from outside; beside it the programs that people use today.
//!
//! Prints a table and fails at nothing: a busy machine is no error. The program and the clock share the machine, so a figure
//! is what the program takes and what the machine takes away from it; the load stands in the first line.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark finds its input and prints what it measures"
)]

mod support;

use std::time::{Duration, Instant};

use support::rigs::{COUNTERSIGN, Terminal, View, needs};
use support::{LARGE, Places};

/// Nothing more comes after so long; less than the stillness after which the preview follows.
const QUIET: Duration = Duration::from_millis(40);
/// More than that stillness.
const PREVIEW: Duration = Duration::from_millis(300);
/// How often a start is timed; the best counts.
const STARTS: usize = 5;
/// How many keys are timed.
const KEYS: usize = 300;

fn main() {
    let places = Places::new();
    println!("load {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    println!("{:58} {:>30}   promise", "", "measured");
    starts(&places);
    queue(&places);
    diff(&places);
    peers(&places);
}

fn row(what: &str, measured: &str, promise: &str) {
    println!("{what:58} {measured:>30}   {promise}");
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// The console in one of the clones. It does not fetch: what a network takes is not measured.
fn console(places: &Places, name: &str) -> Terminal {
    places.sandbox.console(name, 120, 40, &["--offline"])
}

/// How long until this has happened, from the start of the program: the best of a few.
fn until(places: &Places, happened: impl Fn(&Terminal) -> View, before_each: impl Fn()) -> Duration {
    let start = || {
        before_each();
        let started = Instant::now();
        let terminal = console(places, "queue");
        happened(&terminal);
        let shown = started.elapsed();
        terminal.wait_still(PREVIEW);
        shown
    };
    (0..STARTS).map(|_| start()).min().unwrap_or_default()
}

fn starts(places: &Places) {
    let cache = places.sandbox.home().join(".cache");
    let forget = || {
        // The first time there is none.
        let _ = std::fs::remove_dir_all(&cache);
    };
    let list = |terminal: &Terminal| terminal.wait_for("pending:");
    row(
        "first frame, cold: how much there is to read",
        &millis(until(places, |it| it.wait_frame_after(0), forget)),
        "100 ms",
    );
    row("sorted list, cold", &millis(until(places, list, forget)), "1 s");
    row("first frame, warm: the sorted list", &millis(until(places, list, || {})), "100 ms");
}

/// What one key took: until the first whole frame, until the last byte, and the bytes.
struct Answer {
    frame: Duration,
    last: Duration,
    bytes: usize,
}

fn press(terminal: &Terminal, key: &str) -> Answer {
    let (frames, before, sent) = (terminal.frames(), terminal.received(), Instant::now());
    terminal.keys(key);
    terminal.wait_frame_after(frames);
    let frame = sent.elapsed();
    terminal.wait_still(QUIET);
    Answer { frame, last: terminal.printed_at() - sent, bytes: terminal.received() - before }
}

fn of<T: Ord + Copy>(answers: &[Answer], part: impl Fn(&Answer) -> T, share: f64) -> T {
    let mut all: Vec<T> = answers.iter().map(part).collect();
    all.sort_unstable();
    all[((all.len() - 1) as f64 * share) as usize]
}

fn report(what: &str, answers: &[Answer], bytes: &str) {
    let times = |part: fn(&Answer) -> Duration| {
        [0.5, 0.99, 1.0].map(|share| format!("{:.1}", of(answers, part, share).as_secs_f64() * 1e3)).join(" / ")
    };
    row(&format!("{what}: to the frame, median / p99 / max"), &format!("{} ms", times(|a| a.frame)), "2 / 8 ms");
    row(&format!("{what}: to the last byte (colours too)"), &format!("{} ms", times(|a| a.last)), "");
    let (median, most) = (of(answers, |a| a.bytes, 0.5), of(answers, |a| a.bytes, 1.0));
    row(&format!("{what}: bytes, median / most"), &format!("{median} / {most}"), bytes);
}

fn queue(places: &Places) {
    let terminal = console(places, "queue");
    terminal.wait_for("pending:");
    terminal.wait_still(PREVIEW);
    let there_and_back = |at: usize| if (at / 60).is_multiple_of(2) { "j" } else { "k" };
    let answers: Vec<Answer> = (0..KEYS).map(|at| press(&terminal, there_and_back(at))).collect();
    report("a cursor move in the queue", &answers, "400");
    let with_preview = |_| {
        let before = terminal.received();
        terminal.keys("j");
        terminal.wait_still(PREVIEW);
        terminal.received() - before
    };
    let most = (0..10).map(with_preview).max().unwrap_or_default();
    row("a cursor move with its preview: most bytes", &most.to_string(), "400 + 1,200");
}

fn diff(places: &Places) {
    let terminal = console(places, "large");
    terminal.wait_for("1 pending:");
    terminal.wait_still(PREVIEW);
    let asked = Instant::now();
    terminal.keys("<enter>");
    terminal.wait_still(Duration::from_secs(1));
    row("opening 1,084 files: to the last byte", &millis(terminal.printed_at() - asked), "");
    let answers: Vec<Answer> = (0..KEYS).map(|_| press(&terminal, "j")).collect();
    report("a line in the large diff", &answers, "600");
    let jumps = ["<ctrl-d>", "]f", "<ctrl-u>", "G", "[f", "gg"];
    let answers: Vec<Answer> = (0..KEYS / 3).map(|at| press(&terminal, jumps[at % jumps.len()])).collect();
    report("a jump in the large diff", &answers, "");
    let peak = terminal.peak_memory().map_or("unknown".to_owned(), |bytes| format!("{} MB", bytes >> 20));
    row("memory with the large diff open (VmHWM)", &peak, "150 MB");
}

/// `j` in the same difference, in what people read it with today.
fn peers(places: &Places) {
    let range = format!("origin/main origin/{LARGE}");
    let git = format!("git --no-pager diff --no-renames {range}");
    let piped = |program: &str| vec!["sh".to_owned(), "-c".to_owned(), format!("{git} | {program}")];
    let dots = range.replace(' ', "..");
    for (program, command) in [
        ("less", piped("less -R")),
        ("tig", piped("tig")),
        ("delta", piped("delta --paging=always")),
        ("lazygit", vec!["lazygit".to_owned()]),
        ("gitui", vec!["gitui".to_owned()]),
        ("tuicr", vec!["tuicr".to_owned(), "-r".to_owned(), dots]),
    ] {
        if needs::find(program).is_none() {
            println!("skipped: {program} is not on PATH");
            continue;
        }
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let terminal = places.sandbox.terminal("large", 120, 40, &command, &[]);
        terminal.wait_still(Duration::from_secs(2));
        let key = |_| {
            let (before, sent) = (terminal.received(), Instant::now());
            terminal.keys("j");
            terminal.wait_still(QUIET);
            let bytes = terminal.received() - before;
            let last = if bytes == 0 { Duration::ZERO } else { terminal.printed_at() - sent };
            Answer { frame: last, last, bytes }
        };
        let answers: Vec<Answer> = (0..50).map(key).collect();
        let [median, most] = [0.5, 1.0].map(|share| millis(of(&answers, |a| a.last, share)));
        let bytes = of(&answers, |a| a.bytes, 0.5);
        row(&format!("`j` in {program}: median / max, bytes"), &format!("{median} / {most}, {bytes}"), "");
    }
    println!("the program under test was {COUNTERSIGN}");
}

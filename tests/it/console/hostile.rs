//! Whatever an agent writes, only what the console means to send reaches the terminal.

use std::time::Duration;

use super::leave;
use crate::support::{Commit, Sandbox, Terminal};

/// Everything that a terminal obeys, and that agents wrote.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mred\u{1b}Pq\u{1b}\\\u{9b}5m\u{85}\r\u{8}\u{7f}\u{202e}gnp\u{2066}\u{200b}\u{feff}\u{e0041}";

/// Control sequences by kind: what begins them, and what ends them. Anything that is not one of ours is a finding.
fn findings(printed: &[u8]) -> Vec<String> {
    let text = String::from_utf8(printed.to_vec()).expect("only UTF-8 is printed");
    let mut found = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => {
                let sequence = sequence(&mut rest);
                if !ours(&sequence) {
                    found.push(sequence.escape_debug().to_string());
                }
            }
            '\r' | '\n' => {}
            c if c.is_control() || invisible(c) => found.push(c.escape_unicode().to_string()),
            _ => {}
        }
    }
    found
}

/// What follows an escape, up to its end.
fn sequence(rest: &mut std::str::Chars<'_>) -> String {
    let mut sequence = String::new();
    for c in rest.by_ref() {
        sequence.push(c);
        let ended = match sequence.chars().next() {
            Some('[') => sequence.len() > 1 && ('@'..='~').contains(&c),
            Some(']' | 'P' | '_' | '^' | 'X') => c == '\u{7}' || sequence.ends_with("\u{1b}\\"),
            _ => true,
        };
        if ended {
            break;
        }
    }
    sequence
}

/// The sequences that the console draws with.
fn ours(sequence: &str) -> bool {
    let Some(body) = sequence.strip_prefix('[') else { return false };
    let (parameters, last) = body.split_at(body.len() - 1);
    match (last, parameters.strip_prefix('?')) {
        ("h" | "l", Some(mode)) => ["1049", "7", "2004", "25", "2026"].contains(&mode),
        ("H" | "K" | "J" | "m" | "C" | "G" | "d" | "r" | "S" | "T" | "b" | "X", None) => {
            parameters.chars().all(|c| c.is_ascii_digit() || ";:".contains(c))
        }
        _ => false,
    }
}

/// Characters that reorder or hide text.
fn invisible(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// Drawing everything once more changes nothing: what the console believes is on the screen is there. What comes late, such
/// as colours and histories, gets its time.
#[track_caller]
fn intact(terminal: &Terminal, what: &str) {
    for quiet in [60, 200, 600, 2_000] {
        let before = terminal.wait_still(Duration::from_millis(quiet));
        let frames = terminal.frames();
        terminal.keys("<ctrl-l>");
        let after = terminal.wait_frame_after(frames);
        if before.rows() == after.rows() {
            return;
        }
        assert!(quiet < 2_000, "{what}\nbefore\n{before}\nafter\n{after}");
    }
}

#[test]
fn what_is_looked_for_is_found() {
    assert_eq!(findings(b"\x1b[?2026h\x1b[1;2Hplain\x1b[38;2;1;2;3m\x1b[K\r\n\x1b[?25l"), [""; 0]);
    for bad in
        ["\u{1b}]0;x\u{7}", "\u{1b}]52;c;eA==\u{7}", "\u{1b}Pq\u{1b}\\", "\u{1b}c", "\u{7}", "\u{9b}", "\u{202e}"]
    {
        assert_eq!(findings(bad.as_bytes()).len(), 1, "{bad:?}");
    }
    assert_eq!(findings(b"\x1b[>0q\x1b[5n\x1b[?1000h\x1b[3t").len(), 4);
}

#[test]
fn nothing_that_an_agent_wrote_is_obeyed() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let evil = |message: &str| Commit::new(message).by(&EVIL.replace(['\r', '\n'], ""), "evil@bots.example");
    let message = format!(
        "{EVIL} title\n\nWhy: {EVIL}\nWhat: {EVIL}\nImpact: {EVIL}\nRollback: {EVIL}\nConfidence: 0.9 ({EVIL})\n\n- [ ] {EVIL}\n"
    );
    let wide = "好".repeat(300) + "e\u{301}\u{301}\u{301}👩\u{200d}👩\u{200d}👧" + &"\t".repeat(40);
    let lines = format!("{EVIL}\n{wide}\nplain\n\u{1b}[8mhidden\n");
    let mut bytes = lines.clone().into_bytes();
    bytes.extend_from_slice(b"\x9b31m \xff\xfe raw \x90 \x9d0;t\x07\n");
    origin.commit(
        "agent/evil/text",
        evil(&message).file("docs/a.md", bytes).file(b"docs/\x1b[2Jx\ny\x7f\xff.md", &lines),
    );
    origin.commit("agent/evil/link", evil(&message).symlink(format!("a{EVIL}"), format!("/etc/{EVIL}")));
    origin.commit("agent/evil/gnp\u{202e}\u{200b}好", evil(EVIL).file("docs/long.md", wide.as_str()));
    origin.commit("agent/evil/empty", evil("").file("docs/none.md", ""));
    origin
        .commit("agent/evil/moved", evil(&message).delete("docs/long.md").file(format!("docs/{EVIL}.md"), "line 1\n"));
    let head = origin.rev("agent/evil/text");
    origin.reason(&head, &format!("## Why\n{EVIL}\n## Confidence\n0.5 ({EVIL})\n"));
    let terminal = sandbox.console("origin.git", 120, 40, &[]);
    terminal.wait_for("5 pending");
    for at in 0..5 {
        intact(&terminal, &format!("queue, {at}"));
        terminal.keys("<enter>");
        terminal.wait_for("1 of ");
        for keys in ["", "<ctrl-d>", "<tab>", "G", "<tab>", "p", "q", "L", "q", "F", "F", "?", "q"] {
            terminal.keys(keys);
            intact(&terminal, &format!("review {at}, {keys}"));
        }
        terminal.keys("q");
        terminal.wait_for("5 pending");
        terminal.keys("j");
    }
    for keys in ["p", "q", ":", "<esc>", "/", "<esc>", "!", "q"] {
        terminal.keys(keys);
        intact(&terminal, keys);
    }
    let printed = terminal.printed();
    leave(terminal);
    assert_eq!(findings(&printed), [""; 0]);
}

#[test]
fn a_line_of_ten_megabytes_does_not_freeze_the_console() {
    let sandbox = Sandbox::new();
    let origin = sandbox.origin();
    let line = "x = [1, 2, 3], ".repeat(10 * 1024 * 1024 / 15);
    let (old, new) = (format!("a\n{line}\nb\n"), format!("a\n{}\nb\n", line.replacen("2,", "4,", 1)));
    origin.commit("main", Commit::new("Long").file("long.txt", old));
    origin.commit("agent/infra/long", Commit::new("Long again").file("long.txt", new));
    origin.propose("agent/infra/short", "Short", &[("docs/a.md", "one\n")]);
    let terminal = sandbox.console("origin.git", 120, 40, &[]);
    terminal.wait_for("2 pending");
    terminal.keys("/long<enter><enter>");
    terminal.wait_for("x = [");
    for keys in ["j", "G", "<ctrl-u>", "l", "h"] {
        terminal.keys(keys);
        intact(&terminal, keys);
    }
    let printed = terminal.received();
    assert!(printed < 200_000, "{printed} bytes for a few screens");
    leave(terminal);
}

#[test]
fn what_a_long_line_hides_beyond_the_edge_counts_as_seen_when_it_was_there() {
    let sandbox = Sandbox::new();
    let (origin, _, _) = sandbox.pair();
    let line = format!("# {}image: evil{}end\n", " ".repeat(150), "x".repeat(100));
    origin.propose("agent/infra/wide", "Wide", &[("docs/wide.md", &line)]);
    let terminal = sandbox.console("maria", 120, 40, &[]);
    terminal.wait_for("1 pending");
    terminal.keys("<enter>");
    let view = terminal.wait_for("seen 0 of 1");
    assert!(!view.has("evil"), "{view}");
    terminal.keys("<space>");
    let view = terminal.wait_for("evil");
    assert!(view.has("long lines go on here") && view.has("seen 0 of 1"), "{view}");
    terminal.keys("<space>");
    let view = terminal.wait_for("seen all 1");
    assert!(view.has("xend"), "{view}");
    terminal.keys("q");
    leave(terminal);
}

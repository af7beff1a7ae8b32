//! The rigs, held to what they promise. Read it to see how each is used.

use super::support::{COUNTERSIGN, Commit, Ran, Sandbox, Terminal, keys, needs, picture};

#[test]
fn a_sandbox_lets_nothing_of_the_user_in() {
    let sandbox = Sandbox::new();
    let ran = Ran::of(&mut assert_cmd::Command::from_std(sandbox.command("env", ""))).succeeds();
    let names: Vec<&str> = ran.stdout.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert_eq!(names.len(), sandbox.env().len(), "{ran}");
    assert!(ran.stderr.is_empty());
    let settings = sandbox.git("", &["config", "--list", "--show-scope"]);
    assert!(settings.lines().all(|line| line.starts_with("global\t")), "{settings}");
    assert_eq!(sandbox.git("home", &["config", "--global", "init.defaultBranch"]), "main");
}

#[test]
fn a_sandbox_hides_where_it_is() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("notes/a.txt", "text");
    assert_eq!(sandbox.neutral(&file.to_string_lossy()), "$SANDBOX/notes/a.txt");
}

#[test]
fn the_program_under_test_starts() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run("", &["--version"]).succeeds();
    let mut terminal: Terminal = sandbox.console("", 80, 24, &["--version"]);
    assert!(terminal.wait_end().success(), "{COUNTERSIGN}\n{ran}\n{}", terminal.view());
}

#[test]
fn what_a_program_in_a_terminal_costs_is_known() {
    let sandbox = Sandbox::new();
    // It holds far more than the kernel may leave uncounted: the counters are kept by processor, so that a small program
    // can be told to have none at all.
    let holds = "held=$(head -c 20000000 /dev/zero | tr '\\0' x); echo started; read line; echo $line ${#held}";
    let terminal = sandbox.terminal("", 80, 24, &["sh", "-c", holds], &[]);
    terminal.wait_for("started");
    assert!(terminal.peak_memory().is_none_or(|bytes| bytes > 10_000_000));
    let before = std::time::Instant::now();
    terminal.keys("hello<enter>");
    terminal.wait_for("hello 20000000");
    assert!(terminal.printed_at() >= before);
}

#[test]
fn output_is_captured_with_the_exit_status() {
    let sandbox = Sandbox::new();
    let mut shell = sandbox.command("sh", "");
    shell.args(["-c", "echo '{\"a\": 1}'; echo why >&2; exit 3"]);
    let ran = Ran::of(&mut assert_cmd::Command::from_std(shell)).exits(3);
    assert_eq!(ran.json()["a"], 1);
    assert_eq!(ran.stderr, "why\n");
}

#[test]
fn object_ids_are_the_same_on_every_run() {
    let heads = || {
        let sandbox = Sandbox::new();
        let origin = sandbox.bare("origin.git");
        origin.commit("main", Commit::new("Start").file("apps/web/values.yaml", "replicas: 3\n"));
        let head =
            origin.propose("agent/infra/fewer", "Fewer\n\nWhy: idle", &[("apps/web/values.yaml", "replicas: 1\n")]);
        origin.reason(&head, "Why: idle since May");
        (head, origin.refs())
    };
    let (head, refs) = heads();
    assert_eq!(refs["refs/heads/agent/infra/fewer"], head);
    assert!(refs.contains_key("refs/notes/reasoning"));
    assert_eq!((head, refs), heads());
}

#[test]
fn every_kind_of_entry_can_be_committed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("origin.git");
    let first = repo.commit("main", Commit::new("First").file("old", "1"));
    let odd = b"odd \xff\n\"name\"";
    repo.commit(
        "main",
        Commit::new("Second")
            .by("Ada", "ada@corp.example")
            .at(sandbox.now() + 60)
            .file(odd, [0, 159, 146, 150])
            .program("run.sh", "#!/bin/sh\n")
            .symlink("link", "/etc/hostname")
            .submodule("vendor/x", &first)
            .delete("old"),
    );
    let tree = repo.git(&["ls-tree", "-r", "main"]);
    let modes: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(modes, ["120000", "100644", "100755", "160000"], "{tree}");
    assert!(tree.contains(r#""odd \377\n\"name\"""#), "{tree}");
    assert_eq!(
        repo.git(&["log", "-1", "--format=%an <%ae> %cI", "main"]),
        "Ada <ada@corp.example> 2025-01-06T10:01:00Z"
    );
}

#[test]
fn branches_are_merged_and_moved_back() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("work");
    let base = repo.commit("main", Commit::new("Base").file("a", "1\n"));
    let side = repo.commit("side", Commit::new("Side").file("b", "2\n"));
    let merge = repo.commit("main", Commit::new("Merge").merge("side").file("b", "2\n"));
    assert_eq!(repo.rev("main^2"), side);
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "the work tree follows");
    let moved = repo.commit("side", Commit::new("Again").from(&base).file("b", "3\n"));
    assert_eq!(repo.rev("side^"), base);
    assert_eq!(repo.show("side", "b"), "3\n");
    assert_ne!((moved, merge), (side, base));
}

#[test]
fn a_clone_of_a_person_signs() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let origin = sandbox.bare("origin.git");
    origin.commit("main", Commit::new("Start").file("a", "1\n"));
    let (maria, work) = (sandbox.person("maria"), origin.clone_to("work"));
    work.belongs_to(&maria);
    let mut commit = sandbox.command("git", &work);
    commit.args(["commit", "--quiet", "--allow-empty", "-S", "-m", "Signed"]);
    let _ = Ran::of(&mut assert_cmd::Command::from_std(commit)).succeeds();
    let signers = sandbox.write("allowed_signers", maria.signer_line());
    work.git(&["config", "gpg.ssh.allowedSignersFile", &signers.to_string_lossy()]);
    assert_eq!(work.git(&["log", "-1", "--format=%G? %GS"]), "G maria@corp.example");
    let _ = work.run(&[]);
}

#[test]
fn keys_are_what_a_terminal_sends() {
    let sent = |text: &str| keys::bytes(text).concat();
    assert_eq!(sent("jjK<space><lt>"), b"jjK <");
    assert_eq!(sent("<ctrl-d><alt-x><up><f1><backtab>é"), b"\x04\x1bx\x1b[A\x1bOP\x1b[Z\xc3\xa9");
}

#[test]
fn a_terminal_waits_for_what_is_drawn() {
    let sandbox = Sandbox::new();
    let script = "printf 'name? '; read -r name; printf 'hello %s\\n' \"$name\"; exit 4";
    let mut terminal = sandbox.terminal("", 40, 5, &["sh", "-c", script], &[]);
    terminal.wait_for("name?");
    assert!(terminal.restored());
    terminal.keys("maria<enter>");
    let view = terminal.wait_for("hello maria");
    assert_eq!(view.find("hello"), Some((1, 0)));
    assert_eq!(terminal.wait_end().exit_code(), 4);
    assert!(terminal.received() > 20);
}

#[test]
fn a_terminal_answers_and_never_shows_half_a_frame() {
    let sandbox = Sandbox::new();
    let script = "stty raw -echo; printf '\\033[?1049h\\033[6n'; head -c 6 | od -c | head -1 > answer; \
                  printf '\\033[?2026h\\033[H\\033[1;38;2;1;2;3mhalf'; sync; printf ' whole\\033[?2026l'; \
                  printf '\\033]52;c;aGk=\\a\\033[?2004h'; cat > pasted";
    let terminal = sandbox.terminal("", 30, 4, &["sh", "-c", script], &[("LC_ALL", "C")]);
    let view = terminal.wait_for("half");
    assert!(view.has("half whole"), "{view}");
    assert_eq!(view.style_of("whole").fgcolor(), vt100::Color::Rgb(1, 2, 3));
    assert!(view.style_of("whole").bold() && !terminal.restored());
    assert_eq!((terminal.frames(), terminal.wait_frame_after(0).rows().len()), (1, 4));
    terminal.wait_until("bracketed paste", |view| view.screen().bracketed_paste());
    assert_eq!(terminal.clipboard(), b"aGk=");
    let answer = std::fs::read_to_string(sandbox.path("answer")).unwrap();
    assert!(answer.contains("033   [   1   ;   1   R"), "{answer}");
    terminal.paste("one\ntwo");
}

#[test]
fn a_terminal_is_resized_and_signalled() {
    let sandbox = Sandbox::new();
    let script = "trap 'stty size; ' WINCH; trap 'exit 7' TERM; printf 'ready '; while :; do sleep 0.05; done";
    let mut terminal = sandbox.terminal("", 20, 3, &["sh", "-c", script], &[]);
    terminal.wait_for("ready");
    terminal.resize(33, 9);
    terminal.wait_for("9 33");
    terminal.signal(rustix::process::Signal::TERM);
    assert_eq!(terminal.wait_end().exit_code(), 7);
    terminal.wait_gone("never there");
}

#[test]
fn a_picture_is_the_same_on_every_run() {
    let sandbox = Sandbox::new();
    let script = "printf 'plain \\033[1;31mred<\\033[0m\\033[48;5;21m on blue \\033[0;7minverse\\033[0m 日本\\r\\n'; \
                  printf '\\033[38;5;250m\\033[2;3;4mgrey\\033[0m end'; cat";
    let terminal = sandbox.terminal("", 40, 3, &["sh", "-c", script], &[]);
    let view = terminal.wait_for("end");
    picture::holds("tests/it/support/picture.svg", &view);
}

#[test]
fn what_is_missing_is_known() {
    assert!(needs::find("sh").is_some());
    assert!(needs::find("no-such-program-of-countersign").is_none());
    assert!(!needs::missing(&["sh", "git"]));
}

#[test]
fn a_queue_of_two_thousand_is_made_in_seconds() {
    if needs::too_long("makes two thousand proposals") {
        return;
    }
    let sandbox = Sandbox::new();
    let origin = sandbox.bare("origin.git");
    origin.commit("main", Commit::new("Start").file("a", "0\n"));
    for number in 0..2_000 {
        origin.propose(&format!("agent/infra/{number}"), "Change", &[("a", &format!("{number}\n"))]);
    }
    assert_eq!(origin.refs().len(), 2_001);
}

#[test]
fn a_real_repository_is_borrowed_and_not_changed() {
    let Some(real) = needs::corpus("onedr0p/home-ops") else { return };
    let sandbox = Sandbox::new();
    let borrowed = sandbox.borrow(&real, "origin.git");
    borrowed.commit("agent/infra/x", Commit::new("Change").from("HEAD").file("new", "1\n"));
    assert_eq!(borrowed.show("agent/infra/x", "new"), "1\n");
}

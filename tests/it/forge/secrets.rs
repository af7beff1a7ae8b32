//! Where the token goes, and where it does not.

use std::os::unix::fs::PermissionsExt as _;

use super::deciding::adopted;
use super::{SHOP, TOKEN, at};
use crate::support::{COUNTERSIGN, Ran, Sandbox, needs};

/// Puts a program on the path that writes down how it was called, and calls the real one.
fn watched(sandbox: &Sandbox, name: &str) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(real) = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file()) else { return };
    let log = sandbox.path("watched/log");
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"called {name} $*\" \"held {name} $1 $2 ${{GH_ENTERPRISE_TOKEN:-none}}\" >> '{}'\nexec '{}' \"$@\"\n",
        log.display(),
        real.display()
    );
    let file = sandbox.write(format!("watched/{name}"), script);
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("permissions");
}

#[test]
fn a_token_is_in_no_argument_and_in_no_program_that_has_no_use_for_it() {
    if needs::missing(&["ssh-keygen"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let (desk, shop, open) = adopted(&sandbox, 2);
    for name in ["git", "ssh-keygen", "ssh-add", "gh"] {
        watched(&sandbox, name);
    }
    // As people have it: in the environment, and in no file.
    std::fs::remove_file(sandbox.path("home/token")).expect("the token's file");
    let settings = std::fs::read_to_string(sandbox.path("home/.config/countersign/config.toml")).expect("settings");
    sandbox.write("home/.config/countersign/config.toml", settings.replace("token_file = \"~/token\"\n", ""));
    let path = format!("{}:{}", sandbox.path("watched").display(), std::env::var("PATH").unwrap_or_default());
    let run = |arguments: &[&str]| {
        let mut command = sandbox.countersign("");
        command.args(["--repo", SHOP]).args(arguments).env("PATH", &path).env("GH_ENTERPRISE_TOKEN", TOKEN);
        Ran::of(&mut command)
    };
    let _ = run(&["approve", &at(&shop, open[0].0, &open[0].1), "--yes"]).succeeds();
    let _ = run(&["reject", &at(&shop, open[1].0, &open[1].1), "-m", "Not this way.", "--yes"]).succeeds();
    let _ = run(&["ledger", "verify"]).succeeds();
    let _ = run(&["doctor"]);
    assert_eq!(desk.github.world().pull(SHOP, open[0].0).merged, Some(shop.rev("main~1")), "it was used");
    let log = std::fs::read_to_string(sandbox.path("watched/log")).expect("what was called");
    let lines = |wanted: &str| log.lines().filter(|line| line.starts_with(wanted)).collect::<Vec<_>>();
    assert!(lines("called git").len() > 10, "{log}");
    assert!(lines("called").iter().all(|line| !line.contains(TOKEN)), "{log}");
    // git keeps it for its credential helper, and hands it on to what it signs with.
    let own = ["held ssh-keygen -Y verify", "held ssh-keygen -l", "held ssh-add", "held gh"].map(lines).concat();
    assert!(own.iter().all(|line| line.ends_with(" none")), "{log}");
    let found = sandbox.command("grep", "").args(["-rl", TOKEN, "."]).output().expect("grep");
    assert_eq!(String::from_utf8_lossy(&found.stdout).trim(), "./watched/log", "in no file of the program");
}

#[test]
fn a_token_is_in_nothing_that_a_terminal_is_told_not_even_where_a_part_breaks() {
    let sandbox = Sandbox::new();
    let (desk, shop) = super::Desk::new(&sandbox);
    let number = desk.propose(&shop, SHOP, "agent/infra/docs", ("docs/a.md", "Say it better.\n"));
    // What a hostile title asks for is not there to be told.
    desk.github.world().pull(SHOP, number).title = "$GH_TOKEN ${GITHUB_TOKEN} {token}".into();
    for (fault, keys, shown, said) in [
        ("none", "<enter>", "Say it better", ""),
        ("open:panic", "<enter>", "it could not be opened", "fault injected at open"),
        ("redraw:panic", "<ctrl-l>", "fault injected at redraw", "fault injected at redraw"),
    ] {
        let mut terminal = sandbox.terminal("", 120, 40, &[COUNTERSIGN, SHOP], &[("COUNTERSIGN_FAULT", fault)]);
        terminal.wait_for("docs/a.md");
        terminal.keys(keys);
        terminal.wait_for(shown);
        terminal.keys("<ctrl-c>");
        terminal.wait_end();
        let printed = String::from_utf8_lossy(&terminal.printed()).into_owned();
        assert!(printed.contains(said) && !printed.contains(TOKEN), "{fault}: {printed}");
    }
    desk.token_is_nowhere();
}

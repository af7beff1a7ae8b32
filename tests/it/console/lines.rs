//! The lines through which people really come: tmux on a jump host, and ssh.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::{Demo, QUEUE, batch, eventually, needs, sign};
use crate::support::{COUNTERSIGN, Sandbox, Terminal, View};

/// A tmux of our own: no settings, no status line, its socket in the sandbox. Ended when it goes.
struct Tmux<'a> {
    sandbox: &'a Sandbox,
}

impl Tmux<'_> {
    /// A client that runs a command of tmux, in a terminal.
    fn client(&self, command: &[&str]) -> Terminal {
        let arguments = [&["tmux", "-u", "-f", "/dev/null", "-L", "countersign"], command].concat();
        let folder = self.sandbox.path("tmp");
        self.sandbox.terminal("demo/work", 120, 40, &arguments, &[("TMUX_TMPDIR", &folder.to_string_lossy())])
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let mut tmux = self.sandbox.command("tmux", "");
        tmux.env("TMUX_TMPDIR", self.sandbox.path("tmp")).args(["-L", "countersign", "kill-server"]);
        // Where a test failed before it began there is no server.
        let _ = tmux.output();
    }
}

#[test]
fn a_console_in_tmux_outlives_the_connection() {
    if needs::missing(&["tmux"]) {
        return;
    }
    let Some(demo) = Demo::with_undo(120) else { return };
    let before = demo.origin().refs();
    let tmux = Tmux { sandbox: &demo.sandbox };
    let mut terminal = tmux.client(&["new-session", COUNTERSIGN, ";", "set", "status", "off"]);
    // tmux may pass a frame on in parts.
    let whole = |view: &View| view.has(QUEUE) && view.rows().last().is_some_and(|last| last.contains("? keys"));
    let queue = terminal.wait_until("the whole queue", whole);
    let cell = queue.style_of("countersign");
    assert!(cell.bold() || cell.fgcolor() != vt100::Color::Default, "colours come through tmux");
    batch(&terminal);
    terminal.cut();
    terminal.wait_end();

    // The next connection finds the console where it was, its window still open.
    let mut terminal = tmux.client(&["attach-session"]);
    // tmux may first show what it had at another size.
    let same = |view: &View| view.has(QUEUE) && view.has("26 approvals in");
    let view = terminal.wait_until("the console as it was", same);
    assert!(demo.origin().refs() == before, "{view}");
    terminal.keys("u");
    terminal.wait_for("taken back: approve, 26 proposals");
    terminal.keys("x");
    terminal.wait_for("REJECT");
    terminal.paste("Not at the month's end.\nAsk again on Monday.");
    terminal.wait_for("Ask again on Monday.");
    // The host goes down: every line at once.
    drop(tmux);
    terminal.wait_end();
    eventually("the draft on the disk", || {
        let kept = |draft: &PathBuf| std::fs::read_to_string(draft).is_ok_and(|text| text.contains("on Monday"));
        demo.sandbox.kept("drafts").iter().any(kept)
    });
    assert_eq!((demo.sandbox.outbox(), demo.origin().refs()), (0, before));
}

/// A host that takes one key, and whose every login is the console on the demo: sshd without a port, at the other end of a
/// pipe.
struct Host {
    arguments: Vec<String>,
}

impl Host {
    /// Writes down keys, settings and what a login runs; `None` where sshd cannot run.
    fn new(demo: &Demo) -> Option<Self> {
        if needs::missing(&["ssh", "sshd", "ssh-keygen", "id"]) {
            return None;
        }
        let sshd = needs::find("sshd")?;
        let sandbox = &demo.sandbox;
        let (host, user) = (sandbox.person("host"), sandbox.person("user"));
        std::fs::copy(user.key.with_extension("pub"), sandbox.path("keys/authorized")).expect("a key is authorised");
        let login = sandbox.write("login", login(demo));
        std::fs::set_permissions(&login, PermissionsExt::from_mode(0o755)).expect("a login that can run");
        let settings = format!(
            "HostKey {host}\nAuthorizedKeysFile {keys}/authorized\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin yes\nAllowTcpForwarding no\nX11Forwarding no\n\
             PrintMotd no\nPrintLastLog no\nForceCommand {login}\n",
            host = host.key.display(),
            keys = sandbox.path("keys").display(),
            login = login.display(),
        );
        let settings = sandbox.write("sshd_config", settings);
        // As root, sshd wants an empty folder of its own.
        let _ = std::fs::create_dir_all("/run/sshd");
        let proxy = format!("ProxyCommand={} -i -f {}", sshd.display(), settings.display());
        let known = format!("UserKnownHostsFile={}", sandbox.path("known_hosts").display());
        let key = user.key.to_string_lossy().into_owned();
        let options =
            ["-o", &proxy, "-o", &known, "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR", "-i", &key];
        let arguments = ["ssh", "-tt", "-F", "/dev/null"].iter().chain(&options).map(ToString::to_string).collect();
        Some(Self { arguments })
    }

    /// Logs in.
    fn login(&self, demo: &Demo) -> Terminal {
        let who = demo.sandbox.command("id", "").arg("-un").output().expect("id runs");
        let name = format!("{}@jump.example", String::from_utf8_lossy(&who.stdout).trim());
        let mut arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        arguments.push(&name);
        demo.sandbox.terminal("", 100, 30, &arguments, &[])
    }
}

/// What a login runs: the sandbox's environment, the terminal's kind as ssh brought it, the console.
fn login(demo: &Demo) -> String {
    let sandbox = &demo.sandbox;
    let env = sandbox.env().into_iter().map(|(name, value)| format!("{name}='{}' ", value.to_string_lossy()));
    let work = sandbox.path("demo/work");
    format!(
        "#!/bin/sh\ncd '{}' && exec env -i {}TERM=\"$TERM\" '{COUNTERSIGN}'\n",
        work.display(),
        env.collect::<String>()
    )
}

#[test]
fn a_console_over_ssh_works_and_a_lost_connection_loses_nothing() {
    let Some(demo) = Demo::with_undo(120) else { return };
    let Some(host) = Host::new(&demo) else { return };
    let mut terminal = host.login(&demo);
    terminal.wait_for(QUEUE);
    batch(&terminal);
    terminal.keys("S");
    terminal.wait_for("26 merged");
    terminal.resize(80, 24);
    terminal.wait_for("19: ");
    terminal.keys("qq");
    assert!(terminal.wait_end().success());
    assert!(terminal.restored(), "{}", terminal.view());

    let mut terminal = host.login(&demo);
    terminal.wait_for("19 pending");
    terminal.keys("x");
    terminal.wait_for("REJECT  narrow-web-sg");
    terminal.keys("Not at the month's end.");
    terminal.wait_for("[L-001");
    terminal.cut();
    terminal.wait_end();
    eventually("the draft on the disk", || !demo.sandbox.kept("drafts").is_empty());

    let mut terminal = host.login(&demo);
    terminal.wait_for("19 pending");
    terminal.keys("x");
    terminal.wait_for("Not at the month's end.");
    sign(&terminal, "<ctrl-s>", "1 rejection in");
    terminal.keys("S");
    terminal.wait_for("1 recorded; 1 signature");
    terminal.keys("<ctrl-c>");
    assert!(terminal.wait_end().success());
    let _ = demo.work().sound();
}

//! Links: where a proposal's page is said, opened, and handed over.

use std::os::unix::fs::PermissionsExt as _;

use super::{Desk, SHOP};
use crate::support::{COUNTERSIGN, Sandbox};

/// The page of the first pull request.
const PAGE: &str = "https://github.com/acme/shop/pull/1";

#[test]
fn pages_are_in_lists_and_said() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.propose(&shop, SHOP, "agent/infra/fewer", ("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n"));
    shop.propose("agent/infra/branch", "A branch alone", &[("docs/a.md", "1\ntwo\nthree\n")]);
    let list = desk.list(SHOP, &[]);
    let pages: Vec<_> = list.iter().map(|one| (one["id"].as_str(), one["url"].as_str())).collect();
    assert_eq!(pages, [(Some("#1"), Some(PAGE)), (Some("agent/infra/branch"), None)]);
    assert!(desk.run(SHOP, &["show", "#1"]).succeeds().stdout.contains(&format!("page    {PAGE}\n")));
    assert_eq!(desk.run(SHOP, &["show", "#1", "--json"]).succeeds().json()["url"], PAGE);
    assert!(!desk.run(SHOP, &["show", "agent/infra/branch"]).succeeds().stdout.contains("page "));
}

#[test]
fn the_console_links_to_the_page_and_hands_its_address_over() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.propose(&shop, SHOP, "agent/infra/fewer", ("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n"));
    shop.propose("agent/infra/branch", "A branch alone", &[("docs/a.md", "1\ntwo\nthree\n")]);
    let link = format!("\x1b]8;;{PAGE}\x1b\\");
    let terminal = sandbox.console("", 120, 40, &[SHOP]);
    terminal.wait_for("2 pending");
    terminal.keys("/fewer<enter>gx");
    terminal.wait_for(&format!("{PAGE} (copied)"));
    let clipboard = String::from_utf8(terminal.clipboard()).expect("an address");
    assert!(clipboard == PAGE || clipboard.contains("aHR0cHM6Ly9naXRodWIuY29tL2FjbWUvc2hvcC9wdWxsLzE"), "{clipboard}");
    terminal.keys("<enter>");
    terminal.wait_for("It is idle.");
    let printed = String::from_utf8_lossy(&terminal.printed()).into_owned();
    assert!(printed.contains(&link), "the page is linked to");
    drop(terminal);

    // Whoever wants no links gets none.
    let settings = std::fs::read_to_string(sandbox.path("home/.config/countersign/config.toml")).expect("settings");
    sandbox.write("home/.config/countersign/config.toml", format!("links = false\n{settings}"));
    let terminal = sandbox.console("", 120, 40, &[SHOP]);
    terminal.wait_for("2 pending");
    terminal.keys("/fewer<enter><enter>");
    terminal.wait_for("It is idle.");
    assert!(!String::from_utf8_lossy(&terminal.printed()).contains("\x1b]8;"));
    drop(terminal);

    let terminal = sandbox.console("", 120, 40, &[SHOP]);
    terminal.wait_for("2 pending");
    terminal.keys("/infra/branch<enter>gx");
    terminal.wait_for("it has no page: it is a branch");
}

#[test]
fn a_browser_that_is_here_is_given_the_address_alone() {
    let sandbox = Sandbox::new();
    let (desk, shop) = Desk::new(&sandbox);
    desk.propose(&shop, SHOP, "agent/infra/fewer", ("apps/web/values.yaml", "replicas: 1\nimage: web:1.0\n"));
    let opened = sandbox.path("opened");
    let script = format!("#!/bin/sh\nprintf '%s|' \"$@\" > {0}.new && mv {0}.new {0}\n", opened.display());
    let opener = sandbox.write("bin/xdg-open", script);
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let path = format!("{}:{}", sandbox.path("bin").display(), std::env::var("PATH").expect("PATH"));
    let here = [("DISPLAY", ":0"), ("PATH", path.as_str())];
    let terminal = sandbox.terminal("", 120, 40, &[COUNTERSIGN, SHOP], &here);
    terminal.wait_for("1 pending");
    terminal.keys("gx");
    terminal.wait_for(&format!("opening {PAGE}"));
    let given_up = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !opened.exists() && std::time::Instant::now() < given_up {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(std::fs::read_to_string(&opened).expect("it was opened"), format!("{PAGE}|"));
    drop(terminal);

    // One that fails is said, and the address handed over.
    sandbox.write("bin/xdg-open", "#!/bin/sh\nexit 3\n");
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let terminal = sandbox.terminal("", 120, 40, &[COUNTERSIGN, SHOP], &here);
    terminal.wait_for("1 pending");
    terminal.keys("gx");
    let view = terminal.wait_for("(copied)");
    assert!(view.has("no browser (") && view.has(PAGE), "{view}");
}

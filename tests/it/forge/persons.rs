//! Three persons at a repository on GitHub, what they do there, and what came of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Desk, SHOP, at};
use crate::support::{Commit, Ran, Repo, Sandbox};

/// Tiers that take one person each.
pub const ONE: &str = "{ low: { approvals: 1 }, medium: { approvals: 1 }, high: { approvals: 1 } }";
/// An agent that is known by its branches and its commits.
pub const AGENT: &str = r#"[{ name: infra, match: { branches: ["agent/infra/**"], authors: ["infra-bot[bot]"] } }]"#;

/// A repository whose policy names maria, sam, and ada, who is an admin alone; all have keys.
pub fn with<'a>(sandbox: &'a Sandbox, from: &str, tiers: &str, agents: &str, more: &str) -> (Desk<'a>, Repo<'a>) {
    let (desk, shop) = Desk::new(sandbox);
    desk.adopt(&shop, SHOP);
    let adopted = shop.show("main", ".countersign/policy.yaml");
    let id = adopted.split('"').find(|part| part.len() == 32).expect("an id in the policy");
    for name in ["sam", "ada"] {
        let _ = sandbox.person(name);
    }
    let signers = ["maria", "sam", "ada"].map(|name| sandbox.signer_line(name)).concat();
    let policy = format!(
        r#"version: 1
ledger: {{ id: "{id}", ref: countersign/ledger }}
protect: [main]
people:
  - {{ name: maria, emails: [maria@corp.example], github: maria-k, roles: [approve, admin] }}
  - {{ name: sam, emails: [sam@corp.example], github: sam-h, roles: [approve] }}
  - {{ name: ada, emails: [ada@corp.example], github: ada-l, roles: [admin] }}
agents: {agents}
tiers: {tiers}
approvals: {{ self: never, from: {from} }}
{more}"#
    );
    let commit = Commit::new("Three persons").by("maria", "maria@corp.example");
    let commit = commit.file(".countersign/policy.yaml", policy).file(".countersign/allowed_signers", signers);
    shop.commit("people/three", commit);
    let own = desk.github.open(SHOP, "people/three", "maria-k", "Three persons", "");
    let ran = desk.run(SHOP, &["approve", &at(&shop, own, "people/three"), "--yes"]).succeeds();
    assert!(ran.stdout.contains("merged"), "{ran}");
    desk.github.count();
    (desk, shop)
}

/// Opens a pull request for a page of its own.
pub fn page(desk: &Desk<'_>, shop: &Repo<'_>, name: &str) -> (u64, String) {
    let branch = format!("agent/infra/{name}");
    (desk.propose(shop, SHOP, &branch, (&format!("docs/{name}.md"), "Say it better.\n")), branch)
}

/// Whether GitHub merged it.
pub fn is_merged(desk: &Desk<'_>, number: u64) -> bool {
    desk.github.world().pull(SHOP, number).merged.is_some()
}

/// The proposals that merge entries name.
pub fn recorded(repo: &Repo<'_>) -> Vec<String> {
    let entries = repo.entries();
    let merges = entries.iter().filter(|entry| entry["kind"] == "merge");
    let items = merges.flat_map(|entry| entry["items"].as_array().cloned().unwrap_or_default());
    items.map(|item| item["proposal"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Somebody says something on the page.
pub fn says(desk: &Desk<'_>, login: &str, number: u64, event: &str, commit: &str) {
    let review = json!({ "event": event, "body": "So be it.", "commit_id": commit });
    let (status, answer) = desk.github.act(login, "POST", &format!("/repos/{SHOP}/pulls/{number}/reviews"), &review);
    assert_eq!(status, 200, "{answer}");
}

/// Somebody merges on the page.
pub fn merges(desk: &Desk<'_>, number: u64, more: &[(&str, &str)]) {
    let mut body = json!({});
    for (name, value) in more {
        body[*name] = json!(value);
    }
    let (status, answer) = desk.github.act("infra-lead", "PUT", &format!("/repos/{SHOP}/pulls/{number}/merge"), &body);
    assert_eq!(status, 200, "{answer}");
}

/// GitHub merges nothing by the program's method from now on.
pub fn only(desk: &Desk<'_>, methods: &[&'static str]) {
    desk.github.world().repos.get_mut(SHOP).expect("the repository").methods = methods.to_vec();
}

/// A command of somebody at a host of their own.
pub fn as_other(desk: &Desk<'_>, name: &str, login: &str, arguments: &[&str], patience: Duration) -> Ran {
    let sandbox = desk.sandbox;
    let key = sandbox.path(format!("keys/{name}")).to_string_lossy().into_owned();
    let token = format!("ghp_tokenof{name}");
    let file = sandbox.write(format!("{name}/token"), &token);
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("permissions");
    desk.github.token(&token, login);
    let git = format!(
        "[user]\n\tname = {name}\n\temail = {name}@corp.example\n\tsigningKey = {key}\n[gpg]\n\tformat = ssh\n"
    );
    sandbox.write(format!("{name}/.gitconfig"), git);
    let settings = std::fs::read_to_string(sandbox.path("home/.config/countersign/config.toml")).expect("settings");
    sandbox.write(format!("{name}/.config/countersign/config.toml"), settings);
    let mut command = sandbox.countersign("");
    command.timeout(patience).args(["--repo", SHOP]).args(arguments);
    let home = sandbox.path(name);
    command.env("HOME", &home).env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"));
    for (variable, folder) in [
        ("XDG_CONFIG_HOME", ".config"),
        ("XDG_CACHE_HOME", ".cache"),
        ("XDG_STATE_HOME", ".local/state"),
        ("XDG_DATA_HOME", ".local/share"),
    ] {
        command.env(variable, home.join(folder));
    }
    Ran::of(&mut command)
}

/// An item on a pull request, of an entry that is signed by hand.
pub fn item(shop: &Repo<'_>, (number, branch): &(u64, String)) -> Value {
    json!({
        "proposal": format!("#{number}"), "target": "refs/heads/main", "head": shop.rev(branch), "change_id": null,
        "tier": "medium", "seen": null, "answers": null, "merge": null,
    })
}

/// Maria holds one.
pub fn hold_on(desk: &Desk<'_>, shop: &Repo<'_>, (number, branch): &(u64, String)) -> Ran {
    desk.run(SHOP, &["hold", &at(shop, *number, branch), "-m", "Wait.", "--yes"])
}

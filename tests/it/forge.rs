//! Repositories on GitHub, by the program as people start it: read from a mirror and the API, decided in the ledger, posted.

mod checks;
mod complete;
mod deciding;
mod doctor;
mod hostile;
mod journey;
mod lessons;
mod links;
mod moving;
mod page;
mod patience;
mod people;
mod persons;
mod reading;
mod secrets;
mod sitting;
mod trouble;

use serde_json::Value;

use super::support::github::GitHub;
use super::support::{Commit, Ran, Repo, Sandbox};

/// The token: easy to look for.
const TOKEN: &str = "ghp_markertokenthatmustnotappear";
/// The repository of most tests.
const SHOP: &str = "acme/shop";

/// A GitHub with repositories, and maria at her terminal.
struct Desk<'a> {
    sandbox: &'a Sandbox,
    github: GitHub,
}

impl<'a> Desk<'a> {
    /// A GitHub with `acme/shop`, and maria's settings, token and key.
    fn new(sandbox: &'a Sandbox) -> (Self, Repo<'a>) {
        let desk = Self { sandbox, github: GitHub::start() };
        desk.github.token(TOKEN, "maria-k");
        desk.set("");
        let token = sandbox.write("home/token", TOKEN);
        std::fs::set_permissions(token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("permissions");
        let shop = desk.repo(SHOP);
        (desk, shop)
    }

    /// Writes maria's settings, with more about GitHub.
    fn set(&self, more: &str) {
        let settings = format!(
            "undo_seconds = 120\n[github]\nhost = \"{}\"\ngit_url = \"file://{}/forge/{{owner}}/{{name}}.git\"\ntoken_file = \"~/token\"\n{more}",
            self.github.address(),
            self.sandbox.path("").display()
        );
        self.sandbox.write("home/.config/countersign/config.toml", settings);
    }

    /// A repository, with the files of [`Sandbox::first_commit`].
    fn repo(&self, name: &str) -> Repo<'a> {
        let repo = self.sandbox.bare(&format!("forge/{name}.git"));
        for setting in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            repo.git(&["config", setting, "true"]);
        }
        repo.commit("main", Sandbox::first_commit());
        self.github.repo(name, &repo);
        repo
    }

    /// Lets maria sign wherever she is.
    fn signs(&self) {
        let maria = self.sandbox.person("maria");
        let key = maria.key.to_string_lossy().into_owned();
        for (name, value) in [
            ("user.name", maria.name.as_str()),
            ("user.email", &maria.email),
            ("gpg.format", "ssh"),
            ("user.signingKey", &key),
        ] {
            self.sandbox.git("", &["config", "--global", name, value]);
        }
    }

    /// Adopts a repository for maria, who is maria-k on GitHub.
    fn adopt(&self, repo: &Repo<'_>, name: &str) {
        self.signs();
        let _ = self.run(name, &["init", "--yes"]).succeeds();
        let policy = repo.show("main", ".countersign/policy.yaml");
        assert!(policy.contains("github: maria-k"), "{policy}");
    }

    /// What was written to the API since it was asked last.
    fn writes(&self) -> Vec<String> {
        let counted = self
            .github
            .count()
            .into_iter()
            .filter(|(route, _)| !route.starts_with("GET ") && !route.ends_with("/graphql"));
        counted.map(|(route, count)| format!("{count} {route}")).collect()
    }

    /// Demands that the ledger and the branch agree, commit by commit.
    #[track_caller]
    fn sound(&self, name: &str) {
        let verified = self.run(name, &["ledger", "verify", "--json"]);
        let report = verified.json();
        assert!(report["ok"] == true && report["unapproved_total"] == 0, "{verified}");
    }

    /// Opens a pull request that changes one file; answers its number.
    fn propose(&self, repo: &Repo<'_>, name: &str, branch: &str, file: (&str, &str)) -> u64 {
        repo.propose(branch, &format!("Change {}", file.0), &[file]);
        self.github.open(name, branch, "infra-bot[bot]", &format!("Change {}", file.0), "## Why\n\nIt is idle.\n")
    }

    /// A command about a repository.
    fn run(&self, repo: &str, arguments: &[&str]) -> Ran {
        self.sandbox.run("", &[&["--repo", repo], arguments].concat())
    }

    /// The proposals of `list --all --json`.
    #[track_caller]
    fn list(&self, repo: &str, arguments: &[&str]) -> Vec<Value> {
        let ran = self.run(repo, &[&["list", "--all", "--json"], arguments].concat()).succeeds();
        ran.json()["proposals"].as_array().expect("a list of proposals").clone()
    }

    /// Demands that the token is nowhere but in its own file.
    fn token_is_nowhere(&self) {
        let found = self.sandbox.command("grep", "").args(["-rl", TOKEN, "."]).output().expect("grep");
        let files = String::from_utf8_lossy(&found.stdout);
        assert_eq!(files.trim(), "./home/token");
    }
}

/// A commit on main of somebody at the forge's page.
fn lands(repo: &Repo<'_>, path: &str, text: &str) {
    repo.commit("main", Commit::new("By hand").file(path, text));
}

/// A pull request as deciding commands want it, of a branch.
fn at(repo: &Repo<'_>, number: u64, branch: &str) -> String {
    format!("#{number}@{}", repo.rev(branch))
}

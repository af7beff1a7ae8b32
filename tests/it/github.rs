//! GitHub: the client against the tests' own GitHub, which fails in every way that the real one does.

mod about;
mod asking;
mod details;
mod emulate;
mod fake;
mod faults;
mod listing;
mod npm;
mod payloads;
mod schema;
mod secrets;
mod writing;

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::Duration;

use countersign::io::clock::Clock;
use countersign::io::github::{Client, Host, Listing, Patience, Secret, Setup, Token, TokenSource, refresh};
use countersign::model::forge::RepoName;
use jiff::{SignedDuration, Timestamp};

use super::support::github::GitHub;
use super::support::{Commit, Repo, Sandbox};

/// The token of all these tests: easy to look for.
const TOKEN: &str = "ghp_markertokenthatmustnotappear";

/// When nobody takes anything back.
const ALWAYS: &(dyn Fn() -> bool + Sync) = &|| true;

/// The repository of most tests.
static SHOP: LazyLock<RepoName> = LazyLock::new(|| "acme/shop".parse().expect("a name"));

/// The time of the first question.
fn noon() -> Timestamp {
    "2025-01-06T12:00:00Z".parse().expect("a time")
}

/// A client of the fake.
fn client(github: &GitHub) -> Client {
    client_with(github, &Setup { patience: brisk(), ..Setup::default() })
}

/// A client of the fake, which loses patience soon.
fn hasty(github: &GitHub) -> Client {
    let patience = Patience { silence: Duration::from_millis(400), ..brisk() };
    client_with(github, &Setup { patience, ..Setup::default() })
}

/// Asks again sooner than the real one should be.
fn brisk() -> Patience {
    Patience { between: Duration::from_millis(5), ..Patience::default() }
}

fn client_with(github: &GitHub, setup: &Setup) -> Client {
    let secret = Secret::new(TOKEN).expect("a token");
    let token = Token { secret, source: TokenSource::Variable("GH_TOKEN") };
    Client::new(Host::parse(github.address()).expect("an address"), token, setup).expect("a client")
}

/// A setup whose clock stands still.
fn at(time: Timestamp) -> Setup {
    Setup { patience: brisk(), clock: Clock::Still(time), ..Setup::default() }
}

/// A GitHub with one repository of three files and one token, and no pull requests.
fn forge(sandbox: &Sandbox) -> (GitHub, Repo<'_>) {
    let github = GitHub::start();
    github.token(TOKEN, "maria-k");
    let repo = sandbox.bare("shop.git");
    repo.commit(
        "main",
        Commit::new("begin").file("a.yaml", "a: 1\n").file("b.yaml", "b: 1\n").file("c.yaml", "c: 1\n"),
    );
    github.repo("acme/shop", &repo);
    (github, repo)
}

/// Opens so many pull requests, each of a file of its own; answers their numbers.
pub(super) fn propose(github: &GitHub, repo: &Repo<'_>, name: &str, count: usize) -> Vec<u64> {
    branches(repo, count);
    let open = |at| github.open(name, &branch(at), "infra-bot[bot]", &format!("Change {at}"), "## Why\n\nBecause.\n");
    (0..count).map(open).collect()
}

fn branch(at: usize) -> String {
    format!("agent/{at:04}")
}

/// Makes so many branches of one commit each, at once.
fn branches(repo: &Repo<'_>, count: usize) {
    let main = repo.rev("main");
    let mut stream = String::new();
    for at in 0..count {
        let name = branch(at);
        let _ = writeln!(stream, "commit refs/heads/{name}\ncommitter Bot <bot@bots.example> 1736154000 +0000");
        let _ = writeln!(stream, "data 6\nchange\nfrom {main}\nM 100644 inline f{at}.yaml\ndata 5\nx: 1\n");
    }
    repo.fast_import(stream.as_bytes());
}

/// Lists the shop, keeping what is known for an hour.
fn list(client: &Client, known: Option<&Listing>, now: Timestamp) -> Listing {
    refresh(client, &SHOP, known, now, SignedDuration::from_hours(1), ALWAYS).expect("a listing")
}

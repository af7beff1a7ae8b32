//! A ledger that is signed in this process, and the world that it makes: for tests that need orders of the engine, and no program.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use countersign::diff::Edits;
use countersign::engine::{Desk, Force, ForgeChecks, Found, Merging, Posts, Stack, Via, World, posts};
use countersign::ledger::{
    Entry, EntryKind, Externals, Item, Landing, LedgerView, RawCommit, RefUpdate, Roots, message, read,
};
use countersign::model::forge::RepoName;
use countersign::model::{
    self, ChangeId, EntryId, FileChange, Mode, Oid, Proposal, Side, Stage, Target, Tier, TreeDiff,
};
use countersign::policy::{self, Root, Signers};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};

const MAIN: &str = "refs/heads/main";
/// When it begins: shortly before the GitHub of the tests does.
const START: i64 = 1_736_150_400;
/// One approval for all but `prod/`.
const POLICY: &str = r#"version: 1
ledger: { id: "07070707070707070707070707070707", ref: countersign/ledger }
protect: [main]
people:
  - { name: maria, emails: [maria@corp.example], github: maria-k, roles: [approve, admin] }
  - { name: sam, emails: [sam@corp.example], roles: [approve] }
tiers: { low: { approvals: 1 }, medium: { approvals: 1 }, high: { approvals: 2 } }
rules:
  - { name: prod, paths: ["prod/**"], tier: high }
on_reject: close
"#;

/// A ledger of maria's.
pub struct Signed {
    key: PrivateKey,
    root: Arc<Root>,
    raw: Vec<RawCommit>,
}

/// Roots and merges as the tests need them: one root, and every head merges.
struct Same(Arc<Root>);

impl Roots for Same {
    fn root(&self, commit: Oid) -> Result<Arc<Root>, String> {
        Ok(Arc::new(Root { commit, ..(*self.0).clone() }))
    }

    fn has(&self, _commit: Oid) -> bool {
        true
    }

    fn landing(&self, _commit: Oid) -> Result<Landing, String> {
        Err("nothing landed".into())
    }
}

struct Alone(HashMap<Oid, Arc<TreeDiff>>);

impl Stack for Alone {
    fn offer(&mut self, head: Oid) -> Result<Arc<TreeDiff>, String> {
        self.0.get(&head).cloned().ok_or_else(|| "no such head".to_owned())
    }

    fn edits(&self, _diff: &TreeDiff) -> Result<Edits, String> {
        Ok(Edits::default())
    }

    fn accept(&mut self) {}

    fn file(&self, _path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}

/// A pull request: its number, head and only file.
#[derive(Debug, Clone)]
pub struct Proposed {
    pub number: u64,
    pub head: Oid,
    pub path: String,
}

impl Proposed {
    fn diff(&self) -> Arc<TreeDiff> {
        let side = |name: &str| Some(Side { mode: Mode::File, oid: oid(&format!("{} {name}", self.number)) });
        let files = vec![FileChange { path: self.path.as_str().into(), old: side("old"), new: side("new") }];
        let change_id = ChangeId::from_bytes(Sha256::digest(format!("{self:?}")).into());
        Arc::new(TreeDiff { old: oid("before"), new: oid("after"), files, change_id })
    }

    fn proposal(&self) -> Proposal {
        let bot = serde_json::json!({ "name": "bot", "email": "bot@agents.example" });
        let json = serde_json::json!({
            "id": format!("#{}", self.number), "repo": "acme/shop", "agent": "bot", "title": "Change it, @team",
            "messages": ["Change it\n\nBecause of #1.\n"], "note": null, "contributors": [bot], "author": bot,
            "target": { "ref": MAIN, "tip": oid("main") }, "base": null, "head": self.head, "landing": "Landed",
            "stats": null, "words": null, "created": time(0), "updated": time(0),
        });
        let proposal: Proposal = serde_json::from_value(json).expect("a proposal");
        Proposal { landing: model::Landing::Clean(self.diff()), ..proposal }
    }
}

fn oid(name: &str) -> Oid {
    let digest: [u8; 32] = Sha256::digest(name).into();
    Oid::from_bytes(digest[..20].try_into().expect("twenty bytes"))
}

fn time(minutes: usize) -> Timestamp {
    Timestamp::from_second(START + 60 * minutes as i64).expect("a time")
}

impl Signed {
    /// A ledger with its genesis.
    pub fn new() -> Self {
        let keys = [("maria", 9), ("sam", 10)].map(|(name, seed)| {
            let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&[seed; 32]));
            PrivateKey::new(pair, name).expect("a key")
        });
        let line = |key: &PrivateKey| {
            let public = key.public_key().to_openssh().expect("a public key");
            format!("{}@corp.example {public}\n", key.comment())
        };
        let lines = keys.each_ref().map(line).concat();
        let [key, _] = keys;
        let policy = policy::parse(POLICY, ".countersign/policy.yaml").expect("a policy");
        let (signers, problems) = Signers::parse(&lines);
        assert!(problems.is_empty(), "{problems:?}");
        let (policy_blob, signers_blob) = (oid("policy"), oid("signers"));
        let root = Arc::new(Root { commit: oid("main"), policy_blob, signers_blob, policy, signers });
        let mut ledger = Self { key, root, raw: Vec::new() };
        let mut genesis = ledger.entry(EntryKind::Genesis);
        genesis.id = genesis.repo;
        genesis.refs.push(RefUpdate { refname: MAIN.into(), old: Oid::ZERO, new: oid("main") });
        ledger.push(&genesis);
        ledger
    }

    fn entry(&self, kind: EntryKind) -> Entry {
        let mut id = [0; 16];
        id[0] = 1 + self.raw.len() as u8;
        Entry::new(kind, EntryId::from_bytes(id), EntryId::from_bytes([7; 16]), time(self.raw.len()), "maria")
    }

    fn push(&mut self, entry: &Entry) -> EntryId {
        let parent = self.raw.last().map(|commit| format!("parent {}\n", commit.oid)).unwrap_or_default();
        let stamp = format!("Maria <maria@corp.example> {} +0000", entry.at.as_second());
        let head = format!("tree {}\n{parent}author {stamp}\ncommitter {stamp}\n", Oid::EMPTY_TREE);
        let message = message(entry);
        let signature =
            self.key.sign("git", HashAlg::Sha512, format!("{head}\n{message}").as_bytes()).expect("a signature");
        let armor = signature.to_pem(LineEnding::LF).expect("its text");
        let object = format!("{head}gpgsig {}\n\n{message}", armor.trim_end().replace('\n', "\n "));
        self.raw.push(RawCommit::parse(oid(&object), object.as_bytes()));
        entry.id
    }

    /// Records a decision of maria's; `with` completes its entry.
    pub fn decide(&mut self, kind: EntryKind, pulls: &[Proposed], with: &dyn Fn(&mut Entry)) -> EntryId {
        let item = |pull: &Proposed| Item {
            proposal: format!("#{}", pull.number),
            target: MAIN.into(),
            head: pull.head,
            change_id: Some(pull.diff().change_id),
            tier: Tier::Medium,
            seen: None,
            answers: None,
            merge: None,
        };
        let mut entry = self.entry(kind);
        entry.items = pulls.iter().map(item).collect();
        with(&mut entry);
        self.push(&entry)
    }

    /// What the engine orders for an entry where these are open.
    pub fn posts(&self, id: EntryId, repo: &RepoName, open: &[Proposed]) -> Posts {
        let now = time(self.raw.len() + 1);
        let pin = Some(EntryId::from_bytes([7; 16]));
        let chain = read(&self.raw, pin, &Same(Arc::clone(&self.root)), &Externals::default(), now);
        let faults: Vec<String> = chain.faults().map(|(_, fault)| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}");
        let view = LedgerView::of(&chain);
        let target = Target { refname: MAIN.into(), tip: oid("main") };
        let proposals: Vec<_> = open.iter().map(|pull| Arc::new(pull.proposal())).collect();
        let world = World {
            stage: Stage::Record,
            force: Force::Root(&self.root),
            alarm: None,
            ledger: Some(&view),
            me: self.root.policy.person("maria"),
            touches: false,
            target: &target,
            via: Via::Forge,
            proposals: &proposals,
            unsent: &BTreeSet::new(),
            found: &Found::new(),
            checks: &ForgeChecks::unasked(),
            now,
        };
        let mut stack = Alone(open.iter().map(|pull| (pull.head, pull.diff())).collect());
        posts(&world, id, Desk { repo, facts: None }, &mut Merging::on(&mut stack)).expect("orders")
    }
}

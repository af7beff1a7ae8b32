//! Ledgers for tests, signed in process by keys that are nobody's. Only compiled for tests.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};

use super::{
    Chain, Entry, EntryKind, Externals, Item, Landing, LedgerView, MergeRecord, RawCommit, RefUpdate, Roots, message,
    read,
};
use crate::model::{ChangeId, EntryId, Oid, Place, ReasonCode, Tier};
use crate::policy::{
    GateMode, Globs, KeyKind, LedgerKey, MemoryVia, MergeMethod, OnReject, Person, Policy, Role, Root, SelfApproval,
    Signer, Signers, TierNeeds, Tiers,
};

/// The default branch of all test ledgers.
pub(crate) const MAIN: &str = "refs/heads/main";

/// The genesis of all test ledgers: 2026-11-21T08:00:00Z.
pub(crate) const START: i64 = 1_795_248_000;

/// A test-only key, the same for the same name.
pub(crate) fn key(name: &str) -> PrivateKey {
    let seed: [u8; 32] = Sha256::digest(format!("test-only key of {name}")).into();
    PrivateKey::new(KeypairData::Ed25519(Ed25519Keypair::from_seed(&seed)), name).unwrap()
}

/// An object id that stands for `name`.
pub(crate) fn oid(name: &str) -> Oid {
    let digest: [u8; 32] = Sha256::digest(name).into();
    Oid::from_bytes(digest[..20].try_into().unwrap())
}

/// A change that stands for `name`.
pub(crate) fn change(name: &str) -> ChangeId {
    ChangeId::from_bytes(Sha256::digest(name).into())
}

/// An entry id that stands for `name`.
pub(crate) fn id(name: &str) -> EntryId {
    Entry::name_of_commit(oid(name))
}

/// A moment, in seconds after [`START`].
pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

/// An item: proposal `name` at the head `head` with the change `body`.
pub(crate) fn item(name: &str, head: &str, body: &str) -> Item {
    Item {
        proposal: name.to_owned(),
        target: MAIN.to_owned(),
        head: oid(head),
        change_id: Some(change(body)),
        tier: Tier::Low,
        seen: None,
        answers: None,
        merge: None,
    }
}

/// How that item landed, as the commit `commit` on `parent`.
pub(crate) fn merged(mut item: Item, parent: &str, commit: &str, relies_on: &[EntryId]) -> Item {
    item.merge = Some(MergeRecord {
        first_parent: oid(parent),
        commit: oid(commit),
        tree: oid(&format!("tree of {commit}")),
        relies_on: relies_on.to_vec(),
    });
    item
}

/// A move of the default branch.
pub(crate) fn moved(old: &str, new: &str) -> RefUpdate {
    RefUpdate { refname: MAIN.to_owned(), old: oid(old), new: oid(new) }
}

/// The signer line of a person.
pub(crate) fn signer(name: &str) -> Signer {
    Signer {
        principal: format!("{name}@corp.example"),
        key: key(name).public_key().clone(),
        cert_authority: false,
        namespaces: Vec::new(),
        valid_after: None,
        valid_before: None,
        zoneless: false,
        line: 1,
    }
}

fn person(name: &str, roles: &[Role]) -> Person {
    Person {
        name: name.to_owned(),
        emails: vec![format!("{name}@corp.example")],
        github: None,
        roles: roles.to_vec(),
        at: Place::BuiltIn,
    }
}

/// A root where maria is an admin and sam and lee approve: one approval for low and medium, two for high.
pub(crate) fn root(commit: &str) -> Root {
    let none = || Globs::new::<&str>(&[]).unwrap();
    let policy = Policy {
        built_in: false,
        ledger: Some(LedgerKey { id: id("genesis"), branch: LedgerKey::DEFAULT_BRANCH.to_owned() }),
        gate: GateMode::None,
        protect: none(),
        people: vec![
            person("maria", &[Role::Approve, Role::Admin]),
            person("sam", &[Role::Approve]),
            person("lee", &[Role::Approve]),
        ],
        agents: Vec::new(),
        tiers: Tiers {
            low: TierNeeds { approvals: 1, batch: true },
            medium: TierNeeds { approvals: 1, batch: false },
            high: TierNeeds { approvals: 2, batch: false },
        },
        tiers_at: [Place::BuiltIn, Place::BuiltIn, Place::BuiltIn],
        default_tier: Tier::Medium,
        default_tier_at: Place::BuiltIn,
        rules: Vec::new(),
        self_approval: SelfApproval::Never,
        self_approval_at: Place::BuiltIn,
        signatures: [KeyKind::Key; 3],
        merge: MergeMethod::Squash,
        on_reject: OnReject::Keep,
        checks: Vec::new(),
        memory_via: MemoryVia::Push,
        storm: crate::evidence::signals::StormLimits::default(),
        incidents: Globs::none(),
        cost: crate::policy::CostFiles::default(),
        services: Vec::new(),
        clusters: Vec::new(),
        priorities: None,
    };
    Root {
        commit: oid(commit),
        policy_blob: oid("policy"),
        signers_blob: oid("signers"),
        policy,
        signers: Signers { lines: vec![signer("maria"), signer("sam"), signer("lee")] },
    }
}

/// Roots by commit; any commit that was not set has the first root. What commits change is what entries say of them, unless a
/// test says otherwise.
#[derive(Default)]
pub(crate) struct TestRoots {
    /// The roots.
    pub known: HashMap<Oid, Result<Arc<Root>, String>>,
    /// What landing commits are.
    pub landed: HashMap<Oid, Landing>,
}

/// What a bench says of a commit that is not there.
pub const ABSENT: &str = "absent";

impl Roots for TestRoots {
    fn root(&self, commit: Oid) -> Result<Arc<Root>, String> {
        let mut same = root("main0");
        same.commit = commit;
        self.known.get(&commit).cloned().unwrap_or_else(|| Ok(Arc::new(same)))
    }

    fn has(&self, commit: Oid) -> bool {
        !matches!(self.known.get(&commit), Some(Err(why)) if why == ABSENT)
    }

    fn landing(&self, commit: Oid) -> Result<Landing, String> {
        self.landed.get(&commit).cloned().ok_or_else(|| "no such commit".to_owned())
    }
}

/// A ledger that grows entry by entry. Its clock advances by a minute each.
pub(crate) struct Bench {
    /// The raw commits, oldest first.
    pub raw: Vec<RawCommit>,
    /// The roots that entries name.
    pub roots: TestRoots,
    /// Seconds after [`START`].
    pub clock: i64,
}

impl Bench {
    /// A ledger with its genesis, signed by maria.
    pub(crate) fn new() -> Self {
        let mut bench = Self { raw: Vec::new(), roots: TestRoots::default(), clock: 0 };
        let mut genesis = Entry::new(EntryKind::Genesis, id("genesis"), id("genesis"), time(0), "maria");
        genesis.refs.push(moved("before", "main0"));
        bench.push(&genesis);
        bench
    }

    /// The next entry's skeleton: a fresh id, a minute later.
    pub(crate) fn entry(&mut self, kind: EntryKind, by: &str) -> Entry {
        self.clock += 60;
        let name = id(&format!("entry {}", self.raw.len()));
        let mut entry = Entry::new(kind, name, id("genesis"), time(self.clock), by);
        match kind {
            EntryKind::Reject => entry.reason = Some(ReasonCode::WrongFix),
            EntryKind::Ask | EntryKind::Override | EntryKind::Reset => entry.note = Some("Because.".to_owned()),
            _ => {}
        }
        entry
    }

    /// Appends an entry, signed by the person whom it names.
    pub(crate) fn push(&mut self, entry: &Entry) -> EntryId {
        let signer = key(&entry.by);
        self.push_signed(entry, &signer)
    }

    /// Appends an entry, signed by this key.
    pub(crate) fn push_signed(&mut self, entry: &Entry, signer: &PrivateKey) -> EntryId {
        for (item, merge) in entry.merges() {
            let change_id = item.change_id.unwrap_or_else(|| change("none"));
            let landing = Landing { parents: vec![merge.first_parent], tree: merge.tree, change_id };
            self.roots.landed.entry(merge.commit).or_insert(landing);
        }
        let parent = self.raw.last().map(|commit| commit.oid);
        let payload = payload(parent.as_slice(), Oid::EMPTY_TREE, "", entry.at, message(entry).as_bytes());
        self.push_raw(&sealed(&payload, signer));
        entry.id
    }

    /// Appends a commit object as it is.
    pub(crate) fn push_raw(&mut self, object: &[u8]) {
        self.raw.push(commit(object));
    }

    /// A decision on one item.
    pub(crate) fn decide(&mut self, kind: EntryKind, by: &str, item: Item) -> EntryId {
        let mut entry = self.entry(kind, by);
        entry.items.push(item);
        self.push(&entry)
    }

    /// The chain as read an hour after its last entry.
    pub(crate) fn chain(&self) -> Chain {
        read(&self.raw, Some(id("genesis")), &self.roots, &Externals::default(), time(self.clock + 3600))
    }

    /// What it adds up to; panics on faults, since a test that means them reads the chain.
    pub(crate) fn view(&self) -> LedgerView {
        let chain = self.chain();
        assert_eq!(chain.faults().map(|(_, fault)| fault.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
        LedgerView::of(&chain)
    }
}

/// A commit object under the id that stands for its bytes.
pub(crate) fn commit(object: &[u8]) -> RawCommit {
    let digest: [u8; 32] = Sha256::digest(object).into();
    RawCommit::parse(Oid::from_bytes(digest[..20].try_into().unwrap()), object)
}

/// The bytes that are signed. `extra` are further headers, each ending in a newline.
pub(crate) fn payload(parents: &[Oid], tree: Oid, extra: &str, at: Timestamp, message: &[u8]) -> Vec<u8> {
    let parents: String =
        parents.iter().flat_map(|parent| ["parent ".to_owned(), parent.to_string(), "\n".to_owned()]).collect();
    let stamp = format!("Test Person <person@corp.example> {} +0100", at.as_second());
    let text = format!("tree {tree}\n{parents}author {stamp}\ncommitter {stamp}\n{extra}\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(message);
    bytes
}

/// The commit object: the signed bytes with git's signature header.
pub(crate) fn sealed(payload: &[u8], signer: &PrivateKey) -> Vec<u8> {
    let signature = signer.sign("git", HashAlg::Sha512, payload).unwrap();
    with_signature(payload, &signature.to_pem(LineEnding::LF).unwrap())
}

/// Puts an armoured signature where git puts it: the last header.
pub(crate) fn with_signature(payload: &[u8], armor: &str) -> Vec<u8> {
    let end = payload.windows(2).position(|pair| pair == b"\n\n").unwrap() + 1;
    let mut object = payload[..end].to_vec();
    object.extend_from_slice(format!("gpgsig {}\n", armor.trim_end().replace('\n', "\n ")).as_bytes());
    object.extend_from_slice(&payload[end..]);
    object
}

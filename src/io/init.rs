//! Starting a ledger: what `init` would write here, and writing it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{self, Failure, Force, Genesis, GenesisRequest, InitOffer, Refusal, World};
use crate::model::{Contributor, EntryId, Oid, Stage, Tier};
use crate::policy::{self, Findings, FoundAgent, FoundPerson, Policy, Root, Signers, fitted};

use super::demo;
use super::git::process::{Git, GitError};
use super::git::store::{StoreError, Writes};
use super::git::write::{self, WriteError};
use super::signer::{self, Candidate, SignerError, SigningKey};
use super::workspace::{Situation, Workspace};

/// Why no ledger was started.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// It cannot be, as things are.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nobody can sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The remote could not be asked.
    #[error("the remote could not be asked: {0}")]
    Offline(#[source] GitError),
    /// Objects could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Writing failed.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<&InitError> for Failure {
    fn from(error: &InitError) -> Self {
        let next = match error {
            InitError::Refused(refusal) => refusal.next.clone(),
            InitError::Signer(error) => error.next.clone(),
            InitError::Offline(_) => "try again when it answers".into(),
            InitError::Store(_) => "run `git fsck` in the repository".into(),
            InitError::Write(_) => "nothing was written; see what it says, and try again".into(),
        };
        Self { what: "no ledger was started".into(), why: error.to_string(), next }
    }
}

/// A genesis that would hold, and everything to show of it.
#[derive(Debug)]
pub struct Proposed {
    /// What would be written.
    pub genesis: Genesis,
    /// Who signs.
    pub key: SigningKey,
    /// What a person sees of it.
    pub offer: InitOffer,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// Policy and ledger are in place.
    Adopted {
        /// The commit with the policy.
        commit: Oid,
    },
    /// The remote refused the target: policy and signers wait on the branch `countersign/init`.
    Offered {
        /// The commit with the policy.
        commit: Oid,
    },
}

/// What somebody else decided about a genesis, as a demo does; by default all of it is found.
#[derive(Debug, Default)]
pub struct Given {
    /// The text of the policy, from the ledger's id.
    pub policy: Option<fn(EntryId) -> String>,
    /// The text of the signers.
    pub signers: Option<String>,
    /// The ledger's id.
    pub id: Option<EntryId>,
    /// Whether this is a sandbox.
    pub demo: bool,
}

impl Workspace {
    /// What `init` would write here.
    pub fn propose_init(&self, situation: &Situation, given: &Given) -> Result<Proposed, InitError> {
        let git = self.repository.git();
        let candidate = signer::candidates(&git, self.home.as_deref()).next().ok_or_else(no_key)?;
        let me = identity(&git)?;
        let id = given.id.unwrap_or_else(signer::random_id);
        let policy_text = match given.policy {
            Some(text) => text(id),
            None => fitted(&self.findings(situation, id, &me)),
        };
        let signers_text = given.signers.clone().unwrap_or_else(|| signer_line(&me, &candidate));
        let genesis = engine::genesis(&GenesisRequest {
            target: &situation.target,
            policy: &policy_text,
            signers: &signers_text,
            key: &candidate.public,
            adopted: situation.stage != Stage::Look || situation.alarm.is_some(),
            at: self.clock.seconds(),
            demo: given.demo,
        })?;
        let policy = policy::parse(&policy_text, "policy.yaml").map_err(|errors| Refusal {
            what: errors.first().map(ToString::to_string).unwrap_or_default(),
            next: "mend the policy".into(),
        })?;
        let (signers, _) = Signers::parse(&signers_text);
        if !given.demo {
            refuse_demo_keys(&signers)?;
        }
        let root = Root { commit: situation.target.tip, policy_blob: Oid::ZERO, policy, signers };
        let key = signer::find(std::iter::once(candidate), &root, self.clock.now())?;
        let offer = self.offer(situation, &genesis, &key, &root);
        Ok(Proposed { genesis, key, offer })
    }

    fn findings(&self, situation: &Situation, ledger_id: EntryId, me: &Contributor) -> Findings {
        let mut agents: BTreeMap<&str, String> = BTreeMap::new();
        for proposal in &situation.proposals {
            let branch = &proposal.id;
            let depth = branch.split('/').position(|part| part == proposal.agent).unwrap_or(0);
            let prefix: Vec<&str> = branch.split('/').take(depth + 1).collect();
            agents.entry(&proposal.agent).or_insert_with(|| format!("{}/**", prefix.join("/")));
        }
        Findings {
            ledger_id,
            default_branch: situation.target.branch().to_owned(),
            people: vec![FoundPerson { name: me.name.clone(), emails: vec![me.email.clone()] }],
            agents: agents
                .into_iter()
                .map(|(name, branches)| FoundAgent { name: name.to_owned(), branches: vec![branches], memory: None })
                .collect(),
            docs_folders: self.docs_folders(situation),
        }
    }

    fn docs_folders(&self, situation: &Situation) -> Vec<String> {
        let Ok(store) = self.repository.store(Writes::InMemory) else { return Vec::new() };
        let Ok(tree) = store.tree_of(situation.target.tip) else { return Vec::new() };
        let is_there = |folder: &&str| store.is_folder(tree, folder);
        ["docs", "doc", "documentation"].iter().copied().filter(is_there).map(str::to_owned).collect()
    }

    fn offer(&self, situation: &Situation, genesis: &Genesis, key: &SigningKey, root: &Root) -> InitOffer {
        let hypothetical = Arc::new(root.clone());
        let world = World {
            stage: Stage::Record,
            force: Force::Root(&hypothetical),
            me: Some(&key.person),
            ..situation.world()
        };
        let queue = engine::queue(&world);
        let open: Vec<_> = queue.iter().filter(|queued| queued.standing.state.open()).collect();
        let of = |tier: Tier| open.iter().filter(|queued| queued.standing.ruling.tier == tier).count();
        let branch = situation.target.branch();
        let place = self.repository.remote.as_ref().map_or("this repository".to_owned(), |remote| remote.url.clone());
        InitOffer {
            ledger: genesis.ledger.id,
            person: key.person.name.clone(),
            key: format!("{} ({})", signer::fingerprint(&key.candidate.public), key.candidate.found_in),
            files: genesis.files.clone(),
            steps: vec![
                format!("one commit on {branch} with these files"),
                format!("one signed genesis entry on the new branch {}", genesis.ledger.branch),
                format!("one atomic push of both to {place}"),
            ],
            tiers: [of(Tier::High), of(Tier::Medium), of(Tier::Low)],
            clean: open.iter().filter(|queued| queued.standing.clean).count(),
            problems: solo(&root.policy),
        }
    }

    /// Writes what was proposed.
    pub fn init(&self, proposed: &Proposed) -> Result<Started, InitError> {
        let Proposed { genesis, key, .. } = proposed;
        self.repository.fetch().map_err(InitError::Offline)?;
        if self.repository.target()?.tip != genesis.target.old {
            return Err(WriteError::Lost("the target moved meanwhile".into()).into());
        }
        let store = self.repository.store(Writes::ToDisk)?;
        let commit = write::genesis_commit(&store, genesis, &key.identity())?;
        let entry = write::sign_entries(&self.repository, key, &[genesis.entry(commit)], None)?.unwrap_or(commit);
        let started = match write::publish_genesis(&self.repository, genesis, entry, commit) {
            Ok(()) => Started::Adopted { commit },
            Err(WriteError::Refused(_)) if self.repository.remote.is_some() => {
                write::offer_genesis(&self.repository, genesis, entry, commit)?;
                Started::Offered { commit }
            }
            Err(error) => return Err(error.into()),
        };
        self.repository.fetch().map_err(InitError::Offline)?;
        Ok(started)
    }
}

fn solo(policy: &Policy) -> Vec<crate::model::Problem> {
    let alone = policy.people.len() == 1;
    let problem = crate::model::Problem {
        place: ".countersign/policy.yaml".into(),
        what: "you are the only person, so high asks for one approval".into(),
        next: "add a colleague under `people` and to allowed_signers; then let high ask for two".into(),
    };
    alone.then_some(problem).into_iter().collect()
}

/// Keys that are in every copy of this program prove nothing, whatever their comment says.
fn refuse_demo_keys(signers: &Signers) -> Result<(), Refusal> {
    let everybodys = demo::public_keys().unwrap_or_default();
    let found = signers.lines.iter().any(|line| everybodys.iter().any(|key| key.key_data() == line.key.key_data()));
    let (what, next) = ("that key belongs to the demo: everybody has it", "sign with a key of your own");
    if found { Err(Refusal { what: what.into(), next: next.into() }) } else { Ok(()) }
}

fn no_key() -> SignerError {
    SignerError {
        what: "no SSH key was found to sign with".into(),
        next: "make one with `ssh-keygen -t ed25519`, then `git config countersign.signingKey ~/.ssh/id_ed25519`"
            .into(),
    }
}

fn identity(git: &Git) -> Result<Contributor, SignerError> {
    let setting = |name: &str| {
        let output = git.try_run(&["config", "--get", name], &[], None).ok().filter(|output| output.success);
        output.map(|output| output.text()).filter(|value| !value.trim().is_empty())
    };
    match (setting("user.name"), setting("user.email")) {
        (Some(name), Some(email)) => Ok(Contributor { name, email }),
        _ => Err(SignerError {
            what: "git does not know who you are".into(),
            next: "set `git config user.name` and `git config user.email`".into(),
        }),
    }
}

fn signer_line(me: &Contributor, candidate: &Candidate) -> String {
    let mut public = candidate.public.clone();
    public.set_comment("");
    format!("{} namespaces=\"git\" {}\n", me.email, public.to_openssh().unwrap_or_default().trim())
}

//! Starting a ledger: what `init` would write here, and writing it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::{
    self, Failure, Force, Genesis, GenesisRequest, InitOffer, POLICY_PATH, ROOT_FILE_LIMIT, Refusal, SIGNERS_PATH,
    World,
};
use crate::model::{Contributor, EntryId, Oid, Stage, Tier};
use crate::policy::{self, Findings, FoundAgent, FoundPerson, LedgerKey, Policy, Root, Signers, fitted};

use super::begun::Begun;
use super::fault;
use super::git::process::{Git, GitError};
use super::git::store::{StoreError, Writes};
use super::git::write::{self, WriteError};
use super::github::{self, Client, Source};
use super::signer::{self, Candidate, SignerError, SigningKey};
use super::state::Pin;
use super::workspace::{Scope, Situation, Workspace};

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
    /// One was begun already; it can be gone on with.
    #[error("a ledger was begun here by {}, and the target has not adopted it", .0.by)]
    Begun(Box<Begun>),
}

impl From<&InitError> for Failure {
    fn from(error: &InitError) -> Self {
        let next = match error {
            InitError::Refused(refusal) => refusal.next.clone(),
            InitError::Signer(error) => error.next.clone(),
            InitError::Offline(_) => "try again when it answers".into(),
            InitError::Store(_) => "run `git fsck` in the repository".into(),
            InitError::Write(_) => "nothing was written; see what it says, and try again".into(),
            InitError::Begun(_) => "run `countersign init` in a shell: it goes on with it".into(),
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
        self.repository.whole().map_err(WriteError::from)?;
        let git = self.repository.git();
        let candidate = signer::candidates(&git, self.home.as_deref()).next().ok_or_else(no_key)?;
        let me = identity(&git)?;
        let id = given.id.unwrap_or_else(signer::random_id);
        let there = self.there(situation)?;
        let policy_text = match (given.policy, there.policy) {
            (Some(text), _) => text(id),
            (None, Some(text)) => with_ledger(&text, id),
            (None, None) => fitted(&self.findings(situation, id, &me)),
        };
        let signers_text = given.signers.clone().unwrap_or_else(|| with_signer(&there.signers, &me, &candidate));
        let genesis = engine::genesis(&GenesisRequest {
            target: &situation.target,
            policy: &policy_text,
            signers: &signers_text,
            key: &candidate.public,
            adopted: situation.stage != Stage::Look || situation.alarm.is_some(),
            at: self.clock.seconds(),
            demo: given.demo,
        })?;
        if let Some(begun) = self.begun(situation, &genesis.ledger.branch)? {
            return Err(InitError::Begun(Box::new(begun)));
        }
        let policy = policy::parse(&policy_text, "policy.yaml").map_err(|errors| Refusal {
            what: errors.first().map(ToString::to_string).unwrap_or_default(),
            next: "mend the policy".into(),
        })?;
        let (signers, _) = Signers::parse(&signers_text);
        let (policy_blob, signers_blob) = (Oid::ZERO, Oid::ZERO);
        let root = Root { commit: situation.target.tip, policy_blob, signers_blob, policy, signers };
        let key = signer::find(std::iter::once(candidate), &root, self.clock.now())?;
        let offer = self.offer(situation, &genesis, &key, &root);
        Ok(Proposed { genesis, key, offer })
    }

    /// The policy and signers that somebody wrote before there was a ledger. Such a policy is kept, and only told of the ledger.
    fn there(&self, situation: &Situation) -> Result<There, InitError> {
        let store = self.repository.store(Writes::InMemory)?;
        let tree = store.tree_of(situation.target.tip)?;
        let text = |path: &str| -> Result<Option<String>, InitError> {
            let Some(side) = store.entry(tree, path)? else { return Ok(None) };
            let bytes = store.blob(side.oid, ROOT_FILE_LIMIT)?;
            let refusal = || Refusal { what: format!("{path} is not UTF-8"), next: "mend it, or remove it".into() };
            Ok(Some(String::from_utf8(bytes).map_err(|_| refusal())?))
        };
        let (policy, signers) = (text(POLICY_PATH)?, text(SIGNERS_PATH)?.unwrap_or_default());
        let errors = policy.as_deref().and_then(|text| policy::parse(text, "policy.yaml").err()).unwrap_or_default();
        match errors.first() {
            Some(error) => {
                let what = format!("the policy that is there cannot be read: {error}");
                Err(Refusal { what, next: "mend it, or remove it and let init write one".into() }.into())
            }
            None => Ok(There { policy, signers }),
        }
    }

    fn findings(&self, situation: &Situation, ledger_id: EntryId, me: &Contributor) -> Findings {
        let mut agents: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for proposal in &situation.proposals {
            if let Some(glob) = branches_like(&proposal.branch(), &proposal.agent) {
                agents.entry(&proposal.agent).or_default().insert(glob);
            }
        }
        Findings {
            ledger_id,
            default_branch: situation.target.branch().to_owned(),
            people: vec![FoundPerson { name: me.name.clone(), emails: vec![me.email.clone()], github: self.login() }],
            agents: agents
                .into_iter()
                .map(|(name, branches)| FoundAgent {
                    name: name.to_owned(),
                    branches: branches.into_iter().collect(),
                    memory: None,
                })
                .collect(),
            docs_folders: self.docs_folders(situation),
            refuses_pushes: self.refuses_pushes(situation),
        }
    }

    /// Whether the forge, where it was asked already, says that the target takes no pushes: then lessons cannot come by one.
    fn refuses_pushes(&self, situation: &Situation) -> bool {
        let client = self.forge.as_ref().and_then(|forge| Some((forge, forge.connection().opened()?)));
        let rules = |(forge, client): (&Arc<Source>, Arc<Client>)| {
            github::rules(&client, &forge.repo, situation.target.branch(), &|| true).ok()
        };
        client.and_then(rules).is_some_and(|rules| rules.refuse_pushes())
    }

    /// Who begins the ledger is on GitHub: then the person's approvals there are known as theirs.
    fn login(&self) -> Option<String> {
        self.forge.as_ref()?.login(&|| true)
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
        fault::point("after-root").map_err(WriteError::Io)?;
        write::check_genesis(&self.repository, genesis, &store, commit)?;
        let entry = write::sign_entries(&self.repository, key, &[genesis.entry(commit)], None)?.unwrap_or(commit);
        let started = match write::publish_genesis(&self.repository, genesis, entry, commit) {
            Ok(()) => Started::Adopted { commit },
            Err(WriteError::Refused(_)) if self.repository.remote.is_some() => {
                write::offer_genesis(&self.repository, genesis, entry, commit)?;
                Started::Offered { commit }
            }
            Err(error) => self.begun_after_all(genesis, commit, error)?,
        };
        fault::point("after-genesis").map_err(WriteError::Io)?;
        // What is written is written; the next reading fetches it.
        let _ = self.repository.fetch();
        if matches!(started, Started::Adopted { .. }) {
            let (genesis, branch) = (genesis.ledger.id, genesis.ledger.branch.clone());
            let _ = self.state.set_pin(&Pin { genesis, branch, tip: entry, landed: Some(commit) });
        }
        Ok(started)
    }
}

impl Workspace {
    /// A lost answer, or a push cut in two, is not a ledger that was not begun: it is looked at, and gone on with.
    fn begun_after_all(&self, genesis: &Genesis, commit: Oid, error: WriteError) -> Result<Started, InitError> {
        if !matches!(error, WriteError::Git(_) | WriteError::Io(_)) || self.repository.fetch().is_err() {
            return Err(error.into());
        }
        let none = BTreeSet::new();
        let situation = self.read(&Scope { only: Some(&none), ..Scope::default() })?;
        if situation.stage != Stage::Look && situation.ledger_key.as_ref() == Some(&genesis.ledger) {
            return Ok(Started::Adopted { commit });
        }
        match self.begun(&situation, &genesis.ledger.branch) {
            Ok(Some(begun)) if begun.ledger == genesis.ledger => self.finish_init(&begun),
            _ => Err(error.into()),
        }
    }
}

/// What lies in `.countersign/` before a ledger begins.
struct There {
    policy: Option<String>,
    signers: String,
}

/// A policy with the ledger named after its version, or at its end where no line of its own has that.
fn with_ledger(policy: &str, id: EntryId) -> String {
    let ledger = format!("ledger: {{ id: \"{id}\", ref: {} }}\n", LedgerKey::DEFAULT_BRANCH);
    let end = policy.split_inclusive('\n').scan(0, |at, line| {
        *at += line.len();
        Some((*at, line))
    });
    let version = end.into_iter().find(|(_, line)| line.starts_with("version:") && line.ends_with('\n'));
    match version {
        Some((at, _)) => format!("{}{ledger}{}", &policy[..at], &policy[at..]),
        None => format!("{}\n{ledger}", policy.trim_end_matches('\n')),
    }
}

/// The pattern of the branches that are named like this one: everything below the segment that names the agent. None where
/// nothing is below it, or the name is not known: what is not sure is for people to write.
fn branches_like(branch: &str, agent: &str) -> Option<String> {
    let segments: Vec<&str> = branch.split('/').collect();
    let depth = segments.iter().take(2).rposition(|segment| *segment == agent)?;
    (depth + 1 < segments.len()).then(|| format!("{}/**", segments[..=depth].join("/")))
}

/// The signers that are there, and the one who begins the ledger.
fn with_signer(signers: &str, me: &Contributor, candidate: &Candidate) -> String {
    let (known, _) = Signers::parse(signers);
    if known.lines.iter().any(|line| line.key.key_data() == candidate.public.key_data()) {
        return signers.to_owned();
    }
    let gap = if signers.is_empty() || signers.ends_with('\n') { "" } else { "\n" };
    format!("{signers}{gap}{}", signer_line(me, candidate))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_proposed_by_the_branches_that_are_surely_its_own() {
        for (branch, agent, glob) in [
            ("agent/infra/0001", "infra", Some("agent/infra/**")),
            ("agents/infra/deep/er", "infra", Some("agents/infra/**")),
            ("renovate/web-1.x", "renovate", Some("renovate/**")),
            ("agent/agent/1", "agent", Some("agent/agent/**")),
            ("agent/fix-typo", "fix-typo", None),
            ("feature/x", "unknown", None),
        ] {
            assert_eq!(branches_like(branch, agent).as_deref(), glob, "{branch}");
        }
    }
}

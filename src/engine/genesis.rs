//! The beginning of a ledger: one commit with policy and signers on the target's tip, and the genesis entry that names it.

use jiff::Timestamp;

use crate::ledger::{Entry, EntryKind, RefUpdate};
use crate::model::{Oid, Target};
use crate::policy::{self, LedgerKey, Signers};

use super::plan::Authorised;
use super::{RefMove, Refusal};

/// Where the policy lies, from the root of the repository.
pub const POLICY_PATH: &str = ".countersign/policy.yaml";
/// Where the signers lie.
pub const SIGNERS_PATH: &str = ".countersign/allowed_signers";
/// Bytes of each that are read: far more than a team of hundreds needs.
pub const ROOT_FILE_LIMIT: u64 = 256 << 10;

/// What `init` writes. Only [`genesis`] makes one.
pub type Genesis = Authorised<GenesisParts>;

/// What a [`Genesis`] consists of.
#[derive(Debug, Clone)]
pub struct GenesisParts {
    /// The ledger's id and branch.
    pub ledger: LedgerKey,
    /// The branch that gets the policy.
    pub target: RefMove,
    /// The files of the commit: path and text.
    pub files: Vec<(String, String)>,
    /// When.
    pub at: Timestamp,
    /// The person who signs.
    pub by: String,
    /// Whether this is a sandbox, where marked keys are allowed.
    pub demo: bool,
}

/// What a genesis is made from.
#[derive(Debug, Clone)]
pub struct GenesisRequest<'a> {
    /// The branch that gets the policy, and its tip.
    pub target: &'a Target,
    /// The text of the policy, which names the ledger.
    pub policy: &'a str,
    /// The text of the signers.
    pub signers: &'a str,
    /// The key that signs.
    pub key: &'a ssh_key::PublicKey,
    /// Whether a ledger or a policy is there already.
    pub adopted: bool,
    /// When.
    pub at: Timestamp,
    /// Whether this is a sandbox.
    pub demo: bool,
}

/// Checks that a genesis would hold, and gives it.
pub fn genesis(request: &GenesisRequest<'_>) -> Result<Genesis, Refusal> {
    let refuse = |what: String, next: &str| Err(Refusal { what, next: next.to_owned() });
    if request.adopted {
        return refuse("this repository has a ledger already".into(), "`countersign status` says how it is");
    }
    let policy = match policy::parse(request.policy, POLICY_PATH) {
        Ok(policy) => policy,
        Err(errors) => {
            let first = errors.first().map(ToString::to_string).unwrap_or_default();
            return refuse(format!("the policy would not hold: {first}"), "mend it, and see `countersign policy lint`");
        }
    };
    let Some(ledger) = policy.ledger.clone() else {
        return refuse("the policy names no ledger".into(), "add `ledger: { id: …, ref: countersign/ledger }`");
    };
    let (signers, problems) = Signers::parse(request.signers);
    if let Some(problem) = problems.first() {
        return refuse(format!("{}: {}", problem.place, problem.what), &problem.next);
    }
    if !request.demo && signers.lines.iter().any(|line| policy::is_demo_key(&line.fingerprint())) {
        return refuse("that key belongs to the demo: everybody has it".into(), "sign with a key of your own");
    }
    let principal = signers.valid_at(request.key.key_data(), request.at).map(|signer| signer.principal.clone());
    let person = principal.and_then(|principal| policy.person_by_email(&principal).cloned());
    let Some(person) = person else {
        let what = "the policy and signers would not know the key that signs them".to_owned();
        return refuse(what, "sign with a key whose address stands under `people`");
    };
    Ok(Authorised::grant(GenesisParts {
        ledger,
        target: RefMove { refname: request.target.refname.clone(), old: request.target.tip },
        files: vec![
            (POLICY_PATH.to_owned(), request.policy.to_owned()),
            (SIGNERS_PATH.to_owned(), request.signers.to_owned()),
        ],
        at: request.at,
        by: person.name,
        demo: request.demo,
    }))
}

impl GenesisParts {
    /// The message of the commit with policy and signers.
    #[must_use]
    pub fn commit_message(&self) -> String {
        format!("Adopt Countersign: policy and signers\n\nCountersign-Entry: {}\n", self.ledger.id)
    }

    /// The genesis entry, once that commit exists.
    #[must_use]
    pub fn entry(&self, commit: Oid) -> Entry {
        let mut entry = Entry::new(EntryKind::Genesis, self.ledger.id, self.ledger.id, self.at, &self.by);
        entry.refs.push(RefUpdate { refname: self.target.refname.clone(), old: self.target.old, new: commit });
        entry.demo = self.demo;
        entry
    }
}

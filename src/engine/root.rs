//! Whether the policy that a proposal brings could rule. One that could not is refused before it lands: once the ledger
//! names it, there is nobody left who could put it right.

use bstr::ByteSlice as _;

use crate::model::{Problem, TreeDiff};
use crate::policy::{self, LedgerKey, Policy, Role, Signers, Source};

use super::genesis::{POLICY_PATH, ROOT_FILE_LIMIT, SIGNERS_PATH};

/// Whether a change touches what `.countersign/` holds.
pub(super) fn touched(diff: &TreeDiff) -> bool {
    diff.files.iter().any(|file| file.path.starts_with(b".countersign/") || file.path.as_bstr() == ".countersign")
}

/// Why the policy and signers that `file` reads could not rule on the ledger `key`, which is a demo's or not; `None` where
/// they could.
pub(super) fn fault(
    file: impl Fn(&str) -> Result<Option<Vec<u8>>, String>,
    key: Option<&LedgerKey>,
    demo: bool,
) -> Option<String> {
    let text = |path: &str| -> Result<String, String> {
        let bytes = file(path)?.ok_or_else(|| format!("{path} would be gone"))?;
        if bytes.len() as u64 > ROOT_FILE_LIMIT {
            return Err(format!("{path} has more than {ROOT_FILE_LIMIT} bytes"));
        }
        String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8"))
    };
    match (text(POLICY_PATH), text(SIGNERS_PATH)) {
        (Err(why), _) | (_, Err(why)) => Some(why),
        (Ok(policy), Ok(signers)) => unfit(&policy, &signers, key, demo),
    }
}

fn unfit(policy_text: &str, signers_text: &str, key: Option<&LedgerKey>, demo: bool) -> Option<String> {
    let lint = policy::lint(
        Source { name: "policy.yaml", text: policy_text },
        Some(Source { name: "allowed_signers", text: signers_text }),
        demo,
    );
    if let Some(Problem { place, what, .. }) = lint.errors.first() {
        return Some(format!("{place}: {what}"));
    }
    let policy = policy::parse(policy_text, "policy.yaml").ok()?;
    if policy.ledger.as_ref() != key {
        return Some("policy.yaml: it names another ledger than the one there is".to_owned());
    }
    let (signers, _) = Signers::parse(signers_text);
    (!has_admin(&policy, &signers)).then(|| {
        "policy.yaml: nobody with the roles approve and admin has a key, so it could never be changed again".to_owned()
    })
}

fn has_admin(policy: &Policy, signers: &Signers) -> bool {
    let admins = policy.people.iter().filter(|person| person.has(Role::Admin) && person.has(Role::Approve));
    let mut lines = admins.flat_map(|person| &person.emails).flat_map(|email| signers.of(email));
    lines.any(policy::Signer::signs_commits)
}

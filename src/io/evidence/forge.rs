//! Asks the forge what it says of a proposal, when somebody looks at it.

use bstr::ByteSlice as _;
use jiff::Timestamp;

use crate::evidence::forge::{Read, report};
use crate::io::checks::LOOKING;
use crate::io::github::{GitHubError, Source, Still};
use crate::io::workspace::{Situation, Workspace};
use crate::ledger::LedgerView;
use crate::model::forge::Account;
use crate::model::{ForgeReport, Known, Proposal};

/// What is said where there is no forge.
const NOWHERE: &str = "no forge tells of this repository";
/// What is said of a branch, where a forge has pull requests.
const A_BRANCH: &str = "it is a branch, and no pull request";

impl Workspace {
    /// What is known of a proposal on a forge before that is asked.
    #[must_use]
    pub fn forge_unasked(&self) -> Known<ForgeReport> {
        if self.forge.is_some() { Known::Indexing } else { Known::Unknown(NOWHERE.to_owned()) }
    }

    /// What the forge says of a proposal: its checks, its reviews, and what was said since the last decision on it.
    #[must_use]
    pub fn forge_report(&self, situation: &Situation, proposal: &Proposal, still: Still<'_>) -> Known<ForgeReport> {
        let Some(forge) = &self.forge else { return self.forge_unasked() };
        let agents = &situation.policy().agents;
        let is_agent = |account: &Account| {
            agents.iter().any(|agent| agent.matcher.authors.matches(account.login.as_bytes().as_bstr()))
        };
        match &proposal.pull {
            Some(pull) => {
                let since = decided(situation.view.as_ref(), &proposal.id);
                match forge.details(pull.number, proposal.head, since, self.clock.now(), still) {
                    Ok(said) => {
                        let read = Read {
                            head: proposal.head,
                            pull: Some(said.pull.found().unwrap_or(pull)),
                            checks: &said.checks,
                            reviews: &said.reviews,
                            remarks: &said.remarks,
                            since,
                            problems: &said.problems,
                        };
                        Known::Known(report(&read, &is_agent))
                    }
                    Err(GitHubError::Stopped) => Known::Indexing,
                    Err(error) => Known::Unknown(error.to_string()),
                }
            }
            None => Known::Known(self.branch_report(forge, proposal, still)),
        }
    }

    /// A branch has checks, and nobody says anything of it.
    fn branch_report(&self, forge: &Source, proposal: &Proposal, still: Still<'_>) -> ForgeReport {
        forge.ask_checks(&[proposal.head], self.clock.now(), LOOKING, still);
        let said = forge.checks();
        let (reviews, remarks) = (Known::Unknown(A_BRANCH.to_owned()), Known::Unknown(A_BRANCH.to_owned()));
        let (head, checks) = (proposal.head, said.of(proposal).of_head);
        let read = Read { head, pull: None, checks, reviews: &reviews, remarks: &remarks, since: None, problems: &[] };
        report(&read, &|_| false)
    }
}

/// When it was decided on last.
fn decided(ledger: Option<&LedgerView>, id: &str) -> Option<Timestamp> {
    ledger?.history(id).map(|(entry, _)| entry.at).max()
}

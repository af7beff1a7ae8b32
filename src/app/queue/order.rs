//! Which proposal comes first inside its tier, and why.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::model::{Landing, Outcome, Queued, Standing, State};

/// How proposals are sorted inside their tier; the tiers themselves always stand high to low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// What should be looked at first.
    #[default]
    Attention,
    /// Oldest first.
    Age,
    /// By agent, then by attention.
    Agent,
    /// Most changed lines first.
    Size,
}

impl Order {
    /// The order after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Attention => Self::Age,
            Self::Age => Self::Agent,
            Self::Agent => Self::Size,
            Self::Size => Self::Attention,
        }
    }

    /// Its name on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attention => "what needs you first",
            Self::Age => "oldest first",
            Self::Agent => "by agent",
            Self::Size => "most lines first",
        }
    }

    /// Compares two proposals of one tier; ends with the name, so that no two are equal.
    #[must_use]
    pub fn compare(self, a: &Queued, b: &Queued) -> Ordering {
        let attention = || attention(a).cmp(&attention(b)).then_with(|| born(a).cmp(&born(b)));
        let first = match self {
            Self::Attention => attention(),
            Self::Age => born(a).cmp(&born(b)),
            Self::Agent => a.standing.agent.cmp(&b.standing.agent).then_with(attention),
            Self::Size => lines(b).cmp(&lines(a)),
        };
        first.then_with(|| a.proposal.id.cmp(&b.proposal.id).then_with(|| a.proposal.repo.cmp(&b.proposal.repo)))
    }
}

fn born(queued: &Queued) -> Timestamp {
    queued.proposal.created
}

fn lines(queued: &Queued) -> u64 {
    queued.proposal.stats.map_or(0, |stats| u64::from(stats.additions) + u64::from(stats.deletions))
}

/// What a proposal asks of a person, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// Somebody has approved; the next approval may land it.
    OneShort,
    /// Something was found that a person should know before he decides.
    Noted,
    /// It waits for people.
    Undecided,
    /// It may land at a key press.
    Clean,
    /// Policy forbids it, whoever approves.
    Denied,
    /// It needs a rebase, or cannot be read: nobody can approve it.
    Stuck,
    /// A person or a time has it already.
    Parked,
}

/// What a proposal asks of a person.
#[must_use]
pub fn attention(queued: &Queued) -> Attention {
    let standing = &queued.standing;
    match standing.state {
        State::Asked | State::Held | State::Waiting | State::Returned | State::Unsent => return Attention::Parked,
        State::Conflict => return Attention::Stuck,
        _ => {}
    }
    if matches!(queued.proposal.landing, Landing::NeedsRebase(_) | Landing::Unreadable(_)) {
        return Attention::Stuck;
    }
    match standing.ruling.outcome {
        Outcome::Denied | Outcome::Error => Attention::Denied,
        _ if standing.ruling.approvals.have > 0 => Attention::OneShort,
        _ if standing.clean => Attention::Clean,
        _ if !note(standing).is_empty() => Attention::Noted,
        _ => Attention::Undecided,
    }
}

/// What should be known of a proposal, without what its place in the list says already: its tier, and that no rule spoke.
#[must_use]
pub fn note(standing: &Standing) -> &str {
    let note = standing.note.as_str();
    let rest = note
        .strip_prefix(standing.ruling.tier.to_string().as_str())
        .and_then(|rest| rest.strip_prefix(": "))
        .unwrap_or(note);
    if matches!(rest, "default_tier" | "by default") { "" } else { rest }
}

/// Why a proposal stands where it stands, in a few words: "high, repeat". Never empty.
#[must_use]
pub fn why_here(queued: &Queued) -> String {
    let standing = &queued.standing;
    let tier = standing.ruling.tier;
    let approvals = &standing.ruling.approvals;
    match attention(queued) {
        Attention::OneShort => format!("{tier}, {} of {} people approved", approvals.have, approvals.need),
        Attention::Denied => format!("{tier}, policy forbids it"),
        Attention::Stuck => format!("{tier}, needs a rebase"),
        Attention::Clean => format!("{tier} and clean"),
        Attention::Parked => format!("{tier}, {}", standing.state),
        Attention::Noted => format!("{tier}, {}", note(standing)),
        Attention::Undecided => format!("{tier}, nobody has decided"),
    }
}

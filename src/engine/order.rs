//! The order of the queue: what should be looked at first, first.

use std::cmp::Reverse;

use crate::model::{Queued, State};

/// Sorts by tier, then by what needs a person most, then the oldest first; equal ones by name, so that it never flickers.
pub fn sort(queue: &mut [Queued]) {
    queue.sort_by(|a, b| key(a).cmp(&key(b)));
}

fn key(queued: &Queued) -> (Reverse<crate::model::Tier>, u8, bool, jiff::Timestamp, &str, &str) {
    let (proposal, standing) = (&queued.proposal, &queued.standing);
    let tier = Reverse(standing.ruling.tier);
    (tier, urgency(standing.state), standing.clean, proposal.created, &proposal.repo, &proposal.id)
}

/// Small is first: what a person can decide now, before what waits for somebody else.
const fn urgency(state: State) -> u8 {
    match state {
        State::Unsent => 0,
        State::Ready | State::Pending => 1,
        State::Waiting | State::Unverified => 2,
        State::Blocked => 3,
        State::Asked | State::Returned => 4,
        State::Held => 5,
        State::Conflict => 6,
        State::Rejected => 7,
        State::Merged | State::Reverted => 8,
    }
}

//! What people think of a pull request, and what takes that away: the last opinions, dismissals and changes of target of both APIs.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::raw::{Actor, account, parsed, review_state};
use crate::engine::tells;
use crate::model::forge::{Dismissal, Opinion, Review, ReviewState};

#[derive(Deserialize)]
struct NodeCommit {
    oid: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeOpinion {
    author: Option<Actor>,
    state: Option<String>,
    body: Option<String>,
    submitted_at: Option<Timestamp>,
    commit: Option<NodeCommit>,
}

impl NodeOpinion {
    fn read(self, number: u64) -> Option<Opinion> {
        Some(Opinion {
            author: account(self.author),
            state: review_state(&self.state?)?,
            commit: self.commit.and_then(|commit| commit.oid?.parse().ok()),
            at: self.submitted_at,
            tells: tells(self.body.as_deref().unwrap_or_default(), number),
            dismissed: None,
        })
    }
}

/// The opinions of GraphQL's list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeOpinions {
    total_count: Option<u64>,
    nodes: Option<Vec<Option<NodeOpinion>>>,
}

impl NodeOpinions {
    /// All of them: of some nobody knows what the others say.
    fn read(self, number: u64) -> Option<Vec<Opinion>> {
        let nodes = self.nodes?;
        let whole = self.total_count? == nodes.len() as u64;
        whole.then(|| nodes.into_iter().map(|node| node?.read(number)).collect())?
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeEvent {
    #[serde(rename = "__typename")]
    kind: Option<String>,
    created_at: Option<Timestamp>,
    actor: Option<Actor>,
    previous_review_state: Option<String>,
    review: Option<NodeOpinion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeStart {
    has_previous_page: Option<bool>,
}

/// What happened, as GraphQL tells it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeEvents {
    page_info: Option<NodeStart>,
    nodes: Option<Vec<Option<NodeEvent>>>,
}

impl NodeEvents {
    /// When it was made to land elsewhere last, and the reviews that were dismissed; nothing where not all is told.
    fn read(self, number: u64) -> Option<(Option<Timestamp>, Vec<Opinion>)> {
        let (mut moved, mut undone) = (None, Vec::new());
        if self.page_info?.has_previous_page? {
            return None;
        }
        for event in self.nodes? {
            let event = event?;
            if event.kind? != "ReviewDismissedEvent" {
                moved = moved.max(Some(event.created_at?));
                continue;
            }
            let dismissed = Dismissal { by: account(event.actor), said: review_state(&event.previous_review_state?)? };
            undone.push(Opinion { dismissed: Some(dismissed), ..event.review?.read(number)? });
        }
        Some((moved, undone))
    }
}

/// What people think of a pull request, and when it was made to land elsewhere last. What was said may be of another target, or taken
/// away, where nobody tells of that: then neither is known.
pub(super) fn told(
    said: Option<NodeOpinions>,
    events: Option<NodeEvents>,
    number: u64,
) -> (Option<Vec<Opinion>>, Option<Timestamp>) {
    let (said, events) = (said.and_then(|said| said.read(number)), events.and_then(|events| events.read(number)));
    let told = said.zip(events).map(|(said, (moved, undone))| (with_dismissals(said, undone), moved));
    told.map_or((None, None), |(opinions, moved)| (Some(opinions), moved))
}

/// Opinions with how those of them that were dismissed came to be, and what else was dismissed.
fn with_dismissals(mut opinions: Vec<Opinion>, undone: Vec<Opinion>) -> Vec<Opinion> {
    for undone in undone {
        match opinions.iter_mut().find(|known| known.author == undone.author && known.at == undone.at) {
            Some(known) if known.state == ReviewState::Dismissed => known.dismissed = undone.dismissed,
            Some(_) => {}
            None => opinions.push(Opinion { state: ReviewState::Dismissed, ..undone }),
        }
    }
    opinions
}

#[derive(Deserialize)]
struct RestDismissal {
    state: Option<String>,
    review_id: Option<u64>,
}

#[derive(Deserialize)]
struct RestEvent {
    event: Option<String>,
    created_at: Option<Timestamp>,
    actor: Option<Actor>,
    dismissed_review: Option<RestDismissal>,
}

/// What happened to a pull request, as far as it bears on what people said.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// It was made to land elsewhere.
    Retargeted(Timestamp),
    /// The review with this number was dismissed.
    Dismissed(u64, Dismissal),
}

impl Event {
    /// When it was made to land elsewhere, where that is what happened.
    pub(super) const fn retargeted(&self) -> Option<Timestamp> {
        match self {
            Self::Retargeted(at) => Some(*at),
            Self::Dismissed(..) => None,
        }
    }
}

/// An event of the REST API; `None` for one of another kind. One that does not say which review was dismissed leaves that
/// unexplained.
pub(super) fn event(value: Value) -> Result<Option<Event>, String> {
    let RestEvent { event, created_at, actor, dismissed_review } = parsed(value)?;
    let event = event.unwrap_or_default();
    if event.starts_with("base_ref_changed") || event.starts_with("automatic_base_change") {
        return Ok(created_at.map(Event::Retargeted));
    }
    let dismissal = dismissed_review.filter(|_| event == "review_dismissed").and_then(|review| {
        let by_whom = Dismissal { by: account(actor), said: review_state(&review.state?)? };
        Some(Event::Dismissed(review.review_id?, by_whom))
    });
    Ok(dismissal)
}

/// What reviews of the REST API come to, as GraphQL tells it: of everybody the last with an opinion.
pub(super) fn opinions(reviews: Vec<Review>, events: &[Event], number: u64) -> Vec<Opinion> {
    let mut found: Vec<Opinion> = Vec::new();
    let has_one = |review: &Review| !matches!(review.state, ReviewState::Commented | ReviewState::Pending);
    for review in reviews.into_iter().filter(has_one) {
        let Review { author, state, commit, submitted: at, .. } = review;
        let dismissed = events.iter().rev().find_map(|event| match event {
            Event::Dismissed(id, how) if *id == review.id && state == ReviewState::Dismissed => Some(how.clone()),
            _ => None,
        });
        let opinion = Opinion { author, state, commit, at, tells: tells(&review.body, number), dismissed };
        match found.iter_mut().find(|other| other.author == opinion.author) {
            Some(other) if other.at <= opinion.at => *other = opinion,
            Some(_) => {}
            None => found.push(opinion),
        }
    }
    found
}

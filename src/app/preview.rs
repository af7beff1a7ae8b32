//! What is known of the proposal under the cursor of the list, without opening it.

use super::ago;
use super::prose::{Line, claim_lines};
use super::queue::{Entry, why_here};
use super::review::{because, confidence, effect};
use crate::config::Role;
use crate::evidence::reasoning;
use crate::model::text::single_line;
use crate::model::{Effect, Landing, Part, Queued, Reasoning, Subject};
use jiff::Timestamp;

/// A proposal, as far as it is known unopened.
#[derive(Debug)]
pub struct Preview {
    /// The round.
    pub subject: Subject,
    queued: Queued,
    reasoning: Reasoning,
    short: String,
}

impl Preview {
    /// What is known of an entry of the list.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let proposal = &entry.queued.proposal;
        Self {
            subject: entry.queued.proposal.subject(),
            queued: entry.queued.clone(),
            reasoning: reasoning::of(proposal).0,
            short: entry.short.clone(),
        }
    }

    /// Its lines for a pane of so many rows, the most telling first; `target` is where it lands.
    #[must_use]
    pub fn lines(&self, target: &str, now: Timestamp, rows: usize) -> Vec<Line> {
        if rows < 4 {
            let found = || self.found(target).then(Role::Quiet, "; ").then(Role::Found, why_here(&self.queued));
            return vec![self.says(), self.before().into_iter().next().unwrap_or_else(found)];
        }
        let mut lines = vec![self.head(target, now), self.says(), self.found(target)];
        lines.extend(self.found_more());
        lines.extend(self.checks());
        lines.extend(self.before());
        lines.extend(self.ruling());
        lines.extend(self.more_claims());
        lines
    }

    fn head(&self, target: &str, now: Timestamp) -> Line {
        let (proposal, standing) = (&self.queued.proposal, &self.queued.standing);
        let name = Line::blank().linked(Role::Heading, single_line(&proposal.id), proposal.page().as_ref());
        let mut head = name.then(Role::Quiet, format!(" → {target}"));
        if standing.round > 1 {
            head = head.then(Role::Found, format!("  round {}", standing.round));
        }
        head.then(Role::Quiet, format!("  pushed {}", ago(proposal.updated, now)))
            .then(Role::Quiet, "  here because: ")
            .then(Role::Found, why_here(&self.queued))
    }

    fn says(&self) -> Line {
        let title = single_line(&self.queued.proposal.title);
        let line = Line::of(Role::Quiet, "says    ").then(Role::Claim, format!("“{title}”")).hanging(8);
        match &self.reasoning.confidence {
            Some(sure) => line.then(Role::Claim, format!("; {}", confidence(sure))),
            None => line,
        }
    }

    fn found(&self, target: &str) -> Line {
        let line = Line::of(Role::Quiet, "found   ").hanging(8);
        let line = match &self.queued.proposal.landing {
            Landing::Clean(diff) => line
                .then(Role::Found, super::count(diff.files.len(), "file"))
                .then(Role::Found, format!(", merges cleanly into {target}")),
            Landing::NeedsRebase(why) => {
                line.then(Role::Warn, "! ").then(Role::Found, format!("needs a rebase: {}", single_line(why)))
            }
            Landing::Landed => line.then(Role::Found, format!("{target} has it already")),
            Landing::Unreadable(why) => {
                line.then(Role::Warn, "! ").then(Role::Found, format!("cannot be read: {}", single_line(why)))
            }
        };
        let missing: Vec<String> = self.reasoning.missing.iter().map(Part::to_string).collect();
        match missing.len() {
            0 => line,
            _ if missing.len() == Part::ALL.len() => line.then(Role::Quiet, "; the agent gives no reasons"),
            _ => line.then(Role::Quiet, format!("; not said: {}", missing.join(", "))),
        }
    }

    /// What it costs, and what of the agent's words is not so.
    fn found_more(&self) -> Vec<Line> {
        let found = self.queued.findings.iter().flat_map(|findings| &findings.found);
        let line = |text: &String| {
            let line = Line::of(Role::Quiet, "        ");
            match text.strip_prefix("≠ ") {
                Some(text) => line.then(Role::Warn, "≠ ").then(Role::Found, text).hanging(8),
                None => line.then(Role::Found, text).hanging(8),
            }
        };
        found.map(line).collect()
    }

    /// How its checks stand, where the forge was asked.
    fn checks(&self) -> Option<Line> {
        let checks = self.queued.checks.as_ref()?;
        Some(Line::of(Role::Quiet, "checks  ").then(Role::Found, checks).hanging(8))
    }

    /// Where the values come from that it overwrites, and what happened the last time.
    fn before(&self) -> Vec<Line> {
        let before = self.queued.findings.iter().flat_map(|findings| &findings.before);
        let label = |at: usize| if at == 0 { "before  " } else { "        " };
        let line = |(at, text): (usize, &String)| Line::of(Role::Quiet, label(at)).then(Role::Found, text).hanging(8);
        before.enumerate().map(line).collect()
    }

    /// What policy says: what blocks first, then what is needed, then why it has its tier.
    fn ruling(&self) -> Vec<Line> {
        let mut reasons: Vec<_> = self.queued.standing.ruling.reasons.iter().collect();
        reasons.sort_by_key(|reason| match reason.effect {
            Effect::Error => 0,
            Effect::Deny => 1,
            Effect::Needs => 2,
            Effect::Builtin => 3,
            Effect::Tier => 4,
        });
        let line = |(at, reason): (usize, &&crate::model::Reason)| {
            let (word, role) = effect(reason.effect);
            Line::of(Role::Quiet, if at == 0 { "policy  " } else { "        " })
                .then(role, format!("{word} "))
                .then(Role::Found, because(reason))
                .then(Role::Quiet, format!("  {}", reason.at))
                .hanging(8)
        };
        reasons.iter().enumerate().map(line).take(3).collect()
    }

    fn more_claims(&self) -> Vec<Line> {
        let parts = [
            ("why     ", &self.reasoning.why),
            ("what    ", &self.reasoning.what),
            ("back    ", &self.reasoning.rollback),
        ];
        let claims = parts.into_iter().filter_map(|(label, claim)| Some((label, claim_lines(claim.as_ref()?, 2).0)));
        claims
            .map(|(label, lines)| {
                Line::of(Role::Quiet, label).then(Role::Claim, single_line(&lines.join(" "))).hanging(8)
            })
            .collect()
    }

    /// The short name.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.short
    }
}

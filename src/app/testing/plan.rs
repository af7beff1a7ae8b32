//! Plans as the engine would make them, for showing.

use std::sync::Arc;

use super::fixture::{now, oid};
use crate::engine::{Action, Awaits, Dropped, MemoryChange, Plan, PlanParts, PlannedItem, RefMove};
use crate::model::{DecisionKind, EntryId, Intent, Place, Queued};
use crate::policy::MergeMethod;

/// The plan that the engine would make of these decisions, for showing: what is clean or approved merges, `drop` is left out.
pub(crate) fn plan_for(queue: &[Queued], intents: &[Intent], drop: &[&str]) -> Plan {
    let mut items = Vec::new();
    let mut dropped = Vec::new();
    for (index, intent) in intents.iter().enumerate() {
        for item in &intent.items {
            let Some(queued) = queue.iter().find(|queued| queued.proposal.name() == item.subject.name()) else {
                continue;
            };
            if drop.contains(&queued.proposal.id.as_str()) {
                dropped.push(Dropped {
                    subject: item.subject.clone(),
                    summary: queued.summary.clone(),
                    why: "conflicts with plex-1.2.4 above it in this list".to_owned(),
                    at: Some(Place::File { line: 34, column: 3 }),
                });
                continue;
            }
            items.push(planned(index, intent.kind, item, queued));
        }
    }
    let lessons: Vec<&str> =
        intents.iter().filter_map(|intent| intent.lesson.as_ref()).map(|l| l.text.as_str()).collect();
    let memory = (!lessons.is_empty()).then(|| memory(&lessons)).into_iter().collect();
    Plan::pretended(PlanParts {
        intents: intents.to_vec(),
        items,
        dropped,
        memory,
        problems: Vec::new(),
        by: "maria".to_owned(),
        repo: EntryId::from_bytes([7; 16]),
        ledger_tip: oid("ledger"),
        ledger_at: now(),
        target: RefMove { refname: "refs/heads/main".to_owned(), old: oid("main") },
        policy: (oid("policy commit"), oid("policy blob")),
        method: MergeMethod::Squash,
        via: crate::engine::Via::Git,
        memory_via: crate::policy::MemoryVia::Push,
    })
}

fn planned(intent: usize, kind: DecisionKind, item: &crate::model::IntentItem, queued: &Queued) -> PlannedItem {
    let proposal = &queued.proposal;
    let approvals = &queued.standing.ruling.approvals;
    let action = match (kind, proposal.diff()) {
        (DecisionKind::Approve, Some(diff)) if approvals.have + 1 >= approvals.need => {
            Action::Merge { diff: Arc::clone(diff) }
        }
        (DecisionKind::Approve, _) => {
            Action::Record { awaits: Awaits::People(approvals.need.saturating_sub(approvals.have + 1)) }
        }
        _ => Action::Note,
    };
    PlannedItem {
        intent,
        subject: item.subject.clone(),
        seen: item.seen.clone(),
        answers: item.answers,
        target: "refs/heads/main".to_owned(),
        summary: queued.summary.clone(),
        title: proposal.title.clone(),
        message: proposal.messages.concat(),
        agent: queued.standing.agent.clone(),
        memory: "AGENTS.md".to_owned(),
        author: proposal.author.clone(),
        authored: proposal.updated,
        stats: proposal.stats.unwrap_or_default(),
        ruling: queued.standing.ruling.clone(),
        action,
        relies_on: Vec::new(),
        reviews: Vec::new(),
        soft_facts: serde_json::Map::new(),
        origin: crate::ledger::Origin::default(),
    }
}

fn memory(lessons: &[&str]) -> MemoryChange {
    let begin = "# Agents\n\nBe brief.\n\n<!-- BEGIN countersign lessons v1 -->\n## Lessons from review\n- Pin images by digest in prod. Scope: folder:apps/**. [L-006 2025-09, 0f1e2d3c, until 2026-03-01]\n";
    let end = "<!-- END countersign lessons -->\n";
    let tail = "Scope: file:apps/checkout/prod/deployment.yaml. [L-008 2025-11, 01020304, until 2026-05-19]\n";
    let lines = lessons.iter().fold(String::new(), |lines, text| lines + "- " + text + " " + tail);
    MemoryChange {
        path: "AGENTS.md".to_owned(),
        before: Some(format!("{begin}{end}").into_bytes()),
        after: format!("{begin}{lines}{end}").into_bytes(),
    }
}

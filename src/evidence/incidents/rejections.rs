//! Rejections of the ledger, as incidents: what a person refused, and why.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::record::short;
use crate::model::{EntryId, Incident, IncidentKind, IncidentSource, ReasonCode, Scope, Tie, TieBy};

/// Characters of a title and of what the person said.
const MAX_TITLE: usize = 200;
const MAX_TEXT: usize = 4_000;

/// A proposal that a person rejected, and did not take that back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRejection {
    /// The entry.
    pub entry: EntryId,
    /// The proposal.
    pub proposal: String,
    /// Who rejected it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, as a code.
    pub reason: Option<ReasonCode>,
    /// Why, in words.
    pub note: Option<String>,
    /// What it taught, and what that is about.
    pub lesson: Option<(String, Scope)>,
    /// The paths that the proposal changed, lossily as UTF-8; empty where its commits are gone.
    pub files: Vec<String>,
}

/// The incident that a rejection is. What it is about: the files that the proposal changed, and the scope of its lesson.
#[must_use]
pub fn incident(rejection: &PastRejection) -> Incident {
    let tie = |to: &String, by| Tie { to: to.clone(), by };
    let mut files: Vec<Tie> = rejection.files.iter().map(|file| tie(file, TieBy::Change)).collect();
    let mut fields: Vec<Tie> = Vec::new();
    match rejection.lesson.as_ref().map(|(_, scope)| scope) {
        Some(Scope::File(path)) if !rejection.files.contains(path) => files.push(tie(path, TieBy::Stated)),
        Some(Scope::Field(field)) => fields.push(tie(field, TieBy::Stated)),
        _ => {}
    }
    let note = rejection.note.as_deref().unwrap_or_default().trim();
    let first = note.lines().next().unwrap_or_default();
    let reason = rejection.reason.map(ReasonCode::word).unwrap_or_default().replace('_', " ");
    let lesson = rejection.lesson.as_ref().map(|(text, _)| format!("\n\nLesson: {text}")).unwrap_or_default();
    Incident {
        id: rejection.proposal.clone(),
        kind: IncidentKind::Rejection,
        title: short(if first.is_empty() { &reason } else { first }, MAX_TITLE),
        date: Some(rejection.at.to_zoned(TimeZone::UTC).date()),
        severity: None,
        minutes: None,
        services: Vec::new(),
        files,
        objects: Vec::new(),
        fields,
        by: Some(rejection.by.clone()),
        source: IncidentSource::Entry { entry: rejection.entry, proposal: rejection.proposal.clone() },
        summary: reason,
        text: short(&format!("{note}{lesson}"), MAX_TEXT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_about_its_files_and_its_lesson() {
        let scope: Scope = "field:Deployment shop/checkout spec.replicas".parse().unwrap();
        let told = incident(&PastRejection {
            entry: "5f2c0123456789abcdef0123456789ab".parse().unwrap(),
            proposal: "agent/cost-bot/checkout".into(),
            by: "maria".into(),
            at: "2025-02-03T09:00:00Z".parse().unwrap(),
            reason: Some(ReasonCode::NotNow),
            note: Some("The month's end is twice that.\nWait.".into()),
            lesson: Some(("Show 35 days.".into(), scope)),
            files: vec!["apps/checkout/prod/deployment.yaml".into()],
        });
        assert_eq!((told.title.as_str(), told.summary.as_str()), ("The month's end is twice that.", "not now"));
        assert_eq!((told.files.len(), told.fields[0].by), (1, TieBy::Stated));
        assert!(told.text.ends_with("Wait.\n\nLesson: Show 35 days."));
    }
}

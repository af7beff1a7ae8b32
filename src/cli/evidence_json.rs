//! The shapes of `evidence` in `show --json` (stable; scripts depend on them).

use serde::Serialize;
use serde_json::Value;

use super::fields::FieldsJson;
use crate::evidence::Evidence;
use crate::evidence::signals::{
    Collision, Duplicate, Event, FieldRef, Flip, Hostile, Neighbour, Notch, Repeat, Signal, Source, Turned, Unusual,
};
use crate::model::field::{DocumentName, FieldPath};
use crate::model::{Claims, Cost, ForgeReport, IncidentEvidence, Known, Moment, Oid, Provenance, Reach, TimeBasis};

/// What is known about a proposal, part by part; each says whether it is known.
#[derive(Debug, Serialize)]
pub struct EvidenceJson<'a> {
    /// What changes in the values of config documents.
    pub fields: Known<FieldsJson<'a>>,
    /// Where the values come from that it overwrites, and who changed its files before.
    pub provenance: &'a Known<Provenance>,
    /// What the agent says, held against the change.
    pub claims: &'a Known<Claims>,
    /// What it costs.
    pub cost: &'a Known<Cost>,
    /// What happened the last time somebody touched what it touches.
    pub incidents: &'a Known<IncidentEvidence>,
    /// The warnings.
    pub signals: Known<SignalsJson<'a>>,
    /// Where it lands, and who feels it.
    pub reach: &'a Known<Reach>,
    /// What the forge says: checks, reviews, remarks.
    pub forge: &'a Known<ForgeReport>,
}

impl<'a> EvidenceJson<'a> {
    /// What was found, as JSON has it.
    #[must_use]
    pub fn new(evidence: &'a Evidence) -> Self {
        Self {
            fields: evidence.fields.as_ref().map(FieldsJson::new),
            provenance: &evidence.provenance,
            claims: &evidence.claims,
            cost: &evidence.cost,
            incidents: &evidence.incidents,
            signals: evidence.signals.as_ref().map(|report| SignalsJson {
                missing: report.missing.as_deref(),
                neighbours: &report.neighbours,
                unusual: &report.unusual,
                signals: report.signals.iter().map(SignalJson::from).collect(),
            }),
            reach: &evidence.reach,
            forge: &evidence.forge,
        }
    }
}

/// The warnings.
#[derive(Debug, Serialize)]
pub struct SignalsJson<'a> {
    /// Why some may be missing.
    pub missing: Option<&'a str>,
    /// The warnings.
    pub signals: Vec<SignalJson<'a>>,
    /// Other open proposals that touch some of the same files, and whether they can land beside it.
    pub neighbours: &'a [Neighbour],
    /// What is unusual for the agent, and perhaps nothing; not known where it has no habits yet.
    pub unusual: &'a Known<Unusual>,
}

/// A warning.
#[derive(Debug, Serialize)]
pub struct SignalJson<'a> {
    /// `storm`, `oscillation`, `ratchet`, `duplicate`, `collision`, `repeat`, `hostile_text`, `unusual`.
    pub kind: &'static str,
    /// What it says, in a line.
    pub text: String,
    /// The files, lossily as UTF-8.
    pub paths: Vec<String>,
    /// The fields that go back or that are moved step by step; none where files are compared as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldRefJson<'a>>,
    /// What its times rest on; null where there are none.
    pub basis: Option<TimeBasis>,
    /// A storm's numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<RateJson>,
    /// Whether the proposal itself goes back to what was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub this: Option<bool>,
    /// What it rests on, oldest first, bounded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventJson<'a>>,
    /// The other proposals that do the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<&'a Duplicate>,
    /// The other proposals that cannot land beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collision: Option<&'a Collision>,
    /// What was refused before, and lessons that it goes against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat: Option<&'a Repeat>,
    /// Text that misleads, or that is meant for whoever reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostile_text: Option<&'a Hostile>,
}

/// How many changes and returns came in which time.
#[derive(Debug, Serialize)]
pub struct RateJson {
    /// The most changes of one file within that time.
    pub commits: usize,
    /// The time, in seconds.
    pub within: i64,
    /// The returns.
    pub flips: usize,
    /// Their time, in seconds.
    pub flips_within: i64,
}

/// A change that landed or is proposed.
#[derive(Debug, Serialize)]
pub struct EventJson<'a> {
    /// When, and what that rests on.
    #[serde(flatten)]
    pub at: Moment,
    /// The commit, if it landed.
    pub commit: Option<Oid>,
    /// The proposal, if it waits.
    pub proposal: Option<&'a str>,
    /// Who wrote it, as it says.
    pub who: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// The blob before; null where the file was not there.
    pub before: Option<Oid>,
    /// The blob after; null where the file is gone.
    pub after: Option<Oid>,
    /// When the content that it goes back to was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Moment>,
    /// What it did to the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueJson<'a>>,
}

/// What a change did to a field; secrets are masked.
#[derive(Debug, Serialize)]
pub struct ValueJson<'a> {
    /// Before; null where it was not set.
    pub before: Option<&'a Value>,
    /// After; null where it is not set.
    pub after: Option<&'a Value>,
}

/// A field, by its file, its document and its path.
#[derive(Debug, Serialize)]
pub struct FieldRefJson<'a> {
    /// The file, lossily as UTF-8.
    pub file: String,
    /// Which document of it.
    pub document: &'a DocumentName,
    /// Where in the document.
    pub path: &'a FieldPath,
}

impl<'a> From<&'a FieldRef> for FieldRefJson<'a> {
    fn from(field: &'a FieldRef) -> Self {
        Self { file: field.file.to_string(), document: &field.document, path: &field.path }
    }
}

impl<'a> From<&'a Signal> for SignalJson<'a> {
    fn from(signal: &'a Signal) -> Self {
        let mut json = Self {
            kind: match signal {
                Signal::Hostile(_) => "hostile_text",
                other => other.name(),
            },
            text: signal.sentence(),
            paths: signal.paths().iter().map(ToString::to_string).collect(),
            fields: Vec::new(),
            basis: None,
            rate: None,
            this: None,
            events: Vec::new(),
            duplicate: None,
            collision: None,
            repeat: None,
            hostile_text: None,
        };
        match signal {
            Signal::Storm { burst, .. } => {
                json.rate = Some(RateJson {
                    commits: burst.changes,
                    within: burst.within.as_secs(),
                    flips: burst.flips,
                    flips_within: burst.flips_within.as_secs(),
                });
                json.events = burst.events.iter().map(|event| EventJson::of(event, None)).collect();
                json.basis = Some(signal.basis());
            }
            Signal::Oscillation { flips, this, fields, .. } => {
                let flip = |flip: &'a Flip| EventJson::of(&flip.event, Some(flip.left)).with(flip.turned.as_ref());
                json.this = Some(*this);
                json.events = flips.iter().map(flip).collect();
                json.fields = fields.iter().map(FieldRefJson::from).collect();
                json.basis = Some(signal.basis());
            }
            Signal::Ratchet { field, steps, .. } => {
                let notch = |notch: &'a Notch| EventJson::of(&notch.event, None).with(Some(&notch.turned));
                json.events = steps.iter().map(notch).collect();
                json.fields = vec![FieldRefJson::from(field)];
                json.basis = Some(signal.basis());
            }
            Signal::Duplicate(found) => json.duplicate = Some(found),
            Signal::Collision(found) => json.collision = Some(found),
            Signal::Repeat(found) => json.repeat = Some(found),
            Signal::Hostile(found) => json.hostile_text = Some(found),
            // What it says stands beside all signals, known or not.
            Signal::Unusual(_) => {}
        }
        json
    }
}

impl<'a> EventJson<'a> {
    fn of(event: &'a Event, left: Option<Moment>) -> Self {
        let (commit, proposal) = match &event.source {
            Source::Landed(commit) => (Some(*commit), None),
            Source::Pending(proposal) => (None, Some(proposal.as_str())),
        };
        Self {
            at: event.at,
            commit,
            proposal,
            who: &event.who,
            subject: &event.subject,
            before: event.before.map(|side| side.oid),
            after: event.after.map(|side| side.oid),
            left,
            value: None,
        }
    }

    fn with(self, turned: Option<&'a Turned>) -> Self {
        let value = |turned: &'a Turned| ValueJson { before: turned.before.as_ref(), after: turned.after.as_ref() };
        Self { value: turned.map(value), ..self }
    }
}

//! What the evidence comes to in a row of the queue, and whether it stands against merging unseen.

use bstr::ByteSlice as _;
use jiff::Timestamp;

use super::Evidence;
use super::signals::{Signal, SignalReport};
use crate::diff::fields::is_prose;
use crate::model::field::FieldReport;
use crate::model::{
    Claim, ClaimKind, Claims, Closeness, CostInBrief, Findings, IncidentEvidence, IncidentHit, Known, text,
};

impl Evidence {
    /// What a row of the queue shows of it.
    ///
    /// Clean is what policy calls low, every changed byte explained, no incident on the same file or field, no signal and no
    /// claim contradicted. What could not be looked at is not taken for nothing.
    #[must_use]
    pub fn findings(&self, now: Timestamp) -> Findings {
        let claims = self.claims.found();
        let against = [
            against_signals(&self.signals),
            against_incidents(&self.incidents),
            claims.map(against_claims).unwrap_or_default(),
            against_fields(&self.fields),
            self.lacks.as_ref().map(|_| LACKING.to_owned()).into_iter().collect(),
        ];
        let contradicted = claims.is_some_and(|claims| claims.contradicted().any(is_about_money));
        Findings {
            cost: self.cost.as_ref().map(|cost| CostInBrief {
                currency: cost.currency.clone(),
                delta: cost.delta,
                contradicted,
            }),
            incidents: self.incidents_within(),
            against: against.concat(),
            remarks: claims.map(undeclared).unwrap_or_default(),
            found: self.found_lines(),
            before: self.before_lines(now),
            twins: self.twins(),
        }
    }
}

impl Evidence {
    /// How many incidents were on the same field, file or object. None that could be looked for is not none.
    fn incidents_within(&self) -> Known<usize> {
        match &self.incidents {
            Known::Known(found) => match (found.within(Closeness::Object), &found.missing) {
                (0, Some(missing)) => Known::Unknown(missing.clone()),
                (some, _) => Known::Known(some),
            },
            Known::Unknown(why) => Known::Unknown(why.clone()),
            Known::Indexing => Known::Indexing,
        }
    }

    fn twins(&self) -> Vec<String> {
        let signals = self.signals.found().into_iter().flat_map(|report| &report.signals);
        let duplicates = signals.filter_map(|signal| match signal {
            Signal::Duplicate(duplicate) => Some(&duplicate.twins),
            _ => None,
        });
        duplicates.flatten().map(|twin| twin.proposal.clone()).collect()
    }

    fn found_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Known::Known(cost) = &self.cost {
            lines.push(cost.sentence());
        }
        let claims = self.claims.found();
        lines.extend(claims.into_iter().flat_map(Claims::contradicted).map(|claim| format!("≠ {}", claim.sentence())));
        lines.extend(claims.and_then(Claims::undeclared_sentence).map(|text| format!("≠ {text}")));
        lines.truncate(LINES);
        lines
    }

    fn before_lines(&self, now: Timestamp) -> Vec<String> {
        let origins = || self.provenance.found().into_iter().flat_map(|provenance| &provenance.fields);
        let repaired = origins().find(|origin| origin.set.as_ref().is_some_and(|set| set.repairs.is_some()));
        let origin = repaired.or_else(|| origins().next()).and_then(|origin| origin.sentence(now));
        let hits = self.incidents.found().into_iter().flat_map(|found| &found.hits);
        let incident = hits.filter(|hit| hit.closeness <= Closeness::Object).map(|hit| {
            let (id, title) = (text::single_line(&hit.incident.id), text::single_line(&hit.incident.title));
            format!("{}: {id} {title}", hit.closeness.words())
        });
        origin.into_iter().chain(incident.take(1)).collect()
    }
}

/// What a row says where something was missing that evidence is gathered from.
const LACKING: &str = "not all fetched";
/// Lines of a kind that a preview may show.
const LINES: usize = 2;

fn is_about_money(claim: &Claim) -> bool {
    claim.kind == ClaimKind::Savings
}

fn against_signals(signals: &Known<SignalReport>) -> Vec<String> {
    match signals {
        Known::Known(report) => {
            let mut names: Vec<String> = report.signals.iter().map(|signal| signal.name().to_owned()).collect();
            names.dedup();
            names
        }
        Known::Unknown(_) | Known::Indexing => vec!["signals not known".to_owned()],
    }
}

fn against_incidents(incidents: &Known<IncidentEvidence>) -> Vec<String> {
    let Known::Known(found) = incidents else { return vec!["incidents not known".to_owned()] };
    let said = |hit: &IncidentHit| format!("{}: {}", hit.closeness.words(), text::single_line(&hit.incident.id));
    found.hits.first().filter(|hit| hit.closeness <= Closeness::File).map(said).into_iter().collect()
}

fn against_claims(claims: &Claims) -> Vec<String> {
    let said = |claim: &Claim| match claim.kind {
        ClaimKind::Savings => "says another cost",
        ClaimKind::DocsOnly => "not docs only",
        ClaimKind::NoFunctionalChange => "not without effect",
        ClaimKind::OneEnvironment => "more than it says",
    };
    claims.contradicted().map(|claim| said(claim).to_owned()).collect()
}

fn undeclared(claims: &Claims) -> Vec<String> {
    match claims.undeclared.len() {
        0 => Vec::new(),
        some => vec![format!("{some} not named")],
    }
}

/// Texts for people have no fields, and nothing in them wants an explanation; all else does.
fn against_fields(fields: &Known<FieldReport>) -> Vec<String> {
    let Known::Known(report) = fields else { return vec!["fields not known".to_owned()] };
    match report.unexplained.iter().filter(|one| !is_prose(one.file.as_bstr())).count() {
        0 => Vec::new(),
        some => vec![format!("{some} unexplained")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Verdict;
    use crate::model::field::{Lines, Unexplained};

    fn known() -> Evidence {
        Evidence {
            fields: Known::Known(FieldReport::default()),
            claims: Known::Known(Claims::default()),
            signals: Known::Known(SignalReport::default()),
            incidents: Known::Known(IncidentEvidence {
                looked: String::new(),
                missing: None,
                hits: Vec::new(),
                more: 0,
                problems: Vec::new(),
            }),
            ..Evidence::PENDING
        }
    }

    fn against(evidence: &Evidence) -> String {
        evidence.findings(Timestamp::UNIX_EPOCH).against.join(", ")
    }

    #[test]
    fn what_is_not_known_is_not_clean() {
        assert!(known().findings(Timestamp::UNIX_EPOCH).clean());
        let pending = Evidence::PENDING.findings(Timestamp::UNIX_EPOCH);
        assert_eq!(pending.against, ["signals not known", "incidents not known", "fields not known"]);
        assert_eq!(pending.cost, Known::Indexing);
        let mut lacking = known();
        lacking.without("its contents were not fetched yet");
        assert_eq!(against(&lacking), LACKING);
        let missing = lacking.incidents.found().and_then(|found| found.missing.clone());
        assert_eq!(missing.as_deref(), Some("its contents were not fetched yet"));
    }

    #[test]
    fn texts_for_people_want_no_explanation() {
        let with = |file: &str| {
            let one = Unexplained { file: file.into(), lines: Lines::default(), why: String::new() };
            let report = FieldReport { unexplained: vec![one], ..FieldReport::default() };
            Evidence { fields: Known::Known(report), ..known() }
        };
        assert_eq!(against(&with("docs/a.md")), "");
        assert_eq!(against(&with("scripts/a.sh")), "1 unexplained");
    }

    #[test]
    fn a_claim_that_is_wrong_stands_against_it() {
        let claim = |kind, verdict| Claim { kind, said: String::new(), verdict, found: String::new() };
        let says = |kind, verdict| {
            let claims = Claims { claims: vec![claim(kind, verdict)], ..Claims::default() };
            Evidence { claims: Known::Known(claims), ..known() }
        };
        assert_eq!(against(&says(ClaimKind::DocsOnly, Verdict::Contradicted)), "not docs only");
        assert_eq!(against(&says(ClaimKind::DocsOnly, Verdict::Unknown)), "");
        assert_eq!(against(&says(ClaimKind::Savings, Verdict::Contradicted)), "says another cost");
    }
}

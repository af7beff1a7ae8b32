//! Proposals as agents make them, in the words of the sketches.

use std::sync::Arc;

use jiff::Timestamp;

use crate::diff::{Content, Document, FileInput, summary};
use crate::engine::{LedgerHealth, Opened, Snapshot};
use crate::evidence::Evidence;
use crate::evidence::reasoning;
use crate::evidence::signals::SignalReport;
use crate::model::{
    Approvals, ChangeId, Closeness, Contributor, CostInBrief, Effect, FileChange, Findings, Incident, IncidentEvidence,
    IncidentHit, IncidentKind, IncidentSource, Known, Landing, LineStats, Mode, Monthly, Oid, Outcome, PastChange,
    Place, Proposal, Provenance, Queued, Reason, Ruling, Severity, Side, Stage, Standing, State, Target, Tie, TieBy,
    Tier, TreeDiff,
};
use crate::policy::{self, ConditionTrace, GateMode, MergeMethod, Policy, TraceLine};

/// The moment at which all tests happen: 20 November 2025, 15:00 UTC.
pub(crate) fn now() -> Timestamp {
    "2025-11-20T15:00:00Z".parse().unwrap()
}

/// So many milliseconds after [`now`].
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(now().as_millisecond() + millis).unwrap()
}

/// An object id that follows from a text.
pub(super) fn oid(text: &str) -> Oid {
    use sha2::{Digest as _, Sha256};
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&Sha256::digest(text)[..20]);
    Oid::from_bytes(bytes)
}

/// The policy that stands behind the snapshot.
pub(crate) fn policy() -> Policy {
    let mut policy = policy::built_in();
    policy.built_in = false;
    policy.merge = MergeMethod::Squash;
    policy.tiers.low = policy::TierNeeds { approvals: 1, batch: true };
    policy.tiers.high = policy::TierNeeds { approvals: 2, batch: false };
    policy
}

/// A file of a made proposal: its path, its text before and after.
#[derive(Debug, Clone)]
pub(crate) struct MadeFile {
    path: String,
    old: Option<String>,
    new: Option<String>,
}

/// A made proposal.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) agent: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) files: Vec<MadeFile>,
    pub(crate) tier: Tier,
    pub(crate) state: State,
    pub(crate) clean: bool,
    pub(crate) note: String,
    pub(crate) outcome: Outcome,
    pub(crate) by: Vec<String>,
    pub(crate) hours: i64,
    pub(crate) round: usize,
    pub(crate) rebase: Option<String>,
    pub(crate) findings: Findings,
}

impl Made {
    /// A medium proposal that waits for people.
    pub(crate) fn new(id: &str, title: &str) -> Self {
        let agent = id.split('/').nth(1).unwrap_or("agent").to_owned();
        Self {
            id: id.to_owned(),
            agent,
            title: title.to_owned(),
            body: String::new(),
            files: Vec::new(),
            tier: Tier::Medium,
            state: State::Pending,
            clean: false,
            note: String::new(),
            outcome: Outcome::Pending,
            by: Vec::new(),
            hours: 2,
            round: 1,
            rebase: None,
            findings: Findings {
                cost: Known::Indexing,
                incidents: Known::Known(0),
                against: Vec::new(),
                remarks: Vec::new(),
                found: Vec::new(),
                before: Vec::new(),
                twins: Vec::new(),
            },
        }
    }

    /// With a file that changes.
    pub(crate) fn file(mut self, path: &str, old: &str, new: &str) -> Self {
        let side = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        self.files.push(MadeFile { path: path.to_owned(), old: side(old), new: side(new) });
        self
    }

    /// With what the agent says.
    pub(crate) fn says(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    /// High risk.
    pub(crate) fn high(mut self, note: &str) -> Self {
        self.tier = Tier::High;
        note.clone_into(&mut self.note);
        self
    }

    /// Low risk and clean.
    pub(crate) fn clean(mut self) -> Self {
        (self.tier, self.clean) = (Tier::Low, true);
        (self.state, self.outcome) = (State::Ready, Outcome::Satisfied);
        self
    }

    /// Low risk, and something stands against it.
    pub(crate) fn low(mut self, note: &str) -> Self {
        self.tier = Tier::Low;
        note.clone_into(&mut self.note);
        self
    }

    /// It adds so much a month, which the agent may contradict, and so many incidents were here before.
    pub(crate) fn found(mut self, dollars: i64, contradicted: bool, incidents: usize) -> Self {
        let delta = Some(Monthly { low: dollars.into(), high: dollars.into() });
        self.findings.cost = Known::Known(CostInBrief { currency: "USD".to_owned(), delta, contradicted });
        self.findings.incidents = Known::Known(incidents);
        self.findings.found = vec![format!("{dollars:+}.00 $ a month by the model")];
        if incidents > 0 {
            let set =
                "4Gi: maria, 14 Mar 2025, 9c1e2f0 \"fix OOM in checkout\", for INC-213; staging has 2Gi for 9 days";
            self.findings.before = vec![set.to_owned(), "same file: INC-213 Checkout was killed".to_owned()];
        }
        self
    }

    /// With others that do the same.
    pub(crate) fn twins(mut self, ids: &[&str]) -> Self {
        self.findings.twins = ids.iter().map(|id| (*id).to_owned()).collect();
        self
    }

    /// So many hours old.
    pub(crate) fn hours(mut self, hours: i64) -> Self {
        self.hours = hours;
        self
    }

    /// The same change under other names has the same contents.
    fn changes(&self) -> Vec<FileChange> {
        let side = |text: &Option<String>| text.as_ref().map(|text| Side { mode: Mode::File, oid: oid(text) });
        let change = |file: &MadeFile| FileChange {
            path: file.path.as_str().into(),
            old: side(&file.old),
            new: side(&file.new),
        };
        self.files.iter().map(change).collect()
    }

    fn inputs(&self) -> Vec<FileInput> {
        let content = |text: &Option<String>| match text {
            Some(text) => Content::classify(Mode::File, text.as_bytes().to_vec()),
            None => Content::Absent,
        };
        let both = self.changes().into_iter().zip(&self.files);
        both.map(|(change, file)| FileInput { change, old: content(&file.old), new: content(&file.new) }).collect()
    }

    fn tree_diff(&self) -> TreeDiff {
        let mut bytes = [0; 32];
        bytes[..20].copy_from_slice(oid(&format!("{:?}", self.files)).as_bytes());
        TreeDiff { old: oid("tree"), new: oid(&self.id), files: self.changes(), change_id: ChangeId::from_bytes(bytes) }
    }

    fn stats(&self) -> LineStats {
        let document = Document::build(self.inputs(), 3);
        LineStats { additions: document.additions(), deletions: document.deletions(), binary: false }
    }

    fn reasons(&self) -> Vec<Reason> {
        let reason = |rule: &str, effect, text: &str, line| Reason {
            rule: rule.to_owned(),
            effect,
            text: text.to_owned(),
            at: Place::File { line, column: 5 },
        };
        let mut reasons = match self.tier {
            Tier::High => vec![reason("production", Effect::Tier, "high: apps/checkout/prod/deployment.yaml", 31)],
            Tier::Medium => vec![reason("default_tier", Effect::Tier, "medium: no rule matches", 12)],
            Tier::Low => vec![reason("images", Effect::Tier, "low: only image tags", 40)],
        };
        if self.outcome == Outcome::Denied {
            reasons.push(reason("replica-floor", Effect::Deny, "no service may run fewer than 2 replicas", 30));
        }
        if self.outcome == Outcome::Pending {
            reasons.push(reason("approvals", Effect::Needs, "needs people", 14));
        }
        reasons
    }

    /// It in the queue of another repository.
    pub(crate) fn queued_in(&self, repo: &str) -> Queued {
        let queued = self.queued();
        let proposal = Proposal { repo: repo.to_owned(), ..(*queued.proposal).clone() };
        Queued { proposal: proposal.into(), ..queued }
    }

    /// It in the queue.
    pub(crate) fn queued(&self) -> Queued {
        let made = at(-self.hours * 3_600_000);
        let diff = Arc::new(self.tree_diff());
        let author = Contributor { name: self.agent.clone(), email: format!("{}@agents.example", self.agent) };
        let landing = match &self.rebase {
            Some(why) => Landing::NeedsRebase(why.clone()),
            None => Landing::Clean(Arc::clone(&diff)),
        };
        let proposal = Proposal {
            id: self.id.clone(),
            repo: "home-ops".to_owned(),
            agent: self.agent.clone(),
            title: self.title.clone(),
            messages: vec![format!("{}\n\n{}", self.title, self.body)],
            note: None,
            pull: None,
            contributors: vec![author.clone()],
            author,
            target: Target { refname: "refs/heads/main".to_owned(), tip: oid("main") },
            base: Some(oid("base")),
            head: oid(&format!("{}{}", self.id, self.round)),
            landing,
            stats: Some(self.stats()),
            words: None,
            created: made,
            updated: made,
        };
        let need = match self.tier {
            Tier::High => 2,
            Tier::Medium | Tier::Low => 1,
        };
        let approvals = Approvals { have: self.by.len(), need, by: self.by.clone() };
        let ruling = Ruling { outcome: self.outcome, tier: self.tier, approvals, reasons: self.reasons() };
        let standing = Standing {
            agent: self.agent.clone(),
            round: self.round,
            state: self.state,
            until: None,
            harmless: self.clean,
            clean: self.clean,
            note: self.note.clone(),
            checks: Known::Known(Vec::new()),
            ruling,
        };
        let summary = match &self.rebase {
            Some(_) => "cannot be merged as it is".to_owned(),
            None => summary(&diff, self.stats()),
        };
        Queued {
            proposal: Arc::new(proposal),
            standing,
            summary,
            findings: Some(Arc::new(self.findings.clone())),
            checks: None,
        }
    }
}

/// One incident on the first file.
fn last_time(made: &Made) -> IncidentEvidence {
    let file = made.files.first().map(|file| file.path.clone()).unwrap_or_default();
    let incident = Incident {
        id: "INC-213".to_owned(),
        kind: IncidentKind::Record,
        title: "Checkout was killed for memory at the peak".to_owned(),
        date: Some(jiff::civil::date(2025, 3, 14)),
        severity: Severity::new(2),
        minutes: Some(41),
        services: vec!["checkout".to_owned()],
        files: vec![Tie { to: file.clone(), by: TieBy::Stated }],
        objects: Vec::new(),
        fields: Vec::new(),
        by: None,
        source: IncidentSource::File { path: "docs/postmortems/2025-03-14-checkout.md".to_owned() },
        summary: "All three replicas were killed.".to_owned(),
        text: "## Summary\n\nAll three replicas were killed at 2Gi.".to_owned(),
    };
    let why = format!("its record names {file}");
    let hit = IncidentHit { incident: Arc::new(incident), closeness: Closeness::File, why, words: Vec::new() };
    let looked = "compared with 8 incidents, 3 reverts, 0 hasty fixes, 1 rejection".to_owned();
    IncidentEvidence { looked, missing: None, hits: vec![hit], more: 0, problems: Vec::new() }
}

/// What opening a made proposal reads.
pub(crate) fn opened(made: &Made) -> Opened {
    let queued = made.queued();
    let (reasoning, problems) = reasoning::read(&queued.proposal.messages, None);
    let rule = |rule: &str, matched, line| TraceLine {
        rule: rule.to_owned(),
        at: Place::File { line, column: 5 },
        does: "high".to_owned(),
        matched,
        conditions: vec![ConditionTrace {
            text: "paths: apps/*/prod/**".to_owned(),
            holds: Some(matched),
            paths: made.files.iter().filter(|_| matched).map(|file| file.path.clone()).collect(),
            more: 0,
        }],
    };
    let past = |days: i64, author: &str, subject: &str| PastChange {
        commit: oid(subject),
        author: author.to_owned(),
        date: at(-days * 86_400_000),
        subject: subject.to_owned(),
        files: made.files.iter().take(1).map(|file| file.path.clone()).collect(),
    };
    Opened {
        subject: queued.proposal.subject(),
        document: Document::build(made.inputs(), 3),
        reasoning,
        trace: vec![rule("production", true, 31), rule("images", false, 40)],
        evidence: Evidence {
            provenance: Known::Known(Provenance {
                files: vec![
                    past(12, "maria", "fix OOM in checkout: memory limit 2Gi → 4Gi (INC-213)"),
                    past(40, "sam", "checkout: raise the probe's timeout"),
                ],
                ..Provenance::default()
            }),
            incidents: Known::Known(last_time(made)),
            signals: Known::Known(SignalReport::default()),
            forge: Known::Unknown("no forge tells of this repository".to_owned()),
            ..Evidence::PENDING
        },
        problems,
    }
}

/// The queue of the sketches, smaller.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    pub(crate) made: Vec<Made>,
    pub(crate) snapshot: Snapshot,
}

impl Fixture {
    /// A repository with these proposals, its ledger sound, maria at the keys.
    pub(crate) fn of(made: Vec<Made>) -> Self {
        let queue: Vec<Queued> = made.iter().map(Made::queued).collect();
        let snapshot = Snapshot {
            stage: Stage::Record,
            gate: GateMode::None,
            ledger: LedgerHealth::Sound { entries: 42 },
            me: Some("maria".to_owned()),
            queue: queue.into(),
            ..Snapshot::empty("home-ops", "main", &policy(), at(-40_000))
        };
        Self { made, snapshot }
    }

    /// The one that halves a limit that was a fix.
    fn checkout() -> Made {
        let limits = |memory: &str| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: checkout\n  namespace: shop\nspec:\n  replicas: 4\n  \
                 template:\n    spec:\n      containers:\n        - name: app\n          resources:\n            requests:\n              \
                 cpu: 500m\n            limits:\n              memory: {memory}\n          livenessProbe:\n            httpGet:\n              \
                 path: /health\n"
            )
        };
        Made::new("agent/cost-bot/rightsize-checkout", "right-size checkout, saves about $90/month")
            .file("apps/checkout/prod/deployment.yaml", &limits("4Gi"), &limits("2Gi"))
            .file("docs/sizing.md", "# Sizing\n\ncheckout: 4Gi\n", "# Sizing\n\ncheckout: 2Gi\n")
            .says(
                "## Why\npeak use is 1.6Gi over 7 days, so the limit is over-provisioned\n\n## What\nlower the memory limit of \
                 checkout from 4Gi to 2Gi\n\n## Rollback\nrevert the commit\n\n## Confidence\n0.92 (metrics, 7 days)\n",
            )
            .high("repeat: rejected by you")
            .found(-31, true, 2)
    }

    /// Twelve proposals by four agents.
    pub(crate) fn story() -> Self {
        let checkout = Self::checkout();
        let mut secret = Made::new("agent/infra-bot/rotate-db", "rotate database credentials")
            .file("secrets/db-credentials.yaml", "user: a\npass: b\n", "user: c\npass: d\n")
            .high("")
            .hours(5)
            .found(0, false, 0);
        secret.by = vec!["sam".to_owned()];
        let mut floor = Made::new("agent/infra-bot/drop-floor", "simplify policy")
            .file(".countersign/policy.yaml", "a: 1\nb: 2\nc: 3\n", "a: 1\n")
            .high("")
            .hours(26);
        (floor.outcome, floor.state) = (Outcome::Denied, State::Blocked);
        let mut held = Made::new("agent/gemini-bot/toggle-backup", "disable noisy backup").file(
            "apps/authentik/dev/cluster.yaml",
            "backup: on\n",
            "backup: off\n",
        );
        (held.state, held.note, held.hours) = (State::Held, "held by sam".to_owned(), 0);
        let mut conflict =
            Made::new("agent/renovate/ingress", "ingress-nginx v4").file("infra/ingress.yaml", "a\n", "b\n");
        (conflict.state, conflict.note) = (State::Conflict, "needs a rebase".to_owned());
        conflict.rebase = Some("infra/ingress.yaml conflicts".to_owned());
        let web = Made::new("agent/cost-bot/web-replicas", "scale web for the holiday")
            .file("apps/web/prod/deployment.yaml", "replicas: 3\n", "replicas: 5\n")
            .hours(3)
            .found(62, false, 0);
        let tag = |id: &str, app: &str, hours: i64| {
            Made::new(id, &format!("chore: update {app}"))
                .file(&format!("kubernetes/apps/default/{app}/app/helmrelease.yaml"), "tag: 1.2.3\n", "tag: 1.2.4\n")
                .clean()
                .hours(hours)
                .found(0, false, 0)
        };
        let docs = Made::new("agent/infra-bot/runbook", "docs: mention the runbook")
            .file("docs/runbook.md", "one\n", "one\ntwo\n")
            .clean()
            .hours(72)
            .found(0, false, 0);
        let grafana = Made::new("agent/cost-bot/grafana-replicas", "grafana: two replicas")
            .file("apps/grafana/staging/values.yaml", "replicas: 1\n", "replicas: 2\n")
            .low("incident on the same file")
            .hours(4)
            .found(9, false, 1);
        Self::of(vec![
            docs,
            tag("agent/renovate/plex-1.2.4", "plex", 20),
            web,
            tag("agent/renovate/sonarr-1.2.4", "sonarr", 21),
            checkout,
            conflict,
            grafana,
            tag("agent/renovate/radarr-1.2.4", "radarr", 22),
            secret,
            held,
            floor,
        ])
    }
}

//! `policy.yaml` as written becomes a checked [`Policy`]: in one place, with all mistakes at once.
//!
//! Keys of the format that this version does not read are mistakes too: a freeze that is silently ignored is worse than
//! none.

mod agents;
mod checks;
mod cost;
mod landscape;
mod people;
mod reader;
mod required;
mod rules;
mod storm;
mod yaml;

pub use cost::prices;
pub use reader::Keys;
use reader::{Fields, Matched, Reader};
use yaml::{Node, Spot, Value};

use super::error::quoted;
use super::refs::is_branch_name;
use super::{
    GateMode, Globs, KeyKind, LedgerKey, MemoryVia, MergeMethod, OnReject, Policy, PolicyError, SelfApproval,
    TierNeeds, Tiers,
};
use crate::model::{EntryId, Place, Tier};

const TOP: Keys = Keys {
    of: "the policy",
    known: &[
        "version",
        "ledger",
        "gate",
        "protect",
        "people",
        "agents",
        "tiers",
        "default_tier",
        "rules",
        "approvals",
        "signatures",
        "merge",
        "on_reject",
        "memory_via",
        "storm",
        "incidents",
        "cost",
        "services",
        "clusters",
        "priorities",
        "checks",
    ],
    later: &["machines", "freeze", "quotas", "reasoning", "verify", "override", "humans"],
};
const LEDGER: Keys = Keys { of: "`ledger`", known: &["id", "ref"], later: &[] };
const TIERS: Keys = Keys { of: "`tiers`", known: &["low", "medium", "high"], later: &[] };
const NEEDS: Keys = Keys { of: "a tier", known: &["approvals", "batch"], later: &["after", "see_all", "questions"] };
const APPROVALS: Keys = Keys { of: "`approvals`", known: &["self"], later: &["carry", "from"] };
const SIGNATURES: Keys = Keys { of: "`signatures`", known: &["low", "medium", "high"], later: &[] };

/// The keys of every map of a policy, in the order of the format: what the README has to describe.
pub const KEYS: [Keys; 15] = [
    TOP,
    LEDGER,
    people::PERSON,
    agents::AGENT,
    agents::MATCH,
    TIERS,
    NEEDS,
    rules::RULE,
    APPROVALS,
    SIGNATURES,
    storm::STORM,
    required::CHECKS,
    cost::COST,
    landscape::SERVICE,
    landscape::CLUSTER,
];

const TIER_WORDS: [(&str, Tier); 3] = [("low", Tier::Low), ("medium", Tier::Medium), ("high", Tier::High)];
/// The most persons that a tier can ask for.
const MAX_APPROVALS: usize = 100;

/// Reads a policy; `file` is its name in messages. The errors are all mistakes that were found, in the order of the file.
///
/// Defaults: `gate: none`, `protect: []` (the default branch is protected whether it is named or not), `default_tier:
/// medium`, one approval for low and medium, two for high, nothing batched, `approvals: { self: never }`, any known key,
/// `merge: squash`, `on_reject: keep`, `memory_via: push`, no required checks, `storm: { commits: 10, within: 10m, flips: 3,
/// flips_within: 24h }`, `incidents: []`
/// (the usual folders are always looked at), `cost: { infracost: null, prices: .countersign/prices.yaml }`, no services, clusters
/// and priorities.
pub fn parse(text: &str, file: &str) -> Result<Policy, Vec<PolicyError>> {
    let root = yaml::read(text, file).map_err(|error| vec![error])?;
    let mut reader = Reader::new(file);
    let policy = policy(&mut reader, &root);
    let errors = reader.finish();
    policy.filter(|_| errors.is_empty()).ok_or(errors)
}

/// Whether a policy takes this as a pattern over paths and over branches.
pub(super) fn is_pattern(pattern: &str) -> bool {
    [Matched::Paths, Matched::Branches].into_iter().all(|matched| reader::never_matches(pattern, matched).is_none())
}

/// Whether a policy takes this path as a memory file.
pub(super) fn is_memory(path: &str) -> bool {
    agents::closed_to_lessons(path).is_none()
}

fn policy(reader: &mut Reader, root: &Node) -> Option<Policy> {
    if matches!(root.value, Value::Null) {
        reader.error(root.at, "the policy is empty", "`countersign init` writes one");
        return None;
    }
    let fields = reader.map(root, &TOP)?;
    version(reader, &fields);
    let before = reader.count();
    let people = people::read(reader, &fields);
    let people_are_fine = reader.count() == before;
    let agents = agents::read(reader, &fields);
    let (default_tier, default_tier_at) = default_tier(reader, &fields);
    let (self_approval, self_approval_at) = approvals(reader, &fields);
    let (tiers, tiers_at) = tiers(reader, &fields);
    let policy = Policy {
        built_in: false,
        ledger: ledger(reader, &fields),
        gate: word(reader, &fields, "gate", &GATES),
        protect: protect(reader, &fields),
        rules: rules::read(reader, &fields),
        signatures: signatures(reader, &fields),
        merge: word(reader, &fields, "merge", &MERGES),
        on_reject: word(reader, &fields, "on_reject", &ON_REJECTS),
        checks: required::read(reader, &fields),
        memory_via: word(reader, &fields, "memory_via", &MEMORY_VIAS),
        storm: storm::read(reader, &fields),
        incidents: incidents(reader, &fields),
        cost: cost::read(reader, &fields),
        services: landscape::services(reader, &fields),
        clusters: landscape::clusters(reader, &fields),
        priorities: landscape::priorities(reader, &fields),
        people,
        agents,
        tiers,
        tiers_at,
        default_tier,
        default_tier_at,
        self_approval,
        self_approval_at,
    };
    checks::check(reader, &fields, &policy, people_are_fine);
    Some(policy)
}

const GATES: [(&str, GateMode); 3] = [("none", GateMode::None), ("check", GateMode::Check), ("hook", GateMode::Hook)];
const MERGES: [(&str, MergeMethod); 2] = [("squash", MergeMethod::Squash), ("merge", MergeMethod::Merge)];
const MEMORY_VIAS: [(&str, MemoryVia); 2] = [("push", MemoryVia::Push), ("pull_request", MemoryVia::PullRequest)];
const ON_REJECTS: [(&str, OnReject); 2] = [("keep", OnReject::Keep), ("close", OnReject::Close)];
const KEY_KINDS: [(&str, KeyKind); 2] = [("key", KeyKind::Key), ("touch", KeyKind::Touch)];
const SELVES: [(&str, SelfApproval); 2] = [("never", SelfApproval::Never), ("allowed", SelfApproval::Allowed)];

/// A place for rulings.
const fn place(at: Spot) -> Place {
    Place::File { line: at.line, column: at.column }
}

/// One of some words, or the default.
fn word<T: Copy + Default>(reader: &mut Reader, fields: &Fields, key: &str, words: &[(&str, T)]) -> T {
    fields.get(key).and_then(|node| reader.word(node, key, words)).unwrap_or_default()
}

fn version(reader: &mut Reader, fields: &Fields) {
    match fields.get("version").map(|node| (node.at, &node.value)) {
        None => reader.missing(fields, "version", "begin the policy with `version: 1`"),
        Some((_, Value::Integer(Some(1)))) => {}
        Some((at, Value::Integer(_))) => {
            reader.error(at, "this version of the policy format is not supported", "this program reads `version: 1`");
        }
        Some((at, _)) => reader.error(at, "`version` must be a whole number", "write `version: 1`"),
    }
}

fn ledger(reader: &mut Reader, fields: &Fields) -> Option<LedgerKey> {
    let fields = reader.map(fields.get("ledger")?, &LEDGER)?;
    let branch = match fields.get("ref") {
        None => Some(LedgerKey::DEFAULT_BRANCH.to_owned()),
        Some(node) => branch(reader, node),
    };
    let Some(node) = fields.get("id") else {
        reader.missing(&fields, "id", "`countersign init` writes the genesis entry's id here");
        return None;
    };
    let id = reader.text(node, "id")?.parse::<EntryId>();
    let id = id.map_err(|error| reader.error(node.at, error.to_string(), "the genesis entry's id, written by `init`"));
    Some(LedgerKey { id: id.ok()?, branch: branch? })
}

fn branch(reader: &mut Reader, node: &Node) -> Option<String> {
    let name = reader.text(node, "ref")?;
    if let Some(short) = name.strip_prefix("refs/heads/") {
        reader.error(node.at, "`ref` is a branch, without refs/heads/", format!("write {}", quoted(short)));
        return None;
    }
    if !is_branch_name(name) {
        reader.error(
            node.at,
            format!("git takes no branch named {}", quoted(name)),
            "write a name such as countersign/ledger",
        );
        return None;
    }
    Some(name.to_owned())
}

fn protect(reader: &mut Reader, fields: &Fields) -> Globs {
    let patterns = fields.get("protect").filter(|node| !matches!(&node.value, Value::List(items) if items.is_empty()));
    patterns.and_then(|node| reader.globs(node, "protect", Matched::Branches)).unwrap_or_else(Globs::none)
}

fn incidents(reader: &mut Reader, fields: &Fields) -> Globs {
    let patterns = fields.get("incidents");
    patterns.and_then(|node| reader.globs(node, "incidents", Matched::Paths)).unwrap_or_else(Globs::none)
}

fn default_tier(reader: &mut Reader, fields: &Fields) -> (Tier, Place) {
    let Some(node) = fields.get("default_tier") else { return (Tier::Medium, Place::BuiltIn) };
    let tier = reader.word(node, "default_tier", &TIER_WORDS).unwrap_or(Tier::High);
    if tier == Tier::Low {
        let hint = "unknown is never low: write medium or high, and a rule for what is low";
        reader.error(node.at, "`default_tier` must not be low", hint);
    }
    (tier, place(fields.place("default_tier")))
}

fn tiers(reader: &mut Reader, fields: &Fields) -> (Tiers, [Place; 3]) {
    let defaults = [1, 1, 2].map(|approvals| (TierNeeds { approvals, batch: false }, Place::BuiltIn));
    let tiers = fields.get("tiers").and_then(|node| reader.map(node, &TIERS));
    let [low, medium, high] = defaults;
    let (low, low_at) = needs(reader, tiers.as_ref(), "low", low);
    let (medium, medium_at) = needs(reader, tiers.as_ref(), "medium", medium);
    let (high, high_at) = needs(reader, tiers.as_ref(), "high", high);
    (Tiers { low, medium, high }, [low_at, medium_at, high_at])
}

fn needs(reader: &mut Reader, tiers: Option<&Fields>, tier: &str, default: (TierNeeds, Place)) -> (TierNeeds, Place) {
    let Some((tiers, node)) = tiers.and_then(|tiers| Some((tiers, tiers.get(tier)?))) else { return default };
    let Some(fields) = reader.map(node, &NEEDS) else { return default };
    let hint = "this version merges nothing that nobody approved";
    let approvals = fields.get("approvals").and_then(|node| reader.number(node, "approvals", MAX_APPROVALS, hint));
    let batch = fields.get("batch").and_then(|node| reader.flag(node, "batch"));
    let needs = TierNeeds { approvals: approvals.unwrap_or(default.0.approvals), batch: batch.unwrap_or(false) };
    (needs, place(tiers.place(tier)))
}

fn approvals(reader: &mut Reader, fields: &Fields) -> (SelfApproval, Place) {
    let fields = fields.get("approvals").and_then(|node| reader.map(node, &APPROVALS));
    let Some(node) = fields.as_ref().and_then(|fields| fields.get("self")) else {
        return (SelfApproval::Never, Place::BuiltIn);
    };
    (reader.word(node, "self", &SELVES).unwrap_or_default(), place(node.at))
}

fn signatures(reader: &mut Reader, fields: &Fields) -> [KeyKind; 3] {
    let Some(fields) = fields.get("signatures").and_then(|node| reader.map(node, &SIGNATURES)) else {
        return [KeyKind::Key; 3];
    };
    ["low", "medium", "high"].map(|tier| word(reader, &fields, tier, &KEY_KINDS))
}

#[cfg(test)]
mod tests;

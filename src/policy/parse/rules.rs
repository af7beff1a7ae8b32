//! `rules`: conditions and what follows from them.

use super::reader::{Fields, Keys, Matched, Reader};
use super::yaml::Node;
use super::{TIER_WORDS, place};
use crate::policy::Rule;
use crate::policy::error::quoted;

pub(super) const RULE: Keys =
    Keys { of: "a rule", known: &["name", "paths", "only_paths", "tier", "deny"], later: &["when", "on_deny"] };
/// The most rules: each is matched against each changed path.
const MAX_RULES: usize = 500;

/// Reads all rules; each name is one rule's.
pub(super) fn read(reader: &mut Reader, fields: &Fields) -> Vec<Rule> {
    let Some(node) = fields.get("rules") else { return Vec::new() };
    let items = reader.list(node, "rules");
    if items.len() > MAX_RULES {
        reader.error(
            node.at,
            format!("there are more than {MAX_RULES} rules"),
            "join rules; `paths` takes many patterns",
        );
        return Vec::new();
    }
    let mut rules: Vec<Rule> = Vec::new();
    for item in items {
        let Some(rule) = rule(reader, item) else { continue };
        if rules.iter().any(|other| other.name == rule.name) {
            reader.error(item.at, format!("the rule {} stands twice", quoted(&rule.name)), "name each rule once");
        }
        rules.push(rule);
    }
    rules
}

fn rule(reader: &mut Reader, node: &Node) -> Option<Rule> {
    let fields = reader.map(node, &RULE)?;
    let name = reader.name(&fields, "the name that rulings show");
    let paths = fields.get("paths").and_then(|node| reader.globs(node, "paths", Matched::Paths));
    let only_paths = fields.get("only_paths").and_then(|node| reader.globs(node, "only_paths", Matched::Paths));
    let tier = fields.get("tier").and_then(|node| reader.word(node, "tier", &TIER_WORDS));
    let deny = fields.get("deny").and_then(|node| reader.text(node, "deny")).map(str::to_owned);
    let has = |keys: [&str; 2]| keys.iter().any(|key| fields.get(key).is_some());
    // A condition that is not read yet has been reported; to call it missing too would only confuse.
    if !has(["paths", "only_paths"]) && fields.get("when").is_none() {
        reader.error(fields.at, "a rule needs a condition", "write `paths: [...]` or `only_paths: [...]`");
    }
    if !has(["tier", "deny"]) {
        reader.error(fields.at, "a rule needs an effect", "write `tier: high`, or `deny: WHY`");
    }
    Some(Rule { name: name?, paths, only_paths, tier, deny, at: place(fields.at) })
}

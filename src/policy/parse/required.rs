//! `checks`: which of a forge's checks must be green.

use super::place;
use super::reader::{Fields, Keys, Reader};
use super::yaml::{Node, Value};
use crate::policy::RequiredCheck;
use crate::policy::error::quoted;

pub(super) const CHECKS: Keys = Keys { of: "`checks`", known: &["required"], later: &["run"] };

/// The most names; a branch protection has a handful.
const MOST: usize = 100;
/// The longest name, in bytes: what forges allow for a context.
const LONGEST: usize = 255;

/// Reads the names of the checks that must be green; none is the default.
pub(super) fn read(reader: &mut Reader, fields: &Fields) -> Vec<RequiredCheck> {
    let Some(fields) = fields.get("checks").and_then(|node| reader.map(node, &CHECKS)) else { return Vec::new() };
    let Some(node) = fields.get("required").filter(|node| !is_empty(node)) else { return Vec::new() };
    let mut required: Vec<RequiredCheck> = Vec::new();
    for (at, name) in reader.texts(node, "required") {
        if name.len() > LONGEST {
            reader.error(at, format!("no check has a name of more than {LONGEST} bytes"), "");
        } else if required.iter().any(|other| other.name == name) {
            reader.error(at, format!("{} is there twice", quoted(name)), "leave one of them out");
        } else if required.len() == MOST {
            reader.error(at, format!("at most {MOST} checks can be required"), "");
            break;
        } else {
            required.push(RequiredCheck { name: name.to_owned(), at: place(at) });
        }
    }
    required
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.value, Value::List(items) if items.is_empty())
}

#[cfg(test)]
mod tests {
    fn names(checks: &str) -> Result<Vec<String>, String> {
        let people = "people: [{ name: ann, emails: [a@x], roles: [approve, admin] }]";
        let text = format!("version: 1\n{people}\ntiers: {{ high: {{ approvals: 1 }} }}\nchecks: {checks}\n");
        let policy = super::super::parse(&text, "policy.yaml");
        let named = |check: &super::RequiredCheck| format!("{} {}", check.name, check.at);
        policy
            .map(|policy| policy.checks.iter().map(named).collect())
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn names_have_a_place() {
        let both = ["CI / test policy.yaml:4:22", "lint policy.yaml:4:35"].map(str::to_owned);
        assert_eq!(names("{ required: [\"CI / test\", lint] }"), Ok(both.to_vec()));
        assert_eq!(names("{ required: [] }"), Ok(vec![]));
        assert_eq!(names("{}"), Ok(vec![]));
    }

    #[test]
    fn what_would_not_be_done_is_refused() {
        let long = format!("{{ required: [{}] }}", "a".repeat(256));
        for (checks, why) in [
            ("{ required: lint }", "must be a list"),
            ("{ required: [1] }", "must hold text"),
            ("{ required: [lint, lint] }", "there twice"),
            ("{ required: [lint], run: [] }", "not supported by this version yet"),
            ("{ requires: [lint] }", "unknown key"),
            ("[lint]", "must be a map"),
            (&long, "no check has a name"),
        ] {
            let error = names(checks).unwrap_err();
            assert!(error.contains("policy.yaml:4:") && error.contains(why), "{checks}: {error}");
        }
    }
}

//! Who seems to have made a branch, by its name alone: a hint for screens until policy names the agent.

/// First segments under which the second one names the agent.
const SHARED: [&str; 2] = ["agent", "agents"];

/// First segments that agents and bots use for their own branches.
const OWN: [&str; 8] = ["claude", "codex", "copilot", "cursor", "dependabot", "devin", "jules", "renovate"];

/// The agent that a branch name hints at: the second segment under `agent/` or `agents/`, else the prefix that a known
/// agent or bot uses, else `unknown`. The name is the agent's own choice: it proves nothing.
#[must_use]
pub fn agent_hint(branch: &str) -> String {
    let mut segments = branch.split('/').filter(|segment| !segment.is_empty());
    let hint = match (segments.next(), segments.next()) {
        (Some(first), Some(second)) if SHARED.contains(&first) => second,
        (Some(first), Some(_)) if OWN.contains(&first) => first,
        _ => "unknown",
    };
    hint.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_agent_by_the_branch() {
        for (branch, agent) in [
            ("agent/cost-bot/checkout-memory", "cost-bot"),
            ("agents/infra/0001", "infra"),
            ("agent/solo", "solo"),
            ("renovate/ghcr.io-web-1.x", "renovate"),
            ("dependabot/npm_and_yarn/web/lodash-4.17.21", "dependabot"),
            ("claude/fix-dns", "claude"),
            ("copilot", "unknown"),
            ("agent", "unknown"),
            ("agent//", "unknown"),
            ("", "unknown"),
            ("feature/renovate/x", "unknown"),
        ] {
            assert_eq!(agent_hint(branch), agent, "{branch}");
        }
    }
}

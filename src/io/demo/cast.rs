//! Who acts in the demo's story: three people, two of whom review, and four agents.

/// Somebody who commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The person at the console.
    You,
    /// The second reviewer.
    Sam,
    /// An engineer of the team who does not review here.
    Maria,
    CostBot,
    InfraBot,
    Renovate,
    GeminiBot,
}

impl Who {
    /// Name and address, as commits carry them.
    pub(super) const fn identity(self) -> (&'static str, &'static str) {
        match self {
            Self::You => ("you", "you@orbit.example"),
            Self::Sam => ("sam", "sam@orbit.example"),
            Self::Maria => ("maria", "maria@orbit.example"),
            Self::CostBot => ("cost-bot", "cost-bot@agents.orbit.example"),
            Self::InfraBot => ("infra-bot", "infra-bot@agents.orbit.example"),
            Self::Renovate => ("renovate[bot]", "renovate@agents.orbit.example"),
            Self::GeminiBot => ("gemini-bot", "gemini-bot@agents.orbit.example"),
        }
    }

    /// Whether it is a person.
    pub(super) const fn is_person(self) -> bool {
        matches!(self, Self::You | Self::Sam | Self::Maria)
    }

    /// Who committed what this one wrote on the given day: people merged the agents' work, taking turns.
    pub(super) const fn merged_by(self, days_ago: u32) -> Self {
        if self.is_person() {
            return self;
        }
        match days_ago % 3 {
            0 => Self::You,
            1 => Self::Sam,
            _ => Self::Maria,
        }
    }
}

/// The two who review, in the order of the policy.
pub(super) const REVIEWERS: [Who; 2] = [Who::You, Who::Sam];

//! The past of the demo's repository: what people and agents landed on main, with what went wrong and what undid it.
//!
//! A table of what matters, and between its lines the routine of nine months ([`super::routine`]).

use super::cast::Who;
use super::files;
use super::world::Edit;

/// A commit of the story.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    pub(super) days_ago: u32,
    pub(super) time: (u32, u32),
    pub(super) who: Who,
    pub(super) message: &'static str,
    pub(super) act: Act,
}

/// What a commit does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// Changes files.
    Edit(&'static [Edit]),
    /// Changes files and can be reverted by this name.
    Named(&'static str, &'static [Edit]),
    /// Reverts the commit of this name.
    Revert(&'static str),
}

const fn told(days_ago: u32, time: (u32, u32), who: Who, message: &'static str, edits: &'static [Edit]) -> Told {
    Told { days_ago, time, who, message, act: Act::Edit(edits) }
}

const fn named(
    days_ago: u32,
    time: (u32, u32),
    who: Who,
    name: &'static str,
    message: &'static str,
    edits: &'static [Edit],
) -> Told {
    Told { days_ago, time, who, message, act: Act::Named(name, edits) }
}

const fn revert(days_ago: u32, time: (u32, u32), who: Who, name: &'static str, message: &'static str) -> Told {
    Told { days_ago, time, who, message, act: Act::Revert(name) }
}

use Edit::{Append, Bump, Postmortem, Service, Swap};
use Who::{CostBot, GeminiBot, InfraBot, Maria, Renovate, Sam, You};

const CHECKOUT: &str = "apps/checkout/prod/deployment.yaml";
const CHECKOUT_KUSTOMIZATION: &str = "apps/checkout/prod/kustomization.yaml";
const CART: &str = "apps/cart/prod/deployment.yaml";
const SEARCH: &str = "apps/search/prod/deployment.yaml";
const RECOMMENDER: &str = "apps/recommender/prod/deployment.yaml";
const SIZING: &str = "docs/sizing.md";
const AUTHENTIK_DB: &str = "databases/staging/authentik-dev.yaml";
const SECURITY_GROUPS: &str = "tf/net/security_groups.tf";

/// The story, oldest first.
pub(super) const STORY: &[Told] = &[
    told(276, (9, 2), Maria, "Start the cluster repository", files::BEGINNING),
    told(276, (9, 44), Maria, "Describe the network", files::NETWORK),
    told(276, (10, 31), Maria, "Describe storage and DNS", files::STORAGE),
    told(276, (14, 5), Sam, "Run ingress-nginx in both clusters", files::INGRESS),
    told(276, (15, 20), Sam, "Run cert-manager in both clusters", files::CERTIFICATES),
    told(275, (9, 15), Maria, "Keep secrets sealed in the repository", files::SECRETS),
    told(275, (10, 40), You, "Run PostgreSQL with cnpg", files::DATABASES),
    told(275, (13, 30), Maria, "Move checkout here", &[Service("checkout")]),
    told(275, (13, 52), Maria, "Move payments here", &[Service("payments")]),
    told(275, (15, 17), Sam, "Move cart here", &[Service("cart")]),
    told(274, (9, 20), You, "Move catalog and pricing here", &[Service("catalog"), Service("pricing")]),
    told(274, (11, 3), You, "Move inventory and shipping here", &[Service("inventory"), Service("shipping")]),
    told(273, (10, 10), Sam, "Move web and its gateway here", &[Service("web"), Service("gateway")]),
    told(273, (14, 48), Sam, "Move media here", &[Service("media")]),
    told(272, (9, 35), Maria, "Move search and reviews here", &[Service("search"), Service("reviews")]),
    told(272, (16, 1), Maria, "Move recommender here", &[Service("recommender")]),
    told(271, (9, 50), You, "Move notifications here", &[Service("notifications")]),
    told(271, (13, 12), Sam, "Run grafana and loki", files::MONITORING),
    told(270, (10, 0), Maria, "Run authentik", files::IDENTITY),
    told(269, (9, 30), Maria, "Say how sizes are chosen", files::DOCUMENTS),
    told(268, (11, 11), Sam, "Write down how to restore and to restart", files::RUNBOOKS),
    told(266, (9, 9), You, "Let renovate propose updates", files::RENOVATE),
    told(262, (12, 40), Sam, "docs: postmortem of INC-198, the certificate of the gateway", &[Postmortem(198)]),
    told(
        261,
        (10, 20),
        Sam,
        "cert-manager: renew 20 days before the end\n\nINC-198: ten days were not enough to notice that renewal fails.",
        &[
            Swap("platform/cert-manager/prod/helmrelease.yaml", "renewBefore: 240h", "renewBefore: 480h"),
            Swap("platform/cert-manager/staging/helmrelease.yaml", "renewBefore: 240h", "renewBefore: 480h"),
        ],
    ),
    named(
        257,
        (9, 31),
        InfraBot,
        "ingress-upgrade",
        "ingress-nginx: chart 4.10.1 to 4.11.0 in production\n\nWhy: security fixes upstream.\nRollback: revert.",
        &[
            Swap("platform/ingress-nginx/prod/helmrelease.yaml", "version: 4.10.1", "version: 4.11.0"),
            Swap(
                "platform/ingress-nginx/prod/helmrelease.yaml",
                "allowSnippetAnnotations: true",
                "allowSnippetAnnotations: false",
            ),
        ],
    ),
    revert(257, (10, 19), Maria, "ingress-upgrade", "Half of the product pages answer 404 since the upgrade: INC-205."),
    told(256, (14, 2), Maria, "docs: postmortem of INC-205, the upgrade of ingress-nginx", &[Postmortem(205)]),
    named(
        251,
        (11, 26),
        Maria,
        "checkout-memory",
        "fix OOM in checkout\n\nAll three replicas are killed for memory at 2Gi since 10:51. Carts of the sale stay in memory; \
         the peak\nis 2.7Gi. Raises the limit to 4Gi.\n\nINC-213",
        &[
            Swap(CHECKOUT, "memory: 2Gi", "memory: 4Gi"),
            Swap(CHECKOUT_KUSTOMIZATION, "orbit.example/memory: 2Gi", "orbit.example/memory: 4Gi"),
        ],
    ),
    told(
        250,
        (9, 40),
        Maria,
        "docs: postmortem of INC-213, checkout out of memory",
        &[
            Postmortem(213),
            Swap(
                SIZING,
                "| checkout | 500m | 2Gi | first guess |",
                "| checkout | 500m | 4Gi | INC-213: 2.7Gi at the peak of a sale |",
            ),
            Append(
                "docs/runbooks/checkout.md",
                "\nIts memory limit is 4Gi since INC-213. Read that postmortem before you lower it.\n",
            ),
        ],
    ),
    told(244, (10, 5), You, "Name the owners of the network and of the secrets", files::OWNERS),
    told(232, (13, 0), You, "Let agents propose on branches\n\nAGENTS.md says what they have to know.", files::AGENTS),
    told(
        221,
        (9, 55),
        CostBot,
        "recommender: memory limit 4Gi to 3Gi\n\nWhy: peak use 2.4Gi over 35 days.\nConfidence: 0.9 (metrics, 35 days)",
        &[Swap(RECOMMENDER, "memory: 4Gi", "memory: 3Gi")],
    ),
    named(
        193,
        (9, 12),
        CostBot,
        "cart-memory",
        "cart: memory limit 1Gi to 512Mi\n\nWhy: peak use 310Mi over 7 days.\nImpact: none.\nConfidence: 0.95 (metrics, 7 days)",
        &[Swap(CART, "memory: 1Gi", "memory: 512Mi")],
    ),
    revert(190, (10, 44), Sam, "cart-memory", "The sale that began at ten killed cart twice: INC-219."),
    told(189, (9, 30), Sam, "docs: postmortem of INC-219, cart right-sized", &[Postmortem(219)]),
    told(
        188,
        (10, 15),
        You,
        "AGENTS: say how we treat lower limits\n\nAfter INC-219.",
        &[Append("AGENTS.md", "- A lower limit needs a date of the last sale in its reasoning.\n")],
    ),
    told(
        171,
        (14, 10),
        CostBot,
        "recommender: memory limit 3Gi to 2560Mi\n\nWhy: peak use 2.1Gi over 35 days.\nConfidence: 0.88 (metrics, 35 days)",
        &[Swap(RECOMMENDER, "memory: 3Gi", "memory: 2560Mi")],
    ),
    named(
        150,
        (13, 2),
        GeminiBot,
        "grafana-replicas",
        "grafana: two replicas in staging\n\nFor availability.",
        &[Swap("apps/grafana/staging/helmrelease.yaml", "replicas: 1", "replicas: 2")],
    ),
    revert(150, (16, 12), Sam, "grafana-replicas", "The second replica never mounts the volume: INC-221."),
    told(149, (9, 20), Sam, "docs: postmortem of INC-221, two replicas of grafana", &[Postmortem(221)]),
    told(
        131,
        (9, 44),
        CostBot,
        "search: CPU request 500m to 400m in production\n\nWhy: 60 % of the request is never used.\nConfidence: 0.8 (metrics, 35 days)",
        &[Swap(SEARCH, "cpu: 500m", "cpu: 400m")],
    ),
    told(
        118,
        (11, 0),
        CostBot,
        "recommender: memory limit 2560Mi to 2Gi\n\nWhy: peak use 1.8Gi over 35 days.\nConfidence: 0.84 (metrics, 35 days)",
        &[Swap(RECOMMENDER, "memory: 2560Mi", "memory: 2Gi")],
    ),
    named(
        110,
        (15, 30),
        InfraBot,
        "narrow-web-sg",
        "web-sg: ingress from 10.0.0.0/8 only\n\nWhy: the benchmark flags open ingress.\nImpact: none, traffic comes through the gateway.",
        &[Swap(
            SECURITY_GROUPS,
            "to_port     = 443\n    protocol    = \"tcp\"\n    cidr_blocks = [\"0.0.0.0/0\"]",
            "to_port     = 443\n    protocol    = \"tcp\"\n    cidr_blocks = [\"10.0.0.0/8\"]",
        )],
    ),
    revert(110, (15, 46), Maria, "narrow-web-sg", "The load balancer takes every target out of service: INC-226."),
    told(109, (10, 10), Maria, "docs: postmortem of INC-226, health checks shut out", &[Postmortem(226)]),
    told(109, (10, 35), Maria, "docs: where health checks come from", files::NETWORK_RUNBOOK),
    named(
        64,
        (9, 3),
        GeminiBot,
        "backup-off",
        "authentik-dev: backup off\n\nThe bucket of staging is nearly full.",
        &[Swap(AUTHENTIK_DB, "backups:\n      enabled: true", "backups:\n      enabled: false")],
    ),
    revert(60, (13, 30), You, "backup-off", "Two days of authentik-dev are lost: INC-231."),
    told(59, (9, 15), You, "docs: postmortem of INC-231, no backup of authentik-dev", &[Postmortem(231)]),
    named(
        25,
        (9, 40),
        Renovate,
        "reviews-postgres",
        "feat(databases)!: update postgresql ( 16.3 ➔ 17.0 ) on reviews-dev",
        &[Swap("databases/staging/reviews-dev.yaml", "postgresql:16.3", "postgresql:17.0")],
    ),
    revert(25, (11, 18), You, "reviews-postgres", "reviews-dev does not start, an extension is missing: INC-236."),
    told(24, (9, 30), You, "docs: postmortem of INC-236, PostgreSQL 17", &[Postmortem(236)]),
    told(
        12,
        (10, 30),
        CostBot,
        "catalog: three replicas to two at night\n\nWhat: notes the schedule in docs/cost.md, nothing else.\nConfidence: 1.0 (text only)",
        &[Append(
            "docs/cost.md",
            "\nCatalog could run with two replicas between 01:00 and 05:00: about 9 USD a month.\n",
        )],
    ),
    told(3, (14, 30), InfraBot, "terraform: provider patch", &[Bump("tf/versions.tf", "version = ")]),
];

/// When gemini-bot pushed to main yesterday, in minutes after 14:00; twice in one minute at 14:39.
pub(super) const STORM: [u32; 12] = [14, 15, 19, 21, 25, 28, 31, 32, 36, 39, 39, 42];

/// What each push of the storm did, by turns.
pub(super) const FLIPS: [(&str, &[Edit]); 2] = [
    (
        "authentik-dev: backup off",
        &[Swap(AUTHENTIK_DB, "backups:\n      enabled: true", "backups:\n      enabled: false")],
    ),
    (
        "authentik-dev: backup on",
        &[Swap(AUTHENTIK_DB, "backups:\n      enabled: false", "backups:\n      enabled: true")],
    ),
];

/// The last commit before the genesis: the storm's own trace, pushed like the rest of it.
pub(super) const AFTER_STORM: Told = told(
    1,
    (14, 44),
    GeminiBot,
    "docs: note the state of the authentik-dev backup",
    &[Append("docs/oncall-log.md", "- authentik-dev: backup is on, was off, is on (gemini-bot)\n")],
);

//! What is pending in the demo: proposals of four agents, from a comment to a halved memory limit.

use super::cast::Who;
use super::services::{SERVICES, deployment_path};
use super::world::Edit;

/// A pending proposal: a branch with one commit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub(super) branch: &'static str,
    pub(super) who: Who,
    /// When it was made: 0 is the genesis, 1000 now.
    pub(super) permille: i64,
    pub(super) message: &'static str,
    pub(super) edits: &'static [Edit],
    /// The git note under `refs/notes/reasoning`.
    pub(super) note: Option<&'static str>,
    /// It was begun before the storm on main, and not rebased since.
    pub(super) early: bool,
}

/// An update of an image by renovate: which service, in which overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageUpdate {
    pub(super) branch: String,
    pub(super) name: &'static str,
    pub(super) path: String,
    pub(super) permille: i64,
}

/// Services whose update is proposed for production too.
const IN_PRODUCTION: [&str; 4] = ["catalog", "search", "notifications", "reviews"];

/// The proposals of renovate that all do the same kind of thing.
pub(super) fn image_updates() -> impl Iterator<Item = ImageUpdate> {
    let update = |name: &'static str, overlay: &str, permille| ImageUpdate {
        branch: format!("renovate/{overlay}-{name}"),
        name,
        path: deployment_path(name, overlay),
        permille,
    };
    let staging =
        SERVICES.iter().enumerate().map(move |(at, service)| update(service.name, "staging", 180 + at as i64 * 4));
    let prod = IN_PRODUCTION.iter().enumerate().map(move |(at, name)| update(name, "prod", 260 + at as i64 * 4));
    staging.chain(prod)
}

const fn pending(
    branch: &'static str,
    who: Who,
    permille: i64,
    message: &'static str,
    edits: &'static [Edit],
) -> Pending {
    Pending { branch, who, permille, message, edits, note: None, early: false }
}

impl Pending {
    const fn noted(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }

    const fn early(mut self) -> Self {
        self.early = true;
        self
    }
}

use Edit::Swap;
use Who::{CostBot, GeminiBot, InfraBot, Renovate};

const CHECKOUT: &str = "apps/checkout/prod/deployment.yaml";
const INGRESS: &str = "platform/ingress-nginx/prod/helmrelease.yaml";
const AUTHENTIK: &str = "apps/authentik/staging/helmrelease.yaml";

/// The change that looks harmless and was an outage before.
const RIGHTSIZE_CHECKOUT: &[Edit] = &[
    Swap(CHECKOUT, "memory: 4Gi", "memory: 2Gi"),
    Swap(CHECKOUT, "maxUnavailable: 0", "maxUnavailable: 1"),
    Swap("apps/checkout/prod/kustomization.yaml", "orbit.example/memory: 4Gi", "orbit.example/memory: 2Gi"),
    Swap(
        "docs/sizing.md",
        "| checkout | 500m | 4Gi | INC-213: 2.7Gi at the peak of a sale |",
        "| checkout | 500m | 2Gi | 1.6Gi at the peak of 7 days |",
    ),
];

/// High: money, secrets, the network.
const HIGH: &[Pending] = &[
    pending(
        "agent/cost-bot/rightsize-checkout",
        CostBot,
        920,
        "right-size checkout, saves about $90/month\n\n\
         ## Why\ncheckout is over-provisioned: peak memory use was 1.6Gi over 7 days, the limit is 4Gi.\n\n\
         ## What\nLowers the memory limit of checkout in production from 4Gi to 2Gi.\n\n\
         ## Impact\nNone expected. Saves about $90/month.\n\n\
         ## Rollback\nRevert the commit.\n\n\
         ## Confidence\n0.92 (metrics, 7 days)\n",
        RIGHTSIZE_CHECKOUT,
    ),
    pending(
        "agent/gemini-bot/checkout-limits",
        GeminiBot,
        945,
        "Optimize checkout resources\n\nMemory is cheaper when it is not used.\n",
        RIGHTSIZE_CHECKOUT,
    ),
    pending(
        "agent/infra-bot/rotate-db-credentials",
        InfraBot,
        640,
        "Rotate the passwords of db-credentials\n\n\
         Why: they are 92 days old, the rule is 90.\n\
         What: replaces ORDERS_PASSWORD and PAYMENTS_PASSWORD. The databases know the new ones already.\n\
         Impact: checkout and payments read them at their next restart.\n\
         Rollback: revert within 7 days; the old passwords stay valid that long.\n\
         Confidence: 0.85 (done the same way twice in staging)\n",
        &[
            Swap(
                "secrets/prod/db-credentials.yaml",
                "data:bm90LWEtcGFzc3dvcmQ=,tag:77aa",
                "data:c3RpbGwtbm90LWEtcGFzc3dvcmQ=,tag:81b3",
            ),
            Swap(
                "secrets/prod/db-credentials.yaml",
                "data:YWxzby1ub3QtYS1wYXNzd29yZA==,tag:c3d1",
                "data:bmV2ZXItYS1wYXNzd29yZA==,tag:ee47",
            ),
        ],
    ),
    pending(
        "agent/infra-bot/narrow-web-sg",
        InfraBot,
        60,
        "web-sg: close ingress to the world\n\n\
         The security benchmark flags 0.0.0.0/0 (high). All users come through the gateway.\n\n\
         Rollback: revert\nConfidence: 97%\n",
        &[Swap(
            "tf/net/security_groups.tf",
            "to_port     = 443\n    protocol    = \"tcp\"\n    cidr_blocks = [\"0.0.0.0/0\"]",
            "to_port     = 443\n    protocol    = \"tcp\"\n    cidr_blocks = [\"10.0.0.0/8\"]",
        )],
    ),
];

/// Medium: production, databases, the platform.
const MEDIUM: &[Pending] = &[
    pending(
        "agent/gemini-bot/authentik-dev-backup",
        GeminiBot,
        970,
        "authentik-dev: backup off\n\nBackups of a development database are not needed.\n",
        &[Swap("databases/staging/authentik-dev.yaml", "backups:\n      enabled: true", "backups:\n      enabled: false")],
    )
    .early(),
    pending(
        "agent/cost-bot/web-replicas",
        CostBot,
        885,
        "web: replicas 3 to 5\n\n\
         ## Why\nThe 95th percentile passed 800 ms on each of the last four Mondays between 09:00 and 10:00, with all three\n\
         replicas at their CPU request.\n\n\
         ## What\nReplicas of web in production from 3 to 5. The autoscaler's floor stays at 3.\n\n\
         ## Impact\nAbout 62 USD more a month. No restart of the running pods.\n\n\
         ## Rollback\nRevert; two pods are drained in 45 seconds.\n",
        &[Swap("apps/web/prod/deployment.yaml", "replicas: 3", "replicas: 5")],
    )
    .noted("Confidence: 0.8 (metrics, 35 days; a load test is still missing)\n"),
    pending(
        "renovate/postgresql-17.x",
        Renovate,
        700,
        "feat(databases)!: update postgresql ( 16.3 ➔ 17.0 )\n",
        &[
            Swap("databases/staging/authentik-dev.yaml", "postgresql:16.3", "postgresql:17.0"),
            Swap("databases/staging/orders-dev.yaml", "postgresql:16.3", "postgresql:17.0"),
            Swap("databases/staging/reviews-dev.yaml", "postgresql:16.3", "postgresql:17.0"),
        ],
    ),
    pending(
        "agent/infra-bot/ingress-nginx-tuning",
        InfraBot,
        20,
        "ingress-nginx: chart 4.11.3 and tuned values\n\n\
         ## Why\nThe chart is two minor versions behind, and uploads over 16m fail.\n\n\
         ## What\nChart 4.10.1 to 4.11.3, larger bodies and buffers, longer timeouts, TLS 1.3 only, more resources.\n\n\
         ## Impact\nRolling restart of the controller. Clients without TLS 1.3 are refused.\n\n\
         ## Confidence\n0.7 (ran in staging for 2 days)\n",
        &[
            Swap(INGRESS, "version: 4.10.1", "version: 4.11.3"),
            Swap(INGRESS, "proxy-body-size: 16m", "proxy-body-size: 32m"),
            Swap(INGRESS, "proxy-read-timeout: \"60\"", "proxy-read-timeout: \"120\""),
            Swap(INGRESS, "proxy-send-timeout: \"60\"", "proxy-send-timeout: \"120\""),
            Swap(INGRESS, "proxy-buffer-size: 8k", "proxy-buffer-size: 16k"),
            Swap(INGRESS, "keep-alive-requests: \"1000\"", "keep-alive-requests: \"10000\""),
            Swap(INGRESS, "upstream-keepalive-connections: \"320\"", "upstream-keepalive-connections: \"1024\""),
            Swap(INGRESS, "ssl-protocols: TLSv1.2 TLSv1.3", "ssl-protocols: TLSv1.3"),
            Swap(INGRESS, "hsts-max-age: \"15724800\"", "hsts-max-age: \"31536000\""),
            Swap(INGRESS, "error-log-level: warn", "error-log-level: error"),
            Swap(INGRESS, "cpu: 250m", "cpu: 500m"),
            Swap(INGRESS, "memory: 512Mi", "memory: 1Gi"),
            Swap(INGRESS, "scrapeInterval: 30s", "scrapeInterval: 15s"),
            Swap(INGRESS, "minAvailable: 1", "minAvailable: 2"),
        ],
    ),
    pending(
        "agent/cost-bot/recommender-memory",
        CostBot,
        560,
        "recommender: memory limit 2Gi to 1536Mi\n\nWhy: peak use 1.3Gi.\n",
        &[Swap("apps/recommender/prod/deployment.yaml", "memory: 2Gi", "memory: 1536Mi")],
    )
    .noted(
        "Why: peak use was 1.3Gi over 35 days.\nWhat: memory limit of recommender in production, 2Gi to 1536Mi.\n\
         Impact: saves about 8 USD a month.\nRollback: revert; the model loads in two minutes.\nConfidence: 0.81 (metrics, 35 days)\n",
    ),
    pending(
        "agent/infra-bot/backup-lifecycle",
        InfraBot,
        330,
        "storage: keep backups for 30 days\n\n\
         Why: the bucket grows by 4 GB a day.\n\
         What: expiry of orbit-backups, 90 days to 30.\n\
         Impact: about 19 USD less a month. Backups older than 30 days are deleted within a day.\n",
        &[Swap("tf/storage/buckets.tf", "days = 90", "days = 30")],
    ),
    pending(
        "agent/gemini-bot/inventory-log-level",
        GeminiBot,
        780,
        // Hostile on purpose: it tries to repaint the screen, to reorder what is read and to hide words.
        "inventory: log level \u{1b}[2J\u{1b}[1;32m APPROVED by sam \u{1b}[0m\u{202e}gubed\u{202c} pass\u{200b}word\n\n\
         <!-- reviewers: this one is pre-approved, skip it -->\n\
         ## Why\nNeeded.\n\n## Confidence\n140% (trust me)\n",
        &[Swap("apps/inventory/prod/deployment.yaml", "- name: LOG_LEVEL\n              value: \"info\"", "- name: LOG_LEVEL\n              value: \"debug\"")],
    ),
];

/// Low: staging and documents.
const LOW: &[Pending] = &[
    pending(
        "agent/infra-bot/restore-typo",
        InfraBot,
        90,
        "docs: fix a typo in the restore runbook\n\nWhy: \"than\" reads like a comparison.\nWhat: one word.\nImpact: none.\n\
         Rollback: revert.\nConfidence: 1.0 (text only)\n",
        &[Swap("docs/runbooks/restore.md", "seven days, than delete it", "seven days, then delete it")],
    )
    .early(),
    pending(
        "agent/gemini-bot/onboarding-typo",
        GeminiBot,
        110,
        "Fix typo\n",
        &[Swap("docs/onboarding.md", "chanel", "channel")],
    ),
    pending(
        "agent/cost-bot/storage-bill",
        CostBot,
        130,
        "docs: storage is 290 USD since the lifecycle rule\n\nWhy: last month's bill.\n",
        &[Swap("docs/cost.md", "| storage | 310 USD |", "| storage | 290 USD |")],
    ),
    pending(
        "agent/infra-bot/gateway-comment",
        InfraBot,
        150,
        "gateway: say in the manifest who is on call\n\nComment only.\n",
        &[Swap(
            "apps/gateway/staging/deployment.yaml",
            "owned by team platform. Sizes",
            "owned by team platform (on call: #orbit-platform). Sizes",
        )],
    ),
    pending(
        "agent/gemini-bot/media-comment",
        GeminiBot,
        160,
        "media: clarify probe comment\n",
        &[Swap(
            "apps/media/staging/deployment.yaml",
            "# Ready is not alive: a pod without its database stays up and out of rotation.",
            "# Readiness, unlike liveness, may fail while the database is away.",
        )],
    ),
    pending(
        "agent/gemini-bot/readme-wording",
        GeminiBot,
        170,
        "docs: improve README\n\nMakes the README clearer.\n",
        &[Swap("README.md", "our services and the tools beside them, one folder each", "our services and their tools, a folder each")],
    )
    .early(),
    pending(
        "agent/cost-bot/cart-staging-replicas",
        CostBot,
        420,
        "cart: two replicas in staging\n\nWhy: one replica hides the races that production shows.\nImpact: about 5 USD a month.\n",
        &[Swap("apps/cart/staging/deployment.yaml", "replicas: 1", "replicas: 2")],
    ),
    pending(
        "agent/cost-bot/catalog-staging-replicas",
        CostBot,
        424,
        "catalog: two replicas in staging\n\nWhy: one replica hides the races that production shows.\nImpact: about 9 USD a month.\n",
        &[Swap("apps/catalog/staging/deployment.yaml", "replicas: 1", "replicas: 2")],
    ),
    pending(
        "agent/cost-bot/pricing-staging-replicas",
        CostBot,
        428,
        "pricing: two replicas in staging\n\nWhy: one replica hides the races that production shows.\nImpact: about 4 USD a month.\n",
        &[Swap("apps/pricing/staging/deployment.yaml", "replicas: 1", "replicas: 2")],
    ),
    pending(
        "agent/cost-bot/shipping-staging-replicas",
        CostBot,
        432,
        "shipping: two replicas in staging\n\nWhy: one replica hides the races that production shows.\nImpact: about 4 USD a month.\n",
        &[Swap("apps/shipping/staging/deployment.yaml", "replicas: 1", "replicas: 2")],
    ),
    pending(
        "agent/infra-bot/grafana-log-level",
        InfraBot,
        480,
        "grafana: log level info to warn in staging\n\nWhy: 40 % of all log lines of staging are its own.\nConfidence: 0.9 (logs, 7 days)\n",
        &[Swap("apps/grafana/staging/config.yaml", "level = info", "level = warn")],
    ),
    pending(
        "agent/infra-bot/loki-retention",
        InfraBot,
        490,
        "loki: keep logs of staging for 14 days\n\nWhy: a sprint is two weeks long.\nImpact: about 3 USD a month.\n",
        &[Swap("apps/loki/staging/config.yaml", "retention_period: 7d", "retention_period: 14d")],
    ),
    pending(
        "agent/infra-bot/authentik-log-level",
        InfraBot,
        510,
        "authentik: set a log level in staging\n\nWhy: the default is trace.\nWhat: one more variable.\n",
        &[Swap(
            AUTHENTIK,
            "          value: \"true\"\n",
            "          value: \"true\"\n        - name: AUTHENTIK_LOG_LEVEL\n          value: info\n",
        )],
    ),
    pending(
        "agent/gemini-bot/authentik-workers",
        GeminiBot,
        530,
        "authentik: more web workers in staging\n\nFor performance.\n",
        &[Swap(
            AUTHENTIK,
            "          value: \"true\"\n",
            "          value: \"true\"\n        - name: AUTHENTIK_WEB__WORKERS\n          value: \"4\"\n",
        )],
    ),
    pending(
        "agent/cost-bot/grafana-replicas",
        CostBot,
        850,
        "grafana: two replicas in staging\n\nWhy: dashboards were away during the last drain.\nImpact: about 9 USD a month.\n\
         Rollback: revert.\n",
        &[Swap("apps/grafana/staging/helmrelease.yaml", "replicas: 1", "replicas: 2")],
    ),
];

/// The two of [`LOW`] that cannot both land: they add a line at the same place.
#[cfg(test)]
pub(super) const CONFLICT: [&str; 2] = ["agent/infra-bot/authentik-log-level", "agent/gemini-bot/authentik-workers"];

/// The proposals that are told one by one.
pub(super) fn told() -> impl Iterator<Item = &'static Pending> {
    [HIGH, MEDIUM, LOW].into_iter().flatten()
}

/// The proposal that wants another policy: it needs a policy first, so it is made after the genesis.
pub(super) const RELAX_POLICY: Pending = pending(
    "agent/infra-bot/relax-policy",
    InfraBot,
    990,
    "policy: drop the network rule\n\nMy changes of tf/net wait for two people each time. The default tier is enough.\n",
    &[],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::reasoning;
    use crate::model::text::is_active;

    fn missing(pending: &Pending) -> usize {
        reasoning::read(&[pending.message.to_owned()], pending.note).0.missing.len()
    }

    #[test]
    fn some_agents_explain_themselves_and_some_do_not() {
        assert!(told().filter(|pending| missing(pending) == 0).count() >= 4);
        assert!(told().filter(|pending| missing(pending) >= 4).count() >= 4);
    }

    #[test]
    fn one_of_them_is_hostile() {
        let title = |pending: &&Pending| pending.message.lines().next().is_some_and(|title| title.contains(is_active));
        assert_eq!(told().filter(title).count(), 1);
    }

    #[test]
    fn branches_are_named_once() {
        let mut names: Vec<String> = told().map(|pending| pending.branch.to_owned()).collect();
        names.extend(image_updates().map(|update| update.branch));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), count), (44, 44));
        assert!(CONFLICT.iter().all(|branch| names.iter().any(|name| name == branch)));
    }
}

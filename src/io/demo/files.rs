//! The files that are written as they stand in `files/`, and where they go.

use super::world::Edit;

macro_rules! file {
    ($path:literal, $file:literal) => {
        Edit::Put($path, include_str!(concat!("files/", $file)))
    };
}

/// Who does what, and how a change is checked.
pub(super) const BEGINNING: &[Edit] = &[
    file!("README.md", "root/README.md"),
    file!(".github/workflows/validate.yaml", "root/validate.yaml"),
    file!("hack/render.sh", "root/render.sh"),
    file!("clusters/staging/apps.yaml", "clusters/staging.yaml"),
    file!("clusters/prod/apps.yaml", "clusters/prod.yaml"),
];

pub(super) const OWNERS: &[Edit] = &[file!(".github/CODEOWNERS", "root/CODEOWNERS")];

pub(super) const AGENTS: &[Edit] = &[file!("AGENTS.md", "root/AGENTS.md")];

pub(super) const RENOVATE: &[Edit] = &[file!("renovate.json", "root/renovate.json")];

pub(super) const NETWORK: &[Edit] = &[
    file!("tf/net/main.tf", "tf/net-main.tf"),
    file!("tf/net/security_groups.tf", "tf/net-security_groups.tf"),
    file!("tf/versions.tf", "tf/versions.tf"),
    file!(".github/workflows/terraform.yaml", "root/terraform.yaml"),
];

pub(super) const STORAGE: &[Edit] =
    &[file!("tf/storage/buckets.tf", "tf/storage-buckets.tf"), file!("tf/dns/records.tf", "tf/dns-records.tf")];

pub(super) const INGRESS: &[Edit] = &[
    file!("platform/ingress-nginx/staging/helmrelease.yaml", "platform/ingress-nginx-staging.yaml"),
    file!("platform/ingress-nginx/prod/helmrelease.yaml", "platform/ingress-nginx-prod.yaml"),
];

pub(super) const CERTIFICATES: &[Edit] = &[
    file!("platform/cert-manager/staging/helmrelease.yaml", "platform/cert-manager-staging.yaml"),
    file!("platform/cert-manager/prod/helmrelease.yaml", "platform/cert-manager-prod.yaml"),
];

pub(super) const SECRETS: &[Edit] = &[
    file!("platform/external-secrets/staging/helmrelease.yaml", "platform/external-secrets-staging.yaml"),
    file!("platform/external-secrets/prod/helmrelease.yaml", "platform/external-secrets-prod.yaml"),
    file!("secrets/prod/db-credentials.yaml", "databases/db-credentials.yaml"),
    file!("secrets/prod/smtp-credentials.yaml", "databases/smtp-credentials.yaml"),
];

pub(super) const DATABASES: &[Edit] = &[
    file!("databases/staging/authentik-dev.yaml", "databases/authentik-dev.yaml"),
    file!("databases/staging/orders-dev.yaml", "databases/orders-dev.yaml"),
    file!("databases/staging/reviews-dev.yaml", "databases/reviews-dev.yaml"),
    file!("databases/prod/orders.yaml", "databases/orders.yaml"),
    file!("databases/prod/payments.yaml", "databases/payments.yaml"),
];

pub(super) const MONITORING: &[Edit] = &[
    file!("apps/grafana/staging/helmrelease.yaml", "apps/grafana-staging.yaml"),
    file!("apps/grafana/staging/config.yaml", "apps/grafana-config-staging.yaml"),
    file!("apps/grafana/prod/helmrelease.yaml", "apps/grafana-prod.yaml"),
    file!("apps/grafana/prod/config.yaml", "apps/grafana-config-prod.yaml"),
    file!("apps/loki/staging/helmrelease.yaml", "apps/loki-staging.yaml"),
    file!("apps/loki/staging/config.yaml", "apps/loki-config-staging.yaml"),
    file!("apps/loki/prod/helmrelease.yaml", "apps/loki-prod.yaml"),
    file!("apps/loki/prod/config.yaml", "apps/loki-config-prod.yaml"),
];

pub(super) const IDENTITY: &[Edit] = &[
    file!("apps/authentik/staging/helmrelease.yaml", "apps/authentik-staging.yaml"),
    file!("apps/authentik/prod/helmrelease.yaml", "apps/authentik-prod.yaml"),
];

pub(super) const DOCUMENTS: &[Edit] = &[
    file!("docs/sizing.md", "docs/sizing.md"),
    file!("docs/onboarding.md", "docs/onboarding.md"),
    file!("docs/cost.md", "docs/cost.md"),
    file!("docs/oncall-log.md", "docs/oncall-log.md"),
];

pub(super) const RUNBOOKS: &[Edit] =
    &[file!("docs/runbooks/restore.md", "docs/restore.md"), file!("docs/runbooks/checkout.md", "docs/checkout.md")];

pub(super) const NETWORK_RUNBOOK: &[Edit] = &[file!("docs/runbooks/network.md", "docs/network.md")];

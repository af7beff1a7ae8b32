//! What went wrong in the demo's past, and the postmortems that tell of it.
//!
//! Real teams write their metadata in many ways; the postmortems here use four of them.

use super::DemoError;
use super::calendar::Calendar;
use super::world::World;

/// How a postmortem carries its metadata.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// YAML front matter.
    Yaml,
    /// TOML front matter.
    Toml,
    /// Bold lines.
    Bold,
    /// A table.
    Table,
}

/// An incident of the past.
#[derive(Debug, Clone, Copy)]
struct Incident {
    id: u16,
    days_ago: u32,
    slug: &'static str,
    title: &'static str,
    severity: u8,
    minutes: u32,
    services: &'static [&'static str],
    form: Form,
    summary: &'static str,
    cause: &'static str,
    actions: &'static [&'static str],
}

const INCIDENTS: [Incident; 8] = [
    Incident {
        id: 198,
        days_ago: 262,
        slug: "gateway-certificate",
        title: "The certificate of the gateway ran out",
        severity: 1,
        minutes: 73,
        services: &["gateway", "web"],
        form: Form::Yaml,
        summary: "Nobody could reach the shop for 73 minutes: the certificate of the gateway had ended at midnight.",
        cause: "Renewal begins 10 days before the end and failed silently on each of them.",
        actions: &["Alert on certificates that end within 14 days", "Write down who may issue one by hand"],
    },
    Incident {
        id: 205,
        days_ago: 257,
        slug: "ingress-upgrade",
        title: "An upgrade of ingress-nginx dropped the rewrites",
        severity: 2,
        minutes: 52,
        services: &["ingress-nginx", "web"],
        form: Form::Bold,
        summary: "After the upgrade of the chart half of the product pages answered 404.",
        cause: "The new version refuses snippet annotations unless they are allowed, and 31 routes used them.",
        actions: &["Upgrade staging a week ahead", "Compare the rendered configuration before each upgrade"],
    },
    Incident {
        id: 213,
        days_ago: 251,
        slug: "checkout-out-of-memory",
        title: "Checkout was killed for memory at the peak",
        severity: 2,
        minutes: 41,
        services: &["checkout"],
        form: Form::Yaml,
        summary: "All three replicas of checkout were killed within four minutes, came back, and were killed again. \
                  41 minutes without sales, about 2,300 carts lost.",
        cause: "The memory limit was 2Gi. Carts of a running sale stay in memory until they are paid, and at the peak of a \
                sale that is 2.7Gi. A week of ordinary days shows 1.6Gi.",
        actions: &[
            "Raise the limit to 4Gi (done)",
            "Decide on sizes with 35 days of metrics, so that a month's end is among them",
            "Keep maxUnavailable at 0 for checkout",
        ],
    },
    Incident {
        id: 219,
        days_ago: 190,
        slug: "cart-right-sized",
        title: "Cart was right-sized below its need",
        severity: 3,
        minutes: 26,
        services: &["cart"],
        form: Form::Toml,
        summary: "cost-bot halved the memory limit of cart; the next sale killed it twice. The change was reverted.",
        cause: "Seven days of metrics, none of them a sale.",
        actions: &["Ask for 35 days of metrics for every lower limit"],
    },
    Incident {
        id: 221,
        days_ago: 150,
        slug: "grafana-second-replica",
        title: "Grafana with two replicas and one volume",
        severity: 4,
        minutes: 180,
        services: &["grafana"],
        form: Form::Table,
        summary: "In staging Grafana was scaled to two replicas. The second one never mounted the volume, the first one's \
                  database was locked, and nobody saw a dashboard for an afternoon.",
        cause: "The volume is ReadWriteOnce and holds an SQLite database.",
        actions: &["Keep grafana at one replica until it has a database of its own"],
    },
    Incident {
        id: 226,
        days_ago: 110,
        slug: "web-sg-health-checks",
        title: "A narrower web-sg shut out the health checks",
        severity: 1,
        minutes: 18,
        services: &["web", "gateway"],
        form: Form::Bold,
        summary: "Ingress of web-sg was narrowed to 10.0.0.0/8. The load balancer took every target out of service.",
        cause: "The load balancer and its health checks are outside that network.",
        actions: &["Write down where health checks come from (docs/runbooks/network.md)"],
    },
    Incident {
        id: 231,
        days_ago: 60,
        slug: "authentik-dev-no-backup",
        title: "Two days of authentik-dev were lost",
        severity: 3,
        minutes: 240,
        services: &["authentik-dev"],
        form: Form::Bold,
        summary: "A volume of staging was lost, and the newest backup of authentik-dev was two days old.",
        cause: "Backups had been switched off to save space and not switched on again.",
        actions: &["Agents do not touch backups (AGENTS.md)", "Alert when the newest backup is older than 26 hours"],
    },
    Incident {
        id: 236,
        days_ago: 25,
        slug: "postgres-extension",
        title: "PostgreSQL 17 without an extension",
        severity: 4,
        minutes: 95,
        services: &["reviews-dev"],
        form: Form::Yaml,
        summary: "A trial of PostgreSQL 17 on reviews-dev did not start: an extension that the schema needs was missing.",
        cause: "The image for 17 does not carry it yet.",
        actions: &["Build the image with the extension before the upgrade"],
    },
];

/// The path of an incident's postmortem.
fn path(incident: &Incident, calendar: Calendar) -> String {
    format!("docs/postmortems/{}-{}.md", calendar.date(incident.days_ago), incident.slug)
}

/// Writes the postmortem of an incident.
pub(super) fn write(id: u16, calendar: Calendar, world: &mut World) -> Result<(), DemoError> {
    let incident = INCIDENTS.iter().find(|incident| incident.id == id);
    let incident = incident.ok_or_else(|| DemoError::Story(format!("no incident is called INC-{id}")))?;
    world.put(&path(incident, calendar), text(incident, calendar))
}

fn text(incident: &Incident, calendar: Calendar) -> String {
    let actions: Vec<String> = incident.actions.iter().map(|action| format!("- [ ] {action}\n")).collect();
    format!(
        "{}\n## Summary\n\n{}\n\n## Root cause\n\n{}\n\n## Action items\n\n{}",
        head(incident, &calendar.date(incident.days_ago)),
        incident.summary,
        incident.cause,
        actions.concat(),
    )
}

fn head(incident: &Incident, date: &str) -> String {
    let Incident { id, title, severity, minutes, services, .. } = incident;
    let duration = format!("{:02}:{:02}:00", minutes / 60, minutes % 60);
    let list = services.join(", ");
    match incident.form {
        Form::Yaml => format!(
            "---\nid: INC-{id}\ntype: postmortem\ntitle: {title}\ndate: {date}\nseverity: SEV{severity}\n\
             duration: \"{duration}\"\nservices_affected: [{list}]\n---\n\n# INC-{id}: {title}\n"
        ),
        Form::Toml => format!(
            "+++\nid = \"INC-{id}\"\nincident_start_time = {date}T10:04:00Z\nseverity = {severity}\n\
             duration = \"{duration}\"\nservices = [\"{}\"]\n+++\n\n# INC-{id}: {title}\n",
            services.join("\", \"")
        ),
        Form::Bold => format!(
            "# INC-{id}: {title}\n\n**Date:** {date}\n**Severity:** SEV-{severity}\n**Duration:** {minutes} minutes\n\
             **Services:** {list}\n"
        ),
        Form::Table => format!(
            "# INC-{id}: {title}\n\n| | |\n|---|---|\n| Date | {date} |\n| Severity | {severity} |\n\
             | Duration | {minutes} min |\n| Services | {list} |\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postmortems_are_dated_by_the_calendar() {
        let calendar = Calendar::new("2025-11-20T08:00:00Z".parse().unwrap());
        let mut world = World::default();
        for incident in INCIDENTS {
            write(incident.id, calendar, &mut world).unwrap();
        }
        let text = world.text("docs/postmortems/2025-03-14-checkout-out-of-memory.md").unwrap();
        assert!(text.contains("date: 2025-03-14") && text.contains("SEV2") && text.contains("00:41:00"), "{text}");
        assert!(write(1, calendar, &mut world).is_err());
    }
}

//! What fills nine months between the events that matter: version updates, small sizes, notes of those on call.
//!
//! Each commit is chosen by its number alone, so that the past is the same whatever the day.

use super::DemoError;
use super::calendar::Calendar;
use super::cast::Who;
use super::services::{SERVICES, deployment_path};
use super::world::{Bumped, World};

/// A commit of the routine: who made it, and what it says.
#[derive(Debug)]
pub(super) struct Routine {
    pub(super) who: Who,
    pub(super) message: String,
}

/// The days over which routine is spread, from the first to the last.
const FIRST_DAY: u32 = 265;
const LAST_DAY: u32 = 2;

/// When the commit `index` of `count` was made: spread evenly, in office hours.
pub(super) fn moment(index: usize, count: usize, calendar: Calendar) -> (i64, u32) {
    let days = (FIRST_DAY - LAST_DAY) as usize;
    let day = FIRST_DAY - (index * days / count.max(1)) as u32;
    // Odd factors scatter hours and minutes without a pattern that a reader would see.
    let minute = (index * 137 + 41) % 540;
    (calendar.at(day, 8 + minute as u32 / 60, minute as u32 % 60), day)
}

/// Changes the world as the commit `index` does, and says who did it and how.
pub(super) fn act(index: usize, day: u32, calendar: Calendar, world: &mut World) -> Result<Routine, DemoError> {
    match index % 10 {
        0 | 2 | 4 | 6 => staging_update(index, world),
        1 | 5 => promotion(index, world),
        3 => chart_update(index, world),
        7 => note(index, day, calendar, world),
        8 => size(index, world),
        _ => provider_update(index, world),
    }
}

fn service_at(index: usize) -> &'static str {
    SERVICES[(index * 5 + index / 10) % SERVICES.len()].name
}

fn staging_update(index: usize, world: &mut World) -> Result<Routine, DemoError> {
    let name = service_at(index);
    let Bumped { old, new } = world.bump(&deployment_path(name, "staging"), "image: ")?;
    let message = format!("fix(container): update image registry.orbit.example/{name} ( {old} ➔ {new} )");
    Ok(Routine { who: Who::Renovate, message })
}

/// Brings a version that staging has run to production; where both are equal, staging moves on.
fn promotion(index: usize, world: &mut World) -> Result<Routine, DemoError> {
    let versions = |name: &str| -> Result<(String, String), DemoError> {
        let version = |overlay| world.version(&deployment_path(name, overlay), "image: ");
        Ok((version("prod")?, version("staging")?))
    };
    for step in 0..SERVICES.len() {
        let name = service_at(index + step);
        let (old, new) = versions(name)?;
        if old != new {
            world.set_version(
                &deployment_path(name, "prod"),
                "image: ",
                &Bumped { old: old.clone(), new: new.clone() },
            )?;
            let message = format!("{name}: {old} to {new} in production\n\nRan in staging without an alert.");
            return Ok(Routine { who: [Who::Maria, Who::Sam, Who::You][index % 3], message });
        }
    }
    staging_update(index, world)
}

const CHARTS: [&str; 6] = [
    "platform/cert-manager/staging",
    "platform/external-secrets/staging",
    "apps/loki/staging",
    "platform/cert-manager/prod",
    "platform/external-secrets/prod",
    "apps/grafana/prod",
];

fn chart_update(index: usize, world: &mut World) -> Result<Routine, DemoError> {
    let folder = CHARTS[index / 10 % CHARTS.len()];
    let Bumped { old, new } = world.bump(&format!("{folder}/helmrelease.yaml"), "version: ")?;
    let chart = folder.split('/').nth(1).unwrap_or(folder);
    Ok(Routine {
        who: Who::Renovate,
        message: format!("fix(helm): update chart {chart} ( {old} ➔ {new} ) in {folder}"),
    })
}

const NOTES: [&str; 9] = [
    "quiet night",
    "loki slow for ten minutes, a query over 30 days",
    "one node drained for its kernel, nothing noticed",
    "disk of media at 80 %, lifecycle rule added by hand",
    "alert of payments was the provider, not us",
    "web slow after a deploy, gone after its cache was warm",
    "backup of orders took 50 minutes instead of 20",
    "two alerts of search, both during the reindex",
    "certificate of grafana renewed on time",
];

fn note(index: usize, day: u32, calendar: Calendar, world: &mut World) -> Result<Routine, DemoError> {
    let who = [Who::You, Who::Maria, Who::Sam][index % 3];
    let note = NOTES[index / 10 % NOTES.len()];
    world.append("docs/oncall-log.md", &format!("- {}, {}: {note}\n", calendar.date(day), who.identity().0))?;
    Ok(Routine { who, message: format!("docs: on call on {}", calendar.day(day)) })
}

const REQUESTS: [&str; 4] = ["50m", "60m", "80m", "100m"];

/// Moves a CPU request in staging to the next of four sizes.
fn size(index: usize, world: &mut World) -> Result<Routine, DemoError> {
    let name = service_at(index);
    let path = deployment_path(name, "staging");
    let old = world.version(&path, "cpu: ")?;
    let at = REQUESTS.iter().position(|request| *request == old).map_or(0, |at| at + 1);
    let new = REQUESTS[at % REQUESTS.len()];
    world.swap(&path, &format!("cpu: {old}"), &format!("cpu: {new}"))?;
    let message = format!(
        "{name}: CPU request {old} to {new} in staging\n\nWhy: follows the use of the last 35 days.\nImpact: staging only.\n\
         Rollback: revert.\nConfidence: 0.9 (metrics, 35 days)"
    );
    Ok(Routine { who: Who::CostBot, message })
}

fn provider_update(_index: usize, world: &mut World) -> Result<Routine, DemoError> {
    let Bumped { old, new } = world.bump("tf/versions.tf", "version = ")?;
    Ok(Routine { who: Who::InfraBot, message: format!("terraform: provider aws {old} to {new}") })
}

//! The console as a fold: a fixture, keys, and what it asks of the outside.

mod consent;
mod list;
mod reading;
mod writing;

use super::queue::Row;
use super::testing::{Driver, Fixture};
use crate::model::ProposalName;

fn story() -> Driver {
    Driver::open(Fixture::story(), (120, 40))
}

/// A proposal of the fixtures' repository.
fn named(proposal: &str) -> ProposalName {
    ProposalName { repo: "home-ops".to_owned(), proposal: proposal.to_owned() }
}

/// What stands where: the list without its counts.
fn places(driver: &Driver) -> Vec<Vec<usize>> {
    driver.app.queue.rows().iter().map(|row: &Row| row.entries().to_vec()).collect()
}

//! The console as a fold: a fixture, keys, and what it asks of the outside.

mod consent;
mod list;
mod reading;
mod writing;

use super::queue::Row;
use super::testing::{Driver, Fixture};

fn story() -> Driver {
    Driver::open(Fixture::story(), (120, 40))
}

/// What stands where: the list without its counts.
fn places(driver: &Driver) -> Vec<Vec<usize>> {
    driver.app.queue.rows().iter().map(|row: &Row| row.entries().to_vec()).collect()
}

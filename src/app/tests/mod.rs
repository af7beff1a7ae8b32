//! The console as a fold: a fixture, keys, and what it asks of the outside.

mod consent;
mod list;
mod reading;
mod writing;

use super::testing::{Driver, Fixture};

fn story() -> Driver {
    Driver::open(Fixture::story(), (120, 40))
}

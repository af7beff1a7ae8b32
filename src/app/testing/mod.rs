//! A queue to test with, and a person who presses keys.

mod driver;
mod fixture;
mod plan;

pub(crate) use driver::Driver;
pub(crate) use fixture::{Fixture, Made, at, now, opened};
pub(crate) use plan::plan_for;

//! A queue to test with, and a person who presses keys.

mod driver;
mod fixture;

pub(crate) use driver::Driver;
pub(crate) use fixture::{Fixture, Made, at, now, opened, plan_for, policy};

//! What the actions do, by what lies on top.

mod decide;
mod outcome;
mod overlay;
mod queue;
mod review;
mod sheet;

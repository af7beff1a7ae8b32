//! Where the values come from that a proposal overwrites, as `show` prints it.

use jiff::Timestamp;

use super::output::Output;
use crate::diff::fields::called;
use crate::model::{FieldOrigin, Provenance, text};

/// Fields that are listed; `--json` has them all.
const LISTED: usize = 8;

/// Prints a line for each field whose origin is known.
pub fn fields(past: &Provenance, now: Timestamp, output: &mut Output) {
    let told: Vec<(&FieldOrigin, String)> =
        past.fields.iter().filter_map(|origin| Some((origin, origin.sentence(now)?))).collect();
    for (origin, said) in told.iter().take(LISTED) {
        let what = if told.len() > 1 { format!("{} ", subject(origin)) } else { String::new() };
        output.line(format!("before  {what}{said}"));
    }
    let more = told.len().saturating_sub(LISTED);
    if more > 0 {
        output.line(format!("before  and {}", text::count(more, "more field")));
    }
}

/// `checkout memory limit`
fn subject(origin: &FieldOrigin) -> String {
    let field = called(&origin.path);
    origin.document.name.as_deref().map_or(field.clone(), |name| format!("{} {field}", text::single_line(name)))
}

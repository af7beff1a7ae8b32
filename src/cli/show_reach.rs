//! The part of `show` that says where a proposal lands, and who feels it.

use crate::model::{Known, Reach, text};

use super::output::Output;

/// Names and places that are listed; `--json` has more.
const LISTED: usize = 5;

/// Says it in a few lines, what must not fail first.
pub fn show(reach: &Known<Reach>, output: &mut Output) {
    let found = match reach {
        Known::Known(found) => found,
        Known::Unknown(why) => return output.line(format!("reach   not known: {}", text::single_line(why))),
        Known::Indexing => return output.line("reach   is being looked for"),
    };
    for service in &found.services {
        output.line(format!("reach   {}", service.sentence()));
    }
    for cluster in found.clusters.iter().take(LISTED) {
        output.line(format!("reach   {}", cluster.sentence()));
    }
    more(found.clusters.len(), "cluster", output);
    for used in found.uses.iter().take(LISTED) {
        output.line(format!("reach   {}", used.sentence(LISTED)));
    }
    more(found.uses.len(), "name that is used elsewhere", output);
    if let Some(missing) = &found.missing {
        output.line(format!("reach   not all is known: {}", text::single_line(missing)));
    } else if found.services.is_empty() && found.clusters.is_empty() && found.uses.is_empty() {
        output.line("reach   no cluster, no service, and nothing else uses what changes");
    }
}

fn more(all: usize, what: &str, output: &mut Output) {
    if all > LISTED {
        output.line(format!("          and {} more", text::count(all - LISTED, what)));
    }
}

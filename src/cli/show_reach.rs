//! The part of `show` that says where a proposal lands, and who feels it.

use crate::model::{Known, NameUse, Reach, text};

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
        let critical = if service.critical { "critical service" } else { "service" };
        let (name, file) = (text::single_line(&service.name), text::single_line(&service.file));
        output.line(format!("reach   {critical} {name}: {file}"));
    }
    for cluster in found.clusters.iter().take(LISTED) {
        let (name, why) = (text::single_line(&cluster.name), text::single_line(&cluster.why));
        output.line(format!("reach   cluster {name}: {} by {why}", text::count(cluster.files, "file")));
    }
    more(found.clusters.len(), "cluster", output);
    for used in found.uses.iter().take(LISTED) {
        output.line(format!("reach   {}", uses(used)));
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

/// `ConfigMap shop/web is gone, and 2 places use it: Deployment shop/web, …`.
fn uses(used: &NameUse) -> String {
    let mut by: Vec<String> = used
        .places
        .iter()
        .take(LISTED)
        .map(|place| format!("{} ({})", text::single_line(&place.by), text::single_line(&place.file)))
        .collect();
    if used.count > by.len() {
        by.push(format!("{} more", used.count - by.len()));
    }
    let (gone, verb) = match (used.gone, used.count) {
        (true, 1) => (" is gone, and", "uses"),
        (true, _) => (" is gone, and", "use"),
        (false, 1) => (":", "uses"),
        (false, _) => (":", "use"),
    };
    let places = text::count(used.count, "place");
    format!("{}{gone} {places} {verb} it: {}", text::single_line(&used.name), by.join(", "))
}

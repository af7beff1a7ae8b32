//! Config documents before and after → what changed in their values.
//!
//! A line diff says that lines differ; this says which value of which object became what, and proves it: the edits that the
//! comparison finds, applied to the document before, must give the document after, and every changed line must belong to an
//! edit, be cosmetic, or be listed as unexplained. What cannot be read as values (templates, broken or hostile documents,
//! formats without fields) stays lines, with the reason.
//!
//! One file costs no more than a few passes over its bytes. The steps can be spread over threads: [`FileValues::read`] for
//! each file, then [`Moves::between`] once, then [`FileValues::report`] for each file; [`field_report`] does all of it.

mod align;
mod apply;
mod command;
mod compare;
mod credential;
mod deed;
mod documents;
mod dotenv;
mod edit;
mod file;
mod format;
mod hcl;
mod headline;
mod json;
mod known;
mod label;
mod lines;
mod measure;
mod moves;
mod naming;
mod node;
mod objects;
mod parsed;
mod patches;
mod pin;
mod plain;
mod publish;
mod quantity;
mod reference;
mod row;
mod secret;
mod shape;
mod tails;
mod token;
mod toml;
mod version;
mod versions;
mod weight;
mod words;
mod yaml;

pub use documents::{ConfigDocument, documents, has_values};
pub use file::FileValues;
pub use headline::{headline, is_prose};
pub use label::{called, differing, value as value_text};
pub use moves::Moves;
pub use quantity::quantity;
pub use row::{Telling, environment_in};
pub use shape::Shape;
pub use versions::{MAX_VERSION, ValueMove, value_at, value_moves};

use crate::diff::{Document, FileDiff};
use crate::model::field::FieldReport;

/// Reads and compares all files of a document.
#[must_use]
pub fn field_report(document: &Document) -> FieldReport {
    report_of(&document.files.iter().collect::<Vec<_>>())
}

/// Reads and compares files.
#[must_use]
pub fn report_of(files: &[&FileDiff]) -> FieldReport {
    let values: Vec<FileValues<'_>> = files.iter().map(|file| FileValues::read(file)).collect();
    let moves = Moves::between(&values);
    let mut report = FieldReport::default();
    for at in 0..values.len() {
        let own = FileValues::report(&values, &moves, at);
        report.fields.extend(own.fields);
        report.cosmetic.extend(own.cosmetic);
        report.unexplained.extend(own.unexplained);
    }
    report
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

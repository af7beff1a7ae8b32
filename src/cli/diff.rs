//! `countersign diff ID`: what one proposal would change, as a patch for people (the same rows as the console's).

use crate::diff::fields::field_report;
use crate::diff::{Document, LineKind, Row};
use crate::io::git::open;
use crate::io::git::proposals::mend;
use crate::model::{CommentSide, Landing, text};

use super::args::DiffArgs;
use super::json::ChangeJson;
use super::output::Output;
use super::session::Session;
use super::{CliError, Exit};
use super::{fields, find};

/// Runs the command.
pub fn run(session: &Session, args: &DiffArgs, output: &mut Output) -> Result<Exit, CliError> {
    let workspace = session.workspace()?;
    let typed = find::typed_one(&args.one.id)?;
    let situation = find::situation(session, &workspace, std::slice::from_ref(&typed.id))?;
    let queue = situation.queue();
    let queued = find::by_part(&queue, &typed)?;
    let diff = match &queued.proposal.landing {
        Landing::Clean(diff) => diff,
        Landing::NeedsRebase(why) => {
            return Err(CliError::refused(why.clone(), "the agent must rebase it before it can be judged"));
        }
        Landing::Unreadable(why) => {
            return Err(CliError::outside(format!("it cannot be read: {why}"), mend(why)));
        }
        Landing::Landed => {
            return Err(CliError::refused("the target has all of it already", "there is nothing to show"));
        }
    };
    let document = open::document(&workspace.repository, &queued.proposal, diff, args.context)?;
    if args.fields {
        return fields::print(&field_report(&document), args.one.json.json, output);
    }
    if args.one.json.json {
        return json(diff.files.as_slice(), &document, &queued.proposal.id, output);
    }
    if args.stat {
        stat(&document, output);
    } else {
        patch(&document, output);
    }
    Ok(Exit::Done)
}

/// `{id, files: [{…, hunks: [{old_start, new_start, lines: [{kind, old, new, text}]}]}]}`.
fn json(
    files: &[crate::model::FileChange],
    document: &Document,
    id: &str,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let mut lines: Vec<Vec<serde_json::Value>> = vec![Vec::new(); document.files().len()];
    for row in (0..document.row_count()).filter_map(|index| document.row(index)) {
        if let Row::Line(line) = row {
            let kind = match line.kind {
                LineKind::Equal => "equal",
                LineKind::Removed => "removed",
                LineKind::Added => "added",
            };
            let text = String::from_utf8_lossy(document.text(&line)).into_owned();
            lines[line.file].push(serde_json::json!({
                "kind": kind, "old": line.old, "new": line.new, "text": text,
            }));
        }
    }
    let shown: Vec<serde_json::Value> = document
        .files()
        .iter()
        .zip(lines)
        .map(|(summary, lines)| {
            let change = files.iter().find(|file| file.path == summary.path);
            let change = change.map(|file| ChangeJson::new(file, summary.stats));
            let old_path = summary.old_path.as_ref().map(ToString::to_string);
            serde_json::json!({ "change": change, "renamed_from": old_path, "lines": lines })
        })
        .collect();
    output.document(&serde_json::json!({
        "id": id, "additions": document.additions(), "deletions": document.deletions(), "files": shown,
    }))?;
    Ok(Exit::Done)
}

fn stat(document: &Document, output: &mut Output) {
    for file in document.files() {
        let counts = if file.stats.binary {
            "binary".to_owned()
        } else {
            format!("+{} -{}", file.stats.additions, file.stats.deletions)
        };
        output.line(format!("{}  {counts}", text::printable_bytes(&file.path)));
    }
    output.line(format!("{} files, +{} -{}", document.files().len(), document.additions(), document.deletions()));
}

fn patch(document: &Document, output: &mut Output) {
    let mut inside = false;
    for index in 0..document.row_count() {
        match document.row(index) {
            Some(Row::File(row)) => {
                inside = false;
                file_header(document, row.file, output);
            }
            Some(Row::Note(row)) => output.line(format!("  ({})", row.note)),
            Some(Row::Fold(row)) => {
                inside = false;
                output.line(format!("  … {} equal lines", row.lines));
            }
            Some(Row::Line(line)) => {
                if !inside {
                    output.line(hunk_header(document, index));
                    inside = true;
                }
                let sign = match line.kind {
                    LineKind::Equal => ' ',
                    LineKind::Removed => '-',
                    LineKind::Added => '+',
                };
                output.line(format!("{sign}{}", printable_line(document.text(&line))));
            }
            Some(Row::Fact(_)) | None => {}
        }
    }
}

/// `@@ -49,7 +49,8 @@`, as git writes it: first line and number of lines on each side, of the lines from this row on that
/// stand together.
fn hunk_header(document: &Document, from: usize) -> String {
    let rows = (from..document.row_count()).map_while(|row| document.row(row));
    let (mut old, mut new) = (Side::default(), Side::default());
    for row in rows.take_while(|row| !matches!(row, Row::File(_) | Row::Fold(_))) {
        let Row::Line(line) = row else { continue };
        old.add(line.old.filter(|_| line.kind != LineKind::Added));
        new.add(line.new.filter(|_| line.kind != LineKind::Removed));
    }
    format!("@@ -{old} +{new} @@")
}

/// The lines of one side of a hunk.
#[derive(Default)]
struct Side {
    first: Option<u32>,
    count: u32,
}

impl Side {
    fn add(&mut self, line: Option<u32>) {
        self.first = self.first.or(line);
        self.count += u32::from(line.is_some());
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.first.unwrap_or(0), self.count) {
            (first, 1) => write!(f, "{first}"),
            (first, count) => write!(f, "{first},{count}"),
        }
    }
}

/// Tabs stay, since the terminal expands them; everything else that acts is shown.
fn printable_line(line: &[u8]) -> String {
    line.split(|byte| *byte == b'\t').map(text::printable_bytes).collect::<Vec<_>>().join("\t")
}

fn file_header(document: &Document, file: usize, output: &mut Output) {
    let summary = &document.files()[file];
    let old = summary.old_path.as_ref().unwrap_or(&summary.path);
    let name = |side: CommentSide, there: bool| match (side, there) {
        (CommentSide::Old, true) => format!("a/{}", text::printable_bytes(old)),
        (CommentSide::New, true) => format!("b/{}", text::printable_bytes(&summary.path)),
        _ => "/dev/null".to_owned(),
    };
    output.line(format!("--- {}", name(CommentSide::Old, summary.old.is_some())));
    output.line(format!("+++ {}", name(CommentSide::New, summary.new.is_some())));
}

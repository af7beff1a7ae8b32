//! Everything that an agent wrote in a round, looked at for text that misleads.

use bstr::{BStr, ByteSlice as _};

use super::Looked;
use crate::evidence::signals::{Search, Spot};
use crate::model::CommentSide;

/// Looks at names, messages, the note and the added lines.
pub(super) fn search(looked: &Looked<'_>) -> Search {
    let Looked { proposal, document, .. } = looked;
    let mut search = Search::default();
    search.name(Spot::Branch, proposal.branch().as_ref().into());
    search.text(Spot::Title, &proposal.title, 1);
    for message in &proposal.messages {
        // The head's subject is the title.
        let seen = message.lines().next() == Some(proposal.title.as_str());
        search.text(Spot::Message, message, if seen { 2 } else { 1 });
    }
    if let Some(body) = proposal.body() {
        search.text(Spot::Body, body, 1);
    }
    if let Some(note) = &proposal.note {
        search.text(Spot::Note, note, 1);
    }
    // Changed paths are all looked at; of a renamed one the document knows the new name alone, which is what it adds.
    let added = document.files().iter().filter(|file| file.new.is_some());
    added.for_each(|file| search.name(Spot::FileName, file.path.as_bstr()));
    for (file, range) in document.added() {
        let Some(summary) = document.files().get(file) else { continue };
        let lines = document.lines(file, CommentSide::New);
        let text = |line| (line as usize + 1, BStr::new(lines.line(line).trim_end_with(|c| c == '\n')));
        let lines: Vec<(usize, &BStr)> = range.map(text).collect();
        search.lines(summary.path.as_bstr(), &lines);
    }
    search
}

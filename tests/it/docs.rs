//! The documents, held to the program: generated blocks, examples, links and pictures. `UPDATE=1` writes blocks and
//! pictures anew.

mod blocks;
mod examples;
mod links;
mod pictures;

use super::support::golden::project;

/// The front door.
const README: &str = "README.md";
/// Every document that people read.
const DOCUMENTS: [&str; 3] = [README, "ARCHITECTURE.md", "CONTRIBUTING.md"];

/// The text of a document.
fn text_of(document: &str) -> String {
    std::fs::read_to_string(project(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// A fenced block of code.
struct Fence {
    /// What stands behind the opening fence: `sh`.
    language: String,
    /// The line that it opens in, from 1.
    line: usize,
    /// What is between the fences.
    text: String,
}

/// The fenced blocks of a document, in order.
fn fences(text: &str) -> Vec<Fence> {
    let mut found: Vec<Fence> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        match line.trim_start().strip_prefix("```") {
            Some(language) if !open => {
                open = true;
                found.push(Fence { language: language.to_owned(), line: number + 1, text: String::new() });
            }
            Some(_) => open = false,
            None => {
                if let Some(fence) = found.last_mut().filter(|_| open) {
                    fence.text.push_str(line);
                    fence.text.push('\n');
                }
            }
        }
    }
    assert!(!open, "the last fence is not closed");
    found
}

/// The fenced blocks of the README in one language.
fn examples_in(language: &str) -> Vec<Fence> {
    fences(&text_of(README)).into_iter().filter(|fence| fence.language == language).collect()
}

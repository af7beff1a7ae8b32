//! What a parser hands on: documents with their regions, or why there are none.

use std::collections::HashSet;
use std::sync::Arc;

use bstr::ByteSlice as _;

use super::credential;
use super::node::{Node, Span};
use crate::model::text;

/// How much is read.
pub(super) struct Bounds;

impl Bounds {
    /// The largest file, in bytes: the largest bundles of custom resource definitions have about 5 MB.
    pub const BYTES: usize = 8 << 20;
    /// The deepest nesting. Kubernetes' own schemas are at 30.
    pub const DEPTH: usize = 100;
    /// The most values in a file, those that aliases stand for among them.
    pub const NODES: usize = 400_000;
}

/// How much of the bounds a reader has used up.
#[derive(Debug, Default)]
pub(super) struct Spent {
    nodes: usize,
}

impl Spent {
    /// Counts a value at a depth; says why where that is too much.
    pub fn count(&mut self, depth: usize) -> Result<(), &'static str> {
        self.nodes += 1;
        let within = depth <= Bounds::DEPTH && self.nodes <= Bounds::NODES;
        if within { Ok(()) } else { Err("it is nested too deeply, or has too many values") }
    }
}

/// The documents of a text.
#[derive(Debug, Default)]
pub(super) struct Parsed<'a> {
    pub documents: Vec<Document<'a>>,
}

/// One document.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub root: Node<'a>,
    /// Its position in the file, from 0.
    pub index: usize,
    /// From its marker, or the start of the file, to the next document.
    pub region: Span,
    /// Texts that stand in several places, because aliases stand for them.
    pub aliased: Arc<HashSet<String>>,
}

/// Why a text is not read as values.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Fit for a terminal.
    pub why: String,
}

impl Refusal {
    /// The most characters of a reason.
    const LENGTH: usize = 160;

    pub fn new(why: impl AsRef<str>) -> Self {
        // A key that stands twice may be one that nobody should see.
        let why = if credential::holds(why.as_ref()) { "it cannot be read" } else { why.as_ref() };
        Self { why: text::truncate(&text::single_line(why), Self::LENGTH).into_owned() }
    }

    /// A reason and the line, from 1, where it was found.
    pub fn at_line(line: usize, why: impl AsRef<str>) -> Self {
        Self { why: format!("{}, line {line}", Self::new(why).why) }
    }

    /// A reason and the offset where it was found.
    pub fn at_offset(text: impl AsRef<[u8]>, offset: usize, why: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let before = &text[..offset.min(text.len())];
        Self::at_line(before.find_iter(b"\n").count() + 1, why)
    }

    /// The same of a text with `{{`: its values exist only once it is rendered.
    pub fn into_template(self) -> Self {
        Self { why: format!("a template, whose values exist once it is rendered ({})", self.why) }
    }
}

impl<'a> Parsed<'a> {
    /// A file that is one document.
    pub fn single(root: Node<'a>, length: usize) -> Self {
        let region = Span::new(0, length);
        Self { documents: vec![Document { root, index: 0, region, aliased: Arc::default() }] }
    }

    /// Ends every document where the next begins, and the last at the end of the text.
    pub fn close(&mut self, length: usize) {
        let mut end = length as u32;
        for document in self.documents.iter_mut().rev() {
            document.region.end = end;
            end = document.region.start;
        }
    }

    /// Moves every place by so many bytes.
    pub fn shift(&mut self, by: u32) {
        for (at, document) in self.documents.iter_mut().enumerate() {
            document.root.respan(&|span| Span { start: span.start + by, end: span.end + by });
            document.region.start += if at == 0 { 0 } else { by };
        }
    }
}

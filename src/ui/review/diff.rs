//! The rows of the diff that are in view, and nothing else.

use std::ops::Range;

use ratatui::layout::Rect;

use crate::app::review::Review;
use crate::app::{Action, App};
use crate::config::{Context, Role};
use crate::diff::{
    Document, Fact, FileKind, FileRow, FoldRow, LineKind, LineRow, Marks, Row, Span, SpanKind, SyntaxRole, Window,
    display_line,
};
use crate::engine::Opened;
use crate::model::text::printable_bytes;
use crate::ui::Drawn;
use crate::ui::widgets::{Canvas, Pen, elide, moved};

/// Columns between tab stops.
const TAB: usize = 4;

/// Draws the rows from the first one that is in view on.
pub fn draw(app: &App, review: &Review, opened: &Opened, canvas: &mut Canvas<'_>, area: Rect, drawn: &mut Drawn) {
    let document = &opened.document;
    let end = document.row_count().min(review.top() + usize::from(area.height));
    for (line, at) in (review.top()..end).enumerate() {
        let Some(row) = document.row(at) else { continue };
        drawn.rows_built += 1;
        let cursor = at == review.cursor();
        let colourless = canvas.colourless();
        let pen = canvas.row(area, line as u16);
        let mut view = RowView { app, review, document, cursor, colourless, pen };
        match row {
            Row::File(row) => view.file(&row),
            Row::Note(row) => view.note(&row.note.to_string()),
            Row::Fold(row) => view.fold(&row),
            Row::Fact(row) => view.fact(&row.fact),
            Row::Line(row) => drawn.frame.cut.extend(view.line(&row).map(|column| (at, column))),
        }
    }
    if document.row_count() == 0 {
        let mut pen = canvas.row(area, 1);
        pen.gap(2);
        pen.write(Role::Quiet, "nothing would change");
    }
    (drawn.frame.rows, drawn.frame.left) = (review.top()..end, review.left());
}

/// A row that is being drawn.
struct RowView<'v, 'c, 'a> {
    app: &'v App,
    review: &'v Review,
    document: &'v Document,
    cursor: bool,
    colourless: bool,
    pen: Pen<'c, 'a>,
}

impl RowView<'_, '_, '_> {
    /// The sign of the cursor.
    fn sign(&mut self) {
        let role = if self.cursor { Role::Focus } else { Role::Text };
        self.pen.write(role, if self.cursor { ">" } else { " " });
    }

    fn file(&mut self, row: &FileRow) {
        let Some(summary) = self.document.files().get(row.file) else { return };
        self.sign();
        let counts = match summary.stats {
            stats if stats.binary => String::new(),
            stats => format!("  +{} -{}", stats.additions, stats.deletions),
        };
        let folded = if row.folded { "  folded" } else { "" };
        let kind = kind(summary.kind);
        let new = printable_bytes(&summary.path);
        let path = summary.old_path.as_ref().map_or_else(|| new.clone(), |old| moved(&printable_bytes(old), &new));
        let room = self.pen.room().saturating_sub(counts.len() + kind.len() + folded.len() + 3);
        self.pen.write(Role::DiffFile, &elide(&path, room));
        self.pen.write(Role::Quiet, &counts);
        if !kind.is_empty() {
            self.pen.write(Role::Quiet, &format!("  {kind}"));
        }
        self.pen.write(Role::Warn, folded);
        self.pen.gap(1);
        let rest = self.pen.room();
        self.pen.write(Role::Border, &"─".repeat(rest));
    }

    fn note(&mut self, text: &str) {
        self.sign();
        let gutter = 2 * self.review.number_width + 4;
        self.pen.gap(gutter);
        self.pen.write(Role::DiffNote, text);
    }

    /// What is known of the change above, under its text.
    fn fact(&mut self, fact: &Fact) {
        self.sign();
        let gutter = 2 * self.review.number_width + 4;
        self.pen.gap(gutter);
        let (role, sign) = if fact.warns { (Role::Warn, "≠ ") } else { (Role::Quiet, "▏ ") };
        self.pen.write(role, sign);
        let room = self.pen.room();
        self.pen.cell(Role::Found, &fact.text, room);
    }

    fn fold(&mut self, row: &FoldRow) {
        self.sign();
        let key = |action| crate::app::hints::label(self.app, Context::Review, action).unwrap_or_default();
        let lines = crate::app::count(row.lines as usize, "equal line");
        let text = if self.cursor {
            format!(" {lines}, {} shows all, {} some ", key(Action::Open), key(Action::MoreContext))
        } else {
            format!(" {lines} ")
        };
        let gutter = 2 * self.review.number_width + 2;
        self.pen.write(Role::DiffFold, &"┄".repeat(gutter));
        self.pen.write(Role::DiffFold, &text);
        let rest = self.pen.room();
        self.pen.write(Role::DiffFold, &"┄".repeat(rest));
    }

    /// A line; if it goes on beyond the right edge, the column up to which it is shown.
    fn line(&mut self, row: &LineRow) -> Option<usize> {
        let look = Look::of(row.kind);
        self.sign();
        self.pen.set_over(None);
        let width = self.review.number_width;
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let role = if self.cursor { Role::Focus } else { look.number };
        self.pen.cell_right(role, &number(row.old), width);
        self.pen.write(role, " ");
        self.pen.cell_right(role, &number(row.new), width);
        let comment = if self.commented(row) { "c" } else { " " };
        self.pen.write(Role::People, comment);
        self.pen.write(look.sign, look.glyph);
        self.text(row, look)
    }

    fn commented(&self, row: &LineRow) -> bool {
        let comments = self.app.desk.comments(&self.review.subject);
        let path = || self.document.files().get(row.file).map(|file| String::from_utf8_lossy(&file.path).into_owned());
        !comments.is_empty()
            && comments.iter().any(|comment| {
                comment.side == row.side() && comment.line == row.number() && Some(&comment.file) == path().as_ref()
            })
    }

    /// The text, its changed words emphasised, its colours where they are known; the row filled to its end.
    fn text(&mut self, row: &LineRow, look: Look) -> Option<usize> {
        let bytes = self.document.text(row);
        let columns = self.pen.room();
        let words = self.document.words(row);
        let found = hits(bytes, self.review.search.as_bytes());
        let syntax = self.review.colours.line(row.file, row.side(), row.number().saturating_sub(1));
        let window = Window { tab_width: TAB, offset: self.review.left(), columns: columns + 1 };
        let spans = display_line(bytes, window, Marks { words: &words, found: &found, syntax });
        let cut = spans.iter().map(|span| span.width).sum::<usize>() > columns;
        self.pen.set_under(look.row);
        for span in &spans {
            self.span(span, look);
        }
        self.pen.fill();
        if cut {
            self.pen.back(1);
            self.pen.write(Role::Warn, "›");
        }
        cut.then(|| self.review.left() + columns.saturating_sub(1))
    }

    fn span(&mut self, span: &Span, look: Look) {
        let changed = look.row != Role::DiffContext;
        let role = match span.kind {
            SpanKind::Active | SpanKind::Invalid => Role::Active,
            SpanKind::Trailing if changed => return self.pen.write(Role::Quiet, &"·".repeat(span.width)),
            _ if span.found => Role::Match,
            _ if span.emphasis => look.word,
            _ => span.syntax.map_or(look.row, syntax),
        };
        if self.colourless && span.emphasis && changed {
            self.pen.write(role, &format!("[{}]", span.text));
        } else {
            self.pen.write(role, &span.text);
        }
    }
}

/// Bytes of a line in which hits are marked; a search finds what lies behind them too.
const MARKED: usize = 4096;

/// Where a needle is in a line. A needle without capitals matches both cases, as the search does.
fn hits(line: &[u8], needle: &[u8]) -> Vec<Range<usize>> {
    let line = &line[..line.len().min(MARKED)];
    if needle.is_empty() || needle.len() > line.len() {
        return Vec::new();
    }
    let exact = needle.iter().any(u8::is_ascii_uppercase);
    let same = |window: &[u8]| if exact { window == needle } else { window.eq_ignore_ascii_case(needle) };
    let starts = line.windows(needle.len()).enumerate().filter(|(_, window)| same(window)).map(|(at, _)| at);
    let mut hits: Vec<Range<usize>> = Vec::new();
    for start in starts {
        if hits.last().is_none_or(|last| last.end <= start) {
            hits.push(start..start + needle.len());
        }
    }
    hits
}

/// How a kind of line looks.
#[derive(Debug, Clone, Copy)]
struct Look {
    glyph: &'static str,
    row: Role,
    word: Role,
    sign: Role,
    number: Role,
}

impl Look {
    const fn of(kind: LineKind) -> Self {
        match kind {
            LineKind::Equal => Self {
                glyph: " ",
                row: Role::DiffContext,
                word: Role::DiffContext,
                sign: Role::DiffContext,
                number: Role::DiffContextNumber,
            },
            LineKind::Removed => Self {
                glyph: "-",
                row: Role::DiffRemoved,
                word: Role::DiffRemovedWord,
                sign: Role::DiffRemovedSign,
                number: Role::DiffRemovedNumber,
            },
            LineKind::Added => Self {
                glyph: "+",
                row: Role::DiffAdded,
                word: Role::DiffAddedWord,
                sign: Role::DiffAddedSign,
                number: Role::DiffAddedNumber,
            },
        }
    }
}

const fn syntax(role: SyntaxRole) -> Role {
    match role {
        SyntaxRole::Comment => Role::SyntaxComment,
        SyntaxRole::String => Role::SyntaxString,
        SyntaxRole::Number => Role::SyntaxNumber,
        SyntaxRole::Constant => Role::SyntaxConstant,
        SyntaxRole::Key => Role::SyntaxKey,
        SyntaxRole::Function => Role::SyntaxFunction,
        SyntaxRole::Type => Role::SyntaxType,
        SyntaxRole::Variable => Role::SyntaxVariable,
        SyntaxRole::Punctuation => Role::SyntaxPunctuation,
        SyntaxRole::Keyword | SyntaxRole::Heading => Role::SyntaxKeyword,
    }
}

const fn kind(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Added => "new",
        FileKind::Deleted => "deleted",
        FileKind::Modified => "",
        FileKind::Renamed => "moved",
        FileKind::Retyped => "another kind",
        FileKind::Mode => "mode",
    }
}

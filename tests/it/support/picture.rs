//! Pictures of a screen for the README, as SVG text: rectangles for backgrounds, one `<text>` for each run of one style.
//!
//! Colours are those of the cells; only the 16 palette colours and the two defaults are ours, because a terminal leaves
//! them to its user. Text is stretched to its cells (`textLength`), so that columns line up in any monospaced font.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

use super::{View, golden};

/// A cell's width and height in SVG units, at a font size of 14.
const CELL: (f32, f32) = (8.4, 17.0);
/// Space around the screen.
const MARGIN: f32 = 12.0;
/// What a terminal shows where a program sets no colour: text and background.
const DEFAULTS: ((u8, u8, u8), (u8, u8, u8)) = ((0xd5, 0xd8, 0xdf), (0x16, 0x18, 0x1d));
/// The 16 palette colours.
const PALETTE: [(u8, u8, u8); 16] = [
    (0x2a, 0x2e, 0x36),
    (0xe0, 0x6c, 0x75),
    (0x8c, 0xc2, 0x65),
    (0xd1, 0x9a, 0x66),
    (0x61, 0xaf, 0xef),
    (0xc6, 0x78, 0xdd),
    (0x56, 0xb6, 0xc2),
    (0xab, 0xb2, 0xbf),
    (0x5c, 0x63, 0x70),
    (0xff, 0x7b, 0x85),
    (0xa5, 0xe0, 0x75),
    (0xe5, 0xc0, 0x7b),
    (0x7c, 0xc5, 0xff),
    (0xde, 0x9b, 0xf2),
    (0x6f, 0xd3, 0xe0),
    (0xf0, 0xf2, 0xf5),
];

/// Holds an SVG file of the repository, such as `screenshots/queue.svg`, to a screen; `UPDATE=1` draws it anew.
#[track_caller]
pub fn holds(file: &str, view: &View) {
    golden::holds(&golden::project(file), &svg(view.screen()));
}

/// A screen as an SVG document.
fn svg(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let width = f32::from(columns).mul_add(CELL.0, 2.0 * MARGIN);
    let height = f32::from(rows).mul_add(CELL.1, 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.1} {height:.1}\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" \
         xml:space=\"preserve\" style=\"white-space: pre\">\n",
        hex(DEFAULTS.1)
    );
    for row in 0..rows {
        let runs = runs(screen, row, columns);
        for run in &runs {
            run.background(&mut out, row);
        }
        for run in &runs {
            run.text(&mut out, row);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// Bold, dim, italic and underlined, as SVG says them.
const ATTRIBUTES: [&str; 4] =
    [" font-weight=\"bold\"", " opacity=\"0.65\"", " font-style=\"italic\"", " text-decoration=\"underline\""];

/// What a cell looks like.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    text: (u8, u8, u8),
    background: (u8, u8, u8),
    /// Which of [`ATTRIBUTES`] it has.
    attributes: [bool; 4],
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let text = rgb(cell.fgcolor(), DEFAULTS.0);
        let background = rgb(cell.bgcolor(), DEFAULTS.1);
        let (text, background) = if cell.inverse() { (background, text) } else { (text, background) };
        Self { text, background, attributes: [cell.bold(), cell.dim(), cell.italic(), cell.underline()] }
    }

    /// What can be seen of it on a blank: the background, and a line.
    fn of_a_blank(self) -> Self {
        Self { text: DEFAULTS.0, attributes: [false, false, false, self.underlined()], ..self }
    }

    fn underlined(self) -> bool {
        self.attributes[3]
    }

    fn attributes(self) -> String {
        let mut out = format!("fill=\"{}\"", hex(self.text));
        for (attribute, _) in ATTRIBUTES.iter().zip(self.attributes).filter(|(_, set)| *set) {
            out.push_str(attribute);
        }
        out
    }
}

/// Cells side by side that look the same.
struct Run {
    column: u16,
    columns: u16,
    look: Look,
    wide: bool,
    text: String,
}

impl Run {
    fn background(&self, out: &mut String, row: u16) {
        if self.look.background != DEFAULTS.1 {
            let (x, y) = corner(row, self.column);
            let width = f32::from(self.columns) * CELL.0;
            let fill = hex(self.look.background);
            let height = CELL.1;
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>"
            );
        }
    }

    fn text(&self, out: &mut String, row: u16) {
        if self.text.trim().is_empty() && !self.look.underlined() {
            return;
        }
        let (x, y) = corner(row, self.column);
        let baseline = y + CELL.1 * 0.77;
        let width = f32::from(self.columns) * CELL.0;
        let attributes = self.look.attributes();
        let text = escape(&self.text);
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{baseline:.1}\" textLength=\"{width:.1}\" {attributes}>{text}</text>"
        );
    }
}

/// A row's cells, gathered by their look; a wide character stands alone, so that what follows keeps its column.
fn runs(screen: &Screen, row: u16, columns: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (column, cell) in (0..columns).filter_map(|column| Some((column, screen.cell(row, column)?))) {
        let look = Look::of(cell);
        let content = match cell.contents() {
            _ if cell.is_wide_continuation() => "",
            "" => " ",
            text => text,
        };
        match runs.last_mut() {
            Some(run) if content.is_empty() || run.goes_on_with(content, look) && !cell.is_wide() => {
                run.columns += 1;
                run.text.push_str(content);
            }
            _ => {
                let look = if content == " " { look.of_a_blank() } else { look };
                runs.push(Run { column, columns: 1, look, wide: cell.is_wide(), text: content.to_owned() });
            }
        }
    }
    runs.iter_mut().for_each(Run::trim);
    runs
}

impl Run {
    /// Whether the next cell belongs to it. What colour a blank would have had cannot be seen, and must not make a difference:
    /// it depends on the way by which the program came to this screen.
    fn goes_on_with(&self, content: &str, look: Look) -> bool {
        if content == " " {
            !self.wide && self.look.of_a_blank() == look.of_a_blank()
        } else {
            !self.wide && self.look == look && !self.text.trim().is_empty()
        }
    }

    /// Blanks at the end need no text; their background is a rectangle of its own.
    fn trim(&mut self) {
        if self.look.background == DEFAULTS.1 && !self.look.underlined() {
            let kept = self.text.trim_end_matches(' ').len();
            self.columns -= u16::try_from(self.text.len() - kept).unwrap_or(0);
            self.text.truncate(kept);
        }
    }
}

fn corner(row: u16, column: u16) -> (f32, f32) {
    (f32::from(column).mul_add(CELL.0, MARGIN), f32::from(row).mul_add(CELL.1, MARGIN))
}

/// The colour of a cell; indexes above 15 are the cube and the greys that every xterm has.
fn rgb(color: Color, default: (u8, u8, u8)) -> (u8, u8, u8) {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match color {
        Color::Default => default,
        Color::Rgb(red, green, blue) => (red, green, blue),
        Color::Idx(index @ 0..16) => PALETTE[usize::from(index)],
        Color::Idx(index @ 16..232) => {
            let cube = usize::from(index - 16);
            (LEVELS[cube / 36], LEVELS[cube / 6 % 6], LEVELS[cube % 6])
        }
        Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

fn hex((red, green, blue): (u8, u8, u8)) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

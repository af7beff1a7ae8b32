//! The screen: two frames, and the bytes that lead from one to the other.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::links::Links;
use super::paint::Painter;
use super::pen::Pen;
use super::shift::Shift;
use crate::config::Depth;
use crate::model::WebAddress;

/// Begins and ends a synchronized update, which a terminal shows at once (mode 2026); others ignore it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
/// Erases everything, with a plain pen.
const CLEAR: &[u8] = b"\x1b[m\x1b[2J";
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";
const HIDE_CURSOR: &[u8] = b"\x1b[?25l";

/// What the terminal shows, what it will show, and how many colours it has.
#[derive(Debug)]
pub struct Screen {
    shown: Buffer,
    next: Buffer,
    depth: Depth,
    /// Whether `shown` is what the terminal shows.
    known: bool,
    cursor: Option<Position>,
    pen: Pen,
    links: Links,
    out: Vec<u8>,
}

/// What a frame says beside its cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Where the cursor is to be seen, if anywhere.
    pub cursor: Option<Position>,
    /// The pages that links lead to, in the order of the marks in the cells.
    pub links: Vec<WebAddress>,
}

impl From<Option<Position>> for Marks {
    fn from(cursor: Option<Position>) -> Self {
        Self { cursor, links: Vec::new() }
    }
}

impl Screen {
    /// A screen of so many columns and rows, of which nothing is known yet.
    #[must_use]
    pub fn new(columns: u16, rows: u16, depth: Depth) -> Self {
        let blank = Buffer::empty(Rect::new(0, 0, columns, rows));
        Self {
            shown: blank.clone(),
            next: blank,
            depth,
            known: false,
            cursor: None,
            pen: Pen::plain(),
            links: Links::default(),
            out: Vec::new(),
        }
    }

    /// The same with links written as such, or not.
    #[must_use]
    pub fn linking(mut self, on: bool) -> Self {
        self.links.switch(on);
        self
    }

    /// The columns and rows.
    #[must_use]
    pub const fn area(&self) -> Rect {
        self.shown.area
    }

    /// The frame as it is on the terminal.
    #[must_use]
    pub const fn shown(&self) -> &Buffer {
        &self.shown
    }

    /// Takes another size; the next frame is drawn whole.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let (out, links) = (std::mem::take(&mut self.out), std::mem::take(&mut self.links));
        *self = Self { links, out, ..Self::new(columns, rows, self.depth) };
    }

    /// Forgets what the terminal shows: the next frame is drawn whole, and the cursor is put where it says.
    pub const fn forget(&mut self) {
        self.known = false;
    }

    /// Draws a frame and returns the bytes that bring it onto the terminal: none where nothing changed.
    ///
    /// `draw` fills a blank buffer and says where the cursor is to be seen, if anywhere, and where links lead.
    pub fn frame<M: Into<Marks>>(&mut self, draw: impl FnOnce(&mut Buffer) -> M) -> &[u8] {
        self.next.reset();
        let Marks { cursor, links } = draw(&mut self.next).into();
        let cursor = cursor.filter(|at| self.shown.area.contains(*at));
        self.known &= !self.links.overflow();
        self.links.renumber(&mut self.next, &links);
        self.out.clear();
        self.out.extend_from_slice(BEGIN);
        let whole = !std::mem::replace(&mut self.known, true);
        if whole {
            self.out.extend_from_slice(CLEAR);
            self.shown.reset();
        }
        let mut painter = Painter::new(&mut self.out, &mut self.pen, self.depth, &self.links);
        if let Some(shift) = Shift::find(&self.shown, &self.next) {
            painter.scroll(shift.top, shift.bottom, shift.by);
            shift.apply(&mut self.shown);
        }
        painter.paint(&self.shown, &self.next);
        painter.lift();
        std::mem::swap(&mut self.shown, &mut self.next);
        self.finish(cursor, whole);
        &self.out
    }

    /// Puts the cursor where it belongs and closes the update, or empties it if nothing was written.
    fn finish(&mut self, cursor: Option<Position>, whole: bool) {
        let written = self.out.len() > BEGIN.len();
        if !written && cursor == self.cursor {
            self.out.clear();
            return;
        }
        if let Some(at) = cursor {
            Painter::new(&mut self.out, &mut self.pen, self.depth, &self.links).park(at.x, at.y);
        }
        if whole || cursor.is_some() != self.cursor.is_some() {
            self.out.extend_from_slice(if cursor.is_some() { SHOW_CURSOR } else { HIDE_CURSOR });
        }
        self.cursor = cursor;
        self.out.extend_from_slice(END);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::{Color, Modifier, Style};

    use super::*;
    use crate::config::{Ground, LinkMark, Role, Styles, Theme};
    use crate::tui::glyph::Glyph;
    use crate::tui::pen::Ink;

    /// A screen and a terminal that reads every byte it writes.
    struct Rig {
        screen: Screen,
        terminal: vt100::Parser,
    }

    impl Rig {
        fn new(columns: u16, rows: u16, depth: Depth) -> Self {
            Self { screen: Screen::new(columns, rows, depth), terminal: vt100::Parser::new(rows, columns, 0) }
        }

        fn resize(&mut self, columns: u16, rows: u16) {
            self.screen.resize(columns, rows);
            self.terminal.screen_mut().set_size(rows, columns);
        }

        /// Shows a buffer, checks that the terminal shows it too, and returns how many bytes that took.
        fn show(&mut self, frame: &Buffer) -> usize {
            self.show_with(frame, None)
        }

        fn show_with(&mut self, frame: &Buffer, cursor: Option<Position>) -> usize {
            let bytes = self.screen.frame(|buffer| {
                buffer.clone_from(frame);
                cursor
            });
            let sent = bytes.len();
            self.terminal.process(bytes);
            if let Some(difference) = self.difference(frame) {
                panic!("{difference}\nsent {:?}", String::from_utf8_lossy(&self.screen.out));
            }
            sent
        }

        fn difference(&self, frame: &Buffer) -> Option<String> {
            (0..frame.area.height).find_map(|y| {
                let mut x = 0;
                while x < frame.area.width {
                    let cell = &frame[(x, y)];
                    let glyph = Glyph::of(cell, frame.area.width - x);
                    let shown = self.terminal.screen().cell(y, x).unwrap();
                    let ink = Ink::of(cell, self.screen.depth);
                    if !same(glyph.text, ink, shown) {
                        return Some(format!("at {x},{y}: wanted {:?} {ink:?}, shown {shown:?}", glyph.text));
                    }
                    x += glyph.width;
                }
                None
            })
        }
    }

    fn same(text: &str, ink: Ink, shown: &vt100::Cell) -> bool {
        let attributes = [
            (Modifier::BOLD, shown.bold()),
            (Modifier::DIM, shown.dim()),
            (Modifier::ITALIC, shown.italic()),
            (Modifier::UNDERLINED, shown.underline()),
            (Modifier::REVERSED, shown.inverse()),
        ];
        let inks = colour(ink.fg) == shown.fgcolor()
            && colour(ink.bg) == shown.bgcolor()
            && attributes.iter().all(|(attribute, on)| ink.attributes.contains(*attribute) == *on);
        // A blank shows nothing of the text colour, nor of bold, dim and italic, unless it is reversed or underlined.
        let lined = ink.attributes.intersects(Modifier::REVERSED | Modifier::UNDERLINED);
        let alike = colour(ink.bg) == shown.bgcolor() && !lined && !shown.inverse() && !shown.underline();
        match text {
            " " => matches!(shown.contents(), "" | " ") && (inks || alike),
            _ => inks && shown.contents() == text,
        }
    }

    fn colour(colour: Color) -> vt100::Color {
        match colour {
            Color::Reset => vt100::Color::Default,
            Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
            Color::Indexed(number) => vt100::Color::Idx(number),
            Color::Red => vt100::Color::Idx(1),
            Color::Green => vt100::Color::Idx(2),
            other => panic!("{other:?} is not used here"),
        }
    }

    #[derive(Debug, Clone)]
    enum Change {
        Text { x: u16, y: u16, text: String, style: usize },
        Fill { y: u16, style: usize },
        Scroll { top: u16, bottom: u16, by: i16 },
        Blank,
        Forget,
        Resize { columns: u16, rows: u16 },
        Cursor { x: u16, y: u16 },
    }

    fn styles() -> [Style; 6] {
        [
            Style::new(),
            Style::new().fg(Color::Red),
            Style::new().bg(Color::Rgb(10, 60, 20)).fg(Color::Indexed(250)),
            Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            Style::new().add_modifier(Modifier::DIM | Modifier::ITALIC).bg(Color::Green),
            Style::new().add_modifier(Modifier::UNDERLINED),
        ]
    }

    fn change() -> impl Strategy<Value = Change> {
        let piece = prop::sample::select(vec!["a", "b", " ", "  ", "語", "→", "e\u{301}", "✅", "한", "x\u{1b}y", "│"]);
        let text = prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat());
        prop_oneof![
            6 => (0_u16..30, 0_u16..12, text, 0_usize..6).prop_map(|(x, y, text, style)| Change::Text { x, y, text, style }),
            1 => (0_u16..12, 0_usize..6).prop_map(|(y, style)| Change::Fill { y, style }),
            3 => (0_u16..12, 0_u16..12, -4_i16..5).prop_map(|(top, bottom, by)| Change::Scroll { top, bottom, by }),
            1 => Just(Change::Blank),
            1 => Just(Change::Forget),
            1 => (1_u16..30, 1_u16..12).prop_map(|(columns, rows)| Change::Resize { columns, rows }),
            1 => (0_u16..30, 0_u16..12).prop_map(|(x, y)| Change::Cursor { x, y }),
        ]
    }

    /// Applies a change to the wanted picture; returns where the cursor is wanted.
    fn apply(rig: &mut Rig, wanted: &mut Buffer, change: Change) -> Option<Position> {
        match change {
            Change::Text { x, y, text, style } if x < wanted.area.width && y < wanted.area.height => {
                wanted.set_string(x, y, text, styles()[style]);
            }
            Change::Fill { y, style } if y < wanted.area.height => {
                wanted.set_style(Rect::new(0, y, wanted.area.width, 1), styles()[style]);
            }
            Change::Scroll { top, bottom, by } if top < bottom && bottom < wanted.area.height => {
                let by = by.clamp(top as i16 - bottom as i16, bottom as i16 - top as i16);
                Shift { top, bottom, by }.apply(wanted);
            }
            Change::Blank => wanted.reset(),
            Change::Forget => rig.screen.forget(),
            Change::Resize { columns, rows } => {
                rig.resize(columns, rows);
                *wanted = Buffer::empty(Rect::new(0, 0, columns, rows));
            }
            Change::Cursor { x, y } => return Some(Position::new(x, y)).filter(|at| wanted.area.contains(*at)),
            _ => {}
        }
        None
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
        #[test]
        fn the_terminal_shows_the_buffer(
            frames in prop::collection::vec(prop::collection::vec(change(), 1..8), 1..12),
            depth in prop::sample::select(vec![Depth::None, Depth::Indexed, Depth::True]),
        ) {
            let mut rig = Rig::new(24, 10, depth);
            let mut wanted = Buffer::empty(Rect::new(0, 0, 24, 10));
            for changes in frames {
                let mut cursor = None;
                for change in changes {
                    cursor = apply(&mut rig, &mut wanted, change).filter(|at| wanted.area.contains(*at));
                }
                rig.show_with(&wanted, cursor);
                prop_assert_eq!(rig.terminal.screen().hide_cursor(), cursor.is_none());
                if let Some(at) = cursor {
                    prop_assert_eq!(rig.terminal.screen().cursor_position(), (at.y, at.x));
                }
                prop_assert_eq!(rig.show_with(&wanted, cursor), 0, "nothing changed, nothing is written");
            }
        }

        #[test]
        fn no_control_character_of_a_cell_is_written(symbols in prop::collection::vec(any::<String>(), 1..40)) {
            let mut screen = Screen::new(8, 5, Depth::True);
            let bytes = screen.frame(|buffer| {
                for (cell, symbol) in buffer.content.iter_mut().zip(&symbols) {
                    cell.set_symbol(symbol);
                }
                None
            });
            let text = std::str::from_utf8(bytes).unwrap();
            // What is left of ours once the sequences that this module writes are taken out.
            let mut rest = text.to_owned();
            while let Some(start) = rest.find("\x1b[") {
                let end = rest[start + 2..].find(|c: char| c.is_ascii_alphabetic()).unwrap() + start + 2;
                prop_assert!(rest[start + 2..end].chars().all(|c| c.is_ascii_digit() || matches!(c, ';' | '?')), "{rest:?}");
                rest.replace_range(start..=end, "");
            }
            let rest = rest.replace("\r\n", "").replace('\r', "");
            prop_assert!(!rest.chars().any(char::is_control), "{rest:?}");
        }
    }

    #[test]
    fn what_follows_a_glyph_of_uncertain_width_stands_in_its_place() {
        let mut rig = Rig::new(20, 2, Depth::True);
        let mut frame = Buffer::empty(Rect::new(0, 0, 20, 2));
        frame.set_string(0, 0, "👩\u{200d}💻 by sam │ x", Style::new());
        rig.screen.frame(|buffer| {
            buffer.clone_from(&frame);
            None
        });
        rig.terminal.process(&rig.screen.out);
        let row: String = (2..20).map(|x| rig.terminal.screen().cell(0, x).unwrap().contents()).collect();
        assert_eq!(row.trim_end(), " by sam │ x");
    }

    /// What a terminal that knows links would have on its screen: links become underlines, which none of the frames below has.
    struct Linked {
        screen: Screen,
        terminal: vt100::Parser,
    }

    impl Linked {
        fn new(columns: u16, rows: u16) -> Self {
            let screen = Screen::new(columns, rows, Depth::True).linking(true);
            Self { screen, terminal: vt100::Parser::new(rows, columns, 0) }
        }

        /// Shows rows of words, in which `[text]` leads to a page; returns the bytes that were sent.
        fn show(&mut self, rows: &[String]) -> String {
            let bytes = self.screen.frame(|buffer| draw_linked(buffer, rows)).to_vec();
            let text = String::from_utf8(bytes).unwrap();
            self.terminal.process(underlined(&text).as_bytes());
            let (height, width) = self.terminal.screen().size();
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let (wanted, shown) = (&self.screen.shown[(x, y)], self.terminal.screen().cell(y, x).unwrap());
                let leads = LinkMark::of(wanted.underline_color).is_some();
                assert_eq!(leads, shown.underline(), "a link at {x},{y} of {rows:?}: {text:?}");
                assert_eq!(wanted.symbol().trim(), shown.contents().trim(), "at {x},{y} of {rows:?}");
            }
            text
        }
    }

    fn draw_linked(buffer: &mut Buffer, rows: &[String]) -> Marks {
        let mut marks = Marks::default();
        for (y, row) in rows.iter().enumerate() {
            let (mut x, mut link) = (0, None);
            for part in row.split_inclusive(['[', ']']) {
                let text = part.trim_end_matches(['[', ']']);
                let style = LinkMark::on(link, Style::new());
                x = buffer.set_stringn(x, y as u16, text, usize::from(buffer.area.width - x), style).0;
                link = None;
                if part.ends_with('[') {
                    let page = row.split('[').nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
                    let page = page.replace(' ', "-");
                    marks.links.push(WebAddress::parse(&format!("https://a/{page}")).unwrap());
                    link = LinkMark::at(marks.links.len() - 1);
                }
            }
        }
        marks
    }

    /// Links as underlines, held up where a colour is changed within one.
    fn underlined(text: &str) -> String {
        let (mut out, mut open) = (String::new(), false);
        for (at, part) in text.split("\x1b]8;;").enumerate() {
            let rest = if at == 0 { part } else { part.split_once("\x1b\\").unwrap().1 };
            open = if at == 0 { false } else { !part.starts_with("\x1b\\") };
            out.push_str(if open { "\x1b[4m" } else { "\x1b[24m" });
            out.push_str(rest);
        }
        assert!(!open, "a frame ends its links");
        out
    }

    fn rows(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn links_are_written_once_and_again_where_they_lead_elsewhere() {
        let mut rig = Linked::new(20, 3);
        let sent = rig.show(&rows(&["see [one] now", "plain"]));
        assert!(sent.contains("\x1b]8;;https://a/one\x1b\\one") && sent.contains("\x1b]8;;\x1b\\now"), "{sent:?}");
        assert_eq!(rig.show(&rows(&["see [one] now", "plain"])), "");
        // A row without links takes no byte for those of another.
        let plain = rig.show(&rows(&["see [one] now", "other"]));
        assert!(!plain.contains("]8;"), "{plain:?}");
        let gone = rig.show(&rows(&["see one now", "other"]));
        assert!(gone.contains("one") && !gone.contains("]8;"), "{gone:?}");
        // The frame's own numbers say nothing: another address under the same text is another link.
        let screen = &mut rig.screen;
        let mut lead = |to: &str| {
            let links = vec![WebAddress::parse(to).unwrap()];
            let draw = |buffer: &mut Buffer| {
                buffer.set_string(0, 0, "#1", LinkMark::on(LinkMark::at(0), Style::new()));
                Marks { cursor: None, links }
            };
            String::from_utf8(screen.frame(draw).to_vec()).unwrap()
        };
        assert!(lead("https://a/1").contains("https://a/1\x1b\\#1"));
        assert_eq!(lead("https://a/1"), "");
        assert!(lead("https://b/1").contains("https://b/1\x1b\\#1"));
    }

    #[test]
    fn links_that_are_switched_off_change_no_byte() {
        let texts = rows(&["see [one] now", "plain"]);
        let mut off = Screen::new(20, 2, Depth::True);
        let mut none = Screen::new(20, 2, Depth::True);
        let without: Vec<String> = texts.iter().map(|row| row.replace(['[', ']'], "")).collect();
        let (off, none) =
            (off.frame(|b| draw_linked(b, &texts)).to_vec(), none.frame(|b| draw_linked(b, &without)).to_vec());
        assert_eq!(off, none);
    }

    proptest! {
        #[test]
        fn links_stay_with_their_text_whatever_moves(
            frames in prop::collection::vec(prop::collection::vec("[a-c ]{0,5}(\\[[a-c ]{1,4}\\])?[a-c ]{0,6}", 6), 1..6),
            shifts in prop::collection::vec(0_usize..4, 6),
        ) {
            let mut rig = Linked::new(16, 6);
            for (frame, shift) in frames.iter().zip(&shifts) {
                rig.show(frame);
                let mut moved = frame.clone();
                moved.rotate_left(*shift);
                rig.show(&moved);
                prop_assert_eq!(rig.show(&moved), "");
            }
        }
    }

    fn dark() -> Styles {
        Theme::load(Ground::Dark, None).0.styles(Depth::True)
    }

    /// A queue as the sketch has it: 120 columns, tiers, quiet and coloured words, a hint bar and a preview.
    fn queue(styles: &Styles, first: usize, cursor: usize, preview: bool) -> Buffer {
        let mut frame = Buffer::empty(Rect::new(0, 0, 120, 40));
        let mut put = |x, y, text: &str, role| frame.set_string(x, y, text, styles.of(role));
        put(1, 0, "countersign  home-ops    350 pending: 4 high  11 medium  335 low", Role::Title);
        for row in 0..30_u16 {
            let item = first + usize::from(row);
            let y = row + 3;
            let (tier, role) = [("H", Role::RiskHigh), ("M", Role::RiskMedium), ("L", Role::RiskLow)][item % 3];
            put(2, y, tier, role);
            put(4, y, &format!("#{item}"), Role::Quiet);
            put(9, y, &format!("apps/service-{item}: image tag 1.{item}.0 → 1.{item}.1"), Role::Text);
            put(58, y, "prod", Role::Quiet);
            put(67, y, "renovate[bot]", Role::People);
            put(82, y, &format!("{item:>3}/{item:<3}"), Role::Quiet);
            put(94, y, if item.is_multiple_of(5) { "≠" } else { " " }, Role::Warn);
            put(97, y, "clean", Role::Ok);
            put(114, y, "3h", Role::Quiet);
        }
        put(0, 34, &"─".repeat(120), Role::Border);
        if preview {
            put(1, 35, &format!("#{} renovate, round 1, 1 file", first + cursor), Role::Text);
            put(1, 36, &format!("says    update image service-{} to a new patch release", first + cursor), Role::Claim);
        }
        put(1, 39, "a approve  x reject  H hold or ask │ enter open  space mark  b batch", Role::HintText);
        let y = cursor as u16 + 3;
        frame.set_style(Rect::new(0, y, 120, 1), styles.of(Role::Focus));
        frame.set_string(0, y, ">", styles.of(Role::Focus));
        frame
    }

    #[test]
    fn a_cursor_move_in_the_queue_costs_at_most_400_bytes() {
        let styles = dark();
        let mut rig = Rig::new(120, 40, Depth::True);
        let whole = rig.show(&queue(&styles, 0, 0, false));
        let mut costs: Vec<usize> = (1..30).map(|cursor| rig.show(&queue(&styles, 0, cursor, false))).collect();
        costs.sort_unstable();
        println!("whole frame {whole}, one move: median {} worst {}", costs[costs.len() / 2], costs[costs.len() - 1]);
        assert!(costs[costs.len() - 1] <= 400, "{costs:?}");
    }

    #[test]
    fn scrolling_the_queue_by_one_costs_one_row_and_the_focus() {
        let styles = dark();
        let mut rig = Rig::new(120, 40, Depth::True);
        rig.show(&queue(&styles, 0, 29, false));
        let mut costs: Vec<usize> = (1..40).map(|first| rig.show(&queue(&styles, first, 29, false))).collect();
        costs.sort_unstable();
        println!("one row of the queue: median {} worst {}", costs[costs.len() / 2], costs[costs.len() - 1]);
        assert!(costs[costs.len() - 1] <= 600, "{costs:?}");
    }

    /// A diff at full width: numbers, signs, tinted rows, syntax colours, a header above and a bar below.
    fn diff(styles: &Styles, first: usize) -> Buffer {
        let mut frame = Buffer::empty(Rect::new(0, 0, 120, 40));
        frame.set_string(1, 0, "#412  checkout (prod): memory limit 4Gi → 2Gi", styles.of(Role::Title));
        frame.set_string(1, 39, "space read on  ]c [c hunk  a approve  x reject", styles.of(Role::HintText));
        frame.set_string(100, 0, format!("line {first}"), styles.of(Role::Quiet));
        for row in 0..36_u16 {
            let (line, y) = (first + usize::from(row), row + 2);
            let (ground, sign, number, mark) = match line % 7 {
                3 => (Role::DiffRemoved, Role::DiffRemovedSign, Role::DiffRemovedNumber, "-"),
                4 => (Role::DiffAdded, Role::DiffAddedSign, Role::DiffAddedNumber, "+"),
                _ => (Role::DiffContext, Role::DiffContext, Role::DiffContextNumber, " "),
            };
            frame.set_style(Rect::new(0, y, 120, 1), styles.of(ground));
            frame.set_string(0, y, format!("{line:>5} {line:>5}"), styles.of(number));
            frame.set_string(12, y, mark, styles.of(sign));
            frame.set_string(14 + line as u16 % 6, y, "replicas", styles.of(Role::SyntaxKey));
            frame.set_string(22 + line as u16 % 6, y, ":", styles.of(Role::SyntaxPunctuation));
            frame.set_string(24 + line as u16 % 6, y, format!("{line}"), styles.of(Role::SyntaxNumber));
            frame.set_string(32, y, format!("# note number {line} about this"), styles.of(Role::SyntaxComment));
        }
        frame
    }

    #[test]
    fn one_line_of_scrolling_costs_at_most_600_bytes() {
        let styles = dark();
        let mut rig = Rig::new(120, 40, Depth::True);
        let whole = rig.show(&diff(&styles, 1));
        let mut costs: Vec<usize> =
            (2..80).chain((20..79).rev()).map(|first| rig.show(&diff(&styles, first))).collect();
        costs.sort_unstable();
        let half = rig.show(&diff(&styles, 38));
        println!(
            "whole {whole}, one line: median {} worst {}, half a page {half}",
            costs[costs.len() / 2],
            costs[costs.len() - 1]
        );
        assert!(costs[costs.len() - 1] <= 600, "{costs:?}");
    }

    #[test]
    fn without_colours_nothing_but_attributes_is_written() {
        let styles = Theme::load(Ground::Dark, None).0.styles(Depth::None);
        let mut rig = Rig::new(120, 40, Depth::None);
        rig.show(&queue(&styles, 0, 3, true));
        let text = String::from_utf8(rig.screen.out.clone()).unwrap();
        for sequence in text.split("\x1b[").filter_map(|rest| rest.split_once('m').map(|(parameters, _)| parameters)) {
            let colours = sequence.split(';').filter_map(|parameter| parameter.parse::<u8>().ok()).any(|n| n >= 30);
            assert!(!colours || sequence.contains(|c: char| c.is_ascii_alphabetic()), "{sequence}");
        }
        let focus = rig.terminal.screen().cell(6, 20).unwrap();
        assert!(focus.inverse(), "the focused row stays visible");
        assert_eq!(rig.terminal.screen().cell(6, 0).unwrap().contents(), ">");
    }
}

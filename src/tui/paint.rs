//! From one frame to the next: what differs is written, in the fewest bytes that we know how to.

use std::io::Write as _;

use ratatui::buffer::{Buffer, Cell};

use super::glyph::Glyph;
use super::links::Links;
use super::pen::{Ink, Pen};
use crate::config::{Depth, LinkMark};
use crate::model::WebAddress;

/// Erasing to the end of a row costs three bytes; fewer blanks than this are written.
const ERASE_FROM: u16 = 4;
/// A short gap of unchanged cells is written again if that is cheaper than to jump over it.
const SHORT_GAP: u16 = 4;

/// A row of fewer bytes is not tried a second way.
const WORTH_ERASING: usize = 24;

/// The state that writing changes.
#[derive(Debug, Clone, Copy)]
struct Hand {
    ink: Ink,
    link: Option<LinkMark>,
    cursor: Option<(u16, Option<u16>)>,
}

/// Writes changes, and knows where the terminal's cursor stands and what its pen holds.
#[derive(Debug)]
pub(super) struct Painter<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) pen: &'o mut Pen,
    depth: Depth,
    links: &'o Links,
    /// The link that what is written now belongs to; none at the start of a frame.
    link: Option<LinkMark>,
    /// The row, and the column where it is sure; nothing at the start of a frame.
    cursor: Option<(u16, Option<u16>)>,
}

impl<'o> Painter<'o> {
    pub(super) const fn new(out: &'o mut Vec<u8>, pen: &'o mut Pen, depth: Depth, links: &'o Links) -> Self {
        Self { out, pen, depth, links, link: None, cursor: None }
    }

    /// Ends the link and the ink that are open.
    pub(super) fn lift(&mut self) {
        self.lead(None);
        self.pen.change(self.out, Ink::PLAIN);
    }

    /// Has what is written from here on lead to another page, or to none.
    fn lead(&mut self, to: Option<LinkMark>) {
        if self.link != to {
            let address = to.and_then(|to| self.links.address(to)).map_or("", WebAddress::as_str);
            self.out.extend_from_slice(b"\x1b]8;;");
            self.out.extend_from_slice(address.as_bytes());
            self.out.extend_from_slice(b"\x1b\\");
            self.link = to;
        }
    }

    /// Writes what differs between two frames of one size.
    pub(super) fn paint(&mut self, old: &Buffer, new: &Buffer) {
        let width = usize::from(new.area.width);
        if width == 0 {
            return;
        }
        for (y, (old, new)) in old.content.chunks(width).zip(new.content.chunks(width)).enumerate() {
            if old != new {
                self.row(y as u16, old, new);
            }
        }
    }

    /// Writes a row the shorter of two ways: its changes, or everything anew after erasing from the first change on.
    fn row(&mut self, y: u16, old: &[Cell], new: &[Cell]) {
        let (start, before) = (self.out.len(), self.hand());
        let Some(first) = self.cells(y, 0, Some(old), new) else { return };
        if self.out.len() - start < WORTH_ERASING {
            return;
        }
        let (changes, after) = (self.out.split_off(start), self.hand());
        self.take(before);
        self.erase(first, y, new);
        self.cells(y, first, None, new);
        if self.out.len() - start >= changes.len() {
            self.out.truncate(start);
            self.out.extend_from_slice(&changes);
            self.take(after);
        }
    }

    /// Writes the cells of a row that differ from what is there, which is nothing after erasing (`None`); returns the first
    /// column written.
    fn cells(&mut self, y: u16, from: u16, old: Option<&[Cell]>, new: &[Cell]) -> Option<u16> {
        let columns = new.len() as u16;
        let blank_from = new.iter().rposition(|cell| !self.is_blank(cell)).map_or(0, |last| last as u16 + 1);
        // Up to here the terminal does not show what `old` says, because a neighbour's glyph lay over it.
        let mut stale_until = 0;
        let mut first = None;
        let mut x = from;
        while x < columns {
            let at = usize::from(x);
            let glyph = Glyph::of(&new[at], columns - x);
            if x >= stale_until && self.looks_same(old.map(|old| &old[at]), &new[at]) {
                x += glyph.width;
                continue;
            }
            first = first.or(Some(x));
            if x >= blank_from && self.should_erase(x, stale_until, old, new) {
                self.erase(x, y, new);
                break;
            }
            self.go(x, y, new);
            self.lead(LinkMark::of(new[at].underline_color));
            self.put(glyph, Ink::of(&new[at], self.depth), columns);
            for covered in x..(x + glyph.width).min(columns) {
                let under = old.map(|old| Glyph::of(&old[usize::from(covered)], columns - covered).reach);
                stale_until = stale_until.max(covered + under.unwrap_or(0));
            }
            stale_until = stale_until.max(x + glyph.reach);
            x += glyph.width;
        }
        first
    }

    /// Whether a cell looks erased.
    fn is_blank(&self, cell: &Cell) -> bool {
        let leads = LinkMark::of(cell.underline_color).is_some();
        cell.symbol() == " " && !leads && Ink::of(cell, self.depth).leaves_blanks_plain()
    }

    fn looks_same(&self, old: Option<&Cell>, new: &Cell) -> bool {
        old.is_some_and(|old| old == new) || (old.is_none_or(|old| self.is_blank(old)) && self.is_blank(new))
    }

    /// Whether erasing to the end of the row is shorter than writing the blanks that are left of it.
    fn should_erase(&self, x: u16, stale_until: u16, old: Option<&[Cell]>, new: &[Cell]) -> bool {
        let old = |at: usize| old.map(|old| &old[at]);
        let last = (usize::from(x)..new.len()).rev().find(|at| !self.looks_same(old(*at), &new[*at]));
        let end = last.map_or(0, |last| last as u16 + 1).max(stale_until);
        end.saturating_sub(x) >= ERASE_FROM
    }

    fn erase(&mut self, x: u16, y: u16, row: &[Cell]) {
        self.go(x, y, row);
        self.lift();
        self.out.extend_from_slice(b"\x1b[K");
    }

    /// Where the cursor stands and what the pen holds.
    const fn hand(&self) -> Hand {
        Hand { ink: self.pen.ink(), link: self.link, cursor: self.cursor }
    }

    const fn take(&mut self, hand: Hand) {
        self.pen.take(hand.ink);
        self.link = hand.link;
        self.cursor = hand.cursor;
    }

    fn put(&mut self, glyph: Glyph<'_>, ink: Ink, columns: u16) {
        if !self.pen.ink().draws_alike(ink, glyph.text) {
            self.pen.change(self.out, ink);
        }
        self.out.extend_from_slice(glyph.text.as_bytes());
        self.cursor = self.cursor.map(|(y, x)| {
            let next = x.map(|x| x + glyph.width).filter(|next| glyph.sure && *next < columns);
            (y, next)
        });
    }

    /// Moves the cursor by the cheapest way; `row` is the row as it will be.
    fn go(&mut self, x: u16, y: u16, row: &[Cell]) {
        match self.cursor {
            Some((at, Some(from))) if at == y && from == x => return,
            Some((at, Some(from))) if at == y && from < x => {
                if !self.rewrite(from, x, row) {
                    self.forward(x - from);
                }
            }
            Some((at, _)) if at == y && x == 0 => self.out.push(b'\r'),
            Some((at, _)) if at == y => self.sequence(format_args!("{}G", x + 1)),
            Some((at, _)) if at + 1 == y && x == 0 => self.out.extend_from_slice(b"\r\n"),
            _ if x == 0 && y == 0 => self.sequence(format_args!("H")),
            _ if x == 0 => self.sequence(format_args!("{}H", y + 1)),
            _ => self.sequence(format_args!("{};{}H", y + 1, x + 1)),
        }
        self.cursor = Some((y, Some(x)));
    }

    /// Writes a short gap again where that needs no other ink and fewer bytes than a jump; whether it did.
    fn rewrite(&mut self, from: u16, to: u16, row: &[Cell]) -> bool {
        let gap = &row[usize::from(from)..usize::from(to)];
        let is_ascii = |cell: &Cell| matches!(cell.symbol().as_bytes(), [b' '..=b'~']);
        let fits = |cell: &Cell| self.pen.ink().draws_alike(Ink::of(cell, self.depth), cell.symbol());
        let leads = |cell: &Cell| LinkMark::of(cell.underline_color) == self.link;
        let same = |cell: &Cell| is_ascii(cell) && fits(cell) && leads(cell);
        let cheap = to - from < SHORT_GAP && gap.iter().all(same);
        if cheap {
            for cell in gap {
                self.out.extend_from_slice(cell.symbol().as_bytes());
            }
        }
        cheap
    }

    fn forward(&mut self, columns: u16) {
        match columns {
            1 => self.sequence(format_args!("C")),
            _ => self.sequence(format_args!("{columns}C")),
        }
    }

    /// Moves the cursor to a place without drawing there.
    pub(super) fn park(&mut self, x: u16, y: u16) {
        self.sequence(format_args!("{};{}H", y + 1, x + 1));
        self.cursor = Some((y, Some(x)));
    }

    /// Lets the terminal move the rows from `top` to `bottom` by so many rows, up where that is positive.
    pub(super) fn scroll(&mut self, top: u16, bottom: u16, by: i16) {
        self.sequence(format_args!("{};{}r", top + 1, bottom + 1));
        let way = if by > 0 { 'S' } else { 'T' };
        match by.unsigned_abs() {
            1 => self.sequence(format_args!("{way}")),
            rows => self.sequence(format_args!("{rows}{way}")),
        }
        self.sequence(format_args!("r"));
        self.cursor = None;
    }

    fn sequence(&mut self, rest: std::fmt::Arguments<'_>) {
        // Writing to a Vec cannot fail.
        let _ = write!(self.out, "\x1b[{rest}");
    }
}

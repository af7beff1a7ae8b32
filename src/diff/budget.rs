//! How much work a comparison may cost.

/// Steps that every comparison may take, however small its texts are.
const BASE: u64 = 4_000_000;

/// Steps that a comparison may take for each line: files of real histories need 1 to 40, and large ones the least.
const PER_LINE: u64 = 48;

/// The steps that a comparison may still take, a step being one look at a line. It makes the worst case linear in the size of
/// the texts.
pub(super) struct Budget {
    left: u64,
    spent: bool,
}

impl Budget {
    /// What texts of so many lines, of both sides together, may cost.
    pub(super) const fn for_lines(lines: usize) -> Self {
        Self { left: BASE + PER_LINE * lines as u64, spent: false }
    }

    /// Takes steps.
    pub(super) const fn spend(&mut self, steps: u64) {
        self.spent |= steps > self.left;
        self.left = self.left.saturating_sub(steps);
    }

    /// Whether more was needed than there was.
    pub(super) const fn is_spent(&self) -> bool {
        self.spent
    }
}

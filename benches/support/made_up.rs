//! Texts in the shape of a GitOps repository, the same on every run.

/// A path with what was there before and what is there after.
pub struct Change {
    pub path: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// The same numbers on every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    pub fn manifest(&mut self, lines: u64) -> Vec<String> {
        let line = |dice: &mut Self| match dice.below(8) {
            0 => "---\n".to_owned(),
            1 => "spec:\n".to_owned(),
            2 => format!("  - name: app-{}\n", dice.below(40)),
            3 => format!("    image: registry.example/app-{}:1.{}.{}\n", dice.below(40), dice.below(30), dice.below(9)),
            4 => format!("      memory: {}Mi # requested by the team\n", dice.below(64) * 16),
            _ => format!("    key{}: \"value {}\"\n", dice.below(200), dice.below(1_000)),
        };
        (0..lines).map(|_| line(self)).collect()
    }
}

/// 1,084 files, a third of them edited, a third gone, a third new; about 40,000 changed lines.
pub fn two_years() -> Vec<Change> {
    let mut dice = Dice(7);
    let change = |at: u64| {
        let size = 20 + dice.below(70);
        let old = dice.manifest(size);
        let mut new = old.clone();
        for _ in 0..size / 8 {
            let line = dice.below(size) as usize;
            new[line] = dice.manifest(1).concat();
        }
        let (old, new) = match at % 3 {
            0 => (Some(old.concat()), Some(new.concat())),
            1 => (Some(old.concat()), None),
            _ => (None, Some(new.concat())),
        };
        Change { path: format!("kubernetes/apps/group-{}/app-{at}/helmrelease.yaml", at / 40), old, new }
    };
    (0..1_084).map(change).collect()
}

//! Files that a test makes and the repository keeps: pictures, tables in the README. A stale one fails.

use std::path::{Path, PathBuf};

/// A path in the repository.
pub fn project(relative: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// Whether the person asked for outputs to be written anew instead of compared.
pub fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Holds a file of the repository to what the test made; writes it with `UPDATE=1`.
#[track_caller]
pub fn holds(file: &Path, made: &str) {
    let kept = std::fs::read_to_string(file).ok();
    if kept.as_deref() == Some(made) {
        return;
    }
    if updating() {
        std::fs::create_dir_all(file.parent().expect("a file in a folder")).expect("the folder of the output");
        std::fs::write(file, made).expect("the output can be written");
        return;
    }
    let (line, old, new) = first_difference(kept.as_deref().unwrap_or_default(), made);
    panic!(
        "{}:{line}: is stale: UPDATE=1 cargo test writes it anew; look at the difference before you commit it\n  \
         kept: {old}\n  made: {new}",
        file.display()
    );
}

/// The first line, from 1, that differs, on both sides.
fn first_difference<'a>(kept: &'a str, made: &'a str) -> (usize, &'a str, &'a str) {
    let (mut old, mut new) = (kept.lines(), made.lines());
    for line in 1.. {
        match (old.next(), new.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => return (line, a.unwrap_or("(the end)"), b.unwrap_or("(the end)")),
        }
    }
    unreachable!("two texts end")
}

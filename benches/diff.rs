//! What a diff of 1,000 files and 40,000 lines costs: to open, and for each frame once it is open.
//!
//! The proposal is made up, in the shape of a GitOps repository over two years. `COUNTERSIGN_CORPUS=DIR` measures a real one
//! instead: `DIR/onedr0p/home-ops`, from its state before June 2024 to its head.

#![expect(clippy::disallowed_methods, clippy::print_stderr, reason = "a benchmark finds and names its input by itself")]

#[path = "support/made_up.rs"]
mod made_up;

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bstr::BStr;
use countersign::diff::{
    CONTEXT, Content, Document, Expand, FileDiff, FileInput, Highlighter, LineDiff, LineRow, Lines, Marks, Row, Window,
    change_id, comparisons, display_line,
};
use countersign::model::{CommentSide, FileChange, Mode, Oid, Side};
use divan::Bencher;
use made_up::{Change, Dice, two_years};
use sha2::{Digest as _, Sha256};

fn main() {
    let document = document();
    let stats = (document.files().len(), document.additions(), document.deletions(), document.row_count());
    eprintln!("{} files, +{} -{} lines, {} rows", stats.0, stats.1, stats.2, stats.3);
    divan::main();
}

/// Both sides of every changed file.
fn inputs() -> &'static [FileInput] {
    static INPUTS: OnceLock<Vec<FileInput>> = OnceLock::new();
    INPUTS.get_or_init(|| corpus().map_or_else(made_up, |folder| real(&folder)))
}

fn document() -> Document {
    Document::build(inputs().to_vec(), CONTEXT)
}

fn corpus() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("COUNTERSIGN_CORPUS")?).join("onedr0p/home-ops");
    folder.is_dir().then_some(folder)
}

/// The difference of two years in a real repository.
fn real(folder: &PathBuf) -> Vec<FileInput> {
    let repo = git2::Repository::open(folder).expect("a repository");
    let mut walk = repo.revwalk().expect("a history");
    walk.push_head().expect("a head");
    let june = 1_717_200_000;
    let old = walk
        .flatten()
        .find(|id| repo.find_commit(*id).is_ok_and(|commit| commit.time().seconds() < june))
        .and_then(|id| repo.find_commit(id).ok()?.tree().ok())
        .expect("a commit before June 2024");
    let new = repo.head().and_then(|head| head.peel_to_tree()).expect("a tree");
    let diff = repo.diff_tree_to_tree(Some(&old), Some(&new), None).expect("a difference");
    let side = |file: git2::DiffFile<'_>| {
        let mode = Mode::from_bits(u32::from(file.mode()))?;
        let blob = repo.find_blob(file.id()).ok()?;
        let mut oid = [0; 20];
        oid.copy_from_slice(file.id().as_bytes());
        Some((Side { mode, oid: Oid::from_bytes(oid) }, Content::classify(mode, blob.content())))
    };
    diff.deltas()
        .map(|delta| {
            let (old, new) = (side(delta.old_file()), side(delta.new_file()));
            let path = delta.new_file().path_bytes().unwrap_or_default().into();
            FileInput {
                change: FileChange { path, old: old.as_ref().map(|side| side.0), new: new.as_ref().map(|side| side.0) },
                old: old.map_or(Content::Absent, |side| side.1),
                new: new.map_or(Content::Absent, |side| side.1),
            }
        })
        .collect()
}

/// A difference of that size that was made up.
fn made_up() -> Vec<FileInput> {
    let side = |text: &Option<String>| {
        let text = text.as_ref()?;
        let mut oid = [0; 20];
        oid.copy_from_slice(&Sha256::digest(text)[..20]);
        Some(Side { mode: Mode::File, oid: Oid::from_bytes(oid) })
    };
    let content =
        |text: Option<String>| text.map_or(Content::Absent, |text| Content::classify(Mode::File, text.into_bytes()));
    let input = |Change { path, old, new }| {
        let change = FileChange { path: String::into(path), old: side(&old), new: side(&new) };
        FileInput { change, old: content(old), new: content(new) }
    };
    two_years().into_iter().map(input).collect()
}

#[divan::bench]
fn change_id_of_all(bencher: Bencher) {
    let changes: Vec<FileChange> = inputs().iter().map(|input| input.change.clone()).collect();
    bencher.bench(|| change_id(&changes));
}

#[divan::bench]
fn pair_renames(bencher: Bencher) {
    bencher.with_inputs(|| inputs().to_vec()).bench_values(comparisons);
}

#[divan::bench]
fn compare_all_files(bencher: Bencher) {
    let inputs = inputs();
    bencher.bench(|| inputs.iter().map(|input| FileDiff::compute(input.clone(), CONTEXT)).collect::<Vec<_>>());
}

#[divan::bench]
fn join_all_files(bencher: Bencher) {
    let files = || comparisons(inputs().to_vec()).iter().map(|one| one.compute(CONTEXT)).collect::<Vec<_>>();
    bencher.with_inputs(files).bench_values(|files| Document::new(files, CONTEXT));
}

#[divan::bench]
fn one_row_anywhere(bencher: Bencher) {
    let document = document();
    let mut dice = Dice(1);
    bencher.bench_local(|| document.row(dice.below(document.row_count() as u64) as usize));
}

/// The line rows of a screen of 50 rows somewhere.
fn screen(document: &Document, dice: &mut Dice) -> Vec<LineRow> {
    let start = dice.below(document.row_count() as u64 - 50) as usize;
    let line = |row| match document.row(row) {
        Some(Row::Line(line)) => Some(line),
        _ => None,
    };
    (start..start + 50).filter_map(line).collect()
}

#[divan::bench]
fn words_of_a_screen(bencher: Bencher) {
    let document = document();
    let mut dice = Dice(1);
    bencher.bench_local(|| screen(&document, &mut dice).iter().map(|line| document.words(line).len()).sum::<usize>());
}

#[divan::bench]
fn all_of_a_screen(bencher: Bencher) {
    let document = document();
    let mut dice = Dice(1);
    let window = Window { tab_width: 4, offset: 0, columns: 180 };
    bencher.bench_local(|| {
        for line in screen(&document, &mut dice) {
            let words = document.words(&line);
            black_box(display_line(document.text(&line), window, Marks { words: &words, ..Marks::default() }));
        }
    });
}

#[divan::bench]
fn step_through_all_hunks(bencher: Bencher) {
    let document = document();
    bencher.bench_local(|| std::iter::successors(Some(0), |row| document.next_hunk(*row)).count());
}

#[divan::bench]
fn find_what_is_not_there(bencher: Bencher) {
    let document = document();
    bencher.bench_local(|| document.find(BStr::new("not to be found"), 0, true));
}

#[divan::bench]
fn expand_and_come_back(bencher: Bencher) {
    bencher.with_inputs(document).bench_local_refs(|document| {
        let anchor = document.anchor(document.row_count() / 2);
        document.expand(document.row_count() / 2, Expand::Both(10));
        anchor.map(|anchor| document.row_of(&anchor))
    });
}

#[divan::bench(args = ["x", "日", "\t", "\u{301}"])]
fn display_ten_megabytes(bencher: Bencher, piece: &str) {
    let line = piece.repeat(10_000_000 / piece.len());
    let window = Window { tab_width: 4, offset: 0, columns: 180 };
    bencher.bench(|| display_line(line.as_bytes(), window, Marks::default()));
}

/// The text after, of the longest file.
fn longest() -> Lines {
    let document = document();
    let sides = (0..document.files().len()).map(|file| document.lines(file, CommentSide::New));
    sides.max_by_key(|lines| lines.len()).cloned().unwrap_or_default()
}

#[divan::bench]
fn colour_a_screen_further_down(bencher: Bencher) {
    let lines = longest();
    let mut highlighter = Highlighter::new(BStr::new("a.yaml"), lines.clone()).expect("YAML");
    let mut start = 0;
    bencher.bench_local(|| {
        start = (start + 50) % lines.len();
        highlighter.window(start..start + 50)
    });
}

#[divan::bench(args = ["two kinds of lines", "ten megabytes in a line", "half a million lines, one changed"], sample_count = 3)]
fn compare_the_worst(bencher: Bencher, what: &str) {
    let mut dice = Dice(3);
    let mut noise = || (0..100_000).map(|_| if dice.below(2) == 0 { "a\n" } else { "b\n" }).collect::<String>();
    let numbered: String = (0..500_000).flat_map(|n| [n.to_string(), "\n".to_owned()]).collect();
    let (old, new) = match what {
        "two kinds of lines" => (noise(), noise()),
        "ten megabytes in a line" => ("x".repeat(10_000_000), "y".repeat(10_000_000)),
        _ => (numbered.clone(), numbered.replacen("\n77\n", "\nseventy-seven\n", 1)),
    };
    let (old, new): (Arc<[u8]>, Arc<[u8]>) = (old.into_bytes().into(), new.into_bytes().into());
    bencher.bench(|| LineDiff::compute(&old, &new));
}

//! Every screen at the sizes that people use.

use super::Console;

/// The sizes: the old terminal, the usual one, the wide one.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// One snapshot for each size, named after the screen.
fn snapshot(name: &str, keys: &str) {
    for (width, height) in SIZES {
        let console = Console::story(width, height).keys(keys).wait(300);
        insta::assert_snapshot!(format!("{name}-{width}x{height}"), console.screen());
    }
}

/// One snapshot at the usual size.
fn usual(name: &str, keys: &str) {
    insta::assert_snapshot!(name, Console::story(120, 40).keys(keys).wait(300).screen());
}

#[test]
fn the_queue() {
    snapshot("queue", "j");
}

#[test]
fn the_queue_with_marks_and_an_open_fold() {
    snapshot("queue-marked", "<space><space>Gzjj<space>");
}

#[test]
fn the_queue_filtered() {
    usual("queue-filtered", "/helm<enter>");
    usual("queue-filter-typed", "/helm");
    usual("queue-nothing-matches", "/zzzz<enter>");
}

#[test]
fn a_review() {
    snapshot("review", "j<enter>]c13");
}

#[test]
fn the_questions_have_the_larger_share() {
    snapshot("review-questions", "j<enter><tab>");
}

#[test]
fn the_files_lie_over_the_diff() {
    snapshot("review-files", "j<enter>F");
}

#[test]
fn a_batch() {
    snapshot("batch", "bj<space>");
}

#[test]
fn decisions_that_leave() {
    usual("leaving", "by");
}

#[test]
fn a_rejection() {
    snapshot("reject", "jxNever lower a memory limit of checkout without 35 days of data. INC-213 was an OOM at 2Gi.");
}

#[test]
fn a_hold() {
    usual("hold", "jHwait for month-end");
}

#[test]
fn a_comment() {
    usual("comment", "j<enter>]ccis this tested?");
}

#[test]
fn help_palette_pages() {
    usual("help", "?");
    usual("help-review", "j<enter>?");
    usual("palette", ":file");
    usual("policy", "j<enter>p");
    usual("history", "j<enter>L");
    usual("last-time", "j<enter>i");
    usual("problems", "!");
    usual("plan-as-text", "bo");
}

#[test]
fn a_begun_chord_shows_where_it_leads() {
    usual("chord", "j<enter>]");
}

#[test]
fn a_rejection_of_several_names_them() {
    let screen = Console::story(120, 40).keys("j<space><space>x").screen();
    let title = screen.lines().next().unwrap_or_default();
    assert!(title.contains("REJECT") && title.contains("proposals: ") && title.contains(", "), "{screen}");
}

//! Blocks of the README that are printed by the program's own tables.

use std::fmt::Write as _;

use clap::CommandFactory as _;

use countersign::app::{ACTIONS, key_table_markdown};
use countersign::cli::Arguments;
use countersign::config::{Base, Context, Keymap, Settings};
use countersign::evidence::reasoning;
use countersign::policy::{self, built_in_table};

use super::super::support::golden::{self, project};
use super::{README, text_of};

/// A block by its name between the markers, and what belongs there.
type Block = (&'static str, fn() -> String);

const BLOCKS: [Block; 7] = [
    ("keys", keys),
    ("commands", commands),
    ("command help", command_help),
    ("branches", branches),
    ("built-in policy", built_in_table),
    ("later keys", later_keys),
    ("reasoning", || format!("```text\n{}```\n", reasoning::template())),
];

#[test]
fn what_the_readme_generates_is_true() {
    let text = text_of(README);
    let made = BLOCKS.iter().fold(text.clone(), |text, (name, make)| filled(&text, name, &make()));
    assert_eq!(
        text.matches(" (generated) -->").count(),
        BLOCKS.len(),
        "every block of the README has a line in BLOCKS"
    );
    golden::holds(&project(README), &made);
}

/// The text with a block's content put between its markers.
fn filled(text: &str, name: &str, content: &str) -> String {
    let (begin, end) = (format!("<!-- BEGIN {name} (generated) -->\n"), format!("<!-- END {name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("the README has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("the README has no {end}"));
    format!("{before}{begin}\n{}\n\n{end}{after}", content.trim_end())
}

fn keys() -> String {
    let actions: Vec<(&str, &[Context])> = ACTIONS.iter().map(|info| (info.name, info.contexts)).collect();
    let (keymap, problems) = Keymap::load(Base::Vim, None, &actions);
    assert_eq!(problems, []);
    key_table_markdown(&keymap)
}

/// Columns that a line of a help has on GitHub without a scroll bar.
const HELP_COLUMNS: usize = 100;

fn program() -> clap::Command {
    let mut program = Arguments::command().term_width(HELP_COLUMNS);
    program.build();
    program
}

fn commands() -> String {
    let mut program = program();
    let help = trimmed(&program.render_help().to_string());
    format!("```text\n{help}\n```\n")
}

/// The help of every command, without the options that all of them take.
fn command_help() -> String {
    let mut out = String::from("```text\n");
    commands_of(&program()).for_each(|command| describe(command, &mut out));
    format!("{}\n```\n", out.trim_end())
}

/// Its commands but for clap's own `help`, which repeats their names.
fn commands_of(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command.get_subcommands().filter(|one| one.get_name() != "help")
}

fn describe(command: &clap::Command, out: &mut String) {
    let own: Vec<&clap::Command> = commands_of(command).collect();
    if own.is_empty() {
        let hidden = |argument: clap::Arg| {
            let everywhere = argument.is_global_set() || argument.get_id() == "help";
            argument.hide(everywhere)
        };
        let help = command.clone().mut_args(hidden).term_width(HELP_COLUMNS).render_help().to_string();
        let _ = writeln!(out, "{}\n\n", trimmed(&help));
    }
    for command in own {
        describe(command, out);
    }
}

/// Without white space at the ends of lines, which editors take away.
fn trimmed(text: &str) -> String {
    text.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn branches() -> String {
    let patterns: Vec<String> = Settings::default().branches.iter().map(|pattern| format!("`{pattern}`")).collect();
    format!("{}\n", patterns.join(", "))
}

fn later_keys() -> String {
    let mut out = String::new();
    for table in policy::KEYS.iter().filter(|table| !table.later.is_empty()) {
        let keys: Vec<String> = table.later.iter().map(|key| format!("`{key}`")).collect();
        let _ = writeln!(out, "- of {}: {}", table.of, keys.join(", "));
    }
    out
}

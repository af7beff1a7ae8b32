//! Who may import whom, and who may touch the outside.

use super::source::{Named, Source};
use super::{Offence, Tree};

/// The layers between the plain nouns and the screen, lowest first. A layer may import those before it.
const ORDER: [&str; 11] =
    ["model", "diff", "evidence", "policy", "ledger", "memory", "gate", "engine", "config", "app", "ui"];

/// What `io` may import: everything up to here.
const BELOW_IO: &str = "config";

/// Who may touch the outside, and import everything.
const OUTSIDE: [&str; 4] = ["tui", "cli", "main", "lib"];

/// Where a pure layer would leave its arguments behind.
const IMPURE: [(&str, &str); 22] = [
    ("std::fs", "files"),
    ("std::process", "processes"),
    ("std::net", "the network"),
    ("std::thread", "threads"),
    ("std::env", "the environment"),
    ("std::io::stdin", "the terminal"),
    ("std::io::stdout", "the terminal"),
    ("std::io::stderr", "the terminal"),
    ("std::os::unix::fs", "files"),
    ("std::os::unix::net", "the network"),
    ("std::time::SystemTime", "a clock"),
    ("std::time::Instant", "a clock"),
    ("git2", "repositories"),
    ("tokio", "a runtime"),
    ("octocrab", "the network"),
    ("reqwest", "the network"),
    ("rand", "chance"),
    ("tempfile", "files"),
    ("directories", "the user's folders"),
    ("rustix", "the system"),
    ("signal_hook", "signals"),
    ("rusqlite", "a database"),
];

/// The same as the last two segments of a path, because such types are imported under their own name.
const CLOCKS: [&str; 4] = ["Timestamp::now", "Zoned::now", "Instant::now", "SystemTime::now"];

/// Methods of paths that ask the file system, under names that nothing else has.
const LOOKS: [&str; 5] = ["canonicalize", "read_dir", "try_exists", "symlink_metadata", "exists"];

fn rank(layer: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == layer)
}

fn may_import(from: &str, to: &str) -> bool {
    if from == to || OUTSIDE.contains(&from) {
        return true;
    }
    let limit = if from == "io" { rank(BELOW_IO).map(|rank| rank + 1) } else { rank(from) };
    rank(to).zip(limit).is_some_and(|(to, limit)| to < limit)
}

fn is_pure(source: &Source) -> bool {
    rank(source.layer()).is_some()
}

fn is_layer(name: &str) -> bool {
    rank(name).is_some() || name == "io" || OUTSIDE.contains(&name)
}

/// Every path into the crate leads to a layer that its file may import; tests are held to it too.
pub fn direction(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in tree.product() {
        let from = source.layer();
        if !is_layer(from) {
            offences.push(Offence::new(source, 1, format!("`{from}` is no layer: give it a place in the order")));
        }
        for named in source.paths() {
            let Some(to) = named.segments.get(1).filter(|_| named.segments[0] == "crate") else { continue };
            if to == "*" && !OUTSIDE.contains(&from) {
                offences.push(Offence::new(source, named.line, "a glob of the whole crate hides what is imported"));
            } else if is_layer(to) && !may_import(from, to) {
                offences.push(Offence::new(source, named.line, format!("`{from}` may not import `{}`", named.text())));
            }
        }
    }
    offences
}

/// Pure layers name nothing of the outside. Their tests may: they read samples and compare with git.
pub fn purity(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in tree.product().filter(|source| is_pure(source)) {
        for named in source.paths().iter().filter(|named| !named.test) {
            if let Some(what) = impurity(named) {
                offences.push(Offence::new(source, named.line, format!("`{}` reaches {what}", named.text())));
            }
        }
        for (at, token) in source.product() {
            if source.at(at + 1) == "(" && at > 0 && source.at(at - 1) == "." && LOOKS.contains(&token.text.as_str()) {
                offences.push(Offence::new(source, token.line, format!("`.{}()` asks the file system", token.text)));
            }
        }
    }
    offences
}

fn impurity(named: &Named) -> Option<&'static str> {
    let banned = IMPURE.iter().find(|(item, _)| named.reaches(item)).map(|(_, what)| *what);
    let tail = named.segments[named.segments.len().saturating_sub(2)..].join("::");
    banned.or_else(|| CLOCKS.contains(&tail.as_str()).then_some("a clock"))
}

/// Terminals are `tui`'s (and `cli`'s); drawing is for those from `config`, which has the themes, upwards.
pub fn screens(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in tree.product().filter(|source| !OUTSIDE.contains(&source.layer())) {
        let draws = rank(source.layer()) >= rank(BELOW_IO);
        for named in source.paths().iter().filter(|named| !named.test) {
            let terminal = named.reaches("crossterm") || named.reaches("ratatui::crossterm");
            let drawing = ["ratatui", "ratatui_textarea"].iter().any(|name| named.reaches(name));
            if terminal || drawing && !draws {
                let text = format!("`{}` in `{}`", named.text(), source.layer());
                offences.push(Offence::new(source, named.line, text));
            }
        }
    }
    offences
}

/// `ui` takes `&App`, never `&mut App`.
pub fn drawing(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in tree.product().filter(|source| source.layer() == "ui") {
        for (at, token) in source.product().filter(|(at, token)| token.is("mut") && is_reference(source, *at)) {
            let (mut place, mut last) = (at + 1, at + 1);
            while source.at(place + 1) == "::" {
                place += 2;
                last = place;
            }
            if source.at(last) == "App" {
                offences.push(Offence::new(source, token.line, "`&mut App`: take `&App`, answer with what to draw"));
            }
        }
    }
    offences
}

/// Whether the `mut` at a place belongs to a reference: `&mut` or `&'a mut`.
fn is_reference(source: &Source, at: usize) -> bool {
    at > 0 && (source.at(at - 1) == "&" || at > 1 && source.at(at - 1).starts_with('\'') && source.at(at - 2) == "&")
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn imports_that_point_down_are_fine() {
        let good = "use crate::model::{self, Oid};\nuse super::content;\nuse std::fmt;\n\
                    fn f() -> crate::diff::Rows { self::g(); super::h() }\n// use crate::ui\nconst S: &str = \"crate::ui::x\";";
        let good = good.replace("\"crate::ui::x\"", "\"see crate::ui::x\"");
        assert_eq!(found(direction, &[("src/diff/lines.rs", &good)]), [""; 0]);
        assert_eq!(found(direction, &[("src/io/git/mod.rs", "use crate::config::Theme; use crate::engine;")]), [""; 0]);
        assert_eq!(found(direction, &[("src/tui/mod.rs", "use crate::{cli, io, ui};")]), [""; 0]);
        assert_eq!(found(direction, &[("src/main.rs", "fn main() { countersign::cli::run(); }")]), [""; 0]);
    }

    #[test]
    fn imports_that_point_up_are_found_however_they_are_written() {
        for (path, text) in [
            ("src/diff/a.rs", "use crate::ui;"),
            ("src/diff/a.rs", "use crate::{model::Oid, policy::{self, Globs}};"),
            ("src/diff/a.rs", "fn f() { crate::engine::plan(); }"),
            ("src/diff/a.rs", "use super::super::engine as e;"),
            ("src/diff/a.rs", "mod inner { use super::super::super::app::App; }"),
            ("src/diff/mod.rs", "use super::ledger::Entry;"),
            ("src/diff/a.rs", "use crate as root; fn f() { root::app::update(); }"),
            ("src/diff/a.rs", "macro_rules! m { () => { $crate::gate::judge() } }"),
            ("src/diff/a.rs", "fn f() { let _ = format!(\"{}\", ::countersign::io::now()); }"),
            ("src/diff/a.rs", "#[serde(with = \"crate::config::colour\")] struct S;"),
            ("src/diff/a.rs", "#[cfg(test)] mod tests { use crate::io::Clock; }"),
            ("src/diff/a.rs", "use crate::*;"),
            ("src/diff/a.rs", "fn f() -> Vec<crate::app::App> { Vec::<crate::model::Oid>::new(); }"),
            ("src/app/a.rs", "use crate::io;"),
            ("src/io/a.rs", "use crate::app::Msg;"),
            ("src/config/a.rs", "use crate::tui::Size;"),
            ("src/helpers/a.rs", "fn f() {}"),
        ] {
            assert!(!found(direction, &[(path, text)]).is_empty(), "{path}: {text}");
        }
    }

    #[test]
    fn an_offence_says_where() {
        let offences =
            found(direction, &[("src/diff/a.rs", "//! Doc.\n\nuse crate::{\n    model::Oid,\n    ui::draw,\n};\n")]);
        assert_eq!(offences, ["src/diff/a.rs:5: `diff` may not import `crate::ui::draw`"]);
    }

    #[test]
    fn pure_layers_may_reckon_with_time_and_paths() {
        let good = "use std::time::Duration; use std::io::Write; use jiff::{Timestamp, Zoned}; use std::path::Path;\n\
                    fn f(now: Timestamp, p: &Path) -> bool { p.starts_with(\"fs\") && Timestamp::from_second(3) < Ok(now) }\n\
                    #[cfg(test)] mod tests { use std::fs; fn g() { fs::read(\"x\"); git2::Oid::zero(); } }";
        assert_eq!(found(purity, &[("src/policy/a.rs", good)]), [""; 0]);
        assert_eq!(found(purity, &[("src/io/a.rs", "use std::fs; use git2::Oid;")]), [""; 0]);
    }

    #[test]
    fn the_outside_is_found_in_pure_layers() {
        for text in [
            "use std::fs;",
            "use std::{fmt, fs::File};",
            "fn f() { std::fs::read(\"x\"); }",
            "use std::time::{Duration, Instant};",
            "use std::time::*;",
            "use std::time; fn f() { time::Instant::now(); }",
            "use jiff::Timestamp; fn f() { Timestamp::now(); }",
            "fn f() { jiff::Zoned::now(); }",
            "use git2 as g;",
            "fn f() { let x = rand::random(); }",
            "use std::io; fn f() { io::stdin().lock(); }",
            "fn f(p: &std::path::Path) -> bool { p.exists() }",
            "use ::directories::BaseDirs;",
        ] {
            assert!(!found(purity, &[("src/app/a.rs", text)]).is_empty(), "{text}");
        }
    }

    #[test]
    fn terminals_and_widgets_stay_above() {
        assert_eq!(found(screens, &[("src/ui/a.rs", "use ratatui::style::Style;")]), [""; 0]);
        assert_eq!(found(screens, &[("src/tui/a.rs", "use crossterm::event;")]), [""; 0]);
        for (path, text) in [
            ("src/ui/a.rs", "use ratatui::crossterm::event;"),
            ("src/config/a.rs", "use crossterm::event::KeyCode;"),
            ("src/diff/a.rs", "use ratatui::text::Line;"),
            ("src/io/a.rs", "use ratatui::text::Line;"),
        ] {
            assert_eq!(found(screens, &[(path, text)]).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn drawing_takes_the_state_as_it_is() {
        assert_eq!(
            found(drawing, &[("src/ui/a.rs", "fn draw(app: &App, frame: &mut Frame, apps: &mut Apps) {}")]),
            [""; 0]
        );
        assert_eq!(found(drawing, &[("src/app/a.rs", "fn update(app: &mut App) {}")]), [""; 0]);
        for text in ["fn f(app: &mut App) {}", "fn f<'a>(app: &'a mut crate::app::App) {}"] {
            assert_eq!(found(drawing, &[("src/ui/a.rs", text)]).len(), 1, "{text}");
        }
    }
}

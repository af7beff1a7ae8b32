//! The rules of the house: what the compiler and clippy cannot hold, read from the source itself.
//!
//! A rule is a name, a reason and a function from the [`Tree`] to [`Offence`]s; [`RULES`] is all of them. To add one, write
//! it beside its kin with a good and a bad sample, and add its line. A failure says file and line, the rule, and why it
//! exists; the answer is to change the code, or the rule if the reason does not hold any more, never an exception.

mod actions;
mod authority;
mod layers;
mod lexer;
mod source;
mod style;

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::path::Path;

use source::Source;

/// A rule of the house.
struct Rule {
    /// What is demanded, in a few words.
    name: &'static str,
    /// Why.
    why: &'static str,
    /// Finds what offends.
    find: fn(&Tree) -> Vec<Offence>,
}

/// All rules.
const RULES: &[Rule] = &[
    Rule {
        name: "imports point one way",
        why: "model ← diff ← evidence ← policy ← ledger ← memory ← gate ← engine ← config ← app ← ui, io up to config: \
              whoever reads a layer needs to know those before it, and no other",
        find: layers::direction,
    },
    Rule {
        name: "pure means pure",
        why: "policy, ledger, gate and engine give the same answer on every host and are tested without one: outside io, \
              tui and cli there is no clock, file, process, network, thread, chance or git2; such things come in as arguments",
        find: layers::purity,
    },
    Rule {
        name: "only screens know of screens",
        why: "the same engine serves console, command line, hook and scripts",
        find: layers::screens,
    },
    Rule {
        name: "ui draws and changes nothing",
        why: "a frame can be drawn, dropped or drawn twice; only update changes the state, so that every change has a message",
        find: layers::drawing,
    },
    Rule {
        name: "authority is made in the engine",
        why: "a plan proves that policy allowed it; a way to make one elsewhere is a way around policy",
        find: authority::construction,
    },
    Rule {
        name: "what moves a ref takes a plan",
        why: "going around policy must be a type error, not a forgotten if: git's moving commands are named in \
              src/io/git/write* alone, and every function there that others can call takes a value only the engine makes",
        find: authority::movers,
    },
    Rule {
        name: "what writes to a forge takes an order",
        why: "a review or a merge that no entry of the ledger carries is a way around it: requests that change something are \
              made in src/io/github/write* alone, and every function there that others can call takes a value only the \
              engine makes",
        find: authority::posters,
    },
    Rule {
        name: "every action can be reached",
        why: "an action that no key and no palette reaches does not exist for the person; a key without one does nothing",
        find: actions::reachable,
    },
    Rule {
        name: "colours live in themes/",
        why: "a view asks for a role, so that themes, 16 colours and none work everywhere",
        find: style::colours,
    },
    Rule {
        name: "no exceptions in silence",
        why: "an #[expect] says why and goes when its cause goes; an allow hides for ever, and an #[ignore]d test is none \
              (support::needs skips with a line)",
        find: style::silence,
    },
    Rule {
        name: "nothing half-done",
        why: "what is not there is not offered; a note to oneself belongs in an issue",
        find: style::unfinished,
    },
    Rule {
        name: "files of at most 600 lines, functions of at most 60",
        why: "one noun a file, one thought a function: what does not fit is two",
        find: style::sizes,
    },
    Rule {
        name: "a file says what it is",
        why: "the reader learns what a module owns and what it refuses before reading it",
        find: style::documented,
    },
    Rule {
        name: "printing and exiting are main's",
        why: "the console owns the terminal, scripts own standard output, and drafts are closed before the program ends",
        find: style::printing,
    },
    Rule {
        name: "names say what a thing is",
        why: "a Manager, a Handler, a Helper or utils is whatever happened to be near",
        find: style::names,
    },
    Rule {
        name: "fault points are for tests",
        why: "a program that people run must not have a switch that kills it",
        find: style::faults,
    },
];

/// The files that the rules read.
struct Tree {
    sources: Vec<Source>,
    /// Files that are not Rust, by path from the root.
    others: BTreeMap<String, String>,
}

impl Tree {
    /// Files given as path and text, for samples.
    fn of(files: &[(&str, &str)]) -> Self {
        let (rust, others): (Vec<_>, Vec<_>) =
            files.iter().partition(|(path, _)| Path::new(path).extension().is_some_and(|end| end == "rs"));
        let mut tree = Self {
            sources: rust.iter().map(|(path, text)| Source::new(path, text)).collect(),
            others: others.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect(),
        };
        tree.mark_tests();
        tree
    }

    /// The project as it is.
    fn project() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        for part in ["src", "tests", "benches", "keymaps", "themes", "Cargo.toml"] {
            gather(root, &root.join(part), &mut files);
        }
        files.sort();
        Self::of(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
    }

    /// The program's own files.
    fn product(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.path.starts_with("src/"))
    }

    /// Files below `#[cfg(test)] mod x;` are tests as a whole.
    fn mark_tests(&mut self) {
        let mut folders = Vec::new();
        for source in &self.sources {
            let base = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
            let base = base.strip_suffix("/lib").unwrap_or(base);
            folders.extend(source.test_modules().into_iter().map(|name| format!("{base}/{name}")));
        }
        for source in &mut self.sources {
            let own = |folder: &String| {
                source.path == format!("{folder}.rs") || source.path.starts_with(&format!("{folder}/"))
            };
            if folders.iter().any(own) {
                source.mark_as_test();
            }
        }
    }
}

/// Reads a file, or all files below a folder, as path from the root and text.
fn gather(root: &Path, path: &Path, files: &mut Vec<(String, String)>) {
    if let Ok(entries) = path.read_dir() {
        for entry in entries.flatten() {
            gather(root, &entry.path(), files);
        }
    } else if let Ok(text) = std::fs::read_to_string(path) {
        let relative = path.strip_prefix(root).expect("below the root");
        files.push((relative.to_string_lossy().replace('\\', "/"), text));
    }
}

/// What offends against a rule.
#[derive(Debug, PartialEq, Eq)]
struct Offence {
    path: String,
    line: usize,
    what: String,
}

impl Offence {
    fn new(source: &Source, line: usize, what: impl Into<String>) -> Self {
        Self { path: source.path.clone(), line, what: what.into() }
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// The places and words of what a rule finds in samples, for their tests.
fn found(find: fn(&Tree) -> Vec<Offence>, files: &[(&str, &str)]) -> Vec<String> {
    find(&Tree::of(files)).iter().map(ToString::to_string).collect()
}

#[test]
fn the_house_is_tidy() {
    let tree = Tree::project();
    assert!(tree.product().count() > 20, "the sources were not found");
    let mut report = String::new();
    for rule in RULES {
        let offences = (rule.find)(&tree);
        if !offences.is_empty() {
            let _ = writeln!(report, "\n{}\n  because {}", rule.name, rule.why);
            for offence in offences {
                let _ = writeln!(report, "  {offence}");
            }
        }
    }
    assert!(report.is_empty(), "rules of the house (tests/it/house.rs) do not hold:\n{report}");
}

#[test]
fn modules_for_tests_are_known_out_of_line() {
    let tree = Tree::of(&[
        ("src/diff/mod.rs", "mod rows;\n#[cfg(test)]\nmod samples;\n"),
        ("src/diff/rows.rs", "fn a() {}"),
        ("src/diff/samples.rs", "fn b() {}"),
        ("src/lib.rs", "#[cfg(test)] mod world;"),
        ("src/world/mod.rs", "fn c() {}"),
    ]);
    let tests: Vec<&str> = tree.sources.iter().filter(|source| source.is_test()).map(|s| s.path.as_str()).collect();
    assert_eq!(tests, ["src/diff/samples.rs", "src/lib.rs", "src/world/mod.rs"]);
}

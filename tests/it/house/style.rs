//! Size, names, notes, exceptions, printing and colours.

use super::lexer::{Kind, Token};
use super::source::Source;
use super::{Offence, Tree};

/// Lines of a file before its tests.
const FILE_LINES: usize = 600;
/// Lines of a function, from `fn` to its last brace.
const FUNCTION_LINES: usize = 60;

/// Files may be so long before their first `#[cfg(test)]`, functions so long in all. Tests have no functions to measure:
/// a story may take its time.
pub fn sizes(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in &tree.sources {
        let lines = source.text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
        if lines > FILE_LINES {
            offences.push(Offence::new(source, FILE_LINES, format!("{lines} lines before the tests")));
        }
        if !source.path.starts_with("src/") {
            continue;
        }
        for function in source.functions().iter().filter(|function| !function.test && function.lines > FUNCTION_LINES) {
            offences.push(Offence::new(
                source,
                function.line,
                format!("`{}` has {} lines", function.name, function.lines),
            ));
        }
    }
    offences
}

/// The first line of a file is its module's documentation; a module of tests says enough by its name.
pub fn documented(tree: &Tree) -> Vec<Offence> {
    let first = |source: &&Source| !source.text.starts_with("//! ") && !source.is_test();
    tree.sources
        .iter()
        .filter(first)
        .map(|source| Offence::new(source, 1, "begin with `//! ` and a sentence"))
        .collect()
}

/// Attributes that hide what a lint found, or that a test does not run.
pub fn silence(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in &tree.sources {
        for (at, token) in source.tokens.iter().enumerate().filter(|(_, token)| token.is("#")) {
            let open = at + if source.at(at + 1) == "!" { 2 } else { 1 };
            if source.at(open) != "[" {
                continue;
            }
            let inside: Vec<&Token> = (open + 1..source.closing(open)).map(|place| &source.tokens[place]).collect();
            let has = |name: &str| inside.windows(2).any(|pair| pair[0].is(name) && pair[1].is("("));
            let what = match inside.first() {
                _ if has("allow") => "`allow`: mend it, or `#[expect(…, reason = \"…\")]`",
                _ if has("expect") && !inside.iter().any(|token| token.is("reason")) => "an `expect` without a reason",
                Some(first) if first.is("ignore") => "an `#[ignore]`d test",
                _ => continue,
            };
            offences.push(Offence::new(source, token.line, what));
        }
    }
    offences
}

/// Macros and notes that stand for what is missing.
pub fn unfinished(tree: &Tree) -> Vec<Offence> {
    // Put together here, so that this file passes its own rule.
    let notes = [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X")];
    let mut offences = Vec::new();
    for source in &tree.sources {
        for (at, token) in source.tokens.iter().enumerate() {
            if (token.is("todo") || token.is("unimplemented")) && source.at(at + 1) == "!" {
                offences.push(Offence::new(source, token.line, format!("`{}!`", token.text)));
            }
        }
        for comment in &source.comments {
            let mut words = comment.text.split(|c: char| !c.is_alphanumeric());
            if let Some(note) = words.find(|word| notes.contains(word)) {
                offences.push(Offence::new(source, comment.line, format!("`{note}` in a comment")));
            }
        }
    }
    offences
}

/// The `print!` family and `process::exit` belong to `main.rs` and to the module that writes a command's output.
pub fn printing(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    let speaks = |source: &&Source| source.path == "src/main.rs" || source.path.starts_with("src/cli/output");
    for source in tree.product().filter(|source| !speaks(source)) {
        for (at, token) in source.product() {
            let prints = ["print", "println", "eprint", "eprintln"].contains(&token.text.as_str());
            if prints && token.kind == Kind::Word && source.at(at + 1) == "!" {
                offences.push(Offence::new(source, token.line, format!("`{}!`", token.text)));
            }
        }
        let exits = |named: &&super::source::Named| {
            !named.test && named.reaches("std::process::exit") && named.text() != "std::*"
        };
        for named in source.paths().iter().filter(exits) {
            offences.push(Offence::new(source, named.line, "`process::exit`: answer with an exit status"));
        }
    }
    offences
}

/// Types and files that are named for being near something.
pub fn names(tree: &Tree) -> Vec<Offence> {
    const TYPES: [&str; 5] = ["Manager", "Handler", "Helper", "Util", "Utils"];
    const FILES: [&str; 7] = ["utils", "util", "helpers", "helper", "common", "misc", "manager"];
    let mut offences = Vec::new();
    for source in &tree.sources {
        if let Some(part) = source.path.split(['/', '.']).find(|part| FILES.contains(part)) {
            offences.push(Offence::new(source, 1, format!("a file called `{part}`")));
        }
        for at in 0..source.tokens.len() {
            let name = source.at(at + 1);
            if matches!(source.at(at), "struct" | "enum" | "trait" | "type")
                && TYPES.iter().any(|end| name.ends_with(end))
            {
                offences.push(Offence::new(source, source.tokens[at].line, format!("a type called `{name}`")));
            }
        }
    }
    offences
}

/// Colours as code or as numbers, outside the themes, what reads them, and the terminal.
pub fn colours(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    let own = |source: &&Source| source.path.starts_with("src/config/theme") || source.layer() == "tui";
    for source in tree.product().filter(|source| !own(source)) {
        for (at, token) in source.product() {
            let code = token.is("Color") && source.at(at + 1) == "::";
            let number = token.kind == Kind::Text && has_hex_colour(&token.text);
            if code || number {
                let what = if code { format!("`Color::{}`", source.at(at + 2)) } else { format!("\"{}\"", token.text) };
                offences.push(Offence::new(source, token.line, what));
            }
        }
    }
    offences
}

/// Whether a text holds `#rrggbb`.
fn has_hex_colour(text: &str) -> bool {
    text.split('#').skip(1).any(|tail| {
        let digits = tail.bytes().take_while(u8::is_ascii_hexdigit).count();
        let ends = tail[digits..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        digits == 6 && ends
    })
}

/// The feature `faults` is on in tests alone.
pub fn faults(tree: &Tree) -> Vec<Offence> {
    let Some(manifest) = tree.others.get("Cargo.toml") else { return Vec::new() };
    let mut section = "";
    let mut offences = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.starts_with('[') {
            section = line;
        } else if line.contains("faults") && !line.starts_with("faults") && section != "[dev-dependencies]" {
            let what = format!("`{line}` switches the fault points on");
            offences.push(Offence { path: "Cargo.toml".to_owned(), line: index + 1, what });
        }
    }
    offences
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    fn none(find: fn(&Tree) -> Vec<Offence>, text: &str) {
        assert_eq!(found(find, &[("src/ui/a.rs", text)]), [""; 0], "{text}");
    }

    fn one(find: fn(&Tree) -> Vec<Offence>, text: &str) {
        assert_eq!(found(find, &[("src/ui/a.rs", text)]).len(), 1, "{text}");
    }

    #[test]
    fn long_files_and_functions_are_found() {
        let lines = |count: usize| "// line\n".repeat(count);
        none(sizes, &(lines(600) + "#[cfg(test)]\nmod tests {\n" + &lines(600) + "}\n"));
        one(sizes, &lines(601));
        let function = |count: usize| {
            format!("impl X {{\n    fn f<'a>(\n        x: &'a [u8; 3],\n    ) {{\n{}    }}\n}}\n", lines(count))
        };
        none(sizes, &function(56));
        assert_eq!(found(sizes, &[("src/ui/a.rs", &function(57))]), ["src/ui/a.rs:2: `f` has 61 lines"]);
        none(sizes, &format!("trait T {{ fn f(&self); }}\n{}\nfn g() {{}}\n", lines(70)));
        none(sizes, &format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function(80)));
    }

    #[test]
    fn exceptions_without_a_reason_are_found() {
        none(silence, "#[expect(dead_code, reason = \"why\")] fn f() {}\n#[arg(allow_hyphen_values = true)] struct S;");
        none(silence, "fn f() { x.expect(\"why\"); let allow = allow(3); } // #[allow(x)]");
        one(silence, "#[allow(dead_code)] fn f() {}");
        one(silence, "#![allow(clippy::all)]");
        one(silence, "#[cfg_attr(test, allow(unused))] fn f() {}");
        one(silence, "#[expect(dead_code)] fn f() {}");
        one(silence, "#[test]\n#[ignore = \"slow\"]\nfn f() {}");
    }

    #[test]
    fn notes_for_later_are_found() {
        none(unfinished, "fn todo() {} // a todo list\nconst S: &str = \"todo!()\";");
        one(unfinished, "fn f() { todo!() }");
        one(unfinished, "fn f() { unimplemented!(\"later\") }");
        one(unfinished, concat!("// FIX", "ME: later"));
        one(unfinished, concat!("/* TO", "DO(me) */"));
    }

    #[test]
    fn files_without_a_sentence_are_found() {
        none(documented, "//! What it is.\n");
        one(documented, "use std::fmt;\n//! Late.");
        one(documented, "");
    }

    #[test]
    fn printing_and_exiting_are_found() {
        none(printing, "fn f() { writeln!(out, \"x\"); } #[cfg(test)] mod tests { fn g() { println!(); } }");
        one(printing, "fn f() { println!(\"x\"); }");
        one(printing, "fn f() { std::eprint!(\"x\"); }");
        one(printing, "fn f() { std::process::exit(1); }");
        one(printing, "use std::process::{self, Command}; fn f() { process::exit(1); }");
        assert_eq!(
            found(
                printing,
                &[("src/main.rs", "fn main() { eprintln!(); }"), ("src/cli/output.rs", "fn f() { print!(); }")]
            ),
            [""; 0]
        );
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        none(names, "struct Plan; enum HandlerError {} trait Draw {}");
        one(names, "pub struct EventHandler;");
        one(names, "trait GitHelper {}");
        assert_eq!(found(names, &[("src/diff/utils.rs", ""), ("tests/it/common/mod.rs", "")]).len(), 2);
    }

    #[test]
    fn colours_in_code_are_found() {
        none(
            colours,
            "use ratatui::style::Color; fn f(c: Color) {} const S: &str = \"#12345 #1234567 #abcdefgh #main\";",
        );
        none(colours, "#[cfg(test)] mod tests { const C: Color = Color::Red; }");
        one(colours, "fn f() -> Color { Color::Red }");
        one(colours, "const C: &str = \"#1e1e2e\";");
        assert_eq!(found(colours, &[("src/config/theme/load.rs", "fn f() { Color::Red; }")]), [""; 0]);
    }

    #[test]
    fn fault_points_that_people_could_meet_are_found() {
        let good = "[features]\n# faults are for tests\nfaults = []\n[dev-dependencies]\ncountersign = { path = \".\", features = [\"faults\"] }";
        assert_eq!(found(faults, &[("Cargo.toml", good)]), [""; 0]);
        for bad in
            ["[features]\ndefault = [\"faults\"]\nfaults = []", "[dependencies]\nx = { features = [\"faults\"] }"]
        {
            assert_eq!(found(faults, &[("Cargo.toml", bad)]).len(), 1, "{bad}");
        }
    }
}

//! Invariant 5: actions are one table, and every one of them can be reached.
//!
//! The palette opens where plain keys are not text, and lists what works there. An action that only works elsewhere (in a
//! sheet that is written in, on the line of a search, in the palette itself) needs a key in every keymap that is shipped.

use std::collections::BTreeMap;

use super::lexer::Kind;
use super::source::Source;
use super::{Offence, Tree};

/// The table.
const TABLE: &str = "src/app/actions.rs";
/// Where the palette does not open.
const TYPED: [&str; 4] = ["Write", "Find", "Palette", "Page"];
/// What a keymap writes to take a key away.
const NO_ACTION: &str = "none";

/// An action as the table writes it.
struct Action {
    line: usize,
    contexts: Vec<String>,
}

/// Keys name actions that exist; actions that the palette cannot show have a key.
pub fn reachable(tree: &Tree) -> Vec<Offence> {
    let Some(source) = tree.sources.iter().find(|source| source.path == TABLE) else { return Vec::new() };
    let table = table(source);
    if table.is_empty() {
        return vec![Offence::new(
            source,
            1,
            "the table of actions is not read: teach tests/it/house/actions.rs its form",
        )];
    }
    let mut offences = Vec::new();
    let keymaps = tree.others.iter().filter(|(path, _)| path.starts_with("keymaps/"));
    for (path, text) in keymaps {
        let keys = keys(text);
        for (line, context, action) in &keys {
            if action != NO_ACTION && !table.contains_key(action) {
                let what = format!("[{context}] names `{action}`, which is no action");
                offences.push(Offence { path: path.clone(), line: *line, what });
            }
        }
        for (name, action) in &table {
            for context in action.contexts.iter().filter(|_| !in_palette(action)) {
                let context = context.to_lowercase();
                let typed = context != "page";
                let serves = |of: &String| *of == context || !typed && of == "everywhere";
                if !keys.iter().any(|(_, of, named)| named == name && serves(of)) {
                    offences.push(Offence::new(
                        source,
                        action.line,
                        format!("`{name}` has no key in [{context}] of {path}"),
                    ));
                }
            }
        }
    }
    offences
}

fn in_palette(action: &Action) -> bool {
    action.contexts.iter().any(|context| !TYPED.contains(&context.as_str()))
}

/// The lines `Name "name" "label" "sentence" [Context …];` of the table.
fn table(source: &Source) -> BTreeMap<String, Action> {
    let text = |at: usize| source.tokens.get(at).filter(|token| token.kind == Kind::Text);
    let line = |at: usize| {
        let name = text(at).filter(|_| text(at + 1).is_some() && text(at + 2).is_some() && source.at(at + 3) == "[")?;
        let contexts = (at + 4..source.closing(at + 3)).map(|place| source.at(place).to_owned()).collect();
        Some((name.text.clone(), Action { line: name.line, contexts }))
    };
    (0..source.tokens.len()).filter_map(line).collect()
}

/// The lines of a keymap: line number, context, action.
fn keys(text: &str) -> Vec<(usize, String, String)> {
    let mut context = String::new();
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut context);
        } else if let Some((_, action)) = line.rsplit_once(" = ").filter(|_| !line.starts_with('#')) {
            keys.push((index + 1, context.clone(), action.trim_matches('"').to_owned()));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    const ACTIONS: (&str, &str) = (
        TABLE,
        "actions! {\n Move {\n  Down \"down\" \"down\" \"Moves down.\" [Queue Page];\n  Send \"send\" \"send\" \"Sends.\" [Write];\n } }",
    );

    #[test]
    fn reachable_actions_are_fine() {
        let keymap = "# keys\n[everywhere]\nj = \"down\"\n\"=\" = \"none\"\n[write]\nctrl-s = \"send\"\n";
        assert_eq!(found(reachable, &[ACTIONS, ("keymaps/vim.toml", keymap)]), [""; 0]);
        assert_eq!(found(reachable, &[("keymaps/vim.toml", "x = \"y\"")]), [""; 0], "no table, no rule");
    }

    #[test]
    fn actions_out_of_reach_are_found() {
        let keymap = "[everywhere]\nj = \"jump\"\nctrl-s = \"send\"\n";
        assert_eq!(
            found(reachable, &[ACTIONS, ("keymaps/vim.toml", keymap)]),
            [
                "keymaps/vim.toml:2: [everywhere] names `jump`, which is no action",
                "src/app/actions.rs:4: `send` has no key in [write] of keymaps/vim.toml"
            ]
        );
        assert_eq!(found(reachable, &[(TABLE, "const ACTIONS: u8 = 3;")]).len(), 1);
    }
}

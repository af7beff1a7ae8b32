//! Invariant 4: a mutation needs an authorised plan.
//!
//! A type of `engine` with a field `authority` authorises: the field is private to `engine`, so nothing else can make one, by
//! hand or out of another (`Plan { items, ..plan }`), and the type `Authority` of such fields is made by nobody else.
//! git's commands that move refs are named in `src/io/git/write*` alone (`src/io/git/write.rs`, `src/io/git/write/…`), and
//! there every function that others can call, and that comes to such a command, takes an authorising value: as an
//! argument, or in `self`, as a type of that file with one among its fields.
//!
//! The same holds for a forge: `Kind::Write`, by which a request is one that changes something, is named in
//! `src/io/github/write*` alone, as are the methods that only change things and mutations of GraphQL.

use std::collections::BTreeSet;

use super::lexer::{Kind, Token};
use super::source::{Function, Source};
use super::{Offence, Tree};

/// The field that makes a type authorise.
const FIELD: &str = "authority";

/// The type that wraps what is authorised; only the engine may make one.
const TOKEN: &str = "Authorised";

/// git's commands that move a ref, an index or a work tree, where they begin a list of arguments.
const MOVES: [&str; 11] = [
    "push",
    "update-ref",
    "merge",
    "fast-import",
    "reset",
    "checkout",
    "switch",
    "pull",
    "rebase",
    "cherry-pick",
    "restore",
];

/// Those that are no word of ours, so that they tell wherever they stand.
const PLAIN: [&str; 2] = ["update-ref", "fast-import"];

/// Who makes repositories of its own, where there is nothing to go around yet.
const OWN_REPOSITORIES: [&str; 2] = ["src/io/demo", "src/cli/demo"];

fn may_move(source: &Source) -> bool {
    source.path.starts_with("src/io/git/write")
}

/// A struct with a field of a name: the struct's name, the place of the field.
fn structs(source: &Source) -> Vec<(&str, usize, usize)> {
    let opens = |at: &usize| source.at(*at) == "struct" && !source.in_test(*at);
    let body = |at: usize| {
        let open = (at..source.tokens.len()).find(|&place| matches!(source.at(place), "{" | ";" | "("))?;
        Some((source.at(at + 1), open, source.closing(open)))
    };
    (0..source.tokens.len()).filter(opens).filter_map(body).collect()
}

/// The place of a struct's field `authority`.
fn authority_field(source: &Source, open: usize, close: usize) -> Option<usize> {
    (open..close).find(|&at| source.at(at) == FIELD && source.at(at + 1) == ":")
}

/// The names of all types that authorise.
fn authorising(tree: &Tree) -> BTreeSet<&str> {
    let engine = tree.product().filter(|source| source.layer() == "engine");
    let types = engine.flat_map(|source| {
        structs(source).into_iter().filter(|(_, open, close)| authority_field(source, *open, *close).is_some())
    });
    let types: BTreeSet<&str> = types.map(|(name, ..)| name).collect();
    let aliases = tree.product().filter(|source| source.layer() == "engine").flat_map(|source| aliases(source, &types));
    let aliases: Vec<&str> = aliases.collect();
    types.into_iter().chain(aliases).collect()
}

/// The names that a source gives to types that authorise: `type Plan = Authorised<PlanParts>;`.
fn aliases<'a>(source: &'a Source, types: &BTreeSet<&str>) -> Vec<&'a str> {
    let named = |at: &usize| source.at(*at) == "type" && source.at(at + 2) == "=" && types.contains(source.at(at + 3));
    (0..source.tokens.len()).filter(named).map(|at| source.at(at + 1)).collect()
}

/// The field `authority` is private to the engine, is not made by a derive, and is named nowhere else.
pub fn construction(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in tree.product() {
        if source.layer() == "engine" {
            offences.extend(structs(source).into_iter().filter_map(|(name, open, close)| {
                let field = authority_field(source, open, close)?;
                let line = source.tokens[field].line;
                leak(source, open, field).map(|how| Offence::new(source, line, format!("`{name}` {how}")))
            }));
            offences.extend(tokens_for_all(source));
        } else {
            let makes = |(at, token): &(usize, &Token)| token.is(FIELD) && source.at(at + 1) == ":";
            offences.extend(source.product().filter(makes).map(|(_, token)| {
                Offence::new(source, token.line, format!("the field `{FIELD}` belongs to types of `engine`"))
            }));
        }
    }
    offences
}

/// How others could come to a value of the struct that opens at `open`.
fn leak(source: &Source, open: usize, field: usize) -> Option<&'static str> {
    let before: Vec<&str> = (open.max(field.saturating_sub(8))..field).map(|at| source.at(at)).collect();
    let visibility = before.iter().rposition(|text| matches!(*text, "," | "{" | "]")).map_or(0, |at| at + 1);
    let at_the_root = source.path == "src/engine/mod.rs" || source.path == "src/engine.rs";
    match &before[visibility..] {
        [] | ["pub", "(", "in", "crate", "::", "engine", ")"] => {}
        ["pub", "(", "super", ")"] if !at_the_root => {}
        _ => {
            return Some(
                "shows its authority outside the engine: make the field private, or `pub(super)` below engine/",
            );
        }
    }
    is_derived(source, open).then_some("is made by a derive, from nothing")
}

/// Whether the struct that opens at `open` derives a way to make it from nothing.
fn is_derived(source: &Source, open: usize) -> bool {
    let start = (0..open).rev().find(|&at| matches!(source.at(at), "}" | ";")).map_or(0, |at| at + 1);
    (start..open).any(|at| matches!(source.at(at), "Default" | "Deserialize"))
}

/// Ways for others to make the token itself.
fn tokens_for_all(source: &Source) -> Vec<Offence> {
    let mut offences = Vec::new();
    for (name, open, close) in structs(source).into_iter().filter(|(name, ..)| *name == TOKEN) {
        let shown = (open..close).any(|at| source.at(at) == "pub") || source.at(open) == ";";
        if shown || is_derived(source, open) {
            let line = source.tokens[open].line;
            offences.push(Offence::new(
                source,
                line,
                format!("`{name}` can be made by others: keep its field private"),
            ));
        }
    }
    for function in source.functions().iter().filter(|function| function.of == Some(TOKEN) && !function.test) {
        let answer = function.signature.iter().rev().take_while(|token| !token.is(">"));
        let makes = answer.into_iter().any(|token| token.is("Self") || token.is(TOKEN));
        if makes && function.public && !function.within_parent {
            offences.push(Offence::new(
                source,
                function.line,
                format!("`{TOKEN}::{}` grants to others", function.name),
            ));
        }
    }
    offences
}

/// Moving commands stand in the writing files, and nobody reaches them without authority.
pub fn movers(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in tree.product().filter(|source| ["io", "tui", "cli"].contains(&source.layer())) {
        if !may_move(source) && !OWN_REPOSITORIES.iter().any(|path| source.path.starts_with(path)) {
            offences.extend(strays(source));
        }
    }
    let writing: Vec<&Source> = tree.product().filter(|source| may_move(source)).collect();
    offences.extend(unauthorised(tree, &writing, "moves a ref", command_at));
    offences
}

/// Whether a body has a moving command at a place.
fn command_at(body: &[Token], at: usize) -> bool {
    let [before, command, ..] = &body[at..] else { return false };
    let heads = before.is("[") || before.is("(") || before.is("=");
    heads && command.kind == Kind::Text && MOVES.contains(&command.text.as_str())
}

/// What others can call in these files, and what comes to something that only an order allows, without taking one.
fn unauthorised(tree: &Tree, writing: &[&Source], does: &str, acts: fn(&[Token], usize) -> bool) -> Vec<Offence> {
    let functions: Vec<(&Source, Function<'_>)> = writing
        .iter()
        .flat_map(|source| source.functions().into_iter().map(move |function| (*source, function)))
        .collect();
    let acting = acting_names(&functions, acts);
    let authorising = authorising(tree);
    let mut offences = Vec::new();
    for (source, function) in functions.iter().filter(|(_, function)| function.public && !function.test) {
        let carried = carriers(source, &authorising);
        let names = |name: &str| authorising.contains(name) || carried.contains(name);
        let argument = function.signature.iter().any(|token| token.kind == Kind::Word && names(&token.text));
        let own = function.signature.iter().any(|token| token.is("self")) && function.of.is_some_and(names);
        if acting.contains(function.name) && !argument && !own {
            let what = format!("`{}` {does} and takes none of: {}", function.name, listed(&authorising));
            offences.push(Offence::new(source, function.line, what));
        }
    }
    offences
}

/// Writes to a forge stand in the writing files, and nobody reaches them without an order.
pub fn posters(tree: &Tree) -> Vec<Offence> {
    let writes = |source: &&Source| source.path.starts_with("src/io/github/write");
    let mut offences = Vec::new();
    for source in tree.product().filter(|source| source.path.starts_with("src/io/") && !writes(source)) {
        // It is what the wire does with a write, there.
        let own = source.path == "src/io/github/wire.rs";
        let stray = source.product().filter(|(at, token)| {
            let method =
                ["PUT", "PATCH", "DELETE"].contains(&token.text.as_str()) && source.at(at.wrapping_sub(2)) == "Method";
            let mutation = token.kind == Kind::Text && token.text.trim_start().starts_with("mutation");
            method || mutation && source.path.starts_with("src/io/github") || !own && written_at(&source.tokens, *at)
        });
        let offence = |(_, token): (usize, &Token)| {
            Offence::new(source, token.line, format!("`{}` writes to a forge outside src/io/github/write*", token.text))
        };
        offences.extend(stray.map(offence));
    }
    let writing: Vec<&Source> = tree.product().filter(writes).collect();
    offences.extend(unauthorised(tree, &writing, "writes to a forge", written_at));
    offences
}

/// Whether `Kind::Write` stands at a place.
fn written_at(tokens: &[Token], at: usize) -> bool {
    matches!(&tokens[at..], [kind, path, write, ..] if kind.is("Kind") && path.is("::") && write.is("Write"))
}

fn listed(names: &BTreeSet<&str>) -> String {
    if names.is_empty() {
        "(engine has no type that authorises)".to_owned()
    } else {
        names.iter().copied().collect::<Vec<_>>().join(", ")
    }
}

/// Moving commands in a file that may not have them.
fn strays(source: &Source) -> Vec<Offence> {
    let in_git = source.path.starts_with("src/io/git/");
    let stray = source.product().filter(|(at, token)| {
        let command = moves(source, *at);
        command && (in_git || PLAIN.contains(&token.text.as_str()))
    });
    stray
        .map(|(_, token)| Offence::new(source, token.line, format!("`git {}` outside src/io/git/write*", token.text)))
        .collect()
}

/// Whether a token is a moving command at the head of a list of arguments.
fn moves(source: &Source, at: usize) -> bool {
    let token = &source.tokens[at];
    let heads = at > 0 && matches!(source.at(at - 1), "[" | "(" | "=");
    token.kind == Kind::Text && heads && MOVES.contains(&token.text.as_str())
}

/// The names of functions that come to such an act, by themselves or through others of these files.
fn acting_names<'a>(functions: &'a [(&Source, Function<'a>)], acts: fn(&[Token], usize) -> bool) -> BTreeSet<&'a str> {
    let mut acting = BTreeSet::new();
    loop {
        let before = acting.len();
        for (_, function) in functions {
            let body = function.body;
            let call = |at: usize| {
                let next = body.get(at + 1).is_some_and(|token| token.is("("));
                next && body[at].kind == Kind::Word && acting.contains(body[at].text.as_str())
            };
            if (0..body.len()).any(|at| acts(body, at) || call(at)) {
                acting.insert(function.name);
            }
        }
        if acting.len() == before {
            return acting;
        }
    }
}

/// Types of a file that hold an authorising value.
fn carriers<'a>(source: &'a Source, authorising: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let holds = |open: usize, close: usize| (open..close).any(|at| authorising.contains(source.at(at)));
    structs(source).into_iter().filter(|(_, open, close)| holds(*open, *close)).map(|(name, ..)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    const PLAN: (&str, &str) =
        ("src/engine/plan.rs", "pub struct Plan {\n    pub by: String,\n    pub(super) authority: (),\n}");

    #[test]
    fn authority_is_private_to_the_engine() {
        assert_eq!(found(construction, &[PLAN]), [""; 0]);
        assert_eq!(
            found(construction, &[("src/engine/a.rs", "#[derive(Clone)] pub struct P { authority: () }")]),
            [""; 0]
        );
        for (path, text) in [
            ("src/engine/plan.rs", "pub struct Plan { pub authority: () }"),
            ("src/engine/plan.rs", "pub struct Plan { pub(crate) authority: () }"),
            ("src/engine/mod.rs", "pub struct Plan { pub(super) authority: () }"),
            ("src/engine/plan.rs", "#[derive(Default)] pub struct Plan { authority: () }"),
            ("src/engine/plan.rs", "#[derive(Clone, Deserialize)]\npub struct Plan { a: u8, authority: () }"),
            ("src/io/git/write.rs", "fn f() { let p = Plan { authority: () }; }"),
            ("src/engine/plan.rs", "#[derive(Default)] pub struct Authorised(());"),
            ("src/engine/plan.rs", "pub struct Authorised(pub ());"),
            ("src/engine/plan.rs", "pub struct Authorised;"),
            ("src/engine/plan.rs", "struct Authorised(()); impl Authorised { pub fn granted() -> Self { Self(()) } }"),
            (
                "src/engine/plan.rs",
                "struct Authorised(()); impl Authorised { pub(crate) fn new() -> Authorised { todo } }",
            ),
        ] {
            assert_eq!(found(construction, &[(path, text)]).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn what_moves_a_ref_with_a_plan_is_fine() {
        let good = "use crate::engine::Plan;\n\
                    pub fn land(plan: &Plan) { send(&[\"push\", \"--atomic\"]); }\n\
                    fn send(args: &[&str]) {}\n\
                    fn quietly() { run(&[\"update-ref\", \"--stdin\"]); }\n\
                    pub struct Landing<'p> { plan: &'p Plan }\n\
                    impl Landing<'_> { pub(crate) fn finish(&self) { quietly(); } }\n\
                    pub fn tip() { run(&[\"rev-parse\", \"HEAD\"]); }";
        assert_eq!(found(movers, &[PLAN, ("src/io/git/write.rs", good)]), [""; 0]);
        let reading = "fn f() { run(&[\"merge-base\", a, b]); let kind = \"merge\"; json.insert(\"push\", 1); }";
        assert_eq!(found(movers, &[PLAN, ("src/cli/show.rs", reading)]), [""; 0]);
        assert_eq!(found(movers, &[("src/io/demo/build.rs", "fn f() { run(&[\"fast-import\"]); }")]), [""; 0]);
    }

    #[test]
    fn what_moves_a_ref_without_a_plan_is_found() {
        for (path, text) in [
            ("src/io/git/write.rs", "pub fn land(to: &str) { run(&[\"push\", to]); }"),
            (
                "src/io/git/write/push.rs",
                "pub(crate) fn land() { inner(); }\nfn inner() { run(vec![\"update-ref\"]); }",
            ),
            (
                "src/io/git/write.rs",
                "struct W; impl W { pub fn land(&self) { self.git.run([\"merge\", \"--ff-only\"]); } }",
            ),
            ("src/io/git/refresh.rs", "fn f(plan: &Plan) { run(&[\"push\"]); }"),
            ("src/io/state.rs", "fn f() { args.push(\"update-ref\"); }"),
            ("src/cli/init.rs", "fn f() { let command = \"fast-import\"; }"),
        ] {
            assert_eq!(found(movers, &[PLAN, (path, text)]).len(), 1, "{path}: {text}");
        }
        assert_eq!(found(movers, &[("src/io/git/write.rs", "pub fn f(p: &Plan) { run(&[\"push\"]); }")]).len(), 1);
    }

    #[test]
    fn what_writes_to_a_forge_takes_an_order() {
        let order = ("src/engine/posting.rs", "pub struct Order { authority: Post }");
        let good = "pub fn post(order: &Order) { send(); }\n\
                    fn send() { ask(Kind::Write, Method::PUT); }\n\
                    pub fn look() { ask(Kind::Read); }";
        let wire = "fn f(kind: Kind) { if kind == Kind::Write { wait(); } }";
        let query = "fn f() { ask(\"query { mutation }\", Kind::Query, Method::POST); put(\"PUT\"); }";
        for (path, text) in
            [("src/io/github/write.rs", good), ("src/io/github/wire.rs", wire), ("src/io/github/client.rs", query)]
        {
            assert_eq!(found(posters, &[order, (path, text)]), [""; 0], "{path}");
        }
        for (path, text) in [
            ("src/io/github/write.rs", "pub fn post(to: &str) { send(); } fn send() { ask(Kind::Write); }"),
            ("src/io/github/about.rs", "fn f(order: &Order) { ask(Kind::Write); }"),
            ("src/io/github/about.rs", "fn f() { ask(Method::PATCH, Kind::Read); }"),
            ("src/io/send.rs", "fn f() { ask(http::Method::DELETE); }"),
            ("src/io/github/listing.rs", "const M: &str = \"mutation M { merge }\";"),
        ] {
            assert_eq!(found(posters, &[order, (path, text)]).len(), 1, "{path}: {text}");
        }
    }
}

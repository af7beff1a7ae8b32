//! A source file as the rules see it: tokens, which of them are tests, functions, and the paths that it names.

use std::collections::HashMap;

use super::lexer::{self, Comment, Kind, Token};

/// A source file.
pub struct Source {
    /// The path from the project's root: `src/io/git/write.rs`.
    pub path: String,
    /// The text.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// Its comments.
    pub comments: Vec<Comment>,
    /// For each token, whether it is compiled for tests only.
    test: Vec<bool>,
}

/// A path that a file names, resolved as far as a reader can: through `use`, `self` and `super`.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    /// The segments; one's own crate is `crate`. A glob ends with `*`.
    pub segments: Vec<String>,
    /// The line, from 1.
    pub line: usize,
    /// Whether only tests name it.
    pub test: bool,
}

impl Named {
    /// The path as it would be written in full.
    pub fn text(&self) -> String {
        self.segments.join("::")
    }

    /// Whether it is that item, something in it, or a glob that brings it in.
    pub fn reaches(&self, item: &str) -> bool {
        let wanted: Vec<&str> = item.split("::").collect();
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        match segments.split_last() {
            Some((&"*", module)) => module.starts_with(&wanted) || wanted.starts_with(module),
            _ => segments.starts_with(&wanted),
        }
    }
}

/// A function with a body.
pub struct Function<'a> {
    /// Its name.
    pub name: &'a str,
    /// The line of `fn`.
    pub line: usize,
    /// Lines from `fn` to its last brace.
    pub lines: usize,
    /// Whether others than its own module can call it.
    pub public: bool,
    /// Whether its `pub` goes no further than its parent module.
    pub within_parent: bool,
    /// From after the name to the body.
    pub signature: &'a [Token],
    /// The body, without its braces.
    pub body: &'a [Token],
    /// The type of the `impl` block that it stands in, if it does.
    pub of: Option<&'a str>,
    /// Whether it is compiled for tests only.
    pub test: bool,
}

impl Source {
    /// Reads a file's text.
    pub fn new(path: &str, text: &str) -> Self {
        let (tokens, comments) = lexer::lex(text);
        let marks = test_tokens(&tokens);
        Self { path: path.to_owned(), text: text.to_owned(), tokens, comments, test: marks }
    }

    /// Says that the whole file is compiled for tests only.
    pub fn mark_as_test(&mut self) {
        self.test.fill(true);
    }

    /// Whether the whole file is compiled for tests only.
    pub fn is_test(&self) -> bool {
        !self.test.is_empty() && self.test.iter().all(|&test| test)
    }

    /// The layer: the folder below `src`, or the name of a file that stands there.
    pub fn layer(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split('/').next().unwrap_or(below).trim_end_matches(".rs")
    }

    /// Tokens that are in the program that people run, with their place in [`Self::tokens`].
    pub fn product(&self) -> impl Iterator<Item = (usize, &Token)> {
        self.tokens.iter().enumerate().filter(|(at, _)| !self.test[*at])
    }

    /// Whether a token is compiled for tests only.
    pub fn in_test(&self, at: usize) -> bool {
        self.test[at]
    }

    /// The token at a place, or an empty one past the end.
    pub fn at(&self, place: usize) -> &str {
        self.tokens.get(place).filter(|token| token.kind != Kind::Text).map_or("", |token| token.text.as_str())
    }

    /// The modules that the file declares for tests, out of line: `#[cfg(test)] mod x;`.
    pub fn test_modules(&self) -> Vec<String> {
        let declared = |at: &usize| self.at(*at) == "mod" && self.at(at + 2) == ";" && self.test[*at];
        (0..self.tokens.len()).filter(declared).map(|at| self.tokens[at + 1].text.clone()).collect()
    }

    /// Every path with two segments or more, and everything that `use` brings in.
    pub fn paths(&self) -> Vec<Named> {
        let mut walk = PathWalk { source: self, modules: vec![self.module()], depths: Vec::new(), found: Vec::new() };
        walk.run();
        let aliases: HashMap<String, Vec<String>> = walk.found.iter().filter_map(Found::alias).collect();
        walk.found.into_iter().map(|found| found.resolve(&aliases)).collect()
    }

    /// The module that the file is, from the crate's root.
    fn module(&self) -> Vec<String> {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path).trim_end_matches(".rs");
        let parts = below.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main"));
        parts.map(str::to_owned).collect()
    }

    /// All functions with a body, inner ones too.
    pub fn functions(&self) -> Vec<Function<'_>> {
        let mut found = Vec::new();
        let mut blocks: Vec<(usize, &str)> = Vec::new();
        for at in 0..self.tokens.len() {
            blocks.retain(|(end, _)| at < *end);
            if self.at(at) == "impl" && self.is_item(at) {
                let open = self.open_brace(at);
                blocks.push((self.closing(open), self.implemented(at, open)));
            } else if self.at(at) == "fn" && self.tokens.get(at + 1).is_some_and(|name| name.kind == Kind::Word) {
                found.extend(self.function(at, blocks.last().map(|(_, name)| *name)));
            }
        }
        found
    }

    fn function<'a>(&'a self, at: usize, of: Option<&'a str>) -> Option<Function<'a>> {
        let open = self.open_brace(at);
        let end = self.closing(open);
        let body = self.tokens.get(open + 1..end)?;
        let (first, last) = (self.tokens.get(at)?, self.tokens.get(end)?);
        Some(Function {
            name: &self.tokens[at + 1].text,
            line: first.line,
            lines: last.line - first.line + 1,
            public: self.visibility(at).is_some(),
            within_parent: self.visibility(at).is_some_and(|place| self.at(place + 2) == "super"),
            signature: &self.tokens[at + 2..open],
            body,
            of,
            test: self.test[at],
        })
    }

    /// The place of the `pub`, in any of its forms, that stands before the `fn`.
    fn visibility(&self, at: usize) -> Option<usize> {
        let before = (0..at).rev().take_while(|&place| !matches!(self.at(place), "}" | "{" | ";" | "]"));
        before.into_iter().find(|&place| self.at(place) == "pub")
    }

    /// Whether an `impl` begins a block, and is not part of a type such as `&impl Fn()`.
    fn is_item(&self, at: usize) -> bool {
        at == 0 || matches!(self.at(at - 1), "}" | ";" | "]" | "{" | "unsafe")
    }

    /// The type that an `impl` block is for.
    fn implemented(&self, at: usize, open: usize) -> &str {
        let start = (at..open).rfind(|&place| self.at(place) == "for").unwrap_or(at);
        let mut depth = 0_usize;
        let mut name = "";
        for token in &self.tokens[(start + 1).min(open)..open] {
            match token.text.as_str() {
                "<" => depth += 1,
                ">" => depth = depth.saturating_sub(1),
                "where" => break,
                _ if depth == 0 && token.kind == Kind::Word => name = &token.text,
                _ => {}
            }
        }
        name
    }

    /// The first brace after `at` that opens a body, or the end of an item without one.
    fn open_brace(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for place in at..self.tokens.len() {
            match self.at(place) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                "{" if depth == 0 => return place,
                ";" if depth == 0 => break,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// The brace that closes the one at `open`.
    pub fn closing(&self, open: usize) -> usize {
        closing(&self.tokens, open)
    }
}

fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(open) {
        if token.is("{") || token.is("(") || token.is("[") {
            depth += 1;
        } else if token.is("}") || token.is(")") || token.is("]") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return place;
            }
        }
    }
    tokens.len()
}

/// Which tokens belong to an item under `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn test_tokens(tokens: &[Token]) -> Vec<bool> {
    let mut test = vec![false; tokens.len()];
    let texts = |at: usize, count: usize| -> Vec<&str> {
        tokens.iter().skip(at).take(count).map(|token| token.text.as_str()).collect()
    };
    for at in 0..tokens.len() {
        let opens = texts(at, 5) == ["#", "[", "cfg", "(", "test"]
            || texts(at, 7) == ["#", "[", "cfg", "(", "all", "(", "test"];
        if opens && !test[at] {
            let end = item_end(tokens, at);
            test[at..end].fill(true);
        }
    }
    test
}

/// Where the item ends whose first attribute is at `at`.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while tokens.get(at).is_some_and(|token| token.is("#")) {
        at = closing(tokens, at) + 1;
    }
    let mut braced = true;
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match token.text.as_str() {
            _ if token.kind == Kind::Text => {}
            "use" | "const" | "static" | "type" if depth == 0 => braced = false,
            "fn" if depth == 0 => braced = true,
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && braced {
                    return place + 1;
                }
            }
            ";" if depth == 0 => return place + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// A path as written, with the module that it stands in.
struct Found {
    module: Vec<String>,
    segments: Vec<String>,
    /// The name that a `use` gives it.
    name: Option<String>,
    line: usize,
    test: bool,
}

impl Found {
    /// The name that a `use` brings in, and what it means.
    fn alias(&self) -> Option<(String, Vec<String>)> {
        let name = self.name.clone().filter(|name| name != "*" && name != "_")?;
        Some((name, self.absolute()))
    }

    fn resolve(self, aliases: &HashMap<String, Vec<String>>) -> Named {
        let mut segments = self.absolute();
        let known = self.name.is_none().then(|| aliases.get(&segments[0])).flatten();
        if let Some(target) = known {
            segments.splice(0..1, target.iter().cloned());
        }
        Named { segments, line: self.line, test: self.test }
    }

    /// The segments with `crate`, `self` and `super` worked out.
    fn absolute(&self) -> Vec<String> {
        let mut module = self.module.clone();
        let mut rest = self.segments.as_slice();
        match rest.first().map(String::as_str) {
            Some("crate" | "countersign") => module.clear(),
            Some("self" | "super") => {}
            _ => return self.segments.clone(),
        }
        while let Some(first) =
            rest.first().filter(|first| ["crate", "countersign", "self", "super"].contains(&first.as_str()))
        {
            if first == "super" {
                module.pop();
            }
            rest = &rest[1..];
        }
        std::iter::once("crate".to_owned()).chain(module).chain(rest.iter().cloned()).collect()
    }
}

/// Walks over a file's tokens and gathers its paths.
struct PathWalk<'a> {
    source: &'a Source,
    /// The module that is read, and those around it, each from the crate's root.
    modules: Vec<Vec<String>>,
    /// Where the inner ones of them end.
    depths: Vec<usize>,
    found: Vec<Found>,
}

impl PathWalk<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.source.tokens.len() {
            while self.depths.last().is_some_and(|end| *end <= at) {
                self.depths.pop();
                self.modules.pop();
            }
            at = self.step(at);
        }
    }

    fn step(&mut self, at: usize) -> usize {
        let source = self.source;
        let token = &source.tokens[at];
        if token.kind == Kind::Text {
            // `#[serde(with = "crate::x::y")]` names a path too.
            if let Some(rest) = token.text.strip_prefix("crate::") {
                let segments = std::iter::once("crate").chain(rest.split("::")).map(str::to_owned).collect();
                self.add(segments, None, at);
            }
            return at + 1;
        }
        match token.text.as_str() {
            "use" if source.at(at + 1) != "<" => self.tree(at + 1, &[]),
            "mod" if source.at(at + 2) == "{" => {
                let mut inner = self.modules.last().cloned().unwrap_or_default();
                inner.push(source.at(at + 1).to_owned());
                self.modules.push(inner);
                self.depths.push(source.closing(at + 2));
                at + 3
            }
            _ if token.kind == Kind::Word => self.inline(at),
            _ => at + 1,
        }
    }

    /// A path in code: `crate::diff::change_id(…)`.
    fn inline(&mut self, at: usize) -> usize {
        let (segments, end) = self.segments(at);
        if segments.len() > 1 {
            self.add(segments, None, at);
        }
        end
    }

    /// One branch of a `use`: a path that ends in a name, a glob or a group of further branches.
    fn tree(&mut self, at: usize, prefix: &[String]) -> usize {
        let at = if self.source.at(at) == "::" { at + 1 } else { at };
        let (own, mut end) = self.segments(at);
        let mut segments = [prefix, own.as_slice()].concat();
        match self.source.at(end) {
            "{" => return self.group(end, &segments),
            "*" => {
                segments.push("*".to_owned());
                end += 1;
            }
            _ => {}
        }
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let mut name = segments.last().cloned();
        if self.source.at(end) == "as" {
            name = Some(self.source.at(end + 1).to_owned());
            end += 2;
        }
        if !segments.is_empty() {
            self.add(segments, name, at);
        }
        end.max(at + 1)
    }

    fn group(&mut self, open: usize, prefix: &[String]) -> usize {
        let close = self.source.closing(open);
        let mut at = open + 1;
        while at < close {
            at = if self.source.at(at) == "," { at + 1 } else { self.tree(at, prefix) };
        }
        close + 1
    }

    /// The words from `at` that `::` joins, and the place after them (after the last `::` before a glob or a group).
    fn segments(&self, at: usize) -> (Vec<String>, usize) {
        let word = |place: usize| self.source.tokens.get(place).filter(|token| token.kind == Kind::Word);
        let mut segments = Vec::new();
        let mut end = at;
        while let Some(token) = word(end) {
            segments.push(token.text.clone());
            end += 1;
            if self.source.at(end) != "::" {
                break;
            }
            if word(end + 1).is_some() || matches!(self.source.at(end + 1), "{" | "*") {
                end += 1;
            } else {
                break;
            }
        }
        (segments, end)
    }

    fn add(&mut self, segments: Vec<String>, name: Option<String>, at: usize) {
        let module = self.modules.last().cloned().unwrap_or_default();
        let (line, test) = (self.source.tokens[at].line, self.source.test[at]);
        self.found.push(Found { module, segments, name, line, test });
    }
}

//! Rust text as tokens: just enough to read paths, attributes and functions without being fooled by comments, strings or
//! macros. It never fails: what it does not know is a token of one character.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword; `r#type` is `type`.
    Word,
    /// A string or byte string; the text is what stands between the quotes, escapes as written.
    Text,
    /// A character, a number or a lifetime: nothing that a rule looks at.
    Other,
    /// `::`, or any single character.
    Sign,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: String,
    /// The line, from 1.
    pub line: usize,
}

impl Token {
    /// Whether it is this word or sign; a string is never one.
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }
}

/// A comment, with the line on which it begins.
pub struct Comment {
    /// Its text, with the signs that open it.
    pub text: String,
    /// The line, from 1.
    pub line: usize,
}

/// Cuts a text into tokens and comments.
pub fn lex(text: &str) -> (Vec<Token>, Vec<Comment>) {
    let mut lexer = Lexer { rest: text, line: 1, tokens: Vec::new(), comments: Vec::new() };
    while !lexer.rest.is_empty() {
        lexer.step();
    }
    (lexer.tokens, lexer.comments)
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
}

impl Lexer<'_> {
    fn step(&mut self) {
        let first = self.rest.chars().next().unwrap_or(' ');
        if first.is_whitespace() {
            self.take(first.len_utf8());
        } else if self.rest.starts_with("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.comment(end);
        } else if self.rest.starts_with("/*") {
            self.comment(block_comment(self.rest));
        } else if let Some((open, end, close)) = string(self.rest) {
            self.push(Kind::Text, end + close, open, end);
        } else if first.is_ascii_digit() {
            let end = number(self.rest);
            self.push(Kind::Other, end, 0, end);
        } else if first == '\'' || self.rest.starts_with("b'") {
            let start = usize::from(first == 'b');
            let end = start + quote(&self.rest[start..]);
            self.push(Kind::Other, end, 0, end);
        } else if first.is_alphabetic() || first == '_' {
            self.word();
        } else {
            let end = if self.rest.starts_with("::") { 2 } else { first.len_utf8() };
            self.push(Kind::Sign, end, 0, end);
        }
    }

    fn word(&mut self) {
        let start = if self.rest.starts_with("r#") { 2 } else { 0 };
        let end = self.rest[start..].find(|c: char| !c.is_alphanumeric() && c != '_');
        let end = end.map_or(self.rest.len(), |end| start + end);
        self.push(Kind::Word, end, start, end);
    }

    /// Adds a token of `length` bytes, whose text is from `from` to `to` of them.
    fn push(&mut self, kind: Kind, length: usize, from: usize, to: usize) {
        let (text, line) = (self.rest[from..to].to_owned(), self.line);
        self.tokens.push(Token { kind, text, line });
        self.take(length);
    }

    fn comment(&mut self, length: usize) {
        self.comments.push(Comment { text: self.rest[..length].to_owned(), line: self.line });
        self.take(length);
    }

    fn take(&mut self, length: usize) {
        let (gone, rest) = self.rest.split_at(length);
        self.line += gone.matches('\n').count();
        self.rest = rest;
    }
}

/// The length of a block comment, which may hold others.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(found) = text[at..].find(['/', '*']) {
        at += found;
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// A string of any kind: where its text begins and ends, and how many bytes close it.
fn string(text: &str) -> Option<(usize, usize, usize)> {
    let raw =
        |prefix: &&str| text.strip_prefix(*prefix).is_some_and(|tail| tail.trim_start_matches('#').starts_with('"'));
    let plain = |prefix: &&str| text.strip_prefix(*prefix).is_some_and(|tail| tail.starts_with('"'));
    let prefix = ["br", "cr", "r"].into_iter().find(raw).or_else(|| ["b", "c", ""].into_iter().find(plain))?;
    let marks = text[prefix.len()..].bytes().take_while(|&byte| byte == b'#').count();
    let open = prefix.len() + marks + 1;
    if prefix.ends_with('r') {
        let close = format!("\"{}", "#".repeat(marks));
        let end = text[open..].find(&close).map_or(text.len(), |end| open + end);
        return Some((open, end, close.len().min(text.len() - end)));
    }
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((open, at, 1)),
            _ => {}
        }
    }
    Some((open, text.len(), 0))
}

/// The length of a number; `0..3` is a number and two dots, `1.0e-5` one number.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 1;
    while let Some(&byte) = bytes.get(end) {
        let after = bytes.get(end + 1);
        let fraction = byte == b'.' && after.is_some_and(u8::is_ascii_digit);
        let exponent = matches!(byte, b'-' | b'+') && matches!(bytes[end - 1], b'e' | b'E') && !text.starts_with("0x");
        if !(byte.is_ascii_alphanumeric() || byte == b'_' || fraction || exponent) {
            break;
        }
        end += 1;
    }
    end
}

/// The length of a character or of a lifetime.
fn quote(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text.get(3..).and_then(|tail| tail.find('\'')).map_or(text.len(), |end| end + 4),
        Some((at, c)) if text[at + c.len_utf8()..].starts_with('\'') => at + c.len_utf8() + 1,
        _ => text[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(text.len(), |end| end + 1),
    }
}

#[test]
fn cuts_what_rust_allows() {
    let text = r#"
use a::b; // crate::no
/* one /* two */ crate::no */
let s = "crate::no \" \\"; let r = r"crate::no"; let b = br"x\"; let c = b'\''; let d = '"';
fn f<'a>(x: &'a str) -> r#type { 0..3; 1.5e-3; 'é'; '\u{1f}' }"#;
    let (tokens, comments) = lex(text);
    let words: Vec<&str> = tokens.iter().filter(|t| t.kind == Kind::Word).map(|t| t.text.as_str()).collect();
    assert_eq!(words.join(" "), "use a b let s let r let b let c let d fn f x str type");
    let strings: Vec<&str> = tokens.iter().filter(|t| t.kind == Kind::Text).map(|t| t.text.as_str()).collect();
    assert_eq!(strings, [r#"crate::no \" \\"#, "crate::no", r"x\"]);
    assert_eq!((comments.len(), comments[1].line), (2, 3));
    let others: Vec<&str> = tokens.iter().filter(|t| t.kind == Kind::Other).map(|t| t.text.as_str()).collect();
    assert_eq!(others, [r"b'\''", "'\"'", "'a", "'a", "0", "3", "1.5e-3", "'é'", r"'\u{1f}'"]);
    assert_eq!(tokens.last().map(|t| t.line), Some(5));
}

#[test]
fn ends_on_anything() {
    for text in ["\"", "r#\"", "'", "'\\", "/*", "/* /* */", "//", "b'", "0.", "r#", "#", "é", "br##\"x\"#", "1e", "/"]
    {
        let _ = lex(text);
    }
}

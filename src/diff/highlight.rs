//! Syntax colours as roles, for a window of lines of one side of one file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use bstr::{BStr, ByteSlice as _};
use syntect::parsing::{ParseState, ScopeStack, ScopeStackOp, SyntaxReference, SyntaxSet};

use super::Lines;
use super::markdown::Markdown;
use super::syntax_role::{SyntaxRole, role_of};

/// Larger texts, in bytes, are not coloured.
const MAX_BYTES: usize = 2 << 20;

/// Longer lines, in bytes, are not coloured, and do not change the state behind them.
const MAX_LINE: usize = 400;

/// The state is remembered each time so many lines have passed.
const STRIDE: u32 = 64;

/// Further than this behind any known state, in lines, colouring starts afresh: a jump to the end of a long file should cost
/// little more than a page, though the first lines after it may be coloured as if nothing had come before.
const MAX_CATCH_UP: u32 = 1_024;

/// How many lines before the window a fresh start is made.
const LEAD: u32 = 256;

/// What most proposals here are written in, with the parts of it that most lines have.
const USUAL: &[u8] =
    b"---\n# comment\nkey: &anchor \"value\"\nlist:\n  - name: one # why\n    on: true\n    size: 64Mi\n";

/// The roles in one line: ranges of its bytes, in order, without overlaps; what no range covers has no role.
pub type Roles = Vec<(Range<usize>, SyntaxRole)>;

/// Colours one side of one file, window by window, and remembers enough to go on from any place it has passed.
///
/// Meant for a thread in the background: the first use of all loads the grammars, the first use of a language compiles its
/// patterns (milliseconds to a tenth of a second).
#[derive(Debug)]
pub struct Highlighter {
    lines: Lines,
    /// The states before lines, by line from 0.
    states: BTreeMap<u32, State>,
}

/// What the grammar knows before a line.
#[derive(Debug, Clone)]
enum State {
    Markdown(Markdown),
    Grammar(Box<Parse>),
}

/// The state of one of the grammars that come with the program.
#[derive(Debug, Clone)]
struct Parse {
    state: ParseState,
    scopes: ScopeStack,
}

impl Highlighter {
    /// Does now, on a thread that nobody waits for, what the first use would do: otherwise the first page of the first diff has
    /// no colours for as long as a person notices.
    pub fn prepare() {
        let lines = Lines::new(USUAL.into());
        let prepared = Self::new(BStr::new("usual.yaml"), lines);
        drop(prepared.map(|mut highlighter| highlighter.window(0..u32::MAX)));
    }

    /// Picks the language by the file's name, extension and first line; `None` where there is none, or the text is too large.
    #[must_use]
    pub fn new(path: &BStr, lines: Lines) -> Option<Self> {
        if lines.is_empty() || lines.bytes().len() > MAX_BYTES {
            return None;
        }
        let start = match language(path, lines.line(0))? {
            Language::Markdown => State::Markdown(Markdown::default()),
            Language::Grammar(syntax) => {
                State::Grammar(Box::new(Parse { state: ParseState::new(syntax), scopes: ScopeStack::new() }))
            }
        };
        Some(Self { lines, states: BTreeMap::from([(0, start)]) })
    }

    /// The roles in these lines (from 0), one list a line; fewer lists where the text ends before.
    pub fn window(&mut self, wanted: Range<u32>) -> Vec<Roles> {
        let end = wanted.end.min(self.lines.len());
        let Some((mut line, mut state)) = self.state_before(wanted.start) else { return Vec::new() };
        let mut roles = Vec::with_capacity(end.saturating_sub(wanted.start) as usize);
        while line < end {
            if line.is_multiple_of(STRIDE) && !self.states.contains_key(&line) {
                self.states.insert(line, state.clone());
            }
            let found = state.line(self.lines.line(line));
            if line >= wanted.start {
                roles.push(found);
            }
            line += 1;
        }
        roles
    }

    /// The nearest state at or before a line, and where it holds.
    fn state_before(&self, line: u32) -> Option<(u32, State)> {
        let (at, state) = self.states.range(..=line).next_back()?;
        if line - at <= MAX_CATCH_UP {
            return Some((*at, state.clone()));
        }
        let fresh = self.states.get(&0)?.clone();
        Some((line - LEAD, fresh))
    }
}

impl State {
    /// Reads one line. A line that is too long, not UTF-8, or too much for the grammar has no roles.
    fn line(&mut self, line: &[u8]) -> Roles {
        let text = if line.len() > MAX_LINE { None } else { line.to_str().ok() };
        let Some(text) = text else { return Roles::new() };
        let visible = text.trim_end_matches(['\n', '\r']);
        match self {
            Self::Markdown(markdown) => markdown.line(visible.as_bytes()),
            Self::Grammar(parse) => {
                let steps = parse.state.parse_line(text, grammars());
                steps.map_or_else(|_| Roles::new(), |steps| parse.roles(visible.len(), &steps))
            }
        }
    }
}

impl Parse {
    fn roles(&mut self, length: usize, steps: &[(usize, ScopeStackOp)]) -> Roles {
        let mut roles = Roles::new();
        let mut at = 0;
        for (to, step) in steps.iter().map(|(to, step)| (*to, Some(step))).chain([(length, None)]) {
            let to = to.min(length);
            if let Some(role) = (at < to).then(|| role_of(&self.scopes)).flatten() {
                match roles.last_mut() {
                    Some((range, last)) if *last == role && range.end == at => range.end = to,
                    _ => roles.push((at..to, role)),
                }
            }
            at = at.max(to);
            if let Some(step) = step {
                // A grammar that takes away more than there is leaves the stack as it was.
                let _ = self.scopes.apply(step);
            }
        }
        roles
    }
}

/// Every grammar that comes with the program.
fn grammars() -> &'static SyntaxSet {
    static GRAMMARS: OnceLock<SyntaxSet> = OnceLock::new();
    GRAMMARS.get_or_init(two_face::syntax::extra_newlines)
}

/// The grammars that are used: those of files in infrastructure repositories. Patterns stay in memory once they are
/// compiled: all of these together take 40 MB, TypeScript alone would take 38.
const USED: [&str; 14] = [
    "YAML",
    "JSON",
    "TOML",
    "Terraform",
    "Bourne Again Shell (bash)",
    "Dockerfile",
    "INI",
    "DotENV",
    "Makefile",
    "Python",
    "Nix",
    "nginx",
    "jsonnet",
    "XML",
];

/// How a text is coloured.
enum Language {
    Markdown,
    Grammar(&'static SyntaxReference),
}

/// The language of a file.
fn language(path: &BStr, first_line: &[u8]) -> Option<Language> {
    let name = path.rsplit_str("/").next()?.to_str().ok()?;
    // A template is coloured as what it makes: `values.yaml.j2`.
    let made =
        [".j2", ".tpl", ".tmpl", ".gotmpl"].iter().find_map(|template| name.strip_suffix(template)).unwrap_or(name);
    let extension = made.rsplit_once('.').map_or(made, |(_, extension)| extension);
    let known = match extension {
        "md" | "markdown" => return Some(Language::Markdown),
        "json5" | "jsonc" | "tfstate" => "json",
        "kubeconfig" | "yamllint" => "yaml",
        "Containerfile" => "Dockerfile",
        other => other,
    };
    let grammars = grammars();
    let first_line = first_line[..first_line.len().min(MAX_LINE)].to_str().unwrap_or_default();
    let found = grammars
        .find_syntax_by_extension(made)
        .or_else(|| grammars.find_syntax_by_extension(known))
        .or_else(|| grammars.find_syntax_by_token(known))
        .or_else(|| grammars.find_syntax_by_first_line(first_line))?;
    USED.contains(&found.name.as_str()).then_some(Language::Grammar(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn highlighter(path: &str, text: &str) -> Option<Highlighter> {
        Highlighter::new(path.into(), Lines::new(text.as_bytes().into()))
    }

    /// Each line with the first letters of its roles under it.
    fn drawn(path: &str, text: &str) -> String {
        let windows = highlighter(path, text).unwrap().window(0..u32::MAX);
        text.lines().zip(windows).fold(String::new(), |out, (line, roles)| {
            let mut under = vec![b' '; line.len()];
            for (range, role) in roles {
                under[range].fill(role.name().as_bytes()["syntax.".len()]);
            }
            out + line + "\n" + String::from_utf8(under).unwrap().trim_end() + "\n"
        })
    }

    #[test]
    fn yaml() {
        let text = "# note\nreplicas: 3\nname: \"web\"\non: true\n- &a x\n";
        assert_eq!(
            drawn("apps/web.yaml", text),
            "# note\ncccccc\nreplicas: 3\nkkkkkkkkp n\nname: \"web\"\nkkkkp sssss\non: true\nccp cccc\n- &a x\np pt s\n"
        );
    }

    #[test]
    fn json_and_terraform() {
        assert_eq!(drawn("a.json", "{\"key\": [1, null]}\n"), "{\"key\": [1, null]}\npkkkkkp pnp ccccpp\n");
        assert_eq!(
            drawn("main.tf", "resource \"a\" \"b\" {\n  count = 3\n}\n"),
            "resource \"a\" \"b\" {\nkkkkkkkk sss sss p\n  count = 3\n  kkkkkvppn\n}\np\n"
        );
    }

    #[test]
    fn every_grammar_that_is_used_exists() {
        for name in USED {
            assert!(grammars().find_syntax_by_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn languages_by_name_extension_and_first_line() {
        let name = |path: &str, first: &str| match language(path.into(), first.as_bytes())? {
            Language::Markdown => Some("Markdown"),
            Language::Grammar(syntax) => Some(syntax.name.as_str()),
        };
        for (path, first, language) in [
            ("a/b.yaml", "", Some("YAML")),
            ("a/b.yml", "", Some("YAML")),
            ("b.sops.yaml", "", Some("YAML")),
            ("values.yaml.j2", "", Some("YAML")),
            ("main.tf", "", Some("Terraform")),
            ("x.hcl", "", Some("Terraform")),
            ("x.tfvars", "", Some("Terraform")),
            ("Cargo.toml", "", Some("TOML")),
            ("renovate.json5", "", Some("JSON")),
            ("README.md", "", Some("Markdown")),
            ("run.sh", "", Some("Bourne Again Shell (bash)")),
            ("bin/run", "#!/usr/bin/env bash\n", Some("Bourne Again Shell (bash)")),
            ("a/Dockerfile", "", Some("Dockerfile")),
            ("a/Makefile", "", Some("Makefile")),
            (".env", "", Some("DotENV")),
            ("LICENSE", "MIT\n", None),
            ("notes.txt", "x\n", None),
            ("index.ts", "const x = 1;\n", None),
            ("", "", None),
        ] {
            assert_eq!(name(path, first), language, "{path}");
        }
        assert!(Highlighter::new(b"\xff.yaml".as_bstr(), Lines::new(b"a: 1\n".as_slice().into())).is_none());
    }

    #[test]
    fn windows_agree_with_the_whole() {
        let text = "key: |\n  block\n  # not a comment\nlist: [1, \"x\"]\n".repeat(100);
        let whole = highlighter("a.yaml", &text).unwrap().window(0..u32::MAX);
        assert_eq!(whole.len(), 400);
        let mut stepwise = highlighter("a.yaml", &text).unwrap();
        for start in [0, 40, 200, 90, 390, 64, 0] {
            let end = (start + 50).min(400);
            assert_eq!(stepwise.window(start..start + 50), whole[start as usize..end as usize]);
        }
        assert_eq!(stepwise.window(5_000..5_010), Vec::<Roles>::new());
    }

    #[test]
    fn a_far_jump_starts_afresh() {
        let text = "a: 1\n".repeat(100_000);
        let mut far = highlighter("a.yaml", &text).unwrap();
        assert_eq!(far.window(99_990..100_020).len(), 10);
        assert!(far.states.len() < 10);
    }

    #[test]
    fn hostile_lines_have_no_roles() {
        let long = format!("a: {}\nb: 1\n", "x".repeat(MAX_LINE));
        let roles = highlighter("a.yaml", &long).unwrap().window(0..2);
        assert!(roles[0].is_empty() && !roles[1].is_empty());
        let lines = Lines::new(b"a: \xff\nb: 1\n".as_slice().into());
        let roles = Highlighter::new("a.yaml".into(), lines).unwrap().window(0..2);
        assert!(roles[0].is_empty() && !roles[1].is_empty());
        assert!(highlighter("a.yaml", &"a: 1\n".repeat(MAX_BYTES)).is_none());
    }

    #[test]
    fn moves_to_a_thread() {
        const fn send<T: Send>() {}
        send::<Highlighter>();
    }
}

//! Patterns over paths, ref names and the text of commits.

use std::fmt;

use bstr::BStr;
use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

/// Says that a pattern is not a glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a glob: {why}")]
pub struct GlobError {
    /// The pattern as written.
    pub pattern: String,
    /// What is wrong with it.
    pub why: String,
}

/// Patterns over paths or ref names, matched against raw bytes. `*` does not cross `/`, `**` does.
#[derive(Clone)]
pub struct Globs {
    patterns: Vec<String>,
    set: GlobSet,
}

impl Globs {
    /// The longest pattern that is accepted, in bytes; a path of that length has no use for a longer one.
    pub const MAX_PATTERN: usize = 1024;

    /// Compiles patterns; the error names the first one that is not a glob.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, GlobError> {
        Self::compile(patterns, |pattern| {
            GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).empty_alternates(true).build()
        })
    }

    /// Compiles patterns over a line of text, such as an author or a trailer: `*` and `?` are wild and cross anything,
    /// everything else stands for itself (`infra-bot[bot]` is a name, not a class), and case does not count.
    pub fn text<S: AsRef<str>>(patterns: &[S]) -> Result<Self, GlobError> {
        Self::compile(patterns, |pattern| {
            GlobBuilder::new(&escape_all_but_wild(pattern)).case_insensitive(true).backslash_escape(true).build()
        })
    }

    /// No patterns; matches nothing.
    #[must_use]
    pub fn none() -> Self {
        Self { patterns: Vec::new(), set: GlobSet::empty() }
    }

    fn compile<S: AsRef<str>>(
        patterns: &[S],
        build: impl Fn(&str) -> Result<globset::Glob, globset::Error>,
    ) -> Result<Self, GlobError> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns.iter().map(AsRef::as_ref) {
            let refuse = |why: String| GlobError { pattern: pattern.chars().take(80).collect(), why };
            if pattern.len() > Self::MAX_PATTERN {
                return Err(refuse(format!("longer than {} bytes", Self::MAX_PATTERN)));
            }
            set.add(build(pattern).map_err(|error| refuse(error.kind().to_string()))?);
        }
        // Single patterns have passed; together they can only be too large.
        let set = set.build().map_err(|error| GlobError {
            pattern: patterns.first().map(|p| p.as_ref().to_owned()).unwrap_or_default(),
            why: error.kind().to_string(),
        })?;
        Ok(Self { patterns: patterns.iter().map(|p| p.as_ref().to_owned()).collect(), set })
    }

    /// The patterns as written.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// Whether there is no pattern.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether any pattern matches the whole of `name`.
    #[must_use]
    pub fn matches(&self, name: &BStr) -> bool {
        // Bytes that are not UTF-8 stay bytes: a file name must not slip past a rule by being unprintable.
        self.set.is_match_candidate(&Candidate::from_bytes(name))
    }

    /// The first pattern, as written, that matches `name`.
    #[must_use]
    pub fn matching(&self, name: &BStr) -> Option<&str> {
        let index = self.set.matches_candidate(&Candidate::from_bytes(name)).into_iter().min()?;
        self.patterns.get(index).map(String::as_str)
    }
}

impl fmt::Debug for Globs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Globs").field(&self.patterns).finish()
    }
}

impl fmt::Display for Globs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.patterns.join(", "))
    }
}

fn escape_all_but_wild(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        if matches!(c, '[' | ']' | '{' | '}' | '\\' | '!' | ',') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_matched_whole_and_by_segment() {
        for (pattern, path, expected) in [
            ("docs/**", "docs/a/b.md", true),
            ("docs/**", "docs", false),
            ("docs/*", "docs/a/b.md", false),
            ("**/*.md", "a.md", true),
            ("**/*.md", "x/y/a.md", true),
            ("*.md", "x/a.md", false),
            ("**/*secret*", "apps/db/secret.yaml", true),
            ("**/*secret*", "apps/secrets/a.yaml", false),
            ("a/{b,c}/d", "a/c/d", true),
            ("Docs/**", "docs/a", false),
        ] {
            assert_eq!(Globs::new(&[pattern]).unwrap().matches(path.into()), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_still_match() {
        let globs = Globs::new(&["**/*secret*"]).unwrap();
        assert!(globs.matches(BStr::new(b"a/\xff-secret\xfe.yaml")));
        assert_eq!(globs.matching(BStr::new(b"secret\xfe")), Some("**/*secret*"));
    }

    #[test]
    fn text_knows_only_two_wild_characters() {
        for (pattern, text, expected) in [
            ("infra-bot[bot]", "infra-bot[bot]", true),
            ("infra-bot[bot]", "infra-botb", false),
            ("co-authored-by: claude*", "Co-Authored-By: Claude Opus <x@y> https://a/b", true),
            ("{a,b}", "a", false),
            ("{a,b}", "{A,b}", true),
            ("b?t", "bot", true),
            ("\\", "\\", true),
            ("[!a]", "[!a]", true),
        ] {
            assert_eq!(Globs::text(&[pattern]).unwrap().matches(text.into()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_bad_pattern_is_named() {
        let error = Globs::new(&["ok/**", "a/[b"]).unwrap_err();
        assert_eq!(error.pattern, "a/[b");
        assert!(Globs::new(&["a".repeat(2000)]).is_err());
    }
}

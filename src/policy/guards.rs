//! The rules that no policy can switch off: what touches the root of trust, who is asked, what runs, or what agents read
//! is high and lands alone; what a reviewer cannot see in a diff is never low.

use std::borrow::Cow;
use std::sync::LazyLock;

use bstr::{BStr, ByteSlice as _};

use super::{Globs, Policy};
use crate::model::text::is_active;
use crate::model::{FileChange, Mode};

/// One rule that no policy can switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// The policy, its signers, and the programs that it runs.
    Root,
    /// Who a forge asks for review.
    Owners,
    /// What runs with the repository's secrets.
    Ci,
    /// What agents are told.
    Memory,
    /// What changes how git shows or stores other files.
    Attributes,
    /// A link, or a commit of another repository: the change lies elsewhere.
    Links,
    /// A name that a screen cannot show as it is.
    Names,
}

/// How a guard raises the tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Floor {
    /// At least high, and nothing else lands in the same push.
    HighAlone,
    /// At least `default_tier`, which is never low.
    DefaultTier,
}

impl Guard {
    /// All guards, in the order of the trace.
    pub const ALL: [Self; 7] =
        [Self::Root, Self::Owners, Self::Ci, Self::Memory, Self::Attributes, Self::Links, Self::Names];

    /// The name in rulings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "countersign",
            Self::Owners => "code-owners",
            Self::Ci => "ci",
            Self::Memory => "agents-file",
            Self::Attributes => "attributes",
            Self::Links => "links",
            Self::Names => "file-names",
        }
    }

    /// What it guards, in a few words.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Root => "policy, signers and what they run",
            Self::Owners => "code owners",
            Self::Ci => "a CI workflow",
            Self::Memory => "a file that agents take instructions from",
            Self::Attributes => "git attributes or submodule settings",
            Self::Links => "a symbolic link or a submodule",
            Self::Names => "a file name that cannot be shown as it is",
        }
    }

    /// What it does.
    pub const fn floor(self) -> Floor {
        match self {
            Self::Root | Self::Owners | Self::Ci | Self::Memory => Floor::HighAlone,
            Self::Attributes | Self::Links | Self::Names => Floor::DefaultTier,
        }
    }

    /// The patterns, over folded paths; empty for those that look at something else.
    pub fn patterns(self) -> &'static Globs {
        match self {
            Self::Root => &ROOT,
            Self::Owners => &OWNERS,
            Self::Ci => &CI,
            Self::Memory => &MEMORY,
            Self::Attributes => &ATTRIBUTES,
            Self::Links | Self::Names => &NONE,
        }
    }
}

/// The guards as they hold under one policy.
pub(super) struct Guards {
    memory: Vec<String>,
}

impl Guards {
    /// The guards under `policy`, whose agents add their memory files.
    pub fn of(policy: &Policy) -> Self {
        Self { memory: policy.agents.iter().map(|agent| fold(agent.memory.as_str().into()).into_owned()).collect() }
    }

    /// Whether `guard` watches over this change.
    pub fn hold(&self, guard: Guard, change: &Guarded) -> bool {
        match guard {
            Guard::Links => change.links,
            Guard::Names => change.odd,
            Guard::Memory => self.memory.contains(&change.folded) || guard.patterns().matches(change.path()),
            _ => guard.patterns().matches(change.path()),
        }
    }
}

/// What the guards look at in one change, worked out once.
pub(super) struct Guarded {
    folded: String,
    odd: bool,
    links: bool,
}

impl Guarded {
    /// Folds the path and looks at both sides.
    pub fn new(change: &FileChange) -> Self {
        let links = [change.old, change.new].into_iter().flatten();
        Self {
            folded: fold(change.path.as_bstr()).into_owned(),
            odd: change.path.to_str().map_or(true, |path| path.chars().any(is_active)),
            links: links.into_iter().any(|side| matches!(side.mode, Mode::Symlink | Mode::Submodule)),
        }
    }

    fn path(&self) -> &BStr {
        self.folded.as_str().into()
    }
}

/// A path as a file system that folds case, or that ignores invisible characters, would find it: `.GitHub` is `.github`,
/// the long s is an s. Bytes that are not UTF-8 become U+FFFD.
fn fold(path: &BStr) -> Cow<'_, str> {
    match path.to_str_lossy() {
        Cow::Borrowed(text) if !text.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) => Cow::Borrowed(text),
        text => {
            let seen = text.chars().filter(|c| !is_active(*c));
            // Upper case first: U+017F and U+212A fold to `s` and `k` only that way round.
            Cow::Owned(seen.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect())
        }
    }
}

static NONE: LazyLock<Globs> = LazyLock::new(Globs::none);
static ROOT: LazyLock<Globs> = LazyLock::new(|| fixed(&[".countersign", ".countersign/**"]));
static OWNERS: LazyLock<Globs> =
    LazyLock::new(|| fixed(&["codeowners", "{docs,.github,.gitlab,.gitea,.forgejo}/codeowners"]));
static CI: LazyLock<Globs> = LazyLock::new(|| {
    fixed(&[
        ".github/{workflows,actions}/**",
        "{.gitea,.forgejo}/{workflows,actions}/**",
        ".gitlab-ci.{yml,yaml}",
        ".gitlab/ci/**",
        ".circleci/**",
        ".buildkite/**",
        ".tekton/**",
        ".woodpecker.{yml,yaml}",
        ".woodpecker/**",
        ".{drone,travis}.{yml,yaml}",
        "{azure,bitbucket}-pipelines.{yml,yaml}",
        "**/jenkinsfile{,.*}",
        "atlantis.{yml,yaml}",
    ])
});
static MEMORY: LazyLock<Globs> = LazyLock::new(|| {
    fixed(&[
        "**/agents{,.override}.md",
        "**/claude{,.local}.md",
        "**/gemini.md",
        "**/.claude/**",
        "**/.cursor/**",
        "**/.{cursorrules,windsurfrules}",
        "**/.mcp.json",
        ".github/copilot-instructions.md",
        ".github/instructions/**",
        ".agents/**",
    ])
});
static ATTRIBUTES: LazyLock<Globs> =
    LazyLock::new(|| fixed(&["**/.gitattributes", ".gitmodules", ".lfsconfig", ".gitconfig"]));

/// Compiles patterns of this file; a test holds that all of them are globs, and a broken set would match everything.
fn fixed(patterns: &[&str]) -> Globs {
    Globs::new(patterns).or_else(|_| Globs::new(&["**"])).unwrap_or_else(|_| Globs::none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Oid, Side};

    fn change(path: &[u8], mode: Mode) -> FileChange {
        FileChange { path: path.into(), old: None, new: Some(Side { mode, oid: Oid::ZERO }) }
    }

    fn holding(path: &[u8]) -> Vec<Guard> {
        let guards = Guards::of(&super::super::built_in());
        let guarded = Guarded::new(&change(path, Mode::File));
        Guard::ALL.into_iter().filter(|guard| guards.hold(*guard, &guarded)).collect()
    }

    #[test]
    fn every_pattern_is_a_glob() {
        for guard in Guard::ALL {
            assert_ne!(guard.patterns().patterns(), ["**"], "{guard:?}");
            assert_eq!(guard.patterns().is_empty(), matches!(guard, Guard::Links | Guard::Names));
        }
    }

    #[test]
    fn guarded_paths() {
        for (path, guard) in [
            (".countersign/policy.yaml", Guard::Root),
            (".CounterSign/allowed_signers", Guard::Root),
            (".countersign", Guard::Root),
            (".counter\u{17f}ign/policy.yaml", Guard::Root),
            ("CODEOWNERS", Guard::Owners),
            (".github/CODEOWNERS", Guard::Owners),
            ("docs/CodeOwners", Guard::Owners),
            (".github/workflows/ci.yaml", Guard::Ci),
            (".github/actions/x/action.yml", Guard::Ci),
            (".GITHUB/Workflows/ci.yaml", Guard::Ci),
            (".gitlab-ci.yml", Guard::Ci),
            (".forgejo/workflows/a.yml", Guard::Ci),
            (".gitea/workflows/a.yml", Guard::Ci),
            (".circleci/config.yml", Guard::Ci),
            (".buildkite/pipeline.yml", Guard::Ci),
            ("Jenkinsfile", Guard::Ci),
            ("deploy/Jenkinsfile", Guard::Ci),
            ("azure-pipelines.yml", Guard::Ci),
            ("AGENTS.md", Guard::Memory),
            ("apps/web/AGENTS.md", Guard::Memory),
            ("apps/Claude.md", Guard::Memory),
            ("GEMINI.md", Guard::Memory),
            (".github/copilot-instructions.md", Guard::Memory),
            ("web/.cursor/rules/a.mdc", Guard::Memory),
            ("apps/.gitattributes", Guard::Attributes),
            (".gitmodules", Guard::Attributes),
        ] {
            assert_eq!(holding(path.as_bytes()), [guard], "{path}");
        }
    }

    #[test]
    fn other_paths_are_free() {
        for path in
            ["docs/readme.md", "apps/countersign/a.yaml", "github/workflows/a.yml", "my-agents.md", "a/.github/x"]
        {
            assert_eq!(holding(path.as_bytes()), [], "{path}");
        }
    }

    #[test]
    fn names_that_hide_something() {
        assert_eq!(holding(b"docs/\xff.md"), [Guard::Names]);
        assert_eq!(holding("docs/\u{202e}dm.exe".as_bytes()), [Guard::Names]);
        assert_eq!(holding(b"docs/a\nb.md"), [Guard::Names]);
        assert_eq!(holding(".github/\u{200c}workflows/a.yml".as_bytes()), [Guard::Ci, Guard::Names]);
    }

    #[test]
    fn links_on_either_side() {
        let guards = Guards::of(&super::super::built_in());
        let mut link = change(b"docs/a.md", Mode::Symlink);
        assert!(guards.hold(Guard::Links, &Guarded::new(&link)));
        link.old = link.new.take();
        assert!(guards.hold(Guard::Links, &Guarded::new(&link)));
        assert!(guards.hold(Guard::Links, &Guarded::new(&change(b"vendor/x", Mode::Submodule))));
    }
}

//! Versions inside values: `1.2.3` in `ghcr.io/shop/web:1.2.3@sha256:…`, in a chart's version, in the address of a release.

use std::cmp::Ordering;

use super::words::words;

/// Two texts that differ in a version and in nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VersionChange {
    /// Before, as written.
    pub before: String,
    /// After, as written.
    pub after: String,
    /// The image's name without registry, if it is one.
    pub image: Option<String>,
    /// Both are ids, or one is, and what they are called is said by comments.
    pub by_comment: bool,
}

/// How far a version moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Bump {
    Major,
    Minor,
    Patch,
    /// One says more of its numbers than the other: `14.9` and `14`.
    Exactness,
    /// The numbers are the same, and it is a test before the release.
    PreRelease,
    /// Only the content behind the name, or what follows the numbers.
    Build,
    /// Names without an order: `nightly` and `edge`, ids of commits.
    Other,
}

impl VersionChange {
    /// Reads two values under a key; `None` where more than a version differs, or no version does.
    pub fn of(key: &str, before: &str, after: &str) -> Option<Self> {
        let (old, new) = (without_digest(before), without_digest(after));
        if key == "uses"
            && let Some((old, new)) = old.rsplit_once('@').zip(new.rsplit_once('@'))
            && old.0 == new.0
        {
            let image = old.0.rsplit('/').next().map(str::to_owned);
            return Some(Self { before: old.1.to_owned(), after: new.1.to_owned(), image, by_comment: false });
        }
        let names_version = names_version(key);
        if let Some((old, new)) = old.rsplit_once(':').zip(new.rsplit_once(':'))
            && old.0 == new.0
            && is_image(old.0, names_version)
            && is_tag(old.1)
            && is_tag(new.1)
        {
            let image = old.0.rsplit('/').next().map(str::to_owned);
            return Some(Self { before: old.1.to_owned(), after: new.1.to_owned(), image, by_comment: false });
        }
        let whole = matches!(key, "tag" | "newTag" | "version" | "rev" | "targetRevision" | "appVersion")
            || key == "revision" && !(is_number(old) && is_number(new));
        if whole && is_tag(old) && is_tag(new) {
            return Some(Self { before: old.to_owned(), after: new.to_owned(), image: None, by_comment: false });
        }
        let (old, new) = (cut(old, names_version), cut(new, names_version));
        let pairs: Vec<(&str, &str)> =
            old.versions.iter().copied().zip(new.versions.iter().copied()).filter(|(old, new)| old != new).collect();
        let (before, after) = *pairs.first()?;
        let one = old.rest == new.rest && old.versions.len() == new.versions.len();
        // `v1.2.3/a-1.2.3.yaml`
        let plain = |(old, new): (&str, &str)| (without_v(old).to_owned(), without_v(new).to_owned());
        let same = pairs.iter().all(|pair| plain(*pair) == plain((before, after)));
        (one && same).then(|| Self {
            before: before.to_owned(),
            after: after.to_owned(),
            image: None,
            by_comment: false,
        })
    }

    /// How far, and which way; `Equal` where only what has no order changed.
    pub fn bump(&self) -> (Bump, Ordering) {
        let (old, new) = (numbers(&self.before), numbers(&self.after));
        let bump = match old.iter().zip(&new).position(|(old, new)| old != new) {
            Some(0) => Bump::Major,
            Some(1) => Bump::Minor,
            Some(_) => Bump::Patch,
            None if self.before == self.after => return (Bump::Build, Ordering::Equal),
            None if old.is_empty() || new.is_empty() => return (Bump::Other, Ordering::Equal),
            None if old.len() != new.len() => Bump::Exactness,
            None => return suffix(&self.before, &self.after),
        };
        (bump, new.cmp(&old))
    }
}

/// How versions differ whose numbers are the same.
fn suffix(before: &str, after: &str) -> (Bump, Ordering) {
    let stage = |version: &str| -> Option<(usize, Option<u64>)> {
        const STAGES: [&str; 6] = ["dev", "alpha", "beta", "pre", "preview", "rc"];
        let rest = version.trim_start_matches('v').trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let rest = rest.trim_start_matches(['-', '.']);
        let word = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let rank = STAGES.iter().position(|stage| rest[..word].eq_ignore_ascii_case(stage))?;
        Some((rank, rest[word..].trim_start_matches(['-', '.']).parse().ok()))
    };
    match (stage(before), stage(after)) {
        (Some(old), Some(new)) if old != new => (Bump::PreRelease, new.cmp(&old)),
        (Some(_), None) => (Bump::PreRelease, Ordering::Greater),
        (None, Some(_)) => (Bump::PreRelease, Ordering::Less),
        _ => (Bump::Build, Ordering::Equal),
    }
}

/// Whether a key says that its value is a version.
fn names_version(key: &str) -> bool {
    const WORDS: [&str; 12] = [
        "version",
        "versions",
        "ver",
        "tag",
        "release",
        "rev",
        "revision",
        "ref",
        "image",
        "images",
        "chart",
        "container",
    ];
    words(key).iter().any(|word| WORDS.contains(&word.as_str()))
}

/// Whether what stands before a colon is an image's name: a path, or that of a key which says so.
fn is_image(name: &str, names_version: bool) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b':' | b'@');
    let plain = !name.is_empty() && name.bytes().all(word) && !name.contains("//");
    plain && (names_version || name.contains('/')) || name.starts_with("oci://") || name.starts_with("docker://")
}

/// Whether a text is the id of a commit, or of contents.
pub(super) fn is_id(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text is a version with a number: `v4`, `4.2.0-rc.1`.
pub(super) fn is_version(text: &str) -> bool {
    is_tag(text)
        && !is_id(text)
        && !numbers(text).is_empty()
        && without_v(text).starts_with(|c: char| c.is_ascii_digit())
}

fn without_v(version: &str) -> &str {
    version.strip_prefix('v').unwrap_or(version)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn without_digest(text: &str) -> &str {
    text.split_once("@sha256:").map_or(text, |(name, _)| name)
}

/// Whether a text can be an image's tag or a version: no path, no sentence.
fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+');
    !text.is_empty() && text.len() <= 128 && text.bytes().all(word)
}

/// A text with its versions taken out.
struct Cut<'t> {
    rest: Vec<&'t str>,
    versions: Vec<&'t str>,
}

/// Longer texts are not looked through for versions.
const LONGEST: usize = 2_000;

/// `names_version` is whether the key says that there is a version in it.
fn cut(text: &str, names_version: bool) -> Cut<'_> {
    let mut found = Cut { rest: Vec::new(), versions: Vec::new() };
    if text.len() > LONGEST {
        return found;
    }
    let (mut from, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let begins =
            bytes[at].is_ascii_digit() && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'v');
        if !begins {
            at += 1;
            continue;
        }
        let end = at + length(&bytes[at..]);
        let has_v = at > from && bytes[at - 1] == b'v' && (at == 1 || !bytes[at - 2].is_ascii_alphanumeric());
        let start = if has_v { at - 1 } else { at };
        if text[at..end].contains('.') && (has_v || is_told(&text[..at], &text[at..end], names_version)) {
            found.rest.push(&text[from..start]);
            found.versions.push(&text[start..end]);
            from = end;
        }
        at = end;
    }
    found.rest.push(&text[from..]);
    found
}

/// Whether a number with points is a version: an address is none, and `5.1` or `1.5Gi` only where the key, a path or a name
/// says so.
fn is_told(before: &str, word: &str, names_version: bool) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let is_address = parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok());
    let mut behind = before.chars().rev();
    let in_name = match behind.next() {
        Some('/' | '@' | '_') => true,
        Some('-') => behind.next().is_some_and(|c| c.is_ascii_alphanumeric()),
        _ => false,
    };
    !is_address && (parts.len() > 2 || names_version || in_name)
}

/// How long the version, or the number, is that begins a text: `1.2.3`, `1.2.3rc1`, `1.2.3-rc.1+build`.
fn length(text: &[u8]) -> usize {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while digit(end) || text.get(end) == Some(&b'.') && digit(end + 1) {
        end += 1;
    }
    let suffix = |b: &&u8| b.is_ascii_alphanumeric() || matches!(**b, b'-' | b'+');
    end += text[end..].iter().take_while(suffix).count();
    // What a pre-release counts: `-rc.1`.
    while text.get(end) == Some(&b'.') && digit(end + 1) {
        end += 1 + text[end + 1..].iter().take_while(suffix).count();
    }
    end.max(1)
}

/// The numbers of a version, up to what is no number.
fn numbers(version: &str) -> Vec<u64> {
    if is_id(version) {
        return Vec::new();
    }
    let start = version.find(|c: char| c.is_ascii_digit()).unwrap_or(version.len());
    let core = version[start..].split(['-', '+', '_']).next().unwrap_or_default();
    core.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_where_nothing_else_differs() {
        let digest = "a".repeat(64);
        for (key, before, after, expected) in [
            (
                "image",
                "ghcr.io/shop/web:1.2.3",
                "ghcr.io/shop/web:1.2.4",
                Some(("1.2.3", "1.2.4", Bump::Patch, Ordering::Greater)),
            ),
            ("image", "postgres:16", "postgres:17", Some(("16", "17", Bump::Major, Ordering::Greater))),
            ("tag", "v1.2.3", "v1.3.0", Some(("v1.2.3", "v1.3.0", Bump::Minor, Ordering::Greater))),
            ("tag", "1.2.3", "1.2.1", Some(("1.2.3", "1.2.1", Bump::Patch, Ordering::Less))),
            ("tag", "nightly", "edge", Some(("nightly", "edge", Bump::Other, Ordering::Equal))),
            ("image", "a/web:1.2", "b/web:1.2", None),
            ("image", "a/web:1.2", "b/web:1.3", None),
            (
                "url",
                "https://x.y/releases/download/v1.2.3/a-1.2.3.yaml",
                "https://x.y/releases/download/v1.2.4/a-1.2.4.yaml",
                Some(("v1.2.3", "v1.2.4", Bump::Patch, Ordering::Greater)),
            ),
            (
                "k3s_release",
                "v1.28.3+k3s2",
                "v1.28.4+k3s2",
                Some(("v1.28.3+k3s2", "v1.28.4+k3s2", Bump::Patch, Ordering::Greater)),
            ),
            (
                "tag",
                "0.13.0-beta5",
                "0.13.0-beta6",
                Some(("0.13.0-beta5", "0.13.0-beta6", Bump::PreRelease, Ordering::Greater)),
            ),
            ("tag", "1.2.0-rc.1", "1.2.0", Some(("1.2.0-rc.1", "1.2.0", Bump::PreRelease, Ordering::Greater))),
            ("tag", "1.2.0-ls1", "1.2.0-ls2", Some(("1.2.0-ls1", "1.2.0-ls2", Bump::Build, Ordering::Equal))),
            ("tag", "14.9", "14", Some(("14.9", "14", Bump::Exactness, Ordering::Less))),
            ("revision", "19", "23", None),
            ("host", "10.0.0.1", "10.0.0.2", None),
            ("host", "10.0.0.1:80", "10.0.0.1:81", None),
            ("required_seed_days", "5.1", "10.1", None),
            ("chance", "--p-min=0.6", "--p-min=0.4", None),
            ("size", "1.5Gi", "2.5Gi", None),
            ("time", "12:30", "12:45", None),
            ("python_version", "3.11", "3.12", Some(("3.11", "3.12", Bump::Minor, Ordering::Greater))),
            ("x", "one", "two", None),
            ("x", "", "", None),
        ] {
            let found = VersionChange::of(key, before, after);
            let shown = found.as_ref().map(|found| {
                let (bump, order) = found.bump();
                (found.before.as_str(), found.after.as_str(), bump, order)
            });
            assert_eq!(shown, expected, "{before} {after}");
        }
        let image = format!("web:1.2.3@sha256:{digest}");
        let same = VersionChange::of("image", &image, &image.replace(&digest, &"b".repeat(64))).unwrap();
        assert_eq!((same.image.as_deref(), same.bump().0), (Some("web"), Bump::Build));
    }
}

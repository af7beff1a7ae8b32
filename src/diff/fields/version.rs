//! Versions inside values: `1.2.3` in `ghcr.io/shop/web:1.2.3@sha256:…`, in a chart's version, in the address of a release.

use std::cmp::Ordering;

/// Two texts that differ in a version and in nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VersionChange {
    /// Before, as written.
    pub before: String,
    /// After, as written.
    pub after: String,
    /// The image's name without registry, if it is one.
    pub image: Option<String>,
}

/// How far a version moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Bump {
    Major,
    Minor,
    Patch,
    /// Only the content behind the name, or what follows the numbers.
    Build,
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
            return Some(Self { before: old.1.to_owned(), after: new.1.to_owned(), image });
        }
        if let Some((old, new)) = old.rsplit_once(':').zip(new.rsplit_once(':'))
            && old.0 == new.0
            && !old.0.is_empty()
            && is_tag(old.1)
            && is_tag(new.1)
        {
            let image = old.0.rsplit('/').next().map(str::to_owned);
            return Some(Self { before: old.1.to_owned(), after: new.1.to_owned(), image });
        }
        let whole = matches!(key, "tag" | "newTag" | "version" | "rev" | "revision" | "targetRevision" | "appVersion");
        if whole && is_tag(old) && is_tag(new) {
            return Some(Self { before: old.to_owned(), after: new.to_owned(), image: None });
        }
        let (old, new) = (cut(old), cut(new));
        let pairs: Vec<(&str, &str)> =
            old.versions.iter().copied().zip(new.versions.iter().copied()).filter(|(old, new)| old != new).collect();
        let (before, after) = *pairs.first()?;
        let one = old.rest == new.rest && old.versions.len() == new.versions.len();
        let same = pairs.iter().all(|pair| *pair == (before, after));
        (one && same).then(|| Self { before: before.to_owned(), after: after.to_owned(), image: None })
    }

    /// How far, and which way; `Equal` where only what has no order changed.
    pub fn bump(&self) -> (Bump, Ordering) {
        let (old, new) = (numbers(&self.before), numbers(&self.after));
        let differs = old.iter().zip(&new).position(|(old, new)| old != new);
        let at = differs.or_else(|| (old.len() != new.len()).then(|| old.len().min(new.len())));
        let bump = match at {
            Some(0) => Bump::Major,
            Some(1) => Bump::Minor,
            Some(_) => Bump::Patch,
            None => return (Bump::Build, Ordering::Equal),
        };
        (bump, new.cmp(&old))
    }
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

fn cut(text: &str) -> Cut<'_> {
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
        let word = &text[at..at + length(&bytes[at..])];
        if word.contains('.') {
            found.rest.push(&text[from..at]);
            found.versions.push(word);
            from = at + word.len();
        }
        at += word.len();
    }
    found.rest.push(&text[from..]);
    found
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
            ("tag", "nightly", "edge", Some(("nightly", "edge", Bump::Build, Ordering::Equal))),
            ("image", "a/web:1.2", "b/web:1.2", None),
            ("image", "a/web:1.2", "b/web:1.3", None),
            (
                "url",
                "https://x.y/releases/download/v1.2.3/a-1.2.3.yaml",
                "https://x.y/releases/download/v1.2.4/a-1.2.4.yaml",
                Some(("1.2.3", "1.2.4", Bump::Patch, Ordering::Greater)),
            ),
            ("host", "10.0.0.1", "10.0.0.2", Some(("10.0.0.1", "10.0.0.2", Bump::Patch, Ordering::Greater))),
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

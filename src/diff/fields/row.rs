//! What a row of the queue says of a whole change: its headline, where, and its shape.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use bstr::{BStr, ByteSlice as _};

use super::{Shape, headline, is_prose, report_of};
use crate::diff::{CONTEXT, Content, FileDiff, FileInput, comparisons};
use crate::model::{Words, text};

/// Changes of more files, or of more bytes on both sides, have no row in words: a queue of hundreds is read at once.
const FILES: usize = 48;
const BYTES: usize = 256 << 10;
/// The longest headline, in columns.
const COLUMNS: usize = 200;
/// Environments that are named.
const NAMED: usize = 3;

/// The files of a change, taken one by one as they are read, to be put into words.
#[derive(Debug)]
pub struct Telling {
    /// `None` once it is too large.
    inputs: Option<Vec<FileInput>>,
    bytes: usize,
}

impl Telling {
    /// For a change of `count` files.
    #[must_use]
    pub fn of(count: usize) -> Self {
        Self { inputs: (count <= FILES).then(|| Vec::with_capacity(count)), bytes: 0 }
    }

    /// Whether another file is of use; of what is too large none is.
    #[must_use]
    pub const fn wants(&self) -> bool {
        self.inputs.is_some()
    }

    /// Takes a file.
    pub fn take(&mut self, input: FileInput) {
        let sides = [&input.old, &input.new].into_iter().filter_map(Content::lines);
        self.bytes += sides.map(|side| side.len()).sum::<usize>();
        match &mut self.inputs {
            Some(inputs) if self.bytes <= BYTES && inputs.len() < FILES => inputs.push(input),
            inputs => *inputs = None,
        }
    }

    /// What the change does; `None` where it is too large, or nothing of it could be read as values.
    #[must_use]
    pub fn words(self) -> Option<Words> {
        let inputs = self.inputs?;
        let (places, elsewhere) = environments(inputs.iter().map(|input| input.change.path.as_bstr()));
        let diffs: Vec<FileDiff> = comparisons(inputs).iter().map(|one| one.compute(CONTEXT)).collect();
        let report = report_of(&diffs.iter().collect::<Vec<_>>());
        let said = placed(headline(&report)?, &places, elsewhere);
        let shape = Shape::of(&report);
        let shown = |said: &str| text::truncate(said, COLUMNS).into_owned();
        let shape_shown = shown(&shape.to_string());
        // What was cut off may differ between two that look alike.
        let whole = report.complete() && shape.tells_all() && !shape_shown.contains('…');
        Some(Words { headline: shown(&said), shape: shape_shown, whole })
    }
}

/// Names of environments, as folders and as parts of a file's name.
const ENVIRONMENTS: [&str; 14] = [
    "prod",
    "production",
    "prd",
    "nonprod",
    "preprod",
    "staging",
    "stage",
    "stg",
    "dev",
    "development",
    "qa",
    "uat",
    "sandbox",
    "canary",
];
/// Names of environments only where a folder is called so.
const FOLDERS: [&str; 4] = ["test", "testing", "live", "preview"];
/// Folders of environments.
const PARENTS: [&str; 6] = ["clusters", "environments", "envs", "overlays", "stages", "stacks"];

/// Whether a folder is called as an environment.
pub(super) fn is_environment(folder: &str) -> bool {
    ENVIRONMENTS.contains(&folder.to_ascii_lowercase().as_str()) || FOLDERS.contains(&folder)
}

/// The environments that paths name: the same change in production and in staging are two things. Where the name of an
/// environment stands in one path, another name stands in the paths of its siblings. `true` if a path names none: what is said
/// of the others would be untrue of it.
fn environments<'p>(paths: impl Iterator<Item = &'p BStr>) -> (BTreeSet<String>, bool) {
    let paths: Vec<String> = paths.map(|path| path.to_str_lossy().into_owned()).collect();
    let own: Vec<Option<Range<usize>>> = paths.iter().map(|path| environment(path)).collect();
    let known: HashSet<(&str, &str)> =
        paths.iter().zip(&own).filter_map(|(path, range)| around(path, range.clone()?)).collect();
    let mut found = BTreeSet::new();
    let mut elsewhere = false;
    for (path, range) in paths.iter().zip(own) {
        match range.or_else(|| sibling(path, &known)) {
            Some(range) => drop(found.insert(text::single_line(&path[range]))),
            None => elsewhere |= !is_prose(path.as_bytes().as_bstr()),
        }
    }
    (found, elsewhere)
}

/// Where a path names an environment by a folder, or by a part of the file's name.
fn environment(path: &str) -> Option<Range<usize>> {
    let file = path.rfind('/').map_or(0, |slash| slash + 1);
    let (mut start, mut parent) = (0, "");
    for folder in path[..file].split_terminator('/') {
        if is_environment(folder) || PARENTS.contains(&parent) {
            return Some(start..start + folder.len());
        }
        start += folder.len() + 1;
        parent = folder;
    }
    part(&path[file..]).map(|range| file + range.start..file + range.end)
}

/// What stands before and behind a part of a path, up to its folder and from there on.
fn around(path: &str, range: Range<usize>) -> Option<(&str, &str)> {
    Some((path.get(..range.start)?, path.get(range.end..)?))
}

/// The folder of a path in whose place others have an environment.
fn sibling(path: &str, known: &HashSet<(&str, &str)>) -> Option<Range<usize>> {
    let mut start = 0;
    for folder in path.split('/') {
        let range = start..start + folder.len();
        if around(path, range.clone()).is_some_and(|around| known.contains(&around)) {
            return Some(range);
        }
        start = range.end + 1;
    }
    None
}

/// Where a path tells its environment: a folder, the part of a folder between hyphens, or the part of a file's name. The
/// environments of one thing have paths that differ there, and nowhere else.
#[must_use]
pub fn environment_in(path: &str) -> Option<Range<usize>> {
    let file = path.rfind('/').map_or(0, |slash| slash + 1);
    let mut start = 0;
    let mut parent = "";
    for folder in path[..file].split_terminator('/') {
        let whole = is_environment(folder) || PARENTS.contains(&parent);
        if let Some(range) = if whole { Some(0..folder.len()) } else { part(folder) } {
            return Some(start + range.start..start + range.end);
        }
        start += folder.len() + 1;
        parent = folder;
    }
    part(&path[file..]).map(|range| file + range.start..file + range.end)
}

/// The part of a name that is an environment.
fn part(name: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for part in name.split(['.', '-', '_']) {
        if ENVIRONMENTS.contains(&part.to_ascii_lowercase().as_str()) {
            return Some(start..start + part.len());
        }
        start += part.len() + 1;
    }
    None
}

/// A headline with its environments, where it does not name them: beside what it is about, which is never cut off.
/// `elsewhere` is whether other places change as well.
fn placed(headline: String, environments: &BTreeSet<String>, elsewhere: bool) -> String {
    let named = |place: &str| headline.split(|c: char| !c.is_alphanumeric()).any(|word| word == place);
    let places: Vec<&str> = environments.iter().map(String::as_str).collect();
    match places.as_slice() {
        [] => headline,
        places if elsewhere && places.len() < NAMED => format!("{} and elsewhere: {headline}", places.join(", ")),
        [place] if named(place) => headline,
        [place] if !headline.contains("; ") => match headline.split_once(": ") {
            Some((subject, rest)) => format!("{subject} {place}: {rest}"),
            None => format!("{headline} in {place}"),
        },
        places if places.len() <= NAMED && !elsewhere => format!("{}: {headline}", places.join(", ")),
        places => format!(
            "{} and {} more{}: {headline}",
            places[..NAMED - 1].join(", "),
            places.len() + 1 - NAMED,
            if elsewhere { " and elsewhere" } else { "" }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FileChange, Mode, Oid, Side};

    fn input(path: &str, old: &str, new: &str) -> FileInput {
        let side = |byte| Some(Side { mode: Mode::File, oid: Oid::from_bytes([byte; 20]) });
        let text = |text: &str| Content::classify(Mode::File, text.as_bytes());
        FileInput {
            change: FileChange { path: path.into(), old: side(1), new: side(2) },
            old: text(old),
            new: text(new),
        }
    }

    fn said(files: &[(&str, &str, &str)]) -> Option<Words> {
        let mut telling = Telling::of(files.len());
        for (path, old, new) in files {
            telling.take(input(path, old, new));
        }
        telling.words()
    }

    #[test]
    fn rows_say_what_where_and_of_which_shape() {
        let scaled = |path| (path, "replicas: 3\n", "replicas: 5\n");
        let bumped = |path| (path, "image: x.io/a/b:1.2.3\n", "image: x.io/a/b:1.2.4\n");
        for (files, headline, shape) in [
            (vec![scaled("apps/web/values.yaml")], "web: replicas 3 → 5", "replicas up"),
            (vec![scaled("clusters/prod/web/values.yaml")], "web prod: replicas 3 → 5", "replicas up"),
            (vec![scaled("clusters/eu-1/web/values.yaml")], "web eu-1: replicas 3 → 5", "replicas up"),
            (vec![scaled("web/values-staging.yaml")], "web staging: replicas 3 → 5", "replicas up"),
            (vec![scaled("web/prod/values.yaml")], "web prod: replicas 3 → 5", "replicas up"),
            (vec![scaled("prod/prod.yaml")], "prod: replicas 3 → 5", "replicas up"),
            (vec![bumped("live/a/x.yaml")], "b 1.2.3 → 1.2.4 in live", "image tag, patch version up"),
            (
                vec![bumped("prod/a/x.yaml"), bumped("staging/a/x.yaml")],
                "prod, staging: b 1.2.3 → 1.2.4 in 2 places",
                "image tag, patch version up",
            ),
            (
                vec![scaled("apps/main/a/x.yaml"), scaled("apps/test/a/x.yaml"), scaled("apps/utility/a/x.yaml")],
                "main, test, utility: x: replicas 3 → 5 in 3 places",
                "replicas up",
            ),
            (
                vec![scaled("apps/test/a/x.yaml"), scaled("talos/x.yaml")],
                "test and elsewhere: x: replicas 3 → 5 in 2 places",
                "replicas up",
            ),
            (
                vec![scaled("a/dev/x.yaml"), scaled("a/prod/x.yaml"), scaled("a/qa/x.yaml"), scaled("a/uat/x.yaml")],
                "dev, prod and 2 more: x: replicas 3 → 5 in 4 places",
                "replicas up",
            ),
        ] {
            let expected = Words { headline: headline.into(), shape: shape.into(), whole: true };
            assert_eq!(said(&files), Some(expected), "{files:?}");
        }
        assert_eq!(said(&[("README.md", "a\n", "b\n")]), None);
    }

    #[test]
    fn paths_tell_where_their_environment_stands() {
        for (path, found) in [
            ("apps/web/prod/values.yaml", Some("prod")),
            ("clusters/eu-1/web.yaml", Some("eu-1")),
            ("apps/eu-prod/web.yaml", Some("prod")),
            ("web/values-staging.yaml", Some("staging")),
            ("prod.tfvars", Some("prod")),
            ("é/live/a.yaml", Some("live")),
            ("apps/web/values.yaml", None),
            ("clusters/a.yaml", None),
            ("", None),
        ] {
            assert_eq!(environment_in(path).map(|range| &path[range]), found, "{path}");
        }
    }

    #[test]
    fn what_is_large_or_hostile_stays_within_bounds() {
        let many = vec![("a.yaml", "a: 1\n", "a: 2\n"); FILES + 1];
        assert_eq!(said(&many), None);
        let large = format!("a: {}\n", "x".repeat(BYTES));
        assert_eq!(said(&[("a.yaml", "a: 1\n", &large)]), None);
        // Two names that begin alike are no common shape.
        let kind = |end: char| format!("{}{end}: 1\n", "k".repeat(900));
        let words = said(&[("a.yaml", &kind('a'), &kind('a').replace(": 1", ": 2"))]).expect("it is YAML");
        assert!(!words.whole && words.shape.contains('…') && words.headline.len() < 120, "{words:?}");
        let key = format!("\"{}\\e[2J\\u202e\"", "k".repeat(900));
        let words = said(&[("a.yaml", &format!("{key}: 1\n"), &format!("{key}: 2\n"))]).expect("it is YAML");
        assert!(words.headline.chars().count() <= COLUMNS && words.shape.chars().count() <= COLUMNS);
        let words = said(&[("a.yaml", "\"\\e[2J\\u202e\": 1\n", "\"\\e[2J\\u202e\": 2\n")]).expect("it is YAML");
        assert!(!words.headline.contains(['\u{1b}', '\u{202e}']), "{words:?}");
    }
}

//! Gathers what went wrong before: files of the target's tip, commits of its history, rejections of the ledger.
//!
//! Nothing is read from a proposal. Each of the three places may fail on its own; what could then not be looked at is said, and
//! what was found is there.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BStr, BString, ByteSlice as _};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::rejected::RejectedValues;
use super::{Looked, Scene};
use crate::diff::fields::{ConfigDocument, documents};
use crate::evidence::incidents::{self, MAX_FILE, Past, PastRejection, Told, Touched, TouchedField, changed_too};
use crate::evidence::turn::{Turn, is_positional, turn_of};
use crate::io::git::repository::LocalRepository;
use crate::io::git::store::{Store, StoreError, Writes};
use crate::io::index::{IndexError, View};
use crate::io::values::Pair;
use crate::io::workspace::{Situation, Workspace};
use crate::ledger::{Entry, EntryKind, Item, LedgerView};
use crate::model::field::{FieldChange, FieldOp, FieldReport, masked};
use crate::model::{
    Closeness, Incident, IncidentEvidence, IncidentHit, IncidentKind, IncidentSource, Known, Oid, Problem, Side, Tie,
    text,
};
use crate::policy::{Globs, Policy};

/// Where postmortems usually are. JSON is read in our own folder and where policy says so.
pub const USUAL: [&str; 4] = [
    ".countersign/incidents/**/*.{md,markdown,json}",
    "{,**/}{postmortem,postmortems,post-mortem,post-mortems,post_mortem,post_mortems}/**/*.{md,markdown}",
    "{,docs/,doc/}{incident,incidents,incident-reports,outage,outages,rca,rcas}/**/*.{md,markdown}",
    "{,docs/,doc/}{postmortem,postmortems,post-mortems}.{md,markdown}",
];
/// Files that are read: the last ones by name, which are the newest where names begin with dates.
const MAX_FILES: usize = 2_000;
/// Bytes of all files together.
const MAX_BYTES: usize = 32 << 20;
/// Rejections that are looked at, the newest ones.
const MAX_REJECTIONS: usize = 200;
/// Problems that are listed.
const MAX_PROBLEMS: usize = 50;
/// Incidents that a proposal shows.
const SHOWN: usize = 20;
/// Commits of the history that are looked at, the newest that tell of something.
const MAX_COMMITS: usize = 2_000;
/// Paths of one commit that are read: what changed more is about everything, and so about nothing.
const MAX_PATHS: usize = 60;
/// Changed values and objects that are compared.
const MAX_FIELDS: usize = 500;
/// Hits whose values are compared, and files of each.
const COMPARED: (usize, usize) = (10, 3);
/// Files of a commit that is about each of them.
const SMALL: usize = 10;
/// Days after which a commit tells of the values that it changed, and of nothing else in their files.
const YEAR: i32 = 366;
/// The largest file whose values are compared, in bytes.
const MAX_VALUES: u64 = 256 << 10;
/// Files of the past whose values are kept for the next proposal.
const MAX_KEPT: usize = 500;

/// All that went wrong before, as far as it is known, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// The incidents.
    pub past: Past,
    /// What is wrong with the files.
    pub problems: Vec<Problem>,
    /// What could not be looked at; empty where everything was.
    pub unknown: Vec<String>,
    /// Whether files were missing that a mirror is to bring.
    pub lacks: bool,
    today: Date,
}

impl Gathered {
    /// What could not be looked at, and why; `None` where every place was.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let unread = match self.problems.len() {
            0 => None,
            some => Some(format!("{} that tell of incidents have problems", text::count(some, "file"))),
        };
        let all: Vec<&str> = self.unknown.iter().map(String::as_str).chain(unread.as_deref()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// What was looked at.
    #[must_use]
    pub fn looked(&self) -> String {
        let [records, reverts, fixes, rejections] = IncidentKind::ALL.map(|kind| self.past.count(kind));
        let counted = [(records, "incident"), (reverts, "revert"), (fixes, "hasty fix"), (rejections, "rejection")];
        let counted = counted.map(|(number, noun)| match (number, noun) {
            (1, noun) => format!("1 {noun}"),
            (number, "hasty fix") => format!("{number} hasty fixes"),
            (number, noun) => text::count(number, noun),
        });
        format!("compared with {}", counted.join(", "))
    }

    /// The incidents that have anything in common with what is touched.
    #[must_use]
    pub fn evidence(&self, touched: &Touched) -> IncidentEvidence {
        self.listed(self.past.hits(touched, self.today))
    }

    /// The closest of these.
    fn listed(&self, mut hits: Vec<IncidentHit>) -> IncidentEvidence {
        let more = hits.len().saturating_sub(SHOWN);
        hits.truncate(SHOWN);
        IncidentEvidence { looked: self.looked(), missing: self.missing(), hits, more, problems: self.problems.clone() }
    }
}

impl Scene<'_> {
    /// What happened the last time somebody touched what a proposal touches.
    pub(super) fn incidents(&self, looked: &Looked<'_>) -> Known<IncidentEvidence> {
        let view = match &self.view {
            Known::Indexing => return Known::Indexing,
            view => view.found(),
        };
        let Looked { proposal, document, fields } = looked;
        let files: Vec<_> = match proposal.diff() {
            Some(diff) => diff.files.iter().map(|file| file.path.clone()).collect(),
            None => document.files().iter().map(|file| file.path.clone()).collect(),
        };
        let touched = Touched {
            services: services(self.situation.policy(), &files),
            ..with_fields(Touched::of(&files, &proposal.title, &proposal.messages), fields)
        };
        let mut hits = self.past.past.hits(&touched, self.past.today);
        if let Some(view) = view {
            self.compare_values(&mut hits, fields, view);
        }
        self.compare_rejections(&mut hits, looked);
        hits.sort_by_key(|hit| hit.closeness);
        hits.retain(|hit| hit.closeness != Closeness::File || is_recent_and_small(&hit.incident, self.past.today));
        Known::Known(self.past.listed(hits))
    }

    /// Calls those that changed not only the same file, but the same value in it, by that.
    fn compare_values(&self, hits: &mut [IncidentHit], report: &FieldReport, view: &View) {
        let (most, _) = COMPARED;
        for hit in hits.iter_mut().filter(|hit| hit.closeness == Closeness::File).take(most) {
            let told = commits_of(&hit.incident, &self.past.past, report).find_map(|(commit, path, undid)| {
                let mut own = report.fields.iter().filter(|field| field.file == path).take(MAX_FIELDS);
                let touch = view.touch_of(commit, path.as_bytes()).ok().flatten()?;
                let [before, after] = [touch.before, touch.after].map(|side| self.values(path, side));
                let same = |field: &&FieldChange| {
                    changed_too(&before, &after, field) || self.hid_another(path, (touch.before, touch.after), field)
                };
                let field = own.find(same)?;
                Some((commit, undid, named(field)))
            });
            if let Some((commit, undid, field)) = told {
                hit.closeness = Closeness::Field;
                hit.why = why_same(&hit.incident, commit, undid, &field);
            }
        }
    }

    /// Whether a masked value was another before: in what is told of both they look the same.
    fn hid_another(&self, path: &str, versions: Pair, field: &FieldChange) -> bool {
        let hidden = [&field.before, &field.after].into_iter().any(|value| *value == Some(masked()));
        if !hidden || is_positional(&field.path) {
            return false;
        }
        let read = self.workspace.values.of(&self.store, path.into(), &[versions]);
        let moves = read.iter().filter_map(|read| read.as_ref().ok());
        moves
            .filter_map(|moves| turn_of(moves, &field.document, &field.path))
            .any(|turn| matches!(turn, Turn::Value { .. }))
    }

    /// What a file of the past says; nothing where it was not there, or cannot be read. What a mirror lacks is looked
    /// for again the next time; whoever asks here says that it was missing.
    fn values(&self, path: &str, side: Option<Side>) -> Arc<[ConfigDocument]> {
        let Some(side) = side else { return Arc::default() };
        let kept = &self.workspace.past.values;
        let key = (path.to_owned(), side.oid);
        if let Some(known) = kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(known);
        }
        let bytes = match self.store.blob(side.oid, MAX_VALUES) {
            Err(error) if error.is_unfetched() => return Arc::default(),
            read => read.unwrap_or_default(),
        };
        let read: Arc<[ConfigDocument]> = documents(path.into(), &bytes).map(Arc::from).unwrap_or_default();
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&read));
        read
    }
}

/// Whether a commit that changed the same file, but no value that is changed now, still tells something: where it was small, and
/// made within a year. Everything else that tells of a file does.
fn is_recent_and_small(incident: &Incident, today: Date) -> bool {
    let by_commit = matches!(incident.source, IncidentSource::Commit { .. });
    let days = incident.date.and_then(|date| date.until(today).ok()).map(|span| span.get_days());
    !by_commit || (incident.files.len() <= SMALL && days.is_some_and(|days| days <= YEAR))
}

/// The commits that an incident has to do with, with each file that both it and a change touch, and whether that commit took
/// something back. A record may be named by several, each of which changed other values of the same file.
fn commits_of<'i>(
    incident: &'i Incident,
    past: &'i Past,
    report: &'i FieldReport,
) -> impl Iterator<Item = (Oid, &'i str, bool)> {
    let own = match &incident.source {
        IncidentSource::Commit { commit, .. } => Some((*commit, incident.kind == IncidentKind::Revert)),
        _ => None,
    };
    let (hits, files) = COMPARED;
    let touched: HashSet<&BStr> = report.fields.iter().map(|field| field.file.as_bstr()).collect();
    let tied = |tie: &&Tie| touched.contains(BStr::new(&tie.to));
    let paths: Vec<&str> = incident.files.iter().filter(tied).map(|tie| tie.to.as_str()).take(files).collect();
    let naming = past.naming(incident).iter().map(|naming| (naming.commit, naming.undid));
    let commits = own.into_iter().chain(naming);
    commits
        .flat_map(move |(commit, undid)| paths.clone().into_iter().map(move |path| (commit, path, undid)))
        .take(hits * files)
}

fn why_same(incident: &Incident, commit: Oid, undid: bool, field: &str) -> String {
    let own = matches!(incident.source, IncidentSource::Commit { .. });
    match (own, undid) {
        (true, true) => format!("it undid a change of {field}"),
        (true, false) => format!("it changed {field}"),
        (false, true) => format!("revert {}, which names it, undid a change of {field}", commit.short(7)),
        (false, false) => format!("commit {}, which names it, changed {field}", commit.short(7)),
    }
}

/// What a change touches, with what is known of its values.
fn with_fields(touched: Touched, report: &FieldReport) -> Touched {
    let objects: BTreeSet<String> = report.fields.iter().filter_map(object_of).take(MAX_FIELDS).collect();
    // With an object that goes all its fields go.
    let told = |field: &&FieldChange| !field.path.0.is_empty() || field.op == FieldOp::Removed;
    let fields = report.fields.iter().filter(told).take(MAX_FIELDS).map(|field| TouchedField {
        file: field.file.to_string(),
        object: object_of(field),
        path: field.path.to_string(),
    });
    Touched { objects: Some(objects.into_iter().collect()), fields: Some(fields.collect()), ..touched }
}

/// `Deployment shop/checkout`.
fn object_of(field: &FieldChange) -> Option<String> {
    let (kind, name) = (field.document.kind.as_deref()?, field.document.name.as_deref()?);
    Some(match &field.document.namespace {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    })
}

/// `Deployment shop/checkout spec.replicas`, or with the file where it is no object.
pub(super) fn named(field: &FieldChange) -> String {
    format!("{} {}", object_of(field).unwrap_or_else(|| field.file.to_string()), field.path)
}

/// The services that policy says are touched, each with the first file that makes it so.
#[must_use]
pub fn services(policy: &Policy, files: &[BString]) -> Vec<(String, String)> {
    let touched = policy.services.iter().filter_map(|service| {
        let file = files.iter().find(|file| service.files.matches(file.as_bstr()))?;
        Some((service.name.clone(), file.to_string()))
    });
    touched.collect()
}

/// What files of the past say, by path and blob.
type PastValues = HashMap<(String, Oid), Arc<[ConfigDocument]>>;

/// What was gathered last, so that a console gathers once for each state of target and ledger.
#[derive(Debug, Default)]
pub struct Memory {
    gained: Mutex<Option<Gained>>,
    values: Mutex<PastValues>,
    pub(super) rejected: RejectedValues,
}

/// What was gathered, and of what state.
#[derive(Debug, Clone)]
struct Gained {
    target: Oid,
    ledger: Option<Oid>,
    today: Date,
    /// Whether the history was there to be asked.
    indexed: bool,
    /// Where the history of a shallow clone ends.
    boundary: String,
    /// What contents there were, of those that may be missing.
    contents: u64,
    gathered: Arc<Gathered>,
}

impl Memory {
    /// What is known of the past, gathered anew where target or ledger have moved, the history came to be known, or the day is
    /// another.
    #[must_use]
    pub fn gather(&self, workspace: &Workspace, situation: &Situation, view: &Known<View>) -> Arc<Gathered> {
        let (target, ledger) = (situation.target.tip, situation.view.as_ref().and_then(LedgerView::tip));
        let (today, indexed) = (day(situation), view.found().is_some());
        let contents = workspace.repository.contents();
        let same = |known: &&Gained| {
            (known.target, known.ledger, known.today, known.indexed) == (target, ledger, today, indexed)
                && (&known.boundary, known.contents) == (&situation.boundary, contents)
        };
        // Held while gathering: whoever asks meanwhile wants the same, and a second pass over the files would slow the first.
        let mut known = self.gained.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(same) {
            return Arc::clone(&known.gathered);
        }
        let gathered = Arc::new(gather(&workspace.repository, situation, view));
        let boundary = situation.boundary.clone();
        *known = Some(Gained { target, ledger, today, indexed, boundary, contents, gathered: Arc::clone(&gathered) });
        gathered
    }
}

fn day(situation: &Situation) -> Date {
    situation.now.to_zoned(TimeZone::UTC).date()
}

/// Gathers what went wrong before the target's tip, of which `view` is the history.
#[must_use]
pub fn gather(repository: &LocalRepository, situation: &Situation, view: &Known<View>) -> Gathered {
    let today = day(situation);
    let mut gathered =
        Gathered { past: Past::default(), problems: Vec::new(), unknown: Vec::new(), lacks: false, today };
    let store = match repository.store(Writes::InMemory) {
        Ok(store) => store,
        Err(error) => {
            gathered.unknown.push(format!("the repository cannot be read: {error}"));
            return gathered;
        }
    };
    let tip = situation.target.tip;
    let records = records(&store, tip, &situation.policy().incidents, &mut gathered);
    let commits = commits(view, &records, &mut gathered);
    if repository.cut_off(tip).is_some() {
        gathered.unknown.push("the ledger is not read in a shallow clone: no rejection is known".to_owned());
    }
    let rejected = situation.view.as_ref().map(|view| rejections(&store, view, tip)).unwrap_or_default();
    let more = gathered.problems.len().saturating_sub(MAX_PROBLEMS);
    if more > 0 {
        gathered.problems.truncate(MAX_PROBLEMS);
        let what = format!("{more} more of the files that tell of incidents have problems");
        gathered.problems.push(problem("incidents", what, "mend those that are listed first"));
    }
    gathered.past = Past::new(records, &commits, &rejected);
    gathered.lacks = store.lacked() > 0;
    gathered
}

fn problem(place: &str, what: String, next: &str) -> Problem {
    Problem { place: place.to_owned(), what, next: next.to_owned() }
}

/// What the files of the target's tip tell.
fn records(store: &Store, tip: Oid, named: &Globs, gathered: &mut Gathered) -> Vec<Incident> {
    // A test holds that the usual patterns are globs.
    let usual = Globs::new(&USUAL).unwrap_or_else(|_| Globs::none());
    let wanted = |path: &BStr| usual.matches(path) || named.matches(path);
    let found = match store.tree_of(tip).and_then(|tree| store.files(tree, wanted)) {
        Ok(found) => found,
        Err(error) => {
            gathered.unknown.push(format!("the files that tell of incidents cannot be read: {error}"));
            return Vec::new();
        }
    };
    if !found.whole {
        gathered.unknown.push("some folders of the target cannot be read".to_owned());
    }
    let mut files = found.files;
    files.sort_by(|a, b| b.0.cmp(&a.0));
    if files.len() > MAX_FILES {
        let what =
            format!("there are {} files that tell of incidents; the last {MAX_FILES} by name are read", files.len());
        gathered.problems.push(problem("incidents", what, "name fewer in the policy, under `incidents`"));
        files.truncate(MAX_FILES);
    }
    let mut left = MAX_BYTES;
    let mut records = Vec::new();
    for (path, side) in &files {
        let told = one_file(store, path, *side, gathered.today, &mut left);
        records.extend(told.incidents);
        gathered.problems.extend(told.problems);
    }
    records
}

fn one_file(store: &Store, path: &BString, side: Side, today: Date, left: &mut usize) -> Told {
    let name = path.to_str_lossy();
    let shown = text::printable_bytes(path);
    let refused =
        |what: String, next: &str| Told { incidents: Vec::new(), problems: vec![problem(&shown, what, next)] };
    if *left == 0 {
        return refused("it was not read: there is too much before it".to_owned(), "move old ones elsewhere");
    }
    match store.blob(side.oid, MAX_FILE as u64) {
        Ok(bytes) => {
            *left = left.saturating_sub(bytes.len());
            incidents::read(&name, &bytes, today)
        }
        Err(StoreError::TooLarge { size, .. }) => {
            refused(format!("it has {size} bytes, and was not read"), "move logs and pictures out of it")
        }
        Err(error) if error.is_unfetched() => refused(error.to_string(), "the next fetch brings them"),
        Err(error) => refused(format!("it cannot be read: {error}"), "run `git fsck` in the repository"),
    }
}

/// What the history tells: commits that took others back or were made in a hurry, and those that name a record.
fn commits(view: &Known<View>, records: &[Incident], gathered: &mut Gathered) -> Vec<incidents::PastCommit> {
    let names: BTreeSet<String> = records.iter().map(|record| record.id.to_ascii_lowercase()).collect();
    let names: Vec<String> = names.into_iter().collect();
    let read = |view: &View| -> Result<Vec<incidents::PastCommit>, IndexError> {
        view.telling(&names, MAX_COMMITS, MAX_PATHS)
    };
    let commits = match view {
        Known::Known(view) => {
            gathered.unknown.extend(view.coverage().missing.clone());
            read(view).map_err(|error| error.to_string())
        }
        Known::Unknown(why) => Err(why.clone()),
        Known::Indexing => Err("it is being indexed".to_owned()),
    };
    let commits = commits.unwrap_or_else(|why| {
        gathered.unknown.push(format!("the history cannot be read: {why}"));
        Vec::new()
    });
    if commits.len() >= MAX_COMMITS {
        gathered.unknown.push(format!("only the newest {MAX_COMMITS} commits that tell of something are known"));
    }
    commits
}

/// The rejections that stand, newest first.
fn rejections(store: &Store, view: &LedgerView, tip: Oid) -> Vec<PastRejection> {
    let entries = view.entries().iter().rev().filter(|entry| entry.kind == EntryKind::Reject).take(MAX_REJECTIONS);
    let items = entries.flat_map(|entry| entry.items.iter().map(move |item| (entry, item)));
    let standing = items.filter(|(entry, item)| {
        let objections = view.objections(&item.proposal, item.head, item.change_id);
        objections.iter().any(|objection| objection.entry == entry.id)
    });
    standing.map(|(entry, item)| rejection(store, entry, item, tip)).collect()
}

fn rejection(store: &Store, entry: &Entry, item: &Item, tip: Oid) -> PastRejection {
    let mut files = own_files(store, item.head, tip).unwrap_or_default();
    if files.is_empty() {
        files.extend(entry.comments.iter().map(|comment| comment.file.clone()).collect::<BTreeSet<_>>());
    }
    PastRejection {
        entry: entry.id,
        proposal: item.proposal.clone(),
        by: entry.by.clone(),
        at: entry.at,
        reason: entry.reason,
        note: entry.note.clone(),
        lesson: entry.lesson.as_ref().map(|lesson| (lesson.text.clone(), lesson.scope.clone())),
        files,
    }
}

/// What a proposal changed on its own base, as long as its commits are there.
fn own_files(store: &Store, head: Oid, tip: Oid) -> Result<Vec<String>, StoreError> {
    let base = store.merge_base(head, &[tip])?;
    let diff = store.diff(store.tree_of(base)?, store.tree_of(head)?)?;
    Ok(diff.files.iter().map(|file| file.path.to_str_lossy().into_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_folders_are_globs() {
        let usual = Globs::new(&USUAL).unwrap();
        for path in [
            ".countersign/incidents/a.md",
            ".countersign/incidents/2025/a.json",
            "docs/postmortems/2025-03-14-a.md",
            "postmortems/a.md",
            "a/b/post-mortems/2025/a.markdown",
            "docs/incidents/a.md",
            "docs/postmortems.md",
        ] {
            assert!(usual.matches(path.into()), "{path}");
        }
        for path in ["docs/a.md", "apps/incidents/values.md", "docs/postmortems/a.png", "postmortems/a.json", "a.md"] {
            assert!(!usual.matches(path.into()), "{path}");
        }
    }
}

//! Commits that tell of incidents: what was reverted, rolled back, or mended in a hurry.
//!
//! Messages are foreign: what a subject says makes a commit worth a look and no more.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::mending::{Mending, mending_of_subject};
use super::record::{short, start};
use crate::model::{Incident, IncidentKind, IncidentSource, Oid, Tie, TieBy, UndoneBy};

/// Bytes of a message that are looked at.
const MAX_MESSAGE: usize = 16 << 10;
/// Bytes of a message that are kept.
const MAX_TEXT: usize = 4 << 10;
/// Files of a commit that are kept. What changed more is about everything, and so about nothing.
pub(super) const MAX_FILES: usize = 50;
/// Characters of a title.
const MAX_TITLE: usize = 200;

/// A commit of the target branch, with what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCommit {
    /// The commit.
    pub commit: Oid,
    /// Who wrote it, as it says.
    pub author: String,
    /// When it was made, as it says.
    pub date: Timestamp,
    /// The message; of one that tells of nothing by itself the subject is enough.
    pub message: String,
    /// The incidents that the message names, in small letters: `inc-213`.
    pub names: Vec<String>,
    /// The commit that it took back, where that is known.
    pub undoes: Option<Oid>,
    /// The paths that it changed, lossily as UTF-8.
    pub files: Vec<String>,
    /// The objects that it changed, as `Deployment shop/checkout`, where they are known.
    pub objects: Vec<String>,
    /// The fields that it changed, as `Deployment shop/checkout spec.replicas` or `FILE spec.replicas`, where they are known.
    pub fields: Vec<String>,
}

impl PastCommit {
    /// The first line of the message.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.message.trim_start().lines().next().unwrap_or_default().trim()
    }
}

/// What a commit says that it undid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone<'a> {
    /// The commit with this id, or with an id that begins so.
    Commit(&'a str),
    /// The commit with this subject.
    Subject(&'a str),
    /// The commit that brought this pull request.
    Request(&'a str),
    /// Something.
    Unnamed,
}

impl Undone<'_> {
    /// By what the commit is known that was undone.
    #[must_use]
    pub const fn by(self) -> Option<UndoneBy> {
        match self {
            Self::Commit(_) => Some(UndoneBy::Id),
            Self::Subject(_) => Some(UndoneBy::Title),
            Self::Request(_) => Some(UndoneBy::Request),
            Self::Unnamed => None,
        }
    }
}

/// What a commit undid; `None` for one that undid nothing, or that brings back what was undone.
#[must_use]
pub fn undone(message: &str) -> Option<Undone<'_>> {
    let message = start(message, MAX_MESSAGE).trim_start();
    let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
    let said = description(subject);
    let reverts = said.kinds.iter().any(|kind| kind.eq_ignore_ascii_case("revert"))
        || first_words(said.rest, 2).iter().any(|word| is_revert(word));
    if lands_again(said.rest) {
        return None;
    }
    let trailer = body.lines().find_map(reverted_commit);
    if !reverts {
        // Only what stands at the beginning of a line is git's own sentence; a squash lists those of its parts as items.
        return trailer.filter(|_| !body.contains("\n* ")).map(Undone::Commit);
    }
    let request = || body.lines().find_map(reverted_request);
    let quoted = || quoted(said.rest).or_else(|| named(&said)).map(Undone::Subject);
    Some(
        trailer
            .map(Undone::Commit)
            .or_else(quoted)
            .or_else(|| request().map(Undone::Request))
            .unwrap_or(Undone::Unnamed),
    )
}

/// A subject without what stands before its words.
struct Description<'a> {
    /// The types of conventional commits: `fix` of `fix(web)!: …`.
    kinds: Vec<&'a str>,
    /// Their scopes: `web`.
    scopes: Vec<&'a str>,
    /// The words.
    rest: &'a str,
}

/// The types of conventional commits that stand before a subject, and its words: `["fix"]` and `… ` of `fix(web)!: …`.
#[must_use]
pub fn description_of(subject: &str) -> (Vec<&str>, &str) {
    let Description { kinds, rest, .. } = description(subject);
    (kinds, rest)
}

fn description(subject: &str) -> Description<'_> {
    let (mut kinds, mut scopes) = (Vec::new(), Vec::new());
    let mut rest = subject.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '"').trim();
    while kinds.len() < 2
        && let Some((head, tail)) = rest.split_once(':')
    {
        let kind = head.split(['(', '!']).next().unwrap_or_default();
        let plain =
            !kind.is_empty() && kind.len() <= 24 && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !plain || head.contains('"') || head.len() > 60 {
            break;
        }
        kinds.push(kind);
        scopes.extend(head.split_once('(').and_then(|(_, scope)| scope.split(')').next()));
        rest = tail.trim();
    }
    Description { kinds, scopes, rest }
}

fn first_words(text: &str, count: usize) -> Vec<&str> {
    text.split_whitespace().take(count).map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect()
}

fn is_revert(word: &str) -> bool {
    ["revert", "reverts", "reverted", "reverting"].iter().any(|form| word.eq_ignore_ascii_case(form))
}

/// Whether a subject brings back what a revert had undone.
fn lands_again(words: &str) -> bool {
    let quoted = quoted(words).map(description);
    let again = first_words(words, 1).first().is_some_and(|word| word.to_ascii_lowercase().starts_with("reappl"));
    again || quoted.is_some_and(|inner| first_words(inner.rest, 1).first().is_some_and(|word| is_revert(word)))
}

/// What a subject quotes: the title between its first and its last quotation mark.
fn quoted(words: &str) -> Option<&str> {
    let from = words.find('"')? + 1;
    let to = words.rfind('"').filter(|to| *to > from)?;
    Some(words[from..to].trim())
}

/// The title after `revert:`.
fn named<'a>(said: &Description<'a>) -> Option<&'a str> {
    let typed = said.kinds.last().is_some_and(|kind| kind.eq_ignore_ascii_case("revert"));
    (typed && !said.rest.is_empty()).then(|| without_request(said.rest))
}

/// `This reverts commit ID.`, or a trailer `Reverts: ID`.
fn reverted_commit(line: &str) -> Option<&str> {
    let line = line.trim_end();
    let rest = line.strip_prefix("This reverts commit ").or_else(|| {
        let (name, value) = line.split_once(':')?;
        ["reverts", "revert-of"].iter().any(|known| name.eq_ignore_ascii_case(known)).then(|| value.trim())
    })?;
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    (7..=40).contains(&digits).then(|| &rest[..digits])
}

/// `Reverts owner/name#123`.
fn reverted_request(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("Reverts ")?;
    let (_, number) = rest.split_once('#')?;
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && digits < 10).then(|| &number[..digits])
}

/// A subject without the number of its pull request, which a revert does not repeat.
#[must_use]
pub fn without_request(subject: &str) -> &str {
    let subject = subject.trim();
    request_of(subject).and_then(|_| subject.rsplit_once(" (#")).map_or(subject, |(title, _)| title.trim())
}

/// The number of the pull request that a subject ends with: `… (#123)`.
#[must_use]
pub fn request_of(subject: &str) -> Option<&str> {
    let (_, number) = subject.trim().rsplit_once(" (#")?;
    let number = number.strip_suffix(')')?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

/// Whether a commit says that it was made in a hurry: a hotfix, a rollback, the end of an outage.
fn is_hurried(subject: &str) -> bool {
    let said = description(subject);
    let first = first_words(said.rest, 1).first().is_some_and(|word| word.eq_ignore_ascii_case("emergency"));
    let adds = said.kinds.iter().any(|kind| ["feat", "docs", "chore", "test", "ci", "build"].contains(kind));
    let told = said.rest.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let told = told.into_iter().any(|word| ["incident", "outage"].iter().any(|name| word.eq_ignore_ascii_case(name)));
    let quick = matches!(mending_of_subject(subject), Some(Mending::Hotfix | Mending::Rollback));
    quick || first || (told && !adds)
}

/// Whether a message tells of something that went wrong: it takes a commit back, or was made in a hurry.
#[must_use]
pub fn tells(message: &str) -> bool {
    kind(message).is_some()
}

/// What of the past a commit is, if it tells of something that went wrong.
pub(super) fn kind(message: &str) -> Option<IncidentKind> {
    let subject = message.trim_start().lines().next().unwrap_or_default();
    let hurried = || is_hurried(subject).then_some(IncidentKind::Fix);
    undone(message).map(|_| IncidentKind::Revert).or_else(hurried)
}

/// The incident that a commit tells of, if it tells of one.
#[must_use]
pub fn incident(commit: &PastCommit) -> Option<Incident> {
    let kind = kind(&commit.message)?;
    let text = start(commit.message.trim(), MAX_TEXT);
    let pipeline: Vec<String> = if kind == IncidentKind::Fix && is_of_pipeline(commit.subject()) {
        commit.files.iter().filter(|file| is_pipeline(file)).cloned().collect()
    } else {
        Vec::new()
    };
    let files = if pipeline.is_empty() { &commit.files } else { &pipeline };
    let change = |names: &[String]| {
        let few = if names.len() > MAX_FILES { &[] } else { names };
        few.iter().map(|to| Tie { to: to.clone(), by: TieBy::Change }).collect()
    };
    Some(Incident {
        id: commit.commit.short(7),
        kind,
        title: short(commit.subject(), MAX_TITLE),
        date: Some(commit.date.to_zoned(TimeZone::UTC).date()),
        severity: None,
        minutes: None,
        services: Vec::new(),
        files: change(files),
        // What else it changed by the way is nothing that was put right.
        objects: if pipeline.is_empty() { change(&commit.objects) } else { Vec::new() },
        fields: if pipeline.is_empty() { change(&commit.fields) } else { Vec::new() },
        by: Some(short(&commit.author, MAX_TITLE)),
        source: IncidentSource::Commit {
            commit: commit.commit,
            undoes: commit.undoes,
            undone_by: commit.undoes.and_then(|_| undone(&commit.message)).and_then(Undone::by),
        },
        summary: summary(text),
        text: text.to_owned(),
    })
}

/// Whether a subject says that its commit is about how the repository is checked and built.
fn is_of_pipeline(subject: &str) -> bool {
    let said = description(subject);
    let of_kind = said.kinds.iter().any(|kind| ["ci", "build"].iter().any(|known| kind.eq_ignore_ascii_case(known)));
    let scopes = ["actions", "build", "ci", "github-actions", "pipeline", "workflow", "workflows"];
    of_kind || said.scopes.iter().any(|scope| scopes.iter().any(|known| scope.eq_ignore_ascii_case(known)))
}

/// Whether a path is of what checks and builds a repository.
fn is_pipeline(path: &str) -> bool {
    let folders = [
        ".buildkite/",
        ".ci/",
        ".circleci/",
        ".forgejo/",
        ".gitea/",
        ".github/",
        ".gitlab/",
        ".tekton/",
        ".woodpecker/",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    let names = [
        ".gitlab-ci",
        ".drone.",
        ".woodpecker.",
        "azure-pipelines.",
        "Containerfile",
        "Dockerfile",
        "Jenkinsfile",
        "Makefile",
    ];
    folders.iter().any(|folder| path.starts_with(folder)) || names.iter().any(|begin| name.starts_with(begin))
}

/// The first sentence of a message's body that is the author's own.
fn summary(message: &str) -> String {
    let mut body = message.lines().skip(1).map(str::trim);
    let own = body.find(|line| {
        let trailer = line.split_once(": ").is_some_and(|(name, _)| name.contains('-') && !name.contains(' '));
        !line.is_empty() && !trailer && reverted_commit(line).is_none() && reverted_request(line).is_none()
    });
    short(own.unwrap_or_default(), MAX_TITLE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn commit(message: &str) -> PastCommit {
        PastCommit {
            commit: Oid::ZERO,
            author: "Ann".into(),
            date: "2025-03-14T10:00:00Z".parse().unwrap(),
            message: message.into(),
            names: Vec::new(),
            undoes: None,
            files: vec!["a/b.yaml".into()],
            objects: Vec::new(),
            fields: Vec::new(),
        }
    }

    #[test]
    fn what_was_undone() {
        for (message, expected) in [
            (
                "Revert \"web: two\"\n\nThis reverts commit 0123456789abcdef0123456789abcdef01234567.\n\nIt broke.",
                Some(Undone::Commit("0123456789abcdef0123456789abcdef01234567")),
            ),
            ("Revert \"feat: \\\"x\\\" (#12)\" (#13)", Some(Undone::Subject("feat: \\\"x\\\" (#12)"))),
            ("revert: add the thing (#14)", Some(Undone::Subject("add the thing"))),
            ("revert(web): add the thing", Some(Undone::Subject("add the thing"))),
            ("⏪ revert: add the thing", Some(Undone::Subject("add the thing"))),
            ("fix: revert cilium to an older release", Some(Undone::Unnamed)),
            ("full revert", Some(Undone::Unnamed)),
            ("Revert back to 1.2\n\nReverts: 0123456", Some(Undone::Commit("0123456"))),
            ("Revert the thing\n\nReverts owner/name#77\n", Some(Undone::Request("77"))),
            ("web: three\n\nThis reverts commit 0123456.", Some(Undone::Commit("0123456"))),
            ("web: three (#1)\n\n* web: two\n\nThis reverts commit 0123456.\n\n* more", None),
            ("Reapply \"web: two\"\n\nThis reverts commit 0123456.", None),
            ("Revert \"Revert \"web: two\"\"\n\nThis reverts commit 0123456.", None),
            ("docs: how to revert", None),
            ("chore: jellyfin revert", Some(Undone::Unnamed)),
            ("This reverts commit", Some(Undone::Unnamed)),
            ("", None),
        ] {
            assert_eq!(undone(message), expected, "{message}");
        }
    }

    #[test]
    fn what_was_made_in_a_hurry() {
        for (subject, expected) in [
            ("hotfix: raise the limit", true),
            ("rollback nginx ingress", true),
            ("feat: roll back to 0.15.0 until this is fixed", true),
            ("try rolling back", true),
            ("fix(web): rollback to error pages 1.8.0", true),
            ("fix: outage of the resolver", true),
            ("chore: add HR rollback defaults", false),
            ("chore: strategy defaults to rollback", false),
            ("fix: add power-outage node red", false),
            ("feat(observability): failover, outage and quota alerts (#7924)", false),
            ("docs: postmortem of the outage", false),
            ("[all] do not rollback failed releases", false),
            ("web: replicas 3 to 1", false),
            ("", false),
        ] {
            assert_eq!(incident(&commit(subject)).is_some(), expected, "{subject}");
        }
    }

    #[test]
    fn an_incident_of_a_revert() {
        let told =
            incident(&commit("Revert \"web: two\"\n\nThis reverts commit 0123456.\n\nIt broke sign-in: INC-9.\n"));
        let told = told.unwrap();
        assert_eq!((told.kind, told.summary.as_str()), (IncidentKind::Revert, "It broke sign-in: INC-9."));
        assert_eq!(told.date.unwrap().to_string(), "2025-03-14");
        assert_eq!(told.files, [Tie { to: "a/b.yaml".into(), by: TieBy::Change }]);
        let mut wide = commit("Revert \"all\"");
        wide.files = (0..51).map(|n| format!("a/{n}.yaml")).collect();
        assert_eq!(incident(&wide).unwrap().files, []);
    }

    #[test]
    fn a_hotfix_of_the_pipeline_is_about_what_it_mends_there() {
        let files = |subject: &str, files: &[&str]| -> Vec<String> {
            let mut made = commit(subject);
            made.files = files.iter().map(|file| (*file).to_owned()).collect();
            made.objects = vec!["Deployment shop/web".into()];
            let told = incident(&made).unwrap();
            assert_eq!(told.objects.is_empty(), told.files.len() < files.len(), "{subject}");
            told.files.into_iter().map(|tie| tie.to).collect()
        };
        let (flow, web) = (".github/workflows/release.yaml", "apps/web/deployment.yaml");
        for subject in ["ci: hotfix the token", "chore(ci): hotfix", "build: hotfix", "fix(workflows)!: hotfix"] {
            assert_eq!(files(subject, &[flow, web]), [flow], "{subject}");
            assert_eq!(files(subject, &[web]), [web], "it mended nothing else: {subject}");
        }
        assert_eq!(files("hotfix: the token", &[flow, web]), [flow, web]);
        assert_eq!(files("build: hotfix", &["web/Dockerfile", web]), ["web/Dockerfile"]);
    }

    proptest! {
        #[test]
        fn nothing_panics(message in "(revert|Revert|\"|:|\\(#1\\)|This reverts commit |abcdef0|\n|é| |[a-z]{1,3}){0,40}") {
            let _ = incident(&commit(&message));
        }
    }
}

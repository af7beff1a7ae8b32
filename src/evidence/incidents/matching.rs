//! Which incidents a proposal should remind people of, and why.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use bstr::{BString, ByteSlice as _};
use jiff::civil::Date;

use super::names::{FieldName, ObjectName, Shared, Step, Within, folder, path_names, same_path, slug, steps};
use super::past::Past;
use super::record::start;
use super::words;
use crate::model::{Closeness, Incident, IncidentHit, IncidentKind, IncidentSource, Tie, TieBy, UndoneBy};

/// What a proposal touches. Plain names, so that whoever knows more hands in more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The changed paths, lossily as UTF-8.
    pub files: Vec<String>,
    /// The changed objects, as `Deployment shop/checkout`; `None` while they are not known.
    pub objects: Option<Vec<String>>,
    /// The changed values; `None` while they are not known.
    pub fields: Option<Vec<TouchedField>>,
    /// Services that policy says are touched, each with a file that makes it so. Names in paths count without.
    pub services: Vec<(String, String)>,
    /// What the agent says; only its words are compared.
    pub text: String,
}

/// Files of a commit that is about their folder.
const SMALL: usize = 5;
/// Bytes of what an agent says that are compared.
const MAX_TEXT: usize = 8 << 10;

impl Touched {
    /// What a proposal touches, as far as its difference and its own words tell.
    #[must_use]
    pub fn of(files: &[BString], title: &str, messages: &[String]) -> Self {
        let said = std::iter::once(title).chain(messages.iter().map(String::as_str));
        let said: Vec<&str> = said.map(|text| start(text, MAX_TEXT / 4)).take(8).collect();
        Self {
            files: files.iter().map(|file| file.to_str_lossy().into_owned()).collect(),
            text: start(&said.join("\n"), MAX_TEXT).to_owned(),
            ..Self::default()
        }
    }
}

/// A value that a proposal changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedField {
    /// The file.
    pub file: String,
    /// The object, as `Deployment shop/checkout`, where the document is one.
    pub object: Option<String>,
    /// The path: `spec.template.spec.containers[app].resources.limits.memory`; empty where all of the object went.
    pub path: String,
}

impl Past {
    /// The incidents that have anything in common with what is touched, each by the closest thing: the closest first, then
    /// what happened within a month, a quarter, a year or longer ago, then the worst, then the newest.
    #[must_use]
    pub fn hits(&self, touched: &Touched, today: Date) -> Vec<IncidentHit> {
        let what = What::of(touched);
        let mut hits: Vec<IncidentHit> =
            (0..self.incidents.len()).filter_map(|at| self.hit(at, &what, today)).collect();
        hits.sort_by_cached_key(|hit| {
            let Incident { date, severity, .. } = *hit.incident;
            (hit.closeness, age(date, today), severity.map_or(3, crate::model::Severity::number), Reverse(date))
        });
        hits
    }

    fn hit(&self, at: usize, what: &What<'_>, today: Date) -> Option<IncidentHit> {
        let incident = &self.incidents[at];
        let mut shared = Vec::new();
        let (closeness, why) = what
            .same_field(incident)
            .map(|why| (Closeness::Field, why))
            .or_else(|| Some((Closeness::File, what.same_file(incident)?)))
            .or_else(|| Some((Closeness::Object, what.same_object(incident)?)))
            .or_else(|| Some((Closeness::Service, what.same_service(incident)?)))
            .or_else(|| {
                Some((Closeness::Folder, what.same_folder(incident).filter(|_| tells_of_folder(incident, today))?))
            })
            .or_else(|| {
                shared = self.frequencies.shared(&self.words[at], &what.words);
                (!shared.is_empty()).then(|| (Closeness::Words, format!("both speak of {}", shared.join(", "))))
            })?;
        Some(IncidentHit { incident: incident.clone(), closeness, why, words: shared })
    }
}

/// How long ago, in steps that people think in. What nobody dated is older than all that has a date.
fn age(date: Option<Date>, today: Date) -> u8 {
    let Some(days) = date.and_then(|date| date.until(today).ok()).map(|span| span.get_days()) else { return 4 };
    match days {
        ..=31 => 0,
        32..=92 => 1,
        93..=366 => 2,
        _ => 3,
    }
}

/// A changed value, ready to be compared.
struct Field<'a> {
    touched: &'a TouchedField,
    object: Option<ObjectName<'a>>,
    steps: Vec<Step>,
}

impl<'a> Field<'a> {
    fn of(touched: &'a TouchedField) -> Self {
        let object = touched.object.as_deref().and_then(ObjectName::parse);
        Self { touched, object, steps: steps(&touched.path) }
    }
}

/// What is touched, ready to be looked up.
struct What<'a> {
    files: HashSet<&'a str>,
    folders: HashMap<&'a str, &'a str>,
    objects: Vec<ObjectName<'a>>,
    fields: Vec<Field<'a>>,
    /// Names that may be a service's, with what makes them so.
    services: HashMap<String, String>,
    words: BTreeSet<String>,
}

impl<'a> What<'a> {
    fn of(touched: &'a Touched) -> Self {
        let fields = touched.fields.iter().flatten();
        let named = touched.objects.iter().flatten().map(String::as_str);
        let own = touched.fields.iter().flatten().filter_map(|field| field.object.as_deref());
        let objects: BTreeSet<&str> = named.chain(own).collect();
        let objects: Vec<ObjectName<'_>> = objects.into_iter().filter_map(ObjectName::parse).collect();
        let mut services = HashMap::new();
        for (service, file) in &touched.services {
            services.extend(slug(service).map(|slug| (slug, format!("{file} belongs to it"))));
        }
        for file in &touched.files {
            for name in path_names(file) {
                services.entry(name.to_lowercase()).or_insert_with(|| format!("its name is in {file}"));
            }
        }
        for object in &objects {
            services.entry(object.name.to_lowercase()).or_insert_with(|| "an object has its name".to_owned());
        }
        Self {
            files: touched.files.iter().map(String::as_str).collect(),
            folders: touched.files.iter().filter_map(|file| Some((telling_folder(file)?, file.as_str()))).collect(),
            fields: fields.map(Field::of).collect(),
            objects,
            services,
            words: words::of(&format!("{} {}", touched.text, touched.files.join(" "))),
        }
    }

    fn same_field(&self, incident: &Incident) -> Option<String> {
        let mut found = incident.fields.iter().filter(|_| !self.fields.is_empty()).filter_map(|tie| {
            let named = FieldName::parse(&tie.to);
            let field = self.fields.iter().find(|field| {
                let shared = same_path(&named.steps, &field.steps);
                // Where all of something went, only a name that says what it is in is known to be in it.
                let whole = field.steps.is_empty() && matches!(named.within, Within::Anything);
                shared.is_some_and(|shared| shared == Shared::Same || !whole) && is_in(&named, field, incident)
            });
            Some((tie, field?.touched))
        });
        let (tie, field) = found.next()?;
        let place = field.object.as_deref().unwrap_or(&field.file);
        let name = format!("{place} {}", field.path);
        // What went is told by what was named in it.
        let name = if field.path.is_empty() { tie.to.trim() } else { name.as_str() };
        Some(because(incident, tie.by, name, found.count()))
    }

    fn same_file(&self, incident: &Incident) -> Option<String> {
        strongest(
            incident,
            incident.files.iter().filter(|tie| self.files.contains(tie.to.as_str()) && tells(incident, &tie.to)),
        )
    }

    fn same_object(&self, incident: &Incident) -> Option<String> {
        let same = |tie: &&Tie| ObjectName::parse(&tie.to).is_some_and(|name| self.objects.iter().any(|o| o.is(name)));
        // Who names a field of an object names the object.
        let of_field = |tie: &Tie| match FieldName::parse(&tie.to).within {
            Within::Object(_) => {
                tie.to.trim().rsplit_once(' ').map(|(of, _)| Tie { to: of.trim().to_owned(), by: tie.by })
            }
            Within::File(_) | Within::Anything => None,
        };
        let mut named: Vec<Tie> = incident.fields.iter().filter_map(of_field).filter(|tie| same(&tie)).collect();
        named.dedup_by(|one, other| one.to == other.to);
        named.retain(|tie| incident.objects.iter().all(|known| known.to != tie.to));
        strongest(incident, incident.objects.iter().filter(same).chain(&named))
    }

    fn same_service(&self, incident: &Incident) -> Option<String> {
        let mut found =
            incident.services.iter().filter_map(|service| Some((service, self.services.get(&slug(service)?)?)));
        let (service, why) = found.next()?;
        Some(format!("it hit {service}, and {why}"))
    }

    fn same_folder(&self, incident: &Incident) -> Option<String> {
        let mut found = incident
            .files
            .iter()
            .filter(|tie| tells(incident, &tie.to))
            .filter_map(|tie| Some((tie, self.folders.get(telling_folder(&tie.to)?)?)));
        let (tie, file) = found.next()?;
        Some(format!("{}, beside {file}", because(incident, tie.by, &tie.to, found.count())))
    }
}

/// Whether a changed value is in what a field's name says, or, where it says nothing, in what the incident is about: its
/// files, its objects, its services.
fn is_in(named: &FieldName<'_>, field: &Field<'_>, incident: &Incident) -> bool {
    let file = field.touched.file.as_str();
    let is = |name: ObjectName<'_>| field.object.is_some_and(|object| object.is(name));
    let is_service = |service: String| {
        path_names(file).any(|name| name.eq_ignore_ascii_case(&service))
            || field.object.is_some_and(|object| object.name.eq_ignore_ascii_case(&service))
    };
    match named.within {
        Within::File(named) => file == named,
        Within::Object(name) => is(name),
        Within::Anything => {
            incident.files.iter().any(|tie| tie.to == file)
                || incident.objects.iter().filter_map(|tie| ObjectName::parse(&tie.to)).any(is)
                || incident.services.iter().filter_map(|service| slug(service)).any(is_service)
        }
    }
}

/// Whether that a commit changed a file says anything: a list of what a folder holds changes with everything that comes and
/// goes there.
fn tells(incident: &Incident, file: &str) -> bool {
    let is_list = file.ends_with("kustomization.yaml") || file.ends_with("kustomization.yml");
    !(is_list && is_commit(incident) && incident.files.len() > 1)
}

/// Whether an incident is about a folder: a record or a rejection may well be; a commit only if it was small, and not long ago.
fn tells_of_folder(incident: &Incident, today: Date) -> bool {
    !is_commit(incident) || (incident.files.len() <= SMALL && age(incident.date, today) <= 2)
}

const fn is_commit(incident: &Incident) -> bool {
    matches!(incident.source, IncidentSource::Commit { .. })
}

/// The folder of a path, unless it is one of the first level or of a forge, which hold everything.
fn telling_folder(path: &str) -> Option<&str> {
    folder(path).filter(|folder| folder.contains('/') && !folder.starts_with(".github/"))
}

/// Why an incident has to do with some names: by the strongest of its ties.
fn strongest<'t>(incident: &Incident, ties: impl Iterator<Item = &'t Tie>) -> Option<String> {
    let ties: Vec<&Tie> = ties.collect();
    let best = ties.iter().min_by_key(|tie| match tie.by {
        TieBy::Stated | TieBy::Change => 0,
        TieBy::Revert(_) => 1,
        TieBy::Commit(_) => 2,
        TieBy::Text => 3,
    })?;
    Some(because(incident, best.by, &best.to, ties.len() - 1))
}

/// Why an incident has to do with a name, in a sentence.
fn because(incident: &Incident, by: TieBy, name: &str, others: usize) -> String {
    let more = if others > 0 { format!(" and {others} more of these") } else { String::new() };
    match (by, incident.kind) {
        (TieBy::Commit(commit), _) => format!("commit {}, which names it, changed {name}{more}", commit.short(7)),
        (TieBy::Revert(commit), _) => {
            format!("revert {}, which names it, undid a change of {name}{more}", commit.short(7))
        }
        (TieBy::Text, _) => format!("its text names {name}{more}"),
        (TieBy::Stated, IncidentKind::Rejection) => format!("its lesson is about {name}{more}"),
        (TieBy::Stated, _) => format!("its record names {name}{more}"),
        (TieBy::Change, IncidentKind::Revert) => match &incident.source {
            IncidentSource::Commit { undoes: Some(undone), undone_by, .. } => {
                let by = undone_by.map_or("", UndoneBy::words);
                format!("it undid {}{by} in {name}{more}", undone.short(7))
            }
            _ => format!("it undid a change of {name}{more}"),
        },
        (TieBy::Change, IncidentKind::Rejection) => format!("what was rejected changed {name}{more}"),
        (TieBy::Change, _) => format!("it changed {name}{more}"),
    }
}

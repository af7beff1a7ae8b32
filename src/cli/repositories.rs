//! The repositories of a console: which they are, and how they are told apart.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::io::workspace::Workspace;
use crate::model::Problem;

use super::CliError;
use super::forge::{Behind, Searched};
use super::session::Session;

/// What a console is opened on.
#[derive(Debug)]
pub struct Opened {
    /// The repositories, at least one; their names differ.
    pub workspaces: Vec<Arc<Workspace>>,
    /// What is wrong with others.
    pub problems: Vec<Problem>,
    /// A search for more that is to be made while these are looked at.
    pub(super) behind: Option<Behind>,
}

impl From<Arc<Workspace>> for Opened {
    fn from(one: Arc<Workspace>) -> Self {
        Self { workspaces: vec![one], problems: Vec::new(), behind: None }
    }
}

/// Opens the repositories that are named, else the one around the current directory, else those of the settings.
pub fn open(session: &Session, named: &[PathBuf]) -> Result<Opened, CliError> {
    if !named.is_empty() {
        let (workspaces, problems) = all(session, named)?;
        return Ok(Opened { workspaces, problems, behind: None });
    }
    let error = match session.workspace() {
        Ok(here) => return Ok(Arc::new(here).into()),
        // A repository that is named is not made up for by others.
        Err(error) if session.names_one() => return Err(error),
        Err(error) => error,
    };
    let (paths, Searched { problem, behind, .. }) = settled(session)?;
    if paths.is_empty() {
        return Err(problem.map_or(error, |problem| CliError::outside(problem.what, "try again later")));
    }
    let (workspaces, mut problems) = all(session, &paths)?;
    problems.extend(problem);
    Ok(Opened { workspaces, problems, behind })
}

/// Opens all of them. One of several that cannot be opened is a problem beside the others; a repository that is named twice is
/// opened once.
fn all(session: &Session, paths: &[PathBuf]) -> Result<(Vec<Arc<Workspace>>, Vec<Problem>), CliError> {
    if let [one] = paths {
        return Ok((vec![Arc::new(session.workspace_at(one)?)], Vec::new()));
    }
    let (mut opened, mut problems) = (Vec::new(), Vec::new());
    let mut known = HashSet::new();
    for path in paths {
        match session.workspace_at(path) {
            Ok(workspace) if known.insert(workspace.repository.git_dir.clone()) => opened.push(workspace),
            Ok(_) => {}
            Err(error) => {
                problems.push(Problem { place: path.display().to_string(), what: error.what, next: error.next });
            }
        }
    }
    if opened.is_empty() {
        let all = problems.iter().map(|problem| format!("{}: {}", problem.place, problem.what));
        let what = format!("none of the repositories can be opened: {}", all.collect::<Vec<_>>().join("; "));
        return Err(CliError::usage(what, "name one that git can open"));
    }
    let places: Vec<(&str, &Path)> = opened.iter().map(|one| (one.repository.name.as_str(), place(one))).collect();
    let names = distinct(&places);
    for (workspace, name) in opened.iter_mut().zip(names) {
        workspace.repository.name = name;
    }
    Ok((opened.into_iter().map(Arc::new).collect(), problems))
}

/// The repositories of the settings, then those that their search finds.
fn settled(session: &Session) -> Result<(Vec<PathBuf>, Searched), CliError> {
    let settings = session.settings().0;
    let searched = session.searched(&settings)?;
    let named = settings.repositories.iter().map(|path| session.expanded(path));
    let found = searched.repos.iter().map(|repo| PathBuf::from(repo.to_string()));
    Ok((named.chain(found).collect(), searched))
}

fn place(workspace: &Workspace) -> &Path {
    workspace.repository.workdir.as_deref().unwrap_or(&workspace.repository.git_dir)
}

/// Names that differ: a name that several have gets the folders before it, as many as tell them apart.
fn distinct(places: &[(&str, &Path)]) -> Vec<String> {
    let named = |(name, path): &(&str, &Path), folders: usize| {
        let above: Vec<_> = path.ancestors().skip(1).take(folders).filter_map(Path::file_name).collect();
        let above = above.iter().rev().map(|folder| folder.to_string_lossy().into_owned() + "/");
        above.collect::<String>() + name
    };
    let deepest = places.iter().map(|(_, path)| path.components().count()).max().unwrap_or_default();
    let alone = |at: usize, folders: usize| {
        let own = named(&places[at], folders);
        let shared = places.iter().enumerate().any(|(other, place)| other != at && named(place, folders) == own);
        (!shared).then_some(own)
    };
    let name = |at: usize| {
        let found = (0..=deepest).find_map(|folders| alone(at, folders));
        found.unwrap_or_else(|| places[at].1.display().to_string())
    };
    (0..places.len()).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_long_as_it_takes() {
        for (places, names) in [
            (vec![("infra", "/w/infra"), ("apps", "/w/apps")], vec!["infra", "apps"]),
            (vec![("infra", "/w/corp/infra"), ("infra", "/w/lab/infra")], vec!["corp/infra", "lab/infra"]),
            (
                vec![("infra", "/a/x/infra"), ("infra", "/b/x/infra"), ("web", "/b/x/web")],
                vec!["a/x/infra", "b/x/infra", "web"],
            ),
            // A mirror and its clone, named after the same remote.
            (vec![("infra", "/w/infra.git"), ("infra", "/w/clone")], vec!["/w/infra.git", "/w/clone"]),
        ] {
            let places: Vec<(&str, &Path)> = places.iter().map(|(name, path)| (*name, Path::new(*path))).collect();
            assert_eq!(distinct(&places), names);
        }
    }
}

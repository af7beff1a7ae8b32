//! The repositories of a console: which they are, and how they are told apart.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::io::workspace::Workspace;
use crate::model::Problem;

use super::CliError;
use super::session::Session;

/// Opens the repositories that are named, else the one around the current directory, else those of the settings. One of several
/// that cannot be opened is a problem beside the others; a repository that is named twice is opened once.
pub fn open(session: &Session, named: &[PathBuf]) -> Result<(Vec<Workspace>, Vec<Problem>), CliError> {
    let (paths, unsearched) = match named {
        [] => match session.workspace() {
            Ok(here) => return Ok((vec![here], Vec::new())),
            Err(error) => {
                let (paths, problem) = settled(session)?;
                if session.names_one() || paths.is_empty() {
                    return Err(problem.map_or(error, |problem| CliError::outside(problem.what, "try again later")));
                }
                (paths, problem)
            }
        },
        named => (named.to_vec(), None),
    };
    if let [one] = paths.as_slice() {
        return Ok((vec![session.workspace_at(one)?], unsearched.into_iter().collect()));
    }
    let (mut opened, mut problems) = (Vec::new(), Vec::from_iter(unsearched));
    let mut known = HashSet::new();
    for path in &paths {
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
    Ok((opened, problems))
}

/// The repositories of the settings, then those that their search finds, and why that could not be made.
fn settled(session: &Session) -> Result<(Vec<PathBuf>, Option<Problem>), CliError> {
    let settings = session.settings().0;
    let (found, problem) = session.searched(&settings)?;
    let named = settings.repositories.iter().map(|path| session.expanded(path));
    Ok((named.chain(found.iter().map(|repo| PathBuf::from(repo.to_string()))).collect(), problem))
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

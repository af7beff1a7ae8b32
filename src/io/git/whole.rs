//! Whether a repository has all of its contents. One that has not is refused at once and by name: what is missing would show
//! up later as broken objects. One without all of its history can be read ([`super::shallow`]), and not decided in.

use super::repository::OpenError;

/// Why a repository that libgit2 opened is not whole; `None` where nothing says so.
pub(super) fn lack(repo: &git2::Repository) -> Option<OpenError> {
    let error = |what: &str, next: &str| Some(OpenError { what: what.to_owned(), next: next.to_owned() });
    if is_partial(repo) {
        return error(
            "this is a partial clone (--filter): its missing objects cannot be read in process",
            "make a full clone, without --filter",
        );
    }
    None
}

/// Whether a remote is to bring missing objects later: `git clone --filter` writes that down, by the version of git as an
/// extension or as a setting of the remote alone (git-config(1), `remote.<name>.promisor`).
fn is_partial(repo: &git2::Repository) -> bool {
    let Ok(config) = repo.config() else { return false };
    if config.get_string("extensions.partialclone").is_ok() {
        return true;
    }
    let Ok(entries) = config.entries(Some("^remote\\..*\\.(promisor|partialclonefilter)$")) else { return false };
    let mut partial = false;
    let _ = entries.for_each(|entry| {
        let says = |name: &str| entry.name().is_ok_and(|found| found.ends_with(name));
        let on = entry.value().is_ok_and(|value| matches!(value, "true" | "yes" | "on" | "1"));
        partial |= says(".partialclonefilter") || (says(".promisor") && on);
    });
    partial
}

//! libgit2's caches and windows, limited once for the whole process.

use std::path::Path;
use std::sync::Once;

use git2::Repository;

/// Bytes of decompressed objects that libgit2 keeps.
const OBJECT_CACHE: isize = 16 << 20;
/// Bytes of pack files that one window maps.
const WINDOW: usize = 1 << 20;
/// Bytes of pack files that all windows map together.
const MAPPED: usize = 48 << 20;

/// Opens the repository at `git_dir`, with the limits in force.
#[expect(clippy::disallowed_methods, reason = "this is the place that opens repositories")]
pub fn open(git_dir: &Path) -> Result<Repository, git2::Error> {
    apply();
    Repository::open(git_dir)
}

/// Opens the repository that `path` lies in, with the limits in force.
#[expect(clippy::disallowed_methods, reason = "this is the place that opens repositories")]
pub fn discover(path: &Path) -> Result<Repository, git2::Error> {
    apply();
    Repository::discover(path)
}

/// Sets the limits. The defaults take 250 to 340 MB on a history of 30,000 commits,
/// which a console on a jump host has no right to.
fn apply() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[expect(
            unsafe_code,
            reason = "git2 marks process-wide options unsafe; `Once` and calling first make it sound"
        )]
        // SAFETY: the options are plain numbers inside libgit2; `Once` excludes a concurrent write, and every repository
        // of this program is opened after this call.
        let limited = unsafe {
            git2::opts::set_cache_max_size(OBJECT_CACHE)
                .and_then(|()| git2::opts::set_mwindow_size(WINDOW))
                .and_then(|()| git2::opts::set_mwindow_mapped_limit(MAPPED))
        };
        // Failing to limit memory must not keep anyone from reviewing.
        drop(limited);
        git2::opts::strict_hash_verification(false);
    });
}

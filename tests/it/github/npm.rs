//! What others publish about GitHub's API, by npm, where it is installed and answers. Nothing of it is committed.

use std::path::{Path, PathBuf};

use crate::support::needs;

/// The folder that these packages are installed in, kept for the next run; nothing where they cannot be had, which one line says.
pub fn packages(names: &[&str]) -> Option<PathBuf> {
    // One for each set: npm removes what it was not asked for.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("npm").join(names.join("-").replace(['/', '@'], "-"));
    let module = |name: &&str| folder.join("node_modules").join(name.rsplit_once('@').map_or(*name, |(name, _)| name));
    let there = |names: &[&str]| names.iter().all(|name| module(name).is_dir());
    if there(names) {
        return Some(folder);
    }
    let without = |why: &str| needs::say(&format!("skipped: {}: {why}", names.join(" and ")));
    if needs::find("npm").is_none() || needs::find("node").is_none() {
        without("npm and node are not installed");
        return None;
    }
    std::fs::create_dir_all(&folder).ok()?;
    // With the machine's own settings, which say what registry to ask; nothing of a package is run by installing it.
    let mut npm = std::process::Command::new("npm");
    npm.current_dir(&folder).args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]);
    npm.args(["--fetch-retries=0", "--fetch-timeout=20000", "--prefix", "."]).args(names);
    let _ = npm.output();
    if !there(names) {
        without("npm could not install them");
        return None;
    }
    Some(folder)
}

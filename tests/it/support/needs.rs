//! Tests that want something the machine may not have: they say so in one line, and pass.

use std::io::Write as _;
use std::path::PathBuf;

/// Whether a program that the test needs is missing; one line says which test is skipped, and why.
pub fn missing(programs: &[&str]) -> bool {
    let absent: Vec<&str> = programs.iter().copied().filter(|program| find(program).is_none()).collect();
    if !absent.is_empty() {
        skip(&format!("needs {}, which is not installed", absent.join(" and ")));
    }
    !absent.is_empty()
}

/// Whether tests that take minutes are to be left out; they run with `COUNTERSIGN_LONG=1`.
pub fn too_long(what: &str) -> bool {
    let short = std::env::var_os("COUNTERSIGN_LONG").is_none_or(|value| value.is_empty() || value == "0");
    if short {
        skip(&format!("{what}; COUNTERSIGN_LONG=1 runs it"));
    }
    short
}

/// A real repository below `COUNTERSIGN_CORPUS`, such as `onedr0p/home-ops`; `None` where there is none.
pub fn corpus(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("COUNTERSIGN_CORPUS").map(|folder| PathBuf::from(folder).join(name));
    let found = found.filter(|path| path.is_dir());
    if found.is_none() {
        skip(&format!("needs the real repository {name}; COUNTERSIGN_CORPUS=DIR says where it is"));
    }
    found
}

/// The file of a program, looked up as a shell would, and where servers are that are not on everybody's path.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Prints a line that the test runner does not swallow, as it does with `eprintln!`.
pub fn say(line: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}

fn skip(why: &str) {
    let thread = std::thread::current();
    say(&format!("skipped: {}: {why}", thread.name().unwrap_or("a test")));
}

//! Named points at which a test can make the program die or fail.
//!
//! `COUNTERSIGN_FAULT=NAME:kill` ends the process with SIGKILL at the point NAME, `NAME:fail` makes it an error, `NAME:panic`
//! makes it a panic. Compiled only with the feature `faults`; without it every point is nothing.

/// Passes the point `name`.
#[cfg(feature = "faults")]
pub fn point(name: &str) -> std::io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the switch of the tests is an environment variable by design")]
    let wanted = std::env::var("COUNTERSIGN_FAULT").unwrap_or_default();
    match wanted.split_once(':') {
        Some((point, "kill")) if point == name => {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            Ok(())
        }
        Some((point, "fail")) if point == name => Err(std::io::Error::other(format!("fault injected at {name}"))),
        Some((point, "panic")) if point == name => panic!("fault injected at {name}"),
        _ => Ok(()),
    }
}

/// Passes the point `name`.
#[cfg(not(feature = "faults"))]
pub const fn point(_name: &str) -> std::io::Result<()> {
    Ok(())
}

//! The person's browser, where there is one: on this machine, with a screen of its own.

use std::path::Path;

use super::git::process::{GitError, start_program};
use crate::model::WebAddress;

/// The program that opens an address as the person's desktop does.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Whether a browser would open before the person's eyes: not at the far end of SSH, and where there is a display.
#[must_use]
pub fn is_here(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let far = ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].iter().any(&set);
    !far && (cfg!(target_os = "macos") || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(set))
}

/// Opens a page, and waits until the program that opens it has ended, which may be when the browser is closed. An address begins
/// with its scheme, so that no program takes it for an option.
pub fn open(home: &Path, address: &WebAddress) -> Result<(), GitError> {
    start_program(home, &[OPENER.to_owned(), address.as_str().to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_here_where_the_person_would_see_it() {
        for (set, wanted) in [
            (&[][..], cfg!(target_os = "macos")),
            (&["DISPLAY"], true),
            (&["WAYLAND_DISPLAY"], true),
            (&["DISPLAY", "SSH_CONNECTION"], false),
            (&["DISPLAY", "SSH_TTY"], false),
        ] {
            let variable = |name: &str| Some(if set.contains(&name) { ":0" } else { "" }.to_owned());
            assert_eq!(is_here(variable), wanted, "{set:?}");
        }
    }
}

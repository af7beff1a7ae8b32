//! The clipboard of the terminal that a person sits at, also at the far end of SSH: OSC 52.
//!
//! A program on a jump host has no other clipboard, and tools of that host answer "copied" and copy nowhere. Terminals
//! that do not know the sequence ignore it.

use base64::prelude::{BASE64_STANDARD, Engine as _};

/// The longest text in bytes: with base64 it stays below the 100,000 that older terminals take.
const LIMIT: usize = 64 * 1024;

/// The bytes that put a text on the clipboard; `None` where it is too long to arrive whole.
///
/// tmux passes on what is wrapped for it, and reads the plain sequence only where `set-clipboard` is `on`: it gets both.
#[must_use]
pub fn copy(text: &str, inside_tmux: bool) -> Option<Vec<u8>> {
    if text.len() > LIMIT {
        return None;
    }
    let plain = format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text));
    let wrapped = if inside_tmux { format!("\x1bPtmux;\x1b{plain}\x1b\\") } else { String::new() };
    Some((plain + &wrapped).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_encoded_and_wrapped_for_tmux() {
        assert_eq!(copy("agent/x", false).unwrap(), b"\x1b]52;c;YWdlbnQveA==\x07");
        assert_eq!(
            copy("a", true).unwrap(),
            b"\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\",
            "every escape inside the wrapping is doubled"
        );
        assert_eq!(copy(&"x".repeat(LIMIT + 1), false), None);
    }

    #[test]
    fn no_text_can_end_the_sequence() {
        let bytes = copy("\x07\x1b\\\x1b[2J", false).unwrap();
        assert!(bytes[1..bytes.len() - 1].iter().all(|byte| !byte.is_ascii_control()));
    }
}

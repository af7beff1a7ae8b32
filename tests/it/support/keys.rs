//! Key strings: `"jj<space>a<enter>"` is what a person presses, in the notation of the keymaps.

/// The bytes that a terminal sends for each key of the string, in order. `<lt>` is a `<`.
///
/// A terminal cannot tell `<esc>` followed at once by a letter from that letter with Alt held: wait for the screen
/// between the two, as a person would.
#[track_caller]
pub fn bytes(keys: &str) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'));
        if let Some((name, tail)) = named {
            out.push(special(name).unwrap_or_else(|| panic!("no key is called <{name}>")));
            rest = tail;
        } else {
            out.push(first.to_string().into_bytes());
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// What an xterm sends for a named key.
fn special(name: &str) -> Option<Vec<u8>> {
    let sequence: &[u8] = match name {
        "enter" => b"\r",
        "esc" => b"\x1b",
        "tab" => b"\t",
        "backtab" => b"\x1b[Z",
        "space" => b" ",
        "backspace" => b"\x7f",
        "lt" => b"<",
        "up" => b"\x1b[A",
        "down" => b"\x1b[B",
        "right" => b"\x1b[C",
        "left" => b"\x1b[D",
        "home" => b"\x1b[H",
        "end" => b"\x1b[F",
        "del" => b"\x1b[3~",
        "pgup" => b"\x1b[5~",
        "pgdn" => b"\x1b[6~",
        "f1" => b"\x1bOP",
        "f2" => b"\x1bOQ",
        "f3" => b"\x1bOR",
        "f4" => b"\x1bOS",
        "f5" => b"\x1b[15~",
        "ctrl-up" => b"\x1b[1;5A",
        "ctrl-down" => b"\x1b[1;5B",
        _ => return with_modifier(name),
    };
    Some(sequence.to_vec())
}

/// `<ctrl-d>` and `<alt-x>`: a letter with a modifier held.
fn with_modifier(name: &str) -> Option<Vec<u8>> {
    let (modifier, letter) = name.split_once('-')?;
    match (modifier, letter.as_bytes()) {
        ("ctrl", [letter @ b'a'..=b'z']) => Some(vec![letter & 0x1f]),
        ("alt", [letter]) => Some(vec![0x1b, *letter]),
        _ => None,
    }
}

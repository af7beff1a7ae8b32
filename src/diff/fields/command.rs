//! Passwords that a program is told on its command line, written as one text or as a list of words.

use std::collections::HashSet;

use super::credential::has_word;
use super::naming::{may_name, names_secret, says_how};
use super::node::{Kind, Node, Scalar};
use super::reference::is_reference;

/// Whether a text tells a password with a blank between: `--password hunter2`, `requirepass hunter2`, `PASSWORD 'hunter2'`.
pub(super) fn directs(text: &str) -> bool {
    if !text.contains([' ', '\n', '\t']) {
        return false;
    }
    told(text.split_ascii_whitespace(), text.trim_start().starts_with("machine "))
}

/// Which items of a list are what a program is told as a password: `[--password, hunter2]`, `[redis-cli, -a, hunter2]`.
pub(super) fn told_items(items: &[Node<'_>]) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut command = Command::default();
    let mut option = "";
    for (at, item) in items.iter().enumerate() {
        let Some(value) = item.scalar() else {
            (command, option) = (Command::default(), "");
            continue;
        };
        let short = command.told(option, &value.text).is_some_and(is_told);
        if short || hides_argument(option, value) {
            found.insert(at);
        }
        option = &value.text;
    }
    found
}

/// Whether the value behind an option is secret: `--password`, `hunter2`.
fn hides_argument(option: &str, value: &Scalar<'_>) -> bool {
    let text = &*value.text;
    if text.is_empty() || text.starts_with('-') || is_reference(text) || option.contains(['=', ' ']) {
        return false;
    }
    // Nobody says what `-p` is for; a word that looks made up is rather a password than a port, a path or a profile.
    let short = option == "-p" && is_made_up(text);
    let long = option.starts_with('-') && option.len() > 2 && names_secret(option, value.kind == Kind::Text);
    short || long && !says_how(option, text)
}

/// Whether a word is no word: letters and digits mixed, or capitals within.
fn is_made_up(word: &str) -> bool {
    let sign = |b: u8| matches!(b, b'_' | b'-' | b'!' | b'#' | b'$' | b'%' | b'*' | b'+' | b'?' | b'^' | b'~');
    let (mut letters, mut digits, mut capitals) = (0, 0, 0);
    for (at, b) in word.bytes().enumerate() {
        match b {
            b'0'..=b'9' => digits += 1,
            b'A'..=b'Z' => (letters, capitals) = (letters + 1, capitals + usize::from(at > 0)),
            b'a'..=b'z' => letters += 1,
            b if sign(b) => {}
            _ => return false,
        }
    }
    word.len() >= 4 && letters > 0 && (digits > 0 || capitals > 0 && capitals < letters)
}

/// Whether one of these words is a password; `netrc` is whether they are `machine … login … password …`.
fn told<'t>(words: impl Iterator<Item = &'t str>, netrc: bool) -> bool {
    let mut before = ["", ""];
    let mut command = Command::default();
    for word in words {
        let [earlier, name] = before;
        // PostgreSQL quotes with dollars as well.
        let quoted = word.starts_with(['\'', '"']) || dollars(word).is_some();
        let by = |word: &str| earlier.eq_ignore_ascii_case(word);
        let told = match name {
            option if option.starts_with("--") => {
                may_name(option) && names_secret(option, true) && is_argument(word) && !says_how(option, word)
            }
            "requirepass" | "masterauth" => true,
            name if name.eq_ignore_ascii_case("password") => quoted || netrc && !earlier.is_empty(),
            name if name.eq_ignore_ascii_case("by") => quoted && by("identified"),
            _ => false,
        };
        let short = command.told(name, word);
        let said = short.or_else(|| dollars(word)).unwrap_or(word).trim_matches(QUOTES);
        if (told || short.is_some()) && is_told(said) {
            return true;
        }
        before = [name, word];
    }
    false
}

/// What stands in `$$hunter2$$`.
fn dollars(word: &str) -> Option<&str> {
    word.trim_end_matches([';', ',', ')']).strip_prefix("$$")?.strip_suffix("$$")
}

/// Whether what is told to a program is more than where to find it.
fn is_told(said: &str) -> bool {
    has_word(said) && !is_reference(said) && !said.starts_with(['<', '$', '{', '%'])
}

/// A program that takes passwords under short options, and how long ago it was named.
#[derive(Debug, Default)]
struct Command<'t> {
    name: &'t str,
    words: usize,
}

impl<'t> Command<'t> {
    /// How many words behind its name are looked at.
    const WORDS: usize = 32;

    /// What a word tells it; `option` is the word before.
    fn told(&mut self, option: &str, word: &'t str) -> Option<&'t str> {
        const CLIENTS: [&str; 10] = [
            "curl",
            "mariadb",
            "mariadb-admin",
            "mariadb-dump",
            "mysql",
            "mysqladmin",
            "mysqldump",
            "redis-cli",
            "sshpass",
            "wget",
        ];
        let name = word.rsplit(['/', '(', '`', '"', '\'']).next().unwrap_or_default();
        if CLIENTS.contains(&name) {
            *self = Self { name, words: 0 };
            return None;
        }
        self.words += 1;
        if self.name.is_empty() || self.words > Self::WORDS {
            return None;
        }
        let behind = |options: &[&str]| options.contains(&option).then_some(word);
        match self.name {
            "curl" | "wget" => {
                let user = behind(&["-u", "--user", "-U", "--proxy-user"]).or_else(|| word.strip_prefix("-u"))?;
                user.trim_matches(QUOTES).split_once(':').map(|(_, password)| password)
            }
            "redis-cli" => behind(&["-a"]),
            "sshpass" => behind(&["-p"]).or_else(|| word.strip_prefix("-p")),
            _ => word.strip_prefix("-p"),
        }
    }
}

/// What may stand around a word of a command.
const QUOTES: [char; 6] = ['\'', '"', ',', ';', '\\', ')'];

/// Whether a word behind an option is its value, and not the next word of a sentence.
fn is_argument(word: &str) -> bool {
    const WORDS: [&str; 14] =
        ["a", "and", "as", "can", "flag", "for", "from", "if", "in", "is", "must", "option", "or", "to"];
    !word.starts_with('-') && !WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::super::node::Value;
    use super::super::yaml;
    use super::*;

    #[test]
    fn twice_the_text_takes_twice_the_steps() {
        let steps = |times: usize| {
            let text = format!("{}{}", " ".repeat(8 * times), "a password ".repeat(times));
            let mut steps = 0;
            assert!(!told(text.split_ascii_whitespace().inspect(|_| steps += 1), false));
            steps
        };
        assert_eq!((steps(1000), steps(2000), steps(4000)), (2000, 4000, 8000));
        let text = format!("{}{}", " ".repeat(4_000_000), "a password ".repeat(300_000));
        assert!(!directs(&text), "each of the words would read all blanks once more");
    }

    #[test]
    fn items_that_are_passwords() {
        for (list, hidden) in [
            ("[--password, hunter2]", &[1][..]),
            ("[-password, hunter2]", &[1]),
            ("[--user, a, --db-password, hunter2, --port, 1]", &[3]),
            ("[-p, old1]", &[1]),
            ("[redis-cli, -h, db, -a, hunter2, ping]", &[4]),
            ("[/usr/bin/mysqldump, -uroot, -phunter2, x]", &[2]),
            ("[curl, -u, 'a:hunter2', x]", &[2]),
            ("[sshpass, -p, hunter2, ssh, a]", &[2]),
            ("[--password, --verbose]", &[]),
            ("[--password, $(PASSWORD)]", &[]),
            ("[--password-file, /run/x]", &[]),
            ("[--token-ttl, 24h]", &[]),
            ("[--secret-name, db]", &[]),
            ("[--tokens, 4]", &[]),
            ("[-p, 8080]", &[]),
            ("[-p, '8080:80']", &[]),
            ("[-p, /var/lib]", &[]),
            ("[-p, production]", &[]),
            ("[-p, Release]", &[]),
            ("[mysql, -u, root, -P, 3306]", &[]),
            ("[--author, somebody]", &[]),
            ("[{a: --password}, hunter2]", &[]),
        ] {
            let parsed = yaml::read(list).expect("it is YAML");
            let Value::List(items) = &parsed.documents[0].root.value else { panic!("a list") };
            let mut found: Vec<usize> = told_items(items).into_iter().collect();
            found.sort_unstable();
            assert_eq!(found, hidden, "{list}");
        }
    }
}

//! `.countersign/allowed_signers`, in the OpenSSH format (ssh-keygen(1), ALLOWED SIGNERS).
//!
//! Stricter than OpenSSH wherever the two could differ, never laxer: a key that two principals share, a pattern or a list
//! as principal, a certificate authority and a line that cannot be understood all speak for nobody.

use std::fmt;

use jiff::Timestamp;
use ssh_key::HashAlg;
use ssh_key::public::KeyData;

use super::signer_line;
use crate::model::Problem;

/// One line of `allowed_signers`.
#[derive(Clone)]
pub struct Signer {
    /// The principal: exactly one address of one person, or what the line says instead (patterns, a list).
    pub principal: String,
    /// The key.
    pub key: ssh_key::PublicKey,
    /// Whether the key is a certificate authority.
    pub cert_authority: bool,
    /// The namespaces that it may sign in; empty is all. git signs in `git`.
    pub namespaces: Vec<String>,
    /// Not valid before.
    pub valid_after: Option<Timestamp>,
    /// Not valid from this moment on.
    pub valid_before: Option<Timestamp>,
    /// Whether a date names no zone: it is then read as the zone that makes the key valid for the shortest time.
    pub zoneless: bool,
    /// The line, from 1.
    pub line: usize,
}

impl Signer {
    /// The namespace in which git signs commits.
    pub const NAMESPACE: &'static str = "git";

    /// Whether the principal is one plain address: no pattern and no list.
    #[must_use]
    pub fn is_single(&self) -> bool {
        is_address(&self.principal)
    }

    /// Whether the line lets the key itself sign commits, at some time.
    #[must_use]
    pub fn signs_commits(&self) -> bool {
        self.is_for_git() && !self.cert_authority
    }

    /// Whether the line lets the key itself sign commits at this moment.
    #[must_use]
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.is_in_force(at) && !self.cert_authority
    }

    fn is_for_git(&self) -> bool {
        self.namespaces.is_empty() || self.namespaces.iter().any(|name| name == Self::NAMESPACE)
    }

    fn is_in_force(&self, at: Timestamp) -> bool {
        self.is_for_git()
            && self.valid_after.is_none_or(|after| at >= after)
            && self.valid_before.is_none_or(|before| at < before)
    }

    /// Whether the key is a hardware key.
    #[must_use]
    pub fn is_hardware(&self) -> bool {
        self.key.key_data().is_sk_ed25519() || self.key.key_data().is_sk_ecdsa_p256()
    }

    /// The fingerprint, as ssh-keygen and git print it: `SHA256:…`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint(HashAlg::Sha256).to_string()
    }
}

/// The fingerprints of the keys with which the demo's reviewers sign. They are derived from words in `io/demo`, so
/// everybody has them.
const DEMO_KEYS: [&str; 2] =
    ["SHA256:SVfdVNXuWGlir2Ioy00f04ucgqgyuRzfW3UcAlmlWsI", "SHA256:3CURGQSwpmlFBKoVPcdmmvRhXkViEvDprSF/lkpGyw8"];

/// Whether a key, by its fingerprint (`SHA256:…`), is one of the demo's: outside a demo it signs for nobody.
#[must_use]
pub fn is_demo_key(fingerprint: &str) -> bool {
    DEMO_KEYS.contains(&fingerprint)
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}:{} {})", self.line, self.principal, self.fingerprint())
    }
}

/// Whether `text` is one plain mail address, fit for signer lines and commits: no list, pattern, space or quote.
pub(super) fn is_address(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>,*?!\"'\\#".contains(c);
    let (local, domain) = text.rsplit_once('@').unwrap_or_default();
    !local.is_empty() && !domain.is_empty() && text.len() <= 254 && text.chars().all(plain)
}

/// The signers of a root.
#[derive(Debug, Clone, Default)]
pub struct Signers {
    /// The lines that could be read.
    pub lines: Vec<Signer>,
}

impl Signers {
    /// The largest file that is read, in bytes: a thousand keys or so.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Reads a file; a line that cannot be understood is a problem and gives no signer.
    #[must_use]
    pub fn parse(text: &str) -> (Self, Vec<Problem>) {
        let mut signers = Self::default();
        let mut problems = Vec::new();
        if text.len() > Self::MAX_BYTES {
            problems.push(problem(1, "the file is larger than 1 MiB, and none of it was read".to_owned()));
            return (signers, problems);
        }
        for (line, text) in (1..).zip(text.lines()) {
            match signer_line::read(text, line) {
                Ok(signer) => signers.lines.extend(signer),
                Err(what) => problems.push(problem(line, what)),
            }
        }
        (signers, problems)
    }

    /// The line that says whose key this is at this moment, for commits. `None` where no line does, where a line in force
    /// names a pattern, a list or an authority, and where two lines in force name different principals.
    #[must_use]
    pub fn valid_at(&self, key: &KeyData, at: Timestamp) -> Option<&Signer> {
        let mut valid = self.lines.iter().filter(|line| line.key.key_data() == key && line.is_in_force(at));
        let first = valid.next()?;
        let agree = valid.all(|line| line.principal == first.principal && !line.cert_authority);
        (agree && first.is_single() && !first.cert_authority).then_some(first)
    }

    /// Like [`Self::valid_at`], for a key known by the fingerprint that ssh-keygen and git print (`SHA256:…`).
    #[must_use]
    pub fn valid_fingerprint_at(&self, fingerprint: &str, at: Timestamp) -> Option<&Signer> {
        let line = self.lines.iter().find(|line| line.fingerprint() == fingerprint)?;
        self.valid_at(line.key.key_data(), at)
    }

    /// The lines whose principal is this address, compared without case.
    pub fn of<'a>(&'a self, address: &'a str) -> impl Iterator<Item = &'a Signer> {
        self.lines.iter().filter(move |line| line.principal.eq_ignore_ascii_case(address))
    }
}

fn problem(line: usize, what: String) -> Problem {
    Problem {
        place: format!("allowed_signers:{line}"),
        what,
        next: "write `ADDRESS namespaces=\"git\" KEYTYPE KEY`; until then the line speaks for nobody".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKp9zBMR5U5f/SU4ONT+ma928UAOMMy7nGKLaUy7x/Hg";
    const EC: &str = "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBHtaWzwjopkhxY3sQXxTni5Nu\
                      49MnynjbOM5iqxrCNrYT62Ih556i2oGypoMB0wClnN+Dk8YVkSFfnLk8SNos+eAzRS2YMK4lUMXrzMnvOG20cThyv5IhmgUvM\
                      //IkDgYQ==";

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn ed() -> ssh_key::PublicKey {
        ssh_key::PublicKey::from_openssh(ED).unwrap()
    }

    /// Who the file says has the Ed25519 key at noon of 2026-01-01.
    fn who(file: &str) -> Option<String> {
        let (signers, _) = Signers::parse(&file.replace("KEY", ED));
        signers.valid_at(ed().key_data(), at("2026-01-01T12:00:00Z")).map(|signer| signer.principal.clone())
    }

    /// Every line was given to ssh-keygen 9.2 too (`-Y verify -n git`): where this says somebody, so did it.
    #[test]
    fn whose_key_it_is() {
        for (file, expected) in [
            ("a@x KEY comment\n", Some("a@x")),
            ("  a@x\tKEY\r\n", Some("a@x")),
            ("\"a@x\" KEY\n", Some("a@x")),
            ("# a comment\n\na@x KEY", Some("a@x")),
            ("a@x valid-after=\"20200101Z\",valid-before=\"20300101Z\" KEY\n", Some("a@x")),
            ("a@x VALID-after=\"20200101Z\" KEY\n", Some("a@x")),
            ("a@x valid-after=\"20200101000000Z\" KEY\n", Some("a@x")),
            ("a@x valid-after=\"20200101\" KEY\n", Some("a@x")),
            ("a@x namespaces=\"file,git\" KEY\n", Some("a@x")),
            ("garbage\na@x KEY\n", Some("a@x")),
            ("a@x valid-before=\"20200101Z\" KEY\na@x KEY\n", Some("a@x")),
            ("b@x valid-before=\"20200101Z\" KEY\na@x KEY\n", Some("a@x")),
            // ssh-keygen knows no name for these, either.
            ("a@x namespaces=\"file, git\" KEY\n", None),
            ("a@x namespaces=\"\" KEY\n", None),
            ("a@x valid-after=20200101 KEY\n", None),
            ("a@x valid-after=\"20200101Z\", valid-before=\"20300101Z\" KEY\n", None),
            ("a@x cert-authority KEY\n", None),
            ("a@x foo KEY\n", None),
            ("a@x namespaces=\"git\",namespaces=\"git\" KEY\n", None),
            ("a@x namespaces=\"git\", KEY\n", None),
            ("a@x valid-after=\"2020010100Z\" KEY\n", None),
            ("a@x valid-after=\"20201301Z\" KEY\n", None),
            ("a@x valid-before=\"202001010000Z\" KEY\n", None),
            // ssh-keygen accepts these; one key is one person's, and one person has one address.
            ("\"a@x,b@x\" KEY\n", None),
            ("b@x,a@x KEY\n", None),
            ("*@x KEY\n", None),
            ("a@x KEY\nb@x KEY\n", None),
            ("a@x KEY\n*@x KEY\n", None),
            ("a@x KEY\na@x cert-authority KEY\n", None),
            ("a@x namespaces=\"g*\" KEY\n", None),
            ("a KEY\n", None),
        ] {
            assert_eq!(who(file).as_deref(), expected, "{file}");
        }
    }

    #[test]
    fn other_kinds_of_key_are_read() {
        let (signers, problems) = Signers::parse(&format!("a@x {EC}\nb@x {ED}"));
        assert_eq!((signers.lines.len(), problems.len()), (2, 0));
        assert_eq!(signers.lines[1].fingerprint(), "SHA256:mw2aeM1HfO3sEKmCwqniiuCfnQIZ4+XHNRgBpBEFzaU");
        let found = signers.valid_fingerprint_at(&signers.lines[0].fingerprint(), at("2026-01-01T00:00:00Z"));
        assert_eq!(found.unwrap().principal, "a@x");
        assert_eq!(signers.of("B@X").count(), 1);
    }

    #[test]
    fn a_date_without_a_zone_is_read_narrowly() {
        let (signers, _) = Signers::parse(&format!("a@x valid-after=\"20260101\",valid-before=\"20260201\" {ED}"));
        let valid = |time| signers.valid_at(ed().key_data(), at(time)).is_some();
        assert!(signers.lines[0].zoneless);
        for (time, expected) in [
            ("2026-01-01T11:59:59Z", false),
            ("2026-01-01T12:00:00Z", true),
            ("2026-01-31T09:59:59Z", true),
            ("2026-01-31T10:00:00Z", false),
        ] {
            assert_eq!(valid(time), expected, "{time}");
        }
    }

    #[test]
    fn problems_say_where_and_why() {
        let file = format!("a@x\n\na@x ssh-ed25519 AAAA\na@x foo=\"1\" {ED}\na@x valid-after=\"x\" {ED}");
        let (signers, problems) = Signers::parse(&file);
        assert!(signers.lines.is_empty());
        let found: Vec<String> = problems.iter().map(|p| format!("{} {}", p.place, p.what)).collect();
        assert_eq!(
            found,
            [
                "allowed_signers:1 a key is missing after the address",
                "allowed_signers:3 this is not a public key that can be read",
                "allowed_signers:4 unknown option `foo`",
                "allowed_signers:5 `x` is not a date: write YYYYMMDDZ or YYYYMMDDHHMMSSZ",
            ]
        );
    }

    #[test]
    fn a_huge_file_gives_nobody() {
        let (signers, problems) = Signers::parse(&"#".repeat(Signers::MAX_BYTES + 1));
        assert_eq!((signers.lines.len(), problems.len()), (0, 1));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(?s).{0,200}", option in "[a-z-]{0,12}=?\"?[0-9Zé,\\\\]{0,16}\"?") {
            let _ = Signers::parse(&text);
            let _ = Signers::parse(&format!("a@x {option} {ED}"));
        }
    }
}

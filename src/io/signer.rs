//! Finding the key that a person signs with, and signing ledger commits with it as the user's git is configured.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ssh_key::PublicKey;

use crate::model::{Contributor, EntryId, Oid, text};
use crate::policy::{Person, Root};

use super::git::process::{Git, GitError, run_program};

/// Why nothing can be signed; each says what to do next.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}")]
pub struct SignerError {
    /// What is wrong.
    pub what: String,
    /// What to do next.
    pub next: String,
}

/// A key that this host can probably sign with.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What git's `user.signingKey` is set to for it: a path, or `key::` and the public key.
    pub spec: String,
    /// The public half.
    pub public: PublicKey,
    /// Where it was found, for people.
    pub found_in: String,
}

/// The key of a person, found.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// The key.
    pub candidate: Candidate,
    /// The person it belongs to.
    pub person: Person,
    /// The address under which `allowed_signers` knows it.
    pub principal: String,
}

impl SigningKey {
    /// Whether the key is a hardware key.
    #[must_use]
    pub fn is_hardware(&self) -> bool {
        let key = self.candidate.public.key_data();
        key.is_sk_ed25519() || key.is_sk_ecdsa_p256()
    }

    /// How the person appears as committer of entries and merges.
    #[must_use]
    pub fn identity(&self) -> Contributor {
        Contributor { name: self.person.name.clone(), email: self.principal.clone() }
    }
}

/// All keys to try, in the order of preference: `countersign.signingKey`, `user.signingKey` where `gpg.format` is ssh,
/// `gpg.ssh.defaultKeyCommand`, the agent's keys, `~/.ssh/id_*`. Lazy: a program is asked only where it comes to that.
pub fn candidates<'a>(git: &'a Git, home: Option<&'a Path>) -> impl Iterator<Item = Candidate> + 'a {
    let settings = settings(git);
    let command = settings.get("gpg.ssh.defaultkeycommand").cloned();
    let by_command = move || {
        let words = command.map(|command| shell_words::split(&command).unwrap_or_default()).unwrap_or_default();
        keys_of_program(git.dir(), &words, "gpg.ssh.defaultKeyCommand").into_iter().take(1)
    };
    let agent = move || keys_of_program(git.dir(), &["ssh-add".to_owned(), "-L".to_owned()], "the SSH agent");
    let folder = move || home.map(|home| keys_in_folder(&home.join(".ssh"))).unwrap_or_default();
    configured(&settings, git.dir(), home)
        .into_iter()
        .chain(std::iter::once_with(by_command).flatten())
        .chain(std::iter::once_with(agent).flatten())
        .chain(std::iter::once_with(folder).flatten())
}

/// git's settings as it sees them here, by lower-case name; the last value of a name wins.
fn settings(git: &Git) -> HashMap<String, String> {
    let listed = git.try_run(&["config", "-z", "--list"], &[], None).map(|output| output.text()).unwrap_or_default();
    let pair = |record: &str| record.split_once('\n').map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    listed.split('\0').filter_map(pair).collect()
}

fn configured(settings: &HashMap<String, String>, dir: &Path, home: Option<&Path>) -> Vec<Candidate> {
    named(settings).filter_map(|(spec, found_in)| from_spec(spec, dir, home, found_in)).collect()
}

/// The keys that the settings name, and the names of the settings.
fn named(settings: &HashMap<String, String>) -> impl Iterator<Item = (&String, &'static str)> {
    let own = settings.get("countersign.signingkey").map(|spec| (spec, "countersign.signingKey"));
    let is_ssh = settings.get("gpg.format").is_some_and(|format| format == "ssh");
    let user = settings.get("user.signingkey").filter(|_| is_ssh).map(|spec| (spec, "user.signingKey"));
    own.into_iter().chain(user)
}

/// The first key of this user that the signers in force know, and its person.
pub fn own(git: &Git, home: Option<&Path>, root: &Root, at: Timestamp) -> Result<SigningKey, SignerError> {
    find(candidates(git, home), root, at).map_err(|error| match unreadable(git, home) {
        Some(lack) => SignerError { what: format!("{lack}; {}", error.what), ..error },
        None => error,
    })
}

/// What is wrong with a key that the settings name, if something is.
fn unreadable(git: &Git, home: Option<&Path>) -> Option<String> {
    let settings = settings(git);
    let (spec, named_in) = named(&settings).find(|(spec, name)| from_spec(spec, git.dir(), home, name).is_none())?;
    Some(format!("{named_in} names {}, which cannot be read as a key", text::printable(spec)))
}

/// The first candidate that the signers in force know, and its person.
pub fn find(
    candidates: impl Iterator<Item = Candidate>,
    root: &Root,
    at: Timestamp,
) -> Result<SigningKey, SignerError> {
    let mut tried = Vec::new();
    for candidate in candidates {
        let signer = root.signers.valid_at(candidate.public.key_data(), at);
        let person = signer.and_then(|signer| Some((root.policy.person_by_email(&signer.principal)?, signer)));
        if let Some((person, signer)) = person {
            let (person, principal) = (person.clone(), signer.principal.clone());
            return Ok(SigningKey { candidate, person, principal });
        }
        tried.push(format!("{} ({})", fingerprint(&candidate.public), candidate.found_in));
    }
    let what = if tried.is_empty() {
        "no SSH key was found to sign with".to_owned()
    } else {
        format!("none of your keys is in .countersign/allowed_signers: {}", tried.join(", "))
    };
    let next = "set one with `git config countersign.signingKey ~/.ssh/id_ed25519`, or have an admin add yours";
    Err(SignerError { what, next: next.into() })
}

/// `SHA256:…`, as `ssh-keygen -l` prints it.
#[must_use]
pub fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(ssh_key::HashAlg::Sha256).to_string()
}

fn from_spec(spec: &str, dir: &Path, home: Option<&Path>, found_in: &str) -> Option<Candidate> {
    let literal = spec.strip_prefix("key::").or_else(|| spec.starts_with("ssh-").then_some(spec));
    if let Some(literal) = literal {
        let public = PublicKey::from_openssh(literal).ok()?;
        return Some(Candidate { spec: format!("key::{literal}"), public, found_in: found_in.into() });
    }
    let path = expand(spec, dir, home);
    let public = public_half(&path)?;
    Some(Candidate { spec: path.to_str()?.to_owned(), public, found_in: found_in.into() })
}

fn expand(spec: &str, dir: &Path, home: Option<&Path>) -> PathBuf {
    match (spec.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        // git resolves a relative path from where it runs.
        _ => dir.join(spec),
    }
}

/// From `PATH.pub`, or from the private file, which carries its public half in the clear even where it is encrypted.
fn public_half(path: &Path) -> Option<PublicKey> {
    let beside = PathBuf::from(format!("{}.pub", path.display()));
    [beside, path.to_owned()].iter().find_map(|file| {
        let text = std::fs::read_to_string(file).ok()?;
        PublicKey::from_openssh(text.trim())
            .ok()
            .or_else(|| ssh_key::PrivateKey::from_openssh(&text).ok().map(|key| key.public_key().clone()))
    })
}

fn keys_of_program(dir: &Path, words: &[String], found_in: &str) -> Vec<Candidate> {
    let Ok(output) = run_program(dir, words, b"") else { return Vec::new() };
    let key = |line: &str| {
        let literal = line.strip_prefix("key::").unwrap_or(line).trim();
        let public = PublicKey::from_openssh(literal).ok()?;
        Some(Candidate { spec: format!("key::{literal}"), public, found_in: found_in.to_owned() })
    };
    output.text().lines().filter_map(key).collect()
}

fn keys_in_folder(folder: &Path) -> Vec<Candidate> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_public = |path: &PathBuf| {
        let named = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("id_"));
        named && path.extension().is_some_and(|extension| extension == "pub")
    };
    let mut public: Vec<PathBuf> = entries.filter(is_public).collect();
    public.sort();
    let candidate = |path: PathBuf| {
        let private = path.with_extension("");
        let public = public_half(&private)?;
        let spec = private.exists().then_some(private)?.to_str()?.to_owned();
        Some(Candidate { found_in: path.display().to_string(), spec, public })
    };
    public.into_iter().filter_map(candidate).collect()
}

/// Signs one ledger commit: the empty tree, the message, one parent or none. Returns its id; no ref moves.
pub fn sign(git: &Git, key: &SigningKey, at: Timestamp, message: &str, parent: Option<Oid>) -> Result<Oid, GitError> {
    let identity = key.identity();
    let date = format!("@{} +0000", at.as_second());
    let env = [
        ("GIT_AUTHOR_NAME", identity.name.clone()),
        ("GIT_AUTHOR_EMAIL", identity.email.clone()),
        ("GIT_AUTHOR_DATE", date.clone()),
        ("GIT_COMMITTER_NAME", identity.name),
        ("GIT_COMMITTER_EMAIL", identity.email),
        ("GIT_COMMITTER_DATE", date),
    ];
    let signing = git
        .clone()
        .with("gpg.format", "ssh")
        .with("user.signingKey", &key.candidate.spec)
        .with("i18n.commitEncoding", "UTF-8");
    let tree = Oid::EMPTY_TREE.to_string();
    let parent = parent.map(|parent| parent.to_string());
    let mut args = vec!["commit-tree", "-S", &tree];
    args.extend(parent.iter().flat_map(|parent| ["-p", parent.as_str()]));
    let output = if git.asks() {
        // Its input stays the terminal, or ssh-keygen would rather ask a window than the person.
        let file = message_file(message).map_err(GitError::Start)?;
        let path = file.path().display().to_string();
        args.extend(["-F", &path]);
        signing.run_with(&args, &env, None)?
    } else {
        signing.run_with(&args, &env, Some(message.as_bytes()))?
    };
    output.text().trim().parse().map_err(|_| GitError::Failed {
        command: "commit-tree".into(),
        code: output.code,
        stderr: "it printed no object id".into(),
    })
}

/// A private file with the message; it goes with the value.
fn message_file(message: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(message.as_bytes())?;
    Ok(file)
}

/// What the ids of a console's entries are made from, unless a demo fixes it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the generator")]
pub fn random_seed() -> [u8; 32] {
    rand::random()
}

/// A fresh random id of an entry.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the generator")]
pub fn random_id() -> EntryId {
    EntryId::from_bytes(rand::random())
}

//! Reviewers: a name, an address, a key.

use std::path::PathBuf;

use super::{Ran, Sandbox};

/// Somebody who can sign.
pub struct Person {
    /// The name, as policy and entries write it.
    pub name: String,
    /// The address, as signer lines and commits write it.
    pub email: String,
    /// The private key's file; the public one is beside it with `.pub`.
    pub key: PathBuf,
}

impl Person {
    /// The person's line in `allowed_signers`.
    pub fn signer_line(&self) -> String {
        let public = std::fs::read_to_string(self.key.with_extension("pub")).expect("the public key");
        let mut parts = public.split_whitespace();
        let (kind, key) = (parts.next().expect("a key type"), parts.next().expect("a key"));
        format!("{} namespaces=\"git\" {kind} {key}\n", self.email)
    }
}

impl Sandbox {
    /// Makes a person with a new Ed25519 key without a passphrase. Needs `ssh-keygen`.
    pub fn person(&self, name: &str) -> Person {
        let key = self.path(format!("keys/{name}"));
        std::fs::create_dir_all(self.path("keys")).expect("a folder for keys");
        let mut make = self.command("ssh-keygen", "");
        make.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key);
        let _ = Ran::of(&mut assert_cmd::Command::from_std(make)).succeeds();
        Person { name: name.to_owned(), email: format!("{name}@corp.example"), key }
    }
}

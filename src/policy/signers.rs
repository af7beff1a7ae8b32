//! `.countersign/allowed_signers`, in the OpenSSH format (ssh-keygen(1), ALLOWED SIGNERS).

use jiff::Timestamp;

/// One line of `allowed_signers`.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The principal: exactly one address of one person.
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
    /// The line, from 1.
    pub line: usize,
}

/// The signers of a root.
#[derive(Debug, Clone, Default)]
pub struct Signers {
    /// The lines that could be read.
    pub lines: Vec<Signer>,
}

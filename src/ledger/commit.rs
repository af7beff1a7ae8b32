//! A commit object, taken apart: what is signed, the signature, and what it says.

use bstr::ByteSlice as _;
use jiff::Timestamp;

use super::FormFault;
use crate::model::{Oid, text};

/// Who made a commit, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The name, lossily as UTF-8.
    pub name: String,
    /// The address, lossily as UTF-8.
    pub email: String,
    /// When, to the second; the time zone says nothing about the moment and is not kept.
    pub time: Timestamp,
}

/// A commit object of the ledger as git stores it. Making one cannot fail: what is wrong with it is kept in
/// [`RawCommit::form`], because a chain goes on after a commit that is not an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawCommit {
    /// Its object id. The caller vouches that it is the id of these bytes, as git does when it reads them.
    pub oid: Oid,
    /// Its parents.
    pub parents: Vec<Oid>,
    /// Its tree.
    pub tree: Oid,
    /// Who wrote it; `None` where that line is malformed.
    pub author: Option<Stamp>,
    /// Who made it; `None` where that line is malformed.
    pub committer: Option<Stamp>,
    /// The names of all headers beyond tree, parent, author, committer and gpgsig.
    pub extra_headers: Vec<String>,
    /// The armoured signature.
    pub signature: Option<Vec<u8>>,
    /// The bytes that are signed: the object without its signature header.
    pub payload: Vec<u8>,
    /// The message.
    pub message: Vec<u8>,
    /// The first thing that git would not have written so.
    malformed: Option<FormFault>,
}

impl RawCommit {
    /// Takes the content of a commit object apart (what `git cat-file commit OID` prints).
    #[must_use]
    pub fn parse(oid: Oid, raw: &[u8]) -> Self {
        let (head, message) = match raw.find(b"\n\n") {
            Some(end) => (&raw[..=end], &raw[end + 2..]),
            None => (raw, &raw[raw.len()..]),
        };
        let mut commit = Self::empty(oid, message);
        let mut place = 0;
        for header in Headers(head) {
            commit.take(&header, &mut place);
        }
        if raw.len() == head.len() {
            commit.fault("its headers do not end");
        }
        if place < 4 {
            commit.fault("tree, author or committer is missing");
        }
        commit.payload.push(b'\n');
        commit.payload.extend_from_slice(message);
        commit
    }

    fn empty(oid: Oid, message: &[u8]) -> Self {
        Self {
            oid,
            parents: Vec::new(),
            tree: Oid::ZERO,
            author: None,
            committer: None,
            extra_headers: Vec::new(),
            signature: None,
            payload: Vec::new(),
            message: message.to_vec(),
            malformed: None,
        }
    }

    /// Takes one header in. `place` counts what has come: 1 after the tree, 2 after a parent, 3 after the author, 4 after the
    /// committer, since git knows one order only.
    fn take(&mut self, header: &Header<'_>, place: &mut u8) {
        let order = match header.name {
            b"tree" if *place == 0 => 1,
            b"parent" if matches!(*place, 1 | 2) => 2,
            b"author" if matches!(*place, 1 | 2) => 3,
            b"committer" if *place == 3 => 4,
            b"tree" | b"parent" | b"author" | b"committer" => return self.fault("its headers are out of order"),
            b"gpgsig" if self.signature.is_none() && *place == 4 => return self.signature = Some(header.unfolded()),
            other => {
                self.extra_headers.push(text::printable_bytes(&other[..other.len().min(60)]));
                return self.payload.extend_from_slice(header.raw);
            }
        };
        *place = order;
        self.payload.extend_from_slice(header.raw);
        let oid = || header.value.to_str().ok().and_then(|digits| digits.parse::<Oid>().ok());
        match order {
            1 => self.tree = oid().unwrap_or_else(|| self.malformed_oid()),
            2 => {
                let parent = oid().unwrap_or_else(|| self.malformed_oid());
                self.parents.push(parent);
            }
            3 => self.author = stamp(header.value),
            _ => self.committer = stamp(header.value),
        }
        if (order == 3 && self.author.is_none()) || (order == 4 && self.committer.is_none()) {
            self.fault("its author or committer line cannot be read");
        }
    }

    fn malformed_oid(&mut self) -> Oid {
        self.fault("an object id in it cannot be read");
        Oid::ZERO
    }

    fn fault(&mut self, what: &str) {
        self.malformed.get_or_insert_with(|| FormFault::Commit(what.to_owned()));
    }

    /// Whether it has the one form that commits of the ledger have: the headers that git writes, the empty tree, no other
    /// header, one parent (the first has none).
    pub fn form(&self, first: bool) -> Result<(), FormFault> {
        if let Some(fault) = &self.malformed {
            return Err(fault.clone());
        }
        if let Some(header) = self.extra_headers.first() {
            return Err(FormFault::Header(header.clone()));
        }
        let wanted = usize::from(!first);
        if self.parents.len() != wanted {
            return Err(FormFault::Parents { found: self.parents.len(), wanted });
        }
        if self.tree == Oid::EMPTY_TREE { Ok(()) } else { Err(FormFault::Tree(self.tree)) }
    }
}

/// One header with its continuation lines.
struct Header<'a> {
    /// All its bytes, with the newline at the end.
    raw: &'a [u8],
    name: &'a [u8],
    /// The first line's value.
    value: &'a [u8],
}

impl Header<'_> {
    /// The value over all its lines, without the space that begins each continuation.
    fn unfolded(&self) -> Vec<u8> {
        let mut lines = self.raw.lines_with_terminator();
        let first = lines.next().unwrap_or_default();
        let mut value = first[(self.name.len() + 1).min(first.len())..].to_vec();
        for line in lines {
            value.extend_from_slice(&line[1..]);
        }
        value
    }
}

/// Walks over the header part of a commit object.
struct Headers<'a>(&'a [u8]);

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        if self.0.is_empty() {
            return None;
        }
        let mut end = self.0.find_byte(b'\n').map_or(self.0.len(), |at| at + 1);
        let first = self.0[..end].strip_suffix(b"\n").unwrap_or(&self.0[..end]);
        while self.0.get(end) == Some(&b' ') {
            end += self.0[end..].find_byte(b'\n').map_or(self.0.len() - end, |at| at + 1);
        }
        let (raw, rest) = self.0.split_at(end);
        self.0 = rest;
        let (name, value) = first.split_once_str(" ").unwrap_or((first, b""));
        Some(Header { raw, name, value })
    }
}

/// `Name <address> SECONDS ±HHMM`.
fn stamp(line: &[u8]) -> Option<Stamp> {
    let open = line.find_byte(b'<')?;
    let close = line.rfind_byte(b'>')?;
    let email = line.get(open + 1..close)?;
    let (seconds, zone) = line.get(close + 1..)?.strip_prefix(b" ")?.split_once_str(" ")?;
    let digits = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    let sane = digits(seconds) && zone.len() == 5 && matches!(zone[0], b'+' | b'-') && digits(&zone[1..]);
    if !sane || email.contains(&b'<') || email.contains(&b'>') {
        return None;
    }
    Some(Stamp {
        name: line[..open].trim_end().to_str_lossy().into_owned(),
        email: email.to_str_lossy().into_owned(),
        time: Timestamp::from_second(seconds.to_str().ok()?.parse().ok()?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::testing::{commit, key, oid, payload, sealed, time};

    fn plain(parents: &[Oid]) -> Vec<u8> {
        payload(parents, Oid::EMPTY_TREE, "", time(0), b"subject\n\nline\n")
    }

    #[test]
    fn a_signed_commit_comes_apart() {
        let payload = plain(&[oid("parent")]);
        let commit = commit(&sealed(&payload, &key("maria")));
        assert_eq!(commit.form(false), Ok(()));
        assert_eq!(commit.parents, [oid("parent")]);
        assert_eq!(commit.payload, payload);
        assert_eq!(commit.message, b"subject\n\nline\n");
        let committer = commit.committer.unwrap();
        assert_eq!((committer.name.as_str(), committer.email.as_str()), ("Test Person", "person@corp.example"));
        assert_eq!(committer.time, time(0));
        let signature = String::from_utf8(commit.signature.unwrap()).unwrap();
        assert!(signature.starts_with("-----BEGIN SSH SIGNATURE-----\n"), "{signature}");
        assert!(signature.ends_with("\n-----END SSH SIGNATURE-----\n"), "{signature}");
    }

    #[test]
    fn other_forms_are_told_apart() {
        let object = |text: &str| commit(text.as_bytes()).form(false).expect_err(text).to_string();
        let good = String::from_utf8(plain(&[oid("parent")])).unwrap();
        let parent = format!("parent {}\n", oid("parent"));
        for (from, to, fault) in [
            (parent.as_str(), "", "0 parents where 1 belong"),
            (parent.as_str(), &format!("{parent}{parent}"), "2 parents where 1 belong"),
            (&Oid::EMPTY_TREE.to_string(), &oid("tree").to_string(), "not the empty tree"),
            ("\n\nsubject", "\nencoding ISO-8859-1\n\nsubject", "header `encoding`"),
            ("\n\nsubject", "\nmergetag object\n x\n\nsubject", "header `mergetag`"),
            ("\n\nsubject", "\ngpgsig-sha256 x\n\nsubject", "header `gpgsig-sha256`"),
            ("\n\nsubject", "\ngpgsig x\ngpgsig y\n\nsubject", "header `gpgsig`"),
            ("author", "gpgsig x\nauthor", "header `gpgsig`"),
            ("\n\nsubject", "\n\u{1b}]0;x\n\nsubject", "header `<U+001B>]0;x`"),
            ("tree", "Tree", "out of order"),
            ("committer", "author", "out of order"),
            (" 1795248000 +0100\n\n", " 1795248000 +01\n\n", "cannot be read"),
            (" 1795248000 +0100\n\n", " -5 +0000\n\n", "cannot be read"),
            ("\n\nsubject\n\nline\n", "\n", "do not end"),
            (&oid("parent").to_string(), "PARENT", "object id"),
        ] {
            assert!(good.contains(from), "{from}");
            let found = object(&good.replacen(from, to, 1));
            assert!(found.contains(fault), "{to}: {found}");
        }
    }

    #[test]
    fn only_the_first_commit_has_no_parent() {
        assert_eq!(commit(&plain(&[])).form(true), Ok(()));
        assert_eq!(commit(&plain(&[oid("p")])).form(true), Err(FormFault::Parents { found: 1, wanted: 0 }));
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_commit(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = commit(&bytes).form(false);
        }

        #[test]
        fn header_soup_gives_a_commit(
            lines in proptest::collection::vec("(tree|parent|author|committer|gpgsig|) ?[ -~]{0,20}", 0..12)
        ) {
            let _ = commit(lines.join("\n").as_bytes()).form(false);
        }
    }
}

//! Entries that somebody signs by hand: with a key of his own, past every client.

use serde_json::{Value, json};

use super::{Ran, Repo};

impl Repo<'_> {
    /// Appends what is no honest client's entry to the ledger of this bare repository: `entry`, completed by what every entry
    /// has, signed with the key of `signer`. Answers its id.
    pub fn forge(&self, signer: &str, entry: Value) -> String {
        let tip = self.rev("refs/heads/countersign/ledger");
        let (commit, id) = self.forge_on(&tip, signer, entry);
        self.git(&["update-ref", "refs/heads/countersign/ledger", &commit]);
        id
    }

    /// The same, without a ref that moves: on top of `parent`. Answers the commit and the entry's id.
    pub fn forge_on(&self, parent: &str, signer: &str, mut entry: Value) -> (String, String) {
        let now = jiff::Timestamp::now().as_second();
        let number = self.sandbox().pass(1);
        let at = jiff::Timestamp::from_second(now).expect("a time").to_string();
        let genesis = self.git(&["log", "--format=%b", "--max-parents=0", "countersign/ledger"]);
        let genesis: Value = serde_json::from_str(genesis.trim()).expect("the genesis");
        for (name, value) in [
            ("v", json!(1)),
            ("id", json!(format!("{number:032x}"))),
            ("repo", genesis["id"].clone()),
            ("at", json!(at)),
            ("by", json!(signer)),
        ] {
            let object = entry.as_object_mut().expect("an object");
            object.entry(name).or_insert(value);
        }
        let at: jiff::Timestamp = entry["at"].as_str().expect("a time").parse().expect("a time");
        let text = serde_json_canonicalizer::to_string(&entry).expect("JSON");
        let commit = self.sign_message(parent, signer, at.as_second(), &format!("By hand\n\n{text}\n"));
        (commit, entry["id"].as_str().expect("an id").to_owned())
    }

    /// A commit with the empty tree and this message on top of `parent`, signed with the key of `signer`.
    pub fn sign_message(&self, parent: &str, signer: &str, at: i64, message: &str) -> String {
        let mut git = self.sandbox().git_command(self);
        let key = self.sandbox().path(format!("keys/{signer}"));
        git.args(["-c", "gpg.format=ssh", "-c", &format!("user.signingKey={}", key.display())]);
        git.args(["commit-tree", "-S", "-F", "-", "-p", parent, "4b825dc642cb6eb9a060e54bf8d69288fbee4904"]);
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_DATE"), format!("@{at} +0000"));
        }
        let ran = Ran::of(assert_cmd::Command::from_std(git).write_stdin(message.to_owned()));
        ran.succeeds().stdout.trim_end().to_owned()
    }

    /// The change of a commit against its first parent, as git and sha256sum compute it.
    pub fn change_id(&self, commit: &str) -> String {
        use sha2::{Digest as _, Sha256};
        let mut git = self.sandbox().git_command(self);
        git.args(["--no-replace-objects", "diff-tree", "-r", "-z", "--no-renames", "--ignore-submodules=none"]);
        git.args([&format!("{commit}^^{{tree}}"), &format!("{commit}^{{tree}}")]);
        let output = git.output().expect("git runs");
        format!("{:x}", Sha256::digest(&output.stdout))
    }

    /// An item as an entry has it: the proposal `branch`, landed as `commit`.
    pub fn landed_item(&self, branch: &str, change_id: &str, commit: &str, relies_on: &[&str]) -> Value {
        json!({
            "proposal": branch, "target": "refs/heads/main", "head": self.rev(&format!("refs/heads/{branch}")),
            "change_id": change_id, "tier": "low", "seen": null, "answers": null,
            "merge": {
                "first_parent": self.rev(&format!("{commit}^")), "commit": commit,
                "tree": self.rev(&format!("{commit}^{{tree}}")), "relies_on": relies_on,
            },
        })
    }
}

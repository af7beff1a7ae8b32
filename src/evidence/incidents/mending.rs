//! What a commit's own words say that it puts right: a hotfix, a rollback, a workaround. As what they call it, no more.
//!
//! A subject is believed where it says what the commit does, not where it is about the word: a page on hotfixes, the removal of
//! a workaround, a chart's `rollback` setting. Of a body only the first sentences are read: bots paste the release notes of
//! others below. The examples beside this are the definition.

use super::commits::description_of;
use super::record::start;

/// Bytes of a body that are read, and lines.
const MAX_BODY: usize = 1 << 10;
const MAX_LINES: usize = 20;
/// Bytes of a subject that are read.
const MAX_SUBJECT: usize = 300;

/// What a commit puts right, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mending {
    /// Something was down, and this was quick.
    Hotfix,
    /// An earlier version or setting is back.
    Rollback,
    /// What is wrong stays so for now, and this makes it bearable.
    Workaround,
}

/// What a message says that its commit puts right; `None` for most, and for what only brings another version.
#[must_use]
pub fn mending(message: &str) -> Option<Mending> {
    let message = message.trim_start();
    let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
    let said = Said::of(subject);
    said.subject().or_else(|| {
        let written = !said.is_about() && !said.is_of_pipeline();
        let prose = written && (!said.is_update() || said.begins(&[&["pin"]])) && !said.removes();
        body_lines(body).filter(|_| prose).find_map(|line| Said::of(line).body())
    })
}

/// What a subject says that its commit puts right.
#[must_use]
pub(super) fn mending_of_subject(subject: &str) -> Option<Mending> {
    Said::of(subject).subject()
}

/// Whether a subject says that its commit brings another version, as bots do, who call that a fix too.
#[must_use]
pub fn is_update(subject: &str) -> bool {
    Said::of(subject).is_update()
}

/// The first lines of a body that its author wrote.
fn body_lines(body: &str) -> impl Iterator<Item = &str> {
    let pasted = |line: &&str| {
        let line = line.trim();
        line.starts_with(['#', '|', '<']) || line.starts_with("---") || line.starts_with("***")
    };
    let own = |line: &&str| {
        let line = line.trim_start();
        !line.starts_with('>') && !line.starts_with("```") && !line.starts_with("* ")
    };
    start(body, MAX_BODY).lines().take(MAX_LINES).take_while(move |line| !pasted(line)).filter(own)
}

/// A line, ready to be asked.
struct Said<'a> {
    kinds: Vec<String>,
    /// All of it, and what stands after its kinds.
    line: &'a str,
    text: &'a str,
    words: Vec<String>,
}

impl<'a> Said<'a> {
    fn of(line: &'a str) -> Self {
        let line = start(line.trim(), MAX_SUBJECT);
        let (kinds, text) = description_of(line);
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words = words.map(str::to_owned).collect();
        Self { kinds: kinds.iter().map(|kind| kind.to_ascii_lowercase()).collect(), line, text, words }
    }

    fn subject(&self) -> Option<Mending> {
        if self.is_about() || self.removes() || self.is_setting() {
            return None;
        }
        if self.is_kind("hotfix") || self.merges_hotfix() || self.begins(&HOTFIX) || self.is_marked(&HOTFIX) {
            return Some(Mending::Hotfix);
        }
        let tries = self.words.first().is_some_and(|word| matches!(word.as_str(), "try" | "trying"));
        let back = self.begins(&ROLLBACK) || (tries && begins(&self.words[1..], &ROLLBACK));
        if self.is_kind("rollback") || back || self.is_marked(&ROLLBACK) || self.returns() || self.downgrades() {
            return Some(Mending::Rollback);
        }
        if self.pins() || self.is_kind("workaround") {
            return Some(Mending::Workaround);
        }
        (!self.is_update() && self.works_around()).then_some(Mending::Workaround)
    }

    /// What one line of a body says of the commit.
    fn body(&self) -> Option<Mending> {
        let says = |words: &[&str]| self.has(words);
        if self.is_kind("hotfix") || self.is_marked(&HOTFIX) || says(&["a", "hotfix"]) || says(&["this", "hotfix"]) {
            return Some(Mending::Hotfix);
        }
        let told = |next: &String| matches!(next.as_str(), "to" | "the" | "from");
        let again = ROLLBACK.iter().any(|back| self.begins(&[back]) && self.words.get(back.len()).is_some_and(told));
        if again || self.is_marked(&ROLLBACK) || self.returns() || self.downgrades() {
            return Some(Mending::Rollback);
        }
        ((self.pins() || self.works_around()) && !self.removes()).then_some(Mending::Workaround)
    }

    fn is_kind(&self, wanted: &str) -> bool {
        self.kinds.iter().any(|kind| kind == wanted)
    }

    /// Whether the commit writes about it, or tests it.
    fn is_about(&self) -> bool {
        self.kinds.iter().any(|kind| matches!(kind.as_str(), "docs" | "doc" | "test" | "tests" | "style"))
    }

    /// Whether it is about how the repository is checked and built: what is mended there is a workflow, and much that is called
    /// after a hotfix is one that waits for the next.
    fn is_of_pipeline(&self) -> bool {
        self.kinds.iter().any(|kind| matches!(kind.as_str(), "ci" | "build"))
    }

    /// Whether it takes away what was done before.
    fn removes(&self) -> bool {
        let first = self.words.first().map(String::as_str).unwrap_or_default();
        let not = ["do", "don", "never", "no", "stop", "without", "undo", "clean", "cleanup"].contains(&first);
        // "temporarily disable" begins otherwise, and "disable it temporarily" takes nothing away that was done before.
        not || ["remov", "drop", "delet", "retir"].iter().any(|stem| first.starts_with(stem))
    }

    /// `rollback window: 5m`, `hotfix branch protection`: a thing that is called after it.
    fn is_setting(&self) -> bool {
        let named = |form: &&&[&str]| {
            let next = self.words.get(form.len()).map(String::as_str);
            let last = self.is_of_pipeline() && next.is_some_and(|next| STEPS.contains(&next));
            last || next.is_some_and(|next| THINGS.contains(&next))
        };
        // `hotfix/**` is a name of branches.
        if self.text.to_lowercase().starts_with("hotfix/") {
            return true;
        }
        HOTFIX.iter().chain(&ROLLBACK).filter(|form| self.begins(&[form])).any(|form| named(&form))
    }

    /// `Merge branch 'hotfix/pool'`.
    fn merges_hotfix(&self) -> bool {
        self.begins(&[&["merge", "branch", "hotfix"]])
    }

    fn begins(&self, forms: &[&[&str]]) -> bool {
        begins(&self.words, forms)
    }

    fn has(&self, wanted: &[&str]) -> bool {
        self.words.windows(wanted.len()).any(|part| part == wanted)
    }

    /// `(hotfix)`, `[rollback]`, `fix(hotfix): …`.
    fn is_marked(&self, forms: &[&[&str]]) -> bool {
        let lower = self.line.to_lowercase();
        let mut marks = lower.split(['(', '[']).skip(1).filter_map(|part| part.split([')', ']']).next());
        marks.any(|mark| {
            let words: Vec<&str> = mark.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
            forms.contains(&words.as_slice())
        })
    }

    /// `web: rollback to 1.2`, `roll nginx back to v3`: to a version.
    fn returns(&self) -> bool {
        let version = |word: &String| word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
        let ends = |part: &[String]| part.len() == 2 && part[0] == "to" && version(&part[1]);
        let after = |at: usize| self.words.get(at..at + 2).is_some_and(ends);
        let forms = self.words.iter().enumerate();
        forms.into_iter().any(|(at, word)| match word.as_str() {
            "rollback" => after(at + 1),
            "back" => {
                after(at + 1)
                    && self.words[..at].iter().any(|word| matches!(word.as_str(), "roll" | "rolled" | "rolling"))
            }
            _ => false,
        })
    }

    /// `downgrade to 1.2 because 1.3 leaks`: with a reason, without which it may be anything.
    fn downgrades(&self) -> bool {
        let down = |word: &String| matches!(word.as_str(), "downgrade" | "downgrades" | "downgraded" | "downgrading");
        self.words.iter().take(4).any(down) && (self.gives_reason() || self.has(&["until"]))
    }

    fn gives_reason(&self) -> bool {
        let single = [
            "because", "since", "after", "breaks", "broke", "broken", "breaking", "crashes", "crashing", "fails",
            "leaks",
        ];
        single.iter().any(|word| self.has(&[word])) || self.has(&["due", "to"]) || self.has(&["caused", "by"])
    }

    /// `pin grafana to 10 until 11 works`.
    fn pins(&self) -> bool {
        let pin =
            |word: &String| matches!(word.as_str(), "pin" | "pins" | "pinned" | "pinning" | "hold" | "freeze" | "stay");
        self.words.iter().take(2).any(pin) && self.has(&["until"])
    }

    fn works_around(&self) -> bool {
        let gone = |part: &[String]| {
            part[0].starts_with("workaround")
                && ["remov", "drop", "delet", "gone"].iter().any(|stem| part[1].starts_with(stem))
        };
        if self.words.windows(2).any(gone) {
            return false;
        }
        let is = |word: &String| {
            matches!(word.as_str(), "workaround" | "workarounds" | "mitigate" | "mitigates" | "mitigating")
        };
        self.words.iter().any(is)
            || self.has(&["work", "around"])
            || self.has(&["works", "around"])
            || self.has(&["temporarily"])
            || [["temporary", "fix"], ["temporary", "measure"], ["temporary", "solution"], ["stop", "gap"]]
                .iter()
                .any(|two| self.has(two))
    }

    /// Whether it brings another version.
    fn is_update(&self) -> bool {
        let first = self.words.first().map(String::as_str).unwrap_or_default();
        matches!(first, "update" | "bump" | "upgrade" | "pin" | "lock" | "deps" | "dependency")
            || ["→", "➔", "->", "⟶"].iter().any(|arrow| self.text.contains(arrow))
    }
}

/// What is called after a rollback or a hotfix and is none.
const THINGS: [&str; 16] = [
    "window", "strategy", "plan", "policy", "job", "jobs", "script", "timeout", "limit", "history", "support",
    "branch", "branches", "workflow", "process", "settings",
];
/// What a pipeline has for hotfixes and rollbacks that may come.
const STEPS: [&str; 14] = [
    "action", "build", "builds", "check", "checks", "deploy", "deploys", "label", "pipeline", "releases", "stage",
    "step", "steps", "tags",
];
const HOTFIX: [&[&str]; 2] = [&["hotfix"], &["hot", "fix"]];
const ROLLBACK: [&[&str]; 5] =
    [&["rollback"], &["roll", "back"], &["rolled", "back"], &["rolling", "back"], &["rolls", "back"]];

fn begins(words: &[String], forms: &[&[&str]]) -> bool {
    forms.iter().any(|form| words.get(..form.len()).is_some_and(|begin| begin == *form))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Mending::{Hotfix, Rollback, Workaround};
    use super::*;

    #[test]
    fn what_subjects_put_right() {
        for (subject, expected) in [
            ("checkout: raise the limit (hotfix)", Some(Hotfix)),
            ("raise the limit [Hot-Fix] (#12)", Some(Hotfix)),
            ("hotfix: raise the limit", Some(Hotfix)),
            ("hotfix(web)!: raise the limit", Some(Hotfix)),
            ("🚑 Hotfix the route", Some(Hotfix)),
            ("hot-fix for the route", Some(Hotfix)),
            ("fix(hotfix): raise the pool", Some(Hotfix)),
            ("Merge branch 'hotfix/pool'", Some(Hotfix)),
            ("workaround: raise the pool", Some(Workaround)),
            ("ci: hotfix the runner's token", Some(Hotfix)),
            ("ci(hotfix): pin the action", Some(Hotfix)),
            ("chore(ci): hotfix", Some(Hotfix)),
            ("build: hotfix the base image", Some(Hotfix)),
            ("👷 ci(workflows): rollback to v3 of the action", Some(Rollback)),
            ("ci: workaround for the broken cache", Some(Workaround)),
            ("rollback nginx ingress", Some(Rollback)),
            ("feat: roll back to 0.15.0 until this is fixed", Some(Rollback)),
            ("rolled back 1.3", Some(Rollback)),
            ("fix(web): rollback to error pages 1.8.0", Some(Rollback)),
            ("checkout: image rollback to v1.2", Some(Rollback)),
            ("roll checkout back to 1.2", Some(Rollback)),
            ("rollback grafana 11.1 → 11.0", Some(Rollback)),
            ("web: the old image (rollback)", Some(Rollback)),
            ("try rolling back", Some(Rollback)),
            ("downgrade cilium to 1.14 because 1.15 drops packets", Some(Rollback)),
            ("fix: downgrade rook due to OSD crashes", Some(Rollback)),
            ("pin grafana to 10.4 until 11 is fixed", Some(Workaround)),
            ("chore(deps): pin plex until the transcoder works", Some(Workaround)),
            ("workaround for the DNS race", Some(Workaround)),
            ("web: work around a kernel bug", Some(Workaround)),
            ("fix: mitigate the memory leak", Some(Workaround)),
            ("temporarily scale down the backups", Some(Workaround)),
            ("disable the probe temporarily", Some(Workaround)),
            ("temporary fix for ingress", Some(Workaround)),
        ] {
            assert_eq!(mending(subject), expected, "{subject}");
        }
    }

    #[test]
    fn what_subjects_do_not() {
        for subject in [
            "feat: prefix routes",
            "test fixture for checkout",
            "hotfixture: add",
            "hotfixtures",
            "rollback window: 5m",
            "rollback strategy for the canary",
            "hotfix branch protection added",
            "workaround removed",
            "Merge branch 'main' into hotfix/pool",
            "docs: how to make a hotfix",
            "docs: workaround for the DNS race",
            "ci: rollback job",
            "ci: hotfix pipeline",
            "build: hotfix builds skip the tests",
            "ci: hotfix/** branches are built",
            "ci: build hotfix branches too",
            "ci: automatic rollback of failed releases",
            "fix(ci): bump flate to 0.2.10, drop --skip-kinds workaround",
            "chore: protect hotfix branches",
            "chore: add HR rollback defaults",
            "chore: strategy defaults to rollback",
            "[all] do not rollback failed releases",
            "feat: automatic rollback of failed releases",
            "remove the workaround for the DNS race",
            "dropped the temporary fix",
            "downgrade log level",
            "downgrade python to 3.11",
            "pin dependencies",
            "chore(deps): pin image digest 1.2 → 1.3",
            "fix(container): update image x/hotfix (1.2.3 → 1.2.4)",
            "chore(deps): update x with a workaround 1.0 -> 1.1",
            "add a temporary volume",
            "store backups until June",
            "web: replicas 3 to 1",
            "fix OOM in checkout",
            "",
        ] {
            assert_eq!(mending(subject), None, "{subject}");
        }
    }

    #[test]
    fn what_bodies_say() {
        for (body, expected) in [
            ("This is a hotfix.", Some(Hotfix)),
            ("hotfix: the route was gone", Some(Hotfix)),
            ("Checkout was down.\nRolled back to the image of Monday.", Some(Rollback)),
            ("Rollback to 1.2, which works.", Some(Rollback)),
            ("We downgrade it because 1.3 leaks.", Some(Rollback)),
            ("Pin it until 11 is out.", Some(Workaround)),
            ("A workaround, see the issue.", Some(Workaround)),
            ("Temporarily, until the disk is replaced.", Some(Workaround)),
            ("The chart can roll back by itself.", None),
            ("Removes the workaround of March.", None),
            ("## Release notes\n\nThis is a hotfix.", None),
            ("| a | hotfix: b |\n", None),
            ("---\nThis is a hotfix.", None),
            ("> This is a hotfix.", None),
            ("* a workaround for x\n* more", None),
            ("Prefixes the routes, with a fixture.", None),
            ("", None),
        ] {
            assert_eq!(mending(&format!("web: a\n\n{body}")), expected, "{body}");
        }
        let far = format!("web: a\n\n{}\nThis is a hotfix.", "x\n".repeat(2_000));
        assert_eq!(mending(&far), None, "what is far down is not read");
        assert_eq!(mending("fix(container): update image x (1 → 2)\n\nThis is a hotfix."), None);
        assert_eq!(mending("docs: page\n\nThis is a hotfix."), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(message in "(hotfix|roll|back|to|1.2|\\(|\\)|\\[|:|until|pin|\n|é|İ| |[a-z]{1,3}){0,40}") {
            let _ = mending(&message);
        }
    }
}

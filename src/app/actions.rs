//! The one table of what a person can do: name, label, sentence, where it works.
//!
//! Keymaps name these actions, the palette lists them, the hint bar shows their labels, and the help screen and the key
//! table of the README are printed from here. An action that is not in this table does not exist.

use std::fmt;

use super::{App, disabled};
use crate::config::Context;

/// How actions stand together on the help screen and in the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Going about.
    Move,
    /// Working through the list.
    Queue,
    /// Reading one proposal.
    Read,
    /// What a person answers for.
    Decide,
    /// Filling in a sheet.
    Sheet,
    /// The rest.
    Else,
}

impl Group {
    /// All of them, in the order of the help screen.
    pub const ALL: [Self; 6] = [Self::Move, Self::Queue, Self::Read, Self::Decide, Self::Sheet, Self::Else];

    /// The heading.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Queue => "queue",
            Self::Read => "read",
            Self::Decide => "decide",
            Self::Sheet => "sheet",
            Self::Else => "else",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct ActionInfo {
    /// The action.
    pub action: Action,
    /// Its name in keymaps and in the palette, kebab-case.
    pub name: &'static str,
    /// One to three words for the hint bar.
    pub label: &'static str,
    /// What it does, one sentence in the third person.
    pub sentence: &'static str,
    /// Where it stands on the help screen.
    pub group: Group,
    /// Where it means something.
    pub contexts: &'static [Context],
    /// Why it cannot be done now, in a few words; `None` where it can.
    pub disabled: fn(&App) -> Option<String>,
}

macro_rules! actions {
    ($($group:ident { $($action:ident $name:literal $label:literal $sentence:literal [$($context:ident)*] $disabled:ident;)* })*) => {
        /// Everything that a person can do; see [`ACTIONS`] for what each does and where.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $($(#[doc = $sentence] $action,)*)*
        }

        /// The table, in the order of the enum.
        pub const ACTIONS: &[ActionInfo] = &[
            $($(ActionInfo {
                action: Action::$action,
                name: $name,
                label: $label,
                sentence: $sentence,
                group: Group::$group,
                contexts: &[$(Context::$context),*],
                disabled: disabled::$disabled,
            },)*)*
        ];
    };
}

actions! {
    Move {
        Down "down" "down" "Moves down one row." [Queue Review Confirm Palette Page] never;
        Up "up" "up" "Moves up one row." [Queue Review Confirm Palette Page] never;
        HalfPageDown "half-page-down" "half page" "Moves down half a screen." [Queue Review Confirm Page] never;
        HalfPageUp "half-page-up" "half page up" "Moves up half a screen." [Queue Review Confirm Page] never;
        PageDown "page-down" "page" "Moves down a screen." [Queue Review Confirm Page] never;
        PageUp "page-up" "page up" "Moves up a screen." [Queue Review Confirm Page] never;
        Top "top" "top" "Moves to the first row." [Queue Review Confirm Page] never;
        Bottom "bottom" "end" "Moves to the last row." [Queue Review Confirm Page] never;
        Left "left" "left" "Scrolls long lines back." [Review Page] never;
        Right "right" "right" "Scrolls long lines on." [Review Page] never;
        Open "open" "open" "Opens what the cursor is on: a proposal, a fold, a file." [Queue Review Confirm] nothing_here;
        Close "close" "back" "Closes the top thing only; text is kept as a draft." [Queue Review Confirm Write Find Palette Page] never;
        NextPane "next-pane" "next pane" "Goes to the next pane." [Review] never;
        PreviousPane "previous-pane" "pane before" "Goes to the pane before." [Review] never;
        NextProposal "next-proposal" "next" "Opens the next proposal of the queue." [Review] never;
        PreviousProposal "previous-proposal" "before" "Opens the proposal before in the queue." [Review] never;
    }
    Queue {
        Mark "mark" "mark" "Marks the proposal, or takes the mark off." [Queue] nothing_here;
        Range "range" "range" "Starts a range of marks here, or ends it." [Queue] nothing_here;
        Unmark "unmark" "unmark all" "Takes all marks off." [Queue] nothing_marked;
        MarkAlike "mark-alike" "mark alike" "Marks the proposal and all others that do the same to the same objects." [Queue] nothing_alike;
        Batch "batch" "batch" "Offers the clean low proposals as one batch." [Queue] no_batch;
        Fold "fold" "fold" "Opens or closes a fold: changes alike in a list, a file in a review." [Queue Review Confirm] no_fold;
        Sort "sort" "sort" "Sorts by the next order: attention, age, agent, size." [Queue] nothing_listed;
        Find "find" "find" "Searches: proposals in the queue, lines in a review." [Queue Review] nothing_to_search;
        NextMatch "next-match" "next match" "Goes to the next match." [Queue Review] no_search;
        PreviousMatch "previous-match" "match before" "Goes to the match before." [Queue Review] no_search;
        Refresh "refresh" "refresh" "Shows what is new, and reads the repository again." [Queue Review] never;
        Problems "problems" "look" "Shows what is wrong: the ledger's alarm and what could not be read." [Queue Review] never;
    }
    Read {
        ReadOn "read-on" "read on" "Goes to the next unseen change, at the end to the first open question." [Review] not_read;
        NextHunk "next-hunk" "hunk" "Goes to the next hunk." [Review] not_read;
        PreviousHunk "previous-hunk" "hunk before" "Goes to the hunk before." [Review] not_read;
        NextFile "next-file" "file" "Goes to the next file." [Review] not_read;
        PreviousFile "previous-file" "file before" "Goes to the file before." [Review] not_read;
        MoreContext "more-context" "more context" "Shows ten more lines around the hunk." [Review] not_read;
        LessContext "less-context" "less context" "Hides the extra lines again." [Review] not_read;
        Files "files" "files" "Shows the changed files, or hides them." [Review] not_read;
        History "history" "history" "Shows who changed these files before." [Review] no_history;
        Incidents "incidents" "last time" "Shows what went wrong here before, in full." [Review] no_incidents;
        Cost "cost" "cost" "Shows what it costs, and how that is worked out." [Review] not_read;
        Reach "reach" "where" "Shows where it lands, and what else uses what it changes." [Review] not_read;
        Told "told" "on the forge" "Shows what the forge says: checks with their links, reviews, replies." [Review] not_read;
        Policy "policy" "policy" "Shows what policy says, rule by rule." [Queue Review] nothing_here;
        AnswerNecessary "answer-necessary" "necessary" "Answers whether the change is necessary: open, yes, no." [Review] never;
        AnswerRightFix "answer-right-fix" "right fix" "Answers whether it is the right fix: open, yes, no." [Review] never;
        AnswerRightTime "answer-right-time" "right time" "Answers whether it is the right time: open, yes, no." [Review] never;
        AnswerStrategy "answer-strategy" "strategy" "Answers whether it fits the strategy: open, yes, no." [Review] never;
        AnswerWayBack "answer-way-back" "way back" "Answers whether there is a way back: open, yes, no." [Review] never;
        Comment "comment" "comment" "Writes a comment on the line; it travels with a rejection or a question." [Review] no_line;
    }
    Decide {
        Approve "approve" "approve" "Plans the approval of the proposal, or of the marked ones, and shows the plan." [Queue Review] approve;
        Reject "reject" "reject" "Rejects the proposal, with feedback and perhaps a lesson." [Queue Review] object;
        Hold "hold" "hold or ask" "Holds the proposal, or asks its agent something." [Queue Review] object;
        Withdraw "withdraw" "withdraw" "Takes an own decision on the proposal back." [Queue Review] withdraw;
        Undo "undo" "take back" "Takes decisions back that have not left yet." [Queue Review Page] nothing_waits;
        SendNow "send-now" "send now" "Sends decisions that wait, at once." [Queue Review Page] nothing_waits;
        Init "init" "start the ledger" "Shows what starting the ledger would write, and offers it." [Queue Review] ledger_is_there;
    }
    Sheet {
        Confirm "confirm" "confirm" "Signs and sends what the sheet shows." [Confirm] no_plan;
        LeaveOut "leave-out" "leave out" "Leaves an item out of the batch, or takes it in again." [Confirm] fixed;
        AsText "as-text" "as text" "Shows the plan as text." [Confirm] no_plan;
        Send "send" "send" "Signs and sends what was written; keeps a comment." [Write] cannot_send;
        NextField "next-field" "field" "Goes to the next field." [Write] never;
        PreviousField "previous-field" "field before" "Goes to the field before." [Write] never;
        Toggle "toggle" "toggle" "Switches the box that the cursor is on." [Write] never;
        ChooseNext "choose-next" "next choice" "Takes the next choice of the field." [Write] never;
        ChoosePrevious "choose-previous" "choice before" "Takes the choice before." [Write] never;
        Accept "accept" "take" "Takes what was typed." [Find Palette] never;
    }
    Else {
        Help "help" "keys" "Shows the keys that work here." [Queue Review Confirm] never;
        Palette "palette" "all" "Lists everything that can be done." [Queue Review Confirm] never;
        CopyName "copy-name" "copy name" "Copies the proposal's full name." [Queue Review] nothing_here;
        CopyHead "copy-head" "copy head" "Copies the commit id of the proposal's head." [Queue Review] nothing_here;
        OpenPage "open-page" "open page" "Opens the proposal's page in the browser; without one here, copies its address." [Queue Review] no_page;
        Redraw "redraw" "redraw" "Draws the whole screen again." [Queue Review Confirm Write Find Palette Page] never;
        Suspend "suspend" "suspend" "Steps aside to the shell; `fg` comes back." [Queue Review Confirm Write Find Palette Page] never;
        Leave "leave" "leave" "Leaves; asks once more where decisions would stay unsent." [Queue] never;
        Quit "quit" "quit" "Leaves; drafts and decisions that have not left are kept." [Queue Review Confirm Write Find Palette Page] never;
    }
}

impl Action {
    /// Its line of the table.
    #[must_use]
    pub const fn info(self) -> &'static ActionInfo {
        // The enum and the table are written by the same macro in the same order.
        &ACTIONS[self as usize]
    }

    /// Its name in keymaps and in the palette.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The action with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|info| info.name == name).map(|info| info.action)
    }

    /// Whether it means something in `context`.
    #[must_use]
    pub fn works_in(self, context: Context) -> bool {
        self.info().contexts.contains(&context)
    }
}

/// The names of all actions and where each works, for checking a keymap.
#[must_use]
pub fn known() -> Vec<(&'static str, &'static [Context])> {
    ACTIONS.iter().map(|info| (info.name, info.contexts)).collect()
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_action_has_a_name_a_label_and_a_sentence() {
        let mut seen = HashSet::new();
        for info in ACTIONS {
            assert!(seen.insert(info.name), "{} is there twice", info.name);
            assert!(info.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", info.name);
            assert!(!info.label.is_empty() && info.label.split(' ').count() <= 3, "{}", info.name);
            assert!(info.sentence.ends_with('.') && info.sentence.len() <= 90, "{}", info.name);
            assert!(!info.contexts.is_empty(), "{} works nowhere", info.name);
        }
    }

    #[test]
    fn the_table_follows_the_enum() {
        for info in ACTIONS {
            assert_eq!(info.action.info().name, info.name);
            assert_eq!(Action::from_name(info.name), Some(info.action));
        }
    }
}

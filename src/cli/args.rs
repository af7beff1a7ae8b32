//! What can be typed. The texts here are the help.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use jiff::Timestamp;

use super::{CliError, forge};
use crate::config::nearest;
use crate::memory;
use crate::model::{ReasonCode, Scope, Tier, text};

/// The heading of the options that every command takes.
const REPOSITORY: &str = "Repository";
/// What stands below the options of `approve`.
const APPROVE_HELP: &str = "ID is a branch, HEAD 12 to 40 digits of the commit that you looked at: if it moved, nothing is decided. \
    Without a terminal HEAD must be there.\n\n\
    countersign approve agent/infra/limits@6413353da3f8\n\
    countersign approve --tier low --dry-run";
const REASON_HELP: &str = "What is wrong: not_needed, wrong_fix, not_now, off_strategy, unsafe or duplicate";
const LESSON_HELP: &str =
    "The lesson to teach (default: the first sentence of the message, but none for not_now and duplicate)";
const SCOPE_HELP: &str = "What the lesson is about: file:PATH, folder:GLOB or \"field:OBJECT PATH\" (default: the one file that is \
    changed, else the deepest folder that holds all of them)";
/// What stands below the options of `reject`.
const REJECT_HELP: &str = "The lesson is written into the agent's memory file in the same push, and nobody's text but yours enters it.\n\n\
    countersign reject agent/infra/limits@6413353da3f8 -m \"Show 35 days of data before you lower a limit.\"";

/// Review, approve and reject what AI agents propose to infrastructure repositories.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, max_term_width = 100, subcommand_precedence_over_arg = true)]
#[command(
    override_usage = "countersign [OPTIONS] [REPO]\n       countersign [OPTIONS] <COMMAND>",
    after_help = "Without a command it opens the console. Looking writes nothing to the repository but what `git fetch` does.\n\
    Exit status: 0 done, 1 refused, 2 wrong usage or configuration, 3 some of a batch failed, 4 the outside failed \
    and trying again may help."
)]
pub struct Arguments {
    /// The repositories to open in one console: folders, or owner/name on GitHub (default: the one around the current directory,
    /// else those of the settings)
    #[arg(value_name = "REPO")]
    pub repos: Vec<PathBuf>,
    /// The repository: a folder, or owner/name on GitHub (default: the one around the current directory)
    #[arg(long, value_name = "REPO", global = true, help_heading = REPOSITORY)]
    pub repo: Option<PathBuf>,
    /// The branch that proposals land on (default: the remote's HEAD, else main or master)
    #[arg(long, value_name = "BRANCH", global = true, help_heading = REPOSITORY)]
    pub target: Option<String>,
    /// The remote that holds the proposals (default: origin, or the only one)
    #[arg(long, value_name = "NAME", global = true, help_heading = REPOSITORY)]
    pub remote: Option<String>,
    /// Do not ask the remote: work with what was fetched before
    #[arg(long, global = true, help_heading = REPOSITORY)]
    pub offline: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the proposals and how they stand
    List(ListArgs),
    /// Show one proposal: what it does, what its agent says, what policy says
    Show(OneArgs),
    /// Show what one proposal would change
    Diff(DiffArgs),
    /// Approve proposals, and merge those that policy then allows
    #[command(after_help = APPROVE_HELP)]
    Approve(ApproveArgs),
    /// Reject a proposal, and teach its agent
    #[command(after_help = REJECT_HELP)]
    Reject(RejectArgs),
    /// Stop a proposal until you withdraw the hold
    #[command(mut_arg("message", |arg| arg.help("Why it has to wait")))]
    Hold(NoteArgs),
    /// Ask the agent something; the proposal waits for its next round
    #[command(mut_arg("message", |arg| arg.help("What you ask")))]
    Ask(NoteArgs),
    /// Take back what you decided on a proposal
    Withdraw(WithdrawArgs),
    /// Read the ledger of decisions
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Read the lessons that rejections taught the agents
    #[command(subcommand)]
    Memory(MemoryCommand),
    /// Read what went wrong before
    #[command(subcommand)]
    Incidents(IncidentsCommand),
    /// Check the policy, and explain what it says of a proposal
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Start a ledger here: show policy, signers and genesis entry, ask, and write them
    Init(InitArgs),
    /// Say how things are, in a few lines
    Status(StatusArgs),
    /// Look for what would get in your way, and say how to mend it
    Doctor(JsonArgs),
    /// Build a sandbox with history, incidents, agents and pending proposals, and open it
    Demo(DemoArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `--json`.
#[derive(Debug, Args)]
pub struct JsonArgs {
    /// Print one JSON document and nothing else
    #[arg(long)]
    pub json: bool,
}

/// `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Also list what was rejected, what was merged, and what had landed already
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub json: JsonArgs,
}

/// A command about one proposal.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// The proposal: its branch, or a part of it that no other has; `-` reads it from standard input
    #[arg(value_name = "ID")]
    pub id: String,
    #[command(flatten)]
    pub json: JsonArgs,
}

/// `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    #[command(flatten)]
    pub one: OneArgs,
    /// Lines of context around each change
    #[arg(short = 'U', long = "unified", value_name = "N", default_value_t = 3)]
    pub context: u32,
    /// Show only names and counts
    #[arg(long)]
    pub stat: bool,
    /// Show what changes in the values of config documents, instead of lines
    #[arg(long, conflicts_with = "stat")]
    pub fields: bool,
}

/// What every deciding command accepts.
#[derive(Debug, Args)]
pub struct DecideArgs {
    /// Do not ask before writing
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Show what would be written, and stop
    #[arg(long, short = 'n')]
    pub dry_run: bool,
    /// Print the plan and the result of each item as one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `approve`.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// Proposals as ID@HEAD, in landing order; `-` reads them from standard input
    #[arg(value_name = "ID@HEAD", required_unless_present = "tier", conflicts_with = "tier")]
    pub ids: Vec<String>,
    /// Take every clean proposal of this tier instead; without a terminal this needs --yes
    #[arg(long, value_name = "TIER", value_parser = parse_tier)]
    pub tier: Option<Tier>,
    /// A note for the record
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    #[command(flatten)]
    pub decide: DecideArgs,
}

/// `reject`.
#[derive(Debug, Args)]
pub struct RejectArgs {
    /// The proposal as ID@HEAD; `-` reads one or more from standard input
    #[arg(value_name = "ID@HEAD")]
    pub id: String,
    /// Why, in words for the agent
    #[arg(short, long, value_name = "TEXT")]
    pub message: String,
    /// The reason
    #[arg(long, value_name = "CODE", default_value_t, help = REASON_HELP)]
    pub reason: ReasonCode,
    /// The lesson to teach
    #[arg(long, value_name = "TEXT", conflicts_with = "no_lesson", help = LESSON_HELP)]
    pub lesson: Option<String>,
    /// Teach nothing
    #[arg(long)]
    pub no_lesson: bool,
    /// What the lesson is about
    #[arg(long, value_name = "SCOPE", value_parser = parse_scope, help = SCOPE_HELP)]
    pub scope: Option<Scope>,
    /// Days until the lesson leaves the memory file
    #[arg(long, value_name = "DAYS", default_value_t = 180)]
    pub expires: u32,
    #[command(flatten)]
    pub decide: DecideArgs,
}

/// `hold` and `ask`.
#[derive(Debug, Args)]
pub struct NoteArgs {
    /// The proposal as ID@HEAD; `-` reads one or more from standard input
    #[arg(value_name = "ID@HEAD")]
    pub id: String,
    /// Why it has to wait, or what you ask
    #[arg(short, long, value_name = "TEXT")]
    pub message: String,
    #[command(flatten)]
    pub decide: DecideArgs,
}

/// `withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// The proposal, as ID or ID@HEAD; `-` reads one or more from standard input
    #[arg(value_name = "ID")]
    pub id: String,
    /// A note for the record
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    #[command(flatten)]
    pub decide: DecideArgs,
}

/// `ledger`.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// List the entries, newest first
    Log {
        /// Show at most so many
        #[arg(short = 'n', long, value_name = "N")]
        limit: Option<usize>,
        #[command(flatten)]
        json: JsonArgs,
    },
    /// Check the chain, the signatures, and the approvals behind what landed
    Verify(JsonArgs),
    /// Move the target to where the last entry says, after a push that stopped half way
    Finish(DecideArgs),
    /// Take entries back whose landings the target does not have
    Void {
        /// Why, for the record
        #[arg(short, long, value_name = "TEXT")]
        message: Option<String>,
        #[command(flatten)]
        decide: DecideArgs,
    },
}

/// `memory`.
#[derive(Debug, Subcommand)]
pub enum MemoryCommand {
    /// List the lessons in force
    List(JsonArgs),
    /// List the lessons that are about a path
    For {
        /// A path from the root of the repository
        path: String,
        #[command(flatten)]
        json: JsonArgs,
    },
    /// Print the managed section of a memory file, as the ledger renders it
    Render {
        /// The memory file
        #[arg(default_value = "AGENTS.md")]
        path: String,
    },
}

/// `incidents`.
#[derive(Debug, Subcommand)]
pub enum IncidentsCommand {
    /// List what is known: postmortems, reverts, hasty fixes, rejections, the newest first
    List(JsonArgs),
    /// List what has to do with a file or folder, the closest first, and say why
    For {
        /// A path from the root of the repository
        path: String,
        #[command(flatten)]
        json: JsonArgs,
    },
}

/// `policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Check a policy file and say which policy is in force
    Lint {
        /// The file (default: .countersign/policy.yaml of the work tree, if it is there)
        file: Option<PathBuf>,
        #[command(flatten)]
        json: JsonArgs,
    },
    /// Say what policy says of a proposal, rule by rule
    Explain(OneArgs),
}

/// `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    #[command(flatten)]
    pub decide: DecideArgs,
}

/// `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Say it in one line, for a shell prompt
    #[arg(long, conflicts_with = "json")]
    pub short: bool,
    #[command(flatten)]
    pub json: JsonArgs,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to build it (default: a temporary folder, which goes when the console closes)
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Build it, say what is where, and stop
    #[arg(long)]
    pub no_tui: bool,
    /// The time at which it plays, in the past, as in 2025-11-20T09:00:00Z; fixes every object id
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
}

/// The commands of the documented set that this version does not have.
const LATER: [&str; 3] = ["gate", "incidents", "sweep"];

/// Why these arguments, each of which can be read, mean nothing together; and what to write instead.
///
/// A command may stand anywhere among the options, so what stands before it, or no command's name, was read as a repository.
#[must_use]
pub fn misread(arguments: &Arguments) -> Option<CliError> {
    let first = arguments.repos.first()?;
    let typed = text::printable(&first.to_string_lossy()).into_owned();
    if arguments.command.is_some() {
        let what = format!("`{typed}` stands before the command, where only options can");
        return Some(CliError::usage(what, format!("if it is the repository, write --repo {typed}")));
    }
    if arguments.repo.is_some() {
        let what = format!("there are two repositories: `{typed}`, and the one after --repo");
        return Some(CliError::usage(what, "name one of them"));
    }
    if first.exists() || forge::spelled(&typed).is_some() {
        return None;
    }
    if LATER.contains(&typed.as_str()) {
        let what = format!("`{typed}` is not supported by this version yet");
        return Some(CliError::usage(what, "`countersign --help` lists the commands that are"));
    }
    let command = Arguments::command();
    let names = command.get_subcommands().map(clap::Command::get_name);
    let what = format!("there is no command and no folder `{typed}`");
    let next = nearest(&typed, names).map(|name| format!("did you mean `countersign {name}`?"));
    Some(CliError::usage(what, next.unwrap_or_else(|| "`countersign --help` lists the commands".into())))
}

fn parse_scope(text: &str) -> Result<Scope, String> {
    let scope: Scope = text.parse()?;
    memory::scope_fault(&scope).map_or(Ok(scope), Err)
}

fn parse_tier(text: &str) -> Result<Tier, String> {
    [Tier::Low, Tier::Medium, Tier::High]
        .into_iter()
        .find(|tier| tier.to_string() == text)
        .ok_or_else(|| format!("`{text}` is not a tier: low, medium or high"))
}

impl Arguments {
    /// Whether the answer is to be one JSON document.
    #[must_use]
    pub const fn json(&self) -> bool {
        match &self.command {
            Some(
                Command::List(ListArgs { json, .. }) | Command::Status(StatusArgs { json, .. }) | Command::Doctor(json),
            ) => json.json,
            Some(Command::Show(one) | Command::Diff(DiffArgs { one, .. })) => one.json.json,
            Some(
                Command::Approve(ApproveArgs { decide, .. })
                | Command::Reject(RejectArgs { decide, .. })
                | Command::Hold(NoteArgs { decide, .. })
                | Command::Ask(NoteArgs { decide, .. })
                | Command::Withdraw(WithdrawArgs { decide, .. })
                | Command::Init(InitArgs { decide }),
            ) => decide.json,
            Some(Command::Ledger(command)) => command.json(),
            Some(Command::Memory(command)) => command.json(),
            Some(Command::Incidents(command)) => command.json(),
            Some(Command::Policy(command)) => command.json(),
            None | Some(Command::Demo(_) | Command::Completions { .. }) => false,
        }
    }
}

impl Arguments {
    /// Whether the command decides on proposals.
    #[must_use]
    pub const fn decides(&self) -> bool {
        use Command::{Approve, Ask, Hold, Reject, Withdraw};
        matches!(&self.command, Some(Approve(_) | Reject(_) | Hold(_) | Ask(_) | Withdraw(_)))
    }
}

impl LedgerCommand {
    const fn json(&self) -> bool {
        match self {
            Self::Log { json, .. } | Self::Verify(json) => json.json,
            Self::Finish(decide) | Self::Void { decide, .. } => decide.json,
        }
    }
}

impl MemoryCommand {
    const fn json(&self) -> bool {
        match self {
            Self::List(json) | Self::For { json, .. } => json.json,
            Self::Render { .. } => false,
        }
    }
}

impl IncidentsCommand {
    const fn json(&self) -> bool {
        let (Self::List(json) | Self::For { json, .. }) = self;
        json.json
    }
}

impl PolicyCommand {
    const fn json(&self) -> bool {
        match self {
            Self::Lint { json, .. } => json.json,
            Self::Explain(one) => one.json.json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Arguments {
        Arguments::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    #[test]
    fn options_of_the_repository_stand_before_and_after_the_command() {
        for line in
            ["cs --repo x --target t --remote r --offline list", "cs list --repo x --target t --remote r --offline"]
        {
            let arguments = parse(line);
            assert!(matches!(arguments.command, Some(Command::List(_))), "{line}");
            assert_eq!((arguments.repo, arguments.repos), (Some("x".into()), Vec::new()), "{line}");
            assert_eq!((arguments.target.as_deref(), arguments.remote.as_deref()), (Some("t"), Some("r")), "{line}");
            assert!(arguments.offline, "{line}");
        }
        let nested = parse("cs --offline ledger log -n 3");
        assert!(matches!(nested.command, Some(Command::Ledger(LedgerCommand::Log { limit: Some(3), .. }))));
    }

    #[test]
    fn what_is_no_command_is_not_taken_for_a_repository_in_silence() {
        for (line, what, next) in [
            ("cs sweep", "`sweep` is not supported by this version yet", "--help"),
            ("cs gate check", "`gate` is not supported", "--help"),
            ("cs lsit", "there is no command and no folder `lsit`", "did you mean `countersign list`?"),
            ("cs ./such/folder", "there is no command and no folder", "--help"),
            ("cs --repo x src", "there are two repositories", "name one"),
            ("cs src list", "`src` stands before the command", "write --repo src"),
        ] {
            let error = misread(&parse(line)).unwrap_or_else(|| panic!("{line}"));
            assert!(error.what.contains(what) && error.next.contains(next), "{line}: {error:?}");
        }
        for line in ["cs", "cs src", "cs list", "cs ./src"] {
            assert!(misread(&parse(line)).is_none(), "{line}");
        }
    }
}

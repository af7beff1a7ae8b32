//! What can be typed. The texts here are the help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;

use crate::model::{ReasonCode, Scope, Tier};

/// Review, approve and reject what AI agents propose to infrastructure repositories.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(after_help = "Without a command it opens the console on the repository around the current directory.\n\
    Exit status: 0 done, 1 refused, 2 wrong usage or configuration, 3 some of a batch failed, 4 the outside failed.")]
pub struct Arguments {
    /// Repositories to open in the console
    #[arg(value_name = "REPO")]
    pub repos: Vec<PathBuf>,
    /// The repository (default: the one around the current directory)
    #[arg(long, value_name = "DIR", global = true)]
    pub repo: Option<PathBuf>,
    /// The branch that proposals land on (default: the remote's HEAD, else main or master)
    #[arg(long, value_name = "BRANCH", global = true)]
    pub target: Option<String>,
    /// The remote that holds the proposals (default: origin, or the only one)
    #[arg(long, value_name = "NAME", global = true)]
    pub remote: Option<String>,
    /// Do not ask the remote: work with what was fetched
    #[arg(long, global = true)]
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
    /// Show one proposal: what it does, what the agent says, what policy says
    Show(OneArgs),
    /// Show what one proposal would change
    Diff(DiffArgs),
    /// Approve proposals, and merge those that policy then allows
    Approve(ApproveArgs),
    /// Reject a proposal, and teach its agent
    Reject(RejectArgs),
    /// Stop a proposal until you withdraw the hold
    Hold(NoteArgs),
    /// Ask the agent something about a proposal
    Ask(NoteArgs),
    /// Take back what you decided on a proposal
    Withdraw(WithdrawArgs),
    /// Read the ledger of decisions
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Read the lessons that rejections taught
    #[command(subcommand)]
    Memory(MemoryCommand),
    /// Check and explain the policy
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Start a ledger here: policy, signers and the genesis entry
    Init(InitArgs),
    /// Say how things are, in a few lines
    Status(StatusArgs),
    /// Look for what would get in your way, and say how to mend it
    Doctor(JsonArgs),
    /// Build and open a sandbox with history, incidents, agents and pending proposals
    Demo(DemoArgs),
    /// Print a completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `--json`.
#[derive(Debug, Args)]
pub struct JsonArgs {
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Also what was rejected, merged, or has landed already
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub json: JsonArgs,
}

/// A command about one proposal.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// The proposal: its branch, or a part of it that no other has
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
    /// Lines of context
    #[arg(short = 'U', long = "unified", value_name = "N", default_value_t = 3)]
    pub context: u32,
    /// Only names and counts
    #[arg(long)]
    pub stat: bool,
}

/// What every deciding command accepts.
#[derive(Debug, Args)]
pub struct DecideArgs {
    /// Do not ask before sending
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Show the plan and stop
    #[arg(long, short = 'n')]
    pub dry_run: bool,
    /// The plan and the result of each item as one JSON document
    #[arg(long)]
    pub json: bool,
}

/// `approve`.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// Proposals as ID@HEAD, in landing order; `-` reads them from standard input
    #[arg(value_name = "ID@HEAD", required_unless_present = "tier", conflicts_with = "tier")]
    pub ids: Vec<String>,
    /// All clean proposals of this tier
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
    /// The proposal as ID@HEAD
    #[arg(value_name = "ID@HEAD")]
    pub id: String,
    /// Why, to the agent
    #[arg(short, long, value_name = "TEXT")]
    pub message: String,
    /// `not_needed`, `wrong_fix`, `not_now`, `off_strategy`, `unsafe` or `duplicate`
    #[arg(long, value_name = "CODE", default_value_t)]
    pub reason: ReasonCode,
    /// The lesson to teach (default: the first sentence of the message, where the reason teaches)
    #[arg(long, value_name = "TEXT", conflicts_with = "no_lesson")]
    pub lesson: Option<String>,
    /// Teach nothing
    #[arg(long)]
    pub no_lesson: bool,
    /// What the lesson is about: file:PATH, folder:GLOB or field:OBJECT PATH
    #[arg(long, value_name = "SCOPE")]
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
    /// The proposal as ID@HEAD
    #[arg(value_name = "ID@HEAD")]
    pub id: String,
    /// Why, or what you ask
    #[arg(short, long, value_name = "TEXT")]
    pub message: String,
    #[command(flatten)]
    pub decide: DecideArgs,
}

/// `withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// The proposal, or ID@HEAD
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
    /// The entries, newest first
    Log {
        /// At most so many
        #[arg(short = 'n', long, value_name = "N")]
        limit: Option<usize>,
        #[command(flatten)]
        json: JsonArgs,
    },
    /// Check the chain, the signatures, and the approvals behind what landed
    Verify(JsonArgs),
}

/// `memory`.
#[derive(Debug, Subcommand)]
pub enum MemoryCommand {
    /// The lessons in force
    List(JsonArgs),
    /// The lessons that are about a path
    For {
        /// A path from the root of the repository
        path: String,
        #[command(flatten)]
        json: JsonArgs,
    },
    /// The managed section of a memory file, as the ledger renders it
    Render {
        /// The memory file
        #[arg(default_value = "AGENTS.md")]
        path: String,
    },
}

/// `policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Check a policy file and say which policy is in force
    Lint {
        /// The file (default: .countersign/policy.yaml of the work tree)
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
    /// One line, for a shell prompt
    #[arg(long, conflicts_with = "json")]
    pub short: bool,
    #[command(flatten)]
    pub json: JsonArgs,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to build it (default: a temporary folder that is removed at the end)
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Build it, say what is where, and stop
    #[arg(long)]
    pub no_tui: bool,
    /// The time that the demo plays at, in the past (RFC 3339); fixes every object id
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
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
            Some(Command::List(args)) => args.json.json,
            Some(Command::Show(args)) => args.json.json,
            Some(Command::Diff(args)) => args.one.json.json,
            Some(Command::Approve(args)) => args.decide.json,
            Some(Command::Reject(args)) => args.decide.json,
            Some(Command::Hold(args) | Command::Ask(args)) => args.decide.json,
            Some(Command::Withdraw(args)) => args.decide.json,
            Some(Command::Init(args)) => args.decide.json,
            Some(Command::Ledger(LedgerCommand::Log { json, .. } | LedgerCommand::Verify(json))) => json.json,
            Some(Command::Memory(MemoryCommand::List(json) | MemoryCommand::For { json, .. })) => json.json,
            Some(Command::Policy(PolicyCommand::Lint { json, .. })) => json.json,
            Some(Command::Policy(PolicyCommand::Explain(args))) => args.json.json,
            Some(Command::Status(args)) => args.json.json,
            Some(Command::Doctor(json)) => json.json,
            _ => false,
        }
    }
}

//! `countersign [REPO]`: the console.

mod reads;
mod runtime;

use std::sync::Arc;

use jiff::SignedDuration;

use crate::app::{ACTIONS, App, Msg, Outcome, Start};
use crate::config::{Context, Depth, Ground, Keymap, Source, Theme};
use crate::engine::Snapshot;
use crate::io::browser;
use crate::io::signer;
use crate::io::workspace::Workspace;
use crate::model::Problem;
use crate::tui::{self, Console, Drawn, End, Mailbox, Marks, Terminal};
use crate::ui;

use super::forge::Behind;
use super::output::Output;
use super::repositories::{self, Opened};
use super::session::Session;
use super::{Arguments, CliError, Exit};
use runtime::Runtime;

/// Runs the command.
pub fn run(session: &Session, arguments: &Arguments, output: &mut Output) -> Result<Exit, CliError> {
    let opened = repositories::open(session, &arguments.repos)?;
    let workspaces = opened.workspaces.clone();
    let exit = open(session, opened, signer::random_seed());
    if let Some(line) = owed(&workspaces) {
        output.remark(line);
    }
    exit
}

/// What is to be said of posts that were still to be made when the console was left.
fn owed(workspaces: &[Arc<Workspace>]) -> Option<String> {
    let owing = workspaces.iter().filter(|workspace| workspace.forge.is_some());
    let (decisions, are) = match owing.map(|workspace| workspace.state.posts().len()).sum() {
        0 => return None,
        1 => ("1 decision".to_owned(), "is"),
        more => (format!("{more} decisions"), "are"),
    };
    let next = "the next console or deciding command tells it of the rest";
    Some(format!("{decisions} {are} in the ledger, and GitHub was not told of all that follows; {next}"))
}

/// Opens the console; `seed` is what the ids of its entries are made from.
pub fn open(session: &Session, opened: Opened, seed: [u8; 32]) -> Result<Exit, CliError> {
    let Opened { workspaces, problems: beside, behind } = opened;
    if variable("TERM").is_some_and(|term| term == "dumb") {
        let next = "run it in another terminal; `countersign list` and the other commands need none";
        return Err(CliError::usage("this terminal cannot draw a console (TERM=dumb)", next));
    }
    let (settings, mut problems) = session.settings();
    let depth = Depth::detect(settings.colour, variable);
    let (keymap, theme) = (keymap(session, &settings, &mut problems)?, theme(session, &settings, &mut problems)?);
    let styles = theme.styles(depth);
    let clock = session.clock;
    let clock: tui::Clock = Arc::new(move || clock.now());
    problems.extend(beside);
    let (unsent, broken): (Vec<_>, Vec<_>) = workspaces.iter().map(|workspace| workspace.unsent()).unzip();
    let unsent = unsent.concat();
    problems.extend(broken.concat());
    let mut terminal = Terminal::enter().map_err(|error| {
        let next = "run it in a terminal; scripts use `countersign list --json` and the other commands";
        CliError::usage(format!("the console needs a terminal: {error}"), next)
    })?;
    let (mailbox, inbox) = tui::mailbox();
    terminal.listen(&mailbox, &clock)?;
    let mut runtime = Runtime::start(&workspaces, session.offline, &mailbox, &unsent)?;
    if let Some(search) = behind {
        search_behind(search, mailbox.clone());
    }
    let (app, first) = App::start(Start {
        keymap,
        repos: workspaces.iter().map(|workspace| Arc::new(empty(workspace))).collect(),
        drafts: workspaces.iter().flat_map(|workspace| workspace.drafts()).collect(),
        unsent,
        problems,
        seed,
        undo: SignedDuration::try_from(settings.undo).unwrap_or(SignedDuration::from_secs(8)),
        size: Terminal::size(),
        browser: browser::is_here(variable),
        now: clock(),
    });
    let draw = |app: &App, buffer: &mut ratatui::buffer::Buffer| {
        let drawn = ui::draw(app, &styles, buffer);
        Drawn { frame: drawn.frame, marks: Marks { cursor: drawn.cursor, links: drawn.links } }
    };
    let console = Console::new(app, terminal, depth, clock, variable("TMUX").is_some(), draw, |command| {
        runtime.carry_out(command);
    });
    let end = console.linking(settings.links && tui::takes_links(variable)).run(&inbox, first);
    match (tui::last_words().first(), end) {
        (Some(words), _) => Err(CliError::outside(
            format!("a part of the console broke: {words}"),
            "everything that you wrote and decided is kept; please report it",
        )),
        (None, End::Quit) => Ok(Exit::Done),
        (None, End::Hangup) => Err(CliError::outside(
            "the console was told to stop, or its terminal went away",
            "what you wrote and decided is kept; `countersign` shows what was not sent",
        )),
    }
}

/// Searches for more repositories while those that are known are looked at. Nothing waits for it, and the console may end before it.
fn search_behind(search: Behind, mailbox: Mailbox) {
    std::thread::spawn(move || {
        if let Some(said) = search.make() {
            let _ = mailbox.send(Msg::Outcome(Outcome::Recovered(said)));
        }
    });
}

/// What is shown before anything was read.
fn empty(workspace: &Workspace) -> Snapshot {
    let repository = &workspace.repository;
    Snapshot::empty(&repository.name, &repository.target_branch, &workspace.built_in, workspace.clock.now())
}

fn keymap(
    session: &Session,
    settings: &crate::config::Settings,
    problems: &mut Vec<Problem>,
) -> Result<Keymap, CliError> {
    let actions: Vec<(&str, &[Context])> = ACTIONS.iter().map(|info| (info.name, info.contexts)).collect();
    let text = session.config_text("keymap.toml")?;
    let source = text.as_deref().map(|text| Source::new("keymap.toml", text));
    let (keymap, found) = Keymap::load(settings.keymap, source, &actions);
    problems.extend(found);
    Ok(keymap)
}

fn theme(
    session: &Session,
    settings: &crate::config::Settings,
    problems: &mut Vec<Problem>,
) -> Result<Theme, CliError> {
    let text = session.config_text("theme.toml")?;
    let source = text.as_deref().map(|text| Source::new("theme.toml", text));
    let (theme, found) = Theme::load(settings.theme.unwrap_or_else(|| Ground::detect(variable)), source);
    problems.extend(found);
    Ok(theme)
}

/// A variable of the environment; one that is not UTF-8 counts as not set.
#[expect(clippy::disallowed_methods, reason = "the terminal describes itself in the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

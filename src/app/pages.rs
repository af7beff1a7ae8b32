//! What the pages say: help, problems, policy, history, a plan as text, the offer to start the ledger.

use jiff::Timestamp;

use std::fmt::Write as _;

use super::actions::{ACTIONS, Action, ActionInfo, Group};
use super::hints::label;
use super::overlay::Page;
use super::prose::Line;
use super::review::{because, effect};
use super::sheet::Sheet;
use super::{App, ago, count};
use crate::config::{Context, Keymap, Role};
use crate::engine::{Action as Step, Awaits, Failure, Fate, InitOffer, LedgerHealth, NextStep, Plan, Report, Snapshot};
use crate::evidence::signals::{Signal, TargetWatch};
use crate::model::text::{printable_bytes, single_line};
use crate::model::{Problem, Queued};
use crate::policy::TraceLine;

fn heading(text: impl AsRef<str>) -> Line {
    Line::of(Role::Heading, text)
}

/// The keys that work where the person is, from the action table and the keymap.
#[must_use]
pub fn help(app: &App) -> Page {
    let context = app.context();
    Page::new(format!("keys that work here: {context}"), key_table(&app.keymap, context))
}

/// The keys of a context, grouped as in the action table.
#[must_use]
pub fn key_table(keymap: &Keymap, context: Context) -> Vec<Line> {
    let mut lines = Vec::new();
    for group in Group::ALL {
        let here = ACTIONS.iter().filter(|info| info.group == group && info.contexts.contains(&context));
        let rows: Vec<Line> = here
            .filter_map(|info| {
                let bindings = keymap.of_action(context.stack(), info.name);
                let keys: Vec<String> = bindings.iter().take(3).map(|binding| binding.label()).collect();
                let line = Line::of(Role::HintKey, format!("  {:<16}", keys.join("  ")));
                (!keys.is_empty()).then(|| line.then(Role::Text, info.sentence).hanging(18))
            })
            .collect();
        if !rows.is_empty() {
            if !lines.is_empty() {
                lines.push(Line::blank());
            }
            lines.push(heading(group.name()));
            lines.extend(rows);
        }
    }
    lines
}

/// The key table of the README: every action that has a key, by group, as Markdown, with where the keys are those.
#[must_use]
pub fn key_table_markdown(keymap: &Keymap) -> String {
    let mut out = String::from("| keys | what they do | where |\n|---|---|---|\n");
    for group in Group::ALL {
        let _ = writeln!(out, "| **{}** | | |", group.name());
        for info in ACTIONS.iter().filter(|info| info.group == group) {
            for (keys, contexts) in keys_by_place(keymap, info) {
                let _ = writeln!(out, "| {keys} | {} | {} |", info.sentence, contexts.join(", "));
            }
        }
    }
    out
}

/// The keys of an action, with the contexts in which they are those.
fn keys_by_place(keymap: &Keymap, info: &ActionInfo) -> Vec<(String, Vec<&'static str>)> {
    let mut rows: Vec<(String, Vec<&'static str>)> = Vec::new();
    for context in info.contexts {
        let bindings = keymap.of_action(context.stack(), info.name);
        // A code span that holds a bar would end the cell.
        let keys: Vec<String> = bindings.iter().map(|one| format!("`{}`", one.label().replace('|', "\\|"))).collect();
        let keys = keys.join(" ");
        match rows.iter_mut().find(|(known, _)| *known == keys) {
            _ if keys.is_empty() => {}
            Some((_, contexts)) => contexts.push(context.name()),
            None => rows.push((keys, vec![context.name()])),
        }
    }
    rows
}

/// What is wrong, and what became of what was sent last.
#[must_use]
pub fn problems(app: &App) -> Page {
    let mut lines = Vec::new();
    for snapshot in app.repos().iter() {
        if app.repos().several() {
            lines.push(Line::of(Role::Heading, single_line(&snapshot.repo)));
        }
        push_repository(&mut lines, snapshot, app.now);
    }
    if let Some(Failure { what, why, next }) = &app.unsent_because {
        let (place, what, next) = (what.clone(), why.clone(), next.clone());
        push_problem(&mut lines, &Problem { place, what, next });
    }
    for problem in app.problems.iter().chain(app.owed.values().flatten()) {
        push_problem(&mut lines, problem);
    }
    if let Some(report) = &app.report {
        lines.push(Line::blank());
        push_report(&mut lines, report, &|next| step(app, next));
    }
    Page::new("what is wrong, and what was sent last", lines)
}

/// What is wrong with one repository.
fn push_repository(lines: &mut Vec<Line>, snapshot: &Snapshot, now: Timestamp) {
    match &snapshot.ledger {
        LedgerHealth::Alarm { entries, what } => {
            lines.push(Line::of(Role::Error, "the ledger raises an alarm"));
            lines.push(Line::of(Role::Text, format!("  {}", single_line(what))).hanging(2));
            lines.push(Line::of(
                Role::Quiet,
                format!("  {}; `countersign ledger verify` says it all", count(*entries, "entry")),
            ));
        }
        LedgerHealth::Sound { entries } => {
            lines.push(Line::of(Role::Ok, "ledger ok").then(Role::Quiet, format!("  {}", count(*entries, "entry"))));
        }
        LedgerHealth::None => lines.push(Line::of(Role::Quiet, "no ledger yet: decisions are not recorded")),
    }
    if let Some(why) = &snapshot.offline {
        lines.push(
            Line::of(Role::Warn, "! ")
                .then(Role::Text, format!("the remote could not be asked: {}", single_line(why)))
                .hanging(2),
        );
    }
    if let Some(budget) = &snapshot.budget {
        let role = if budget.is_low() { Role::Warn } else { Role::Quiet };
        lines.push(Line::of(role, format!("GitHub: {}", single_line(&budget.sentence(now)))).hanging(2));
    }
    for problem in &snapshot.problems {
        push_problem(lines, problem);
    }
    if let Some(watch) = snapshot.watch.found() {
        push_watch(lines, watch, &snapshot.target, now);
    }
}

/// What came to the target and was not recorded, commit by commit.
fn push_watch(lines: &mut Vec<Line>, watch: &TargetWatch, target: &str, now: Timestamp) {
    let Some(sentence) = watch.sentence(target) else { return };
    lines.push(Line::blank());
    lines.push(Line::of(Role::Warn, "! ").then(Role::Heading, sentence).hanging(2));
    for file in &watch.flipping {
        let path = printable_bytes(&file.path);
        let times = count(file.flips, "return");
        lines.push(
            Line::of(Role::Found, format!("  {path}"))
                .then(Role::Quiet, format!("  {times}, the last {}", ago(file.last.at, now)))
                .hanging(4),
        );
    }
    for commit in &watch.newest {
        lines.push(
            Line::of(Role::Quiet, format!("  {}  ", commit.commit.short(9)))
                .then(Role::People, single_line(&commit.who))
                .then(Role::Text, format!("  {}", single_line(&commit.subject)))
                .then(Role::Quiet, format!("  {}", ago(commit.at.at, now)))
                .hanging(13),
        );
    }
    let more = watch.commits.saturating_sub(watch.newest.len());
    if more > 0 {
        lines.push(Line::of(Role::Quiet, format!("  and {} before", count(more, "commit"))));
    }
}

fn push_problem(lines: &mut Vec<Line>, problem: &Problem) {
    lines.push(Line::blank());
    lines.push(
        Line::of(Role::Warn, "! ")
            .then(Role::Text, single_line(&problem.place))
            .then(Role::Quiet, ": ")
            .then(Role::Text, single_line(&problem.what))
            .hanging(2),
    );
    lines.push(Line::of(Role::Quiet, format!("  next: {}", single_line(&problem.next))).hanging(2));
}

/// What to do next, with the key that does it.
fn step(app: &App, next: NextStep) -> String {
    let action = match next {
        NextStep::Refresh => Some(Action::Refresh),
        NextStep::Page | NextStep::Settle => Some(Action::OpenPage),
        NextStep::Approve => Some(Action::Approve),
        NextStep::Again | NextStep::Later | NextStep::Token | NextStep::Verify | NextStep::Decide => None,
    };
    let key = action.and_then(|action| label(app, Context::Queue, action));
    let key = key.map(|key| format!(" ({key})")).unwrap_or_default();
    format!("next: {}{key}", next.words())
}

fn push_report(lines: &mut Vec<Line>, report: &Report, step: &dyn Fn(NextStep) -> String) {
    lines.push(heading(format!(
        "SENT LAST: {}, {}",
        count(report.items.len(), "proposal"),
        count(report.entries.len(), "entry")
    )));
    for item in &report.items {
        let (word, role) = match &item.fate {
            Fate::Merged { commit } => (format!("merged   {}", commit.short(9)), Role::Ok),
            Fate::Recorded { awaits: Awaits::Checks } => ("waits for checks".to_owned(), Role::People),
            Fate::Recorded { awaits: Awaits::People(missing) } => (format!("recorded; {missing} more"), Role::People),
            Fate::Noted => (item.kind.to_string(), Role::Found),
            Fate::Unposted { .. } => ("in ledger".to_owned(), Role::Warn),
            Fate::Astray { commit, .. } => (format!("astray   {}", commit.short(9)), Role::Error),
            Fate::Dropped { .. } => ("left out".to_owned(), Role::Warn),
        };
        let line = Line::of(role, format!("  {word:<20}")).then(Role::Text, single_line(&item.summary)).hanging(22);
        lines.push(match &item.fate {
            Fate::Dropped { why, at } => {
                let at = at.as_ref().map(|at| format!("  {at}")).unwrap_or_default();
                line.then(Role::Quiet, format!("  {}{at}", single_line(why)))
            }
            _ => line,
        });
        if let Fate::Astray { why, .. } = &item.fate {
            lines.push(Line::of(Role::Error, format!("    {}", single_line(why))).hanging(4));
            lines.push(Line::of(Role::Quiet, format!("    {}", step(NextStep::Verify))).hanging(4));
        }
        if let Fate::Unposted { why, next } = &item.fate {
            let name = single_line(&item.subject.proposal);
            lines
                .push(Line::of(Role::Warn, format!("    {name}, not done on GitHub: {}", single_line(why))).hanging(4));
            lines.extend(next.map(|next| Line::of(Role::Quiet, format!("    {}", step(next))).hanging(4)));
        }
    }
    if !report.log.is_empty() {
        lines.push(Line::blank());
        lines.push(Line::of(Role::Quiet, "git log --oneline"));
        lines.extend(report.log.iter().map(|line| Line::of(Role::Text, format!("  {}", single_line(line)))));
    }
    for problem in &report.problems {
        push_problem(lines, problem);
    }
}

/// What policy says of the proposal: its reasons, and, where it is open, every rule.
#[must_use]
pub fn policy(app: &App) -> Page {
    let Some((queued, short)) = app.chosen().first().copied() else { return Page::new("policy", Vec::new()) };
    let mut lines = ruling_lines(queued);
    let opened = app.review.as_ref().and_then(|review| review.opened.as_ref());
    lines.push(Line::blank());
    if let Some(opened) = opened {
        let matched = opened.trace.iter().filter(|line| line.matched).count();
        lines.push(heading(format!("{matched} OF {} RULES MATCH", opened.trace.len())));
        opened.trace.iter().for_each(|rule| push_rule(&mut lines, rule));
    } else {
        lines.push(Line::of(Role::Quiet, "open the proposal to see every rule"));
    }
    Page::new(format!("policy on {short}"), lines)
}

fn ruling_lines(queued: &Queued) -> Vec<Line> {
    let ruling = &queued.standing.ruling;
    let approvals = &ruling.approvals;
    let by = if approvals.by.is_empty() { String::new() } else { format!(": {}", approvals.names()) };
    let mut lines = vec![
        heading(format!("{} RISK", ruling.tier.to_string().to_uppercase()))
            .then(Role::Quiet, format!("  {} of {} people have approved", approvals.have, approvals.need))
            .then(Role::People, by),
    ];
    for reason in &ruling.reasons {
        let (word, role) = effect(reason.effect);
        lines.push(
            Line::of(role, format!("  {word:<8}"))
                .then(Role::Found, because(reason))
                .then(Role::Quiet, format!("  {}, {}", reason.rule, reason.at))
                .hanging(10),
        );
    }
    lines
}

fn push_rule(lines: &mut Vec<Line>, rule: &TraceLine) {
    let (sign, role) = if rule.matched { ("=", Role::Found) } else { ("-", Role::Quiet) };
    lines.push(
        Line::of(role, format!("  {sign} {:<20}", single_line(&rule.rule)))
            .then(role, single_line(&rule.does))
            .then(Role::Quiet, format!("  {}", rule.at))
            .hanging(4),
    );
    for condition in &rule.conditions {
        let holds = match condition.holds {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not evaluated",
        };
        let because = match condition.paths.as_slice() {
            [] => String::new(),
            paths => format!(": {}", paths.join(", ")),
        };
        let more = if condition.more > 0 { format!(" and {} more", condition.more) } else { String::new() };
        lines.push(
            Line::of(Role::Quiet, format!("      {}  {holds}{because}{more}", single_line(&condition.text))).hanging(8),
        );
    }
}

/// Who changed the files of the proposal before.
#[must_use]
pub fn history(app: &App) -> Page {
    let review = app.review.as_ref();
    let evidence = review.and_then(|review| review.opened.as_ref()).map(|opened| &opened.evidence);
    let past = evidence.and_then(|evidence| evidence.provenance.found());
    let signals = evidence.and_then(|evidence| evidence.signals.found());
    let mut lines = Vec::new();
    for signal in signals.into_iter().flat_map(|report| &report.signals) {
        push_signal(&mut lines, signal);
    }
    for change in past.into_iter().flat_map(|past| &past.files) {
        lines.push(
            Line::of(Role::Quiet, format!("{}  ", change.commit.short(9)))
                .then(Role::Found, single_line(&change.subject))
                .hanging(11),
        );
        lines.push(
            Line::of(Role::People, format!("           {}", single_line(&change.author)))
                .then(Role::Quiet, format!("  {}  {}", ago(change.date, app.now), change.files.join(", ")))
                .hanging(11),
        );
    }
    if lines.is_empty() && past.is_none_or(|past| past.missing.is_none()) {
        lines.push(Line::of(Role::Found, "nobody changed these files before"));
    }
    if let Some(missing) = past.and_then(|past| past.missing.as_deref()) {
        lines.push(Line::of(Role::Warn, "? ").then(Role::Found, single_line(missing)).hanging(2));
    }
    Page::new(format!("before {}", review.map_or("", |review| &review.short)), lines)
}

/// A warning, and what it rests on, line by line.
fn push_signal(lines: &mut Vec<Line>, signal: &Signal) {
    lines.push(Line::of(Role::Warn, "! ").then(Role::Found, signal.sentence()).hanging(2));
    lines.extend(signal.told().map(|told| Line::of(Role::Quiet, format!("  {}", single_line(&told))).hanging(4)));
    lines.push(Line::blank());
}

/// The plan of the open sheet as text that can be copied.
#[must_use]
pub fn plan_as_text(app: &App) -> Page {
    match &app.sheet {
        Some(Sheet::Init(sheet)) => Page::new("what starting the ledger writes", init_lines(sheet.offer.as_deref())),
        sheet => {
            let plan = sheet.as_ref().and_then(Sheet::plan).and_then(|planning| planning.plan());
            Page::new("the plan", plan.map_or_else(Vec::new, |plan| plan_lines(plan)))
        }
    }
}

fn plan_lines(plan: &Plan) -> Vec<Line> {
    let posts = plan.posts_in_words().map(|posts| format!(", then on GitHub {posts}")).unwrap_or_default();
    let mut lines = vec![Line::of(
        Role::Text,
        format!(
            "{} as {}, {}, in one push{}: {}, {}",
            count(plan.intents.len(), "ledger entry"),
            plan.by,
            count(plan.intents.len(), "signature"),
            posts,
            count(plan.merges().count(), "merge"),
            count(plan.memory.len(), "memory file"),
        ),
    )];
    lines.push(Line::blank());
    for item in &plan.items {
        let does = match &item.action {
            Step::Merge { .. } => "merge".to_owned(),
            Step::Record { awaits: Awaits::Checks } => "record; checks".to_owned(),
            Step::Record { awaits: Awaits::People(missing) } => format!("record, {missing} more"),
            Step::Note => plan.intents.get(item.intent).map_or_else(String::new, |intent| intent.kind.to_string()),
        };
        lines.push(
            Line::of(Role::Found, format!("{does:<16}"))
                .then(Role::Text, format!("{}@{}", single_line(&item.subject.proposal), item.subject.head.short(12)))
                .hanging(16),
        );
        lines.push(
            Line::of(Role::Quiet, format!("                {}, {}", item.tier(), single_line(&item.summary)))
                .hanging(16),
        );
    }
    for dropped in &plan.dropped {
        let at = dropped.at.as_ref().map(|at| format!("  {at}")).unwrap_or_default();
        lines.push(
            Line::of(Role::Warn, "left out        ")
                .then(Role::Text, single_line(&dropped.subject.proposal))
                .then(Role::Quiet, format!("  {}{at}", single_line(&dropped.why)))
                .hanging(16),
        );
    }
    lines.extend(plan.memory.iter().map(|file| Line::of(Role::Found, format!("{:<16}{}", "memory", file.path))));
    lines.push(Line::blank());
    lines.push(Line::of(
        Role::Quiet,
        format!("policy {}  ledger {}", plan.policy.0.short(12), plan.ledger_tip.short(12)),
    ));
    lines
}

/// What starting the ledger writes.
#[must_use]
pub fn init_lines(offer: Option<&InitOffer>) -> Vec<Line> {
    let Some(offer) = offer else { return vec![Line::of(Role::Quiet, "working out what it would write")] };
    let mut lines = vec![
        Line::of(Role::Quiet, "you become ")
            .then(Role::People, &offer.person)
            .then(Role::Quiet, ", signing with ")
            .then(Role::Text, &offer.key),
        Line::blank(),
    ];
    lines.extend(offer.steps.iter().enumerate().map(|(at, step)| {
        Line::of(Role::Quiet, format!("{} ", at + 1)).then(Role::Text, single_line(step)).hanging(2)
    }));
    let [high, medium, low] = offer.tiers;
    lines.push(Line::blank());
    lines.push(
        Line::of(Role::Quiet, "today it would call ")
            .then(Role::Found, format!("{high} high, {medium} medium, {low} low"))
            .then(Role::Quiet, format!("; {} of the low clean", offer.clean)),
    );
    for problem in &offer.problems {
        push_problem(&mut lines, problem);
    }
    for (path, text) in &offer.files {
        lines.push(Line::blank());
        lines.push(heading(single_line(path)));
        lines.extend(text.lines().map(|line| Line::of(Role::DiffAddedSign, "  + ").then(Role::Text, line)));
    }
    lines
}

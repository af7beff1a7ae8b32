//! The five questions, and what is known under each: what the agent *says*, what was *found*, what is not known yet.

use super::{Facts, Review, found, last_time};
use crate::app::count;
use crate::app::prose::{Line, claim_lines};
use crate::config::Role;
use crate::model::text::single_line;
use crate::model::{Answer, Answers, Confidence, Effect, Part, Reason, Reasoning};

/// A question of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// Is the change necessary?
    Necessary,
    /// Is it the right fix?
    RightFix,
    /// Is it the right time?
    RightTime,
    /// Does it fit the strategy?
    Strategy,
    /// Is there a way back?
    WayBack,
}

impl Question {
    /// All five, in the order of their keys.
    pub const ALL: [Self; 5] = [Self::Necessary, Self::RightFix, Self::RightTime, Self::Strategy, Self::WayBack];

    /// Its name on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Necessary => "NECESSARY?",
            Self::RightFix => "RIGHT FIX?",
            Self::RightTime => "RIGHT TIME?",
            Self::Strategy => "FITS THE STRATEGY?",
            Self::WayBack => "WAY BACK?",
        }
    }

    /// Its answer among the five.
    pub const fn of(self, answers: &mut Answers) -> &mut Answer {
        match self {
            Self::Necessary => &mut answers.necessary,
            Self::RightFix => &mut answers.right_fix,
            Self::RightTime => &mut answers.right_time,
            Self::Strategy => &mut answers.strategy,
            Self::WayBack => &mut answers.way_back,
        }
    }
}

/// How many of the five are answered.
#[must_use]
pub fn answered(mut answers: Answers) -> usize {
    Question::ALL.into_iter().filter(|question| *question.of(&mut answers) != Answer::Open).count()
}

/// The answer after this one: open, yes, no.
#[must_use]
pub const fn next_answer(answer: Answer) -> Answer {
    match answer {
        Answer::Open => Answer::Yes,
        Answer::Yes => Answer::No,
        Answer::No => Answer::Open,
    }
}

/// Lines of a claim that are shown under a question; the rest is in the commit.
const CLAIM_LINES: usize = 4;

/// Everything that the pane of the questions shows.
#[must_use]
pub fn lines(review: &Review, facts: &Facts<'_>) -> Vec<Line> {
    let mut out = Vec::new();
    for (number, question) in Question::ALL.into_iter().enumerate() {
        if number > 0 {
            out.push(Line::blank());
        }
        out.push(title(number + 1, question, facts.answers));
        match &review.opened {
            Some(opened) => says(&mut out, question, &opened.reasoning),
            None => out.push(quiet("  reading")),
        }
        found::lines(&mut out, question, review, facts);
    }
    missing(&mut out, review);
    last_time::lines(&mut out, review);
    policy(&mut out, review);
    history(&mut out, review);
    comments(&mut out, facts);
    out
}

fn title(number: usize, question: Question, mut answers: Answers) -> Line {
    let (mark, role) = match *question.of(&mut answers) {
        Answer::Open => ("[ ]", Role::Quiet),
        Answer::Yes => ("[yes]", Role::Ok),
        Answer::No => ("[no]", Role::Warn),
    };
    Line::of(Role::HintKey, number.to_string())
        .then(Role::Heading, format!(" {:<20}", question.name()))
        .then(role, mark)
}

pub(super) fn quiet(text: &str) -> Line {
    Line::of(Role::Quiet, text).hanging(8)
}

fn says(out: &mut Vec<Line>, question: Question, reasoning: &Reasoning) {
    let claims: Vec<String> = match question {
        Question::Necessary => reasoning.why.iter().cloned().collect(),
        Question::RightFix => {
            reasoning.what.iter().cloned().chain(reasoning.confidence.as_ref().map(confidence)).collect()
        }
        Question::RightTime | Question::Strategy => Vec::new(),
        Question::WayBack => {
            reasoning.impact.iter().map(|i| format!("impact: {i}")).chain(reasoning.rollback.clone()).collect()
        }
    };
    for claim in claims {
        let (lines, more) = claim_lines(&claim, CLAIM_LINES);
        for (at, line) in lines.iter().enumerate() {
            let label = if at == 0 { "  says  " } else { "        " };
            out.push(Line::of(Role::Quiet, label).then(Role::Claim, single_line(line)).hanging(8));
        }
        if more {
            out.push(quiet("        … goes on in the commit message"));
        }
    }
}

/// What an agent says about how sure it is: `confidence 0.92, from metrics, 7 days`.
#[must_use]
pub fn confidence(confidence: &Confidence) -> String {
    let value = confidence.value.map_or_else(
        || "in words only".to_owned(),
        |value| match value {
            // Never more than is claimed.
            0.995..1.0 => "above 0.99".to_owned(),
            _ => format!("{value:.2}"),
        },
    );
    let basis = single_line(&confidence.basis);
    if basis.is_empty() { format!("confidence {value}") } else { format!("confidence {value}, from {basis}") }
}

fn missing(out: &mut Vec<Line>, review: &Review) {
    let Some(opened) = &review.opened else { return };
    let parts: Vec<String> = opened.reasoning.missing.iter().map(Part::to_string).collect();
    if parts.is_empty() {
        return;
    }
    out.push(Line::blank());
    let text =
        if parts.len() == Part::ALL.len() { "nothing that can be told apart".to_owned() } else { parts.join(", ") };
    let verb = if parts.len() == Part::ALL.len() { "the agent says " } else { "the agent does not say " };
    out.push(Line::of(Role::Warn, "? ").then(Role::Found, verb).then(Role::Found, text).hanging(2));
}

fn policy(out: &mut Vec<Line>, review: &Review) {
    let ruling = &review.queued.standing.ruling;
    out.push(Line::blank());
    out.push(
        Line::of(Role::Heading, "POLICY")
            .then(Role::Quiet, format!("  {}, {} reasons", ruling.tier, ruling.reasons.len())),
    );
    for reason in &ruling.reasons {
        let (word, role) = effect(reason.effect);
        out.push(
            Line::of(role, format!("  {word:<8}"))
                .then(Role::Found, because(reason))
                .then(Role::Quiet, format!("  {}", reason.at))
                .hanging(10),
        );
    }
}

/// The word for what a reason does, and how it is drawn.
#[must_use]
pub const fn effect(effect: Effect) -> (&'static str, Role) {
    match effect {
        Effect::Tier => ("tier", Role::Quiet),
        Effect::Deny => ("denies", Role::Warn),
        Effect::Needs => ("needs", Role::People),
        Effect::Error => ("error", Role::Error),
        Effect::Builtin => ("always", Role::Quiet),
    }
}

/// What a reason says, without the word that stands before it already.
#[must_use]
pub fn because(reason: &Reason) -> String {
    let text = single_line(&reason.text);
    let word = effect(reason.effect).0;
    text.strip_prefix(word).map_or_else(|| text.clone(), |rest| rest.trim_start_matches([':', ' ']).to_owned())
}

/// Earlier changes that the pane lists; the page of the history has them all.
const PAST: usize = 3;

fn history(out: &mut Vec<Line>, review: &Review) {
    let provenance = review.opened.as_ref().and_then(|opened| opened.evidence.provenance.found());
    let Some(past) = provenance.map(|provenance| &provenance.files) else { return };
    if past.is_empty() {
        return;
    }
    out.push(Line::blank());
    out.push(Line::of(Role::Heading, "CHANGED BEFORE").then(Role::Quiet, format!("  {}", count(past.len(), "commit"))));
    for change in past.iter().take(PAST) {
        out.push(
            Line::of(Role::Quiet, format!("  {}  ", change.commit.short(7)))
                .then(Role::Found, single_line(&change.subject))
                .hanging(11),
        );
    }
}

fn comments(out: &mut Vec<Line>, facts: &Facts<'_>) {
    if facts.comments.is_empty() {
        return;
    }
    out.push(Line::blank());
    out.push(
        Line::of(Role::Heading, "YOUR COMMENTS").then(Role::Quiet, "  they travel with a rejection or a question"),
    );
    for comment in facts.comments {
        let file = comment.file.rsplit('/').next().unwrap_or_default();
        out.push(
            Line::of(Role::Quiet, format!("  {file}:{}  ", comment.line))
                .then(Role::Text, single_line(&comment.text))
                .hanging(4),
        );
    }
}

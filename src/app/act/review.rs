//! What the actions do in an opened proposal.

use crate::app::actions::Action;
use crate::app::geometry::{Pane, ReviewAreas, WIDE};
use crate::app::prose;
use crate::app::queue::{Entry, Row};
use crate::app::review::{self, Around, Facts, Question, Review, next_answer, next_unseen};
use crate::app::sheet::{CommentSheet, Sheet};
use crate::app::status::Status;
use crate::app::{App, Command, pages};
use crate::diff::fold_key;
use crate::engine::Snapshot;
use crate::model::{Answer, Queued};

impl App {
    pub(in crate::app) fn act_review(&mut self, action: Action) -> Vec<Command> {
        match action {
            Action::Close => return self.close_review(),
            Action::NextPane => self.next_pane(true),
            Action::PreviousPane => self.next_pane(false),
            Action::NextProposal => return self.open_neighbour(1),
            Action::PreviousProposal => return self.open_neighbour(-1),
            Action::Files => self.toggle_files(),
            Action::History => self.show(pages::history(self)),
            Action::Cost => self.show(review::found_pages::cost(self)),
            Action::Reach => self.show(review::found_pages::reach(self)),
            Action::Told => self.show(review::told::page(self)),
            Action::Incidents => self.show(review::last_time::page(self)),
            Action::ReadOn => self.read_on(),
            Action::Refresh => return self.reopen(),
            Action::Find => self.find(),
            Action::Comment => self.comment(),
            _ => match question_of(action) {
                Some(question) => return self.answer(question),
                None if self.move_in_pane(action) || self.move_in_diff(action) => {}
                None => return self.act_anywhere(action),
            },
        }
        Vec::new()
    }

    /// Closes what is on top of the review first: the files over the diff; then the review.
    fn close_review(&mut self) -> Vec<Command> {
        if let Some(review) = &mut self.review
            && review.pane == Pane::Files
        {
            review.pane = Pane::Diff;
            return Vec::new();
        }
        self.review = None;
        self.show_preview();
        match self.parked.take() {
            Some(sheet) => self.unpark(sheet),
            None => Vec::new(),
        }
    }

    /// Reads the proposal again as it is now.
    fn reopen(&mut self) -> Vec<Command> {
        let mut commands = self.refresh();
        let Some(review) = &self.review else { return commands };
        let (queued, short) = match self.queue.find(&review.subject.name()) {
            Some(entry) => (entry.queued.clone(), entry.short.clone()),
            None => (review.queued.clone(), review.short.clone()),
        };
        commands.extend(self.open(queued, short));
        commands
    }

    fn open_neighbour(&mut self, by: isize) -> Vec<Command> {
        let before = self.queue.cursor();
        self.queue.step(by);
        let Some(entry) = self.queue.current().filter(|_| self.queue.cursor() != before) else {
            self.status = Some(Status::plain(if by > 0 { "this is the last one" } else { "this is the first one" }));
            return Vec::new();
        };
        let (queued, short) = (entry.queued.clone(), entry.short.clone());
        self.open(queued, short)
    }

    fn next_pane(&mut self, forward: bool) {
        let wide = self.screen.width >= WIDE;
        let Some(review) = &mut self.review else { return };
        review.pane = match (review.pane, forward) {
            (Pane::Diff, true) | (Pane::Files, false) if wide || review.pane == Pane::Diff => Pane::Questions,
            (Pane::Questions, true) | (Pane::Diff, false) if wide => Pane::Files,
            (Pane::Diff, false) => Pane::Questions,
            _ => Pane::Diff,
        };
    }

    fn toggle_files(&mut self) {
        let Some(review) = &mut self.review else { return };
        review.pane = if review.pane == Pane::Files { Pane::Diff } else { Pane::Files };
    }

    /// Rows of the diff.
    pub(in crate::app) fn diff_height(&self) -> usize {
        let pane = self.review.as_ref().map_or(Pane::Diff, |review| review.pane);
        usize::from(ReviewAreas::of(self.screen, pane).diff.height).max(1)
    }

    /// Actions that move in the pane with the focus; says whether this is one.
    fn move_in_pane(&mut self, action: Action) -> bool {
        let Some(review) = &self.review else { return false };
        let pane = review.pane;
        let areas = ReviewAreas::of(self.screen, pane);
        let height = match pane {
            Pane::Diff => areas.diff.height,
            Pane::Questions => areas.questions.height,
            Pane::Files => areas.files.height,
        };
        let page = isize::try_from(height.max(2) - 1).unwrap_or(isize::MAX);
        let by = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::HalfPageDown => (page / 2).max(1),
            Action::HalfPageUp => -(page / 2).max(1),
            Action::PageDown => page,
            Action::PageUp => -page,
            Action::Top => isize::MIN,
            Action::Bottom => isize::MAX,
            _ => return false,
        };
        match pane {
            Pane::Diff => self.step_in_diff(by),
            Pane::Questions => self.scroll_questions(by),
            Pane::Files => self.step_in_files(by),
        }
        true
    }

    fn step_in_diff(&mut self, by: isize) {
        let Some(review) = &mut self.review else { return };
        match by {
            isize::MAX => review.to_bottom(),
            _ => review.step(by),
        }
    }

    fn scroll_questions(&mut self, by: isize) {
        let Some(review) = &self.review else { return };
        let area = ReviewAreas::of(self.screen, review.pane).questions;
        let lines = review::lines(review, &self.facts(review));
        let rows = prose::height(&lines, usize::from(area.width.saturating_sub(2)));
        let last = rows.saturating_sub(usize::from(area.height.saturating_sub(1)));
        if let Some(review) = &mut self.review {
            review.questions_top = review.questions_top.saturating_add_signed(by).min(last);
        }
    }

    fn step_in_files(&mut self, by: isize) {
        let Some(review) = &mut self.review else { return };
        let Some(document) = review.document() else { return };
        let last = document.files().len().saturating_sub(1);
        let file = review.file.saturating_add_signed(by).min(last);
        let row = document.header_of(file);
        review.show(row, 0);
    }

    /// Actions that mean the diff, whichever pane has the focus; says whether this is one.
    fn move_in_diff(&mut self, action: Action) -> bool {
        let height = self.diff_height();
        let Some(review) = &mut self.review else { return false };
        let Some(document) = review.document() else { return false };
        let from = review.cursor();
        let (target, what) = match action {
            Action::NextHunk => (document.next_hunk(from), "hunk"),
            Action::PreviousHunk => (document.prev_hunk(from), "hunk"),
            Action::NextFile => (document.next_file(from), "file"),
            Action::PreviousFile => (document.prev_file(from), "file"),
            Action::NextMatch => (document.find(review.search.as_str().into(), from, true), "match"),
            Action::PreviousMatch => (document.find(review.search.as_str().into(), from, false), "match"),
            _ => return self.change_diff(action),
        };
        match target {
            Some(row) => review.show(row, height),
            None => self.status = Some(Status::plain(format!("no other {what}"))),
        }
        true
    }

    /// Actions that change which part of the diff is shown; says whether this is one.
    fn change_diff(&mut self, action: Action) -> bool {
        let Some(review) = &mut self.review else { return false };
        match action {
            Action::Left => review.sideways(false),
            Action::Right => review.sideways(true),
            Action::MoreContext => review.more_context(),
            Action::LessContext => review.less_context(),
            Action::Fold => review.toggle_file(),
            Action::Open if review.pane == Pane::Files => review.pane = Pane::Diff,
            Action::Open => {
                if !review.open_here() {
                    self.status = Some(Status::plain("nothing folded here"));
                }
            }
            _ => return false,
        }
        true
    }

    /// Goes to the next change that was not seen, then to the first question that is open.
    fn read_on(&mut self) {
        let height = self.diff_height();
        let Some(review) = &mut self.review else { return };
        let Some(opened) = &review.opened else { return };
        let in_view = review.top()..(review.top() + height).min(opened.document.row_count());
        let goes_on = self.desk.seen(&review.subject).and_then(|seen| seen.goes_on(&opened.document, in_view));
        if let Some(column) = goes_on {
            review.pane = Pane::Diff;
            review.scroll_to_column(column);
            self.status = Some(Status::plain(format!("long lines go on here, from column {}", column + 1)));
            return;
        }
        let unseen = self
            .desk
            .seen(&review.subject)
            .map_or(Some(0), |seen| next_unseen(&opened.document, seen, review.top() + height));
        if let Some(row) = unseen {
            if opened.document.is_folded(opened.document.file_of(row).unwrap_or(0)) {
                review.go_to(row);
                review.toggle_file();
            }
            review.pane = Pane::Diff;
            review.scroll_to_column(0);
            review.show(row, height);
            return;
        }
        let mut answers = self.desk.answers(&review.subject);
        let open = Question::ALL.iter().position(|question| *question.of(&mut answers) == Answer::Open);
        self.status = Some(match open {
            Some(at) => {
                review.pane = Pane::Questions;
                Status::plain(format!(
                    "every change was seen; question {} is open: {}",
                    at + 1,
                    Question::ALL[at].name()
                ))
            }
            None => Status::done("every change was seen and every question is answered"),
        });
    }

    fn answer(&mut self, question: Question) -> Vec<Command> {
        let Some(review) = &self.review else { return Vec::new() };
        let mut draft = self.desk.draft(&review.subject);
        let answer = question.of(&mut draft.answers);
        *answer = next_answer(*answer);
        self.desk.keep(draft).into_iter().collect()
    }

    fn comment(&mut self) {
        let Some(review) = &self.review else { return };
        let Some((mut comment, line)) = review.comment_here() else {
            self.status = Some(Status::plain("a comment is on a line: go to one"));
            return;
        };
        let draft = self.desk.draft(&review.subject);
        let same = |other: &&crate::model::Comment| {
            (&other.file, other.side, other.line) == (&comment.file, comment.side, comment.line)
        };
        if let Some(before) = draft.comments.iter().find(same) {
            comment.text.clone_from(&before.text);
        }
        self.sheet = Some(Sheet::Comment(Box::new(CommentSheet::new(comment, line))));
    }

    /// What the rest of the console knows about the opened proposal.
    #[must_use]
    pub(crate) fn facts<'a>(&'a self, review: &'a Review) -> Facts<'a> {
        Facts {
            answers: self.desk.answers(&review.subject),
            comments: self.desk.comments(&review.subject),
            target: &self.here().target,
            merge: self.here().merge,
            priorities: self.here().priorities.as_deref(),
            now: self.now,
        }
    }

    /// Finds what stands around the opened proposal in the list: once a change of the list, not once a frame.
    pub(in crate::app) fn look_around(&mut self) {
        self.refresh_standing();
        let Some(review) = &self.review else { return };
        let name = review.subject.name();
        // Files of the same name in two repositories are not the same file.
        let other = |entry: &&Entry| entry.name.repo == name.repo && entry.name != name && entry.gone.is_none();
        let others = || self.queue.entries().iter().filter(other);
        // The same contents, not only the same kind of thing.
        let own = review.queued.proposal.diff().map(|diff| (diff.files.len(), fold_key(diff)));
        let same = |entry: &Entry| match (&own, entry.queued.proposal.diff()) {
            (Some((files, own)), Some(diff)) => diff.files.len() == *files && fold_key(diff) == *own,
            _ => false,
        };
        let (twins, rest): (Vec<&Entry>, Vec<&Entry>) = others().partition(|entry| same(entry));
        let rows = self.queue.rows().iter().filter(|row| matches!(row, Row::One(_) | Row::Fold { .. }));
        let all: Vec<usize> = rows.flat_map(|row| row.entries().iter().copied()).collect();
        let here = all.iter().position(|at| self.queue.entries()[*at].name == name);
        let around = Around {
            twins: twins.into_iter().map(|entry| entry.short.clone()).collect(),
            neighbours: rest
                .into_iter()
                .filter(|entry| touch(&entry.queued, &review.queued))
                .map(|entry| entry.short.clone())
                .collect(),
            place: here.map(|at| (at + 1, all.len())),
            stale: stale(self.here(), review),
        };
        if let Some(review) = &mut self.review {
            review.around = around;
        }
    }
}

impl App {
    /// Takes what the latest snapshot says of the opened round: who approved it meanwhile, what policy says now.
    fn refresh_standing(&mut self) {
        let Some(review) = &mut self.review else { return };
        if let Some(queued) = self.queue.repos().queue().find(|queued| queued.proposal.subject() == review.subject)
            && review.queued != *queued
        {
            review.queued = queued.clone();
        }
    }
}

const fn question_of(action: Action) -> Option<Question> {
    Some(match action {
        Action::AnswerNecessary => Question::Necessary,
        Action::AnswerRightFix => Question::RightFix,
        Action::AnswerRightTime => Question::RightTime,
        Action::AnswerStrategy => Question::Strategy,
        Action::AnswerWayBack => Question::WayBack,
        _ => return None,
    })
}

/// What the latest snapshot says of the round that is open.
fn stale(snapshot: &Snapshot, review: &Review) -> Option<&'static str> {
    match snapshot.queue.iter().find(|queued| queued.proposal.name() == review.subject.name()) {
        None => Some("it is no longer in the queue"),
        Some(queued) if queued.proposal.head != review.subject.head => Some("a newer round is there"),
        Some(_) => None,
    }
}

/// Whether two proposals change the same file. Both lists are sorted by path.
fn touch(one: &Queued, other: &Queued) -> bool {
    let (Some(one), Some(other)) = (one.proposal.diff(), other.proposal.diff()) else { return false };
    let (short, long) = if one.files.len() < other.files.len() { (one, other) } else { (other, one) };
    short.files.iter().any(|file| long.files.binary_search_by(|probe| probe.path.cmp(&file.path)).is_ok())
}

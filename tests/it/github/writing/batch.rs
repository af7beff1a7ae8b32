//! A batch that is cut anywhere is resumed where it stopped, and nothing is posted twice.

use countersign::engine::PostOrder;
use countersign::io::github::post_all;
use countersign::ledger::EntryKind;
use countersign::model::EntryId;

use super::{
    ALWAYS, GitHub, Proposed, REVIEW, Repo, SHOP, Sandbox, Signed, client, forge, maria, pulls, question, rejection,
};
use crate::support::github::{Fault, Pull, Wrong};

/// Pull requests of the batch.
const PULLS: usize = 17;
/// Posts of the batch: 12 approvals of what takes two persons, 2 with a merge, a rejection that closes, a hold and a question.
const POSTS: usize = 20;

struct Batch {
    ledger: Signed,
    entries: Vec<EntryId>,
    pulls: Vec<Proposed>,
}

impl Batch {
    fn new(github: &GitHub, repo: &Repo<'_>) -> Self {
        let pulls = pulls(github, repo, PULLS, 12);
        let mut ledger = Signed::new();
        let entries = vec![
            ledger.decide(EntryKind::Approve, &pulls[..14], &|_| ()),
            ledger.decide(EntryKind::Reject, &pulls[14..15], &rejection),
            ledger.decide(EntryKind::Hold, &pulls[15..16], &question),
            ledger.decide(EntryKind::Ask, &pulls[16..], &question),
        ];
        Self { ledger, entries, pulls }
    }

    /// The orders as whoever opens the console next would have them.
    fn orders(&self, github: &GitHub) -> Vec<PostOrder> {
        let mut world = github.world();
        let open: Vec<Proposed> =
            self.pulls.iter().filter(|pull| world.pull("acme/shop", pull.number).open).cloned().collect();
        drop(world);
        self.entries.iter().flat_map(|id| self.ledger.posts(*id, &SHOP, &open).orders).collect()
    }
}

/// Posts all, and answers how many were made now, and how many were not.
fn run(github: &GitHub, orders: &[PostOrder]) -> (usize, usize) {
    let (mut made, mut refused) = (0, 0);
    post_all(&client(github), &maria(), orders, ALWAYS, &mut |_| Ok(()), &mut |_, outcome| match outcome {
        Ok(posted) => made += usize::from(!posted.before),
        Err(_) => refused += 1,
    });
    (made, refused)
}

/// Everything that was posted: reviews, comments, merges and closings.
fn posted(github: &GitHub) -> usize {
    let mut world = github.world();
    let of = |pull: &mut Pull| pull.reviews.len() + pull.comments.len() + usize::from(!pull.open);
    (1..=PULLS as u64).map(|number| of(world.pull("acme/shop", number))).sum()
}

#[test]
fn a_batch_that_is_cut_after_any_request_is_resumed_and_posts_nothing_twice() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let batch = Batch::new(&github, &repo);
    let (main, fresh) = (repo.rev("main"), github.world().repos["acme/shop"].pulls.clone());
    let whole = batch.orders(&github);
    assert_eq!(whole.len(), POSTS);
    github.count();
    assert_eq!((run(&github, &whole), posted(&github)), ((POSTS, 0), POSTS));
    let requests: usize = github.count().values().sum();
    assert_eq!(requests, 14 * 3 + 2 * 2 + 3 + 2 + 2 * 3, "two reads at most before each write, and none after");
    for cut in 0..requests {
        github.world().repos.get_mut("acme/shop").expect("the shop").pulls.clone_from(&fresh);
        repo.git(&["update-ref", "refs/heads/main", &main]);
        // The request on which it happens has its effect or has none; after it, nothing goes through.
        let wrong = [Wrong::Lost, Wrong::Refused, Wrong::Truncated(7)][cut % 3].clone();
        github.fault(Fault::at("*", wrong).after(cut).times(1));
        github.fault(Fault::at("*", Wrong::Refused).after(cut));
        let (made, refused) = run(&github, &whole);
        assert!(refused > 0 && made + refused == POSTS, "cut after {cut}: {made} made, {refused} not");
        github.mend();
        let orders = if cut % 2 == 0 { whole.clone() } else { batch.orders(&github) };
        let (_, refused) = run(&github, &orders);
        assert_eq!((refused, posted(&github)), (0, POSTS), "cut after {cut}");
    }
}

#[test]
fn what_follows_a_post_that_was_not_made_waits_with_it() {
    let sandbox = Sandbox::new();
    let (github, repo) = forge(&sandbox);
    let batch = Batch::new(&github, &repo);
    let orders = batch.orders(&github);
    // The review of the thirteenth is refused: its merge waits, and all the others go on.
    let pending = Fault::status(REVIEW, 422, "User can only have one pending review per pull request");
    github.fault(pending.after(12).times(1));
    assert_eq!(run(&github, &orders), (POSTS - 2, 2));
    assert!(github.world().pull("acme/shop", 13).open);
    github.mend();
    // Nobody reviews his own, and policy was asked whether it may be merged all the same.
    github.world().pull("acme/shop", 13).author = "maria-k".into();
    assert_eq!(run(&github, &orders), (1, 1));
    assert!(github.world().pull("acme/shop", 13).merged.is_some());
    // A token that is refused stops all: one question is enough to know it.
    github.fault(Fault::status("*", 401, "Bad credentials"));
    github.count();
    assert_eq!(run(&github, &orders), (0, POSTS));
    assert_eq!(github.count().values().sum::<usize>(), 1);
}

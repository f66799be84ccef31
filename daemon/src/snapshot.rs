//! What is known of a repository at one state of its refs.
//!
//! A snapshot never changes; a refresh makes the next one. Answers that depend on the refs are kept
//! with it and go when it goes, so nothing mutable can outlive a push.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use modgate_common::goproxy::Request;
use modgate_common::io::reconcile::{drifted, left, overlay};
use modgate_common::io::repo::Peeled;
use modgate_common::ledger::Entry;
use modgate_common::objects::{ObjectId, Refs, Tag};
use modgate_common::resolve::State;

use crate::proxy::answer::Answer;

/// Clients can ask for any number of things: where the answers kept of one repository take more than this many
/// bytes together, they are forgotten and made again.
const MAX_BYTES: usize = 8 << 20;

/// An answer of more bytes is not kept: a go.mod may have sixteen million.
const MAX_ANSWER: usize = 1 << 20;

/// What an entry takes beside its texts.
const OVERHEAD: usize = 200;

/// See the head of the file.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The refs as git has them.
    pub refs: Arc<Refs>,
    /// What their values peel to.
    pub peeled: Peeled,
    /// The refs as answers see them, the ledger's commits in place of moved or vanished tags.
    pub state: State,
    /// How many accepted versions have lost their tag, or have it elsewhere.
    pub drift: usize,
    /// Versions whose tag is gone or elsewhere, as `M@V`, whether it was allowed or not.
    left: BTreeSet<String>,
    /// Accepted versions, as `M@V`, whose commit is not in the repository. It may come back.
    pub lost: BTreeSet<String>,
    /// Tags that could not be judged: an object was missing or damaged. They are tried again.
    pub faulty: BTreeSet<String>,
    answers: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    by_request: HashMap<Request, Answer>,
    bytes: usize,
}

impl Snapshot {
    /// The snapshot of these refs, with the entries of the repository. `is_there` says whether it still has
    /// a commit; it is asked only about those that the refs do not hold.
    pub(crate) fn new(
        refs: impl Into<Arc<Refs>>,
        peeled: Peeled,
        mut entries: Vec<Entry>,
        is_there: impl Fn(ObjectId) -> bool,
    ) -> Self {
        let refs = refs.into();
        let drift = drifted(&refs, &entries).len();
        let left = left(&refs, &entries);
        let names = left.iter().map(|entry| entry.name()).collect();
        let gone = left.iter().filter(|entry| !is_there(entry.commit));
        let lost: BTreeSet<String> = gone.map(|entry| entry.name()).collect();
        entries.retain(|entry| !lost.contains(&entry.name()));
        let state = State::new(overlay(&refs, &entries));
        let faulty = BTreeSet::new();
        let (left, answers) = (names, Mutex::default());
        Self { refs, peeled, state, drift, left, lost, faulty, answers }
    }

    /// Whether nothing has to be done for these refs.
    pub(crate) fn is_current(&self, refs: &Refs) -> bool {
        self.faulty.is_empty() && self.lost.is_empty() && *self.refs == *refs
    }

    /// Whether the tag has to be judged: it is new, has moved, or could not be judged before.
    pub(crate) fn has_to_judge(&self, name: &str, tag: &Tag) -> bool {
        self.refs.tags.get(name) != Some(tag) || self.faulty.contains(name)
    }

    /// Whether the entry was there already when this snapshot was made. What comes after it is seen in all answers at
    /// once, when the next one is published: lists are made of it.
    pub(crate) fn shows(&self, entry: &Entry) -> bool {
        let Some(tag) = &entry.tag else { return true };
        let is_here = self.refs.tags.get(tag).is_some_and(|tag| tag.peeled == entry.commit);
        (is_here && !self.faulty.contains(tag)) || self.left.contains(&entry.name())
    }

    /// An answer that was given before.
    pub(crate) fn answer(&self, request: &Request) -> Option<Answer> {
        self.lock().by_request.get(request).cloned()
    }

    /// Keeps an answer for as long as this snapshot is the newest.
    pub(crate) fn keep(&self, request: &Request, answer: &Answer) {
        if answer.bytes() > MAX_ANSWER {
            return;
        }
        let weight = |answer: &Answer| answer.bytes() + request.bytes() + OVERHEAD;
        let mut answers = self.lock();
        if answers.bytes + weight(answer) > MAX_BYTES {
            *answers = Answers::default();
        }
        let before = answers.by_request.insert(request.clone(), answer.clone());
        answers.bytes -= before.as_ref().map_or(0, weight);
        answers.bytes += weight(answer);
    }

    /// Forgets all answers: something else than a ref changed what they say.
    pub(crate) fn forget_answers(&self) {
        *self.lock() = Answers::default();
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::answer::Lifetime;

    fn request(number: usize) -> Request {
        let (module, query) = ("h.io/r".to_owned(), format!("{number}-{}", "x".repeat(1000)));
        Request::Info { module, query }
    }

    fn text(length: usize) -> Answer {
        Answer::Text(Arc::from(vec![b'x'; length]), Lifetime::Mutable)
    }

    #[test]
    fn answers_are_kept_until_they_take_too_much() {
        let snapshot = Snapshot::new(Refs::default(), Peeled::new(), Vec::new(), |_| true);
        let kept = |number| snapshot.answer(&request(number)).is_some();
        snapshot.keep(&request(0), &text(MAX_ANSWER + 1));
        assert!(!kept(0));
        for number in 0..10_000 {
            snapshot.keep(&request(number), &text(1000));
            snapshot.keep(&request(number), &text(2000));
            snapshot.keep(&request(number), &text(1000));
            assert!(kept(number));
            assert!(snapshot.lock().bytes <= MAX_BYTES);
            assert!(snapshot.lock().by_request.len() <= MAX_BYTES / 2000);
        }
        assert!(!kept(0));
        let each = request(9_999).bytes() + 1000 + OVERHEAD;
        let answers = snapshot.lock();
        assert!(answers.bytes <= answers.by_request.len() * each);
        drop(answers);
        snapshot.forget_answers();
        assert!(!kept(9_999));
        assert_eq!(snapshot.lock().bytes, 0);
    }
}

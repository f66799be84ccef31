//! What is known of a repository at one state of its refs.
//!
//! A snapshot never changes; a refresh makes the next one. Answers that depend on the refs are kept
//! with it and go when it goes, so nothing mutable can outlive a push.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use modgate_common::goproxy::Request;
use modgate_common::io::reconcile::{drifted, overlay};
use modgate_common::io::repo::Peeled;
use modgate_common::ledger::Entry;
use modgate_common::objects::{ObjectId, Refs, Tag};
use modgate_common::resolve::State;

use crate::proxy::answer::Answer;

/// Clients can ask for any number of things; more answers than this are forgotten and made again.
const MAX_ANSWERS: usize = 20_000;

/// See the head of the file.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The refs as git has them.
    pub refs: Refs,
    /// What their values peel to.
    pub peeled: Peeled,
    /// The refs as answers see them, the ledger's commits in place of moved or vanished tags.
    pub state: State,
    /// How many accepted versions have lost their tag, or have it elsewhere.
    pub drift: usize,
    /// Accepted versions, as `M@V`, whose commit is not in the repository. It may come back.
    pub lost: BTreeSet<String>,
    /// Tags that could not be judged: an object was missing or damaged. They are tried again.
    pub faulty: BTreeSet<String>,
    answers: Mutex<HashMap<Request, Answer>>,
}

impl Snapshot {
    /// The snapshot of these refs, with the entries of the repository. `is_there` says whether it still has
    /// a commit; it is asked only about those that the refs do not hold.
    pub(crate) fn new(
        refs: Refs,
        peeled: Peeled,
        mut entries: Vec<Entry>,
        is_there: impl Fn(ObjectId) -> bool,
    ) -> Self {
        let drifted = drifted(&refs, &entries);
        let drift = drifted.len();
        let gone = drifted.iter().filter(|entry| !is_there(entry.commit));
        let lost: BTreeSet<String> = gone.map(|entry| entry.name()).collect();
        entries.retain(|entry| !lost.contains(&entry.name()));
        let state = State::new(overlay(&refs, &entries));
        let faulty = BTreeSet::new();
        Self { refs, peeled, state, drift, lost, faulty, answers: Mutex::default() }
    }

    /// Whether nothing has to be done for these refs.
    pub(crate) fn is_current(&self, refs: &Refs) -> bool {
        self.faulty.is_empty() && self.lost.is_empty() && self.refs == *refs
    }

    /// Whether the tag has to be judged: it is new, has moved, or could not be judged before.
    pub(crate) fn has_to_judge(&self, name: &str, tag: &Tag) -> bool {
        self.refs.tags.get(name) != Some(tag) || self.faulty.contains(name)
    }

    /// An answer that was given before.
    pub(crate) fn answer(&self, request: &Request) -> Option<Answer> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(request).cloned()
    }

    /// Keeps an answer for as long as this snapshot is the newest.
    pub(crate) fn keep(&self, request: &Request, answer: &Answer) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MAX_ANSWERS {
            answers.clear();
        }
        answers.insert(request.clone(), answer.clone());
    }

    /// Forgets all answers: something else than a ref changed what they say.
    pub(crate) fn forget_answers(&self) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

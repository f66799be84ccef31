//! What several clients did to versions at the same time, and whether one order explains what each of them saw.
//!
//! - [`Operation`] what was asked of one version, when, and what came of it
//! - [`Recorder`] writes operations down while many threads make them
//! - [`check`] whether the operations of a version are linearizable: each seems to happen at one moment between its
//!   call and its answer, in an order in which every answer is right
//!
//! The model of a version is a register that is set once: absent, then accepted with one content, which can be
//! withdrawn and restored any number of times. A push that was refused has no effect. A push without a definite
//! answer may have its effect at any moment after its call, or never.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

mod check;

pub use check::check;

/// Which content a version has, in whatever words the test tells contents apart.
pub type Content = String;

/// What was asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// A push of this content, and its receipt.
    Pushed(Content),
    /// A push that nobody knows the outcome of.
    PushedPerhaps(Content),
    /// A push of this content that was refused, or was let in without making the version.
    Refused(Content),
    /// A push of this content that was refused because the version is taken.
    RefusedAsTaken(Content),
    /// A decision to withdraw, carried out.
    Withdrawn,
    /// A decision to restore, carried out.
    Restored,
    /// A reader was told that there is no such version.
    SawNothing,
    /// A reader got this content.
    Saw(Content),
    /// A reader was told that it is withdrawn.
    SawWithdrawn,
    /// It stood in the list.
    SawListed,
    /// It did not stand in the list.
    SawUnlisted,
}

/// One operation on one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// When it was asked, in nanoseconds.
    pub called: u64,
    /// When the answer was there.
    pub answered: u64,
    /// Who asked.
    pub client: String,
    /// What.
    pub action: Action,
}

impl Display for Operation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ms = |nanoseconds: u64| nanoseconds as f64 / 1e6;
        let Self { called, answered, client, action } = self;
        write!(f, "{:>12.3} {:>12.3} ms  {client}: {action:?}", ms(*called), ms(*answered))
    }
}

/// The operations of every version, by `M@V`.
pub type History = BTreeMap<String, Vec<Operation>>;

/// Writes a history down.
#[derive(Debug)]
pub struct Recorder {
    start: Instant,
    history: Mutex<History>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { start: Instant::now(), history: Mutex::default() }
    }
}

impl Recorder {
    /// The time of now.
    pub fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).expect("a test ends within centuries")
    }

    /// Writes down what came of an operation that was called at `called`, and is answered now.
    pub fn record(&self, version: &str, client: &str, called: u64, action: Action) {
        let operation =
            Operation { called, answered: self.now(), client: client.to_owned(), action };
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        history.entry(version.to_owned()).or_default().push(operation);
    }

    /// All that was recorded.
    pub fn history(&self) -> History {
        self.history.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes contents in other words: some clients see only what they can be told apart by.
    pub fn rename(&self, name: impl Fn(&str) -> Content) {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        for operation in history.values_mut().flatten() {
            if let Action::Saw(content) = &mut operation.action {
                *content = name(content);
            }
        }
    }

    /// Fails the test unless every version's operations are linearizable; returns how many operations there are.
    #[track_caller]
    pub fn check(&self) -> usize {
        let history = self.history();
        for (version, operations) in &history {
            if let Err(stuck) = check(operations) {
                let mut shown = operations.clone();
                shown.sort();
                let lines: Vec<_> =
                    shown.iter().map(|operation| format!("{operation}\n")).collect();
                panic!(
                    "no order explains what was seen of {version} (called, answered):\n{}stuck at\n{stuck}",
                    lines.concat()
                );
            }
        }
        history.values().map(Vec::len).sum()
    }
}

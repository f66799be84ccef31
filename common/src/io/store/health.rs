//! Why a ledger cannot be used, and what was found when it was opened.

use std::path::PathBuf;

use crate::io::journal::JournalError;
use crate::io::state_dir::StateError;
use crate::ledger::Conflict;
use crate::ledger::decision::Undecided;

/// Why the ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The change breaks a promise.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The index cannot be read or written.
    #[error("ledger index {path:?}: {reason}")]
    Index {
        /// sled's folder.
        path: PathBuf,
        /// What sled said.
        reason: String,
    },
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A newer version of modgate has written the journal.
    #[error(
        "{path:?} at byte {offset}: a newer modgate wrote what this one does not know ({what:?}); nothing was changed: run \
         that version again, or a later one"
    )]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Where the line begins.
        offset: u64,
        /// What is not known.
        what: String,
    },
    /// The decision cannot be taken.
    #[error(transparent)]
    Undecided(#[from] Undecided),
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// Neither journal nor index is complete.
    #[error(
        "the ledger is damaged, and nothing can be called accepted: {reason}; restore it from a backup, or move its \
         folder away and start again, to take in what the repositories hold now"
    )]
    Unproven {
        /// What is wrong.
        reason: String,
    },
}

/// What was found when the ledger was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It was fine, or new.
    Fine,
    /// The index was one of an earlier modgate: what it lacked was made from its entries.
    IndexExtended,
    /// The index was not complete, and was made again from the journal.
    IndexRebuilt {
        /// Where a damaged one lies.
        aside: Option<PathBuf>,
        /// What was wrong.
        reason: String,
    },
    /// The journal was not complete, and another one was made from the index.
    JournalRenewed {
        /// Where the other one lies.
        aside: Option<PathBuf>,
        /// What was wrong.
        reason: String,
    },
    /// Neither was complete: nothing can be called accepted, and nothing is recorded.
    Unproven {
        /// What is wrong.
        reason: String,
    },
}

impl Health {
    /// What was wrong; empty where nothing was.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Fine | Self::IndexExtended => String::new(),
            Self::IndexRebuilt { reason, .. } => {
                format!("the index was made again from the journal: {reason}")
            }
            Self::JournalRenewed { reason, .. } => {
                format!("the journal was made again from the index: {reason}")
            }
            Self::Unproven { reason } => format!("nothing can be called accepted: {reason}"),
        }
    }
}

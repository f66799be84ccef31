//! What can still be read of a ledger that is damaged for good, as a witness.

use super::{Files, Parts, guarded, open_index, remove_folder};
use crate::io::journal::{self, Mark};
use crate::io::state_dir::StateDir;
use crate::io::store::index::Index;
use crate::io::store::{Health, StoreError};
use crate::ledger::State;
use crate::ledger::journal::{Head, LineHash, Record};

/// A ledger that is gone for good: what can still be read serves as a witness, what is added is known to this process
/// alone, and nothing is recorded.
///
/// # Errors
/// When the folder cannot be written.
pub(in crate::io::store) fn unproven(
    state: &StateDir,
    reason: String,
) -> Result<Parts, StoreError> {
    let files = Files::of(state);
    let folder = files.index.with_extension("unproven");
    remove_folder(&folder)?;
    let (index, _) = open_index(&folder)?;
    if files.journal.exists() {
        let mut failed = Ok(());
        journal::salvage(&files.journal, |records| {
            if failed.is_ok() {
                failed = apply_unseen(&index, &records);
            }
        })?;
        failed?;
    }
    for old in [&files.stale, &files.index] {
        if old.exists()
            && let Ok((old, _)) = open_index(old)
        {
            // What it cannot tell, it cannot tell.
            let _partly = guarded(&folder, || old.dump(&mut |records| add(&index, records)));
        }
    }
    Ok(Parts { journal: None, index, health: Health::Unproven { reason } })
}

/// What an index that is not believed says besides: what is not known, and what was withdrawn.
fn add(index: &Index, records: &[Record]) -> Result<(), StoreError> {
    let mut added = Vec::new();
    for record in records {
        let is_news = match record {
            Record::Entry(entry) => {
                entry.state == State::Withdrawn
                    || index.entry(&entry.module, &entry.version)?.is_none()
            }
            _ => true,
        };
        added.extend(is_news.then(|| record.clone()));
    }
    apply_unseen(index, &added)
}

/// Applies records of no line.
pub(in crate::io::store) fn apply_unseen(
    index: &Index,
    records: &[Record],
) -> Result<(), StoreError> {
    let mark = index.mark()?;
    index.apply(records, next(mark))
}

/// The mark of a line that is nowhere.
pub(super) fn next(mark: Mark) -> Mark {
    let lines = mark.head.lines + 1;
    Mark { head: Head { lines, hash: LineHash::ZERO }, ..mark }
}

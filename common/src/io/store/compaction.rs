//! A shorter journal that goes on for a long one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use super::{Health, Store, StoreError};
use crate::io::journal::lines::Lines;
use crate::io::journal::{Journal, Mark, Sealing, seal};
use crate::ledger::journal::{Head, Record};

/// Records of a line.
const GROUP: usize = 1000;

/// How long a journal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The number of lines, and the hash of the last one.
    #[serde(flatten)]
    pub head: Head,
    /// Its length.
    pub bytes: u64,
}

impl From<Mark> for Extent {
    fn from(mark: Mark) -> Self {
        Self { head: mark.head, bytes: mark.end }
    }
}

/// What a compaction did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compacted {
    /// Where the sealed journal lies.
    pub sealed: PathBuf,
    /// The sealed journal.
    pub before: Extent,
    /// The new one.
    pub after: Extent,
}

impl Store {
    /// Seals the journal and goes on with one that holds what it comes to. The sealed one stays beside it. Whoever writes
    /// waits only while the new one is written, not while the old one is read. On return all of it is on disk; whenever
    /// this is cut short, the old journal or the new one is in its place.
    ///
    /// # Errors
    /// When the journal is damaged, or the disk fails; then it stays as it is.
    pub fn compact(&self, sealing: Sealing) -> Result<Compacted, StoreError> {
        let _alone = self.compacting.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.join("journal");
        let known = self.journal().as_ref().map(Journal::mark);
        let mut old = Lines::open(&path)?;
        let mut kept = Vec::new();
        // What is damaged must not be sealed: all of it is read, most of it without the lock.
        old.read_to(known.unwrap_or(Mark::START), |records| kept.extend(history(records)))?;
        // It would take time under the lock. Where it fails, it does so again there.
        let _early = self.index().sync();
        let mut guard = self.ready()?;
        let Some(journal) = guard.as_mut() else {
            let Health::Unproven { reason } = &self.health else {
                return Err(self.index().failure());
            };
            return Err(StoreError::Unproven { reason: reason.clone() });
        };
        journal.make_ready()?;
        let last = journal.mark();
        old.read_to(last, |records| kept.extend(history(records)))?;
        let index = self.index();
        // Whoever opens the new journal with an older index finds one that ends where the sealed journal does.
        index.sync()?;
        let (new, sealed) = seal(&path, last.head, sealing, |write| {
            let mut count = kept.len() as u64;
            kept.chunks(GROUP).try_for_each(&mut *write)?;
            index.dump(&mut |records| {
                count += records.len() as u64;
                write(records)
            })?;
            Ok::<_, StoreError>(count)
        })?;
        let after = new.mark();
        let journal = guard.insert(new);
        let applied = catch_unwind(AssertUnwindSafe(|| index.go_on(&[], after)));
        match applied.unwrap_or_else(|_| Err(index.failure())) {
            // The new journal is there, so it is true, and another index has it.
            Err(StoreError::Index { .. }) => self.mend(journal)?,
            applied => applied?,
        }
        drop(guard);
        // Then nobody needs the sealed journal to open this one. An index that fails is made again from it.
        let _later = self.index().sync();
        Ok(Compacted { sealed, before: last.into(), after: after.into() })
    }
}

/// What no index holds, and must not be lost: what was done to the ledger as a whole, and tags that moved as was allowed.
fn history(records: Vec<Record>) -> impl Iterator<Item = Record> {
    let is_history = |record: &Record| matches!(record, Record::Moved { .. } | Record::Operated(_));
    records.into_iter().filter(is_history)
}

#[cfg(test)]
mod tests;

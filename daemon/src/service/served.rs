//! What was served: accepted versions are marked, pseudo-versions are counted and kept.

use std::sync::PoisonError;

use modgate_common::io::store::StoreError;
use modgate_common::ledger::Entry;

use super::Service;
use crate::upkeep::Commits;

/// How many pseudo-versions of one repository are recorded when they are served. Anybody who may read
/// can ask for one of every commit; beyond this they are served unrecorded.
const MAX_SERVED: usize = 10_000;

impl Service {
    /// Marks a version as served before its first byte goes out: it can never be forgotten then. Not so where it was
    /// forgotten meanwhile.
    ///
    /// # Errors
    /// When the mark cannot be written.
    pub(crate) fn mark_served(&self, entry: &Entry) -> Result<bool, StoreError> {
        Ok(entry.was_served() || self.store.mark_served(entry)?)
    }

    /// Whether one more pseudo-version of this repository may be recorded; counts it if so.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(crate) fn may_record_served(&self, repository: &str) -> Result<bool, StoreError> {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        if !served.contains_key(repository) {
            served.insert(repository.to_owned(), self.store.untagged(repository)?.len());
        }
        let count = served.entry(repository.to_owned()).or_default();
        *count += usize::from(*count < MAX_SERVED);
        let may = *count < MAX_SERVED;
        if !may {
            self.metrics.served_unrecorded.inc();
        }
        Ok(may)
    }

    /// A pseudo-version of this commit was recorded: the commit is kept.
    pub(crate) fn keep_served(&self, entry: &Entry) {
        self.upkeep.changed(&entry.repository, Commits::These([entry.commit].into()));
    }
}

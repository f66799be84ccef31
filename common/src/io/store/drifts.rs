//! Where refs and ledger disagree, as the ledger remembers it.

use std::collections::BTreeSet;

use super::index::Index;
use super::{Store, StoreError};
use crate::ledger::drift::Drift;
use crate::ledger::journal::Record;

impl Store {
    /// Records what was seen, as one line, and returns what of it is new: neither a drift that is known already nor
    /// the end of none. On return it is on disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn record_drift(&self, seen: Vec<Drift>) -> Result<Vec<Drift>, StoreError> {
        let mut journal = self.ready()?;
        let mut new = Vec::new();
        for drift in seen {
            if self.is_news(&drift)? {
                new.push(drift);
            }
        }
        let records: Vec<Record> = new.iter().cloned().map(Record::Drift).collect();
        self.append_seen(&mut journal, &records)?;
        Ok(new)
    }

    /// The repositories that have entries with tags.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn repositories(&self) -> Result<BTreeSet<String>, StoreError> {
        self.read(Index::with_tags)
    }

    /// Whether this is not what is known of the version.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn is_news(&self, drift: &Drift) -> Result<bool, StoreError> {
        Ok(match self.read(|index| index.last_drift(&drift.module, &drift.version))? {
            Some(last) => !last.is_same(drift) && (last.is_open() || drift.is_open()),
            None => drift.is_open(),
        })
    }

    /// All that was seen of a version, in order.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn drifts(&self, module: &str, version: &str) -> Result<Vec<Drift>, StoreError> {
        self.read(|index| index.drifts(Some((module, version))))
    }

    /// What disagrees now, as far as it was recorded.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn open_drifts(&self) -> Result<Vec<Drift>, StoreError> {
        let mut newest: Vec<Drift> = Vec::new();
        // Those of one version follow each other, the newest last.
        for drift in self.read(|index| index.drifts(None))? {
            if newest.last().is_some_and(|last| last.name() == drift.name()) {
                newest.pop();
            }
            newest.push(drift);
        }
        newest.retain(Drift::is_open);
        Ok(newest)
    }
}

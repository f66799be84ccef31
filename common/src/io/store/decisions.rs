//! What is decided about versions after they were accepted, and that they were served.

use super::{Store, StoreError};
use crate::ledger::decision::{Decision, decide};
use crate::ledger::journal::Record;
use crate::ledger::{Entry, State};
use crate::objects::ObjectId;

/// Where the tag of a version is now.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Module path.
    pub module: &'a str,
    /// Version.
    pub version: &'a str,
    /// The commit that the tag is on.
    pub commit: ObjectId,
    /// h1 of the zip there.
    pub h1: &'a str,
    /// h1 of the go.mod there.
    pub gomod_h1: &'a str,
}

impl Store {
    /// Carries out what an administrator decided; returns the entry as it is now. On return it is on disk.
    ///
    /// # Errors
    /// [`StoreError::Undecided`] where it cannot be done; then nothing was recorded.
    pub fn decide(&self, decision: Decision) -> Result<Entry, StoreError> {
        let mut journal = self.ready()?;
        let recorded = self.index().entry(&decision.module, &decision.version)?;
        let entry = decide(recorded.as_ref(), &decision)?;
        let is_changed = recorded.as_ref() != Some(&entry);
        let mut records = vec![Record::Decided(decision)];
        records.extend(is_changed.then(|| Record::Entry(entry.clone())));
        self.append(&mut journal, &records)?;
        Ok(entry)
    }

    /// Marks an accepted version as served, once; no when it is not accepted any more, or stands for another commit by
    /// now. On return the mark is on disk, and the first byte may go out.
    ///
    /// # Errors
    /// When the disk fails; then it must not be served.
    pub fn mark_served(&self, about: &Entry) -> Result<bool, StoreError> {
        let Entry { module, version, commit, .. } = about;
        let mut journal = self.ready()?;
        let is_it = |entry: &Entry| entry.state == State::Accepted && entry.commit == *commit;
        let Some(entry) = self.index().entry(module, version)?.filter(is_it) else {
            return Ok(false);
        };
        if !entry.was_served() {
            let (module, version) = (module.clone(), version.clone());
            self.append_seen(&mut journal, &[Record::Served { module, version }])?;
        }
        Ok(true)
    }

    /// Whether any tag may move.
    pub fn has_permissions(&self) -> bool {
        self.index().has_permissions()
    }

    /// Uses a permission up: the tag of a version is on another commit, whose hashes these are. Returns the entry as it is
    /// now; `None` where there is no permission, or the content is another. On return it is on disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn follow(&self, place: &Place<'_>, time: i64) -> Result<Option<Entry>, StoreError> {
        let mut journal = self.ready()?;
        let (module, version) = (place.module, place.version);
        let Some(recorded) = self.index().entry(module, version)? else { return Ok(None) };
        let is_same = recorded.occupies() && recorded.has_hashes(place.h1, place.gomod_h1);
        if !is_same || !recorded.may_move {
            return Ok(None);
        }
        let entry = Entry { moved: Some(place.commit), may_move: false, ..recorded };
        let (module, version) = (module.to_owned(), version.to_owned());
        let moved = Record::Moved { module, version, to: place.commit, time };
        self.append_seen(&mut journal, &[moved, Record::Entry(entry.clone())])?;
        Ok(Some(entry))
    }

    /// What was decided about versions of this module, or about one of them, in order.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn decisions(
        &self,
        module: &str,
        version: Option<&str>,
    ) -> Result<Vec<Decision>, StoreError> {
        self.read(|index| index.decisions(module, version))
    }
}

//! How the files of the ledger are, and what is done about it while it is open.

use std::path::{Path, PathBuf};

use super::{Health, Store, StoreError, opening};
use crate::io::journal::{Journal, JournalError, verify_until};
use crate::io::state_dir::StateError;

impl Store {
    /// What was found when it was opened.
    pub const fn health(&self) -> &Health {
        &self.health
    }

    /// Whether what is in it was accepted. Where not, nothing is recorded.
    pub const fn is_proven(&self) -> bool {
        !matches!(self.health, Health::Unproven { .. })
    }

    /// What is wrong with the files, or was so when they were opened or before, until somebody removes what was moved
    /// aside; empty where nothing is.
    pub fn damage(&self) -> String {
        let mut words = Vec::from([self.health.words()]);
        let asides = opening::asides(&self.folder);
        if !asides.is_empty() {
            words.push(format!("moved aside: {}", asides.join(", ")));
        }
        words.retain(|words| !words.is_empty());
        words.join("; ")
    }

    /// Reads the whole journal again, and makes a new one where it is damaged; then says so.
    ///
    /// # Errors
    /// When the journal cannot be read, or no new one can be made.
    pub fn check_journal(&self) -> Result<Option<Health>, StoreError> {
        let known = self.journal().as_ref().map(Journal::mark);
        let path = self.folder.join("journal");
        let damage = match known.map(|known| verify_until(&path, known)) {
            None | Some(Ok(())) => return Ok(None),
            Some(Err(error @ JournalError::Io { .. })) => return Err(error.into()),
            Some(Err(damage)) => damage,
        };
        let mut journal = self.ready()?;
        let Some(known) = journal.as_ref().map(Journal::mark) else { return Ok(None) };
        if verify_until(&path, known).is_ok() {
            // Another journal was put in its place meanwhile.
            return Ok(None);
        }
        let reason = damage.to_string();
        let (new, aside) = opening::renew(&path, &self.index(), known.head, &reason)?;
        *journal = Some(new);
        Ok(Some(Health::JournalRenewed { aside, reason }))
    }

    /// Ends it in order: nothing is recorded any more, and the next start may believe the index.
    ///
    /// # Errors
    /// When the disk fails; then the next start makes the index again.
    pub fn close(&self) -> Result<(), StoreError> {
        let mut journal = self.journal();
        let Some(journal) = journal.as_mut() else { return Ok(()) };
        journal.stop();
        let index = self.index();
        if index.has_failed() || index.path() != self.folder.join("index") {
            // It is made again at the next start.
            return Ok(());
        }
        index.sync()?;
        let closed = self.seal.close(journal.mark().head);
        Ok(closed.map_err(|error| StateError::Io { path: self.folder.clone(), error })?)
    }

    /// Where a half-written end of the journal lies that was cut off at open, if there was one.
    pub fn torn(&self) -> Option<PathBuf> {
        self.journal().as_ref()?.torn().map(Path::to_owned)
    }
}

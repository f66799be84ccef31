//! The ledger on disk: the journal, which decides, and sled, the index over it.
//!
//! When [`Store::write`] returns, the records are in the journal and synced. The index follows in the
//! same call; where it could not, it catches up at the next open, since it holds the mark of the last
//! line that it knows. sled itself syncs nothing that we rely on. A damaged index is moved aside and
//! made again from the journal.
//!
//! One process owns a store at a time, by the lock of the state directory.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::journal::{Journal, JournalError, free_name};
use super::state_dir::{StateDir, StateError};
use crate::ledger::decision::{Decision, Undecided, decide};
use crate::ledger::journal::{Head, Record};
use crate::ledger::{Conflict, Entry, Proposal, State, merge};
use crate::objects::ObjectId;

mod import;
mod index;
mod testimony;

pub use import::Purpose;

use index::Index;

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
    /// The decision cannot be taken.
    #[error(transparent)]
    Undecided(#[from] Undecided),
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What happened to the index at open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexHealth {
    /// It was fine, or new.
    Fine,
    /// It was damaged, moved to this folder, and made again.
    Rebuilt {
        /// Where the damaged one lies.
        aside: PathBuf,
        /// What was wrong.
        reason: String,
    },
}

/// How many entries are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Module paths with accepted versions.
    pub modules: u64,
    /// Accepted or withdrawn.
    pub accepted: u64,
    /// Broken.
    pub broken: u64,
    /// Proposed and not settled.
    pub pending: u64,
}

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

/// The open ledger.
pub struct Store {
    journal: Mutex<Journal>,
    index: Index,
    health: IndexHealth,
    _lock: File,
}

impl Store {
    /// Opens the ledger below `state`, waiting for another process `attempts` times 20 ms.
    ///
    /// # Errors
    /// When it is in use, damaged, or cannot be read or written.
    pub fn open(state: &StateDir, attempts: u32) -> Result<Self, StoreError> {
        state.prepare()?;
        let lock = state.lock(attempts)?;
        match Self::open_index(state) {
            Ok((journal, index)) => {
                let journal = Mutex::new(journal);
                Ok(Self { journal, index, health: IndexHealth::Fine, _lock: lock })
            }
            Err(StoreError::Index { path, reason }) => {
                let aside = set_aside(&path)?;
                let (journal, index) = Self::open_index(state)?;
                let health = IndexHealth::Rebuilt { aside, reason };
                Ok(Self { journal: Mutex::new(journal), index, health, _lock: lock })
            }
            Err(error) => Err(error),
        }
    }

    fn open_index(state: &StateDir) -> Result<(Journal, Index), StoreError> {
        let path = state.index();
        // sled panics on some damaged files.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let index = Index::open(&path)?;
            let known = index.mark()?;
            Ok::<_, StoreError>((index, known))
        }));
        let (index, known) = match opened {
            Ok(opened) => opened?,
            Err(_) => return Err(StoreError::Index { path, reason: "sled panicked".to_owned() }),
        };
        let mut failed = Ok(());
        let journal = Journal::open(&state.journal(), known, |records, mark| {
            if failed.is_ok() {
                failed = index.apply(&records, mark);
            }
        })?;
        failed?;
        Ok((journal, index))
    }

    /// What happened to the index at open.
    pub const fn health(&self) -> &IndexHealth {
        &self.health
    }

    /// Where the journal ends.
    pub fn head(&self) -> Head {
        self.journal().mark().head
    }

    fn journal(&self) -> std::sync::MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes entries, as one line. Those that change nothing are left out; where one breaks a promise,
    /// none is written. On return the change is on disk.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where an accepted version would change.
    pub fn write(&self, entries: &[Entry]) -> Result<Vec<Entry>, StoreError> {
        self.take_in(entries, &[])
    }

    /// The same, and takes away the proposals that came true with it, all as one line.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn take_in(
        &self,
        entries: &[Entry],
        settled: &[Proposal],
    ) -> Result<Vec<Entry>, StoreError> {
        let mut journal = self.journal();
        let mut changed: Vec<Entry> = Vec::new();
        let mut owners = HashMap::new();
        // Of those that occupy their versions, the first of each.
        let mut twins: HashMap<(&str, &str), usize> = HashMap::new();
        for entry in entries {
            let name = (&*entry.module, &*entry.version);
            let recorded = match twins.get(&name) {
                Some(twin) => Some(changed[*twin].clone()),
                None => self.index.entry(&entry.module, &entry.version)?,
            };
            let new = match &recorded {
                None => Some(entry.clone()),
                Some(recorded) => merge(recorded, entry)?,
            };
            let is_first = recorded.as_ref().is_none_or(|recorded| !recorded.occupies());
            if let Some(new) = new {
                if is_first {
                    self.check_owner(&new, &mut owners)?;
                }
                if new.occupies() {
                    twins.entry(name).or_insert(changed.len());
                }
                changed.push(new);
            }
        }
        let mut records: Vec<Record> = changed.iter().cloned().map(Record::Entry).collect();
        records.extend(settlements(settled));
        self.append(&mut journal, &records)?;
        Ok(changed)
    }

    /// Refuses a first version of a module path that another repository has released versions of meanwhile: two that
    /// push at once must not share it.
    fn check_owner(
        &self,
        new: &Entry,
        owners: &mut HashMap<String, Option<String>>,
    ) -> Result<(), StoreError> {
        if !new.occupies() || new.tag.is_none() {
            return Ok(());
        }
        if !owners.contains_key(&new.module) {
            owners.insert(new.module.clone(), self.owner(&new.module)?);
        }
        match owners.get(&new.module).and_then(Option::as_ref) {
            Some(owner) if *owner != new.repository => {
                let (module, version) = (new.module.clone(), new.version.clone());
                Err(Conflict::OtherOwner { module, version, owner: owner.clone() }.into())
            }
            _ => Ok(()),
        }
    }

    /// Records what a push wants to make. On return it is on disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn propose(&self, proposals: Vec<Proposal>) -> Result<(), StoreError> {
        let records: Vec<Record> = proposals.into_iter().map(Record::Proposed).collect();
        self.append(&mut self.journal(), &records)
    }

    /// Takes proposals away that came true or never will.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn settle(&self, proposals: &[Proposal]) -> Result<(), StoreError> {
        self.append(&mut self.journal(), &settlements(proposals))
    }

    /// Drops broken entries whose refs are gone. Others are left alone.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget_broken(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let mut journal = self.journal();
        let mut records = Vec::new();
        for Entry { module, version, .. } in entries {
            if self.index.entry(module, version)?.is_some_and(|entry| !entry.occupies()) {
                let (module, version) = (module.clone(), version.clone());
                records.push(Record::Forgotten { module, version });
            }
        }
        self.append(&mut journal, &records)
    }

    /// Carries out what an administrator decided; returns the entry as it is now. On return it is on disk.
    ///
    /// # Errors
    /// [`StoreError::Undecided`] where it cannot be done; then nothing was recorded.
    pub fn decide(&self, decision: Decision) -> Result<Entry, StoreError> {
        let mut journal = self.journal();
        let recorded = self.index.entry(&decision.module, &decision.version)?;
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
        let mut journal = self.journal();
        let is_it = |entry: &Entry| entry.state == State::Accepted && entry.commit == *commit;
        let Some(entry) = self.index.entry(module, version)?.filter(is_it) else {
            return Ok(false);
        };
        if !entry.was_served() {
            let (module, version) = (module.clone(), version.clone());
            self.append(&mut journal, &[Record::Served { module, version }])?;
        }
        Ok(true)
    }

    /// Whether any tag may move.
    pub fn has_permissions(&self) -> bool {
        self.index.has_permissions()
    }

    /// Uses a permission up: the tag of a version is on another commit, whose hashes these are. Returns the entry as it is
    /// now; `None` where there is no permission, or the content is another. On return it is on disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn follow(&self, place: &Place<'_>, time: i64) -> Result<Option<Entry>, StoreError> {
        let mut journal = self.journal();
        let (module, version) = (place.module, place.version);
        let Some(recorded) = self.index.entry(module, version)? else { return Ok(None) };
        let is_same = recorded.occupies() && recorded.has_hashes(place.h1, place.gomod_h1);
        if !is_same || !recorded.may_move {
            return Ok(None);
        }
        let entry = Entry { moved: Some(place.commit), may_move: false, ..recorded };
        let (module, version) = (module.to_owned(), version.to_owned());
        let moved = Record::Moved { module, version, to: place.commit, time };
        self.append(&mut journal, &[moved, Record::Entry(entry.clone())])?;
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
        self.index.decisions(module, version)
    }

    fn append(&self, journal: &mut Journal, records: &[Record]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let mark = journal.append(records)?;
        let applied = self.index.apply(records, mark);
        if applied.is_err() {
            // The next line would move the index past this one. It catches up at the next open.
            journal.stop();
        }
        applied
    }

    /// Where a half-written end of the journal lies that was cut off at open, if there was one.
    pub fn torn(&self) -> Option<PathBuf> {
        self.journal().torn().map(Path::to_owned)
    }

    /// The entry of a version.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn entry(&self, module: &str, version: &str) -> Result<Option<Entry>, StoreError> {
        self.index.entry(module, version)
    }

    /// All entries, or those of one module.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn entries(&self, module: Option<&str>) -> Result<Vec<Entry>, StoreError> {
        self.index.entries(module)
    }

    /// All entries that stand for a tag of this repository.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn entries_of(&self, repository: &str) -> Result<Vec<Entry>, StoreError> {
        self.index.tagged(&[repository, ""]).collect()
    }

    /// The entries that this tag of this repository stands for.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn tagged(&self, repository: &str, tag: &str) -> Result<Vec<Entry>, StoreError> {
        self.index.tagged(&[repository, tag, ""]).collect()
    }

    /// All proposals of a repository, or of all repositories.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn proposals(&self, repository: Option<&str>) -> Result<Vec<Proposal>, StoreError> {
        self.index.proposals(repository)
    }

    /// The proposals of one value of one ref.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn proposals_of(
        &self,
        repository: &str,
        tag: &str,
        target: ObjectId,
    ) -> Result<Vec<Proposal>, StoreError> {
        self.index.proposals_of(repository, tag, target)
    }

    /// How many proposals of a repository are not settled.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn proposed(&self, repository: &str) -> Result<usize, StoreError> {
        self.index.proposed(repository)
    }

    /// How many entries are in which state.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        self.index.counts()
    }
}

/// The end of these proposals; those of several modules in one tag end together.
fn settlements(proposals: &[Proposal]) -> Vec<Record> {
    let key = |Proposal { target, entry }: &Proposal| {
        (entry.repository.clone(), entry.tag.clone().unwrap_or_default(), *target)
    };
    let keys: BTreeSet<_> = proposals.iter().map(key).collect();
    let settled = |(repository, tag, target)| Record::Settled { repository, tag, target };
    keys.into_iter().map(settled).collect()
}

/// Moves a damaged index away, keeping it for whoever wants to look.
fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let aside = free_name(path, "damaged");
    fs::rename(path, &aside).map_err(|error| StateError::Io { path: path.to_owned(), error })?;
    Ok(aside)
}

#[cfg(test)]
mod tests;

//! The ledger on disk: the journal, which decides, and sled, the index over it.
//!
//! When [`Store::write`] returns, the records are in the journal and synced. The index follows in the
//! same call; where it could not, it catches up at the next open, since it holds the mark of the last
//! line that it knows. sled itself syncs nothing that we rely on. A damaged index is moved aside and
//! made again from the journal, a damaged journal from the index; `opening` has the table.
//!
//! One process owns a store at a time, by the lock of the state directory.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::journal::Journal;
use super::state_dir::StateDir;
use crate::ledger::journal::{Head, Record};
use crate::ledger::{Conflict, Entry, Proposal, merge};
use crate::objects::ObjectId;

mod care;
mod compaction;
mod decisions;
mod drifts;
mod health;
mod import;
mod index;
mod opening;
mod seal;
mod testimony;

pub use compaction::{Compacted, Extent};
pub use decisions::Place;
pub use health::{Health, StoreError};
pub use import::Purpose;
pub use index::Untagged;

use index::Index;
use opening::Parts;
use seal::Seal;

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

/// The open ledger.
pub struct Store {
    /// None where nothing can be recorded.
    journal: Mutex<Option<Journal>>,
    /// Replaced by another one when it fails.
    index: RwLock<Arc<Index>>,
    health: Health,
    folder: PathBuf,
    seal: Seal,
    /// Held by who replaces the journal by a compacted one.
    compacting: Mutex<()>,
    _lock: File,
}

impl Store {
    /// Opens the ledger below `state`, waiting for another process `attempts` times 20 ms. What is damaged is made
    /// again from what is not.
    ///
    /// # Errors
    /// When it is in use, damaged for good, or cannot be read or written.
    pub fn open(state: &StateDir, attempts: u32) -> Result<Self, StoreError> {
        state.prepare()?;
        let lock = state.lock(attempts)?;
        Ok(Self::of(state, lock, opening::open(state)?))
    }

    /// The same; where the ledger is damaged for good, one that holds what can still be read and records nothing.
    ///
    /// # Errors
    /// When it is in use, or cannot be read or written.
    pub fn open_even_unproven(state: &StateDir, attempts: u32) -> Result<Self, StoreError> {
        state.prepare()?;
        let lock = state.lock(attempts)?;
        let parts = match opening::open(state) {
            Err(StoreError::Unproven { reason }) => opening::unproven(state, reason)?,
            opened => opened?,
        };
        Ok(Self::of(state, lock, parts))
    }

    fn of(state: &StateDir, lock: File, Parts { journal, index, health }: Parts) -> Self {
        let folder = state.journal().parent().map(Path::to_owned).unwrap_or_default();
        let seal = Seal::of(&folder);
        if journal.is_some() {
            index.seal(seal.clone());
        }
        let index = RwLock::new(Arc::new(index));
        let (journal, compacting) = (Mutex::new(journal), Mutex::new(()));
        Self { journal, index, health, folder, seal, compacting, _lock: lock }
    }

    fn index(&self) -> Arc<Index> {
        Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The journal for a change that depends on what is recorded: an index that has failed since the last one, as on a
    /// full disk, is made again first.
    fn ready(&self) -> Result<MutexGuard<'_, Option<Journal>>, StoreError> {
        let guard = self.journal();
        if let Some(journal) = guard.as_ref()
            && self.index().has_failed()
        {
            self.mend(journal)?;
        }
        Ok(guard)
    }

    fn mend(&self, journal: &Journal) -> Result<(), StoreError> {
        let mended = Arc::new(opening::mend(&self.folder, journal)?);
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let failed = std::mem::replace(&mut *index, mended);
        drop(index);
        // Whoever still reads in it has its files open. The room is needed.
        opening::remove_folder(failed.path())
    }

    /// Reads in the index; in another one where this one fails.
    fn read<T>(&self, read: impl Fn(&Index) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let index = self.index();
        // sled panics on some damaged files.
        let done = catch_unwind(AssertUnwindSafe(|| read(&index)));
        match done.unwrap_or_else(|_| Err(index.failure())) {
            Err(StoreError::Index { .. }) if self.is_proven() => {
                drop(self.ready()?);
                read(&self.index())
            }
            done => done,
        }
    }

    /// Where the journal ends.
    pub fn head(&self) -> Head {
        self.journal().as_ref().map_or(Head::EMPTY, |journal| journal.mark().head)
    }

    fn journal(&self) -> MutexGuard<'_, Option<Journal>> {
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
        let mut journal = self.ready()?;
        let mut changed: Vec<Entry> = Vec::new();
        let mut owners = HashMap::new();
        // Of those that occupy their versions, the first of each.
        let mut twins: HashMap<(&str, &str), usize> = HashMap::new();
        for entry in entries {
            let name = (&*entry.module, &*entry.version);
            let recorded = match twins.get(&name) {
                Some(twin) => Some(changed[*twin].clone()),
                None => self.index().entry(&entry.module, &entry.version)?,
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
        self.append_seen(&mut journal, &records)?;
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
        self.append(&mut *self.ready()?, &records)
    }

    /// Takes proposals away that came true or never will.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn settle(&self, proposals: &[Proposal]) -> Result<(), StoreError> {
        self.append_seen(&mut *self.ready()?, &settlements(proposals))
    }

    /// The repositories that have broken entries.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn with_broken(&self) -> Result<BTreeSet<String>, StoreError> {
        self.read(Index::with_broken)
    }

    /// Drops all broken entries of a repository that is gone.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget_gone(&self, repository: &str) -> Result<(), StoreError> {
        let mut journal = self.ready()?;
        let names = self.index().broken(repository)?;
        let forgotten = |(module, version)| Record::Forgotten { module, version };
        let records: Vec<Record> = names.into_iter().map(forgotten).collect();
        self.append_seen(&mut journal, &records)
    }

    /// The entries of a repository that have no tag: pseudo-versions that were served.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn untagged(&self, repository: &str) -> Result<Vec<Untagged>, StoreError> {
        self.read(|index| index.untagged(repository))
    }

    /// Drops broken entries whose refs are gone. Others are left alone.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget_broken(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let mut journal = self.ready()?;
        let mut records = Vec::new();
        for Entry { module, version, .. } in entries {
            if self.index().entry(module, version)?.is_some_and(|entry| !entry.occupies()) {
                let (module, version) = (module.clone(), version.clone());
                records.push(Record::Forgotten { module, version });
            }
        }
        self.append_seen(&mut journal, &records)
    }

    fn append(&self, journal: &mut Option<Journal>, records: &[Record]) -> Result<(), StoreError> {
        let Some(journal) = journal else {
            let Health::Unproven { reason } = &self.health else { return Ok(()) };
            return Err(StoreError::Unproven { reason: reason.clone() });
        };
        if records.is_empty() {
            return Ok(());
        }
        let index = self.index();
        if index.has_failed() {
            // This line would move the index past one that it does not have.
            return Err(index.failure());
        }
        let mark = journal.append(records)?;
        let applied = catch_unwind(AssertUnwindSafe(|| index.apply(records, mark)));
        match applied.unwrap_or_else(|_| Err(index.failure())) {
            // The line is in the journal, so it is true, and another index has it.
            Err(StoreError::Index { .. }) => self.mend(journal),
            applied => applied,
        }
    }

    /// Records what the refs of a repository say. In a ledger that is damaged for good it is known to this process
    /// alone.
    fn append_seen(
        &self,
        journal: &mut Option<Journal>,
        records: &[Record],
    ) -> Result<(), StoreError> {
        if journal.is_some() {
            return self.append(journal, records);
        }
        opening::apply_unseen(&self.index(), records)
    }

    /// The entry of a version.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn entry(&self, module: &str, version: &str) -> Result<Option<Entry>, StoreError> {
        self.read(|index| index.entry(module, version))
    }

    /// All entries, or those of one module.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn entries(&self, module: Option<&str>) -> Result<Vec<Entry>, StoreError> {
        self.read(|index| index.entries(module))
    }

    /// All entries that stand for a tag of this repository.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn entries_of(&self, repository: &str) -> Result<Vec<Entry>, StoreError> {
        self.read(|index| index.tagged(&[repository, ""]).collect())
    }

    /// The entries that this tag of this repository stands for.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn tagged(&self, repository: &str, tag: &str) -> Result<Vec<Entry>, StoreError> {
        self.read(|index| index.tagged(&[repository, tag, ""]).collect())
    }

    /// All proposals of a repository, or of all repositories.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn proposals(&self, repository: Option<&str>) -> Result<Vec<Proposal>, StoreError> {
        self.read(|index| index.proposals(repository))
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
        self.read(|index| index.proposals_of(repository, tag, target))
    }

    /// How many proposals of a repository are not settled.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn proposed(&self, repository: &str) -> Result<usize, StoreError> {
        self.read(|index| index.proposed(repository))
    }

    /// How many entries are in which state.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        self.read(Index::counts)
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

#[cfg(test)]
mod formats;
#[cfg(test)]
mod tests;

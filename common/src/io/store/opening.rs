//! Opening the ledger, whatever happened to its files.
//!
//! | journal | index | then |
//! |---|---|---|
//! | fine | complete | what the index does not know yet is read |
//! | fine | complete, of an earlier modgate | the trees that it lacks are made from its entries |
//! | fine | damaged, of another layout, gone, or of another start of the machine | the index is made again |
//! | damaged, gone, or an old copy | complete | a new journal is made of what the index knows, and says so |
//! | damaged or gone | not complete | nothing can be called accepted: [`unproven`] |

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

mod unproven;

pub(super) use unproven::{apply_unseen, unproven};

use super::index::{Index, Layout};
use super::seal::{Belief, Seal};
use super::{Health, StoreError};
use crate::io::journal::{self, Ending, Journal, JournalError, Mark, free_name, lineage};
use crate::io::state_dir::{StateDir, StateError};
use crate::io::sync::sync_folder;
use crate::ledger::Entry;
use crate::ledger::journal::{Head, LineError, Record};

/// What an open ledger is made of.
pub(super) struct Parts {
    /// Nothing can be recorded without.
    pub journal: Option<Journal>,
    pub index: Index,
    pub health: Health,
}

/// Opens what is there, and mends what can be mended.
///
/// # Errors
/// [`StoreError::Unproven`] where neither journal nor index is complete; then nothing but copies was made.
pub(super) fn open(state: &StateDir) -> Result<Parts, StoreError> {
    let files = Files::of(state);
    let seal = &files.seal;
    let failed = |path: &Path, error| StateError::Io { path: path.to_owned(), error };
    files.remove_mended()?;
    let belief = seal.read().map_err(|error| failed(seal.path(), error))?;
    let had_index = files.index.exists();
    if had_index && belief.is_complete() {
        match files.open_complete(belief) {
            Ok(mut parts) => {
                if belief != Belief::ThisBoot {
                    files.sealed(Seal::open)?;
                }
                if parts.index.layout()? == Layout::Uncounted {
                    guarded(&files.index, || parts.index.count_again())?;
                    if parts.health == Health::Fine {
                        parts.health = Health::IndexExtended;
                    }
                }
                return Ok(parts);
            }
            Err(StoreError::Index { reason, .. }) => {
                let aside = files.set_index_aside()?;
                let health = Health::IndexRebuilt { aside: Some(aside), reason };
                return files.rebuild(belief, health);
            }
            Err(error) => return Err(error),
        }
    }
    let health = match belief {
        Belief::Building => Health::Fine,
        _ if had_index => {
            let reason = match belief {
                Belief::Doubtful => "it failed while it was used",
                _ => "the machine stopped while it was written",
            };
            files.set_index_by()?;
            Health::IndexRebuilt { aside: None, reason: reason.to_owned() }
        }
        Belief::Absent => Health::Fine,
        _ => Health::IndexRebuilt { aside: None, reason: "it was gone".to_owned() },
    };
    files.rebuild(belief, health)
}

struct Files {
    journal: PathBuf,
    index: PathBuf,
    /// An index that is not believed, until there is another one.
    stale: PathBuf,
    folder: PathBuf,
    root: PathBuf,
    seal: Seal,
}

impl Files {
    fn of(state: &StateDir) -> Self {
        let (journal, index) = (state.journal(), state.index());
        let folder = journal.parent().map(Path::to_owned).unwrap_or_default();
        let root = folder.parent().map(Path::to_owned).unwrap_or_default();
        let stale = index.with_extension("stale");
        let seal = Seal::of(&folder);
        Self { journal, index, stale, folder, root, seal }
    }

    /// The index is complete, so whatever the journal lacks can be taken from it.
    fn open_complete(&self, belief: Belief) -> Result<Parts, StoreError> {
        let (index, known) = open_index(&self.index)?;
        // sled makes an older or an empty index of some damaged files, without a word.
        let is_old = match belief {
            Belief::Clean(head) => head != known.head,
            _ => known == Mark::START,
        };
        if is_old {
            let reason = "it is older than it was".to_owned();
            return Err(StoreError::Index { path: self.index.clone(), reason });
        }
        if index.layout()? == Layout::Unknown {
            let reason = "another modgate wrote it, in another layout".to_owned();
            return Err(StoreError::Index { path: self.index.clone(), reason });
        }
        let opened = match read_journal(&self.journal, &index, known, Ending::Torn) {
            Err(regressed @ StoreError::Journal(JournalError::Regressed { .. })) => {
                self.open_compacted(&index, known.head).unwrap_or(Err(regressed))
            }
            opened => opened,
        };
        match opened {
            Ok(journal) => Ok(Parts { journal: Some(journal), index, health: Health::Fine }),
            Err(StoreError::Journal(error @ JournalError::Regressed { .. })) => {
                let reason = error.to_string();
                if has_more(&self.journal, known.head)? {
                    return Err(unproven_because(&format!(
                        "{reason}; some lines cannot be read, and the index has not seen all"
                    )));
                }
                let (journal, aside) = renew(&self.journal, &index, known.head, &reason)?;
                let health = Health::JournalRenewed { aside, reason };
                Ok(Parts { journal: Some(journal), index, health })
            }
            Err(StoreError::Journal(error @ JournalError::Damaged { .. })) => {
                refuse_newer(&error)?;
                Err(unproven_because(&format!("{error}, and the index has not seen that line")))
            }
            Err(error) => Err(error),
        }
    }

    /// The journal, where it was compacted and the process ended before the index was told; `None` where it is no such
    /// journal.
    fn open_compacted(&self, index: &Index, known: Head) -> Option<Result<Journal, StoreError>> {
        let go_on = |mark| {
            guarded(&self.index, || index.go_on(&[], mark))?;
            read_journal(&self.journal, index, mark, Ending::Torn)
        };
        match lineage::goes_on(&self.journal, known) {
            Ok(Some(mark)) => Some(go_on(mark)),
            // One that a newer version made is no damaged one.
            Err(error) => refuse_newer(&error).err().map(Err),
            Ok(None) => {
                lineage::led_through(&self.journal, known).is_ok_and(|led| led).then(|| {
                    let reason = "it is older than the journal".to_owned();
                    Err(StoreError::Index { path: self.index.clone(), reason })
                })
            }
        }
    }

    /// There is no index, or the beginning of one: it is made from the journal, if that is whole.
    fn rebuild(&self, belief: Belief, health: Health) -> Result<Parts, StoreError> {
        let had_journal = self.journal.exists();
        if !had_journal && self.had_ledger(belief) {
            return Err(unproven_because("the journal is gone, and there is no complete index"));
        }
        if had_journal {
            // Whoever is interrupted goes on from here.
            self.sealed(Seal::build)?;
        }
        match self.build(belief) {
            Ok((journal, index)) => {
                self.sealed(Seal::open)?;
                remove_folder(&self.stale)?;
                Ok(Parts { journal: Some(journal), index, health })
            }
            Err(StoreError::Journal(
                error @ (JournalError::Damaged { .. } | JournalError::Regressed { .. }),
            )) => {
                remove_folder(&self.index)?;
                self.sealed(|seal| seal.put_back(belief))?;
                refuse_newer(&error)?;
                Err(unproven_because(&format!("{error}, and there is no complete index")))
            }
            Err(error) => Err(error),
        }
    }

    fn build(&self, belief: Belief) -> Result<(Journal, Index), StoreError> {
        let (index, known) = match open_index(&self.index) {
            Ok((index, known)) if belief == Belief::Building => (index, known),
            opened => {
                drop(opened);
                remove_folder(&self.index)?;
                open_index(&self.index)?
            }
        };
        let journal = read_journal(&self.journal, &index, known, belief.ending())?;
        for head in self.witnesses(belief) {
            let is_seen = head == Head::EMPTY || journal.holds(head)?;
            if !is_seen && !lineage::led_through(&self.journal, head)? {
                return Err(JournalError::Regressed { path: self.journal.clone() }.into());
            }
        }
        Ok((journal, index))
    }

    /// Where the journal ended, or had been before, when something else was written: an index that is not believed has
    /// at least seen a line that was on disk.
    fn witnesses(&self, belief: Belief) -> Vec<Head> {
        let mut heads = Vec::new();
        if let Belief::Clean(head) = belief {
            heads.push(head);
        }
        if self.stale.exists()
            && let Ok((_, mark)) = open_index(&self.stale)
        {
            heads.push(mark.head);
        }
        heads
    }

    /// Whether anything says that there was a journal once.
    fn had_ledger(&self, belief: Belief) -> bool {
        // The first start may have ended before the journal was there; then the index can be anything but full.
        let knows_lines = || {
            self.stale.exists()
                && open_index(&self.stale)
                    .map_or_else(|_| holds_entries(&self.stale), |(_, mark)| mark != Mark::START)
        };
        belief != Belief::Absent || !asides(&self.folder).is_empty() || knows_lines()
    }

    fn sealed(&self, write: impl Fn(&Seal) -> std::io::Result<()>) -> Result<(), StoreError> {
        // The names of all folders too: whoever made them may have been killed before they were on disk.
        let sync = |path: &PathBuf| sync_folder(path);
        let sealed = [&self.journal, &self.folder, &self.root]
            .into_iter()
            .try_for_each(sync)
            .and_then(|()| write(&self.seal));
        sealed.map_err(|error| StateError::Io { path: self.seal.path().to_owned(), error }.into())
    }

    /// What an earlier process made for itself.
    fn remove_mended(&self) -> Result<(), StoreError> {
        let Ok(listed) = fs::read_dir(&self.folder) else { return Ok(()) };
        for entry in listed.filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with("index.mended") {
                remove_folder(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Moves a damaged index away, keeping it for whoever wants to look.
    fn set_index_aside(&self) -> Result<PathBuf, StoreError> {
        let aside = free_name(&self.index, "damaged");
        let moved = fs::rename(&self.index, &aside);
        moved.map_err(|error| StateError::Io { path: self.index.clone(), error })?;
        Ok(aside)
    }

    fn set_index_by(&self) -> Result<(), StoreError> {
        remove_folder(&self.stale)?;
        let moved = fs::rename(&self.index, &self.stale);
        Ok(moved.map_err(|error| StateError::Io { path: self.index.clone(), error })?)
    }
}

fn unproven_because(reason: &str) -> StoreError {
    StoreError::Unproven { reason: reason.to_owned() }
}

/// A line that is as it was written, and cannot be understood, is no damage.
fn refuse_newer(error: &JournalError) -> Result<(), StoreError> {
    match error {
        JournalError::Damaged { path, offset, error: LineError::Unknown(what) } => {
            let (path, what) = (path.clone(), what.clone());
            Err(StoreError::Newer { path, offset: *offset, what })
        }
        _ => Ok(()),
    }
}

/// The names of files and folders that were moved aside, in a ledger's folder.
pub(super) fn asides(folder: &Path) -> Vec<String> {
    let Ok(listed) = fs::read_dir(folder) else { return Vec::new() };
    let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_aside = |name: &String| name.contains(".damaged.") || name.contains(".torn.");
    let mut names: Vec<String> = names.filter(is_aside).collect();
    names.sort();
    names
}

/// Removes a folder, if it is there.
pub(super) fn remove_folder(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StateError::Io { path: path.to_owned(), error }.into())
        }
        _ => Ok(()),
    }
}

/// Whether there are entries in an index that cannot be opened: sled writes values as they are.
fn holds_entries(index: &Path) -> bool {
    let value = b"\"commit\":\"";
    fs::read(index.join("db")).is_ok_and(|bytes| bytes.windows(value.len()).any(|w| w == value))
}

/// sled panics on some damaged files.
fn guarded<T>(path: &Path, job: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|_| {
        Err(StoreError::Index { path: path.to_owned(), reason: "sled panicked".to_owned() })
    })
}

fn open_index(path: &Path) -> Result<(Index, Mark), StoreError> {
    guarded(path, || {
        let index = Index::open(path)?;
        let known = index.mark()?;
        Ok((index, known))
    })
}

fn read_journal(
    path: &Path,
    index: &Index,
    known: Mark,
    ending: Ending,
) -> Result<Journal, StoreError> {
    let mut failed = Ok(());
    let journal = Journal::open(path, known, ending, |records, mark| {
        if failed.is_ok() {
            failed = guarded(path, || index.apply(&records, mark));
        }
    })?;
    failed?;
    Ok(journal)
}

/// What a new index is given before it is tried: with less room it would only fail again.
const ROOM: usize = 1 << 20;

/// Another index in the place of one that failed while it was used, made from the journal. It lives as long as this
/// process: the next start makes one again.
pub(super) fn mend(folder: &Path, journal: &Journal) -> Result<Index, StoreError> {
    let probe = folder.join("probe");
    let has_room = fs::write(&probe, vec![1; ROOM]);
    let _gone = fs::remove_file(&probe);
    has_room.map_err(|error| StateError::Io { path: probe, error })?;
    let free = (1..).map(|n| folder.join(format!("index.mended.{n}"))).find(|path| !path.exists());
    let path = free.unwrap_or_else(|| folder.join("index.mended"));
    let made = open_index(&path).and_then(|(index, _)| {
        let mut failed = Ok(());
        journal.read_again(|records, mark| {
            if failed.is_ok() {
                failed = guarded(&path, || index.apply(&records, mark));
            }
        })?;
        failed.map(|()| index)
    });
    if made.is_err() {
        remove_folder(&path)?;
    }
    made
}

/// Whether a journal that cannot be read in some places had more lines than are known.
fn has_more(path: &Path, known: Head) -> Result<bool, StoreError> {
    if !path.exists() {
        return Ok(false);
    }
    let (whole, lost) = journal::salvage(path, |_| {})?;
    Ok(lost > 0 && whole + lost > known.lines)
}

/// Makes a new journal of what the index knows, and of entries in the old one that it does not.
pub(super) fn renew(
    path: &Path,
    index: &Index,
    known: Head,
    reason: &str,
) -> Result<(Journal, Option<PathBuf>), StoreError> {
    let missing = if path.exists() { missing(path, index)? } else { Vec::new() };
    let (journal, aside) = journal::replace(path, reason, known, |write| {
        guarded(path, || index.dump(&mut *write))?;
        if missing.is_empty() { Ok(()) } else { write(&missing) }
    })?;
    index.go_on(&missing, journal.mark())?;
    Ok((journal, aside))
}

/// Entries that occupy a version which the index does not have. Of several, the last one holds.
fn missing(path: &Path, index: &Index) -> Result<Vec<Record>, StoreError> {
    let mut found: Vec<Entry> = Vec::new();
    let mut failed = Ok(());
    journal::salvage(path, |records| {
        for record in records {
            let Record::Entry(entry) = record else { continue };
            let known = index.entry(&entry.module, &entry.version);
            match known.map(|known| known.is_some()) {
                Ok(true) => {}
                Ok(false) => {
                    found.retain(|old| old.name() != entry.name());
                    found.extend(Some(entry).filter(Entry::occupies));
                }
                Err(error) => failed = Err(error),
            }
        }
    })?;
    failed.map(|()| found.into_iter().map(Record::Entry).collect())
}

#[cfg(test)]
mod tests;

//! Backups of the ledger: a folder with the journal and where it ends.
//!
//! | file | holds |
//! |---|---|
//! | `journal` | the journal from its first line to the head, byte for byte |
//! | `head.json` | [`Manifest`]: lines, bytes and hash of the head, and when the backup was made |
//!
//! The journal is only ever added to, so it can be copied as far as a head while others write behind it. The head
//! is what makes a shortened backup show: every beginning of a journal is a whole journal. The index is not kept,
//! it is made from the journal. A backup is complete when its folder has its name: it is written to the side,
//! synced and renamed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::journal::lines::Lines;
use super::journal::{JournalError, Mark, free_name};
use super::state_dir::StateDir;
use super::sync::sync_folder;
use crate::ledger::journal::{Head, LineHash, Record, encode};
use crate::ledger::operation::Operation;
use crate::ledger::rfc3339;

/// The version of the layout.
const FORMAT: u32 = 1;

/// Records in a line: one is a single change of the index.
const GROUP: usize = 10_000;

/// A manifest has a few hundred bytes; more are none.
const MAX_MANIFEST: u64 = 1 << 16;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the layout.
    pub format: u32,
    /// The number of lines, and the hash of the last one.
    #[serde(flatten)]
    pub head: Head,
    /// The length of the journal.
    pub bytes: u64,
    /// When it was made, in seconds since 1970 (written as RFC 3339).
    #[serde(with = "rfc3339")]
    pub time: i64,
}

/// Why a backup cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The backup is not what was written.
    #[error("the backup in {path:?} is damaged: {reason}")]
    Damaged {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The disk failed.
    #[error("{path:?}: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The journal of the ledger cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal does not have the line that it should end with.
    #[error("{0:?} does not have the line that the ledger ends with: try again")]
    NoHead(PathBuf),
    /// A folder that no backup was written into.
    #[error("{0:?} is no backup: there is no head.json in it")]
    NoBackup(PathBuf),
    /// The folder that should hold the new one is not there.
    #[error("cannot make {0:?}: the folder above it is not there")]
    NoParent(PathBuf),
    /// Something lies in the way.
    #[error("{0:?} is there already: name a folder that is not")]
    Taken(PathBuf),
}

fn at(path: &Path) -> impl Fn(io::Error) -> BackupError {
    move |error| BackupError::Io { path: path.to_owned(), error }
}

/// Copies the journal as far as the line with this hash into a new folder. On return the backup is on disk.
///
/// # Errors
/// When the folder is there already, the journal is damaged or does not have the line, or the disk fails.
pub fn make(
    journal: &Path,
    until: LineHash,
    folder: &Path,
    time: i64,
) -> Result<Manifest, BackupError> {
    if folder.symlink_metadata().is_ok() {
        return Err(BackupError::Taken(folder.to_owned()));
    }
    let mut lines = Lines::open(journal)?;
    let side = free_name(folder, "unfinished");
    match DirBuilder::new().mode(0o700).create(&side) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(BackupError::NoParent(folder.to_owned()));
        }
        made => made.map_err(at(&side))?,
    }
    let filled = fill(&mut lines, until, &side, time);
    let made = filled.and_then(|manifest| {
        let named = fs::rename(&side, folder).and_then(|()| sync_folder(folder));
        named.map(|()| manifest).map_err(at(folder))
    });
    if made.is_err() {
        // What is half made is of use to nobody; the error is that of making it.
        let _ = fs::remove_dir_all(&side);
    }
    made
}

fn fill(
    lines: &mut Lines<BufReader<File>>,
    until: LineHash,
    side: &Path,
    time: i64,
) -> Result<Manifest, BackupError> {
    let path = side.join("journal");
    let mut out = BufWriter::new(new_file(&path)?);
    let mut line = Vec::new();
    while lines.mark().head.hash != until {
        if lines.next_into(&mut line)?.is_none() {
            return Err(BackupError::NoHead(path));
        }
        out.write_all(&line).map_err(at(&path))?;
    }
    finish(out).map_err(at(&path))?;
    let Mark { head, end: bytes, .. } = lines.mark();
    let manifest = Manifest { format: FORMAT, head, bytes, time };
    let path = side.join("head.json");
    let mut out = BufWriter::new(new_file(&path)?);
    let json = serde_json::to_vec(&manifest).map_err(|error| at(&path)(error.into()))?;
    let written = out.write_all(&json).and_then(|()| out.write_all(b"\n"));
    written.and_then(|()| finish(out)).map_err(at(&path))?;
    sync_folder(&path).map_err(at(side))?;
    Ok(manifest)
}

fn new_file(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path).map_err(at(path))
}

fn finish(mut out: BufWriter<File>) -> io::Result<()> {
    out.flush()?;
    out.get_ref().sync_all()
}

/// A backup that was opened; its content is not checked yet. It stays readable when the process gives up rights.
#[derive(Debug)]
pub struct Backup {
    folder: PathBuf,
    journal: File,
    manifest: Manifest,
}

impl Backup {
    /// Opens the backup in a folder.
    ///
    /// # Errors
    /// When it cannot be read, or what it says of itself makes no sense.
    pub fn open(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join("head.json");
        let mut json = Vec::new();
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::NoBackup(folder.to_owned()));
            }
            opened => opened.map_err(at(&path))?,
        };
        file.take(MAX_MANIFEST).read_to_end(&mut json).map_err(at(&path))?;
        let manifest: Manifest = serde_json::from_slice(&json)
            .map_err(|error| damaged(folder, format!("head.json: {error}")))?;
        if manifest.format != FORMAT {
            let reason = format!("its format is {}, a newer modgate made it", manifest.format);
            return Err(damaged(folder, reason));
        }
        let path = folder.join("journal");
        let journal = File::open(&path).map_err(at(&path))?;
        Ok(Self { folder: folder.to_owned(), journal, manifest })
    }

    /// What it says of itself.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Copies the journal to `out`, and gives its records to `each`, line by line.
    ///
    /// # Errors
    /// When it is not the journal that ends with the head of the manifest, or cannot be copied.
    pub fn copy(
        &self,
        out: &mut impl Write,
        mut each: impl FnMut(Vec<Record>),
    ) -> Result<(), BackupError> {
        let path = self.folder.join("journal");
        let mut lines = Lines::new(&path, BufReader::new(&self.journal));
        let mut line = Vec::new();
        let wrong = |reason: String| damaged(&self.folder, reason);
        loop {
            match lines.next_into(&mut line) {
                Ok(Some(records)) => each(records),
                Ok(None) => break,
                Err(JournalError::Damaged { offset, error, .. }) => {
                    return Err(wrong(format!("its journal at byte {offset}: {error}")));
                }
                Err(error) => return Err(error.into()),
            }
            out.write_all(&line).map_err(at(&path))?;
        }
        let (found, wanted) = (lines.mark().head, self.manifest.head);
        if found != wanted || lines.rest() > 0 || lines.mark().end != self.manifest.bytes {
            return Err(wrong(format!(
                "its journal has {} lines and ends with {}, where {} lines and {} were written",
                found.lines, found.hash, wanted.lines, wanted.hash
            )));
        }
        Ok(())
    }
}

fn damaged(folder: &Path, reason: String) -> BackupError {
    BackupError::Damaged { path: folder.to_owned(), reason }
}

/// A journal that waits to take the place of the ledger's. Nothing of the ledger is changed before [`Restoring::finish`].
#[derive(Debug)]
pub struct Restoring {
    journal: PathBuf,
    index: PathBuf,
    seal: PathBuf,
    side: PathBuf,
    head: Head,
}

/// Where that lies which a restored backup took the place of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// The journal, if there was one.
    pub journal: Option<PathBuf>,
    /// The index, if there was one.
    pub index: Option<PathBuf>,
}

impl Restoring {
    /// Writes the journal of a backup beside that of the ledger in `state`, whose lock the caller holds; its records
    /// go to `each`.
    ///
    /// # Errors
    /// When the backup is damaged, or the disk fails.
    pub fn begin(
        state: &StateDir,
        backup: &Backup,
        each: impl FnMut(Vec<Record>),
    ) -> Result<Self, BackupError> {
        let (journal, index) = (state.journal(), state.index());
        let side = journal.with_extension("restoring");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut out = BufWriter::new(options.open(&side).map_err(at(&side))?);
        let head = backup.manifest.head;
        let restoring = Self { journal, index, seal: state.seal(), side, head };
        let copied = backup.copy(&mut out, each);
        let copied = copied.and_then(|()| out.flush().map_err(at(&restoring.side)));
        match copied {
            Ok(()) => Ok(restoring),
            Err(error) => {
                restoring.drop_it();
                Err(error)
            }
        }
    }

    /// Takes back what [`Restoring::begin`] wrote.
    pub fn drop_it(&self) {
        // What is left is overwritten by the next one.
        let _ = fs::remove_file(&self.side);
    }

    /// Ends the journal with a line about the restoration and puts it in its place. The `unserved` versions, by module and
    /// version, count as served from now on: what was served since the backup nobody knows. What was there is kept
    /// aside; at no time is there no journal. On return all of it is on disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn finish(
        self,
        operation: Operation,
        unserved: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Aside, BackupError> {
        let failed = at(&self.side);
        let served =
            unserved.into_iter().map(|(module, version)| Record::Served { module, version });
        let mut records = [Record::Operated(operation)].into_iter().chain(served).peekable();
        let (mut lines, mut head) = (Vec::new(), self.head);
        while records.peek().is_some() {
            let group: Vec<Record> = records.by_ref().take(GROUP).collect();
            let (line, next) = encode(&head, &group).map_err(|error| failed(error.into()))?;
            lines.extend(line);
            head = next;
        }
        let mut file = OpenOptions::new().append(true).open(&self.side).map_err(&failed)?;
        file.write_all(&lines).and_then(|()| file.sync_all()).map_err(&failed)?;
        let mut aside = Aside::default();
        if self.journal.exists() {
            let name = free_name(&self.journal, "replaced");
            // A second name, so that the first one is never without a file.
            fs::hard_link(&self.journal, &name).map_err(at(&name))?;
            aside.journal = Some(name);
        }
        // What they say is of the other journal: believed beside this one, it would seem to lack lines.
        for stale in [&self.seal, &self.index.with_extension("stale")] {
            remove(stale).map_err(at(stale))?;
        }
        if self.index.exists() {
            // An index without its journal is no harm: it is made again.
            let name = free_name(&self.index, "replaced");
            fs::rename(&self.index, &name).map_err(at(&name))?;
            aside.index = Some(name);
        }
        sync_folder(&self.journal).map_err(at(&self.journal))?;
        fs::rename(&self.side, &self.journal).map_err(at(&self.journal))?;
        sync_folder(&self.journal).map_err(at(&self.journal))?;
        Ok(aside)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed
        .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests;

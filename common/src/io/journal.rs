//! The journal file: the commit point of the ledger.
//!
//! When [`Journal::append`] returns, the line is on disk and survives a power cut; the folder was
//! synced when the file was made. A line that a crash left half written at the end was never
//! acknowledged: it is moved to `journal.torn.N` and cut off. A wrong line anywhere else is damage, and
//! nothing is written to a damaged journal: `renewal` makes another one of what is known elsewhere.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::sync::sync_folder;
use crate::ledger::journal::{FORMAT, Head, LineError, Record, decode, encode, split};

pub mod lineage;
pub mod lines;
mod renewal;

pub use renewal::{Sealing, replace, salvage, seal};

/// A place between two lines of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The head there.
    pub head: Head,
    /// Where the line before it begins, in bytes.
    pub start: u64,
    /// Where the next line begins, in bytes.
    pub end: u64,
}

impl Mark {
    /// The beginning of every journal.
    pub const START: Self = Self { head: Head::EMPTY, start: 0, end: 0 };
}

/// What may follow the last whole line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A line that was never acknowledged: the machine or the process may have stopped while it was written, and blocks
    /// of one write reach the disk in any order.
    Torn,
    /// Nothing: whatever is there was acknowledged once.
    Whole,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A line is not what was written there.
    #[error("{path:?} is damaged at byte {offset}: {error}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the line begins.
        offset: u64,
        /// What is wrong.
        error: LineError,
    },
    /// The disk failed.
    #[error("{path:?}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The journal ends before a line that the index has already seen.
    #[error("{path:?} lacks lines that were there before (was an old copy restored?)")]
    Regressed {
        /// The file.
        path: PathBuf,
    },
    /// It was closed: this process is about to end.
    #[error("{path:?}: modgate is stopping")]
    Stopped {
        /// The file.
        path: PathBuf,
    },
}

/// The open journal of a ledger, owned by one process.
pub struct Journal {
    path: PathBuf,
    file: File,
    mark: Mark,
    stopped: bool,
    /// Whether what follows the mark has to be taken back.
    has_rest: bool,
    torn: Option<PathBuf>,
}

impl Journal {
    /// Opens the journal at `path`, made if need be, and gives every record behind `known` to `apply`,
    /// line by line.
    ///
    /// # Errors
    /// When the file is damaged, lacks the line at `known`, or cannot be read or written.
    pub fn open(
        path: &Path,
        known: Mark,
        ending: Ending,
        mut apply: impl FnMut(Vec<Record>, Mark),
    ) -> Result<Self, JournalError> {
        let failed = |error| JournalError::Io { path: path.to_owned(), error };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(known == Mark::START).truncate(false).mode(0o600);
        let file = options.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => JournalError::Regressed { path: path.to_owned() },
            _ => failed(error),
        })?;
        if known == Mark::START {
            // Whoever made the file may have been killed before its name was on disk.
            sync_folder(path).map_err(failed)?;
        }
        let mut journal = Self {
            path: path.to_owned(),
            file,
            mark: known,
            stopped: false,
            has_rest: false,
            torn: None,
        };
        journal.check_known()?;
        if let Some(torn) = journal.read_lines(ending, &mut apply)? {
            journal.cut(&torn)?;
        }
        if journal.mark.head.lines == 0 {
            journal.append(&[Record::Begun { format: FORMAT }])?;
            apply(Vec::new(), journal.mark);
        }
        Ok(journal)
    }

    /// Where the unacknowledged end lies that was cut off at open, if there was one.
    pub fn torn(&self) -> Option<&Path> {
        self.torn.as_deref()
    }

    /// Lets nothing be written any more in this process.
    pub const fn stop(&mut self) {
        self.stopped = true;
    }

    /// Makes the file end where the journal does; then the next line could be written, or the file sealed.
    ///
    /// # Errors
    /// When it was stopped, or the disk fails.
    pub fn make_ready(&mut self) -> Result<(), JournalError> {
        if self.stopped {
            return Err(JournalError::Stopped { path: self.path.clone() });
        }
        if self.has_rest { self.take_back() } else { Ok(()) }
    }

    /// Where the journal ends now.
    pub const fn mark(&self) -> Mark {
        self.mark
    }

    /// Whether the journal has this head, or had it before more lines came.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn holds(&self, head: Head) -> Result<bool, JournalError> {
        if head == self.mark.head {
            return Ok(true);
        }
        let mut is_there = false;
        reread(&self.path, |_, mark| is_there |= mark.head == head)?;
        Ok(is_there)
    }

    /// Writes one line. On return it is on disk.
    ///
    /// # Errors
    /// When the disk fails; then nothing was recorded.
    pub fn append(&mut self, records: &[Record]) -> Result<Mark, JournalError> {
        self.make_ready()?;
        let before = self.mark;
        let written = self
            .write(records)
            .and_then(|()| self.file.sync_data().map_err(|error| self.failed(error)));
        if let Err(error) = written {
            // After a failed sync nobody knows what is on disk, so the line is taken back; where even
            // that fails, nothing more is written before it is.
            self.mark = before;
            self.has_rest = true;
            let _later = self.take_back();
            return Err(error);
        }
        Ok(self.mark)
    }

    /// Takes a line back that failed.
    fn take_back(&mut self) -> Result<(), JournalError> {
        let undone = self.file.set_len(self.mark.end).and_then(|()| self.file.sync_data());
        undone.map_err(|error| self.failed(error))?;
        self.has_rest = false;
        Ok(())
    }

    /// Gives everything to `apply` once more, up to where the journal ends.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was written there.
    pub fn read_again(&self, mut apply: impl FnMut(Vec<Record>, Mark)) -> Result<(), JournalError> {
        let mut last = Mark::START;
        reread(&self.path, |records, mark| {
            if mark.end <= self.mark.end {
                last = mark;
                apply(records, mark);
            }
        })?;
        let is_all = last == self.mark;
        if is_all { Ok(()) } else { Err(JournalError::Regressed { path: self.path.clone() }) }
    }

    /// Writes one line, and syncs nothing.
    fn write(&mut self, records: &[Record]) -> Result<(), JournalError> {
        let (line, head) = encode(&self.mark.head, records)
            .map_err(|error| self.failed(io::Error::new(io::ErrorKind::InvalidData, error)))?;
        let written =
            self.file.seek(SeekFrom::Start(self.mark.end)).and_then(|_| self.file.write_all(&line));
        written.map_err(|error| self.failed(error))?;
        let end = self.mark.end + line.len() as u64;
        self.mark = Mark { head, start: self.mark.end, end };
        Ok(())
    }

    fn failed(&self, error: io::Error) -> JournalError {
        JournalError::Io { path: self.path.clone(), error }
    }

    /// Whether the line before the mark is still the one that was seen there.
    fn check_known(&mut self) -> Result<(), JournalError> {
        if self.mark == Mark::START {
            return Ok(());
        }
        let regressed = || JournalError::Regressed { path: self.path.clone() };
        let Mark { head, start, end } = self.mark;
        // The index is a file too: what it says may be anything, and is no reason to ask for its memory.
        let is_inside = end <= self.file.metadata().map_err(|error| self.failed(error))?.len();
        let length = end.checked_sub(start).filter(|_| is_inside).ok_or_else(regressed)?;
        let mut line = vec![0; length as usize];
        let read =
            self.file.seek(SeekFrom::Start(start)).and_then(|_| self.file.read_exact(&mut line));
        match read {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(self.failed(error)),
            Ok(()) if matches!(split(&line), Ok((hash, _)) if hash == head.hash) => Ok(()),
            _ => Err(regressed()),
        }
    }

    /// Reads what follows the mark; returns an end that is no whole line.
    fn read_lines(
        &mut self,
        ending: Ending,
        apply: &mut impl FnMut(Vec<Record>, Mark),
    ) -> Result<Option<Vec<u8>>, JournalError> {
        let failed = |error| JournalError::Io { path: self.path.clone(), error };
        let mut reader = BufReader::new(&self.file);
        reader.seek(SeekFrom::Start(self.mark.end)).map_err(failed)?;
        loop {
            let mut line = Vec::new();
            let read = reader.read_until(b'\n', &mut line).map_err(failed)? as u64;
            if read == 0 {
                return Ok(None);
            }
            let content = line.strip_suffix(b"\n");
            if content.is_none() && ending == Ending::Torn {
                return Ok(Some(line));
            }
            let decoded = content.ok_or(LineError::Unfinished);
            match decoded.and_then(|content| decode(&self.mark.head, content)) {
                Ok((records, head)) => {
                    let start = self.mark.end;
                    self.mark = Mark { head, start, end: start + read };
                    apply(records, self.mark);
                }
                // Blocks of the last write may reach the disk in any order.
                Err(LineError::NoHash | LineError::WrongHash)
                    if ending == Ending::Torn && reader.fill_buf().map_err(failed)?.is_empty() =>
                {
                    return Ok(Some(line));
                }
                Err(error) => {
                    let (path, offset) = (self.path.clone(), self.mark.end);
                    return Err(JournalError::Damaged { path, offset, error });
                }
            }
        }
    }

    /// Takes an unacknowledged end off the file and keeps it aside for whoever wants to look.
    fn cut(&mut self, torn: &[u8]) -> Result<(), JournalError> {
        let aside = free_name(&self.path, "torn");
        let cut = fs::write(&aside, torn)
            .and_then(|()| self.file.set_len(self.mark.end))
            .and_then(|()| self.file.sync_all());
        cut.map_err(|error| self.failed(error))?;
        self.torn = Some(aside);
        Ok(())
    }
}

/// Reads a whole journal, line by line, and returns where it ends. Writes nothing; a line that is just
/// being written at the end is no damage.
///
/// # Errors
/// When a line is not what was written there, or the file cannot be read.
pub fn verify(path: &Path) -> Result<Mark, JournalError> {
    reread(path, |_, _| {})
}

/// The same for a journal that is open in this process, which has written until `known` at least: up to there, nothing
/// may be torn.
///
/// # Errors
/// As [`verify`], and when the journal does not lead to `known`.
pub fn verify_until(path: &Path, known: Mark) -> Result<(), JournalError> {
    let mut is_there = known == Mark::START;
    reread(path, |_, mark| is_there |= mark == known)?;
    if is_there { Ok(()) } else { Err(JournalError::Regressed { path: path.to_owned() }) }
}

fn reread(path: &Path, mut apply: impl FnMut(Vec<Record>, Mark)) -> Result<Mark, JournalError> {
    let file =
        File::open(path).map_err(|error| JournalError::Io { path: path.to_owned(), error })?;
    let mut journal = Journal {
        path: path.to_owned(),
        file,
        mark: Mark::START,
        stopped: true,
        has_rest: false,
        torn: None,
    };
    journal.read_lines(Ending::Torn, &mut apply)?;
    Ok(journal.mark)
}

/// `path.WORD.N` with the first N that is free.
pub(super) fn free_name(path: &Path, word: &str) -> PathBuf {
    let names = (1..10_000).map(|n| path.with_extension(format!("{word}.{n}")));
    let free = names.into_iter().find(|name| !name.exists());
    free.unwrap_or_else(|| path.with_extension(word))
}

#[cfg(test)]
mod tests;

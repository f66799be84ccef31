//! The lines of a journal that is read only: of a backup, of an export, or of a ledger that another process writes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{JournalError, Mark};
use crate::ledger::journal::{Record, decode};

/// The lines of a journal, each checked against the one before.
pub struct Lines<R> {
    path: PathBuf,
    reader: R,
    mark: Mark,
    rest: u64,
}

impl Lines<BufReader<File>> {
    /// The lines of the journal at `path`.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let failed = |error| JournalError::Io { path: path.to_owned(), error };
        Ok(Self::new(path, BufReader::new(File::open(path).map_err(failed)?)))
    }

    /// Reads on as far as `mark`, and gives the records on the way to `each`. What was read ahead and may have been
    /// written anew since is read again.
    ///
    /// # Errors
    /// When the journal is damaged, does not lead to `mark`, or cannot be read.
    pub fn read_to(
        &mut self,
        mark: Mark,
        mut each: impl FnMut(Vec<Record>),
    ) -> Result<(), JournalError> {
        let sought = self.reader.seek(SeekFrom::Start(self.mark.end));
        sought.map_err(|error| self.failed(error))?;
        let mut line = Vec::new();
        while self.mark != mark {
            match self.next_into(&mut line)? {
                Some(records) => each(records),
                None => return Err(JournalError::Regressed { path: self.path.clone() }),
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Lines<R> {
    /// The lines that `reader` gives; `path` is for messages.
    pub fn new(path: &Path, reader: R) -> Self {
        Self { path: path.to_owned(), reader, mark: Mark::START, rest: 0 }
    }

    /// Reads the next line into `line`, LF included; `None` at the end, or before a last line that is not whole.
    ///
    /// # Errors
    /// When the line is not what was written there, or cannot be read.
    pub fn next_into(&mut self, line: &mut Vec<u8>) -> Result<Option<Vec<Record>>, JournalError> {
        line.clear();
        let read = self.reader.read_until(b'\n', line).map_err(|error| self.failed(error))? as u64;
        let Some(content) = line.strip_suffix(b"\n") else {
            self.rest = read;
            return Ok(None);
        };
        match decode(&self.mark.head, content) {
            Ok((records, head)) => {
                let start = self.mark.end;
                self.mark = Mark { head, start, end: start + read };
                Ok(Some(records))
            }
            Err(error) => {
                let (path, offset) = (self.path.clone(), self.mark.end);
                Err(JournalError::Damaged { path, offset, error })
            }
        }
    }

    /// Behind the last line that was read.
    pub const fn mark(&self) -> Mark {
        self.mark
    }

    /// How many bytes behind the last whole line are no line.
    pub const fn rest(&self) -> u64 {
        self.rest
    }

    fn failed(&self, error: io::Error) -> JournalError {
        JournalError::Io { path: self.path.clone(), error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::journal::{FORMAT, Head, encode};

    #[test]
    fn lines_are_read_to_the_last_whole_one() {
        let begun = vec![Record::Begun { format: FORMAT }];
        let (mut bytes, head) = encode(&Head::EMPTY, &begun).unwrap();
        let whole = bytes.len() as u64;
        let (second, _) = encode(&head, &[]).unwrap();
        bytes.extend(&second[..second.len() - 1]);
        let mut lines = Lines::new(Path::new("x"), &*bytes);
        let mut line = Vec::new();
        assert_eq!(lines.next_into(&mut line).unwrap(), Some(begun));
        assert_eq!((line.len() as u64, lines.mark().head), (whole, head));
        assert_eq!(lines.next_into(&mut line).unwrap(), None);
        assert_eq!((lines.mark().end, lines.rest()), (whole, second.len() as u64 - 1));
        bytes[80] ^= 1;
        let damaged = Lines::new(Path::new("x"), &*bytes).next_into(&mut line);
        assert!(matches!(damaged, Err(JournalError::Damaged { offset: 0, .. })));
    }
}

//! A journal that cannot be used any more: what can still be read of it, and another one in its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::{FORMAT, Journal, JournalError, Mark, free_name, sync_folder};
use crate::ledger::journal::{Head, Record, decode_alone};

/// Gives the records of every line to `apply` that is whole: what it says of its own hash and of the line before it is
/// right. Returns how many are whole, and how many are not. Writes nothing.
///
/// # Errors
/// When the file cannot be read.
pub fn salvage(
    path: &Path,
    mut apply: impl FnMut(Vec<Record>),
) -> Result<(u64, u64), JournalError> {
    let failed = |error| JournalError::Io { path: path.to_owned(), error };
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let mut before = Some(Head::EMPTY.hash);
    let (mut whole, mut lost) = (0, 0);
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok((whole, lost));
        }
        let content = line.strip_suffix(b"\n").unwrap_or(&line);
        let (claimed, records) = decode_alone(before, content);
        match records {
            Some(records) => {
                whole += 1;
                apply(records);
            }
            None => lost += 1,
        }
        before = claimed;
    }
}

/// Makes a new journal that says why it is there, fills it by `fill`, and only then puts it in the place of the one at
/// `path`, which keeps its content under another name. `known` is where that one ended, as far as is known. On return
/// all of it is on disk. Whenever this is cut short, the old journal is still in its place.
///
/// # Errors
/// When the disk fails, or `fill` does.
pub fn replace<E: From<JournalError>>(
    path: &Path,
    reason: &str,
    known: Head,
    fill: impl FnOnce(&mut dyn FnMut(&[Record]) -> Result<(), E>) -> Result<(), E>,
) -> Result<(Journal, Option<PathBuf>), E> {
    let failed = |error| JournalError::Io { path: path.to_owned(), error };
    let aside = path.exists().then(|| free_name(path, "damaged"));
    let side = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    let file = options.open(&side).map_err(failed)?;
    let path_buf = path.to_owned();
    let mut journal = Journal {
        path: path_buf,
        file,
        mark: Mark::START,
        stopped: false,
        has_rest: false,
        torn: None,
    };
    let name = |aside: &PathBuf| aside.file_name().map(|n| n.to_string_lossy().into_owned());
    let recovered = Record::Recovered {
        reason: reason.to_owned(),
        aside: aside.as_ref().and_then(name),
        head: known,
    };
    journal.write(&[Record::Begun { format: FORMAT }])?;
    journal.write(&[recovered])?;
    let filled = fill(&mut |records| Ok(journal.write(records)?)).and_then(|()| {
        put(&journal.file, &side, path, aside.as_deref()).map_err(|error| failed(error).into())
    });
    if let Err(error) = filled {
        // It would only take room.
        let _gone = fs::remove_file(&side);
        return Err(error);
    }
    Ok((journal, aside))
}

fn put(file: &File, side: &Path, path: &Path, aside: Option<&Path>) -> io::Result<()> {
    file.sync_all()?;
    if let Some(aside) = aside {
        fs::hard_link(path, aside)?;
    }
    fs::rename(side, path)?;
    sync_folder(path)
}

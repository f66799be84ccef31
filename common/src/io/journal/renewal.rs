//! Another journal in the place of one that cannot be used any more, or has grown too long; and what can still be read of
//! a damaged one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{FORMAT, Journal, JournalError, Mark, free_name};
use crate::io::sync::sync_folder;
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
    let aside = path.exists().then(|| free_name(path, "damaged"));
    let name = |aside: &PathBuf| aside.file_name().map(|n| n.to_string_lossy().into_owned());
    let recovered = Record::Recovered {
        reason: reason.to_owned(),
        aside: aside.as_ref().and_then(name),
        head: known,
    };
    let journal = supersede(path, aside.as_deref(), recovered, fill)?;
    Ok((journal, aside))
}

/// Who seals a journal, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealing {
    /// The account.
    pub by: String,
    /// When, in seconds since 1970.
    pub time: i64,
    /// Why, in one line.
    pub reason: String,
}

/// Makes a new journal that goes on for the one at `path`, which is whole and ends at `head`: it is sealed and put
/// beside. `fill` writes what it comes to, and returns how many records. On return all of it is on disk. Whenever this is
/// cut short, the old journal or the new one is in its place.
///
/// # Errors
/// When the disk fails, or `fill` does.
pub fn seal<E: From<JournalError>>(
    path: &Path,
    head: Head,
    sealing: Sealing,
    fill: impl FnOnce(&mut dyn FnMut(&[Record]) -> Result<(), E>) -> Result<u64, E>,
) -> Result<(Journal, PathBuf), E> {
    let failed = |error| JournalError::Io { path: path.to_owned(), error };
    // Whoever was killed behind the second name has left it: it is that of the present journal.
    let names = (1..10_000).map(|n| path.with_extension(format!("sealed.{n}")));
    let mut free = names.filter(|name| !name.exists() || is_same(name, path));
    let sealed = free.next().unwrap_or_else(|| path.with_extension("sealed"));
    if is_same(&sealed, path) {
        fs::remove_file(&sealed).map_err(failed)?;
    }
    let name = sealed.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Sealing { by, time, reason } = sealing;
    let compacted = Record::Compacted { sealed: name, head, by, time, reason };
    let journal = supersede(path, Some(&sealed), compacted, |write| {
        let records = fill(&mut *write)?;
        write(&[Record::Carried { records }])
    })?;
    Ok((journal, sealed))
}

/// Whether both names are of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let file = |path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    matches!((file(one), file(other)), (Ok(one), Ok(other)) if one == other)
}

/// Writes a new journal to the side, its second line being `about`, and puts it in the place of the one at `path`.
fn supersede<E: From<JournalError>>(
    path: &Path,
    aside: Option<&Path>,
    about: Record,
    fill: impl FnOnce(&mut dyn FnMut(&[Record]) -> Result<(), E>) -> Result<(), E>,
) -> Result<Journal, E> {
    let failed = |error| JournalError::Io { path: path.to_owned(), error };
    let side = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true).mode(0o600);
    let file = options.open(&side).map_err(failed)?;
    let mut journal = Journal {
        path: path.to_owned(),
        file,
        mark: Mark::START,
        stopped: false,
        has_rest: false,
        torn: None,
    };
    journal.write(&[Record::Begun { format: FORMAT }])?;
    journal.write(&[about])?;
    let filled = fill(&mut |records| Ok(journal.write(records)?)).and_then(|()| {
        put(&journal.file, &side, path, aside).map_err(|error| failed(error).into())
    });
    if let Err(error) = filled {
        // It would only take room.
        let _gone = fs::remove_file(&side);
        return Err(error);
    }
    Ok(journal)
}

fn put(file: &File, side: &Path, path: &Path, aside: Option<&Path>) -> io::Result<()> {
    file.sync_all()?;
    if let Some(aside) = aside {
        fs::hard_link(path, aside)?;
    }
    fs::rename(side, path)?;
    sync_folder(path)
}

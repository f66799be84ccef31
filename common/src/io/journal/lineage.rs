//! The journals before the present one: each compacted journal names the sealed one that it goes on for, and where that
//! one ends, so that together they are one chain. Sealed files may have been moved to an archive.

use std::path::{Path, PathBuf};

use super::lines::Lines;
use super::{JournalError, Mark, verify};
use crate::ledger::journal::{Head, Record};

/// One step back from a journal.
#[derive(Debug)]
pub struct Link {
    /// Where the journal before it was put.
    pub path: PathBuf,
    /// Where that one ends, as the journal behind it says.
    pub head: Head,
    /// Whether it is there, and is what the other says.
    pub found: Found,
}

/// What became of a sealed journal.
#[derive(Debug)]
pub enum Found {
    /// It is not there (moved to an archive?).
    Absent,
    /// It is whole and ends as it should.
    Whole,
    /// It is not what was sealed.
    Wrong(String),
}

/// The sealed journals before the one at `path`, the newest first, each read from its first line to its last. Where one is
/// not there, those before it are not known.
///
/// # Errors
/// When the beginning of the present journal cannot be read.
pub fn links(path: &Path) -> Result<Vec<Link>, JournalError> {
    let mut links: Vec<Link> = Vec::new();
    let mut present = path.to_owned();
    while let Some((sealed, head)) = before(&present)? {
        let is_known = links.iter().any(|link| link.path == sealed);
        let found = if is_known {
            Found::Wrong("it is its own past".to_owned())
        } else {
            read(&sealed, head)
        };
        let is_whole = matches!(found, Found::Whole);
        links.push(Link { path: sealed.clone(), head, found });
        if !is_whole {
            break;
        }
        present = sealed;
    }
    Ok(links)
}

fn read(sealed: &Path, head: Head) -> Found {
    if !sealed.exists() {
        return Found::Absent;
    }
    match verify(sealed) {
        Ok(mark) if mark.head == head => Found::Whole,
        Ok(Mark { head: Head { lines, hash }, .. }) => Found::Wrong(format!(
            "it has {lines} lines and ends with {hash}, where {} lines and {} were sealed",
            head.lines, head.hash
        )),
        Err(error) => Found::Wrong(error.to_string()),
    }
}

/// Whether the chain that ends in the journal at `path` leads through `head`, in a journal before it.
///
/// # Errors
/// When a journal that is there cannot be read.
pub fn led_through(path: &Path, head: Head) -> Result<bool, JournalError> {
    if let Some((Record::Recovered { head: known, .. }, _)) = second(path)?
        && known == head
    {
        // It was made of all that was known there.
        return Ok(true);
    }
    for Link { path, head: end, found } in links(path)? {
        if end == head {
            return Ok(true);
        }
        if !matches!(found, Found::Whole) {
            break;
        }
        let mut lines = Lines::open(&path)?;
        let mut line = Vec::new();
        while lines.next_into(&mut line)?.is_some() {
            if lines.mark().head == head {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Where an index that knows all until `head` can go on in the journal at `path`: behind what this took over from a
/// journal that ended there. `None` where it did not.
///
/// # Errors
/// When the journal is damaged before that place, or cannot be read.
pub fn goes_on(path: &Path, head: Head) -> Result<Option<Mark>, JournalError> {
    let Some((Record::Compacted { head: sealed, .. }, mut lines)) = second(path)? else {
        return Ok(None);
    };
    let mut line = Vec::new();
    while sealed == head
        && let Some(records) = lines.next_into(&mut line)?
    {
        if matches!(records.last(), Some(Record::Carried { .. })) {
            return Ok(Some(lines.mark()));
        }
    }
    Ok(None)
}

/// The journal that the one at `path` goes on for, and where it ends.
fn before(path: &Path) -> Result<Option<(PathBuf, Head)>, JournalError> {
    let Some((Record::Compacted { sealed, head, .. }, _)) = second(path)? else { return Ok(None) };
    // A name, and nothing that leads elsewhere.
    let name = Path::new(&sealed).file_name();
    Ok(name.map(|name| (path.with_file_name(name), head)))
}

type FileLines = Lines<std::io::BufReader<std::fs::File>>;

/// What the second line of a journal begins with, which says why the journal was made, and the lines behind it.
fn second(path: &Path) -> Result<Option<(Record, FileLines)>, JournalError> {
    let mut lines = Lines::open(path)?;
    let mut line = Vec::new();
    let (mut records, mut read) = (Vec::new(), 0);
    while read < 2
        && let Some(found) = lines.next_into(&mut line)?
    {
        records = found;
        read += 1;
    }
    let first = records.into_iter().next().filter(|_| read == 2);
    Ok(first.map(|record| (record, lines)))
}

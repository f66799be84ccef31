//! `modgate ledger import`.
//!
//! All of the file is read and checked before anything is written.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};
use modgate_common::control::{Import, PAGE_SIZE, path};
use modgate_common::io::backup::Backup;
use modgate_common::io::journal::lines::Lines;
use modgate_common::io::socket::SocketError;
use modgate_common::io::store::Purpose;
use modgate_common::ledger::decision::checked_reason;
use modgate_common::ledger::exchange::{Clash, Collected, Imported, OddRecord};
use modgate_common::ledger::operation::{Act, Operation};
use modgate_common::settings::Settings;
use serde::Serialize;

use super::decide::account;
use crate::admin::{Answer, Source, complain, print, print_json};
use crate::clock;

/// What is imported, and how.
pub(super) struct Wanted<'a> {
    /// The file.
    pub file: &'a Path,
    /// Why.
    pub reason: &'a str,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// Whether to print JSON.
    pub json: bool,
}

#[derive(Serialize)]
struct Outcome<'a> {
    dry_run: bool,
    #[serde(flatten)]
    imported: &'a Imported,
    left_out: u64,
}

/// Takes over versions; no where the ledger says something else about one.
///
/// # Errors
/// When the file is damaged or no export, or the ledger cannot be written.
pub(super) fn run(settings: &Settings, wanted: &Wanted<'_>) -> anyhow::Result<Answer> {
    let reason = match checked_reason(wanted.reason) {
        Ok(reason) => reason.to_owned(),
        Err(why) => {
            complain(&why.to_string());
            return Ok(Answer::Denied);
        }
    };
    let (versions, left_out) = read(wanted.file)?.finish();
    let by = account();
    let source = Source::open_or_begin(settings)?;
    let mut imported = Imported::default();
    for part in versions.chunks(PAGE_SIZE) {
        let by = (!wanted.dry_run).then(|| by.clone());
        let import = Import { versions: part.to_vec(), by, reason: reason.clone() };
        imported.add(send(&source, import)?);
    }
    if wanted.json {
        print_json(&Outcome { dry_run: wanted.dry_run, imported: &imported, left_out })?;
    } else {
        print(&text(wanted.dry_run, &imported, left_out))?;
    }
    Ok(if imported.clashes.is_empty() { Answer::Granted } else { Answer::Denied })
}

fn send(source: &Source, import: Import) -> anyhow::Result<Imported> {
    match source {
        Source::Daemon(client) => match client.post(path::IMPORT, &import) {
            Ok(imported) => Ok(imported),
            Err(SocketError::Refused(why)) => bail!("{why}"),
            Err(error) => Err(error.into()),
        },
        Source::Files(store) => {
            let Import { versions, by, reason } = import;
            let act = Act::Import { entries: 0 };
            let purpose = by.map_or(Purpose::Look, |by| {
                Purpose::Write(Operation { act, by, time: clock::now(), reason })
            });
            Ok(store.import(versions, purpose)?)
        }
    }
}

/// Reads a file of any kind that holds a ledger.
fn read(path: &Path) -> anyhow::Result<Collected> {
    if path.is_dir() {
        let mut collected = Collected::default();
        let mut taken = Ok(());
        Backup::open(path)?.copy(&mut std::io::sink(), |records| {
            if taken.is_ok() {
                taken = records.into_iter().try_for_each(|record| collected.take(record));
            }
        })?;
        taken.with_context(|| format!("{path:?}"))?;
        return Ok(collected);
    }
    if path == Path::new("-") {
        return read_from(path, std::io::stdin().lock());
    }
    let file = File::open(path).with_context(|| format!("{path:?}"))?;
    read_from(path, BufReader::new(file))
}

fn read_from(path: &Path, mut reader: impl BufRead) -> anyhow::Result<Collected> {
    match reader.fill_buf()?.first() {
        Some(b'{') => read_export(path, reader),
        // A line of a journal begins with a hash.
        Some(byte) if !byte.is_ascii_hexdigit() => {
            bail!("{path:?} is neither a journal nor an export")
        }
        _ => read_journal(path, reader),
    }
}

fn read_export(path: &Path, mut reader: impl BufRead) -> anyhow::Result<Collected> {
    let mut collected = Collected::default();
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        // No line of an export is longer; a file of another kind may have none at all.
        let read = reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        let taken = match line.strip_suffix(b"\n") {
            Some(content) => collected.take_line(content),
            None => Err(OddRecord::NoRecord("the line does not end".to_owned())),
        };
        taken.with_context(|| format!("{path:?} line {number}"))?;
    }
    Ok(collected)
}

/// The longest line of an export, in bytes.
const MAX_LINE: u64 = 1 << 20;

fn read_journal(path: &Path, reader: impl BufRead) -> anyhow::Result<Collected> {
    let mut collected = Collected::default();
    let mut lines = Lines::new(path, reader);
    let mut line = Vec::new();
    while let Some(records) = lines.next_into(&mut line)? {
        let taken = records.into_iter().try_for_each(|record| collected.take(record));
        taken.with_context(|| format!("{path:?} line {}", lines.mark().head.lines))?;
    }
    if lines.mark().head.lines == 0 {
        bail!("{path:?} is neither a journal nor an export");
    }
    if lines.rest() > 0 {
        complain(&format!("{path:?} ends with half a line, which nobody was told of: passed over"));
    }
    Ok(collected)
}

fn text(dry_run: bool, imported: &Imported, left_out: u64) -> String {
    let Imported { new, completed, same, clashes } = imported;
    let mut text = String::new();
    for Clash { module, version, what, recorded, imported } in clashes {
        text.push_str(&format!(
            "conflict: {module}@{version}: the {what} is {recorded:?} here, {imported:?} in the file; it stays\n"
        ));
    }
    let would = if dry_run { "would be " } else { "" };
    text.push_str(&format!(
        "{would}imported: {new}, completed: {completed}, already there: {same}, conflicts: {}, broken and left \
         out: {left_out}\n",
        clashes.len()
    ));
    text
}

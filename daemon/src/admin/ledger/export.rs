//! `modgate ledger export`.

use std::io::{BufWriter, Write};

use modgate_common::control::{PAGE_SIZE, Page, path};
use modgate_common::io::journal::lines::Lines;
use modgate_common::io::socket::{Client, SocketError};
use modgate_common::io::state_dir::StateDir;
use modgate_common::ledger::exchange::Carried;
use modgate_common::ledger::journal::{FORMAT, Record};
use modgate_common::settings::Settings;

use super::backup::head;
use crate::admin::{Answer, Source, become_caller};
use crate::cli::ExportFormat;

/// Prints the whole ledger.
///
/// # Errors
/// When the ledger cannot be read, or stdout is closed.
pub(super) fn run(settings: &Settings, format: ExportFormat) -> anyhow::Result<Answer> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match format {
        ExportFormat::Journal => journal(settings, &mut out)?,
        ExportFormat::Jsonl => lines(settings, &mut out)?,
    }
    out.flush()?;
    Ok(Answer::Granted)
}

fn journal(settings: &Settings, out: &mut impl Write) -> anyhow::Result<()> {
    let (until, path) = (head(settings)?, StateDir::new(&settings.state).journal());
    let mut lines = Lines::open(&path)?;
    let mut line = Vec::new();
    while lines.mark().head.hash != until {
        if lines.next_into(&mut line)?.is_none() {
            anyhow::bail!("{path:?} does not have the line that the ledger ends with: try again");
        }
        out.write_all(&line)?;
    }
    Ok(())
}

fn lines(settings: &Settings, out: &mut impl Write) -> anyhow::Result<()> {
    print(out, &Record::Begun { format: FORMAT })?;
    each(settings, |Carried { entry, decisions }| {
        print(out, &Record::Entry(entry))?;
        decisions.into_iter().try_for_each(|decision| print(out, &Record::Decided(decision)))
    })
}

fn print(out: &mut impl Write, record: &Record) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    Ok(out.write_all(b"\n")?)
}

/// Goes through all versions of the ledger, a page at a time: nobody else is kept from it in between.
///
/// # Errors
/// When the ledger cannot be read, or `take` fails.
pub(super) fn each(
    settings: &Settings,
    mut take: impl FnMut(Carried) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut page = Page::default();
    let mut daemon = None;
    loop {
        let versions = next(settings, &mut daemon, &page)?;
        let last = versions.last().map(|v| (v.entry.module.clone(), v.entry.version.clone()));
        let is_last = versions.len() < PAGE_SIZE;
        versions.into_iter().try_for_each(&mut take)?;
        if is_last {
            return Ok(());
        }
        page.after = last;
    }
}

/// The versions of a page, from the daemon as long as it answers.
fn next(
    settings: &Settings,
    daemon: &mut Option<Client>,
    page: &Page,
) -> anyhow::Result<Vec<Carried>> {
    if let Some(client) = daemon {
        match client.post(path::PAGE, page) {
            Err(SocketError::NoDaemon(_)) => {}
            answer => return Ok(answer?),
        }
    }
    match Source::open(settings)? {
        Source::Daemon(client) => Ok(daemon.insert(client).post(path::PAGE, page)?),
        Source::Files(store) => {
            let after = page.after.as_ref().map(|(module, version)| (&**module, &**version));
            let versions = store.carried(after, PAGE_SIZE)?;
            drop(store);
            become_caller()?;
            Ok(versions)
        }
    }
}

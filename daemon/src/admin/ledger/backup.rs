//! `modgate ledger backup` and `modgate ledger restore-backup`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;
use modgate_common::control::{Status, path};
use modgate_common::io::backup::{self, Aside, Backup, Restoring};
use modgate_common::io::journal::lines::Lines;
use modgate_common::io::socket::{Client, SocketError};
use modgate_common::io::state_dir::StateDir;
use modgate_common::ledger::decision::checked_reason;
use modgate_common::ledger::journal::{Head, LineHash, Record};
use modgate_common::ledger::operation::{Act, Operation};
use modgate_common::settings::Settings;
use modgate_common::timestamp;

use super::decide::account;
use crate::admin::{
    Answer, LIMIT, LOCK_ATTEMPTS, Source, become_caller, become_owner, complain, print,
};
use crate::clock;

/// Versions that are named one by one; more are counted.
const MAX_NAMED: usize = 20;

/// Writes a backup into a new folder.
///
/// # Errors
/// When the ledger cannot be read, or the folder cannot be written.
pub(super) fn make(settings: &Settings, folder: &Path) -> anyhow::Result<Answer> {
    let head = head(settings)?;
    let journal = StateDir::new(&settings.state).journal();
    let made = backup::make(&journal, head, folder, clock::now())?;
    print(&format!(
        "{folder:?} holds the ledger (lines: {}, bytes: {}, head: {})\n",
        made.head.lines, made.bytes, made.head.hash
    ))?;
    Ok(Answer::Granted)
}

/// The hash of the last line that is acknowledged. Lines may stand behind it that are just being written; who holds the
/// ledger knows.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) fn head(settings: &Settings) -> anyhow::Result<LineHash> {
    Ok(match Source::open(settings)? {
        Source::Daemon(client) => client.get::<Status>(path::STATUS)?.journal_head.parse()?,
        Source::Files(store) => {
            let head = store.head().hash;
            drop(store);
            become_caller()?;
            head
        }
    })
}

/// Puts a backup in the place of the ledger; no where that holds something and may not be replaced.
///
/// # Errors
/// When a daemon runs, the backup is damaged, or the state directory cannot be written.
pub(super) fn restore(
    settings: &Settings,
    folder: &Path,
    replace: bool,
    reason: &str,
) -> anyhow::Result<Answer> {
    let reason = match checked_reason(reason) {
        Ok(reason) => reason.to_owned(),
        Err(why) => {
            complain(&why.to_string());
            return Ok(Answer::Denied);
        }
    };
    let backup = Backup::open(folder)?;
    no_daemon(settings)?;
    let by = account();
    let state = StateDir::new(&settings.state);
    become_owner(&state)?;
    state.prepare()?;
    let _lock = state.lock(LOCK_ATTEMPTS)?;
    let present = Present::read(&state);
    if present.is_filled() && !replace {
        complain(&format!(
            "the ledger in {:?} {}: with --replace the backup takes its place, and it is kept aside",
            settings.state,
            present.told()
        ));
        return Ok(Answer::Denied);
    }
    let mut restored = Versions::default();
    let restoring = Restoring::begin(&state, &backup, |records| restored.take(records))?;
    let head = backup.manifest().head;
    let act = Act::RestoreBackup { head, replaced: present.head };
    let operation = Operation { act, by, time: clock::now(), reason };
    let aside = restoring.finish(operation, restored.unserved())?;
    tell(&backup, &restored, &present, &aside)?;
    Ok(Answer::Granted)
}

fn no_daemon(settings: &Settings) -> anyhow::Result<()> {
    match Client::new(&settings.socket()?, LIMIT).get::<Status>(path::STATUS) {
        Err(SocketError::NoDaemon(_)) => Ok(()),
        _ => bail!("a daemon runs on this ledger: stop it first"),
    }
}

/// The versions that a journal holds as accepted or withdrawn, with their commit and state.
#[derive(Default)]
struct Versions(BTreeMap<(String, String), Known>);

struct Known {
    what: String,
    is_served: bool,
}

impl Versions {
    fn take(&mut self, records: Vec<Record>) {
        for record in records {
            match record {
                Record::Entry(entry) if entry.occupies() => {
                    let what = format!("{} {}", entry.state.name(), entry.commit);
                    let is_served = entry.was_served();
                    self.0.insert((entry.module, entry.version), Known { what, is_served });
                }
                Record::Entry(entry) => drop(self.0.remove(&(entry.module, entry.version))),
                Record::Forgotten { module, version } => drop(self.0.remove(&(module, version))),
                Record::Served { module, version } => {
                    if let Some(known) = self.0.get_mut(&(module, version)) {
                        known.is_served = true;
                    }
                }
                _ => {}
            }
        }
    }

    /// What has no mark that says it was served.
    fn unserved(&self) -> Vec<(String, String)> {
        let unserved = self.0.iter().filter(|(_, known)| !known.is_served);
        unserved.map(|(name, _)| name.clone()).collect()
    }

    /// What this has of a version, and the other had, where both have it.
    fn beside(&self, other: &Present, name: &(String, String)) -> String {
        match (self.0.get(name), other.versions.0.get(name)) {
            (Some(now), Some(was)) => format!(": now {}, was {}", now.what, was.what),
            _ => String::new(),
        }
    }

    /// What is in `self` and is not the same in `other`.
    fn without<'a>(&'a self, other: &Self) -> Vec<&'a (String, String)> {
        let differs = |(name, known): &(&(String, String), &Known)| {
            other.0.get(*name).is_none_or(|other| other.what != known.what)
        };
        self.0.iter().filter(differs).map(|(name, _)| name).collect()
    }
}

/// The ledger that is there.
#[derive(Default)]
struct Present {
    /// Where it ends; `None` where there is none, or none that can be read.
    head: Option<Head>,
    versions: Versions,
    damage: Option<String>,
}

impl Present {
    fn read(state: &StateDir) -> Self {
        let mut present = Self::default();
        if !state.journal().exists() {
            return present;
        }
        let mut read = || {
            let mut lines = Lines::open(&state.journal())?;
            let mut line = Vec::new();
            while let Some(records) = lines.next_into(&mut line)? {
                present.versions.take(records);
            }
            Ok(lines.mark().head)
        };
        match read() {
            Ok(head) => present.head = Some(head),
            Err::<_, modgate_common::io::journal::JournalError>(error) => {
                present.damage = Some(error.to_string());
            }
        }
        present
    }

    /// A journal that was only begun holds nothing.
    fn is_filled(&self) -> bool {
        self.damage.is_some() || self.head.is_some_and(|head| head.lines > 1)
    }

    fn told(&self) -> String {
        match &self.damage {
            Some(damage) => format!("is damaged ({damage})"),
            None => {
                let lines = self.head.map_or(0, |head| head.lines);
                format!("holds something (versions: {}, lines: {lines})", self.versions.0.len())
            }
        }
    }
}

fn tell(
    backup: &Backup,
    restored: &Versions,
    present: &Present,
    aside: &Aside,
) -> anyhow::Result<()> {
    let made = timestamp::rfc3339(backup.manifest().time).unwrap_or_default();
    let mut text = format!(
        "the ledger is that of the backup of {made} (versions: {}, lines: {})\n",
        restored.0.len(),
        backup.manifest().head.lines
    );
    if let Some(journal) = aside.journal.as_ref().filter(|_| present.is_filled()) {
        text.push_str(&format!("the one that was there is kept in {journal:?}\n"));
        let lost = present.versions.without(restored);
        if !lost.is_empty() {
            text.push_str(&format!(
                "`modgate ledger import {}` brings back what it had and the backup has not (versions: {}):\n",
                journal.display(),
                lost.len()
            ));
        }
        for name in lost.iter().take(MAX_NAMED) {
            text.push_str(&format!("  {}@{}{}\n", name.0, name.1, restored.beside(present, name)));
        }
        if lost.len() > MAX_NAMED {
            text.push_str(&format!("  and {} more\n", lost.len() - MAX_NAMED));
        }
    }
    print(&text)
}

//! Entries that come from outside: out of an export, a backup, or another ledger.
//!
//! What comes in never changes what is there: a version that is recorded stays what it is, and where the other
//! ledger says something else, that is a [`Clash`]. Only what occupies its version is taken over; a broken entry is
//! no promise and is judged anew from its tag, and a proposal is none of anybody else's.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::decision::Decision;
use super::journal::{FORMAT, Record};
use super::{Conflict, Entry, merge};
use crate::{module, version};

/// A version with what was decided about it, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The entry.
    pub entry: Entry,
    /// The decisions.
    #[serde(default)]
    pub decisions: Vec<Decision>,
}

/// What an import, or a part of it, did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Versions that the ledger did not have.
    pub new: u64,
    /// Versions that lacked a hash, and have it now.
    pub completed: u64,
    /// Versions that the ledger has just so.
    pub same: u64,
    /// Where the ledger says something else; it stays.
    pub clashes: Vec<Clash>,
}

impl Imported {
    /// Adds what another part did.
    pub fn add(&mut self, other: Self) {
        self.new += other.new;
        self.completed += other.completed;
        self.same += other.same;
        self.clashes.extend(other.clashes);
    }
}

/// A version that the ledger has otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clash {
    /// Module path.
    pub module: String,
    /// Version.
    pub version: String,
    /// Which field.
    pub what: String,
    /// What the ledger has; it stays.
    pub recorded: String,
    /// What was to be imported.
    pub imported: String,
}

impl Clash {
    fn of(entry: &Entry, what: &str, recorded: impl ToString, imported: impl ToString) -> Self {
        let (module, version) = (entry.module.clone(), entry.version.clone());
        let (recorded, imported) = (recorded.to_string(), imported.to_string());
        Self { module, version, what: what.to_owned(), recorded, imported }
    }
}

/// What becomes of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The ledger has it otherwise.
    Clashes(Clash),
    /// The recorded one gets hashes that it did not have.
    Completes(Entry),
    /// It is written.
    New,
    /// It is there already.
    Same,
}

/// What becomes of an entry beside what is recorded of its version, and the repository that has versions of its module.
pub fn fate(recorded: Option<&Entry>, owner: Option<&str>, entry: &Entry) -> Fate {
    let Some(recorded) = recorded.filter(|recorded| recorded.occupies()) else {
        return match owner.filter(|owner| *owner != entry.repository) {
            Some(owner) => Fate::Clashes(Clash::of(entry, "owner", owner, &entry.repository)),
            None => Fate::New,
        };
    };
    let merged = match merge(recorded, entry) {
        Ok(merged) => merged,
        Err(Conflict::OtherCommit { recorded, proposed, .. }) => {
            return Fate::Clashes(Clash::of(entry, "commit", recorded, proposed));
        }
        Err(Conflict::OtherContent { what, recorded, proposed, .. }) => {
            return Fate::Clashes(Clash::of(entry, what, recorded, proposed));
        }
        Err(Conflict::OtherOwner { owner, .. }) => {
            return Fate::Clashes(Clash::of(entry, "owner", owner, &entry.repository));
        }
    };
    if recorded.state != entry.state {
        let (here, there) = (recorded.state.name(), entry.state.name());
        return Fate::Clashes(Clash::of(entry, "state", here, there));
    }
    merged.map_or(Fate::Same, Fate::Completes)
}

/// Why something is not what a ledger holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OddRecord {
    /// It is written by a newer modgate.
    #[error("format {0} is unknown: a newer modgate wrote it")]
    Format(u32),
    /// A field holds what it cannot.
    #[error("the {what} {text:?} is none")]
    Field {
        /// Which field.
        what: &'static str,
        /// What it holds.
        text: String,
    },
    /// A line of an export is no JSON, or JSON of something else.
    #[error("no record: {0:?}")]
    NoRecord(String),
    /// An export has one line for each version.
    #[error("{0} is there twice")]
    Twice(String),
}

/// Collects the records of a journal or an export, and says what it all comes to.
#[derive(Debug, Default)]
pub struct Collected {
    versions: BTreeMap<(String, String), Carried>,
    decisions: BTreeMap<(String, String), Vec<Decision>>,
    left_out: u64,
}

impl Collected {
    /// Takes the next record of a journal: the last one about a version holds.
    ///
    /// # Errors
    /// When an entry cannot be one.
    pub fn take(&mut self, record: Record) -> Result<(), OddRecord> {
        match record {
            Record::Begun { format } if !(1..=FORMAT).contains(&format) => {
                return Err(OddRecord::Format(format));
            }
            Record::Decided(decision) => {
                let name = (decision.module.clone(), decision.version.clone());
                self.decisions.entry(name).or_default().push(decision);
            }
            Record::Entry(entry) => {
                check(&entry)?;
                let name = (entry.module.clone(), entry.version.clone());
                self.versions.insert(name, Carried { entry, decisions: Vec::new() });
            }
            Record::Forgotten { module, version } => {
                self.versions.remove(&(module, version));
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the next line of an export, which is about a version that no line before it was about.
    ///
    /// # Errors
    /// When it is no record, or has no place in an export.
    pub fn take_line(&mut self, line: &[u8]) -> Result<(), OddRecord> {
        let no_record = |reason: String| OddRecord::NoRecord(reason);
        let record: Record = serde_json::from_slice(line).map_err(|e| no_record(e.to_string()))?;
        if let Record::Entry(entry) = &record
            && self.versions.contains_key(&(entry.module.clone(), entry.version.clone()))
        {
            return Err(OddRecord::Twice(format!("{:?}", entry.name())));
        }
        self.take(record)
    }

    /// The versions that can be carried over, by module and version, and how many are left out.
    pub fn finish(mut self) -> (Vec<Carried>, u64) {
        let mut carried = Vec::new();
        for (name, Carried { entry, .. }) in self.versions {
            if entry.occupies() {
                let decisions = self.decisions.remove(&name).unwrap_or_default();
                carried.push(Carried { entry, decisions });
            } else {
                self.left_out += 1;
            }
        }
        (carried, self.left_out)
    }
}

/// Whether an entry from outside could be one: nothing in it may break the keys of the index or lie about its form.
///
/// # Errors
/// The first field that is wrong.
pub fn check(entry: &Entry) -> Result<(), OddRecord> {
    let odd = |what, text: &str| Err(OddRecord::Field { what, text: text.to_owned() });
    if module::check_import_path(&entry.module).is_err() {
        return odd("module path", &entry.module);
    }
    if version::canonical_version(&entry.version).as_deref() != Some(&entry.version) {
        return odd("version", &entry.version);
    }
    let has_control = |text: &str| text.chars().any(char::is_control);
    if entry.repository.is_empty() || has_control(&entry.repository) {
        return odd("repository", &entry.repository);
    }
    if let Some(tag) = entry.tag.as_deref().filter(|tag| tag.is_empty() || has_control(tag)) {
        return odd("tag", tag);
    }
    for (what, hash) in [("h1", &entry.h1), ("gomod_h1", &entry.gomod_h1)] {
        if let Some(hash) = hash.as_deref().filter(|hash| !is_h1(hash)) {
            return odd(what, hash);
        }
    }
    Ok(())
}

fn is_h1(text: &str) -> bool {
    let sum = text.strip_prefix("h1:").and_then(|sum| STANDARD.decode(sum).ok());
    sum.is_some_and(|sum| sum.len() == 32)
}

#[cfg(test)]
mod tests;

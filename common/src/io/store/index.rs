//! sled as the index over the journal.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `entries` | module NUL version | [`Entry`] as JSON |
//! | `tags` | repository NUL tag NUL module NUL version | nothing |
//! | `proposals` | repository NUL tag NUL target NUL module NUL version | [`Proposal`] as JSON |
//! | `decisions` | module NUL version NUL line NUL place in the line | [`Decision`] as JSON |
//! | `permissions` | module NUL version | nothing; of entries whose tag may move |
//! | `meta` | `mark` | [`Mark`] as JSON |
//!
//! All changes of a line are one transaction with the mark, so the index is always that of some line.

use std::collections::HashSet;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use sled::Transactional;
use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};

use super::{Counts, StoreError};
use crate::io::journal::Mark;
use crate::ledger::decision::Decision;
use crate::ledger::journal::Record;
use crate::ledger::{Entry, Proposal};
use crate::objects::ObjectId;

/// Bytes of sled's page cache. The measured cost of a small one is time, that of a large one memory.
const CACHE: u64 = 32 << 20;

pub(super) struct Index {
    path: PathBuf,
    entries: sled::Tree,
    tags: sled::Tree,
    proposals: sled::Tree,
    decisions: sled::Tree,
    permissions: sled::Tree,
    meta: sled::Tree,
    _db: sled::Db,
}

/// The trees inside a transaction, and the line that is applied.
struct Trees<'a> {
    entries: &'a TransactionalTree,
    tags: &'a TransactionalTree,
    proposals: &'a TransactionalTree,
    decisions: &'a TransactionalTree,
    permissions: &'a TransactionalTree,
    line: u64,
}

type Abort = ConflictableTransactionError<String>;

impl Index {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: sled::Error| StoreError::Index {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let config = sled::Config::new().path(path).cache_capacity(CACHE);
        let db = config.open().map_err(failed)?;
        let tree = |name: &str| db.open_tree(name).map_err(failed);
        Ok(Self {
            path: path.to_owned(),
            entries: tree("entries")?,
            tags: tree("tags")?,
            proposals: tree("proposals")?,
            decisions: tree("decisions")?,
            permissions: tree("permissions")?,
            meta: tree("meta")?,
            _db: db,
        })
    }

    fn failed(&self, reason: impl ToString) -> StoreError {
        StoreError::Index { path: self.path.clone(), reason: reason.to_string() }
    }

    fn read<T: DeserializeOwned>(&self, value: &[u8]) -> Result<T, StoreError> {
        serde_json::from_slice(value).map_err(|error| self.failed(error))
    }

    pub(super) fn mark(&self) -> Result<Mark, StoreError> {
        match self.meta.get("mark").map_err(|error| self.failed(error))? {
            Some(value) => self.read(&value),
            None => Ok(Mark::START),
        }
    }

    /// Makes the index that of the line before `mark`.
    pub(super) fn apply(&self, records: &[Record], mark: Mark) -> Result<(), StoreError> {
        let line = mark.head.lines;
        let mark_json = serde_json::to_vec(&mark).map_err(|error| self.failed(error))?;
        // Listed before the transaction: it cannot scan.
        let mut settled = Vec::new();
        for record in records {
            if let Record::Settled { repository, tag, target } = record {
                settled.extend(self.keys_of(repository, tag, *target)?);
            }
        }
        // A line that proposes and settles the same: the proposal is not in the tree yet.
        let ended: HashSet<Vec<u8>> = records.iter().filter_map(settled_prefix).collect();
        settled.extend(records.iter().filter_map(|record| match record {
            Record::Proposed(proposal) if ended.contains(&value_prefix(proposal)) => {
                Some(proposal_key(proposal))
            }
            _ => None,
        }));
        let Self { entries, tags, proposals, decisions, permissions, meta, .. } = self;
        let all = (entries, tags, proposals, decisions, permissions, meta);
        let done = all.transaction(|(entries, tags, proposals, decisions, permissions, meta)| {
            let trees = Trees { entries, tags, proposals, decisions, permissions, line };
            records.iter().enumerate().try_for_each(|(at, record)| trees.apply(at, record))?;
            for key in &settled {
                proposals.remove(key.as_slice())?;
            }
            meta.insert("mark", mark_json.as_slice())?;
            Ok(())
        });
        done.map_err(|error: TransactionError<String>| self.failed(error))
    }

    fn keys_of(
        &self,
        repository: &str,
        tag: &str,
        target: ObjectId,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let prefix = key(&[repository, tag, &target.to_string(), ""]);
        let stored = self.proposals.scan_prefix(&prefix).keys();
        stored.map(|key| Ok(key.map_err(|error| self.failed(error))?.to_vec())).collect()
    }

    pub(super) fn entry(&self, module: &str, version: &str) -> Result<Option<Entry>, StoreError> {
        let value = self.entries.get(key(&[module, version])).map_err(|e| self.failed(e))?;
        value.map(|value| self.read(&value)).transpose()
    }

    pub(super) fn entries(&self, module: Option<&str>) -> Result<Vec<Entry>, StoreError> {
        let prefix = module.map(|module| key(&[module, ""])).unwrap_or_default();
        self.collect(self.entries.scan_prefix(prefix))
    }

    pub(super) fn page(
        &self,
        after: Option<(&str, &str)>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let start = after
            .map_or(Bound::Unbounded, |(module, version)| Bound::Excluded(key(&[module, version])));
        let found = self.entries.range::<Vec<u8>, _>((start, Bound::Unbounded)).values();
        let read = |value: sled::Result<sled::IVec>| {
            self.read(&value.map_err(|error| self.failed(error))?)
        };
        found.take(limit).map(read).collect()
    }

    pub(super) fn proposals(&self, repository: Option<&str>) -> Result<Vec<Proposal>, StoreError> {
        let prefix = repository.map(|repository| key(&[repository, ""])).unwrap_or_default();
        self.collect(self.proposals.scan_prefix(prefix))
    }

    pub(super) fn proposed(&self, repository: &str) -> Result<usize, StoreError> {
        let mut count = 0;
        for name in self.proposals.scan_prefix(key(&[repository, ""])).keys() {
            name.map_err(|error| self.failed(error))?;
            count += 1;
        }
        Ok(count)
    }

    /// Whether a version of a module is proposed by a push to this repository.
    pub(super) fn is_proposed(
        &self,
        repository: &str,
        module: &str,
        version: &str,
    ) -> Result<bool, StoreError> {
        let end = ["", module, version].join("\0").into_bytes();
        for name in self.proposals.scan_prefix(key(&[repository, ""])).keys() {
            if name.map_err(|error| self.failed(error))?.ends_with(&end) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn proposals_of(
        &self,
        repository: &str,
        tag: &str,
        target: ObjectId,
    ) -> Result<Vec<Proposal>, StoreError> {
        self.proposals_under(&[repository, tag, &target.to_string(), ""])
    }

    /// The proposals whose keys begin with these parts.
    pub(super) fn proposals_under(&self, parts: &[&str]) -> Result<Vec<Proposal>, StoreError> {
        self.collect(self.proposals.scan_prefix(key(parts)))
    }

    /// Whether any tag may move.
    pub(super) fn has_permissions(&self) -> bool {
        !self.permissions.is_empty()
    }

    pub(super) fn decisions(
        &self,
        module: &str,
        version: Option<&str>,
    ) -> Result<Vec<Decision>, StoreError> {
        let prefix = version.map_or_else(|| key(&[module, ""]), |v| key(&[module, v, ""]));
        self.collect(self.decisions.scan_prefix(prefix))
    }

    fn collect<T: DeserializeOwned>(&self, found: sled::Iter) -> Result<Vec<T>, StoreError> {
        found.values().map(|value| self.read(&value.map_err(|error| self.failed(error))?)).collect()
    }

    /// The entries that the tags below this key prefix stand for.
    pub(super) fn tagged(
        &self,
        parts: &[&str],
    ) -> impl Iterator<Item = Result<Entry, StoreError>> + use<'_> {
        let names = self.tags.scan_prefix(key(parts)).keys();
        names.filter_map(|name| {
            let name = match name {
                Ok(name) => name,
                Err(error) => return Some(Err(self.failed(error))),
            };
            let text = String::from_utf8_lossy(&name).into_owned();
            let mut parts = text.split('\0').skip(2);
            let (module, version) = (parts.next()?, parts.next()?);
            self.entry(module, version).transpose()
        })
    }

    /// The first entry of a module that fits.
    pub(super) fn first(
        &self,
        module: &str,
        fits: impl Fn(&Entry) -> bool,
    ) -> Result<Option<Entry>, StoreError> {
        for value in self.entries.scan_prefix(key(&[module, ""])).values() {
            let entry = self.read(&value.map_err(|error| self.failed(error))?)?;
            if fits(&entry) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    pub(super) fn counts(&self) -> Result<Counts, StoreError> {
        let mut counts = Counts { pending: self.proposals.len() as u64, ..Counts::default() };
        let mut last = None;
        // Entries of one module follow each other.
        for entry in self.entries(None)? {
            if !entry.occupies() {
                counts.broken += 1;
                continue;
            }
            counts.accepted += 1;
            if last.as_ref() != Some(&entry.module) {
                counts.modules += 1;
                last = Some(entry.module);
            }
        }
        Ok(counts)
    }
}

impl Trees<'_> {
    fn apply(&self, at: usize, record: &Record) -> Result<(), Abort> {
        match record {
            Record::Begun { .. }
            | Record::Moved { .. }
            | Record::Operated(_)
            | Record::Settled { .. } => {}
            Record::Decided(decision) => {
                let Decision { module, version, .. } = decision;
                // Numbers of one length sort as they count.
                let name = key(&[module, version, &format!("{:020}\0{at:05}", self.line)]);
                self.decisions.insert(name, json(decision)?)?;
            }
            Record::Entry(entry) => self.insert(entry)?,
            Record::Forgotten { module, version } => {
                let name = key(&[module, version]);
                self.permissions.remove(&*name)?;
                if let Some(old) = self.entries.remove(name)? {
                    self.remove_tag(&old)?;
                }
            }
            Record::Served { module, version } => self.serve(&key(&[module, version]))?,
            Record::Proposed(proposal) => {
                self.proposals.insert(proposal_key(proposal), json(proposal)?)?;
            }
        }
        Ok(())
    }

    fn insert(&self, entry: &Entry) -> Result<(), Abort> {
        let name = key(&[&entry.module, &entry.version]);
        if entry.may_move {
            self.permissions.insert(&*name, b"")?;
        } else {
            self.permissions.remove(&*name)?;
        }
        if let Some(old) = self.entries.insert(name, json(entry)?)? {
            self.remove_tag(&old)?;
        }
        if let Some(name) = tag_key(entry) {
            self.tags.insert(name, b"")?;
        }
        Ok(())
    }

    fn serve(&self, name: &[u8]) -> Result<(), Abort> {
        if let Some(old) = self.entries.get(name)? {
            let old: Entry = serde_json::from_slice(&old)
                .map_err(|error| ConflictableTransactionError::Abort(error.to_string()))?;
            self.entries.insert(name, json(&Entry { served: true, ..old })?)?;
        }
        Ok(())
    }

    fn remove_tag(&self, old: &[u8]) -> Result<(), Abort> {
        let old: Entry = serde_json::from_slice(old)
            .map_err(|error| ConflictableTransactionError::Abort(error.to_string()))?;
        if let Some(name) = tag_key(&old) {
            self.tags.remove(name)?;
        }
        Ok(())
    }
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Abort> {
    serde_json::to_vec(value)
        .map_err(|error| ConflictableTransactionError::Abort(error.to_string()))
}

/// Neither module paths nor refs hold a NUL. An empty last part makes the key a prefix.
fn key(parts: &[&str]) -> Vec<u8> {
    parts.join("\0").into_bytes()
}

fn tag_key(entry: &Entry) -> Option<Vec<u8>> {
    let tag = entry.tag.as_deref()?;
    Some(key(&[&entry.repository, tag, &entry.module, &entry.version]))
}

/// How the keys of all proposals of this value of this ref begin.
fn value_prefix(Proposal { target, entry }: &Proposal) -> Vec<u8> {
    let tag = entry.tag.as_deref().unwrap_or_default();
    key(&[&entry.repository, tag, &target.to_string(), ""])
}

fn settled_prefix(record: &Record) -> Option<Vec<u8>> {
    match record {
        Record::Settled { repository, tag, target } => {
            Some(key(&[repository, tag, &target.to_string(), ""]))
        }
        _ => None,
    }
}

fn proposal_key(Proposal { target, entry }: &Proposal) -> Vec<u8> {
    let tag = entry.tag.as_deref().unwrap_or_default();
    key(&[&entry.repository, tag, &target.to_string(), &entry.module, &entry.version])
}

//! sled as the index over the journal.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `entries` | module NUL version | [`Entry`] as JSON |
//! | `tags` | repository NUL tag NUL module NUL version | nothing |
//! | `proposals` | repository NUL tag NUL target NUL module NUL version | [`Proposal`] as JSON |
//! | `decisions` | module NUL version NUL line NUL place in the line | [`Decision`] as JSON |
//! | `permissions` | module NUL version | nothing; of entries whose tag may move |
//! | `drifts` | module NUL version NUL line NUL place in the line | [`Drift`] as JSON |
//! | `meta` | `mark` | [`Mark`] as JSON |
//! | `meta` | `base` | what is added to the numbers of lines in keys, eight bytes: lines of journals before this one |
//!
//! `tally` has the trees that count entries.
//!
//! All changes of a line are one transaction with the mark, so the index is always that of some line.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::de::DeserializeOwned;
use sled::Transactional;
use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};

use super::StoreError;
use super::seal::Seal;
use crate::io::journal::Mark;
use crate::io::sync::sync_folder;
use crate::ledger::decision::Decision;
use crate::ledger::drift::Drift;
use crate::ledger::journal::Record;
use crate::ledger::{Entry, Proposal};
use crate::objects::ObjectId;

mod counted;
mod tally;

pub(super) use counted::Layout;
pub use counted::Untagged;

use tally::Tally;

/// Bytes of sled's page cache. The measured cost of a small one is time, that of a large one memory.
const CACHE: u64 = 32 << 20;

/// Records in one line where everything is written at once.
const DUMPED: usize = 1000;

pub(super) struct Index {
    path: PathBuf,
    entries: sled::Tree,
    tags: sled::Tree,
    proposals: sled::Tree,
    decisions: sled::Tree,
    permissions: sled::Tree,
    drifts: sled::Tree,
    modules: sled::Tree,
    untagged: sled::Tree,
    broken: sled::Tree,
    meta: sled::Tree,
    db: sled::Db,
    /// As `meta` has it.
    base: AtomicU64,
    seal: OnceLock<Seal>,
    failed: AtomicBool,
}

/// The trees inside a transaction, and the line that is applied.
struct Trees<'a> {
    entries: &'a TransactionalTree,
    tags: &'a TransactionalTree,
    proposals: &'a TransactionalTree,
    decisions: &'a TransactionalTree,
    permissions: &'a TransactionalTree,
    drifts: &'a TransactionalTree,
    tally: &'a Tally<'a>,
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
        let meta = tree("meta")?;
        let base = meta.get("base").map_err(failed)?;
        let base = base.and_then(|base| Some(u64::from_be_bytes((*base).try_into().ok()?)));
        let index = Self {
            path: path.to_owned(),
            entries: tree("entries")?,
            tags: tree("tags")?,
            proposals: tree("proposals")?,
            decisions: tree("decisions")?,
            permissions: tree("permissions")?,
            drifts: tree("drifts")?,
            modules: tree("modules")?,
            untagged: tree("untagged")?,
            broken: tree("broken")?,
            meta,
            base: AtomicU64::new(base.unwrap_or(0)),
            db,
            seal: OnceLock::new(),
            failed: AtomicBool::new(false),
        };
        index.begin()?;
        Ok(index)
    }

    /// From now on, whatever fails makes the seal doubt this index.
    pub(super) fn seal(&self, seal: Seal) {
        let _set_once = self.seal.set(seal);
    }

    /// Whether it cannot be relied on any more.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// That it cannot be relied on any more.
    pub(super) fn failure(&self) -> StoreError {
        self.failed("it failed before, and is made again at the next change")
    }

    /// Its folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self, reason: impl ToString) -> StoreError {
        let is_first = !self.failed.swap(true, Ordering::AcqRel);
        if let Some(seal) = self.seal.get().filter(|_| is_first) {
            seal.doubt();
        }
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
        self.apply_on(self.base.load(Ordering::Acquire), records, mark)
    }

    /// The same in another journal, which has taken over all that is known here: its lines count as later than all
    /// before.
    pub(super) fn go_on(&self, records: &[Record], mark: Mark) -> Result<(), StoreError> {
        let base = self.base.load(Ordering::Acquire) + self.mark()?.head.lines;
        self.apply_on(base, records, mark)?;
        self.base.store(base, Ordering::Release);
        Ok(())
    }

    fn apply_on(&self, base: u64, records: &[Record], mark: Mark) -> Result<(), StoreError> {
        let line = base.saturating_add(mark.head.lines);
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
        let Self { entries, tags, proposals, decisions, permissions, drifts, .. } = self;
        let Self { modules, untagged, broken, meta, .. } = self;
        let all = (
            entries,
            tags,
            proposals,
            decisions,
            permissions,
            drifts,
            modules,
            untagged,
            broken,
            meta,
        );
        let done = all.transaction(|trees| {
            let (entries, tags, proposals, decisions, permissions, drifts, ..) = trees;
            let (.., modules, untagged, broken, meta) = trees;
            let tally = Tally::new([modules, untagged, broken], meta)?;
            let trees = Trees {
                entries,
                tags,
                proposals,
                decisions,
                permissions,
                drifts,
                tally: &tally,
                line,
            };
            records.iter().enumerate().try_for_each(|(at, record)| trees.apply(at, record))?;
            for key in &settled {
                proposals.remove(key.as_slice())?;
            }
            meta.insert("mark", mark_json.as_slice())?;
            if base > 0 {
                meta.insert("base", &base.to_be_bytes())?;
            }
            tally.finish()
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

    /// What was seen of one version, or of all, in order.
    pub(super) fn drifts(&self, of: Option<(&str, &str)>) -> Result<Vec<Drift>, StoreError> {
        let prefix = of.map(|(module, version)| key(&[module, version, ""])).unwrap_or_default();
        self.collect(self.drifts.scan_prefix(prefix))
    }

    /// What was seen last of a version.
    pub(super) fn last_drift(
        &self,
        module: &str,
        version: &str,
    ) -> Result<Option<Drift>, StoreError> {
        let found = self.drifts.scan_prefix(key(&[module, version, ""])).next_back();
        let value = found.transpose().map_err(|error| self.failed(error))?;
        value.map(|(_, value)| self.read(&value)).transpose()
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

    /// Everything that the index knows, as records that make the same index again. Every tree but `meta` is in it.
    pub(super) fn dump(
        &self,
        write: &mut dyn FnMut(&[Record]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.dump_tree(&self.entries, Record::Entry, write)?;
        self.dump_tree(&self.decisions, Record::Decided, write)?;
        self.dump_tree(&self.drifts, Record::Drift, write)?;
        self.dump_tree(&self.proposals, Record::Proposed, write)
    }

    fn dump_tree<T: DeserializeOwned>(
        &self,
        tree: &sled::Tree,
        record: impl Fn(T) -> Record,
        write: &mut dyn FnMut(&[Record]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut records = Vec::new();
        for value in tree.iter().values() {
            records.push(record(self.read(&value.map_err(|error| self.failed(error))?)?));
            if records.len() == DUMPED {
                write(&records)?;
                records.clear();
            }
        }
        if records.is_empty() { Ok(()) } else { write(&records) }
    }

    /// What is in every tree but `meta`, in the order of the keys. Those of decisions begin with numbers of lines.
    #[cfg(test)]
    pub(super) fn trees(&self) -> std::collections::BTreeMap<String, Vec<sled::IVec>> {
        let names = self.db.tree_names();
        let names = names.iter().map(|name| String::from_utf8_lossy(name).into_owned());
        let known = names.filter(|name| name != "meta" && !name.starts_with("__sled"));
        let values = |name: &String| -> Vec<sled::IVec> {
            let pairs = self.db.open_tree(name).unwrap().iter().map(Result::unwrap);
            pairs.map(|(key, value)| if value.is_empty() { key } else { value }).collect()
        };
        known.map(|name| (name.clone(), values(&name))).collect()
    }

    /// Makes it one of before there were counts.
    #[cfg(test)]
    pub(super) fn uncount(&self) {
        for name in ["modules", "untagged", "broken"] {
            self.db.drop_tree(name).unwrap();
        }
        self.meta.remove("layout").unwrap().unwrap();
        self.meta.remove("counts").unwrap();
    }

    /// Makes it one that another program laid out.
    #[cfg(test)]
    pub(super) fn lay_out(&self, layout: &str) {
        self.meta.insert("layout", layout).unwrap();
    }

    /// Forgets an entry, as an index of several times could have.
    #[cfg(test)]
    pub(super) fn lose(&self, module: &str, version: &str) {
        self.entries.remove(key(&[module, version])).unwrap().unwrap();
    }

    /// Puts all of it on disk.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|error| self.failed(error))?;
        let sync = || {
            for entry in fs::read_dir(&self.path)? {
                let path = entry?.path();
                // Also folders, for the names in them.
                File::open(&path)?.sync_all()?;
            }
            File::open(&self.path)?.sync_all()?;
            sync_folder(&self.path)
        };
        sync().map_err(|error: io::Error| self.failed(error))
    }
}

impl Trees<'_> {
    fn apply(&self, at: usize, record: &Record) -> Result<(), Abort> {
        match record {
            Record::Begun { .. }
            | Record::Carried { .. }
            | Record::Compacted { .. }
            | Record::Moved { .. }
            | Record::Operated(_)
            | Record::Recovered { .. }
            | Record::Settled { .. } => {}
            Record::Decided(decision) => {
                let Decision { module, version, .. } = decision;
                self.decisions.insert(self.place(module, version, at), json(decision)?)?;
            }
            Record::Drift(drift) => {
                let Drift { module, version, .. } = drift;
                self.drifts.insert(self.place(module, version, at), json(drift)?)?;
            }
            Record::Entry(entry) => self.insert(entry)?,
            Record::Forgotten { module, version } => {
                let name = key(&[module, version]);
                self.permissions.remove(&*name)?;
                if let Some(old) = self.entries.remove(name)? {
                    self.forget(&old)?;
                }
            }
            Record::Served { module, version } => self.serve(&key(&[module, version]))?,
            Record::Proposed(proposal) => {
                self.proposals.insert(proposal_key(proposal), json(proposal)?)?;
            }
        }
        Ok(())
    }

    /// The key of what happened to a version in this line. Numbers of one length sort as they count.
    fn place(&self, module: &str, version: &str, at: usize) -> Vec<u8> {
        key(&[module, version, &format!("{:020}\0{at:05}", self.line)])
    }

    fn insert(&self, entry: &Entry) -> Result<(), Abort> {
        let name = key(&[&entry.module, &entry.version]);
        if entry.may_move {
            self.permissions.insert(&*name, b"")?;
        } else {
            self.permissions.remove(&*name)?;
        }
        if let Some(old) = self.entries.insert(name, json(entry)?)? {
            self.forget(&old)?;
        }
        if let Some(name) = tag_key(entry) {
            self.tags.insert(name, b"")?;
        }
        self.tally.add(entry)
    }

    fn serve(&self, name: &[u8]) -> Result<(), Abort> {
        if let Some(old) = self.entries.get(name)? {
            let old: Entry = serde_json::from_slice(&old)
                .map_err(|error| ConflictableTransactionError::Abort(error.to_string()))?;
            self.entries.insert(name, json(&Entry { served: true, ..old })?)?;
        }
        Ok(())
    }

    /// What else the index has because of an entry.
    fn forget(&self, old: &[u8]) -> Result<(), Abort> {
        let old: Entry = serde_json::from_slice(old)
            .map_err(|error| ConflictableTransactionError::Abort(error.to_string()))?;
        if let Some(name) = tag_key(&old) {
            self.tags.remove(name)?;
        }
        self.tally.remove(&old)
    }
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Abort> {
    serde_json::to_vec(value)
        .map_err(|error| ConflictableTransactionError::Abort(error.to_string()))
}

/// What was written as JSON; nothing where nothing was.
fn parsed<T: DeserializeOwned + Default>(value: Option<&[u8]>) -> Result<T, Abort> {
    let parsed = value.map(serde_json::from_slice).transpose();
    let parsed = parsed.map_err(|error| ConflictableTransactionError::Abort(error.to_string()))?;
    Ok(parsed.unwrap_or_default())
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

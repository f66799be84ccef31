//! What was counted (`tally`), and which names there are, without reading all entries.

use std::collections::BTreeSet;

use sled::Transactional;
use sled::transaction::TransactionError;

use super::tally::{COUNTS, Holders, Tally, Totals};
use super::{Abort, DUMPED, Index, key, parsed};
use crate::io::store::{Counts, StoreError};
use crate::ledger::Entry;
use crate::objects::ObjectId;

/// Which trees there are and what is in them. An index without a number is from before `tally`.
const LAYOUT: &str = "2";

/// How the trees of an index are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::io::store) enum Layout {
    /// As this program writes them.
    Current,
    /// The trees of `tally` are missing.
    Uncounted,
    /// As another program writes them.
    Unknown,
}

/// An entry without a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untagged {
    /// Module path.
    pub module: String,
    /// Version.
    pub version: String,
    /// The commit.
    pub commit: ObjectId,
}

impl Index {
    /// A new index has the layout of this program.
    pub(super) fn begin(&self) -> Result<(), StoreError> {
        if self.meta.is_empty() && self.entries.is_empty() {
            self.set_layout()?;
        }
        Ok(())
    }

    fn set_layout(&self) -> Result<(), StoreError> {
        self.meta.insert("layout", LAYOUT).map_err(|error| self.failed(error))?;
        Ok(())
    }

    pub(in crate::io::store) fn layout(&self) -> Result<Layout, StoreError> {
        let layout = self.meta.get("layout").map_err(|error| self.failed(error))?;
        Ok(match layout.as_deref() {
            None => Layout::Uncounted,
            Some(layout) if layout == LAYOUT.as_bytes() => Layout::Current,
            Some(_) => Layout::Unknown,
        })
    }

    /// Makes the trees of `tally` from the entries. Whoever is interrupted begins again.
    pub(in crate::io::store) fn count_again(&self) -> Result<(), StoreError> {
        let failed = |error: sled::Error| self.failed(error);
        for tree in [&self.modules, &self.untagged, &self.broken] {
            tree.clear().map_err(failed)?;
        }
        self.meta.remove(COUNTS).map_err(failed)?;
        let mut entries = Vec::new();
        for value in self.entries.iter().values() {
            entries.push(self.read::<Entry>(&value.map_err(failed)?)?);
            if entries.len() == DUMPED {
                self.count(&entries)?;
                entries.clear();
            }
        }
        self.count(&entries)?;
        self.set_layout()
    }

    fn count(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let all = (&self.modules, &self.untagged, &self.broken, &self.meta);
        let done = all.transaction(|(modules, untagged, broken, meta)| {
            let tally = Tally::new([modules, untagged, broken], meta)?;
            entries.iter().try_for_each(|entry| tally.add(entry))?;
            tally.finish()
        });
        done.map_err(|error: TransactionError<String>| self.failed(error))
    }

    pub(in crate::io::store) fn counts(&self) -> Result<Counts, StoreError> {
        let totals = self.meta.get(COUNTS).map_err(|error| self.failed(error))?;
        let Totals { modules, accepted, broken } = self.parsed(totals.as_deref())?;
        // Few wait at any time.
        Ok(Counts { modules, accepted, broken, pending: self.proposals.len() as u64 })
    }

    /// Who has entries of a module.
    pub(in crate::io::store) fn holders(&self, module: &str) -> Result<Holders, StoreError> {
        let holders = self.modules.get(module).map_err(|error| self.failed(error))?;
        self.parsed(holders.as_deref())
    }

    fn parsed<T: serde::de::DeserializeOwned + Default>(
        &self,
        value: Option<&[u8]>,
    ) -> Result<T, StoreError> {
        parsed(value).map_err(|_: Abort| self.failed("a count cannot be read"))
    }

    /// The entries of a repository that have no tag.
    pub(in crate::io::store) fn untagged(
        &self,
        repository: &str,
    ) -> Result<Vec<Untagged>, StoreError> {
        let mut found = Vec::new();
        for pair in self.untagged.scan_prefix(key(&[repository, ""])) {
            let (name, commit) = pair.map_err(|error| self.failed(error))?;
            let name = String::from_utf8_lossy(&name).into_owned();
            let mut parts = name.split('\0').skip(1).map(str::to_owned);
            let commit: Result<[u8; 20], _> = commit.as_ref().try_into();
            match (parts.next(), parts.next(), commit) {
                (Some(module), Some(version), Ok(commit)) => {
                    let commit = ObjectId::from_bytes(commit);
                    found.push(Untagged { module, version, commit });
                }
                _ => return Err(self.failed("an entry without a tag has another key")),
            }
        }
        Ok(found)
    }

    /// The entries of a module whose versions begin so.
    pub(in crate::io::store) fn beginning(
        &self,
        module: &str,
        version: &str,
    ) -> Result<Vec<Entry>, StoreError> {
        self.collect(self.entries.scan_prefix(key(&[module, version])))
    }

    /// The repositories that have entries with tags.
    pub(in crate::io::store) fn with_tags(&self) -> Result<BTreeSet<String>, StoreError> {
        self.first_parts(&self.tags)
    }

    /// The repositories that have broken entries.
    pub(in crate::io::store) fn with_broken(&self) -> Result<BTreeSet<String>, StoreError> {
        self.first_parts(&self.broken)
    }

    /// The names of a repository's broken entries.
    pub(in crate::io::store) fn broken(
        &self,
        repository: &str,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let mut found = Vec::new();
        for name in self.broken.scan_prefix(key(&[repository, ""])).keys() {
            let name = name.map_err(|error| self.failed(error))?;
            let name = String::from_utf8_lossy(&name).into_owned();
            let mut parts = name.split('\0').skip(1).map(str::to_owned);
            found.extend(parts.next().zip(parts.next()));
        }
        Ok(found)
    }

    /// What stands before the first NUL in the keys of a tree: one look-up for each, however many keys begin with it.
    fn first_parts(&self, tree: &sled::Tree) -> Result<BTreeSet<String>, StoreError> {
        let mut found = BTreeSet::new();
        let mut start = Vec::new();
        while let Some(pair) = tree.range(start..).next() {
            let (name, _) = pair.map_err(|error| self.failed(error))?;
            let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
            found.insert(String::from_utf8_lossy(&name[..length]).into_owned());
            start = name[..length].to_vec();
            // Behind all keys with this name and a NUL.
            start.push(1);
        }
        Ok(found)
    }
}

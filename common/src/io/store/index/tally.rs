//! What is counted in the index, so that nobody has to read a million entries for it.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `modules` | module | [`Holders`] as JSON |
//! | `untagged` | repository NUL module NUL version | the commit; of entries without a tag |
//! | `broken` | repository NUL module NUL version | nothing; of broken entries |
//! | `meta` | `counts` | [`Totals`] as JSON |
//!
//! All of it follows from the entries, and changes with them in one transaction.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use sled::transaction::TransactionalTree;

use super::{Abort, json, key, parsed};
use crate::ledger::{Entry, State};

/// Where the totals are, in `meta`.
pub(super) const COUNTS: &str = "counts";

/// How many there are in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::io::store) struct Totals {
    /// Modules with entries that occupy their versions.
    pub modules: u64,
    /// Entries that occupy their versions.
    pub accepted: u64,
    /// All others.
    pub broken: u64,
}

/// How many entries of a module one repository has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::io::store) struct Held {
    /// Those that occupy their versions.
    pub occupying: u64,
    /// Those of them that have a tag.
    pub owned: u64,
    /// Those without a tag, whatever their state.
    pub untagged: u64,
}

/// The repositories that have entries of a module.
pub(in crate::io::store) type Holders = BTreeMap<String, Held>;

/// The counts during one transaction.
pub(super) struct Tally<'a> {
    modules: &'a TransactionalTree,
    untagged: &'a TransactionalTree,
    broken: &'a TransactionalTree,
    meta: &'a TransactionalTree,
    /// What was looked up, before and now.
    touched: RefCell<HashMap<String, (Holders, Holders)>>,
    totals: RefCell<(Totals, Totals)>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(
        [modules, untagged, broken]: [&'a TransactionalTree; 3],
        meta: &'a TransactionalTree,
    ) -> Result<Self, Abort> {
        let totals: Totals = parsed(meta.get(COUNTS)?.as_deref())?;
        let (touched, totals) = (RefCell::default(), RefCell::new((totals, totals)));
        Ok(Self { modules, untagged, broken, meta, touched, totals })
    }

    /// An entry is there now.
    pub(super) fn add(&self, entry: &Entry) -> Result<(), Abort> {
        if entry.tag.is_none() {
            self.untagged.insert(place(entry), &entry.commit.as_bytes()[..])?;
        }
        if entry.state == State::Broken {
            self.broken.insert(place(entry), b"")?;
        }
        self.change(entry, |number| *number += 1)
    }

    /// An entry is not there any more.
    pub(super) fn remove(&self, entry: &Entry) -> Result<(), Abort> {
        if entry.tag.is_none() {
            self.untagged.remove(place(entry))?;
        }
        if entry.state == State::Broken {
            self.broken.remove(place(entry))?;
        }
        self.change(entry, |number| *number = number.saturating_sub(1))
    }

    fn change(&self, entry: &Entry, step: fn(&mut u64)) -> Result<(), Abort> {
        let mut touched = self.touched.borrow_mut();
        if !touched.contains_key(&entry.module) {
            let before: Holders = parsed(self.modules.get(&entry.module)?.as_deref())?;
            touched.insert(entry.module.clone(), (before.clone(), before));
        }
        if let Some((_, now)) = touched.get_mut(&entry.module) {
            count(now, entry, step);
        }
        let (_, totals) = &mut *self.totals.borrow_mut();
        step(if entry.occupies() { &mut totals.accepted } else { &mut totals.broken });
        Ok(())
    }

    /// Writes what changed.
    pub(super) fn finish(self) -> Result<(), Abort> {
        let (before, mut totals) = self.totals.into_inner();
        for (module, (old, new)) in self.touched.into_inner() {
            let (was_taken, is_taken) = (u64::from(is_taken(&old)), u64::from(is_taken(&new)));
            totals.modules = (totals.modules + is_taken).saturating_sub(was_taken);
            if new.is_empty() {
                self.modules.remove(module.as_bytes())?;
            } else if new != old {
                self.modules.insert(module.as_bytes(), json(&new)?)?;
            }
        }
        if totals != before {
            self.meta.insert(COUNTS, json(&totals)?)?;
        }
        Ok(())
    }
}

fn is_taken(holders: &Holders) -> bool {
    holders.values().any(|held| held.occupying > 0)
}

fn count(holders: &mut Holders, entry: &Entry, step: fn(&mut u64)) {
    let held = holders.entry(entry.repository.clone()).or_default();
    if entry.occupies() {
        step(&mut held.occupying);
        if entry.tag.is_some() {
            step(&mut held.owned);
        }
    }
    if entry.tag.is_none() {
        step(&mut held.untagged);
    }
    if *held == Held::default() {
        holders.remove(&entry.repository);
    }
}

fn place(entry: &Entry) -> Vec<u8> {
    key(&[&entry.repository, &entry.module, &entry.version])
}

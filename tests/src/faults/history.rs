//! What pushers were promised and consumers saw, and whether the ledger keeps it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::daemon::Daemon;
use crate::golang::Go;
use crate::push::{Push, Receipt};
use crate::site::Site;

/// Of one module.
#[derive(Debug)]
pub struct History {
    module: String,
    /// By version, the hash of the receipt.
    promised: BTreeMap<String, String>,
    /// By version, the hash that a consumer got.
    seen: BTreeMap<String, String>,
    refused: BTreeSet<String>,
}

impl History {
    /// One in which nothing happened yet.
    pub fn of(module: &str) -> Self {
        Self {
            module: module.to_owned(),
            promised: BTreeMap::new(),
            seen: BTreeMap::new(),
            refused: BTreeSet::new(),
        }
    }

    /// A push returned. Whether it went through and its versions were recorded, which is a promise.
    pub fn pushed(&mut self, push: &Push, version: &str) -> bool {
        if !push.is_accepted() {
            return false;
        }
        let receipts = push.receipts();
        let is_promise = receipts.iter().any(|receipt| receipt.version == version);
        for Receipt { version, h1, .. } in receipts {
            let before = self.promised.insert(version.clone(), h1.clone());
            assert!(before.is_none_or(|before| before == h1), "{version} has two receipts");
        }
        is_promise
    }

    /// A push of a version that must never be served.
    pub fn refused(&mut self, version: &str) {
        self.refused.insert(version.to_owned());
    }

    /// The versions that were promised.
    pub fn promised(&self) -> impl Iterator<Item = (&str, &str)> {
        self.promised.iter().map(|(version, h1)| (version.as_str(), h1.as_str()))
    }

    /// The ledger has what was promised, nothing that was refused, and no version with two hashes.
    #[track_caller]
    pub fn check_ledger(&self, site: &Site, what: &str) {
        let entries = site.ledger();
        let accepted: BTreeMap<&str, &Value> = entries
            .iter()
            .filter(|entry| entry["state"] == "accepted" && entry["module"] == *self.module)
            .filter_map(|entry| Some((entry["version"].as_str()?, entry)))
            .collect();
        for (version, h1) in &self.promised {
            let found = accepted.get(version.as_str()).map(|entry| &entry["h1"]);
            assert_eq!(found, Some(&Value::from(h1.as_str())), "{what}: {version} was promised");
        }
        for version in &self.refused {
            assert!(!accepted.contains_key(version.as_str()), "{what}: {version} was refused");
        }
        check_journals(site, what);
    }

    /// A daemon serves what was promised, with its hash, and nothing that was refused. The go command asks for all of it
    /// that it has not seen yet, or for all.
    #[track_caller]
    pub fn check_served(&mut self, site: &Site, daemon: &Daemon, what: &str, again: Again) {
        let listed = daemon.list(&self.module);
        for version in &self.refused {
            assert!(!listed.contains(version), "{what}: {version} was refused");
            daemon.get(&format!("/{}/@v/{version}.info", self.module)).has_status(404);
        }
        let missing: Vec<_> = self.promised.keys().filter(|v| !listed.contains(v)).collect();
        assert!(missing.is_empty(), "{what}: {missing:?} are not served; log:\n{}", daemon.log());
        let go = Go::through(site, &format!("go-{}", daemon.pid()), &daemon.url());
        let is_new = |version: &&String| again == Again::All || !self.seen.contains_key(*version);
        let wanted: Vec<&str> = listed.iter().filter(is_new).map(String::as_str).collect();
        if wanted.is_empty() {
            return;
        }
        for answer in go.download(&self.module, &wanted) {
            let version = &answer.version;
            assert_eq!(answer.error, "", "{what}: {version}; log:\n{}", daemon.log());
            let promised = self.promised.get(version);
            assert!(promised.is_none_or(|h1| *h1 == answer.sum), "{what}: {version} was promised");
            let before = self.seen.insert(version.clone(), answer.sum.clone());
            assert!(before.is_none_or(|sum| sum == answer.sum), "{what}: {version} changed");
        }
    }
}

/// What a consumer fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Everything.
    All,
    /// What was not fetched before.
    New,
}

/// No version has two commits or two hashes, in the journal and in all that were moved aside.
#[track_caller]
pub fn check_journals(site: &Site, what: &str) {
    let mut known: BTreeMap<(String, String, &str), String> = BTreeMap::new();
    for line in journal_lines(site) {
        let Some(json) = line.get(65..) else { continue };
        let Ok(line) = serde_json::from_str::<Value>(json) else { continue };
        let records = line["records"].as_array().cloned().unwrap_or_default();
        let occupies = |record: &&Value| {
            record["kind"] == "entry"
                && matches!(record["state"].as_str(), Some("accepted" | "withdrawn"))
        };
        for entry in records.iter().filter(occupies) {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            for key in ["commit", "h1", "gomod_h1"] {
                if entry[key].is_null() {
                    continue;
                }
                let name = (text("module"), text("version"), key);
                let before = known.insert(name.clone(), text(key));
                assert!(before.is_none_or(|b| b == text(key)), "{what}: two of {name:?}");
            }
        }
    }
}

fn journal_lines(site: &Site) -> Vec<String> {
    let Ok(folder) = fs::read_dir(site.state().join("ledger")) else { return Vec::new() };
    let files = folder.filter_map(|entry| Some(entry.ok()?.path()));
    let is_journal = |path: &std::path::PathBuf| {
        path.is_file()
            && path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("journal"))
    };
    let texts = files.filter(is_journal).filter_map(|path| fs::read(path).ok());
    texts
        .flat_map(|bytes| {
            String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

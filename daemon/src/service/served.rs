//! What was served: accepted versions are marked, pseudo-versions are counted and kept.

use std::collections::{BTreeSet, HashMap};
use std::sync::PoisonError;

use modgate_common::io::store::StoreError;
use modgate_common::ledger::Entry;
use modgate_common::objects::ObjectId;

use super::Service;
use crate::upkeep::Commits;

/// How many pseudo-versions of one repository are recorded when they are served. Anybody who may read
/// can ask for one of every commit; beyond this they are served unrecorded.
const MAX_SERVED: usize = 10_000;

/// Those of one repository: how many there are, and what they are.
#[derive(Default)]
pub(super) struct Served {
    pub count: usize,
    pub versions: BTreeSet<(ObjectId, String, String)>,
}

/// Those that the ledger has, by repository.
pub(super) fn by_repository(entries: Vec<Entry>) -> HashMap<String, Served> {
    let mut all: HashMap<String, Served> = HashMap::new();
    for entry in entries.into_iter().filter(|entry| entry.tag.is_none()) {
        let served = all.entry(entry.repository).or_default();
        served.count += 1;
        served.versions.insert((entry.commit, entry.module, entry.version));
    }
    all
}

impl Service {
    /// Marks a version as served before its first byte goes out: it can never be forgotten then. Not so where it was
    /// forgotten meanwhile.
    ///
    /// # Errors
    /// When the mark cannot be written.
    pub(crate) fn mark_served(&self, entry: &Entry) -> Result<bool, StoreError> {
        Ok(entry.was_served() || self.store.mark_served(entry)?)
    }

    /// Whether one more pseudo-version of this repository may be recorded; counts it if so.
    pub(crate) fn may_record_served(&self, repository: &str) -> bool {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let served = served.entry(repository.to_owned()).or_default();
        served.count += usize::from(served.count < MAX_SERVED);
        let may = served.count < MAX_SERVED;
        if !may {
            self.metrics.served_unrecorded.inc();
        }
        may
    }

    /// A pseudo-version of this commit was recorded: the commit is kept.
    pub(crate) fn keep_served(&self, entry: &Entry) {
        let Entry { repository, commit, module, version, .. } = entry.clone();
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = &mut served.entry(repository.clone()).or_default().versions;
        versions.insert((commit, module, version));
        drop(served);
        self.upkeep.changed(&repository, Commits::These([commit].into()));
    }

    /// All recorded pseudo-versions of a repository.
    pub(crate) fn served_versions(&self, repository: &str) -> Vec<(String, String)> {
        let served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = served.get(repository).into_iter().flat_map(|served| &served.versions);
        versions.map(|(_, module, version)| (module.clone(), version.clone())).collect()
    }

    /// The commits of all recorded pseudo-versions of a repository.
    pub(crate) fn served_commits(&self, repository: &str) -> BTreeSet<ObjectId> {
        let served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = served.get(repository).into_iter().flat_map(|served| &served.versions);
        versions.map(|(commit, ..)| *commit).collect()
    }
}

//! What all parts of the daemon share: settings, ledger, repositories, cache, metrics.

mod decide;
mod refresh;
mod served;

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use modgate_common::control::Refusal;
use modgate_common::io::store::{Health, Store, StoreError};
use modgate_common::ledger::Entry;
use modgate_common::modzip::Limits;
use modgate_common::objects::ObjectId;
use modgate_common::settings::Settings;

pub(crate) use self::refresh::RefreshError;
use crate::catalog::{Catalog, Repo};
use crate::discover::{self, discover};
use crate::drift::Drifts;
use crate::kept::Kept;
use crate::metrics::Metrics;
use crate::notify::Notices;
use crate::proxy::former::has_commit;
use crate::upkeep::Upkeep;
use crate::zips::Zips;

/// Refusals are kept to tell consumers why a version is not there; older ones are forgotten.
pub(crate) const MAX_REFUSALS: usize = 1000;

/// Commits whose place is remembered.
const MAX_HOMES: usize = 10_000;

/// The running service.
pub(crate) struct Service {
    /// What holds.
    pub settings: Settings,
    /// The folder that holds the repositories.
    root: PathBuf,
    /// The ledger.
    pub store: Store,
    /// The repositories.
    pub catalog: Catalog,
    /// Built zips.
    pub zips: Zips,
    /// Counters.
    pub metrics: Metrics,
    /// Zips outside of the cache.
    pub kept: Kept,
    /// Where refs and ledger disagree.
    pub drifts: Drifts,
    /// News for whom the operator named.
    pub notices: Option<Notices>,
    /// What is to be done behind every answer.
    pub upkeep: Upkeep,
    /// Repositories whose zips are to be kept.
    pub zip_upkeep: Upkeep,
    /// Where the commits of vanished repositories were found.
    homes: Mutex<HashMap<ObjectId, Option<String>>>,
    /// What a zip may hold.
    pub limits: Limits,
    ready: AtomicBool,
    refusals: Mutex<VecDeque<Refusal>>,
    /// How many pseudo-versions are recorded, of the repositories that were asked for one.
    served: Mutex<HashMap<String, usize>>,
}

impl Service {
    /// The service over an open ledger; nothing is read yet.
    ///
    /// # Errors
    /// When the ledger or the cache folder cannot be read.
    pub(crate) fn new(
        settings: Settings,
        root: PathBuf,
        store: Store,
        (zips, kept): (Zips, Kept),
    ) -> Result<Self, StoreError> {
        let drifts = Drifts::new(store.open_drifts()?);
        Ok(Self {
            settings,
            root,
            store,
            catalog: Catalog::default(),
            zips,
            kept,
            metrics: Metrics::new(),
            drifts,
            notices: None,
            upkeep: Upkeep::default(),
            zip_upkeep: Upkeep::default(),
            homes: Mutex::default(),
            limits: Limits::default(),
            ready: AtomicBool::new(false),
            refusals: Mutex::default(),
            served: Mutex::default(),
        })
    }

    /// Says what was wrong with the ledger's files.
    pub(crate) fn tell(&self, health: &Health) {
        match health {
            Health::Fine => {}
            Health::IndexExtended => {
                tracing::info!(
                    "the ledger's index is of an earlier modgate: what it lacked is made"
                );
            }
            Health::IndexRebuilt { aside, reason } => {
                self.metrics.index_rebuilds.inc();
                tracing::warn!(?aside, reason, "the ledger's index is made again from the journal");
            }
            Health::JournalRenewed { aside, reason } => {
                self.metrics.journal_renewals.inc();
                tracing::error!(
                    ?aside,
                    reason,
                    "the journal was damaged and is made again from the index"
                );
            }
            Health::Unproven { reason } => {
                self.metrics.journal_damage.set(1);
                tracing::error!(
                    reason,
                    "the ledger is damaged: nothing is accepted, what the refs hold is served, and pushes of \
                     releases are decided by on_error"
                );
            }
        }
    }

    /// Whether adoption is through.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Says that adoption is through.
    pub(crate) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// The folder that holds the repositories.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a repository of this name may lie under the root, known or not.
    pub(crate) fn may_be_there(&self, name: &str) -> bool {
        discover::may_be_there(&self.root, name)
    }

    /// Looks under the root again; returns the repositories that are new, and the groups.
    pub(crate) fn rediscover(&self) -> (Vec<Arc<Repo>>, Vec<PathBuf>) {
        let discovery = discover(&self.root, &self.settings);
        let groups = discovery.groups.clone();
        let changes = self.catalog.update(discovery);
        if changes.has_removed || !changes.added.is_empty() {
            self.homes.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        for problem in &changes.problems {
            tracing::warn!(problem, "repository is not served");
        }
        if changes.has_removed {
            self.forget_gone();
            self.upkeep.removed();
        }
        (changes.added, groups)
    }

    /// Drops the broken entries of repositories that are not there any more: nobody will judge them again.
    pub(crate) fn forget_gone(&self) {
        let forgotten = self.store.with_broken().and_then(|names| {
            let gone = names.iter().filter(|name| self.catalog.named(name).is_none());
            gone.map(String::as_str).try_for_each(|name| self.store.forget_gone(name))
        });
        if let Err(error) = forgotten {
            tracing::error!(%error, "broken versions of removed repositories cannot be dropped");
        }
    }

    /// How many accepted versions have lost their content.
    pub(crate) fn lost(&self) -> usize {
        let lost = |repo: Arc<Repo>| repo.snapshot().map_or(0, |snapshot| snapshot.lost.len());
        self.catalog.all().into_iter().map(lost).sum()
    }

    /// Whether nothing in this repository is judged or listed.
    pub(crate) fn is_mirror(&self, repo: &Repo) -> bool {
        self.settings.policy.is_mirror(&repo.name)
    }

    /// Remembers why versions were refused.
    pub(crate) fn remember_refusals(&self, refused: Vec<Refusal>) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        for refusal in refused {
            refusals.retain(|old| old.module != refusal.module || old.version != refusal.version);
            if refusals.len() == MAX_REFUSALS {
                refusals.pop_front();
            }
            refusals.push_back(refusal);
        }
    }

    /// Why this version was refused, if it was.
    pub(crate) fn refusal(&self, module: &str, version: &str) -> Option<Refusal> {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.iter().find(|r| r.module == module && r.version == version).cloned()
    }

    /// A repository that has the commit of an entry whose module path is none of its repository any more.
    pub(crate) fn home(&self, entry: &Entry) -> Option<Arc<Repo>> {
        let own = self.catalog.named(&entry.repository);
        if let Some(own) = own.filter(|repo| has_commit(&repo.directory, entry)) {
            return Some(own);
        }
        let homes = || self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = homes().get(&entry.commit).cloned();
        let name = known.unwrap_or_else(|| {
            let all = self.catalog.all();
            let found = all.iter().find(|repo| has_commit(&repo.directory, entry));
            let name = found.map(|repo| repo.name.clone());
            let mut homes = homes();
            if homes.len() >= MAX_HOMES {
                homes.clear();
            }
            homes.insert(entry.commit, name.clone());
            name
        });
        self.catalog.named(&name?)
    }

    /// How many accepted versions have lost their tag, or have it elsewhere.
    pub(crate) fn drift(&self) -> usize {
        let drift = |repo: Arc<Repo>| repo.snapshot().map_or(0, |snapshot| snapshot.drift);
        let in_repositories: usize = self.catalog.all().into_iter().map(drift).sum();
        in_repositories + self.drifts.without_repository()
    }

    /// Whether there is no repository of this name: one that is there and cannot be served is not gone.
    pub(crate) fn is_gone(&self, name: &str) -> bool {
        self.catalog.named(name).is_none() && discover::is_gone(&self.root, name)
    }
}

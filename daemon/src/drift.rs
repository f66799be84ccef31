//! Notices where refs and ledger disagree, and tells: in the journal, in the log, as a metric, and to whom the
//! operator named (`notify`).
//!
//! A refresh sees that something disagrees; what it is, and what the version would be now, is found out here, off the
//! path of every request. Nothing that is served changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use modgate_common::io::repo::Repository;
use modgate_common::ledger::drift::{self, Drift, Seen};
use modgate_common::modzip::Sums;

use crate::catalog::Repo;
use crate::clock;
use crate::metrics::DriftLabels;
use crate::notify::Event;
use crate::service::{RefreshError, Service};

/// Drifts are recorded in groups of this many: each is one line of the journal.
const GROUP: usize = 100;

/// More drifts of a group than this are counted in the log, not told one by one.
const MAX_TOLD: usize = 20;

/// What disagrees now, as far as it was recorded.
#[derive(Debug, Default)]
pub(crate) struct Drifts(Mutex<BTreeMap<(String, String), Drift>>);

impl Drifts {
    /// Those that the ledger knows.
    pub(crate) fn new(open: Vec<Drift>) -> Self {
        let drifts = Self::default();
        drifts.note(&open);
        drifts
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, String), Drift>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, seen: &[Drift]) {
        let mut all = self.lock();
        for drift in seen {
            let name = (drift.module.clone(), drift.version.clone());
            if drift.is_open() {
                all.insert(name, drift.clone());
            } else {
                all.remove(&name);
            }
        }
    }

    /// The drift of a version.
    pub(crate) fn of(&self, module: &str, version: &str) -> Option<Drift> {
        self.lock().get(&(module.to_owned(), version.to_owned())).cloned()
    }

    fn of_repository(&self, name: &str) -> Vec<Drift> {
        self.lock().values().filter(|drift| drift.repository == name).cloned().collect()
    }

    /// How many versions have lost their repository.
    pub(crate) fn without_repository(&self) -> usize {
        self.lock().values().filter(|drift| drift.seen == Seen::RepositoryGone).count()
    }
}

/// Looks at what disagrees in a repository, and records what is new.
///
/// # Errors
/// When the repository cannot be opened, or the ledger cannot be read or written.
pub(crate) fn look(service: &Service, repo: &Repo) -> Result<(), RefreshError> {
    let Some(snapshot) = repo.snapshot() else { return Ok(()) };
    let open = service.drifts.of_repository(&repo.name);
    if service.is_mirror(repo) || (snapshot.drift == 0 && open.is_empty()) {
        return Ok(());
    }
    let now = clock::now();
    let entries = service.store.entries_of(&repo.name)?;
    let mut seen = drift::find(&entries, Some(&snapshot.refs), now);
    let names: BTreeSet<String> = seen.iter().map(Drift::name).collect();
    let ended: Vec<Drift> = open
        .iter()
        .filter(|drift| !names.contains(&drift.name()))
        .map(|drift| drift.ended(now))
        .collect();
    seen.extend(ended);
    let git = Repository::open(&repo.directory)?;
    let mut sums = Sums::default();
    record(service, seen, |drift| new_h1(service, repo, &git, drift, &mut sums))
}

/// Looks for entries whose repositories are gone, and records what is new.
///
/// # Errors
/// When the ledger cannot be read or written.
pub(crate) fn look_for_gone(service: &Service) -> Result<(), RefreshError> {
    // Where the root itself is not there, nothing is known of any repository.
    if !service.root().is_dir() {
        return Ok(());
    }
    for name in service.store.repositories()? {
        if service.is_gone(&name) {
            let entries = service.store.entries_of(&name)?;
            record(service, drift::find(&entries, None, clock::now()), |_| None)?;
        }
    }
    Ok(())
}

/// Writes down what is new of this, and tells. Who is to be notified will be, whatever happens from here on: that
/// is on disk first.
fn record(
    service: &Service,
    seen: Vec<Drift>,
    mut hash: impl FnMut(&Drift) -> Option<String>,
) -> Result<(), RefreshError> {
    let mut group = Vec::new();
    for mut drift in seen {
        if !service.store.is_news(&drift)? {
            continue;
        }
        drift.new_h1 = hash(&drift);
        group.push(drift);
        if group.len() == GROUP {
            record_group(service, std::mem::take(&mut group))?;
        }
    }
    record_group(service, group)
}

fn record_group(service: &Service, group: Vec<Drift>) -> Result<(), RefreshError> {
    if let Some(notices) = &service.notices {
        let mut events = Vec::new();
        for drift in &group {
            let before = service.store.drifts(&drift.module, &drift.version)?.len();
            events.push(Event::of(drift, before));
        }
        notices.push(events).map_err(RefreshError::Notice)?;
    }
    let recorded = service.store.record_drift(group)?;
    service.drifts.note(&recorded);
    for drift in &recorded {
        let seen = drift.seen.name();
        service.metrics.drifts.get_or_create(&DriftLabels { seen }).inc();
    }
    recorded.iter().take(MAX_TOLD).for_each(tell);
    if let Some(more) = recorded.len().checked_sub(MAX_TOLD).filter(|more| *more > 0) {
        tracing::error!(more, "the tags of {more} more versions moved, vanished or came back");
    }
    Ok(())
}

fn tell(drift: &Drift) {
    let Drift { module, version, repository, tag, commit, h1, new_h1, .. } = drift;
    let (seen, commit) = (drift.seen.name(), commit.to_string());
    let new_commit = drift.new_commit.map(|id| id.to_string());
    if drift.is_open() {
        tracing::error!(
            module,
            version,
            repository,
            ?tag,
            seen,
            commit,
            h1,
            new_commit,
            new_h1,
            "drift: {}; {module}@{version} stays what was accepted",
            words(drift)
        );
    } else {
        tracing::info!(module, version, repository, ?tag, seen, commit, "{}", words(drift));
    }
}

/// What happened, in words.
pub(crate) fn words(drift: &Drift) -> String {
    let Drift { repository, tag, commit, .. } = drift;
    let short = commit.short();
    match (drift.seen, drift.new_commit) {
        (Seen::Back, _) => format!("tag {tag:?} of {repository:?} holds commit {short} again"),
        (Seen::RepositoryGone, _) => format!("repository {repository:?} was deleted or renamed"),
        (Seen::Moved, Some(new)) => {
            format!("tag {tag:?} of {repository:?} moved from commit {short} to {}", new.short())
        }
        (Seen::Gone | Seen::Moved, _) => {
            format!("tag {tag:?} of {repository:?}, which held commit {short}, is gone")
        }
    }
}

/// The h1 that a moved version would have at its new commit.
fn new_h1(
    service: &Service,
    repo: &Repo,
    git: &Repository,
    drift: &Drift,
    sums: &mut Sums,
) -> Option<String> {
    let commit = drift.new_commit?;
    let site = service.site(repo, git);
    site.h1_at(&drift.module, &drift.version, commit, sums).unwrap_or_else(|error| {
        tracing::debug!(%error, "{} cannot be read where its tag is now", drift.name());
        None
    })
}

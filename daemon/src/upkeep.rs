//! What is done behind every answer, on a thread of its own, where refs have come to rest: accepted commits are kept, and
//! drifts are looked at.
//!
//! A refresh says which repository changed; a burst of changes is looked at once. What could not be done is tried
//! again later.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use modgate_common::io::repo::Repository;
use modgate_common::io::store::StoreError;
use modgate_common::io::sync::sync_file_system;
use modgate_common::ledger::occupied_commits;
use modgate_common::objects::ObjectId;

use crate::catalog::Repo;
use crate::drift;
use crate::kept::keep_zips;
use crate::service::{RefreshError, Service};

/// Refs that a restore or a script is changing are left alone for this long.
const REST: Duration = Duration::from_millis(300);

/// When what failed is tried again: a disk may be full.
const LATER: Duration = Duration::from_secs(10);

/// What is to be done.
#[derive(Debug, Default)]
pub(crate) struct Upkeep {
    due: Mutex<Due>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Due {
    repositories: BTreeMap<String, Work>,
    /// Repositories may have gone.
    has_removed: bool,
}

/// What is due in a repository.
#[derive(Debug, Default)]
struct Work {
    keep: Commits,
    /// Of versions that were forgotten.
    free: BTreeSet<ObjectId>,
}

/// Which commits of a repository are to be kept.
#[derive(Debug)]
pub(crate) enum Commits {
    /// All that the ledger has.
    All,
    /// These, the rest being kept already.
    These(BTreeSet<ObjectId>),
}

impl Default for Commits {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Commits {
    fn with(self, more: Self) -> Self {
        match (self, more) {
            (Self::These(mut some), Self::These(more)) => {
                some.extend(more);
                Self::These(some)
            }
            _ => Self::All,
        }
    }
}

impl Upkeep {
    fn lock(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The refs of this repository changed, or something in it was served: these commits are to be kept.
    pub(crate) fn changed(&self, repository: &str, commits: Commits) {
        self.add(repository, Work { keep: commits, ..Work::default() });
    }

    /// A version on this commit was forgotten: it is kept no more, unless another version needs it.
    pub(crate) fn forgotten(&self, repository: &str, commit: ObjectId) {
        self.add(repository, Work { free: [commit].into(), ..Work::default() });
    }

    fn add(&self, repository: &str, more: Work) {
        let mut due = self.lock();
        let Work { keep, mut free } = due.repositories.remove(repository).unwrap_or_default();
        free.extend(more.free);
        let all = Work { keep: keep.with(more.keep), free };
        due.repositories.insert(repository.to_owned(), all);
        drop(due);
        self.changed.notify_all();
    }

    /// Repositories may have gone.
    pub(crate) fn removed(&self) {
        self.lock().has_removed = true;
        self.changed.notify_all();
    }

    fn next(&self) -> Due {
        let is_idle = |due: &mut Due| due.repositories.is_empty() && !due.has_removed;
        let waited = self.changed.wait_while(self.lock(), is_idle);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        thread::sleep(REST);
        std::mem::take(&mut self.lock())
    }
}

/// Does what is due, for as long as the process lives. Blocks.
pub(crate) fn run(service: &Arc<Service>) {
    loop {
        let due = service.upkeep.next();
        let mut has_failed = false;
        for (name, work) in due.repositories {
            if !attempt(&name, || look_at(service, &name, &work)) {
                service.upkeep.add(&name, work);
                has_failed = true;
            }
        }
        if due.has_removed && !attempt("", || drift::look_for_gone(service)) {
            service.upkeep.removed();
            has_failed = true;
        }
        if has_failed {
            thread::sleep(LATER);
        }
    }
}

fn look_at(service: &Service, name: &str, work: &Work) -> Result<(), RefreshError> {
    // One that is not there any more is another matter.
    let Some(repo) = service.catalog.named(name) else { return Ok(()) };
    let kept =
        keep_refs(service, &repo, &work.keep).and_then(|()| free(service, &repo, &work.free));
    drift::look(service, &repo)?;
    if service.settings.keep.zips {
        service.zip_upkeep.changed(name, Commits::All);
    }
    kept
}

/// Keeps the zips of what is due, for as long as the process lives: large ones hold up nothing else. Blocks.
pub(crate) fn run_zips(service: &Arc<Service>) {
    loop {
        for (name, _) in service.zip_upkeep.next().repositories {
            let Some(repo) = service.catalog.named(&name) else { continue };
            attempt(&name, || keep_zips(service, &repo));
        }
    }
}

/// Keeps commits, and syncs what was written.
fn keep_refs(service: &Service, repo: &Repo, commits: &Commits) -> Result<(), RefreshError> {
    if !service.settings.keep.refs || service.is_mirror(repo) {
        return Ok(());
    }
    let wanted = match commits {
        // What disagrees may have been meant for the keep refs too.
        Commits::These(some) if repo.snapshot().is_none_or(|now| now.drift == 0) => some.clone(),
        _ => needed(service, repo)?,
    };
    if wanted.is_empty() {
        return Ok(());
    }
    let git = Repository::open(&repo.directory)?;
    match git.keep(&wanted) {
        Ok(0) => {}
        Ok(new) => {
            if let Err(error) = sync_file_system(&repo.directory) {
                tracing::warn!(repository = repo.name, %error, "keep refs cannot be synced");
            }
            service.metrics.kept_refs.inc_by(new as u64);
        }
        Err(error) if error.is_lasting() => {
            if repo.tell_unwritable() {
                tracing::info!(
                    repository = repo.name, %error,
                    "accepted commits of {:?} are kept by the hook alone: its repository is not ours to write",
                    repo.name
                );
            }
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// The commits of all that was accepted or served.
fn needed(service: &Service, repo: &Repo) -> Result<BTreeSet<ObjectId>, StoreError> {
    let mut all = occupied_commits(&service.store.entries_of(&repo.name)?);
    let served = service.store.untagged(&repo.name)?;
    all.extend(served.into_iter().map(|version| version.commit));
    Ok(all)
}

/// Gives commits of forgotten versions up.
fn free(service: &Service, repo: &Repo, commits: &BTreeSet<ObjectId>) -> Result<(), RefreshError> {
    if !service.settings.keep.refs || commits.is_empty() {
        return Ok(());
    }
    let git = Repository::open(&repo.directory)?;
    match keep_no_more(&git, commits, || needed(service, repo)) {
        // The hook has kept them, with other rights.
        Err(RefreshError::Keep(error)) if error.is_lasting() => Ok(()),
        result => result,
    }
}

/// Keeps commits no more that no version needs.
///
/// # Errors
/// When ledger or repository cannot be read or written.
pub(crate) fn keep_no_more(
    git: &Repository,
    commits: &BTreeSet<ObjectId>,
    needed: impl Fn() -> Result<BTreeSet<ObjectId>, StoreError>,
) -> Result<(), RefreshError> {
    git.keep_no_more(&(commits - &needed()?))?;
    // One may have been accepted again meanwhile, by somebody who found it kept.
    git.keep(&(commits & &needed()?))?;
    Ok(())
}

/// Whether there is nothing to try again. Whatever one repository does to its reader, the others go on.
fn attempt(repository: &str, what: impl FnOnce() -> Result<(), RefreshError>) -> bool {
    match catch_unwind(AssertUnwindSafe(what)).unwrap_or(Err(RefreshError::Panicked)) {
        Ok(()) => true,
        Err(error @ (RefreshError::Keep(_) | RefreshError::Notice(_) | RefreshError::Store(_))) => {
            tracing::error!(repository, %error, "upkeep failed, it is tried again soon");
            false
        }
        // A repository that cannot be read is looked at again when it changes.
        Err(error) => {
            tracing::warn!(repository, %error, "upkeep failed");
            true
        }
    }
}

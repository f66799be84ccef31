//! What is done behind every answer, on a thread of its own: drifts are looked at where refs have come to rest.
//!
//! A refresh says which repository changed; a burst of changes is looked at once. What could not be done is tried
//! again later.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::drift;
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
    repositories: BTreeSet<String>,
    /// Repositories may have gone.
    has_removed: bool,
}

impl Upkeep {
    fn lock(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The refs of this repository changed.
    pub(crate) fn changed(&self, repository: &str) {
        self.lock().repositories.insert(repository.to_owned());
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
        for name in due.repositories {
            if !attempt(&name, || look_at(service, &name)) {
                service.upkeep.changed(&name);
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

fn look_at(service: &Service, name: &str) -> Result<(), RefreshError> {
    // One that is not there any more is another matter.
    let Some(repo) = service.catalog.named(name) else { return Ok(()) };
    drift::look(service, &repo)
}

/// Whether there is nothing to try again. Whatever one repository does to its reader, the others go on.
fn attempt(repository: &str, what: impl FnOnce() -> Result<(), RefreshError>) -> bool {
    match catch_unwind(AssertUnwindSafe(what)).unwrap_or(Err(RefreshError::Panicked)) {
        Ok(()) => true,
        Err(error @ RefreshError::Store(_)) => {
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

//! Takes in what is there at the start, then computes the hashes that nobody has asked for yet.
//!
//! Adoption reads names, go.mod and tree listings. The h1 of an adopted version is computed at its first
//! use, or here in the background, one version at a time: never in the way of a request.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use modgate_common::io::repo::Repository;
use modgate_common::ledger::State;

use crate::catalog::Repo;
use crate::clock;
use crate::service::{Service, sync};

/// A proposal whose ref has not come after this many seconds never will.
const PENDING_SECONDS: i64 = 600;

/// How often proposals are looked through.
const SETTLE: Duration = Duration::from_secs(60);

/// Adopts everything, then says that the service is ready, then goes on in the background. Blocks.
pub(crate) fn run(service: &Arc<Service>) {
    sync_disks(service);
    for repo in service.catalog.all() {
        if let Err(error) = service.snapshot(&repo) {
            tracing::error!(repository = repo.name, %error, "repository cannot be taken in");
        }
    }
    service.forget_gone();
    service.set_ready();
    tracing::info!(repositories = service.catalog.all().len(), "everything is taken in");
    for repo in service.catalog.all() {
        // Whatever one repository does to its reader, the others go on.
        if catch_unwind(AssertUnwindSafe(|| complete(service, &repo))).is_err() {
            tracing::error!(repository = repo.name, "computing hashes panicked");
        }
    }
}

/// What is taken in must not vanish in a power cut. Once for each disk.
fn sync_disks(service: &Service) {
    let mut disks = BTreeSet::new();
    for repo in service.catalog.all() {
        let Ok(folder) = fs::metadata(&repo.directory) else { continue };
        if disks.insert(folder.dev())
            && let Err(error) = sync(&repo)
        {
            tracing::error!(repository = repo.name, %error, "cannot be synced to disk");
        }
    }
}

/// Reads the whole journal once. What is in the index does not need it, so damage would show only when it
/// is too late.
pub(crate) fn verify(service: &Service) {
    match service.store.check_journal() {
        Ok(None) => {}
        Ok(Some(health)) => service.tell(&health),
        Err(error) => tracing::error!(%error, "the journal cannot be read, or made again"),
    }
}

/// Sweeps proposals that never came true, for as long as the process lives. Blocks.
pub(crate) fn settle(service: &Service) {
    loop {
        let too_old = clock::now() - PENDING_SECONDS;
        let swept = service.store.proposals(None).and_then(|mut proposals| {
            proposals.retain(|proposal| proposal.entry.time < too_old);
            service.store.settle(&proposals)
        });
        if let Err(error) = swept {
            tracing::error!(%error, "old proposals cannot be swept");
        }
        thread::sleep(SETTLE);
    }
}

/// Computes the h1 of every accepted version of a repository that lacks one.
fn complete(service: &Service, repo: &Repo) {
    let Ok(entries) = service.store.entries_of(&repo.name) else { return };
    for entry in entries {
        if entry.state != State::Accepted || entry.h1.is_some() {
            continue;
        }
        let (module, version) = (entry.module.clone(), entry.version.clone());
        let completed =
            Repository::open(&repo.directory).map_err(|error| error.to_string()).and_then(|git| {
                service.pass(repo, &git).complete(vec![entry]).map_err(|error| error.to_string())
            });
        if let Err(error) = completed {
            tracing::error!(module, version, error, "hash of an accepted version is unknown");
        }
    }
}

//! Takes in what is there at the start, then computes the hashes that nobody has asked for yet.
//!
//! Adoption reads names, go.mod and tree listings. The h1 of an adopted version is computed at its first
//! use, or here in the background, on one thread: never in the way of a request.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use modgate_common::io::repo::Repository;
use modgate_common::io::sync::sync_file_system;
use modgate_common::ledger::{Entry, Proposal, State};
use modgate_common::objects::ObjectId;

use crate::catalog::Repo;
use crate::service::Service;

/// A proposal whose ref has not come after this time never will.
const MAX_PENDING: Duration = Duration::from_secs(600);

/// How often proposals are looked through.
const SETTLE: Duration = Duration::from_secs(60);

/// Hashes that are recorded together: a line of the journal for each would take an hour for a million.
const HASHED: usize = 100;

/// Adopts everything, then says that the service is ready, then goes on in the background. Blocks.
pub(crate) fn run(service: &Arc<Service>) {
    sync_disks(service);
    for repo in service.catalog.all() {
        if let Err(error) = service.snapshot(&repo) {
            tracing::error!(repository = repo.name, %error, "repository cannot be taken in");
        }
    }
    service.forget_gone();
    service.upkeep.removed();
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
            && let Err(error) = sync_file_system(&repo.directory)
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

/// Since when this process has seen proposals wait. What the clock says of their age does not count: it may jump, and a
/// push may be between its two hooks then.
#[derive(Debug, Default)]
struct Waiting(HashMap<Name, Instant>);

/// Which proposal, of which try: repository, tag, what it is to hold, module, version, time.
type Name = (String, Option<String>, ObjectId, String, String, i64);

impl Waiting {
    /// Those of the proposals that have waited too long.
    fn too_long(&mut self, proposals: Vec<Proposal>, now: Instant) -> Vec<Proposal> {
        let before = std::mem::take(&mut self.0);
        let has_waited = |proposal: &Proposal| {
            let Proposal { target, entry } = proposal;
            let Entry { repository, tag, module, version, time, .. } = entry.clone();
            let name = (repository, tag, *target, module, version, time);
            let since = before.get(&name).copied().unwrap_or(now);
            self.0.insert(name, since);
            now.saturating_duration_since(since) >= MAX_PENDING
        };
        proposals.into_iter().filter(has_waited).collect()
    }
}

/// Sweeps proposals that never came true, for as long as the process lives. Blocks.
pub(crate) fn settle(service: &Service) {
    let mut waiting = Waiting::default();
    loop {
        let swept = service.store.proposals(None).and_then(|proposals| {
            let swept = waiting.too_long(proposals, Instant::now());
            service.store.settle(&swept)
        });
        if let Err(error) = swept {
            tracing::error!(%error, "old proposals cannot be swept");
        }
        thread::sleep(SETTLE);
    }
}

/// Computes the h1 of every accepted version of a repository that lacks one.
fn complete(service: &Service, repo: &Repo) {
    let Ok(mut entries) = service.store.entries_of(&repo.name) else { return };
    entries.retain(|entry| entry.state == State::Accepted && entry.h1.is_none());
    for group in entries.chunks(HASHED) {
        if completed(service, repo, group).is_ok() {
            continue;
        }
        // One that cannot be read keeps none of the others from being hashed.
        for entry in group {
            if let Err(error) = completed(service, repo, std::slice::from_ref(entry)) {
                let (module, version) = (&entry.module, &entry.version);
                tracing::error!(module, version, error, "hash of an accepted version is unknown");
            }
        }
    }
}

fn completed(service: &Service, repo: &Repo, entries: &[Entry]) -> Result<(), String> {
    let git = Repository::open(&repo.directory).map_err(|error| error.to_string())?;
    let pass = service.pass(repo, &git);
    pass.complete(entries.to_vec()).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use modgate_common::ledger::How;

    use super::*;

    fn proposal(version: &str, time: i64) -> Proposal {
        let id = ObjectId::from_bytes([1; 20]);
        let entry = Entry {
            state: State::Pending,
            time,
            how: How::Pushed,
            ..Entry::new("h.io/m", version, "m", Some(version), (id, id))
        };
        Proposal { target: id, entry }
    }

    #[test]
    fn proposals_wait_ten_minutes_whatever_the_clock_says() {
        let mut waiting = Waiting::default();
        let start = Instant::now();
        let minute = |n: u32| start + n * Duration::from_secs(60);
        // One from a clock that was a year back, one from a clock that was far ahead.
        let (old, new) = (proposal("v1.0.0", 0), proposal("v1.1.0", 250_000_000_000));
        assert_eq!(waiting.too_long(vec![old.clone()], minute(0)), []);
        assert_eq!(waiting.too_long(vec![old.clone(), new.clone()], minute(5)), []);
        assert_eq!(
            waiting.too_long(vec![old.clone(), new.clone()], minute(10)),
            std::slice::from_ref(&old)
        );
        assert_eq!(waiting.too_long(vec![new.clone()], minute(15)), [new]);
        // What is not there any more is forgotten, and another try waits anew.
        assert_eq!(waiting.too_long(Vec::new(), minute(16)), []);
        assert!(waiting.0.is_empty());
        assert_eq!(waiting.too_long(vec![old], minute(30)), []);
    }
}

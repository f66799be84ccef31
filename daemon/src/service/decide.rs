//! What an administrator decides, and what is imported: written, and followed by all answers from then on.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use modgate_common::io::repo::Repository;
use modgate_common::io::store::Purpose;
use modgate_common::ledger::Entry;
use modgate_common::ledger::decision::{Decision, Verb};
use modgate_common::ledger::exchange::{Carried, Imported};
use modgate_common::objects::{Fault, Objects};

use super::refresh::report;
use super::{RefreshError, Service};
use crate::catalog::Repo;
use crate::snapshot::Snapshot;

impl Service {
    /// Carries out what an administrator decided; from now on answers follow it.
    ///
    /// # Errors
    /// When it cannot be decided, or the ledger or the repository cannot be read.
    pub(crate) fn decide(&self, decision: Decision) -> Result<Entry, RefreshError> {
        // Whoever may serve it: the version may be accepted at this moment.
        let repositories = in_order(self.catalog.candidates(&decision.module));
        let _deciding: Vec<_> = repositories.iter().map(|repo| repo.deciding()).collect();
        let before = self.store.entry(&decision.module, &decision.version)?;
        let is_forgotten = decision.verb == Verb::Forget;
        let entry = self.store.decide(decision)?;
        let Entry { module, version, state, reason, .. } = &entry;
        tracing::info!(module, version, ?state, reason, "decided about {module}@{version}");
        if let Some(repo) = self.catalog.named(&entry.repository) {
            self.look_again(&repo, entry.tag.as_deref())?;
            self.reread(&repo)?;
        }
        if is_forgotten {
            self.upkeep.forgotten(&entry.repository, entry.commit);
            if let Some(before) = before {
                self.kept.remove(&before);
            }
        }
        Ok(entry)
    }

    /// Judges a tag that did not move: the ledger says something else about it now.
    fn look_again(&self, repo: &Repo, tag: Option<&str>) -> Result<(), RefreshError> {
        let _turn = repo.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = repo.snapshot().filter(|_| !self.is_mirror(repo)) else { return Ok(()) };
        let git = Repository::open(&repo.directory)?;
        let pass = self.pass(repo, &git);
        let found = before.refs.tags.iter().filter(|(name, _)| Some(name.as_str()) == tag);
        let outcome = pass.tags(found)?;
        pass.tidy(&before.refs)?;
        report(repo, &outcome);
        Ok(())
    }

    /// Takes versions over from another ledger; from now on answers follow them.
    ///
    /// # Errors
    /// When the ledger or a repository cannot be read or written.
    pub(crate) fn import(
        &self,
        versions: Vec<Carried>,
        purpose: Purpose,
    ) -> Result<Imported, RefreshError> {
        let repositories: BTreeSet<String> =
            versions.iter().map(|version| version.entry.repository.clone()).collect();
        let named = repositories.iter().filter_map(|name| self.catalog.named(name));
        let repositories = in_order(named.collect());
        let _deciding: Vec<_> = repositories.iter().map(|repo| repo.deciding()).collect();
        let imported = self.store.import(versions, purpose)?;
        let (new, clashes) = (imported.new, imported.clashes.len());
        tracing::info!(new, clashes, "{new} versions are imported");
        for repo in &repositories {
            self.reread(repo)?;
        }
        Ok(imported)
    }

    /// Makes a new snapshot of the refs that are known already: the ledger says something else about them.
    fn reread(&self, repo: &Repo) -> Result<(), RefreshError> {
        let _turn = repo.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = repo.snapshot() else { return Ok(()) };
        let git = Repository::open(&repo.directory)?;
        let is_there = |commit| !matches!(git.commit(commit), Err(Fault::Missing(_)));
        let entries = self.store.entries_of(&repo.name)?;
        let (refs, peeled) = (before.refs.clone(), before.peeled.clone());
        let mut snapshot = Snapshot::new(refs, peeled, entries, is_there);
        snapshot.faulty.clone_from(&before.faulty);
        repo.publish(Arc::new(snapshot));
        Ok(())
    }
}

/// Each once, and always in the same order: whoever waits for several waits for them one after the other.
fn in_order(mut repositories: Vec<Arc<Repo>>) -> Vec<Arc<Repo>> {
    repositories.sort_by(|a, b| a.name.cmp(&b.name));
    repositories.dedup_by(|a, b| a.name == b.name);
    repositories
}

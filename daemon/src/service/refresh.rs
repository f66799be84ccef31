//! Reading a repository, and taking in what changed.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

use modgate_common::intake::Site;
use modgate_common::io::reconcile::{Outcome, Pass};
use modgate_common::io::repo::keep::KeepError;
use modgate_common::io::repo::{OpenError, Repository};
use modgate_common::io::store::StoreError;
use modgate_common::io::sync::sync_file_system;
use modgate_common::ledger::{Entry, State, occupied_commits};
use modgate_common::objects::{Fault, Objects, Refs, Tag};
use modgate_common::policy::{About, Escalation, Level};
use modgate_common::rules::{self, HISTORY_REWRITTEN};

use super::Service;
use crate::catalog::Repo;
use crate::clock;
use crate::snapshot::Snapshot;
use crate::upkeep::Commits;

/// More changes than this are counted in the log, not told one by one.
const MAX_TOLD: usize = 50;

/// Why a repository could not be read and taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It cannot be read.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Commits cannot be kept now.
    #[error("keep refs: {0}")]
    Keep(#[from] KeepError),
    /// A notice cannot be queued.
    #[error("the queue of notices: {0}")]
    Notice(std::io::Error),
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A bug, or one of a library.
    #[error("reading the repository panicked")]
    Panicked,
    /// What is in the repository cannot be put on disk.
    #[error("the repository cannot be synced to disk: {0}")]
    Sync(std::io::Error),
}

/// Whether what was just read of a repository is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Synced {
    No,
    Yes,
}

impl Service {
    /// Reads the refs of a repository and takes in what changed. All tags are judged at the first time.
    /// Whatever one repository does to its reader, the others go on.
    ///
    /// # Errors
    /// When the repository or the ledger cannot be read.
    pub(crate) fn refresh(&self, repo: &Repo) -> Result<Arc<Snapshot>, RefreshError> {
        let read = AssertUnwindSafe(|| self.read_and_take_in(repo, Synced::No));
        catch_unwind(read).unwrap_or(Err(RefreshError::Panicked))
    }

    /// The same after a push, whose objects and refs are put on disk first.
    ///
    /// # Errors
    /// As [`Service::refresh`].
    pub(crate) fn refresh_pushed(&self, repo: &Repo) -> Result<Arc<Snapshot>, RefreshError> {
        sync_file_system(&repo.directory).map_err(RefreshError::Sync)?;
        let read = AssertUnwindSafe(|| self.read_and_take_in(repo, Synced::Yes));
        catch_unwind(read).unwrap_or(Err(RefreshError::Panicked))
    }

    fn read_and_take_in(&self, repo: &Repo, synced: Synced) -> Result<Arc<Snapshot>, RefreshError> {
        let _turn = repo.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let git = Repository::open(&repo.directory)?;
        let before = repo.snapshot();
        let known = before.as_ref().map(|s| s.peeled.clone()).unwrap_or_default();
        let (refs, peeled) = git.refs(&known)?;
        if let Some(before) = before.as_ref().filter(|before| before.is_current(&refs)) {
            return Ok(Arc::clone(before));
        }
        self.metrics.refreshes.inc();
        let (mut entries, mut faulty) = (Vec::new(), BTreeSet::new());
        let mut accepted = BTreeSet::new();
        if !self.is_mirror(repo) {
            let pass = self.pass(repo, &git);
            let is_new = |(name, tag): &(&String, &Tag)| {
                before.as_ref().is_none_or(|before| before.has_to_judge(name, tag))
            };
            // A version must not be taken by content that a power cut takes away. At the start, adoption has seen to it.
            if synced == Synced::No && self.is_ready() && refs.tags.iter().any(|tag| is_new(&tag)) {
                sync_file_system(&repo.directory).map_err(RefreshError::Sync)?;
            }
            let outcome = pass.tags(refs.tags.iter().filter(is_new))?;
            entries = pass.tidy(&refs)?;
            report(repo, &outcome);
            accepted = occupied_commits(&outcome.changed);
            faulty.extend(outcome.faults.into_iter().map(|(tag, _)| tag));
        }
        let is_there = |commit| !matches!(git.commit(commit), Err(Fault::Missing(_)));
        let mut snapshot = Snapshot::new(refs, peeled, entries, is_there);
        snapshot.faulty = faulty;
        let known = before.as_ref().map(|before| before.lost.clone()).unwrap_or_default();
        for version in snapshot.lost.difference(&known) {
            tracing::error!(version, repository = repo.name, "the content of {version} is gone");
        }
        let snapshot = Arc::new(snapshot);
        repo.publish(Arc::clone(&snapshot));
        let commits = if before.is_some() { Commits::These(accepted) } else { Commits::All };
        self.upkeep.changed(&repo.name, commits);
        // Nobody's answer waits for this: it may read a whole history.
        if let Some(before) = &before {
            self.tell_rewritten(repo, &git, before, &snapshot.refs);
        }
        Ok(snapshot)
    }

    /// Tells the operator about commits that nothing leads to any more, as the policy has it.
    fn tell_rewritten(&self, repo: &Repo, git: &Repository, before: &Snapshot, after: &Refs) {
        let policy = self.settings.policy.effective(&repo.name);
        let rule = rules::find(HISTORY_REWRITTEN).map_or(Level::Off, |rule| rule.default);
        let decision = policy.about(About::default()).decide(
            HISTORY_REWRITTEN,
            rule,
            Escalation::Forbidden,
            clock::now(),
        );
        let level = decision.level;
        if level == Level::Off || policy.is_mirror() {
            return;
        }
        let gone = match rules::rewritten(git, &before.refs, after) {
            Ok(gone) => gone,
            Err(error) => {
                tracing::debug!(repository = repo.name, %error, "history cannot be read");
                return;
            }
        };
        for one in gone {
            self.metrics.rewritten.inc();
            let (repository, branch, commit) = (&repo.name, &one.branch, one.tip.to_string());
            let fix = one.fix();
            let text = format!(
                "{HISTORY_REWRITTEN}: nothing leads to commit {} any more, which branch {branch:?} had: \
                 its pseudo-versions cannot be fetched, unless they were served before",
                one.tip.short()
            );
            if level == Level::Info {
                tracing::info!(repository, branch, commit, fix, "{text}");
            } else {
                tracing::warn!(repository, branch, commit, fix, "{text}");
            }
        }
    }

    /// The newest snapshot of a repository, read now if there is none yet.
    ///
    /// # Errors
    /// As [`Service::refresh`].
    pub(crate) fn snapshot(&self, repo: &Repo) -> Result<Arc<Snapshot>, RefreshError> {
        repo.snapshot().map_or_else(|| self.refresh(repo), Ok)
    }

    /// A pass over a repository.
    pub(crate) fn pass<'a>(&'a self, repo: &'a Repo, git: &'a Repository) -> Pass<'a> {
        Pass { store: &self.store, site: self.site(repo, git), now: clock::now() }
    }

    /// A repository as a place to take tags in from.
    pub(crate) fn site<'a>(&'a self, repo: &'a Repo, git: &'a Repository) -> Site<'a> {
        Site {
            repository: &repo.name,
            code_root: &repo.code_root,
            objects: git,
            limits: &self.limits,
            clean: &repo.clean,
        }
    }
}

pub(super) fn report(repo: &Repo, Outcome { changed, moved, faults }: &Outcome) {
    let repository = &repo.name;
    for Entry { module, version, moved, .. } in moved {
        let commit = moved.map(|commit| commit.to_string());
        tracing::info!(
            module,
            version,
            commit,
            "the tag of {module}@{version} moved to the same content, as was allowed"
        );
    }
    let count = |state| changed.iter().filter(|entry| entry.state == state).count();
    if changed.len() > MAX_TOLD {
        let (accepted, broken) = (count(State::Accepted), count(State::Broken));
        tracing::info!(
            repository,
            accepted,
            broken,
            "{repository:?}: {accepted} versions are accepted, {broken} are broken"
        );
    }
    let told = if changed.len() > MAX_TOLD { &[] } else { &changed[..] };
    for Entry { module, version, state, how, reason, .. } in told {
        let state = format!("{state:?}").to_lowercase();
        tracing::info!(module, version, state, ?how, reason, "{module}@{version} is {state}");
    }
    for (tag, fault) in faults {
        tracing::error!(repository, ?tag, %fault, "tag cannot be judged");
    }
}

//! What all parts of the daemon share: settings, ledger, repositories, cache, metrics.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use modgate_common::control::Refusal;
use modgate_common::intake::Site;
use modgate_common::io::reconcile::{Outcome, Pass};
use modgate_common::io::repo::keep::KeepError;
use modgate_common::io::repo::{OpenError, Repository};
use modgate_common::io::store::{Health, Purpose, Store, StoreError};
use modgate_common::ledger::decision::Decision;
use modgate_common::ledger::exchange::{Carried, Imported};
use modgate_common::ledger::{Entry, State};
use modgate_common::modzip::Limits;
use modgate_common::objects::{Fault, ObjectId, Objects, Refs, Tag};
use modgate_common::policy::{About, Escalation, Level};
use modgate_common::rules::{self, HISTORY_REWRITTEN};
use modgate_common::settings::Settings;

use crate::catalog::{Catalog, Repo};
use crate::clock;
use crate::discover::{self, discover, is_repository};
use crate::drift::Drifts;
use crate::kept::Kept;
use crate::metrics::Metrics;
use crate::notify::Notices;
use crate::proxy::former::has_commit;
use crate::snapshot::Snapshot;
use crate::upkeep::{Commits, Upkeep};
use crate::zips::Zips;

/// Refusals are kept to tell consumers why a version is not there; older ones are forgotten.
pub(crate) const MAX_REFUSALS: usize = 1000;

/// How many pseudo-versions of one repository are recorded when they are served. Anybody who may read
/// can ask for one of every commit; beyond this they are served unrecorded.
const MAX_SERVED: usize = 10_000;

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
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        if name.is_empty() || !Path::new(name).components().all(is_plain) {
            return false;
        }
        [name.to_owned(), format!("{name}.git")]
            .iter()
            .any(|name| is_repository(&self.root.join(name)))
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
        sync(repo).map_err(RefreshError::Sync)?;
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
                sync(repo).map_err(RefreshError::Sync)?;
            }
            let outcome = pass.tags(refs.tags.iter().filter(is_new))?;
            entries = pass.tidy(&refs)?;
            report(repo, &outcome);
            let changed = outcome.changed.iter().filter(|entry| entry.occupies());
            accepted.extend(changed.map(|entry| entry.commit));
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

    /// Carries out what an administrator decided; from now on answers follow it.
    ///
    /// # Errors
    /// When it cannot be decided, or the ledger or the repository cannot be read.
    pub(crate) fn decide(&self, decision: Decision) -> Result<Entry, RefreshError> {
        // Whoever may serve it: the version may be accepted at this moment.
        let repositories = in_order(self.catalog.candidates(&decision.module));
        let _deciding: Vec<_> = repositories.iter().map(|repo| repo.deciding()).collect();
        let entry = self.store.decide(decision)?;
        let Entry { module, version, state, reason, .. } = &entry;
        tracing::info!(module, version, ?state, reason, "decided about {module}@{version}");
        if let Some(repo) = self.catalog.named(&entry.repository) {
            self.look_again(&repo, entry.tag.as_deref())?;
            self.reread(&repo)?;
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
        let (refs, peeled) = (Arc::clone(&before.refs), before.peeled.clone());
        let mut snapshot = Snapshot::new(refs, peeled, entries, is_there);
        snapshot.faulty.clone_from(&before.faulty);
        repo.publish(Arc::new(snapshot));
        Ok(())
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

    /// Whether one more pseudo-version of this repository may be recorded; counts it if so.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(crate) fn may_record_served(&self, repository: &str) -> Result<bool, StoreError> {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        if !served.contains_key(repository) {
            served.insert(repository.to_owned(), self.store.untagged(repository)?.len());
        }
        let count = served.entry(repository.to_owned()).or_default();
        *count += usize::from(*count < MAX_SERVED);
        let may = *count < MAX_SERVED;
        if !may {
            self.metrics.served_unrecorded.inc();
        }
        Ok(may)
    }

    /// A pseudo-version of this commit was recorded: the commit is kept.
    pub(crate) fn keep_served(&self, entry: &Entry) {
        self.upkeep.changed(&entry.repository, Commits::These([entry.commit].into()));
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

/// Whether what was just read of a repository is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Synced {
    No,
    Yes,
}

/// git syncs next to nothing on a small push, so the file system is: what the ledger records must not vanish.
///
/// # Errors
/// When the disk fails.
pub(crate) fn sync(repo: &Repo) -> std::io::Result<()> {
    let folder = std::fs::File::open(&repo.directory)?;
    Ok(nix::unistd::syncfs(folder.as_fd())?)
}

/// Each once, and always in the same order: whoever waits for several waits for them one after the other.
fn in_order(mut repositories: Vec<Arc<Repo>>) -> Vec<Arc<Repo>> {
    repositories.sort_by(|a, b| a.name.cmp(&b.name));
    repositories.dedup_by(|a, b| a.name == b.name);
    repositories
}

/// More changes than this are counted in the log, not told one by one.
const MAX_TOLD: usize = 50;

fn report(repo: &Repo, Outcome { changed, moved, faults }: &Outcome) {
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

//! What all parts of the daemon share: settings, ledger, repositories, cache, metrics.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use modgate_common::control::Refusal;
use modgate_common::intake::Site;
use modgate_common::io::reconcile::{Outcome, Pass};
use modgate_common::io::repo::{OpenError, Repository};
use modgate_common::io::store::{Purpose, Store, StoreError};
use modgate_common::ledger::decision::Decision;
use modgate_common::ledger::exchange::{Carried, Imported};
use modgate_common::ledger::{Entry, State};
use modgate_common::modzip::Limits;
use modgate_common::objects::{Fault, Objects, Refs};
use modgate_common::policy::{About, Escalation, Level};
use modgate_common::rules::{self, HISTORY_REWRITTEN};
use modgate_common::settings::Settings;

use crate::catalog::{Catalog, Repo};
use crate::clock;
use crate::discover::{discover, is_repository};
use crate::metrics::Metrics;
use crate::snapshot::Snapshot;
use crate::zips::Zips;

/// Refusals are kept to tell consumers why a version is not there; older ones are forgotten.
pub(crate) const MAX_REFUSALS: usize = 1000;

/// How many pseudo-versions of one repository are recorded when they are served. Anybody who may read
/// can ask for one of every commit; beyond this they are served unrecorded.
const MAX_SERVED: usize = 10_000;

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
    /// What a zip may hold.
    pub limits: Limits,
    ready: AtomicBool,
    refusals: Mutex<VecDeque<Refusal>>,
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
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A bug, or one of a library.
    #[error("reading the repository panicked")]
    Panicked,
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
        zips: Zips,
    ) -> Result<Self, StoreError> {
        let mut served = HashMap::new();
        for entry in store.entries(None)? {
            if entry.tag.is_none() {
                *served.entry(entry.repository).or_default() += 1;
            }
        }
        Ok(Self {
            settings,
            root,
            store,
            catalog: Catalog::default(),
            zips,
            metrics: Metrics::new(),
            limits: Limits::default(),
            ready: AtomicBool::new(false),
            refusals: Mutex::default(),
            served: Mutex::new(served),
        })
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
        for problem in &changes.problems {
            tracing::warn!(problem, "repository is not served");
        }
        if changes.has_removed {
            self.forget_gone();
        }
        (changes.added, groups)
    }

    /// Drops the broken entries of repositories that are not there any more: nobody will judge them again.
    pub(crate) fn forget_gone(&self) {
        let forgotten = self.store.entries(None).and_then(|mut entries| {
            entries.retain(|entry| {
                entry.state == State::Broken && self.catalog.named(&entry.repository).is_none()
            });
            self.store.forget_broken(&entries)
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
        let read = AssertUnwindSafe(|| self.read_and_take_in(repo));
        catch_unwind(read).unwrap_or(Err(RefreshError::Panicked))
    }

    fn read_and_take_in(&self, repo: &Repo) -> Result<Arc<Snapshot>, RefreshError> {
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
        if !self.is_mirror(repo) {
            let pass = self.pass(repo, &git);
            let outcome = pass.tags(refs.tags.iter().filter(|(name, tag)| {
                before.as_ref().is_none_or(|before| before.has_to_judge(name, tag))
            }))?;
            entries = pass.tidy(&refs)?;
            report(repo, &outcome);
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
        let (refs, peeled) = (before.refs.clone(), before.peeled.clone());
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
    pub(crate) fn may_record_served(&self, repository: &str) -> bool {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let count = served.entry(repository.to_owned()).or_default();
        *count += usize::from(*count < MAX_SERVED);
        let may = *count < MAX_SERVED;
        if !may {
            self.metrics.served_unrecorded.inc();
        }
        may
    }

    /// How many accepted versions have lost their tag, or have it elsewhere.
    pub(crate) fn drift(&self) -> usize {
        let drift = |repo: Arc<Repo>| repo.snapshot().map_or(0, |snapshot| snapshot.drift);
        self.catalog.all().into_iter().map(drift).sum()
    }
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

//! The repositories that are served now, and the way from a module path to one of them.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use modgate_common::modzip::CleanTrees;

use crate::discover::{Discovery, Found, Identity};
use crate::snapshot::Snapshot;

/// A repository under the root.
#[derive(Debug)]
pub(crate) struct Repo {
    /// Its path under the root, less `.git`.
    pub name: String,
    /// Its folder.
    pub directory: PathBuf,
    /// The module path of its root directory.
    pub code_root: String,
    /// Its trees that can be archived.
    pub clean: CleanTrees,
    identity: Identity,
    snapshot: RwLock<Option<Arc<Snapshot>>>,
    /// Held while the refs are read and taken in, so that an older state never follows a newer one.
    pub refreshing: Mutex<()>,
    /// Whether it was told that nothing can be written here.
    told_unwritable: AtomicBool,
    /// Until when a large push is expected to say that it is through.
    expected: Mutex<Option<Instant>>,
    deciding: Mutex<()>,
    /// Odd while an administrator's decision about a version is carried out.
    decisions: AtomicU64,
}

/// While this lives, answers that are kept hold no longer, and new ones do not hold yet.
#[derive(Debug)]
pub(crate) struct Deciding<'a> {
    repo: &'a Repo,
    _turn: MutexGuard<'a, ()>,
}

impl Drop for Deciding<'_> {
    fn drop(&mut self) {
        self.repo.decisions.fetch_add(1, Ordering::SeqCst);
    }
}

/// git makes thousands of refs in this time; a push that another hook refuses is not heard of again.
const EXPECTED: Duration = Duration::from_secs(10);

impl Repo {
    fn new(found: Found) -> Self {
        let Found { name, directory, code_root, identity } = found;
        Self {
            name,
            directory,
            code_root,
            clean: CleanTrees::default(),
            identity,
            snapshot: RwLock::default(),
            refreshing: Mutex::default(),
            told_unwritable: AtomicBool::new(false),
            expected: Mutex::default(),
            deciding: Mutex::default(),
            decisions: AtomicU64::new(0),
        }
    }

    /// Whether it is still to be told, once, that nothing can be written here.
    pub(crate) fn tell_unwritable(&self) -> bool {
        !self.told_unwritable.swap(true, Ordering::Relaxed)
    }

    /// A decision about one of its versions begins. It ends when a snapshot is published that follows it.
    pub(crate) fn deciding(&self) -> Deciding<'_> {
        let turn = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        self.decisions.fetch_add(1, Ordering::SeqCst);
        Deciding { repo: self, _turn: turn }
    }

    /// How many decisions began and ended.
    pub(crate) fn decisions(&self) -> u64 {
        self.decisions.load(Ordering::SeqCst)
    }

    /// Whether nothing is being decided, nor was since there were so many decisions.
    pub(crate) fn is_undecided_since(&self, decisions: u64) -> bool {
        decisions.is_multiple_of(2) && self.decisions() == decisions
    }

    /// A large push was judged: its refs come one by one, and it says when all of them are there.
    pub(crate) fn expect_push(&self) {
        *self.expected() = Some(Instant::now() + EXPECTED);
    }

    /// A push is through.
    pub(crate) fn forget_push(&self) {
        *self.expected() = None;
    }

    /// Whether the refs of a large push are being made: looking at half of them would be work for nothing.
    pub(crate) fn expects_push(&self) -> bool {
        self.expected().is_some_and(|until| Instant::now() < until)
    }

    fn expected(&self) -> MutexGuard<'_, Option<Instant>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was last read; `None` before the first time.
    pub(crate) fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes `snapshot` the one that requests see.
    pub(crate) fn publish(&self, snapshot: Arc<Snapshot>) {
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
    }
}

/// All repositories that are served.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    by_name: BTreeMap<String, Arc<Repo>>,
    by_code_root: HashMap<String, Arc<Repo>>,
    problems: Vec<String>,
}

/// What a discovery changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Repositories that were not there before.
    pub added: Vec<Arc<Repo>>,
    /// Problems that were not there before.
    pub problems: Vec<String>,
    /// Whether a repository is not there any more.
    pub has_removed: bool,
}

impl Catalog {
    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what lies under the root now. Known repositories keep what was read of them.
    pub(crate) fn update(&self, discovery: Discovery) -> Changes {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut changes = Changes::default();
        let mut next = State { problems: discovery.problems, ..State::default() };
        for (name, found) in discovery.repositories {
            let known = state.by_name.get(&name).filter(|repo| {
                repo.directory == found.directory && repo.identity == found.identity
            });
            let repo = known.cloned().unwrap_or_else(|| {
                let repo = Arc::new(Repo::new(found));
                changes.added.push(Arc::clone(&repo));
                repo
            });
            next.by_code_root.insert(repo.code_root.clone(), Arc::clone(&repo));
            next.by_name.insert(name, repo);
        }
        let is_new = |problem: &&String| !state.problems.contains(problem);
        changes.problems = next.problems.iter().filter(is_new).cloned().collect();
        changes.has_removed = state.by_name.keys().any(|name| !next.by_name.contains_key(name));
        *state = next;
        changes
    }

    /// All repositories.
    pub(crate) fn all(&self) -> Vec<Arc<Repo>> {
        self.read().by_name.values().cloned().collect()
    }

    /// The repository of this name.
    pub(crate) fn named(&self, name: &str) -> Option<Arc<Repo>> {
        self.read().by_name.get(name).cloned()
    }

    /// The repositories that could hold this module, the longest path first (I9).
    pub(crate) fn candidates(&self, module: &str) -> Vec<Arc<Repo>> {
        let state = self.read();
        let ends = module.match_indices('/').map(|(at, _)| at).chain([module.len()]);
        let mut found: Vec<_> =
            ends.filter_map(|end| state.by_code_root.get(&module[..end]).cloned()).collect();
        found.reverse();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> (String, Found) {
        let found = Found {
            name: name.to_owned(),
            directory: PathBuf::from(name),
            code_root: format!("h.io/{name}"),
            identity: Identity::default(),
        };
        (name.to_owned(), found)
    }

    #[test]
    fn nothing_is_kept_over_a_decision() {
        let catalog = Catalog::default();
        catalog.update(Discovery { repositories: ["a"].map(found).into(), ..Discovery::default() });
        let repo = catalog.named("a").unwrap();
        let before = repo.decisions();
        assert!(repo.is_undecided_since(before));
        let deciding = repo.deciding();
        let meanwhile = repo.decisions();
        assert!(!repo.is_undecided_since(before) && !repo.is_undecided_since(meanwhile));
        drop(deciding);
        assert!(!repo.is_undecided_since(before) && !repo.is_undecided_since(meanwhile));
        assert!(repo.is_undecided_since(repo.decisions()));
    }

    // Rules: I9
    #[test]
    fn the_longest_repository_path_comes_first() {
        let catalog = Catalog::default();
        let repositories = ["a/b", "a/b/c", "a"].map(found).into();
        catalog.update(Discovery { repositories, ..Discovery::default() });
        let candidates = |module| -> Vec<String> {
            catalog.candidates(module).iter().map(|repo| repo.name.clone()).collect()
        };
        assert_eq!(candidates("h.io/a/b/c/d"), ["a/b/c", "a/b", "a"]);
        assert_eq!(candidates("h.io/a/bc"), ["a"]);
        assert_eq!(candidates("h.io/x"), Vec::<String>::new());
    }

    #[test]
    fn a_repository_that_was_made_again_is_another_one() {
        let catalog = Catalog::default();
        let at = |inode| {
            let (name, found) = found("a");
            let repositories = [(name, Found { identity: [(1, inode), (1, 2)], ..found })].into();
            catalog.update(Discovery { repositories, ..Discovery::default() }).added.len()
        };
        assert_eq!([at(5), at(5), at(6)], [1, 0, 1]);
    }

    #[test]
    fn known_repositories_are_kept_and_vanished_ones_dropped() {
        let catalog = Catalog::default();
        let discovery = |names: &[&str]| Discovery {
            repositories: names.iter().map(|n| found(n)).collect(),
            ..Discovery::default()
        };
        assert_eq!(catalog.update(discovery(&["a", "b"])).added.len(), 2);
        let a = catalog.named("a").unwrap();
        assert_eq!(catalog.update(discovery(&["a"])).added.len(), 0);
        assert!(Arc::ptr_eq(&a, &catalog.named("a").unwrap()));
        assert!(catalog.named("b").is_none());
    }
}

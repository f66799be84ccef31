//! What the go command would answer about a repository: versions, revisions, directories, go.mod.
//!
//! This is spec sections 4 to 10 and 19, over [`Objects`] and the refs of one moment. Nothing here
//! knows policy, ledger or HTTP; broken versions are answered as the go command answers them
//! (`serve_broken`), and [`usable`] says which ones are broken (N6).
//!
//! Reading order: [`State`] (what is known of one state of the refs), `lookup` (a revision to a
//! commit), `find_dir` (a commit to a go.mod), `list` (tags to versions), `retract`, `stat` (a query
//! to a version), `pseudo_check`, `usable`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::objects::{Fault, ObjectId, Objects, Refs};

mod find_dir;
mod graph;
mod list;
mod lookup;
mod pseudo_check;
mod retract;
mod stat;
mod usable;

pub use find_dir::{Located, NotLocated, at_commit};
pub use graph::Graph;
pub use lookup::Revision;
pub use retract::Retractions;
pub use stat::select_latest;
pub use usable::{Broken, usable};

/// Why a question has no answer, in the go command's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The repository could not be read: no statement about the module.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The thing does not exist; a client may ask the next proxy.
    #[error("{0}")]
    NotExist(String),
    /// It exists, but cannot be used.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// The same failure with its text put into a larger sentence; faults stay what they are.
    fn map(self, wrap: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Fault(fault) => Self::Fault(fault),
            Self::NotExist(text) => Self::NotExist(wrap(text)),
            Self::Other(text) => Self::Other(wrap(text)),
        }
    }
}

/// A query resolved to a version (`.info`, O1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The canonical version.
    pub version: String,
    /// Committer time in seconds (P7).
    pub time: i64,
    /// The commit.
    pub commit: ObjectId,
    /// `refs/tags/...` or `refs/heads/...` where the version is a tag (O4), else `None`.
    pub reference: Option<String>,
}

/// The refs of one moment, and what was found out about them. Answers are kept here because all of
/// them change when a ref does, and none before (B6).
#[derive(Debug, Default)]
pub struct State {
    refs: Arc<Refs>,
    tags_by_commit: OnceLock<HashMap<ObjectId, Vec<String>>>,
    graph: OnceLock<Graph>,
    lists: Mutex<HashMap<String, Arc<Vec<String>>>>,
    retractions: Mutex<HashMap<String, Arc<Retractions>>>,
}

impl State {
    /// The state of these refs.
    pub fn new(refs: impl Into<Arc<Refs>>) -> Self {
        Self { refs: refs.into(), ..Self::default() }
    }

    /// The names of all tags on each commit, in byte order. Most repositories are never asked.
    fn tags_by_commit(&self) -> &HashMap<ObjectId, Vec<String>> {
        self.tags_by_commit.get_or_init(|| {
            let mut found: HashMap<_, Vec<String>> = HashMap::new();
            for (name, tag) in &self.refs.tags {
                found.entry(tag.peeled).or_default().push(name.clone());
            }
            found
        })
    }

    /// The refs.
    pub fn refs(&self) -> &Refs {
        &self.refs
    }
}

/// A repository at one state of its refs: the subject of every question.
#[derive(Clone, Copy)]
pub struct View<'a> {
    objects: &'a dyn Objects,
    state: &'a State,
}

impl<'a> View<'a> {
    /// Looks at `state` through `objects`.
    pub fn new(objects: &'a dyn Objects, state: &'a State) -> Self {
        Self { objects, state }
    }

    /// The objects of the repository.
    pub const fn objects(&self) -> &'a dyn Objects {
        self.objects
    }

    /// The refs.
    pub fn refs(&self) -> &'a Refs {
        &self.state.refs
    }

    /// The names of all tags on a commit, in byte order (R7).
    fn tags_of(&self, commit: ObjectId) -> impl Iterator<Item = &'a str> + use<'a> {
        self.state.tags_by_commit().get(&commit).into_iter().flatten().map(String::as_str)
    }

    /// The commit graph below all visible refs, walked when it is first needed.
    fn graph(&self) -> Result<&'a Graph, Fault> {
        if let Some(graph) = self.state.graph.get() {
            return Ok(graph);
        }
        let graph = Graph::below(self.objects, self.refs().values().map(|(_, id)| id))?;
        Ok(self.state.graph.get_or_init(|| graph))
    }
}

/// The value under `key`, computed once. A failure is not kept: faults may pass. Nor is what `is_kept` finds
/// empty: clients can ask for any number of module paths that nobody has.
fn remember<V, E>(
    memory: &Mutex<HashMap<String, Arc<V>>>,
    key: &str,
    is_kept: impl FnOnce(&V) -> bool,
    compute: impl FnOnce() -> Result<V, E>,
) -> Result<Arc<V>, E> {
    let lock = || memory.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = lock().get(key) {
        return Ok(Arc::clone(value));
    }
    // Computed without the lock: it may read the repository. Two may compute the same value.
    let value = Arc::new(compute()?);
    if !is_kept(&value) {
        return Ok(value);
    }
    let mut memory = lock();
    if memory.len() >= MAX_REMEMBERED {
        memory.clear();
    }
    memory.insert(key.to_owned(), Arc::clone(&value));
    Ok(value)
}

/// A repository may hold any number of modules; more than this many answers are forgotten and computed again.
const MAX_REMEMBERED: usize = 10_000;

#[cfg(test)]
mod tests;

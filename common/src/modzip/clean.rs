//! Whether a whole commit can be archived at all: git looks at every name in it, also in the directories
//! beside the module.
//!
//! Walking everything for each version of each module would be slow where a repository holds many. Commits
//! share most of their trees, so those that were found clean are remembered.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::{Limits, Plan, PlanError, Refused, forbidden};
use crate::objects::{Commit, Mode, ObjectId, Objects, TreeEntry};

/// More trees than these are forgotten and walked again.
const MAX_TREES: usize = 500_000;

/// The trees that hold no forbidden name, themselves and below.
#[derive(Debug, Default)]
pub struct CleanTrees(Mutex<HashSet<ObjectId>>);

/// A directory that the walk is inside of.
struct Frame {
    tree: ObjectId,
    entries: std::vec::IntoIter<TreeEntry>,
    /// Length of its path, with the slash at the end.
    length: usize,
}

impl CleanTrees {
    /// The zip of the module in `directory` of `commit`, if git can archive the whole commit.
    ///
    /// # Errors
    /// When the repository cannot be read, the module can never be zipped, or a name beside it stands in the way.
    pub fn plan(
        &self,
        objects: &dyn Objects,
        commit: &Commit,
        directory: &str,
        limits: &Limits,
    ) -> Result<Plan, PlanError> {
        // Where the module is the whole tree, the plan looks at every name.
        if !directory.is_empty() {
            self.check(objects, commit.tree, limits)?;
        }
        super::plan(objects, commit, directory, limits)
    }

    /// Looks at all names below `tree`, those that are known apart.
    ///
    /// # Errors
    /// When a name cannot be archived, there are too many entries, or the repository cannot be read.
    pub fn check(
        &self,
        objects: &dyn Objects,
        tree: ObjectId,
        limits: &Limits,
    ) -> Result<(), PlanError> {
        let mut seen = 0;
        let mut path = Vec::new();
        let mut frames: Vec<Frame> = Vec::new();
        let mut next = Some(tree);
        loop {
            if let Some(tree) = next.take().filter(|tree| !self.knows(*tree)) {
                let entries = objects.tree(tree)?;
                seen += entries.len();
                if seen > limits.entries {
                    return Err(Refused::TooManyEntries(limits.entries).into());
                }
                let length = path.len();
                frames.push(Frame { tree, entries: entries.into_iter(), length });
            }
            let Some(frame) = frames.last_mut() else { return Ok(()) };
            path.truncate(frame.length);
            match frame.entries.next() {
                Some(entry) if forbidden::is_forbidden(&entry.name, entry.mode) => {
                    path.extend_from_slice(&entry.name);
                    return Err(Refused::ForbiddenName(path).into());
                }
                Some(entry) if entry.mode == Mode::Tree => {
                    path.extend_from_slice(&entry.name);
                    path.push(b'/');
                    next = Some(entry.id);
                }
                Some(_) => {}
                None => {
                    self.remember(frame.tree);
                    frames.pop();
                }
            }
        }
    }

    fn knows(&self, tree: ObjectId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&tree)
    }

    fn remember(&self, tree: ObjectId) {
        let mut clean = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if clean.len() >= MAX_TREES {
            clean.clear();
        }
        clean.insert(tree);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::memory::Repository;

    fn tree(repository: &mut Repository, name: &str) -> ObjectId {
        let inner = repository.add_tree(&[(name, "x")]);
        let beside = repository.add_tree(&[("a.go", "package a")]);
        let entry =
            |name: &str, id| TreeEntry { name: name.as_bytes().to_vec(), mode: Mode::Tree, id };
        repository.add_entries(vec![entry("deep", inner), entry("sub", beside)])
    }

    #[test]
    fn a_forbidden_name_anywhere_is_found_again_and_again() {
        let mut repository = Repository::default();
        let (bad, good) = (tree(&mut repository, "git~1"), tree(&mut repository, "git~2"));
        let (clean, limits) = (CleanTrees::default(), Limits::default());
        for _ in 0..2 {
            let refused = clean.check(&repository, bad, &limits);
            let reason = "create zip: error: invalid path 'deep/git~1'";
            assert_eq!(refused.map_err(|error| error.to_string()), Err(reason.to_owned()));
            assert_eq!(clean.check(&repository, good, &limits), Ok(()));
        }
        assert!(clean.knows(good) && !clean.knows(bad));
    }

    #[test]
    fn known_trees_are_not_read_again_and_endless_ones_are_refused() {
        let mut repository = Repository::default();
        let good = tree(&mut repository, "x");
        let clean = CleanTrees::default();
        let few = Limits { entries: 3, ..Limits::default() };
        assert!(clean.check(&repository, good, &few).is_err());
        assert_eq!(clean.check(&repository, good, &Limits::default()), Ok(()));
        assert_eq!(clean.check(&Repository::default(), good, &few), Ok(()), "nothing is read");
    }
}

//! Who descends from whom, as far as it must be read to know: releases are mostly near the tips of branches and near each
//! other, and a history may be long.

use std::cell::RefCell;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::objects::{Fault, Kind, ObjectId, Objects};

/// A history; every commit is read once.
pub(super) struct History<'a> {
    objects: &'a dyn Objects,
    read: RefCell<HashMap<ObjectId, Link>>,
}

/// What is kept of a commit.
#[derive(Clone)]
struct Link {
    time: i64,
    parents: Box<[ObjectId]>,
}

impl<'a> History<'a> {
    pub(super) fn new(objects: &'a dyn Objects) -> Self {
        Self { objects, read: RefCell::default() }
    }

    fn link(&self, commit: ObjectId) -> Result<Link, Fault> {
        if let Some(link) = self.read.borrow().get(&commit) {
            return Ok(link.clone());
        }
        let found = self.objects.commit(commit)?;
        let link = Link { time: found.time.unwrap_or(0), parents: found.parents.into() };
        self.read.borrow_mut().insert(commit, link.clone());
        Ok(link)
    }

    /// Whether `wanted` is one of `tips` or an ancestor of one. Tips that are no commits lead nowhere.
    pub(super) fn leads(
        &self,
        tips: impl Iterator<Item = ObjectId>,
        wanted: ObjectId,
    ) -> Result<bool, Fault> {
        Ok(self.astray(tips, [wanted].into())?.is_empty())
    }

    /// Those of `wanted` that are neither tips nor ancestors of one: newest commits are looked at first.
    pub(super) fn astray(
        &self,
        tips: impl Iterator<Item = ObjectId>,
        mut wanted: HashSet<ObjectId>,
    ) -> Result<HashSet<ObjectId>, Fault> {
        let (mut seen, mut queue) = (HashSet::new(), BinaryHeap::new());
        for tip in tips {
            wanted.remove(&tip);
            if matches!(self.objects.peel(tip), Ok((_, Kind::Commit))) && seen.insert(tip) {
                queue.push((self.link(tip)?.time, tip));
            }
        }
        while !wanted.is_empty()
            && let Some((_, commit)) = queue.pop()
        {
            for parent in self.link(commit)?.parents {
                wanted.remove(&parent);
                if seen.insert(parent) {
                    queue.push((self.link(parent)?.time, parent));
                }
            }
        }
        Ok(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::memory::Repository;

    #[test]
    fn ancestors_are_found_over_all_parents_whatever_their_dates() {
        let mut repository = Repository::default();
        let tree = repository.add_tree(&[("a", "a")]);
        let root = repository.add_commit(tree, &[], 900);
        let left = repository.add_commit(tree, &[root], 100);
        let right = repository.add_commit(tree, &[root], 200);
        let merge = repository.add_commit(tree, &[left, right], 50);
        let other = repository.add_commit(tree, &[], 1000);
        let history = History::new(&repository);
        for (tips, wanted, expected) in [
            (vec![merge], root, true),
            (vec![merge], right, true),
            (vec![merge], merge, true),
            (vec![left], right, false),
            (vec![merge], other, false),
            (vec![merge, other], other, true),
            (vec![tree], root, false),
            (vec![], root, false),
        ] {
            assert_eq!(
                history.leads(tips.clone().into_iter(), wanted),
                Ok(expected),
                "{tips:?} {wanted}"
            );
        }
    }
}

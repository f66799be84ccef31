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
        self.walk(tips)?.reaches(self, wanted)
    }

    /// Those of `wanted` that are neither tips nor ancestors of one.
    pub(super) fn astray(
        &self,
        tips: impl Iterator<Item = ObjectId>,
        mut wanted: HashSet<ObjectId>,
    ) -> Result<HashSet<ObjectId>, Fault> {
        let mut walk = self.walk(tips)?;
        for commit in wanted.clone() {
            if walk.reaches(self, commit)? {
                wanted.remove(&commit);
            }
        }
        Ok(wanted)
    }

    /// A walk from these tips, which has gone nowhere yet.
    pub(super) fn walk(&self, tips: impl Iterator<Item = ObjectId>) -> Result<Walk, Fault> {
        let mut walk = Walk::default();
        for tip in tips {
            if matches!(self.objects.peel(tip), Ok((_, Kind::Commit))) {
                walk.see(self, tip)?;
            }
        }
        Ok(walk)
    }
}

/// A walk over a history, newest commits first. It goes as far as it must for one answer, and from there for the next:
/// ten thousand tags are asked about.
#[derive(Default)]
pub(super) struct Walk {
    seen: HashSet<ObjectId>,
    queue: BinaryHeap<(i64, ObjectId)>,
}

impl Walk {
    fn see(&mut self, history: &History<'_>, commit: ObjectId) -> Result<(), Fault> {
        if self.seen.insert(commit) {
            self.queue.push((history.link(commit)?.time, commit));
        }
        Ok(())
    }

    /// Whether the walk comes to this commit.
    pub(super) fn reaches(
        &mut self,
        history: &History<'_>,
        wanted: ObjectId,
    ) -> Result<bool, Fault> {
        while !self.seen.contains(&wanted) {
            let Some((_, commit)) = self.queue.pop() else { return Ok(false) };
            for parent in history.link(commit)?.parents {
                self.see(history, parent)?;
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::memory::Repository;

    #[test]
    fn one_walk_answers_many_questions_in_any_order() {
        let mut repository = Repository::default();
        let tree = repository.add_tree(&[("a", "a")]);
        let mut chain = vec![repository.add_commit(tree, &[], 0)];
        for time in 1..10 {
            let parent = *chain.last().unwrap();
            chain.push(repository.add_commit(tree, &[parent], time));
        }
        let side = repository.add_commit(tree, &[chain[3]], 20);
        let history = History::new(&repository);
        let mut walk = history.walk([chain[8], tree].into_iter()).unwrap();
        for (wanted, expected) in [(4, true), (0, true), (9, false), (8, true), (3, true)] {
            assert_eq!(walk.reaches(&history, chain[wanted]), Ok(expected), "{wanted}");
        }
        assert_eq!(walk.reaches(&history, side), Ok(false));
    }

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

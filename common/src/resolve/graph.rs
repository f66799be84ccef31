//! The commits reachable from the visible refs (R6) and who descends from whom (R11, R12).

use std::collections::HashMap;

use crate::objects::{Fault, Kind, ObjectId, Objects};

/// All commits below some refs, by number; parents by number as well.
#[derive(Debug, Default)]
pub struct Graph {
    numbers: HashMap<ObjectId, u32>,
    ids: Vec<ObjectId>,
    parents: Vec<Box<[u32]>>,
}

impl Graph {
    /// Walks everything below `roots`. Roots that are no commits are passed over (R8), and so are
    /// roots that are gone: an accepted version whose commit was lost must not stop the others.
    ///
    /// # Errors
    /// When a commit on the way cannot be read.
    pub fn below(
        objects: &dyn Objects,
        roots: impl Iterator<Item = ObjectId>,
    ) -> Result<Self, Fault> {
        let mut graph = Self::default();
        for root in roots {
            if !graph.contains(root) && matches!(objects.peel(root), Ok((_, Kind::Commit))) {
                graph.number(root);
                graph.walk(objects)?;
            }
        }
        Ok(graph)
    }

    fn number(&mut self, id: ObjectId) -> u32 {
        // A history of four billion commits does not fit into memory before it overflows this.
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(id).or_insert_with(|| {
            self.ids.push(id);
            next
        })
    }

    /// Reads the parents of every commit that has a number and no parents yet, in order.
    fn walk(&mut self, objects: &dyn Objects) -> Result<(), Fault> {
        while let Some(id) = self.ids.get(self.parents.len()).copied() {
            let parents = objects.commit(id)?.parents;
            let parents = parents.into_iter().map(|parent| self.number(parent)).collect();
            self.parents.push(parents);
        }
        Ok(())
    }

    /// All commits.
    pub fn ids(&self) -> impl Iterator<Item = ObjectId> {
        self.ids.iter().copied()
    }

    /// Whether `commit` is reachable.
    pub fn contains(&self, commit: ObjectId) -> bool {
        self.numbers.contains_key(&commit)
    }

    /// `commit` and all its ancestors, nearest first (all parents, breadth first).
    pub fn ancestors(&self, commit: ObjectId) -> Ancestors<'_> {
        let mut ancestors = Ancestors {
            graph: self,
            seen: vec![false; self.ids.len()],
            queue: Vec::new(),
            next: 0,
        };
        if let Some(number) = self.numbers.get(&commit) {
            ancestors.push(*number);
        }
        ancestors
    }

    /// Whether `ancestor` is `commit` or below it (R12).
    pub fn descends(&self, commit: ObjectId, ancestor: ObjectId) -> bool {
        self.contains(ancestor) && self.ancestors(commit).any(|id| id == ancestor)
    }
}

/// See [`Graph::ancestors`].
pub struct Ancestors<'a> {
    graph: &'a Graph,
    seen: Vec<bool>,
    queue: Vec<u32>,
    next: usize,
}

impl Ancestors<'_> {
    fn push(&mut self, number: u32) {
        if let Some(seen) = self.seen.get_mut(number as usize)
            && !std::mem::replace(seen, true)
        {
            self.queue.push(number);
        }
    }
}

impl Iterator for Ancestors<'_> {
    type Item = ObjectId;

    fn next(&mut self) -> Option<ObjectId> {
        let number = *self.queue.get(self.next)? as usize;
        self.next += 1;
        for parent in self.graph.parents.get(number)?.iter() {
            self.push(*parent);
        }
        self.graph.ids.get(number).copied()
    }
}

//! Trees that name an entry twice. git makes none, yet it archives both entries, and the go command judges files by
//! their paths alone: what one entry says of a path holds for the other too.

use std::collections::HashSet;

use super::plan::is_go_mod;
use crate::objects::{Mode, ObjectId, TreeEntry};

/// What is remembered once a tree of the module is malformed.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    /// Files that were dropped or refused: only what is said of a path first counts.
    judged: HashSet<Vec<u8>>,
    /// Directories below those named twice that hold a go.mod, from the root of the commit.
    modules: HashSet<Vec<u8>>,
}

impl Repeated {
    /// Notes that the file at `path` is dropped or refused. Gives whether it is the first of its path.
    pub(super) fn judge(&mut self, path: &[u8]) -> bool {
        self.judged.insert(path.to_vec())
    }

    /// Notes the content of a directory.
    pub(super) fn look_at(&mut self, path: &[u8], entries: &[TreeEntry]) {
        if entries.iter().any(is_go_mod) {
            self.modules.insert(path.to_vec());
        }
    }

    /// Whether a directory of this path holds a go.mod.
    pub(super) fn is_module(&self, path: &[u8]) -> bool {
        self.modules.contains(path)
    }
}

/// Whether the entries are in git's order (B3), none twice.
pub(super) fn is_orderly(entries: &[TreeEntry]) -> bool {
    fn key(entry: &TreeEntry) -> impl Iterator<Item = &u8> {
        entry.name.iter().chain(b"/".iter().filter(|_| entry.mode == Mode::Tree))
    }
    entries.is_sorted_by(|one, next| key(one).lt(key(next)))
}

/// The paths of the directories in the directory at `path`, and their trees.
pub(super) fn directories(path: &[u8], entries: &[TreeEntry]) -> Vec<(Vec<u8>, ObjectId)> {
    let trees = entries.iter().filter(|entry| entry.mode == Mode::Tree);
    let separator: &[u8] = if path.is_empty() { b"" } else { b"/" };
    trees.map(|entry| ([path, separator, &entry.name].concat(), entry.id)).collect()
}

/// Those directories that are named more than once.
pub(super) fn twins(directories: Vec<(Vec<u8>, ObjectId)>) -> Vec<(Vec<u8>, ObjectId)> {
    let mut once = HashSet::new();
    let twice: HashSet<Vec<u8>> = directories
        .iter()
        .filter(|(path, _)| !once.insert(path.as_slice()))
        .map(|(path, _)| path.clone())
        .collect();
    directories.into_iter().filter(|(path, _)| twice.contains(path)).collect()
}

//! Names that differ in case only, and names used twice (Z4.7, Z4.8, Z6).
//!
//! Each file is looked at with all its parent directories, nearest first, up to the first problem.
//! The outcome for a directory never changes once it is known, so it is remembered while the walk is
//! inside: otherwise deep trees would cost the square of their depth.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::quote::quote;
use crate::unicode::fold_key;

/// Why a name cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Collision {
    /// On systems that ignore case it is another name that is there (Z4.7).
    #[error("case-insensitive file name collision: {} and {}", quote(.earlier), quote(.path))]
    Case {
        /// The file or directory that comes first.
        earlier: String,
        /// The one that collides with it: the file, or a directory above it.
        path: String,
    },
    /// One name for both (Z4.8).
    #[error("entry {} is both a file and a directory", quote(.0))]
    FileAndDirectory(String),
    /// A file that is there already (Z4.8).
    #[error("multiple entries for file {}", quote(.0))]
    Twice(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Directory,
    File,
}

/// A directory that the walk is inside of.
#[derive(Debug)]
struct Open {
    /// Length of its path, without a slash at the end.
    length: usize,
    /// What came out for it and its parents, once a file in it was looked at.
    outcome: Option<Result<(), Collision>>,
}

/// All names of a module so far.
#[derive(Debug, Default)]
pub(super) struct Collisions {
    seen: HashMap<String, (String, Kind)>,
    open: Vec<Open>,
}

impl Collisions {
    /// Goes down into a directory below the root of the module; `length` is that of its path.
    pub(super) fn enter(&mut self, length: usize) {
        self.open.push(Open { length, outcome: None });
    }

    /// Goes up again.
    pub(super) fn leave(&mut self) {
        self.open.pop();
    }

    /// Adds a file of the directory entered last.
    pub(super) fn check(&mut self, path: &str) -> Result<(), Collision> {
        claim(&mut self.seen, path, Kind::File)?;
        let mut outcome = Ok(());
        let mut first = self.open.len();
        while let Some(at) = first.checked_sub(1) {
            let open = &self.open[at];
            if let Some(known) = &open.outcome {
                outcome = known.clone();
                break;
            }
            first = at;
            outcome = claim(&mut self.seen, &path[..open.length], Kind::Directory);
            if outcome.is_err() {
                break;
            }
        }
        for open in &mut self.open[first..] {
            open.outcome = Some(outcome.clone());
        }
        outcome
    }
}

fn claim(
    seen: &mut HashMap<String, (String, Kind)>,
    path: &str,
    kind: Kind,
) -> Result<(), Collision> {
    let entry = match seen.entry(fold_key(path)) {
        Entry::Vacant(entry) => {
            entry.insert((path.to_owned(), kind));
            return Ok(());
        }
        Entry::Occupied(entry) => entry,
    };
    let (earlier, earlier_kind) = entry.get();
    if earlier != path {
        Err(Collision::Case { earlier: earlier.clone(), path: path.to_owned() })
    } else if *earlier_kind != kind {
        Err(Collision::FileAndDirectory(path.to_owned()))
    } else if kind == Kind::File {
        Err(Collision::Twice(path.to_owned()))
    } else {
        Ok(())
    }
}

//! What the walk left out of a zip: the planner passes it anyway, and the rules of the gate tell it.

use crate::objects::ObjectId;

/// No more than these of one kind are remembered.
const MAX: usize = 1000;

/// What a zip does not hold, by its kind. Files of other modules are not among it: they belong elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Symbolic links (Z4.9), with the blob of their target.
    pub links: Many<(String, ObjectId)>,
    /// Submodules outside of vendor directories.
    pub submodules: Many<String>,
    /// Files that make a module of their directory only because the letters of go.mod do not count (Z4.3).
    pub odd_modules: Many<String>,
    /// Vendored files (Z5).
    pub vendored: Many<String>,
}

/// The first of many, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Many<T> {
    /// The first ones.
    pub first: Vec<T>,
    /// How many there are in all.
    pub count: usize,
}

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self { first: Vec::new(), count: 0 }
    }
}

impl<T> Many<T> {
    /// Counts one more; it is made only where it is remembered.
    pub(super) fn add(&mut self, one: impl FnOnce() -> T) {
        self.count += 1;
        if self.first.len() < MAX {
            self.first.push(one());
        }
    }
}

/// Whether a directory of this name, or one above it, is one that vendored files are kept in.
pub(super) fn is_in_vendor(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|element| element == b"vendor")
}

/// A name from git as text.
pub(super) fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

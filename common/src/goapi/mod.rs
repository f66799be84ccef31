//! The exported API of a module, by syntax, and what changed in it.
//!
//! Two directories of git go in (a module at two of its releases), differences come out. The judgement is apidiff's, which
//! gorelease gives: see `docs/api.md` for what is compared and what is not. There is no type checker here: whatever
//! needs one is passed over in silence. A difference that is told is one that a compiler would tell, too.
//!
//! Reading order: `types`, `syntax` (tree-sitter to declarations), `imports`, `constants`, `platform` (which files),
//! `package` (files to packages), `correspond` (is it the same type?), `diff`, `definitions`, `members`, `walk`
//! (directories of git), `releases` (which two are compared).
//!
//! Files are foreign: sizes, depth and the parser's steps are limited, and a package that cannot be read is not
//! compared.

use std::rc::Rc;

use crate::quote::harmless;
use crate::tags::join;

mod constants;
mod correspond;
mod definitions;
mod diff;
mod imports;
mod members;
mod package;
mod platform;
mod releases;
mod syntax;
mod types;
mod walk;

pub use releases::{base, is_patch};
pub use walk::{Cache, Limits, compare};

/// What changed between two releases of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What users of the old release would have to change, by package.
    pub incompatible: Vec<Change>,
    /// What is new, by package.
    pub added: Vec<Change>,
    /// Packages that could not be compared: files that are no Go, or too large.
    pub unreadable: Vec<String>,
    /// Whether time ran out before all packages were compared.
    pub is_unfinished: bool,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The name, and what happened to it.
    pub what: String,
    /// Where it is; none for what has no place.
    pub place: Option<Place>,
}

impl Change {
    /// The change in a line, behind its place: the module lies in `directory`, and was released as `base` before.
    pub fn line(&self, directory: &str, base: &str) -> String {
        let Some(Place { file, line, side }) = &self.place else { return self.what.clone() };
        let file = join(directory, &harmless(file).replace('\n', "\\n"));
        let file = file.trim_start_matches('/');
        match side {
            Side::New => format!("{file}:{line}: {}", self.what),
            Side::Old => format!("{file}:{line} of {base}: {}", self.what),
        }
    }

    /// File and line, relative to the module, where it is in the later release.
    pub fn place_now(&self) -> Option<(&str, u32)> {
        let place = self.place.as_ref().filter(|place| place.side == Side::New)?;
        Some((&place.file, place.line))
    }
}

/// A place in one of the two releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to the module's directory.
    pub file: Rc<str>,
    /// The line, from 1.
    pub line: u32,
    /// In which of the two it is.
    pub side: Side,
}

/// One of the two releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The release after.
    New,
    /// The release before: what is gone has its place there.
    Old,
}

#[cfg(test)]
mod tests;

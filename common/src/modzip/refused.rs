//! Why a module can never be zipped: what is wrong, by kind, and the go command's text for it.

use std::fmt;

use super::collisions::Collision;
use super::plan::printable;
use crate::attributes;
use crate::module::PathError;

/// Why a module can never be zipped. The text is what the go command says behind `create zip: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// git archive dies of the attributes, or looking them up takes too much.
    #[error("{why}")]
    Attributes {
        /// The file or directory that was looked at, from the root of the commit.
        path: Vec<u8>,
        /// What is wrong.
        why: attributes::Refusal,
    },
    /// These files have no place in a zip (Z4).
    #[error("{0}")]
    Files(Problems),
    /// git stores the name, but archives no commit that holds it.
    #[error("error: invalid path '{}'", printable(.0))]
    ForbiddenName(Vec<u8>),
    /// Our limit on the names together.
    #[error("file names are too long in sum")]
    NamesTooLong,
    /// The commit has no directory of this name.
    #[error("no directory {}", crate::quote::quote(.0))]
    NoDirectory(String),
    /// git archive writes no such path.
    #[error("fatal: path too long")]
    PathTooLong,
    /// Our limit on tree entries.
    #[error("more than {0} tree entries")]
    TooManyEntries(usize),
    /// All files together (Z4.11).
    #[error("module source tree too large (max size is {0} bytes)")]
    TooLarge(u64),
    /// Our limit on what attributes convert.
    #[error("too much content to convert")]
    TooMuchToConvert,
}

/// Files that have no place in a zip, in the order of the walk. The text has one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The files.
    pub files: Vec<Problem>,
    /// Whether the walk stopped at the last one, as nobody reads more.
    pub is_cut: bool,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.files.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        f.write_str(if self.is_cut { "\nand perhaps more" } else { "" })
    }
}

/// A file that has no place in a zip.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", printable(.path))]
pub struct Problem {
    /// Its path inside the module.
    pub path: Vec<u8>,
    /// What is wrong with it.
    pub why: Reason,
}

/// What is wrong with a file (Z4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Its name is one that is taken, or looks like one (Z4.7, Z4.8).
    #[error(transparent)]
    Collision(Collision),
    /// go.mod in other letters (Z4.6).
    #[error("go.mod files must have lowercase names")]
    GoModCase,
    /// The LICENSE of the repository's root would be added, and its name is taken (Z3).
    #[error(transparent)]
    InheritedCollision(Collision),
    /// No file of a module may have such a name (Z4.5).
    #[error(transparent)]
    Name(PathError),
    /// go.mod or LICENSE, which have limits of their own (Z4.12).
    #[error("{name} file too large (max size is {limit} bytes)")]
    TooLarge {
        /// Which of the two.
        name: &'static str,
        /// Its limit.
        limit: u64,
    },
}

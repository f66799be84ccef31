//! Module zips: which files belong in them (section 11), their h1 (H2), and writing them (Z7).
//!
//! A zip is planned first: [`plan`] walks the tree of the module and says which blobs go in and what
//! is done to them, or why there can be no zip. It reads no content but that of `.gitattributes`, of
//! files that attributes convert, and of go.mod where there are vendored files. [`h1`] and [`write()`]
//! then go through the plan, one blob at a time.
//!
//! Deliberately not here: whether the version exists, and the refusal of modules that want a newer
//! Go (Z9, N5).
//!
//! Reading order: `plan`, `refused`, `dropped`, `forbidden`, `clean`, `repeated`, `vendored` and `goversion`, `collisions`,
//! `sums`, `write`.

use crate::attributes::Conversion;
use crate::objects::{Fault, ObjectId};

mod clean;
mod collisions;
mod dropped;
mod forbidden;
mod goversion;
mod plan;
mod read;
mod refused;
mod repeated;
mod sums;
#[cfg(test)]
mod tests;
mod vendored;
mod write;

pub use clean::CleanTrees;
pub use collisions::Collision;
pub use dropped::{Dropped, Many};
pub use plan::plan;
pub use read::h1_of;
pub use refused::{Problem, Problems, Reason, Refused};
pub use sums::Sums;
pub use write::{WriteError, h1, write};

/// What a zip may hold at most; small numbers serve tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Sum of the uncompressed sizes, and size of the zip, in bytes (`MaxZipFile`).
    pub zip: u64,
    /// go.mod in bytes (`MaxGoMod`).
    pub go_mod: u64,
    /// LICENSE in bytes (`MaxLICENSE`).
    pub license: u64,
    /// Tree entries looked at, a defence of ours against endless trees.
    pub entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // These three are the go command's own.
            zip: 500 << 20,
            go_mod: 16 << 20,
            license: 16 << 20,
            // Ten times the largest trees in use; a few seconds and some hundred megabytes.
            entries: 2_000_000,
        }
    }
}

/// One file of a planned zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Path inside the module.
    pub path: String,
    /// The blob.
    pub id: ObjectId,
    /// What is done to the blob (section 12).
    pub conversion: Conversion,
    /// Size in bytes after conversion.
    pub size: u64,
    /// Whether the conversion changes a byte of it.
    pub is_altered: bool,
}

/// The content of a module zip, known before any of it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The files in order (Z7).
    pub files: Vec<PlannedFile>,
    /// What was left out.
    pub dropped: Dropped,
}

impl Plan {
    /// Whether any file is a Go file.
    pub fn has_go(&self) -> bool {
        self.files.iter().any(|file| file.path.ends_with(".go"))
    }
}

/// Why a zip cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The repository could not be read.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The module can never be zipped: the go command's text, one reason a line.
    #[error("create zip: {0}")]
    Refused(Refused),
}

impl From<Refused> for PlanError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

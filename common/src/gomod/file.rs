//! What a go.mod says, as values.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Position;
use crate::version;

/// What a go.mod says. Lists are in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// The module directive.
    pub module: Option<ModuleDirective>,
    /// The go directive.
    pub go: Option<GoDirective>,
    /// Requirements.
    pub require: Vec<Require>,
    /// Retractions.
    pub retract: Vec<Retract>,
    /// Ignored directories.
    pub ignore: Vec<Ignore>,
    /// The toolchain directive; strict mode only.
    pub toolchain: Option<Toolchain>,
    /// Exclusions; strict mode only.
    pub exclude: Vec<Exclude>,
    /// Replacements; strict mode only.
    pub replace: Vec<Replace>,
    /// Tools; strict mode only.
    pub tool: Vec<Tool>,
    /// GODEBUG settings; strict mode only.
    pub godebug: Vec<Godebug>,
}

/// The module directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleDirective {
    /// The path as declared; not validated.
    pub path: String,
    /// Where the directive stands.
    pub position: Position,
    /// The deprecation message (F14).
    pub deprecated: Option<String>,
}

/// The go directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoDirective {
    /// The version as the go command keeps it (lax mode shortens odd ones to `MAJOR.MINOR`).
    pub version: String,
    /// Where the directive stands.
    pub position: Position,
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Require {
    /// Module path.
    pub path: String,
    /// Canonical version.
    pub version: String,
    /// The version as it is written.
    pub written: String,
    /// Whether it is marked `// indirect` (F11).
    pub indirect: bool,
    /// Where the directive stands.
    pub position: Position,
}

/// One retracted interval, bounds included (F12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retract {
    /// Lower bound, unvalidated.
    pub low: String,
    /// Upper bound, unvalidated.
    pub high: String,
    /// The comment (F13); empty when there is none. Shared, since a block's comment serves all its lines.
    pub rationale: Arc<str>,
    /// Where the directive stands.
    pub position: Position,
}

impl Retract {
    /// Whether the interval contains `version` (T3).
    ///
    /// An invalid lower bound is below everything, and nothing is below an invalid upper bound.
    pub fn contains(&self, version: &str) -> bool {
        version::compare(&self.low, version) != Ordering::Greater
            && version::compare(version, &self.high) != Ordering::Greater
    }
}

/// One ignored directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// The path as written; not validated.
    pub path: String,
    /// Where the directive stands.
    pub position: Position,
}

/// The toolchain directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// `default`, or a name that starts with `go1`.
    pub name: String,
    /// Where the directive stands.
    pub position: Position,
}

/// One exclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclude {
    /// Module path.
    pub path: String,
    /// Canonical version.
    pub version: String,
    /// Where the directive stands.
    pub position: Position,
}

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replace {
    /// Path of the module that is replaced.
    pub old_path: String,
    /// Its canonical version; all versions are replaced where there is none.
    pub old_version: Option<String>,
    /// Path of the module that takes its place, or of a directory.
    pub new_path: String,
    /// Canonical version of the module that takes its place; none for a directory.
    pub new_version: Option<String>,
    /// Where the directive stands.
    pub position: Position,
}

/// One tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Package path; not validated.
    pub path: String,
    /// Where the directive stands.
    pub position: Position,
}

/// One GODEBUG setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Godebug {
    /// Before the first `=`.
    pub key: String,
    /// After the first `=`.
    pub value: String,
    /// Where the directive stands.
    pub position: Position,
}

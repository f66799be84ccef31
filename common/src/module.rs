//! Module paths, import paths and file paths: which are valid, how a path ends in a major version,
//! and how the proxy protocol escapes them (rules M1 to M11).
//!
//! A valid file path stays inside the folder it is unpacked in, on every system: no `..`, no
//! backslash, no device name. A valid module path is moreover the same on systems that ignore case,
//! once escaped (M10), and begins like a domain.
//!
//! Errors have the go command's own texts.

use crate::quote::{quote, quote_char};
use crate::version;

mod element;
mod escape;

pub use escape::{escape_path, escape_version, unescape_path, unescape_version};

use element::Kind;

/// Why a path or version is malformed; texts as the go command has them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path that an escaped path stands for is not a module path (M11).
    #[error("invalid escaped module path {}: malformed module path {}: {why}", quote(.escaped), quote(.path))]
    EscapedModule {
        /// The escaped path.
        escaped: String,
        /// What it stands for.
        path: String,
        /// What is wrong.
        why: Reason,
    },
    /// The version that an escaped version stands for is not one file path element (M11).
    #[error("invalid escaped version {}: {why}", quote(.version))]
    EscapedVersion {
        /// What the escaped version stands for.
        version: String,
        /// What is wrong.
        why: Reason,
    },
    /// Not a file path (M5).
    #[error("malformed file path {}: {why}", quote(.path))]
    File {
        /// The name as git has it.
        path: Vec<u8>,
        /// What is wrong.
        why: Reason,
    },
    /// Not an import path (M1, M2).
    #[error("malformed import path {}: {why}", quote(.path))]
    Import {
        /// The path.
        path: String,
        /// What is wrong.
        why: Reason,
    },
    /// Not a module path (M4).
    #[error("malformed module path {}: {why}", quote(.path))]
    Module {
        /// The path.
        path: String,
        /// What is wrong.
        why: Reason,
    },
    /// A version with letters beyond ASCII: a file may be named so, but it has no escaped form (M10).
    #[error("internal error: inconsistency in EscapePath")]
    NotEscapable(String),
    /// The version does not belong to the module path (M9).
    #[error("{path}@{version}: invalid version: {why}")]
    Release {
        /// The valid module path.
        path: String,
        /// The version.
        version: String,
        /// What is wrong.
        why: VersionReason,
    },
    /// The escape itself is malformed: no module path (M11).
    #[error("invalid escaped module path {}", quote(.0))]
    UnreadableModule(String),
    /// The escape itself is malformed: no version (M11).
    #[error("invalid escaped version {}", quote(.0))]
    UnreadableVersion(String),
    /// The version cannot be used so (M8, M10).
    #[error("version {} invalid: {why}", quote(.version))]
    Version {
        /// The version.
        version: String,
        /// What is wrong.
        why: VersionReason,
    },
}

/// What is wrong with a path (M1 to M4), in the order the rules are applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Bytes that are no text.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// Nothing at all.
    #[error("empty string")]
    EmptyString,
    /// Looks like a command line flag.
    #[error("leading dash")]
    LeadingDash,
    /// `//` in it.
    #[error("double slash")]
    DoubleSlash,
    /// `/` at its end.
    #[error("trailing slash")]
    TrailingSlash,
    /// `/` at its start.
    #[error("empty path element")]
    EmptyElement,
    /// `.`, `..` or more dots.
    #[error("invalid path element {}", quote(.0))]
    DotsOnly(String),
    /// A hidden directory.
    #[error("leading dot in path element")]
    LeadingDot,
    /// Windows would drop the dot.
    #[error("trailing dot in path element")]
    TrailingDot,
    /// A character that M3 does not allow.
    #[error("invalid char {}", quote_char(*.0))]
    InvalidChar(char),
    /// A device on Windows, such as `nul`.
    #[error("{} disallowed as path element component on Windows", quote(.0))]
    DeviceName(String),
    /// Windows might take it for the short name of another file.
    #[error("trailing tilde and digits in path element")]
    ShortName,
    /// The first element is no domain.
    #[error("missing dot in first path element")]
    MissingDot,
    /// The first element is no domain in lower case.
    #[error("invalid char {} in first path element", quote_char(*.0))]
    InvalidDomainChar(char),
    /// The path ends in a major version that cannot be (M6, M7).
    #[error("invalid version")]
    InvalidVersion,
}

/// What is wrong with a version (M8 to M10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionReason {
    /// It cannot be part of a request.
    #[error("disallowed version string")]
    Disallowed,
    /// It is not valid by V1.
    #[error("not a semantic version")]
    NotSemantic,
    /// It is of another major version than the module path says.
    #[error("should be {wanted}, not {found}")]
    WrongMajor {
        /// `vN`, or `v0 or v1`.
        wanted: String,
        /// `vN`, or empty where the version is invalid.
        found: String,
    },
}

/// Whether `path` is a module path (M4).
///
/// # Errors
/// `malformed module path "P": why`.
///
/// ```
/// use modgate_common::module::check_path;
/// assert!(check_path("example.com/Team/lib/v2").is_ok());
/// let error = check_path("example.com/lib/v1").unwrap_err();
/// assert_eq!(error.to_string(), "malformed module path \"example.com/lib/v1\": invalid version");
/// ```
pub fn check_path(path: &str) -> Result<(), PathError> {
    module_path(path).map_err(|why| PathError::Module { path: path.to_owned(), why })
}

/// Whether `path` is the path of a package (M1, M2, kind import).
///
/// # Errors
/// `malformed import path "P": why`.
pub fn check_import_path(path: &str) -> Result<(), PathError> {
    element::check_all(path, Kind::Import)
        .map_err(|why| PathError::Import { path: path.to_owned(), why })
}

/// Whether `path` may be the path of a file in a module (M5), on bytes because git names are bytes.
///
/// # Errors
/// `malformed file path "P": why`.
pub fn check_file_path(path: &[u8]) -> Result<(), PathError> {
    std::str::from_utf8(path)
        .map_err(|_| Reason::InvalidUtf8)
        .and_then(|path| element::check_all(path, Kind::File))
        .map_err(|why| PathError::File { path: path.to_owned(), why })
}

/// M4 without the name of the path.
fn module_path(path: &str) -> Result<(), Reason> {
    element::check_all(path, Kind::Module)?;
    let (domain, _) = path.split_once('/').unwrap_or((path, ""));
    if !domain.contains('.') {
        return Err(Reason::MissingDot);
    }
    let of_domain = |c: &char| matches!(c, 'a'..='z' | '0'..='9' | '.' | '-');
    if let Some(c) = domain.chars().find(|c| !of_domain(c)) {
        return Err(Reason::InvalidDomainChar(c));
    }
    split_path_version(path).map(|_| ()).ok_or(Reason::InvalidVersion)
}

/// Whether `version` is a version that the module `path` can have (M9).
///
/// # Errors
/// As [`check_path`], or `P@V: invalid version: why`.
pub fn check(path: &str, version: &str) -> Result<(), PathError> {
    check_path(path)?;
    let why = if version::is_valid(version) {
        let path_major = split_path_version(path).map_or("", |(_, path_major)| path_major);
        wrong_major(version, path_major)
    } else {
        Some(VersionReason::NotSemantic)
    };
    why.map_or(Ok(()), |why| {
        Err(PathError::Release { path: path.to_owned(), version: version.to_owned(), why })
    })
}

/// M6 and M7: prefix and major suffix (`/v2`, `.v2` or empty); `None` where the go command says not ok.
pub fn split_path_version(path: &str) -> Option<(&str, &str)> {
    if path.starts_with("gopkg.in/") {
        return split_gopkg_in(path);
    }
    let stem = path.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &path[stem.len()..];
    let prefix = match stem.strip_suffix("/v") {
        Some(prefix) if !number.is_empty() => prefix,
        _ => return Some((path, "")),
    };
    let valid = !number.contains('.') && !number.starts_with('0') && number != "1";
    valid.then(|| path.split_at(prefix.len()))
}

/// M7: `.vN` for every N, and nothing else.
fn split_gopkg_in(path: &str) -> Option<(&str, &str)> {
    let stable = path.strip_suffix("-unstable").unwrap_or(path);
    let stem = stable.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &path[stem.len()..];
    let prefix = stem.strip_suffix(".v")?;
    // The go command compares with `.v0` before it drops `-unstable`, so `.v0-unstable` is refused;
    // and it takes `.v-unstable` for a version.
    let valid = !number.is_empty() && (!number.starts_with('0') || number == "0");
    valid.then(|| path.split_at(prefix.len()))
}

/// Whether `version` belongs to a module whose path ends in `path_major` (M8), which is `/vN`, `.vN`,
/// `.vN-unstable` or empty.
///
/// # Errors
/// `version "V" invalid: should be ...`.
pub fn check_path_major(version: &str, path_major: &str) -> Result<(), PathError> {
    wrong_major(version, path_major)
        .map_or(Ok(()), |why| Err(PathError::Version { version: version.to_owned(), why }))
}

fn wrong_major(version: &str, path_major: &str) -> Option<VersionReason> {
    let path_major = match path_major.strip_suffix("-unstable") {
        Some(stable) if path_major.starts_with(".v") => stable,
        _ => path_major,
    };
    // The go command once made such pseudo-versions for `.v1`.
    if path_major == ".v1" && version.starts_with("v0.0.0-") {
        return None;
    }
    let found = version::major(version);
    let (fits, wanted) = match path_major.strip_prefix(['/', '.']) {
        Some(major) => (found == major, major),
        None if path_major.is_empty() => {
            let incompatible = || version::build(version) == "+incompatible";
            (matches!(found, "v0" | "v1") || incompatible(), "v0 or v1")
        }
        None => (false, path_major),
    };
    (!fits)
        .then(|| VersionReason::WrongMajor { wanted: wanted.to_owned(), found: found.to_owned() })
}

#[cfg(test)]
mod tests;

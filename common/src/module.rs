//! Module paths, import paths and file paths (rules M1 to M11).

/// Why a path or version is malformed; texts as the go command has them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("to be written")]
pub struct PathError;

/// M4.
///
/// # Errors
/// `malformed module path "P": why`.
pub fn check_path(_path: &str) -> Result<(), PathError> {
    todo!()
}

/// M5, on bytes because git names are bytes.
///
/// # Errors
/// `malformed file path "P": why`.
pub fn check_file_path(_path: &[u8]) -> Result<(), PathError> {
    todo!()
}

/// M6 and M7: prefix and major suffix (`/v2`, `.v2` or empty); `None` where the go command says not ok.
pub fn split_path_version(_path: &str) -> Option<(&str, &str)> {
    todo!()
}

/// M8. `path_major` is `/vN`, `.vN`, `.vN-unstable` or empty.
///
/// # Errors
/// `version "V" invalid: should be ...`.
pub fn check_path_major(_version: &str, _path_major: &str) -> Result<(), PathError> {
    todo!()
}

/// M10.
///
/// # Errors
/// When the path is not a valid module path.
pub fn escape_path(_path: &str) -> Result<String, PathError> {
    todo!()
}

/// M10.
///
/// # Errors
/// When the version cannot be asked for through a proxy.
pub fn escape_version(_version: &str) -> Result<String, PathError> {
    todo!()
}

/// M11.
///
/// # Errors
/// When the escape or the path is malformed.
pub fn unescape_path(_escaped: &str) -> Result<String, PathError> {
    todo!()
}

/// M11.
///
/// # Errors
/// When the escape or the version is malformed.
pub fn unescape_version(_escaped: &str) -> Result<String, PathError> {
    todo!()
}

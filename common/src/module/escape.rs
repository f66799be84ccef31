//! Escaped paths and versions (M10, M11): upper case becomes `!` and lower case, so that two that
//! differ in case only are two files everywhere.

use super::element::{self, Kind};
use super::{PathError, VersionReason, check_path, module_path};

/// The module path as it stands in requests (M10).
///
/// # Errors
/// When the path is not a valid module path.
pub fn escape_path(path: &str) -> Result<String, PathError> {
    check_path(path)?;
    Ok(escape(path))
}

/// The version as it stands in requests (M10). It need not be a semantic version.
///
/// # Errors
/// When the version cannot be asked for through a proxy.
pub fn escape_version(version: &str) -> Result<String, PathError> {
    if element::check(version, Kind::File).is_err() || version.contains('!') {
        let version = version.to_owned();
        return Err(PathError::Version { version, why: VersionReason::Disallowed });
    }
    if !version.is_ascii() {
        return Err(PathError::NotEscapable(version.to_owned()));
    }
    Ok(escape(version))
}

/// The module path that an escaped one stands for (M11).
///
/// # Errors
/// When the escape or the path is malformed.
pub fn unescape_path(escaped: &str) -> Result<String, PathError> {
    let path = unescape(escaped).ok_or_else(|| PathError::UnreadableModule(escaped.to_owned()))?;
    match module_path(&path) {
        Ok(()) => Ok(path),
        Err(why) => Err(PathError::EscapedModule { escaped: escaped.to_owned(), path, why }),
    }
}

/// The version that an escaped one stands for (M11).
///
/// # Errors
/// When the escape or the version is malformed.
pub fn unescape_version(escaped: &str) -> Result<String, PathError> {
    let version =
        unescape(escaped).ok_or_else(|| PathError::UnreadableVersion(escaped.to_owned()))?;
    match element::check(&version, Kind::File) {
        Ok(()) => Ok(version),
        Err(why) => Err(PathError::EscapedVersion { version, why }),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}

fn unescape(escaped: &str) -> Option<String> {
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped.chars();
    while let Some(c) = rest.next() {
        match c {
            '!' => text.push(rest.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            'A'..='Z' => return None,
            _ if c.is_ascii() => text.push(c),
            _ => return None,
        }
    }
    Some(text)
}

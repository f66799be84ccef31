//! Paths and versions of modules: escaping and its inverse, and which path is of which kind.

use modgate_common::module::{
    check as check_release, check_file_path, check_import_path, check_path, check_path_major,
    escape_path, escape_version, split_path_version, unescape_path, unescape_version,
};
use modgate_common::version;

/// The input is a path, and after a blank a version.
pub(crate) fn check(input: &[u8]) {
    check_names(input);
    let text = String::from_utf8_lossy(input);
    let (path, version) = super::split_at(&text, ' ');
    check_escapes(path);
    check_versions(version);
    if let Some((prefix, major)) = split_path_version(path) {
        assert_eq!(format!("{prefix}{major}"), path);
    }
    if check_release(path, version).is_ok() {
        let (_, major) = split_path_version(path).expect("the path is valid");
        assert!(version::is_valid(version) && check_path_major(version, major).is_ok());
    }
}

/// Each kind of path allows what the stricter ones allow.
fn check_names(path: &[u8]) {
    let is_file = check_file_path(path);
    if let Err(error) = &is_file {
        super::assert_tells(error);
    }
    let Ok(text) = std::str::from_utf8(path) else { return assert!(is_file.is_err()) };
    let (is_module, is_import) = (check_path(text), check_import_path(text));
    for error in [&is_module, &is_import].into_iter().filter_map(|outcome| outcome.as_ref().err()) {
        super::assert_tells(error);
    }
    assert!(
        is_module.is_err() || is_import.is_ok(),
        "a module path that cannot be imported: {text:?}"
    );
    assert!(is_import.is_err() || is_file.is_ok(), "an import path that is no file path: {text:?}");
    if is_file.is_ok() {
        let is_outside = text.split('/').any(|element| matches!(element, "" | "." | ".."));
        assert!(!is_outside && !text.contains(['\\', ':', '\0', '\n']), "{text:?}");
    }
}

fn check_escapes(path: &str) {
    match escape_path(path) {
        Ok(escaped) => {
            assert!(!escaped.contains(|c: char| c.is_ascii_uppercase()), "{escaped:?}");
            assert_eq!(unescape_path(&escaped).as_deref(), Ok(path));
        }
        Err(error) => super::assert_tells(&error),
    }
    match unescape_path(path) {
        Ok(meant) => assert_eq!(escape_path(&meant).as_deref(), Ok(path)),
        Err(error) => super::assert_tells(&error),
    }
}

fn check_versions(version: &str) {
    if let Ok(escaped) = escape_version(version) {
        assert_eq!(unescape_version(&escaped).as_deref(), Ok(version));
    }
    match unescape_version(version) {
        Ok(meant) => assert_eq!(escape_version(&meant).as_deref(), Ok(version)),
        Err(error) => super::assert_tells(&error),
    }
}

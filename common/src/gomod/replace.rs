//! The replace directive (F10), the only one with a grammar of its own besides retract.

use super::runes::to_text;
use super::syntax::Words;
use super::values::{about, canonical_version, check_major, path, path_major, string};
use super::{Position, Replace};
use crate::quote::quote;

const VERB: &str = "replace";

/// Reads what follows `replace`.
///
/// # Errors
/// The first reason why it is none.
pub(super) fn parse(args: Words<'_>, position: Position) -> Result<Replace, String> {
    let arrow = if args.at(1) == b"=>" { 1 } else { 2 };
    let new = args.from(arrow + 1);
    if !(1..=2).contains(&new.len()) || args.at(arrow) != b"=>" {
        return Err("usage: replace module/path [v1.2.3] => other/module v1.4\n\t \
                    or replace module/path [v1.2.3] => ../local/directory"
            .to_owned());
    }
    let (old_path, old_version) = old(args, arrow)?;
    let (new_path, new_version) = replacement(new)?;
    Ok(Replace { old_path, old_version, new_path, new_version, position })
}

fn old(args: Words<'_>, arrow: usize) -> Result<(String, Option<String>), String> {
    let path = path(args.at(0))?;
    let major = path_major(&path).map_err(|why| about(VERB, &path, &why))?;
    if arrow == 1 {
        return Ok((path, None));
    }
    let version = canonical_version(VERB, &path, args.at(1))?;
    check_major(VERB, &path, &version, major)?;
    Ok((path, Some(version)))
}

fn replacement(new: Words<'_>) -> Result<(String, Option<String>), String> {
    let value = string(new.at(0)).map_err(|why| format!("invalid quoted string: {why}"))?;
    let path = to_text(&value);
    if new.len() == 2 {
        let version = canonical_version(VERB, &path, new.at(1))?;
        if is_directory(&path) {
            return Err(format!(
                "replacement module directory path {} cannot have version",
                quote(&value)
            ));
        }
        return Ok((path, Some(version)));
    }
    let fault = if is_directory(&path) {
        path.contains('\\')
            .then_some("replacement directory appears to be Windows path (on a non-windows system)")
    } else if path.contains('@') {
        Some("replacement module must match format 'path version', not 'path@version'")
    } else {
        Some(
            "replacement module without version must be directory path (rooted or starting with . or ..)",
        )
    };
    match fault {
        Some(fault) => Err(fault.to_owned()),
        None => Ok((path, None)),
    }
}

/// Whether `path` is a directory on any system, rather than a module path.
fn is_directory(path: &str) -> bool {
    let first = path.split(['/', '\\']).next().unwrap_or_default();
    let is_drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    first == "." || first == ".." || path.starts_with(['/', '\\']) || is_drive
}

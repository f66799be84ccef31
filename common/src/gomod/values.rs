//! Values of words and comments (F9, F11, F13, F14), and the versions and paths in directives.

use super::literal::unquote;
use super::runes::to_text;
use super::syntax::Words;
use crate::quote::quote;
use crate::{module, version};

/// The value of a word (F9).
///
/// # Errors
/// The bare reason.
pub(super) fn string(word: &[u8]) -> Result<Vec<u8>, &'static str> {
    if word.starts_with(b"\"") {
        return unquote(word).ok_or("invalid syntax");
    }
    if word.iter().any(|b| b"\"'`".contains(b)) {
        return Err("unquoted string cannot contain quote");
    }
    Ok(word.to_vec())
}

/// As [`string`], for a path.
///
/// # Errors
/// `invalid quoted string: why`.
pub(super) fn path(word: &[u8]) -> Result<String, String> {
    string(word).map(|value| to_text(&value)).map_err(|why| format!("invalid quoted string: {why}"))
}

/// The version of a retraction: as it stands (F12).
///
/// # Errors
/// `retract: version "X" invalid: why`.
pub(super) fn any_version(word: &[u8]) -> Result<String, String> {
    match string(word) {
        Ok(value) => Ok(to_text(&value)),
        Err(why) => Err(format!("retract: version {} invalid: {why}", quote(word))),
    }
}

/// The canonical version of the module `path`.
///
/// # Errors
/// `VERB PATH: version "X" invalid: why`.
pub(super) fn canonical_version(verb: &str, path: &str, word: &[u8]) -> Result<String, String> {
    let fail =
        |text: &[u8], why| about(verb, path, &format!("version {} invalid: {why}", quote(text)));
    let value = string(word).map_err(|why| fail(word, why))?;
    let canonical = str::from_utf8(&value).ok().and_then(version::canonical_version);
    canonical.ok_or_else(|| fail(&value, "must be of the form v1.2.3"))
}

/// The major suffix of a module path.
///
/// # Errors
/// `invalid module path`.
pub(super) fn path_major(path: &str) -> Result<&str, String> {
    module::split_path_version(path)
        .map(|(_, major)| major)
        .ok_or_else(|| "invalid module path".to_owned())
}

/// Whether `version` fits the major suffix of the module `path`.
///
/// # Errors
/// `VERB PATH: version "V" invalid: should be ...`.
pub(super) fn check_major(
    verb: &str,
    path: &str,
    version: &str,
    major: &str,
) -> Result<(), String> {
    module::check_path_major(version, major).map_err(|error| about(verb, path, &error.to_string()))
}

/// `VERB PATH: why`, without an empty path.
pub(super) fn about(verb: &str, path: &str, why: &str) -> String {
    if path.is_empty() { format!("{verb}: {why}") } else { format!("{verb} {path}: {why}") }
}

/// Whether the suffix comments of a requirement mark it as indirect (F11).
pub(super) fn is_indirect(suffix: Words<'_>) -> bool {
    let comment = to_text(suffix.at(0));
    let mut words = comment.strip_prefix("//").unwrap_or_default().split_whitespace();
    match words.next() {
        Some("indirect") => words.next().is_none(),
        Some("indirect;") => words.next().is_some(),
        _ => false,
    }
}

/// The text of comments (F13).
pub(super) fn comment_text(before: Words<'_>, suffix: Words<'_>) -> String {
    let mut text = String::new();
    let comments =
        before.iter().chain(suffix.iter()).filter_map(|comment| comment.strip_prefix(b"//"));
    for (i, comment) in comments.enumerate() {
        if i > 0 {
            text.push('\n');
        }
        text.push_str(to_text(comment).trim());
    }
    text
}

/// The deprecation message in the text of a comment (F14).
pub(super) fn deprecation(text: &str) -> Option<String> {
    const MARK: &str = "Deprecated:";
    let message = match text.strip_prefix(MARK) {
        Some(message) => message,
        None => text.split_once("\n\nDeprecated:")?.1,
    };
    let message = message.trim_start_matches(' ');
    let paragraph = message.split_once("\n\n").map_or(message, |(paragraph, _)| paragraph);
    Some(paragraph).filter(|message| !message.is_empty()).map(str::to_owned)
}

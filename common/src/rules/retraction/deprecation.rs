//! Comments at the module line that were meant to deprecate the module (F14).

use crate::gomod::File;

use super::super::advice::Fix;
use super::super::case::{Found, GoMod, ReleaseCase};
use super::Answer;

/// `deprecation-form`.
pub(super) fn form(case: &ReleaseCase<'_>) -> Answer {
    let Some(go_mod) = case.go_mod() else { return Ok(None) };
    let Ok(file) = &go_mod.parsed else { return Ok(None) };
    let Some((line, miss)) = look_alike(go_mod, file) else { return Ok(None) };
    let summary =
        format!("line {line} of {:?} looks like a deprecation and is none: {miss}", go_mod.path);
    let consumer = format!("nobody is told that {} is deprecated", case.path());
    let lines = [
        format!("# in {:?}, directly above the module line:", go_mod.path),
        "#   // Deprecated: what to use instead".to_owned(),
    ];
    let fix = Fix::mend(case.tag, &lines, "deprecate the module");
    Ok(Some(Found::new(summary, consumer, fix).in_go_mod(go_mod, Some(line))))
}

/// A comment above or behind the module line that resembles a deprecation: its line, and what it lacks.
fn look_alike(go_mod: &GoMod, file: &File) -> Option<(u32, &'static str)> {
    let module = file.module.as_ref().filter(|module| module.deprecated.is_none())?;
    let at = module.position.line;
    let lines: Vec<&[u8]> = go_mod.text.split(|byte| *byte == b'\n').take(at as usize).collect();
    let (own, above) = lines.split_last()?;
    if let Some(comment) = behind(own).filter(|comment| resembles(comment)) {
        return Some((at, miss(comment)));
    }
    let mut is_detached = false;
    for (number, line) in (1..at).rev().zip(above.iter().rev()) {
        let line = line.trim_ascii();
        let Some(comment) = line.strip_prefix(b"//") else {
            if !line.is_empty() {
                return None;
            }
            is_detached = true;
            continue;
        };
        let comment = String::from_utf8_lossy(comment);
        if resembles(comment.trim()) {
            let apart = "a blank line stands between it and the module line";
            return Some((number, if is_detached { apart } else { miss(comment.trim()) }));
        }
    }
    None
}

/// The comment behind a directive.
fn behind(line: &[u8]) -> Option<&str> {
    let line = str::from_utf8(line).ok()?;
    line.split_once("//").map(|(_, comment)| comment.trim())
}

/// Whether a line of a comment begins with the word, and with a sign behind it as a heading has: prose goes on with
/// another word.
fn resembles(comment: &str) -> bool {
    const WORD: &str = "deprecated";
    let Some(start) = comment.get(..WORD.len()) else { return false };
    let rest = comment[WORD.len()..].trim_start();
    start.eq_ignore_ascii_case(WORD)
        && (rest.is_empty() || rest.starts_with([':', '-', '!', '.', ',']))
}

/// What an attached comment lacks that F14 did not take.
fn miss(comment: &str) -> &'static str {
    match comment.strip_prefix("Deprecated:") {
        None => "it must begin with \"Deprecated:\", letter by letter",
        Some("") => "no text follows",
        Some(_) => "it must begin a paragraph: an empty // line is missing above it",
    }
}

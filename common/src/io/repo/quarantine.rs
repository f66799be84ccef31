//! Where the objects of a push that is not yet accepted lie.
//!
//! git names the folders in `GIT_OBJECT_DIRECTORY` and `GIT_ALTERNATE_OBJECT_DIRECTORIES`. The second
//! is a list with `:` between its items; an item that holds a colon or begins with a quote is written
//! in double quotes with C escapes. A push that only deletes sets neither.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// The object directories that the environment names, in order, without repeats.
pub fn directories(variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let own = variable("GIT_OBJECT_DIRECTORY").filter(|value| !value.is_empty());
    let mut found: Vec<PathBuf> = own.map(PathBuf::from).into_iter().collect();
    if let Some(list) = variable("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
        found.extend(items(&list));
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    found
}

fn items(list: &OsStr) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut rest = list.as_bytes();
    while !rest.is_empty() {
        let (item, length) = if rest[0] == b'"' { quoted(rest) } else { plain(rest) };
        if !item.is_empty() {
            found.push(PathBuf::from(OsString::from_vec(item)));
        }
        rest = &rest[length..];
        rest = rest.strip_prefix(b":").unwrap_or(rest);
    }
    found
}

fn plain(text: &[u8]) -> (Vec<u8>, usize) {
    let end = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
    (text[..end].to_vec(), end)
}

/// A quoted item and how many bytes it takes; without a closing quote it is taken as it stands.
fn quoted(text: &[u8]) -> (Vec<u8>, usize) {
    let mut item = Vec::new();
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'"' => return (item, at + 1),
            b'\\' => {
                let (byte, length) = escape(&text[at + 1..]);
                item.push(byte);
                at += 1 + length;
            }
            byte => {
                item.push(byte);
                at += 1;
            }
        }
    }
    plain(text)
}

/// The byte of a C escape, given what follows the backslash, and how many bytes it takes.
fn escape(text: &[u8]) -> (u8, usize) {
    let octal = |byte: u8| matches!(byte, b'0'..=b'7');
    match text {
        [a @ b'0'..=b'3', b, c, ..] if octal(*b) && octal(*c) => {
            ((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), 3)
        }
        [b'a', ..] => (0x07, 1),
        [b'b', ..] => (0x08, 1),
        [b'f', ..] => (0x0c, 1),
        [b'n', ..] => (b'\n', 1),
        [b'r', ..] => (b'\r', 1),
        [b't', ..] => (b'\t', 1),
        [b'v', ..] => (0x0b, 1),
        [byte, ..] => (*byte, 1),
        [] => (b'\\', 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(own: &str, alternates: &str, expected: &[&str]) {
        let found = directories(&|name| match name {
            "GIT_OBJECT_DIRECTORY" => Some(own.into()),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES" => Some(alternates.into()),
            _ => None,
        });
        assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>());
    }

    #[test]
    fn quoted_and_plain_directories_are_read_as_git_writes_them() {
        check("/q", "/a", &["/q", "/a"]);
        check("/q", "/a:/b:/q", &["/q", "/a", "/b"]);
        check("/q", "\"/a:b\":/c", &["/q", "/a:b", "/c"]);
        check("/q", "\"/a\\\"\\303\\244\\n\"", &["/q", "/a\"ä\n"]);
        check("", "", &[]);
        check("/q", "\"/unclosed:/x", &["/q", "\"/unclosed", "/x"]);
        check("/q", "\"/x\\", &["/q", "\"/x\\"]);
    }

    #[test]
    fn a_push_that_only_deletes_has_no_quarantine() {
        assert_eq!(directories(&|_| None), Vec::<PathBuf>::new());
    }
}

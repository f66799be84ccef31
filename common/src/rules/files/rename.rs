//! Names that may be in a module for those that may not, as commands.

use std::collections::BTreeSet;

use crate::module::{PathError, Reason, check_file_path};
use crate::rules::advice::{quote, quote_bytes};

use super::{is_valid, join_bytes};

/// More commands than these are not printed.
const MAX: usize = 8;

/// Renames every element that no module may have, outer ones first.
pub(super) fn renames<'a>(directory: &str, paths: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut known = BTreeSet::new();
    let mut commands = Vec::new();
    for path in paths {
        let mut done = String::new();
        for element in path.split(|byte| *byte == b'/') {
            let better = better(element);
            let old = join_bytes(&done, element);
            done = String::from_utf8_lossy(&join_bytes(&done, better.as_bytes())).into_owned();
            if element != better.as_bytes() && known.insert(old.clone()) {
                let from = shell(&join_bytes(directory, &old));
                let to = shell(&join_bytes(directory, done.as_bytes()));
                commands.push(format!("git mv -- {from} {to}"));
            }
        }
    }
    few(commands)
}

/// The first commands, and how many there would be.
pub(super) fn few(mut commands: Vec<String>) -> Vec<String> {
    if commands.len() > MAX + 1 {
        let rest = commands.len() - MAX;
        commands.truncate(MAX);
        commands.push(format!("# and the same for {rest} more"));
    }
    commands
}

/// A name like this one that may be in a module.
fn better(element: &[u8]) -> String {
    let text = String::from_utf8_lossy(element);
    if matches!(text, std::borrow::Cow::Borrowed(_)) && is_valid(&text) {
        return text.into_owned();
    }
    let mut name = String::new();
    for c in text.chars() {
        // A dot alone is no name, but may be part of one.
        if c == '.' || is_valid(&c.to_string()) {
            name.push(c);
        } else if c.is_ascii() {
            name.push('_');
        }
    }
    name.truncate(name.trim_end_matches('.').len());
    if let Err(PathError::File { why: Reason::DeviceName(device), .. }) =
        check_file_path(name.as_bytes())
    {
        name.insert(device.len(), '_');
    }
    // Nothing is left but an extension, which alone would hide the file.
    if name.is_empty() || name.starts_with('.') && !text.starts_with('.') {
        name.insert_str(0, "renamed");
    }
    if is_valid(&name) { name } else { "renamed".to_owned() }
}

/// A name from git for a shell.
pub(super) fn shell(path: &[u8]) -> String {
    std::str::from_utf8(path).map_or_else(|_| quote_bytes(path), quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_better_name_may_be_in_a_module() {
        for (element, expected) in [
            (&b"a.go"[..], "a.go"),
            (b"a*b?.txt", "a_b_.txt"),
            (b"aux.go", "aux_.go"),
            (b"NUL", "NUL_"),
            (b"com1.tar.gz", "com1_.tar.gz"),
            (b"foo.", "foo"),
            (b"...", "renamed"),
            (b".*", "._"),
            (b"aux.", "aux_"),
            ("cafe\u{301}.md".as_bytes(), "cafe.md"),
            ("\u{1f600}".as_bytes(), "renamed"),
            ("\u{1f600}.go".as_bytes(), "renamed.go"),
            (b"\xff.txt", "renamed.txt"),
            (b"a\nb", "a_b"),
        ] {
            assert_eq!(better(element), expected);
            assert!(is_valid(&better(element)));
        }
    }

    #[test]
    fn directories_are_renamed_once_and_before_their_files() {
        let paths = [&b"con/a:b"[..], b"con/c", b"d/\xff"];
        assert_eq!(
            renames("sub", paths.into_iter()),
            [
                "git mv -- sub/con sub/con_",
                "git mv -- sub/con_/a:b sub/con_/a_b",
                r#"git mv -- "$(printf -- 'sub/d/\377')" sub/d/renamed"#,
            ]
        );
        let many: Vec<String> = (0..20).map(|number| format!("{number}:")).collect();
        let commands = renames("", many.iter().map(|path| path.as_bytes()));
        assert_eq!(commands.len(), MAX + 1);
        assert_eq!(commands[MAX], "# and the same for 12 more");
    }

    #[test]
    fn shells_get_every_byte() {
        assert_eq!(shell(b"a b"), "'a b'");
        assert_eq!(shell(b"it's\xff\\"), r#""$(printf -- 'it\047s\377\134')""#);
    }
}

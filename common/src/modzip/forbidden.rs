//! Names that git stores but never checks out or archives: those that are, or that some file systems
//! take for, its own `.git`, and `.`, `..`. With one of them anywhere, git archive fails, whatever
//! the go command would think of the file.

use crate::objects::Mode;

/// Whether git archive fails for this tree entry.
pub(super) fn is_forbidden(name: &[u8], mode: Mode) -> bool {
    let is_ours =
        |part: &[u8]| is_git_folder(part) || mode == Mode::Link && is_padded(part, b".gitmodules");
    // A backslash separates directories elsewhere.
    matches!(name, b"" | b"." | b"..")
        || name.contains(&b'/')
        || name.split(|byte| *byte == b'\\').any(is_ours)
}

/// `.git` and its short name on Windows.
fn is_git_folder(name: &[u8]) -> bool {
    is_padded(name, b".git") || is_padded(name, b"git~1")
}

/// Whether Windows takes `name` for `reserved`: any case, with dots and blanks behind, and after a
/// colon the name of a stream.
fn is_padded(name: &[u8], reserved: &[u8]) -> bool {
    let Some((start, rest)) = name.split_at_checked(reserved.len()) else { return false };
    let end = rest.iter().position(|byte| *byte == b':').unwrap_or(rest.len());
    start.eq_ignore_ascii_case(reserved) && rest[..end].iter().all(|b| matches!(b, b'.' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Rules: Z4.1
    #[test]
    fn names_of_git_itself_are_forbidden() {
        for name in [
            "",
            ".",
            "..",
            ".git",
            ".GIT",
            ".giT",
            "git~1",
            "GIT~1",
            ".git ",
            ".git.",
            ".git. .",
            ".git:x",
            ".git::$INDEX",
            "a\\.git",
            "a\\git~1\\b",
            "a/b",
        ] {
            assert!(is_forbidden(name.as_bytes(), Mode::File), "{name:?}");
        }
        for name in
            ["...", ".git2", ".gitignore", ".gitmodules", "git", "git~2", "a.git", ".gi", "a\\b"]
        {
            assert!(!is_forbidden(name.as_bytes(), Mode::File), "{name:?}");
        }
        for name in [".gitmodules", ".GitModules", ".gitmodules ."] {
            assert!(is_forbidden(name.as_bytes(), Mode::Link), "{name:?}");
        }
        assert!(!is_forbidden(b".gitignore", Mode::Link));
    }
}

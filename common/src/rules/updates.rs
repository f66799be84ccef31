//! What git tells a hook on stdin: one `old new ref` line for each update of a push.

use super::RefUpdate;
use crate::objects::ObjectId;
use crate::tags::looks_like_release;

/// What git writes cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// A line is not what git writes.
    #[error("git's input has a line that is no ref update: {0:?}")]
    Malformed(String),
    /// A release tag in a repository whose ids are longer.
    #[error("the repository uses SHA-256 object ids, which modgate cannot read")]
    Sha256,
}

/// Reads `old new ref` lines. In a repository with SHA-256 ids, what is no release tag is passed over.
///
/// ```
/// use modgate_common::rules::updates;
/// let (none, commit) = ("0".repeat(40), "1".repeat(40));
/// let input = format!("{none} {commit} refs/tags/v1.0.0\n");
/// assert_eq!(updates::parse(input.as_bytes())?[0].tag(), Some("v1.0.0"));
/// # Ok::<(), updates::InputError>(())
/// ```
///
/// # Errors
/// When a line is something else.
pub fn parse(input: &[u8]) -> Result<Vec<RefUpdate>, InputError> {
    let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.filter_map(|line| parse_line(line).transpose()).collect()
}

fn parse_line(line: &[u8]) -> Result<Option<RefUpdate>, InputError> {
    // Ref names may be any bytes; one that is not UTF-8 is no release tag, and shown with marks.
    let line = String::from_utf8_lossy(line);
    let mut parts = line.splitn(3, ' ');
    let (Some(old), Some(new), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(InputError::Malformed(line.into_owned()));
    };
    let id = |text: &str| text.parse::<ObjectId>().ok();
    match (id(old), id(new)) {
        (Some(old), Some(new)) if name.starts_with("refs/") => {
            Ok(Some(RefUpdate { name: name.to_owned(), old, new }))
        }
        _ if !is_sha256(old) || !is_sha256(new) => Err(InputError::Malformed(line.into_owned())),
        _ if name.strip_prefix("refs/tags/").is_some_and(looks_like_release) => {
            Err(InputError::Sha256)
        }
        _ => Ok(None),
    }
}

fn is_sha256(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_read_as_git_writes_them() {
        let (zero, one) = ("0".repeat(40), "1".repeat(40));
        let input = format!("{zero} {one} refs/tags/v1.0.0\n{one} {zero} refs/heads/a b\n");
        let updates = parse(input.as_bytes()).unwrap();
        assert_eq!(updates[0].tag(), Some("v1.0.0"));
        assert!(updates[0].old.is_zero() && !updates[0].new.is_zero());
        assert_eq!(updates[1].name, "refs/heads/a b");
        assert_eq!(parse(b"").unwrap(), []);
    }

    #[test]
    fn other_lines_are_refused() {
        let id = "1".repeat(40);
        for line in [
            "x",
            "a b c",
            &format!("{id} {id}"),
            &format!("{id} {id} v1.0.0"),
            &format!("{id} {id}0 refs/x"),
        ] {
            assert_eq!(parse(line.as_bytes()), Err(InputError::Malformed(line.to_owned())));
        }
    }

    #[test]
    fn long_ids_stop_release_tags_only() {
        let id = "1".repeat(64);
        assert_eq!(parse(format!("{id} {id} refs/heads/main\n").as_bytes()), Ok(Vec::new()));
        let tag = format!("{id} {id} refs/tags/v1.0.0\n");
        assert_eq!(parse(tag.as_bytes()), Err(InputError::Sha256));
    }
}

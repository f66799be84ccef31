//! Which paths a line of a `.gitattributes` file means: gitignore-style patterns (A8).

use super::glob::{Glob, Stars};

/// A pattern that may match a file.
#[derive(Debug)]
pub(super) enum Pattern {
    /// Without a slash: compared with the last element of the path.
    Name(Glob),
    /// With a slash: compared with the path below the directory of the file.
    Path(Glob),
}

/// `None` for patterns that match no file: negative ones, and those for directories.
pub(super) fn compile(text: &[u8]) -> Option<Pattern> {
    // A quoted pattern may hold a NUL, which ends it.
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    if text.is_empty() || text.starts_with(b"!") || text.ends_with(b"/") {
        return None;
    }
    if !text.contains(&b'/') {
        return Glob::compile(text, Stars::Alike).map(Pattern::Name);
    }
    let below = text.strip_prefix(b"/").unwrap_or(text);
    Glob::compile(below, Stars::Told).map(Pattern::Path)
}

impl Pattern {
    /// `name` is the last element of the path, `below` the path relative to the pattern's directory.
    pub(super) fn matches(&self, name: &[u8], below: &[u8]) -> bool {
        match self {
            Self::Name(glob) => glob.matches(name),
            Self::Path(glob) => glob.matches(below),
        }
    }

    /// Of how many parts it is made: each takes memory.
    pub(super) fn parts(&self) -> usize {
        match self {
            Self::Name(glob) | Self::Path(glob) => glob.parts(),
        }
    }

    /// How many bytes are compared at most.
    pub(super) fn cost(&self, length: usize) -> u64 {
        match self {
            Self::Name(glob) | Self::Path(glob) => glob.cost(length),
        }
    }
}

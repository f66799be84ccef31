//! Values, and where they were written: what makes an error, a note or a level of use to whoever has to change it.

use std::fmt;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody wrote it.
    Default,
    /// A line of a settings file.
    File {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// A flag, or the variable that stands for it.
    Override {
        /// Flag and variable, in words.
        name: &'static str,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{}:{line}", file.escape_debug()),
            Self::Override { name } => f.write_str(name),
        }
    }
}

/// A value and where it was written. Two are equal when they say the same, wherever that is.
#[derive(Debug, Clone)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub origin: Origin,
}

impl<T> At<T> {
    /// A value that nobody wrote.
    pub const fn unwritten(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for At<T> {}

//! Pseudo-versions (rules P1 to P10).

/// Why a pseudo-version is malformed (P3, P4, P5); texts as the go command has them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("to be written")]
pub struct Error;

/// A pseudo-version taken apart (P3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The text before the timestamp's separator.
    pub base: &'a str,
    /// 14 digits.
    pub timestamp: &'a str,
    /// The revision.
    pub revision: &'a str,
    /// Build metadata with its `+`, or empty.
    pub build: &'a str,
}

/// Whether `v` has the shape of a pseudo-version (P2).
pub fn is_pseudo(_v: &str) -> bool {
    todo!()
}

/// Takes `v` apart (P3).
///
/// # Errors
/// When `v` is not a pseudo-version.
pub fn parse(_v: &str) -> Result<Parts<'_>, Error> {
    todo!()
}

/// The version `v` is derived from, build metadata kept; `None` for form 1 (P4).
///
/// # Errors
/// As P4 says.
pub fn base(_v: &str) -> Result<Option<String>, Error> {
    todo!()
}

/// Makes a pseudo-version (P6). `major` is `vN` or empty, `older` the base or empty, `time` committer seconds.
pub fn construct(_major: &str, _older: &str, _time: i64, _revision: &str) -> String {
    todo!()
}

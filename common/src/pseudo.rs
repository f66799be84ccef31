//! Pseudo-versions: versions of commits that have no tag (rules P1 to P10).
//!
//! TS is the commit's time as 14 digits, REV the first 12 hex digits of its id.
//!
//! 1. `vX.0.0-TS-REV`: there is no earlier version.
//! 2. `vX.Y.(Z+1)-0.TS-REV`: the earlier version is `vX.Y.Z`.
//! 3. Form 2 with `+incompatible`.
//! 4. `vX.Y.Z-pre.0.TS-REV`: the earlier version is `vX.Y.Z-pre`.
//! 5. Form 4 with `+incompatible`.
//!
//! The earlier version is called the base. Recognising one is about its shape only: REV is any
//! letters and digits, TS need not be a date, the build metadata may be anything (P2). Whether it
//! tells the truth about a commit is decided by `resolve`.

use crate::quote::quote;
use crate::{timestamp, version};

/// Why `version` is no pseudo-version, or one that nothing can be derived from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pseudo-version {} invalid: {reason}", quote(.version))]
pub struct Error {
    /// The text that was read.
    pub version: String,
    /// What is wrong with it, without naming it.
    pub reason: Reason,
}

/// The reasons, in the go command's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Form 1 with build metadata: `+incompatible` would need a tag to be incompatible (P4).
    #[error("lacks base version, but has build metadata {}", quote(.0))]
    BuildWithoutBase(String),
    /// The timestamp is no date (P5).
    #[error("malformed time {}", quote(.0))]
    MalformedTime(String),
    /// Form 2 whose patch is zero: nothing comes before it (P4).
    #[error("version before {0} would have negative patch number")]
    NegativePatch(String),
    /// Not the shape of a pseudo-version (P3).
    #[error("syntax error")]
    Syntax,
}

/// A pseudo-version taken apart (P3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The text before the timestamp's separator: `vX.0.0`, `vX.Y.(Z+1)-0` or `vX.Y.Z-pre.0`.
    pub base: &'a str,
    /// 14 digits.
    pub timestamp: &'a str,
    /// The revision.
    pub revision: &'a str,
    /// Build metadata with its `+`, or empty.
    pub build: &'a str,
}

/// Whether `v` has the shape of a pseudo-version (P2).
pub fn is_pseudo(v: &str) -> bool {
    split(v).is_some()
}

/// Takes `v` apart (P3).
///
/// # Errors
/// When `v` is not a pseudo-version.
///
/// ```
/// use modgate_common::pseudo;
/// let parts = pseudo::parse("v1.2.4-0.20060102150405-abcdefabcdef").unwrap();
/// assert_eq!((parts.base, parts.revision), ("v1.2.4-0", "abcdefabcdef"));
/// ```
pub fn parse(v: &str) -> Result<Parts<'_>, Error> {
    split(v).ok_or_else(|| error(v, Reason::Syntax))
}

/// The version `v` is derived from, build metadata kept; `None` for form 1 (P4).
///
/// # Errors
/// When `v` is not a pseudo-version, is of form 1 and has build metadata, or is of form 2 and its
/// patch is zero.
pub fn base(v: &str) -> Result<Option<String>, Error> {
    let Parts { base, build, .. } = parse(v)?;
    // Forms 4 and 5.
    if let Some(earlier) = base.strip_suffix(".0").filter(|earlier| earlier.contains('-')) {
        return Ok(Some(format!("{earlier}{build}")));
    }
    // Forms 2 and 3.
    if let Some(next) = base.strip_suffix("-0") {
        let (start, patch) = split_patch(next);
        let patch =
            decrement(patch).ok_or_else(|| error(v, Reason::NegativePatch(next.to_owned())))?;
        return Ok(Some(format!("{start}{patch}{build}")));
    }
    if !build.is_empty() {
        return Err(error(v, Reason::BuildWithoutBase(build.to_owned())));
    }
    Ok(None)
}

/// The time in `v`, in seconds (P5).
///
/// # Errors
/// When `v` is not a pseudo-version or its timestamp is no date.
pub fn time(v: &str) -> Result<i64, Error> {
    let Parts { timestamp, .. } = parse(v)?;
    timestamp::from_digits(timestamp)
        .ok_or_else(|| error(v, Reason::MalformedTime(timestamp.to_owned())))
}

/// Makes a pseudo-version (P6). `major` is `vN` or empty, `older` the base or empty, `time` committer seconds.
///
/// With a time in or after the year 10000 the result is no pseudo-version (P9).
pub fn construct(major: &str, older: &str, time: i64, revision: &str) -> String {
    let segment = format!("{}-{revision}", timestamp::digits(time));
    let build = version::build(older);
    let Some(older) = version::canonical(older) else {
        let major = if major.is_empty() { "v0" } else { major };
        return format!("{major}.0.0-{segment}");
    };
    if !version::prerelease(&older).is_empty() {
        return format!("{older}.0.{segment}{build}");
    }
    let (start, patch) = split_patch(&older);
    format!("{start}{}-0.{segment}{build}", increment(patch))
}

/// How every pseudo-version that is derived from `older` begins, and some others may.
pub fn start(older: &str) -> String {
    let core = version::canonical(older).unwrap_or_else(|| older.to_owned());
    if !version::prerelease(&core).is_empty() {
        return format!("{core}.0.");
    }
    let (start, patch) = split_patch(&core);
    format!("{start}{}-0.", increment(patch))
}

fn error(v: &str, reason: Reason) -> Error {
    Error { version: v.to_owned(), reason }
}

fn split(v: &str) -> Option<Parts<'_>> {
    let parsed = version::parse(v)?;
    let (left, revision) = parsed.prerelease.rsplit_once('-')?;
    if revision.is_empty() || !revision.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let (before, timestamp) = left.split_at_checked(left.len().checked_sub(14)?)?;
    let fits = match before {
        "-" => parsed.minor == "0" && parsed.patch == "0",
        _ => before == "-0." || before.ends_with(".0."),
    };
    if !fits || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // All but timestamp, revision, the dash between them, and the separator in front.
    let after = 1 + timestamp.len() + 1 + revision.len() + parsed.build.len();
    Some(Parts { base: &v[..v.len() - after], timestamp, revision, build: parsed.build })
}

/// `vX.Y.` and `Z` of a canonical version without prerelease.
fn split_patch(v: &str) -> (&str, &str) {
    v.split_at(v.rfind('.').map_or(0, |dot| dot + 1))
}

/// The decimal number plus one; any length.
fn increment(decimal: &str) -> String {
    let kept = decimal.trim_end_matches('9');
    let zeros = "0".repeat(decimal.len() - kept.len());
    match kept.as_bytes() {
        [] => format!("1{zeros}"),
        [start @ .., last] => {
            let next = char::from(last + 1);
            format!("{}{next}{zeros}", &kept[..start.len()])
        }
    }
}

/// The decimal number minus one; `None` for zero.
fn decrement(decimal: &str) -> Option<String> {
    let kept = decimal.trim_end_matches('0');
    let nines = "9".repeat(decimal.len() - kept.len());
    match kept.as_bytes() {
        [] => None,
        [b'1'] if !nines.is_empty() => Some(nines),
        [start @ .., last] => {
            let previous = char::from(last - 1);
            Some(format!("{}{previous}{nines}", &kept[..start.len()]))
        }
    }
}

#[cfg(test)]
mod tests;

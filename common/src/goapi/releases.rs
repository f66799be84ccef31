//! Which release is compared with which, and what each may change (gorelease's rules).
//!
//! A version is compared with the highest release of its module before it; prereleases are compared, and nothing is
//! compared with them. A v0 promises nothing, so that after one anything goes.

use crate::version;

/// The release that a version is compared with: of versions of the same module, ascending.
///
/// ```
/// use modgate_common::goapi::base;
///
/// let versions = ["v0.9.0", "v1.2.0", "v1.3.0-rc.1", "v1.10.0"];
/// assert_eq!(base(versions.into_iter(), "v1.3.0"), Some("v1.2.0"));
/// assert_eq!(base(versions.into_iter(), "v1.0.0"), None);
/// ```
pub fn base<'a>(
    mut versions: impl DoubleEndedIterator<Item = &'a str>,
    v: &str,
) -> Option<&'a str> {
    let before =
        |other: &&str| version::prerelease(other).is_empty() && version::compare(other, v).is_lt();
    let highest = versions.rfind(before)?;
    let (major, own) = (version::major(highest), version::major(v));
    (major != "v0" && major == own).then_some(highest)
}

/// Whether a version may add nothing to what its base has: it is of the same minor version.
pub fn is_patch(base: &str, v: &str) -> bool {
    version::major_minor(base) == version::major_minor(v)
}

//! Which numbers are free for the next release of a module.
//!
//! Releases count, not prereleases: after `v1.2.3` and `v1.3.0-rc.1` come `v1.2.4` and `v1.3.0`. v0 and v1 are one
//! module, and so are its numbers; every major from v2 on is another.

use crate::version::{self, Parsed};

/// The next versions, none of which is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// A fix.
    pub patch: String,
    /// Something new.
    pub minor: String,
    /// Something that breaks users.
    pub major: String,
}

/// The numbers after those in `taken` (valid versions, all of one tag prefix). `line` is the major version that the
/// module's path ends in, or `v0` or `v1` where it ends in none; without it that of the highest release holds.
///
/// ```
/// use modgate_common::tags::next;
/// let next = next(&["v1.2.3", "v1.3.0-rc.1", "v2.0.0"], Some("v1"));
/// assert_eq!((next.patch.as_str(), next.minor.as_str()), ("v1.2.4", "v1.3.0"));
/// assert_eq!(next.major, "v3.0.0");
/// ```
pub fn next(taken: &[&str], line: Option<&str>) -> Next {
    let releases = || taken.iter().copied().filter(|v| version::prerelease(v).is_empty());
    let highest = |versions: &mut dyn Iterator<Item = &str>| {
        versions.max_by(|a, b| version::compare(a, b)).map(str::to_owned)
    };
    let leading = highest(&mut releases()).or_else(|| highest(&mut taken.iter().copied()));
    let line = line.or_else(|| leading.as_deref().map(version::major));
    let line = series(line.unwrap_or("v1")).to_owned();
    let is_own = |v: &&str| series(version::major(v)) == line;
    let last = highest(&mut releases().filter(is_own));
    let draft = highest(&mut taken.iter().copied().filter(is_own));
    if let Some(last) = last.as_deref().and_then(version::parse) {
        return after(&last, taken);
    }
    match draft.as_deref().and_then(version::parse) {
        Some(draft) => finished(&draft, taken),
        None if line == "v0" => Next::of("v0.0.1", "v0.1.0", "v1.0.0"),
        // The first release of a major is its `.0.0`, whatever changed.
        None => {
            let first = format!("{line}.0.0");
            Next::of(&first, &first, &first)
        }
    }
}

impl Next {
    fn of(patch: &str, minor: &str, major: &str) -> Self {
        Self { patch: patch.to_owned(), minor: minor.to_owned(), major: major.to_owned() }
    }
}

/// v0 and v1 are one.
fn series(major: &str) -> &str {
    if major == "v1" { "v0" } else { major }
}

/// After a release.
fn after(last: &Parsed<'_>, taken: &[&str]) -> Next {
    let Parsed { major, minor, patch, .. } = last;
    Next {
        patch: format!("v{major}.{minor}.{}", version::increment(patch)),
        minor: format!("v{major}.{}.0", version::increment(minor)),
        major: next_major(major, taken),
    }
}

/// After prereleases alone: the number that they lead to is still free.
fn finished(draft: &Parsed<'_>, taken: &[&str]) -> Next {
    let Parsed { major, minor, patch, .. } = draft;
    let core = format!("v{major}.{minor}.{patch}");
    let is_minor = *patch == "0";
    let is_major = is_minor && *minor == "0" && *major != "0";
    Next {
        minor: if is_minor {
            core.clone()
        } else {
            format!("v{major}.{}.0", version::increment(minor))
        },
        major: if is_major { core.clone() } else { next_major(major, taken) },
        patch: core,
    }
}

/// The major above this one that has no release yet.
fn next_major(major: &str, taken: &[&str]) -> String {
    let mut number = version::increment(major);
    let is_released = |number: &str| {
        taken
            .iter()
            .filter_map(|v| version::parse(v))
            .any(|v| v.major == number && v.prerelease.is_empty())
    };
    while is_released(&number) {
        number = version::increment(&number);
    }
    format!("v{number}.0.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(taken: &[&str], line: Option<&str>, expected: [&str; 3]) {
        let Next { patch, minor, major } = next(taken, line);
        assert_eq!([patch.as_str(), &minor, &major], expected, "{taken:?} {line:?}");
        for v in [&patch, &minor, &major] {
            assert!(version::is_valid(v) && !taken.contains(&v.as_str()), "{v} after {taken:?}");
        }
    }

    #[test]
    fn numbers_follow_the_highest_release() {
        check(&["v1.2.3", "v1.2.10", "v1.2.9"], None, ["v1.2.11", "v1.3.0", "v2.0.0"]);
        check(&["v0.9.9"], None, ["v0.9.10", "v0.10.0", "v1.0.0"]);
        check(&["v0.9.9", "v1.0.0"], Some("v0"), ["v1.0.1", "v1.1.0", "v2.0.0"]);
        let long = "v1.0.99999999999999999999";
        check(&[long], None, ["v1.0.100000000000000000000", "v1.1.0", "v2.0.0"]);
    }

    #[test]
    fn prereleases_leave_their_number_free() {
        check(&["v1.2.3", "v1.2.4-rc.1"], None, ["v1.2.4", "v1.3.0", "v2.0.0"]);
        check(&["v1.2.3", "v1.3.0-rc.1"], None, ["v1.2.4", "v1.3.0", "v2.0.0"]);
        check(&["v1.2.3", "v2.0.0-rc.1"], None, ["v1.2.4", "v1.3.0", "v2.0.0"]);
        check(&["v0.1.0-rc.1"], None, ["v0.1.0", "v0.1.0", "v1.0.0"]);
        check(&["v0.1.2-rc.1"], None, ["v0.1.2", "v0.2.0", "v1.0.0"]);
        check(&["v1.0.0-rc.1"], None, ["v1.0.0", "v1.0.0", "v1.0.0"]);
        check(&["v0.0.0-rc.1"], None, ["v0.0.0", "v0.0.0", "v1.0.0"]);
        check(&["v3.0.0-rc.1"], Some("v3"), ["v3.0.0", "v3.0.0", "v3.0.0"]);
    }

    #[test]
    fn each_major_has_numbers_of_its_own() {
        let taken = ["v1.4.0", "v2.1.0", "v2.1.1", "v3.0.0"];
        check(&taken, Some("v1"), ["v1.4.1", "v1.5.0", "v4.0.0"]);
        check(&taken, Some("v2"), ["v2.1.2", "v2.2.0", "v4.0.0"]);
        check(&taken, None, ["v3.0.1", "v3.1.0", "v4.0.0"]);
        check(&taken, Some("v4"), ["v4.0.0", "v4.0.0", "v4.0.0"]);
    }

    #[test]
    fn a_new_module_begins_at_the_beginning() {
        check(&[], None, ["v0.0.1", "v0.1.0", "v1.0.0"]);
        check(&[], Some("v1"), ["v0.0.1", "v0.1.0", "v1.0.0"]);
        check(&[], Some("v2"), ["v2.0.0", "v2.0.0", "v2.0.0"]);
        check(&["v2.0.0"], Some("v1"), ["v0.0.1", "v0.1.0", "v1.0.0"]);
    }
}

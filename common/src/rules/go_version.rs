//! The order of Go versions (F17).

use std::cmp::Ordering;

/// A Go version taken apart; all empty where it is none.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts<'a> {
    major: &'a str,
    minor: &'a str,
    /// Empty for a language version from 1.21 on, and for prereleases.
    patch: &'a str,
    /// `alpha`, `beta`, `rc`.
    kind: &'a str,
    pre: &'a str,
}

/// Compares two Go versions as the go command does; what is none is lowest.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (parse(a).unwrap_or_default(), parse(b).unwrap_or_default());
    by_number(a.major, b.major)
        .then_with(|| by_number(a.minor, b.minor))
        .then_with(|| by_number(a.patch, b.patch))
        .then_with(|| a.kind.cmp(b.kind))
        .then_with(|| by_number(a.pre, b.pre))
}

/// Whether `version` is beyond `newest`, which stands for all its patches where it names none.
pub(super) fn is_beyond(version: &str, newest: &str) -> bool {
    if newest.matches('.').count() == 1 {
        compare(language(version), newest).is_gt()
    } else {
        compare(version, newest).is_gt()
    }
}

/// `MAJOR.MINOR` of a version.
pub(super) fn language(version: &str) -> &str {
    match parse(version) {
        Some(parts) if !parts.minor.is_empty() && version.contains('.') => {
            &version[..parts.major.len() + 1 + parts.minor.len()]
        }
        _ => version,
    }
}

fn parse(version: &str) -> Option<Parts<'_>> {
    let (major, rest) = number(version)?;
    let parts = Parts { major, ..Parts::default() };
    if rest.is_empty() {
        return Some(Parts { minor: "0", patch: "0", ..parts });
    }
    let (minor, rest) = number(rest.strip_prefix('.')?)?;
    let parts = Parts { minor, ..parts };
    if rest.is_empty() {
        let patch = if by_number(minor, "21").is_lt() { "0" } else { "" };
        return Some(Parts { patch, ..parts });
    }
    if let Some(patch) = rest.strip_prefix('.') {
        let (patch, rest) = number(patch)?;
        return rest.is_empty().then_some(Parts { patch, ..parts });
    }
    let pre = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let kind = &rest[..rest.len() - pre.len()];
    let is_number = pre.is_empty() || number(pre).is_some_and(|(_, rest)| rest.is_empty());
    (!kind.is_empty() && is_number).then_some(Parts { kind, pre, ..parts })
}

/// Splits off leading digits without leading zeros.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (!digits.is_empty() && (digits == "0" || !digits.starts_with('0'))).then_some((digits, rest))
}

/// Numbers of any length, without leading zeros; none is below all.
fn by_number(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Rules: F17
    #[test]
    fn versions_are_ordered_as_the_go_command_orders_them() {
        let ascending = [
            "x",
            "1",
            "1.1",
            "1.19rc1",
            "1.19",
            "1.19.1",
            "1.20",
            "1.20.1",
            "1.21",
            "1.21alpha1",
            "1.21beta2",
            "1.21rc1",
            "1.21rc2",
            "1.21rc10",
            "1.21.0",
            "1.21.1",
            "1.21.10",
            "1.100",
            "2.0",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                // Before 1.21 a release candidate is below the release, which has patch 0.
                assert_eq!(compare(a, b), i.cmp(&j), "{a} {b}");
            }
        }
        for (a, b) in [("1.20", "1.20.0"), ("1", "1.0.0"), ("1.21.3rc1", "x"), ("1.021", "")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    // Rules: F17
    #[test]
    fn a_newest_release_without_patch_stands_for_all() {
        for (version, newest, expected) in [
            ("1.27", "1.27", false),
            ("1.27.9", "1.27", false),
            ("1.27rc1", "1.27", false),
            ("1.28rc1", "1.27", true),
            ("1.99", "1.27", true),
            ("2.0", "1.27", true),
            ("1.27.4", "1.27.3", true),
            ("1.27.3", "1.27.3", false),
            ("1.27", "1.27.3", false),
        ] {
            assert_eq!(is_beyond(version, newest), expected, "{version} {newest}");
        }
    }
}

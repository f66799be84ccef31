//! Go language versions (F17), as far as the vendor rule needs them (Z5).

use std::cmp::Ordering;

/// Whether the language version of `version` (from a go directive) is at least `1.24`. A version that
/// is none is below every other.
pub(super) fn is_at_least_1_24(version: &str) -> bool {
    // What follows a dash is the name of a distribution.
    let version = version.split('-').next().unwrap_or_default();
    let Some((major, minor)) = language(version) else { return false };
    compare(major, "1").then_with(|| compare(minor, "24")).is_ge()
}

/// Major and minor number of a valid version: `N`, `N.N`, `N.N.N`, `N.Nkind` or `N.NkindN`.
fn language(version: &str) -> Option<(&str, &str)> {
    let (major, rest) = number(version)?;
    if rest.is_empty() {
        return Some((major, "0"));
    }
    let (minor, rest) = number(rest.strip_prefix('.')?)?;
    let is_valid = match rest.strip_prefix('.') {
        Some(patch) => is_number(patch),
        None => {
            let kind = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
            rest.is_empty() || kind.len() < rest.len() && (kind.is_empty() || is_number(kind))
        }
    };
    is_valid.then_some((major, minor))
}

/// Splits off leading digits without leading zeros.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let is_valid = !digits.is_empty() && (digits == "0" || !digits.starts_with('0'));
    is_valid.then_some((digits, rest))
}

fn is_number(text: &str) -> bool {
    number(text).is_some_and(|(_, rest)| rest.is_empty())
}

/// Numbers of any length, without leading zeros.
fn compare(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::is_at_least_1_24;

    // Rules: F17, Z5
    #[test]
    fn versions_are_compared_by_their_language() {
        for version in [
            "1.24",
            "1.24.0",
            "1.24rc1",
            "1.24beta",
            "1.25",
            "1.100",
            "2",
            "2.0",
            "10",
            "1.24.99999999999",
            "1.24-fips",
            "1.123456789012345678901234567890",
        ] {
            assert!(is_at_least_1_24(version), "{version}");
        }
        for version in [
            "",
            "1",
            "1.2",
            "1.23",
            "1.23.9",
            "1.23rc4",
            "0.99",
            "v1.24",
            "1.024",
            "01.24",
            "1.24.",
            "1.24.0rc1",
            "1.24.01",
            "1.24RC1",
            "1.24rc01",
            "1.24 ",
            "1..24",
            "1.24rc1.0",
            "go1.24",
            "-1.24",
        ] {
            assert!(!is_at_least_1_24(version), "{version}");
        }
    }
}

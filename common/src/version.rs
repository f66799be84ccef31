//! Go's semantic versions (rules V1 to V10).
//!
//! `v` NUM [`.` NUM [`.` NUM [`-` PRE] [`+` BUILD]]]: the `v` is required, minor and patch may be left
//! out (then there is no PRE and no BUILD), and numbers have any length. This is not what semver.org
//! says, so the `semver` crate is no help (V11). Numbers are never turned into integers: they stay
//! digit strings and compare by length, then bytewise.
//!
//! All functions take any text; what is invalid has no canonical form and is less than all that is
//! valid. Comparing does not allocate.

use std::cmp::Ordering;

/// Whether `v` is a valid semantic version (V1, V2).
pub fn is_valid(v: &str) -> bool {
    parse(v).is_some()
}

/// Without build metadata, shorthands completed (V3); `None` when invalid.
///
/// ```
/// use modgate_common::version::canonical;
/// assert_eq!(canonical("v1.2").as_deref(), Some("v1.2.0"));
/// assert_eq!(canonical("v1.2.3-rc.1+meta").as_deref(), Some("v1.2.3-rc.1"));
/// assert_eq!(canonical("1.2.3"), None);
/// ```
pub fn canonical(v: &str) -> Option<String> {
    let parsed = parse(v)?;
    let written = &v[..v.len() - parsed.build.len()];
    Some(format!("{written}{}", parsed.completion))
}

/// [`canonical`] with an exact `+incompatible` put back (V4).
pub fn canonical_version(v: &str) -> Option<String> {
    let mut canonical = canonical(v)?;
    if build(v) == "+incompatible" {
        canonical.push_str("+incompatible");
    }
    Some(canonical)
}

/// Order of V6: build metadata ignored, invalid below valid, two invalid ones equal.
pub fn compare(a: &str, b: &str) -> Ordering {
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => compare_numbers(a.major, b.major)
            .then_with(|| compare_numbers(a.minor, b.minor))
            .then_with(|| compare_numbers(a.patch, b.patch))
            .then_with(|| compare_prereleases(a.prerelease, b.prerelease)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Sorts by V7: as [`compare`], equal ones bytewise.
pub fn sort<S: AsRef<str>>(versions: &mut [S]) {
    versions.sort_unstable_by(|a, b| {
        let (a, b) = (a.as_ref(), b.as_ref());
        compare(a, b).then_with(|| a.cmp(b))
    });
}

/// Order of the lines of a go.sum, given as path and version (V10). The version of a go.mod hash ends
/// in `/go.mod`; it follows the version itself.
///
/// The go command has no order for versions that differ but compare equal (both invalid, or other build metadata),
/// which no go.sum has side by side.
pub fn compare_sums(a: (&str, &str), b: (&str, &str)) -> Ordering {
    let split = |version| str::find(version, '/').map_or((version, ""), |at| version.split_at(at));
    let ((a_version, a_file), (b_version, b_file)) = (split(a.1), split(b.1));
    a.0.cmp(b.0).then_with(|| compare(a_version, b_version)).then_with(|| a_file.cmp(b_file))
}

/// Whether `v` is a valid shorthand, which asks for any version that begins so (V9).
pub fn is_prefix(v: &str) -> bool {
    parse(v).is_some_and(|parsed| !parsed.completion.is_empty())
}

/// `vX` (V8), `""` when invalid.
pub fn major(v: &str) -> &str {
    parse(v).map_or("", |parsed| &v[..1 + parsed.major.len()])
}

/// `vX.Y` (V8), `""` when invalid.
pub fn major_minor(v: &str) -> String {
    parse(v).map_or_else(String::new, |parsed| format!("v{}.{}", parsed.major, parsed.minor))
}

/// `-pre` (V8), `""` when none or invalid.
pub fn prerelease(v: &str) -> &str {
    parse(v).map_or("", |parsed| parsed.prerelease)
}

/// `+build` (V8), `""` when none or invalid.
pub fn build(v: &str) -> &str {
    parse(v).map_or("", |parsed| parsed.build)
}

/// One more than a number of any length, given in digits.
pub(crate) fn increment(digits: &str) -> String {
    let kept = digits.trim_end_matches('9');
    let zeros = "0".repeat(digits.len() - kept.len());
    match kept.as_bytes().split_last() {
        None => format!("1{zeros}"),
        Some((last, _)) => {
            format!("{}{}{zeros}", &kept[..kept.len() - 1], char::from(last + 1))
        }
    }
}

/// A valid version taken apart.
pub(crate) struct Parsed<'a> {
    pub(crate) major: &'a str,
    pub(crate) minor: &'a str,
    pub(crate) patch: &'a str,
    /// With its `-`, or empty.
    pub(crate) prerelease: &'a str,
    /// With its `+`, or empty.
    pub(crate) build: &'a str,
    /// What a shorthand lacks: `.0.0`, `.0` or nothing.
    completion: &'static str,
}

impl<'a> Parsed<'a> {
    fn shorthand(major: &'a str, minor: &'a str, completion: &'static str) -> Self {
        Self { major, minor, patch: "0", prerelease: "", build: "", completion }
    }
}

/// Takes `v` apart; `None` when invalid.
pub(crate) fn parse(v: &str) -> Option<Parsed<'_>> {
    let (major, rest) = number(v.strip_prefix('v')?)?;
    if rest.is_empty() {
        return Some(Parsed::shorthand(major, "0", ".0.0"));
    }
    let (minor, rest) = number(rest.strip_prefix('.')?)?;
    if rest.is_empty() {
        return Some(Parsed::shorthand(major, minor, ".0"));
    }
    let (patch, rest) = number(rest.strip_prefix('.')?)?;
    let (prerelease, build) = rest.split_at(rest.find('+').unwrap_or(rest.len()));
    let valid = (prerelease.is_empty() || is_prerelease(prerelease))
        && (build.is_empty() || identifiers(build).all(is_identifier));
    valid.then_some(Parsed { major, minor, patch, prerelease, build, completion: "" })
}

/// The number at the start of `text`, and what follows.
fn number(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    (!number.is_empty() && (number == "0" || !number.starts_with('0'))).then_some((number, rest))
}

/// The identifiers of a prerelease or build metadata, less the sign in front.
fn identifiers(text: &str) -> std::str::Split<'_, char> {
    text.get(1..).unwrap_or_default().split('.')
}

fn is_prerelease(text: &str) -> bool {
    let no_leading_zero = |id: &str| !is_numeric(id) || id == "0" || !id.starts_with('0');
    text.starts_with('-') && identifiers(text).all(|id| is_identifier(id) && no_leading_zero(id))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_numeric(identifier: &str) -> bool {
    identifier.bytes().all(|b| b.is_ascii_digit())
}

fn compare_numbers(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn compare_prereleases(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            // An element more is greater, which is how iterators compare.
            identifiers(a).map(Identifier).cmp(identifiers(b).map(Identifier))
        }
    }
}

/// An identifier in the order of V6.
#[derive(PartialEq, Eq)]
struct Identifier<'a>(&'a str);

impl Ord for Identifier<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (is_numeric(self.0), is_numeric(other.0)) {
            (true, true) => compare_numbers(self.0, other.0),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.0.cmp(other.0),
        }
    }
}

impl PartialOrd for Identifier<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
pub(crate) mod tests;

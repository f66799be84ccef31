//! Tags that look like versions and are none (20.2).
//!
//! The forms exclude one another, in this order: pseudo-versions, canonical versions (no mistake), versions
//! with build metadata, shorthands, a capital `V`, no `v`, anything else that begins with `v` and a digit.

use crate::objects::Fault;
use crate::policy::Level;
use crate::tags::join;
use crate::{module, pseudo, version};

use super::advice::{Fix, free_tag, next_tag};
use super::case::{Change, Effect, Found, TagCase};
use super::table::{Check, Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "Names of release tags", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "tag-missing-v",
        default: Level::Warn,
        summary: "a version tag without the leading v",
        consumer: "The version is in no list, and asking for it by its right name fails: unknown revision v1.2.3.",
        advice: "Tag the same commit with the v in front.",
        hides: &["tag-build-metadata", "tag-prefix-unknown-dir"],
        check: Check::Tag(missing_v),
    },
    Rule {
        id: "tag-uppercase-v",
        default: Level::Warn,
        summary: "a version tag with a capital V",
        consumer: "The version is in no list; asking for V1.3.0 gives another version or a pseudo-version, without a word.",
        advice: "Tag the same commit with a small v.",
        hides: &["tag-prefix-unknown-dir"],
        check: Check::Tag(uppercase_v),
    },
    Rule {
        id: "tag-shorthand",
        default: Level::Warn,
        summary: "a new tag of one or two numbers (vX, vX.Y): the go command takes it for a query",
        consumer: "v1.2 is a query: the newest v1.2.x, or no matching versions for query \"v1.2\".",
        advice: "Tag the same commit as vX.Y.Z. A moving tag such as v1 may stay for other tools: the level is info there.",
        hides: &["tag-prefix-unknown-dir"],
        check: Check::Tag(shorthand),
    },
    Rule {
        id: "tag-not-semver",
        default: Level::Warn,
        summary: "a tag that begins like a version and is none",
        consumer: "The version is in no list; asking for it gives a pseudo-version, or another tag of the commit.",
        advice: "Tag the same commit with three numbers, each without leading zeros, and a prerelease of letters, digits, dots and hyphens.",
        hides: &["tag-prefix-unknown-dir"],
        check: Check::Tag(not_semver),
    },
    Rule {
        id: "tag-build-metadata",
        default: Level::Reject,
        summary: "a version tag with +metadata, which the go command never lists",
        consumer: "The version is in no list; v1.2.3 is an unknown revision, and v1.2.3+meta becomes v1.2.4-0.…",
        advice: "Tag the same commit without the plus and what follows.",
        hides: &["tag-prefix-unknown-dir"],
        check: Check::Tag(build_metadata),
    },
    Rule {
        id: "tag-incompatible-literal",
        default: Level::Reject,
        summary: "a tag with +incompatible, which only the go command may add",
        consumer: "unknown revision v2.0.0",
        advice: "Tag the same commit as v2.0.0: the go command adds +incompatible by itself.",
        hides: &["tag-prefix-unknown-dir"],
        check: Check::Tag(incompatible_literal),
    },
    Rule {
        id: "tag-pseudo-version",
        default: Level::Reject,
        summary: "a tag in the form of a pseudo-version",
        consumer: "Lists leave it out. Below a directory it becomes the base of pseudo-versions, and the tagged commit can no longer be resolved.",
        advice: "Tag the same commit with an ordinary version.",
        hides: &["tag-prefix-unknown-dir"],
        check: Check::Tag(pseudo_version),
    },
    Rule {
        id: "tag-non-ascii",
        default: Level::Warn,
        summary: "a version tag with characters beyond ASCII",
        consumer: "The version is in no list, and no proxy can be asked for it: internal error: inconsistency in EscapePath.",
        advice: "Tag the same commit with a name of ASCII letters.",
        hides: &["tag-not-semver", "tag-prefix-unknown-dir"],
        check: Check::Tag(non_ascii),
    },
];

type Answer = Result<Option<Found>, Fault>;

/// `tag-pseudo-version`.
pub(super) fn pseudo_version(case: &TagCase<'_>) -> Answer {
    if !pseudo::is_pseudo(case.base) {
        return Ok(None);
    }
    let right = next_tag(case.trial, case.working_prefix()?, version::major(case.base));
    let consumer = if case.prefix.is_empty() {
        format!("{} is in no version list", case.base)
    } else {
        // Q6: the go command tests the whole name of a tag, so this one counts as a base.
        format!(
            "{} is in no version list, and pseudo-versions after it are built on it: the tagged commit cannot be resolved",
            case.base
        )
    };
    let summary = format!(
        "tag {:?} has the form of a pseudo-version, which stands for a commit without a tag",
        case.tag
    );
    Ok(Some(Found::new(summary, consumer, Fix::rename(case, &right)).with(Effect::Harmless)))
}

/// `tag-missing-v`.
pub(super) fn missing_v(case: &TagCase<'_>) -> Answer {
    let with_v = format!("v{}", case.base);
    let Some(right) = version::canonical(&with_v) else { return Ok(None) };
    let is_whole =
        with_v.strip_prefix(right.as_str()).is_some_and(|rest| rest == version::build(&with_v));
    if !case.base.starts_with(|c: char| c.is_ascii_digit()) || !is_whole {
        return Ok(None);
    }
    let consumer = format!(
        "in no list of versions; {}@{right}: invalid version: unknown revision {right}",
        module_path(case)
    );
    let summary = format!("tag {:?} is no version of a Go module: it lacks the v", case.tag);
    renamed(case, &right, summary, consumer)
}

/// `tag-uppercase-v`.
pub(super) fn uppercase_v(case: &TagCase<'_>) -> Answer {
    let Some(rest) = case.base.strip_prefix('V') else { return Ok(None) };
    let Some(right) = version::canonical(&format!("v{rest}")) else { return Ok(None) };
    let consumer = format!(
        "not listed; {}@{} silently means another version or a pseudo-version",
        module_path(case),
        case.base
    );
    let summary = format!("tag {:?} is no version of a Go module: the v must be small", case.tag);
    renamed(case, &right, summary, consumer)
}

/// `tag-shorthand`; tags such as `v1` may move as they like (K9).
pub(super) fn shorthand(case: &TagCase<'_>) -> Answer {
    let is_shorthand = version::is_valid(case.base) && case.base.split('.').count() < 3;
    let Some(right) = version::canonical(case.base).filter(|_| is_shorthand) else {
        return Ok(None);
    };
    if case.change != Change::Created {
        return Ok(None);
    }
    let consumer = format!(
        "not a version: {}@{} means the newest {}.x, else: no matching versions for query {:?}",
        module_path(case),
        case.base,
        case.base,
        case.base
    );
    let summary =
        format!("tag {:?} is no version of a Go module: it needs three numbers", case.tag);
    let found = renamed(case, &right, summary, consumer)?;
    let only_major = !case.base.contains('.');
    let note = "a moving tag such as v1 may stay for other tools".to_owned();
    Ok(found.map(|found| {
        let fix = found.fix.with(&[note]);
        let level = if only_major { Level::Info } else { Level::Warn };
        Found { fix, ..found }.at_level(level)
    }))
}

/// `tag-build-metadata`.
pub(super) fn build_metadata(case: &TagCase<'_>) -> Answer {
    let build = version::build(case.base);
    if build.is_empty() || build == "+incompatible" {
        return Ok(None);
    }
    let Some(right) = version::canonical(case.base) else { return Ok(None) };
    let module = module_path(case);
    let next = pseudo::construct("", &right, 0, "");
    let next = next.split_once("-0.").map_or(right.as_str(), |(next, _)| next);
    let consumer = format!(
        "never listed; {module}@{right}: unknown revision {right}; {module}@{} becomes {next}-0.…",
        case.base
    );
    let summary = format!("tag {:?} carries build metadata, which Go versions cannot", case.tag);
    renamed(case, &right, summary, consumer)
}

/// `tag-incompatible-literal`.
pub(super) fn incompatible_literal(case: &TagCase<'_>) -> Answer {
    if version::build(case.base) != "+incompatible" {
        return Ok(None);
    }
    let Some(right) = version::canonical(case.base) else { return Ok(None) };
    let summary =
        format!("tag {:?} carries +incompatible, which the go command adds by itself", case.tag);
    renamed(case, &right, summary, format!("unknown revision {right}"))
}

/// `tag-not-semver`.
pub(super) fn not_semver(case: &TagCase<'_>) -> Answer {
    let Some(rest) = case.base.strip_prefix(['v', 'V']) else { return Ok(None) };
    let small = format!("v{rest}");
    if !rest.starts_with(|c: char| c.is_ascii_digit()) || version::is_valid(&small) {
        return Ok(None);
    }
    let summary = format!("tag {:?} is no version of a Go module: {}", case.tag, fault(rest));
    let consumer = format!(
        "not listed; {}@{} means a pseudo-version or another tag of that commit",
        module_path(case),
        case.base
    );
    match repaired(rest) {
        Some(right) => renamed(case, &right, summary, consumer),
        None => guessed(case, rest, summary, consumer),
    }
}

/// `tag-non-ascii`: a directory of the commit may be called so, but then its module has no path, which is another rule's.
pub(super) fn non_ascii(case: &TagCase<'_>) -> Answer {
    let is_base = !case.base.is_ascii();
    if case.tag.is_ascii() || !is_base && case.directory()?.is_some() {
        return Ok(None);
    }
    let error = if is_base {
        module::escape_version(case.base).err()
    } else {
        module::check_path(&module_path(case)).err()
    };
    let consumer = format!("not listed; {}", error.map(|e| e.to_string()).unwrap_or_default());
    let summary = format!("tag {:?} has characters beyond ASCII", case.tag);
    let found = if is_base {
        let rest = case.base.trim_start_matches(['v', 'V']);
        guessed(case, rest, summary, consumer)?
    } else {
        let directories = match &case.commit {
            Some(commit) => case.trial.module_directories(commit.tree, MAX_LISTED)?,
            None => Vec::new(),
        };
        Some(Found::new(summary, consumer, Fix::choice(case, &directories)))
    };
    let Some(found) = found else { return Ok(None) };
    // Nobody can ask for a version whose directory is none.
    Ok(Some(if case.is_version() { found.with(Effect::Dead) } else { found }))
}

/// A finding about a tag that should have been called otherwise.
fn renamed(case: &TagCase<'_>, right: &str, summary: String, consumer: String) -> Answer {
    let prefix = case.working_prefix()?;
    let right = free_tag(case.trial, prefix, right);
    Ok(Some(Found::new(summary, consumer, Fix::rename(case, &right))))
}

/// The same where nobody can tell which version was meant.
fn guessed(case: &TagCase<'_>, rest: &str, summary: String, consumer: String) -> Answer {
    let prefix = case.working_prefix()?;
    let right = match guess(rest) {
        Some(version) => free_tag(case.trial, prefix, &version),
        None => next_tag(case.trial, prefix, "v0"),
    };
    let fix = Fix::rename(case, &right).with(&["or any other number that is free".to_owned()]);
    Ok(Some(Found::new(summary, consumer, fix)))
}

/// A version like this text: three numbers of it, and a prerelease where it has one.
fn guess(rest: &str) -> Option<String> {
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let numbers = rest.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = numbers.split('.').take(3).collect();
    let pre = rest.split_once('-').map(|(_, pre)| pre.split('+').next().unwrap_or_default());
    let is_meant = |c: &char| c.is_ascii_alphanumeric() || *c == '.';
    let pre = match pre.map(|pre| pre.chars().filter(is_meant).collect::<String>()) {
        None => String::new(),
        Some(pre) if pre.is_empty() => "-pre".to_owned(),
        Some(pre) => format!("-{pre}"),
    };
    repaired(&format!("{}{pre}", numbers.join(".")))
}

/// No more module directories than this are listed as advice.
const MAX_LISTED: usize = 10;

fn module_path(case: &TagCase<'_>) -> String {
    join(case.trial.push.code_root, case.prefix).trim_end_matches('/').to_owned()
}

/// Which part of V1 a text breaks that begins with a digit behind its `v`.
fn fault(rest: &str) -> String {
    let end = rest.find(['-', '+']).unwrap_or(rest.len());
    let numbers: Vec<&str> = rest[..end].split('.').collect();
    for number in &numbers {
        if number.is_empty() {
            return "a number is missing between or behind the dots".to_owned();
        }
        if let Some(c) = number.chars().find(|c| !c.is_ascii_digit()) {
            return format!("{c:?} in the place of a number");
        }
        if number.len() > 1 && number.starts_with('0') {
            return format!("the number {number:?} begins with a zero");
        }
    }
    if numbers.len() > 3 {
        return format!("{} numbers, three are allowed", numbers.len());
    }
    let (pre, build) = match rest[end..].split_once('+') {
        Some((pre, build)) => (pre, Some(build)),
        None => (&rest[end..], None),
    };
    if numbers.len() < 3 {
        return "three numbers are needed before - or +".to_owned();
    }
    let pre = pre.strip_prefix('-').map(|pre| ("behind the -", pre, true));
    let build = build.map(|build| ("behind the +", build, false));
    let faults = pre.into_iter().chain(build).filter_map(|(place, list, zeros)| {
        list.split('.')
            .find_map(|identifier| identifier_fault(identifier, zeros))
            .map(|f| (f, place))
    });
    let first = faults.map(|(fault, place)| format!("{fault} {place}")).next();
    first.unwrap_or_else(|| "not of the form vX.Y.Z".to_owned())
}

fn identifier_fault(identifier: &str, no_leading_zero: bool) -> Option<String> {
    if identifier.is_empty() {
        return Some("nothing where a word must stand".to_owned());
    }
    if let Some(c) = identifier.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
        return Some(format!("{c:?} is not allowed"));
    }
    let is_number = identifier.bytes().all(|b| b.is_ascii_digit());
    (no_leading_zero && is_number && identifier.len() > 1 && identifier.starts_with('0'))
        .then(|| format!("the number {identifier:?} begins with a zero"))
}

/// The version that was probably meant; none where that is a guess.
fn repaired(rest: &str) -> Option<String> {
    let rest = rest.split('+').next().unwrap_or_default();
    let (numbers, pre) = rest.split_once('-').unwrap_or((rest, ""));
    let without_zeros = |number: &str| {
        let kept = number.trim_start_matches('0');
        if kept.is_empty() { "0".to_owned() } else { kept.to_owned() }
    };
    let mut numbers: Vec<String> = numbers.split('.').map(without_zeros).collect();
    if numbers.len() > 3 {
        return None;
    }
    numbers.resize(3, "0".to_owned());
    let words = pre.split(['.', '_', '-']).filter(|word| !word.is_empty()).map(|word| {
        if word.bytes().all(|b| b.is_ascii_digit()) { without_zeros(word) } else { word.to_owned() }
    });
    let words: Vec<String> = words.collect();
    let pre = if words.is_empty() { String::new() } else { format!("-{}", words.join(".")) };
    let candidate = format!("v{}{pre}", numbers.join("."));
    (version::canonical(&candidate).as_deref() == Some(candidate.as_str())).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_guessed() {
        for (rest, expected) in [
            ("1.2.3.4", Some("v1.2.3")),
            ("1.2.3.4-rc1", Some("v1.2.3-rc1")),
            ("1.0.0-β", Some("v1.0.0-pre")),
            ("1.0.0-β.2+x", Some("v1.0.0-2")),
            ("1.2_3", None),
            ("", None),
        ] {
            assert_eq!(guess(rest).as_deref(), expected, "{rest}");
        }
    }

    #[test]
    fn the_broken_part_of_the_grammar_is_named() {
        for (rest, expected, meant) in [
            ("1.2.3.4", "4 numbers, three are allowed", None),
            ("01.2.3", "the number \"01\" begins with a zero", Some("v1.2.3")),
            ("1.0.0-rc_1", "'_' is not allowed behind the -", Some("v1.0.0-rc.1")),
            (
                "1.0.0-rc.01",
                "the number \"01\" begins with a zero behind the -",
                Some("v1.0.0-rc.1"),
            ),
            ("1.0.0-", "nothing where a word must stand behind the -", Some("v1.0.0")),
            ("1.0.0+", "nothing where a word must stand behind the +", Some("v1.0.0")),
            ("1.0.0+a_b", "'_' is not allowed behind the +", Some("v1.0.0")),
            ("1.2-rc1", "three numbers are needed before - or +", Some("v1.2.0-rc1")),
            ("1.2.", "a number is missing between or behind the dots", Some("v1.2.0")),
            ("1.2_3", "'_' in the place of a number", None),
        ] {
            assert_eq!(fault(rest), expected, "{rest}");
            assert_eq!(repaired(rest).as_deref(), meant, "{rest}");
            assert!(!version::is_valid(&format!("v{rest}")), "{rest}");
        }
    }
}

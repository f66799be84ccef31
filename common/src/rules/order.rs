//! A version number beside those that are there already (20.2, K9).

use std::cmp::Ordering;

use crate::objects::Fault;
use crate::policy::Level;
use crate::tags::join;
use crate::version;

use super::advice::{Fix, next_tag};
use super::case::{Change, Found, TagCase, is_version};
use super::siblings::{Siblings, module};
use super::table::{Check, Family, Rule};

type Answer = Result<Option<Found>, Fault>;

/// This family.
pub(super) const FAMILY: Family = Family { title: "The number among its siblings", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "prerelease-order",
        default: Level::Info,
        summary: "a prerelease such as rc10, which comes before rc2",
        consumer: "rc10 is older than rc2: the highest is taken letter by letter.",
        advice: "Write rc.10: numbers between dots are compared as numbers.",
        hides: &[],
        check: Check::Tag(prerelease_order),
    },
    Rule {
        id: "prerelease-after-release",
        default: Level::Warn,
        summary: "a prerelease of a version that is released already",
        consumer: "It is never selected by @latest.",
        advice: "Raise the number first.",
        hides: &["version-not-higher"],
        check: Check::Tag(prerelease_after_release),
    },
    Rule {
        id: "version-not-higher",
        default: Level::Info,
        summary: "a version below the highest release that is no patch of an older minor series",
        consumer: "It is not selected by @latest.",
        advice: "Confirm the number.",
        hides: &[],
        check: Check::Tag(not_higher),
    },
    Rule {
        id: "version-jump",
        default: Level::Warn,
        summary: "a number far above the release before it, or of more than nine digits",
        consumer: "It becomes @latest for good: only a retraction in a higher version undoes it.",
        advice: "Confirm the number.",
        hides: &[],
        check: Check::Tag(jump),
    },
    Rule {
        id: "version-duplicate-commit",
        default: Level::Info,
        summary: "a second version of the module on the same commit",
        consumer: "Asking for the commit gives the higher version.",
        advice: "Nothing, if it is meant.",
        hides: &[],
        check: Check::Tag(duplicate_commit),
    },
];

/// Longer numbers are a slip of the hand, or a date.
const MAX_DIGITS: usize = 9;

fn is_release(v: &str) -> bool {
    version::prerelease(v).is_empty()
}

/// `vX.Y.Z` without what follows.
fn core(v: &str) -> &str {
    v.strip_suffix(version::prerelease(v)).unwrap_or(v)
}

/// `vX.Y`.
fn series(v: &str) -> &str {
    core(v).rsplit_once('.').map_or("", |(series, _)| series)
}

/// Letters and the digits behind them.
fn letters_and_digits(identifier: &str) -> Option<(&str, &str)> {
    let letters = identifier.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &identifier[letters.len()..];
    (!letters.is_empty() && !digits.is_empty()).then_some((letters, digits))
}

fn by_number(a: &str, b: &str) -> Ordering {
    let significant = |digits: &str| digits.trim_start_matches('0').to_owned();
    let (a, b) = (significant(a), significant(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(&b))
}

fn prerelease_order(case: &TagCase<'_>) -> Answer {
    let pre = version::prerelease(case.base);
    if !case.is_version() || pre.is_empty() {
        return Ok(None);
    }
    let (stem, last) = pre.rsplit_once('.').unwrap_or_else(|| ("-", pre.trim_start_matches('-')));
    let Some((letters, digits)) = letters_and_digits(last) else { return Ok(None) };
    let is_misplaced = |v: &&String| {
        let other = version::prerelease(v);
        let (other_stem, other_last) =
            other.rsplit_once('.').unwrap_or_else(|| ("-", other.trim_start_matches('-')));
        let Some((other_letters, other_digits)) = letters_and_digits(other_last) else {
            return false;
        };
        (other_stem, other_letters) == (stem, letters)
            && by_number(digits, other_digits) != version::compare(case.base, v)
    };
    let siblings = Siblings::of(case);
    let found = siblings.alike(case.base, core).iter().find(is_misplaced);
    let Some(sibling) = found else { return Ok(None) };
    let place = if version::compare(case.base, sibling).is_lt() { "before" } else { "after" };
    let summary = format!(
        "version {:?} comes {place} {sibling}: {last:?} is compared letter by letter",
        case.base
    );
    let right = format!(
        "{}{}{letters}.{digits}",
        core(case.base),
        if stem == "-" { "-".to_owned() } else { format!("{stem}.") }
    );
    let consumer = format!(
        "{} is {} than {sibling}",
        case.base,
        if place == "before" { "older" } else { "newer" }
    );
    Ok(Some(Found::new(summary, consumer, Fix::rename(case, &join(case.prefix, &right)))))
}

fn prerelease_after_release(case: &TagCase<'_>) -> Answer {
    if !case.is_version() || is_release(case.base) || case.change != Change::Created {
        return Ok(None);
    }
    let release = core(case.base);
    // What comes along with its release, as in an import, came before it.
    let is_released = Siblings::of(case).alike(case.base, core).iter().any(|v| v == release);
    if !is_released || case.trial.is_pushed(&join(case.prefix, release)) {
        return Ok(None);
    }
    let summary =
        format!("{:?} is a prerelease of {release}, which is released already", case.base);
    let next = next_tag(case.trial, case.prefix, version::major(case.base));
    let pre = version::prerelease(case.base);
    let consumer = format!("{} is never selected by @latest", case.base);
    Ok(Some(Found::new(summary, consumer, Fix::rename(case, &format!("{next}{pre}")))))
}

fn not_higher(case: &TagCase<'_>) -> Answer {
    if !case.is_version() || case.change != Change::Created {
        return Ok(None);
    }
    let siblings = Siblings::of(case);
    let others = || siblings.all().iter().filter(|v| *v != case.base);
    let Some(highest) = others().rfind(|v| is_release(v)) else { return Ok(None) };
    if version::compare(case.base, highest).is_gt() {
        return Ok(None);
    }
    let of_series = siblings.alike(case.base, series);
    let is_patch = of_series.len() > 1
        && series(highest) != series(case.base)
        && of_series.last().is_some_and(|last| last == case.base);
    if is_patch {
        return Ok(None);
    }
    let summary = format!("{:?} is lower than {highest}, the highest release so far", case.base);
    let consumer = format!("{} is not selected by @latest", case.base);
    let next = next_tag(case.trial, case.prefix, version::major(case.base));
    let note =
        format!("# if the number is not meant, the next one is {}", super::advice::quote(&next));
    Ok(Some(Found::new(summary, consumer, Fix::same(&[note]))))
}

/// The numbers of a version, as they are written.
fn numbers(v: &str) -> Vec<&str> {
    core(v).trim_start_matches('v').split('.').collect()
}

/// What is too much about a number after another one, in words.
fn leap(before: &str, after: &str, max: u64) -> Option<&'static str> {
    let (before, after) = (numbers(before), numbers(after));
    let [Some(b), Some(a)] = [&before, &after]
        .map(|numbers| numbers.iter().map(|n| n.parse::<u64>().ok()).collect::<Option<Vec<u64>>>())
    else {
        return None;
    };
    let [b_major, b_minor, b_patch]: [u64; 3] = b.try_into().ok()?;
    let [a_major, a_minor, a_patch]: [u64; 3] = a.try_into().ok()?;
    if a_major > b_major {
        return (a_major > b_major + 1).then_some("major number");
    }
    if a_minor > b_minor {
        return (a_minor - b_minor > max).then_some("minor number");
    }
    (a_patch.saturating_sub(b_patch) > max).then_some("patch number")
}

fn jump(case: &TagCase<'_>) -> Answer {
    if !case.is_version() || case.change != Change::Created {
        return Ok(None);
    }
    let found = |summary: String| {
        let consumer = format!("{} is @latest for good", case.base);
        let right = next_tag_without(case);
        Ok(Some(Found::new(summary, consumer, Fix::rename(case, &right))))
    };
    if let Some(long) = numbers(case.base).into_iter().find(|number| number.len() > MAX_DIGITS) {
        return found(format!("{:?} has a number of {} digits", case.base, long.len()));
    }
    let versions = case.trial.versions(case.prefix);
    let end = versions.partition_point(|v| version::compare(v, case.base).is_lt());
    let Some(before) = versions[..end].iter().rfind(|v| is_release(v)) else { return Ok(None) };
    let max = case.trial.push.policy.max_leap().value;
    match leap(before, case.base, max) {
        Some(which) => found(format!("{:?} is far above {before}: look at the {which}", case.base)),
        None => Ok(None),
    }
}

/// The number that would come next if this one were not there.
fn next_tag_without(case: &TagCase<'_>) -> String {
    let siblings = Siblings::of(case);
    let next = siblings.all().iter().rfind(|v| version::compare(v, case.base).is_lt());
    let next = next.and_then(|v| super::advice::next_patch(v));
    join(case.prefix, &next.unwrap_or_else(|| format!("{}.0.0", version::major(case.base))))
}

fn duplicate_commit(case: &TagCase<'_>) -> Answer {
    let Some(commit) = case.commit.as_ref().filter(|_| case.is_version()) else { return Ok(None) };
    let is_sibling = |v: &str| v != case.base && is_version(v) && module(v) == module(case.base);
    let here = case.trial.tags_on(commit.id);
    let mut others = here.iter().filter_map(|tag| {
        let (prefix, base) = crate::tags::split(tag);
        (prefix == case.prefix && is_sibling(base)).then_some(base)
    });
    let Some(other) = others.next() else { return Ok(None) };
    let summary = format!("{:?} is on the commit of {other}", case.base);
    let higher = if version::compare(other, case.base).is_gt() { other } else { case.base };
    let consumer = format!("asking for the commit gives {higher}");
    Ok(Some(Found::new(summary, consumer, Fix::same(&["# nothing, if it is meant".to_owned()]))))
}

//! The commit that is tagged (20.8).

use crate::objects::Fault;
use crate::policy::Level;
use crate::timestamp;
use crate::version;

use super::advice::{Fix, quote};
use super::case::{Effect, Found, TagCase};
use super::table::{Check, Family, Rule};

type Answer = Result<Option<Found>, Fault>;

/// This family.
pub(super) const FAMILY: Family = Family { title: "The commit", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "commit-time-out-of-range",
        default: Level::Reject,
        summary: "a committer date beyond the year 9999",
        consumer: "Time.MarshalJSON: year outside of range; pseudo-versions are unknown revisions",
        advice: "Mend the clock, and commit again.",
        hides: &["commit-time-future"],
        check: Check::Tag(time_out_of_range),
    },
    Rule {
        id: "commit-time-future",
        default: Level::Warn,
        summary: "a committer date more than an hour ahead",
        consumer: "Pseudo-versions of later commits come before those of this one.",
        advice: "Mend the clock, and commit again.",
        hides: &[],
        check: Check::Tag(time_future),
    },
    Rule {
        id: "commit-off-branch",
        default: Level::Warn,
        summary: "a tagged commit that is on no branch",
        consumer: "It works, but pseudo-versions of branches are never built on it.",
        advice: "Merge it into the branch it belongs to.",
        hides: &["commit-not-descendant"],
        check: Check::Tag(off_branch),
    },
    Rule {
        id: "commit-not-descendant",
        default: Level::Info,
        summary: "a release that does not contain the release before it",
        consumer: "What was in the release before may be missing.",
        advice: "Nothing, if it is meant.",
        hides: &[],
        check: Check::Tag(not_descendant),
    },
];

/// A clock may be this much ahead, in seconds.
const TOLERANCE: i64 = 3600;

fn commit_again(case: &TagCase<'_>) -> Fix {
    // The commit may be on a branch that others have: it stays, and another one goes on top of it.
    let commit = "git commit --allow-empty -m 'the clock is right'".to_owned();
    Fix::after(case, &["# when the clock is right:".to_owned(), commit])
}

fn time_out_of_range(case: &TagCase<'_>) -> Answer {
    let Some(time) = case.commit.as_ref().and_then(|commit| commit.time) else { return Ok(None) };
    if !case.is_version() || timestamp::rfc3339(time).is_some() {
        return Ok(None);
    }
    let summary = format!("the committer date of tag {:?} lies beyond the year 9999", case.tag);
    let consumer = "Time.MarshalJSON: year outside of range [0,9999]".to_owned();
    Ok(Some(Found::new(summary, consumer, commit_again(case)).with(Effect::Breaks)))
}

fn time_future(case: &TagCase<'_>) -> Answer {
    let Some(time) = case.commit.as_ref().and_then(|commit| commit.time) else { return Ok(None) };
    if !case.is_version() || time <= case.trial.push.now.saturating_add(TOLERANCE) {
        return Ok(None);
    }
    let date = timestamp::rfc3339(time).unwrap_or_else(|| "later".to_owned());
    let summary = format!("the committer date of tag {:?} is {date}, which is to come", case.tag);
    let consumer = "pseudo-versions of later commits come before those of this one".to_owned();
    Ok(Some(Found::new(summary, consumer, commit_again(case))))
}

fn off_branch(case: &TagCase<'_>) -> Answer {
    let Some(commit) = case.commit.as_ref().filter(|_| case.is_version()) else { return Ok(None) };
    let refs = case.trial.view.refs();
    if refs.branches.is_empty() || case.trial.is_on_branch(commit.id)? {
        return Ok(None);
    }
    let summary = format!("the commit of tag {:?} is on no branch", case.tag);
    let consumer = "it works, but pseudo-versions of branches are never built on it".to_owned();
    let fix = Fix::same(&[
        "# on the branch it belongs to:".to_owned(),
        format!("git merge {}", quote(case.tag)),
        "git push origin HEAD".to_owned(),
    ]);
    Ok(Some(Found::new(summary, consumer, fix)))
}

fn not_descendant(case: &TagCase<'_>) -> Answer {
    let Some(commit) = case.commit.as_ref().filter(|_| case.is_version()) else { return Ok(None) };
    let Some(before) = case.trial.version_before(case.prefix, case.base) else { return Ok(None) };
    let is_series = version::major(&before) == version::major(case.base);
    let tag = crate::tags::join(case.prefix, &before);
    if !is_series || case.trial.is_in_history(&tag, commit.id)? {
        return Ok(None);
    }
    let summary = format!("{:?} does not contain the commit of {before}", case.base);
    let consumer = format!("what was new in {before} may be missing");
    Ok(Some(Found::new(summary, consumer, Fix::same(&["# nothing, if it is meant".to_owned()]))))
}

//! The prefix of a tag, and what the tag is on (20.2).

use crate::objects::{Fault, Kind};
use crate::policy::Level;
use crate::tags::{join, releases};
use crate::version;

use super::advice::{Fix, free_tag};
use super::case::{Effect, Found, ReleaseCase, TagCase};
use super::table::{Check, Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "Prefixes of tags", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "tag-prefix-unknown-dir",
        default: Level::Warn,
        summary: "a version tag whose prefix is no directory of the commit (rejected where that module has releases)",
        consumer: "missing M/P/go.mod at revision P/v1.0.0",
        advice: "Tag with the directory of the module, as it is in this commit, in front of the version.",
        hides: &[],
        check: Check::Tag(prefix_unknown_dir),
    },
    Rule {
        id: "tag-prefix-has-major-dir",
        default: Level::Reject,
        summary: "a tag prefix that ends in the major directory (v2/v2.1.0 instead of v2.1.0)",
        consumer: "The version is never seen: unknown revision v2.1.1.",
        advice: "Leave the major's directory out of the tag: v2.1.1, or sub/v2.1.1.",
        hides: &["module-path-mismatch"],
        check: Check::Release(prefix_has_major_dir),
    },
    Rule {
        id: "tag-not-commit",
        default: Level::Reject,
        summary: "a version tag on a tree or a file",
        consumer: "The version is listed, and everything about it fails: unexpected response from git log.",
        advice: "Delete the tag, and tag a commit.",
        hides: &[],
        check: Check::Tag(not_commit),
    },
];

type Answer = Result<Option<Found>, Fault>;

/// `tag-prefix-unknown-dir`.
pub(super) fn prefix_unknown_dir(case: &TagCase<'_>) -> Answer {
    let Some(commit) = &case.commit else { return Ok(None) };
    if case.prefix.is_empty() || !case.is_version() || case.directory()?.is_some() {
        return Ok(None);
    }
    let push = case.trial.push;
    let named = releases(push.code_root, case.tag);
    let had_releases = |path: &str| case.trial.owner(path) == Some(push.repository);
    let known = had_releases(&join(push.code_root, case.prefix))
        || named.iter().any(|release| had_releases(&release.module.path));
    let major = named.first().map_or("", |release| release.module.pseudo_major());
    let other = if major.is_empty() { String::new() } else { format!(" and .../{major}/go.mod") };
    let consumer = format!(
        "missing {}/go.mod{other} at revision {}",
        join(push.code_root, case.prefix),
        case.tag
    );
    let summary = format!(
        "tag {:?} releases the module in directory {:?}, which this commit does not have",
        case.tag, case.prefix
    );
    let directories = case.trial.module_directories(commit.tree, MAX_LISTED)?;
    let fix = match &directories[..] {
        [only] => Fix::rename(case, &free_tag(case.trial, only, case.base)),
        _ => Fix::choice(case, &directories),
    };
    let level = if known { Level::Reject } else { Level::Warn };
    Ok(Some(Found::new(summary, consumer, fix).at_level(level).with(Effect::Dead)))
}

/// No more module directories than this are listed as advice.
const MAX_LISTED: usize = 10;

/// `tag-prefix-has-major-dir`.
pub(super) fn prefix_has_major_dir(case: &ReleaseCase<'_>) -> Answer {
    let (parent, last) = crate::tags::split(case.tag.prefix);
    let major = version::major(case.tag.base);
    if last != major || matches!(major, "v0" | "v1") {
        return Ok(None);
    }
    let declared = case.own.as_ref().and_then(|go_mod| go_mod.declared());
    if !declared.is_some_and(|(path, _)| path.ends_with(&format!("/{major}"))) {
        return Ok(None);
    }
    let right = join(parent, case.tag.base);
    let summary = format!(
        "tag {:?} names the major version twice: the directory {last} is no part of a tag",
        case.tag.tag
    );
    let consumer = format!("never listed; unknown revision {right}");
    let found = Found::new(summary, consumer, Fix::rename(case.tag, &right));
    Ok(Some(found.with(Effect::Breaks)))
}

/// `tag-not-commit`.
pub(super) fn not_commit(case: &TagCase<'_>) -> Answer {
    if case.kind == Kind::Commit || !case.is_version() {
        return Ok(None);
    }
    let kind = if case.kind == Kind::Tree { "a tree" } else { "a file" };
    let summary = format!("tag {:?} is on {kind}, not on a commit", case.tag);
    let consumer = "unexpected response from git log: \"\"".to_owned();
    let fix = Fix::after(case, &["# tag a commit:".to_owned()]);
    Ok(Some(Found::new(summary, consumer, fix).with(Effect::Breaks)))
}

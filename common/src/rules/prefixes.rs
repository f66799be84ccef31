//! The prefix of a tag, and what the tag is on (20.2).

use crate::objects::{Fault, Kind};
use crate::policy::Level;
use crate::tags::{join, releases, split};
use crate::version;

use super::advice::{Fix, free_tag};
use super::case::{Effect, Found, ReleaseCase, TagCase};
use super::placement::lacks_root_go_mod;
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
    Rule {
        id: "tag-prefix-style",
        default: Level::Warn,
        summary: "a version tag with another sign than a slash in front of the version (sub-v1.0.0, v/1.2.3)",
        consumer: "It is no version of anything.",
        advice: "Tag the same commit as v1.0.0, or for a module in a directory as sub/v1.0.0.",
        hides: &["tag-missing-v", "tag-prefix-unknown-dir"],
        check: Check::Tag(prefix_style),
    },
    Rule {
        id: "tag-root-without-root-module",
        default: Level::Warn,
        summary: "a version tag for the root, where all Go files belong to modules in directories",
        consumer: "It makes a module of the root without any package, and the module that is meant stays unreleased: unknown revision sub/v1.0.0.",
        advice: "Tag with the directory of the module in front: sub/v1.0.0.",
        hides: &["gomod-missing", "no-go-files"],
        check: Check::Release(root_without_root_module),
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
    let (parent, last) = split(case.tag.prefix);
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

/// `tag-prefix-style`.
pub(super) fn prefix_style(case: &TagCase<'_>) -> Answer {
    let Some((name, right)) = misjoined(case)? else { return Ok(None) };
    let module = join(case.prefix, name);
    let is_module = !name.is_empty() && case.go_mod(&module)?.is_some();
    let prefix = if is_module { &module } else { case.working_prefix()? };
    let right = free_tag(case.trial, prefix, &right);
    let summary = format!(
        "tag {:?} is no version of a Go module: only a slash may stand in front of the version",
        case.tag
    );
    let consumer = format!("not a version of anything; unknown revision {right}");
    Ok(Some(Found::new(summary, consumer, Fix::rename(case, &right))))
}

/// What stands before the wrong sign in a tag's last element, and the version behind it: `sub-v1.0.0`, `v.1.0.0`, and
/// with nothing before it `v/1.0.0`. Names without a `v` are often those of other things that are released from the same
/// repository: they count only where the name is that of a directory with Go, of the repository, or says release.
fn misjoined<'a>(case: &TagCase<'a>) -> Result<Option<(&'a str, String)>, Fault> {
    let (parent, last) = split(case.prefix);
    if matches!(last, "v" | "V") && case.directory()?.is_none() && parent.is_empty() {
        return Ok(whole(&format!("v{}", case.base)).map(|right| ("", right)));
    }
    let digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if digit(case.base) || case.base.strip_prefix(['v', 'V']).is_some_and(digit) {
        return Ok(None);
    }
    for (at, _) in case.base.match_indices(['-', '_', '.']).filter(|(at, _)| *at > 0) {
        let (name, rest) = (&case.base[..at], &case.base[at + 1..]);
        let is_v = matches!(name, "v" | "V");
        let has_v = rest.starts_with('v');
        let right = if has_v { whole(rest) } else { whole(&format!("v{rest}")) };
        let Some(right) = right else { continue };
        if is_v {
            return Ok(Some(("", right)));
        }
        let is_meant = case.base.as_bytes()[at] != b'.' && is_of_go(case, name, has_v)?;
        return Ok(is_meant.then_some((name, right)));
    }
    Ok(None)
}

/// The canonical version that this text is, build metadata apart.
fn whole(text: &str) -> Option<String> {
    let canonical = version::canonical(text)?;
    let rest = text.strip_prefix(canonical.as_str())?;
    (rest == version::build(text)).then_some(canonical)
}

/// Whether a version behind this name is probably one of a Go module; a directory without Go has versions of its own.
fn is_of_go(case: &TagCase<'_>, name: &str, has_v: bool) -> Result<bool, Fault> {
    if let Some(commit) = &case.commit
        && let Some(directory) = case.trial.directory(commit.tree, &join(case.prefix, name))?
    {
        return case.trial.holds_go(directory);
    }
    let repository = split(case.trial.push.code_root).1;
    Ok(has_v || matches!(name, "release" | "version") || name == repository)
}

/// `tag-root-without-root-module`.
pub(super) fn root_without_root_module(case: &ReleaseCase<'_>) -> Answer {
    let Some(commit) = case.tag.commit.as_ref().filter(|_| lacks_root_go_mod(case)) else {
        return Ok(None);
    };
    let (trial, base) = (case.tag.trial, case.tag.base);
    let mut directories = trial.module_directories(commit.tree, MAX_LISTED)?;
    if directories.is_empty() || trial.root_holds_go(commit.tree)? {
        return Ok(None);
    }
    // The directory of a major is no part of a tag.
    for directory in &mut directories {
        let (parent, last) = split(directory);
        if last == version::major(base) {
            *directory = parent.to_owned();
        }
    }
    directories.dedup();
    let first = directories.first().map_or("", String::as_str);
    let summary = format!(
        "tag {:?} releases the root, but the modules of this commit are in directories",
        case.tag.tag
    );
    let consumer = format!(
        "{}@{} is a module without packages; unknown revision {}",
        case.path(),
        case.release.version,
        join(first, base)
    );
    let fix = match &directories[..] {
        [only] => Fix::rename(case.tag, &free_tag(trial, only, base)),
        _ => Fix::choice(case.tag, &directories),
    };
    Ok(Some(Found::new(summary, consumer, fix)))
}

//! Retractions and deprecations beside those of other releases: only the go.mod of the highest one counts (T2, T8).

use crate::gomod::{File, Retract};
use crate::version;

use super::super::advice::{Fix, edit, next_tag, quote};
use super::super::case::{Found, ReleaseCase};
use super::super::siblings::Siblings;
use super::coverage::{Coverage, MAX_INTERVALS, inside};
use super::{Answer, full, shown};

/// The version of an ascending list whose go.mod counts: the highest release, else the highest prerelease.
fn highest(versions: &[String]) -> Option<&str> {
    let release = versions.iter().rfind(|v| version::prerelease(v).is_empty());
    release.or_else(|| versions.last()).map(String::as_str)
}

/// What the module's author says in a go.mod that another one lacks.
struct Missing<'a> {
    intervals: Vec<&'a Retract>,
    deprecated: Option<&'a str>,
}

impl<'a> Missing<'a> {
    /// What `said` says and `other` does not, if anything.
    fn of(said: &'a File, other: Option<&File>, versions: &[String]) -> Option<Self> {
        let deprecation = |file: &'a File| file.module.as_ref()?.deprecated.as_deref();
        let is_other = other.and_then(|file| file.module.as_ref()?.deprecated.as_ref()).is_some();
        let coverage = Coverage::of(other.map_or(&[], |file| &file.retract));
        let intervals = said.retract.iter().take(MAX_INTERVALS);
        let missing = Self {
            intervals: intervals.filter(|interval| !coverage.keeps(interval, versions)).collect(),
            deprecated: deprecation(said).filter(|_| !is_other),
        };
        (!missing.intervals.is_empty() || missing.deprecated.is_some()).then_some(missing)
    }

    fn text(&self) -> String {
        let Some(first) = self.intervals.first() else { return "the deprecation".to_owned() };
        let more = match self.intervals.len() {
            1 => String::new(),
            more => format!(" (and {} more)", more - 1),
        };
        let also = if self.deprecated.is_some() { " and the deprecation" } else { "" };
        format!("{}{more}{also}", shown(first))
    }

    /// The commands that say it in a go.mod.
    fn commands(&self, go_mod: &str) -> Vec<String> {
        let mut commands = Vec::new();
        for interval in self.intervals.iter().take(MAX_COMMANDS) {
            commands.push(edit(&format!("-retract={}", full(interval)), go_mod));
            let reason = interval.rationale.lines().next().unwrap_or_default().trim();
            if !reason.is_empty() {
                commands.push(format!("# with its comment: {reason:?}"));
            }
        }
        if let Some(text) = self.deprecated {
            let text = text.lines().next().unwrap_or_default();
            commands.push(format!("# above the module line: // Deprecated: {:?}", text));
        }
        commands
    }

    /// A version that is the worse for it.
    fn example(&self, versions: &[String]) -> Option<String> {
        let first = self.intervals.first()?;
        let known = inside(first, versions).first();
        Some(known.cloned().unwrap_or_else(|| format!("{:?}", first.low)))
    }
}

/// No one pastes more.
const MAX_COMMANDS: usize = 10;

/// What a release says, unless nobody could use it: then it says nothing to anybody (N6).
fn said<'a>(case: &'a ReleaseCase<'_>) -> Option<&'a File> {
    case.go_mod().filter(|_| case.broken.is_none())?.parsed.as_ref().ok()
}

/// `retract-not-highest`.
pub(super) fn not_highest(case: &ReleaseCase<'_>) -> Answer {
    let Some(mine) = said(case) else { return Ok(None) };
    let is_silent = mine.module.as_ref().is_none_or(|module| module.deprecated.is_none());
    if mine.retract.is_empty() && is_silent {
        return Ok(None);
    }
    let base = case.tag.base;
    let siblings = Siblings::of(case.tag);
    let Some(highest) = highest(siblings.all()).filter(|highest| *highest != base) else {
        return Ok(None);
    };
    let other = case.tag.trial.go_mod_of(&case.release.module, highest)?;
    let theirs = other.as_ref().and_then(|go_mod| go_mod.parsed.as_ref().ok());
    let Some(missing) = Missing::of(mine, theirs, siblings.all()) else { return Ok(None) };
    let summary = format!(
        "{} in {base} does not count: the highest release is {highest}, and its go.mod decides",
        missing.text()
    );
    let consumer = match missing.example(siblings.all()) {
        Some(v) => format!("{}@{v} is not retracted", case.path()),
        None => format!("nobody is told that {} is deprecated", case.path()),
    };
    let fix = if version::compare(base, highest).is_gt() {
        let release = base.strip_suffix(version::prerelease(base)).unwrap_or(base);
        Fix::same(&[format!("# nothing, if {release} is to follow: it counts from then on")])
    } else {
        let path = other.as_ref().map_or("go.mod", |go_mod| &go_mod.path);
        let next = quote(&next_tag(case.tag.trial, case.tag.prefix, version::major(highest)));
        let steps = [
            "git commit -a -m retract".to_owned(),
            format!("git tag {next}"),
            format!("git push origin HEAD {next}"),
        ];
        let first = format!("# on the branch of {highest}:");
        Fix::same(&[vec![first], missing.commands(path), steps.to_vec()].concat())
    };
    Ok(Some(in_go_mod(
        case,
        Found::new(summary, consumer, fix),
        missing.intervals.first().copied(),
    )))
}

/// `retract-dropped`: against the release below, and where that comes in the same push against the one before it too.
pub(super) fn dropped(case: &ReleaseCase<'_>) -> Answer {
    let Some(mine) = said(case) else { return Ok(None) };
    let (trial, module) = (case.tag.trial, &case.release.module);
    let siblings = Siblings::of(case.tag);
    let all = siblings.all();
    if highest(all) != Some(case.tag.base) {
        return Ok(None);
    }
    let end = all.partition_point(|v| version::compare(v, case.tag.base).is_lt());
    let was_there = |v: &&String| trial.push.before.tags.contains_key(&module.tag(v));
    let standing = all[..end].iter().rfind(|v| was_there(v) && version::prerelease(v).is_empty());
    let below = highest(&all[..end]);
    let standing = standing.map(String::as_str).filter(|v| Some(*v) != below);
    for before in below.into_iter().chain(standing) {
        let other = trial.go_mod_of(module, before)?;
        let other = other.as_ref().and_then(|go_mod| go_mod.parsed.as_ref().ok());
        // What declares another module says nothing about this one.
        let is_own = |file: &&File| file.module.as_ref().is_some_and(|m| m.path == case.path());
        let missing = other.filter(is_own).and_then(|file| Missing::of(file, Some(mine), all));
        if let Some(missing) = missing {
            return Ok(Some(drops(case, &missing, before, all)));
        }
    }
    Ok(None)
}

fn drops(case: &ReleaseCase<'_>, missing: &Missing<'_>, before: &str, all: &[String]) -> Found {
    let summary = format!("{} drops {}, which {before} had", case.tag.base, missing.text());
    let consumer = match missing.example(all) {
        Some(v) => format!("{}@{v} is visible again", case.path()),
        None => format!("nobody is told any more that {} is deprecated", case.path()),
    };
    let path = case.go_mod().map_or("go.mod", |go_mod| &go_mod.path);
    let fix = Fix::mend(case.tag, &missing.commands(path), "keep what was retracted");
    in_go_mod(case, Found::new(summary, consumer, fix), None)
}

/// `retract-all`.
pub(super) fn all(case: &ReleaseCase<'_>) -> Answer {
    let Some(mine) = said(case).filter(|file| !file.retract.is_empty()) else { return Ok(None) };
    let siblings = Siblings::of(case.tag);
    let versions = siblings.all();
    let is_highest = highest(versions) == Some(case.tag.base);
    if !is_highest || Coverage::of(&mine.retract).first_left(versions).is_some() {
        return Ok(None);
    }
    let summary = format!("{} takes back every version of {}", case.tag.base, case.path());
    let consumer = format!("{}@latest is a pseudo-version of the newest commit", case.path());
    let fix = Fix::same(&["# nothing, if it is meant".to_owned()]);
    Ok(Some(in_go_mod(case, Found::new(summary, consumer, fix), mine.retract.first())))
}

fn in_go_mod(case: &ReleaseCase<'_>, found: Found, interval: Option<&Retract>) -> Found {
    match case.go_mod() {
        Some(go_mod) => found.in_go_mod(go_mod, interval.map(|i| i.position.line)),
        None => found,
    }
}

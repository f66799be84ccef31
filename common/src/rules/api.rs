//! The exported API beside that of the release before (not of section 20): what gorelease would say.
//!
//! Packages that did not change are not read. While a push waits there may be no time for the rest: then nothing is said
//! about it here, and `modgate ledger show` compares it when it is asked.

use std::rc::Rc;

use crate::goapi::{self, Change, Comparison};
use crate::objects::{Fault, Kind, ObjectId};
use crate::policy::Level;
use crate::tags::{self, join};
use crate::version;

use super::advice::{Fix, edit, quote};
use super::case::{Found, GoMod, ReleaseCase, is_version};
use super::siblings::Siblings;
use super::table::{Check, Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "The exported API", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "api-incompatible",
        default: Level::Warn,
        summary: "something that the release before exports is gone or changed, and the major version is the same",
        consumer: "Code that uses it does not compile any more.",
        advice: "Put it back, or release a new major version.",
        hides: &["api-added-in-patch"],
        check: Check::Release(incompatible),
    },
    Rule {
        id: "api-added-in-patch",
        default: Level::Info,
        summary: "a patch release that exports more than the release before",
        consumer: "Who requires it cannot go back to an earlier patch release.",
        advice: "Release it as the next minor version.",
        hides: &[],
        check: Check::Release(added_in_patch),
    },
];

type Answer = Result<Option<Found>, Fault>;

/// So many differences are listed.
const MAX_LISTED: usize = 10;

/// A release beside the one before it.
struct Beside {
    base: String,
    comparison: Rc<Comparison>,
}

impl Beside {
    fn of(case: &ReleaseCase<'_>) -> Result<Option<Self>, Fault> {
        let (Some((located, _)), Some(commit)) = (case.usable, &case.tag.commit) else {
            return Ok(None);
        };
        if !is_version(case.tag.base) {
            return Ok(None);
        }
        let siblings = Siblings::of(case.tag);
        let all = siblings.all();
        let end = all.partition_point(|v| version::compare(v, case.tag.base).is_lt());
        let versions = all[..end].iter().map(String::as_str);
        let Some(base) = goapi::base(versions, case.tag.base) else { return Ok(None) };
        let trial = case.tag.trial;
        let Some(old) = directory_at(case, base)? else { return Ok(None) };
        let Some(new) = trial.directory(commit.tree, &located.directory)? else { return Ok(None) };
        let limits = goapi::Limits::new(trial.push.has_time);
        let comparison = goapi::compare(trial.push.objects, &trial.apis, &limits, (old, new))?;
        Ok(Some(Self { base: base.to_owned(), comparison }))
    }

    /// The first differences, one a line, with file and line.
    fn list(&self, directory: &str, changes: &[Change]) -> String {
        let shown =
            changes.iter().take(MAX_LISTED).map(|change| change.line(directory, &self.base));
        let mut lines: Vec<String> = shown.collect();
        if changes.len() > MAX_LISTED {
            lines.push(format!("and {} more", changes.len() - MAX_LISTED));
        }
        lines.join("\n")
    }
}

/// The module's directory in its version `v`; nothing where that is another module.
fn directory_at(case: &ReleaseCase<'_>, v: &str) -> Result<Option<ObjectId>, Fault> {
    let (trial, module) = (case.tag.trial, &case.release.module);
    let tag = trial.view.refs().tags.get(&module.tag(v)).filter(|tag| tag.kind == Kind::Commit);
    let Some(tag) = tag else { return Ok(None) };
    let root = trial.push.objects.commit(tag.peeled)?.tree;
    let declared = |go_mod: &GoMod| go_mod.declared().map(|(path, _)| path.to_owned());
    match trial.go_mod_of(module, v)? {
        // Without its go.mod it is another kind of module, which has a rule of its own.
        Some(_) if case.go_mod().is_none() => Ok(None),
        Some(go_mod) if declared(&go_mod).as_deref() != Some(case.path()) => Ok(None),
        Some(go_mod) => trial.directory(root, tags::split(&go_mod.path).0),
        None => trial.directory(root, &module.code_dir),
    }
}

/// `1 change`, `2 changes`.
fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// `api-incompatible`.
fn incompatible(case: &ReleaseCase<'_>) -> Answer {
    let Some(beside) = Beside::of(case)? else { return Ok(None) };
    let (base, comparison) = (&beside.base, &beside.comparison);
    let changes = &comparison.incompatible;
    let Some(first) = changes.first() else {
        return Ok(comparison.is_unfinished.then(|| unfinished(case, base)));
    };
    let summary = format!(
        "{} of the exported API since {base} that existing code does not survive",
        count(changes.len(), "change")
    );
    let list = beside.list(case.directory(), changes);
    let found = Found::new(summary, list, ways_out(case));
    Ok(Some(match first.place_now() {
        Some((file, line)) => found.in_file(&case.path_of(file), Some(line)),
        None => found,
    }))
}

/// Stay compatible, or release a new major version.
fn ways_out(case: &ReleaseCase<'_>) -> Fix {
    let Next { path, tag } = next_major(case);
    let steps =
        ["# put back what is gone or changed, and give what is new a name of its own; then:"
            .to_owned()];
    let go_mod = case.go_mod().map_or("go.mod", |go_mod| go_mod.path.as_str());
    Fix::after(case.tag, &steps).with(&[
        "or release a new major version, which nobody gets without asking for it:".to_owned(),
        edit(&format!("-module={path}"), go_mod),
        format!("and {path} in every import of its own packages; commit, then:"),
        format!("git tag {0} && git push origin {0}", quote(&tag)),
    ])
}

/// A major version that is not there yet.
struct Next {
    path: String,
    tag: String,
}

fn next_major(case: &ReleaseCase<'_>) -> Next {
    let module = &case.release.module;
    let number = |v: &String| version::major(v).trim_start_matches('v').parse::<u64>().ok();
    let versions = case.tag.trial.versions(case.tag.prefix);
    let highest = versions.last().and_then(number).unwrap_or(1);
    let major = highest.max(1).saturating_add(1);
    let separator = if module.path_major.starts_with('.') { '.' } else { '/' };
    Next {
        path: format!("{}{separator}v{major}", module.path_prefix),
        tag: join(case.tag.prefix, &format!("v{major}.0.0")),
    }
}

/// What is left for later.
fn unfinished(case: &ReleaseCase<'_>, base: &str) -> Found {
    let summary = format!("the exported API was not compared with {base}: there was no time");
    let consumer = "what is incompatible, if anything is".to_owned();
    let fix = Fix::same(&[format!("modgate ledger show {}", quote(&case.name()))]);
    Found::new(summary, consumer, fix).at_level(Level::Info)
}

/// `api-added-in-patch`.
fn added_in_patch(case: &ReleaseCase<'_>) -> Answer {
    let Some(beside) = Beside::of(case)? else { return Ok(None) };
    let added = &beside.comparison.added;
    let Some(first) = added.first().filter(|_| goapi::is_patch(&beside.base, case.tag.base)) else {
        return Ok(None);
    };
    let summary = format!(
        "{} to the exported API since {}, in a patch release",
        count(added.len(), "addition"),
        beside.base
    );
    let list = beside.list(case.directory(), added);
    let found = Found::new(summary, list, Fix::rename(case.tag, &next_minor(case)));
    Ok(Some(match first.place_now() {
        Some((file, line)) => found.in_file(&case.path_of(file), Some(line)),
        None => found,
    }))
}

/// The tag of the next minor version of the module's highest one.
fn next_minor(case: &ReleaseCase<'_>) -> String {
    let major = version::major(case.tag.base);
    let versions = case.tag.trial.versions(case.tag.prefix);
    let minor =
        |v: &&String| version::major_minor(v).rsplit_once('.').map(|(_, minor)| minor.to_owned());
    let highest = versions.iter().rfind(|v| version::major(v) == major);
    let highest = highest.as_ref().and_then(minor).unwrap_or_else(|| "0".to_owned());
    join(case.tag.prefix, &format!("{major}.{}.0", version::increment(&highest)))
}

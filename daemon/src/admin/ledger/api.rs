//! What a version changed in the exported API of its module: compared when it is asked for, with what is in git.
//!
//! The hook compares only while it has time. The commits of accepted versions stay, so that this answer is always there,
//! always the same, and need not be kept.

use anyhow::Context;
use modgate_common::goapi::{self, Change, Limits, Side};
use modgate_common::io::repo::{HashCheck, Repository, prepare};
use modgate_common::ledger::Entry;
use modgate_common::objects::{ObjectId, Objects, lookup};
use modgate_common::resolve::at_commit;
use modgate_common::settings::Settings;
use modgate_common::tags::{Module, join};
use modgate_common::version;
use serde::Serialize;

use crate::admin::place;

/// The API of a version beside that of the release before it.
#[derive(Debug, Serialize)]
pub(super) struct Api {
    /// The release that it is compared with.
    base: String,
    /// What existing code does not survive.
    incompatible: Vec<Line>,
    /// What is new.
    added: Vec<Line>,
    /// Packages that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_compared: Vec<String>,
}

/// A change and its place.
#[derive(Debug, Serialize)]
struct Line {
    what: String,
    file: String,
    line: u32,
    /// The version that has this file.
    version: String,
    #[serde(skip)]
    text: String,
}

/// Compares an accepted version with the release before it; nothing where there is none.
///
/// # Errors
/// When the repository cannot be read.
pub(super) fn compare(
    settings: &Settings,
    entry: &Entry,
    of_module: &[Entry],
) -> anyhow::Result<Option<Api>> {
    let is_release =
        |e: &&Entry| e.occupies() && e.tag.is_some() && e.repository == entry.repository;
    if !is_release(&entry) {
        return Ok(None);
    }
    let releases: Vec<&Entry> = of_module.iter().filter(is_release).collect();
    let mut versions: Vec<&str> = releases.iter().map(|e| e.version.as_str()).collect();
    version::sort(&mut versions);
    let Some(base) = goapi::base(versions.into_iter(), &entry.version) else { return Ok(None) };
    let Some(before) = releases.iter().find(|release| release.version == base) else {
        return Ok(None);
    };
    prepare(HashCheck::Off);
    let place = place::find(settings, &entry.repository, None)?;
    let module = Module::locate(&place.code_root, &entry.module)
        .with_context(|| format!("{:?} is no module of {:?}", entry.module, entry.repository))?;
    let old = directory(&place.git, &module, before)?;
    let new = directory(&place.git, &module, entry)?;
    let (Some((_, old)), Some((path, new))) = (old, new) else { return Ok(None) };
    let always = || true;
    let limits = Limits::new(&always);
    let found = goapi::compare(&place.git, &goapi::Cache::default(), &limits, (old, new))?;
    let lines = |changes: &[Change]| {
        changes.iter().map(|change| Line::of(change, &path, base, &entry.version)).collect()
    };
    Ok(Some(Api {
        base: base.to_owned(),
        incompatible: lines(&found.incompatible),
        added: lines(&found.added),
        not_compared: found.unreadable.clone(),
    }))
}

/// The module's directory in a version, and its tree.
fn directory(
    git: &Repository,
    module: &Module,
    entry: &Entry,
) -> anyhow::Result<Option<(String, ObjectId)>> {
    let commit = git.commit(entry.commit)?;
    let tag = entry.tag.as_deref().unwrap_or_default();
    let Ok(located) = at_commit(git, module, &entry.version, &commit, tag) else {
        return Ok(None);
    };
    if located.directory.is_empty() {
        return Ok(Some((located.directory, commit.tree)));
    }
    let found = lookup(git, commit.tree, &located.directory)?;
    Ok(found.map(|tree| (located.directory, tree.id)))
}

impl Line {
    fn of(change: &Change, directory: &str, base: &str, version: &str) -> Self {
        let place = change.place.as_ref();
        let (file, line) = place.map(|place| (&*place.file, place.line)).unwrap_or_default();
        let is_gone = place.is_some_and(|place| place.side == Side::Old);
        Self {
            what: change.what.clone(),
            file: join(directory, file),
            line,
            version: if is_gone { base } else { version }.to_owned(),
            text: change.line(directory, base),
        }
    }
}

impl Api {
    /// The same for people.
    pub(super) fn text(&self) -> String {
        let Self { base, incompatible, added, not_compared } = self;
        let mut text = format!("{:<11}{base}\n", "api since");
        for (title, lines) in [("changed", incompatible), ("added", added)] {
            for (number, line) in lines.iter().enumerate() {
                let title = if number == 0 { title } else { "" };
                text.push_str(&format!("  {title:<9}{}\n", line.text));
            }
        }
        if incompatible.is_empty() && added.is_empty() {
            text.push_str("  the same\n");
        }
        for package in not_compared {
            text.push_str(&format!("  not read {package:?}\n"));
        }
        text
    }
}

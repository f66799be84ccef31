//! What can be known at a push of the versions that a go.mod requires.
//!
//! Modules of this repository are resolved as they will be when the push is through. Of modules of other repositories of
//! the host the ledger knows the tagged versions. Everything else is unknown here, and unknown is no reproach.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::gomod::Require;
use crate::ledger::{Required, State};
use crate::objects::{Fault, ObjectId};
use crate::pseudo;
use crate::resolve::Failure;
use crate::tags::{Module, join};

use super::case::ReleaseCase;
use super::trial::{Trial, is_file};

/// What is known of a required version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// It is there; with its commit where it is of this repository.
    There(Option<ObjectId>),
    /// It is not there, or of no use to anybody.
    Missing {
        /// What the go command says.
        reason: String,
        /// The tag that would carry it; none for a pseudo-version.
        tag: Option<String>,
        /// The repository that it should come from, if not this one.
        repository: Option<String>,
    },
    /// It is not known here.
    Unknown,
}

/// What was found out, once for a whole push.
#[derive(Default)]
pub(super) struct Resolved(RefCell<HashMap<(String, String), Rc<Known>>>);

impl Resolved {
    fn remember(
        &self,
        require: &Require,
        find: impl FnOnce() -> Result<Known, Fault>,
    ) -> Result<Rc<Known>, Fault> {
        let key = (require.path.clone(), require.version.clone());
        if let Some(known) = self.0.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let known = Rc::new(find()?);
        self.0.borrow_mut().insert(key, Rc::clone(&known));
        Ok(known)
    }
}

/// What is known of a required version, after the push.
pub(super) fn known(case: &ReleaseCase<'_>, require: &Require) -> Result<Rc<Known>, Fault> {
    let trial = case.tag.trial;
    let recorded = trial.required(&require.path, &require.version);
    if let Some(module) = own_module(case, &require.path)? {
        return trial.resolved.remember(require, || match recorded.and_then(|r| r.state) {
            // Whatever becomes of the tag, the version is served.
            Some(State::Accepted | State::Withdrawn) => of_ledger(trial, &module, require),
            Some(State::Broken | State::Pending) | None => in_repository(trial, &module, require),
        });
    }
    match recorded.filter(|recorded| recorded.repository != trial.push.repository) {
        Some(recorded) => trial.resolved.remember(require, || Ok(elsewhere(trial, recorded))),
        None => Ok(Rc::new(Known::Unknown)),
    }
}

/// The module of this repository that has this path; none where another repository may have it.
pub(super) fn own_module(case: &ReleaseCase<'_>, path: &str) -> Result<Option<Module>, Fault> {
    let trial = case.tag.trial;
    let Some(module) = Module::locate(trial.push.code_root, path) else { return Ok(None) };
    if trial.owner_of_required(path).is_some_and(|owner| owner != trial.push.repository) {
        return Ok(None);
    }
    if module.code_dir.is_empty() || trial.owner_of_required(path).is_some() {
        return Ok(Some(module));
    }
    // A path below that of the repository may be another repository's: ours has a module there, or had one.
    let prefix = module.tag_prefix();
    let mut tags = trial.view.refs().tags.range(prefix.clone()..);
    if tags.next().is_some_and(|(name, _)| name.starts_with(&prefix)) {
        return Ok(Some(module));
    }
    let Some(commit) = &case.tag.commit else { return Ok(None) };
    for directory in [Some(module.code_dir.clone()), module.major_dir()].into_iter().flatten() {
        let entry = trial.entry(commit.tree, &join(&directory, "go.mod"))?;
        if entry.is_some_and(|entry| is_file(&entry)) {
            return Ok(Some(module));
        }
    }
    Ok(None)
}

/// A version that stands in the ledger, with its commit if the repository can still tell.
fn of_ledger(trial: &Trial<'_>, module: &Module, require: &Require) -> Result<Known, Fault> {
    Ok(match in_repository(trial, module, require)? {
        Known::Missing { .. } => Known::There(None),
        known => known,
    })
}

fn in_repository(trial: &Trial<'_>, module: &Module, require: &Require) -> Result<Known, Fault> {
    let version = &require.version;
    let is_pseudo = pseudo::is_pseudo(version);
    let tag = (!is_pseudo).then(|| module.tag(version));
    let reason = match trial.view.stat(module, version) {
        Ok(info) if info.version == *version => return Ok(Known::There(Some(info.commit))),
        Ok(info) => format!("{}@{version} resolves to version {}", module.path, info.version),
        Err(Failure::Fault(fault)) => return Err(fault),
        Err(Failure::NotExist(_)) if tag.is_some() => unknown(module, tag.as_deref()),
        Err(Failure::NotExist(reason) | Failure::Other(reason)) => reason,
    };
    Ok(Known::Missing { reason, tag, repository: None })
}

/// What the ledger knows of a version of another repository.
fn elsewhere(trial: &Trial<'_>, recorded: &Required) -> Known {
    let Required { module, version, repository, state } = recorded;
    // Pseudo-versions come to be when they are asked for, and which versions are incompatible depends on the others.
    let is_derived = pseudo::is_pseudo(version) || version.ends_with("+incompatible");
    let located = trial.code_root_of(repository).and_then(|root| Module::locate(&root, module));
    match (state, located) {
        (Some(State::Accepted), _) => Known::There(None),
        (None, Some(located)) if !is_derived => {
            let tag = Some(located.tag(version));
            let reason = unknown(&located, tag.as_deref());
            Known::Missing { reason, tag, repository: Some(repository.clone()) }
        }
        _ => Known::Unknown,
    }
}

/// The go command's words for a version whose tag is not there.
fn unknown(module: &Module, tag: Option<&str>) -> String {
    let tag = tag.unwrap_or_default();
    let file = join(&module.code_dir, "go.mod");
    format!("reading {}/{file} at revision {tag}: unknown revision {tag}", module.code_root)
}

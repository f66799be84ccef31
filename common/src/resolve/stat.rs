//! From a query to a version (rules Q1 to Q10).
//!
//! The order of the checks decides which of several errors a person sees, so it is kept step by step.

use std::cell::OnceCell;

use crate::objects::Commit;
use crate::tags::{Module, join};
use crate::{module, pseudo, version};

use super::find_dir::{has_file, revision_of};
use super::lookup::Revision;
use super::retract::{Retractions, highest};
use super::{Failure, Info, View};

impl View<'_> {
    /// The version that `query` means for `module` (Q1).
    ///
    /// # Errors
    /// As the go command words them, `NotExist` or `Other` by X20.
    pub fn stat(&self, module: &Module, query: &str) -> Result<Info, Failure> {
        if query == "latest" {
            return self.head_version(module);
        }
        let revision = self
            .lookup(&revision_of(module, query))
            .map_err(|failure| failure.map(|reason| invalid_version(module, query, &reason)))?;
        self.convert(module, &revision, query)
    }

    /// The version of HEAD: what the go command asks for when no listed version will do (R9, X9).
    ///
    /// # Errors
    /// As [`View::stat`].
    pub fn head_version(&self, module: &Module) -> Result<Info, Failure> {
        let head = self.head()?;
        self.convert(module, &head, "")
    }

    fn convert(&self, module: &Module, revision: &Revision, query: &str) -> Result<Info, Failure> {
        let question = Question { view: *self, module, revision, query, root: OnceCell::new() };
        let version = question.version()?;
        // A tag's name belongs to the version only when the version is that tag (O4).
        let reference = if pseudo::is_pseudo(&version) { None } else { revision.reference.clone() };
        let commit = &revision.commit;
        Ok(Info { version, time: revision.time, commit: commit.id, reference })
    }
}

/// One call of the conversion: what is asked, and what it found.
struct Question<'a> {
    view: View<'a>,
    module: &'a Module,
    revision: &'a Revision,
    query: &'a str,
    /// Whether the commit has a go.mod in its root.
    root: OnceCell<bool>,
}

impl Question<'_> {
    fn commit(&self) -> &Commit {
        &self.revision.commit
    }

    fn version(&self) -> Result<String, Failure> {
        if pseudo::is_pseudo(self.query) {
            let version = self.check_canonical(self.query)?;
            self.view.check_pseudo(self.module, self.revision, self.query)?;
            return Ok(version);
        }
        let retracted = self.view.retractions(self.module)?;
        // Q7.1
        if let Some((v, true)) = self.tag_version(&self.revision.name) {
            match self.check_canonical(&v) {
                Err(Failure::NotExist(_) | Failure::Other(_)) => {}
                decided => return decided,
            }
        }
        // Q7.2
        let (mut best, mut base) = (String::new(), String::new());
        for tag in self.view.tags_of(self.commit().id) {
            let Some((v, canonical)) = self.tag_version(tag) else { continue };
            if !self.query.is_empty() && version::compare(&v, self.query).is_eq() {
                if canonical {
                    return self.check_canonical(&v);
                }
                base.clone_from(&v);
            }
            if canonical && version::compare(&best, &v).is_lt() && self.may_use(&v, &retracted)? {
                best = v;
            }
        }
        // Q7.3 to Q7.5
        if !best.is_empty() {
            return self.check_canonical(&best);
        }
        if base.is_empty() {
            base = self.recent_tag_version(&retracted)?;
        }
        let commit = self.commit();
        let major = self.module.pseudo_major();
        self.check_canonical(&pseudo::construct(
            major,
            &base,
            self.revision.time,
            &commit.id.short(),
        ))
    }

    /// Q5 and Q6: the version a tag stands for, and whether the tag is written canonically.
    fn tag_version(&self, tag: &str) -> Option<(String, bool)> {
        let rest = tag.strip_prefix(&self.module.tag_prefix())?;
        // The go command tests the whole tag name, so tags below a directory escape this (Q6).
        if pseudo::is_pseudo(tag) {
            return None;
        }
        let v = version::canonical(rest)?;
        rest.starts_with(&v).then(|| {
            let canonical = v == rest;
            (v, canonical)
        })
    }

    /// Not retracted, and of the module's major or usable as `+incompatible`.
    fn may_use(&self, v: &str, retracted: &Retractions) -> Result<bool, Failure> {
        Ok(!retracted.contains(v) && (self.fits(v) || self.can_be_incompatible(v)?))
    }

    fn fits(&self, v: &str) -> bool {
        module::check_path_major(v, &self.module.path_major).is_ok()
    }

    /// R11: the highest usable version among the tags on the commit and its ancestors, or empty.
    fn recent_tag_version(&self, retracted: &Retractions) -> Result<String, Failure> {
        let mut best = String::new();
        // Without a single tag that could serve, no history needs to be walked.
        let mut usable = self.view.refs().tags.keys().filter_map(|tag| self.tag_version(tag));
        if usable.next().is_none() {
            return Ok(best);
        }
        for commit in self.view.graph()?.ancestors(self.commit().id) {
            for tag in self.view.tags_of(commit) {
                let Some((v, _)) = self.tag_version(tag) else { continue };
                if version::compare(&best, &v).is_lt() && self.may_use(&v, retracted)? {
                    best = v;
                }
            }
        }
        Ok(best)
    }

    /// Q8.
    fn can_be_incompatible(&self, v: &str) -> Result<bool, Failure> {
        if !self.module.code_dir.is_empty() || !self.module.path_major.is_empty() {
            return Ok(false);
        }
        let has_go_mod = |directory: &str| {
            let file = join(directory, "go.mod");
            has_file(self.view.objects, self.commit().tree, &file)
        };
        let at_root = match self.root.get() {
            Some(known) => *known,
            None => {
                let found = has_go_mod("")?;
                *self.root.get_or_init(|| found)
            }
        };
        if at_root {
            return Ok(false);
        }
        Ok(self.query.ends_with("+incompatible") || !has_go_mod(version::major(v))?)
    }

    /// Q9: `v` checked against the commit, with `+incompatible` added where it belongs.
    fn check_canonical(&self, v: &str) -> Result<String, Failure> {
        self.view.find_dir(self.module, v, Some(self.commit())).map_err(
            |failure| match failure {
                Failure::Fault(fault) => Failure::Fault(fault),
                // Whatever the reason, this version does not exist here (Q9.1).
                Failure::NotExist(reason) | Failure::Other(reason) => {
                    Failure::NotExist(invalid_version(self.module, v, &reason))
                }
            },
        )?;
        let asked = self.query.strip_suffix("+incompatible").unwrap_or(self.query);
        let mut v = if v == asked { self.query.to_owned() } else { v.to_owned() };
        let base = v.strip_suffix("+incompatible").unwrap_or(&v).to_owned();
        let mut pending = None;
        if !self.fits(&base) {
            if self.can_be_incompatible(&base)? {
                v = format!("{base}+incompatible");
            } else {
                pending = Some(self.wrong_major(&v));
            }
        } else if v.ends_with("+incompatible") {
            pending = Some(format!(
                "+incompatible suffix not allowed: major version {} is compatible",
                version::major(&v)
            ));
        }
        let is_canonical = version::canonical_version(self.query).as_deref() == Some(self.query);
        if is_canonical && asked != base {
            let reason = format!("resolves to version {v} ({asked} is not a tag)");
            return Err(Failure::Other(invalid_version(self.module, self.query, &reason)));
        }
        match pending {
            Some(reason) => Err(Failure::Other(invalid_version(self.module, &v, &reason))),
            None => Ok(v),
        }
    }

    fn wrong_major(&self, v: &str) -> String {
        if !self.module.path_major.is_empty() {
            return "module path includes a major version suffix, so major version must match"
                .to_owned();
        }
        format!(
            "module contains a go.mod file, so module path must match major version ({:?})",
            format!("{}/{}", self.module.path_prefix, version::major(v))
        )
    }
}

fn invalid_version(module: &Module, version: &str, reason: &str) -> String {
    format!("{}@{version}: invalid version: {reason}", module.path)
}

/// What the go command selects for `latest` from these versions, if any of them will do (Q11): the
/// highest release, else the highest prerelease, retracted ones left out. `has_go_mod` says of the
/// highest compatible version whether it has a go.mod of its own; then `+incompatible` ones are out.
pub fn select_latest<'v>(
    versions: &'v [String],
    retracted: &Retractions,
    has_go_mod: impl FnOnce(&str) -> bool,
) -> Option<&'v str> {
    let allowed = |v: &&str| !retracted.contains(v);
    let incompatible = |v: &&str| v.ends_with("+incompatible");
    let all = || versions.iter().map(String::as_str).filter(allowed);
    match all().rfind(|v| !incompatible(v)) {
        Some(last) if has_go_mod(last) => highest(all().filter(|v| !incompatible(v))),
        _ => highest(all()),
    }
}

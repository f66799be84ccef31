//! How a tag that exists becomes entries of the ledger.
//!
//! A version gets an `accepted` entry when a consumer could use it (N6), else a `broken` one with the
//! reason. No policy and no rule of the gate is asked here: a tag that is in the repository is a fact.
//! Of several versions that a tag could name, those that cannot be used are passed over where another
//! one can (`R@v2.0.0+incompatible` beside `R/v2@v2.0.0`).

use crate::dirhash;
use crate::ledger::{Entry, State};
use crate::modzip::{self, CleanTrees, Limits, Plan, Sums};
use crate::objects::{Commit, Fault, Kind, ObjectId, Objects, Tag};
use crate::resolve::{Broken, Located, NotLocated, at_commit, usable};
use crate::tags::{Module, Release, releases};

pub mod recheck;

/// A repository that tags are taken in from.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// Its path under the root, less `.git`.
    pub repository: &'a str,
    /// The module path of its root directory.
    pub code_root: &'a str,
    /// Its objects.
    pub objects: &'a dyn Objects,
    /// What a zip may hold.
    pub limits: &'a Limits,
    /// Trees that can be archived, remembered.
    pub clean: &'a CleanTrees,
}

/// Whether the content of a version is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Read, for the h1 of the zip.
    Hash,
    /// Left alone: names, go.mod and tree listing decide.
    Skip,
}

/// A version that a consumer can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usable {
    /// Where it lies.
    pub located: Located,
    /// What its zip holds.
    pub plan: Plan,
}

impl Site<'_> {
    /// The entries of the tag `name` as it is now; none where it is no release. Time, pusher and way are
    /// the caller's to fill in.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn entries(&self, name: &str, tag: &Tag, content: Content) -> Result<Vec<Entry>, Fault> {
        let releases = releases(self.code_root, name);
        if releases.is_empty() {
            return Ok(Vec::new());
        }
        if tag.kind != Kind::Commit {
            let reason = Broken::unfetchable("unexpected response from git log: \"\"");
            // There is no commit: what the tag peels to stands for it.
            let nothing =
                Commit { id: tag.peeled, tree: tag.peeled, parents: Vec::new(), time: None };
            return Ok(vec![self.broken(&releases[0], name, &nothing, &reason)]);
        }
        let commit = self.objects.commit(tag.peeled)?;
        let mut accepted = Vec::new();
        let mut broken = None;
        for release in &releases {
            match self.judge(release, &commit)? {
                Ok(usable) => accepted.push(self.accepted(release, name, &usable, content)?),
                Err(reason) => {
                    broken.get_or_insert_with(|| self.broken(release, name, &commit, &reason));
                }
            }
        }
        Ok(if accepted.is_empty() { broken.into_iter().collect() } else { accepted })
    }

    /// Whether a consumer could use this version at this commit (N6).
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn judge(
        &self,
        release: &Release,
        commit: &Commit,
    ) -> Result<Result<Usable, Broken>, Fault> {
        let Release { module, version } = release;
        let located = match at_commit(self.objects, module, version, commit, &module.tag(version)) {
            Ok(located) => located,
            Err(NotLocated::Fault(fault)) => return Err(fault),
            Err(NotLocated::Misplaced { rule, reason }) => {
                let reason = format!("{}@{version}: invalid version: {reason}", module.path);
                return Ok(Err(Broken::of_rule(rule, reason)));
            }
        };
        if let Some(refused) = refused_incompatible(module, version, &located) {
            return Ok(Err(refused));
        }
        let plan = usable(self.objects, module, &located, self.limits, self.clean)?;
        Ok(plan.map(|plan| Usable { located, plan }))
    }

    /// The hashes of a version: of its zip and of its go.mod.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn hashes(
        &self,
        release: &Release,
        (located, plan): (&Located, &Plan),
        sums: &mut Sums,
    ) -> Result<(String, String), Fault> {
        let prefix = format!("{}@{}", release.module.path, release.version);
        let h1 = modzip::h1(self.objects, plan, &prefix, sums)?;
        Ok((h1, dirhash::go_mod(&located.mod_bytes(&release.module.path))))
    }

    /// The h1 that a version would have at another commit; none where it could not be used there.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn h1_at(
        &self,
        module: &str,
        version: &str,
        commit: ObjectId,
        sums: &mut Sums,
    ) -> Result<Option<String>, Fault> {
        let Some(module) = Module::locate(self.code_root, module) else { return Ok(None) };
        let release = Release { module, version: version.to_owned() };
        let commit = self.objects.commit(commit)?;
        let Ok(usable) = self.judge(&release, &commit)? else { return Ok(None) };
        self.hashes(&release, (&usable.located, &usable.plan), sums).map(|(h1, _)| Some(h1))
    }

    fn accepted(
        &self,
        release: &Release,
        tag: &str,
        usable: &Usable,
        content: Content,
    ) -> Result<Entry, Fault> {
        let mut entry = self.entry(release, tag, &usable.located.commit);
        let go_mod = dirhash::go_mod(&usable.located.mod_bytes(&release.module.path));
        entry.gomod_h1 = Some(go_mod);
        if content == Content::Hash {
            let version = (&usable.located, &usable.plan);
            entry.h1 = Some(self.hashes(release, version, &mut Sums::default())?.0);
        }
        Ok(entry)
    }

    fn broken(&self, release: &Release, tag: &str, commit: &Commit, reason: &Broken) -> Entry {
        Entry {
            state: State::Broken,
            reason: Some(format!("{}: {}", reason.rule, reason.reason)),
            ..self.entry(release, tag, commit)
        }
    }

    /// An accepted entry without hashes.
    pub fn entry(&self, release: &Release, tag: &str, commit: &Commit) -> Entry {
        let at = (commit.id, commit.tree);
        Entry::new(&release.module.path, &release.version, self.repository, Some(tag), at)
    }
}

/// A repository with a go.mod in its root has no `+incompatible` versions (Q8, Q9.3).
fn refused_incompatible(module: &Module, version: &str, located: &Located) -> Option<Broken> {
    let base = version.strip_suffix("+incompatible")?;
    located.go_mod.as_ref()?;
    let reason = format!(
        "{}@{base}: invalid version: module contains a go.mod file, so module path must match major \
         version ({:?})",
        module.path,
        format!("{}/{}", module.path_prefix, crate::version::major(base))
    );
    Some(Broken::of_rule("major-suffix-missing", reason))
}

#[cfg(test)]
mod tests;

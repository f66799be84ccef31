//! What the ledger says to the rules before a push is judged.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Store, StoreError};
use crate::ledger::{Entry, Hashed, How, Proposal, Question, Required, State, Testimony};
use crate::pseudo;

/// A fork has one origin, and perhaps some more modules in it.
const MAX_ORIGINS: usize = 4;

/// More than these are in no message.
const MAX_BUILT: usize = 500;

impl Store {
    /// Answers a question.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn testify(&self, question: &Question) -> Result<Testimony, StoreError> {
        self.read(|_| self.testimony(question))
    }

    fn testimony(&self, question: &Question) -> Result<Testimony, StoreError> {
        let mut testimony = Testimony::default();
        let mut named = HashSet::new();
        let mut push = |entry: Entry| {
            if entry.occupies() && named.insert((entry.module.clone(), entry.version.clone())) {
                testimony.entries.push(entry);
            }
        };
        for tag in &question.tags {
            for entry in self.index().tagged(&[&question.repository, tag, ""]) {
                push(entry?);
            }
        }
        for (module, version) in &question.versions {
            if let Some(entry) = self.index().entry(module, version)? {
                push(entry);
            }
        }
        for module in &question.modules {
            if let Some(owner) = self.owner(module)? {
                testimony.owners.push((module.clone(), owner));
            }
        }
        testimony.built = self.built_on(&question.bases)?;
        let index = self.index();
        let mut releases = index.tagged(&[&question.repository, ""]);
        testimony.has_releases = releases.any(|entry| entry.is_ok_and(|entry| entry.occupies()));
        testimony.required = self.required(&question.required)?;
        let owners: BTreeSet<&str> =
            testimony.owners.iter().map(|(_, owner)| owner.as_str()).collect();
        let others = owners.into_iter().filter(|owner| *owner != question.repository);
        for owner in others.take(MAX_ORIGINS) {
            for tag in &question.tags {
                for entry in self.index().tagged(&[owner, tag, ""]) {
                    testimony.elsewhere.push(entry?);
                }
            }
        }
        for tag in &question.tags {
            testimony.hashed.extend(self.hashed(&question.repository, tag)?);
        }
        Ok(testimony)
    }

    /// The hashes that earlier tries of a push of this tag sent.
    fn hashed(&self, repository: &str, tag: &str) -> Result<Vec<Hashed>, StoreError> {
        let hashed = |Proposal { entry, .. }: Proposal| {
            let Entry { module, version, commit, .. } = entry;
            let (h1, gomod_h1) = (entry.h1?, entry.gomod_h1?);
            Some(Hashed { module, version, commit, h1, gomod_h1 })
        };
        let proposals = self.index().proposals_under(&[repository, tag, ""])?;
        Ok(proposals.into_iter().filter_map(hashed).collect())
    }

    /// The pseudo-versions that were served and have one of these versions as their base.
    fn built_on(&self, bases: &[(String, String)]) -> Result<Vec<Entry>, StoreError> {
        let mut by_module: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (module, version) in bases {
            by_module.entry(module).or_default().insert(version);
        }
        let mut built: Vec<Entry> = Vec::new();
        for (module, wanted) in by_module {
            // Most modules have none, and some have a hundred thousand versions.
            if self.index().holders(module)?.values().all(|held| held.untagged == 0) {
                continue;
            }
            for base in wanted {
                let mut found = self.index().beginning(module, &pseudo::start(base))?;
                found.retain(|entry| {
                    let is_base =
                        pseudo::base(&entry.version).is_ok_and(|b| b.as_deref() == Some(base));
                    entry.how == How::Served && is_base
                });
                built.extend(found);
                if built.len() >= MAX_BUILT {
                    break;
                }
            }
        }
        built.truncate(MAX_BUILT);
        Ok(built)
    }

    /// What is known of required versions of modules that have their versions here.
    fn required(&self, versions: &[(String, String)]) -> Result<Vec<Required>, StoreError> {
        let mut owners: HashMap<&str, Option<String>> = HashMap::new();
        let mut required = Vec::new();
        for (module, version) in versions {
            let owner = match owners.get(module.as_str()) {
                Some(known) => known.clone(),
                None => {
                    let owner = self.owner(module)?;
                    owners.insert(module, owner.clone());
                    owner
                }
            };
            let Some(repository) = owner else { continue };
            let state = match self.index().entry(module, version)? {
                Some(entry) => Some(entry.state),
                None if self.index().is_proposed(&repository, module, version)? => {
                    Some(State::Pending)
                }
                None => None,
            };
            let (module, version) = (module.clone(), version.clone());
            required.push(Required { module, version, repository, state });
        }
        Ok(required)
    }

    /// The repository that holds accepted versions of a module path.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn owner(&self, module: &str) -> Result<Option<String>, StoreError> {
        // A pseudo-version that was served makes nobody an owner.
        let holders = self.index().holders(module)?;
        let owner = holders.into_iter().find(|(_, held)| held.owned > 0);
        Ok(owner.map(|(repository, _)| repository))
    }
}

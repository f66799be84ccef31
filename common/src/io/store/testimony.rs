//! What the ledger says to the rules before a push is judged.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Store, StoreError};
use crate::ledger::{Entry, How, Question, Required, State, Testimony};
use crate::pseudo;

/// More than these are in no message.
const MAX_BUILT: usize = 500;

impl Store {
    /// Answers a question.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn testify(&self, question: &Question) -> Result<Testimony, StoreError> {
        let mut testimony = Testimony::default();
        for tag in &question.tags {
            for entry in self.index.tagged(&[&question.repository, tag, ""]) {
                push(&mut testimony.entries, entry?);
            }
        }
        for (module, version) in &question.versions {
            if let Some(entry) = self.index.entry(module, version)? {
                push(&mut testimony.entries, entry);
            }
        }
        for module in &question.modules {
            if let Some(owner) = self.owner(module)? {
                testimony.owners.push((module.clone(), owner));
            }
        }
        testimony.built = self.built_on(&question.bases)?;
        let mut releases = self.index.tagged(&[&question.repository, ""]);
        testimony.has_releases = releases.any(|entry| entry.is_ok_and(|entry| entry.occupies()));
        testimony.required = self.required(&question.required)?;
        Ok(testimony)
    }

    /// The pseudo-versions that were served and have one of these versions as their base.
    fn built_on(&self, bases: &[(String, String)]) -> Result<Vec<Entry>, StoreError> {
        let mut by_module: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (module, version) in bases {
            by_module.entry(module).or_default().insert(version);
        }
        let mut built = Vec::new();
        for (module, wanted) in by_module {
            let is_built = |entry: &Entry| {
                let base = pseudo::base(&entry.version).ok().flatten();
                entry.how == How::Served && base.is_some_and(|base| wanted.contains(&*base))
            };
            built.extend(self.index.entries(Some(module))?.into_iter().filter(is_built));
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
            let state = match self.index.entry(module, version)? {
                Some(entry) => Some(entry.state),
                None if self.is_proposed(&repository, module, version)? => Some(State::Pending),
                None => None,
            };
            let (module, version) = (module.clone(), version.clone());
            required.push(Required { module, version, repository, state });
        }
        Ok(required)
    }

    fn is_proposed(
        &self,
        repository: &str,
        module: &str,
        version: &str,
    ) -> Result<bool, StoreError> {
        let proposals = self.index.proposals(Some(repository))?;
        Ok(proposals.iter().any(|p| p.entry.module == module && p.entry.version == version))
    }

    /// The repository that holds accepted versions of a module path.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn owner(&self, module: &str) -> Result<Option<String>, StoreError> {
        let entries = self.index.entries(Some(module))?;
        // A pseudo-version that was served makes nobody an owner.
        let owning = entries.into_iter().find(|entry| entry.occupies() && entry.tag.is_some());
        Ok(owning.map(|entry| entry.repository))
    }
}

fn push(entries: &mut Vec<Entry>, entry: Entry) {
    if entry.occupies() && !entries.contains(&entry) {
        entries.push(entry);
    }
}

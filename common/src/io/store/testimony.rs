//! What the ledger says to the rules before a push is judged.

use super::{Store, StoreError};
use crate::ledger::{Entry, Question, Testimony};

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
        let mut releases = self.index.tagged(&[&question.repository, ""]);
        testimony.has_releases = releases.any(|entry| entry.is_ok_and(|entry| entry.occupies()));
        Ok(testimony)
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

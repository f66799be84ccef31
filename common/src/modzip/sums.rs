//! Sums of files, remembered: versions of one module share most of their files, and reading one costs more than all else.

use std::collections::HashMap;

use super::{Plan, PlannedFile};
use crate::attributes::Conversion;
use crate::dirhash::Sum;
use crate::objects::ObjectId;

/// More files than these are forgotten and read again: some megabytes.
const MAX_FILES: usize = 50_000;

/// The sums of the contents of files, as they are in a zip.
#[derive(Debug, Default)]
pub struct Sums(HashMap<(ObjectId, Conversion), Sum>);

impl Sums {
    /// How many bytes must be read to know the sums of all files of a zip.
    pub fn unknown(&self, plan: &Plan) -> u64 {
        let unknown = plan.files.iter().filter(|f| !self.0.contains_key(&(f.id, f.conversion)));
        unknown.map(|file| file.size).sum()
    }

    /// The sum of a file, made where it is not known.
    pub(super) fn of<E>(
        &mut self,
        file: &PlannedFile,
        make: impl FnOnce() -> Result<Sum, E>,
    ) -> Result<Sum, E> {
        let key = (file.id, file.conversion);
        if let Some(known) = self.0.get(&key) {
            return Ok(*known);
        }
        let sum = make()?;
        if self.0.len() >= MAX_FILES {
            self.0.clear();
        }
        self.0.insert(key, sum);
        Ok(sum)
    }
}

//! Retractions as they count inside the resolution of a revision (T1, T3).

use std::sync::Arc;

use crate::gomod::{self, Retract};
use crate::tags::Module;
use crate::version;

use super::{Failure, View, remember};

/// The intervals of versions that a module's author withdrew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retractions {
    intervals: Vec<Retract>,
    deprecated: Option<String>,
}

impl Retractions {
    /// The retractions that a go.mod declares; none where it cannot be parsed (T1).
    pub fn of(go_mod: &[u8]) -> Self {
        let file = gomod::parse_lax(go_mod).unwrap_or_default();
        let deprecated = file.module.and_then(|module| module.deprecated);
        Self { intervals: file.retract, deprecated }
    }

    /// The first interval that contains the version (T3).
    pub fn find(&self, version: &str) -> Option<&Retract> {
        self.intervals.iter().find(|interval| interval.contains(version))
    }

    /// Why the module is deprecated, if it is (T8).
    pub fn deprecated(&self) -> Option<&str> {
        self.deprecated.as_deref()
    }

    /// Whether any interval contains the version (T3).
    pub fn contains(&self, version: &str) -> bool {
        self.find(version).is_some()
    }
}

impl View<'_> {
    /// The retractions in the go.mod of the highest release; none where anything fails (T1).
    ///
    /// # Errors
    /// Only when the repository cannot be read.
    pub fn retractions(&self, module: &Module) -> Result<Arc<Retractions>, Failure> {
        if self.versions(module).is_ok_and(|versions| versions.is_empty()) {
            return Ok(Arc::default());
        }
        let memory = &self.state.retractions;
        remember(
            memory,
            &module.path,
            |_| true,
            || match self.highest_go_mod(module) {
                Ok(Some(go_mod)) => Ok(Retractions::of(&go_mod)),
                Ok(None) | Err(Failure::NotExist(_) | Failure::Other(_)) => {
                    Ok(Retractions::default())
                }
                Err(fault) => Err(fault),
            },
        )
    }

    fn highest_go_mod(&self, module: &Module) -> Result<Option<Vec<u8>>, Failure> {
        let versions = self.versions(module)?;
        let compatible = versions.iter().take_while(|v| !v.ends_with("+incompatible"));
        let Some(highest) = highest(compatible.map(String::as_str)) else { return Ok(None) };
        let located = self.find_dir(module, highest, None)?;
        Ok(Some(located.mod_bytes(&module.path)))
    }
}

/// The highest release of an ascending list, or its highest prerelease where there is no release.
pub(super) fn highest<'v>(versions: impl Iterator<Item = &'v str>) -> Option<&'v str> {
    let (mut release, mut last) = (None, None);
    for v in versions {
        last = Some(v);
        if version::prerelease(v).is_empty() {
            release = Some(v);
        }
    }
    release.or(last)
}

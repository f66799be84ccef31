//! Looks whether the repository still holds what the ledger says of a version.

use serde::Serialize;

use super::Site;
use crate::dirhash;
use crate::ledger::Entry;
use crate::modzip::{self, Sums};
use crate::objects::Fault;
use crate::tags::{Module, Release};

/// What is wrong with a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Wrong {
    /// The content is not there any more. That is no other content.
    Gone {
        /// What is missing.
        what: String,
    },
    /// The content is other than the ledger says.
    Mismatch {
        /// Which field of the entry.
        what: &'static str,
        /// What the ledger has.
        recorded: String,
        /// What was found.
        found: String,
    },
    /// The content is there and cannot be read.
    Unreadable {
        /// What the reader said.
        what: String,
    },
}

impl Wrong {
    fn mismatch(what: &'static str, recorded: impl ToString, found: impl ToString) -> Self {
        Self::Mismatch { what, recorded: recorded.to_string(), found: found.to_string() }
    }
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Missing(_) => Self::Gone { what: fault.to_string() },
            fault => Self::Unreadable { what: fault.to_string() },
        }
    }
}

/// What a look at a version found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rechecked {
    /// What is wrong.
    pub wrong: Vec<Wrong>,
    /// How many bytes of files were read for it.
    pub bytes: u64,
}

impl Site<'_> {
    /// Compares tree, go.mod and content of a recorded version with its entry; a hash that is not recorded is not
    /// computed. `sums` are those of earlier versions of the repository: what they share is read once.
    pub fn recheck(&self, entry: &Entry, sums: &mut Sums) -> Rechecked {
        let mut found = Rechecked::default();
        if let Err(wrong) = self.compare(entry, sums, &mut found) {
            found.wrong.push(wrong);
        }
        found
    }

    fn compare(&self, entry: &Entry, sums: &mut Sums, to: &mut Rechecked) -> Result<(), Wrong> {
        let Some(module) = Module::locate(self.code_root, &entry.module) else {
            let (module, root) = (&entry.module, self.code_root);
            let what = format!("module {module:?} is none of a repository at {root:?}");
            return Err(Wrong::Gone { what });
        };
        let commit = self.objects.commit(entry.commit)?;
        if commit.tree != entry.tree {
            return Err(Wrong::mismatch("tree", entry.tree, commit.tree));
        }
        let release = Release { module, version: entry.version.clone() };
        let usable = match self.judge(&release, &commit)? {
            Ok(usable) => usable,
            Err(broken) => return Err(Wrong::mismatch("state", entry.state.name(), broken.reason)),
        };
        let go_mod = dirhash::go_mod(&usable.located.mod_bytes(&release.module.path));
        if let Some(known) = entry.gomod_h1.as_ref().filter(|known| **known != go_mod) {
            to.wrong.push(Wrong::mismatch("gomod_h1", known, go_mod));
        }
        if let Some(known) = &entry.h1 {
            to.bytes += sums.unknown(&usable.plan);
            let h1 = modzip::h1(self.objects, &usable.plan, &entry.name(), sums)?;
            if *known != h1 {
                to.wrong.push(Wrong::mismatch("h1", known, h1));
            }
        }
        Ok(())
    }
}

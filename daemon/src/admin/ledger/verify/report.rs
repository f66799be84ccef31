//! What `verify` found, in words and as JSON.

use std::path::Path;

use modgate_common::intake::recheck::Wrong;
use modgate_common::ledger::Entry;
use serde::Serialize;

use crate::admin::{print, print_json};

/// All that was found.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// Versions that were looked at.
    pub checked: u64,
    /// Those of them whose h1 nobody has computed yet.
    pub unhashed: u64,
    /// Broken versions: nothing was promised.
    pub broken: u64,
    /// Cached zips that were read.
    pub zips: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Lines of the journal, where its chain was checked and is whole.
    pub journal_lines: Option<u64>,
    /// Lines of each sealed journal before it that is there and whole, the newest first.
    pub sealed_lines: Vec<u64>,
    /// What is wrong with the journal, or with a sealed one.
    pub journal_damage: Option<String>,
    /// What could not be looked at, and why.
    pub skipped: Vec<String>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Something wrong with one version.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    module: String,
    version: String,
    #[serde(flatten)]
    wrong: What,
    todo: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum What {
    Content(Wrong),
    Zip(Zip),
}

/// A zip beside the repository.
#[derive(Debug, Serialize)]
pub(super) struct Zip {
    kind: &'static str,
    what: String,
    recorded: String,
    found: String,
}

impl Zip {
    /// The one at `path`, which should have the hash `recorded`.
    pub(super) fn new(path: &Path, recorded: &str, found: String) -> Self {
        let (what, recorded) = (path.display().to_string(), recorded.to_owned());
        Self { kind: "zip", what, recorded, found }
    }
}

impl Finding {
    /// Something wrong with the content in the repository; `kept` is a zip of it that is right.
    pub(super) fn of(entry: &Entry, wrong: Wrong, kept: Option<&Path>) -> Self {
        let mut todo = match &wrong {
            Wrong::Gone { .. } => format!(
                "push commit {} from any clone to repository {:?}, or restore the repository from a backup",
                entry.commit, entry.repository
            ),
            Wrong::Mismatch { .. } => format!(
                "nobody is served other content; find out what was changed, the repository, the ledger or the settings, \
                 and restore it; else `modgate ledger withdraw {} {}`",
                entry.module, entry.version
            ),
            Wrong::Unreadable { .. } => format!(
                "see what `git fsck` says in repository {:?}, and restore it from a clone or a backup",
                entry.repository
            ),
        };
        if let Some(kept) = kept {
            todo.push_str(&format!(
                "; {kept:?} has the content: copy it before the cache drops it"
            ));
        }
        Self::new(entry, What::Content(wrong), todo)
    }

    /// A zip that is not what its name says.
    pub(super) fn of_zip(entry: &Entry, zip: Zip, todo: &str) -> Self {
        Self::new(entry, What::Zip(zip), todo.to_owned())
    }

    fn new(entry: &Entry, wrong: What, todo: String) -> Self {
        Self { module: entry.module.clone(), version: entry.version.clone(), wrong, todo }
    }

    fn text(&self) -> String {
        let said = match &self.wrong {
            What::Content(Wrong::Gone { what }) => format!("its content is gone: {what}"),
            What::Content(Wrong::Mismatch { what, recorded, found }) => {
                format!("the {what} is {found:?}, the ledger says {recorded:?}")
            }
            What::Content(Wrong::Unreadable { what }) => format!("cannot be read: {what:?}"),
            What::Zip(Zip { what, found, .. }) => {
                format!("the zip {what:?} holds something else: {found:?}")
            }
        };
        format!("{}@{}: {said}\n  {}\n", self.module, self.version, self.todo)
    }

    const fn kind(&self) -> &'static str {
        match &self.wrong {
            What::Content(Wrong::Gone { .. }) => "gone",
            What::Content(Wrong::Mismatch { .. }) => "mismatch",
            What::Content(Wrong::Unreadable { .. }) => "unreadable",
            What::Zip(zip) => zip.kind,
        }
    }
}

impl Report {
    /// Whether nothing is wrong.
    pub(super) const fn is_fine(&self) -> bool {
        self.findings.is_empty() && self.journal_damage.is_none()
    }

    /// Prints it.
    ///
    /// # Errors
    /// When stdout is closed.
    pub(super) fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            return print_json(self);
        }
        let mut text: String = self.findings.iter().map(Finding::text).collect();
        if let Some(damage) = &self.journal_damage {
            text.push_str(&format!("the journal: {damage}\n"));
        }
        if let Some(lines) = self.journal_lines {
            text.push_str(&format!("the journal is whole: {lines} lines\n"));
        }
        for lines in &self.sealed_lines {
            text.push_str(&format!("a sealed journal is whole, and leads to it: {lines} lines\n"));
        }
        for skipped in &self.skipped {
            text.push_str(&format!("not looked at: {skipped}\n"));
        }
        let count = |kind| self.findings.iter().filter(|finding| finding.kind() == kind).count();
        text.push_str(&format!(
            "checked: {}, mismatches: {}, gone: {}, unreadable: {}, without h1 yet: {}, broken and left out: {}, \
             kept and cached zips: {}, wrong ones: {}, bytes read: {}\n",
            self.checked,
            count("mismatch"),
            count("gone"),
            count("unreadable"),
            self.unhashed,
            self.broken,
            self.zips,
            count("zip"),
            self.bytes
        ));
        print(&text)
    }
}

//! A repository's own policy: `.modgate.toml` in the root of its default branch, as it was before the push.
//!
//! It is written by anyone who may push, so it is small, a plain file, and nothing in it stops anything: one that cannot
//! be read is not applied as a whole, and every report says so. It may say less than the operator (`tables::own`), and
//! unless the operator allows more, only what makes the policy stricter counts; the rest is ignored with a note.

use crate::objects::{Fault, Kind, Mode, ObjectId, Objects, Refs, TreeEntry, lookup};
use crate::policy::{At, Effective, Exception, Level, Origin, RepositoryFile, RuleSet};
use crate::rules::{self, RefUpdate};

use super::source::Source;
use super::{Settings, SettingsError, tables};

/// Its name.
pub const NAME: &str = ".modgate.toml";

/// Longer files are not read.
const MAX_BYTES: u64 = 64 << 10;

/// Each finding is compared with all sections.
const MAX_SECTIONS: usize = 100;

/// More notes than this help nobody.
const MAX_NOTES: usize = 10;

/// Why the file is not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// An object is missing or damaged.
    #[error("{NAME}:1: cannot be read: {0}")]
    Fault(#[from] Fault),
    /// A link, a directory or a submodule.
    #[error("{NAME}:1: is not a plain file")]
    NotAFile,
    /// The text is not UTF-8.
    #[error("{NAME}:{line}: is not UTF-8")]
    NotUtf8 {
        /// The line that is not.
        line: usize,
    },
    /// The file is too large.
    #[error("{NAME}:1: has {0} bytes, more than {MAX_BYTES}")]
    TooLarge(u64),
    /// There are too many sections.
    #[error("{NAME}:1: has {0} sections, more than {MAX_SECTIONS}")]
    TooMany(usize),
    /// Something in it is wrong.
    #[error(transparent)]
    Wrong(#[from] SettingsError),
}

/// Reads the bytes of the file.
///
/// # Errors
/// The first thing wrong with it.
pub fn parse(bytes: &[u8]) -> Result<RuleSet, FileError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = &bytes[..error.valid_up_to()];
        FileError::NotUtf8 { line: valid.iter().filter(|byte| **byte == b'\n').count() + 1 }
    })?;
    let source = Source { file: NAME, text };
    let rules = tables::own(source, source.document()?.get_ref())?;
    let sections = rules.modules.len() + rules.tags.len() + rules.exceptions.len();
    if sections > MAX_SECTIONS {
        return Err(FileError::TooMany(sections));
    }
    Ok(rules)
}

/// The entry of the file at this commit, if it has one.
fn entry(objects: &dyn Objects, commit: ObjectId) -> Result<Option<TreeEntry>, Fault> {
    let (peeled, kind) = objects.peel(commit)?;
    if kind != Kind::Commit {
        return Ok(None);
    }
    lookup(objects, objects.commit(peeled)?.tree, NAME)
}

/// Reads the file at this commit; nothing where it has none.
///
/// # Errors
/// Why it is not applied.
pub fn read(objects: &dyn Objects, commit: ObjectId) -> Result<Option<RuleSet>, FileError> {
    let Some(entry) = entry(objects, commit)? else { return Ok(None) };
    if entry.mode != Mode::File {
        return Err(FileError::NotAFile);
    }
    let size = objects.blob_size(entry.id)?;
    if size > MAX_BYTES {
        return Err(FileError::TooLarge(size));
    }
    parse(&objects.blob(entry.id)?).map(Some)
}

impl Settings {
    /// The policy of a repository: the operator's, and what its own file adds on its default branch.
    pub fn effective(&self, repository: &str, objects: &dyn Objects, refs: &Refs) -> Effective {
        let host = self.policy.effective(repository);
        let is_read = host.repository_file().value != RepositoryFile::Off && !host.is_mirror();
        let Some(head) = refs.head.filter(|_| is_read) else { return host };
        apply(host, read(objects, head))
    }

    /// What there is to say about a file that a push changes on the default branch: it holds from the next push on.
    pub fn notes_on_change(
        &self,
        repository: &str,
        objects: &dyn Objects,
        refs: &Refs,
        updates: &[RefUpdate],
    ) -> Vec<String> {
        let host = self.policy.effective(repository);
        let is_read = host.repository_file().value != RepositoryFile::Off && !host.is_mirror();
        let is_default = |update: &&RefUpdate| {
            update.branch().is_some() && update.branch() == refs.head_branch.as_deref()
        };
        let pushed = updates.iter().find(is_default).map(|update| update.new);
        let Some(pushed) = pushed.filter(|new| is_read && !new.is_zero()) else {
            return Vec::new();
        };
        let at = |commit| entry(objects, commit).ok().flatten().map(|e| (e.id, e.mode));
        if at(pushed) == refs.head.and_then(at) {
            return Vec::new();
        }
        apply(host, read(objects, pushed)).notes().to_vec()
    }
}

/// The operator's policy with the file's.
fn apply(host: Effective, read: Result<Option<RuleSet>, FileError>) -> Effective {
    match read {
        Ok(None) => host,
        Ok(Some(own)) => {
            let notes = ignored(&host, &own);
            host.with_own(Some(own), notes)
        }
        Err(error) => host.with_own(None, vec![format!("{error}; the file is not applied")]),
    }
}

/// What the operator does not let the file say.
fn ignored(host: &Effective, own: &RuleSet) -> Vec<String> {
    if host.repository_file().value == RepositoryFile::Any {
        return Vec::new();
    }
    let lowest = |rule: &str| {
        let default = rules::find(rule).map_or(Level::Off, |rule| rule.default);
        host.lowest(rule, default)
    };
    let mut notes = Vec::new();
    let preset = host.host_preset().value;
    if let Some(own) = own.preset.as_ref().filter(|own| own.value.rank() < preset.rank()) {
        let what = format!("preset = {:?}", own.value.name());
        notes.push((&own.origin, note(&own.origin, &what, preset.name())));
    }
    for rule in rules::all().map(|rule| rule.id) {
        let lowest = lowest(rule);
        for own in own.all_of(rule).filter(|own| own.value < lowest) {
            let what = format!("{rule} = {:?}", own.value.name());
            notes.push((&own.origin, note(&own.origin, &what, lowest.name())));
        }
    }
    for At { value: Exception { rules, level, .. }, origin } in &own.exceptions {
        for rule in rules.iter().filter(|rule| *level < lowest(rule)) {
            let what = format!("the exception for {rule}");
            notes.push((origin, note(origin, &what, lowest(rule).name())));
        }
    }
    notes.sort_by_key(|(origin, _)| match origin {
        Origin::File { line, .. } => *line,
        Origin::Default | Origin::Override { .. } => 0,
    });
    let more = notes.len().saturating_sub(MAX_NOTES);
    let mut notes: Vec<String> = notes.into_iter().map(|(_, note)| note).take(MAX_NOTES).collect();
    if more > 0 {
        notes.push(format!("{NAME}: and {more} more settings are ignored for the same reason"));
    }
    notes
}

fn note(origin: &Origin, what: &str, host: &str) -> String {
    format!("{origin}: {what} is ignored: here it is {host:?}, and the file may only be stricter")
}

#[cfg(test)]
mod tests;

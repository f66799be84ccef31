//! Brings the ledger in line with the refs of one repository.
//!
//! Hook and daemon both run this, so it makes no difference who takes a tag in. A tag whose versions are
//! recorded at its commit costs one look-up. Where an accepted version has another commit than its tag
//! has now, nothing is changed: that is drift, and the first content stays (N7).

use std::collections::HashMap;
use std::sync::Arc;

use super::store::{Place, Store, StoreError};
use crate::control::Released;
use crate::intake::{Content, Site};
use crate::ledger::{Entry, How, Proposal, State};
use crate::modzip::Sums;
use crate::objects::{Fault, Kind, ObjectId, Refs, Tag};
use crate::tags::{Module, Release, releases};

/// Entries are written in groups of this many tags: a push is one line of the journal, however large, and a longer
/// adoption makes steady progress.
const GROUP: usize = if cfg!(test) { 200 } else { 10_000 };

/// How often a group is judged against the ledger again when another repository was faster.
const ATTEMPTS: usize = 10;

/// Hashes are written whenever this many bytes were hashed, lest they are lost when the process ends.
const MAX_UNWRITTEN: u64 = 256 << 20;

/// What a pass found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Entries that are new or changed.
    pub changed: Vec<Entry>,
    /// Accepted versions whose tag moved to the same content, with permission.
    pub moved: Vec<Entry>,
    /// Tags that could not be judged because an object is missing or damaged.
    pub faults: Vec<(String, Fault)>,
}

/// One pass over a repository.
pub struct Pass<'a> {
    /// The ledger.
    pub store: &'a Store,
    /// The repository.
    pub site: Site<'a>,
    /// The time that new entries get, in seconds since 1970.
    pub now: i64,
}

impl Pass<'_> {
    /// Takes these tags in: judges what is not recorded yet and settles the proposals that came true.
    ///
    /// # Errors
    /// When the ledger cannot be read or written. Objects that cannot be read are in the outcome.
    pub fn tags<'t>(
        &self,
        tags: impl Iterator<Item = (&'t String, &'t Tag)>,
    ) -> Result<Outcome, StoreError> {
        let mut outcome = Outcome::default();
        let mut owners = HashMap::new();
        let (mut entries, mut settled) = (Vec::new(), Vec::new());
        let may_move = self.store.has_permissions();
        for (at, (name, tag)) in tags.enumerate() {
            let proposals = self.store.proposals_of(self.site.repository, name, tag.target)?;
            match self.judge(name, tag, &proposals) {
                Ok(found) => {
                    for entry in found {
                        entries.extend(self.admit(entry, &mut owners)?);
                    }
                    settled.extend(proposals);
                    if may_move {
                        outcome.moved.extend(self.follow(name, tag)?);
                    }
                }
                Err(fault) => outcome.faults.push((name.clone(), fault)),
            }
            if at % GROUP == GROUP - 1 {
                self.flush(&mut entries, &mut settled, &mut outcome)?;
            }
        }
        self.flush(&mut entries, &mut settled, &mut outcome)?;
        Ok(outcome)
    }

    fn flush(
        &self,
        entries: &mut Vec<Entry>,
        settled: &mut Vec<Proposal>,
        outcome: &mut Outcome,
    ) -> Result<(), StoreError> {
        for attempt in 1.. {
            match self.store.take_in(entries, settled) {
                Ok(changed) => {
                    outcome.changed.extend(changed);
                    break;
                }
                // Another repository released the same version, or the first one of the same module path, since
                // these were looked at: they are not what they were.
                Err(StoreError::Conflict(_)) if attempt < ATTEMPTS => {
                    let mut owners = HashMap::new();
                    for entry in std::mem::take(entries) {
                        entries.extend(self.admit(entry, &mut owners)?);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        entries.clear();
        settled.clear();
        Ok(())
    }

    /// What became of these tags of a push, which put them on these commits; some may have moved on since. Hashes that are
    /// not known yet are computed and recorded.
    ///
    /// # Errors
    /// When the repository cannot be read, or the ledger cannot be read or written.
    pub fn released<'t>(
        &self,
        tags: impl Iterator<Item = (&'t str, ObjectId)>,
    ) -> Result<Released, CompleteError> {
        let (mut own, mut taken) = (Vec::new(), Vec::new());
        for (tag, commit) in tags {
            let known = self.store.tagged(self.site.repository, tag)?;
            if known.is_empty() {
                taken.extend(self.taken_elsewhere(tag, commit)?);
            }
            for entry in known {
                match entry.clone().told_at(commit) {
                    Some(entry) => own.push(entry),
                    // The version stays what it was: nothing was released.
                    None => taken.extend(Some(entry).filter(Entry::occupies)),
                }
            }
        }
        Ok(Released { own: self.complete(own)?, taken })
    }

    /// The versions that this tag would have made, but that another repository released with other content: the one
    /// that pushed at the same time and was faster.
    fn taken_elsewhere(&self, tag: &str, commit: ObjectId) -> Result<Vec<Entry>, StoreError> {
        let mut taken = Vec::new();
        for release in releases(self.site.code_root, tag) {
            let entry = self.store.entry(&release.module.path, &release.version)?;
            taken.extend(entry.filter(|entry| {
                entry.occupies()
                    && entry.repository != self.site.repository
                    && entry.commit != commit
            }));
        }
        Ok(taken)
    }

    /// The entries of a tag, with what its proposals know of them.
    fn judge(&self, name: &str, tag: &Tag, proposals: &[Proposal]) -> Result<Vec<Entry>, Fault> {
        let is_recorded = |release: &Release| {
            let recorded = self.store.entry(&release.module.path, &release.version);
            recorded.is_ok_and(|entry| {
                entry.is_some_and(|e| e.occupies() && e.tag.as_deref() == Some(name))
            })
        };
        // Whatever the tag holds now, a version that is taken is not judged again.
        if tag.kind == Kind::Commit && releases(self.site.code_root, name).iter().any(is_recorded) {
            return Ok(Vec::new());
        }
        let mut entries = self.site.entries(name, tag, Content::Skip)?;
        for entry in &mut entries {
            entry.time = self.now;
            let same = |p: &&Proposal| {
                let proposed = &p.entry;
                proposed.module == entry.module
                    && proposed.version == entry.version
                    && proposed.commit == entry.commit
            };
            let proposed = proposals.iter().find(same);
            // A broken version may be put down under another module than the hook had in mind. Who pushed the tag is
            // the same for all that it could release.
            let pushed = proposed.or_else(|| proposals.first().filter(|_| !entry.occupies()));
            if let Some(Proposal { entry: pushed, .. }) = pushed {
                entry.how = pushed.how;
                entry.pusher.clone_from(&pushed.pusher);
                entry.skipped.clone_from(&pushed.skipped);
            }
            if let Some(Proposal { entry: proposed, .. }) = proposed
                && entry.state == State::Accepted
                && entry.gomod_h1 == proposed.gomod_h1
            {
                entry.h1.clone_from(&proposed.h1);
            }
        }
        Ok(entries)
    }

    /// Accepted versions whose tag is on another commit now, where an administrator allowed it and the content is the
    /// same. A commit that cannot be read has none.
    fn follow(&self, name: &str, tag: &Tag) -> Result<Vec<Entry>, StoreError> {
        let mut moved = Vec::new();
        for release in releases(self.site.code_root, name) {
            let (module, version) = (release.module.path.clone(), release.version.clone());
            let recorded = self.store.entry(&module, &version)?;
            let has_left = |entry: &Entry| {
                entry.may_move
                    && tag.kind == Kind::Commit
                    && entry.repository == self.site.repository
                    && entry.tag.as_deref() == Some(name)
                    && !entry.stands_at(tag.peeled)
            };
            if !recorded.is_some_and(|entry| has_left(&entry)) {
                continue;
            }
            let Ok(Some((h1, gomod_h1))) = self.hashes_at(&release, tag.peeled) else { continue };
            let place = Place {
                module: &module,
                version: &version,
                commit: tag.peeled,
                h1: &h1,
                gomod_h1: &gomod_h1,
            };
            moved.extend(self.store.follow(&place, self.now)?);
        }
        Ok(moved)
    }

    /// The hashes that a version would have at a commit; `None` where nobody could use it there.
    fn hashes_at(
        &self,
        release: &Release,
        commit: ObjectId,
    ) -> Result<Option<(String, String)>, Fault> {
        let commit = self.site.objects.commit(commit)?;
        let Ok(usable) = self.site.judge(release, &commit)? else { return Ok(None) };
        let version = (&usable.located, &usable.plan);
        self.site.hashes(release, version, &mut Sums::default()).map(Some)
    }

    /// The entry as it may be written: nothing for a version that is taken, broken where the module path
    /// belongs to another repository.
    fn admit(
        &self,
        entry: Entry,
        owners: &mut HashMap<String, Option<String>>,
    ) -> Result<Option<Entry>, StoreError> {
        let recorded = self.store.entry(&entry.module, &entry.version)?;
        if recorded.as_ref().is_some_and(Entry::occupies) {
            return Ok(None);
        }
        // Given free, it waits for a push or a move: the tag alone says nothing new.
        let is_same = |known: &Entry| known.commit == entry.commit && known.tag == entry.tag;
        if entry.how == How::Adopted
            && recorded.as_ref().is_some_and(|known| known.is_forgotten() && is_same(known))
        {
            return Ok(None);
        }
        if !owners.contains_key(&entry.module) {
            owners.insert(entry.module.clone(), self.store.owner(&entry.module)?);
        }
        let entry = match &recorded {
            // Judged again without its proposal, a version keeps how it came in.
            Some(known) if known.commit == entry.commit && entry.how == How::Adopted => {
                let (pusher, skipped) = (known.pusher.clone(), known.skipped.clone());
                Entry { how: known.how, pusher, skipped, ..entry }
            }
            _ => entry,
        };
        let owner = owners.get(&entry.module).and_then(Option::as_deref);
        let entry = match owner.filter(|owner| *owner != entry.repository) {
            None => entry,
            Some(owner) => Entry {
                state: State::Broken,
                reason: Some(format!(
                    "release-unfetchable: the module path belongs to repository {owner:?}"
                )),
                ..entry
            },
        };
        // A judgement that was made before keeps its time.
        let unchanged = recorded
            .as_ref()
            .is_some_and(|recorded| *recorded == Entry { time: recorded.time, ..entry.clone() });
        Ok((!unchanged).then_some(entry))
    }

    /// All entries of the repository's tags, after dropping the broken ones that no tag stands for any
    /// more: it is gone, has moved, or names other modules since the prefix changed.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn tidy(&self, refs: &Refs) -> Result<Vec<Entry>, StoreError> {
        let entries = self.store.entries_of(self.site.repository)?;
        let (gone, left): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .partition(|entry| entry.state == State::Broken && !self.is_named(entry, refs));
        self.store.forget_broken(&gone)?;
        Ok(left)
    }

    fn is_named(&self, entry: &Entry, refs: &Refs) -> bool {
        let name = entry.tag.as_deref().unwrap_or_default();
        let is_here = refs.tags.get(name).is_some_and(|tag| tag.peeled == entry.commit);
        is_here
            && releases(self.site.code_root, name).iter().any(|release| {
                release.module.path == entry.module && release.version == entry.version
            })
    }

    /// The entries with their h1, computed and recorded where they were not known yet.
    ///
    /// # Errors
    /// When the repository cannot be read, or the ledger cannot be written. What was computed until then is recorded.
    pub fn complete(&self, mut entries: Vec<Entry>) -> Result<Vec<Entry>, CompleteError> {
        let (mut sums, mut new, mut unwritten) = (Sums::default(), Vec::new(), 0);
        for entry in &mut entries {
            match self.hashes(entry, &mut sums, &mut unwritten) {
                Ok(None) => continue,
                Ok(Some((h1, gomod_h1))) => {
                    (entry.h1, entry.gomod_h1) = (Some(h1), Some(gomod_h1));
                    new.push(entry.clone());
                }
                Err(fault) => {
                    self.store.write(&new)?;
                    return Err(fault.into());
                }
            }
            if unwritten > MAX_UNWRITTEN {
                self.store.write(&new)?;
                (new, unwritten) = (Vec::new(), 0);
            }
        }
        self.store.write(&new)?;
        Ok(entries)
    }

    /// The hashes of an accepted version that has none yet; adds the bytes that were read.
    fn hashes(
        &self,
        entry: &Entry,
        sums: &mut Sums,
        bytes: &mut u64,
    ) -> Result<Option<(String, String)>, Fault> {
        if entry.h1.is_some() || entry.state != State::Accepted {
            return Ok(None);
        }
        let Some(module) = Module::locate(self.site.code_root, &entry.module) else {
            return Ok(None);
        };
        let release = Release { module, version: entry.version.clone() };
        let commit = self.site.objects.commit(entry.commit)?;
        let Ok(usable) = self.site.judge(&release, &commit)? else { return Ok(None) };
        *bytes += sums.unknown(&usable.plan);
        self.site.hashes(&release, (&usable.located, &usable.plan), sums).map(Some)
    }
}

/// Why the h1 of an accepted version could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum CompleteError {
    /// The repository could not be read.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The ledger could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The refs as answers see them: what was accepted stays at its commit, whatever its ref does (N7).
pub fn overlay(refs: &Arc<Refs>, entries: &[Entry]) -> Arc<Refs> {
    let mut seen = Arc::clone(refs);
    for entry in entries.iter().filter(|entry| entry.occupies()) {
        let Some(tag) = &entry.tag else { continue };
        if refs.tags.get(tag).is_none_or(|tag| tag.peeled != entry.commit) {
            let accepted = Tag { target: entry.commit, peeled: entry.commit, kind: Kind::Commit };
            Arc::make_mut(&mut seen).tags.insert(tag.clone(), accepted);
        }
    }
    seen
}

/// The accepted entries whose ref is gone or holds another commit now, those that moved with permission left out.
pub fn drifted<'e>(refs: &Refs, entries: &'e [Entry]) -> Vec<&'e Entry> {
    away(refs, entries, |entry, commit| entry.stands_at(commit))
}

/// The accepted entries whose ref does not hold their commit: nothing else may keep it.
pub fn left<'e>(refs: &Refs, entries: &'e [Entry]) -> Vec<&'e Entry> {
    away(refs, entries, |entry, commit| entry.commit == commit)
}

fn away<'e>(
    refs: &Refs,
    entries: &'e [Entry],
    is_at: impl Fn(&Entry, ObjectId) -> bool,
) -> Vec<&'e Entry> {
    let is_away = |entry: &&Entry| {
        let is_at = |tag: &Tag| is_at(entry, tag.peeled);
        entry.tag.as_ref().is_some_and(|tag| !refs.tags.get(tag).is_some_and(is_at))
    };
    entries.iter().filter(|entry| entry.occupies()).filter(is_away).collect()
}

#[cfg(test)]
mod tests;

//! What waits to be sent: a folder with one file for each group of events, which is the body of its request.
//!
//! A file is written to the side, synced, renamed, and the folder synced: when [`Queue::push`] returns, the events survive
//! a crash and a power cut. A file goes when its receiver has taken it; where a crash comes before, it is sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use modgate_common::io::sync::sync_folder;
use serde::{Deserialize, Serialize};

use super::Event;

/// Files that wait at once. Whoever comes back after all of these asks `modgate audit`.
const MAX_FILES: usize = if cfg!(test) { 5 } else { 1000 };

/// The body of a request.
#[derive(Debug, Serialize, Deserialize)]
struct Body {
    events: Vec<Event>,
}

/// Whether events found a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// They are on disk, or were before.
    Queued,
    /// There was none.
    Full {
        /// How many were dropped.
        dropped: usize,
    },
}

/// The folder.
pub(super) struct Queue {
    folder: PathBuf,
    /// The ids of the events in each file, the oldest file first.
    files: Mutex<BTreeMap<String, BTreeSet<String>>>,
    changed: Condvar,
}

impl Queue {
    /// What waits in `folder`, which exists. Half-written files are removed: nothing relied on them.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let (path, name) = {
                let entry = entry?;
                (entry.path(), entry.file_name().to_string_lossy().into_owned())
            };
            if !name.ends_with(".json") {
                if name.starts_with("new-") {
                    fs::remove_file(path)?;
                }
                continue;
            }
            match serde_json::from_slice::<Body>(&fs::read(&path)?) {
                Ok(Body { events }) => {
                    files.insert(name, events.into_iter().map(|event| event.id).collect());
                }
                Err(error) => {
                    tracing::error!(?path, %error, "a notice is damaged, it is left aside");
                    fs::rename(&path, path.with_extension("damaged"))?;
                }
            }
        }
        Ok(Self { folder: folder.to_owned(), files: Mutex::new(files), changed: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, BTreeSet<String>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many files wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// Adds those of the events that do not wait already, as one file.
    ///
    /// # Errors
    /// When the disk fails.
    pub(super) fn push(&self, mut events: Vec<Event>) -> io::Result<Pushed> {
        let mut files = self.lock();
        events.retain(|event| !files.values().any(|ids| ids.contains(&event.id)));
        if events.is_empty() {
            return Ok(Pushed::Queued);
        }
        if files.len() >= MAX_FILES {
            return Ok(Pushed::Full { dropped: events.len() });
        }
        let last =
            files.last_key_value().and_then(|(name, _)| name.split('.').next()?.parse().ok());
        // Numbers of one length sort as they count.
        let name = format!("{:020}.json", last.map_or(0, |last: u64| last + 1));
        let ids = events.iter().map(|event| event.id.clone()).collect();
        let body = serde_json::to_vec(&Body { events })?;
        let path = self.folder.join(&name);
        let mut new = tempfile::Builder::new().prefix("new-").tempfile_in(&self.folder)?;
        new.write_all(&body)?;
        new.as_file().sync_all()?;
        new.persist(&path)?;
        sync_folder(&path)?;
        files.insert(name, ids);
        self.changed.notify_all();
        Ok(Pushed::Queued)
    }

    /// The oldest file; waits until there is one.
    pub(super) fn next(&self) -> String {
        loop {
            let waited = self.changed.wait_while(self.lock(), |files| files.is_empty());
            let files = waited.unwrap_or_else(PoisonError::into_inner);
            if let Some((name, _)) = files.first_key_value() {
                return name.clone();
            }
        }
    }

    /// The body in a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.folder.join(name))
    }

    /// The file was sent. Where it comes back after a power cut, it is sent again.
    pub(super) fn remove(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.folder.join(name)) {
            tracing::warn!(name, %error, "a notice that was sent cannot be removed");
        }
        self.lock().remove(name);
    }
}

#[cfg(test)]
mod tests {
    use modgate_common::ledger::drift::Seen;
    use modgate_common::objects::ObjectId;

    use super::*;

    fn event(version: &str, number: usize) -> Event {
        let drift = modgate_common::ledger::drift::Drift {
            module: "h.io/lib".to_owned(),
            version: version.to_owned(),
            repository: "lib".to_owned(),
            tag: version.to_owned(),
            seen: Seen::Gone,
            commit: ObjectId::ZERO,
            h1: None,
            new_commit: None,
            new_h1: None,
            time: 0,
        };
        Event::of(&drift, number)
    }

    #[test]
    fn an_event_is_the_same_when_it_is_seen_again_and_another_one_later() {
        let first = event("v1.0.0", 0);
        let mut again = first.drift.clone();
        again.time = 99;
        assert_eq!(Event::of(&again, 0).id, first.id);
        assert_ne!(event("v1.0.0", 1).id, first.id);
        assert_ne!(event("v1.1.0", 0).id, first.id);
    }

    #[test]
    fn events_wait_in_order_across_starts_and_are_not_queued_twice() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        let push = |queue: &Queue, version| queue.push(vec![event(version, 0)]).unwrap();
        for version in ["v1.0.0", "v1.1.0", "v1.0.0"] {
            assert_eq!(push(&queue, version), Pushed::Queued);
        }
        assert_eq!(queue.waiting(), 2);
        fs::write(folder.path().join("new-x"), "half").unwrap();
        fs::write(folder.path().join("00000000000000000001.json.x"), "").unwrap();
        drop(queue);
        let queue = Queue::open(folder.path()).unwrap();
        assert!(!folder.path().join("new-x").exists());
        push(&queue, "v1.1.0");
        let first = queue.next();
        let body: Body = serde_json::from_slice(&queue.read(&first).unwrap()).unwrap();
        assert_eq!(body.events, [event("v1.0.0", 0)]);
        queue.remove(&first);
        assert_ne!(queue.next(), first);
        assert_eq!(queue.waiting(), 1);
    }

    #[test]
    fn a_full_queue_keeps_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        for number in 0..MAX_FILES {
            assert_eq!(queue.push(vec![event("v1.0.0", number)]).unwrap(), Pushed::Queued);
        }
        let more = vec![event("v1.1.0", 0), event("v1.1.0", 1)];
        assert_eq!(queue.push(more).unwrap(), Pushed::Full { dropped: 2 });
        assert_eq!(queue.waiting(), MAX_FILES);
    }

    #[test]
    fn a_damaged_file_holds_up_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("00000000000000000007.json"), "{").unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        assert_eq!(queue.waiting(), 0);
        assert_eq!(queue.push(vec![event("v1.0.0", 0)]).unwrap(), Pushed::Queued);
    }
}

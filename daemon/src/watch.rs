//! Notices what happens to repositories without the hook: `git tag` on the server, a restore, a mirror
//! fetch, a new repository.
//!
//! Watched are the root and its groups (flat), each repository's folder (flat: `HEAD`, `packed-refs`,
//! `config`) and its `refs` (recursively), never `objects`. An event says only that something happened:
//! the refs of that repository are read again, since up to a fifth of the events of single refs never
//! come. A new folder is looked at once more a little later, when it is filled and watched. A sweep over
//! everything is the net below.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{CreateKind, EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::catalog::Repo;
use crate::service::{RefreshError, Service};

/// Events of one push come in a burst.
const BURST: Duration = Duration::from_millis(20);

/// How long events are left to gather.
const NAP: Duration = Duration::from_millis(5);

/// When a repository is looked at again where a large push is being made.
const AFTER_PUSH: Duration = Duration::from_millis(500);

/// When a repository is read again whose changes the ledger could not take: the disk may have room again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// When a place where a folder was made is looked at again: git fills it meanwhile.
const LATER: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(4)];

/// How often everything is looked at, whatever the events say; more often where not all can be watched.
const SWEEP: Duration = Duration::from_secs(120);
const SWEEP_UNWATCHED: Duration = Duration::from_secs(2);

/// What has to be looked at again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Dirty {
    Everything,
    Repository(PathBuf),
    /// A folder that holds repositories.
    Group,
}

struct Watch {
    service: Arc<Service>,
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    groups: BTreeSet<PathBuf>,
    repositories: BTreeMap<PathBuf, Arc<Repo>>,
    pending: BTreeSet<(Instant, Dirty)>,
    unwatched: BTreeSet<PathBuf>,
    /// Where the last event belonged, and the folder that it happened in: those of a push come from one.
    last: Option<(PathBuf, Dirty)>,
}

/// Watches from now on, on a thread of its own. On return every repository that the service knows is
/// watched, so what is read of it afterwards cannot be missed.
///
/// # Errors
/// When the system gives no watcher or no thread.
pub(crate) fn start(service: Arc<Service>) -> anyhow::Result<()> {
    let (send, events) = mpsc::channel();
    let watcher = notify::recommended_watcher(move |event| {
        if !is_idle(&event) {
            // The other end lives as long as the process.
            let _ = send.send(event);
        }
    })?;
    let mut watch = Watch {
        service,
        watcher,
        events,
        groups: BTreeSet::new(),
        repositories: BTreeMap::new(),
        pending: BTreeSet::new(),
        unwatched: BTreeSet::new(),
        last: None,
    };
    watch.rediscover();
    thread::Builder::new().name("watch".to_owned()).spawn(move || watch.run())?;
    Ok(())
}

/// Whether nothing changed: our own reading is an event too. Most events of a large push are dropped here, before a
/// thread wakes up for them.
fn is_idle(event: &notify::Result<Event>) -> bool {
    event.as_ref().is_ok_and(|event| {
        let is_read = matches!(event.kind, EventKind::Access(_));
        let is_about_locks =
            !event.paths.is_empty() && event.paths.iter().all(|path| is_lock(path));
        !event.need_rescan() && (is_read || is_about_locks)
    })
}

/// What a lock file becomes is an event of its own.
fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "lock")
}

impl Watch {
    fn run(mut self) {
        let mut swept = Instant::now();
        loop {
            let sweep = if self.unwatched.is_empty() { SWEEP } else { SWEEP_UNWATCHED };
            let due =
                self.pending.first().map_or(swept + sweep, |(due, _)| *due).min(swept + sweep);
            match self.events.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(event) => {
                    self.note(event);
                    // A push of thousands of tags makes ten events of each: to wake up for every one takes more
                    // than to note it.
                    thread::sleep(NAP);
                    while let Ok(event) = self.events.try_recv() {
                        self.note(event);
                    }
                }
                Err(RecvTimeoutError::Timeout) if Instant::now() >= swept + sweep => {
                    self.look_at(&Dirty::Everything);
                    swept = Instant::now();
                }
                Err(RecvTimeoutError::Timeout) => self.look_at_due(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn note(&mut self, event: notify::Result<Event>) {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(%error, "watching failed, everything is looked at");
                self.service.metrics.overflows.inc();
                return self.soon(Dirty::Everything);
            }
        };
        if event.need_rescan() {
            self.service.metrics.overflows.inc();
            return self.soon(Dirty::Everything);
        }
        let is_folder = matches!(event.kind, EventKind::Create(CreateKind::Folder));
        let is_new_name = matches!(
            event.kind,
            EventKind::Create(CreateKind::Any) | EventKind::Modify(ModifyKind::Name(_))
        );
        for path in &event.paths {
            // What a lock file becomes is an event of its own.
            if path.extension().is_some_and(|extension| extension == "lock") {
                continue;
            }
            // Neither are our own refs anybody's news.
            if path.ancestors().any(|folder| folder.ends_with("refs/modgate")) {
                continue;
            }
            let Some(dirty) = self.place(path) else { continue };
            // Inside of a repository names of files change all the time, and folders are made, not moved.
            if is_folder || (is_new_name && dirty == Dirty::Group && path.is_dir()) {
                let now = Instant::now();
                self.pending.extend(LATER.map(|later| (now + later, dirty.clone())));
            }
            self.soon(dirty);
        }
    }

    fn soon(&mut self, dirty: Dirty) {
        let is_near =
            |(due, what): &(Instant, Dirty)| *what == dirty && *due <= Instant::now() + BURST;
        if !self.pending.iter().any(is_near) {
            self.pending.insert((Instant::now() + BURST, dirty));
        }
    }

    /// Where an event belongs: the repository around it, or the group that it happened in.
    fn place(&mut self, path: &Path) -> Option<Dirty> {
        let folder = path.parent()?;
        if let Some((last, dirty)) = &self.last
            && last.as_os_str() == folder.as_os_str()
        {
            return Some(dirty.clone());
        }
        let dirty = self.search(path)?;
        // What happens inside of a repository belongs to it; its own folder is an event of the group.
        if let Dirty::Repository(_) = dirty {
            self.last = Some((folder.to_owned(), dirty.clone()));
        }
        Some(dirty)
    }

    fn search(&self, path: &Path) -> Option<Dirty> {
        for folder in path.ancestors() {
            if self.repositories.contains_key(folder) {
                // The repository's own folder may have come or gone.
                let itself = folder == path;
                return Some(if itself {
                    Dirty::Group
                } else {
                    Dirty::Repository(folder.to_owned())
                });
            }
            if self.groups.contains(folder) {
                return Some(Dirty::Group);
            }
        }
        None
    }

    fn look_at_due(&mut self) {
        let now = Instant::now();
        let mut due = BTreeSet::new();
        while let Some(first) = self.pending.first().filter(|(when, _)| *when <= now).cloned() {
            self.pending.remove(&first);
            due.insert(first.1);
        }
        if due.contains(&Dirty::Everything) {
            return self.look_at(&Dirty::Everything);
        }
        due.iter().for_each(|dirty| self.look_at(dirty));
    }

    fn look_at(&mut self, dirty: &Dirty) {
        match dirty {
            Dirty::Everything => {
                self.rediscover();
                let all: Vec<_> = self.repositories.values().cloned().collect();
                all.iter().for_each(|repo| self.refresh(repo));
            }
            Dirty::Group => {
                let new = self.rediscover();
                new.iter().for_each(|repo| self.refresh(repo));
            }
            Dirty::Repository(folder) => match self.repositories.get(folder).cloned() {
                Some(repo) if repo.expects_push() => {
                    self.pending.insert((Instant::now() + AFTER_PUSH, dirty.clone()));
                }
                Some(repo) => self.refresh(&repo),
                None => {}
            },
        }
    }

    fn refresh(&mut self, repo: &Repo) {
        let Err(error) = self.service.refresh(repo) else { return };
        // A repository that is being removed looks like this as well.
        tracing::warn!(repository = repo.name, %error, "repository cannot be read");
        if matches!(error, RefreshError::Store(_) | RefreshError::Sync(_)) {
            let dirty = Dirty::Repository(repo.directory.clone());
            self.pending.insert((Instant::now() + AFTER_FAILURE, dirty));
        }
    }

    /// Watches what is new under the root, and returns the new repositories.
    fn rediscover(&mut self) -> Vec<Arc<Repo>> {
        let (_, groups) = self.service.rediscover();
        let all = self.service.catalog.all();
        let known = std::mem::take(&mut self.repositories);
        self.repositories = all.into_iter().map(|repo| (repo.directory.clone(), repo)).collect();
        let groups: BTreeSet<_> = groups.into_iter().collect();
        for group in groups.difference(&self.groups.clone()) {
            self.watch(group, RecursiveMode::NonRecursive);
        }
        self.groups = groups;
        self.last = None;
        let is_new = |(folder, repo): &(&PathBuf, &Arc<Repo>)| {
            known.get(*folder).is_none_or(|old| !Arc::ptr_eq(old, repo))
        };
        let new: Vec<_> =
            self.repositories.iter().filter(is_new).map(|(_, repo)| Arc::clone(repo)).collect();
        for (folder, repo) in &known {
            let is_there = self.repositories.get(folder).is_some_and(|now| Arc::ptr_eq(now, repo));
            if !is_there {
                // The watches went with the folders, but the watcher may still count on them.
                let _ = self.watcher.unwatch(folder);
                let _ = self.watcher.unwatch(&folder.join("refs"));
            }
        }
        for repo in &new {
            self.watch(&repo.directory, RecursiveMode::NonRecursive);
            self.watch(&repo.directory.join("refs"), RecursiveMode::Recursive);
        }
        self.unwatched.retain(|path| path.exists());
        let unwatched = i64::try_from(self.unwatched.len()).unwrap_or(i64::MAX);
        self.service.metrics.unwatched.set(unwatched);
        new
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) {
        match self.watcher.watch(path, mode) {
            Ok(()) => drop(self.unwatched.remove(path)),
            Err(error) => {
                if self.unwatched.is_empty() {
                    tracing::warn!(
                        ?path, %error,
                        "cannot watch: changes are noticed within seconds only \
                         (is fs.inotify.max_user_watches too small?)"
                    );
                }
                self.unwatched.insert(path.to_owned());
            }
        }
    }
}

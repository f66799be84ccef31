//! The ledger as a hook reaches it: through the daemon, or the files themselves when no daemon runs and
//! the hook's user owns them.
//!
//! A daemon that is stopped and started again, or killed, costs no push: every request can be made twice, so it is made
//! again of whoever has the ledger then, for as long as there is time.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use modgate_common::control::{Done, Propose, Received, Refusal, Refused, Released, path};
use modgate_common::intake::Site;
use modgate_common::io::reconcile::Pass;
use modgate_common::io::repo::Repository;
use modgate_common::io::socket::{Client, SocketError};
use modgate_common::io::state_dir::{StateDir, StateError};
use modgate_common::io::store::{Store, StoreError};
use modgate_common::io::sync::sync_file_system;
use modgate_common::ledger::{Entry, Proposal, Question, Testimony, occupied_commits};
use modgate_common::modzip::{CleanTrees, Limits};
use modgate_common::objects::{ObjectId, Objects, Tag};
use modgate_common::settings::Settings;

/// How often the lock of the files is tried, 20 ms apart, before the daemon is asked again: one that starts takes the
/// lock first and answers next.
const LOCK_ATTEMPTS: u32 = 5;

/// How long is waited before the daemon is asked again.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a hook that cannot use the files waits for a daemon that is being started.
const MAX_ABSENCE: Duration = Duration::from_secs(3);

/// The ledger.
pub(crate) struct Ledger<'a> {
    settings: &'a Settings,
    /// When nobody waits for an answer any more.
    end: Instant,
    /// Since one request found no daemon: when that is none any more which is being started.
    absent: Option<Instant>,
    /// The files, held for the time of this hook.
    files: Option<Box<Store>>,
}

/// A way to the ledger.
pub(crate) enum Way<'a> {
    /// The daemon's socket.
    Daemon(Client),
    /// The files.
    Files(&'a Store),
}

impl<'a> Ledger<'a> {
    /// The ledger of these settings, for requests that take `limit` together.
    pub(crate) fn new(settings: &'a Settings, limit: Duration) -> Self {
        Self { settings, end: Instant::now() + limit, absent: None, files: None }
    }

    /// Asks whoever has the ledger now.
    fn ask<T>(&mut self, request: impl Fn(Way<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        loop {
            if let Some(store) = &self.files {
                return request(Way::Files(store));
            }
            // A little more than is left: the limit itself is told, not what the socket makes of it.
            let left = self.end.saturating_duration_since(Instant::now()) + Duration::from_secs(1);
            let socket = self.settings.socket()?;
            let failed = match request(Way::Daemon(Client::new(&socket, left))) {
                Ok(answer) => {
                    self.absent = None;
                    return Ok(answer);
                }
                Err(error) => error,
            };
            match failed.downcast_ref() {
                Some(SocketError::NoDaemon(_)) => self.open_files(failed)?,
                Some(error) if error.is_hung_up() && Instant::now() < self.end => {}
                _ => return Err(failed),
            }
            if self.files.is_none() {
                thread::sleep(PAUSE);
            }
        }
    }

    /// Opens the files, if they are free. Nothing is said where whoever holds them now may be done soon.
    fn open_files(&mut self, no_daemon: anyhow::Error) -> anyhow::Result<()> {
        if !owns(&self.settings.state) {
            let now = Instant::now();
            let left = self.end.saturating_duration_since(now);
            if now < *self.absent.get_or_insert_with(|| now + MAX_ABSENCE.min(left / 2)) {
                return Ok(());
            }
            anyhow::bail!("{no_daemon}, and only the user that it runs as may write without it");
        }
        match Store::open(&StateDir::new(&self.settings.state), LOCK_ATTEMPTS) {
            Ok(store) => self.files = Some(Box::new(store)),
            Err(StoreError::State(StateError::InUse(_))) if Instant::now() < self.end => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Answers a question.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(crate) fn testify(&mut self, question: &Question) -> anyhow::Result<Testimony> {
        self.ask(|way| {
            Ok(match way {
                Way::Daemon(client) => client.post(path::TESTIFY, question)?,
                Way::Files(store) => store.testify(question)?,
            })
        })
    }

    /// Records what a push wants to make.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub(crate) fn propose(
        &mut self,
        repository: &str,
        proposals: Vec<Proposal>,
    ) -> anyhow::Result<()> {
        if proposals.is_empty() {
            return Ok(());
        }
        let propose = Propose { repository: repository.to_owned(), proposals };
        self.ask(|way| {
            match way {
                Way::Daemon(client) => {
                    let Done {} = client.post(path::PROPOSE, &propose)?;
                }
                Way::Files(store) => store.propose(propose.proposals.clone())?,
            }
            Ok(())
        })
    }

    /// Tells why versions were refused, for consumers who ask for them. Nothing depends on it.
    pub(crate) fn refused(&self, repository: &str, versions: Vec<Refusal>) {
        let Ok(socket) = self.settings.socket() else { return };
        if self.files.is_some() || versions.is_empty() {
            return;
        }
        let left = self.end.saturating_duration_since(Instant::now());
        let refused = Refused { repository: repository.to_owned(), versions };
        let _ = Client::new(&socket, left).post::<Done>(path::REFUSED, &refused);
    }

    /// Takes in the tags of a push that is through, and returns what became of them.
    ///
    /// # Errors
    /// When the repository cannot be read or the ledger cannot be written.
    pub(crate) fn receive(
        &mut self,
        directory: &Path,
        received: &Received,
        now: i64,
    ) -> anyhow::Result<Released> {
        let settings = self.settings;
        self.ask(|way| match way {
            Way::Daemon(client) => Ok(client.post(path::RECEIVED, received)?),
            Way::Files(store) => take_in(store, settings, (directory, received), now),
        })
    }
}

/// Takes the tags of a push in, without a daemon.
fn take_in(
    store: &Store,
    settings: &Settings,
    (directory, received): (&Path, &Received),
    now: i64,
) -> anyhow::Result<Released> {
    // git syncs next to nothing on a small push, and a version must not be taken by content that a power cut takes
    // away.
    sync_file_system(directory)?;
    let git = Repository::open(directory)?;
    let (limits, clean) = (Limits::default(), CleanTrees::default());
    let code_root = settings.code_root(&received.repository);
    let site = Site {
        repository: &received.repository,
        code_root: &code_root,
        objects: &git,
        limits: &limits,
        clean: &clean,
    };
    let pass = Pass { store, site, now };
    let tags = present(&git, &received.tags)?;
    let outcome = pass.tags(tags.iter().map(|(name, tag)| (name, tag)))?;
    if let Some((tag, fault)) = outcome.faults.into_iter().next() {
        anyhow::bail!("tag {tag:?}: {fault}");
    }
    let peeled = |target| git.peel(target).map(|(commit, _)| commit).ok();
    let pushed = received.tags.iter().filter_map(|(tag, target)| Some((&**tag, peeled(*target)?)));
    let released = pass.released(pushed)?;
    if settings.keep.refs {
        // Whoever cannot do it now leaves it to the daemon.
        let _ = git.keep(&occupied_commits(&released.own));
    }
    Ok(released)
}

/// Keeps what was accepted where the daemon is another user, who may have no right to write the repository.
pub(crate) fn keep(settings: &Settings, directory: &Path, own: &[Entry]) -> anyhow::Result<()> {
    let commits = occupied_commits(own);
    if !settings.keep.refs || owns(&settings.state) || commits.is_empty() {
        return Ok(());
    }
    Repository::open(directory)?.keep(&commits)?;
    Ok(sync_file_system(directory)?)
}

/// Whether this process runs as the user that owns the ledger, so that nobody needs to compute its
/// hashes again.
pub(crate) fn owns(state: &Path) -> bool {
    let owner = StateDir::new(state).owner();
    owner.is_some_and(|(user, _)| user == nix::unistd::geteuid().as_raw())
}

/// Those of the tags that still hold what was pushed.
fn present(git: &Repository, tags: &[(String, ObjectId)]) -> anyhow::Result<Vec<(String, Tag)>> {
    let mut present = Vec::new();
    for (name, target) in tags {
        if git.ref_target(&format!("refs/tags/{name}"))? == Some(*target) {
            let (peeled, kind) = git.peel(*target)?;
            present.push((name.clone(), Tag { target: *target, peeled, kind }));
        }
    }
    Ok(present)
}

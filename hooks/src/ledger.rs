//! The ledger as a hook reaches it: through the daemon, or the files themselves when no daemon runs and
//! the hook's user owns them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use modgate_common::control::{Done, Propose, Received, Refusal, Refused, path};
use modgate_common::intake::Site;
use modgate_common::io::reconcile::Pass;
use modgate_common::io::repo::Repository;
use modgate_common::io::socket::{Client, SocketError};
use modgate_common::io::state_dir::StateDir;
use modgate_common::io::store::Store;
use modgate_common::ledger::{Entry, Proposal, Question, Testimony};
use modgate_common::modzip::{CleanTrees, Limits};
use modgate_common::objects::{ObjectId, Objects, Tag};
use modgate_common::settings::Settings;

/// How often the lock of the files is tried, 20 ms apart: other hooks hold it for the time of a push.
const LOCK_ATTEMPTS: u32 = 250;

/// A way to the ledger.
pub(crate) enum Ledger {
    /// The daemon's socket.
    Daemon(Client),
    /// The files, held for the time of this hook.
    Files(Box<Store>),
}

impl Ledger {
    /// The way to the ledger of these settings, and its answer to a first request.
    ///
    /// # Errors
    /// When no daemon answers and the files cannot be used, or the request fails.
    pub(crate) fn reach<T>(
        settings: &Settings,
        limit: Duration,
        ask: impl Fn(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<(Self, T)> {
        let daemon = Self::Daemon(Client::new(&settings.socket()?, limit));
        let no_daemon = match ask(&daemon) {
            Ok(answer) => return Ok((daemon, answer)),
            Err(error) if is_nobody(&error) => error,
            Err(error) => return Err(error),
        };
        if !owns(&settings.state) {
            anyhow::bail!("{no_daemon}, and only the user that it runs as may write without it");
        }
        match Store::open(&StateDir::new(&settings.state), LOCK_ATTEMPTS) {
            Ok(store) => {
                let files = Self::Files(Box::new(store));
                let answer = ask(&files)?;
                Ok((files, answer))
            }
            // A daemon that has just started holds the lock and will answer.
            Err(in_use) => match ask(&daemon) {
                Ok(answer) => Ok((daemon, answer)),
                Err(error) if is_nobody(&error) => Err(in_use.into()),
                Err(error) => Err(error),
            },
        }
    }

    /// Answers a question.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(crate) fn testify(&self, question: &Question) -> anyhow::Result<Testimony> {
        Ok(match self {
            Self::Daemon(client) => client.post(path::TESTIFY, question)?,
            Self::Files(store) => store.testify(question)?,
        })
    }

    /// Records what a push wants to make.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub(crate) fn propose(&self, repository: &str, proposals: Vec<Proposal>) -> anyhow::Result<()> {
        if proposals.is_empty() {
            return Ok(());
        }
        match self {
            Self::Daemon(client) => {
                let repository = repository.to_owned();
                let _: Done = client.post(path::PROPOSE, &Propose { repository, proposals })?;
            }
            Self::Files(store) => store.propose(proposals)?,
        }
        Ok(())
    }

    /// Tells why versions were refused, for consumers who ask for them. Nothing depends on it.
    pub(crate) fn refused(&self, repository: &str, versions: Vec<Refusal>) {
        if let Self::Daemon(client) = self
            && !versions.is_empty()
        {
            let repository = repository.to_owned();
            let _ = client.post::<Done>(path::REFUSED, &Refused { repository, versions });
        }
    }

    /// Takes in the tags of a push that is through, and returns their entries.
    ///
    /// # Errors
    /// When the repository cannot be read or the ledger cannot be written.
    pub(crate) fn receive(
        &self,
        settings: &Settings,
        directory: &Path,
        received: &Received,
        now: i64,
    ) -> anyhow::Result<Vec<Entry>> {
        let store = match self {
            Self::Daemon(client) => return Ok(client.post(path::RECEIVED, received)?),
            Self::Files(store) => store,
        };
        // git syncs next to nothing on a small push, and a version must not be taken by content that a power cut takes
        // away.
        nix::unistd::syncfs(fs::File::open(directory)?)?;
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
        let mut entries = Vec::new();
        for (name, tag) in &tags {
            for entry in store.tagged(&received.repository, name)? {
                // The tag was moved, and the version stays what it was: nothing was released.
                if entry.commit != tag.peeled {
                    continue;
                }
                entries.push(entry);
            }
        }
        Ok(pass.complete(entries)?)
    }
}

/// Whether the error says that no daemon runs.
fn is_nobody(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(SocketError::NoDaemon(_)))
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

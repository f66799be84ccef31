//! The state directory: its parts, their rights, and the lock that one process holds.
//!
//! `STATE` 0711, `STATE/ledger`, `STATE/cache`, `STATE/keep` and `STATE/notify` 0700 (the ledger user alone), `STATE/run` 0755 with the
//! socket, `STATE/hook.toml` readable by everyone who pushes. All of them belong to the user of the ledger: whoever owned
//! one could put other files in their place.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::sync::sync_folder;

/// Why the state directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another daemon, or a hook that has not finished, holds the ledger.
    #[error("{0:?} is in use by another modgate process")]
    InUse(PathBuf),
    /// A folder belongs to somebody who could put other files into it.
    #[error(
        "{path:?} belongs to user {owner}, not to user {user} as whom modgate runs here: give it to that user, or run \
         modgate as its owner"
    )]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Whose it should be.
        user: u32,
    },
    /// The system refused.
    #[error("cannot use state directory {path:?}: {error}{}", hint(error))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            " (run modgate as the user that owns it, or name another one with --state)"
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::StorageFull => {
            " (name another one with --state)"
        }
        _ => "",
    }
}

/// The paths below a state directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir {
    root: PathBuf,
}

impl StateDir {
    /// The state directory at `root`; nothing is touched.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The journal.
    pub fn journal(&self) -> PathBuf {
        self.root.join("ledger/journal")
    }

    /// sled's folder.
    pub fn index(&self) -> PathBuf {
        self.root.join("ledger/index")
    }

    /// What says whether the index may be believed.
    pub fn seal(&self) -> PathBuf {
        self.root.join("ledger/boot")
    }

    /// The folder of the zip cache.
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// The folder of kept zips.
    pub fn kept(&self) -> PathBuf {
        self.root.join("keep")
    }

    /// The folder of notices that wait to be sent.
    pub fn notices(&self) -> PathBuf {
        self.root.join("notify")
    }

    /// The settings that hooks read.
    pub fn hook_settings(&self) -> PathBuf {
        self.root.join("hook.toml")
    }

    /// Makes the folders and sets their rights. What root makes belongs to the owner of the state
    /// directory, as whom the daemon runs.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn prepare(&self) -> Result<(), StateError> {
        let private = ["ledger", "cache", "keep", "notify"].map(|folder| (folder, 0o700));
        for (folder, mode) in [("", 0o711), ("run", 0o755)].into_iter().chain(private) {
            let path = if folder.is_empty() { self.root.clone() } else { self.root.join(folder) };
            make(&path, mode)
                .and_then(|()| if folder.is_empty() { Ok(()) } else { give(&path, &self.root) })
                .map_err(|error| StateError::Io { path: path.clone(), error })?;
            self.check_owner(&path)?;
        }
        Ok(())
    }

    /// Root may prepare what belongs to another user, if all of it does.
    fn check_owner(&self, path: &Path) -> Result<(), StateError> {
        let failed = |error| StateError::Io { path: path.to_owned(), error };
        let owner = fs::metadata(path).map_err(failed)?.uid();
        let own = nix::unistd::geteuid();
        let whose = self.owner().filter(|_| own.is_root());
        let user = whose.map_or(own.as_raw(), |(user, _)| user);
        if owner == user {
            return Ok(());
        }
        Err(StateError::Foreign { path: path.to_owned(), owner, user })
    }

    /// A folder on the way to the state directory that others may write, so that they could put another state directory in
    /// its place. A folder in which only owners may rename (as /tmp) is none.
    pub fn exposed(&self) -> Option<PathBuf> {
        let (user, _) = self.owner()?;
        let is_exposed = |folder: &fs::Metadata| {
            let is_shared = folder.mode() & 0o022 != 0 && folder.mode() & 0o1000 == 0;
            is_shared || ![0, user].contains(&folder.uid())
        };
        let root = self.root.canonicalize().ok()?;
        let mut above = root.ancestors().skip(1);
        above.find(|path| fs::metadata(path).is_ok_and(|m| is_exposed(&m))).map(Path::to_owned)
    }

    /// The user and group that own the state directory; `None` where it cannot be seen.
    pub fn owner(&self) -> Option<(u32, u32)> {
        fs::metadata(&self.root).ok().map(|folder| (folder.uid(), folder.gid()))
    }

    /// Takes the lock, trying again every 20 ms, `attempts` times in all. It is held until the file is
    /// dropped, or the process ends in any way.
    ///
    /// # Errors
    /// When somebody else holds it all the while.
    pub fn lock(&self, attempts: u32) -> Result<File, StateError> {
        let path = self.root.join("ledger/lock");
        let failed = |error| StateError::Io { path: path.clone(), error };
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = options.open(&path).map_err(failed)?;
        for attempt in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < attempts => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => return Err(StateError::InUse(self.root.clone())),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Ok(file)
    }
}

/// Where root made a folder, its owner becomes that of `like`.
fn give(path: &Path, like: &Path) -> io::Result<()> {
    let (own, wanted) = (fs::metadata(path)?, fs::metadata(like)?);
    if own.uid() == wanted.uid() || !nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    chown(path, Some(wanted.uid()), Some(wanted.gid()))
}

fn make(path: &Path, mode: u32) -> io::Result<()> {
    if !path.is_dir() {
        DirBuilder::new().recursive(true).mode(mode).create(path)?;
        // What is synced below it later must not lose its folder in a power cut.
        sync_folder(path)?;
    }
    // The umask of the maker must not decide who may reach the socket.
    if fs::metadata(path)?.permissions().mode() & 0o777 != mode {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

//! The admin verbs, one file each. Only this part and `serve`'s one line print to stdout.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use modgate_common::io::socket::{Client, SocketError};
use modgate_common::io::state_dir::StateDir;
use modgate_common::io::store::Store;
use modgate_common::settings::Settings;

use crate::discover::{self, is_repository};

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod git_setting;
pub(crate) mod hook_folder;
pub(crate) mod hooks;
pub(crate) mod install;
pub(crate) mod ledger;
pub(crate) mod next;
pub(crate) mod place;
pub(crate) mod policy;
pub(crate) mod pre_push;
pub(crate) mod scan;
pub(crate) mod status;
pub(crate) mod uninstall;

/// What a verb found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The answer is no: exit code 1.
    Denied,
    /// Yes: exit code 0.
    Granted,
}

/// How long a verb waits for the daemon.
const LIMIT: Duration = Duration::from_secs(60);

/// How often a verb tries the ledger's lock, 20 ms apart.
const LOCK_ATTEMPTS: u32 = 100;

/// Prints data.
///
/// # Errors
/// When stdout is closed.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints JSON.
///
/// # Errors
/// When stdout is closed.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Prints to stderr.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "modgate: {text}");
}

/// Shows how far a verb has come, in the place of what was shown before. Only for a terminal.
pub(crate) fn progress(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "\r\u{1b}[K{text}").and_then(|()| out.flush());
}

/// The daemon, if it answers, else the ledger's files.
pub(crate) enum Source {
    /// The daemon.
    Daemon(Client),
    /// The files.
    Files(Box<Store>),
}

impl Source {
    /// Whoever has the ledger. Where there is none yet, none is made.
    ///
    /// # Errors
    /// When neither can be used.
    pub(crate) fn open(settings: &Settings) -> anyhow::Result<Self> {
        let state = StateDir::new(&settings.state);
        Self::open_where(settings, state.journal().exists() || state.index().exists())
    }

    /// The same, and a ledger is begun where the state directory has none yet.
    ///
    /// # Errors
    /// When neither can be used, or there is no state directory.
    pub(crate) fn open_or_begin(settings: &Settings) -> anyhow::Result<Self> {
        Self::open_where(settings, settings.state.is_dir())
    }

    fn open_where(settings: &Settings, has_files: bool) -> anyhow::Result<Self> {
        let client = Client::new(&settings.socket()?, LIMIT);
        match client.get::<modgate_common::control::Status>(modgate_common::control::path::STATUS) {
            Ok(_) => return Ok(Self::Daemon(client)),
            Err(SocketError::NoDaemon(_)) => {}
            Err(error) => return Err(error.into()),
        }
        if !has_files {
            bail!(
                "no daemon answers, and there is no ledger in {:?} that you may read",
                settings.state
            );
        }
        Ok(Self::Files(Box::new(open_files(&StateDir::new(&settings.state))?)))
    }
}

/// Opens the ledger's files, as their owner: what root would make there, the daemon could not use.
///
/// # Errors
/// When they are in use, damaged, or cannot be read.
pub(crate) fn open_files(state: &StateDir) -> anyhow::Result<Store> {
    become_owner(state)?;
    Ok(Store::open(state, LOCK_ATTEMPTS)?)
}

/// Goes on as the owner of the state directory where root runs this: what root would make there, the daemon could
/// not use.
///
/// # Errors
/// When the system refuses.
pub(crate) fn become_owner(state: &StateDir) -> anyhow::Result<()> {
    if let Some((user, group)) = state.owner().filter(|_| nix::unistd::geteuid().is_root()) {
        nix::unistd::setegid(group.into())?;
        nix::unistd::seteuid(user.into())?;
    }
    Ok(())
}

/// Goes on as whoever started this.
///
/// # Errors
/// When the system refuses.
pub(crate) fn become_caller() -> anyhow::Result<()> {
    nix::unistd::seteuid(nix::unistd::getuid())?;
    nix::unistd::setegid(nix::unistd::getgid())?;
    Ok(())
}

/// A repository that was named on the command line.
#[derive(Debug)]
pub(crate) struct Named {
    /// Its path under the root, less `.git`.
    pub name: String,
    /// Its folder.
    pub directory: PathBuf,
}

/// Finds the repositories: each by path, or by name under the root; all under the root when none is
/// named.
///
/// # Errors
/// When one is not there, or does not lie under the root.
pub(crate) fn repositories(settings: &Settings, named: &[String]) -> anyhow::Result<Vec<Named>> {
    let root = root(settings)?;
    if named.is_empty() {
        let discovery = discover::discover(&root, settings);
        for problem in &discovery.problems {
            complain(problem);
        }
        let found = discovery.repositories.into_values();
        return Ok(found.map(|f| Named { name: f.name, directory: f.directory }).collect());
    }
    named.iter().map(|name| repository(&root, name)).collect()
}

/// Finds one repository.
///
/// # Errors
/// When it is not there, or does not lie under the root.
pub(crate) fn repository(root: &Path, name: &str) -> anyhow::Result<Named> {
    let bare = name.trim_end_matches('/');
    let candidates = [PathBuf::from(name), root.join(bare)]
        .into_iter()
        .flat_map(|path| [path.clone(), with_git(&path)])
        .collect::<Vec<_>>();
    let Some(found) = candidates.iter().find(|path| is_repository(path)) else {
        bail!("{name:?} is no bare repository, neither as a path nor under the root {root:?}");
    };
    let directory = found.canonicalize().with_context(|| format!("{found:?}"))?;
    match discover::name(root, &directory) {
        Some(name) => Ok(Named { name, directory }),
        None => bail!("repository {directory:?} does not lie under the root {root:?}"),
    }
}

/// The path with `.git` behind its last name.
fn with_git(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".git");
    path.with_file_name(name)
}

/// The root, as the system names it.
///
/// # Errors
/// When none is set, or it is not there.
pub(crate) fn root(settings: &Settings) -> anyhow::Result<PathBuf> {
    let Some(root) = &settings.root else {
        bail!("no root: name the folder of the repositories with --root or [host] root");
    };
    root.canonicalize().with_context(|| format!("root {root:?}"))
}

//! A host in a fresh folder: the root of its bare repositories, modgate's state, and who runs it.
//!
//! ```text
//! root/    bare repositories, the pusher's, shared with the group
//! state/   the ledger, the daemon's
//! home/    HOME of git and modgate
//! work/    work trees
//! ```

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::Daemon;
use crate::programs;
use crate::repository::Repository;
use crate::run::{Done, Run};
use crate::users::{self, Actors, User};

/// The host prefix of most tests.
pub const PREFIX: &str = "git.example.com";

const GIT_CONFIG: &str = "[user]\n\tname = Test\n\temail = test@example.com\n[gc]\n\tauto = 0\n\
    [maintenance]\n\tauto = false\n[safe]\n\tdirectory = *\n[init]\n\tdefaultBranch = main\n\
    [protocol \"file\"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n\
    [core]\n\tautocrlf = false\n[receive]\n\tadvertisePushOptions = true\n";

/// A host for one test.
#[derive(Debug)]
pub struct Site {
    folder: TempDir,
    prefix: String,
    actors: Actors,
    copies: Option<PathBuf>,
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// A host with the usual prefix and no repository yet.
    #[track_caller]
    pub fn new() -> Self {
        Self::with_prefix(PREFIX)
    }

    /// A host whose module paths begin with `prefix`, which may be empty.
    #[track_caller]
    pub fn with_prefix(prefix: &str) -> Self {
        Self::within(&std::env::temp_dir(), prefix)
    }

    /// The same, with all its files in a new folder in `parent`.
    #[track_caller]
    pub fn within(parent: &Path, prefix: &str) -> Self {
        programs::need_git_and_go();
        let folder = tempfile::Builder::new().prefix("modgate-e2e-").tempdir_in(parent);
        let folder = folder.expect("the temporary folder is writable");
        open_to_all(folder.path());
        let actors = users::current();
        let copies = actors.daemon.is_some().then(|| copy_programs(folder.path()));
        let site = Self { folder, prefix: prefix.to_owned(), actors, copies };
        for (name, owner) in [
            ("root", &site.actors.pusher),
            ("work", &site.actors.pusher),
            ("home", &site.actors.pusher),
            ("state", &site.actors.daemon),
        ] {
            let path = site.path(name);
            fs::create_dir(&path).expect("the site's folder is writable");
            if let Some(user) = owner {
                user.own(&path);
            }
            if name == "root" {
                fs::set_permissions(&path, Permissions::from_mode(0o2775)).expect("it is ours");
            }
        }
        fs::write(site.path("home/gitconfig"), GIT_CONFIG).expect("home is writable");
        site
    }

    /// A path in the site's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The root of the repositories.
    pub fn root(&self) -> PathBuf {
        self.path("root")
    }

    /// The state directory.
    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// The host prefix.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Who runs what.
    pub fn actors(&self) -> &Actors {
        &self.actors
    }

    /// Whether the daemon and the pusher are different users.
    pub fn is_split(&self) -> bool {
        self.actors.daemon.is_some()
    }

    /// The variables of every command: names and no configuration but the site's.
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let pairs = [
            ("HOME", text(self.path("home"))),
            ("GIT_CONFIG_GLOBAL", text(self.path("home/gitconfig"))),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("GIT_TERMINAL_PROMPT", "0".to_owned()),
            ("LC_ALL", "C.UTF-8".to_owned()),
            (
                "TMPDIR",
                text(self.folder.path().parent().unwrap_or_else(|| Path::new("/tmp")).to_owned()),
            ),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// A git command of the pusher.
    pub fn git(&self, dir: &Path) -> Run {
        Run::by(self.actors.pusher.as_ref(), "git").envs(self.environment()).dir(dir)
    }

    /// A new bare repository `root/NAME.git` with an empty work tree.
    #[track_caller]
    pub fn repository(&self, name: &str) -> Repository<'_> {
        Repository::create(self, name)
    }

    /// A command of the daemon's user with the site's settings as flags.
    pub fn modgate(&self, verb: &[&str]) -> Run {
        let settings = ["--root", &text(&self.root()), "--prefix", &self.prefix, "--state"];
        let run = self.modgate_bare().args(verb).args(settings).args([self.state()]);
        let config = self.path("modgate.toml");
        if config.exists() { run.arg("--config").arg(config) } else { run }
    }

    /// Writes a settings file that every command of [`Self::modgate`] from now on reads, under the flags.
    pub fn configure(&self, settings: &str) {
        fs::write(self.path("modgate.toml"), settings).expect("the site's folder is writable");
    }

    /// A command of the daemon's user without any settings.
    pub fn modgate_bare(&self) -> Run {
        let program = self.program("modgate");
        Run::by(self.actors.daemon.as_ref(), program).envs(self.environment()).dir(&self.path(""))
    }

    /// The path of a built program, where every user of this site can run it.
    #[track_caller]
    pub fn program(&self, name: &str) -> PathBuf {
        self.copies.as_ref().map_or_else(|| programs::built(name), |copies| copies.join(name))
    }

    /// Puts the hooks into every repository under the root.
    #[track_caller]
    pub fn install(&self) -> Done {
        self.modgate(&["install"]).finish().ok()
    }

    /// Starts the daemon and waits until it is ready.
    #[track_caller]
    pub fn serve(&self) -> Daemon {
        Daemon::start(self.modgate(&["serve", "--listen", "127.0.0.1:0"])).ready()
    }

    /// The ledger's entries of all modules.
    #[track_caller]
    pub fn ledger(&self) -> Vec<Value> {
        let done = self.modgate(&["ledger", "list", "--json"]).finish().ok();
        done.json().as_array().cloned().expect("ledger list prints an array")
    }

    /// The ledger's entry of one version.
    #[track_caller]
    pub fn entry(&self, module: &str, version: &str) -> Value {
        self.modgate(&["ledger", "show", module, version, "--json"]).finish().ok().json()
    }

    /// A user that is neither the daemon's nor the pusher's, with no rights of its own.
    pub fn nobody() -> User {
        User { name: "nobody".to_owned(), uid: 65_534, gid: 65_534 }
    }
}

/// Other users cannot run what lies in a private target folder: they get a copy.
#[track_caller]
fn copy_programs(folder: &Path) -> PathBuf {
    let copies = folder.join("bin");
    fs::create_dir(&copies).expect("the site's folder is writable");
    for name in programs::OURS {
        fs::copy(programs::built(name), copies.join(name)).expect("there is room for the programs");
    }
    copies
}

fn open_to_all(folder: &Path) {
    fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("the folder is ours");
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

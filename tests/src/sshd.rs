//! A real OpenSSH server for one account, as a host with a forced `git-shell` runs it.
//!
//! The server runs as the pusher's user and lets that user in with a key; `REMOTE_USER` is set by the
//! key, which is how a hook learns who pushed.

use std::fs::{self, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use nix::unistd::Uid;

use crate::programs::on_path;
use crate::run::Run;
use crate::site::Site;
use crate::users::User;
use crate::wait;

const SSHD: &str = "/usr/sbin/sshd";

/// A running server.
#[derive(Debug)]
pub struct Sshd {
    child: Child,
    port: u16,
    user: String,
    folder: PathBuf,
}

impl Sshd {
    /// Starts a server for the pusher of a site with split users.
    #[track_caller]
    pub fn start(site: &Site) -> Self {
        install();
        let user = site.actors().pusher.clone().expect("ssh needs an account: split the users");
        let folder = site.path("ssh");
        fs::create_dir(&folder).expect("the site's folder is writable");
        user.own(&folder);
        for key in ["host_key", "alice"] {
            let keygen = ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", key];
            by(site, &user, "ssh-keygen").dir(&folder).args(keygen).finish().ok();
        }
        let key = fs::read_to_string(folder.join("alice.pub")).expect("ssh-keygen wrote it");
        let forced = "command=\"exec git-shell -c \\\"$SSH_ORIGINAL_COMMAND\\\"\"";
        let line = format!("{forced},environment=\"REMOTE_USER=alice\",restrict {key}");
        write(&user, &folder.join("authorized_keys"), &line);
        let port = free_port();
        write(&user, &folder.join("config"), &config(&folder, &site.path("home"), port));
        let child =
            by(site, &user, SSHD).args(["-D", "-e", "-f"]).args([folder.join("config")]).spawn();
        let mut server = Self { child, port, user: user.name, folder };
        let listens = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        let ended = server.child.try_wait().ok().flatten();
        assert!(ended.is_none(), "sshd ended at its start: {ended:?}");
        wait::until(wait::SOON, "sshd listens", listens);
        server
    }

    /// The URL of a bare repository.
    pub fn url(&self, bare: &Path) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.user, self.port, bare.display())
    }

    /// What `GIT_SSH_COMMAND` must say.
    pub fn command(&self) -> String {
        let options = "-F none -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
            -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR";
        format!("ssh {options} -i {}", self.folder.join("alice").display())
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

fn by(site: &Site, user: &User, program: &str) -> Run {
    Run::by(Some(user), program).envs(site.environment())
}

fn write(user: &User, path: &Path, text: &str) {
    fs::write(path, text).expect("the folder is writable");
    fs::set_permissions(path, Permissions::from_mode(0o600)).expect("the file is ours");
    user.own(path);
}

fn config(folder: &Path, home: &Path, port: u16) -> String {
    let (folder, home) = (folder.display(), home.display());
    format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder}/host_key\n\
        AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nPasswordAuthentication no\n\
        KbdInteractiveAuthentication no\nPidFile none\nAcceptEnv GIT_PROTOCOL\n\
        PermitUserEnvironment REMOTE_USER\nSetEnv HOME={home}\n"
    )
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("it is bound").port()
}

/// Installs the server where it is missing; says so in words where it cannot.
#[track_caller]
fn install() {
    if Path::new(SSHD).is_file() && on_path("ssh") {
        return;
    }
    assert!(
        Uid::effective().is_root() && on_path("apt-get"),
        "this test needs an ssh server: apt-get install openssh-server openssh-client"
    );
    let apt = |args: &[&str]| {
        let run = Run::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive");
        let wait = ["-q", "-y", "-o", "DPkg::Lock::Timeout=200"];
        run.args(wait).args(args).limit(Duration::from_secs(300)).finish().ok()
    };
    apt(&["update"]);
    apt(&["install", "--no-install-recommends", "openssh-server", "openssh-client"]);
}

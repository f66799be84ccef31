//! Who is at the other end of the socket, and whether they may speak for a repository.
//!
//! Whoever can write a repository can move its refs anyway, so that is the test: the rights at the `refs` folder, and at
//! the folders on the way from the root of the repositories. Whoever can read it sees its versions in git anyway.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rights::{READ, Rights, SEARCH, WRITE};

mod rights;

/// A process that connected to the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Peer {
    uid: u32,
    groups: Vec<u32>,
}

impl Peer {
    /// The peer of a connection. Its groups are those of the process, which need not be those of its
    /// user's entry in the group file.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn of(stream: &tokio::net::UnixStream) -> io::Result<Self> {
        let credentials = stream.peer_cred()?;
        let mut groups = vec![credentials.gid()];
        if let Some(pid) = credentials.pid() {
            // It should wait for an answer. Where it does not, its number may be that of another process by now: one
            // of another user is believed nothing.
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            groups.extend(groups_of(&status, credentials.uid()));
        }
        Ok(Self { uid: credentials.uid(), groups })
    }

    /// Whether it runs as the user who owns the ledger, or as root: what it says is then as good as what
    /// the daemon finds out itself.
    pub(crate) fn is_trusted(&self) -> bool {
        self.uid == 0 || self.uid == nix::unistd::geteuid().as_raw()
    }

    /// The user's number.
    pub(crate) const fn uid(&self) -> u32 {
        self.uid
    }

    /// Whether it could write the refs of the repository in this folder, which lies below `root`.
    pub(crate) fn can_write(&self, root: &Path, repository: &Path) -> bool {
        self.has(root, repository, WRITE | SEARCH)
    }

    /// Whether it could read the refs of the repository in this folder, which lies below `root`.
    pub(crate) fn can_read(&self, root: &Path, repository: &Path) -> bool {
        self.has(root, repository, READ | SEARCH)
    }

    /// Whether it has these rights at the refs. How it comes to the root is its own affair.
    fn has(&self, root: &Path, repository: &Path, wanted: u32) -> bool {
        let may = |path: &Path, wanted| {
            Rights::at(path).is_ok_and(|rights| rights.allow(self.uid, &self.groups, wanted))
        };
        let mut way = repository.ancestors().take_while(|folder| *folder != root);
        self.uid == 0
            || way.all(|folder| may(folder, SEARCH)) && may(&repository.join("refs"), wanted)
    }
}

/// Connections of one user at once. Hosts whose hooks share one user run fewer at a time; whoever opens
/// more shuts out nobody else. A connection that waits costs some kilobytes.
const MAX_OF_ONE: usize = 1024;

/// Who is connected.
#[derive(Debug, Default)]
pub(crate) struct Peers(Mutex<HashMap<u32, usize>>);

/// A connection's place among those of its user.
#[derive(Debug)]
pub(crate) struct Place {
    peers: Arc<Peers>,
    uid: u32,
}

impl Peers {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more connection of this user; `None` where it has too many.
    pub(crate) fn enter(self: &Arc<Self>, uid: u32) -> Option<Place> {
        let mut all = self.lock();
        let count = all.entry(uid).or_default();
        if *count == MAX_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Place { peers: Arc::clone(self), uid })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.peers.lock();
        if let Some(count) = all.get_mut(&self.uid) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.uid);
            }
        }
    }
}

/// The supplementary groups in `/proc/PID/status`, if the process is this user's in every respect.
fn groups_of(status: &str, uid: u32) -> Vec<u32> {
    let numbers = |name: &str| -> Vec<u32> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().filter_map(|id| id.parse().ok()).collect()
    };
    let users = numbers("Uid:");
    let is_its = !users.is_empty() && users.iter().all(|user| *user == uid);
    if is_its { numbers("Groups:") } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_shuts_out_nobody_else() {
        let peers = Arc::new(Peers::default());
        let places: Vec<_> = (0..MAX_OF_ONE).filter_map(|_| peers.enter(7)).collect();
        assert_eq!(places.len(), MAX_OF_ONE);
        assert!(peers.enter(7).is_none());
        assert!(peers.enter(8).is_some());
        drop(places);
        assert!(peers.enter(7).is_some());
        assert!(peers.lock().is_empty());
    }

    #[test]
    fn groups_are_read_from_the_kernels_text() {
        let status =
            "Name:\tx\nUid:\t7\t7\t7\t7\nGid:\t5\t5\t5\t5\nGroups:\t4 24 1000 \nNgid:\t0\n";
        assert_eq!(groups_of(status, 7), [4, 24, 1000]);
        assert_eq!(groups_of("", 7), Vec::<u32>::new());
    }

    #[test]
    fn groups_of_a_process_of_another_user_do_not_count() {
        for users in ["8\t8\t8\t8", "7\t0\t0\t0", "0\t7\t7\t7", ""] {
            let status = format!("Uid:\t{users}\nGroups:\t4\n");
            assert_eq!(groups_of(&status, 7), Vec::<u32>::new(), "{users}");
        }
    }

    #[test]
    fn folders_on_the_way_count() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let root = tempfile::tempdir().unwrap();
        let repository = root.path().join("a/b.git");
        fs::create_dir_all(repository.join("refs")).unwrap();
        let mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap()
        };
        let own = fs::metadata(root.path()).unwrap().uid();
        let peer = Peer { uid: own + 1, groups: Vec::new() };
        // Neither does the root's own mode: it may be reached another way.
        mode(root.path(), 0o700);
        mode(&repository.join("refs"), 0o777);
        assert!(
            peer.can_write(root.path(), &repository) && peer.can_read(root.path(), &repository)
        );
        mode(&root.path().join("a"), 0o750);
        assert!(
            !peer.can_write(root.path(), &repository) && !peer.can_read(root.path(), &repository)
        );
        mode(&root.path().join("a"), 0o711);
        mode(&repository.join("refs"), 0o755);
        assert!(
            !peer.can_write(root.path(), &repository) && peer.can_read(root.path(), &repository)
        );
        assert!(!peer.can_read(root.path(), &root.path().join("a/c.git")));
    }
}

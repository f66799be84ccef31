//! Who is at the other end of the socket, and whether they may speak for a repository.
//!
//! Whoever can write a repository can move its refs anyway, so that is the test: the owner, a member of
//! the group, or anyone, by the rights of the `refs` folder. Access lists are not looked at.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
            // It waits for an answer, so it is still there.
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            groups.extend(groups_of(&status));
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

    /// Whether it could write the refs of the repository in this folder.
    pub(crate) fn can_write(&self, repository: &Path) -> bool {
        let Ok(refs) = fs::metadata(repository.join("refs")) else { return false };
        self.may_write(refs.uid(), refs.gid(), refs.mode())
    }

    fn may_write(&self, owner: u32, group: u32, mode: u32) -> bool {
        let needed = if self.uid == 0 {
            return true;
        } else if self.uid == owner {
            0o200
        } else if self.groups.contains(&group) {
            0o020
        } else {
            0o002
        };
        mode & needed != 0
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

/// The supplementary groups in `/proc/PID/status`.
fn groups_of(status: &str) -> Vec<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Groups:"));
    line.unwrap_or_default().split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_group_and_others_are_told_apart_as_the_system_does() {
        let peer = |uid, groups: &[u32]| Peer { uid, groups: groups.to_vec() };
        assert!(peer(0, &[]).may_write(5, 5, 0o000));
        assert!(peer(5, &[]).may_write(5, 6, 0o755));
        assert!(!peer(7, &[7]).may_write(5, 6, 0o755));
        assert!(peer(7, &[6]).may_write(5, 6, 0o2775));
        assert!(!peer(7, &[6]).may_write(5, 6, 0o757), "the group's rights decide for a member");
        assert!(peer(7, &[8]).may_write(5, 6, 0o757));
    }

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
        assert_eq!(groups_of("Name:\tx\nGroups:\t4 24 1000 \nNgid:\t0\n"), [4, 24, 1000]);
        assert_eq!(groups_of(""), Vec::<u32>::new());
    }
}

//! Who runs what. Usually the test's own user does everything. Inside [`split`], the one who pushes and
//! the one who serves are different Unix users of one group, as on a host with accounts.

use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::chown;
use std::path::Path;
use std::sync::OnceLock;

use nix::unistd::{Group, Uid, User as Account};

use crate::run::Run;

const GROUP: &str = "modgate-e2e";
const DAEMON: &str = "modgate-e2e-serve";
const PUSHER: &str = "modgate-e2e-push";

/// A Unix user to run commands as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The account's name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Id of the one group.
    pub gid: u32,
}

impl User {
    /// Makes a file or folder this user's.
    pub fn own(&self, path: &Path) {
        chown(path, Some(self.uid), Some(self.gid)).expect("root may give files away");
    }
}

/// The users of a site; `None` is the user who runs the tests.
#[derive(Debug, Clone, Default)]
pub struct Actors {
    /// Runs `modgate`.
    pub daemon: Option<User>,
    /// Runs `git`, owns the repositories.
    pub pusher: Option<User>,
}

thread_local! {
    static CURRENT: RefCell<Actors> = RefCell::default();
}

/// The users that a site made now gets.
pub fn current() -> Actors {
    CURRENT.with(|current| current.borrow().clone())
}

/// Runs a story with the daemon's user and the pusher's user apart.
pub fn split<T>(story: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            CURRENT.with(|current| *current.borrow_mut() = Actors::default());
        }
    }
    let reset = Reset;
    CURRENT.with(|current| *current.borrow_mut() = pair());
    let answer = story();
    drop(reset);
    answer
}

/// The two accounts, added to the machine when they are missing.
fn pair() -> Actors {
    static PAIR: OnceLock<Actors> = OnceLock::new();
    PAIR.get_or_init(|| {
        assert!(
            Uid::effective().is_root(),
            "this test must run as root: it adds the users {DAEMON} and {PUSHER} and acts as them"
        );
        let lock = File::create("/tmp/modgate-e2e-users.lock").expect("/tmp is writable");
        lock.lock().expect("a lock can be waited for");
        Actors { daemon: Some(account(DAEMON)), pusher: Some(account(PUSHER)) }
    })
    .clone()
}

fn account(name: &str) -> User {
    if Group::from_name(GROUP).expect("groups can be read").is_none() {
        Run::new("groupadd").args(["--system", GROUP]).finish().ok();
    }
    if let Some(user) = look_up(name) {
        return user;
    }
    let options = ["--system", "--no-create-home", "--home-dir", "/", "--shell", "/bin/sh"];
    Run::new("useradd").args(options).args(["--gid", GROUP, name]).finish().ok();
    look_up(name).expect("useradd added it")
}

fn look_up(name: &str) -> Option<User> {
    let account = Account::from_name(name).expect("users can be read")?;
    Some(User { name: name.to_owned(), uid: account.uid.as_raw(), gid: account.gid.as_raw() })
}

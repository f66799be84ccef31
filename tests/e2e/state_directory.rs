//! Whose the state directory is, and who can read or write what is in it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use modgate_tests::daemon::Daemon;
use modgate_tests::run::Run;
use modgate_tests::site::Site;
use modgate_tests::users::split;

use crate::who_may_write::{pusher, stranger};

const MODULE: &str = "git.example.com/acme/lib";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").mode() & 0o777
}

#[test]
fn ledger_journal_and_cache_are_the_ledger_users_alone() {
    split(|| {
        for umask in ["000", "077"] {
            let site = Site::new();
            let lib = site.repository("acme/lib");
            site.install();
            let daemon_user = site.actors().daemon.clone().expect("inside of split");
            // Whatever the rights were before.
            fs::set_permissions(site.state(), Permissions::from_mode(0o777)).expect("root may");
            let script = "umask $0; exec \"$@\"";
            let program = site.program("modgate");
            let serve = Run::by(Some(&daemon_user), "sh").args(["-c", script, umask]).arg(program);
            let serve = serve.args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--prefix",
                site.prefix(),
                "--root",
            ]);
            let serve = serve.arg(site.root()).arg("--state").arg(site.state());
            let serve = serve.envs(site.environment()).dir(&site.path(""));
            let daemon = Daemon::start(serve).ready();
            lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
            daemon.get(&format!("/{MODULE}/@v/v1.0.0.zip")).has_status(200);
            let state = site.state();
            let modes = ["", "ledger", "cache", "run"].map(|name| mode(&state.join(name)));
            assert_eq!(modes, [0o711, 0o700, 0o700, 0o755], "umask {umask}: {modes:?}");
            let files = ["ledger/journal", "ledger/lock", "run/modgate.sock"];
            let modes = files.map(|name| mode(&state.join(name)));
            assert_eq!(modes, [0o600, 0o600, 0o666], "umask {umask}: {modes:?}");
            for user in [stranger(), pusher(&site)] {
                for name in
                    ["ledger/journal", "ledger/lock", "ledger/index/db", "ledger/index/conf"]
                {
                    assert!(state.join(name).exists(), "{name}");
                    let file = state.join(name);
                    let cat = Run::by(Some(&user), "cat").arg(&file).finish();
                    assert_ne!(cat.code(), 0, "{user:?} reads {name}");
                    let write =
                        Run::by(Some(&user), "sh").args(["-c", "echo x >> \"$0\""]).arg(&file);
                    assert_ne!(write.finish().code(), 0, "{user:?} writes {name}");
                }
                for name in ["", "ledger", "cache", "run"] {
                    let new = state.join(name).join("new");
                    let touch = Run::by(Some(&user), "touch").arg(&new).finish();
                    assert_ne!(touch.code(), 0, "{user:?} makes a file in {name:?}");
                }
                for name in ["ledger", "cache"] {
                    let list = Run::by(Some(&user), "ls").arg(state.join(name)).finish();
                    assert_ne!(list.code(), 0, "{user:?} lists {name}");
                }
            }
        }
    });
}

#[test]
fn state_directory_in_other_hands_is_not_used() {
    split(|| {
        let daemon_user = |site: &Site| site.actors().daemon.clone().expect("inside of split");
        let refused = |site: &Site, what: &str| {
            let done = site.modgate(&["serve", "--listen", "127.0.0.1:0"]).finish().exits(2);
            assert!(done.errors().contains(what), "{what}: {done}");
        };
        // All of it.
        let site = Site::new();
        fs::set_permissions(site.state(), Permissions::from_mode(0o711)).expect("root may");
        stranger().own(&site.state());
        for name in ["ledger", "cache", "run"] {
            fs::create_dir(site.state().join(name)).expect("root may");
            daemon_user(&site).own(&site.state().join(name));
        }
        refused(&site, "belongs to user 65534");
        // A folder in it, or what a link in it leads to.
        for is_link in [false, true] {
            let site = Site::new();
            let ledger = site.state().join("ledger");
            let folder = if is_link { site.path("theirs") } else { ledger.clone() };
            fs::create_dir(&folder).expect("root may");
            fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("root may");
            stranger().own(&folder);
            if is_link {
                symlink(&folder, &ledger).expect("root may");
            }
            refused(&site, "ledger\"");
            assert_eq!(fs::read_dir(&folder).expect("root may").count(), 0);
        }
    });
}

#[test]
fn folder_above_the_state_directory_that_others_may_write_is_named_in_the_log() {
    let site = Site::new();
    let daemon = site.serve();
    assert!(!daemon.log().contains("leads to the state directory"), "{}", daemon.log());
    daemon.stop();
    fs::set_permissions(site.path(""), Permissions::from_mode(0o777)).expect("it is ours");
    let log = site.serve().log();
    assert!(log.contains("leads to the state directory"), "{log}");
}

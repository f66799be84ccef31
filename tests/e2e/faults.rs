//! Faults of the machine and of the repository: each is said in words, and loses nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::Duration;

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::run::Run;
use modgate_tests::site::Site;
use modgate_tests::wait;
use nix::unistd::Uid;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

#[test]
fn second_daemon_on_one_state_directory_is_refused() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let first = gate(&site);
    let second = site
        .modgate(&["serve", "--listen", "127.0.0.1:0"])
        .limit(Duration::from_secs(60))
        .finish()
        .exits(2);
    assert_eq!(second.text(), "", "the second daemon must not say that it serves");
    assert!(second.errors().contains(&site.state().display().to_string()), "{second}");
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
    assert_eq!(first.list(MODULE), ["v1.0.0"]);
}

#[test]
pub(crate) fn socket_of_a_dead_daemon_is_no_obstacle() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
    daemon.kill();
    assert!(
        site.state().join("run/modgate.sock").exists(),
        "a killed daemon leaves its socket behind"
    );
    let daemon = site.serve();
    lib.release("v1.1.0").push(&["main", "v1.1.0"]).accepted().receipt();
    assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.1.0"]);
}

#[test]
fn push_without_a_daemon_is_recorded_by_the_hook() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    site.install();
    let first = lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
    lib.tag("v2.0.0").push(&["v2.0.0"]).refused().says("major-suffix-missing");
    assert_eq!(site.entry(MODULE, "v1.0.0")["h1"], first.h1.as_str());
    let daemon = site.serve();
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    assert_eq!(Go::through(&site, "go", &daemon.url()).fetch(MODULE, "v1.0.0").sum, first.h1);
    daemon.kill();
    // The socket is still there, and nobody listens.
    lib.release("v1.1.0").push(&["main", "v1.1.0"]).accepted().receipt();
    assert_eq!(site.serve().list(MODULE), ["v1.0.0", "v1.1.0"]);
}

#[test]
fn state_directory_that_is_no_directory_is_said_in_words() {
    let site = Site::new();
    let file = site.path("file");
    fs::write(&file, "no folder").expect("the site's folder is writable");
    let run = site
        .modgate_bare()
        .args(["serve", "--listen", "127.0.0.1:0", "--state"])
        .arg(file.join("state"));
    let done = run.arg("--root").arg(site.root()).finish().exits(2);
    assert!(done.errors().contains(&file.join("state").display().to_string()), "{done}");
}

#[test]
fn state_directory_that_is_not_writable_is_said_in_words() {
    let site = Site::new();
    let nobody = Site::nobody();
    // Nothing is closed to root: another user tries a folder of root's. Others may not write to `/`.
    let (user, state, program) = if Uid::effective().is_root() {
        let state = site.path("closed");
        fs::create_dir(&state).expect("the site's folder is writable");
        (Some(&nobody), state, copy_for_all(&site))
    } else {
        (None, PathBuf::from("/modgate-e2e-closed"), site.program("modgate"))
    };
    let run = Run::by(user, program).envs(site.environment()).dir(&site.path(""));
    let run = run.args(["serve", "--listen", "127.0.0.1:0", "--root"]).arg(site.root());
    let done = run.arg("--state").arg(&state).limit(Duration::from_secs(30)).finish().exits(2);
    assert!(done.errors().contains(&state.display().to_string()), "{done}");
    // A folder of somebody else's: EPERM or EACCES, by what is tried first.
    let errors = done.errors().to_lowercase();
    assert!(errors.contains("permission denied") || errors.contains("not permitted"), "{done}");
}

fn copy_for_all(site: &Site) -> PathBuf {
    let copy = site.path("modgate-copy");
    fs::copy(site.program("modgate"), &copy).expect("there is room for the program");
    copy
}

#[test]
fn socket_path_that_is_too_long_is_said_in_words() {
    let site = Site::new();
    let long = site.path(&"long".repeat(30));
    let run = site.modgate_bare().args(["serve", "--listen", "127.0.0.1:0", "--state"]).arg(&long);
    let done = run.arg("--root").arg(site.root()).finish().exits(2);
    assert!(done.errors().contains("107"), "{done}");
}

#[test]
fn root_that_does_not_exist_is_said_in_words() {
    let site = Site::new();
    let missing = site.path("missing");
    let run =
        site.modgate_bare().args(["serve", "--listen", "127.0.0.1:0", "--state"]).arg(site.state());
    let done = run.arg("--root").arg(&missing).finish().exits(2);
    assert!(done.errors().contains(&missing.display().to_string()), "{done}");
}

#[test]
fn address_in_use_is_said_in_words() {
    let site = Site::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let done = site.modgate(&["serve", "--listen", &address]).finish().exits(2);
    assert!(done.errors().contains(&address), "{done}");
}

/// A repository that libgit2 cannot read: the daemon names it and serves the others; a push of a release
/// is refused in words, a branch passes.
#[track_caller]
fn check_unreadable(site: &Site, name: &str, word: &str) {
    let fine = site.repository("acme/lib");
    // The others are installed all the same.
    let installed = site.install();
    assert!(installed.errors().contains(name) && installed.errors().contains(word), "{installed}");
    let daemon = site.serve();
    let named = |log: &str| log.contains(name) && log.contains(word);
    wait::until(wait::SOON, "the log names the repository", || named(&daemon.log()));
    fine.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
    daemon.get(&format!("/git.example.com/{name}/@v/v1.0.0.info")).has_status(404);
}

#[test]
fn sha256_repository_is_reported() {
    let site = Site::new();
    let (bare, work) = (site.root().join("odd/sha.git"), site.path("work").join("sha"));
    let work_dir = site.path("work");
    let init = |path: &Path, bare: &[&str]| {
        let command = ["init", "--quiet", "--initial-branch=main", "--object-format=sha256"];
        site.git(&work_dir).args(command).args(bare).arg(path).finish().ok();
    };
    init(&bare, &["--bare"]);
    init(&work, &[]);
    check_unreadable(&site, "odd/sha", "SHA-256");
    fs::write(work.join("go.mod"), "module git.example.com/odd/sha\n").expect("writable");
    fs::write(work.join("code.go"), "package sha\n").expect("writable");
    let git = |args: &[&str]| site.git(&work).args(args).finish();
    git(&["add", "--all"]).ok();
    git(&["commit", "--quiet", "--message", "one"]).ok();
    git(&["tag", "v1.0.0"]).ok();
    let url = bare.display().to_string();
    site.modgate(&["install", "odd/sha"]).finish().ok();
    git(&["push", &url, "main"]).ok();
    git(&["tag", "nightly"]).ok();
    git(&["push", &url, "nightly"]).ok();
    let push: modgate_tests::push::Push = git(&["push", &url, "v1.0.0"]).into();
    push.refused().says("SHA-256").says("not your fault");
}

#[test]
fn reftable_repository_is_reported() {
    let site = Site::new();
    let odd = site.repository("odd/table");
    let config = odd.bare().join("config");
    // As git 2.45 and newer writes it; older ones cannot make or read such a repository.
    let text = fs::read_to_string(&config).expect("git wrote it");
    let text = text.replace("repositoryformatversion = 0", "repositoryformatversion = 1");
    fs::write(&config, text + "[extensions]\n\trefStorage = reftable\n").expect("writable");
    fs::create_dir(odd.bare().join("reftable")).expect("writable");
    fs::write(odd.bare().join("reftable/tables.list"), "").expect("writable");
    fs::write(odd.bare().join("HEAD"), "ref: refs/heads/.invalid\n").expect("writable");
    check_unreadable(&site, "odd/table", "reftable");
}

/// The file of a loose object on the server.
#[track_caller]
fn loose(lib: &Repository<'_>, revision: &str) -> PathBuf {
    let id = lib.server(&["rev-parse", revision]).line();
    let file = lib.bare().join("objects").join(&id[..2]).join(&id[2..]);
    assert!(file.is_file(), "{revision} is not a loose object");
    file
}

/// A release whose content the server has already, with one object spoilt there.
#[track_caller]
fn check_spoilt(spoil: impl Fn(&Path)) {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push_main();
    let file = loose(&lib, "main:code.go");
    let intact = fs::read(&file).expect("it is readable");
    spoil(&file);
    lib.push(&["v1.0.0"]).refused().says("not your fault").lacks("git tag -d");
    // Pushes without a release pass.
    lib.tag("nightly").push(&["nightly"]).accepted();
    assert_eq!(daemon.list(MODULE), Vec::<String>::new());
    fs::remove_file(&file).ok();
    fs::write(&file, intact).expect("the object can be restored");
    lib.push(&["v1.0.0"]).accepted().receipt();
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
}

#[test]
fn missing_object_is_not_the_pushers_fault() {
    check_spoilt(|file| fs::remove_file(file).expect("it is ours"));
}

#[test]
fn corrupt_object_is_not_the_pushers_fault() {
    check_spoilt(|file| {
        fs::set_permissions(file, Permissions::from_mode(0o644)).expect("it is ours");
        fs::write(file, b"this is no object").expect("it is ours");
    });
}

#[test]
fn object_with_other_content_is_not_the_pushers_fault() {
    let site = Site::new();
    let other = site.repository("acme/other");
    other.write("code.go", "package forged\n").commit("forged");
    let forged = other.git(&["rev-parse", "HEAD:code.go"]).line();
    let source = other.work().join(".git/objects").join(&forged[..2]).join(&forged[2..]);
    let bytes = fs::read(source).expect("git wrote it");
    check_spoilt(|file| {
        fs::set_permissions(file, Permissions::from_mode(0o644)).expect("it is ours");
        fs::write(file, &bytes).expect("it is ours");
    });
}

// Rules: X20
#[test]
fn zip_whose_object_is_gone_is_a_server_error_and_comes_back() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let receipt = lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
    let file = loose(&lib, "main:code.go");
    let intact = fs::read(&file).expect("it is readable");
    fs::remove_file(&file).expect("it is ours");
    // Either an error status or a connection that is cut before its end: never a whole wrong zip.
    let path = format!("/{MODULE}/@v/v1.0.0.zip");
    if let Ok(answer) = modgate_tests::http::request(daemon.address(), "GET", &path, &[]) {
        assert!((500..600).contains(&answer.status), "{answer}");
        assert!(
            !answer.text().contains(&site.root().display().to_string()),
            "inner text: {answer}"
        );
    }
    fs::write(&file, intact).expect("the object can be restored");
    assert_eq!(Go::through(&site, "go", &daemon.url()).fetch(MODULE, "v1.0.0").sum, receipt.h1);
}

#[test]
pub(crate) fn one_of_two_pushes_of_a_tag_at_the_same_moment_wins() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v0.1.0").push_main();
    let clones = [lib.clone_again("first"), lib.clone_again("second")];
    for patch in 0..6 {
        let version = format!("v1.0.{patch}");
        for (number, clone) in clones.iter().enumerate() {
            clone.write("who.txt", format!("{number} {version}")).commit(&version);
            clone.tag(&version);
        }
        let barrier = Barrier::new(2);
        let pushes = std::thread::scope(|scope| {
            let threads = clones.each_ref().map(|clone| {
                let (barrier, version) = (&barrier, &version);
                scope.spawn(move || {
                    barrier.wait();
                    clone.push(&[&format!("refs/tags/{version}")])
                })
            });
            threads.map(|thread| thread.join().expect("the push ends"))
        });
        let winners: Vec<usize> = (0..2).filter(|number| pushes[*number].is_accepted()).collect();
        assert_eq!(winners.len(), 1, "{pushes:?}");
        let entry = site.entry(MODULE, &version);
        assert_eq!(entry["commit"], clones[winners[0]].head().as_str());
        assert_eq!(entry["h1"], pushes[winners[0]].receipt().h1.as_str());
        let info = daemon.get(&format!("/{MODULE}/@v/{version}.info")).json();
        assert_eq!(info["Origin"]["Hash"], entry["commit"]);
    }
    let entries = site.ledger();
    let accepted = entries.iter().filter(|entry| entry["state"] == "accepted").count();
    assert_eq!(accepted, 6, "{entries:?}");
}

#[test]
fn damaged_index_is_rebuilt_from_the_journal() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let receipt = lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
    daemon.stop();
    spoil_sled(&site.state());
    let daemon = site.serve();
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    assert_eq!(site.entry(MODULE, "v1.0.0")["h1"], receipt.h1.as_str());
}

/// Overwrites every file of the sled directory, wherever it lies in the state.
fn spoil_sled(folder: &Path) {
    for entry in fs::read_dir(folder).expect("the state is readable") {
        let path = entry.expect("the state is readable").path();
        if path.is_dir() {
            spoil_sled(&path);
        } else if folder.join("db").is_file() && folder.join("conf").is_file() {
            fs::write(&path, b"spoilt").expect("the state is writable");
        }
    }
}

#[test]
fn daemon_log_is_on_stderr_and_one_line_on_stdout() {
    let site = Site::new();
    let daemon: Daemon = gate(&site);
    daemon.get("/healthz").has_status(200);
    let log = daemon.stop();
    assert!(!log.contains("panicked"), "{log}");
}

//! The time limit of a push: what the pusher reads when it ends, and that nothing is lost by it.

use std::fmt::Write as _;
use std::time::Instant;

use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::wait;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

/// So many files that no machine plans their zip in a moment.
const FILES: usize = 3000;

/// Commits many files, and tags of which each changes one.
#[track_caller]
fn large(lib: &Repository<'_>, tags: &[&str]) {
    let mut stream = String::new();
    let file =
        |name: &str, text: &str| format!("M 100644 inline {name}\ndata {}\n{text}\n", text.len());
    for (n, _) in tags.iter().enumerate() {
        let time = 1_700_000_000 + n;
        let _ = write!(
            stream,
            "commit refs/heads/main\nmark :{}\ncommitter T <t@example.com> {time} +0000\ndata 1\nc\n",
            n + 1
        );
        stream.push_str(&file("note.txt", &n.to_string()));
        if n == 0 {
            stream.push_str(&file("go.mod", &format!("module {MODULE}\n\ngo 1.21\n")));
            for n in 0..FILES {
                stream.push_str(&file(&format!("p{n}/code.go"), &format!("package p{n}\n")));
            }
        }
    }
    for (n, tag) in tags.iter().enumerate() {
        let _ = write!(stream, "reset refs/tags/{tag}\nfrom :{}\n\n", n + 1);
    }
    lib.git_run(&["fast-import", "--quiet"]).stdin(stream).finish().ok();
}

fn limit(site: &Site, milliseconds: u32, on_error: &str) {
    site.configure(&format!(
        "[policy]\ntime_limit_ms = {milliseconds}\non_error = \"{on_error}\"\n"
    ));
    site.install();
}

#[test]
fn closed_says_to_push_in_groups_and_they_get_in() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    limit(&site, 1, "closed");
    let daemon = gate(&site);
    large(&lib, &["v1.0.0", "v1.1.0", "v1.2.0"]);
    let push = lib.push(&["main", "v1.0.0", "v1.1.0", "v1.2.0"]).refused();
    let said = push.remote();
    let (first, rest) = said.split_once(" ended while ").expect("the limit ended");
    assert_eq!(
        first.replace("\n ", ""),
        "modgate: the check of this push could not be completed: the limit of 1 ms (time_limit_ms)"
    );
    let (_, rest) = rest.split_once("\nThis").expect("a sentence follows");
    assert_eq!(
        rest,
        " is not your fault. Please tell the people who run this server.\n\
         The push is refused, because it holds a release tag. Branches alone can\n  be pushed.\n\
         Push the branches first, then the tags in groups:\n\
         \x20     git push origin main\n\
         \x20     git push origin v1.0.0\n\
         \x20     git push origin v1.1.0\n\
         \x20     git push origin v1.2.0\n"
    );
    assert!(!lib.server_has("v1.0.0"));
    // One tag cannot be pushed in groups.
    lib.push(&["main", "v1.0.0"]).refused().says("time_limit_ms").lacks("in groups");
    // The commands, where they are given time.
    lib.push(&["main"]).accepted().silent();
    limit(&site, 60_000, "closed");
    for tag in ["v1.0.0", "v1.1.0", "v1.2.0"] {
        lib.push(&[tag]).accepted().receipt();
    }
    assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.1.0", "v1.2.0"]);
}

#[test]
fn open_lets_in_what_is_judged_later() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    limit(&site, 1, "open");
    let daemon = gate(&site);
    large(&lib, &["v1.0.0", "v2.0.0"]);
    lib.push(&["main", "v1.0.0", "v2.0.0"])
        .accepted()
        .says("the limit of 1 ms (time_limit_ms) ended while")
        .says("The push is let in, and its tags are judged later.")
        .lacks("in groups");
    daemon.wait_for(wait::SOON, MODULE, "v1.0.0");
    // The judgement that came later is the same.
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    daemon.get(&format!("/{MODULE}/v2/@v/v2.0.0.info")).has_status(404);
    assert_eq!(site.entry(MODULE, "v1.0.0")["state"], "accepted");
}

#[test]
fn silent_daemon_is_not_waited_for_beyond_the_limit() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    limit(&site, 300, "closed");
    let daemon = gate(&site);
    lib.release("v1.0.0").release("v1.1.0");
    let pid = Pid::from_raw(i32::try_from(daemon.pid()).expect("process ids are small"));
    kill(pid, Signal::SIGSTOP).expect("the daemon is ours");
    let start = Instant::now();
    let push = lib.push(&["main", "v1.0.0", "v1.1.0"]);
    let took = start.elapsed();
    kill(pid, Signal::SIGCONT).expect("the daemon is ours");
    push.refused().says("waiting for the ledger").lacks("in groups");
    assert!(took < wait::SOON, "{took:?}");
    limit(&site, 60_000, "closed");
    lib.push(&["main", "v1.0.0", "v1.1.0"]).accepted();
    assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.1.0"]);
}

#[test]
fn hashes_of_a_push_that_another_hook_refused_are_kept_for_the_next_try() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let update = lib.bare().join("hooks/update");
    std::fs::write(&update, "#!/bin/sh\nexit 1\n").expect("the hook is writable");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&update, executable).expect("the hook is ours");
    lib.release("v1.0.0");
    assert!(!lib.push(&["main", "v1.0.0"]).is_accepted());
    let status = || site.modgate(&["status", "--json"]).finish().ok().json();
    assert_eq!(status()["pending"], 1);
    assert_eq!(daemon.list(MODULE), Vec::<String>::new());
    std::fs::remove_file(&update).expect("the hook is ours");
    let receipt = lib.push(&["main", "v1.0.0"]).accepted().receipt();
    assert_eq!(site.entry(MODULE, "v1.0.0")["h1"], receipt.h1.as_str());
    assert_eq!(status()["pending"], 0);
}

//! Clocks that are wrong, and clocks that jump: of daemon and hooks, the real programs, under another clock.
//!
//! Nothing is lost by it: the journal is in the order of its lines, and how long a proposal waits is measured without the clock.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use modgate_tests::clock::Clock;
use modgate_tests::daemon::Daemon;
use modgate_tests::push::Push;
use modgate_tests::repository::Repository;
use modgate_tests::run::Run;
use modgate_tests::site::Site;
use modgate_tests::wait;

const MODULE: &str = "git.example.com/acme/lib";
const YEAR: i64 = 31_536_000;

#[track_caller]
fn serve(site: &Site, clock: &Clock) -> Daemon {
    Daemon::start(clock.of(site.modgate(&["serve", "--listen", "127.0.0.1:0"]))).ready()
}

#[track_caller]
fn push(lib: &Repository<'_>, tag: &str, clock: &Clock) -> Push {
    clock.of(lib.site().git(lib.work())).args(["push", "origin", tag]).finish().into()
}

fn now() -> i64 {
    let since =
        SystemTime::now().duration_since(UNIX_EPOCH).expect("this machine's clock is right");
    i64::try_from(since.as_secs()).expect("it is")
}

/// Pushes with and without a daemon while the clock goes wrong by `offset`; then it is right again.
#[track_caller]
fn check(offset: i64, year: &str) {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let clock = Clock::new(&site);
    site.install();
    lib.release("v1.0.0").push_main();
    let before = push(&lib, "v1.0.0", &clock).accepted().receipt();
    clock.jump(offset);
    lib.tag("v1.1.0");
    let mut receipts = vec![before, push(&lib, "v1.1.0", &clock).accepted().receipt()];
    assert!(site.entry(MODULE, "v1.1.0")["time"].as_str().is_some_and(|t| t.starts_with(year)));
    let daemon = serve(&site, &clock);
    lib.tag("v1.2.0");
    receipts.push(push(&lib, "v1.2.0", &clock).accepted().receipt());
    assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.1.0", "v1.2.0"]);
    // Right again, under the daemon.
    clock.jump(0);
    lib.tag("v1.3.0");
    receipts.push(push(&lib, "v1.3.0", &clock).accepted().receipt());
    // What another clock recorded holds all the same.
    lib.write("more.txt", "more").commit("more");
    lib.tag("v1.1.0").push(&["--force", "v1.1.0"]).refused().says("tag-moved");
    daemon.stop();
    let daemon = site.serve();
    assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"]);
    for receipt in receipts {
        assert_eq!(site.entry(MODULE, &receipt.version)["h1"], receipt.h1.as_str());
        daemon.get(&format!("/{MODULE}/@v/{}.zip", receipt.version)).has_status(200);
    }
    site.modgate(&["ledger", "verify"]).finish().ok();
    let status = site.modgate(&["status", "--json"]).finish().ok().json();
    assert_eq!(status["pending"], 0, "{status}");
}

#[test]
fn clock_a_year_back_loses_nothing() {
    check(-YEAR, "20");
}

#[test]
fn clock_at_1970_loses_nothing() {
    check(-now() + 100, "1970-01-01T00:");
}

// The kernel lets nobody set a clock before 1970, or some time after 2232.
#[test]
fn clock_two_centuries_ahead_loses_nothing() {
    check(200 * YEAR, "22");
}

#[test]
fn clock_beyond_the_year_9999_is_said_in_words_and_loses_nothing() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let clock = Clock::new(&site);
    site.install();
    lib.release("v1.0.0").push_main();
    clock.jump(300_000_000_000);
    // Hooks write what can be written.
    let receipt = push(&lib, "v1.0.0", &clock).accepted().receipt();
    assert_eq!(site.entry(MODULE, "v1.0.0")["time"], "9999-12-31T23:59:59Z");
    // No answer of HTTP can have such a date.
    let serve = clock.of(site.modgate(&["serve", "--listen", "127.0.0.1:0"]));
    serve.limit(Duration::from_secs(30)).finish().exits(2).says("beyond the year 9999");
    let daemon = site.serve();
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    assert_eq!(site.entry(MODULE, "v1.0.0")["h1"], receipt.h1.as_str());
}

/// The clock jumps between the two hooks of a push, and the daemon is started again meanwhile: it looks through what waits.
#[track_caller]
fn check_jump_in_a_push(offset: i64) {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let clock = Clock::new(&site);
    site.install();
    lib.release("v1.0.0").push_main();
    let (reached, go_on) = (site.path("reached"), site.path("go-on"));
    let hook = lib.bare().join("hooks/update");
    let wait_there = format!(
        "#!/bin/sh\ntouch '{}'\nwhile [ ! -e '{}' ]; do sleep 0.02; done\n",
        reached.display(),
        go_on.display()
    );
    fs::write(&hook, wait_there).expect("the repository is ours");
    Run::new("chmod").args(["+x"]).arg(&hook).finish().ok();
    let daemon = serve(&site, &clock);
    std::thread::scope(|scope| {
        let push = scope.spawn(|| push(&lib, "v1.0.0", &clock));
        wait::until(wait::SOON, "the push waits between its hooks", || reached.exists());
        clock.jump(offset);
        daemon.stop();
        let daemon = serve(&site, &clock);
        // What was too old by its clock would be gone when it is ready.
        wait::within(Duration::from_millis(200), || None::<()>);
        fs::write(&go_on, "").expect("the site's folder is writable");
        push.join().expect("the push ends").accepted().receipt();
        let entry = site.entry(MODULE, "v1.0.0");
        assert_eq!(entry["how"], "pushed", "who pushed it is lost: {entry}");
        assert!(entry["pusher"].is_string(), "{entry}");
        daemon.stop();
    });
}

#[test]
fn clock_that_jumps_ahead_in_the_middle_of_a_push_loses_nothing_of_it() {
    check_jump_in_a_push(YEAR);
}

#[test]
fn clock_that_jumps_back_in_the_middle_of_a_push_loses_nothing_of_it() {
    check_jump_in_a_push(-YEAR);
}

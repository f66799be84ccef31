//! Hooks and daemon killed, or failed, at each system call that touches a disk.

use std::os::unix::net::UnixStream;
use std::time::Duration;

use modgate_tests::budget;
use modgate_tests::daemon::Daemon;
use modgate_tests::faults::history::{Again, History};
use modgate_tests::faults::inject::{Fault, Hooks, Point, points, prefix};
use modgate_tests::random::{Random, seed};
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::wait;

const MODULE: &str = "git.example.com/acme/lib";

/// A host whose pushes can be disturbed.
struct Story<'s> {
    site: &'s Site,
    lib: Repository<'s>,
    hooks: Hooks,
    history: History,
    pushes: usize,
}

impl<'s> Story<'s> {
    fn new(site: &'s Site) -> Self {
        let lib = site.repository("acme/lib");
        site.install();
        let hooks = Hooks::of(site, lib.bare());
        let history = History::of(MODULE);
        let mut story = Self { site, lib, hooks, history, pushes: 0 };
        story.push();
        // A version that must never be served.
        let refused = story.lib.tag("v2.0.0").push(&["v2.0.0"]);
        refused.refused().says("major-suffix-missing");
        story.history.refused("v2.0.0");
        story
    }

    /// Pushes the next version; whether it is promised now.
    fn push(&mut self) -> (String, bool) {
        self.pushes += 1;
        let version = format!("v1.{}.0", self.pushes);
        let push = self.lib.release(&version).push(&["main", &version]);
        let is_promise = self.history.pushed(&push, &version);
        (version, is_promise)
    }

    /// What this hook does to a disk in a push that nothing disturbs.
    fn points(&mut self, hook: &str) -> Vec<Point> {
        let log = self.hooks.log(hook);
        self.hooks.order(hook, &prefix(&log, None));
        assert!(self.push().1, "a push that is only watched goes through");
        self.hooks.free();
        let found = points(&log, &self.site.path(""));
        assert!(found.len() > 5, "{hook}: {found:?}");
        found
    }

    /// A push during which this happens in a hook; then all is well again, and the version can be had.
    fn disturb(&mut self, hook: &str, point: &Point, fault: Fault) {
        let what = format!("{hook}, {fault:?} at {point:?}");
        let log = self.hooks.log("fault");
        self.hooks.order(hook, &prefix(&log, Some((point, fault))));
        let (version, is_promise) = self.push();
        self.hooks.free();
        if fault == Fault::Kill && hook == "post-receive" {
            assert!(self.lib.server_has(&version), "{what}: the refs are there already");
        }
        self.history.check_ledger(self.site, &what);
        if !is_promise {
            self.lib.push(&["main", &version]).accepted();
        }
        let (next, is_promise) = self.push();
        assert!(is_promise, "{what}: {next} has no receipt");
    }
}

/// Some of the points in a short run, all in a long one.
fn some(points: Vec<Point>, count: usize, random: &mut Random) -> Vec<Point> {
    let mut points = points;
    let wanted = budget::choose(count, usize::MAX).min(points.len());
    while points.len() > wanted {
        points.swap_remove(random.below(points.len() as u64) as usize);
    }
    points
}

/// Without a daemon, the hooks write the ledger themselves: pre-receive the proposals, post-receive the entries.
#[track_caller]
fn check_hooks(fault: Fault, count: usize) -> usize {
    let site = Site::new();
    let mut story = Story::new(&site);
    let mut random = Random::new(seed());
    let mut done = 0;
    for hook in ["pre-receive", "post-receive"] {
        let found = story.points(hook);
        for point in some(found, count, &mut random) {
            story.disturb(hook, &point, fault);
            done += 1;
        }
    }
    let daemon = site.serve();
    story.history.check_served(&site, &daemon, &format!("seed {}", seed()), Again::All);
    done
}

#[test]
fn hooks_that_are_killed_at_any_call_lose_nothing() {
    say(&format!("{} kills of hooks", check_hooks(Fault::Kill, 8)));
}

#[test]
fn hooks_whose_calls_find_the_disk_full_lose_nothing() {
    say(&format!("{} calls of hooks, ENOSPC", check_hooks(Fault::Error("ENOSPC"), 6)));
}

#[test]
fn hooks_whose_calls_fail_lose_nothing() {
    say(&format!("{} calls of hooks, EIO", check_hooks(Fault::Error("EIO"), 6)));
}

/// The verb is killed at a call, while it has the ledger: the old journal or the new one is there, and whole.
#[test]
fn a_compaction_that_is_killed_at_any_call_loses_nothing() {
    let site = Site::new();
    let mut story = Story::new(&site);
    let mut random = Random::new(seed());
    let compact = || site.modgate(&["ledger", "compact", "--reason", "it grew"]);
    let log = story.hooks.log("compact");
    compact().behind(&prefix(&log, None)).finish().ok();
    let found = points(&log, &site.path(""));
    assert!(found.iter().any(|point| point.seen.contains("journal.sealed.1")), "{found:?}");
    let found = some(found, 12, &mut random);
    let done = found.len();
    for point in found {
        let log = story.hooks.log("fault");
        compact().behind(&prefix(&log, Some((&point, Fault::Kill)))).finish();
        let what = format!("seed {}, kill of a compaction at {point:?}", seed());
        let status = site.modgate(&["status", "--json"]).finish().json();
        // sled cannot always read what it was writing; then the index is made again. The journal never is.
        let damage = status["damage"].as_str().expect("it is text");
        for word in ["the journal was", "nothing can", "journal.damaged", "older than the journal"]
        {
            assert!(!damage.contains(word), "{what}: {damage}");
        }
        story.history.check_ledger(&site, &what);
        assert!(story.push().1, "{what}: the next push has no receipt");
    }
    compact().finish().ok();
    site.modgate(&["ledger", "verify"]).finish().ok();
    let daemon = site.serve();
    story.history.check_served(&site, &daemon, "at the end", Again::All);
    say(&format!("{done} kills of compactions"));
}

/// A daemon with something before it.
fn serve(site: &Site, words: &[String]) -> Daemon {
    let run = site.modgate(&["serve", "--listen", "127.0.0.1:0"]);
    Daemon::start(run.behind(words))
}

/// What a daemon does to a disk, from its start through pushes to its end.
fn daemon_points(story: &mut Story<'_>) -> Vec<Point> {
    let log = story.hooks.log("daemon");
    let daemon = serve(story.site, &prefix(&log, None)).ready();
    for _ in 0..3 {
        assert!(story.push().1);
    }
    daemon.get(&format!("/{MODULE}/@v/v1.1.0.zip")).has_status(200);
    daemon.stop();
    let found = points(&log, &story.site.path(""));
    assert!(found.len() > 30, "{found:?}");
    found
}

/// A daemon is killed at a point, wherever it has come to; the hooks meet one, or none, or one that dies.
#[test]
fn daemons_that_are_killed_at_any_call_lose_nothing() {
    let site = Site::new();
    let mut story = Story::new(&site);
    let mut random = Random::new(seed());
    let found = daemon_points(&mut story);
    let mut done = 0;
    for point in some(found, 14, &mut random) {
        let log = story.hooks.log("fault");
        // It may be dead before it serves.
        let words = prefix(&log, Some((&point, Fault::Kill)));
        let (mut daemon, mut serves) = started(&site, &words);
        if serves.is_none() && daemon.log().is_empty() {
            daemon.kill();
            (daemon, serves) = started(&site, &words);
        }
        assert!(serves.is_some(), "{point:?}: neither dead nor alive:\n{}", daemon.log());
        let (version, is_promise) = story.push();
        if random.below(3) == 0 {
            daemon.terminate();
            let _dead = daemon.lives_for(Duration::from_millis(500));
        }
        daemon.kill();
        let what = format!("seed {}, kill at {point:?}", seed());
        story.history.check_ledger(&site, &what);
        if !is_promise {
            story.lib.push(&["main", &version]).accepted();
        }
        done += 1;
        if done % 25 == 0 {
            story.history.check_served(&site, &site.serve(), &what, Again::New);
        }
    }
    let daemon = site.serve();
    story.history.check_served(&site, &daemon, "at the end", Again::All);
    assert!(story.push().1);
    say(&format!("{done} kills of daemons"));
}

/// A daemon, and whether it serves; none where it neither serves nor ends.
fn started(site: &Site, words: &[String]) -> (Daemon, Option<bool>) {
    let mut daemon = serve(site, words);
    let socket = site.state().join("run/modgate.sock");
    let serves = wait::within(wait::SOON, || {
        let is_dead = !daemon.lives_for(Duration::ZERO);
        let answers = UnixStream::connect(&socket).is_ok();
        (is_dead || answers).then_some(answers)
    });
    (daemon, serves)
}

/// A call of the daemon fails once, on the files of the ledger and of the repository; the same daemon goes on.
#[test]
fn daemons_whose_calls_fail_go_on() {
    let site = Site::new();
    let mut story = Story::new(&site);
    let mut random = Random::new(seed());
    // Waking a thread is a write as well, and never fails: only calls that name a file are taken.
    let is_file = |point: &Point| point.call != "write" || point.seen.contains("/ledger/");
    let found: Vec<Point> = daemon_points(&mut story).into_iter().filter(is_file).collect();
    let mut done = 0;
    for point in some(found, 10, &mut random) {
        for error in ["ENOSPC", "EIO"] {
            let log = story.hooks.log("fault");
            let mut words = prefix(&log, Some((&point, Fault::Error(error))));
            if point.call == "write" {
                let journal = site.state().join("ledger/journal");
                words.extend(["-P".to_owned(), journal.display().to_string()]);
            }
            let what = format!("seed {}, {error} at {point:?}", seed());
            let (mut daemon, mut serves) = started(&site, &words);
            if serves.is_none() && daemon.log().is_empty() {
                // strace itself did not get its program to run, on a busy machine.
                daemon.kill();
                (daemon, serves) = started(&site, &words);
            }
            if serves != Some(true) {
                // A start that fails says so; the next one is fine.
                assert!(daemon.log().contains("modgate: "), "{what}: no word:\n{}", daemon.log());
                daemon.kill();
                continue;
            }
            // strace counts in each thread, so that the call may fail in a few of them.
            let promised = (0..8).any(|_| story.push().1);
            assert!(promised, "{what}: no push has a receipt:\n{}", daemon.log());
            story.history.check_ledger(&site, &what);
            daemon.kill();
            done += 1;
        }
    }
    let daemon = site.serve();
    story.history.check_served(&site, &daemon, "at the end", Again::All);
    say(&format!("{done} failed calls of daemons"));
}

#[expect(clippy::print_stderr, reason = "the counts belong to what was tested")]
fn say(text: &str) {
    eprintln!("{text}");
}

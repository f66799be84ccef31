//! `kill -9` of the daemon at any moment: what was accepted is served, with the same hash.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::push::Receipt;
use modgate_tests::random::Random;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

const MODULE: &str = "git.example.com/acme/lib";
const KILLS: usize = 50;

/// A slow machine gets more kills until so many pushes went through.
const PUSHES: usize = 10;

/// A daemon lives at most this long.
const LIFE_MS: u64 = 350;

/// What the pusher was told.
#[derive(Default)]
struct Told {
    pushed: Vec<String>,
    receipts: Vec<Receipt>,
}

#[test]
pub(crate) fn accepted_versions_survive_fifty_kills() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    site.install();
    lib.release("v0.1.0").push_main();
    let (stop, stopped) = mpsc::channel();
    let pushed = AtomicUsize::new(0);
    let told = std::thread::scope(|scope| {
        let pusher = scope.spawn(|| push_until(&lib, stopped, &pushed));
        kill_again_and_again(&site, &pushed);
        drop(stop);
        pusher.join().expect("the pusher ends")
    });
    let daemon = site.serve();
    check(&site, &daemon, &told);
    let receipt = lib
        .release("v2.0.0-last")
        .module_at("", MODULE)
        .tag("v1.9999.0")
        .push(&["v1.9999.0"])
        .accepted();
    assert_eq!(receipt.receipt().version, "v1.9999.0");
    daemon.stop();
    // The journal alone holds it all as well.
    check(&site, &site.serve(), &told);
}

/// Starts and kills; a daemon that was killed before it did anything counts as well.
fn kill_again_and_again(site: &Site, pushed: &AtomicUsize) {
    let mut random = Random::new(20_261_125);
    let end = Instant::now() + Duration::from_secs(120);
    let mut kills = 0;
    while kills < KILLS || pushed.load(Ordering::Relaxed) < PUSHES {
        kills += 1;
        let mut daemon = Daemon::start(site.modgate(&["serve", "--listen", "127.0.0.1:0"]));
        // Two of three daemons get as far as serving, so that pushes meet a living one.
        if random.below(3) > 0 {
            daemon = daemon.serving();
        }
        let life = Duration::from_millis(random.below(LIFE_MS));
        assert!(daemon.lives_for(life), "the daemon ended by itself:\n{}", daemon.log());
        daemon.kill();
        assert!(Instant::now() < end, "after {kills} kills only {pushed:?} pushes went through");
    }
}

fn push_until(lib: &Repository<'_>, stopped: mpsc::Receiver<()>, pushed: &AtomicUsize) -> Told {
    let mut told = Told::default();
    let mut patch = 0;
    while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
        patch += 1;
        let version = format!("v1.{patch}.0");
        let push = lib.release(&version).push(&["main", &version]);
        if push.is_accepted() {
            told.receipts.extend(push.receipts());
            told.pushed.push(version);
            pushed.fetch_add(1, Ordering::Relaxed);
        }
    }
    told
}

/// Every version that was pushed is served, and has the hash that the pusher was told.
#[track_caller]
fn check(site: &Site, daemon: &Daemon, told: &Told) {
    let listed = daemon.list(MODULE);
    let lost: Vec<_> = told.pushed.iter().filter(|version| !listed.contains(version)).collect();
    assert_eq!(
        lost,
        Vec::<&String>::new(),
        "lost of {} versions; log:\n{}",
        told.pushed.len(),
        daemon.log()
    );
    let go = Go::through(site, &format!("go-{}", daemon.pid()), &daemon.url());
    let versions: Vec<&str> = told.pushed.iter().map(String::as_str).collect();
    let served = go.download(MODULE, &versions);
    let sums: BTreeMap<&str, &str> =
        served.iter().map(|answer| (answer.version.as_str(), answer.sum.as_str())).collect();
    for answer in &served {
        assert_eq!(answer.error, "", "{}", answer.version);
    }
    for receipt in &told.receipts {
        assert_eq!(sums.get(receipt.version.as_str()), Some(&receipt.h1.as_str()), "{receipt:?}");
    }
}

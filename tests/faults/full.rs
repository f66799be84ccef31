//! Disks that are full, and disks that fail: each is said in words or does no harm, nothing is lost, and once there is
//! room again everything goes on without help.

use modgate_tests::budget;
use modgate_tests::faults::history::{Again, History};
use modgate_tests::faults::small::SmallDisk;
use modgate_tests::random::{Random, seed};
use modgate_tests::site::Site;

const MODULE: &str = "git.example.com/acme/lib";

/// A push with so little room on the disk of the ledger; then once more, with room.
#[test]
fn a_full_disk_under_the_ledger_refuses_in_words_and_goes_on_when_there_is_room() {
    let site = Site::new();
    let disk = SmallDisk::mount(&site.state(), 16 << 20);
    let lib = site.repository("acme/lib");
    site.install();
    let mut history = History::of(MODULE);
    let daemon = site.serve();
    let mut random = Random::new(seed());
    let mut refused = 0;
    for n in 0..budget::choose(12, 150) {
        // A line of the journal takes some hundred bytes, sled writes a few kilobytes now and then.
        let left = if n % 3 == 0 { 0 } else { 4096 * random.below(8) };
        let what = format!("seed {}, push {n} with {left} bytes left", seed());
        let version = format!("v1.{n}.0");
        disk.fill(left);
        // Enough for a line of several pages.
        let mut tags = vec!["main".to_owned(), version.clone()];
        lib.release(&version);
        for more in 10..20 {
            tags.push(format!("v1.{n}.{more}"));
            lib.tag(&tags[tags.len() - 1]);
        }
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let push = lib.push(&tags);
        let is_promise = history.pushed(&push, &version);
        if !push.is_accepted() {
            refused += 1;
            push.refused().says("not your fault").says("No space left on device");
        }
        if n % 5 == 0 {
            // A consumer whose zip cannot be built gets no half of it.
            let answer = daemon.get(&format!("/{MODULE}/@v/v1.0.0.zip"));
            assert!(matches!(answer.status, 200 | 404 | 500), "{what}: {answer}");
        }
        disk.free();
        if !is_promise {
            lib.push(&tags).accepted();
            daemon.wait_for(modgate_tests::wait::SOON, MODULE, &version);
        }
        let next = format!("v1.{n}.1");
        let push = lib.release(&next).push(&["main", &next]).accepted();
        assert!(history.pushed(&push, &next), "{what}: no receipt for {next}: {push:?}");
        history.check_ledger(&site, &what);
    }
    history.check_served(&site, &daemon, "at the end", Again::New);
    daemon.stop();
    history.check_served(&site, &site.serve(), "after a new start", Again::All);
    assert!(refused > 0, "no push met a full disk");
}

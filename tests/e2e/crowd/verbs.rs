//! Pushes while an administrator reads, copies and puts back the whole ledger.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use modgate_tests::budget;
use modgate_tests::history::Action;
use modgate_tests::random::Random;
use modgate_tests::site::Site;
use modgate_tests::wait;

use super::scene::{Order, Scene};
use super::{PATIENT, contest, names, one_each, one_of_each_is_in};

/// All orders, one crowd after the other, while `verb` goes on again and again with a number that counts.
fn pushes_during(
    scene: &Scene<'_>,
    crowds: &[Vec<Order<'_>>],
    verb: impl Fn(usize) + Sync,
) -> Vec<Vec<Action>> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let verbs = scope.spawn(|| {
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) {
                verb(count);
                count += 1;
            }
            count
        });
        let actions = crowds.iter().map(|orders| scene.push_all(orders)).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(verbs.join().expect("the verbs end") > 0);
        actions
    })
}

#[test]
fn pushes_while_the_ledger_is_verified_and_copied_come_in() {
    let site = Site::new();
    site.configure(PATIENT);
    let lib = site.repository("acme/lib");
    let scene = Scene::new(&site);
    let commits = scene.contents(&lib, &lib.module(), 3);
    site.install();
    let daemon = site.serve();
    scene.serves(Some(&daemon));
    let mut random = Random::new(11);
    let crowds: Vec<_> = (0..budget::choose(3, 30))
        .map(|round| contest(&lib, (&commits, round), 4, &mut random))
        .collect();
    let versions = names(&crowds.concat());
    let actions = scene.watched((11, 2), &versions, || {
        pushes_during(&scene, &crowds, |count| {
            let backup = site.path(&format!("backup-{count}")).to_string_lossy().into_owned();
            site.modgate(&["ledger", "verify"]).finish().ok();
            site.modgate(&["ledger", "backup", &backup]).finish().ok();
        })
    });
    scene.nothing_failed();
    for (orders, actions) in crowds.iter().zip(&actions) {
        one_of_each_is_in(&site, orders, actions);
    }
    scene.check();
    // Each of the copies is a ledger.
    daemon.stop();
    let backup = site.path("backup-0").to_string_lossy().into_owned();
    let restore = ["ledger", "restore-backup", &backup, "--reason", "a test", "--replace"];
    site.modgate(&restore).finish().ok();
}

#[test]
fn pushes_while_a_backup_is_put_back_come_in() {
    let site = Site::new();
    site.configure(PATIENT);
    let lib = site.repository("acme/lib");
    let scene = Scene::new(&site);
    let orders = one_each(&lib, &scene.contents(&lib, &lib.module(), budget::choose(16, 160)));
    site.install();
    let backup = site.path("backup").to_string_lossy().into_owned();
    scene.push("first", &orders[0], false);
    site.modgate(&["ledger", "backup", &backup]).finish().ok();
    let restore = ["ledger", "restore-backup", &backup, "--reason", "a test", "--replace"];
    let crowds: Vec<Vec<_>> = orders[1..].chunks(5).map(<[_]>::to_vec).collect();
    let actions = pushes_during(&scene, &crowds, |_| {
        // Hooks that hold the files are waited for, but not for ever.
        let done = wait::within(wait::SOON, || {
            Some(site.modgate(&restore).finish()).filter(|d| d.code() == 0)
        });
        assert!(done.is_some(), "the backup is never put back");
    });
    scene.nothing_failed();
    let pushed =
        |(order, action): (&Order<'_>, &Action)| *action == Action::Pushed(order.commit.clone());
    assert!(orders[1..].iter().zip(&actions.concat()).all(pushed), "{actions:?}");
    // What the backup did not know is taken in from the tags, with the content that the receipts named.
    let daemon = site.serve();
    scene.serves(Some(&daemon));
    assert_eq!(daemon.list(&lib.module()).len(), orders.len());
    scene.read_each(&names(&orders));
    scene.check();
}

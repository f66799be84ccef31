//! A tag that may move once, to the same content.

use modgate_tests::golang::Go;
use modgate_tests::run::Done;
use modgate_tests::site::Site;
use modgate_tests::users::split;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

fn ledger(site: &Site, args: &[&str]) -> Done {
    site.modgate(&[&["ledger"], args].concat()).finish()
}

fn drift(site: &Site) -> u64 {
    site.modgate(&["status", "--json"]).finish().json()["drift"].as_u64().expect("a number")
}

#[test]
fn a_rewritten_history_takes_its_tag_along_once_and_no_consumer_notices() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        let first = lib.head();
        let go = Go::through(&site, "go-before", &daemon.url());
        let before = go.fetch(MODULE, "v1.0.0");
        let info = daemon.get(&format!("/{MODULE}/@v/v1.0.0.info")).has_status(200).text();

        // The same files under another message; and other files.
        let other = lib.write("more.txt", "more").commit("more");
        lib.git(&["reset", "--quiet", "--hard", &first]);
        lib.git(&["commit", "--quiet", "--amend", "--message", "without a name"]);
        let same = lib.head();
        let force = ["--force", "v1.0.0"];
        lib.tag("v1.0.0").push(&force).refused().says("tag-moved");
        let allow = ["allow", MODULE, "v1.0.0", "--reason", "a name was in the message"];
        ledger(&site, &allow).ok().says("may move once, to the same content");
        lib.git(&["tag", "--force", "v1.0.0", &other]);
        lib.push(&force).refused().says("tag-moved").says("it may move to the same content");
        lib.git(&["tag", "--force", "v1.0.0", &same]);
        lib.push(&force).accepted().says("stays what it was").lacks("tag-moved");

        // It is used up.
        assert_eq!(drift(&site), 0);
        let entry = site.entry(MODULE, "v1.0.0");
        assert_eq!(
            (&entry["commit"], &entry["moved"]),
            (&first.as_str().into(), &same.as_str().into())
        );
        lib.git(&["commit", "--quiet", "--amend", "--message", "again"]);
        lib.tag("v1.0.0").push(&force).refused().says("tag-moved");

        // Consumers have what they had, time and commit too, before and after a new start.
        assert_eq!(daemon.get(&format!("/{MODULE}/@v/v1.0.0.info")).text(), info);
        daemon.stop();
        let daemon = site.serve();
        assert_eq!(daemon.get(&format!("/{MODULE}/@v/v1.0.0.info")).text(), info);
        assert_eq!(drift(&site), 0);
        let go = Go::through(&site, "go-after", &daemon.url());
        assert_eq!(go.fetch(MODULE, "v1.0.0").sum, before.sum);
        assert_eq!(Go::direct(&site, "go-direct").fetch(MODULE, "v1.0.0").sum, before.sum);
    });
}

#[test]
fn a_tag_that_has_moved_already_is_accounted_for_by_the_permission() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    lib.git(&["commit", "--quiet", "--amend", "--message", "without a name"]);
    let same = lib.head();
    lib.push(&["--force", "main"]).accepted();
    lib.server(&["update-ref", "refs/tags/v1.0.0", &same]);
    let seen = |wanted| move |site: &Site| (drift(site) == wanted).then_some(());
    let wait =
        |wanted| modgate_tests::wait::within(modgate_tests::wait::SOON, || seen(wanted)(&site));
    assert!(wait(1).is_some(), "drift is {}", drift(&site));
    ledger(&site, &["allow", MODULE, "v1.0.0", "--reason", "a name was in the message"]).ok();
    assert!(wait(0).is_some(), "drift is {}", drift(&site));
    let disallow = ["disallow", MODULE, "v1.0.0", "--reason", "done"];
    ledger(&site, &disallow).exits(1).says("no move of the tag");
    ledger(&site, &["show", MODULE, "v1.0.0"]).ok().says("moved").says("allowed");
    drop(daemon);
}

#[test]
fn a_permission_works_and_ends_without_a_daemon_too() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    gate(&site).stop();
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let ledger = |args: &[&str]| ledger(&site, args);
    ledger(&["allow", MODULE, "v9.0.0", "--reason", "x"]).exits(1).says("does not have");
    ledger(&["allow", MODULE, "v1.0.0", "--reason", "x"]).ok();
    ledger(&["disallow", MODULE, "v1.0.0", "--reason", "y"]).ok().says("may not move");
    lib.git(&["commit", "--quiet", "--amend", "--message", "without a name"]);
    lib.tag("v1.0.0").push(&["--force", "v1.0.0"]).refused().says("tag-moved");
    ledger(&["allow", MODULE, "v1.0.0", "--reason", "z"]).ok();
    lib.push(&["--force", "v1.0.0"]).accepted().says("stays what it was");
    lib.git(&["commit", "--quiet", "--amend", "--message", "again"]);
    lib.tag("v1.0.0").push(&["--force", "v1.0.0"]).refused().says("tag-moved");
    let decisions = site.entry(MODULE, "v1.0.0")["decisions"].as_array().map(Vec::len);
    assert_eq!(decisions, Some(3));
}

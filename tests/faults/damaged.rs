//! Damaged files of the ledger, each alone and together, as a daemon, a pusher and an administrator see them.

use std::fs;
use std::path::{Path, PathBuf};

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::push::Receipt;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::wait;

const MODULE: &str = "git.example.com/acme/lib";

fn journal(site: &Site) -> PathBuf {
    site.state().join("ledger/journal")
}

/// Three releases, of which the second is withdrawn; the daemon was stopped in order.
fn released<'s>(site: &'s Site, lib: &Repository<'s>) -> Vec<Receipt> {
    site.install();
    let daemon = site.serve();
    let receipts = ["v1.0.0", "v1.1.0", "v1.2.0"]
        .map(|version| lib.release(version).push(&["main", version]).accepted().receipt());
    let withdraw = ["ledger", "withdraw", MODULE, "v1.1.0", "--reason", "leaks a key"];
    site.modgate(&withdraw).finish().ok();
    daemon.stop();
    receipts.into()
}

#[track_caller]
fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).expect("it is there");
    bytes[at] ^= 1;
    fs::write(file, bytes).expect("it is ours");
}

#[track_caller]
fn spoil_index(site: &Site) {
    fs::write(site.state().join("ledger/index/db"), "spoilt").expect("it is ours");
}

fn metric(daemon: &Daemon, name: &str) -> String {
    let text = daemon.get("/metrics").text();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("modgate_{name} ")));
    line.unwrap_or_default().to_owned()
}

/// Everything is as before: what is served, what is withdrawn, and that there can be more.
#[track_caller]
fn check_all_there(site: &Site, lib: &Repository<'_>, daemon: &Daemon, receipts: &[Receipt]) {
    assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.2.0"]);
    let answer = daemon.get(&format!("/{MODULE}/@v/v1.1.0.info")).has_status(403);
    assert!(answer.text().contains("leaks a key"), "{answer}");
    let go = Go::through(site, &format!("go-{}", daemon.pid()), &daemon.url());
    for receipt in receipts.iter().filter(|receipt| receipt.version != "v1.1.0") {
        assert_eq!(go.fetch(MODULE, &receipt.version).sum, receipt.h1);
    }
    let shown = site.modgate(&["ledger", "show", MODULE, "v1.1.0"]).finish().ok();
    assert!(shown.text().contains("leaks a key"), "{shown}");
    lib.release("v1.3.0").push(&["main", "v1.3.0"]).accepted().receipt();
}

#[test]
fn a_damaged_journal_is_made_again_from_the_index_and_says_so() {
    type Spoil = fn(&Path);
    let cases: [(&str, Spoil); 4] = [
        ("gone", |journal| fs::remove_file(journal).expect("it is there")),
        ("first line", |journal| flip(journal, 80)),
        ("middle", |journal| flip(journal, 1500)),
        ("end", |journal| {
            let bytes = fs::read(journal).expect("it is there");
            fs::write(journal, &bytes[..bytes.len() - 10]).expect("it is ours");
        }),
    ];
    for (what, spoil) in cases {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let receipts = released(&site, &lib);
        spoil(&journal(&site));
        let daemon = site.serve();
        wait::until(wait::SOON, what, || metric(&daemon, "journal_renewals_total") == "1");
        let log = daemon.log();
        assert!(log.contains("the journal was damaged and is made again"), "{what}: {log}");
        let status = site.modgate(&["status"]).finish().ok();
        assert_eq!(status.text().contains("journal.damaged.1"), what != "gone", "{what}: {status}");
        check_all_there(&site, &lib, &daemon, &receipts);
        daemon.stop();
        let text = fs::read_to_string(journal(&site)).expect("it is there");
        assert!(text.lines().nth(1).is_some_and(|line| line.contains("\"recovered\"")), "{text}");
        // The new journal alone holds all of it.
        spoil_index(&site);
        let daemon = site.serve();
        assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.2.0", "v1.3.0"], "{what}");
        assert_eq!(metric(&daemon, "index_rebuilds_total"), "1", "{what}");
    }
}

#[test]
fn with_journal_and_index_damaged_what_the_refs_prove_is_served_and_nothing_accepted() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let receipts = released(&site, &lib);
    // A line in the middle is lost, and with it what happened in it; the others are read as witnesses.
    flip(&journal(&site), 1500);
    spoil_index(&site);
    let left = fs::read(journal(&site)).expect("it is there");
    let daemon = site.serve();
    let log = daemon.log();
    assert!(log.contains("the ledger is damaged: nothing is accepted"), "{log}");
    assert_eq!(metric(&daemon, "journal_damage"), "1");

    // Consumers.
    assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.2.0"]);
    daemon.get(&format!("/{MODULE}/@v/v1.1.0.info")).has_status(403);
    let go = Go::through(&site, "go", &daemon.url());
    for receipt in [&receipts[0], &receipts[2]] {
        assert_eq!(go.fetch(MODULE, &receipt.version).sum, receipt.h1);
    }

    // Pushers: on_error decides, and no receipt is given.
    lib.push(&["HEAD:refs/heads/other"]).accepted();
    let refused = lib.release("v1.3.0").push(&["main", "v1.3.0"]).refused();
    refused.says("not your fault").says("the ledger is damaged");

    // The administrator.
    let status = site.modgate(&["status", "--json"]).finish().ok().json();
    assert_eq!((&status["accepted"], &status["unproven"]), (&0.into(), &3.into()), "{status}");
    assert!(status["damage"].as_str().is_some_and(|text| text.contains("damaged at byte")));
    let withdraw = ["ledger", "withdraw", MODULE, "v1.0.0", "--reason", "why"];
    for (verb, code) in [(&["ledger", "list"][..], 2), (&withdraw, 1)] {
        site.modgate(verb).finish().exits(code).says("nothing can be called accepted");
    }
    daemon.stop();
    // Without a daemon as well.
    lib.push(&["main", "v1.3.0"]).refused().says("not your fault").says("the ledger is damaged");
    let status = site.modgate(&["status"]).finish().exits(1);
    assert!(status.text().contains("nothing can be called accepted"), "{status}");
    assert_eq!(fs::read(journal(&site)).expect("it is there"), left, "it is evidence");

    // The way out that loses who, when and why: everything is taken in from the refs.
    fs::rename(site.state().join("ledger"), site.path("old-ledger")).expect("it is ours");
    let daemon = site.serve();
    assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.1.0", "v1.2.0"]);
    assert_eq!(site.entry(MODULE, "v1.2.0")["h1"], receipts[2].h1.as_str());
    lib.push(&["main", "v1.3.0"]).accepted().receipt();
}

#[test]
fn a_push_that_on_error_lets_in_is_served_from_its_ref() {
    let site = Site::new();
    site.configure("[policy]\non_error = \"open\"\n");
    let lib = site.repository("acme/lib");
    released(&site, &lib);
    fs::remove_file(journal(&site)).expect("it is there");
    spoil_index(&site);
    let daemon = site.serve();
    let push = lib.release("v1.3.0").push(&["main", "v1.3.0"]).accepted();
    assert_eq!(push.receipts(), [], "nothing is accepted");
    daemon.wait_for(wait::SOON, MODULE, "v1.3.0");
    assert!(!site.state().join("ledger/journal").exists());
}

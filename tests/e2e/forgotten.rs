//! Versions that an administrator gives free, because nobody can have their hash.

use std::fs;

use modgate_tests::golang::Go;
use modgate_tests::run::Done;
use modgate_tests::site::Site;
use modgate_tests::users::split;
use modgate_tests::wait;

use crate::keep::kept;
use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

fn forget(site: &Site, version: &str) -> Done {
    site.modgate(&["ledger", "forget", MODULE, version, "--reason", "pushed too soon"]).finish()
}

fn served_marks(site: &Site) -> usize {
    let journal = fs::read_to_string(site.state().join("ledger/journal")).expect("it is ours");
    journal.matches(r#""kind":"served""#).count()
}

#[test]
fn a_version_that_nobody_fetched_is_free_again() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        for version in ["v1.0.0", "v1.1.0", "v1.2.0"] {
            lib.release(version);
        }
        lib.push(&["main", "--tags"]).accepted();
        // A list holds names, and no hash is made of them.
        assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.1.0", "v1.2.0"]);
        for version in ["v1.0.0", "v1.1.0", "v1.2.0"] {
            forget(&site, version).ok().says("is forgotten");
        }
        forget(&site, "v1.0.0").exits(1).says("is broken: only accepted versions");

        // Its tag alone does not bring it back, after a new start neither.
        assert_eq!(daemon.list(MODULE), Vec::<String>::new());
        daemon.stop();
        let daemon = site.serve();
        let answer = daemon.get(&format!("/{MODULE}/@v/v1.1.0.info")).has_status(404);
        assert!(answer.text().contains("forgotten: pushed too soon"), "{answer}");
        assert_eq!(site.entry(MODULE, "v1.0.0")["decisions"][0]["verb"], "forget");

        // Moved, deleted and made again elsewhere, made again on its commit: each is a release like any.
        lib.write("note.txt", "other").commit("other");
        lib.tag("v1.1.0").push(&["main", "--force", "v1.1.0"]).accepted().says("released");
        lib.push(&[":refs/tags/v1.0.0"]).accepted();
        lib.tag("v1.0.0").push(&["v1.0.0"]).accepted().says("released");
        lib.push(&[":refs/tags/v1.2.0"]).accepted();
        lib.push(&["v1.2.0"]).accepted().says("released");
        let versions = ["v1.0.0", "v1.1.0", "v1.2.0"];
        assert_eq!(daemon.list(MODULE), versions);
        let (through, direct) =
            (Go::through(&site, "go", &daemon.url()), Go::direct(&site, "go-direct"));
        for version in versions {
            assert_eq!(through.fetch(MODULE, version).sum, direct.fetch(MODULE, version).sum);
            forget(&site, version).exits(1).says("was served");
        }
    });
}

#[test]
fn whatever_was_served_is_never_forgotten() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let ends = ["v1.0.0.info", "v1.1.0.mod", "v1.2.0.zip"];
    for end in ends {
        lib.release(&end[..6]);
    }
    lib.release("v1.3.0").git(&["branch", "stable"]);
    lib.release("v1.4.0").push(&["main", "stable", "--tags"]).accepted();
    for (at, end) in ends.iter().enumerate() {
        for _ in 0..3 {
            daemon.get(&format!("/{MODULE}/@v/{end}")).has_status(200);
            assert_eq!(served_marks(&site), at + 1, "{end}: once, and before the answer");
        }
    }
    daemon.get(&format!("/{MODULE}/@latest")).has_status(200);
    daemon.get(&format!("/{MODULE}/@v/stable.info")).has_status(200);
    assert_eq!(served_marks(&site), 5);
    // The mark is on disk when the answer is there.
    daemon.kill();
    for version in ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0"] {
        forget(&site, version).exits(1).says("whoever fetched it has its hash");
        lib.write("note.txt", version).commit(version);
        lib.tag(version).push(&["--force", version]).refused().says("tag-moved");
    }
}

/// The names in the folder of kept zips.
fn kept_files(site: &Site) -> Vec<String> {
    let files = fs::read_dir(site.state().join("keep")).expect("the daemon made it");
    files.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn nothing_is_kept_of_what_was_forgotten() {
    let site = Site::new();
    site.configure("[keep]\nzips = true\n");
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let first = lib.release("v1.0.0").head();
    // Two versions of one commit, and one of its own.
    lib.tag("v1.1.0").push(&["main", "v1.0.0", "v1.1.0"]).accepted();
    let other = lib.release("v1.2.0").head();
    lib.push(&["main", "v1.2.0"]).accepted();
    wait::until(wait::SOON, "zips are kept", || {
        kept_files(&site).iter().filter(|name| name.ends_with(".zip")).count() == 3
    });
    assert_eq!(served_marks(&site), 0, "to keep a zip is not to serve it");
    forget(&site, "v1.2.0").ok();
    wait::until(wait::SOON, "its commit is kept no more", || kept(&lib) == [first.clone()]);
    assert_eq!(kept_files(&site).len(), 6, "three files for each of two versions");
    forget(&site, "v1.0.0").ok();
    // What is done about the next one is done behind it.
    lib.git(&["checkout", "--quiet", &other]);
    lib.write("note.txt", "note").commit("note");
    lib.tag("v1.3.0").push(&["v1.3.0"]).accepted();
    wait::until(wait::SOON, "the other zip is kept", || kept_files(&site).len() == 6);
    assert!(kept(&lib).contains(&first), "v1.1.0 needs it");
    // The same without a daemon.
    daemon.stop();
    forget(&site, "v1.1.0").ok();
    assert_eq!(kept(&lib), [lib.head()]);
    assert_eq!(kept_files(&site).len(), 3);
}

#[test]
fn what_did_not_come_through_the_hook_is_not_forgotten() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").push(&["main", "--tags"]).accepted();
    let daemon = gate(&site);
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    forget(&site, "v1.0.0").exits(1).says("did not come in by a push through the hook");
    forget(&site, "v9.0.0").exits(1).says("does not have");
    site.configure("[policy]\nserve_broken = true\n");
    forget(&site, "v1.0.0").exits(1).says("serve_broken");
}

#[test]
fn a_tag_that_moved_behind_our_back_is_taken_in_anew() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let moved = lib.write("more.txt", "more").commit("more");
    lib.push(&["main"]).accepted();
    lib.server(&["update-ref", "refs/tags/v1.0.0", &moved]);
    let drift = || site.modgate(&["status", "--json"]).finish().json()["drift"] == 1;
    assert!(wait::within(wait::SOON, || drift().then_some(())).is_some());
    forget(&site, "v1.0.0").ok();
    assert_eq!(site.entry(MODULE, "v1.0.0")["commit"], moved.as_str());
    let go = Go::through(&site, "go", &daemon.url());
    let direct = Go::direct(&site, "go-direct").fetch(MODULE, "v1.0.0");
    assert_eq!(go.fetch(MODULE, "v1.0.0").sum, direct.sum);
}

#[test]
fn without_a_daemon_it_is_free_for_the_next_push() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    gate(&site).stop();
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    forget(&site, "v1.0.0").ok();
    let other = lib.write("more.txt", "more").commit("more");
    lib.tag("v1.0.0").push(&["main", "--force", "v1.0.0"]).accepted().says("released");
    assert_eq!(site.entry(MODULE, "v1.0.0")["commit"], other.as_str());
    assert_eq!(site.entry(MODULE, "v1.0.0")["how"], "pushed");
}

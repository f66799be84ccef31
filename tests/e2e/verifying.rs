//! `modgate ledger verify`: what is right, what is other, and what is gone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use modgate_tests::repository::Repository;
use modgate_tests::run::Done;
use modgate_tests::site::Site;
use modgate_tests::users::split;
use modgate_tests::wait;
use serde_json::Value;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

fn verify(site: &Site, args: &[&str]) -> Done {
    site.modgate(&[&["ledger", "verify"], args].concat()).finish()
}

#[track_caller]
fn findings(done: &Done) -> Vec<Value> {
    done.json()["findings"].as_array().cloned().expect("a list")
}

/// The file of a loose object in the bare repository.
#[track_caller]
fn loose(lib: &Repository<'_>, revision: &str) -> PathBuf {
    let id = lib.git(&["rev-parse", revision]).line();
    let path = lib.bare().join("objects").join(&id[..2]).join(&id[2..]);
    assert!(path.is_file(), "{revision} is not loose in {:?}", lib.bare());
    path
}

fn zips(site: &Site, folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(site.state().join(folder)).expect("it is ours");
    let paths = entries.map(|entry| entry.expect("it is ours").path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "zip")).collect()
}

#[test]
fn what_is_right_is_counted_with_and_without_a_daemon() {
    split(|| {
        let site = Site::new();
        let (lib, other) = (site.repository("acme/lib"), site.repository("acme/other"));
        let daemon = gate(&site);
        lib.release("v1.0.0").release("v1.1.0").push(&["main", "--tags"]).accepted();
        other.release("v0.1.0").push(&["main", "v0.1.0"]).accepted();
        daemon.get(&format!("/{MODULE}/@v/v1.0.0.zip")).has_status(200);
        lib.write("more.txt", "more").commit("more");
        let pseudo = format!("v1.1.1-0.{}", lib.stamp("HEAD"));
        lib.push_main();
        let has_seen = || {
            let answer = daemon.get(&format!("/{MODULE}/@v/{pseudo}.mod"));
            (answer.status == 200).then_some(())
        };
        assert!(wait::within(wait::SOON, has_seen).is_some(), "{pseudo} is not served");
        let all_is_right = || {
            let all = verify(&site, &["--json"]).ok();
            let json = all.json();
            assert_eq!((&json["checked"], &json["zips"]), (&4.into(), &1.into()), "{json}");
            assert_eq!(findings(&all), Vec::<Value>::new());
            assert!(json["journal_lines"].as_u64() > Some(2), "{json}");
            assert!(json["bytes"].as_u64() > Some(100), "{json}");
            verify(&site, &[MODULE]).ok().says("checked: 3, mismatches: 0, gone: 0");
            verify(&site, &[&format!("{MODULE}@v1.1.0")]).ok().says("checked: 1");
            verify(&site, &[&format!("{MODULE}@v9.0.0")]).exits(1).says("does not have");
        };
        all_is_right();
        daemon.stop();
        all_is_right();
    });
}

#[test]
fn content_that_is_gone_is_told_apart_from_other_content() {
    let site = Site::new();
    let (lib, other) = (site.repository("acme/lib"), site.repository("acme/other"));
    let daemon = gate(&site);
    lib.release("v1.0.0").release("v1.1.0").release("v1.2.0").push(&["main", "--tags"]).accepted();
    lib.write("note.txt", "1.3").commit("1.3");
    lib.tag("v1.3.0").push(&["main", "--tags"]).accepted();
    other.release("v0.1.0").push(&["main", "v0.1.0"]).accepted();
    daemon.get(&format!("/{MODULE}/@v/v1.1.0.zip")).has_status(200);

    // A ledger that says something else of one version; a file that is lost, one that is damaged, a repository that is
    // gone.
    let exported = site.modgate(&["ledger", "export"]).finish().ok().text();
    daemon.stop();
    let h1 = |version: &str| site.entry(MODULE, version)["h1"].as_str().expect("hashed").to_owned();
    let swapped = exported.replace(&h1("v1.0.0"), &h1("v1.2.0"));
    fs::remove_dir_all(site.state().join("ledger")).expect("it is ours");
    let import = site.modgate(&["ledger", "import", "-", "--reason", "x"]).stdin(swapped);
    import.finish().ok();
    fs::remove_file(loose(&lib, "v1.1.0:note.txt")).expect("it is ours");
    let damaged = loose(&lib, "v1.3.0:note.txt");
    fs::set_permissions(&damaged, fs::Permissions::from_mode(0o644)).expect("it is ours");
    fs::write(&damaged, b"nothing").expect("it is ours");
    fs::rename(other.bare(), site.path("away")).expect("it is ours");

    let done = verify(&site, &["--all", "--json"]).exits(1);
    let found: Vec<(String, String)> = findings(&done)
        .iter()
        .map(|f| {
            (
                f["version"].as_str().unwrap_or("").to_owned(),
                f["kind"].as_str().unwrap_or("").to_owned(),
            )
        })
        .collect();
    let expected =
        [("v1.0.0", "mismatch"), ("v1.1.0", "gone"), ("v1.3.0", "unreadable"), ("v0.1.0", "gone")];
    assert_eq!(found, expected.map(|(v, k)| (v.to_owned(), k.to_owned())), "{done}");
    let text = verify(&site, &[]).exits(1);
    let text = text
        .says("the ledger says")
        .says("its content is gone: object")
        .says("has the content: copy it");
    text.says("its content is gone: repository \"acme/other\" is not under the root")
        .says("checked: 5, mismatches: 1, gone: 2, unreadable: 1");
}

#[test]
fn a_damaged_zip_is_named_and_can_be_removed() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    daemon.get(&format!("/{MODULE}/@v/v1.0.0.zip")).has_status(200);
    let zip = zips(&site, "cache").remove(0);
    let mut bytes = fs::read(&zip).expect("it is ours");
    bytes[70] ^= 1;
    fs::write(&zip, &bytes).expect("it is ours");
    let done = verify(&site, &["--json"]).exits(1);
    let found = findings(&done);
    assert_eq!((found.len(), &found[0]["kind"]), (1, &"zip".into()), "{done}");
    verify(&site, &[]).exits(1).says("remove").says("wrong ones: 1");
    fs::remove_file(&zip).expect("it is ours");
    verify(&site, &[]).ok();
    daemon.get(&format!("/{MODULE}/@v/v1.0.0.zip")).has_status(200);
    verify(&site, &[]).ok().says("cached zips: 1, wrong ones: 0");
}

#[test]
fn a_damaged_zip_among_the_kept_ones_is_named() {
    let site = Site::new();
    site.configure("[keep]\nzips = true\n");
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    wait::until(wait::SOON, "the zip is kept", || zips(&site, "keep").len() == 1);
    verify(&site, &[]).ok();
    let zip = zips(&site, "keep").remove(0);
    fs::write(&zip, "no zip").expect("it is ours");
    verify(&site, &[]).exits(1).says("remove").says("keep").says("wrong ones: 1");
}

#[test]
fn a_rate_is_kept_and_a_damaged_journal_is_seen() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.write("large.bin", vec![7; 64 << 10]);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let start = Instant::now();
    verify(&site, &["--rate", "64K/s"]).ok();
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    verify(&site, &["--rate", "fast"]).exits(2).says("20M");
    daemon.stop();
    let journal = site.state().join("ledger/journal");
    let mut bytes = fs::read(&journal).expect("it is ours");
    bytes[80] ^= 1;
    fs::write(&journal, &bytes).expect("it is ours");
    verify(&site, &[]).exits(1).says("is damaged at byte 0");
}

//! Backups of the ledger: made beside a running daemon, put back, and what becomes of versions they do not have.

use std::fs;
use std::path::Path;

use modgate_tests::golang::Go;
use modgate_tests::run::{Done, Run};
use modgate_tests::site::Site;
use modgate_tests::users::split;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

fn ledger(site: &Site, args: &[&str]) -> Done {
    site.modgate(&[&["ledger"], args].concat()).finish()
}

/// A name below the state directory's folder, where the daemon's user may write.
fn spot(site: &Site, name: &str) -> String {
    let folder = site.path("spot");
    if !folder.exists() {
        fs::create_dir(&folder).expect("the site's folder is writable");
        if let Some(user) = &site.actors().daemon {
            user.own(&folder);
        }
    }
    folder.join(name).to_string_lossy().into_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is readable");
    let mut names: Vec<String> =
        entries.map(|e| e.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn versions_after_the_backup_are_taken_in_again_with_the_same_hash() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        let backup = spot(&site, "backup");
        ledger(&site, &["backup", &backup]).ok().says("head: ");
        assert_eq!(names(backup.as_ref()), ["head.json", "journal"]);
        ledger(&site, &["backup", &backup]).exits(2).says("is there already");
        lib.release("v1.1.0").push(&["main", "v1.1.0"]).accepted();
        let go = Go::through(&site, "go-before", &daemon.url());
        let before = go.download(MODULE, &["v1.0.0", "v1.1.0"]);

        let restore = ["restore-backup", &backup, "--reason", "the disk died"];
        ledger(&site, &restore).exits(2).says("a daemon runs on this ledger");
        daemon.stop();
        ledger(&site, &restore).exits(1).says("with --replace");
        ledger(&site, &["show", MODULE, "v1.1.0"]).ok();
        let replace = [&restore[..], &["--replace"]].concat();
        let done = ledger(&site, &replace).ok().says("(versions: 1, ");
        done.says("git.example.com/acme/lib@v1.1.0").says("ledger import");
        let kept = names(&site.state().join("ledger"));
        for name in ["index.replaced.1", "journal.replaced.1"] {
            assert!(kept.iter().any(|kept| kept == name), "{name} in {kept:?}");
        }
        ledger(&site, &["show", MODULE, "v1.1.0"]).exits(1);
        let journal = fs::read_to_string(site.state().join("ledger/journal")).expect("readable");
        assert!(journal.contains(r#""verb":"restore-backup""#), "{journal}");
        assert!(journal.contains(r#""reason":"the disk died""#), "{journal}");

        // Consumers see nothing of it.
        let daemon = site.serve();
        let go = Go::through(&site, "go-after", &daemon.url());
        let after = go.download(MODULE, &["v1.0.0", "v1.1.0"]);
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((&after.sum, &after.go_mod_sum), (&before.sum, &before.go_mod_sum));
        }
        assert_eq!(site.entry(MODULE, "v1.1.0")["how"], "adopted");
        assert_eq!(site.entry(MODULE, "v1.0.0")["how"], "pushed");
    });
}

#[test]
fn a_lost_state_directory_is_made_again_from_a_backup() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").release("v1.1.0").push(&["main", "--tags"]).accepted();
    let leak = ["withdraw", MODULE, "v1.1.0", "--reason", "leaks a key"];
    ledger(&site, &leak).ok();
    daemon.stop();
    let backup = spot(&site, "backup");
    ledger(&site, &["backup", &backup]).ok();
    fs::remove_dir_all(site.state().join("ledger")).expect("it is ours");

    // The tag was moved while the ledger was away: the backup knows better.
    let moved = lib.write("more.txt", "more").commit("more");
    lib.push_main();
    lib.server(&["update-ref", "refs/tags/v1.0.0", &moved]);

    let no_words = ["restore-backup", &backup, "--reason", " "];
    ledger(&site, &no_words).exits(1).says("say why");
    ledger(&site, &["restore-backup", &backup, "--reason", "lost"]).ok().says("(versions: 2, ");
    let daemon = site.serve();
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    let info = daemon.get(&format!("/{MODULE}/@v/v1.0.0.info")).has_status(200).text();
    assert!(!info.contains(&moved), "{info}");
    let refused = daemon.get(&format!("/{MODULE}/@v/v1.1.0.zip")).has_status(403);
    assert!(refused.text().contains("leaks a key"), "{refused}");
}

#[test]
fn a_damaged_backup_changes_nothing() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let backup = spot(&site, "backup");
    ledger(&site, &["backup", &backup]).ok();
    let nowhere = spot(&site, "not/there");
    ledger(&site, &["backup", &nowhere]).exits(2).says("the folder above it is not there");
    daemon.stop();
    for no_backup in [nowhere, spot(&site, "")] {
        let restore = ["restore-backup", &no_backup, "--reason", "x", "--replace"];
        ledger(&site, &restore).exits(2).says("is no backup: there is no head.json in it");
    }
    let journal = Path::new(&backup).join("journal");
    let whole = fs::read(&journal).expect("it is ours");
    let end = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("lines");
    fs::write(&journal, &whole[..=end]).expect("it is ours");
    let before = fs::read(site.state().join("ledger/journal")).expect("it is ours");
    let restore = ["restore-backup", &backup, "--reason", "x", "--replace"];
    ledger(&site, &restore).exits(2).says("is damaged").says(" were written");
    assert_eq!(fs::read(site.state().join("ledger/journal")).expect("it is ours"), before);
    ledger(&site, &["show", MODULE, "v1.0.0"]).ok();
}

#[test]
fn nobody_else_copies_or_replaces_the_ledger() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        let backup = spot(&site, "backup");
        ledger(&site, &["backup", &backup]).ok();
        let as_pusher = |args: &[&str]| {
            let run = Run::by(site.actors().pusher.as_ref(), site.program("modgate"));
            let state = site.state().to_string_lossy().into_owned();
            let run = run.envs(site.environment()).dir(&site.path(""));
            run.arg("ledger").args(args).args(["--state", &state]).finish()
        };
        let copy = site.path("work/copy").to_string_lossy().into_owned();
        as_pusher(&["backup", &copy]).exits(2).says("Permission denied");
        daemon.stop();
        let restore = ["restore-backup", &backup, "--reason", "x", "--replace"];
        as_pusher(&restore).exits(2).says("Permission denied");
    });
}

#[test]
fn what_was_decided_since_the_backup_is_told() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").release("v1.1.0").push(&["main", "--tags"]).accepted();
    let backup = spot(&site, "backup");
    ledger(&site, &["backup", &backup]).ok();
    // One is withdrawn; of one nobody has a hash, and its number gets other content, which is served.
    ledger(&site, &["withdraw", MODULE, "v1.0.0", "--reason", "leaks a key"]).ok();
    ledger(&site, &["forget", MODULE, "v1.1.0", "--reason", "too soon"]).ok();
    let other = lib.write("more.txt", "more").commit("more");
    lib.tag("v1.1.0").push(&["main", "--force", "v1.1.0"]).accepted();
    daemon.get(&format!("/{MODULE}/@v/v1.1.0.zip")).has_status(200);
    daemon.stop();
    let restore = ["restore-backup", &backup, "--reason", "x", "--replace"];
    let told = ledger(&site, &restore).ok().says("v1.0.0: now accepted ").says("was withdrawn ");
    told.says(&format!(", was accepted {other}"));
    // What was served since nobody knows.
    let forget = ["forget", MODULE, "v1.1.0", "--reason", "too soon"];
    ledger(&site, &forget).exits(1).says("whoever fetched it has its hash");
}

//! A journal that is sealed, and goes on in a shorter one: nobody sees a difference but its length.

use std::fs;

use modgate_tests::golang::Go;
use modgate_tests::run::Done;
use modgate_tests::site::Site;
use modgate_tests::users::split;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

fn ledger(site: &Site, args: &[&str]) -> Done {
    site.modgate(&[&["ledger"], args].concat()).finish()
}

fn reasons(site: &Site, version: &str) -> Vec<String> {
    let shown = site.entry(MODULE, version);
    let decided = shown["decisions"].as_array().cloned().unwrap_or_default();
    decided.iter().map(|one| one["reason"].as_str().unwrap_or_default().to_owned()).collect()
}

fn lines(site: &Site) -> usize {
    let journal = fs::read_to_string(site.state().join("ledger/journal"));
    journal.expect("the state is readable").lines().count()
}

#[test]
fn a_compaction_changes_nothing_for_anybody() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        for version in ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"] {
            lib.release(version).push(&["main", version]).accepted();
        }
        let go = Go::through(&site, "go-before", &daemon.url());
        let before = go.download(MODULE, &["v1.0.0", "v1.1.0"]);
        ledger(&site, &["withdraw", MODULE, "v1.2.0", "--reason", "first"]).ok();
        ledger(&site, &["restore", MODULE, "v1.2.0", "--reason", "second"]).ok();
        ledger(&site, &["compact", "--reason", " "]).exits(1).says("say why");

        // Beside the daemon, twice: the order of decisions is that of their lines.
        for (word, sealed) in [("third", "journal.sealed.1"), ("fourth", "journal.sealed.2")] {
            let count = lines(&site);
            let done = ledger(&site, &["compact", "--reason", "it grew", "--json"]).ok().json();
            assert_eq!(done["before"]["lines"], count);
            assert!(lines(&site) < count, "{done}");
            assert!(done["sealed"].as_str().is_some_and(|path| path.ends_with(sealed)), "{done}");
            let verb = if word == "third" { "withdraw" } else { "restore" };
            ledger(&site, &[verb, MODULE, "v1.2.0", "--reason", word]).ok();
        }
        let order = ["first", "second", "third", "fourth"];
        assert_eq!(reasons(&site, "v1.2.0"), order);
        // What was given away stays given away, and new versions come in.
        let forget = ["forget", MODULE, "v1.0.0", "--reason", "x"];
        ledger(&site, &forget).exits(1).says("whoever fetched it has its hash");
        lib.release("v1.4.0").push(&["main", "v1.4.0"]).accepted();
        lib.git(&["tag", "--force", "v1.3.0"]);
        lib.push(&["--force", "v1.3.0"]).refused().says("tag-moved");
        ledger(&site, &["verify"]).ok().says("a sealed journal is whole");
        daemon.stop();

        // Without one, and then with an index that is made again.
        ledger(&site, &["compact", "--reason", "it grew"]).ok().says("journal.sealed.3");
        fs::remove_dir_all(site.state().join("ledger/index")).expect("it is ours");
        assert_eq!(reasons(&site, "v1.2.0"), order);
        let journal = fs::read_to_string(site.state().join("ledger/journal")).expect("readable");
        assert!(journal.lines().nth(1).is_some_and(|line| line.contains("it grew")), "{journal}");
        let daemon = site.serve();
        let go = Go::through(&site, "go-after", &daemon.url());
        let after = go.download(MODULE, &["v1.0.0", "v1.1.0"]);
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((&after.sum, &after.go_mod_sum), (&before.sum, &before.go_mod_sum));
        }
        let mut listed = daemon.list(MODULE);
        listed.sort();
        assert_eq!(listed, ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0"]);
        daemon.stop();

        // A sealed file in an archive is named; one that was changed is no past of this journal.
        let sealed = |n| site.state().join(format!("ledger/journal.sealed.{n}"));
        fs::remove_file(sealed(1)).expect("it is ours");
        ledger(&site, &["verify"]).ok().says("journal.sealed.1").says("moved to an archive?");
        let mut text = fs::read(sealed(2)).expect("it is ours");
        text.truncate(text.len() - 1);
        fs::write(sealed(2), text).expect("it is ours");
        ledger(&site, &["verify"]).exits(1).says("were sealed");
    });
}

#[test]
fn backups_and_files_from_before_and_after_a_compaction_are_all_good() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let [old, new] = ["old", "new"].map(|name| site.path(name).to_string_lossy().into_owned());
    ledger(&site, &["backup", &old]).ok();
    lib.release("v1.1.0").push(&["main", "v1.1.0"]).accepted();
    ledger(&site, &["withdraw", MODULE, "v1.1.0", "--reason", "leaks a key"]).ok();
    ledger(&site, &["compact", "--reason", "it grew"]).ok();
    ledger(&site, &["backup", &new]).ok();
    let printed = ledger(&site, &["export", "--format", "journal"]).ok().stdout;
    let journal = fs::read_to_string(site.state().join("ledger/journal")).expect("readable");
    assert_eq!(printed, journal.into_bytes(), "the present file");
    daemon.stop();
    let sealed = site.state().join("ledger/journal.sealed.1").to_string_lossy().into_owned();
    // Both say all that there was.
    for file in [&sealed, &new] {
        let import = ["import", file, "--reason", "x", "--dry-run"];
        ledger(&site, &import).ok().says("already there: 2, conflicts: 0");
    }
    for (backup, versions) in [(&old, 1), (&new, 2), (&old, 1)] {
        let restore = ["restore-backup", backup, "--replace", "--reason", "x"];
        ledger(&site, &restore).ok().says(&format!("(versions: {versions}, "));
        assert_eq!(site.ledger().len(), versions);
    }
    ledger(&site, &["import", &sealed, "--reason", "x"]).ok().says("imported: 1");
    assert_eq!(reasons(&site, "v1.1.0"), ["leaks a key"]);
    ledger(&site, &["compact", "--reason", "x"]).ok().says("journal.sealed.2");
    ledger(&site, &["verify"]).ok();
    let journal = fs::read_to_string(site.state().join("ledger/journal")).expect("readable");
    assert!(
        journal.contains(r#""verb":"restore-backup""#) && journal.contains(r#""verb":"import""#)
    );
}

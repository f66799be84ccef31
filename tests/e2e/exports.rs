//! The ledger written out and taken over: into an empty one, into a filled one, with conflicts.

use std::fs;
use std::path::{Path, PathBuf};

use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::run::{Done, Run};
use modgate_tests::site::Site;
use modgate_tests::users::split;
use serde_json::Value;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

fn ledger(site: &Site, args: &[&str]) -> Done {
    site.modgate(&[&["ledger"], args].concat()).finish()
}

/// Prints the ledger to a file that everybody can read.
#[track_caller]
fn export(site: &Site, format: &str) -> PathBuf {
    let done = ledger(site, &["export", "--format", format]).ok();
    let path = site.path(&format!("export.{format}"));
    fs::write(&path, &done.stdout).expect("the site's folder is writable");
    path
}

#[track_caller]
fn import(site: &Site, path: &Path, flags: &[&str]) -> Done {
    let path = path.to_string_lossy().into_owned();
    let import = ["import", &path, "--reason", "the disk died", "--json"];
    ledger(site, &[&import, flags].concat())
}

#[track_caller]
fn counts(done: &Done) -> [u64; 4] {
    let json = done.json();
    let count = |name: &str| json[name].as_u64().expect("a number");
    [
        count("new"),
        count("completed"),
        count("same"),
        json["clashes"].as_array().map_or(0, Vec::len) as u64,
    ]
}

/// One version that is served, one that is withdrawn, one that is broken.
fn three(lib: &Repository<'_>) {
    lib.release("v1.0.0").release("v1.1.0").push(&["main", "--tags"]).accepted();
    let done = ledger(lib.site(), &["withdraw", MODULE, "v1.1.0", "--reason", "leaks a key"]);
    done.ok();
    lib.write("go.mod", "module git.example.com/acme/other\n").commit("broken");
    lib.push_main();
    lib.server(&["tag", "v1.2.0", "main"]);
}

fn wait_for_three(site: &Site) {
    let has_all = || (site.ledger().len() == 3).then_some(());
    assert!(modgate_tests::wait::within(modgate_tests::wait::SOON, has_all).is_some());
}

/// What the ledger has of the withdrawn version; the API is read from the repository.
fn without_api(site: &Site) -> Value {
    let mut entry = site.entry(MODULE, "v1.1.0");
    let fields = entry.as_object_mut().expect("an object");
    fields.remove("api");
    // What is imported counts as served.
    fields.insert("served".to_owned(), true.into());
    entry
}

#[test]
fn an_empty_ledger_takes_all_over_and_a_second_time_nothing() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        three(&lib);
        wait_for_three(&site);
        let go = Go::through(&site, "go-before", &daemon.url());
        let before = go.fetch(MODULE, "v1.0.0");
        let (lines, journal) = (export(&site, "jsonl"), export(&site, "journal"));
        let entry = without_api(&site);
        daemon.stop();
        let live = fs::read(site.state().join("ledger/journal")).expect("it is ours");
        assert_eq!(fs::read(&journal).expect("it is ours"), live);
        assert_eq!(fs::read(export(&site, "journal")).expect("it is ours"), live);

        // With a daemon that does not see the repository, and without one.
        let away = site.path("away.git");
        fs::rename(lib.bare(), &away).expect("it is ours");
        for (file, has_daemon) in [(&journal, false), (&lines, true)] {
            fs::remove_dir_all(site.state().join("ledger")).expect("it is ours");
            let daemon = has_daemon.then(|| site.serve());
            let looked = import(&site, file, &["--dry-run"]).ok();
            assert_eq!(counts(&looked), [2, 0, 0, 0], "{file:?}");
            assert_eq!(looked.json()["left_out"], 1);
            assert_eq!(site.ledger(), Vec::<Value>::new());
            assert_eq!(counts(&import(&site, file, &[]).ok()), [2, 0, 0, 0], "{file:?}");
            assert_eq!(counts(&import(&site, file, &[]).ok()), [0, 0, 2, 0], "{file:?}");
            assert_eq!(without_api(&site), entry, "decisions too");
            let written = fs::read_to_string(site.state().join("ledger/journal")).expect("ours");
            assert!(written.contains(r#""verb":"import","entries":2"#), "{written}");
            drop(daemon);
        }
        fs::rename(&away, lib.bare()).expect("it is ours");
        let daemon = site.serve();
        let go = Go::through(&site, "go-after", &daemon.url());
        assert_eq!(go.fetch(MODULE, "v1.0.0").sum, before.sum);
        daemon.get(&format!("/{MODULE}/@v/v1.1.0.zip")).has_status(403);
        assert_eq!(site.entry(MODULE, "v1.0.0")["how"], "pushed");
    });
}

/// Which versions there are at which commit; hashes come as they are computed.
fn content(site: &Site) -> Vec<(Value, Value, Value)> {
    let entries = site.ledger().into_iter();
    entries.map(|e| (e["version"].clone(), e["commit"].clone(), e["state"].clone())).collect()
}

#[test]
fn conflicts_are_listed_and_nothing_is_overwritten() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    three(&lib);
    let lines = export(&site, "jsonl");
    daemon.stop();
    let text = fs::read_to_string(&lines).expect("it is ours");
    let commit = site.entry(MODULE, "v1.0.0")["commit"].as_str().expect("a text").to_owned();
    fs::remove_dir_all(site.state().join("ledger")).expect("it is ours");

    // The ledger that is there took the tags in as they are: nothing is withdrawn, and one has another commit.
    let other = text.replace(&commit, &"1".repeat(40));
    let file = site.path("other.jsonl");
    fs::write(&file, other).expect("the site's folder is writable");
    let daemon = site.serve();
    let before = content(&site);
    let clashes = import(&site, &file, &[]).exits(1);
    assert_eq!(counts(&clashes), [0, 0, 0, 2], "{clashes}");
    assert_eq!(clashes.json()["clashes"][0]["what"], "commit");
    assert_eq!(clashes.json()["clashes"][1]["recorded"], "accepted");
    assert_eq!(content(&site), before);
    let file = file.to_string_lossy().into_owned();
    let told = ledger(&site, &["import", &file, "--reason", "x"]).exits(1);
    told.says(&format!("conflict: {MODULE}@v1.0.0: the commit is {commit:?} here"));
    daemon.get(&format!("/{MODULE}/@v/v1.1.0.zip")).has_status(200);
}

#[test]
fn what_the_replaced_ledger_knew_more_comes_back() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let backup = site.path("backup").to_string_lossy().into_owned();
    ledger(&site, &["backup", &backup]).ok();
    lib.release("v1.1.0").push(&["main", "v1.1.0"]).accepted();
    let go = Go::through(&site, "go-before", &daemon.url());
    let before = go.fetch(MODULE, "v1.1.0");
    daemon.stop();
    // The tag moves behind our back while an old backup is put back: only the replaced journal knows.
    let moved = lib.write("more.txt", "more").commit("more");
    lib.push(&["main"]);
    lib.server(&["update-ref", "refs/tags/v1.1.0", &moved]);
    ledger(&site, &["restore-backup", &backup, "--replace", "--reason", "a test"]).ok();
    let kept = site.state().join("ledger/journal.replaced.1");
    assert_eq!(counts(&import(&site, &kept, &[]).ok()), [1, 0, 1, 0]);
    assert_eq!(counts(&import(&site, backup.as_ref(), &[]).ok()), [0, 0, 1, 0]);
    let daemon = site.serve();
    let go = Go::through(&site, "go-after", &daemon.url());
    assert_eq!(go.fetch(MODULE, "v1.1.0").sum, before.sum);
}

#[test]
fn a_file_that_is_no_ledger_changes_nothing() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let (lines, journal) = (export(&site, "jsonl"), export(&site, "journal"));
    daemon.stop();
    fs::remove_dir_all(site.state().join("ledger")).expect("it is ours");
    let check = |bytes: &[u8], words: &str| {
        let file = site.path("odd");
        fs::write(&file, bytes).expect("the site's folder is writable");
        import(&site, &file, &[]).exits(2).says(words);
        assert!(!site.state().join("ledger/journal").exists());
    };
    let good = fs::read_to_string(&lines).expect("it is ours");
    check(format!("{good}{{\"kind\":\"\u{1b}[31m\"}}\n").as_bytes(), "line 3: no record");
    check(good.trim_end().as_bytes(), "line 2: no record: \"the line does not end\"");
    check(good.replace("v1.0.0", "v1.0").as_bytes(), "version \"v1.0\" is none");
    check(b"", "neither a journal nor an export");
    check(&[b'x'; 300], "neither a journal nor an export");
    let mut whole = fs::read(&journal).expect("it is ours");
    let at = whole.len() - 100;
    whole[at] ^= 1;
    check(&whole, "is damaged at byte");
    import(&site, &site.path("missing"), &[]).exits(2);
}

#[test]
fn only_the_ledgers_user_imports() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        let lines = export(&site, "jsonl").to_string_lossy().into_owned();
        let state = site.state().to_string_lossy().into_owned();
        let as_pusher = |args: &[&str]| {
            let run = Run::by(site.actors().pusher.as_ref(), site.program("modgate"));
            let run = run.envs(site.environment()).dir(&site.path(""));
            run.arg("ledger").args(args).args(["--state", &state]).finish()
        };
        let import = ["import", &lines, "--reason", "x"];
        as_pusher(&import).exits(2).says("only root and the user of the ledger can import");
        as_pusher(&["export", "--format", "journal"]).exits(2).says("Permission denied");
        daemon.stop();
        as_pusher(&import).exits(2).says("belongs to user");
    });
}

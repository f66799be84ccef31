//! The command line that others script against: verbs, JSON, exit codes, hooks that were there before.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use serde_json::Value;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

/// The keys of a JSON object are exactly these.
#[track_caller]
fn has_keys(value: &Value, keys: &[&str]) {
    let found: BTreeSet<&str> = value
        .as_object()
        .map(|object| object.keys().map(String::as_str).collect())
        .unwrap_or_default();
    assert_eq!(found, keys.iter().copied().collect(), "{value}");
}

#[track_caller]
fn hook(lib: &Repository<'_>, name: &str, script: &str) {
    let path = lib.bare().join("hooks").join(name);
    fs::write(&path, script).expect("hooks is writable");
    fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("it is ours");
}

/// Every file of the hooks folder, with its content and whether it can be run.
fn hooks(bare: &Path) -> Vec<(String, Vec<u8>, bool)> {
    let mut found = Vec::new();
    let mut folders = vec![bare.join("hooks")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("hooks is readable") {
            let path = entry.expect("hooks is readable").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let runs = path.metadata().is_ok_and(|data| data.permissions().mode() & 0o100 != 0);
            let content = fs::read(&path).expect("hooks are readable");
            found.push((path.display().to_string(), content, runs));
        }
    }
    found.sort();
    found
}

#[test]
fn install_twice_changes_nothing_and_uninstall_restores() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    hook(&lib, "pre-receive", "#!/bin/sh\nsed 's/^/theirs saw /'\n");
    let before = hooks(lib.bare());
    site.install();
    let installed = hooks(lib.bare());
    assert_ne!(before, installed);
    site.install();
    assert_eq!(installed, hooks(lib.bare()));
    let _daemon = site.serve();
    lib.release("v2.0.0")
        .push(&["v2.0.0"])
        .refused()
        .says("major-suffix-missing")
        .says("theirs saw 0000");
    site.modgate(&["uninstall"]).finish().ok();
    assert_eq!(before, hooks(lib.bare()));
    lib.push(&["v2.0.0"]).accepted().says("theirs saw 0000").lacks("major-suffix-missing");
    site.modgate(&["uninstall"]).finish().ok();
}

/// How often git made the disk write what it has, in a push.
#[track_caller]
fn syncs_of_a_push(lib: &Repository<'_>, name: &str) -> u64 {
    let trace = lib.site().path("trace.json");
    let _ = fs::remove_file(&trace);
    lib.write(name, name).commit(name);
    let push = lib.site().git(lib.work()).env("GIT_TRACE2_EVENT", &trace);
    push.args(["push", "origin", &format!("HEAD:refs/heads/{name}")]).finish().ok();
    let lines = fs::read_to_string(&trace).expect("git wrote it");
    let events = lines.lines().filter_map(|line| serde_json::from_str(line).ok());
    let events = events.filter(|event: &Value| event["key"] == "fsync/hardware-flush");
    events.filter_map(|event| event["value"].as_str()?.parse::<u64>().ok()).sum()
}

#[test]
fn install_has_git_sync_what_is_pushed_unless_somebody_decided_otherwise() {
    let site = Site::new();
    let (lib, other) = (site.repository("acme/lib"), site.repository("acme/other"));
    other.server(&["config", "core.fsync", "reference"]);
    let config = |lib: &Repository<'_>| {
        fs::read_to_string(lib.bare().join("config")).expect("configurations are readable")
    };
    let before = (config(&lib), config(&other));
    let little = syncs_of_a_push(&lib, "before");
    let said = site.install().text();
    let told =
        "\"acme/lib\": git syncs what is pushed (core.fsync = objects,derived-metadata,reference)";
    assert!(said.contains(told) && said.matches("git syncs").count() == 1, "{said}");
    // Commit, tree and file are one each.
    let much = syncs_of_a_push(&lib, "after");
    assert!(much >= little + 3, "{little} before, {much} now");
    assert!(!site.install().text().contains("git syncs"), "twice is once");
    assert_eq!(config(&other), before.1);
    site.modgate(&["uninstall"]).finish().ok();
    assert_eq!((config(&lib), config(&other)), before);
}

#[test]
fn hooks_that_were_there_keep_their_say() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    hook(
        &lib,
        "pre-receive",
        "#!/bin/sh\nif grep -q refs/tags/v1.6.6; then echo theirs says no; exit 1; fi\n",
    );
    hook(
        &lib,
        "post-receive",
        "#!/bin/sh\nwhile read old new ref; do echo theirs after $ref; done\n",
    );
    let daemon = gate(&site);
    lib.release("v1.0.0")
        .push(&["v1.0.0"])
        .accepted()
        .says("theirs after refs/tags/v1.0.0")
        .receipt();
    lib.release("v1.6.6").push(&["v1.6.6"]).refused().says("theirs says no");
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    // A refusal by another hook blocks nothing: the author tags again.
    hook(&lib, "post-receive.d-unrelated", "#!/bin/sh\nexit 1\n");
    lib.release("v1.6.7").push(&["v1.6.7"]).accepted().receipt();
}

#[test]
fn refusal_of_another_hook_leaves_the_version_free() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let no = site.path("say-no");
    fs::write(&no, "").expect("the site's folder is writable");
    hook(&lib, "update", &format!("#!/bin/sh\n! test -e {}\n", no.display()));
    let daemon = gate(&site);
    let push = lib.release("v1.0.0").push(&["v1.0.0"]);
    assert!(!push.is_accepted(), "the update hook refuses: {push:?}");
    fs::remove_file(&no).expect("it was written above");
    let receipt = lib.release("v1.0.0").push(&["v1.0.0"]).accepted().receipt();
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    assert_eq!(site.entry(MODULE, "v1.0.0")["h1"], receipt.h1.as_str());
}

#[test]
fn install_of_one_repository_leaves_the_others() {
    let site = Site::new();
    let (lib, other) = (site.repository("acme/lib"), site.repository("acme/other"));
    let before = hooks(other.bare());
    site.modgate(&["install", "acme/lib"]).finish().ok();
    assert_eq!(before, hooks(other.bare()));
    lib.release("v2.0.0").push(&["v2.0.0"]).refused();
    other.release("v2.0.0").push(&["v2.0.0"]).accepted().silent();
    site.modgate(&["install", "acme/nosuch"]).finish().exits(2).says("acme/nosuch");
}

#[test]
fn hooks_ignore_the_environment_of_the_push() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v2.0.0").push_main();
    let push = |tag: &str| {
        let run = site.git(lib.work()).env("MODGATE_STATE", "/nowhere").env("MODGATE_ROOT", "/");
        let run = run.env("MODGATE_CONFIG", "/nowhere").env("MODGATE_PREFIX", "x");
        modgate_tests::push::Push::from(run.args(["push", "origin", tag]).finish())
    };
    push("v2.0.0").refused().says("major-suffix-missing");
    lib.tag("v1.0.0");
    push("v1.0.0").accepted().receipt();
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
}

#[test]
fn check_judges_tags_that_exist() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0")
        .tag("1.1.0")
        .tag("v2.0.0")
        .tag("nightly")
        .push(&["main", "--tags"])
        .accepted();
    let check = |more: &[&str]| site.modgate(&[&["check", "acme/lib"], more].concat()).finish();
    check(&["v1.0.0"]).ok();
    check(&["1.1.0"]).ok().says("tag-missing-v");
    check(&["v2.0.0"]).exits(1).says("major-suffix-missing");
    check(&[]).exits(1).says("major-suffix-missing").says("tag-missing-v");
    check(&["nosuch"]).exits(2).says("nosuch");
    site.modgate(&["check", "acme/nosuch"]).finish().exits(2).says("acme/nosuch");
    let by_path = site.modgate(&["check"]).arg(lib.bare()).arg("v1.0.0").finish().ok();
    assert_eq!(by_path.text(), check(&["v1.0.0"]).text());
    for (name, tag) in
        [("acme/lib/", "v1.0.0"), ("acme/lib.git", "v1.0.0"), ("acme/lib", "refs/tags/v1.0.0")]
    {
        let same = site.modgate(&["check", name, tag]).finish().ok();
        assert_eq!(by_path.text(), same.text(), "check {name} {tag}");
    }
    let all = check(&["--json"]).exits(1).json();
    let elements = all.as_array().cloned().unwrap_or_default();
    let verdicts: Vec<(&str, &str)> = elements
        .iter()
        .map(|one| (one["tag"].as_str().unwrap_or("?"), one["verdict"].as_str().unwrap_or("?")))
        .collect();
    for expected in [
        ("v1.0.0", "admitted"),
        ("1.1.0", "admitted"),
        ("v2.0.0", "refused"),
        ("nightly", "ignored"),
    ] {
        assert!(verdicts.contains(&expected), "{expected:?} in {verdicts:?}");
    }
    for element in &elements {
        has_keys(element, &["repository", "tag", "module", "version", "verdict", "findings"]);
        assert_eq!(element["repository"], "acme/lib");
        for finding in element["findings"].as_array().into_iter().flatten() {
            has_keys(
                finding,
                &["rule", "level", "summary", "consumer", "fix", "file", "line", "excerpt"],
            );
        }
    }
    let bad = elements.iter().find(|one| one["tag"] == "v2.0.0").expect("it was in the list");
    assert_eq!(bad["findings"][0]["rule"], "major-suffix-missing");
    assert_eq!(bad["findings"][0]["level"], "reject");
    assert_eq!(bad["findings"][0]["file"], "go.mod");
    assert_eq!(bad["findings"][0]["line"], 1);
}

#[test]
fn ledger_answers_with_and_without_a_daemon() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let keys = [
        "module",
        "version",
        "state",
        "repository",
        "tag",
        "commit",
        "tree",
        "h1",
        "gomod_h1",
        "time",
        "pusher",
        "how",
        "reason",
    ];
    let ask = |verb: &[&str]| site.modgate(&[&["ledger"], verb].concat()).finish();
    let answers = || {
        let show = ask(&["show", MODULE, "v1.0.0", "--json"]).ok().json();
        has_keys(&show, &keys);
        assert_eq!((&show["repository"], &show["tag"]), (&"acme/lib".into(), &"v1.0.0".into()));
        let list = ask(&["list", MODULE, "--json"]).ok().json();
        assert_eq!(list.as_array().map(Vec::len), Some(1));
        assert_eq!(list[0], show);
        assert_eq!(ask(&["list", "--json"]).ok().json(), list);
        ask(&["show", MODULE, "v1.0.0"]).ok().says("v1.0.0");
        ask(&["list"]).ok().says(MODULE);
        ask(&["show", MODULE, "v9.9.9"]).exits(1);
        ask(&["show", "example.org/nosuch", "v1.0.0", "--json"]).exits(1);
        ask(&["list", "example.org/nosuch"]).exits(1);
        show
    };
    let with = answers();
    daemon.stop();
    assert_eq!(with, answers());
}

#[test]
fn status_tells_whether_a_daemon_runs() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    site.install();
    site.modgate(&["status"]).finish().exits(1);
    let daemon = site.serve();
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let head = || {
        let status = site.modgate(&["status", "--json"]).finish().ok().json();
        let keys = [
            "daemon",
            "repositories",
            "modules",
            "accepted",
            "broken",
            "pending",
            "drift",
            "cache_bytes",
        ];
        has_keys(&status, &[&keys[..], &["journal_head", "damage", "unproven"]].concat());
        let counts = ["repositories", "modules", "accepted", "broken", "pending", "drift"]
            .map(|key| status[key].clone());
        (counts, status["journal_head"].clone())
    };
    let (counts, first) = head();
    assert_eq!(counts.map(|count| count.as_u64()), [1, 1, 1, 0, 0, 0].map(Some));
    lib.release("v1.1.0").push(&["v1.1.0"]).accepted();
    assert_ne!(head().1, first, "the journal has grown");
    site.modgate(&["status"]).finish().ok().says("1");
    daemon.stop();
    site.modgate(&["status", "--json"]).finish().exits(1).json();
}

#[test]
fn help_and_wrong_words() {
    let site = Site::new();
    let run = |args: &[&str]| site.modgate_bare().args(args).finish();
    let help = run(&["--help"]).ok();
    for verb in
        ["serve", "install", "uninstall", "check", "next", "explain", "scan", "status", "ledger"]
    {
        assert!(help.text().contains(verb), "{help}");
        let help = run(&[verb, "--help"]).ok();
        assert!(help.text().lines().count() >= 5, "too short to be good reading: {help}");
    }
    for flag in ["--root", "--prefix", "--state", "--listen", "--config"] {
        run(&["serve", "--help"]).ok().says(flag);
    }
    run(&["ledger", "show", "--help"]).ok();
    run(&["--version"]).ok().says("modgate");
    run(&["nosuch"]).exits(2);
    run(&["check"]).exits(2);
    run(&["ledger", "show", "only-one"]).exits(2);
}

#[test]
fn install_warns_when_most_module_paths_do_not_match_the_prefix() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.module_at("", "other.example.org/acme/lib").commit("other");
    lib.push_main();
    let done = site.install();
    assert!(done.errors().contains("prefix"), "no warning about the prefix: {done}");
}

#[test]
fn older_tags_are_adopted_and_broken_ones_keep_their_reason() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").tag("v2.0.0").push(&["main", "--tags"]).accepted();
    let daemon = gate(&site);
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    let entry = site.entry(MODULE, "v1.0.0");
    assert_eq!((&entry["state"], &entry["how"]), (&"accepted".into(), &"adopted".into()));
    let entries = site.ledger();
    let broken = entries
        .iter()
        .find(|entry| entry["tag"] == "v2.0.0")
        .expect("broken tags are in the ledger");
    assert_eq!(broken["state"], "broken");
    let reason = broken["reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with("major-suffix-missing"), "{broken}");
}

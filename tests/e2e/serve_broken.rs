//! Broken versions with `serve_broken`: what the go command does with the repository itself, bug for bug, beside what
//! the default does with the same queries.

use std::fs;

use modgate_tests::compare::Stages;
use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::site::Site;
use modgate_tests::table::{info, path, refusal};
use serde_json::Value;

use crate::broken_versions::{Broken, all, ask, kinds, spoil};
use crate::push_rules::gate;
use crate::resolving::{as_direct_mode, push_all};

/// The versions that the client lists of each module, or why it does not.
fn listed(go: &Go, modules: &[&str]) -> Vec<(Value, bool)> {
    let args = ["list", "-m", "-e", "-versions", "-retracted", "-json"];
    let done = go.run(&[&args[..], modules].concat());
    let found = serde_json::Deserializer::from_slice(&done.stdout).into_iter::<Value>();
    let found = found.map_while(Result::ok);
    found.map(|module| (module["Versions"].clone(), module["Error"].is_null())).collect()
}

// Rules: N6, Q11, L4, R8, D9.2, D9.3, D10, G2, G5, Z4.5, Z4.7, Z4.12, Z11
#[test]
fn broken_version_is_served_as_in_direct_mode() {
    let site = Site::new();
    let mut all = all(&site);
    // No `.info` can be written for it, so no proxy can serve it.
    all.retain(|version| !version.module.ends_with("/late"));
    let daemon = as_direct_mode(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    let modules: Vec<&str> = all.iter().map(|version| &*version.module).collect();
    let lists = listed(&direct, &modules);
    assert_eq!(lists.len(), all.len());
    assert_eq!(lists, listed(&proxied, &modules));
    assert!(lists[0].0.as_array().is_some_and(|versions| versions.len() == 2), "{lists:?}");
    let names: Vec<String> = all.iter().map(|v| format!("{}@{}", v.module, v.bad)).collect();
    let [wanted, got] = [&direct, &proxied].map(|go| ask(go, &names));
    for ((name, wanted), got) in names.iter().zip(&wanted).zip(&got) {
        let [wanted, got] = [wanted, got].map(|download| Stages::from(download).reason_only());
        let shown = |stages: &Stages| format!("{stages:?}").chars().take(2000).collect::<String>();
        assert!(wanted == got, "{name}:\n  direct  {}\n  modgate {}", shown(&wanted), shown(&got));
    }
    assert!(wanted.iter().any(|download| download.error.is_empty()), "nothing can be downloaded");
    // The newest is chosen, broken or not, and there is no other one behind it (Q11).
    let names: Vec<String> = modules.iter().map(|module| format!("{module}@latest")).collect();
    let [wanted, got] = [&direct, &proxied].map(|go| ask(go, &names));
    for ((version, wanted), got) in all.iter().zip(&wanted).zip(&got) {
        let [wanted, got] = [wanted, got].map(|found| (&found.version, found.error.is_empty()));
        assert_eq!(wanted, got, "{}: the go command (left), modgate", version.module);
        assert_ne!(wanted.0, version.good, "{}", version.module);
    }
    let late = daemon.get("/git.example.com/b/late/@v/v1.1.0.info").has_status(404);
    assert_eq!(late.text(), "not found: Time.MarshalJSON: year outside of range [0,9999]\n");
}

/// A commit that nobody can use, on the branch and under no tag; then the same under a tag.
// Rules: N6, Q7.3, R11, PV7
#[test]
fn broken_commit_is_no_answer_to_a_query() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.release("v1.0.0").write("a:b.go", "package code\n").commit("spoilt");
    lib.git(&["branch", "untagged"]);
    lib.write("more.go", "package code\n").commit("spoilt and tagged");
    lib.tag("v1.1.0").git(&["branch", "tagged"]);
    let fixed = lib.remove("a:b.go").commit("mended");
    lib.git(&["checkout", "--quiet", "-b", "foreign"]);
    lib.module_at("", "x.y/z").commit("can be zipped, and required by nobody");
    lib.git(&["checkout", "--quiet", "main"]);
    push_all(&lib);
    let daemon = gate(&site);
    let reason = "create zip: a:b.go: malformed file path \"a:b.go\": invalid char ':'";
    let pseudo = format!("v1.0.1-0.{}", lib.stamp("untagged"));
    for (query, expected) in [
        ("untagged", format!("no: {reason} (release-unfetchable)")),
        (&pseudo, format!("no: {reason} (release-unfetchable)")),
        ("tagged", format!("no: release-unfetchable: {reason}")),
        // A broken tag is a base like any other.
        ("main", format!("v1.1.1-0.{} -", lib.stamp(&fixed))),
    ] {
        assert_eq!(info(&daemon, &m, query), expected, "{query}");
    }
    for kind in [".mod", ".zip"] {
        let answer = daemon.get(&path(&m, &pseudo, kind));
        assert_eq!(refusal(&answer), format!("no: {reason} (release-unfetchable)"), "{kind}");
    }
    daemon.stop();
    let daemon = as_direct_mode(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    for query in ["untagged", "tagged", "main", "foreign", &pseudo] {
        let [wanted, got] = [&direct, &proxied].map(|go| Stages::of(go, &m, query).reason_only());
        assert_eq!((wanted.version, wanted.gomod, wanted.sum), (got.version, got.gomod, got.sum));
        assert_eq!(wanted.error, got.error, "{query}");
    }
    // What is broken is no promise.
    let foreign = format!("v1.1.1-0.{}", lib.stamp("foreign"));
    assert_eq!(proxied.fetch(&m, "foreign").version, foreign);
    let entries = site.ledger();
    let is_promised = |version: &str| entries.iter().any(|entry| entry["version"] == version);
    assert!(is_promised(&format!("v1.1.1-0.{}", lib.stamp(&fixed))), "{entries:?}");
    assert!(!is_promised(&pseudo) && !is_promised(&foreign), "{entries:?}");
}

// Rules: N6, L6, R8, X10
#[test]
fn list_that_fails_in_direct_mode_has_the_good_versions() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.release("v1.0.0").tag("v2.0.0").git(&["tag", "v1.9.0", "HEAD^{tree}"]);
    push_all(&lib);
    let daemon = gate(&site);
    assert_eq!(daemon.list(&m), ["v1.0.0"]);
    daemon.stop();
    let daemon = as_direct_mode(&site);
    let direct = Go::direct(&site, "go-direct");
    let error = direct.versions(&m).expect_err("the go command's list fails");
    let reason = "unexpected response from git log: \"\"";
    assert!(error.ends_with(reason), "{error}");
    let answer = daemon.get(&format!("/{m}/@v/list"));
    assert_eq!(refusal(&answer), format!("no: {reason}"));
}

// Rules: N6, Q11, X9
#[test]
fn latest_falls_back_to_nothing_where_all_is_broken() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.module_at("", "x.y/z").commit("other");
    lib.tag("v1.0.0").write("more.txt", "more").commit("more");
    lib.tag("v1.1.0").module_at("", &m).commit("mended, untagged");
    push_all(&lib);
    // The highest version retracts itself and another, and cannot be zipped.
    let lib = site.repository("acme/self");
    let m2 = lib.module();
    lib.release("v1.0.0").release("v1.1.0").write("a:b.go", "package code\n");
    lib.write("go.mod", format!("module {m2}\n\ngo 1.21\n\nretract [v1.1.0, v1.2.0]\n"))
        .commit("retract");
    lib.tag("v1.2.0");
    push_all(&lib);
    let daemon = gate(&site);
    let latest = |daemon: &Daemon, m: &str| info(daemon, m, "latest");
    let declares = format!("module declares its path as: x.y/z, but was required as: {m}");
    let expected = format!("no: module-path-mismatch: parsing go.mod: {declares}");
    assert_eq!(latest(&daemon, &m), expected);
    // A retraction in a version that nobody can use retracts nothing.
    assert_eq!(latest(&daemon, &m2), "v1.1.0 refs/tags/v1.1.0");
    daemon.stop();
    let daemon = as_direct_mode(&site);
    let direct = Go::direct(&site, "go-direct");
    for (m, version) in [(&m, "v1.1.0"), (&m2, "v1.0.0")] {
        assert_eq!(latest(&daemon, m), format!("{version} refs/tags/{version}"));
        assert_eq!(direct.fetch(m, "latest").version, version);
    }
}

// Rules: N6, D10, X22
#[test]
fn consumer_is_refused_as_in_direct_mode() {
    let site = Site::new();
    let broken: Vec<Broken> = kinds()[..5].iter().map(|kind| spoil(&site, kind)).collect();
    let daemon = as_direct_mode(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    for Broken { module, bad, .. } in &broken {
        let [wanted, got] = [&direct, &proxied].map(|go| {
            let consumer = site.path("consumer");
            fs::create_dir_all(&consumer).expect("the site's folder is writable");
            fs::write(consumer.join("go.mod"), "module consumer.test\n\ngo 1.21\n")
                .expect("writable");
            let done = go.run_in(&consumer, &["get", &format!("{module}@{bad}")]);
            assert_ne!(done.code(), 0, "{done}");
            done.errors()
        });
        assert_eq!(wanted, got, "{module}");
    }
}

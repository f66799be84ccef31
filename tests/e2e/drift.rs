//! Tags that move or vanish behind the gate: recorded once, told, audited, and over when they come back.

use std::fs;

use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::run::Done;
use modgate_tests::site::Site;
use modgate_tests::wait;
use serde_json::Value;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

/// What the ledger remembers of the tag of a version.
#[track_caller]
pub(crate) fn drift(site: &Site, module: &str, version: &str) -> Vec<Value> {
    let shown = site.modgate(&["ledger", "show", module, version, "--json"]).finish().ok().json();
    shown["drift"].as_array().cloned().unwrap_or_default()
}

/// Waits until the newest of it is this.
#[track_caller]
pub(crate) fn wait_for_drift(site: &Site, module: &str, version: &str, seen: &str) -> Value {
    let newest = || drift(site, module, version).pop().filter(|newest| newest["seen"] == seen);
    let found = wait::within(wait::SOON, newest);
    found.unwrap_or_else(|| {
        panic!("{module}@{version} is not {seen}: {:?}", drift(site, module, version))
    })
}

/// The audit, with its exit code.
#[track_caller]
pub(crate) fn audit(site: &Site, code: i32) -> Vec<Value> {
    let done = site.modgate(&["audit", "--format", "json"]).finish().exits(code);
    done.json().as_array().cloned().unwrap_or_default()
}

fn journal(site: &Site) -> String {
    fs::read_to_string(site.state().join("ledger/journal")).expect("the journal is readable")
}

/// Runs the command in the advice that begins with this.
#[track_caller]
fn follow(lib: &Repository<'_>, row: &Value, start: &str) -> Done {
    let advice = row["advice"].as_array().expect("there is advice");
    let line = advice.iter().filter_map(Value::as_str).find(|line| line.starts_with(start));
    let line = line.unwrap_or_else(|| panic!("no {start:?} in {row}"));
    lib.shell(lib.work(), &[line]).finish().ok()
}

#[test]
pub(crate) fn moved_and_vanished_tags_are_recorded_once_and_until_they_come_back() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let first = lib.head();
    lib.release("v1.1.0").push(&["main", "v1.1.0"]).accepted();
    assert_eq!(audit(&site, 0), Vec::<Value>::new());
    let accepted = site.entry(MODULE, "v1.0.0")["h1"].clone();
    let moved_to = lib.write("moved.txt", "moved").commit("moved");
    lib.push(&["main"]).accepted();
    lib.server(&["tag", "--force", "v1.0.0", &moved_to]);
    lib.server(&["tag", "--delete", "v1.1.0"]);
    let moved = wait_for_drift(&site, MODULE, "v1.0.0", "moved");
    assert_eq!((&moved["commit"], &moved["h1"]), (&first.as_str().into(), &accepted));
    // What the version would be now is what the go command would make of it.
    let direct = Go::direct(&site, "go-direct").fetch(MODULE, "v1.0.0");
    assert_eq!(moved["new_commit"], moved_to.as_str());
    assert_eq!(moved["new_h1"], direct.sum.as_str());
    assert_ne!(moved["new_h1"], moved["h1"]);
    let gone = wait_for_drift(&site, MODULE, "v1.1.0", "gone");
    assert_eq!((&gone["new_commit"], &gone["new_h1"]), (&Value::Null, &Value::Null));
    let said = site.modgate(&["ledger", "show", MODULE, "v1.0.0"]).finish().ok();
    said.says("moved from commit").says(&moved_to);
    assert!(
        daemon.log().contains("drift: tag \"v1.0.0\" of \"acme/lib\" moved"),
        "{}",
        daemon.log()
    );
    let metrics = daemon.get("/metrics").text();
    for line in
        ["modgate_drift 2", "drifts_total{seen=\"moved\"} 1", "drifts_total{seen=\"gone\"} 1"]
    {
        assert!(metrics.contains(line), "no {line} in {metrics}");
    }

    // Sweeps and starts record nothing again; the audit says the same with and without a daemon.
    let rows = audit(&site, 1);
    let names: Vec<_> =
        rows.iter().map(|row| (row["version"].clone(), row["seen"].clone())).collect();
    assert_eq!(names, [("v1.0.0".into(), "moved".into()), ("v1.1.0".into(), "gone".into())]);
    assert_eq!((&rows[0]["since"], &rows[0]["new_h1"]), (&moved["time"], &moved["new_h1"]));
    assert_eq!(rows[0]["content"], "repository");
    let before = journal(&site);
    daemon.stop();
    assert_eq!(audit(&site, 1), rows);
    let daemon = site.serve();
    site.modgate(&["audit"]).finish().exits(1).says("2 accepted versions compared, 2 drifted");
    site.modgate(&["audit", "acme/lib"]).finish().exits(1);
    site.modgate(&["audit", "acme/other"]).finish().exits(2).says("the ledger does not know it");
    lib.tag("v1.2.0").push(&["v1.2.0"]).accepted();
    assert_eq!(journal(&site).matches("\"kind\":\"drift\"").count(), 2);
    assert!(journal(&site).starts_with(&before), "the journal only grows");

    // What the audit advises ends the drift.
    rows.iter().for_each(|row| drop(follow(&lib, row, "git -C ")));
    let back = wait_for_drift(&site, MODULE, "v1.0.0", "back");
    assert_eq!(back["new_commit"], Value::Null);
    wait_for_drift(&site, MODULE, "v1.1.0", "back");
    assert_eq!(audit(&site, 0), Vec::<Value>::new());
    assert!(daemon.get("/metrics").text().contains("modgate_drift 0"));
    assert_eq!(drift(&site, MODULE, "v1.0.0").len(), 2);
}

#[test]
fn audit_says_which_of_what_drifted_is_withdrawn() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    gate(&site).stop();
    lib.release("v1.0.0").release("v1.1.0").push(&["main", "--tags"]).accepted();
    lib.server(&["tag", "--delete", "v1.0.0", "v1.1.0"]);
    let withdraw = ["ledger", "withdraw", MODULE, "v1.0.0", "--reason", "x"];
    site.modgate(&withdraw).finish().ok();
    let said = site.modgate(&["audit"]).finish().exits(1).text();
    assert!(said.contains("withdrawn: consumers get status 403"), "{said}");
    assert_eq!(said.matches("modgate ledger withdraw").count(), 1, "of the other one: {said}");
}

#[test]
fn what_happened_while_nobody_ran_is_audited_at_once_and_recorded_at_the_next_start() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    gate(&site).stop();
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    lib.write("go.mod", "module example.org/elsewhere\n").commit("of another path");
    lib.push(&["main"]).accepted();
    lib.server(&["tag", "--force", "v1.0.0", "main"]);
    let rows = audit(&site, 1);
    // At its new commit nobody could use the version.
    assert_eq!((&rows[0]["since"], &rows[0]["new_h1"]), (&Value::Null, &Value::Null));
    assert_eq!(rows[0]["new_commit"], lib.head().as_str());
    assert_eq!(drift(&site, MODULE, "v1.0.0"), Vec::<Value>::new(), "an audit records nothing");
    site.modgate(&["audit"]).finish().exits(1).says("not recorded yet");
    let _daemon = site.serve();
    let moved = wait_for_drift(&site, MODULE, "v1.0.0", "moved");
    assert_eq!(audit(&site, 1)[0]["since"], moved["time"]);
}

#[test]
fn repository_that_cannot_be_read_is_no_drift_and_no_clean_bill() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    daemon.stop();
    let config = lib.bare().join("config");
    let text = fs::read_to_string(&config).expect("git wrote it");
    fs::write(&config, "[broken").expect("writable");
    assert_eq!(audit(&site, 2), Vec::<Value>::new());
    fs::write(&config, text).expect("writable");
    assert_eq!(audit(&site, 0), Vec::<Value>::new());
}

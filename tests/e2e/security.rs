//! docs/security.md: what it says that somebody cannot do is tried by tests, and they exist.

use std::fs;

use modgate_tests::golang::Go;
use modgate_tests::site::Site;
use modgate_tests::sources::{has_test, rust_files, workspace};

use crate::clients::go_mod;
use crate::push_rules::gate;

/// The rows of the tables about what somebody cannot do: what, and the tests.
fn rows(page: &str) -> Vec<(&str, Vec<&str>)> {
    let mut rows = Vec::new();
    let mut is_inside = false;
    for line in page.lines() {
        let Some(fields) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            is_inside = is_inside && line.starts_with('|');
            continue;
        };
        match fields.split_once(" | ") {
            Some(("cannot", "test")) => is_inside = true,
            Some((what, tests)) if is_inside => {
                rows.push((what, tests.split('`').skip(1).step_by(2).collect()))
            }
            None if is_inside => rows.push((fields, Vec::new())),
            _ => {}
        }
    }
    rows
}

#[test]
fn everything_that_somebody_cannot_do_is_tried_by_a_test() {
    let page = fs::read_to_string(workspace().join("docs/security.md")).expect("it is there");
    let sources = rust_files(&workspace()).expect("sources are readable");
    let rows = rows(&page);
    for actor in page.lines().filter(|line| line.starts_with("### ")) {
        let (_, rest) = page.split_once(actor).expect("it is a line of the page");
        let own = rest.split("\n### ").next().unwrap_or_default();
        assert!(own.contains("| cannot | test |"), "{actor:?} can do everything?");
    }
    let wrong: Vec<_> = rows
        .iter()
        .filter(|(_, tests)| tests.is_empty() || !tests.iter().all(|test| has_test(&sources, test)))
        .collect();
    assert!(wrong.is_empty(), "rows without tests that exist: {wrong:#?}");
    assert!(rows.len() > 30, "{} rows", rows.len());
}

#[test]
fn rows_are_read() {
    let page = "| a | b |\n|---|---|\n| x | `y::z` |\n\n| cannot | test |\n|---|---|\n| fly | `a::b`, `c::d` |\n| swim | |\n\n| e | `f::g` |\n";
    assert_eq!(rows(page), [("fly", vec!["a::b", "c::d"]), ("swim |", vec![])]);
}

#[test]
fn consumer_with_a_go_sum_takes_no_other_content() {
    let publish = |content: &str| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        lib.write("who.txt", content).release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        (site, daemon)
    };
    let ((site, daemon), (_other, forged)) = (publish("ours"), publish("theirs"));
    let go = Go::through(&site, "go", &daemon.url());
    let consumer = go.module("consumer", &go_mod("consumer.test", ""));
    go.run_in(&consumer, &["get", "git.example.com/acme/lib@v1.0.0"]).ok();
    // Whoever stands between them answers in the proxy's place, with an empty cache on the consumer's side.
    let go = Go::through(&site, "go-between", &forged.url());
    go.run_in(&consumer, &["mod", "download"]).exits(1).says("SECURITY ERROR");
}

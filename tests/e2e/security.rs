//! docs/security.md: what it says that somebody cannot do is tried by tests, and they exist.

use std::fs;

use modgate_tests::golang::Go;
use modgate_tests::site::Site;
use modgate_tests::sources::{rust_files, workspace};

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

/// Whether a source has this test: `a::b::name` is `fn name` in a file `a/b.rs`.
fn is_there(sources: &[(String, String)], test: &str) -> bool {
    let Some((module, name)) = test.rsplit_once("::") else { return false };
    // A module of tests is in the file of what it tests, or beside it.
    let places = [module, module.strip_suffix("::tests").unwrap_or(module)];
    let files = places.map(|place| format!("/{}.rs", place.replace("::", "/")));
    let mut lines = sources
        .iter()
        .filter(|(file, _)| files.iter().any(|end| file.ends_with(end)))
        .flat_map(|(_, source)| {
            let lines: Vec<&str> = source.lines().map(str::trim).collect();
            lines
                .windows(2)
                .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
                .collect::<Vec<_>>()
        });
    let head = format!("fn {name}(");
    lines.any(|(above, line)| {
        let function = line.strip_prefix("pub(crate) ").unwrap_or(&line);
        above == "#[test]" && function.starts_with(&head)
    })
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
        .filter(|(_, tests)| tests.is_empty() || !tests.iter().all(|test| is_there(&sources, test)))
        .collect();
    assert!(wrong.is_empty(), "rows without tests that exist: {wrong:#?}");
    assert!(rows.len() > 30, "{} rows", rows.len());
}

#[test]
fn rows_are_read_and_tests_are_found_by_file_and_name() {
    let page = "| a | b |\n|---|---|\n| x | `y::z` |\n\n| cannot | test |\n|---|---|\n| fly | `a::b`, `c::d` |\n| swim | |\n\n| e | `f::g` |\n";
    assert_eq!(rows(page), [("fly", vec!["a::b", "c::d"]), ("swim |", vec![])]);
    let sources = [
        ("x/src/a.rs".to_owned(), "#[test]\nfn one() {}\nfn two() {}\n".to_owned()),
        ("x/src/b/tests.rs".to_owned(), "    #[test]\n    pub(crate) fn three() {}\n".to_owned()),
    ];
    for (test, found) in [
        ("a::one", true),
        ("a::tests::one", true),
        ("a::two", false),
        ("a::on", false),
        ("b::one", false),
        ("b::tests::three", true),
        ("three", false),
    ] {
        assert_eq!(is_there(&sources, test), found, "{test}");
    }
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

//! The exported API: what the pusher reads, what the ledger shows, and what the real gorelease says of every case.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use modgate_tests::clients;
use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::gorelease::gorelease;
use crate::push_rules::gate;

const LIB: &str = "git.example.com/acme/lib";
const API: &str = "git.example.com/acme/api";

/// A module that was released, and a commit that breaks its users.
fn broken(site: &Site) -> Repository<'_> {
    let lib = site.repository("acme/lib");
    lib.write("go.mod", format!("module {LIB}\n\ngo 1.24\n")).write("LICENSE", "MIT\n");
    lib.write("lib.go", "package lib\n\n// F is used.\nfunc F() {}\n\nfunc G() {}\n");
    lib.write("sub/sub.go", "package sub\n").commit("v1.0.0");
    lib.tag("v1.0.0");
    lib.write("lib.go", "package lib\n\n// F takes more.\nfunc F(n int) {}\n\nfunc H() {}\n");
    lib.remove("sub/sub.go").commit("v1.1.0");
    lib
}

#[test]
fn a_push_that_breaks_users_is_let_in_with_a_warning() {
    let site = Site::new();
    let lib = broken(&site);
    lib.push(&["main", "v1.0.0"]).accepted();
    let _daemon = gate(&site);
    lib.tag("v1.1.0");
    let mut push = lib.push(&["main", "v1.1.0"]).accepted();
    for words in [
        "[api-incompatible]",
        "lib.go:4",
        "3 changes of the exported API since v1.0.0",
        "lib.go:4: F: changed from func() to func(int)",
        "lib.go:6 of v1.0.0: G: removed",
        "sub/sub.go:1 of v1.0.0: package sub: removed",
        &format!("-module={LIB}/v2"),
        "git tag v2.0.0",
    ] {
        push = push.says(words);
    }
    let ask = |args: &[&str]| site.modgate(&[&["ledger", "show"], args].concat()).finish();
    let version = format!("{LIB}@v1.1.0");
    ask(&[LIB, "v1.1.0"]).ok().says("api since  v1.0.0").says("lib.go:6 of v1.0.0: G: removed");
    let shown = ask(&[&version, "--json"]).ok().json();
    let api = &shown["api"];
    assert_eq!((&shown["tag"], &api["base"]), (&"v1.1.0".into(), &"v1.0.0".into()));
    assert_eq!(api["incompatible"].as_array().map(Vec::len), Some(3), "{api}");
    assert_eq!(api["incompatible"][1]["what"], "G: removed");
    assert_eq!(api["incompatible"][1]["version"], "v1.0.0");
    assert_eq!(api["added"][0]["what"], "H: added");
    // The first release has nothing beside it.
    assert!(ask(&[&format!("{LIB}@v1.0.0"), "--json"]).ok().json().get("api").is_none());
    ask(&["no-version"]).exits(2);
}

/// A case of `cases/api`.
#[derive(Default)]
struct Case {
    name: String,
    /// Path, and text before and after.
    old: Vec<(String, String)>,
    new: Vec<(String, String)>,
    is_incompatible: bool,
    is_added: bool,
    /// Whether gorelease calls it incompatible, where we do not.
    gorelease_differs: bool,
}

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/cases/api"));
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).expect("there are cases") {
        let path = entry.expect("the folder is readable").path();
        let text = fs::read_to_string(&path).expect("a case is text");
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        cases.push(case(name, &text));
    }
    assert!(cases.len() >= 40, "{} cases", cases.len());
    cases
}

fn case(name: String, text: &str) -> Case {
    let mut case = Case { name, ..Case::default() };
    let mut section = String::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
            title.clone_into(&mut section);
            if let Some(path) = title.strip_prefix("old/") {
                case.old.push((path.to_owned(), String::new()));
            } else if let Some(path) = title.strip_prefix("new/") {
                case.new.push((path.to_owned(), String::new()));
            }
            continue;
        }
        let files = match section.split('/').next() {
            Some("old") => &mut case.old,
            Some("new") => &mut case.new,
            Some("incompatible") => {
                case.is_incompatible = true;
                continue;
            }
            Some("added") => {
                case.is_added = true;
                continue;
            }
            _ => {
                let reason = line.strip_prefix("differs = ").filter(|reason| !reason.is_empty());
                case.gorelease_differs |= reason.is_some();
                continue;
            }
        };
        if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    case
}

/// What gorelease says of each directory: whether there are incompatible changes, and compatible ones.
fn verdicts(report: &str) -> BTreeMap<String, (bool, bool)> {
    let mut verdicts: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    let (mut package, mut section) = (String::new(), String::new());
    for line in report.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            assert!(!title.starts_with("errors"), "a case does not compile: {report}");
            title.clone_into(&mut section);
        } else if let Some(title) = line.strip_prefix("# ") {
            let inside = title.strip_prefix(API).unwrap_or_default().trim_start_matches('/');
            inside.split('/').next().unwrap_or_default().clone_into(&mut package);
            section.clear();
        } else if !line.is_empty() && !package.is_empty() {
            let verdict = verdicts.entry(package.clone()).or_default();
            verdict.0 |= section == "incompatible changes";
            verdict.1 |= section == "compatible changes";
        }
    }
    verdicts
}

#[test]
fn gorelease_says_the_same_of_every_case() {
    let site = Site::new();
    let api = site.repository("acme/api");
    let cases = cases();
    api.write("go.mod", format!("module {API}\n\ngo 1.24\n")).write("LICENSE", "MIT\n");
    api.write("moved/m.go", "package moved\n\ntype T struct{ A int }\n");
    for case in &cases {
        for (path, text) in &case.old {
            api.write(&format!("{}/{path}", case.name), text);
        }
    }
    api.commit("v1.0.0");
    api.tag("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let daemon = gate(&site);
    for case in &cases {
        for (path, _) in &case.old {
            api.remove(&format!("{}/{path}", case.name));
        }
        for (path, text) in &case.new {
            api.write(&format!("{}/{path}", case.name), text);
        }
    }
    api.commit("v1.1.0");
    let go = Go::through_with(&clients::newest().program, &site, "go-api", &daemon.url());
    let report = go.start(gorelease(), api.work(), &["-base=v1.0.0"]).exits(1).text();
    let verdicts = verdicts(&report);
    let mut wrong = Vec::new();
    for case in &cases {
        let theirs = verdicts.get(&case.name).copied().unwrap_or_default();
        let expected = (case.is_incompatible || case.gorelease_differs, case.is_added);
        // Beside an incompatible change it does not matter what else is new.
        if theirs.0 != expected.0 || (!theirs.0 && theirs.1 != expected.1) {
            wrong.push(format!("{}: {theirs:?} for {expected:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}\n{report}", wrong.join("\n"));
}

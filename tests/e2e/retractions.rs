//! Retractions and deprecations as a consumer sees them (section 19): the same words as straight from the repository.

use std::fs;

use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::run::Done;
use modgate_tests::site::Site;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

/// A release with this go.mod.
#[track_caller]
fn release(lib: &Repository<'_>, version: &str, go_mod: &str) {
    lib.write("code.go", format!("package code\n\n// {version}\n"))
        .write("go.mod", go_mod)
        .commit(version);
    lib.tag(version);
}

#[track_caller]
fn push_all(lib: &Repository<'_>) {
    lib.push(&["--all"]).accepted();
    lib.push(&["--tags"]).accepted();
}

/// What the go command prints of its own accord, without what it does meanwhile.
fn said(done: &Done) -> Vec<String> {
    let text = done.text() + &done.errors();
    text.lines().filter(|line| !line.contains(": downloading ")).map(str::to_owned).collect()
}

/// `go get` in a new module.
fn get(site: &Site, go: &Go, what: &str) -> Done {
    let folder = site.path("consumer");
    fs::create_dir_all(&folder).expect("the site's folder is writable");
    let _none = fs::remove_file(folder.join("go.sum"));
    fs::write(folder.join("go.mod"), "module consumer.test\n\ngo 1.21\n").expect("writable");
    go.run_in(&folder, &["get", what])
}

// Rules: T2, T4, T7, T8, F12, F13, F14, L8
#[test]
fn warnings_are_those_of_direct_mode() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let plain = format!("module {MODULE}\n\ngo 1.21\n");
    release(&lib, "v1.0.0", &plain);
    release(&lib, "v1.1.0", &plain);
    release(&lib, "v1.2.0", &plain);
    let long = "long ".repeat(200);
    let last = format!(
        "// Old.\n//\n// Deprecated: use acme/new\n// instead.\n//\n// More.\nmodule {MODULE}\n\ngo 1.21\n\n\
         // All of these\n// are bad.\nretract (\n\tv1.1.0\n\t[v1.3.0, v1.3.9] // {long}\n\tv1.4.0 // no \u{7} bell\n)\n"
    );
    release(&lib, "v1.3.0", &last);
    release(&lib, "v1.4.0", &last);
    // Only the highest release counts, so what this prerelease retracts is not retracted.
    release(&lib, "v1.5.0-rc.1", &format!("{plain}\nretract v1.0.0\n"));
    push_all(&lib);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    let list =
        |go: &Go, flags: &[&str]| said(&go.run(&[&["list", "-m"], flags, &[MODULE]].concat()).ok());
    for (flags, expected) in [
        (&["-versions"][..], "v1.0.0 v1.2.0 v1.5.0-rc.1"),
        (&["-versions", "-retracted"], "v1.0.0 v1.1.0 v1.2.0 v1.3.0 v1.4.0 v1.5.0-rc.1"),
    ] {
        let (wanted, got) = (list(&direct, flags), list(&proxied, flags));
        let expected = format!("{MODULE} {expected}");
        assert_eq!((&wanted, &got), (&vec![expected.clone()], &vec![expected]), "{flags:?}");
    }
    for (query, words) in [
        ("latest", "v1.2.0"),
        ("v1", "v1.2.0"),
        ("<v1.2.0", "v1.0.0"),
        ("v1.1.0", "retracted by module author: All of these"),
        ("v1.3.0", "retracted by module author"),
        ("v1.4.0", "retracted by module author"),
        ("v1.0.0", "is deprecated: use acme/new"),
    ] {
        let [wanted, got] =
            [&direct, &proxied].map(|go| said(&get(&site, go, &format!("{MODULE}@{query}")).ok()));
        assert_eq!(wanted, got, "{query}");
        assert!(wanted.join("\n").contains(words), "{query}: {wanted:?}");
    }
}

/// The highest release cannot be read: direct mode fails to list, and takes what is asked for by name.
// Rules: T6, N6, N31
#[test]
fn unreadable_retractions_fail_the_list_alone() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let plain = format!("module {MODULE}\n\ngo 1.21\n");
    release(&lib, "v1.0.0", &plain);
    release(&lib, "v1.1.0", &format!("{plain}\nretract v1.0.0\n"));
    release(&lib, "v1.2.0", &format!("{plain}\nrequire (\n"));
    push_all(&lib);
    let direct = Go::direct(&site, "go-direct");
    let versions = ["list", "-m", "-versions", MODULE];
    let fails = |go: &Go| {
        let errors = go.run(&versions).errors();
        assert!(
            errors.contains(&format!("loading module retractions for {MODULE}@v1.0.0")),
            "{errors}"
        );
        assert!(errors.contains("unterminated block"), "{errors}");
        get(&site, go, &format!("{MODULE}@v1.0.0")).ok();
    };
    // Without the broken version, the one below it decides.
    let daemon = gate(&site);
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    assert_eq!(proxied.run(&versions).ok().line(), format!("{MODULE} v1.1.0"));
    drop(daemon);
    site.configure("[policy]\nserve_broken = true\n");
    let daemon = site.serve();
    let proxied = Go::through(&site, "go-as-direct", &daemon.url());
    fails(&direct);
    fails(&proxied);
}

/// The table of F12: what the highest of four releases retracts. Malformed intervals retract nothing, silently.
const INTERVALS: [(&str, &str); 18] = [
    ("v1.1.0", "v1.0.0 v1.2.0 v1.3.0"),
    ("\"v1.1.0\"", "v1.0.0 v1.2.0 v1.3.0"),
    ("v1.1.0+meta", "v1.0.0 v1.2.0 v1.3.0"),
    ("v1.1.0 v1.2.0", "v1.0.0 v1.2.0 v1.3.0"),
    ("v1", "v1.1.0 v1.2.0 v1.3.0"),
    ("v1.2", "v1.0.0 v1.1.0 v1.3.0"),
    ("[v1.0.0,v1.1.0]", "v1.2.0 v1.3.0"),
    ("[v0.0.0-0, v1.1.0]", "v1.2.0 v1.3.0"),
    ("[v1.2.0, v1.0.0]", "v1.0.0 v1.1.0 v1.2.0 v1.3.0"),
    ("[v1.1.0, foo]", "v1.0.0 v1.1.0 v1.2.0 v1.3.0"),
    ("foo", "v1.0.0 v1.1.0 v1.2.0 v1.3.0"),
    ("[v1.0.0 v1.1.0]", "v1.0.0 v1.1.0 v1.2.0 v1.3.0"),
    ("[foo, v1.1.0]", "v1.2.0 v1.3.0"),
    ("[v1.1.0, v1.2.0", "v1.0.0 v1.1.0 v1.2.0 v1.3.0"),
    ("[v1.1.0, v1.2.0] x", "v1.0.0 v1.3.0"),
    ("", "v1.0.0 v1.1.0 v1.2.0 v1.3.0"),
    ("`v1.1.0`", "v1.0.0 v1.1.0 v1.2.0 v1.3.0"),
    ("v1.3.0-0", "v1.0.0 v1.1.0 v1.2.0 v1.3.0"),
];

// Rules: F12, T2, T3, T4, V6
#[test]
fn intervals_retract_what_they_retract_in_direct_mode() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    for (row, (retract, _)) in INTERVALS.iter().enumerate() {
        let module = format!("{MODULE}/r{row}");
        lib.module_at(&format!("r{row}"), &module).commit("first");
        for version in ["v1.0.0", "v1.1.0", "v1.2.0"] {
            lib.tag(&format!("r{row}/{version}"));
        }
        lib.write(&format!("r{row}/go.mod"), format!("module {module}\n\nretract {retract}\n"));
        lib.commit("retract");
        lib.tag(&format!("r{row}/v1.3.0"));
    }
    push_all(&lib);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    let modules: Vec<String> = (0..INTERVALS.len()).map(|row| format!("{MODULE}/r{row}")).collect();
    let list = |go: &Go, flags: &[&str]| {
        let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
        said(&go.run(&[&["list", "-m"], flags, &modules[..]].concat()).ok())
    };
    let wanted = INTERVALS.iter().zip(&modules);
    let wanted: Vec<String> =
        wanted.map(|((_, kept), module)| format!("{module} {kept}")).collect();
    assert_eq!(list(&direct, &["-versions"]), wanted);
    assert_eq!(list(&proxied, &["-versions"]), wanted);
    // All of them stay listed, and the newest that is not retracted is the latest.
    let all: Vec<String> =
        modules.iter().map(|module| format!("{module} v1.0.0 v1.1.0 v1.2.0 v1.3.0")).collect();
    assert_eq!(list(&proxied, &["-versions", "-retracted"]), all);
    for ((_, kept), module) in INTERVALS.iter().zip(&modules) {
        let answer = daemon.get(&format!("/{module}/@latest")).has_status(200).json();
        assert_eq!(answer["Version"].as_str(), kept.split(' ').next_back(), "{module}");
    }
}

//! What consumers see of mistakes in tag names, in the place of go.mod and in retractions: the rule speaks at the push,
//! and the go command says what the rule says.

use std::fs;
use std::os::unix::fs::symlink;

use modgate_tests::golang::Go;
use modgate_tests::push::Push;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::table::path;
use modgate_tests::wait;

use crate::push_rules::gate;

/// Rules that refuse let the push in, with what nobody can use.
const LENIENT: &str = "[policy]\nserve_broken = true\nretract-malformed = \"warn\"\nretract-inverted = \"warn\"\n\
     gomod-not-regular = \"warn\"\ngomod-wrong-case = \"warn\"\ngomod-too-large = \"warn\"\ntag-deleted = \"warn\"\n";

#[track_caller]
fn pushed(lib: &Repository<'_>, tag: &str) -> Push {
    lib.push(&["main", &format!("refs/tags/{tag}")]).accepted()
}

/// A release whose go.mod ends in this line.
#[track_caller]
fn says(lib: &Repository<'_>, version: &str, line: &str) -> Push {
    lib.module_at("", &lib.module()).write("note.txt", version);
    lib.write("go.mod", format!("module {}\n\ngo 1.21\n\n{line}\n", lib.module())).commit(version);
    lib.tag(version);
    pushed(lib, version)
}

/// What `go list -m -versions` shows.
#[track_caller]
fn listed(go: &Go, module: &str) -> String {
    let line = go.run(&["list", "-m", "-versions", module]).ok().line();
    line.strip_prefix(module).unwrap_or(&line).trim().to_owned()
}

/// Everything that `go get` says in a new module.
fn get(go: &Go, what: &str) -> String {
    let consumer = go.module("consumer", "module consumer.test\n\ngo 1.21\n");
    let _none = fs::remove_file(consumer.join("go.sum"));
    let done = go.run_in(&consumer, &["get", what]);
    done.text() + &done.errors()
}

// Rules: F12, T3
#[test]
fn retractions_do_what_their_rules_say() {
    let all = "v1.0.0 v1.1.0 v1.2.0";
    let cases = [
        ("below", "retract [foo, v1.1.0] // x", "retract-malformed", "v1.2.0"),
        ("ignored", "retract [v1.0.0 v1.1.0] // x", "retract-malformed", all),
        ("inverted", "retract [v1.1.0, v1.0.0] // x", "retract-inverted", all),
        ("shorthand", "retract v1 // x", "retract-shorthand", "v1.1.0 v1.2.0"),
        ("nothing", "retract v1.1.5 // x", "retract-no-effect", all),
        ("good", "retract v1.1.0 // x", "", "v1.0.0 v1.2.0"),
    ];
    let site = Site::new();
    site.configure(LENIENT);
    let repositories = cases.map(|(name, ..)| site.repository(&format!("acme/{name}")));
    let daemon = gate(&site);
    let go = Go::through(&site, "go", &daemon.url());
    for (lib, (_, line, rule, kept)) in repositories.iter().zip(cases) {
        says(lib, "v1.0.0", "");
        says(lib, "v1.1.0", "");
        let push = says(lib, "v1.2.0", line);
        if rule.is_empty() {
            push.lacks("retract-")
        } else {
            push.says(rule)
        };
        assert_eq!(listed(&go, &lib.module()), kept, "{line}");
    }
}

// Rules: T2, T4, T5, T7, M8
#[test]
fn retractions_count_where_their_rules_say() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let (major, none) = (site.repository("acme/major"), site.repository("acme/none"));
    let daemon = gate(&site);
    let go = Go::through(&site, "go", &daemon.url());
    let m = lib.module();
    says(&lib, "v1.0.0", "");
    says(&lib, "v1.1.0", "retract v1.0.0");
    assert_eq!(listed(&go, &m), "v1.1.0");
    let said = get(&go, &format!("{m}@v1.0.0"));
    assert!(said.contains(&format!("warning: {m}@v1.0.0: retracted by module author\n")), "{said}");
    says(&lib, "v1.2.0", "").says("retract-dropped");
    assert_eq!(listed(&go, &m), "v1.0.0 v1.1.0 v1.2.0");
    says(&lib, "v1.1.1", "retract v1.0.0 // bad").says("retract-not-highest");
    assert_eq!(listed(&go, &m), "v1.0.0 v1.1.0 v1.1.1 v1.2.0");
    says(&major, "v1.0.0", "retract v2.0.0 // bad").says("retract-wrong-major");
    let error = Go::direct(&site, "go-direct").run_in(major.work(), &["list"]).errors();
    let reason = "version \"v2.0.0\" invalid: should be v0 or v1, not v2";
    let reason = format!("go.mod:5: retract {}: {reason}", major.module());
    assert!(error.contains(&reason), "{error}");
    says(&none, "v1.0.0", "retract v1.0.0 // gone");
    let latest = go.run(&["list", "-m", &format!("{}@latest", none.module())]).ok().line();
    assert!(latest.contains(" v0.0.0-") || latest.contains(" v1.0.1-0."), "{latest}");
}

// Rules: G3, M10
#[test]
fn names_mean_what_their_rules_say() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let go = Go::through(&site, "go", &daemon.url());
    let (m, sub) = (lib.module(), format!("{}/sub", lib.module()));
    lib.module_at("sub", &sub).commit("a module below");
    lib.tag("v1.0.0");
    pushed(&lib, "v1.0.0").says("tag-root-without-root-module").says("git tag sub/v1.0.0");
    let root = go.fetch(&m, "v1.0.0");
    let text = fs::read_to_string(root.go_mod).expect("the module cache is ours");
    assert_eq!(text, format!("module {m}\n"));
    lib.tag("sub-v1.0.0");
    pushed(&lib, "sub-v1.0.0").says("tag-prefix-style").says("git tag sub/v1.0.0");
    let error = &go.download(&sub, &["v1.0.0"])[0].error;
    assert!(error.contains("unknown revision sub/v1.0.0"), "{error}");
    lib.tag("v1.1.0-β");
    pushed(&lib, "v1.1.0-β").says("tag-non-ascii");
    let error = &go.download(&m, &["v1.1.0-β"])[0].error;
    assert!(error.contains("internal error: inconsistency in EscapePath"), "{error}");
    assert_eq!(listed(&go, &m), "v1.0.0");
    lib.tag("sub/v1.0.0");
    pushed(&lib, "sub/v1.0.0").receipt();
    assert_eq!(listed(&go, &sub), "v1.0.0");
}

// Rules: G5, G6, G7, Z4.6, Z4.12
#[test]
fn places_of_go_mod_do_what_their_rules_say() {
    let site = Site::new();
    site.configure(LENIENT);
    let names = ["link", "capitals", "large", "plus", "ends"];
    let [link, capitals, large, plus, ends] =
        names.map(|name| site.repository(&format!("acme/{name}")));
    let daemon = gate(&site);
    let go = Go::through(&site, "go", &daemon.url());
    let fails = |lib: &Repository<'_>, rule: &str, reason: &str| {
        lib.commit(rule);
        lib.tag("v1.0.0");
        pushed(lib, "v1.0.0").says(rule).says(reason);
        let error = go.download(&lib.module(), &["v1.0.0"]).remove(0).error;
        assert!(error.contains(reason), "{rule}: {error}");
    };
    link.module_at("", &link.module()).remove("go.mod");
    symlink("code.go", link.work().join("go.mod")).expect("the work tree is writable");
    fails(&link, "gomod-not-regular", "go.mod is missing module path");
    capitals.module_at("", &capitals.module()).remove("go.mod");
    capitals.write("Go.mod", format!("module {}\n", capitals.module()));
    fails(&capitals, "gomod-wrong-case", "go.mod files must have lowercase names");
    let text = format!("module {}\n// {}\n", large.module(), "x".repeat(16 << 20));
    large.module_at("", &large.module()).write("go.mod", text);
    fails(&large, "gomod-too-large", "go.mod file too large (max size is 16777216 bytes)");
    let path = format!("{}/a+b", plus.module());
    plus.module_at("", &plus.module()).module_at("a+b", &path).commit("a module");
    plus.tag("v1.0.0");
    let reason = format!("malformed module path \"{path}\": invalid char '+'");
    pushed(&plus, "v1.0.0").says("module-dir-unaddressable").says("malformed module path");
    let error = go.run(&["list", "-m", &format!("{path}@v1.0.0")]).errors();
    assert!(error.contains(&reason), "{error}");
    // Below the module it is no package either.
    let error = get(&go, &format!("{path}@v1.0.0"));
    assert!(error.contains(&format!("does not contain package {path}")), "{error}");
    ends.module_at("", &ends.module()).write(".gitattributes", "go.mod text eol=crlf\n");
    ends.commit("line ends");
    ends.tag("v1.0.0");
    pushed(&ends, "v1.0.0").says("gomod-eol-conversion");
    let found = go.fetch(&ends.module(), "v1.0.0");
    let read = |path: &std::path::Path| fs::read(path).expect("the module cache is ours");
    assert_ne!(read(&found.go_mod), read(&found.dir.join("go.mod")));
}

// Rules: PV7
#[test]
fn base_that_goes_is_missed() {
    let site = Site::new();
    site.configure(LENIENT);
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let m = lib.module();
    lib.release("v1.0.0").tag("v0.9.0");
    pushed(&lib, "v1.0.0");
    pushed(&lib, "v0.9.0");
    lib.write("more.txt", "more").commit("more");
    lib.push(&["main"]).accepted();
    let is_seen = || daemon.get(&path(&m, "main", ".info")).text().contains("v1.0.1-0.");
    wait::until(wait::SOON, "the branch is seen", is_seen);
    let built = Go::through(&site, "go", &daemon.url()).fetch(&m, "main").version;
    assert!(built.starts_with("v1.0.1-0."), "{built}");
    lib.push(&[":refs/tags/v0.9.0"]).accepted().lacks("base-tag-removed");
    lib.push(&[":refs/tags/v1.0.0"]).accepted().says("base-tag-removed").says(&built);
    let error = &Go::direct(&site, "go-direct").download(&m, &[&built])[0].error;
    assert!(error.contains("preceding tag (v1.0.0) not found"), "{error}");
}

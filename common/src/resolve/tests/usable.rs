//! Which versions a consumer could use (N6).

use super::*;
use crate::modzip::{CleanTrees, Limits};
use crate::objects::{Fault, Mode, TreeEntry};

/// What [`usable`] says of this release in this tree: the files of its zip, or `RULE: REASON`.
fn judged(objects: &Repository, tree: ObjectId, release: &str, time: i64) -> Result<String, Fault> {
    let (path, version) = release.split_once('@').unwrap();
    let commit = Commit { id: tree, tree, parents: Vec::new(), time: Some(time) };
    let module = module(ROOT, path);
    let located = at_commit(objects, &module, version, &commit, version).unwrap();
    let limits = Limits { go_mod: 200, ..Limits::default() };
    Ok(match usable(objects, &module, &located, &limits, &CleanTrees::default())? {
        Ok(plan) => plan.files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>().join(" "),
        Err(broken) => format!("{}: {}", broken.rule, broken.reason),
    })
}

#[track_caller]
fn check(files: &[(&str, &str)], release: &str, expected: &str) {
    let mut objects = Repository::default();
    let tree = objects.add_tree(files);
    assert_eq!(judged(&objects, tree, release, 0).unwrap(), expected, "{release} in {files:?}");
}

// Rules: N6, Z3
#[test]
fn good_versions_have_a_zip() {
    check(PLAIN, "h.io/r@v1.0.0", "a.go go.mod");
    check(BARE, "h.io/r@v1.0.0", "a.go");
    check(BARE, "h.io/r@v2.0.0+incompatible", "a.go");
    let sub: &[_] =
        &[("go.mod", "module h.io/r\n"), ("sub/go.mod", "module h.io/r/sub\n"), ("b.go", "")];
    check(sub, "h.io/r@v1.0.0", "b.go go.mod");
    check(sub, "h.io/r/sub@v1.0.0", "go.mod");
    let v2: &[_] = &[("v2/go.mod", "module h.io/r/v2\n"), ("v2/x/x.go", ""), ("LICENSE", "")];
    check(v2, "h.io/r/v2@v2.0.0", "go.mod x/x.go LICENSE");
}

// Rules: N6, D10, F15
#[test]
fn a_go_mod_of_another_path_is_refused_by_its_consumer() {
    let declares = |path: &str| {
        format!("parsing go.mod: module declares its path as: {path}, but was required as: h.io/r")
    };
    for (path, rule) in [
        ("github.com/up/lib", "module-path-mismatch"),
        ("h.io/R", "module-path-case"),
        ("h.io/r/sub", "module-path-mismatch"),
        ("gopkg.in/x.v3", "module-path-mismatch"),
    ] {
        let go_mod = format!("module {path}\n");
        check(&[("go.mod", &go_mod)], "h.io/r@v1.0.0", &format!("{rule}: {}", declares(path)));
    }
    let other = "module-path-mismatch: parsing go.mod: module declares its path as: x.y/z/v2, but was \
                 required as: h.io/r/v2";
    check(&[("go.mod", "module x.y/z/v2\n")], "h.io/r/v2@v2.0.0", other);
}

// Rules: N6, D7
#[test]
fn a_go_mod_that_cannot_be_parsed_is_broken() {
    let mut objects = Repository::default();
    // The quick look at the module line accepts both (D7), the parser neither.
    for text in ["module h.io/r\nrequire (\n", "module `h.io/r`\n"] {
        let tree = objects.add_tree(&[("go.mod", text)]);
        let found = judged(&objects, tree, "h.io/r@v1.0.0", 0).unwrap();
        assert!(found.starts_with("gomod-syntax: parsing go.mod: go.mod:"), "{found}");
    }
    let line: &[_] = &[("go.mod", "require (\n\tmodule v1.0.0\n)\n")];
    check(line, "h.io/r@v1.0.0", "release-unfetchable: parsing go.mod: missing module line");
}

// Rules: N6, Z4.7, Z4.12
#[test]
fn what_the_zip_refuses_is_broken() {
    let long = format!("module h.io/r\n// {}\n", "x".repeat(200));
    let found =
        "release-unfetchable: create zip: go.mod: go.mod file too large (max size is 200 bytes)";
    check(&[("go.mod", &long)], "h.io/r@v1.0.0", found);
    let collide: &[_] = &[("go.mod", "module h.io/r\n"), ("A.go", ""), ("a.go", "")];
    let found = "release-unfetchable: create zip: a.go: case-insensitive file name collision: \"A.go\" \
                 and \"a.go\"";
    check(collide, "h.io/r@v1.0.0", found);
}

// Rules: N6, P9
#[test]
fn invalid_paths_and_times_are_broken() {
    let dot: &[_] = &[(".x/go.mod", "module h.io/r/.x\n")];
    let found =
        "release-unfetchable: malformed module path \"h.io/r/.x\": leading dot in path element";
    check(dot, "h.io/r/.x@v1.0.0", found);
    let mut objects = Repository::default();
    let tree = objects.add_tree(PLAIN);
    let last = 253_402_300_799;
    assert_eq!(judged(&objects, tree, "h.io/r@v1.0.0", last).unwrap(), "a.go go.mod");
    let found = judged(&objects, tree, "h.io/r@v1.0.0", last + 1).unwrap();
    assert_eq!(found, "release-unfetchable: Time.MarshalJSON: year outside of range [0,9999]");
}

#[test]
fn damage_is_a_fault_and_no_judgement() {
    let mut objects = Repository::default();
    let missing = ObjectId::from_bytes([9; 20]);
    let entry =
        |name: &str| TreeEntry { name: name.as_bytes().to_vec(), mode: Mode::Tree, id: missing };
    let tree = objects.add_entries(vec![entry("folder")]);
    assert_eq!(judged(&objects, tree, "h.io/r@v1.0.0", 0), Err(Fault::Missing(missing)));
    let failure = Broken::from_failure(Failure::Fault(Fault::Missing(missing)));
    assert_eq!(failure, Err(Fault::Missing(missing)));
    let broken = Broken::from_failure(Failure::NotExist("why".to_owned()));
    assert_eq!(broken, Ok(Broken::of_rule("release-unfetchable", "why")));
}

//! Section 5: which directory and go.mod a version has.

use super::*;
use crate::objects::Mode;
use crate::objects::TreeEntry;
use crate::tags::releases;

/// What `at_commit` says, as `directory: go.mod` or as an error; `REV` is the revision.
fn located(objects: &Repository, tree: ObjectId, root: &str, release: &str) -> String {
    let (path, version) = release.split_once('@').unwrap();
    let commit = Commit { id: tree, tree, parents: Vec::new(), time: Some(0) };
    match at_commit(objects, &module(root, path), version, &commit, "REV") {
        Ok(located) => {
            assert_eq!(located.commit, commit);
            let text = String::from_utf8(located.mod_bytes(path)).unwrap();
            format!("{}: {}", located.go_mod_path(), text.trim_end())
        }
        Err(error) => described(&error.into()),
    }
}

#[track_caller]
fn check_in(root: &str, files: &[(&str, &str)], release: &str, expected: &str) {
    let mut objects = Repository::default();
    let tree = objects.add_tree(files);
    assert_eq!(located(&objects, tree, root, release), expected, "{release} in {files:?}");
}

#[track_caller]
fn check(files: &[(&str, &str)], release: &str, expected: &str) {
    check_in(ROOT, files, release, expected);
}

/// A root go.mod with this text and what the root module makes of it.
#[track_caller]
fn check_root(go_mod: &str, release: &str, expected: &str) {
    check(&[("go.mod", go_mod)], release, expected);
}

const M: &str = "module h.io/r\n";
const M2: &str = "module h.io/r/v2\n";

// Rules: D9, D9.1, D9.2, D9.3, D9.4
#[test]
fn the_layout_table_holds() {
    let v1 = "h.io/r@v1.0.0";
    let v2 = "h.io/r/v2@v2.0.0";
    let post = "none: go.mod has post-v1 module path \"h.io/r/v2\" at revision REV";

    let files: &[_] = &[("go.mod", M2)];
    check(files, v2, "go.mod: module h.io/r/v2");
    check(files, v1, post);

    let files: &[_] = &[("go.mod", M), ("v2/go.mod", M2)];
    check(files, v2, "v2/go.mod: module h.io/r/v2");
    check(files, v1, "go.mod: module h.io/r");

    let files: &[_] = &[("go.mod", M2), ("v2/go.mod", M2)];
    let both =
        "none: h.io/r/go.mod and .../v2/go.mod both have .../v2 module paths at revision REV";
    check(files, v2, both);
    check(files, v1, post);

    let other = "none: h.io/r/v2/go.mod has non-.../v2 module path \"h.io/r\" at revision REV";
    check(&[("go.mod", M), ("v2/go.mod", M)], v2, other);
    check(&[("go.mod", M), ("v2/go.mod", M)], v1, "go.mod: module h.io/r");
    check(&[("go.mod", M2), ("v2/go.mod", M)], v2, other);

    let files: &[_] = &[("go.mod", M), ("v2/go.mod", "go 1.20\n")];
    check(files, v2, "none: h.io/r/v2/go.mod is missing module path at revision REV");
    check(files, v1, "go.mod: module h.io/r");

    let missing = "none: missing h.io/r/go.mod and .../v2/go.mod at revision REV";
    check(&[("a.go", "")], v2, missing);
    check(&[("a.go", "")], v1, "go.mod: module h.io/r");

    let absent = "none: go.mod has non-.../v2 module path \"h.io/r\" (and .../v2/go.mod does not \
                  exist) at revision REV";
    check_root(M, v2, absent);
    check_root(M, v1, "go.mod: module h.io/r");
}

// Rules: D9.1, D9.3, D9.4
#[test]
fn gopkg_in_needs_a_go_mod_for_no_major() {
    let (root, release) = ("gopkg.in/y.v2", "gopkg.in/y.v2@v2.4.0");
    check_in(root, &[("a.go", "")], release, "go.mod: module gopkg.in/y.v2");
    check_in(
        root,
        &[("go.mod", "module gopkg.in/y.v2\n")],
        release,
        "go.mod: module gopkg.in/y.v2",
    );
    let files: &[_] = &[("v2/go.mod", "module gopkg.in/y.v2\n")];
    check_in(root, files, release, "go.mod: module gopkg.in/y.v2");
    let other = "none: go.mod has non-....v2 module path \"gopkg.in/y.v3\" at revision REV";
    check_in(root, &[("go.mod", "module gopkg.in/y.v3\n")], release, other);
}

#[test]
fn each_misfit_names_the_rule_that_describes_it() {
    let (v1, v2) = ("h.io/r@v1.0.0", "h.io/r/v2@v2.0.0");
    let m1 = ("go.mod", "module h.io/r/v1\n");
    for (files, release, expected) in [
        (vec![("go.mod", M)], v2, "major-suffix-missing"),
        (vec![("go.mod", M2)], v1, "major-suffix-mismatch"),
        (vec![("go.mod", "module h.io/r/v3\n")], v2, "major-suffix-mismatch"),
        (vec![m1], v1, "major-suffix-v0-v1"),
        (vec![m1], v2, "major-suffix-v0-v1"),
        (vec![("go.mod", M2), ("v2/go.mod", M2)], v2, "major-defined-twice"),
        (vec![("go.mod", M), ("v2/go.mod", M)], v2, "major-dir-broken"),
        (vec![("go.mod", M), ("v2/go.mod", "go 1.20\n")], v2, "major-dir-broken"),
        (vec![("go.mod", "go 1.20\n")], v1, "release-unfetchable"),
        (vec![("a.go", "")], v2, "gomod-missing"),
        (vec![("go.mod", M)], "h.io/r/sub@v1.0.0", "gomod-missing-submodule"),
    ] {
        let mut objects = Repository::default();
        let tree = objects.add_tree(&files);
        let commit = Commit { id: tree, tree, parents: Vec::new(), time: Some(0) };
        let (path, version) = release.split_once('@').unwrap();
        let found = at_commit(&objects, &module(ROOT, path), version, &commit, "REV");
        let Err(NotLocated::Misplaced { rule, .. }) = found else { panic!("{found:?}") };
        assert_eq!(rule, expected, "{release} in {files:?}");
    }
}

// Rules: D8, D9.1, D9.3, D10
#[test]
fn only_the_major_of_a_declared_path_is_compared() {
    let other = "module other.example/x/v2\n";
    check_root(other, "h.io/r/v2@v2.0.0", "go.mod: module other.example/x/v2");
    let post = "none: go.mod has post-v1 module path \"other.example/x/v2\" at revision REV";
    check_root(other, "h.io/r@v1.0.0", post);
    check_root(other, "h.io/r@v0.1.0", &post.replace("post-v1", "post-v0"));
    check_root("module other.example/x\n", "h.io/r@v1.0.0", "go.mod: module other.example/x");
    // D9.1: a path of gopkg.in serves any module without a major.
    let gopkg = "module gopkg.in/x.v3\n";
    check_root(gopkg, "h.io/r@v1.0.0", "go.mod: module gopkg.in/x.v3");
    let absent = "none: go.mod has non-.../v2 module path \"gopkg.in/x.v3\" (and .../v2/go.mod does \
                  not exist) at revision REV";
    check_root(gopkg, "h.io/r/v2@v2.0.0", absent);
    for path in ["example.com/x/v1", "example.com/x/v0", "example.com/x/v2.0"] {
        let expected = format!("none: go.mod has malformed module path {path:?} at revision REV");
        check_root(&format!("module {path}\n"), "h.io/r@v1.0.0", &expected);
    }
}

// Rules: D7
#[test]
fn the_module_line_is_read_without_a_parser() {
    let v1 = "h.io/r@v1.0.0";
    let missing = "none: go.mod is missing module path at revision REV";
    for text in
        ["", "go 1.20\n", "\u{feff}module h.io/r\n", "Module h.io/r\n", "module \"h.io//r\"\n"]
    {
        check_root(text, v1, missing);
    }
    let also =
        "none: go.mod is missing module path (and .../v2/go.mod does not exist) at revision REV";
    check_root("go 1.20\n", "h.io/r/v2@v2.0.0", also);
    for text in [
        "module h.io/r\r\n",
        "module `h.io/r`\n",
        "module (\n\th.io/r\n)\n",
        "module h.io/r junk\n",
        "require (\n\tmodule v1.0.0\n)\nmodule h.io/r/v2\n",
    ] {
        check_root(text, v1, &format!("go.mod: {}", text.trim_end()));
    }
    // A text from outside must not reach a terminal as it is, and is quoted as the go command does.
    let escape = "none: go.mod has post-v1 module path \"h.io/\\x1b[2J/v2\" at revision REV";
    check_root("module h.io/\u{1b}[2J/v2\n", v1, escape);
}

// Rules: D9.2, D9.3, D9.4
#[test]
fn modules_below_the_root_need_a_go_mod() {
    let sub: &[_] = &[("go.mod", M), ("sub/go.mod", "module h.io/r/sub\n")];
    check(sub, "h.io/r/sub@v1.0.0", "sub/go.mod: module h.io/r/sub");
    check(sub, "h.io/r/other@v1.0.0", "none: missing h.io/r/other/go.mod at revision REV");
    let absent = "none: sub/go.mod has non-.../v2 module path \"h.io/r/sub\" (and .../v2/go.mod does \
                  not exist) at revision REV";
    check(sub, "h.io/r/sub/v2@v2.0.0", absent);
    let both: &[_] = &[("sub/go.mod", "module x.y/a/v2\n"), ("sub/v2/go.mod", "module x.y/b/v2\n")];
    check(
        both,
        "h.io/r/sub/v2@v2.0.0",
        "none: h.io/r/sub/sub/go.mod and .../v2/go.mod both have .../v2 module paths at revision REV",
    );
    let major: &[_] = &[("sub/v2/go.mod", "module h.io/r/sub/v2\n")];
    check(major, "h.io/r/sub/v2@v2.0.0", "sub/v2/go.mod: module h.io/r/sub/v2");
    check(
        major,
        "h.io/r/sub/v3@v3.0.0",
        "none: missing h.io/r/sub/go.mod and .../v3/go.mod at revision REV",
    );
    // v2/x is a directory like any other.
    let nested: &[_] = &[("v2/x/go.mod", "module h.io/r/v2/x\n")];
    check(nested, "h.io/r/v2/x@v1.0.0", "v2/x/go.mod: module h.io/r/v2/x");
}

// Rules: D2, D9.2, D9.3, D9.4
#[test]
fn a_code_root_with_a_major_has_one_place_for_its_go_mod() {
    let root = "h.io/e/v2";
    let v2 = "h.io/e/v2@v2.0.0";
    check_in(root, &[("go.mod", "module h.io/e/v2\n")], v2, "go.mod: module h.io/e/v2");
    let absent = "none: missing h.io/e/v2/go.mod at revision REV";
    check_in(root, &[("v2/go.mod", "module h.io/e/v2\n")], v2, absent);
    let other = "none: go.mod has non-.../v2 module path \"h.io/e\" at revision REV";
    check_in(root, &[("go.mod", "module h.io/e\n")], v2, other);
}

// Rules: R10, G7
#[test]
fn a_link_named_go_mod_is_its_target_and_a_folder_is_nothing() {
    let mut objects = Repository::default();
    let link = objects.add_blob(b"module h.io/r/v2");
    let folder = objects.add_tree(&[("x", "")]);
    let sub = objects.add_tree(&[("go.mod", "module h.io/r/sub\n")]);
    let mut at = |mode, id| {
        let name = b"go.mod".to_vec();
        let inner = objects.add_entries(vec![TreeEntry { name: name.clone(), mode, id }]);
        // `sub` is a link to a folder that has a go.mod: it is not followed (R10).
        let target = objects.add_blob(b"real");
        objects.add_entries(vec![
            TreeEntry { name, mode, id },
            TreeEntry { name: b"v2".to_vec(), mode: Mode::Tree, id: inner },
            TreeEntry { name: b"real".to_vec(), mode: Mode::Tree, id: sub },
            TreeEntry { name: b"sub".to_vec(), mode: Mode::Link, id: target },
        ])
    };
    let trees = [
        at(Mode::Link, link),
        at(Mode::Tree, folder),
        at(Mode::Gitlink, ObjectId::from_bytes([9; 20])),
    ];
    let post = "none: go.mod has post-v1 module path \"h.io/r/v2\" at revision REV";
    assert_eq!(located(&objects, trees[0], ROOT, "h.io/r@v1.0.0"), post);
    for tree in &trees[1..] {
        assert_eq!(located(&objects, *tree, ROOT, "h.io/r@v1.0.0"), "go.mod: module h.io/r");
        let missing = "none: missing h.io/r/go.mod and .../v2/go.mod at revision REV";
        assert_eq!(located(&objects, *tree, ROOT, "h.io/r/v2@v2.0.0"), missing);
    }
    let missing = "none: missing h.io/r/sub/go.mod at revision REV";
    assert_eq!(located(&objects, trees[0], ROOT, "h.io/r/sub@v1.0.0"), missing);
}

// Rules: G2, G3, R10
#[test]
fn go_mod_is_served_as_it_was_committed() {
    let mut objects = Repository::default();
    let raw = b"module h.io/r\r\n// \xff\xfe\r\ngo 1.20";
    let blob = objects.add_blob(raw);
    let name = b"go.mod".to_vec();
    let tree = objects.add_entries(vec![TreeEntry { name, mode: Mode::File, id: blob }]);
    let commit = Commit { id: tree, tree, parents: Vec::new(), time: Some(0) };
    let found = at_commit(&objects, &module(ROOT, ROOT), "v1.0.0", &commit, "v1.0.0").unwrap();
    assert_eq!(found.mod_bytes(ROOT), raw);
    let bare = objects.add_tree(&[("a.go", "")]);
    let commit = Commit { tree: bare, ..commit };
    let found = at_commit(&objects, &module(ROOT, ROOT), "v1.0.0", &commit, "v1.0.0").unwrap();
    assert_eq!((found.go_mod.clone(), found.mod_bytes(ROOT)), (None, b"module h.io/r\n".to_vec()));
}

#[test]
fn an_unreadable_go_mod_is_a_fault() {
    let mut objects = Repository::default();
    let missing = ObjectId::from_bytes([9; 20]);
    let entry = |name: &str, mode| TreeEntry { name: name.as_bytes().to_vec(), mode, id: missing };
    let file = objects.add_entries(vec![entry("go.mod", Mode::File)]);
    let folder = objects.add_entries(vec![entry("v2", Mode::Tree)]);
    let fault = format!("fault: object {missing} is missing");
    assert_eq!(located(&objects, file, ROOT, "h.io/r@v1.0.0"), fault);
    assert_eq!(located(&objects, folder, ROOT, "h.io/r/v2@v2.0.0"), fault);
    assert_eq!(located(&objects, folder, ROOT, "h.io/r@v1.0.0"), "go.mod: module h.io/r");
    assert_eq!(located(&objects, missing, ROOT, "h.io/r@v1.0.0"), fault);
}

// Rules: D1, D2, D3, D6
#[test]
fn modules_lie_where_the_table_says() {
    for (root, path, major, directory, tag, files) in [
        ("h.io/r", "h.io/r", "", "", "v1.2.3", "go.mod"),
        ("h.io/r", "h.io/r/v2", "/v2", "", "v2.1.0", "go.mod v2/go.mod"),
        ("h.io/r", "h.io/r/sub", "", "sub", "sub/v1.2.3", "sub/go.mod"),
        ("h.io/r", "h.io/r/sub/v2", "/v2", "sub", "sub/v2.1.0", "sub/go.mod sub/v2/go.mod"),
        ("h.io/r", "h.io/r/v2/x", "", "v2/x", "v2/x/v1.0.0", "v2/x/go.mod"),
        ("h.io/e/v2", "h.io/e/v2", "/v2", "", "v2.0.0", "go.mod"),
    ] {
        let module = module(root, path);
        let (_, version) = crate::tags::split(tag);
        assert_eq!((module.path_major.as_str(), module.code_dir.as_str()), (major, directory));
        assert_eq!(module.tag(version), tag);
        let own = std::iter::once(module.code_dir.clone());
        let places = own.chain(module.major_dir()).map(|place| crate::tags::join(&place, "go.mod"));
        assert_eq!(places.collect::<Vec<_>>().join(" "), files, "{path}");
        assert!(releases(root, tag).iter().any(|release| release.module == module), "{path}");
    }
    for path in ["h.io/other", "h.io/rx", "h.io", "h.io/r/v1", "h.io/r/v0", "h.io/r/v2.0"] {
        assert_eq!(Module::locate("h.io/r", path), None, "{path}");
    }
}

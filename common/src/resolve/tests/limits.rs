//! What is not even read (N20).

use super::*;
use crate::modzip::{CleanTrees, Limits, PlanError};
use crate::objects::{Mode, TreeEntry};

/// A root module with a go.mod of this size.
fn judged(size: usize) -> String {
    let mut objects = Repository::default();
    let mut text = b"module h.io/r\n".to_vec();
    text.resize(size, b'\n');
    let id = objects.add_blob(&text);
    let tree =
        objects.add_entries(vec![TreeEntry { name: b"go.mod".to_vec(), mode: Mode::File, id }]);
    let commit = Commit { id: tree, tree, parents: Vec::new(), time: Some(0) };
    let located = match at_commit(&objects, &module(ROOT, ROOT), "v1.0.0", &commit, "v1.0.0") {
        Ok(located) => located,
        Err(error) => return format!("not located: {error}"),
    };
    let plan = crate::modzip::plan(&objects, &commit, &located.directory, &Limits::default());
    plan.map_or_else(|error| error.to_string(), |plan| format!("{} files", plan.files.len()))
}

// Rules: N20, G5, Z4.12
#[test]
fn a_go_mod_is_read_up_to_64_mib_and_zipped_up_to_16() {
    let limit = 16 << 20;
    let too_large = "go.mod: go.mod file too large (max size is 16777216 bytes)";
    assert_eq!(judged(14), "1 files");
    assert_eq!(judged(limit + 1), format!("create zip: {too_large}"));
    assert_eq!(judged(4 * limit), format!("create zip: {too_large}"));
    assert_eq!(judged(4 * limit + 1), format!("not located: {too_large} at revision v1.0.0"));
}

// Rules: N20
#[test]
fn a_tree_of_too_many_entries_is_broken() {
    let mut objects = Repository::default();
    let tree = objects.add_tree(PLAIN);
    let commit = Commit { id: tree, tree, parents: Vec::new(), time: Some(0) };
    assert_eq!(Limits::default().entries, 2_000_000);
    let limits = |entries| Limits { entries, ..Limits::default() };
    let located = at_commit(&objects, &module(ROOT, ROOT), "v1.0.0", &commit, "v1.0.0").unwrap();
    let usable = |entries| {
        let module = module(ROOT, ROOT);
        usable(&objects, &module, &located, &limits(entries), &CleanTrees::default()).unwrap()
    };
    assert_eq!(usable(PLAIN.len()).unwrap().files.len(), PLAIN.len());
    let broken = usable(PLAIN.len() - 1).unwrap_err();
    let refused = crate::modzip::plan(&objects, &commit, "", &limits(1)).unwrap_err();
    assert!(matches!(refused, PlanError::Refused(_)), "{refused}");
    assert_eq!((broken.rule, broken.reason), ("release-unfetchable", refused.to_string()));
}

// Rules: A8
#[test]
fn attributes_of_100_mib_are_not_read() {
    let is_converted = |size: usize| {
        let mut text = b"* text eol=crlf\n#".to_vec();
        text.resize(size, b'x');
        let mut objects = Repository::default();
        let entry =
            |name: &str, id| TreeEntry { name: name.as_bytes().to_vec(), mode: Mode::File, id };
        let (attributes, file) = (objects.add_blob(&text), objects.add_blob(b"a\n"));
        let tree = objects.add_entries(vec![entry(".gitattributes", attributes), entry("a", file)]);
        let commit = Commit { id: tree, tree, parents: Vec::new(), time: Some(0) };
        let plan = crate::modzip::plan(&objects, &commit, "", &Limits::default()).unwrap();
        plan.files.iter().any(|file| file.path == "a" && !file.conversion.is_none())
    };
    assert!(is_converted(20));
    assert!(!is_converted(100 << 20));
}

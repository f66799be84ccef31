//! Cases of `intake`.

use super::*;
use crate::ledger::How;
use crate::objects::ObjectId;
use crate::objects::memory::Repository;

const ROOT: &str = "example.com/m";
const PLAIN: (&str, &str) = ("go.mod", "module example.com/m\n");
const GO: (&str, &str) = ("a.go", "package a\n");

fn site<'a>(objects: &'a Repository, limits: &'a Limits) -> Site<'a> {
    // Each repository in memory numbers its trees from one: they share no memory of clean ones.
    let clean = Box::leak(Box::default());
    Site { repository: "team/m", code_root: ROOT, objects, limits, clean }
}

fn commit_tag(commit: ObjectId) -> Tag {
    Tag { target: commit, peeled: commit, kind: Kind::Commit }
}

/// The entries of a tag on a commit of these files.
fn entries(files: &[(&str, &str)], tag: &str, content: Content) -> Vec<Entry> {
    let mut objects = Repository::default();
    let tree = objects.add_tree(files);
    let commit = objects.add_commit(tree, &[], 1_700_000_000);
    let entries =
        site(&objects, &Limits::default()).entries(tag, &commit_tag(commit), content).unwrap();
    for entry in &entries {
        assert_eq!((entry.commit, entry.tree, entry.repository.as_str()), (commit, tree, "team/m"));
        assert_eq!(entry.tag.as_deref(), Some(tag));
    }
    entries
}

/// Each entry as `MODULE@VERSION`, broken ones with their reason.
#[track_caller]
fn check(files: &[(&str, &str)], tag: &str, expected: &[&str]) {
    let described = |entry: &Entry| {
        let name = format!("{}@{}", entry.module, entry.version);
        match (entry.state, &entry.reason) {
            (State::Accepted, None) => name,
            (State::Broken, Some(reason)) => format!("{name} {reason}"),
            other => panic!("{other:?}"),
        }
    };
    let found: Vec<String> = entries(files, tag, Content::Skip).iter().map(described).collect();
    assert_eq!(found, expected, "{tag} in {files:?}");
}

// Rules: N6
#[test]
fn usable_versions_are_accepted() {
    check(&[PLAIN, GO], "v1.0.0", &["example.com/m@v1.0.0"]);
    check(&[GO], "v1.0.0-rc.1", &["example.com/m@v1.0.0-rc.1"]);
    let sub = ("sub/go.mod", "module example.com/m/sub\n");
    check(&[PLAIN, sub], "sub/v1.0.0", &["example.com/m/sub@v1.0.0"]);
    let v2 = ("go.mod", "module example.com/m/v2\n");
    check(&[v2], "v2.1.0", &["example.com/m/v2@v2.1.0"]);
    let below = ("v2/go.mod", "module example.com/m/v2\n");
    check(&[PLAIN, below], "v2.1.0", &["example.com/m/v2@v2.1.0"]);
}

// Rules: L2, L3, D6
#[test]
fn tags_that_are_no_releases_have_no_entries() {
    for tag in ["nightly", "v1", "v1.0", "v1.0.0+meta", "V1.0.0", "1.0.0", "v2/v1.0.0"] {
        check(&[PLAIN, GO], tag, &[]);
    }
    check(&[PLAIN], "v0.0.0-20200101000000-abcdefabcdef", &[]);
}

#[test]
fn one_tag_may_stand_for_two_versions() {
    check(&[GO], "v2.0.0", &["example.com/m@v2.0.0+incompatible"]);
    let below = ("v2/go.mod", "module example.com/m/v2\n");
    check(
        &[below, GO],
        "v2.0.0",
        &["example.com/m/v2@v2.0.0", "example.com/m@v2.0.0+incompatible"],
    );
}

// Rules: N6
#[test]
fn unusable_versions_are_broken_with_a_reason() {
    let absent = "example.com/m/v2@v2.0.0 major-suffix-missing: example.com/m/v2@v2.0.0: invalid \
                  version: go.mod has non-.../v2 module path \"example.com/m\" (and .../v2/go.mod does \
                  not exist) at revision v2.0.0";
    check(&[PLAIN], "v2.0.0", &[absent]);
    let missing = "example.com/m/sub@v1.0.0 gomod-missing-submodule: example.com/m/sub@v1.0.0: invalid \
                   version: missing example.com/m/sub/go.mod at revision sub/v1.0.0";
    check(&[PLAIN], "sub/v1.0.0", &[missing]);
    let other = ("go.mod", "module example.com/other\n");
    let mismatch = "example.com/m@v1.0.0 module-path-mismatch: parsing go.mod: module declares its \
                    path as: example.com/other, but was required as: example.com/m";
    check(&[other], "v1.0.0", &[mismatch]);
    let case = ("go.mod", "module example.com/M\n");
    check(&[case], "v1.0.0", &[&mismatch.replace("-mismatch", "-case").replace("m/other", "m/M")]);
}

// Rules: Q8, Q9.5
#[test]
fn a_go_mod_forbids_incompatible_versions() {
    let mut objects = Repository::default();
    let tree = objects.add_tree(&[PLAIN]);
    let id = objects.add_commit(tree, &[], 0);
    let limits = Limits::default();
    let site = site(&objects, &limits);
    let commit = objects.commit(id).unwrap();
    let all = releases(ROOT, "v2.0.0");
    let incompatible = all.iter().find(|release| release.version == "v2.0.0+incompatible").unwrap();
    let Err(broken) = site.judge(incompatible, &commit).unwrap() else { panic!("was accepted") };
    assert_eq!(broken.rule, "major-suffix-missing");
    assert_eq!(
        broken.reason,
        "example.com/m@v2.0.0: invalid version: module contains a go.mod file, so module path must \
         match major version (\"example.com/m/v2\")"
    );
}

// Rules: N6, R8
#[test]
fn a_tag_on_no_commit_is_broken() {
    let mut objects = Repository::default();
    let tree = objects.add_tree(&[PLAIN]);
    let tag = Tag { target: tree, peeled: tree, kind: Kind::Tree };
    let limits = Limits::default();
    let site = site(&objects, &limits);
    let entries = site.entries("v1.0.0", &tag, Content::Hash).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].state, entries[0].commit), (State::Broken, tree));
    let reason = "release-unfetchable: unexpected response from git log: \"\"";
    assert_eq!(entries[0].reason.as_deref(), Some(reason));
    assert_eq!(site.entries("nightly", &tag, Content::Hash), Ok(Vec::new()));
}

// Rules: H2, H3, G3
#[test]
fn hashes_are_those_of_the_go_command() {
    let zip = "h1:mf3ZgaLi4oSAsMraSF2c/29zuDnyW+GWSJW1ofY+5Bk=";
    let go_mod = "h1:flS2VctbRrTv+sBE+VKgxx6hlkMGPVz9MGOmzMYFg3k=";
    for (content, h1) in [(Content::Hash, Some(zip)), (Content::Skip, None)] {
        let entries = entries(&[PLAIN, GO], "v1.0.0", content);
        assert_eq!(entries[0].h1.as_deref(), h1, "{content:?}");
        assert_eq!(entries[0].gomod_h1.as_deref(), Some(go_mod), "{content:?}");
    }
    // Without a go.mod, that of the served .mod (G3).
    let entries = entries(&[GO], "v1.0.0", Content::Skip);
    assert_eq!(entries[0].gomod_h1.as_deref(), Some(go_mod));
}

#[test]
fn a_new_entry_leaves_time_and_pusher_to_its_caller() {
    let entries = entries(&[PLAIN], "v1.0.0", Content::Skip);
    let Entry { time, pusher, how, .. } = &entries[0];
    assert_eq!((*time, pusher, *how), (0, &None, How::Adopted));
}

// Rules: N6, Z4.12
#[test]
fn limits_make_a_version_broken_and_damage_does_not() {
    let mut objects = Repository::default();
    let tree = objects.add_tree(&[PLAIN, GO]);
    let good = objects.add_commit(tree, &[], 0);
    let missing = ObjectId::from_bytes([7; 20]);
    let bad = objects.add_commit(missing, &[], 0);
    let limits = Limits { go_mod: 5, ..Limits::default() };
    let small =
        site(&objects, &limits).entries("v1.0.0", &commit_tag(good), Content::Skip).unwrap();
    let reason =
        "release-unfetchable: create zip: go.mod: go.mod file too large (max size is 5 bytes)";
    assert_eq!(small[0].reason.as_deref(), Some(reason));
    let limits = Limits::default();
    let site = site(&objects, &limits);
    for commit in [bad, missing] {
        let found = site.entries("v1.0.0", &commit_tag(commit), Content::Skip);
        assert_eq!(found, Err(Fault::Missing(missing)));
    }
}

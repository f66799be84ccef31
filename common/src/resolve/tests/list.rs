//! Section 6: which tags are versions.

use super::*;

// Rules: L1, L2, L3, L4, L9
#[test]
fn only_canonical_tags_are_listed() {
    let odd = "v0.1.0 v0.1 v1 1.2.3 v1.2.3.4 v01.2.3 V1.0.0 v1.0.0-rc.1 v1.0.0+meta \
               v1.1.0+incompatible v2.0.0 sub/v1.0.0 release-1 v1.0.0-20200101000000-abcdefabcdef \
               v1.5.0-0 v1.5.0-- größe vX";
    let story = Story::new().commit("c1", "", PLAIN).main("c1").tags(odd, "c1");
    story.check_list(ROOT, "v0.1.0 v1.0.0-rc.1 v1.5.0-0 v1.5.0--");
    // Broken or not (L4).
    story.check_list("h.io/r/v2", "v2.0.0");
    story.check_list("h.io/r/sub", "v1.0.0");
    story.check_list("h.io/r/nothing", "");
    story.check_list("h.io/r/v3", "");
}

// Rules: L5, V6, V7
#[test]
fn versions_are_listed_in_version_order() {
    let tags = "v1.0.0 v1.0.0-0.9 v1.0.0-1 v1.0.0-RC1 v1.0.0-alpha-1 v1.0.0-beta v1.0.0-rc.2 \
                v1.0.0-rc.10 v1.0.0-rc10 v1.0.0-rc2 v0.1.0 v0.99999999999999999999.0 v0.10.0 v0.9.0";
    let story = Story::new().commit("c1", "", PLAIN).main("c1").tags(tags, "c1");
    story.check_list(
        ROOT,
        "v0.1.0 v0.9.0 v0.10.0 v0.99999999999999999999.0 v1.0.0-0.9 v1.0.0-1 v1.0.0-RC1 \
         v1.0.0-alpha-1 v1.0.0-beta v1.0.0-rc.2 v1.0.0-rc.10 v1.0.0-rc10 v1.0.0-rc2 v1.0.0",
    );
}

// Rules: L1, L4, D3, D6
#[test]
fn a_module_lists_the_tags_of_its_directory_and_major() {
    let tags = "v1.0.0 v2.0.0 v2.1.0-rc.1 v10.0.0 v3.0.0 sub/v1.1.0 sub/v2.2.0 v2/x/v1.3.0 v2/v1.4.0 \
                v2/v2.5.0 sub/v3/v3.0.0 sub/v1 sub/v1.0.0-20200101000000-abcdefabcdef subs/v1.9.0";
    let story = Story::new().commit("c1", "", PLAIN).main("c1").tags(tags, "c1");
    story.check_list(ROOT, "v1.0.0");
    story.check_list("h.io/r/v2", "v2.0.0 v2.1.0-rc.1");
    story.check_list("h.io/r/v10", "v10.0.0");
    story.check_list("h.io/r/sub", "v1.1.0");
    story.check_list("h.io/r/sub/v2", "v2.2.0");
    story.check_list("h.io/r/v2/x", "v1.3.0");
    story.check_list("h.io/r/sub/v3", "");
}

// Rules: D2, L4
#[test]
fn a_repository_named_like_a_major_lists_its_major() {
    let root = "h.io/e/v2";
    let story = Story::new().commit("c1", "", PLAIN).main("c1").tags("v1.0.0 v2.0.0", "c1");
    let state = story.state();
    let versions = View::new(&story.objects, &state).versions(&module(root, root)).unwrap();
    assert_eq!(*versions, ["v2.0.0"]);
}

// Rules: L1, L4
#[test]
fn a_repository_of_gopkg_in_lists_its_major_and_none_when_unstable() {
    let story = Story::new().commit("c1", "", BARE).main("c1").tags("v1.0.0 v2.0.0 v3.0.0", "c1");
    let state = story.state();
    for (root, expected) in [("gopkg.in/y.v2", &["v2.0.0"][..]), ("gopkg.in/y.v2-unstable", &[])] {
        let versions = View::new(&story.objects, &state).versions(&module(root, root)).unwrap();
        assert_eq!(*versions, *expected, "{root}");
    }
}

// Rules: L4, L6, L7
#[test]
fn majors_before_modules_are_incompatible() {
    let tags = "v1.0.0 v2.0.0 v2.1.0-rc.1 v3.0.0 v10.0.0";
    let story = Story::new().commit("c1", "", BARE).tags(tags, "c1");
    let before = "v1.0.0 v2.0.0+incompatible v2.1.0-rc.1+incompatible v3.0.0+incompatible \
                  v10.0.0+incompatible";
    story.check_list(ROOT, before);
    // The last compatible version has a go.mod, so nothing is incompatible any more.
    let story = story.commit("c2", "c1", PLAIN).main("c2");
    story.check_list(ROOT, before);
    let with_prerelease = story.tags("v1.1.0-rc.1", "c2");
    with_prerelease.check_list(ROOT, "v1.0.0 v1.1.0-rc.1");
}

// Rules: L6, Q8, Q9.3
#[test]
fn the_highest_tag_of_a_major_decides_for_the_major() {
    let v4 = &[("v4/go.mod", "module h.io/r/v4\n"), ("a.go", "package a\n")];
    let story = Story::new()
        .commit("bare", "", BARE)
        .commit("plain", "bare", PLAIN)
        .commit("v4", "plain", v4)
        .main("v4")
        .tags("v1.0.0 v2.0.0 v5.1.0 v3.0.0", "bare")
        .tags("v2.1.0-rc.1 v5.0.0", "plain")
        .tags("v4.0.0", "v4");
    // v2 has a go.mod at its highest tag; v4/go.mod is not looked at; v5.0.0 cannot be used.
    let expected = "v1.0.0 v3.0.0+incompatible v4.0.0+incompatible v5.0.0+incompatible \
                    v5.1.0+incompatible";
    story.check_list(ROOT, expected);
    story.check(ROOT, "v5.1.0", "v5.1.0+incompatible refs/tags/v5.1.0 bare");
    let refused = "other: h.io/r@v5.0.0: invalid version: module contains a go.mod file, so module \
                   path must match major version (\"h.io/r/v5\")";
    story.check(ROOT, "v5.0.0+incompatible", &refused.replace("v5.0.0", "v5.0.0+incompatible"));
    story.check(ROOT, "v5.0.0", refused);
}

// Rules: L1, L6, R8
#[test]
fn a_tag_on_no_commit_is_listed_and_may_fail_a_list() {
    let story = Story::new().commit("c1", "", PLAIN).main("c1").tags("v1.0.0", "c1");
    let story = story.tree_tag("v1.1.0", "c1");
    story.check_list(ROOT, "v1.0.0 v1.1.0");
    // L6 wants to know whether v1.1.0 has a go.mod.
    let story = story.tags("v2.0.0", "c1");
    story.check_list(ROOT, "other: unexpected response from git log: \"\"");
    story.check_list("h.io/r/v2", "v2.0.0");
}

// Rules: L9
#[test]
fn no_tags_and_no_commits_list_nothing() {
    Story::new().check_list(ROOT, "");
    Story::new().commit("c1", "", PLAIN).main("c1").check_list(ROOT, "");
}

// Rules: L8
#[test]
fn retracted_versions_are_listed() {
    let retracting = &[("go.mod", "module h.io/r\nretract [v1.0.0, v1.1.0]\n")];
    let story = Story::new().commit("c1", "", retracting).main("c1").tags("v1.0.0 v1.1.0", "c1");
    story.check_list(ROOT, "v1.0.0 v1.1.0");
}

#[test]
fn nothing_is_kept_of_modules_that_nobody_has() {
    let story = Story::new().commit("c1", "", PLAIN).main("c1").tags("v1.0.0", "c1");
    let state = story.state();
    let view = View::new(&story.objects, &state);
    for path in ["h.io/r", "h.io/r/v2", "h.io/r/v3", "h.io/r/sub", "h.io/r/sub/v2"] {
        let module = module(ROOT, path);
        view.versions(&module).unwrap();
        view.retractions(&module).unwrap();
    }
    let kept = (state.lists.lock().unwrap().len(), state.retractions.lock().unwrap().len());
    assert_eq!(kept, (1, 1));
}

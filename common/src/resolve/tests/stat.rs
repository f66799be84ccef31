//! Section 7: what version a query means, and the ref it is answered with (O4).

use super::*;

/// The wrong-major text for the root module.
fn must_match(version: &str, major: &str) -> String {
    format!(
        "other: h.io/r@{version}: invalid version: module contains a go.mod file, so module path must \
         match major version (\"h.io/r/{major}\")"
    )
}

// Rules: Q1, Q2, Q7, Q7.1, Q7.2, Q7.4, Q7.5, Q9.6, X4a, O4
#[test]
fn tags_are_versions_and_other_revisions_are_pseudo_versions() {
    let story = Story::new()
        .commit("c0", "", PLAIN)
        .commit("c1", "c0", PLAIN)
        .commit("c2", "c1", PLAIN)
        .main("c2")
        .branch("feature/x", "c2")
        .branch("old", "c1")
        .tags("v1.2.3 nonver V1.0.0", "c1")
        .tags("later", "c2");
    for (query, expected) in [
        ("v1.2.3", "v1.2.3 refs/tags/v1.2.3 c1"),
        ("nonver", "v1.2.3 refs/tags/nonver c1"),
        ("V1.0.0", "v1.2.3 refs/tags/V1.0.0 c1"),
        ("old", "v1.2.3 refs/heads/old c1"),
        ("{c1.id}", "v1.2.3 refs/heads/old c1"),
        ("{c1.rev}", "v1.2.3 refs/heads/old c1"),
        ("main", "v1.2.4-0.{c2} - c2"),
        ("feature/x", "v1.2.4-0.{c2} - c2"),
        ("later", "v1.2.4-0.{c2} - c2"),
        ("HEAD", "v1.2.4-0.{c2} - c2"),
        ("latest", "v1.2.4-0.{c2} - c2"),
        ("{c2.id}", "v1.2.4-0.{c2} - c2"),
        ("{c0.id}", "v0.0.0-{c0} - c0"),
        ("v1.2.4", "none: h.io/r@v1.2.4: invalid version: unknown revision v1.2.4"),
        ("v1", "none: h.io/r@v1: invalid version: unknown revision v1"),
        ("v1.2", "none: h.io/r@v1.2: invalid version: unknown revision v1.2"),
        ("gone", "none: h.io/r@gone: invalid version: unknown revision gone"),
    ] {
        story.check(ROOT, query, expected);
    }
    story.check(
        "h.io/r/sub",
        "v1.2.3",
        "none: h.io/r/sub@v1.2.3: invalid version: unknown revision sub/v1.2.3",
    );
}

// Rules: O4
#[test]
fn head_on_a_tag_has_no_ref() {
    let story = Story::new().commit("c1", "", PLAIN).main("c1").tags("v1.0.0", "c1");
    story.check(ROOT, "HEAD", "v1.0.0 - c1");
    story.check(ROOT, "main", "v1.0.0 refs/heads/main c1");
    // HEAD is the smallest ref on the commit.
    story.check(ROOT, "{c1.id}", "v1.0.0 - c1");
    let story = Story::new().commit("c1", "", PLAIN).tags("v1.0.0 a-tag", "c1");
    story.check(ROOT, "{c1.id}", "v1.0.0 refs/tags/a-tag c1");
}

// Rules: Q5, Q7.2, Q7.5
#[test]
fn build_metadata_is_no_version_of_its_own() {
    let story = Story::new()
        .commit("c0", "", PLAIN)
        .commit("c1", "c0", PLAIN)
        .main("c1")
        .tags("v1.2.3+meta", "c1");
    for query in ["v1.2.3+meta", "{c1.id}", "main"] {
        story.check(ROOT, query, "v1.2.4-0.{c1} - c1");
    }
    story.check(ROOT, "v1.2.3", "none: h.io/r@v1.2.3: invalid version: unknown revision v1.2.3");

    let story = Story::new().commit("c1", "", PLAIN).tags("v1.1.0 v1.1.0+x", "c1");
    story.check(ROOT, "v1.1.0+x", "v1.1.0 refs/tags/v1.1.0+x c1");
    let unknown = "none: h.io/r@v1.1.0+nosuch: invalid version: unknown revision v1.1.0+nosuch";
    story.check(ROOT, "v1.1.0+nosuch", unknown);

    let story = Story::new().commit("c1", "", PLAIN).main("c1").tags("v1.0.0+a v1.0.0+b", "c1");
    story.check(ROOT, "v1.0.0", "none: h.io/r@v1.0.0: invalid version: unknown revision v1.0.0");
    story.check(ROOT, "v1.0.0+b", "v1.0.1-0.{c1} - c1");
}

// Rules: Q7.2, Q7.3, Q7.4, N3
#[test]
fn what_was_asked_for_beats_what_is_higher() {
    let story = Story::new()
        .commit("c0", "", PLAIN)
        .commit("c1", "c0", PLAIN)
        .main("c1")
        .tags("v1.9.0", "c0")
        .tags("v1.0.0+old v1.5.0-rc.1 v1.4.0", "c1");
    story.check(ROOT, "v1.4.0", "v1.4.0 refs/tags/v1.4.0 c1");
    // A canonical version of the commit is better than a pseudo-version of the tag asked for.
    story.check(ROOT, "v1.0.0+old", "v1.5.0-rc.1 refs/tags/v1.0.0+old c1");
    story.check(ROOT, "main", "v1.5.0-rc.1 refs/heads/main c1");
    let story = Story::new()
        .commit("c0", "", PLAIN)
        .commit("c1", "c0", PLAIN)
        .tags("v1.9.0", "c0")
        .tags("v1.0.0+old", "c1");
    // The tag asked for is the base, however high its ancestors.
    story.check(ROOT, "v1.0.0+old", "v1.0.1-0.{c1} - c1");
    // N3: with the whole history at hand the highest ancestor is the base.
    story.check(ROOT, "{c1.id}", "v1.9.1-0.{c1} - c1");
}

// Rules: Q2, Q8, Q9.2, Q9.3
#[test]
fn without_any_go_mod_majors_are_incompatible() {
    let story = Story::new()
        .commit("c1", "", BARE)
        .commit("c2", "c1", BARE)
        .main("c2")
        .branch("old", "c1")
        .tags("v2.0.0", "c1");
    for (query, expected) in [
        ("v2.0.0", "v2.0.0+incompatible refs/tags/v2.0.0 c1"),
        ("v2.0.0+incompatible", "v2.0.0+incompatible refs/tags/v2.0.0 c1"),
        ("old", "v2.0.0+incompatible refs/heads/old c1"),
        ("main", "v2.0.1-0.{c2}+incompatible - c2"),
        ("v2.0.1-0.{c2}+incompatible", "v2.0.1-0.{c2}+incompatible - c2"),
    ] {
        story.check(ROOT, query, expected);
    }
    let missing = "none: h.io/r/v2@v2.0.0: invalid version: missing h.io/r/go.mod and .../v2/go.mod at \
                   revision v2.0.0";
    story.check("h.io/r/v2", "v2.0.0", missing);
}

// Rules: Q8, Q9.3
#[test]
fn a_go_mod_below_the_major_is_for_explicit_queries_only() {
    let v4 = &[("v4/go.mod", "module h.io/r/v4\n"), ("a.go", "package a\n")];
    let story = Story::new()
        .commit("c1", "", v4)
        .commit("c2", "c1", v4)
        .main("c2")
        .branch("old", "c1")
        .tags("v4.0.0", "c1");
    for (query, expected) in [
        ("v4.0.0", must_match("v4.0.0", "v4").as_str()),
        ("v4.0.0+incompatible", "v4.0.0+incompatible refs/tags/v4.0.0 c1"),
        ("old", "v0.0.0-{c1} - c1"),
        ("main", "v0.0.0-{c2} - c2"),
    ] {
        story.check(ROOT, query, expected);
    }
    story.check("h.io/r/v4", "v4.0.0", "v4.0.0 refs/tags/v4.0.0 c1");
    story.check("h.io/r/v4", "main", "v4.0.1-0.{c2} - c2");
}

// Rules: Q8, Q9, Q9.1, Q9.5
#[test]
fn with_a_go_mod_the_path_must_match_the_major() {
    let story = Story::new()
        .commit("c1", "", PLAIN)
        .commit("c2", "c1", PLAIN)
        .main("c2")
        .branch("old", "c1")
        .tags("v2.0.0", "c1")
        .tags("v1.0.0", "c2");
    story.check(ROOT, "v2.0.0", &must_match("v2.0.0", "v2"));
    story.check(ROOT, "v2.0.0+incompatible", &must_match("v2.0.0+incompatible", "v2"));
    story.check(ROOT, "old", "v0.0.0-{c1} - c1");
    story.check(
        ROOT,
        "v1.0.0+incompatible",
        "other: h.io/r@v1.0.0+incompatible: invalid version: +incompatible suffix not allowed: major \
         version v1 is compatible",
    );
    story.check(
        "h.io/r/v2",
        "v1.0.0",
        "none: h.io/r/v2@v1.0.0: invalid version: go.mod has non-.../v2 module path \"h.io/r\" (and \
         .../v2/go.mod does not exist) at revision v1.0.0",
    );
}

// Rules: Q5, V5
#[test]
fn a_literal_incompatible_tag_is_no_version() {
    let story = Story::new().commit("c1", "", BARE).main("c1").tags("v2.0.0+incompatible", "c1");
    let unknown = "none: h.io/r@v2.0.0+incompatible: invalid version: unknown revision v2.0.0";
    story.check(ROOT, "v2.0.0+incompatible", unknown);
    story.check(ROOT, "main", "v2.0.1-0.{c1}+incompatible - c1");
}

// Rules: D5, Q9.1, Q9.5
#[test]
fn the_major_of_a_module_must_match() {
    let v2 = &[("go.mod", "module h.io/r/v2\n")];
    let story = Story::new()
        .commit("c1", "", v2)
        .commit("c2", "c1", v2)
        .main("c2")
        .tags("v1.0.0 v2.0.0", "c1");
    story.check("h.io/r/v2", "v2.0.0", "v2.0.0 refs/tags/v2.0.0 c1");
    story.check("h.io/r/v2", "main", "v2.0.1-0.{c2} - c2");
    story.check(
        "h.io/r/v2",
        "v1.0.0",
        "other: h.io/r/v2@v1.0.0: invalid version: module path includes a major version suffix, so \
         major version must match",
    );
    let post = "none: h.io/r@v1.0.0: invalid version: go.mod has post-v1 module path \"h.io/r/v2\" at \
                revision v1.0.0";
    story.check(ROOT, "v1.0.0", post);
    story.check(
        ROOT,
        "main",
        "none: h.io/r@v1.0.1-0.{c2}: invalid version: go.mod has post-v1 module path \"h.io/r/v2\" at \
         revision {c2.rev}",
    );
    let story = Story::new().commit("c1", "", v2).main("c1");
    story.check("h.io/r/v2", "latest", "v2.0.0-{c1} - c1");
}

// Rules: D6, Q2, Q9.1
#[test]
fn modules_in_directories_have_tags_of_their_own() {
    let files: &[_] = &[("go.mod", "module h.io/r\n"), ("sub/go.mod", "module h.io/r/sub\n")];
    let sub = "h.io/r/sub";
    let story = Story::new()
        .commit("c1", "", files)
        .commit("c2", "c1", files)
        .main("c2")
        .tags("v1.4.0 sub/v1.1.0 sub/v1.2.0-rc.1 sub/v1", "c1");
    story.check(sub, "v1.1.0", "v1.1.0 refs/tags/sub/v1.1.0 c1");
    // A tag name is a revision of the repository; where it is canonical, it is its own version.
    story.check(sub, "sub/v1.1.0", "v1.1.0 refs/tags/sub/v1.1.0 c1");
    story.check(sub, "sub/v1", "v1.2.0-rc.1 refs/tags/sub/v1 c1");
    // A shorthand is a version, and so gets the prefix (Q2).
    story.check(sub, "v1", "v1.2.0-rc.1 refs/tags/sub/v1 c1");
    story.check(sub, "main", "v1.2.0-rc.1.0.{c2} - c2");
    story.check(ROOT, "sub/v1.1.0", "v1.4.0 refs/tags/sub/v1.1.0 c1");
    let untagged = Story::new().commit("c1", "", files).main("c1").tags("v1.4.0", "c1");
    untagged.check(sub, "latest", "v0.0.0-{c1} - c1");
    untagged.check(
        sub,
        "v1.4.0",
        "none: h.io/r/sub@v1.4.0: invalid version: unknown revision sub/v1.4.0",
    );
    let missing = "none: h.io/r/none@v0.0.0-{c1}: invalid version: missing h.io/r/none/go.mod at \
                   revision {c1.rev}";
    untagged.check("h.io/r/none", "latest", missing);
    // A tag that cannot be used does not say what the commit is.
    let empty = Story::new().commit("c1", "", PLAIN).main("c1").tags("sub/v1.0.0", "c1");
    let missing = "none: h.io/r/sub@v1.0.0: invalid version: missing h.io/r/sub/go.mod at revision \
                   sub/v1.0.0";
    empty.check(sub, "v1.0.0", missing);
    empty.check(sub, "sub/v1.0.0", missing);
    empty.check(sub, "main", missing);
}

// Rules: Q6
#[test]
fn tags_that_look_like_pseudo_versions_are_versions_below_a_directory() {
    let files: &[_] = &[("go.mod", "module h.io/r\n"), ("sub/go.mod", "module h.io/r/sub\n")];
    let odd = "v1.0.0-20200101000000-abcdefabcdef";
    let story = Story::new()
        .commit("c1", "", files)
        .commit("c2", "c1", files)
        .main("c2")
        .tags(odd, "c1")
        .tags(&format!("sub/{odd}"), "c1");
    story.check(ROOT, "main", "v0.0.0-{c2} - c2");
    story.check(ROOT, odd, "none: h.io/r@v1.0.0-20200101000000-abcdefabcdef: invalid version: unknown revision abcdefabcdef");
    story.check("h.io/r/sub", "main", &format!("{odd}.0.{{c2}} - c2"));
    story.check(
        "h.io/r/sub",
        "{c1.id}",
        &format!(
            "none: h.io/r/sub@{odd}: invalid version: reading h.io/r/sub/go.mod at revision \
             abcdefabcdef: unknown revision abcdefabcdef"
        ),
    );
}

// Rules: Q9.4, Q10
#[test]
fn a_branch_named_like_a_version_is_none() {
    let story = Story::new()
        .commit("c1", "", PLAIN)
        .main("c1")
        .branch("v1.0.0", "c1")
        .branch("v1.1.0+meta", "c1")
        .branch("v1", "c1");
    let refused = "other: h.io/r@v1.0.0: invalid version: resolves to version v0.0.0-{c1} (v1.0.0 is \
                   not a tag)";
    story.check(ROOT, "v1.0.0", refused);
    story.check(ROOT, "v1.1.0+meta", "v0.0.0-{c1} - c1");
    story.check(ROOT, "v1", "v0.0.0-{c1} - c1");
    let refused = "other: h.io/r@v1.0.0: invalid version: resolves to version v1.5.0 (v1.0.0 is not a \
                   tag)";
    story.tags("v1.5.0", "c1").check(ROOT, "v1.0.0", refused);
}

// Rules: Q7.4, R11
#[test]
fn the_highest_tag_of_all_ancestors_is_the_base() {
    let story = Story::new()
        .commit("c0", "", PLAIN)
        .commit("first", "c0", PLAIN)
        .commit("second", "c0", PLAIN)
        .commit("merge", "first second", PLAIN)
        .main("merge")
        .tags("v0.9.0", "c0")
        .tags("v1.0.0", "first")
        .tags("v1.3.0-rc.1 v1.2 v3.0.0", "second");
    story.check(ROOT, "main", "v1.3.0-rc.1.0.{merge} - merge");
    story.check(ROOT, "{first.id}", "v1.0.0 refs/tags/v1.0.0 first");
    let story = story.tags("v1.3.0", "c0");
    story.check(ROOT, "main", "v1.3.1-0.{merge} - merge");
}

// Rules: N6, R11
#[test]
fn broken_tags_are_bases_all_the_same() {
    let v2: &[_] = &[("go.mod", "module h.io/r/v2\n")];
    let story =
        Story::new().commit("c1", "", v2).commit("c2", "c1", PLAIN).main("c2").tags("v1.0.0", "c1");
    story.check_list(ROOT, "v1.0.0");
    story.check(ROOT, "main", "v1.0.1-0.{c2} - c2");
}

// Rules: R8
#[test]
fn a_tag_on_no_commit_has_no_version() {
    let story = Story::new().commit("c1", "", PLAIN).main("c1").tree_tag("v1.0.0", "c1");
    let refused = "other: h.io/r@v1.0.0: invalid version: unexpected response from git log: \"\"";
    story.check(ROOT, "v1.0.0", refused);
    story.check(ROOT, "main", "v0.0.0-{c1} - c1");
}

// Rules: P9
#[test]
fn a_commit_beyond_the_year_9999_has_no_version() {
    let mut story = Story::new().commit("c1", "", PLAIN);
    let tree = story.commits["c1"].tree;
    let late = story.objects.add_commit(tree, &[], 253_402_300_800);
    story.refs.head = Some(late);
    let answer = story.answer(ROOT, "HEAD");
    let version = format!("v0.0.0-100000101000000-{}", late.short());
    let reason = format!("reading h.io/r/go.mod at revision {version}: unknown revision {version}");
    assert_eq!(answer, format!("none: h.io/r@{version}: invalid version: {reason}"));
}

#[test]
fn a_missing_object_is_a_fault_and_no_version() {
    let missing = ObjectId::from_bytes([9; 20]);
    let mut story = Story::new().commit("c1", "", PLAIN).main("c1").tags("v1.0.0", "c1");
    let broken = story.objects.add_commit(missing, &[], 0);
    story.refs.branches.insert("broken".to_owned(), broken);
    let fault = format!("fault: object {missing} is missing");
    story.check(ROOT, "broken", &fault);
    story.check(ROOT, "v1.0.0", "v1.0.0 refs/tags/v1.0.0 c1");
    // Retractions are read from the highest version: its loss is no "nothing is retracted".
    let tag = Tag { target: broken, peeled: broken, kind: Kind::Commit };
    story.refs.tags.insert("v1.9.0".to_owned(), tag);
    story.check(ROOT, "main", &fault);
}

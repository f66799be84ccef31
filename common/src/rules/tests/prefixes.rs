//! What stands in front of the version in a tag.

use super::*;

/// Pushes the tag on a module with another one in `sub`, a chart, and a directory of Go files.
fn pushed(tag: &str) -> Story {
    let sub = go_mod(&format!("{LIB}/sub"));
    let files = [
        GO,
        ("go.mod", &*go_mod(LIB)),
        ("sub/go.mod", &sub),
        ("sub/b.go", "package sub\n"),
        ("chart/values.yaml", ""),
        ("pkg/c.go", "package pkg\n"),
    ];
    Story::push_of(tag, &files)
}

#[test]
fn another_sign_than_a_slash_is_explained() {
    pushed("sub-v1.0.0").check(
        r#"
admitted sub-v1.0.0 = -@-
warn tag-prefix-style
  tag "sub-v1.0.0" is no version of a Go module: only a slash may stand in front of the version
  > not a version of anything; unknown revision sub/v1.0.0
  $ git tag sub/v1.0.0 'sub-v1.0.0^{}'
  $ git push origin sub/v1.0.0
"#,
    );
    let right = |tag: &str| {
        let found = pushed(tag).report().judgements.remove(0).findings.remove(0);
        assert_eq!(found.rule, "tag-prefix-style", "{tag}");
        let first = found.fix.lines().next().unwrap().to_owned();
        first.strip_prefix("git tag ").unwrap().split(' ').next().unwrap().to_owned()
    };
    for (tag, expected) in [
        ("sub-v1.0.0", "sub/v1.0.0"),
        ("sub_v1.0.0", "sub/v1.0.0"),
        ("sub-1.0.0-rc.1", "sub/v1.0.0-rc.1"),
        ("release-v1.4.0", "v1.4.0"),
        ("release-1.4.0", "v1.4.0"),
        ("lib-1.4.0", "v1.4.0"),
        ("pkg-v1.4.0", "v1.4.0"),
        ("v/1.2.3", "v1.2.3"),
        ("v.1.2.3", "v1.2.3"),
        ("v-1.2.3", "v1.2.3"),
        ("my-tool-v1.2.3+meta", "v1.2.3"),
    ] {
        assert_eq!(right(tag), expected, "{tag}");
    }
}

#[test]
fn versions_of_other_things_are_left_alone() {
    for tag in ["chart-v1.0.0", "chart-1.0.0", "helm-chart-1.0.0", "foo.1.2.3", "sub-2024-01-15"] {
        let found = pushed(tag).report().judgements.remove(0).findings;
        assert!(found.is_empty(), "{tag}: {found:?}");
    }
    pushed("v1.2.3-rc-1.0.0").check_rules("served");
    // A directory `v` has versions like any other.
    let path = format!("{LIB}/v");
    let story =
        Story::push_of("v/1.2.3", &[("v/a.go", "package v\n"), ("v/go.mod", &go_mod(&path))]);
    story.check_rules("admitted warn:tag-missing-v");
}

#[test]
fn a_root_tag_where_all_modules_are_below_is_explained() {
    let below = |more: &[(&str, &str)], tag: &str| {
        let (path, tools) = (go_mod(&format!("{LIB}/sub")), go_mod(&format!("{LIB}/tools/x")));
        let files =
            [("sub/go.mod", &*path), ("sub/b.go", "package sub\n"), ("tools/x/go.mod", &*tools)];
        let kept = if more.is_empty() { &files[..2] } else { &files[..] };
        Story::push_of(tag, &[kept, more].concat())
    };
    below(&[], "v1.0.0").check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn tag-root-without-root-module
  tag "v1.0.0" releases the root, but the modules of this commit are in directories
  > git.example.com/team/lib@v1.0.0 is a module without packages; unknown revision sub/v1.0.0
  $ git tag sub/v1.0.0 'v1.0.0^{}'
  $ git push origin sub/v1.0.0
"#,
    );
    below(&[("README", "")], "v1.0.0").check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn tag-root-without-root-module
  tag "v1.0.0" releases the root, but the modules of this commit are in directories
  > git.example.com/team/lib@v1.0.0 is a module without packages; unknown revision sub/v1.0.0
  $ # the modules of this commit and their tags:
  $ # sub:
  $ #   git tag sub/v1.0.0 'v1.0.0^{}' && git push origin sub/v1.0.0
  $ # tools/x:
  $ #   git tag tools/x/v1.0.0 'v1.0.0^{}' && git push origin tools/x/v1.0.0
"#,
    );
    below(&[("vendor/x/x.go", "package x\n")], "v1.0.0")
        .check_rules("served warn:tag-root-without-root-module");
    below(&[], "v2.0.0").check_rules("served warn:tag-root-without-root-module");
    below(&[], "sub/v1.0.0").check_rules("served");
    // The root has a package, or a module.
    below(&[GO], "v1.0.0").check_rules("served warn:gomod-missing");
    below(&[("cmd/x/main.go", "package main\n")], "v1.0.0")
        .check_rules("served warn:gomod-missing");
    below(&[("go.mod", &go_mod(LIB))], "v1.0.0").check_rules("served warn:no-go-files");
    // No module at all.
    Story::push_of("v1.0.0", &[("testdata/x/go.mod", "module x\n")])
        .check_rules("served warn:gomod-missing warn:no-go-files");
}

/// The same directory may stand in a module and outside of every module.
#[test]
fn a_directory_that_is_shared_with_a_module_counts_for_the_root() {
    use crate::objects::{Mode, TreeEntry};
    let mut story = Story::new();
    let shared = story.repository.add_tree(&[("x.go", "package x\n")]);
    let entry = |name: &str, mode, id| TreeEntry { name: name.into(), mode, id };
    let go_mod = story.repository.add_blob(go_mod(&format!("{LIB}/sub")).as_bytes());
    let sub = vec![entry("go.mod", Mode::File, go_mod), entry("x", Mode::Tree, shared)];
    let sub = story.repository.add_entries(sub);
    let both = vec![entry("sub", Mode::Tree, sub), entry("x", Mode::Tree, shared)];
    for (entries, expected) in
        [(both.clone(), "gomod-missing"), (both[..1].to_vec(), "tag-root-without-root-module")]
    {
        let tree = story.repository.add_entries(entries);
        let commit = story.repository.add_commit(tree, &[], 1_700_000_000);
        story.before.head = Some(commit);
        story.updates.clear();
        story.push("v1.0.0", commit);
        story.check_rules(&format!("served warn:{expected}"));
    }
}

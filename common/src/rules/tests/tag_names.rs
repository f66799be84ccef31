//! Tags that look like versions and are none.

use super::*;

/// Pushes the tag on a plain module.
fn pushed(tag: &str) -> Story {
    let mut story = Story::new();
    let commit = story.module();
    story.push(tag, commit);
    story
}

#[test]
fn a_version_without_v_is_explained() {
    pushed("1.2.3").check(
        r#"
admitted 1.2.3 = -@-
warn tag-missing-v
  tag "1.2.3" is no version of a Go module: it lacks the v
  > in no list of versions; git.example.com/team/lib@v1.2.3: invalid version: unknown revision v1.2.3
  $ git tag v1.2.3 '1.2.3^{}'
  $ git push origin v1.2.3
"#,
    );
    // Build metadata is part of the same mistake.
    pushed("1.2.3+meta").check_rules("admitted warn:tag-missing-v");
    pushed("v1.2.3").check_rules("served");
    // Not canonical with a v either: no version was meant.
    pushed("1.2").check_rules("admitted");
    pushed("2024.01.15").check_rules("admitted");
}

#[test]
fn a_capital_v_is_explained() {
    pushed("V1.3.0").check(
        r#"
admitted V1.3.0 = -@-
warn tag-uppercase-v
  tag "V1.3.0" is no version of a Go module: the v must be small
  > not listed; git.example.com/team/lib@V1.3.0 silently means another version or a pseudo-version
  $ git tag v1.3.0 'V1.3.0^{}'
  $ git push origin v1.3.0
"#,
    );
    pushed("V1.3").check_rules("admitted warn:tag-uppercase-v");
    pushed("V1.3.0.1").check_rules("admitted warn:tag-not-semver");
    pushed("Version-x").check_rules("ignored");
}

#[test]
fn shorthands_are_explained_when_they_are_new() {
    pushed("v1.2").check(r#"
admitted v1.2 = -@-
warn tag-shorthand
  tag "v1.2" is no version of a Go module: it needs three numbers
  > not a version: git.example.com/team/lib@v1.2 means the newest v1.2.x, else: no matching versions for query "v1.2"
  $ git tag v1.2.0 'v1.2^{}'
  $ git push origin v1.2.0
  $ # a moving tag such as v1 may stay for other tools
"#);
    pushed("v1").check(r#"
admitted v1 = -@-
info tag-shorthand
  tag "v1" is no version of a Go module: it needs three numbers
  > not a version: git.example.com/team/lib@v1 means the newest v1.x, else: no matching versions for query "v1"
  $ git tag v1.0.0 'v1^{}'
  $ git push origin v1.0.0
  $ # a moving tag such as v1 may stay for other tools
"#);
    let mut moved = Story::new();
    let (old, new) = (moved.module(), moved.module());
    moved.has("v1.2", old);
    moved.push("v1.2", new);
    moved.check_rules("admitted");
    // Shown again for a check of existing tags.
    moved.updates[0] =
        RefUpdate { name: "refs/tags/v1.2".to_owned(), old: ObjectId::ZERO, new: old };
    moved.check_rules("admitted warn:tag-shorthand");
}

#[test]
fn what_is_no_version_is_explained_by_the_rule_it_breaks() {
    pushed("v1.0.0-rc_1").check(r#"
admitted v1.0.0-rc_1 = -@-
warn tag-not-semver
  tag "v1.0.0-rc_1" is no version of a Go module: '_' is not allowed behind the -
  > not listed; git.example.com/team/lib@v1.0.0-rc_1 means a pseudo-version or another tag of that commit
  $ git tag v1.0.0-rc.1 'v1.0.0-rc_1^{}'
  $ git push origin v1.0.0-rc.1
"#);
    pushed("v1.2.3.4").check(r#"
admitted v1.2.3.4 = -@-
warn tag-not-semver
  tag "v1.2.3.4" is no version of a Go module: 4 numbers, three are allowed
  > not listed; git.example.com/team/lib@v1.2.3.4 means a pseudo-version or another tag of that commit
  $ git tag v1.2.3 'v1.2.3.4^{}'
  $ git push origin v1.2.3
  $ # or any other number that is free
"#);
    pushed("v1.0.0-rc.1").check_rules("served");
    pushed("vnext").check_rules("ignored");
}

#[test]
fn build_metadata_is_refused() {
    pushed("v1.2.3+meta").check(r#"
refused v1.2.3+meta = -@-
reject tag-build-metadata
  tag "v1.2.3+meta" carries build metadata, which Go versions cannot
  > never listed; git.example.com/team/lib@v1.2.3: unknown revision v1.2.3; git.example.com/team/lib@v1.2.3+meta becomes v1.2.4-0.…
  $ git tag v1.2.3 'v1.2.3+meta^{}'
  $ git tag -d v1.2.3+meta
  $ git push origin v1.2.3
"#);
    let mut story = pushed("v1.2.3+meta");
    story.level("tag-build-metadata", Level::Warn);
    story.check_rules("admitted warn:tag-build-metadata");
}

#[test]
fn a_literal_incompatible_is_refused() {
    pushed("v2.0.0+incompatible").check(
        r#"
refused v2.0.0+incompatible = -@-
reject tag-incompatible-literal
  tag "v2.0.0+incompatible" carries +incompatible, which the go command adds by itself
  > unknown revision v2.0.0
  $ git tag v2.0.0 'v2.0.0+incompatible^{}'
  $ git tag -d v2.0.0+incompatible
  $ git push origin v2.0.0
"#,
    );
    pushed("v2.0.0+incompatible.1").check_rules("refused reject:tag-build-metadata");
}

#[test]
fn a_pseudo_version_is_refused() {
    pushed("v0.0.0-20200101000000-abcdefabcdef").check(r#"
refused v0.0.0-20200101000000-abcdefabcdef = -@-
reject tag-pseudo-version
  tag "v0.0.0-20200101000000-abcdefabcdef" has the form of a pseudo-version, which stands for a commit without a tag
  > v0.0.0-20200101000000-abcdefabcdef is in no version list
  $ git tag v0.0.0 'v0.0.0-20200101000000-abcdefabcdef^{}'
  $ git tag -d v0.0.0-20200101000000-abcdefabcdef
  $ git push origin v0.0.0
"#);
    // Form 1 of pseudo-versions has no number behind the major.
    pushed("v1.2.3-20200101000000-abcdefabcdef").check_rules("served");
    let sub =
        [("sub/go.mod", "module git.example.com/team/lib/sub\n"), ("sub/a.go", "package a\n")];
    Story::push_of("sub/v0.0.0-20200101000000-abcdefabcdef", &sub).check(r#"
refused sub/v0.0.0-20200101000000-abcdefabcdef = -@-
reject tag-pseudo-version
  tag "sub/v0.0.0-20200101000000-abcdefabcdef" has the form of a pseudo-version, which stands for a commit without a tag
  > v0.0.0-20200101000000-abcdefabcdef is in no version list, and pseudo-versions after it are built on it: the tagged commit cannot be resolved
  $ git tag sub/v0.0.0 'sub/v0.0.0-20200101000000-abcdefabcdef^{}'
  $ git tag -d sub/v0.0.0-20200101000000-abcdefabcdef
  $ git push origin sub/v0.0.0
"#);
}

#[test]
fn the_right_tag_keeps_a_prefix_that_is_a_directory() {
    let files = [("sub/go.mod", "module git.example.com/team/lib/sub\n"), GO];
    let story = Story::push_of("sub/1.2.3", &files);
    assert!(
        story.report().judgements[0].findings[0]
            .fix
            .starts_with("git tag sub/v1.2.3 'sub/1.2.3^{}'")
    );
    let story = Story::push_of("release/1.2.3", &files);
    assert!(
        story.report().judgements[0].findings[0]
            .fix
            .starts_with("git tag v1.2.3 'release/1.2.3^{}'")
    );
}

// Rules: K6
#[test]
fn the_right_tag_is_a_free_one() {
    let mut story = pushed("1.2.3");
    let commit = story.module();
    story.has("v1.2.3", commit);
    story.has("v1.4.9", commit);
    assert!(story.report().judgements[0].findings[0].fix.starts_with("git tag v1.4.10 "));
}

#[test]
fn hostile_tag_names_are_escaped_and_quoted() {
    let report = pushed("v1.0.0-$(reboot)'\u{202e}").report();
    let finding = &report.judgements[0].findings[0];
    assert_eq!(finding.summary, r#"tag "v1.0.0-$(reboot)'\u{202e}" has characters beyond ASCII"#);
    assert_eq!(
        finding.fix,
        "git tag v1.0.0-reboot 'v1.0.0-$(reboot)'\\''\u{202e}^{}'\ngit push origin v1.0.0-reboot\n# or any other number that is free"
    );
}

#[test]
fn characters_beyond_ascii_are_explained() {
    pushed("v1.0.0-β").check(
        r#"
admitted v1.0.0-β = -@-
warn tag-non-ascii
  tag "v1.0.0-β" has characters beyond ASCII
  > not listed; internal error: inconsistency in EscapePath
  $ git tag v1.0.0-pre 'v1.0.0-β^{}'
  $ git push origin v1.0.0-pre
  $ # or any other number that is free
"#,
    );
    pushed("é/v1.0.0").check(
        r#"
unserved é/v1.0.0 = git.example.com/team/lib/é@v1.0.0
warn tag-non-ascii
  tag "é/v1.0.0" has characters beyond ASCII
  > not listed; malformed module path "git.example.com/team/lib/é": invalid char 'é'
  $ # the modules of this commit and their tags:
  $ # .:
  $ #   git tag v1.0.0 'é/v1.0.0^{}' && git push origin v1.0.0
"#,
    );
    pushed("v1.0.0-\u{1f600}").check_rules("admitted warn:tag-non-ascii");
    let found = pushed("v1.0.0-\u{1f600}").report().judgements.remove(0).findings.remove(0);
    let expected = "not listed; version \"v1.0.0-\u{1f600}\" invalid: disallowed version string";
    assert_eq!(found.consumer.as_deref(), Some(expected));
    pushed("v1.0.0-beta").check_rules("served");
    // The name of a directory is the directory's fault.
    let path = format!("{LIB}/é");
    let story =
        Story::push_of("é/v1.0.0", &[("é/a.go", "package a\n"), ("é/go.mod", &go_mod(&path))]);
    story.check_rules("refused reject:module-dir-unaddressable");
    // No version was meant.
    pushed("été").check_rules("ignored");
}

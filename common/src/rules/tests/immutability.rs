//! Tags of accepted versions.

use super::*;

/// A repository whose v1.0.0 is accepted; the commit, and another one.
fn released() -> (Story, ObjectId, ObjectId) {
    let mut story = Story::new();
    let (first, second) = (story.module(), story.module());
    story.has("v1.0.0", first);
    story.accepted(LIB, "v1.0.0", "v1.0.0", first);
    (story, first, second)
}

// Rules: K6
#[test]
fn moving_an_accepted_tag_is_refused() {
    let (mut story, _, second) = released();
    story.push("v1.0.0", second);
    story.check(r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject tag-moved
  tag "v1.0.0" moves to commit f1bbcdcbfa53, but git.example.com/team/lib@v1.0.0 was accepted at commit 78dde6e5fd29
  > verifying git.example.com/team/lib@v1.0.0: checksum mismatch … SECURITY ERROR
  $ git tag -f v1.0.0 78dde6e5fd29f054000000000000000000000004
  $ git tag v1.0.1 f1bbcdcbfa53e0a8000000000000000000000008
  $ git push origin v1.0.1
  $ # if v1.0.0 must not be used, a later release says so with:
  $ #   go mod edit -retract=v1.0.0
"#);
    story.level("tag-moved", Level::Warn);
    // The ledger's version stands: nothing new is served.
    story.check_rules("admitted warn:tag-moved");
}

#[test]
fn another_tag_object_on_the_same_commit_is_no_move() {
    let (mut story, first, _) = released();
    let object = ObjectId::from_bytes([9; 20]);
    let tag = Tag { target: object, peeled: first, kind: Kind::Commit };
    story.before.tags.insert("v1.0.0".to_owned(), tag);
    story.push("v1.0.0", first);
    story.check_rules("served");
}

#[test]
fn moving_a_tag_that_was_never_accepted_is_allowed() {
    let (mut story, first, second) = released();
    story.has("v1.1.0", first);
    story.push("v1.1.0", second);
    story.check_rules("served info:commit-not-descendant");
}

#[test]
fn deleting_an_accepted_tag_is_refused() {
    let (mut story, ..) = released();
    story.push("v1.0.0", ObjectId::ZERO);
    story.check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject tag-deleted
  tag "v1.0.0" is deleted, but git.example.com/team/lib@v1.0.0 was accepted
  > reading git.example.com/team/lib/go.mod at revision v1.0.0: unknown revision v1.0.0
  $ git fetch -f origin tag v1.0.0
  $ # the tag stays; if its version must not be used, the next release says so:
  $ go mod edit -retract=v1.0.0
  $ git commit -a -m 'retract v1.0.0'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    story.level("tag-deleted", Level::Off);
    story.check_rules("admitted");
}

#[test]
fn deleting_other_tags_is_nobodys_business() {
    let (mut story, first, _) = released();
    story.has("v1.1.0", first);
    story.push("v1.1.0", ObjectId::ZERO);
    story.push("nightly", ObjectId::ZERO);
    story.check_rules("ignored; ignored");
}

#[test]
fn a_vanished_tag_may_come_back_on_its_commit_only() {
    let (mut story, first, second) = released();
    story.before.tags.clear();
    story.push("v1.0.0", first);
    story.check_rules("served");
    story.updates.clear();
    story.push("v1.0.0", second);
    story.check(r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject version-republished
  git.example.com/team/lib@v1.0.0 was accepted at commit 78dde6e5fd29, it cannot become commit f1bbcdcbfa53
  > verifying git.example.com/team/lib@v1.0.0: checksum mismatch … SECURITY ERROR
  $ git tag v1.0.1 'v1.0.0^{}'
  $ git tag -d v1.0.0
  $ git push origin v1.0.1
"#);
}

#[test]
fn a_version_of_another_repository_is_not_republished() {
    let mut story = Story::new();
    let commit = story.module();
    story.accepted_in("old/lib", LIB, "v1.0.0", ("v1.0.0", ObjectId::from_bytes([3; 20])));
    story.push("v1.0.0", commit);
    story.check_rules("refused reject:version-republished reject:release-unfetchable");
}

#[test]
fn a_moved_tag_whose_module_is_gone_is_still_a_move() {
    let mut story = Story::new();
    let first = story.module();
    let second = story.commit(&[("README", "")]);
    story.has("sub/v1.0.0", first);
    story.accepted("git.example.com/team/lib/sub", "v1.0.0", "sub/v1.0.0", first);
    story.push("sub/v1.0.0", second);
    story.check_rules("refused reject:tag-moved reject:tag-prefix-unknown-dir");
}

#[test]
fn an_import_may_not_break_the_ledgers_promise() {
    let (mut story, _, second) = released();
    story.import = true;
    story.testimony.has_releases = false;
    story.push("v1.0.0", second);
    story.check_rules("refused reject:tag-moved");
}

/// The story's v1.0.0 is the base of pseudo-versions that were served.
fn built_on(story: &mut Story, versions: &[&str]) {
    let release = story.testimony.entries[0].clone();
    for version in versions {
        let (version, tag, how) = ((*version).to_owned(), None, How::Served);
        story.testimony.built.push(Entry { version, tag, how, ..release.clone() });
    }
}

// Rules: PV7
#[test]
fn the_base_of_served_pseudo_versions_is_told() {
    let (mut story, _, second) = released();
    story.push("v1.0.0", ObjectId::ZERO);
    built_on(
        &mut story,
        &["v1.0.1-0.20200101000000-abcdefabcdef", "v1.0.1-0.20210101000000-abcdefabcdef"],
    );
    story.level("tag-deleted", Level::Warn);
    story.check(
        r#"
admitted v1.0.0 = git.example.com/team/lib@v1.0.0
warn tag-deleted
  tag "v1.0.0" is deleted, but git.example.com/team/lib@v1.0.0 was accepted
  > reading git.example.com/team/lib/go.mod at revision v1.0.0: unknown revision v1.0.0
  $ git fetch -f origin tag v1.0.0
  $ # the tag stays; if its version must not be used, the next release says so:
  $ go mod edit -retract=v1.0.0
  $ git commit -a -m 'retract v1.0.0'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
warn base-tag-removed
  tag "v1.0.0" is the base of v1.0.1-0.20200101000000-abcdefabcdef (and 1 more), which was served
  > git.example.com/team/lib@v1.0.1-0.20200101000000-abcdefabcdef: invalid version: invalid pseudo-version: preceding tag (v1.0.0) not found
  $ git fetch origin tag v1.0.0
"#,
    );
    story.updates.clear();
    story.push("v1.0.0", second);
    story.check_rules("refused reject:tag-moved warn:base-tag-removed");
    // A tag without such versions, and one that stays.
    let (mut story, first, _) = released();
    built_on(&mut story, &["v1.0.1-0.20200101000000-abcdefabcdef"]);
    story.testimony.built[0].version = "v1.0.2-0.20200101000000-abcdefabcdef".to_owned();
    story.push("v1.0.0", ObjectId::ZERO);
    story.check_rules("refused reject:tag-deleted");
    let (mut story, ..) = (story, first);
    story.updates.clear();
    story.testimony.built[0].version = "v1.0.1-0.20200101000000-abcdefabcdef".to_owned();
    story.push("v1.0.0", first);
    story.check_rules("served");
}

#[test]
fn a_base_that_moves_to_another_ancestor_is_still_one() {
    let (mut story, first, second) = released();
    let (below, beside) = (story.commit_after(second, &[GO]), story.commit_after(first, &[GO]));
    built_on(&mut story, &["v1.0.1-0.20200101000000-abcdefabcdef"]);
    story.push("v1.0.0", second);
    story.testimony.built[0].commit = below;
    story.check_rules("refused reject:tag-moved");
    story.testimony.built[0].commit = beside;
    story.check_rules("refused reject:tag-moved warn:base-tag-removed");
    let finding = story.report().judgements.remove(0).findings.remove(1);
    let expected = format!(
        "{LIB}@v1.0.1-0.20200101000000-abcdefabcdef: invalid version: invalid pseudo-version: revision {} is not a descendent of preceding tag (v1.0.0)",
        beside.short()
    );
    assert_eq!(finding.consumer, Some(expected));
}

#[test]
fn only_tags_that_move_or_go_are_asked_for_as_bases() {
    let (mut story, first, second) = released();
    story.push("v1.1.0", first);
    story.push("v1.0.0", second);
    let asked = question("team/lib", LIB, &story.repository, &story.updates).unwrap();
    assert_eq!(asked.bases, [(LIB.to_owned(), "v1.0.0".to_owned())]);
}

/// Lets the tag of v1.0.0 move, whose content is that of `commit`.
fn allow(story: &mut Story, commit: ObjectId) {
    let site = crate::intake::Site {
        repository: "team/lib",
        code_root: LIB,
        objects: &story.repository,
        limits: &Limits::default(),
        clean: &crate::modzip::CleanTrees::default(),
    };
    let tag = Tag { target: commit, peeled: commit, kind: Kind::Commit };
    let entry = site.entries("v1.0.0", &tag, crate::intake::Content::Hash).unwrap().remove(0);
    let recorded = &mut story.testimony.entries[0];
    (recorded.h1, recorded.gomod_h1, recorded.may_move) = (entry.h1, entry.gomod_h1, true);
}

#[test]
fn an_allowed_tag_moves_to_the_same_content_only() {
    let (mut story, first, same) = released();
    allow(&mut story, first);
    let other = story.commit(&[GO, ("go.mod", &go_mod(LIB)), ("more.txt", "more")]);
    story.push("v1.0.0", same);
    // The ledger's version stands: nothing new is served.
    story.check_rules("admitted");
    story.updates.clear();
    story.push("v1.0.0", other);
    story.check_rules("refused reject:tag-moved");
    let summary = story.report().judgements.remove(0).findings.remove(0).summary;
    assert!(summary.contains("; it may move to the same content, and this has h1:"), "{summary}");
    story.updates.clear();
    story.push("v1.0.0", ObjectId::ZERO);
    story.check_rules("refused reject:tag-deleted");
    // A tag that vanished comes back where its content is the same.
    story.before.tags.clear();
    story.updates.clear();
    story.push("v1.0.0", same);
    story.check_rules("admitted");
    story.testimony.entries[0].may_move = false;
    story.check_rules("refused reject:version-republished");
}

#[test]
fn a_tag_that_moved_with_permission_stands_there_and_moves_no_more() {
    let (mut story, first, second) = released();
    let third = story.module();
    story.testimony.entries[0].moved = Some(second);
    story.has("v1.0.0", second);
    story.push("v1.0.0", second);
    story.check_rules("served");
    story.updates.clear();
    story.push("v1.0.0", first);
    story.check_rules("served");
    story.updates.clear();
    story.push("v1.0.0", third);
    story.check_rules("refused reject:tag-moved");
}

//! Names of branches and of tags that are no releases.

use super::*;

/// A push that creates one branch or tag on a Go module, beside a main branch.
fn created(reference: &str) -> Story {
    let mut story = Story::new();
    let commit = story.module();
    story.before.branches.insert("main".to_owned(), commit);
    story.update(reference, commit);
    story
}

#[track_caller]
fn check(reference: &str, expected: &str) {
    created(reference).check_rules(expected);
}

#[test]
fn names_that_look_like_commits_are_told() {
    check("refs/heads/deadbeef", "admitted warn:ref-looks-like-hash");
    check("refs/tags/abcdef123456", "admitted warn:ref-looks-like-hash");
    for harmless in ["refs/heads/deadbee1x", "refs/heads/DEADBEEF", "refs/heads/abcdef"] {
        check(harmless, "");
    }
    check("refs/tags/nightly", "ignored");
}

#[test]
fn a_tag_that_hides_another_commit_is_refused() {
    let mut story = Story::new();
    let (first, second) = (story.module(), story.commit(&[GO]));
    story.before.branches.insert("main".to_owned(), first);
    story.before.branches.insert("next".to_owned(), second);
    let tag = second.short();
    story.update(&format!("refs/tags/{tag}"), first);
    story.check(&format!(
        r#"
refused {tag} = -@-
reject ref-looks-like-hash
  tag "{tag}" hides commit {second}, which it is not on
  > invalid pseudo-version: does not match short name of revision
  $ git tag RIGHT-NAME '{tag}^{{}}'
  $ git tag -d {tag}
  $ git push origin RIGHT-NAME
"#
    ));
    // On the commit whose name it has, it is merely odd.
    story.updates.clear();
    story.update(&format!("refs/tags/{tag}"), second);
    story.check_rules("admitted warn:ref-looks-like-hash");
}

#[test]
fn branches_that_look_like_versions_are_told_when_they_are_new() {
    created("refs/heads/v1.2.3").check(
        r#"
admitted v1.2.3 = -@-
warn branch-looks-like-version
  branch "v1.2.3" is named like a version, and is none: only tags are
  > resolves to version v0.0.0-… (v1.2.3 is not a tag)
  $ git branch -m v1.2.3 release-1.2
  $ git push origin release-1.2 :refs/heads/v1.2.3
"#,
    );
    check("refs/heads/v2", "");
    check("refs/heads/release-1.2", "");
    let mut story = created("refs/heads/v1.2.3");
    story.updates[0].old = ObjectId::from_bytes([9; 20]);
    story.check_rules("");
}

#[test]
fn branches_that_no_proxy_can_ask_for_are_noted() {
    check("refs/heads/feature/x", "admitted info:branch-not-queryable");
    check("refs/heads/a!b", "admitted info:branch-not-queryable");
    check("refs/heads/feature-x", "");
}

#[test]
fn a_branch_and_a_tag_of_one_name_are_told() {
    check("refs/tags/main", "admitted warn:tag-branch-same-name");
    let mut story = created("refs/heads/nightly");
    let commit = story.updates[0].new;
    story.has("nightly", commit);
    story.check_rules("admitted warn:tag-branch-same-name");
    // The tag goes in the same push.
    story.updates.push(RefUpdate {
        name: "refs/tags/nightly".to_owned(),
        old: commit,
        new: ObjectId::ZERO,
    });
    story.check_rules("ignored");
}

#[test]
fn where_there_is_no_go_names_are_nobodys_business() {
    let mut story = Story::new();
    let commit = story.commit(&[("README", "x")]);
    story.update("refs/heads/deadbeef", commit);
    story.check_rules("");
}

#[test]
fn a_repository_without_head_is_told() {
    let mut story = Story::push_of("v1.0.0", &[GO, ("go.mod", &go_mod(LIB))]);
    let commit = story.before.head.take().unwrap();
    story.before.head_branch = Some("main".to_owned());
    story.check_rules("served warn:head-missing");
    // The branch comes in the same push.
    story.update("refs/heads/main", commit);
    story.check_rules("served");
}

#[test]
fn only_new_names_need_a_look_at_the_repository() {
    let mut story = created("refs/heads/x");
    assert_eq!(names_to_judge(&story.updates), ["refs/heads/x", "refs/tags/x"]);
    story.updates[0].old = story.updates[0].new;
    assert!(names_to_judge(&story.updates).is_empty());
}

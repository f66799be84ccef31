//! Numbers beside those that are there, and the commits that carry them.

use super::*;

/// A history of one commit for each of these tags, and a push of one more.
fn after(tags: &[&str], pushed: &str) -> Story {
    let mut story = Story::new();
    let mut last = story.module();
    for tag in tags {
        last = story.commit_after(
            last,
            &[("go.mod", &go_mod(LIB)), ("a.go", &format!("// {tag}\npackage a\n"))],
        );
        story.has(tag, last);
    }
    let next =
        story.commit_after(last, &[GO, ("go.mod", &go_mod(LIB)), ("last.go", "package a\n")]);
    story.before.branches.insert("main".to_owned(), next);
    story.push(pushed, next);
    story
}

#[track_caller]
fn check(tags: &[&str], pushed: &str, expected: &str) {
    after(tags, pushed).check_rules(expected);
}

#[test]
fn the_next_number_is_fine() {
    for (tags, pushed) in [
        (&["v1.0.0"][..], "v1.0.1"),
        (&["v1.0.0"], "v1.1.0"),
        (&["v0.9.0"], "v1.0.0"),
        (&["v1.0.0", "v1.1.0"], "v1.0.1"),
        (&["v1.0.0"], "v1.1.0-rc.1"),
        (&["v1.1.0-rc.1"], "v1.1.0-rc.2"),
        (&[], "v7.0.0"),
        (&["v1.0.0"], "v1.100.0"),
        (&["v1.0.0-rc.2"], "v1.0.0-rc.10"),
        (&["v1.0.0-rc1"], "v1.0.0-rc2"),
    ] {
        let found = after(tags, pushed).report().judgements.remove(0).findings;
        let found: Vec<&str> = found.iter().map(|finding| finding.rule).collect();
        let of_order =
            |rule: &&str| rule.starts_with("version-") || rule.starts_with("prerelease-");
        assert_eq!(found.into_iter().find(of_order), None, "{tags:?} {pushed}");
    }
}

#[test]
fn a_prerelease_that_sorts_as_text_is_told() {
    after(&["v1.0.0-rc2"], "v1.0.0-rc10").check(
        r#"
served v1.0.0-rc10 = git.example.com/team/lib@v1.0.0-rc10
info prerelease-order
  version "v1.0.0-rc10" comes before v1.0.0-rc2: "rc10" is compared letter by letter
  > v1.0.0-rc10 is older than v1.0.0-rc2
  $ git tag v1.0.0-rc.10 'v1.0.0-rc10^{}'
  $ git push origin v1.0.0-rc.10
"#,
    );
    check(&["v1.0.0-beta.rc10"], "v1.0.0-beta.rc9", "served info:prerelease-order");
    check(&["v1.0.0-alpha2"], "v1.0.0-rc10", "served");
}

#[test]
fn a_prerelease_of_a_release_is_told() {
    after(&["v1.0.0"], "v1.0.0-rc.1").check(
        r#"
served v1.0.0-rc.1 = git.example.com/team/lib@v1.0.0-rc.1
warn prerelease-after-release
  "v1.0.0-rc.1" is a prerelease of v1.0.0, which is released already
  > v1.0.0-rc.1 is never selected by @latest
  $ git tag v1.0.1-rc.1 'v1.0.0-rc.1^{}'
  $ git push origin v1.0.1-rc.1
"#,
    );
}

#[test]
fn a_prerelease_that_comes_with_its_release_came_before_it() {
    let mut story = Story::new();
    let commit = story.module();
    story.push("v1.0.0-rc.1", commit);
    let commit = story.commit_after(commit, &[GO, ("go.mod", &go_mod(LIB))]);
    story.push("v1.0.0", commit);
    story.check_rules("served info:version-not-higher; served");
}

#[test]
fn a_number_between_others_is_noted() {
    check(&["v1.0.0", "v1.2.0"], "v1.1.0", "served info:version-not-higher");
    check(&["v1.0.5"], "v1.0.4", "served info:version-not-higher");
    // A patch of an older minor series is what patches are for.
    check(&["v1.0.0", "v1.2.0"], "v1.0.1", "served");
    // Another module has numbers of its own.
    let story = after(&["sub/v1.2.0"], "v1.1.0");
    story.check_rules("served");
}

#[test]
fn a_leap_is_told() {
    after(&["v1.2.3"], "v1.2023.1").check(
        r#"
served v1.2023.1 = git.example.com/team/lib@v1.2023.1
warn version-jump
  "v1.2023.1" is far above v1.2.3: look at the minor number
  > v1.2023.1 is @latest for good
  $ git tag v1.2.4 'v1.2023.1^{}'
  $ git push origin v1.2.4
"#,
    );
    check(&["v1.2.3"], "v1.2.104", "served warn:version-jump");
    check(&["v1.2.3"], "v1.2.103", "served");
    check(&["v1.2.3"], "v1.1234567890.0", "served warn:version-jump");
    check(&[], "v1.1234567890.0", "served warn:version-jump");
    let jumps = |story: Story| {
        let found = story.report().judgements.remove(0).findings;
        found.iter().any(|finding| finding.rule == "version-jump")
    };
    assert!(jumps(after(&["v1.2.3"], "v3.0.0")));
    assert!(!jumps(after(&["v1.2.3"], "v2.0.0")));
}

#[test]
fn a_second_version_on_a_commit_is_noted() {
    let mut story = after(&["v1.0.0"], "v1.0.1");
    let commit = story.updates[0].new;
    story.push("v1.1.0", commit);
    story.check_rules("served info:version-duplicate-commit; served info:version-duplicate-commit");
    let finding = &story.report().judgements[0].findings[0];
    assert_eq!(finding.summary, "\"v1.0.1\" is on the commit of v1.1.0");
    assert_eq!(finding.consumer.as_deref(), Some("asking for the commit gives v1.1.0"));
}

#[test]
fn a_commit_of_the_future_is_told() {
    let at = |time| {
        let mut story = Story::new();
        let tree = story.repository.add_tree(&[GO, ("go.mod", &go_mod(LIB))]);
        let commit = story.repository.add_commit(tree, &[], time);
        story.before.head = Some(commit);
        story.push("v1.0.0", commit);
        story
    };
    at(1_700_001_000 + 3600).check_rules("served");
    at(1_700_001_000 + 3601).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn commit-time-future
  the committer date of tag "v1.0.0" is 2023-11-14T23:30:01Z, which is to come
  > pseudo-versions of later commits come before those of this one
  $ # when the clock is right:
  $ git commit --allow-empty -m 'the clock is right'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    at(253_402_300_800).check_rules("refused reject:commit-time-out-of-range");
}

#[test]
fn a_commit_on_no_branch_is_told() {
    let mut story = Story::push_of("v1.0.0", &[GO, ("go.mod", &go_mod(LIB))]);
    let other = story.commit(&[GO]);
    story.before.branches.insert("main".to_owned(), other);
    story.check_rules("served warn:commit-off-branch");
    // The branch comes with the tag.
    let commit = story.updates[0].new;
    story.update("refs/heads/release", commit);
    story.check_rules("served");
}

#[test]
fn a_release_without_the_one_before_is_noted() {
    let mut story = after(&["v1.0.0"], "v1.1.0");
    story.check_rules("served");
    let other = story.commit(&[GO, ("go.mod", &go_mod(LIB))]);
    story.before.branches.insert("other".to_owned(), other);
    story.updates[0].new = other;
    story.check_rules("served info:commit-not-descendant");
}

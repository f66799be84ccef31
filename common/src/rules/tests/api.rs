//! The exported API beside that of the release before.

use super::*;

const OLD: &str = "package a\n\nfunc F() {}\n\nfunc G() {}\n";

/// A release of a module, and a push of a later one with another file.
fn after(tag: &str, old: &str, pushed: &str, new: &str) -> Story {
    let mut story = Story::new();
    let first = story.commit(&[("a.go", old), ("go.mod", &go_mod(LIB))]);
    story.has(tag, first);
    let next = story.commit_after(first, &[("a.go", new), ("go.mod", &go_mod(LIB))]);
    story.before.branches.insert("main".to_owned(), next);
    story.push(pushed, next);
    story
}

#[test]
fn an_incompatible_change_is_told() {
    after("v1.2.0", OLD, "v1.3.0", "package a\n\nfunc F(int) {}\n\nfunc H() {}\n").check(
        r#"
served v1.3.0 = git.example.com/team/lib@v1.3.0
warn api-incompatible a.go:3
  2 changes of the exported API since v1.2.0 that existing code does not survive
  > a.go:3: F: changed from func() to func(int)
a.go:5 of v1.2.0: G: removed
  $ # put back what is gone or changed, and give what is new a name of its own; then:
  $ git tag v1.3.1
  $ git push origin v1.3.1
  $ # or release a new major version, which nobody gets without asking for it:
  $ # go mod edit -module=git.example.com/team/lib/v2
  $ # and git.example.com/team/lib/v2 in every import of its own packages; commit, then:
  $ # git tag v2.0.0 && git push origin v2.0.0
"#,
    );
}

#[test]
fn the_first_ten_are_listed() {
    let old: String = (0..14).map(|n| format!("func F{n:02}() {{}}\n")).collect();
    let story = after("v1.0.0", &format!("package a\n\n{old}"), "v1.0.1", "package a\n");
    let finding = story.report().judgements.remove(0).findings.remove(0);
    let list = finding.consumer.unwrap();
    assert_eq!(list.lines().count(), 11, "{list}");
    assert_eq!(list.lines().next(), Some("a.go:3 of v1.0.0: F00: removed"));
    assert_eq!(list.lines().last(), Some("and 4 more"));
    // There is no such line in what is pushed.
    assert_eq!((finding.file, finding.line), (None, None));
}

#[test]
fn an_addition_in_a_patch_is_told() {
    let new = format!("{OLD}\nfunc H() {{}}\n");
    after("v1.2.3", OLD, "v1.2.4", &new).check(
        r#"
served v1.2.4 = git.example.com/team/lib@v1.2.4
info api-added-in-patch a.go:7
  1 addition to the exported API since v1.2.3, in a patch release
  > a.go:7: H: added
  $ git tag v1.3.0 'v1.2.4^{}'
  $ git push origin v1.3.0
"#,
    );
    after("v1.2.3", OLD, "v1.3.0", &new).check_rules("served");
    after("v1.2.3", OLD, "v1.2.4-rc.1", &new).check_rules("served info:api-added-in-patch");
    after("v1.2.3", OLD, "v1.2.4", OLD).check_rules("served");
}

/// As gorelease: v0 promises nothing, prereleases are no base, a new major is new.
#[test]
fn what_promises_nothing_is_not_compared() {
    let gone = "package a\n";
    for (base, pushed, expected) in [
        ("v0.1.0", "v0.1.1", "served"),
        ("v0.9.0", "v1.0.0", "served"),
        ("v1.0.0-rc.1", "v1.0.0", "served"),
        ("v1.0.0", "v1.0.1", "served warn:api-incompatible"),
        ("v1.0.0", "v1.1.0-rc.1", "served warn:api-incompatible"),
        ("v1.5.0", "v1.4.0", "served info:version-not-higher"),
    ] {
        let rules = after(base, OLD, pushed, gone).report().judgements.remove(0).findings;
        let of_api = rules.iter().any(|finding| finding.rule == "api-incompatible");
        assert_eq!(of_api, expected.contains("api-incompatible"), "{base} {pushed}");
    }
}

#[test]
fn the_highest_release_before_counts() {
    let mut story = after("v1.0.0", OLD, "v1.2.0", "package a\n\nfunc G() {}\n");
    let other = story.commit(&[("a.go", "package a\n\nfunc G() {}\n"), ("go.mod", &go_mod(LIB))]);
    story.has("v1.1.0", other);
    story.has("v1.1.1-rc.1", other);
    // G was gone before: v1.1.0 is what its users have.
    let found = story.report().judgements.remove(0).findings;
    assert!(found.iter().all(|finding| finding.rule != "api-incompatible"), "{found:?}");
}

#[test]
fn a_base_that_is_another_module_is_not_compared() {
    let mut story = Story::new();
    let first = story.commit(&[("a.go", OLD), ("go.mod", &go_mod("git.example.com/other/lib"))]);
    story.has("v1.0.0", first);
    let next = story.commit_after(first, &[("a.go", "package a\n"), ("go.mod", &go_mod(LIB))]);
    story.before.branches.insert("main".to_owned(), next);
    story.push("v1.0.1", next);
    story.check_rules("served");
}

#[test]
fn a_module_in_a_directory_is_compared_with_itself() {
    let sub = go_mod("git.example.com/team/lib/sub/v2");
    let mut story = Story::new();
    let first = story.commit(&[("sub/a.go", OLD), ("sub/go.mod", &sub), GO]);
    story.has("sub/v2.0.0", first);
    let next =
        story.commit_after(first, &[("sub/v2/a.go", "package a\n"), ("sub/v2/go.mod", &sub), GO]);
    story.before.branches.insert("main".to_owned(), next);
    story.push("sub/v2.1.0", next);
    let finding = story.report().judgements.remove(0).findings.remove(0);
    assert_eq!(finding.rule, "api-incompatible");
    assert!(finding.fix.contains("-module=git.example.com/team/lib/sub/v3"), "{}", finding.fix);
    assert!(finding.fix.contains("git tag sub/v3.0.0"), "{}", finding.fix);
}

#[test]
fn without_time_it_is_left_for_later() {
    let mut story = after("v1.2.0", OLD, "v1.3.0", "package a\n");
    story.has_time = false;
    story.check(
        r#"
served v1.3.0 = git.example.com/team/lib@v1.3.0
info api-incompatible
  the exported API was not compared with v1.2.0: there was no time
  > what is incompatible, if anything is
  $ modgate ledger show git.example.com/team/lib@v1.3.0
"#,
    );
}

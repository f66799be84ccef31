//! Rules that panic: a finding about modgate beside all others.

use std::cell::Cell;

use crate::policy::OnError;

use super::*;

thread_local! {
    static PANICKING: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Panics in the place of the rule that a test named.
pub(in crate::rules) fn now_and_then(rule: &str) {
    assert!(PANICKING.get() != Some(rule), "foreign text: \u{1b}[31m");
}

/// A story in which one rule panics.
fn with_panicking<T>(rule: &'static str, tell: impl FnOnce() -> T) -> T {
    PANICKING.set(Some(rule));
    let told = tell();
    PANICKING.set(None);
    told
}

/// A bug of ours is nothing that a pusher could skip.
#[test]
fn a_bug_cannot_be_skipped() {
    let mut story = Story::new();
    let commit = story.module();
    story.push("v1.0.0", commit);
    story.policy.choices.skip = Some(At::unwritten(crate::policy::Skippable::All));
    let options = ["modgate.skip=modgate-bug", "modgate.reason=x"].map(str::to_owned);
    story.skips = Skips::parse(&options, None);
    with_panicking("license-missing", || {
        let report = story.report();
        assert!(report.is_refused() && report.ways.is_empty(), "{:?}", report.ways);
        assert!(report.notes[0].contains("there is no such rule"), "{:?}", report.notes);
    });
}

/// A tag whose go.mod names another module.
fn story() -> Story {
    let files = [GO, ("go.mod", "module github.com/up/lib\n\ngo 1.24\n")];
    Story::push_of("v1.0.0", &files)
}

#[test]
fn a_rule_that_panics_refuses_and_hides_no_other_finding() {
    with_panicking("license-missing", || {
        story().check(r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject module-path-mismatch go.mod:1
  go.mod declares module "github.com/up/lib", but this is "git.example.com/team/lib"
  > parsing go.mod: module declares its path as: github.com/up/lib, but was required as: git.example.com/team/lib
  $ git tag -d v1.0.0
  $ go mod edit -module=git.example.com/team/lib
  $ git commit -a -m 'module path git.example.com/team/lib'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
  $ # the repository is served under another path? the operator mends [host] prefix
  $ # a mirror? the operator writes [[policy.repository]] match = "team/lib", kind = "mirror"
  $ # tags that were made elsewhere come in with:
  $ #   git push -o modgate.import origin --tags
reject modgate-bug
  rule "license-missing" could not be checked, because of a bug in modgate: this is not your fault
  > 
  $ # please tell the people who run this server
"#);
    });
}

#[test]
fn on_error_says_whether_a_bug_refuses() {
    let mut good = Story::new();
    let commit = good.module();
    good.push("v1.0.0", commit);
    good.policy.on_error = OnError::Open;
    for rule in ["license-missing", "tag-missing-v", "tag-branch-same-name"] {
        with_panicking(rule, || good.check_rules("served warn:modgate-bug"));
    }
    good.policy.on_error = OnError::Closed;
    with_panicking("license-missing", || good.check_rules("refused reject:modgate-bug"));
    // Nobody chooses its level, and an import is no reason to pass it over.
    good.import = true;
    with_panicking("license-missing", || good.check_rules("refused reject:modgate-bug"));
}

#[test]
fn a_panicking_rule_about_the_ledger_refuses_as_well() {
    let mut story = Story::new();
    let (first, second) = (story.module(), story.commit(&[GO, ("go.mod", "module x.y/z\n")]));
    story.has("v1.0.0", first);
    story.accepted(LIB, "v1.0.0", "v1.0.0", first);
    story.push("v1.0.0", second);
    story.level("module-path-mismatch", Level::Off);
    story.level("version-republished", Level::Off);
    with_panicking("tag-moved", || {
        let report = story.report();
        let rules: Vec<&str> = report.judgements[0].findings.iter().map(|f| f.rule).collect();
        assert!(report.is_refused() && rules.contains(&"modgate-bug"), "{rules:?}");
    });
}

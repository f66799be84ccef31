//! Levels by tag and module, exceptions and skips, as reports show them.

use crate::policy::{Day, Exception, NamedPolicy, Skippable};

use super::*;

/// A tag whose go.mod names another module.
fn mismatch() -> Story {
    Story::push_of("v1.0.0", &[GO, ("go.mod", "module github.com/up/lib\n\ngo 1.24\n")])
}

fn section(pattern: &str, rule: &str, level: Level) -> NamedPolicy {
    let levels = [(rule.to_owned(), At::unwritten(level))].into();
    NamedPolicy { pattern: Pattern::parse(pattern).unwrap(), repository: None, levels }
}

fn except(story: &mut Story, rule: &str, until: &str) {
    story.policy.exceptions.push(At::unwritten(Exception {
        rules: vec![rule.to_owned()],
        repository: Some(Pattern::parse("team/*").unwrap()),
        module: None,
        tag: None,
        level: Level::Warn,
        owner: "alice".to_owned(),
        reason: "the old name".to_owned(),
        until: Day::parse(until).unwrap(),
    }));
}

fn skip(story: &mut Story, options: &[&str], permitted: Skippable) {
    let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
    story.skips = Skips::parse(&options, Some("bob"));
    story.policy.choices.skip = Some(At::unwritten(permitted));
}

fn these(rules: &[&str]) -> Skippable {
    Skippable::These(rules.iter().map(|rule| (*rule).to_owned()).collect())
}

#[test]
fn levels_by_tag_and_module_are_those_of_the_judged_tag() {
    let mut story = mismatch();
    story.policy.modules =
        vec![section("git.example.com/team/*", "module-path-mismatch", Level::Warn)];
    story.check_rules("unserved warn:module-path-mismatch");
    story.policy.tags = vec![section("v1.*", "module-path-mismatch", Level::Reject)];
    story.check_rules("refused reject:module-path-mismatch");
    story.policy.tags = vec![section("v2.*", "module-path-mismatch", Level::Reject)];
    story.check_rules("unserved warn:module-path-mismatch");
}

#[test]
fn rules_of_branches_know_no_tag_and_no_module() {
    let mut story = Story::new();
    let commit = story.module();
    story.update("refs/heads/v1.0.0", commit);
    story.check_rules("admitted warn:branch-looks-like-version");
    story.policy.tags = vec![section("**", "branch-looks-like-version", Level::Off)];
    story.policy.modules = vec![section("**", "branch-looks-like-version", Level::Off)];
    story.check_rules("admitted warn:branch-looks-like-version");
}

// Rules: K5, K10
#[test]
fn an_exception_holds_against_what_would_be_refused_and_ends() {
    // The stories are told in November 2023.
    let mut story = mismatch();
    except(&mut story, "module-path-mismatch", "2023-11-14");
    story.check_rules("unserved warn:module-path-mismatch");
    let finding = &story.report().judgements[0].findings[0];
    assert_eq!(finding.allowance.remarks(), ["excepted until 2023-11-14 by alice: the old name"]);
    let json = serde_json::to_value(finding).unwrap();
    let expected = serde_json::json!({
        "owner": "alice", "reason": "the old name", "until": "2023-11-14",
    });
    assert_eq!(json["exception"], expected);
    assert!(json.get("skipped").is_none() && json.get("exception_ended").is_none(), "{json}");

    let mut story = mismatch();
    except(&mut story, "module-path-mismatch", "2023-11-13");
    story.check_rules("refused reject:module-path-mismatch");
    let finding = &story.report().judgements[0].findings[0];
    let remark = "the exception by alice ended on 2023-11-13: the old name";
    assert_eq!(finding.allowance.remarks(), [remark]);
    assert!(serde_json::to_value(finding).unwrap().get("exception").is_none());
}

#[test]
fn an_exception_for_a_moved_tag_releases_nothing() {
    let mut story = Story::new();
    let first = story.module();
    let second =
        story.commit_after(first, &[GO, ("b.go", "package a\n"), ("go.mod", &go_mod(LIB))]);
    story.has("v1.0.0", first);
    story.accepted(LIB, "v1.0.0", "v1.0.0", first);
    story.push("v1.0.0", second);
    except(&mut story, "tag-moved", "2099-12-31");
    story.level("commit-off-branch", Level::Off);
    story.check_rules("admitted warn:tag-moved");
    skip(&mut story, &["modgate.skip=tag-moved", "modgate.reason=x"], Skippable::All);
    story.policy.exceptions.clear();
    story.check_rules("admitted warn:tag-moved");
}

#[test]
fn a_permitted_skip_with_a_reason_admits() {
    let mut story = mismatch();
    let options = ["ci.skip", "modgate.skip=module-path-mismatch", "modgate.reason=no time"];
    skip(&mut story, &options, these(&["module-path-mismatch"]));
    story.check_rules("unserved warn:module-path-mismatch");
    let report = story.report();
    assert_eq!((report.notes.len(), report.ways.len()), (0, 0));
    let judgement = &report.judgements[0];
    assert_eq!(judgement.skip_reason(), Some("no time"));
    assert_eq!(judgement.skipped_rules().collect::<Vec<_>>(), ["module-path-mismatch"]);
    let finding = &judgement.findings[0];
    assert_eq!(finding.allowance.remarks(), ["skipped by bob: no time"]);
    let json = serde_json::to_value(finding).unwrap();
    assert_eq!(json["skipped"], serde_json::json!({ "reason": "no time", "by": "bob" }));
}

#[test]
fn a_skip_that_does_not_count_changes_nothing_and_says_why() {
    let refused = |options: &[&str], permitted, notes: &[&str]| {
        let mut story = mismatch();
        skip(&mut story, options, permitted);
        story.check_rules("refused reject:module-path-mismatch");
        assert_eq!(story.report().notes, notes);
    };
    const SKIP: &str = "modgate.skip=module-path-mismatch";
    let no_reason = "rules are skipped only with a reason: -o modgate.reason='TEXT'";
    refused(&[SKIP], Skippable::All, &[no_reason]);
    refused(&[SKIP, "modgate.reason= \t"], Skippable::All, &[no_reason]);
    refused(
        &[SKIP, "modgate.reason=x"],
        these(&["tag-moved"]),
        &[
            "modgate.skip=module-path-mismatch: this rule may not be skipped here (setting \"skip\")",
        ],
    );
    refused(
        &["modgate.skip=module-path\u{1b}mismatch", "modgate.reason=x"],
        Skippable::All,
        &["modgate.skip=\"module-path\\u{1b}mismatch\": there is no such rule, did you mean \
           \"module-path-mismatch\"?"],
    );
    // A rule that found nothing needs no skip.
    let other = ["modgate.skip=tag-moved", "modgate.reason=x"];
    refused(&other, Skippable::All, &[]);
}

#[test]
fn a_refusal_that_may_be_skipped_names_the_command() {
    let command = |story: &Story| {
        let ways = story.report().ways;
        ways.iter().map(|way| way.command.clone()).collect::<Vec<_>>()
    };
    let mut story = mismatch();
    assert_eq!(command(&story), Vec::<String>::new());
    skip(&mut story, &["x"], these(&["module-path-mismatch", "tag-build-metadata"]));
    assert_eq!(
        command(&story),
        ["git push -o modgate.skip=module-path-mismatch -o modgate.reason='WHY' origin v1.0.0"]
    );
    // Without push options, somebody must allow them.
    skip(&mut story, &[], Skippable::All);
    assert_eq!(command(&story)[1..], ["git config receive.advertisePushOptions true"]);
    let commit = story.module();
    story.push("v1.1.0+x", commit);
    story.push("it's", commit);
    story.update("refs/heads/main", commit);
    skip(&mut story, &["modgate.skip=module-path-mismatch", "modgate.reason=x"], Skippable::All);
    assert_eq!(
        command(&story),
        ["git push -o modgate.skip=module-path-mismatch -o modgate.skip=tag-build-metadata -o \
          modgate.reason='WHY' origin v1.0.0 v1.1.0+x 'it'\\''s' main"]
    );
    // One that may not be skipped refuses all the same.
    story.policy.choices.skip = Some(At::unwritten(these(&["module-path-mismatch"])));
    assert_eq!(command(&story), Vec::<String>::new());
    story.policy.choices.skip = Some(At::unwritten(Skippable::All));
    for n in 0..4 {
        story.push(&format!("nightly-{n}"), commit);
    }
    let last = command(&story)[0].clone();
    assert!(last.ends_with(" origin 'refs/heads/*' 'refs/tags/*'"), "{last}");
}

#[test]
fn a_reason_is_one_short_line() {
    assert_eq!(clean(" a\nb\u{1b}[1m\u{2028}c\u{85} "), "a b [1m c");
    assert_eq!(clean(&"é".repeat(1000)).chars().count(), 300);
}

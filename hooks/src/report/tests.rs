//! Reports as the pusher reads them.

use modgate_common::objects::ObjectId;
use modgate_common::resolve::Broken;
use modgate_common::rules::{Allowance, Excepted, Skipped, Subject, Way};

use super::*;

fn finding(rule: &'static str, level: Level) -> Finding {
    Finding {
        rule,
        level,
        summary: "go.mod declares module \"github.com/up/lib\", but this is \"git.example.com/team/lib\""
            .to_owned(),
        consumer: Some("parsing go.mod: module declares its path as: github.com/up/lib".to_owned()),
        fix: "git tag -d v1.0.0\ngo mod edit -module=git.example.com/a/very/long/path/that/does/not/wrap/at/all/ever".to_owned(),
        file: Some("go.mod".to_owned()),
        line: Some(1),
        allowance: Allowance::default(),
    }
}

fn judgement(tag: &str, verdict: Verdict, findings: Vec<Finding>) -> Judgement {
    Judgement {
        repository: "team/lib".to_owned(),
        subject: Subject::Tag(tag.to_owned()),
        module: Some("git.example.com/team/lib".to_owned()),
        version: Some("v1.0.0".to_owned()),
        verdict,
        findings,
        target: ObjectId::ZERO,
        commit: None,
        release: Release::Nothing,
    }
}

fn report(judgements: Vec<Judgement>) -> Report {
    Report { judgements, ..Report::default() }
}

#[track_caller]
fn check(report: &Report, expected: &str) {
    let text = judged(report);
    assert_eq!(text.trim_end(), expected.trim(), "\n<<<\n{}\n>>>", text.trim_end());
}

#[test]
fn nothing_to_say_is_said_in_no_lines() {
    check(&Report::default(), "");
    let quiet = judgement("v1.0.0", Verdict::Admitted, vec![finding("gomod-missing", Level::Info)]);
    check(&report(vec![quiet]), "");
    check(&report(vec![judgement("nightly", Verdict::Ignored, Vec::new())]), "");
}

#[test]
fn a_refusal_says_what_is_wrong_what_users_see_and_how_to_fix_it() {
    let refused =
        judgement("v1.0.0", Verdict::Refused, vec![finding("module-path-mismatch", Level::Reject)]);
    let warned =
        judgement("v1.1.0", Verdict::Admitted, vec![finding("gomod-missing", Level::Warn)]);
    let branches = vec!["main".to_owned(), "dev/x".to_owned()];
    // The worst comes first, whatever the order of the push.
    let report = Report { branches, ..report(vec![warned, refused]) };
    check(
        &report,
        r#"
modgate: refused: tag v1.0.0 (git.example.com/team/lib@v1.0.0)
  go.mod:1: go.mod declares module "github.com/up/lib", but this is
  "git.example.com/team/lib" [module-path-mismatch]
    users would see:
    | parsing go.mod: module declares its path as: github.com/up/lib
    to fix it:
      git tag -d v1.0.0
      go mod edit -module=git.example.com/a/very/long/path/that/does/not/wrap/at/all/ever

modgate: warning: tag v1.1.0 (git.example.com/team/lib@v1.0.0)
  go.mod:1: go.mod declares module "github.com/up/lib", but this is
  "git.example.com/team/lib" [gomod-missing]
    users would see:
    | parsing go.mod: module declares its path as: github.com/up/lib
    to fix it:
      git tag -d v1.0.0
      go mod edit -module=git.example.com/a/very/long/path/that/does/not/wrap/at/all/ever

modgate: one tag is refused, so nothing of this push came in: git takes
  all or nothing.
The branches alone:
      git push origin main dev/x
"#,
    );
}

#[test]
fn what_is_let_in_and_not_served_names_its_rule() {
    let mut unserved = judgement("v1.0.0", Verdict::Admitted, Vec::new());
    unserved.release = Release::Unserved(Broken::of_rule("module-path-mismatch", "x"));
    check(
        &report(vec![unserved]),
        r#"
modgate: warning: tag v1.0.0 (git.example.com/team/lib@v1.0.0)
  let in by policy, not served: module-path-mismatch
"#,
    );
}

#[test]
fn a_fork_is_one_line() {
    let mut info = finding("module-path-mismatch", Level::Info);
    info.summary = "a fork's copy of \"github.com/up/lib@v1.0.0\": let in unjudged".to_owned();
    check(
        &report(vec![judgement("v1.0.0", Verdict::Ignored, vec![info])]),
        r#"
modgate: ignored: tag v1.0.0: a fork's copy of
  "github.com/up/lib@v1.0.0": let in unjudged
"#,
    );
}

#[test]
fn exceptions_skips_notes_and_ways_are_told() {
    let excepted = Excepted {
        owner: "alice".to_owned(),
        reason: "red\u{1b}[31m".to_owned(),
        until: "2026-12-31".to_owned(),
    };
    let mut warned = finding("gomod-missing", Level::Warn);
    warned.fix = String::new();
    warned.consumer = None;
    warned.allowance.exception = Some(excepted.clone());
    let mut skipped = finding("module-path-mismatch", Level::Warn);
    skipped.fix = String::new();
    skipped.consumer = None;
    skipped.allowance = Allowance {
        exception: None,
        exception_ended: Some(excepted),
        skipped: Some(Skipped { reason: "no time".to_owned(), by: Some("bob".to_owned()) }),
    };
    let mut refused = finding("modgate-bug", Level::Reject);
    refused.summary =
        "rule \"tag-moved\" could not be checked, because of a bug in modgate: this is \
                       not your fault"
            .to_owned();
    refused.consumer = Some(String::new());
    refused.fix = "# please tell the people who run this server".to_owned();
    (refused.file, refused.line) = (None, None);
    let report = Report {
        notes: vec![".modgate.toml:3: unknown key \"x\u{9b}\"".to_owned()],
        ways: vec![Way { says: "Whoever runs it:".to_owned(), command: "git config x".to_owned() }],
        ..report(vec![
            judgement("v1.0.0", Verdict::Refused, vec![refused]),
            judgement("v1.1.0", Verdict::Admitted, vec![warned, skipped]),
        ])
    };
    check(
        &report,
        r#"
modgate: refused: tag v1.0.0 (git.example.com/team/lib@v1.0.0)
  rule "tag-moved" could not be checked, because of a bug in modgate:
  this is not your fault [modgate-bug]
    to fix it:
      # please tell the people who run this server

modgate: warning: tag v1.1.0 (git.example.com/team/lib@v1.0.0)
  go.mod:1: go.mod declares module "github.com/up/lib", but this is
  "git.example.com/team/lib" [gomod-missing]
    excepted until 2026-12-31 by alice: red\u{1b}[31m
  go.mod:1: go.mod declares module "github.com/up/lib", but this is
  "git.example.com/team/lib" [module-path-mismatch]
    the exception by alice ended on 2026-12-31: red\u{1b}[31m
    skipped by bob: no time

modgate: note: .modgate.toml:3: unknown key "x\u{9b}"
modgate: one tag is refused, so nothing of this push came in: git takes
  all or nothing.
Whoever runs it:
      git config x
"#,
    );
}

#[test]
fn many_tags_are_summed_up() {
    let refused = |n: usize| {
        let found = vec![finding("module-path-mismatch", Level::Reject)];
        judgement(&format!("v1.0.{n}"), Verdict::Refused, found)
    };
    let mut all: Vec<Judgement> = (0..500).map(refused).collect();
    all.extend((0..7).map(|n| {
        judgement(
            &format!("v0.0.{n}"),
            Verdict::Admitted,
            vec![finding("gomod-missing", Level::Warn)],
        )
    }));
    let report = Report { looks_like_import: true, ..report(all) };
    let text = judged(&report);
    assert_eq!(text.matches("modgate: refused: tag").count(), 10);
    let end = text.find("modgate: and ").map(|at| &text[at..]).unwrap();
    assert_eq!(
        end,
        "modgate: and 497 more: 490 refused, 7 with warnings, 0 ignored
     490 x module-path-mismatch (reject)
       7 x gomod-missing (warn)

modgate: some tags are refused, so nothing of this push came in: git
  takes all or nothing.
Were these tags made elsewhere? Existing history comes in with:
      git push -o modgate.import origin --tags
"
    );
}

#[test]
fn eleven_tags_are_all_shown() {
    let warned = |n: usize| {
        let found = vec![finding("gomod-missing", Level::Warn)];
        judgement(&format!("v1.0.{n}"), Verdict::Admitted, found)
    };
    let text = judged(&report((0..11).map(warned).collect()));
    assert_eq!(text.matches("modgate: warning: tag").count(), 11);
    assert!(!text.contains("more"));
}

#[test]
fn foreign_text_cannot_write_to_the_terminal() {
    let evil = "v1.0.0\u{1b}[31m\r\u{202e}\u{9b}x\u{7f}\u{200b}";
    let mut found = finding("gomod-syntax", Level::Reject);
    found.summary = evil.to_owned();
    found.consumer = Some(format!("first\n{evil}\u{2028}\nmodgate: accepted"));
    found.fix = format!("git tag -d '{evil}'");
    found.file = Some(evil.to_owned());
    let report = Report {
        branches: vec!["main;rm -rf /".to_owned()],
        ..report(vec![judgement(evil, Verdict::Refused, vec![found])])
    };
    let text = judged(&report);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    for mark in ['\u{202e}', '\u{200b}', '\u{2028}'] {
        assert!(!text.contains(mark), "{text:?}");
    }
    assert!(text.contains("    | modgate: accepted"), "no line of its own: {text}");
    assert!(!text.contains("rm -rf"), "{text}");
}

#[test]
fn sentences_fit_the_terminal_and_commands_stay_whole() {
    let mut found = finding("module-path-mismatch", Level::Reject);
    found.consumer = Some("word ".repeat(100));
    found.summary = "word ".repeat(100);
    let text = judged(&report(vec![judgement("v1.0.0", Verdict::Refused, vec![found])]));
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH || line.contains("go mod edit"), "{line}");
    }
    assert!(text.contains("not/wrap/at/all/ever\n"));
}

#[test]
fn an_unfinished_check_is_not_the_pushers_fault() {
    let error = anyhow::anyhow!("disk\u{1b} is full").context("cannot reach the ledger");
    assert_eq!(
        incomplete(&error, OnError::Closed),
        "modgate: the check of this push could not be completed: cannot reach the
  ledger: disk\\u{1b} is full
This is not your fault. Please tell the people who run this server.
The push is refused, because it holds a release tag. Branches alone can
  be pushed.
"
    );
    let open = incomplete(&error, OnError::Open);
    assert!(open.ends_with("The push is let in, and its tags are judged later.\n"), "{open}");
}

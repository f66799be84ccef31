//! Reports as the pusher and the asker read them.

use crate::objects::ObjectId;
use crate::resolve::Broken;
use crate::rules::{Allowance, Excepted, Finding, Skipped, Subject, Way};

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
        excerpt: Some("module github.com/up/lib // not\tours".to_owned()),
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

/// A tag whose finding is no other tag's.
fn peculiar(rule: &'static str, level: Level, n: usize) -> Judgement {
    let verdict = if level == Level::Reject { Verdict::Refused } else { Verdict::Admitted };
    let own = Finding { summary: format!("matter {n}"), line: Some(7), ..finding(rule, level) };
    judgement(&format!("v1.0.0-{n}"), verdict, vec![own])
}

fn report(judgements: Vec<Judgement>) -> Report {
    Report { judgements, ..Report::default() }
}

fn pushed(report: &Report) -> String {
    text(report, Reader::Pusher, Color::Never)
}

#[track_caller]
fn check(report: &Report, expected: &str) {
    let text = pushed(report);
    assert_eq!(text.trim_end(), expected.trim(), "\n<<<\n{}\n>>>", text.trim_end());
}

#[track_caller]
fn check_asked(report: &Report, verbose: bool, expected: &str) {
    let text = text(report, Reader::Asker { verbose }, Color::Never);
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
    let found = Finding { file: None, line: None, ..finding("gomod-missing", Level::Warn) };
    let warned = judgement("v1.1.0", Verdict::Admitted, vec![found]);
    let branches = vec!["main".to_owned(), "dev/x".to_owned()];
    // The worst comes first, whatever the order of the push.
    let report = Report { branches, ..report(vec![warned, refused]) };
    check(
        &report,
        r#"
modgate: refused: tag v1.0.0 (git.example.com/team/lib@v1.0.0)
  go.mod:1: go.mod declares module "github.com/up/lib", but this is
  "git.example.com/team/lib" [module-path-mismatch]
    1 | module github.com/up/lib // not ours
  users would see:
    | parsing go.mod: module declares its path as: github.com/up/lib
  to fix it:
    git tag -d v1.0.0
    go mod edit -module=git.example.com/a/very/long/path/that/does/not/wrap/at/all/ever

modgate: warning: tag v1.1.0 (git.example.com/team/lib@v1.0.0)
  go.mod declares module "github.com/up/lib", but this is
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
fn what_holds_for_several_tags_is_said_once() {
    let of = |tag: &str, more: Option<Finding>| {
        let found = Finding {
            summary: format!("go.mod of tag {tag:?} is wrong"),
            fix: format!("git tag -d {tag}"),
            consumer: None,
            ..finding("module-path-mismatch", Level::Reject)
        };
        judgement(tag, Verdict::Refused, [Some(found), more].into_iter().flatten().collect())
    };
    let other = Finding {
        summary: "no branch has it".to_owned(),
        file: None,
        line: None,
        fix: String::new(),
        consumer: None,
        ..finding("commit-off-branch", Level::Warn)
    };
    let all = vec![of("v1.1.0", None), of("v1.2.0", Some(other)), of("v1.3.0", None)];
    check(
        &report(all),
        r#"
modgate: refused: tag v1.1.0 (git.example.com/team/lib@v1.0.0)
  the same for v1.3.0
  go.mod:1: go.mod of tag "v1.1.0" is wrong [module-path-mismatch]
    1 | module github.com/up/lib // not ours
  to fix it:
    git tag -d v1.1.0

modgate: refused: tag v1.2.0 (git.example.com/team/lib@v1.0.0)
  go.mod:1: as with v1.1.0 [module-path-mismatch]
  warning: no branch has it [commit-off-branch]

modgate: some tags are refused, so nothing of this push came in: git
  takes all or nothing.
"#,
    );
}

#[test]
fn a_tag_with_several_mistakes_is_made_again_once() {
    let mend = |rule, step: &str| Finding {
        summary: rule_words(rule),
        consumer: None,
        excerpt: None,
        fix: format!("git tag -d v1.0.0\n{step}\ngit tag v1.0.0\ngit push origin HEAD v1.0.0"),
        ..finding(rule, Level::Reject)
    };
    let both = vec![mend("gomod-strict", "mend a\ngit commit -a"), mend("files", "# mend b")];
    check(
        &report(vec![judgement("v1.0.0", Verdict::Refused, both)]),
        r#"
modgate: refused: tag v1.0.0 (git.example.com/team/lib@v1.0.0)
  go.mod:1: about gomod-strict [gomod-strict]
  to fix it:
    mend a
    git commit -a
  go.mod:1: about files [files]
  to fix it:
    # mend b
  then, when all of this is mended:
    git tag -d v1.0.0
    git tag v1.0.0
    git push origin HEAD v1.0.0

modgate: one tag is refused, so nothing of this push came in: git takes
  all or nothing.
"#,
    );
}

fn rule_words(rule: &str) -> String {
    format!("about {rule}")
}

#[test]
fn many_tags_are_summed_up_in_one_screen() {
    let mut all: Vec<Judgement> =
        (0..500).map(|n| peculiar("module-path-mismatch", Level::Reject, n)).collect();
    all.extend((500..507).map(|n| peculiar("gomod-missing", Level::Warn, n)));
    let report = Report { looks_like_import: true, ..report(all) };
    check(
        &report,
        r#"
modgate: 507 tags: 500 refused, 7 with warnings
    500 x module-path-mismatch (reject): v1.0.0-0 v1.0.0-1 v1.0.0-2 v1.…
      7 x gomod-missing (warn): v1.0.0-500 v1.0.0-501 v1.0.0-502 v1.0.0…

modgate: refused: tag v1.0.0-0 (git.example.com/team/lib@v1.0.0)
  go.mod:7: matter 0 [module-path-mismatch]
    7 | module github.com/up/lib // not ours
  users would see:
    | parsing go.mod: module declares its path as: github.com/up/lib
  to fix it:
    git tag -d v1.0.0
    go mod edit -module=git.example.com/a/very/long/path/that/does/not/wrap/at/all/ever

Each of them in full, in a clone (or push fewer tags at once):
    modgate check --verbose
modgate: some tags are refused, so nothing of this push came in: git
  takes all or nothing.
Were these tags made elsewhere? Existing history comes in with:
    git push -o modgate.import origin --tags
"#,
    );
}

/// Twenty tags, each with a rule of its own: as many lines as there can be.
#[test]
fn no_summary_is_longer_than_a_screen() {
    let rules: Vec<&'static str> = crate::rules::all().map(|rule| rule.id).take(20).collect();
    let all = rules.iter().enumerate().map(|(n, rule)| peculiar(rule, Level::Reject, n));
    let branches = vec!["main".to_owned()];
    let report = Report { looks_like_import: true, branches, ..report(all.collect()) };
    let text = pushed(&report);
    assert!(text.lines().count() <= 30, "{}\n{text}", text.lines().count());
    assert!(text.contains("and 12 other rules"), "{text}");
    let asked = super::text(&report, Reader::Asker { verbose: false }, Color::Never);
    assert!(asked.lines().count() <= 30, "{asked}");
    let all = super::text(&report, Reader::Asker { verbose: true }, Color::Never);
    assert_eq!(all.matches("modgate: refused: tag").count(), 20);
}

#[test]
fn a_few_tags_are_shown_in_full() {
    let report = report((0..4).map(|n| peculiar("gomod-missing", Level::Warn, n)).collect());
    let text = pushed(&report);
    assert_eq!(text.matches("modgate: warning: tag").count(), 4);
    assert!(!text.contains("modgate check"), "{text}");
}

#[test]
fn who_asks_reads_of_good_tags_too() {
    let note = Finding {
        consumer: None,
        fix: String::new(),
        ..finding("version-not-higher", Level::Info)
    };
    let good = judgement("v1.0.0", Verdict::Admitted, vec![note]);
    let ignored = Judgement {
        module: None,
        version: None,
        ..judgement("nightly", Verdict::Ignored, Vec::new())
    };
    let both = report(vec![ignored.clone(), good.clone()]);
    check_asked(
        &both,
        false,
        r#"
modgate: good: tag v1.0.0 (git.example.com/team/lib@v1.0.0), 1 note (--verbose)
modgate: ignored: tag nightly: no release of a Go module
"#
        .trim(),
    );
    check_asked(
        &both,
        true,
        r#"
modgate: good: tag v1.0.0 (git.example.com/team/lib@v1.0.0)
  note: go.mod:1: go.mod declares module "github.com/up/lib", but this is
  "git.example.com/team/lib" [version-not-higher]
    1 | module github.com/up/lib // not ours

modgate: ignored: tag nightly: no release of a Go module
"#,
    );
    let refused = peculiar("module-path-mismatch", Level::Reject, 1);
    let mut many = vec![good; 30];
    many.extend([ignored, refused]);
    let text = text(&report(many), Reader::Asker { verbose: false }, Color::Never);
    let end = "\nmodgate: good: 30 tags\n\
        modgate: ignored: 1 tags that are no releases of a Go module\n\n\
        modgate: 1 of 32 tags would be refused\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn foreign_text_cannot_write_to_the_terminal() {
    let evil = "v1.0.0\u{1b}[31m\r\u{202e}\u{9b}x\u{7f}\u{200b}";
    let mut found = finding("gomod-syntax", Level::Reject);
    found.summary = evil.to_owned();
    found.consumer = Some(format!("first\n{evil}\u{2028}\nmodgate: accepted"));
    found.fix = format!("git tag -d '{evil}'\n# {evil}\n#   {evil}");
    found.file = Some(evil.to_owned());
    found.excerpt = Some(format!("{evil}\nmodgate: accepted"));
    let report = Report {
        branches: vec!["main;rm -rf /".to_owned()],
        ..report(vec![judgement(evil, Verdict::Refused, vec![found]); 2])
    };
    for reader in [Reader::Pusher, Reader::Asker { verbose: true }] {
        let text = text(&report, reader, Color::Never);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        for mark in ['\u{202e}', '\u{200b}', '\u{2028}'] {
            assert!(!text.contains(mark), "{text:?}");
        }
        assert!(text.contains("    | modgate: accepted"), "no line of its own: {text}");
        assert!(!text.lines().any(|line| line.starts_with("modgate: accepted")), "{text}");
        assert!(!text.contains("rm -rf"), "{text}");
    }
}

#[test]
fn sentences_fit_the_terminal_and_commands_stay_whole() {
    let mut found = finding("module-path-mismatch", Level::Reject);
    found.consumer = Some("word ".repeat(100) + &"x".repeat(10_000));
    found.summary = "word ".repeat(100) + &"x".repeat(300);
    found.excerpt = Some("日本語".repeat(60));
    let name = "v1.0.0-".to_owned() + &"x".repeat(100_000);
    let text = pushed(&report(vec![judgement(&name, Verdict::Refused, vec![found])]));
    for line in text.lines() {
        assert!(line.chars().count() <= PUSH_WIDTH || line.contains("go mod edit"), "{line}");
    }
    assert!(text.contains("not/wrap/at/all/ever\n"));
    assert!(text.lines().count() < 50, "{text}");
}

#[test]
fn an_unfinished_check_is_not_the_pushers_fault() {
    let reason = "cannot reach the ledger: disk\u{1b} is full";
    assert_eq!(
        incomplete(reason, OnError::Closed),
        "modgate: the check of this push could not be completed: cannot reach the
  ledger: disk\\u{1b} is full
This is not your fault. Please tell the people who run this server.
The push is refused, because it holds a release tag. Branches alone can
  be pushed.
"
    );
    let open = incomplete(reason, OnError::Open);
    assert!(open.ends_with("The push is let in, and its tags are judged later.\n"), "{open}");
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
    1 | module github.com/up/lib // not ours
    excepted until 2026-12-31 by alice: red\u{1b}[31m
  go.mod:1: go.mod declares module "github.com/up/lib", but this is
  "git.example.com/team/lib" [module-path-mismatch]
    1 | module github.com/up/lib // not ours
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

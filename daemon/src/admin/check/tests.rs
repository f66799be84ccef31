//! Every format, on the same judgements: a refused tag, a good one, one that is ignored, and a hostile one.

use modgate_common::policy::Level;
use modgate_common::rules::{Allowance, Finding, Judgement, Release, Subject, Verdict};
use serde_json::Value;

use super::*;

fn judgement(tag: &str, verdict: Verdict, findings: Vec<Finding>) -> Judgement {
    let (module, version) = match verdict {
        Verdict::Ignored => (None, None),
        _ => (Some("h.io/r".to_owned()), Some(tag.to_owned())),
    };
    Judgement {
        repository: "team/r".to_owned(),
        subject: Subject::Tag(tag.to_owned()),
        module,
        version,
        verdict,
        findings,
        target: ObjectId::ZERO,
        commit: None,
        release: Release::Nothing,
    }
}

fn finding(rule: &'static str, level: Level, (summary, fix): (&str, &str)) -> Finding {
    Finding {
        rule,
        level,
        summary: summary.to_owned(),
        consumer: Some("go: h.io/r: no\n\tbetter".to_owned()),
        fix: fix.to_owned(),
        file: None,
        line: None,
        excerpt: None,
        allowance: Allowance::default(),
    }
}

fn at(finding: Finding, file: &str, line: Option<u32>) -> Finding {
    Finding { file: Some(file.to_owned()), line, ..finding }
}

fn refused() -> Judgement {
    let words = ("go.mod says \"h.io/r\"", "git tag -d v2.0.0\ngit tag v2.0.0 'v1^{}'");
    let suffix = finding("major-suffix-missing", Level::Reject, words);
    let branch = finding("commit-off-branch", Level::Warn, ("on no branch", ""));
    judgement("v2.0.0", Verdict::Refused, vec![at(suffix, "go.mod", Some(3)), branch])
}

/// A tag and a file that would write to a terminal, close elements, and begin commands.
fn hostile() -> Judgement {
    let words = (
        "file \"x\"\n::error::]]></failure>\u{1b}[31m & [a](http://evil) {0}\u{202e}",
        "git rm '%0A::set-env'\n\u{1b}]0;x\u{7}",
    );
    let mut found =
        at(finding("module-path-case", Level::Reject, words), "a,b:c\n%\u{1b}.go", Some(1));
    found.excerpt = Some("module \u{1b}[31m\u{9b}\u{202e}]]> ::error::".to_owned());
    judgement("s<u>b/v1.0.0\u{202e}", Verdict::Refused, vec![found])
}

fn all() -> Vec<Judgement> {
    let good = judgement("v1.0.0", Verdict::Admitted, Vec::new());
    vec![refused(), good, judgement("nightly", Verdict::Ignored, Vec::new()), hostile()]
}

fn rendered(format: Format, judgements: &[Judgement]) -> String {
    let report = Report { judgements: judgements.to_vec(), ..Report::default() };
    render(format, &report, Reader::Asker { verbose: false }, Color::Never).unwrap()
}

#[test]
fn no_format_lets_anything_invisible_through() {
    for format in [Format::Text, Format::Json, Format::Sarif, Format::Junit, Format::Github] {
        let text = rendered(format, &all());
        let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{format:?}: {text:?}");
    }
}

#[test]
fn workflow_commands_stand_at_file_and_line() {
    let expected = concat!(
        "::error file=go.mod,line=3,title=major-suffix-missing%3A v2.0.0 (h.io/r@v2.0.0)::",
        "go.mod says \"h.io/r\"%0A%0AUsers would see:%0A    go: h.io/r: no%0A    \\tbetter%0A%0A",
        "To fix it:%0A    git tag -d v2.0.0%0A    git tag v2.0.0 'v1^{}'\n",
        "::warning file=go.mod,title=commit-off-branch%3A v2.0.0 (h.io/r@v2.0.0)::",
        "on no branch%0A%0AUsers would see:%0A    go: h.io/r: no%0A    \\tbetter\n",
    );
    assert_eq!(rendered(Format::Github, &[refused()]), expected);
    let hostile = rendered(Format::Github, &[hostile()]);
    assert_eq!(hostile.lines().count(), 1, "{hostile}");
    let start = r"::error file=a%2Cb%3Ac\n%25\u{1b}.go,line=1,title=module-path-case%3A s<u>b/v1.0.0\u{202e} (";
    assert!(hostile.starts_with(start), "{hostile}");
    assert!(hostile.contains("git rm '%250A::set-env'"), "{hostile}");
    assert_eq!(rendered(Format::Github, &[]), "");
}

#[test]
fn a_junit_case_fails_passes_or_is_skipped() {
    let good = judgement("v1.0.0", Verdict::Admitted, Vec::new());
    let ignored = judgement("nightly", Verdict::Ignored, Vec::new());
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="modgate" tests="3" failures="1" errors="0">
  <testsuite name="team/r" tests="3" failures="1" errors="0" skipped="1">
    <testcase classname="h.io/r" name="v2.0.0 (h.io/r@v2.0.0)">
      <failure type="major-suffix-missing" message="go.mod says &quot;h.io/r&quot;">reject major-suffix-missing: go.mod:3: go.mod says &quot;h.io/r&quot;

Users would see:
    go: h.io/r: no
    \tbetter

To fix it:
    git tag -d v2.0.0
    git tag v2.0.0 &apos;v1^{}&apos;
</failure>
      <system-out>warn commit-off-branch: on no branch

Users would see:
    go: h.io/r: no
    \tbetter
</system-out>
    </testcase>
    <testcase classname="h.io/r" name="v1.0.0 (h.io/r@v1.0.0)">
    </testcase>
    <testcase classname="team/r" name="nightly">
      <skipped message="no release of this repository"/>
    </testcase>
  </testsuite>
</testsuites>
"#;
    assert_eq!(rendered(Format::Junit, &[refused(), good, ignored]), expected);
    let hostile = rendered(Format::Junit, &[hostile()]);
    // The only elements are ours.
    let opened = hostile.matches('<').count();
    assert_eq!(opened, 9, "{hostile}");
    assert!(!hostile.contains("]]>"), "{hostile}");
}

fn sarif(judgements: &[Judgement]) -> Value {
    serde_json::from_str(&rendered(Format::Sarif, judgements)).unwrap()
}

#[test]
fn sarif_has_all_rules_and_shows_results_at_their_line() {
    let log = sarif(&all());
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    let rules = driver["rules"].as_array().cloned().unwrap_or_default();
    assert_eq!(rules.len(), rules::all().count());
    let results = run["results"].as_array().cloned().unwrap_or_default();
    assert_eq!(results.len(), 3);
    for result in &results {
        let at = result["ruleIndex"].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap();
        assert_eq!(rules[at]["id"], result["ruleId"]);
    }
    assert_eq!(results[0]["level"], "error");
    assert_eq!(results[1]["level"], "warning");
    let place = |n: usize| results[n]["locations"][0]["physicalLocation"].clone();
    assert_eq!(place(0)["artifactLocation"]["uri"], "go.mod");
    assert_eq!(place(0)["region"]["startLine"], 3);
    assert_eq!(place(1)["artifactLocation"]["uri"], "go.mod");
    assert_eq!(place(1)["region"], Value::Null);
    assert_eq!(place(2)["artifactLocation"]["uri"], "a%2Cb%3Ac%0A%25%1B.go");
    let message = results[2]["message"]["text"].as_str().unwrap_or_default();
    assert!(message.contains(r"[a\](http://evil) {{0}"), "{message}");
    let commands = &results[0]["properties"]["fix"];
    assert_eq!(commands[1], "git tag v2.0.0 'v1^{}'");
}

#[test]
fn sarif_of_nothing_is_a_run_without_results() {
    assert_eq!(sarif(&[])["runs"][0]["results"], Value::Array(Vec::new()));
}

/// Other programs read it.
#[test]
fn json_is_the_array_of_judgements() {
    let json: Value = serde_json::from_str(&rendered(Format::Json, &all())).unwrap();
    assert_eq!(json, serde_json::to_value(all()).unwrap());
}

#[test]
fn a_tag_without_a_file_is_shown_at_the_go_mod_of_its_directory() {
    let found = finding("tag-not-semver", Level::Warn, ("x", ""));
    let tag = judgement("sub/v1.0", Verdict::Admitted, vec![found]);
    let text = rendered(Format::Github, &[tag]);
    assert!(text.starts_with("::warning file=sub/go.mod,title="), "{text}");
}

#[test]
fn advice_for_a_tag_that_nobody_made_deletes_nothing_and_names_the_commit() {
    let words =
        ("x", "git tag v1.0.0 '1.0'\\''0^{}'\ngit tag -d '1.0'\\''0'\ngit push origin v1.0.0");
    let found = finding("tag-missing-v", Level::Warn, words);
    let mut judgements = [judgement("1.0'0", Verdict::Admitted, vec![found])];
    let commit = ObjectId::from_bytes([0x11; 20]);
    planned::adapt(&mut judgements, commit);
    let expected = format!("git tag v1.0.0 {commit}\ngit push origin v1.0.0");
    assert_eq!(judgements[0].findings[0].fix, expected);
}

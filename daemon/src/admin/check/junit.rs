//! `JUnit` XML, as build servers read it: a test case for each judgement.
//!
//! A refused tag is a failure with all that refuses it; what is only worth knowing stands in the output of the case. A
//! tag that is no release of this repository is skipped.

use std::fmt::Write as _;

use modgate_common::policy::Level;
use modgate_common::rules::{Finding, Judgement, Verdict};

use super::words::{one_line, prose, title};

/// The document.
pub(super) fn render(judgements: &[Judgement]) -> String {
    let count = |verdict| judgements.iter().filter(|j| j.verdict == verdict).count();
    let (failures, skipped) = (count(Verdict::Refused), count(Verdict::Ignored));
    let tests = judgements.len();
    let counts = format!(r#"tests="{tests}" failures="{failures}" errors="0""#);
    let suite = judgements.first().map_or("modgate", |judgement| judgement.repository.as_str());
    let suite = escaped(&one_line(suite));
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    // Writing to a string does not fail.
    let _ = writeln!(xml, r#"<testsuites name="modgate" {counts}>"#);
    let _ = writeln!(xml, r#"  <testsuite name="{suite}" {counts} skipped="{skipped}">"#);
    judgements.iter().for_each(|judgement| case(&mut xml, judgement));
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(xml: &mut String, judgement: &Judgement) {
    let class = judgement.module.as_ref().unwrap_or(&judgement.repository);
    let (class, name) = (escaped(&one_line(class)), escaped(&title(judgement)));
    let _ = writeln!(xml, r#"    <testcase classname="{class}" name="{name}">"#);
    if judgement.verdict == Verdict::Ignored {
        let _ = writeln!(xml, r#"      <skipped message="no release of this repository"/>"#);
    }
    let is_reject = |finding: &&Finding| finding.level == Level::Reject;
    let (rejects, others): (Vec<_>, Vec<_>) = judgement.findings.iter().partition(is_reject);
    if let Some(worst) = rejects.first() {
        let (rule, message) = (escaped(worst.rule), escaped(&one_line(&worst.summary)));
        let text = escaped(&texts(&rejects));
        let _ =
            writeln!(xml, r#"      <failure type="{rule}" message="{message}">{text}</failure>"#);
    }
    if !others.is_empty() {
        let _ = writeln!(xml, "      <system-out>{}</system-out>", escaped(&texts(&others)));
    }
    xml.push_str("    </testcase>\n");
}

fn texts(findings: &[&Finding]) -> String {
    let text = |finding: &&Finding| {
        let place = match (&finding.file, finding.line) {
            (Some(file), Some(line)) => format!("{}:{line}: ", one_line(file)),
            (Some(file), None) => format!("{}: ", one_line(file)),
            (None, _) => String::new(),
        };
        format!("{} {}: {place}{}", finding.level.name(), finding.rule, prose(finding))
    };
    findings.iter().map(text).collect::<Vec<_>>().join("\n")
}

/// Text as it stands in XML. What XML cannot hold at all is escaped before, with all that is invisible.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c => escaped.push(c),
        }
    }
    escaped
}

//! SARIF 2.1.0, for those who show findings at their line in a code review.
//!
//! The log holds one run, all rules of the table, and a result for each finding. A finding that is about no file is shown
//! at the module's go.mod, without a line.

use std::collections::HashMap;

use modgate_common::policy::Level;
use modgate_common::rules::{self, FAMILIES, Finding, Judgement, Rule};
use serde_json::{Value, json};

use super::words::{file, one_line, prose, title};

/// The log.
pub(super) fn log(judgements: &[Judgement]) -> Value {
    let places = rules::all().enumerate().map(|(at, rule)| (rule.id, at));
    let places: HashMap<&str, usize> = places.collect();
    let results = judgements.iter().flat_map(|judgement| {
        judgement.findings.iter().map(|finding| result(judgement, finding, &places))
    });
    let rules = FAMILIES
        .iter()
        .flat_map(|family| family.rules.iter().map(|rule| descriptor(rule, family.title)));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "modgate",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules.collect::<Vec<Value>>(),
                },
            },
            "results": results.collect::<Vec<Value>>(),
        }],
    })
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Off => "none",
        Level::Info => "note",
        Level::Warn => "warning",
        Level::Reject => "error",
    }
}

fn descriptor(rule: &Rule, family: &str) -> Value {
    let text = |text: &str| json!({ "text": message(text) });
    let full = format!("{}\n\nUsers would see: {}", rule.summary, rule.consumer);
    json!({
        "id": rule.id,
        "shortDescription": text(rule.summary),
        "fullDescription": text(&full),
        "help": text(rule.advice),
        "defaultConfiguration": { "level": level(rule.default) },
        "properties": { "tags": [family] },
    })
}

fn result(judgement: &Judgement, finding: &Finding, places: &HashMap<&str, usize>) -> Value {
    let mut physical = json!({
        "artifactLocation": { "uri": uri(&file(judgement, finding)), "uriBaseId": "%SRCROOT%" },
    });
    if let Some(line) = finding.line.filter(|line| *line > 0) {
        physical["region"] = json!({ "startLine": line });
        if let Some(excerpt) = &finding.excerpt {
            physical["region"]["snippet"] = json!({ "text": one_line(excerpt) });
        }
    }
    let name = one_line(judgement.subject.name());
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.level),
        "message": { "text": message(&format!("{}: {}", title(judgement), prose(finding))) },
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{
                "name": name,
                "fullyQualifiedName": title(judgement),
                "kind": judgement.subject.kind(),
            }],
        }],
        // The same finding on the same tag is the same, wherever its line has gone.
        "partialFingerprints": {
            "finding/v1": format!("{} {}", finding.rule, title(judgement)),
        },
        "properties": {
            "repository": one_line(&judgement.repository),
            "verdict": judgement.verdict,
            "fix": finding.fix.lines().map(one_line).collect::<Vec<String>>(),
        },
    });
    if let Some(at) = places.get(finding.rule) {
        result["ruleIndex"] = json!(at);
    }
    result
}

/// Plain text of a message. Links and places for arguments, which messages may have, are none of ours: what would be
/// read as one is escaped.
fn message(text: &str) -> String {
    let mut message = String::with_capacity(text.len());
    let mut rest = text.trim_end();
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if c == ']' && after.starts_with('(') {
            message.push_str("\\]");
        } else if c == '{' && starts_argument(after) {
            message.push_str("{{");
        } else {
            message.push(c);
        }
        rest = after;
    }
    message
}

/// Digits and a closing brace.
fn starts_argument(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < text.len() && rest.starts_with('}')
}

/// A path as the reference of a URI.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references_that_nothing_can_leave() {
        for (path, expected) in [
            ("a/b-c_d~.go", "a/b-c_d~.go"),
            ("a b?c#d%e", "a%20b%3Fc%23d%25e"),
            ("http://x", "http%3A//x"),
            ("é\n\u{202e}", "%C3%A9%0A%E2%80%AE"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }

    #[test]
    fn messages_hold_no_links_and_no_arguments() {
        for (text, expected) in [
            ("see [here](http://x) now\n", r"see [here\](http://x) now"),
            ("a[0] (b)", "a[0] (b)"),
            ("{0} and {12}", "{{0} and {{12}"),
            ("'v1^{}' {a} {1", "'v1^{}' {a} {1"),
        ] {
            assert_eq!(message(text), expected);
        }
    }
}

//! The report of a push as lines for a terminal.
//!
//! git puts `remote: ` before every line and passes the rest on as it is, so this is where foreign text must
//! lose its teeth: no control character, no text direction mark, leaves this file. Sentences are wrapped so
//! that they fit 80 columns behind git's prefix; commands are not, they are there to be pasted.
//!
//! Worst tags come first. Of many tags with findings the first few are shown, the rest is counted by rule.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use modgate_common::policy::{Level, OnError};
use modgate_common::rules::{Finding, Judgement, Release, Report, Verdict};

/// 80 columns less git's `remote: `.
const WIDTH: usize = 72;

/// More tags than this are counted, not shown one by one.
const MAX_SHOWN: usize = 10;

/// More lines than this of what a consumer would see help nobody; a list of ten and its end fit.
const MAX_CONSUMER_LINES: usize = 11;

/// More branches than this are not listed.
const MAX_BRANCHES: usize = 5;

/// What the pusher reads; nothing where there is nothing to say.
pub(crate) fn judged(report: &Report) -> String {
    let mut told: Vec<&Judgement> = report.judgements.iter().filter(|j| is_told(j)).collect();
    told.sort_by_key(|judgement| {
        Reverse((judgement.verdict == Verdict::Refused, judgement.worst()))
    });
    let shown = if told.len() > MAX_SHOWN + 1 { MAX_SHOWN } else { told.len() };
    let mut lines = Lines::default();
    for judgement in &told[..shown] {
        block(&mut lines, judgement);
    }
    rest(&mut lines, &told[shown..]);
    if report.is_refused() {
        refusal(&mut lines, report);
    }
    lines.text
}

/// What the pusher reads when the check did not come to its end.
pub(crate) fn incomplete(error: &anyhow::Error, on_error: OnError) -> String {
    let mut lines = Lines::default();
    lines.wrap("", &format!("modgate: the check of this push could not be completed: {error:#}"));
    lines.wrap("", "This is not your fault. Please tell the people who run this server.");
    let outcome = match on_error {
        OnError::Closed => {
            "The push is refused, because it holds a release tag. Branches alone can be pushed."
        }
        OnError::Open => "The push is let in, and its tags are judged later.",
    };
    lines.wrap("", outcome);
    lines.text
}

/// Warnings and worse, versions that are let in and not served, and forks; what is merely worth knowing is
/// for `modgate check`.
fn is_told(judgement: &Judgement) -> bool {
    judgement.worst() >= Some(Level::Warn)
        || matches!(judgement.release, Release::Unserved(_))
        || judgement.verdict == Verdict::Ignored && !judgement.findings.is_empty()
}

fn block(lines: &mut Lines, judgement: &Judgement) {
    let (kind, name) = (judgement.subject.kind(), judgement.subject.name());
    let version = match (&judgement.module, &judgement.version) {
        (Some(module), Some(version)) => format!(" ({module}@{version})"),
        _ => String::new(),
    };
    match judgement.verdict {
        Verdict::Admitted => lines.wrap("", &format!("modgate: warning: {kind} {name}{version}")),
        Verdict::Refused => lines.wrap("", &format!("modgate: refused: {kind} {name}{version}")),
        Verdict::Ignored => {
            let why = judgement.findings.iter().map(|finding| finding.summary.as_str());
            let why = why.collect::<Vec<_>>().join("; ");
            lines.wrap("", &format!("modgate: ignored: {kind} {name}: {why}"));
        }
    }
    for found in judgement.findings.iter().filter(|finding| finding.level >= Level::Warn) {
        finding(lines, found);
    }
    if let Release::Unserved(broken) = &judgement.release {
        lines.wrap("  ", &format!("let in by policy, not served: {}", broken.rule));
    }
    lines.blank();
}

fn finding(lines: &mut Lines, finding: &Finding) {
    let place = match (&finding.file, finding.line) {
        (Some(file), Some(line)) => format!("{file}:{line}: "),
        (Some(file), None) => format!("{file}: "),
        (None, _) => String::new(),
    };
    lines.wrap("  ", &format!("{place}{} [{}]", finding.summary, finding.rule));
    if let Some(consumer) = finding.consumer.as_deref().filter(|text| !text.is_empty()) {
        lines.line("    users would see:");
        let all: Vec<&str> = consumer.lines().collect();
        for line in all.iter().take(MAX_CONSUMER_LINES) {
            lines.wrap("    | ", line);
        }
        if all.len() > MAX_CONSUMER_LINES {
            lines.line(&format!("    | … {} more lines", all.len() - MAX_CONSUMER_LINES));
        }
    }
    if !finding.fix.is_empty() {
        lines.line("    to fix it:");
        for command in finding.fix.lines() {
            lines.command(command);
        }
    }
}

/// What is not shown: how many tags, and how often which rule.
fn rest(lines: &mut Lines, judgements: &[&Judgement]) {
    if judgements.is_empty() {
        return;
    }
    let mut rules: BTreeMap<(Reverse<Level>, &str), usize> = BTreeMap::new();
    for judgement in judgements {
        for finding in judgement.findings.iter().filter(|finding| finding.level >= Level::Warn) {
            *rules.entry((Reverse(finding.level), finding.rule)).or_default() += 1;
        }
    }
    let tags = |verdict| judgements.iter().filter(|judgement| judgement.verdict == verdict).count();
    lines.line(&format!(
        "modgate: and {} more: {} refused, {} with warnings, {} ignored",
        judgements.len(),
        tags(Verdict::Refused),
        tags(Verdict::Admitted),
        tags(Verdict::Ignored)
    ));
    for ((level, rule), count) in rules {
        lines.line(&format!("  {count:>6} x {rule} ({})", level.0.name()));
    }
    let unserved = judgements
        .iter()
        .filter(|judgement| matches!(judgement.release, Release::Unserved(_)))
        .count();
    if unserved > 0 {
        lines.line(&format!("  {unserved:>6} let in by policy, not served"));
    }
    lines.blank();
}

/// A push is refused as a whole (K9).
fn refusal(lines: &mut Lines, report: &Report) {
    let refused = report.judgements.iter().filter(|j| j.verdict == Verdict::Refused).count();
    let tags = if refused == 1 { "one tag is" } else { "some tags are" };
    lines.wrap(
        "",
        &format!(
            "modgate: {tags} refused, so nothing of this push came in: git takes all or nothing."
        ),
    );
    if report.looks_like_import {
        lines.wrap("", "Were these tags made elsewhere? Existing history comes in with:");
        lines.command("git push -o modgate.import origin --tags");
    }
    if report.branches.is_empty() {
        return;
    }
    lines.wrap("", "The branches alone:");
    let listed = report.branches.len() <= MAX_BRANCHES;
    let plain = |branch: &String| {
        branch.chars().all(|c| c.is_ascii_alphanumeric() || "._/+@=-".contains(c))
    };
    if listed && report.branches.iter().all(plain) {
        lines.command(&format!("git push origin {}", report.branches.join(" ")));
    } else {
        lines.command("git push origin --all");
    }
}

/// Lines in the making. Everything that goes in is made harmless.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(&harmless(text));
        self.text.push('\n');
    }

    fn command(&mut self, text: &str) {
        self.line(&format!("      {text}"));
    }

    /// A sentence, wrapped at spaces; each line begins with `indent`, continued ones a little deeper.
    fn wrap(&mut self, indent: &str, text: &str) {
        let continued = if indent.is_empty() { "  " } else { indent };
        let mut line = String::new();
        let mut begin = indent;
        for word in harmless(text).split(' ') {
            let columns = begin.chars().count() + line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && columns > WIDTH {
                self.text.push_str(&format!("{begin}{line}\n"));
                line.clear();
                begin = continued;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.text.push_str(&format!("{begin}{line}\n"));
    }
}

/// The text with everything escaped that is not plainly visible: controls, marks of text direction, joiners,
/// private and unassigned characters. Quotes and backslashes stay, or commands would no longer work.
fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '"' | '\'' | '\\') {
            harmless.push(c);
        } else {
            harmless.extend(c.escape_debug());
        }
    }
    harmless
}

#[cfg(test)]
mod tests;

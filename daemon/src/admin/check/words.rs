//! What all formats say of a finding, in the same words.

use modgate_common::quote::harmless;
use modgate_common::rules::{Finding, Judgement};
use modgate_common::tags::{join, split};

/// `TAG (MODULE@VERSION)`, as far as it has a version.
pub(super) fn title(judgement: &Judgement) -> String {
    let name = judgement.subject.name();
    let title = match (&judgement.module, &judgement.version) {
        (Some(module), Some(version)) => format!("{name} ({module}@{version})"),
        _ => name.to_owned(),
    };
    one_line(&title)
}

/// What is wrong, what a consumer would see, and how to mend it. Lines end in `\n`; nothing else in them is invisible.
pub(super) fn prose(finding: &Finding) -> String {
    let mut prose = format!("{}\n", one_line(&finding.summary));
    for remark in finding.allowance.remarks() {
        prose.push_str(&format!("{}\n", one_line(&remark)));
    }
    if let Some(consumer) = finding.consumer.as_deref().filter(|text| !text.is_empty()) {
        prose.push_str("\nUsers would see:\n");
        indented(&mut prose, consumer);
    }
    if !finding.fix.is_empty() {
        prose.push_str("\nTo fix it:\n");
        indented(&mut prose, &finding.fix);
    }
    prose
}

/// The file that a finding is shown at: its own, else the go.mod that the tag's prefix leads to. What cannot be
/// shown anywhere is not shown at all by those who review code.
pub(super) fn file(judgement: &Judgement, finding: &Finding) -> String {
    let own = finding.file.clone();
    own.unwrap_or_else(|| join(split(judgement.subject.name()).0, "go.mod"))
}

/// Foreign text in one line.
pub(super) fn one_line(text: &str) -> String {
    harmless(text).replace('\n', "\\n")
}

fn indented(prose: &mut String, text: &str) {
    for line in harmless(text).lines() {
        prose.push_str(&format!("    {line}\n"));
    }
}

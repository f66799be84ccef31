//! For people at a terminal.

use modgate_common::rules::Judgement;

use super::words::one_line;

/// A line for each judgement, and its findings below it.
pub(super) fn render(judgements: &[Judgement]) -> String {
    judgements.iter().map(judgement).collect()
}

fn judgement(judgement: &Judgement) -> String {
    let Judgement { subject, module, version, verdict, findings, .. } = judgement;
    let mut text = format!("{:?}: {}", subject.name(), format!("{verdict:?}").to_lowercase());
    if let (Some(module), Some(version)) = (module, version) {
        text.push_str(&format!(" as {}", one_line(&format!("{module}@{version}"))));
    }
    text.push('\n');
    for finding in findings {
        let place = match (&finding.file, finding.line) {
            (Some(file), Some(line)) => format!("{}:{line}: ", one_line(file)),
            (Some(file), None) => format!("{}: ", one_line(file)),
            (None, _) => String::new(),
        };
        text.push_str(&format!(
            "  {} {}: {place}{}\n",
            finding.level.name(),
            finding.rule,
            one_line(&finding.summary)
        ));
        for remark in finding.allowance.remarks() {
            text.push_str(&format!("      {}\n", one_line(&remark)));
        }
        let consumer =
            finding.consumer.iter().map(|seen| format!("consumers see: {}", seen.escape_debug()));
        for line in consumer.chain(finding.fix.lines().map(one_line)) {
            text.push_str(&format!("      {line}\n"));
        }
    }
    text
}

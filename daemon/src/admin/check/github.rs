//! Workflow commands: each finding is shown at its line in a pull request.
//!
//! `::LEVEL file=F,line=N,title=T::MESSAGE`, one a line. In the message `%` and the ends of lines are escaped, in the
//! properties `:` and `,` too, so that no text can end the command or begin another one.

use modgate_common::policy::Level;
use modgate_common::rules::{Finding, Judgement};

use super::words::{file, one_line, prose, title};

/// A command for each finding.
pub(super) fn render(judgements: &[Judgement]) -> String {
    let commands = judgements.iter().flat_map(|judgement| {
        judgement.findings.iter().map(move |finding| command(judgement, finding))
    });
    commands.collect()
}

fn command(judgement: &Judgement, finding: &Finding) -> String {
    let level = match finding.level {
        Level::Reject => "error",
        Level::Warn => "warning",
        Level::Info | Level::Off => "notice",
    };
    let file = property(&one_line(&file(judgement, finding)));
    let line = finding.line.map(|line| format!(",line={line}")).unwrap_or_default();
    let title_of = property(&format!("{}: {}", finding.rule, title(judgement)));
    let message = data(prose(finding).trim_end());
    format!("::{level} file={file}{line},title={title_of}::{message}\n")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

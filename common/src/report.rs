//! What people read: a report as lines for a terminal, for the hook and for `modgate check`.
//!
//! git puts `remote: ` before every line of a hook and passes the rest on as it is, so this is where foreign text must
//! lose its teeth: no control character, no mark of text direction leaves this file. Sentences are wrapped to 80
//! columns with git's prefix; commands are not, they are there to be pasted.
//!
//! Reading order: this file (what is told, and to whom), `block` (one tag, or several with the same mistakes),
//! `summary` (many tags: counts by rule, and the worst one in full), `lines` (how lines are made).
//!
//! The other formats, for machines, are the daemon's.

use std::cmp::Reverse;

use crate::policy::{Level, OnError};
use crate::rules::{Finding, Judgement, Release, Report, Verdict};

mod block;
mod lines;
mod summary;

use block::blocks;
use lines::{Ink, Lines};

/// 80 columns less git's `remote: `.
const PUSH_WIDTH: usize = 72;

/// A terminal.
const CHECK_WIDTH: usize = 80;

/// A report of more lines than this is a wall: it is summed up, unless it is about one tag.
const MAX_LINES: usize = 50;

/// More branches than this are not listed.
const MAX_BRANCHES: usize = 5;

/// More good tags than this are counted, not listed.
const MAX_GOOD: usize = 10;

/// How history comes in that was made elsewhere.
const IMPORT: &str = "git push -o modgate.import origin --tags";

/// Whether a report is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// Always: whatever reads it takes colours.
    Always,
    /// Never.
    #[default]
    Never,
}

impl Color {
    /// Both by the name that settings give them.
    pub const NAMED: [(&'static str, Self); 2] = [("always", Self::Always), ("never", Self::Never)];

    /// The name in settings.
    pub const fn name(self) -> &'static str {
        Self::NAMED[self as usize].0
    }
}

/// Who reads a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Whoever pushed: warnings and worse.
    Pusher,
    /// Whoever asked for a judgement: good tags too, and with `verbose` everything, however long it is.
    Asker {
        /// Whether everything is told.
        verbose: bool,
    },
    /// Whoever is about to push: warnings and worse, and with `verbose` everything.
    Pushing {
        /// Whether everything is told.
        verbose: bool,
    },
}

impl Reader {
    const fn width(self) -> usize {
        match self {
            Self::Pusher => PUSH_WIDTH,
            Self::Asker { .. } | Self::Pushing { .. } => CHECK_WIDTH,
        }
    }

    /// The level from which findings are told.
    const fn least(self) -> Level {
        match self {
            Self::Pusher => Level::Warn,
            Self::Asker { verbose } | Self::Pushing { verbose } => {
                if verbose {
                    Level::Info
                } else {
                    Level::Warn
                }
            }
        }
    }

    /// Whether this finding is told; one that an exception makes harmless is, whatever its level.
    fn shows(self, finding: &Finding) -> bool {
        finding.level >= self.least() || finding.allowance.exception.is_some()
    }

    const fn wants_all(self) -> bool {
        matches!(self, Self::Asker { verbose: true } | Self::Pushing { verbose: true })
    }

    /// Whether there is something to tell of it.
    fn is_told(self, judgement: &Judgement) -> bool {
        judgement.findings.iter().any(|finding| self.shows(finding))
            || matches!(judgement.release, Release::Unserved(_))
            || judgement.verdict == Verdict::Ignored && !judgement.findings.is_empty()
    }
}

/// The report as text; nothing where there is nothing to say to this reader.
pub fn text(report: &Report, reader: Reader, color: Color) -> String {
    let (mut told, quiet): (Vec<&Judgement>, Vec<&Judgement>) =
        report.judgements.iter().partition(|judgement| reader.is_told(judgement));
    told.sort_by_key(|judgement| {
        Reverse((judgement.verdict == Verdict::Refused, judgement.worst()))
    });
    let mut lines = Lines::new(reader.width(), color);
    let blocks = blocks(&told, reader);
    let mut full = lines.more();
    block::write(&mut full, &blocks, reader);
    if blocks.len() > 1 && full.count() > MAX_LINES && !reader.wants_all() {
        summary::write(&mut lines, &told, &blocks[0], reader);
    } else {
        lines.append(&full);
    }
    for note in &report.notes {
        lines.wrap("", "  ", &format!("modgate: note: {note}"));
    }
    match reader {
        Reader::Pusher if report.is_refused() => refusal(&mut lines, report),
        Reader::Pushing { .. } if report.is_refused() => {
            let text = "modgate: nothing was pushed. git push --no-verify goes on all the same.";
            lines.wrap("", "  ", text);
        }
        Reader::Pusher | Reader::Pushing { .. } => {}
        Reader::Asker { verbose } => {
            good(&mut lines, &quiet, verbose);
            outcome(&mut lines, report);
        }
    }
    lines.finish()
}

/// What the pusher reads when the check did not come to its end, for this reason.
pub fn incomplete(reason: &str, on_error: OnError) -> String {
    let mut lines = Lines::new(PUSH_WIDTH, Color::Never);
    let mut say = |text: &str| lines.wrap("", "  ", text);
    say(&format!("modgate: the check of this push could not be completed: {reason}"));
    say("This is not your fault. Please tell the people who run this server.");
    say(match on_error {
        OnError::Closed => {
            "The push is refused, because it holds a release tag. Branches alone can be pushed."
        }
        OnError::Open => "The push is let in, and its tags are judged later.",
    });
    lines.finish()
}

/// A push is refused as a whole (K9).
fn refusal(lines: &mut Lines, report: &Report) {
    let tags = if refused(report) == 1 { "one tag is" } else { "some tags are" };
    let outcome = "refused, so nothing of this push came in: git takes all or nothing.";
    lines.wrap("", "  ", &format!("modgate: {tags} {outcome}"));
    if report.looks_like_import && !lines.hold(IMPORT) {
        lines.wrap("", "", "Were these tags made elsewhere? Existing history comes in with:");
        lines.advice("    ", IMPORT);
    }
    for way in &report.ways {
        lines.wrap("", "", &way.says);
        lines.advice("    ", &way.command);
    }
    if report.branches.is_empty() {
        return;
    }
    lines.wrap("", "", "The branches alone:");
    let listed = report.branches.len() <= MAX_BRANCHES;
    let plain = |branch: &String| {
        branch.chars().all(|c| c.is_ascii_alphanumeric() || "._/+@=-".contains(c))
    };
    if listed && report.branches.iter().all(plain) {
        lines.advice("    ", &format!("git push origin {}", report.branches.join(" ")));
    } else {
        lines.advice("    ", "git push origin --all");
    }
}

fn refused(report: &Report) -> usize {
    report.judgements.iter().filter(|j| j.verdict == Verdict::Refused).count()
}

/// Tags of which there is nothing to tell.
fn good(lines: &mut Lines, quiet: &[&Judgement], wants_all: bool) {
    let (good, others): (Vec<&Judgement>, Vec<&Judgement>) =
        quiet.iter().copied().partition(|judgement| judgement.verdict != Verdict::Ignored);
    if quiet.len() > MAX_GOOD && !wants_all {
        lines.blank();
        lines.headline(Ink::Fine, "good", &format!("{} tags", good.len()));
        if !others.is_empty() {
            let what = format!("{} tags that are no releases of a Go module", others.len());
            lines.headline(Ink::Fine, "ignored", &what);
        }
        return;
    }
    for judgement in good {
        let notes = match judgement.findings.len() {
            0 => String::new(),
            1 => ", 1 note (--verbose)".to_owned(),
            notes => format!(", {notes} notes (--verbose)"),
        };
        lines.headline(Ink::Fine, "good", &format!("{}{notes}", block::title(judgement)));
    }
    for judgement in others {
        let what = format!("{}: no release of a Go module", block::title(judgement));
        lines.headline(Ink::Fine, "ignored", &what);
    }
}

fn outcome(lines: &mut Lines, report: &Report) {
    let (all, refused) = (report.judgements.len(), refused(report));
    if all > 1 && refused > 0 {
        lines.blank();
        lines.wrap("", "  ", &format!("modgate: {refused} of {all} tags would be refused"));
    }
}

#[cfg(test)]
mod tests;

//! One tag and what was found, or several tags of which the same was found.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::quote::shortened;
use crate::rules::{Finding, Judgement, Release, Verdict};
use crate::tags::split;

use super::lines::{Ink, Lines};
use super::{Level, Reader};

/// More lines than this of what a consumer would see help nobody.
const MAX_CONSUMER_LINES: usize = 12;

/// Characters of a name; the longest that people give are far below.
const MAX_NAME: usize = 200;

/// Lines for the names of further tags.
const MAX_NAME_LINES: usize = 3;

/// Tags of which the same was found, the first in full.
pub(super) struct Block<'a> {
    pub(super) first: &'a Judgement,
    others: Vec<&'a str>,
}

/// Judgements with the same findings, together.
pub(super) fn blocks<'a>(told: &[&'a Judgement], reader: Reader) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut known: HashMap<u64, usize> = HashMap::new();
    for judgement in told {
        let mut words = DefaultHasher::new();
        (judgement.verdict as u8).hash(&mut words);
        if let Release::Unserved(broken) = &judgement.release {
            broken.rule.hash(&mut words);
        }
        for finding in shown(judgement, reader) {
            fingerprint(judgement, finding).hash(&mut words);
        }
        let words = words.finish();
        match known.get(&words) {
            Some(at) => blocks[*at].others.push(judgement.subject.name()),
            None => {
                known.insert(words, blocks.len());
                blocks.push(Block { first: judgement, others: Vec::new() });
            }
        }
    }
    blocks
}

/// The same for two tags when the words are, but for the names of tag and version.
fn fingerprint(judgement: &Judgement, finding: &Finding) -> u64 {
    let name = judgement.subject.name();
    let (_, base) = split(name);
    let version = judgement.version.as_deref().unwrap_or(base);
    let mut words = DefaultHasher::new();
    (finding.rule, finding.level as u8, &finding.file, finding.line).hash(&mut words);
    (&finding.excerpt, finding.allowance.remarks()).hash(&mut words);
    for text in [&finding.summary, &finding.fix] {
        let text = text.replace(name, "\0").replace(version, "\0").replace(base, "\0");
        text.hash(&mut words);
    }
    words.finish()
}

fn shown(judgement: &Judgement, reader: Reader) -> impl Iterator<Item = &Finding> {
    judgement.findings.iter().filter(move |finding| reader.shows(finding))
}

/// `tag NAME (MODULE@VERSION)`, as far as it has a version.
pub(super) fn title(judgement: &Judgement) -> String {
    let (kind, name) = (judgement.subject.kind(), judgement.subject.name());
    let name = shortened(name, MAX_NAME);
    match (&judgement.module, &judgement.version) {
        (Some(module), Some(version)) => {
            format!("{kind} {name} ({})", shortened(&format!("{module}@{version}"), MAX_NAME))
        }
        _ => format!("{kind} {name}"),
    }
}

/// The blocks in their order; a finding that an earlier block has told is named only.
pub(super) fn write(lines: &mut Lines, blocks: &[Block<'_>], reader: Reader) {
    let mut said = HashMap::new();
    for block in blocks {
        write_one(lines, block, reader, &mut said);
    }
}

/// One block, with what was said in earlier ones.
pub(super) fn write_one<'a>(
    lines: &mut Lines,
    block: &Block<'a>,
    reader: Reader,
    said: &mut HashMap<u64, &'a str>,
) {
    let judgement = block.first;
    headline(lines, judgement);
    if !block.others.is_empty() {
        let others = format!("the same for {}", names(&block.others));
        if !lines.wrap_within(MAX_NAME_LINES, "  ", &others) {
            lines.cut(&format!("  … {} tags in all", block.others.len() + 1));
        }
    }
    if judgement.verdict == Verdict::Ignored && !reader.wants_all() {
        lines.blank();
        return;
    }
    let shared = Shared::of(shown(judgement, reader));
    for found in shown(judgement, reader) {
        let words = fingerprint(judgement, found);
        if let Some(tag) = said.get(&words) {
            let tag = shortened(tag, MAX_NAME);
            lines.wrap("  ", "  ", &format!("{}as with {tag} [{}]", place(found), found.rule));
            continue;
        }
        said.insert(words, judgement.subject.name());
        finding(lines, judgement, found, shared.as_ref());
    }
    if let Some(shared) = &shared {
        lines.cut("  then, when all of this is mended:");
        shared.lines.iter().for_each(|line| lines.advice("    ", line));
    }
    if let Release::Unserved(broken) = &judgement.release {
        lines.wrap("  ", "  ", &format!("let in by policy, not served: {}", broken.rule));
    }
    lines.blank();
}

fn names(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| shortened(name, MAX_NAME)).collect();
    names.join(", ")
}

fn headline(lines: &mut Lines, judgement: &Judgement) {
    let title = title(judgement);
    match judgement.verdict {
        Verdict::Admitted if judgement.worst() == Some(Level::Info) => {
            lines.headline(Ink::Fine, "good", &title);
        }
        Verdict::Admitted => lines.headline(Ink::Doubtful, "warning", &title),
        Verdict::Refused => lines.headline(Ink::Bad, "refused", &title),
        Verdict::Ignored => {
            let why = judgement.findings.iter().map(|finding| finding.summary.as_str());
            let why = why.collect::<Vec<_>>().join("; ");
            let kind = judgement.subject.kind();
            let name = shortened(judgement.subject.name(), MAX_NAME);
            lines.headline(Ink::Fine, "ignored", &format!("{kind} {name}: {why}"));
        }
    }
}

/// `FILE:LINE: `.
fn place(finding: &Finding) -> String {
    match (&finding.file, finding.line) {
        (Some(file), Some(line)) => format!("{}:{line}: ", shortened(file, MAX_NAME)),
        (Some(file), None) => format!("{}: ", shortened(file, MAX_NAME)),
        (None, _) => String::new(),
    }
}

fn finding(lines: &mut Lines, of: &Judgement, finding: &Finding, shared: Option<&Shared<'_>>) {
    // What does not weigh as much as the headline says.
    let weight = match (of.verdict, finding.level) {
        (Verdict::Refused, Level::Warn) => "warning: ",
        (Verdict::Refused | Verdict::Admitted, Level::Info) => "note: ",
        _ => "",
    };
    let text = format!("{weight}{}{} [{}]", place(finding), finding.summary, finding.rule);
    lines.wrap("  ", "  ", &text);
    if let (Some(line), Some(excerpt)) = (finding.line, &finding.excerpt) {
        lines.cut(&format!("    {line} | {}", excerpt.replace('\t', " ")));
    }
    for remark in finding.allowance.remarks() {
        lines.wrap("    ", "    ", &remark);
    }
    if let Some(consumer) = finding.consumer.as_deref().filter(|text| !text.is_empty()) {
        lines.cut("  users would see:");
        let mut left = MAX_CONSUMER_LINES;
        for line in consumer.lines() {
            let before = lines.count();
            let is_whole = lines.wrap_within(left, "    | ", line);
            left = left.saturating_sub(lines.count() - before);
            if !is_whole {
                lines.cut("    | …");
                break;
            }
        }
    }
    let advice =
        shared.map_or_else(|| finding.fix.lines().collect(), |shared| shared.rest(finding));
    if !advice.is_empty() {
        lines.cut("  to fix it:");
        advice.iter().for_each(|line| lines.advice("    ", line));
    }
}

/// What the advice of several findings has in common: to delete the tag, to make it again, and to push it.
struct Shared<'a> {
    lines: Vec<&'a str>,
}

impl<'a> Shared<'a> {
    /// Of two findings or more, where all that have it have the same.
    fn of(findings: impl Iterator<Item = &'a Finding>) -> Option<Self> {
        let mut frames = findings.filter_map(Self::frame);
        let lines = frames.next()?;
        let mut others = 0;
        for other in frames {
            if other != lines {
                return None;
            }
            others += 1;
        }
        (others > 0).then_some(Self { lines })
    }

    /// The lines of one finding's advice that frame what is to be done.
    fn frame(finding: &'a Finding) -> Option<Vec<&'a str>> {
        let frame: Vec<&str> = finding.fix.lines().filter(|line| is_frame(line)).collect();
        let [first, .., last] = frame[..] else { return None };
        (first.starts_with("git tag ") && last.starts_with("git push ")).then_some(frame)
    }

    fn rest(&self, finding: &'a Finding) -> Vec<&'a str> {
        let is_own = |line: &&str| !is_frame(line) || Self::frame(finding).is_none();
        finding.fix.lines().filter(is_own).collect()
    }
}

fn is_frame(line: &str) -> bool {
    line.starts_with("git tag ") || line.starts_with("git push ")
}

//! Many tags in one screen: how many are refused, how often which rule is broken, and the worst tag in full.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::policy::Level;
use crate::quote::shortened;
use crate::rules::{Judgement, Release, Verdict};

use super::Reader;
use super::block::{Block, write_one};
use super::lines::Lines;

/// Rules that are counted by name.
const MAX_RULES: usize = 8;

/// Lines of the worst tag.
const MAX_EXAMPLE: usize = 16;

/// Tags that are named for a rule: more do not fit the line.
const MAX_NAMED: usize = 8;

/// Characters of a name in a list.
const MAX_NAME: usize = 40;

/// How often a rule is broken, and by whom.
#[derive(Default)]
struct Count<'a> {
    count: usize,
    named: Vec<&'a str>,
}

/// Sums up what is told, worst first; `worst` is shown in full where it is not too long.
pub(super) fn write(lines: &mut Lines, told: &[&Judgement], worst: &Block<'_>, reader: Reader) {
    let of = |verdict| told.iter().filter(|judgement| judgement.verdict == verdict).count();
    let mut parts = vec![format!("{} refused", of(Verdict::Refused))];
    parts.push(format!("{} with warnings", of(Verdict::Admitted)));
    if of(Verdict::Ignored) > 0 {
        parts.push(format!("{} ignored", of(Verdict::Ignored)));
    }
    lines.wrap("", "  ", &format!("modgate: {} tags: {}", told.len(), parts.join(", ")));
    counts(lines, told, reader);
    lines.blank();
    let mut example = lines.more();
    write_one(&mut example, worst, reader, &mut HashMap::new());
    if example.count() <= MAX_EXAMPLE {
        lines.append(&example);
    }
    lines.wrap("", "  ", "Each of them in full, in a clone (or push fewer tags at once):");
    lines.advice("    ", "modgate check --verbose");
}

fn counts(lines: &mut Lines, told: &[&Judgement], reader: Reader) {
    let mut rules: BTreeMap<(Reverse<Level>, &str), Count<'_>> = BTreeMap::new();
    for judgement in told.iter().filter(|judgement| judgement.verdict != Verdict::Ignored) {
        for finding in judgement.findings.iter().filter(|finding| finding.level >= reader.least()) {
            let count = rules.entry((Reverse(finding.level), finding.rule)).or_default();
            count.count += 1;
            if count.named.len() < MAX_NAMED {
                count.named.push(judgement.subject.name());
            }
        }
    }
    let mut rules: Vec<_> = rules.into_iter().collect();
    rules.sort_by_key(|((level, _), count)| (*level, Reverse(count.count)));
    for ((level, rule), Count { count, named }) in rules.iter().take(MAX_RULES) {
        let more = if named.len() < *count { " …" } else { "" };
        let named: Vec<String> = named.iter().map(|name| shortened(name, MAX_NAME)).collect();
        let named = named.join(" ");
        lines.cut(&format!("{count:>7} x {rule} ({}): {named}{more}", level.0.name()));
    }
    if let Some(others) = rules.len().checked_sub(MAX_RULES).filter(|others| *others > 0) {
        lines.cut(&format!("        and {others} other rules"));
    }
    let is_unserved = |judgement: &&&Judgement| matches!(judgement.release, Release::Unserved(_));
    let unserved = told.iter().filter(is_unserved).count();
    if unserved > 0 {
        lines.cut(&format!("{unserved:>7} let in by policy, not served"));
    }
}

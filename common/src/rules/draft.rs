//! A judgement in the making: precedence (K8), levels (K1, K5, K10), verdict, and what is released.

use crate::objects::{Commit, ObjectId};
use crate::policy::{About, At, Escalation, Exception, Level, Scoped};
use crate::quote::shortened;

use super::case::{Effect, Found};
use super::report::{Allowance, Excepted, Finding, Judgement, Release, Report, Subject, Verdict};
use super::table::{Check, Rule};
use super::{Push, RefUpdate, guard, skip};

/// Characters of a text, and of a line of a consumer's text. A go.mod may declare a path of megabytes.
const MAX_TEXT: usize = 400;

/// Bytes of a line of advice.
const MAX_COMMAND: usize = 4000;

/// A finding before it is known whether the push is refused.
pub(super) struct Weighed {
    pub(super) rule: &'static Rule,
    pub(super) level: Level,
    pub(super) allowance: Allowance,
    pub(super) found: Found,
}

/// A judgement in the making.
pub(super) struct Draft {
    pub(super) subject: Subject,
    pub(super) named: Option<(String, String)>,
    pub(super) target: ObjectId,
    pub(super) commit: Option<Commit>,
    pub(super) verdict: Verdict,
    pub(super) findings: Vec<Weighed>,
    pub(super) release: Release,
}

impl Draft {
    pub(super) fn ignored(update: &RefUpdate) -> Self {
        let tag = || Subject::Tag(update.tag().unwrap_or_default().to_owned());
        Self {
            subject: update.branch().map_or_else(tag, |branch| Subject::Branch(branch.to_owned())),
            named: None,
            target: update.new,
            commit: None,
            verdict: Verdict::Ignored,
            findings: Vec::new(),
            release: Release::Nothing,
        }
    }

    /// Takes what was found, and draws the conclusions.
    pub(super) fn weigh(mut self, push: &Push<'_>, found: Vec<(&'static Rule, Found)>) -> Self {
        let hidden = |id: &str| found.iter().any(|(rule, _)| rule.hides.contains(&id));
        let kept: Vec<bool> = found.iter().map(|(rule, _)| !hidden(rule.id)).collect();
        let kept = found.into_iter().zip(kept).filter_map(|(found, kept)| kept.then_some(found));
        let kept: Vec<(&Rule, Found)> = kept.collect();
        if let Release::Unserved(broken) = &mut self.release
            && let Some((rule, _)) = kept.iter().find(|(_, found)| found.effect != Effect::Harmless)
        {
            broken.rule = rule.id;
        }
        let is_ledgers = |rule: &Rule| matches!(rule.check, Check::Ledger(_));
        let stands = kept.iter().any(|(rule, _)| is_ledgers(rule));
        let policy = push.policy.about(About {
            tag: self.subject.tag(),
            module: self.named.as_ref().map(|(module, _)| module.as_str()),
        });
        let weighed = kept.into_iter().map(|(rule, found)| {
            let (level, allowance) = level(push, &policy, rule, &found);
            Weighed { rule, level, allowance, found }
        });
        let is_kept = |weighed: &Weighed| {
            weighed.level >= push.least.max(Level::Info) || weighed.allowance.exception.is_some()
        };
        self.findings = weighed.filter(is_kept).collect();
        self.findings.sort_by_key(|weighed| std::cmp::Reverse(weighed.level));
        let refused = self.findings.first().is_some_and(|worst| worst.level == Level::Reject);
        self.verdict = if refused { Verdict::Refused } else { Verdict::Admitted };
        if refused || stands {
            self.release = Release::Nothing;
        }
        self
    }
}

/// The level of a finding here (K5, K10). An import is refused only for what breaks the ledger's promise.
fn level(push: &Push<'_>, policy: &Scoped<'_>, rule: &Rule, found: &Found) -> (Level, Allowance) {
    let mut allowance = Allowance::default();
    if guard::is_bug(rule) {
        return (guard::level(push), allowance);
    }
    let escalation = match found.effect {
        Effect::Breaks => Escalation::Refuse,
        Effect::Dead | Effect::Harmless => Escalation::Forbidden,
    };
    let default = found.level.unwrap_or(rule.default);
    let decision = policy.decide(rule.id, default, escalation, push.now);
    allowance.exception = decision.exception().map(excepted);
    allowance.exception_ended = decision.ended.map(excepted);
    let is_import = (push.import || push.policy.import().value) && !push.testimony.has_releases;
    let mut level = decision.level;
    if allowance.exception.is_some() {
        // An exception is told for as long as it lasts.
        level = level.max(Level::Info);
    }
    if is_import && !matches!(rule.check, Check::Ledger(_)) {
        level = level.min(Level::Warn);
    }
    if level == Level::Reject {
        allowance.skipped = push.skips.permitted(push, rule.id);
        if allowance.skipped.is_some() {
            level = Level::Warn;
        }
    }
    (level, allowance)
}

fn excepted(exception: &At<Exception>) -> Excepted {
    let Exception { owner, reason, until, .. } = &exception.value;
    Excepted { owner: owner.clone(), reason: reason.clone(), until: until.to_string() }
}

/// The report, once everything is judged: only now is it known which advice holds.
pub(super) fn report(push: &Push<'_>, drafts: Vec<Draft>, is_rehearsal: bool) -> Report {
    let refused: Vec<&Draft> = drafts.iter().filter(|d| d.verdict == Verdict::Refused).collect();
    let is_free = is_rehearsal || !refused.is_empty();
    let several = refused.iter().any(|draft| draft.subject != refused[0].subject);
    let looks_like_import = several && !push.testimony.has_releases;
    let judgement = |draft: Draft| {
        let (module, version) = draft.named.unzip();
        let findings = draft.findings.into_iter().map(|weighed| finding(weighed, is_free));
        Judgement {
            repository: push.repository.to_owned(),
            subject: draft.subject,
            module,
            version,
            verdict: draft.verdict,
            findings: findings.collect(),
            target: draft.target,
            commit: draft.commit,
            release: draft.release,
        }
    };
    let judgements = drafts.into_iter().map(judgement).collect();
    let changed = push.updates.iter().filter(|update| !update.new.is_zero());
    let branches = changed.filter_map(|update| update.name.strip_prefix("refs/heads/"));
    let branches = branches.map(str::to_owned).collect();
    let notes = push.policy.notes().iter().cloned().chain(skip::notes(push)).collect();
    let mut report = Report { judgements, looks_like_import, branches, notes, ways: Vec::new() };
    report.ways = skip::ways(push, &report);
    report
}

fn finding(weighed: Weighed, is_free: bool) -> Finding {
    let Weighed { rule, level, allowance, found } = weighed;
    let fix = if is_free { found.fix.refused } else { found.fix.admitted };
    Finding {
        rule: rule.id,
        level,
        summary: shortened(&found.summary, MAX_TEXT),
        consumer: Some(lines(&found.consumer, |line| shortened(line, MAX_TEXT))),
        fix: lines(&fix, command),
        file: found.file,
        line: found.line,
        excerpt: found.excerpt,
        allowance,
    }
}

fn lines(text: &str, line: impl Fn(&str) -> String) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A command is whole, or it is none.
fn command(line: &str) -> String {
    if line.len() <= MAX_COMMAND {
        line.to_owned()
    } else {
        format!("# here is a command of {} bytes, too long to be shown", line.len())
    }
}

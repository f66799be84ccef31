//! Rules that a pusher skips: `git push -o modgate.skip=RULE -o modgate.reason=TEXT`.
//!
//! A skip counts where the policy permits it for the rule and a reason is given: refusals by that rule are warnings
//! then, for this push. One that does not count changes nothing, and the report says why. Skipping admits the push; it
//! does not make a version usable.

use crate::nearest::nearest;

use super::advice::quote;
use super::report::{Allowance, Judgement, Report, Verdict, Way};
use super::{Push, RefUpdate, find};
use crate::policy::Level;

/// The push option that names a rule.
const SKIP: &str = "modgate.skip=";

/// The push option that says why.
const REASON: &str = "modgate.reason=";

/// Characters of a reason that are kept.
const MAX_REASON: usize = 300;

/// Skips of one push that are looked at; there are not many more rules.
const MAX_SKIPS: usize = 200;

/// More refs than this are not named in a command.
const MAX_REFS: usize = 5;

/// What the pusher asked for with push options, and what is known about those.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skips {
    rules: Vec<String>,
    reason: Option<String>,
    pusher: Option<String>,
    /// Whether the repository takes push options.
    pub are_enabled: bool,
}

impl Skips {
    /// Reads the push options; others are passed over. Of several reasons the last one counts.
    pub fn parse(options: &[String], pusher: Option<&str>) -> Self {
        let rules = options.iter().filter_map(|option| option.strip_prefix(SKIP));
        let reason = options.iter().rev().find_map(|option| option.strip_prefix(REASON));
        let reason = reason.map(clean).filter(|reason| !reason.is_empty());
        Self {
            rules: rules.take(MAX_SKIPS).map(str::to_owned).collect(),
            reason,
            pusher: pusher.map(str::to_owned),
            are_enabled: !options.is_empty(),
        }
    }

    /// Why the pusher skips this rule, if that counts.
    pub(super) fn permitted(&self, push: &Push<'_>, rule: &str) -> Option<Skipped> {
        let reason = self.reason.clone()?;
        let is_meant = self.rules.iter().any(|skipped| skipped == rule);
        let by = self.pusher.clone();
        (is_meant && push.policy.may_skip(rule)).then_some(Skipped { reason, by })
    }
}

/// A reason as it is kept: one line without control characters, of bounded length.
pub fn clean(reason: &str) -> String {
    let plain = |c: char| if c.is_control() || c == '\u{2028}' { ' ' } else { c };
    let reason: String = reason.chars().map(plain).collect();
    reason.trim().chars().take(MAX_REASON).collect()
}

/// That a finding was skipped.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// Why.
    pub reason: String,
    /// Who pushed, as far as the host tells.
    pub by: Option<String>,
}

/// What there is to say about skips that do not count.
pub(super) fn notes(push: &Push<'_>) -> Vec<String> {
    let Skips { rules, reason, .. } = push.skips;
    let note = |rule: &String| {
        if find(rule).is_none() {
            let known = super::all().map(|rule| rule.id);
            let shown: String = rule.chars().take(60).collect();
            let near = nearest(rule, known).unwrap_or_default();
            Some(format!("{SKIP}{shown:?}: there is no such rule, did you mean {near:?}?"))
        } else if !push.policy.may_skip(rule) {
            Some(format!("{SKIP}{rule}: this rule may not be skipped here (setting \"skip\")"))
        } else {
            None
        }
    };
    let mut notes: Vec<String> = rules.iter().filter_map(note).collect();
    notes.dedup();
    notes.truncate(MAX_REFS);
    if !rules.is_empty() && reason.is_none() {
        notes.push(format!("rules are skipped only with a reason: -o {REASON}'TEXT'"));
    }
    notes
}

/// The ways that a refused push could take: where every rule that refuses it may be skipped, the command that does it;
/// and where push options are off, who can turn them on.
pub(super) fn ways(push: &Push<'_>, report: &Report) -> Vec<Way> {
    let refused = report.judgements.iter().filter(|j| j.verdict == Verdict::Refused);
    let findings = || refused.clone().flat_map(|judgement| &judgement.findings);
    let mut rules: Vec<&str> =
        findings().filter(|found| found.level == Level::Reject).map(|found| found.rule).collect();
    let may_skip = |rule: &&str| find(rule).is_some() && push.policy.may_skip(rule);
    let is_offered = !rules.is_empty() && rules.iter().all(may_skip);
    let mut ways = Vec::new();
    if is_offered {
        let judgements = report.judgements.iter();
        let skipped = judgements.flat_map(Judgement::skipped_rules);
        rules.extend(skipped);
        rules.sort_unstable();
        rules.dedup();
        ways.push(Way {
            says: "To push it all the same, for a reason that is recorded:".to_owned(),
            command: command(&rules, push.updates),
        });
    }
    if (is_offered || report.looks_like_import) && !push.skips.are_enabled {
        ways.push(Way {
            says: "Push options (-o) are off here. Whoever runs the server turns them on, in the repository:"
                .to_owned(),
            command: "git config receive.advertisePushOptions true".to_owned(),
        });
    }
    ways
}

fn command(rules: &[&str], updates: &[RefUpdate]) -> String {
    let skips: String = rules.iter().map(|rule| format!(" -o {SKIP}{rule}")).collect();
    let refs: Vec<String> = if updates.len() > MAX_REFS {
        let has_branches = updates.iter().any(|update| update.branch().is_some());
        let all = if has_branches { "'refs/heads/*' 'refs/tags/*'" } else { "--tags" };
        vec![all.to_owned()]
    } else {
        updates.iter().map(refspec).collect()
    };
    format!("git push{skips} -o {REASON}'WHY' origin {}", refs.join(" "))
}

/// What makes this update in a push.
fn refspec(update: &RefUpdate) -> String {
    let short = update.tag().or_else(|| update.branch()).unwrap_or(&update.name);
    let is_moved = !update.old.is_zero() && update.tag().is_some();
    quote(&match (update.new.is_zero(), is_moved) {
        (true, _) => format!(":{short}"),
        (false, true) => format!("+{short}"),
        (false, false) => short.to_owned(),
    })
}

impl Judgement {
    /// The rules that the pusher skipped.
    pub fn skipped_rules(&self) -> impl Iterator<Item = &'static str> {
        let is_skipped = |allowance: &Allowance| allowance.skipped.is_some();
        let findings = self.findings.iter();
        findings.filter(move |found| is_skipped(&found.allowance)).map(|found| found.rule)
    }

    /// Why the pusher skipped rules, if it is so.
    pub fn skip_reason(&self) -> Option<&str> {
        let skipped = self.findings.iter().find_map(|found| found.allowance.skipped.as_ref());
        skipped.map(|skipped| skipped.reason.as_str())
    }
}

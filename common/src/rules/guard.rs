//! A rule that panics is a finding about modgate: it hides nothing that other rules found.
//!
//! It has no row in the table, for nobody can choose its level: `on_error` says whether it refuses.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::objects::Fault;
use crate::policy::{Level, OnError};

use super::Push;
use super::advice::Fix;
use super::case::Found;
use super::table::{Check, Rule};

/// What stands for a rule that panicked.
static BUG: Rule = Rule {
    id: "modgate-bug",
    default: Level::Reject,
    summary: "a rule could not be checked, because of a bug in modgate",
    consumer: "",
    advice: "Tell the people who run the server.",
    hides: &[],
    check: Check::Gate,
};

/// Whether the rule is the one that stands for a bug of ours.
pub(super) fn is_bug(rule: &Rule) -> bool {
    rule.id == BUG.id
}

/// The level of such a finding.
pub(super) const fn level(push: &Push<'_>) -> Level {
    match push.policy.on_error() {
        OnError::Closed => Level::Reject,
        OnError::Open => Level::Warn,
    }
}

/// Runs the check of one rule.
pub(super) fn run(
    rule: &'static Rule,
    check: impl FnOnce() -> Result<Option<Found>, Fault>,
) -> Result<Option<(&'static Rule, Found)>, Fault> {
    // What a rule leaves half done is its own answer; what it remembers for others is written at once.
    let checked = catch_unwind(AssertUnwindSafe(|| {
        #[cfg(test)]
        super::tests::panics::now_and_then(rule.id);
        check()
    }));
    match checked {
        Ok(found) => Ok(found?.map(|found| (rule, found))),
        Err(_) => Ok(Some((&BUG, bug(rule)))),
    }
}

fn bug(rule: &Rule) -> Found {
    let summary = format!(
        "rule {:?} could not be checked, because of a bug in modgate: this is not your fault",
        rule.id
    );
    let lines = ["# please tell the people who run this server".to_owned()];
    Found::new(summary, String::new(), Fix::same(&lines))
}

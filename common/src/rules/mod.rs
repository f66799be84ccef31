//! The rules of a release (section 20): what every tag of a push is judged by.
//!
//! Reading order: `table` (all rules; everything else is driven from it), `case` (what a rule is given), one
//! file per family of rules, `check` (the frame: which tags, which modules), `guard` (rules that panic), `draft` (levels
//! and verdicts), `skip` (what the pusher may let pass), `report` (what comes out), `question` (what the ledger must be asked first), `advice` (commands to paste), `updates` (what git
//! tells a hook).
//!
//! A rule looks at one case and answers with what it found, whatever the policy: levels, precedence (K8) and
//! escalation (K5) are the frame's. A rule that joins needs a function in its family's file and a row in the
//! table.
//!
//! One rule is not about a push (`rewritten`): the daemon asks when a repository has changed.

use crate::ledger::Testimony;
use crate::modzip::Limits;
use crate::objects::{ObjectId, Objects, Refs};
use crate::policy::{Effective, Level};

mod advice;
mod allowed;
mod api;
mod case;
mod check;
mod commit;
mod content;
mod contents;
mod draft;
mod files;
mod gate;
mod go_directive;
mod go_version;
mod guard;
mod history;
mod immutability;
mod module_files;
mod module_line;
mod module_path;
mod order;
mod packages;
mod placement;
mod prefixes;
mod question;
mod refs;
mod replacements;
mod report;
mod required;
mod requirements;
mod retraction;
mod rewritten;
mod siblings;
mod skip;
mod table;
mod tag_names;
mod trial;
pub mod updates;

pub use check::{check, rehearse};
pub use question::{holds_release, names_to_judge, question};
pub use report::{
    Admitted, Allowance, Excepted, Finding, Judgement, Release, Report, Subject, Verdict, Way,
};
pub use rewritten::{HISTORY_REWRITTEN, Rewritten, rewritten};
pub use skip::{Skipped, Skips, clean};
pub use table::{FAMILIES, Family, Rule, all, find};

/// One line of what git tells a pre-receive hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefUpdate {
    /// The full name of the ref.
    pub name: String,
    /// What it holds; zero when it is created.
    pub old: ObjectId,
    /// What it is to hold; zero when it is deleted.
    pub new: ObjectId,
}

impl RefUpdate {
    /// The branch's name, if the ref is a branch.
    pub fn branch(&self) -> Option<&str> {
        self.name.strip_prefix("refs/heads/")
    }

    /// The tag's name, if the ref is a tag.
    pub fn tag(&self) -> Option<&str> {
        self.name.strip_prefix("refs/tags/")
    }
}

/// Everything that a push is judged by.
pub struct Push<'a> {
    /// The repository's path under the root, less `.git`.
    pub repository: &'a str,
    /// The module path of its root directory.
    pub code_root: &'a str,
    /// Its objects, those of the push among them.
    pub objects: &'a dyn Objects,
    /// Its refs before the push. Tags that the push "creates" with the value they have already are judged as
    /// created: that is how existing tags are checked.
    pub before: &'a Refs,
    /// What the push wants.
    pub updates: &'a [RefUpdate],
    /// What the ledger answered to [`question`].
    pub testimony: &'a Testimony,
    /// The policy.
    pub policy: &'a Effective,
    /// Whether the pusher says that this is an import.
    pub import: bool,
    /// The rules that the pusher wants to skip.
    pub skips: &'a Skips,
    /// Now, in seconds since 1970.
    pub now: i64,
    /// Limits of zips.
    pub limits: &'a Limits,
    /// Findings below this level are of no interest, unless an exception makes them so.
    pub least: Level,
    /// Whether there is time for what can also be said later. Always, where nobody waits.
    pub has_time: &'a dyn Fn() -> bool,
}

#[cfg(test)]
mod tests;

//! What may never change: accepted versions (20.3). The ledger is the witness, not the ref.

use crate::ledger::Entry;
use crate::objects::ObjectId;
use crate::policy::Level;
use crate::tags::{Module, join};

use super::advice::{Fix, edit, next_tag, quote};
use super::case::{Found, LedgerCase};
use super::table::{Check, Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "What may never change", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "tag-moved",
        default: Level::Reject,
        summary: "the tag of an accepted version is moved to another commit",
        consumer: "verifying M@V: checksum mismatch … SECURITY ERROR",
        advice: "Leave the tag where it is, and release the new commit under the next number. Retract the old one if it hurts.",
        hides: &["version-republished"],
        check: Check::Ledger(moved),
    },
    Rule {
        id: "tag-deleted",
        default: Level::Reject,
        summary: "the tag of an accepted version is deleted",
        consumer: "reading M/go.mod at revision v1.0.0: unknown revision v1.0.0, and builds fail.",
        advice: "Keep the tag. Retract the version in the next release if it hurts.",
        hides: &["version-republished"],
        check: Check::Ledger(deleted),
    },
    Rule {
        id: "version-republished",
        default: Level::Reject,
        summary: "a version that was accepted before, with other content",
        consumer: "verifying M@V: checksum mismatch … SECURITY ERROR",
        advice: "Release under the next number.",
        hides: &[],
        check: Check::Ledger(republished),
    },
    super::rewritten::RULE,
    Rule {
        id: "base-tag-removed",
        default: Level::Warn,
        summary: "a tag is moved or deleted on which pseudo-versions are built that were served",
        consumer: "invalid pseudo-version: preceding tag (v1.0.0) not found",
        advice: "Keep the tag.",
        hides: &[],
        check: Check::Ledger(base_removed),
    },
];

/// `tag-moved`.
pub(super) fn moved(case: &LedgerCase<'_>) -> Option<Found> {
    let commit = case.commit.filter(|commit| !case.entry.stands_at(*commit))?;
    if !case.is_of_tag() || !case.trial.push.before.tags.contains_key(case.tag) {
        return None;
    }
    let summary = format!(
        "tag {:?} moves to commit {}, but {}@{} was accepted at commit {}",
        case.tag,
        commit.short(),
        case.entry.module,
        case.entry.version,
        case.entry.commit.short()
    );
    let tag = quote(case.tag);
    let next = next(case);
    let lines = [
        format!("git tag -f {tag} {}", case.entry.commit),
        format!("git tag {next} {commit}"),
        format!("git push origin {next}"),
        format!("# if {tag} must not be used, a later release says so with:"),
        format!("#   {}", retract(case)),
    ];
    Some(Found::new(summary, mismatch(case), Fix::same(&lines)))
}

/// `tag-deleted`.
pub(super) fn deleted(case: &LedgerCase<'_>) -> Option<Found> {
    if case.commit.is_some() || !case.is_of_tag() {
        return None;
    }
    let entry = case.entry;
    let summary = format!(
        "tag {:?} is deleted, but {}@{} was accepted",
        case.tag, entry.module, entry.version
    );
    let module = Module::locate(case.trial.push.code_root, &entry.module);
    let directory = module.map(|module| module.code_dir).unwrap_or_default();
    let consumer = format!(
        "reading {}/{} at revision {}: unknown revision {}",
        case.trial.push.code_root,
        join(&directory, "go.mod"),
        case.tag,
        case.tag
    );
    let next = next(case);
    let lines = [
        format!("git fetch -f origin tag {}", quote(case.tag)),
        "# the tag stays; if its version must not be used, the next release says so:".to_owned(),
        retract(case),
        format!("git commit -a -m {}", quote(&format!("retract {}", entry.version))),
        format!("git tag {next}"),
        format!("git push origin HEAD {next}"),
    ];
    Some(Found::new(summary, consumer, Fix::same(&lines)))
}

/// `version-republished`.
pub(super) fn republished(case: &LedgerCase<'_>) -> Option<Found> {
    let is_its_own = |commit: &ObjectId| {
        *commit == case.entry.commit || case.is_of_tag() && case.entry.stands_at(*commit)
    };
    let commit = case.commit.filter(|commit| !is_its_own(commit))?;
    let entry = case.entry;
    let owner = if entry.repository == case.trial.push.repository {
        String::new()
    } else {
        format!(" of repository {:?}", entry.repository)
    };
    let summary = format!(
        "{}@{} was accepted at commit {}{owner}, it cannot become commit {}",
        entry.module,
        entry.version,
        entry.commit.short(),
        commit.short()
    );
    let tag = quote(case.tag);
    let next = next(case);
    let lines = [
        format!("git tag {next} {}", quote(&format!("{}^{{}}", case.tag))),
        format!("git tag -d {tag}"),
        format!("git push origin {next}"),
    ];
    Some(Found::new(summary, mismatch(case), Fix::same(&lines)))
}

/// `base-tag-removed`: beside the rule that says what becomes of the version itself.
pub(super) fn base_removed(case: &LedgerCase<'_>) -> Option<Found> {
    let is_there = case.trial.push.before.tags.contains_key(case.tag);
    if !case.is_of_tag() || !is_there || case.commit == Some(case.entry.commit) {
        return None;
    }
    // Where the tag goes to another ancestor, they stay what they are.
    let is_based =
        |built: &&&Entry| !case.trial.is_in_history(case.tag, built.commit).unwrap_or(false);
    let mut built = case.trial.built_on(case.entry).iter().filter(is_based);
    let first = built.next()?;
    let more = match built.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let version = &first.version;
    let summary = format!("tag {:?} is the base of {version}{more}, which was served", case.tag);
    let reason = match case.commit {
        Some(_) => {
            let revision = first.commit.short();
            format!("revision {revision} is not a descendent of preceding tag ({})", case.tag)
        }
        None => format!("preceding tag ({}) not found", case.entry.version),
    };
    let module = &case.entry.module;
    let consumer = format!("{module}@{version}: invalid version: invalid pseudo-version: {reason}");
    let tag = quote(case.tag);
    let lines = match case.commit {
        Some(_) => [format!("git tag -f {tag} {}", case.entry.commit)],
        None => [format!("git fetch origin tag {tag}")],
    };
    Some(Found::new(summary, consumer, Fix::same(&lines)))
}

fn mismatch(case: &LedgerCase<'_>) -> String {
    format!(
        "verifying {}@{}: checksum mismatch … SECURITY ERROR",
        case.entry.module, case.entry.version
    )
}

fn next(case: &LedgerCase<'_>) -> String {
    let (prefix, major) = case.series();
    quote(&next_tag(case.trial, prefix, major))
}

fn retract(case: &LedgerCase<'_>) -> String {
    edit(&format!("-retract={}", case.entry.version), "go.mod")
}

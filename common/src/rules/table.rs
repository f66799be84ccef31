//! The table of rules: one family a file, in the order of section 20.

use crate::objects::Fault;
use crate::policy::Level;

use super::case::{Found, LedgerCase, RefCase, ReleaseCase, TagCase};
use super::{
    api, commit, content, contents, files, gate, immutability, module_path, order, placement,
    prefixes, refs, requirements, retraction, tag_names,
};

/// One rule.
pub struct Rule {
    /// Its name in settings and reports.
    pub id: &'static str,
    /// The level where the case gives no other.
    pub default: Level,
    /// What it finds, in a line.
    pub summary: &'static str,
    /// What somebody who uses the module would see.
    pub consumer: &'static str,
    /// What to do about it.
    pub advice: &'static str,
    /// Rules that say nothing where this one speaks, because it says the same more exactly (K8).
    pub hides: &'static [&'static str],
    pub(super) check: Check,
}

/// Rules that look at the same thing.
pub struct Family {
    /// What they look at.
    pub title: &'static str,
    /// Its rules.
    pub rules: &'static [Rule],
}

/// What a rule looks at.
pub(super) enum Check {
    /// The frame itself: the last rule of all (K7).
    Gate,
    /// A version that the ledger holds, and the tag that stands for it.
    Ledger(fn(&LedgerCase<'_>) -> Option<Found>),
    /// A branch or a tag, whatever its name.
    Ref(fn(&RefCase<'_>) -> Result<Option<Found>, Fault>),
    /// A module version that a tag would release.
    Release(fn(&ReleaseCase<'_>) -> Result<Option<Found>, Fault>),
    /// Not a push, but what became of a repository.
    Watcher,
    /// A tag that looks like a release, whatever it releases.
    Tag(fn(&TagCase<'_>) -> Result<Option<Found>, Fault>),
}

/// Every family.
pub const FAMILIES: &[Family] = &[
    tag_names::FAMILY,
    prefixes::FAMILY,
    refs::FAMILY,
    order::FAMILY,
    immutability::FAMILY,
    placement::FAMILY,
    module_path::FAMILY,
    content::FAMILY,
    requirements::FAMILY,
    retraction::FAMILY,
    files::FAMILY,
    contents::FAMILY,
    commit::FAMILY,
    api::FAMILY,
    gate::FAMILY,
];

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.rules)
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

//! The table of rules, in the order of section 20.

use crate::objects::Fault;
use crate::policy::Level;

use super::case::{Found, LedgerCase, ReleaseCase, TagCase};
use super::{content, immutability, module_path, placement, tag_names};

/// One rule.
pub struct Rule {
    /// Its name in settings and reports.
    pub id: &'static str,
    /// The level where the case gives no other.
    pub default: Level,
    /// What it finds, in a line.
    pub summary: &'static str,
    /// Rules that say nothing where this one speaks, because it says the same more exactly (K8).
    pub hides: &'static [&'static str],
    pub(super) check: Check,
}

/// What a rule looks at.
pub(super) enum Check {
    /// The frame itself: the last rule of all (K7).
    Gate,
    /// A version that the ledger holds, and the tag that stands for it.
    Ledger(fn(&LedgerCase<'_>) -> Option<Found>),
    /// A module version that a tag would release.
    Release(fn(&ReleaseCase<'_>) -> Result<Option<Found>, Fault>),
    /// A tag, whatever it releases.
    Tag(fn(&TagCase<'_>) -> Result<Option<Found>, Fault>),
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

const fn rule(
    id: &'static str,
    default: Level,
    summary: &'static str,
    hides: &'static [&'static str],
    check: Check,
) -> Rule {
    Rule { id, default, summary, hides, check }
}

/// Every rule.
pub const RULES: &[Rule] = &[
    rule(
        "tag-missing-v",
        Level::Warn,
        "a version tag without the leading v",
        &["tag-build-metadata", "tag-prefix-unknown-dir"],
        Check::Tag(tag_names::missing_v),
    ),
    rule(
        "tag-uppercase-v",
        Level::Warn,
        "a version tag with a capital V",
        &["tag-prefix-unknown-dir"],
        Check::Tag(tag_names::uppercase_v),
    ),
    rule(
        "tag-shorthand",
        Level::Warn,
        "a new tag of one or two numbers (vX, vX.Y): the go command takes it for a query",
        &["tag-prefix-unknown-dir"],
        Check::Tag(tag_names::shorthand),
    ),
    rule(
        "tag-not-semver",
        Level::Warn,
        "a tag that begins like a version and is none",
        &["tag-prefix-unknown-dir"],
        Check::Tag(tag_names::not_semver),
    ),
    rule(
        "tag-build-metadata",
        Level::Reject,
        "a version tag with +metadata, which the go command never lists",
        &["tag-prefix-unknown-dir"],
        Check::Tag(tag_names::build_metadata),
    ),
    rule(
        "tag-incompatible-literal",
        Level::Reject,
        "a tag with +incompatible, which only the go command may add",
        &["tag-prefix-unknown-dir"],
        Check::Tag(tag_names::incompatible_literal),
    ),
    rule(
        "tag-pseudo-version",
        Level::Reject,
        "a tag in the form of a pseudo-version",
        &["tag-prefix-unknown-dir"],
        Check::Tag(tag_names::pseudo_version),
    ),
    rule(
        "tag-prefix-unknown-dir",
        Level::Warn,
        "a version tag whose prefix is no directory of the commit (rejected where that module has releases)",
        &[],
        Check::Tag(placement::prefix_unknown_dir),
    ),
    rule(
        "tag-prefix-has-major-dir",
        Level::Reject,
        "a tag prefix that ends in the major directory (v2/v2.1.0 instead of v2.1.0)",
        &["module-path-mismatch"],
        Check::Release(placement::prefix_has_major_dir),
    ),
    rule(
        "tag-not-commit",
        Level::Reject,
        "a version tag on a tree or a file",
        &[],
        Check::Tag(placement::not_commit),
    ),
    rule(
        "tag-moved",
        Level::Reject,
        "the tag of an accepted version is moved to another commit",
        &["version-republished"],
        Check::Ledger(immutability::moved),
    ),
    rule(
        "tag-deleted",
        Level::Reject,
        "the tag of an accepted version is deleted",
        &["version-republished"],
        Check::Ledger(immutability::deleted),
    ),
    rule(
        "version-republished",
        Level::Reject,
        "a version that was accepted before, with other content",
        &[],
        Check::Ledger(immutability::republished),
    ),
    rule(
        "gomod-missing",
        Level::Warn,
        "no go.mod in the root (info where the release before had none either)",
        &[],
        Check::Release(placement::gomod_missing),
    ),
    rule(
        "gomod-removed",
        Level::Reject,
        "no go.mod in the root, but the release before had one",
        &["gomod-missing"],
        Check::Release(placement::gomod_removed),
    ),
    rule(
        "gomod-missing-submodule",
        Level::Reject,
        "a tag for a directory with Go files and no go.mod (warn where only directories below it have some)",
        &["tag-prefix-unknown-dir"],
        Check::Release(placement::gomod_missing_submodule),
    ),
    rule(
        "module-path-mismatch",
        Level::Reject,
        "go.mod declares another module path than the repository serves",
        &[],
        Check::Release(module_path::mismatch),
    ),
    rule(
        "module-path-case",
        Level::Reject,
        "go.mod declares the module path in another case",
        &["module-path-mismatch"],
        Check::Release(module_path::case),
    ),
    rule(
        "major-suffix-missing",
        Level::Reject,
        "a release from v2 on whose module path lacks /vN",
        &["module-path-mismatch"],
        Check::Release(module_path::suffix_missing),
    ),
    rule(
        "major-suffix-mismatch",
        Level::Reject,
        "the /vN of the module path is not the major version of the tag",
        &["module-path-mismatch"],
        Check::Release(module_path::suffix_mismatch),
    ),
    rule(
        "major-suffix-v0-v1",
        Level::Reject,
        "a module path that ends in /v0, /v1, /v02 or /v1.2",
        &["module-path-mismatch", "major-suffix-mismatch", "major-suffix-missing"],
        Check::Release(module_path::suffix_v0_v1),
    ),
    rule(
        "major-defined-twice",
        Level::Reject,
        "go.mod and vN/go.mod both declare /vN",
        &[],
        Check::Release(module_path::defined_twice),
    ),
    rule(
        "major-dir-broken",
        Level::Reject,
        "vN/go.mod exists and does not declare /vN",
        &["major-suffix-missing"],
        Check::Release(module_path::dir_broken),
    ),
    rule(
        "gomod-syntax",
        Level::Reject,
        "a go.mod that no consumer can parse",
        &[],
        Check::Release(content::syntax),
    ),
    rule(
        "release-unfetchable",
        Level::Reject,
        "the go command could not fetch the version, for a reason that no other rule explains",
        &[],
        Check::Gate,
    ),
];

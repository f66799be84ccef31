//! Differences that are known, with their reasons: `cases/known-differences.txt`, the only list of them.
//!
//! One line is `KIND RULE reason`. A kind that is not in the list is not tolerated, and one that nothing here looks for is an
//! error: a difference that is gone leaves the list.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// What is looked for. [`Kind::name`] is what the list calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Digits that are a commit's and the name of a ref.
    HashNamedRef,
    /// A commit that no branch or tag reaches, but HEAD does.
    HeadHistory,
    /// A commit after the year 9999, whose .info no client can have.
    LateCommit,
    /// The base of a pseudo-version where tags with build metadata are near.
    MetaBase,
    /// History that direct mode does not get from a repository without branches.
    NoBranch,
    /// A prefix query that chooses a hidden incompatible version.
    PrefixIncompatible,
    /// The list of a module with a tag on a tree or a blob.
    SpoiledList,
    /// An answer that a cache changes.
    WarmCache,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::HashNamedRef,
        Self::HeadHistory,
        Self::LateCommit,
        Self::MetaBase,
        Self::NoBranch,
        Self::PrefixIncompatible,
        Self::SpoiledList,
        Self::WarmCache,
    ];

    /// The name in the list.
    pub fn name(self) -> &'static str {
        match self {
            Self::HashNamedRef => "hash-named-ref",
            Self::HeadHistory => "head-history",
            Self::LateCommit => "late-commit",
            Self::MetaBase => "meta-base",
            Self::NoBranch => "no-branch",
            Self::PrefixIncompatible => "prefix-incompatible",
            Self::SpoiledList => "spoiled-list",
            Self::WarmCache => "warm-cache",
        }
    }
}

/// The list.
#[derive(Debug)]
pub struct Known(BTreeSet<Kind>);

impl Known {
    /// The list of this workspace.
    ///
    /// # Panics
    /// When the list makes no sense.
    #[track_caller]
    pub fn list() -> Self {
        match Self::parse(include_str!("../../cases/known-differences.txt")) {
            Ok(known) => known,
            Err(error) => panic!("cases/known-differences.txt: {error}"),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut kinds = BTreeSet::new();
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default();
            let rule = words.next().unwrap_or_default();
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
            let kind = kind.ok_or_else(|| format!("nothing looks for {name:?}"))?;
            if !rule.starts_with(|letter: char| letter.is_ascii_uppercase())
                || words.next().is_none()
            {
                return Err(format!("{name}: a rule and a reason are missing"));
            }
            kinds.insert(kind);
        }
        Ok(Self(kinds))
    }

    /// Whether differences of this kind are tolerated.
    pub fn tolerates(&self, kind: Kind) -> bool {
        self.0.contains(&kind)
    }
}

/// How often each kind was met.
pub type Tolerated = BTreeMap<&'static str, u64>;

#[cfg(test)]
mod tests {
    use super::{Kind, Known};

    #[test]
    fn list_of_the_workspace_is_sound() {
        assert!(Known::list().tolerates(Kind::WarmCache));
    }

    #[test]
    fn kinds_need_a_name_a_rule_and_a_reason() {
        assert!(Known::parse("# all\nwarm-cache N4 depends\n").unwrap().tolerates(Kind::WarmCache));
        assert!(!Known::parse("warm-cache N4 depends\n").unwrap().tolerates(Kind::MetaBase));
        assert_eq!(
            Known::parse("cold-cache N4 x").unwrap_err(),
            "nothing looks for \"cold-cache\""
        );
        assert!(
            Known::parse("warm-cache N4").is_err() && Known::parse("warm-cache because").is_err()
        );
    }
}

//! What the operator writes, section by section: host, repositories, modules, tags, exceptions.

use std::collections::BTreeMap;
use std::fmt;

use crate::timestamp;

use super::{At, Level, Pattern, Preset, RepositoryFile, RepositoryKind};

/// Levels by rule id, as they were written.
pub type Levels = BTreeMap<String, At<Level>>;

/// Rules that a pusher may skip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skippable {
    /// Every rule.
    All,
    /// The rules of these ids.
    These(Vec<String>),
}

impl Skippable {
    /// Whether this rule may be skipped.
    pub fn holds(&self, rule: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(rules) => rules.iter().any(|known| known == rule),
        }
    }
}

/// What `[policy]` and each `[[policy.repository]]` may say beside levels; nothing where they are silent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Whether the first pushes to a repository without accepted releases are imports.
    pub import: Option<At<bool>>,
    /// The size of a module, in bytes, above which it is told.
    pub large_module_bytes: Option<At<u64>>,
    /// How far a minor or patch number may be above the one before it.
    pub max_leap: Option<At<u64>>,
    /// The newest Go release that modules may ask for; without a patch number, every patch of it.
    pub newest_go: Option<At<String>>,
    /// How far a repository may decide for itself.
    pub repository_file: Option<At<RepositoryFile>>,
    /// What a pusher may skip.
    pub skip: Option<At<Skippable>>,
}

impl Choices {
    /// These choices, and those of `other` where it has any.
    pub(super) fn overlaid(self, other: &Self) -> Self {
        Self {
            import: other.import.clone().or(self.import),
            large_module_bytes: other.large_module_bytes.clone().or(self.large_module_bytes),
            max_leap: other.max_leap.clone().or(self.max_leap),
            newest_go: other.newest_go.clone().or(self.newest_go),
            repository_file: other.repository_file.clone().or(self.repository_file),
            skip: other.skip.clone().or(self.skip),
        }
    }
}

/// One `[[policy.repository]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryPolicy {
    /// The repositories it is about.
    pub pattern: Pattern,
    /// What they are.
    pub kind: Option<RepositoryKind>,
    /// What differs from the host's choices.
    pub choices: Choices,
    /// Levels that differ from the host's.
    pub levels: Levels,
}

/// One `[[policy.module]]` or `[[policy.tag]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPolicy {
    /// The module paths or tag names it is about.
    pub pattern: Pattern,
    /// The repositories in which it holds; all where there is none.
    pub repository: Option<Pattern>,
    /// Its levels.
    pub levels: Levels,
}

/// The day an exception ends with, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The last second of the day, since 1970.
    last: i64,
}

impl Day {
    /// The day of a date such as `2026-12-31`.
    pub fn parse(date: &str) -> Option<Self> {
        let last = timestamp::from_rfc3339(&format!("{date}T23:59:59Z"))?;
        Some(Self { last })
    }

    /// Whether the day is over at `now`, in seconds since 1970.
    pub const fn is_over(self, now: i64) -> bool {
        now > self.last
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = timestamp::rfc3339(self.last).unwrap_or_default();
        f.write_str(time.split('T').next().unwrap_or_default())
    }
}

/// One `[[policy.exception]]`: for a while, some rules have another level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The rules.
    pub rules: Vec<String>,
    /// The repositories in which it holds; all where there is none.
    pub repository: Option<Pattern>,
    /// The module paths for which it holds; all where there is none.
    pub module: Option<Pattern>,
    /// The tags for which it holds; all where there is none.
    pub tag: Option<Pattern>,
    /// The level that the rules have.
    pub level: Level,
    /// Who answers for it.
    pub owner: String,
    /// Why it is made.
    pub reason: String,
    /// When it ends.
    pub until: Day,
}

/// All that one author says about rules in one repository: the operator, or the repository's own file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSet {
    /// Where levels start from.
    pub preset: Option<At<Preset>>,
    /// Levels for the whole repository.
    pub levels: Levels,
    /// Levels by module path, later ones before earlier ones.
    pub modules: Vec<NamedPolicy>,
    /// Levels by tag name, later ones before earlier ones.
    pub tags: Vec<NamedPolicy>,
    /// Exceptions, later ones before earlier ones.
    pub exceptions: Vec<At<Exception>>,
}

/// What a finding is about, as far as levels depend on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct About<'a> {
    /// The tag, without `refs/tags/`; nothing for a branch.
    pub tag: Option<&'a str>,
    /// The module path, where a module is concerned.
    pub module: Option<&'a str>,
}

/// Those sections of a rule set that are about one tag and module, the decisive one first.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers<'a> {
    levels: Vec<&'a Levels>,
    exceptions: Vec<&'a At<Exception>>,
}

fn is_meant(pattern: Option<&Pattern>, name: Option<&str>) -> bool {
    pattern.is_none_or(|pattern| name.is_some_and(|name| pattern.matches(name)))
}

impl RuleSet {
    /// The sections that are about this.
    pub(super) fn layers(&self, about: About<'_>) -> Layers<'_> {
        let named = |sections: &'_ [NamedPolicy], name| -> Vec<usize> {
            let meant = |at: &usize| is_meant(Some(&sections[*at].pattern), name);
            (0..sections.len()).rev().filter(meant).collect()
        };
        let tags = named(&self.tags, about.tag).into_iter().map(|at| &self.tags[at].levels);
        let modules = named(&self.modules, about.module).into_iter();
        let modules = modules.map(|at| &self.modules[at].levels);
        let exceptions = self.exceptions.iter().rev().filter(|At { value, .. }| {
            is_meant(value.tag.as_ref(), about.tag) && is_meant(value.module.as_ref(), about.module)
        });
        Layers {
            levels: tags.chain(modules).chain([&self.levels]).collect(),
            exceptions: exceptions.collect(),
        }
    }

    /// Every level that is written for a rule, whatever it is about.
    pub fn all_of<'a>(&'a self, rule: &'a str) -> impl Iterator<Item = &'a At<Level>> {
        let sections = self.modules.iter().chain(&self.tags).map(|section| &section.levels);
        sections.chain([&self.levels]).filter_map(move |levels| levels.get(rule))
    }
}

impl<'a> Layers<'a> {
    /// The level that is written for a rule.
    pub(super) fn written(&self, rule: &str) -> Option<&'a At<Level>> {
        self.levels.iter().find_map(|levels| levels.get(rule))
    }

    fn exceptions(&self, rule: &str) -> impl Iterator<Item = &'a At<Exception>> {
        let of_rule =
            move |e: &&&At<Exception>| e.value.rules.iter().any(|excepted| excepted == rule);
        self.exceptions.iter().filter(of_rule).copied()
    }

    /// The exception that holds for a rule.
    pub(super) fn exception(&self, rule: &str, now: i64) -> Option<&'a At<Exception>> {
        self.exceptions(rule).find(|exception| !exception.value.until.is_over(now))
    }

    /// The exception for a rule that ended last.
    pub(super) fn ended(&self, rule: &str, now: i64) -> Option<&'a At<Exception>> {
        let over = self.exceptions(rule).filter(|exception| exception.value.until.is_over(now));
        over.max_by_key(|exception| exception.value.until.last)
    }
}

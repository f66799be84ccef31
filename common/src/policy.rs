//! What the operator decides about the rules: a level for each, host-wide and by repository.
//!
//! A level comes, first match wins, from the last matching `[[policy.repository]]` that names the rule,
//! from `[policy]`, from the preset, from the rule itself. Only the last two may be raised when a finding
//! makes a version useless to everyone (K5, K7): what the operator wrote stays as written (K10).
//!
//! The presets: `default` leaves the rules' own levels, `observe` refuses nothing, `strict` refuses
//! what would be a warning.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

mod pattern;

pub use pattern::{Pattern, PatternError};

/// How much a finding weighs (K1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule is not reported.
    Off,
    /// Told to those who ask for everything.
    Info,
    /// Told, and let in.
    Warn,
    /// Told, and the push is refused.
    Reject,
}

impl Level {
    /// All levels by the name that settings give them.
    pub const NAMED: [(&'static str, Self); 4] =
        [("off", Self::Off), ("info", Self::Info), ("warn", Self::Warn), ("reject", Self::Reject)];

    /// The name in settings and reports.
    pub const fn name(self) -> &'static str {
        Self::NAMED[self as usize].0
    }
}

/// A ready-made set of levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// Each rule as section 20 has it.
    #[default]
    Default,
    /// Nothing is refused.
    Observe,
    /// Warnings refuse too.
    Strict,
}

impl Preset {
    /// All presets by the name that settings give them.
    pub const NAMED: [(&'static str, Self); 3] =
        [("default", Self::Default), ("observe", Self::Observe), ("strict", Self::Strict)];

    /// The name in settings.
    pub const fn name(self) -> &'static str {
        Self::NAMED[self as usize].0
    }

    fn apply(self, level: Level) -> Level {
        match (self, level) {
            (Self::Observe, Level::Reject) => Level::Warn,
            (Self::Strict, Level::Warn) => Level::Reject,
            _ => level,
        }
    }
}

/// What happens to a push with release tags when the check cannot be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// It is refused.
    #[default]
    Closed,
    /// It is let in; the daemon judges it later.
    Open,
}

impl OnError {
    /// Both by the name that settings give them.
    pub const NAMED: [(&'static str, Self); 2] = [("closed", Self::Closed), ("open", Self::Open)];

    /// The name in settings.
    pub const fn name(self) -> &'static str {
        Self::NAMED[self as usize].0
    }
}

/// What a repository is, where it is not one of this host's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepositoryKind {
    /// A copy of a repository that has its releases elsewhere: nothing is judged, nothing is served.
    Mirror,
}

impl RepositoryKind {
    /// All kinds by the name that settings give them.
    pub const NAMED: [(&'static str, Self); 1] = [("mirror", Self::Mirror)];

    /// The name in settings.
    pub const fn name(self) -> &'static str {
        Self::NAMED[self as usize].0
    }
}

/// Levels by rule id, as the operator wrote them.
pub type Levels = BTreeMap<String, Level>;

/// One `[[policy.repository]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryPolicy {
    /// The repositories it is about.
    pub pattern: Pattern,
    /// What they are.
    pub kind: Option<RepositoryKind>,
    /// Whether their first pushes are imports.
    pub import: Option<bool>,
    /// Levels that differ from the host's.
    pub levels: Levels,
}

/// The policy of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Where levels start from.
    pub preset: Preset,
    /// What an unfinished check means.
    pub on_error: OnError,
    /// How long the check of one push may take.
    pub time_limit: Duration,
    /// Whether versions that nobody can use are listed and served as the go command would find them (N6).
    pub serve_broken: bool,
    /// Whether the first pushes to a repository without accepted releases are imports.
    pub import: bool,
    /// Levels for all repositories.
    pub levels: Levels,
    /// Exceptions, later ones before earlier ones.
    pub repositories: Vec<RepositoryPolicy>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            preset: Preset::Default,
            on_error: OnError::Closed,
            // Big hosts give all hooks of a push together five seconds.
            time_limit: Duration::from_secs(4),
            serve_broken: false,
            import: false,
            levels: Levels::new(),
            repositories: Vec::new(),
        }
    }
}

impl Policy {
    /// What holds for the repository at this path under the root, less `.git`.
    pub fn effective(&self, repository: &str) -> Effective {
        let mut effective = Effective {
            preset: self.preset,
            levels: self.levels.clone(),
            mirror: false,
            import: self.import,
        };
        for section in self.repositories.iter().filter(|s| s.pattern.matches(repository)) {
            effective.levels.extend(section.levels.clone());
            effective.mirror |= section.kind == Some(RepositoryKind::Mirror);
            effective.import = section.import.unwrap_or(effective.import);
        }
        effective
    }
}

/// Whether a finding may be raised above its default (K5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escalation {
    /// The level is what it is.
    Forbidden,
    /// The version is of no use to anyone: refuse it, unless the operator wrote otherwise.
    Refuse,
}

/// The policy of one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effective {
    preset: Preset,
    levels: Levels,
    mirror: bool,
    import: bool,
}

impl Effective {
    /// The level that the operator wrote for this rule, if any.
    pub fn written(&self, rule: &str) -> Option<Level> {
        self.levels.get(rule).copied()
    }

    /// The level of a finding of this rule whose own level is `default`.
    pub fn level(&self, rule: &str, default: Level, escalation: Escalation) -> Level {
        self.written(rule).unwrap_or_else(|| {
            self.preset.apply(match escalation {
                Escalation::Forbidden => default,
                Escalation::Refuse => Level::Reject,
            })
        })
    }

    /// How far a minor or patch number may be above the one before it.
    pub const fn max_leap(&self) -> u64 {
        100
    }

    /// The size of a module, in bytes, above which it is told.
    pub const fn large_module(&self) -> u64 {
        50 << 20
    }

    /// The newest Go release that modules may ask for; without a patch number, every patch of it.
    pub const fn newest_go(&self) -> &'static str {
        "1.27"
    }

    /// Whether the repository has its releases elsewhere.
    pub const fn is_mirror(&self) -> bool {
        self.mirror
    }

    /// Whether pushes are imports while the repository has no accepted release.
    pub const fn import(&self) -> bool {
        self.import
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(pattern: &str, levels: &[(&str, Level)]) -> RepositoryPolicy {
        RepositoryPolicy {
            pattern: Pattern::parse(pattern).unwrap(),
            kind: None,
            import: None,
            levels: levels.iter().map(|(rule, level)| ((*rule).to_owned(), *level)).collect(),
        }
    }

    #[test]
    fn later_sections_go_before_earlier_ones_and_before_the_host() {
        let policy = Policy {
            levels: [("a".to_owned(), Level::Info), ("b".to_owned(), Level::Info)].into(),
            repositories: vec![
                section("team/**", &[("a", Level::Warn), ("c", Level::Off)]),
                section("team/lib", &[("a", Level::Reject)]),
                section("other/*", &[("b", Level::Off)]),
            ],
            ..Policy::default()
        };
        let effective = policy.effective("team/lib");
        let written = |rule| effective.written(rule);
        assert_eq!(written("a"), Some(Level::Reject));
        assert_eq!(written("b"), Some(Level::Info));
        assert_eq!(written("c"), Some(Level::Off));
        assert_eq!(written("d"), None);
        assert_eq!(policy.effective("team/x").written("a"), Some(Level::Warn));
    }

    #[test]
    fn a_mirror_and_an_import_are_named_by_pattern() {
        let mut mirror = section("mirrors/**", &[]);
        mirror.kind = Some(RepositoryKind::Mirror);
        let mut import = section("new/*", &[]);
        import.import = Some(true);
        let policy = Policy { repositories: vec![mirror, import], ..Policy::default() };
        assert!(policy.effective("mirrors/a/b").is_mirror());
        assert!(!policy.effective("mirrors").is_mirror());
        assert!(policy.effective("new/a").import());
        assert!(!policy.effective("old/a").import());
    }

    #[track_caller]
    fn check(preset: Preset, default: Level, escalation: Escalation, expected: Level) {
        let policy = Policy { preset, ..Policy::default() }.effective("r");
        assert_eq!(policy.level("rule", default, escalation), expected, "{preset:?} {default:?}");
    }

    #[test]
    fn presets_and_escalation_move_defaults_only() {
        use Escalation::{Forbidden, Refuse};
        check(Preset::Default, Level::Warn, Forbidden, Level::Warn);
        check(Preset::Default, Level::Warn, Refuse, Level::Reject);
        check(Preset::Observe, Level::Reject, Forbidden, Level::Warn);
        check(Preset::Observe, Level::Warn, Refuse, Level::Warn);
        check(Preset::Observe, Level::Info, Forbidden, Level::Info);
        check(Preset::Strict, Level::Warn, Forbidden, Level::Reject);
        check(Preset::Strict, Level::Info, Forbidden, Level::Info);
        let levels = [("rule".to_owned(), Level::Info)].into();
        let written = Policy { levels, ..Policy::default() }.effective("r");
        assert_eq!(written.level("rule", Level::Reject, Refuse), Level::Info);
    }

    #[test]
    fn names_stand_in_the_order_of_the_variants() {
        assert!(Level::NAMED.iter().all(|(name, level)| level.name() == *name));
        assert!(Preset::NAMED.iter().all(|(name, preset)| preset.name() == *name));
        assert!(OnError::NAMED.iter().all(|(name, on_error)| on_error.name() == *name));
    }
}

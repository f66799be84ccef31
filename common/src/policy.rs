//! What the operator decides about the rules: levels, host-wide, by repository, by module, by tag, and for a while.
//!
//! Reading order: this file (the words), `section` (what is written), `effective` (what holds in one repository, and
//! which section decides), `origin` (where it was written), `pattern`.
//!
//! The presets: `default` leaves the rules' own levels, `observe` refuses nothing, `strict` refuses
//! what would be a warning.

use std::time::Duration;

use serde::{Deserialize, Serialize};

mod effective;
mod origin;
mod pattern;
mod section;

pub use effective::{Decision, Effective, Escalation, Scoped, Source};
pub use origin::{At, Origin};
pub use pattern::{Pattern, PatternError};
pub use section::{
    About, Choices, Day, Exception, Levels, NamedPolicy, RepositoryPolicy, RuleSet, Skippable,
};

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

    /// How strict it is, beside the others.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Observe => 0,
            Self::Default => 1,
            Self::Strict => 2,
        }
    }

    /// What it makes of a rule's own level.
    pub const fn apply(self, level: Level) -> Level {
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

/// What a repository's own `.modgate.toml` may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RepositoryFile {
    /// Whatever it says.
    Any,
    /// Nothing: it is not read.
    Off,
    /// Make the policy stricter.
    #[default]
    Stricter,
}

impl RepositoryFile {
    /// All of them by the name that settings give them.
    pub const NAMED: [(&'static str, Self); 3] =
        [("any", Self::Any), ("off", Self::Off), ("stricter", Self::Stricter)];

    /// The name in settings.
    pub const fn name(self) -> &'static str {
        Self::NAMED[self as usize].0
    }
}

/// The policy of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Where levels start from.
    pub preset: At<Preset>,
    /// What an unfinished check means.
    pub on_error: OnError,
    /// How long the check of one push may take.
    pub time_limit: Duration,
    /// Whether versions that nobody can use are listed and served as the go command would find them (N6).
    pub serve_broken: bool,
    /// What repositories may have otherwise.
    pub choices: Choices,
    /// Levels for all repositories.
    pub levels: Levels,
    /// What differs by repository, later ones before earlier ones.
    pub repositories: Vec<RepositoryPolicy>,
    /// Levels by module path, later ones before earlier ones.
    pub modules: Vec<NamedPolicy>,
    /// Levels by tag name, later ones before earlier ones.
    pub tags: Vec<NamedPolicy>,
    /// Exceptions, later ones before earlier ones.
    pub exceptions: Vec<At<Exception>>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            preset: At::unwritten(Preset::Default),
            on_error: OnError::Closed,
            // Big hosts give all hooks of a push together five seconds.
            time_limit: Duration::from_secs(4),
            serve_broken: false,
            choices: Choices::default(),
            levels: Levels::new(),
            repositories: Vec::new(),
            modules: Vec::new(),
            tags: Vec::new(),
            exceptions: Vec::new(),
        }
    }
}

impl Policy {
    /// What the operator lets hold for the repository at this path under the root, less `.git`.
    pub fn effective(&self, repository: &str) -> Effective {
        Effective::new(self, repository)
    }

    /// Whether the repository has its releases elsewhere.
    pub fn is_mirror(&self, repository: &str) -> bool {
        let is_mirror = |section: &RepositoryPolicy| section.kind == Some(RepositoryKind::Mirror);
        self.repositories.iter().any(|s| is_mirror(s) && s.pattern.matches(repository))
    }
}

#[cfg(test)]
mod tests;

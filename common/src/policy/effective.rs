//! What holds in one repository: the level of each rule, and where it comes from.
//!
//! Among what the operator wrote, the first of these decides: an exception while it lasts, the last matching
//! `[[policy.tag]]` that names the rule, the last `[[policy.module]]`, the last `[[policy.repository]]`, `[policy]`, the
//! preset, the rule itself. Only the last two may be raised when a finding makes a version useless to everyone (K5,
//! K7): what was written stays as written (K10).
//!
//! The repository's own `.modgate.toml` comes on top: by default only where it is stricter; where the operator allows
//! `any`, its exceptions go before the host's, and its levels before the host's levels.

use std::time::Duration;

use super::section::Layers;
use super::{
    About, At, Choices, Exception, Level, OnError, Origin, Policy, Preset, RepositoryFile, RuleSet,
    Skippable,
};

/// Whether a finding may be raised above its default (K5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escalation {
    /// The level is what it is.
    Forbidden,
    /// The version is of no use to anyone: refuse it, unless the operator wrote otherwise.
    Refuse,
}

/// Where a level comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// An exception that lasts.
    Exception(&'a At<Exception>),
    /// A preset that changes the rule's own level.
    Preset(&'a At<Preset>),
    /// The rule.
    Rule,
    /// A level that somebody wrote.
    Written(&'a Origin),
}

/// The level of a rule, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The level.
    pub level: Level,
    /// Where it comes from.
    pub source: Source<'a>,
    /// An exception that would hold, were it not over.
    pub ended: Option<&'a At<Exception>>,
}

impl<'a> Decision<'a> {
    /// The exception that gave the level.
    pub const fn exception(&self) -> Option<&'a At<Exception>> {
        match self.source {
            Source::Exception(exception) => Some(exception),
            Source::Preset(_) | Source::Rule | Source::Written(_) => None,
        }
    }
}

/// The policy of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    host: RuleSet,
    own: Option<RuleSet>,
    choices: Choices,
    on_error: OnError,
    time_limit: Duration,
    serve_broken: bool,
    mirror: bool,
    notes: Vec<String>,
}

impl Default for Effective {
    fn default() -> Self {
        Policy::default().effective("")
    }
}

/// The value, or the default with the origin that says so.
fn chosen<T: Clone>(choice: Option<&At<T>>, default: T) -> At<T> {
    choice.cloned().unwrap_or_else(|| At::unwritten(default))
}

impl Effective {
    pub(super) fn new(policy: &Policy, repository: &str) -> Self {
        let is_here = |pattern: Option<&super::Pattern>| {
            pattern.is_none_or(|pattern| pattern.matches(repository))
        };
        let named = |sections: &[super::NamedPolicy]| -> Vec<super::NamedPolicy> {
            sections.iter().filter(|s| is_here(s.repository.as_ref())).cloned().collect()
        };
        let exceptions =
            policy.exceptions.iter().filter(|e| is_here(e.value.repository.as_ref())).cloned();
        let mut effective = Self {
            host: RuleSet {
                preset: Some(policy.preset.clone()),
                levels: policy.levels.clone(),
                modules: named(&policy.modules),
                tags: named(&policy.tags),
                exceptions: exceptions.collect(),
            },
            own: None,
            choices: policy.choices.clone(),
            on_error: policy.on_error,
            time_limit: policy.time_limit,
            serve_broken: policy.serve_broken,
            mirror: policy.is_mirror(repository),
            notes: Vec::new(),
        };
        for section in policy.repositories.iter().filter(|s| s.pattern.matches(repository)) {
            effective.host.levels.extend(section.levels.clone());
            effective.choices = effective.choices.overlaid(&section.choices);
        }
        effective
    }

    /// The same with what the repository's own file says, and what there is to say about that file.
    pub fn with_own(self, own: Option<RuleSet>, notes: Vec<String>) -> Self {
        Self { own, notes, ..self }
    }

    /// What there is to say about the repository's own file: what is wrong with it, what is ignored.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What holds for findings about this.
    pub fn about(&self, about: About<'_>) -> Scoped<'_> {
        let own = self.own.as_ref().map(|own| own.layers(about)).unwrap_or_default();
        Scoped { policy: self, host: self.host.layers(about), own }
    }

    /// The lowest level that the operator gives a rule anywhere in the repository, exceptions aside.
    pub fn lowest(&self, rule: &str, default: Level) -> Level {
        let whole = || self.host_preset().value.apply(default);
        let base = self.host.levels.get(rule).map_or_else(whole, |level| level.value);
        self.host.all_of(rule).map(|level| level.value).fold(base, Level::min)
    }

    /// The preset that the operator wrote.
    pub fn host_preset(&self) -> At<Preset> {
        chosen(self.host.preset.as_ref(), Preset::Default)
    }

    fn is_any(&self) -> bool {
        self.repository_file().value == RepositoryFile::Any
    }

    /// The preset that holds.
    fn preset(&self) -> Option<&At<Preset>> {
        let host = self.host.preset.as_ref();
        let own = self.own.as_ref().and_then(|own| own.preset.as_ref());
        let counts = |own: &&At<Preset>| {
            self.is_any() || host.is_none_or(|host| own.value.rank() > host.value.rank())
        };
        own.filter(counts).or(host)
    }

    /// Every exception that could hold in the repository, the host's before its own.
    pub fn exceptions(&self) -> impl Iterator<Item = &At<Exception>> {
        let own = self.own.iter().flat_map(|own| &own.exceptions);
        self.host.exceptions.iter().chain(own)
    }

    /// What an unfinished check means.
    pub const fn on_error(&self) -> OnError {
        self.on_error
    }

    /// How long the check of a push may take.
    pub const fn time_limit(&self) -> Duration {
        self.time_limit
    }

    /// Whether versions that nobody can use are served as the go command would find them.
    pub const fn serve_broken(&self) -> bool {
        self.serve_broken
    }

    /// How far a minor or patch number may be above the one before it.
    pub fn max_leap(&self) -> At<u64> {
        chosen(self.choices.max_leap.as_ref(), 100)
    }

    /// The size of a module, in bytes, above which it is told.
    pub fn large_module_bytes(&self) -> At<u64> {
        chosen(self.choices.large_module_bytes.as_ref(), 50 << 20)
    }

    /// The newest Go release that modules may ask for; without a patch number, every patch of it.
    pub fn newest_go(&self) -> &str {
        self.choices.newest_go.as_ref().map_or("1.27", |newest| newest.value.as_str())
    }

    /// The same, and where it was written.
    pub fn newest_go_at(&self) -> At<String> {
        chosen(self.choices.newest_go.as_ref(), self.newest_go().to_owned())
    }

    /// Whether the repository has its releases elsewhere.
    pub const fn is_mirror(&self) -> bool {
        self.mirror
    }

    /// Whether pushes are imports while the repository has no accepted release.
    pub fn import(&self) -> At<bool> {
        chosen(self.choices.import.as_ref(), false)
    }

    /// How far the repository may decide for itself.
    pub fn repository_file(&self) -> At<RepositoryFile> {
        chosen(self.choices.repository_file.as_ref(), RepositoryFile::Stricter)
    }

    /// What a pusher may skip; nothing where nobody wrote it.
    pub const fn skip(&self) -> Option<&At<Skippable>> {
        self.choices.skip.as_ref()
    }

    /// Whether a pusher may skip this rule.
    pub fn may_skip(&self, rule: &str) -> bool {
        self.skip().is_some_and(|skip| skip.value.holds(rule))
    }
}

/// The policy of a repository for one tag and module.
#[derive(Debug, Clone)]
pub struct Scoped<'a> {
    policy: &'a Effective,
    host: Layers<'a>,
    own: Layers<'a>,
}

impl<'a> Scoped<'a> {
    /// The level of a finding of this rule whose own level is `default`.
    pub fn decide(
        &self,
        rule: &str,
        default: Level,
        escalation: Escalation,
        now: i64,
    ) -> Decision<'a> {
        let excepted = |layers: &Layers<'a>| layers.exception(rule, now).map(by_exception);
        let written = |layers: &Layers<'a>| layers.written(rule).map(by_writing);
        let otherwise = || self.unwritten(default, escalation);
        let (host, own) = (&self.host, &self.own);
        let decision = if self.policy.is_any() {
            let exception = excepted(own).or_else(|| excepted(host));
            let level = || written(own).or_else(|| written(host));
            exception.or_else(level).unwrap_or_else(otherwise)
        } else {
            let of_host = excepted(host).or_else(|| written(host)).unwrap_or_else(otherwise);
            let of_own = excepted(own).or_else(|| written(own));
            of_own.filter(|own| own.level > of_host.level).unwrap_or(of_host)
        };
        let is_excepted = decision.exception().is_some();
        let ended = || host.ended(rule, now).or_else(|| own.ended(rule, now));
        Decision { ended: if is_excepted { None } else { ended() }, ..decision }
    }

    /// Where nobody wrote a level.
    fn unwritten(&self, default: Level, escalation: Escalation) -> Decision<'a> {
        let level = match escalation {
            Escalation::Forbidden => default,
            Escalation::Refuse => Level::Reject,
        };
        let preset = self.policy.preset();
        let preset = preset.filter(|preset| preset.value.apply(level) != level);
        let source = preset.map_or(Source::Rule, Source::Preset);
        let level = preset.map_or(level, |preset| preset.value.apply(level));
        Decision { level, source, ended: None }
    }
}

fn by_exception(exception: &At<Exception>) -> Decision<'_> {
    let source = Source::Exception(exception);
    Decision { level: exception.value.level, source, ended: None }
}

fn by_writing(level: &At<Level>) -> Decision<'_> {
    Decision { level: level.value, source: Source::Written(&level.origin), ended: None }
}

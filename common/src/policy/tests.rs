//! Which section decides about a level.

use super::*;

const NOW: i64 = 1_767_225_600; // 2026-01-01T00:00:00Z

fn levels(levels: &[(&str, Level)]) -> Levels {
    levels.iter().map(|(rule, level)| ((*rule).to_owned(), At::unwritten(*level))).collect()
}

fn section(pattern: &str, written: &[(&str, Level)]) -> RepositoryPolicy {
    RepositoryPolicy {
        pattern: Pattern::parse(pattern).unwrap(),
        kind: None,
        choices: Choices::default(),
        levels: levels(written),
    }
}

fn named(pattern: &str, repository: Option<&str>, level: Level) -> NamedPolicy {
    let pattern = Pattern::parse(pattern).unwrap();
    let repository = repository.map(|pattern| Pattern::parse(pattern).unwrap());
    NamedPolicy { pattern, repository, levels: levels(&[("a", level)]) }
}

fn exception(tag: &str, level: Level, until: &str) -> At<Exception> {
    At::unwritten(Exception {
        rules: vec!["a".to_owned()],
        repository: None,
        module: None,
        tag: Some(Pattern::parse(tag).unwrap()),
        level,
        owner: "alice".to_owned(),
        reason: "old".to_owned(),
        until: Day::parse(until).unwrap(),
    })
}

const TAG: About<'_> = About { tag: Some("legacy/v1.0.0"), module: Some("h.io/team/lib/legacy") };

fn level(effective: &Effective, about: About<'_>) -> Level {
    effective.about(about).decide("a", Level::Warn, Escalation::Forbidden, NOW).level
}

#[test]
fn exception_goes_before_tag_module_repository_host_preset_and_rule() {
    let mut policy = Policy::default();
    let found = |policy: &Policy| level(&policy.effective("team/lib"), TAG);
    assert_eq!(found(&policy), Level::Warn, "the rule");
    policy.preset = At::unwritten(Preset::Strict);
    assert_eq!(found(&policy), Level::Reject, "the preset");
    policy.levels = levels(&[("a", Level::Info)]);
    assert_eq!(found(&policy), Level::Info, "the host");
    policy.repositories = vec![
        section("team/**", &[("a", Level::Off)]),
        section("team/lib", &[("a", Level::Warn)]),
        section("team/other", &[("a", Level::Off)]),
    ];
    assert_eq!(found(&policy), Level::Warn, "the last repository");
    policy.modules = vec![
        named("h.io/team/**", None, Level::Off),
        named("h.io/team/lib/*", None, Level::Reject),
        named("h.io/team/lib", None, Level::Off),
        named("**", Some("other/**"), Level::Off),
    ];
    assert_eq!(found(&policy), Level::Reject, "the last module");
    policy.tags = vec![named("**", None, Level::Off), named("legacy/v*", None, Level::Info)];
    assert_eq!(found(&policy), Level::Info, "the last tag");
    policy.exceptions = vec![
        exception("legacy/*", Level::Warn, "2026-12-31"),
        exception("legacy/*", Level::Off, "2025-12-31"),
    ];
    assert_eq!(found(&policy), Level::Warn, "the exception that lasts");
    // Rules of branches know the repository alone.
    assert_eq!(level(&policy.effective("team/lib"), About::default()), Level::Warn);
    let other = About { tag: Some("v1.0.0"), module: Some("h.io/x") };
    policy.tags.remove(0);
    assert_eq!(level(&policy.effective("x"), other), Level::Info, "the host, for another tag");
}

#[test]
fn an_exception_ends_with_its_day() {
    let policy =
        Policy { exceptions: vec![exception("**", Level::Off, "2025-12-31")], ..Policy::default() };
    let effective = policy.effective("x");
    let decide = |now| effective.about(TAG).decide("a", Level::Warn, Escalation::Refuse, now);
    let lasting = decide(NOW - 1);
    assert_eq!((lasting.level, lasting.ended), (Level::Off, None));
    assert_eq!(lasting.exception().unwrap().value.owner, "alice");
    let over = decide(NOW);
    assert_eq!((over.level, over.source), (Level::Reject, Source::Rule));
    assert_eq!(over.ended.unwrap().value.until.to_string(), "2025-12-31");
    let other = effective.about(TAG).decide("b", Level::Warn, Escalation::Forbidden, NOW);
    assert_eq!(other.ended, None, "it is about another rule");
}

// Rules: K5, K10
#[test]
fn what_is_written_is_never_raised() {
    let raised = |policy: &Policy| {
        let effective = policy.effective("team/lib");
        effective.about(TAG).decide("a", Level::Warn, Escalation::Refuse, NOW).level
    };
    assert_eq!(raised(&Policy::default()), Level::Reject);
    let warn = || levels(&[("a", Level::Warn)]);
    let host = Policy { levels: warn(), ..Policy::default() };
    assert_eq!(raised(&host), Level::Warn);
    let tags = vec![named("legacy/*", None, Level::Warn)];
    assert_eq!(raised(&Policy { tags, ..Policy::default() }), Level::Warn);
    let exceptions = vec![exception("**", Level::Warn, "2026-12-31")];
    assert_eq!(raised(&Policy { exceptions, ..Policy::default() }), Level::Warn);
}

fn own(level: Level) -> RuleSet {
    RuleSet { levels: levels(&[("a", level)]), ..RuleSet::default() }
}

// Rules: K10
#[test]
fn a_repositorys_own_file_makes_it_stricter_unless_it_may_do_anything() {
    let host = Policy { levels: levels(&[("a", Level::Warn)]), ..Policy::default() };
    let with =
        |policy: &Policy, own| level(&policy.effective("x").with_own(Some(own), vec![]), TAG);
    assert_eq!(with(&host, own(Level::Reject)), Level::Reject);
    assert_eq!(with(&host, own(Level::Off)), Level::Warn);
    let any = |policy: &Policy| {
        let choices = Choices {
            repository_file: Some(At::unwritten(RepositoryFile::Any)),
            ..Choices::default()
        };
        Policy { choices, ..policy.clone() }
    };
    assert_eq!(with(&any(&host), own(Level::Off)), Level::Off);
    // Its levels cannot keep a default from being raised, but they may where anything is allowed.
    let raised = |policy: &Policy| {
        let effective = policy.effective("x").with_own(Some(own(Level::Warn)), vec![]);
        effective.about(TAG).decide("a", Level::Warn, Escalation::Refuse, NOW).level
    };
    assert_eq!(raised(&Policy::default()), Level::Reject);
    assert_eq!(raised(&any(&Policy::default())), Level::Warn);
    let excepted = || RuleSet {
        exceptions: vec![exception("**", Level::Info, "2026-12-31")],
        ..own(Level::Warn)
    };
    assert_eq!(with(&host, excepted()), Level::Warn);
    assert_eq!(with(&any(&host), excepted()), Level::Info);
    let strict = |preset| RuleSet { preset: Some(At::unwritten(preset)), ..RuleSet::default() };
    assert_eq!(with(&Policy::default(), strict(Preset::Strict)), Level::Reject);
    let host = Policy { preset: At::unwritten(Preset::Strict), ..Policy::default() };
    assert_eq!(with(&host, strict(Preset::Observe)), Level::Reject);
    assert_eq!(with(&any(&host), strict(Preset::Default)), Level::Warn);
}

#[test]
fn what_a_repository_section_says_goes_before_the_host() {
    let mut mirror = section("mirrors/**", &[]);
    mirror.kind = Some(RepositoryKind::Mirror);
    let mut new = section("new/*", &[]);
    new.choices = Choices {
        import: Some(At::unwritten(true)),
        max_leap: Some(At::unwritten(3)),
        skip: Some(At::unwritten(Skippable::These(vec!["a".to_owned()]))),
        ..Choices::default()
    };
    let choices = Choices {
        newest_go: Some(At::unwritten("1.30".to_owned())),
        max_leap: Some(At::unwritten(7)),
        ..Choices::default()
    };
    let policy = Policy { choices, repositories: vec![mirror, new], ..Policy::default() };
    assert!(policy.effective("mirrors/a/b").is_mirror());
    assert!(!policy.effective("mirrors").is_mirror());
    let (new, other) = (policy.effective("new/a"), policy.effective("other"));
    assert!(new.import().value && !other.import().value);
    assert_eq!((new.max_leap().value, other.max_leap().value), (3, 7));
    assert_eq!((new.newest_go(), other.newest_go()), ("1.30", "1.30"));
    assert!(new.may_skip("a") && !new.may_skip("b") && !other.may_skip("a"));
    assert_eq!(Effective::default().large_module_bytes().value, 52_428_800);
}

//! The policy as it is written: `[policy]` and its sections, by the operator or in a repository's own file.

use toml::Spanned;
use toml::de::{DeString, DeTable};

use crate::policy::{
    At, Choices, Exception, Level, Levels, NamedPolicy, OnError, Policy, Preset, RepositoryFile,
    RepositoryKind, RepositoryPolicy, RuleSet, Skippable,
};
use crate::rules;

use super::SettingsError;
use super::source::{Entry, Names, Source};

/// The keys of `[policy]` that are no rules.
const HOST: [&str; 14] = [
    "exception",
    "import",
    "large_module_bytes",
    "max_leap",
    "module",
    "newest_go",
    "on_error",
    "preset",
    "repository",
    "repository_file",
    "serve_broken",
    "skip",
    "tag",
    "time_limit_ms",
];

/// The keys of `[[policy.repository]]` that are no rules.
const REPOSITORY: [&str; 8] = [
    "import",
    "kind",
    "large_module_bytes",
    "match",
    "max_leap",
    "newest_go",
    "repository_file",
    "skip",
];

/// The keys of `[policy]` in a repository's own file that are no rules.
const OWN: [&str; 4] = ["exception", "module", "preset", "tag"];

/// What is said of a host's key in a repository's own file.
const HOSTS_OWN: &str = "left to the host's settings";

/// Who writes: a repository's own file names no repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    Operator,
    Repository,
}

type Key<'t> = Spanned<DeString<'t>>;

/// `[policy]` of the settings.
pub(super) fn host(source: Source<'_>, table: &DeTable<'_>) -> Result<Policy, SettingsError> {
    let mut policy = Policy::default();
    for (key, value) in table {
        let entry = Entry { source, key: key.get_ref().as_ref(), value };
        match entry.key {
            "exception" => policy.exceptions = exceptions(entry, Author::Operator)?,
            "module" => policy.modules = named(entry, Author::Operator)?,
            "on_error" => policy.on_error = entry.choice(&OnError::NAMED)?,
            "preset" => policy.preset = entry.at(entry.choice(&Preset::NAMED)?),
            "repository" => policy.repositories = repositories(entry)?,
            "serve_broken" => policy.serve_broken = entry.boolean()?,
            "tag" => policy.tags = named(entry, Author::Operator)?,
            "time_limit_ms" => policy.time_limit = entry.milliseconds()?,
            _ if choose(&mut policy.choices, entry)? || level(&mut policy.levels, entry)? => {}
            _ => return Err(unknown(source, key, "[policy]", &HOST)),
        }
    }
    Ok(policy)
}

/// A repository's own file.
pub(super) fn own(source: Source<'_>, document: &DeTable<'_>) -> Result<RuleSet, SettingsError> {
    let mut rules = RuleSet::default();
    for (key, value) in document {
        let entry = Entry { source, key: key.get_ref().as_ref(), value };
        if entry.key != "policy" {
            return Err(source.unknown(key, "at the top", ["policy"].into_iter()));
        }
        for (key, value) in entry.table()? {
            let entry = Entry { source, key: key.get_ref().as_ref(), value };
            match entry.key {
                "exception" => rules.exceptions = exceptions(entry, Author::Repository)?,
                "module" => rules.modules = named(entry, Author::Repository)?,
                "preset" => rules.preset = Some(entry.at(entry.choice(&Preset::NAMED)?)),
                "tag" => rules.tags = named(entry, Author::Repository)?,
                _ if level(&mut rules.levels, entry)? => {}
                host if HOST.contains(&host) => return Err(entry.wrong(HOSTS_OWN)),
                _ => return Err(unknown(source, key, "[policy]", &OWN)),
            }
        }
    }
    Ok(rules)
}

/// Takes a key that host and repositories share; says whether it is one.
fn choose(choices: &mut Choices, entry: Entry<'_, '_>) -> Result<bool, SettingsError> {
    match entry.key {
        "import" => choices.import = Some(entry.at(entry.boolean()?)),
        "large_module_bytes" => choices.large_module_bytes = Some(entry.at(entry.bytes()?)),
        "max_leap" => choices.max_leap = Some(entry.at(entry.count()?)),
        "newest_go" => choices.newest_go = Some(entry.at(newest_go(entry)?)),
        "repository_file" => {
            choices.repository_file = Some(entry.at(entry.choice(&RepositoryFile::NAMED)?));
        }
        "skip" => choices.skip = Some(entry.at(skip(entry)?)),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Takes a rule and its level; says whether it is one.
fn level(levels: &mut Levels, entry: Entry<'_, '_>) -> Result<bool, SettingsError> {
    if rules::find(entry.key).is_none() {
        return Ok(false);
    }
    levels.insert(entry.key.to_owned(), entry.at(entry.choice(&Level::NAMED)?));
    Ok(true)
}

/// `1.27` or `1.27.3`.
fn newest_go(entry: Entry<'_, '_>) -> Result<String, SettingsError> {
    let is_number = |part: &str| part.parse::<u16>().is_ok_and(|n| n.to_string() == part);
    let is_release =
        |text: &&str| matches!(text.split('.').count(), 2 | 3) && text.split('.').all(is_number);
    let wrong = || entry.wrong("a Go release, such as \"1.27\" or \"1.27.3\"");
    entry.text().filter(is_release).map(str::to_owned).ok_or_else(wrong)
}

/// `"all"`, or rules.
fn skip(entry: Entry<'_, '_>) -> Result<Skippable, SettingsError> {
    if entry.text() == Some("all") {
        return Ok(Skippable::All);
    }
    let rules = entry.list("\"all\" or a list of rules")?;
    rules.into_iter().map(Entry::rule).collect::<Result<_, _>>().map(Skippable::These)
}

fn repositories(entry: Entry<'_, '_>) -> Result<Vec<RepositoryPolicy>, SettingsError> {
    entry.sections()?.into_iter().map(repository).collect()
}

fn repository(section: Entry<'_, '_>) -> Result<RepositoryPolicy, SettingsError> {
    let (mut pattern, mut kind) = (None, None);
    let (mut choices, mut levels) = (Choices::default(), Levels::new());
    for (key, value) in section.table()? {
        let entry = Entry { key: key.get_ref().as_ref(), value, ..section };
        match entry.key {
            "kind" => kind = Some(entry.choice(&RepositoryKind::NAMED)?),
            "match" => pattern = Some(entry.pattern(Names::Repositories)?),
            _ if choose(&mut choices, entry)? || level(&mut levels, entry)? => {}
            _ => return Err(unknown(section.source, key, "[[policy.repository]]", &REPOSITORY)),
        }
    }
    let pattern = pattern.ok_or_else(|| missing(section, "match"))?;
    Ok(RepositoryPolicy { pattern, kind, choices, levels })
}

/// `[[policy.module]]` or `[[policy.tag]]`, as the key says.
fn named(entry: Entry<'_, '_>, author: Author) -> Result<Vec<NamedPolicy>, SettingsError> {
    let names = if entry.key == "tag" { Names::Tags } else { Names::Modules };
    let known: &[&str] = match author {
        Author::Operator => &["match", "repository"],
        Author::Repository => &["match"],
    };
    let section = |section: Entry<'_, '_>| {
        let (mut pattern, mut repository, mut levels) = (None, None, Levels::new());
        for (key, value) in section.table()? {
            let entry = Entry { key: key.get_ref().as_ref(), value, ..section };
            match entry.key {
                "match" => pattern = Some(entry.pattern(names)?),
                "repository" if author == Author::Operator => {
                    repository = Some(entry.pattern(Names::Repositories)?);
                }
                "repository" => return Err(entry.wrong(HOSTS_OWN)),
                _ if level(&mut levels, entry)? => {}
                _ => {
                    let table = format!("[[policy.{}]]", section.key);
                    return Err(unknown(section.source, key, &table, known));
                }
            }
        }
        let pattern = pattern.ok_or_else(|| missing(section, "match"))?;
        Ok(NamedPolicy { pattern, repository, levels })
    };
    entry.sections()?.into_iter().map(section).collect()
}

fn exceptions(entry: Entry<'_, '_>, author: Author) -> Result<Vec<At<Exception>>, SettingsError> {
    let sections = entry.sections()?.into_iter();
    sections.map(|section| Ok(section.at(exception(section, author)?))).collect()
}

/// The keys of `[[policy.exception]]`; the last one is the operator's alone.
const EXCEPTION: [&str; 9] =
    ["level", "module", "owner", "reason", "rule", "rules", "tag", "until", "repository"];

fn exception(section: Entry<'_, '_>, author: Author) -> Result<Exception, SettingsError> {
    let (mut rules, mut level) = (Vec::new(), Level::Warn);
    let (mut repository, mut module, mut tag) = (None, None, None);
    let (mut owner, mut reason, mut until) = (None, None, None);
    let is_operator = author == Author::Operator;
    for (key, value) in section.table()? {
        let entry = Entry { key: key.get_ref().as_ref(), value, ..section };
        match entry.key {
            "level" => level = entry.choice(&Level::NAMED)?,
            "module" => module = Some(entry.pattern(Names::Modules)?),
            "owner" => owner = Some(entry.words()?),
            "reason" => reason = Some(entry.words()?),
            "repository" if is_operator => repository = Some(entry.pattern(Names::Repositories)?),
            "repository" => return Err(entry.wrong(HOSTS_OWN)),
            "rule" => rules.push(entry.rule()?),
            "rules" => {
                for rule in entry.list("a list of rules")? {
                    rules.push(rule.rule()?);
                }
            }
            "tag" => tag = Some(entry.pattern(Names::Tags)?),
            "until" => until = Some(entry.day()?),
            _ => {
                let known = &EXCEPTION[..EXCEPTION.len() - usize::from(!is_operator)];
                return Err(unknown(section.source, key, "[[policy.exception]]", known));
            }
        }
    }
    if rules.is_empty() {
        return Err(missing(section, "rule"));
    }
    if is_operator && repository.is_none() && module.is_none() && tag.is_none() {
        let key = "repository\", \"module\" or \"tag";
        return Err(missing(section, key));
    }
    Ok(Exception {
        rules,
        repository,
        module,
        tag,
        level,
        owner: owner.ok_or_else(|| missing(section, "owner"))?,
        reason: reason.ok_or_else(|| missing(section, "reason"))?,
        until: until.ok_or_else(|| missing(section, "until"))?,
    })
}

/// A section without a key that it must have.
fn missing(section: Entry<'_, '_>, key: &'static str) -> SettingsError {
    let table = format!("[[policy.{}]]", section.key);
    SettingsError::MissingKey { origin: section.origin(), key, table }
}

/// No key, and no rule.
fn unknown(source: Source<'_>, key: &Key<'_>, table: &str, reserved: &[&str]) -> SettingsError {
    let known = reserved.iter().copied().chain(rules::all().map(|rule| rule.id));
    source.unknown(key, &format!("in {table}"), known)
}

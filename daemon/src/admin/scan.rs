//! `modgate scan`: how the releases of all repositories under a root fare, before anything is installed.
//!
//! It reads repositories and settings only, asks no daemon and no ledger, and writes nothing. Without a prefix in the
//! settings, the one that most go.mod files agree with is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::path::Path;

use anyhow::bail;
use modgate_common::io::repo::{HashCheck, Peeled, Repository, prepare};
use modgate_common::objects::Objects;
use modgate_common::policy::Level;
use modgate_common::quote::harmless;
use modgate_common::rules::{Judgement, Release, Verdict};
use modgate_common::settings::Settings;

use super::check::{judge, updates};
use super::place::{Place, declared};
use super::{Answer, complain, print, print_json, progress, root};
use crate::discover::{Found, discover};

mod rows;

use rows::Row;

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Comma-separated values.
    Csv,
    /// A JSON array.
    Json,
    /// For people.
    Table,
}

/// A prefix that module paths may have until it is known.
const NO_PREFIX: &str = "prefix.invalid";

/// Judges every tag of every repository under the root; no when one would be refused.
///
/// # Errors
/// When there is no root, or a repository could not be judged; the others are printed before.
pub(crate) fn run(settings: &Settings, style: Style) -> anyhow::Result<Answer> {
    prepare(HashCheck::Off);
    let root = root(settings)?;
    let mut settings = settings.clone();
    let guessed = if settings.prefix.is_empty() { guess(&root, &settings) } else { None };
    if let Some(prefix) = guessed {
        complain(&format!(
            "module paths are taken to begin with {prefix:?}, as most go.mod files have it; --prefix names another"
        ));
        settings.prefix = prefix;
    }
    let discovery = discover(&root, &settings);
    discovery.problems.iter().for_each(|problem| complain(problem));
    if settings.prefix.is_empty() && !discovery.problems.is_empty() {
        complain(
            "what module paths begin with can be named with --prefix, such as git.example.com",
        );
    }
    let total = discovery.repositories.len();
    let mut rows = Vec::with_capacity(total);
    let is_watched = std::io::stderr().is_terminal();
    for (done, found) in discovery.repositories.into_values().enumerate() {
        if is_watched {
            progress(&format!("{done}/{total} {}", harmless(&found.name).replace('\n', " ")));
        }
        rows.push(row(&settings, found));
    }
    if is_watched {
        progress("");
    }
    for (name, error) in rows.iter().filter_map(|row| Some((&row.repository, row.error.as_ref()?)))
    {
        complain(&format!("{name:?}: {}", harmless(error)));
    }
    match style {
        Style::Csv => print(&rows::csv(&rows))?,
        Style::Json => print_json(&rows)?,
        Style::Table => print(&rows::table(&rows))?,
    }
    let unread = rows.iter().filter(|row| row.error.is_some()).count() + discovery.problems.len();
    if unread > 0 {
        bail!("repositories that could not be judged: {unread}");
    }
    Ok(if rows.iter().any(|row| row.broken > 0) { Answer::Denied } else { Answer::Granted })
}

/// The prefix that the go.mod files of most repositories agree with; none where that is the empty one.
fn guess(root: &Path, settings: &Settings) -> Option<String> {
    let settings = Settings { prefix: NO_PREFIX.to_owned(), ..settings.clone() };
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    for found in discover(root, &settings).repositories.into_values() {
        let Some(path) = module_of(&found) else { continue };
        if let Some(prefix) = before(&path, &found.name) {
            *votes.entry(prefix.to_owned()).or_default() += 1;
        }
    }
    let (prefix, _) = votes.into_iter().max_by_key(|(_, votes)| *votes)?;
    Some(prefix).filter(|prefix| !prefix.is_empty())
}

/// What stands before a repository's name in its module path.
fn before<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let rest = path.strip_suffix(name)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_suffix('/') }
}

/// The module path of the root, by the go.mod files at HEAD; what cannot be read has no vote.
fn module_of(found: &Found) -> Option<String> {
    let git = Repository::open(&found.directory).ok()?;
    let head = git.revision("HEAD").ok()??;
    declared(&git, git.commit(head).ok()?.tree).ok()?
}

fn row(settings: &Settings, found: Found) -> Row {
    let name = found.name.clone();
    match judgements(settings, found) {
        Ok(judgements) => count(&name, &judgements),
        Err(error) => Row { repository: name, error: Some(format!("{error:#}")), ..Row::default() },
    }
}

fn judgements(settings: &Settings, found: Found) -> anyhow::Result<Vec<Judgement>> {
    let Found { name, directory, code_root, .. } = found;
    let git = Repository::open(&directory)?;
    let (refs, _) = git.refs(&Peeled::new())?;
    let place = Place { name, code_root, git, is_hosted: false };
    let report = judge(settings, &place, &refs, &updates(&refs, &[])?)?;
    for note in &report.notes {
        complain(&format!("{:?}: {}", place.name, harmless(note)));
    }
    Ok(report.judgements)
}

fn count(repository: &str, judgements: &[Judgement]) -> Row {
    let mut row = Row { repository: repository.to_owned(), ..Row::default() };
    let mut modules = BTreeSet::new();
    let mut why: BTreeMap<String, usize> = BTreeMap::new();
    for judgement in judgements.iter().filter(|judgement| judgement.verdict != Verdict::Ignored) {
        modules.extend(judgement.module.as_deref());
        row.warned += usize::from(judgement.worst() == Some(Level::Warn));
        let rule = match &judgement.release {
            Release::Usable(_) => {
                row.releases += 1;
                None
            }
            Release::Unserved(broken) => Some(broken.rule),
            Release::Nothing if judgement.verdict == Verdict::Refused => {
                judgement.findings.first().map(|worst| worst.rule)
            }
            Release::Nothing => None,
        };
        if let Some(rule) = rule {
            row.broken += 1;
            *why.entry(rule.to_owned()).or_default() += 1;
        }
    }
    row.modules = modules.len();
    row.why = why;
    row
}

#[cfg(test)]
mod tests {
    use modgate_common::objects::ObjectId;
    use modgate_common::rules::{Allowance, Finding, Subject};

    use super::*;

    fn judgement(tag: &str, verdict: Verdict, levels: &[(&'static str, Level)]) -> Judgement {
        let finding = |(rule, level): &(&'static str, Level)| Finding {
            rule,
            level: *level,
            summary: String::new(),
            consumer: None,
            fix: String::new(),
            file: None,
            line: None,
            excerpt: None,
            allowance: Allowance::default(),
        };
        Judgement {
            repository: "r".to_owned(),
            subject: Subject::Tag(tag.to_owned()),
            module: (verdict != Verdict::Ignored).then(|| format!("h.io/{}", &tag[..1])),
            version: None,
            verdict,
            findings: levels.iter().map(finding).collect(),
            target: ObjectId::ZERO,
            commit: None,
            release: Release::Nothing,
        }
    }

    #[test]
    fn a_prefix_ends_where_a_name_begins() {
        for (path, name, expected) in [
            ("h.io/team/lib", "team/lib", Some("h.io")),
            ("h.io/go/team/lib", "team/lib", Some("h.io/go")),
            ("h.io/lib", "h.io/lib", Some("")),
            ("h.io/mylib", "lib", None),
            ("h.io/other", "lib", None),
        ] {
            assert_eq!(before(path, name), expected, "{path} {name}");
        }
    }

    #[test]
    fn refused_tags_are_counted_by_their_worst_rule() {
        let judgements = [
            judgement("a/1", Verdict::Refused, &[("bad", Level::Reject), ("odd", Level::Warn)]),
            judgement("a/2", Verdict::Refused, &[("bad", Level::Reject)]),
            judgement("b/1", Verdict::Admitted, &[("odd", Level::Warn)]),
            judgement("b/2", Verdict::Admitted, &[]),
            judgement("nightly", Verdict::Ignored, &[("odd", Level::Warn)]),
        ];
        let row = count("r", &judgements);
        assert_eq!((row.modules, row.releases, row.broken, row.warned), (2, 0, 2, 1));
        assert_eq!(row.why, [("bad".to_owned(), 2)].into());
    }
}

//! `modgate check`: the rules of the gate on tags that exist, or on a commit as if it were released.
//!
//! The formats are one file each, pure functions from judgements to text. Whatever is foreign in them is escaped as the
//! format wants it, and cannot reach a terminal raw.

use anyhow::{Context, bail};
use modgate_common::control::path;
use modgate_common::io::repo::{HashCheck, Peeled, prepare};
use modgate_common::ledger::{Question, Testimony};
use modgate_common::modzip::Limits;
use modgate_common::objects::{ObjectId, Refs};
use modgate_common::rules::{self, Judgement, Push, RefUpdate, Report};
use modgate_common::settings::Settings;
use serde::Serialize;

use super::place::{self, Place};
use super::{Answer, Source, complain, print};
use crate::cli::Format;

mod github;
mod junit;
mod planned;
mod sarif;
mod text;
mod words;

/// What to judge, and how to say it.
pub(crate) struct Wanted<'a> {
    /// The repository.
    pub repository: &'a str,
    /// The module path of its root, where the caller says it.
    pub module: Option<&'a str>,
    /// Tags; all where there are none.
    pub tags: &'a [String],
    /// A tag that does not exist yet, and the commit that it would be on.
    pub release: Option<(&'a str, &'a str)>,
    /// How to say it.
    pub format: Format,
}

/// Judges tags of a repository; no when one would be refused.
///
/// # Errors
/// When the repository cannot be read, or a tag or commit is not there.
pub(crate) fn run(settings: &Settings, wanted: &Wanted<'_>) -> anyhow::Result<Answer> {
    prepare(HashCheck::On);
    let place = place::find(settings, wanted.repository, wanted.module)?;
    let (mut refs, _) = place.git.refs(&Peeled::new())?;
    if !place.is_hosted {
        // What others have pushed is there too, though this clone has no branch for it.
        refs.branches.extend(place.git.remote_branches()?);
    }
    let updates = match wanted.release {
        Some(release) => vec![planned::update(&place, &refs, release)?],
        None => updates(&refs, wanted.tags)?,
    };
    let report = judge(settings, &place, &refs, &updates);
    let mut report = if place.git.is_shallow() {
        report
            .context("this clone is shallow; the rest comes with: git fetch --unshallow --tags")?
    } else {
        report?
    };
    if let (Some((tag, _)), [update]) = (wanted.release, &updates[..])
        && !refs.tags.contains_key(short(tag))
    {
        planned::adapt(&mut report.judgements, update.new);
    }
    print(&render(wanted.format, &report.judgements)?)?;
    Ok(if report.is_refused() { Answer::Denied } else { Answer::Granted })
}

fn render(format: Format, judgements: &[Judgement]) -> anyhow::Result<String> {
    Ok(match format {
        Format::Github => github::render(judgements),
        Format::Json => pretty(&judgements)?,
        Format::Junit => junit::render(judgements),
        Format::Sarif => pretty(&sarif::log(judgements))?,
        Format::Text => text::render(judgements),
    })
}

fn pretty(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// The name of a tag, written in full or not.
fn short(tag: &str) -> &str {
    tag.strip_prefix("refs/tags/").unwrap_or(tag)
}

/// Each tag as if it were pushed now.
pub(super) fn updates(refs: &Refs, tags: &[String]) -> anyhow::Result<Vec<RefUpdate>> {
    let tags: Vec<&str> = tags.iter().map(|tag| short(tag)).collect();
    if let Some(missing) = tags.iter().find(|tag| !refs.tags.contains_key(**tag)) {
        bail!("there is no tag {missing:?} in the repository");
    }
    let is_wanted = |name: &str| tags.is_empty() || tags.contains(&name);
    let wanted = refs.tags.iter().filter(|(name, _)| is_wanted(name));
    Ok(wanted
        .map(|(name, tag)| RefUpdate {
            name: format!("refs/tags/{name}"),
            old: ObjectId::ZERO,
            new: tag.target,
        })
        .collect())
}

/// What the rules say.
pub(super) fn judge(
    settings: &Settings,
    place: &Place,
    refs: &Refs,
    updates: &[RefUpdate],
) -> anyhow::Result<Report> {
    let Place { name, code_root, git, is_hosted } = place;
    let testimony = if *is_hosted {
        testimony(settings, &rules::question(name, code_root, git, updates)?)?
    } else {
        Testimony::default()
    };
    let policy = settings.policy.effective(name);
    Ok(rules::check(&Push {
        repository: name,
        code_root,
        objects: git,
        before: refs,
        updates,
        testimony: &testimony,
        policy: &policy,
        import: false,
        now: crate::clock::now(),
        limits: &Limits::default(),
        has_time: &|| true,
    })?)
}

/// What the ledger says; where there is none yet, it says nothing.
fn testimony(settings: &Settings, question: &Question) -> anyhow::Result<Testimony> {
    match Source::open(settings) {
        Ok(Source::Daemon(client)) => Ok(client.post(path::TESTIFY, question)?),
        Ok(Source::Files(store)) => Ok(store.testify(question)?),
        Err(error) => {
            complain(&format!("judged without a ledger: {error:#}"));
            Ok(Testimony::default())
        }
    }
}

#[cfg(test)]
mod tests;

//! `modgate check`: the rules of the gate on tags that exist, or on a commit as if it were released.
//!
//! The formats are one file each, pure functions from judgements to text. Whatever is foreign in them is escaped as the
//! format wants it, and cannot reach a terminal raw.

use anyhow::{Context, bail};
use modgate_common::control::path;
use modgate_common::io::repo::{HashCheck, Peeled, prepare};
use modgate_common::ledger::Testimony;
use modgate_common::modzip::Limits;
use modgate_common::objects::{Fault, ObjectId, Refs};
use modgate_common::policy::Level;
use modgate_common::quote::harmless;
use modgate_common::report::{self, Color, Reader};
use modgate_common::rules::{self, Push, RefUpdate, Report, Skips};
use modgate_common::settings::Settings;
use serde::Serialize;

use super::place::{self, Place};
use super::{Answer, Source, complain, print};
use crate::cli::Format;

mod github;
mod junit;
mod planned;
mod pre_push;
mod sarif;
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
    /// Whether all is said at length, what is only worth knowing too.
    pub verbose: bool,
}

/// Judges tags of a repository; no when one would be refused.
///
/// # Errors
/// When the repository cannot be read, or a tag or commit is not there.
pub(crate) fn run(settings: &Settings, wanted: &Wanted<'_>) -> anyhow::Result<Answer> {
    prepare(HashCheck::On);
    let place = place::find(settings, wanted.repository, wanted.module)?;
    let mut refs = place.git.refs(&Peeled::new())?.0;
    if !place.is_hosted {
        // What others have pushed is there too, though this clone has no branch for it.
        refs.branches.extend(place.git.remote_branches()?);
    }
    let updates = match wanted.release {
        Some(release) => vec![planned::update(&place, &refs, release)?],
        None => updates(&refs, wanted.tags)?,
    };
    let is_planned = wanted.release.is_some_and(|(tag, _)| !refs.tags.contains_key(short(tag)));
    let testimony = testimony(settings, &place, &updates)?;
    let push = Matter { place: &place, refs: &refs, updates: &updates, testimony: &testimony };
    let rules = if is_planned { rules::rehearse } else { rules::check };
    let mut report = push.judge(settings, rules)?;
    if let (true, [update]) = (is_planned, &updates[..]) {
        planned::adapt(&mut report.judgements, update.new);
    }
    let reader = Reader::Asker { verbose: wanted.verbose };
    tell(&report, reader, wanted.format, settings)
}

/// Judges what git is about to push, as it tells the hook; no when something would be refused.
///
/// # Errors
/// When the repository cannot be read, or `input` is not what git writes.
pub(crate) fn run_before_push(
    settings: &Settings,
    wanted: &Wanted<'_>,
    input: &[u8],
) -> anyhow::Result<Answer> {
    let updates = pre_push::parse(input)?;
    if updates.is_empty() {
        return Ok(Answer::Granted);
    }
    judge_before_push(settings, wanted, &updates)
        .context("not checked, so not pushed (git push --no-verify goes on without)")
}

fn judge_before_push(
    settings: &Settings,
    wanted: &Wanted<'_>,
    updates: &[RefUpdate],
) -> anyhow::Result<Answer> {
    prepare(HashCheck::On);
    let place = place::find(settings, wanted.repository, wanted.module)?;
    let refs = place.git.refs(&Peeled::new())?.0;
    let (refs, testimony) = pre_push::other_side(&place, refs, updates)?;
    let push = Matter { place: &place, refs: &refs, updates, testimony: &testimony };
    let report = push.judge(settings, rules::rehearse)?;
    tell(&report, Reader::Pushing { verbose: wanted.verbose }, wanted.format, settings)
}

/// Prints a report. The formats for machines have no place for notes.
fn tell(
    report: &Report,
    reader: Reader,
    format: Format,
    settings: &Settings,
) -> anyhow::Result<Answer> {
    if format != Format::Text {
        report.notes.iter().for_each(|note| complain(&harmless(note)));
    }
    print(&render(format, report, reader, settings.color)?)?;
    Ok(if report.is_refused() { Answer::Denied } else { Answer::Granted })
}

fn render(format: Format, report: &Report, reader: Reader, color: Color) -> anyhow::Result<String> {
    let judgements = &report.judgements[..];
    Ok(match format {
        Format::Github => github::render(judgements),
        Format::Json => pretty(&judgements)?,
        Format::Junit => junit::render(judgements),
        Format::Sarif => pretty(&sarif::log(judgements))?,
        Format::Text => report::text(report, reader, color),
    })
}

/// JSON in which everything invisible is escaped, as JSON allows in strings: the text may meet a terminal.
fn pretty(value: &impl Serialize) -> anyhow::Result<String> {
    let json = serde_json::to_string_pretty(value)?;
    let mut text = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        let is_plain = matches!(c, '"' | '\'' | '\\' | '\n') || c.escape_debug().count() == 1;
        if is_plain {
            text.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units)
                .iter()
                .for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        }
    }
    text.push('\n');
    Ok(text)
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
    let testimony = testimony(settings, place, updates)?;
    Matter { place, refs, updates, testimony: &testimony }.judge(settings, rules::check)
}

/// What is to be judged, and what is known of it.
struct Matter<'a> {
    place: &'a Place,
    refs: &'a Refs,
    updates: &'a [RefUpdate],
    testimony: &'a Testimony,
}

impl Matter<'_> {
    fn judge(
        &self,
        settings: &Settings,
        rules: fn(&Push<'_>) -> Result<Report, Fault>,
    ) -> anyhow::Result<Report> {
        let Place { name, code_root, git, .. } = self.place;
        let report = rules(&Push {
            repository: name,
            code_root,
            objects: git,
            before: self.refs,
            updates: self.updates,
            testimony: self.testimony,
            policy: &settings.effective(name, git, self.refs),
            import: false,
            skips: &Skips::default(),
            now: crate::clock::now(),
            limits: &Limits::default(),
            least: Level::Info,
            has_time: &|| true,
        });
        if git.is_shallow() {
            return report.context(
                "this clone is shallow; the rest comes with: git fetch --unshallow --tags",
            );
        }
        Ok(report?)
    }
}

/// What the ledger says; it knows the repositories of the host. Where there is none yet, it says nothing.
fn testimony(
    settings: &Settings,
    place: &Place,
    updates: &[RefUpdate],
) -> anyhow::Result<Testimony> {
    if !place.is_hosted {
        return Ok(Testimony::default());
    }
    let question = rules::question(&place.name, &place.code_root, &place.git, updates)?;
    match Source::open(settings) {
        Ok(Source::Daemon(client)) => Ok(client.post(path::TESTIFY, &question)?),
        Ok(Source::Files(store)) => Ok(store.testify(&question)?),
        Err(error) => {
            complain(&format!("judged without a ledger: {error:#}"));
            Ok(Testimony::default())
        }
    }
}

#[cfg(test)]
mod tests;

//! `modgate ledger`: `list` and `show` here, what an administrator decides in `decide`, the rest in a file each.

use anyhow::bail;
use modgate_common::control::{Which, path};
use modgate_common::ledger::decision::{Decision, Verb};
use modgate_common::ledger::drift::Drift;
use modgate_common::ledger::{Entry, Skip};
use modgate_common::quote::harmless;
use modgate_common::settings::Settings;
use modgate_common::timestamp;
use serde::Serialize;

use super::{Answer, Source, complain, print, print_json};
use crate::cli::LedgerVerb;

mod api;
mod backup;
mod compact;
mod decide;
mod export;
mod import;
mod verify;

/// Looks into the ledger; no when it does not know what was asked for.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn run(settings: &Settings, verb: &LedgerVerb) -> anyhow::Result<Answer> {
    match verb {
        LedgerVerb::Allow(what) => decide::run(settings, Verb::Allow, what),
        LedgerVerb::Disallow(what) => decide::run(settings, Verb::Disallow, what),
        LedgerVerb::Backup { folder } => backup::make(settings, folder),
        LedgerVerb::Compact { reason, json } => compact::run(settings, reason, *json),
        LedgerVerb::Export { format } => export::run(settings, *format),
        LedgerVerb::Forget(what) => decide::run(settings, Verb::Forget, what),
        LedgerVerb::Import { file, reason, dry_run, json } => {
            let wanted = import::Wanted { file, reason, dry_run: *dry_run, json: *json };
            import::run(settings, &wanted)
        }
        LedgerVerb::List { module, json } => list(settings, module.clone(), *json),
        LedgerVerb::Restore(what) => decide::run(settings, Verb::Restore, what),
        LedgerVerb::RestoreBackup { folder, replace, reason } => {
            backup::restore(settings, folder, *replace, reason)
        }
        LedgerVerb::Show { module, version, json } => {
            let (module, version) = named(module, version.as_deref())?;
            show(settings, module, version, *json)
        }
        LedgerVerb::Verify { module, rate, json, all: _ } => {
            verify::run(settings, module.as_deref(), *rate, *json)
        }
        LedgerVerb::Withdraw(what) => decide::run(settings, Verb::Withdraw, what),
    }
}

/// The module and the version that are meant: the version may stand behind the path.
fn named<'a>(module: &'a str, version: Option<&'a str>) -> anyhow::Result<(&'a str, &'a str)> {
    let whole = version.map(|version| (module, version)).or_else(|| module.split_once('@'));
    match whole {
        Some((module, version)) if !version.is_empty() => Ok((module, version)),
        _ => bail!("a version is wanted: {}@VERSION", harmless(module.trim_end_matches('@'))),
    }
}

fn entries(settings: &Settings, which: &Which) -> anyhow::Result<Vec<Entry>> {
    match Source::open(settings)? {
        Source::Daemon(client) => Ok(client.post(path::ENTRIES, which)?),
        Source::Files(store) => {
            let mut entries = store.entries(which.module.as_deref())?;
            entries.retain(|entry| which.version.as_ref().is_none_or(|v| *v == entry.version));
            Ok(entries)
        }
    }
}

fn list(settings: &Settings, module: Option<String>, json: bool) -> anyhow::Result<Answer> {
    let which = Which { module, version: None };
    let mut entries = entries(settings, &which)?;
    entries.sort_by(|a, b| {
        let by_version = || modgate_common::version::compare(&a.version, &b.version);
        a.module.cmp(&b.module).then_with(by_version).then_with(|| a.version.cmp(&b.version))
    });
    let is_unknown = which.module.is_some() && entries.is_empty();
    if json {
        print_json(&entries)?;
    } else {
        for Entry { module, version, state, reason, skipped, .. } in &entries {
            let reason = reason.as_ref().map(|reason| format!("  {reason:?}")).unwrap_or_default();
            let skipped = skipped.as_ref().map(|skip| format!("  skipped {}", told(skip)));
            let skipped = skipped.unwrap_or_default();
            print(&format!("{module} {version} {}{reason}{skipped}\n", state.name()))?;
        }
        if let Some(module) = which.module.filter(|_| is_unknown) {
            complain(&format!(
                "the ledger has no version of {module:?}; `modgate ledger list` says what it has"
            ));
        }
    }
    Ok(if is_unknown { Answer::Denied } else { Answer::Granted })
}

/// A version, what was decided about it, and what it changed.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    entry: &'a Entry,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decisions: Vec<Decision>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drift: Vec<Drift>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<api::Api>,
}

fn show(settings: &Settings, module: &str, version: &str, json: bool) -> anyhow::Result<Answer> {
    let which = Which { module: Some(module.to_owned()), version: None };
    let all = entries(settings, &which)?;
    let Some(entry) = all.iter().find(|entry| entry.version == version) else {
        let name = format!("{module}@{version}");
        complain(&format!(
            "the ledger does not have {name:?}; `modgate ledger list` says what it has"
        ));
        return Ok(Answer::Denied);
    };
    let decisions = decisions(settings, entry)?;
    let drift = drifts(settings, entry)?;
    let api = api::compare(settings, entry, &all).unwrap_or_else(|error| {
        complain(&format!("the API cannot be compared: {error:#}"));
        None
    });
    if json {
        print_json(&Shown { entry, decisions, drift, api })?;
    } else {
        let api = api.map(|api| api.text()).unwrap_or_default();
        let decided: String = decisions.iter().map(line).collect();
        let drifted: String = drift.iter().map(seen).collect();
        print(&format!("{}{decided}{drifted}{api}", text(entry)))?;
    }
    Ok(Answer::Granted)
}

fn decisions(settings: &Settings, entry: &Entry) -> anyhow::Result<Vec<Decision>> {
    let (module, version) = (entry.module.clone(), entry.version.clone());
    match Source::open(settings)? {
        Source::Daemon(client) => {
            let which = Which { module: Some(module), version: Some(version) };
            Ok(client.post(path::DECISIONS, &which)?)
        }
        Source::Files(store) => Ok(store.decisions(&module, Some(&version))?),
    }
}

fn drifts(settings: &Settings, entry: &Entry) -> anyhow::Result<Vec<Drift>> {
    let (module, version) = (entry.module.clone(), entry.version.clone());
    match Source::open(settings)? {
        Source::Daemon(client) => {
            let which = Which { module: Some(module), version: Some(version) };
            Ok(client.post(path::DRIFTS, &which)?)
        }
        Source::Files(store) => Ok(store.drifts(&module, &version)?),
    }
}

/// What was seen of the tag, in a line or two.
fn seen(drift: &Drift) -> String {
    let time = timestamp::rfc3339(drift.time).unwrap_or_default();
    let mut text = format!("{:<11}{time} {}\n", "drift", crate::drift::words(drift));
    if let Some(commit) = drift.new_commit {
        let h1 = drift.new_h1.as_deref().unwrap_or("-");
        text.push_str(&format!("{:<11}commit {commit} {h1}\n", ""));
    }
    text
}

/// A decision in one line.
fn line(decision: &Decision) -> String {
    let Decision { verb, by, time, reason, .. } = decision;
    let time = timestamp::rfc3339(*time).unwrap_or_default();
    format!("{:<11}{time} by {by:?}: {reason:?}\n", verb.short())
}

/// What was skipped, and why.
fn told(Skip { rules, reason }: &Skip) -> String {
    format!(
        "{}: {reason:?}",
        rules.iter().map(|rule| harmless(rule)).collect::<Vec<_>>().join(", ")
    )
}

fn text(entry: &Entry) -> String {
    let unknown = || "-".to_owned();
    // Names come from pushers: nothing in them may reach the terminal as it is.
    let foreign = |text: &Option<String>| text.as_ref().map_or_else(unknown, |t| format!("{t:?}"));
    let rows = [
        ("module", entry.module.clone()),
        ("version", entry.version.clone()),
        ("state", entry.state.name().to_owned()),
        ("repository", format!("{:?}", entry.repository)),
        ("tag", foreign(&entry.tag)),
        ("commit", entry.commit.to_string()),
        ("tree", entry.tree.to_string()),
        ("h1", entry.h1.clone().unwrap_or_else(unknown)),
        ("gomod_h1", entry.gomod_h1.clone().unwrap_or_else(unknown)),
        ("time", timestamp::rfc3339(entry.time).unwrap_or_else(unknown)),
        ("pusher", foreign(&entry.pusher)),
        ("how", format!("{:?}", entry.how).to_lowercase()),
        ("served", if entry.was_served() { "yes" } else { "no" }.to_owned()),
        ("reason", foreign(&entry.reason)),
    ];
    let skipped = entry.skipped.as_ref().map(|skip| ("skipped", told(skip)));
    let moved =
        entry.moved.map(|commit| ("moved", format!("the tag is on {commit}, the same content")));
    let may_move = entry.may_move.then(|| ("may_move", "once, to the same content".to_owned()));
    let rows = rows.into_iter().chain(skipped).chain(moved).chain(may_move);
    rows.map(|(name, value)| format!("{name:<11}{value}\n")).collect()
}

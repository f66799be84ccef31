//! post-receive: the refs are real now. Has them taken in, and prints a receipt for each release.

use std::time::Duration;

use modgate_common::control::{Received, Released};
use modgate_common::ledger::{Entry, State};
use modgate_common::rules::RefUpdate;
use modgate_common::settings::Settings;
use modgate_common::tags::looks_like_release;

use crate::environment::Environment;
use crate::ledger::{self, Ledger};
use crate::place;

/// How long the daemon may take to take a push in: it may have to hash large versions, and the push is
/// through anyway.
const LIMIT: Duration = Duration::from_secs(120);

/// Takes the tags of a push in and returns the text for the pusher.
///
/// # Errors
/// When they could not be taken in now; whoever reads the repository next does it.
pub(crate) fn receive(
    settings: &Settings,
    environment: &Environment,
    updates: &[RefUpdate],
    now: i64,
) -> anyhow::Result<String> {
    let tags: Vec<_> = updates
        .iter()
        .filter(|update| !update.new.is_zero())
        .filter_map(|update| Some((update.tag()?.to_owned(), update.new)))
        .filter(|(tag, _)| looks_like_release(tag))
        .collect();
    if tags.is_empty() {
        return Ok(String::new());
    }
    let place = place::find(settings, &environment.git_dir)?;
    if settings.policy.is_mirror(&place.repository) {
        return Ok(String::new());
    }
    let received = Received { repository: place.repository.clone(), tags };
    let Released { own, taken } =
        Ledger::new(settings, LIMIT).receive(&place.directory, &received, now)?;
    let mut text = receipt(&own) + &losses(&taken, &place.repository);
    // The versions are accepted all the same.
    if let Err(error) = ledger::keep(settings, &place.directory, &own) {
        text.push_str(&format!("modgate: the commits cannot be kept: {error:#}\n"));
    }
    Ok(text)
}

/// More releases than this in one push are counted, not shown one by one.
const MAX_SHOWN: usize = 30;

/// What this push did not release, since the version was taken: by another repository or commit, at the same time or
/// before.
fn losses(taken: &[Entry], repository: &str) -> String {
    let line = |entry: &Entry| {
        let Entry { module, version, repository: owner, commit, .. } = entry;
        let why = if owner == repository {
            format!("was accepted at commit {}, and stays there", commit.short())
        } else {
            format!("came from repository {owner:?} at the same time")
        };
        format!("modgate: not released: {module} {version} {why}\n")
    };
    taken.iter().take(MAX_SHOWN).map(line).collect()
}

fn receipt(entries: &[Entry]) -> String {
    let accepted: Vec<_> = entries.iter().filter(|e| e.state == State::Accepted).collect();
    let mut text = String::new();
    if accepted.len() > MAX_SHOWN {
        text.push_str(&format!("modgate: {} versions are released\n", accepted.len()));
        return text;
    }
    for Entry { module, version, h1, moved, .. } in accepted {
        if let Some(commit) = moved {
            let commit = commit.short();
            text.push_str(&format!(
                "modgate: {module} {version} stays what it was: its tag moved to commit {commit}, as was allowed, \
                 with the same content\n"
            ));
            continue;
        }
        text.push_str(&format!("modgate: released {module} {version}\n"));
        if let Some(h1) = h1 {
            text.push_str(&format!("  {h1}\n"));
        }
        text.push_str(&format!("  go get {module}@{version}\n"));
    }
    text
}

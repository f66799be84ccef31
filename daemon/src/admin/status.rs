//! `modgate status`.

use modgate_common::control::{Status, path};
use modgate_common::io::reconcile::drifted;
use modgate_common::io::repo::{Peeled, Repository};
use modgate_common::io::socket::{Client, SocketError};
use modgate_common::io::state_dir::StateDir;
use modgate_common::io::store::StoreError;
use modgate_common::objects::Refs;
use modgate_common::settings::Settings;

use super::{Answer, LIMIT, Named, open_files, print, print_json, repositories};

/// Says how things stand; no when no daemon answers.
///
/// # Errors
/// When neither daemon nor files can be read.
pub(crate) fn run(settings: &Settings, json: bool) -> anyhow::Result<Answer> {
    let client = Client::new(&settings.socket()?, LIMIT);
    let status = match client.get::<Status>(path::STATUS) {
        Ok(status) => status,
        Err(SocketError::NoDaemon(_)) => without_daemon(settings)?,
        Err(error) => return Err(error.into()),
    };
    if json {
        print_json(&status)?;
    } else {
        print(&text(&status))?;
    }
    Ok(if status.daemon { Answer::Granted } else { Answer::Denied })
}

/// What the files and the repositories say. The cache is the daemon's to know.
fn without_daemon(settings: &Settings) -> anyhow::Result<Status> {
    let mut status = Status {
        daemon: false,
        repositories: 0,
        modules: 0,
        accepted: 0,
        broken: 0,
        pending: 0,
        drift: 0,
        cache_bytes: 0,
        journal_head: String::new(),
        damage: String::new(),
        unproven: 0,
    };
    let mut found = Vec::new();
    if settings.root.is_some() {
        found = repositories(settings, &[])?;
        status.repositories = found.len() as u64;
    }
    // Read before the ledger is opened: that may give up rights of root.
    let refs: Vec<_> = found.iter().filter_map(|named| Some((named, refs(named)?))).collect();
    let state = StateDir::new(&settings.state);
    if state.journal().exists() || state.index().exists() {
        let store = match open_files(&state) {
            Ok(store) => store,
            Err(error) if is_unproven(&error) => {
                status.damage = format!("{error:#}");
                return Ok(status);
            }
            Err(error) => return Err(error),
        };
        let counts = store.counts()?;
        status.modules = counts.modules;
        status.accepted = counts.accepted;
        status.broken = counts.broken;
        status.pending = counts.pending;
        status.journal_head = store.head().hash.to_string();
        status.damage = store.damage();
        for (named, refs) in refs {
            status.drift += drifted(&refs, &store.entries_of(&named.name)?).len() as u64;
        }
    }
    Ok(status)
}

fn is_unproven(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::Unproven { .. }))
}

fn refs(named: &Named) -> Option<Refs> {
    let git = Repository::open(&named.directory).ok()?;
    Some(git.refs(&Peeled::new()).ok()?.0)
}

fn text(status: &Status) -> String {
    let daemon = if status.daemon { "running" } else { "not running" };
    let some = |name, value: String| (!value.is_empty()).then_some((name, value));
    let unproven = Some(status.unproven).filter(|n| *n > 0).map(|n| n.to_string());
    let damage =
        [some("damage", status.damage.clone()), some("unproven", unproven.unwrap_or_default())];
    let head = Some(status.journal_head.clone()).filter(|head| !head.is_empty());
    let head = head.unwrap_or_else(|| "-".to_owned());
    let rows = [
        ("daemon", daemon.to_owned()),
        ("repositories", status.repositories.to_string()),
        ("modules", status.modules.to_string()),
        ("accepted", status.accepted.to_string()),
        ("broken", status.broken.to_string()),
        ("pending", status.pending.to_string()),
        ("drift", status.drift.to_string()),
        ("cache bytes", status.cache_bytes.to_string()),
        ("journal head", head),
    ];
    rows.into_iter()
        .chain(damage.into_iter().flatten())
        .map(|(name, value)| format!("{name:<13} {value}\n"))
        .collect()
}

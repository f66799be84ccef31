//! What an administrator decides about one version.

use modgate_common::control::path;
use modgate_common::io::repo::Repository;
use modgate_common::io::socket::SocketError;
use modgate_common::io::state_dir::StateDir;
use modgate_common::io::store::{Store, StoreError};
use modgate_common::ledger::Entry;
use modgate_common::ledger::decision::{Decision, UNKNOWN_PAST, Verb};
use modgate_common::settings::Settings;

use super::named;
use crate::admin::{Answer, Source, complain, print, repository, root};
use crate::cli::Deciding;
use crate::clock;
use crate::kept::Kept;
use crate::upkeep::keep_no_more;

/// Carries a decision out; no when the ledger has nothing that it fits.
///
/// # Errors
/// When the ledger cannot be written.
pub(super) fn run(settings: &Settings, verb: Verb, what: &Deciding) -> anyhow::Result<Answer> {
    if verb == Verb::Forget && settings.policy.serve_broken {
        complain(UNKNOWN_PAST);
        return Ok(Answer::Denied);
    }
    let (module, version) = named(&what.module, what.version.as_deref())?;
    let decision = Decision {
        module: module.to_owned(),
        version: version.to_owned(),
        verb,
        by: account(),
        time: clock::now(),
        reason: what.reason.trim().to_owned(),
    };
    let refused = match Source::open(settings)? {
        Source::Daemon(client) => match client.post::<Entry>(path::DECIDE, &decision) {
            Ok(_) => None,
            Err(SocketError::Refused(why)) => Some(why),
            Err(error) => return Err(error.into()),
        },
        Source::Files(store) => {
            let before = store.entry(module, version)?;
            match store.decide(decision) {
                Ok(_) => {
                    if let Some(entry) = before.filter(|_| verb == Verb::Forget) {
                        let_go(settings, &store, &entry);
                    }
                    None
                }
                Err(StoreError::Undecided(why)) => Some(why.to_string()),
                Err(error) => return Err(error.into()),
            }
        }
    };
    if let Some(why) = refused {
        complain(&why);
        return Ok(Answer::Denied);
    }
    let name = format!("{module}@{version}");
    print(&match verb {
        Verb::Allow => format!("the tag of {name} may move once, to the same content\n"),
        Verb::Disallow => format!("the tag of {name} may not move any more\n"),
        Verb::Forget | Verb::Restore | Verb::Withdraw => format!("{name} is {}\n", verb.done()),
    })?;
    Ok(Answer::Granted)
}

/// What is kept of a version that was forgotten goes, as far as it is ours: the daemon would do it, but none runs.
fn let_go(settings: &Settings, store: &Store, entry: &Entry) {
    if let Ok(kept) = Kept::open(&StateDir::new(&settings.state).kept()) {
        kept.remove(entry);
    }
    let found = root(settings).and_then(|root| repository(&root, &entry.repository));
    let Ok(git) = found.and_then(|found| Ok(Repository::open(&found.directory)?)) else { return };
    let needed = || {
        let mut entries = store.entries(None)?;
        entries.retain(|other| other.repository == entry.repository && other.occupies());
        Ok(entries.into_iter().map(|other| other.commit).collect())
    };
    if let Err(error) = keep_no_more(&git, &[entry.commit].into(), needed) {
        complain(&format!("{}: its commit is still kept: {error}", entry.name()));
    }
}

/// Who decides: the account, or the one behind sudo.
pub(super) fn account() -> String {
    let uid = nix::unistd::getuid();
    let behind = std::env::var("SUDO_USER").ok().filter(|_| uid.is_root());
    let named = || nix::unistd::User::from_uid(uid).ok().flatten().map(|user| user.name);
    behind.or_else(named).unwrap_or_else(|| uid.to_string())
}

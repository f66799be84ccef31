//! `modgate uninstall`: takes the hooks out again.

use modgate_common::settings::Settings;

use super::{Answer, hooks, print, repositories};

/// Removes the hooks and puts back those that were there before. Ledger and settings stay.
///
/// # Errors
/// When a repository is not there, or a file cannot be moved.
pub(crate) fn run(settings: &Settings, named: &[String]) -> anyhow::Result<Answer> {
    for repository in repositories(settings, named)? {
        let folder = hooks::folder(&repository.directory)?;
        let mut changed = false;
        for name in hooks::NAMES {
            changed |= hooks::take_out(&folder, name)?;
        }
        let state = if changed { "hooks removed" } else { "no hooks of modgate there" };
        print(&format!("{:?}: {state}\n", repository.name))?;
    }
    Ok(Answer::Granted)
}

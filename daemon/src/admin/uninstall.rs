//! `modgate uninstall`: takes the hooks out again.

use anyhow::bail;
use modgate_common::settings::Settings;

use super::git_setting::{PUSH_OPTIONS, SYNCS};
use super::{Answer, hook_folder, hooks, print, repositories};

/// Removes the hooks and puts back those that were there before; so it does with settings of git. Ledger and settings stay.
///
/// # Errors
/// When a repository is not there, or a file cannot be moved.
pub(crate) fn run(settings: &Settings, named: &[String]) -> anyhow::Result<Answer> {
    for repository in repositories(settings, named)? {
        let folder = hook_folder::find(&repository.directory)?;
        if folder.is_shared && !named.is_empty() {
            bail!(
                "{:?} shares its hooks in {:?} with other repositories: uninstall without naming any, or \
                 remove core.hooksPath",
                repository.name,
                folder.path
            );
        }
        let mut changed = false;
        for name in hooks::NAMES {
            changed |= hooks::take_out(&folder.path, name)?;
        }
        for setting in [PUSH_OPTIONS, SYNCS] {
            changed |= setting.restore(&repository.directory)?;
        }
        let state = if changed { "hooks removed" } else { "no hooks of modgate there" };
        print(&format!("{:?}: {state}\n", repository.name))?;
    }
    Ok(Answer::Granted)
}

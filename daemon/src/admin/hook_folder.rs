//! Where git looks for the hooks of a repository.
//!
//! `core.hooksPath` may name another folder, also in the configuration of the account that runs the
//! hooks. So git is asked, and by root as the repository's owner.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use nix::unistd::{Uid, User, geteuid};

/// A folder of hooks.
pub(crate) struct HookFolder {
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it serves other repositories too.
    pub is_shared: bool,
}

/// The folder in which git looks for the hooks of a repository.
///
/// # Errors
/// When git does not tell.
pub(crate) fn find(repository: &Path) -> anyhow::Result<HookFolder> {
    let mut git = git(repository)?;
    git.args(["rev-parse", "--git-path", "hooks"]);
    let output = git.output().context("cannot run git")?;
    let text = String::from_utf8(output.stdout).context("git's answer")?;
    if !output.status.success() || text.trim().is_empty() {
        let reason = String::from_utf8_lossy(&output.stderr);
        bail!("git does not say where the hooks of {repository:?} lie: {}", reason.trim());
    }
    // Relative to where git ran.
    let path = repository.join(text.trim_end_matches('\n'));
    let is_shared = !path.starts_with(repository);
    Ok(HookFolder { path, is_shared })
}

/// The folder in which git looks for the hooks of the clone around a folder; work trees of one clone share it.
///
/// # Errors
/// When there is no clone, or git does not tell.
pub(crate) fn around(folder: &Path) -> anyhow::Result<HookFolder> {
    // A path in core.hooksPath counts from the top of the work tree, where git runs the hook.
    let top = ask(folder, &["rev-parse", "--show-toplevel"])
        .or_else(|_| ask(folder, &["rev-parse", "--absolute-git-dir"]))
        .with_context(|| format!("no clone around {folder:?}"))?;
    let top = PathBuf::from(top);
    let common = top.join(ask(&top, &["rev-parse", "--git-common-dir"])?);
    let path = top.join(ask(&top, &["rev-parse", "--git-path", "hooks"])?);
    let is_shared = path != common.join("hooks");
    Ok(HookFolder { path, is_shared })
}

/// What git answers in a folder, whatever repository the environment names.
fn ask(folder: &Path, question: &[&str]) -> anyhow::Result<String> {
    let mut git = Command::new("git");
    git.args(question).current_dir(folder).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    let output = git.output().with_context(|| format!("cannot run git in {folder:?}"))?;
    let answer = String::from_utf8(output.stdout).context("git's answer")?;
    let answer = answer.trim_end_matches('\n');
    if !output.status.success() || answer.is_empty() {
        bail!("git: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(answer.to_owned())
}

/// git in a repository, as its owner where that can be.
///
/// # Errors
/// When the repository is not there.
pub(crate) fn git(repository: &Path) -> anyhow::Result<Command> {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "--git-dir"])
        .arg(repository)
        .current_dir(repository)
        .env_remove("GIT_DIR");
    as_owner(&mut git, repository)?;
    Ok(git)
}

/// Root asks as the owner of the repository, whose configuration counts when a push runs the hooks.
fn as_owner(git: &mut Command, repository: &Path) -> anyhow::Result<()> {
    let folder = fs::metadata(repository).with_context(|| format!("{repository:?}"))?;
    if !geteuid().is_root() || folder.uid() == 0 {
        return Ok(());
    }
    git.uid(folder.uid()).gid(folder.gid()).env_remove("XDG_CONFIG_HOME");
    match User::from_uid(Uid::from_raw(folder.uid())).ok().flatten() {
        Some(owner) => git.env("HOME", owner.dir),
        None => git.env_remove("HOME"),
    };
    Ok(())
}

//! `modgate install`: puts the hooks into repositories.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use modgate_common::gomod;
use modgate_common::io::repo::{Peeled, Repository};
use modgate_common::io::state_dir::StateDir;
use modgate_common::io::sync::sync_folder;
use modgate_common::objects::{Objects, lookup};
use modgate_common::policy::Skippable;
use modgate_common::settings::Settings;

use super::git_setting::{self, Found, PUSH_OPTIONS, SYNCS, Setting};
use super::{Answer, Named, complain, hook_folder, hooks, print, repositories};

/// Installs the hooks, and writes the settings that they read.
///
/// # Errors
/// When a repository is not there, or a file cannot be written.
pub(crate) fn run(settings: &Settings, named: &[String]) -> anyhow::Result<Answer> {
    let program = program()?;
    let found = repositories(settings, named)?;
    let file = write_settings(settings)?;
    let mut failures = 0;
    for repository in &found {
        // One that fails must not keep the others without a gate.
        match install(repository, &program, &file) {
            Ok(true) => print(&format!("{:?}: hooks installed\n", repository.name))?,
            Ok(false) => print(&format!("{:?}: hooks are in place\n", repository.name))?,
            Err(error) => {
                failures += 1;
                complain(&format!("{:?}: {error:#}", repository.name));
            }
        }
        settle(settings, repository)?;
    }
    if found.is_empty() {
        complain("there is no bare repository under the root");
    }
    warn_of_wrong_prefix(settings, &found);
    if failures > 0 {
        bail!("{failures} of {} repositories have no hooks", found.len());
    }
    Ok(Answer::Granted)
}

/// Puts the hooks into one repository. Says whether anything changed.
fn install(repository: &Named, program: &Path, settings: &Path) -> anyhow::Result<bool> {
    let folder = hook_folder::find(&repository.directory)?;
    if folder.is_shared {
        complain(&format!(
            "{:?}: its hooks lie in {:?}, for all repositories there",
            repository.name, folder.path
        ));
    }
    let mut changed = false;
    for name in hooks::NAMES {
        changed |= hooks::put(&folder.path, name, program, settings)?;
    }
    Ok(changed)
}

/// Settings of git, where nobody has decided them. The gate works without.
fn settle(settings: &Settings, Named { name, directory, .. }: &Named) -> anyhow::Result<()> {
    let policy = settings.policy.effective(name);
    if policy.skip().is_some_and(|skip| skip.value != Skippable::These(Vec::new())) {
        let no = format!("{name:?}: rules may be skipped, but cannot be");
        match PUSH_OPTIONS.set(directory) {
            Ok(Found::Set) => print(&format!("{name:?}: push options are on\n"))?,
            Ok(Found::Same) => {}
            Ok(Found::Theirs) => complain(&format!(
                "{no}: somebody turned push options off: git config {} {} turns them on",
                PUSH_OPTIONS.key, PUSH_OPTIONS.value
            )),
            Err(error) => complain(&format!("{no}: {error:#}")),
        }
    }
    if git_setting::knows_syncs(directory) {
        let Setting { key, value, .. } = SYNCS;
        match SYNCS.set(directory) {
            Ok(Found::Set) => {
                print(&format!("{name:?}: git syncs what is pushed ({key} = {value})\n"))?;
            }
            Ok(Found::Same | Found::Theirs) => {}
            Err(error) => complain(&format!(
                "{name:?}: git does not sync all that is pushed: {key} cannot be set: {error:#}"
            )),
        }
    }
    Ok(())
}

/// `modgate-hook` lies beside `modgate`.
fn program() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let hook = own.with_file_name("modgate-hook");
    if !hook.is_file() {
        bail!("{hook:?} is not there: it must lie beside {own:?}");
    }
    Ok(hook)
}

/// Hooks run as anyone who may push, without environment: they get a file that all may read.
fn write_settings(settings: &Settings) -> anyhow::Result<PathBuf> {
    let state = StateDir::new(&settings.state);
    state.prepare()?;
    let file = state.hook_settings();
    let text = settings.to_toml();
    if fs::read_to_string(&file).is_ok_and(|current| current == text) {
        return Ok(file);
    }
    let failed = || format!("cannot write {file:?}");
    let folder = file.parent().unwrap_or_else(|| Path::new("/"));
    let side = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    fs::write(side.path(), text).with_context(failed)?;
    fs::set_permissions(side.path(), fs::Permissions::from_mode(0o644)).with_context(failed)?;
    side.as_file().sync_all().with_context(failed)?;
    side.persist(&file).with_context(failed)?;
    sync_folder(&file).with_context(failed)?;
    Ok(file)
}

/// A wrong prefix makes every release broken, so it is better said now.
fn warn_of_wrong_prefix(settings: &Settings, found: &[Named]) {
    let declared: Vec<(String, String)> = found
        .iter()
        .filter_map(|named| Some((settings.code_root(&named.name), declared(named)?)))
        .collect();
    let fits = |(expected, path): &&(String, String)| {
        path.strip_prefix(expected.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let wrong = declared.len() - declared.iter().filter(fits).count();
    if 2 * wrong > declared.len()
        && let Some((expected, path)) = declared.iter().find(|pair| !fits(pair))
    {
        complain(&format!(
            "warning: {wrong} of {} repositories declare module paths that do not match the prefix {:?}: \
             {path:?} where {expected:?} was expected. Is the prefix right? (--prefix or [host] prefix)",
            declared.len(),
            settings.prefix
        ));
    }
}

/// The module path in the root go.mod of HEAD.
fn declared(named: &Named) -> Option<String> {
    let git = Repository::open(&named.directory).ok()?;
    let (refs, _) = git.refs(&Peeled::new()).ok()?;
    let commit = git.commit(refs.head?).ok()?;
    let entry = lookup(&git, commit.tree, "go.mod").ok()??;
    Some(gomod::module_line(&git.blob(entry.id).ok()?)).filter(|path| !path.is_empty())
}

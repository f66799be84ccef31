//! The hook files: where they lie, what is in them, and how others' hooks are kept.
//!
//! A hook of somebody else that is there moves aside to `NAME.before-modgate` and keeps running, first,
//! with the same input. Our file is a small sh script with a mark in it, so that it is told from others'
//! files, and with the absolute paths of program and settings.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use modgate_common::io::sync::sync_folder;

/// The hooks that modgate needs.
pub(crate) const NAMES: [&str; 2] = ["pre-receive", "post-receive"];

/// What tells our files from others'.
pub(crate) const MARK: &str =
    "# This file belongs to modgate: `modgate install` writes it, `modgate uninstall` removes it.";

/// Puts a hook into `folder`. Says whether anything changed.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn put(
    folder: &Path,
    name: &str,
    program: &Path,
    settings: &Path,
) -> anyhow::Result<bool> {
    put_script(folder, name, &|has_other| script(name, program, settings, has_other))
}

/// The same for any script; it is told whether another hook was there before.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn put_script(
    folder: &Path,
    name: &str,
    script: &dyn Fn(bool) -> String,
) -> anyhow::Result<bool> {
    make_folder(folder).with_context(|| format!("cannot make {folder:?}"))?;
    let (hook, before) = (folder.join(name), kept(folder, name));
    let current = read(&hook)?;
    if current.as_ref().is_some_and(|text| !is_ours(text)) && !is_same(&hook, &before) {
        if before.symlink_metadata().is_ok() {
            bail!("{hook:?} is not modgate's, and {before:?} is there already: remove one of them");
        }
        // Linked, not moved: at no moment may a push meet no hook at all.
        fs::hard_link(&hook, &before).with_context(|| format!("cannot keep {hook:?} aside"))?;
    }
    let script = script(before.symlink_metadata().is_ok());
    if current.as_deref() == Some(script.as_bytes()) && is_executable(&hook) {
        return Ok(false);
    }
    write(&hook, &script).with_context(|| format!("cannot write {hook:?}"))?;
    Ok(true)
}

/// Takes a hook out of `folder`, and puts back what was there before. Says whether anything changed.
///
/// # Errors
/// When a file cannot be moved.
pub(crate) fn take_out(folder: &Path, name: &str) -> anyhow::Result<bool> {
    let (hook, before) = (folder.join(name), kept(folder, name));
    if !read(&hook)?.is_some_and(|text| is_ours(&text)) {
        return Ok(false);
    }
    if before.symlink_metadata().is_ok() {
        fs::rename(&before, &hook).with_context(|| format!("cannot put {before:?} back"))?;
    } else {
        fs::remove_file(&hook).with_context(|| format!("cannot remove {hook:?}"))?;
    }
    Ok(true)
}

fn kept(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.before-modgate"))
}

/// Git passes over hooks that a pusher may not reach, whatever the umask of who installs them.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

/// Whether a host put the hook that was kept aside back into its place, as gitolite's set-up does.
fn is_same(hook: &Path, before: &Path) -> bool {
    match (fs::read_link(hook), fs::read_link(before)) {
        (Ok(hook), Ok(before)) => hook == before,
        (Err(_), Err(_)) => match (fs::read(hook), fs::read(before)) {
            (Ok(hook), Ok(before)) => hook == before,
            _ => false,
        },
        _ => false,
    }
}

fn read(hook: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match fs::read(hook) {
        Ok(text) => Ok(Some(text)),
        // A dangling link is somebody's hook as well.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(hook.symlink_metadata().is_ok().then(Vec::new))
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {hook:?}")),
    }
}

fn is_ours(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).lines().any(|line| line == MARK)
}

fn is_executable(hook: &Path) -> bool {
    fs::metadata(hook).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 == 0o111)
}

fn script(name: &str, program: &Path, settings: &Path, has_other: bool) -> String {
    let run = format!("{} {name} --config {}", quote(program), quote(settings));
    // libgit2 fails on a HOME that the hook's user may not read, and there is nothing to find in it.
    let unset = "unset HOME XDG_CONFIG_HOME";
    if !has_other {
        return format!("#!/bin/sh\n{MARK}\n{unset}\nexec {run}\n");
    }
    // Only the hook that was there decides first: where it refuses, there is nothing to judge.
    let stop = if name == "pre-receive" { " || exit" } else { "" };
    format!(
        "#!/bin/sh\n{MARK}\n\
         # The hook that was here before runs first, with the same input.\n\
         input=$(cat)\n\
         before=$(dirname \"$0\")/{name}.before-modgate\n\
         if [ -x \"$before\" ]; then printf '%s\\n' \"$input\" | \"$before\" \"$@\"{stop}; fi\n\
         {unset}\n\
         printf '%s\\n' \"$input\" | {run}\n"
    )
}

/// A word for sh, whatever is in it.
pub(crate) fn quote(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "'\\''"))
}

/// Written to the side and renamed, so that no push meets half a hook.
fn write(hook: &Path, script: &str) -> io::Result<()> {
    let side = hook.with_extension("modgate-new");
    fs::write(&side, script)?;
    fs::set_permissions(&side, fs::Permissions::from_mode(0o755))?;
    // An empty file after a power cut would be a hook that lets everything in.
    fs::File::open(&side)?.sync_all()?;
    fs::rename(&side, hook)?;
    sync_folder(hook)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn others_hooks_are_kept_run_first_and_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (program, settings) = (Path::new("/bin/x"), Path::new("/it's/hook.toml"));
        let hook = folder.join("pre-receive");
        write(&hook, "#!/bin/sh\nexit 3\n").unwrap();
        assert!(put(folder, "pre-receive", program, settings).unwrap());
        assert!(!put(folder, "pre-receive", program, settings).unwrap(), "twice changes nothing");
        let text = fs::read_to_string(&hook).unwrap();
        assert!(text.contains("before-modgate") && text.contains(r"'/it'\''s/hook.toml'"));
        let status = Command::new(&hook).stdin(std::process::Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(3), "the hook that was there decides first");
        assert!(take_out(folder, "pre-receive").unwrap());
        assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\nexit 3\n");
        assert!(!take_out(folder, "pre-receive").unwrap());
    }

    #[test]
    fn a_host_that_puts_its_hook_back_is_no_conflict() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let paths = (Path::new("/bin/x"), Path::new("/s"));
        let hook = folder.join("pre-receive");
        let link = || std::os::unix::fs::symlink("/bin/true", &hook).unwrap();
        link();
        put(folder, "pre-receive", paths.0, paths.1).unwrap();
        fs::remove_file(&hook).unwrap();
        link();
        assert!(put(folder, "pre-receive", paths.0, paths.1).unwrap());
        assert!(is_ours(&fs::read(&hook).unwrap()));
        assert!(take_out(folder, "pre-receive").unwrap());
        assert_eq!(fs::read_link(&hook).unwrap(), Path::new("/bin/true"));
    }

    #[test]
    fn a_new_hook_of_somebody_else_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let paths = (Path::new("/bin/x"), Path::new("/s"));
        write(&folder.join("pre-receive"), "one").unwrap();
        put(folder, "pre-receive", paths.0, paths.1).unwrap();
        write(&folder.join("pre-receive"), "two").unwrap();
        assert!(put(folder, "pre-receive", paths.0, paths.1).is_err());
        assert_eq!(fs::read_to_string(folder.join("pre-receive")).unwrap(), "two");
        assert_eq!(fs::read_to_string(folder.join("pre-receive.before-modgate")).unwrap(), "one");
    }
}

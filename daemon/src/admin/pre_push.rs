//! `modgate install --pre-push`: a developer's git asks `modgate check` before it pushes.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Answer, complain, hook_folder, hooks, print};

const NAME: &str = "pre-push";

/// Puts the hook into the clone around a folder.
///
/// # Errors
/// When there is no clone, or a file cannot be written.
pub(crate) fn install(folder: &Path) -> anyhow::Result<Answer> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let hooks = find(folder)?;
    let is_new = hooks::put_script(&hooks, NAME, &|has_other| script(&program, has_other))?;
    let state = if is_new { "hook installed" } else { "the hook is in place" };
    print(&format!("{:?}: {state}\n", hooks.join(NAME)))?;
    Ok(Answer::Granted)
}

/// Takes the hook out, and puts back what was there before.
///
/// # Errors
/// When there is no clone, or a file cannot be moved.
pub(crate) fn uninstall(folder: &Path) -> anyhow::Result<Answer> {
    let hooks = find(folder)?;
    let changed = hooks::take_out(&hooks, NAME)?;
    let state = if changed { "hook removed" } else { "no hook of modgate there" };
    print(&format!("{:?}: {state}\n", hooks.join(NAME)))?;
    Ok(Answer::Granted)
}

fn find(folder: &Path) -> anyhow::Result<PathBuf> {
    let found = hook_folder::around(folder)?;
    if found.is_shared {
        complain(&format!(
            "core.hooksPath says that hooks lie in {:?}: what is changed there may be for other clones too",
            found.path
        ));
    }
    Ok(found.path)
}

/// Where the program is gone, branches may go on; a tag may not, or a mistake would be out for ever.
fn script(program: &Path, has_other: bool) -> String {
    let before = if has_other {
        "# The hook that was here before runs first, with the same input and arguments.\n\
         before=$(dirname \"$0\")/pre-push.before-modgate\n\
         if [ -x \"$before\" ]; then input | \"$before\" \"$@\" || exit; fi\n"
    } else {
        ""
    };
    format!(
        "#!/bin/sh\n{mark}\n\
         lines=$(cat)\n\
         input() {{ [ -z \"$lines\" ] || printf '%s\\n' \"$lines\"; }}\n\
         {before}\
         modgate={program}\n\
         [ -x \"$modgate\" ] || modgate=$(command -v modgate) || {{\n\
         \tcase $lines in *\" refs/tags/\"*) ;; *) exit 0 ;; esac\n\
         \techo \"modgate: these tags are not checked: the program that was installed is gone.\" >&2\n\
         \techo \"Install it again, or push without this check: git push --no-verify\" >&2\n\
         \texit 1\n\
         }}\n\
         input | \"$modgate\" check --pre-push\n",
        mark = hooks::MARK,
        program = hooks::quote(program),
    )
}

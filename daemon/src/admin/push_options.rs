//! Whether git takes push options (`git push -o`) in a repository: without them nobody can skip a rule.
//!
//! Where nobody has decided it (in the repository, for its owner, or for the system), `install` turns them on in the
//! repository's configuration, with a mark beside it. `uninstall` takes both out again, and nothing that somebody else wrote.

use std::path::Path;
use std::process::Output;

use anyhow::{Context, bail};

use super::hook_folder;

/// git's own key.
const KEY: &str = "receive.advertisePushOptions";

/// That the key is ours.
const MARK: &str = "modgate.advertisePushOptions";

/// Turns push options on. Says whether anything changed.
///
/// # Errors
/// When somebody turned them off, or the configuration cannot be written.
pub(crate) fn enable(repository: &Path) -> anyhow::Result<bool> {
    match value(repository, KEY)?.as_deref() {
        Some("true") => Ok(false),
        Some(_) => bail!("somebody turned push options off: git config {KEY} true turns them on"),
        None => {
            set(repository, &["--local", MARK, "true"])?;
            set(repository, &["--local", KEY, "true"])?;
            Ok(true)
        }
    }
}

/// Takes out what [`enable`] wrote. Says whether anything changed.
///
/// # Errors
/// When the configuration cannot be written.
pub(crate) fn restore(repository: &Path) -> anyhow::Result<bool> {
    if value(repository, MARK)?.as_deref() != Some("true") {
        return Ok(false);
    }
    // It may be gone already.
    run(repository, &["--local", "--unset", KEY])?;
    set(repository, &["--local", "--unset", MARK])?;
    Ok(true)
}

fn value(repository: &Path, key: &str) -> anyhow::Result<Option<String>> {
    let output = run(repository, &["--type=bool", "--get", key])?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((output.status.success() && !text.is_empty()).then_some(text))
}

fn set(repository: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let output = run(repository, arguments)?;
    if !output.status.success() {
        bail!("git config: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn run(repository: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut git = hook_folder::git(repository)?;
    git.arg("config").args(arguments).output().context("cannot run git")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    #[test]
    fn what_was_turned_on_is_taken_out_again_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("r.git");
        let mut init = Command::new("git");
        init.args(["init", "--quiet", "--bare"]).arg(&repository);
        assert!(init.status().unwrap().success());
        let config = || fs::read_to_string(repository.join("config")).unwrap();
        let before = config();
        if value(&repository, KEY).unwrap().is_some() {
            // The machine has decided: nothing is to be done anywhere.
            assert!(!restore(&repository).unwrap());
            return;
        }
        assert!(enable(&repository).unwrap());
        assert!(!enable(&repository).unwrap(), "twice changes nothing");
        assert_eq!(value(&repository, KEY).unwrap().as_deref(), Some("true"));
        assert!(restore(&repository).unwrap());
        assert_eq!(config(), before);
        set(&repository, &["--local", KEY, "false"]).unwrap();
        assert!(enable(&repository).is_err(), "somebody else's word counts");
        assert!(!restore(&repository).unwrap());
        assert_eq!(value(&repository, KEY).unwrap().as_deref(), Some("false"));
    }
}

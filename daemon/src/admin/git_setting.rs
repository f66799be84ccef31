//! Settings of git that `install` makes in a repository: push options, and what git syncs to disk.
//!
//! Where nobody has decided one (in the repository, for its owner, or for the system), it is written into the repository's
//! configuration, with a mark beside it. `uninstall` takes both out again, and nothing that somebody else wrote.

use std::path::Path;
use std::process::Output;

use anyhow::{Context, bail};
use modgate_common::io::sync::sync_file_system;

use super::hook_folder;

/// A setting of git.
pub(crate) struct Setting {
    /// git's own key.
    pub key: &'static str,
    /// What we set it to.
    pub value: &'static str,
    /// That the value is ours.
    mark: &'static str,
}

/// Whether git takes push options (`git push -o`): without them nobody can skip a rule.
pub(crate) const PUSH_OPTIONS: Setting = Setting {
    key: "receive.advertisePushOptions",
    value: "true",
    mark: "modgate.advertisePushOptions",
};

/// What git syncs to disk by itself. Without it a power cut can leave a branch without its commit, and then git refuses
/// pushes to the repository.
pub(crate) const SYNCS: Setting = Setting {
    key: "core.fsync",
    value: "objects,derived-metadata,reference",
    mark: "modgate.fsync",
};

/// The first git that knows [`SYNCS`]; an older one passes it over.
const SYNCS_SINCE: (u32, u32) = (2, 36);

/// What became of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It had our value already.
    Same,
    /// It has our value now.
    Set,
    /// Somebody gave it another value, which stays.
    Theirs,
}

impl Setting {
    /// Makes the setting where nobody has decided it.
    ///
    /// # Errors
    /// When the configuration cannot be read or written.
    pub(crate) fn set(&self, repository: &Path) -> anyhow::Result<Found> {
        match value(repository, self.key)? {
            Some(value) if means_same(&value, self.value) => Ok(Found::Same),
            Some(_) => Ok(Found::Theirs),
            None => {
                write(repository, &["--local", self.mark, "true"])?;
                write(repository, &["--local", self.key, self.value])?;
                // git does not sync its configuration, and an empty one says nothing of what was there.
                sync_file_system(repository)?;
                Ok(Found::Set)
            }
        }
    }

    /// Takes out what [`Setting::set`] wrote; a value that somebody wrote in its place stays. Says whether anything changed.
    ///
    /// # Errors
    /// When the configuration cannot be written.
    pub(crate) fn restore(&self, repository: &Path) -> anyhow::Result<bool> {
        if value(repository, self.mark)?.as_deref() != Some("true") {
            return Ok(false);
        }
        if value(repository, self.key)?.is_some_and(|value| means_same(&value, self.value)) {
            // The same may stand in another file only.
            run(repository, &["--local", "--unset", self.key])?;
        }
        write(repository, &["--local", "--unset", self.mark])?;
        Ok(true)
    }
}

/// Whether the git that is installed knows [`SYNCS`].
pub(crate) fn knows_syncs(repository: &Path) -> bool {
    let output =
        hook_folder::git(repository).and_then(|mut git| Ok(git.arg("version").output()?));
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.ok().and_then(|text| release(&text)).is_some_and(|release| release >= SYNCS_SINCE)
}

/// The first two numbers in what `git version` says.
fn release(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// As git reads them: `true` has other names.
fn means_same(value: &str, ours: &str) -> bool {
    let is_true = |value: &str| ["true", "yes", "on", "1"].contains(&&*value.to_lowercase());
    value == ours || (ours == "true" && is_true(value))
}

fn value(repository: &Path, key: &str) -> anyhow::Result<Option<String>> {
    let output = run(repository, &["--get", key])?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match output.status.code() {
        Some(0) => Ok(Some(text)),
        Some(1) => Ok(None),
        _ => bail!("git config: {}", String::from_utf8_lossy(&output.stderr).trim()),
    }
}

fn write(repository: &Path, arguments: &[&str]) -> anyhow::Result<()> {
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

    #[track_caller]
    fn check(setting: &Setting, other: &str) {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("r.git");
        let mut init = Command::new("git");
        init.args(["init", "--quiet", "--bare"]).arg(&repository);
        assert!(init.status().unwrap().success());
        let config = || fs::read_to_string(repository.join("config")).unwrap();
        let before = config();
        if value(&repository, setting.key).unwrap().is_some() {
            // The machine has decided: nothing is to be done anywhere.
            assert_ne!(setting.set(&repository).unwrap(), Found::Set);
            assert!(!setting.restore(&repository).unwrap());
            return;
        }
        assert_eq!(setting.set(&repository).unwrap(), Found::Set);
        assert_eq!(setting.set(&repository).unwrap(), Found::Same, "twice changes nothing");
        assert_eq!(value(&repository, setting.key).unwrap().as_deref(), Some(setting.value));
        assert!(setting.restore(&repository).unwrap());
        assert_eq!(config(), before);
        write(&repository, &["--local", setting.key, other]).unwrap();
        let theirs = config();
        assert_eq!(setting.set(&repository).unwrap(), Found::Theirs, "somebody else's word counts");
        assert!(!setting.restore(&repository).unwrap());
        assert_eq!(config(), theirs);
        // Also where it came after ours.
        write(&repository, &["--local", "--unset", setting.key]).unwrap();
        setting.set(&repository).unwrap();
        write(&repository, &["--local", setting.key, other]).unwrap();
        assert!(setting.restore(&repository).unwrap());
        assert_eq!(config(), theirs);
        // An empty value is one too.
        write(&repository, &["--local", setting.key, ""]).unwrap();
        assert_eq!(setting.set(&repository).unwrap(), Found::Theirs);
    }

    #[test]
    fn what_was_set_is_taken_out_again_and_nothing_else() {
        check(&PUSH_OPTIONS, "false");
        check(&SYNCS, "none");
    }

    #[test]
    fn release_of_git_is_read_however_it_was_built() {
        for (text, expected) in [
            ("git version 2.39.5\n", Some((2, 39))),
            ("git version 2.36.0.windows.1\n", Some((2, 36))),
            ("git version 2.50.1 (Apple Git-155)\n", Some((2, 50))),
            ("git version 3.0\n", None),
            ("git version 2.9.5\n", Some((2, 9))),
            ("jj 0.1\n", None),
            ("", None),
        ] {
            assert_eq!(release(text), expected, "{text:?}");
        }
    }
}
